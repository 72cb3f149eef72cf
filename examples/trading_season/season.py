"""One area's season: from the first basket to the last refund, in the order of time."""

from __future__ import annotations

from collections.abc import Callable

from ordercore.channels import OrderDraft
from ordercore.kernel import Context, Instant, Refusal, shift
from ordercore.network import Network
from ordercore.orders import CancelOrder, CancelUnits, ItemFacts, Lifecycle, Order, OrderPolicy
from ordercore.workflows import Receipt, place_quote, reserve_order
from trading_season.aftersales import Aftersales
from trading_season.agenda import Agenda
from trading_season.campaigns import Campaigns
from trading_season.comparison import nearest_plan
from trading_season.dice import Dice
from trading_season.fate import Cancels, Fate
from trading_season.fulfilment import Fulfilment
from trading_season.reconciliation import check_price
from trading_season.result import AreaResult
from trading_season.shop import Shop
from trading_season.sources import Trade
from trading_season.supply import BookStock, Delivery, plan_supply

__all__ = ["Season"]

# Some lines are below zero: a coupon above the price of what it was for. Whoever cancels such a
# line is not asked for more than they agreed to pay.
POLICY = OrderPolicy(name="season", raised_due="waived")
GIVE_UP_DAYS = 10
NEAREST_EVERY = 8
REPLAY_EVERY = 10
FORGET_EVERY = 2000


class Season:
    """Carries every draft of a trade through the public use cases, and keeps the books."""

    def __init__(
        self, area: str, trade: Trade, network: Network, dice: Dice, *, invent: bool
    ) -> None:
        self.trade = trade
        self.dice = dice
        self.invent = invent
        self.agenda = Agenda()
        self.shop = Shop(network, self.agenda)
        currency = str(network.nodes[0].cost_per_shipment.currency)
        self.result = AreaResult(area, currency)
        self.campaigns = Campaigns(trade, currency, dice, self.result.campaigns)
        self.fulfilment = Fulfilment(self.shop, network, dice)
        self.aftersales = Aftersales(
            self.shop,
            network,
            trade.catalog,
            dice,
            self.result,
            confirm=self.fulfilment.confirm_if_held,
            close=self.fulfilment.close,
        )
        self.fulfilment.delivered = self.aftersales.returns
        if invent:
            # Where documents of the source may come later, orders stay to the end.
            self.shop.at_rest = self._archive
        self._waiting: dict[str, list[str]] = {}
        self._facts: dict[str, ItemFacts] = {}

    def run(self, progress: Callable[[int], None]) -> AreaResult:
        """The whole season; ``progress`` is told of every draft."""
        clock = self.result.clock
        with clock.on("import"):
            drafts = self.trade.drafts()
            draft = next(drafts, None)
        if draft is not None:
            with clock.on("planning the supply"):
                self._prepare(shift(draft.placed_at, hours=-1))
        while draft is not None:
            with clock.on("pay, confirm, ship, deliver, close"):
                self.agenda.run_until(draft.placed_at)
            self.place(draft)
            progress(1)
            with clock.on("import"):
                draft = next(drafts, None)
        with clock.on("pay, confirm, ship, deliver, close"):
            self.agenda.run_until(None)
        self._finish()
        return self.result

    def _prepare(self, opening: Instant) -> None:
        """Note the deliveries of the season, and the source's own documents."""
        for delivery in plan_supply(
            self.trade.demand(),
            network=self.shop.network,
            catalog=self.trade.catalog,
            dice=self.dice,
            opening=opening,
        ):
            self.agenda.note(delivery.at, "", self._arrival(delivery))
        self.aftersales.prepare(self.trade)

    # --- stock comes in ---

    def _arrival(self, delivery: Delivery) -> Callable[[Instant], None]:
        return lambda now: self.receive(delivery, now)

    def receive(self, delivery: Delivery, at: Instant) -> None:
        """Book a delivery, then serve the orders that wait for what it brought."""
        booking = BookStock(
            command_id=delivery.reference,
            moves=delivery.moves(),
            context=Context(now=at, actor=delivery.node, role="warehouse"),
        )
        if self.shop.book(booking):
            self.result.received += sum(delivery.units.values())
            self.result.deliveries += 1
        served: set[str] = set()
        for sku in sorted(delivery.units):
            served.update(self._waiting.pop(sku, ()))
        for order_id in sorted(served):
            self._serve(order_id, delivery.reference, at)

    def _serve(self, order_id: str, reference: str, at: Instant) -> None:
        if not self.shop.has(order_id):
            return
        order = self.shop.order(order_id)
        if order.lifecycle is not Lifecycle.SUBMITTED:
            return
        if any(line.backlog for line in order.lines):
            clerk = Context(now=at, actor="planner", role="planner", reason=f"came in {reference}")
            command_id = f"reserve-{reference}"
            self.shop.perform(
                reserve_order(order_id=order_id, command_id=command_id, context=clerk), at
            )
            order = self.shop.order(order_id)
        if any(line.backlog for line in order.lines):
            self._wait(order)
        else:
            self.fulfilment.confirm(order_id, at)

    def _wait(self, order: Order) -> None:
        for line in order.lines:
            if line.backlog:
                waiting = self._waiting.setdefault(line.sku, [])
                if order.order_id not in waiting:
                    waiting.append(order.order_id)

    # --- an order comes in ---

    def place(self, draft: OrderDraft) -> None:
        """Record the quote, compare it with ours, place the order and hold its stock."""
        result, clock = self.result, self.result.clock
        result.drafts += 1
        with clock.on("import"):
            there = self.trade.buyer(draft).destination
            quote = draft.recorded_quote(ship_to=there)
        if not quote.lines:
            result.case("order.no_goods", draft.external_id)
            return
        with clock.on("our own quote"):
            verdict = check_price(self.trade, draft, quote, there)
            result.prices.add(verdict)
        recorded = quote
        with clock.on("the promotion calendar, tried and sold by"):
            self.campaigns.price(draft, recorded, there)
            if verdict.equal and self.invent:
                # Where documents of the source may come later, orders keep the prices these name.
                quote = self.campaigns.sell(draft, recorded, there) or recorded
        order_id = f"o-{draft.external_id}"
        items = {str(line.line_id): self._item(line.sku) for line in quote.lines}
        nearest = None
        if self.dice.throw(NEAREST_EVERY, "nearest", order_id) == 0:
            with clock.on("nearest-first plan, for comparison"):
                nearest = nearest_plan(self.shop, order_id, quote, items, there)
        at = draft.placed_at
        with clock.on("place, allocate, reserve"):
            outcome = self.shop.perform(
                place_quote(
                    quote,
                    order_id=order_id,
                    command_id=f"place-{draft.external_id}",
                    context=Context(
                        now=at,
                        actor=str(draft.channel),
                        role="channel",
                        reason=f"imported as {draft.external_id}",
                    ),
                    items=items,
                    order_policy=POLICY,
                    backorder=True,
                    external_ref=draft.external_id,
                ),
                at,
            )
        if isinstance(outcome, Refusal):
            for code in outcome.codes:
                result.case(code, draft.external_id)
            return
        result.planned(outcome, draft, nearest)
        if quote is not recorded:
            self.campaigns.sold(outcome.order, recorded)
        result.said_minor += self.trade.said_paid(draft.external_id)
        if draft.customer is not None and not self.invent:
            self.aftersales.matcher.bought(str(draft.customer), outcome.order)
        self._begin(outcome, at)

    def _item(self, sku: str) -> ItemFacts:
        known = self._facts.get(sku)
        if known is None:
            item = self.trade.catalog.item(sku)
            known = self._facts[sku] = ItemFacts(
                weight_g=item.weight_g,
                volume_cm3=item.volume_cm3,
                handling_class=item.handling_class,
            )
        return known

    def _begin(self, receipt: Receipt, at: Instant) -> None:
        """Note what is going to happen to a new order."""
        order, order_id = receipt.order, str(receipt.order.order_id)
        later = self.shop.later
        fate = self.fulfilment.fates[order_id] = Fate.of(order_id, self.dice, invent=self.invent)
        if fate.refund_fails_once:
            self.shop.bad_refunds.add(order_id)
        later(order_id, shift(at, minutes=1), lambda now: self.pay(order_id, now))
        if any(line.backlog for line in order.lines):
            self._wait(order)
            later(order_id, shift(at, days=GIVE_UP_DAYS), lambda now: self.give_up(order_id, now))
        if fate.cancels in {Cancels.UNITS, Cancels.ORDER}:
            hours = 3 + self.dice.throw(12, "cancel-at", order_id)
            later(
                order_id,
                shift(at, hours=hours),
                lambda now: self.aftersales.cancel(order_id, fate, now),
            )

    def pay(self, order_id: str, at: Instant) -> None:
        """The payment comes in; with all units held, the order is confirmed."""
        order = self.shop.order(order_id)
        if order.due:
            at_once = self.fulfilment.fates[order_id].pays_at_once
            self.shop.charge(order_id, order.due, at, at_once=at_once)
        if not any(line.unreserved for line in order.lines):
            self.shop.later(
                order_id, shift(at, minutes=4), lambda now: self.fulfilment.confirm(order_id, now)
            )

    def give_up(self, order_id: str, at: Instant) -> None:
        """What is still short is cancelled; the rest goes out."""
        order = self.shop.order(order_id)
        short = {str(line.line_id): line.backlog for line in order.lines if line.backlog}
        if not short or order.lifecycle is not Lifecycle.SUBMITTED:
            return
        self.result.case("stock.never_came", order_id)
        if sum(short.values()) == sum(line.cancellable for line in order.lines):
            command = CancelOrder(order_id, command_id="give-up", cause="stock.short")
            self.shop.send(command, at, "planner", "planner", "the stock never came")
        else:
            units = CancelUnits(order_id, command_id="give-up", lines=short, cause="stock.short")
            self.shop.send(units, at, "planner", "planner", "the stock never came")
            self.fulfilment.confirm(order_id, at)

    # --- at the end ---

    def _archive(self, order_id: str) -> None:
        with self.result.clock.on("books: laws, sums, digests"):
            self.fulfilment.fates.pop(order_id, None)
            order, events = self.shop.archive(order_id)
            self.campaigns.archive(order)
            replay = self.dice.throw(REPLAY_EVERY, "replay", order_id) == 0
            self.result.books.enter(order, events, replay=replay)
        if self.result.books.orders % FORGET_EVERY == 0:
            self.result.stock_moves += self.shop.forget()

    def _finish(self) -> None:
        result, shop = self.result, self.shop
        for order_id in sorted(shop.store.orders):
            self._archive(order_id)
        self.campaigns.flush()
        result.stock_moves += shop.forget()
        result.close(shop)
        result.findings = self.trade.findings
        result.survey = dict(self.trade.survey)

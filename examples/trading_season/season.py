"""One area's season: from the first basket to the last refund, in the order of time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence

from ordercore.allocation import NEAREST, AllocationPlan, Demand, DemandLine, allocate
from ordercore.channels import OrderDraft
from ordercore.kernel import Context, Instant, Refusal, shift
from ordercore.network import Destination, Network
from ordercore.orders import (
    CancelOrder,
    CancelUnits,
    CloseOrder,
    ConfirmOrder,
    ItemFacts,
    Lifecycle,
    Order,
    RecordDelivery,
    ShipUnits,
)
from ordercore.pricing import Quote
from ordercore.workflows import Receipt, place_quote, reserve_order
from trading_season.aftersales import Aftersales
from trading_season.agenda import Agenda
from trading_season.dice import Dice
from trading_season.fate import Cancels, Fate
from trading_season.reconciliation import check_price
from trading_season.result import AreaResult
from trading_season.shop import Shop
from trading_season.sources import Trade
from trading_season.supply import BookStock, Delivery, plan_supply

__all__ = ["Season"]

GIVE_UP_DAYS = 10
NEAREST_EVERY = 8
REPLAY_EVERY = 10


class Season:
    """Carries every draft of a trade through the public use cases, and keeps the books."""

    def __init__(
        self, area: str, trade: Trade, network: Network, dice: Dice, *, invent: bool
    ) -> None:
        self.area = area
        self.trade = trade
        self.network = network
        self.dice = dice
        self.invent = invent
        self.agenda = Agenda()
        self.shop = Shop(network, self.agenda)
        if invent:
            # Where documents of the source may come later, orders stay to the end.
            self.shop.at_rest = self._archive
        self.result = AreaResult(area)
        self.aftersales = Aftersales(
            self.shop, network, trade.catalog, dice, self.result, close=self.close
        )
        self._fates: dict[str, Fate] = {}
        self._waiting: dict[str, list[str]] = {}
        self._facts: dict[str, ItemFacts] = {}

    def run(self, progress: Callable[[int], None]) -> AreaResult:
        """The whole season; ``progress`` is told of every draft."""
        began = time.process_time()
        drafts = iter(self.trade.drafts())
        draft = next(drafts, None)
        if draft is not None:
            self._prepare(shift(draft.placed_at, hours=-1))
        self.result.seconds["planning the supply"] += time.process_time() - began
        while draft is not None:
            began = time.process_time()
            self.agenda.run_until(draft.placed_at)
            self.result.seconds["pay, confirm, ship, deliver, close"] += time.process_time() - began
            self.place(draft)
            progress(1)
            began = time.process_time()
            draft = next(drafts, None)
            self.result.seconds["import"] += time.process_time() - began
        began = time.process_time()
        self.agenda.run_until(None)
        self.result.seconds["pay, confirm, ship, deliver, close"] += time.process_time() - began
        self._finish()
        return self.result

    def _prepare(self, opening: Instant) -> None:
        deliveries = plan_supply(
            self.trade.demand(),
            network=self.network,
            catalog=self.trade.catalog,
            dice=self.dice,
            opening=opening,
        )
        for delivery in deliveries:
            self.agenda.note(delivery.at, "", lambda now, it=delivery: self.receive(it, now))  # type: ignore[misc]
        self.aftersales.prepare(self.trade)

    # --- stock comes in ---

    def receive(self, delivery: Delivery, at: Instant) -> None:
        """Book a delivery, then serve the orders that wait for what it brought."""
        booking = BookStock(
            command_id=f"{delivery.reference}",
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
            self._serve(order_id, at)

    def _serve(self, order_id: str, at: Instant) -> None:
        order = self.shop.order(order_id)
        if order is None or order.lifecycle is not Lifecycle.SUBMITTED:
            return
        if any(line.backlog for line in order.lines):
            self.shop.perform(
                reserve_order(
                    order_id=order_id,
                    command_id=f"reserve-{at:%Y%m%d}",
                    context=Context(now=at, actor="planner", role="planner"),
                ),
                at,
            )
        order = self.shop.order(order_id)
        assert order is not None
        if any(line.backlog for line in order.lines):
            self._wait(order)
        else:
            self.confirm(order_id, at)

    def _wait(self, order: Order) -> None:
        for line in order.lines:
            if line.backlog:
                waiting = self._waiting.setdefault(line.sku, [])
                if order.order_id not in waiting:
                    waiting.append(order.order_id)

    # --- an order comes in ---

    def place(self, draft: OrderDraft) -> None:
        """Record the quote, compare it with ours, place the order and hold its stock."""
        result = self.result
        result.drafts += 1
        began = time.process_time()
        buyer = self.trade.buyer(draft)
        quote = draft.recorded_quote(ship_to=buyer.destination)
        result.seconds["import"] += time.process_time() - began
        if not quote.lines:
            result.case("order.no_goods", draft.external_id)
            result.no_goods_minor += quote.total.minor
            return
        began = time.process_time()
        result.prices.add(check_price(self.trade, draft, quote, buyer.destination))
        result.seconds["our own quote"] += time.process_time() - began
        order_id = f"o-{draft.external_id}"
        items = {line.line_id: self._item(line.sku) for line in quote.lines}
        nearest = None
        if self.dice.throw(NEAREST_EVERY, "nearest", order_id) == 0:
            began = time.process_time()
            nearest = self._nearest(order_id, draft, quote, buyer.destination)
            result.seconds["nearest-first plan, for comparison"] += time.process_time() - began
        began = time.process_time()
        at = draft.placed_at
        outcome = self.shop.perform(
            place_quote(
                quote,
                order_id=order_id,
                command_id=f"place-{draft.external_id}",
                context=Context(now=at, actor=str(draft.channel), role="channel"),
                items=items,
                backorder=True,
                external_ref=draft.external_id,
            ),
            at,
        )
        result.seconds["place, allocate, reserve"] += time.process_time() - began
        if isinstance(outcome, Refusal):
            for code in outcome.codes:
                result.case(code, draft.external_id)
            result.refused_minor += quote.total.minor
            return
        result.planned(outcome, draft, nearest)
        if draft.customer is not None:
            self.aftersales.matcher.bought(str(draft.customer), outcome.order)
        result.said_minor += self.trade.said_paid(draft.external_id)
        self._begin(outcome, at)

    def _begin(self, receipt: Receipt, at: Instant) -> None:
        order, order_id = receipt.order, str(receipt.order.order_id)
        fate = Fate.of(order_id, self.dice, invent=self.invent)
        self._fates[order_id] = fate
        if fate.refund_fails_once:
            self.shop.bad_refunds.add(order_id)
        self.shop.later(order_id, shift(at, minutes=1), lambda now: self.pay(order_id, now))
        if any(line.backlog for line in order.lines):
            self._wait(order)
            self.shop.later(
                order_id, shift(at, days=GIVE_UP_DAYS), lambda now: self.give_up(order_id, now)
            )
        if fate.cancels in {Cancels.UNITS, Cancels.ORDER}:
            wait = 3 + self.dice.throw(12, "cancel-at", order_id)
            self.shop.later(
                order_id,
                shift(at, hours=wait),
                lambda now: self.aftersales.cancel(order_id, fate, now),
            )

    def pay(self, order_id: str, at: Instant) -> None:
        """The payment comes in; with all units held, the order is confirmed."""
        order = self.shop.order(order_id)
        assert order is not None
        if order.due:
            self.shop.charge(order_id, order.due, at, at_once=self._fates[order_id].pays_at_once)
        if not any(line.unreserved for line in order.lines):
            self.shop.later(order_id, shift(at, minutes=4), lambda now: self.confirm(order_id, now))

    def give_up(self, order_id: str, at: Instant) -> None:
        """What is still short is cancelled; the rest goes out."""
        order = self.shop.order(order_id)
        assert order is not None
        short = {str(line.line_id): line.backlog for line in order.lines if line.backlog}
        if not short or order.lifecycle is not Lifecycle.SUBMITTED:
            return
        self.result.case("stock.never_came", order_id)
        if sum(short.values()) == sum(line.cancellable for line in order.lines):
            command = CancelOrder(order_id, command_id="give-up", cause="stock.short")
            self.shop.send(command, at, "planner", "planner")
        else:
            units = CancelUnits(order_id, command_id="give-up", lines=short, cause="stock.short")
            self.shop.send(units, at, "planner", "planner")
            self.confirm(order_id, at)

    def confirm(self, order_id: str, at: Instant) -> None:
        """Bind the seller; each node that holds units ships them within two days."""
        outcome = self.shop.send(
            ConfirmOrder(order_id, command_id=f"confirm-{at:%m%dT%H%M%S}"), at, "web", "system"
        )
        if isinstance(outcome, Refusal) or outcome.repeated:
            return
        loads = sorted(
            {(a.node, a.service or "") for a in outcome.order.allocations if a.shippable}
        )
        for node, service in loads:
            hours = 18 + self.dice.throw(20, "ship-at", order_id, node)
            self.shop.later(
                order_id,
                shift(at, hours=hours),
                lambda now, n=str(node), s=str(service): self.ship(order_id, n, s, now),  # type: ignore[misc]
            )

    # --- goods go out ---

    def ship(self, order_id: str, node: str, service: str, at: Instant) -> None:
        """Hand to a carrier what the node still holds for the order."""
        order = self.shop.order(order_id)
        assert order is not None
        lines: Counter[str] = Counter()
        for held in order.allocations:
            if held.node == node and (held.service or "") == service and held.shippable:
                lines[held.line_id] += held.shippable
        if not lines:
            return
        shipment_id = f"{order_id}/{node}/{service}"
        command = ShipUnits(
            order_id,
            command_id=f"ship-{node}-{service}",
            shipment_id=shipment_id,
            node=node,
            service=service,
            lines=lines,
        )
        outcome = self.shop.send(command, at, node, "warehouse")
        if isinstance(outcome, Refusal):
            return
        assert order.destination is not None
        rate = self.network.service(service).rate(self.network.node(node), order.destination)
        arrives = shift(at, days=1 if rate is None else rate.days, hours=3)
        self.shop.later(order_id, arrives, lambda now: self.deliver(order_id, shipment_id, now))
        if self._fates[order_id].cancels is Cancels.TOO_LATE:
            asked = CancelUnits(order_id, command_id="too-late", lines=lines, cause="changed_mind")
            self.shop.later(order_id, shift(at, hours=1), lambda now: self._too_late(asked, now))

    def _too_late(self, command: CancelUnits, at: Instant) -> None:
        self.shop.send(command, at, "buyer", "customer")

    def deliver(self, order_id: str, shipment_id: str, at: Instant) -> None:
        """The carrier's scan, at times twice; the last one begins the end of the order."""
        fate = self._fates[order_id]
        scan = RecordDelivery(
            order_id, fact_id=f"scan-{shipment_id}", shipment_id=shipment_id, occurred_at=at
        )
        for _ in range(2 if fate.scanned_twice else 1):
            outcome = self.shop.send(scan, at, "carrier", "carrier")
        order = self.shop.order(order_id)
        assert order is not None
        under_way = sum(line.cancellable + line.shipped - line.delivered for line in order.lines)
        if not under_way:
            rest = self.aftersales.returns(order, fate, at)
            self.shop.later(
                order_id, shift(at, days=14 + rest), lambda now: self.close(order_id, now)
            )

    def close(self, order_id: str, at: Instant, attempt: int = 1) -> None:
        """End the order; with money or goods still under way, look again in a few days."""
        order = self.shop.order(order_id)
        assert order is not None
        if order.lifecycle is not Lifecycle.CONFIRMED:
            return
        command = CloseOrder(order_id, command_id=f"close-{at:%y%m%dT%H%M%S}")
        outcome = self.shop.send(command, at, "back-office", "clerk")
        if isinstance(outcome, Refusal) and attempt < 4:
            self.shop.later(
                order_id, shift(at, days=4), lambda now: self.close(order_id, now, attempt + 1)
            )

    # --- at the end ---

    def _archive(self, order_id: str) -> None:
        began = time.process_time()
        self._fates.pop(order_id, None)
        order, events = self.shop.archive(order_id)
        replay = self.dice.throw(REPLAY_EVERY, "replay", order_id) == 0
        self.result.books.enter(order, events, replay=replay)
        spent = time.process_time() - began
        self.result.seconds["books: laws, sums, digests"] += spent
        self.result.seconds["pay, confirm, ship, deliver, close"] -= spent
        if self.result.books.orders % 2000 == 0:
            self.result.stock_moves += self.shop.forget_moves()

    def _finish(self) -> None:
        result, shop = self.result, self.shop
        for order_id in sorted(shop.store.orders):
            self._archive(order_id)
        result.stock_moves += shop.forget_moves()
        result.close(shop)
        result.findings = self.trade.findings
        result.survey = dict(self.trade.survey)

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

    def _nearest(
        self, order_id: str, draft: OrderDraft, quote: Quote, destination: Destination
    ) -> AllocationPlan:
        """What the usual platform rule would do with the same stock."""
        lines = [
            DemandLine(
                line.line_id,
                sku=line.sku,
                quantity=line.quantity,
                weight_g=facts.weight_g,
                volume_cm3=facts.volume_cm3,
                handling_class=facts.handling_class,
            )
            for line in quote.lines
            for facts in [self._item(line.sku)]
        ]
        demand = Demand(order_id, lines, destination)
        skus: Sequence[str] = sorted({line.sku for line in quote.lines})
        stock = self.shop.snapshot(skus, draft.placed_at)
        return allocate(demand, self.network, stock, strategy=NEAREST, at=draft.placed_at)

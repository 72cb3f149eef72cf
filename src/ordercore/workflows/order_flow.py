"""The use cases of an order that need ports: place, reserve, and every command after that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import attrs

from ordercore import orders
from ordercore.allocation import LEAST_COST, AllocationPlan, Strategy, allocate
from ordercore.inventory import StockSnapshot
from ordercore.kernel import (
    CommandId,
    Context,
    CustomerId,
    Decision,
    Effect,
    FactValue,
    FrozenMap,
    LineId,
    OrderId,
    PromotionId,
    Reason,
    Refusal,
    Timer,
    checked,
    derived_id,
    expect,
    fold,
)
from ordercore.network import Destination, Network
from ordercore.orders import (
    DEFAULT_ORDER_POLICY,
    DEFAULT_RULES,
    CauseKind,
    CustomerFacts,
    CustomerValue,
    Fact,
    ItemFacts,
    Lifecycle,
    Order,
    OrderEvent,
    OrderMessage,
    OrderPolicy,
    OrderRules,
    PlaceOrder,
    RefusedAttempt,
    ReleaseStock,
    ReserveStock,
    RestockUnits,
    attempt,
    customer_facts,
    forgotten_ids,
    may_have_forgotten,
)
from ordercore.ports import Change, Commit, OrderChange, OutboxRow, StockKey, UsageChange
from ordercore.pricing import (
    DEFAULT_PRICING,
    NO_CHARGES,
    NO_TAX,
    Cart,
    ChargeBook,
    ExpectedQuote,
    PricingPolicy,
    Quote,
    TaxTable,
    try_quote,
)
from ordercore.workflows.credit_moves import free_credit
from ordercore.workflows.receipt import Outcome, Receipt, attempted, recalled, steady, unknown_order
from ordercore.workflows.request import (
    LoadNetwork,
    LoadOrder,
    LoadPrices,
    LoadStock,
    Save,
    Script,
    perform,
)
from ordercore.workflows.stock_moves import (
    apply_stock_moves,
    commit_scope,
    stock_keys,
    stock_moves,
)
from ordercore.workflows.usage_moves import claim_uses, give_back_uses

__all__ = [
    "HandleOrder",
    "PlaceCart",
    "PlaceQuote",
    "Receipt",
    "ReserveOrder",
    "handle",
    "place_order",
    "place_quote",
    "reserve_order",
]


_Items: TypeAlias = FrozenMap[LineId, ItemFacts]


def _items(given: Mapping[LineId, ItemFacts] | Mapping[str, ItemFacts]) -> _Items:
    pairs = expect(given, Mapping, "items")  # type: ignore[type-abstract]
    return FrozenMap({LineId(line): facts for line, facts in pairs.items()})


@attrs.frozen(kw_only=True)
class _Placing:
    order_id: OrderId = attrs.field(converter=OrderId)
    command_id: CommandId = attrs.field(converter=CommandId)
    context: Context
    items: _Items = attrs.field(factory=FrozenMap, converter=_items)
    strategy: Strategy = LEAST_COST
    order_policy: OrderPolicy = DEFAULT_ORDER_POLICY
    backorder: bool = False
    external_ref: str = ""
    draft: bool = False
    customer_facts: CustomerFacts = attrs.field(factory=FrozenMap, converter=customer_facts)
    rules: OrderRules = DEFAULT_RULES

    def _command(
        self,
        quote: Quote,
        destination: Destination | None,
        customer: CustomerId | None,
        claims: Iterable[PromotionId] = (),
    ) -> PlaceOrder:
        return PlaceOrder(
            self.order_id,
            quote=quote,
            command_id=self.command_id,
            external_ref=self.external_ref,
            destination=destination,
            customer=customer,
            items=self.items,
            policy=self.order_policy,
            draft=self.draft,
            customer_facts=self.customer_facts,
            claims=dict.fromkeys(claims, 1),
        )

    def _known(self, before: Order | None) -> Script[Context]:
        """The context, with what the store knows of this id where the order may have lost it."""
        id = str(self.command_id)
        lost = before is not None and may_have_forgotten(before, CauseKind.COMMAND, id)
        ids = (id,) if lost else ()
        return (yield from recalled(self.order_id, CauseKind.COMMAND, ids, self.context))

    def _attempt(self, refusal: Refusal, asked: object) -> RefusedAttempt:
        return attempted("PlaceOrder", self.order_id, self.command_id, asked, self.context, refusal)

    def _place(
        self,
        before: Order | None,
        command: PlaceOrder,
        claims: Mapping[PromotionId, int],
        context: Context,
    ) -> Script[Outcome]:
        placed = orders.decide(before, command, context, self.rules)
        if isinstance(placed, Refusal):
            return placed
        if placed.repeated and before is not None:
            return Receipt(order=before, repeated=True)
        order = fold(orders, placed.events)
        usage = yield from claim_uses(claims, self.order_id, self.command_id, self.context)
        if isinstance(usage, Refusal):
            return usage
        network = yield from perform(LoadNetwork())
        return (
            yield from _reserve(
                order,
                placed,
                network,
                usage,
                before_version=0,
                command_id=self.command_id,
                context=self.context,
                strategy=self.strategy,
                backorder=self.backorder,
                rules=self.rules,
            )
        )


def _reserve(
    order: Order,
    placed: Decision[OrderEvent] | None,
    network: Network,
    usage: tuple[UsageChange, ...],
    *,
    before_version: int,
    command_id: CommandId,
    context: Context,
    strategy: Strategy,
    backorder: bool,
    rules: OrderRules,
) -> Script[Outcome]:
    """Allocate what the order still needs, hold its stock, and save everything in one commit."""
    scope = commit_scope(order.order_id, "reserve" if placed is None else "place", command_id)
    # A draft is not ordered yet: its stock is held once it is submitted.
    drafted = placed is not None and order.lifecycle is Lifecycle.DRAFT
    lacking = not drafted and any(line.backlog for line in order.lines)
    if lacking and order.destination is None and (placed is None or not backorder):
        return Refusal([Reason("order.no_destination", obtain="where the units go")])
    if not lacking or order.destination is None:
        if placed is None:
            return Receipt(order=order)
        return (
            yield from _save(order, before_version, [placed], ((), ()), usage, scope, context, None)
        )
    demand = order.demand()
    skus = sorted({line.sku for line in demand.lines})
    keys = tuple(StockKey(sku, node.id) for sku in skus for node in network.nodes)
    items = (yield from perform(LoadStock(keys))) if keys else {}
    snapshot = StockSnapshot.from_items(items.values(), at=context.now)
    plan = allocate(demand, network, snapshot, strategy=strategy, at=context.now)
    if plan.unfilled and not backorder:
        return Refusal([unfilled.reason for unfilled in plan.unfilled])
    decisions = [] if placed is None else [placed]
    if plan.takes:
        hold = ReserveStock(
            order.order_id, command_id=derived_id(command_id, "reserve"), allocations=plan.takes
        )
        held = orders.decide(order, hold, context, rules)
        if isinstance(held, Refusal):
            return held
        decisions.append(held)
        order = fold(orders, held.events, order)
    events = tuple(event for decision in decisions for event in decision.events)
    if not events:
        return Receipt(order=order, plan=plan)
    moved = apply_stock_moves(stock_moves(order, events, scope), items, context)
    if isinstance(moved, Refusal):
        return moved
    return (yield from _save(order, before_version, decisions, moved, usage, scope, context, plan))


def _save(
    order: Order,
    before_version: int,
    decisions: Sequence[Decision[OrderEvent]],
    moved: tuple[tuple[Change, ...], tuple[Timer, ...]],
    usage: tuple[UsageChange, ...],
    command_id: CommandId,
    context: Context,
    plan: AllocationPlan | None,
) -> Script[Outcome]:
    events = tuple(event for decision in decisions for event in decision.events)
    effects = [effect for decision in decisions for effect in decision.effects]
    due = (*(timer for decision in decisions for timer in decision.due), *moved[1])
    changes: tuple[Change, ...] = (
        OrderChange(expected_version=before_version, state=order, events=events),
        *moved[0],
        *usage,
    )
    receipt = yield from perform(
        Save(
            Commit(
                command_id=command_id,
                at=context.now,
                changes=changes,
                outbox=outbox_rows(order.order_id, effects),
                timers=due,
            )
        )
    )
    if receipt.repeated:
        saved = yield from perform(LoadOrder(order.order_id))
        return Receipt(order=order if saved is None else saved, repeated=True)
    return Receipt(order=order, events=events, plan=plan, due=due)


def outbox_rows(order_id: OrderId, effects: Iterable[Effect]) -> tuple[OutboxRow, ...]:
    """The requests for the host; those about stock are done by the commit itself."""
    return tuple(
        OutboxRow(aggregate=f"order:{order_id}", effect=effect)
        for effect in effects
        if not isinstance(effect, ReleaseStock | RestockUnits)
    )


@attrs.frozen(kw_only=True)
@checked
class PlaceCart(_Placing):
    """Price a cart, place the order, allocate it and hold its stock, in one commit."""

    cart: Cart
    taxes: TaxTable = NO_TAX
    pricing: PricingPolicy = DEFAULT_PRICING
    tariff: ChargeBook = NO_CHARGES

    def start(self) -> Script[Outcome]:
        """A fresh run."""
        return (yield from steady(self.order_id, self._decide, self._refused))

    def _refused(self, refusal: Refusal) -> RefusedAttempt:
        return self._attempt(refusal, self.cart)

    def _decide(self, before: Order | None) -> Script[Outcome]:
        # A repeat is answered before anything is priced: prices may have moved on.
        context = yield from self._known(before)
        if before is not None:
            id = self.command_id
            seen = before.commands_seen.find(id) or context.seen.get(id)
            if seen is not None:
                return self._again(before, seen.version, context)
        book = yield from perform(LoadPrices(self.cart.channel, self.context.now))
        now = self.context.now
        quote = try_quote(
            self.cart, book, at=now, taxes=self.taxes, policy=self.pricing, tariff=self.tariff
        )
        if isinstance(quote, Refusal):
            return quote
        limits = {known: book.promotion(known).usage_limit for known in quote.promotions}
        claims = {known: limit for known, limit in limits.items() if limit is not None}
        command = self._command(quote, self.cart.ship_to, self.cart.customer, claims)
        return (yield from self._place(before, command, claims, context))

    def _again(self, order: Order, version: int, context: Context) -> Outcome:
        """The order that this very request left, or the refusal of an id used for another."""
        known = order.placed_quote
        asked = attrs.evolve(self.cart, currency=self.cart.currency or known.currency)
        if not known.lines or known.cart() != asked:
            facts: dict[str, FactValue] = {"command": str(self.command_id), "version": version}
            return Refusal([Reason("command.id_reused", facts=facts, final=True)])
        command = self._command(known, self.cart.ship_to, self.cart.customer)
        answer = orders.decide(order, command, context, self.rules)
        return answer if isinstance(answer, Refusal) else Receipt(order=order, repeated=True)


@attrs.frozen(kw_only=True)
@checked
class PlaceQuote(_Placing):
    """Place an order that arrives priced, allocate it and hold its stock, in one commit."""

    quote: Quote
    destination: Destination | None = None
    customer: CustomerId | None = attrs.field(
        default=None, converter=attrs.converters.optional(CustomerId)
    )
    expected: ExpectedQuote | None = None

    def start(self) -> Script[Outcome]:
        """A fresh run."""
        return (yield from steady(self.order_id, self._decide, self._refused))

    def _refused(self, refusal: Refusal) -> RefusedAttempt:
        return self._attempt(refusal, (self.quote, self.destination, self.customer))

    def _decide(self, before: Order | None) -> Script[Outcome]:
        context = yield from self._known(before)
        command = self._command(self.quote, self.destination, self.customer)
        command = attrs.evolve(command, expected=self.expected)
        return (yield from self._place(before, command, {}, context))


@attrs.frozen(kw_only=True)
@checked
class ReserveOrder:
    """Allocate and hold what a placed order still lacks: backorders, and units released."""

    order_id: OrderId = attrs.field(converter=OrderId)
    command_id: CommandId = attrs.field(converter=CommandId)
    context: Context
    strategy: Strategy = LEAST_COST
    rules: OrderRules = DEFAULT_RULES

    def start(self) -> Script[Outcome]:
        """A fresh run."""
        return (yield from steady(self.order_id, self._decide, self._refused))

    def _refused(self, refusal: Refusal) -> RefusedAttempt:
        asked = (self.order_id, self.command_id)
        return attempted(
            "ReserveStock", self.order_id, self.command_id, asked, self.context, refusal
        )

    def _decide(self, order: Order | None) -> Script[Outcome]:
        if order is None:
            return Refusal([unknown_order(self.order_id)])
        id = derived_id(self.command_id, "reserve")
        ids = (id,) if may_have_forgotten(order, CauseKind.COMMAND, id) else ()
        context = yield from recalled(self.order_id, CauseKind.COMMAND, ids, self.context)
        if order.commands_seen.find(id) is not None or id in context.seen:
            return Receipt(order=order, repeated=True)
        network = yield from perform(LoadNetwork())
        return (
            yield from _reserve(
                order,
                None,
                network,
                (),
                before_version=order.version,
                command_id=self.command_id,
                context=self.context,
                strategy=self.strategy,
                backorder=True,
                rules=self.rules,
            )
        )


@attrs.frozen(kw_only=True)
@checked
class HandleOrder:
    """Send one command or fact to an order, with the moves of stock that it means."""

    message: OrderMessage
    context: Context
    rules: OrderRules = DEFAULT_RULES

    def start(self) -> Script[Outcome]:
        """A fresh run."""
        return (yield from steady(self.message.order_id, self._decide, self._refused))

    def _refused(self, refusal: Refusal) -> RefusedAttempt:
        return attempt(self.message, self.context, refusal)

    def _decide(self, before: Order | None) -> Script[Outcome]:
        order_id = self.message.order_id
        if before is None:
            return Refusal([unknown_order(order_id)])
        kind = CauseKind.FACT if isinstance(self.message, Fact) else CauseKind.COMMAND
        ids = forgotten_ids(before, self.message)
        context = yield from recalled(order_id, kind, ids, self.context)
        decision = orders.decide(before, self.message, context, self.rules)
        if isinstance(decision, Refusal):
            return decision
        if not decision.events:
            return Receipt(order=before, due=decision.due, repeated=decision.repeated)
        decision, usage = yield from give_back_uses(decision, self.context)
        order = fold(orders, decision.events, before)
        cause = decision.events[0].cause
        command_id = commit_scope(order_id, cause.kind, cause.id)
        moves = stock_moves(order, decision.events, command_id, before=before)
        items = (yield from perform(LoadStock(stock_keys(moves)))) if moves else {}
        moved = apply_stock_moves(moves, items, self.context)
        if isinstance(moved, Refusal):
            return moved
        freed = yield from free_credit(order, decision, self.context)
        return (
            yield from _save(
                freed.order,
                before.version,
                freed.decisions,
                ((*moved[0], *freed.changes), moved[1]),
                usage,
                command_id,
                self.context,
                None,
            )
        )


def place_order(
    cart: Cart,
    *,
    order_id: str,
    command_id: str,
    context: Context,
    items: Mapping[str, ItemFacts] | None = None,
    taxes: TaxTable = NO_TAX,
    pricing: PricingPolicy = DEFAULT_PRICING,
    strategy: Strategy = LEAST_COST,
    order_policy: OrderPolicy = DEFAULT_ORDER_POLICY,
    backorder: bool = False,
    external_ref: str = "",
    draft: bool = False,
    customer_facts: Mapping[str, CustomerValue] | None = None,
    rules: OrderRules = DEFAULT_RULES,
    tariff: ChargeBook = NO_CHARGES,
) -> PlaceCart:
    """Place a cart: price it, allocate it over the nodes, hold the stock; one commit.

    Nothing is saved unless everything is. A conflict (someone else took a unit or the last use of
    a promotion) makes the runner read and decide again. The same ``command_id`` again gives the
    order that the first one left.

    Args:
        cart: What the buyer wants.
        order_id: The new order's id.
        command_id: The id by which the sender knows this request.
        context: When, who, in which role.
        items: Weight, volume and handling class by line; a line not named weighs nothing.
        taxes: The tax table; none by default.
        pricing: Rounding and splitting of amounts.
        strategy: How nodes are chosen.
        order_policy: Whether payment is captured on confirmation or on shipment, and so on.
        backorder: Place the order even when units are short; they can be reserved later.
        external_ref: The order's number in its channel.
        draft: Keep a draft: priced and saved, but not ordered, allocated or held. A
            :class:`~ordercore.orders.SubmitOrder` through :func:`handle` orders it, and
            :func:`reserve_order` then holds its stock. Uses of promotions are claimed at once.
        customer_facts: What the host knows of the buyer, such as ``{"rating": "A"}``; see
            :data:`~ordercore.orders.CUSTOMER_FACTS`.
        rules: The host's rules: gates, holds, roles.
        tariff: Delivery options and fees; none by default.

    Returns:
        A workflow for :func:`run` and :func:`arun`, whose result is a :class:`Receipt` or a
        Refusal with every reason (prices missing, units short, uses exhausted).
    """
    return PlaceCart(
        cart=cart,
        order_id=order_id,
        command_id=command_id,
        context=context,
        items=FrozenMap() if items is None else items,
        taxes=taxes,
        pricing=pricing,
        tariff=tariff,
        strategy=strategy,
        order_policy=order_policy,
        backorder=backorder,
        external_ref=external_ref,
        draft=draft,
        customer_facts=FrozenMap() if customer_facts is None else customer_facts,
        rules=rules,
    )


def place_quote(
    quote: Quote,
    *,
    order_id: str,
    command_id: str,
    context: Context,
    destination: Destination | None = None,
    customer: str | None = None,
    items: Mapping[str, ItemFacts] | None = None,
    strategy: Strategy = LEAST_COST,
    order_policy: OrderPolicy = DEFAULT_ORDER_POLICY,
    backorder: bool = False,
    external_ref: str = "",
    draft: bool = False,
    customer_facts: Mapping[str, CustomerValue] | None = None,
    rules: OrderRules = DEFAULT_RULES,
    expected: ExpectedQuote | None = None,
) -> PlaceQuote:
    """Place an order that arrives priced, as a marketplace sends it.

    As :func:`place_order`, but the quote is kept as it is: what was agreed elsewhere is recorded,
    not computed again; ``expected`` says what it has to be (``quote.stale``, ``quote.mismatch``).
    A ``draft`` holds no stock before it is submitted and reserved.
    """
    return PlaceQuote(
        quote=quote,
        order_id=order_id,
        command_id=command_id,
        context=context,
        destination=destination,
        customer=customer,
        items=FrozenMap() if items is None else items,
        strategy=strategy,
        order_policy=order_policy,
        backorder=backorder,
        external_ref=external_ref,
        draft=draft,
        customer_facts=FrozenMap() if customer_facts is None else customer_facts,
        rules=rules,
        expected=expected,
    )


def reserve_order(
    *,
    order_id: str,
    command_id: str,
    context: Context,
    strategy: Strategy = LEAST_COST,
    rules: OrderRules = DEFAULT_RULES,
) -> ReserveOrder:
    """Allocate and hold what a placed order still lacks; as much as there is."""
    return ReserveOrder(
        order_id=order_id, command_id=command_id, context=context, strategy=strategy, rules=rules
    )


def handle(
    message: OrderMessage, *, context: Context, rules: OrderRules = DEFAULT_RULES
) -> HandleOrder:
    """Send a command or a fact to the order that it names, under the host's rules.

    The moves of stock that it means (a shipment leaves, a cancel releases, a return comes back)
    are saved in the same commit; requests to the outside (capture, refund, notify) go through the
    outbox, and timers (a hold's end, a deadline) are saved with it. A tick that comes too early
    saves nothing; its receipt has the timers to set again. The result is a :class:`Receipt`, or
    the refusal of the order or of the stock. An order that ends before anything of it left gives
    its uses of promotions back in the same commit.
    """
    return HandleOrder(message=message, context=context, rules=rules)

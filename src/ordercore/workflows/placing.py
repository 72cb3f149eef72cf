"""Placing orders: from a cart or a quote to a saved order with stock held and limits claimed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import attrs

from ordercore import orders
from ordercore.allocation import LEAST_COST, Strategy
from ordercore.kernel import (
    CommandId,
    Context,
    CustomerId,
    FactValue,
    FrozenMap,
    LineId,
    OrderId,
    Reason,
    Refusal,
    answering,
    checked,
    expect,
    fold,
)
from ordercore.network import Destination
from ordercore.orders import (
    DEFAULT_ORDER_POLICY,
    DEFAULT_RULES,
    CauseKind,
    CustomerFacts,
    CustomerValue,
    ItemFacts,
    Order,
    OrderPolicy,
    OrderRules,
    PlaceOrder,
    RefusedAttempt,
    customer_facts,
    may_have_forgotten,
)
from ordercore.pricing import (
    DEFAULT_PRICING,
    NO_CHARGES,
    NO_TAX,
    NOTHING_USED,
    Cart,
    ChargeBook,
    ExpectedQuote,
    MeterClaim,
    PricingPolicy,
    Quote,
    TaxTable,
    UsageSnapshot,
    claimed_meters,
    try_quote,
)
from ordercore.workflows.order_flow import reserve_and_save
from ordercore.workflows.receipt import Outcome, Receipt, attempted, recalled, steady
from ordercore.workflows.request import (
    LoadNetwork,
    LoadPrices,
    Script,
    perform,
)
from ordercore.workflows.usage_moves import claim_uses

__all__ = ["PlaceCart", "PlaceQuote", "place_order", "place_quote"]


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
        claims: Iterable[MeterClaim] = (),
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
            claims={claim.meter.key: claim.count for claim in claims},
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
        claims: Iterable[MeterClaim],
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
            yield from reserve_and_save(
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


@attrs.frozen(kw_only=True)
@checked
class PlaceCart(_Placing):
    """Price a cart, place the order, allocate it and hold its stock, in one commit."""

    cart: Cart
    taxes: TaxTable = NO_TAX
    pricing: PricingPolicy = DEFAULT_PRICING
    tariff: ChargeBook = NO_CHARGES
    usage: UsageSnapshot = NOTHING_USED

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
            self.cart,
            book,
            at=now,
            taxes=self.taxes,
            policy=self.pricing,
            tariff=self.tariff,
            usage=self.usage,
        )
        if isinstance(quote, Refusal):
            return quote
        claims = claimed_meters(quote.claims)
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
        claims = claimed_meters(self.quote.claims)
        command = self._command(self.quote, self.destination, self.customer, claims)
        command = attrs.evolve(command, expected=self.expected)
        return (yield from self._place(before, command, claims, context))


@answering
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
    usage: UsageSnapshot = NOTHING_USED,
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
        usage: What was used before of limited promotions, as the buyer's quote was made with it.
            Without it a promotion that is used up refuses the order, instead of being left out; a
            gift that its stock does not cover is allocated like any line.

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
        usage=usage,
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
    What a quote of our own claims of limited promotions is reserved with it, all of it or nothing.
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

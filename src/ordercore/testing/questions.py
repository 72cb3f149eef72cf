"""Commands of every kind with small arguments, to ask of an order in any state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import attrs

from ordercore import orders
from ordercore.kernel import (
    Context,
    Currency,
    CustomerId,
    FrozenMap,
    LineId,
    Money,
    Refusal,
    derived_id,
    fold,
    shift,
)
from ordercore.network import Destination, Region
from ordercore.orders import (
    FULFILMENT,
    RETURN,
    AllocateUnits,
    Assignment,
    CancelFulfilment,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    CompleteStage,
    ConfirmOrder,
    ConfirmPick,
    Consignment,
    DelegateApproval,
    DeliveryWish,
    EditOrder,
    FulfilmentMode,
    GiveApproval,
    GrantAllowance,
    HandOver,
    HoldScope,
    IssueCreditNote,
    IssueInvoice,
    ItemFacts,
    LapseExchange,
    LimitStanding,
    MigrateFlow,
    Order,
    OrderMessage,
    PackFulfilment,
    Parcel,
    PlaceHold,
    PlaceOrder,
    PlanFulfilment,
    ReceivedUnits,
    ReceiveReturn,
    RecheckHolds,
    RefundBalance,
    RejectApproval,
    ReleaseFulfilment,
    ReleaseHold,
    ReleaseUnits,
    ReopenOrder,
    RequestApproval,
    RequestExchange,
    RequestReturn,
    ReserveStock,
    SetAppointment,
    ShipUnits,
    StartPicking,
    SubmitOrder,
    Tick,
    TransferIn,
    TransferOut,
    plan_split,
)
from ordercore.pricing import Charge, Delivery, Quote
from ordercore.testing.quote_changes import with_lines, with_units

__all__ = ["Questions", "order_questions"]

Questions: TypeAlias = Callable[["Order | None"], Iterable[OrderMessage]]
"""The commands to ask of an order; None is before it is placed."""

_ID = "ask"
_OTHER_LINE = LineId("9")


def order_questions(place: PlaceOrder, *, nodes: Iterable[str]) -> Questions:
    """Every command of an order, whether it takes it or not, with small arguments.

    Ids are those that an alphabet gives (``a-1``, ``s-1``, ``fo-1`` …), and one that nothing has.
    Quantities go from one unit of a line to one more than the line was placed with; amounts and
    quotes are too small, fitting, too large, and of another currency.

    Args:
        place: What places the order.
        nodes: Where units may stand.

    Example:
        >>> from ordercore.testing import order_alphabet
        >>> small = order_alphabet(lines=1, units=1, nodes=1)
        >>> ask = order_questions(small.place, nodes=small.nodes)
        >>> len({type(command) for command in ask(None)})
        40
    """
    places = tuple(map(str, nodes))
    lines = {**{str(k): v for k, v in place.quote.quantities.items()}, str(_OTHER_LINE): 1}
    fixed = (
        *_of_placing(place),
        *_of_the_header(place),
        *_of_units(place, lines, places),
        *_of_fulfilment(place, lines, places),
        *_of_bills_and_money(place, lines),
        *_of_control(place, lines),
        *_of_changes(place),
        *_of_arrivals(place),
    )
    early = _departure(place)

    def ask(order: Order | None) -> Iterator[OrderMessage]:
        yield from fixed
        yield early
        if order is not None:
            yield from _for(order)

    return ask


# --- the header ---


def _of_placing(place: PlaceOrder) -> Iterator[OrderMessage]:
    again = attrs.evolve(place, command_id=_ID)
    yield again
    for wrong in _wrong(place.quote):
        yield attrs.evolve(again, quote=wrong, items={})


def _of_the_header(place: PlaceOrder) -> Iterator[OrderMessage]:
    id = place.order_id
    for kind in (ConfirmOrder, CloseOrder, ReopenOrder, CancelOrder, SubmitOrder, RefundBalance):
        yield kind(id, command_id=_ID)
    yield Tick(id, command_id=_ID)
    yield ConfirmOrder(f"{id}-other", command_id=_ID)
    # The id under which the order was placed, with another payload.
    yield ConfirmOrder(id, command_id=place.command_id)


# --- units ---


def _of_units(
    place: PlaceOrder, lines: dict[str, int], nodes: tuple[str, ...]
) -> Iterator[OrderMessage]:
    id = place.order_id
    yield ReserveStock(id, command_id=_ID)
    for known in ("a-1", "a-2"):
        yield ReleaseUnits(id, command_id=_ID, allocations=[known])
    for line, most in lines.items():
        for units in range(1, most + 2):
            some = {line: units}
            yield CancelUnits(id, command_id=_ID, lines=some)
            yield RequestReturn(id, command_id=_ID, return_id="r-1", lines=some)
            back = [ReceivedUnits(line, units, disposition="scrap")]
            yield ReceiveReturn(id, command_id=_ID, return_id="r-1", units=back)
            for node in nodes:
                fresh = [Assignment(line, units, node=node)]
                named = [Assignment(line, units, node=node, allocation_id="a-1")]
                for plan in (fresh, named):
                    yield AllocateUnits(id, command_id=_ID, allocations=plan)
                    yield ReserveStock(id, command_id=_ID, allocations=plan)
                for name in ("s-1", _ID):
                    yield ShipUnits(id, command_id=_ID, shipment_id=name, node=node, lines=some)
    other = RequestReturn(id, command_id=_ID, return_id="r-2", lines={next(iter(lines)): 1})
    yield other
    back = [ReceivedUnits(next(iter(lines)), 1, disposition="reject")]
    yield ReceiveReturn(id, command_id=_ID, return_id="r-2", units=back)


def _of_fulfilment(
    place: PlaceOrder, lines: dict[str, int], nodes: tuple[str, ...]
) -> Iterator[OrderMessage]:
    id = place.order_id
    first, most = next(iter(lines.items()))
    pin = FULFILMENT.pin
    yield MigrateFlow(id, command_id=_ID, to=pin)
    yield MigrateFlow(id, command_id=_ID, to=pin, fulfilments=["fo-1"])
    yield MigrateFlow(id, command_id=_ID, to=RETURN.pin)
    yield MigrateFlow(id, command_id=_ID, to=RETURN.pin, returns=["r-1"])
    for stage in ("requested", "expected", "received"):
        yield CompleteStage(id, command_id=_ID, return_id="r-1", stage=stage)
    for name in ("fo-1", "fo-2"):
        for node in nodes:
            for mode in FulfilmentMode:
                plan = PlanFulfilment(id, command_id=_ID, fulfilment_id=name, node=node, mode=mode)
                yield plan
                for line, units in ((first, 1), (first, most + 1), (str(_OTHER_LINE), 1)):
                    yield attrs.evolve(plan, lines={line: units})
        for kind in (ReleaseFulfilment, StartPicking, PackFulfilment, CancelFulfilment):
            yield kind(id, command_id=_ID, fulfilment_id=name)
        found = ConfirmPick(id, command_id=_ID, fulfilment_id=name, picked={first: 1})
        yield found
        yield attrs.evolve(found, picked={first: most}, short={first: 1})
        box = [Parcel(parcel_id="box", lines={first: 1})]
        yield PackFulfilment(id, command_id=_ID, fulfilment_id=name, parcels=box)
        for shipment in ("s-1", _ID):
            yield HandOver(id, command_id=_ID, fulfilment_id=name, shipment_id=shipment)
        visit = "2026-11-20T01:00:00Z"
        yield SetAppointment(id, command_id=_ID, fulfilment_id=name, at=visit)
        for stage in ("planned", "picking"):
            yield CompleteStage(id, command_id=_ID, fulfilment_id=name, stage=stage)


# --- money ---


def _of_bills_and_money(place: PlaceOrder, lines: dict[str, int]) -> Iterator[OrderMessage]:
    id, currency = place.order_id, place.quote.currency
    total = place.quote.total.minor
    for minor in sorted({1, max(1, total), total + 1}):
        yield GrantAllowance(id, command_id=_ID, amount=Money(minor, currency))
    yield GrantAllowance(id, command_id=_ID, amount=Money(1, _foreign(currency)))
    yield IssueInvoice(id, command_id=_ID, invoice_id="i-1")
    yield IssueInvoice(id, command_id=_ID, invoice_id=_ID)
    yield IssueCreditNote(id, command_id=_ID, credit_note_id="n-1")
    yield IssueCreditNote(id, command_id=_ID, credit_note_id=_ID)
    for line, most in lines.items():
        for units in {1, most + 1}:
            some = {line: units}
            yield IssueInvoice(id, command_id=_ID, invoice_id=_ID, lines=some)
            yield IssueCreditNote(id, command_id=_ID, credit_note_id=_ID, lines=some)


# --- control ---


def _of_control(place: PlaceOrder, lines: dict[str, int]) -> Iterator[OrderMessage]:
    id, at = place.order_id, place.quote.at
    for name in ("h-1", "h-2"):
        yield PlaceHold(id, command_id=_ID, hold_id=name, code="fraud")
        yield ReleaseHold(id, command_id=_ID, hold_id=name)
    yield PlaceHold(id, command_id=_ID, hold_id=_ID, code="fraud", until=shift(at, days=-1))
    for line in lines:
        scope = HoldScope.lines(line)
        yield PlaceHold(id, command_id=_ID, hold_id=_ID, code="fraud", scope=scope)
    for told in (LimitStanding(), LimitStanding(accepts=False), LimitStanding(accepts=True)):
        yield RecheckHolds(id, command_id=_ID, standing=told)
    for name in ("v-1", "v-2"):
        about = {"command_id": _ID, "approval_id": name}
        for levels in ((), ("credit",), ("elsewhere",)):
            yield RequestApproval(id, **about, name="credit", levels=levels)
        for deadline in (shift(at, days=-1), shift(at, days=365)):
            yield RequestApproval(id, **about, name="credit", levels=["credit"], deadline=deadline)
        yield GiveApproval(id, **about)
        yield RejectApproval(id, **about)
        for to in ("web", "boss", "mei"):
            yield DelegateApproval(id, **about, to=to)


# --- changes ---


def _of_changes(place: PlaceOrder) -> Iterator[OrderMessage]:
    id, quote = place.order_id, place.quote
    away = Destination(Region("CN", "ZJ", "Ningbo"))
    yield EditOrder(id, command_id=_ID, destination=away)
    yield EditOrder(id, command_id=_ID, delivery=DeliveryWish(service="sf"), expected_version=1)
    first = quote.lines[0]
    for wanted in _quotes(quote):
        yield EditOrder(id, command_id=_ID, quote=wanted)
    frozen = {first.line_id: ItemFacts(weight_g=99)}
    yield EditOrder(id, command_id=_ID, quote=quote, items=frozen)
    more = _one_more(quote, LineId("x"))
    for name in ("r-1", "r-2"):
        yield LapseExchange(id, command_id=_ID, return_id=name)
        for ship_first, swap in ((False, more), (True, more), (False, quote)):
            yield RequestExchange(
                id,
                command_id=_ID,
                return_id=name,
                lines={first.line_id: 1},
                quote=swap,
                ship_first=ship_first,
            )
    for wanted in _quotes(quote):
        if wanted.lines:
            swap = _one_more(wanted, LineId("x"))
            yield RequestExchange(
                id, command_id=_ID, return_id=_ID, lines={first.line_id: 1}, quote=swap
            )


def _one_more(quote: Quote, line_id: LineId) -> Quote:
    """The quote with one unit of its first line once more, on a line of its own."""
    first = quote.lines[0]
    one = attrs.evolve(
        first,
        line_id=line_id,
        quantity=1,
        list_amount=Money(first.list_amount.minor // first.quantity, quote.currency),
    )
    return with_lines(quote, [*quote.lines, one])


def _quotes(quote: Quote) -> Iterator[Quote]:
    """The quote as it is, with more, fewer and other units, and wrong in each way there is."""
    yield quote
    first = quote.lines[0]
    for units in {1, first.quantity + 1}:
        yield with_units(quote, {first.line_id: units})
    if len(quote.lines) > 1:
        yield with_lines(quote, quote.lines[1:])
    else:
        yield with_lines(quote, [attrs.evolve(first, line_id="new")])
    yield with_lines(quote, [attrs.evolve(first, sku="OTHER"), *quote.lines[1:]])
    yield from _wrong(quote)


def _wrong(quote: Quote) -> Iterator[Quote]:
    """Out of time, below zero, without lines, to several places, in another currency."""
    first = quote.lines[0]
    yield attrs.evolve(quote, valid_until=quote.at, at=shift(quote.at, minutes=-1))
    debt = Money(-quote.total.minor - 1, quote.currency)
    yield with_lines(quote, [attrs.evolve(first, list_amount=debt), *quote.lines[1:]])
    fee = Charge("fee", list_amount=Money(1, quote.currency))
    yield attrs.evolve(quote, lines=[], charges=[fee])
    gift = attrs.evolve(first, line_id="gift", delivery_group="gift")
    yield attrs.evolve(
        quote,
        lines=[*quote.lines, gift],
        deliveries=[Delivery("gift", ship_to=Destination(Region("FR")))],
    )
    foreign = _foreign(quote.currency)
    lines = [
        attrs.evolve(line, list_amount=Money(line.list_amount.minor, foreign))
        for line in quote.lines
    ]
    yield Quote(currency=foreign, at=quote.at, lines=lines)


def _foreign(currency: Currency) -> Currency:
    return Currency("EUR" if currency != "EUR" else "USD")


# --- what goes from order to order ---


def _of_arrivals(place: PlaceOrder) -> Iterator[OrderMessage]:
    """A unit of another order comes, and does not fit in each way in which it cannot."""
    away = _placed(attrs.evolve(place, order_id=f"{place.order_id}-from"))
    first = place.quote.lines[0].line_id
    plan = plan_split(away, {first: 1}, to_order=place.order_id, transfer_id="t-2")
    split = plan.accepted().consignment
    yield TransferIn(place.order_id, command_id=_ID, consignment=split)
    there = LineId(derived_id(away.order_id, first))
    merge = attrs.evolve(
        split,
        kind="merge",
        names=FrozenMap({first: there}),
        quote=with_lines(split.quote, [attrs.evolve(split.quote.lines[0], line_id=there)]),
        items={there: split.items[first]} if split.items else {},
    )
    several: list[Consignment] = [
        merge,
        attrs.evolve(merge, confirmed=True),
        attrs.evolve(merge, destination=Destination(Region("FR"))),
        attrs.evolve(merge, customer=CustomerId("somebody")),
        attrs.evolve(merge, names=split.names, quote=split.quote, items=split.items),
    ]
    foreign = _foreign(place.quote.currency)
    line = split.quote.lines[0]
    dear = attrs.evolve(line, line_id=there, list_amount=Money(line.list_amount.minor, foreign))
    several.append(
        attrs.evolve(
            merge,
            quote=Quote(currency=foreign, at=place.quote.at, lines=[dear]),
            allowance=Money(0, foreign),
        )
    )
    for consignment in several:
        yield TransferIn(place.order_id, command_id=_ID, consignment=consignment)


def _placed(place: PlaceOrder) -> Order:
    context = Context(now=place.quote.at, actor="web")
    return fold(orders, orders.decide(None, place, context).accepted().events)


def _departure(place: PlaceOrder) -> OrderMessage:
    """A unit goes on, as planned when the order was placed."""
    first = place.quote.lines[0].line_id
    plan = plan_split(_placed(place), {first: 1}, to_order="o-2", transfer_id="t-3")
    return attrs.evolve(plan.accepted().out, command_id=_ID)


# --- what depends on the order as it is ---


def _for(order: Order) -> Iterator[OrderMessage]:
    """Units go on: as planned for the order as it is, as planned before, and too many."""
    for line in order.lines:
        if not line.cancellable:
            continue
        plan = plan_split(order, {line.line_id: 1}, to_order="o-2", transfer_id=_ID)
        if isinstance(plan, Refusal):
            continue
        yield attrs.evolve(plan.out, command_id=_ID)
        moved = plan.consignment
        for wrong in (
            attrs.evolve(moved, version=moved.version + 1),
            attrs.evolve(moved, lines={line.line_id: line.ordered + 1}),
            attrs.evolve(moved, lines={}),
        ):
            yield TransferOut(order.order_id, command_id=_ID, consignment=wrong)
        break

"""How changes move an order: its lines follow the quote, everything else stays where it stands."""

from __future__ import annotations

import attrs

from ordercore.kernel import IllegalTransition, LineId, OrderId, thawed
from ordercore.orders.amending.amendments import Exchange, ExchangeStage
from ordercore.orders.amending.events import (
    ExchangeCompleted,
    ExchangeLapsed,
    ExchangeRequested,
    OrderEdited,
    UnitsTransferredIn,
    UnitsTransferredOut,
)
from ordercore.orders.amending.links import LinkKind, OrderLink
from ordercore.orders.amending.transfers import Consignment, TransferKind
from ordercore.orders.claims import claims_after
from ordercore.orders.customer import joined_facts
from ordercore.orders.events import ReturnReceived
from ordercore.orders.ledger import Counters, Ledger
from ordercore.orders.line import NO_FACTS, OrderLine
from ordercore.pricing import Quote


def _require(holds: bool, ledger: Ledger, what: str) -> None:
    if not holds:
        raise IllegalTransition("order", ledger.lifecycle, what)


def edited(ledger: Ledger, event: OrderEdited) -> None:
    """The order's next revision."""
    ledger.go("edit_order")
    amendments = ledger.amendments
    _require(event.revision == amendments.revision + 1, ledger, "OrderEdited")
    placed = amendments.placed
    if event.quote is not None:
        placed = ledger.quote if placed is None else placed
        _follow(ledger, event, event.quote)
    ledger.value_minor = event.value.minor
    ledger.reckon(event.reckoning)
    if event.revised.minor != ledger.billing.revised_minor:
        ledger.billing = attrs.evolve(ledger.billing, revised_minor=event.revised.minor)
    if event.destination is not None:
        ledger.destination = event.destination
    ledger.amendments = attrs.evolve(
        amendments,
        revision=event.revision,
        placed=placed,
        delivery=event.delivery or amendments.delivery,
    )


def _follow(ledger: Ledger, event: OrderEdited, quote: Quote) -> None:
    before = {line_id: ledger.counters(line_id) for line_id in ledger.line_table()}
    lines: dict[LineId, OrderLine] = {}
    moved: dict[LineId, Counters] = {}
    for part in quote.lines:
        line_id = part.line_id
        known = ledger.line_table().get(line_id)
        if known is None:
            known = OrderLine(
                line_id=line_id,
                sku=part.sku,
                ordered=part.quantity,
                item=event.items.get(line_id, NO_FACTS),
            )
        counters = before.pop(line_id, None) or thawed(Counters, known)
        counters.ordered = part.quantity
        counters.cancelled = event.cancelled.get(line_id, 0)
        counters.transferred = 0
        _require(
            known.sku == part.sku
            and 0 <= counters.allocated <= counters.ordered - counters.cancelled
            and counters.invoiced - counters.credited <= counters.ordered,
            ledger,
            "OrderEdited",
        )
        lines[line_id] = known
        moved[line_id] = counters
    for left in before.values():
        _require(left.allocated == 0 and left.invoiced == left.credited, ledger, "OrderEdited")
    ledger.quote = quote
    ledger.replace_lines(lines, moved)


# --- exchanges ---


def exchange_requested(ledger: Ledger, event: ExchangeRequested) -> None:
    """Units are on their way back for others."""
    ledger.go("request_exchange")
    amendments = ledger.amendments
    _require(
        amendments.open_exchange is None
        and event.return_id in ledger.returned()
        and amendments.exchange(event.return_id) is None,
        ledger,
        "ExchangeRequested",
    )
    swap = Exchange(
        return_id=event.return_id,
        lines=event.lines,
        replacement=event.replacement,
        ship_first=event.ship_first,
        quote=event.quote,
        items=event.items,
        why=event.why,
    )
    ledger.amendments = attrs.evolve(
        amendments,
        exchanges=(*amendments.exchanges, swap),
        advance_minor=event.advance.minor,
    )


def taken_back(ledger: Ledger, event: ReturnReceived) -> None:
    """What came back of an open exchange no longer counts in advance, and is not paid out yet."""
    amendments = ledger.amendments
    if amendments.awaits(event.return_id) is not None:
        ledger.amendments = attrs.evolve(
            amendments, advance_minor=amendments.advance_minor - event.amount.minor
        )


def exchange_completed(ledger: Ledger, event: ExchangeCompleted) -> None:
    """What came back was exchanged."""
    swap = _ended(ledger, event, ExchangeStage.DONE)
    for line_id, units in swap.lines.items():
        counters = ledger.counters(line_id)
        counters.exchanged += units
        _require(counters.exchanged <= counters.accepted, ledger, "ExchangeCompleted")


def exchange_lapsed(ledger: Ledger, event: ExchangeLapsed) -> None:
    """What comes back is not exchanged."""
    _ended(ledger, event, ExchangeStage.LAPSED)


def _ended(
    ledger: Ledger, event: ExchangeCompleted | ExchangeLapsed, stage: ExchangeStage
) -> Exchange:
    amendments = ledger.amendments
    swap = amendments.awaits(event.return_id)
    if swap is None:
        raise IllegalTransition("order", ledger.lifecycle, type(event).__name__)
    ledger.amendments = attrs.evolve(
        amendments,
        exchanges=(*amendments.exchanges[:-1], attrs.evolve(swap, stage=stage, quote=None)),
        advance_minor=0,
    )
    return swap


# --- transfers ---


def transferred_out(ledger: Ledger, event: UnitsTransferredOut) -> None:
    """Units left for another order: they count as cancelled here, and their money as sent."""
    ledger.go("transfer_out")
    moved = event.consignment
    for line_id, units in moved.lines.items():
        counters = ledger.counters(line_id)
        counters.cancelled += units
        counters.transferred += units
        _require(
            units > 0 and counters.allocated <= counters.ordered - counters.cancelled,
            ledger,
            "UnitsTransferredOut",
        )
    ledger.value_minor -= event.amount.minor
    ledger.allowance_minor -= moved.allowance.minor
    payments = ledger.paid()
    for part in moved.payments:
        payments[part.payment_id] = part.sent(payments[part.payment_id])
    if moved.claims:
        control = ledger.control
        left = claims_after(control.claims, moved.claims, -1)
        ledger.control = attrs.evolve(control, claims=left)
    merged = moved.kind is TransferKind.MERGE
    _link(ledger, LinkKind.MERGED_INTO if merged else LinkKind.SPLIT_TO, moved, moved.target)


def transferred_in(ledger: Ledger, event: UnitsTransferredIn) -> None:
    """Units of another order stand on lines of their own, with the money that came along."""
    ledger.go("transfer_in")
    moved = event.consignment
    if event.quote is not None:
        _join(ledger, moved, event.quote)
    ledger.value_minor = event.value.minor
    ledger.allowance_minor += moved.allowance.minor
    if event.revised.minor != ledger.billing.revised_minor:
        ledger.billing = attrs.evolve(ledger.billing, revised_minor=event.revised.minor)
    payments = ledger.paid()
    for part in moved.payments:
        known = payments.get(part.payment_id)
        payments[part.payment_id] = part.received(known, moved.quote.currency)
    if moved.customer_facts or moved.claims:
        control = ledger.control
        ledger.control = attrs.evolve(
            control,
            customer_facts=joined_facts(control.customer_facts, moved.customer_facts),
            claims=claims_after(control.claims, moved.claims, 1),
        )
    merged = moved.kind is TransferKind.MERGE
    _link(ledger, LinkKind.MERGED_FROM if merged else LinkKind.SPLIT_FROM, moved, moved.source)


def _join(ledger: Ledger, moved: Consignment, quote: Quote) -> None:
    lines = dict(ledger.line_table())
    counted = dict(ledger.moved)
    for part in moved.quote.lines:
        _require(part.line_id not in lines, ledger, "UnitsTransferredIn")
        line = OrderLine(
            line_id=part.line_id,
            sku=part.sku,
            ordered=part.quantity,
            item=moved.items.get(part.line_id, NO_FACTS),
        )
        lines[part.line_id] = line
        counted[part.line_id] = thawed(Counters, line)
    if ledger.amendments.placed is None:
        ledger.amendments = attrs.evolve(ledger.amendments, placed=ledger.quote)
    ledger.quote = quote
    ledger.replace_lines(lines, counted)


def _link(ledger: Ledger, kind: LinkKind, moved: Consignment, other: OrderId) -> None:
    link = OrderLink(kind=kind, order_id=other, transfer_id=moved.transfer_id)
    amendments = ledger.amendments
    _require(link not in amendments.links, ledger, "OrderLink")
    ledger.amendments = attrs.evolve(amendments, links=(*amendments.links, link))

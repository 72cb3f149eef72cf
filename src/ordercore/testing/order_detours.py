"""Detours of a small order, for the explorer: holds that keep it back, units that are exchanged.

Each is bounded, so that histories end: one hold of a kind runs at a time, and one exchange is asked
for in an order's life.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from ordercore.kernel import LineId, OrderId
from ordercore.orders import (
    HoldScope,
    LapseExchange,
    Lifecycle,
    Order,
    OrderMessage,
    PlaceHold,
    ReleaseHold,
    RequestExchange,
)
from ordercore.pricing import Quote, QuoteLine
from ordercore.testing.order_messages import OPEN, Messages, Move
from ordercore.testing.quote_changes import with_lines

__all__ = ["exchange_moves", "hold_moves"]

_REPLACEMENT = LineId("x")


# --- holds ---


def _hold(order_id: OrderId, version: int, name: str) -> PlaceHold:
    return PlaceHold(order_id, command_id=f"c-{version}", hold_id=name, code="fraud")


def _hold_line(order_id: OrderId, version: int, name: str, line: LineId) -> PlaceHold:
    return PlaceHold(
        order_id,
        command_id=f"c-{version}",
        hold_id=name,
        code="address",
        scope=HoldScope.lines(line),
        blocks="ship",
    )


def _release(order_id: OrderId, version: int, hold_id: str) -> ReleaseHold:
    return ReleaseHold(order_id, command_id=f"c-{version}", hold_id=hold_id)


def hold_moves(send: Messages) -> tuple[Move, ...]:
    """A hold of the whole order, one of a line that blocks its shipments, and their release."""

    def place(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle in OPEN:
            control = order.control
            running = {hold.code for hold in control.holds}
            name = f"h-{len(control.holds) + len(control.ended) + 1}"
            if "fraud" not in running:
                yield send(_hold, order.order_id, order.version, name)
            if "address" not in running:
                for line in order.lines:
                    yield send(_hold_line, order.order_id, order.version, name, line.line_id)

    def release(order: Order) -> Iterator[OrderMessage]:
        for hold in order.control.holds:
            yield send(_release, order.order_id, order.version, hold.hold_id)

    return (place, release)


# --- exchanges ---


def _one(quoted: QuoteLine, units: int, line_id: LineId) -> QuoteLine:
    """So many units of a quoted line at its price, on a line of that id."""
    minor = quoted.list_amount.minor // quoted.quantity * units
    return attrs.evolve(
        quoted,
        line_id=line_id,
        quantity=units,
        list_amount=attrs.evolve(quoted.list_amount, minor=minor),
    )


def _exchange(
    order_id: OrderId,
    version: int,
    name: str,
    quote: Quote,
    standing: tuple[int, ...],
    goes: LineId,
    ship_first: bool,
) -> RequestExchange:
    lines = [
        _one(quoted, units, quoted.line_id)
        for quoted, units in zip(quote.lines, standing, strict=True)
        if units
    ]
    again = next(quoted for quoted in lines if quoted.line_id == goes)
    return RequestExchange(
        order_id,
        command_id=f"c-{version}",
        return_id=name,
        lines={goes: 1},
        quote=with_lines(quote, (*lines, _one(again, 1, _REPLACEMENT))),
        ship_first=ship_first,
    )


def _lapse(order_id: OrderId, version: int, return_id: str) -> LapseExchange:
    return LapseExchange(order_id, command_id=f"c-{version}", return_id=return_id)


def exchange_moves(send: Messages) -> tuple[Move, ...]:
    """One unit for another of its line, which goes before it comes back or after; or it lapses."""

    def request(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle is not Lifecycle.CONFIRMED or order.amendments.exchanges:
            return
        standing = tuple([line.ordered - line.cancelled for line in order.lines])
        for line in order.lines:
            if line.returnable:
                name = f"r-{len(order.returns) + 1}"
                about = (order.order_id, order.version, name, order.quote, standing, line.line_id)
                yield send(_exchange, *about, False)
                yield send(_exchange, *about, True)

    def lapse(order: Order) -> Iterator[OrderMessage]:
        swap = order.amendments.open_exchange
        if swap is not None and order.lifecycle is Lifecycle.CONFIRMED:
            yield send(_lapse, order.order_id, order.version, swap.return_id)

    return (request, lapse)

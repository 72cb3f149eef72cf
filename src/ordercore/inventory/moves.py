"""The typed moves of stock: what may be asked of a stock item, and what happened to it."""

from __future__ import annotations

from typing import TypeAlias

import attrs

from ordercore.kernel import (
    Choice,
    Command,
    CommandId,
    FaultList,
    Instant,
    NodeId,
    OrderId,
    ReservationId,
    Sku,
    as_optional_instant,
    checked,
    instant_at,
    problems,
)

__all__ = [
    "Adjust",
    "Adjusted",
    "Disposition",
    "MoveCause",
    "Receive",
    "Received",
    "Release",
    "ReleaseCause",
    "Released",
    "Reserve",
    "Reserved",
    "Return",
    "Returned",
    "Ship",
    "Shipped",
    "StockCommand",
    "StockEvent",
]


class Disposition(Choice):
    """What becomes of units that come back."""

    RESTOCK = "restock"
    """They can be sold again from the node that received them."""
    SCRAP = "scrap"
    """They came back and were written off at once."""


class ReleaseCause(Choice):
    """Why a reservation gave units back."""

    REQUESTED = "requested"
    EXPIRED = "expired"


class MoveCause(Choice):
    """Why a count was corrected."""

    COUNT = "count"
    DAMAGE = "damage"
    THEFT = "theft"
    SAMPLE = "sample"
    OTHER = "other"


def _optional_instant(value: Instant | str | None) -> Instant | None:
    return as_optional_instant(value)


def _check_quantity(faults: FaultList, quantity: object) -> None:
    if type(quantity) is not int or quantity < 1:
        faults.add("quantity.not_positive", "quantity", quantity, "an integer ≥ 1")


@attrs.frozen(kw_only=True)
class _StockCommand(Command):
    sku: Sku = attrs.field(converter=Sku)
    node: NodeId = attrs.field(converter=NodeId)
    command_id: CommandId = attrs.field(converter=CommandId)


@attrs.frozen(kw_only=True)
class _CountedCommand(_StockCommand):
    quantity: int

    def __attrs_post_init__(self) -> None:
        faults = problems()
        _check_quantity(faults, self.quantity)
        faults.raise_if_any(type(self).__name__)


@attrs.frozen(kw_only=True)
@checked
class Receive(_CountedCommand):
    """Units arrive from a supplier or a transfer and can be sold.

    Example:
        >>> Receive(sku="TEA", node="ningbo", quantity=40, command_id="m-1").quantity
        40
    """

    reference: str = ""


@attrs.frozen(kw_only=True)
@checked
class Reserve(_CountedCommand):
    """Hold units for an order; refused when fewer are available.

    ``expires_at`` ends the hold by itself: from that instant on the units are available to others.

    Example:
        >>> Reserve(
        ...     sku="TEA",
        ...     node="ningbo",
        ...     quantity=2,
        ...     command_id="m-2",
        ...     reservation_id="o-1/1",
        ...     order_id="o-1",
        ... ).reservation_id
        ReservationId('o-1/1')
    """

    reservation_id: ReservationId = attrs.field(converter=ReservationId)
    order_id: OrderId = attrs.field(converter=OrderId)
    expires_at: Instant | None = attrs.field(default=None, converter=_optional_instant)


@attrs.frozen(kw_only=True)
@checked
class Release(_StockCommand):
    """Give back what a reservation holds, all of it or ``quantity`` units.

    Releasing what is already released changes nothing, so a retry is safe.

    Example:
        >>> Release(sku="TEA", node="ningbo", command_id="m-3", reservation_id="o-1/1").quantity
    """

    reservation_id: ReservationId = attrs.field(converter=ReservationId)
    quantity: int | None = None
    cause: ReleaseCause = attrs.field(default=ReleaseCause.REQUESTED, converter=ReleaseCause)

    def __attrs_post_init__(self) -> None:
        if self.quantity is not None:
            faults = problems()
            _check_quantity(faults, self.quantity)
            faults.raise_if_any("Release")


@attrs.frozen(kw_only=True)
@checked
class Ship(_CountedCommand):
    """Reserved units leave the node.

    Example:
        >>> Ship(
        ...     sku="TEA", node="ningbo", quantity=2, command_id="m-4", reservation_id="o-1/1"
        ... ).quantity
        2
    """

    reservation_id: ReservationId = attrs.field(converter=ReservationId)


@attrs.frozen(kw_only=True)
@checked
class Return(_CountedCommand):
    """Units come back to this node, whichever node they left: a move, not an undo.

    Example:
        >>> Return(
        ...     sku="TEA", node="ningbo", quantity=1, command_id="m-5", disposition="scrap"
        ... ).disposition
        <Disposition.SCRAP: 'scrap'>
    """

    disposition: Disposition = attrs.field(default=Disposition.RESTOCK, converter=Disposition)
    order_id: OrderId | None = attrs.field(
        default=None, converter=attrs.converters.optional(OrderId)
    )


@attrs.frozen(kw_only=True)
@checked
class Adjust(_StockCommand):
    """A count differs from the book: ``change`` units were found (> 0) or lost (< 0).

    Example:
        >>> Adjust(sku="TEA", node="ningbo", change=-3, command_id="m-6", cause="damage").change
        -3
    """

    change: int
    cause: MoveCause = attrs.field(default=MoveCause.COUNT, converter=MoveCause)

    def __attrs_post_init__(self) -> None:
        if type(self.change) is not int or self.change == 0:
            faults = problems()
            faults.add("stock.adjust_nothing", "change", self.change, "an integer that is not 0")
            faults.raise_if_any("Adjust")


StockCommand: TypeAlias = Receive | Reserve | Release | Ship | Return | Adjust
"""Everything that may be asked of a stock item."""


def _at(value: Instant | str) -> Instant:
    return instant_at(value, "at")


def _expires_at(value: Instant | str | None) -> Instant | None:
    return None if value is None else instant_at(value, "expires_at")


def _sku(given: str) -> Sku:
    return given if type(given) is Sku else Sku(given)


def _node(given: str) -> NodeId:
    return given if type(given) is NodeId else NodeId(given)


@attrs.frozen(kw_only=True)
class _StockEvent:
    sku: Sku = attrs.field(converter=_sku)
    node: NodeId = attrs.field(converter=_node)
    command_id: CommandId = attrs.field(converter=CommandId)
    fingerprint: str
    at: Instant = attrs.field(converter=_at)


@attrs.frozen(kw_only=True)
@checked
class Received(_StockEvent):
    """Units arrived."""

    quantity: int
    reference: str = ""


@attrs.frozen(kw_only=True)
@checked
class Reserved(_StockEvent):
    """Units are held for an order."""

    quantity: int
    reservation_id: ReservationId = attrs.field(converter=ReservationId)
    order_id: OrderId = attrs.field(converter=OrderId)
    expires_at: Instant | None = attrs.field(default=None, converter=_expires_at)


@attrs.frozen(kw_only=True)
@checked
class Released(_StockEvent):
    """Held units are available again."""

    quantity: int
    reservation_id: ReservationId = attrs.field(converter=ReservationId)
    cause: ReleaseCause = attrs.field(default=ReleaseCause.REQUESTED, converter=ReleaseCause)


@attrs.frozen(kw_only=True)
@checked
class Shipped(_StockEvent):
    """Held units left the node."""

    quantity: int
    reservation_id: ReservationId = attrs.field(converter=ReservationId)


@attrs.frozen(kw_only=True)
@checked
class Returned(_StockEvent):
    """Units came back."""

    quantity: int
    disposition: Disposition = attrs.field(converter=Disposition)
    order_id: OrderId | None = attrs.field(
        default=None, converter=attrs.converters.optional(OrderId)
    )


@attrs.frozen(kw_only=True)
@checked
class Adjusted(_StockEvent):
    """A count was corrected by ``change`` units."""

    change: int
    cause: MoveCause = attrs.field(converter=MoveCause)


StockEvent: TypeAlias = Received | Reserved | Released | Shipped | Returned | Adjusted
"""Everything that can have happened to a stock item."""

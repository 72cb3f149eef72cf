"""What a stock item holds for orders, and which commands it has accepted."""

from __future__ import annotations

import attrs

from ordercore.kernel import (
    CommandId,
    Instant,
    OrderId,
    ReservationId,
    checked,
    instant_at,
)

__all__ = ["AcceptedMove", "Reservation"]


def _expires_at(value: Instant | str | None) -> Instant | None:
    return None if value is None else instant_at(value, "expires_at")


@attrs.frozen(kw_only=True)
@checked
class Reservation:
    """Units of one stock item that are held for an order.

    Example:
        >>> Reservation(reservation_id="o-1/1", order_id="o-1", quantity=2).quantity
        2
    """

    reservation_id: ReservationId = attrs.field(converter=ReservationId)
    order_id: OrderId = attrs.field(converter=OrderId)
    quantity: int
    expires_at: Instant | None = attrs.field(default=None, converter=_expires_at)

    def expired(self, at: Instant) -> bool:
        """Whether the hold has ended at ``at``; the boundary itself is ended."""
        return self.expires_at is not None and self.expires_at <= at


@attrs.frozen
@checked
class AcceptedMove:
    """A command that this item accepted: its id, what it said, and at which version."""

    command_id: CommandId = attrs.field(converter=CommandId)
    fingerprint: str
    version: int

"""What is said where an order does not have what a command names, and what may bring it."""

from __future__ import annotations

from ordercore.kernel import LineId, Reason
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.order import Order

__all__ = ["has_ended", "more_units", "unknown_line"]


def has_ended(order: Order) -> bool:
    """Whether nothing can be ordered, shipped or billed any more: no command leads back."""
    return order.lifecycle in {Lifecycle.CANCELLED, Lifecycle.EXPIRED}


def unknown_line(order: Order, line_id: LineId) -> Reason:
    """The order has no such line; an edit may bring it for as long as the order has not ended."""
    ended = has_ended(order)
    return Reason(
        "order.unknown_line",
        facts={"line": str(line_id)},
        obtain=None if ended else "a line of this id, by an edit",
        final=ended,
    )


def more_units(what: str = "units of the line") -> str:
    """What helps where no unit is left for a command: an edit may bring more of them."""
    return f"more {what}, by an edit"

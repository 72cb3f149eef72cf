"""The laws of stock."""

from __future__ import annotations

from ordercore.inventory.stock_item import StockItem
from ordercore.kernel import Invariant, Violation

__all__ = ["INVARIANTS"]


def _conserved(item: StockItem) -> Violation | None:
    moves = item.received + item.returned + item.found - item.shipped - item.written_off
    if item.on_hand == moves and item.on_hand >= 0:
        return None
    return Violation("INV-STOCK-1", {"on_hand": item.on_hand, "moves": moves})


def _never_oversold(item: StockItem) -> Violation | None:
    if 0 <= item.reserved <= item.on_hand:
        return None
    return Violation("INV-STOCK-2", {"reserved": item.reserved, "on_hand": item.on_hand})


def _reservations_add_up(item: StockItem) -> Violation | None:
    held = sum(r.quantity for r in item.reservations.values())
    if held == item.reserved and all(r.quantity > 0 for r in item.reservations.values()):
        return None
    return Violation("INV-STOCK-3", {"reserved": item.reserved, "held": held})


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-STOCK-1",
        "a stock item",
        "On hand equals received + returned + found − shipped − written off and is never negative.",
        _conserved,
    ),
    Invariant(
        "INV-STOCK-2",
        "a stock item",
        "Never oversold: what is reserved is between zero and what is on hand.",
        _never_oversold,
    ),
    Invariant(
        "INV-STOCK-3",
        "a stock item",
        "The open reservations add up to what is reserved, and none is empty.",
        _reservations_add_up,
    ),
)

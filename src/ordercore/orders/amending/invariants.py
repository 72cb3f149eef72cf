"""The laws of changed orders: an order is what its quote says, whatever it was before."""

from __future__ import annotations

from ordercore.kernel import Invariant, LineId, Violation
from ordercore.orders.amending.amendments import ExchangeStage
from ordercore.orders.amending.links import LinkKind
from ordercore.orders.order import Order

__all__ = ["AMENDING_INVARIANTS"]


def _quoted(order: Order) -> Violation | None:
    lines = [(line.line_id, line.sku, line.ordered) for line in order.lines]
    quoted = [(line.line_id, line.sku, line.quantity) for line in order.quote.lines]
    if lines != quoted:
        return Violation("INV-ORDER-50", {"lines": str(lines), "quoted": str(quoted)})
    return None


def _exchanges(order: Order) -> Violation | None:
    amendments = order.amendments
    waiting = [swap for swap in amendments.exchanges if swap.stage is ExchangeStage.OPEN]
    if len(waiting) > 1 or (amendments.advance_minor and not waiting):
        return Violation(
            "INV-ORDER-51", {"open": len(waiting), "advance": amendments.advance_minor}
        )
    units: dict[LineId, int] = {}
    for swap in amendments.exchanges:
        if swap.stage is ExchangeStage.DONE:
            for line_id, count in swap.lines.items():
                units[line_id] = units.get(line_id, 0) + count
    for line in order.lines:
        if line.exchanged != units.get(line.line_id, 0):
            return Violation(
                "INV-ORDER-51", {"line": str(line.line_id), "exchanged": line.exchanged}
            )
    return None


def _transfers(order: Order) -> Violation | None:
    links = order.amendments.links
    sent = sum(line.transferred for line in order.lines)
    out = [link for link in links if link.kind in {LinkKind.SPLIT_TO, LinkKind.MERGED_INTO}]
    if len(set(links)) != len(links) or (sent and not out):
        return Violation("INV-ORDER-52", {"sent": sent, "links": len(links)})
    return None


AMENDING_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-ORDER-50",
        "an order",
        "Its lines are those of its quote, in number, item and units.",
        _quoted,
    ),
    Invariant(
        "INV-ORDER-51",
        "an order",
        "At most one exchange is open, nothing counts in advance without one, and those that were "
        "completed add up to the units exchanged of each line.",
        _exchanges,
    ),
    Invariant(
        "INV-ORDER-52",
        "an order",
        "Units that went to another order are linked to it, each transfer once.",
        _transfers,
    ),
)

"""The laws of transfer plans."""

from __future__ import annotations

from ordercore.allocation.positioning.transfer_plan import TransferPlan
from ordercore.inventory import StockSnapshot
from ordercore.kernel import Invariant, Violation

__all__ = ["TRANSFER_INVARIANTS"]


def _conserved(plan: TransferPlan) -> Violation | None:
    for each in plan.placements:
        came = sum(t.quantity for t in plan.transfers if (t.sku, t.target) == (each.sku, each.node))
        left = sum(t.quantity for t in plan.transfers if (t.sku, t.source) == (each.sku, each.node))
        if each.before + came - left != each.after:
            facts: dict[str, str | int] = {
                "sku": str(each.sku),
                "node": str(each.node),
                "came": came,
                "left": left,
            }
            return Violation("INV-TRANSFER-1", facts)
    return None


def _in_stock(plan: TransferPlan, stock: StockSnapshot) -> Violation | None:
    for sku, source in sorted({(each.sku, each.source) for each in plan.transfers}):
        left = sum(t.quantity for t in plan.transfers if (t.sku, t.source) == (sku, source))
        if left > stock.available(sku, source):
            return Violation("INV-TRANSFER-2", {"sku": str(sku), "node": str(source), "left": left})
    return None


def _worth_it(plan: TransferPlan) -> Violation | None:
    if plan.expected_gain_minor < 0 or (not plan.transfers and plan.expected_gain_minor):
        return Violation("INV-TRANSFER-3", {"gain_minor": str(plan.expected_gain_minor)})
    return None


TRANSFER_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-TRANSFER-1",
        "a transfer plan",
        "What stood at a place, less what leaves, plus what comes, is what stands there then.",
        _conserved,
    ),
    Invariant(
        "INV-TRANSFER-2",
        "a transfer plan and the stock",
        "No node sends more of a SKU than the snapshot holds there.",
        _in_stock,
    ),
    Invariant(
        "INV-TRANSFER-3",
        "a transfer plan",
        "Transfers never cost more than they earn on average; without transfers nothing is gained.",
        _worth_it,
    ),
)

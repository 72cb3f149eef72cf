"""The laws of allocation plans."""

from __future__ import annotations

from ordercore.allocation.demand import Demand
from ordercore.allocation.evaluation import broken_rules, evaluate
from ordercore.allocation.plan import AllocationPlan
from ordercore.allocation.positioning.invariants import TRANSFER_INVARIANTS
from ordercore.inventory import StockSnapshot
from ordercore.kernel import Invariant, Violation
from ordercore.network import Network

__all__ = ["INVARIANTS"]


def _conserved(plan: AllocationPlan, demand: Demand) -> Violation | None:
    for line in demand.lines:
        taken = sum(take.quantity for take in plan.takes if take.line_id == line.line_id)
        left = sum(short.quantity for short in plan.unfilled if short.line_id == line.line_id)
        if taken + left != line.quantity:
            facts: dict[str, str | int] = {
                "line": str(line.line_id),
                "asked": line.quantity,
                "in_plan": taken + left,
            }
            return Violation("INV-ALLOC-1", facts)
    return None


def _lawful(
    plan: AllocationPlan, demand: Demand, network: Network, stock: StockSnapshot
) -> Violation | None:
    broken = broken_rules(plan.takes, demand, network, stock)
    if not broken:
        return None
    return Violation("INV-ALLOC-2", {"code": broken[0].code, "at": broken[0].path})


def _priced(plan: AllocationPlan, demand: Demand, network: Network) -> Violation | None:
    again = evaluate(plan.takes, demand, network)
    if again == plan.cost:
        return None
    facts = {"plan": str(plan.cost.total), "evaluated": str(again.total)}
    return Violation("INV-ALLOC-3", facts)


def _bounded(plan: AllocationPlan) -> Violation | None:
    if plan.bound <= plan.cost.total:
        return None
    facts = {"bound": str(plan.bound), "cost": str(plan.cost.total)}
    return Violation("INV-ALLOC-4", facts)


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-ALLOC-1",
        "a plan and its demand",
        "Line by line, what is taken and what stays behind sum to what was asked.",
        _conserved,
    ),
    Invariant(
        "INV-ALLOC-2",
        "a plan and its inputs",
        "A plan breaks no hard rule: stock, classes, limits, splits, numbers of nodes.",
        _lawful,
    ),
    Invariant(
        "INV-ALLOC-3",
        "a plan, its demand and its network",
        "The evaluator prices the plan's takes at the plan's cost, term by term.",
        _priced,
    ),
    Invariant(
        "INV-ALLOC-4",
        "a plan",
        "The proven bound never exceeds the plan's cost.",
        _bounded,
    ),
    *TRANSFER_INVARIANTS,
)

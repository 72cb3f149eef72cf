"""Allocation: which node ships which units with which carrier, at what cost, and how we know.

:func:`allocate` plans one order over a network and a snapshot of stock. The plan carries its cost
by term, a proven lower bound, and the reason for every unit that stays behind; it explains on
demand why a node was not used and what it would have cost. :func:`evaluate` prices any plan by the
same bill, :func:`broken_rules` lists what is unlawful about it. Planning changes nothing.

Example:
    >>> from ordercore.allocation import allocate
    >>> from ordercore.allocation.specimen import tea_demand, tea_network, tea_stock
    >>> from ordercore.kernel import instant
    >>> now = instant("2026-11-11T00:00:00Z")
    >>> plan = allocate(tea_demand(), tea_network(), tea_stock(), at=now)
    >>> [str(node) for node in plan.nodes], str(plan.cost.total), plan.optimal
    (['hefei'], 'CNY 19.50', True)
"""

from ordercore.allocation.demand import Demand, DemandLine, ShipComplete
from ordercore.allocation.evaluation import broken_rules, evaluate, loads_of
from ordercore.allocation.explanation import Explanation, LineExplanation, NodeExplanation
from ordercore.allocation.invariants import INVARIANTS
from ordercore.allocation.plan import (
    COST_TERMS,
    AllocationPlan,
    CostBreakdown,
    Load,
    Take,
    Unfilled,
)
from ordercore.allocation.planning import allocate
from ordercore.allocation.positioning.lane import TransferLane
from ordercore.allocation.positioning.outlook import DemandOutlook
from ordercore.allocation.positioning.rebalance import rebalance
from ordercore.allocation.positioning.transfer_plan import Placement, Transfer, TransferPlan
from ordercore.allocation.positioning.transfer_rate import TransferRate, transfer_rate
from ordercore.allocation.reasons import hindrance, why_unfilled
from ordercore.allocation.strategy import (
    DEFAULT_LIMITS,
    FEWEST_SPLITS,
    LEAST_COST,
    NEAREST,
    Criterion,
    Limits,
    Strategy,
)

__all__ = [
    "COST_TERMS",
    "DEFAULT_LIMITS",
    "FEWEST_SPLITS",
    "INVARIANTS",
    "LEAST_COST",
    "NEAREST",
    "AllocationPlan",
    "CostBreakdown",
    "Criterion",
    "Demand",
    "DemandOutlook",
    "DemandLine",
    "Explanation",
    "Limits",
    "LineExplanation",
    "Load",
    "NodeExplanation",
    "Placement",
    "ShipComplete",
    "Strategy",
    "Take",
    "Transfer",
    "TransferLane",
    "TransferPlan",
    "TransferRate",
    "Unfilled",
    "allocate",
    "broken_rules",
    "evaluate",
    "hindrance",
    "loads_of",
    "rebalance",
    "transfer_rate",
    "why_unfilled",
]

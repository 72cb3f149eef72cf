"""Allocation: which node ships which units with which carrier, at what cost, and how we know."""

from ordercore.allocation.demand import Demand, DemandLine, ShipComplete
from ordercore.allocation.plan import (
    COST_TERMS,
    AllocationPlan,
    CostBreakdown,
    Load,
    Take,
    Unfilled,
)
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
    "LEAST_COST",
    "NEAREST",
    "AllocationPlan",
    "CostBreakdown",
    "Criterion",
    "Demand",
    "DemandLine",
    "Limits",
    "Load",
    "ShipComplete",
    "Strategy",
    "Take",
    "Unfilled",
]

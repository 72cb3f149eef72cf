"""Plans of one order beside HiGHS on the very same orders: time, proofs, and distance to the best."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from types import ModuleType

from allocation_orders import FAMILIES, NOW, Order, orders
from harness import Profile, Result, at_least, at_most, conclude, faster, peer
from ordercore.allocation import AllocationPlan, allocate

# The referee of the tests writes the programme down; it shares no code with the library.
sys.path.append(str(Path(__file__).resolve().parents[2]))

MS = 1e3
HIGHS_SECONDS = 30

# By row: orders in the short and in the full profile, the goal of the median and of the share proven.
ROWS = {
    "alloc.S": (20, 100, at_most(0.5, "ms"), 100),
    "alloc.M": (10, 100, at_most(5, "ms"), 100),
    "alloc.constrained": (3, 40, faster(3, "HiGHS"), 95),
    "alloc.scarce": (3, 40, faster(3, "HiGHS"), 95),
    "alloc.ties": (5, 40, faster(3, "HiGHS"), 95),
    "alloc.trap": (3, 40, faster(3, "HiGHS"), 95),
    "alloc.L": (1, 20, at_most(150, "ms"), 80),
    "alloc.bulk": (3, 40, at_most(30, "ms"), 0),
}


def planned(order: Order) -> tuple[AllocationPlan, float]:
    started = time.process_time()
    plan = allocate(order.demand, order.network, order.stock, at=NOW, conditions=order.conditions)
    return plan, (time.process_time() - started) * MS


def refereed(highspy: ModuleType, order: Order) -> tuple[int, int, bool, float]:
    """Units left behind, cost, whether proven, and what it took, the model's making included."""
    from tests.allocation import milp

    started = time.process_time()
    model = milp.build(
        highspy, order.demand, order.network, order.stock, order.conditions, seconds=HIGHS_SECONDS
    )
    proven, cost, _ = model.solve()
    behind, cost = divmod(round(cost), milp.BEHIND)
    return behind, cost, proven, (time.process_time() - started) * MS


def behind(plan: AllocationPlan, order: Order) -> int:
    unpriced = {x.line_id for x in order.demand.lines if x.unfilled_penalty is None}
    return sum(short.quantity for short in plan.unfilled if short.line_id in unpriced)


def results(profile: Profile) -> list[Result]:
    highspy = peer("highspy")
    found: list[Result] = []
    for row in FAMILIES:
        short, full, goal, proven_goal = ROWS[row]
        # Twenty lines over forty nodes keep HiGHS busy for seconds: only where there is time.
        with_highs = highspy is not None and (profile.name == "full" or row != "alloc.L")
        ours: list[float] = []
        theirs: list[float] = []
        above: list[float] = []
        proofs = 0
        for order in orders(row, short if profile.name == "short" else full):
            plan, took = planned(order)
            ours.append(took)
            proofs += plan.optimal
            if not with_highs:
                continue
            left, cost, proven, took = refereed(highspy, order)
            theirs.append(took)
            mine = behind(plan, order), plan.cost.total.minor
            assert not proven or mine >= (left, cost), (row, mine, left, cost)
            assert not (proven and plan.optimal) or mine == (left, cost), (row, mine, left, cost)
            if proven and left == mine[0] and cost:
                above.append(100 * (mine[1] - cost) / cost)
        reference = statistics.median(theirs) if theirs else None
        ours.sort()
        p95 = ours[int(0.95 * len(ours))]
        note = f"median of {len(ours)} orders, p95 {p95:.0f} ms"
        if above:
            note += f"; cost {statistics.mean(above):.2f} % above the best where HiGHS proves it"
        name = "HiGHS" if with_highs else ""
        found.append(conclude(row, "ms", goal, statistics.median(ours), reference, name, note))
        share = 100 * proofs / len(ours)
        note = "orders proven the best within the default limit"
        found.append(conclude(row, "%", at_least(proven_goal, "%"), share, None, "", note))
    return found

"""From a demand, a network and a snapshot of stock to a plan."""

from __future__ import annotations

from operator import attrgetter

import pendulum

from ordercore.allocation.bound import Bounder
from ordercore.allocation.conditions import NO_CONDITIONS, Conditions
from ordercore.allocation.demand import Demand
from ordercore.allocation.digests import (
    conditions_digest,
    demand_digest,
    network_digest,
    stock_digest,
)
from ordercore.allocation.evaluation import check_currencies, currency_of, loads_of, priced
from ordercore.allocation.filling import Filler
from ordercore.allocation.findings import demand_findings
from ordercore.allocation.plan import AllocationPlan, Take, Unfilled
from ordercore.allocation.problem import Problem, Solution, compile_problem
from ordercore.allocation.reasons import why_unfilled
from ordercore.allocation.search import Found, search
from ordercore.allocation.strategy import (
    DEFAULT_LIMITS,
    LEAST_COST,
    Criterion,
    Limits,
    Strategy,
)
from ordercore.inventory import StockSnapshot
from ordercore.kernel import Instant, Money, Reason, Severity, expect, instant, instant_at
from ordercore.network import Network, distance_m

__all__ = ["allocate"]

_FAR = 10**9
"""Further than any two places: where a destination has no point, nodes rank by their ids."""


def allocate(
    demand: Demand,
    network: Network,
    stock: StockSnapshot,
    *,
    strategy: Strategy = LEAST_COST,
    at: pendulum.DateTime,
    limits: Limits = DEFAULT_LIMITS,
    conditions: Conditions = NO_CONDITIONS,
) -> AllocationPlan:
    """Decide which node ships which units with which service, and prove how good that is.

    Reads its arguments and changes nothing; the order of lines, nodes, services and levels in the
    input never matters. Shortage is no error: what cannot ship stands in ``plan.unfilled`` with
    its reason, and as few units as possible stay behind before any money is compared.

    Args:
        demand: What the order still needs, where to, under which rules.
        network: Nodes and carrier services with their costs and rates.
        stock: What each node can promise; only the demand's SKUs are looked at.
        strategy: What plans are compared by.
        at: The instant of planning, kept in the plan; days of arrival follow from it.
        limits: How many steps the search may take. At the limit the plan is the best one found,
            with a true bound below it, and ``optimal`` is False unless the two meet.
        conditions: What holds for every order of the moment: prices that the merchant adds, and
            capacity left.

    Returns:
        A plan whose takes never exceed the snapshot and whose takes and unfilled units sum to the
        demand, line by line.

    Raises:
        InvalidBatch: ``demand.currency`` and ``conditions.currency`` when amounts are in another
            currency than the network's; ``network.empty`` when nothing says a currency.

    Example:
        >>> from ordercore.allocation.specimen import tea_demand, tea_network, tea_stock
        >>> from ordercore.kernel import instant
        >>> now = instant("2026-11-11T00:00:00Z")
        >>> plan = allocate(tea_demand(), tea_network(), tea_stock(), at=now)
        >>> [(str(take.node), take.quantity) for take in plan.takes], str(plan.cost.total)
        ([('hefei', 2), ('hefei', 1)], 'CNY 19.50')
        >>> plan.optimal, plan.bound == plan.cost.total
        (True, True)
    """
    expect(demand, Demand, "demand")
    expect(network, Network, "network")
    expect(stock, StockSnapshot, "stock")
    expect(strategy, Strategy, "strategy")
    expect(conditions, Conditions, "conditions")
    at = instant_at(at, "at")
    currency = currency_of(demand, network)
    check_currencies(demand, conditions, currency)
    fewest = strategy.criteria[0] is Criterion.NODES
    problem = compile_problem(
        demand, network, stock, at=at, conditions=conditions, fewest_nodes=fewest
    )
    refused = _refused(demand, network, stock, at=at, conditions=conditions)
    if refused is not None:
        price = problem.price({})
        found = Found(solution={}, price=price, lower=price, steps=0, limited=False)
    elif strategy.criteria[0] is Criterion.DISTANCE:
        found = _nearest(problem, demand)
    else:
        best = search(problem, limit=limits.search_nodes)
        assert best is not None, "without nodes that must ship there is always a plan"
        found = best
    return plan_of(
        problem,
        found,
        network,
        stock,
        strategy=strategy,
        at=instant(at),
        conditions=conditions,
        refused=refused,
    )


def _refused(
    demand: Demand, network: Network, stock: StockSnapshot, *, at: Instant, conditions: Conditions
) -> Reason | None:
    """Why nothing of the order is planned; None where its parts stand by themselves."""
    if conditions.plan_rest:
        return None
    found = demand_findings(demand, network, stock, at=at, conditions=conditions)
    codes = tuple(sorted({each.code for each in found if each.severity is Severity.ERROR}))
    if not codes:
        return None
    obtain = "a demand without contradictions, or leave to plan the rest of it"
    return Reason("allocation.contradictory", facts={"findings": codes}, obtain=obtain)


def _nearest(problem: Problem, demand: Demand) -> Found:
    """Nodes exhausted in the order of their distance; no search, but a true bound beside it."""
    target = demand.destination.point
    distances = [
        _FAR if target is None else distance_m(node.point, target) for node in problem.nodes
    ]
    ranked = sorted(range(len(problem.nodes)), key=lambda node: (distances[node], node))
    filler = Filler(problem)
    mask = (1 << len(ranked)) - 1
    solution = filler.fill(mask, ranked)
    if problem.nodes_of(solution).bit_count() > problem.max_nodes:
        mask = 0
        for node in ranked[: problem.max_nodes]:
            mask |= 1 << node
        solution = filler.fill(mask, ranked)
    price = problem.price(solution)
    lower = Bounder(problem).bound((1 << len(ranked)) - 1)
    return Found(solution=solution, price=price, lower=min(lower, price), steps=0, limited=False)


def plan_of(
    problem: Problem,
    found: Found,
    network: Network,
    stock: StockSnapshot,
    *,
    strategy: Strategy,
    at: Instant,
    conditions: Conditions,
    refused: Reason | None = None,
) -> AllocationPlan:
    """The plan of a solution, priced by the one evaluator."""
    demand = problem.demand
    takes = _takes(problem, found.solution)
    loads = loads_of(takes, demand, network, at=at)
    cost = priced(takes, loads, demand, network, conditions)
    left = {line.line_id: line.quantity for line in demand.lines}
    for take in takes:
        left[take.line_id] -= take.quantity
    unfilled = tuple(
        Unfilled(
            line.line_id,
            quantity=left[line.line_id],
            reason=refused
            or why_unfilled(
                line,
                left[line.line_id],
                demand,
                network,
                stock,
                at=at,
                conditions=conditions,
            ),
        )
        for line in demand.lines
        if left[line.line_id]
    )
    # What the search adds to money so that units and nodes count first is taken off again.
    ranked = sum(
        left[line.line_id] * problem.left_behind
        for index, line in enumerate(demand.lines)
        if not problem.optional[index]
    )
    ranked += problem.node_weight * len({take.node for take in takes})
    bound = min(max(0, found.lower - ranked), cost.total.minor)
    return AllocationPlan(
        order_id=demand.order_id,
        strategy=strategy.name,
        at=at,
        takes=takes,
        loads=loads,
        unfilled=unfilled,
        cost=cost,
        bound=Money(bound, cost.total.currency),
        optimal=found.lower >= found.price,
        limit_hit="search_nodes" if found.limited else None,
        search_nodes=found.steps,
        demand_digest=demand_digest(demand),
        stock_digest=stock_digest(demand, stock),
        network_digest=network_digest(network),
        conditions_digest=conditions_digest(demand, conditions),
    )


def _takes(problem: Problem, solution: Solution) -> tuple[Take, ...]:
    lines = problem.demand.lines
    takes = [
        Take(
            lines[line].line_id,
            sku=lines[line].sku,
            node=problem.nodes[problem.load_node[load]].id,
            service=problem.load_lane[load].service,
            quantity=units,
        )
        for (line, load), units in solution.items()
    ]
    # A line has at most one take for a node and service: the order of takes, from its deciding
    # fields (the comparison of whole takes costs more than making them).
    takes.sort(key=attrgetter("line_id", "node", "service"))
    return tuple(takes)

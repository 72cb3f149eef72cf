"""Why a plan is as it is, derived on demand from the plan's own inputs."""

from __future__ import annotations

from typing import TypeAlias

import attrs

from ordercore.allocation.conditions import NO_CONDITIONS, Conditions
from ordercore.allocation.demand import Demand, DemandLine
from ordercore.allocation.digests import (
    conditions_digest,
    demand_digest,
    network_digest,
    stock_digest,
)
from ordercore.allocation.plan import AllocationPlan, Take
from ordercore.allocation.planning import plan_of
from ordercore.allocation.problem import compile_problem
from ordercore.allocation.reasons import hindrance
from ordercore.allocation.search import search
from ordercore.allocation.strategy import DEFAULT_LIMITS, LEAST_COST
from ordercore.inventory import StockSnapshot
from ordercore.kernel import (
    FactValue,
    FrozenMap,
    InvalidValue,
    LineId,
    Money,
    NodeId,
    NotFound,
    Reason,
    checked,
    problems,
)
from ordercore.network import Network

__all__ = ["Explanation", "LineExplanation", "NodeExplanation", "explain"]


@attrs.frozen(kw_only=True)
@checked
class NodeExplanation:
    """Why a node ships or not, and what the cheapest plan with it would cost.

    ``reason.code`` is ``node.used``; ``node.dearer`` (facts: the plan's cost, the cost with the
    node, the difference, and whether that cost is proven the least); or what keeps the node from
    shipping anything (``allocation.no_stock`` and the like); or ``allocation.contradictory``.
    """

    node: NodeId = attrs.field(converter=NodeId)
    used: bool
    reason: Reason
    cost_if_used: Money | None = None
    bound_if_used: Money | None = None


@attrs.frozen(kw_only=True)
@checked
class LineExplanation:
    """Where a line's units come from, and what each other node has to do with it.

    ``reason.code`` is ``line.filled`` when every unit ships, or why units stay behind.
    """

    line_id: LineId = attrs.field(converter=LineId)
    takes: tuple[Take, ...]
    unfilled: int
    reason: Reason
    nodes: FrozenMap[NodeId, Reason]


Explanation: TypeAlias = NodeExplanation | LineExplanation
"""What :meth:`AllocationPlan.explain` answers."""


def explain(
    plan: AllocationPlan,
    about: str,
    demand: Demand,
    network: Network,
    stock: StockSnapshot,
    conditions: Conditions = NO_CONDITIONS,
) -> Explanation:
    """See :meth:`AllocationPlan.explain`.

    Example:
        >>> from ordercore.allocation import allocate
        >>> from ordercore.allocation.specimen import tea_demand, tea_network, tea_stock
        >>> from ordercore.kernel import instant
        >>> inputs = tea_demand(), tea_network(), tea_stock()
        >>> plan = allocate(*inputs, at=instant("2026-11-11T00:00:00Z"))
        >>> answer = explain(plan, "node:ningbo", *inputs)
        >>> answer.reason.code, str(answer.cost_if_used)
        ('node.dearer', 'CNY 33.50')
    """
    faults = problems()
    if demand_digest(demand) != plan.demand_digest:
        faults.add("plan.other_demand", "demand", demand.order_id, "what the plan was made from")
    if network_digest(network) != plan.network_digest:
        faults.add("plan.other_network", "network", "", "what the plan was made from")
    if stock_digest(demand, stock) != plan.stock_digest:
        faults.add("plan.other_stock", "stock", "", "what the plan was made from")
    if conditions_digest(demand, conditions) != plan.conditions_digest:
        faults.add("plan.other_conditions", "conditions", "", "what the plan was made under")
    faults.raise_if_any("explanation")
    kind, _, name = about.partition(":")
    if kind == "node":
        return _about_node(plan, name, demand, network, stock, conditions)
    if kind == "line":
        return _about_line(plan, name, demand, network, stock, conditions)
    raise InvalidValue("plan.about", "about", about, "node:<id> or line:<id>")


def _about_node(
    plan: AllocationPlan,
    name: str,
    demand: Demand,
    network: Network,
    stock: StockSnapshot,
    conditions: Conditions,
) -> NodeExplanation:
    node = network.node(name)
    if node.id in plan.nodes:
        units = sum(take.quantity for take in plan.takes if take.node == node.id)
        reason = Reason("node.used", facts={"node": str(node.id), "units": units})
        return NodeExplanation(node=node.id, used=True, reason=reason, cost_if_used=plan.cost.total)
    refused = next(
        (u.reason for u in plan.unfilled if u.reason.code == "allocation.contradictory"), None
    )
    if refused is not None:
        return NodeExplanation(node=node.id, used=False, reason=refused)
    hindered = [
        hindrance(line, node, demand, network, stock, at=plan.at, conditions=conditions)
        for line in demand.lines
    ]
    if all(hindered):
        first = next(
            (h for h in hindered if h is not None and h.code != "allocation.no_stock"), hindered[0]
        )
        assert first is not None
        return NodeExplanation(node=node.id, used=False, reason=first)
    problem = compile_problem(demand, network, stock, at=plan.at, conditions=conditions)
    index = next(i for i, known in enumerate(problem.nodes) if known.id == node.id)
    found = search(problem, limit=DEFAULT_LIMITS.search_nodes, must_use=1 << index)
    if found is None:
        reason = Reason(
            "node.not_lawful",
            facts={"node": str(node.id)},
            obtain="a demand whose rules let the node ship",
        )
        return NodeExplanation(node=node.id, used=False, reason=reason)
    other = plan_of(
        problem, found, network, stock, strategy=LEAST_COST, at=plan.at, conditions=conditions
    )
    reason = Reason(
        "node.dearer",
        facts={
            "node": str(node.id),
            "cost": plan.cost.total,
            "cost_if_used": other.cost.total,
            "more": other.cost.total - plan.cost.total,
            "proven": other.optimal,
            "units_left_behind": sum(short.quantity for short in other.unfilled),
        },
        obtain="a lower cost at this node",
    )
    return NodeExplanation(
        node=node.id,
        used=False,
        reason=reason,
        cost_if_used=other.cost.total,
        bound_if_used=other.bound,
    )


def _about_line(
    plan: AllocationPlan,
    name: str,
    demand: Demand,
    network: Network,
    stock: StockSnapshot,
    conditions: Conditions,
) -> LineExplanation:
    line = demand.line(name)
    if line is None:
        raise NotFound("demand line", name)
    takes = tuple(take for take in plan.takes if take.line_id == line.line_id)
    nodes: dict[NodeId, Reason] = {}
    for node in network.nodes:
        units = sum(take.quantity for take in takes if take.node == node.id)
        have = stock.available(line.sku, node.id)
        reason = hindrance(line, node, demand, network, stock, at=plan.at, conditions=conditions)
        if units:
            reason = Reason("node.used", facts={"node": str(node.id), "units": units})
        elif reason is None:
            facts: dict[str, FactValue] = {"node": str(node.id), "have": have}
            reason = Reason("node.not_needed", facts=facts, obtain="a lower cost at this node")
        nodes[node.id] = reason
    short = next((u for u in plan.unfilled if u.line_id == line.line_id), None)
    return LineExplanation(
        line_id=line.line_id,
        takes=takes,
        unfilled=0 if short is None else short.quantity,
        reason=_filled(line) if short is None else short.reason,
        nodes=FrozenMap(nodes),
    )


def _filled(line: DemandLine) -> Reason:
    return Reason("line.filled", facts={"sku": str(line.sku), "units": line.quantity})

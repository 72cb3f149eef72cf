"""What is contradictory or impossible about a demand, all of it at once and before any plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from ordercore.allocation.conditions import NO_CONDITIONS, Conditions
from ordercore.allocation.demand import Demand
from ordercore.allocation.reasons import hindrance
from ordercore.inventory import StockSnapshot
from ordercore.kernel import Finding, LineId, NodeId, answering, instant
from ordercore.network import Network, Node

__all__ = ["demand_findings"]


@answering
def demand_findings(
    demand: Demand,
    network: Network,
    stock: StockSnapshot,
    *,
    at: datetime,
    conditions: Conditions = NO_CONDITIONS,
) -> tuple[Finding, ...]:
    """Every contradiction and impossibility of a demand, sorted; none for a sound one.

    Errors: ``demand.latest_past`` (the latest day is before the day of ``at`` in UTC),
    ``demand.no_node_left`` (every allowed node is forbidden), ``demand.together_nowhere`` (no node
    can ship all lines of a group, whatever its stock), and for each line that has stock which no
    node can ship, one finding per node with the code of :func:`hindrance` (no rate or zone, a unit
    that no carrier takes, a class that is not handled, too late, ...). A line without any stock is
    no finding: shortage is business.

    Warnings: ``demand.unknown_node`` and ``demand.unknown_service`` (a rule names what the network
    has not), ``demand.due_after_latest``, ``demand.value_untold`` (a rule asks what a line is
    worth, which counts as nothing). O(lines × nodes × services).

    Example:
        >>> from datetime import date
        >>> import attrs
        >>> from ordercore.allocation.specimen import tea_demand, tea_network, tea_stock
        >>> stale = attrs.evolve(tea_demand(), latest=date(2026, 11, 1), forbidden_nodes=["mars"])
        >>> found = demand_findings(
        ...     stale, tea_network(), tea_stock(), at=instant("2026-11-11T00:00:00Z")
        ... )
        >>> sorted({finding.code for finding in found})
        ['allocation.too_late', 'demand.latest_past', 'demand.unknown_node']
    """
    moment = instant(at)
    found = [
        *_days(demand, moment),
        *_names(demand, network, conditions),
        *_together(demand, network),
        *_values(demand, network),
    ]
    for line in demand.lines:
        hindered: list[Finding] = []
        holders = [node for node in network.nodes if stock.available(line.sku, node.id)]
        for node in holders:
            reason = hindrance(line, node, demand, network, stock, at=moment, conditions=conditions)
            if reason is None:
                break
            place = f"lines[{line.line_id}]@{node.id}"
            hindered.append(Finding(reason.code, "error", place, reason.obtain or ""))
        else:
            found.extend(hindered)
    return tuple(sorted(found))


def _days(demand: Demand, at: datetime) -> Iterator[Finding]:
    if demand.latest is None:
        return
    if demand.latest < at.date():
        past = demand.latest.isoformat()
        yield Finding("demand.latest_past", "error", "latest", f"on {at.date()} or later", past)
    if demand.due is not None and demand.due > demand.latest:
        due = demand.due.isoformat()
        message = f"no later than the latest day, {demand.latest}"
        yield Finding("demand.due_after_latest", "warning", "due", message, due)


def _names(demand: Demand, network: Network, conditions: Conditions) -> Iterator[Finding]:
    nodes = {node.id for node in network.nodes}
    allowed = demand.allowed_nodes
    named: list[tuple[str, Iterable[NodeId]]] = [
        ("allowed_nodes", allowed or ()),
        ("forbidden_nodes", demand.forbidden_nodes),
        ("classes_barred", {node for node, _ in demand.classes_barred}),
        ("conditions.capacity", conditions.capacity),
    ]
    for place, ids in named:
        for node in sorted(set(ids) - nodes):
            yield Finding("demand.unknown_node", "warning", place, "a node's id", str(node))
    services = {service.id for service in network.services}
    for service in sorted((demand.allowed_services or frozenset()) - services):
        expected = "a service's id"
        yield Finding("demand.unknown_service", "warning", "allowed_services", expected, service)
    if allowed is not None and not any(demand.allows(node) for node in nodes):
        message = "a node of the network that is not forbidden"
        shown = ", ".join(sorted(allowed))
        yield Finding("demand.no_node_left", "error", "allowed_nodes", message, shown)


def _together(demand: Demand, network: Network) -> Iterator[Finding]:
    classes = {line.line_id: line.handling_class for line in demand.lines}
    for index, group in enumerate(demand.keep_together):
        if not any(_ships_all(node, group, classes, demand) for node in network.nodes):
            place = f"keep_together[{index}]"
            shown = ", ".join(group)
            message = "a node that may ship all of them"
            yield Finding("demand.together_nowhere", "error", place, message, shown)


def _ships_all(
    node: Node, group: tuple[LineId, ...], classes: dict[LineId, str], demand: Demand
) -> bool:
    return demand.allows(node.id) and all(
        node.handles(classes[line_id]) and not demand.bars(node.id, classes[line_id])
        for line_id in group
    )


def _values(demand: Demand, network: Network) -> Iterator[Finding]:
    asked = (
        demand.min_split_value is not None
        or demand.max_import_value is not None
        or any(service.max_value is not None for service in network.services)
    )
    for line in demand.lines:
        if asked and line.unit_value is None:
            place = f"lines[{line.line_id}].unit_value"
            yield Finding("demand.value_untold", "warning", place, "what a unit is worth")

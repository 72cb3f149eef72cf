"""Why units stay behind, and why a node does not ship: each with its facts and what would help."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ordercore.allocation.conditions import NO_CONDITIONS, Conditions
from ordercore.allocation.demand import Demand, DemandLine, ShipComplete
from ordercore.inventory import StockSnapshot
from ordercore.kernel import FactValue, Reason, answering
from ordercore.network import Network, Node

__all__ = ["hindrance", "why_unfilled"]


@answering
def hindrance(
    line: DemandLine,
    node: Node,
    demand: Demand,
    network: Network,
    stock: StockSnapshot,
    *,
    at: datetime | None = None,
    conditions: Conditions = NO_CONDITIONS,
) -> Reason | None:
    """The first thing that keeps a node from shipping any unit of a line; None when it could.

    Codes, in the order in which they are looked for: ``allocation.no_stock``,
    ``allocation.node_not_allowed``, ``allocation.node_full`` (its capacity left),
    ``allocation.class_not_handled``, ``allocation.class_barred``, ``allocation.no_service``,
    ``allocation.unit_too_large`` (for every service, by weight or volume) and
    ``allocation.unit_too_dear`` (for those that it is small enough for, by the value of a parcel),
    and ``allocation.too_late`` (by those that take the unit; ``at`` is the instant of planning,
    without which nothing is too late), ``allocation.import_value`` (one unit is worth more than may
    cross the border).

    Example:
        >>> from ordercore.allocation.specimen import tea_demand, tea_network, tea_stock
        >>> demand, network = tea_demand(), tea_network()
        >>> cup, ningbo = demand.lines[1], network.node("ningbo")
        >>> hindrance(cup, ningbo, demand, network, tea_stock()).code
        'allocation.no_stock'
    """
    where: dict[str, FactValue] = {"sku": str(line.sku), "node": str(node.id)}
    unit: dict[str, FactValue]
    if not stock.available(line.sku, node.id):
        return Reason("allocation.no_stock", facts=where, obtain="stock at this node")
    if not demand.allows(node.id):
        return Reason(
            "allocation.node_not_allowed", facts=where, obtain="a demand that allows the node"
        )
    if conditions.closed(node.id):
        return Reason("allocation.node_full", facts=where, obtain="capacity at this node")
    if demand.bars(node.id, line.handling_class):
        return Reason(
            "allocation.class_barred",
            facts={**where, "class": line.handling_class},
            obtain="a demand that does not bar the class from the node",
        )
    if not node.handles(line.handling_class):
        return Reason(
            "allocation.class_not_handled",
            facts={**where, "class": line.handling_class},
            obtain="a node that handles the class",
        )
    services = [
        service
        for service in network.services_at(node.id)
        if (demand.allowed_services is None or service.id in demand.allowed_services)
        and service.carries(line.handling_class)
        and service.rate(node, demand.destination) is not None
    ]
    if not services:
        return Reason(
            "allocation.no_service",
            facts={**where, "class": line.handling_class},
            obtain="a service with a rate to the destination that carries the class",
        )
    if not any(line.fits(service) for service in services):
        unit = {"weight_g": line.weight_g, "volume_cm3": line.volume_cm3}
        code = "allocation.unit_too_large"
        if any(s.fits(weight_g=line.weight_g, volume_cm3=line.volume_cm3) for s in services):
            assert line.unit_value is not None
            code, unit = "allocation.unit_too_dear", {"value": line.unit_value}
        return Reason(code, facts={**where, **unit}, obtain="a service whose parcels take one unit")
    if demand.latest is not None and at is not None:
        able = [service for service in services if line.fits(service)]
        days = [service.arrival_day(node, demand.destination, at) for service in able]
        soonest = min(day for day in days if day is not None)
        if soonest > demand.latest:
            told = {"arrives": soonest.isoformat(), "latest": demand.latest.isoformat()}
            obtain = "a later day, or a quicker service"
            return Reason("allocation.too_late", facts={**where, **told}, obtain=obtain)
    limit = demand.max_import_value
    if (
        limit is not None
        and line.unit_value is not None
        and line.unit_value.minor > limit.minor
        and node.region.country != demand.destination.region.country
    ):
        unit = {"value": line.unit_value, "limit": limit}
        obtain = "a node in the country, or a higher allowance"
        return Reason("allocation.import_value", facts={**where, **unit}, obtain=obtain)
    return None


@answering
def why_unfilled(
    line: DemandLine,
    left: int,
    demand: Demand,
    network: Network,
    stock: StockSnapshot,
    *,
    at: datetime | None = None,
    conditions: Conditions = NO_CONDITIONS,
) -> Reason:
    """Why ``left`` units of a line stay behind.

    When no node can ship the line, the reason is the one that more nodes with stock share, or
    ``allocation.no_stock``. Otherwise it is ``allocation.stock_short`` when the nodes that can
    ship it have too few units, or the rule of the demand that stands in the way:
    ``allocation.ship_complete``, ``allocation.not_splittable``, ``allocation.capacity``,
    ``allocation.keep_together``, ``allocation.keep_apart``, ``allocation.import_value``,
    ``allocation.max_nodes``, ``allocation.split_value``; or ``allocation.penalty_is_cheaper``
    when leaving them costs less.

    Example:
        >>> from ordercore.allocation.specimen import tea_demand, tea_network, tea_stock
        >>> cup = tea_demand().lines[1]
        >>> reason = why_unfilled(cup, 1, tea_demand(), tea_network(), StockSnapshot.of({}))
        >>> reason.code, reason.facts["short"]
        ('allocation.no_stock', 1)
    """
    able: list[Node] = []
    hindered: list[Reason] = []
    for node in network.nodes:
        reason = hindrance(line, node, demand, network, stock, at=at, conditions=conditions)
        if reason is None:
            able.append(node)
        elif reason.code != "allocation.no_stock":
            hindered.append(reason)
    facts: dict[str, FactValue] = {
        "sku": str(line.sku),
        "need": line.quantity,
        "short": left,
    }
    if not able and not hindered:
        return Reason("allocation.no_stock", facts={**facts, "have": 0}, obtain="stock")
    if not able:
        codes = [reason.code for reason in hindered]
        code = max(sorted(set(codes)), key=codes.count)
        first = hindered[codes.index(code)]
        return Reason(
            code,
            facts={**facts, "nodes": tuple(_named(hindered, code))},
            obtain=first.obtain,
        )
    rivals = sum(other.quantity for other in demand.lines if other.sku == line.sku)
    units = [stock.available(line.sku, node.id) for node in able]
    have = sum(units)
    if have < rivals:
        return Reason("allocation.stock_short", facts={**facts, "have": have}, obtain="stock")
    facts = {**facts, "have": have}
    if demand.ship_complete is ShipComplete.ORDER:
        return Reason("allocation.ship_complete", facts=facts, obtain="the rest of the order")
    if not line.splittable and max(units) < line.quantity:
        return Reason("allocation.not_splittable", facts=facts, obtain="a node with all units")
    tie = _tie(line, demand, conditions, able)
    if tie is not None:
        code, obtain = tie
        return Reason(code, facts=facts, obtain=obtain)
    if demand.max_nodes is not None:
        limit: dict[str, FactValue] = {**facts, "max_nodes": demand.max_nodes}
        return Reason("allocation.max_nodes", facts=limit, obtain="a higher limit of nodes")
    if demand.min_split_value is not None:
        worth: dict[str, FactValue] = {**facts, "least": demand.min_split_value}
        return Reason("allocation.split_value", facts=worth, obtain="a lower value of a part")
    if line.unfilled_penalty is not None:
        dear: dict[str, FactValue] = {**facts, "penalty": line.unfilled_penalty}
        return Reason("allocation.penalty_is_cheaper", facts=dear, obtain="a higher penalty")
    return Reason("allocation.stock_short", facts=facts, obtain="stock")


def _tie(
    line: DemandLine, demand: Demand, conditions: Conditions, able: list[Node]
) -> tuple[str, str] | None:
    """The first rule that ties the line to others or to a node's capacity, and what would help."""
    if any(conditions.units_left(node.id) is not None for node in able):
        return "allocation.capacity", "capacity at the nodes that have it"
    if any(line.line_id in group for group in demand.keep_together):
        return "allocation.keep_together", "a node with all lines of the group"
    if any(line.line_id in pair for pair in demand.keep_apart):
        return "allocation.keep_apart", "another node or service"
    home = demand.destination.region.country
    if demand.max_import_value is not None and any(n.region.country != home for n in able):
        return "allocation.import_value", "a node in the country, or a higher allowance"
    return None


def _named(reasons: list[Reason], code: str) -> Iterator[str]:
    return (str(reason.facts["node"]) for reason in reasons if reason.code == code)

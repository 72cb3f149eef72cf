"""One evaluator prices every plan, whoever made it, and lists every rule that it breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import attrs

from ordercore.allocation.billing import days_late, parcels_of
from ordercore.allocation.conditions import COST_TERMS, NO_CONDITIONS, Conditions, CostTerm
from ordercore.allocation.demand import (
    Demand,
    DemandLine,
    ShipComplete,
    currency_faults,
    currency_named,
)
from ordercore.allocation.plan import CostBreakdown, Load, Take
from ordercore.inventory import StockSnapshot
from ordercore.kernel import (
    Currency,
    Finding,
    InvalidBatch,
    InvalidValue,
    LineId,
    Money,
    NodeId,
    NotFound,
    ServiceId,
    answering,
    expect,
)
from ordercore.network import Network

__all__ = ["broken_rules", "evaluate", "loads_of"]


def currency_of(demand: Demand, network: Network) -> Currency:
    """The currency of the plan: the network's, or the demand's where it is empty."""
    if network.currency is not None:
        return network.currency
    named = currency_named(demand)
    if named is not None:
        return named
    raise InvalidBatch(
        "network",
        [InvalidValue("network.empty", "network", "no nodes", "a network that has a currency")],
    )


def check_currencies(demand: Demand, conditions: Conditions, currency: Currency) -> None:
    """All amounts of one planning are in one currency.

    Raises:
        InvalidBatch: ``demand.currency`` and ``conditions.currency``, every one.
    """
    faults = currency_faults(demand, currency)
    faults += [
        InvalidValue("conditions.currency", f"terms[{name}]", term.currency, currency)
        for name, term in conditions.terms.items()
        if term.currency != currency
    ]
    if faults:
        raise InvalidBatch("allocation", faults)


@attrs.define
class _Bill:
    """Units, weight, volume and value of one load while they are added up."""

    units: int = 0
    weight_g: int = 0
    volume_cm3: int = 0
    value: int = 0


@answering
def loads_of(
    takes: Iterable[Take], demand: Demand, network: Network, *, at: datetime | None = None
) -> tuple[Load, ...]:
    """The loads that the takes make, billed, sorted by node, service and class.

    Classes never share a parcel, so each class is a load of its own. With ``at``, the instant of
    planning, they say when they arrive. O(takes).

    Raises:
        NotFound: a line, node or service that does not exist, or a service without a rate from
            that node to the destination.

    Example:
        >>> from ordercore.allocation.specimen import tea_demand, tea_network
        >>> takes = [Take("1", sku="TEA", node="ningbo", service="express", quantity=2)]
        >>> (load,) = loads_of(takes, tea_demand(), tea_network())
        >>> load.parcels, load.started_kg, str(load.freight)
        (1, 1, 'CNY 9.00')
    """
    lines = {line.line_id: line for line in demand.lines}
    bills: dict[tuple[str, str, str], _Bill] = {}
    for take in takes:
        line = _line(lines, take)
        bill = bills.setdefault((take.node, take.service, line.handling_class), _Bill())
        bill.units += take.quantity
        bill.weight_g += take.quantity * line.weight_g
        bill.volume_cm3 += take.quantity * line.volume_cm3
        if line.unit_value is not None:
            bill.value += take.quantity * line.unit_value.minor
    loads: list[Load] = []
    for (node_id, service_id, handling_class), bill in sorted(bills.items()):
        service, node = network.service(service_id), network.node(node_id)
        rate = service.rate(node, demand.destination)
        if rate is None:
            raise NotFound("rate", f"{service_id} from {node_id} to the destination")
        parcels = parcels_of(
            bill.weight_g,
            bill.volume_cm3,
            service.max_weight_g,
            service.max_volume_cm3,
            bill.value,
            None if service.max_value is None else service.max_value.minor,
        )
        started_kg = service.billed_kg(weight_g=bill.weight_g, volume_cm3=bill.volume_cm3)
        loads.append(
            Load(
                node=node_id,
                service=service_id,
                handling_class=handling_class,
                units=bill.units,
                weight_g=bill.weight_g,
                volume_cm3=bill.volume_cm3,
                parcels=parcels,
                started_kg=started_kg,
                freight=rate.base * parcels + rate.per_started_kg * started_kg,
                arrives=None
                if at is None
                else service.collection_day(node.ready_day(at)) + timedelta(days=rate.days),
            )
        )
    return tuple(loads)


def _line(lines: Mapping[LineId, DemandLine], take: Take) -> DemandLine:
    line = lines.get(take.line_id)
    if line is None:
        raise NotFound("demand line", str(take.line_id))
    return line


@answering
def evaluate(
    takes: Iterable[Take],
    demand: Demand,
    network: Network,
    *,
    at: datetime | None = None,
    conditions: Conditions = NO_CONDITIONS,
) -> CostBreakdown:
    """What any takes cost, by term: the price of a plan of ours or of anyone else. O(takes).

    A line that states no penalty adds nothing for units left behind; compare such plans by their
    units first. ``at`` is the instant of planning; only a demand with a due day needs it.

    Raises:
        NotFound: as :func:`loads_of`.
        InvalidValue: ``plan.at`` where days matter and ``at`` is None.
        InvalidBatch: ``network.empty`` when nothing says a currency; ``demand.currency``,
            ``conditions.currency``.

    Example:
        >>> from ordercore.allocation.specimen import tea_demand, tea_network
        >>> takes = [Take("1", sku="TEA", node="ningbo", service="express", quantity=2)]
        >>> cost = evaluate(takes, tea_demand(), tea_network())
        >>> str(cost.total), str(cost.freight), str(cost.node_fixed)
        ('CNY 14.00', 'CNY 9.00', 'CNY 5.00')
    """
    listed = tuple(takes)
    expect(conditions, Conditions, "conditions")
    check_currencies(demand, conditions, currency_of(demand, network))
    planned = _moment(demand, at)
    loads = loads_of(listed, demand, network, at=planned)
    return priced(listed, loads, demand, network, conditions)


def _moment(demand: Demand, at: datetime | None) -> datetime | None:
    """The instant of planning, which a demand with days needs and no other looks at."""
    if not demand.dated:
        return None
    if at is None:
        raise InvalidValue("plan.at", "at", at, "the instant of planning: the demand has days")
    return at


def priced(
    takes: tuple[Take, ...],
    loads: tuple[Load, ...],
    demand: Demand,
    network: Network,
    conditions: Conditions,
) -> CostBreakdown:
    """The cost of takes whose loads are known."""
    minor = dict.fromkeys(COST_TERMS, 0)
    taken: dict[str, int] = {}
    for take in takes:
        taken[take.line_id] = taken.get(take.line_id, 0) + take.quantity
        minor["unit_handling"] += take.quantity * network.node(take.node).cost_per_unit.minor
    for node_id in {take.node for take in takes}:
        minor["node_fixed"] += network.node(node_id).cost_per_shipment.minor
    for load in loads:
        minor["freight"] += load.freight.minor
        minor["parcel_handling"] += load.parcels * network.node(load.node).cost_per_parcel.minor
    for line in demand.lines:
        if line.unfilled_penalty is not None:
            left = max(0, line.quantity - taken.get(line.line_id, 0))
            minor["unfilled_penalty"] += left * line.unfilled_penalty.minor
    if demand.due is not None:
        minor["lateness"] = _lateness(takes, loads, demand)
    for name, term in conditions.terms.items():
        minor[name] = _added(takes, term)
    currency = currency_of(demand, network)
    return CostBreakdown({term: Money(amount, currency) for term, amount in minor.items()})


def _lateness(takes: tuple[Take, ...], loads: tuple[Load, ...], demand: Demand) -> int:
    lines = {line.line_id: line for line in demand.lines}
    late: dict[tuple[str, str], int] = {}
    for load in loads:
        assert load.arrives is not None, "a demand with days is priced with its instant"
        late[load.node, load.service] = days_late(load.arrives, demand)
    minor = 0
    for take in takes:
        penalty = lines[take.line_id].late_penalty
        if penalty is not None:
            minor += take.quantity * late[take.node, take.service] * penalty.minor
    return minor


def _added(takes: tuple[Take, ...], term: CostTerm) -> int:
    nodes = {take.node for take in takes}
    units = sum(take.quantity * term.unit_minor(take.sku, take.node) for take in takes)
    splits = term.split_minor * max(0, len(nodes) - 1)
    return units + splits + sum(term.node_minor(node) for node in nodes)


@answering
def broken_rules(
    takes: Iterable[Take],
    demand: Demand,
    network: Network,
    stock: StockSnapshot,
    *,
    at: datetime | None = None,
    conditions: Conditions = NO_CONDITIONS,
) -> tuple[Finding, ...]:
    """Every hard rule that the takes break, sorted; none for a lawful plan.

    Codes: ``plan.unknown_line``, ``plan.unknown_node``, ``plan.unknown_service``, ``plan.sku``,
    ``plan.over_stock``, ``plan.over_quantity``, ``plan.node_not_allowed``,
    ``plan.service_not_allowed``, ``plan.class_not_handled``, ``plan.class_not_carried``,
    ``plan.no_rate``, ``plan.unit_too_large`` (or too dear for a parcel), ``plan.line_split``,
    ``plan.max_nodes``, ``plan.incomplete_line``, ``plan.incomplete_order``, ``plan.too_late``,
    ``plan.over_capacity``, ``plan.class_barred``, ``plan.not_together``, ``plan.not_apart``,
    ``plan.split_value``, ``plan.import_value``.

    Raises:
        InvalidValue: ``plan.at`` where days matter and ``at``, the instant of planning, is None.

    Example:
        >>> from ordercore.allocation.specimen import tea_demand, tea_network, tea_stock
        >>> takes = [Take("1", sku="TEA", node="ningbo", service="express", quantity=3)]
        >>> [f.code for f in broken_rules(takes, tea_demand(), tea_network(), tea_stock())]
        ['plan.over_quantity', 'plan.over_stock']
    """
    listed = tuple(takes)
    found: list[Finding] = []
    planned = _moment(demand, at)
    lines = {line.line_id: line for line in demand.lines}
    by_stock: dict[tuple[str, str], int] = {}
    by_line: dict[str, int] = {}
    nodes_of: dict[str, set[str]] = {}
    for take in listed:
        by_stock[take.sku, take.node] = by_stock.get((take.sku, take.node), 0) + take.quantity
        line = lines.get(take.line_id)
        if line is None:
            found.append(_broken("unknown_line", take, "the demand has no such line"))
            continue
        by_line[line.line_id] = by_line.get(line.line_id, 0) + take.quantity
        nodes_of.setdefault(line.line_id, set()).add(take.node)
        found.extend(_broken_by(take, line, demand, network, planned))
    for (sku, node), units in by_stock.items():
        if units > stock.available(sku, node):
            place = f"[{sku}@{node}]"
            have = stock.available(sku, node)
            found.append(Finding("plan.over_stock", "error", place, f"has {have}", str(units)))
    for line in demand.lines:
        place = f"lines[{line.line_id}]"
        units = by_line.get(line.line_id, 0)
        if units > line.quantity:
            asked = f"asks for {line.quantity}"
            found.append(Finding("plan.over_quantity", "error", place, asked, str(units)))
        if not line.splittable and len(nodes_of.get(line.line_id, ())) > 1:
            found.append(Finding("plan.line_split", "error", place, "ships from one node"))
        if demand.ship_complete is ShipComplete.LINE and 0 < units < line.quantity:
            found.append(Finding("plan.incomplete_line", "error", place, "whole or not at all"))
    used = {take.node for take in listed}
    if demand.max_nodes is not None and len(used) > demand.max_nodes:
        most = f"at most {demand.max_nodes}"
        found.append(Finding("plan.max_nodes", "error", "nodes", most, str(len(used))))
    short = any(by_line.get(line.line_id, 0) < line.quantity for line in demand.lines)
    if demand.ship_complete is ShipComplete.ORDER and listed and short:
        found.append(Finding("plan.incomplete_order", "error", "lines", "all lines or none"))
    known = [take for take in listed if take.line_id in lines]
    found.extend(_over_capacity(listed, conditions))
    found.extend(_tied(known, lines, demand, network))
    found.extend(_worth(known, lines, demand, network))
    return tuple(sorted(found))


def _over_capacity(takes: tuple[Take, ...], conditions: Conditions) -> Iterator[Finding]:
    units: dict[NodeId, int] = {}
    for take in takes:
        units[take.node] = units.get(take.node, 0) + take.quantity
    for node, count in units.items():
        left = conditions.units_left(node)
        if left is not None and count > left:
            place = f"nodes[{node}]"
            yield Finding("plan.over_capacity", "error", place, f"takes on {left}", str(count))


def _tied(
    takes: list[Take], lines: Mapping[LineId, DemandLine], demand: Demand, network: Network
) -> Iterator[Finding]:
    """Lines and classes that were to go together and did not, or not to and did."""
    for index, group in enumerate(demand.keep_together):
        nodes = sorted({take.node for take in takes if take.line_id in group})
        if len(nodes) > 1:
            place = f"keep_together[{index}]"
            yield Finding("plan.not_together", "error", place, "one node", ", ".join(nodes))
    inside: dict[tuple[NodeId, ServiceId], set[LineId]] = {}
    for take in takes:
        inside.setdefault((take.node, take.service), set()).add(take.line_id)
    for (node_id, service_id), members in inside.items():
        place = f"[{node_id}/{service_id}]"
        for pair in demand.keep_apart:
            if members.issuperset(pair):
                met = ", ".join(pair)
                yield Finding("plan.not_apart", "error", place, "lines kept apart", met)
        known = [service for service in network.services if service.id == service_id]
        classes = {lines[line_id].handling_class for line_id in members}
        for classes_apart in (pair for service in known for pair in service.classes_apart):
            if classes.issuperset(classes_apart):
                met = ", ".join(classes_apart)
                yield Finding("plan.not_apart", "error", place, "classes kept apart", met)


def _worth(
    takes: list[Take], lines: Mapping[LineId, DemandLine], demand: Demand, network: Network
) -> Iterator[Finding]:
    """Parts of a split that are worth too little, imports that are worth too much."""
    worth: dict[NodeId, int] = {}
    for take in takes:
        value = lines[take.line_id].unit_value
        minor = 0 if value is None else value.minor
        worth[take.node] = worth.get(take.node, 0) + take.quantity * minor
    least = demand.min_split_value
    if least is not None and len(worth) > 1:
        for node, minor in worth.items():
            if minor < least.minor:
                place = f"nodes[{node}]"
                yield Finding("plan.split_value", "error", place, f"at least {least}", str(minor))
    limit = demand.max_import_value
    if limit is not None:
        home = demand.destination.region.country
        places = {node.id: node.region.country for node in network.nodes}
        minor = sum(m for node, m in worth.items() if places.get(node, home) != home)
        if minor > limit.minor:
            yield Finding("plan.import_value", "error", "takes", f"at most {limit}", str(minor))


def _broken(code: str, take: Take, message: str) -> Finding:
    place = f"takes[{take.line_id}@{take.node}/{take.service}]"
    return Finding(f"plan.{code}", "error", place, message)


def _broken_by(
    take: Take, line: DemandLine, demand: Demand, network: Network, at: datetime | None
) -> list[Finding]:
    found: list[Finding] = []
    if take.sku != line.sku:
        found.append(_broken("sku", take, f"the line asks for {line.sku}"))
    if not demand.allows(take.node):
        found.append(_broken("node_not_allowed", take, "the demand forbids the node"))
    if demand.allowed_services is not None and take.service not in demand.allowed_services:
        found.append(_broken("service_not_allowed", take, "the demand forbids the service"))
    try:
        node = network.node(take.node)
    except NotFound:
        return [*found, _broken("unknown_node", take, "the network has no such node")]
    if not node.handles(line.handling_class):
        found.append(_broken("class_not_handled", take, f"not handled: {line.handling_class}"))
    try:
        service = network.service(take.service)
    except NotFound:
        return [*found, _broken("unknown_service", take, "the network has no such service")]
    if demand.bars(node.id, line.handling_class):
        found.append(_broken("class_barred", take, f"barred here: {line.handling_class}"))
    if not service.carries(line.handling_class):
        found.append(_broken("class_not_carried", take, f"not carried: {line.handling_class}"))
    if service.rate(node, demand.destination) is None:
        found.append(_broken("no_rate", take, "no rate from the node to the destination"))
    if not line.fits(service):
        found.append(_broken("unit_too_large", take, "one unit is over the parcel's limits"))
    if demand.latest is not None and at is not None:
        arrives = service.arrival_day(node, demand.destination, at)
        if arrives is not None and arrives > demand.latest:
            found.append(_broken("too_late", take, f"arrives {arrives}"))
    return found

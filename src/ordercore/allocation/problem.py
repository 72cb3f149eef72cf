"""The planning problem of one order as plain integers, compiled once and never changed."""

from __future__ import annotations

import attrs

from ordercore.allocation.billing import Lane, lanes_from, parcels_of, started_kg_of
from ordercore.allocation.conditions import NO_CONDITIONS, Conditions
from ordercore.allocation.demand import Demand, ShipComplete
from ordercore.allocation.restrictions import Restrictions, restrictions_of
from ordercore.inventory import StockSnapshot
from ordercore.kernel import FrozenMap, Instant, NodeId
from ordercore.network import Network, Node

__all__ = ["Problem", "Solution", "compile_problem"]

Solution = dict[tuple[int, int], int]
"""Units by (line, load); both are indices into the problem."""


@attrs.frozen(eq=False, kw_only=True)
class Problem:
    """Lines, nodes and loads by index, in the order of their ids; nobody writes to the lists.

    A *load* is a node, a service and a handling class. Services that another one at the same
    node beats in price and in both limits are left out: any plan can move to the better service
    without paying more, because the bill of a merged load never exceeds the sum of the bills.
    Not so for classes that something may have to be kept apart from.
    """

    demand: Demand
    nodes: list[Node]
    # --- per node ---
    fixed: list[int]
    # --- per load ---
    load_node: list[int]
    load_class: list[int]
    load_lane: list[Lane]
    load_base: list[int]
    load_kg: list[int]
    max_weight: list[int]
    max_volume: list[int]
    max_value: list[int | None]
    divisor: list[int | None]
    plain: bool
    # --- per line ---
    quantity: list[int]
    weight: list[int]
    volume: list[int]
    value: list[int]
    line_class: list[int]
    group: list[int]
    splittable: list[bool]
    penalty: list[int]
    optional: list[bool]
    avail: list[list[int]]
    options: list[list[int]]
    unit_cost: list[list[int]]  # by load: what a unit costs besides its share of parcels
    node_unit: list[list[int]]  # by node: the least of that, over the line's options
    # --- whole ---
    group_stock: list[list[int]]
    class_count: int
    left_behind: int
    node_weight: int
    split_price: int
    restrictions: Restrictions | None
    max_nodes: int

    def load_cost(self, load: int, weight_g: int, volume_cm3: int, value: int = 0) -> int:
        """The bill of a load that has units, parcel handling included. O(1).

        The value matters only where the problem is not ``plain``.
        """
        limits = self.max_weight[load], self.max_volume[load]
        if self.plain:
            parcels = parcels_of(weight_g, volume_cm3, *limits)
            return parcels * self.load_base[load] + started_kg_of(weight_g) * self.load_kg[load]
        parcels = parcels_of(weight_g, volume_cm3, *limits, value, self.max_value[load])
        kg = started_kg_of(weight_g, volume_cm3, self.divisor[load])
        return parcels * self.load_base[load] + kg * self.load_kg[load]

    def started(self, load: int, weight_g: int, volume_cm3: int) -> int:
        """The kilograms that a load is billed for. O(1)."""
        return started_kg_of(weight_g, volume_cm3, self.divisor[load])

    def contents(self, solution: Solution) -> dict[int, tuple[int, int, int]]:
        """Weight, volume and value of each load that has units. O(takes)."""
        found: dict[int, tuple[int, int, int]] = {}
        for (line, load), count in solution.items():
            weight, volume, value = found.get(load, (0, 0, 0))
            found[load] = (
                weight + count * self.weight[line],
                volume + count * self.volume[line],
                value + count * self.value[line],
            )
        return found

    def price(self, solution: Solution) -> int:
        """The cost by which the search compares plans. O(takes + lines)."""
        used: set[int] = set()
        left = list(self.quantity)
        cost = 0
        for (line, load), count in solution.items():
            used.add(self.load_node[load])
            cost += count * self.unit_cost[line][load]
            left[line] -= count
        for node in used:
            cost += self.fixed[node]
        if used:
            cost -= self.split_price
        for load, content in self.contents(solution).items():
            cost += self.load_cost(load, *content)
        for line, count in enumerate(left):
            if count:
                cost += count * self.penalty[line]
        return cost

    def nodes_of(self, solution: Solution) -> int:
        """The nodes that a solution uses, as a bit mask."""
        mask = 0
        for _, load in solution:
            mask |= 1 << self.load_node[load]
        return mask


def _undominated(lanes: list[Lane]) -> list[Lane]:
    """The lanes without those that another one is at least as good as in everything.

    Of lanes that are alike in all of it the first by name stays.
    """
    ranked = [(lane.ranks(), lane) for lane in lanes]
    return [
        lane
        for ranks, lane in ranked
        if not any(
            (other != ranks or better.service < lane.service)
            and all(a <= b for a, b in zip(other, ranks, strict=True))
            for other, better in ranked
            if better is not lane
        )
    ]


def _tied_classes(demand: Demand, network: Network) -> set[str]:
    """Classes of which a unit may need the dearer of two services, not to meet another there."""
    apart = {line_id for pair in demand.keep_apart for line_id in pair}
    tied = {line.handling_class for line in demand.lines if line.line_id in apart}
    for service in network.services:
        tied.update(name for pair in service.classes_apart for name in pair)
    return tied


def compile_problem(
    demand: Demand,
    network: Network,
    stock: StockSnapshot,
    *,
    at: Instant,
    conditions: Conditions = NO_CONDITIONS,
    fewest_nodes: bool = False,
) -> Problem:
    """The integer problem of a demand. O(lines × nodes + nodes × services²).

    Each node pays what a split costs, and a plan that ships gets it back once.

    With ``fewest_nodes`` each used node costs more than any plan's money, so that the cheapest
    solution is the one with the fewest nodes; penalties then yield to shipping and decide only
    which of the lines stays behind.
    """
    # What the demand's SKUs have, by node; nodes without any of them cannot matter.
    stocked: dict[NodeId, dict[str, int]] = {}
    nowhere: FrozenMap[NodeId, int] = FrozenMap()
    groups: dict[str, int] = {}
    for line in demand.lines:
        if line.sku not in groups:
            groups[line.sku] = len(groups)
            for node_id, units in stock.levels.get(line.sku, nowhere).items():
                if units:
                    stocked.setdefault(node_id, {})[line.sku] = units
    nodes = [
        node
        for node in network.nodes
        if node.id in stocked and demand.allows(node.id) and not conditions.closed(node.id)
    ]
    tied = _tied_classes(demand, network)
    lanes = [lanes_from(node, demand, network, at) for node in nodes]
    classes = sorted({line.handling_class for line in demand.lines})
    class_index = {name: index for index, name in enumerate(classes)}

    load_node: list[int] = []
    load_class: list[int] = []
    load_lane: list[Lane] = []
    load_base: list[int] = []
    by_place: list[list[list[int]]] = []
    for j, node in enumerate(nodes):
        parcel = node.cost_per_parcel.minor
        here: list[list[int]] = []
        for c, name in enumerate(classes):
            found: list[int] = []
            if node.handles(name) and not demand.bars(node.id, name):
                able = [lane for lane in lanes[j] if name in lane.classes]
                for lane in able if len(able) < 2 or name in tied else _undominated(able):
                    found.append(len(load_lane))
                    load_node.append(j)
                    load_class.append(c)
                    load_lane.append(lane)
                    load_base.append(lane.base + parcel)
            here.append(found)
        by_place.append(here)
    max_weight = [lane.max_weight_g for lane in load_lane]
    max_volume = [lane.max_volume_cm3 for lane in load_lane]
    max_value = [lane.max_value for lane in load_lane]
    divisor = [lane.cm3_per_kg for lane in load_lane]
    load_kg = [lane.per_kg for lane in load_lane]
    terms = tuple(conditions.terms.values())
    split_price = conditions.split_minor
    fixed = [node.cost_per_shipment.minor for node in nodes]
    if terms:
        fixed = [
            cost + split_price + sum(term.node_minor(node.id) for term in terms)
            for cost, node in zip(fixed, nodes, strict=True)
        ]
    handling = [node.cost_per_unit.minor for node in nodes]
    handled = [handling[j] for j in load_node]
    dated = any(lane.days_late for lane in load_lane)

    values = [0 if line.unit_value is None else line.unit_value.minor for line in demand.lines]
    levels = [stocked[node.id] for node in nodes]
    avail: list[list[int]] = []
    options: list[list[int]] = []
    unit_cost: list[list[int]] = []
    node_unit: list[list[int]] = []
    ceiling = 1 + sum(fixed)
    for line in demand.lines:
        c, quantity = class_index[line.handling_class], line.quantity
        weight, volume, value = line.weight_g, line.volume_cm3, values[len(avail)]
        have = [0] * len(nodes)
        usable: list[int] = []
        dearest = 0
        row, least = handled, handling
        late = 0 if line.late_penalty is None else line.late_penalty.minor
        if terms or (dated and late):
            priced = [
                cost + sum(term.unit_minor(line.sku, node.id) for term in terms)
                for cost, node in zip(handling, nodes, strict=True)
            ]
            row = [
                priced[j] + lane.days_late * late
                for j, lane in zip(load_node, load_lane, strict=True)
            ]
        for j, level in enumerate(levels):
            units = level.get(line.sku, 0)
            if not units:
                continue
            for load in by_place[j][c]:
                if load_lane[load].unit_fits(weight, volume, value):
                    usable.append(load)
                    have[j] = min(quantity, units)
                    kg = started_kg_of(weight, volume, divisor[load])
                    dearest = max(dearest, row[load] + load_base[load] + kg * load_kg[load])
        if line.unfilled_penalty is not None:
            dearest = max(dearest, line.unfilled_penalty.minor)
        ceiling += quantity * dearest
        if row is not handled:
            least = list(handling)
            for j in {load_node[x]: None for x in usable}:
                least[j] = min(row[x] for x in usable if load_node[x] == j)
        avail.append(have)
        options.append(usable)
        unit_cost.append(row)
        node_unit.append(least)
    node_weight = 0
    if fewest_nodes:
        node_weight = ceiling
        fixed = [cost + node_weight for cost in fixed]
        ceiling += node_weight * len(nodes)
    optional = [line.unfilled_penalty is not None and not fewest_nodes for line in demand.lines]
    return Problem(
        demand=demand,
        nodes=nodes,
        fixed=fixed,
        load_node=load_node,
        load_class=load_class,
        load_lane=load_lane,
        load_base=load_base,
        load_kg=load_kg,
        max_weight=max_weight,
        max_volume=max_volume,
        max_value=max_value,
        divisor=divisor,
        plain=not any(max_value) and not any(divisor),
        quantity=[line.quantity for line in demand.lines],
        weight=[line.weight_g for line in demand.lines],
        volume=[line.volume_cm3 for line in demand.lines],
        value=values,
        line_class=[class_index[line.handling_class] for line in demand.lines],
        group=[groups[line.sku] for line in demand.lines],
        splittable=[line.splittable for line in demand.lines],
        penalty=[
            (0 if line.unfilled_penalty is None else line.unfilled_penalty.minor)
            + (0 if may else ceiling)
            for line, may in zip(demand.lines, optional, strict=True)
        ],
        optional=optional,
        avail=avail,
        options=options,
        unit_cost=unit_cost,
        node_unit=node_unit,
        group_stock=[[level.get(sku, 0) for level in levels] for sku in groups],
        class_count=len(classes),
        left_behind=ceiling,
        node_weight=node_weight,
        split_price=split_price,
        restrictions=restrictions_of(
            demand, conditions, network, nodes, load_node, load_lane, values
        ),
        max_nodes=len(nodes) if demand.max_nodes is None else min(demand.max_nodes, len(nodes)),
    )


def whole_order(problem: Problem) -> bool:
    """Whether the order ships whole or not at all."""
    return problem.demand.ship_complete is ShipComplete.ORDER


def whole_lines(problem: Problem) -> bool:
    """Whether each line ships whole or not at all."""
    return problem.demand.ship_complete is not ShipComplete.NO

"""The billing model and every rule as a mixed-integer programme: a referee that shares no code.

Bills are written down from the network's own values, not from the library's counting; days of
arrival are asked of the network, which is tested for itself.
"""

from __future__ import annotations

from itertools import product

from ordercore.allocation import NO_CONDITIONS
from ordercore.kernel import instant

BEHIND = 1_000_000
NOW = instant("2026-11-11T00:00:00Z")


class Model:
    """A thin layer over HiGHS: variables by their cost, rows by their entries."""

    def __init__(self, highspy, *, nodes=None, seconds=None):
        self.highs = model = highspy.Highs()
        self.kind = highspy.HighsVarType.kInteger
        self.status = highspy.HighsModelStatus
        self.infinite = highspy.kHighsInf
        model.setOptionValue("output_flag", False)
        model.setOptionValue("mip_rel_gap", 0.0)
        model.setOptionValue("threads", 1)
        if nodes is not None:
            model.setOptionValue("mip_max_nodes", nodes)
        if seconds is not None:
            model.setOptionValue("time_limit", float(seconds))

    def variable(self, cost=0, most=None):
        self.highs.addVariable(0.0, self.infinite if most is None else most)
        index = self.highs.getNumCol() - 1
        self.highs.changeColCost(index, float(cost))
        self.highs.changeColIntegrality(index, self.kind)
        return index

    def row(self, entries, most, least=None):
        """``least`` ≤ the sum of the entries ≤ ``most``."""
        indices = [index for index, _ in entries]
        factors = [float(factor) for _, factor in entries]
        least = -self.infinite if least is None else least
        self.highs.addRow(least, most, len(entries), indices, factors)

    def solve(self):
        """The least cost that is proven, or the best bound and the cost found; both whole."""
        self.highs.run()
        info = self.highs.getInfo()
        proven = self.highs.getModelStatus() == self.status.kOptimal
        return proven, info.objective_function_value, info.mip_dual_bound


def minor(amount):
    return 0 if amount is None else amount.minor


def build(highspy, demand, network, stock, conditions=NO_CONDITIONS, at=NOW, **limits):
    """The model of an order; its objective is BEHIND × units left behind that have no price + cost."""
    model = Model(highspy, **limits)
    variable, row = model.variable, model.row
    terms = tuple(conditions.terms.values())
    split = sum(minor(term.per_split) for term in terms)
    used = {
        n.id: variable(
            n.cost_per_shipment.minor + sum(minor(term.per_node.get(n.id)) for term in terms), 1
        )
        for n in network.nodes
    }
    if split:
        more = variable(split)
        row([*((y, 1) for y in used.values()), (more, -1)], 1)
    if demand.max_nodes is not None:
        row([(y, 1) for y in used.values()], demand.max_nodes)
    loads, by_stock, by_line, by_node = {}, {}, {}, {}
    for n, s, line in product(network.nodes, network.services, demand.lines):
        rate = s.rate(n, demand.destination)
        kind = line.handling_class
        too_dear = s.max_value is not None and minor(line.unit_value) > s.max_value.minor
        fits = line.weight_g <= s.max_weight_g and line.volume_cm3 <= s.max_volume_cm3
        if rate is None or not fits or too_dear or kind not in n.classes or kind not in s.classes:
            continue
        allowed = demand.allowed_services
        if not demand.allows(n.id) or (allowed is not None and s.id not in allowed):
            continue
        if (n.id, kind) in demand.classes_barred:
            continue
        late = 0
        if demand.due is not None or demand.latest is not None:
            arrives = s.arrival_day(n, demand.destination, at)
            if demand.latest is not None and arrives > demand.latest:
                continue
            late = 0 if demand.due is None else max(0, (arrives - demand.due).days)
        key = n.id, s.id, kind
        if key not in loads:
            parcels = variable(rate.base.minor + n.cost_per_parcel.minor)
            loads[key] = parcels, variable(rate.per_started_kg.minor), [], s
        cost = n.cost_per_unit.minor + late * minor(line.late_penalty)
        for term in terms:
            cost += minor(term.per_node_unit.get(n.id))
            cost += minor(term.per_unit.get(line.sku, {}).get(n.id))
        units = variable(cost, line.quantity)
        loads[key][2].append((units, line))
        by_stock.setdefault((line.sku, n.id), []).append((units, 1))
        by_line.setdefault(line.line_id, []).append((units, n.id, s.id))
        by_node.setdefault(n.id, []).append((units, line))
        row([(units, 1), (used[n.id], -line.quantity)], 0.0)
        row([(units, 1), (loads[key][0], -line.quantity)], 0.0)
    for parcels, kilograms, members, s in loads.values():
        weights = [(units, line.weight_g) for units, line in members]
        volumes = [(units, line.volume_cm3) for units, line in members]
        row([*weights, (parcels, -s.max_weight_g)], 0.0)
        row([*volumes, (parcels, -s.max_volume_cm3)], 0.0)
        row([*weights, (kilograms, -1000)], 0.0)
        if s.cm3_per_kg is not None:
            row([*volumes, (kilograms, -s.cm3_per_kg)], 0.0)
        if s.max_value is not None:
            values = [(units, minor(line.unit_value)) for units, line in members]
            row([*values, (parcels, -s.max_value.minor)], 0.0)
    for (sku, place), entries in by_stock.items():
        row(entries, stock.available(sku, place))
    whole = variable(0, 1) if demand.ship_complete == "order" else None
    for line in demand.lines:
        price = line.unfilled_penalty
        behind = variable(BEHIND if price is None else price.minor, line.quantity)
        entries = [(units, 1) for units, _, _ in by_line.get(line.line_id, ())]
        row([*entries, (behind, 1)], line.quantity, line.quantity)
        if demand.ship_complete != "no":
            all_of_it = variable(0, 1) if whole is None else whole
            row([*entries, (all_of_it, -line.quantity)], 0.0, 0.0)
    tie(model, demand, network, conditions, used, by_line, by_node)
    return model


def tie(model, demand, network, conditions, used, by_line, by_node):
    """Rules over several lines, nodes or services."""
    variable, row = model.variable, model.row
    quantity = {line.line_id: line.quantity for line in demand.lines}
    groups = [*demand.keep_together, *([x.line_id] for x in demand.lines if not x.splittable)]
    for group in groups:
        homes = {n: variable(0, 1) for n in used}
        row([(home, 1) for home in homes.values()], 1)
        for line_id in group:
            for units, n, _ in by_line.get(line_id, ()):
                row([(units, 1), (homes[n], -quantity[line_id])], 0.0)
    pairs = [(one, other, None) for one, other in demand.keep_apart]
    for s in network.services:
        for one, other in s.classes_apart:
            pairs += [
                (a.line_id, b.line_id, s.id)
                for a, b in product(demand.lines, demand.lines)
                if a.handling_class == one and b.handling_class == other
            ]
    for one, other, service in pairs:
        for n in used:
            for s in (s.id for s in network.services if service in {None, s.id}):
                first = variable(0, 1)
                for line_id, sign in ((one, 1), (other, -1)):
                    most = 0.0 if sign == 1 else quantity[line_id]
                    for units, where, by in by_line.get(line_id, ()):
                        if (where, by) == (n, s):
                            row([(units, 1), (first, -sign * quantity[line_id])], most)
    for n, entries in by_node.items():
        left = conditions.capacity.get(n)
        if left is not None and (left.orders == 0 or left.units is not None):
            most = 0 if left.orders == 0 else left.units
            row([(units, 1) for units, _ in entries], most)
    if demand.min_split_value is not None:
        is_split = variable(0, 1)
        row([*((y, 1) for y in used.values()), (is_split, -len(used))], 1)
        least = demand.min_split_value.minor
        for n, y in used.items():
            worth = [(units, -minor(line.unit_value)) for units, line in by_node.get(n, ())]
            # A node that ships nothing has y = 0 in the best plan, or costs nothing.
            row([*worth, (y, least), (is_split, least)], least)
    if demand.max_import_value is not None:
        home = demand.destination.region.country
        abroad = [n.id for n in network.nodes if n.region.country != home]
        worth = [
            (units, minor(line.unit_value)) for n in abroad for units, line in by_node.get(n, ())
        ]
        row(worth, demand.max_import_value.minor)


def solve(highspy, demand, network, stock, conditions=NO_CONDITIONS):
    """(units behind that have no price, cost) of the best plan."""
    proven, cost, _ = build(highspy, demand, network, stock, conditions).solve()
    assert proven
    return divmod(round(cost), BEHIND)

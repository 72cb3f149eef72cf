"""The billing model as a mixed-integer programme, for a referee that shares no code with ours."""

from __future__ import annotations

from itertools import product

BEHIND = 1_000_000


def solve(highspy, demand, network, stock):
    """(units behind, cost) of the best plan, for demands whose lines state no penalty."""
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("mip_rel_gap", 0.0)
    model.setOptionValue("threads", 1)
    infinite = highspy.kHighsInf

    def variable(cost, most=infinite):
        model.addVariable(0.0, most)
        index = model.getNumCol() - 1
        model.changeColCost(index, float(cost))
        model.changeColIntegrality(index, highspy.HighsVarType.kInteger)
        return index

    def row(low, high, entries):
        model.addRow(
            low, high, len(entries), [i for i, _ in entries], [float(c) for _, c in entries]
        )

    used = {n.id: variable(n.cost_per_shipment.minor, 1) for n in network.nodes}
    if demand.max_nodes is not None:
        row(-infinite, demand.max_nodes, [(index, 1) for index in used.values()])
    loads, by_stock, by_line = {}, {}, {}
    for n, s, line in product(network.nodes, network.services, demand.lines):
        rate = s.rate(n, demand.destination)
        kind = line.handling_class
        fits = s.fits(weight_g=line.weight_g, volume_cm3=line.volume_cm3)
        if rate is None or not fits or not n.handles(kind) or not s.carries(kind):
            continue
        if not demand.allows(n.id):
            continue
        key = n.id, s.id, kind
        if key not in loads:
            parcels = variable(rate.base.minor + n.cost_per_parcel.minor)
            loads[key] = parcels, variable(rate.per_started_kg.minor), [], s
        units = variable(n.cost_per_unit.minor, line.quantity)
        loads[key][2].append((units, line))
        by_stock.setdefault((line.sku, n.id), []).append((units, 1))
        by_line.setdefault(line.line_id, []).append((units, 1))
        row(-infinite, 0.0, [(units, 1), (used[n.id], -line.quantity)])
        row(-infinite, 0.0, [(units, 1), (loads[key][0], -line.quantity)])
    for parcels, kilograms, members, s in loads.values():
        weights = [(units, line.weight_g) for units, line in members]
        volumes = [(units, line.volume_cm3) for units, line in members]
        row(-infinite, 0.0, [*weights, (parcels, -s.max_weight_g)])
        row(-infinite, 0.0, [*volumes, (parcels, -s.max_volume_cm3)])
        row(-infinite, 0.0, [*weights, (kilograms, -1000)])
    for (sku, place), entries in by_stock.items():
        row(-infinite, stock.available(sku, place), entries)
    for line in demand.lines:
        behind = variable(BEHIND, line.quantity)
        entries = by_line.get(line.line_id, [])
        row(line.quantity, line.quantity, [*entries, (behind, 1)])
    model.run()
    assert model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return divmod(round(model.getInfo().objective_function_value), BEHIND)

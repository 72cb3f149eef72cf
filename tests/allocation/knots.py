"""Small orders that could ship in many ways, if rules did not tie their lines to each other.

The orders of :mod:`tests.allocation.drawn` have every rule, and mostly little stock and few roads;
here stock is ample, every node reaches everything, and two or three rules of each order bind.
"""

from __future__ import annotations

import random
from datetime import date

from tests.allocation.drawn import TARGET, eur, node, service

from ordercore.allocation import Conditions, CostTerm, Demand, DemandLine, NodeCapacity
from ordercore.inventory import StockSnapshot
from ordercore.network import Network

RULES = (
    "together",
    "apart",
    "classes",
    "barred",
    "split",
    "import",
    "capacity",
    "due",
    "latest",
    "terms",
    "volume",
    "value",
    "complete",
    "nodes",
    "whole",
)
BOTH = ("ambient", "chilled")


def knot(seed):
    """A demand, a network, stock and conditions, and the rules that the order has."""
    dice = random.Random(seed)
    chosen = set(dice.sample(RULES, dice.choice([1, 2, 2, 3, 4])))
    pick, between = dice.choice, dice.randint
    nodes = [
        node(
            f"n{number}",
            pick([100_000, 100_000, 1_000_000]),
            fixed=between(0, 20),
            unit=between(0, 4),
            parcel=between(0, 4),
            classes=BOTH,
            country=pick(["GB", "FR"]) if "import" in chosen else "GB",
            lead_days=pick([0, 1, 2]),
        )
        for number in range(pick([2, 2, 3]))
    ]
    services = [
        service(
            f"s{number}",
            (between(2, 15), between(0, 5)),
            (between(2, 15), between(0, 5)),
            weight=pick([700, 1500, 4000]),
            volume=pick([900, 2000]),
            classes=BOTH,
            classes_apart=[BOTH] if "classes" in chosen and pick([True, False]) else (),
            cm3_per_kg=pick([100, 250, None]) if "volume" in chosen else None,
            max_value=eur(pick([25, 40])) if "value" in chosen else None,
        )
        for number in range(pick([1, 2, 2]) if len(nodes) < 3 else 1)
    ]
    count = pick([2, 3, 3])
    lines = [
        DemandLine(
            str(number),
            sku=pick(["A", "B", "C"]),
            quantity=pick([1, 1, 2]),
            weight_g=pick([0, 200, 600]),
            volume_cm3=pick([0, 100, 600]),
            handling_class=pick(BOTH) if {"classes", "barred"} & chosen else "ambient",
            splittable="whole" not in chosen or pick([True, False]),
            unfilled_penalty=eur(between(10, 60)) if pick([True, False, False]) else None,
            unit_value=eur(pick([5, 12, 20])),
            late_penalty=eur(between(0, 9)),
        )
        for number in range(count)
    ]
    ids = [line.line_id for line in lines]
    rules = {
        "keep_together": [dice.sample(ids, between(2, count))] if "together" in chosen else (),
        "keep_apart": [dice.sample(ids, 2)] if "apart" in chosen else (),
        "classes_barred": [(pick(["n0", "n1"]), pick(BOTH))] if "barred" in chosen else (),
        "min_split_value": eur(pick([10, 20, 30])) if "split" in chosen else None,
        "max_import_value": eur(pick([12, 24, 40])) if "import" in chosen else None,
        "due": date(2026, 11, between(12, 14)) if "due" in chosen else None,
        "latest": date(2026, 11, between(12, 15)) if "latest" in chosen else None,
        "ship_complete": pick(["line", "order"]) if "complete" in chosen else "no",
        "max_nodes": pick([1, 2]) if "nodes" in chosen else None,
    }
    names = [place.id for place in nodes]
    capacity = {
        name: NodeCapacity(orders=pick([None, 3]), units=between(1, 3))
        for name in names
        if "capacity" in chosen
    }
    terms = {
        name: CostTerm(
            per_unit={sku: {pick(names): eur(between(0, 12))} for sku in "AB"},
            per_node={pick(names): eur(between(0, 9))},
            per_split=eur(between(0, 15)),
        )
        for name in ("margin", "scarcity")
        if "terms" in chosen
    }
    stock = StockSnapshot.of(
        {(sku, name): pick([0, 1, 2, 4]) for sku in ("A", "B", "C") for name in names}
    )
    demand = Demand("o-1", lines, TARGET, **rules)
    return demand, Network(nodes, services), stock, Conditions(terms=terms, capacity=capacity)

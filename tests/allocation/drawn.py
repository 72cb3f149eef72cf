"""Small planning problems of every kind, and the oracle that tries every plan there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product

from hypothesis import strategies as st

from ordercore.allocation import (
    NO_CONDITIONS,
    Conditions,
    CostTerm,
    Demand,
    DemandLine,
    NodeCapacity,
    Take,
    broken_rules,
    evaluate,
)
from ordercore.inventory import StockSnapshot
from ordercore.kernel import Money, instant
from ordercore.network import (
    CarrierService,
    Destination,
    DistanceBand,
    GeoPoint,
    Network,
    Node,
    Rate,
    Region,
    Zoning,
)

NOW = instant("2026-11-11T00:00:00Z")
TARGET = Destination(Region("GB"), point=GeoPoint(50_000_000, 0))
SKUS = ("A", "B", "C")
CLASSES = ("ambient", "chilled")


def eur(minor):
    return Money(minor, "EUR")


def node(name, east_e6, *, fixed=0, unit=0, parcel=0, classes=("ambient",), country="GB", **more):
    return Node(
        name,
        GeoPoint(50_000_000, east_e6),
        Region(country),
        cost_per_shipment=eur(fixed),
        cost_per_unit=eur(unit),
        cost_per_parcel=eur(parcel),
        classes=classes,
        **more,
    )


def service(name, near, far=None, *, weight=1000, volume=1000, classes=("ambient",), **more):
    """Rates are (base, per started kg); ``near`` is up to 100 km, ``far`` beyond, or nowhere."""
    bands, rates = [DistanceBand(100_000, "near")], {}
    rates["near"] = Rate(eur(near[0]), per_started_kg=eur(near[1]), days=1)
    if far is not None:
        bands.append(DistanceBand(20_000_000, "far"))
        rates["far"] = Rate(eur(far[0]), per_started_kg=eur(far[1]), days=3)
    return CarrierService(
        name,
        max_weight_g=weight,
        max_volume_cm3=volume,
        zoning=Zoning(bands=bands),
        rates=rates,
        classes=classes,
        **more,
    )


SOME_CLASSES = st.sampled_from([("ambient",), ("ambient", "chilled"), ("chilled",)])
COSTS = st.integers(0, 30)
NODES = st.sampled_from(["n0", "n1", "n2"])
DAYS = st.integers(11, 17).map(lambda day: date(2026, 11, day))
SELDOM = st.sampled_from([None, None, None, True])
"""None for most, so that what is drawn besides stays the exception."""


@st.composite
def networks(draw, *, most_nodes=3, most_services=2):
    nodes = [
        node(
            f"n{number}",
            draw(st.sampled_from([100_000, 1_000_000, 3_000_000])),
            fixed=draw(COSTS),
            unit=draw(st.integers(0, 5)),
            parcel=draw(st.integers(0, 5)),
            classes=draw(SOME_CLASSES),
            lead_days=draw(st.sampled_from([0, 0, 1, 3])),
            country=draw(st.sampled_from(["GB", "GB", "FR"])),
        )
        for number in range(draw(st.integers(1, most_nodes)))
    ]
    services = [
        service(
            f"s{number}",
            (draw(COSTS), draw(st.integers(0, 9))),
            draw(st.none() | st.tuples(COSTS, st.integers(0, 9))),
            weight=draw(st.sampled_from([700, 1500, 4000])),
            volume=draw(st.sampled_from([500, 2000])),
            classes=draw(SOME_CLASSES),
            cm3_per_kg=draw(SELDOM) and draw(st.sampled_from([100, 250])),
            max_value=draw(SELDOM) and eur(draw(st.sampled_from([25, 40]))),
            classes_apart=[CLASSES] if draw(SELDOM) else (),
        )
        for number in range(draw(st.integers(1, most_services)))
    ]
    return Network(nodes, services)


@st.composite
def demands(draw, *, most_lines=3, most_units=3, plain=False):
    rare = st.booleans() if not plain else st.just(False)
    lines = [
        DemandLine(
            str(number),
            sku=draw(st.sampled_from(SKUS)),
            quantity=draw(st.integers(1, most_units)),
            weight_g=draw(st.sampled_from([0, 200, 600, 1200])),
            volume_cm3=draw(st.sampled_from([0, 100, 600])),
            handling_class="chilled" if draw(rare) and draw(rare) else "ambient",
            splittable=not (draw(rare) and draw(rare)),
            unfilled_penalty=eur(draw(st.integers(0, 60))) if draw(rare) and draw(rare) else None,
            unit_value=eur(draw(st.sampled_from([0, 9, 20]))) if draw(rare) else None,
            late_penalty=eur(draw(st.integers(0, 9))) if draw(rare) else None,
        )
        for number in range(draw(st.integers(1, most_lines)))
    ]
    names = NODES
    return Demand(
        "o-1",
        lines,
        TARGET,
        allowed_nodes=draw(st.none() | st.sets(names, min_size=1)) if draw(rare) else None,
        forbidden_nodes=draw(st.sets(names, max_size=1)) if draw(rare) else (),
        allowed_services=["s0"] if draw(rare) and draw(rare) else None,
        max_nodes=draw(st.none() | st.integers(1, 2)) if draw(rare) else None,
        ship_complete=draw(st.sampled_from(["no", "no", "line", "order"])),
        due=draw(SELDOM if not plain else st.none()) and draw(DAYS),
        latest=draw(SELDOM if not plain else st.none()) and draw(DAYS),
        **({} if plain else draw(ties(len(lines)))),
    )


@st.composite
def ties(draw, count):
    """Rules that tie the lines of a demand, named by their numbers, to each other."""
    ids = st.lists(
        st.sampled_from([str(n) for n in range(count)]), min_size=2, max_size=count, unique=True
    )
    several = count > 1
    barred = st.tuples(NODES, st.sampled_from(CLASSES))
    return {
        "keep_together": [draw(ids)] if several and draw(SELDOM) else (),
        "keep_apart": [draw(ids)[:2]] if several and draw(SELDOM) else (),
        "classes_barred": draw(st.sets(barred, max_size=2)) if draw(SELDOM) else (),
        "min_split_value": draw(SELDOM) and eur(draw(st.sampled_from([9, 20, 30]))),
        "max_import_value": draw(SELDOM) and eur(draw(st.sampled_from([0, 20, 45]))),
    }


PRICES = st.dictionaries(NODES, st.integers(0, 12).map(eur), max_size=3)


@st.composite
def cost_terms(draw):
    return CostTerm(
        per_unit=draw(st.dictionaries(st.sampled_from(SKUS), PRICES, max_size=2)),
        per_node_unit=draw(PRICES),
        per_node=draw(PRICES),
        per_split=eur(draw(COSTS)),
    )


@st.composite
def conditions(draw):
    names = ("margin", "scarcity")[: draw(st.sampled_from([0, 1, 1, 2]))]
    some = st.none() | st.integers(0, 4)
    full = st.builds(NodeCapacity, orders=st.sampled_from([None, 2, 2, 0]), units=some)
    return Conditions(
        terms={name: draw(cost_terms()) for name in names},
        capacity=draw(st.dictionaries(NODES, full, max_size=3)) if draw(SELDOM) else {},
    )


@st.composite
def stocks(draw, *, most=4):
    keys = [(sku, f"n{number}") for sku in SKUS for number in range(3)]
    return StockSnapshot.of({key: draw(st.integers(0, most)) for key in keys})


def shares(quantity, places) -> Iterator[tuple[int, ...]]:
    """Every way to give at most ``quantity`` units to so many places."""
    if places == 0:
        yield ()
        return
    for units in range(quantity + 1):
        for rest in shares(quantity - units, places - 1):
            yield (units, *rest)


OF_THE_WHOLE = {"plan.incomplete_line", "plan.incomplete_order"}
"""What other takes may mend; a take that breaks anything else is part of no lawful plan."""


def every_plan(demand, network, stock, conditions=NO_CONDITIONS) -> Iterator[tuple[Take, ...]]:
    """Every lawful plan, by trying everything and asking the list of broken rules."""
    per_line = []
    for line in demand.lines:
        places = [
            (n.id, s.id)
            for n, s in product(network.nodes, network.services)
            if not {
                finding.code
                for finding in broken_rules(
                    [Take(line.line_id, sku=line.sku, node=n.id, service=s.id, quantity=1)],
                    demand,
                    network,
                    stock,
                    at=NOW,
                    conditions=conditions,
                )
            }
            - OF_THE_WHOLE
        ]
        per_line.append(
            [
                tuple(
                    Take(line.line_id, sku=line.sku, node=n, service=s, quantity=units)
                    for (n, s), units in zip(places, share, strict=True)
                    if units
                )
                for share in shares(line.quantity, len(places))
            ]
        )
    for combination in product(*per_line):
        takes = tuple(take for part in combination for take in part)
        if not broken_rules(takes, demand, network, stock, at=NOW, conditions=conditions):
            yield takes


def rank(takes, demand, network, conditions=NO_CONDITIONS):
    """What a plan is compared by: units left behind that have no price, then money."""
    taken = {}
    for take in takes:
        taken[take.line_id] = taken.get(take.line_id, 0) + take.quantity
    behind = sum(
        line.quantity - taken.get(line.line_id, 0)
        for line in demand.lines
        if line.unfilled_penalty is None
    )
    return behind, price(takes, demand, network, conditions).minor


def price(takes, demand, network, conditions=NO_CONDITIONS):
    return evaluate(takes, demand, network, at=NOW, conditions=conditions).total


def count_of_plans(demand, network):
    """An upper bound on how many plans the oracle would try."""
    places = len(network.nodes) * len(network.services)
    total = 1
    for line in demand.lines:
        total *= sum(1 for _ in shares(line.quantity, places))
    return total

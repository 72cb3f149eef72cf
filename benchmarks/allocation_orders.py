"""Orders to plan, drawn by seed: the families that the allocation rows measure.

`ordinary` has some stock nearly everywhere; in `scarce` lines must be split; in `ties` nodes and
services are alike but for their names; in `trap` cheap kiosks next door hold one line each, and
far houses hold all (set cover); `constrained` has every hard rule; `bulk` has hundreds of units.
"""

from __future__ import annotations

from datetime import date
from random import Random

import attrs

from ordercore.allocation import (
    NO_CONDITIONS,
    Conditions,
    CostTerm,
    Demand,
    DemandLine,
    NodeCapacity,
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
CLASSES = ("ambient", "chilled")
BANDS = (("near", 100_000), ("middle", 400_000), ("far", 20_000_000))


@attrs.frozen
class Order:
    """What :func:`ordercore.allocation.allocate` takes, but for the instant."""

    demand: Demand
    network: Network
    stock: StockSnapshot
    conditions: Conditions = NO_CONDITIONS


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def service(name: str, dice: Random, *, base: int, per_kg: int, heavy: bool, **more: object):
    """A parcel service, or one for heavy loads; dearer by the band."""
    factors = (100, dice.randint(110, 150), dice.randint(150, 220))
    return CarrierService(
        name,
        max_weight_g=500_000 if heavy else dice.choice([20_000, 30_000]),
        max_volume_cm3=2_000_000 if heavy else dice.choice([60_000, 120_000]),
        zoning=Zoning(bands=[DistanceBand(metres, zone) for zone, metres in BANDS]),
        rates={
            zone: Rate(
                eur(base * factor // 100), per_started_kg=eur(per_kg * factor // 100), days=days
            )
            for (zone, _), factor, days in zip(BANDS, factors, (1, 2, 4), strict=True)
        },
        classes=CLASSES,
        **more,
    )


def carriers(dice: Random) -> list[CarrierService]:
    """Post and courier everywhere, and a freight forwarder for heavy loads."""
    return [
        service(
            "courier", dice, base=dice.randint(500, 700), per_kg=dice.randint(40, 70), heavy=False
        ),
        service(
            "post", dice, base=dice.randint(300, 450), per_kg=dice.randint(70, 120), heavy=False
        ),
        service(
            "freight", dice, base=dice.randint(2500, 3500), per_kg=dice.randint(8, 20), heavy=True
        ),
    ]


def place(number: int, dice: Random, **more: object) -> Node:
    """A house somewhere within a thousand kilometres."""
    costs = {
        "cost_per_shipment": eur(dice.randint(80, 300)),
        "cost_per_parcel": eur(dice.randint(10, 60)),
        "cost_per_unit": eur(dice.randint(5, 40)),
        "classes": CLASSES if dice.random() < 0.7 else CLASSES[:1],
    }
    point = GeoPoint(50_000_000 + dice.randint(-4_000_000, 4_000_000), dice.randint(0, 9_000_000))
    where = {"id": f"n{number:03}", "point": point, "region": Region("GB")}
    return Node(**(where | costs | more))


def line(number: int, dice: Random, *, units: tuple[int, int] = (1, 3), **more: object):
    """Some units of a SKU of its own, light or heavy."""
    weight = int(dice.choice([200, 500, 1200, 3000]) * dice.uniform(0.5, 2))
    fields = {
        "quantity": dice.randint(*units),
        "weight_g": weight,
        "volume_cm3": int(weight * dice.uniform(1, 5)),
        "handling_class": "chilled" if dice.random() < 0.2 else "ambient",
    }
    return DemandLine(f"l{number:02}", sku=f"K{number}", **(fields | more))


def stocked(lines: list[DemandLine], nodes: list[Node], dice: Random, share: float, most: float):
    """Each node holds each SKU by chance, up to `most` times what is asked."""
    levels = {}
    for each in lines:
        for node in nodes:
            if dice.random() < share:
                levels[each.sku, node.id] = max(1, int(each.quantity * dice.uniform(0.3, most)))
    return StockSnapshot.of(levels)


def ordinary(seed: int, lines: int, nodes: int) -> Order:
    dice = Random(f"ordinary {seed} {lines} {nodes}")
    places = [place(number, dice) for number in range(nodes)]
    wanted = [line(number, dice) for number in range(lines)]
    network = Network(places, carriers(dice))
    return Order(Demand("o", wanted, TARGET), network, stocked(wanted, places, dice, 0.6, 3.0))


def scarce(seed: int, lines: int, nodes: int) -> Order:
    dice = Random(f"scarce {seed} {lines} {nodes}")
    places = [place(number, dice) for number in range(nodes)]
    wanted = [line(number, dice, units=(2, 6)) for number in range(lines)]
    network = Network(places, carriers(dice))
    return Order(Demand("o", wanted, TARGET), network, stocked(wanted, places, dice, 0.35, 0.9))


def ties(seed: int, lines: int, nodes: int) -> Order:
    dice = Random(f"ties {seed} {lines} {nodes}")
    kinds = [place(number, dice) for number in range(3)]
    places = [
        attrs.evolve(kinds[number % 3], id=f"n{number:03}", classes=CLASSES)
        for number in range(nodes)
    ]
    wanted = [
        line(number, dice, weight_g=dice.choice([500, 1000]), volume_cm3=1000)
        for number in range(lines)
    ]
    network = Network(places, carriers(dice))
    return Order(Demand("o", wanted, TARGET), network, stocked(wanted, places, dice, 0.5, 3.0))


def trap(seed: int, lines: int, nodes: int) -> Order:
    dice = Random(f"trap {seed} {lines} {nodes}")
    near = GeoPoint(50_000_000, 10_000)
    kiosks = [
        place(number, dice, point=near, cost_per_shipment=eur(dice.randint(5, 30)), classes=CLASSES)
        for number in range(nodes - 3)
    ]
    houses = [place(number, dice, classes=CLASSES) for number in range(nodes - 3, nodes)]
    wanted = [line(number, dice) for number in range(lines)]
    levels = {}
    for number, kiosk in enumerate(kiosks):
        for each in dice.sample(wanted, 1 + number % 2):
            levels[each.sku, kiosk.id] = each.quantity
    for each in wanted:
        for house in houses:
            if dice.random() < 0.85:
                levels[each.sku, house.id] = each.quantity
    network = Network([*kiosks, *houses], carriers(dice))
    return Order(Demand("o", wanted, TARGET), network, StockSnapshot.of(levels))


def bulk(seed: int, lines: int, nodes: int) -> Order:
    dice = Random(f"bulk {seed} {lines} {nodes}")
    places = [place(number, dice, classes=CLASSES) for number in range(nodes)]
    wanted = [line(number, dice, units=(50, 500)) for number in range(lines)]
    network = Network(places, carriers(dice))
    return Order(Demand("o", wanted, TARGET), network, stocked(wanted, places, dice, 0.6, 1.2))


def constrained(seed: int, lines: int, nodes: int) -> Order:
    """Every hard rule, on an order of 8 to `lines` lines and 8 to `nodes` nodes."""
    dice = Random(f"constrained {seed} {lines} {nodes}")
    lines, nodes = dice.randint(min(8, lines), lines), dice.randint(min(8, nodes), nodes)
    places = [
        place(
            number,
            dice,
            region=Region("FR" if dice.random() < 0.3 else "GB"),
            lead_days=dice.choice([0, 0, 1, 2]),
        )
        for number in range(nodes)
    ]
    wanted = [
        line(
            number,
            dice,
            splittable=dice.random() < 0.7,
            unit_value=eur(dice.randint(200, 5000)),
            late_penalty=eur(dice.randint(20, 200)),
            unfilled_penalty=eur(dice.randint(1000, 5000)) if dice.random() < 0.3 else None,
        )
        for number in range(lines)
    ]
    ids = [each.line_id for each in wanted]
    group = dice.sample(ids, 2)
    some = [node.id for node in places]
    demand = Demand(
        "o",
        wanted,
        TARGET,
        max_nodes=dice.choice([3, 4, 5]),
        ship_complete=dice.choice(["no", "no", "line"]),
        due=date(2026, 11, dice.randint(12, 14)),
        latest=date(2026, 11, dice.randint(15, 18)),
        forbidden_nodes=dice.sample(some, 1),
        keep_together=[group],
        keep_apart=[dice.sample([each for each in ids if each not in group], 2)],
        classes_barred=[(dice.choice(some), "chilled")],
        min_split_value=eur(dice.randint(300, 1500)),
        max_import_value=eur(dice.randint(5_000, 15_000)),
    )
    parcels, post, freight = carriers(dice)
    network = Network(
        places,
        [
            attrs.evolve(parcels, cm3_per_kg=5_000, max_value=eur(20_000)),
            attrs.evolve(post, classes_apart=[CLASSES]),
            freight,
        ],
    )
    wanted_at = dice.sample(some, 3)
    shadow = {each.sku: {dice.choice(some): eur(dice.randint(10, 200))} for each in wanted}
    conditions = Conditions(
        capacity={node: NodeCapacity(units=dice.randint(4, 10)) for node in wanted_at},
        terms={"shadow": CostTerm(per_unit=shadow, per_split=eur(dice.randint(0, 200)))},
    )
    return Order(demand, network, stocked(wanted, places, dice, 0.6, 3.0), conditions)


FAMILIES = {
    "alloc.S": (ordinary, 3, 4),
    "alloc.M": (ordinary, 8, 12),
    "alloc.L": (ordinary, 20, 40),
    "alloc.constrained": (constrained, 14, 25),
    "alloc.scarce": (scarce, 8, 12),
    "alloc.ties": (ties, 10, 15),
    "alloc.trap": (trap, 10, 20),
    "alloc.bulk": (bulk, 6, 10),
}


def orders(row: str, count: int) -> list[Order]:
    """The first so many orders of a row; the same on every machine."""
    make, lines, nodes = FAMILIES[row]
    return [make(seed, lines, nodes) for seed in range(count)]

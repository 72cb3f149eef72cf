"""Pallets beside parcels: bounds against every split there is, and plans that weigh both."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.allocation import milp
from tests.allocation.drawn import NOW, TARGET, node, service

from ordercore.allocation import Demand, DemandLine, Limits, allocate
from ordercore.allocation.hull import Tariff, hull, least_total
from ordercore.inventory import StockSnapshot
from ordercore.network import Network

SERVICES = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 30), st.integers(1, 9).map(lambda kg: kg * 700)),
    min_size=1,
    max_size=3,
)


def bill(service_, kg):
    """What one load of so many started kilograms costs at the least: as light as they can be."""
    base, rate, limit = service_
    return base * max(1, -(-(1000 * (kg - 1) + 1) // limit)) + rate * kg


def cheapest(services, most):
    """The cheapest bill of 0 … ``most`` kilograms over all splits among services."""
    best = [0] + [10**9] * most
    for each in services:
        more = [bill(each, kg) for kg in range(1, most + 1)]
        best = [
            min([best[kg], *(best[kg - part] + more[part - 1] for part in range(1, kg + 1))])
            for kg in range(most + 1)
        ]
    return best


def height(corners, kg):
    """The hull at so many kilograms, rounded down."""
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):
        if x0 <= kg <= x1:
            return y0 + (y1 - y0) * (kg - x0) // (x1 - x0)
    assert corners[0][0] == kg
    return corners[0][1]


@given(SERVICES, st.integers(0, 40), st.integers(0, 30), st.booleans(), st.integers(0, 300))
def test_a_hull_is_below_every_split(services, start, more, unused, opening):
    start = 0 if unused else start
    corners = hull(Tariff(services), start, start + more, opening=opening, unused=unused)
    exact = cheapest(services, start + more)
    for kg in range(max(1, start), start + more + 1):
        assert height(corners, kg) <= (exact[kg] + opening) * 1000
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in itertools.pairwise(corners)]
    assert slopes == sorted(slopes)


@given(SERVICES, SERVICES, st.integers(0, 8), st.integers(0, 12), st.integers(0, 20))
def test_places_share_kilograms_out_at_no_more_than_it_costs(one, two, sure, most, kg):
    most += sure
    kg = min(max(kg, sure), most + 20)
    exact_one, exact_two = cheapest(one, most), cheapest(two, 20)
    hulls = [hull(Tariff(one), sure, most), hull(Tariff(two), 0, 20, unused=True)]
    possible = [
        exact_one[part] + exact_two[kg - part]
        for part in range(sure, min(most, kg) + 1)
        if kg - part <= 20 and part
    ]
    if possible:
        assert least_total(hulls, kg) <= min(possible)


@given(SERVICES, st.integers(0, 4), st.integers(0, 12), st.integers(0, 6))
def test_a_least_that_is_billed_never_lifts_the_hull(services, start, more, least_kg):
    tariff = Tariff(services)
    corners = hull(tariff, start, start + more, least_kg=least_kg)
    for kg in range(start, start + more + 1):
        cost = tariff.least(max(kg, least_kg))
        assert least_total([corners], kg) * 1000 <= -(-cost // 1000) * 1000


def freight(*lines, levels, nodes=2):
    """Lines of (units, grams), parcels cheap to start and pallets cheap to fill."""
    demand = Demand(
        "o",
        [
            DemandLine(str(number), sku=f"K{number}", quantity=units, weight_g=grams)
            for number, (units, grams) in enumerate(lines)
        ],
        TARGET,
    )
    places = [
        node(f"n{number}", 100_000 + 800_000 * number, fixed=120 + 10 * number, unit=7)
        for number in range(nodes)
    ]
    network = Network(
        places,
        [
            service("parcel", (390, 12), (480, 20), weight=30_000, volume=10**9),
            service("pallet", (3200, 4), (4100, 6), weight=600_000, volume=10**9),
        ],
    )
    stock = StockSnapshot.of(
        {
            (f"K{line}", f"n{place}"): units
            for line, row in enumerate(levels)
            for place, units in enumerate(row)
            if units
        }
    )
    return demand, network, stock


def test_many_light_lines_go_by_pallet_together():
    # 30 lines of 10 kg: by parcel 10 × 390 + 300 × 12 = 7500, by pallet 3200 + 300 × 4 = 4400.
    given_ = freight(*[(20, 500)] * 30, levels=[(20,)] * 30, nodes=1)
    plan = allocate(*given_, at=NOW)
    assert {str(take.service) for take in plan.takes} == {"pallet"}
    assert plan.cost.terms["freight"].minor == 4400
    assert plan.optimal


def test_a_parcel_less_is_looked_for():
    # 40 kg each at both nodes; 20 kg of the second's may leave from the first, which has room.
    given_ = freight((80, 500), (80, 500), levels=[(80, 0), (40, 80)])
    plan = allocate(*given_, at=NOW, limits=Limits(0))
    assert plan.cost.total.minor == referee(*given_)


def referee(demand, network, stock):
    highspy = pytest.importorskip("highspy", reason="the referee is not installed")
    behind, cost = milp.solve(highspy, demand, network, stock)
    assert behind == 0
    return cost


@given(
    st.lists(st.tuples(st.integers(1, 120), st.integers(100, 900)), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)), min_size=5, max_size=5),
)
def test_wholesale_orders_are_bounded_by_the_best_plan(lines, levels):
    filled = [
        (max(one, units - two), two) for (units, _), (one, two) in zip(lines, levels, strict=False)
    ]
    given_ = freight(*lines, levels=filled)
    best = referee(*given_)
    plan = allocate(*given_, at=NOW)
    assert plan.bound.minor <= best <= plan.cost.total.minor
    if plan.optimal:
        assert plan.cost.total.minor == best

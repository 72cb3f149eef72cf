"""What a load is billed for beyond its weight: volume as weight, and values that customs limit."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.allocation.drawn import NOW, node, service
from tests.allocation.test_examples import NEAR, demand, eur, line, network, plan_of, stock, why

from ordercore.allocation import allocate, broken_rules, evaluate
from ordercore.allocation.billing import parcels_of, started_kg_of
from ordercore.kernel import InvalidBatch, Money
from ordercore.network import Network


def test_a_light_and_bulky_load_is_billed_by_its_volume():
    # 2 × 200 g, 2 × 900 cm³ at 250 cm³ a kilogram: 1,800 ÷ 250 = 7.2, so eight kilograms at 1.
    net = network(service("s0", (5, 1), volume=2000, cm3_per_kg=250), fixed=(10,))
    plan = plan_of(demand(line(quantity=2, weight_g=200, volume_cm3=900)), net, stock(A_n0=2))
    (load,) = plan.loads
    assert (load.parcels, load.started_kg, load.freight) == (1, 8, eur(13))
    assert plan.cost.total == plan.bound == eur(23)
    assert plan.optimal


def test_the_service_that_does_not_bill_volume_wins_for_bulk_and_loses_for_weight():
    by_volume = service("air", (5, 1), weight=9000, volume=9000, cm3_per_kg=500)
    by_weight = service("road", (5, 2), weight=9000, volume=9000)
    net = network(by_volume, by_weight, fixed=(10,))
    bulky = plan_of(demand(line(weight_g=900, volume_cm3=4000)), net, stock(A_n0=1))
    heavy = plan_of(demand(line(weight_g=4000, volume_cm3=900)), net, stock(A_n0=1))
    assert [str(take.service) for take in bulky.takes] == ["road"]
    assert [str(take.service) for take in heavy.takes] == ["air"]


@pytest.mark.parametrize(
    "better",
    [{"cm3_per_kg": 300}, {"max_value": Money(30, "EUR")}, {"cm3_per_kg": None}],
)
def test_a_service_that_is_alike_but_for_one_milder_rule_is_kept(better):
    common = {"cm3_per_kg": 200, "max_value": Money(20, "EUR")}
    net = network(
        service("a", (5, 1), **common), service("b", (5, 1), **(common | better)), fixed=(10,)
    )
    order = demand(line(quantity=3, volume_cm3=300, unit_value=eur(10)))
    assert {str(take.service) for take in plan_of(order, net, stock(A_n0=3)).takes} == {"b"}


def test_the_value_of_a_parcel_makes_more_parcels():
    # 3 × 20 at no more than 25 a parcel: 60 ÷ 25 is three parcels, where weight asks for one.
    net = network(service("s0", (5, 1), max_value=eur(25)), fixed=(10,))
    plan = plan_of(demand(line(quantity=3, weight_g=10, unit_value=eur(20))), net, stock(A_n0=3))
    (load,) = plan.loads
    assert (load.parcels, load.freight) == (3, eur(16))
    assert plan.optimal


def test_a_unit_above_the_value_of_a_parcel_cannot_travel_and_says_so():
    net = network(service("s0", (5, 1), max_value=eur(25)), fixed=(10,))
    order = demand(line(unit_value=eur(26)))
    plan = plan_of(order, net, stock(A_n0=1))
    assert why(plan) == [("1", 1, "allocation.unit_too_dear")]
    assert plan.unfilled[0].reason.facts["nodes"] == ("n0",)
    told = plan_of(demand(line(unit_value=eur(25))), net, stock(A_n0=1))
    assert told.complete
    (finding,) = broken_rules(told.takes, order, net, stock(A_n0=1))
    assert finding.code == "plan.unit_too_large"


def test_a_unit_too_large_and_too_dear_is_called_too_large():
    net = network(service("s0", (5, 1), max_value=eur(25)), fixed=(10,))
    order = demand(line(unit_value=eur(26), weight_g=1001))
    assert why(plan_of(order, net, stock(A_n0=1))) == [("1", 1, "allocation.unit_too_large")]


def test_the_value_of_a_unit_is_in_the_currency_of_the_network():
    order = demand(line(unit_value=Money(5, "USD")))
    with pytest.raises(InvalidBatch) as caught:
        plan_of(order, network(), stock(A_n0=1))
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("demand.currency", "lines[1].unit_value")
    ]
    with pytest.raises(InvalidBatch) as caught:
        demand(line(unit_value=Money(5, "USD"), unfilled_penalty=eur(1)))
    assert [f.code for f in caught.value.faults] == ["demand.currency"]
    with pytest.raises(InvalidBatch) as caught:
        line(unit_value=eur(-1))
    assert [f.code for f in caught.value.faults] == ["demand.unit_value"]


def test_an_empty_network_takes_the_currency_of_values():
    nowhere = allocate(demand(line(unit_value=eur(5))), Network(), stock(A_n0=1), at=NOW)
    assert nowhere.cost.total == eur(0)


def test_the_digest_of_a_demand_follows_its_values():
    order = demand(line(unit_value=eur(5)))
    other = demand(line(unit_value=eur(6)))
    net = network()
    plans = [plan_of(each, net, stock(A_n0=1)).demand_digest for each in (order, other)]
    assert plans[0] != plans[1]


AMOUNTS = st.integers(0, 5000)


@given(
    st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), min_size=2, max_size=4),
    st.integers(1, 3000),
    st.integers(1, 3000),
    st.none() | st.integers(1, 3000),
    st.none() | st.integers(1, 3000),
)
def test_loads_together_are_billed_for_no_more_than_apart(parts, weight, volume, value, divisor):
    together = [sum(each) for each in zip(*parts, strict=True)]
    bill = [parcels_of(w, v, weight, volume, x, value) for w, v, x in parts]
    assert parcels_of(together[0], together[1], weight, volume, together[2], value) <= sum(bill)
    kg = [started_kg_of(w, v, divisor) for w, v, _ in parts]
    assert started_kg_of(together[0], together[1], divisor) <= sum(kg)


def test_the_evaluator_bills_as_the_plan_does():
    net = Network(
        [node("n0", NEAR, fixed=10, parcel=3)],
        [service("s0", (5, 2), cm3_per_kg=100, max_value=eur(15))],
    )
    order = demand(
        line(quantity=2, weight_g=300, volume_cm3=90, unit_value=eur(10)),
        line("2", "B", volume_cm3=50, unit_value=eur(5)),
    )
    plan = plan_of(order, net, stock(A_n0=2, B_n0=1))
    # 25 of value: two parcels at 5 + 3. 230 cm³: three kilograms at 2.
    assert evaluate(plan.takes, order, net) == plan.cost
    assert plan.cost.total == eur(10 + 2 * 8 + 3 * 2)
    assert attrs.evolve(order, lines=order.lines) == order

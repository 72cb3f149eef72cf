"""Determinism, purity and the value side of plans: order, digests, copies, hash seeds."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.allocation.drawn import NOW, TARGET, conditions, demands, networks, node, service, stocks

from ordercore.allocation import (
    FEWEST_SPLITS,
    LEAST_COST,
    NEAREST,
    AllocationPlan,
    Demand,
    DemandLine,
    Limits,
    allocate,
)
from ordercore.codec import Codec
from ordercore.inventory import StockSnapshot
from ordercore.kernel import digest
from ordercore.network import Network

STRATEGIES = st.sampled_from([LEAST_COST, FEWEST_SPLITS, NEAREST])
LIMITS = st.sampled_from([Limits(0), Limits(3), Limits()])


@given(demands(), networks(), stocks(), conditions(), STRATEGIES, LIMITS, st.randoms())
def test_the_order_of_the_input_never_matters(
    demand, network, stock, under, strategy, limits, random
):
    lines, nodes, services = list(demand.lines), list(network.nodes), list(network.services)
    levels = [((s, n), units) for s, row in stock.levels.items() for n, units in row.items()]
    for listed in (lines, nodes, services, levels):
        random.shuffle(listed)
    again = attrs.evolve(demand, lines=lines)
    other, shuffled = Network(nodes, services), StockSnapshot.of(dict(levels))
    given = {"strategy": strategy, "at": NOW, "limits": limits, "conditions": under}
    one = allocate(demand, network, stock, **given)
    two = allocate(again, other, shuffled, **given)
    assert one == two
    assert digest(one) == digest(two)


@given(demands(), networks(), stocks(), st.permutations(["n0", "n1", "n2"]))
def test_what_nodes_are_called_changes_no_proven_cost(demand, network, stock, names):
    new = dict(zip(["n0", "n1", "n2"], names, strict=True))
    allowed = demand.allowed_nodes
    renamed = attrs.evolve(
        demand,
        allowed_nodes=None if allowed is None else [new[n] for n in allowed],
        forbidden_nodes=[new[n] for n in demand.forbidden_nodes],
        classes_barred=[(new[n], name) for n, name in demand.classes_barred],
    )
    other = Network([attrs.evolve(n, id=new[n.id]) for n in network.nodes], network.services)
    moved = StockSnapshot.of(
        {(s, new[n]): units for s, row in stock.levels.items() for n, units in row.items()}
    )
    exact = Limits(100_000)
    one = allocate(demand, network, stock, at=NOW, limits=exact)
    two = allocate(renamed, other, moved, at=NOW, limits=exact)
    if one.optimal and two.optimal:
        assert one.cost.total == two.cost.total


@given(demands(), networks(), stocks(), conditions(), STRATEGIES)
def test_planning_and_explaining_change_nothing(demand, network, stock, under, strategy):
    before = [digest(value) for value in (demand, network, stock, under)]
    plan = allocate(demand, network, stock, strategy=strategy, at=NOW, conditions=under)
    kept = digest(plan)
    for place in network.nodes:
        plan.explain(f"node:{place.id}", demand, network, stock, conditions=under)
    for line in demand.lines:
        plan.explain(f"line:{line.line_id}", demand, network, stock, conditions=under)
    assert [digest(value) for value in (demand, network, stock, under)] == before
    assert digest(plan) == kept


@given(demands(), networks(), stocks(), conditions(), STRATEGIES)
def test_demands_and_plans_survive_every_copy(demand, network, stock, under, strategy):
    plan = allocate(demand, network, stock, strategy=strategy, at=NOW, conditions=under)
    for value in (demand, plan, under):
        assert pickle.loads(pickle.dumps(value)) == value
        assert copy.deepcopy(value) == value
        again = Codec().loads(Codec().dumps(value), type(value))
        assert again == value
        assert digest(again) == digest(value)
        assert hash(again) == hash(value)
    assert isinstance(plan, AllocationPlan)


@given(demands(), networks(), stocks())
def test_a_plan_keeps_digests_of_what_it_was_made_from(demand, network, stock):
    plan = allocate(demand, network, stock, at=NOW)
    other_line = attrs.evolve(demand.lines[0], quantity=demand.lines[0].quantity + 1)
    other = attrs.evolve(demand, lines=[other_line, *demand.lines[1:]])
    changed = allocate(other, network, stock, at=NOW)
    assert changed.demand_digest != plan.demand_digest
    assert changed.network_digest == plan.network_digest
    assert changed.stock_digest == plan.stock_digest
    sku = demand.lines[0].sku
    levels = {(s, n): u for s, row in stock.levels.items() for n, u in row.items()}
    levels[sku, "n0"] = levels.get((sku, "n0"), 0) + 1
    levels["Z", "n0"] = 7
    refilled = allocate(demand, network, StockSnapshot.of(levels), at=NOW)
    assert refilled.stock_digest != plan.stock_digest
    levels[sku, "n0"] -= 1
    unrelated = allocate(demand, network, StockSnapshot.of(levels), at=NOW)
    assert unrelated == plan


def small():
    network = Network(
        [node("n0", 100_000, fixed=5), node("n1", 200_000, fixed=4)], [service("s0", (9, 2))]
    )
    demand = Demand("o-1", [DemandLine("1", sku="A", quantity=2, weight_g=100)], TARGET)
    return demand, network, StockSnapshot.of({("A", "n0"): 5, ("A", "n1"): 5})


@pytest.mark.parametrize(
    "change",
    [
        {"cost_per_shipment": 6},
        {"cost_per_unit": 1},
        {"cost_per_parcel": 1},
        {"classes": ("ambient", "chilled")},
        {"east": 150_000},
    ],
)
def test_the_network_digest_follows_whatever_of_a_node_is_read(change):
    demand, network, stock = small()
    plan = allocate(demand, network, stock, at=NOW)
    changed = node(
        "n0",
        change.get("east", 100_000),
        fixed=change.get("cost_per_shipment", 5),
        unit=change.get("cost_per_unit", 0),
        parcel=change.get("cost_per_parcel", 0),
        classes=change.get("classes", ("ambient",)),
    )
    other = Network([changed, network.node("n1")], network.services)
    assert allocate(demand, other, stock, at=NOW).network_digest != plan.network_digest


@pytest.mark.parametrize(
    "changed",
    [
        service("s0", (8, 2)),
        service("s0", (9, 3)),
        service("s0", (9, 2), weight=900),
        service("s0", (9, 2), volume=900),
        service("s0", (9, 2), classes=("ambient", "chilled")),
        service("s0", (9, 2), nodes=["n0"]),
        service("s1", (9, 2)),
    ],
)
def test_the_network_digest_follows_whatever_of_a_service_is_read(changed):
    demand, network, stock = small()
    plan = allocate(demand, network, stock, at=NOW)
    other = allocate(demand, Network(network.nodes, [changed]), stock, at=NOW)
    assert other.network_digest != plan.network_digest


PROGRAM = """
from ordercore.allocation import FEWEST_SPLITS, allocate
from ordercore.allocation.specimen import tea_demand, tea_network, tea_stock
from ordercore.kernel import digest, instant
at = instant("2026-11-11T00:00:00Z")
plan = allocate(tea_demand(), tea_network(), tea_stock(), at=at)
few = allocate(tea_demand(), tea_network(), tea_stock(), at=at, strategy=FEWEST_SPLITS)
print(digest((plan, few, plan.explain("node:ningbo", tea_demand(), tea_network(), tea_stock()))))
"""


def test_the_hash_seed_never_matters():
    digests = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(digests) == 1

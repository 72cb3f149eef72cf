"""Orders too large for brute force: HiGHS as referee, limits, and orders of hundreds of lines."""

from __future__ import annotations

import random

import pytest
from tests.allocation import milp
from tests.allocation.drawn import NOW, TARGET, node, rank, service
from tests.allocation.knots import knot

from ordercore.allocation import (
    FEWEST_SPLITS,
    INVARIANTS,
    NEAREST,
    Demand,
    DemandLine,
    Limits,
    allocate,
)
from ordercore.inventory import StockSnapshot
from ordercore.network import Network


def season(seed, *, lines, nodes, services, levels, max_nodes=None):
    """An ordinary order: some kilograms, some nodes near and far, stock drawn from ``levels``."""
    dice = random.Random(seed)
    places = [
        node(
            f"n{number:02}",
            dice.choice([100_000, 1_000_000, 3_000_000]),
            fixed=dice.randint(100, 400),
            unit=dice.randint(10, 40),
            parcel=dice.randint(10, 60),
        )
        for number in range(nodes)
    ]
    carriers = [
        service(
            f"s{number}",
            (dice.randint(300, 900), dice.randint(50, 150)),
            (dice.randint(600, 1500), dice.randint(100, 300)),
            weight=dice.choice([5_000, 30_000]),
            volume=dice.choice([20_000, 120_000]),
        )
        for number in range(services)
    ]
    wanted = [
        DemandLine(
            str(number),
            sku=f"K{number}",
            quantity=dice.randint(1, 3),
            weight_g=dice.randint(50, 3000),
            volume_cm3=dice.randint(100, 9000),
        )
        for number in range(lines)
    ]
    stock = StockSnapshot.of(
        {
            (f"K{line}", f"n{place:02}"): dice.choice(levels)
            for line in range(lines)
            for place in range(nodes)
        }
    )
    return Demand("o-1", wanted, TARGET, max_nodes=max_nodes), Network(places, carriers), stock


AMPLE, SOME, SCARCE = (0, 9, 9, 9), (0, 9, 9), (0, 1, 2, 5)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "family",
    [
        {"lines": 4, "nodes": 5, "services": 2, "levels": AMPLE},
        {"lines": 6, "nodes": 4, "services": 1, "levels": SOME},
        {"lines": 5, "nodes": 4, "services": 2, "levels": SCARCE},
        {"lines": 5, "nodes": 5, "services": 1, "levels": SCARCE, "max_nodes": 2},
    ],
)
def test_highs_finds_the_same_cost(family, seed):
    highspy = pytest.importorskip("highspy", reason="highspy, the solver extra, is not installed")
    demand, network, stock = season(seed, **family)
    plan = allocate(demand, network, stock, at=NOW, limits=Limits(200_000))
    best = milp.solve(highspy, demand, network, stock)
    assert plan.optimal
    assert rank(plan.takes, demand, network) == best
    for limit in (0, 10, 1000):
        limited = allocate(demand, network, stock, at=NOW, limits=Limits(limit))
        behind, cost = rank(limited.takes, demand, network)
        assert (behind, cost) >= best
        assert behind > best[0] or limited.bound.minor <= best[1]
        assert not limited.optimal or (behind, cost) == best


@pytest.mark.parametrize("seed", range(40))
def test_highs_finds_the_same_cost_where_rules_bind(seed):
    highspy = pytest.importorskip("highspy", reason="highspy, the solver extra, is not installed")
    demand, network, stock, under = knot(seed)
    plan = allocate(demand, network, stock, at=NOW, conditions=under)
    assert plan.optimal
    best = milp.solve(highspy, demand, network, stock, under)
    assert rank(plan.takes, demand, network, under) == best


@pytest.mark.parametrize("strategy", [None, FEWEST_SPLITS, NEAREST])
def test_hundreds_of_lines_are_planned_within_the_limit(strategy):
    demand, network, stock = season(7, lines=705, nodes=6, services=1, levels=SCARCE)
    chosen = {} if strategy is None else {"strategy": strategy}
    plan = allocate(demand, network, stock, at=NOW, limits=Limits(100), **chosen)
    conserved, lawful, priced, bounded = INVARIANTS[:4]
    assert conserved.holds(plan, demand)
    assert lawful.holds(plan, demand, network, stock)
    assert priced.holds(plan, demand, network)
    assert bounded.holds(plan)
    assert plan.search_nodes <= 100
    assert plan.bound.minor * 10 > plan.cost.total.minor * 5


def test_a_line_of_ten_thousand_units_is_no_more_work():
    demand, network, _ = season(3, lines=1, nodes=3, services=1, levels=AMPLE)
    (line,) = demand.lines
    many = Demand("o-1", [DemandLine("1", sku="K0", quantity=10_000, weight_g=1)], TARGET)
    stock = StockSnapshot.of({("K0", f"n{number:02}"): 4_000 for number in range(3)})
    plan = allocate(many, network, stock, at=NOW)
    assert plan.complete
    assert plan.search_nodes <= 1000
    assert line.quantity <= 3


def test_the_default_limit_proves_ordinary_orders():
    proven = 0
    for seed in range(20):
        demand, network, stock = season(seed, lines=8, nodes=5, services=1, levels=AMPLE)
        plan = allocate(demand, network, stock, at=NOW)
        proven += plan.optimal
        assert plan.limit_hit is None or plan.search_nodes <= 1000
    assert proven >= 18

"""Bounds by price: whatever the prices, no plan undercuts them, and what they rule out is no loss."""

from __future__ import annotations

import random

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.allocation.drawn import NOW, count_of_plans, every_plan, rank
from tests.allocation.knots import knot

from ordercore.allocation.bound import Bounder
from ordercore.allocation.prices import PriceBounder
from ordercore.allocation.problem import compile_problem

MILLI = 1000


def solved(seed):
    """A knot's problem, and of each plan that leaves the fewest units: nodes, loads, cost."""
    demand, network, stock, under = knot(seed)
    assume(count_of_plans(demand, network) < 400)
    problem = compile_problem(demand, network, stock, at=NOW, conditions=under)
    plans = [
        (rank(takes, demand, network, under), takes)
        for takes in every_plan(demand, network, stock, under)
    ]
    index = {node.id: number for number, node in enumerate(problem.nodes)}
    classes = {line.line_id: line.handling_class for line in demand.lines}
    names = sorted(set(classes.values()))
    known = []
    for (behind, cost), takes in plans:
        nodes = sum(1 << node for node in {index[take.node] for take in takes})
        loads = {(index[t.node], t.service, names.index(classes[t.line_id])) for t in takes}
        known.append((behind, cost, nodes, loads))
    return problem, known


def drawn_prices(problem, pricer, dice):
    dear = max((max(row, default=0) for row in problem.unit_cost), default=0) + 40
    return [min(dice.randint(0, dear * MILLI), cap) for cap in pricer.caps]


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_no_plan_costs_less_than_any_prices_say(seed, luck):
    problem, plans = solved(seed)
    dice = random.Random(luck)
    bounder = Bounder(problem)
    pricer = PriceBounder(problem, bounder)
    allowed = dice.randrange(1 << len(problem.nodes))
    forced = allowed & dice.randrange(1 << len(problem.nodes))
    bounder.bound(allowed, forced)
    must, behind = bounder.must(allowed), bounder.behind
    priced = pricer.improve(
        drawn_prices(problem, pricer, dice),
        must,
        allowed,
        forced,
        target=10**9,
        rounds=dice.choice([0, 1, 20]),
    )
    among = [
        cost + problem.split_price * bool(nodes)
        for left, cost, nodes, _ in plans
        if left == behind and nodes & forced == forced and not nodes & ~allowed
    ]
    if among:
        assert priced.bound <= min(among) * MILLI


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_load_that_is_too_dear_is_in_no_cheaper_plan(seed, luck):
    problem, plans = solved(seed)
    dice = random.Random(luck)
    bounder = Bounder(problem)
    pricer = PriceBounder(problem, bounder)
    allowed = dice.randrange(1 << len(problem.nodes))
    bounder.bound(allowed, allowed)
    must, behind = bounder.must(allowed), bounder.behind
    prices = drawn_prices(problem, pricer, dice)
    priced = pricer.improve(prices, must, allowed, allowed, target=10**9, rounds=5)
    room = dice.randint(0, 60 * MILLI)
    dear = {
        (problem.load_node[x], problem.load_lane[x].service, problem.load_class[x])
        for x in pricer.too_dear(priced, must, allowed, room)
    }
    for left, cost, nodes, loads in plans:
        if left == behind and nodes == allowed and loads & dear:
            assert (cost + problem.split_price * bool(nodes)) * MILLI > priced.bound + room


def test_prices_of_a_solution_share_out_what_it_pays():
    demand, network, stock, under = knot(3)
    problem = compile_problem(demand, network, stock, at=NOW, conditions=under)
    pricer = PriceBounder(problem, Bounder(problem))
    assert pricer.first_prices({}) == [0] * len(problem.quantity)

"""The planner against an oracle that tries every plan, under every constraint there is."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.allocation.drawn import (
    NOW,
    conditions,
    count_of_plans,
    demands,
    every_plan,
    networks,
    node,
    price,
    rank,
    stocks,
)
from tests.allocation.knots import knot

from ordercore.allocation import (
    DEFAULT_LIMITS,
    FEWEST_SPLITS,
    INVARIANTS,
    NEAREST,
    Limits,
    allocate,
    broken_rules,
)
from ordercore.inventory import StockSnapshot
from ordercore.network import Network, distance_m

EXACT = Limits(100_000)
FEW_PLANS = 1500
LIMITS = (Limits(0), Limits(1), Limits(5), DEFAULT_LIMITS)


def few(demand, network):
    assume(count_of_plans(demand, network) < FEW_PLANS)


def assert_lawful(plan, demand, network, stock, under):
    conserved, lawful, priced, bounded = INVARIANTS[:4]
    assert conserved.check(plan, demand) is None
    assert lawful.check(plan, demand, network, stock, under) is None
    assert priced.check(plan, demand, network, under) is None
    assert bounded.check(plan) is None
    assert plan.takes == tuple(sorted(plan.takes))
    assert plan.gap == plan.cost.total - plan.bound
    assert not plan.optimal or plan.strategy == "nearest" or plan.bound == plan.cost.total
    assert plan.parcels == sum(load.parcels for load in plan.loads)
    assert plan.complete is (not plan.unfilled)


@given(demands(), networks(), stocks(), conditions())
def test_the_plan_is_the_best_there_is(demand, network, stock, under):
    assert_best(demand, network, stock, under)


@given(st.integers(0, 10**9))
def test_the_plan_is_the_best_there_is_where_rules_bind(seed):
    assert_best(*knot(seed))


def assert_best(demand, network, stock, under):
    few(demand, network)
    plan = allocate(demand, network, stock, at=NOW, conditions=under, limits=EXACT)
    best = min(
        rank(takes, demand, network, under) for takes in every_plan(demand, network, stock, under)
    )
    assert plan.optimal
    assert plan.limit_hit is None
    assert rank(plan.takes, demand, network, under) == best
    assert plan.bound == plan.cost.total == price(plan.takes, demand, network, under)
    assert_lawful(plan, demand, network, stock, under)
    # The same oracle watches what a limited search claims.
    for limit in LIMITS:
        limited = allocate(demand, network, stock, at=NOW, conditions=under, limits=limit)
        assert_lawful(limited, demand, network, stock, under)
        mine = rank(limited.takes, demand, network, under)
        assert mine >= best
        assert limited.search_nodes <= limit.search_nodes
        assert not limited.optimal or mine == best
        assert limited.optimal or limited.limit_hit == "search_nodes"
        if mine[0] == best[0]:
            assert limited.bound.minor <= best[1]
        else:
            assert limited.bound.minor <= limited.cost.total.minor


@given(st.integers(0, 10**9))
def test_fewest_splits_is_the_best_where_rules_bind(seed):
    assert_fewest(*knot(seed))


def nodes_rank(takes, demand, network, under):
    """What fewest-splits compares: all units left behind, nodes, money."""
    behind = demand.units - sum(take.quantity for take in takes)
    cost = price(takes, demand, network, under).minor
    return behind, len({take.node for take in takes}), cost


@given(demands(), networks(), stocks(), conditions())
def test_fewest_splits_is_the_best_by_nodes_then_cost(demand, network, stock, under):
    assert_fewest(demand, network, stock, under)


def assert_fewest(demand, network, stock, under):
    few(demand, network)
    every = [
        nodes_rank(takes, demand, network, under)
        for takes in every_plan(demand, network, stock, under)
    ]
    best = min(every)
    plan = allocate(
        demand, network, stock, strategy=FEWEST_SPLITS, at=NOW, conditions=under, limits=EXACT
    )
    assert plan.optimal
    assert nodes_rank(plan.takes, demand, network, under) == best
    assert_lawful(plan, demand, network, stock, under)
    for limit in LIMITS:
        limited = allocate(
            demand, network, stock, strategy=FEWEST_SPLITS, at=NOW, conditions=under, limits=limit
        )
        assert_lawful(limited, demand, network, stock, under)
        mine = nodes_rank(limited.takes, demand, network, under)
        assert not limited.optimal or mine == best
        no_worse = [cost for behind, nodes, cost in every if (behind, nodes) <= mine[:2]]
        assert limited.bound.minor <= min(no_worse)


@given(demands(), networks(), stocks(), conditions())
def test_nearest_is_lawful_and_its_bound_is_true(demand, network, stock, under):
    few(demand, network)
    plan = allocate(demand, network, stock, strategy=NEAREST, at=NOW, conditions=under)
    assert_lawful(plan, demand, network, stock, under)
    assert plan.search_nodes == 0
    assert plan.limit_hit is None
    mine = rank(plan.takes, demand, network, under)
    for takes in every_plan(demand, network, stock, under):
        behind, cost = rank(takes, demand, network, under)
        if behind <= mine[0]:
            assert plan.bound.minor <= cost
    if plan.optimal:
        assert plan.bound == plan.cost.total


@given(demands(plain=True), networks(), stocks(), conditions())
def test_nearest_exhausts_the_nearest_node_first(demand, network, stock, under):
    assume(demand.ship_complete == "no")
    assume(len({line.sku for line in demand.lines}) == len(demand.lines))
    assume(not under.capacity)
    plan = allocate(demand, network, stock, strategy=NEAREST, at=NOW, conditions=under)
    near = sorted(
        network.nodes, key=lambda n: (distance_m(n.point, demand.destination.point), n.id)
    )
    for line in demand.lines:
        left = line.quantity
        for place in near:
            lanes = [
                service
                for service in network.services_at(place.id)
                if place.handles(line.handling_class)
                and service.carries(line.handling_class)
                and service.rate(place, demand.destination) is not None
                and line.fits(service)
            ]
            expected = min(left, stock.available(line.sku, place.id)) if lanes else 0
            taken = [t for t in plan.takes if (t.line_id, t.node) == (line.line_id, place.id)]
            assert sum(take.quantity for take in taken) == expected
            left -= expected


@given(demands(), networks(), stocks(), conditions(), st.data())
def test_more_stock_never_makes_the_best_plan_worse(demand, network, stock, under, data):
    few(demand, network)
    before = allocate(demand, network, stock, at=NOW, conditions=under, limits=EXACT)
    sku = data.draw(st.sampled_from(["A", "B", "C"]))
    place = data.draw(st.sampled_from(["n0", "n1", "n2"]))
    levels = {(s, n): stock.available(s, n) for s in ("A", "B", "C") for n in ("n0", "n1", "n2")}
    levels[sku, place] += data.draw(st.integers(1, 3))
    after = allocate(
        demand, network, StockSnapshot.of(levels), at=NOW, conditions=under, limits=EXACT
    )
    assert rank(after.takes, demand, network, under) <= rank(before.takes, demand, network, under)


@given(demands(), networks(most_nodes=2), stocks(), conditions(), st.integers(0, 9))
def test_one_more_node_never_makes_the_best_plan_worse(demand, network, stock, under, fixed):
    few(demand, network)
    names = [n.id for n in network.nodes]
    more = node(f"n{len(names)}", 200_000, fixed=fixed)
    wider = Network([*network.nodes, more], network.services)
    before = allocate(demand, network, stock, at=NOW, conditions=under, limits=EXACT)
    after = allocate(demand, wider, stock, at=NOW, conditions=under, limits=EXACT)
    assert rank(after.takes, demand, wider, under) <= rank(before.takes, demand, network, under)


@given(demands(), networks(), stocks(), conditions())
def test_whatever_is_drawn_the_broken_rules_of_a_plan_are_none(demand, network, stock, under):
    for limit in LIMITS:
        for strategy in (FEWEST_SPLITS, NEAREST):
            plan = allocate(
                demand, network, stock, at=NOW, conditions=under, strategy=strategy, limits=limit
            )
            assert not broken_rules(plan.takes, demand, network, stock, at=NOW, conditions=under)


@given(demands(), networks(), stocks(), conditions())
def test_a_forced_node_is_priced_as_the_oracle_prices_it(demand, network, stock, under):
    assert_forced(demand, network, stock, under)


@given(st.integers(0, 10**9))
def test_a_forced_node_is_priced_as_the_oracle_prices_it_where_rules_bind(seed):
    assert_forced(*knot(seed))


def assert_forced(demand, network, stock, under):
    few(demand, network)
    plan = allocate(demand, network, stock, at=NOW, conditions=under, limits=EXACT)
    every = [
        ({take.node for take in takes}, rank(takes, demand, network, under))
        for takes in every_plan(demand, network, stock, under)
    ]
    for place in network.nodes:
        answer = plan.explain(f"node:{place.id}", demand, network, stock, conditions=under)
        with_it = [ranked for nodes, ranked in every if place.id in nodes]
        assert answer.used is (place.id in plan.nodes)
        if answer.used:
            assert answer.reason.code == "node.used"
            assert answer.cost_if_used == plan.cost.total
            continue
        if not with_it:
            assert answer.cost_if_used is None
            assert answer.reason.code.startswith("allocation.") or (
                answer.reason.code == "node.not_lawful"
            )
            continue
        behind, cost = min(with_it)
        assert answer.reason.code == "node.dearer"
        assert answer.cost_if_used.minor == answer.bound_if_used.minor == cost
        assert answer.reason.facts["proven"]
        assert answer.reason.facts["more"].minor == cost - plan.cost.total.minor
        # Units without a penalty first: no plan with the node leaves fewer of them.
        assert answer.reason.facts["units_left_behind"] >= behind

"""Rebalancing against hand-computed figures, every possible move of small cases, and a linear solver."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.allocation import (
    INVARIANTS,
    DemandOutlook,
    Placement,
    TransferLane,
    TransferRate,
    allocate,
    rebalance,
    transfer_rate,
)
from ordercore.allocation.specimen import tea_demand, tea_network, tea_stock
from ordercore.inventory import StockSnapshot
from ordercore.kernel import InvalidBatch, InvalidValue, Money, instant

NODES = ("a", "b", "c")
SKUS = ("S", "T")


def cny(minor):
    return Money(minor, "CNY")


def outlook(node, chances, sku="S", gain=400, left_over=0):
    return DemandOutlook(
        sku=sku, node=node, chances=chances, gain=cny(gain), left_over=cny(left_over)
    )


def lane(source, target, minor):
    return TransferLane(source=source, target=target, cost_per_unit=cny(minor))


def moved(plan):
    return {(str(t.sku), str(t.source), str(t.target)): t.quantity for t in plan.transfers}


# --- by hand ---


def test_fronts_are_filled_by_what_the_next_unit_earns():
    """a: 8 × (360 − 80), b: 10 × (240 − 80), a: 2 more × (120 − 80); then the stock is gone."""
    plan = rebalance(
        [outlook("a", {8: "0.9", 20: "0.3"}), outlook("b", {10: "0.6"})],
        [lane("c", "a", 80), lane("c", "b", 80)],
        StockSnapshot.of({("S", "c"): 20}),
    )
    assert moved(plan) == {("S", "c", "a"): 10, ("S", "c", "b"): 10}
    assert plan.expected_gain_minor == 8 * 280 + 10 * 160 + 2 * 40
    assert (str(plan.cost), plan.quantity) == ("CNY 16.00", 20)
    a, b = plan.placement("S", "a"), plan.placement("S", "b")
    # Another one for a would have to be missed at b (160 more there), or there is none.
    assert (a.before, a.after, a.reason.code) == (0, 10, "rebalance.not_worth")
    assert b.next_gain_minor == -40 - 80
    assert plan.placement("T", "a") is None


def test_nothing_is_moved_that_gains_nothing():
    """0.2 × 400 = 80 is what the lane costs."""
    plan = rebalance(
        [outlook("a", {5: "0.2"})], [lane("c", "a", 80)], StockSnapshot.of({("S", "c"): 9})
    )
    assert plan.transfers == ()
    assert plan.placement("S", "a").next_gain_minor == 0
    facts = plan.placement("S", "a").reason.facts
    assert (facts["earns"], facts["costs"]) == (cny(80), cny(80))


def test_a_unit_that_nobody_may_ask_for_costs_its_stay():
    """0.5 × 400 − 0.5 × 100 = 150 each, for five; the sixth costs 100 and its way."""
    plan = rebalance(
        [outlook("a", {5: "0.5"}, left_over=100)],
        [lane("c", "a", 30)],
        StockSnapshot.of({("S", "c"): 9}),
    )
    assert plan.expected_gain_minor == 5 * 120
    assert plan.placement("S", "a").next_gain_minor == -130


def test_surplus_moves_to_shortage_and_what_is_kept_counts():
    """b keeps four for sure; of ten it gives six at most, and two of these earn more than the way."""
    plan = rebalance(
        [outlook("a", {2: "0.8", 9: "0.1"}), outlook("b", {4: 1, 10: "0.05"}, gain=400)],
        [lane("b", "a", 50), lane("a", "b", 50)],
        StockSnapshot.of({("S", "b"): 10}),
    )
    assert moved(plan) == {("S", "b", "a"): 2}
    assert plan.expected_gain_minor == 2 * (320 - 20 - 50)


def test_a_unit_makes_way_for_one_that_earns_more():
    """Room for three at a. T earns 300 there and S 200, but S came first: it leaves again."""
    stock = StockSnapshot.of({("S", "c"): 3, ("T", "c"): 2})
    outlooks = [outlook("a", {9: "0.5"}), outlook("a", {9: "0.75"}, sku="T")]
    plan = rebalance(outlooks, [lane("c", "a", 0)], stock, room={"a": 3})
    assert moved(plan) == {("S", "c", "a"): 1, ("T", "c", "a"): 2}
    assert plan.placement("S", "a").reason.code == "rebalance.no_room"
    assert plan.placement("S", "a").next_gain_minor == 200
    assert plan.placement("T", "a").reason.code == "rebalance.no_source"
    assert plan.placement("T", "a").next_gain_minor is None


def test_what_stands_there_already_always_fits_and_what_leaves_makes_room():
    stock = StockSnapshot.of({("S", "a"): 5, ("T", "c"): 5})
    outlooks = [outlook("c", {9: "0.5"}), outlook("a", {9: "0.75"}, sku="T")]
    plan = rebalance(outlooks, [lane("c", "a", 0), lane("a", "c", 0)], stock, room={"a": 0})
    assert moved(plan) == {("S", "a", "c"): 5, ("T", "c", "a"): 5}
    plan = rebalance(outlooks, [lane("c", "a", 0)], stock, room={"a": 0})
    assert plan.transfers == ()


def test_a_full_node_is_passed_through():
    """S may go to a or b, T only to a: S steps aside to b, where it earns a little less."""
    stock = StockSnapshot.of({("S", "c"): 2, ("T", "c"): 2})
    outlooks = [
        outlook("a", {9: "0.5"}),
        outlook("b", {9: "0.4"}),
        outlook("a", {9: "0.3"}, sku="T"),
    ]
    plan = rebalance(outlooks, [lane("c", "a", 0), lane("c", "b", 0)], stock, room={"a": 2})
    assert moved(plan) == {("S", "c", "b"): 2, ("T", "c", "a"): 2}
    assert plan.expected_gain_minor == 2 * 160 + 2 * 120


def test_a_run_of_a_million_units_costs_as_much_as_one():
    plan = rebalance(
        [outlook("a", {10**6: "0.5"})], [lane("c", "a", 10)], StockSnapshot.of({("S", "c"): 10**9})
    )
    assert plan.quantity == 10**6


def test_quantiles_become_chances():
    known = DemandOutlook.of_quantiles(
        {"0.1": 0, "0.5": 8, "0.6": 8, "0.95": 30}, sku="S", node="a", gain=cny(1)
    )
    assert dict(known.chances) == {8: Fraction(1, 2), 30: Fraction(1, 20)}
    assert [known.chance(units) for units in (1, 8, 9, 30, 31)] == [
        Fraction(1, 2), Fraction(1, 2), Fraction(1, 20), Fraction(1, 20), 0,
    ]  # fmt: skip


# --- every possible move ---


@st.composite
def questions(draw, nodes=NODES, units=3, skus=SKUS):
    chances = st.lists(st.integers(0, 4), min_size=0, max_size=3).map(
        lambda falls: {
            position + 1: Fraction(max(0, 4 - sum(falls[: position + 1])), 4)
            for position in range(len(falls))
        }
    )
    outlooks = [
        outlook(
            node,
            draw(chances),
            sku=sku,
            gain=draw(st.integers(0, 9)) * 4,
            left_over=draw(st.integers(0, 2)) * 4,
        )
        for sku, node in product(skus, nodes)
        if draw(st.booleans())
    ]
    lanes = [
        lane(source, target, draw(st.integers(0, 12)))
        for source, target in product(nodes, nodes)
        if source != target and draw(st.booleans())
    ]
    levels = {(sku, node): draw(st.integers(0, units)) for sku, node in product(skus, nodes)}
    room = {node: draw(st.integers(0, 4)) for node in nodes if draw(st.booleans())}
    if not outlooks and not lanes:
        lanes = [lane("a", "b", 1)]
    return outlooks, lanes, StockSnapshot.of(levels), room


def worth(outlooks, sku, node, level):
    found = [each for each in outlooks if (each.sku, each.node) == (sku, node)]
    return (
        sum((found[0].worth_minor(unit) for unit in range(1, level + 1)), Fraction())
        if found
        else 0
    )


def shares(total, parts):
    """Every way to share units out over parts."""
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in shares(total - first, parts - 1):
            yield (first, *rest)


def best_of_one(outlooks, lanes, stock, sku, nodes):
    """For every vector of levels that a SKU can come to: the best value."""
    costs = {(each.source, each.target): each.cost_per_unit.minor for each in lanes}
    options = {tuple(0 for _ in nodes): 0}
    for source in nodes:
        goals = [n for n in nodes if n == source or (source, n) in costs]
        ahead = {}
        for levels, value in options.items():
            for units in shares(stock.available(sku, source), len(goals)):
                now = list(levels)
                cost = 0
                for goal, count in zip(goals, units, strict=True):
                    now[nodes.index(goal)] += count
                    cost += count * costs.get((source, goal), 0)
                key = tuple(now)
                ahead[key] = max(ahead.get(key, value - cost), value - cost)
        options = ahead
    start = sum(worth(outlooks, sku, n, stock.available(sku, n)) for n in nodes)
    return {
        levels: value - start + sum(
            worth(outlooks, sku, n, level) for n, level in zip(nodes, levels, strict=True)
        )
        for levels, value in options.items()
    }  # fmt: skip


def best_of_all(outlooks, lanes, stock, room, nodes, skus):
    limits = [
        sum(stock.available(sku, n) for sku in skus) + room[n] if n in room else 10**9
        for n in nodes
    ]
    options = [best_of_one(outlooks, lanes, stock, sku, nodes).items() for sku in skus]
    return max(
        sum(value for _, value in chosen)
        for chosen in product(*options)
        if all(
            sum(levels) <= limit
            for *levels, limit in zip(*(levels for levels, _ in chosen), limits, strict=True)
        )
    )


CONSERVED, IN_STOCK, WORTH_IT = (
    law for law in INVARIANTS if law.invariant_id.startswith("INV-TRANSFER")
)


def check_laws(plan, outlooks, lanes, stock, room):
    CONSERVED.require(plan)
    IN_STOCK.require(plan, stock)
    WORTH_IT.require(plan)
    known = {(each.source, each.target): each.cost_per_unit for each in lanes}
    after = {}
    skus = {each.sku for each in outlooks}
    for sku, node in product(skus, NODES):
        after[sku, node] = stock.available(sku, node)
    for each in plan.transfers:
        assert each.quantity > 0
        assert each.cost == known[each.source, each.target] * each.quantity
        after[each.sku, each.source] -= each.quantity
        after[each.sku, each.target] += each.quantity
    for sku, source in product(skus, NODES):
        gone = sum(t.quantity for t in plan.transfers if (t.sku, t.source) == (sku, source))
        assert gone <= stock.available(sku, source)
    for node, units in room.items():
        before = sum(stock.available(sku, node) for sku in skus)
        assert sum(after[sku, node] for sku in skus) <= before + units
    for each in plan.placements:
        assert after[each.sku, each.node] == each.after
        assert (each.reason.code == "rebalance.no_room") == ((each.next_gain_minor or 0) > 0)
    gain = sum(
        worth(outlooks, sku, node, level) - worth(outlooks, sku, node, stock.available(sku, node))
        for (sku, node), level in after.items()
    )
    assert plan.expected_gain_minor == gain - plan.cost.minor >= 0


@settings(max_examples=150)
@given(questions())
def test_no_other_moves_earn_more(question):
    outlooks, lanes, stock, room = question
    plan = rebalance(outlooks, lanes, stock, room=room)
    check_laws(plan, outlooks, lanes, stock, room)
    skus = sorted({str(each.sku) for each in outlooks}) or ["S"]
    assert plan.expected_gain_minor == best_of_all(outlooks, lanes, stock, room, NODES, skus)


@settings(max_examples=30)
@given(questions(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(question, random):
    outlooks, lanes, stock, room = question
    plan = rebalance(outlooks, lanes, stock, room=room)
    random.shuffle(outlooks)
    random.shuffle(lanes)
    turned = dict(reversed(room.items()))
    assert rebalance(iter(outlooks), iter(lanes), stock, room=turned) == plan


@settings(max_examples=30)
@given(questions())
def test_what_was_moved_stays_moved(question):
    """From where the units stand then, with the room that is left, nothing more gains."""
    outlooks, lanes, stock, _ = question
    # A unit is moved once: what came over one lane must not find another that leads on.
    lanes = [each for each in lanes if each.source == "a"] or [lane("a", "b", 1)]
    plan = rebalance(outlooks, lanes, stock)
    levels = {
        (str(sku), str(node)): units
        for sku, nodes in stock.levels.items()
        for node, units in nodes.items()
    }
    for each in plan.transfers:
        levels[str(each.sku), str(each.source)] -= each.quantity
        levels[str(each.sku), str(each.target)] += each.quantity
    again = rebalance(outlooks, lanes, StockSnapshot.of(levels))
    assert again.expected_gain_minor == 0


# --- a linear solver ---


def solved(highspy, outlooks, lanes, stock, room, nodes, skus):
    """The same question as a linear programme; of such a network the corners are integers."""
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    infinite = highspy.kHighsInf

    def variable(gain, most):
        model.addVariable(0.0, most)
        model.changeColCost(model.getNumCol() - 1, -float(gain))
        return model.getNumCol() - 1

    def row(low, high, entries):
        model.addRow(
            low, high, len(entries), [i for i, _ in entries], [float(c) for _, c in entries]
        )

    held = {node: [] for node in nodes}
    start = 0
    for sku in skus:
        comes = {node: [] for node in nodes}
        for source in nodes:
            goes = [(variable(0, infinite), 1)]
            comes[source].append(goes[0])
            for each in lanes:
                if each.source == source:
                    goes.append((variable(-each.cost_per_unit.minor, infinite), 1))
                    comes[each.target].append(goes[-1])
            have = stock.available(sku, source)
            row(have, have, goes)
            start += worth(outlooks, sku, source, have)
        for node in nodes:
            runs, last = [], 0
            for each in outlooks:
                if (each.sku, each.node) == (sku, node):
                    for units, chance in each.chances.items():
                        runs.append((variable(each.worth_of(chance), units - last), -1))
                        last = units
                    runs.append((variable(each.worth_of(Fraction()), infinite), -1))
            runs = runs or [(variable(0, infinite), -1)]
            row(0, 0, [*comes[node], *runs])
            held[node] += [(index, 1) for index, _ in runs]
    for node, units in room.items():
        row(-infinite, sum(stock.available(sku, node) for sku in skus) + units, held[node])
    model.run()
    return -model.getInfo().objective_function_value - float(start)


@st.composite
def larger(draw):
    nodes = tuple("abcdef")
    skus = tuple("STUVW")
    random = draw(st.randoms(use_true_random=True))
    outlooks = []
    for sku, node in product(skus, nodes):
        if random.random() < 0.7:
            units = sorted(random.sample(range(1, 60), 3))
            falling = sorted((random.randint(0, 20) for _ in units), reverse=True)
            chances = {u: Fraction(c, 20) for u, c in zip(units, falling, strict=True)}
            outlooks.append(
                outlook(node, chances, sku, random.randint(50, 900), random.randint(0, 90))
            )
    lanes = [
        lane(source, target, random.randint(0, 300))
        for source, target in product(nodes, nodes)
        if source != target and random.random() < 0.6
    ]
    levels = {(sku, node): random.choice((0, 0, 10, 80)) for sku, node in product(skus, nodes)}
    room = {node: random.randint(0, 60) for node in nodes if random.random() < 0.6}
    return outlooks, lanes, StockSnapshot.of(levels), room, nodes, skus


@settings(max_examples=25)
@given(larger())
def test_a_linear_solver_finds_the_same_gain(question):
    highspy = pytest.importorskip("highspy", reason="the solver extra is not installed")
    outlooks, lanes, stock, room, nodes, skus = question
    plan = rebalance(outlooks, lanes, stock, room=room)
    known = [sku for sku in skus if any(each.sku == sku for each in outlooks)]
    best = solved(highspy, outlooks, lanes, stock, room, nodes, known)
    assert float(plan.expected_gain_minor) == pytest.approx(best, abs=1e-4)


# --- wrong input ---


@pytest.mark.parametrize(
    ("make", "codes"),
    [
        (lambda: outlook("a", {0: 1}), ["outlook.units"]),
        (lambda: outlook("a", {"1": 1}), ["outlook.units"]),
        (lambda: outlook("a", {1: "1.5", 2: "-1"}), ["outlook.chance", "outlook.chance"]),
        (lambda: outlook("a", {1: "0.5", 2: "0.6"}), ["outlook.chance"]),
        (lambda: outlook("a", {1: 1}, gain=-1, left_over=-1), ["outlook.negative"] * 2),
        (
            lambda: DemandOutlook(
                sku="S", node="a", chances={}, gain=cny(1), left_over=Money(1, "EUR")
            ),
            ["outlook.currency"],
        ),
        (
            lambda: DemandOutlook.of_quantiles(
                {"x": 1, "2": 1}, sku="S", node="a", gain=cny(1)
            ),
            ["outlook.quantile"] * 2,
        ),
        (lambda: lane("a", "a", -1), ["lane.same_node", "lane.negative"]),
        (lambda: rebalance([], [], StockSnapshot.of({})), ["rebalance.empty"]),
        (
            lambda: rebalance(
                [outlook("a", {}), outlook("a", {})],
                [lane("a", "b", 1), lane("a", "b", 1)],
                StockSnapshot.of({}),
                room={"a": -1, "b": "1"},
            ),
            ["rebalance.outlook_twice", "rebalance.lane_twice", "rebalance.room", "rebalance.room"],
        ),
        (
            lambda: rebalance(
                [outlook("a", {})],
                [TransferLane(source="b", target="a", cost_per_unit=Money(1, "EUR"))],
                StockSnapshot.of({}),
            ),
            ["rebalance.currency"],
        ),
    ],
)  # fmt: skip
def test_wrong_input_is_refused_all_at_once(make, codes):
    with pytest.raises(InvalidBatch) as caught:
        make()
    assert [fault.code for fault in caught.value.faults] == codes


@pytest.mark.parametrize("chance", [0.5, True, "x", "1/0", None])
def test_a_chance_is_exact(chance):
    with pytest.raises(InvalidValue) as caught:
        outlook("a", {1: chance})
    assert (caught.value.code, caught.value.path) == ("outlook.chance", "chances[1]")


@pytest.mark.parametrize("chances", [None, [(1, "0.5")]])
def test_chances_are_a_mapping(chances):
    with pytest.raises(InvalidValue) as caught:
        outlook("a", chances)
    assert (caught.value.code, caught.value.path) == ("type.wrong", "chances")


def test_only_lanes_move_nothing():
    plan = rebalance([], [lane("a", "b", 1)], StockSnapshot.of({("S", "a"): 5}), room={"z": 1})
    assert (plan.transfers, plan.placements, plan.expected_gain_minor) == ((), (), 0)


# --- transfer rate ---


def test_units_that_other_channels_nodes_ship_are_counted():
    plan = allocate(tea_demand(), tea_network(), tea_stock(), at=instant("2026-11-11T00:00:00Z"))
    assert {str(node) for node in plan.nodes} == {"hefei"}
    homes = {"web": ["ningbo"], "shops": ["hefei", "ningbo"]}
    rate = transfer_rate([("web", plan), ("shops", plan), ("other", plan)], homes)
    assert rate == TransferRate(
        units={"web": 3, "shops": 3, "other": 3}, crossed={"web": 3, "other": 3}
    )
    assert (rate.rate, rate.of("web"), rate.of("shops")) == (Fraction(2, 3), 1, 0)
    assert transfer_rate([], {}).rate == 0


def test_the_laws_see_a_plan_that_breaks_them():
    stock = StockSnapshot.of({("S", "c"): 20})
    plan = rebalance([outlook("a", {8: "0.9"})], [lane("c", "a", 80)], stock)
    (placement,) = plan.placements
    wrong = attrs.evolve(plan, placements=(attrs.evolve(placement, after=9),))
    assert not CONSERVED.holds(wrong)
    assert not IN_STOCK.holds(plan, StockSnapshot.of({}))
    assert not WORTH_IT.holds(attrs.evolve(plan, expected_gain_minor=Fraction(-1)))
    assert not WORTH_IT.holds(attrs.evolve(plan, transfers=()))


def test_a_placement_is_a_value():
    plan = rebalance([outlook("a", {})], [], StockSnapshot.of({}))
    (only,) = plan.placements
    assert type(only) is Placement
    assert only.reason.code == "rebalance.no_source"

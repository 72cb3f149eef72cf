"""Rules that tie lines, nodes and services to each other, each by hand."""

from __future__ import annotations

import attrs
import pytest
from tests.allocation.drawn import eur, node, service
from tests.allocation.test_examples import (
    FAR,
    NEAR,
    demand,
    line,
    network,
    plan_of,
    stock,
    taken,
    why,
)

from ordercore.allocation import (
    NEAREST,
    Conditions,
    NodeCapacity,
    Take,
    broken_rules,
    hindrance,
    why_unfilled,
)
from ordercore.kernel import InvalidBatch, InvalidValue, Money
from ordercore.network import Network

ANYWHERE = service("s0", (5, 1), (5, 1))
NET = network(ANYWHERE, fixed=(10, 12))
CLASSES = ("ambient", "chilled")


def room(**nodes):
    return Conditions(capacity={name: NodeCapacity(units=units) for name, units in nodes.items()})


def codes(takes, order, net=NET, levels=None, **more):
    levels = stock(A_n0=9, B_n0=9, A_n1=9, B_n1=9) if levels is None else levels
    return [finding.code for finding in broken_rules(takes, order, net, levels, **more)]


def take(line_id="1", sku="A", at="n0", by="s0", quantity=1):
    return Take(line_id, sku=sku, node=at, service=by, quantity=quantity)


# --- capacity ---


def test_a_node_ships_no_more_units_than_it_takes_on():
    order = demand(line(quantity=3))
    levels = stock(A_n0=3, A_n1=3)
    plan = plan_of(order, NET, levels, conditions=room(n0=2))
    assert taken(plan) == [("1", "n1", 3)]  # 12 + 5, where two nodes cost 10 + 12 + 5 + 5
    both = plan_of(order, NET, levels, conditions=room(n0=2, n1=2))
    assert sum(units for _, _, units in taken(both)) == 3
    assert both.optimal
    assert codes([take(quantity=3)], order, conditions=room(n0=2)) == ["plan.over_capacity"]


def test_what_no_node_takes_on_stays_behind_and_says_so():
    order = demand(line(quantity=3))
    levels = stock(A_n0=3)
    plan = plan_of(order, NET, levels, conditions=room(n0=2))
    assert why(plan) == [("1", 1, "allocation.capacity")]
    assert plan.optimal
    with pytest.raises(InvalidBatch) as caught:
        plan.explain("line:1", order, NET, levels, conditions=room(n0=1))
    assert [f.code for f in caught.value.faults] == ["plan.other_conditions"]


@pytest.mark.parametrize("full", [NodeCapacity(orders=0), NodeCapacity(units=0)])
def test_a_node_that_takes_on_nothing_ships_nothing(full):
    closed = Conditions(capacity={"n0": full})
    plan = plan_of(demand(), NET, stock(A_n0=1), conditions=closed)
    assert why(plan) == [("1", 1, "allocation.node_full")]
    assert taken(plan_of(demand(), NET, stock(A_n0=1, A_n1=1), conditions=closed)) == [
        ("1", "n1", 1)
    ]
    assert codes([take()], demand(), conditions=closed) == ["plan.over_capacity"]
    answer = plan_of(demand(), NET, stock(A_n0=1, A_n1=1), conditions=closed).explain(
        "node:n0", demand(), NET, stock(A_n0=1, A_n1=1), conditions=closed
    )
    assert answer.reason.code == "allocation.node_full"


def test_a_node_with_orders_left_takes_on_any_number_of_units():
    some = Conditions(capacity={"n0": NodeCapacity(orders=1), "n9": NodeCapacity(units=0)})
    assert plan_of(demand(line(quantity=3)), NET, stock(A_n0=3), conditions=some).complete


@pytest.mark.parametrize("bad", [-1, True, "3", 1.5])
def test_capacity_is_counted_in_whole_numbers(bad):
    for field in ("orders", "units"):
        with pytest.raises((InvalidBatch, InvalidValue)) as caught:
            NodeCapacity(**{field: bad})
        assert field in str(caught.value)
    with pytest.raises((InvalidBatch, InvalidValue)):
        Conditions(capacity=bad)


# --- together and apart ---


def test_lines_kept_together_ship_from_one_node_though_two_are_cheaper():
    net = network(ANYWHERE, fixed=(1, 1, 40))
    order = demand(line(), line("2", "B"), keep_together=[["2", "1"]])
    levels = stock(A_n0=1, B_n1=1, A_n2=1, B_n2=1)
    assert [str(n) for n in plan_of(attrs.evolve(order, keep_together=()), net, levels).nodes] == [
        "n0",
        "n1",
    ]
    plan = plan_of(order, net, levels)
    assert [str(n) for n in plan.nodes] == ["n2"]
    assert plan.optimal
    assert plan.bound == plan.cost.total == eur(45)
    assert codes([take(), take("2", "B", "n1")], order) == ["plan.not_together"]


def test_of_lines_kept_together_the_most_units_ship_and_the_rest_says_why():
    order = demand(line(quantity=2), line("2", "B"), keep_together=[["1", "2"]])
    plan = plan_of(order, NET, stock(A_n0=1, B_n0=1, A_n1=2))
    assert sum(units for _, _, units in taken(plan)) == 2
    assert {code for _, _, code in why(plan)} <= {
        "allocation.keep_together",
        "allocation.stock_short",
    }
    assert plan.optimal
    near = plan_of(order, NET, stock(A_n0=1, B_n0=1, A_n1=2), strategy=NEAREST)
    assert {str(n) for n in near.nodes} in ({"n0"}, {"n1"})


def test_lines_kept_apart_go_by_two_services_or_from_two_nodes():
    net = network(ANYWHERE, service("s1", (9, 1), (9, 1)), fixed=(10, 12))
    order = demand(line(), line("2", "B"), keep_apart=[["1", "2"]])
    plan = plan_of(order, net, stock(A_n0=1, B_n0=1))
    assert [str(each.service) for each in plan.takes] in (["s0", "s1"], ["s1", "s0"])
    assert plan.cost.total == eur(24)
    assert plan.optimal
    one_way = plan_of(order, NET, stock(A_n0=1, B_n0=1, B_n1=1))
    assert taken(one_way) == [("1", "n0", 1), ("2", "n1", 1)]
    stuck = plan_of(order, NET, stock(A_n0=1, B_n0=1))
    assert [code for _, _, code in why(stuck)] == ["allocation.keep_apart"]
    assert codes([take(), take("2", "B")], order) == ["plan.not_apart"]


def test_classes_that_a_service_keeps_apart_are_not_handed_over_together():
    strict = service("s0", (5, 1), (5, 1), classes=CLASSES, classes_apart=[CLASSES])
    other = service("s1", (9, 1), (9, 1), classes=CLASSES)
    net = network(strict, other, fixed=(10, 10), classes=CLASSES)
    order = demand(line(), line("2", "B", handling_class="chilled"))
    plan = plan_of(order, net, stock(A_n0=1, B_n0=1))
    assert {str(each.service) for each in plan.takes} == {"s0", "s1"}
    assert plan.optimal
    assert codes([take(), take("2", "B")], order, net) == ["plan.not_apart"]
    ambient = demand(line(), line("2", "B"))
    alone = plan_of(ambient, net, stock(A_n0=1, B_n0=1))
    assert {str(each.service) for each in alone.takes} == {"s0"}


def test_a_class_is_barred_from_one_node_of_a_demand():
    order = demand(classes_barred=[("n0", "ambient"), ("n1", "frozen")])
    assert taken(plan_of(order, NET, stock(A_n0=1, A_n1=1))) == [("1", "n1", 1)]
    plan = plan_of(order, NET, stock(A_n0=1))
    assert why(plan) == [("1", 1, "allocation.class_barred")]
    assert codes([take()], order) == ["plan.class_barred"]


# --- worth ---


def test_a_part_of_a_split_is_worth_what_it_has_to_be():
    worth = {"unit_value": eur(10)}
    order = demand(line(**worth), line("2", "B", 2, **worth), min_split_value=eur(11))
    levels = stock(A_n0=1, B_n1=2)
    plan = plan_of(order, NET, levels)
    assert taken(plan) == [("2", "n1", 2)]
    assert why(plan) == [("1", 1, "allocation.split_value")]
    assert plan.optimal
    rich = attrs.evolve(order, min_split_value=eur(10))
    assert plan_of(rich, NET, levels).complete
    found = [take(), take("2", "B", "n1", quantity=2)]
    assert codes(found, order) == ["plan.split_value"]
    assert codes([take()], order) == []


def test_what_crosses_the_border_is_worth_no_more_than_it_may():
    net = Network([node("n0", NEAR, country="FR"), node("n1", NEAR, fixed=90)], [ANYWHERE])
    order = demand(line(quantity=3, unit_value=eur(10)), max_import_value=eur(25))
    plan = plan_of(order, net, stock(A_n0=3, A_n1=1))
    assert taken(plan) == [("1", "n0", 2), ("1", "n1", 1)]
    assert plan.optimal
    short = plan_of(order, net, stock(A_n0=3))
    assert why(short) == [("1", 1, "allocation.import_value")]
    assert short.optimal
    assert codes([take(quantity=3)], order, net) == ["plan.import_value"]
    home = network(ANYWHERE, fixed=(10, 12))
    assert plan_of(order, home, stock(A_n0=3)).complete


def test_a_unit_that_may_not_cross_the_border_says_so():
    net = Network([node("n0", FAR, country="FR")], [ANYWHERE])
    order = demand(line(unit_value=eur(26)), max_import_value=eur(25))
    assert why(plan_of(order, net, stock(A_n0=1))) == [("1", 1, "allocation.import_value")]
    reason = hindrance(order.lines[0], net.node("n0"), order, net, stock(A_n0=1))
    assert (reason.facts["value"], reason.facts["limit"]) == (eur(26), eur(25))
    free = demand(line(unit_value=None), max_import_value=eur(0))
    assert plan_of(free, net, stock(A_n0=1)).complete


def test_the_reason_of_a_rule_is_given_though_no_plan_was_made():
    order = demand(line(), min_split_value=eur(1))
    reason = why_unfilled(order.lines[0], 1, order, NET, stock(A_n0=1))
    assert reason.code == "allocation.split_value"
    assert reason.facts["least"] == eur(1)


# --- faults ---


@pytest.mark.parametrize(
    ("rules", "code", "path"),
    [
        ({"keep_together": [["1"]]}, "demand.keep_together", "keep_together[0]"),
        ({"keep_together": [["1", "9"]]}, "demand.keep_together", "keep_together[0]"),
        (
            {"keep_together": [["1", "2"], ["2", "3"]]},
            "demand.keep_together",
            "keep_together[1]",
        ),
        ({"keep_apart": [["1", "1"]]}, "demand.keep_apart", "keep_apart[0]"),
        ({"keep_apart": [["1", "2", "3"]]}, "demand.keep_apart", "keep_apart[0]"),
        ({"keep_apart": [["1", "9"]]}, "demand.keep_apart", "keep_apart[0]"),
        ({"min_split_value": eur(-1)}, "demand.value", "min_split_value"),
        ({"max_import_value": eur(-1)}, "demand.value", "max_import_value"),
    ],
)
def test_a_rule_is_about_lines_of_the_demand(rules, code, path):
    with pytest.raises(InvalidBatch) as caught:
        demand(line("1"), line("2"), line("3"), **rules)
    assert [(f.code, f.path) for f in caught.value.faults] == [(code, path)]


@pytest.mark.parametrize("field", ["keep_together", "keep_apart", "classes_barred"])
@pytest.mark.parametrize("bad", [5, "12", ["12"], [5], [[5]], [("n0",)], [("n0", 5)]])
def test_rules_of_another_kind_are_refused(field, bad):
    with pytest.raises((InvalidBatch, InvalidValue)):
        demand(line("1"), line("2"), **{field: bad})


@pytest.mark.parametrize("bad", [5, "ab", ["ab"], [("a", "a")], [("a",)], [("a", 5)], [("", "a")]])
def test_classes_apart_are_pairs_of_two_classes(bad):
    with pytest.raises((InvalidBatch, InvalidValue)):
        service("s0", (5, 1), classes_apart=bad)


def test_amounts_of_rules_are_in_the_currency_of_the_network():
    order = demand(min_split_value=Money(1, "USD"), max_import_value=Money(2, "USD"))
    with pytest.raises(InvalidBatch) as caught:
        plan_of(order, NET, stock(A_n0=1))
    assert [f.path for f in caught.value.faults] == ["min_split_value", "max_import_value"]


def test_the_digest_of_a_demand_follows_its_rules():
    lines = [line("1"), line("2", "B")]
    plain = plan_of(demand(*lines), NET, stock(A_n0=1)).demand_digest
    for rules in (
        {"keep_together": [["1", "2"]]},
        {"keep_apart": [["1", "2"]]},
        {"classes_barred": [("n9", "ambient")]},
        {"min_split_value": eur(1)},
        {"max_import_value": eur(1)},
    ):
        assert plan_of(demand(*lines, **rules), NET, stock(A_n0=1)).demand_digest != plain

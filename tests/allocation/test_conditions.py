"""Prices that the merchant adds: by unit, by node, by split."""

from __future__ import annotations

import pytest
from tests.allocation.drawn import NOW, eur
from tests.allocation.test_examples import demand, line, network, plan_of, service, stock, taken

from ordercore.allocation import (
    NEAREST,
    NO_CONDITIONS,
    Conditions,
    CostTerm,
    Take,
    allocate,
    evaluate,
)
from ordercore.kernel import InvalidBatch, InvalidValue, Money

ALIKE = (service("s0", (5, 1), (5, 1)),)
BOTH = network(*ALIKE, fixed=(10, 12))


def under(**terms):
    return Conditions(terms=terms)


def test_a_shadow_price_moves_a_unit_to_where_it_is_wanted_less():
    levels = stock(A_n0=1, A_n1=1)
    assert taken(plan_of(demand(), BOTH, levels)) == [("1", "n0", 1)]
    scarce = under(scarce=CostTerm(per_unit={"A": {"n0": eur(3)}}))
    plan = plan_of(demand(), BOTH, levels, conditions=scarce)
    assert taken(plan) == [("1", "n1", 1)]
    assert plan.cost.merchant == {"scarce": eur(0)}
    assert plan.cost.total == plan.bound == eur(17)
    assert plan.optimal


def test_the_price_of_one_sku_leaves_the_others_alone():
    levels = stock(A_n0=1, B_n0=1)
    scarce = under(scarce=CostTerm(per_unit={"A": {"n0": eur(7)}}))
    plan = plan_of(demand(line(), line("2", "B")), BOTH, levels, conditions=scarce)
    assert plan.cost.merchant["scarce"] == eur(7)


def test_every_kind_of_price_is_the_sum_that_a_clerk_would_write_down():
    term = CostTerm(
        per_unit={"A": {"n0": eur(1)}},
        per_node_unit={"n0": eur(10), "n1": eur(20)},
        per_node={"n1": eur(300)},
        per_split=eur(4000),
    )
    takes = [
        Take("1", sku="A", node="n0", service="s0", quantity=2),
        Take("2", sku="B", node="n1", service="s0", quantity=3),
    ]
    order = demand(line(quantity=2), line("2", "B", 3))
    cost = evaluate(takes, order, BOTH, conditions=under(mine=term))
    assert cost.merchant["mine"] == eur(2 * 1 + 2 * 10 + 3 * 20 + 300 + 4000)
    assert cost.total == evaluate(takes, order, BOTH).total + cost.merchant["mine"]
    assert evaluate([], order, BOTH, conditions=under(mine=term)).total == eur(0)


@pytest.mark.parametrize(("annoyance", "nodes"), [(7, ["n0", "n1"]), (9, ["n2"])])
def test_a_split_is_made_while_it_saves_more_than_it_annoys(annoyance, nodes):
    # Two nodes: 4 + 4 fixed, 5 + 5 freight; one: 21 + 5. The split saves 8.
    net = network(*ALIKE, fixed=(4, 4, 21))
    levels = stock(A_n0=1, B_n1=1, A_n2=1, B_n2=1)
    order = demand(line(), line("2", "B"))
    plan = plan_of(order, net, levels, conditions=under(split=CostTerm(per_split=eur(annoyance))))
    assert [str(n) for n in plan.nodes] == nodes
    assert plan.optimal
    assert plan.bound == plan.cost.total


def test_prices_choose_where_and_never_whether():
    dear = under(no=CostTerm(per_unit={"A": {"n0": eur(10**6)}}))
    assert plan_of(demand(), BOTH, stock(A_n0=1), conditions=dear).complete


def test_a_stated_penalty_is_weighed_against_them():
    dear = under(no=CostTerm(per_node_unit={"n0": eur(50)}))
    order = demand(line(unfilled_penalty=eur(40)))
    assert plan_of(order, BOTH, stock(A_n0=1)).complete
    assert not plan_of(order, BOTH, stock(A_n0=1), conditions=dear).takes


def test_nearest_pays_them_without_looking():
    dear = under(no=CostTerm(per_node={"n0": eur(50)}))
    levels = stock(A_n0=1, A_n1=1)
    plan = allocate(demand(), BOTH, levels, at=NOW, strategy=NEAREST, conditions=dear)
    assert taken(plan) == [("1", "n0", 1)]
    assert plan.cost.total == eur(65)
    assert plan.bound == eur(17)


def test_a_plan_is_explained_under_its_own_conditions_only():
    levels = stock(A_n0=1, A_n1=1)
    scarce = under(scarce=CostTerm(per_unit={"A": {"n0": eur(3)}, "Z": {"n0": eur(9)}}))
    plan = plan_of(demand(), BOTH, levels, conditions=scarce)
    answer = plan.explain("node:n0", demand(), BOTH, levels, conditions=scarce)
    assert answer.cost_if_used == eur(18)
    with pytest.raises(InvalidBatch) as caught:
        plan.explain("node:n0", demand(), BOTH, levels)
    assert [f.code for f in caught.value.faults] == ["plan.other_conditions"]
    # What is said of other SKUs makes no difference.
    same = under(scarce=CostTerm(per_unit={"A": {"n0": eur(3)}, "Y": {"n1": eur(1)}}))
    assert plan.explain("node:n0", demand(), BOTH, levels, conditions=same) == answer
    assert plan_of(demand(), BOTH, levels).conditions_digest == ""


@pytest.mark.parametrize(
    ("make", "codes"),
    [
        (lambda: CostTerm(), ["term.empty"]),
        (
            lambda: CostTerm(
                per_unit={"A": {"n0": eur(-1)}},
                per_node={"n0": eur(-2)},
                per_node_unit={"n0": eur(-3)},
                per_split=Money(-4, "USD"),
            ),
            ["term.amount"] * 4 + ["term.currency"],
        ),
        (lambda: under(freight=CostTerm(per_split=eur(1))), ["conditions.term"]),
        (lambda: Conditions(terms={"": CostTerm(per_split=eur(1))}), ["conditions.term"]),
        (
            lambda: under(a=CostTerm(per_split=eur(1)), b=CostTerm(per_split=Money(1, "USD"))),
            ["conditions.currency"],
        ),
    ],
)
def test_all_faults_of_conditions_are_reported(make, codes):
    with pytest.raises(InvalidBatch) as caught:
        make()
    assert [f.code for f in caught.value.faults] == codes


@pytest.mark.parametrize("bad", [5, "n0", {"A": 5}, {"A": {"n0": 5}}, {5: {"n0": 5}}])
def test_prices_of_another_kind_are_refused(bad):
    with pytest.raises((InvalidBatch, InvalidValue)):
        CostTerm(per_unit=bad)
    with pytest.raises((InvalidBatch, InvalidValue)):
        CostTerm(per_node=bad)


def test_conditions_are_in_the_currency_of_the_network():
    dollars = under(a=CostTerm(per_split=Money(1, "USD")))
    with pytest.raises(InvalidBatch) as caught:
        plan_of(demand(), BOTH, stock(A_n0=1), conditions=dollars)
    assert [f.code for f in caught.value.faults] == ["conditions.currency"]
    with pytest.raises(InvalidBatch):
        evaluate([], demand(), BOTH, conditions=dollars)


def test_without_conditions_nothing_is_added():
    assert NO_CONDITIONS.split_minor == 0
    assert plan_of(demand(), BOTH, stock(A_n0=1)).cost.merchant == {}

"""Contradictions of a demand: all at once, with line and node; and what is planned in spite of them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.allocation.drawn import NOW, conditions, demands, eur, networks, service, stocks
from tests.allocation.knots import knot
from tests.allocation.test_examples import demand, line, network, plan_of, stock, taken, why

from ordercore.allocation import Conditions, NodeCapacity, allocate, demand_findings
from ordercore.kernel import Severity

NET = network(service("s0", (5, 1), (5, 1)), fixed=(10, 12))
STRICT = Conditions(plan_rest=False)


def found(order, net=NET, levels=None, under=None):
    levels = stock(A_n0=1, A_n1=1, B_n0=1) if levels is None else levels
    more = {} if under is None else {"conditions": under}
    return [
        (f.code, str(f.severity.value), f.path)
        for f in demand_findings(order, net, levels, at=NOW, **more)
    ]


def test_a_sound_demand_has_none():
    order = demand(
        line(unit_value=eur(1)),
        line("2", "B", unit_value=eur(1)),
        due=date(2026, 11, 12),
        latest=date(2026, 11, 20),
        keep_together=[["1", "2"]],
        allowed_nodes=["n0", "n1"],
        forbidden_nodes=["n1"],
        allowed_services=["s0"],
        min_split_value=eur(5),
    )
    assert found(order) == []


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"latest": date(2026, 11, 10)}, ("demand.latest_past", "error", "latest")),
        (
            {"latest": date(2026, 11, 20), "due": date(2026, 11, 21)},
            ("demand.due_after_latest", "warning", "due"),
        ),
        (
            {"allowed_nodes": ["n0"], "forbidden_nodes": ["n0"]},
            ("demand.no_node_left", "error", "allowed_nodes"),
        ),
        ({"allowed_nodes": ["n0", "n7"]}, ("demand.unknown_node", "warning", "allowed_nodes")),
        ({"forbidden_nodes": ["n7"]}, ("demand.unknown_node", "warning", "forbidden_nodes")),
        (
            {"classes_barred": [("n7", "ambient")]},
            ("demand.unknown_node", "warning", "classes_barred"),
        ),
        (
            {"allowed_services": ["s0", "s7"]},
            ("demand.unknown_service", "warning", "allowed_services"),
        ),
        (
            {"max_import_value": eur(5)},
            ("demand.value_untold", "warning", "lines[1].unit_value"),
        ),
        (
            {"min_split_value": eur(5)},
            ("demand.value_untold", "warning", "lines[1].unit_value"),
        ),
    ],
)
def test_each_contradiction_has_its_code(rules, expected):
    assert expected in found(demand(line(), **rules))


def test_a_group_over_two_classes_that_no_node_handles_both_of_is_named():
    order = demand(line(), line("2", "B", handling_class="chilled"), keep_together=[["1", "2"]])
    assert ("demand.together_nowhere", "error", "keep_together[0]") in found(order)


def test_a_unit_that_no_carrier_takes_is_named_with_each_node_that_has_it():
    order = demand(line(weight_g=1001), line("2", "B"))
    assert found(order) == [
        ("allocation.unit_too_large", "error", "lines[1]@n0"),
        ("allocation.unit_too_large", "error", "lines[1]@n1"),
    ]
    only_near = network(service("s0", (5, 1)), fixed=(10, 12))
    assert found(demand(), only_near, stock(A_n1=1)) == [
        ("allocation.no_service", "error", "lines[1]@n1")
    ]
    assert found(demand(), only_near) == []
    assert found(demand(), NET, stock()) == []


def test_limits_of_the_value_of_parcels_ask_for_values():
    net = network(service("s0", (5, 1), (5, 1), max_value=eur(9)))
    assert found(demand(), net) == [("demand.value_untold", "warning", "lines[1].unit_value")]


def test_conditions_are_looked_at_too():
    full = Conditions(capacity={"n0": NodeCapacity(orders=0), "n9": NodeCapacity()})
    assert found(demand(), NET, stock(A_n0=1), full) == [
        ("allocation.node_full", "error", "lines[1]@n0"),
        ("demand.unknown_node", "warning", "conditions.capacity"),
    ]


def test_all_are_told_at_once():
    order = demand(
        line(weight_g=1001),
        line("2", "B", handling_class="frozen"),
        keep_together=[["1", "2"]],
        latest=date(2026, 11, 1),
        forbidden_nodes=["mars"],
    )
    assert {code for code, _, _ in found(order)} == {
        "allocation.class_not_handled",
        "allocation.unit_too_large",
        "demand.latest_past",
        "demand.together_nowhere",
        "demand.unknown_node",
    }


def test_the_rest_is_planned_where_the_merchant_allows_it():
    order = demand(line(weight_g=1001), line("2", "B"))
    levels = stock(A_n0=1, B_n0=1)
    assert taken(plan_of(order, NET, levels)) == [("2", "n0", 1)]
    refused = plan_of(order, NET, levels, conditions=STRICT)
    assert not refused.takes
    assert why(refused) == [
        ("1", 1, "allocation.contradictory"),
        ("2", 1, "allocation.contradictory"),
    ]
    assert refused.unfilled[0].reason.facts["findings"] == ("allocation.unit_too_large",)
    assert refused.bound == refused.cost.total
    answer = refused.explain("node:n0", order, NET, levels, conditions=STRICT)
    assert answer.reason.code == "allocation.contradictory"


def test_a_warning_refuses_nothing():
    order = demand(forbidden_nodes=["mars"])
    assert plan_of(order, NET, stock(A_n0=1), conditions=STRICT).complete


@given(demands(), networks(), stocks(), conditions())
def test_a_line_with_an_error_never_ships(order, net, levels, under):
    plan = allocate(order, net, levels, at=NOW, conditions=under)
    shipped = {f"lines[{take.line_id}]" for take in plan.takes}
    for finding in demand_findings(order, net, levels, at=NOW, conditions=under):
        if finding.severity is Severity.ERROR:
            assert finding.path.partition("@")[0] not in shipped


@given(st.integers(0, 10**9))
def test_a_sound_knot_is_planned_alike_in_earnest(seed):
    order, net, levels, under = knot(seed)
    strict = Conditions(terms=under.terms, capacity=under.capacity, plan_rest=False)
    plan = allocate(order, net, levels, at=NOW, conditions=strict)
    errors = [
        finding
        for finding in demand_findings(order, net, levels, at=NOW, conditions=strict)
        if finding.severity is Severity.ERROR
    ]
    if errors:
        assert not plan.takes
    else:
        assert plan.takes == allocate(order, net, levels, at=NOW, conditions=under).takes

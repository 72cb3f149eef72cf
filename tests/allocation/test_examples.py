"""Plans, reasons, broken rules and faults, each computed by hand."""

from __future__ import annotations

import attrs
import pytest
from tests.allocation.drawn import NOW, TARGET, eur, node, service

from ordercore.allocation import (
    COST_TERMS,
    FEWEST_SPLITS,
    INVARIANTS,
    LEAST_COST,
    NEAREST,
    CostBreakdown,
    Criterion,
    Demand,
    DemandLine,
    Limits,
    LineExplanation,
    NodeExplanation,
    Strategy,
    Take,
    allocate,
    broken_rules,
    evaluate,
    hindrance,
    loads_of,
    why_unfilled,
)
from ordercore.inventory import StockSnapshot
from ordercore.kernel import InvalidBatch, InvalidValue, Money, NotFound
from ordercore.network import Destination, Network, Region

NEAR, FAR = 100_000, 3_000_000


def line(line_id="1", sku="A", quantity=1, **more):
    return DemandLine(line_id, sku=sku, quantity=quantity, **more)


def demand(*lines, **rules):
    return Demand("o-1", lines or [line()], TARGET, **rules)


def stock(**levels):
    """``stock(A_n0=3)``: three of A at n0."""
    return StockSnapshot.of({tuple(key.split("_")): units for key, units in levels.items()})


def network(*services, fixed=(10, 10), **more):
    nodes = [
        node(f"n{number}", (NEAR, FAR)[number % 2], fixed=cost, **more)
        for number, cost in enumerate(fixed)
    ]
    return Network(nodes, services or [service("s0", (5, 1), (9, 2))])


def plan_of(order, net, levels, **more):
    return allocate(order, net, levels, at=NOW, **more)


def taken(plan):
    return [(str(t.line_id), str(t.node), t.quantity) for t in plan.takes]


def why(plan):
    return [(str(u.line_id), u.quantity, u.reason.code) for u in plan.unfilled]


# --- plans ---


def test_each_term_of_the_cost_is_the_sum_that_a_clerk_would_write_down():
    net = network(service("s0", (5, 1), weight=1000, volume=50), fixed=(10,), unit=3, parcel=2)
    order = demand(line(quantity=3, weight_g=700, volume_cm3=20))
    plan = plan_of(order, net, stock(A_n0=3))
    (load,) = plan.loads
    # 2100 g: three parcels of a kilogram, three started kilograms; 60 cm³ would need two parcels.
    assert (load.parcels, load.started_kg, load.units) == (3, 3, 3)
    assert (load.weight_g, load.volume_cm3, load.freight) == (2100, 60, eur(18))
    terms = {term: plan.cost.terms[term].minor for term in COST_TERMS}
    assert terms == {
        "freight": 18,
        "lateness": 0,
        "node_fixed": 10,
        "parcel_handling": 6,
        "unfilled_penalty": 0,
        "unit_handling": 9,
    }
    assert plan.cost.total == eur(43)
    assert plan.cost.unit_handling == eur(9)
    assert plan.cost.parcel_handling == eur(6)
    assert plan.cost.freight == eur(18)
    assert plan.cost.node_fixed == eur(10)
    assert plan.parcels == 3
    assert plan.optimal


def test_one_node_with_everything_beats_two_near_ones():
    levels = stock(A_n0=1, B_n1=1, A_n1=1)
    plan = plan_of(demand(line(), line("2", "B")), network(), levels)
    assert taken(plan) == [("1", "n1", 1), ("2", "n1", 1)]
    assert plan.cost.total == eur(19)


def test_nearest_splits_where_least_cost_does_not():
    levels = stock(A_n0=1, B_n1=1, A_n1=1)
    order = demand(line(), line("2", "B"))
    plan = plan_of(order, network(), levels, strategy=NEAREST)
    assert taken(plan) == [("1", "n0", 1), ("2", "n1", 1)]
    assert plan.cost.total == eur(34)
    assert plan.bound == eur(19)
    assert not plan.optimal
    assert plan.gap == eur(15)


def test_fewest_splits_pays_for_the_single_node_when_two_are_cheaper():
    net = network(fixed=(0, 0, 90))
    levels = stock(A_n0=1, B_n1=1, A_n2=1, B_n2=1)
    order = demand(line(), line("2", "B"))
    assert len(plan_of(order, net, levels).nodes) == 2
    few = plan_of(order, net, levels, strategy=FEWEST_SPLITS)
    assert [str(n) for n in few.nodes] == ["n2"]
    assert few.optimal
    assert few.bound == few.cost.total == eur(95)


def test_without_a_point_nearest_goes_by_the_names_of_nodes():
    flat = Network(
        [node("b", NEAR, fixed=1), node("a", FAR, fixed=9)],
        [attrs.evolve(service("s0", (5, 1)), zoning=_flat(), rates=_flat_rates())],
    )
    order = Demand("o-1", [line()], Destination(Region("GB")))
    levels = StockSnapshot.of({("A", "a"): 1, ("A", "b"): 1})
    plan = plan_of(order, flat, levels, strategy=NEAREST)
    assert taken(plan) == [("1", "a", 1)]
    assert plan.bound == eur(6)


def _flat():
    from ordercore.network import Zoning

    return Zoning.flat()


def _flat_rates():
    from ordercore.network import Rate

    return {"all": Rate(eur(5), per_started_kg=eur(1), days=1)}


def test_lines_of_one_sku_share_its_stock():
    order = demand(line("1", quantity=2), line("2", quantity=2))
    plan = plan_of(order, network(fixed=(10,)), stock(A_n0=3))
    assert sum(take.quantity for take in plan.takes) == 3
    assert sum(short.quantity for short in plan.unfilled) == 1
    assert {reason for _, _, reason in why(plan)} == {"allocation.stock_short"}


def test_classes_never_share_a_parcel():
    both = ("ambient", "chilled")
    net = network(service("s0", (5, 1), classes=both), fixed=(10,), classes=both)
    order = demand(line(), line("2", "B", handling_class="chilled"))
    plan = plan_of(order, net, stock(A_n0=1, B_n0=1))
    assert [load.handling_class for load in plan.loads] == ["ambient", "chilled"]
    assert plan.cost.total == eur(20)


def test_a_dominated_service_is_never_used_and_a_cheaper_one_with_room_is():
    worse, better = service("s0", (5, 2)), service("s1", (5, 1))
    plan = plan_of(demand(), network(worse, better, fixed=(10,)), stock(A_n0=1))
    assert plan.takes[0].service == "s1"


def test_a_heavy_load_with_a_choice_of_services_is_planned_by_the_cheaper():
    # 50 kg: ten parcels of s0 at 5 + 50 kg at 1, or two of s1 at 9 + 50 kg at 2.
    net = network(service("s0", (5, 1), weight=5_000), service("s1", (9, 2), weight=25_000))
    order = demand(line(quantity=50, weight_g=1_000))
    plan = plan_of(order, net, stock(A_n0=50))
    assert [str(take.service) for take in plan.takes] == ["s0"]
    assert plan.cost.total == eur(110)
    assert plan.bound <= plan.cost.total


def test_of_equal_services_the_first_by_name_is_used():
    net = network(service("s1", (5, 1)), service("s0", (5, 1)), fixed=(10,))
    assert plan_of(demand(), net, stock(A_n0=1)).takes[0].service == "s0"


def test_a_penalty_is_paid_where_shipping_costs_more_and_never_otherwise():
    cheap = plan_of(demand(line(unfilled_penalty=eur(14))), network(), stock(A_n0=1))
    assert why(cheap) == [("1", 1, "allocation.penalty_is_cheaper")]
    assert cheap.cost.unfilled_penalty == cheap.cost.total == eur(14)
    dear = plan_of(demand(line(unfilled_penalty=eur(16))), network(), stock(A_n0=1))
    assert dear.complete
    assert dear.cost.total == eur(15)


def test_without_a_penalty_every_unit_that_can_travel_does():
    plan = plan_of(demand(), network(fixed=(10_000,)), stock(A_n0=1))
    assert plan.complete


# --- reasons of shortage ---


@pytest.mark.parametrize(
    ("order", "levels", "expected"),
    [
        (demand(line(quantity=2)), {}, "allocation.no_stock"),
        (demand(line(quantity=3)), {"A_n0": 2}, "allocation.stock_short"),
        (demand(forbidden_nodes=["n0"]), {"A_n0": 2}, "allocation.node_not_allowed"),
        (demand(allowed_nodes=["n1"]), {"A_n0": 2}, "allocation.node_not_allowed"),
        (demand(line(handling_class="frozen")), {"A_n0": 2}, "allocation.class_not_handled"),
        (demand(allowed_services=["s9"]), {"A_n0": 2}, "allocation.no_service"),
        (demand(line(weight_g=1001)), {"A_n0": 2}, "allocation.unit_too_large"),
        (demand(line(volume_cm3=1001)), {"A_n0": 2}, "allocation.unit_too_large"),
        (
            demand(line(quantity=3, splittable=False)),
            {"A_n0": 2, "A_n1": 1},
            "allocation.not_splittable",
        ),
        (demand(line(quantity=2), max_nodes=1), {"A_n0": 1, "A_n1": 1}, "allocation.max_nodes"),
        (
            demand(line(), line("2", "B"), ship_complete="order"),
            {"A_n0": 1},
            "allocation.ship_complete",
        ),
        (demand(line(quantity=2), ship_complete="line"), {"A_n0": 1}, "allocation.stock_short"),
    ],
)
def test_every_shortage_says_its_reason(order, levels, expected):
    plan = plan_of(order, network(), stock(**levels))
    assert expected in {code for _, _, code in why(plan)}
    first = plan.unfilled[0]
    assert first.reason.facts["need"] == order.lines[0].quantity
    assert first.reason.facts["short"] == first.quantity
    assert plan.optimal


def test_the_reason_that_most_nodes_share_is_given_with_their_names():
    # n0 and n2 are forbidden; n1 has the stock but no service reaches from there.
    net = network(service("s0", (5, 1)), fixed=(1, 1, 1))
    order = demand(forbidden_nodes=["n0", "n2"])
    (short,) = plan_of(order, net, stock(A_n0=1, A_n1=1, A_n2=1)).unfilled
    assert short.reason.code == "allocation.node_not_allowed"
    assert short.reason.facts["nodes"] == ("n0", "n2")


def test_when_reasons_tie_the_first_by_name_is_given():
    net = network(service("s0", (5, 1)))
    (short,) = plan_of(demand(forbidden_nodes=["n0"]), net, stock(A_n0=1, A_n1=1)).unfilled
    assert short.reason.code == "allocation.no_service"
    assert short.reason.facts["nodes"] == ("n1",)


def test_a_shortage_that_nothing_else_explains_is_one_of_stock():
    order, net = demand(), network()
    assert why_unfilled(order.lines[0], 1, order, net, stock(A_n0=1)).code == (
        "allocation.stock_short"
    )


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (demand(line(sku="B")), "allocation.no_stock"),
        (demand(forbidden_nodes=["n0"]), "allocation.node_not_allowed"),
        (demand(line(handling_class="frozen")), "allocation.class_not_handled"),
        (demand(allowed_services=[]), "allocation.no_service"),
        (demand(line(weight_g=1001)), "allocation.unit_too_large"),
    ],
)
def test_each_hindrance_has_its_code(order, expected):
    net = network()
    found = hindrance(order.lines[0], net.node("n0"), order, net, stock(A_n0=1))
    assert found.code == expected
    assert found.facts["node"] == "n0"
    assert found.obtain


def test_a_unit_at_the_limit_travels():
    order = demand(line(weight_g=1000, volume_cm3=1000))
    net = network()
    assert hindrance(order.lines[0], net.node("n0"), order, net, stock(A_n0=1)) is None


# --- rules ---


def test_at_most_so_many_nodes_ship_and_the_most_units_go():
    levels = stock(A_n0=1, A_n1=2)
    plan = plan_of(demand(line(quantity=3), max_nodes=1), network(), levels)
    assert taken(plan) == [("1", "n1", 2)]
    near = plan_of(demand(line(quantity=3), max_nodes=1), network(), levels, strategy=NEAREST)
    assert taken(near) == [("1", "n0", 1)]


def test_an_unsplittable_line_ships_from_one_node_short_if_need_be():
    order = demand(line(quantity=3, splittable=False))
    assert taken(plan_of(order, network(), stock(A_n0=1, A_n1=2))) == [("1", "n1", 2)]


def test_ship_complete_order_ships_nothing_rather_than_a_part():
    order = demand(line(), line("2", "B"), ship_complete="order")
    assert taken(plan_of(order, network(), stock(A_n0=1))) == []
    assert len(plan_of(order, network(), stock(A_n0=1, B_n1=1)).takes) == 2


def test_ship_complete_line_ships_whole_lines_only():
    order = demand(line(quantity=2), line("2", "B"), ship_complete="line")
    assert taken(plan_of(order, network(), stock(A_n0=1, B_n0=1))) == [("2", "n0", 1)]


def test_allowed_services_are_the_only_ones_used():
    net = network(service("s0", (1, 0)), service("s1", (9, 0), weight=900), fixed=(10,))
    plan = plan_of(demand(allowed_services="s1"), net, stock(A_n0=1))
    assert [str(take.service) for take in plan.takes] == ["s1"]


# --- pricing someone else's plan ---

GOOD = Take("1", sku="A", node="n0", service="s0", quantity=1)


def test_a_lawful_plan_breaks_nothing():
    assert broken_rules([GOOD], demand(), network(), stock(A_n0=1)) == ()


@pytest.mark.parametrize(
    ("change", "order", "expected"),
    [
        ({"line_id": "9"}, demand(), {"plan.unknown_line"}),
        ({"node": "n9"}, demand(), {"plan.unknown_node", "plan.over_stock"}),
        ({"service": "s9"}, demand(), {"plan.unknown_service"}),
        ({"sku": "B"}, demand(), {"plan.sku", "plan.over_stock"}),
        ({"quantity": 2}, demand(), {"plan.over_stock", "plan.over_quantity"}),
        ({}, demand(forbidden_nodes="n0"), {"plan.node_not_allowed"}),
        ({}, demand(allowed_nodes=["n1"]), {"plan.node_not_allowed"}),
        ({}, demand(allowed_services=["s1"]), {"plan.service_not_allowed"}),
        (
            {},
            demand(line(handling_class="frozen")),
            {"plan.class_not_handled", "plan.class_not_carried"},
        ),
        ({}, demand(line(weight_g=1001)), {"plan.unit_too_large"}),
        ({}, demand(line(quantity=2), ship_complete="line"), {"plan.incomplete_line"}),
        ({}, demand(line(quantity=2), ship_complete="order"), {"plan.incomplete_order"}),
    ],
)
def test_each_planted_fault_is_found_and_nothing_else(change, order, expected):
    take = attrs.evolve(GOOD, **change)
    found = broken_rules([take], order, network(), stock(A_n0=1))
    assert {finding.code for finding in found} == expected
    assert list(found) == sorted(found)


def test_a_missing_rate_a_split_line_and_too_many_nodes_are_found():
    net = network(service("s0", (5, 1)))
    far = attrs.evolve(GOOD, node="n1")
    order = demand(line(quantity=2, splittable=False), max_nodes=1)
    found = broken_rules([GOOD, far], order, net, stock(A_n0=1, A_n1=1))
    assert [finding.code for finding in found] == [
        "plan.line_split",
        "plan.max_nodes",
        "plan.no_rate",
    ]
    assert broken_rules([], demand(ship_complete="order"), net, stock()) == ()


def test_evaluating_what_does_not_exist_is_refused():
    for change in ({"line_id": "9"}, {"node": "n9"}, {"service": "s9"}):
        with pytest.raises(NotFound):
            evaluate([attrs.evolve(GOOD, **change)], demand(), network())
    net = network(service("s0", (5, 1)))
    with pytest.raises(NotFound):
        loads_of([attrs.evolve(GOOD, node="n1")], demand(), net)


def test_evaluating_more_than_was_asked_adds_no_negative_penalty():
    order = demand(line(unfilled_penalty=eur(7)))
    cost = evaluate([attrs.evolve(GOOD, quantity=3)], order, network())
    assert cost.unfilled_penalty == eur(0)
    assert evaluate([], order, network()).total == eur(7)


def test_each_invariant_sees_its_own_violation():
    order, net, levels = demand(line(quantity=2)), network(), stock(A_n0=2)
    plan = plan_of(order, net, levels)
    conserved, lawful, priced, bounded = INVARIANTS[:4]
    less = attrs.evolve(plan, takes=(GOOD,))
    assert conserved.check(less, order).witness["in_plan"] == 1
    assert lawful.check(plan, order, net, stock(A_n0=1)).witness["code"] == "plan.over_stock"
    dearer = network(fixed=(11, 10))
    assert priced.check(plan, order, dearer).witness["plan"] == str(plan.cost.total)
    high = attrs.evolve(plan, bound=plan.cost.total + eur(1))
    assert bounded.check(high).witness["cost"] == str(plan.cost.total)


# --- explanations ---


def test_a_node_explains_itself():
    order, net, levels = demand(), network(), stock(A_n0=1, A_n1=1)
    plan = plan_of(order, net, levels)
    used = plan.explain("node:n0", order, net, levels)
    assert isinstance(used, NodeExplanation)
    assert (used.used, used.reason.code, used.reason.facts["units"]) == (True, "node.used", 1)
    other = plan.explain("node:n1", order, net, levels)
    assert (other.used, other.reason.code) == (False, "node.dearer")
    assert other.cost_if_used == other.bound_if_used == eur(19)
    assert other.reason.facts["more"] == eur(4)


def test_a_node_that_no_lawful_plan_uses_says_so():
    # Two of A are asked for whole; n1 has one, n0 two: with one node, n1 can never be it.
    order = demand(line(quantity=2), ship_complete="order", max_nodes=1)
    net, levels = network(), stock(A_n0=2, A_n1=1)
    plan = plan_of(order, net, levels)
    answer = plan.explain("node:n1", order, net, levels)
    assert answer.reason.code == "node.not_lawful"
    assert answer.cost_if_used is None


def test_a_hindered_node_says_what_hinders_it_other_than_stock_if_it_can():
    order = demand(line(), line("2", "B"), forbidden_nodes=["n1"])
    net, levels = network(), stock(A_n0=1, B_n0=1, B_n1=1)
    plan = plan_of(order, net, levels)
    assert plan.explain("node:n1", order, net, levels).reason.code == "allocation.node_not_allowed"
    empty = stock(A_n0=1, B_n0=1)
    plan = plan_of(order, net, empty)
    assert plan.explain("node:n1", order, net, empty).reason.code == "allocation.no_stock"


def test_a_line_explains_where_its_units_come_from():
    order, net = demand(line(quantity=2)), network(fixed=(10, 10, 10))
    levels = stock(A_n0=1, A_n1=0, A_n2=0)
    plan = plan_of(order, net, levels)
    answer = plan.explain("line:1", order, net, levels)
    assert isinstance(answer, LineExplanation)
    assert answer.unfilled == 1
    assert answer.reason.code == "allocation.stock_short"
    assert {str(n): r.code for n, r in answer.nodes.items()} == {
        "n0": "node.used",
        "n1": "allocation.no_stock",
        "n2": "allocation.no_stock",
    }
    full = stock(A_n0=2, A_n1=2)
    whole = plan_of(order, net, full).explain("line:1", order, net, full)
    assert whole.reason.code == "line.filled"
    assert whole.unfilled == 0
    assert whole.nodes["n1"].code == "node.not_needed"
    assert whole.nodes["n1"].facts["have"] == 2


def test_an_explanation_refuses_other_inputs_all_at_once():
    order, net, levels = demand(), network(), stock(A_n0=1)
    plan = plan_of(order, net, levels)
    with pytest.raises(InvalidBatch) as caught:
        plan.explain("node:n0", demand(line(quantity=9)), network(fixed=(1, 1)), stock(A_n0=9))
    assert [fault.code for fault in caught.value.faults] == [
        "plan.other_demand",
        "plan.other_network",
        "plan.other_stock",
    ]


def test_unknown_subjects_are_refused():
    order, net, levels = demand(), network(), stock(A_n0=1)
    plan = plan_of(order, net, levels)
    for about in ("node:n9", "line:9"):
        with pytest.raises(NotFound):
            plan.explain(about, order, net, levels)
    with pytest.raises(InvalidValue) as caught:
        plan.explain("service:s0", order, net, levels)
    assert caught.value.code == "plan.about"


# --- bad input ---


def codes(raised):
    return [fault.code for fault in raised.value.faults]


def test_a_bad_line_lists_every_fault():
    with pytest.raises(InvalidBatch) as caught:
        DemandLine(
            "1",
            sku="A",
            quantity=0,
            weight_g=-1,
            volume_cm3=1.5,
            handling_class="",
            splittable=1,
            unfilled_penalty=eur(-1),
        )
    assert codes(caught) == [
        "demand.quantity",
        "demand.weight_g",
        "demand.volume_cm3",
        "demand.handling_class",
        "demand.splittable",
        "demand.unfilled_penalty",
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", True),
        ("quantity", 1.0),
        ("weight_g", True),
        ("volume_cm3", -1),
        ("volume_cm3", None),
        ("handling_class", 3),
        ("splittable", None),
        ("unfilled_penalty", 3),
    ],
)
def test_each_field_of_a_line_is_watched(field, value):
    with pytest.raises(InvalidBatch) as caught:
        line(**{field: value})
    assert codes(caught) == [f"demand.{field}"]


def test_a_bad_demand_lists_every_fault():
    with pytest.raises(InvalidBatch) as caught:
        Demand(
            "o-1",
            [
                line("1", unfilled_penalty=eur(1)),
                line("1", unfilled_penalty=Money(1, "USD")),
            ],
            "Leeds",
            max_nodes=0,
        )
    assert codes(caught) == [
        "demand.duplicate_line",
        "demand.currency",
        "demand.destination",
        "demand.max_nodes",
    ]
    with pytest.raises(InvalidBatch) as caught:
        Demand("o-1", [], TARGET, max_nodes=True)
    assert codes(caught) == ["demand.no_lines", "demand.max_nodes"]
    with pytest.raises(InvalidBatch) as caught:
        Demand("o-1", [line(), "a line"], TARGET)
    assert codes(caught) == ["demand.line"]


def test_lines_are_found_by_id_and_single_names_are_taken_as_sets():
    order = demand(line(), allowed_nodes="n0", forbidden_nodes="n1", allowed_services=["s0"])
    assert order.line("1") is order.lines[0]
    assert order.line("2") is None
    assert order.allowed_nodes == {"n0"}
    assert order.forbidden_nodes == {"n1"}
    assert order.allows("n0")
    assert not order.allows("n1")
    assert not order.allows("n2")
    assert order.units == 1


def test_penalties_in_another_currency_than_the_network_are_refused():
    order = demand(line(unfilled_penalty=Money(1, "USD")), line("2"))
    with pytest.raises(InvalidBatch) as caught:
        plan_of(order, network(), stock())
    assert codes(caught) == ["demand.currency"]
    assert caught.value.faults[0].path == "lines[1].unfilled_penalty"


def test_an_empty_network_needs_a_currency_from_somewhere():
    with pytest.raises(InvalidBatch) as caught:
        plan_of(demand(), Network(), stock())
    assert codes(caught) == ["network.empty"]
    plan = plan_of(demand(line(unfilled_penalty=eur(3)), line("2")), Network(), stock())
    assert plan.cost.total == eur(3)
    assert plan.optimal


def test_costs_and_takes_are_checked_values():
    with pytest.raises(InvalidBatch) as caught:
        CostBreakdown({"freight": eur(1), "tips": Money(1, "USD")})
    assert codes(caught) == ["cost.terms", "cost.currency"]
    for quantity in (0, True, 1.0):
        with pytest.raises(InvalidValue) as wrong:
            attrs.evolve(GOOD, quantity=quantity)
        assert wrong.value.code == "take.quantity"


@pytest.mark.parametrize("steps", [-1, 1.0, True, None])
def test_a_limit_is_a_whole_number_of_steps(steps):
    with pytest.raises(InvalidValue) as caught:
        Limits(steps)
    assert caught.value.code == "limits.search_nodes"


@pytest.mark.parametrize("strategy", [LEAST_COST, FEWEST_SPLITS, NEAREST])
def test_strategies_survive_json(strategy):
    assert Strategy.from_json(strategy.to_json()) == strategy


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, ["strategy.field", "strategy.field"]),
        ({"name": "x", "criteria": ["cost"], "more": 1}, ["strategy.field"]),
        ({"name": 3, "criteria": "cost"}, ["strategy.field", "strategy.field"]),
        ({"name": "x", "criteria": ["luck"]}, ["strategy.field"]),
        ({"name": "", "criteria": ["cost", "nodes"]}, ["strategy.name", "strategy.criteria"]),
        ({"name": "a\nb", "criteria": ["cost"]}, ["strategy.name"]),
    ],
)
def test_a_bad_strategy_lists_every_fault(data, expected):
    with pytest.raises(InvalidBatch) as caught:
        Strategy.from_json(data)
    assert codes(caught) == expected


def test_a_single_criterion_may_be_named_alone():
    assert Strategy("mine", "cost").criteria == (Criterion.COST,)
    with pytest.raises(InvalidBatch):
        Strategy(3, "cost")

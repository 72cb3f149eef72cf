"""When loads arrive, what lateness costs, and what may not arrive late."""

from __future__ import annotations

from datetime import date, datetime

import attrs
import pytest
from tests.allocation.drawn import NOW, TARGET, eur, node, service
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

from ordercore.allocation import INVARIANTS, Take, broken_rules, evaluate, hindrance, loads_of
from ordercore.kernel import BusinessCalendar, InvalidBatch, InvalidValue, Zone, instant
from ordercore.network import Network

WEDNESDAY = date(2026, 11, 11)
UTC = Zone.load("UTC")


def day(number):
    return date(2026, 11, number)


def both(**more):
    """n0 near by (1 day), n1 far away (3 days), n0 the dearer."""
    return network(service("s0", (5, 1), (5, 1), **more), fixed=(30, 10))


def test_a_load_arrives_after_lead_collection_and_way():
    # Handled Thursday (after the cut-off), two working days: Monday. Collected Wednesday, one day.
    depot = BusinessCalendar(UTC, week={"mon-fri": "08:00-18:00"}, cut_off="16:00")
    van = BusinessCalendar(UTC, week={"wed": "08:00-18:00"})
    net = Network(
        [node("n0", NEAR, calendar=depot, lead_days=2)], [service("s0", (5, 1), calendar=van)]
    )
    take = Take("1", sku="A", node="n0", service="s0", quantity=1)
    (load,) = loads_of([take], demand(), net, at=instant("2026-11-11T16:00Z"))
    assert load.arrives == day(19)
    assert loads_of([take], demand(), net)[0].arrives is None
    assert net.service("s0").arrival_day(net.node("n0"), TARGET, NOW) == day(19)


def test_a_node_without_a_calendar_works_daily_and_its_days_are_those_of_utc():
    place = node("n0", NEAR, lead_days=3)
    assert place.ready_day(instant("2026-11-12T01:00+08:00")) == day(14)
    assert service("s0", (5, 1)).arrival_day(node("n0", FAR), TARGET, NOW) is None


def test_lateness_is_days_times_units_times_penalty():
    order = demand(line(quantity=2, late_penalty=eur(3)), due=day(12))
    plan = plan_of(order, both(), stock(A_n1=2))
    # From n1 in three days: two days late, two units.
    assert plan.arrives == day(14)
    assert plan.cost.lateness == eur(12)
    assert plan.cost.total == plan.bound == eur(27)
    assert plan.optimal


@pytest.mark.parametrize(("penalty", "expected"), [(9, "n1"), (11, "n0")])
def test_the_quicker_node_is_used_where_lateness_costs_more(penalty, expected):
    order = demand(line(late_penalty=eur(penalty)), due=day(12))
    plan = plan_of(order, both(), stock(A_n0=1, A_n1=1))
    assert taken(plan) == [("1", expected, 1)]
    assert plan.optimal


def test_a_quicker_service_is_kept_though_it_is_dearer():
    quick = attrs.evolve(service("b", (9, 1), (9, 1)))
    slow = service("a", (5, 1), (5, 1), calendar=BusinessCalendar(UTC, week={"fri": "08:00-18:00"}))
    net = network(slow, quick, fixed=(10,))
    late = demand(line(late_penalty=eur(3)), due=day(12))
    assert plan_of(late, net, stock(A_n0=1)).takes[0].service == "b"
    assert plan_of(demand(), net, stock(A_n0=1)).takes[0].service == "a"
    strict = demand(latest=day(12))
    assert plan_of(strict, net, stock(A_n0=1)).takes[0].service == "b"


def test_what_would_arrive_after_the_latest_day_stays_behind():
    order = demand(line(), line("2", "B"), latest=day(13))
    plan = plan_of(order, both(), stock(A_n1=1, B_n0=1))
    assert taken(plan) == [("2", "n0", 1)]
    assert why(plan) == [("1", 1, "allocation.too_late")]
    assert plan.unfilled[0].reason.facts["nodes"] == ("n1",)
    assert plan.optimal
    reason = hindrance(order.lines[0], both().node("n1"), order, both(), stock(A_n1=1), at=NOW)
    assert (reason.facts["arrives"], reason.facts["latest"]) == ("2026-11-14", "2026-11-13")
    assert hindrance(order.lines[0], both().node("n1"), order, both(), stock(A_n1=1)) is None


def test_the_latest_day_itself_is_in_time():
    assert plan_of(demand(latest=day(14)), both(), stock(A_n1=1)).complete


def test_a_take_that_arrives_late_breaks_a_rule():
    order = demand(latest=day(13))
    take = Take("1", sku="A", node="n1", service="s0", quantity=1)
    found = broken_rules([take], order, both(), stock(A_n1=1), at=NOW)
    assert [(f.code, f.path) for f in found] == [("plan.too_late", "takes[1@n1/s0]")]


@pytest.mark.parametrize("days", [{"due": WEDNESDAY}, {"latest": WEDNESDAY}])
def test_a_demand_with_days_is_judged_with_its_instant_only(days):
    order = demand(**days)
    with pytest.raises(InvalidValue) as caught:
        evaluate([], order, both())
    assert caught.value.code == "plan.at"
    with pytest.raises(InvalidValue) as caught:
        broken_rules([], order, both(), stock())
    assert caught.value.code == "plan.at"


@pytest.mark.parametrize("bad", ["2026-11-11", 3, datetime(2026, 11, 11), NOW])
@pytest.mark.parametrize("field", ["due", "latest"])
def test_a_day_is_a_date(field, bad):
    with pytest.raises((InvalidBatch, InvalidValue)) as caught:
        demand(**{field: bad})
    assert field in str(caught.value)


@pytest.mark.parametrize("bad", [-1, 3661, True, "2"])
def test_lead_days_are_counted_in_whole_days(bad):
    with pytest.raises((InvalidBatch, InvalidValue)) as caught:
        node("n0", NEAR, lead_days=bad)
    assert "lead_days" in str(caught.value)


def test_the_calendar_of_a_service_is_one():
    with pytest.raises((InvalidBatch, InvalidValue)) as caught:
        service("s0", (5, 1), calendar="daily")
    assert "calendar" in str(caught.value)


def test_the_laws_see_a_late_plan():
    order = demand(latest=day(14))
    plan = plan_of(order, both(), stock(A_n1=1))
    lawful = INVARIANTS[1]
    assert lawful.holds(plan, order, both(), stock(A_n1=1))
    stricter = attrs.evolve(order, latest=day(13))
    breach = lawful.check(plan, stricter, both(), stock(A_n1=1))
    assert breach.witness["code"] == "plan.too_late"


def test_nothing_arrives_where_nothing_ships():
    assert plan_of(demand(), both(), stock()).arrives is None


def test_the_digest_of_a_demand_follows_its_days():
    plain = plan_of(demand(), both(), stock(A_n0=1)).demand_digest
    for changed in (
        demand(due=day(20)),
        demand(latest=day(20)),
        demand(line(late_penalty=eur(1))),
    ):
        assert plan_of(changed, both(), stock(A_n0=1)).demand_digest != plain

"""Limits of stages: due at the boundary, once, cleared by a scan, stopped by holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.test_fulfilling import FO, GONE, PACKED, PLANNED, cmd, scan

from ordercore.kernel import (
    BusinessCalendar,
    Context,
    Duration,
    InvalidBatch,
    InvalidValue,
    WorkingHours,
    Zone,
    instant,
    shift,
)
from ordercore.orders import (
    FULFILMENT,
    CloseOrder,
    Flow,
    HandOver,
    HoldScope,
    MigrateFlow,
    OrderDecider,
    OrderRules,
    PlaceHold,
    RecordDelivery,
    ReleaseFulfilment,
    ReleaseHold,
    StartPicking,
    Tick,
    decide,
    inactivity,
    replay,
)
from ordercore.statemachine import stage

START = instant("2026-11-11T01:00:00Z")
WATCHED = inactivity(
    FULFILMENT,
    {"reminder": Duration.of(hours=24), "exception": Duration.of(hours=48)},
    version="watched",
)
SHOP = OrderDecider(
    OrderRules(flows=[Flow(machine=WATCHED), Flow(machine=FULFILMENT, retired=True)])
)


def at(hours=0.0, seconds=0):
    return Context(now=shift(START, seconds=round(hours * 3600) + seconds), actor="clock")


def tell(order, message, context):
    answer = SHOP.decide(order, message, context).accepted()
    return replay(order, answer.events), answer


def gone():
    order, _ = tell(PACKED, cmd(MigrateFlow, "m", to=WATCHED.pin), at())
    return tell(order, cmd(HandOver, "go", **FO, shipment_id="s-1"), at())


def tick(n):
    return Tick("o-1", command_id=f"t-{n}")


def passed(answer):
    return [(e.limit, e.stage) for e in answer.events if type(e).__name__ == "LimitPassed"]


def test_handing_over_sets_both_timers():
    _, answer = gone()
    assert [(t.timer_id, t.at) for t in answer.due] == [
        ("o-1/stage/fo-1/reminder", shift(START, hours=24)),
        ("o-1/stage/fo-1/exception", shift(START, hours=48)),
    ]
    assert all(isinstance(t.command, Tick) for t in answer.due)


@pytest.mark.parametrize(
    ("hours", "seconds", "expected"),
    [
        (24, -1, []),
        (24, 0, ["reminder"]),
        (24, 1, ["reminder"]),
        (48, -1, ["reminder"]),
        (48, 0, ["reminder", "exception"]),
        (48, 1, ["reminder", "exception"]),
    ],
)
def test_a_limit_is_passed_at_its_boundary_to_the_second(hours, seconds, expected):
    order, _ = gone()
    order, answer = tell(order, tick(1), at(hours, seconds))
    assert [limit for limit, _ in passed(answer)] == expected
    assert [e.topic for e in answer.effects] == [f"limit.{limit}" for limit in expected]
    assert order.fulfilments[0].passed == tuple(expected)


def test_each_limit_is_told_once_however_often_the_clock_rings():
    order, _ = gone()
    order, first = tell(order, tick(1), at(24))
    assert passed(first) == [("reminder", "handed_over")]
    for n, hours in enumerate((24, 25, 30), 2):
        order, again = tell(order, tick(n), at(hours))
        assert passed(again) == []
    order, late = tell(order, tick(9), at(100))
    assert passed(late) == [("exception", "handed_over")]
    assert SHOP.decide(order, tick(9), at(101)).repeated


def test_a_scan_clears_what_was_passed_and_begins_anew():
    order, _ = gone()
    order, _ = tell(order, tick(1), at(24))
    order, seen = tell(order, scan(1, "seen"), at(25))
    assert order.fulfilments[0].passed == ()
    assert [t.at for t in seen.due] == [shift(START, hours=49), shift(START, hours=73)]
    order, early = tell(order, tick(2), at(48))
    assert passed(early) == []
    order, again = tell(order, tick(3), at(49))
    assert passed(again) == [("reminder", "handed_over")]


def test_what_has_ended_is_not_waited_for():
    order, _ = gone()
    order, _ = tell(order, RecordDelivery("o-1", fact_id="d", shipment_id="s-1"), at(1))
    order, answer = tell(order, tick(1), at(99))
    assert passed(answer) == []


def test_a_flow_that_nobody_knows_any_more_sets_no_timer():
    order, _ = gone()
    answer = decide(order, scan(1, "seen"), at(1))
    assert answer.due == ()


@pytest.mark.parametrize(
    ("scope", "moved"),
    [
        (HoldScope(), True),
        (HoldScope("fulfilment", ["fo-1"]), True),
        (HoldScope("shipment", ["s-1"]), True),
        (HoldScope("lines", ["2"]), True),
        (HoldScope("fulfilment", ["fo-9"]), False),
    ],
)
def test_a_hold_stops_the_clock(scope, moved):
    order, _ = gone()
    hold = PlaceHold("o-1", command_id="h", hold_id="h-1", code="customs", scope=scope)
    order, _ = tell(order, hold, at(10))
    order, _ = tell(order, ReleaseHold("o-1", command_id="r", hold_id="h-1"), at(15))
    order, on_time = tell(order, tick(1), at(24))
    assert bool(passed(on_time)) is not moved
    order, later = tell(order, tick(2), at(29))
    assert bool(passed(later)) is moved


@given(st.lists(st.integers(1, 40), max_size=5))
def test_the_clock_runs_from_the_last_sign_of_life(gaps):
    order, _ = gone()
    hours = 0
    told = 0
    for n, gap in enumerate(gaps):
        order, answer = tell(order, tick(f"before-{n}"), at(hours + gap))
        expected = (gap >= 24) + (gap >= 48)
        assert len(passed(answer)) == expected
        told += expected
        hours += gap
        order, _ = tell(order, scan(n, "seen"), at(hours))
    assert order.fulfilments[0].stage == "handed_over"


def test_working_hours_are_those_of_the_named_calendar():
    desk = BusinessCalendar(Zone("UTC"), week={"mon-fri": "09:00-17:00"})
    slow = FULFILMENT.with_(
        stage("check", after="released", limit=WorkingHours(4), calendar="desk"), version="slow"
    )
    with pytest.raises(InvalidBatch) as told:
        OrderRules(flows=[Flow(machine=slow)])
    assert [(f.code, f.value) for f in told.value.faults] == [("rules.calendar", "desk")]
    rules = OrderRules(
        flows=[Flow(machine=slow), Flow(machine=FULFILMENT, retired=True)],
        calendars={"desk": desk},
    )
    shop = OrderDecider(rules)
    order = PLANNED
    answers = []
    # Wednesday noon: five hours are left of the day, so four working hours end it at 16:00.
    for message in (
        cmd(MigrateFlow, 1, to=slow.pin),
        cmd(ReleaseFulfilment, 2, **FO),
        cmd(StartPicking, 3, **FO),
    ):
        answers.append(shop.decide(order, message, at(11)).accepted())
        order = replay(order, answers[-1].events)
    assert order.fulfilments[0].stage == "check"
    assert [t.at for t in answers[-1].due] == [instant("2026-11-11T16:00:00Z")]


def test_a_stage_to_watch_must_be_one():
    with pytest.raises(InvalidValue) as told:
        inactivity(FULFILMENT, {"late": Duration.of(hours=1)}, version="x", stages=["moon"])
    assert (told.value.code, told.value.value) == ("inactivity.stage", "moon")
    only = inactivity(FULFILMENT, {"late": Duration.of(hours=1)}, version="x", stages=["packed"])
    assert [s.id for s in only.states if s.limits] == ["packed"]


def test_what_never_arrived_is_named_when_the_order_is_to_be_closed():
    lost = replay(GONE, decide(GONE, scan(1, "lost"), at()).events)
    close = CloseOrder("o-1", command_id="close")
    reasons = decide(lost, close, at()).reasons
    assert [(r.code, r.facts.get("line"), r.facts.get("units")) for r in reasons] == [
        ("close.units_lost", "1", 2),
        ("close.units_lost", "2", 1),
    ]
    for reason in reasons:
        lost = replay(lost, decide(lost, reason.remedy, at()).accepted().events)
    assert "close.units_lost" not in decide(lost, close, at()).codes
    assert "close.return_open" in decide(lost, close, at()).codes

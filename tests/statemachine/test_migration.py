"""Pins and plans: every live state has its place, and units stay where they are."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from ordercore.kernel import InvalidBatch, InvalidDefinition, InvalidValue, Refused, instant
from ordercore.orders import FULFILMENT
from ordercore.statemachine import (
    INVARIANTS,
    Clock,
    Machine,
    MachinePin,
    MachineSpec,
    Migrated,
    MigrationPlan,
    Rehearsal,
    State,
    Stray,
    Transition,
    gate,
    stage,
)
from ordercore.statemachine.pin import spec_digest
from ordercore.testing.strategies import machines

WAY = ("allocated", "packed", "shipped", "delivered")
EXITS = ("cancelled", "returned")


def line(version: str, *states: tuple[str, str], **changes: Any) -> Machine:
    """A machine whose states follow each other; each with what it counts as."""
    ids = [name for name, _ in states]
    return Machine(
        attrs.evolve(
            MachineSpec(
                "parcel",
                version=version,
                initial=ids[0],
                states=[
                    State(name, counts_as=position, terminal=name == ids[-1])
                    for name, position in states
                ],
                transitions=[
                    Transition(f"go{number}", *pair) for number, pair in enumerate(pairwise(ids))
                ],
                commands=[f"go{number}" for number in range(len(ids) - 1)],
                positions=WAY,
                exits=EXITS,
            ),
            **changes,
        )
    )


OLD = line("1", ("open", "allocated"), ("packed", "packed"), ("sent", "shipped"), ("end", ""))
NEW = line(
    "2",
    ("open", "allocated"),
    ("packed", "packed"),
    ("customs", "shipped"),
    ("sent", "shipped"),
    ("end", ""),
)


def findings(
    mapping: dict[str, str], new: Machine = NEW, old: Machine = OLD
) -> list[tuple[str, str, str | None]]:
    with pytest.raises(InvalidDefinition) as caught:
        old.migrate_to(new, mapping)
    assert caught.value.subject == f"migration of parcel from {old.version} to {new.version}"
    assert all(finding.message for finding in caught.value.findings)
    return [(f.code, f.path, f.value) for f in caught.value.findings]


# --- pins ---------------------------------------------------------------------------------------


@given(machines())
def test_a_pin_names_the_machine_and_what_it_does(machine):
    pin = machine.pin
    assert pin == MachinePin.of(machine.spec)
    assert (pin.machine, pin.version, pin.digest) == (machine.id, machine.version, machine.digest)


def test_titles_make_no_other_machine_and_everything_else_does():
    told = attrs.evolve(
        OLD.spec,
        states=[attrs.evolve(s, titles={"en": "x"}, notes={"zh": "注"}) for s in OLD.states],
        transitions=[
            attrs.evolve(e, titles={"en": "x"}, notes={"en": "y"}) for e in OLD.transitions
        ],
        words={"go1": {"en": "Go"}},
    )
    assert Machine(told).pin == OLD.pin
    assert Machine(told) != OLD
    first = OLD.states[0]
    for changed in (
        attrs.evolve(OLD.spec, positions=(*WAY, "filed")),
        attrs.evolve(OLD.spec, exits=("cancelled",)),
        attrs.evolve(OLD.spec, states=[attrs.evolve(first, counts_as="x"), *OLD.states[1:]]),
        attrs.evolve(OLD.spec, states=[attrs.evolve(first, calendar="x"), *OLD.states[1:]]),
        attrs.evolve(OLD.spec, states=[attrs.evolve(first, category="x"), *OLD.states[1:]]),
    ):
        assert spec_digest(changed) != OLD.digest


def test_a_pin_refuses_every_bad_field():
    with pytest.raises(InvalidBatch) as caught:
        MachinePin("", " 1", "")
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("machine.name", "machine"),
        ("machine.name", "version"),
        ("pin.digest", "digest"),
    ]
    with pytest.raises(InvalidBatch):
        MachinePin("m", "1", 3)


# --- plans --------------------------------------------------------------------------------------


def test_the_design_case_moves_parcels_that_were_handed_over_into_customs():
    new = FULFILMENT.with_(
        stage("customs", after="packed"),
        gate("hand_over", needs=("customs.declaration_no", "tax.review")),
        version="2026-11",
    )
    plan = FULFILMENT.migrate_to(new, {"handed_over": "customs"})
    assert plan.findings == ()
    assert plan.states["handed_over"] == "customs"
    assert plan.states["in_transit"] == "in_transit"
    assert set(plan.states) == {s.id for s in FULFILMENT.states if not s.terminal}
    assert plan.ended == ("cancelled", "delivered", "lost", "returned")
    assert plan.apply(FULFILMENT.pin, "handed_over") == Migrated(new.pin, "customs", restart=True)
    # The way back is named too: the stage is not there.
    assert new.migrate_to(FULFILMENT, {"customs": "handed_over"}).findings == ()


@given(machines(), st.data())
def test_a_plan_moves_every_live_state_and_keeps_where_units_stand(machine, data):
    edges = [edge for edge in machine.transitions if edge.source != edge.target]
    edge = data.draw(st.sampled_from(edges))
    new = machine.with_(
        stage("new stage", after=edge.source, before=edge.target, edges=edge.command),
        version="next",
    )
    live = [state.id for state in machine.states if not state.terminal]
    mapping = data.draw(
        st.dictionaries(st.sampled_from(live), st.sampled_from([s.id for s in new.states]))
    )
    try:
        plan = machine.migrate_to(new, mapping)
    except InvalidDefinition as refused:
        event("refused")
        for finding in refused.findings:
            assert finding.code in {
                "migration.skips",
                "migration.moves_back",
                "migration.leaves_way",
                "migration.ends",
            }
        return
    event("made")
    INVARIANTS[4].require(plan, machine, new)
    for state in live:
        moved = plan.apply(machine.pin, state).accepted()
        target = new.state(moved.state)
        assert target.id == mapping.get(state, state)
        before = machine.state(state).counts_as
        assert before == target.counts_as or not (before and target.counts_as)
        assert moved.pin == new.pin
        assert not moved.is_refused


def test_each_state_that_is_left_is_listed():
    assert findings({}, old=NEW, new=OLD) == [("migration.unmapped", "mapping[customs]", "customs")]
    assert findings({"open": "moon", "nowhere": "packed", "end": "end"}, new=OLD, old=NEW) == [
        ("migration.not_live", "mapping[end]", "end"),
        ("migration.unknown_source", "mapping[nowhere]", "nowhere"),
        ("migration.unknown_target", "mapping[open]", "moon"),
        ("migration.unmapped", "mapping[customs]", "customs"),
    ]


def test_units_neither_go_back_nor_pass_what_they_never_were():
    assert findings({"sent": "packed"}) == [
        ("migration.moves_back", "mapping[sent]", "shipped → packed")
    ]
    assert findings({"open": "customs"}) == [
        ("migration.skips", "mapping[open]", "allocated → shipped")
    ]
    gone = line("3", ("open", "cancelled"), ("packed", ""), ("sent", ""), ("end", ""))
    assert findings({}, new=gone) == [
        ("migration.leaves_way", "mapping[open]", "allocated → cancelled")
    ]


def test_a_way_that_only_the_old_machine_declares_is_used():
    plain = line(
        "3",
        ("open", "allocated"),
        ("packed", "packed"),
        ("sent", "packed"),
        ("end", ""),
        positions=(),
        exits=(),
    )
    assert findings({}, new=plain) == [
        ("migration.moves_back", "mapping[sent]", "shipped → packed")
    ]


def test_a_state_that_counts_as_nothing_says_nothing():
    silent = line("3", ("open", ""), ("packed", ""), ("sent", ""), ("end", ""))
    assert OLD.migrate_to(silent, {"open": "sent"}).findings == ()
    assert silent.migrate_to(OLD, {"open": "sent"}).findings == ()


def test_one_version_is_one_machine():
    twin = line("1", ("open", "allocated"), ("packed", "packed"), ("sent", "shipped"), ("end", ""))
    assert OLD.migrate_to(twin).apply(OLD.pin, "open").codes == ("migration.already",)
    other = Machine(attrs.evolve(NEW.spec, version="1"))
    assert findings({}, new=other) == [("migration.same_version", "version", "1")]


def test_an_end_without_a_command_is_a_warning():
    plan = OLD.migrate_to(NEW, {"sent": "end"})
    assert [(f.code, f.severity.value, f.path) for f in plan.findings] == [
        ("migration.ends", "warning", "mapping[sent]")
    ]
    assert plan.apply(OLD.pin, "sent").state == "end"


# --- applying and rehearsing --------------------------------------------------------------------

PLAN = OLD.migrate_to(NEW, {"sent": "customs"})
THIRD = MachinePin("parcel", "0", "0a")


def test_what_is_not_moved_says_why():
    refusals = {
        "migration.already": PLAN.apply(NEW.pin, "open"),
        "migration.other_version": PLAN.apply(THIRD, "open"),
        "migration.ended": PLAN.apply(OLD.pin, "end"),
        "migration.unknown_state": PLAN.apply(OLD.pin, "moon"),
    }
    for code, refusal in refusals.items():
        assert refusal.codes == (code,)
        assert refusal.reasons[0].facts["machine"] == "parcel"
        with pytest.raises(Refused):
            refusal.accepted()
    with pytest.raises(InvalidValue) as caught:
        PLAN.apply("1", "open")
    assert (caught.value.code, caught.value.path) == ("type.wrong", "pin")


@pytest.mark.parametrize(
    ("clock", "stayed", "moved"),
    [
        ("keep", False, False),
        (Clock.RESTART, True, True),
        ("restart_moved", False, True),
    ],
)
def test_the_time_already_spent_is_kept_or_starts_anew(clock, stayed, moved):
    plan = OLD.migrate_to(NEW, {"sent": "customs"}, clock=clock)
    assert plan.apply(OLD.pin, "packed").restart is stayed
    assert plan.apply(OLD.pin, "sent").restart is moved
    entered, now = instant("2026-11-10T08:00Z"), instant("2026-11-11T08:00Z")
    assert plan.apply(OLD.pin, "sent").since(entered, at=now) == (now if moved else entered)
    with pytest.raises(InvalidValue) as caught:
        OLD.migrate_to(NEW, {"sent": "customs"}, clock="stop")
    assert caught.value.code == "choice.unknown"


def test_a_rehearsal_by_hand():
    report = PLAN.rehearse(
        [
            ("a", OLD.pin, "sent"),
            ("b", OLD.pin, "sent"),
            ("c", OLD.pin, "open"),
            ("d", OLD.pin, "end"),
            ("e", NEW.pin, "customs"),
            ("f", THIRD, "open"),
            ("g", OLD.pin, "moon"),
        ]
    )
    assert report == Rehearsal(
        total=7,
        moved={"sent": 2, "open": 1},
        arriving={"customs": 2, "open": 1},
        restarted=2,
        ended={"end": 1},
        already=1,
        strays=(
            Stray("f", THIRD, "open", "migration.other_version"),
            Stray("g", OLD.pin, "moon", "migration.unknown_state"),
        ),
    )
    assert not report.complete
    assert [stray.key for stray in report.other_versions] == ["f"]
    assert [stray.key for stray in report.not_covered] == ["g"]
    assert str(report).splitlines() == [
        "7 instances: 3 move, 1 have ended, 1 already there, 2 left behind",
        "  from open: 1",
        "  from sent: 2",
        "  to customs: 2",
        "  to open: 1",
        "  ended in end: 1",
        "  f in open of parcel 0 (0a): migration.other_version",
        f"  g in moon of {OLD.pin}: migration.unknown_state",
    ]
    assert PLAN.rehearse([]).complete


instances = st.lists(
    st.tuples(
        st.text("abc", min_size=1),
        st.sampled_from([OLD.pin, NEW.pin, THIRD]),
        st.sampled_from(["open", "packed", "sent", "end", "customs", "moon"]),
    )
)


@given(instances)
def test_a_rehearsal_counts_what_applying_does(given_instances):
    report = PLAN.rehearse(given_instances)
    moved = [
        a for _, pin, state in given_instances if isinstance(a := PLAN.apply(pin, state), Migrated)
    ]
    assert sum(report.moved.values()) == sum(report.arriving.values()) == len(moved)
    assert report.restarted == sum(answer.restart for answer in moved)
    assert (
        report.total
        == len(given_instances)
        == (len(moved) + sum(report.ended.values()) + report.already + len(report.strays))
    )
    # Afterwards everything that moved is there, and a second run moves nothing more.
    after = [
        (key, a.pin, a.state)
        if isinstance(a := PLAN.apply(pin, state), Migrated)
        else (key, pin, state)
        for key, pin, state in given_instances
    ]
    again = PLAN.rehearse(after)
    assert not again.moved
    assert again.already == report.already + len(moved)
    assert again.strays == report.strays


@pytest.mark.parametrize(
    ("make", "path"),
    [(lambda: OLD.migrate_to("2"), "new"), (lambda: OLD.migrate_to(NEW, ["open"]), "mapping")],
)
def test_what_is_no_machine_or_no_mapping_is_refused(make, path):
    with pytest.raises(InvalidValue) as caught:
        make()
    assert (caught.value.code, caught.value.path) == ("type.wrong", path)


def test_a_plan_may_be_written_by_hand_and_refuses_a_clock_that_is_none():
    with pytest.raises(InvalidValue):
        MigrationPlan(old=OLD.pin, new=NEW.pin, states={}, clock="never")


def test_the_law_finds_its_breaches():
    law = INVARIANTS[4]
    assert law.check(PLAN, OLD, NEW) is None
    states = dict(PLAN.states)
    for broken in (
        {key: value for key, value in states.items() if key != "open"},
        states | {"open": "customs"},
    ):
        assert (
            law.check(attrs.evolve(PLAN, states=broken), OLD, NEW).invariant_id == "INV-MACHINE-5"
        )
    elsewhere = Machine(attrs.evolve(NEW.spec, version="9"))
    assert law.check(PLAN, OLD, elsewhere) is not None

"""Stages and gates: what they make of a machine, in which order, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import (
    Duration,
    InvalidBatch,
    InvalidDefinition,
    InvalidValue,
    WorkingHours,
)
from ordercore.orders import FULFILMENT
from ordercore.statemachine import (
    COMPLETE_STAGE,
    INVARIANTS,
    Machine,
    MachineSpec,
    NamedLimit,
    Overlay,
    State,
    Transition,
    gate,
    stage,
)
from ordercore.testing.strategies import machines, overlays

# draft → packed → sent → delivered, with exits; counted along a way.
STATES = [
    State("draft", category="open", counts_as="allocated"),
    State("packed", category="open", counts_as="packed"),
    State("sent", category="under_way", counts_as="shipped"),
    State("delivered", terminal=True, counts_as="delivered"),
    State("cancelled", terminal=True, counts_as="cancelled"),
    State("lost", terminal=True, counts_as="written_off"),
]
EDGES = [
    Transition("pack", "draft", "packed"),
    Transition("hand_over", "packed", "sent", guards=["labelled"], roles=["clerk"]),
    Transition("cancel", "draft", "cancelled"),
    Transition("cancel", "packed", "cancelled", roles=["clerk"]),
    Transition("note", "packed", "packed"),
    Transition("deliver", "sent", "delivered"),
    Transition("lose", "sent", "lost"),
]


def parcel(**changes: Any) -> Machine:
    base: dict[str, Any] = {
        "version": "1",
        "initial": "draft",
        "states": STATES,
        "transitions": EDGES,
        "commands": ["pack", "hand_over", "cancel", "note", "deliver", "lose"],
        "guards": ["labelled"],
        "roles": ["clerk"],
        "positions": ["allocated", "packed", "shipped", "delivered"],
        "exits": ["cancelled", "written_off"],
    }
    return Machine(MachineSpec("parcel", **(base | changes)))


PARCEL = parcel()
PLAIN = parcel(
    positions=[], exits=[], states=[attrs.evolve(state, counts_as="") for state in STATES]
)


def shown(machine: Machine, *touched: str) -> list[str]:
    return [
        str(edge)
        for edge in machine.transitions
        if not touched or edge.source in touched or edge.target in touched
    ]


def codes(*parts: Any, machine: Machine = PARCEL, version: str = "2") -> list[tuple[str, str]]:
    with pytest.raises(InvalidDefinition) as caught:
        machine.with_(*parts, version=version)
    assert caught.value.subject == f"machine {machine.id}"
    assert all(finding.message for finding in caught.value.findings)
    return [(finding.code, finding.path) for finding in caught.value.findings]


# --- a stage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("machine", [PARCEL, PLAIN], ids=["by positions", "by the edges"])
def test_a_stage_stands_on_the_way_and_can_be_left_like_the_state_before_it(machine):
    made = machine.with_(
        stage("customs", after="packed", limit=WorkingHours(24), needs="release", roles="broker"),
        version="2",
    )
    assert shown(made, "customs") == [
        "customs --cancel--> cancelled (clerk)",
        "customs --complete_stage--> sent [release] (broker)",
        "packed --hand_over--> customs [labelled] (clerk)",
    ]
    assert shown(made, "packed") == [
        "draft --pack--> packed",
        "packed --cancel--> cancelled (clerk)",
        "packed --hand_over--> customs [labelled] (clerk)",
        "packed --note--> packed",
    ]
    customs, sent = made.state("customs"), made.state("sent")
    assert (customs.category, customs.counts_as) == (sent.category, sent.counts_as)
    assert customs.limit == WorkingHours(24)
    assert not customs.terminal
    assert (made.id, made.version, made.findings) == ("parcel", "2", ())
    assert made.spec.commands == tuple(sorted([*machine.spec.commands, COMPLETE_STAGE]))
    assert made.spec.guards == ("labelled", "release")
    assert made.spec.roles == ("broker", "clerk")


def test_a_stage_keeps_what_is_given():
    part = stage(
        "customs",
        after="packed",
        completes="clear",
        category="abroad",
        counts_as="packed",
        calendar="customs",
        limits=[NamedLimit("reminder", Duration.of(hours=1))],
        titles={"zh": "海关"},
        notes={"zh": "报关"},
        words={"clear": {"zh": "放行"}},
        allows=("note", "cancel"),
    )
    made = PARCEL.with_(part, version="2")
    assert shown(made, "customs") == [
        "customs --cancel--> cancelled (clerk)",
        "customs --clear--> sent",
        "customs --note--> customs",
        "packed --hand_over--> customs [labelled] (clerk)",
    ]
    assert made.state("customs") == State(
        "customs",
        category="abroad",
        counts_as="packed",
        calendar="customs",
        limits=[NamedLimit("reminder", Duration.of(hours=1))],
        titles={"zh": "海关"},
        notes={"zh": "报关"},
    )
    assert made.spec.words == {"clear": {"zh": "放行"}}
    bare = PARCEL.with_(stage("customs", after="packed", allows=()), version="2")
    assert "customs --cancel--> cancelled (clerk)" not in shown(bare)


def test_completing_moves_the_machine_on_and_missing_evidence_is_told():
    made = FULFILMENT.with_(
        stage("customs", after="packed", limit=WorkingHours(24)),
        gate("hand_over", needs=("customs.declaration_no", "tax.review")),
        version="2026-11",
    )
    held = made.step("packed", "hand_over", guards={"tax.review": True})
    assert held.codes == ("guard.customs.declaration_no",)
    both = {"customs.declaration_no": True, "tax.review": True}
    assert made.step("packed", "hand_over", guards=both).accepted().target == "customs"
    assert made.step("customs", COMPLETE_STAGE).accepted().target == "handed_over"
    assert made.step("customs", "cancel").accepted().target == "cancelled"
    assert made.state("customs").counts_as == "shipped"


def test_where_several_states_follow_the_stage_says_which():
    assert codes(stage("sorting", after="handed_over"), machine=FULFILMENT, version="3") == [
        ("overlay.ambiguous", "parts[0].before")
    ]
    by_state = FULFILMENT.with_(
        stage("sorting", after="handed_over", before="in_transit"), version="3"
    )
    by_edge = FULFILMENT.with_(stage("sorting", after="handed_over", edges="depart"), version="3")
    assert by_state == by_edge
    assert shown(by_state, "sorting") == [
        "handed_over --depart--> sorting",
        "sorting --complete_stage--> in_transit",
    ]
    # deliver leads along the way, so it is no exit; it is there when it is asked for.
    kept = FULFILMENT.with_(
        stage("sorting", after="handed_over", before="in_transit", allows="deliver"), version="3"
    )
    assert "sorting --deliver--> delivered" in shown(kept)


def test_exits_along_the_way_are_copied_and_ends_of_the_way_are_not():
    made = FULFILMENT.with_(
        stage("held_at_hub", after="in_transit", before="out_for_delivery"), version="3"
    )
    assert shown(made, "held_at_hub") == [
        "held_at_hub --complete_stage--> out_for_delivery",
        "held_at_hub --lose--> lost",
        "in_transit --go_out--> held_at_hub",
    ]


def test_without_positions_a_way_back_is_no_way_on():
    machine = Machine(
        MachineSpec(
            "loop",
            version="1",
            initial="a",
            states=[State("a"), State("b"), State("c"), State("end", terminal=True)],
            transitions=[
                Transition("go", "a", "b"),
                Transition("back", "b", "a"),
                Transition("go", "b", "c"),
                Transition("stop", "b", "end"),
                Transition("go", "c", "end"),
            ],
            commands=["go", "back", "stop"],
        )
    )
    made = machine.with_(stage("check", after="b"), version="2")
    assert shown(made, "check") == [
        "b --go--> check",
        "check --complete_stage--> c",
        "check --stop--> end",
    ]
    # The last step before the end has to be named.
    assert codes(stage("check", after="c"), machine=machine) == [
        ("overlay.no_edge", "parts[0].before")
    ]
    last = machine.with_(stage("check", after="c", before="end"), version="2")
    assert shown(last, "check") == ["c --go--> check", "check --complete_stage--> end"]


def test_several_commands_to_one_state_are_all_led_through_the_stage():
    edges = [*EDGES, Transition("collect", "packed", "sent")]
    machine = parcel(transitions=edges, commands=[*PARCEL.spec.commands, "collect"])
    every = machine.with_(stage("customs", after="packed"), version="2")
    assert {e.command for e in every.transitions if e.target == "customs"} == {
        "collect",
        "hand_over",
    }
    one = machine.with_(stage("customs", after="packed", edges=["collect"]), version="2")
    assert {e.command for e in one.transitions if e.target == "customs"} == {"collect"}


# --- composition --------------------------------------------------------------------------------

CUSTOMS = stage("customs", after="packed")
HUB = stage("hub", after="sent", before="delivered")
CHECK = stage("check", after="draft")
TAX = gate("hand_over", needs="tax.review")
SEEN = gate("cancel", needs="seen", at=["packed", "draft"])
AFTER = stage("second", after="customs")


@given(st.permutations([CUSTOMS, HUB, CHECK, TAX, SEEN, AFTER]))
def test_parts_that_touch_different_edges_may_stand_in_any_order(parts):
    assert PARCEL.with_(*parts, version="2") == PARCEL.with_(
        CUSTOMS, HUB, CHECK, AFTER, TAX, SEEN, version="2"
    )


@given(st.permutations([CUSTOMS, HUB, CHECK, TAX]))
def test_parts_in_one_go_are_parts_one_by_one(parts):
    made = PARCEL
    for number, part in enumerate(parts):
        made = made.with_(part, version=f"step {number}")
    assert made.with_(version="2") == PARCEL.with_(*parts, version="2")


def test_of_two_stages_behind_one_state_the_later_stands_nearer():
    made = PARCEL.with_(CUSTOMS, stage("tax", after="packed"), version="2")
    assert [edge.target for edge in made.path_to("sent", "packed")] == ["tax", "customs", "sent"]
    made = PARCEL.with_(CUSTOMS, stage("tax", after="customs"), version="2")
    assert [edge.target for edge in made.path_to("sent", "packed")] == ["customs", "tax", "sent"]
    assert {e.command for e in made.transitions if e.target == "sent"} == {COMPLETE_STAGE}


def test_gates_add_to_what_is_asked_and_know_stages():
    both = gate(COMPLETE_STAGE, needs="release")
    made = PARCEL.with_(both, CUSTOMS, AFTER, gate("cancel", needs="x", at="customs"), version="2")
    assert "customs --complete_stage--> second [release]" in shown(made)
    assert "second --complete_stage--> sent [release]" in shown(made)
    assert "customs --cancel--> cancelled [x] (clerk)" in shown(made)
    assert "packed --cancel--> cancelled (clerk)" in shown(made)
    one = PARCEL.with_(CUSTOMS, AFTER, gate(COMPLETE_STAGE, needs="r", at="second"), version="2")
    assert "customs --complete_stage--> second" in shown(one)
    assert "second --complete_stage--> sent [r]" in shown(one)
    assert PARCEL.with_(TAX, TAX, version="2") == PARCEL.with_(TAX, version="2")


def test_words_of_parts_join_those_of_the_machine():
    machine = parcel(words={"hand_over": {"en": "Send off"}})
    told = gate("hand_over", needs="tax", words={"tax": {"zh": "税"}, "hand_over": {"zh": "交运"}})
    assert machine.with_(told, version="2").spec.words == {
        "hand_over": {"en": "Send off", "zh": "交运"},
        "tax": {"zh": "税"},
    }


@given(machines(), st.data())
def test_a_stage_leaves_every_old_way_possible(machine, data):
    """Whatever was reachable is reachable through the stage; nothing else changes."""
    edges = [edge for edge in machine.transitions if edge.source != edge.target]
    edge = data.draw(st.sampled_from(edges))
    part = stage("new stage", after=edge.source, before=edge.target, edges=edge.command)
    made = machine.with_(part, version="next")
    INVARIANTS[3].require(made)
    assert made.path_to(edge.target, "new stage") is not None
    for state in machine.states:
        old = [s for s in made.reachable(state.id) if s != "new stage"]
        assert set(old) == set(machine.reachable(state.id))
        assert made.state(state.id) == state
    untouched = {
        e for e in machine.transitions if (e.source, e.target) != (edge.source, edge.target)
    }
    assert untouched <= set(made.transitions)


# --- what is refused ----------------------------------------------------------------------------


def test_everything_that_is_wrong_is_told_at_once():
    assert codes(
        stage("a", after="nowhere", before="never"),
        stage("sent", after="packed"),
        stage("b", after="packed", edges="fly", allows=("swim", "cancel")),
        gate("fly", needs="x"),
        gate("deliver", needs="x", at=("packed", "moon")),
        stage("c", after="sent", before="cancelled"),
        gate("cancel", needs="unheard", at="delivered"),
        version="1",
    ) == [
        ("overlay.version", "version"),
        ("overlay.state_exists", "parts[1]"),
        ("overlay.unknown_command", "parts[2].edges"),
        ("overlay.unknown_command", "parts[2].allows"),
        ("overlay.no_edge", "parts[2].before"),
        ("overlay.no_edge", "parts[5].before"),
        ("overlay.unknown_state", "parts[0].after"),
        ("overlay.unknown_state", "parts[0].before"),
        ("overlay.unknown_command", "parts[3]"),
        ("overlay.unknown_state", "parts[4].at"),
        ("overlay.no_edge", "parts[4].at"),
        ("overlay.no_edge", "parts[6].at"),
    ]


def test_the_result_is_checked_as_a_whole():
    machine = parcel(guards=["labelled", "lost_label"], excludes=[["labelled", "lost_label"]])
    assert codes(
        gate("hand_over", needs="lost_label"), stage("a", after="nowhere"), machine=machine
    ) == [
        ("overlay.unknown_state", "parts[1].after"),
        ("transition.contradiction", "transitions[packed/hand_over/sent]"),
    ]
    assert codes(gate("hand_over", needs="lost_label"), machine=machine) == [
        ("transition.contradiction", "transitions[packed/hand_over/sent]")
    ]
    assert codes(stage("a", after="packed", counts_as="delivered")) == [
        ("position.backward", "transitions[a/complete_stage/sent]")
    ]
    assert codes(stage("a", after="packed", completes="cancel")) == [
        ("transition.nondeterministic", "transitions[a/cancel]")
    ]


@pytest.mark.parametrize(
    ("make", "places"),
    [
        (
            lambda: stage(
                " a",
                after="",
                before=3,
                edges=[" "],
                completes=None,
                needs=[1],
                roles=[""],
                allows=[" x"],
                limit=3,
                counts_as="\n",
                titles=[],
                words={"": {"en": ""}},
            ),
            {
                "id",
                "after",
                "before",
                "completes",
                "edges[0]",
                "needs[0]",
                "roles[0]",
                "allows[0]",
                "limit",
                "counts_as",
                "titles",
                "words[]",
                "words[][en]",
            },
        ),
        (
            lambda: gate("", needs=(), at=[""], words=3),
            {"command", "needs", "at[0]", "words"},
        ),
    ],
)
def test_a_part_refuses_every_bad_field(make, places):
    with pytest.raises(InvalidBatch) as caught:
        make()
    assert {fault.path for fault in caught.value.faults} == places


def test_what_is_no_part_is_refused():
    with pytest.raises(InvalidValue) as caught:
        PARCEL.with_(TAX, "customs", version="2")
    assert (caught.value.code, caught.value.path) == ("type.wrong", "parts[1]")


# --- the JSON form ------------------------------------------------------------------------------


@given(overlays())
def test_json_round_trips_through_text(overlay):
    assert Overlay.from_json(json.loads(json.dumps(overlay.to_json()))) == overlay


def test_an_overlay_among_parts_is_its_parts():
    assert Overlay([Overlay([CUSTOMS]), TAX]) == Overlay([CUSTOMS, TAX])
    assert Overlay(CUSTOMS) == Overlay([CUSTOMS])
    assert PARCEL.with_(Overlay([CUSTOMS, TAX]), version="2") == PARCEL.with_(
        CUSTOMS, TAX, version="2"
    )
    assert Overlay([CUSTOMS, TAX]) != Overlay([TAX])


def test_json_by_hand():
    overlay = Overlay(
        [
            stage("customs", after="packed", limit=WorkingHours(24), allows=()),
            gate("hand_over", needs=["tax.review"], at="packed"),
        ]
    )
    assert overlay.to_json() == {
        "parts": [
            {
                "stage": "customs",
                "after": "packed",
                "allows": [],
                "limit": {"working_hours": 24},
            },
            {"gate": "hand_over", "needs": ["tax.review"], "at": ["packed"]},
        ]
    }


def test_all_faults_of_the_data_are_reported_with_their_places():
    with pytest.raises(InvalidBatch) as caught:
        Overlay.from_json(
            {
                "colour": "red",
                "parts": [
                    3,
                    {"gate": "a", "needs": "b", "words": {"x": 3}},
                    {"gate": "a", "needs": []},
                    {"stage": "a", "limits": [{"name": "x", "after": {"weeks": 1}}, 4]},
                    {"stage": " a", "after": "b", "titles": 3},
                    {
                        "stage": " a",
                        "after": "b",
                        "limits": [{"name": " ", "after": {"working_days": 1}}],
                    },
                    {"stage": " a", "after": "b"},
                    {"stage": "a", "after": "b", "words": []},
                ],
            }
        )
    assert [(fault.code, fault.path) for fault in caught.value.faults] == [
        ("machine.json_unknown", "colour"),
        ("machine.json", "parts[0]"),
        ("machine.json", "parts[1].needs"),
        ("machine.json", "parts[1].words[x]"),
        ("gate.needs", "parts[2].needs"),
        ("machine.json_missing", "parts[3].after"),
        ("machine.json_unknown", "parts[3].limits[0].after.weeks"),
        ("machine.json", "parts[3].limits[0].after"),
        ("machine.json", "parts[3].limits[1]"),
        ("machine.json", "parts[4].titles"),
        ("machine.name", "parts[5].limits[0].name"),
        ("machine.name", "parts[6].id"),
        ("machine.json", "parts[7].words"),
    ]

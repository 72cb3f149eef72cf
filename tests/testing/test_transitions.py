"""The generated cases hold for every machine, cover it whole, and find what was planted."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.orders import FULFILMENT, LIFECYCLE
from ordercore.statemachine import Machine, MachineSpec, State, Transition
from ordercore.testing import TransitionCase, transition_cases
from ordercore.testing.strategies import machines

ROUTED = Machine(
    MachineSpec(
        "routed",
        version="1",
        initial="open",
        states=[State("open"), State("review"), State("done", terminal=True)],
        transitions=[
            Transition("send", "open", "done", guards=["safe"], roles=["clerk"]),
            Transition("send", "open", "review", guards=["risky"]),
            Transition("send", "review", "done", guards=["seen"], roles=["boss"]),
            Transition("keep", "open", "open", roles=["boss", "clerk"]),
        ],
        commands=["send", "keep"],
        guards=["safe", "risky", "seen"],
        roles=["clerk", "boss"],
        excludes=[["safe", "risky"]],
    )
)


@pytest.mark.parametrize("case", transition_cases(FULFILMENT), ids=str)
def test_the_fulfilment_machine_does_what_it_says(case):
    case.check(FULFILMENT)


@given(machines())
def test_every_case_holds_and_the_machine_is_covered(machine):
    cases = transition_cases(machine)
    for case in cases:
        case.check(machine)
    taken = [(case.state, case.command, case.target) for case in cases if case.taken]
    edges = [(edge.source, edge.command, edge.target) for edge in machine.transitions]
    assert sorted(taken) == sorted(edges)
    refused = {(c.state, c.command) for c in cases if c.codes == ("command.not_available",)}
    known = {(edge.source, edge.command) for edge in machine.transitions}
    everything = {(s.id, c) for s in machine.states for c in machine.spec.commands}
    assert refused == everything - known


def test_the_cases_of_a_small_machine_by_hand():
    assert [str(case) for case in transition_cases(ROUTED)] == [
        "done: keep → command.not_available",
        "done: send → command.not_available",
        "open: keep (boss) → open",
        "open: keep (a stranger) → role.not_allowed",
        "open: send (clerk) → done",
        "open: send → review",
        "review: keep → command.not_available",
        "review: send (boss) → done",
        "review: send (boss) → guard.seen",
        "review: send (clerk) → role.not_allowed",
    ]
    way = transition_cases(ROUTED)[-1].path
    assert [edge.target for edge in way] == ["review"]
    for case in transition_cases(ROUTED):
        case.check(ROUTED)


def broken(machine, cases):
    failed = []
    for case in cases:
        try:
            case.check(machine)
        except AssertionError as error:
            assert str(error).startswith(str(case))
            failed.append(case)
    return failed


@given(st.data())
def test_a_changed_edge_is_found(data):
    spec = LIFECYCLE.spec
    edge = data.draw(st.sampled_from(spec.transitions))
    other = data.draw(st.sampled_from([s.id for s in spec.states if s.id != edge.target]))
    kind = data.draw(st.sampled_from(["target", "guard", "role", "removed"]))
    if kind == "target":
        changed = [attrs.evolve(edge, target=other)]
    elif kind == "guard":
        changed = [attrs.evolve(edge, guards=["new"])]
    elif kind == "role":
        changed = [attrs.evolve(edge, roles=["new"])]
    else:
        changed = []
    rest = [each for each in spec.transitions if each != edge]
    try:
        machine = Machine(
            attrs.evolve(
                spec,
                transitions=[*rest, *changed],
                guards=["new"] if kind == "guard" else [],
                roles=["new"] if kind == "role" else [],
            )
        )
    except Exception:  # noqa: BLE001 - the change made it unsound, which is found earlier
        return
    assert broken(machine, transition_cases(LIFECYCLE))


def test_a_way_that_is_none_and_an_edge_too_many_are_found():
    case = TransitionCase(path=(), state="review", command="send", target="done")
    assert broken(ROUTED, [case])
    jump = TransitionCase(
        path=(Transition("send", "review", "done", guards=["seen"], roles=["boss"]),),
        state="done",
        command="send",
        codes=("command.not_available",),
    )
    assert broken(ROUTED, [jump])
    too_much = TransitionCase(path=(), state="open", command="keep", role="boss", codes=("x",))
    assert broken(ROUTED, [too_much])

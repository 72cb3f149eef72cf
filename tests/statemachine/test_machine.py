"""Stepping, explaining, walking and keeping a machine, over generated sound machines."""

from __future__ import annotations

import pickle
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import (
    Duration,
    IllegalTransition,
    InvalidBatch,
    InvalidValue,
    NotFound,
    Reason,
    Refusal,
    Refused,
    WorkingDays,
    WorkingHours,
    canonical_json,
)
from ordercore.statemachine import (
    INVARIANTS,
    Machine,
    MachineSpec,
    Option,
    State,
    Transition,
    inspect,
)
from ordercore.statemachine.checker import exclusive
from ordercore.statemachine.pin import spec_digest

GUARDS, ROLES = ["g", "h", "i"], ["r", "s"]
EXCLUDES = (("g", "h"),)
limits = st.none() | st.one_of(
    st.builds(Duration, st.integers(1, 10**12)),
    st.builds(WorkingDays, st.integers(1, 30)),
    st.builds(WorkingHours, st.integers(1, 99), minutes=st.integers(0, 59)),
)


@st.composite
def sound_specs(draw: st.DrawFn) -> MachineSpec:
    """Each state is led to from an earlier one and leads on to a later one; the last is the end."""
    size = draw(st.integers(2, 6))
    names = [f"s{i}" for i in range(size)]
    asked = st.sets(st.sampled_from(GUARDS), max_size=2).filter(lambda g: not {"g", "h"} <= g)
    admitted = st.sets(st.sampled_from(ROLES), max_size=1)
    ends = [(draw(st.integers(0, i - 1)), i) for i in range(1, size)]
    ends += [(i, draw(st.integers(i + 1, size - 1))) for i in range(size - 1)]
    inner = st.integers(0, size - 2)
    ends += draw(st.lists(st.tuples(inner, st.integers(0, size - 1)), max_size=6))
    edges: list[Transition] = []
    for number, (source, target) in enumerate(ends):
        command = draw(st.sampled_from(["go", "stop", "turn"]))
        edge = Transition(
            command, names[source], names[target], guards=draw(asked), roles=draw(admitted)
        )
        rivals = [e for e in edges if (e.source, e.command) == (edge.source, edge.command)]
        if not all(exclusive(edge, rival, EXCLUDES) for rival in rivals):
            edge = Transition(f"only{number}", names[source], names[target])
        edges.append(edge)
    return MachineSpec(
        "m",
        version="1",
        initial="s0",
        states=[
            State(
                name,
                category=draw(st.sampled_from(["", "x"])),
                terminal=name == names[-1],
                limit=draw(limits),
            )
            for name in names
        ],
        transitions=edges,
        commands={edge.command for edge in edges},
        guards=GUARDS,
        roles={role for edge in edges for role in edge.roles},
        excludes=EXCLUDES,
    )


machines = st.builds(Machine, sound_specs())


def breach(index: int, *subject: object) -> bool:
    law = INVARIANTS[index]
    violation = law.check(*subject)
    return violation is not None and violation.invariant_id == law.invariant_id


@given(machines)
def test_the_laws_hold(machine: Machine) -> None:
    INVARIANTS[0].require(machine)
    INVARIANTS[2].require(machine)
    INVARIANTS[3].require(machine)
    assert {f.code for f in machine.findings} <= {"guard.unused"}


@given(machines)
def test_a_step_agrees_with_reading_the_list_of_edges(machine: Machine) -> None:
    spec = machine.spec
    for state, command, role in product(spec.states, spec.commands, ["", *ROLES]):
        for bits in product([True, False], repeat=len(GUARDS)):
            guards = dict(zip(GUARDS, bits, strict=True))
            if guards["g"] and guards["h"]:
                continue
            open_edges = [
                edge
                for edge in spec.transitions
                if (edge.source, edge.command) == (state.id, command)
                and all(guards[name] for name in edge.guards)
                and (not edge.roles or role in edge.roles)
            ]
            answer = machine.step(state.id, command, guards=guards, role=role)
            INVARIANTS[1].require(machine, state.id, command, guards, role)
            options = machine.available(state.id, guards=guards, role=role)
            allowed = [o.transition for o in options if o.command == command and o.allowed]
            assert allowed == open_edges
            if open_edges:
                assert [answer] == open_edges
                assert not answer.is_refused
                assert answer.accepted() is answer
            else:
                assert isinstance(answer, Refusal)
                known = [o.reasons for o in options if o.command == command]
                assert answer.reasons in known or answer.codes == ("command.not_available",)
                assert bool(known) is (answer.codes != ("command.not_available",))
                assert len(answer.reasons) <= min(map(len, known), default=1) + 1


@given(machines)
def test_available_lists_every_exit(machine: Machine) -> None:
    listed = [
        option.transition for state in machine.states for option in machine.available(state.id)
    ]
    assert listed == list(machine.transitions)
    assert machine.available("s" + str(len(machine.states) - 1)) == ()


@given(machines, st.data())
def test_ways_agree_with_brute_force(machine: Machine, data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(machine.states)).id
    distance: dict[str, int] = {source: 0}
    for _ in machine.states:
        for edge in machine.transitions:
            if edge.source in distance:
                steps = distance[edge.source] + 1
                distance[edge.target] = min(steps, distance.get(edge.target, steps))
    reached = machine.reachable(source)
    assert set(reached) == set(distance)
    assert [distance[s] for s in reached] == sorted(distance.values())
    for target in machine.states:
        path = machine.path_to(target.id, source)
        if target.id not in distance:
            assert path is None
        else:
            assert path is not None
            assert len(path) == distance[target.id]
            at = source
            for edge in path:
                assert edge in machine.transitions
                assert edge.source == at
                at = edge.target
            assert at == target.id
    assert machine.path_to(source) == machine.path_to(source, machine.initial)


@given(machines)
def test_the_nearest_transition_of_a_command_is_fewest_steps_away(machine: Machine) -> None:
    far = {state.id: len(machine.path_to(state.id) or ()) for state in machine.states}
    for command in machine.spec.commands:
        edges = [edge for edge in machine.transitions if edge.command == command]
        least = min((far[edge.source] for edge in edges), default=None)
        first = next((edge for edge in edges if far[edge.source] == least), None)
        assert machine.nearest(command) is first
        assert machine.nearest(command) is first
    assert machine.nearest("no such command") is None


@given(sound_specs(), st.data())
def test_order_of_input_pickle_and_json_change_nothing(
    spec: MachineSpec, data: st.DataObject
) -> None:
    machine = Machine(spec)
    shuffled = Machine(
        MachineSpec(
            "m",
            version="1",
            initial=spec.initial,
            states=data.draw(st.permutations(spec.states)),
            transitions=data.draw(st.permutations(spec.transitions)),
            commands=data.draw(st.permutations(spec.commands)),
            guards=data.draw(st.permutations(spec.guards)),
            roles=data.draw(st.permutations(spec.roles)),
            excludes=spec.excludes,
        )
    )
    again = pickle.loads(pickle.dumps(machine))
    read = Machine.from_json(machine.to_json())
    for other in (shuffled, again, read):
        assert other == machine
        assert hash(other) == hash(machine)
        assert other.digest == machine.digest == spec_digest(spec)
        assert other.findings == machine.findings
        assert other.to_mermaid() == machine.to_mermaid()
        assert other.to_dot() == machine.to_dot()
        assert canonical_json(other) == canonical_json(machine)
    assert again.step("s0", spec.transitions[0].command, role="r") == machine.step(
        "s0", spec.transitions[0].command, role="r"
    )


# --- one small machine, read by hand ----------------------------------------------------------

ORDER = Machine(
    MachineSpec(
        "order",
        version="7",
        initial="draft",
        states=[
            State("draft"),
            State("paid"),
            State("review"),
            State("sent"),
            State("closed", terminal=True),
            State("void", terminal=True),
        ],
        transitions=[
            Transition("pay", "draft", "paid", guards=["card", "stock"], roles=["buyer", "clerk"]),
            Transition("send", "paid", "sent", guards=["safe"], roles=["clerk"]),
            Transition("send", "paid", "review", guards=["risky", "stock"], roles=["clerk"]),
            Transition("send", "review", "sent", roles=["boss"]),
            Transition("send", "paid", "void", guards=["lost"], roles=["boss"]),
            Transition("close", "sent", "closed"),
            Transition("cancel", "draft", "void"),
        ],
        commands=["pay", "send", "close", "cancel"],
        guards=["card", "stock", "safe", "risky", "lost"],
        roles=["buyer", "clerk", "boss"],
        excludes=[["safe", "risky"]],
    )
)


def refused(answer: Transition | Refusal) -> Refusal:
    assert isinstance(answer, Refusal)
    return answer


def test_a_refusal_names_every_blocking_reason_with_its_facts() -> None:
    refusal = refused(ORDER.step("draft", "pay", guards={"card": False}, role="boss"))
    assert refusal.codes == ("role.not_allowed", "guard.card", "guard.stock")
    role, card, stock = refusal.reasons
    assert dict(role.facts) == {"command": "pay", "role": "boss", "roles": ("buyer", "clerk")}
    assert role.obtain == "someone in the role buyer or clerk"
    assert dict(card.facts) == {"command": "pay", "known": True, "state": "draft", "target": "paid"}
    assert (card.obtain, stock.obtain) == ("card", "stock")
    assert stock.facts["known"] is False
    assert not any(reason.final for reason in refusal.reasons)
    with pytest.raises(Refused):
        refusal.accepted()


def test_a_reason_is_passed_on_as_it_is() -> None:
    own = Reason("gate.credit", final=True)
    guards = {"card": own, "stock": None}
    refusal = refused(ORDER.step("draft", "pay", guards=guards, role="buyer"))
    assert refusal.reasons[0] is own
    assert refusal.codes == ("gate.credit", "guard.stock")
    assert refusal.reasons[1].facts["known"] is False


@pytest.mark.parametrize("value", [1, 0, "yes", "", object()])
def test_a_guard_is_true_or_false_or_a_reason(value: Any) -> None:
    for ask in (
        lambda: ORDER.step("draft", "pay", guards={"card": value}, role="buyer"),
        lambda: ORDER.available("draft", guards={"card": value}),
    ):
        with pytest.raises(InvalidValue) as caught:
            ask()
        assert (caught.value.code, caught.value.path) == ("guard.value", "guards[card]")
        assert caught.value.value is value
        assert caught.value.expected


def test_success_gives_the_transition_itself() -> None:
    guards = {"card": True, "stock": True, "other": 5}
    taken = ORDER.step("draft", "pay", guards=guards, role="clerk")  # type: ignore[arg-type]
    assert taken is ORDER.path_to("paid")[0]  # type: ignore[index]
    assert ORDER.step("sent", "close") == Transition("close", "sent", "closed")
    assert ORDER.step("sent", "close", role="anyone").accepted().target == "closed"


def test_a_command_of_another_state_says_where_it_belongs() -> None:
    (reason,) = refused(ORDER.step("draft", "send", role="clerk")).reasons
    assert reason.code == "command.not_available"
    assert dict(reason.facts) == {
        "machine": "order",
        "state": "draft",
        "command": "send",
        "available": ("cancel", "pay"),
        "available_in": ("paid", "review"),
    }
    assert (reason.obtain, reason.final) == ("state paid or review", False)
    (late,) = refused(ORDER.step("sent", "send", role="boss")).reasons
    assert (late.obtain, late.final) == (None, True)
    (ended,) = refused(ORDER.step("closed", "cancel")).reasons
    assert ended.final
    assert ended.facts["available"] == ()


def test_guards_choose_among_transitions() -> None:
    def send(role: str = "clerk", **guards: bool) -> Transition | Refusal:
        return ORDER.step("paid", "send", guards=guards, role=role)

    assert send(safe=True).accepted().target == "sent"
    assert send(risky=True, stock=True).accepted().target == "review"
    assert send("boss", lost=True).accepted().target == "void"
    assert send("boss", lost=True, safe=True).accepted().target == "void"
    # The nearest: among the clerk's two, the one with fewer reasons, though the boss's has two.
    assert refused(send()).codes == ("guard.safe",)
    assert refused(send(stock=True)).codes == ("guard.risky",)
    assert refused(send(risky=True)).codes == ("guard.stock",)
    assert refused(send("boss")).codes == ("guard.lost",)
    assert refused(send("buyer", safe=True)).codes == ("role.not_allowed",)
    assert refused(send("buyer")).codes == ("role.not_allowed", "guard.safe")


def test_a_transition_that_the_role_admits_is_nearer_than_one_that_it_does_not() -> None:
    machine = Machine(
        MachineSpec(
            "m",
            version="1",
            initial="a",
            states=[State("a"), State("end", terminal=True)],
            transitions=[
                Transition("go", "a", "a", roles=["boss"]),
                Transition("go", "a", "end", guards=["g", "h"], roles=["clerk"]),
            ],
            commands=["go"],
            guards=["g", "h"],
            roles=["boss", "clerk"],
        )
    )
    assert refused(machine.step("a", "go", role="clerk")).codes == ("guard.g", "guard.h")
    assert refused(machine.step("a", "go", role="guest")).codes == ("role.not_allowed",)


def test_guards_that_exclude_each_other_cannot_both_hold() -> None:
    with pytest.raises(InvalidValue) as caught:
        ORDER.step(
            "paid", "send", guards={"safe": True, "risky": True, "stock": True}, role="clerk"
        )
    assert (caught.value.code, caught.value.path) == ("guards.not_exclusive", "guards")
    assert caught.value.value == (("risky", "stock"), ("safe",))
    assert caught.value.expected


@pytest.mark.parametrize(("state", "command"), [("lost", "pay"), ("draft", "fly"), ("lost", "fly")])
def test_what_the_machine_does_not_have_is_a_fault(state: str, command: str) -> None:
    with pytest.raises(IllegalTransition) as caught:
        ORDER.step(state, command)
    assert (caught.value.machine, caught.value.state, caught.value.event) == (
        "order",
        state,
        command,
    )


def test_asking_about_a_state_that_is_not_there() -> None:
    for ask in (
        lambda: ORDER.state("lost"),
        lambda: ORDER.available("lost"),
        lambda: ORDER.reachable("lost"),
        lambda: ORDER.path_to("lost"),
        lambda: ORDER.path_to("draft", "lost"),
    ):
        with pytest.raises(NotFound) as caught:
            ask()
        assert (caught.value.kind, caught.value.key) == ("state", "lost")


def test_ways_by_hand() -> None:
    assert ORDER.reachable("paid") == ("paid", "review", "sent", "void", "closed")
    assert ORDER.reachable("void") == ("void",)
    assert ORDER.path_to("draft") == ()
    assert [edge.target for edge in ORDER.path_to("closed") or ()] == ["paid", "sent", "closed"]
    assert ORDER.path_to("void", "sent") is None
    assert ORDER.state("sent") == State("sent")


def test_an_option_blocked_and_open() -> None:
    cancel, pay = ORDER.available("draft", guards={"card": True}, role="buyer")
    assert (cancel.command, cancel.allowed, cancel.reasons) == ("cancel", True, ())
    assert (pay.command, pay.allowed) == ("pay", False)
    assert pay == Option(pay.transition, pay.reasons)
    assert [reason.code for reason in pay.reasons] == ["guard.stock"]


def test_facts_of_the_machine() -> None:
    assert (ORDER.id, ORDER.version, ORDER.initial) == ("order", "7", "draft")
    assert repr(ORDER) == f"Machine('order', version='7', digest={ORDER.digest[:12]!r})"
    assert ORDER.digest == PINNED
    assert Machine(ORDER.spec) == ORDER
    assert Machine.build(ORDER.spec) == ORDER
    assert Machine(pickle.loads(pickle.dumps(TWO))) != ORDER


# Orders are pinned to the digest of their machine: it must not change between releases.
PINNED = "a3ab4d8631da0859c8bba53b199217bab7eb096fd83e8a8d4e52f728030ef5a9"

TWO = MachineSpec(
    "two",
    version="1",
    initial="a",
    states=[State("a"), State("b", terminal=True)],
    transitions=[Transition("go", "a", "b")],
    commands=["go"],
)


# --- what a spec refuses ----------------------------------------------------------------------


def places(caught: pytest.ExceptionInfo[InvalidBatch]) -> list[tuple[str, str]]:
    return [(fault.code, fault.path) for fault in caught.value.faults]


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "x" * 201, None, 3])
def test_all_bad_names_are_reported_with_their_places(name: Any) -> None:
    with pytest.raises(InvalidBatch) as caught:
        State(name)
    assert places(caught) == [("machine.name", "id")]
    with pytest.raises(InvalidBatch) as caught:
        Transition(name, name, name, guards=[name], roles=[name])
    assert places(caught) == [
        ("machine.name", place)
        for place in ("command", "source", "target", "guards[0]", "roles[0]")
    ]
    with pytest.raises(InvalidBatch) as caught:
        MachineSpec(
            name,
            version=name,
            initial=name,
            states=[],
            transitions=[],
            commands=[name],
            guards=["ok", name],
            roles=[name],
            excludes=[["ok"], [name]],
        )
    listed = dict.fromkeys(path for _, path in places(caught))
    assert {path.split("[")[0] for path in listed} == {
        "id",
        "version",
        "initial",
        "commands",
        "guards",
        "roles",
        "excludes",
    }
    assert len(places(caught)) == 7
    assert State("x" * 200).id


@pytest.mark.parametrize(
    "limit",
    [Duration(0), Duration(-1), WorkingHours(0), WorkingDays(0), 24, "24h"],
)
def test_a_limit_is_positive(limit: Any) -> None:
    with pytest.raises(InvalidBatch) as caught:
        State("a", category="x\n", terminal=1, limit=limit)  # type: ignore[arg-type]
    assert places(caught) == [
        ("state.category", "category"),
        ("state.terminal", "terminal"),
        ("state.limit", "limit"),
    ]
    with pytest.raises(InvalidBatch):
        State("a", category=None)  # type: ignore[arg-type]
    assert State("a", limit=Duration(1)).limit
    assert State("a", limit=WorkingHours(0, microseconds=1)).limit
    assert State("a", limit=WorkingDays(1)).limit


def test_one_text_is_one_name() -> None:
    edge = Transition("go", "a", "b", guards="paid", roles="clerk")
    assert (edge.guards, edge.roles) == (("paid",), ("clerk",))
    assert Transition("go", "a", "b", guards=["b", "a", "b"]).guards == ("a", "b")
    assert repr(edge) == "Transition('go', 'a' -> 'b', guards=('paid',), roles=('clerk',))"
    assert str(edge) == "a --go--> b [paid] (clerk)"
    assert str(TWO.transitions[0]) == "a --go--> b"
    assert repr(TWO.transitions[0]) == "Transition('go', 'a' -> 'b')"


def test_enumeration_members_become_plain_text() -> None:
    from enum import StrEnum

    class Life(StrEnum):
        DRAFT = "draft"
        DONE = "done"

    spec = MachineSpec(
        "m",
        version="1",
        initial=Life.DRAFT,
        states=[State(Life.DRAFT), State(Life.DONE, terminal=True)],
        transitions=[Transition("go", Life.DRAFT, Life.DONE)],
        commands=["go"],
    )
    assert type(spec.initial) is type(spec.states[0].id) is str
    assert Machine(spec).step(Life.DRAFT, "go").accepted().target == Life.DONE
    assert inspect(spec) == ()


# --- the laws find their breaches -------------------------------------------------------------


def test_the_laws_find_their_breaches(monkeypatch: pytest.MonkeyPatch) -> None:
    stray = Transition("pay", "draft", "closed")
    monkeypatch.setattr(Machine, "step", lambda *_, **__: stray)
    assert breach(1, ORDER, "draft", "pay", {}, "")
    monkeypatch.setattr(Machine, "step", lambda *_, **__: ORDER.transitions[0])
    assert breach(1, ORDER, "draft", "send", {}, "")
    monkeypatch.setattr(Machine, "reachable", lambda *_: ("draft",))
    assert breach(0, ORDER)
    monkeypatch.undo()
    monkeypatch.setattr(Machine, "path_to", lambda *_: None)
    assert breach(0, ORDER)
    monkeypatch.setattr(Machine, "from_json", lambda _: Machine(TWO))
    assert breach(2, ORDER)
    counted = Machine(
        MachineSpec(
            "m",
            version="1",
            initial="a",
            states=[State("a", counts_as="p"), State("b", counts_as="q", terminal=True)],
            transitions=[Transition("go", "a", "b")],
            commands=["go"],
            positions=["p", "q"],
        )
    )
    assert INVARIANTS[3].check(counted) is None
    monkeypatch.setattr(Machine, "state", lambda _, name: counted.states[name == "a"])
    assert breach(3, counted)

"""The checker: one planted fault for each code, and an independent oracle over random machines."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from ordercore.kernel import Finding, InvalidDefinition, Severity
from ordercore.statemachine import Machine, MachineSpec, State, Transition, inspect

A, B, END = State("a"), State("b"), State("end", terminal=True)


def spec(*transitions: Transition, **changes: Any) -> MachineSpec:
    """A machine a → b → end whose parts a test replaces."""
    base: dict[str, Any] = {
        "version": "1",
        "initial": "a",
        "states": [A, B, END],
        "transitions": transitions or SOUND,
        "commands": ["go", "stop"],
        "guards": ["g", "h"],
        "roles": ["r", "s"],
    }
    return MachineSpec("m", **(base | changes))


SOUND = (
    Transition("go", "a", "b", guards=["g"], roles=["r"]),
    Transition("stop", "b", "end", guards=["h"], roles=["s"]),
)


def found(subject: MachineSpec) -> list[tuple[str, str, str | None]]:
    assert all(f.message for f in inspect(subject))
    return [(f.code, f.path, f.value) for f in inspect(subject)]


def test_a_sound_machine_has_no_findings() -> None:
    assert inspect(spec()) == ()
    assert Machine(spec()).findings == ()


PLANTED: list[tuple[str, MachineSpec, list[tuple[str, str, str]]]] = [
    (
        "machine.empty",
        spec(states=[], transitions=[], commands=[], guards=[], roles=[]),
        [("machine.empty", "states", "m")],
    ),
    (
        "machine.unknown_initial",
        spec(initial="nowhere"),
        [("machine.unknown_initial", "initial", "nowhere")],
    ),
    (
        "state.duplicate",
        spec(states=[A, B, END, State("b", category="other")]),
        [("state.duplicate", "states[b]", "b")],
    ),
    (
        "state.unreachable",
        spec(*SOUND, Transition("go", "lost", "b"), states=[A, B, END, State("lost")]),
        [("state.unreachable", "states[lost]", "lost")],
    ),
    (
        "state.dead_end",
        spec(*SOUND, Transition("stop", "a", "c"), states=[A, B, END, State("c")]),
        [("state.dead_end", "states[c]", "c")],
    ),
    (
        "state.trap",
        spec(
            *SOUND,
            Transition("stop", "a", "c"),
            Transition("stop", "c", "d"),
            Transition("stop", "d", "c"),
            states=[A, B, END, State("c"), State("d")],
        ),
        [("state.trap", "states[c]", "c"), ("state.trap", "states[d]", "d")],
    ),
    (
        "state.trap by a loop",
        spec(
            *SOUND,
            Transition("stop", "a", "c"),
            Transition("stop", "c", "c"),
            states=[A, B, END, State("c")],
        ),
        [("state.trap", "states[c]", "c")],
    ),
    (
        "state.terminal_exit",
        spec(*SOUND, Transition("go", "end", "a")),
        [("state.terminal_exit", "states[end]", "end --go--> a")],
    ),
    (
        "transition.duplicate",
        spec(*SOUND, SOUND[0]),
        [("transition.duplicate", "transitions[a/go/b]", "a --go--> b [g] (r)")],
    ),
    (
        "transition.unknown_source",
        spec(*SOUND, Transition("go", "x", "b")),
        [("transition.unknown_source", "transitions[x/go/b]", "x")],
    ),
    (
        "transition.unknown_target",
        spec(*SOUND, Transition("go", "b", "x")),
        [("transition.unknown_target", "transitions[b/go/x]", "x")],
    ),
    (
        "transition.unknown_command",
        spec(*SOUND, Transition("run", "b", "a")),
        [("transition.unknown_command", "transitions[b/run/a]", "run")],
    ),
    (
        "transition.unknown_guard",
        spec(*SOUND, Transition("go", "b", "a", guards=["x", "g"])),
        [("transition.unknown_guard", "transitions[b/go/a]", "x")],
    ),
    (
        "transition.unknown_role",
        spec(*SOUND, Transition("go", "b", "a", roles=["x", "r"])),
        [("transition.unknown_role", "transitions[b/go/a]", "x")],
    ),
    (
        "transition.contradiction",
        spec(
            *SOUND,
            Transition("go", "b", "a", guards=["h", "g", "i"]),
            guards=["g", "h", "i"],
            excludes=[["h", "g"], ["i", "g"]],
        ),
        [
            ("transition.contradiction", "transitions[b/go/a]", "g, h"),
            ("transition.contradiction", "transitions[b/go/a]", "g, i"),
        ],
    ),
    (
        "transition.nondeterministic",
        spec(*SOUND, Transition("stop", "b", "a")),
        [
            (
                "transition.nondeterministic",
                "transitions[b/stop]",
                "b --stop--> a | b --stop--> end [h] (s)",
            )
        ],
    ),
    (
        "command.duplicate",
        spec(commands=["go", "stop", "go"]),
        [("command.duplicate", "commands[go]", "go")],
    ),
    ("guard.duplicate", spec(guards=["g", "h", "g"]), [("guard.duplicate", "guards[g]", "g")]),
    ("role.duplicate", spec(roles=["r", "s", "r"]), [("role.duplicate", "roles[r]", "r")]),
    (
        "command.never_usable",
        spec(commands=["go", "stop", "fly"]),
        [("command.never_usable", "commands[fly]", "fly")],
    ),
    (
        "role.never_usable",
        spec(roles=["r", "s", "t"]),
        [("role.never_usable", "roles[t]", "t")],
    ),
    (
        "excludes.unknown_guard",
        spec(excludes=[["g", "x"]]),
        [("excludes.unknown_guard", "excludes[g,x]", "x")],
    ),
    (
        "position.duplicate",
        spec(positions=["p", "q", "p"], exits=["q"]),
        [
            ("position.duplicate", "positions[p]", "p"),
            ("position.duplicate", "positions[q]", "q"),
        ],
    ),
    (
        "position.unknown",
        spec(states=[A, State("b", counts_as="z"), END], positions=["p"]),
        [("position.unknown", "states[b].counts_as", "z")],
    ),
    (
        "position.backward",
        spec(
            states=[State("a", counts_as="q"), State("b", counts_as="p"), END],
            positions=["p", "q"],
        ),
        [("position.backward", "transitions[a/go/b]", "q → p")],
    ),
    (
        "position.backward from an exit",
        spec(
            states=[State("a", counts_as="x"), State("b", counts_as="p"), END],
            positions=["p"],
            exits=["x"],
        ),
        [("position.backward", "transitions[a/go/b]", "x → p")],
    ),
    ("guard.unused", spec(guards=["g", "h", "i"]), [("guard.unused", "guards[i]", "i")]),
    ("excludes.single", spec(excludes=[["g"]]), [("excludes.single", "excludes[g]", "g")]),
    ("excludes.single", spec(excludes=[[]]), [("excludes.single", "excludes[]", "")]),
]


@pytest.mark.parametrize(("name", "subject", "expected"), PLANTED, ids=[p[0] for p in PLANTED])
def test_a_planted_fault_is_found_and_nothing_else(
    name: str, subject: MachineSpec, expected: list[tuple[str, str, str]]
) -> None:
    assert found(subject) == expected
    warns = name in ("guard.unused", "excludes.single")
    assert {f.severity for f in inspect(subject)} == {Severity.WARNING if warns else Severity.ERROR}
    if warns:
        assert Machine.build(subject).findings == inspect(subject)
    else:
        with pytest.raises(InvalidDefinition) as caught:
            Machine.build(subject)
        assert caught.value.findings == inspect(subject)
        assert caught.value.subject == "machine m"


def test_every_code_of_the_documentation_is_planted() -> None:
    documented = {word for word in (inspect.__doc__ or "").split("``") if word.count(".") == 1}
    assert {code for code in documented if " " not in code} == {
        code for _, subject, _ in PLANTED for code, _, _ in found(subject)
    }


def test_all_findings_come_at_once_errors_first() -> None:
    subject = spec(
        Transition("go", "a", "x", guards=["g"]),
        Transition("go", "a", "b", guards=["g"]),
        states=[A, B, END],
        roles=[],
    )
    assert [f.code for f in inspect(subject)] == [
        "command.never_usable",
        "state.dead_end",
        "state.trap",
        "state.unreachable",
        "transition.nondeterministic",
        "transition.unknown_target",
        "guard.unused",
    ]
    with pytest.raises(InvalidDefinition) as caught:
        Machine(subject)
    assert caught.value.findings == inspect(subject)


def test_an_unreachable_edge_makes_no_word_usable() -> None:
    lost = Transition("fly", "lost", "end", roles=["t"])
    subject = spec(
        *SOUND,
        lost,
        states=[A, B, END, State("lost")],
        commands=["go", "stop", "fly"],
        roles=["r", "s", "t"],
    )
    assert [f.code for f in inspect(subject)] == [
        "command.never_usable",
        "role.never_usable",
        "state.unreachable",
    ]
    assert found(
        spec(
            *subject.transitions,
            initial="?",
            states=subject.states,
            commands=subject.commands,
            roles=subject.roles,
        )
    ) == [("machine.unknown_initial", "initial", "?")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("p", "p"),
        ("p", "q"),
        ("p", "x"),
        ("q", "x"),
        ("x", "y"),
        ("x", "x"),
        ("", "p"),
        ("q", ""),
    ],
)
def test_units_may_go_on_stay_or_leave_the_way(before: str, after: str) -> None:
    states = [State("a", counts_as=before), State("b", counts_as=after), END]
    assert inspect(spec(states=states, positions=["p", "q"], exits=["x", "y"])) == ()


def test_without_a_declared_way_states_count_as_they_like() -> None:
    assert inspect(spec(states=[State("a", counts_as="z"), B, END])) == ()


def test_an_edge_without_roles_admits_every_role() -> None:
    assert inspect(spec(*SOUND, Transition("go", "b", "a"), roles=["r", "s", "t"])) == ()


# --- what keeps two transitions apart ---------------------------------------------------------


def pair(one: dict[str, list[str]], other: dict[str, list[str]]) -> MachineSpec:
    return MachineSpec(
        "m",
        version="1",
        initial="a",
        states=[A, END],
        transitions=[
            Transition("go", "a", "end", **one),
            Transition("go", "a", "a", **other),
        ],
        commands=["go"],
        guards=["g", "h", "i", "j"],
        roles=["r", "s", "t"],
        excludes=[["g", "h"], ["h", "i"]],
    )


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ({}, {}, False),
        ({"roles": ["r"]}, {}, False),
        ({}, {"roles": ["r"]}, False),
        ({"roles": ["r"]}, {"roles": ["s", "t"]}, True),
        ({"roles": ["r", "s"]}, {"roles": ["s", "t"]}, False),
        ({"guards": ["g"]}, {}, False),
        ({"guards": ["g"]}, {"guards": ["h"]}, True),
        ({"guards": ["i"]}, {"guards": ["h"]}, True),
        ({"guards": ["g"]}, {"guards": ["i"]}, False),
        ({"guards": ["g"]}, {"guards": ["g"]}, False),
        ({"guards": ["g", "j"]}, {"guards": ["j", "h"]}, True),
        ({"guards": ["j"]}, {"guards": ["h"]}, False),
        ({"guards": ["g"], "roles": ["r"]}, {"guards": ["h"], "roles": ["r"]}, True),
        ({"guards": ["g"], "roles": ["r"]}, {"guards": ["g"], "roles": ["s"]}, True),
    ],
)
def test_what_keeps_two_transitions_apart(
    one: dict[str, list[str]], other: dict[str, list[str]], apart: bool
) -> None:
    codes = {f.code for f in inspect(pair(one, other))}
    assert ("transition.nondeterministic" not in codes) is apart


# --- the oracle ------------------------------------------------------------------------------

IDS = ["a", "b", "c", "d"]
COMMANDS = ["go", "stop"]
GUARDS = ["g", "h", "i"]
ROLES = ["r", "s"]

edges = st.builds(
    Transition,
    st.sampled_from([*COMMANDS, "run"]),
    st.sampled_from([*IDS, "x"]),
    st.sampled_from([*IDS, "x"]),
    guards=st.sets(st.sampled_from([*GUARDS, "u"]), max_size=2),
    roles=st.sets(st.sampled_from([*ROLES, "v"]), max_size=2),
)
specs = st.builds(
    MachineSpec,
    st.just("m"),
    version=st.just("1"),
    initial=st.sampled_from([*IDS, "a", "a", "x"]),
    states=st.lists(
        st.builds(
            State,
            st.sampled_from(IDS),
            terminal=st.booleans(),
            counts_as=st.sampled_from(["", "p", "q", "x"]),
        ),
        max_size=5,
        unique_by=lambda state: state.id,
    )
    | st.lists(st.builds(State, st.sampled_from(IDS), terminal=st.booleans()), max_size=5),
    transitions=st.lists(edges, max_size=7),
    commands=st.lists(st.sampled_from(COMMANDS), max_size=3),
    guards=st.lists(st.sampled_from(GUARDS), max_size=4),
    roles=st.lists(st.sampled_from(ROLES), max_size=3),
    excludes=st.lists(st.sets(st.sampled_from([*GUARDS, "u"]), max_size=3), max_size=2),
    positions=st.sampled_from([[], ["p"], ["p", "q"], ["q", "p"], ["p", "p"]]),
    exits=st.sampled_from([[], ["x"], ["p"]]),
)


def oracle(subject: MachineSpec) -> set[tuple[str, str]]:
    """(code, value) pairs worked out by brute force: closure of a relation, worlds of guards."""
    ids = {s.id for s in subject.states}
    terminal = {s.id for s in subject.states if s.terminal}
    inside = [t for t in subject.transitions if t.source in ids and t.target in ids]
    reach = {(s, s) for s in ids} | {(t.source, t.target) for t in inside}
    for _ in ids:
        reach |= {(p, s) for p, q in reach for r, s in reach if q == r}
    result: set[tuple[str, str]] = set()
    if not ids:
        result.add(("machine.empty", "m"))
    elif subject.initial not in ids:
        result.add(("machine.unknown_initial", subject.initial))
    seen = {s for s in ids if subject.initial not in ids or (subject.initial, s) in reach}
    for s in ids:
        if s not in seen:
            result.add(("state.unreachable", s))
        if s not in terminal and not any(t.source == s for t in inside):
            result.add(("state.dead_end", s))
        elif not any((s, end) in reach for end in terminal):
            result.add(("state.trap", s))
        if [x.id for x in subject.states].count(s) > 1:
            result.add(("state.duplicate", s))
    for kind in ("command", "guard", "role"):
        words: tuple[str, ...] = getattr(subject, f"{kind}s")
        result |= {(f"{kind}.duplicate", w) for w in words if words.count(w) > 1}
    usable = [t for t in inside if t.source in seen]
    result |= {
        ("command.never_usable", c)
        for c in subject.commands
        if not any(t.command == c for t in usable)
    }
    result |= {
        ("role.never_usable", r)
        for r in subject.roles
        if not any(not t.roles or r in t.roles for t in usable)
    }
    result |= {
        ("guard.unused", g)
        for g in subject.guards
        if not any(g in t.guards for t in subject.transitions)
    }
    ways = (*subject.positions, *subject.exits)
    result |= {("position.duplicate", p) for p in ways if ways.count(p) > 1}
    result |= {
        ("position.unknown", s.counts_as)
        for s in subject.states
        if ways and s.counts_as not in ("", *ways)
    }
    for group in subject.excludes:
        result |= {("excludes.unknown_guard", g) for g in group if g not in subject.guards}
        if len(group) < 2:
            result.add(("excludes.single", ",".join(group)))
    for t in subject.transitions:
        if t.source not in ids:
            result.add(("transition.unknown_source", t.source))
        if t.target not in ids:
            result.add(("transition.unknown_target", t.target))
        if t.source in terminal:
            result.add(("state.terminal_exit", str(t)))
        if t.command not in subject.commands:
            result.add(("transition.unknown_command", t.command))
        result |= {("transition.unknown_guard", g) for g in t.guards if g not in subject.guards}
        result |= {("transition.unknown_role", r) for r in t.roles if r not in subject.roles}
        ranks = {p: i for i, p in reversed([*enumerate(subject.positions)])}
        ends = [s.counts_as for end in (t.source, t.target) for s in subject.states if s.id == end]
        if len(ends) == 2 and ends[1] in ranks:
            infinite = len(ranks) if ends[0] in subject.exits else -1
            if ranks[ends[1]] < ranks.get(ends[0], infinite):
                result.add(("position.backward", " → ".join(ends)))
        if subject.transitions.count(t) > 1:
            result.add(("transition.duplicate", str(t)))
    return result


def worlds(subject: MachineSpec) -> list[set[str]]:
    """Every set of guards that may hold together."""
    names = [*GUARDS, "u"]
    return [
        world
        for bits in product([False, True], repeat=len(names))
        if (world := {n for n, bit in zip(names, bits, strict=True) if bit}) is not None
        and all(len(world & set(group)) <= 1 for group in subject.excludes)
    ]


@given(specs)
def test_the_checker_agrees_with_brute_force(subject: MachineSpec) -> None:
    findings = inspect(subject)
    event("sound" if not findings else "faulty")
    judged = {
        (f.code, f.value)
        for f in findings
        if f.code not in ("transition.nondeterministic", "transition.contradiction")
    }
    assert judged == oracle(subject)
    assert list(findings) == sorted(findings, key=lambda f: (f.severity, f.code, f.path))
    assert len(set(findings)) == len(findings)


def clash(subject: MachineSpec, one: Transition, other: Transition) -> bool:
    """Whether some role in some world of guards opens both."""
    return any(
        {*one.guards, *other.guards} <= world
        and (not one.roles or role in one.roles)
        and (not other.roles or role in other.roles)
        for world in worlds(subject)
        for role in [*ROLES, "v", "anyone"]
    )


@given(specs)
def test_no_two_transitions_open_together_unless_it_says_so(subject: MachineSpec) -> None:
    findings = {f.value for f in inspect(subject) if f.code == "transition.nondeterministic"}
    blocked = {f.path for f in inspect(subject) if f.code == "transition.contradiction"}
    for one, other in product(subject.transitions, repeat=2):
        if one != other and (one.source, one.command) == (other.source, other.command):
            reported = f"{one} | {other}" in findings or f"{other} | {one}" in findings
            if clash(subject, one, other):
                assert reported
            elif not blocked:
                assert not reported


@given(specs)
def test_contradictions_are_transitions_that_no_world_opens(subject: MachineSpec) -> None:
    reported = {f.path for f in inspect(subject) if f.code == "transition.contradiction"}
    closed = {
        f"transitions[{t.source}/{t.command}/{t.target}]"
        for t in subject.transitions
        if not any(set(t.guards) <= world for world in worlds(subject))
    }
    assert reported == closed


@given(specs, st.data())
def test_no_order_of_input_changes_anything(subject: MachineSpec, data: st.DataObject) -> None:
    shuffled = MachineSpec(
        "m",
        version="1",
        initial=subject.initial,
        states=data.draw(st.permutations(subject.states)),
        transitions=data.draw(st.permutations(subject.transitions)),
        commands=data.draw(st.permutations(subject.commands)),
        guards=data.draw(st.permutations(subject.guards)),
        roles=data.draw(st.permutations(subject.roles)),
        excludes=data.draw(st.permutations(subject.excludes)),
        positions=subject.positions,
        exits=data.draw(st.permutations(subject.exits)),
    )
    assert shuffled == subject
    assert inspect(shuffled) == inspect(subject)


def test_findings_are_values() -> None:
    (finding,) = inspect(spec(guards=["g", "h", "i"]))
    assert finding == Finding("guard.unused", Severity.WARNING, "guards[i]", finding.message, "i")
    assert finding.message

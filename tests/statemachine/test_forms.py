"""The JSON form, diagrams and differences."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import Duration, InvalidBatch, WorkingDays, WorkingHours
from ordercore.statemachine import (
    ChangeKind,
    Machine,
    MachineSpec,
    NamedLimit,
    State,
    TimeLimit,
    Transition,
    difference,
    difference_text,
    spec_from_json,
    spec_to_json,
)
from ordercore.statemachine.diagram import to_dot, to_mermaid
from ordercore.statemachine.graph import reading_order
from ordercore.testing.strategies import named_limits

# Printable whatever it is; blanks within come from the hostile ones.
names = st.text(
    st.characters(max_codepoint=0x2FFF, categories=("L", "N", "P", "S")), min_size=1, max_size=8
)
hostile = st.sampled_from(
    [
        '"',
        'a"b',
        "a:b",
        "a b",
        "a;b",
        "#35;",
        "s0",
        "[*]",
        "end",
        "state",
        "-->",
        "---",
        "\\",
        "\\n",
        "\\",
        "}",
        "{",
        "%%",
        "<b>",
        "取消",
        "a\\",
        "é",
    ]
)
words = names | hostile


@st.composite
def any_specs(draw: st.DrawFn) -> MachineSpec:
    """Sound or not, with names that hurt."""
    ids = draw(st.lists(words, min_size=1, max_size=5, unique=True))
    places = st.sampled_from([*ids, "no state"])
    some = st.lists(words, max_size=2)
    limits: st.SearchStrategy[TimeLimit | None] = st.none() | st.sampled_from(
        [
            Duration(1),
            Duration.of(hours=3),
            WorkingHours(24),
            WorkingHours(1, minutes=1),
            WorkingDays(2),
        ]
    )
    texts = st.sampled_from(["Open", "打开", "a; b", "#<|>"])
    told = st.dictionaries(st.sampled_from(["en", "zh"]), texts, max_size=2)
    edges = st.builds(
        Transition, words, places, places, guards=some, roles=some, titles=told, notes=told
    )
    return MachineSpec(
        draw(words),
        version=draw(words),
        initial=draw(places),
        states=[
            State(
                i,
                category=draw(st.just("") | names),
                terminal=draw(st.booleans()),
                limit=draw(limits),
                counts_as=draw(st.just("") | words),
                limits=draw(st.lists(named_limits(), max_size=2, unique_by=lambda x: x.name)),
                calendar=draw(st.just("") | words),
                titles=draw(told),
                notes=draw(told),
            )
            for i in ids
        ],
        transitions=draw(st.lists(edges, max_size=6)),
        commands=draw(some),
        guards=draw(some),
        roles=draw(some),
        excludes=draw(st.lists(some, max_size=2)),
        positions=draw(some),
        exits=draw(some),
        words=draw(st.dictionaries(words, told, max_size=2)),
    )


@given(any_specs())
def test_json_round_trips_through_text(spec: MachineSpec) -> None:
    assert spec_from_json(json.loads(json.dumps(spec_to_json(spec)))) == spec


def test_json_by_hand() -> None:
    spec = MachineSpec(
        "m",
        version="2",
        initial="a",
        states=[
            State("a", category="open", limit=WorkingHours(24)),
            State("b", limit=Duration(1)),
            State("c", limit=Duration.of(hours=2)),
            State("d", limit=WorkingHours(1, minutes=30)),
            State("e", terminal=True, limit=WorkingDays(3)),
            State(
                "f",
                counts_as="p",
                calendar="c",
                limits=[NamedLimit("z", Duration(1)), NamedLimit("y", WorkingDays(1))],
                titles={"zh": "己"},
                notes={"en": "the sixth"},
            ),
        ],
        transitions=[
            Transition("go", "a", "b", guards=["g"], roles=["r"], titles={"en": "Go"}),
        ],
        commands=["go"],
        guards=["g", "h"],
        roles=["r"],
        excludes=[["h", "g"]],
        positions=["q", "p"],
        exits=["x", "w"],
        words={"go": {"zh": "走"}},
    )
    assert spec_to_json(spec) == {
        "id": "m",
        "version": "2",
        "initial": "a",
        "states": [
            {"id": "a", "category": "open", "limit": {"working_hours": 24}},
            {"id": "b", "limit": {"elapsed_us": 1}},
            {"id": "c", "limit": {"elapsed_hours": 2}},
            {"id": "d", "limit": {"working_us": 5_400_000_000}},
            {"id": "e", "terminal": True, "limit": {"working_days": 3}},
            {
                "id": "f",
                "counts_as": "p",
                "calendar": "c",
                "limits": [
                    {"name": "z", "after": {"elapsed_us": 1}},
                    {"name": "y", "after": {"working_days": 1}},
                ],
                "titles": {"zh": "己"},
                "notes": {"en": "the sixth"},
            },
        ],
        "transitions": [
            {
                "command": "go",
                "source": "a",
                "target": "b",
                "guards": ["g"],
                "roles": ["r"],
                "titles": {"en": "Go"},
            }
        ],
        "commands": ["go"],
        "guards": ["g", "h"],
        "roles": ["r"],
        "excludes": [["g", "h"]],
        "positions": ["q", "p"],
        "exits": ["w", "x"],
        "words": {"go": {"zh": "走"}},
    }
    assert spec_from_json(spec_to_json(spec)) == spec


def faults(data: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidBatch) as caught:
        spec_from_json(data)
    assert all(fault.expected for fault in caught.value.faults)
    missing = [f for f in caught.value.faults if f.code == "machine.json_missing"]
    assert [f for f in caught.value.faults if f.value is None and f not in missing] == []
    return [(fault.code, fault.path) for fault in caught.value.faults]


@pytest.mark.parametrize("data", [[], "m", 3])
def test_a_machine_is_an_object(data: object) -> None:
    assert faults(data) == [("machine.json", "")]


def test_all_faults_of_the_data_are_reported_with_their_places() -> None:
    assert faults(
        {
            "id": 1,
            "version": "1",
            "initial": "a",
            "colour": "red",
            "states": [
                "a",
                {"id": 7, "category": 7, "terminal": "no", "limit": 24},
                {"colour": "red"},
                {"id": " b"},
                {"id": "c", "limit": {"working_hours": 1, "working_days": 1}},
                {"id": "c", "limit": {"working_days": 1.5}},
                {"id": "c", "limit": {"working_days": True}},
                {"id": "c", "limit": {"weeks": 1}},
                {"id": "c", "limit": {"working_days": -1}},
                {"id": "c", "limit": {"elapsed_us": -1}},
            ],
            "transitions": [
                "go",
                {"command": "go", "target": 7},
                {"command": "go", "source": "a", "target": " a"},
                {"command": "go", "source": "a", "target": "a", "guards": "g", "roles": [1]},
            ],
            "commands": "go",
            "guards": [None],
            "roles": {},
            "excludes": ["g"],
        }
    ) == [
        ("machine.json_unknown", "colour"),
        ("machine.json", "id"),
        ("machine.json", "states[0]"),
        ("machine.json", "states[1].id"),
        ("machine.json", "states[1].category"),
        ("machine.json", "states[1].terminal"),
        ("machine.json", "states[1].limit"),
        ("machine.json", "states[1].limit"),
        ("machine.json_missing", "states[2].id"),
        ("machine.json_unknown", "states[2].colour"),
        ("machine.name", "states[3].id"),
        ("machine.json", "states[4].limit"),
        ("machine.json", "states[5].limit"),
        ("machine.json", "states[6].limit"),
        ("machine.json_unknown", "states[7].limit.weeks"),
        ("machine.json", "states[7].limit"),
        ("calendar.not_working_time", "states[8].limit.days"),
        ("state.limit", "states[9].limit"),
        ("machine.json", "transitions[0]"),
        ("machine.json_missing", "transitions[1].source"),
        ("machine.json", "transitions[1].target"),
        ("machine.name", "transitions[2].target"),
        ("machine.json", "transitions[3].guards"),
        ("machine.json", "transitions[3].roles"),
        ("machine.json", "commands"),
        ("machine.json", "guards"),
        ("machine.json", "roles"),
        ("machine.json", "excludes[0]"),
    ]


def test_lists_are_lists_and_names_are_names() -> None:
    base: dict[str, Any] = {
        "id": "m",
        "version": "1",
        "initial": "a",
        "states": [],
        "transitions": [],
    }
    assert spec_from_json(base).id == "m"
    assert spec_from_json(base | {"states": (), "commands": ("go",)}).commands == ("go",)
    assert faults(base | {"states": {}, "transitions": "x", "excludes": 1}) == [
        ("machine.json", "states"),
        ("machine.json", "transitions"),
        ("machine.json", "excludes"),
    ]
    assert faults(base | {"id": " m"}) == [("machine.name", "id")]


# --- diagrams ---------------------------------------------------------------------------------

MERMAID = re.compile(
    r'    (?:state "(?P<label>(?:[^"#;:\n]|#\d+;)*)" as (?P<key>s\d+)'
    r"|(?P<source>s\d+|\[\*\]) --> (?P<target>s\d+|\[\*\])(?: : (?P<edge>(?:[^#;:\n\"]|#\d+;)*))?)"
)
DOT_TEXT = r'"((?:[^"\\\n]|\\.)*)"'
DOT_NODE = re.compile(rf"    (s\d+) \[label={DOT_TEXT}(, penwidth=2)?(, peripheries=2)?\];")
DOT_EDGE = re.compile(rf"    (s\d+) -> (s\d+) \[label={DOT_TEXT}\];")


def edge_label(edge: Transition) -> str:
    guards = f" [{', '.join(edge.guards)}]" if edge.guards else ""
    return edge.command + guards + (f" ({', '.join(edge.roles)})" if edge.roles else "")


def state_labels(spec: MachineSpec) -> list[str]:
    """What is written in the states, in the order of their ids."""
    return [s.id + (f" [{s.counts_as}]" if s.counts_as else "") for s in spec.states]


def drawn(spec: MachineSpec) -> list[tuple[str, str, str]]:
    ids = {state.id for state in spec.states}
    return sorted(
        (e.source, e.target, edge_label(e))
        for e in spec.transitions
        if e.source in ids and e.target in ids
    )


def labelled(spec: MachineSpec, label_of: dict[str, str]) -> list[tuple[str, str, str]]:
    return sorted((label_of[a], label_of[b], text) for a, b, text in drawn(spec))


@given(any_specs())
def test_mermaid_holds_every_state_and_edge(spec: MachineSpec) -> None:
    def plain(text: str) -> str:
        return re.sub(r"#(\d+);", lambda m: chr(int(m[1])), text)

    lines = to_mermaid(spec).split("\n")
    assert (lines[0], lines[-1]) == ("stateDiagram-v2", "")
    labels: dict[str, str] = {}
    edges: list[tuple[str, str, str]] = []
    starts: list[str] = []
    ends: list[str] = []
    for line in lines[1:-1]:
        match = MERMAID.fullmatch(line)
        assert match is not None, line
        assert "--" not in (match["label"] or "") + (match["edge"] or "")
        if match["key"]:
            labels[match["key"]] = plain(match["label"])
        elif match["source"] == "[*]":
            starts.append(labels[match["target"]])
        elif match["target"] == "[*]":
            ends.append(labels[match["source"]])
        else:
            edges.append((labels[match["source"]], labels[match["target"]], plain(match["edge"])))
    label_of = dict(zip((s.id for s in spec.states), state_labels(spec), strict=True))
    assert sorted(labels.values()) == sorted(label_of.values())
    assert sorted(edges) == labelled(spec, label_of)
    assert starts == ([label_of[spec.initial]] if spec.initial in label_of else [])
    assert ends == [label_of[state.id] for state in spec.states if state.terminal]


@given(any_specs())
def test_dot_holds_every_state_and_edge(spec: MachineSpec) -> None:
    def plain(text: str) -> str:
        return re.sub(r"\\(.)", r"\1", text)

    lines = to_dot(spec).split("\n")
    head = re.fullmatch(rf"digraph {DOT_TEXT} {{", lines[0])
    assert head is not None
    assert plain(head[1]) == spec.id
    assert lines[1] == "    node [shape=box, style=rounded];"
    assert lines[-2:] == ["}", ""]
    label_of = dict(zip((s.id for s in spec.states), state_labels(spec), strict=True))
    by_key = {
        f"s{i}": next(s for s in spec.states if s.id == state)
        for i, state in enumerate(reading_order(spec))
    }
    labels: dict[str, str] = {}
    edges: list[tuple[str, str, str]] = []
    for line in lines[2:-2]:
        if node := DOT_NODE.fullmatch(line):
            labels[node[1]] = plain(node[2])
            state = by_key[node[1]]
            assert plain(node[2]) == label_of[state.id]
            assert (node[3] is not None) is (state.id == spec.initial)
            assert (node[4] is not None) is state.terminal
        else:
            edge = DOT_EDGE.fullmatch(line)
            assert edge is not None, line
            edges.append((labels[edge[1]], labels[edge[2]], plain(edge[3])))
    assert sorted(labels.values()) == sorted(label_of.values())
    assert sorted(edges) == labelled(spec, label_of)


def test_states_are_drawn_from_the_initial_one_outwards() -> None:
    machine = Machine(
        MachineSpec(
            "m",
            version="1",
            initial="z",
            states=[State("a", terminal=True), State("m"), State("z")],
            transitions=[Transition("go", "z", "m"), Transition("go", "m", "a")],
            commands=["go"],
        )
    )
    for text in (machine.to_mermaid(), machine.to_dot()):
        assert text.index("z") < text.index('"m" as' if "as" in text else 's1 [label="m"')
    assert re.findall(r'state "(\w)"', machine.to_mermaid()) == ["z", "m", "a"]
    assert re.findall(r's\d \[label="(\w)"', machine.to_dot()) == ["z", "m", "a"]


# --- differences ------------------------------------------------------------------------------


@given(any_specs(), any_specs())
def test_there_is_no_difference_exactly_when_equal(old: MachineSpec, new: MachineSpec) -> None:
    assert difference(old, old) == ()
    assert bool(difference(old, new)) is (old != new)
    back = {(c.part, c.after, c.before) for c in difference(new, old)}
    assert {(c.part, c.before, c.after) for c in difference(old, new)} == back


def test_differences_by_hand() -> None:
    old = MachineSpec(
        "m",
        version="1",
        initial="a",
        states=[State("a"), State("b", category="open"), State("gone")],
        transitions=[
            Transition("go", "a", "b"),
            Transition("go", "b", "a", guards=["g"], roles=["r"]),
            Transition("stop", "a", "gone"),
        ],
        commands=["go", "stop"],
        guards=["g"],
        roles=["r"],
        excludes=[["g", "h"]],
        positions=["p"],
        exits=["x"],
        words={"go": {"en": "Go"}},
    )
    new = MachineSpec(
        "n",
        version="2",
        initial="b",
        states=[
            State(
                "a",
                limit=WorkingHours(24),
                counts_as="p",
                limits=[NamedLimit("late", WorkingDays(2))],
                calendar="desk",
                titles={"en": "A"},
                notes={"zh": "甲"},
            ),
            State("b", category="done", terminal=True, limit=WorkingDays(1)),
            State("new"),
        ],
        transitions=[
            Transition("go", "a", "b", roles=["s"]),
            Transition("go", "a", "b", guards=["g", "h"]),
            Transition("go", "b", "a", guards=["g"]),
        ],
        commands=["go", "fly"],
        guards=["g", "h"],
        roles=["s"],
        positions=["p", "q"],
        exits=["y"],
        words={"go": {"en": "Move"}, "stop": {"en": "Stop"}},
    )
    changes = difference(old, new)
    assert difference_text(changes).split("\n") == [
        "changed id: m → n",
        "changed version: 1 → 2",
        "changed initial state: a → b",
        "changed state a: plain → counts as p, limit working_hours 24, limit late working_days 2, calendar desk, title en: A, note zh: 甲",
        "changed state b: category open → category done, terminal, limit working_days 1",
        "removed state gone",
        "added state new",
        "changed transition a --go--> b: plain → roles s | guards g, h",
        "removed transition a --stop--> gone",
        "changed transition b --go--> a: guards g; roles r → guards g",
        "added command fly",
        "removed command stop",
        "added guard h",
        "removed role r",
        "added role s",
        'removed exclusion of ["g","h"]',
        'changed positions: ["p"] → ["p","q"]',
        "removed exit x",
        "added exit y",
        'changed titles of go: {"en":"Go"} → {"en":"Move"}',
        'added titles of stop: {"en":"Stop"}',
    ]
    assert changes[0].kind is ChangeKind.CHANGED
    assert difference_text(()) == ""

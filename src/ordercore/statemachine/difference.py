"""What changed between two versions of a machine, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from ordercore.kernel import Choice, answering, canonical_json, checked
from ordercore.statemachine.json_reading import limit_to_json
from ordercore.statemachine.limits import TimeLimit
from ordercore.statemachine.spec import MachineSpec, State, Transition

__all__ = ["Change", "ChangeKind", "difference", "difference_text"]


class ChangeKind(Choice):
    """What happened to a part of the machine."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@attrs.frozen
@checked
class Change:
    """One difference: of which part, and how the part read before and after.

    Example:
        >>> print(Change(ChangeKind.CHANGED, "initial state", "draft", "submitted"))
        changed initial state: draft → submitted
    """

    kind: ChangeKind
    part: str
    before: str
    after: str

    def __str__(self) -> str:
        detail = " → ".join(text for text in (self.before, self.after) if text)
        return f"{self.kind.value} {self.part}" + (f": {detail}" if detail else "")


@answering
def difference(old: MachineSpec, new: MachineSpec) -> tuple[Change, ...]:
    """Every change from one spec to another; none exactly when they are equal.

    Transitions are matched by source, command and target.

    Example:
        >>> old = MachineSpec("m", version="1", initial="a", states=[State("a")], transitions=[])
        >>> new = MachineSpec(
        ...     "m",
        ...     version="2",
        ...     initial="a",
        ...     states=[State("a"), State("b", terminal=True)],
        ...     transitions=[Transition("go", "a", "b", roles=["clerk"])],
        ... )
        >>> print(difference_text(difference(old, new)))
        changed version: 1 → 2
        added state b: terminal
        added transition a --go--> b: roles clerk
    """
    return (
        *_compared("", {"id": old.id}, {"id": new.id}),
        *_compared("", {"version": old.version}, {"version": new.version}),
        *_compared("", {"initial state": old.initial}, {"initial state": new.initial}),
        *_compared("state ", _states(old.states), _states(new.states)),
        *_compared("transition ", _edges(old.transitions), _edges(new.transitions)),
        *_compared("command ", _counted(old.commands), _counted(new.commands)),
        *_compared("guard ", _counted(old.guards), _counted(new.guards)),
        *_compared("role ", _counted(old.roles), _counted(new.roles)),
        *_compared("exclusion of ", _groups(old.excludes), _groups(new.excludes)),
        *_compared("", _way(old), _way(new)),
        *_compared("exit ", _counted(old.exits), _counted(new.exits)),
        *_compared("titles of ", _titles(old), _titles(new)),
    )


@answering
def difference_text(changes: Iterable[Change]) -> str:
    """One line for each change; empty for none."""
    return "\n".join(map(str, changes))


def _compared(label: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if before is None:
            yield Change(ChangeKind.ADDED, f"{label}{key}", "", after or "")
        elif after is None:
            yield Change(ChangeKind.REMOVED, f"{label}{key}", before, "")
        elif before != after:
            yield Change(ChangeKind.CHANGED, f"{label}{key}", before or "plain", after or "plain")


def _gathered(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    # Parts of one key, which a sound machine may have among transitions, are read together.
    gathered: dict[str, list[str]] = {}
    for key, text in pairs:
        gathered.setdefault(key, []).append(text)
    return {
        key: " | ".join(text or "plain" for text in texts) if len(texts) > 1 else texts[0]
        for key, texts in gathered.items()
    }


def _states(states: Iterable[State]) -> dict[str, str]:
    return _gathered((state.id, _state_text(state)) for state in states)


def _state_text(state: State) -> str:
    parts = [f"category {state.category}"] if state.category else []
    if state.counts_as:
        parts.append(f"counts as {state.counts_as}")
    if state.terminal:
        parts.append("terminal")
    if state.limit is not None:
        parts.append(_limit_text("limit", state.limit))
    parts += [_limit_text(f"limit {limit.name}", limit.after) for limit in state.limits]
    if state.calendar:
        parts.append(f"calendar {state.calendar}")
    return ", ".join(parts + _told(state))


def _limit_text(name: str, limit: TimeLimit) -> str:
    ((unit, number),) = limit_to_json(limit).items()
    return f"{name} {unit} {number}"


def _told(part: State | Transition) -> list[str]:
    return [
        f"{kind} {language}: {text}"
        for kind, titles in (("title", part.titles), ("note", part.notes))
        for language, text in titles.items()
    ]


def _edges(edges: Iterable[Transition]) -> dict[str, str]:
    return _gathered(
        (f"{edge.source} --{edge.command}--> {edge.target}", _edge_text(edge)) for edge in edges
    )


def _edge_text(edge: Transition) -> str:
    parts = [f"guards {', '.join(edge.guards)}"] if edge.guards else []
    if edge.roles:
        parts.append(f"roles {', '.join(edge.roles)}")
    return "; ".join(parts + _told(edge))


def _counted(names: Iterable[str]) -> dict[str, str]:
    return _gathered((name, "") for name in names)


def _groups(groups: Iterable[tuple[str, ...]]) -> dict[str, str]:
    return {canonical_json(group).decode(): "" for group in groups}


def _way(spec: MachineSpec) -> dict[str, str]:
    return {"positions": canonical_json(spec.positions).decode()} if spec.positions else {}


def _titles(spec: MachineSpec) -> dict[str, str]:
    return {word: canonical_json(titles).decode() for word, titles in spec.words.items()}

"""The JSON form of a machine: what a person writes, reviews and keeps under version control."""

from __future__ import annotations

from ordercore.kernel import FaultList, Json, answering, problems
from ordercore.statemachine.json_reading import (
    JsonObject,
    limit_to_json,
    limits_to_json,
    made,
    titles_to_json,
    words_to_json,
)
from ordercore.statemachine.spec import MachineSpec, State, Transition

__all__ = ["spec_from_json", "spec_to_json"]

_REQUIRED = ("id", "version", "initial", "states", "transitions")
_NAMES = ("commands", "guards", "roles", "positions", "exits")
_OPTIONAL = (*_NAMES, "excludes", "words")
_STATE_TEXTS = ("category", "counts_as", "calendar")
_STATE_OPTIONAL = (*_STATE_TEXTS, "terminal", "limit", "limits", "titles", "notes")
_EDGE = ("command", "source", "target")
_EDGE_OPTIONAL = ("guards", "roles", "titles", "notes")


@answering
def spec_to_json(spec: MachineSpec) -> dict[str, Json]:
    """The spec as JSON data; what is empty is left out, except states and transitions.

    Example:
        >>> spec_to_json(MachineSpec("m", version="1", initial="a", states=[], transitions=[]))
        {'id': 'm', 'version': '1', 'initial': 'a', 'states': [], 'transitions': []}
    """
    data: dict[str, Json] = {
        "id": spec.id,
        "version": spec.version,
        "initial": spec.initial,
        "states": [_state_to_json(state) for state in spec.states],
        "transitions": [_transition_to_json(edge) for edge in spec.transitions],
    }
    for key, names in (
        ("commands", spec.commands),
        ("guards", spec.guards),
        ("roles", spec.roles),
        ("positions", spec.positions),
        ("exits", spec.exits),
    ):
        if names:
            data[key] = list(names)
    if spec.excludes:
        data["excludes"] = [list(group) for group in spec.excludes]
    if spec.words:
        data["words"] = words_to_json(spec.words)
    return data


def _state_to_json(state: State) -> dict[str, Json]:
    data: dict[str, Json] = {"id": state.id}
    if state.category:
        data["category"] = state.category
    if state.counts_as:
        data["counts_as"] = state.counts_as
    if state.calendar:
        data["calendar"] = state.calendar
    if state.terminal:
        data["terminal"] = True
    if state.limit is not None:
        data["limit"] = limit_to_json(state.limit)
    if state.limits:
        data["limits"] = limits_to_json(state.limits)
    return data | _told(state)


def _transition_to_json(edge: Transition) -> dict[str, Json]:
    data: dict[str, Json] = {"command": edge.command, "source": edge.source, "target": edge.target}
    if edge.guards:
        data["guards"] = list(edge.guards)
    if edge.roles:
        data["roles"] = list(edge.roles)
    return data | _told(edge)


def _told(part: State | Transition) -> dict[str, Json]:
    return {
        key: titles_to_json(titles)
        for key, titles in (("titles", part.titles), ("notes", part.notes))
        if titles
    }


def spec_from_json(data: object) -> MachineSpec:
    """The spec of JSON data, not yet checked for soundness.

    Raises:
        InvalidBatch: every place where the data has another form: ``machine.json`` for a wrong
            type, ``machine.json_missing``, ``machine.json_unknown`` for a key that means nothing
            here, and what the values themselves refuse.

    Example:
        >>> spec = MachineSpec("m", version="1", initial="a", states=[State("a")], transitions=[])
        >>> spec_from_json(spec_to_json(spec)) == spec
        True
    """
    faults = problems()
    found = JsonObject(data, "", faults, _REQUIRED, _OPTIONAL)
    name = {key: found.text(key) for key in ("id", "version", "initial")}
    states = [_state_from_json(item, place, faults) for item, place in found.listed("states")]
    transitions = [
        _transition_from_json(item, place, faults) for item, place in found.listed("transitions")
    ]
    names = {key: found.texts(key) for key in _NAMES}
    excludes = [found.texts_of(group, place) for group, place in found.listed("excludes")]
    words = found.words("words")
    faults.raise_if_any("machine")
    return MachineSpec(
        name["id"],
        version=name["version"],
        initial=name["initial"],
        states=[state for state in states if state is not None],
        transitions=[edge for edge in transitions if edge is not None],
        excludes=excludes,
        words=words,
        **names,
    )


def _state_from_json(data: object, path: str, faults: FaultList) -> State | None:
    found = JsonObject(data, path, faults, ("id",), _STATE_OPTIONAL)
    state_id = found.text("id")
    texts = {key: found.text(key) for key in _STATE_TEXTS}
    terminal = found.boolean("terminal")
    limit, limits = found.limit("limit"), found.limits("limits")
    titles, notes = found.titles("titles"), found.titles("notes")
    if not found.sound:
        return None

    def make() -> State:
        return State(
            state_id,
            terminal=terminal,
            limit=limit,
            limits=limits,
            titles=titles,
            notes=notes,
            **texts,
        )

    return made(make, path, faults)


def _transition_from_json(data: object, path: str, faults: FaultList) -> Transition | None:
    found = JsonObject(data, path, faults, _EDGE, _EDGE_OPTIONAL)
    ends = [found.text(key) for key in _EDGE]
    guards, roles = found.texts("guards"), found.texts("roles")
    titles, notes = found.titles("titles"), found.titles("notes")
    if not found.sound:
        return None
    return made(
        lambda: Transition(*ends, guards=guards, roles=roles, titles=titles, notes=notes),
        path,
        faults,
    )

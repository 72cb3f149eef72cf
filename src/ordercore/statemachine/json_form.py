"""The JSON form of a machine: what a person writes, reviews and keeps under version control."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, assert_never

from ordercore.kernel import (
    Duration,
    FaultList,
    InvalidBatch,
    InvalidValue,
    Json,
    WorkingDays,
    WorkingHours,
    problems,
)
from ordercore.statemachine.spec import MachineSpec, State, TimeLimit, Transition

__all__ = ["limit_to_json", "spec_from_json", "spec_to_json"]

T = TypeVar("T")

_HOUR_US = 3_600_000_000
_LIMIT_KEYS = ("elapsed_hours", "elapsed_us", "working_days", "working_hours", "working_us")
_SPEC_KEYS = ("id", "version", "initial", "states", "transitions")
_SPEC_OPTIONAL = ("commands", "guards", "roles", "excludes")


def limit_to_json(limit: TimeLimit) -> dict[str, Json]:
    """A time limit as one unit and its number: hours where they are whole, else microseconds.

    Example:
        >>> limit_to_json(WorkingHours(24)), limit_to_json(Duration(1))
        ({'working_hours': 24}, {'elapsed_us': 1})
    """
    match limit:
        case Duration():
            return _hours("elapsed", limit)
        case WorkingHours():
            return _hours("working", limit.duration)
        case WorkingDays():
            return {"working_days": limit.days}
        case _:  # pragma: no cover
            assert_never(limit)


def _hours(kind: str, duration: Duration) -> dict[str, Json]:
    hours, rest = divmod(duration.microseconds, _HOUR_US)
    return {f"{kind}_us": duration.microseconds} if rest else {f"{kind}_hours": hours}


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
    ):
        if names:
            data[key] = list(names)
    if spec.excludes:
        data["excludes"] = [list(group) for group in spec.excludes]
    return data


def _state_to_json(state: State) -> dict[str, Json]:
    data: dict[str, Json] = {"id": state.id}
    if state.category:
        data["category"] = state.category
    if state.terminal:
        data["terminal"] = True
    if state.limit is not None:
        data["limit"] = limit_to_json(state.limit)
    return data


def _transition_to_json(edge: Transition) -> dict[str, Json]:
    data: dict[str, Json] = {"command": edge.command, "source": edge.source, "target": edge.target}
    if edge.guards:
        data["guards"] = list(edge.guards)
    if edge.roles:
        data["roles"] = list(edge.roles)
    return data


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
    found = _object(data, "", _SPEC_KEYS, _SPEC_OPTIONAL, faults)
    name = {key: _text(found, key, "", faults) for key in ("id", "version", "initial")}
    states = [
        _state_from_json(item, f"states[{i}]", faults)
        for i, item in enumerate(_list(found, "states", "", faults))
    ]
    transitions = [
        _transition_from_json(item, f"transitions[{i}]", faults)
        for i, item in enumerate(_list(found, "transitions", "", faults))
    ]
    words = {key: _texts(found, key, "", faults) for key in ("commands", "guards", "roles")}
    excludes = [
        _texts({"excludes": group}, "excludes", "", faults, f"excludes[{i}]")
        for i, group in enumerate(_list(found, "excludes", "", faults))
    ]
    faults.raise_if_any("machine")
    return MachineSpec(
        name["id"],
        version=name["version"],
        initial=name["initial"],
        states=[state for state in states if state is not None],
        transitions=[edge for edge in transitions if edge is not None],
        excludes=excludes,
        **words,
    )


def _state_from_json(data: object, path: str, faults: FaultList) -> State | None:
    before = len(faults)
    found = _object(data, path, ("id",), ("category", "terminal", "limit"), faults)
    state_id = _text(found, "id", path, faults)
    category = _text(found, "category", path, faults)
    terminal = found.get("terminal", False)
    if not isinstance(terminal, bool):
        faults.add("machine.json", f"{path}.terminal", terminal, "true or false")
        terminal = False
    limit = _limit(found["limit"], f"{path}.limit", faults) if "limit" in found else None
    if len(faults) > before:
        return None
    try:
        return State(state_id, category=category, terminal=terminal, limit=limit)
    except InvalidBatch as error:
        faults.take(error, path)
        return None


def _limit(data: object, path: str, faults: FaultList) -> TimeLimit | None:
    found = _object(data, path, (), _LIMIT_KEYS, faults)
    key, number = next(iter(found.items()), ("", None))
    if len(found) != 1 or type(number) is not int:
        faults.add("machine.json", path, data, f"one of {', '.join(_LIMIT_KEYS)} with an integer")
        return None
    try:
        if key == "working_days":
            return WorkingDays(number)
        duration = Duration(number * _HOUR_US if key.endswith("_hours") else number)
        return WorkingHours.of(duration) if key.startswith("working") else duration
    except InvalidValue as error:
        faults.take(error, path)
        return None


def _transition_from_json(data: object, path: str, faults: FaultList) -> Transition | None:
    before = len(faults)
    found = _object(data, path, ("command", "source", "target"), ("guards", "roles"), faults)
    command, source, target = (
        _text(found, key, path, faults) for key in ("command", "source", "target")
    )
    guards, roles = (_texts(found, key, path, faults) for key in ("guards", "roles"))
    if len(faults) > before:
        return None
    try:
        return Transition(command, source, target, guards=guards, roles=roles)
    except InvalidBatch as error:
        faults.take(error, path)
        return None


def _object(
    data: object,
    path: str,
    required: tuple[str, ...],
    optional: tuple[str, ...],
    faults: FaultList,
) -> dict[str, object]:
    if not isinstance(data, Mapping):
        faults.add("machine.json", path, data, "an object")
        return {}
    found = {str(key): value for key, value in data.items()}
    for key in required:
        if key not in found:
            faults.add("machine.json_missing", _at(path, key), None, "a value")
    for key in sorted(found):
        if key not in required and key not in optional:
            faults.add("machine.json_unknown", _at(path, key), found[key], "no such key")
    return {key: value for key, value in found.items() if key in required or key in optional}


def _at(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _text(found: Mapping[str, object], key: str, path: str, faults: FaultList) -> str:
    value = found.get(key, "")
    if isinstance(value, str):
        return value
    faults.add("machine.json", _at(path, key), value, "text")
    return ""


def _list(found: Mapping[str, object], key: str, path: str, faults: FaultList) -> list[object]:
    value = found.get(key, [])
    if isinstance(value, list | tuple):
        return list(value)
    faults.add("machine.json", _at(path, key), value, "a list")
    return []


def _texts(
    found: Mapping[str, object], key: str, path: str, faults: FaultList, place: str = ""
) -> list[str]:
    place = place or _at(path, key)
    value = found.get(key, [])
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        faults.add("machine.json", place, value, "a list of texts")
        return []
    return list(value)

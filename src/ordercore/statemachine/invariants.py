"""The laws of machines, from which tests and the documentation's table are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ordercore.kernel import Invariant, Refusal, Span, Violation
from ordercore.statemachine.checker import moves_back
from ordercore.statemachine.limits import Calendars
from ordercore.statemachine.machine import Machine
from ordercore.statemachine.migration import MigrationPlan
from ordercore.statemachine.option import GuardValue
from ordercore.statemachine.rollout import RollOut

__all__ = ["INVARIANTS"]


def _ends(machine: Machine) -> Violation | None:
    for state in machine.states:
        if not any(machine.state(later).terminal for later in machine.reachable(state.id)):
            return Violation("INV-MACHINE-1", {"state": state.id})
        if machine.path_to(state.id) is None:
            return Violation("INV-MACHINE-1", {"unreachable": state.id})
    return None


def _closed(
    machine: Machine, state: str, command: str, guards: Mapping[str, GuardValue], role: str
) -> Violation | None:
    answer = machine.step(state, command, guards=guards, role=role)
    if isinstance(answer, Refusal):
        return None
    if answer in machine.transitions and (answer.source, answer.command) == (state, command):
        return None
    return Violation("INV-MACHINE-2", {"state": state, "command": command, "taken": str(answer)})


def _kept(machine: Machine) -> Violation | None:
    again = Machine.from_json(machine.to_json())
    if again == machine and again.digest == machine.digest:
        return None
    return Violation("INV-MACHINE-3", {"machine": machine.id, "digest": again.digest})


def _onward(machine: Machine) -> Violation | None:
    for edge in machine.transitions:
        before, after = (machine.state(end).counts_as for end in (edge.source, edge.target))
        if moves_back(machine.spec, before, after):
            return Violation("INV-MACHINE-4", {"edge": str(edge), "from": before, "to": after})
    return None


def _total(plan: MigrationPlan, old: Machine, new: Machine) -> Violation | None:
    for state in old.states:
        moved = plan.apply(old.pin, state.id)
        if isinstance(moved, Refusal):
            if state.terminal:
                continue
            return Violation("INV-MACHINE-5", {"left": state.id})
        before, after = state.counts_as, new.state(moved.state).counts_as
        if moved.pin != new.pin or (before and after and before != after):
            return Violation("INV-MACHINE-5", {"state": state.id, "to": moved.state})
    return None


def _later(
    machine: Machine,
    state: str,
    since: datetime,
    calendars: Calendars,
    paused: Sequence[Span],
    more: Span,
) -> Violation | None:
    before = machine.due(state, since, calendars=calendars, paused=paused)
    after = machine.due(state, since, calendars=calendars, paused=(*paused, more))
    for first, then in zip(before, after, strict=True):
        if then.at is not None and (first.at is None or then.at < first.at):
            return Violation("INV-MACHINE-6", {"limit": first.name, "at": str(then.at)})
    return None


def _newer(smaller: RollOut, larger: RollOut, key: str, channel: str) -> Violation | None:
    ages = dict.fromkeys([*(each.pin for each in larger.waves), larger.base])
    newest_first = list(ages)
    before, after = (each.choose(key, channel=channel).pin for each in (smaller, larger))
    if before in ages and newest_first.index(after) > newest_first.index(before):
        return Violation("INV-MACHINE-7", {"key": key, "from": str(before), "to": str(after)})
    return None


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-MACHINE-1",
        "a machine",
        "Every state is reachable, and a terminal state can follow it.",
        _ends,
    ),
    Invariant(
        "INV-MACHINE-2",
        "a machine, a state, a command, guards and a role",
        "A step is refused or takes a declared transition of that state and command.",
        _closed,
    ),
    Invariant(
        "INV-MACHINE-3",
        "a machine",
        "The JSON form gives back an equal machine with an equal digest.",
        _kept,
    ),
    Invariant(
        "INV-MACHINE-4",
        "a machine",
        "No transition leads units back on the way that the machine declares.",
        _onward,
    ),
    Invariant(
        "INV-MACHINE-5",
        "a migration plan and its two machines",
        "Every live state has its place in the new version, where units count as the same.",
        _total,
    ),
    Invariant(
        "INV-MACHINE-6",
        "a state, an entry, calendars, pauses and one pause more",
        "One more pause makes no limit due earlier.",
        _later,
    ),
    Invariant(
        "INV-MACHINE-7",
        "a roll-out, the same with larger shares, a key and a channel",
        "While shares grow, no order moves to an older version.",
        _newer,
    ),
)

"""The laws of machines, from which tests and the documentation's table are made."""

from __future__ import annotations

from collections.abc import Mapping

from ordercore.kernel import Invariant, Refusal, Violation
from ordercore.statemachine.machine import Machine
from ordercore.statemachine.option import GuardValue

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
)

"""Walks over a machine's edges; all in the order of the state ids, so never by chance."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from ordercore.statemachine.spec import MachineSpec, Transition

__all__ = ["backward", "forward", "reading_order", "reach", "shortest_path"]


def forward(transitions: Iterable[Transition]) -> dict[str, list[str]]:
    """Each source with its targets."""
    edges: dict[str, list[str]] = {}
    for transition in transitions:
        edges.setdefault(transition.source, []).append(transition.target)
    return edges


def backward(transitions: Iterable[Transition]) -> dict[str, list[str]]:
    """Each target with its sources."""
    edges: dict[str, list[str]] = {}
    for transition in transitions:
        edges.setdefault(transition.target, []).append(transition.source)
    return edges


def reach(starts: Iterable[str], edges: Mapping[str, Iterable[str]]) -> dict[str, None]:
    """Every state in none or more steps from the starts, nearest first. O(states + edges)."""
    found = dict.fromkeys(starts)
    pending = deque(found)
    while pending:
        for target in edges.get(pending.popleft(), ()):
            if target not in found:
                found[target] = None
                pending.append(target)
    return found


def reading_order(spec: MachineSpec) -> tuple[str, ...]:
    """The states as a reader meets them: from the initial one outwards, the rest by id."""
    ids = dict.fromkeys(state.id for state in spec.states)
    met = reach([spec.initial], forward(spec.transitions))
    return (
        *(state for state in met if state in ids),
        *(state for state in ids if state not in met),
    )


def shortest_path(
    source: str, target: str, transitions: Iterable[Transition]
) -> tuple[Transition, ...] | None:
    """The first of the shortest ways, in the order of the transitions; None where there is none."""
    exits: dict[str, list[Transition]] = {}
    for transition in transitions:
        exits.setdefault(transition.source, []).append(transition)
    came_by: dict[str, Transition | None] = {source: None}
    pending = deque([source])
    while pending:
        for transition in exits.get(pending.popleft(), ()):
            if transition.target not in came_by:
                came_by[transition.target] = transition
                pending.append(transition.target)
    if target not in came_by:
        return None
    path: list[Transition] = []
    step = came_by[target]
    while step is not None:
        path.append(step)
        step = came_by[step.source]
    return tuple(reversed(path))

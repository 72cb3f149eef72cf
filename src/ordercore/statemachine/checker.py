"""The checker: everything that is wrong with a machine, before it runs.

A machine that passes is deterministic, uses only words that it declares, can be left from every
state that is not terminal, and reaches a terminal state from everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations, groupby, pairwise

from ordercore.kernel import Finding, Severity, answering
from ordercore.statemachine.graph import backward, forward, reach
from ordercore.statemachine.spec import MachineSpec, Transition

__all__ = ["exclusive", "inspect", "moves_back"]


@answering
def inspect(spec: MachineSpec) -> tuple[Finding, ...]:
    """Every finding about a machine, errors first, in an order that no input order changes.

    Errors:

    - ``machine.empty``, ``machine.unknown_initial``
    - ``state.duplicate``; ``state.unreachable`` from the initial state; ``state.dead_end``: not
      terminal and no edge to a known state; ``state.trap``: it has such an edge, but no way to a
      terminal state; ``state.terminal_exit``: terminal and left by a transition
    - ``transition.duplicate``, ``transition.unknown_source``, ``transition.unknown_target``,
      ``transition.unknown_command``, ``transition.unknown_guard``, ``transition.unknown_role``
    - ``transition.contradiction``: it asks for two guards of which at most one holds
    - ``transition.nondeterministic``: two different transitions share source and command, and
      nothing keeps them apart. They are kept apart by roles that have no member in common (both
      name some), or by one group of ``excludes`` that has a guard of each, not the same one.
    - ``command.duplicate``, ``guard.duplicate``, ``role.duplicate``
    - ``command.never_usable``: no edge from a reachable state has it; ``role.never_usable``: no
      edge from a reachable state admits it (an edge without roles admits all)
    - ``excludes.unknown_guard``
    - ``position.duplicate`` among positions and exits; ``position.unknown``: a state counts as
      something that is neither; ``position.backward``: a transition leads to an earlier position,
      or from an exit back to the way

    Warnings: ``guard.unused``; ``excludes.single``, a group that keeps nothing apart.

    An unknown initial state is one finding, and every state then counts as reachable. O(states +
    transitions), plus the pairs that share source and command.

    Example:
        >>> from ordercore.statemachine import MachineSpec, State, Transition
        >>> spec = MachineSpec(
        ...     "door",
        ...     version="1",
        ...     initial="open",
        ...     commands=["close", "lock"],
        ...     states=[State("open"), State("shut"), State("lost", terminal=True)],
        ...     transitions=[Transition("close", "open", "shut")],
        ... )
        >>> for finding in inspect(spec):
        ...     print(finding.code, finding.path)
        command.never_usable commands[lock]
        state.dead_end states[shut]
        state.trap states[open]
        state.unreachable states[lost]
    """
    found = {*_words(spec), *_edges(spec), *_choices(spec), *_ways(spec), *_positions(spec)}
    return tuple(sorted(found, key=lambda f: (f.severity, f.code, f.path, f.message, f.value)))


def _error(code: str, path: str, message: str, value: str) -> Finding:
    return Finding(code, Severity.ERROR, path, message, value)


def _warning(code: str, path: str, message: str, value: str) -> Finding:
    return Finding(code, Severity.WARNING, path, message, value)


def _place(transition: Transition) -> str:
    return f"transitions[{transition.source}/{transition.command}/{transition.target}]"


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _words(spec: MachineSpec) -> Iterator[Finding]:
    if not spec.states:
        yield _error("machine.empty", "states", "a machine has at least one state", spec.id)
    elif spec.initial not in {state.id for state in spec.states}:
        yield _error("machine.unknown_initial", "initial", "is no state", spec.initial)
    for name in _repeated(state.id for state in spec.states):
        yield _error("state.duplicate", f"states[{name}]", "is there more than once", name)
    for kind, names in (
        ("command", spec.commands),
        ("guard", spec.guards),
        ("role", spec.roles),
    ):
        for name in _repeated(names):
            place = f"{kind}s[{name}]"
            yield _error(f"{kind}.duplicate", place, "is declared more than once", name)
    for name in sorted({*spec.guards}.difference(*(edge.guards for edge in spec.transitions))):
        yield _warning("guard.unused", f"guards[{name}]", "is asked by no transition", name)
    for group in spec.excludes:
        place = f"excludes[{','.join(group)}]"
        for name in group:
            if name not in spec.guards:
                yield _error("excludes.unknown_guard", place, "is no declared guard", name)
        if len(group) < 2:
            yield _warning("excludes.single", place, "keeps nothing apart", ",".join(group))


def _edges(spec: MachineSpec) -> Iterator[Finding]:
    ids = {state.id for state in spec.states}
    terminal = {state.id for state in spec.states if state.terminal}
    commands, guards, roles = set(spec.commands), set(spec.guards), set(spec.roles)
    for edge, next_edge in pairwise(spec.transitions):
        if edge == next_edge:
            yield _error("transition.duplicate", _place(edge), "is there more than once", str(edge))
    for edge in spec.transitions:
        place = _place(edge)
        if edge.source not in ids:
            yield _error("transition.unknown_source", place, "is no state", edge.source)
        if edge.target not in ids:
            yield _error("transition.unknown_target", place, "is no state", edge.target)
        if edge.command not in commands:
            yield _error("transition.unknown_command", place, "is not declared", edge.command)
        for name in edge.guards:
            if name not in guards:
                yield _error("transition.unknown_guard", place, "is not declared", name)
        for name in edge.roles:
            if name not in roles:
                yield _error("transition.unknown_role", place, "is not declared", name)
        for pair in combinations(edge.guards, 2):
            if any(set(pair) <= set(group) for group in spec.excludes):
                shown = ", ".join(pair)
                message = "asks for guards that never hold together"
                yield _error("transition.contradiction", place, message, shown)
        if edge.source in terminal:
            message = "a terminal state is never left"
            yield _error("state.terminal_exit", f"states[{edge.source}]", message, str(edge))


def exclusive(one: Transition, other: Transition, excludes: tuple[tuple[str, ...], ...]) -> bool:
    """Whether two transitions of one source and command can never both be open."""
    if one.roles and other.roles and not set(one.roles) & set(other.roles):
        return True
    return any(
        a in group and b in group and a != b
        for group in excludes
        for a in one.guards
        for b in other.guards
    )


def _choices(spec: MachineSpec) -> Iterator[Finding]:
    for (source, command), edges in groupby(
        spec.transitions, key=lambda edge: (edge.source, edge.command)
    ):
        for one, other in combinations(edges, 2):
            if one != other and not exclusive(one, other, spec.excludes):
                yield _error(
                    "transition.nondeterministic",
                    f"transitions[{source}/{command}]",
                    "nothing says which of the two is taken",
                    f"{one} | {other}",
                )


def _ways(spec: MachineSpec) -> Iterator[Finding]:
    ids = {state.id for state in spec.states}
    edges = [edge for edge in spec.transitions if edge.source in ids and edge.target in ids]
    onward = forward(edges)
    met = reach([spec.initial], onward) if spec.initial in ids else dict.fromkeys(ids)
    terminal = sorted({state.id for state in spec.states if state.terminal})
    ending = reach(terminal, backward(edges))
    for state in sorted(ids):
        place = f"states[{state}]"
        if state not in met:
            yield _error("state.unreachable", place, "no way leads here", state)
        if state not in onward and state not in ending:
            yield _error("state.dead_end", place, "is not terminal and has no way out", state)
        elif state not in ending:
            yield _error("state.trap", place, "no way leads on to a terminal state", state)
    usable = [edge for edge in edges if edge.source in met]
    for name in sorted({*spec.commands}.difference(edge.command for edge in usable)):
        message = "no reachable state knows it"
        yield _error("command.never_usable", f"commands[{name}]", message, name)
    if all(edge.roles for edge in usable):
        for name in sorted({*spec.roles}.difference(*(edge.roles for edge in usable))):
            message = "may do nothing in any reachable state"
            yield _error("role.never_usable", f"roles[{name}]", message, name)


def _positions(spec: MachineSpec) -> Iterator[Finding]:
    declared = (*spec.positions, *spec.exits)
    for name in _repeated(declared):
        yield _error("position.duplicate", f"positions[{name}]", "is declared twice", name)
    if not declared:
        return
    counts_as = {state.id: state.counts_as for state in spec.states}
    for state, position in counts_as.items():
        if position and position not in declared:
            place = f"states[{state}].counts_as"
            yield _error("position.unknown", place, "is no declared position", position)
    for edge in spec.transitions:
        before, after = counts_as.get(edge.source, ""), counts_as.get(edge.target, "")
        if moves_back(spec, before, after):
            message = "units would go back on their way"
            yield _error("position.backward", _place(edge), message, f"{before} → {after}")


def moves_back(spec: MachineSpec, before: str, after: str) -> bool:
    """Whether units would go from a later position to an earlier one, or return from an exit."""
    if after not in spec.positions:
        return False
    if before in spec.positions:
        return spec.positions.index(after) < spec.positions.index(before)
    return before in spec.exits

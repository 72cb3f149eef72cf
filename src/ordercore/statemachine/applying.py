"""How stages and gates are put into a machine, and everything that stands in their way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from ordercore.kernel import Finding, FrozenMap, Severity
from ordercore.statemachine.graph import forward, reach
from ordercore.statemachine.names import Words
from ordercore.statemachine.overlay import Part
from ordercore.statemachine.parts import Gate, Stage
from ordercore.statemachine.spec import MachineSpec, State, Transition

__all__ = ["with_parts"]


def with_parts(
    spec: MachineSpec, parts: Iterable[Part], version: str
) -> tuple[MachineSpec, tuple[Finding, ...]]:
    """The spec with the parts in it, and every part that could not be put in, as findings.

    Codes, all errors: ``overlay.version`` (as before), ``overlay.unknown_state``,
    ``overlay.state_exists``, ``overlay.unknown_command``, ``overlay.no_edge``,
    ``overlay.ambiguous`` (the edges lead to several states).

    Stages come first, each in the first round in which the states that it names are there; of
    several behind one state, the one written later stands nearer to it. O(parts² + parts × edges).
    """
    work = _Work(spec)
    if version == spec.version:
        work.wrong("overlay.version", "version", "a changed machine needs a new one", version)
    numbered = list(enumerate(parts))
    pending = [(index, part) for index, part in numbered if isinstance(part, Stage)]
    while pending:
        ready = next((item for item in pending if work.knows(item[1])), None)
        if ready is None:
            break
        pending.remove(ready)
        work.put(*ready)
    for index, left in pending:
        for key in ("after", "before"):
            name = getattr(left, key)
            if name is not None and name not in work.states:
                work.wrong("overlay.unknown_state", f"parts[{index}].{key}", "is no state", name)
    for index, part in numbered:
        if isinstance(part, Gate):
            work.ask(index, part)
    return work.spec(version), tuple(work.findings)


class _Work:
    """A machine under the knife."""

    def __init__(self, spec: MachineSpec) -> None:
        self._spec = spec
        self.states = {state.id: state for state in spec.states}
        self.edges = list(spec.transitions)
        self.words = dict(spec.words)
        self.findings: list[Finding] = []

    def wrong(self, code: str, path: str, message: str, value: str) -> None:
        self.findings.append(Finding(code, Severity.ERROR, path, message, value))

    def knows(self, part: Stage) -> bool:
        return part.after in self.states and (part.before is None or part.before in self.states)

    def put(self, index: int, part: Stage) -> None:
        """Put a stage in, if nothing is wrong with it."""
        path = f"parts[{index}]"
        if part.id in self.states:
            self.wrong("overlay.state_exists", path, "is a state already", part.id)
            return
        leaving = [edge for edge in self.edges if edge.source == part.after]
        known = {edge.command for edge in leaving}
        for key in ("edges", "allows"):
            for command in getattr(part, key) or ():
                if command not in known:
                    message = f"is no command of {part.after}"
                    self.wrong("overlay.unknown_command", f"{path}.{key}", message, command)
        split = [edge for edge in leaving if self._is_split(edge, part)]
        targets = sorted({edge.target for edge in split})
        if len(targets) != 1:
            code, message = (
                ("overlay.ambiguous", "leads on to several states; say which one is next")
                if targets
                else ("overlay.no_edge", "no edge from here leads to it; say which one is next")
            )
            self.wrong(code, f"{path}.before", message, ", ".join(targets) or part.after)
            return
        following = self.states[targets[0]]
        copied = [e for e in leaving if e not in split and self._is_copied(e, part, following)]
        self.states[part.id] = part.state(following)
        self._name(part.words)
        self.edges = [
            attrs.evolve(edge, target=part.id) if edge in split else edge for edge in self.edges
        ]
        self.edges += [
            attrs.evolve(
                edge,
                source=part.id,
                target=part.id if edge.target == part.after else edge.target,
            )
            for edge in copied
        ]
        self.edges.append(
            Transition(part.completes, part.id, following.id, guards=part.needs, roles=part.roles)
        )

    def ask(self, index: int, part: Gate) -> None:
        """Put a gate on its edges."""
        path = f"parts[{index}]"
        for state in part.at:
            if state not in self.states:
                self.wrong("overlay.unknown_state", f"{path}.at", "is no state", state)
        if not any(edge.command == part.command for edge in self.edges):
            self.wrong("overlay.unknown_command", path, "no edge has it", part.command)
            return
        gated = [
            edge
            for edge in self.edges
            if edge.command == part.command and (not part.at or edge.source in part.at)
        ]
        if not gated:
            message = f"{part.command} is no command of it"
            self.wrong("overlay.no_edge", f"{path}.at", message, ", ".join(part.at))
        self._name(part.words)
        self.edges = [
            attrs.evolve(edge, guards=(*edge.guards, *part.needs)) if edge in gated else edge
            for edge in self.edges
        ]

    def spec(self, version: str) -> MachineSpec:
        """The machine as it now is, with every word that it now uses."""
        old = self._spec
        new = [edge for edge in self.edges if edge not in old.transitions]
        return attrs.evolve(
            old,
            version=version,
            states=self.states.values(),
            transitions=self.edges,
            commands=_with(old.commands, (edge.command for edge in new)),
            guards=_with(old.guards, (name for edge in new for name in edge.guards)),
            words=self.words,
            roles=_with(old.roles, (name for edge in new for name in edge.roles)),
        )

    def _name(self, words: Words) -> None:
        for word, titles in words.items():
            self.words[word] = FrozenMap({**self.words.get(word, {}), **titles})

    def _is_split(self, edge: Transition, part: Stage) -> bool:
        if edge.target == edge.source:
            return False
        if part.before is None and not part.edges:
            return self._advances(edge)
        return (part.before is None or edge.target == part.before) and (
            not part.edges or edge.command in part.edges
        )

    def _advances(self, edge: Transition) -> bool:
        target = self.states[edge.target]
        position = target.counts_as
        if position and self._declares_positions:
            return position in self._spec.positions
        return not target.terminal and edge.source not in reach([target.id], forward(self.edges))

    def _is_copied(self, edge: Transition, part: Stage, following: State) -> bool:
        if part.allows is not None:
            return edge.command in part.allows
        target = self.states[edge.target]
        if target.id in {edge.source, following.id}:
            return False
        if target.counts_as and self._declares_positions:
            return target.counts_as in self._spec.exits
        return target.terminal

    @property
    def _declares_positions(self) -> bool:
        return bool(self._spec.positions or self._spec.exits)


def _with(declared: tuple[str, ...], used: Iterator[str]) -> tuple[str, ...]:
    return (*declared, *sorted({*used}.difference(declared)))

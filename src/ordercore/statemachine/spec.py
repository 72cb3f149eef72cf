"""What a machine is made of: states, transitions, and the words that its transitions may use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import attrs

from ordercore.kernel import Duration, FaultList, WorkingDays, WorkingHours, problems

__all__ = ["MachineSpec", "State", "TimeLimit", "Transition"]

TimeLimit: TypeAlias = Duration | WorkingHours | WorkingDays
"""How long something may stay in a state: elapsed time, working hours or working days."""

_MAX_LENGTH = 200


def _exact(value: str) -> str:
    """Plain text instead of an enumeration member, so that tables and bytes hold only text."""
    return str.__str__(value) if isinstance(value, str) else value


def _names(given: Iterable[str]) -> tuple[str, ...]:
    """Sorted names; one text is one name and never falls into letters."""
    names = (given,) if isinstance(given, str) else tuple(given)
    return tuple(sorted(map(_exact, names), key=str))


def _name_set(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_names(given)))


def _groups(given: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted({_name_set(group) for group in given}, key=str))


def _check_name(value: object, path: str, faults: FaultList) -> None:
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= _MAX_LENGTH
        or not value.isprintable()
        or value != value.strip()
    ):
        expected = f"1 to {_MAX_LENGTH} printable characters, no blank at either end"
        faults.add("machine.name", path, value, expected)


def _check_names(values: tuple[str, ...], path: str, faults: FaultList) -> None:
    for index, value in enumerate(values):
        _check_name(value, f"{path}[{index}]", faults)


@attrs.frozen
class State:
    """One state: its id, what kind of state it is, whether life ends here, and its time limit.

    ``category`` is the host's own word for grouping (``"open"``, ``"done"``). A terminal state has
    no way out; a state that can be reopened is therefore not terminal.

    Raises:
        InvalidBatch: ``machine.name`` for an id that is no name, ``state.category``,
            ``state.terminal``, ``state.limit`` (must be positive).

    Example:
        >>> from ordercore.kernel import WorkingHours
        >>> State("packing", category="open", limit=WorkingHours(24)).terminal
        False
    """

    id: str = attrs.field(converter=_exact)
    category: str = attrs.field(default="", kw_only=True)
    terminal: bool = attrs.field(default=False, kw_only=True)
    limit: TimeLimit | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        _check_name(self.id, "id", faults)
        if not isinstance(self.category, str) or not self.category.isprintable():
            faults.add("state.category", "category", self.category, "printable text")
        if type(self.terminal) is not bool:
            faults.add("state.terminal", "terminal", self.terminal, "True or False")
        if self.limit is not None and not _is_positive(self.limit):
            faults.add(
                "state.limit", "limit", self.limit, "a positive Duration, WorkingHours, WorkingDays"
            )
        faults.raise_if_any(f"state {self.id}")


def _is_positive(limit: object) -> bool:
    if isinstance(limit, Duration):
        return limit.microseconds > 0
    if isinstance(limit, WorkingHours):
        return limit.duration.microseconds > 0
    return isinstance(limit, WorkingDays) and limit.days > 0


@attrs.frozen
class Transition:
    """An edge: in ``source``, ``command`` leads to ``target``, if all guards hold, for a role.

    ``guards`` and ``roles`` are sets, kept sorted. Without roles everyone may; without guards
    nothing else is asked. A no-op is written down as an edge to its own source.

    Raises:
        InvalidBatch: ``machine.name`` with every place whose text is no name.

    Example:
        >>> Transition("confirm", "draft", "confirmed", guards=["paid"], roles=["clerk"])
        Transition('confirm', 'draft' -> 'confirmed', guards=('paid',), roles=('clerk',))
    """

    command: str = attrs.field(converter=_exact)
    source: str = attrs.field(converter=_exact)
    target: str = attrs.field(converter=_exact)
    guards: tuple[str, ...] = attrs.field(default=(), converter=_name_set, kw_only=True)
    roles: tuple[str, ...] = attrs.field(default=(), converter=_name_set, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        _check_name(self.command, "command", faults)
        _check_name(self.source, "source", faults)
        _check_name(self.target, "target", faults)
        _check_names(self.guards, "guards", faults)
        _check_names(self.roles, "roles", faults)
        faults.raise_if_any("transition")

    @property
    def is_refused(self) -> Literal[False]:
        """False; a :class:`~ordercore.kernel.Refusal` answers True."""
        return False

    def accepted(self) -> Transition:
        """The transition itself; a Refusal raises :class:`~ordercore.kernel.Refused` here."""
        return self

    def __repr__(self) -> str:
        asked = f", guards={self.guards!r}" if self.guards else ""
        asked += f", roles={self.roles!r}" if self.roles else ""
        return f"Transition({self.command!r}, {self.source!r} -> {self.target!r}{asked})"

    def __str__(self) -> str:
        asked = f" [{', '.join(self.guards)}]" if self.guards else ""
        asked += f" ({', '.join(self.roles)})" if self.roles else ""
        return f"{self.source} --{self.command}--> {self.target}{asked}"


def _states(given: Iterable[State]) -> tuple[State, ...]:
    return tuple(sorted(given, key=lambda s: (s.id, s.category, s.terminal, repr(s.limit))))


def _transitions(given: Iterable[Transition]) -> tuple[Transition, ...]:
    return tuple(sorted(given, key=lambda t: (t.source, t.command, t.target, t.guards, t.roles)))


@attrs.frozen
class MachineSpec:
    """A machine as written down, sound or not; :func:`~ordercore.statemachine.inspect` judges it.

    ``guards``, ``roles`` and ``commands`` declare every word that a transition may use, so that a
    slip of the pen is an unknown word and not a rule that never holds. ``excludes`` are groups of
    guards of which at most one holds at a time; by them two transitions of one state and command
    are told apart. Everything is kept sorted: the order in which it is given makes no difference.

    Raises:
        InvalidBatch: ``machine.name`` with every place whose text is no name.

    Example:
        >>> spec = MachineSpec(
        ...     "door",
        ...     version="1",
        ...     initial="open",
        ...     states=[State("open"), State("shut", terminal=True)],
        ...     transitions=[Transition("close", "open", "shut")],
        ...     commands=["close"],
        ... )
        >>> [state.id for state in spec.states]
        ['open', 'shut']
    """

    id: str = attrs.field(converter=_exact)
    version: str = attrs.field(converter=_exact, kw_only=True)
    initial: str = attrs.field(converter=_exact, kw_only=True)
    states: tuple[State, ...] = attrs.field(converter=_states, kw_only=True)
    transitions: tuple[Transition, ...] = attrs.field(converter=_transitions, kw_only=True)
    commands: tuple[str, ...] = attrs.field(default=(), converter=_names, kw_only=True)
    guards: tuple[str, ...] = attrs.field(default=(), converter=_names, kw_only=True)
    roles: tuple[str, ...] = attrs.field(default=(), converter=_names, kw_only=True)
    excludes: tuple[tuple[str, ...], ...] = attrs.field(default=(), converter=_groups, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        _check_name(self.id, "id", faults)
        _check_name(self.version, "version", faults)
        _check_name(self.initial, "initial", faults)
        _check_names(self.commands, "commands", faults)
        _check_names(self.guards, "guards", faults)
        _check_names(self.roles, "roles", faults)
        for index, group in enumerate(self.excludes):
            _check_names(group, f"excludes[{index}]", faults)
        faults.raise_if_any("machine")

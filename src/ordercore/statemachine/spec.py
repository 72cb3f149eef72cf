"""What a machine is made of: states, transitions, and the words that its transitions may use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

import attrs

from ordercore.kernel import FaultList, FrozenMap, as_tuple, checked, problems, sorted_tuple
from ordercore.statemachine.limits import NamedLimit, TimeLimit, is_positive
from ordercore.statemachine.names import (
    Titles,
    Words,
    are_texts,
    by_language,
    by_word,
    check_name,
    check_names,
    check_titles,
    check_words,
    exact,
    name_set,
    names,
    ordered,
    printable,
)

__all__ = ["MachineSpec", "State", "Transition"]

_SINGLE = "limit"


def _groups(given: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    groups = as_tuple(given)
    if type(groups) is not tuple:
        return cast("tuple[tuple[str, ...], ...]", groups)
    sets = [name_set(group) for group in groups]
    return tuple(sorted(set(sets), key=str)) if all(map(are_texts, sets)) else tuple(sets)


def limits_of(given: Iterable[NamedLimit]) -> tuple[NamedLimit, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class State:
    """One state: what kind of state it is, whether life ends here, and how long one may stay.

    ``category`` is the host's own word for grouping (``"open"``, ``"done"``). A terminal state has
    no way out; a state that can be reopened is therefore not terminal.

    Args:
        id: The name that tables, logs and pins hold.
        category: The host's own word for grouping.
        terminal: Whether life ends here.
        limit: How long one may stay; due under the name ``limit``.
        counts_as: The position of the ledger in which the units of whatever stands here are
            counted. So an added state needs no counter of its own.
        limits: Further limits, each with a name, in the order of their escalation.
        calendar: The name of the calendar by which the limits run, among those of the host.
        titles: What people call it, by language.
        notes: What a manual says about it, by language.

    Raises:
        InvalidBatch: ``machine.name`` for an id that is no name, ``state.category``,
            ``state.counts_as``, ``state.calendar``, ``state.terminal``, ``state.limit`` (must be
            positive), ``state.limits`` (named limits, each name once, none called ``limit``),
            ``machine.title``.

    Example:
        >>> from ordercore.kernel import Duration, WorkingHours
        >>> State("packing", category="open", limit=WorkingHours(24)).terminal
        False
        >>> silent = State(
        ...     "in_transit",
        ...     counts_as="shipped",
        ...     limits=[NamedLimit("reminder", Duration.of(hours=24))],
        ...     limit=Duration.of(hours=48),
        ... )
        >>> [limit.name for limit in silent.time_limits]
        ['reminder', 'limit']
    """

    id: str = attrs.field(converter=exact)
    category: str = attrs.field(default="", kw_only=True)
    terminal: bool = attrs.field(default=False, kw_only=True)
    limit: TimeLimit | None = attrs.field(default=None, kw_only=True)
    counts_as: str = attrs.field(default="", converter=exact, kw_only=True)
    limits: tuple[NamedLimit, ...] = attrs.field(default=(), converter=limits_of, kw_only=True)
    calendar: str = attrs.field(default="", converter=exact, kw_only=True)
    titles: Titles = attrs.field(default=FrozenMap(), converter=by_language, kw_only=True)
    notes: Titles = attrs.field(default=FrozenMap(), converter=by_language, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        check_name(self.id, "id", faults)
        for key in ("category", "counts_as", "calendar"):
            if not printable(getattr(self, key)):
                faults.add(f"state.{key}", key, getattr(self, key), "printable text")
        if type(self.terminal) is not bool:
            faults.add("state.terminal", "terminal", self.terminal, "True or False")
        if self.limit is not None and not is_positive(self.limit):
            faults.add(
                "state.limit", "limit", self.limit, "a positive Duration, WorkingHours, WorkingDays"
            )
        _check_limits(self.limits, faults)
        check_titles(self.titles, "titles", faults)
        check_titles(self.notes, "notes", faults)
        faults.raise_if_any(f"state {self.id}")

    @property
    def time_limits(self) -> tuple[NamedLimit, ...]:
        """Every limit under its name: the named ones, then the one of ``limit``."""
        return (
            self.limits if self.limit is None else (*self.limits, NamedLimit(_SINGLE, self.limit))
        )


def _check_limits(limits: tuple[NamedLimit, ...], faults: FaultList) -> None:
    taken = {_SINGLE}
    for index, limit in enumerate(limits):
        if not isinstance(limit, NamedLimit) or limit.name in taken:
            expected = f"a named limit, each name once, none called {_SINGLE}"
            faults.add("state.limits", f"limits[{index}]", limit, expected)
        else:
            taken.add(limit.name)


@attrs.frozen
@checked
class Transition:
    """An edge: in ``source``, ``command`` leads to ``target``, if all guards hold, for a role.

    ``guards`` and ``roles`` are sets, kept sorted. Without roles everyone may; without guards
    nothing else is asked. A no-op is written down as an edge to its own source. ``titles`` and
    ``notes`` are what a manual calls this edge and says about it, by language.

    Raises:
        InvalidBatch: ``machine.name`` with every place whose text is no name; ``machine.title``.

    Example:
        >>> Transition("confirm", "draft", "confirmed", guards=["paid"], roles=["clerk"])
        Transition('confirm', 'draft' -> 'confirmed', guards=('paid',), roles=('clerk',))
    """

    command: str = attrs.field(converter=exact)
    source: str = attrs.field(converter=exact)
    target: str = attrs.field(converter=exact)
    guards: tuple[str, ...] = attrs.field(default=(), converter=name_set, kw_only=True)
    roles: tuple[str, ...] = attrs.field(default=(), converter=name_set, kw_only=True)
    titles: Titles = attrs.field(default=FrozenMap(), converter=by_language, kw_only=True)
    notes: Titles = attrs.field(default=FrozenMap(), converter=by_language, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        check_name(self.command, "command", faults)
        check_name(self.source, "source", faults)
        check_name(self.target, "target", faults)
        check_names(self.guards, "guards", faults)
        check_names(self.roles, "roles", faults)
        check_titles(self.titles, "titles", faults)
        check_titles(self.notes, "notes", faults)
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
    return sorted_tuple(given, State, lambda s: (s.id, s.category, s.terminal, repr(s)))


def _transitions(given: Iterable[Transition]) -> tuple[Transition, ...]:
    return sorted_tuple(given, Transition, _reading)


def _reading(edge: Transition) -> tuple[object, ...]:
    told = (tuple(edge.titles.items()), tuple(edge.notes.items()))
    return (edge.source, edge.command, edge.target, edge.guards, edge.roles, *told)


@attrs.frozen
@checked
class MachineSpec:
    """A machine as written down, sound or not; :func:`~ordercore.statemachine.inspect` judges it.

    ``guards``, ``roles`` and ``commands`` declare every word that a transition may use, so that a
    slip of the pen is an unknown word and not a rule that never holds. ``excludes`` are groups of
    guards of which at most one holds at a time; by them two transitions of one state and command
    are told apart. Everything but ``positions`` is kept sorted: the order in which it is given
    makes no difference.

    ``positions`` is the way that units go through the ledger when all goes well, first to last, and
    ``exits`` are the positions in which they leave that way (cancelled, returned, written off).
    Where either is given, states count as nothing else, and no transition leads back.

    ``words`` are what people call commands, guards, roles, positions, categories and limits, by
    language. Like the titles of states they are for reading and change nothing that a machine does.

    Raises:
        InvalidBatch: ``machine.name`` with every place whose text is no name; ``machine.title``.

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

    id: str = attrs.field(converter=exact)
    version: str = attrs.field(converter=exact, kw_only=True)
    initial: str = attrs.field(converter=exact, kw_only=True)
    states: tuple[State, ...] = attrs.field(converter=_states, kw_only=True)
    transitions: tuple[Transition, ...] = attrs.field(converter=_transitions, kw_only=True)
    commands: tuple[str, ...] = attrs.field(default=(), converter=names, kw_only=True)
    guards: tuple[str, ...] = attrs.field(default=(), converter=names, kw_only=True)
    roles: tuple[str, ...] = attrs.field(default=(), converter=names, kw_only=True)
    excludes: tuple[tuple[str, ...], ...] = attrs.field(default=(), converter=_groups, kw_only=True)
    positions: tuple[str, ...] = attrs.field(default=(), converter=ordered, kw_only=True)
    exits: tuple[str, ...] = attrs.field(default=(), converter=names, kw_only=True)
    words: Words = attrs.field(default=FrozenMap(), converter=by_word, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        check_name(self.id, "id", faults)
        check_name(self.version, "version", faults)
        check_name(self.initial, "initial", faults)
        check_names(self.commands, "commands", faults)
        check_names(self.guards, "guards", faults)
        check_names(self.roles, "roles", faults)
        for index, group in enumerate(self.excludes):
            check_names(group, f"excludes[{index}]", faults)
        check_names(self.positions, "positions", faults)
        check_names(self.exits, "exits", faults)
        check_words(self.words, "words", faults)
        faults.raise_if_any("machine")

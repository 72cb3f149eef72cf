"""Decide, then evolve: the one shape of every aggregate, and its replay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, Generic, Literal, Protocol, Self, TypeAlias, TypeVar, cast

import attrs

from ordercore.kernel.checked import checked
from ordercore.kernel.conversion import as_instant, as_map
from ordercore.kernel.errors import InvalidValue, expect
from ordercore.kernel.frozenmap import FrozenMap
from ordercore.kernel.identity import EffectId, Identifier
from ordercore.kernel.instants import Instant
from ordercore.kernel.reasons import Command, Refusal

__all__ = [
    "Accepted",
    "Context",
    "Decider",
    "Decision",
    "Effect",
    "Evolver",
    "Outcome",
    "Timer",
    "TimerId",
    "fold",
    "fold_many",
]

S = TypeVar("S")
E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)
E_contra = TypeVar("E_contra", contravariant=True)
C = TypeVar("C", bound=Command)
C_contra = TypeVar("C_contra", bound=Command, contravariant=True)
K = TypeVar("K")


class TimerId(Identifier):
    """One timer of one aggregate; setting it again replaces it."""

    __slots__ = ()


class Effect:
    """Marker of a request to the host: capture, refund, notify, print.

    Every effect has a stable ``effect_id``, so that a host that sees it twice does it once.
    """

    __slots__ = ()

    effect_id: EffectId


@attrs.frozen(kw_only=True)
@checked
class Timer:
    """At the instant ``at`` the host sends ``command``.

    Example:
        >>> from ordercore.kernel import instant
        >>> Timer(timer_id="hold-1", at=instant("2026-11-12T00:00:00Z"), command=Command()).timer_id
        TimerId('hold-1')
    """

    timer_id: TimerId = attrs.field(converter=TimerId)
    at: Instant = attrs.field(converter=as_instant)
    command: Command


@attrs.frozen
@checked
class Decision(Generic[E_co]):
    """The answer "yes": what happened, what the host is asked to do, and what is due later.

    ``repeated`` marks the answer to a command that was accepted before: it has no events and no
    effects, and ``version`` is the version at which the command was first accepted.

    Raises:
        InvalidValue: ``decision.repeated`` when a repeat carries events, effects or timers.

    Example:
        >>> decision = Decision(("placed",))
        >>> decision.accepted().events, decision.is_refused, bool(decision)
        (('placed',), False, True)
    """

    events: tuple[E_co, ...]
    effects: tuple[Effect, ...] = attrs.field(default=(), kw_only=True)
    due: tuple[Timer, ...] = attrs.field(default=(), kw_only=True)
    repeated: bool = attrs.field(default=False, kw_only=True)
    version: int | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.repeated and (self.events or self.effects or self.due):
            raise InvalidValue(
                "decision.repeated", "repeated", True, "no events, effects or timers in a repeat"
            )

    @property
    def is_refused(self) -> Literal[False]:
        """False; a :class:`~ordercore.kernel.Refusal` answers True."""
        return False

    def accepted(self) -> Self:
        """The decision itself; a Refusal raises :class:`~ordercore.kernel.Refused` here."""
        return self

    def __bool__(self) -> Literal[True]:
        return True


Outcome: TypeAlias = Decision[E] | Refusal
"""What ``decide`` answers."""


def _ids(given: Mapping[str, str]) -> FrozenMap[str, str]:
    return as_map(given)


def _rates(given: Mapping[str, Fraction]) -> FrozenMap[str, Fraction]:
    return as_map(given)


@attrs.frozen
@checked
class Accepted:
    """That an id was accepted before: the digest of what it said, and the version after it.

    Example:
        >>> Accepted("ab", 3).version
        3
    """

    digest: str
    version: int


def _seen(given: Mapping[str, Accepted]) -> FrozenMap[str, Accepted]:
    return as_map(given)


@attrs.frozen(kw_only=True)
@checked
class Context:
    """Everything of the outside that a decision may read; nothing else is ambient.

    Args:
        now: The instant at which the host decides; never read from a clock here.
        actor: Who asks: a user, a system, a gateway. Kept in the audit trail.
        role: In which role; guards and gates read it.
        reason: Why, in the actor's words; kept in the audit trail.
        ids: New identifiers that the decision may need, by purpose.
        rates: Exchange or other rates, by name, exact.
        seen: What the store's index knows of the message's own id, where the aggregate may have
            forgotten it: an aggregate remembers the last ids only, its store all of them.

    Raises:
        NaiveInstant: ``now`` without a zone.
        InvalidValue: ``context.actor`` or ``context.role`` when empty.

    Example:
        >>> Context(now="2026-11-11T08:00:00+08:00", actor="web", role="customer").now.hour
        0
    """

    now: Instant = attrs.field(converter=as_instant)
    actor: str
    role: str = "system"
    reason: str = ""
    ids: FrozenMap[str, str] = attrs.field(factory=FrozenMap, converter=_ids)
    rates: FrozenMap[str, Fraction] = attrs.field(factory=FrozenMap, converter=_rates)
    seen: FrozenMap[str, Accepted] = attrs.field(factory=FrozenMap, converter=_seen)

    def __attrs_post_init__(self) -> None:
        if not self.actor:
            raise InvalidValue("context.actor", "actor", self.actor, "who acts")
        if not self.role:
            raise InvalidValue("context.role", "role", self.role, "a role")


class Evolver(Protocol[S, E_contra]):
    """What :func:`fold` needs: ``evolve``. A module with such a function is one.

    An evolver may also have ``replay(state, events) -> state``, equal to evolving one event after
    the other but faster; :func:`fold` uses it where it exists.
    """

    def evolve(self, state: S | None, event: E_contra, /) -> S:
        """The state after ``event``."""
        ...  # pragma: no cover - a protocol's body never runs


class Decider(Protocol[S, C_contra, E]):
    """An aggregate: ``decide`` answers a command, ``evolve`` applies an event.

    ``decide`` reads only its arguments; ``evolve`` never refuses. The state before the first event
    is ``None``. A module with these two functions is a decider.
    """

    def decide(
        self, state: S | None, command: C_contra, context: Context, /
    ) -> Decision[E] | Refusal:
        """The decision on ``command``, or every reason against it."""
        ...  # pragma: no cover - a protocol's body never runs

    def evolve(self, state: S | None, event: E, /) -> S:
        """The state after ``event``."""
        ...  # pragma: no cover - a protocol's body never runs


def _evolve_all(decider: Evolver[S, E], events: Iterable[E], state: S | None) -> S | None:
    replay = getattr(decider, "replay", None)
    if replay is not None:
        fast = cast("Callable[[S | None, Iterable[E]], S | None]", replay)
        return fast(state, events)
    evolve = _way_of(decider, "evolve")
    for event in events:
        state = evolve(state, event)
    return state


def _way_of(decider: object, name: str) -> Callable[..., Any]:
    found = getattr(decider, name, None)
    if not callable(found):
        raise InvalidValue("type.wrong", "decider", decider, f"an aggregate with {name}")
    return cast("Callable[..., Any]", found)


def fold(decider: Evolver[S, E], events: Iterable[E], state: S | None = None) -> S:
    """The state after all ``events``, in their order. O(number of events).

    Args:
        decider: An aggregate's module or any object with ``evolve``.
        events: What happened, oldest first.
        state: Where to start; ``None`` is before the first event.

    Raises:
        InvalidValue: ``fold.nothing`` when there is neither a state nor an event; ``type.wrong``
            for a decider that cannot evolve and for events that are no collection.
        IllegalTransition: an event that cannot have happened there (from ``evolve``).

    Example:
        >>> class Counter:
        ...     def evolve(self, state: int | None, event: int) -> int:
        ...         return (state or 0) + event
        >>> fold(Counter(), [1, 2, 3])
        6
    """
    expect(events, Iterable, "events")  # type: ignore[type-abstract]
    result = _evolve_all(decider, events, state)
    if result is None:
        raise InvalidValue("fold.nothing", "events", (), "a state or at least one event")
    return result


def fold_many(
    decider: Decider[S, C, E],
    states: Mapping[K, S],
    records: Iterable[tuple[K, C, Context]],
) -> tuple[dict[K, S], list[tuple[K, Decision[E] | Refusal]]]:
    """Run many commands over many aggregates; the entry point for engines and batches.

    Each record is decided on the state that the records before it left behind. A refusal changes
    nothing and stands in the answers. The mapping that was passed in is not changed. Results
    depend only on the order of records that share a key, so a host may partition by key.

    Returns:
        The states of all keys, and one (key, answer) per record in their order.

    Raises:
        InvalidValue: ``type.wrong`` for a decider, states or records that are none;
            ``fold.record`` at ``records[i]`` for a record of other than key, command and context,
            or with a key that cannot be one.

    Example:
        >>> from ordercore.kernel import Command, Context, Decision
        >>> class Add(Command): ...
        >>> class Counter:
        ...     def decide(self, state, command, context):
        ...         return Decision((1,))
        ...
        ...     def evolve(self, state, event):
        ...         return (state or 0) + event
        >>> web = Context(now="2026-11-11T00:00:00Z", actor="web")
        >>> states, answers = fold_many(Counter(), {"a": 5}, [("a", Add(), web), ("b", Add(), web)])
        >>> states, len(answers)
        ({'a': 6, 'b': 1}, 2)
    """
    decide = _way_of(decider, "decide")
    expect(records, Iterable, "records")  # type: ignore[type-abstract]
    after = dict(expect(states, Mapping, "states"))  # type: ignore[type-abstract]
    answers: list[tuple[K, Decision[E] | Refusal]] = []
    for place, record in enumerate(records):
        try:
            key, command, context = record
            before = after.get(key)
        except (TypeError, ValueError):
            raise InvalidValue(
                "fold.record", f"records[{place}]", record, "a key, a command and its context"
            ) from None
        answer: Decision[E] | Refusal = decide(before, command, context)
        if isinstance(answer, Decision) and answer.events:
            state = _evolve_all(decider, answer.events, before)
            if state is not None:
                after[key] = state
        answers.append((key, answer))
    return after, answers

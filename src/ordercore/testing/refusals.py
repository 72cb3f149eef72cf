"""Whether refusals tell the truth: what helps does help, and what is final stays refused.

In every state of a bounded search every command is asked. Where no reason is final, what the
reasons name is done, and the command must pass; where one is, no state further on may take it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Generic, TypeVar

import attrs

from ordercore.kernel import Command, Context, Decider, FrozenMap, Refusal, expect, fold
from ordercore.testing.explorer import Alphabet
from ordercore.testing.remedies import Provider, way_out

__all__ = ["RefusalFault", "RefusalReport", "ask_everywhere"]

S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E")


@attrs.frozen(kw_only=True)
class RefusalFault(Generic[S, C]):
    """A refusal that says what is not so.

    ``code`` is one of

    - ``remedy.stuck``: no reason is final, and yet what they name does not let the command pass;
      ``stuck_at`` is the code of the reason that stays;
    - ``remedy.final``: following the remedies meets the final reason ``stuck_at``;
    - ``final.passes``: a reason is final, and yet a state further on, ``later``, takes the command.
    """

    code: str
    command: C
    codes: tuple[str, ...]
    state: S | None
    stuck_at: str = ""
    later: S | None = None

    def __str__(self) -> str:
        what = f"{type(self.command).__name__} refused for {', '.join(self.codes)}"
        return f"{self.code}: {what}" + (f", then {self.stuck_at}" if self.stuck_at else "")


def _codes(given: Mapping[str, Iterable[str]]) -> FrozenMap[str, tuple[str, ...]]:
    return FrozenMap.of({kind: tuple(codes) for kind, codes in given.items()})


@attrs.frozen(kw_only=True)
class RefusalReport(Generic[S, C]):
    """What was asked and answered.

    ``asked`` counts the questions, ``followed`` the refusals whose remedies were followed. Of each
    class of command, by name, ``accepted`` counts the states that took one, ``refused`` names
    every code that refused one, and ``final`` those of them that were final somewhere.
    """

    states: int
    asked: int
    followed: int
    accepted: FrozenMap[str, int]
    refused: FrozenMap[str, tuple[str, ...]] = attrs.field(converter=_codes)
    final: FrozenMap[str, tuple[str, ...]] = attrs.field(converter=_codes)
    faults: tuple[RefusalFault[S, C], ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code that any command was refused for, sorted."""
        return tuple(sorted({code for codes in self.refused.values() for code in codes}))


class _Graph(Generic[S, C, E]):
    """The states of a search, and from which of them each was reached."""

    def __init__(self, start: S | None) -> None:
        self.states: list[S | None] = [start]
        self.before: list[set[int]] = [set()]

    def search(
        self,
        decider: Decider[S, C, E],
        alphabet: Alphabet[S, C],
        key: Callable[[S], Hashable],
        most: int,
    ) -> None:
        start = self.states[0]
        place: dict[Hashable, int] = {} if start is None else {key(start): 0}
        for number, state in enumerate(self.states):
            for message, context in alphabet(state):
                answer = decider.decide(state, message, context)
                if isinstance(answer, Refusal) or not answer.events:
                    continue
                after = fold(decider, answer.events, state)
                known = place.get(where := key(after))
                if known is None:
                    if len(self.states) >= most:
                        continue
                    known = place[where] = len(self.states)
                    self.states.append(after)
                    self.before.append(set())
                self.before[known].add(number)

    def leading_to(self, ahead: Iterable[int]) -> set[int]:
        """Every state from which one of these can be reached, these included."""
        reaching, todo = set(ahead), list(ahead)
        while todo:
            earlier = self.before[todo.pop()] - reaching
            reaching |= earlier
            todo.extend(earlier)
        return reaching


class _Asking(Generic[S, C, E]):
    """All answers of one search, and what of them is not so."""

    def __init__(
        self, decider: Decider[S, C, E], context: Context, ways_each: int, follow: _Follow[S, C]
    ) -> None:
        self.decider, self.context, self.ways_each, self.follow = (
            decider,
            context,
            ways_each,
            follow,
        )
        self.asked = self.followed = 0
        self.accepted: dict[str, int] = {}
        self.refused: dict[str, set[str]] = {}
        self.final: dict[str, set[str]] = {}
        self.ways: dict[tuple[str, tuple[str, ...]], int] = {}
        self.faults: dict[tuple[str, str, tuple[str, ...], str], RefusalFault[S, C]] = {}
        self.takes: dict[C, list[int]] = {}
        self.bars: dict[C, dict[int, tuple[str, ...]]] = {}

    def ask(self, number: int, state: S | None, command: C) -> None:
        self.asked += 1
        kind = type(command).__name__
        answer = self.decider.decide(state, command, self.context)
        if not isinstance(answer, Refusal):
            self.accepted[kind] = self.accepted.get(kind, 0) + 1
            if answer.events:
                self.takes.setdefault(command, []).append(number)
            return
        codes = answer.codes
        self.refused.setdefault(kind, set()).update(codes)
        if answer.final:
            told = {reason.code for reason in answer.reasons if reason.final}
            self.final.setdefault(kind, set()).update(told)
            self.bars.setdefault(command, {})[number] = codes
            return
        followed = self.ways.get((kind, codes), 0)
        if followed >= self.ways_each:
            return
        self.ways[kind, codes] = followed + 1
        self.followed += 1
        found = self.follow(state, command, codes)
        if found is not None:
            self.note(found)

    def note(self, fault: RefusalFault[S, C]) -> None:
        about = (fault.code, type(fault.command).__name__, fault.codes, fault.stuck_at)
        self.faults.setdefault(about, fault)

    def judge(self, graph: _Graph[S, C, E]) -> None:
        for command, barred in self.bars.items():
            takes = self.takes.get(command)
            if takes is None:
                continue
            for number in sorted(graph.leading_to(takes) & barred.keys()):
                later = next(n for n in takes if number in graph.leading_to([n]))
                self.note(
                    RefusalFault(
                        code="final.passes",
                        command=command,
                        codes=barred[number],
                        state=graph.states[number],
                        later=graph.states[later],
                    )
                )


_Follow = Callable[["S | None", "C", "tuple[str, ...]"], "RefusalFault[S, C] | None"]


def ask_everywhere(
    decider: Decider[S, C, E],
    *,
    alphabet: Alphabet[S, C],
    key: Callable[[S], Hashable],
    questions: Callable[[S | None], Iterable[C]],
    context: Context,
    provide: Provider[S, C],
    instead: Iterable[str] = (),
    achieved: Callable[[S, C], bool] | None = None,
    again: Callable[[S, C], C | None] | None = None,
    start: S | None = None,
    states: int = 1_000,
    ways_each: int = 1_000_000,
) -> RefusalReport[S, C]:
    """Ask every question in every state of a bounded search, and hold the refusals to their word.

    Two laws: with no final reason, doing what the reasons name lets the command pass
    (:func:`way_out`); with one, no state further on takes that command. The second is exact within
    the search: a ``key`` that tells states apart by the ids that commands name leaves no doubt
    which allocation, say, a command means.

    Args:
        decider: The aggregate, with your rules.
        alphabet: Which states there are.
        key: What is one state.
        questions: The commands to ask in a state. Where they are equal in many states, final
            reasons are compared over all of these.
        context: Who asks, and when.
        provide: Brings what reasons say to obtain.
        instead: As in :func:`way_out`.
        achieved: As in :func:`way_out`.
        again: As in :func:`way_out`.
        start: The state to begin with; None is before the first event.
        states: Most states, the one to begin with included.
        ways_each: Of refusals of one class of command with the same codes, follow so many.

    Raises:
        InvalidValue: ``type.wrong`` for a context that is none.

    Example:
        >>> from ordercore import orders
        >>> from ordercore.testing import (
        ...     ORDER_INSTEAD,
        ...     order_alphabet,
        ...     order_key,
        ...     order_provider,
        ...     order_questions,
        ... )
        >>> small = order_alphabet(lines=1, units=1, nodes=1, payment=("authorise",), returns=())
        >>> report = ask_everywhere(
        ...     orders,
        ...     alphabet=small,
        ...     key=order_key(small, ids=True),
        ...     questions=order_questions(small.place, nodes=small.nodes),
        ...     context=small.context,
        ...     provide=order_provider("n-1", place=small.place),
        ...     instead=ORDER_INSTEAD,
        ...     states=20,
        ... )
        >>> report.faults, report.accepted["PlaceOrder"] > 0
        ((), True)
    """
    expect(context, Context, "context")
    replaced = tuple(instead)

    def follow(state: S | None, command: C, codes: tuple[str, ...]) -> RefusalFault[S, C] | None:
        way = way_out(
            decider,
            state,
            command,
            context,
            provide=provide,
            instead=replaced,
            achieved=achieved,
            again=again,
        )
        if way.passed:
            return None
        return RefusalFault(
            code="remedy.final" if way.final else "remedy.stuck",
            command=command,
            codes=codes,
            state=state,
            stuck_at=way.stuck_at,
        )

    graph: _Graph[S, C, E] = _Graph(start)
    graph.search(decider, alphabet, key, states)
    asking: _Asking[S, C, E] = _Asking(decider, context, ways_each, follow)
    for number, state in enumerate(graph.states):
        for command in questions(state):
            asking.ask(number, state, command)
    asking.judge(graph)
    return RefusalReport(
        states=len(graph.states),
        asked=asking.asked,
        followed=asking.followed,
        accepted=FrozenMap.of(asking.accepted),
        refused={kind: sorted(codes) for kind, codes in asking.refused.items()},
        final={kind: sorted(codes) for kind, codes in asking.final.items()},
        faults=tuple(asking.faults[about] for about in sorted(asking.faults)),
    )

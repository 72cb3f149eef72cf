"""Whether what a refusal says would help does help: remedies are applied until a command passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeAlias, TypeVar, cast

import attrs

from ordercore.kernel import (
    Command,
    Context,
    Decider,
    Decision,
    Instant,
    Reason,
    Refusal,
    as_optional_instant,
    fold,
)

__all__ = ["Obtained", "Provider", "WayOut", "way_out"]

S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E")

_MOST_ROUNDS = 24
_MOST_DEPTH = 12


def _messages(given: Iterable[C]) -> tuple[C, ...]:
    return tuple(given)


@attrs.frozen
class Obtained(Generic[C]):
    """What the outside brings for a reason that says what to obtain.

    ``first`` is sent before the command is tried again; ``changed`` stands for the command from
    then on, where the reason asks for another argument. ``actor``, ``role`` and ``now`` say who
    sends the command from then on, and when, where the reason asks for somebody else or for
    another hour; ``first_role`` who sends what comes first, since facts cannot be refused.
    """

    first: tuple[C, ...] = attrs.field(default=(), converter=_messages)
    changed: C | None = attrs.field(default=None, kw_only=True)
    actor: str | None = attrs.field(default=None, kw_only=True)
    role: str | None = attrs.field(default=None, kw_only=True)
    now: Instant | None = attrs.field(default=None, converter=as_optional_instant, kw_only=True)
    first_role: str | None = attrs.field(default=None, kw_only=True)

    def context(self, before: Context) -> Context:
        """The context in which the command is tried again.

        Example:
            >>> at = Context(now="2026-11-11T00:00:00Z", actor="web", role="customer")
            >>> Obtained(role="credit").context(at).role
            'credit'
        """
        return attrs.evolve(
            before,
            now=before.now if self.now is None else self.now,
            actor=before.actor if self.actor is None else self.actor,
            role=before.role if self.role is None else self.role,
        )


Provider: TypeAlias = Callable[[S | None, C, Reason], Obtained[C] | None]
"""Brings what a reason says to obtain, in a state, for a command; None when it knows no way."""


@attrs.frozen(kw_only=True)
class WayOut(Generic[S, C]):
    """What came of following the remedies of a command.

    ``passed`` says that the command was accepted, or what stands in its place; ``final`` that it
    met a reason that nothing remedies. ``sent`` is everything that was accepted on the way, and
    ``stuck_at`` the code of the reason for which nothing helped, when neither came about.
    """

    state: S | None
    passed: bool = False
    final: bool = False
    stuck_at: str = ""
    sent: tuple[C, ...] = attrs.field(default=(), converter=_messages)


class _Stuck(Exception):
    def __init__(self, code: str, *, final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.final = final


class _Walk(Generic[S, C, E]):
    def __init__(
        self,
        decider: Decider[S, C, E],
        state: S | None,
        context: Context,
        provide: Provider[S, C],
        instead: frozenset[str],
        achieved: Callable[[S, C], bool] | None,
        again: Callable[[S, C], C | None] | None,
    ) -> None:
        self.achieved = achieved
        self.again = again
        self.decider = decider
        self.state = state
        self.context = context
        self.provide = provide
        self.instead = instead
        self.sent: list[C] = []

    def go(self, command: C, depth: int = 0, role: str | None = None) -> None:
        """Send a command; where it is refused, what a reason names, and then again."""
        code = ""
        waits: C | None = None
        context = self.context if role is None else attrs.evolve(self.context, role=role)
        for _ in range(_MOST_ROUNDS):
            if waits is not None and self.done(waits):
                return
            answer = self.decider.decide(self.state, command, context)
            if isinstance(answer, Decision):
                if answer.events:
                    self.state = fold(self.decider, answer.events, self.state)
                    self.sent.append(command)
                    following = self.ask_again(command)
                    if following is not None:
                        waits, command = command, following
                        continue
                elif depth:
                    # A remedy that is taken for a repeat changes nothing, and so helps nobody.
                    raise _Stuck("remedy.repeated")
                return
            code = answer.reasons[0].code
            if self.done(command):
                return
            if answer.final:
                final = next(reason.code for reason in answer.reasons if reason.final)
                raise _Stuck(final, final=True)
            if depth == _MOST_DEPTH:
                break
            helped = self.help(command, answer, depth)
            if helped is None:
                break
            obtained, replaced = helped
            if replaced:
                return
            context = obtained.context(context)
            command = command if obtained.changed is None else obtained.changed
        raise _Stuck(code)

    def help(self, command: C, refusal: Refusal, depth: int) -> tuple[Obtained[C], bool] | None:
        """Do what the first reason names for which anything can be done, and what changes by it.

        True says that the remedy stands for the command.
        """
        for reason in refusal.reasons:
            if reason.remedy is not None:
                self.go(cast("C", reason.remedy), depth + 1)
                return Obtained(), reason.code in self.instead
            obtained = self.provide(self.state, command, reason)
            if obtained is not None:
                for message in obtained.first:
                    self.go(message, depth + 1, obtained.first_role)
                return obtained, False
        return None

    def ask_again(self, command: C) -> C | None:
        """What to ask where the command was taken, and waits."""
        state = self.state
        return None if self.again is None or state is None else self.again(state, command)

    def done(self, command: C) -> bool:
        """Whether what the command asks for has come about by itself, by what helped it."""
        state = self.state
        return bool(
            self.sent
            and self.achieved is not None
            and state is not None
            and self.achieved(state, command)
        )


def way_out(
    decider: Decider[S, C, E],
    state: S | None,
    command: C,
    context: Context,
    *,
    provide: Provider[S, C],
    instead: Iterable[str] = (),
    achieved: Callable[[S, C], bool] | None = None,
    again: Callable[[S, C], C | None] | None = None,
) -> WayOut[S, C]:
    """Follow what the refusals of a command name, until it passes or nothing helps any more.

    Of every refusal the first reason that can be helped is seen to, and then the command is tried
    again, since one remedy may clear several reasons or reveal the next. Remedies are sent, and
    theirs before them; what is to be obtained comes from ``provide``. A final reason ends the walk.

    Args:
        decider: The aggregate.
        state: Where the command is refused; None is before the first event.
        command: What is to pass.
        context: In which everything is decided, unless a reason asks for somebody else.
        provide: Brings what reasons say to obtain.
        instead: Codes whose remedy does not clear the way for the command but stands for it, as
            a return does for the cancel of units that have left.
        achieved: Whether a state has what a command asks for. A command that waits goes on by
            itself when the last of what it waits for is there, and is then refused as done.
        again: What to ask where a command was taken as a request that waits, so that it is said
            what it waits for; None for one that has happened.

    Example:
        >>> from ordercore import orders
        >>> from ordercore.orders import ConfirmOrder
        >>> from ordercore.orders.specimen import tea_order
        >>> from ordercore.testing import order_provider
        >>> web = Context(now="2026-11-11T00:00:00Z", actor="web")
        >>> confirm = ConfirmOrder("o-1", command_id="c-2")
        >>> way = way_out(orders, tea_order(), confirm, web, provide=order_provider("hangzhou"))
        >>> [type(message).__name__ for message in way.sent]
        ['AllocateUnits', 'ReserveStock', 'RecordPayment', 'ConfirmOrder']
    """
    walk: _Walk[S, C, E] = _Walk(
        decider, state, context, provide, frozenset(instead), achieved, again
    )
    try:
        walk.go(command)
    except _Stuck as stuck:
        return WayOut(state=walk.state, final=stuck.final, stuck_at=stuck.code, sent=walk.sent)
    return WayOut(state=walk.state, passed=True, sent=walk.sent)

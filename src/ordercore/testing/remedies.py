"""Whether what a refusal says would help does help: remedies are applied until a command passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeAlias, TypeVar, cast

import attrs

from ordercore.kernel import Command, Context, Decider, Decision, Reason, fold

__all__ = ["Obtained", "Provider", "WayOut", "way_out"]

S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E")

_MOST_ROUNDS = 12
_MOST_DEPTH = 6


def _messages(given: Iterable[C]) -> tuple[C, ...]:
    return tuple(given)


@attrs.frozen
class Obtained(Generic[C]):
    """What the outside brings for a reason that says what to obtain.

    ``first`` is sent before the command is tried again; ``changed`` stands for the command from
    then on, where the reason asks for another argument.
    """

    first: tuple[C, ...] = attrs.field(default=(), converter=_messages)
    changed: C | None = attrs.field(default=None, kw_only=True)


Provider: TypeAlias = Callable[[S, C, Reason], Obtained[C] | None]
"""Brings what a reason says to obtain, in a state, for a command; None when it knows no way."""


@attrs.frozen(kw_only=True)
class WayOut(Generic[S, C]):
    """What came of following the remedies of a command.

    ``passed`` says that the command was accepted, or what stands in its place; ``final`` that it
    met a reason that nothing remedies. ``sent`` is everything that was accepted on the way, and
    ``stuck_at`` the code of the reason for which nothing helped, when neither came about.
    """

    state: S
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
        state: S,
        context: Context,
        provide: Provider[S, C],
        instead: frozenset[str],
    ) -> None:
        self.decider = decider
        self.state = state
        self.context = context
        self.provide = provide
        self.instead = instead
        self.sent: list[C] = []

    def go(self, command: C, depth: int = 0) -> None:
        """Send a command; where it is refused, what its reasons name first, and then again."""
        code = ""
        for _ in range(_MOST_ROUNDS):
            answer = self.decider.decide(self.state, command, self.context)
            if isinstance(answer, Decision):
                if answer.events:
                    self.state = fold(self.decider, answer.events, self.state)
                    self.sent.append(command)
                elif depth:
                    # A remedy that is taken for a repeat changes nothing, and so helps nobody.
                    raise _Stuck("remedy.repeated")
                return
            code = answer.reasons[0].code
            if answer.final:
                raise _Stuck(
                    next(reason.code for reason in answer.reasons if reason.final), final=True
                )
            if depth == _MOST_DEPTH:
                break
            replaced = False
            for reason in answer.reasons:
                replaced |= reason.code in self.instead and reason.remedy is not None
                command = self.help(command, reason, depth)
            if replaced:
                return
        raise _Stuck(code)

    def help(self, command: C, reason: Reason, depth: int) -> C:
        """Do what one reason says; the command to go on with."""
        if reason.remedy is not None:
            self.go(cast("C", reason.remedy), depth + 1)
            return command
        obtained = self.provide(self.state, command, reason)
        if obtained is None:
            raise _Stuck(reason.code)
        for message in obtained.first:
            self.go(message, depth + 1)
        return command if obtained.changed is None else obtained.changed


def way_out(
    decider: Decider[S, C, E],
    state: S,
    command: C,
    context: Context,
    *,
    provide: Provider[S, C],
    instead: Iterable[str] = (),
) -> WayOut[S, C]:
    """Follow what the refusals of a command name, until it passes or nothing helps any more.

    Remedies are sent, and theirs before them; what is to be obtained comes from ``provide``. A
    final reason ends the walk.

    Args:
        decider: The aggregate.
        state: Where the command is refused.
        command: What is to pass.
        context: In which everything is decided.
        provide: Brings what reasons say to obtain.
        instead: Codes whose remedy does not clear the way for the command but stands for it, as
            a return does for the cancel of units that have left.

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
    walk: _Walk[S, C, E] = _Walk(decider, state, context, provide, frozenset(instead))
    try:
        walk.go(command)
    except _Stuck as stuck:
        return WayOut(state=walk.state, final=stuck.final, stuck_at=stuck.code, sent=walk.sent)
    return WayOut(state=walk.state, passed=True, sent=walk.sent)

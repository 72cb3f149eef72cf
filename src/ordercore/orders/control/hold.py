"""Holds: what keeps an order, or a part of it, from going forward. A set, never a status."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import (
    Choice,
    Instant,
    InvalidValue,
    as_instant,
    as_optional_instant,
    checked,
    problems,
    sorted_unique,
)
from ordercore.orders.control.conditions import condition, limit_condition
from ordercore.orders.control.waiting import Waiting

__all__ = [
    "FORWARD_VERBS",
    "AutoRelease",
    "Hold",
    "HoldEnd",
    "HoldScope",
    "Pause",
    "ScopeKind",
    "may_be_held",
]

FORWARD_VERBS: tuple[str, ...] = (
    "close",
    "complete_stage",
    "confirm",
    "hand_over",
    "pack_fulfilment",
    "plan_fulfilment",
    "release_fulfilment",
    "ship",
    "start_picking",
)
"""What a hold blocks unless it says otherwise: the commands that bring an order forward."""

_ALWAYS_OPEN = frozenset(
    {
        "delegate_approval",
        "give_approval",
        "place",
        "place_hold",
        "receive_return",
        "recheck_holds",
        "reject_approval",
        "release_hold",
        "request_approval",
        "request_return",
        "tick",
    }
)


def may_be_held(verb: str) -> bool:
    """Whether a hold may block a command: never a cancel, a return, or what lifts holds.

    Example:
        >>> may_be_held("ship"), may_be_held("cancel_units"), may_be_held("release_hold")
        (True, False, False)
    """
    return not verb.startswith("cancel") and verb not in _ALWAYS_OPEN


def names(given: Iterable[str]) -> tuple[str, ...]:
    """Names as a sorted set; one text is one name."""
    return sorted_unique((given,) if isinstance(given, str) else given)


class ScopeKind(Choice):
    """What a hold is about."""

    ORDER = "order"
    LINES = "lines"
    FULFILMENT = "fulfilment"
    SHIPMENT = "shipment"
    RETURN = "return"


@attrs.frozen
@checked
class HoldScope:
    """The whole order, or the lines, fulfilment orders, shipments or returns with these ids.

    Raises:
        InvalidBatch: ``hold.scope`` for ids of the whole order, or a part without ids.

    Example:
        >>> HoldScope.lines("2", "1")
        HoldScope(kind=<ScopeKind.LINES: 'lines'>, ids=('1', '2'))
        >>> HoldScope().touches((), frozenset({"1"}))
        True
    """

    kind: ScopeKind = attrs.field(default=ScopeKind.ORDER, converter=ScopeKind)
    ids: tuple[str, ...] = attrs.field(default=(), converter=names)

    def __attrs_post_init__(self) -> None:
        whole = self.kind is ScopeKind.ORDER
        if whole == (not self.ids) and all(type(id) is str and id for id in self.ids):
            return
        faults = problems()
        wanted = "no ids" if whole else f"ids of {self.kind.value}"
        faults.add("hold.scope", "ids", self.ids, wanted)
        faults.raise_if_any("hold scope")

    @classmethod
    def lines(cls, *ids: str) -> HoldScope:
        """These lines."""
        return cls(ScopeKind.LINES, map(str, ids))

    @classmethod
    def fulfilment(cls, *ids: str) -> HoldScope:
        """These fulfilment orders."""
        return cls(ScopeKind.FULFILMENT, map(str, ids))

    @classmethod
    def shipment(cls, *ids: str) -> HoldScope:
        """These shipments, also before they have left."""
        return cls(ScopeKind.SHIPMENT, map(str, ids))

    @classmethod
    def returns(cls, *ids: str) -> HoldScope:
        """These returns."""
        return cls(ScopeKind.RETURN, map(str, ids))

    def touches(self, ids: Iterable[str], lines: frozenset[str] | None) -> bool:
        """Whether a command about these parts is in the scope; ``lines`` None means all of them."""
        if self.kind is ScopeKind.ORDER:
            return True
        if self.kind is ScopeKind.LINES:
            return lines is None or not lines.isdisjoint(self.ids)
        return any(id in self.ids for id in ids)


@attrs.frozen(kw_only=True)
@checked
class AutoRelease:
    """When a hold releases itself: all needs are there, and the condition holds.

    ``needs`` are words of gates (``stock``, ``payment``, ``approval:<name>``, ``review:<name>``,
    evidence), ``when`` is a rule over the facts of orders. A fact that is missing does not release.

    ``outside`` is a rule over ``LIMIT_FACTS`` instead, alone: facts of limits, an account and
    stock that an order does not know. It is asked with what a :class:`RecheckHolds` tells, and
    after every decision with what the order knows by itself: that it needs no more credit, or no
    more stock. :func:`waits_for` says of what the host is to tell.

    Raises:
        InvalidValue: ``hold.auto`` with none of them, or with ``outside`` and another;
            ``condition.invalid``.

    Example:
        >>> AutoRelease(when="order.outstanding==CNY(0)").when
        'order.outstanding == CNY(0)'
        >>> AutoRelease(outside="account.accepts").outside
        'account.accepts'
    """

    needs: tuple[str, ...] = attrs.field(default=(), converter=names)
    when: str = attrs.field(default="", converter=condition)
    outside: str = attrs.field(default="", converter=limit_condition)

    def __attrs_post_init__(self) -> None:
        own = bool(self.when) or bool(self.needs and all(self.needs))
        if own is bool(self.outside):
            expected = "needs and a condition, or what the outside must tell"
            raise InvalidValue("hold.auto", "needs", self.needs, expected)


@attrs.frozen(kw_only=True)
@checked
class Hold:
    """One hold: its reason as a code, what it is about, what it blocks, and how it ends.

    It ends when someone in one of the roles ``released_by`` (anyone, when empty) releases it, at
    the instant ``until`` (it blocks before it and not at it), or by itself (``auto``). ``rule`` is
    the host's hold rule that placed it. A hold with ``waits`` stands for a command that waits: it
    blocks nothing itself.

    Raises:
        InvalidBatch: ``hold.code`` when empty; ``hold.verb`` for a command that no hold may block
            (cancels, returns, and what lifts holds) or an empty one; ``hold.blocks`` when it blocks
            nothing and waits for nothing; ``hold.until`` when not after ``placed_at``.

    Example:
        >>> from ordercore.kernel import instant
        >>> hold = Hold(
        ...     hold_id="h-1", code="fraud", placed_at="2026-11-11T00:00:00Z", placed_by="risk"
        ... )
        >>> hold.runs_at(instant("2027-01-01T00:00:00Z")), "ship" in hold.blocks
        (True, True)
    """

    hold_id: str
    code: str
    scope: HoldScope = attrs.field(factory=HoldScope)
    blocks: tuple[str, ...] = attrs.field(default=FORWARD_VERBS, converter=names)
    released_by: tuple[str, ...] = attrs.field(default=(), converter=names)
    until: Instant | None = attrs.field(default=None, converter=as_optional_instant)
    auto: AutoRelease | None = None
    rule: str = ""
    waits: Waiting | None = None
    placed_at: Instant = attrs.field(converter=as_instant)
    placed_by: str

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.hold_id:
            faults.add("identifier.invalid", "hold_id", self.hold_id, "an id")
        if not self.code:
            faults.add("hold.code", "code", self.code, "a code")
        for verb in self.blocks:
            if not verb or not may_be_held(verb):
                faults.add("hold.verb", "blocks", verb, "a command that may be held")
        if not self.blocks and self.waits is None:
            faults.add("hold.blocks", "blocks", self.blocks, "at least one command")
        if self.until is not None and self.until <= self.placed_at:
            faults.add("hold.until", "until", str(self.until), f"after {self.placed_at}")
        faults.raise_if_any("hold")

    @property
    def resumes(self) -> str:
        """The id of the command that it stands for; empty for a hold that blocks."""
        return "" if self.waits is None else str(self.waits.instruction.command_id)

    @property
    def missing(self) -> tuple[str, ...]:
        """What was missing when the command that it stands for was asked for."""
        return () if self.waits is None else self.waits.missing

    def runs_at(self, now: Instant) -> bool:
        """Whether it still blocks at an instant: not at its end nor after it."""
        return self.until is None or now < self.until

    def blocks_command(
        self, verb: str, ids: Iterable[str], lines: frozenset[str] | None, now: Instant
    ) -> bool:
        """Whether it blocks this command about these parts now."""
        return verb in self.blocks and self.runs_at(now) and self.scope.touches(ids, lines)


class HoldEnd(Choice):
    """How a hold ended."""

    RELEASED = "released"
    """Somebody released it."""
    SATISFIED = "satisfied"
    """Its own condition came true, or that of the rule that placed it went."""
    EXPIRED = "expired"
    """Its time was over."""
    RESUMED = "resumed"
    """The command that it stood for was accepted."""
    READY = "ready"
    """Nothing is missing any more of what it stood for; the command may be sent again."""
    DROPPED = "dropped"
    """What it stood for cannot happen any more: the order ended, or has moved on."""


@attrs.frozen(kw_only=True)
@checked
class Pause:
    """A hold that has ended: what it was about, and from when to when it ran.

    Time limits stand still while a hold runs; see :meth:`Control.pauses`.
    """

    hold_id: str
    code: str
    scope: HoldScope = attrs.field(factory=HoldScope)
    rule: str = ""
    since: Instant = attrs.field(converter=as_instant)
    until: Instant = attrs.field(converter=as_instant)
    how: HoldEnd = attrs.field(converter=HoldEnd)

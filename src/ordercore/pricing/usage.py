"""What a limit has counted: claims as typed moves, so that no limit is ever overrun.

A quote only says what it takes of each limit. Whether so much is still to be had is decided here,
on an aggregate for each :class:`~ordercore.pricing.UsageMeter` and with its expected version, so
that two checkouts at the same moment cannot both take the last use, or the last of a budget.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias, assert_never

import attrs

from ordercore.kernel import (
    Command,
    CommandId,
    Context,
    Decision,
    FactValue,
    IllegalTransition,
    Instant,
    Invariant,
    OrderId,
    PromotionId,
    Reason,
    Refusal,
    Violation,
    as_instant,
    as_tuple,
    checked,
    digest,
    problems,
)

__all__ = [
    "REMEMBERED_USES",
    "USAGE_INVARIANTS",
    "AcceptedUse",
    "ClaimUse",
    "PromotionUsage",
    "RedeemUse",
    "ReleaseUse",
    "UsageCommand",
    "UsageEvent",
    "UseClaimed",
    "UseRedeemed",
    "UseReleased",
    "UsageDecider",
]

REMEMBERED_USES = 64
"""How many accepted command ids a usage remembers; older repeats are the store's to catch."""


@attrs.frozen(kw_only=True)
class _UsageCommand(Command):
    promotion_id: PromotionId = attrs.field(converter=PromotionId)
    order_id: OrderId = attrs.field(converter=OrderId)
    command_id: CommandId = attrs.field(converter=CommandId)
    uses: int = 1

    def __attrs_post_init__(self) -> None:
        if type(self.uses) is not int or self.uses < 1:
            faults = problems()
            faults.add("quantity.not_positive", "uses", self.uses, "an integer ≥ 1")
            faults.raise_if_any(type(self).__name__)


@attrs.frozen(kw_only=True)
@checked
class ClaimUse(_UsageCommand):
    """Take uses of a promotion for an order; refused when ``limit`` would be passed.

    ``promotion_id`` is the key of a :class:`~ordercore.pricing.UsageMeter`: of a promotion itself
    its id. ``uses`` are what the meter counts: uses, or minor units of a budget. ``limit`` is the
    number that it may reach; None is without limit.

    Example:
        >>> ClaimUse(promotion_id="11.11", order_id="o-1", command_id="c-1", limit=100).uses
        1
    """

    limit: int | None = None


@attrs.frozen(kw_only=True)
@checked
class ReleaseUse(_UsageCommand):
    """Give uses back, after a cancel that returns them.

    ``redeemed`` gives back uses that were redeemed, as a favour; otherwise those that were not.

    Example:
        >>> ReleaseUse(promotion_id="11.11", order_id="o-1", command_id="c-9").uses
        1
    """

    redeemed: bool = False


@attrs.frozen(kw_only=True)
@checked
class RedeemUse(_UsageCommand):
    """Make uses that are taken final: they are given back no more, unless that is asked for.

    Example:
        >>> RedeemUse(promotion_id="11.11", order_id="o-1", command_id="c-2").uses
        1
    """


UsageCommand: TypeAlias = ClaimUse | ReleaseUse | RedeemUse
"""Everything that may be asked of a promotion's usage."""


@attrs.frozen(kw_only=True)
class _UsageEvent:
    promotion_id: PromotionId = attrs.field(converter=PromotionId)
    order_id: OrderId = attrs.field(converter=OrderId)
    command_id: CommandId = attrs.field(converter=CommandId)
    fingerprint: str
    at: Instant = attrs.field(converter=as_instant)
    uses: int


@attrs.frozen(kw_only=True)
@checked
class UseClaimed(_UsageEvent):
    """Uses were taken."""


@attrs.frozen(kw_only=True)
@checked
class UseReleased(_UsageEvent):
    """Uses were given back; ``redeemed`` ones where that was asked for."""

    redeemed: bool = False


@attrs.frozen(kw_only=True)
@checked
class UseRedeemed(_UsageEvent):
    """Uses that were taken became final."""


UsageEvent: TypeAlias = UseClaimed | UseReleased | UseRedeemed
"""Everything that can have happened to a promotion's usage."""


@attrs.frozen
@checked
class AcceptedUse:
    """A command that the usage accepted: its id, what it said, and at which version."""

    command_id: CommandId = attrs.field(converter=CommandId)
    fingerprint: str
    version: int


def _accepted(given: Iterable[AcceptedUse]) -> tuple[AcceptedUse, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class PromotionUsage:
    """How many uses of one promotion are taken, or how much of one of its other limits.

    It counts; which order took which use is in the events and on the orders, so that the state
    does not grow with the number of orders.

    Raises:
        InvalidBatch: ``usage.negative``, ``usage.released`` when more was given back than taken,
            ``usage.redeemed`` when more is redeemed than is used.

    Example:
        >>> PromotionUsage(promotion_id="11.11", claimed=3, released=1).used
        2
    """

    promotion_id: PromotionId = attrs.field(converter=PromotionId)
    claimed: int = 0
    released: int = 0
    accepted: tuple[AcceptedUse, ...] = attrs.field(default=(), converter=_accepted)
    version: int = 0
    redeemed: int = 0

    def __attrs_post_init__(self) -> None:
        if 0 <= self.released <= self.claimed and 0 <= self.redeemed <= self.used:
            return
        faults = problems()
        for name in ("claimed", "released", "redeemed"):
            if getattr(self, name) < 0:
                faults.add("usage.negative", name, getattr(self, name), "an integer ≥ 0")
        if self.released > self.claimed:
            faults.add("usage.released", "released", self.released, f"at most {self.claimed}")
        elif self.redeemed > self.used:
            faults.add("usage.redeemed", "redeemed", self.redeemed, f"at most {self.used}")
        faults.raise_if_any(f"usage of promotion {self.promotion_id}")

    @property
    def used(self) -> int:
        """Uses that are taken now: claimed − released; those that are redeemed among them."""
        return self.claimed - self.released

    @property
    def reserved(self) -> int:
        """Uses that are taken and not redeemed."""
        return self.used - self.redeemed


class UsageDecider:
    """The decider of a promotion's usage, for :func:`~ordercore.kernel.fold`.

    Example:
        >>> from ordercore.kernel import fold
        >>> web = Context(now="2026-11-11T00:00:00Z", actor="web")
        >>> take = ClaimUse(promotion_id="11.11", order_id="o-1", command_id="c-1", limit=1)
        >>> usage = fold(UsageDecider(), UsageDecider().decide(None, take, web).accepted().events)
        >>> more = ClaimUse(promotion_id="11.11", order_id="o-2", command_id="c-2", limit=1)
        >>> UsageDecider().decide(usage, more, web).codes
        ('promotion.exhausted',)
    """

    __slots__ = ()

    def decide(
        self, state: PromotionUsage | None, command: UsageCommand, context: Context, /
    ) -> Decision[UsageEvent] | Refusal:
        """Decide one claim or release.

        A repeat gives ``repeated=True``. Refusals: ``promotion.exhausted`` with limit, used and
        wanted uses; ``promotion.not_claimed`` for uses that are not taken, or are redeemed where
        the others are meant, or the other way round; ``command.id_reused``.

        Raises:
            IllegalTransition: a command that is addressed to another promotion.
        """
        usage = PromotionUsage(promotion_id=command.promotion_id) if state is None else state
        if usage.promotion_id != command.promotion_id:
            raise _impossible(usage, f"{type(command).__name__} for {command.promotion_id}")
        fingerprint = digest(command)
        for known in usage.accepted:
            if known.command_id == command.command_id:
                if known.fingerprint == fingerprint:
                    return Decision((), repeated=True, version=known.version)
                reused = {"command_id": str(command.command_id)}
                return Refusal([Reason("command.id_reused", facts=reused, final=True)])
        event: UsageEvent
        given = {
            "promotion_id": command.promotion_id,
            "order_id": command.order_id,
            "command_id": command.command_id,
        }
        facts: dict[str, FactValue] = {
            "promotion": str(command.promotion_id),
            "used": usage.used,
            "uses": command.uses,
        }
        match command:
            case ClaimUse(limit=limit):
                if limit is not None and usage.used + command.uses > limit:
                    facts["limit"] = limit
                    return Refusal(
                        [Reason("promotion.exhausted", facts=facts, obtain="uses given back")]
                    )
                event = UseClaimed(
                    **given, fingerprint=fingerprint, at=context.now, uses=command.uses
                )
            case ReleaseUse(redeemed=redeemed):
                if command.uses > (usage.redeemed if redeemed else usage.reserved):
                    facts["redeemed"] = usage.redeemed
                    return Refusal([Reason("promotion.not_claimed", facts=facts, final=True)])
                event = UseReleased(
                    **given,
                    fingerprint=fingerprint,
                    at=context.now,
                    uses=command.uses,
                    redeemed=redeemed,
                )
            case RedeemUse():
                if command.uses > usage.reserved:
                    facts["redeemed"] = usage.redeemed
                    return Refusal([Reason("promotion.not_claimed", facts=facts, final=True)])
                event = UseRedeemed(
                    **given, fingerprint=fingerprint, at=context.now, uses=command.uses
                )
            case _:  # pragma: no cover - the union is closed
                assert_never(command)
        return Decision((event,))

    def evolve(self, state: PromotionUsage | None, event: UsageEvent, /) -> PromotionUsage:
        """The usage after one event.

        Raises:
            IllegalTransition: an event that cannot have happened: the log is corrupt.
        """
        usage = PromotionUsage(promotion_id=event.promotion_id) if state is None else state
        if usage.promotion_id != event.promotion_id:
            raise _impossible(usage, f"{type(event).__name__} for {event.promotion_id}")
        claimed, released, redeemed = usage.claimed, usage.released, usage.redeemed
        match event:
            case UseClaimed():
                claimed += event.uses
            case UseReleased():
                if event.uses > (redeemed if event.redeemed else usage.reserved):
                    raise _impossible(usage, type(event).__name__)
                released += event.uses
                redeemed -= event.uses if event.redeemed else 0
            case UseRedeemed():
                if event.uses > usage.reserved:
                    raise _impossible(usage, type(event).__name__)
                redeemed += event.uses
            case _:  # pragma: no cover - the union is closed
                assert_never(event)
        version = usage.version + 1
        return PromotionUsage(
            promotion_id=usage.promotion_id,
            claimed=claimed,
            released=released,
            accepted=(
                *usage.accepted[-(REMEMBERED_USES - 1) :],
                AcceptedUse(event.command_id, event.fingerprint, version),
            ),
            version=version,
            redeemed=redeemed,
        )


def _impossible(usage: PromotionUsage, what: str) -> IllegalTransition:
    return IllegalTransition(
        f"usage of promotion {usage.promotion_id}", f"version {usage.version}", what
    )


def _uses_are_counted(usage: PromotionUsage) -> Violation | None:
    if (
        0 <= usage.released <= usage.claimed
        and usage.used == usage.claimed - usage.released
        and 0 <= usage.redeemed <= usage.used
    ):
        return None
    witness = {"claimed": usage.claimed, "released": usage.released, "redeemed": usage.redeemed}
    return Violation("INV-USE-1", witness)


USAGE_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-USE-1",
        "a promotion's usage",
        "No more uses are given back than were taken, what is used is the difference, and no more "
        "is redeemed than is used.",
        _uses_are_counted,
    ),
)

"""Approvals: who must agree, one level after the other, and who has. One person, one vote."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import attrs

from ordercore.kernel import (
    Choice,
    Duration,
    Instant,
    Money,
    as_instant,
    as_optional_instant,
    as_tuple,
    checked,
    problems,
)

__all__ = [
    "Approval",
    "ApprovalLevel",
    "ApprovalRule",
    "ApprovalState",
    "Delegation",
    "Vote",
]


@attrs.frozen
@checked
class ApprovalLevel:
    """One level: so many people in a role.

    Raises:
        InvalidBatch: ``approval.role`` when empty, ``approval.quorum`` below 1.

    Example:
        >>> ApprovalLevel("credit", quorum=2).quorum
        2
    """

    role: str
    quorum: int = 1

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.role:
            faults.add("approval.role", "role", self.role, "a role")
        if type(self.quorum) is not int or self.quorum < 1:
            faults.add("approval.quorum", "quorum", self.quorum, "an integer ≥ 1")
        faults.raise_if_any("approval level")


def levels(given: Iterable[ApprovalLevel | str]) -> tuple[ApprovalLevel, ...]:
    """Levels in their order; a role stands for a level of one."""
    listed = as_tuple(given)
    if type(listed) is not tuple:
        return cast("tuple[ApprovalLevel, ...]", listed)
    return tuple(ApprovalLevel(level) if isinstance(level, str) else level for level in listed)


@attrs.frozen
@checked
class ApprovalRule:
    """How an approval of this name is given in this shop: its levels, and in what time.

    Raises:
        InvalidBatch: ``approval.name`` when empty, ``approval.levels`` without a level,
            ``approval.within`` when not positive.

    Example:
        >>> ApprovalRule("credit", levels=["sales", ApprovalLevel("finance", quorum=2)]).levels[0]
        ApprovalLevel(role='sales', quorum=1)
    """

    name: str
    levels: tuple[ApprovalLevel, ...] = attrs.field(converter=levels, kw_only=True)
    within: Duration | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.name:
            faults.add("approval.name", "name", self.name, "a name")
        if not self.levels:
            faults.add("approval.levels", "levels", self.levels, "at least one level")
        if self.within is not None and self.within.microseconds <= 0:
            faults.add("approval.within", "within", str(self.within), "a positive time")
        faults.raise_if_any("approval rule")


@attrs.frozen(kw_only=True)
@checked
class Vote:
    """One person's word at one level; ``why`` is a code, never free text about a person."""

    actor: str
    role: str
    level: int
    approves: bool
    at: Instant = attrs.field(converter=as_instant)
    why: str = ""


@attrs.frozen(kw_only=True)
@checked
class Delegation:
    """``giver`` leaves their vote at a level to ``receiver``, and has none any more."""

    giver: str
    receiver: str
    level: int


class ApprovalState(Choice):
    """Where an approval stands at an instant."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


@attrs.frozen(kw_only=True)
@checked
class Approval:
    """An approval that was asked for, with its votes.

    Levels are passed in their order. A person votes once in the whole approval, whatever their
    roles; whoever asked for it never does (four eyes). One rejection ends it. It is open before
    ``deadline`` and not at it. ``covers`` is the amount due when it was asked for: an order that
    is to cost more needs another approval.

    Raises:
        InvalidBatch: ``approval.id``, ``approval.name``, ``approval.levels``; ``approval.deadline``
            when not after ``requested_at``.

    Example:
        >>> asked = Approval(
        ...     approval_id="a-1",
        ...     name="credit",
        ...     levels=["credit"],
        ...     requested_by="li",
        ...     requested_at="2026-11-11T00:00:00Z",
        ...     covers=Money.of("315.90", "CNY"),
        ... )
        >>> asked.state_at(asked.requested_at).value, asked.level, asked.lacking
        ('open', 0, 1)
    """

    approval_id: str
    name: str
    levels: tuple[ApprovalLevel, ...] = attrs.field(converter=levels)
    requested_by: str
    requested_at: Instant = attrs.field(converter=as_instant)
    deadline: Instant | None = attrs.field(default=None, converter=as_optional_instant)
    covers: Money
    votes: tuple[Vote, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    lapsed: bool = False

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.approval_id:
            faults.add("approval.id", "approval_id", self.approval_id, "an id")
        if not self.name:
            faults.add("approval.name", "name", self.name, "a name")
        if not self.levels:
            faults.add("approval.levels", "levels", self.levels, "at least one level")
        if self.deadline is not None and self.deadline <= self.requested_at:
            faults.add(
                "approval.deadline", "deadline", str(self.deadline), f"after {self.requested_at}"
            )
        faults.raise_if_any("approval")

    @property
    def level(self) -> int:
        """The level that votes now, from 0; the number of levels when all have."""
        for index, level in enumerate(self.levels):
            if sum(vote.approves and vote.level == index for vote in self.votes) < level.quorum:
                return index
        return len(self.levels)

    @property
    def lacking(self) -> int:
        """Votes that the level that votes now still lacks; 0 when all levels are passed."""
        index = self.level
        if index == len(self.levels):
            return 0
        given = sum(vote.approves and vote.level == index for vote in self.votes)
        return self.levels[index].quorum - given

    def state_at(self, now: Instant) -> ApprovalState:
        """Open, given, rejected, or out of time."""
        if any(not vote.approves for vote in self.votes):
            return ApprovalState.REJECTED
        if self.level == len(self.levels):
            return ApprovalState.APPROVED
        if self.lapsed or (self.deadline is not None and now >= self.deadline):
            return ApprovalState.EXPIRED
        return ApprovalState.OPEN

    def barred(self, actor: str) -> str | None:
        """Why this person has no vote whatever their role, as a code; None when they may have."""
        if actor == self.requested_by:
            return "approval.own_request"
        if any(vote.actor == actor for vote in self.votes):
            return "approval.voted"
        if any(known.giver == actor for known in self.delegations):
            return "approval.delegated"
        return None

    def entitles(self, actor: str, role: str) -> bool:
        """Whether the level that votes now is this role's, or was left to this person."""
        index = self.level
        if index == len(self.levels):
            return False
        if role == self.levels[index].role:
            return True
        return any(known.receiver == actor and known.level == index for known in self.delegations)

"""What may be asked and reported about holds, evidence, approvals and the buyer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import attrs

from ordercore.kernel import Instant, InvalidValue, as_optional_instant, checked, problems
from ordercore.orders.control.approval import ApprovalLevel, levels
from ordercore.orders.control.hold import (
    FORWARD_VERBS,
    AutoRelease,
    HoldScope,
    may_be_held,
    names,
)
from ordercore.orders.customer import CustomerFacts, customer_facts
from ordercore.orders.message import Fact, Instruction
from ordercore.orders.standing import LimitStanding

__all__ = [
    "DelegateApproval",
    "GiveApproval",
    "PlaceHold",
    "RecheckHolds",
    "RecordCustomer",
    "RecordEvidence",
    "RejectApproval",
    "ReleaseHold",
    "RequestApproval",
    "SubmitOrder",
    "Tick",
]


def _require(value: str, path: str) -> None:
    if type(value) is not str or not value:
        raise InvalidValue("identifier.invalid", path, value, "an id that is not empty")


@attrs.frozen
@checked
class SubmitOrder(Instruction):
    """Turn a draft into an order that the buyer has placed; its quote must still be valid.

    Example:
        >>> SubmitOrder("o-1", command_id="c-2").verb
        'submit'
    """

    verb: ClassVar[str] = "submit"


@attrs.frozen
@checked
class PlaceHold(Instruction):
    """Hold an order or a part of it, in any stage; nothing but the named commands is blocked.

    ``code`` says why (``fraud``, ``limit``, ``stock``), never who. ``topic`` is that of the alarm;
    empty is ``hold.placed``. Everything else is as in :class:`Hold`.

    Raises:
        InvalidBatch: ``identifier.invalid``, ``hold.code``, ``hold.verb``, ``hold.blocks``.

    Example:
        >>> PlaceHold("o-1", command_id="c-2", hold_id="h-1", code="fraud", blocks="ship").blocks
        ('ship',)
    """

    verb: ClassVar[str] = "place_hold"

    hold_id: str = attrs.field(kw_only=True)
    code: str = attrs.field(kw_only=True)
    scope: HoldScope = attrs.field(factory=HoldScope, kw_only=True)
    blocks: tuple[str, ...] = attrs.field(default=FORWARD_VERBS, converter=names, kw_only=True)
    released_by: tuple[str, ...] = attrs.field(default=(), converter=names, kw_only=True)
    until: Instant | None = attrs.field(default=None, converter=as_optional_instant, kw_only=True)
    auto: AutoRelease | None = attrs.field(default=None, kw_only=True)
    topic: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.hold_id) is not str or not self.hold_id:
            faults.add("identifier.invalid", "hold_id", self.hold_id, "an id that is not empty")
        if not self.code:
            faults.add("hold.code", "code", self.code, "a code")
        for verb in self.blocks:
            if not verb or not may_be_held(verb):
                faults.add("hold.verb", "blocks", verb, "a command that may be held")
        if not self.blocks:
            faults.add("hold.blocks", "blocks", self.blocks, "at least one command")
        faults.raise_if_any("PlaceHold")


@attrs.frozen
@checked
class ReleaseHold(Instruction):
    """Lift a hold. Lifting the hold of a command that waits withdraws the command.

    Raises:
        InvalidValue: ``identifier.invalid``.

    Example:
        >>> ReleaseHold("o-1", command_id="c-3", hold_id="h-1").hold_id
        'h-1'
    """

    verb: ClassVar[str] = "release_hold"

    hold_id: str = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        _require(self.hold_id, "hold_id")


@attrs.frozen
@checked
class RecheckHolds(Instruction):
    """Ask the holds that wait for facts of limits, an account or stock, with what these are now.

    Every hold whose rule they make true is released, and what waited for it goes on. Where none
    is, the command is refused with each rule that does not hold, and may be sent again under the
    same id when something has changed. The facts are not kept.

    Example:
        >>> asked = RecheckHolds("o-1", command_id="c-3", standing=LimitStanding(accepts=True))
        >>> asked.verb
        'recheck_holds'
    """

    verb: ClassVar[str] = "recheck_holds"

    standing: LimitStanding = attrs.field(kw_only=True)


@attrs.frozen
@checked
class _OfApproval(Instruction):
    approval_id: str = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        _require(self.approval_id, "approval_id")


def _levels(given: Iterable[ApprovalLevel | str]) -> tuple[ApprovalLevel, ...]:
    return levels(given)


@attrs.frozen
@checked
class RequestApproval(_OfApproval):
    """Ask for an approval of a name, which gates may need.

    Where the host has a rule of that name, its levels and its time are those of the approval;
    a command may ask for an earlier deadline only. ``levels`` are for names without a rule.

    Raises:
        InvalidValue: ``identifier.invalid``, ``approval.name``.

    Example:
        >>> RequestApproval(
        ...     "o-1", command_id="c-4", approval_id="a-1", name="credit", levels=["credit"]
        ... ).levels
        (ApprovalLevel(role='credit', quorum=1),)
    """

    verb: ClassVar[str] = "request_approval"

    name: str = attrs.field(kw_only=True)
    levels: tuple[ApprovalLevel, ...] = attrs.field(default=(), converter=_levels, kw_only=True)
    deadline: Instant | None = attrs.field(
        default=None, converter=as_optional_instant, kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        _require(self.approval_id, "approval_id")
        if type(self.name) is not str or not self.name:
            raise InvalidValue("approval.name", "name", self.name, "a name")


@attrs.frozen
@checked
class GiveApproval(_OfApproval):
    """Approve, as the person and in the role of the context.

    Raises:
        InvalidValue: ``identifier.invalid``.

    Example:
        >>> GiveApproval("o-1", command_id="c-5", approval_id="a-1").verb
        'give_approval'
    """

    verb: ClassVar[str] = "give_approval"


@attrs.frozen
@checked
class RejectApproval(_OfApproval):
    """Reject, which ends the approval. ``cause`` is a code.

    Raises:
        InvalidValue: ``identifier.invalid``.

    Example:
        >>> RejectApproval("o-1", command_id="c-6", approval_id="a-1", cause="limit").cause
        'limit'
    """

    verb: ClassVar[str] = "reject_approval"

    cause: str = attrs.field(default="", kw_only=True)


@attrs.frozen
@checked
class DelegateApproval(_OfApproval):
    """Leave one's vote at the level that votes now to another person.

    Raises:
        InvalidValue: ``identifier.invalid``.

    Example:
        >>> DelegateApproval("o-1", command_id="c-7", approval_id="a-1", to="wang").to
        'wang'
    """

    verb: ClassVar[str] = "delegate_approval"

    to: str = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        _require(self.approval_id, "approval_id")
        _require(self.to, "to")


@attrs.frozen
@checked
class Tick(Instruction):
    """Time has passed: whatever is due at the context's instant happens, each boundary once.

    A timer of a decision carries it; a host may also send it at any time. ``timer_id`` says which
    timer rang and decides nothing. Too early, it answers without events and with the timers to
    set again; then its id is not remembered.

    Example:
        >>> Tick("o-1", command_id="t-1").timer_id
        ''
    """

    verb: ClassVar[str] = "tick"

    timer_id: str = attrs.field(default="", kw_only=True)


@attrs.frozen
@checked
class RecordEvidence(Fact):
    """Something was shown: a review, a signed waybill, a customs number, a tax id.

    ``name`` is the word by which gates ask for it; a name that no gate knows is kept as well.
    ``evidence_id`` names this very document, by default the fact. ``withdrawn`` takes it back:
    the same name and evidence id then never count again.

    Raises:
        InvalidValue: ``evidence.name`` when empty or with a colon.

    Example:
        >>> RecordEvidence("o-1", fact_id="f-1", name="waybill.signed", about="s-1").evidence_id
        'f-1'
    """

    name: str = attrs.field(kw_only=True)
    evidence_id: str = attrs.field(
        default=attrs.Factory(lambda self: str(self.fact_id), takes_self=True), kw_only=True
    )
    about: str = attrs.field(default="", kw_only=True)
    digest: str = attrs.field(default="", kw_only=True)
    withdrawn: bool = attrs.field(default=False, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if type(self.name) is not str or not self.name or ":" in self.name:
            raise InvalidValue("evidence.name", "name", self.name, "a name without a colon")
        _require(self.evidence_id, "evidence_id")


@attrs.frozen
@checked
class RecordCustomer(Fact):
    """The host knows something else of the buyer: a rating, a group, a number of orders.

    The words are those of :data:`CUSTOMER_FACTS`, told as of ``occurred_at``, or of now where it is
    not given. Words that are not named stay as they are; None says that a word is not known any
    more. Of two reports the one as of the later instant stands, whichever comes first.

    Raises:
        InvalidBatch: ``customer.unknown_fact``, ``customer.text``, ``customer.count``, codes of
            instants; each at ``customer_facts[<word>]``.
        InvalidValue: ``customer.no_facts`` without a word.

    Example:
        >>> RecordCustomer("o-1", fact_id="f-1", customer_facts={"rating": "C"}).customer_facts
        FrozenMap({'rating': 'C'})
    """

    customer_facts: CustomerFacts = attrs.field(converter=customer_facts, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not self.customer_facts:
            raise InvalidValue(
                "customer.no_facts", "customer_facts", self.customer_facts, "at least one word"
            )

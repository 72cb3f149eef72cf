"""What an order keeps of its control: holds, evidence, approvals, the buyer, claims."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import (
    FrozenMap,
    Instant,
    Span,
    as_optional_instant,
    checked,
    sorted_tuple,
    to_text,
)
from ordercore.orders.claims import Claims, as_claims
from ordercore.orders.control.approval import Approval, ApprovalState
from ordercore.orders.control.evidence import Evidence
from ordercore.orders.control.hold import Hold, Pause
from ordercore.orders.customer import CustomerFact, kept_facts

__all__ = ["NO_CONTROL", "Control"]


def _holds(given: Iterable[Hold]) -> tuple[Hold, ...]:
    return sorted_tuple(given, Hold, lambda hold: hold.hold_id)


def _ended(given: Iterable[Pause]) -> tuple[Pause, ...]:
    return sorted_tuple(given, Pause, lambda pause: pause.hold_id)


def _evidence(given: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return sorted_tuple(given, Evidence, lambda shown: (shown.name, shown.evidence_id))


def _approvals(given: Iterable[Approval]) -> tuple[Approval, ...]:
    return sorted_tuple(given, Approval, lambda approval: approval.approval_id)


def _verb(hold: Hold) -> str:
    return "" if hold.waits is None else hold.waits.verb


@attrs.frozen(kw_only=True)
@checked
class Control:
    """The holds, evidence and approvals of an order, each sorted by id.

    ``ended`` are the holds that ran out, for time limits that stand still while they run.
    ``customer_facts`` is what the host has told of the buyer, for the conditions of rules.
    ``claims`` are the uses of promotions that it holds. ``submitted_at`` is when a draft was
    submitted; an order that never was a draft has its ``placed_at`` for that.

    Example:
        >>> Control().holds, Control().ended
        ((), ())
    """

    holds: tuple[Hold, ...] = attrs.field(default=(), converter=_holds)
    ended: tuple[Pause, ...] = attrs.field(default=(), converter=_ended)
    evidence: tuple[Evidence, ...] = attrs.field(default=(), converter=_evidence)
    approvals: tuple[Approval, ...] = attrs.field(default=(), converter=_approvals)
    customer_facts: tuple[CustomerFact, ...] = attrs.field(default=(), converter=kept_facts)
    claims: Claims = attrs.field(factory=FrozenMap, converter=as_claims)
    submitted_at: Instant | None = attrs.field(default=None, converter=as_optional_instant)

    def hold(self, hold_id: str) -> Hold | None:
        """The running hold of an id, or None."""
        return next((hold for hold in self.holds if hold.hold_id == hold_id), None)

    def approval(self, approval_id: str) -> Approval | None:
        """The approval of an id, or None."""
        return next((a for a in self.approvals if a.approval_id == approval_id), None)

    @property
    def pending(self) -> Hold | None:
        """The hold that stands for a confirmation that waits, or None."""
        return next((hold for hold in self.waiting if _verb(hold) == "confirm"), None)

    @property
    def waiting(self) -> tuple[Hold, ...]:
        """The holds that stand for commands that wait, in the order in which these were asked."""
        waiting = [hold for hold in self.holds if hold.waits is not None]
        return tuple(sorted(waiting, key=lambda hold: (to_text(hold.placed_at), hold.hold_id)))

    def shown(self, name: str, ids: tuple[str, ...] = ()) -> bool:
        """Whether evidence of a name counts for these parts, or for the whole order."""
        return any(known.name == name and known.counts_for(ids) for known in self.evidence)

    def approved(self, name: str, due_minor: int) -> bool:
        """Whether an approval of a name was given that covers the amount due."""
        return any(
            approval.name == name
            and approval.covers.minor >= due_minor
            and approval.state_at(approval.requested_at) is ApprovalState.APPROVED
            for approval in self.approvals
        )

    def pauses(
        self, ids: Iterable[str] = (), lines: Iterable[str] | None = None
    ) -> tuple[Span, ...]:
        """When holds ran that touched these parts; one that still runs has its end, or none.

        Commands that wait are no pauses. Spans may overlap; sorted by their beginning.

        Example:
            >>> Control().pauses(["f-1"])
            ()
        """
        parts = tuple(ids)
        of_lines = None if lines is None else frozenset(lines)
        spans = [
            Span(past.since, past.until)
            for past in self.ended
            if past.until > past.since and past.scope.touches(parts, of_lines)
        ]
        spans += [
            Span(hold.placed_at, hold.until)
            for hold in self.holds
            if hold.waits is None and hold.scope.touches(parts, of_lines)
        ]
        return tuple(sorted(spans, key=lambda span: (str(span.start), str(span.end))))


NO_CONTROL = Control()

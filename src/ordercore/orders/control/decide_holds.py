"""Placing and releasing holds, and taking evidence in."""

from __future__ import annotations

from ordercore.kernel import Context, LineId, Reason
from ordercore.orders.absent import unknown_line
from ordercore.orders.control.commands import PlaceHold, RecordEvidence, ReleaseHold
from ordercore.orders.control.events import EvidenceRecorded, HoldPlaced, HoldReleased
from ordercore.orders.control.evidence import Evidence
from ordercore.orders.control.hold import Hold, HoldEnd, ScopeKind
from ordercore.orders.control.roles import OrderStanding
from ordercore.orders.draft import Draft, OrderDecision, refused
from ordercore.orders.effects import AwaitFacts
from ordercore.orders.events import FactNoted
from ordercore.orders.order import Order
from ordercore.orders.outside import subjects_of
from ordercore.orders.rules import OrderRules

__all__ = ["place_hold", "record_evidence", "release_hold"]


def place_hold(order: Order, command: PlaceHold, context: Context) -> OrderDecision:
    """The hold joins the set, in any stage; its id is used once in an order's life."""
    reasons: list[Reason] = []
    control = order.control
    hold_id = command.hold_id
    if control.hold(hold_id) or any(past.hold_id == hold_id for past in control.ended):
        reasons.append(Reason("hold.exists", facts={"hold": hold_id}, final=True))
    if command.until is not None and command.until <= context.now:
        reasons.append(
            Reason(
                "hold.until_past",
                facts={"until": command.until, "now": context.now},
                obtain="an end after now",
            )
        )
    if command.scope.kind is ScopeKind.LINES:
        known = {line.line_id for line in order.lines}
        reasons += [
            unknown_line(order, LineId(line)) for line in command.scope.ids if line not in known
        ]
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    hold = Hold(
        hold_id=hold_id,
        code=command.code,
        scope=command.scope,
        blocks=command.blocks,
        released_by=command.released_by,
        until=command.until,
        auto=command.auto,
        placed_at=context.now,
        placed_by=context.actor,
    )
    draft.events.append(HoldPlaced(order_id=order.order_id, cause=draft.cause, hold=hold))
    draft.notify(command.topic or "hold.placed")
    if hold.auto is not None and hold.auto.outside:
        draft.effects.append(
            AwaitFacts(
                effect_id=draft.effect_id(),
                order_id=order.order_id,
                hold_id=hold_id,
                subjects=subjects_of(order, hold.auto.outside),
            )
        )
    return draft.decision()


def release_hold(order: Order, command: ReleaseHold, context: Context) -> OrderDecision:
    """The hold goes, when the role may lift it."""
    hold = order.control.hold(command.hold_id)
    if hold is None:
        ended = any(past.hold_id == command.hold_id for past in order.control.ended)
        return refused(
            Reason(
                "hold.unknown",
                facts={"hold": command.hold_id},
                obtain=None if ended else "a hold placed under this id",
                final=ended,
            )
        )
    if hold.released_by and context.role not in hold.released_by:
        return refused(
            Reason(
                "role.not_allowed",
                facts={
                    "role": context.role,
                    "command": command.verb,
                    "roles": hold.released_by,
                    "hold": hold.hold_id,
                },
                obtain=f"someone in the role {' or '.join(hold.released_by)}",
            )
        )
    draft = Draft(order, command, context)
    draft.events.append(
        HoldReleased(
            order_id=order.order_id,
            cause=draft.cause,
            hold_id=hold.hold_id,
            how=HoldEnd.RELEASED,
            at=context.now,
        )
    )
    draft.notify("hold.released")
    return draft.decision()


def record_evidence(draft: Draft, order: Order, fact: RecordEvidence, rules: OrderRules) -> None:
    """Keep what was shown; what is withdrawn stays so, and of the same shown twice the earlier."""
    cause = draft.cause
    if not rules.roles.allows(cause.role, "record_evidence", OrderStanding.of(order, ())):
        draft.clash("role.not_allowed", {"role": cause.role, "command": "record_evidence"})
        return
    shown = Evidence(
        name=fact.name,
        evidence_id=fact.evidence_id,
        about=fact.about,
        at=fact.occurred_at or cause.at,
        by=cause.actor,
        digest=fact.digest,
        withdrawn=fact.withdrawn,
    )
    known = next(
        (
            known
            for known in order.control.evidence
            if (known.name, known.evidence_id) == (shown.name, shown.evidence_id)
        ),
        None,
    )
    if known is not None and known.withdrawn == shown.withdrawn:
        if (known.about, known.digest) != (shown.about, shown.digest):
            draft.clash("evidence.differs", {"evidence": shown.name, "id": shown.evidence_id})
            return
        if (known.at, known.by) <= (shown.at, shown.by):
            draft.events.append(FactNoted(order_id=order.order_id, cause=cause))
            return
    elif known is not None and known.withdrawn:
        draft.events.append(FactNoted(order_id=order.order_id, cause=cause))
        return
    draft.events.append(EvidenceRecorded(order_id=order.order_id, cause=cause, evidence=shown))

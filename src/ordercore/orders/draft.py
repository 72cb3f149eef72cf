"""A decision in the making: events with one cause, effects with stable ids, and refusals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import attrs

from ordercore.kernel import (
    Command,
    Context,
    Decision,
    Effect,
    EffectId,
    Money,
    OrderId,
    Reason,
    Refusal,
    derived_id,
)
from ordercore.orders.billing.tender import RefundRoute, RefundRouting
from ordercore.orders.chain import link
from ordercore.orders.commands import (
    ConfirmOrder,
    Fact,
    Instruction,
    ReopenOrder,
)
from ordercore.orders.control.commands import SubmitOrder
from ordercore.orders.effects import (
    CapturePayment,
    Notify,
    OrderEffect,
    RefundPayment,
    VoidPayment,
)
from ordercore.orders.events import (
    AllowanceGranted,
    Cause,
    CauseKind,
    FactClashed,
    MoneyRequested,
    OrderEvent,
)
from ordercore.orders.lifecycle import Lifecycle, moves, stages_after
from ordercore.orders.order import Order
from ordercore.orders.payment import Payment, RequestKind, settlement

__all__ = [
    "Draft",
    "OrderDecision",
    "blocking",
    "refused",
    "remedy_id",
    "reused_fact_id",
    "stage_reason",
]

OrderDecision = Decision[OrderEvent] | Refusal

_EFFECTS: dict[RequestKind, type[CapturePayment] | type[VoidPayment]] = {
    RequestKind.CAPTURE: CapturePayment,
    RequestKind.VOID: VoidPayment,
}


def _part(id: str) -> str:
    # Ids of hosts hold slashes; without this, two effects could share an id, and one be lost.
    return id.replace("%", "%25").replace("/", "%2F") if "/" in id or "%" in id else id


def reused_fact_id(id: str, payload: str) -> str:
    """Under which id a fact is remembered whose own id was used for something else."""
    return f"{id}#{payload[:16]}"


def refused(*reasons: Reason) -> Refusal:
    """A refusal with these reasons."""
    return Refusal(reasons)


def remedy_id(order: Order, command: Instruction, what: str) -> str:
    """The id of a command that is proposed as a remedy; stable for the same question.

    The order's version is part of it: asked again later, the remedy is another command, and not a
    repeat that would do nothing.
    """
    return derived_id(command.command_id, f"{what}@{order.version}")


def _after(stages: tuple[str, ...]) -> tuple[str, ...]:
    # A draft comes to be confirmed by way of being submitted.
    return (Lifecycle.SUBMITTED.value,) if Lifecycle.CONFIRMED.value in stages else ()


def stage_reason(order: Order, command: Instruction) -> Reason | None:
    """Why the header's stage does not allow a command, with the way out where there is one."""
    stage = order.lifecycle
    verb = command.verb
    edges = moves()
    if (stage, verb) in edges:
        return None
    allowed = tuple(source.value for source, known in edges if known == verb)
    remedy: Command | None = None
    obtain: str | None = None
    if stage is Lifecycle.DRAFT and Lifecycle.SUBMITTED.value in allowed + _after(allowed):
        remedy = SubmitOrder(order.order_id, command_id=remedy_id(order, command, "submit"))
    elif stage is Lifecycle.SUBMITTED and Lifecycle.CONFIRMED.value in allowed:
        if order.control.pending is not None:
            # It was asked for already; the gates add what it waits for.
            obtain = "the confirmation that waits"
        else:
            remedy = ConfirmOrder(order.order_id, command_id=remedy_id(order, command, "confirm"))
    elif stage is Lifecycle.CLOSED and Lifecycle.CONFIRMED.value in allowed:
        remedy = ReopenOrder(order.order_id, command_id=remedy_id(order, command, "reopen"))
    final = not any(later.value in allowed for later in stages_after(stage))
    return Reason(
        "order.stage",
        facts={"command": verb, "stage": stage.value, "allowed_in": allowed},
        remedy=remedy,
        obtain=None if remedy or final else obtain or f"the stage {' or '.join(allowed)}",
        final=final,
    )


def blocking(stage: Reason | None, reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Everything that stands in the way of a command in this stage.

    Behind a stage that can be left, only what no other stage would mend is told; so that whoever
    follows the remedies is not led to a reason that is final.
    """
    if stage is None:
        return tuple(reasons)
    if stage.final:
        return (stage,)
    return (stage, *(reason for reason in reasons if reason.final))


class Draft:
    """Collects what a decision consists of. Lives inside one call of ``decide``."""

    __slots__ = ("before", "cause", "effects", "events", "order_id", "root", "version")

    def __init__(self, order: Order | None, message: Instruction | Fact, context: Context) -> None:
        is_command = isinstance(message, Instruction)
        self.order_id: OrderId = message.order_id
        self.version = 0 if order is None else order.version
        self.events: list[OrderEvent] = []
        self.effects: list[OrderEffect] = []
        self.root: str | None = None
        self.before = 0
        self.cause = Cause(
            id=str(message.command_id if isinstance(message, Instruction) else message.fact_id),
            kind=CauseKind.COMMAND if is_command else CauseKind.FACT,
            digest=message.payload_digest,
            at=context.now,
            actor=context.actor,
            role=context.role,
            message=type(message).__name__,
            reason=context.reason,
            before="" if order is None else order.audit_head,
        )

    def effect_id(self) -> EffectId:
        """The id of the next effect: from the order, what caused it, and its place.

        A fact's id may be alike a command's; the word between them keeps their effects apart.
        What an order does by itself has ids of what it waited for, not of what came last.
        """
        if self.root is not None:
            return EffectId(derived_id(self.root, str(len(self.effects) - self.before)))
        order, cause, place = _part(self.order_id), _part(self.cause.id), str(len(self.effects))
        if self.cause.kind is CauseKind.FACT:
            return EffectId(derived_id(order, "fact", cause, place))
        return EffectId(derived_id(order, cause, place))

    def by_itself(self, *waited_for: str) -> None:
        """What follows is not the cause's own doing: effects get ids of what it waited for."""
        self.root = derived_id(_part(self.order_id), *map(_part, waited_for))
        self.before = len(self.effects)

    @classmethod
    def continued(
        cls,
        order: Order,
        events: Iterable[OrderEvent],
        effects: Iterable[Effect],
        cause: Cause,
    ) -> Draft:
        """Go on with a decision, on the order that it leaves: same cause, more events."""
        draft = cls.__new__(cls)
        draft.order_id = order.order_id
        draft.events = list(events)
        draft.effects = [cast(OrderEffect, effect) for effect in effects]
        draft.version = order.version - len(draft.events)
        draft.root = None
        draft.before = 0
        draft.cause = cause
        return draft

    def take_over(self, decision: Decision[OrderEvent]) -> None:
        """Go on with what another command's decision says, under this cause and with ids of here.

        Requests for money stand in events too, by the ids of their effects; these change together.
        """
        ids: dict[EffectId, EffectId] = {}
        for effect in decision.effects:
            ids[effect.effect_id] = self.effect_id()
            moved = attrs.evolve(cast(OrderEffect, effect), effect_id=ids[effect.effect_id])
            self.effects.append(moved)
        for event in decision.events:
            if isinstance(event, MoneyRequested):
                event = attrs.evolve(event, effect_id=ids[event.effect_id])  # noqa: PLW2901
            self.events.append(attrs.evolve(event, cause=self.cause))

    def notify(self, topic: str) -> None:
        """Ask the host to tell the buyer."""
        self.effects.append(Notify(effect_id=self.effect_id(), order_id=self.order_id, topic=topic))

    def rename(self, id: str) -> None:
        """Go on under another cause id: a fact id that was used for something else is kept so."""
        self.cause = attrs.evolve(self.cause, id=id)

    def clash(self, code: str, facts: dict[str, str | int]) -> None:
        """Keep that a fact does not fit."""
        self.events.append(
            FactClashed(order_id=self.order_id, cause=self.cause, code=code, facts=facts)
        )

    def waive(self, order: Order, rise_minor: int) -> None:
        """Grant what would be due more after a cancel or return than before it."""
        if rise_minor:
            self.events.append(
                AllowanceGranted(
                    order_id=self.order_id,
                    cause=self.cause,
                    amount=Money(rise_minor, order.currency),
                    why="due.raised",
                )
            )

    def settle(
        self,
        order: Order,
        *,
        due_minor: int,
        payments: Iterable[Payment] | None = None,
        lifecycle: Lifecycle | None = None,
        only: RequestKind | None = None,
    ) -> None:
        """Ask the providers for what brings the money to the amount due, after this decision."""
        stage = lifecycle or order.lifecycle
        standing = order.payments if payments is None else tuple(payments)
        known = {payment.payment_id: payment for payment in standing}
        for request in settlement(
            standing,
            due_minor,
            bound=stage is Lifecycle.CONFIRMED or stage is Lifecycle.CLOSED,
            capture=order.policy.capture,
            routing=order.policy.refunds,
        ):
            if only is not None and request.kind is not only:
                continue
            effect_id = self.effect_id()
            amount = Money(request.minor, order.currency)
            self.events.append(
                MoneyRequested(
                    order_id=self.order_id,
                    cause=self.cause,
                    payment_id=request.payment_id,
                    kind=request.kind,
                    amount=amount,
                    effect_id=effect_id,
                )
            )
            if request.kind is RequestKind.REFUND:
                self.effects.append(
                    self._refund(order, known[request.payment_id], effect_id, amount)
                )
                continue
            self.effects.append(
                _EFFECTS[request.kind](
                    effect_id=effect_id,
                    order_id=self.order_id,
                    payment_id=request.payment_id,
                    amount=amount,
                )
            )

    def _refund(
        self, order: Order, payment: Payment, effect_id: EffectId, amount: Money
    ) -> RefundPayment:
        before = payment.refund_committed_minor
        as_credit = order.policy.refunds is RefundRouting.STORE_CREDIT
        return RefundPayment(
            effect_id=effect_id,
            order_id=self.order_id,
            payment_id=payment.payment_id,
            amount=amount,
            tender=payment.tender,
            points=payment.points_of(before + amount.minor) - payment.points_of(before),
            route=RefundRoute.TO_STORE_CREDIT if as_credit else RefundRoute.TO_TENDER,
        )

    def decision(self) -> Decision[OrderEvent]:
        """What was collected, sealed, with the order's version after it."""
        # The events share the cause, which nobody else has seen yet: sealing it here spares making
        # every event anew. Only a digest of the events themselves can be known no earlier.
        object.__setattr__(self.cause, "after", link(self.cause, self.events))
        return Decision(
            tuple(self.events),
            effects=tuple(self.effects),
            version=self.version + len(self.events),
        )

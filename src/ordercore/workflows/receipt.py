"""What a use case answers, and how it comes to an answer that stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self, TypeAlias

import attrs

from ordercore.allocation import AllocationPlan
from ordercore.kernel import CommandId, Context, OrderId, Reason, Refusal, Timer, checked, digest
from ordercore.orders import CauseKind, Order, OrderEvent, RefusedAttempt
from ordercore.workflows.request import LoadAccepted, LoadOrder, NoteAttempt, Script, perform

__all__ = ["Outcome", "Receipt", "attempted", "recalled", "steady", "unknown_order"]


@attrs.frozen(kw_only=True)
@checked
class Receipt:
    """What a use case left behind: the order as saved, and what was decided on the way.

    ``repeated`` says that the command had been accepted before and nothing was saved now.
    ``released`` are other orders that waited for what this one gave back, as they went on; where
    this one went on too, after its own commit, ``order`` is as that left it.
    """

    order: Order
    events: tuple[OrderEvent, ...] = ()
    plan: AllocationPlan | None = None
    due: tuple[Timer, ...] = ()
    repeated: bool = False
    released: tuple[Order, ...] = ()

    def accepted(self) -> Self:
        """The receipt itself; a Refusal raises :class:`~ordercore.kernel.Refused` here."""
        return self


Outcome: TypeAlias = Receipt | Refusal
"""What a use case answers; ``bool(refusal)`` is False."""


def recalled(
    order_id: OrderId, kind: CauseKind, ids: tuple[str, ...], context: Context
) -> Script[Context]:
    """The context, with what the store knows of ids that the order may have forgotten."""
    if not ids:
        return context
    seen = yield from perform(LoadAccepted(order_id, kind, ids))
    return attrs.evolve(context, seen=seen) if seen else context


def attempted(
    message: str,
    order_id: OrderId,
    id: CommandId,
    asked: object,
    context: Context,
    refusal: Refusal,
) -> RefusedAttempt:
    """The attempt of a use case that was refused before there was a command."""
    return RefusedAttempt(
        order_id=order_id,
        id=str(id),
        message=message,
        actor=context.actor,
        role=context.role,
        reason=context.reason,
        at=context.now,
        codes=refusal.codes,
        payload_digest=digest(asked),
    )


def steady(
    order_id: OrderId,
    decide: Callable[[Order | None], Script[Outcome]],
    refused: Callable[[Refusal], RefusedAttempt],
) -> Script[Outcome]:
    """Decide on an order; again when it moved on while the rest was read and nothing was saved.

    A commit proves the versions that it was decided on, a refusal proves nothing: it may come of
    the order before and the stock after somebody else's command. A refusal that stands is noted.
    """
    before = yield from perform(LoadOrder(order_id))
    while True:
        outcome = yield from decide(before)
        if isinstance(outcome, Receipt) and (outcome.events or outcome.repeated):
            return outcome
        now = yield from perform(LoadOrder(order_id))
        if _version(now) == _version(before):
            if isinstance(outcome, Refusal):
                yield from perform(NoteAttempt(refused(outcome)))
            return outcome
        before = now


def _version(order: Order | None) -> int:
    return 0 if order is None else order.version


def unknown_order(order_id: OrderId) -> Reason:
    """Why nothing can be done with an order that is not there.

    Example:
        >>> unknown_order(OrderId("o-1")).code
        'order.unknown'
    """
    return Reason("order.unknown", facts={"order_id": str(order_id)}, obtain="the order placed")

"""Refused attempts: what was asked of an order and not given, kept apart from the order."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import (
    Context,
    Instant,
    InvalidValue,
    OrderId,
    Refusal,
    answering,
    as_instant,
    as_tuple,
    checked,
)
from ordercore.orders.cause import CauseKind
from ordercore.orders.message import Fact, Instruction

__all__ = ["RefusedAttempt", "attempt"]


def _codes(given: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class RefusedAttempt:
    """A message that was refused: about which order, by whom, when, and with which codes.

    It holds no payload, only its digest, by which an attempt is matched with what its sender kept.
    An order knows nothing of it: refusals change neither its state nor its chain, and the same id
    may be sent again. ``message`` is the type of the command or fact.

    Raises:
        InvalidValue: ``attempt.codes`` without a code.

    Example:
        >>> RefusedAttempt(
        ...     order_id="o-1",
        ...     id="c-2",
        ...     message="ConfirmOrder",
        ...     actor="web",
        ...     at="2026-11-11T00:00:00Z",
        ...     codes=["gate.stock"],
        ...     payload_digest="ab",
        ... ).codes
        ('gate.stock',)
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    id: str
    kind: CauseKind = attrs.field(default=CauseKind.COMMAND, converter=CauseKind)
    message: str
    actor: str
    role: str = "system"
    reason: str = ""
    at: Instant = attrs.field(converter=as_instant)
    codes: tuple[str, ...] = attrs.field(converter=_codes)
    payload_digest: str

    def __attrs_post_init__(self) -> None:
        if not self.codes:
            raise InvalidValue("attempt.codes", "codes", (), "at least one code")


@answering
def attempt(message: Instruction | Fact, context: Context, refusal: Refusal) -> RefusedAttempt:
    """The attempt that a refusal answered.

    Example:
        >>> from ordercore.orders import ConfirmOrder, decide
        >>> from ordercore.orders.specimen import tea_order
        >>> web = Context(now="2026-11-11T01:00:00Z", actor="web", role="customer")
        >>> confirm = ConfirmOrder("o-1", command_id="c-2")
        >>> attempt(confirm, web, decide(tea_order(), confirm, web)).codes
        ('gate.stock', 'gate.payment')
    """
    command = isinstance(message, Instruction)
    return RefusedAttempt(
        order_id=message.order_id,
        id=str(message.command_id if isinstance(message, Instruction) else message.fact_id),
        kind=CauseKind.COMMAND if command else CauseKind.FACT,
        message=type(message).__name__,
        actor=context.actor,
        role=context.role,
        reason=context.reason,
        at=context.now,
        codes=refusal.codes,
        payload_digest=message.payload_digest,
    )

"""Why an event happened, and the base of every event."""

from __future__ import annotations

import attrs

from ordercore.kernel import Choice, Instant, OrderId, checked, instant_at
from ordercore.orders.identifiers import as_order_id

__all__ = ["Cause", "CauseKind", "Happened"]


class CauseKind(Choice):
    """What brought an event about."""

    COMMAND = "command"
    FACT = "fact"


def _kind(value: CauseKind | str) -> CauseKind:
    return value if type(value) is CauseKind else CauseKind(value)


def _at(value: Instant | str) -> Instant:
    return instant_at(value, "at")


@attrs.frozen(kw_only=True)
@checked
class Cause:
    """Why an event happened: which command or fact, what it said, who sent it, and when.

    All events of one decision share one cause. ``message`` is the type of the command or fact,
    ``digest`` that of its payload, by which a repeat is told from another command under the same
    id. ``actor`` is the host's id of whoever acted, never a name; ``reason`` is theirs. ``before``
    and ``after`` are the heads of the order's audit chain around the decision: ``after`` seals
    everything else in the cause and all its events, and with ``before`` all that came earlier.

    Example:
        >>> Cause(
        ...     id="c-1", kind="command", digest="00", at="2026-11-11T00:00:00Z", actor="web"
        ... ).role
        'system'
    """

    id: str
    kind: CauseKind = attrs.field(converter=_kind)
    digest: str
    at: Instant = attrs.field(converter=_at)
    actor: str
    role: str = "system"
    message: str = ""
    reason: str = ""
    before: str = ""
    after: str = ""


@attrs.frozen(kw_only=True)
@checked
class Happened:
    """What every event has: whose it is, and why it happened."""

    order_id: OrderId = attrs.field(converter=as_order_id)
    cause: Cause

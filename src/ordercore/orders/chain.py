"""The audit chain: one link per decision, over what was asked, by whom, when, and its outcome."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from ordercore.kernel import canonical_text
from ordercore.orders.cause import Cause, Happened

__all__ = ["link", "sealed_text"]


def sealed_text(cause: Cause, events: Iterable[Happened]) -> str:
    """The text whose SHA-256 seals a decision.

    It is the canonical JSON of the list of the cause, without its ``after``, and the events, each
    without its ``cause``.
    """
    told = ",".join([canonical_text(event, leaving_out="cause") for event in events])
    return f"[{canonical_text(cause, leaving_out='after')},[{told}]]"


def link(cause: Cause, events: Iterable[Happened]) -> str:
    """The head of the chain after a decision: SHA-256 over its cause and its events.

    ``cause.before`` is part of it and ``cause.after`` is not, so that each head seals the whole
    history up to it. The bytes are those of :func:`sealed_text`, so that anyone can check a chain
    without this library. O(size of the events).

    Example:
        >>> from ordercore.kernel import Context
        >>> from ordercore.orders import GrantAllowance, decide
        >>> from ordercore.orders.specimen import tea_order
        >>> order = tea_order()
        >>> web = Context(now="2026-11-11T01:00:00Z", actor="web")
        >>> give = GrantAllowance("o-1", command_id="c-2", amount=order.due)
        >>> event = decide(order, give, web).accepted().events[0]
        >>> event.cause.before == order.audit_head, event.cause.after == link(event.cause, [event])
        (True, True)
    """
    return sha256(sealed_text(cause, events).encode("utf-8", "surrogatepass")).hexdigest()

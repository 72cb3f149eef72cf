"""The audit chain: one link per decision, over what was asked, by whom, when, and its outcome."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

import attrs

from ordercore.kernel import Json, encode, json_bytes, type_name
from ordercore.orders.cause import Cause, Happened

__all__ = ["link"]


def link(cause: Cause, events: Iterable[Happened]) -> str:
    """The head of the chain after a decision: SHA-256 over its cause and its events.

    ``cause.before`` is part of it and ``cause.after`` is not, so that each head seals the whole
    history up to it. The bytes are the canonical JSON of the parts, so that anyone can check a
    chain without this library. O(size of the events).

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
    told: list[Json] = []
    for event in events:
        body: dict[str, Json] = {"$": type_name(type(event))}
        for field in attrs.fields(type(event)):
            if field.name != "cause":
                body[field.alias] = encode(getattr(event, field.name))
        told.append(body)
    parts: dict[str, Json] = {
        "id": cause.id,
        "kind": cause.kind.value,
        "message": cause.message,
        "digest": cause.digest,
        "at": encode(cause.at),
        "actor": cause.actor,
        "role": cause.role,
        "reason": cause.reason,
        "before": cause.before,
    }
    return sha256(json_bytes([parts, told])).hexdigest()

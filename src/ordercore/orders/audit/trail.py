"""The audit trail: one entry per decision, and every place where a history was tampered with."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import Instant, OrderId, answering, as_instant, as_tuple, checked, type_name
from ordercore.orders.cause import Cause, CauseKind, Happened
from ordercore.orders.chain import link

__all__ = ["AuditEntry", "AuditFault", "audit_trail", "decisions", "verify"]


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class AuditEntry:
    """One accepted command or recorded fact: who, when, why, with what, and what came of it.

    ``sequence`` counts decisions from 1, ``version`` is the order's after it. ``digest`` is that of
    what the message said. ``before`` and ``after`` are the digests of the order before and after
    the decision: a head of the chain is the digest of everything that ever happened to the order,
    and the order is a function of that.

    Example:
        >>> from ordercore.kernel import Context
        >>> from ordercore.orders import PlaceOrder, decide
        >>> from ordercore.orders.specimen import tea_quote
        >>> web = Context(now="2026-11-11T00:00:00Z", actor="web", role="customer")
        >>> placed = decide(None, PlaceOrder("o-1", quote=tea_quote(), command_id="c-1"), web)
        >>> entry = audit_trail(placed.accepted().events)[0]
        >>> entry.sequence, entry.message, entry.actor, entry.events
        (1, 'PlaceOrder', 'web', ('orders.OrderPlaced',))
    """

    sequence: int
    order_id: OrderId = attrs.field(converter=OrderId)
    id: str
    kind: CauseKind = attrs.field(converter=CauseKind)
    message: str
    actor: str
    role: str
    reason: str
    at: Instant = attrs.field(converter=as_instant)
    digest: str
    before: str
    after: str
    version: int
    events: tuple[str, ...] = attrs.field(converter=_names)


@attrs.frozen(kw_only=True)
@checked
class AuditFault:
    """Something is wrong with a history, and where.

    ``sequence`` is the place of the decision, from 1; ``version`` that of its first event. The
    codes:

    - ``audit.content``: the decision does not match its seal: it, or one of its events, was
      changed, added to, or thinned.
    - ``audit.broken``: the decision does not follow on the one before it: something between them
      was taken out or put in, or the order was changed.
    - ``audit.start``: the first decision has something before it: the beginning is missing.
    - ``audit.repeated``: the same command or fact was decided before, at ``found``.
    - ``audit.unsealed``: the decision has no seal.
    - ``audit.head``: the history does not end at the head that is known; ``sequence`` is the place
      after the last decision, unless the head is that of an earlier one.

    Example:
        >>> AuditFault(
        ...     code="audit.broken", sequence=2, version=3, id="c-2", expected="ab", found="cd"
        ... ).code
        'audit.broken'
    """

    code: str
    sequence: int
    version: int
    id: str = ""
    expected: str = ""
    found: str = ""


def decisions(events: Iterable[Happened]) -> tuple[tuple[Happened, ...], ...]:
    """The events by decision: those that follow each other and share one cause.

    Example:
        >>> decisions(())
        ()
    """
    grouped: list[list[Happened]] = []
    cause: Cause | None = None
    for event in events:
        if cause is None or (event.cause is not cause and event.cause != cause):
            grouped.append([])
            cause = event.cause
        grouped[-1].append(event)
    return tuple(map(tuple, grouped))


@answering
def audit_trail(events: Iterable[Happened]) -> tuple[AuditEntry, ...]:
    """An entry per decision, oldest first. O(events); checks nothing: see :func:`verify`.

    Example:
        >>> audit_trail(())
        ()
    """
    entries = []
    version = 0
    for sequence, told in enumerate(decisions(events), start=1):
        version += len(told)
        cause = told[0].cause
        entries.append(
            AuditEntry(
                sequence=sequence,
                order_id=told[0].order_id,
                id=cause.id,
                kind=cause.kind,
                message=cause.message,
                actor=cause.actor,
                role=cause.role,
                reason=cause.reason,
                at=cause.at,
                digest=cause.digest,
                before=cause.before,
                after=cause.after,
                version=version,
                events=[type_name(type(event)) for event in told],
            )
        )
    return tuple(entries)


def _fault(code: str, place: tuple[int, int, str], expected: str, found: str) -> AuditFault:
    sequence, version, id = place
    return AuditFault(
        code=code, sequence=sequence, version=version, id=id, expected=expected, found=found
    )


@answering
def verify(events: Iterable[Happened], head: str | None = None) -> tuple[AuditFault, ...]:
    """Every place where a history is not what was decided; none means that it is.

    Finds a change of any field of any event or cause, and decisions or events that were taken out,
    put in, moved or doubled. What a history cannot show by itself is that its end was cut off, or
    that someone who can seal wrote it anew from some point on: for these, give the ``head`` that
    was kept elsewhere (the order's ``audit_head``, or one that was anchored).

    O(size of the events).

    Args:
        events: An order's events, oldest first, from the first one on.
        head: The head that the history must end at; None compares with none.

    Example:
        >>> from ordercore.kernel import Context
        >>> from ordercore.orders import PlaceOrder, decide
        >>> from ordercore.orders.specimen import tea_quote
        >>> web = Context(now="2026-11-11T00:00:00Z", actor="web", role="customer")
        >>> placed = decide(None, PlaceOrder("o-1", quote=tea_quote(), command_id="c-1"), web)
        >>> events = placed.accepted().events
        >>> verify(events, events[-1].cause.after)
        ()
        >>> [fault.code for fault in verify([attrs.evolve(events[0], external_ref="x")])]
        ['audit.content']
        >>> [fault.code for fault in verify([], events[-1].cause.after)]
        ['audit.head']
    """
    faults: list[AuditFault] = []
    last = ""
    version = 1
    heads: dict[str, int] = {"": 1}
    known: dict[tuple[str, str], int] = {}
    sequence = 0
    for sequence, told in enumerate(decisions(events), start=1):
        cause = told[0].cause

        place = (sequence, version, cause.id)
        if cause.before != last:
            code = "audit.broken" if sequence > 1 else "audit.start"
            faults.append(_fault(code, place, last, cause.before))
        first = known.setdefault((cause.kind, cause.id), sequence)
        if first != sequence:
            faults.append(_fault("audit.repeated", place, "one decision", str(first)))
        if not cause.after:
            faults.append(_fault("audit.unsealed", place, "a seal", ""))
        else:
            sealed = link(cause, told)
            if sealed != cause.after:
                faults.append(_fault("audit.content", place, cause.after, sealed))
        last = cause.after
        version += len(told)
        heads.setdefault(last, sequence + 1)
    if head is not None and head != last:
        faults.append(
            AuditFault(
                code="audit.head",
                sequence=heads.get(head, sequence + 1),
                version=version,
                expected=head,
                found=last,
            )
        )
    return tuple(faults)

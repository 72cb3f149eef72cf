"""Timers of an order: which boundaries are to come, and what happens there; of all areas.

A boundary is derived from the state, never stored beside it: what has fired is seen in the state,
so that it fires once however often, late or early the host's clock rings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import attrs

from ordercore.kernel import Instant, Timer, answering, checked, derived_id, to_text
from ordercore.orders.cause import Happened
from ordercore.orders.control.commands import Tick
from ordercore.orders.draft import Draft
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules

__all__ = ["TimerSource", "due_timers", "sources", "timer"]


def _always(_before: Order | None, _events: tuple[Happened, ...]) -> bool:
    return True


@attrs.frozen(kw_only=True)
@checked
class TimerSource:
    """Where timers come from.

    ``moved_by`` are the events after which timers may have come, gone or moved, ``concerns`` a
    quick test of the order before them (None when it is placed) and of the decision's events.
    ``due`` gives every boundary to come, from the state alone. ``fire`` adds to a decision what
    happens at each boundary at or before an instant; the events that it adds must take the
    boundary out of ``due``. A source ``of_flows`` has nothing to say unless the host's rules hold
    flows of their own.
    """

    name: str
    moved_by: tuple[type[Happened], ...]
    due: Callable[[Order, OrderRules], Iterable[Timer]]
    fire: Callable[[Draft, Order, Instant, OrderRules], None]
    concerns: Callable[[Order | None, tuple[Happened, ...]], bool] = _always
    of_flows: bool = False


@cache
def sources() -> tuple[TimerSource, ...]:
    """All sources, in the order in which they fire."""
    from ordercore.orders.control import deadlines
    from ordercore.orders.fulfilling import time_limits

    return (*deadlines.SOURCES, time_limits.SOURCE)


def timer(order: Order, name: str, at: Instant) -> Timer:
    """The timer of a boundary; its command is a tick whose id is the boundary's own.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> rings = timer(tea_order(), "payment", tea_order().placed_at)
        >>> rings.timer_id, rings.command.command_id
        (TimerId('o-1/payment'), CommandId('tick/payment/2026-11-11T00:00:00Z'))
    """
    return Timer(
        timer_id=derived_id(order.order_id, name),
        at=at,
        command=Tick(
            order.order_id, command_id=derived_id("tick", name, to_text(at)), timer_id=name
        ),
    )


@answering
def due_timers(order: Order, rules: OrderRules) -> tuple[Timer, ...]:
    """Every boundary of an order that is to come or has not been ticked, earliest first.

    A host that lost its timers sets these again.

    Example:
        >>> from ordercore.orders import DEFAULT_RULES
        >>> from ordercore.orders.specimen import tea_order
        >>> due_timers(tea_order(), DEFAULT_RULES)
        ()
    """
    return _sorted(timer for source in sources() for timer in source.due(order, rules))


def _sorted(timers: Iterable[Timer]) -> tuple[Timer, ...]:
    return tuple(sorted(timers, key=lambda each: (to_text(each.at), each.timer_id)))


@cache
def moving(with_flows: bool) -> frozenset[type[Happened]]:
    """Every event after which a timer may have come, gone or moved."""
    return frozenset(
        kind
        for source in sources()
        if with_flows or not source.of_flows
        for kind in source.moved_by
    )


def moved(
    before: Order | None,
    events: tuple[Happened, ...],
    after: Callable[[], Order],
    rules: OrderRules,
) -> tuple[Timer, ...]:
    """The timers that are new or moved after a decision; the order after it is made if needed."""
    kinds = {type(event) for event in events}
    concerned = [
        source
        for source in sources()
        if not kinds.isdisjoint(source.moved_by)
        and (rules.flows or not source.of_flows)
        and source.concerns(before, events)
    ]
    if not concerned:
        return ()
    known = (
        set()
        if before is None
        else {timer for source in concerned for timer in source.due(before, rules)}
    )
    now = after()
    return _sorted(
        timer for source in concerned for timer in source.due(now, rules) if timer not in known
    )

"""How long a fulfilment order or a return may stand still, and what happens at each boundary.

Limits belong to the stages of a flow. They run from the last sign of life, on working calendars
where they are meant so, and stand still while a hold touches the units.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import attrs

from ordercore.kernel import Duration, Instant, InvalidValue, Timer, answering
from ordercore.orders.control.events import HoldPlaced, HoldReleased
from ordercore.orders.draft import Draft
from ordercore.orders.events import ReturnReceived, ReturnRequested, UnitsShipped
from ordercore.orders.flow_stage import FlowSubject
from ordercore.orders.fulfilling.choosing import known_flow
from ordercore.orders.fulfilling.events import (
    FlowMigrated,
    FulfilmentMoved,
    FulfilmentPlanned,
    LimitPassed,
    ShipmentScanned,
    StageEntered,
    UnitsPicked,
)
from ordercore.orders.fulfilling.on_flow import OnFlow, on_flows
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.timers import TimerSource, timer
from ordercore.statemachine import Due, Machine, NamedLimit

__all__ = ["SOURCE", "inactivity"]


@answering
def inactivity(
    machine: Machine,
    limits: Mapping[str, Duration],
    *,
    version: str,
    stages: Iterable[str] = (),
) -> Machine:
    """The machine with limits on the stages in which a carrier has the units.

    A shipment that nobody scans for so long passes the limit; a scan clears it. Without ``stages``
    these are all stages on the way that count as shipped and are not an end.

    Raises:
        InvalidValue: ``inactivity.stage`` for a stage that the machine does not have.

    Example:
        >>> from ordercore.orders import FULFILMENT
        >>> watched = inactivity(
        ...     FULFILMENT,
        ...     {"reminder": Duration.of(hours=24), "exception": Duration.of(hours=48)},
        ...     version="watched",
        ... )
        >>> [limit.name for limit in watched.state("in_transit").limits]
        ['reminder', 'exception']
    """
    chosen = set(stages) or {
        state.id for state in machine.states if state.counts_as == "shipped" and not state.terminal
    }
    unknown = sorted(chosen.difference(state.id for state in machine.states))
    if unknown:
        raise InvalidValue("inactivity.stage", "stages", unknown[0], "a stage of the machine")
    ladder = tuple(NamedLimit(name, after) for name, after in limits.items())
    states = [
        attrs.evolve(state, limits=ladder) if state.id in chosen else state
        for state in machine.states
    ]
    return Machine(attrs.evolve(machine.spec, version=version, states=states))


def _open(order: Order, going: OnFlow, rules: OrderRules) -> tuple[Due, ...]:
    """The boundaries of the stage of something that were not reported yet."""
    at = going.at
    machine = known_flow(at.flow, rules)
    if at.ended or machine is None:
        return ()
    state = machine.state(at.stage)
    if state.limit is None and not state.limits:
        return ()
    paused = order.control.pauses(going.ids, going.lines)
    return tuple(
        due
        for due in machine.due(at.stage, at.active_at, calendars=rules.calendars, paused=paused)
        if due.name not in at.passed
    )


def _name(going: OnFlow, due: Due) -> str:
    # Ids of fulfilment orders and of returns may be alike.
    kind = "stage" if going.subject is FlowSubject.FULFILMENT else "stage/return"
    return f"{kind}/{going.id}/{due.name}"


def _due(order: Order, rules: OrderRules) -> Iterator[Timer]:
    for going in on_flows(order):
        for due in _open(order, going, rules):
            if due.at is not None:
                yield timer(order, _name(going, due), due.at)


def _fire(draft: Draft, order: Order, now: Instant, rules: OrderRules) -> None:
    for going in on_flows(order):
        for due in _open(order, going, rules):
            if due.at is None or due.at > now:
                continue
            draft.events.append(
                LimitPassed(
                    order_id=order.order_id,
                    cause=draft.cause,
                    stage=going.at.stage,
                    limit=due.name,
                    due_at=due.at,
                    **going.named,
                )
            )
            draft.notify(f"limit.{due.name}")


SOURCE = TimerSource(
    name="stage",
    moved_by=(
        FulfilmentPlanned,
        FulfilmentMoved,
        UnitsPicked,
        UnitsShipped,
        ShipmentScanned,
        FlowMigrated,
        ReturnRequested,
        ReturnReceived,
        StageEntered,
        HoldPlaced,
        HoldReleased,
    ),
    due=_due,
    fire=_fire,
    of_flows=True,
)

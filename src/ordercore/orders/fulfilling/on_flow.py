"""Everything of an order that goes by a flow, seen alike: fulfilment orders and returns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

import attrs

from ordercore.kernel import FulfilmentId, ReturnId, answering, checked, trusted
from ordercore.orders.flow_stage import FlowStage, FlowSubject
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentOrder
from ordercore.orders.order import Order
from ordercore.orders.units import Quantities
from ordercore.orders.whereabouts import ReturnCase
from ordercore.statemachine import MachinePin

__all__ = ["Named", "OnFlow", "flow_instances", "fulfilment_on_flow", "on_flows", "return_on_flow"]


class Named(TypedDict, total=False):
    """By which field a command or an event names what goes by a flow."""

    fulfilment_id: FulfilmentId
    return_id: ReturnId


@attrs.frozen(kw_only=True)
@checked
class OnFlow:
    """Something that goes by a flow: what it is, its id, where it stands, and with which units.

    ``ids`` are those by which holds and evidence are about it.
    """

    subject: FlowSubject
    id: str
    ids: tuple[str, ...]
    at: FlowStage
    lines: Quantities

    @property
    def named(self) -> Named:
        """The field by which commands and events name it."""
        if self.subject is FlowSubject.RETURN:
            return {"return_id": ReturnId(self.id)}
        return {"fulfilment_id": FulfilmentId(self.id)}


def fulfilment_on_flow(known: FulfilmentOrder) -> OnFlow:
    """A fulfilment order; it is known by its shipment too."""
    shipment = () if known.shipment_id is None else (str(known.shipment_id),)
    return OnFlow(
        subject=FlowSubject.FULFILMENT,
        id=known.fulfilment_id,
        ids=(str(known.fulfilment_id), *shipment),
        at=trusted(FlowStage)(
            flow=known.flow,
            stage=known.stage,
            counts_as=known.counts_as,
            ended=known.ended,
            since=known.since,
            active_at=known.active_at,
            passed=known.passed,
        ),
        lines=known.lines,
    )


def return_on_flow(case: ReturnCase) -> OnFlow:
    """A return."""
    return OnFlow(
        subject=FlowSubject.RETURN,
        id=case.return_id,
        ids=(str(case.return_id),),
        at=case.at,
        lines=case.quantities,
    )


def on_flows(order: Order) -> Iterator[OnFlow]:
    """Fulfilment orders, then returns, in the order in which they began; ended ones too."""
    for known in order.fulfilments:
        yield fulfilment_on_flow(known)
    for case in order.returns:
        yield return_on_flow(case)


@answering
def flow_instances(order: Order) -> tuple[tuple[str, MachinePin, str], ...]:
    """Key, pin and stage of everything that goes by a flow, as ``MigrationPlan.rehearse`` asks.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> flow_instances(tea_order())
        ()
    """
    return tuple(
        (f"{order.order_id}/{each.id}", each.at.flow, each.at.stage) for each in on_flows(order)
    )

"""Taking units back from fulfilment orders: cancelled, short, or the whole work withdrawn."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ordercore.kernel import AllocationId, LineId, Reason, checked
from ordercore.orders.decide_stock import release_units
from ordercore.orders.draft import Draft
from ordercore.orders.effects import RecallUnits
from ordercore.orders.fulfilling.choosing import known_flow
from ordercore.orders.fulfilling.events import FulfilmentMoved, RecalledUnits, UnitsRecalled
from ordercore.orders.fulfilling.fulfilment_order import (
    FulfilmentOrder,
    FulfilmentUnits,
    position_rank,
)
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.statemachine import Machine, Transition

__all__ = ["Recall", "cancel_edge", "carry_out", "give_up_short", "recalls", "take_back"]

_PACKED = position_rank("packed")


@attrs.frozen
@checked
class Recall:
    """What is to be taken out of one fulfilment order; all of it where ``parts`` is None."""

    fulfilment: FulfilmentOrder
    machine: Machine
    edge: Transition
    parts: tuple[tuple[FulfilmentUnits, int], ...] | None


def cancel_edge(machine: Machine, stage: str) -> Transition | None:
    """The edge by which a stage can still be left for good, or None."""
    return next(
        (edge for edge in machine.transitions if edge.source == stage and edge.command == "cancel"),
        None,
    )


def recalls(
    order: Order, needed: Mapping[AllocationId, int], rules: OrderRules
) -> tuple[list[Recall], list[Reason]]:
    """Which open fulfilment orders give back the units that are needed, the latest first.

    A packed one is given back whole: a parcel is not opened for one unit.
    """
    left = {allocation_id: units for allocation_id, units in needed.items() if units}
    found: list[Recall] = []
    reasons: list[Reason] = []
    for known in reversed(order.fulfilments):
        if not any(left.values()):
            break
        if not known.open:
            continue
        parts: list[tuple[FulfilmentUnits, int]] = []
        for part in known.units:
            take = min(left.get(part.allocation_id, 0), part.quantity)
            if take:
                parts.append((part, take))
                left[part.allocation_id] -= take
        if not parts:
            continue
        machine = known_flow(known.flow, rules)
        edge = None if machine is None else cancel_edge(machine, known.stage)
        if machine is None or edge is None:
            reasons.append(
                Reason(
                    "cancel.in_fulfilment",
                    facts={
                        "fulfilment": str(known.fulfilment_id),
                        "stage": known.stage,
                        "units": sum(take for _, take in parts),
                    },
                    obtain="a stage of the fulfilment order that can be cancelled",
                )
            )
            continue
        whole = sum(take for _, take in parts) == sum(part.quantity for part in known.units)
        packed = position_rank(known.counts_as) >= _PACKED
        found.append(Recall(known, machine, edge, None if whole or packed else tuple(parts)))
    return found, reasons


def carry_out(draft: Draft, order: Order, recall: Recall, why: str) -> None:
    """Events and requests of one recall."""
    known = recall.fulfilment
    if recall.parts is None:
        take_back(draft, order, known, recall.machine, recall.edge, why)
        return
    _recalled(draft, order, known, recall.machine, recall.parts)


def _recalled(
    draft: Draft,
    order: Order,
    known: FulfilmentOrder,
    machine: Machine,
    parts: tuple[tuple[FulfilmentUnits, int], ...],
) -> None:
    units = tuple(
        RecalledUnits(
            allocation_id=part.allocation_id,
            line_id=part.line_id,
            quantity=take,
            # What was not picked yet is easier to leave on the shelf.
            picked=max(0, take - part.unpicked),
        )
        for part, take in parts
    )
    draft.events.append(
        UnitsRecalled(
            order_id=order.order_id,
            cause=draft.cause,
            fulfilment_id=known.fulfilment_id,
            units=units,
        )
    )
    _tell_node(draft, order, known, machine, units)


def _tell_node(
    draft: Draft,
    order: Order,
    known: FulfilmentOrder,
    machine: Machine,
    units: tuple[RecalledUnits, ...],
) -> None:
    if known.stage == machine.initial:
        return
    skus = {line.line_id: line.sku for line in order.lines}
    for part in units:
        draft.effects.append(
            RecallUnits(
                effect_id=draft.effect_id(),
                order_id=order.order_id,
                fulfilment_id=known.fulfilment_id,
                allocation_id=part.allocation_id,
                sku=skus[part.line_id],
                node=known.node,
                quantity=part.quantity,
                picked=part.picked,
            )
        )


def take_back(
    draft: Draft,
    order: Order,
    known: FulfilmentOrder,
    machine: Machine,
    edge: Transition,
    why: str,
) -> None:
    """The whole fulfilment order ends, and its units keep their stock.

    Whoever began to work on it is told.
    """
    target = machine.state(edge.target)
    draft.events.append(
        FulfilmentMoved(
            order_id=order.order_id,
            cause=draft.cause,
            fulfilment_id=known.fulfilment_id,
            command=edge.command,
            source=edge.source,
            target=edge.target,
            counts_as=target.counts_as,
            ended=target.terminal,
            why=why,
        )
    )
    _tell_node(
        draft,
        order,
        known,
        machine,
        tuple(
            RecalledUnits(
                allocation_id=part.allocation_id,
                line_id=part.line_id,
                quantity=part.quantity,
                picked=part.picked,
            )
            for part in known.units
        ),
    )


def give_up_short(
    draft: Draft,
    order: Order,
    known: FulfilmentOrder,
    machine: Machine,
    short: Mapping[LineId, int],
    found: Mapping[AllocationId, int],
) -> None:
    """Units that were not on the shelf leave the fulfilment order and the node, with their stock.

    A fulfilment order with nothing left in it ends.
    """
    left = dict(short)
    units: list[RecalledUnits] = []
    for part in known.units:
        unpicked = part.unpicked - found.get(part.allocation_id, 0)
        take = min(left.get(part.line_id, 0), unpicked)
        if take:
            left[part.line_id] -= take
            units.append(
                RecalledUnits(allocation_id=part.allocation_id, line_id=part.line_id, quantity=take)
            )
    draft.events.append(
        UnitsRecalled(
            order_id=order.order_id,
            cause=draft.cause,
            fulfilment_id=known.fulfilment_id,
            units=tuple(units),
        )
    )
    planned = {allocation.allocation_id: allocation for allocation in order.allocations}
    release_units(
        draft,
        order,
        [(planned[part.allocation_id], part.quantity) for part in units],
        short=True,
    )
    gone = sum(part.quantity for part in units)
    edge = cancel_edge(machine, known.stage)
    if gone == sum(part.quantity for part in known.units) and edge is not None:
        take_back(draft, order, attrs.evolve(known, units=()), machine, edge, "short")

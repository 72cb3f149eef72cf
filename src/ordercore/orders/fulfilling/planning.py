"""Planning fulfilment orders: which units a node is given."""

from __future__ import annotations

from ordercore.kernel import Context, LineId, NodeId, Reason, ServiceId, derived_id
from ordercore.orders.absent import more_units, unknown_line
from ordercore.orders.commands import ReserveStock
from ordercore.orders.decide_stock import missing_at
from ordercore.orders.draft import (
    Draft,
    OrderDecision,
    blocking,
    refused,
    remedy_id,
    stage_reason,
)
from ordercore.orders.events import AssignedUnits, UnitsAllocated, UnitsReserved
from ordercore.orders.fulfilling.choosing import KIND_OF_MODE, choose_flow
from ordercore.orders.fulfilling.commands import PlanFulfilment
from ordercore.orders.fulfilling.events import FulfilmentPlanned
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentUnits
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.units import ItemKind

__all__ = ["plan", "plannable"]


def plannable(order: Order, kind: ItemKind, node: NodeId | None = None) -> dict[LineId, int]:
    """Units by line that could be planned: with stock at the node, or without need of any.

    Without a node, the units of all nodes together.
    """
    units: dict[LineId, int] = {}
    if kind is not ItemKind.GOODS:
        return {
            line.line_id: line.backlog
            for line in order.lines
            if line.item.kind is kind and line.backlog
        }
    goods = {line.line_id for line in order.lines if line.item.kind is kind}
    for known in order.allocations:
        if known.shippable and known.line_id in goods and node in {None, known.node}:
            units[known.line_id] = units.get(known.line_id, 0) + known.shippable
    return units


def _short(order: Order, command: PlanFulfilment, line_id: LineId, possible: int) -> Reason:
    wanted = command.lines[line_id]
    line = order.line(line_id)
    missing = wanted - possible
    here = sum(
        known.unreserved
        for known in order.allocations
        if known.line_id == line_id and known.node == command.node
    )
    remedy = None
    if line.item.kind is ItemKind.GOODS and missing <= here + line.backlog:
        remedy = ReserveStock(
            order.order_id,
            command_id=remedy_id(order, command, f"reserve-{line_id}"),
            allocations=missing_at(order, command, line_id, missing),
        )
    obtain = f"at most {possible} units of the line" if possible else more_units()
    return Reason(
        "plan.not_reserved",
        facts={
            "line": str(line_id),
            "node": str(command.node),
            "asked": wanted,
            "possible": possible,
        },
        remedy=remedy,
        obtain=None if remedy else obtain,
    )


def _reasons(order: Order, command: PlanFulfilment, possible: dict[LineId, int]) -> list[Reason]:
    reasons: list[Reason] = []
    if any(known.fulfilment_id == command.fulfilment_id for known in order.fulfilments):
        reasons.append(
            Reason(
                "fulfilment.exists",
                facts={"fulfilment": str(command.fulfilment_id)},
                final=True,
            )
        )
    kinds = {line.line_id: line.item.kind for line in order.lines}
    needed = KIND_OF_MODE[command.mode]
    for line_id, wanted in command.lines.items():
        if line_id not in kinds:
            reasons.append(unknown_line(order, line_id))
        elif kinds[line_id] is not needed:
            reasons.append(
                Reason(
                    "plan.mode",
                    facts={
                        "line": str(line_id),
                        "kind": kinds[line_id].value,
                        "mode": command.mode.value,
                    },
                    final=True,
                )
            )
        elif wanted > possible.get(line_id, 0):
            reasons.append(_short(order, command, line_id, possible.get(line_id, 0)))
    if not reasons and not possible:
        reasons.append(
            Reason(
                "plan.nothing_left",
                facts={"node": str(command.node), "mode": command.mode.value},
                obtain="units with stock held at the node, in no fulfilment order",
            )
        )
    return reasons


def plan(
    order: Order, command: PlanFulfilment, context: Context, rules: OrderRules
) -> OrderDecision:
    """Units become a fulfilment order on the flow that the host's rules choose for it."""
    kind = KIND_OF_MODE[command.mode]
    possible = plannable(order, kind, command.node)
    reasons = blocking(stage_reason(order, command), _reasons(order, command, possible))
    if reasons:
        return refused(*reasons)
    wanted = dict(command.lines) or possible
    draft = Draft(order, command, context)
    if kind is ItemKind.GOODS:
        units = _held(order, command, wanted)
    else:
        units = _assigned_now(draft, order, command, wanted)
    machine = choose_flow(order, command.mode, rules)
    draft.events.append(
        FulfilmentPlanned(
            order_id=order.order_id,
            cause=draft.cause,
            fulfilment_id=command.fulfilment_id,
            node=command.node,
            service=command.service or _service(order, units),
            mode=command.mode,
            flow=machine.pin,
            stage=machine.initial,
            counts_as=machine.state(machine.initial).counts_as,
            units=units,
        )
    )
    return draft.decision()


def _held(
    order: Order, command: PlanFulfilment, wanted: dict[LineId, int]
) -> tuple[FulfilmentUnits, ...]:
    units: list[FulfilmentUnits] = []
    left = dict(wanted)
    for known in order.allocations:
        take = min(left.get(known.line_id, 0), known.shippable)
        if known.node == command.node and take:
            units.append(
                FulfilmentUnits(
                    allocation_id=known.allocation_id, line_id=known.line_id, quantity=take
                )
            )
            left[known.line_id] -= take
    return tuple(units)


def _assigned_now(
    draft: Draft, order: Order, command: PlanFulfilment, wanted: dict[LineId, int]
) -> tuple[FulfilmentUnits, ...]:
    """What needs no stock is allocated and held in the same decision."""
    assigned = tuple(
        AssignedUnits(
            allocation_id=derived_id(command.command_id, str(index)),
            line_id=line_id,
            node=command.node,
            service=command.service,
            quantity=quantity,
        )
        for index, (line_id, quantity) in enumerate(wanted.items())
    )
    for event in (UnitsAllocated, UnitsReserved):
        draft.events.append(event(order_id=order.order_id, cause=draft.cause, units=assigned))
    return tuple(
        FulfilmentUnits(
            allocation_id=part.allocation_id, line_id=part.line_id, quantity=part.quantity
        )
        for part in assigned
    )


def _service(order: Order, units: tuple[FulfilmentUnits, ...]) -> ServiceId | None:
    named = {known.allocation_id: known.service for known in order.allocations}
    return next((s for part in units if (s := named.get(part.allocation_id))), None)

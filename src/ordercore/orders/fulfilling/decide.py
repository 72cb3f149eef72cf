"""Deciding on fulfilment orders: from the release to the node to the hand-over."""

from __future__ import annotations

from ordercore.kernel import Context, LineId, Reason, Refusal, ShipmentId
from ordercore.orders.commands import ShipUnits
from ordercore.orders.decide_header import payment_gate
from ordercore.orders.decide_stock import release_units
from ordercore.orders.draft import Draft, OrderDecision, blocking, refused, stage_reason
from ordercore.orders.events import ShippedFrom, UnitsDelivered, UnitsShipped
from ordercore.orders.fulfilling.choosing import known_flow, unknown_flow
from ordercore.orders.fulfilling.commands import (
    CancelFulfilment,
    CompleteStage,
    ConfirmPick,
    FulfilmentCommand,
    HandOver,
    PackFulfilment,
    SetAppointment,
)
from ordercore.orders.fulfilling.events import FulfilmentMoved, UnitsPicked
from ordercore.orders.fulfilling.fulfilment_order import (
    FulfilmentOrder,
    FulfilmentUnits,
    position_rank,
)
from ordercore.orders.fulfilling.on_flow import fulfilment_on_flow
from ordercore.orders.fulfilling.recalling import give_up_short, take_back
from ordercore.orders.fulfilling.stepping import (
    not_picked,
    other_stage,
    step,
    unknown_fulfilment,
    way_to_packing,
)
from ordercore.orders.fulfilling.ways import no_flow_for
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.units import ItemKind, Quantities
from ordercore.statemachine import Machine, Transition

__all__ = ["confirm_pick", "on_fulfilment"]

_SHIPPED = position_rank("shipped")
_DELIVERED = position_rank("delivered")


def on_fulfilment(
    order: Order,
    command: FulfilmentCommand | CompleteStage,
    context: Context,
    rules: OrderRules,
) -> OrderDecision:
    """A command about one fulfilment order, as its flow answers it."""
    stage = stage_reason(order, command)
    known = order.fulfilment(command.fulfilment_id or "")
    if known is None:
        never = (*_shipment_taken(order, command), *no_flow_for(order, command, rules))
        return refused(*blocking(stage, (unknown_fulfilment(command), *never)))
    if isinstance(command, ConfirmPick):
        return confirm_pick(order, known, command, context, rules)
    taken = step(order, known, command, context, rules)
    if isinstance(taken, Refusal):
        return refused(*blocking(stage, (*taken.reasons, *_shipment_taken(order, command))))
    machine, edge = taken
    reasons = blocking(stage, _against(order, known, command))
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    if isinstance(command, CancelFulfilment):
        take_back(draft, order, known, machine, edge, command.cause)
        _give_back_unstocked(draft, order, known)
    else:
        _move(draft, order, known, machine, edge, command)
    return draft.decision()


def _against(
    order: Order, known: FulfilmentOrder, command: FulfilmentCommand | CompleteStage
) -> list[Reason]:
    """What the flow cannot see: what was picked, what lies in the parcels, which ids are taken."""
    match command:
        case PackFulfilment():
            if known.unpicked:
                return [not_picked(order, known, command)]
            return _parcel_reasons(known, command)
        case HandOver():
            reasons = _shipment_taken(order, command)
            # A part that is to be paid before shipping is, whichever command ships.
            if (unpaid := payment_gate(order, ShipUnits.verb)) is not None:
                reasons.append(unpaid)
            return reasons
        case CompleteStage():
            wrong = other_stage(order, fulfilment_on_flow(known), command)
            return [] if wrong is None else [wrong]
        case _:
            return []


def _shipment_taken(order: Order, command: FulfilmentCommand | CompleteStage) -> list[Reason]:
    if not isinstance(command, HandOver) or order.shipment(command.shipment_id) is None:
        return []
    return [Reason("shipment.exists", facts={"shipment": str(command.shipment_id)}, final=True)]


def _parcel_reasons(known: FulfilmentOrder, command: PackFulfilment) -> list[Reason]:
    if not command.parcels:
        return []
    packed: dict[LineId, int] = {}
    for parcel in command.parcels:
        for line_id, units in parcel.lines.items():
            packed[line_id] = packed.get(line_id, 0) + units
    lines = known.lines
    return [
        Reason(
            "pack.parcels_differ",
            facts={
                "line": str(line_id),
                "packed": packed.get(line_id, 0),
                "units": lines.get(line_id, 0),
            },
            obtain=f"{lines.get(line_id, 0)} units of the line in the parcels",
        )
        for line_id in sorted({*packed, *lines})
        if packed.get(line_id, 0) != lines.get(line_id, 0)
    ]


def _move(
    draft: Draft,
    order: Order,
    known: FulfilmentOrder,
    machine: Machine,
    edge: Transition,
    command: FulfilmentCommand | CompleteStage,
) -> None:
    target = machine.state(edge.target)
    shipment_id = command.shipment_id if isinstance(command, HandOver) else None
    before, after = position_rank(known.counts_as), position_rank(target.counts_as)
    leaves = after >= _SHIPPED > before
    if leaves and shipment_id is None:
        shipment_id = known.shipment_id or ShipmentId(known.fulfilment_id)
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
            parcels=command.parcels if isinstance(command, PackFulfilment) else (),
            shipment_id=shipment_id,
            appointment=command.at if isinstance(command, SetAppointment) else None,
        )
    )
    if leaves and shipment_id is not None:
        draft.events.append(
            UnitsShipped(
                order_id=order.order_id,
                cause=draft.cause,
                shipment_id=shipment_id,
                node=known.node,
                service=known.service,
                units=tuple(
                    ShippedFrom(
                        allocation_id=part.allocation_id,
                        line_id=part.line_id,
                        quantity=part.quantity,
                    )
                    for part in known.units
                ),
                fulfilment_id=known.fulfilment_id,
                flow=known.flow,
                stage=edge.target,
                counts_as=target.counts_as,
            )
        )
        if after >= _DELIVERED:
            draft.events.append(
                UnitsDelivered(
                    order_id=order.order_id,
                    cause=draft.cause,
                    shipment_id=shipment_id,
                    lines=known.lines,
                )
            )
        draft.notify("order.shipped" if after < _DELIVERED else "order.delivered")
    elif isinstance(command, SetAppointment):
        draft.notify("appointment.set")
    elif target.counts_as == "packed" and known.mode.value == "pickup":
        draft.notify("pickup.ready")


def _give_back_unstocked(draft: Draft, order: Order, known: FulfilmentOrder) -> None:
    """What needs no stock was assigned by planning it, and goes back to the backlog."""
    kinds = {line.line_id: line.item.kind for line in order.lines}
    planned = {allocation.allocation_id: allocation for allocation in order.allocations}
    units = [
        (planned[part.allocation_id], part.quantity)
        for part in known.units
        if kinds[part.line_id] is not ItemKind.GOODS
    ]
    if units:
        release_units(draft, order, units)


# --- picking ---


def _pick_reasons(
    order: Order, known: FulfilmentOrder, machine: Machine, command: ConfirmPick
) -> list[Reason]:
    if not any(
        edge.command == PackFulfilment.step and edge.source == known.stage
        for edge in machine.transitions
    ):
        remedy = None if known.ended else way_to_packing(order, known, machine, command)
        here = Reason(
            "pick.not_picking",
            facts={"fulfilment": str(known.fulfilment_id), "stage": known.stage},
            remedy=remedy,
            final=remedy is None,
        )
        return list(blocking(here, _unpicked_reasons(known, command)))
    return _unpicked_reasons(known, command)


def _unpicked_reasons(known: FulfilmentOrder, command: ConfirmPick) -> list[Reason]:
    """Lines of which more is told than is left to pick."""
    unpicked = known.unpicked
    reasons = []
    for line_id in sorted({*command.picked, *command.short}):
        told = command.picked.get(line_id, 0) + command.short.get(line_id, 0)
        possible = unpicked.get(line_id, 0)
        if told > possible:
            reasons.append(
                Reason(
                    "pick.too_many",
                    facts={"line": str(line_id), "asked": told, "possible": possible},
                    obtain=f"at most {possible} units of the line" if possible else None,
                    # What was picked stays so, and no unit joins a fulfilment order.
                    final=not possible,
                )
            )
    return reasons


def _spread(known: FulfilmentOrder, asked: Quantities) -> list[FulfilmentUnits]:
    """Units of lines taken from the allocations in their order; ``picked`` is what was taken."""
    left = dict(asked)
    found: list[FulfilmentUnits] = []
    for part in known.units:
        take = min(left.get(part.line_id, 0), part.unpicked)
        if take:
            left[part.line_id] -= take
            found.append(
                FulfilmentUnits(
                    allocation_id=part.allocation_id,
                    line_id=part.line_id,
                    quantity=part.quantity,
                    picked=take,
                )
            )
    return found


def confirm_pick(
    order: Order,
    known: FulfilmentOrder,
    command: ConfirmPick,
    context: Context,
    rules: OrderRules,
) -> OrderDecision:
    """Units that were found count as picked; those that are short go back to the backlog.

    The stock that was held for short units is given up: it is not there.
    """
    machine = known_flow(known.flow, rules)
    found_against = (
        [unknown_flow(known.flow)]
        if machine is None
        else _pick_reasons(order, known, machine, command)
    )
    reasons = blocking(stage_reason(order, command), found_against)
    if machine is None or reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    found = _spread(known, command.picked)
    if found:
        draft.events.append(
            UnitsPicked(
                order_id=order.order_id,
                cause=draft.cause,
                fulfilment_id=known.fulfilment_id,
                units=tuple(found),
            )
        )
    if command.short:
        taken = {part.allocation_id: part.picked for part in found}
        give_up_short(draft, order, known, machine, command.short, taken)
    return draft.decision()

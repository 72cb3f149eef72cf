"""What may be done with fulfilment orders now, and with which of them."""

from __future__ import annotations

from typing import TypeAlias

from ordercore.kernel import Context, FrozenMap, LineId, Reason, Refusal
from ordercore.orders.draft import stage_reason
from ordercore.orders.fulfilling.choosing import known_flow
from ordercore.orders.fulfilling.commands import (
    CancelFulfilment,
    CompleteStage,
    ConfirmPick,
    FulfilmentCommand,
    HandOver,
    PackFulfilment,
    PlanFulfilment,
    ReleaseFulfilment,
    SetAppointment,
    StartPicking,
)
from ordercore.orders.fulfilling.decide import on_fulfilment
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentOrder
from ordercore.orders.fulfilling.planning import plannable
from ordercore.orders.fulfilling.recalling import cancel_edge
from ordercore.orders.option import CommandOption
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.units import ItemKind

__all__ = ["fulfilment_options", "locked_units"]


def locked_units(order: Order, rules: OrderRules) -> dict[LineId, int]:
    """Units in a stage of a fulfilment order that cannot be cancelled. O(fulfilment orders)."""
    locked: dict[LineId, int] = {}
    for known in order.fulfilments:
        if not known.open:
            continue
        machine = known_flow(known.flow, rules)
        if machine is None or cancel_edge(machine, known.stage) is None:
            for part in known.units:
                locked[part.line_id] = locked.get(part.line_id, 0) + part.quantity
    return locked


_Kind: TypeAlias = type[FulfilmentCommand]


def _question(order: Order, known: FulfilmentOrder, kind: _Kind, ask: str) -> FulfilmentCommand:
    """The command as it would be sent, under an id that no sender uses."""
    order_id, at = order.order_id, known.fulfilment_id
    if kind is HandOver:
        return HandOver(order_id, command_id=ask, fulfilment_id=at, shipment_id=ask)
    if kind is CompleteStage:
        return CompleteStage(order_id, command_id=ask, fulfilment_id=at, stage=known.stage)
    if kind is SetAppointment:
        return SetAppointment(order_id, command_id=ask, fulfilment_id=at, at=order.last_at)
    if kind is ConfirmPick:
        found = known.unpicked or known.lines
        return ConfirmPick(order_id, command_id=ask, fulfilment_id=at, picked=found)
    return kind(order_id, command_id=ask, fulfilment_id=at)


def _option(order: Order, kind: _Kind, context: Context, rules: OrderRules) -> CommandOption:
    ask = f"available@{order.version}"
    targets: list[str] = []
    lines: dict[LineId, int] = {}
    reasons: list[Reason] = []
    for known in order.fulfilments:
        if known.ended or not known.units:
            continue
        answer = on_fulfilment(order, _question(order, known, kind, ask), context, rules)
        if isinstance(answer, Refusal):
            reasons.extend(answer.reasons)
            continue
        targets.append(known.fulfilment_id)
        for line_id, units in known.unpicked.items() if kind is ConfirmPick else ():
            lines[line_id] = lines.get(line_id, 0) + units
    if targets:
        return CommandOption(command=kind.__name__, lines=FrozenMap(lines), targets=tuple(targets))
    if not reasons:
        reasons.append(
            Reason("fulfilment.none_live", obtain="a fulfilment order that has not ended")
        )
    return CommandOption(command=kind.__name__, reasons=tuple(dict.fromkeys(reasons)))


def _planning(order: Order) -> CommandOption:
    stage = stage_reason(
        order,
        PlanFulfilment(order.order_id, command_id="available", fulfilment_id="ask", node="ask"),
    )
    if stage is not None:
        return CommandOption(command="PlanFulfilment", reasons=(stage,))
    lines: dict[LineId, int] = {}
    for kind in ItemKind:
        lines.update(plannable(order, kind))
    if lines:
        return CommandOption(command="PlanFulfilment", lines=FrozenMap(lines))
    reason = Reason("plan.nothing_left", obtain="units with stock held, in no fulfilment order")
    return CommandOption(command="PlanFulfilment", reasons=(reason,))


def _migration(order: Order, rules: OrderRules) -> CommandOption:
    newest = {flow.machine.pin.machine: flow.machine.pin for flow in rules.flows[::-1]}
    targets = tuple(
        known.fulfilment_id
        for known in order.fulfilments
        if not known.ended and newest.get(known.flow.machine, known.flow) != known.flow
    )
    if targets:
        return CommandOption(command="MigrateFlow", targets=targets)
    reason = Reason(
        "flow.nothing_to_migrate", obtain="another version of the flow among the host's rules"
    )
    return CommandOption(command="MigrateFlow", reasons=(reason,))


def fulfilment_options(
    order: Order, context: Context, rules: OrderRules
) -> tuple[CommandOption, ...]:
    """Every command about fulfilment orders, with those it may be aimed at, or why there are none.

    Without any fulfilment order this costs one look; otherwise O(fulfilment orders).
    """
    return (
        _planning(order),
        *(
            _option(order, kind, context, rules)
            for kind in (
                ReleaseFulfilment,
                StartPicking,
                ConfirmPick,
                PackFulfilment,
                HandOver,
                CompleteStage,
                SetAppointment,
                CancelFulfilment,
            )
        ),
        _migration(order, rules),
    )

"""What may be done with fulfilment orders now, and with which of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ordercore.kernel import FrozenMap, LineId, Reason
from ordercore.orders.commands import OrderCommand, ReceiveReturn
from ordercore.orders.flow_stage import FlowSubject
from ordercore.orders.fulfilling.choosing import choose_flow, choose_return_flow, known_flow
from ordercore.orders.fulfilling.commands import (
    CancelFulfilment,
    CompleteStage,
    ConfirmPick,
    HandOver,
    MigrateFlow,
    PackFulfilment,
    ReleaseFulfilment,
    SetAppointment,
    StartPicking,
)
from ordercore.orders.fulfilling.flow import RECEIVE
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentOrder
from ordercore.orders.fulfilling.on_flow import fulfilment_on_flow, return_on_flow
from ordercore.orders.fulfilling.planning import plannable
from ordercore.orders.fulfilling.recalling import cancel_edge
from ordercore.orders.option import CommandOption
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.units import ItemKind, ReceivedUnits
from ordercore.statemachine import Machine, MachinePin

__all__ = [
    "FULFILMENT_COMMANDS",
    "fulfilment_option",
    "locked_units",
    "migration_option",
    "plannable_lines",
    "receivable_units",
]

_Ask: TypeAlias = Callable[[OrderCommand], tuple[Reason, ...]]
_Command: TypeAlias = (
    ReleaseFulfilment
    | StartPicking
    | ConfirmPick
    | PackFulfilment
    | HandOver
    | CompleteStage
    | SetAppointment
    | CancelFulfilment
)
_Kind: TypeAlias = type[_Command]

FULFILMENT_COMMANDS: tuple[_Kind, ...] = (
    ReleaseFulfilment,
    StartPicking,
    ConfirmPick,
    PackFulfilment,
    HandOver,
    CompleteStage,
    SetAppointment,
    CancelFulfilment,
)
"""The commands about one fulfilment order, in the order of its way."""


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


def _question(order: Order, known: FulfilmentOrder, kind: _Kind, ask: str) -> _Command:
    """The command as it would be sent, under an id that no sender uses."""
    order_id, at = order.order_id, known.fulfilment_id
    if issubclass(kind, HandOver):
        return kind(order_id, command_id=ask, fulfilment_id=at, shipment_id=ask)
    if issubclass(kind, CompleteStage):
        return kind(order_id, command_id=ask, fulfilment_id=at, stage=known.stage)
    if issubclass(kind, SetAppointment):
        return kind(order_id, command_id=ask, fulfilment_id=at, at=order.last_at)
    if issubclass(kind, ConfirmPick):
        found = known.unpicked or known.lines
        return kind(order_id, command_id=ask, fulfilment_id=at, picked=found)
    return kind(order_id, command_id=ask, fulfilment_id=at)


def fulfilment_option(order: Order, kind: _Kind, ask_id: str, reasons_of: _Ask) -> CommandOption:
    """A command with the fulfilment orders that it may be aimed at, or why there is none.

    Stages are completed of returns too. Without any this costs nothing; otherwise one question for
    each.
    """
    targets: list[str] = []
    lines: dict[LineId, int] = {}
    reasons: list[Reason] = []
    for known in order.fulfilments:
        if known.ended or not known.units:
            continue
        against = reasons_of(_question(order, known, kind, ask_id))
        if against:
            reasons.extend(against)
            continue
        targets.append(known.fulfilment_id)
        for line_id, units in known.unpicked.items() if kind is ConfirmPick else ():
            lines[line_id] = lines.get(line_id, 0) + units
    for case in order.returns if kind is CompleteStage else ():
        if case.at.ended:
            continue
        against = reasons_of(
            CompleteStage(
                order.order_id, command_id=ask_id, return_id=case.return_id, stage=case.at.stage
            )
        )
        reasons.extend(against)
        if not against:
            targets.append(case.return_id)
    if targets:
        return CommandOption(command=kind.__name__, lines=FrozenMap(lines), targets=tuple(targets))
    if not reasons:
        reasons.append(
            Reason("fulfilment.none_live", obtain="a fulfilment order that has not ended")
        )
    return CommandOption(command=kind.__name__, reasons=tuple(dict.fromkeys(reasons)))


def receivable_units(
    order: Order, rules: OrderRules, reasons_of: _Ask, ask_id: str
) -> tuple[dict[LineId, int], tuple[Reason, ...]]:
    """Units of returns whose stage lets them be taken in, and what keeps the others. O(returns)."""
    units: dict[LineId, int] = {}
    reasons: list[Reason] = []
    for case in order.returns:
        if not case.open:
            continue
        lines = {line.line_id: line.expected for line in case.lines if line.expected}
        machine = known_flow(case.at.flow, rules)
        if machine is None or not _receives(machine, case.at.stage):
            came = [
                ReceivedUnits(line, count, disposition="scrap") for line, count in lines.items()
            ]
            asked = ReceiveReturn(
                order.order_id, command_id=ask_id, return_id=case.return_id, units=came
            )
            reasons.extend(reasons_of(asked))
            continue
        for line_id, count in lines.items():
            units[line_id] = units.get(line_id, 0) + count
    return units, tuple(reasons)


def _receives(machine: Machine, stage: str) -> bool:
    return any(edge.source == stage and edge.command == RECEIVE for edge in machine.transitions)


def plannable_lines(order: Order) -> dict[LineId, int]:
    """Units by line that some node could be given, whatever the way to the buyer."""
    lines: dict[LineId, int] = {}
    for kind in ItemKind:
        lines.update(plannable(order, kind))
    return lines


def migration_option(
    order: Order, reasons_of: _Ask, ask_id: str, rules: OrderRules
) -> CommandOption:
    """What can go on under the version that would be chosen for it now: fulfilment orders, returns.

    All of one flow, since a command takes them to one machine: the first that any of them can go
    on under. O(live fulfilment orders and returns) questions where there is another version,
    otherwise none.
    """
    targets: list[str] = []
    reasons: list[Reason] = []
    to: MachinePin | None = None
    live = [
        *(
            (fulfilment_on_flow(known), choose_flow(order, known.mode, rules).pin)
            for known in order.fulfilments
            if not known.ended
        ),
        *(
            (return_on_flow(case), choose_return_flow(order, rules).pin)
            for case in order.returns
            if not case.at.ended
        ),
    ]
    for going, pin in live:
        here = going.at.flow
        if pin == here or pin.machine != here.machine or to not in {None, pin}:
            continue
        outward = going.subject is FlowSubject.FULFILMENT
        against = reasons_of(
            MigrateFlow(
                order.order_id,
                command_id=ask_id,
                to=pin,
                fulfilments=(going.id,) if outward else (),
                returns=() if outward else (going.id,),
            )
        )
        if against:
            reasons.extend(against)
        else:
            to = pin
            targets.append(going.id)
    if targets:
        return CommandOption(command="MigrateFlow", targets=tuple(targets))
    if not reasons:
        reasons.append(
            Reason(
                "flow.nothing_to_migrate",
                obtain="another version of the flow among the host's rules",
            )
        )
    return CommandOption(command="MigrateFlow", reasons=tuple(dict.fromkeys(reasons)))

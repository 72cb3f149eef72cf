"""Whether any flow has a way for a command: the version that units stand on, another, or none."""

from __future__ import annotations

from ordercore.kernel import Reason
from ordercore.orders.fulfilling.choosing import KIND_OF_MODE, flows_to_begin_on, known_flow
from ordercore.orders.fulfilling.commands import (
    ConfirmPick,
    FulfilmentCommand,
    MigrateFlow,
    PackFulfilment,
)
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentOrder
from ordercore.orders.message import Instruction
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.statemachine import Machine

__all__ = ["no_flow_for", "version_with"]


def no_flow_for(order: Order | None, command: Instruction, rules: OrderRules) -> list[Reason]:
    """That a command about fulfilment orders is for none, of those there are and those to come.

    O(flows × fulfilment orders). None is before the order.
    """
    live = [known for known in (() if order is None else order.fulfilments) if not known.ended]
    if isinstance(command, MigrateFlow):
        pins = [known.flow for known in live]
        pins += [machine.pin for _, machine in flows_to_begin_on(rules)]
        if any(pin.machine == command.to.machine and pin != command.to for pin in pins):
            return []
        facts = {"flow": command.to.machine, "version": command.to.version}
        return [Reason("flow.nothing_to_migrate", facts=facts, final=True)]
    if isinstance(command, ConfirmPick):
        return [] if order is None else _never_picked(order, command, rules)
    if not isinstance(command, FulfilmentCommand):
        return []
    machines = [known_flow(known.flow, rules) for known in live]
    machines += [machine for _, machine in flows_to_begin_on(rules)]
    if any(machine is None or command.step in machine.spec.commands for machine in machines):
        return []
    return [
        Reason(
            "fulfilment.stage",
            facts={"fulfilment": str(command.fulfilment_id), "command": command.step},
            final=True,
        )
    ]


def _never_picked(order: Order, command: ConfirmPick, rules: OrderRules) -> list[Reason]:
    """Lines whose kind of item no flow packs: what is issued or performed lies on no shelf."""
    packed = {
        KIND_OF_MODE[mode]
        for mode, machine in flows_to_begin_on(rules)
        if PackFulfilment.step in machine.spec.commands
    }
    named = {*command.picked, *command.short}
    return [
        Reason(
            "pick.not_picking",
            facts={"fulfilment": str(command.fulfilment_id), "line": str(line.line_id)},
            final=True,
        )
        for line in order.lines
        if line.line_id in named and line.item.kind not in packed
    ]


def version_with(known: FulfilmentOrder, step: str, rules: OrderRules) -> Machine | None:
    """Another version of a fulfilment order's flow on which its stage leads to a command."""
    return next(
        (
            flow.machine
            for flow in rules.flows
            if flow.machine.id == known.flow.machine
            and flow.machine.pin != known.flow
            and _leads_to(flow.machine, known.stage, step)
        ),
        None,
    )


def _leads_to(machine: Machine, stage: str, step: str) -> bool:
    return any(state.id == stage for state in machine.states) and any(
        edge.command == step and edge.source in {stage, *machine.reachable(stage)}
        for edge in machine.transitions
    )

"""Whether any flow has a way for a command: the version that something stands on, or another."""

from __future__ import annotations

from ordercore.kernel import Reason
from ordercore.orders.flow_stage import FlowSubject
from ordercore.orders.fulfilling.choosing import KIND_OF_MODE, flows_to_begin_on, known_flow
from ordercore.orders.fulfilling.commands import (
    CompleteStage,
    ConfirmPick,
    FulfilmentCommand,
    MigrateFlow,
    PackFulfilment,
)
from ordercore.orders.fulfilling.machines import built_in_flows
from ordercore.orders.fulfilling.on_flow import OnFlow, on_flows
from ordercore.orders.message import Instruction
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.statemachine import Machine

__all__ = ["no_flow_for", "version_with"]


def no_flow_for(order: Order | None, command: Instruction, rules: OrderRules) -> list[Reason]:
    """That a command on a flow is for nothing, of what there is and what is still to begin.

    O(flows × fulfilment orders and returns). None is before the order.
    """
    if isinstance(command, MigrateFlow):
        return _never_migrated(order, command, rules)
    if isinstance(command, ConfirmPick):
        return [] if order is None else _never_picked(order, command, rules)
    if not isinstance(command, FulfilmentCommand | CompleteStage):
        return []
    returned = command.return_id if isinstance(command, CompleteStage) else None
    subject = FlowSubject.FULFILMENT if returned is None else FlowSubject.RETURN
    machines = [
        known_flow(going.at.flow, rules) for going in _live(order) if going.subject is subject
    ]
    machines += [flow.machine for flow in flows_to_begin_on(rules, subject)]
    if any(machine is None or command.step in machine.spec.commands for machine in machines):
        return []
    return [
        Reason(
            "fulfilment.stage" if returned is None else "return.stage",
            facts={subject.value: str(returned or command.fulfilment_id), "command": command.step},
            final=True,
        )
    ]


def _live(order: Order | None) -> list[OnFlow]:
    return [] if order is None else [going for going in on_flows(order) if not going.at.ended]


def _never_migrated(order: Order | None, command: MigrateFlow, rules: OrderRules) -> list[Reason]:
    """A flow on which nothing stands or begins, or on whose one version everything does."""
    named = {FlowSubject.FULFILMENT: command.fulfilments, FlowSubject.RETURN: command.returns}
    anything = not any(named.values())
    wanted = [subject for subject, ids in named.items() if ids or anything]
    leads = [subject for subject in wanted if _migrates(order, subject, command, rules)]
    # Whatever is named is to migrate; where nothing is, something.
    if leads if anything else leads == wanted:
        return []
    facts = {"flow": command.to.machine, "version": command.to.version}
    return [Reason("flow.nothing_to_migrate", facts=facts, final=True)]


def _migrates(
    order: Order | None, subject: FlowSubject, command: MigrateFlow, rules: OrderRules
) -> bool:
    """Whether something stands on another version of the flow, or may begin on one."""
    pins = [going.at.flow for going in _live(order) if going.subject is subject]
    pins += [flow.machine.pin for flow in flows_to_begin_on(rules, subject)]
    return any(pin.machine == command.to.machine and pin != command.to for pin in pins)


def _never_picked(order: Order, command: ConfirmPick, rules: OrderRules) -> list[Reason]:
    """Lines whose kind of item no flow packs: what is issued or performed lies on no shelf."""
    packed = {
        KIND_OF_MODE[flow.mode]
        for flow in flows_to_begin_on(rules, FlowSubject.FULFILMENT)
        if PackFulfilment.step in flow.machine.spec.commands
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


def version_with(going: OnFlow, step: str, rules: OrderRules) -> Machine | None:
    """Another version of a flow on which the stage leads to a step."""
    known = (*(flow.machine for flow in rules.flows), *built_in_flows())
    return next(
        (
            machine
            for machine in known
            if machine.id == going.at.flow.machine
            and machine.pin != going.at.flow
            and _leads_to(machine, going.at.stage, step)
        ),
        None,
    )


def _leads_to(machine: Machine, stage: str, step: str) -> bool:
    return any(state.id == stage for state in machine.states) and any(
        edge.command == step and edge.source in {stage, *machine.reachable(stage)}
        for edge in machine.transitions
    )

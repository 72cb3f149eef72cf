"""One step on a flow: what the machine says to a command, and the way there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ordercore.kernel import Command, Context, Reason, Refusal
from ordercore.orders.control.blocking import edge_guards
from ordercore.orders.draft import remedy_id
from ordercore.orders.flow_stage import FlowSubject
from ordercore.orders.fulfilling.choosing import known_flow, unknown_flow
from ordercore.orders.fulfilling.commands import (
    CompleteStage,
    ConfirmPick,
    FulfilmentCommand,
    MigrateFlow,
    PackFulfilment,
    ReleaseFulfilment,
    StartPicking,
)
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentOrder
from ordercore.orders.fulfilling.on_flow import OnFlow, fulfilment_on_flow
from ordercore.orders.fulfilling.ways import version_with
from ordercore.orders.message import Instruction
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.statemachine import Machine, Transition

__all__ = [
    "flow_step",
    "not_picked",
    "other_stage",
    "step",
    "unknown_fulfilment",
    "way_to_packing",
]

_Toward: TypeAlias = Callable[[str], "Command | None"]
"""The command that takes a step, by the step's name."""


def unknown_fulfilment(command: FulfilmentCommand | CompleteStage) -> Reason:
    """The order has no such fulfilment order."""
    return Reason(
        "fulfilment.unknown",
        facts={"fulfilment": str(command.fulfilment_id)},
        obtain="a fulfilment order that was planned under this id",
    )


def not_picked(order: Order, fulfilment: FulfilmentOrder, command: Instruction) -> Reason:
    """Units are neither found nor reported short."""
    return Reason(
        "pack.not_picked",
        facts={
            "fulfilment": str(fulfilment.fulfilment_id),
            "units": sum(fulfilment.unpicked.values()),
            "lines": tuple(str(line) for line in fulfilment.unpicked),
        },
        remedy=ConfirmPick(
            order.order_id,
            command_id=remedy_id(order, command, "confirm-pick"),
            fulfilment_id=fulfilment.fulfilment_id,
            picked=fulfilment.unpicked,
        ),
    )


def _toward(order: Order, fulfilment: FulfilmentOrder, command: Instruction) -> _Toward:
    """The commands by which a fulfilment order is brought on."""
    kinds: dict[str, type[ReleaseFulfilment | StartPicking | PackFulfilment]] = {
        kind.step: kind for kind in (ReleaseFulfilment, StartPicking, PackFulfilment)
    }

    def toward(step: str) -> Command | None:
        if step == PackFulfilment.step and fulfilment.unpicked:
            return not_picked(order, fulfilment, command).remedy
        kind = kinds.get(step)
        if kind is None:
            return None
        return kind(
            order.order_id,
            command_id=remedy_id(order, command, step),
            fulfilment_id=fulfilment.fulfilment_id,
        )

    return toward


def way_to_packing(
    order: Order, fulfilment: FulfilmentOrder, machine: Machine, command: ConfirmPick
) -> Command | None:
    """The first command on the way to a stage that can be packed: picks are confirmed there."""
    return _next_command(
        order,
        fulfilment_on_flow(fulfilment),
        machine,
        PackFulfilment.step,
        command,
        _toward(order, fulfilment, command),
    )


def _next_command(
    order: Order,
    going: OnFlow,
    machine: Machine,
    step: str,
    command: Instruction,
    toward: _Toward | None,
) -> Command | None:
    """The first command on the shortest way to a stage that knows the step that was asked."""
    sources = {edge.source for edge in machine.transitions if edge.command == step}
    ways = [
        way
        for source in sorted(sources)
        if (way := machine.path_to(source, going.at.stage)) is not None and way
    ]
    if not ways:
        return None
    first = min(ways, key=len)[0].command
    if first == CompleteStage.step:
        return _completion(order, going, command, first)
    return None if toward is None else toward(first)


def _completion(order: Order, going: OnFlow, command: Instruction, what: str) -> CompleteStage:
    return CompleteStage(
        order.order_id,
        command_id=remedy_id(order, command, what),
        stage=going.at.stage,
        **going.named,
    )


def other_stage(order: Order, going: OnFlow, command: CompleteStage) -> Reason | None:
    """That a stage is to be completed in which it does not stand."""
    if command.stage == going.at.stage:
        return None
    return Reason(
        "fulfilment.other_stage"
        if going.subject is FlowSubject.FULFILMENT
        else "return.other_stage",
        facts={
            going.subject.value: going.id,
            "asked": command.stage,
            "stage": going.at.stage,
        },
        remedy=_completion(order, going, command, "this-stage"),
    )


def flow_step(
    order: Order,
    going: OnFlow,
    step: str,
    command: Instruction,
    context: Context,
    rules: OrderRules,
    toward: _Toward | None = None,
) -> tuple[Machine, Transition] | Refusal:
    """The edge that a step takes in a flow, or every reason against it.

    Evidence that the edge asks for is looked for beside what goes by the flow, and the order.
    ``toward`` gives the commands that lead on, beside the completion of stages.
    """
    machine = known_flow(going.at.flow, rules)
    if machine is None:
        return Refusal([unknown_flow(going.at.flow)])
    stage = going.at.stage
    facts = {going.subject.value: going.id, "stage": stage, "command": step}
    outward = going.subject is FlowSubject.FULFILMENT
    if going.at.ended:
        return Refusal(
            [Reason("fulfilment.stage" if outward else "return.stage", facts=facts, final=True)]
        )
    asked = [edge for edge in machine.transitions if edge.command == step]
    here = [edge for edge in asked if edge.source == stage]
    if not here:
        remedy = _next_command(order, going, machine, step, command, toward)
        following = set(machine.reachable(stage))
        helpful = tuple(edge.source for edge in asked if edge.source in following)
        other = None if helpful else version_with(going, step, rules)
        if other is not None:
            remedy = MigrateFlow(
                order.order_id,
                command_id=remedy_id(order, command, "migrate"),
                to=other.pin,
                fulfilments=[going.id] if outward else (),
                returns=() if outward else [going.id],
            )
        return Refusal(
            [
                Reason(
                    "fulfilment.stage" if outward else "return.stage",
                    facts={**facts, "allowed_in": helpful},
                    remedy=remedy,
                    obtain=(
                        f"the stage {' or '.join(helpful)}" if helpful and remedy is None else None
                    ),
                    final=not helpful and other is None,
                )
            ]
        )
    names = sorted({name for edge in here for name in edge.guards})
    guards = edge_guards(order, names, going.id, rules, context, command) if names else {}
    answer = machine.step(stage, step, guards=guards, role=context.role)
    return answer if isinstance(answer, Refusal) else (machine, answer)


def step(
    order: Order,
    fulfilment: FulfilmentOrder,
    command: FulfilmentCommand | CompleteStage,
    context: Context,
    rules: OrderRules,
) -> tuple[Machine, Transition] | Refusal:
    """The edge that a command takes in the flow of a fulfilment order, or every reason against."""
    return flow_step(
        order,
        fulfilment_on_flow(fulfilment),
        command.step,
        command,
        context,
        rules,
        _toward(order, fulfilment, command),
    )

"""One step of a fulfilment order: what its flow says to a command, and the way there."""

from __future__ import annotations

from ordercore.kernel import Command, Context, Reason, Refusal
from ordercore.orders.control.blocking import edge_guards
from ordercore.orders.draft import remedy_id
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
from ordercore.orders.fulfilling.ways import version_with
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.statemachine import Machine, Transition

__all__ = ["next_command", "not_picked", "step", "unknown_fulfilment"]


def unknown_fulfilment(command: FulfilmentCommand) -> Reason:
    """The order has no such fulfilment order."""
    return Reason(
        "fulfilment.unknown",
        facts={"fulfilment": str(command.fulfilment_id)},
        obtain="a fulfilment order that was planned under this id",
    )


def not_picked(order: Order, fulfilment: FulfilmentOrder, command: FulfilmentCommand) -> Reason:
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


def next_command(
    order: Order, fulfilment: FulfilmentOrder, machine: Machine, command: FulfilmentCommand
) -> Command | None:
    """The first command on the shortest way to a stage that knows the one that was asked.

    Picks are confirmed in the stages that can be packed.
    """
    asked = PackFulfilment.step if isinstance(command, ConfirmPick) else command.step
    sources = {edge.source for edge in machine.transitions if edge.command == asked}
    ways = [
        way
        for source in sorted(sources)
        if (way := machine.path_to(source, fulfilment.stage)) is not None and way
    ]
    if not ways:
        return None
    first = min(ways, key=len)[0].command
    kinds: dict[str, type[ReleaseFulfilment | StartPicking | PackFulfilment]] = {
        kind.step: kind for kind in (ReleaseFulfilment, StartPicking, PackFulfilment)
    }
    if first == PackFulfilment.step and fulfilment.unpicked:
        return not_picked(order, fulfilment, command).remedy
    command_id = remedy_id(order, command, first)
    fulfilment_id = fulfilment.fulfilment_id
    if first == CompleteStage.step:
        return CompleteStage(
            order.order_id,
            command_id=command_id,
            fulfilment_id=fulfilment_id,
            stage=fulfilment.stage,
        )
    kind = kinds.get(first)
    if kind is None:
        return None
    return kind(order.order_id, command_id=command_id, fulfilment_id=fulfilment_id)


def step(
    order: Order,
    fulfilment: FulfilmentOrder,
    command: FulfilmentCommand,
    context: Context,
    rules: OrderRules,
) -> tuple[Machine, Transition] | Refusal:
    """The edge that a command takes in the flow of a fulfilment order, or every reason against it.

    Evidence that the edge asks for is looked for beside the fulfilment order and the order.
    """
    machine = known_flow(fulfilment.flow, rules)
    if machine is None:
        return Refusal([unknown_flow(fulfilment)])
    facts = {
        "fulfilment": str(fulfilment.fulfilment_id),
        "stage": fulfilment.stage,
        "command": command.step,
    }
    if fulfilment.ended:
        return Refusal([Reason("fulfilment.stage", facts=facts, final=True)])
    asked = [edge for edge in machine.transitions if edge.command == command.step]
    here = [edge for edge in asked if edge.source == fulfilment.stage]
    if not here:
        remedy = next_command(order, fulfilment, machine, command)
        following = set(machine.reachable(fulfilment.stage))
        helpful = tuple(edge.source for edge in asked if edge.source in following)
        other = None if helpful else version_with(fulfilment, command.step, rules)
        if other is not None:
            remedy = MigrateFlow(
                order.order_id,
                command_id=remedy_id(order, command, "migrate"),
                to=other.pin,
                fulfilments=[fulfilment.fulfilment_id],
            )
        return Refusal(
            [
                Reason(
                    "fulfilment.stage",
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
    guards = edge_guards(order, names, fulfilment.fulfilment_id, rules, context, command)
    answer = machine.step(fulfilment.stage, command.step, guards=guards, role=context.role)
    return answer if isinstance(answer, Refusal) else (machine, answer)

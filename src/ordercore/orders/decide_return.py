"""Returns: units that may come back, and what becomes of them when they do."""

from __future__ import annotations

import attrs

from ordercore.kernel import Context, LineId, Reason, Refusal
from ordercore.orders.absent import unknown_line
from ordercore.orders.amending.commands import RequestExchange
from ordercore.orders.amending.exchanging import on_receipt
from ordercore.orders.commands import Instruction, ReceiveReturn, RequestReturn
from ordercore.orders.decide_cancel import give_back
from ordercore.orders.draft import (
    Draft,
    OrderDecision,
    blocking,
    refused,
    remedy_id,
    stage_reason,
)
from ordercore.orders.effects import RestockUnits
from ordercore.orders.events import ReturnReceived, ReturnRequested
from ordercore.orders.flow_stage import FlowStage, FlowSubject
from ordercore.orders.fulfilling.choosing import choose_return_flow
from ordercore.orders.fulfilling.flow import AUTHORISE, RECEIVE
from ordercore.orders.fulfilling.on_flow import OnFlow, return_on_flow
from ordercore.orders.fulfilling.stepping import flow_step
from ordercore.orders.gifts import gifts_left
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.units import ReturnDisposition
from ordercore.orders.whereabouts import ReturnCase
from ordercore.orders.worth import (
    due_after,
    freed_claims,
    inputs_missing,
    restocking_fees,
    worth_of,
)
from ordercore.pricing import Charge
from ordercore.statemachine import Machine, Transition

__all__ = ["asked_back", "authorised", "receive_return", "request_return", "return_reasons"]


def _too_many(
    order: Order, command: RequestReturn | RequestExchange, line_id: LineId, asked: int
) -> Reason:
    line = order.line(line_id)
    remedy: Instruction | None = None
    if line.returnable:
        remedy = attrs.evolve(
            command,
            command_id=remedy_id(order, command, f"fewer-{line_id}"),
            lines={line_id: line.returnable},
        )
    obtain = None
    if remedy is None:
        obtain = f"{asked} units of the line shipped, after more are ordered if need be"
    return Reason(
        "return.too_many",
        facts={
            "line": str(line_id),
            "asked": asked,
            "possible": line.returnable,
            "shipped": line.shipped,
        },
        remedy=remedy,
        obtain=obtain,
    )


def return_reasons(order: Order, command: RequestReturn | RequestExchange) -> list[Reason]:
    """Every reason why units cannot be asked back under an id."""
    found = []
    if order.return_case(command.return_id) is not None:
        found.append(Reason("return.exists", facts={"return": str(command.return_id)}, final=True))
    returnable = {line.line_id: line.returnable for line in order.lines}
    for line_id, asked in command.lines.items():
        if line_id not in returnable:
            found.append(unknown_line(order, line_id))
        elif asked > returnable[line_id]:
            found.append(_too_many(order, command, line_id, asked))
    return found


def authorised(
    order: Order,
    command: RequestReturn | RequestExchange,
    context: Context,
    rules: OrderRules,
) -> FlowStage | Refusal:
    """Where a return begins on the flow that is chosen for it, or what its flow has against it."""
    machine = choose_return_flow(order, rules)
    start = machine.state(machine.initial)
    going = OnFlow(
        subject=FlowSubject.RETURN,
        id=command.return_id,
        ids=(str(command.return_id),),
        at=FlowStage.of(machine.pin, start.id, start.counts_as, at=context.now),
        lines=command.lines,
    )
    taken = flow_step(order, going, AUTHORISE, command, context, rules)
    if isinstance(taken, Refusal):
        return taken
    state = machine.state(taken[1].target)
    return FlowStage.of(machine.pin, state.id, state.counts_as, at=context.now)


def request_return(
    order: Order, command: RequestReturn, context: Context, rules: OrderRules
) -> OrderDecision:
    """Shipped units may come back; each at most once."""
    begun = authorised(order, command, context, rules)
    found = return_reasons(order, command) or gifts_left(order, command, command.lines, rules)
    if isinstance(begun, Refusal):
        found.extend(begun.reasons)
    reasons = blocking(stage_reason(order, command), found)
    if reasons or isinstance(begun, Refusal):
        return refused(*reasons)
    draft = Draft(order, command, context)
    draft.events.append(asked_back(draft, command, begun))
    return draft.decision()


def asked_back(
    draft: Draft, command: RequestReturn | RequestExchange, begun: FlowStage
) -> ReturnRequested:
    """The event of a return that begins."""
    return ReturnRequested(
        order_id=command.order_id,
        cause=draft.cause,
        return_id=command.return_id,
        lines=command.lines,
        flow=begun.flow,
        stage=begun.stage,
        counts_as=begun.counts_as,
        why=command.cause,
    )


def receive_return(
    order: Order, command: ReceiveReturn, context: Context, rules: OrderRules
) -> OrderDecision:
    """Units came back: those accepted are refunded, and restocked where they are to be sold.

    The last units of an exchange bring its replacement, and only the difference is refunded.
    """
    stage = stage_reason(order, command)
    known = order.return_case(command.return_id)
    if known is None:
        return refused(*blocking(stage, [_unknown(order, command)]))
    expected = {line.line_id: line.expected for line in known.lines}
    came: dict[LineId, int] = {}
    accepted: dict[LineId, int] = {}
    for units in command.units:
        came[units.line_id] = came.get(units.line_id, 0) + units.quantity
        if units.disposition is not ReturnDisposition.REJECT:
            accepted[units.line_id] = accepted.get(units.line_id, 0) + units.quantity
    found = [
        Reason(
            "return.unexpected",
            facts={
                "line": str(line_id),
                "asked": quantity,
                "possible": expected.get(line_id, 0),
            },
            obtain=f"at most {expected[line_id]} units" if expected.get(line_id) else None,
            final=not expected.get(line_id),
        )
        for line_id, quantity in came.items()
        if quantity > expected.get(line_id, 0)
    ]
    kept = {line.line_id: line.kept - accepted.get(line.line_id, 0) for line in order.lines}
    # What is too much is so in every stage; only units that are expected ask for the way there.
    taken = None if found else _receiving(order, known, command, context, rules)
    if isinstance(taken, Refusal):
        found.extend(taken.reasons)
    if not found:
        found = inputs_missing(order, kept, rules)
    reasons = blocking(stage, found)
    if reasons or taken is None or isinstance(taken, Refusal):
        return refused(*reasons)
    machine, edge = taken
    last = came == {line_id: units for line_id, units in expected.items() if units}
    here = machine.state(edge.target if last else edge.source)
    worth = worth_of(order, accepted, rules)
    fees: tuple[Charge, ...] = ()
    exchanged = order.amendments.awaits(command.return_id) is not None
    if not exchanged:
        fees = restocking_fees(order, worth, command.return_id)
    _, waived, reckoning = due_after(order, worth.amount.minor, worth.claw_back_minor, fees)
    if exchanged:
        # What is due stays until the exchange ends; nothing is carried or granted before.
        waived = 0
        reckoning = attrs.evolve(order.reckoning, claw_back_minor=worth.claw_back_minor)
    draft = Draft(order, command, context)
    draft.events.append(
        ReturnReceived(
            order_id=order.order_id,
            cause=draft.cause,
            return_id=command.return_id,
            units=command.units,
            lines=worth.lines,
            charges=worth.charges,
            amount=worth.amount,
            stage=here.id,
            counts_as=here.counts_as,
            ended=here.terminal,
            reckoning=None if reckoning == order.reckoning else reckoning,
        )
    )
    draft.waive(order, waived)
    give_back(draft, order, freed_claims(order, kept, rules))
    skus = {line.line_id: line.sku for line in order.lines}
    for units in command.units:
        if units.disposition is ReturnDisposition.RESTOCK and units.node is not None:
            draft.effects.append(
                RestockUnits(
                    effect_id=draft.effect_id(),
                    order_id=order.order_id,
                    return_id=command.return_id,
                    line_id=units.line_id,
                    sku=skus[units.line_id],
                    node=units.node,
                    quantity=units.quantity,
                )
            )
    due_minor, left = on_receipt(draft, order, command, rules)
    if left:
        return refused(*left)
    draft.settle(order, due_minor=due_minor)
    return draft.decision()


def _receiving(
    order: Order, known: ReturnCase, command: ReceiveReturn, context: Context, rules: OrderRules
) -> tuple[Machine, Transition] | Refusal:
    """The edge by which units of a return are taken in; its last unit follows it."""
    return flow_step(order, return_on_flow(known), RECEIVE, command, context, rules)


def _unknown(order: Order, command: ReceiveReturn) -> Reason:
    """The request that was forgotten, where the units are with the buyer, or their way there."""
    wanted: dict[LineId, int] = {}
    for units in command.units:
        wanted[units.line_id] = wanted.get(units.line_id, 0) + units.quantity
    left = {line.line_id: line.returnable for line in order.lines}
    remedy: Instruction | None = None
    if all(units <= left.get(line_id, 0) for line_id, units in wanted.items()):
        remedy = RequestReturn(
            order.order_id,
            command_id=remedy_id(order, command, "request"),
            return_id=command.return_id,
            lines=wanted,
        )
    return Reason(
        "return.unknown",
        facts={"return": str(command.return_id)},
        remedy=remedy,
        obtain="the units shipped, and a return request for them" if remedy is None else None,
    )

"""Completing the stages that flows add, of whatever goes by a flow."""

from __future__ import annotations

from ordercore.kernel import Context, Reason, Refusal
from ordercore.orders.draft import Draft, OrderDecision, blocking, refused, stage_reason
from ordercore.orders.fulfilling.commands import CompleteStage
from ordercore.orders.fulfilling.decide import on_fulfilment
from ordercore.orders.fulfilling.events import StageEntered
from ordercore.orders.fulfilling.on_flow import return_on_flow
from ordercore.orders.fulfilling.stepping import flow_step, other_stage
from ordercore.orders.fulfilling.ways import no_flow_for
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules

__all__ = ["complete"]


def complete(
    order: Order, command: CompleteStage, context: Context, rules: OrderRules
) -> OrderDecision:
    """A stage of a fulfilment order, or of a return, is done."""
    if command.return_id is None:
        return on_fulfilment(order, command, context, rules)
    return _complete_return(order, command, context, rules)


def _complete_return(
    order: Order, command: CompleteStage, context: Context, rules: OrderRules
) -> OrderDecision:
    stage = stage_reason(order, command)
    case = order.return_case(command.return_id or "")
    if case is None:
        facts = {"return": str(command.return_id)}
        obtain = "a return that was asked for under this id"
        unknown = Reason("return.unknown", facts=facts, obtain=obtain)
        return refused(*blocking(stage, (unknown, *no_flow_for(order, command, rules))))
    going = return_on_flow(case)
    taken = flow_step(order, going, command.step, command, context, rules)
    if isinstance(taken, Refusal):
        return refused(*blocking(stage, taken.reasons))
    wrong = other_stage(order, going, command)
    reasons = blocking(stage, [] if wrong is None else [wrong])
    if reasons:
        return refused(*reasons)
    machine, edge = taken
    target = machine.state(edge.target)
    draft = Draft(order, command, context)
    draft.events.append(
        StageEntered(
            order_id=order.order_id,
            cause=draft.cause,
            return_id=case.return_id,
            command=edge.command,
            source=edge.source,
            target=edge.target,
            counts_as=target.counts_as,
            ended=target.terminal,
        )
    )
    return draft.decision()

"""Taking live fulfilment orders and returns to another version of their flow."""

from __future__ import annotations

from ordercore.kernel import Context, InvalidDefinition, Reason, Refusal
from ordercore.orders.draft import Draft, OrderDecision, refused, stage_reason
from ordercore.orders.fulfilling.choosing import known_flow, unknown_flow
from ordercore.orders.fulfilling.commands import MigrateFlow
from ordercore.orders.fulfilling.events import FlowMigrated
from ordercore.orders.fulfilling.on_flow import (
    OnFlow,
    fulfilment_on_flow,
    on_flows,
    return_on_flow,
)
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.statemachine import Machine, MigrationPlan

__all__ = ["migrate"]


def migrate(
    order: Order, command: MigrateFlow, context: Context, rules: OrderRules
) -> OrderDecision:
    """What is live goes on under another version of its flow, or none of it does."""
    reason = stage_reason(order, command)
    if reason is not None:
        return refused(reason)
    new = known_flow(command.to, rules)
    if new is None:
        return refused(
            Reason(
                "flow.unknown",
                facts={"flow": command.to.machine, "version": command.to.version},
                obtain="the flow among the host's rules",
            )
        )
    reasons: list[Reason] = []
    moves: list[tuple[OnFlow, MigrationPlan]] = []
    plans: dict[str, MigrationPlan | Reason] = {}
    for going in _migrating(order, command, reasons):
        old = known_flow(going.at.flow, rules)
        if old is None:
            reasons.append(unknown_flow(going.at.flow))
            continue
        planned = plans.get(old.digest)
        if planned is None:
            planned = plans[old.digest] = _migration(old, new, command)
            if isinstance(planned, Reason):
                reasons.append(planned)
        if isinstance(planned, MigrationPlan):
            moves.append((going, planned))
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    for going, planned in moves:
        arrived = planned.apply(going.at.flow, going.at.stage)
        if isinstance(arrived, Refusal):
            reasons.extend(arrived.reasons)
            continue
        draft.events.append(
            FlowMigrated(
                order_id=order.order_id,
                cause=draft.cause,
                flow=arrived.pin,
                stage=arrived.state,
                counts_as=new.state(arrived.state).counts_as,
                since=arrived.since(going.at.since, at=context.now),
                **going.named,
            )
        )
    return refused(*reasons) if reasons else draft.decision()


def _migrating(order: Order, command: MigrateFlow, reasons: list[Reason]) -> list[OnFlow]:
    if not command.fulfilments and not command.returns:
        chosen = [
            going
            for going in on_flows(order)
            if not going.at.ended
            and going.at.flow.machine == command.to.machine
            and going.at.flow != command.to
        ]
        if not chosen:
            reasons.append(
                Reason(
                    "flow.nothing_to_migrate",
                    facts={"flow": command.to.machine, "version": command.to.version},
                    final=True,
                )
            )
        return chosen
    found: list[OnFlow] = []
    for fulfilment_id in command.fulfilments:
        known = order.fulfilment(fulfilment_id)
        if known is None:
            reasons.append(
                Reason(
                    "fulfilment.unknown",
                    facts={"fulfilment": str(fulfilment_id)},
                    obtain="a fulfilment order that was planned under this id",
                )
            )
        else:
            found.append(fulfilment_on_flow(known))
    for return_id in command.returns:
        case = order.return_case(return_id)
        if case is None:
            facts = {"return": str(return_id)}
            obtain = "a return that was asked for under this id"
            reasons.append(Reason("return.unknown", facts=facts, obtain=obtain))
        else:
            found.append(return_on_flow(case))
    return found


def _migration(old: Machine, new: Machine, command: MigrateFlow) -> MigrationPlan | Reason:
    try:
        return old.migrate_to(new, dict(command.stages))
    except InvalidDefinition as fault:
        return Reason(
            "flow.migration",
            facts={
                "from": old.version,
                "to": new.version,
                "findings": tuple(f"{finding.code} {finding.path}" for finding in fault.findings),
            },
            obtain="a target for every stage that the new flow does not have",
        )

"""Taking live fulfilment orders and returns to another version of their flow."""

from __future__ import annotations

from ordercore.kernel import Context, InvalidDefinition, Reason, Refusal
from ordercore.orders.draft import Draft, OrderDecision, blocking, refused, stage_reason
from ordercore.orders.fulfilling.choosing import known_flow, unknown_flow
from ordercore.orders.fulfilling.commands import MigrateFlow
from ordercore.orders.fulfilling.events import FlowMigrated
from ordercore.orders.fulfilling.on_flow import (
    OnFlow,
    fulfilment_on_flow,
    on_flows,
    return_on_flow,
)
from ordercore.orders.fulfilling.ways import no_flow_for
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.statemachine import Machine, Migrated, MigrationPlan

__all__ = ["migrate"]


def migrate(
    order: Order, command: MigrateFlow, context: Context, rules: OrderRules
) -> OrderDecision:
    """What is live goes on under another version of its flow, or none of it does."""
    stage = stage_reason(order, command)
    new = known_flow(command.to, rules)
    if new is None:
        unknown = Reason(
            "flow.unknown",
            facts={"flow": command.to.machine, "version": command.to.version},
            obtain="the flow among the host's rules",
        )
        return refused(*blocking(stage, [unknown]))
    reasons: list[Reason] = []
    named = (*map(order.fulfilment, command.fulfilments), *map(order.return_case, command.returns))
    if not all(named):
        reasons += no_flow_for(order, command, rules)
    moves: list[tuple[OnFlow, Migrated]] = []
    plans: dict[str, MigrationPlan | Reason] = {}
    for going in _migrating(order, command, reasons, rules):
        if going.at.ended:
            facts = {going.subject.value: going.id, "stage": going.at.stage}
            reasons.append(Reason("migration.ended", facts=facts, final=True))
            continue
        if going.at.flow.machine != command.to.machine:
            reasons.append(_another_flow(going, command))
            continue
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
            arrived = planned.apply(going.at.flow, going.at.stage)
            if isinstance(arrived, Refusal):
                reasons.extend(arrived.reasons)
            else:
                moves.append((going, arrived))
    against = blocking(stage, reasons)
    if against:
        return refused(*against)
    draft = Draft(order, command, context)
    for going, arrived in moves:
        there = new.state(arrived.state)
        draft.events.append(
            FlowMigrated(
                order_id=order.order_id,
                cause=draft.cause,
                flow=arrived.pin,
                stage=arrived.state,
                counts_as=there.counts_as,
                ended=there.terminal,
                since=arrived.since(going.at.since, at=context.now),
                **going.named,
            )
        )
    return draft.decision()


def _migrating(
    order: Order, command: MigrateFlow, reasons: list[Reason], rules: OrderRules
) -> list[OnFlow]:
    if not command.fulfilments and not command.returns:
        chosen = [
            going
            for going in on_flows(order)
            if not going.at.ended
            and going.at.flow.machine == command.to.machine
            and going.at.flow != command.to
        ]
        if not chosen:
            facts = {"flow": command.to.machine, "version": command.to.version}
            reasons += no_flow_for(order, command, rules) or [
                Reason(
                    "flow.nothing_to_migrate",
                    facts=facts,
                    obtain="a fulfilment order or a return that began on another version",
                )
            ]
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


def _another_flow(going: OnFlow, command: MigrateFlow) -> Reason:
    """Only versions of one flow lead to each other: what began as one thing stays that."""
    return Reason(
        "flow.other_flow",
        facts={
            going.subject.value: going.id,
            "flow": going.at.flow.machine,
            "asked": command.to.machine,
        },
        final=True,
    )


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

"""One commit of an order: its events, its effects and timers, and what else changes with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ordercore.allocation import AllocationPlan
from ordercore.kernel import CommandId, Context, Decision, Effect, OrderId, Timer
from ordercore.orders import Order, OrderEvent, ReleaseStock, RestockUnits
from ordercore.ports import Change, Commit, OrderChange, OutboxRow
from ordercore.workflows.receipt import Receipt
from ordercore.workflows.request import LoadOrder, Save, Script, perform

__all__ = ["outbox_rows", "save"]


def save(
    order: Order,
    *,
    expected_version: int,
    decisions: Sequence[Decision[OrderEvent]],
    command_id: CommandId,
    context: Context,
    changes: Iterable[Change] = (),
    due: Iterable[Timer] = (),
    plan: AllocationPlan | None = None,
) -> Script[Receipt]:
    """Save an order with its decisions, and what else changes with it, in one commit.

    Args:
        order: The order after its decisions.
        expected_version: The version that these were decided on.
        decisions: What happened to the order.
        command_id: The id of the commit.
        context: When.
        changes: The other aggregates that change.
        due: Timers besides those of the decisions.
        plan: The plan that the receipt shows.
    """
    events = tuple(event for decision in decisions for event in decision.events)
    effects = [effect for decision in decisions for effect in decision.effects]
    timers = (*(timer for decision in decisions for timer in decision.due), *due)
    receipt = yield from perform(
        Save(
            Commit(
                command_id=command_id,
                at=context.now,
                changes=(
                    OrderChange(expected_version=expected_version, state=order, events=events),
                    *changes,
                ),
                outbox=outbox_rows(order.order_id, effects),
                timers=timers,
            )
        )
    )
    if receipt.repeated:
        saved = yield from perform(LoadOrder(order.order_id))
        return Receipt(order=order if saved is None else saved, repeated=True)
    return Receipt(order=order, events=events, plan=plan, due=timers)


def outbox_rows(order_id: OrderId, effects: Iterable[Effect]) -> tuple[OutboxRow, ...]:
    """The requests for the host; those about stock are done by the commit itself."""
    return tuple(
        OutboxRow(aggregate=f"order:{order_id}", effect=effect)
        for effect in effects
        if not isinstance(effect, ReleaseStock | RestockUnits)
    )

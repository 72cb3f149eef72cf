"""Splitting and merging orders in one commit: what leaves one order arrives in the other."""

from __future__ import annotations

from typing import Self

import attrs

from ordercore import orders
from ordercore.kernel import CommandId, Context, Decision, OrderId, Refusal, Timer, derived_id, fold
from ordercore.orders import (
    Order,
    OrderEvent,
    ReleaseStock,
    TransferIn,
    TransferOut,
    TransferPlan,
)
from ordercore.ports import Change, Commit, OrderChange, OutboxRow
from ordercore.workflows.request import LoadOrder, LoadStock, Save, Script, perform
from ordercore.workflows.stock_moves import (
    apply_stock_moves,
    order_scope,
    stock_keys,
    stock_moves,
)

__all__ = ["TransferOrders", "TransferReceipt", "transfer_orders"]


@attrs.frozen(kw_only=True)
class TransferReceipt:
    """Both orders as saved, and what was decided on the way.

    ``repeated`` says that both had taken their part before and nothing was saved now.
    """

    source: Order
    target: Order
    events: tuple[OrderEvent, ...] = ()
    due: tuple[Timer, ...] = ()
    repeated: bool = False

    def accepted(self) -> Self:
        """The receipt itself; a Refusal raises :class:`~ordercore.kernel.Refused` here."""
        return self


@attrs.frozen
class _Side:
    """One of the two orders, before and after its part."""

    before: Order | None
    after: Order
    decision: Decision[OrderEvent]

    @property
    def changed(self) -> bool:
        return bool(self.decision.events)


def _decided(
    before: Order | None, command: TransferOut | TransferIn, context: Context
) -> _Side | Refusal:
    decision = orders.decide(before, command, context)
    if isinstance(decision, Refusal):
        return decision
    if before is not None and not decision.events:
        return _Side(before, before, decision)
    return _Side(before, fold(orders, decision.events, before), decision)


def _version(order: Order | None) -> int:
    return 0 if order is None else order.version


@attrs.frozen(kw_only=True)
class TransferOrders:
    """Carry out a plan of splitting or merging."""

    plan: TransferPlan
    context: Context

    def start(self) -> Script[TransferReceipt | Refusal]:
        """A fresh run.

        A refusal proves nothing while others write: it stands when both orders are read unchanged.
        """
        refusal: Refusal | None = None
        decided_on: tuple[int, int] | None = None
        while True:
            source = yield from perform(LoadOrder(self.plan.out.order_id))
            target = yield from perform(LoadOrder(self.plan.into.order_id))
            met = (_version(source), _version(target))
            if refusal is not None and met == decided_on:
                return refusal
            outcome = yield from self._attempt(source, target)
            if isinstance(outcome, TransferReceipt):
                return outcome
            refusal, decided_on = outcome, met

    def _attempt(
        self, source: Order | None, target: Order | None
    ) -> Script[TransferReceipt | Refusal]:
        left = _decided(source, self.plan.out, self.context)
        came = _decided(target, self.plan.into, self.context)
        if isinstance(left, Refusal) or isinstance(came, Refusal):
            refused = [answer for answer in (left, came) if isinstance(answer, Refusal)]
            return Refusal([reason for answer in refused for reason in answer.reasons])
        return (yield from self._save(left, came))

    def _save(self, left: _Side, came: _Side) -> Script[TransferReceipt | Refusal]:
        sides = [side for side in (left, came) if side.changed]
        if not sides:
            return TransferReceipt(source=left.after, target=came.after, repeated=True)
        moves = [
            move
            for side in sides
            for move in stock_moves(
                side.after, side.decision.events, self._scope(side.after.order_id)
            )
        ]
        items = (yield from perform(LoadStock(stock_keys(moves)))) if moves else {}
        moved = apply_stock_moves(moves, items, self.context)
        if isinstance(moved, Refusal):
            return moved
        due = (*(timer for side in sides for timer in side.decision.due), *moved[1])
        changes: tuple[Change, ...] = (
            *(
                OrderChange(
                    expected_version=0 if side.before is None else side.before.version,
                    state=side.after,
                    events=side.decision.events,
                )
                for side in sides
            ),
            *moved[0],
        )
        receipt = yield from perform(
            Save(
                Commit(
                    command_id=self._scope(left.after.order_id),
                    at=self.context.now,
                    changes=changes,
                    outbox=tuple(
                        OutboxRow(aggregate=f"order:{side.after.order_id}", effect=effect)
                        for side in sides
                        for effect in side.decision.effects
                        if not isinstance(effect, ReleaseStock)
                    ),
                    timers=due,
                )
            )
        )
        return TransferReceipt(
            source=left.after,
            target=came.after,
            events=tuple(event for side in sides for event in side.decision.events),
            due=due,
            repeated=receipt.repeated,
        )

    def _scope(self, order_id: OrderId) -> CommandId:
        return CommandId(
            derived_id(order_scope(order_id), "transfer", self.plan.consignment.transfer_id)
        )


def transfer_orders(plan: TransferPlan, *, context: Context) -> TransferOrders:
    """Let units of one order go on in another, with their stock and their money, in one commit.

    Either both orders change or neither does. Sent again, it changes nothing; where one of the two
    has taken its part already (the commands were sent one by one), the other follows. A plan whose
    order has moved on is refused with ``transfer.stale``: plan again.

    Args:
        plan: From :func:`ordercore.orders.plan_split` or :func:`ordercore.orders.plan_merge`.
        context: When, who, in which role.

    Returns:
        A workflow for :func:`run` and :func:`arun`, whose result is a :class:`TransferReceipt` or
        a Refusal with the reasons of both orders, or of the stock.
    """
    return TransferOrders(plan=plan, context=context)

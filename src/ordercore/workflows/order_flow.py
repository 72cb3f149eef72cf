"""The use cases of a placed order that need ports: reserve, and every command after that."""

from __future__ import annotations

import attrs

from ordercore import orders
from ordercore.allocation import LEAST_COST, Strategy, allocate
from ordercore.inventory import StockSnapshot
from ordercore.kernel import (
    CommandId,
    Context,
    Decision,
    OrderId,
    Reason,
    Refusal,
    checked,
    derived_id,
    fold,
)
from ordercore.network import Network
from ordercore.orders import (
    DEFAULT_RULES,
    CauseKind,
    Fact,
    Lifecycle,
    Order,
    OrderEvent,
    OrderMessage,
    OrderRules,
    RefusedAttempt,
    ReserveStock,
    attempt,
    forgotten_ids,
    may_have_forgotten,
)
from ordercore.ports import StockKey, UsageChange
from ordercore.workflows.credit_moves import free_credit
from ordercore.workflows.letting_go import let_go_after
from ordercore.workflows.receipt import Outcome, Receipt, attempted, recalled, steady, unknown_order
from ordercore.workflows.request import (
    LoadNetwork,
    LoadStock,
    Script,
    perform,
)
from ordercore.workflows.saving import save
from ordercore.workflows.stock_moves import (
    apply_stock_moves,
    commit_scope,
    stock_keys,
    stock_moves,
)
from ordercore.workflows.usage_moves import give_back_uses

__all__ = [
    "HandleOrder",
    "ReserveOrder",
    "handle",
    "reserve_and_save",
    "reserve_order",
]


def reserve_and_save(
    order: Order,
    placed: Decision[OrderEvent] | None,
    network: Network,
    usage: tuple[UsageChange, ...],
    *,
    before_version: int,
    command_id: CommandId,
    context: Context,
    strategy: Strategy,
    backorder: bool,
    rules: OrderRules,
) -> Script[Outcome]:
    """Allocate what the order still needs, hold its stock, and save everything in one commit."""
    scope = commit_scope(order.order_id, "reserve" if placed is None else "place", command_id)
    # A draft is not ordered yet: its stock is held once it is submitted.
    drafted = placed is not None and order.lifecycle is Lifecycle.DRAFT
    lacking = not drafted and any(line.backlog for line in order.lines)
    if lacking and order.destination is None and (placed is None or not backorder):
        return Refusal([Reason("order.no_destination", obtain="where the units go")])
    if not lacking or order.destination is None:
        if placed is None:
            return Receipt(order=order)
        return (
            yield from save(
                order,
                expected_version=before_version,
                decisions=[placed],
                changes=usage,
                command_id=scope,
                context=context,
            )
        )
    demand = order.demand()
    skus = sorted({line.sku for line in demand.lines})
    keys = tuple(StockKey(sku, node.id) for sku in skus for node in network.nodes)
    items = (yield from perform(LoadStock(keys))) if keys else {}
    snapshot = StockSnapshot.from_items(items.values(), at=context.now)
    plan = allocate(demand, network, snapshot, strategy=strategy, at=context.now)
    if plan.unfilled and not backorder:
        return Refusal([unfilled.reason for unfilled in plan.unfilled])
    decisions = [] if placed is None else [placed]
    if plan.takes:
        hold = ReserveStock(
            order.order_id, command_id=derived_id(command_id, "reserve"), allocations=plan.takes
        )
        held = orders.decide(order, hold, context, rules)
        if isinstance(held, Refusal):
            return held
        decisions.append(held)
        order = fold(orders, held.events, order)
    events = tuple(event for decision in decisions for event in decision.events)
    if not events:
        return Receipt(order=order, plan=plan)
    moved = apply_stock_moves(stock_moves(order, events, scope), items, context)
    if isinstance(moved, Refusal):
        return moved
    return (
        yield from save(
            order,
            expected_version=before_version,
            decisions=decisions,
            changes=(*moved[0], *usage),
            due=moved[1],
            command_id=scope,
            context=context,
            plan=plan,
        )
    )


@attrs.frozen(kw_only=True)
@checked
class ReserveOrder:
    """Allocate and hold what a placed order still lacks: backorders, and units released."""

    order_id: OrderId = attrs.field(converter=OrderId)
    command_id: CommandId = attrs.field(converter=CommandId)
    context: Context
    strategy: Strategy = LEAST_COST
    rules: OrderRules = DEFAULT_RULES

    def start(self) -> Script[Outcome]:
        """A fresh run."""
        return (yield from steady(self.order_id, self._decide, self._refused))

    def _refused(self, refusal: Refusal) -> RefusedAttempt:
        asked = (self.order_id, self.command_id)
        return attempted(
            "ReserveStock", self.order_id, self.command_id, asked, self.context, refusal
        )

    def _decide(self, order: Order | None) -> Script[Outcome]:
        if order is None:
            return Refusal([unknown_order(self.order_id)])
        id = derived_id(self.command_id, "reserve")
        ids = (id,) if may_have_forgotten(order, CauseKind.COMMAND, id) else ()
        context = yield from recalled(self.order_id, CauseKind.COMMAND, ids, self.context)
        if order.commands_seen.find(id) is not None or id in context.seen:
            return Receipt(order=order, repeated=True)
        network = yield from perform(LoadNetwork())
        return (
            yield from reserve_and_save(
                order,
                None,
                network,
                (),
                before_version=order.version,
                command_id=self.command_id,
                context=self.context,
                strategy=self.strategy,
                backorder=True,
                rules=self.rules,
            )
        )


@attrs.frozen(kw_only=True)
@checked
class HandleOrder:
    """Send one command or fact to an order, with the moves of stock that it means."""

    message: OrderMessage
    context: Context
    rules: OrderRules = DEFAULT_RULES

    def start(self) -> Script[Outcome]:
        """A fresh run."""
        outcome = yield from steady(self.message.order_id, self._decide, self._refused)
        return (yield from let_go_after(outcome, self.context, self.rules))

    def _refused(self, refusal: Refusal) -> RefusedAttempt:
        return attempt(self.message, self.context, refusal)

    def _decide(self, before: Order | None) -> Script[Outcome]:
        order_id = self.message.order_id
        if before is None:
            return Refusal([unknown_order(order_id)])
        kind = CauseKind.FACT if isinstance(self.message, Fact) else CauseKind.COMMAND
        ids = forgotten_ids(before, self.message)
        context = yield from recalled(order_id, kind, ids, self.context)
        decision = orders.decide(before, self.message, context, self.rules)
        if isinstance(decision, Refusal):
            return decision
        if not decision.events:
            return Receipt(order=before, due=decision.due, repeated=decision.repeated)
        decision, usage = yield from give_back_uses(decision, self.context)
        order = fold(orders, decision.events, before)
        cause = decision.events[0].cause
        command_id = commit_scope(order_id, cause.kind, cause.id)
        moves = stock_moves(order, decision.events, command_id, before=before)
        items = (yield from perform(LoadStock(stock_keys(moves)))) if moves else {}
        moved = apply_stock_moves(moves, items, self.context)
        if isinstance(moved, Refusal):
            return moved
        freed = yield from free_credit(order, decision, self.context)
        return (
            yield from save(
                freed.order,
                expected_version=before.version,
                decisions=freed.decisions,
                changes=(*moved[0], *freed.changes, *usage),
                due=moved[1],
                command_id=command_id,
                context=self.context,
            )
        )


def reserve_order(
    *,
    order_id: str,
    command_id: str,
    context: Context,
    strategy: Strategy = LEAST_COST,
    rules: OrderRules = DEFAULT_RULES,
) -> ReserveOrder:
    """Allocate and hold what a placed order still lacks; as much as there is."""
    return ReserveOrder(
        order_id=order_id, command_id=command_id, context=context, strategy=strategy, rules=rules
    )


def handle(
    message: OrderMessage, *, context: Context, rules: OrderRules = DEFAULT_RULES
) -> HandleOrder:
    """Send a command or a fact to the order that it names, under the host's rules.

    The moves of stock that it means (a shipment leaves, a cancel releases, a return comes back)
    are saved in the same commit; requests to the outside (capture, refund, notify) go through the
    outbox, and timers (a hold's end, a deadline) are saved with it. A tick that comes too early
    saves nothing; its receipt has the timers to set again. The result is a :class:`Receipt`, or
    the refusal of the order or of the stock. An order that ends before anything of it left gives
    its uses of promotions back in the same commit.

    Where the order gives back credit or stock, orders that wait for that go on, each in a commit of
    its own after this one; see :func:`release_waiting`. They are the receipt's ``released``.
    """
    return HandleOrder(message=message, context=context, rules=rules)

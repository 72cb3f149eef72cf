"""What an order takes of others on its way to one commit: its customer's credit, and stock."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ordercore import orders
from ordercore.allocation import Strategy, Take, allocate
from ordercore.inventory import StockItem, StockSnapshot
from ordercore.kernel import Context, Decision, Refusal, Timer, checked, derived_id, fold
from ordercore.orders import (
    CreditAccount,
    CreditEvent,
    ItemKind,
    Order,
    OrderEvent,
    OrderRules,
    PaymentKind,
    RecordPayment,
    ReserveCredit,
    ReserveStock,
    TenderKind,
    credit,
    credit_needed,
)
from ordercore.ports import Change, CreditChange, StockChange, StockKey
from ordercore.workflows.credit_moves import CREDIT_PAYMENT
from ordercore.workflows.request import LoadCredit, LoadNetwork, LoadStock, Script, perform
from ordercore.workflows.stock_moves import (
    apply_stock_moves,
    commit_scope,
    order_scope,
    stock_moves,
)

__all__ = ["Claimed", "account_change", "by_the_shop", "claim_credit", "claim_stock"]


def by_the_shop(context: Context) -> Context:
    """The same moment, for what the shop does of itself and no role has to be allowed."""
    return attrs.evolve(context, role="system")


@attrs.frozen(kw_only=True)
@checked
class Claimed:
    """An order with what it took so far, none of it saved yet.

    ``account`` is the one that was asked, as it stands after that, ``refused`` its answer where it
    gave nothing; ``stock`` is what there was of the units that lacked.
    """

    order: Order
    decisions: tuple[Decision[OrderEvent], ...] = ()
    changes: tuple[Change, ...] = ()
    due: tuple[Timer, ...] = ()
    account: CreditAccount | None = None
    stock: StockSnapshot | None = None
    refused: Refusal | None = None

    def then(
        self,
        decision: Decision[OrderEvent],
        changes: tuple[Change, ...] = (),
        due: tuple[Timer, ...] = (),
    ) -> Claimed:
        """One decision on, with what else changes by it."""
        return attrs.evolve(
            self,
            order=fold(orders, decision.events, self.order),
            decisions=(*self.decisions, decision),
            changes=(*self.changes, *changes),
            due=(*self.due, *due),
        )


def account_change(
    before: CreditAccount | None, events: tuple[CreditEvent, ...]
) -> tuple[CreditChange, ...]:
    """The account's change, or none where a repeat left it as it was."""
    if not events:
        return ()
    version = 0 if before is None else before.version
    return (
        CreditChange(expected_version=version, state=fold(credit, events, before), events=events),
    )


def claim_credit(
    claimed: Claimed, command_id: str, sender: Context, context: Context, rules: OrderRules
) -> Script[Claimed]:
    """Take the credit that an order needs, all of it or none; asks for nothing where it needs none.

    The account is the provider of a payment: what it reserves is money authorised. ``sender`` is
    who asked for the order to be confirmed; leave to pass the limit that this person gave does not
    count. An order without a customer takes none.
    """
    order = claimed.order
    needed = credit_needed(order)
    if not needed or order.customer is None:
        return claimed
    account = yield from perform(LoadCredit(order.customer))
    claimed = attrs.evolve(claimed, account=account)
    wish = ReserveCredit(
        order.customer,
        command_id=derived_id(order_scope(order.order_id), "credit", command_id),
        order_id=order.order_id,
        amount=needed,
    )
    reserved = credit.decide(account, wish, sender)
    if isinstance(reserved, Refusal):
        return attrs.evolve(claimed, refused=reserved)
    promise = RecordPayment(
        order.order_id,
        fact_id=derived_id("credit-promise", command_id),
        payment_id=CREDIT_PAYMENT,
        kind=PaymentKind.AUTHORISED,
        amount=needed,
        tender=TenderKind.INVOICE,
    )
    promised = orders.decide(order, promise, context, rules).accepted()
    changes = account_change(account, reserved.events)
    claimed = claimed.then(promised, changes)
    return attrs.evolve(claimed, account=changes[0].state) if changes else claimed


def claim_stock(
    claimed: Claimed, command_id: str, context: Context, strategy: Strategy, rules: OrderRules
) -> Script[Claimed]:
    """Hold stock for every unit that has none, or for no unit; asks for nothing where all have.

    All or none, so that two orders never wait for what the other one holds.
    """
    order = claimed.order
    lacking = [x for x in order.lines if x.unreserved and x.item.kind is ItemKind.GOODS]
    if not lacking:
        return claimed
    network = yield from perform(LoadNetwork())
    skus = sorted({line.sku for line in lacking})
    places = {node.id for node in network.nodes} | {a.node for a in order.allocations if a.open}
    keys = tuple(StockKey(sku, node) for sku in skus for node in sorted(places))
    items = (yield from perform(LoadStock(keys))) if keys else {}
    snapshot = StockSnapshot.from_items(items.values(), at=context.now)
    claimed = attrs.evolve(claimed, stock=snapshot)
    taking = _Taking(claimed, items, command_id, context, rules)
    if any(known.unreserved for known in order.allocations) and not taking.reserve("allocated"):
        return claimed
    if any(line.backlog for line in lacking):
        if order.destination is None:
            return claimed
        plan = allocate(order.demand(), network, taking.left(), strategy=strategy, at=context.now)
        if plan.unfilled or not taking.reserve("reserve", plan.takes):
            return claimed
    return taking.claimed()


class _Taking:
    """Reservations of one order on their way, with the stock that they leave."""

    __slots__ = ("before", "command_id", "context", "events", "items", "moved", "now", "rules")

    def __init__(
        self,
        before: Claimed,
        items: Mapping[StockKey, StockItem],
        command_id: str,
        context: Context,
        rules: OrderRules,
    ) -> None:
        self.before = self.now = before
        self.items = items
        self.command_id = command_id
        self.context = context
        self.rules = rules
        self.events: list[OrderEvent] = []
        self.moved: tuple[tuple[StockChange, ...], tuple[Timer, ...]] = ((), ())

    def reserve(self, step: str, takes: tuple[Take, ...] = ()) -> bool:
        """Whether the order and the stock take a reservation of these, or of what has a node."""
        order = self.now.order
        wish = ReserveStock(
            order.order_id,
            command_id=derived_id(self.command_id, step),
            allocations=takes,
        )
        held = orders.decide(order, wish, by_the_shop(self.context), self.rules)
        if isinstance(held, Refusal):
            return False
        self.now = self.now.then(held)
        self.events.extend(held.events)
        scope = commit_scope(order.order_id, "claim", self.command_id)
        moves = stock_moves(self.now.order, self.events, scope)
        moved = apply_stock_moves(moves, self.items, self.context)
        if isinstance(moved, Refusal):
            return False
        self.moved = moved
        return True

    def left(self) -> StockSnapshot:
        """What can still be promised."""
        after = {change.key: change.state for change in self.moved[0]}
        held = {**self.items, **after}
        return StockSnapshot.from_items(held.values(), at=self.context.now)

    def claimed(self) -> Claimed:
        """The order with its units, and what they change."""
        changes, due = self.moved
        return attrs.evolve(
            self.now, changes=(*self.now.changes, *changes), due=(*self.now.due, *due)
        )

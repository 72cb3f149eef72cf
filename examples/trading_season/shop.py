"""The host: it owns the store, sends the outbox, talks to the payment provider, keeps the books.

ordercore decides; everything here acts on what it decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from ordercore.inventory import StockItem, StockSnapshot
from ordercore.kernel import Context, Effect, Instant, Money, NotFound, OrderId, Refusal, shift
from ordercore.memory import MemoryStore, memory_ports
from ordercore.network import Network
from ordercore.orders import (
    CapturePayment,
    Notify,
    Order,
    OrderEvent,
    OrderMessage,
    PaymentKind,
    RecordPayment,
    RecordRefund,
    RefundBalance,
    RefundPayment,
    VoidPayment,
)
from ordercore.ports import StockChange, StockKey
from ordercore.workflows import Outcome, Receipt, Workflow, handle, run
from trading_season.agenda import Agenda, Errand

__all__ = ["Shop"]


class Shop:
    """One area's store with its adapters, and the payment provider next door."""

    def __init__(self, network: Network, agenda: Agenda) -> None:
        self.network = network
        self.agenda = agenda
        self.store = MemoryStore()
        self.ports = memory_ports(store=self.store, network=network)
        self.refused: Counter[str] = Counter()
        self.commits = 0
        self.repeats = 0
        self.notified: Counter[str] = Counter()
        # The provider's own books, compared with the orders' at the end.
        self.captured_minor = 0
        self.refunded_minor = 0
        self.bad_refunds: set[str] = set()
        self.pending: Counter[str] = Counter()
        # Called with an order's id when nothing more is going to happen to it.
        self.at_rest: Callable[[str], None] = _nothing

    # --- decisions ---

    def send(
        self, message: OrderMessage, at: Instant, actor: str, role: str, why: str = ""
    ) -> Outcome:
        """One command or fact, decided and saved; refusals are counted, once for each code."""
        context = Context(now=at, actor=actor, role=role, reason=why)
        return self.perform(handle(message, context=context), at)

    def perform(self, workflow: Workflow[Outcome], at: Instant) -> Outcome:
        """Run a use case to its commit, then send what it left in the outbox."""
        outcome = run(workflow, self.ports)
        if isinstance(outcome, Refusal):
            self.refused.update(set(outcome.codes))
        else:
            self._count(outcome)
        self._send_outbox(at)
        return outcome

    def _count(self, receipt: Receipt) -> None:
        if receipt.repeated:
            self.repeats += 1
        elif receipt.events:
            self.commits += 1

    def book(self, booking: Workflow[tuple[StockChange, ...] | Refusal]) -> bool:
        """Run a booking of stock that belongs to no order."""
        outcome = run(booking, self.ports)
        if isinstance(outcome, Refusal):
            self.refused.update(set(outcome.codes))
            return False
        self.commits += bool(outcome)
        return bool(outcome)

    # --- the outside ---

    def _send_outbox(self, at: Instant) -> None:
        rows = self.store.outbox[:]
        self.store.outbox.clear()
        for row in rows:
            self._act(row.effect, at)

    def _act(self, effect: Effect, at: Instant) -> None:
        match effect:
            case CapturePayment():
                self.later(
                    effect.order_id, shift(at, minutes=2), lambda now: self._capture(effect, now)
                )
            case RefundPayment():
                self.later(
                    effect.order_id, shift(at, days=1), lambda now: self._refund(effect, now)
                )
            case VoidPayment():
                self.later(
                    effect.order_id, shift(at, minutes=2), lambda now: self._void(effect, now)
                )
            case Notify():
                self.notified[effect.topic] += 1
            case _:
                raise AssertionError(effect)

    def later(self, order_id: str, at: Instant, errand: Errand) -> None:
        """Note an errand about an order; the order stays in the store until all are done."""
        self.pending[order_id] += 1

        def done(now: Instant) -> None:
            errand(now)
            self.pending[order_id] -= 1
            if not self.pending[order_id]:
                del self.pending[order_id]
                self.at_rest(order_id)

        self.agenda.note(at, order_id, done)

    def charge(self, order_id: str, amount: Money, at: Instant, *, at_once: bool) -> Outcome:
        """The buyer pays: with a wallet at once, with a card by a promise to be captured."""
        kind = PaymentKind.CAPTURED if at_once else PaymentKind.AUTHORISED
        if at_once:
            self.captured_minor += amount.minor
        fact = RecordPayment(
            order_id,
            fact_id=f"{kind.value}-1",
            payment_id=f"pay-{order_id}",
            kind=kind,
            amount=amount,
            tender="wallet" if at_once else "card",
            occurred_at=at,
        )
        return self.send(fact, at, "provider", "gateway", "the buyer paid at the checkout")

    def _capture(self, effect: CapturePayment, at: Instant) -> None:
        self.captured_minor += effect.amount.minor
        self._report(effect, PaymentKind.CAPTURED, at)

    def _void(self, effect: VoidPayment, at: Instant) -> None:
        self._report(effect, PaymentKind.VOIDED, at)

    def _report(
        self, effect: CapturePayment | VoidPayment | RefundPayment, kind: PaymentKind, at: Instant
    ) -> None:
        fact = RecordPayment(
            effect.order_id,
            fact_id=f"{effect.effect_id}/{kind.value}",
            payment_id=effect.payment_id,
            kind=kind,
            amount=effect.amount,
            occurred_at=at,
        )
        self.send(fact, at, "provider", "gateway", f"asked for as {effect.effect_id}")

    def _refund(self, effect: RefundPayment, at: Instant) -> None:
        order_id = effect.order_id
        if order_id in self.bad_refunds:
            # The bank refuses once: the balance stays with the order, which is asked again.
            self.bad_refunds.discard(order_id)
            self._report(effect, PaymentKind.REFUND_FAILED, at)
            again = RefundBalance(order_id, command_id=f"{effect.effect_id}/again")
            self.later(
                order_id,
                shift(at, days=1),
                lambda now: self._again(again, now),
            )
            return
        self.refunded_minor += effect.amount.minor
        fact = RecordRefund(
            order_id,
            fact_id=f"{effect.effect_id}/refunded",
            payment_id=effect.payment_id,
            amount=effect.amount,
            occurred_at=at,
        )
        self.send(fact, at, "provider", "gateway", f"asked for as {effect.effect_id}")

    def _again(self, command: RefundBalance, at: Instant) -> None:
        self.send(command, at, "back-office", "clerk", "a refund failed")

    # --- reading and archiving ---

    def has(self, order_id: str) -> bool:
        """Whether the order is still in the store."""
        return self.ports.orders.load(OrderId(order_id)) is not None

    def order(self, order_id: str) -> Order:
        """An order that is in the store.

        Raises:
            NotFound: it is not, or not any more.
        """
        order = self.ports.orders.load(OrderId(order_id))
        if order is None:
            raise NotFound("order", order_id)
        return order

    def snapshot(self, skus: Sequence[str], at: Instant) -> StockSnapshot:
        """What planning would see now."""
        keys = [StockKey(sku, node.id) for sku in skus for node in self.network.nodes]
        return StockSnapshot.from_items(self.ports.stock.load_many(keys).values(), at=at)

    def stock(self) -> list[StockItem]:
        return [item for _, item in sorted(self.store.stock.items())]

    def stock_of(self, sku: str) -> list[StockItem]:
        """What the nodes hold of one item."""
        keys = [StockKey(sku, node.id) for node in self.network.nodes]
        return list(self.ports.stock.load_many(keys).values())

    def archive(self, order_id: str) -> tuple[Order, Sequence[OrderEvent]]:
        """Take an order that has come to rest out of the store, with its log."""
        key = OrderId(order_id)
        return self.store.orders.pop(key), self.store.order_events.pop(key)

    def forget(self) -> int:
        """Hand to the archive what only grows; how many stock moves there were.

        Commits of orders that have left need no memory: whoever repeats one finds no order. Their
        ids begin with the order's, which holds no slash here.
        """
        store = self.store
        moves = sum(len(log) for log in store.stock_events.values())
        store.stock_events.clear()
        store.timers.clear()
        store.committed = {
            command_id
            for command_id in store.committed
            for order_id, slash, _ in [command_id.partition("/")]
            if not slash or order_id in store.orders
        }
        return moves


def _nothing(_order_id: str) -> None:
    pass

"""A rule-based machine that lives orders over your ports and checks every law after each step."""

from __future__ import annotations

from collections.abc import Callable

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ordercore import inventory, orders
from ordercore.inventory import Receive
from ordercore.kernel import ConcurrencyConflict, Context, OrderId, shift
from ordercore.network import Destination, GeoPoint, Network, Region
from ordercore.orders import Order, OrderMessage
from ordercore.ports import Commit, CommitReceipt, Ports, StockKey, UnitOfWork
from ordercore.pricing import Quote
from ordercore.testing.order_lives import Author
from ordercore.testing.trade_values import NODES, SKUS, START, networks, recorded_quotes
from ordercore.workflows import (
    Receipt,
    apply_stock_moves,
    handle,
    place_quote,
    reserve_order,
    run,
)

__all__ = ["order_life_machine"]

_HANGZHOU = Destination(Region("CN", "ZJ", "Hangzhou"), point=GeoPoint.of("30.27", "120.15"))
_KEYS = tuple(StockKey(sku, node) for sku in SKUS for node in NODES)
_MOST_ORDERS = 3


@attrs.frozen
class _FixedNetwork:
    held: Network

    def network(self) -> Network:
        return self.held


@attrs.frozen
class _Recorded:
    """A unit of work that keeps what it saved, so that it can be sent again too late."""

    inner: UnitOfWork
    saved: list[Commit]

    def commit(self, commit: Commit, /) -> CommitReceipt:
        receipt = self.inner.commit(commit)
        if not receipt.repeated:
            self.saved.append(commit)
        return receipt


def _held_by_orders(orders_now: list[Order]) -> dict[StockKey, int]:
    held = dict.fromkeys(_KEYS, 0)
    for order in orders_now:
        for allocation in order.allocations:
            held[StockKey(order.line(allocation.line_id).sku, allocation.node)] += (
                allocation.shippable
            )
    return held


def order_life_machine(new_ports: Callable[[], Ports]) -> type[RuleBasedStateMachine]:
    """A Hypothesis state machine over the ports that ``new_ports`` makes fresh for each example.

    It receives stock, places up to three orders, reserves, pays, confirms, ships, delivers,
    cancels, takes back, repeats messages that were accepted, and commits on stale versions.
    After each step every law of orders and stock is checked, the orders are replayed from their
    events, and what the orders hold is compared with what the stock says is held. The network is
    the machine's own; the stores of ``new_ports`` must be empty.

    Returns:
        A class; its ``TestCase`` is what pytest and unittest collect.

    Example:
        >>> from ordercore.memory import memory_ports
        >>> TestMyStore = order_life_machine(memory_ports).TestCase
        >>> TestMyStore.__name__
        'OrderLife.TestCase'
    """

    class OrderLife(RuleBasedStateMachine):
        """The life of a few orders."""

        def __init__(self) -> None:
            super().__init__()
            self.saved: list[Commit] = []
            ports = new_ports()
            self.ports = attrs.evolve(ports, unit_of_work=_Recorded(ports.unit_of_work, self.saved))
            self.now = START
            self.placed: list[OrderId] = []
            self.accepted: list[tuple[OrderMessage, Context]] = []
            self.count = 0

        def context(self) -> Context:
            self.count += 1
            self.now = shift(self.now, minutes=1)
            return Context(now=self.now, actor="web", role="customer")

        def order(self, order_id: OrderId) -> Order:
            order = self.ports.orders.load(order_id)
            assert order is not None, f"order {order_id} is gone"
            return order

        # --- what happens ---

        @rule(key=st.sampled_from(_KEYS), units=st.integers(1, 9))
        def receive(self, key: StockKey, units: int) -> None:
            context = self.context()
            command_id = f"r-{self.count}"
            move = Receive(sku=key.sku, node=key.node, quantity=units, command_id=command_id)
            moved = apply_stock_moves([move], self.ports.stock.load_many([key]), context)
            assert moved, moved
            self.ports.unit_of_work.commit(
                Commit(command_id=command_id, at=context.now, changes=moved[0])
            )

        @precondition(lambda self: len(self.placed) < _MOST_ORDERS)
        @rule(quote=recorded_quotes(lines=2), network=networks())
        def place(self, quote: Quote, network: Network) -> None:
            self.ports = attrs.evolve(self.ports, network=_FixedNetwork(network))
            order_id = OrderId(f"o-{len(self.placed)}")
            flow = place_quote(
                quote,
                order_id=order_id,
                command_id="place",
                context=self.context(),
                destination=_HANGZHOU,
                backorder=True,
            )
            receipt = run(flow, self.ports)
            assert isinstance(receipt, Receipt), receipt
            self.placed.append(order_id)

        @precondition(lambda self: self.placed)
        @rule(data=st.data())
        def reserve(self, data: st.DataObject) -> None:
            order_id = data.draw(st.sampled_from(self.placed))
            if any(line.backlog for line in self.order(order_id).lines):
                context = self.context()
                run(
                    reserve_order(
                        order_id=order_id, command_id=f"hold-{self.count}", context=context
                    ),
                    self.ports,
                )

        @precondition(lambda self: self.placed)
        @rule(data=st.data())
        def go_on(self, data: st.DataObject) -> None:
            """Pay, confirm, ship, deliver, cancel, return …: whatever fits, and at times not."""
            order_id = data.draw(st.sampled_from(self.placed))
            author = Author(data.draw, cancels=True, returns=True, strays=True)
            author.count = self.count * 100
            move = data.draw(st.sampled_from([*author.moves, *author.opening]))
            message = move(self.order(order_id))
            if message is not None:
                context = self.context()
                answer = run(handle(message, context=context), self.ports)
                if isinstance(answer, Receipt) and answer.events:
                    self.accepted.append((message, context))

        @precondition(lambda self: self.accepted)
        @rule(data=st.data())
        def repeat(self, data: st.DataObject) -> None:
            message, context = data.draw(st.sampled_from(self.accepted))
            before = self.order(message.order_id)
            answer = run(handle(message, context=context), self.ports)
            assert isinstance(answer, Receipt), f"a repeat was refused: {answer!r}"
            assert answer.repeated, f"a repeat was taken anew: {answer.events!r}"
            assert self.order(message.order_id) == before, "a repeat changed the order"

        @precondition(lambda self: self.saved)
        @rule(data=st.data())
        def come_too_late(self, data: st.DataObject) -> None:
            late = data.draw(st.sampled_from(self.saved))
            self.count += 1
            try:
                self.ports.unit_of_work.commit(attrs.evolve(late, command_id=f"late-{self.count}"))
            except ConcurrencyConflict:
                return
            raise AssertionError("REPO-3: a commit on a stale version was saved")

        # --- what always holds ---

        @invariant()
        def orders_keep_their_laws(self) -> None:
            for order_id in self.placed:
                order = self.order(order_id)
                for law in orders.INVARIANTS:
                    law.require(order)
                replayed = orders.replay(None, self.ports.orders.events(order_id))
                assert replayed == order, "the events do not give the order"

        @invariant()
        def stock_keeps_its_laws(self) -> None:
            held = _held_by_orders([self.order(order_id) for order_id in self.placed])
            for key, item in self.ports.stock.load_many(_KEYS).items():
                for law in inventory.INVARIANTS:
                    law.require(item)
                assert item.reserved == held.pop(key), f"{key}: held by orders and stock differ"
            assert not any(held.values()), f"orders hold what no stock knows: {held}"

    return OrderLife

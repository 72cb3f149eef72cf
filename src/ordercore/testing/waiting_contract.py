"""The contract of the optional port that knows which orders wait for what."""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from hypothesis import strategies as st

from ordercore import orders
from ordercore.kernel import Context, Money, OrderId, fold
from ordercore.orders import (
    AutoRelease,
    Order,
    OrderMessage,
    PlaceHold,
    PlaceOrder,
    ReleaseHold,
    waits_for,
)
from ordercore.ports import Commit, OrderChange, WaitingOrders
from ordercore.pricing import Quote, QuoteLine
from ordercore.testing.contracts import NewStore, StoreContract, _broken, _require
from ordercore.testing.store import StoreUnderTest
from ordercore.testing.trade_values import START

__all__ = ["WaitingOrdersContract"]

_KIT = Context(now=START, actor="kit", role="system")
_RULES = (
    "account.accepts",
    "limits.order_total is None or order.due <= limits.order_total",
    "all(line.needed <= line.available for line in stock.lines)",
)
_CUSTOMERS = ("c-9", "C-9", "c-10")
_ORDERS = ("o-1", "o-2", "o-3")
_SUBJECTS = (
    *(f"account:{customer}" for customer in _CUSTOMERS),
    "stock:TEA-250G",
    "stock:tea-250g",
    "stock:CUP",
    "limits",
)


def _quote() -> Quote:
    lines = [
        QuoteLine(str(number), sku=sku, quantity=1, list_amount=Money(100, "CNY"))
        for number, sku in enumerate(("TEA-250G", "CUP"))
    ]
    return Quote(currency="CNY", at=START, lines=lines)


@attrs.frozen
class _Wish:
    """An order of a customer, held by some of the rules; ``freed`` is whether these go again."""

    order_id: str
    customer: str
    rules: tuple[str, ...]
    freed: bool


def _wishes() -> st.SearchStrategy[list[_Wish]]:
    rules = st.lists(st.sampled_from(_RULES), max_size=3, unique=True).map(tuple)
    each = st.builds(
        _Wish, st.sampled_from(_ORDERS), st.sampled_from(_CUSTOMERS), rules, st.booleans()
    )
    return st.lists(each, min_size=1, max_size=3, unique_by=lambda wish: wish.order_id)


def _commit(
    before: Order | None, messages: Iterable[OrderMessage], id: str
) -> tuple[Order, Commit]:
    events: list[orders.OrderEvent] = []
    order = before
    for message in messages:
        made = orders.decide(order, message, _KIT).accepted().events
        order = fold(orders, made, order)
        events.extend(made)
    assert order is not None
    change = OrderChange(
        expected_version=0 if before is None else before.version,
        state=order,
        events=tuple(events),
    )
    return order, Commit(command_id=id, at=START, changes=[change])


def _kept(store: StoreUnderTest, wish: _Wish) -> Order:
    """The order as saved: placed and held in one commit, and freed in another."""
    id = wish.order_id
    place = PlaceOrder(id, quote=_quote(), command_id="p", customer=wish.customer)
    holds = [
        PlaceHold(
            id,
            command_id=f"h-{number}",
            hold_id=f"h-{number}",
            code="limit",
            auto=AutoRelease(outside=rule),
        )
        for number, rule in enumerate(wish.rules)
    ]
    order, commit = _commit(None, [place, *holds], f"{id}/held")
    store.unit_of_work.commit(commit)
    if wish.freed and holds:
        gone = [
            ReleaseHold(id, command_id=f"r-{hold.hold_id}", hold_id=hold.hold_id) for hold in holds
        ]
        order, commit = _commit(order, gone, f"{id}/freed")
        store.unit_of_work.commit(commit)
    return order


def _list(store: StoreUnderTest) -> WaitingOrders:
    if store.waiting is None:
        _broken("WAIT-1", "the store under test has no list of waiting orders")
    return store.waiting


class WaitingOrdersContract(StoreContract):
    """Orders are found by what they wait for, as they were last committed.

    Example:
        >>> from ordercore.testing import broken_clauses, memory_store
        >>> broken_clauses(WaitingOrdersContract, memory_store)
        ()
    """

    def test_waiting_orders_are_found_by_what_they_wait_for(self, new_store: NewStore) -> None:
        def holds(wishes: list[_Wish]) -> None:
            store = new_store()
            kept = [_kept(store, wish) for wish in wishes]
            for subject in {subject for order in kept for subject in waits_for(order)}:
                found = set(_list(store).waiting([subject]))
                wanted = {order.order_id for order in kept if subject in waits_for(order)}
                _require(wanted <= found, "WAIT-1", f"for {subject}: {wanted!r}, found {found!r}")

        self.prove("WAIT-1", _wishes(), holds)

    def test_other_orders_are_not(self, new_store: NewStore) -> None:
        def holds(wishes: list[_Wish]) -> None:
            store = new_store()
            kept = [_kept(store, wish) for wish in wishes]
            for subject in _SUBJECTS:
                found = set(_list(store).waiting([subject]))
                wanted = {order.order_id for order in kept if subject in waits_for(order)}
                _require(found <= wanted, "WAIT-2", f"for {subject}: {wanted!r}, found {found!r}")

        self.prove("WAIT-2", _wishes(), holds)

    def test_each_is_found_once_for_several_subjects(self, new_store: NewStore) -> None:
        def holds(wishes: list[_Wish]) -> None:
            store = new_store()
            kept = [_kept(store, wish) for wish in wishes]
            found = sorted(_list(store).waiting(_SUBJECTS))
            wanted = sorted(OrderId(order.order_id) for order in kept if waits_for(order))
            _require(found == wanted, "WAIT-3", f"wanted {wanted!r}, found {found!r}")

        self.prove("WAIT-3", _wishes(), holds)

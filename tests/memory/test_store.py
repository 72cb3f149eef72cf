"""The in-memory store by hand: one commit with every kind of change, refused whole or saved whole."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore import inventory, orders
from ordercore.inventory import Receive, StockItem, StockSnapshot
from ordercore.kernel import ConcurrencyConflict, Context, Money, Timer, fold
from ordercore.memory import MemoryStore, async_memory_ports, memory_ports
from ordercore.orders import CancelOrder, CapturePayment, PlaceOrder
from ordercore.ports import Commit, CommitReceipt, OrderChange, OutboxRow, StockChange, StockKey
from ordercore.pricing import Quote, QuoteLine
from ordercore.testing.store import account_commit, usage_commit

WEB = Context(now="2026-11-11T00:00:00Z", actor="web")
TEA = StockKey("TEA", "ningbo")
ROW = OutboxRow(
    aggregate="order:o-1",
    effect=CapturePayment(effect_id="e-1", order_id="o-1", payment_id="p", amount=Money(1, "CNY")),
)
TIMER = Timer(timer_id="t-1", at=WEB.now, command=CancelOrder("o-1", command_id="late"))


def finished(awaitable):
    """The memory adapters never wait, so no event loop is needed to come to the end."""
    try:
        awaitable.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("an in-memory adapter waited")


def order_change(before, *commands):
    state, events = before, []
    for command in commands:
        decided = orders.decide(state, command, WEB).accepted().events
        state, events = fold(orders, decided, state), [*events, *decided]
    version = 0 if before is None else before.version
    return OrderChange(expected_version=version, state=state, events=tuple(events))


def stock_change(before, units, command_id):
    move = Receive(sku="TEA", node="ningbo", quantity=units, command_id=command_id)
    events = inventory.decide(before, move, WEB).accepted().events
    version = 0 if before is None else before.version
    return StockChange(
        expected_version=version, state=fold(inventory, events, before), events=events
    )


LINE = QuoteLine("1", sku="TEA", quantity=2, list_amount=Money(200, "CNY"))
PLACED = order_change(
    None,
    PlaceOrder("o-1", quote=Quote(currency="CNY", at=WEB.now, lines=[LINE]), command_id="c-1"),
)
CANCELLED = order_change(PLACED.state, CancelOrder("o-1", command_id="c-2"))
STOCKED = stock_change(None, 3, "m-1")
MORE = stock_change(STOCKED.state, 4, "m-2")
USED = usage_commit("first", "u-1", None).changes[0]
USED_AGAIN = usage_commit("first", "u-2", USED.state).changes[0]


def commit(command_id, *changes, **rest):
    return Commit(command_id=command_id, at=WEB.now, changes=changes, **rest)


FIRST = commit("1", PLACED, STOCKED, USED, outbox=(ROW,), timers=(TIMER,))
SECOND = commit("2", CANCELLED, MORE, USED_AGAIN)


def plain(store):
    return memory_ports(store=store).unit_of_work.commit


def awaited(store):
    later = async_memory_ports(store=store).unit_of_work.commit
    return lambda given: finished(later(given))


BOTH = pytest.mark.parametrize("save", [plain, awaited, lambda store: store.commit])


def held(store):
    return {
        name: {key: list(log) for key, log in value.items()}
        if name.endswith("_events")
        else type(value)(value)
        for name, value in vars(store).items()
    }


@BOTH
def test_a_commit_is_saved_whole(save):
    store = MemoryStore()
    assert save(store)(FIRST) == CommitReceipt("1")
    assert store.orders == {"o-1": PLACED.state}
    assert store.order_events == {"o-1": list(PLACED.events)}
    assert store.stock == {TEA: STOCKED.state}
    assert store.stock_events == {TEA: list(STOCKED.events)}
    assert store.usage == {"first": USED.state}
    assert store.usage_events == {"first": list(USED.events)}
    assert (store.outbox, store.timers, store.committed) == ([ROW], [TIMER], {"1"})


@BOTH
def test_events_outbox_and_timers_are_appended_in_their_order(save):
    store = MemoryStore()
    save(store)(FIRST)
    second = attrs.evolve(SECOND, outbox=(ROW, ROW), timers=(TIMER,))
    save(store)(second)
    assert store.order_events["o-1"] == [*PLACED.events, *CANCELLED.events]
    assert fold(orders, store.order_events["o-1"]) == store.orders["o-1"]
    assert fold(inventory, store.stock_events[TEA]) == store.stock[TEA]
    assert store.usage["first"].used == 2
    assert len(store.usage_events["first"]) == 2
    assert (len(store.outbox), len(store.timers)) == (3, 2)


STALE = [
    (commit("3", PLACED), "order:o-1", 0, 1),
    (commit("3", STOCKED), "stock:TEA@ningbo", 0, 1),
    (commit("3", USED), "promotion_usage:first", 0, 1),
    (commit("3", CANCELLED, STOCKED, USED_AGAIN), "stock:TEA@ningbo", 0, 1),
    (commit("3", PLACED, STOCKED, USED), "order:o-1", 0, 1),
    (commit("3", CANCELLED, MORE, USED), "promotion_usage:first", 0, 1),
    (
        commit("3", attrs.evolve(MORE, expected_version=4, state=attrs.evolve(MORE.state, version=5))),
        "stock:TEA@ningbo",
        4,
        1,
    ),
]  # fmt: skip


@BOTH
@pytest.mark.parametrize(("late", "aggregate", "expected", "actual"), STALE)
def test_one_stale_version_refuses_all_of_a_commit(save, late, aggregate, expected, actual):
    store = MemoryStore()
    save(store)(FIRST)
    before = held(store)
    with pytest.raises(ConcurrencyConflict) as caught:
        save(store)(attrs.evolve(late, outbox=(ROW,), timers=(TIMER,)))
    conflict = caught.value
    assert (conflict.aggregate, conflict.expected, conflict.actual) == (aggregate, expected, actual)
    assert held(store) == before
    # The id was not used up: the same request may be decided again and saved.
    assert not save(store)(attrs.evolve(SECOND, command_id="3")).repeated


@BOTH
def test_a_command_id_is_saved_once_whatever_comes_with_it(save):
    store = MemoryStore()
    save(store)(FIRST)
    before = held(store)
    for again in (FIRST, attrs.evolve(SECOND, command_id="1", outbox=(ROW,), timers=(TIMER,))):
        assert save(store)(again) == CommitReceipt("1", repeated=True)
        assert held(store) == before


def test_a_version_that_nobody_saved_is_a_conflict_too():
    with pytest.raises(ConcurrencyConflict) as caught:
        MemoryStore().commit(SECOND)
    assert (caught.value.expected, caught.value.actual) == (1, 0)


def test_reads_are_of_what_was_saved():
    store = MemoryStore()
    ports, later = memory_ports(store=store), async_memory_ports(store=store)
    assert (ports.orders.load("o-1"), tuple(ports.orders.events("o-1"))) == (None, ())
    assert finished(later.orders.load("o-1")) is None
    assert tuple(finished(later.orders.events("o-1"))) == ()
    store.commit(FIRST)
    assert ports.orders.load("o-1") == finished(later.orders.load("o-1")) == PLACED.state
    assert ports.orders.events("o-1") == finished(later.orders.events("o-1")) == PLACED.events
    other = StockKey("TEA", "wuhan")
    assert ports.stock.load_many([TEA, other]) == {TEA: STOCKED.state}
    assert finished(later.stock.load_many([TEA, other])) == {TEA: STOCKED.state}
    assert ports.usage.load_many(["first", "x"]) == {"first": USED.state}
    assert finished(later.usage.load_many(["first", "x"])) == {"first": USED.state}
    assert not ports.stock.load_many([])


def test_accounts_are_saved_and_read_like_the_rest():
    store = MemoryStore()
    ports, later = memory_ports(store=store), async_memory_ports(store=store)
    assert (ports.credit.load("c-9"), tuple(ports.credit.events("c-9"))) == (None, ())
    (change,) = account_commit("c-9", "a").changes
    store.commit(commit("1", PLACED, change))
    assert ports.credit.load("c-9") == finished(later.credit.load("c-9")) == change.state
    assert ports.credit.events("c-9") == finished(later.credit.events("c-9")) == change.events
    with pytest.raises(ConcurrencyConflict) as caught:
        store.commit(commit("2", CANCELLED, change))
    assert caught.value.aggregate == "credit_account:c-9"
    assert store.orders["o-1"] == PLACED.state


def test_events_that_were_read_do_not_grow_under_the_reader():
    store = MemoryStore()
    store.commit(FIRST)
    read = memory_ports(store=store).orders.events("o-1")
    store.commit(SECOND)
    assert read == PLACED.events


@given(st.dictionaries(st.tuples(st.sampled_from("TC"), st.sampled_from("mn")), st.integers(0, 9)))
def test_a_snapshot_is_stock_to_begin_with(levels):
    snapshot = StockSnapshot.of(levels)
    for ports in (memory_ports(stock=snapshot), memory_ports(store=MemoryStore(stock=snapshot))):
        items = ports.stock.load_many([StockKey(*key) for key in levels])
        assert {(key.sku, key.node): item.available for key, item in items.items()} == levels
        for item in items.values():
            assert (item.received, item.reserved, item.version) == (item.on_hand, 0, 1)
            for law in inventory.INVARIANTS:
                law.require(item)
    later = async_memory_ports(stock=snapshot)
    assert len(finished(later.stock.load_many([StockKey(*key) for key in levels]))) == len(levels)


def test_stores_are_separate_unless_they_are_shared():
    store = MemoryStore(stock=[StockItem(sku="TEA", node="ningbo", received=1, version=1)])
    assert memory_ports(store=store).stock.load_many([TEA]) == store.stock
    assert memory_ports().stock.load_many([TEA]) == {}
    item = StockItem(sku="TEA", node="ningbo", received=7, version=1)
    assert memory_ports(stock=[item]).stock.load_many([TEA]) == {TEA: item}
    assert finished(async_memory_ports(stock=[item]).stock.load_many([TEA])) == {TEA: item}

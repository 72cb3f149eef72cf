"""The in-memory adapters keep the contract, plain and awaited."""

from __future__ import annotations

import pytest
from hypothesis import given

from ordercore.inventory import StockItem, StockSnapshot
from ordercore.memory import MemoryStore, async_memory_ports, memory_ports
from ordercore.network import Network
from ordercore.pricing import PriceBook
from ordercore.testing import (
    CreditRepositoryContract,
    OrderRepositoryContract,
    StockRepositoryContract,
    UnitOfWorkContract,
    awaited,
    memory_store,
)
from ordercore.testing.strategies import networks, price_books, stock_snapshots


def finished(awaitable):
    """The memory adapters never wait, so no event loop is needed to come to the end."""
    try:
        awaitable.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("an in-memory adapter waited")


def awaited_store():
    store = MemoryStore()
    return awaited(
        async_memory_ports(store=store),
        run=finished,
        outbox=lambda: tuple(store.outbox),
        timers=lambda: tuple(store.timers),
    )


class _Plain:
    @pytest.fixture
    def new_store(self):
        return memory_store


class _Awaited:
    @pytest.fixture
    def new_store(self):
        return awaited_store


class TestOrders(_Plain, OrderRepositoryContract): ...


class TestStock(_Plain, StockRepositoryContract): ...


class TestCredit(_Plain, CreditRepositoryContract): ...


class TestUnitOfWork(_Plain, UnitOfWorkContract): ...


class TestAwaitedOrders(_Awaited, OrderRepositoryContract): ...


class TestAwaitedStock(_Awaited, StockRepositoryContract): ...


class TestAwaitedCredit(_Awaited, CreditRepositoryContract): ...


class TestAwaitedUnitOfWork(_Awaited, UnitOfWorkContract): ...


@given(stock_snapshots())
def test_a_snapshot_becomes_stock_that_was_received(snapshot):
    store = MemoryStore(stock=snapshot)
    assert StockSnapshot.from_items(store.stock.values()) == snapshot
    assert all(item.version == 1 for item in store.stock.values())


def test_items_are_taken_as_they_are():
    item = StockItem(sku="T", node="n", received=2, version=4)
    assert list(MemoryStore(stock=[item]).stock.values()) == [item]


@given(price_books(), networks())
def test_prices_and_network_are_those_given(book, network):
    ports = memory_ports(prices=book, network=network)
    assert ports.prices.price_book(None, None) is book
    assert ports.network.network() is network
    later = async_memory_ports(prices=book, network=network)
    assert finished(later.prices.price_book(None, None)) is book
    assert finished(later.network.network()) is network


def test_without_prices_and_network_there_are_empty_ones():
    ports = memory_ports()
    assert ports.prices.price_book(None, None) == PriceBook.of({})
    assert ports.network.network() == Network()
    assert async_memory_ports().orders is not None

"""An in-memory store that keeps every promise of the ports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from ordercore.inventory import StockEvent, StockItem, StockSnapshot
from ordercore.kernel import (
    Accepted,
    ChannelId,
    CommandId,
    ConcurrencyConflict,
    CustomerId,
    Instant,
    OrderId,
    PromotionId,
    Timer,
)
from ordercore.network import Network
from ordercore.orders import (
    CauseKind,
    CreditAccount,
    CreditEvent,
    Order,
    OrderEvent,
    RefusedAttempt,
    waits_for,
)
from ordercore.ports import (
    AsyncPorts,
    Change,
    Commit,
    CommitReceipt,
    CreditChange,
    OrderChange,
    OutboxRow,
    Ports,
    StockChange,
    StockKey,
    UsageChange,
)
from ordercore.pricing import PriceBook, PromotionUsage, UsageEvent

__all__ = ["MemoryStore", "async_memory_ports", "memory_ports"]


def _stock_items(stock: StockSnapshot | Iterable[StockItem]) -> Iterable[StockItem]:
    """A snapshot says what is there but not how it came: it counts as received in one move."""
    if not isinstance(stock, StockSnapshot):
        return stock
    return [
        StockItem(sku=sku, node=node, received=units, version=1)
        for sku, nodes in stock.levels.items()
        for node, units in nodes.items()
    ]


class MemoryStore:
    """Orders, stock, promotion usage, credit, outbox and timers in dictionaries.

    It is the embedded default and the model that other adapters are compared with. It is not
    shared between threads. What it holds is visible: ``orders``, ``stock``, ``usage``, ``credit``,
    ``outbox``, ``timers``, ``attempts`` and ``waiting`` may be read at any time.

    Example:
        >>> from ordercore.inventory import StockItem
        >>> store = MemoryStore(stock=[StockItem(sku="T", node="n", received=2, version=1)])
        >>> [str(key) for key in store.stock]
        ['T@n']
    """

    def __init__(self, *, stock: StockSnapshot | Iterable[StockItem] = ()) -> None:
        self.orders: dict[OrderId, Order] = {}
        self.order_events: dict[OrderId, list[OrderEvent]] = {}
        self.stock: dict[StockKey, StockItem] = {
            StockKey(item.sku, item.node): item for item in _stock_items(stock)
        }
        self.stock_events: dict[StockKey, list[StockEvent]] = {}
        self.usage: dict[PromotionId, PromotionUsage] = {}
        self.usage_events: dict[PromotionId, list[UsageEvent]] = {}
        self.credit: dict[CustomerId, CreditAccount] = {}
        self.credit_events: dict[CustomerId, list[CreditEvent]] = {}
        self.outbox: list[OutboxRow] = []
        self.timers: list[Timer] = []
        self.committed: set[CommandId] = set()
        self.accepted: dict[tuple[OrderId, CauseKind, str], Accepted] = {}
        self.attempts: list[RefusedAttempt] = []
        self.waiting: dict[OrderId, tuple[str, ...]] = {}

    def commit(self, commit: Commit) -> CommitReceipt:
        """Save a commit, all of it or nothing; a command id that is known saves nothing.

        Raises:
            ConcurrencyConflict: the first aggregate, in the order of kind and key, that is no
                longer at its expected version.
        """
        if commit.command_id in self.committed:
            return CommitReceipt(commit.command_id, repeated=True)
        for change in commit.changes:
            actual = self._version(change)
            if actual != change.expected_version:
                raise ConcurrencyConflict(
                    f"{change.kind.value}:{change.key}", change.expected_version, actual
                )
        for change in commit.changes:
            self._apply(change)
        self.outbox.extend(commit.outbox)
        self.timers.extend(commit.timers)
        self.committed.add(commit.command_id)
        return CommitReceipt(commit.command_id)

    def _version(self, change: Change) -> int:
        state: Order | StockItem | PromotionUsage | CreditAccount | None
        match change:
            case OrderChange():
                state = self.orders.get(change.key)
            case StockChange():
                state = self.stock.get(change.key)
            case UsageChange():
                state = self.usage.get(change.key)
            case CreditChange():
                state = self.credit.get(change.key)
            case _:  # pragma: no cover - the union is closed
                assert_never(change)
        return 0 if state is None else state.version

    def _apply(self, change: Change) -> None:
        match change:
            case OrderChange():
                self.orders[change.key] = change.state
                self.order_events.setdefault(change.key, []).extend(change.events)
                subjects = waits_for(change.state)
                if subjects:
                    self.waiting[change.key] = subjects
                else:
                    self.waiting.pop(change.key, None)
                for version, event in enumerate(change.events, change.expected_version + 1):
                    cause = event.cause
                    known = Accepted(cause.digest, version)
                    self.accepted[change.key, cause.kind, cause.id] = known
            case StockChange():
                self.stock[change.key] = change.state
                self.stock_events.setdefault(change.key, []).extend(change.events)
            case UsageChange():
                self.usage[change.key] = change.state
                self.usage_events.setdefault(change.key, []).extend(change.events)
            case CreditChange():
                self.credit[change.key] = change.state
                self.credit_events.setdefault(change.key, []).extend(change.events)
            case _:  # pragma: no cover - the union is closed
                assert_never(change)


class _Orders:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def load(self, order_id: OrderId, /) -> Order | None:
        return self._store.orders.get(order_id)

    def events(self, order_id: OrderId, /) -> Sequence[OrderEvent]:
        return tuple(self._store.order_events.get(order_id, ()))


class _Stock:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def load_many(self, keys: Sequence[StockKey], /) -> Mapping[StockKey, StockItem]:
        held = self._store.stock
        return {key: held[key] for key in keys if key in held}


class _Usage:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def load_many(
        self, promotions: Sequence[PromotionId], /
    ) -> Mapping[PromotionId, PromotionUsage]:
        held = self._store.usage
        return {key: held[key] for key in promotions if key in held}


class _Credit:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def load(self, customer: CustomerId, /) -> CreditAccount | None:
        return self._store.credit.get(customer)

    def events(self, customer: CustomerId, /) -> Sequence[CreditEvent]:
        return tuple(self._store.credit_events.get(customer, ()))


class _Prices:
    def __init__(self, book: PriceBook) -> None:
        self._book = book

    def price_book(self, _channel: ChannelId | None, _at: Instant, /) -> PriceBook:
        return self._book


class _NetworkSource:
    def __init__(self, network: Network) -> None:
        self._network = network

    def network(self) -> Network:
        return self._network


class _UnitOfWork:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def commit(self, commit: Commit, /) -> CommitReceipt:
        return self._store.commit(commit)


class _Attempts:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def note(self, attempt: RefusedAttempt, /) -> None:
        self._store.attempts.append(attempt)

    def attempts(self, order_id: OrderId, /) -> Sequence[RefusedAttempt]:
        return tuple(each for each in self._store.attempts if each.order_id == order_id)


class _CommandIndex:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def accepted(
        self, order_id: OrderId, kind: CauseKind, ids: Sequence[str], /
    ) -> Mapping[str, Accepted]:
        known = self._store.accepted
        return {id: known[order_id, kind, id] for id in ids if (order_id, kind, id) in known}


class _Waiting:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def waiting(self, subjects: Sequence[str], /) -> Sequence[OrderId]:
        wanted = set(subjects)
        return tuple(
            order_id
            for order_id, known in self._store.waiting.items()
            if not wanted.isdisjoint(known)
        )


class _AsyncWaiting:
    def __init__(self, store: MemoryStore) -> None:
        self._inner = _Waiting(store)

    async def waiting(self, subjects: Sequence[str], /) -> Sequence[OrderId]:
        return self._inner.waiting(subjects)


class _AsyncAttempts:
    def __init__(self, store: MemoryStore) -> None:
        self._inner = _Attempts(store)

    async def note(self, attempt: RefusedAttempt, /) -> None:
        self._inner.note(attempt)

    async def attempts(self, order_id: OrderId, /) -> Sequence[RefusedAttempt]:
        return self._inner.attempts(order_id)


class _AsyncCommandIndex:
    def __init__(self, store: MemoryStore) -> None:
        self._inner = _CommandIndex(store)

    async def accepted(
        self, order_id: OrderId, kind: CauseKind, ids: Sequence[str], /
    ) -> Mapping[str, Accepted]:
        return self._inner.accepted(order_id, kind, ids)


class _AsyncOrders:
    def __init__(self, store: MemoryStore) -> None:
        self._inner = _Orders(store)

    async def load(self, order_id: OrderId, /) -> Order | None:
        return self._inner.load(order_id)

    async def events(self, order_id: OrderId, /) -> Sequence[OrderEvent]:
        return self._inner.events(order_id)


class _AsyncStock:
    def __init__(self, store: MemoryStore) -> None:
        self._inner = _Stock(store)

    async def load_many(self, keys: Sequence[StockKey], /) -> Mapping[StockKey, StockItem]:
        return self._inner.load_many(keys)


class _AsyncUsage:
    def __init__(self, store: MemoryStore) -> None:
        self._inner = _Usage(store)

    async def load_many(
        self, promotions: Sequence[PromotionId], /
    ) -> Mapping[PromotionId, PromotionUsage]:
        return self._inner.load_many(promotions)


class _AsyncCredit:
    def __init__(self, store: MemoryStore) -> None:
        self._inner = _Credit(store)

    async def load(self, customer: CustomerId, /) -> CreditAccount | None:
        return self._inner.load(customer)

    async def events(self, customer: CustomerId, /) -> Sequence[CreditEvent]:
        return self._inner.events(customer)


class _AsyncPrices:
    def __init__(self, book: PriceBook) -> None:
        self._book = book

    async def price_book(self, _channel: ChannelId | None, _at: Instant, /) -> PriceBook:
        return self._book


class _AsyncNetworkSource:
    def __init__(self, network: Network) -> None:
        self._network = network

    async def network(self) -> Network:
        return self._network


class _AsyncUnitOfWork:
    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def commit(self, commit: Commit, /) -> CommitReceipt:
        return self._store.commit(commit)


def memory_ports(
    *,
    prices: PriceBook | None = None,
    stock: StockSnapshot | Iterable[StockItem] = (),
    network: Network | None = None,
    store: MemoryStore | None = None,
) -> Ports:
    """Ports over one in-memory store.

    Args:
        prices: The price book in force for every channel and instant; an empty one by default.
        stock: The stock to begin with, as items or as a snapshot; only for a new store.
        network: The nodes and carriers; an empty network by default.
        store: A store to look into or to share; a new one by default.

    Example:
        >>> ports = memory_ports()
        >>> ports.orders.load("o-1") is None
        True
    """
    held = MemoryStore(stock=stock) if store is None else store
    return Ports(
        orders=_Orders(held),
        stock=_Stock(held),
        usage=_Usage(held),
        credit=_Credit(held),
        prices=_Prices(PriceBook.of({}) if prices is None else prices),
        network=_NetworkSource(Network() if network is None else network),
        unit_of_work=_UnitOfWork(held),
        attempts=_Attempts(held),
        command_index=_CommandIndex(held),
        waiting=_Waiting(held),
    )


def async_memory_ports(
    *,
    prices: PriceBook | None = None,
    stock: StockSnapshot | Iterable[StockItem] = (),
    network: Network | None = None,
    store: MemoryStore | None = None,
) -> AsyncPorts:
    """As :func:`memory_ports`, with awaited adapters; nothing in them ever waits.

    Example:
        >>> async_memory_ports().orders is not None
        True
    """
    held = MemoryStore(stock=stock) if store is None else store
    return AsyncPorts(
        orders=_AsyncOrders(held),
        stock=_AsyncStock(held),
        usage=_AsyncUsage(held),
        credit=_AsyncCredit(held),
        prices=_AsyncPrices(PriceBook.of({}) if prices is None else prices),
        network=_AsyncNetworkSource(Network() if network is None else network),
        unit_of_work=_AsyncUnitOfWork(held),
        attempts=_AsyncAttempts(held),
        command_index=_AsyncCommandIndex(held),
        waiting=_AsyncWaiting(held),
    )

"""The ports: what ordercore needs from a store, a catalogue of prices, and a channel.

Each is a Protocol: an adapter needs no base class. Every port has an ``Async`` twin with the same
methods, awaited. Clauses that an adapter has to keep are numbered (``REPO-1`` …) in
:mod:`ordercore.testing.contracts`, which proves them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import attrs

from ordercore.inventory import StockItem
from ordercore.kernel import ChannelId, CustomerId, Instant, OrderId, PromotionId, checked
from ordercore.network import Network
from ordercore.orders import CreditAccount, CreditEvent, Order, OrderEvent
from ordercore.ports.audit import (
    AsyncAttemptLog,
    AsyncCommandIndex,
    AttemptLog,
    CommandIndex,
)
from ordercore.ports.commit import Commit, CommitReceipt, StockKey
from ordercore.ports.waiting import AsyncWaitingOrders, WaitingOrders
from ordercore.pricing import PriceBook, PromotionUsage

__all__ = [
    "AsyncCreditRepository",
    "AsyncNetworkSource",
    "AsyncOrderRepository",
    "AsyncPorts",
    "AsyncPriceSource",
    "AsyncPromotionUsageRepository",
    "AsyncStockRepository",
    "AsyncUnitOfWork",
    "CreditRepository",
    "NetworkSource",
    "OrderRepository",
    "Ports",
    "PriceSource",
    "PromotionUsageRepository",
    "StockRepository",
    "UnitOfWork",
]


class OrderRepository(Protocol):
    """Reads orders; they are written only through the unit of work."""

    def load(self, order_id: OrderId, /) -> Order | None:
        """The order as last committed, or None."""
        ...  # pragma: no cover - a protocol's body never runs

    def events(self, order_id: OrderId, /) -> Sequence[OrderEvent]:
        """All events of the order, oldest first; empty when there is no such order."""
        ...  # pragma: no cover - a protocol's body never runs


class StockRepository(Protocol):
    """Reads stock items."""

    def load_many(self, keys: Sequence[StockKey], /) -> Mapping[StockKey, StockItem]:
        """The items that exist among ``keys``."""
        ...  # pragma: no cover - a protocol's body never runs


class PromotionUsageRepository(Protocol):
    """Reads how often promotions were used."""

    def load_many(
        self, promotions: Sequence[PromotionId], /
    ) -> Mapping[PromotionId, PromotionUsage]:
        """The usages that exist among ``promotions``."""
        ...  # pragma: no cover - a protocol's body never runs


class CreditRepository(Protocol):
    """Reads credit accounts; they are written only through the unit of work."""

    def load(self, customer: CustomerId, /) -> CreditAccount | None:
        """The customer's account as last committed, or None."""
        ...  # pragma: no cover - a protocol's body never runs

    def events(self, customer: CustomerId, /) -> Sequence[CreditEvent]:
        """All events of the account, oldest first; empty when there is no such account."""
        ...  # pragma: no cover - a protocol's body never runs


class PriceSource(Protocol):
    """Gives the price book that is in force."""

    def price_book(self, channel: ChannelId | None, at: Instant, /) -> PriceBook:
        """The book for a channel at an instant."""
        ...  # pragma: no cover - a protocol's body never runs


class NetworkSource(Protocol):
    """Gives the nodes and carrier services."""

    def network(self) -> Network:
        """The network as it is now."""
        ...  # pragma: no cover - a protocol's body never runs


class UnitOfWork(Protocol):
    """Saves one commit: all of it, or nothing."""

    def commit(self, commit: Commit, /) -> CommitReceipt:
        """Save a commit.

        Raises:
            ConcurrencyConflict: an aggregate is no longer at its expected version; nothing was
                saved.
            PortFailure: the store could not answer; ``retryable`` says if trying again may help.
        """
        ...  # pragma: no cover - a protocol's body never runs


class AsyncOrderRepository(Protocol):
    """As :class:`OrderRepository`, awaited."""

    async def load(self, order_id: OrderId, /) -> Order | None:
        """The order as last committed, or None."""
        ...  # pragma: no cover - a protocol's body never runs

    async def events(self, order_id: OrderId, /) -> Sequence[OrderEvent]:
        """All events of the order, oldest first."""
        ...  # pragma: no cover - a protocol's body never runs


class AsyncStockRepository(Protocol):
    """As :class:`StockRepository`, awaited."""

    async def load_many(self, keys: Sequence[StockKey], /) -> Mapping[StockKey, StockItem]:
        """The items that exist among ``keys``."""
        ...  # pragma: no cover - a protocol's body never runs


class AsyncPromotionUsageRepository(Protocol):
    """As :class:`PromotionUsageRepository`, awaited."""

    async def load_many(
        self, promotions: Sequence[PromotionId], /
    ) -> Mapping[PromotionId, PromotionUsage]:
        """The usages that exist among ``promotions``."""
        ...  # pragma: no cover - a protocol's body never runs


class AsyncCreditRepository(Protocol):
    """As :class:`CreditRepository`, awaited."""

    async def load(self, customer: CustomerId, /) -> CreditAccount | None:
        """The customer's account as last committed, or None."""
        ...  # pragma: no cover - a protocol's body never runs

    async def events(self, customer: CustomerId, /) -> Sequence[CreditEvent]:
        """All events of the account, oldest first."""
        ...  # pragma: no cover - a protocol's body never runs


class AsyncPriceSource(Protocol):
    """As :class:`PriceSource`, awaited."""

    async def price_book(self, channel: ChannelId | None, at: Instant, /) -> PriceBook:
        """The book for a channel at an instant."""
        ...  # pragma: no cover - a protocol's body never runs


class AsyncNetworkSource(Protocol):
    """As :class:`NetworkSource`, awaited."""

    async def network(self) -> Network:
        """The network as it is now."""
        ...  # pragma: no cover - a protocol's body never runs


class AsyncUnitOfWork(Protocol):
    """As :class:`UnitOfWork`, awaited."""

    async def commit(self, commit: Commit, /) -> CommitReceipt:
        """Save a commit."""
        ...  # pragma: no cover - a protocol's body never runs


@attrs.frozen(kw_only=True)
@checked
class Ports:
    """The adapters that a workflow runs against, each chosen by the host.

    Without ``attempts`` refusals are answered and not kept; without ``command_index`` the ids that
    an order may have forgotten are looked for in its events, without ``waiting`` no order goes on
    by itself when somebody else's credit or stock comes free.
    """

    orders: OrderRepository
    stock: StockRepository
    usage: PromotionUsageRepository
    credit: CreditRepository
    prices: PriceSource
    network: NetworkSource
    unit_of_work: UnitOfWork
    attempts: AttemptLog | None = None
    command_index: CommandIndex | None = None
    waiting: WaitingOrders | None = None


@attrs.frozen(kw_only=True)
@checked
class AsyncPorts:
    """As :class:`Ports`, with awaited adapters."""

    orders: AsyncOrderRepository
    stock: AsyncStockRepository
    usage: AsyncPromotionUsageRepository
    credit: AsyncCreditRepository
    prices: AsyncPriceSource
    network: AsyncNetworkSource
    unit_of_work: AsyncUnitOfWork
    attempts: AsyncAttemptLog | None = None
    command_index: AsyncCommandIndex | None = None
    waiting: AsyncWaitingOrders | None = None

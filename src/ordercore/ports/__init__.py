"""What ordercore asks of the outside, as Protocols, and the one atomic request to a store.

An adapter implements a Protocol by having its methods; it inherits nothing. Reads are small and
typed; every write is a :class:`Commit`: changed aggregates with the versions they were decided on,
their events, the outbox and the command's id, saved together or not at all. A store that can do
that (SQLite, PostgreSQL, a log) is an adapter; ``ordercore.testing.contracts`` proves it.

Example:
    >>> from ordercore.ports import StockKey
    >>> str(StockKey("TEA", "ningbo"))
    'TEA@ningbo'
"""

from ordercore.ports.audit import (
    AsyncAttemptLog,
    AsyncCommandIndex,
    AttemptLog,
    CommandIndex,
)
from ordercore.ports.channel import AsyncChannel, Channel, ChannelPage, StatusReport
from ordercore.ports.commit import (
    AggregateKind,
    Change,
    Commit,
    CommitReceipt,
    CreditChange,
    OrderChange,
    OutboxRow,
    StockChange,
    StockKey,
    UsageChange,
)
from ordercore.ports.repositories import (
    AsyncCreditRepository,
    AsyncNetworkSource,
    AsyncOrderRepository,
    AsyncPorts,
    AsyncPriceSource,
    AsyncPromotionUsageRepository,
    AsyncStockRepository,
    AsyncUnitOfWork,
    CreditRepository,
    NetworkSource,
    OrderRepository,
    Ports,
    PriceSource,
    PromotionUsageRepository,
    StockRepository,
    UnitOfWork,
)
from ordercore.ports.waiting import AsyncWaitingOrders, WaitingOrders

__all__ = [
    "AggregateKind",
    "AsyncAttemptLog",
    "AsyncChannel",
    "AsyncCreditRepository",
    "AsyncCommandIndex",
    "AsyncNetworkSource",
    "AsyncOrderRepository",
    "AsyncPorts",
    "AsyncPriceSource",
    "AsyncPromotionUsageRepository",
    "AsyncStockRepository",
    "AsyncUnitOfWork",
    "AsyncWaitingOrders",
    "AttemptLog",
    "Change",
    "Channel",
    "ChannelPage",
    "CommandIndex",
    "Commit",
    "CommitReceipt",
    "CreditChange",
    "CreditRepository",
    "NetworkSource",
    "OrderChange",
    "OrderRepository",
    "OutboxRow",
    "Ports",
    "PriceSource",
    "PromotionUsageRepository",
    "StatusReport",
    "StockChange",
    "StockKey",
    "StockRepository",
    "UnitOfWork",
    "UsageChange",
    "WaitingOrders",
]

"""The store that a contract is about, and the commits that the kits bring to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeVar

import attrs
from hypothesis import strategies as st

from ordercore.inventory import StockItem
from ordercore.kernel import (
    Accepted,
    Context,
    CustomerId,
    Decision,
    Effect,
    Money,
    OrderId,
    PromotionId,
    Timer,
    fold,
    shift,
)
from ordercore.memory import MemoryStore, memory_ports
from ordercore.orders import (
    CauseKind,
    CreditAccount,
    CreditEvent,
    OpenAccount,
    Order,
    OrderEvent,
    RefusedAttempt,
    credit,
)
from ordercore.ports import (
    AsyncAttemptLog,
    AsyncCommandIndex,
    AsyncPorts,
    AsyncWaitingOrders,
    AttemptLog,
    CommandIndex,
    Commit,
    CommitReceipt,
    CreditChange,
    CreditRepository,
    OrderChange,
    OrderRepository,
    OutboxRow,
    PromotionUsageRepository,
    StockChange,
    StockKey,
    StockRepository,
    UnitOfWork,
    UsageChange,
    WaitingOrders,
)
from ordercore.pricing import ClaimUse, PromotionUsage, UsageDecider
from ordercore.testing.credit_values import CreditHistory
from ordercore.testing.order_history import History
from ordercore.testing.order_lives import histories
from ordercore.testing.trade_values import START, StockHistory, recorded_quotes

__all__ = [
    "StoreUnderTest",
    "account_commit",
    "awaited",
    "credit_commits",
    "memory_store",
    "order_commits",
    "stock_commit",
    "usage_commit",
]

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class StoreUnderTest:
    """One fresh, empty store as its adapter offers it.

    Args:
        orders: The adapter's order repository.
        stock: Its stock repository.
        usage: Its repository of promotion usage.
        credit: Its repository of credit accounts.
        unit_of_work: What commits to the same store.
        outbox: Reads all rows that wait to be sent, oldest first.
        timers: Reads all timers that are set.
        attempts: Its log of refused attempts, where it has one.
        command_index: Its index of accepted ids, where it has one.
        waiting: Its list of orders that wait, where it has one.
    """

    orders: OrderRepository
    stock: StockRepository
    usage: PromotionUsageRepository
    credit: CreditRepository
    unit_of_work: UnitOfWork
    outbox: Callable[[], Sequence[OutboxRow]]
    timers: Callable[[], Sequence[Timer]]
    attempts: AttemptLog | None = None
    command_index: CommandIndex | None = None
    waiting: WaitingOrders | None = None


def memory_store(store: MemoryStore | None = None) -> StoreUnderTest:
    """The in-memory store, as the contracts take it.

    Example:
        >>> memory_store().orders.load("o-1") is None
        True
    """
    held = MemoryStore() if store is None else store
    ports = memory_ports(store=held)
    return StoreUnderTest(
        orders=ports.orders,
        stock=ports.stock,
        usage=ports.usage,
        credit=ports.credit,
        unit_of_work=ports.unit_of_work,
        outbox=lambda: tuple(held.outbox),
        timers=lambda: tuple(held.timers),
        attempts=ports.attempts,
        command_index=ports.command_index,
        waiting=ports.waiting,
    )


# --- awaited adapters ---


class Runner(Protocol):
    """Runs an awaitable to its end, as ``asyncio.run`` does."""

    def __call__(self, awaitable: Awaitable[T], /) -> T:
        """The awaitable's result."""
        ...  # pragma: no cover - a protocol's body never runs


@attrs.frozen
class _Orders:
    ports: AsyncPorts
    run: Runner

    def load(self, order_id: OrderId, /) -> Order | None:
        return self.run(self.ports.orders.load(order_id))

    def events(self, order_id: OrderId, /) -> Sequence[OrderEvent]:
        return self.run(self.ports.orders.events(order_id))


@attrs.frozen
class _Stock:
    ports: AsyncPorts
    run: Runner

    def load_many(self, keys: Sequence[StockKey], /) -> Mapping[StockKey, StockItem]:
        return self.run(self.ports.stock.load_many(keys))


@attrs.frozen
class _Usage:
    ports: AsyncPorts
    run: Runner

    def load_many(
        self, promotions: Sequence[PromotionId], /
    ) -> Mapping[PromotionId, PromotionUsage]:
        return self.run(self.ports.usage.load_many(promotions))


@attrs.frozen
class _Credit:
    ports: AsyncPorts
    run: Runner

    def load(self, customer: CustomerId, /) -> CreditAccount | None:
        return self.run(self.ports.credit.load(customer))

    def events(self, customer: CustomerId, /) -> Sequence[CreditEvent]:
        return self.run(self.ports.credit.events(customer))


@attrs.frozen
class _UnitOfWork:
    ports: AsyncPorts
    run: Runner

    def commit(self, commit: Commit, /) -> CommitReceipt:
        return self.run(self.ports.unit_of_work.commit(commit))


@attrs.frozen
class _Attempts:
    log: AsyncAttemptLog
    run: Runner

    def note(self, attempt: RefusedAttempt, /) -> None:
        self.run(self.log.note(attempt))

    def attempts(self, order_id: OrderId, /) -> Sequence[RefusedAttempt]:
        return self.run(self.log.attempts(order_id))


@attrs.frozen
class _CommandIndex:
    index: AsyncCommandIndex
    run: Runner

    def accepted(
        self, order_id: OrderId, kind: CauseKind, ids: Sequence[str], /
    ) -> Mapping[str, Accepted]:
        return self.run(self.index.accepted(order_id, kind, ids))


@attrs.frozen
class _Waiting:
    listed: AsyncWaitingOrders
    run: Runner

    def waiting(self, subjects: Sequence[str], /) -> Sequence[OrderId]:
        return self.run(self.listed.waiting(subjects))


def awaited(
    ports: AsyncPorts,
    *,
    run: Runner,
    outbox: Callable[[], Sequence[OutboxRow]],
    timers: Callable[[], Sequence[Timer]],
) -> StoreUnderTest:
    """An awaited adapter as the contracts take it; ``run`` is your event loop's, one call a time.

    With asyncio, ``run`` is the ``run`` of an ``asyncio.Runner`` that lives as long as the store.
    """
    return StoreUnderTest(
        orders=_Orders(ports, run),
        stock=_Stock(ports, run),
        usage=_Usage(ports, run),
        credit=_Credit(ports, run),
        unit_of_work=_UnitOfWork(ports, run),
        outbox=outbox,
        timers=timers,
        attempts=None if ports.attempts is None else _Attempts(ports.attempts, run),
        command_index=(
            None if ports.command_index is None else _CommandIndex(ports.command_index, run)
        ),
        waiting=None if ports.waiting is None else _Waiting(ports.waiting, run),
    )


# --- commits ---


def order_commits(history: History) -> tuple[Commit, ...]:
    """One commit for each step of a life that changed the order, with its effects and timers."""
    commits = []
    for number, step in enumerate(history.steps):
        if isinstance(step.answer, Decision) and step.answer.events and step.after is not None:
            commits.append(
                Commit(
                    command_id=f"{history.order_id}/{number}",
                    at=step.context.now,
                    changes=[
                        OrderChange(
                            expected_version=0 if step.before is None else step.before.version,
                            state=step.after,
                            events=step.answer.events,
                        )
                    ],
                    outbox=_rows(history.order_id, step.answer.effects),
                    timers=step.answer.due,
                )
            )
    return tuple(commits)


def _rows(order_id: OrderId, effects: Sequence[Effect]) -> tuple[OutboxRow, ...]:
    return tuple(OutboxRow(aggregate=f"order:{order_id}", effect=effect) for effect in effects)


def stock_commit(history: StockHistory, command_id: str) -> Commit:
    """All moves of a stock item's life in one commit, with a timer."""
    return Commit(
        command_id=command_id,
        at=START,
        changes=[StockChange(expected_version=0, state=history.item, events=history.events)],
        timers=(
            Timer(timer_id=f"t/{command_id}", at=shift(START, days=1), command=history.commands[0]),
        ),
    )


def usage_commit(promotion_id: str, command_id: str, before: PromotionUsage | None) -> Commit:
    """One use of a promotion more."""
    wish = ClaimUse(promotion_id=promotion_id, order_id="o-1", command_id=command_id)
    decider = UsageDecider()
    events = decider.decide(before, wish, Context(now=START, actor="kit")).accepted().events
    return Commit(
        command_id=command_id,
        at=START,
        changes=[
            UsageChange(
                expected_version=0 if before is None else before.version,
                state=fold(decider, events, before),
                events=events,
            )
        ],
    )


def account_commit(customer: str, command_id: str) -> Commit:
    """A credit account opened."""
    opening = OpenAccount(customer, command_id=command_id, limit=Money(100_000, "CNY"))
    events = credit.decide(None, opening, Context(now=START, actor="kit")).accepted().events
    change = CreditChange(expected_version=0, state=fold(credit, events), events=events)
    return Commit(command_id=command_id, at=START, changes=[change])


def credit_commits(history: CreditHistory) -> tuple[Commit, ...]:
    """One commit for each step of an account's life that changed it."""
    return tuple(
        Commit(
            command_id=f"{step.message.customer}/{number}",
            at=step.context.now,
            changes=[
                CreditChange(
                    expected_version=0 if step.before is None else step.before.version,
                    state=step.after,
                    events=step.answer.events,
                )
            ],
        )
        for number, step in enumerate(history.steps)
        if isinstance(step.answer, Decision) and step.answer.events and step.after is not None
    )


def lives(*, order_id: str = "o-1") -> st.SearchStrategy[History]:
    """Lives of an order that are short enough to be stored by the hundred."""
    return histories(steps=4, order_id=order_id, quoted=recorded_quotes(lines=2))

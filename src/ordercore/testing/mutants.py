"""Broken stores: positive controls, each with the clause that must find it.

A kit that passes everything proves nothing. These stores are wrong in the ways adapters are wrong;
our tests assert that the contracts reject each of them by its clause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from ordercore.inventory import StockItem
from ordercore.kernel import Accepted, CommandId, ConcurrencyConflict, CustomerId, OrderId
from ordercore.memory import MemoryStore
from ordercore.orders import (
    CauseKind,
    CreditAccount,
    CreditEvent,
    Order,
    OrderEvent,
    RefusedAttempt,
)
from ordercore.ports import Commit, CommitReceipt, OrderChange, StockKey
from ordercore.testing.store import StoreUnderTest, memory_store

__all__ = ["MUTANTS", "Mutant"]


@attrs.frozen
class Mutant:
    """A way to be wrong: what it does, the clause that finds it, and the store that does it."""

    fault: str
    clause: str
    make: type[MemoryStore]

    def __call__(self) -> StoreUnderTest:
        """A fresh broken store, as the contracts take it."""
        held = self.make()
        if isinstance(held, _FindsWhoWaitsTwice):
            return attrs.evolve(memory_store(held), waiting=_Twice(held))
        return _wrapped(held) if isinstance(held, _Misread) else memory_store(held)


class _DropsAnEvent(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        receipt = super().commit(commit)
        for events in self.order_events.values():
            if len(events) > 1:
                del events[1]
        for happened in self.credit_events.values():
            if len(happened) > 1:
                del happened[1]
        return receipt


class _MutatesTheOrderOfEvents(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        receipt = super().commit(commit)
        if not receipt.repeated:
            for change in commit.changes:
                if isinstance(change, OrderChange):
                    self.order_events[change.key].reverse()
        return receipt


class _AcceptsAStaleVersion(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        try:
            return super().commit(commit)
        except ConcurrencyConflict:
            if commit.command_id in self.committed:
                raise
            for change in commit.changes:
                self._apply(change)
            self.committed.add(commit.command_id)
            return CommitReceipt(commit.command_id)


class _AppliesHalf(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        if commit.command_id in self.committed:
            return CommitReceipt(commit.command_id, repeated=True)
        for change in commit.changes:
            if self._version(change) != change.expected_version:
                actual = self._version(change)
                raise ConcurrencyConflict(str(change.key), change.expected_version, actual)
            self._apply(change)
        self.outbox.extend(commit.outbox)
        self.timers.extend(commit.timers)
        self.committed.add(commit.command_id)
        return CommitReceipt(commit.command_id)


class _ForgetsTheCommandId(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        receipt = super().commit(commit)
        self.committed.clear()
        return receipt


class _KeepsTheIdOfARefusal(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        try:
            return super().commit(commit)
        finally:
            self.committed.add(commit.command_id)


class _LosesTheOutbox(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        receipt = super().commit(commit)
        self.outbox.clear()
        return receipt


class _SendsTheOutboxAgain(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        self.outbox.extend(commit.outbox)
        return super().commit(commit)


class _LosesTimers(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        receipt = super().commit(commit)
        self.timers.clear()
        return receipt


class _FoldsCommandIds(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        if any(known.casefold() == commit.command_id.casefold() for known in self.committed):
            return CommitReceipt(CommandId(commit.command_id), repeated=True)
        return super().commit(commit)


class _ForgetsAnAttemptLikeAnother(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.attempts = _OnceEach()


class _OnceEach(list[RefusedAttempt]):
    def append(self, attempt: RefusedAttempt, /) -> None:
        if attempt not in self:
            super().append(attempt)


class _FoldsOrdersOfAttempts(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.attempts = _Folded()


class _Folded(list[RefusedAttempt]):
    def append(self, attempt: RefusedAttempt, /) -> None:
        # As a column that keeps ten letters, in small ones.
        told = attempt.order_id.casefold().partition("/")[0].partition(" ")[0]
        super().append(attrs.evolve(attempt, order_id=told))


class _IndexesWithoutEvents(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        receipt = super().commit(commit)
        self.accepted = {key: Accepted(known.digest, 1) for key, known in self.accepted.items()}
        return receipt


class _IndexesAnyCase(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        receipt = super().commit(commit)
        for (order_id, kind, id), known in tuple(self.accepted.items()):
            self.accepted[order_id, kind, id.upper()] = known
        return receipt


class _IndexesOneKind(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        receipt = super().commit(commit)
        for (order_id, _, id), known in tuple(self.accepted.items()):
            for kind in CauseKind:
                self.accepted[order_id, kind, id] = known
        return receipt


class _ForgetsWhoWaits(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        receipt = super().commit(commit)
        # As a column that holds one thing.
        self.waiting = {id: subjects[:1] for id, subjects in self.waiting.items()}
        return receipt


class _KeepsWhoWaitedOnce(MemoryStore):
    def commit(self, commit: Commit) -> CommitReceipt:
        before = dict(self.waiting)
        receipt = super().commit(commit)
        self.waiting = before | self.waiting
        return receipt


class _FindsWhoWaitsTwice(MemoryStore):
    """Its list is read by :class:`_Twice`."""


@attrs.frozen
class _Twice:
    """As a join without ``distinct``: an order for each thing that it waits for."""

    store: MemoryStore

    def waiting(self, subjects: Sequence[str], /) -> Sequence[OrderId]:
        return tuple(
            order_id
            for order_id, known in self.store.waiting.items()
            for subject in known
            if subject in subjects
        )


class _Misread(MemoryStore):
    """Writes right and reads wrong; the readers below are put in front of it."""

    def order(self, order_id: OrderId) -> Order | None:
        return self.orders.get(order_id)

    def account(self, customer: CustomerId) -> CreditAccount | None:
        return self.credit.get(customer)

    def items(self, keys: Sequence[StockKey]) -> Mapping[StockKey, StockItem]:
        return {key: self.stock[key] for key in keys if key in self.stock}


class _GivesSomeoneElsesOrder(_Misread):
    def order(self, order_id: OrderId) -> Order | None:
        # As a column whose collation takes small letters for capitals.
        alike = [key for key in self.orders if key.casefold() == order_id.casefold()]
        return self.orders[alike[0]] if alike else None


class _GivesAnOldOrder(_Misread):
    def commit(self, commit: Commit) -> CommitReceipt:
        self.before = dict(self.orders)
        return super().commit(commit)

    def order(self, order_id: OrderId) -> Order | None:
        # As a read replica that lags behind.
        return getattr(self, "before", {}).get(order_id)


class _GivesSomeoneElsesAccount(_Misread):
    def account(self, customer: CustomerId) -> CreditAccount | None:
        alike = [key for key in self.credit if key.casefold() == customer.casefold()]
        return self.credit[alike[0]] if alike else None


class _GivesAnOldAccount(_Misread):
    def commit(self, commit: Commit) -> CommitReceipt:
        self.before = dict(self.credit)
        return super().commit(commit)

    def account(self, customer: CustomerId) -> CreditAccount | None:
        return getattr(self, "before", {}).get(customer)


class _GivesMoreThanWasAsked(_Misread):
    def items(self, keys: Sequence[StockKey]) -> Mapping[StockKey, StockItem]:
        skus = {key.sku for key in keys}
        return {key: item for key, item in self.stock.items() if key.sku in skus}


@attrs.frozen
class _Orders:
    store: _Misread

    def load(self, order_id: OrderId, /) -> Order | None:
        return self.store.order(order_id)

    def events(self, order_id: OrderId, /) -> Sequence[OrderEvent]:
        return tuple(self.store.order_events.get(order_id, ()))


@attrs.frozen
class _Stock:
    store: _Misread

    def load_many(self, keys: Sequence[StockKey], /) -> Mapping[StockKey, StockItem]:
        return self.store.items(keys)


@attrs.frozen
class _Credit:
    store: _Misread

    def load(self, customer: CustomerId, /) -> CreditAccount | None:
        return self.store.account(customer)

    def events(self, customer: CustomerId, /) -> Sequence[CreditEvent]:
        return tuple(self.store.credit_events.get(customer, ()))


def _wrapped(store: _Misread) -> StoreUnderTest:
    return attrs.evolve(
        memory_store(store), orders=_Orders(store), stock=_Stock(store), credit=_Credit(store)
    )


MUTANTS: tuple[Mutant, ...] = (
    Mutant("drops an event", "REPO-4", _DropsAnEvent),
    Mutant("mutates the order of events", "REPO-4", _MutatesTheOrderOfEvents),
    Mutant("accepts a stale version", "REPO-3", _AcceptsAStaleVersion),
    Mutant("reads what was before the last commit", "REPO-2", _GivesAnOldOrder),
    Mutant("gives someone else's order", "REPO-6", _GivesSomeoneElsesOrder),
    Mutant("gives more stock than was asked for", "STOCK-3", _GivesMoreThanWasAsked),
    Mutant("accepts a stale stock item", "STOCK-4", _AcceptsAStaleVersion),
    Mutant("reads what an account was before", "CREDIT-2", _GivesAnOldAccount),
    Mutant("accepts a stale account", "CREDIT-3", _AcceptsAStaleVersion),
    Mutant("drops an event of an account", "CREDIT-4", _DropsAnEvent),
    Mutant("gives someone else's account", "CREDIT-6", _GivesSomeoneElsesAccount),
    Mutant("applies half a commit", "UOW-2", _AppliesHalf),
    Mutant("keeps the command id of a refused commit", "UOW-2", _KeepsTheIdOfARefusal),
    Mutant("forgets the command id", "UOW-3", _ForgetsTheCommandId),
    Mutant("sends the outbox again on a repeat", "UOW-3", _SendsTheOutboxAgain),
    Mutant("loses the outbox", "UOW-4", _LosesTheOutbox),
    Mutant("loses timers", "UOW-5", _LosesTimers),
    Mutant("accepts a version ahead", "UOW-6", _AcceptsAStaleVersion),
    Mutant("takes one command id for another", "UOW-7", _FoldsCommandIds),
    Mutant("keeps equal attempts once", "ATTEMPT-2", _ForgetsAnAttemptLikeAnother),
    Mutant("takes one order's attempts for another's", "ATTEMPT-3", _FoldsOrdersOfAttempts),
    Mutant("indexes ids without their version", "INDEX-1", _IndexesWithoutEvents),
    Mutant("indexes ids in any case", "INDEX-2", _IndexesAnyCase),
    Mutant("indexes commands and facts as one", "INDEX-3", _IndexesOneKind),
    Mutant("knows one thing that an order waits for", "WAIT-1", _ForgetsWhoWaits),
    Mutant("keeps who waits no more", "WAIT-2", _KeepsWhoWaitedOnce),
    Mutant("finds who waits once for each thing", "WAIT-3", _FindsWhoWaitsTwice),
)
"""Every broken store, with what it does and the clause that must find it."""

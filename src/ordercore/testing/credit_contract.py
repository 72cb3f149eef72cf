"""The contract of a repository of credit accounts: what it promises, as tests to inherit."""

from __future__ import annotations

from hypothesis import strategies as st

from ordercore.kernel import ConcurrencyConflict, CustomerId, OrdercoreError
from ordercore.orders import credit
from ordercore.testing.contracts import (
    _TWINS,
    NewStore,
    StoreContract,
    _broken,
    _must_conflict,
    _renamed,
    _require,
)
from ordercore.testing.credit_values import CreditHistory, credit_histories
from ordercore.testing.store import credit_commits

__all__ = ["CreditRepositoryContract"]

_STEPS = 6


def _lives(*, customer: str = "c-9") -> st.SearchStrategy[CreditHistory]:
    return credit_histories(steps=_STEPS, customer=customer)


class CreditRepositoryContract(StoreContract):
    """Credit accounts are read as they were committed.

    Example:
        >>> from ordercore.testing import broken_clauses, memory_store
        >>> broken_clauses(CreditRepositoryContract, memory_store)
        ()
    """

    def test_an_unknown_account_is_none(self, new_store: NewStore) -> None:
        store = new_store()
        _require(store.credit.load(CustomerId("c-9")) is None, "CREDIT-1", "load gave an account")
        events = tuple(store.credit.events(CustomerId("c-9")))
        _require(events == (), "CREDIT-1", f"{len(events)} events of an account that is not there")

    def test_an_account_is_loaded_as_committed(self, new_store: NewStore) -> None:
        def holds(history: CreditHistory) -> None:
            store = new_store()
            for commit in credit_commits(history):
                store.unit_of_work.commit(commit)
                saved = commit.changes[0].state
                loaded = store.credit.load(history.account.customer)
                if loaded != saved:
                    _broken("CREDIT-2", f"committed {saved!r}, loaded {loaded!r}")

        self.prove("CREDIT-2", _lives(), holds)

    def test_a_stale_account_is_refused(self, new_store: NewStore) -> None:
        def holds(history: CreditHistory) -> None:
            commits = credit_commits(history)
            store = new_store()
            for commit in commits:
                store.unit_of_work.commit(commit)
            for number, commit in enumerate(commits):
                late = _renamed(commit, f"late/{number}")
                told = f"saved over version {history.account.version}"
                _must_conflict(store, late, "CREDIT-3", told)

        self.prove("CREDIT-3", _lives(), holds)

    def test_events_of_an_account_are_appended_in_order(self, new_store: NewStore) -> None:
        def holds(history: CreditHistory) -> None:
            store = new_store()
            wanted: tuple[object, ...] = ()
            for commit in credit_commits(history):
                store.unit_of_work.commit(commit)
                wanted += tuple(commit.changes[0].events)
                found = tuple(store.credit.events(history.account.customer))
                told = f"{len(wanted)} committed, {len(found)} or others read"
                _require(found == wanted, "CREDIT-4", told)

        self.prove("CREDIT-4", _lives(), holds)

    def test_the_events_are_the_account(self, new_store: NewStore) -> None:
        def holds(history: CreditHistory) -> None:
            store = new_store()
            for commit in credit_commits(history):
                store.unit_of_work.commit(commit)
            customer = history.account.customer
            loaded = store.credit.load(customer)
            try:
                replayed = credit.replay(None, store.credit.events(customer))
            except OrdercoreError as error:
                _broken("CREDIT-5", f"the events cannot be replayed: {error}")
            if replayed != loaded:
                _broken("CREDIT-5", f"replayed {replayed!r}, loaded {loaded!r}")

        self.prove("CREDIT-5", _lives(), holds)

    def test_accounts_are_kept_apart(self, new_store: NewStore) -> None:
        def holds(twins: tuple[CreditHistory, CreditHistory]) -> None:
            store = new_store()
            for history in twins:
                for commit in credit_commits(history):
                    try:
                        store.unit_of_work.commit(commit)
                    except ConcurrencyConflict as conflict:
                        _broken("CREDIT-6", f"a new account met another's version: {conflict}")
            for history in twins:
                customer = history.account.customer
                loaded = store.credit.load(customer)
                if loaded != history.account:
                    _broken("CREDIT-6", f"asked for {customer}, got {loaded!r}")
                events = tuple(store.credit.events(customer))
                _require(events == history.events, "CREDIT-6", f"events of {customer}")

        pairs = st.sampled_from(_TWINS).flatmap(
            lambda ids: st.tuples(_lives(customer=ids[0]), _lives(customer=ids[1]))
        )
        self.prove("CREDIT-6", pairs, holds)

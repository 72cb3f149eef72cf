"""Contracts: what every adapter of a store promises, as tests that its author inherits.

Subclass a contract under a name that pytest collects and give it one fixture, ``new_store``: a
function that makes a fresh, empty store. Each promise has a clause id, which stands in front of
every failure and in the how-to. Properties are built for each subclass, take a fresh store for
each example, and have no deadline.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar, NoReturn, TypeAlias, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from ordercore.kernel import ConcurrencyConflict, CustomerId, OrdercoreError, OrderId, PromotionId
from ordercore.orders import replay
from ordercore.ports import Commit, CommitReceipt, StockKey
from ordercore.testing.clauses import CLAUSES
from ordercore.testing.order_history import History
from ordercore.testing.store import (
    StoreUnderTest,
    account_commit,
    lives,
    order_commits,
    stock_commit,
    usage_commit,
)
from ordercore.testing.trade_values import START, StockHistory, stock_histories

__all__ = [
    "NewStore",
    "OrderRepositoryContract",
    "StockRepositoryContract",
    "StoreContract",
    "UnitOfWorkContract",
    "broken_clauses",
]

T = TypeVar("T")

NewStore: TypeAlias = Callable[[], StoreUnderTest]
"""Makes a fresh, empty store; called once for each example."""

_TWINS = (("o-1", "O-1"), ("o-1", "o-10"), ("a/b", "a_b"), ("茶", "茶 2"), ("50%", "50"))
_MOST_EXAMPLES = 20
_PHASES = (Phase.generate, Phase.reuse, Phase.explicit, Phase.shrink)


def _require(kept: object, clause: str, otherwise: str) -> None:
    if not kept:
        _broken(clause, otherwise)


def _broken(clause: str, otherwise: str) -> NoReturn:
    raise AssertionError(f'{clause} "{CLAUSES[clause]}": {otherwise}')


def _must_conflict(store: StoreUnderTest, commit: Commit, clause: str, otherwise: str) -> None:
    try:
        store.unit_of_work.commit(commit)
    except ConcurrencyConflict:
        return
    _broken(clause, f"{otherwise} without ConcurrencyConflict")


class StoreContract:
    """What the contracts share: the fixture, properties of a subclass, and the test of the kit."""

    clauses: ClassVar[dict[str, object]] = {}
    shrinks: bool = True
    """Whether a failing example is made as small as can be before it is shown."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "test_no_clause_is_left_out" in vars(cls):
            raise TypeError(f"KIT-1: {cls.__name__} overrides the guard of the kit")
        if StoreContract in cls.__bases__:
            cls.clauses = {name: vars(cls)[name] for name in vars(cls) if name.startswith("test_")}

    @pytest.fixture
    def new_store(self) -> NewStore:
        """To be given by the subclass."""
        pytest.fail(
            f"{type(self).__name__} needs a fixture `new_store` that returns a function, which "
            "makes a fresh, empty ordercore.testing.StoreUnderTest each time it is called",
            pytrace=False,
        )

    def prove(self, name: str, strategy: st.SearchStrategy[T], holds: Callable[[T], None]) -> None:
        """Try ``holds`` on drawn examples, under a name of this subclass alone."""

        def drawn(example: T) -> None:
            holds(example)

        # Hypothesis keeps failing examples by name: two adapters must not share theirs.
        owner = f"{type(self).__module__}.{type(self).__qualname__}.{name}"
        drawn.__name__ = drawn.__qualname__ = re.sub(r"\W", "_", owner)
        most = min(_MOST_EXAMPLES, settings.default.max_examples if settings.default else 100)
        quiet = settings(
            deadline=None,
            max_examples=most,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            verbosity=Verbosity.normal if self.shrinks else Verbosity.quiet,
            phases=_PHASES if self.shrinks else _PHASES[:1],
        )
        quiet(given(strategy)(drawn))()

    def test_no_clause_is_left_out(self) -> None:
        """A clause that an adapter cannot keep is marked xfail with a reason, never removed."""
        for name, promised in self.clauses.items():
            own = getattr(type(self), name, None)
            marks = getattr(own, "pytestmark", [])
            excused = any(mark.name == "xfail" and mark.kwargs.get("reason") for mark in marks)
            _require(
                own is promised or excused,
                "KIT-1",
                f"{type(self).__name__}.{name} is overridden without xfail(reason=…)",
            )


class OrderRepositoryContract(StoreContract):
    """Orders are read as they were committed.

    Example:
        >>> from ordercore.testing import memory_store
        >>> broken_clauses(OrderRepositoryContract, memory_store)
        ()
    """

    def test_an_unknown_order_is_none(self, new_store: NewStore) -> None:
        store = new_store()
        _require(store.orders.load(OrderId("o-1")) is None, "REPO-1", "load gave an order")
        events = tuple(store.orders.events(OrderId("o-1")))
        _require(events == (), "REPO-1", f"{len(events)} events of an order that is not there")

    def test_an_order_is_loaded_as_committed(self, new_store: NewStore) -> None:
        def holds(history: History) -> None:
            store = new_store()
            for commit in order_commits(history):
                store.unit_of_work.commit(commit)
                saved = commit.changes[0].state
                loaded = store.orders.load(history.order_id)
                if loaded != saved:
                    _broken("REPO-2", f"committed {saved!r}, loaded {loaded!r}")

        self.prove("REPO-2", lives(), holds)

    def test_a_stale_version_is_refused(self, new_store: NewStore) -> None:
        def holds(history: History) -> None:
            commits = order_commits(history)
            store = new_store()
            for commit in commits:
                store.unit_of_work.commit(commit)
            for number, commit in enumerate(commits):
                late = _renamed(commit, f"late/{number}")
                _must_conflict(
                    store,
                    late,
                    "REPO-3",
                    f"saved version {late.changes[0].state.version} over version "
                    f"{history.order.version}",
                )

        self.prove("REPO-3", lives(), holds)

    def test_events_are_appended_in_order(self, new_store: NewStore) -> None:
        def holds(history: History) -> None:
            store = new_store()
            wanted: tuple[object, ...] = ()
            for commit in order_commits(history):
                store.unit_of_work.commit(commit)
                wanted += tuple(commit.changes[0].events)
                found = tuple(store.orders.events(history.order_id))
                _require(
                    found == wanted,
                    "REPO-4",
                    f"{len(wanted)} committed, {len(found)} or others read",
                )

        self.prove("REPO-4", lives(), holds)

    def test_the_events_are_the_order(self, new_store: NewStore) -> None:
        def holds(history: History) -> None:
            store = new_store()
            for commit in order_commits(history):
                store.unit_of_work.commit(commit)
            loaded = store.orders.load(history.order_id)
            try:
                replayed = replay(None, store.orders.events(history.order_id))
            except OrdercoreError as error:
                _broken("REPO-5", f"the events cannot be replayed: {error}")
            if replayed != loaded:
                _broken("REPO-5", f"replayed {replayed!r}, loaded {loaded!r}")

        self.prove("REPO-5", lives(), holds)

    def test_orders_are_kept_apart(self, new_store: NewStore) -> None:
        def holds(twins: tuple[History, History]) -> None:
            store = new_store()
            for history in twins:
                for commit in order_commits(history):
                    store.unit_of_work.commit(commit)
            for history in twins:
                loaded = store.orders.load(history.order_id)
                if loaded != history.order:
                    _broken("REPO-6", f"asked for {history.order_id}, got {loaded!r}")
                events = tuple(store.orders.events(history.order_id))
                _require(events == history.events, "REPO-6", f"events of {history.order_id}")

        pairs = st.sampled_from(_TWINS).flatmap(
            lambda ids: st.tuples(lives(order_id=ids[0]), lives(order_id=ids[1]))
        )
        self.prove("REPO-6", pairs, self._tolerant(holds))

    @staticmethod
    def _tolerant(holds: Callable[[T], None]) -> Callable[[T], None]:
        """A store that takes two ids for one refuses the second order: that is the fault found."""

        def told(example: T) -> None:
            try:
                holds(example)
            except ConcurrencyConflict as conflict:
                _broken("REPO-6", f"a new order met another's version: {conflict}")

        return told


class StockRepositoryContract(StoreContract):
    """Stock items are read as they were committed.

    Example:
        >>> from ordercore.testing import memory_store
        >>> broken_clauses(StockRepositoryContract, memory_store)
        ()
    """

    def test_an_unknown_item_is_absent(self, new_store: NewStore) -> None:
        found = new_store().stock.load_many([StockKey("TEA", "ningbo")])
        _require(dict(found) == {}, "STOCK-1", f"found {dict(found)!r}")

    def test_an_item_is_loaded_as_committed(self, new_store: NewStore) -> None:
        def holds(history: StockHistory) -> None:
            store = new_store()
            store.unit_of_work.commit(stock_commit(history, "m"))
            key = StockKey(history.item.sku, history.item.node)
            found = store.stock.load_many([key]).get(key)
            _require(found == history.item, "STOCK-2", f"loaded {found!r}")

        self.prove("STOCK-2", stock_histories(), holds)

    def test_items_are_kept_apart(self, new_store: NewStore) -> None:
        def holds(three: tuple[StockHistory, StockHistory, StockHistory]) -> None:
            store = new_store()
            items = {StockKey(each.item.sku, each.item.node): each.item for each in three}
            for number, history in enumerate(three):
                try:
                    store.unit_of_work.commit(stock_commit(history, f"m-{number}"))
                except ConcurrencyConflict as conflict:
                    _broken("STOCK-3", f"a new item met another's version: {conflict}")
            for key, item in items.items():
                found = store.stock.load_many([key])
                _require(dict(found) == {key: item}, "STOCK-3", f"asked {key}, got {found!r}")
            _require(dict(store.stock.load_many(list(items))) == items, "STOCK-3", "asked for all")

        self.prove(
            "STOCK-3",
            st.tuples(
                stock_histories(sku="TEA", node="ningbo"),
                stock_histories(sku="TEA", node="wuhan"),
                stock_histories(sku="CUP", node="ningbo"),
            ),
            holds,
        )

    def test_a_stale_item_is_refused(self, new_store: NewStore) -> None:
        def holds(history: StockHistory) -> None:
            store = new_store()
            store.unit_of_work.commit(stock_commit(history, "m-1"))
            late = stock_commit(history, "m-2")
            _must_conflict(store, late, "STOCK-4", f"saved over version {history.item.version}")

        self.prove("STOCK-4", stock_histories(), holds)


class UnitOfWorkContract(StoreContract):
    """A commit is saved whole or not at all, once.

    Example:
        >>> from ordercore.testing import memory_store
        >>> broken_clauses(UnitOfWorkContract, memory_store)
        ()
    """

    def test_a_commit_is_saved_whole(self, new_store: NewStore) -> None:
        def holds(drawn: tuple[History, StockHistory]) -> None:
            store = new_store()
            whole = _joined(*drawn)
            receipt = store.unit_of_work.commit(whole)
            _require(
                receipt == CommitReceipt(whole.command_id), "UOW-1", f"the receipt is {receipt!r}"
            )
            missing = _missing(store, whole)
            _require(not missing, "UOW-1", f"not saved: {missing}")

        self.prove("UOW-1", st.tuples(lives(), stock_histories()), holds)

    def test_a_conflict_leaves_nothing(self, new_store: NewStore) -> None:
        def holds(drawn: tuple[History, StockHistory]) -> None:
            # Each kind of aggregate in turn is the one that is stale.
            history, moves = drawn
            whole = _joined(history, moves)
            for blocking in range(len(whole.changes)):
                store = new_store()
                _occupy(store, whole, blocking)
                rows, timers = tuple(store.outbox()), tuple(store.timers())
                _must_conflict(store, whole, "UOW-2", f"change {blocking} was stale, but saved")
                _nothing_more(store, whole, blocking, rows, timers)

        self.prove("UOW-2", st.tuples(lives(), stock_histories()), holds)

    def test_a_refused_commit_may_be_sent_again(self, new_store: NewStore) -> None:
        store = new_store()
        first = usage_commit("p", "c-1", None)
        store.unit_of_work.commit(first)
        _must_conflict(store, usage_commit("p", "c-2", None), "UOW-2", "a stale use was saved")
        usage = store.usage.load_many([PromotionId("p")])[PromotionId("p")]
        receipt = store.unit_of_work.commit(usage_commit("p", "c-2", usage))
        _require(not receipt.repeated, "UOW-2", "a command id was kept of a refused commit")

    def test_a_repeated_command_saves_nothing(self, new_store: NewStore) -> None:
        def holds(drawn: tuple[History, StockHistory]) -> None:
            store = new_store()
            whole = _joined(*drawn)
            store.unit_of_work.commit(whole)
            rows, timers = tuple(store.outbox()), tuple(store.timers())
            events = tuple(store.orders.events(drawn[0].order_id))
            try:
                receipt = store.unit_of_work.commit(whole)
            except ConcurrencyConflict as conflict:
                _broken("UOW-3", f"a repeat met its own version: {conflict}")
            _require(receipt.repeated, "UOW-3", "the receipt does not say `repeated`")
            _require(
                (tuple(store.outbox()), tuple(store.timers())) == (rows, timers)
                and tuple(store.orders.events(drawn[0].order_id)) == events,
                "UOW-3",
                "the repeat left rows, timers or events",
            )

        self.prove("UOW-3", st.tuples(lives(), stock_histories()), holds)

    def test_the_outbox_is_saved_with_the_change(self, new_store: NewStore) -> None:
        def holds(history: History) -> None:
            store = new_store()
            wanted: list[object] = []
            for commit in order_commits(history):
                store.unit_of_work.commit(commit)
                wanted.extend(commit.outbox)
                found = list(store.outbox())
                if found != wanted:
                    _broken("UOW-4", f"{len(wanted)} rows sent, found {found!r}")

        self.prove("UOW-4", lives(), holds)

    def test_timers_are_saved_with_the_change(self, new_store: NewStore) -> None:
        def holds(history: StockHistory) -> None:
            store = new_store()
            commit = stock_commit(history, "m")
            store.unit_of_work.commit(commit)
            found = list(store.timers())
            _require(found == list(commit.timers), "UOW-5", f"found {found!r}")

        self.prove("UOW-5", stock_histories(), holds)

    def test_a_version_ahead_is_refused(self, new_store: NewStore) -> None:
        def holds(history: History) -> None:
            commits = order_commits(history)
            for number, commit in enumerate(commits[1:], start=1):
                _must_conflict(
                    new_store(), commit, "UOW-6", f"commit {number} was saved on nothing"
                )

        self.prove("UOW-6", lives(), holds)

    def test_command_ids_are_kept_apart(self, new_store: NewStore) -> None:
        for one, other in _TWINS:
            store = new_store()
            store.unit_of_work.commit(usage_commit("p", one, None))
            receipt = store.unit_of_work.commit(usage_commit("q", other, None))
            _require(
                not receipt.repeated and receipt.command_id == other,
                "UOW-7",
                f"{other!r} was taken for {one!r}",
            )


# --- what the clauses are about ---


def _renamed(commit: Commit, command_id: str) -> Commit:
    return Commit(
        command_id=command_id,
        at=commit.at,
        changes=commit.changes,
        outbox=commit.outbox,
        timers=commit.timers,
    )


def _joined(history: History, moves: StockHistory) -> Commit:
    """The life of an order, a stock item's, a use of a promotion, an account, in one commit."""
    order, stock, use, owed = (
        order_commits(history),
        stock_commit(moves, "m"),
        usage_commit("11.11", "u", None),
        account_commit("c-9", "a"),
    )
    last = order[-1].changes[0]
    return Commit(
        command_id="whole",
        at=START,
        changes=[
            type(last)(expected_version=0, state=last.state, events=history.events),  # type: ignore[arg-type]
            *stock.changes,
            *use.changes,
            *owed.changes,
        ],
        outbox=tuple(row for commit in order for row in commit.outbox),
        timers=(*(timer for commit in order for timer in commit.timers), *stock.timers),
    )


def _missing(store: StoreUnderTest, commit: Commit) -> list[str]:
    """What of a commit, made on an empty store, is not there."""
    held = _held(store, commit)
    found = [str(change.key) for change in commit.changes if held[str(change.key)] != change.state]
    if tuple(store.outbox()) != commit.outbox:
        found.append("the outbox")
    if tuple(store.timers()) != commit.timers:
        found.append("the timers")
    return found


def _held(store: StoreUnderTest, commit: Commit) -> dict[str, object]:
    held: dict[str, object] = {}
    for change in commit.changes:
        key = change.key
        if isinstance(key, StockKey):
            held[str(key)] = store.stock.load_many([key]).get(key)
        elif isinstance(key, OrderId):
            held[str(key)] = store.orders.load(key)
        elif isinstance(key, CustomerId):
            held[str(key)] = store.credit.load(key)
        else:
            held[str(key)] = store.usage.load_many([key]).get(key)
    return held


def _occupy(store: StoreUnderTest, whole: Commit, blocking: int) -> None:
    """Commit one of the changes beforehand, so that it is stale in the whole."""
    store.unit_of_work.commit(
        Commit(command_id="before", at=whole.at, changes=[whole.changes[blocking]])
    )


def _nothing_more(
    store: StoreUnderTest,
    whole: Commit,
    blocking: int,
    rows: tuple[object, ...],
    timers: tuple[object, ...],
) -> None:
    held = _held(store, whole)
    for number, change in enumerate(whole.changes):
        wanted = change.state if number == blocking else None
        _require(held[str(change.key)] == wanted, "UOW-2", f"{change.key} was saved")
        if isinstance(change.key, OrderId):
            events = tuple(store.orders.events(change.key))
            kept = tuple(change.events) if number == blocking else ()
            _require(events == kept, "UOW-2", f"events of {change.key} were saved")
    _require(tuple(store.outbox()) == rows, "UOW-2", "outbox rows were saved")
    _require(tuple(store.timers()) == timers, "UOW-2", "timers were saved")


def broken_clauses(contract: type[StoreContract], new_store: NewStore) -> tuple[str, ...]:
    """The clauses of a contract that a store breaks, sorted; none for a right adapter.

    For a look without pytest, and for the proof that the kit finds what it is there to find.
    """
    kit = contract()
    kit.shrinks = False
    broken: set[str] = set()
    for name in contract.clauses:
        try:
            getattr(kit, name)(new_store)
        except AssertionError as failure:
            broken.add(str(failure).split(" ", maxsplit=1)[0])
    return tuple(sorted(broken))

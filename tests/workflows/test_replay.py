"""A workflow that is replayed has to be the same; one that is not is found out, plain and awaited."""

from __future__ import annotations

import attrs
import pytest

from ordercore.kernel import ConcurrencyConflict, InvalidValue, InvariantViolation, PortFailure
from ordercore.memory import MemoryStore, async_memory_ports, memory_ports
from ordercore.testing.store import usage_commit
from ordercore.workflows import LoadNetwork, LoadOrder, LoadUsage, Save, arun, perform, run


def finished(awaitable):
    """The memory adapters never wait, so no event loop is needed to come to the end."""
    try:
        awaitable.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("an in-memory adapter waited")


# --- a workflow that is not the same the second time ---


@attrs.define
class Changing:
    """Two steps; the second start is another workflow from ``change`` on."""

    change: str
    starts: int = 0

    def start(self):
        self.starts += 1
        other = self.starts > 1 and self.change
        if other == "nothing at all":
            return
        yield from perform(LoadUsage(("x",) if other == "first read" else ("a",)))
        if other == "ends before the commit":
            return
        yield from perform(Save(usage_commit("a", "9" if other == "commit" else "1", None)))
        if other == "ends after the commit":
            return
        held = yield from perform(LoadUsage(("x",) if other == "open step" else ("b",)))
        yield from perform(Save(usage_commit("b", "2", held.get("b"))))


class Conflicting:
    """Meets one conflict, at the second commit or at a read."""

    def __init__(self, store, at):
        self.store, self.left, self.at = store, 1, at

    def load_many(self, promotions, /):
        return self._maybe("read", promotions) or {}

    def commit(self, commit, /):
        if commit.changes[0].key == "b":
            self._maybe("commit", ("b",))
        return self.store.commit(commit)

    def _maybe(self, kind, names):
        if self.at == kind and "b" in names and self.left:
            self.left = 0
            raise ConcurrencyConflict("b", 0, 1)


@pytest.mark.parametrize("at", ["read", "commit"])
@pytest.mark.parametrize(
    "change",
    [
        "nothing at all",
        "first read",
        "ends before the commit",
        "commit",
        "ends after the commit",
        "open step",
    ],
)
def test_every_change_of_a_replayed_workflow_is_found(change, at):
    store = MemoryStore()
    between = Conflicting(store, at)
    ports = attrs.evolve(memory_ports(store=store), usage=between, unit_of_work=between)

    with pytest.raises(InvariantViolation) as caught:
        run(Changing(change), ports)
    assert caught.value.invariant == "INV-FLOW-1"
    assert list(store.usage) == ["a"]


@attrs.frozen
class TwoSteps:
    """Reads before, between and after two commits."""

    def start(self):
        order = yield from perform(LoadOrder("o-1"))
        first = yield from perform(LoadUsage(("a",)))
        yield from perform(Save(usage_commit("a", "1", first.get("a"))))
        network = yield from perform(LoadNetwork())
        second = yield from perform(LoadUsage(("b",)))
        yield from perform(Save(usage_commit("b", "2", second.get("b"))))
        last = yield from perform(LoadUsage(("a", "b")))
        return order, network.nodes, {str(name): usage.used for name, usage in last.items()}


class Counted:
    """Every port of a store, with each call noted and some of them failing."""

    def __init__(self, failures, awaited=False):
        self.store, self.failures, self.calls = MemoryStore(), dict(failures), []
        made = async_memory_ports if awaited else memory_ports
        self.inner = made(store=self.store)
        wrap = _Awaited if awaited else _Plain
        self.ports = attrs.evolve(
            self.inner,
            orders=wrap(self, "orders", "load"),
            usage=wrap(self, "usage", "load_many"),
            network=wrap(self, "network", "network"),
            unit_of_work=wrap(self, "unit_of_work", "commit"),
        )

    def called(self, port, *given):
        key = (
            given[0].changes[0].key
            if port == "unit_of_work"
            else str(given[0])
            if port == "orders"
            else ",".join(*given or [()])
        )
        name = f"{port}:{key}"
        self.calls.append(name)
        if self.failures.get(name):
            raise self.failures[name].pop()


class _Plain:
    def __init__(self, counted, port, method):
        def call(*given):
            counted.called(port, *given)
            return getattr(getattr(counted.inner, port), method)(*given)

        setattr(self, method, call)


class _Awaited:
    def __init__(self, counted, port, method):
        async def call(*given):
            counted.called(port, *given)
            return await getattr(getattr(counted.inner, port), method)(*given)

        setattr(self, method, call)


FIRST = ["orders:o-1", "usage:a", "unit_of_work:a"]
SECOND = ["network:", "usage:b", "unit_of_work:b"]
LAST = ["usage:a,b"]
CONFLICT = ConcurrencyConflict("x", 0, 1)
FAILURE = PortFailure("store", "down", True)


def both(failures, **options):
    """The outcome and the calls, which are the same plain and awaited."""
    results = []
    for awaited in (False, True):
        counted = Counted({name: list(given) for name, given in failures.items()}, awaited)
        flow = TwoSteps()
        try:
            if awaited:
                outcome = finished(arun(flow, counted.ports, **options))
            else:
                outcome = run(flow, counted.ports, **options)
        except (ConcurrencyConflict, PortFailure) as error:
            outcome = error
        results.append((outcome, counted.calls, sorted(counted.store.usage)))
    assert results[0] == results[1]
    return results[0]


DONE = (None, (), {"a": 1, "b": 1})


def test_without_a_conflict_everything_is_asked_once():
    assert both({}) == (DONE, FIRST + SECOND + LAST, ["a", "b"])


def test_a_conflict_in_the_first_step_asks_all_of_it_again():
    assert both({"unit_of_work:a": [CONFLICT]}) == (
        DONE,
        FIRST + FIRST + SECOND + LAST,
        ["a", "b"],
    )


def test_a_conflict_in_the_second_step_asks_nothing_of_the_first():
    assert both({"unit_of_work:b": [CONFLICT, CONFLICT]}) == (
        DONE,
        FIRST + SECOND * 3 + LAST,
        ["a", "b"],
    )


def test_a_conflict_that_a_read_meets_counts_like_one_of_a_commit():
    assert both({"usage:a,b": [CONFLICT, CONFLICT]}) == (
        DONE,
        FIRST + SECOND + LAST * 3,
        ["a", "b"],
    )


def test_a_step_has_its_attempts_whatever_the_step_before_it_used():
    failures = {"unit_of_work:a": [CONFLICT] * 2, "unit_of_work:b": [CONFLICT] * 2}
    assert both(failures, attempts=3)[:2] == (DONE, FIRST * 3 + SECOND * 3 + LAST)
    assert both(failures, attempts=2) == (CONFLICT, FIRST * 2, [])


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_the_second_step_stops_after_its_attempts_and_the_first_stays_saved(attempts):
    assert both({"unit_of_work:b": [CONFLICT] * 9}, attempts=attempts) == (
        CONFLICT,
        FIRST + SECOND * attempts,
        ["a"],
    )


@pytest.mark.parametrize(
    ("where", "saved"),
    [
        ("orders:o-1", []),
        ("unit_of_work:a", []),
        ("network:", ["a"]),
        ("usage:b", ["a"]),
        ("unit_of_work:b", ["a"]),
        ("usage:a,b", ["a", "b"]),
    ],
)
def test_a_failure_of_a_port_is_never_tried_again(where, saved):
    calls = FIRST + SECOND + LAST
    assert both({where: [FAILURE]}) == (FAILURE, calls[: calls.index(where) + 1], saved)


def test_the_script_of_a_failed_attempt_is_closed():
    closed = []

    class Flow(TwoSteps):
        def start(self):
            try:
                return (yield from TwoSteps.start(self))
            finally:
                closed.append(1)

    counted = Counted({"unit_of_work:b": [CONFLICT]})
    assert run(Flow(), counted.ports) == DONE
    assert len(closed) == 2


@pytest.mark.parametrize("attempts", [0, -1, True, 2.0, "3", None])
def test_attempts_that_are_no_number_from_one_are_refused_before_anything_is_asked(attempts):
    counted = Counted({})
    for go in (
        lambda: run(TwoSteps(), counted.ports, attempts=attempts),
        lambda: finished(arun(TwoSteps(), Counted({}, True).ports, attempts=attempts)),
    ):
        with pytest.raises(InvalidValue) as caught:
            go()
        assert (caught.value.code, caught.value.path) == ("workflow.attempts", "attempts")
    assert counted.calls == []

"""The runners: replay up to the last commit, attempts for each step, and the same result awaited."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import (
    ConcurrencyConflict,
    InvalidValue,
    InvariantViolation,
    PortFailure,
)
from ordercore.memory import MemoryStore, async_memory_ports, memory_ports
from ordercore.testing.store import usage_commit
from ordercore.workflows import LoadOrder, LoadUsage, Save, arun, perform, run


def finished(awaitable):
    """The memory adapters never wait, so no event loop is needed to come to the end."""
    try:
        awaitable.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("an in-memory adapter waited")


@attrs.frozen
class CountUp:
    """Uses of some promotions, one commit each, every one decided on what was read."""

    names: tuple[str, ...]

    def start(self):
        seen = []
        for name in self.names:
            held = yield from perform(LoadUsage((name,)))
            seen.append(held.get(name) and held[name].used)
            yield from perform(Save(usage_commit(name, f"c-{len(seen)}", held.get(name))))
        return tuple(seen)


class Interfering:
    """Commits somebody else's use just before ours, as often as it is told, for each promotion."""

    def __init__(self, store, conflicts):
        self.store, self.conflicts = store, dict(conflicts)
        self.tries, self.theirs = [], 0

    def commit(self, commit, /):
        name = commit.changes[0].key
        self.tries.append(str(name))
        if self.conflicts.get(name, 0):
            self.conflicts[name] -= 1
            self.theirs += 1
            theirs = usage_commit(name, f"theirs-{self.theirs}", self.store.usage.get(name))
            self.store.commit(theirs)
        return self.store.commit(commit)


class Awaiting(Interfering):
    async def commit(self, commit, /):
        return Interfering.commit(self, commit)


def plain(conflicts=()):
    store = MemoryStore()
    between = Interfering(store, conflicts)
    return attrs.evolve(memory_ports(store=store), unit_of_work=between), between


def later(conflicts=()):
    store = MemoryStore()
    between = Awaiting(store, conflicts)
    return attrs.evolve(async_memory_ports(store=store), unit_of_work=between), between


def test_a_conflict_asks_again_from_the_last_commit_only():
    ports, between = plain({"b": 2})
    assert run(CountUp(("a", "b", "c")), ports, attempts=3) == (None, 2, None)
    assert between.tries == ["a", "b", "b", "b", "c"]


def test_each_step_has_its_own_attempts():
    ports, between = plain({"a": 2, "b": 2})
    assert run(CountUp(("a", "b")), ports, attempts=3) == (2, 2)
    assert between.tries == ["a", "a", "a", "b", "b", "b"]


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_the_conflict_is_raised_after_the_attempts(attempts):
    ports, between = plain({"b": attempts})
    with pytest.raises(ConcurrencyConflict):
        run(CountUp(("a", "b")), ports, attempts=attempts)
    assert between.tries == ["a"] + ["b"] * attempts
    assert between.store.usage["a"].used == 1


@pytest.mark.parametrize("attempts", [0, -1, True, 1.0])
def test_attempts_are_a_whole_number_from_one(attempts):
    with pytest.raises(InvalidValue) as caught:
        run(CountUp(()), memory_ports(), attempts=attempts)
    assert caught.value.code == "workflow.attempts"


@given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)))
def test_awaited_and_plain_give_the_same(conflicts):
    names = ("a", "b", "c")

    def outcome(go):
        try:
            return go()
        except ConcurrencyConflict as conflict:
            return conflict.data()

    ports, between = plain(conflicts)
    async_ports, async_between = later(conflicts)
    assert outcome(lambda: run(CountUp(names), ports)) == outcome(
        lambda: finished(arun(CountUp(names), async_ports))
    )
    assert between.tries == async_between.tries
    assert between.store.usage == async_between.store.usage


def test_a_workflow_that_asks_something_else_when_replayed_is_found():
    starts = []

    class Fickle:
        def start(self):
            starts.append(1)
            yield from perform(LoadUsage((f"p-{len(starts)}",)))
            yield from perform(Save(usage_commit("a", "c-1", None)))
            held = yield from perform(LoadUsage(("b",)))
            yield from perform(Save(usage_commit("b", "c-2", held.get("b"))))

    ports, _ = plain({"b": 1})
    with pytest.raises(InvariantViolation) as caught:
        run(Fickle(), ports)
    assert caught.value.invariant == "INV-FLOW-1"


def test_a_failure_of_a_port_is_raised_and_nothing_of_the_step_is_saved():
    ports, between = plain()

    class Down:
        def load(self, order_id, /):
            raise PortFailure("orders", "down", True)

    class Flow:
        def start(self):
            yield from perform(Save(usage_commit("a", "c-1", None)))
            yield from perform(LoadOrder("o-1"))
            yield from perform(Save(usage_commit("b", "c-2", None)))

    with pytest.raises(PortFailure):
        run(Flow(), attrs.evolve(ports, orders=Down()))
    assert list(between.store.usage) == ["a"]


def test_a_generator_is_stepped_by_hand():
    flow = CountUp(("a",)).start()
    assert next(flow) == LoadUsage(("a",))
    save = flow.send({})
    assert isinstance(save, Save)
    assert save.settles
    with pytest.raises(StopIteration) as stop:
        flow.send(None)
    assert stop.value.value == (None,)

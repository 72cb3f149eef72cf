"""Reasons, refusals, decisions, contexts, and the two folds."""

from __future__ import annotations

import pickle
from fractions import Fraction

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import (
    Command,
    Context,
    Decision,
    Effect,
    InvalidValue,
    Money,
    NaiveInstant,
    Reason,
    Refusal,
    Refused,
    Timer,
    Verdict,
    fold,
    fold_many,
    partition,
)

WEB = Context(now="2026-11-11T00:00:00Z", actor="web")


@attrs.frozen
class Add(Command):
    amount: int


class Counter:
    """A decider that refuses to go below zero; adding nothing leaves no event."""

    def decide(self, state, command, context):
        if (state or 0) + command.amount < 0:
            return Refusal([Reason("counter.negative")])
        if command.amount == 0:
            return Decision(())
        return Decision((command.amount, context.actor))

    def evolve(self, state, event):
        return (state or 0) + (event if isinstance(event, int) else 0)


class FastCounter(Counter):
    def replay(self, state, events):
        added = sum(event for event in events if isinstance(event, int))
        return (state or 0) + added


def test_a_refusal_says_no_with_every_reason():
    refusal = Refusal([Reason("a", final=True), Reason("b", remedy=Add(1))])
    assert not refusal
    assert refusal.is_refused is True
    assert refusal.codes == ("a", "b")
    assert refusal.final is True
    assert Refusal([Reason("b")]).final is False
    with pytest.raises(Refused) as caught:
        refusal.accepted()
    assert caught.value.refusal is refusal
    assert pickle.loads(pickle.dumps(refusal)) == refusal


def test_a_reason_must_be_possible():
    with pytest.raises(InvalidValue, match="reason.code"):
        Reason("")
    with pytest.raises(InvalidValue, match="reason.final_with_remedy"):
        Reason("a", final=True, obtain="x")
    with pytest.raises(InvalidValue, match="reason.final_with_remedy"):
        Reason("a", final=True, remedy=Add(1))
    with pytest.raises(InvalidValue, match="refusal.without_reason"):
        Refusal([])
    assert Reason("a", facts={"b": 1, "a": Money(1, "EUR")}) == Reason(
        "a", facts={"a": Money(1, "EUR"), "b": 1}
    )


def test_a_verdict_is_true_when_nothing_stands_in_the_way():
    assert Verdict()
    assert Verdict().allowed
    blocked = Verdict([Reason("a"), Reason("b")])
    assert not blocked
    assert not blocked.allowed
    assert blocked.codes == ("a", "b")


def test_a_decision_says_yes_and_a_repeat_is_empty():
    decision = Decision(("e",))
    assert decision
    assert decision.is_refused is False
    assert decision.accepted() is decision
    assert Decision((), repeated=True, version=3).version == 3
    timer = Timer(timer_id="t", at=WEB.now, command=Add(1))
    for extra in ({"events": ("e",)}, {"effects": (Effect(),)}, {"due": (timer,)}):
        with pytest.raises(InvalidValue, match="decision.repeated"):
            Decision(**{"events": (), "repeated": True} | extra)


def test_a_context_is_whole_and_in_utc():
    context = Context(
        now="2026-11-11T08:00:00+08:00",
        actor="a",
        ids={"b": "2", "a": "1"},
        rates={"x": Fraction(1)},
    )
    assert context.now == WEB.now
    assert (context.role, context.reason) == ("system", "")
    assert list(context.ids) == ["a", "b"]
    with pytest.raises(NaiveInstant):
        Context(now="2026-11-11T08:00:00", actor="a")
    with pytest.raises(InvalidValue, match="context.actor"):
        Context(now=WEB.now, actor="")
    with pytest.raises(InvalidValue, match="context.role"):
        Context(now=WEB.now, actor="a", role="")


def test_folding_nothing_is_an_error_unless_there_is_a_state():
    with pytest.raises(InvalidValue) as caught:
        fold(Counter(), [])
    assert caught.value.code == "fold.nothing"
    assert fold(Counter(), [], 0) == 0


@given(st.lists(st.integers()), st.lists(st.integers()))
def test_a_fold_may_stop_and_go_on_anywhere(first, second):
    whole = fold(Counter(), first + second, 0)
    assert fold(Counter(), second, fold(Counter(), first, 0)) == whole
    assert fold(FastCounter(), first + second, 0) == whole


RECORDS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(-3, 3)), max_size=20)


@given(RECORDS)
def test_fold_many_is_one_decision_after_the_other(records):
    commands = [(key, Add(amount), WEB) for key, amount in records]
    start = {"a": 2}
    states, answers = fold_many(Counter(), start, commands)
    expected, refused = dict(start), 0
    for key, amount in records:
        if expected.get(key, 0) + amount < 0:
            refused += 1
        elif amount:
            expected[key] = expected.get(key, 0) + amount
    assert states == expected
    assert start == {"a": 2}
    assert [key for key, _ in answers] == [key for key, _ in records]
    assert sum(answer.is_refused for _, answer in answers) == refused
    assert fold_many(FastCounter(), start, commands) == (states, answers)


@given(RECORDS, st.integers(1, 5))
def test_fold_many_may_be_partitioned_by_key(records, shards):
    commands = [(key, Add(amount), WEB) for key, amount in records]
    whole, _ = fold_many(Counter(), {}, commands)
    parts = {}
    for shard in range(shards):
        mine = [record for record in commands if partition(record[0], shards) == shard]
        parts |= fold_many(Counter(), {}, mine)[0]
    assert parts == whole


class Lost:
    """Evolves into nothing: the state stays unknown and no key appears."""

    def decide(self, _state, _command, _context):
        return Decision(("e",))

    def replay(self, _state, _events):
        return None


def test_fold_many_keeps_no_key_without_a_state():
    states, answers = fold_many(Lost(), {}, [("a", Add(1), WEB)])
    assert states == {}
    assert len(answers) == 1

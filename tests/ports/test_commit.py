"""What a commit refuses to be, and the keys of what it changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.inventory import StockItem
from ordercore.kernel import InvalidBatch
from ordercore.ports import (
    AggregateKind,
    Commit,
    OrderChange,
    StatusReport,
    StockChange,
    StockKey,
    UsageChange,
)
from ordercore.testing.store import account_commit, order_commits, stock_commit, usage_commit
from ordercore.testing.strategies import histories, stock_histories

AT = "2026-11-11T00:00:00Z"
USE = usage_commit("11.11", "u-1", None).changes[0]


def codes(changes):
    with pytest.raises(InvalidBatch) as caught:
        Commit(command_id="c", at=AT, changes=changes)
    return [fault.code for fault in caught.value.faults]


def test_an_empty_commit_is_refused():
    assert codes([]) == ["commit.empty"]


def test_an_aggregate_is_changed_once():
    assert codes([USE, USE]) == ["commit.twice"]


@pytest.mark.parametrize("version", [-1, 1, 2])
def test_the_state_is_after_what_it_was_decided_on(version):
    change = UsageChange(expected_version=version, state=USE.state, events=USE.events)
    assert codes([change]) == ["commit.version"]


def test_all_faults_are_told_at_once():
    change = UsageChange(expected_version=9, state=USE.state, events=USE.events)
    assert codes([change, change]) == ["commit.version", "commit.twice", "commit.version"]


@given(histories(), stock_histories(), st.randoms(use_true_random=False))
def test_changes_are_sorted_whatever_their_order(history, moves, random):
    last = order_commits(history)[-1].changes[0]
    order = OrderChange(expected_version=0, state=last.state, events=history.events)
    stock = stock_commit(moves, "m").changes[0]
    changes = [order, stock, USE]
    random.shuffle(changes)
    commit = Commit(command_id="c", at=AT, changes=changes)
    assert [change.kind for change in commit.changes] == [
        AggregateKind.ORDER,
        AggregateKind.PROMOTION_USAGE,
        AggregateKind.STOCK,
    ]
    assert [str(change.key) for change in commit.changes] == ["o-1", "11.11", "TEA@ningbo"]
    assert isinstance(stock, StockChange)


def test_a_stock_key_is_its_sku_and_node():
    assert StockKey("TEA", "ningbo") == StockKey("TEA", "ningbo")
    assert min([StockKey("b", "a"), StockKey("a", "b")]).sku == "a"


def test_a_status_report_has_an_instant():
    report = StatusReport(report_id="r", order_id="o-1", external_ref="#1", status="shipped", at=AT)
    assert report.at.timezone_name == "UTC"


def received(sku, node):
    item = StockItem(sku=sku, node=node, received=1, version=1)
    return StockChange(expected_version=0, state=item, events=())


def test_two_stock_items_are_two_even_when_their_names_read_alike():
    pair = [received("a@b", "c"), received("a", "b@c")]
    assert str(pair[0].key) == str(pair[1].key)
    assert Commit(command_id="c", at=AT, changes=pair).changes == (pair[1], pair[0])
    assert Commit(command_id="c", at=AT, changes=pair[::-1]).changes == (pair[1], pair[0])


@given(
    st.lists(
        st.tuples(st.text("-@Ab", min_size=1, max_size=3), st.sampled_from("mn")),
        min_size=1,
        unique=True,
    )
)
def test_stock_is_changed_in_the_order_of_its_keys(keys):
    commit = Commit(command_id="c", at=AT, changes=[received(*key) for key in keys])
    assert [change.key for change in commit.changes] == sorted(StockKey(*key) for key in keys)


def test_a_fault_names_the_change_in_its_sorted_place():
    changes = [received("B", "n"), received("A", "n"), received("B", "n")]
    with pytest.raises(InvalidBatch) as caught:
        Commit(command_id="c", at=AT, changes=changes)
    fault = caught.value.faults[0]
    assert (fault.code, fault.path, fault.value) == ("commit.twice", "changes[2]", "B@n")


def test_kinds_and_keys_of_changes():
    opened = account_commit("c-9", "a").changes[0]
    assert (opened.kind, opened.key) == ("credit_account", "c-9")
    assert (USE.kind, USE.key) == ("promotion_usage", "11.11")
    change = received("A", "n")
    assert (change.kind, change.key) == ("stock", StockKey("A", "n"))


def test_a_version_may_be_far_ahead_but_never_equal():
    item = StockItem(sku="A", node="n", received=1, version=3)
    for expected in (0, 1, 2):
        change = StockChange(expected_version=expected, state=item, events=())
        assert Commit(command_id="c", at=AT, changes=[change]).changes == (change,)
    assert codes([StockChange(expected_version=3, state=item, events=())]) == ["commit.version"]

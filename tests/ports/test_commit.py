"""What a commit refuses to be, and the keys of what it changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from ordercore.testing.store import order_commits, stock_commit, usage_commit
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

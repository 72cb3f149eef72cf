"""A channel in memory: every payload once, every report once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import InvalidValue
from ordercore.memory import AsyncMemoryChannel, MemoryChannel
from ordercore.ports import AsyncChannel, Channel, StatusReport


def report(status="shipped", report_id="r-1"):
    return StatusReport(
        report_id=report_id,
        order_id="o-1",
        external_ref="#1",
        status=status,
        at="2026-11-11T00:00:00Z",
    )


def finished(awaitable):
    """The result of a coroutine that never waits."""
    try:
        awaitable.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError


@given(st.lists(st.binary(max_size=3), max_size=12), st.integers(1, 5))
def test_pages_hold_every_payload_once_and_in_order(payloads, size):
    channel: Channel = MemoryChannel("shop", payloads, page_size=size)
    awaited: AsyncChannel = AsyncMemoryChannel(MemoryChannel("shop", payloads, page_size=size))
    seen, cursor = [], None
    while True:
        page = channel.fetch(cursor)
        assert finished(awaited.fetch(cursor)) == page
        assert len(page.payloads) <= size
        seen.extend(page.payloads)
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == payloads
    assert channel.channel_id == awaited.channel_id == "shop"


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "²", "9" * 19])
def test_a_cursor_that_no_page_gave_is_refused(cursor):
    with pytest.raises(InvalidValue) as caught:
        MemoryChannel("shop", [b"1"]).fetch(cursor)
    assert (caught.value.code, caught.value.value) == ("channel.cursor", cursor)


@pytest.mark.parametrize("size", [0, -1, True, 1.0])
def test_a_page_holds_something(size):
    with pytest.raises(InvalidValue, match="channel.page_size"):
        MemoryChannel("shop", page_size=size)


def test_a_report_twice_is_one_and_another_under_its_id_is_refused():
    channel = MemoryChannel("shop")
    channel.report(report())
    channel.report(report())
    assert channel.reports == {"r-1": report()}
    finished(AsyncMemoryChannel(channel).report(report(report_id="r-2")))
    assert list(channel.reports) == ["r-1", "r-2"]
    with pytest.raises(InvalidValue) as caught:
        channel.report(report("cancelled"))
    assert caught.value.code == "channel.report_reused"
    assert channel.reports["r-1"] == report()

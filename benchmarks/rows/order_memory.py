"""Bytes that a live order of five lines keeps, with 20 and with 1,000 events behind it.

Every order is rebuilt from events of its own, read from stored bytes, as a host that loads it would;
the events are let go afterwards. So no text is shared between two orders but what the library shares,
and where it says so the quote, which a host may keep once for many orders.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterable

import attrs
from order_fold import LONG, SHORT, by_hand, history

from harness import Profile, Result, at_most, conclude, floor
from ordercore import orders
from ordercore.codec import Codec
from ordercore.kernel import fold
from ordercore.orders import OrderEvent, OrderPlaced
from ordercore.pricing import Quote

ORDERS = {SHORT: {"short": 100, "full": 2_000}, LONG: {"short": 8, "full": 100}}
GOALS = {SHORT: (2.0, 25_000), LONG: (2.0, 800_000)}


def bytes_each(build: Callable[[], object], count: int) -> float:
    """What ``count`` things keep, each; one is built before, so that caches are none of it."""
    build()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = [build() for _ in range(count)]
        gc.collect()
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert len(kept) == count
    return held / count


def reader(count: int) -> Callable[[Quote | None], tuple[OrderEvent, ...]]:
    """Reads the events of one order from their bytes; with a quote of its own or with this one."""
    codec = Codec()
    stored = [(codec.dumps(event), type(event)) for event in history(count)]
    assert len(stored) == count

    def read(quote: Quote | None) -> tuple[OrderEvent, ...]:
        events: list[OrderEvent] = [codec.loads(text, kind) for text, kind in stored]
        placed = events[0]
        assert type(placed) is OrderPlaced
        if quote is not None:
            events[0] = attrs.evolve(placed, quote=quote)
        return tuple(events)

    return read


def results(profile: Profile) -> list[Result]:
    lines: list[Result] = []
    for count, number in ORDERS.items():
        read = reader(count)
        placed = read(None)[0]
        assert type(placed) is OrderPlaced
        shared = placed.quote

        def of(
            rebuild: Callable[[Iterable[OrderEvent]], object],
            quote: Quote | None,
            read: Callable[[Quote | None], tuple[OrderEvent, ...]] = read,
            number: int = number[profile.name],
        ) -> float:
            return bytes_each(lambda: rebuild(read(quote)), number)

        def ours(events: Iterable[OrderEvent]) -> object:
            return fold(orders, events)

        times, most = GOALS[count]
        what = f"{count:,} events, 5 lines"
        lines += [
            conclude(
                "order.memory", "bytes", floor(times), of(ours, shared), of(by_hand, shared),
                "mutable builder of integers and dicts", f"{what}, the quote shared",
            ),
            conclude(
                "order.memory", "bytes", at_most(most, "bytes"), of(ours, None), None, "",
                f"{what}, a quote of its own",
            ),
        ]  # fmt: skip
    return lines

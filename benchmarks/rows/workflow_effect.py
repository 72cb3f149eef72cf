"""What a request through the runner costs beyond calling the port: 100 reads in one workflow."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Coroutine

from harness import Profile, Result, at_most, batch, calibrate, conclude
from ordercore.memory import async_memory_ports, memory_ports
from ordercore.orders import Order
from ordercore.workflows import LoadOrder, Script, arun, perform, run

REQUESTS = 100
PORTS, ASYNC_PORTS = memory_ports(), async_memory_ports()
REQUEST = LoadOrder("o-1")


class Reads:
    def start(self) -> Script[Order | None]:
        found: Order | None = None
        for _ in range(REQUESTS):
            found = yield from perform(REQUEST)
        return found


FLOW = Reads()


def plain() -> object:
    return run(FLOW, PORTS)


def plain_directly() -> object:
    found = None
    for _ in range(REQUESTS):
        found = PORTS.orders.load(REQUEST.order_id)
    return found


def driven(coroutine: Coroutine[object, object, object]) -> object:
    """Runs what never waits, without an event loop in the figures."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError


def awaited() -> object:
    return driven(arun(FLOW, ASYNC_PORTS))


async def _directly() -> object:
    found = None
    for _ in range(REQUESTS):
        found = await ASYNC_PORTS.orders.load(REQUEST.order_id)
    return found


def awaited_directly() -> object:
    return driven(_directly())


def beyond(
    profile: Profile, ours: Callable[[], object], direct: Callable[[], object]
) -> tuple[float, float, float]:
    """Microseconds per request: beyond the direct call, of ours, of the direct call."""
    numbers = [calibrate(side, profile.batch_s) for side in (ours, direct)]
    taken: list[tuple[float, float]] = []
    for _ in range(profile.rounds):
        with_runner = batch(ours, numbers[0]) / numbers[0]
        without = batch(direct, numbers[1]) / numbers[1]
        taken.append((with_runner, without))
    scale = 1e6 / REQUESTS
    ours_us = statistics.median(first for first, _ in taken) * scale
    direct_us = statistics.median(second for _, second in taken) * scale
    return statistics.median(first - second for first, second in taken) * scale, ours_us, direct_us


def results(profile: Profile) -> list[Result]:
    assert plain() is plain_directly() is awaited() is awaited_directly() is None
    lines = []
    for goal, ours, direct, runner in (
        (at_most(0.5, "µs"), plain, plain_directly, "run"),
        (at_most(0.8, "µs"), awaited, awaited_directly, "arun"),
    ):
        more, with_runner, without = beyond(profile, ours, direct)
        note = f"{runner}: {with_runner:.2f} µs a request, the port called directly {without:.2f}"
        lines.append(conclude("workflow.effect", "µs", goal, more, None, "", note))
    return lines

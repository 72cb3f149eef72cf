"""How many distinct orders a second are visited, with every law checked on each."""

from __future__ import annotations

import gc
import statistics
import time

from harness import Profile, Result, at_least, conclude
from ordercore import orders
from ordercore.testing import ORDER_LAW_READS, Exploration, explore, order_alphabet, order_key

STATES = {"short": 15_000, "full": 100_000}
PATHS_EVERY = 64


def once(states: int) -> Exploration[orders.OrderMessage]:
    """An order of 2 lines × 2 units, from two nodes: pay, ship, cancel, return, twice, too late."""
    alphabet = order_alphabet(lines=2, units=2, nodes=2)
    gc.collect()
    gc.disable()
    try:
        found = explore(
            orders,
            alphabet=alphabet,
            key=order_key(alphabet),
            invariants=orders.INVARIANTS,
            reads=ORDER_LAW_READS,
            states=states,
            paths_every=PATHS_EVERY,
            clock=time.process_time,
        )
    finally:
        gc.enable()
    assert found.fault is None
    assert found.states == states
    return found


def results(profile: Profile) -> list[Result]:
    found = [once(STATES[profile.name]) for _ in range(3)]
    rate = statistics.median(each.states_a_second or 0 for each in found)
    last = found[-1]
    return [
        conclude(
            "explorer",
            "states/s",
            at_least(5_000, "states/s"),
            rate,
            None,
            "",
            f"{last.states} states over {last.edges} accepted and {sum(last.refusals.values())} "
            f"refused messages; paths replayed and resent at every {PATHS_EVERY}th. Three fifths "
            "are decisions, about six per state with those sent again, a sixth the "
            "fold, an eighth the key, a fifteenth the laws; of decisions, a third are cancels with "
            "what they are worth, a sixth the audit seal",
        )
    ]

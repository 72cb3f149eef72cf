"""Orders lived over the in-memory ports, and over a store that is wrong."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from ordercore.memory import MemoryStore, memory_ports
from ordercore.testing import order_life_machine
from ordercore.testing.mutants import MUTANTS

TestMemory = order_life_machine(memory_ports).TestCase


@pytest.mark.parametrize("fault", ["drops an event", "accepts a stale version"])
def test_a_wrong_store_is_found(fault):
    broken = next(mutant for mutant in MUTANTS if mutant.fault == fault)

    def wrong_ports():
        store: MemoryStore = broken.make()
        return memory_ports(store=store)

    quiet = settings(
        max_examples=60,
        stateful_step_count=12,
        deadline=None,
        database=None,
        phases=[Phase.generate],
    )
    with pytest.raises(Exception) as caught:
        run_state_machine_as_test(order_life_machine(wrong_ports), settings=quiet)
    assert caught.type.__name__ in {
        "AssertionError",
        "IllegalTransition",
        "InvalidValue",
        "FlakyFailure",
        "ExceptionGroup",
    }

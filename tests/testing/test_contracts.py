"""The kit accepts the in-memory store, rejects every broken one by its clause, and guards itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from ordercore.testing.audit_contracts import AttemptLogContract, CommandIndexContract
from ordercore.testing.clauses import CLAUSES
from ordercore.testing.contracts import (
    OrderRepositoryContract,
    StockRepositoryContract,
    UnitOfWorkContract,
    broken_clauses,
)
from ordercore.testing.credit_contract import CreditRepositoryContract
from ordercore.testing.mutants import MUTANTS
from ordercore.testing.store import memory_store
from ordercore.testing.waiting_contract import WaitingOrdersContract

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = {
    "REPO": OrderRepositoryContract,
    "STOCK": StockRepositoryContract,
    "CREDIT": CreditRepositoryContract,
    "UOW": UnitOfWorkContract,
    "ATTEMPT": AttemptLogContract,
    "INDEX": CommandIndexContract,
    "WAIT": WaitingOrdersContract,
}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.fault)
def test_the_kit_rejects_a_broken_store_and_names_the_clause(mutant):
    contract = CONTRACTS[mutant.clause.partition("-")[0]]
    assert mutant.clause in broken_clauses(contract, mutant)


@pytest.mark.parametrize("contract", CONTRACTS.values())
def test_the_kit_accepts_a_right_store(contract):
    assert broken_clauses(contract, memory_store) == ()


def test_every_clause_but_the_kits_own_is_provoked_or_trivial():
    provoked = {mutant.clause for mutant in MUTANTS}
    assert set(CLAUSES) - provoked == {
        "REPO-1",
        "REPO-5",
        "STOCK-1",
        "STOCK-2",
        "CREDIT-1",
        "CREDIT-5",
        "UOW-1",
        "ATTEMPT-1",
        "KIT-1",
    }


def test_a_missing_fixture_is_said_clearly(pytester_run):
    said = pytester_run(
        "from ordercore.testing.contracts import UnitOfWorkContract\n"
        "class TestMine(UnitOfWorkContract):\n"
        "    pass\n"
    )
    assert "TestMine needs a fixture `new_store`" in said


def test_a_failure_names_the_clause_and_the_contract_is_not_collected(pytester_run):
    said = pytester_run(
        "import pytest\n"
        "from ordercore.testing.contracts import StockRepositoryContract\n"
        "from ordercore.testing.mutants import MUTANTS\n"
        "class TestMine(StockRepositoryContract):\n"
        "    @pytest.fixture\n"
        "    def new_store(self):\n"
        "        return next(m for m in MUTANTS if m.clause == 'STOCK-3')\n"
    )
    assert f'STOCK-3 "{CLAUSES["STOCK-3"]}"' in said
    assert "1 failed, 4 passed" in said


def test_an_overridden_clause_fails_unless_it_is_excused(pytester_run):
    said = pytester_run(
        "import pytest\n"
        "from ordercore.testing.contracts import StockRepositoryContract\n"
        "from ordercore.testing import memory_store\n"
        "class Mine(StockRepositoryContract):\n"
        "    @pytest.fixture\n"
        "    def new_store(self):\n"
        "        return memory_store\n"
        "class TestRemoved(Mine):\n"
        "    test_a_stale_item_is_refused = None\n"
        "class TestReplaced(Mine):\n"
        "    def test_a_stale_item_is_refused(self):\n"
        "        pass\n"
        "class TestExcused(Mine):\n"
        "    @pytest.mark.xfail(reason='the store has no versions', strict=True)\n"
        "    def test_a_stale_item_is_refused(self, new_store):\n"
        "        assert False\n"
    )
    assert "KIT-1" in said
    assert "2 failed" in said
    assert "1 xfailed" in said
    assert "TestRemoved::test_no_clause_is_left_out" in said
    assert "TestReplaced::test_no_clause_is_left_out" in said


def test_the_guard_itself_cannot_be_overridden():
    with pytest.raises(TypeError):

        class Mine(UnitOfWorkContract):
            def test_no_clause_is_left_out(self):
                pass


def test_properties_are_named_after_their_subclass():
    names = []

    class Named(UnitOfWorkContract):
        def test_timers_are_saved_with_the_change(self, new_store):
            super().test_timers_are_saved_with_the_change(new_store)

    from hypothesis import strategies as st

    def seen(_):
        import inspect

        names.append(inspect.currentframe().f_back.f_code.co_name)

    Named().prove("X-1", st.just(1), seen)
    assert names


def test_the_how_to_lists_every_clause():
    page = (ROOT / "docs/how-to/write-an-adapter.md").read_text(encoding="utf-8")
    for clause, sentence in CLAUSES.items():
        assert f"| {clause} | {sentence} |" in page

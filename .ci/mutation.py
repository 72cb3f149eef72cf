"""Runs mutmut so that pytest is started and collects once, not once for each mutant.

mutmut forks a process for each mutant and starts pytest in it, which takes longer than most tests
do. Here the process that is forked has a session of pytest with every test collected already; the
child runs those that reach the mutated function until one fails: first what killed other mutants of
the function, latest first, then the fastest.

A child first empties every cache of the library: what the collection of tests has filled would keep
mutants of the functions behind them from being asked at all.

It also looks tests up by their ids itself. On pytest's command line some ids are not found (those
with a backslash, made by a function), which ends the child as if the mutant had been killed.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import mutmut.__main__ as mutmut
import pytest
from _pytest.config import _prepareconfig
from mutmut.runners.harness import PytestRunner
from mutmut.state import state
from mutmut.utils.file_utils import change_cwd
from mutmut.workers.isolation import ForkRunner

# Exit codes of a child, as mutmut reads them.
SURVIVED, KILLED, SUSPICIOUS = 0, 1, 35


KILLERS = Path("mutants/killers")
STATS = Path("mutants/mutmut-stats.json")


class CollectedTests(PytestRunner):
    failed = ""

    def collect(self) -> None:
        options = ["--rootdir=.", "--tb=no", "-x", "-q", "-s", *self._pytest_add_cli_args]
        with change_cwd("mutants"):
            config = _prepareconfig([*options, *self._pytest_add_cli_args_test_selection])
            config._do_configure()  # noqa: SLF001 - there is no public way to keep a session
            self.session = pytest.Session.from_config(config)
            config.pluginmanager.register(self)
            config.hook.pytest_sessionstart(session=self.session)
            config.hook.pytest_collection(session=self.session)
        self.items = {item.nodeid: item for item in self.session.items}
        known = set().union(*state().tests_by_mangled_function_name.values())
        lost = sorted(known - self.items.keys())
        if lost:
            sys.exit(f"tests that are not found: {lost}")

    def caches(self) -> list[Callable[[], None]]:
        modules = [module for name, module in sys.modules.items() if name.startswith("ordercore")]
        return [
            held.cache_clear
            for module in modules
            for held in vars(module).values()
            if callable(getattr(held, "cache_clear", None)) and not isinstance(held, type)
        ]

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        if mutant_name is None:
            return super().run_tests(mutant_name=None, tests=tests)
        for clear in self.caches():
            clear()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        session = self.session
        killers = KILLERS / mutant_name.rpartition("__mutmut_")[0]
        session.items = [self.items[test] for test in likeliest_first(killers, list(tests))]
        with change_cwd("mutants"):
            try:
                session.config.hook.pytest_runtestloop(session=session)
            except session.Failed:
                pass
            except BaseException:  # noqa: BLE001 - whatever it is, it is no test that failed
                return SUSPICIOUS
        if not self.failed:
            return SURVIVED
        with killers.open("a", encoding="utf-8") as record:
            record.write(f"{self.failed}\n")
        return KILLED

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid


def likeliest_first(killers: Path, tests: list[str]) -> list[str]:
    if not killers.exists():
        return tests
    known = set(tests)
    seen = killers.read_text(encoding="utf-8").splitlines()
    first = [test for test in dict.fromkeys(reversed(seen)) if test in known]
    return list(dict.fromkeys([*first, *tests]))


def forget_stale_stats() -> None:
    """Which test reaches which function: a case put into the middle of a table renames the rest."""
    if STATS.exists():
        made = STATS.stat().st_mtime
        if any(test.stat().st_mtime > made for test in Path("tests").rglob("*.py")):
            STATS.unlink()


def now_and_then(show: Callable[..., None]) -> Callable[..., None]:
    """The count of mutants so far: it goes through all of them, so not after each of them."""
    calls = itertools.count()

    def shown(*what: object, **how: object) -> None:
        if next(calls) % 50 == 0 or how:
            show(*what, **how)

    return shown


class Forks(ForkRunner):
    def startup(self) -> None:
        assert isinstance(self.test_runner, CollectedTests)
        KILLERS.mkdir(exist_ok=True)
        self.test_runner.collect()
        super().startup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="how many mutants at a time")
    parser.add_argument("mutants", nargs="*", help="names, or none for all that were not tried yet")
    given = parser.parse_args()
    forget_stale_stats()
    mutmut.print_stats = now_and_then(mutmut.print_stats)
    mutmut.get_mutant_runner = lambda most=1: Forks(max_workers=most, test_runner=CollectedTests())
    mutmut._run(given.mutants, given.jobs)  # noqa: SLF001 - what its command line calls


if __name__ == "__main__":
    sys.exit(main())

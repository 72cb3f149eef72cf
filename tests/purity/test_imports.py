"""What importing the library loads: asked of fresh interpreters."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"


def fresh(text: str) -> str:
    """Unmeasured: coverage would load modules of its own into the fresh interpreter."""
    quiet = {k: v for k, v in os.environ.items() if not k.startswith(("COVERAGE", "COV_"))}
    run = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, check=False, env=quiet
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def loaded_by(statement: str) -> set[str]:
    text = (
        "import sys, json\nbefore = set(sys.modules)\n"
        f"{statement}\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    )
    return set(json.loads(fresh(text)))


def test_the_bare_root_loads_no_package_and_no_dependency():
    loaded = loaded_by("import ordercore")
    tops = {name.split(".")[0] for name in loaded}
    assert not {name for name in loaded if name.startswith("ordercore.")}, loaded
    assert not tops & {"attr", "attrs", "pendulum", "typing_extensions", "hypothesis", "pytest"}


def test_the_bare_root_costs_at_most_ten_milliseconds():
    text = "import time\nt = time.perf_counter()\nimport ordercore\nprint(time.perf_counter() - t)"
    assert statistics.median(float(fresh(text)) for _ in range(5)) < 0.010


def test_a_name_of_the_root_is_there_when_it_is_asked_for():
    text = (
        "import ordercore, sys\nnames = ordercore.__all__\n"
        "assert set(names) <= set(dir(ordercore))\n"
        "assert all(getattr(ordercore, name) is not None for name in names)\n"
        "try:\n    ordercore.no_such_name\n"
        "except AttributeError:\n    print('refused')"
    )
    assert fresh(text).strip() == "refused"


def test_the_library_never_loads_what_only_tests_and_examples_use():
    statement = (
        "import pkgutil, importlib, ordercore\n"
        "for found in pkgutil.iter_modules(ordercore.__path__):\n"
        "    if found.name != 'testing': importlib.import_module('ordercore.' + found.name)"
    )
    tops = {name.split(".")[0] for name in loaded_by(statement)}
    assert not tops & {"hypothesis", "pytest", "_pytest", "numpy", "pandas", "highspy", "msgspec"}
    assert not tops & {
        "asyncio",
        "socket",
        "subprocess",
        "logging",
        "sqlite3",
        "multiprocessing",
    } - (set(loaded_by("import attrs, pendulum, typing_extensions, ast, inspect")))


@pytest.mark.parametrize(
    "module", ["ordercore.testing._pytest_plugin", "ordercore.testing._hypothesis"]
)
def test_a_plugin_entry_point_loads_neither_hypothesis_nor_pytest(module):
    assert importlib.util.find_spec(module)
    tops = {name.split(".")[0] for name in loaded_by(f"import {module}")}
    assert not tops & {"hypothesis", "pytest", "_pytest"}


def test_exploring_orders_needs_no_library_of_tests():
    """A host explores its own deciders in any script; only strategies need hypothesis."""
    statement = "from ordercore.testing import ORDER_LAW_READS, explore, order_alphabet, order_key"
    tops = {name.split(".")[0] for name in loaded_by(statement)}
    assert not tops & {"hypothesis", "pytest", "_pytest"}


def test_the_package_says_that_it_is_typed():
    assert (SOURCE / "ordercore" / "py.typed").exists()

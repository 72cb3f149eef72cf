"""Every example in a docstring runs, module by module, each docstring by itself."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"


def module_names() -> list[str]:
    paths = sorted((SOURCE / "ordercore").rglob("*.py"))
    parts = [path.relative_to(SOURCE).with_suffix("").parts for path in paths]
    return [".".join(name[:-1] if name[-1] == "__init__" else name) for name in parts]


@pytest.mark.parametrize("name", module_names())
def test_the_examples_of_a_module_run(name):
    module = importlib.import_module(name)
    told: list[str] = []
    runner = doctest.DocTestRunner(
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False
    )
    for example in doctest.DocTestFinder(exclude_empty=True).find(module):
        runner.run(example, out=told.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(told)

"""Every example runs as its reader runs it, in a short version: a script, or a folder with a run.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SCRIPTS = [
    *sorted((path, ()) for path in EXAMPLES.glob("[!_]*.py")),
    *sorted((path, ("--short",)) for path in EXAMPLES.glob("*/run.py")),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "arguments"), SCRIPTS, ids=[str(path.relative_to(EXAMPLES)) for path, _ in SCRIPTS]
)
def test_an_example_runs(script, arguments):
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=EXAMPLES.parent,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert done.stdout.strip(), "an example shows something"


def test_a_folder_of_examples_is_entered_by_its_run_py_and_explained():
    folders = [path for path in EXAMPLES.glob("*/") if any(path.glob("*.py"))]
    entered = [
        path for path in folders if (path / "run.py").exists() and (path / "README.md").exists()
    ]
    assert sorted(entered) == sorted(folders)

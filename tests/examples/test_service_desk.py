"""The example of a service desk prints, to the letter, what its readers are shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "service_desk"


@pytest.mark.slow
def test_the_day_is_what_the_file_beside_it_says():
    """`python examples/service_desk/run.py > examples/service_desk/output.txt` writes it anew."""
    told = subprocess.run(
        [sys.executable, str(EXAMPLE / "run.py")],
        env={
            **os.environ,
            "PYTHONIOENCODING": "utf-8",
            "PYTHONHASHSEED": "1",
            "TZ": "America/New_York",
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=True,
    ).stdout
    assert told == (EXAMPLE / "output.txt").read_text(encoding="utf-8")

"""Runs one script under several hash seeds, time zones and locales; its output must not notice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

WORLDS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "424242", "TZ": "America/New_York", "LC_ALL": "tr_TR.UTF-8"},
)


@pytest.fixture(scope="session")
def outputs() -> Callable[..., list[str]]:
    """`outputs(text)` or `outputs(path, "--short")`: what the script prints, once for each world."""

    def run(script: str | Path, *arguments: str) -> list[str]:
        words = ["-c", script] if isinstance(script, str) else [str(script)]
        told = []
        for world in WORLDS:
            done = subprocess.run(
                [sys.executable, *words, *arguments],
                env={**os.environ, **world, "PYTHONIOENCODING": "utf-8"},
                capture_output=True,
                text=True,
                encoding="utf-8",
                check=False,
            )
            assert done.returncode == 0, done.stderr
            told.append(done.stdout)
        return told

    return run

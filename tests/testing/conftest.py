"""What the entry point does where the distribution is installed, done here in any environment."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ordercore.testing._hypothesis import register

register()


@pytest.fixture
def pytester_run(tmp_path):
    """Runs pytest on one file of text, in a process of its own; gives what it printed."""

    def run(text):
        (tmp_path / "test_mine.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "."]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    return run

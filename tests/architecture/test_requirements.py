"""What is installed: pinned, hashed, from whatever index the machine has."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "requirements").glob("*.txt"))
ADDRESS = re.compile(r"https?:|file:|--(extra-)?index-url|--find-links|--trusted-host")


def settings() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_requirement_is_pinned_with_hashes_and_without_an_address(path):
    text = path.read_text(encoding="utf-8")
    assert ADDRESS.search(text) is None
    requirements = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n", "", text))
    requirements = [entry for entry in requirements if entry.strip()]
    assert requirements
    for requirement in requirements:
        assert re.match(r"[a-z0-9._-]+==\S+", requirement), requirement[:80]
        assert "--hash=sha256:" in requirement, requirement[:80]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_is_asked_for_is_what_is_pinned(path):
    asked = {
        re.split(r"[\s#<>=\[;]", line)[0].lower().replace("_", "-")
        for line in path.with_suffix(".in").read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    }
    pinned = set(re.findall(r"(?m)^([a-z0-9._-]+)==", path.read_text(encoding="utf-8")))
    assert asked <= pinned
    assert {"attrs", "pendulum", "typing-extensions", "hatchling"} <= pinned


def test_there_are_three_run_time_dependencies():
    dependencies = settings()["project"]["dependencies"]
    assert [re.split(r"[<>=]", entry)[0] for entry in dependencies] == [
        "attrs",
        "pendulum",
        "typing-extensions",
    ]

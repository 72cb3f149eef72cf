"""The pages that are made from code, and the README, say what the code says."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MADE = [ROOT / "docs" / "reference" / folder for folder in ("packages", "orders")]
QUICKSTART = ROOT / "examples" / "quickstart.py"


def test_the_invariants_page_is_the_codes():
    """`make invariants` writes it anew."""
    told = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "invariants_page.py"), "--print"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout
    page = ROOT / "docs" / "explanation" / "invariants.md"
    assert page.read_text(encoding="utf-8") == told


def test_the_readme_shows_the_quickstart_itself():
    """The quickstart, after its docstring, is the README's first fences, one after the other."""
    if not QUICKSTART.exists():
        pytest.skip("examples/quickstart.py is not written yet")
    text = QUICKSTART.read_text(encoding="utf-8")
    opening = ast.parse(text).body[0]
    assert isinstance(opening, ast.Expr), "the quickstart opens with a docstring"
    body = text.splitlines()[opening.end_lineno :]
    shown = [line for line in body if line.strip() and not line.startswith("# ---")]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    fences = re.findall(r"(?ms)^```python\n(.*?)^```$", readme)
    lines = [line for fence in fences for line in fence.splitlines() if line.strip()]
    assert shown
    assert lines[: len(shown)] == shown


def test_the_readme_names_two_commands_and_no_other():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\bmake ([a-z-]+)", text)) == {"demo", "test"}


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/**/*.md")), ids=lambda path: path.name)
def test_a_page_links_to_pages_that_exist(path):
    if "_build" in path.parts or path.parent in MADE:
        pytest.skip("made by the build")
    for target in re.findall(
        r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text(encoding="utf-8")
    ):
        if (path.parent / target).resolve().parent not in MADE:
            assert (path.parent / target).exists(), target

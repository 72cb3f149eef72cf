"""Writes docs/explanation/invariants.md from the INVARIANTS that the packages declare."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

import ordercore

PAGE = Path(__file__).resolve().parent.parent / "docs" / "explanation" / "invariants.md"
OPENING = """# Invariants

What always holds, whatever is done to an order. Each line is a function of the library that answers
`None` or the witness of a violation, listed in the `INVARIANTS` of its package; the property tests
run them over generated histories. This page is written from the code by `make invariants`.
"""


def numbered(invariant_id: str) -> tuple[str, int]:
    family, _, number = invariant_id.rpartition("-")
    return family, int(number)


def page() -> str:
    parts = [OPENING]
    for found in sorted(pkgutil.iter_modules(ordercore.__path__), key=lambda found: found.name):
        module = importlib.import_module(f"ordercore.{found.name}")
        # A package may keep the laws of one of its aggregates apart: USAGE_INVARIANTS.
        lists = [name for name in sorted(dir(module)) if name.endswith("INVARIANTS")]
        laws = {law.invariant_id: law for name in lists for law in getattr(module, name)}
        invariants = [laws[key] for key in sorted(laws, key=numbered)]
        if not invariants:
            continue
        rows = [f"| `{law.invariant_id}` | {law.subject} | {law.sentence} |" for law in invariants]
        header = ["| id | about | what holds |", "|---|---|---|"]
        table = ["", f"## {found.name}", "", *header, *rows, ""]
        parts.append("\n".join(table))
    return "".join(parts)


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), encoding="utf-8")

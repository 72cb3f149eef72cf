"""One row in a process of its own: `python run_row.py money_sum short` prints its lines as JSON."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import attrs

import harness


def main(name: str, profile_name: str) -> None:
    rows = Path(__file__).parent / "rows"
    sys.path.append(str(rows))  # a row may use what another one builds
    path = rows / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    row = importlib.util.module_from_spec(spec)
    sys.modules[name] = row  # a peer may look up the module of a class that is declared in it
    spec.loader.exec_module(row)
    profile = harness.PROFILES[profile_name]
    results: list[harness.Result] = []
    if hasattr(row, "comparisons"):
        results += [harness.measure(each, profile) for each in row.comparisons()]
    if hasattr(row, "results"):
        results += row.results(profile)
    print("RESULTS", json.dumps([attrs.asdict(result) for result in results]))


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Runs every row, one process each, and writes results.json and results.md.

`python benchmarks/run.py --profile short [row ...]`; with rows named, the other rows' lines are kept.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
JSON, TABLE = HERE / "results.json", HERE / "results.md"
HEADER = "| row | unit | ours | reference | | ratio | goal | met | note |\n|---|---|--:|--:|---|--:|---|---|---|"


def row_lines(name: str, profile: str) -> list[dict[str, object]]:
    done = subprocess.run(
        [sys.executable, str(HERE / "run_row.py"), name, profile],
        cwd=HERE,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONHASHSEED": "0"},
        check=False,
    )
    told = [line for line in done.stdout.splitlines() if line.startswith("RESULTS ")]
    if done.returncode == 0 and told:
        lines: list[dict[str, object]] = json.loads(told[-1].removeprefix("RESULTS "))
        return lines
    print(done.stderr, file=sys.stderr)
    fault = (done.stderr.strip().splitlines() or ["no result"])[-1][:160]
    return [
        {
            "row": name.replace("_", "."), "unit": "", "ours": None, "reference": None,
            "reference_name": "", "ratio": None, "goal": "", "met": False, "note": f"did not run: {fault}",
        }
    ]  # fmt: skip


def table(results: list[dict[str, object]], machine: dict[str, object]) -> str:
    rows = [HEADER]
    for line in results:
        ratio = "" if line["ratio"] is None else f"{line['ratio']:g}"
        figures = ["" if line[key] is None else f"{line[key]:g}" for key in ("ours", "reference")]
        cells = [
            f"`{line['row']}`", line["unit"], *figures, line["reference_name"], ratio, line["goal"],
            "yes" if line["met"] else "**no**", line["note"],
        ]  # fmt: skip
        rows.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    met = sum(bool(line["met"]) for line in results)
    opening = (
        f"# Benchmarks\n\n{met} of {len(results)} goals met. Python {machine['python']}, "
        f"{machine['cores']} cores, profile {machine['profile']}. Medians of processor time, ours and the "
        "reference in turn.\nA ratio is reference ÷ ours (above 1: we are faster); for goals over a floor it "
        "is ours ÷ floor.\n\n"
    )
    return opening + "\n".join(rows) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", choices=["short", "full"], default="short")
    parser.add_argument("rows", nargs="*", help="module names in rows/; all of them without any")
    chosen = parser.parse_args()
    names = sorted(path.stem for path in (HERE / "rows").glob("[!_]*.py"))
    unknown = sorted(set(chosen.rows) - set(names))
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(names)}")
    fresh: dict[str, list[dict[str, object]]] = {}
    for name in chosen.rows or names:
        print(f"{name} …", flush=True)
        fresh[name] = [{**line, "module": name} for line in row_lines(name, chosen.profile)]
        for line in fresh[name]:
            print(f"  {line['row']}: {line['ours']} {line['unit']}, ratio {line['ratio']}, goal {line['goal']},"
                  f" {'met' if line['met'] else 'NOT met'} {line['note']}")  # fmt: skip
    kept: list[dict[str, object]] = []
    if chosen.rows and JSON.exists():
        kept = [
            line
            for line in json.loads(JSON.read_text(encoding="utf-8"))
            if line["module"] not in fresh and line["module"] in names
        ]
    machine: dict[str, object] = {
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "profile": chosen.profile,
    }
    results = sorted(
        [*kept, *({**line, **machine} for lines in fresh.values() for line in lines)],
        key=lambda line: str(line["module"]),
    )
    JSON.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    TABLE.write_text(table(results, machine), encoding="utf-8")
    print(f"wrote {JSON.name} and {TABLE.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Everything the build server checks, step by step: a failed step does not hide the next.

Run by `make test`. `python .ci/check.py types tests` runs only the named steps.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
BIN = Path(PYTHON).parent


def run(
    *command: str | Path, environment: dict[str, str] | None = None, keep_last_line: bool = False
) -> bool:
    print("$", *command, flush=True)
    words = [str(part) for part in command]
    env = {**os.environ, **(environment or {})}
    if not keep_last_line:
        return subprocess.run(words, cwd=ROOT, env=env, check=False).returncode == 0
    last = ""
    with subprocess.Popen(words, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
    closing.append(last)
    return process.returncode == 0


def present(*paths: str) -> list[str]:
    return [path for path in paths if any(ROOT.glob(path))]


def style() -> bool:
    return all([run(BIN / "ruff", "check", "."), run(BIN / "ruff", "format", "--check", ".")])


def types() -> bool:
    """The library and the typing tests together; each example alone: their modules share names."""
    mypy = (PYTHON, "-m", "mypy", "--strict")
    typed = sorted(path.relative_to(ROOT) for path in (ROOT / "tests" / "typing").glob("*.py"))
    fine = [run(*mypy, "src/ordercore", *typed)]
    examples = ROOT / "examples"
    fine += [run(*mypy, script.relative_to(ROOT)) for script in sorted(examples.glob("*.py"))]
    for folder in sorted(path for path in examples.glob("*/") if any(path.glob("*.py"))):
        modules = sorted(path.relative_to(ROOT) for path in folder.rglob("*.py"))
        fine.append(run(*mypy, *modules, environment={"MYPYPATH": f"src:{folder}"}))
    return all(fine)


def floors() -> bool:
    return run(BIN / "lint-imports", "--no-cache")


def tests() -> bool:
    """Measured from the first import on: the plugins import the library before pytest-cov could."""
    for stale in ROOT.glob(".coverage*"):
        stale.unlink()
    measured = (PYTHON, "-m", "coverage")
    # Many tests ask a process of their own, which would compile the library anew where bytecode is
    # forbidden, as it is on some build servers.
    with tempfile.TemporaryDirectory() as bytecode:
        keeping = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": bytecode}
        passed = run(
            *measured, "run", "-m", "pytest", "-n", os.environ.get("ORDERCORE_WORKERS", "auto"),
            "--dist", "loadfile", "--durations", "10", environment=keeping, keep_last_line=True,
        )  # fmt: skip
    combined = run(*measured, "combine", "--quiet")
    return all([passed, combined, run(*measured, "report"), fully_covered(*measured)])


def fully_covered(*measured: str) -> bool:
    """What everything else stands on, and what decides on stock and orders, to the last branch."""
    names = ("kernel", "statemachine", "rules", "inventory", "orders", "workflows")
    packages = present(*(f"src/ordercore/{name}" for name in names))
    included = ",".join(f"{package}/*" for package in packages)
    return run(
        *measured, "report", "--fail-under", "100", "--format", "total", "--include", included
    )


STEPS: dict[str, Callable[[], bool]] = {
    "style": style,
    "types": types,
    "floors": floors,
    "tests": tests,
}
closing: list[str] = []


def main(chosen: list[str]) -> int:
    outcome: dict[str, tuple[bool, float]] = {}
    for name in chosen or STEPS:
        print(f"\n=== {name}", flush=True)
        started = time.perf_counter()
        passed = STEPS[name]()
        outcome[name] = (passed, time.perf_counter() - started)
    print("\n=== all steps")
    for name, (passed, seconds) in outcome.items():
        print(f"{'ok    ' if passed else 'FAILED'}  {name:<8} {seconds:6.1f} s")
    for line in closing:
        print(line)
    return 0 if all(passed for passed, _ in outcome.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

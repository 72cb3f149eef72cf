"""The library asks nothing of the outside: watched while the quickstart and every property run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
QUICKSTART = ROOT / "examples" / "quickstart.py"
MODES = ("audit", "replace")


def watch(mode: str, *arguments: str | Path) -> tuple[dict[str, int], str]:
    words = [sys.executable, str(Path(__file__).with_name("watch.py")), mode]
    run = subprocess.run(
        [*words, *(str(argument) for argument in arguments)],
        cwd=ROOT,
        env={**os.environ, "HYPOTHESIS_PROFILE": "guarded"},
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in run.stdout.splitlines() if line.startswith("WATCHED ")]
    assert told, run.stdout + run.stderr
    return json.loads(told[-1].removeprefix("WATCHED ")), run.stdout + run.stderr


def property_folders() -> list[Path]:
    """The folders of tests that mirror a package."""
    packages = sorted(path.parent.name for path in (ROOT / "src/ordercore").glob("*/__init__.py"))
    folders = [ROOT / "tests" / name for name in packages if name != "testing"]
    return [folder for folder in folders if any(folder.glob("test_*.py"))]


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_the_quickstart_asks_nothing_of_the_outside(mode):
    if not QUICKSTART.exists():
        pytest.skip("examples/quickstart.py is not written yet")
    told, output = watch(mode, "--", "script", QUICKSTART)
    assert told == {"code": 0, "leaks": 0, "changed": 0}, output


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_no_property_makes_the_library_ask_the_outside(mode):
    told, output = watch(mode, "--", "tests", *property_folders())
    assert told == {"code": 0, "leaks": 0, "changed": 0}, output
    assert " passed" in output, output


PLANTS = {
    "a file": ("audit", "open(__file__, encoding='utf-8').close()"),
    "a file, through the standard library": ("audit", "import pathlib; pathlib.Path(__file__).read_bytes()"),
    "a socket": ("audit", "import socket; socket.socket().close()"),
    "a process": ("audit", "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])"),
    "the clock": ("replace", "import time; time.time()"),
    "the clock, by datetime": ("replace", "import datetime; datetime.datetime.now()"),
    "the calendar, by datetime": ("replace", "import datetime; datetime.date.today()"),
    "the clock, by pendulum": ("replace", "import pendulum; pendulum.now()"),
    "randomness": ("replace", "import random; random.random()"),
    "randomness, by uuid": ("replace", "import uuid; uuid.uuid4()"),
    "the environment": ("replace", "import os; os.environ.get('HOME')"),
    "a thread": ("replace", "import threading; threading.Thread(target=print).start()"),
}  # fmt: skip


def plant(folder: Path, text: str) -> tuple[Path, Path]:
    """A library of one module, and the host that calls it."""
    library, script = folder / "library", folder / "host" / "script.py"
    library.mkdir()
    (library / "planted.py").write_text(text, encoding="utf-8")
    script.parent.mkdir()
    script.write_text("import planted\nplanted.act()\n", encoding="utf-8")
    return library, script


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_leak_is_caught(name, tmp_path):
    mode, statement = PLANTS[name]
    library, script = plant(tmp_path, f"def act():\n    {statement}\n")
    told, output = watch(mode, "--library", library, "--", "script", script)
    assert told["leaks"] >= 1, output


def test_a_planted_change_of_a_module_global_is_caught(tmp_path):
    text = "remembered = []\ndef act():\n    remembered.append(1)\n"
    library, script = plant(tmp_path, text)
    told, output = watch("replace", "--library", library, "--", "script", script)
    assert told["changed"] == 1, output
    assert "CHANGED planted.remembered" in output


@pytest.mark.parametrize("mode", MODES)
def test_a_host_may_ask_what_the_library_may_not(mode, tmp_path):
    library, script = plant(tmp_path, "def act():\n    return 1\n")
    asks = "import time, os, random\ntime.time()\nos.environ.get('HOME')\nopen(__file__).close()\n"
    script.write_text(asks + script.read_text(encoding="utf-8"), encoding="utf-8")
    told, output = watch(mode, "--library", library, "--", "script", script)
    assert told == {"code": 0, "leaks": 0, "changed": 0}, output

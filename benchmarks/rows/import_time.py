"""What it costs to import the library, beyond its three dependencies: asked of fresh interpreters.

Bytecode is kept, as it is wherever a program starts a second time; in an environment that forbids it
our source would be compiled anew at every start, and the peers' would not, which pip compiled.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

from harness import Goal, Profile, Result, at_most, conclude, peer

DEPENDENCIES = "import attrs, pendulum, typing_extensions"
TEMPLATE = (
    "import time\n{before}\nstarted = time.process_time()\n{statement}\n"
    "print((time.process_time() - started) * 1000)"
)
USUAL = "from ordercore import Cart, orders, quote, allocate"


def fresh_ms(bytecode: str, statement: str, before: str = "") -> float:
    text = TEMPLATE.format(before=before, statement=statement)
    keeping = {name: held for name, held in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", text],
        capture_output=True,
        text=True,
        check=False,
        env={**keeping, "PYTHONPYCACHEPREFIX": bytecode},
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return float(done.stdout)


def medians(rounds: int, *cases: tuple[str, str]) -> list[float]:
    times: list[list[float]] = [[] for _ in cases]
    with tempfile.TemporaryDirectory() as bytecode:
        for number in range(-1, rounds):
            for taken, (statement, before) in zip(times, cases, strict=True):
                spent = fresh_ms(bytecode, statement, before)
                if number >= 0:  # the round before the first writes the bytecode
                    taken.append(spent)
    return [statistics.median(taken) for taken in times]


def results(profile: Profile) -> list[Result]:
    rounds = 7 if profile.name == "short" else 31
    cases = [(USUAL, DEPENDENCIES), ("import ordercore", ""), (USUAL, "")]
    peers = {
        "transitions": "import transitions",
        "python-statemachine": "import statemachine",
    }
    present = {name: text for name, text in peers.items() if peer(text.split()[1])}
    usual, bare, whole, *others = medians(
        rounds, *cases, *((text, "") for text in present.values())
    )
    figures = dict(zip(present, others, strict=True))
    return [
        conclude("import", "ms", at_most(120, "ms more"), usual, None, "", f"{USUAL}, after attrs, pendulum, typing-extensions; with bytecode at hand; half of it is making some 400 attrs classes, most of them those of orders"),
        conclude("import.bare", "ms", at_most(10, "ms more"), bare, None, "", "import ordercore"),
        *(
            conclude("import", "ms", Goal("none: for orientation", lambda *_: True), whole, figures.get(name), name, "both from a bare interpreter")
            for name in peers
        ),
    ]  # fmt: skip

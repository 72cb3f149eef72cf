"""What it costs to import the library, beyond its three dependencies: asked of fresh interpreters."""

from __future__ import annotations

import statistics
import subprocess
import sys

from harness import Goal, Profile, Result, at_most, conclude, peer

DEPENDENCIES = "import attrs, pendulum, typing_extensions"
TEMPLATE = (
    "import time\n{before}\nstarted = time.process_time()\n{statement}\n"
    "print((time.process_time() - started) * 1000)"
)
USUAL = "from ordercore import Cart, orders, quote, allocate"


def fresh_ms(statement: str, before: str = "") -> float:
    text = TEMPLATE.format(before=before, statement=statement)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return float(done.stdout)


def medians(rounds: int, *cases: tuple[str, str]) -> list[float]:
    times: list[list[float]] = [[] for _ in cases]
    for _ in range(rounds):
        for taken, (statement, before) in zip(times, cases, strict=True):
            taken.append(fresh_ms(statement, before))
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
        conclude("import", "ms", at_most(120, "ms more"), usual, None, "", f"{USUAL}, after attrs, pendulum, typing-extensions; it makes some 230 attrs classes, at 0.6 to 0.9 ms each"),
        conclude("import.bare", "ms", at_most(10, "ms more"), bare, None, "", "import ordercore"),
        *(
            conclude("import", "ms", Goal("none: for orientation", lambda *_: True), whole, figures.get(name), name, "both from a bare interpreter")
            for name in peers
        ),
    ]  # fmt: skip

"""The example of a changed flow prints, to the letter, what its readers are shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ordercore.kernel import InvalidDefinition
from ordercore.orders import FULFILMENT
from ordercore.statemachine import Overlay
from ordercore.testing import transition_cases

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "custom_flow"


def told(*arguments, **environment):
    return subprocess.run(
        [sys.executable, str(EXAMPLE / "run.py"), *arguments],
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=True,
    ).stdout


def overlay(name):
    return Overlay.from_json(json.loads((EXAMPLE / f"{name}.json").read_text(encoding="utf-8")))


@pytest.mark.slow
def test_the_story_is_what_the_file_beside_it_says():
    """`python examples/custom_flow/run.py > examples/custom_flow/output.txt` writes it anew."""
    shown = (EXAMPLE / "output.txt").read_text(encoding="utf-8")
    assert told(PYTHONHASHSEED="1", TZ="America/New_York") == shown


@pytest.mark.slow
def test_the_short_story_leaves_out_only_the_diagram_and_the_manuals():
    shown = (EXAMPLE / "output.txt").read_text(encoding="utf-8")
    start, end = shown.index("\n== The diagram"), shown.index("\n== Monday")
    assert told("--short") == shown[:start] + shown[end:]


def test_the_draft_is_refused_with_everything_that_is_wrong():
    with pytest.raises(InvalidDefinition) as refused:
        FULFILMENT.with_(overlay("broken_draft"), version="2026-11")
    assert sorted(refused.value.codes) == [
        "overlay.ambiguous",
        "overlay.unknown_command",
        "overlay.unknown_state",
        "position.backward",
    ]


def test_every_edge_of_the_flow_is_as_its_machine_says():
    machine = FULFILMENT.with_(overlay("cross_border"), version="2026-11")
    assert machine.findings == ()
    cases = transition_cases(machine)
    for case in cases:
        case.check(machine)
    stages = ("packed", "export_declaration", "customs", "handed_over")
    assert [machine.state(stage).counts_as for stage in stages] == [
        "packed",
        "packed",
        "shipped",
        "shipped",
    ]

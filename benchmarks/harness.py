"""How a row is measured: ours and the reference in turn, in one process, by processor time.

A row is a module in `rows/`; see README.md for its protocol.
"""

from __future__ import annotations

import gc
import importlib
import statistics
import time
from collections.abc import Callable
from types import ModuleType

import attrs

MICROSECOND, MILLISECOND = 1e-6, 1e-3
SCALES = {"ns": 1e-9, "µs": MICROSECOND, "ms": MILLISECOND, "s": 1.0}


@attrs.frozen(kw_only=True)
class Profile:
    """`rounds` pairs of batches, each of at least `batch_s` seconds."""

    name: str
    rounds: int
    batch_s: float


PROFILES = {
    "short": Profile(name="short", rounds=9, batch_s=0.02),
    "full": Profile(name="full", rounds=41, batch_s=0.1),
}


@attrs.frozen
class Goal:
    """What a row is to reach: a bound on the ratio, or on our own figure."""

    text: str
    met: Callable[[float, float | None], bool] = attrs.field(eq=False)
    over_floor: bool = False


def faster(times: float, than: str) -> Goal:
    """The reference takes at least `times` as long as we do. Ratio: reference ÷ ours."""
    return Goal(f"≥ {times:g} × {than}", lambda _, ratio: ratio is not None and ratio >= times)


def floor(times: float) -> Goal:
    """We take at most `times` as long as the hand-written floor. Ratio: ours ÷ floor."""
    return Goal(
        f"≤ {times:g} × floor",
        lambda _, ratio: ratio is not None and ratio <= times,
        over_floor=True,
    )


def at_most(bound: float, unit: str) -> Goal:
    return Goal(f"≤ {bound:g} {unit}", lambda ours, _: ours <= bound)


def at_least(bound: float, unit: str) -> Goal:
    return Goal(f"≥ {bound:g} {unit}", lambda ours, _: ours >= bound)


@attrs.frozen(kw_only=True)
class Comparison:
    """One line of the table: our function beside the reference's, each doing the same work once.

    `reference` is None where the peer is not installed, or where the goal bounds our figure alone.
    `operations` is how many of the row's operations one call does.
    """

    row: str
    unit: str
    goal: Goal
    ours: Callable[[], object]
    reference: Callable[[], object] | None = None
    reference_name: str = ""
    operations: int = 1
    note: str = ""


@attrs.frozen(kw_only=True)
class Result:
    """One line of results.json."""

    row: str
    unit: str
    ours: float
    reference: float | None
    reference_name: str
    ratio: float | None
    goal: str
    met: bool
    note: str = ""


def peer(module: str) -> ModuleType | None:
    """A peer that may be missing; its row then says so, and is not met."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def conclude(
    row: str,
    unit: str,
    goal: Goal,
    ours: float,
    reference: float | None,
    reference_name: str,
    note: str = "",
) -> Result:
    """A line of the table from two figures that were measured, whatever way."""
    ratio = None
    if reference is not None and min(ours, reference) > 0:
        ratio = ours / reference if goal.over_floor else reference / ours
    missing = reference_name != "" and reference is None
    return Result(
        row=row,
        unit=unit,
        ours=significant(ours),
        reference=None if reference is None else significant(reference),
        reference_name=reference_name,
        ratio=None if ratio is None else significant(ratio),
        goal=goal.text,
        met=not missing and goal.met(ours, ratio),
        note="; ".join(
            filter(None, [f"{reference_name} is not installed" if missing else "", note])
        ),
    )


def significant(value: float) -> float:
    return float(f"{value:.4g}")


def measure(comparison: Comparison, profile: Profile) -> Result:
    """Medians over rounds of A B A B …, so that a slow moment of the machine meets both."""
    sides = [side for side in (comparison.ours, comparison.reference) if side is not None]
    numbers = [calibrate(side, profile.batch_s) for side in sides]
    seconds: list[list[float]] = [[] for _ in sides]
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        for _ in range(profile.rounds):
            for index, side in enumerate(sides):
                seconds[index].append(batch(side, numbers[index]) / numbers[index])
            gc.collect()
    finally:
        if enabled:
            gc.enable()
    scale = SCALES[comparison.unit] * comparison.operations
    medians = [statistics.median(times) / scale for times in seconds]
    return conclude(
        comparison.row,
        comparison.unit,
        comparison.goal,
        medians[0],
        medians[1] if len(medians) > 1 else None,
        comparison.reference_name,
        comparison.note,
    )


def batch(function: Callable[[], object], number: int) -> float:
    clock = time.process_time
    started = clock()
    for _ in range(number):
        function()
    return clock() - started


def calibrate(function: Callable[[], object], batch_s: float) -> int:
    """How many calls fill a batch; warms up on the way."""
    number = 1
    while True:
        took = batch(function, number)
        if took >= batch_s / 4:
            return max(1, round(number * batch_s / took))
        number *= 4

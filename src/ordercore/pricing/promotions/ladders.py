"""Ladders: the more is bought, the more comes off."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import Currency, Money, as_tuple, checked, problems

__all__ = ["LadderStep", "SpendAndSave"]


@attrs.frozen
@checked
class LadderStep:
    """From ``threshold`` on, ``off`` is taken off.

    Example:
        >>> str(LadderStep(Money(30000, "CNY"), Money(4000, "CNY")).off)
        'CNY 40.00'
    """

    threshold: Money
    off: Money


def _steps(given: Iterable[LadderStep]) -> tuple[LadderStep, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class SpendAndSave:
    """A spend ladder: the highest step reached by the selected lines gives its amount, once.

    A single step with a threshold of zero is a plain amount off.

    Raises:
        InvalidBatch: ``ladder.empty``, ``ladder.step``, ``ladder.off`` (not above zero),
            ``ladder.threshold`` (negative), ``ladder.not_rising`` (thresholds and amounts off
            must rise from step to step), ``money.currency_mismatch``.

    Example:
        >>> ladder = SpendAndSave([LadderStep(Money(30000, "CNY"), Money(4000, "CNY"))])
        >>> ladder.currency
        Currency('CNY')
    """

    steps: tuple[LadderStep, ...] = attrs.field(converter=_steps)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.steps:
            faults.add("ladder.empty", "steps", self.steps, "at least one step")
        before: LadderStep | None = None
        for position, step in enumerate(self.steps):
            path = f"steps[{position}]"
            if not isinstance(step, LadderStep):
                faults.add("ladder.step", path, step, "a LadderStep")
                continue
            first = step if before is None else before
            if {step.off.currency, step.threshold.currency} != {first.off.currency}:
                faults.add("money.currency_mismatch", path, step.off, "one currency")
                continue
            if step.off.minor <= 0:
                faults.add("ladder.off", f"{path}.off", step.off, "an amount above zero")
            if step.threshold.minor < 0:
                faults.add("ladder.threshold", f"{path}.threshold", step.threshold, "≥ 0")
            if before is not None and (
                step.threshold.minor <= before.threshold.minor or step.off.minor <= before.off.minor
            ):
                faults.add("ladder.not_rising", path, step.threshold, "more than the step before")
            before = step
        faults.raise_if_any("spend ladder")

    @property
    def currency(self) -> Currency:
        """The currency of its amounts."""
        return self.steps[0].off.currency

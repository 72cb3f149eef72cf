"""Ladders: the more is bought, the more comes off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import attrs

from ordercore.kernel import Currency, FaultList, Money, as_tuple, checked, problems
from ordercore.pricing.promotions.amounts import AmountOff, FixedPrice, UnitOff
from ordercore.pricing.promotions.percents import PercentOff

__all__ = ["FlatEffect", "Ladder", "LadderStep", "Rung", "SpendAndSave", "SpendEvery"]

FlatEffect: TypeAlias = PercentOff | UnitOff | AmountOff | FixedPrice
"""An effect that looks at amounts only; what a rung of a ladder may give."""


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


@attrs.frozen
@checked
class SpendEvery:
    """An amount off for every so much spent, or every so many units, again and again.

    Args:
        every: What has to be spent (Money), or how many units (int), for each time.
        off: What comes off each time.
        most: How often at most; None is without limit.

    Raises:
        InvalidBatch: ``spend_every.every`` (not above zero), ``spend_every.off`` (not above
            zero), ``spend_every.most`` (below 1), ``money.currency_mismatch``.

    Example:
        >>> each = SpendEvery(Money.of("300.00", "CNY"), Money.of("40.00", "CNY"), most=3)
        >>> each.times(95_000)
        3
    """

    every: Money | int
    off: Money
    most: int | None = None

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if _size(self.every) <= 0:
            faults.add("spend_every.every", "every", self.every, "above zero")
        if type(self.off) is not Money or self.off.minor <= 0:
            faults.add("spend_every.off", "off", self.off, "an amount above zero")
        elif type(self.every) is Money and self.every.currency != self.off.currency:
            faults.add("money.currency_mismatch", "off", self.off, "one currency")
        if self.most is not None and (type(self.most) is not int or self.most < 1):
            faults.add("spend_every.most", "most", self.most, "an integer ≥ 1, or None")
        faults.raise_if_any("spend every")

    def times(self, have: int) -> int:
        """How often it gives for so many minor units, or units."""
        times = have // _size(self.every)
        return times if self.most is None else min(times, self.most)


def _size(threshold: Money | int) -> int:
    """A threshold as a number; -1 for what is none."""
    if type(threshold) is Money:
        return threshold.minor
    return threshold if type(threshold) is int else -1


@attrs.frozen
@checked
class Rung:
    """From a threshold on, an effect: of money spent, or of units.

    Example:
        >>> Rung(3, PercentOff(10)).effect.percent
        Fraction(10, 1)
    """

    threshold: Money | int
    effect: FlatEffect

    @property
    def size(self) -> int:
        """The threshold in minor units, or units."""
        return _size(self.threshold)


def _rungs(given: Iterable[Rung]) -> tuple[Rung, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class Ladder:
    """The highest rung that the selected lines reach gives its effect to them.

    The rungs are all of money spent, or all of units: a ladder of percentages, of unit prices
    by quantity, of amounts.

    Raises:
        InvalidBatch: ``ladder.empty``, ``ladder.step`` (not a Rung), ``ladder.threshold``
            (negative, or money beside units), ``ladder.not_rising``, ``money.currency_mismatch``.

    Example:
        >>> ladder = Ladder([Rung(3, PercentOff(10)), Rung(6, PercentOff(15))])
        >>> [rung.threshold for rung in ladder.reached(5)], ladder.counts_units
        ([3], True)
    """

    rungs: tuple[Rung, ...] = attrs.field(converter=_rungs)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.rungs:
            faults.add("ladder.empty", "rungs", self.rungs, "at least one rung")
        before: Rung | None = None
        currencies: dict[Currency, int] = {}
        for position, rung in enumerate(self.rungs):
            path = f"rungs[{position}]"
            if not isinstance(rung, Rung):
                faults.add("ladder.step", path, rung, "a Rung")
                continue
            first = rung if before is None else before
            if rung.size < 0 or type(rung.threshold) is not type(first.threshold):
                faults.add("ladder.threshold", f"{path}.threshold", rung.threshold, "≥ 0, one kind")
            elif before is not None and rung.size <= before.size:
                faults.add("ladder.not_rising", path, rung.threshold, "more than the rung before")
            for each in _currencies(rung):
                currencies.setdefault(each, position)
            before = rung
        _one_currency(currencies, faults)
        faults.raise_if_any("ladder")

    @property
    def counts_units(self) -> bool:
        """Whether units count, not money."""
        return type(self.rungs[0].threshold) is int

    @property
    def currency(self) -> Currency | None:
        """The currency of its amounts; None where it has only percentages by units."""
        return next((each for rung in self.rungs for each in _currencies(rung)), None)

    def reached(self, have: int) -> tuple[Rung, ...]:
        """The rungs that so many minor units, or units, reach."""
        return tuple([rung for rung in self.rungs if rung.size <= have])


def _currencies(rung: Rung) -> list[Currency]:
    found = [rung.threshold.currency] if type(rung.threshold) is Money else []
    match rung.effect:
        case UnitOff(off=off) | AmountOff(off=off):
            found.append(off.currency)
        case FixedPrice(price=price):
            found.append(price.currency)
        case _:
            pass
    return found


def _one_currency(found: dict[Currency, int], faults: FaultList) -> None:
    for currency, position in list(found.items())[1:]:
        faults.add("money.currency_mismatch", f"rungs[{position}]", str(currency), "one currency")

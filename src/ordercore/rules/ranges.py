"""What is known of the values of one term, and whether any value is left."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import ceil, floor
from typing import Final, TypeAlias

from ordercore.rules.expression import Comparison

__all__ = ["Numbers", "Texts"]

_Number: TypeAlias = int | Fraction
_FEW: Final = 64


class Numbers:
    """Numbers between bounds, of some choices, without some; whole ones or any.

    Example:
        >>> units = Numbers(whole=True)
        >>> units.restrict(Comparison.GT, 2)
        >>> units.restrict(Comparison.LT, 3)
        >>> units.is_empty
        True
    """

    __slots__ = ("_banned", "_choices", "_high", "_low", "_whole")

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._low: tuple[_Number, bool] | None = None
        self._high: tuple[_Number, bool] | None = None
        self._choices: frozenset[_Number] | None = None
        self._banned: frozenset[_Number] = frozenset()

    def copy(self) -> Numbers:
        """The same knowledge, to be narrowed apart."""
        other = Numbers(whole=self._whole)
        other._low, other._high = self._low, self._high
        other._choices, other._banned = self._choices, self._banned
        return other

    def restrict(self, comparison: Comparison, value: _Number) -> None:
        """Keep the values for which the comparison holds."""
        match comparison:
            case Comparison.EQ:
                self.one_of([value])
            case Comparison.NE:
                self.none_of([value])
            case Comparison.GT | Comparison.GE:
                bound = (value, comparison is Comparison.GT)
                self._low = bound if self._low is None else max(self._low, bound)
            case _:
                # Of two equal upper bounds the open one is the lower: False sorts before True.
                bound = (value, comparison is Comparison.LE)
                self._high = bound if self._high is None else min(self._high, bound)

    def one_of(self, values: Iterable[_Number]) -> None:
        """Keep these values only."""
        some = frozenset(values)
        self._choices = some if self._choices is None else self._choices & some

    def none_of(self, values: Iterable[_Number]) -> None:
        """Leave these values out."""
        self._banned |= frozenset(values)

    @property
    def is_empty(self) -> bool:
        """Whether no value is left: certain where true."""
        if self._choices is not None:
            return not any(self._has(value) for value in self._choices)
        if self._low is None or self._high is None:
            return False
        low, high = self._low[0], self._high[0]
        if self._whole:
            first = floor(low) + 1 if self._low[1] else ceil(low)
            last = floor(high) if self._high[1] else ceil(high) - 1
            return last - first < _FEW and not any(map(self._has, range(first, last + 1)))
        return low > high or (low == high and not self._has(low))

    def _has(self, value: _Number) -> bool:
        low, high = self._low, self._high
        return (
            value not in self._banned
            and (low is None or value > low[0] or (value == low[0] and not low[1]))
            and (high is None or value < high[0] or (value == high[0] and high[1]))
            and (not self._whole or value == floor(value))
        )


class Texts:
    """Texts of some choices, without some, that begin with or contain some others, or do not.

    Example:
        >>> skus = Texts()
        >>> skus.begins("TEA-", wanted=True)
        >>> skus.one_of(["CUP-1"])
        >>> skus.is_empty
        True
    """

    __slots__ = ("_banned", "_choices", "_tests")

    def __init__(self, choices: Iterable[str] | None = None) -> None:
        self._choices = None if choices is None else frozenset(choices)
        self._banned: frozenset[str] = frozenset()
        self._tests: tuple[tuple[str, bool, bool], ...] = ()

    def copy(self) -> Texts:
        """The same knowledge, to be narrowed apart."""
        other = Texts(self._choices)
        other._banned, other._tests = self._banned, self._tests
        return other

    def one_of(self, texts: Iterable[str]) -> None:
        """Keep these texts only."""
        some = frozenset(texts)
        self._choices = some if self._choices is None else self._choices & some

    def none_of(self, texts: Iterable[str]) -> None:
        """Leave these texts out."""
        self._banned |= frozenset(texts)

    def begins(self, prefix: str, *, wanted: bool) -> None:
        """Keep the texts that begin so, or those that do not."""
        self._tests += ((prefix, True, wanted),)

    def contains(self, part: str, *, wanted: bool) -> None:
        """Keep the texts that contain it, or those that do not."""
        self._tests += ((part, False, wanted),)

    @property
    def is_empty(self) -> bool:
        """Whether no text is left: certain where true."""
        if self._choices is not None:
            return not any(
                text not in self._banned
                and all(
                    _passes(text, part, at_start) is wanted
                    for part, at_start, wanted in self._tests
                )
                for text in self._choices
            )
        begins = max(
            (part for part, start, wanted in self._tests if start and wanted), key=len, default=""
        )
        for part, at_start, wanted in self._tests:
            if wanted and at_start and not begins.startswith(part):
                return True
            if not wanted and _passes(begins, part, at_start):
                return True
            if not wanted and not at_start and self._needs(part):
                return True
        return False

    def _needs(self, part: str) -> bool:
        return any(wanted and part in needed for needed, _, wanted in self._tests)


def _passes(text: str, part: str, at_start: bool) -> bool:
    return text.startswith(part) if at_start else part in text

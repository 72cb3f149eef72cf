"""Units of measure: what a quantity counts, how finely, and its exact size.

The constants are those an order core meets daily, under their UN/ECE Recommendation 20 codes.
Others are values that the host makes; packages (box, pallet) have no size of their own and are
given one per product, if at all.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

import attrs

from ordercore.kernel.checked import checked
from ordercore.kernel.errors import InvalidValue, problems
from ordercore.kernel.exact import exact_ratio, power_of_ten

__all__ = [
    "CENTIMETRE",
    "CUBIC_METRE",
    "DAY",
    "DOZEN",
    "EACH",
    "GRAM",
    "HOUR",
    "KILOGRAM",
    "KILOMETRE",
    "LITRE",
    "METRE",
    "MILLIGRAM",
    "MILLILITRE",
    "MILLIMETRE",
    "MINUTE",
    "PAIR",
    "SECOND",
    "SQUARE_METRE",
    "STANDARD_UNITS",
    "TONNE",
    "Unit",
]

MAX_SCALE = 18


def _ratio(value: Fraction | Decimal | int | str) -> Fraction:
    if isinstance(value, str):
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError):
            raise InvalidValue("unit.ratio", "ratio", value, "a fraction above 0") from None
    return Fraction(*exact_ratio(value, "ratio", "unit"))


def _is_word(text: object) -> bool:
    return isinstance(text, str) and text.isprintable() and text != "" and " " not in text


@attrs.frozen
@checked
class Unit:
    """A unit of one dimension; amounts in it are kept as integers of 10^-``scale`` of the unit.

    Args:
        code: The unit's code, in Rec 20 where it has one there.
        scale: Decimals kept, 0 to 18.
        dimension: What it measures, such as ``mass``; only equal dimensions meet.
        ratio: Exact size in the dimension's base unit (kilogram, metre, cubic metre, second, one).
        symbol: How it is written after a number; the code when not given.

    Raises:
        InvalidBatch: ``unit.code``, ``unit.scale``, ``unit.dimension``, ``unit.ratio``,
            ``unit.symbol``, as many as are wrong.
        InvalidValue: the same codes or ``unit.float``, when ``ratio`` is no exact number at all.

    Example:
        >>> bottle = Unit("BO", scale=0, dimension="volume", ratio="3/4000", symbol="bottle")
        >>> bottle.step
        Fraction(3, 4000)
    """

    code: str
    scale: int = attrs.field(kw_only=True)
    dimension: str = attrs.field(kw_only=True)
    ratio: Fraction = attrs.field(kw_only=True, default=Fraction(1), converter=_ratio)
    symbol: str = attrs.field(kw_only=True)

    @symbol.default
    def _symbol(self) -> str:
        return self.code

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for path in ("code", "dimension", "symbol"):
            word = getattr(self, path)
            if not _is_word(word):
                faults.add(f"unit.{path}", path, word, "a printable word without blanks")
        if type(self.scale) is not int or not 0 <= self.scale <= MAX_SCALE:
            faults.add("unit.scale", "scale", self.scale, f"an int from 0 to {MAX_SCALE}")
        if self.ratio <= 0:
            faults.add("unit.ratio", "ratio", self.ratio, "a fraction above 0")
        faults.raise_if_any("unit")

    @property
    def step(self) -> Fraction:
        """The size of the smallest amount, in the dimension's base unit.

        Example:
            >>> LITRE.step
            Fraction(1, 1000000)
        """
        return self.ratio / power_of_ten(self.scale)


EACH: Final = Unit("C62", scale=0, dimension="count", symbol="each")
PAIR: Final = Unit("PR", scale=0, dimension="count", ratio=2, symbol="pair")
DOZEN: Final = Unit("DZN", scale=0, dimension="count", ratio=12, symbol="dozen")
MILLIGRAM: Final = Unit("MGM", scale=0, dimension="mass", ratio="1/1000000", symbol="mg")
GRAM: Final = Unit("GRM", scale=0, dimension="mass", ratio="1/1000", symbol="g")
KILOGRAM: Final = Unit("KGM", scale=3, dimension="mass", symbol="kg")
TONNE: Final = Unit("TNE", scale=3, dimension="mass", ratio=1000, symbol="t")
MILLILITRE: Final = Unit("MLT", scale=0, dimension="volume", ratio="1/1000000", symbol="ml")
LITRE: Final = Unit("LTR", scale=3, dimension="volume", ratio="1/1000", symbol="L")
CUBIC_METRE: Final = Unit("MTQ", scale=3, dimension="volume", symbol="m³")
MILLIMETRE: Final = Unit("MMT", scale=0, dimension="length", ratio="1/1000", symbol="mm")
CENTIMETRE: Final = Unit("CMT", scale=1, dimension="length", ratio="1/100", symbol="cm")
METRE: Final = Unit("MTR", scale=3, dimension="length", symbol="m")
KILOMETRE: Final = Unit("KMT", scale=3, dimension="length", ratio=1000, symbol="km")
SQUARE_METRE: Final = Unit("MTK", scale=4, dimension="area", symbol="m²")
SECOND: Final = Unit("SEC", scale=0, dimension="time", symbol="s")
MINUTE: Final = Unit("MIN", scale=0, dimension="time", ratio=60, symbol="min")
HOUR: Final = Unit("HUR", scale=2, dimension="time", ratio=3600, symbol="h")
DAY: Final = Unit("DAY", scale=0, dimension="time", ratio=86400, symbol="d")

STANDARD_UNITS: Final = (
    EACH,
    PAIR,
    DOZEN,
    MILLIGRAM,
    GRAM,
    KILOGRAM,
    TONNE,
    MILLILITRE,
    LITRE,
    CUBIC_METRE,
    MILLIMETRE,
    CENTIMETRE,
    METRE,
    KILOMETRE,
    SQUARE_METRE,
    SECOND,
    MINUTE,
    HOUR,
    DAY,
)
"""Every constant of this module; no two share a code or a symbol."""

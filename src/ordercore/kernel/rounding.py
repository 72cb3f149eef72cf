"""Named rounding of exact numbers, and rounding to the coins that exist.

Every place that rounds names its mode; nothing here has a hidden default for amounts.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import attrs

from ordercore.kernel.checked import checked
from ordercore.kernel.currency import Currency
from ordercore.kernel.errors import Choice, CurrencyMismatch, InvalidValue
from ordercore.kernel.exact import exact_ratio

if TYPE_CHECKING:
    from ordercore.kernel.money import Money

__all__ = ["CashRounding", "Rounding", "divide", "round_ratio"]


class Rounding(Choice):
    """What to do with the part that does not fit.

    ``HALF_UP`` and ``HALF_EVEN`` go to the nearest; they differ on exact ties: ``HALF_UP`` goes
    away from zero (−2.5 → −3), ``HALF_EVEN`` to the even neighbour. ``DOWN`` goes towards zero,
    ``UP`` away from it, ``FLOOR`` towards minus infinity, ``CEILING`` towards plus infinity.

    Example:
        >>> [divide(-5, 2, mode) for mode in Rounding]
        [-3, -2, -2, -3, -2, -3]
    """

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"
    CEILING = "ceiling"
    FLOOR = "floor"


# Attribute access on an enumeration is slow on Python 3.11; these are bound once.
_HALF_UP: Final = Rounding.HALF_UP
_HALF_EVEN: Final = Rounding.HALF_EVEN
_DOWN: Final = Rounding.DOWN
_UP: Final = Rounding.UP
_CEILING: Final = Rounding.CEILING


def divide(numerator: int, denominator: int, rounding: Rounding) -> int:
    """``numerator`` ÷ ``denominator`` as a whole number, rounded as named.

    Args:
        numerator: Any int.
        denominator: Any int but 0; a negative one turns both signs.
        rounding: The mode; its text (``"half_up"``) serves as well.

    Raises:
        InvalidValue: ``rounding.not_an_integer``, ``rounding.zero_denominator`` or
            ``rounding.unknown_mode``.

    Example:
        >>> divide(7, 2, Rounding.HALF_UP), divide(5, 2, Rounding.HALF_EVEN)
        (4, 2)
    """
    _require_integer("numerator", numerator)
    _require_integer("denominator", denominator)
    if denominator == 0:
        raise InvalidValue("rounding.zero_denominator", "denominator", 0, "an int other than 0")
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    mode = _mode(rounding)
    floor, rest = divmod(numerator, denominator)
    if rest == 0:
        return floor
    if mode is _HALF_UP or mode is _HALF_EVEN:
        twice = 2 * rest
        if twice != denominator:
            return floor + (twice > denominator)
        return floor + (floor % 2 if mode is _HALF_EVEN else numerator > 0)
    if mode is _DOWN:
        return floor + (numerator < 0)
    if mode is _UP:
        return floor + (numerator > 0)
    return floor + (mode is _CEILING)


def _require_integer(path: str, value: int) -> None:
    if type(value) is not int:
        raise InvalidValue("rounding.not_an_integer", path, value, "an int")


def _mode(value: Rounding | str) -> Rounding:
    if type(value) is Rounding:
        return value
    try:
        return Rounding(value)
    except ValueError:
        raise InvalidValue(
            "rounding.unknown_mode", "rounding", value, "one of " + ", ".join(Rounding)
        ) from None


def round_ratio(value: Fraction | Decimal | int, rounding: Rounding) -> int:
    """An exact number as a whole one, rounded as named. Decimal contexts take no part.

    Raises:
        InvalidValue: ``number.float``, ``number.not_a_number`` (bools, NaN, infinity),
            ``number.too_long`` or ``rounding.unknown_mode``.

    Example:
        >>> from fractions import Fraction
        >>> round_ratio(Fraction(-7, 2), Rounding.DOWN), round_ratio(Decimal("0.5"), Rounding.UP)
        (-3, 1)
    """
    numerator, denominator = exact_ratio(value, "value")
    return divide(numerator, denominator, rounding)


def _currency_or_none(value: str | None) -> Currency | None:
    return None if value is None else Currency(value)


@attrs.frozen
@checked
class CashRounding:
    """Rounds amounts to what can be paid in coins: to a multiple of ``step_minor`` minor units.

    With ``currency`` given, an amount of another currency is refused: five rappen are no rule for
    yen. The difference is real money; book it, do not drop it (:meth:`difference`).

    Raises:
        InvalidValue: ``rounding.step`` when the step is not an int ≥ 1; ``rounding.unknown_mode``.

    Example:
        >>> from ordercore.kernel import Money
        >>> swiss = CashRounding.of_currency("CHF")
        >>> str(swiss.apply(Money.of("12.33", "CHF"))), str(swiss.difference(Money(1233, "CHF")))
        ('CHF 12.35', 'CHF 0.02')
    """

    step_minor: int
    rounding: Rounding = attrs.field(default=Rounding.HALF_UP, converter=_mode)
    currency: Currency | None = attrs.field(default=None, kw_only=True, converter=_currency_or_none)

    def __attrs_post_init__(self) -> None:
        if type(self.step_minor) is not int or self.step_minor < 1:
            raise InvalidValue("rounding.step", "step_minor", self.step_minor, "an int ≥ 1")

    @classmethod
    def of_currency(cls, currency: str, rounding: Rounding = Rounding.HALF_UP) -> CashRounding:
        """The rule of a currency's smallest cash amount; step 1 where none is coarser.

        Source: Unicode CLDR, cash digits and rounding. Some countries' practice is a law about
        the payable total only; cards pay the exact amount everywhere.

        Example:
            >>> (
            ...     CashRounding.of_currency("DKK").step_minor,
            ...     CashRounding.of_currency("EUR").step_minor,
            ... )
            (50, 1)
        """
        known = Currency(currency)
        return cls(known.cash_step_minor, rounding, currency=known)

    def apply(self, amount: Money) -> Money:
        """The payable amount.

        Raises:
            CurrencyMismatch: the rule belongs to another currency.

        Example:
            >>> from ordercore.kernel import Money
            >>> str(CashRounding(5).apply(Money(-8, "CAD")))
            'CAD -0.10'
        """
        if self.currency is not None and self.currency != amount.currency:
            raise CurrencyMismatch(self.currency, amount.currency)
        steps = divide(amount.minor, self.step_minor, self.rounding)
        return attrs.evolve(amount, minor=steps * self.step_minor)

    def difference(self, amount: Money) -> Money:
        """What rounding adds to the amount: ``apply(amount) - amount``.

        Example:
            >>> from ordercore.kernel import Money
            >>> str(CashRounding(5).difference(Money(11, "CAD")))
            'CAD -0.01'
        """
        return self.apply(amount) - amount

"""Prices made from other prices: by an exchange rate, a factor, and the way prices end."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

import attrs

from ordercore.kernel import (
    Currency,
    CurrencyMismatch,
    Instant,
    InvalidValue,
    Money,
    PriceListId,
    Rounding,
    as_instant,
    as_optional_instant,
    checked,
    divide,
    problems,
    round_ratio,
)
from ordercore.pricing.exact import exact_fraction

__all__ = ["ConvertedPrice", "ExchangeRate", "PriceConversion", "PriceEnding"]

_ONE: Final = Fraction(1)


def _rate(value: Fraction | Decimal | int | str) -> Fraction:
    return exact_fraction(value, "rate")


def _factor(value: Fraction | Decimal | int | str) -> Fraction:
    return exact_fraction(value, "factor")


@attrs.frozen(kw_only=True)
@checked
class ExchangeRate:
    """How many units of one currency a unit of another is, by whose table, at which moment.

    In major units: 1 EUR = 163.20 JPY is a rate of ``"163.2"``. The rate comes in; the library
    never fetches one. ``version`` names the table or day that it is from.

    Raises:
        InvalidBatch: ``rate.not_positive``, ``rate.version`` (empty), ``rate.same_currency``.
        InvalidValue: ``rate.not_exact``.

    Example:
        >>> ExchangeRate(
        ...     source="EUR",
        ...     target="USD",
        ...     rate="1.0875",
        ...     version="ecb 2026-11-11",
        ...     at="2026-11-11T15:00Z",
        ... ).rate
        Fraction(87, 80)
    """

    source: Currency = attrs.field(converter=Currency)
    target: Currency = attrs.field(converter=Currency)
    rate: Fraction = attrs.field(converter=_rate)
    version: str
    at: Instant = attrs.field(converter=as_instant)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if self.rate <= 0:
            faults.add("rate.not_positive", "rate", self.rate, "a rate above 0")
        if not isinstance(self.version, str) or not self.version:
            faults.add("rate.version", "version", self.version, "a name of the table or day")
        if self.source == self.target:
            faults.add("rate.same_currency", "target", self.target, "another currency")
        # An amount of a currency without minor units, such as gold, is no money.
        for currency in (self.source, self.target):
            Money.zero(currency)
        faults.raise_if_any("exchange rate")

    def exact(self, amount: Money) -> Fraction:
        """The amount in minor units of the target currency, not rounded.

        Raises:
            CurrencyMismatch: the amount is not of the source currency.

        Example:
            >>> rate = ExchangeRate(
            ...     source="EUR", target="JPY", rate="163.2", version="1", at="2026-11-11T15:00Z"
            ... )
            >>> rate.exact(Money.of("12.34", "EUR"))
            Fraction(251736, 125)
        """
        self.require(amount)
        return amount.minor * self.minor_ratio

    def require(self, amount: Money) -> None:
        """Refuse an amount that is not of the source currency.

        Raises:
            CurrencyMismatch: it is of another.
        """
        if amount.currency != self.source:
            raise CurrencyMismatch(self.source, amount.currency)

    @property
    def minor_ratio(self) -> Fraction:
        """How many minor units of the target a minor unit of the source is."""
        digits = (self.target.exponent or 0) - (self.source.exponent or 0)
        return self.rate * Fraction(10) ** digits


@attrs.frozen(kw_only=True)
@checked
class PriceEnding:
    """How prices end: at ``ending_minor`` above a multiple of ``step_minor``, in minor units.

    Steps of 100 and an ending of 99 give prices like 4.99 and 12.99; 1,000 and 990 give 19.90;
    5 and 0 give 4.95. A price above zero never becomes zero, and zero stays zero.

    Raises:
        InvalidBatch: ``ending.step_minor`` (1 or more), ``ending.ending_minor`` (from 0 to less
            than the step).

    Example:
        >>> charm = PriceEnding(step_minor=100, ending_minor=99)
        >>> [charm.minor(Fraction(minor)) for minor in (1240, 1260, 20, 0)]
        [1199, 1299, 99, 0]
    """

    step_minor: int
    ending_minor: int = 0
    rounding: Rounding = attrs.field(default=Rounding.HALF_UP, converter=Rounding)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.step_minor) is not int or self.step_minor < 1:
            faults.add("ending.step_minor", "step_minor", self.step_minor, "an integer ≥ 1")
        elif type(self.ending_minor) is not int or not 0 <= self.ending_minor < self.step_minor:
            expected = "an integer from 0 to less than the step"
            faults.add("ending.ending_minor", "ending_minor", self.ending_minor, expected)
        faults.raise_if_any("price ending")

    def minor(self, exact: Fraction) -> int:
        """The price with this ending that an exact amount ≥ 0 of minor units is rounded to."""
        if not exact:
            return 0
        steps = round_ratio((exact - self.ending_minor) / self.step_minor, self.rounding)
        return max(steps, 0 if self.ending_minor else 1) * self.step_minor + self.ending_minor


@attrs.frozen(kw_only=True)
@checked
class PriceConversion:
    """How a list makes its prices from those of the list behind it.

    A price, and what it is compared with, becomes ``price × rate × factor``, rounded once: by the
    ending where there is one, else to the minor unit. Costs and floors are converted by the rate
    alone and rounded up, so that no bound gets lower than it was.

    Args:
        rate: From the other list's currency to this list's; None where they are the same.
        factor: What the seller makes of it: ``"0.9"`` for a tenth off, ``"1.05"`` for a mark-up.
        rounding: To the minor unit, where there is no ending.
        ending: How the prices end.

    Raises:
        InvalidValue: ``factor.not_exact``, ``factor.out_of_range`` unless above 0 and at
            most 1,000.

    Example:
        >>> rate = ExchangeRate(
        ...     source="EUR", target="USD", rate="1.0875", version="1", at="2026-11-11T15:00Z"
        ... )
        >>> charm = PriceEnding(step_minor=100, ending_minor=99)
        >>> conversion = PriceConversion(rate=rate, factor="1.05", ending=charm)
        >>> str(conversion.price(Money.of("12.00", "EUR")))
        'USD 13.99'
        >>> str(conversion.bound(Money.of("12.00", "EUR")))
        'USD 13.05'
    """

    rate: ExchangeRate | None = None
    factor: Fraction = attrs.field(default=_ONE, converter=_factor)
    rounding: Rounding = attrs.field(default=Rounding.HALF_UP, converter=Rounding)
    ending: PriceEnding | None = None
    _price_ratio: Fraction = attrs.field(init=False, eq=False, repr=False)
    _bound_ratio: Fraction = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not 0 < self.factor <= 1000:
            raise InvalidValue("factor.out_of_range", "factor", self.factor, "above 0, up to 1000")
        ratio = _ONE if self.rate is None else self.rate.minor_ratio
        object.__setattr__(self, "_bound_ratio", ratio)
        object.__setattr__(self, "_price_ratio", ratio * self.factor)

    def _currency(self, amount: Money) -> Currency:
        if self.rate is None:
            return amount.currency
        self.rate.require(amount)
        return self.rate.target

    def price(self, amount: Money) -> Money:
        """What a price, or what it is compared with, becomes.

        Raises:
            CurrencyMismatch: the amount is not of the rate's source currency.
        """
        currency, ratio = self._currency(amount), self._price_ratio
        if self.ending is not None:
            return Money(self.ending.minor(amount.minor * ratio), currency)
        minor = divide(amount.minor * ratio.numerator, ratio.denominator, self.rounding)
        return Money(minor, currency)

    def bound(self, amount: Money) -> Money:
        """What a cost or a floor becomes.

        Raises:
            CurrencyMismatch: as :meth:`price`.
        """
        currency, ratio = self._currency(amount), self._bound_ratio
        minor = divide(amount.minor * ratio.numerator, ratio.denominator, Rounding.CEILING)
        return Money(minor, currency)

    def step(self, price_list: str, original: Money) -> ConvertedPrice:
        """The record of what the conversion does to a price, for the answer."""
        rate = self.rate
        return ConvertedPrice(
            price_list=price_list,
            original=original,
            rate=_ONE if rate is None else rate.rate,
            factor=self.factor,
            version="" if rate is None else rate.version,
            at=None if rate is None else rate.at,
        )


@attrs.frozen(kw_only=True)
@checked
class ConvertedPrice:
    """One conversion behind a price: whose it was, of what price, by which rate of which table.

    ``version`` is empty and ``at`` None where no rate was involved.

    Example:
        >>> step = ConvertedPrice(price_list="usd", original=Money(1200, "EUR"), rate="1.0875")
        >>> step.factor, step.version
        (Fraction(1, 1), '')
    """

    price_list: PriceListId = attrs.field(converter=PriceListId)
    """The list that converts; the price answer names the list whose row it was."""
    original: Money
    """What was asked before, for the answer's ``per`` units."""
    rate: Fraction = attrs.field(default=_ONE, converter=_rate)
    factor: Fraction = attrs.field(default=_ONE, converter=_factor)
    version: str = ""
    at: Instant | None = attrs.field(default=None, converter=as_optional_instant)

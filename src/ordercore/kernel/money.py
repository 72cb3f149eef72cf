"""Money: a whole number of minor units of one currency. Exact, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, final

import attrs

from ordercore.kernel.apportion import ZeroWeights, apportion
from ordercore.kernel.currency import Currency
from ordercore.kernel.errors import CurrencyMismatch, InvalidValue, UnknownCurrency, expect
from ordercore.kernel.exact import decimal_text, exact_ratio, scaled_int
from ordercore.kernel.rounding import Rounding, divide

__all__ = ["Money", "total"]


def _code_and_amount(text: object) -> tuple[str, str]:
    if isinstance(text, str) and text[3:4] == " ":
        return text[:3], text[4:]
    raise InvalidValue("money.text", "", text, "text such as 'CNY 128.00'")


def _currency(value: str) -> Currency:
    return value if type(value) is Currency else Currency(value)


@final
@attrs.frozen
class Money:
    """An amount in minor units (cents, fen) of a currency; of any size, never a float.

    Amounts of one currency add, subtract and compare; two currencies refuse with
    :class:`CurrencyMismatch`, except in ``==``, where they are simply not equal. Times an int is
    exact; any other rate goes through :meth:`times`, which names its rounding. To add up many, use
    :func:`total`: it builds one object instead of one per step.

    Raises:
        InvalidValue: ``money.minor`` when ``minor`` is not an int (a bool is not one).
        UnknownCurrency: no such code, or one without a minor unit, such as gold.

    Example:
        >>> price = Money(12800, "CNY")
        >>> str(price), str(price + Money.of("0.90", "CNY")), str(price * 3), str(-price)
        ('CNY 128.00', 'CNY 128.90', 'CNY 384.00', 'CNY -128.00')
        >>> price + Money(1, "EUR")
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.CurrencyMismatch: money.currency_mismatch at currency: ...
    """

    minor: int
    currency: Currency = attrs.field(converter=_currency)

    def __attrs_post_init__(self) -> None:
        if type(self.minor) is not int:
            raise InvalidValue("money.minor", "minor", self.minor, "an int of minor units")
        if self.currency.exponent is None:
            raise UnknownCurrency(self.currency, "a currency with a minor unit")

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> Money:
        """Money from an amount in major units, exactly.

        Text is plain: an optional minus, digits, a point and digits. Trailing zeros do not count.

        Raises:
            PrecisionLoss: more decimals than the currency has.
            InvalidValue: ``money.float``, ``money.not_a_number`` or ``money.too_long``.
            UnknownCurrency: as the constructor.

        Example:
            >>> Money.of("128.00", "CNY") == Money.of(128, "CNY") == Money(12800, "CNY")
            True
            >>> Money.of("0.5", "JPY")
            Traceback (most recent call last):
            ...
            ordercore.kernel.errors.PrecisionLoss: number.precision_loss: expected ..., got '0.5'
        """
        zero = cls(0, currency)
        return _money(scaled_int(amount, zero._exponent, "money"), zero.currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """No money, in a currency.

        Example:
            >>> bool(Money.zero("EUR"))
            False
        """
        return cls(0, currency)

    @classmethod
    def many(cls, minors: Iterable[int], currency: str) -> list[Money]:
        """Many amounts of one currency, in half the time that the constructor takes for each.

        Raises:
            InvalidValue: ``money.minor``, with the path ``minors[i]``.
            UnknownCurrency: as the constructor.

        Example:
            >>> [str(money) for money in Money.many([12800, -5], "CNY")]
            ['CNY 128.00', 'CNY -0.05']
        """
        known = cls(0, currency).currency
        made: list[Money] = []
        for minor in minors:
            if type(minor) is not int:
                path = f"minors[{len(made)}]"
                raise InvalidValue("money.minor", path, minor, "an int of minor units")
            money = _new(Money)
            _set_minor(money, minor)
            _set_currency(money, known)
            made.append(money)
        return made

    @classmethod
    def parse(cls, text: str) -> Money:
        """Money from its text form, the code and the major amount with one blank between.

        Raises:
            InvalidValue: ``money.text``, or what :meth:`of` raises.

        Example:
            >>> Money.parse("CNY 128.00")
            Money(minor=12800, currency=Currency('CNY'))
        """
        code, amount = _code_and_amount(text)
        return cls.of(amount, code)

    @property
    def _exponent(self) -> int:
        return self.currency.exponent or 0

    @property
    def major(self) -> Decimal:
        """The amount in major units, exact whatever the decimal context.

        Example:
            >>> Money(12800, "CNY").major
            Decimal('128.00')
        """
        return Decimal(decimal_text(self.minor, self._exponent))

    def format(self, *, code: bool = True, group: str = "") -> str:
        """The text form; always all decimals of the currency.

        Without ``group``, :meth:`parse` reads it back. Text ends at 4,300 digits, which is the
        interpreter's limit; arithmetic has none.

        Example:
            >>> Money(123456789, "EUR").format(group=","), Money(5, "KWD").format(code=False)
            ('EUR 1,234,567.89', '0.005')
        """
        amount = decimal_text(self.minor, self._exponent, group)
        return f"{self.currency} {amount}" if code else amount

    def __str__(self) -> str:
        return self.format()

    def __bool__(self) -> bool:
        return self.minor != 0

    def __add__(self, other: Money) -> Money:
        if type(other) is not Money:
            return NotImplemented
        currency = self.currency
        if currency is not other.currency:
            _require_same(self, other)
        return _money(self.minor + other.minor, currency)

    def __sub__(self, other: Money) -> Money:
        if type(other) is not Money:
            return NotImplemented
        currency = self.currency
        if currency is not other.currency:
            _require_same(self, other)
        return _money(self.minor - other.minor, currency)

    def __neg__(self) -> Money:
        return _money(-self.minor, self.currency)

    def __pos__(self) -> Money:
        return self

    def __abs__(self) -> Money:
        return self if self.minor >= 0 else -self

    def __mul__(self, factor: int) -> Money:
        if type(factor) is not int:
            raise InvalidValue(
                "money.factor", "factor", factor, "an int; for a rate, times() names the rounding"
            )
        return _money(self.minor * factor, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        if type(other) is not Money:
            return NotImplemented
        _require_same(self, other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        if type(other) is not Money:
            return NotImplemented
        _require_same(self, other)
        return self.minor <= other.minor

    def __gt__(self, other: Money) -> bool:
        if type(other) is not Money:
            return NotImplemented
        _require_same(self, other)
        return self.minor > other.minor

    def __ge__(self, other: Money) -> bool:
        if type(other) is not Money:
            return NotImplemented
        _require_same(self, other)
        return self.minor >= other.minor

    def times(self, rate: Fraction | Decimal | int, rounding: Rounding) -> Money:
        """The amount times an exact rate, rounded once, as named, to the minor unit.

        Raises:
            InvalidValue: ``rate.float``, ``rate.not_a_number`` or ``rate.too_long``.

        Example:
            >>> str(Money.of("9.99", "GBP").times(Decimal("0.175"), Rounding.HALF_UP))
            'GBP 1.75'
        """
        numerator, denominator = exact_ratio(rate, "rate", "rate")
        return _money(divide(self.minor * numerator, denominator, rounding), self.currency)

    def apportion(
        self, weights: Sequence[int], zero_weights: ZeroWeights = ZeroWeights.EQUAL
    ) -> tuple[Money, ...]:
        """Split the amount over weights; the shares sum to it exactly.

        The rule, its tie-break and its errors are those of :func:`apportion`.

        Example:
            >>> [str(share) for share in Money.of("10.00", "EUR").apportion([1, 1, 1])]
            ['EUR 3.34', 'EUR 3.33', 'EUR 3.33']
        """
        currency = self.currency
        return tuple(
            [_money(share, currency) for share in apportion(self.minor, weights, zero_weights)]
        )


# --- the fast way in ---
# Results of arithmetic are valid by construction; setting the slots directly halves their cost.
_new: Final = object.__new__
_set_minor: Final[Callable[[Money, int], None]] = Money.__dict__["minor"].__set__
_set_currency: Final[Callable[[Money, Currency], None]] = Money.__dict__["currency"].__set__


def _money(minor: int, currency: Currency) -> Money:
    money = _new(Money)
    _set_minor(money, minor)
    _set_currency(money, currency)
    return money


def _require_same(left: Money, right: Money) -> None:
    # Identity settles it; the second look is for currencies first met by two threads at once.
    if left.currency is not right.currency and left.currency != right.currency:
        raise CurrencyMismatch(left.currency, right.currency)


def total(monies: Iterable[Money], currency: str) -> Money:
    """The sum of amounts, all of ``currency``; zero of it when there are none. O(n), one object.

    Raises:
        CurrencyMismatch: an amount of another currency.
        InvalidValue: ``type.wrong`` for what is no amount, at ``monies[i]`` where they are a
            sequence.
        UnknownCurrency: as :class:`Money`.

    Example:
        >>> str(total([Money(1, "EUR"), Money(2, "EUR")], "EUR")), str(total([], "JPY"))
        ('EUR 0.03', 'JPY 0')
    """
    zero = Money(0, currency)
    wanted = zero.currency
    minor = 0
    money = zero
    try:
        for money in monies:
            if money.currency is not wanted:
                _require_same(zero, money)
            minor += money.minor
    except (AttributeError, TypeError):
        _require_monies(monies, money)
        raise
    return _money(minor, wanted)


def _require_monies(monies: Iterable[Money], last: Money) -> None:
    """Refuse what is no collection of amounts; ``last`` was met last, where it is used up."""
    expect(monies, Iterable, "monies")  # type: ignore[type-abstract]
    for place, money in enumerate(monies if isinstance(monies, Sequence) else ()):
        expect(money, Money, f"monies[{place}]")
    expect(last, Money, "monies")

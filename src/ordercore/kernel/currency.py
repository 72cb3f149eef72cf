"""Currencies of ISO 4217: which codes exist, and how many digits their minor unit has."""

from __future__ import annotations

from functools import cache
from typing import Self, final

from ordercore.kernel._iso4217 import ISO_4217
from ordercore.kernel.errors import UnknownCurrency

__all__ = ["Currency"]


@final
class Currency(str):
    """An ISO 4217 code, such as ``CNY``; compares and hashes as its text.

    Only codes of the current list are known; a withdrawn code is refused rather than guessed.
    Creating one twice gives the same object, so a check of sameness is a check of identity.

    Raises:
        UnknownCurrency: the text is not exactly a code of the list (upper case, no blanks).

    Example:
        >>> Currency("CNY") == "CNY", Currency("CNY").exponent, Currency("JPY").exponent
        (True, 2, 0)
        >>> Currency("cny")
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.UnknownCurrency: money.unknown_currency at currency: expected ...
    """

    __slots__ = ()

    def __new__(cls, value: str) -> Self:  # noqa: D102 - the class says it
        return _known(_listed(value))

    @property
    def exponent(self) -> int | None:
        """Digits after the point of a major amount; None where there is no minor unit.

        Example:
            >>> Currency("KWD").exponent, Currency("XAU").exponent
            (3, None)
        """
        return ISO_4217[self][1]

    @property
    def numeric(self) -> str:
        """The three-digit number, as text because leading zeros matter.

        Example:
            >>> Currency("ALL").numeric
            '008'
        """
        return ISO_4217[self][0]

    @property
    def name(self) -> str:
        """The English name in the ISO list.

        Example:
            >>> Currency("CHF").name
            'Swiss Franc'
        """
        return ISO_4217[self][2]

    @property
    def cash_step_minor(self) -> int:
        """The smallest amount payable in cash, in minor units; 1 where nothing coarser is known.

        Example:
            >>> Currency("CHF").cash_step_minor, Currency("EUR").cash_step_minor
            (5, 1)
        """
        return ISO_4217[self][3]

    def __repr__(self) -> str:
        return f"Currency({str.__repr__(self)})"

    def __reduce__(self) -> tuple[type[Currency], tuple[str]]:
        return Currency, (str.__str__(self),)


def _listed(value: object) -> str:
    if isinstance(value, str) and value in ISO_4217:
        return str(value)
    raise UnknownCurrency(value)


@cache
def _known(code: str) -> Currency:
    return str.__new__(Currency, code)

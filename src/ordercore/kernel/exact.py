"""Exact numbers at the border: read from plain text or exact types, written back without loss.

Money, quantities and rates come in here. The grammar of text is what a ledger prints: an optional
minus, digits, optionally a point and digits. No exponent, no blanks, no grouping, no digits of
other scripts: where two readers could disagree, nothing is read. Floats never enter.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from ordercore.kernel.errors import InvalidValue, PrecisionLoss

__all__ = ["MAX_DIGITS", "decimal_text", "exact_ratio", "power_of_ten", "scaled_int"]

MAX_DIGITS = 4000
"""Longest amount that is read, in characters: below the interpreter's limit for int and str."""


def exact_ratio(
    value: Fraction | Decimal | int, path: str, kind: str = "number"
) -> tuple[int, int]:
    """Numerator and denominator of an exact number, in lowest terms, the denominator positive.

    Args:
        value: Anything but a float or a bool.
        path: Where the number stands, for the error.
        kind: First part of the error code.

    Raises:
        InvalidValue: ``<kind>.float``, ``<kind>.not_a_number`` (also NaN and infinity) or
            ``<kind>.too_long`` (a decimal of more than :data:`MAX_DIGITS` digits).

    Example:
        >>> exact_ratio(Decimal("0.25"), "rate"), exact_ratio(3, "rate")
        ((1, 4), (3, 1))
    """
    if isinstance(value, float):
        raise InvalidValue(f"{kind}.float", path, value, "text or an exact number, not a float")
    if isinstance(value, bool) or not isinstance(value, int | Fraction | Decimal):
        raise InvalidValue(f"{kind}.not_a_number", path, value, "an exact number")
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise InvalidValue(f"{kind}.not_a_number", path, value, "a finite number")
        # Decimal("1E+999999999") is small to write and ruinous to expand.
        if max(abs(value.adjusted()), len(value.as_tuple().digits)) > MAX_DIGITS:
            raise InvalidValue(f"{kind}.too_long", path, value, f"at most {MAX_DIGITS} digits")
    return value.as_integer_ratio()


def scaled_int(value: str | int | Decimal | Fraction, digits: int, kind: str) -> int:
    """``value`` × 10^``digits``, exactly.

    Trailing zeros are not precision: ``1.500`` has one decimal.

    Args:
        value: Plain decimal text or an exact number.
        digits: Decimals that the target keeps, 0 or more.
        kind: First part of the error code, such as ``money``; the path is ``amount``.

    Raises:
        PrecisionLoss: the value has more decimals than ``digits``.
        InvalidValue: ``<kind>.float``, ``<kind>.not_a_number`` or ``<kind>.too_long``.

    Example:
        >>> scaled_int("12.5", 3, "quantity"), scaled_int(-7, 2, "money")
        (12500, -700)
    """
    if isinstance(value, str):
        return _scaled_text(value, digits, kind)
    numerator, denominator = exact_ratio(value, "amount", kind)
    scaled, rest = divmod(numerator * power_of_ten(digits), denominator)
    if rest:
        raise PrecisionLoss(value, digits)
    return scaled


def _scaled_text(text: str, digits: int, kind: str) -> int:
    if len(text) > MAX_DIGITS:
        raise InvalidValue(f"{kind}.too_long", "amount", text, f"at most {MAX_DIGITS} characters")
    whole, point, part = text.removeprefix("-").partition(".")
    if not _is_digits(whole) or (point and not _is_digits(part)):
        raise InvalidValue(
            f"{kind}.not_a_number", "amount", text, "a plain decimal number, such as -12.50"
        )
    kept = part.rstrip("0")
    if len(kept) > digits:
        raise PrecisionLoss(text, digits)
    scaled = int(whole + kept) * power_of_ten(digits - len(kept))
    return -scaled if text[0] == "-" else scaled


def power_of_ten(exponent: int) -> int:
    """10^``exponent`` as an int, for an exponent of 0 or more.

    Example:
        >>> power_of_ten(3)
        1000
    """
    power: int = 10**exponent
    return power


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def decimal_text(scaled: int, digits: int, group: str = "") -> str:
    """``scaled`` ÷ 10^``digits`` with exactly ``digits`` decimals; ``group`` parts the thousands.

    Example:
        >>> decimal_text(-1234567, 2), decimal_text(5, 3), decimal_text(1234567, 2, ",")
        ('-12345.67', '0.005', '12,345.67')
    """
    sign = "-" if scaled < 0 else ""
    text = str(abs(scaled)).zfill(digits + 1)
    cut = len(text) - digits
    whole = text[:cut]
    if group:
        whole = f"{int(whole):,}".replace(",", group)
    return f"{sign}{whole}.{text[cut:]}" if digits else f"{sign}{whole}"

"""Named transforms: how one value of a payload is read, exactly or not at all.

Nothing here guesses. A value that is not what its transform reads raises an ``InvalidValue``
whose code becomes a finding; a value that is read although something is odd about it (outer
blanks, a rounded amount) comes with a code of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

import attrs

from ordercore.channels.target import ValueKind
from ordercore.kernel import (
    Currency,
    FrozenMap,
    Instant,
    InvalidValue,
    Money,
    NaiveInstant,
    OnFold,
    OnGap,
    PrecisionLoss,
    Rounding,
    Zone,
    instant,
    round_ratio,
    shift,
)

__all__ = ["TRANSFORMS", "Reader", "Reading", "Scalar", "Terms", "Transform", "read_decimal"]

Scalar: TypeAlias = (
    str | bool | int | Decimal | Fraction | Money | Instant | Currency | tuple[str, ...]
)
Reading: TypeAlias = tuple[Scalar | None, str]
"""A value (None: absent) and the code of what is odd about it (empty: nothing)."""
Reader: TypeAlias = Callable[[object, Currency | None], Reading]

_MAX_TEXT = 20_000
_MAX_DIGITS = 60
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_LOCAL = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?", re.ASCII
)
_EPOCH = "1970-01-01T00:00:00Z"
_TRUE, _FALSE = ("1", "true", "yes"), ("0", "false", "no")
_ABSENT: Reading = (None, "")


_NO_OPTIONS: FrozenMap[str, tuple[str, ...]] = FrozenMap()


@attrs.frozen
class Terms:
    """What a rule says about its transform: options, a table of words, the mapping's zone.

    Example:
        >>> Terms().zone is None
        True
    """

    options: FrozenMap[str, str] = attrs.field(factory=FrozenMap)
    table: FrozenMap[str, str] = attrs.field(factory=FrozenMap)
    zone: Zone | None = None


@attrs.frozen
class Transform:
    """A transform by name: the kind of value it makes, its options, and how its reader is built.

    Example:
        >>> read = TRANSFORMS["money_major"].build(Terms())
        >>> value, odd = read("12.50", Currency("EUR"))
        >>> str(value), odd
        ('EUR 12.50', '')
    """

    kind: ValueKind
    build: Callable[[Terms], Reader]
    options: FrozenMap[str, tuple[str, ...]] = _NO_OPTIONS
    """Allowed options with their allowed values; no values mean any text."""
    needs_zone: bool = False


def _text(raw: object) -> Reading:
    if raw is None:
        return _ABSENT
    if isinstance(raw, int) and not isinstance(raw, bool):
        # An id beyond 2⁵³ is exact here; longer than any id, it would also be slow to write.
        if abs(raw) >= 10**_MAX_DIGITS:
            raise InvalidValue("text.too_long", "", "(a long number)", f"{_MAX_DIGITS} digits")
        return str(raw), ""
    if not isinstance(raw, str):
        raise InvalidValue("text.not_text", "", raw, "text or a whole number")
    if len(raw) > _MAX_TEXT:
        raise InvalidValue("text.too_long", "", raw[:20], f"at most {_MAX_TEXT} characters")
    text = raw.strip()
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise InvalidValue("text.not_unicode", "", "(half a character)", "well-formed text")
    if "\x00" in text:
        raise InvalidValue("text.not_text", "", "(a NUL)", "text without NUL")
    if not text:
        return _ABSENT
    return text, "" if len(text) == len(raw) else "text.trimmed"


def read_decimal(raw: object) -> Decimal | None:
    """An exact decimal from plain text, an int or a Decimal; None when there is nothing.

    Raises:
        InvalidValue: ``number.float``, ``number.not_plain`` (an exponent in text, grouping,
            another script), ``number.too_long`` (over 60 digits).

    Example:
        >>> read_decimal(" 12.50 "), read_decimal(""), read_decimal(Decimal("1E+2"))
        (Decimal('12.50'), None, Decimal('1E+2'))
    """
    if raw is None:
        return None
    if isinstance(raw, float):
        raise InvalidValue("number.float", "", raw, "text or an exact number, not a float")
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        raise InvalidValue("number.not_plain", "", raw, "a plain decimal number")
    if isinstance(raw, int):
        if abs(raw) >= 10**_MAX_DIGITS:
            raise InvalidValue("number.too_long", "", "(a long number)", f"{_MAX_DIGITS} digits")
        return Decimal(raw)
    if isinstance(raw, Decimal):
        if not raw.is_finite():
            raise InvalidValue("number.not_plain", "", raw, "a finite number")
        if max(abs(raw.adjusted()), len(raw.as_tuple().digits)) > _MAX_DIGITS:
            raise InvalidValue("number.too_long", "", "(a long number)", f"{_MAX_DIGITS} digits")
        return raw
    text = raw.strip()
    if not text:
        return None
    if len(text) > _MAX_DIGITS:
        raise InvalidValue("number.too_long", "", text[:20], f"{_MAX_DIGITS} digits")
    if _PLAIN.fullmatch(text) is None:
        raise InvalidValue("number.not_plain", "", text, "a plain decimal number, such as -12.50")
    return Decimal(text)


def _whole(raw: object) -> int | None:
    number = read_decimal(raw)
    if number is None:
        return None
    numerator, denominator = number.as_integer_ratio()
    if denominator != 1:
        raise InvalidValue("number.not_whole", "", str(number), "a whole number")
    return numerator


def _signed(money: Money, sign: str) -> Money:
    if sign == "negate":
        return -money
    return abs(money) if sign == "absolute" else money


def _plain_text(terms: Terms) -> Reader:
    # Some channels write 0 for "nobody".
    absent = terms.options.get("absent", "")

    def read(raw: object, _: Currency | None) -> Reading:
        text, odd = _text(raw)
        return (None if text == absent else text), odd

    return read


def _text_list(terms: Terms) -> Reader:
    separator = terms.options.get("separator", ",")

    def read(raw: object, _: Currency | None) -> Reading:
        items: list[object] = [*raw] if isinstance(raw, list | tuple) else []
        if not items:
            text, odd = _text(None if isinstance(raw, list | tuple) else raw)
            if not isinstance(text, str):
                return _ABSENT
            parts = [part.strip() for part in text.split(separator)]
            return tuple(part for part in parts if part), odd
        found = [_text(item)[0] for item in items]
        return tuple(text for text in found if isinstance(text, str)), ""

    return read


def _table(terms: Terms) -> Reader:
    def read(raw: object, _: Currency | None) -> Reading:
        word, odd = _text(str(raw).lower() if isinstance(raw, bool) else raw)
        if not isinstance(word, str):
            return _ABSENT
        if word not in terms.table:
            raise InvalidValue(
                "table.unknown", "", word, "one of " + ", ".join(sorted(terms.table))
            )
        return terms.table[word] or None, odd

    return read


def _boolean(_terms: Terms) -> Reader:
    def read(raw: object, _: Currency | None) -> Reading:
        if isinstance(raw, bool):
            return raw, ""
        word, odd = _text(raw)
        if not isinstance(word, str):
            return _ABSENT
        if word.lower() in _TRUE:
            return True, odd
        if word.lower() in _FALSE:
            return False, odd
        raise InvalidValue("boolean.unknown", "", word, "true or false")

    return read


def _money_major(terms: Terms) -> Reader:
    sign = terms.options.get("sign", "")
    rounding = Rounding(terms.options["rounding"]) if "rounding" in terms.options else None

    def read(raw: object, currency: Currency | None) -> Reading:
        number = read_decimal(raw)
        if number is None:
            return _ABSENT
        if currency is None:
            raise InvalidValue("money.no_currency", "", str(number), "an amount with a currency")
        try:
            return _signed(Money.of(number, currency), sign), ""
        except PrecisionLoss:
            if rounding is None:
                raise
        scaled = Fraction(number) * 10 ** (currency.exponent or 0)
        return _signed(Money(round_ratio(scaled, rounding), currency), sign), "money.rounded"

    return read


def _money_minor(terms: Terms) -> Reader:
    sign = terms.options.get("sign", "")

    def read(raw: object, currency: Currency | None) -> Reading:
        minor = _whole(raw)
        if minor is None:
            return _ABSENT
        if currency is None:
            raise InvalidValue("money.no_currency", "", minor, "an amount with a currency")
        return _signed(Money(minor, currency), sign), ""

    return read


def _quantity(terms: Terms) -> Reader:
    digits = int(terms.options.get("digits", "0"))

    def read(raw: object, _: Currency | None) -> Reading:
        number = read_decimal(raw)
        if number is None:
            return _ABSENT
        count = Fraction(number) * 10**digits
        if count.denominator != 1:
            expected = f"a quantity of at most {digits} decimals"
            raise InvalidValue("quantity.fractional", "", str(number), expected)
        return count.numerator, ""

    return read


def _decimal(_terms: Terms) -> Reader:
    return lambda raw, _: (read_decimal(raw), "")


def _ratio(percent: int) -> Callable[[Terms], Reader]:
    def build(_terms: Terms) -> Reader:
        def read(raw: object, _: Currency | None) -> Reading:
            number = read_decimal(raw)
            return (None if number is None else Fraction(number) / percent), ""

        return read

    return build


def _currency(_terms: Terms) -> Reader:
    def read(raw: object, _: Currency | None) -> Reading:
        code, odd = _text(raw)
        return (Currency(code) if isinstance(code, str) else None), odd

    return read


def _instant(_terms: Terms) -> Reader:
    def read(raw: object, _: Currency | None) -> Reading:
        text, odd = _text(raw)
        return (instant(text) if isinstance(text, str) else None), odd

    return read


def _wall(text: str) -> datetime:
    if _LOCAL.fullmatch(text) is None:
        raise InvalidValue("time.not_local", "", text, "a local time such as 2026-11-11 08:00:00")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue("time.not_local", "", text, "a time of the calendar") from None


def _instant_local(terms: Terms) -> Reader:
    on_gap = OnGap(terms.options.get("on_gap", "refuse"))
    on_fold = OnFold(terms.options.get("on_fold", "refuse"))

    def read(raw: object, _: Currency | None) -> Reading:
        text, odd = _text(raw)
        if not isinstance(text, str):
            return _ABSENT
        local = _wall(text)
        if terms.zone is None:
            raise NaiveInstant(text)
        return terms.zone.instant(local, on_gap=on_gap, on_fold=on_fold), odd

    return read


def _instant_utc(_terms: Terms) -> Reader:
    def read(raw: object, _: Currency | None) -> Reading:
        text, odd = _text(raw)
        if not isinstance(text, str):
            return _ABSENT
        return instant(f"{_wall(text).isoformat()}Z"), odd

    return read


def _epoch(microseconds: int) -> Callable[[Terms], Reader]:
    def build(_terms: Terms) -> Reader:
        def read(raw: object, _: Currency | None) -> Reading:
            count = _whole(raw)
            # Channels that count seconds write 0 for "never".
            if not count:
                return _ABSENT
            return shift(instant(_EPOCH), microseconds=count * microseconds), ""

        return read

    return build


_SIGN = FrozenMap({"sign": ("absolute", "negate")})
_ROUNDED = FrozenMap(
    {"rounding": tuple(mode.value for mode in Rounding), "sign": ("absolute", "negate")}
)
_CLOCKS = FrozenMap(
    {
        "on_fold": tuple(choice.value for choice in OnFold),
        "on_gap": tuple(choice.value for choice in OnGap),
    }
)
_SEPARATOR: FrozenMap[str, tuple[str, ...]] = FrozenMap({"separator": ()})
_WORD: FrozenMap[str, tuple[str, ...]] = FrozenMap({"absent": ()})
_DIGITS = FrozenMap({"digits": ("0", "1", "2", "3", "4", "5", "6")})

TRANSFORMS: FrozenMap[str, Transform] = FrozenMap(
    {
        "boolean": Transform(ValueKind.BOOLEAN, _boolean),
        "currency": Transform(ValueKind.CURRENCY, _currency),
        "decimal": Transform(ValueKind.DECIMAL, _decimal),
        "epoch_milliseconds": Transform(ValueKind.INSTANT, _epoch(1_000)),
        "epoch_seconds": Transform(ValueKind.INSTANT, _epoch(1_000_000)),
        "instant": Transform(ValueKind.INSTANT, _instant),
        "instant_local": Transform(ValueKind.INSTANT, _instant_local, _CLOCKS, needs_zone=True),
        "instant_utc": Transform(ValueKind.INSTANT, _instant_utc),
        "money_major": Transform(ValueKind.MONEY, _money_major, _ROUNDED),
        "money_minor": Transform(ValueKind.MONEY, _money_minor, _SIGN),
        "percent": Transform(ValueKind.RATE, _ratio(100)),
        "quantity": Transform(ValueKind.QUANTITY, _quantity, _DIGITS),
        "rate": Transform(ValueKind.RATE, _ratio(1)),
        "table": Transform(ValueKind.TEXT, _table),
        "text": Transform(ValueKind.TEXT, _plain_text, _WORD),
        "text_list": Transform(ValueKind.TEXTS, _text_list, _SEPARATOR),
    }
)
"""Every transform by its name."""

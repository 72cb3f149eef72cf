"""Rounding: against the decimal module, an independent implementation of the same modes."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import (
    CashRounding,
    Currency,
    CurrencyMismatch,
    InvalidValue,
    Money,
    Rounding,
    UnknownCurrency,
    divide,
    round_ratio,
)

ORACLE = {
    Rounding.HALF_UP: decimal.ROUND_HALF_UP,
    Rounding.HALF_EVEN: decimal.ROUND_HALF_EVEN,
    Rounding.DOWN: decimal.ROUND_DOWN,
    Rounding.UP: decimal.ROUND_UP,
    Rounding.CEILING: decimal.ROUND_CEILING,
    Rounding.FLOOR: decimal.ROUND_FLOOR,
}
modes = st.sampled_from(Rounding)
integers = st.integers(-(10**30), 10**30)


def test_every_mode_has_an_oracle() -> None:
    assert set(ORACLE) == set(Rounding)
    assert [mode.value for mode in Rounding] == [
        "half_up",
        "half_even",
        "down",
        "up",
        "ceiling",
        "floor",
    ]


@given(st.integers(-(10**12), 10**12), st.integers(0, 4), modes)
def test_decimals_round_as_the_decimal_module_does(
    scaled: int, digits: int, mode: Rounding
) -> None:
    value = Decimal(scaled).scaleb(-digits)
    expected = int(value.quantize(Decimal(1), rounding=ORACLE[mode]))
    assert round_ratio(value, mode) == expected
    assert divide(scaled, 10**digits, mode) == expected


# Each row: numerator over 2, then the result per mode in the order of the enumeration.
@pytest.mark.parametrize(
    ("numerator", "expected"),
    [
        (-5, [-3, -2, -2, -3, -2, -3]),
        (-3, [-2, -2, -1, -2, -1, -2]),
        (-1, [-1, 0, 0, -1, 0, -1]),
        (0, [0, 0, 0, 0, 0, 0]),
        (1, [1, 0, 0, 1, 1, 0]),
        (2, [1, 1, 1, 1, 1, 1]),
        (3, [2, 2, 1, 2, 2, 1]),
        (5, [3, 2, 2, 3, 3, 2]),
    ],
)
def test_ties(numerator: int, expected: list[int]) -> None:
    assert [divide(numerator, 2, mode) for mode in Rounding] == expected


@pytest.mark.parametrize(
    ("numerator", "expected"),
    [
        (-4, [-1, -1, -1, -2, -1, -2]),
        (-5, [-2, -2, -1, -2, -1, -2]),
        (4, [1, 1, 1, 2, 2, 1]),
        (5, [2, 2, 1, 2, 2, 1]),
    ],
)
def test_beside_ties(numerator: int, expected: list[int]) -> None:
    assert [divide(numerator, 3, mode) for mode in Rounding] == expected


@given(integers, integers.filter(bool), modes)
def test_the_result_is_a_neighbour_of_the_exact_value(n: int, d: int, mode: Rounding) -> None:
    exact = Fraction(n, d)
    rounded = divide(n, d, mode)
    assert abs(rounded - exact) < 1
    assert rounded == round_ratio(exact, mode)
    if exact.denominator == 1:
        assert rounded == exact
    if mode in {Rounding.HALF_UP, Rounding.HALF_EVEN}:
        assert abs(rounded - exact) <= Fraction(1, 2)


@given(integers, integers.filter(bool))
def test_half_even_is_the_language_s_own_rounding(n: int, d: int) -> None:
    assert divide(n, d, Rounding.HALF_EVEN) == round(Fraction(n, d))


@given(integers, integers.filter(bool))
def test_mirrors(n: int, d: int) -> None:
    for mode in (Rounding.HALF_UP, Rounding.HALF_EVEN, Rounding.DOWN, Rounding.UP):
        assert divide(-n, d, mode) == -divide(n, d, mode) == divide(n, -d, mode)
    assert divide(-n, d, Rounding.FLOOR) == -divide(n, d, Rounding.CEILING)


@given(integers, integers, st.integers(1, 10**9), modes)
def test_rounding_is_monotone(a: int, b: int, d: int, mode: Rounding) -> None:
    low, high = sorted((a, b))
    assert divide(low, d, mode) <= divide(high, d, mode)


def test_a_mode_may_be_given_as_its_text() -> None:
    assert divide(5, 2, "half_even") == 2  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("args", "code", "path"),
    [
        ((1, 0, Rounding.UP), "rounding.zero_denominator", "denominator"),
        ((0, 0, "nearest"), "rounding.zero_denominator", "denominator"),
        ((1.0, 2, Rounding.UP), "rounding.not_an_integer", "numerator"),
        ((True, 2, Rounding.UP), "rounding.not_an_integer", "numerator"),
        ((1, 2.0, Rounding.UP), "rounding.not_an_integer", "denominator"),
        ((1, True, Rounding.UP), "rounding.not_an_integer", "denominator"),
        ((1, 2, "nearest"), "rounding.unknown_mode", "rounding"),
        ((4, 2, "nearest"), "rounding.unknown_mode", "rounding"),
        ((4, 2, None), "rounding.unknown_mode", "rounding"),
    ],
)
def test_divide_refuses(args: tuple[int, int, Rounding], code: str, path: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        divide(*args)
    assert (caught.value.code, caught.value.path) == (code, path)
    assert caught.value.value in args


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0.5, "number.float"),
        (True, "number.not_a_number"),
        ("0.5", "number.not_a_number"),
        (Decimal("NaN"), "number.not_a_number"),
        (Decimal("-Infinity"), "number.not_a_number"),
        (Decimal("1E+999999"), "number.too_long"),
    ],
)
def test_round_ratio_refuses_what_is_not_exact(value: Decimal, code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        round_ratio(value, Rounding.UP)
    assert (caught.value.code, caught.value.path) == (code, "value")


def test_the_decimal_context_takes_no_part() -> None:
    with decimal.localcontext() as context:
        context.prec = 2
        context.rounding = decimal.ROUND_FLOOR
        assert round_ratio(Decimal("123456.5"), Rounding.HALF_UP) == 123457


# --- cash ---


@pytest.mark.parametrize(
    ("currency", "amount", "payable"),
    [
        ("CHF", "12.32", "12.30"),
        ("CHF", "12.33", "12.35"),
        ("CHF", "12.37", "12.35"),
        ("CHF", "12.38", "12.40"),
        ("CHF", "-12.33", "-12.35"),
        ("DKK", "10.24", "10.00"),
        ("DKK", "10.25", "10.50"),
        ("DKK", "-10.25", "-10.50"),
        ("SEK", "10.49", "10.00"),
        ("SEK", "10.50", "11.00"),
        ("EUR", "10.49", "10.49"),
        ("JPY", "7", "7"),
    ],
)
def test_payable_in_coins(currency: str, amount: str, payable: str) -> None:
    rule = CashRounding.of_currency(currency)
    exact = Money.of(amount, currency)
    assert rule.apply(exact) == Money.of(payable, currency)
    assert exact + rule.difference(exact) == rule.apply(exact)


@given(integers, st.integers(1, 1000), modes)
def test_cash_is_a_near_multiple_of_the_step(minor: int, step: int, mode: Rounding) -> None:
    rule = CashRounding(step, mode)
    once = rule.apply(Money(minor, "EUR"))
    assert once.minor % step == 0
    assert once == Money(divide(minor, step, mode) * step, "EUR")
    assert abs(once.minor - minor) < step
    assert rule.apply(once) == once
    assert not rule.difference(once)


def test_cash_mode_is_named() -> None:
    rule = CashRounding.of_currency("CHF", Rounding.DOWN)
    assert rule == CashRounding(5, "down", currency="CHF")
    assert rule.rounding is Rounding.DOWN
    assert type(rule.currency) is Currency
    assert str(rule.apply(Money(1239, "CHF"))) == "CHF 12.35"
    assert CashRounding(5).rounding is Rounding.HALF_UP
    assert CashRounding.of_currency("CHF").rounding is Rounding.HALF_UP
    assert CashRounding(5).currency is None


def test_a_cash_rule_keeps_to_its_currency() -> None:
    with pytest.raises(CurrencyMismatch) as caught:
        CashRounding.of_currency("CHF").apply(Money(1, "JPY"))
    assert (caught.value.value, caught.value.expected) == ("JPY", "currency CHF")
    assert CashRounding(5).apply(Money(7, "JPY")) == Money(5, "JPY")


@pytest.mark.parametrize("step", [0, -5, True, 0.05, "5"])
def test_a_cash_step_is_a_positive_int(step: int) -> None:
    with pytest.raises(InvalidValue) as caught:
        CashRounding(step)
    assert (caught.value.code, caught.value.path) == ("rounding.step", "step_minor")


def test_a_cash_rule_checks_its_mode_and_currency() -> None:
    with pytest.raises(InvalidValue) as caught:
        CashRounding(5, "sideways")
    assert caught.value.code == "rounding.unknown_mode"
    with pytest.raises(UnknownCurrency):
        CashRounding(5, currency="FRF")
    with pytest.raises(UnknownCurrency):
        CashRounding.of_currency("FRF")


def test_the_currency_of_a_cash_rule_is_named() -> None:
    with pytest.raises(TypeError):
        CashRounding(5, Rounding.UP, "CHF")  # type: ignore[misc]


def test_a_cash_rule_is_a_value() -> None:
    rule = CashRounding(5)
    assert len({rule, CashRounding(5)}) == 1
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        rule.step_minor = 10  # type: ignore[misc]

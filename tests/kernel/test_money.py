"""Money: the laws of an ordered group per currency, exact text, and refusals with codes."""

from __future__ import annotations

import copy
import decimal
import pickle
from decimal import Decimal
from fractions import Fraction
from itertools import product

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import (
    Currency,
    CurrencyMismatch,
    InvalidValue,
    Money,
    PrecisionLoss,
    Rounding,
    UnknownCurrency,
    ZeroWeights,
    apportion,
    divide,
    total,
)
from ordercore.kernel._iso4217 import ISO_4217

SPENDABLE = sorted(code for code, row in ISO_4217.items() if row[1] is not None)
METALS_AND_FUNDS = sorted(set(ISO_4217) - set(SPENDABLE))

minors = st.integers(-(10**30), 10**30)
codes = st.sampled_from(SPENDABLE)
monies = st.builds(Money, minors, codes)
euros = st.builds(Money, minors, st.just("EUR"))


# --- construction ---


@given(minors, codes)
def test_money_is_its_minor_units_and_currency(minor: int, code: str) -> None:
    money = Money(minor, code)
    assert (money.minor, money.currency) == (minor, code)
    assert type(money.currency) is Currency
    assert money == Money(minor=minor, currency=Currency(code))
    assert hash(money) == hash(Money(minor, code))
    assert bool(money) is (minor != 0)


@pytest.mark.parametrize("minor", [1.0, True, "1", None, Decimal(1), Fraction(1)])
def test_minor_units_are_an_int(minor: int) -> None:
    with pytest.raises(InvalidValue) as caught:
        Money(minor, "EUR")
    assert (caught.value.code, caught.value.path) == ("money.minor", "minor")
    assert caught.value.value is minor


@pytest.mark.parametrize("code", METALS_AND_FUNDS)
def test_what_has_no_minor_unit_is_no_money(code: str) -> None:
    for make in (
        lambda: Money(1, code),
        lambda: Money.of("1", code),
        lambda: Money.zero(code),
        lambda: Money.parse(f"{code} 1"),
        lambda: total([], code),
    ):
        with pytest.raises(UnknownCurrency) as caught:
            make()
        assert (caught.value.code, caught.value.value) == ("money.unknown_currency", code)


def test_unknown_currencies_are_refused() -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, "eur")
    with pytest.raises(UnknownCurrency):
        Money.of("x", "eur")
    with pytest.raises(UnknownCurrency):
        Money(1, None)  # type: ignore[arg-type]


def test_money_cannot_be_changed_or_extended() -> None:
    money = Money(1, "EUR")
    for name in ("minor", "currency", "note"):
        with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
            setattr(money, name, 2)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        (money + money).minor = 5  # type: ignore[misc]


@given(monies)
def test_money_survives_copy_and_pickle(money: Money) -> None:
    assert pickle.loads(pickle.dumps(money)) == money
    assert copy.deepcopy(money) == money
    assert attrs.evolve(money, minor=money.minor) == money


# --- text and major units ---


@given(monies)
def test_parse_undoes_format(money: Money) -> None:
    assert Money.parse(str(money)) == money
    assert Money.parse(money.format()) == money
    assert Money.of(money.format(code=False), money.currency) == money
    assert Money.of(money.major, money.currency) == money
    assert Money.parse(money.format(group="'").replace("'", "")) == money


@given(monies)
def test_text_and_major_agree_with_the_decimal_module(money: Money) -> None:
    exponent = money.currency.exponent or 0
    with decimal.localcontext() as context:
        context.prec = 60
        expected = Decimal(money.minor).scaleb(-exponent)
        assert str(money) == f"{money.currency} {expected:f}"
        assert money.format(group=",") == f"{money.currency} {expected:,f}"
        assert money.major == expected
    assert -money.major.as_tuple().exponent == exponent  # type: ignore[operator]


def test_the_decimal_context_takes_no_part() -> None:
    with decimal.localcontext() as context:
        context.prec = 2
        context.traps[decimal.Inexact] = True
        money = Money(123456789, "EUR")
        assert str(money.major) == "1234567.89"
        assert Money.of(Decimal("1234567.89"), "EUR") == money
        assert money.times(Decimal("1.00000001"), Rounding.UP) == Money(123456791, "EUR")


@given(st.integers(-(10**15), 10**15), codes)
def test_whole_major_units(major: int, code: str) -> None:
    exponent = Currency(code).exponent or 0
    assert Money.of(major, code) == Money(major * 10**exponent, code) == Money.of(str(major), code)


@pytest.mark.parametrize(
    ("minor", "code", "text"),
    [
        (12800, "CNY", "CNY 128.00"),
        (-5, "EUR", "EUR -0.05"),
        (-100, "EUR", "EUR -1.00"),
        (0, "EUR", "EUR 0.00"),
        (7, "JPY", "JPY 7"),
        (-7, "JPY", "JPY -7"),
        (5, "KWD", "KWD 0.005"),
        (1234567, "KWD", "KWD 1234.567"),
        (1, "CLF", "CLF 0.0001"),
    ],
)
def test_text_by_hand(minor: int, code: str, text: str) -> None:
    money = Money(minor, code)
    assert str(money) == f"{money}" == text
    assert Money.parse(text) == money


def test_format_options() -> None:
    money = Money(-123456789, "EUR")
    assert money.format() == "EUR -1234567.89"
    assert money.format(code=False) == "-1234567.89"
    assert money.format(group=",") == "EUR -1,234,567.89"
    assert money.format(code=False, group=" ") == "-1 234 567.89"
    assert Money(1234, "JPY").format(group=".") == "JPY 1.234"


@pytest.mark.parametrize(
    ("amount", "code", "minor"),
    [
        ("128.00", "CNY", 12800),
        ("128", "CNY", 12800),
        ("128.5", "CNY", 12850),
        ("128.5000", "CNY", 12850),
        ("-0.05", "EUR", -5),
        ("-0.00", "EUR", 0),
        ("007.50", "EUR", 750),
        ("7.000", "JPY", 7),
        ("0.005", "KWD", 5),
        (128, "CNY", 12800),
        (-3, "KWD", -3000),
        (Decimal("1.50"), "EUR", 150),
        (Decimal("1.5000"), "EUR", 150),
        (Decimal("1E+3"), "EUR", 100000),
        (Decimal("-0"), "EUR", 0),
        ("9" * 300 + ".99", "EUR", int("9" * 302)),
    ],
)
def test_major_units_are_read_exactly(amount: str, code: str, minor: int) -> None:
    assert Money.of(amount, code) == Money(minor, code)


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("1.005", "EUR"),
        ("0.5", "JPY"),
        ("0.0001", "KWD"),
        ("-0.001", "EUR"),
        (Decimal("1.005"), "EUR"),
        (Decimal("-1E-3"), "EUR"),
        (Decimal("0.5"), "JPY"),
    ],
)
def test_more_decimals_than_the_currency_has(amount: str, code: str) -> None:
    with pytest.raises(PrecisionLoss) as caught:
        Money.of(amount, code)
    assert caught.value.code == "number.precision_loss"
    assert caught.value.value == amount
    assert caught.value.expected == PrecisionLoss("", Currency(code).exponent or 0).expected


@pytest.mark.parametrize(
    "amount",
    [
        *("", "-", ".", "5.", ".5", "+5", "--5", "5-", " 5", "5 ", "5\n", "1,000.00", "1_000"),
        *("1e3", "1E3", "0x1", "NaN", "inf", "٣", "1.٣", "²", "1.2.3", "1.-2", "CNY"),
        *(True, False, None, b"5", [], Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity")),
    ],
)
def test_what_is_not_a_plain_number_is_refused(amount: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Money.of(amount, "EUR")
    assert (caught.value.code, caught.value.path) == ("money.not_a_number", "amount")


@pytest.mark.parametrize("amount", [1.5, 0.0, -1.0, float("nan"), float("inf")])
def test_floats_never_enter(amount: float) -> None:
    with pytest.raises(InvalidValue) as caught:
        Money.of(amount, "EUR")  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.path) == ("money.float", "amount")


@pytest.mark.parametrize(
    "amount",
    ["1" * 4001, "0." + "0" * 4000, Decimal("1E+4001"), Decimal("1E-4001"), Decimal("1" * 4001)],
)
def test_amounts_that_would_cost_too_much_to_read(amount: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Money.of(amount, "EUR")
    assert (caught.value.code, caught.value.path) == ("money.too_long", "amount")


def test_the_longest_amounts_still_read() -> None:
    assert Money.of("1" * 4000, "JPY").minor == int("1" * 4000)
    assert Money.of(Decimal("1" * 4000), "JPY").minor == int("1" * 4000)
    assert Money.of(Decimal("1E+4000"), "JPY").minor == 10**4000
    with pytest.raises(PrecisionLoss):
        Money.of(Decimal("1E-4000"), "JPY")


@pytest.mark.parametrize(
    "text", ["", "CNY", "CNY128.00", "CNY-128.00", "128.00 CNY", "CN 128.00", None, 5, b"CNY 1"]
)
def test_parse_wants_code_blank_amount(text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Money.parse(text)
    assert (caught.value.code, caught.value.path) == ("money.text", "")
    assert caught.value.value == text


@pytest.mark.parametrize("text", ["CNY ", "CNY  1", "CNY 1 ", "CNY 1 000"])
def test_parse_wants_a_plain_amount(text: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Money.parse(text)
    assert caught.value.code == "money.not_a_number"


@given(st.text(max_size=12))
def test_parse_reads_or_refuses_with_a_code(text: str) -> None:
    try:
        money = Money.parse(text)
    except InvalidValue as refused:
        assert refused.code.partition(".")[0] in {"money", "number"}
    else:
        assert Money.parse(str(money)) == money


# --- arithmetic ---


@given(euros, euros, euros)
def test_addition_is_a_commutative_group(a: Money, b: Money, c: Money) -> None:
    zero = Money.zero("EUR")
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + zero == a == +a
    assert a + -a == zero
    assert a - b == a + -b
    assert (a - b) + b == a
    assert (a + b).minor == a.minor + b.minor
    assert type((a + b).currency) is Currency


@given(euros, st.integers(-50, 50), st.integers(-50, 50))
def test_times_an_int_is_repeated_addition(a: Money, m: int, n: int) -> None:
    assert a * (m + n) == a * m + a * n
    assert (a * m) * n == a * (m * n)
    assert m * a == a * m
    assert a * 1 == a
    assert not a * 0
    assert (a * m).minor == a.minor * m


@given(euros, euros)
def test_order_follows_the_minor_units(a: Money, b: Money) -> None:
    assert (a < b) is (a.minor < b.minor)
    assert (a <= b) is (a.minor <= b.minor)
    assert (a > b) is (a.minor > b.minor)
    assert (a >= b) is (a.minor >= b.minor)
    assert (a == b) is (a.minor == b.minor)
    assert max(a, b).minor == max(a.minor, b.minor)
    assert abs(a).minor == abs(a.minor)


def test_order_on_equals() -> None:
    a, b = Money(1, "EUR"), Money(1, "EUR")
    assert a <= b
    assert a >= b
    assert not a < b
    assert not a > b
    assert sorted([Money(2, "EUR"), a]) == [a, Money(2, "EUR")]


def test_two_currencies_never_meet() -> None:
    left, right = Money(0, "EUR"), Money(0, "USD")
    for meet in (
        lambda: left + right,
        lambda: left - right,
        lambda: left < right,
        lambda: left <= right,
        lambda: left > right,
        lambda: left >= right,
        lambda: total([right], "EUR"),
        lambda: total([left, right], "EUR"),
    ):
        with pytest.raises(CurrencyMismatch) as caught:
            meet()
        assert (caught.value.code, caught.value.value) == ("money.currency_mismatch", "USD")
        assert caught.value.expected == "currency EUR"
    assert left != right
    assert len({left, right}) == 2


@pytest.mark.parametrize("other", [0, 1, 1.0, "1", None, Decimal(1)])
def test_money_meets_nothing_but_money(other: int) -> None:
    money = Money(1, "EUR")
    for meet in (
        lambda: money + other,
        lambda: other + money,
        lambda: money - other,
        lambda: other - money,
        lambda: money < other,
        lambda: money <= other,
        lambda: money > other,
        lambda: money >= other,
    ):
        with pytest.raises(TypeError):
            meet()
    assert money != other
    assert Money(0, "EUR") != 0


@pytest.mark.parametrize("factor", [1.5, 2.0, True, Decimal(2), Fraction(1, 2), "2", None])
def test_a_factor_is_an_int(factor: int) -> None:
    for multiply in (lambda: Money(1, "EUR") * factor, lambda: factor * Money(1, "EUR")):
        with pytest.raises(InvalidValue) as caught:
            multiply()
        assert (caught.value.code, caught.value.path) == ("money.factor", "factor")


def test_money_times_money_is_refused() -> None:
    with pytest.raises(InvalidValue):
        Money(1, "EUR") * Money(1, "EUR")  # type: ignore[operator]


def test_currencies_met_by_two_threads_at_once_are_still_the_same() -> None:
    twin = str.__new__(Currency, "EUR")
    assert twin is not Currency("EUR")
    assert Money(1, "EUR") + Money(2, twin) == Money(3, "EUR")
    assert Money(1, "EUR") - Money(2, twin) == Money(-1, "EUR")
    assert Money(1, "EUR") < Money(2, twin)
    assert total([Money(1, "EUR"), Money(2, twin)], "EUR") == Money(3, "EUR")


# --- rates ---


@given(euros, st.fractions(), st.sampled_from(Rounding))
def test_a_rate_rounds_once_as_named(money: Money, rate: Fraction, mode: Rounding) -> None:
    assert money.times(rate, mode) == Money(
        divide(money.minor * rate.numerator, rate.denominator, mode), "EUR"
    )


@given(euros, st.integers(-1000, 1000), st.sampled_from(Rounding))
def test_a_whole_rate_needs_no_rounding(money: Money, rate: int, mode: Rounding) -> None:
    assert money.times(rate, mode) == money.times(Decimal(rate), mode) == money * rate


def test_rates_by_hand() -> None:
    price = Money.of("9.99", "GBP")
    assert price.times(Decimal("0.175"), Rounding.HALF_UP) == Money(175, "GBP")
    assert price.times(Fraction(1, 6), Rounding.FLOOR) == Money(166, "GBP")
    assert Money(-5, "GBP").times(Fraction(1, 2), Rounding.HALF_UP) == Money(-3, "GBP")
    assert Money(-5, "GBP").times(Fraction(1, 2), Rounding.HALF_EVEN) == Money(-2, "GBP")


@pytest.mark.parametrize(
    ("rate", "code"),
    [
        (0.2, "rate.float"),
        (True, "rate.not_a_number"),
        ("0.2", "rate.not_a_number"),
        (Decimal("NaN"), "rate.not_a_number"),
        (Decimal("1E+99999"), "rate.too_long"),
    ],
)
def test_a_rate_is_exact(rate: Decimal, code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Money(1, "EUR").times(rate, Rounding.HALF_UP)
    assert (caught.value.code, caught.value.path) == (code, "rate")


# --- many ---


@given(monies, st.lists(st.integers(0, 10**6), min_size=1, max_size=10))
def test_shares_of_money_sum_to_it(money: Money, weights: list[int]) -> None:
    shares = money.apportion(weights)
    assert type(shares) is tuple
    assert total(shares, money.currency) == money
    assert tuple(share.minor for share in shares) == apportion(money.minor, weights)
    assert all(share.currency is money.currency for share in shares)


def test_apportion_passes_its_policy_on() -> None:
    money = Money(5, "EUR")
    assert money.apportion([0, 0]) == (Money(3, "EUR"), Money(2, "EUR"))
    assert money.apportion([0, 0], ZeroWeights.NOTHING) == (Money(0, "EUR"), Money(0, "EUR"))
    with pytest.raises(InvalidValue):
        money.apportion([0, 0], ZeroWeights.REFUSE)


@given(st.lists(euros))
def test_a_total_is_repeated_addition(amounts: list[Money]) -> None:
    slow = Money.zero("EUR")
    for amount in amounts:
        slow += amount
    assert total(amounts, "EUR") == total(iter(amounts), Currency("EUR")) == slow
    assert sum(amounts, Money.zero("EUR")) == slow


def test_a_total_of_nothing_has_its_currency() -> None:
    assert total([], "JPY") == Money.zero("JPY") == Money(0, "JPY")
    assert type(total([], "JPY").currency) is Currency


def test_a_total_in_an_unknown_currency() -> None:
    with pytest.raises(UnknownCurrency):
        total([], "xyz")


def test_equality_is_by_currency_and_amount() -> None:
    grid = [Money(minor, code) for minor, code in product((-1, 0, 1), ("EUR", "JPY", "USD"))]
    assert len(set(grid)) == len(grid)


def test_many_are_made_as_each_by_itself():
    assert Money.many([5, 0, -7], "EUR") == [Money(5, "EUR"), Money(0, "EUR"), Money(-7, "EUR")]
    assert Money.many(iter(()), "JPY") == []
    with pytest.raises(InvalidValue) as caught:
        Money.many([1, True], "EUR")
    assert (caught.value.code, caught.value.path) == ("money.minor", "minors[1]")
    with pytest.raises(UnknownCurrency):
        Money.many([1], "XAU")

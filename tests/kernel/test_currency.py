"""Currencies: the generated table against an independent package and the reference data."""

from __future__ import annotations

import copy
import csv
import importlib.util
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import iso4217
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import Currency, OrdercoreError, UnknownCurrency
from ordercore.kernel import _iso4217 as generated
from ordercore.kernel._iso4217 import ISO_4217

CODES = sorted(ISO_4217)
HERE = Path(__file__).parent


def generator() -> ModuleType:
    """The generator script, loaded by its path: the test folder is no package."""
    spec = importlib.util.spec_from_file_location("iso_generator", HERE / "generate_iso4217.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_is_what_an_independent_package_says() -> None:
    theirs = {
        entry.code: (f"{entry.number:03d}", entry.exponent, entry.currency_name)
        for entry in iso4217.Currency
    }
    assert {code: row[:3] for code, row in ISO_4217.items()} == theirs


@pytest.mark.data
def test_the_generator_reproduces_the_committed_table() -> None:
    data = os.environ.get("ORDERCORE_DATA")
    if not data:
        pytest.skip("ORDERCORE_DATA is not set: the reference table is not part of the project")
    reference = Path(data, "reference", "iso4217.csv")
    with reference.open(encoding="utf-8", newline="") as source:
        text = generator().render(csv.DictReader(source))
    assert text == Path(generated.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("digits", "cash_digits", "cash_rounding", "step"),
    [(2, 2, 0, 1), (2, 2, 5, 5), (2, 2, 50, 50), (2, 0, 0, 100), (3, 0, 0, 1000), (0, 0, 0, 1)],
)
def test_cash_steps_are_counted_in_minor_units(
    digits: int, cash_digits: int, cash_rounding: int, step: int
) -> None:
    assert generator().cash_step(digits, cash_digits, cash_rounding) == step


def test_the_generator_keeps_iso_digits_and_escapes_names() -> None:
    row = {
        "code": "XXA",
        "numeric": "001",
        "minor_units": "0",
        "name": 'the "A"',
        "cldr_cash_digits": "2",
        "cldr_cash_rounding": "0",
    }
    none = {**row, "code": "XXB", "minor_units": "N.A.", "name": "none"}
    text = generator().render([none, row])
    assert '        "XXA": ("001", 0, "the \\"A\\"", 1),\n' in text
    assert text.index('"XXA"') < text.index('"XXB": ("001", None, "none", 1),')


@pytest.mark.parametrize(
    ("code", "numeric", "exponent", "name", "cash_step"),
    [
        ("CNY", "156", 2, "Yuan Renminbi", 1),
        ("JPY", "392", 0, "Yen", 1),
        ("KWD", "414", 3, "Kuwaiti Dinar", 1),
        ("CLF", "990", 4, "Unidad de Fomento", 1),
        ("CHF", "756", 2, "Swiss Franc", 5),
        ("CAD", "124", 2, "Canadian Dollar", 5),
        ("DKK", "208", 2, "Danish Krone", 50),
        ("SEK", "752", 2, "Swedish Krona", 100),
        ("AFN", "971", 2, "Afghani", 100),
        ("XAU", "959", None, "Gold", 1),
    ],
)
def test_known_currencies(
    code: str, numeric: str, exponent: int | None, name: str, cash_step: int
) -> None:
    currency = Currency(code)
    assert (currency.numeric, currency.exponent, currency.name) == (numeric, exponent, name)
    assert currency.cash_step_minor == cash_step


def test_every_cash_step_fits_its_currency() -> None:
    for code in CODES:
        currency = Currency(code)
        assert currency.cash_step_minor >= 1
        assert currency.exponent is not None or currency.cash_step_minor == 1


@pytest.mark.parametrize(
    "value", ["cny", "", " CNY", "CNY ", "CN", "BTC", "ＣＮＹ", None, 156, [], 1.0]
)
def test_anything_but_a_listed_code_is_unknown(value: object) -> None:
    with pytest.raises(UnknownCurrency) as caught:
        Currency(value)  # type: ignore[arg-type]
    assert caught.value.code == "money.unknown_currency"
    assert caught.value.data()["value"] is value
    assert isinstance(caught.value, OrdercoreError)


@given(st.text(max_size=4))
def test_the_list_alone_decides(text: str) -> None:
    if text in ISO_4217:
        assert Currency(text) == text
    else:
        with pytest.raises(UnknownCurrency):
            Currency(text)


@pytest.mark.parametrize("code", CODES)
def test_a_currency_is_its_text_and_one_object(code: str) -> None:
    currency = Currency(code)
    assert currency == code
    assert hash(currency) == hash(code)
    assert str(currency) == code
    assert type(currency) is Currency
    assert Currency(currency) is currency
    assert pickle.loads(pickle.dumps(currency)) is currency
    assert copy.deepcopy(currency) is currency
    assert repr(currency) == f"Currency('{code}')"


def test_a_str_subclass_makes_the_plain_currency() -> None:
    class Shouted(str):
        __slots__ = ()

    assert Currency(Shouted("EUR")) == Currency("EUR")
    assert Currency(Shouted("EUR")).exponent == 2


def test_a_currency_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Currency("EUR").exponent = 3  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Currency("EUR").note = "x"  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        ISO_4217["EUR"] = ("978", 3, "Euro", 1)  # type: ignore[index]


def test_threads_that_meet_a_currency_first_agree_on_it() -> None:
    with ThreadPoolExecutor(8) as pool:
        met = list(pool.map(Currency, ["TND"] * 64))
    assert set(met) == {"TND"}

"""Quantities: lossless conversion, one size whatever the unit, and the published unit table."""

from __future__ import annotations

import copy
import csv
import os
import pickle
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ordercore.kernel import InvalidBatch, InvalidValue, PrecisionLoss, Quantity, Unit
from ordercore.kernel.units import (
    CENTIMETRE,
    CUBIC_METRE,
    DAY,
    DOZEN,
    EACH,
    GRAM,
    HOUR,
    KILOGRAM,
    KILOMETRE,
    LITRE,
    METRE,
    MILLIGRAM,
    MILLILITRE,
    MILLIMETRE,
    MINUTE,
    PAIR,
    SECOND,
    SQUARE_METRE,
    STANDARD_UNITS,
    TONNE,
)

amounts = st.integers(-(10**18), 10**18)
units = st.sampled_from(STANDARD_UNITS)
quantities = st.builds(Quantity, amounts, units)
masses = st.builds(Quantity, amounts, st.sampled_from([MILLIGRAM, GRAM, KILOGRAM, TONNE]))


# --- units ---


@pytest.mark.data
def test_sizes_are_those_of_recommendation_20() -> None:
    data = os.environ.get("ORDERCORE_DATA")
    if not data:
        pytest.skip("ORDERCORE_DATA is not set: the unit table is not part of the project")
    with Path(data, "reference", "unece_rec20.csv").open(encoding="utf-8", newline="") as source:
        table = {row["CommonCode"]: row for row in csv.DictReader(source)}
    supers = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    bases = {"kg", "m", "m²", "m³", "s"}
    for unit in STANDARD_UNITS:
        row = table[unit.code]
        assert row["Status"] == ""
        ratio = Fraction(1)
        for part in row["ConversionFactor"].split(" x "):
            number = part
            for base in sorted(bases, key=len, reverse=True):
                number = number.removesuffix(base)
            number = number.strip().replace(" ", "").replace(",", ".")
            if number.startswith("10") and number != "10":
                ratio *= Fraction(10) ** int(number[2:].translate(supers) or 1)
            elif number:
                ratio *= Fraction(number)
        assert unit.ratio == ratio, unit.code


def test_standard_units_by_hand() -> None:
    assert [(u.code, u.scale, u.dimension, u.ratio, u.symbol) for u in STANDARD_UNITS] == [
        ("C62", 0, "count", 1, "each"),
        ("PR", 0, "count", 2, "pair"),
        ("DZN", 0, "count", 12, "dozen"),
        ("MGM", 0, "mass", Fraction(1, 10**6), "mg"),
        ("GRM", 0, "mass", Fraction(1, 1000), "g"),
        ("KGM", 3, "mass", 1, "kg"),
        ("TNE", 3, "mass", 1000, "t"),
        ("MLT", 0, "volume", Fraction(1, 10**6), "ml"),
        ("LTR", 3, "volume", Fraction(1, 1000), "L"),
        ("MTQ", 3, "volume", 1, "m³"),
        ("MMT", 0, "length", Fraction(1, 1000), "mm"),
        ("CMT", 1, "length", Fraction(1, 100), "cm"),
        ("MTR", 3, "length", 1, "m"),
        ("KMT", 3, "length", 1000, "km"),
        ("MTK", 4, "area", 1, "m²"),
        ("SEC", 0, "time", 1, "s"),
        ("MIN", 0, "time", 60, "min"),
        ("HUR", 2, "time", 3600, "h"),
        ("DAY", 0, "time", 86400, "d"),
    ]
    names = [name for unit in STANDARD_UNITS for name in {unit.code, unit.symbol}]
    assert len(names) == len(set(names))
    assert (
        *(EACH, PAIR, DOZEN, MILLIGRAM, GRAM, KILOGRAM, TONNE, MILLILITRE, LITRE, CUBIC_METRE),
        *(MILLIMETRE, CENTIMETRE, METRE, KILOMETRE, SQUARE_METRE, SECOND, MINUTE, HOUR, DAY),
    ) == STANDARD_UNITS


@pytest.mark.parametrize("ratio", [3, "3", Fraction(3), Decimal("3.00"), "6/2", "3.0"])
def test_a_ratio_is_any_exact_number(ratio: int) -> None:
    assert Unit("X", scale=0, dimension="count", ratio=ratio).ratio == Fraction(3)


def test_a_unit_of_one_s_own() -> None:
    unit = Unit("BO", scale=2, dimension="volume", ratio="3/4000")
    assert (unit.symbol, unit.step) == ("BO", Fraction(3, 400000))
    assert Unit("Y", scale=18, dimension="count").ratio == 1
    assert pickle.loads(pickle.dumps(unit)) == unit
    assert unit != attrs.evolve(unit, scale=3)


def test_every_fault_of_a_unit_is_reported() -> None:
    with pytest.raises(InvalidBatch) as caught:
        Unit("", scale=-1, dimension="a b", ratio=0, symbol="x\n")
    assert caught.value.subject == "unit"
    assert [(fault.code, fault.path, fault.value) for fault in caught.value.faults] == [
        ("unit.code", "code", ""),
        ("unit.dimension", "dimension", "a b"),
        ("unit.symbol", "symbol", "x\n"),
        ("unit.scale", "scale", -1),
        ("unit.ratio", "ratio", 0),
    ]


@pytest.mark.parametrize("scale", [-1, 19, True, 1.0, "1", None])
def test_a_scale_is_a_small_int(scale: int) -> None:
    with pytest.raises(InvalidBatch) as caught:
        Unit("X", scale=scale, dimension="count")
    assert [fault.code for fault in caught.value.faults] == ["unit.scale"]


@pytest.mark.parametrize("code", [None, 5])
def test_a_code_is_text(code: str) -> None:
    with pytest.raises(InvalidBatch) as caught:
        Unit(code, scale=0, dimension="count", symbol="x")
    assert [fault.code for fault in caught.value.faults] == ["unit.code"]


@pytest.mark.parametrize(
    ("ratio", "code"),
    [
        (0.5, "unit.float"),
        (True, "unit.not_a_number"),
        (None, "unit.not_a_number"),
        (Decimal("Infinity"), "unit.not_a_number"),
        ("much", "unit.ratio"),
        ("1/0", "unit.ratio"),
    ],
)
def test_a_ratio_is_exact(ratio: int, code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Unit("X", scale=0, dimension="count", ratio=ratio)
    assert (caught.value.code, caught.value.path) == (code, "ratio")


def test_a_negative_ratio_is_refused() -> None:
    with pytest.raises(InvalidBatch):
        Unit("X", scale=0, dimension="count", ratio="-1")


# --- quantities ---


@given(quantities)
def test_parse_undoes_format(quantity: Quantity) -> None:
    for text in (str(quantity), quantity.format(), f"{quantity.value:f} {quantity.unit.code}"):
        read = Quantity.parse(text)
        assert (read.amount, read.unit) == (quantity.amount, quantity.unit)
    assert Quantity.of(quantity.value, quantity.unit).amount == quantity.amount


@given(quantities, units)
def test_conversion_keeps_the_size_or_refuses(quantity: Quantity, unit: Unit) -> None:
    assume(unit.dimension == quantity.unit.dimension)
    exact = quantity.size / unit.step
    if exact.denominator == 1:
        converted = quantity.to(unit)
        assert (converted.amount, converted.unit) == (exact, unit)
        assert converted == quantity
        assert hash(converted) == hash(quantity)
        assert converted.to(quantity.unit).amount == quantity.amount
    else:
        with pytest.raises(PrecisionLoss) as caught:
            quantity.to(unit)
        assert caught.value.value == str(quantity)
        assert caught.value.expected == PrecisionLoss("", unit.scale).expected


@given(masses, masses)
def test_size_orders_across_units(a: Quantity, b: Quantity) -> None:
    assert (a < b) is (a.size < b.size)
    assert (a <= b) is (a.size <= b.size)
    assert (a > b) is (a.size > b.size)
    assert (a >= b) is (a.size >= b.size)
    assert (a == b) is (a.size == b.size)
    assert (a != b) is (a.size != b.size)


@given(masses, masses)
def test_sums_are_exact_in_the_left_unit(a: Quantity, b: Quantity) -> None:
    fine = a.to(MILLIGRAM)
    assert (fine + b).size == a.size + b.size
    assert (fine - b).size == a.size - b.size
    assert (fine + b).unit == (fine - b).unit == MILLIGRAM
    assert fine + b - b == a


@given(quantities, st.integers(-99, 99))
def test_arithmetic_of_one_unit(quantity: Quantity, factor: int) -> None:
    assert (quantity * factor).amount == (factor * quantity).amount == quantity.amount * factor
    assert (quantity * factor).unit == quantity.unit
    assert (-quantity).amount == -quantity.amount
    assert abs(quantity).amount == abs(quantity.amount)
    assert (-quantity).unit == abs(quantity).unit == quantity.unit
    assert bool(quantity) is (quantity.amount != 0)
    assert not quantity + -quantity
    assert pickle.loads(pickle.dumps(quantity)) == quantity
    assert copy.deepcopy(quantity) == quantity


def test_by_hand() -> None:
    assert str(Quantity.parse("12.5 L")) == "12.500 L"
    assert Quantity.parse("12.5 L").amount == 12500
    assert str(Quantity.of("1.5", KILOGRAM) + Quantity(250, GRAM)) == "1.750 kg"
    assert str(Quantity.of("1.5", KILOGRAM) - Quantity(250, GRAM)) == "1.250 kg"
    assert Quantity(2, DOZEN) == Quantity(24, EACH) == Quantity(12, PAIR)
    assert str(Quantity(2, DOZEN).to(EACH)) == "24 each"
    assert Quantity.of("1.5", HOUR) == Quantity(90, MINUTE)
    assert Quantity.of(1, CUBIC_METRE).to(LITRE).value == 1000
    assert Quantity.of(Fraction(1, 4), KILOGRAM).amount == 250
    assert Quantity(5, GRAM).to(GRAM).amount == 5


def test_order_of_neighbours() -> None:
    one, two = Quantity(1, GRAM), Quantity(2, GRAM)
    assert one < two
    assert one <= two
    assert two > one
    assert two >= one
    assert not two < one
    assert not two <= one
    assert not one > two
    assert not one >= two
    assert one <= Quantity(1000, MILLIGRAM) <= two
    assert one >= Quantity(1000, MILLIGRAM)
    assert not one > Quantity(1000, MILLIGRAM)
    assert Quantity(1001, MILLIGRAM) > one


def test_a_unit_s_fields_are_named() -> None:
    with pytest.raises(TypeError):
        Unit("X", 0, "count", Fraction(1), "x")  # type: ignore[misc]
    with pytest.raises(TypeError):
        Unit("X", 0, dimension="count")  # type: ignore[misc]


def test_equal_units_that_are_two_objects() -> None:
    twin = copy.deepcopy(KILOGRAM)
    assert Quantity(1, twin) == Quantity(1, KILOGRAM)
    assert Quantity(1, twin) < Quantity(2, KILOGRAM)
    assert Quantity(1, twin).to(KILOGRAM).amount == 1


def test_a_sum_too_fine_for_the_left_unit_is_refused() -> None:
    with pytest.raises(PrecisionLoss):
        Quantity(1, KILOGRAM) + Quantity(1, MILLIGRAM)
    with pytest.raises(PrecisionLoss):
        Quantity(1, DOZEN) - Quantity(1, EACH)


def test_two_dimensions_never_meet() -> None:
    mass, volume = Quantity(0, GRAM), Quantity(0, MILLILITRE)
    for meet in (
        lambda: mass + volume,
        lambda: mass - volume,
        lambda: mass.to(MILLILITRE),
        lambda: mass < volume,
        lambda: mass <= volume,
        lambda: mass > volume,
        lambda: mass >= volume,
    ):
        with pytest.raises(InvalidValue) as caught:
            meet()
        assert (caught.value.code, caught.value.path, caught.value.value) == (
            "quantity.mixed_dimensions",
            "dimension",
            "volume",
        )
    assert mass != volume
    assert len({mass, volume, Quantity(0, TONNE)}) == 2


@pytest.mark.parametrize("other", [0, 1.0, "1 g", None])
def test_a_quantity_meets_nothing_but_quantities(other: int) -> None:
    gram = Quantity(1, GRAM)
    for meet in (
        lambda: gram + other,
        lambda: other + gram,
        lambda: gram - other,
        lambda: gram < other,
        lambda: gram <= other,
        lambda: gram > other,
        lambda: gram >= other,
    ):
        with pytest.raises(TypeError):
            meet()
    assert gram != other
    assert (gram == other) is False


@pytest.mark.parametrize("factor", [1.5, True, "2", Fraction(1, 2)])
def test_a_factor_is_an_int(factor: int) -> None:
    with pytest.raises(InvalidValue) as caught:
        Quantity(1, GRAM) * factor
    assert (caught.value.code, caught.value.path) == ("quantity.factor", "factor")


@pytest.mark.parametrize(
    ("amount", "unit", "code"),
    [
        (1.0, GRAM, "quantity.amount"),
        (True, GRAM, "quantity.amount"),
        ("1", GRAM, "quantity.amount"),
        (1, "g", "quantity.unit"),
        (1, None, "quantity.unit"),
    ],
)
def test_a_quantity_is_an_int_of_a_unit(amount: int, unit: Unit, code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Quantity(amount, unit)
    assert (caught.value.code, caught.value.path) == (code, code.partition(".")[2])


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("1,5", "quantity.not_a_number"),
        (1.5, "quantity.float"),
        (True, "quantity.not_a_number"),
        ("1" * 4001, "quantity.too_long"),
        ("1.0005", "number.precision_loss"),
        (Fraction(1, 3), "number.precision_loss"),
    ],
)
def test_a_value_is_exact(value: str, code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Quantity.of(value, KILOGRAM)
    assert caught.value.code == code


def test_a_value_needs_a_unit() -> None:
    with pytest.raises(InvalidValue) as caught:
        Quantity.of("1", "kg")  # type: ignore[arg-type]
    assert caught.value.code == "quantity.unit"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "quantity.text"),
        ("12.5", "quantity.text"),
        ("12.5L", "quantity.text"),
        (None, "quantity.text"),
        (12, "quantity.text"),
        ("12.5 bottles", "quantity.unknown_unit"),
        ("12.5 ", "quantity.unknown_unit"),
        ("12.5  L", "quantity.unknown_unit"),
        ("12.5 L ", "quantity.unknown_unit"),
        ("x L", "quantity.not_a_number"),
        (" L", "quantity.not_a_number"),
    ],
)
def test_parse_refuses(text: str, code: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        Quantity.parse(text)
    assert caught.value.code == code
    if code == "quantity.text":
        assert (caught.value.path, caught.value.value) == ("", text)


def test_parse_with_units_of_one_s_own() -> None:
    bottle = Unit("BO", scale=0, dimension="volume", ratio="3/4000", symbol="bottle")
    assert Quantity.parse("4 bottle", [LITRE, bottle]) == Quantity.parse("3 L")
    assert Quantity.parse("4 BO", [bottle]).unit is bottle
    with pytest.raises(InvalidValue) as caught:
        Quantity.parse("4 L", [bottle])
    assert (caught.value.path, caught.value.value) == ("unit", "L")


def test_a_quantity_cannot_be_changed() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Quantity(1, GRAM).amount = 2  # type: ignore[misc]


def test_quantities_that_differ_spread_over_hashes():
    assert len({hash(Quantity(n, GRAM)) for n in range(100)}) > 50

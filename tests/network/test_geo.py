"""Positions and distances: exact reading, ranges, symmetry, an independent oracle."""

from __future__ import annotations

import math
import pickle
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import InvalidBatch, InvalidValue
from ordercore.network import EARTH_RADIUS_M, INVARIANTS, GeoPoint, distance_m

points = st.builds(
    GeoPoint,
    st.integers(-90_000_000, 90_000_000),
    st.integers(-180_000_000, 180_000_000),
)


def oracle_m(a: GeoPoint, b: GeoPoint) -> float:
    """The angle between the two position vectors, by atan2: exact at every distance."""

    def vector(point: GeoPoint) -> tuple[float, float, float]:
        lat, lon = math.radians(point.lat_e6 / 1e6), math.radians(point.lon_e6 / 1e6)
        return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)

    (ax, ay, az), (bx, by, bz) = vector(a), vector(b)
    cross = (ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)
    dot = ax * bx + ay * by + az * bz
    return EARTH_RADIUS_M * math.atan2(math.hypot(*cross), dot)


@given(points, points)
def test_distance_agrees_with_the_vector_angle(a: GeoPoint, b: GeoPoint) -> None:
    assert abs(distance_m(a, b) - oracle_m(a, b)) <= 1


@given(points, points)
def test_distance_is_symmetric_and_bounded(a: GeoPoint, b: GeoPoint) -> None:
    INVARIANTS[0].require(a, b)
    assert 0 <= distance_m(a, b) <= 20_015_114
    assert distance_m(a, a) == 0


def breach(index: int, *subject: object) -> bool:
    law = INVARIANTS[index]
    violation = law.check(*subject)
    return violation is not None and violation.invariant_id == law.invariant_id


def test_the_law_of_distance_finds_its_breach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ordercore.network.invariants.distance_m", lambda a, b: a.lat_e6)
    assert breach(0, GeoPoint(1, 0), GeoPoint(2, 0))
    assert breach(0, GeoPoint(1, 0), GeoPoint(1, 0))
    assert INVARIANTS[0].holds(GeoPoint(1, 0), GeoPoint(1, 1))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (("0", "0"), ("0", "1"), 111_195),
        (("0", "0"), ("1", "0"), 111_195),
        (("0", "0"), ("0", "180"), 20_015_114),
        (("90", "0"), ("-90", "77"), 20_015_114),
        (("0", "180"), ("0", "-180"), 0),
        (("90", "12"), ("90", "-100"), 0),
        (("51.5074", "-0.1278"), ("48.8566", "2.3522"), 343_557),
    ],
)
def test_distances_worked_out_by_hand(
    a: tuple[str, str], b: tuple[str, str], expected: int
) -> None:
    assert distance_m(GeoPoint.of(*a), GeoPoint.of(*b)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("-0.0", 0),
        ("+7.5", 7_500_000),
        ("-7.5", -7_500_000),
        ("0.1", 100_000),
        ("0.0000005", 0),
        ("0.0000015", 2),
        ("-0.0000015", -2),
        ("0.00000050000000001", 1),
        ("089.999999", 89_999_999),
        (Decimal("1.10"), 1_100_000),
        (Decimal("1E-7"), 0),
        (Decimal("1E+1"), 10_000_000),
        (12, 12_000_000),
    ],
)
def test_degrees_are_read_exactly(text: str | int | Decimal, expected: int) -> None:
    assert GeoPoint.of(text, 0).lat_e6 == expected
    assert GeoPoint.of(0, text).lon_e6 == expected


@given(st.decimals(-90, 90, places=9))
def test_reading_rounds_half_to_even(degrees: Decimal) -> None:
    assert GeoPoint.of(degrees, 0).lat_e6 == round(Fraction(degrees) * 1_000_000)


NO_DEGREES = [1.5, True, None, *map(Decimal, ["NaN", "-inf", "1e999999", "1e-999999", "1e3"])]


@pytest.mark.parametrize(
    "value",
    [
        "",
        " 1",
        "1 ",
        "1.",
        ".5",
        "1e1",
        "NaN",
        "inf",
        "1,5",
        "٣",
        "1234",
        "0." + "1" * 31,
        *NO_DEGREES,
    ],
)
def test_what_is_no_degree_is_refused(value: object) -> None:
    with pytest.raises(InvalidValue) as lat:
        GeoPoint.of(value, 0)  # type: ignore[arg-type]
    with pytest.raises(InvalidValue) as lon:
        GeoPoint.of(0, value)  # type: ignore[arg-type]
    assert lat.value.value is value
    assert lat.value.expected
    assert (lat.value.code, lat.value.path) == ("geo.degrees", "lat")
    assert (lon.value.code, lon.value.path) == ("geo.degrees", "lon")


def test_both_coordinates_out_of_range_are_reported_together() -> None:
    for bad in (90_000_001, -90_000_001, 1.0, True):
        with pytest.raises(InvalidBatch) as caught:
            GeoPoint(bad, 180_000_001)  # type: ignore[arg-type]
        assert [(f.code, f.path) for f in caught.value.faults] == [
            ("geo.latitude", "lat_e6"),
            ("geo.longitude", "lon_e6"),
        ]
        assert [f.value for f in caught.value.faults] == [bad, 180_000_001]
        assert all(f.expected for f in caught.value.faults)
    with pytest.raises(InvalidBatch) as one:
        GeoPoint(0, -180_000_001)
    assert [f.code for f in one.value.faults] == ["geo.longitude"]
    with pytest.raises(InvalidBatch) as other:
        GeoPoint(90_000_001, 0)
    assert [f.code for f in other.value.faults] == ["geo.latitude"]
    assert GeoPoint(90_000_000, -180_000_000) < GeoPoint(90_000_000, 180_000_000)


@given(points)
def test_text_and_pickle_round_trip(point: GeoPoint) -> None:
    assert GeoPoint.of(*str(point).split(",")) == point
    assert pickle.loads(pickle.dumps(point)) == point


@given(points, st.sampled_from([1, 10, 1_000, 10_000, 250_000, 1_000_000]))
def test_a_coarse_point_is_on_the_grid_and_near(point: GeoPoint, grid: int) -> None:
    coarse = point.coarse(grid)
    assert coarse.lat_e6 % grid == 0
    assert coarse.lon_e6 % grid == 0
    assert abs(coarse.lat_e6 - point.lat_e6) * 2 <= grid
    assert abs(coarse.lon_e6 - point.lon_e6) * 2 <= grid
    assert coarse.coarse(grid) == coarse


@given(points)
def test_the_default_grid_moves_a_point_less_than_790_m(point: GeoPoint) -> None:
    assert distance_m(point, point.coarse()) < 790
    assert point.coarse() == point.coarse(10_000)


def test_a_half_cell_goes_to_the_even_neighbour() -> None:
    assert GeoPoint(5_000, 15_000).coarse() == GeoPoint(0, 20_000)


@pytest.mark.parametrize("grid", [0, -1, 3, 1.0, True, 2_000_000])
def test_a_grid_divides_a_degree(grid: object) -> None:
    with pytest.raises(InvalidValue) as caught:
        GeoPoint(0, 0).coarse(grid)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.path) == ("geo.grid", "grid_e6")
    assert caught.value.value is grid
    assert caught.value.expected

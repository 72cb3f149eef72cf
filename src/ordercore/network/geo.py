"""Positions in integer microdegrees, and the distance between two of them."""

from __future__ import annotations

import re
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Self

import attrs

from ordercore.kernel import InvalidValue, Rounding, answering, checked, divide, problems

__all__ = ["EARTH_RADIUS_M", "GeoPoint", "distance_m"]

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the earth in metres (IUGG)."""

_DIGITS = 6
_MAX_LAT_E6 = 90_000_000
_MAX_LON_E6 = 180_000_000
_DEGREES = re.compile(r"([+-]?)([0-9]{1,3})(?:\.([0-9]{1,30}))?", re.ASCII)


def _microdegrees(value: str | int | Decimal, path: str) -> int:
    if type(value) is bool or not isinstance(value, str | int | Decimal):
        raise InvalidValue("geo.degrees", path, value, "degrees as decimal text, int or Decimal")
    # Plain digits are exact: no ambient decimal context and no binary float takes part. A huge
    # exponent must not become a huge text.
    plain = isinstance(value, Decimal) and value.is_finite() and -40 < value.adjusted() < 3
    match = _DEGREES.fullmatch(format(value, "f") if plain else str(value))
    if match is None:
        raise InvalidValue("geo.degrees", path, value, "degrees such as -0.1278")
    sign, whole, fraction = match.group(1), match.group(2), match.group(3) or ""
    scaled = int(whole + fraction) * 10**_DIGITS
    magnitude = divide(scaled, 10 ** len(fraction), Rounding.HALF_EVEN)
    return -magnitude if sign == "-" else magnitude


@attrs.frozen(order=True)
@checked
class GeoPoint:
    """A position on the earth (WGS 84) in integer microdegrees; one step is at most 11 cm.

    Latitude runs from −90 000 000 to 90 000 000, longitude from −180 000 000 to 180 000 000.
    Both ends of the longitude mean the same meridian and are kept as given.

    Raises:
        InvalidBatch: ``geo.latitude`` and ``geo.longitude``, for anything but an integer in range.

    Example:
        >>> GeoPoint.of("30.27", "120.15")
        GeoPoint(lat_e6=30270000, lon_e6=120150000)
        >>> print(GeoPoint(51_507_400, -127_800))
        51.507400,-0.127800
    """

    lat_e6: int
    lon_e6: int

    def __attrs_post_init__(self) -> None:
        lat_ok = type(self.lat_e6) is int and -_MAX_LAT_E6 <= self.lat_e6 <= _MAX_LAT_E6
        lon_ok = type(self.lon_e6) is int and -_MAX_LON_E6 <= self.lon_e6 <= _MAX_LON_E6
        if lat_ok and lon_ok:
            return
        faults = problems()
        if not lat_ok:
            faults.add("geo.latitude", "lat_e6", self.lat_e6, "microdegrees within ±90 000 000")
        if not lon_ok:
            faults.add("geo.longitude", "lon_e6", self.lon_e6, "microdegrees within ±180 000 000")
        faults.raise_if_any("point")

    @classmethod
    def of(cls, lat: str | int | Decimal, lon: str | int | Decimal) -> Self:
        """Read degrees from decimal text, int or Decimal, never through a binary float.

        More than six decimals are rounded half to even to the microdegree.

        Raises:
            InvalidValue: ``geo.degrees`` for anything else (floats, exponents, blanks).
            InvalidBatch: out of range, as the constructor.

        Example:
            >>> GeoPoint.of("-0.0000005", 7)
            GeoPoint(lat_e6=0, lon_e6=7000000)
        """
        return cls(_microdegrees(lat, "lat"), _microdegrees(lon, "lon"))

    def coarse(self, grid_e6: int = 10_000) -> GeoPoint:
        """The nearest point of a grid, so that a home cannot be told from its neighbourhood.

        The default grid of 0.01° has cells of at most 1.11 km, so the point moves by less than
        790 m. A half cell goes to the even neighbour.

        Raises:
            InvalidValue: ``geo.grid`` unless the grid divides one degree.

        Example:
            >>> GeoPoint.of("30.274084", "120.155070").coarse()
            GeoPoint(lat_e6=30270000, lon_e6=120160000)
        """
        if type(grid_e6) is not int or grid_e6 < 1 or 10**_DIGITS % grid_e6:
            raise InvalidValue("geo.grid", "grid_e6", grid_e6, "a positive divisor of 1 000 000")
        return GeoPoint(
            divide(self.lat_e6, grid_e6, Rounding.HALF_EVEN) * grid_e6,
            divide(self.lon_e6, grid_e6, Rounding.HALF_EVEN) * grid_e6,
        )

    def __str__(self) -> str:
        return f"{_text(self.lat_e6)},{_text(self.lon_e6)}"


def _text(value_e6: int) -> str:
    whole, part = divmod(abs(value_e6), 10**_DIGITS)
    return f"{'-' if value_e6 < 0 else ''}{whole}.{part:0{_DIGITS}}"


@answering
def distance_m(a: GeoPoint, b: GeoPoint) -> int:
    """The great-circle distance in whole metres (haversine on the mean radius).

    Symmetric, zero for equal points, at most 20 015 114. The sphere differs from the ellipsoid by
    up to 0.56 %. It is computed in floats and rounded to the metre, so that the last bits of a
    platform's sine do not show. It is a straight line, not a road.

    Example:
        >>> hangzhou, ningbo = (
        ...     GeoPoint.of("30.2741", "120.1551"),
        ...     GeoPoint.of("29.8683", "121.5440"),
        ... )
        >>> distance_m(hangzhou, ningbo)
        141062
    """
    lat_a, lat_b = radians(a.lat_e6 / 1e6), radians(b.lat_e6 / 1e6)
    half_lat = sin((lat_b - lat_a) / 2)
    half_lon = sin(radians((b.lon_e6 - a.lon_e6) / 1e6) / 2)
    haversine = half_lat * half_lat + cos(lat_a) * cos(lat_b) * (half_lon * half_lon)
    return round(2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, haversine))))

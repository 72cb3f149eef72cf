"""Regions: country, subdivision, city. Coarse enough to be kept with an order."""

from __future__ import annotations

import attrs

from ordercore.kernel import checked, problems

__all__ = ["Region", "is_name"]

_MAX_NAME = 100


def is_name(value: object) -> bool:
    """Whether a value is short printable text without outer blanks; the empty text is one."""
    return (
        isinstance(value, str)
        and len(value) <= _MAX_NAME
        and value.isprintable()
        and value == value.strip()
    )


@attrs.frozen(order=True)
@checked
class Region:
    """A country (ISO 3166-1 alpha-2, upper case), its subdivision and city; not personal.

    ``subdivision`` and ``city`` are the host's own codes or names, compared exactly; empty means
    "any" where a region is a rule and "unknown" where it is a destination. A city may stand
    without a subdivision, as county-level and state cities do in several countries. Only the form
    of the country is checked, not whether ISO lists it today.

    Raises:
        InvalidBatch: ``region.country``, ``region.subdivision``, ``region.city``.

    Example:
        >>> Region("CN", "ZJ").covers(Region("CN", "ZJ", "Hangzhou"))
        True
        >>> print(Region("CN", "ZJ", "Hangzhou"))
        CN/ZJ/Hangzhou
    """

    country: str
    subdivision: str = ""
    city: str = ""

    def __attrs_post_init__(self) -> None:
        faults = problems()
        country = self.country
        if (
            not isinstance(country, str)
            or len(country) != 2
            or not (country.isascii() and country.isalpha() and country.isupper())
        ):
            faults.add("region.country", "country", country, "two letters A to Z")
        if not is_name(self.subdivision):
            faults.add("region.subdivision", "subdivision", self.subdivision, "a code or name")
        if not is_name(self.city):
            faults.add("region.city", "city", self.city, "a code or name")
        faults.raise_if_any("region")

    def covers(self, other: Region) -> bool:
        """Whether ``other`` lies within: every part that this region names is equal there.

        Example:
            >>> Region("GB").covers(Region("FR")), Region("GB", "ENG").covers(Region("GB"))
            (False, False)
        """
        return (
            self.country == other.country
            and self.subdivision in ("", other.subdivision)
            and self.city in ("", other.city)
        )

    @property
    def detail(self) -> tuple[bool, bool]:
        """How narrow the region is, to be compared: a city before a subdivision before a country.

        Example:
            >>> Region("GB").detail < Region("GB", "ENG").detail < Region("GB", city="Leeds").detail
            True
        """
        return (bool(self.city), bool(self.subdivision))

    def __str__(self) -> str:
        return f"{self.country}/{self.subdivision}/{self.city}".rstrip("/")

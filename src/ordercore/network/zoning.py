"""From a node and a destination to the zone that a rate card is kept by."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Self

import attrs

from ordercore.kernel import checked, problems, sorted_tuple
from ordercore.network.destination import Destination
from ordercore.network.geo import GeoPoint, distance_m
from ordercore.network.region import Region, is_name

__all__ = ["DistanceBand", "RegionZone", "Zoning"]


@attrs.frozen
@checked
class DistanceBand:
    """Destinations up to and including ``up_to_m`` metres away belong to ``zone``.

    Raises:
        InvalidBatch: ``band.up_to_m`` (an integer of zero or more), ``band.zone``.

    Example:
        >>> DistanceBand(50_000, "near").zone
        'near'
    """

    up_to_m: int
    zone: str

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.up_to_m) is not int or self.up_to_m < 0:
            faults.add("band.up_to_m", "up_to_m", self.up_to_m, "an integer ≥ 0")
        if not is_name(self.zone) or not self.zone:
            faults.add("band.zone", "zone", self.zone, "the name of a zone")
        faults.raise_if_any("distance band")


@attrs.frozen
@checked
class RegionZone:
    """Destinations in ``region`` belong to ``zone``; None means that they are not served.

    Raises:
        InvalidBatch: ``region_zone.region``, ``region_zone.zone``.

    Example:
        >>> RegionZone(Region("CN", "XZ"), None).zone is None
        True
    """

    region: Region
    zone: str | None

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not isinstance(self.region, Region):
            faults.add("region_zone.region", "region", self.region, "a Region")
        if self.zone is not None and (not is_name(self.zone) or not self.zone):
            faults.add("region_zone.zone", "zone", self.zone, "the name of a zone, or None")
        faults.raise_if_any("region zone")


def _bands(given: Iterable[DistanceBand]) -> tuple[DistanceBand, ...]:
    return sorted_tuple(given, DistanceBand, lambda band: (band.up_to_m, band.zone or ""))


def _regions(given: Iterable[RegionZone]) -> tuple[RegionZone, ...]:
    # Narrowest first, so that the first region that covers a destination decides.
    return sorted_tuple(given, RegionZone, _narrowest_first)


def _narrowest_first(row: RegionZone) -> tuple[tuple[bool, ...], Region, str]:
    return tuple(not part for part in row.region.detail), row.region, row.zone or ""


@attrs.frozen(kw_only=True)
@checked
class Zoning:
    """How a carrier cuts the world into zones: by region, then by distance, then the rest.

    The narrowest ``regions`` row that covers the destination decides, even when it says "not
    served". Without one, the shortest of the ``bands`` that reaches from the node to the
    destination's point does; without a point or beyond the last band, ``elsewhere``, where None
    means not served. The order in which rows are given makes no difference. O(rows).

    Raises:
        InvalidBatch: ``zoning.empty``, ``zoning.duplicate_region``, ``zoning.duplicate_band``,
            ``zoning.elsewhere``.

    Example:
        >>> zoning = Zoning(
        ...     bands=[DistanceBand(50_000, "near"), DistanceBand(300_000, "far")],
        ...     regions=[RegionZone(Region("HK"), "export")],
        ... )
        >>> here = GeoPoint.of("30", "120")
        >>> zoning.zone(here, Destination(Region("CN"), point=GeoPoint.of("30.2", "120")))
        'near'
        >>> zoning.zone(here, Destination(Region("HK", city="Kowloon")))
        'export'
        >>> zoning.zone(here, Destination(Region("CN"))) is None
        True
    """

    bands: tuple[DistanceBand, ...] = attrs.field(default=(), converter=_bands)
    regions: tuple[RegionZone, ...] = attrs.field(default=(), converter=_regions)
    elsewhere: str | None = None

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.bands and not self.regions and self.elsewhere is None:
            faults.add("zoning.empty", "bands", None, "bands, regions or a zone for elsewhere")
        for index, (one, next_one) in enumerate(pairwise(self.bands)):
            if one.up_to_m == next_one.up_to_m:
                place = f"bands[{index + 1}]"
                faults.add("zoning.duplicate_band", place, next_one.up_to_m, "one band a distance")
        for index, (row, next_row) in enumerate(pairwise(self.regions)):
            if row.region == next_row.region:
                place = f"regions[{index + 1}]"
                shown = str(next_row.region)
                faults.add("zoning.duplicate_region", place, shown, "one row a region")
        if self.elsewhere is not None and (not is_name(self.elsewhere) or not self.elsewhere):
            faults.add("zoning.elsewhere", "elsewhere", self.elsewhere, "a zone's name, or None")
        faults.raise_if_any("zoning")

    @classmethod
    def flat(cls, zone: str = "all") -> Self:
        """One zone for every destination.

        Example:
            >>> Zoning.flat().zones
            ('all',)
        """
        return cls(elsewhere=zone)

    @property
    def zones(self) -> tuple[str, ...]:
        """Every zone that can be the answer, sorted."""
        named = {band.zone for band in self.bands}
        named.update(row.zone for row in self.regions if row.zone is not None)
        if self.elsewhere is not None:
            named.add(self.elsewhere)
        return tuple(sorted(named))

    def zone(self, origin: GeoPoint, destination: Destination) -> str | None:
        """The zone of a destination seen from a node's position; None where it is not served."""
        for row in self.regions:
            if row.region.covers(destination.region):
                return row.zone
        if self.bands and destination.point is not None:
            distance = distance_m(origin, destination.point)
            for band in self.bands:
                if distance <= band.up_to_m:
                    return band.zone
        return self.elsewhere

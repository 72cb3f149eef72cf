"""What kilograms cost at least at a place that may use any of its services, and over places.

A bound that takes the base of one service and the kilogram of another is far too low where a
parcel is cheap to start and a pallet cheap to fill. Here each service is billed as it is, and
more than one by starting two and filling the cheapest steps first; the lower hull of all of these
is convex, so that places share out their kilograms by slope and the sum is a bound.
"""

from __future__ import annotations

from itertools import pairwise

__all__ = ["Hull", "Tariff", "hull", "least_total"]

Hull = tuple[tuple[int, int], ...]
"""Corners of a convex function: (started kilograms, thousandths of a minor unit)."""

_GRAMS_PER_KG = 1000
_MILLI = 1000
_MICRO_PER_MILLI = 1000


class Tariff:
    """The services of one node and class, as what started kilograms cost at least.

    Args:
        services: Of each its base, its rate per kilogram, and the weight limit of a parcel in
            grams. A limit within a kilogram is rounded up, which never makes a parcel dearer.

    Example:
        >>> parcel, pallet = (390, 12, 30_000), (3200, 4, 600_000)
        >>> Tariff([parcel]).least(31)
        1152000
        >>> Tariff([parcel, pallet]).least(300), (3200 + 4 * 300) * 1000
        (4400000, 4400000)
    """

    __slots__ = ("services", "steps", "two_bases")

    def __init__(self, services: list[tuple[int, int, int]]) -> None:
        self.services = [(base, rate, -(-limit // _GRAMS_PER_KG)) for base, rate, limit in services]
        # (thousandths per kilogram, kilograms; None: without end), cheapest first.
        self.steps: list[tuple[int, int | None]] = []
        self.two_bases = 0
        if len(services) > 1:
            self.two_bases = sum(sorted(base for base, _, _ in services)[:2])
            for base, rate, limit in self.services:
                self.steps.append((rate * _MILLI, limit))
                self.steps.append((rate * _MILLI + base * _MILLI // limit, None))
            self.steps.sort(key=lambda step: (step[0], step[1] is None))

    def least(self, kg: int) -> int:
        """No bill of loads that start ``kg`` kilograms together is below this; in thousandths."""
        one = min(base * max(1, -(-kg // limit)) + rate * kg for base, rate, limit in self.services)
        return min(one * _MILLI, self._several(kg)) if self.steps else one * _MILLI

    def _several(self, kg: int) -> int:
        cost = self.two_bases * _MILLI
        for slope, length in self.steps:
            taken = kg if length is None else min(kg, length)
            cost += taken * slope
            kg -= taken
            if not kg:
                break
        return cost

    def corners(self, start: int, end: int) -> list[int]:
        """Where the hull of what ``start`` to ``end`` kilograms cost may bend, ascending."""
        found = {start, end}
        for _, _, limit in self.services:
            found.update((-(-start // limit) * limit, end // limit * limit, limit))
        filled = 0
        for _, length in self.steps:
            if length is None:
                break
            filled += length
            found.add(filled)
        return sorted(kg for kg in found if start <= kg <= end)


def hull(
    tariff: Tariff,
    start: int,
    end: int,
    *,
    least_kg: int = 0,
    opening: int = 0,
    unused: bool = False,
) -> Hull:
    """The convex function below what ``start`` to ``end`` started kilograms cost at a place.

    Args:
        tariff: What the place bills.
        start: Kilograms that are sure to go there.
        end: The most that can.
        least_kg: Kilograms that are billed at the least, as a node that ships starts one.
        opening: What using the place costs.
        unused: Whether the place may also ship nothing and cost nothing.

    Example:
        >>> hull(Tariff([(390, 12, 30_000)]), 0, 60, opening=140, unused=True)
        ((0, 0), (60, 1640000))
        >>> hull(Tariff([(390, 12, 2_000)]), 0, 2, least_kg=1)
        ((0, 402000), (1, 402000), (2, 414000))
        >>> hull(Tariff([(390, 12, 30_000)]), 2, 60)
        ((2, 414000), (30, 750000), (60, 1500000))
    """
    kept: list[tuple[int, int]] = [(0, 0)] if unused else []
    first = max(1, start) if unused else start
    corners = tariff.corners(first, end)
    # Up to the least that is billed the cost is flat: it bends there too.
    if first < least_kg < end and least_kg not in corners:
        corners = sorted([*corners, least_kg])
    for x in corners:
        y = tariff.least(max(x, least_kg)) + opening * _MILLI
        while len(kept) > 1:
            (x0, y0), (x1, y1) = kept[-2:]
            if (y1 - y0) * (x - x0) < (y - y0) * (x1 - x0):
                break
            kept.pop()
        kept.append((x, y))
    return tuple(kept)


def least_total(hulls: list[Hull], kg: int) -> int:
    """What ``kg`` started kilograms cost at least, shared out over places; minor units.

    O(corners × log corners).

    Example:
        >>> near, far = Tariff([(390, 12, 30_000)]), Tariff([(480, 20, 30_000)])
        >>> least_total([hull(near, 0, 10, unused=True), hull(far, 5, 60)], 12)
        720
    """
    cost = sum(corners[0][1] for corners in hulls) * _MICRO_PER_MILLI
    left = kg - sum(corners[0][0] for corners in hulls)
    if left > 0:
        # Slopes are rounded down before they are compared: what is summed is still a bound.
        slopes = sorted(
            ((y1 - y0) * _MICRO_PER_MILLI // (x1 - x0), x1 - x0)
            for corners in hulls
            for (x0, y0), (x1, y1) in pairwise(corners)
        )
        for slope, length in slopes:
            taken = min(left, length)
            cost += taken * slope
            left -= taken
            if not left:
                break
    return -(-cost // (_MILLI * _MICRO_PER_MILLI))

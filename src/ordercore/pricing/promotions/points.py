"""Points: earned with a purchase, and paid with."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import attrs

from ordercore.kernel import (
    Choice,
    Currency,
    FrozenMap,
    LineId,
    Money,
    PromotionId,
    Rounding,
    checked,
    expect,
    problems,
    round_ratio,
)
from ordercore.pricing.exact import exact_fraction

__all__ = ["EarnPoints", "PayPoints", "PointsKind", "QuotePoints"]


def _factor(value: Fraction | Decimal | int | str) -> Fraction:
    return exact_fraction(value, "factor")


def _percent(value: Fraction | Decimal | int | str | None) -> Fraction | None:
    return None if value is None else exact_fraction(value, "percent")


@attrs.frozen
@checked
class EarnPoints:
    """Points for every so much that the selected lines cost, for every so many units, or once.

    It is reckoned of what earlier promotions have left when it has its turn, in one step and
    rounded once. Several promotions add up.

    Args:
        points: How many, each time.
        per: Money, or units; None gives them once.
        factor: Times so many: 2 for double points.
        most: At most so many for an order.
        rounding: Of the whole; down unless it says otherwise.

    Raises:
        InvalidBatch: ``points.points`` (below 1), ``points.per`` (not above zero),
            ``points.factor`` (not above zero), ``points.most`` (below 1).
        InvalidValue: ``factor.not_exact``.

    Example:
        >>> euro = EarnPoints(1, per=Money.of("1.00", "EUR"), factor="1.5")
        >>> euro.earned(9_99)
        14
    """

    points: int
    per: Money | int | None = attrs.field(default=None, kw_only=True)
    factor: Fraction = attrs.field(default=Fraction(1), converter=_factor, kw_only=True)
    most: int | None = attrs.field(default=None, kw_only=True)
    rounding: Rounding = attrs.field(default=Rounding.FLOOR, converter=Rounding, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.points) is not int or self.points < 1:
            faults.add("points.points", "points", self.points, "an integer ≥ 1")
        if self.size < 1:
            faults.add("points.per", "per", self.per, "above zero, or None")
        if self.factor <= 0:
            faults.add("points.factor", "factor", self.factor, "above zero")
        if self.most is not None and (type(self.most) is not int or self.most < 1):
            faults.add("points.most", "most", self.most, "an integer ≥ 1, or None")
        faults.raise_if_any("earned points")

    @property
    def size(self) -> int:
        """What ``per`` comes to in minor units, or units; 1 for once."""
        if type(self.per) is Money:
            return self.per.minor
        return 1 if self.per is None else self.per if type(self.per) is int else 0

    @property
    def currency(self) -> Currency | None:
        """The currency of ``per``; None where it is not money."""
        return self.per.currency if type(self.per) is Money else None

    def earned(self, have: int) -> int:
        """The points for so many minor units, or units; for once, have 1."""
        exact = Fraction(have * self.points, self.size) * self.factor
        points = round_ratio(exact, self.rounding)
        return points if self.most is None else min(points, self.most)


@attrs.frozen
@checked
class PayPoints:
    """An amount off for points that the buyer pays (``Cart.pay_points``), as many as there are.

    The rate is exact: ``points`` are worth ``off``; an amount that does not come out is rounded
    down, and no more points are taken than the amount needs.

    Args:
        points: So many points
        off: are worth so much.
        least: The fewest points that may be paid.
        step: Points are paid in multiples of it.
        most_percent: The most of what is left of the selected lines that points may pay.

    Raises:
        InvalidBatch: ``points.points``, ``points.step``, ``points.least`` (below 1),
            ``points.off`` (not above zero), ``points.percent`` (not above 0, or above 100).
        InvalidValue: ``percent.not_exact``.

    Example:
        >>> cent = PayPoints(100, Money.of("1.00", "EUR"))
        >>> cent.worth(250), cent.needed(249)
        (250, 249)
    """

    points: int
    off: Money
    least: int = attrs.field(default=1, kw_only=True)
    step: int = attrs.field(default=1, kw_only=True)
    most_percent: Fraction | None = attrs.field(default=None, converter=_percent, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for name in ("points", "least", "step"):
            number = getattr(self, name)
            if type(number) is not int or number < 1:
                faults.add(f"points.{name}", name, number, "an integer ≥ 1")
        if type(self.off) is Money and self.off.minor <= 0:
            faults.add("points.off", "off", self.off, "an amount above zero")
        if self.most_percent is not None and not 0 < self.most_percent <= 100:
            expected = "above 0, at most 100"
            faults.add("points.percent", "most_percent", self.most_percent, expected)
        faults.raise_if_any("points paid")

    def worth(self, points: int) -> int:
        """What so many points take off, in minor units."""
        return points * self.off.minor // self.points

    def needed(self, minor: int) -> int:
        """The fewest points, in whole steps, that take so many minor units off."""
        points = -(-minor * self.points // self.off.minor)
        return -(-points // self.step) * self.step


class PointsKind(Choice):
    """Which way points go."""

    EARNED = "earned"
    """The buyer gets them."""
    PAID = "paid"
    """The buyer gives them."""


def _lines(given: Mapping[str, int] | Mapping[LineId, int]) -> FrozenMap[LineId, int]:
    pairs = expect(given, Mapping, "lines")  # type: ignore[type-abstract]
    return FrozenMap({LineId(line): points for line, points in pairs.items()})


@attrs.frozen(kw_only=True)
@checked
class QuotePoints:
    """Points that stand in a quote: of a promotion, shared out over the lines that they belong to.

    Units that go back take their points along: see :func:`~ordercore.pricing.kept_points`.

    Raises:
        InvalidBatch: ``points.negative`` with the path of each.

    Example:
        >>> QuotePoints(promotion="club", kind="earned", lines={"1": 12, "2": 3}).points
        15
    """

    promotion: PromotionId = attrs.field(converter=PromotionId)
    kind: PointsKind = attrs.field(converter=PointsKind)
    lines: FrozenMap[LineId, int] = attrs.field(converter=_lines)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for line, points in self.lines.items():
            if type(points) is int and points < 0:
                faults.add("points.negative", f"lines[{line}]", points, "an integer ≥ 0")
        faults.raise_if_any("points of a quote")

    @property
    def points(self) -> int:
        """All of them."""
        return sum(self.lines.values())

"""What a node may sell of a SKU until it is filled again, as chances."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

import attrs

from ordercore.kernel import (
    FrozenMap,
    InvalidValue,
    Money,
    NodeId,
    Sku,
    as_map,
    checked,
    problems,
)

__all__ = ["DemandOutlook"]

_MOST_UNITS = 10**9


def _chances(given: Mapping[int, Fraction | int | str]) -> FrozenMap[int, Fraction]:
    if not isinstance(given, Mapping):
        return given
    return FrozenMap({units: _exact(chance, units) for units, chance in given.items()})


def _exact(chance: Fraction | int | str, units: object) -> Fraction:
    if isinstance(chance, (Fraction, str)) or type(chance) is int:
        try:
            return Fraction(chance)
        except (ValueError, ZeroDivisionError):
            pass
    raise InvalidValue(
        "outlook.chance", f"chances[{units}]", chance, "a Fraction, or text such as '0.35'"
    )


@attrs.frozen(kw_only=True)
@checked
class DemandOutlook:
    """The chances that a node is asked for so many units of a SKU before it can be filled again.

    ``chances`` says of numbers of units how likely at least so many are asked for. Between two
    numbers the chance of the higher one counts, beyond the last none: demand is never overstated.
    A unit that is asked for earns ``gain`` by standing here: its margin where nobody else would
    sell it, or what it saves against being sent from elsewhere. One that is not asked for costs
    ``left_over``: its place, what it loses in value, the way back.

    Raises:
        InvalidBatch: ``outlook.units`` for numbers that are no integers ≥ 1, ``outlook.chance``
            for chances outside 0 to 1 or that rise with the number, ``outlook.negative`` for a gain
            or cost below zero, ``outlook.currency`` for two currencies; all at once.

    Example:
        >>> outlook = DemandOutlook(
        ...     sku="TEA",
        ...     node="front-1",
        ...     chances={10: "0.9", 30: "0.5"},
        ...     gain=Money.of("4.00", "CNY"),
        ...     left_over=Money.of("0.50", "CNY"),
        ... )
        >>> [str(outlook.worth_minor(unit)) for unit in (1, 10, 11, 30, 31)]
        ['355', '355', '175', '175', '-50']
    """

    sku: Sku = attrs.field(converter=Sku)
    node: NodeId = attrs.field(converter=NodeId)
    chances: FrozenMap[int, Fraction] = attrs.field(converter=_chances)
    gain: Money
    left_over: Money | None = None

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for units, chance in self.chances.items():
            if type(units) is not int or not 0 < units <= _MOST_UNITS:
                faults.add("outlook.units", f"chances[{units}]", units, "an integer ≥ 1")
            if not 0 <= chance <= 1:
                faults.add("outlook.chance", f"chances[{units}]", chance, "from 0 to 1")
        for (_, before), (units, chance) in pairwise(self.chances.items()):
            if chance > before:
                faults.add("outlook.chance", f"chances[{units}]", chance, f"at most {before}")
        for name, amount in (("gain", self.gain), ("left_over", self.left_over)):
            if amount is not None and amount.minor < 0:
                faults.add("outlook.negative", name, amount, "an amount ≥ 0")
        if self.left_over is not None and self.left_over.currency != self.gain.currency:
            faults.add("outlook.currency", "left_over", self.left_over, "the currency of gain")
        faults.raise_if_any("demand outlook")

    @classmethod
    def of_quantiles(
        cls,
        quantiles: Mapping[str, int],
        *,
        sku: str,
        node: str,
        gain: Money,
        left_over: Money | None = None,
    ) -> DemandOutlook:
        """From a forecast's quantiles: with the 0.9 quantile at 30, 30 are asked for with 0.1.

        Quantiles at zero units say nothing about any unit and are left out.

        Raises:
            InvalidBatch: as the constructor; ``outlook.quantile`` for what is none.

        Example:
            >>> outlook = DemandOutlook.of_quantiles(
            ...     {"0.1": 0, "0.5": 8, "0.9": 30},
            ...     sku="TEA",
            ...     node="front-1",
            ...     gain=Money(400, "CNY"),
            ... )
            >>> dict(outlook.chances)
            {8: Fraction(1, 2), 30: Fraction(1, 10)}
        """
        faults = problems()
        chances: dict[int, Fraction] = {}
        for quantile, units in as_map(quantiles).items():
            try:
                chance = 1 - _exact(quantile, quantile)
            except InvalidValue:
                chance = Fraction(-1)
            if not 0 <= chance <= 1:
                faults.add("outlook.quantile", f"quantiles[{quantile}]", quantile, "from 0 to 1")
            elif units:
                chances[units] = max(chance, chances.get(units, chance))
        faults.raise_if_any("quantiles")
        return cls(sku=sku, node=node, chances=chances, gain=gain, left_over=left_over)

    def chance(self, unit: int) -> Fraction:
        """How likely the node is asked for at least this many. O(chances)."""
        return next((c for units, c in self.chances.items() if units >= unit), Fraction())

    def worth_minor(self, unit: int) -> Fraction:
        """What the node's ``unit``-th unit earns on average, in minor units; below zero it costs.

        Never more than the unit before it.
        """
        return self.worth_of(self.chance(unit))

    def worth_of(self, chance: Fraction) -> Fraction:
        """What a unit with this chance of being asked for earns on average, in minor units."""
        left_over = 0 if self.left_over is None else self.left_over.minor
        return self.gain.minor * chance - left_over * (1 - chance)

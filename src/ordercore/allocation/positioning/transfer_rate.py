"""How much of what a channel sold came from nodes that are not its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

import attrs

from ordercore.allocation.plan import AllocationPlan
from ordercore.kernel import FrozenMap, NodeId, answering, as_map, checked

__all__ = ["TransferRate", "transfer_rate"]


def _units(given: Mapping[str, int]) -> FrozenMap[str, int]:
    return as_map(given)


@attrs.frozen(kw_only=True)
@checked
class TransferRate:
    """Units by channel, and those of them that nodes of other channels shipped.

    Example:
        >>> rate = TransferRate(units={"shop": 8, "web": 2}, crossed={"shop": 2})
        >>> rate.rate, rate.of("shop"), rate.of("web"), rate.of("nobody")
        (Fraction(1, 5), Fraction(1, 4), Fraction(0, 1), Fraction(0, 1))
    """

    units: FrozenMap[str, int] = attrs.field(converter=_units)
    crossed: FrozenMap[str, int] = attrs.field(converter=_units)

    @property
    def rate(self) -> Fraction:
        """The share of all units that crossed from one channel's stock to another's sale."""
        return _share(sum(self.crossed.values()), sum(self.units.values()))

    def of(self, channel: str) -> Fraction:
        """The share of one channel's units."""
        return _share(self.crossed.get(channel, 0), self.units.get(channel, 0))


def _share(part: int, whole: int) -> Fraction:
    return Fraction(part, whole) if whole else Fraction()


@answering
def transfer_rate(
    plans: Iterable[tuple[str, AllocationPlan]], homes: Mapping[str, Iterable[str]]
) -> TransferRate:
    """The cross-channel transfer rate of plans.

    Args:
        plans: Each with the channel of its order; they may come from a stream.
        homes: The nodes of each channel; several channels may share one. A channel that is not
            listed has none.

    Example:
        >>> from ordercore.allocation import allocate
        >>> from ordercore.allocation.specimen import tea_demand, tea_network, tea_stock
        >>> from ordercore.kernel import instant
        >>> now = instant("2026-11-11T00:00:00Z")
        >>> plan = allocate(tea_demand(), tea_network(), tea_stock(), at=now)
        >>> [str(node) for node in plan.nodes]
        ['hefei']
        >>> transfer_rate([("douyin", plan)], {"douyin": ["ningbo"], "shops": ["hefei"]}).rate
        Fraction(1, 1)
    """
    own = {channel: frozenset(map(NodeId, nodes)) for channel, nodes in homes.items()}
    units: dict[str, int] = {}
    crossed: dict[str, int] = {}
    for channel, plan in plans:
        nodes = own.get(channel, frozenset())
        for take in plan.takes:
            units[channel] = units.get(channel, 0) + take.quantity
            if take.node not in nodes:
                crossed[channel] = crossed.get(channel, 0) + take.quantity
    return TransferRate(units=units, crossed=crossed)

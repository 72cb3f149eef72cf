"""A way on which stock can be moved before anybody orders it."""

from __future__ import annotations

import attrs

from ordercore.kernel import Money, NodeId, checked, problems

__all__ = ["TransferLane"]


@attrs.frozen(kw_only=True)
@checked
class TransferLane:
    """Units can be moved from one node to another, at a cost per unit.

    Raises:
        InvalidBatch: ``lane.same_node``, ``lane.negative``; all at once.

    Example:
        >>> lane = TransferLane(
        ...     source="central", target="front-1", cost_per_unit=Money.of("0.80", "CNY")
        ... )
        >>> str(lane.cost_per_unit)
        'CNY 0.80'
    """

    source: NodeId = attrs.field(converter=NodeId)
    target: NodeId = attrs.field(converter=NodeId)
    cost_per_unit: Money

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if self.source == self.target:
            faults.add("lane.same_node", "target", self.target, "another node than the source")
        if self.cost_per_unit.minor < 0:
            faults.add("lane.negative", "cost_per_unit", self.cost_per_unit, "an amount ≥ 0")
        faults.raise_if_any("transfer lane")

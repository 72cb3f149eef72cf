"""The answer of rebalancing: what is moved, what that earns on average, and why no more."""

from __future__ import annotations

from fractions import Fraction

import attrs

from ordercore.kernel import Money, NodeId, Reason, Sku, checked, total

__all__ = ["Placement", "Transfer", "TransferPlan"]


@attrs.frozen(order=True)
@checked
class Transfer:
    """Units of a SKU to move from one node to another before they are ordered.

    Example:
        >>> Transfer(
        ...     "TEA", source="central", target="front-1", quantity=30, cost=Money(2400, "CNY")
        ... ).quantity
        30
    """

    sku: Sku = attrs.field(converter=Sku)
    source: NodeId = attrs.field(converter=NodeId, kw_only=True)
    target: NodeId = attrs.field(converter=NodeId, kw_only=True)
    quantity: int = attrs.field(kw_only=True)
    cost: Money = attrs.field(kw_only=True, order=False)


@attrs.frozen
@checked
class Placement:
    """What a node has of a SKU before and after the transfers, and why it gets no more.

    ``next_gain_minor`` is what one unit more would earn on average after all that bringing it
    costs, in minor units; None where none could be brought. ``reason`` says what keeps it away:
    ``rebalance.not_worth`` (``earns`` here less than it ``costs`` to bring and to miss elsewhere),
    ``rebalance.no_source`` (no node with units has a lane to here), ``rebalance.no_room``. The
    amounts in its facts are rounded.

    Example:
        >>> Placement(
        ...     "TEA", node="front-1", before=0, after=5, reason=Reason("rebalance.no_source")
        ... ).after
        5
    """

    sku: Sku = attrs.field(converter=Sku)
    node: NodeId = attrs.field(converter=NodeId, kw_only=True)
    before: int = attrs.field(kw_only=True)
    after: int = attrs.field(kw_only=True)
    next_gain_minor: Fraction | None = attrs.field(default=None, kw_only=True)
    reason: Reason = attrs.field(kw_only=True)


@attrs.frozen(kw_only=True)
@checked
class TransferPlan:
    """Transfers that earn the most on average, of all that stock, lanes and rooms allow.

    ``expected_gain_minor`` is exact: what the placed units earn on average more than where they
    stood, less the cost of the transfers, in minor units of ``currency``. It is never below zero.
    Transfers are sorted by SKU, source and target; placements by SKU and node.

    Example:
        >>> plan = TransferPlan(
        ...     transfers=(), placements=(), expected_gain_minor=Fraction(), currency="CNY"
        ... )
        >>> str(plan.cost), plan.quantity
        ('CNY 0.00', 0)
    """

    transfers: tuple[Transfer, ...]
    placements: tuple[Placement, ...]
    expected_gain_minor: Fraction
    currency: str

    @property
    def cost(self) -> Money:
        """What all transfers cost."""
        return total((transfer.cost for transfer in self.transfers), self.currency)

    @property
    def quantity(self) -> int:
        """The units that are moved."""
        return sum(transfer.quantity for transfer in self.transfers)

    def placement(self, sku: str, node: str) -> Placement | None:
        """What becomes of a SKU at a node; None where nobody asked about it. O(placements)."""
        return next(
            (each for each in self.placements if (each.sku, each.node) == (sku, node)), None
        )

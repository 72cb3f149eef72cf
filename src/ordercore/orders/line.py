"""A line's ledger: how many of its units stand where. Counters only ever move with their units."""

from __future__ import annotations

import attrs

from ordercore.kernel import LineId, Sku, checked, problems
from ordercore.orders.identifiers import (
    as_line_id,
    as_sku,
)
from ordercore.orders.units import ItemFacts, ItemKind

__all__ = ["NO_FACTS", "OrderLine"]

NO_FACTS = ItemFacts()


@attrs.frozen(kw_only=True)
@checked
class OrderLine:
    """Units of one line by what has happened to them; sums since the order was placed.

    The counters obey, at every moment::

        0 ≤ delivered ≤ shipped ≤ packed ≤ picked ≤ reserved ≤ allocated ≤ ordered − cancelled
        0 ≤ returned ≤ return_requested ≤ shipped
        accepted + rejected = returned,   0 ≤ written_off, exchanged ≤ accepted
        0 ≤ transferred ≤ cancelled
        0 ≤ credited ≤ invoiced,   invoiced − credited ≤ ordered

    so that every ordered unit is cancelled, in the backlog, allocated and not shipped, with the
    buyer, or taken back. ``allocated``, ``reserved``, ``picked`` and ``packed`` keep counting a
    unit after it has shipped and stop when it is released or taken back from its node.
    ``transferred`` units went to another order.
    ``accepted`` units are no longer the buyer's: restocked, or ``written_off``.

    Raises:
        InvalidBatch: ``order.units`` with the inequality that does not hold.

    Example:
        >>> line = OrderLine(line_id="1", sku="TEA", ordered=5, cancelled=1, allocated=2)
        >>> line.kept, line.backlog, line.cancellable
        (4, 2, 4)
    """

    line_id: LineId = attrs.field(converter=as_line_id)
    sku: Sku = attrs.field(converter=as_sku)
    ordered: int
    cancelled: int = 0
    allocated: int = 0
    reserved: int = 0
    picked: int = 0
    packed: int = 0
    shipped: int = 0
    delivered: int = 0
    return_requested: int = 0
    returned: int = 0
    accepted: int = 0
    rejected: int = 0
    written_off: int = 0
    exchanged: int = 0
    transferred: int = 0
    invoiced: int = 0
    credited: int = 0
    item: ItemFacts = NO_FACTS

    def __attrs_post_init__(self) -> None:
        if (
            0 <= self.delivered <= self.shipped <= self.packed <= self.picked <= self.reserved
            and self.reserved <= self.allocated
            and self.allocated <= self.ordered - self.cancelled
            and 0 <= self.returned <= self.return_requested <= self.shipped
            and 0 <= self.written_off <= self.accepted
            and 0 <= self.exchanged <= self.accepted
            and self.rejected >= 0
            and self.accepted + self.rejected == self.returned
            and 0 <= self.transferred <= self.cancelled
            and 0 <= self.credited <= self.invoiced <= self.ordered + self.credited
        ):
            return
        faults = problems()
        for holds, expected in (
            (self.cancelled >= 0, "cancelled ≥ 0"),
            (0 <= self.transferred <= max(0, self.cancelled), "0 ≤ transferred ≤ cancelled"),
            (self.allocated <= self.ordered - self.cancelled, "allocated ≤ ordered − cancelled"),
            (self.reserved <= self.allocated, "reserved ≤ allocated"),
            (self.picked <= self.reserved, "picked ≤ reserved"),
            (self.packed <= self.picked, "packed ≤ picked"),
            (self.shipped <= self.packed, "shipped ≤ packed"),
            (0 <= self.delivered <= self.shipped, "0 ≤ delivered ≤ shipped"),
            (self.return_requested <= self.shipped, "return requested ≤ shipped"),
            (0 <= self.returned <= self.return_requested, "0 ≤ returned ≤ return requested"),
            (self.accepted + self.rejected == self.returned, "accepted + rejected = returned"),
            (self.rejected >= 0, "rejected ≥ 0"),
            (0 <= self.written_off <= self.accepted, "0 ≤ written off ≤ accepted"),
            (0 <= self.exchanged <= self.accepted, "0 ≤ exchanged ≤ accepted"),
            (0 <= self.credited <= self.invoiced, "0 ≤ credited ≤ invoiced"),
            (self.billed <= self.ordered, "invoiced − credited ≤ ordered"),
        ):
            if not holds:
                faults.add("order.units", f"lines[{self.line_id}]", self._shown(), expected)
        faults.raise_if_any("order line")

    def _shown(self) -> str:
        return (
            f"{self.ordered} ordered, {self.cancelled} cancelled, {self.allocated} allocated, "
            f"{self.reserved} reserved, {self.picked} picked, {self.packed} packed, "
            f"{self.shipped} shipped, {self.delivered} delivered, "
            f"{self.return_requested}/{self.returned} return requested/returned"
        )

    @property
    def billed(self) -> int:
        """Units that were invoiced and not credited."""
        return self.invoiced - self.credited

    @property
    def kept(self) -> int:
        """Units that the buyer is to pay for: ordered, not cancelled and not taken back."""
        return self.ordered - self.cancelled - self.accepted

    @property
    def backlog(self) -> int:
        """Units that no node has been chosen for."""
        return self.ordered - self.cancelled - self.allocated

    @property
    def backordered(self) -> int:
        """Goods that no node has been chosen for; what needs no stock waits for nothing."""
        return self.backlog if self.item.kind is ItemKind.GOODS else 0

    @property
    def unreserved(self) -> int:
        """Units still in the order for which no stock is held."""
        return self.ordered - self.cancelled - self.reserved

    @property
    def cancellable(self) -> int:
        """Units that have not left."""
        return self.ordered - self.cancelled - self.shipped

    @property
    def shippable(self) -> int:
        """Units with stock held that have not left."""
        return self.reserved - self.shipped

    @property
    def returnable(self) -> int:
        """Units that left and that no return asks back."""
        return self.shipped - self.return_requested

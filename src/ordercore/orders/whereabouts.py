"""Where units stand and travel: allocations, shipments, returns."""

from __future__ import annotations

import attrs

from ordercore.kernel import (
    AllocationId,
    Instant,
    LineId,
    NodeId,
    ReturnId,
    ServiceId,
    ShipmentId,
    checked,
    instant_at,
    problems,
)
from ordercore.orders.flow_stage import FlowStage
from ordercore.orders.identifiers import (
    as_allocation_id,
    as_line_id,
    as_node_id,
    as_optional_service_id,
)
from ordercore.orders.units import Quantities, quantities

__all__ = ["Allocation", "ReturnCase", "ReturnedLine", "Shipment", "ShippedLine"]


def _shipped_at(given: Instant | str | None) -> Instant | None:
    return None if given is None else instant_at(given, "shipped_at")


@attrs.frozen(kw_only=True)
@checked
class Allocation:
    """Units of a line at a node: ``shipped ≤ packed ≤ picked ≤ planned ≤ reserved ≤ quantity``.

    ``planned`` units stand in a fulfilment order, or left in one.

    Raises:
        InvalidBatch: ``order.allocation``.

    Example:
        >>> at = Allocation(allocation_id="a", line_id="1", node="n", quantity=3, reserved=2)
        >>> at.unreserved, at.open, at.free, at.shippable
        (1, 3, 3, 2)
    """

    allocation_id: AllocationId = attrs.field(converter=as_allocation_id)
    line_id: LineId = attrs.field(converter=as_line_id)
    node: NodeId = attrs.field(converter=as_node_id)
    service: ServiceId | None = attrs.field(default=None, converter=as_optional_service_id)
    quantity: int
    reserved: int = 0
    planned: int = 0
    picked: int = 0
    packed: int = 0
    shipped: int = 0

    def __attrs_post_init__(self) -> None:
        if 0 <= self.shipped <= self.packed <= self.picked <= self.planned <= self.reserved and (
            self.reserved <= self.quantity
        ):
            return
        faults = problems()
        shown = (
            f"{self.quantity} allocated, {self.reserved} reserved, {self.planned} planned, "
            f"{self.picked} picked, {self.packed} packed, {self.shipped} shipped"
        )
        expected = "shipped ≤ packed ≤ picked ≤ planned ≤ reserved ≤ quantity"
        faults.add("order.allocation", self.allocation_id, shown, expected)
        faults.raise_if_any("allocation")

    @property
    def unreserved(self) -> int:
        """Units planned here for which no stock is held."""
        return self.quantity - self.reserved

    @property
    def open(self) -> int:
        """Units that have not left."""
        return self.quantity - self.shipped

    @property
    def free(self) -> int:
        """Units that have not left and stand in no fulfilment order."""
        return self.quantity - self.planned

    @property
    def shippable(self) -> int:
        """Units with stock held that have not left and stand in no fulfilment order."""
        return self.reserved - self.planned


@attrs.frozen(kw_only=True)
@checked
class ShippedLine:
    """Units of a line in a shipment: ``delivered ≤ quantity``.

    Raises:
        InvalidBatch: ``order.shipment``.
    """

    line_id: LineId = attrs.field(converter=as_line_id)
    quantity: int
    delivered: int = 0

    def __attrs_post_init__(self) -> None:
        if 0 <= self.delivered <= self.quantity:
            return
        faults = problems()
        faults.add("order.shipment", self.line_id, self.delivered, f"0 to {self.quantity}")
        faults.raise_if_any("shipped line")

    @property
    def under_way(self) -> int:
        """Units that have not been reported delivered."""
        return self.quantity - self.delivered


@attrs.frozen(kw_only=True)
@checked
class Shipment:
    """What left a node together.

    Example:
        >>> line = ShippedLine(line_id="1", quantity=2, delivered=2)
        >>> Shipment(shipment_id="s-1", node="n", lines=(line,), shipped_at=None).delivered
        True
    """

    shipment_id: ShipmentId = attrs.field(converter=ShipmentId)
    node: NodeId = attrs.field(converter=as_node_id)
    service: ServiceId | None = attrs.field(default=None, converter=as_optional_service_id)
    lines: tuple[ShippedLine, ...]
    shipped_at: Instant | None = attrs.field(converter=_shipped_at)

    @property
    def delivered(self) -> bool:
        """Whether all of it arrived."""
        return all(not line.under_way for line in self.lines)


@attrs.frozen(kw_only=True)
@checked
class ReturnedLine:
    """Units of a line in a return: ``accepted + rejected ≤ requested``.

    Raises:
        InvalidBatch: ``order.return``.
    """

    line_id: LineId = attrs.field(converter=as_line_id)
    requested: int
    accepted: int = 0
    rejected: int = 0

    def __attrs_post_init__(self) -> None:
        if self.accepted >= 0 and self.rejected >= 0 and self.expected >= 0:
            return
        faults = problems()
        shown = f"{self.accepted} accepted, {self.rejected} rejected"
        faults.add("order.return", self.line_id, shown, f"0 to {self.requested} together")
        faults.raise_if_any("returned line")

    @property
    def expected(self) -> int:
        """Units that have not come back yet."""
        return self.requested - self.accepted - self.rejected


@attrs.frozen(kw_only=True)
@checked
class ReturnCase:
    """A return authorisation (RMA), where it stands on its flow, and what came of it.

    Example:
        >>> from ordercore.orders import RETURN
        >>> line = ReturnedLine(line_id="1", requested=2, accepted=1)
        >>> at = FlowStage.of(RETURN.pin, "expected", "return_requested", at="2026-11-11T00:00Z")
        >>> ReturnCase(return_id="r-1", lines=(line,), at=at).open
        True
    """

    return_id: ReturnId = attrs.field(converter=ReturnId)
    lines: tuple[ReturnedLine, ...]
    at: FlowStage

    @property
    def open(self) -> bool:
        """Whether units are still expected."""
        return any(line.expected for line in self.lines)

    @property
    def quantities(self) -> Quantities:
        """Units by line that were asked back."""
        return quantities({line.line_id: line.requested for line in self.lines})

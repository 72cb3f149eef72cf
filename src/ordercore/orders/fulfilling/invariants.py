"""The laws of what goes by flows: every unit in one is a unit of the order, where it says."""

from __future__ import annotations

from ordercore.kernel import AllocationId, Invariant, LineId, Violation
from ordercore.orders.fulfilling.fulfilment_order import position_rank
from ordercore.orders.order import Order

__all__ = ["FULFILMENT_INVARIANTS"]

_PACKED = position_rank("packed")


def _allocated(order: Order) -> Violation | None:
    sums: dict[AllocationId, list[int]] = {
        known.allocation_id: [0, 0, 0] for known in order.allocations
    }
    for fulfilment in order.fulfilments:
        packed = (
            position_rank(fulfilment.counts_as) >= _PACKED or fulfilment.shipment_id is not None
        )
        for part in fulfilment.units:
            count = sums.setdefault(part.allocation_id, [0, 0, 0])
            count[0] += part.quantity
            count[1] += part.picked
            count[2] += part.quantity if packed else 0
    for known in order.allocations:
        if sums[known.allocation_id] != [known.planned, known.picked, known.packed]:
            return Violation(
                "INV-ORDER-30",
                {"allocation": str(known.allocation_id), "sums": str(sums[known.allocation_id])},
            )
    return None


def _lines(order: Order) -> Violation | None:
    sums: dict[LineId, list[int]] = {line.line_id: [0, 0] for line in order.lines}
    for known in order.allocations:
        sums[known.line_id][0] += known.picked
        sums[known.line_id][1] += known.packed
    for line in order.lines:
        if sums[line.line_id] != [line.picked, line.packed]:
            return Violation(
                "INV-ORDER-31", {"line": str(line.line_id), "sums": str(sums[line.line_id])}
            )
    return None


def _shipments(order: Order) -> Violation | None:
    homes = {known.shipment_id: known for known in order.fulfilments if known.shipment_id}
    for shipment in order.shipments:
        home = homes.pop(shipment.shipment_id, None)
        if home is None or {line.line_id: line.quantity for line in shipment.lines} != home.lines:
            return Violation("INV-ORDER-32", {"shipment": str(shipment.shipment_id)})
    strangers = [str(known.fulfilment_id) for known in homes.values() if not known.open]
    if strangers:
        return Violation("INV-ORDER-32", {"fulfilment": strangers[0]})
    return None


def _returns(order: Order) -> Violation | None:
    for case in order.returns:
        if case.open != (case.at.counts_as == "return_requested") or (case.open and case.at.ended):
            return Violation(
                "INV-ORDER-33", {"return": str(case.return_id), "stage": case.at.stage}
            )
    return None


FULFILMENT_INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-ORDER-30",
        "an order",
        "Its fulfilment orders add up to the units planned, picked and packed of each allocation.",
        _allocated,
    ),
    Invariant(
        "INV-ORDER-31",
        "an order",
        "Its allocations add up to the units picked and packed of each line.",
        _lines,
    ),
    Invariant(
        "INV-ORDER-32",
        "an order",
        "Every shipment left out of one fulfilment order, with its units and no others.",
        _shipments,
    ),
    Invariant(
        "INV-ORDER-33",
        "an order",
        "A return stands where units are asked back while it expects some, and not afterwards.",
        _returns,
    ),
)

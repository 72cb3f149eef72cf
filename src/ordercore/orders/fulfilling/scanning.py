"""What carriers report: a shipment goes on, whatever was reported before or never."""

from __future__ import annotations

from ordercore.orders.commands import RecordDelivery
from ordercore.orders.draft import Draft
from ordercore.orders.fulfilling.choosing import known_flow
from ordercore.orders.fulfilling.commands import RecordScan, ScanKind
from ordercore.orders.fulfilling.events import FulfilmentMoved, ShipmentScanned
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentOrder
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.statemachine import Machine, Transition

__all__ = ["arrive", "scan"]

_COMMANDS = {
    ScanKind.DEPARTED: "depart",
    ScanKind.OUT_FOR_DELIVERY: "go_out",
    ScanKind.FAILED: "fail",
    ScanKind.RETURNING: "turn_back",
    ScanKind.RETURNED: "take_back",
    ScanKind.LOST: "lose",
}
_TOPICS = {
    ScanKind.OUT_FOR_DELIVERY: "shipment.out_for_delivery",
    ScanKind.FAILED: "shipment.failed",
    ScanKind.RETURNED: "shipment.returned",
    ScanKind.LOST: "shipment.lost",
}


def _way(machine: Machine, stage: str, command: str) -> tuple[Transition, ...] | None:
    """The shortest way on from a stage that ends with the command; None when there is none."""
    ways: list[tuple[Transition, ...]] = []
    for edge in machine.transitions:
        if edge.command == command:
            before = machine.path_to(edge.source, stage)
            if before is not None:
                ways.append((*before, edge))
    return min(ways, key=len, default=None)


def _go(draft: Draft, order: Order, known: FulfilmentOrder, machine: Machine, command: str) -> bool:
    """Follow the flow to where the report says the units are; False when no way leads there.

    Stages that nobody reported are named. One whose evidence was never given is a clash: the units
    went through a gate that nobody opened.
    """
    way = _way(machine, known.stage, command)
    if way is None:
        return False
    target = machine.state(way[-1].target)
    draft.events.append(
        FulfilmentMoved(
            order_id=order.order_id,
            cause=draft.cause,
            fulfilment_id=known.fulfilment_id,
            command=command,
            source=known.stage,
            target=target.id,
            counts_as=target.counts_as,
            ended=target.terminal,
            skipped=tuple(edge.target for edge in way[:-1]),
        )
    )
    asked = sorted({name for edge in way for name in edge.guards})
    if asked:
        draft.clash(
            "scan.gate_skipped",
            {"fulfilment": str(known.fulfilment_id), "evidence": ", ".join(asked)},
        )
    return True


def scan(draft: Draft, order: Order, fact: RecordScan, rules: OrderRules) -> None:
    """The carrier's word moves the stage where the flow has a way; otherwise it is kept.

    A report from before the stage began is late and changes nothing; one that no way explains is a
    clash.
    """
    known = order.fulfilment_of(fact.shipment_id)
    if known is None:
        draft.clash("shipment.unknown", {"shipment": str(fact.shipment_id)})
        return
    draft.events.append(
        ShipmentScanned(
            order_id=order.order_id,
            cause=draft.cause,
            shipment_id=fact.shipment_id,
            fulfilment_id=known.fulfilment_id,
            kind=fact.kind,
            place=fact.place,
            occurred_at=fact.occurred_at,
        )
    )
    if fact.kind is ScanKind.SEEN:
        return
    machine = known_flow(known.flow, rules)
    facts: dict[str, str | int] = {
        "shipment": str(fact.shipment_id),
        "scan": fact.kind.value,
        "stage": known.stage,
    }
    if machine is None:
        draft.clash("flow.unknown", facts)
        return
    if fact.occurred_at is not None and fact.occurred_at < known.since:
        return
    if not _go(draft, order, known, machine, _COMMANDS[fact.kind]):
        draft.clash("scan.unexpected", facts)
    elif fact.kind in _TOPICS:
        draft.notify(_TOPICS[fact.kind])


def arrive(draft: Draft, order: Order, fact: RecordDelivery, rules: OrderRules) -> None:
    """The last unit of a shipment reached the buyer: so did its fulfilment order."""
    known = order.fulfilment_of(fact.shipment_id)
    machine = None if known is None else known_flow(known.flow, rules)
    if known is None or machine is None or known.counts_as == "delivered":
        return
    if not _go(draft, order, known, machine, "deliver"):
        draft.clash("delivery.after_end", {"shipment": str(fact.shipment_id), "stage": known.stage})

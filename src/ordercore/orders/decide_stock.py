"""Where units come from: allocating, reserving, releasing and shipping them."""

from __future__ import annotations

from ordercore.kernel import AllocationId, Context, FactValue, LineId, Reason, ServiceId
from ordercore.orders.absent import more_units, unknown_line
from ordercore.orders.commands import (
    AllocateUnits,
    Instruction,
    ReleaseUnits,
    ReserveStock,
    ShipUnits,
)
from ordercore.orders.control.blocking import edge_guards
from ordercore.orders.decide_header import payment_gate
from ordercore.orders.draft import (
    Draft,
    OrderDecision,
    blocking,
    refused,
    remedy_id,
    stage_reason,
)
from ordercore.orders.effects import AdjustStock, ReleaseStock
from ordercore.orders.events import (
    AssignedUnits,
    ReleasedUnits,
    ShippedFrom,
    UnitsAllocated,
    UnitsReleased,
    UnitsReserved,
    UnitsShipped,
)
from ordercore.orders.fulfilling.choosing import choose_flow
from ordercore.orders.fulfilling.commands import PlanFulfilment
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentMode, position_rank
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.units import Assignment, ItemKind
from ordercore.orders.whereabouts import Allocation
from ordercore.statemachine import Machine, Transition

__all__ = [
    "allocate",
    "missing_at",
    "release",
    "release_units",
    "reserve",
    "ship",
]

_SHIPPED = position_rank("shipped")


def _assigned(unit: Assignment, allocation_id: AllocationId) -> AssignedUnits:
    return AssignedUnits(
        allocation_id=allocation_id,
        line_id=unit.line_id,
        node=unit.node,
        service=unit.service,
        quantity=unit.quantity,
    )


def _new_units(
    order: Order, units: tuple[tuple[AllocationId, Assignment], ...]
) -> tuple[list[AssignedUnits], list[Reason]]:
    """The assignments as allocations to come, and what of them does not fit the backlog."""
    backlog = {line.line_id: line.backlog for line in order.lines}
    asked: dict[LineId, int] = {}
    taken: set[AllocationId] = {known.allocation_id for known in order.allocations}
    reasons: list[Reason] = []
    for allocation_id, unit in units:
        if unit.line_id not in backlog:
            reasons.append(unknown_line(order, unit.line_id))
        if allocation_id in taken:
            reasons.append(_id_taken(order, allocation_id))
        taken.add(allocation_id)
        asked[unit.line_id] = asked.get(unit.line_id, 0) + unit.quantity
    for line_id, wanted in asked.items():
        possible = backlog.get(line_id, wanted)
        if wanted > possible:
            reasons.append(_too_many(order, line_id, wanted, possible))
    return [_assigned(unit, allocation_id) for allocation_id, unit in units], reasons


def _given_back(known: Allocation) -> str | None:
    """What makes way for other units under the id of an allocation; None once some have left."""
    return None if known.shipped else "the allocation released, which frees its id"


def _id_taken(order: Order, allocation_id: AllocationId) -> Reason:
    """An id twice in one command stays so; one of an allocation is free again with its units."""
    known = next((at for at in order.allocations if at.allocation_id == allocation_id), None)
    obtain = None if known is None else _given_back(known)
    return Reason(
        "allocation.exists",
        facts={"allocation": str(allocation_id)},
        obtain=obtain,
        final=obtain is None,
    )


def _too_many(order: Order, line_id: LineId, asked: int, possible: int) -> Reason:
    """Units are in the backlog, at a node from which they can be taken back, or still to order."""
    if possible:
        obtain = f"a plan of at most {possible} units"
    elif any(known.open for known in order.allocations if known.line_id == line_id):
        obtain = "units released from their node"
    else:
        obtain = more_units()
    return Reason(
        "allocate.too_many",
        facts={"line": str(line_id), "asked": asked, "possible": possible},
        obtain=obtain,
    )


def _named(command: AllocateUnits | ReserveStock) -> tuple[tuple[AllocationId, Assignment], ...]:
    return tuple(
        (unit.allocation_id, unit) for unit in command.numbered() if unit.allocation_id is not None
    )


def allocate(order: Order, command: AllocateUnits, context: Context) -> OrderDecision:
    """Backlog units are assigned to nodes."""
    units, misfits = _new_units(order, _named(command))
    reasons = blocking(stage_reason(order, command), misfits)
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    draft.events.append(
        UnitsAllocated(order_id=order.order_id, cause=draft.cause, units=tuple(units))
    )
    return draft.decision()


def reserve(order: Order, command: ReserveStock, context: Context) -> OrderDecision:
    """Stock is held for units; those that no node was chosen for are allocated on the way."""
    planned = {known.allocation_id: known for known in order.allocations}
    found: list[Reason]
    if command.allocations:
        units = _named(command)
        new, found = _new_units(order, tuple(u for u in units if u[0] not in planned))
        held = [
            _assigned(unit, allocation_id)
            for allocation_id, unit in units
            if allocation_id in planned
        ]
        found.extend(_misfits(held, planned))
    else:
        new = []
        held = [
            AssignedUnits(
                allocation_id=known.allocation_id,
                line_id=known.line_id,
                node=known.node,
                service=known.service,
                quantity=known.unreserved,
            )
            for known in order.allocations
            if known.unreserved
        ]
        found = [] if held else [_nothing_planned(order)]
    reasons = blocking(stage_reason(order, command), found)
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    if new:
        draft.events.append(
            UnitsAllocated(order_id=order.order_id, cause=draft.cause, units=tuple(new))
        )
    draft.events.append(
        UnitsReserved(order_id=order.order_id, cause=draft.cause, units=(*new, *held))
    )
    return draft.decision()


def _nothing_planned(order: Order) -> Reason:
    unplanned = sum(line.backlog for line in order.lines)
    if unplanned:
        obtain = "an allocation plan of the order's demand"
    elif any(known.open for known in order.allocations):
        obtain = "units released from their node, and planned anew"
    else:
        obtain = more_units("units")
    return Reason("reserve.nothing_planned", facts={"unplanned": unplanned}, obtain=obtain)


def _misfits(held: list[AssignedUnits], planned: dict[AllocationId, Allocation]) -> list[Reason]:
    reasons = []
    left = {allocation_id: known.unreserved for allocation_id, known in planned.items()}
    for units in held:
        known = planned[units.allocation_id]
        fits = known.line_id == units.line_id and known.node == units.node
        left[units.allocation_id] -= units.quantity
        obtain = _given_back(known)
        if not fits:
            reasons.append(
                Reason(
                    "allocation.differs",
                    facts={
                        "allocation": str(units.allocation_id),
                        "line": str(known.line_id),
                        "node": str(known.node),
                    },
                    obtain=obtain,
                    final=obtain is None,
                )
            )
        elif left[units.allocation_id] < 0:
            if known.unreserved:
                obtain = f"at most {known.unreserved} units"
            reasons.append(
                Reason(
                    "reserve.too_many",
                    facts={
                        "allocation": str(units.allocation_id),
                        "asked": units.quantity,
                        "possible": known.unreserved,
                    },
                    obtain=obtain,
                    final=obtain is None,
                )
            )
    return reasons


def release_units(
    draft: Draft, order: Order, units: list[tuple[Allocation, int]], *, short: bool = False
) -> None:
    """Take units off allocations, those without stock first, and ask for the stock back.

    Units that are ``short`` had stock held that is not there: the count is corrected as well. What
    needs no stock was assigned by planning it, and no stock is asked for.
    """
    skus = {line.line_id: line.sku for line in order.lines}
    unstocked = {line.line_id for line in order.lines if line.item.kind is not ItemKind.GOODS}
    released = tuple(
        ReleasedUnits(
            allocation_id=known.allocation_id,
            line_id=known.line_id,
            sku=skus[known.line_id],
            node=known.node,
            quantity=quantity,
            reserved=quantity if short else max(0, quantity - known.unreserved),
            short=quantity if short else 0,
        )
        for known, quantity in units
    )
    draft.events.append(UnitsReleased(order_id=order.order_id, cause=draft.cause, units=released))
    for (known, _), given_back in zip(units, released, strict=True):
        if known.planned and known.line_id in unstocked:
            continue
        if given_back.reserved:
            draft.effects.append(
                ReleaseStock(
                    effect_id=draft.effect_id(),
                    order_id=order.order_id,
                    allocation_id=given_back.allocation_id,
                    sku=given_back.sku,
                    node=given_back.node,
                    quantity=given_back.reserved,
                )
            )
        if given_back.short:
            draft.effects.append(
                AdjustStock(
                    effect_id=draft.effect_id(),
                    order_id=order.order_id,
                    sku=given_back.sku,
                    node=given_back.node,
                    change=-given_back.short,
                )
            )


def release(order: Order, command: ReleaseUnits, context: Context) -> OrderDecision:
    """The units of allocations that stand in no fulfilment order go back to the backlog."""
    planned = {known.allocation_id: known for known in order.allocations}
    found = []
    units: list[tuple[Allocation, int]] = []
    for allocation_id in sorted(set(command.allocations)):
        known = planned.get(allocation_id)
        facts = {"allocation": str(allocation_id)}
        if known is None:
            found.append(
                Reason("allocation.unknown", facts=facts, obtain="units allocated under this id")
            )
        elif not known.open:
            found.append(Reason("allocation.shipped", facts=facts, final=True))
        elif not known.free:
            found.append(
                Reason(
                    "allocation.in_fulfilment",
                    facts={"allocation": str(allocation_id), "units": known.open},
                    obtain="its fulfilment orders cancelled",
                )
            )
        else:
            units.append((known, known.free))
    reasons = blocking(stage_reason(order, command), found)
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    release_units(draft, order, units)
    return draft.decision()


def _unreserved_at(order: Order, command: ShipUnits, line_id: LineId, possible: int) -> Reason:
    """What would help: ship fewer, or hold stock for more at that node."""
    wanted = command.lines[line_id]
    here = sum(
        known.unreserved
        for known in order.allocations
        if known.line_id == line_id and known.node == command.node
    )
    needed = wanted - possible
    line = order.line(line_id)
    facts: dict[str, FactValue] = {
        "line": str(line_id),
        "node": str(command.node),
        "asked": wanted,
        "possible": possible,
    }
    remedy: Instruction | None = None
    if needed <= here + line.backlog:
        remedy = ReserveStock(
            order.order_id,
            command_id=remedy_id(order, command, f"reserve-{line_id}"),
            allocations=missing_at(order, command, line_id, needed),
        )
    obtain: str | None = None
    if remedy is None and line.cancellable:
        at_most = min(wanted, line.cancellable)
        obtain = f"at most {at_most} units of the line, all of them released to the node"
    elif remedy is None:
        obtain = more_units()
    return Reason("ship.not_reserved", facts=facts, remedy=remedy, obtain=obtain)


def missing_at(
    order: Order, command: ShipUnits | PlanFulfilment, line_id: LineId, needed: int
) -> tuple[Assignment, ...]:
    """Units at a command's node for which stock is to be held: allocated there first, then new."""
    found: list[Assignment] = []
    for known in order.allocations:
        take = min(needed, known.unreserved)
        if known.line_id == line_id and known.node == command.node and take:
            found.append(
                Assignment(
                    line_id,
                    take,
                    node=known.node,
                    service=known.service,
                    allocation_id=known.allocation_id,
                )
            )
            needed -= take
    if needed:
        found.append(Assignment(line_id, needed, node=command.node, service=command.service))
    return tuple(found)


def _leaving(machine: Machine) -> tuple[Transition, tuple[str, ...]]:
    """The edge by which units of a flow leave their node, and what is asked for on the way there.

    Most often that is the hand-over; in a flow that adds stages behind it, the edge out of the last
    of them, and the guards of all of these.
    """
    edge = machine.nearest("hand_over")
    assert edge is not None
    if _leaves(machine, edge):
        return edge, edge.guards
    ways = [
        (*before, last)
        for last in machine.transitions
        if _leaves(machine, last)
        and (before := machine.path_to(last.source, edge.source)) is not None
    ]
    way = min(ways or [(edge,)], key=len)
    return way[-1], tuple(sorted({name for step in way for name in step.guards}))


def _leaves(machine: Machine, edge: Transition) -> bool:
    return (
        position_rank(machine.state(edge.source).counts_as)
        < _SHIPPED
        <= position_rank(machine.state(edge.target).counts_as)
    )


def _closed_gates(
    order: Order, command: ShipUnits, context: Context, rules: OrderRules, needs: tuple[str, ...]
) -> list[Reason]:
    if not needs:
        return []
    guards = edge_guards(order, needs, command.shipment_id, rules, context, command)
    return [held for held in guards.values() if isinstance(held, Reason)]


def ship(order: Order, command: ShipUnits, context: Context, rules: OrderRules) -> OrderDecision:
    """Reserved units leave a node; taken from its allocations in the order they were made."""
    found: list[Reason] = []
    machine = choose_flow(order, FulfilmentMode.SHIP, rules)
    edge, needs = _leaving(machine)
    if order.shipment(command.shipment_id) is not None or order.fulfilment(command.shipment_id):
        found.append(
            Reason("shipment.exists", facts={"shipment": str(command.shipment_id)}, final=True)
        )
    here: dict[LineId, list[Allocation]] = {line.line_id: [] for line in order.lines}
    for known in order.allocations:
        if known.node == command.node:
            here[known.line_id].append(known)
    service: ServiceId | None = command.service
    units: list[ShippedFrom] = []
    for line_id, wanted in command.lines.items():
        if line_id not in here:
            found.append(unknown_line(order, line_id))
            continue
        missing = wanted
        for known in here[line_id]:
            take = min(missing, known.shippable)
            if take:
                units.append(
                    ShippedFrom(allocation_id=known.allocation_id, line_id=line_id, quantity=take)
                )
                missing -= take
                service = service or known.service
        if missing:
            found.append(_unreserved_at(order, command, line_id, wanted - missing))
    found.extend(_closed_gates(order, command, context, rules, needs))
    if (unpaid := payment_gate(order, command.verb)) is not None:
        found.append(unpaid)
    reasons = blocking(stage_reason(order, command), found)
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    draft.events.append(
        UnitsShipped(
            order_id=order.order_id,
            cause=draft.cause,
            shipment_id=command.shipment_id,
            node=command.node,
            service=service,
            units=tuple(units),
            flow=machine.pin,
            stage=edge.target,
            counts_as=machine.state(edge.target).counts_as,
        )
    )
    draft.notify("order.shipped")
    return draft.decision()

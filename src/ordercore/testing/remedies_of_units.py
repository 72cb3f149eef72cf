"""What a host brings for units: plans, stock, shipments, scans, returns, work at a node."""

from __future__ import annotations

import re

import attrs

from ordercore.kernel import LineId, Reason
from ordercore.orders import (
    AllocateUnits,
    Assignment,
    CancelFulfilment,
    CompleteStage,
    ConfirmPick,
    FlowStage,
    FulfilmentMode,
    FulfilmentOrder,
    HandOver,
    ItemKind,
    MigrateFlow,
    Order,
    OrderMessage,
    PackFulfilment,
    PlanFulfilment,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    ReleaseUnits,
    RequestReturn,
    ReserveStock,
    ReturnCase,
    SetAppointment,
    ShipUnits,
)
from ordercore.testing.order_hosts import (
    KINDS,
    Brings,
    Brought,
    Host,
    id_for,
    more_of,
    number,
    plan_of,
)
from ordercore.testing.remedies import Obtained

__all__ = ["OF_UNITS", "shipped"]

_BRACKETS = re.compile(r"\[([^\]]*)\]")


def _line(reason: Reason) -> str:
    return str(reason.facts["line"])


def _recall(order: Order, known: FulfilmentOrder) -> CancelFulfilment:
    return CancelFulfilment(
        order.order_id,
        command_id=id_for(order, f"recall-{known.fulfilment_id}"),
        fulfilment_id=known.fulfilment_id,
    )


def _release(order: Order, line_id: str | None = None, *, but_at: str = "") -> Brought:
    """Units of a line, or of all, back from the nodes that nobody works on them at."""
    known = [
        at.allocation_id
        for at in order.allocations
        if at.free and line_id in {None, at.line_id} and at.node != but_at
    ]
    if known:
        return Obtained(
            [ReleaseUnits(order.order_id, command_id=id_for(order, "free"), allocations=known)]
        )
    busy = [
        fulfilment
        for fulfilment in order.fulfilments
        if fulfilment.open
        and fulfilment.node != but_at
        and (line_id is None or fulfilment.lines.get(LineId(line_id)))
    ]
    return Obtained([_recall(order, busy[0])]) if busy else None


def _planned(host: Host, order: Order, _command: OrderMessage, _reason: Reason) -> Brought:
    plan = [
        Assignment(line.line_id, line.backlog, node=host.node)
        for line in order.lines
        if line.backlog
    ]
    if plan:
        return Obtained(
            [AllocateUnits(order.order_id, command_id=id_for(order, "plan"), allocations=plan)]
        )
    return _release(order) or more_of(order, order.lines[0].line_id, 1)


def _flow_fits(host: Host, order: Order, command: OrderMessage, reason: Reason) -> Brought:
    """For each stage that has no place in the new flow, one in which units count as they do now."""
    assert isinstance(command, MigrateFlow)
    new = host.flow(command.to)
    findings = reason.facts["findings"]
    assert new is not None
    assert isinstance(findings, tuple)
    named = sorted({stage for told in findings for stage in _BRACKETS.findall(str(told))})
    stages: dict[str, str] = dict(command.stages)
    standing: list[FulfilmentOrder | FlowStage] = [
        *order.fulfilments,
        *(case.at for case in order.returns),
    ]
    for known in standing:
        if known.ended or known.flow == command.to:
            continue
        old = host.flow(known.flow)
        # Of a flow that is built in and not shipping, all live stages count as units do now.
        counted = {} if old is None else {state.id: state.counts_as for state in old.states}
        for stage in named:
            counts_as = counted.get(stage, known.counts_as)
            there = [state.id for state in new.states if state.counts_as == counts_as]
            if there:
                stages.setdefault(stage, there[0])
    return Obtained(changed=attrs.evolve(command, stages=stages))


def _on_another_version(host: Host, order: Order, command: OrderMessage, _r: Reason) -> Brought:
    """A fulfilment order or a return more, which begins on the version that is chosen now."""
    assert isinstance(command, MigrateFlow)
    name = id_for(order, "begin")
    if host.is_of_returns(command.to):
        return _asked_back(host, order, name)
    plan = PlanFulfilment(order.order_id, command_id=name, fulfilment_id=name, node=host.node)
    return Obtained([plan])


def _fewer_planned(_host: Host, order: Order, command: OrderMessage, reason: Reason) -> Brought:
    """Another quantity of the line, or its units from where they are, or more of them."""
    assert isinstance(command, AllocateUnits | ReserveStock)
    possible, line_id = number(reason, "possible"), _line(reason)
    if not possible:
        return _release(order, line_id) or more_of(order, line_id, number(reason, "asked"))
    return Obtained(
        changed=attrs.evolve(
            command,
            allocations=[
                attrs.evolve(unit, quantity=min(unit.quantity, possible))
                if unit.line_id == line_id
                else unit
                for unit in command.allocations
            ],
        )
    )


def _given_up(_host: Host, order: Order, _command: OrderMessage, reason: Reason) -> Brought:
    """The units of one allocation go back, so that its id is free and they can be planned anew."""
    named = reason.facts["allocation"]
    known = next(at for at in order.allocations if at.allocation_id == named)
    if known.free:
        free = [known.allocation_id]
        return Obtained(
            [ReleaseUnits(order.order_id, command_id=id_for(order, "free"), allocations=free)]
        )
    return _work_ended(_host, order, _command, reason)


def _work_ended(_host: Host, order: Order, _command: OrderMessage, reason: Reason) -> Brought:
    named = reason.facts["allocation"]
    return Obtained(
        _recall(order, known)
        for known in order.fulfilments
        if known.open and any(part.allocation_id == named for part in known.units)
    )


def _fewer_reserved(host: Host, order: Order, command: OrderMessage, reason: Reason) -> Brought:
    assert isinstance(command, ReserveStock)
    possible = number(reason, "possible")
    if not possible:
        return _given_up(host, order, command, reason)
    return Obtained(
        changed=attrs.evolve(
            command,
            allocations=[
                attrs.evolve(unit, quantity=possible)
                if unit.allocation_id == reason.facts["allocation"]
                else unit
                for unit in command.allocations
            ],
        )
    )


def _allocated(host: Host, order: Order, _command: OrderMessage, reason: Reason) -> Brought:
    """A unit under the id that was named."""
    line = next((line for line in order.lines if line.backlog), order.lines[0])
    name = str(reason.facts["allocation"])
    plan = [Assignment(line.line_id, 1, node=host.node, allocation_id=name)]
    return Obtained(
        [AllocateUnits(order.order_id, command_id=id_for(order, "named"), allocations=plan)]
    )


def _here(_host: Host, order: Order, command: OrderMessage, reason: Reason) -> Brought:
    """As many units as the order has left to ship, all of them from the node that ships."""
    assert isinstance(command, ShipUnits)
    line = order.line(_line(reason))
    asked = number(reason, "asked")
    if not line.cancellable:
        return more_of(order, line.line_id, asked)
    asked = min(asked, line.cancellable)
    changed = attrs.evolve(command, lines={**command.lines, line.line_id: asked})
    if asked <= number(reason, "possible"):
        return Obtained(changed=changed)
    elsewhere = _release(order, line.line_id, but_at=command.node) or _release(order, line.line_id)
    return Obtained(elsewhere.first if elsewhere else (), changed=changed)


def _ordered(_host: Host, order: Order, command: OrderMessage, reason: Reason) -> Brought:
    """The line that a command names, or units of it that have not left."""
    named = reason.facts.get("line")
    line_id = str(named) if named is not None else str(order.lines[0].line_id)
    asked = reason.facts.get("asked", 1)
    kind = ItemKind.GOODS
    if isinstance(command, PlanFulfilment):
        kind = KINDS[command.mode]
    return more_of(order, line_id, asked if type(asked) is int else 1, kind=kind)


# --- leaving and arriving ---


def shipped(host: Host, order: Order) -> Obtained[OrderMessage]:
    """Everything that has not left, from where it is; what is nowhere, from the node."""
    for known in order.fulfilments:
        if known.open:
            return Obtained([_onwards(host, order, known)])
    unstocked = [
        line for line in order.lines if line.backlog and line.item.kind is not ItemKind.GOODS
    ]
    if unstocked:
        mode = next(mode for mode, kind in KINDS.items() if kind is unstocked[0].item.kind)
        name = id_for(order, "issue")
        plan = PlanFulfilment(
            order.order_id, command_id=name, fulfilment_id=name, node=host.node, mode=mode
        )
        return Obtained([plan])
    messages: list[OrderMessage] = []
    plan_here = [
        *plan_of(order, host.node),
        *(
            Assignment(
                known.line_id,
                known.unreserved,
                node=known.node,
                service=known.service,
                allocation_id=known.allocation_id,
            )
            for known in order.allocations
            if known.unreserved
        ),
    ]
    if plan_here:
        reserve = ReserveStock(
            order.order_id, command_id=id_for(order, "reserve"), allocations=plan_here
        )
        messages.append(reserve)
    here: dict[str, dict[str, int]] = {}
    for known_at in order.allocations:
        if known_at.open:
            lines = here.setdefault(known_at.node, {})
            lines[known_at.line_id] = lines.get(known_at.line_id, 0) + known_at.open
    for unit in plan_of(order, host.node):
        lines = here.setdefault(host.node, {})
        lines[unit.line_id] = lines.get(unit.line_id, 0) + unit.quantity
    for place, lines in here.items():
        name = id_for(order, f"ship-{place}")
        messages.append(
            ShipUnits(order.order_id, command_id=name, shipment_id=name, node=place, lines=lines)
        )
    return Obtained(messages)


def _onwards(host: Host, order: Order, known: FulfilmentOrder) -> OrderMessage:
    """A stage that was added is completed; from any other the units are handed over."""
    name = id_for(order, f"leave-{known.fulfilment_id}")
    machine = host.flow(known.flow)
    if machine is not None and any(
        edge.command == CompleteStage.step and edge.source == known.stage
        for edge in machine.transitions
    ):
        return CompleteStage(
            order.order_id, command_id=name, fulfilment_id=known.fulfilment_id, stage=known.stage
        )
    return HandOver(
        order.order_id, command_id=name, fulfilment_id=known.fulfilment_id, shipment_id=name
    )


def _all_shipped(host: Host, order: Order, _command: OrderMessage, _reason: Reason) -> Brought:
    return shipped(host, order)


def _to_come_back(host: Host, order: Order, command: OrderMessage, reason: Reason) -> Brought:
    """Units with the buyer: those that have not left leave, after more were ordered if need be."""
    if isinstance(command, CompleteStage | MigrateFlow):
        return _asked_back(host, order, str(reason.facts["return"]))
    wanted: dict[str, int] = {}
    if isinstance(command, ReceiveReturn):
        for came in command.units:
            wanted[came.line_id] = wanted.get(came.line_id, 0) + came.quantity
    else:
        wanted[_line(reason)] = number(reason, "asked")
    for line_id, units in wanted.items():
        line = order.line(line_id) if order.has(line_id) else None
        have = 0 if line is None else line.returnable + line.cancellable
        if units > have:
            return more_of(order, line_id, units - have)
    return shipped(host, order)


def _asked_back(host: Host, order: Order, name: str) -> Brought:
    """A return of a unit under this id; the unit leaves first, or is ordered, if need be."""
    line = next((line for line in order.lines if line.returnable), None)
    if line is None:
        left = any(line.cancellable for line in order.lines)
        return shipped(host, order) if left else more_of(order, order.lines[0].line_id, 1)
    return Obtained(
        [
            RequestReturn(
                order.order_id,
                command_id=id_for(order, f"ask-{name}"),
                return_id=name,
                lines={line.line_id: 1},
            )
        ]
    )


def _in_stage_of_return(_h: Host, order: Order, _c: OrderMessage, reason: Reason) -> Brought:
    """What is expected comes; to complete a stage is a remedy."""
    case = order.return_case(str(reason.facts["return"]))
    return Obtained([_come(order, case)]) if case is not None and case.open else None


def _come(order: Order, case: ReturnCase) -> ReceiveReturn:
    return ReceiveReturn(
        order.order_id,
        command_id=id_for(order, f"back-{case.return_id}"),
        return_id=case.return_id,
        units=[
            ReceivedUnits(line.line_id, line.expected, disposition="reject")
            for line in case.lines
            if line.expected
        ],
    )


def _arrived(_host: Host, order: Order, _command: OrderMessage, _reason: Reason) -> Brought:
    return Obtained(
        RecordDelivery(
            order.order_id,
            fact_id=id_for(order, f"scan-{shipment.shipment_id}"),
            shipment_id=shipment.shipment_id,
        )
        for shipment in order.shipments
        if not shipment.delivered
    )


def _came_back(_host: Host, order: Order, _command: OrderMessage, _reason: Reason) -> Brought:
    return Obtained(_come(order, case) for case in order.returns if case.open)


def _fewer_back(_host: Host, _order: Order, command: OrderMessage, reason: Reason) -> Brought:
    assert isinstance(command, ReceiveReturn)
    possible = number(reason, "possible")
    return Obtained(
        changed=attrs.evolve(
            command,
            units=[
                attrs.evolve(unit, quantity=min(unit.quantity, possible))
                if unit.line_id == reason.facts["line"]
                else unit
                for unit in command.units
            ],
        )
    )


# --- work at a node ---


def _for_the_node(_host: Host, order: Order, command: OrderMessage, reason: Reason) -> Brought:
    """Units that the node can be given: reserved there, or of the kind that the mode is for."""
    assert isinstance(command, PlanFulfilment)
    kind = KINDS[command.mode]
    named = reason.facts.get("line")
    possible = number(reason, "possible") if named is not None else 0
    if possible:
        fewer = {**command.lines, LineId(str(named)): possible}
        return Obtained(changed=attrs.evolve(command, lines=fewer))
    line_id = None if named is None else str(named)
    lines = [
        line for line in order.lines if line.item.kind is kind and line_id in {None, line.line_id}
    ]
    if kind is not ItemKind.GOODS:
        return more_of(order, line_id or f"more-{kind.value}@{order.version}", 1, kind=kind)
    plan = plan_of(order, command.node, [line.line_id for line in lines]) if lines else []
    if not plan:
        plan = [
            Assignment(
                at.line_id,
                at.unreserved,
                node=at.node,
                service=at.service,
                allocation_id=at.allocation_id,
            )
            for at in order.allocations
            if at.unreserved and at.node == command.node and line_id in {None, at.line_id}
        ]
    if plan:
        name = id_for(order, "reserve")
        return Obtained([ReserveStock(order.order_id, command_id=name, allocations=plan)])
    if lines:
        freed = _release(order, line_id)
        return freed or more_of(order, lines[0].line_id, 1)
    return more_of(order, f"more@{order.version}", 1)


def _planned_under(host: Host, order: Order, command: OrderMessage, reason: Reason) -> Brought:
    name = str(reason.facts["fulfilment"])
    mode = FulfilmentMode.SERVICE if isinstance(command, SetAppointment) else FulfilmentMode.SHIP
    node = next((at.node for at in order.allocations if at.shippable), host.node)
    plan = PlanFulfilment(
        order.order_id,
        command_id=id_for(order, f"plan-{name}"),
        fulfilment_id=name,
        node=node if mode is FulfilmentMode.SHIP else host.node,
        lines={**command.picked, **command.short} if isinstance(command, ConfirmPick) else {},
        mode=mode,
    )
    return Obtained([plan])


def _in_stage(host: Host, order: Order, _command: OrderMessage, reason: Reason) -> Brought:
    """The next step of the flow, whichever command takes it."""
    known = order.fulfilment(str(reason.facts["fulfilment"]))
    assert known is not None
    on = {
        "command_id": id_for(order, f"on-{known.fulfilment_id}"),
        "fulfilment_id": known.fulfilment_id,
    }
    if known.mode is FulfilmentMode.SERVICE:
        return Obtained([SetAppointment(order.order_id, **on, at=order.last_at)])
    return Obtained([_onwards(host, order, known)])


def _as_it_is_packed(_host: Host, _order: Order, command: OrderMessage, _reason: Reason) -> Brought:
    assert isinstance(command, PackFulfilment)
    return Obtained(changed=attrs.evolve(command, parcels=[]))


def _fewer_picked(_host: Host, _order: Order, command: OrderMessage, reason: Reason) -> Brought:
    assert isinstance(command, ConfirmPick)
    line, possible = LineId(_line(reason)), number(reason, "possible")
    found = min(command.picked.get(line, 0), possible)
    picked = {**command.picked, line: found}
    short = {**command.short, line: min(command.short.get(line, 0), possible - found)}
    return Obtained(
        changed=attrs.evolve(
            command,
            picked={id: units for id, units in picked.items() if units},
            short={id: units for id, units in short.items() if units},
        )
    )


def _sent_on(host: Host, order: Order, _command: OrderMessage, reason: Reason) -> Brought:
    """A stage that cannot be cancelled is left the other way: the units go."""
    known = order.fulfilment(str(reason.facts["fulfilment"]))
    return None if known is None else Obtained([_onwards(host, order, known)])


OF_UNITS: dict[str, Brings] = {
    "allocate.too_many": _fewer_planned,
    "allocation.differs": _given_up,
    "allocation.exists": _given_up,
    "allocation.in_fulfilment": _work_ended,
    "allocation.unknown": _allocated,
    "cancel.in_fulfilment": _sent_on,
    "cancel.nothing_left": _ordered,
    "cancel.too_many": _ordered,
    "close.return_open": _came_back,
    "close.units_under_way": _arrived,
    "close.units_unshipped": _all_shipped,
    "edit.packed": _sent_on,
    "flow.migration": _flow_fits,
    "flow.nothing_to_migrate": _on_another_version,
    "fulfilment.stage": _in_stage,
    "fulfilment.unknown": _planned_under,
    "order.unknown_line": _ordered,
    "pack.parcels_differ": _as_it_is_packed,
    "pick.too_many": _fewer_picked,
    "plan.not_reserved": _for_the_node,
    "plan.nothing_left": _for_the_node,
    "reserve.nothing_planned": _planned,
    "reserve.too_many": _fewer_reserved,
    "return.stage": _in_stage_of_return,
    "return.too_many": _to_come_back,
    "return.unexpected": _fewer_back,
    "return.unknown": _to_come_back,
    "ship.not_reserved": _here,
}

"""Fulfilment orders as moves: planned, picked, packed, handed over, scanned, taken back."""

from __future__ import annotations

from collections.abc import Iterator

from ordercore.orders import (
    CancelFulfilment,
    CompleteStage,
    ConfirmPick,
    FulfilmentMode,
    FulfilmentOrder,
    HandOver,
    Lifecycle,
    Order,
    OrderMessage,
    PackFulfilment,
    PlanFulfilment,
    RecordScan,
    ReleaseFulfilment,
    ScanKind,
    SetAppointment,
    StartPicking,
)
from ordercore.testing.order_messages import ORDER, Messages, Move

__all__ = ["fulfilment_moves", "scan_moves", "stage_moves"]


def _plan(version: int, name: str, node: str, mode: FulfilmentMode) -> PlanFulfilment:
    return PlanFulfilment(
        ORDER, command_id=f"c-{version}", fulfilment_id=name, node=node, mode=mode
    )


def _release(version: int, name: str) -> ReleaseFulfilment:
    return ReleaseFulfilment(ORDER, command_id=f"c-{version}", fulfilment_id=name)


def _start(version: int, name: str) -> StartPicking:
    return StartPicking(ORDER, command_id=f"c-{version}", fulfilment_id=name)


def _pick(version: int, name: str, line: str, picked: int, short: int) -> ConfirmPick:
    return ConfirmPick(
        ORDER,
        command_id=f"c-{version}",
        fulfilment_id=name,
        picked={line: picked} if picked else {},
        short={line: short} if short else {},
    )


def _pack(version: int, name: str) -> PackFulfilment:
    return PackFulfilment(ORDER, command_id=f"c-{version}", fulfilment_id=name)


def _hand_over(version: int, name: str, shipment: str) -> HandOver:
    return HandOver(ORDER, command_id=f"c-{version}", fulfilment_id=name, shipment_id=shipment)


def _visit(version: int, name: str, at: str) -> SetAppointment:
    return SetAppointment(ORDER, command_id=f"c-{version}", fulfilment_id=name, at=at)


def _cancel(version: int, name: str) -> CancelFulfilment:
    return CancelFulfilment(ORDER, command_id=f"c-{version}", fulfilment_id=name)


_INITIAL = "planned"
_VISIT = "2026-11-20T01:00:00Z"


def _next(send: Messages, order: Order, known: FulfilmentOrder) -> Iterator[OrderMessage]:
    """What the built-in flows ask for in a stage."""
    version, name = order.version, known.fulfilment_id
    if known.stage == _INITIAL and known.mode is FulfilmentMode.SERVICE:
        yield send(_visit, version, name, _VISIT)
    elif known.stage == _INITIAL and known.mode is not FulfilmentMode.DIGITAL:
        yield send(_release, version, name)
    elif known.stage == "released":
        yield send(_start, version, name)
    elif known.stage == "picking" and known.unpicked:
        for line, units in known.unpicked.items():
            yield send(_pick, version, name, line, units, 0)
            yield send(_pick, version, name, line, 0, 1)
    elif known.stage == "picking":
        yield send(_pack, version, name)
    else:
        yield send(_hand_over, version, name, f"s-{len(order.shipments) + 1}")


def fulfilment_moves(send: Messages, nodes: tuple[str, ...]) -> tuple[Move, ...]:
    """What stands at a node is given to it, worked on step by step, or taken back.

    Units are found, all of a line at once, or are short one by one. Goods go the way of shipping;
    what needs no stock, that of its kind, at the first node. Once two fulfilment orders were taken
    back no other is planned, so that histories end.
    """

    def plan(order: Order) -> Iterator[OrderMessage]:
        ended = sum(known.counts_as == "cancelled" for known in order.fulfilments)
        if order.lifecycle is not Lifecycle.CONFIRMED or ended > 1:
            return
        name = f"fo-{len(order.fulfilments) + 1}"
        for node in nodes:
            if any(known.shippable and known.node == node for known in order.allocations):
                yield send(_plan, order.version, name, node, FulfilmentMode.SHIP)
        kinds = {line.item.kind.value for line in order.lines if line.backlog}
        for mode in (FulfilmentMode.DIGITAL, FulfilmentMode.SERVICE):
            if mode.value in kinds:
                yield send(_plan, order.version, name, nodes[0], mode)

    def work(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle is Lifecycle.CONFIRMED:
            for known in order.fulfilments:
                if known.open and known.units:
                    yield from _next(send, order, known)

    def take_back(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle is Lifecycle.CONFIRMED:
            for known in order.fulfilments:
                if known.open and known.units:
                    yield send(_cancel, order.version, known.fulfilment_id)

    return (plan, work, take_back)


# --- carriers ---


def _complete(version: int, name: str, stage: str, back: bool) -> CompleteStage:
    named = {"return_id": name} if back else {"fulfilment_id": name}
    return CompleteStage(ORDER, command_id=f"c-{version}", stage=stage, **named)


def stage_moves(send: Messages) -> tuple[Move, ...]:
    """Stages that flows add are completed, of fulfilment orders and of returns."""

    def complete(order: Order) -> Iterator[OrderMessage]:
        for known in order.fulfilments:
            if not known.ended:
                yield send(_complete, order.version, known.fulfilment_id, known.stage, False)
        for case in order.returns:
            if not case.at.ended:
                yield send(_complete, order.version, case.return_id, case.at.stage, True)

    return (complete,)


def _scan(version: int, shipment: str, kind: ScanKind) -> RecordScan:
    return RecordScan(ORDER, fact_id=f"f-{version}", shipment_id=shipment, kind=kind)


_REPORTS: tuple[tuple[str, tuple[ScanKind, ...]], ...] = (
    ("handed_over", (ScanKind.DEPARTED,)),
    ("in_transit", (ScanKind.OUT_FOR_DELIVERY, ScanKind.LOST)),
    ("out_for_delivery", (ScanKind.FAILED,)),
    ("failed", (ScanKind.OUT_FOR_DELIVERY, ScanKind.RETURNING)),
    ("returning", (ScanKind.RETURNED, ScanKind.LOST)),
)


def scan_moves(send: Messages) -> tuple[Move, ...]:
    """Carriers report a shipment from stage to stage, as lost, and as back at its sender."""
    reports: dict[str, tuple[ScanKind, ...]] = dict(_REPORTS)

    def scan(order: Order) -> Iterator[OrderMessage]:
        for known in order.fulfilments:
            if known.shipment_id is not None and not known.ended:
                for kind in reports.get(known.stage, ()):
                    yield send(_scan, order.version, known.shipment_id, kind)

    return (scan,)

"""How events move fulfilment orders, and the counters of their units."""

from __future__ import annotations

from ordercore.kernel import IllegalTransition, changed, trusted
from ordercore.orders.events import UnitsShipped
from ordercore.orders.flow_stage import FlowStage
from ordercore.orders.fulfilling.events import (
    FlowMigrated,
    FulfilmentMoved,
    FulfilmentPlanned,
    LimitPassed,
    ShipmentScanned,
    StageEntered,
    UnitsPicked,
    UnitsRecalled,
)
from ordercore.orders.fulfilling.fulfilment_order import (
    FulfilmentMode,
    FulfilmentOrder,
    FulfilmentUnits,
    position_rank,
)
from ordercore.orders.identifiers import as_fulfilment_id
from ordercore.orders.ledger import Ledger

__all__ = [
    "flow_migrated",
    "limit_passed",
    "moved",
    "picked",
    "planned",
    "recalled",
    "scanned",
    "shipped_unplanned",
    "stage_entered",
]

_PICKED = position_rank("picked")
_PACKED = position_rank("packed")
_SHIPPED = position_rank("shipped")


def _require(holds: bool, ledger: Ledger, what: str) -> None:
    if not holds:
        raise IllegalTransition("fulfilment", ledger.lifecycle, what)


def planned(ledger: Ledger, event: FulfilmentPlanned) -> None:
    """Units stand in a new fulfilment order."""
    fulfilments = ledger.fulfilled()
    _require(event.fulfilment_id not in fulfilments, ledger, "FulfilmentPlanned")
    for part in event.units:
        known = ledger.allocation(part.allocation_id)
        known.planned += part.quantity
        _require(part.quantity > 0 and known.holds, ledger, "FulfilmentPlanned")
    fulfilments[event.fulfilment_id] = trusted(FulfilmentOrder)(
        fulfilment_id=event.fulfilment_id,
        node=event.node,
        service=event.service,
        mode=event.mode,
        flow=event.flow,
        stage=event.stage,
        counts_as=event.counts_as,
        since=event.cause.at,
        active_at=event.cause.at,
        units=event.units,
    )


def shipped_unplanned(ledger: Ledger, event: UnitsShipped) -> None:
    """Units that were shipped without a plan stand in a fulfilment order named as the shipment."""
    fulfilments = ledger.fulfilled()
    _require(event.shipment_id not in fulfilments, ledger, "UnitsShipped")
    made = trusted(FulfilmentUnits)
    units = [
        made(
            allocation_id=part.allocation_id,
            line_id=part.line_id,
            quantity=part.quantity,
            picked=part.quantity,
        )
        for part in event.units
    ]
    fulfilments[event.shipment_id] = trusted(FulfilmentOrder)(
        fulfilment_id=as_fulfilment_id(event.shipment_id),
        node=event.node,
        service=event.service,
        mode=FulfilmentMode.SHIP,
        flow=event.flow,
        stage=event.stage,
        counts_as=event.counts_as,
        since=event.cause.at,
        active_at=event.cause.at,
        units=tuple(units),
        shipment_id=event.shipment_id,
    )


def _pass(ledger: Ledger, fulfilment: FulfilmentOrder, counts_as: str) -> FulfilmentOrder:
    """Units go on to a position: what lies between counts as picked and packed."""
    before, after = position_rank(fulfilment.counts_as), position_rank(counts_as)
    picks = after >= _PICKED > before or any(part.unpicked for part in fulfilment.units)
    if after < _PICKED or not (picks or after >= _PACKED > before):
        return fulfilment
    packs = after >= _PACKED > before
    for part in fulfilment.units:
        known = ledger.allocation(part.allocation_id)
        counters = ledger.counters(part.line_id)
        known.picked += part.unpicked
        counters.picked += part.unpicked
        if packs:
            known.packed += part.quantity
            counters.packed += part.quantity
    return changed(
        fulfilment,
        units=tuple([changed(part, picked=part.quantity) for part in fulfilment.units]),
    )


def _taken_back(ledger: Ledger, fulfilment: FulfilmentOrder) -> FulfilmentOrder:
    """No unit of it stands at the node for it any more."""
    packed = position_rank(fulfilment.counts_as) >= _PACKED
    for part in fulfilment.units:
        known = ledger.allocation(part.allocation_id)
        counters = ledger.counters(part.line_id)
        known.planned -= part.quantity
        known.picked -= part.picked
        counters.picked -= part.picked
        if packed:
            known.packed -= part.quantity
            counters.packed -= part.quantity
    return changed(fulfilment, units=(), parcels=())


def moved(ledger: Ledger, event: FulfilmentMoved) -> None:
    """The stage changes, and with it where the units count."""
    known = ledger.fulfilment(event.fulfilment_id)
    _require(known.stage == event.source and not known.ended, ledger, "FulfilmentMoved")
    rank = position_rank(event.counts_as)
    if rank < 0 and known.open:
        known = _taken_back(ledger, known)
    else:
        known = _pass(ledger, known, event.counts_as)
    same = event.source == event.target
    ledger.fulfilled()[event.fulfilment_id] = changed(
        known,
        stage=event.target,
        counts_as=event.counts_as,
        ended=event.ended,
        since=known.since if same else event.cause.at,
        active_at=max(known.active_at, event.cause.at),
        parcels=event.parcels or known.parcels,
        shipment_id=event.shipment_id or known.shipment_id,
        appointment=event.appointment or known.appointment,
        passed=known.passed if same else (),
    )


def picked(ledger: Ledger, event: UnitsPicked) -> None:
    """Units were found."""
    known = ledger.fulfilment(event.fulfilment_id)
    more = {part.allocation_id: part.picked for part in event.units}
    units: list[FulfilmentUnits] = []
    for part in known.units:
        found = more.pop(part.allocation_id, 0)
        allocation = ledger.allocation(part.allocation_id)
        allocation.picked += found
        _require(found >= 0 and allocation.holds, ledger, "UnitsPicked")
        ledger.counters(part.line_id).picked += found
        units.append(changed(part, picked=part.picked + found))
    _require(not more, ledger, "UnitsPicked")
    ledger.fulfilled()[event.fulfilment_id] = changed(
        known, units=tuple(units), active_at=max(known.active_at, event.cause.at)
    )


def recalled(ledger: Ledger, event: UnitsRecalled) -> None:
    """Units left the fulfilment order and stand where they stood before it was planned."""
    known = ledger.fulfilment(event.fulfilment_id)
    less = {part.allocation_id: part for part in event.units}
    units: list[FulfilmentUnits] = []
    for part in known.units:
        gone = less.pop(part.allocation_id, None)
        if gone is None:
            units.append(part)
            continue
        allocation = ledger.allocation(part.allocation_id)
        allocation.planned -= gone.quantity
        allocation.picked -= gone.picked
        _require(gone.quantity > 0 and allocation.holds, ledger, "UnitsRecalled")
        ledger.counters(part.line_id).picked -= gone.picked
        if gone.quantity < part.quantity:
            units.append(
                changed(
                    part,
                    quantity=part.quantity - gone.quantity,
                    picked=part.picked - gone.picked,
                )
            )
    _require(not less, ledger, "UnitsRecalled")
    ledger.fulfilled()[event.fulfilment_id] = changed(known, units=tuple(units))


def scanned(ledger: Ledger, event: ShipmentScanned) -> None:
    """A sign of life: limits without activity begin anew."""
    known = ledger.fulfilment(event.fulfilment_id)
    ledger.fulfilled()[event.fulfilment_id] = changed(
        known, active_at=max(known.active_at, event.cause.at), passed=()
    )


def flow_migrated(ledger: Ledger, event: FlowMigrated) -> None:
    """Another version of the flow from here on."""
    if event.return_id is not None:
        case = ledger.return_case(event.return_id)
        case.at = case.at.migrated(
            event.flow, event.stage, event.counts_as, since=event.since, ended=event.ended
        )
        return
    known = _pass(ledger, ledger.fulfilment(event.fulfilment_id or ""), event.counts_as)
    ledger.fulfilled()[known.fulfilment_id] = changed(
        known,
        flow=event.flow,
        stage=event.stage,
        counts_as=event.counts_as,
        ended=event.ended,
        since=event.since,
        passed=known.passed if event.stage == known.stage else (),
    )


def limit_passed(ledger: Ledger, event: LimitPassed) -> None:
    """A limit was reported, and is not again before something happens."""
    here: FlowStage | FulfilmentOrder
    if event.return_id is not None:
        case = ledger.return_case(event.return_id)
        here, case.at = case.at, case.at.reported(event.limit)
    else:
        here = known = ledger.fulfilment(event.fulfilment_id or "")
        passed = (*known.passed, event.limit)
        ledger.fulfilled()[known.fulfilment_id] = changed(known, passed=passed)
    _require(here.stage == event.stage and event.limit not in here.passed, ledger, "LimitPassed")


def stage_entered(ledger: Ledger, event: StageEntered) -> None:
    """A return stands in another stage."""
    case = ledger.return_case(event.return_id)
    _require(case.at.stage == event.source and not case.at.ended, ledger, "StageEntered")
    case.at = case.at.entered(event.target, event.counts_as, at=event.cause.at, ended=event.ended)

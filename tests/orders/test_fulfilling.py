"""Fulfilment orders: by hand, stage by stage, with what each step leaves in the ledger."""

from __future__ import annotations

import attrs
import pytest
from tests.orders.histories import at

from ordercore import orders
from ordercore.kernel import IllegalTransition, InvalidBatch, InvalidValue
from ordercore.orders import (
    FULFILMENT,
    INVARIANTS,
    AdjustStock,
    Assignment,
    CancelFulfilment,
    CancelOrder,
    CancelUnits,
    CompleteStage,
    ConfirmOrder,
    ConfirmPick,
    Flow,
    FulfilmentMode,
    FulfilmentOrder,
    FulfilmentUnits,
    HandOver,
    ItemFacts,
    MigrateFlow,
    OrderDecider,
    OrderRules,
    PackFulfilment,
    Parcel,
    PlaceOrder,
    PlanFulfilment,
    RecallUnits,
    RecordDelivery,
    RecordPayment,
    RecordScan,
    ReleaseFulfilment,
    ReleaseStock,
    ReleaseUnits,
    ReserveStock,
    SetAppointment,
    ShipUnits,
    StartPicking,
    available,
    decide,
    replay,
)
from ordercore.orders.fulfilling.choosing import known_flow
from ordercore.orders.specimen import tea_fulfilment, tea_order, tea_quote
from ordercore.rules import parse
from ordercore.statemachine import Machine, RollOut, stage, wave

NOW = "2026-11-11T01:00:00Z"
CLERK = at(NOW)
FO = {"fulfilment_id": "fo-1"}


def cmd(kind, n, **more):
    return kind("o-1", command_id=f"x-{n}", **more)


def after(order, *messages, shop=orders):
    for message in messages:
        answer = shop.decide(order, message, CLERK).accepted()
        order = replay(order, answer.events)
        assert {law.invariant_id for law in INVARIANTS if law.check(order)} == set()
    return order


def confirmed(*, items=None, lines=(("1", 2), ("2", 1)), node="ningbo"):
    place = PlaceOrder(
        "o-1", quote=tea_quote(), command_id="c-1", items=items or {}, destination=None
    )
    plan = [Assignment(line, units, node=node, service="express") for line, units in lines]
    return after(
        after(None, place),
        ReserveStock("o-1", command_id="c-2", allocations=plan),
        RecordPayment(
            "o-1", fact_id="f-1", payment_id="p", kind="captured", amount=tea_order().due
        ),
        ConfirmOrder("o-1", command_id="c-3"),
    )


CONFIRMED = confirmed()
PLANNED = after(CONFIRMED, cmd(PlanFulfilment, "plan", **FO, node="ningbo"))
RELEASED = after(PLANNED, cmd(ReleaseFulfilment, "release", **FO))
PICKING = after(RELEASED, cmd(StartPicking, "start", **FO))
PICKED = after(PICKING, cmd(ConfirmPick, "pick", **FO, picked={"1": 2, "2": 1}))
PACKED = after(PICKED, cmd(PackFulfilment, "pack", **FO))
GONE = after(PACKED, cmd(HandOver, "go", **FO, shipment_id="s-1"))


def ledger(order):
    return [
        (x.allocated, x.reserved, x.picked, x.packed, x.shipped, x.delivered) for x in order.lines
    ]


def codes(order, message, shop=orders):
    return shop.check(order, message, CLERK).codes


# --- the way of goods ---


def test_each_step_moves_the_units_on():
    stages = [PLANNED, RELEASED, PICKING, PICKED, PACKED, GONE]
    assert [o.fulfilments[0].stage for o in stages] == [
        "planned", "released", "picking", "picking", "packed", "handed_over",
    ]  # fmt: skip
    assert [ledger(o)[0] for o in stages] == [
        (2, 2, 0, 0, 0, 0),
        (2, 2, 0, 0, 0, 0),
        (2, 2, 0, 0, 0, 0),
        (2, 2, 2, 0, 0, 0),
        (2, 2, 2, 2, 0, 0),
        (2, 2, 2, 2, 2, 0),
    ]
    arrived = after(GONE, RecordDelivery("o-1", fact_id="f-9", shipment_id="s-1"))
    assert ledger(arrived) == [(2, 2, 2, 2, 2, 2), (1, 1, 1, 1, 1, 1)]
    (done,) = arrived.fulfilments
    assert (done.stage, done.ended, done.open, done.shipment_id) == (
        "delivered",
        True,
        False,
        "s-1",
    )
    assert done.service == "express"


def test_a_plan_takes_what_is_asked_and_the_rest_can_go_another_way():
    order = after(CONFIRMED, cmd(PlanFulfilment, 1, **FO, node="ningbo", lines={"1": 1}))
    assert order.fulfilments[0].lines == {"1": 1}
    assert [a.shippable for a in order.allocations] == [1, 1]
    assert available(order, CLERK)["ShipUnits"].lines == {"1": 1, "2": 1}
    sent = after(order, cmd(ShipUnits, 2, shipment_id="s-1", node="ningbo", lines={"1": 1, "2": 1}))
    assert [f.fulfilment_id for f in sent.fulfilments] == ["fo-1", "s-1"]
    assert sent.fulfilment_of("s-1").stage == "handed_over"
    assert codes(sent, cmd(ShipUnits, 3, shipment_id="s-2", node="ningbo", lines={"1": 1})) == (
        "ship.not_reserved",
    )


def test_what_is_short_leaves_the_node_and_is_planned_anew():
    answer = decide(
        PICKING, cmd(ConfirmPick, 1, **FO, picked={"1": 1}, short={"1": 1, "2": 1}), CLERK
    ).accepted()
    order = after(PICKING, cmd(ConfirmPick, 1, **FO, picked={"1": 1}, short={"1": 1, "2": 1}))
    assert [(type(e), e.sku, getattr(e, "quantity", None) or e.change) for e in answer.effects] == [
        (ReleaseStock, "TEA-250G", 1),
        (AdjustStock, "TEA-250G", -1),
        (ReleaseStock, "CUP", 1),
        (AdjustStock, "CUP", -1),
    ]
    assert [x.backlog for x in order.lines] == [1, 1]
    assert order.fulfilments[0].lines == {"1": 1}
    assert not order.fulfilments[0].unpicked
    gone = after(
        order,
        cmd(PackFulfilment, 2, **FO),
        cmd(HandOver, 3, **FO, shipment_id="s-1"),
    )
    assert ledger(gone) == [(1, 1, 1, 1, 1, 0), (0, 0, 0, 0, 0, 0)]


def test_a_fulfilment_order_with_nothing_found_ends():
    order = after(PICKING, cmd(ConfirmPick, 1, **FO, short={"1": 2, "2": 1}))
    assert (order.fulfilments[0].stage, order.fulfilments[0].ended) == ("cancelled", True)
    assert order.allocations == ()
    assert [x.backlog for x in order.lines] == [2, 1]


def test_parcels_hold_what_was_picked():
    box = Parcel(parcel_id="p-1", lines={"1": 2})
    bag = Parcel(parcel_id="p-2", lines={"2": 1})
    packed = after(PICKED, cmd(PackFulfilment, 1, **FO, parcels=[box, bag]))
    assert packed.fulfilments[0].parcels == (box, bag)
    short = cmd(PackFulfilment, 1, **FO, parcels=[box])
    assert [r.facts["line"] for r in orders.check(PICKED, short, CLERK).reasons] == ["2"]
    stray = cmd(PackFulfilment, 1, **FO, parcels=[box, bag, Parcel(parcel_id="3", lines={"9": 1})])
    assert codes(PICKED, stray) == ("pack.parcels_differ",)


# --- taking back ---


def test_a_fulfilment_order_taken_back_leaves_its_units_with_their_stock():
    for order, told in ((PLANNED, 0), (RELEASED, 2), (PACKED, 2)):
        answer = decide(order, cmd(CancelFulfilment, 1, **FO, cause="storm"), CLERK).accepted()
        assert [type(e) for e in answer.effects] == [RecallUnits] * told
        back = after(order, cmd(CancelFulfilment, 1, **FO, cause="storm"))
        assert ledger(back) == ledger(CONFIRMED)
        assert back.fulfilments[0].ended
        assert [a.shippable for a in back.allocations] == [2, 1]
        again = after(back, cmd(PlanFulfilment, 2, fulfilment_id="fo-2", node="ningbo"))
        assert again.fulfilments[1].lines == {"1": 2, "2": 1}


def test_cancelled_units_come_out_of_the_hands_of_the_node_last():
    part = after(CONFIRMED, cmd(PlanFulfilment, 1, **FO, node="ningbo", lines={"1": 1}))
    free = after(part, cmd(CancelUnits, 2, lines={"1": 1}))
    assert free.fulfilments[0].lines == {"1": 1}
    taken_out = after(PICKED, cmd(CancelUnits, 2, lines={"1": 1}))
    assert taken_out.fulfilments[0].lines == {"1": 1, "2": 1}
    assert ledger(taken_out)[0] == (1, 1, 1, 0, 0, 0)
    (recall,) = [
        e
        for e in decide(PICKED, cmd(CancelUnits, 2, lines={"1": 1}), CLERK).effects
        if isinstance(e, RecallUnits)
    ]
    assert (recall.quantity, recall.picked) == (1, 1)


def test_a_packed_parcel_is_not_opened_for_one_unit():
    order = after(PACKED, cmd(CancelUnits, 1, lines={"1": 1}))
    assert order.fulfilments[0].ended
    assert ledger(order) == [(1, 1, 0, 0, 0, 0), (1, 1, 0, 0, 0, 0)]


def test_cancelling_the_order_ends_its_fulfilment_orders():
    order = after(PICKING, cmd(CancelOrder, 1))
    assert order.lifecycle.value == "cancelled"
    assert order.fulfilments[0].ended
    assert order.allocations == ()


def test_units_are_recalled_from_the_latest_plan_first():
    order = after(
        CONFIRMED,
        cmd(PlanFulfilment, 1, fulfilment_id="a", node="ningbo", lines={"1": 1}),
        cmd(PlanFulfilment, 2, fulfilment_id="b", node="ningbo", lines={"1": 1}),
        cmd(PlanFulfilment, 3, fulfilment_id="c", node="ningbo", lines={"2": 1}),
        cmd(CancelUnits, 4, lines={"1": 1}),
    )
    assert [f.ended for f in order.fulfilments] == [False, True, False]
    both = after(order, cmd(CancelUnits, 5, lines={"1": 1}))
    assert [f.ended for f in both.fulfilments] == [True, True, False]


# --- other ways to the buyer ---


def test_a_pickup_is_ready_collected_or_refused_and_never_shipped():
    order = after(CONFIRMED, cmd(PlanFulfilment, 1, **FO, node="ningbo", mode="pickup"))
    order = after(order, cmd(ReleaseFulfilment, 2, **FO), cmd(StartPicking, 3, **FO))
    order = after(order, cmd(ConfirmPick, 4, **FO, picked={"1": 2, "2": 1}))
    pack = cmd(PackFulfilment, 5, **FO)
    assert [e.topic for e in decide(order, pack, CLERK).effects] == ["pickup.ready"]
    ready = after(order, pack)
    fetched = after(ready, cmd(HandOver, 6, **FO, shipment_id="s-1"))
    assert ledger(fetched) == [(2, 2, 2, 2, 2, 2), (1, 1, 1, 1, 1, 1)]
    assert fetched.shipments[0].delivered
    refused = after(ready, cmd(CancelFulfilment, 6, **FO, cause="pickup.refused"))
    assert not refused.shipments
    assert refused.fulfilments[0].stage == "cancelled"
    assert [a.shippable for a in refused.allocations] == [2, 1]


def test_what_no_flow_packs_is_never_picked():
    order = confirmed(items={"2": ItemFacts(kind="digital")}, lines=(("1", 2),))
    never = cmd(ConfirmPick, 1, **FO, picked={"1": 1, "2": 1})
    assert codes(order, never) == ("fulfilment.unknown", "pick.not_picking")
    assert codes(order, attrs.evolve(never, picked={"1": 1})) == ("fulfilment.unknown",)
    assert codes(None, never) == ("order.unknown",)
    boxed = FULFILMENT.with_(stage("seal", after="packed"), version="boxed")
    here = shop(Flow(machine=boxed, mode="digital"))
    assert codes(order, never, here) == ("fulfilment.unknown",)


def test_goods_without_matter_are_issued_without_stock():
    order = confirmed(items={"2": ItemFacts(kind="digital")}, lines=(("1", 2),))
    plan = cmd(PlanFulfilment, 1, fulfilment_id="fo-d", node="vault", mode="digital")
    assert not decide(order, plan, CLERK).effects
    issued = after(order, plan, cmd(HandOver, 2, fulfilment_id="fo-d", shipment_id="s-d"))
    assert ledger(issued)[1] == (1, 1, 1, 1, 1, 1)
    assert issued.fulfilments[0].stage == "issued"
    back = after(order, plan, cmd(CancelFulfilment, 2, fulfilment_id="fo-d"))
    assert back.line("2").backlog == 1
    assert codes(order, cmd(PlanFulfilment, 1, **FO, node="ningbo", lines={"2": 1})) == (
        "plan.mode",
    )
    two = cmd(PlanFulfilment, 1, **FO, node="v", mode="digital", lines={"2": 2})
    assert codes(order, two) == ("plan.not_reserved",)


def test_what_needs_no_stock_is_not_demanded():
    order = confirmed(
        items={"1": ItemFacts(kind="digital"), "2": ItemFacts(kind="service")}, lines=(("1", 1),)
    )
    assert order.lifecycle.value == "confirmed"
    waiting = after(
        None,
        PlaceOrder(
            "o-1",
            quote=tea_quote(),
            command_id="c",
            items={"2": ItemFacts(kind="service")},
            destination=tea_order().destination,
        ),
    )
    assert [line.line_id for line in waiting.demand().lines] == ["1"]


def test_a_visit_is_agreed_moved_and_kept():
    order = confirmed(items={"2": ItemFacts(kind="service")}, lines=(("1", 2),))
    order = after(order, cmd(PlanFulfilment, 1, **FO, node="crew", mode="service"))
    assert codes(order, cmd(HandOver, 2, **FO, shipment_id="v")) == ("fulfilment.stage",)
    order = after(order, cmd(SetAppointment, 2, **FO, at="2026-11-20T01:00:00Z"))
    since = order.fulfilments[0].since
    order = after(order, cmd(SetAppointment, 3, **FO, at="2026-11-21T01:00:00Z"))
    (visit,) = order.fulfilments
    assert (visit.stage, visit.appointment.day, visit.since) == ("scheduled", 21, since)
    done = after(order, cmd(HandOver, 4, **FO, shipment_id="v"))
    assert done.line("2").delivered == 1
    assert [f.node for f in done.fulfilments] == ["crew"]


# --- what carriers report ---


def scan(n, kind, **more):
    return RecordScan("o-1", fact_id=f"s-{n}", shipment_id="s-1", kind=kind, **more)


def test_scans_move_the_stage_and_name_what_nobody_reported():
    order = after(GONE, scan(1, "departed"))
    assert order.fulfilments[0].stage == "in_transit"
    jumped = decide(GONE, scan(1, "out_for_delivery"), CLERK).events[1]
    assert (jumped.source, jumped.target, jumped.skipped) == (
        "handed_over", "out_for_delivery", ("in_transit",),
    )  # fmt: skip
    seen = after(GONE, scan(1, "seen", place="HUB-7"))
    assert seen.fulfilments[0].stage == "handed_over"


def test_a_late_scan_is_kept_and_a_strange_one_is_a_clash():
    out = after(GONE, scan(1, "departed"), scan(2, "out_for_delivery"))
    late = decide(out, scan(3, "departed", occurred_at="2026-11-11T00:00:00Z"), CLERK)
    assert [type(e).__name__ for e in late.events] == ["ShipmentScanned"]
    strange = decide(out, scan(3, "departed"), CLERK)
    assert [getattr(e, "code", "") for e in strange.events] == ["", "scan.unexpected"]
    nowhere = RecordScan("o-1", fact_id="s", shipment_id="s-9", kind="lost")
    assert [e.code for e in decide(out, nowhere, CLERK).events] == ["shipment.unknown"]
    twice = decide(after(out, scan(3, "failed")), scan(3, "failed"), CLERK)
    assert twice.repeated


def test_a_delivery_that_fails_comes_home_or_is_lost():
    failed = after(GONE, scan(1, "out_for_delivery"), scan(2, "failed"))
    assert failed.fulfilments[0].stage == "failed"
    home = after(failed, scan(3, "returning"), scan(4, "returned"))
    assert (home.fulfilments[0].stage, home.fulfilments[0].ended) == ("returned", True)
    lost = after(GONE, scan(1, "lost"))
    assert lost.fulfilments[0].counts_as == "written_off"
    assert ledger(lost)[0] == (2, 2, 2, 2, 2, 0)
    topics = [e.topic for e in decide(GONE, scan(1, "lost"), CLERK).effects]
    assert topics == ["shipment.lost"]
    # The carrier finds it after all: the fact is taken in, and somebody has to look.
    found = decide(lost, RecordDelivery("o-1", fact_id="f-9", shipment_id="s-1"), CLERK)
    assert [getattr(e, "code", "") for e in found.events] == ["", "delivery.after_end"]
    assert after(lost, RecordDelivery("o-1", fact_id="f-9", shipment_id="s-1")).line("1").delivered


def test_a_part_that_arrived_leaves_the_rest_under_way():
    order = after(GONE, RecordDelivery("o-1", fact_id="f", shipment_id="s-1", lines={"1": 2}))
    assert order.fulfilments[0].stage == "handed_over"
    order = after(order, RecordDelivery("o-1", fact_id="g", shipment_id="s-1"))
    assert order.fulfilments[0].stage == "delivered"


# --- refusals, and what helps ---


@pytest.mark.parametrize(
    ("order", "message", "expected"),
    [
        (tea_order(), cmd(PlanFulfilment, 1, **FO, node="ningbo"), "order.stage"),
        (tea_order(), cmd(ReleaseFulfilment, 1, **FO), "order.stage"),
        (tea_order(), cmd(MigrateFlow, 1, to=FULFILMENT.pin), "order.stage flow.nothing_to_migrate"),
        (CONFIRMED, cmd(ReleaseFulfilment, 1, **FO), "fulfilment.unknown"),
        (PLANNED, cmd(PlanFulfilment, 1, **FO, node="ningbo"), "fulfilment.exists"),
        (CONFIRMED, cmd(PlanFulfilment, 1, **FO, node="hefei"), "plan.nothing_left"),
        (CONFIRMED, cmd(PlanFulfilment, 1, **FO, node="ningbo", lines={"9": 1}), "order.unknown_line"),
        (CONFIRMED, cmd(PlanFulfilment, 1, **FO, node="ningbo", lines={"1": 3}), "plan.not_reserved"),
        (PLANNED, cmd(HandOver, 1, **FO, shipment_id="s"), "fulfilment.stage"),
        (PLANNED, cmd(CompleteStage, 1, **FO, stage="customs"), "fulfilment.stage"),
        (PLANNED, cmd(SetAppointment, 1, **FO, at=NOW), "fulfilment.stage"),
        (GONE, cmd(CancelFulfilment, 1, **FO), "fulfilment.stage"),
        (PLANNED, cmd(ConfirmPick, 1, **FO, picked={"1": 1}), "pick.not_picking"),
        (RELEASED, cmd(ConfirmPick, 1, **FO, picked={"1": 1}), "pick.not_picking"),
        (GONE, cmd(ConfirmPick, 1, **FO, picked={"1": 1}), "pick.not_picking"),
        (PICKING, cmd(ConfirmPick, 1, **FO, picked={"1": 2}, short={"1": 1}), "pick.too_many"),
        (PICKING, cmd(PackFulfilment, 1, **FO), "pack.not_picked"),
        (PLANNED, cmd(ReleaseUnits, 1, allocations=["c-2/0"]), "allocation.in_fulfilment"),
        (CONFIRMED, cmd(MigrateFlow, 1, to=FULFILMENT.pin), "flow.nothing_to_migrate"),
        (
            CONFIRMED,
            cmd(MigrateFlow, 1, to=FULFILMENT.pin, fulfilments=["fo-9"]),
            "flow.nothing_to_migrate fulfilment.unknown",
        ),
        (
            CONFIRMED,
            cmd(MigrateFlow, 1, to=attrs.evolve(FULFILMENT.pin, version="9")),
            "flow.unknown",
        ),
    ],
)  # fmt: skip
def test_a_refusal_says_why_and_what_helps(order, message, expected):
    verdict = orders.check(order, message, CLERK)
    assert " ".join(verdict.codes) == expected
    for reason in verdict.reasons:
        assert reason.final or reason.remedy or reason.obtain


def test_a_shipment_id_is_used_once():
    other = after(
        CONFIRMED,
        cmd(PlanFulfilment, 1, **FO, node="ningbo", lines={"1": 2}),
        cmd(ShipUnits, 2, shipment_id="s-1", node="ningbo", lines={"2": 1}),
        cmd(ReleaseFulfilment, 3, **FO),
        cmd(StartPicking, 4, **FO),
        cmd(ConfirmPick, 5, **FO, picked={"1": 2}),
        cmd(PackFulfilment, 6, **FO),
    )
    assert codes(other, cmd(HandOver, 7, **FO, shipment_id="s-1")) == ("shipment.exists",)
    ship = cmd(ShipUnits, 8, shipment_id="fo-1", node="ningbo", lines={"1": 1})
    assert "shipment.exists" in codes(other, ship)


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (PLANNED, cmd(HandOver, "z", **FO, shipment_id="s")),
        (PLANNED, cmd(PackFulfilment, "z", **FO)),
        (PLANNED, cmd(ConfirmPick, "z", **FO, picked={"1": 2})),
        (PICKING, cmd(PackFulfilment, "z", **FO)),
        (PICKING, cmd(HandOver, "z", **FO, shipment_id="s")),
        (PACKED, cmd(CompleteStage, "z", **FO, stage="packed")),
    ],
)
def test_remedies_lead_to_what_was_asked(order, message):
    for _ in range(9):
        answer = decide(order, message, CLERK)
        if not answer.is_refused:
            return
        if answer.final:
            assert decide(order, message, CLERK).codes == ("fulfilment.stage",)
            return
        order = after(order, *(r.remedy for r in answer.reasons))
    pytest.fail("the remedies never end")


def test_reserving_is_the_remedy_for_units_without_stock():
    order = confirmed(lines=(("1", 2), ("2", 1)))
    freed = after(order, cmd(ReleaseUnits, 1, allocations=["c-2/0"]))
    ask = cmd(PlanFulfilment, 2, **FO, node="ningbo", lines={"1": 2, "2": 1})
    (reason,) = orders.check(freed, ask, CLERK).reasons
    assert (reason.facts["asked"], reason.facts["possible"]) == (2, 0)
    assert after(freed, reason.remedy, ask).fulfilments[0].lines == {"1": 2, "2": 1}


def test_available_names_the_fulfilment_orders_that_a_command_may_be_aimed_at():
    now = available(PICKING, CLERK)
    assert now["ConfirmPick"].lines == {"1": 2, "2": 1}
    assert now["ConfirmPick"].targets == ("fo-1",)
    assert now["CancelFulfilment"].targets == ("fo-1",)
    assert [r.code for r in now["PackFulfilment"].reasons] == ["pack.not_picked"]
    assert [r.code for r in now["PlanFulfilment"].reasons] == ["plan.nothing_left"]
    assert available(PACKED, CLERK)["HandOver"].targets == ("fo-1",)
    assert available(tea_order(), CLERK)["PlanFulfilment"].reasons[0].code == "order.stage"


# --- flows of one's own ---

CUSTOMS = FULFILMENT.with_(
    stage("customs", after="packed", counts_as="packed", needs=["customs.declaration_no"]),
    version="customs",
)
ABROAD = FULFILMENT.with_(stage("export", after="packed"), version="export")
LOCKED = FULFILMENT.with_(
    stage("sealed", after="packed", counts_as="packed", allows=()), version="sealed"
)


def shop(*flows):
    return OrderDecider(OrderRules(flows=flows))


def test_an_added_stage_is_completed_and_then_the_units_leave():
    quiet = FULFILMENT.with_(stage("check", after="packed", counts_as="packed"), version="check")
    here = shop(Flow(machine=quiet))
    order = after(CONFIRMED, cmd(PlanFulfilment, 1, **FO, node="ningbo"), shop=here)
    for message in (
        cmd(ReleaseFulfilment, 2, **FO),
        cmd(StartPicking, 3, **FO),
        cmd(ConfirmPick, 4, **FO, picked={"1": 2, "2": 1}),
        cmd(PackFulfilment, 5, **FO),
        cmd(HandOver, 6, **FO, shipment_id="s-1"),
    ):
        order = after(order, message, shop=here)
    assert (order.fulfilments[0].stage, order.line("1").shipped) == ("check", 0)
    wrong = cmd(CompleteStage, 7, **FO, stage="packed")
    (reason,) = here.check(order, wrong, CLERK).reasons
    assert reason.code == "fulfilment.other_stage"
    assert reason.remedy.stage == "check"
    gone = after(order, cmd(CompleteStage, 7, **FO, stage="check"), shop=here)
    assert (gone.fulfilments[0].stage, gone.line("1").shipped) == ("handed_over", 2)
    assert gone.shipments[0].shipment_id == "s-1"
    # Under rules that do not know the flow, nothing is decided on it, and facts are kept.
    assert codes(order, cmd(CompleteStage, 7, **FO, stage="check")) == ("flow.unknown",)
    assert codes(order, cmd(ConfirmPick, 7, **FO, picked={"1": 1})) == ("flow.unknown",)
    assert codes(order, cmd(CancelUnits, 7, lines={"1": 1})) == ("cancel.in_fulfilment",)
    assert codes(order, cmd(MigrateFlow, 7, to=FULFILMENT.pin)) == ("flow.unknown",)
    kept = decide(gone, scan(1, "departed"), CLERK).events
    assert [getattr(e, "code", "") for e in kept] == ["", "flow.unknown"]
    arrived = decide(gone, RecordDelivery("o-1", fact_id="f", shipment_id="s-1"), CLERK).events
    assert [type(e).__name__ for e in arrived] == ["UnitsDelivered"]


def test_a_stage_in_the_way_is_completed_first():
    staging = FULFILMENT.with_(stage("staging", after="released"), version="staging")
    here = shop(Flow(machine=staging))
    order = after(
        CONFIRMED,
        cmd(PlanFulfilment, 1, **FO, node="ningbo"),
        cmd(ReleaseFulfilment, 2, **FO),
        cmd(StartPicking, 3, **FO),
        shop=here,
    )
    assert order.fulfilments[0].stage == "staging"
    (reason,) = here.check(order, cmd(PackFulfilment, 4, **FO), CLERK).reasons
    assert (type(reason.remedy), reason.remedy.stage) == (CompleteStage, "staging")
    assert after(order, reason.remedy, shop=here).fulfilments[0].stage == "picking"


def test_the_first_flow_that_is_for_an_order_serves_it():
    big = parse("order.total > CNY(500)", vocabulary=orders.ORDER_FACTS)
    small = parse("order.total < CNY(500)", vocabulary=orders.ORDER_FACTS)
    flows = (
        Flow(machine=CUSTOMS, when=big),
        Flow(machine=LOCKED, retired=True),
        Flow(machine=FULFILMENT, mode="pickup"),
        Flow(machine=ABROAD, when=small),
    )
    order = after(CONFIRMED, cmd(PlanFulfilment, 1, **FO, node="ningbo"), shop=shop(*flows))
    assert order.fulfilments[0].flow == ABROAD.pin
    none = RollOut(FULFILMENT.pin, waves=[wave(ABROAD.pin, percent=0)])
    every = RollOut(FULFILMENT.pin, waves=[wave(ABROAD.pin, percent=100)])
    for rollout, pin in ((none, FULFILMENT.pin), (every, ABROAD.pin)):
        here = shop(Flow(machine=ABROAD, rollout=rollout))
        order = after(CONFIRMED, cmd(PlanFulfilment, 1, **FO, node="ningbo"), shop=here)
        assert order.fulfilments[0].flow == pin


def test_a_stage_that_cannot_be_cancelled_keeps_its_units():
    here = shop(Flow(machine=LOCKED))
    order = after(
        CONFIRMED,
        cmd(PlanFulfilment, 1, **FO, node="ningbo", lines={"1": 2}),
        cmd(ReleaseFulfilment, 2, **FO),
        cmd(StartPicking, 3, **FO),
        cmd(ConfirmPick, 4, **FO, picked={"1": 2}),
        cmd(PackFulfilment, 5, **FO),
        cmd(HandOver, 6, **FO, shipment_id="s-1"),
        shop=here,
    )
    now = here.available(order, CLERK)
    assert now["CancelUnits"].lines == {"2": 1}
    assert here.check(order, cmd(CancelOrder, 7), CLERK).codes == ("cancel.in_fulfilment",)


def test_the_built_in_version_is_a_way_on_where_the_host_s_has_none():
    spec = FULFILMENT.spec
    kept = [e for e in spec.transitions if e.command != "cancel" or e.source == "planned"]
    rigid = Machine.build(attrs.evolve(spec, version="rigid", transitions=kept))
    here = shop(Flow(machine=rigid))
    plan = cmd(PlanFulfilment, 1, **FO, node="ningbo")
    order = after(CONFIRMED, plan, cmd(ReleaseFulfilment, 2, **FO), shop=here)
    (reason,) = here.check(order, cmd(CancelFulfilment, 3, **FO), CLERK).reasons
    assert (reason.code, reason.final, reason.remedy.to) == (
        "fulfilment.stage",
        False,
        FULFILMENT.pin,
    )
    order = after(order, reason.remedy, cmd(CancelFulfilment, 3, **FO), shop=here)
    assert order.fulfilments[0].stage == "cancelled"


def test_live_work_goes_on_under_a_new_version():
    here = shop(Flow(machine=ABROAD), Flow(machine=FULFILMENT, retired=True))
    assert here.available(PACKED, CLERK)["MigrateFlow"].targets == ("fo-1",)
    moved = after(PACKED, cmd(MigrateFlow, 1, to=ABROAD.pin), shop=here)
    assert (moved.fulfilments[0].flow, moved.fulfilments[0].stage) == (ABROAD.pin, "packed")
    named = after(PACKED, cmd(MigrateFlow, 1, to=ABROAD.pin, fulfilments=["fo-1"]), shop=here)
    assert named.fulfilments == moved.fulfilments
    abroad = after(
        GONE, cmd(MigrateFlow, 1, to=ABROAD.pin, stages={"handed_over": "export"}), shop=here
    )
    assert abroad.fulfilments[0].stage == "export"
    nowhere = here.check(
        PACKED, cmd(MigrateFlow, 1, to=ABROAD.pin, stages={"packed": "moon"}), CLERK
    )
    assert nowhere.codes == ("flow.migration",)
    again = here.check(moved, cmd(MigrateFlow, 2, to=ABROAD.pin, fulfilments=["fo-1"]), CLERK)
    assert again.codes == ("migration.already",) or not again.allowed


TEA_AND_CUP = after(
    CONFIRMED,
    cmd(PlanFulfilment, 1, fulfilment_id="tea", node="ningbo", lines={"1": 2}),
    cmd(PlanFulfilment, 2, fulfilment_id="cup", node="ningbo", lines={"2": 1}),
)


def test_all_live_work_of_a_flow_is_taken_over_at_once():
    here = shop(Flow(machine=ABROAD))
    both = after(TEA_AND_CUP, cmd(MigrateFlow, 3, to=ABROAD.pin), shop=here)
    assert [f.flow for f in both.fulfilments] == [ABROAD.pin, ABROAD.pin]
    moon = cmd(MigrateFlow, 3, to=ABROAD.pin, stages={"planned": "moon"})
    # One plan for both, and its fault is told once.
    assert here.check(TEA_AND_CUP, moon, CLERK).codes == ("flow.migration",)


def renamed(machine, old, new, version):
    """The machine with a state under another name, which no plan can guess."""

    def named(part, *fields):
        return attrs.evolve(part, **{f: new for f in fields if getattr(part, f) == old})

    spec = machine.spec
    return type(machine)(
        attrs.evolve(
            spec,
            version=version,
            states=[named(state, "id") for state in spec.states],
            transitions=[named(edge, "source", "target") for edge in spec.transitions],
        )
    )


RENAMED = renamed(FULFILMENT, "picking", "gathering", "renamed")


def test_available_names_what_can_go_on_under_the_version_that_is_chosen_now():
    here = shop(Flow(machine=RENAMED))
    lost = here.available(TEA_AND_CUP, CLERK)["MigrateFlow"]
    assert [r.code for r in lost.reasons] == ["flow.migration"]
    here = shop(Flow(machine=ABROAD))
    assert here.available(TEA_AND_CUP, CLERK)["MigrateFlow"].targets == ("tea", "cup")
    ended = after(TEA_AND_CUP, cmd(CancelFulfilment, 3, fulfilment_id="tea"))
    assert here.available(ended, CLERK)["MigrateFlow"].targets == ("cup",)


def test_available_names_the_work_of_one_flow_at_a_time():
    fetched = orders.DEFAULT_RULES
    order = after(
        CONFIRMED,
        cmd(PlanFulfilment, 1, fulfilment_id="tea", node="ningbo", lines={"1": 1}),
        cmd(PlanFulfilment, 2, fulfilment_id="cup", node="ningbo", lines={"2": 1}, mode="pickup"),
        cmd(PlanFulfilment, 3, fulfilment_id="more", node="ningbo", lines={"1": 1}),
        shop=OrderDecider(fetched),
    )
    desk = known_flow(order.fulfilment("cup").flow, fetched)
    desk = desk.with_(stage("desk", after="picking", counts_as="picked"), version="desk")
    here = shop(Flow(machine=ABROAD), Flow(machine=desk, mode="pickup"))
    option = here.available(order, CLERK)["MigrateFlow"]
    assert option.targets == ("tea", "more")
    moved = after(order, cmd(MigrateFlow, 4, to=ABROAD.pin, fulfilments=option.targets), shop=here)
    assert here.available(moved, CLERK)["MigrateFlow"].targets == ("cup",)


def test_a_retired_flow_is_nothing_to_go_on_under():
    here = shop(Flow(machine=FULFILMENT, retired=True), Flow(machine=ABROAD))
    order = after(CONFIRMED, cmd(PlanFulfilment, 1, **FO, node="ningbo"), shop=here)
    assert order.fulfilments[0].flow == ABROAD.pin
    assert [r.code for r in here.available(order, CLERK)["MigrateFlow"].reasons] == [
        "flow.nothing_to_migrate"
    ]


def test_a_stage_behind_picking_counts_what_nobody_picked():
    sorting = FULFILMENT.with_(
        stage("sorting", after="picking", counts_as="picked"), version="sort"
    )
    here = shop(Flow(machine=sorting))
    order = after(
        CONFIRMED,
        cmd(PlanFulfilment, 1, **FO, node="ningbo", lines={"1": 2}),
        cmd(ReleaseFulfilment, 2, **FO),
        cmd(StartPicking, 3, **FO),
        shop=here,
    )
    (edge,) = [e for e in sorting.transitions if e.target == "sorting"]
    assert (edge.source, edge.command) == ("picking", "pack")
    packing = cmd(PackFulfilment, 4, **FO)
    (reason,) = here.check(order, packing, CLERK).reasons
    assert reason.code == "pack.not_picked"
    sorted_ = after(order, reason.remedy, packing, shop=here)
    assert (sorted_.fulfilments[0].stage, ledger(sorted_)[0][:4]) == ("sorting", (2, 2, 2, 0))


def test_a_flow_declares_where_units_stand():
    odd = FULFILMENT.spec
    states = [attrs.evolve(s, counts_as="") for s in odd.states]
    bare = type(FULFILMENT)(attrs.evolve(odd, states=states, positions=(), exits=()))
    with pytest.raises(InvalidBatch) as told:
        Flow(machine=bare)
    assert {f.code for f in told.value.faults} == {"flow.counts_as"}
    assert len(told.value.faults) == len(odd.states)


def test_a_flow_by_which_nothing_leaves_is_refused():
    """It was taken, and the first unplanned shipment of its orders fell over it."""
    spec = FULFILMENT.spec
    edges = [
        attrs.evolve(edge, command="pass_on") if edge.command == "hand_over" else edge
        for edge in spec.transitions
    ]
    commands = ["pass_on" if each == "hand_over" else each for each in spec.commands]
    renamed = type(FULFILMENT)(attrs.evolve(spec, transitions=edges, commands=commands))
    with pytest.raises(InvalidBatch) as told:
        Flow(machine=renamed)
    assert [(f.code, f.path) for f in told.value.faults] == [
        ("flow.no_hand_over", "machine.transitions")
    ]


# --- bad input, and logs that cannot be ---


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (lambda: FulfilmentUnits(allocation_id="a", line_id="1", quantity=1, picked=2), "order.fulfilment"),
        (lambda: Parcel(parcel_id="p", lines={"1": 0}), "quantity.not_positive"),
        (lambda: Parcel(parcel_id="p", lines={"1": 1}, weight_g=-1), "parcel.weight_g"),
        (lambda: cmd(PlanFulfilment, 1, **FO, node="n", lines={"1": 0}), "quantity.not_positive"),
        (lambda: cmd(ConfirmPick, 1, **FO), "quantity.none"),
        (lambda: cmd(ConfirmPick, 1, **FO, short={"1": -1}), "quantity.not_positive"),
        (lambda: OrderRules(flows=[FULFILMENT]), "type.wrong"),
        (lambda: cmd(CompleteStage, 1, **FO, stage=""), "fulfilment.stage"),
        (lambda: Flow(machine=FULFILMENT, when="x"), "type.wrong"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_its_code(build, code):
    with pytest.raises((InvalidValue, InvalidBatch)) as told:
        build()
    fault = told.value.faults[0] if isinstance(told.value, InvalidBatch) else told.value
    assert fault.code == code


def test_a_log_that_cannot_be_is_refused():
    (planned,) = decide(CONFIRMED, cmd(PlanFulfilment, 1, **FO, node="ningbo"), CLERK).events
    with pytest.raises(IllegalTransition):
        replay(PLANNED, [planned])
    (released,) = decide(PLANNED, cmd(ReleaseFulfilment, 2, **FO), CLERK).events
    with pytest.raises(IllegalTransition):
        replay(RELEASED, [released])
    with pytest.raises(IllegalTransition):
        replay(CONFIRMED, [released])
    (found,) = decide(PICKING, cmd(ConfirmPick, 3, **FO, picked={"1": 2}), CLERK).events
    with pytest.raises(IllegalTransition):
        replay(PICKED, [found])
    strange = attrs.evolve(found, units=(attrs.evolve(found.units[0], allocation_id="z"),))
    with pytest.raises(IllegalTransition):
        replay(PICKING, [strange])
    recalled = decide(PICKING, cmd(ConfirmPick, 4, **FO, short={"1": 1}), CLERK).events[0]
    elsewhere = attrs.evolve(recalled, units=(attrs.evolve(recalled.units[0], allocation_id="z"),))
    with pytest.raises(IllegalTransition):
        replay(PICKING, [elsewhere])


def test_the_laws_notice_what_they_are_about():
    broken = attrs.evolve(PICKED, fulfilments=())
    assert "INV-ORDER-30" in {law.invariant_id for law in INVARIANTS if law.check(broken)}
    (tea, cup) = PICKED.lines
    broken = attrs.evolve(PICKED, lines=(attrs.evolve(tea, picked=1), cup))
    assert "INV-ORDER-31" in {law.invariant_id for law in INVARIANTS if law.check(broken)}
    homeless = attrs.evolve(GONE, fulfilments=())
    assert "INV-ORDER-32" in {law.invariant_id for law in INVARIANTS if law.check(homeless)}
    lone = attrs.evolve(GONE, shipments=())
    assert "INV-ORDER-32" in {law.invariant_id for law in INVARIANTS if law.check(lone)}


def test_a_specimen_is_what_it_says():
    assert isinstance(tea_fulfilment(), FulfilmentOrder)
    assert tea_fulfilment().mode is FulfilmentMode.SHIP

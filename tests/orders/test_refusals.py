"""Every "no" with its reasons, their figures, and what would help."""

from __future__ import annotations

import attrs
import pytest
from tests.orders.histories import at, run, taken

from ordercore.kernel import Decision, InvalidBatch, Money, NotFound, Refused, instant, shift
from ordercore.network import Destination, Region
from ordercore.orders import (
    FULFILMENT,
    AllocateUnits,
    Assignment,
    CancelFulfilment,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    ConfirmOrder,
    FactClashed,
    Flow,
    GiveApproval,
    GrantAllowance,
    HoldScope,
    IssueCreditNote,
    ItemFacts,
    LapseExchange,
    OrderDecider,
    OrderRules,
    PlaceHold,
    PlaceOrder,
    PlanFulfilment,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordEvidence,
    RecordPayment,
    RecordScan,
    RefundBalance,
    ReleaseHold,
    ReleaseUnits,
    ReopenOrder,
    RequestReturn,
    ReserveStock,
    ShipUnits,
    available,
    check,
    decide,
)
from ordercore.orders.specimen import tea_order, tea_quote
from ordercore.pricing import Adjustment, Charge, Quote, QuoteLine
from ordercore.statemachine import stage

NOW = instant("2026-11-11T08:00:00Z")
CONFIRM = ConfirmOrder("o-1", command_id="c-9")


def after(order, *messages):
    for message in messages:
        step = taken(order, message, at(NOW))
        assert isinstance(step.answer, Decision), step.answer
        order = step.after
    return order


def paid(minor=31590):
    return RecordPayment(
        "o-1", fact_id="f-1", payment_id="p", kind="captured", amount=Money(minor, "CNY")
    )


def reserved(*units, id="c-2", node="n"):
    plan = [Assignment(line, count, node=node) for line, count in units]
    return ReserveStock("o-1", command_id=id, allocations=plan)


def shipped(id="s-1", command="c-4", **lines):
    units = {key[1:]: count for key, count in lines.items()}
    return ShipUnits("o-1", command_id=command, shipment_id=id, node="n", lines=units)


CONFIRMED = after(tea_order(), paid(), reserved(("1", 2), ("2", 1)), CONFIRM)


# --- placing ---


def test_place_takes_from_the_quote_what_it_is_not_told():
    there = Destination(Region("CN", "ZJ", "Hangzhou"))
    quote = attrs.evolve(tea_quote(), ship_to=there, customer="b-1")
    order = after(None, PlaceOrder("o-1", quote=quote, command_id="c-1"))
    assert (order.destination, order.channel, order.customer) == (there, "douyin", "b-1")
    told = PlaceOrder("o-1", quote=quote, command_id="c-1", channel="tmall", customer="b-2")
    assert after(None, told).channel == "tmall"
    assert after(None, told).customer == "b-2"


def test_place_refuses_what_cannot_be_an_order():
    bare = Quote(currency="CNY", at=NOW, lines=[], charges=[Charge("fee", list_amount=_cny(1))])
    minus = QuoteLine(
        "1",
        sku="TEA",
        quantity=1,
        list_amount=_cny(0),
        adjustments=[Adjustment(code="x", amount=_cny(-100))],
    )
    below = Quote(currency="CNY", at=NOW, lines=[minus], valid_until=NOW)
    answer = decide(None, PlaceOrder("o-1", quote=bare, command_id="c"), at(NOW))
    assert answer.codes == ("place.no_lines",)
    assert answer.final
    answer = decide(None, PlaceOrder("o-1", quote=below, command_id="c"), at(NOW))
    assert answer.codes == ("place.total_negative", "quote.stale")
    assert answer.reasons[0].facts["total"] == _cny(-100)
    early = at(shift(NOW, seconds=-1))
    answer = decide(None, PlaceOrder("o-1", quote=below, command_id="c"), early)
    assert answer.codes == ("place.total_negative",)
    with pytest.raises(Refused):
        answer.accepted()


def _cny(minor):
    return Money(minor, "CNY")


def test_nothing_is_done_to_an_order_that_is_not_there():
    answer = decide(None, CONFIRM, at(NOW))
    assert answer.codes == ("order.unknown",)
    assert not answer.final
    assert decide(None, paid(), at(NOW)).codes == ("order.unknown",)


def test_a_message_for_another_order_is_refused_even_when_it_is_a_fact():
    for message in (
        ConfirmOrder("o-2", command_id="c"),
        RecordDelivery("o-2", fact_id="f", shipment_id="s"),
    ):
        answer = decide(tea_order(), message, at(NOW))
        assert answer.codes == ("order.other",)
        assert answer.reasons[0].facts == {"order": "o-1", "asked": "o-2"}


# --- exactly once ---


def test_placing_again_is_a_repeat_only_with_the_same_quote():
    place = PlaceOrder("o-1", quote=tea_quote(), command_id="c-1", customer="b-1")
    order = after(None, place)
    again = decide(order, place, at(NOW))
    assert (again.repeated, again.version, again.events) == (True, 1, ())
    # Of the same total, so that only the quote as a whole tells them apart.
    other = attrs.evolve(tea_quote(), at="2026-11-10T00:00:00Z")
    reused = decide(order, attrs.evolve(place, quote=other), at(NOW))
    assert reused.codes == ("command.id_reused",)
    assert reused.reasons[0].facts == {"command": "c-1", "version": 1}
    assert reused.final
    assert decide(order, attrs.evolve(place, customer="b-2"), at(NOW)).codes == reused.codes


def test_a_repeat_is_answered_whatever_the_clock_says():
    early = at(shift(NOW, days=-1))
    assert decide(CONFIRMED, CONFIRM, early).repeated
    assert decide(CONFIRMED, CONFIRM, early).version == CONFIRMED.version


def test_a_repeat_in_the_middle_of_a_life_tells_its_first_version():
    later = after(CONFIRMED, shipped(l1=1))
    assert decide(later, CONFIRM, at(NOW)).version == CONFIRMED.version < later.version


# --- the clock ---


def test_commands_refuse_a_clock_that_runs_backwards():
    early = at(shift(NOW, microseconds=-1))
    answer = decide(CONFIRMED, shipped(l1=1), early)
    assert answer.codes == ("clock.backwards",)
    assert answer.reasons[0].facts == {"now": early.now, "last": NOW}
    assert isinstance(decide(CONFIRMED, shipped(l1=1), at(NOW)), Decision)


def test_facts_are_taken_and_the_stumble_is_noted():
    fact = RecordPayment("o-1", fact_id="f", payment_id="q", kind="failed", amount=_cny(1))
    step = taken(CONFIRMED, fact, at(shift(NOW, seconds=-1)))
    assert [type(e).__name__ for e in step.answer.events] == ["PaymentRecorded", "FactClashed"]
    assert step.answer.events[1].code == "clock.backwards"
    assert step.after.last_at == NOW
    assert step.after.clashes == {"clock.backwards": 1}
    on_time = decide(CONFIRMED, fact, at(NOW))
    assert len(on_time.events) == 1


# --- gates ---


def test_gates_say_what_is_missing_and_what_would_help():
    stock, payment = check(tea_order(), CONFIRM, at(NOW)).reasons
    assert stock.facts == {"missing": 3, "unplanned": 3, "lines": ("1", "2")}
    assert isinstance(stock.remedy, ReserveStock)
    assert payment.obtain == "a captured or authorised payment of CNY 315.90"
    assert payment.facts == {"due": _cny(31590), "missing": _cny(31590)}
    partly = after(tea_order(), paid(10000), reserved(("1", 2)))
    stock, payment = check(partly, CONFIRM, at(NOW)).reasons
    assert stock.facts == {"missing": 1, "unplanned": 1, "lines": ("2",)}
    assert payment.facts["missing"] == _cny(21590)


def test_the_stock_gate_s_remedy_reserves_what_is_planned():
    from ordercore.orders import AllocateUnits

    plan = [Assignment("1", 2, node="n"), Assignment("2", 1, node="n")]
    planned = after(tea_order(), paid(), AllocateUnits("o-1", command_id="c-2", allocations=plan))
    (stock,) = check(planned, CONFIRM, at(NOW)).reasons
    assert stock.facts["unplanned"] == 0
    helped = after(planned, stock.remedy, CONFIRM)
    assert helped.lifecycle == "confirmed"


# --- stages ---


@pytest.mark.parametrize(
    "order, message, remedy, allowed",
    [
        (tea_order(), shipped(l1=1), ConfirmOrder, ("confirmed",)),
        (tea_order(), CloseOrder("o-1", command_id="x"), ConfirmOrder, ("confirmed",)),
        (tea_order(), ReopenOrder("o-1", command_id="x"), None, ("closed",)),
        (CONFIRMED, ConfirmOrder("o-1", command_id="x"), None, ("submitted",)),
    ],
)
def test_the_stage_that_a_command_needs(order, message, remedy, allowed):
    answer = decide(order, message, at(NOW))
    assert answer.codes == ("order.stage",)
    reason = answer.reasons[0]
    assert reason.facts["allowed_in"] == allowed
    assert reason.facts["stage"] == order.lifecycle.value
    assert reason.facts["command"] == message.verb
    assert (type(reason.remedy) if reason.remedy else None) is remedy
    # Nothing leads back to the stage before a confirmation; a closed order can still come.
    assert reason.final == (message.verb == "confirm")


def test_a_closed_order_reopens_for_a_return():
    closed = after(
        CONFIRMED,
        shipped(l1=2, l2=1),
        RecordDelivery("o-1", fact_id="f-9", shipment_id="s-1"),
        CloseOrder("o-1", command_id="c-5"),
    )
    back = RequestReturn("o-1", command_id="c-6", return_id="r", lines={"1": 1})
    reason = decide(closed, back, at(NOW)).reasons[0]
    assert isinstance(after(closed, reason.remedy, back), type(closed))


# --- shipping ---


def test_shipping_more_than_is_held_proposes_the_reservation():
    partly = after(tea_order(), paid(), reserved(("1", 1), ("2", 1)), reserved(("1", 1), id="c-3"))
    from ordercore.orders import ReleaseUnits

    order = after(partly, ConfirmOrder("o-1", command_id="c-8"))
    order = after(order, ReleaseUnits("o-1", command_id="c-10", allocations=["c-2/0"]))
    answer = decide(order, shipped(l1=2), at(NOW))
    assert answer.codes == ("ship.not_reserved",)
    assert answer.reasons[0].facts == {"line": "1", "node": "n", "asked": 2, "possible": 1}
    assert isinstance(after(order, answer.reasons[0].remedy, shipped(l1=2)), type(order))


def test_the_proposed_reservation_takes_planned_units_first():
    from ordercore.orders import AllocateUnits, ReleaseUnits

    order = after(CONFIRMED, ReleaseUnits("o-1", command_id="r", allocations=["c-2/0"]))
    plan = [Assignment("1", 1, node="n", service="sf")]
    order = after(order, AllocateUnits("o-1", command_id="a", allocations=plan))
    remedy = decide(order, shipped(l1=2), at(NOW)).reasons[0].remedy
    assert [(a.quantity, a.allocation_id) for a in remedy.allocations] == [(1, "a/0"), (1, None)]
    helped = after(order, remedy, shipped(l1=2))
    assert helped.line("1").shipped == 2
    assert helped.shipments[0].service == "sf"
    one = decide(order, shipped(l1=1), at(NOW)).reasons[0].remedy
    assert [(a.quantity, a.allocation_id) for a in one.allocations] == [(1, "a/0")]


def test_units_that_stand_elsewhere_cannot_be_reserved_here():
    other = ShipUnits("o-1", command_id="x", shipment_id="s", node="elsewhere", lines={"1": 1})
    reason = decide(CONFIRMED, other, at(NOW)).reasons[0]
    assert reason.remedy is None
    assert reason.facts["possible"] == 0
    assert reason.obtain is not None


def test_shipments_name_their_service_and_lines():
    order = after(CONFIRMED, shipped(l1=1), shipped("s-2", "c-6", l1=1, l2=1))
    assert [
        (s.shipment_id, [(x.line_id, x.quantity) for x in s.lines]) for s in order.shipments
    ] == [
        ("s-1", [("1", 1)]),
        ("s-2", [("1", 1), ("2", 1)]),
    ]
    assert order.shipments[0].shipped_at == NOW
    named = ShipUnits(
        "o-1", command_id="c-7", shipment_id="s", node="n", service="own", lines={"2": 1}
    )
    assert after(CONFIRMED, named).shipments[0].service == "own"


# --- reserving ---


def test_reserving_a_known_allocation_must_fit_it():
    from ordercore.orders import AllocateUnits

    plan = [Assignment("1", 2, node="n", allocation_id="a")]
    order = after(tea_order(), AllocateUnits("o-1", command_id="c-2", allocations=plan))

    def ask(*units):
        return ReserveStock("o-1", command_id="c-3", allocations=units)

    def known(line, count, node="n"):
        return Assignment(line, count, node=node, allocation_id="a")

    differs = decide(order, ask(known("1", 1, node="m")), at(NOW))
    assert differs.codes == ("allocation.differs",)
    assert differs.reasons[0].facts == {"allocation": "a", "line": "1", "node": "n"}
    assert decide(order, ask(known("2", 1)), at(NOW)).codes == ("allocation.differs",)
    over = decide(order, ask(known("1", 2), known("1", 1)), at(NOW))
    assert over.codes == ("reserve.too_many",)
    assert over.reasons[0].facts == {"allocation": "a", "asked": 1, "possible": 2}
    assert after(order, ask(known("1", 1))).line("1").reserved == 1
    twice = decide(
        order, AllocateUnits("o-1", command_id="c-4", allocations=[known("2", 1)]), at(NOW)
    )
    assert twice.codes == ("allocation.exists",)
    double = [Assignment("2", 1, node="n", allocation_id="b")] * 2
    answer = decide(order, ask(*double), at(NOW))
    assert answer.codes == ("allocation.exists", "allocate.too_many")


# --- cancelling ---


def test_cancelling_too_much_proposes_what_is_possible():
    order = after(CONFIRMED, shipped(l1=1))
    ask = CancelUnits("o-1", command_id="x", lines={"1": 2}, cause="why")
    reason = decide(order, ask, at(NOW)).reasons[0]
    assert reason.facts == {"line": "1", "asked": 2, "possible": 1, "shipped": 1}
    assert reason.remedy.lines == {"1": 1}
    assert reason.remedy.cause == "why"
    gone = after(CONFIRMED, shipped(l1=2))
    reason = decide(gone, ask, at(NOW)).reasons[0]
    assert isinstance(reason.remedy, RequestReturn)
    assert reason.remedy.lines == {"1": 2}
    one = CancelUnits("o-1", command_id="x", lines={"1": 1})
    assert decide(gone, one, at(NOW)).reasons[0].remedy.lines == {"1": 1}
    back = after(gone, reason.remedy)
    assert _only(back, ask) == ("cancel.too_many", False, True)
    unknown = decide(order, CancelUnits("o-1", command_id="x", lines={"9": 1}), at(NOW))
    assert unknown.codes == ("order.unknown_line",)


def test_cancelling_an_order_that_has_left_proposes_its_return():
    gone = after(CONFIRMED, shipped(l1=2, l2=1))
    ask = CancelOrder("o-1", command_id="x")
    reason = decide(gone, ask, at(NOW)).reasons[0]
    assert reason.remedy.lines == {"1": 2, "2": 1}
    assert reason.facts == {"shipped": 3}
    assert _only(after(gone, reason.remedy), ask) == ("cancel.nothing_left", False, True)


def test_units_are_cancelled_from_the_backlog_first_then_from_the_last_allocation():
    order = after(tea_order(), reserved(("1", 1), id="a"), reserved(("2", 1), id="b"))
    one = decide(order, CancelUnits("o-1", command_id="x", lines={"1": 1}), at(NOW))
    assert not [e for e in one.effects if type(e).__name__ == "ReleaseStock"]
    two = decide(order, CancelUnits("o-1", command_id="x", lines={"1": 2}), at(NOW))
    assert [e.allocation_id for e in two.effects] == ["a/0"]
    split = after(tea_order(), reserved(("1", 1), id="a"), reserved(("1", 1), id="b"))
    last = decide(split, CancelUnits("o-1", command_id="x", lines={"1": 1}), at(NOW))
    assert [e.allocation_id for e in last.effects] == ["b/0"]
    assert last.effects[0].effect_id == "o-1/x/0"


# --- returns ---


def test_returns_within_what_was_shipped():
    order = after(CONFIRMED, shipped(l1=1))

    def ask(units, line="1"):
        return RequestReturn("o-1", command_id="x", return_id="r", lines={line: units})

    reason = decide(order, ask(2), at(NOW)).reasons[0]
    assert reason.facts == {"line": "1", "asked": 2, "possible": 1, "shipped": 1}
    assert reason.remedy.lines == {"1": 1}
    assert reason.remedy.return_id == "r"
    later = decide(order, ask(1, "2"), at(NOW)).reasons[0]
    assert (later.remedy, later.final) == (None, False)
    back = after(order, ask(1))
    gone = after(back, CancelUnits("o-1", command_id="y", lines={"1": 1}))
    again = RequestReturn("o-1", command_id="z", return_id="r", lines={"1": 1, "9": 1})
    answer = decide(gone, again, at(NOW))
    assert answer.codes == ("return.exists", "return.too_many", "order.unknown_line")
    assert [reason.final for reason in answer.reasons] == [True, False, False]


def test_a_return_that_nobody_announced_proposes_its_request():
    order = after(CONFIRMED, shipped(l1=2))

    def came(units, line="1"):
        return ReceiveReturn(
            "o-1",
            command_id="x",
            return_id="r",
            units=[ReceivedUnits(line, units, disposition="scrap")],
        )

    reason = decide(order, came(2), at(NOW)).reasons[0]
    assert reason.remedy.lines == {"1": 2}
    helped = after(order, reason.remedy, came(2))
    assert helped.line("1").written_off == 2
    assert _only(order, came(3)) == ("return.unknown", False, True)
    assert _only(order, came(1, "9")) == ("return.unknown", False, True)
    stray = decide(after(order, reason.remedy), came(1, "2"), at(NOW)).reasons[0]
    assert stray.facts == {"line": "2", "asked": 1, "possible": 0}
    before = decide(tea_order(), came(1), at(NOW))
    assert before.codes == ("order.stage",)


def test_the_stage_is_asked_before_anything_else():
    cancelled = after(tea_order(), CancelOrder("o-1", command_id="x"))
    from tests.orders.scenario_words import (
        allocate,
        allow,
        ask_back,
        balance,
        cancel,
        cancel_order,
        close,
        release,
        ship,
        take_back,
    )

    for make in (
        allocate(("1", 1)),
        allow("1.00"),
        ask_back(l1=1),
        cancel(l1=1),
        cancel_order(),
        close(),
        release("a"),
        ship(l1=1),
        take_back(("1", 1, "scrap")),
    ):
        answer = decide(cancelled, make(99), at(NOW))
        assert answer.codes == ("order.stage",)
        assert answer.final
    assert decide(cancelled, balance()(99), at(NOW)).codes == ("refund.no_balance",)


# --- facts ---


def test_a_clash_is_kept_with_its_code_and_figures():
    scan = RecordDelivery("o-1", fact_id="f", shipment_id="s-9")
    step = taken(CONFIRMED, scan, at(NOW))
    (event,) = step.answer.events
    assert isinstance(event, FactClashed)
    assert (event.code, event.facts) == ("shipment.unknown", {"shipment": "s-9"})
    assert step.after.clashes == {"shipment.unknown": 1}
    again = after(step.after, RecordDelivery("o-1", fact_id="g", shipment_id="s-9"))
    assert again.clashes == {"shipment.unknown": 2}


def test_a_delivery_that_partly_fits_is_taken_as_far_as_it_does():
    sent = after(CONFIRMED, shipped(l1=1))
    scan = RecordDelivery("o-1", fact_id="f", shipment_id="s-1", lines={"1": 3, "2": 1})
    arrived, moved, clash = decide(sent, scan, at(NOW)).events
    assert moved.target == "delivered"
    assert arrived.lines == {"1": 1}
    assert clash.facts == {"shipment": "s-1", "units": 3}
    elsewhere = RecordDelivery("o-1", fact_id="f", shipment_id="s-1", lines={"2": 1})
    assert [e.code for e in decide(sent, elsewhere, at(NOW)).events] == ["delivery.excess"]
    whole = decide(sent, RecordDelivery("o-1", fact_id="f", shipment_id="s-1"), at(NOW)).events
    assert [type(event).__name__ for event in whole] == ["UnitsDelivered", "FulfilmentMoved"]


def test_asking_for_the_balance_captures_nothing():
    """A chargeback leaves money missing and an authorisation open; that is another question."""
    order = after(
        tea_order(),
        reserved(("1", 2), ("2", 1)),
        RecordPayment("o-1", fact_id="a", payment_id="p", kind="authorised", amount=_cny(40000)),
        RecordPayment("o-1", fact_id="b", payment_id="p", kind="captured", amount=_cny(31590)),
        CONFIRM,
        RecordPayment("o-1", fact_id="c", payment_id="p", kind="charged_back", amount=_cny(31590)),
    )
    answer = decide(order, RefundBalance("o-1", command_id="x"), at(NOW))
    assert answer.codes == ("refund.no_balance",)


def test_a_fact_keeps_when_it_happened():
    sent = after(CONFIRMED, shipped(l1=2, l2=1))
    when = "2026-11-10T08:00:00+08:00"
    scan = RecordDelivery("o-1", fact_id="f", shipment_id="s-1", occurred_at=when)
    event, _ = decide(sent, scan, at(NOW)).events
    assert event.occurred_at == instant(when)
    assert event.cause.at == NOW


# --- available ---

# Any order may be held, ticked, and have an approval asked for.
ALWAYS = ["PlaceHold", "RequestApproval", "Tick"]


def test_available_tells_limits_and_reasons():
    now = available(CONFIRMED, at(NOW))
    assert now["ShipUnits"].lines == {"1": 2, "2": 1}
    assert now["CancelUnits"].lines == {"1": 2, "2": 1}
    assert now["ReleaseUnits"].lines == {"1": 2, "2": 1}
    assert now["GrantAllowance"].up_to == _cny(31590)
    assert [o.command for o in now.allowed] == [
        "ReleaseUnits",
        "ShipUnits",
        "CancelUnits",
        "CancelOrder",
        "GrantAllowance",
        *ALWAYS,
        "PlanFulfilment",
        "EditOrder",
        "TransferOut",
        "TransferIn",
    ]
    codes = {o.command: [r.code for r in o.reasons] for o in now.blocked}
    assert codes == {
        "AllocateUnits": ["allocate.nothing_left"],
        "ReserveStock": ["reserve.nothing_left"],
        "ConfirmOrder": ["order.stage"],
        "RequestReturn": ["return.nothing_left"],
        "ReceiveReturn": ["return.nothing_expected"],
        "RefundBalance": ["refund.no_balance"],
        "CloseOrder": ["close.units_unshipped"],
        "ReopenOrder": ["order.stage"],
        **{
            command: ["fulfilment.none_live"]
            for command in (
                "ReleaseFulfilment",
                "StartPicking",
                "ConfirmPick",
                "PackFulfilment",
                "HandOver",
                "CompleteStage",
                "SetAppointment",
                "CancelFulfilment",
            )
        },
        "MigrateFlow": ["flow.nothing_to_migrate"],
        "IssueInvoice": ["invoice.nothing_left"],
        "IssueCreditNote": ["credit_note.nothing_left"],
        "SubmitOrder": ["order.stage"],
        "ReleaseHold": ["hold.none"],
        "RecheckHolds": ["hold.none"],
        "GiveApproval": ["approval.none_open"],
        "RejectApproval": ["approval.none_open"],
        "DelegateApproval": ["approval.none_open"],
        "RequestExchange": ["return.nothing_left"],
        "LapseExchange": ["exchange.none_open"],
    }
    sent = after(
        CONFIRMED,
        shipped(l1=2),
        RequestReturn("o-1", command_id="r", return_id="r", lines={"1": 1}),
        RequestReturn("o-1", command_id="q", return_id="q", lines={"1": 1}),
    )
    assert available(sent, at(NOW))["ReceiveReturn"].lines == {"1": 2}
    assert available(sent, at(NOW))["ReleaseUnits"].lines == {"2": 1}
    cancelled = after(tea_order(), CancelOrder("o-1", command_id="x"))
    assert [o.command for o in available(cancelled, at(NOW)).allowed] == ALWAYS
    assert now["ReserveStock"].reasons[0].facts == {"possible": 0}
    with pytest.raises(KeyError):
        now["Nothing"]


def test_available_tells_how_much_can_be_refunded():
    failed = RecordPayment(
        "o-1", fact_id="g", payment_id="p", kind="refund_failed", amount=_cny(5990)
    )
    order = after(CONFIRMED, CancelUnits("o-1", command_id="x", lines={"2": 1}), failed)
    assert available(order, at(NOW))["RefundBalance"].up_to == _cny(5990)


# --- demand and look-ups ---


def test_demand_is_the_backlog_with_its_facts():
    place = PlaceOrder(
        "o-1",
        quote=tea_quote(),
        command_id="c-1",
        destination=Destination(Region("CN")),
        items={"1": ItemFacts(weight_g=250, handling_class="dry", splittable=False)},
    )
    order = after(None, place, reserved(("1", 1)))
    demand = order.demand()
    assert [(x.line_id, x.sku, x.quantity, x.weight_g) for x in demand.lines] == [
        ("1", "TEA-250G", 1, 250),
        ("2", "CUP", 1, 0),
    ]
    assert demand.lines[0].handling_class == "dry"
    assert not demand.lines[0].splittable
    whole = after(order, reserved(("1", 1), ("2", 1), id="x"))
    with pytest.raises(InvalidBatch):
        whole.demand()
    nowhere = after(None, PlaceOrder("o-1", quote=tea_quote(), command_id="c-1"))
    with pytest.raises(NotFound):
        nowhere.demand()
    with pytest.raises(NotFound):
        order.line("9")
    assert order.kept == {"1": 2, "2": 1}
    assert order.due == _cny(31590)


def test_runs_are_the_same_whoever_asks():
    messages = [(CONFIRM, at(NOW)), (paid(), at(NOW, actor="gateway"))]
    first, second = run(messages, tea_order()), run(messages, tea_order())
    assert first.order == second.order
    assert first.events[-1].cause.actor == "gateway"
    assert first.events[-1].cause.role == "customer"


# --- final, or a way out: never both, and never neither ---


def _only(order, message):
    (reason,) = decide(order, message, at(NOW)).reasons
    return reason.code, reason.final, reason.obtain is not None


def test_a_plan_for_units_that_stand_at_a_node_waits_until_they_are_released():
    plan = AllocateUnits("o-1", command_id="x", allocations=[Assignment("1", 1, node="m")])
    assert _only(CONFIRMED, plan) == ("allocate.too_many", False, True)
    gone = after(CONFIRMED, shipped(l1=2))
    assert _only(gone, plan) == ("allocate.too_many", False, True)


def test_reserving_what_is_planned_waits_for_more_units_once_everything_has_left():
    everything = ReserveStock("o-1", command_id="x")
    assert _only(tea_order(), everything) == ("reserve.nothing_planned", False, True)
    assert _only(CONFIRMED, everything) == ("reserve.nothing_planned", False, True)
    gone = after(CONFIRMED, shipped(l1=2, l2=1))
    assert _only(gone, everything) == ("reserve.nothing_planned", False, True)


def test_an_allocation_that_is_held_whole_takes_no_more():
    def more(units, allocation):
        held = Assignment("1", units, node="n", allocation_id=allocation)
        return ReserveStock("o-1", command_id="x", allocations=[held])

    plan = AllocateUnits("o-1", command_id="a", allocations=[Assignment("1", 1, node="n")])
    planned = after(tea_order(), plan)
    assert _only(planned, more(2, "a/0")) == ("reserve.too_many", False, True)
    held = after(planned, more(1, "a/0"))
    again = attrs.evolve(more(1, "a/0"), command_id="y")
    assert _only(held, again) == ("reserve.too_many", False, True)
    # An id is free again with the last unit that is released; once one has left, it never is.
    known = CONFIRMED.allocations[0]
    out = after(CONFIRMED, shipped(l1=1))
    about = {"node": known.node, "allocation_id": known.allocation_id}
    for order, final in ((CONFIRMED, False), (out, True)):
        told = (final, not final)
        held = ReserveStock("o-1", command_id="x", allocations=[Assignment("1", 1, **about)])
        assert _only(order, held) == ("reserve.too_many", *told)
        other = ReserveStock("o-1", command_id="x", allocations=[Assignment("2", 1, **about)])
        assert _only(order, other) == ("allocation.differs", *told)
        anew = AllocateUnits("o-1", command_id="x", allocations=[Assignment("1", 1, **about)])
        exists = decide(order, anew, at(NOW)).reasons[0]
        assert (exists.code, exists.final, exists.obtain is not None) == (
            "allocation.exists",
            *told,
        )


def test_units_that_have_left_are_not_shipped_again():
    gone = after(CONFIRMED, shipped(l1=2))
    assert _only(gone, shipped("s-2", "x", l1=1)) == ("ship.not_reserved", False, True)
    assert _only(CONFIRMED, shipped("s-2", "x", l1=3)) == ("ship.not_reserved", False, True)


def test_a_return_of_units_that_may_still_leave_waits_for_them():
    def came(units):
        back = [ReceivedUnits("1", units, disposition="scrap")]
        return ReceiveReturn("o-1", command_id="x", return_id="r", units=back)

    assert _only(CONFIRMED, came(2)) == ("return.unknown", False, True)
    assert _only(CONFIRMED, came(3)) == ("return.unknown", False, True)
    ask = RequestReturn("o-1", command_id="a", return_id="r", lines={"1": 1})
    asked = after(CONFIRMED, shipped(l1=1), ask)
    assert _only(asked, came(2)) == ("return.unexpected", False, True)


def test_nothing_is_granted_off_nothing():
    give = GrantAllowance("o-1", command_id="x", amount=_cny(31_590))
    free = after(tea_order(), give)
    one = GrantAllowance("o-1", command_id="y", amount=_cny(1))
    assert _only(free, one) == ("allowance.too_much", False, True)


def test_behind_a_stage_that_can_be_left_a_final_reason_is_told():
    closed = attrs.evolve(after(CONFIRMED, shipped("s-1", l1=1)), lifecycle="closed")
    answer = decide(closed, shipped("s-1", "x", l1=1), at(NOW))
    assert answer.codes == ("order.stage", "shipment.exists")
    assert answer.final
    stray = CancelUnits("o-1", command_id="x", lines={"9": 1})
    assert decide(closed, stray, at(NOW)).codes == ("order.stage",)
    assert not decide(closed, stray, at(NOW)).final


def test_a_remedy_that_is_asked_for_again_is_another_command():
    plan = AllocateUnits("o-1", command_id="a", allocations=[Assignment("1", 1, node="n")])
    first = decide(tea_order(), CONFIRM, at(NOW)).reasons[0].remedy
    assert first == decide(tea_order(), CONFIRM, at(NOW)).reasons[0].remedy
    later = after(tea_order(), plan, first)
    second = decide(later, CONFIRM, at(NOW)).reasons[0].remedy
    rest = AllocateUnits("o-1", command_id="b", allocations=[Assignment("2", 1, node="n")])
    assert after(later, rest, second).line("2").reserved == 1


# --- what was found by asking everything everywhere ---


def test_units_leave_in_a_stage_that_counts_as_shipped_where_stages_stand_behind_the_hand_over():
    sealed = FULFILMENT.with_(
        stage("customs", after="packed", counts_as="packed", needs=["declaration"]), version="c"
    )
    shop = OrderDecider(OrderRules(flows=[Flow(machine=sealed)]))
    ship = shipped(l1=1)
    assert shop.decide(CONFIRMED, ship, at(NOW)).codes == ("gate.declaration",)
    shown = RecordEvidence("o-1", fact_id="e", name="declaration")
    order = shop.replay(CONFIRMED, shop.decide(CONFIRMED, shown, at(NOW)).events)
    order = shop.replay(order, shop.decide(order, ship, at(NOW)).accepted().events)
    out = order.fulfilments[-1]
    assert (out.stage, out.counts_as) == ("handed_over", "shipped")
    back = CancelFulfilment("o-1", command_id="x", fulfilment_id=out.fulfilment_id)
    assert shop.decide(order, back, at(NOW)).final


def test_a_unit_that_is_lost_again_is_another_return():
    gone = after(CONFIRMED, shipped(l1=1), shipped("s-2", "c-5", l1=1))
    lost = [
        RecordScan("o-1", fact_id=f"lost-{n}", shipment_id=f"s-{n}", kind="lost") for n in (1, 2)
    ]
    close = CloseOrder("o-1", command_id="x")

    def asked(order):
        reasons = decide(order, close, at(NOW)).reasons
        return next(reason.remedy for reason in reasons if reason.code == "close.units_lost")

    once = after(gone, lost[0])
    first = asked(once)
    twice = after(once, first, lost[1])
    assert asked(twice).return_id != first.return_id
    assert after(twice, asked(twice)).line("1").return_requested == 2


def test_what_an_id_stands_for_says_whether_there_is_help():
    lapse = LapseExchange("o-1", command_id="x", return_id="r")
    assert _only(CONFIRMED, lapse) == ("exchange.unknown", False, True)
    ask = RequestReturn("o-1", command_id="a", return_id="r", lines={"1": 1})
    asked = after(CONFIRMED, shipped(l1=1), ask)
    assert _only(asked, lapse) == ("exchange.unknown", True, False)
    free = ReleaseHold("o-1", command_id="x", hold_id="h")
    assert _only(CONFIRMED, free) == ("hold.unknown", False, True)
    hold = PlaceHold("o-1", command_id="h", hold_id="h", code="fraud")
    ended = after(CONFIRMED, hold, attrs.evolve(free, command_id="y"))
    assert _only(ended, free) == ("hold.unknown", True, False)
    vote = GiveApproval("o-1", command_id="x", approval_id="v")
    assert _only(CONFIRMED, vote) == ("approval.unknown", False, True)
    back = ReleaseUnits("o-1", command_id="x", allocations=["nowhere"])
    assert _only(CONFIRMED, back) == ("allocation.unknown", False, True)


def test_nothing_comes_to_an_order_that_has_ended():
    over = after(tea_order(), CancelOrder("o-1", command_id="x"))
    note = IssueCreditNote("o-1", command_id="y", credit_note_id="n")
    assert _only(over, note) == ("credit_note.nothing_left", True, False)
    some = attrs.evolve(note, lines={"1": 1})
    assert _only(over, some) == ("credit_note.too_many", True, False)
    hold = PlaceHold("o-1", command_id="y", hold_id="h", code="fraud", scope=HoldScope.lines("9"))
    assert _only(over, hold) == ("order.unknown_line", True, False)
    assert _only(CONFIRMED, hold) == ("order.unknown_line", False, True)


def test_stock_that_is_planned_at_a_node_is_held_before_a_node_is_given_it():
    planned = after(
        CONFIRMED,
        ReleaseUnits("o-1", command_id="a", allocations=["c-2/0"]),
        AllocateUnits("o-1", command_id="b", allocations=[Assignment("1", 2, node="n")]),
    )
    plan = PlanFulfilment("o-1", command_id="x", fulfilment_id="fo-1", node="n", lines={"1": 2})
    reason = decide(planned, plan, at(NOW)).reasons[0]
    assert (reason.code, reason.remedy.allocations[0].allocation_id) == ("plan.not_reserved", "b/0")
    assert after(planned, reason.remedy, plan).fulfilments[0].lines == {"1": 2}
    more = attrs.evolve(plan, lines={"1": 3})
    assert _only(planned, more) == ("plan.not_reserved", False, True)

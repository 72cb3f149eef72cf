"""Edits of orders under way, with figures worked out by hand."""

from __future__ import annotations

import datetime as dt

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.histories import START, at, histories

from ordercore.kernel import (
    Decision,
    Duration,
    IllegalTransition,
    InvalidBatch,
    InvalidValue,
    Money,
    Refusal,
    instant,
)
from ordercore.network import Destination, Region
from ordercore.orders import (
    DEFAULT_RULES,
    INVARIANTS,
    ORDER_FACTS,
    Assignment,
    CancelFulfilment,
    CancelUnits,
    CapturePayment,
    ConfirmOrder,
    ConfirmPick,
    DeliveryWish,
    EditOrder,
    GrantAllowance,
    HandOver,
    Instalment,
    IssueCreditNote,
    IssueInvoice,
    ItemFacts,
    OrderDecider,
    OrderEdited,
    OrderPolicy,
    PackFulfilment,
    PaymentSchedule,
    PlaceOrder,
    PlanFulfilment,
    ReceivedUnits,
    ReceiveReturn,
    RecordPayment,
    RefundPayment,
    ReleaseFulfilment,
    ReleaseStock,
    RequestReturn,
    ReserveStock,
    ShipUnits,
    StartPicking,
    UnitsReleased,
    available,
    check,
    decide,
    due_timers,
    evolve,
    order_facts,
    preview_edit,
    reconcile,
    replay,
)
from ordercore.orders.specimen import tea_order, tea_quote
from ordercore.pricing import Adjustment, Charge, QuoteLine
from ordercore.rules import parse
from ordercore.testing.order_changes import edit as drawn_edit
from ordercore.testing.order_changes import requoted
from ordercore.testing.order_lives import Author

CLERK = at("2026-11-11T01:00:00Z")
HERE = Destination(Region("CN", "ZJ", "Hangzhou"))
THERE = Destination(Region("CN", "ZJ", "Ningbo"))


def cny(minor):
    return Money(minor, "CNY")


def cmd(kind, n, **more):
    return kind("o-1", command_id=f"x-{n}", **more)


def paid(n, minor, kind="captured"):
    return RecordPayment("o-1", fact_id=f"f-{n}", payment_id=f"p{n}", kind=kind, amount=cny(minor))


def after(order, *messages):
    for message in messages:
        answer = decide(order, message, CLERK).accepted()
        order = replay(order, answer.events)
        assert {law.invariant_id for law in INVARIANTS if law.check(order)} == set()
    return order


def line(line_id, units, minor, sku=None):
    sku = sku or {"1": "TEA-250G", "2": "CUP"}.get(line_id, "POT")
    return QuoteLine(line_id, sku=sku, quantity=units, list_amount=cny(minor))


def quote(*lines, **more):
    return attrs.evolve(tea_quote(), lines=lines, **more)


def edit(n, *lines, **more):
    """An edit to these lines; each is (id, units, amount of all of them in fen)."""
    wanted = quote(*(line(*known) for known in lines)) if lines else None
    return cmd(EditOrder, n, quote=wanted, **more)


def placed(**policy):
    place = PlaceOrder(
        "o-1",
        quote=tea_quote(),
        command_id="c-1",
        destination=HERE,
        policy=OrderPolicy(**policy),
    )
    plan = [
        Assignment("1", 2, node="n", allocation_id="a1"),
        Assignment("2", 1, node="n", allocation_id="a2"),
    ]
    return after(after(None, place), cmd(ReserveStock, "r", allocations=plan))


def confirmed(**policy):
    return after(placed(**policy), paid("p", 31590), cmd(ConfirmOrder, "c"))


def shipped(**lines):
    lines = lines or {"1": 2, "2": 1}
    return after(confirmed(), cmd(ShipUnits, "s", shipment_id="s-1", node="n", lines=lines))


def part_shipped():
    return after(confirmed(), cmd(ShipUnits, "s", shipment_id="s-1", node="n", lines={"1": 1}))


def packed():
    order = after(confirmed(), cmd(PlanFulfilment, "p", fulfilment_id="fo", node="n"))
    return after(
        order,
        cmd(ReleaseFulfilment, "q", fulfilment_id="fo"),
        cmd(StartPicking, "t", fulfilment_id="fo"),
        cmd(ConfirmPick, "u", fulfilment_id="fo", picked={"1": 2, "2": 1}),
        cmd(PackFulfilment, "v", fulfilment_id="fo"),
    )


def one(order, command):
    (reason,) = check(order, command, CLERK).reasons
    return reason


# --- units ---


def test_fewer_units_give_back_stock_and_money():
    """One tin instead of two: CNY 128.00 less, its stock is free again."""
    order = confirmed()
    message = edit(1, ("1", 1, 12800), ("2", 1, 5990))
    answer = decide(order, message, CLERK)
    assert [type(e).__name__ for e in answer.events] == [
        "UnitsReleased", "OrderEdited", "MoneyRequested",
    ]  # fmt: skip
    (stock,) = [e for e in answer.effects if isinstance(e, ReleaseStock)]
    assert (stock.allocation_id, stock.quantity) == ("a1", 1)
    (back,) = [e for e in answer.effects if isinstance(e, RefundPayment)]
    assert back.amount == cny(12800)
    edited = after(order, message)
    assert edited.due == cny(18790)
    assert [(x.ordered, x.cancelled, x.reserved) for x in edited.lines] == [(1, 0, 1), (1, 0, 1)]
    assert edited.amendments.revision == 1
    assert edited.placed_quote == tea_quote() != edited.quote


def test_more_units_join_the_backlog_and_wait_for_their_money():
    order = after(confirmed(), edit(1, ("1", 3, 38400), ("2", 1, 5990)))
    assert (order.line("1").backlog, order.backordered) == (1, {"1": 1})
    assert order.money.outstanding == cny(12800)
    ship = cmd(ShipUnits, 2, shipment_id="s", node="n", lines={"1": 2})
    reason = one(order, ship)
    assert (reason.code, reason.facts["missing"]) == ("gate.payment", cny(12800))
    assert available(order, CLERK)["ShipUnits"].reasons[0].code == "gate.payment"
    promised = after(order, paid(2, 12800, "authorised"))
    assert available(promised, CLERK)["ShipUnits"].allowed
    assert after(promised, ship).line("1").shipped == 2


def test_authorised_money_is_taken_for_what_was_added():
    order = after(placed(), paid("p", 50000, "authorised"), cmd(ConfirmOrder, "c"))
    answer = decide(order, edit(1, ("1", 3, 38400), ("2", 1, 5990)), CLERK)
    (more,) = [e for e in answer.effects if isinstance(e, CapturePayment)]
    assert more.amount == cny(12800)


def test_lines_leave_and_join():
    order = after(
        confirmed(),
        edit(1, ("1", 2, 25600), ("3", 1, 9900), items={"3": ItemFacts(weight_g=900)}),
    )
    assert [str(x.line_id) for x in order.lines] == ["1", "3"]
    assert (order.line("3").item.weight_g, order.line("3").backlog) == (900, 1)
    assert [str(a.allocation_id) for a in order.allocations] == ["a1"]
    assert order.due == cny(35500)
    assert [(str(x.line_id), x.quantity) for x in order.demand().lines] == [("3", 1)]


def test_units_cancelled_before_are_not_brought_back():
    order = after(confirmed(), cmd(CancelUnits, 1, lines={"1": 1}))
    again = after(order, edit(2, ("1", 1, 12800), ("2", 1, 5990)))
    assert (again.due, again.line("1").kept, again.line("1").cancelled) == (cny(18790), 1, 0)
    assert check(again, edit(3, ("1", 2, 25600), ("2", 1, 5990)), CLERK).allowed


def test_units_that_came_back_count_in_the_new_quote_and_cost_nothing():
    """Three tins at CNY 100.00 with a cup; one tin came back: 2 x 100 + 59.90."""
    order = after(
        shipped(),
        cmd(RequestReturn, 1, return_id="r", lines={"1": 1}),
        cmd(
            ReceiveReturn, 2, return_id="r",
            units=[ReceivedUnits("1", 1, disposition="scrap")],
        ),
        edit(3, ("1", 3, 30000), ("2", 1, 5990)),
    )  # fmt: skip
    assert (order.line("1").kept, order.due) == (2, cny(25990))


def test_units_in_the_hands_of_a_node_are_recalled():
    order = after(confirmed(), cmd(PlanFulfilment, "p", fulfilment_id="fo", node="n"))
    less = after(order, edit(1, ("1", 1, 12800), ("2", 1, 5990)))
    assert less.fulfilment("fo").lines == {"1": 1, "2": 1}
    boxed = after(packed(), edit(1, ("1", 1, 12800), ("2", 1, 5990)))
    assert boxed.fulfilment("fo").ended
    assert [(x.allocated, x.reserved, x.packed) for x in boxed.lines] == [(1, 1, 0), (1, 1, 0)]


def test_charges_and_allowances_follow():
    order = after(confirmed(), cmd(GrantAllowance, 1, amount=cny(1000)))
    fee = Charge("shipping", list_amount=cny(800))
    wanted = quote(line("1", 2, 25600), line("2", 1, 5990), charges=[fee])
    assert after(order, cmd(EditOrder, 2, quote=wanted)).due == cny(31590 + 800 - 1000)


def test_a_schedule_asks_again_for_what_an_edit_added():
    deposit = PaymentSchedule([Instalment(name="all", before="confirm")])
    order = after(placed(schedule=deposit), paid("p", 31590), cmd(ConfirmOrder, "c"))
    ship = cmd(ShipUnits, 2, shipment_id="s", node="n", lines={"1": 2})
    assert check(order, ship, CLERK).allowed
    more = after(order, edit(1, ("1", 3, 38400), ("2", 1, 5990)))
    assert one(more, ship).facts["needed"] == cny(44390)


def test_what_is_packed_waits_as_well():
    order = after(packed(), edit(1, ("1", 2, 25600), ("2", 1, 5990), ("3", 1, 100)))
    go = cmd(HandOver, 2, fulfilment_id="fo", shipment_id="s")
    assert one(order, go).code == "gate.payment"
    assert after(order, paid(3, 100), go).line("1").shipped == 2


# --- place and wish ---


def test_a_place_and_a_wish_change_alone():
    wish = DeliveryWish(service="express", on=dt.date(2026, 11, 20))
    order = after(confirmed(), edit(1, destination=THERE, delivery=wish))
    assert (order.destination, order.amendments.delivery) == (THERE, wish)
    assert not order.amendments.repriced
    assert after(order, edit(2, ("1", 2, 25600), destination=HERE)).amendments.delivery == wish


def test_what_has_left_goes_nowhere_else():
    assert one(shipped(), edit(1, destination=THERE)).code == "edit.all_shipped"
    assert check(part_shipped(), edit(1, destination=THERE), CLERK).allowed
    more = edit(1, ("1", 3, 38400), ("2", 1, 5990), destination=THERE)
    assert check(shipped(), more, CLERK).allowed


def test_a_parcel_is_unpacked_before_it_goes_elsewhere():
    order = packed()
    reason = one(order, edit(1, destination=THERE))
    assert reason.code == "edit.packed"
    assert isinstance(reason.remedy, CancelFulfilment)
    assert check(after(order, reason.remedy), edit(1, destination=THERE), CLERK).allowed


# --- bills ---


def test_bills_follow_new_prices_with_the_next_bill():
    """Two tins billed at 128.00 and then lowered to 100.00 each: 56.00 too much."""
    order = after(confirmed(invoice="on_confirm"), cmd(IssueInvoice, 1, invoice_id="i-1"))
    lower = after(order, edit(2, ("1", 2, 20000), ("2", 1, 5990)))
    assert lower.billing.revised_minor == -5600
    assert ("invoice.revised", {"amount": cny(-5600)}) in [
        (m.code, dict(m.facts)) for m in reconcile(lower)
    ]
    assert available(lower, CLERK)["IssueCreditNote"].allowed
    assert not available(lower, CLERK)["IssueInvoice"].allowed
    noted = after(lower, cmd(IssueCreditNote, 3, credit_note_id="n-1"))
    assert noted.billing.credit_notes[0].amount == cny(5600)
    assert noted.billing.billed_minor == noted.due_minor == 25990
    higher = after(noted, edit(4, ("1", 2, 20500), ("2", 1, 5990)))
    assert available(higher, CLERK)["IssueInvoice"].allowed
    billed = after(higher, cmd(IssueInvoice, 5, invoice_id="i-2"))
    assert billed.billing.invoices[1].amount == cny(500)
    assert billed.billing.revised_minor == 0
    assert one(billed, cmd(IssueInvoice, 6, invoice_id="i-3")).code == "invoice.nothing_left"


def test_a_bill_is_never_below_nothing():
    order = after(confirmed(invoice="on_confirm"), cmd(IssueInvoice, 1, invoice_id="i-1"))
    lower = after(order, edit(2, ("1", 3, 15000), ("2", 1, 5990)))
    reason = one(lower, cmd(IssueInvoice, 3, invoice_id="i-2"))
    assert reason.code == "invoice.credit_first"
    done = after(lower, reason.remedy, cmd(IssueInvoice, 3, invoice_id="i-2"))
    assert done.billing.billed_minor == 20990
    higher = after(
        done, edit(4, ("1", 3, 90000), ("2", 1, 5990)), cmd(CancelUnits, 5, lines={"2": 1})
    )
    reason = one(higher, cmd(IssueCreditNote, 6, credit_note_id="n"))
    assert reason.code == "credit_note.invoice_first"
    done = after(higher, reason.remedy, cmd(IssueCreditNote, 6, credit_note_id="n"))
    assert [note.amount.minor for note in done.billing.credit_notes] == [15600, 5990]
    assert done.billing.billed_minor == 90000


def test_bills_are_taken_back_before_their_units_leave():
    order = after(confirmed(invoice="on_confirm"), cmd(IssueInvoice, 1, invoice_id="i-1"))
    fewer = edit(2, ("1", 1, 12800), ("2", 1, 5990))
    codes = []
    while not (verdict := check(order, fewer, CLERK)).allowed:
        (reason,) = verdict.reasons
        codes.append((reason.code, type(reason.remedy).__name__))
        order = after(order, reason.remedy)
    assert codes == [("edit.below_billed", "CancelUnits"), ("edit.below_billed", "IssueCreditNote")]
    order = after(order, fewer)
    assert (order.line("1").ordered, order.billing.billed_minor) == (1, 18790)
    gone = after(order, cmd(CancelUnits, 5, lines={"2": 1}))
    gone = after(gone, cmd(IssueCreditNote, 6, credit_note_id="n"), edit(7, ("1", 1, 12800)))
    assert [str(x.line_id) for x in gone.lines] == ["1"]


def test_an_allowance_is_credited_at_most_to_nothing():
    order = after(
        confirmed(invoice="on_confirm"),
        cmd(IssueInvoice, 1, invoice_id="i"),
        cmd(GrantAllowance, 2, amount=cny(20000)),
        cmd(CancelUnits, 3, lines={"1": 2, "2": 1}),
        cmd(IssueCreditNote, 4, credit_note_id="n"),
    )
    assert order.billing.billed_minor == 0


# --- refusals ---


def expired():
    return quote(line("1", 2, 25600), valid_until="2026-11-11T01:00:00Z")


def sold_off():
    cut = Adjustment(code="deal", amount=cny(-30000))
    return quote(attrs.evolve(line("1", 2, 25600), adjustments=[cut]), line("2", 1, 100))


@pytest.mark.parametrize(
    ("order", "message", "expected"),
    [
        (shipped(), edit(1, ("1", 1, 1), ("2", 1, 1)), {"edit.below_shipped"}),
        (shipped(), edit(1, ("1", 2, 1)), {"edit.line_moved"}),
        (part_shipped(), edit(1, ("2", 1, 1)), {"edit.line_moved"}),
        (confirmed(), edit(1, ("1", 2, 1, "POT"), ("2", 1, 1)), {"edit.sku_changed"}),
        (confirmed(), edit(1, ("1", 2, 1), expected_version=3), {"edit.stale"}),
        (confirmed(), cmd(EditOrder, 1, quote=expired()), {"quote.stale"}),
        (confirmed(), cmd(EditOrder, 1, quote=sold_off()), {"edit.total_negative"}),
        (
            confirmed(),
            edit(1, ("1", 2, 1), items={"1": ItemFacts(weight_g=9)}),
            {"edit.item_changed"},
        ),
        (
            confirmed(),
            cmd(EditOrder, 1, quote=attrs.evolve(
                tea_quote(), currency="EUR", rounding=Money(0, "EUR"),
                lines=[QuoteLine("1", sku="T", quantity=1, list_amount=Money(1, "EUR"))],
            )),
            {"money.currency"},
        ),
        (
            shipped(),
            cmd(EditOrder, 1, quote=quote(charges=[Charge("fee", list_amount=cny(5))])),
            {"edit.no_lines", "edit.line_moved"},
        ),
        (after(shipped(), RecordPayment("o-1", fact_id="z", payment_id="p", kind="captured",
            amount=cny(0))), edit(1, destination=THERE), {"edit.all_shipped"}),
        (
            after(confirmed(), cmd(CancelUnits, 9, lines={"1": 2, "2": 1})),
            edit(1, ("1", 2, 25600)),
            {"order.stage"},
        ),
    ],
)  # fmt: skip
def test_a_refusal_says_why(order, message, expected):
    reasons = check(order, message, CLERK).reasons
    assert {reason.code for reason in reasons} == expected
    for reason in reasons:
        assert reason.final or reason.remedy or reason.obtain


def test_the_least_possible_is_told():
    reason = one(shipped(), edit(1, ("1", 1, 1), ("2", 1, 1)))
    assert (reason.facts["asked"], reason.facts["least"]) == (1, 2)
    assert available(part_shipped(), CLERK)["EditOrder"].lines == {"1": 1, "2": 1}
    assert available(shipped(), CLERK)["EditOrder"].lines == {}


def test_an_order_of_nothing_is_a_cancel():
    nothing = cmd(EditOrder, 1, quote=quote(charges=[Charge("fee", list_amount=cny(5))]))
    reason = one(confirmed(), nothing)
    assert reason.code == "edit.no_lines"
    assert after(confirmed(), reason.remedy).lifecycle == "cancelled"


def test_what_a_flow_does_not_give_back_blocks_the_edit():
    order = packed()
    stuck = attrs.evolve(
        order,
        fulfilments=(attrs.evolve(order.fulfilments[0], stage="sealed"),),
    )
    less = edit(1, ("1", 1, 12800), ("2", 1, 5990))
    assert one(stuck, less).code == "cancel.in_fulfilment"
    assert one(stuck, edit(1, destination=THERE)).remedy is None


# --- exactly once ---


def test_an_edit_twice_is_one_and_the_placing_is_still_known():
    order = placed()
    message = edit(1, ("1", 3, 38400), ("2", 1, 5990))
    edited = after(order, message)
    assert decide(edited, message, CLERK).repeated
    other = edit(1, ("1", 4, 51200), ("2", 1, 5990))
    assert decide(edited, other, CLERK).codes == ("command.id_reused",)
    place = PlaceOrder("o-1", quote=tea_quote(), command_id="c-1", destination=HERE)
    assert decide(edited, place, CLERK).repeated
    late = attrs.evolve(place, quote=edited.quote)
    assert decide(edited, late, CLERK).codes == ("command.id_reused",)


# --- preview ---


def test_a_preview_tells_money_and_stock():
    order = after(confirmed(), cmd(PlanFulfilment, "p", fulfilment_id="fo", node="n"))
    message = edit(1, ("2", 2, 11980), ("3", 1, 9900))
    seen = OrderDecider().preview_edit(order, message, CLERK)
    assert (seen.due_before, seen.due_after, seen.difference) == (
        cny(31590), cny(21880), cny(-9710),
    )  # fmt: skip
    assert (seen.refunds, seen.captures, seen.outstanding) == (cny(9710), cny(0), cny(0))
    assert (seen.released, seen.wanted) == ({"1": 2}, {"2": 1, "3": 1})
    assert (seen.ended, seen.allowed) == ((), True)
    whole = preview_edit(order, edit(1, ("3", 1, 9900)), CLERK)
    assert whole.ended == ("fo",)


def test_a_preview_names_promotions_won_and_lost():
    def promoted(units, promotion):
        cut = Adjustment(code="deal", amount=cny(-100), promotion=promotion)
        return quote(attrs.evolve(line("1", units, 12800 * units), adjustments=[cut]))

    order = after(confirmed(), cmd(EditOrder, 1, quote=promoted(2, "two-for-one")))
    seen = preview_edit(order, cmd(EditOrder, 2, quote=promoted(1, "single")), CLERK)
    assert (seen.lost, seen.gained) == (("two-for-one",), ("single",))


def test_a_refused_preview_says_why_and_moves_nothing():
    seen = preview_edit(shipped(), edit(1, ("1", 1, 1), ("2", 1, 1)), CLERK)
    assert not seen.allowed
    assert [reason.code for reason in seen.reasons] == ["edit.below_shipped"]
    assert seen.difference == cny(0)


@given(histories(), st.data())
def test_an_edit_does_what_its_preview_showed(history, data):
    order = history.order
    context = at(order.last_at)
    author = Author(data.draw, cancels=True, returns=True, strays=False)
    message = attrs.evolve(
        drawn_edit(author, order), command_id="edit", expected_version=order.version
    )
    seen = preview_edit(order, message, context, DEFAULT_RULES)
    answer = decide(order, message, context)
    assert seen.allowed == isinstance(answer, Decision)
    if isinstance(answer, Refusal):
        assert seen.reasons == answer.reasons
        return
    edited = replay(order, answer.events)
    assert edited.due == seen.due_after == seen.due_before + seen.difference
    assert edited.money.outstanding == seen.outstanding
    back = sum(e.amount.minor for e in answer.effects if isinstance(e, RefundPayment))
    assert back == seen.refunds.minor
    freed = sum(
        part.quantity for e in answer.events if isinstance(e, UnitsReleased) for part in e.units
    )
    assert freed == sum(seen.released.values())
    stale = attrs.evolve(message, command_id="again")
    assert "edit.stale" in decide(edited, stale, context).codes or edited.lifecycle == "closed"


@given(histories(), st.data())
def test_two_edits_come_to_what_the_last_one_says(history, data):
    """Value does not depend on the quotes in between, as long as nothing is billed or shipped."""
    order = history.order
    context = at(order.last_at)
    author = Author(data.draw, cancels=True, returns=True, strays=False)
    first, last = (
        EditOrder("o-1", command_id=name, quote=requoted(author, order)) for name in ("e-1", "e-2")
    )
    direct = decide(order, last, context)
    step = decide(order, first, context)
    if isinstance(direct, Refusal) or isinstance(step, Refusal):
        return
    between = replay(order, step.events)
    answer = decide(between, last, context).accepted()
    around = replay(between, answer.events)
    straight = replay(order, direct.events)
    assert around.value_minor == straight.value_minor
    assert [(x.ordered, x.cancelled, x.kept) for x in around.lines] == [
        (x.ordered, x.cancelled, x.kept) for x in straight.lines
    ]
    assert around.billing == straight.billing


# --- facts, logs, laws, bad input ---


def test_rules_read_revisions_and_backorders():
    rule = parse("order.revision > 0 and order.backordered == 1", vocabulary=ORDER_FACTS)
    more = after(confirmed(), edit(1, ("1", 3, 38400), ("2", 1, 5990)))
    assert [rule.holds(order_facts(o)) for o in (confirmed(), more)] == [False, True]
    assert tea_order().backordered == {}


EDIT = decide(confirmed(), edit(1, ("1", 3, 38400), ("2", 1, 5990)), CLERK).events[0]


@pytest.mark.parametrize(
    ("order", "event"),
    [
        (confirmed(), attrs.evolve(EDIT, revision=2)),
        (confirmed(), attrs.evolve(EDIT, quote=quote(line("1", 1, 1), line("2", 1, 1)))),
        (confirmed(), attrs.evolve(EDIT, quote=quote(line("1", 2, 1, "POT"), line("2", 1, 1)))),
        (confirmed(), attrs.evolve(EDIT, quote=quote(line("1", 3, 1)))),
        (confirmed(), attrs.evolve(EDIT, cancelled={"1": 4})),
        (after(confirmed(), cmd(CancelUnits, 9, lines={"1": 2, "2": 1})), EDIT),
        (
            after(confirmed(invoice="on_confirm"), cmd(IssueInvoice, 1, invoice_id="i")),
            attrs.evolve(EDIT, quote=quote(line("2", 1, 1))),
        ),
    ],
)
def test_a_log_that_cannot_be_is_refused(order, event):
    assert isinstance(event, OrderEdited)
    for read in (evolve, lambda o, e: replay(o, [e])):
        with pytest.raises(IllegalTransition):
            read(order, event)


def test_the_law_of_lines_notices():
    order = confirmed()
    odd = attrs.evolve(order, quote=quote(line("1", 2, 25600), line("2", 2, 5990)))
    assert "INV-ORDER-50" in {law.invariant_id for law in INVARIANTS if law.check(odd)}


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (lambda: edit(1), "edit.nothing"),
        (lambda: edit(1, destination=HERE, expected_version=0), "edit.expected_version"),
        (lambda: edit(1, destination="Hangzhou"), "type.wrong"),
        (lambda: cmd(EditOrder, 1, quote="q"), "type.wrong"),
        (lambda: edit(1, delivery="soon"), "type.wrong"),
        (lambda: edit(1, destination=HERE, items={"1": ItemFacts()}), "order.unknown_line"),
        (lambda: edit(1, ("1", 1, 1), items={"9": ItemFacts()}), "order.unknown_line"),
        (DeliveryWish, "delivery.nothing"),
        (lambda: DeliveryWish(on="tomorrow"), "type.wrong"),
        (lambda: DeliveryWish(on=START), "type.wrong"),
    ],
)
def test_bad_input_is_refused_with_its_code(build, code):
    with pytest.raises((InvalidValue, InvalidBatch)) as told:
        build()
    fault = told.value.faults[0] if isinstance(told.value, InvalidBatch) else told.value
    assert fault.code == code


# --- time to pay ---


def test_an_order_that_becomes_dearer_is_waited_for_again():
    """Placed at one, half an hour to pay: what the edit adds is due by half past one like the rest."""
    order = after(
        placed(pay_within=Duration.of(minutes=30), terms="authorised"),
        paid("p", 31590, "authorised"),
    )
    assert due_timers(order, DEFAULT_RULES) == ()
    dearer = decide(order, edit(1, ("1", 2, 25600), ("2", 2, 11980)), CLERK).accepted()
    (timer,) = dearer.due
    assert (str(timer.timer_id), timer.at) == ("o-1/payment", instant("2026-11-11T01:30:00Z"))
    assert due_timers(replay(order, dearer.events), DEFAULT_RULES) == dearer.due

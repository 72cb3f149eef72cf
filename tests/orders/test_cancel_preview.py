"""What a preview of a cancel shows is what the cancel then does: stock, nodes, money, claims."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.histories import at, histories
from tests.orders.test_fulfilling import (
    CLERK,
    CONFIRMED,
    PACKED,
    PICKED,
    PLANNED,
    after,
    cmd,
    confirmed,
)
from tests.orders.test_raised_due import placed

from ordercore.kernel import Decision, Money, Refusal
from ordercore.orders import (
    Assignment,
    CancelOrder,
    CancelUnits,
    ConfirmOrder,
    OrderDecider,
    PlaceOrder,
    RecallUnits,
    RecordPayment,
    ReleaseStock,
    ReserveStock,
    ShipUnits,
    decide,
    preview_cancel,
    replay,
)
from ordercore.orders.specimen import tea_order, tea_quote

ALL = cmd(CancelOrder, "all")


def cny(minor):
    return Money(minor, "CNY")


def one(line, units=1):
    return cmd(CancelUnits, f"one-{line}", lines={line: units})


# --- by hand ---


def test_a_tin_off_a_paid_order():
    """Two tins at 128.00 and a cup at 59.90, all captured, stock held: one tin goes."""
    seen = OrderDecider().preview_cancel(CONFIRMED, one("1"), CLERK)
    assert [(x.line_id, x.quantity, x.amount) for x in seen.lines] == [("1", 1, cny(12800))]
    assert (seen.due_before, seen.due_after, seen.outstanding) == (
        cny(31590), cny(18790), cny(0),
    )  # fmt: skip
    assert (seen.charges, seen.granted, seen.refunds) == (cny(0), cny(0), cny(12800))
    assert [(x.node, x.quantity, x.reserved) for x in seen.released] == [("ningbo", 1, 1)]
    (tender,) = seen.tenders
    assert (tender.payment_id, tender.refunded, tender.voided) == ("p", cny(12800), cny(0))
    assert (seen.work, seen.stays, seen.ends, seen.allowed) == ((), {}, False, True)
    assert seen.version == CONFIRMED.version


def test_the_whole_order_in_the_hands_of_a_node():
    seen = preview_cancel(PACKED, ALL, CLERK)
    (work,) = seen.work
    assert (work.fulfilment_id, work.node, work.stage, work.ended) == (
        "fo-1", "ningbo", "packed", True,
    )  # fmt: skip
    assert work.lines == {"1": 2, "2": 1}
    assert (seen.ends, seen.refunds, seen.due_after) == (True, cny(31590), cny(0))


def test_one_unit_out_of_a_fulfilment_order_that_goes_on():
    seen = preview_cancel(PICKED, one("1"), CLERK)
    (work,) = seen.work
    assert (work.stage, work.lines, work.ended) == ("picking", {"1": 1}, False)
    packed = preview_cancel(PACKED, one("1"), CLERK)
    assert (packed.work[0].lines, packed.work[0].ended) == ({"1": 2, "2": 1}, True)


def test_what_has_left_stays_and_only_promised_money_is_given_up():
    sent = after(
        confirmed(),
        cmd(ShipUnits, "ship", shipment_id="s-1", node="ningbo", lines={"2": 1}),
    )
    seen = preview_cancel(sent, ALL, CLERK)
    assert (seen.stays, seen.ends) == ({"2": 1}, False)
    authorised = after(
        tea_order(),
        RecordPayment("o-1", fact_id="f", payment_id="p", kind="authorised", amount=cny(31590)),
    )
    (tender,) = preview_cancel(authorised, ALL, CLERK).tenders
    assert (tender.refunded, tender.voided, tender.captured) == (cny(0), cny(31590), cny(0))


def test_claims_come_back_when_nothing_has_left():
    place = PlaceOrder("o-1", quote=tea_quote(), command_id="c-1", claims={"11.11": 1})
    order = after(None, place)
    assert preview_cancel(order, ALL, CLERK).claims == {"11.11": 1}
    assert preview_cancel(order, one("1"), CLERK).claims == {}


def test_a_refused_one_says_why_and_moves_nothing():
    gone = after(
        CONFIRMED, cmd(ShipUnits, "s", shipment_id="s", node="ningbo", lines={"1": 2, "2": 1})
    )
    seen = preview_cancel(gone, ALL, CLERK)
    assert [reason.code for reason in seen.reasons] == ["cancel.nothing_left"]
    assert (seen.allowed, seen.lines, seen.tenders, seen.refunds) == (False, (), (), cny(0))
    assert seen.due_before == seen.due_after == gone.due
    assert seen.stays == {"1": 2, "2": 1}


def test_a_cancel_that_was_sent_already_changes_nothing_more():
    message = one("1")
    order = after(PLANNED, message)
    seen = preview_cancel(order, message, CLERK)
    assert (seen.allowed, seen.lines, seen.due_after) == (True, (), order.due)


def test_what_becomes_due_more_is_captured():
    """A line of −3.00 leaves an order of 7.00 for which 10.00 are promised: 3.00 more are taken."""
    order = after(
        placed(1000, -300, rule="owed"),
        ReserveStock(
            "o",
            command_id="c-2",
            allocations=[Assignment("0", 3, node="n"), Assignment("1", 3, node="n")],
        ),
        RecordPayment(
            "o", fact_id="f-0", payment_id="p", kind="authorised", amount=Money(1000, "USD")
        ),
        ConfirmOrder("o", command_id="c-3"),
    )
    seen = preview_cancel(order, CancelUnits("o", command_id="x", lines={"1": 3}), CLERK)
    (tender,) = seen.tenders
    assert (tender.captured.minor, tender.refunded.minor, tender.route) == (300, 0, None)
    assert (seen.due_before.minor, seen.due_after.minor) == (700, 1000)


def test_what_is_waived_is_shown():
    """A line of −3.00 leaves an order of 7.00; what is due does not rise, 3.00 are granted."""
    order = placed(1000, -300)
    seen = preview_cancel(order, CancelUnits("o", command_id="x", lines={"1": 3}), CLERK)
    assert (seen.due_before.minor, seen.due_after.minor, seen.granted.minor) == (700, 700, 300)
    assert [x.amount.minor for x in seen.lines] == [-300]


# --- for any order and any cancel: the figures are those of the order afterwards ---


def spread(order):
    return {
        known.allocation_id: (known.quantity, known.reserved, known.node)
        for known in order.allocations
    }


@given(histories(steps=16, control=True), st.data())
def test_a_cancel_does_what_its_preview_showed(history, data):
    order = history.order
    context = at(order.last_at)
    open_ = {line.line_id: line.cancellable for line in order.lines if line.cancellable}
    chosen = {
        line: data.draw(st.integers(1, units + data.draw(st.booleans())))
        for line, units in open_.items()
        if data.draw(st.booleans())
    }
    message = (
        CancelUnits("o-1", command_id="cancel", lines=chosen)
        if chosen and data.draw(st.booleans())
        else CancelOrder("o-1", command_id="cancel")
    )
    seen = preview_cancel(order, message, context)
    answer = decide(order, message, context)
    assert seen.allowed == isinstance(answer, Decision)
    assert seen.stays == {line.line_id: line.shipped for line in order.lines if line.shipped}
    if isinstance(answer, Refusal):
        assert seen.reasons == answer.reasons
        return
    gone = replay(order, answer.events)
    # Units and what they were worth.
    before = {line.line_id: line.cancelled for line in order.lines}
    assert {x.line_id: x.quantity for x in seen.lines} == {
        line.line_id: line.cancelled - before[line.line_id]
        for line in gone.lines
        if line.cancelled > before[line.line_id]
    }
    assert order.value_minor - gone.value_minor == seen.charges.minor + sum(
        x.amount.minor for x in seen.lines
    )
    assert seen.granted.minor == gone.allowance_minor - order.allowance_minor
    assert (seen.due_before, seen.due_after, seen.outstanding) == (
        order.due,
        gone.due,
        gone.money.outstanding,
    )
    # Stock.
    were, are = spread(order), spread(gone)
    assert {x.allocation_id: (x.quantity, x.reserved) for x in seen.released} == {
        id: (quantity - are.get(id, (0, 0))[0], reserved - are.get(id, (0, 0))[1])
        for id, (quantity, reserved, _) in were.items()
        if quantity != are.get(id, (0,))[0]
    }
    freed = sum(e.quantity for e in answer.effects if isinstance(e, ReleaseStock))
    assert freed <= sum(x.reserved for x in seen.released)
    # Nodes.
    ended = [f.fulfilment_id for f in gone.fulfilments if f.ended]
    known = [f.fulfilment_id for f in order.fulfilments if f.ended]
    assert sorted(x.fulfilment_id for x in seen.work if x.ended) == sorted(set(ended) - set(known))
    recalled = {e.fulfilment_id for e in answer.effects if isinstance(e, RecallUnits)}
    assert recalled <= {x.fulfilment_id for x in seen.work}
    # Money: for each payment what the order has asked for since.
    asked = {}
    for old, new in zip(order.payments, gone.payments, strict=True):
        change = (
            new.refund_requested_minor - old.refund_requested_minor,
            new.void_requested_minor - old.void_requested_minor,
            new.capture_requested_minor - old.capture_requested_minor,
        )
        if any(change):
            asked[new.payment_id] = change
    shown = {
        x.payment_id: (x.refunded.minor, x.voided.minor, x.captured.minor) for x in seen.tenders
    }
    assert set(shown) == set(asked)
    for payment, change in shown.items():
        # A request counts from the beginning, and includes what happened unasked before it.
        assert all(part <= whole for part, whole in zip(change, asked[payment], strict=True))
    assert seen.refunds.minor == sum(change[0] for change in shown.values())
    # The rest.
    assert seen.claims == {p: n for p, n in order.claims.items() if p not in gone.claims}
    assert seen.ends == (gone.lifecycle == "cancelled")
    again = attrs.evolve(message, command_id="again")
    assert decide(order, again, context).events != ()

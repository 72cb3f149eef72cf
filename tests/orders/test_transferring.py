"""Splitting and merging orders: what leaves one arrives in the other, and nothing is made or lost."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from tests.orders.histories import at, histories
from tests.orders.test_amending import (
    CLERK,
    HERE,
    after,
    cmd,
    cny,
    confirmed,
    edit,
    line,
    packed,
    paid,
    part_shipped,
    placed,
    quote,
    shipped,
)
from tests.orders.test_exchanging import cup_for

from ordercore.kernel import (
    Context,
    Decision,
    Duration,
    IllegalTransition,
    InvalidBatch,
    InvalidValue,
    Money,
    Refusal,
    shift,
)
from ordercore.network import Destination, Region
from ordercore.orders import (
    DEFAULT_RULES,
    INVARIANTS,
    AllocateUnits,
    Assignment,
    CancelOrder,
    CancelUnits,
    CapturePayment,
    ConfirmOrder,
    EditOrder,
    GrantAllowance,
    IssueCreditNote,
    IssueInvoice,
    Lifecycle,
    OrderPolicy,
    OrderRules,
    PlaceOrder,
    ReceivedUnits,
    ReceiveReturn,
    RecordPayment,
    RecordRefund,
    RecordSettlement,
    RefundPayment,
    ReleaseStock,
    RequestExchange,
    RequestReturn,
    ReserveStock,
    RoleGrant,
    RoleMatrix,
    ShipUnits,
    TransferIn,
    TransferOut,
    UnitsReserved,
    UnitsTransferredIn,
    UnitsTransferredOut,
    VoidPayment,
    available,
    check,
    decide,
    due_timers,
    evolve,
    order_facts,
    plan_merge,
    plan_split,
    reconcile,
    replay,
)
from ordercore.orders.specimen import tea_order, tea_quote
from ordercore.pricing import (
    Adjustment,
    AfterOrderPolicy,
    Charge,
    QuoteLine,
    kept_value,
    refund,
    split_off,
)


def broken(order):
    return {law.invariant_id for law in INVARIANTS if law.check(order)}


def go(order, message, context=CLERK):
    """The order after a message and the effects of it; every law holds."""
    answer = decide(order, message, context).accepted()
    moved = replay(order, answer.events)
    assert broken(moved) == set()
    step = order
    for happening in answer.events:
        step = evolve(step, happening)
    assert step == moved
    return moved, answer.effects


def split(order, lines, to="o-2", n="t-1", context=CLERK):
    plan = plan_split(order, lines, to_order=to, transfer_id=n).accepted()
    rest, sent = go(order, plan.out, context)
    new, came = go(None, plan.into, context)
    return rest, new, (*sent, *came)


def merge(source, target, n="t-2", context=CLERK):
    plan = plan_merge(source, target, transfer_id=n).accepted()
    rest, sent = go(source, plan.out, context)
    both, came = go(target, plan.into, context)
    return rest, both, (*sent, *came)


def sums(*orders):
    """What is conserved over orders: dues, money by kind, and units that stand somewhere."""
    payments = {}
    for order in orders:
        for known in order.payments:
            took = payments.setdefault(str(known.payment_id), [0, 0, 0, 0, 0])
            for index, minor in enumerate(
                (
                    known.collected_minor,
                    known.held_minor,
                    known.open_authorisation_minor,
                    known.points,
                    known.settled_minor,
                )
            ):
                took[index] += minor
    nodes = {}
    for order in orders:
        for known in order.allocations:
            where = (str(order.line(known.line_id).sku), str(known.node))
            nodes[where] = nodes.get(where, 0) + known.quantity
    return {
        "due": sum(order.due_minor for order in orders),
        "value": sum(order.value_minor for order in orders),
        "allowance": sum(order.allowance_minor for order in orders),
        "outstanding": sum(order.money.outstanding.minor for order in orders),
        "paid": sum(order.money.paid.minor for order in orders),
        "payments": payments,
        "kept": sum(x.kept for order in orders for x in order.lines),
        "backlog": sum(x.backlog for order in orders for x in order.lines),
        "allocated": sum(x.allocated for order in orders for x in order.lines),
        "reserved": sum(x.reserved for order in orders for x in order.lines),
        "nodes": nodes,
    }


def without(figures, *names):
    return {name: value for name, value in figures.items() if name not in names}


# --- splitting, by hand ---


def test_a_cup_goes_on_as_an_order_of_its_own():
    """315.90 paid; the cup (59.90) leaves with its stock and its money."""
    order = confirmed()
    rest, new, effects = split(order, {"2": 1})
    assert (rest.due, new.due) == (cny(25600), cny(5990))
    assert (rest.money.balance, new.money.balance) == (cny(0), cny(0))
    assert (rest.money.paid, new.money.paid) == (cny(25600), cny(5990))
    assert (new.order_id, new.lifecycle, new.destination) == ("o-2", Lifecycle.CONFIRMED, HERE)
    assert [(x.line_id, x.sku, x.ordered, x.reserved) for x in new.lines] == [("2", "CUP", 1, 1)]
    assert [(str(a.allocation_id), a.node) for a in new.allocations] == [("o-1/a2", "n")]
    assert (rest.line("2").cancelled, rest.line("2").transferred) == (1, 1)
    assert [(e.allocation_id, e.quantity) for e in effects if isinstance(e, ReleaseStock)] == [
        ("a2", 1)
    ]
    assert not [e for e in effects if isinstance(e, RefundPayment | CapturePayment | VoidPayment)]
    assert [(str(k.kind), str(k.order_id)) for k in rest.amendments.links] == [("split_to", "o-2")]
    assert [(str(k.kind), str(k.order_id)) for k in new.amendments.links] == [("split_from", "o-1")]
    ship = ShipUnits("o-2", command_id="s", shipment_id="s-9", node="n", lines={"2": 1})
    assert go(new, ship)[0].line("2").shipped == 1


def test_promised_money_is_shared_as_it_is_needed():
    """400.00 promised for 315.90: 59.90 go along, and the rest stays."""
    order = after(placed(capture="by_host"), paid(1, 40000, "authorised"), cmd(ConfirmOrder, 1))
    rest, new, _ = split(order, {"2": 1})
    assert [p.open_authorisation_minor for p in rest.payments] == [34010]
    assert [p.open_authorisation_minor for p in new.payments] == [5990]
    took = RecordPayment("o-2", fact_id="f", payment_id="p1", kind="captured", amount=cny(5990))
    assert go(new, took)[0].money.outstanding == cny(0)
    assert check(placed(), ConfirmOrder("o-1", command_id="c"), CLERK).codes == ("gate.payment",)


def test_what_is_paid_in_part_stays_as_far_as_it_is_needed():
    """300.00 of 315.90: 256.00 stay, 44.00 go, 15.90 are owed for the cup."""
    order = after(placed(terms="credit"), paid(1, 30000), cmd(ConfirmOrder, 1))
    rest, new, _ = split(order, {"2": 1})
    assert (rest.money.outstanding, new.money.outstanding) == (cny(0), cny(1590))
    owed, alone, _ = split(
        after(placed(terms="credit"), paid(1, 20000), cmd(ConfirmOrder, 1)), {"2": 1}
    )
    assert (owed.money.outstanding, alone.money.outstanding) == (cny(5600), cny(5990))
    assert alone.payments == ()


def test_the_last_payment_goes_first():
    order = after(
        placed(),
        RecordPayment("o-1", fact_id="a", payment_id="card", kind="captured", amount=cny(30000)),
        RecordPayment(
            "o-1", fact_id="b", payment_id="points", kind="captured", amount=cny(1590),
            tender="points", points=159,
        ),
        cmd(ConfirmOrder, 1),
    )  # fmt: skip
    rest, new, _ = split(order, {"2": 1})
    assert [(str(p.payment_id), p.held_minor, p.points) for p in new.payments] == [
        ("card", 4400, 0), ("points", 1590, 159),
    ]  # fmt: skip
    assert [(str(p.payment_id), p.held_minor, p.points) for p in rest.payments] == [
        ("card", 25600, 0), ("points", 0, 0),
    ]  # fmt: skip
    back = decide(new, CancelOrder("o-2", command_id="x"), CLERK).effects
    assert sorted((e.amount.minor, e.points) for e in back if isinstance(e, RefundPayment)) == [
        (1590, 159), (4400, 0),
    ]  # fmt: skip


def test_a_dispute_won_before_anything_else_is_known_brings_no_money():
    """The reports of a payment may come in any order; in the end they say the same."""
    won = paid(1, 31590, "chargeback_reversed")
    early = after(placed(terms="credit"), won)
    assert early.money.paid == early.money.balance == cny(0)
    after(early, cmd(CancelUnits, 2, lines={"2": 1}))
    assert split(early, {"2": 1})[1].payments == ()
    reports = (paid(2, 31590), paid(3, 31590, "charged_back"))
    reports = tuple(attrs.evolve(report, payment_id="p1") for report in reports)
    late = after(early, *reports)
    assert late.money == after(placed(terms="credit"), *reports, won).money
    assert late.payments[0].held_minor == 31590


def test_what_was_paid_out_goes_along_as_far_as_it_must():
    paid_out = RecordSettlement("o-1", fact_id="s", payment_id="pp", amount=cny(30000), fee=cny(0))
    rest, new, _ = split(after(confirmed(), paid_out), {"2": 1})
    assert (rest.payments[0].settled_minor, new.payments[0].settled_minor) == (25600, 4400)
    late = RecordSettlement("o-2", fact_id="s", payment_id="pp", amount=cny(1590), fee=cny(0))
    assert go(new, late)[0].clashes == {}


def test_a_part_of_a_line_and_of_an_allocation():
    rest, new, _ = split(confirmed(), {"1": 1})
    assert [(a.quantity, a.reserved) for a in rest.allocations] == [(1, 1), (1, 1)]
    assert [(a.quantity, a.reserved) for a in new.allocations] == [(1, 1)]
    assert (rest.due, new.due) == (cny(18790), cny(12800))


def test_units_without_stock_leave_first():
    order = after(
        tea_order(),
        cmd(AllocateUnits, 1, allocations=[Assignment("2", 1, node="n")]),
        cmd(ReserveStock, 2, allocations=[Assignment("1", 1, node="n")]),
    )
    rest, new, effects = split(order, {"1": 1, "2": 1})
    assert [x.backlog for x in new.lines] == [1, 0]
    assert [(a.line_id, a.reserved) for a in new.allocations] == [("2", 0)]
    assert not [e for e in effects if isinstance(e, ReleaseStock)]
    assert (rest.lifecycle, new.lifecycle) == (Lifecycle.SUBMITTED,) * 2


def test_an_allowance_goes_along_as_far_as_what_stays_has_no_room():
    order = after(confirmed(), cmd(GrantAllowance, 1, amount=cny(20000)))
    rest, new, _ = split(order, {"1": 2})
    assert (rest.allowance_minor, new.allowance_minor) == (5990, 14010)
    assert (rest.due, new.due) == (cny(0), cny(11590))
    assert rest.money.balance == new.money.balance == cny(0)


def test_charges_stay_with_what_stays_and_go_with_the_last():
    fee = Charge("shipping", list_amount=cny(800))
    kept = Charge("gift", list_amount=cny(100), refundable=False)
    wanted = quote(line("1", 2, 25600), line("2", 1, 5990), charges=[fee, kept])
    order = after(placed(), cmd(EditOrder, 1, quote=wanted), paid(2, 32490), cmd(ConfirmOrder, 2))
    rest, new, _ = split(order, {"2": 1})
    assert (rest.due, new.due) == (cny(26500), cny(5990))
    gone, rest, _ = merge(rest, new)
    assert (gone.due, gone.lifecycle) == (cny(100), Lifecycle.CANCELLED)
    assert [str(c.charge_id) for c in rest.quote.charges] == ["shipping"]
    assert (rest.due, rest.money.paid) == (cny(32390), cny(32390))


def test_promised_money_that_nobody_needs_is_given_up_when_an_order_ends():
    order = after(placed(capture="by_host"), paid(1, 40000, "authorised"), cmd(ConfirmOrder, 1))
    rest, new, effects = split(order, {"1": 2, "2": 1})
    assert rest.lifecycle is Lifecycle.CANCELLED
    assert [e.amount for e in effects if isinstance(e, VoidPayment)] == [cny(8410)]
    assert new.payments[0].open_authorisation_minor == 31590


def test_what_came_along_is_captured_where_the_order_captures():
    order = after(placed(terms="credit"), cmd(ConfirmOrder, 1))
    order = after(order, edit(2, ("1", 2, 25600), ("2", 1, 5990)))
    other = attrs.evolve(order, order_id="o-9")
    host = attrs.evolve(other, policy=attrs.evolve(other.policy, capture="by_host"))
    promised, _ = go(
        host,
        RecordPayment("o-9", fact_id="f", payment_id="q", kind="authorised", amount=cny(31590)),
    )
    _, both, effects = merge(promised, order)
    assert [e.amount for e in effects if isinstance(e, CapturePayment)] == [cny(31590)]
    assert both.due == cny(63180)


# --- merging, by hand ---


def test_two_orders_become_one():
    first = confirmed()
    _, second, _ = split(attrs.evolve(confirmed(), order_id="o-5"), {"1": 1, "2": 1}, to="o-6")
    before = sums(first, second)
    gone, both, _ = merge(second, first)
    assert sums(gone, both) == before
    assert [(str(x.line_id), x.ordered, x.reserved) for x in both.lines] == [
        ("1", 2, 2), ("2", 1, 1), ("o-6/1", 1, 1), ("o-6/2", 1, 1),
    ]  # fmt: skip
    assert gone.lifecycle is Lifecycle.CANCELLED
    assert [str(k.kind) for k in both.amendments.links] == ["merged_from"]
    assert [str(k.kind) for k in gone.amendments.links] == ["split_from", "merged_into"]
    place = PlaceOrder("o-1", quote=tea_quote(), command_id="c-1", destination=HERE)
    assert decide(both, place, CLERK).repeated
    assert order_facts(both)["order"]["units"] == 5


def test_what_joins_unpaid_is_waited_for():
    """256.00 of tea are promised, the cup for 59.90 is not: with it the order waits again."""
    tea, cup, _ = split(placed(pay_within=Duration.of(hours=2), terms="authorised"), {"2": 1})
    promised, _ = go(tea, paid(1, 25600, "authorised"))
    assert due_timers(promised, DEFAULT_RULES) == ()
    plan = plan_merge(cup, promised, transfer_id="t-2").accepted()
    joined = decide(promised, plan.into, CLERK).accepted()
    assert [(str(each.timer_id), each.at) for each in joined.due] == [
        ("o-1/payment", shift(tea.placed_at, hours=2))
    ]
    # And the other way round: what left with the only debt leaves nothing to wait for.
    assert due_timers(go(cup, plan.out)[0], DEFAULT_RULES) == ()


def test_split_and_merged_again_is_the_same_in_sum():
    order = confirmed()
    rest, new, _ = split(order, {"1": 1, "2": 1})
    gone, both, _ = merge(new, rest)
    assert without(sums(gone, both), "allowance") == without(sums(order), "allowance")
    assert sorted((str(x.sku), x.kept) for x in both.lines if x.kept) == [
        ("CUP", 1), ("TEA-250G", 1), ("TEA-250G", 1),
    ]  # fmt: skip


def test_bills_of_the_target_stay_right():
    billed = after(confirmed(invoice="on_confirm"), cmd(IssueInvoice, 1, invoice_id="i"))
    fee = Charge("express", list_amount=cny(700))
    other = attrs.evolve(placed(invoice="on_confirm"), order_id="o-7")
    other, _ = go(
        other, EditOrder("o-7", command_id="e", quote=quote(line("1", 1, 100), charges=[fee]))
    )
    other, _ = go(
        other, RecordPayment("o-7", fact_id="p", payment_id="z", kind="captured", amount=cny(800))
    )
    other, _ = go(other, ConfirmOrder("o-7", command_id="c"))
    _, both, _ = merge(other, billed)
    assert both.billing.revised_minor == 700
    done = after(both, cmd(IssueInvoice, 2, invoice_id="i-2"))
    assert done.billing.billed_minor == done.due_minor == 32390
    assert "invoice.missing" not in [m.code for m in reconcile(done)]


# --- saga: one after the other ---


def test_what_left_waits_and_arrives_once():
    order = confirmed()
    plan = plan_split(order, {"2": 1}, to_order="o-2", transfer_id="t-1").accepted()
    rest, _ = go(order, plan.out)
    assert decide(rest, plan.out, CLERK).repeated
    again = attrs.evolve(plan.out, command_id="other")
    assert decide(rest, again, CLERK).is_refused
    new, _ = go(None, plan.into)
    assert decide(new, plan.into, CLERK).repeated
    twice = attrs.evolve(plan.into, command_id="other")
    assert decide(new, twice, CLERK).codes == ("order.exists",)
    other = attrs.evolve(confirmed(), order_id="o-3")
    merged = plan_merge(new, other, transfer_id="t-2").accepted()
    both, _ = go(other, merged.into)
    twice = attrs.evolve(merged.into, command_id="other")
    assert decide(both, twice, CLERK).codes == ("transfer.arrived",)


def test_a_plan_is_for_the_order_as_it_was():
    order = confirmed()
    plan = plan_split(order, {"2": 1}, to_order="o-2", transfer_id="t-1").accepted()
    moved = after(order, cmd(GrantAllowance, 1, amount=cny(1)))
    assert decide(moved, plan.out, CLERK).codes == ("transfer.stale",)
    gone = after(order, cmd(CancelUnits, 1, lines={"2": 1}))
    assert decide(gone, plan.out, CLERK).codes == ("transfer.too_many",)
    ended = after(order, cmd(CancelOrder, 1))
    assert decide(ended, plan.out, CLERK).codes == ("order.stage",)
    assert plan.out.lines == plan.consignment.lines == {"2": 1}


def test_units_whose_stock_is_gone_join_the_backlog():
    plan = plan_split(confirmed(), {"2": 1}, to_order="o-2", transfer_id="t").accepted()
    new, _ = go(None, attrs.evolve(plan.into, hold=False))
    assert (new.allocations, new.backordered) == ((), {"2": 1})


# --- refusals ---


def test_what_would_leave_bills_uneven_stays():
    """The allowance was credited on the cup's bill, and the cup came back: no room for it is left."""
    order = after(
        confirmed(),
        cmd(ShipUnits, "s", shipment_id="s-1", node="n", lines={"2": 1}),
        cmd(IssueInvoice, 1, invoice_id="i"),
        cmd(GrantAllowance, 2, amount=cny(31000)),
        cmd(IssueCreditNote, 3, credit_note_id="n"),
        cmd(RequestReturn, 4, return_id="r", lines={"2": 1}),
        cmd(
            ReceiveReturn,
            5,
            return_id="r",
            units=[ReceivedUnits("2", 1, disposition="scrap")],
        ),
    )
    assert plan_split(order, {"1": 2}, to_order="o-2", transfer_id="t").codes == (
        "transfer.uneven",
    )
    cut = Adjustment(code="deal", amount=cny(-200))
    below = attrs.evolve(line("3", 1, 100), adjustments=[cut])
    order = after(placed(), cmd(EditOrder, 1, quote=quote(line("1", 2, 25600), below)))
    assert plan_split(order, {"3": 1}, to_order="o-2", transfer_id="t").codes == (
        "transfer.uneven",
    )


def test_what_a_node_does_not_give_back_stays():
    order = packed()
    stuck = attrs.evolve(order, fulfilments=(attrs.evolve(order.fulfilments[0], stage="sealed"),))
    (reason,) = plan_split(stuck, {"1": 1}, to_order="o-2", transfer_id="t").reasons
    assert (reason.code, reason.remedy) == ("transfer.in_fulfilment", None)
    assert reason.obtain


def parted(**more):
    order = attrs.evolve(confirmed(), order_id="o-9", **more)
    return plan_merge(order, confirmed(), transfer_id="t").accepted().into


ELSEWHERE = Destination(Region("CN", "ZJ", "Ningbo"))


@pytest.mark.parametrize(
    ("order", "lines", "expected"),
    [
        (confirmed(), {}, {"transfer.nothing"}),
        (confirmed(), {"9": 1}, {"order.unknown_line"}),
        (confirmed(), {"1": 3}, {"transfer.too_many"}),
        (confirmed(), {"1": 0}, {"transfer.too_many"}),
        (part_shipped(), {"1": 2}, {"transfer.too_many"}),
        (
            after(confirmed(invoice="on_confirm"), cmd(IssueInvoice, 1, invoice_id="i")),
            {"1": 1},
            {"transfer.too_many"},
        ),
        (packed(), {"1": 1}, {"transfer.in_fulfilment"}),
        (
            after(part_shipped(), cmd(RequestExchange, 1, return_id="r", lines={"1": 1},
                  quote=quote(line("1", 2, 25600), line("2", 1, 5990), line("3", 1, 1)))),
            {"2": 1},
            {"transfer.exchange_open"},
        ),
        (
            after(placed(), paid(1, 31590, "authorised"), cmd(ConfirmOrder, 1)),
            {"2": 1},
            {"transfer.capture_pending"},
        ),
        (
            after(confirmed(invoice="on_confirm"), cmd(IssueInvoice, 1, invoice_id="i", lines={"2": 1}),
                  cmd(GrantAllowance, 2, amount=cny(31000)), cmd(IssueCreditNote, 3, credit_note_id="n")),
            {"1": 2},
            set(),
        ),
    ],
)  # fmt: skip
def test_what_cannot_leave_says_why(order, lines, expected):
    plan = plan_split(order, lines, to_order="o-2", transfer_id="t")
    if not expected:
        assert not isinstance(plan, Refusal)
        return
    assert set(plan.codes) == expected
    for reason in plan.reasons:
        assert reason.final or reason.remedy or reason.obtain
        if reason.remedy is not None:
            assert check(order, reason.remedy, CLERK).allowed
            helped = after(order, reason.remedy)
            assert not isinstance(
                plan_split(helped, lines, to_order="o-2", transfer_id="t"), Refusal
            )


@pytest.mark.parametrize(
    ("order", "message", "expected"),
    [
        (None, parted(), {"order.unknown"}),
        (placed(), parted(), {"transfer.stage_differs"}),
        (attrs.evolve(confirmed(), customer="c-2"), parted(), {"transfer.customer_differs"}),
        (
            attrs.evolve(confirmed(), destination=ELSEWHERE),
            parted(),
            {"transfer.destination_differs"},
        ),
        (after(confirmed(), cmd(CancelOrder, 1)), parted(), {"order.stage"}),
        (after(shipped(), cup_for(7500)), parted(), {"transfer.exchange_open"}),
        (
            after(confirmed(), edit(8, ("1", 2, 25600), ("o-9/2", 1, 5990))),
            parted(),
            {"transfer.ids_taken"},
        ),
    ],
)
def test_what_cannot_arrive_says_why(order, message, expected):
    reasons = check(order, message, CLERK).reasons
    assert {reason.code for reason in reasons} == expected
    for reason in reasons:
        assert reason.final or reason.remedy or reason.obtain


def test_a_submitted_order_does_not_join_a_confirmed_one():
    other = attrs.evolve(placed(), order_id="o-9")
    into = plan_merge(other, confirmed(), transfer_id="t").accepted().into
    assert check(confirmed(), into, CLERK).codes == ("transfer.stage_differs",)
    assert plan_merge(other, placed(), transfer_id="t").accepted().consignment.confirmed is False


def test_an_order_of_another_currency_or_of_nothing_takes_nothing_in():
    euro = attrs.evolve(
        tea_quote(),
        currency="EUR",
        rounding=Money(0, "EUR"),
        lines=[QuoteLine("1", sku="T", quantity=1, list_amount=Money(1, "EUR"))],
    )
    place = PlaceOrder("o-1", quote=euro, command_id="c", destination=HERE)
    order = after(
        after(None, place), cmd(ReserveStock, 1, allocations=[Assignment("1", 1, node="n")])
    )
    pay = RecordPayment("o-1", fact_id="f", payment_id="p", kind="captured", amount=Money(1, "EUR"))
    order = after(order, pay, cmd(ConfirmOrder, 2))
    assert "money.currency" in check(order, parted(), CLERK).codes
    units = [ReceivedUnits(id, n, disposition="scrap") for id, n in (("1", 2), ("2", 1))]
    back = after(
        shipped(),
        cmd(RequestReturn, 1, return_id="r", lines={"1": 2, "2": 1}),
        cmd(ReceiveReturn, 2, return_id="r", units=units),
    )
    assert check(back, parted(), CLERK).codes == ("transfer.target_empty",)


def test_a_role_that_may_not_takes_nothing_in():
    plan = plan_split(confirmed(), {"2": 1}, to_order="o-2", transfer_id="t-1").accepted()
    rules = OrderRules(roles=RoleMatrix(["clerk"], [RoleGrant("clerk", ["transfer_out"])]))
    clerk = Context(now=CLERK.now, actor="u-1", role="clerk")
    assert decide(None, plan.into, clerk, rules).codes == ("role.not_allowed",)
    assert isinstance(decide(None, plan.into, CLERK, rules), Decision)


def test_what_is_not_credited_or_not_refunded_yet_is_told():
    """An allowance of 10.00 on what was billed, and its refund that no provider has reported."""
    order = after(
        shipped(),
        cmd(IssueInvoice, "i", invoice_id="i-1"),
        cmd(GrantAllowance, "g", amount=cny(1000)),
    )
    told = {mismatch.code: mismatch.facts for mismatch in reconcile(order)}
    assert told["credit_note.allowance_missing"] == {"amount": cny(1000)}
    assert told["refund.pending"] == {"amount": cny(1000)}


def test_options_tell_what_may_move():
    assert available(part_shipped(), CLERK)["TransferOut"].lines == {"1": 1, "2": 1}
    assert not available(packed(), CLERK)["TransferOut"].allowed
    assert available(packed(), CLERK)["TransferIn"].allowed
    assert not available(after(part_shipped(), cmd(
        RequestExchange, 1, return_id="r", lines={"1": 1},
        quote=quote(line("1", 2, 25600), line("2", 1, 5990), line("3", 1, 1)),
    )), CLERK)["TransferOut"].allowed  # fmt: skip
    assert not available(after(confirmed(), cmd(CancelOrder, 1)), CLERK)["TransferIn"].allowed


# --- laws over drawn orders ---


def planned(order, data):
    limits = available(order, at(order.last_at))["TransferOut"].lines
    lines = {id: data.draw(st.integers(0, units)) for id, units in limits.items()}
    lines = {id: units for id, units in lines.items() if units}
    return plan_split(order, lines, to_order="o-2", transfer_id="t")


def live(history):
    return history.order.lifecycle in {Lifecycle.SUBMITTED, Lifecycle.CONFIRMED}


@given(histories(strays=False), st.data())
def test_nothing_is_made_or_lost_by_a_split_and_a_merge(history, data):
    order = history.order
    plan = planned(order, data)
    if isinstance(plan, Refusal) or not live(history):
        return
    event("split")
    context = at(order.last_at)
    rest, sent = go(order, plan.out, context)
    new, came = go(None, plan.into, context)
    figures = sums(order)
    effects = (*sent, *came)
    assert not [e for e in effects if isinstance(e, RefundPayment)]
    halves = sums(rest, new)
    # Promised money that neither needs is given up where nothing is due any more, and only there.
    for given_up in effects:
        if isinstance(given_up, VoidPayment):
            assert rest.due_minor == 0 or new.due_minor == 0
            halves["payments"][str(given_up.payment_id)][2] += given_up.amount.minor
    assert halves == figures
    if new.payments and any(known.capture_pending_minor for known in new.payments):
        return
    if rest.lifecycle is Lifecycle.CANCELLED or not any(x.kept for x in rest.lines):
        return
    back = plan_merge(new, rest, transfer_id="back")
    if isinstance(back, Refusal):
        return
    event("merged again")
    gone, _ = go(new, back.out, context)
    both, _ = go(rest, back.into, context)
    assert sums(gone, both)["due"] == figures["due"]
    assert without(sums(gone, both), "payments", "outstanding") == without(
        figures, "payments", "outstanding"
    )
    assert sums(gone, both)["outstanding"] == figures["outstanding"]


@given(histories(strays=False), st.data())
def test_no_payment_gives_back_more_than_it_took_over_both(history, data):
    order = history.order
    plan = planned(order, data)
    if isinstance(plan, Refusal) or not live(history):
        return
    context = at(order.last_at)
    halves = [go(order, plan.out, context)[0], go(None, plan.into, context)[0]]
    for index, half in enumerate(halves):
        message = CancelOrder(half.order_id, command_id="end")
        answer = decide(half, message, context)
        if isinstance(answer, Decision):
            halves[index] = replay(half, answer.events)
    for payment in order.payments:
        parts = [h.payment(payment.payment_id) for h in halves]
        asked = sum(p.refund_committed_minor for p in parts if p is not None)
        assert asked <= max(payment.captured_minor, payment.collected_minor)
        done = RecordRefund(
            "o-2", fact_id="r", payment_id=payment.payment_id, amount=Money(1, order.currency)
        )
        assert isinstance(decide(halves[1], done, context), Decision)


@given(histories(strays=False), st.data())
def test_a_quote_splits_exactly(history, data):
    known = history.order.quote
    before = {x.line_id: data.draw(st.integers(0, x.quantity)) for x in known.lines}
    left = {id: data.draw(st.integers(0, units)) for id, units in before.items()}
    keep = data.draw(st.booleans())
    step = kept_value(known, before) - kept_value(known, left, charges=keep)
    gone = refund(known, before, left, charges_after=keep)
    if not gone.lines and not gone.charges:
        with pytest.raises(InvalidBatch):
            split_off(known, before, left, charges_after=keep)
        return
    part = split_off(known, before, left, charges_after=keep)
    assert part.total == step
    assert part.quantities == {id: n - left[id] for id, n in before.items() if n > left[id]}


# --- logs, laws, bad input ---


def happened():
    order = confirmed()
    plan = plan_split(order, {"2": 1}, to_order="o-2", transfer_id="t-1").accepted()
    out = decide(order, plan.out, CLERK).accepted().events
    into = decide(None, plan.into, CLERK).accepted().events
    return order, out, into


def test_a_log_that_cannot_be_is_refused():
    order, out, into = happened()
    left = next(e for e in out if isinstance(e, UnitsTransferredOut))
    came = next(e for e in into if isinstance(e, UnitsTransferredIn))
    assert any(isinstance(e, UnitsReserved) for e in into)
    joined = attrs.evolve(came, order_id="o-1", quote=order.quote)
    two = replay(None, into[:2])
    for state, told in (
        (order, left),
        (replay(order, out), left),
        (order, joined),
        (two, came),
        (after(order, cmd(CancelOrder, 1)), left),
    ):
        for read in (evolve, lambda o, e: replay(o, [e])):
            with pytest.raises(IllegalTransition):
                read(state, told)


def test_the_law_of_transfers_notices():
    rest, new, _ = split(confirmed(), {"2": 1})
    bare = attrs.evolve(rest, amendments=attrs.evolve(rest.amendments, links=()))
    assert broken(bare) == {"INV-ORDER-52"}
    twice = new.amendments.links * 2
    odd = attrs.evolve(new, amendments=attrs.evolve(new.amendments, links=twice))
    assert broken(odd) == {"INV-ORDER-52"}
    with pytest.raises(InvalidBatch):
        attrs.evolve(rest.lines[0], transferred=1)


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (
            lambda: plan_split(confirmed(), {"2": 1}, to_order="o-1", transfer_id="t"),
            "transfer.same_order",
        ),
        (
            lambda: TransferOut("o-3", command_id="x", consignment=parted().consignment),
            "transfer.other_order",
        ),
        (
            lambda: TransferIn("o-3", command_id="x", consignment=parted().consignment),
            "transfer.other_order",
        ),
        (lambda: TransferIn("o-3", command_id="x", consignment="c"), "type.wrong"),
        (lambda: TransferOut("o-3", command_id="x", consignment="c"), "type.wrong"),
    ],
)
def test_bad_input_is_refused_with_its_code(build, code):
    with pytest.raises(InvalidValue) as told:
        build()
    assert told.value.code == code


def test_what_delivery_cost_stays_with_its_own_lines_when_others_join():
    """Shipping of 0.01 that goes back with units: what joins does not share it out anew."""
    quote = attrs.evolve(
        tea_quote(),
        charges=[Charge("shipping", list_amount=Money(1, "CNY"))],
    )
    policy = OrderPolicy(after=AfterOrderPolicy(shipping="with_units"))
    place = PlaceOrder("o-1", quote=quote, command_id="place", policy=policy)
    order = replay(None, decide(None, place, CLERK).accepted().events)
    plan = plan_split(order, {"2": 1}, to_order="o-2", transfer_id="t").accepted()
    rest, _ = go(order, plan.out)
    new, _ = go(None, plan.into)
    back = plan_merge(new, rest, transfer_id="back").accepted()
    both, _ = go(rest, back.into)
    assert both.value_minor == rest.value_minor + new.value_minor

"""Tenders, terms, bills and pay-outs, with figures worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.histories import NODES, START, at, histories, quotes, run

from ordercore import orders
from ordercore.kernel import CurrencyMismatch, IllegalTransition, InvalidBatch, InvalidValue, Money
from ordercore.orders import (
    INVARIANTS,
    Assignment,
    CancelOrder,
    CancelUnits,
    CaptureRule,
    CloseOrder,
    ConfirmOrder,
    GrantAllowance,
    HandOver,
    Instalment,
    IssueCreditNote,
    IssueInvoice,
    OrderPolicy,
    Payment,
    PaymentSchedule,
    PlaceOrder,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordPayment,
    RecordRefund,
    RecordSettlement,
    RefundPayment,
    RefundRoute,
    RequestReturn,
    ReserveStock,
    ShipUnits,
    TenderKind,
    available,
    check,
    decide,
    reconcile,
    replay,
    settlement,
    statuses,
)
from ordercore.orders.specimen import tea_order, tea_quote

NOW = "2026-11-11T01:00:00Z"
CLERK = at(NOW)


def cny(minor):
    return Money(minor, "CNY")


def cmd(kind, n, **more):
    return kind("o-1", command_id=f"x-{n}", **more)


def paid(n, kind="captured", minor=31590, payment="p", **more):
    return RecordPayment(
        "o-1", fact_id=f"f-{n}", payment_id=payment, kind=kind, amount=cny(minor), **more
    )


def after(order, *messages):
    for message in messages:
        answer = decide(order, message, CLERK).accepted()
        order = replay(order, answer.events)
        assert {law.invariant_id for law in INVARIANTS if law.check(order)} == set()
    return order


def placed(**policy):
    place = PlaceOrder("o-1", quote=tea_quote(), command_id="c-1", policy=OrderPolicy(**policy))
    plan = [Assignment("1", 2, node="n"), Assignment("2", 1, node="n")]
    return after(after(None, place), cmd(ReserveStock, "r", allocations=plan))


def shipped(**policy):
    return after(
        placed(**policy),
        paid("p"),
        cmd(ConfirmOrder, "c"),
        cmd(ShipUnits, "s", shipment_id="s-1", node="n", lines={"1": 2, "2": 1}),
    )


def returned(order, line, n, disposition="restock"):
    return after(
        order,
        cmd(RequestReturn, f"q{n}", return_id=f"r-{n}", lines={line: 1}),
        cmd(
            ReceiveReturn,
            f"b{n}",
            return_id=f"r-{n}",
            units=[ReceivedUnits(line, 1, disposition=disposition, node="n")],
        ),
    )


def found(order):
    return [(m.code, dict(m.facts)) for m in reconcile(order)]


# --- terms and schedules ---


@pytest.mark.parametrize(
    ("terms", "kind", "allowed"),
    [
        ("prepaid", "authorised", False),
        ("prepaid", "captured", True),
        ("authorised", "authorised", True),
        ("authorised", None, False),
        ("on_delivery", None, True),
        ("credit", None, True),
    ],
)
def test_terms_say_which_money_has_to_be_there(terms, kind, allowed):
    order = placed(terms=terms)
    if kind:
        order = after(order, paid(1, kind))
    verdict = check(order, cmd(ConfirmOrder, 1), CLERK)
    assert verdict.allowed is allowed
    if not allowed:
        (reason,) = verdict.reasons
        assert (reason.code, reason.facts["missing"]) == ("gate.payment", cny(31590))
        assert reason.obtain


PRESALE = PaymentSchedule(
    [
        Instalment(name="deposit", amount=Money.of("50.00", "CNY"), before="confirm"),
        Instalment(name="second", share=Fraction(1, 3), before="plan"),
        Instalment(name="balance", before="ship"),
    ]
)


def test_a_deposit_confirms_and_the_balance_ships():
    order = placed(schedule=PRESALE, terms="prepaid")
    (reason,) = check(order, cmd(ConfirmOrder, 1), CLERK).reasons
    assert (reason.facts["needed"], reason.facts["missing"]) == (cny(5000), cny(5000))
    order = after(order, paid(1, minor=5000), cmd(ConfirmOrder, 1))
    ship = cmd(ShipUnits, 2, shipment_id="s-1", node="n", lines={"1": 2})
    (reason,) = check(order, ship, CLERK).reasons
    assert (reason.code, reason.facts["missing"]) == ("gate.payment", cny(26590))
    planned = after(order, cmd(orders.PlanFulfilment, 3, fulfilment_id="fo", node="n"))
    for step in (orders.ReleaseFulfilment, orders.StartPicking):
        planned = after(planned, cmd(step, step.__name__, fulfilment_id="fo"))
    planned = after(
        planned, cmd(orders.ConfirmPick, 4, fulfilment_id="fo", picked={"1": 2, "2": 1})
    )
    planned = after(planned, cmd(orders.PackFulfilment, 5, fulfilment_id="fo"))
    go = cmd(HandOver, 6, fulfilment_id="fo", shipment_id="s-1")
    assert check(planned, go, CLERK).codes == ("gate.payment",)
    assert after(planned, paid(2, minor=26590), go).line("1").shipped == 2
    assert after(order, paid(2, minor=26590), ship).line("1").shipped == 2


def test_parts_reach_the_amount_due_and_never_more():
    assert [PRESALE.needed_minor(verb, 31590) for verb in ("confirm", "plan", "ship", "x")] == [
        5000, 15530, 31590, 0,
    ]  # fmt: skip
    assert [PRESALE.needed_minor(verb, 3000) for verb in ("confirm", "plan", "ship")] == [3000] * 3
    assert PRESALE.needed_minor("ship", 0) == 0


@given(st.integers(0, 10**6))
def test_a_schedule_is_monotone(due):
    steps = [PRESALE.needed_minor(verb, due) for verb in ("confirm", "plan", "ship")]
    assert steps == sorted(steps)
    assert steps[-1] == due


def test_an_order_of_nothing_needs_no_payment():
    free = after(placed(), cmd(GrantAllowance, 1, amount=cny(31590)), cmd(ConfirmOrder, 2))
    assert str(statuses(free).payment) == "not_required"


# --- tenders and refunds ---


def two_tenders(**policy):
    return after(
        placed(**policy),
        paid(1, minor=20000, payment="card", tender="card"),
        paid(2, minor=11590, payment="points", tender="points", points=1159),
        cmd(ConfirmOrder, 1),
    )


@pytest.mark.parametrize(
    ("routing", "expected"),
    [
        ("original_first", [("card", 12800, 0, "to_tender")]),
        ("last_in_first_out", [("points", 11590, 1159, "to_tender"), ("card", 1210, 0, "to_tender")]),
        ("store_credit", [("card", 12800, 0, "to_store_credit")]),
    ],
)  # fmt: skip
def test_refunds_go_back_over_the_tenders_as_the_policy_names_them(routing, expected):
    answer = decide(two_tenders(refunds=routing), cmd(CancelUnits, 2, lines={"1": 1}), CLERK)
    told = [
        (str(e.payment_id), e.amount.minor, e.points, e.route.value)
        for e in answer.effects
        if isinstance(e, RefundPayment)
    ]
    assert told == expected


def test_points_go_back_with_their_money_and_all_of_them_in_the_end():
    order = two_tenders(refunds="last_in_first_out")
    first = decide(order, cmd(CancelUnits, 2, lines={"2": 1}), CLERK).effects[1]
    assert (first.amount.minor, first.points, first.tender) == (5990, 599, TenderKind.POINTS)
    order = after(order, cmd(CancelUnits, 2, lines={"2": 1}))
    rest = decide(order, cmd(CancelOrder, 3), CLERK).effects
    points = [e.points for e in rest if isinstance(e, RefundPayment) and e.points]
    assert points == [560]
    assert RefundRoute.TO_TENDER in {e.route for e in rest if isinstance(e, RefundPayment)}


@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=4),
    st.integers(0, 1200),
    st.sampled_from(list(orders.RefundRouting)),
)
def test_no_tender_gives_back_more_than_it_took(took, due, routing):
    payments = [
        Payment(payment_id=f"p{n}", currency="CNY", captured_minor=minor)
        for n, minor in enumerate(took)
    ]
    asked = settlement(payments, due, bound=True, capture=CaptureRule.BY_HOST, routing=routing)
    assert sum(r.minor for r in asked if r.kind == "refund") == max(0, sum(took) - due)
    for request in asked:
        assert 0 < request.minor <= took[int(request.payment_id[1:])]


def test_a_correction_and_a_won_dispute_change_what_is_held():
    order = after(placed(), paid(1), cmd(ConfirmOrder, 1))
    lower = after(order, paid(2, "adjusted", -1000))
    assert lower.money.paid == cny(30590)
    assert lower.clashes["payment.adjusted"] == 1
    higher = decide(order, paid(2, "adjusted", 1000), CLERK)
    assert [e.amount.minor for e in higher.effects] == [1000]
    lost = after(order, paid(3, "charged_back"))
    assert lost.money.outstanding == cny(31590)
    won = after(lost, paid(4, "chargeback_reversed"))
    assert (won.money.outstanding, won.money.charged_back) == (cny(0), cny(0))


# --- bills ---


def test_bills_of_parts_add_up_to_the_whole():
    order = shipped()
    assert available(order, CLERK)["IssueInvoice"].lines == {"1": 2, "2": 1}
    one = after(order, cmd(IssueInvoice, 1, invoice_id="i-1", lines={"1": 1}))
    two = after(one, cmd(IssueInvoice, 2, invoice_id="i-2"))
    assert [i.amount.minor for i in two.billing.invoices] == [12800, 18790]
    assert two.billing.billed_minor == 31590
    assert [(x.invoiced, x.credited, x.billed) for x in two.lines] == [(2, 0, 2), (1, 0, 1)]
    assert str(statuses(two).invoice) == "invoiced"
    assert [str(statuses(o).invoice) for o in (order, one)] == ["pending", "partially_invoiced"]


def test_what_came_back_is_credited_and_nothing_else():
    order = after(shipped(), cmd(IssueInvoice, 1, invoice_id="i-1"))
    assert check(order, cmd(IssueCreditNote, 2, credit_note_id="n"), CLERK).codes == (
        "credit_note.nothing_left",
    )
    back = returned(order, "1", 1)
    assert found(back)[0] == ("credit_note.missing", {"line": "1", "units": 1})
    assert str(statuses(back).invoice) == "credit_pending"
    done = after(back, cmd(IssueCreditNote, 2, credit_note_id="n-1"))
    assert done.billing.credit_notes[0].amount == cny(12800)
    assert done.billing.billed_minor == done.due_minor == 18790
    rejected = returned(done, "2", 2, "reject")
    assert check(rejected, cmd(IssueCreditNote, 3, credit_note_id="m"), CLERK).allowed is False


def test_an_allowance_is_credited_up_to_what_was_billed():
    order = after(
        shipped(),
        cmd(GrantAllowance, 1, amount=cny(2000)),
        cmd(IssueInvoice, 2, invoice_id="i-1", lines={"2": 1}),
    )
    assert available(order, CLERK)["IssueCreditNote"].up_to == cny(2000)
    order = after(order, cmd(IssueCreditNote, 3, credit_note_id="n-1"))
    assert (order.billing.billed_minor, order.billing.allowance_credited_minor) == (3990, 2000)
    assert "credit_note.allowance_missing" not in [code for code, _ in found(order)]


@pytest.mark.parametrize(
    ("rule", "before", "after_delivery"),
    [("on_confirm", 3, 3), ("on_shipment", 3, 3), ("on_delivery", 0, 2)],
)
def test_the_policy_says_when_units_are_billed(rule, before, after_delivery):
    order = shipped(invoice=rule)
    assert statuses(order).invoice.because["billable"] == before
    scan = RecordDelivery("o-1", fact_id="d", shipment_id="s-1", lines={"1": 2})
    assert statuses(after(order, scan)).invoice.because["billable"] == after_delivery


def test_a_cancelled_order_takes_its_bills_back():
    order = after(
        placed(invoice="on_confirm"),
        paid(1),
        cmd(ConfirmOrder, 1),
        cmd(IssueInvoice, 2, invoice_id="i-1"),
        cmd(CancelOrder, 3),
        cmd(IssueCreditNote, 4, credit_note_id="n-1"),
    )
    assert order.billing.billed_minor == 0
    assert str(statuses(order).invoice) == "credited"


@pytest.mark.parametrize(
    ("order", "message", "expected"),
    [
        (tea_order(), cmd(IssueInvoice, 1, invoice_id="i"), "order.stage"),
        (shipped(), cmd(IssueInvoice, 1, invoice_id="i", lines={"9": 1}), "order.unknown_line"),
        (shipped(), cmd(IssueInvoice, 1, invoice_id="i", lines={"1": 3}), "invoice.too_many"),
        (
            after(shipped(), cmd(IssueInvoice, 0, invoice_id="i", lines={"1": 1})),
            cmd(IssueInvoice, 1, invoice_id="i"),
            "invoice.exists",
        ),
        (shipped(invoice="on_delivery"), cmd(IssueInvoice, 1, invoice_id="i"), "invoice.nothing_left"),
        (
            after(shipped(), cmd(IssueInvoice, 0, invoice_id="i")),
            cmd(IssueCreditNote, 1, credit_note_id="n", lines={"1": 1}),
            "credit_note.too_many",
        ),
        (
            shipped(),
            cmd(IssueCreditNote, 1, credit_note_id="n", lines={"9": 1}),
            "order.unknown_line",
        ),
        (
            after(
                returned(after(shipped(), cmd(IssueInvoice, 0, invoice_id="i")), "1", 1),
                cmd(IssueCreditNote, 1, credit_note_id="n"),
            ),
            cmd(IssueCreditNote, 2, credit_note_id="n", lines={"1": 1}),
            "credit_note.exists",
        ),
    ],
)  # fmt: skip
def test_a_refusal_says_why(order, message, expected):
    reasons = check(order, message, CLERK).reasons
    assert expected in [reason.code for reason in reasons]
    for reason in reasons:
        assert reason.final or reason.remedy or reason.obtain


# --- pay-outs ---


def payout(n, minor, fee=0, payment="p", currency="CNY"):
    return RecordSettlement(
        "o-1",
        fact_id=f"o-{n}",
        payment_id=payment,
        amount=Money(minor, currency),
        fee=Money(fee, currency),
    )


def test_an_order_is_settled_when_its_providers_have_paid_out():
    order = after(
        shipped(settled_first=True),
        RecordDelivery("o-1", fact_id="d", shipment_id="s-1"),
    )
    (reason,) = check(order, cmd(CloseOrder, 1), CLERK).reasons
    assert (reason.code, reason.facts["amount"]) == ("close.unsettled", cny(31590))
    part = after(order, payout(1, 10000))
    assert [str(statuses(o).settlement) for o in (order, part)] == ["open", "partially_settled"]
    done = after(part, payout(2, 21000, 590))
    assert str(statuses(done).settlement) == "settled"
    assert after(done, cmd(CloseOrder, 1)).lifecycle.value == "closed"
    assert str(statuses(placed()).settlement) == "nothing"


def test_strange_pay_outs_are_kept():
    order = shipped()
    for message, code in (
        (payout(1, 40000), "settlement.above_captured"),
        (payout(2, 1, payment="q"), "settlement.unknown_payment"),
        (payout(3, 1, currency="EUR"), "settlement.currency"),
    ):
        events = decide(order, message, CLERK).events
        assert events[-1].code == code


# --- everything together ---


def test_goods_bills_and_money_tell_the_same_in_the_end():
    order = shipped()
    assert [code for code, _ in found(order)] == [
        "invoice.missing", "invoice.missing", "settlement.missing",
    ]  # fmt: skip
    order = after(order, cmd(IssueInvoice, 1, invoice_id="i-1"))
    order = returned(order, "2", 1)
    codes = [code for code, _ in found(order)]
    assert codes == ["credit_note.missing", "refund.pending", "settlement.missing"]
    order = after(
        order,
        cmd(IssueCreditNote, 2, credit_note_id="n-1"),
        RecordRefund("o-1", fact_id="b", payment_id="p", amount=cny(5990)),
        payout(1, 25000, 600),
    )
    assert found(order) == []
    owed = after(
        placed(terms="on_delivery"),
        cmd(ConfirmOrder, 1),
        cmd(ShipUnits, 2, shipment_id="s-1", node="n", lines={"2": 1}),
        cmd(IssueInvoice, 3, invoice_id="i"),
    )
    assert found(owed) == [("payment.outstanding", {"amount": cny(5990)})]
    # The cup came back, and the provider could not pay its 59.90 out: it still holds all 315.90.
    failed = after(
        returned(after(shipped(), cmd(IssueInvoice, 1, invoice_id="i-1")), "2", 1),
        cmd(IssueCreditNote, 2, credit_note_id="n-1"),
        paid(2, "refund_failed", 5990),
    )
    assert found(failed) == [
        ("payment.balance", {"amount": cny(5990)}),
        ("settlement.missing", {"payment": "p", "amount": cny(31590)}),
    ]


@given(histories())
def test_revenue_stands_for_the_units_that_stayed(history):
    """L06: after every bill is brought up to date, billed units are those that ought to be."""
    order = history.order
    context = at(order.last_at)
    credit, bill = (IssueCreditNote, "credit_note_id"), (IssueInvoice, "invoice_id")
    for number, (kind, id) in enumerate((credit, bill, credit)):
        message = kind("o-1", command_id=f"end-{number}", **{id: f"end-{number}"})
        answer = decide(order, message, context)
        if not answer.is_refused:
            order = replay(order, answer.events)
    codes = {mismatch.code for mismatch in reconcile(order)}
    assert "credit_note.missing" not in codes
    if order.lifecycle.value != "submitted":
        assert "invoice.revised" not in codes
    if order.lifecycle.value in {"confirmed", "closed"}:
        assert "invoice.missing" not in codes
    billed = {line.line_id: line.billed for line in order.lines}
    if order.billing.invoices and billed == order.kept and not order.amendments.advance_minor:
        # Units that went ahead in an exchange are billed, and not due before the others are back.
        assert max(0, order.billing.billed_minor) == order.due_minor


@given(quotes(), st.data())
def test_any_split_of_bills_comes_to_the_same(quote, data):
    whole = {line.line_id: line.quantity for line in quote.lines}
    plan = [Assignment(line, units, node=NODES[0]) for line, units in whole.items()]
    order = run(
        [
            (PlaceOrder("o-1", quote=quote, command_id="c-0"), at(START)),
            (paid(1, minor=quote.total.minor), at(START)),
            (ReserveStock("o-1", command_id="c-1", allocations=plan), at(START)),
            (ConfirmOrder("o-1", command_id="c-2"), at(START)),
            (ShipUnits("o-1", command_id="c-3", shipment_id="s", node=NODES[0], lines=whole), at(START)),
        ]
    ).order  # fmt: skip
    units = [line for line, count in whole.items() for _ in range(count)]
    for number, line in enumerate(data.draw(st.permutations(units))):
        message = cmd(IssueInvoice, number, invoice_id=f"i-{number}", lines={line: 1})
        order = replay(order, decide(order, message, at(START)).accepted().events)
    assert order.billing.billed_minor == quote.total.minor
    assert sum(i.amount.minor for i in order.billing.invoices) == quote.total.minor


# --- bad input ---


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (lambda: Instalment(name="", before="confirm"), "instalment.name"),
        (lambda: Instalment(name="a", before="x", share=Fraction(1, 2), amount=cny(1)), "instalment.part"),
        (lambda: Instalment(name="a", before="x", share=Fraction(3, 2)), "instalment.share"),
        (lambda: Instalment(name="a", before="x", share=0.5), "type.wrong"),
        (lambda: Instalment(name="a", before="x", amount=cny(0)), "instalment.amount"),
        (lambda: PaymentSchedule([]), "schedule.empty"),
        (lambda: PaymentSchedule([Instalment(name="a", before="x", amount=cny(1))]), "schedule.rest"),
        (lambda: PaymentSchedule(["x"]), "type.wrong"),
        (lambda: OrderPolicy(schedule="x"), "type.wrong"),
        (lambda: OrderPolicy(terms="x"), "choice.unknown"),
        (lambda: payout(1, -1), "amount.negative"),
        (lambda: cmd(IssueInvoice, 1, invoice_id="i", lines={"1": 0}), "quantity.not_positive"),
        (lambda: paid(1, points=-1), "payment.points"),
        (lambda: paid(1, tender="shells"), "choice.unknown"),
        (lambda: paid(1, minor=-1), "amount.negative"),
        (lambda: Payment(payment_id="p", currency="CNY", points=-1), "payment.negative"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_its_code(build, code):
    with pytest.raises((InvalidValue, InvalidBatch)) as told:
        build()
    fault = told.value.faults[0] if isinstance(told.value, InvalidBatch) else told.value
    assert fault.code == code


def test_two_currencies_are_no_pay_out():
    with pytest.raises(CurrencyMismatch):
        RecordSettlement("o-1", fact_id="f", payment_id="p", amount=cny(1), fee=Money(1, "EUR"))


def test_a_log_with_a_bill_twice_is_refused():
    order = shipped()
    (bill,) = decide(order, cmd(IssueInvoice, 1, invoice_id="i", lines={"1": 1}), CLERK).events
    with pytest.raises(IllegalTransition):
        replay(order, [bill, bill])
    billed = returned(after(order, cmd(IssueInvoice, 1, invoice_id="i")), "1", 1)
    (note,) = decide(billed, cmd(IssueCreditNote, 2, credit_note_id="n"), CLERK).events
    with pytest.raises(IllegalTransition):
        replay(billed, [note, note])


def test_the_laws_notice_what_they_are_about():
    order = after(shipped(), cmd(IssueInvoice, 1, invoice_id="i-1"))
    tea, cup = order.lines
    odd = attrs.evolve(order, lines=(attrs.evolve(tea, invoiced=1), cup))
    assert "INV-ORDER-40" in {law.invariant_id for law in INVARIANTS if law.check(odd)}
    odd = attrs.evolve(order, billing=attrs.evolve(order.billing, billed_minor=1))
    broken = {law.invariant_id for law in INVARIANTS if law.check(odd)}
    assert broken >= {"INV-ORDER-40", "INV-ORDER-41"}
    worth = order.billing.billed_minor
    odd = attrs.evolve(
        order,
        billing=attrs.evolve(order.billing, billed_minor=-1, allowance_credited_minor=worth + 1),
    )
    assert "INV-ORDER-41" in {law.invariant_id for law in INVARIANTS if law.check(odd)}

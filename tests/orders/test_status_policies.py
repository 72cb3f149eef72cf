"""Each platform's words for one table of situations, worked out by hand from its own rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from tests.orders.histories import History, histories

from ordercore import orders
from ordercore.kernel import Currency, Money
from ordercore.orders import (
    MEDUSA_STATUSES,
    SALEOR_AUTHORIZE_STATUSES,
    SALEOR_STATUSES,
    SOLIDUS_STATUSES,
    SYLIUS_STATUSES,
    MoneyPosition,
    Payment,
    Tally,
    statuses,
)

POLICIES = (
    SALEOR_STATUSES,
    SALEOR_AUTHORIZE_STATUSES,
    SOLIDUS_STATUSES,
    SYLIUS_STATUSES,
    MEDUSA_STATUSES,
)


def situation(
    *, lifecycle="confirmed", due=300, total=300, payments=None, valid=None, authorised=0, captured=0,
    refunded=0, refund_requested=0, charged_back=0, **units,
):  # fmt: skip
    """Three units of 1.00 each, all of them goods with stock held unless said otherwise."""
    card = Payment(
        payment_id="card",
        currency="CNY",
        authorised_minor=authorised,
        captured_minor=captured,
        refunded_minor=refunded,
        refund_requested_minor=refund_requested,
        charged_back_minor=charged_back,
    )
    some = int(bool(authorised or captured))
    counted = dict.fromkeys(
        ("cancelled", "shipped", "delivered", "return_requested", "returned", "accepted", "rejected", "packed"), 0
    )  # fmt: skip
    counted |= {"ordered": 3, "reserved": 3, "goods": 3} | units
    return Tally(
        lifecycle=orders.Lifecycle(lifecycle),
        failed_minor=0,
        money=MoneyPosition.of([card], due, Currency("CNY")),
        total_minor=total,
        payments=some if payments is None else payments,
        payments_valid=some if valid is None else valid,
        **counted,
    )


SENT = {"packed": 3, "shipped": 3}
THERE = {**SENT, "delivered": 3, "fulfilments_delivered": 1}
GONE = {"lifecycle": "cancelled", "cancelled": 3, "reserved": 0, "goods": 0, "due": 0}

SITUATIONS = {
    "draft": situation(lifecycle="draft", reserved=0),
    "expired": situation(**{**GONE, "lifecycle": "expired"}),
    "placed": situation(lifecycle="submitted", reserved=0),
    "authorised": situation(authorised=300),
    "authorised in part": situation(authorised=100),
    "paid": situation(captured=300),
    "paid in part": situation(captured=100),
    "payment failed": situation(payments=1, valid=0),
    "packed": situation(captured=300, packed=3, fulfilments_packed=1),
    "shipped in part": situation(captured=300, packed=1, shipped=1, fulfilments_shipped=1),
    "shipped in part, the rest refunded": situation(
        due=100, captured=300, refunded=200, cancelled=2, goods=1, reserved=1, packed=1, shipped=1,
        fulfilments_shipped=1,
    ),
    "shipped": situation(captured=300, **SENT, fulfilments_shipped=1),
    "delivered": situation(captured=300, **THERE),
    "delivered in part": situation(
        captured=300, **SENT, delivered=1, fulfilments_shipped=1, fulfilments_delivered=1
    ),
    "return asked for": situation(captured=300, **THERE, return_requested=1),
    "one returned": situation(
        due=200, captured=300, refunded=100, **THERE, return_requested=1, returned=1, accepted=1
    ),
    "one of two returned": situation(
        due=200, captured=300, refunded=100, **THERE, return_requested=2, returned=1, accepted=1
    ),
    "all returned": situation(
        due=0, captured=300, refunded=300, **THERE, return_requested=3, returned=3, accepted=3
    ),
    "refunded too much": situation(captured=300, refunded=350, **THERE),
    "refund under way": situation(due=0, captured=300, refund_requested=300, **THERE),
    "cancelled and paid": situation(captured=300, **GONE),
    "cancelled unpaid": situation(**GONE),
    "cancelled, authorised": situation(authorised=300, **GONE),
    "cancelled and refunded": situation(captured=300, refunded=300, fulfilments_ended=1, **GONE),
    "no shipment at all": situation(captured=300, goods=0),
    "free": situation(due=0, total=0),
    "paid too much": situation(captured=400),
    "stock short": situation(captured=300, reserved=1),
    "closed": situation(lifecycle="closed", captured=300, **THERE),
}  # fmt: skip

# payment, fulfilment, return, display
TABLES = {
    SALEOR_STATUSES: {
        "draft": ("none", "draft", "none", "draft"),
        "expired": ("none", "expired", "none", "expired"),
        "placed": ("none", "unconfirmed", "none", "unconfirmed"),
        "authorised": ("none", "unfulfilled", "none", "unfulfilled"),
        "authorised in part": ("none", "unfulfilled", "none", "unfulfilled"),
        "paid": ("full", "unfulfilled", "none", "unfulfilled"),
        "paid in part": ("partial", "unfulfilled", "none", "unfulfilled"),
        "payment failed": ("none", "unfulfilled", "none", "unfulfilled"),
        "packed": ("full", "unfulfilled", "none", "unfulfilled"),
        "shipped in part": ("full", "partially fulfilled", "none", "partially fulfilled"),
        "shipped in part, the rest refunded": ("full", "fulfilled", "none", "fulfilled"),
        "shipped": ("full", "fulfilled", "none", "fulfilled"),
        "delivered": ("full", "fulfilled", "none", "fulfilled"),
        "delivered in part": ("full", "fulfilled", "none", "fulfilled"),
        "return asked for": ("full", "fulfilled", "none", "fulfilled"),
        "one returned": ("full", "partially_returned", "partially_returned", "partially_returned"),
        "one of two returned": ("full", "partially_returned", "partially_returned", "partially_returned"),
        "all returned": ("full", "returned", "returned", "returned"),
        "refunded too much": ("none", "fulfilled", "none", "fulfilled"),
        "refund under way": ("full", "fulfilled", "none", "fulfilled"),
        "cancelled and paid": ("full", "canceled", "none", "canceled"),
        "cancelled unpaid": ("none", "canceled", "none", "canceled"),
        "cancelled, authorised": ("none", "canceled", "none", "canceled"),
        "cancelled and refunded": ("none", "canceled", "none", "canceled"),
        "no shipment at all": ("full", "unfulfilled", "none", "unfulfilled"),
        "free": ("full", "unfulfilled", "none", "unfulfilled"),
        "paid too much": ("overcharged", "unfulfilled", "none", "unfulfilled"),
        "stock short": ("full", "unfulfilled", "none", "unfulfilled"),
        "closed": ("full", "fulfilled", "none", "fulfilled"),
    },
    SALEOR_AUTHORIZE_STATUSES: {
        "draft": ("none", "draft", "none", "draft"),
        "expired": ("none", "expired", "none", "expired"),
        "placed": ("none", "unconfirmed", "none", "unconfirmed"),
        "authorised": ("full", "unfulfilled", "none", "unfulfilled"),
        "authorised in part": ("partial", "unfulfilled", "none", "unfulfilled"),
        "paid": ("full", "unfulfilled", "none", "unfulfilled"),
        "paid in part": ("partial", "unfulfilled", "none", "unfulfilled"),
        "shipped in part, the rest refunded": ("full", "fulfilled", "none", "fulfilled"),
        "all returned": ("none", "returned", "returned", "returned"),
        "refunded too much": ("partial", "fulfilled", "none", "fulfilled"),
        "cancelled and paid": ("full", "canceled", "none", "canceled"),
        "cancelled unpaid": ("none", "canceled", "none", "canceled"),
        "cancelled, authorised": ("full", "canceled", "none", "canceled"),
        "free": ("full", "unfulfilled", "none", "unfulfilled"),
    },
    SOLIDUS_STATUSES: {
        "draft": ("balance_due", "backorder", "none", "cart"),
        "expired": ("void", "canceled", "none", "canceled"),
        "placed": ("balance_due", "backorder", "none", "complete"),
        "authorised": ("balance_due", "pending", "none", "complete"),
        "authorised in part": ("balance_due", "pending", "none", "complete"),
        "paid": ("paid", "ready", "none", "complete"),
        "paid in part": ("balance_due", "pending", "none", "complete"),
        "payment failed": ("failed", "pending", "none", "complete"),
        "packed": ("paid", "ready", "none", "complete"),
        "shipped in part": ("paid", "partial", "none", "complete"),
        "shipped in part, the rest refunded": ("paid", "shipped", "none", "complete"),
        "shipped": ("paid", "shipped", "none", "complete"),
        "delivered": ("paid", "shipped", "none", "complete"),
        "delivered in part": ("paid", "shipped", "none", "complete"),
        "return asked for": ("paid", "shipped", "awaiting", "complete"),
        "one returned": ("paid", "shipped", "received", "complete"),
        "one of two returned": ("paid", "shipped", "awaiting", "complete"),
        "all returned": ("paid", "shipped", "received", "returned"),
        "refunded too much": ("balance_due", "shipped", "none", "complete"),
        "refund under way": ("paid", "shipped", "none", "complete"),
        "cancelled and paid": ("credit_owed", "canceled", "none", "canceled"),
        "cancelled unpaid": ("void", "canceled", "none", "canceled"),
        "cancelled, authorised": ("void", "canceled", "none", "canceled"),
        "cancelled and refunded": ("void", "canceled", "none", "canceled"),
        "no shipment at all": ("paid", "ready", "none", "complete"),
        "free": ("paid", "ready", "none", "complete"),
        "paid too much": ("credit_owed", "ready", "none", "complete"),
        "stock short": ("paid", "backorder", "none", "complete"),
        "closed": ("paid", "shipped", "none", "complete"),
    },
    SYLIUS_STATUSES: {
        "draft": ("cart", "cart", "none", "cart"),
        "expired": ("cancelled", "cancelled", "none", "cancelled"),
        "placed": ("awaiting_payment", "ready", "none", "new"),
        "authorised": ("authorized", "ready", "none", "new"),
        "authorised in part": ("partially_authorized", "ready", "none", "new"),
        "paid": ("paid", "ready", "none", "new"),
        "paid in part": ("partially_paid", "ready", "none", "new"),
        "payment failed": ("awaiting_payment", "ready", "none", "new"),
        "packed": ("paid", "ready", "none", "new"),
        "shipped in part": ("paid", "partially_shipped", "none", "new"),
        "shipped in part, the rest refunded": ("partially_refunded", "shipped", "none", "fulfilled"),
        "shipped": ("paid", "shipped", "none", "fulfilled"),
        "delivered": ("paid", "shipped", "none", "fulfilled"),
        "delivered in part": ("paid", "shipped", "none", "fulfilled"),
        "return asked for": ("paid", "shipped", "none", "fulfilled"),
        "one returned": ("partially_refunded", "shipped", "none", "fulfilled"),
        "one of two returned": ("partially_refunded", "shipped", "none", "fulfilled"),
        "all returned": ("refunded", "shipped", "none", "fulfilled"),
        "refunded too much": ("refunded", "shipped", "none", "fulfilled"),
        "refund under way": ("paid", "shipped", "none", "fulfilled"),
        "cancelled and paid": ("paid", "cancelled", "none", "cancelled"),
        "cancelled unpaid": ("cancelled", "cancelled", "none", "cancelled"),
        "cancelled, authorised": ("cancelled", "cancelled", "none", "cancelled"),
        "cancelled and refunded": ("refunded", "cancelled", "none", "cancelled"),
        "no shipment at all": ("paid", "shipped", "none", "fulfilled"),
        "free": ("paid", "ready", "none", "new"),
        "paid too much": ("paid", "ready", "none", "new"),
        "stock short": ("paid", "ready", "none", "new"),
        "closed": ("paid", "shipped", "none", "fulfilled"),
    },
    MEDUSA_STATUSES: {
        "draft": ("not_paid", "not_fulfilled", "none", "draft"),
        "expired": ("canceled", "not_fulfilled", "none", "canceled"),
        "placed": ("not_paid", "not_fulfilled", "none", "pending"),
        "authorised": ("authorized", "not_fulfilled", "none", "pending"),
        "authorised in part": ("not_paid", "not_fulfilled", "none", "pending"),
        "paid": ("captured", "not_fulfilled", "none", "pending"),
        "paid in part": ("partially_captured", "not_fulfilled", "none", "pending"),
        "payment failed": ("awaiting", "not_fulfilled", "none", "pending"),
        "packed": ("captured", "fulfilled", "none", "pending"),
        "shipped in part": ("captured", "partially_shipped", "none", "pending"),
        "shipped in part, the rest refunded": ("partially_refunded", "shipped", "none", "pending"),
        "shipped": ("captured", "shipped", "none", "pending"),
        "delivered": ("captured", "delivered", "none", "pending"),
        "delivered in part": ("captured", "partially_delivered", "none", "pending"),
        "return asked for": ("captured", "delivered", "requested", "pending"),
        "one returned": ("partially_refunded", "delivered", "received", "pending"),
        "one of two returned": ("partially_refunded", "delivered", "partially_received", "pending"),
        "all returned": ("refunded", "delivered", "received", "pending"),
        "refunded too much": ("partially_refunded", "delivered", "none", "pending"),
        "refund under way": ("captured", "delivered", "none", "pending"),
        "cancelled and paid": ("captured", "not_fulfilled", "none", "canceled"),
        "cancelled unpaid": ("canceled", "not_fulfilled", "none", "canceled"),
        "cancelled, authorised": ("canceled", "not_fulfilled", "none", "canceled"),
        "cancelled and refunded": ("refunded", "canceled", "none", "canceled"),
        "no shipment at all": ("captured", "not_fulfilled", "none", "pending"),
        "free": ("not_paid", "not_fulfilled", "none", "pending"),
        "paid too much": ("partially_captured", "not_fulfilled", "none", "pending"),
        "stock short": ("captured", "not_fulfilled", "none", "pending"),
        "closed": ("captured", "delivered", "none", "completed"),
    },
}  # fmt: skip
ROWS = [(policy, name, words) for policy, rows in TABLES.items() for name, words in rows.items()]


@pytest.mark.parametrize(
    "policy, name, words", ROWS, ids=[f"{policy.name}: {name}" for policy, name, _ in ROWS]
)
def test_a_platform_words_a_situation_as_its_own_rules_do(policy, name, words):
    tally = SITUATIONS[name]
    told = [
        rule(tally) for rule in (policy.payment, policy.fulfilment, policy.return_, policy.display)
    ]
    assert tuple(status.status for status in told) == words
    assert all(status.because for status in told)


def test_an_order_of_which_every_unit_was_cancelled_is_told_as_cancelled():
    left = situation(**{**GONE, "lifecycle": "confirmed"})
    assert SALEOR_STATUSES.display(left).status == "canceled"
    assert SOLIDUS_STATUSES.fulfilment(left).status == "canceled"
    assert SYLIUS_STATUSES.fulfilment(left).status == "cancelled"


def test_every_table_has_a_dozen_rows():
    assert all(len(rows) >= 12 for rows in TABLES.values())


@given(histories(strays=True))
def test_every_policy_answers_every_life_with_the_figures_behind_it(history: History):
    for step in history.steps:
        if step.after is None:
            continue
        tally = Tally.of(step.after)
        for policy in POLICIES:
            told = statuses(step.after, policy=policy)
            assert told.policy == policy.name
            assert told.payment.because["due"] == step.after.due
            assert told.fulfilment.because["shipped"] == tally.shipped
            assert told.return_.because["accepted"] == tally.accepted
            assert told.display.because


@given(histories(strays=True))
def test_the_tally_counts_what_the_platforms_ask_for(history: History):
    order = history.order
    tally = Tally.of(order)
    assert tally.total_minor == order.quote.total.minor
    assert tally.goods <= tally.open
    assert tally.payments_valid <= tally.payments == len(order.payments)
    told = (
        tally.fulfilments_packed
        + tally.fulfilments_shipped
        + tally.fulfilments_delivered
        + tally.fulfilments_ended
    )
    assert told <= len(order.fulfilments)


def test_a_policy_is_imported_when_it_is_asked_for_and_no_other_name_is():
    assert orders.MEDUSA_STATUSES is MEDUSA_STATUSES
    assert orders.SALEOR_STATUSES.name == "saleor"
    with pytest.raises(AttributeError):
        orders.MAGENTO_STATUSES
    assert situation().money.due == Money(300, "CNY")

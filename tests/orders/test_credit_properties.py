"""Laws of credit accounts over drawn lives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import Context, Decision, Money, Refusal
from ordercore.orders import (
    CREDIT_INVARIANTS,
    CreditPolicy,
    CreditReserved,
    InvoiceReserved,
    LimitSet,
    OpenAccount,
    RecordInvoicePayment,
    ReserveCredit,
    credit,
)
from ordercore.testing.strategies import credit_histories

DESK = Context(now="2026-11-11T00:00:00Z", actor="u-1", role="desk")


def yuan(minor):
    return Money(minor, "CNY")


@given(credit_histories())
def test_every_law_holds_after_every_step(history):
    for step in history.steps:
        for law in CREDIT_INVARIANTS:
            law.require(step.after)


@given(credit_histories())
def test_the_events_are_the_account(history):
    assert credit.replay(None, history.events) == history.account
    cut = len(history.events) // 2
    half = credit.replay(None, history.events[:cut])
    assert credit.replay(half, history.events[cut:]) == history.account
    assert history.account.version == len(history.events)


def told(history):
    """What happened, told from the events alone, by another way of counting."""
    sums = {"reserved": 0, "released": 0, "invoiced": 0, "settled": 0}
    for event in history.events:
        name = {
            "CreditReserved": "reserved",
            "CreditReleased": "released",
            "CreditInvoiced": "invoiced",
            "InvoiceSettled": "settled",
        }.get(type(event).__name__)
        if name:
            sums[name] += event.amount.minor
    return sums


@given(credit_histories(steps=20))
def test_exposure_is_conserved(history):
    sums = told(history)
    account = history.account
    assert account.exposure_minor == sums["reserved"] - sums["released"] - sums["settled"]
    assert account.exposure_minor == account.open_minor + account.unpaid_minor
    assert account.open_minor == sums["reserved"] - sums["released"] - sums["invoiced"]
    assert account.available.minor == max(0, account.limit_minor - account.exposure_minor)


@given(credit_histories(steps=20))
def test_the_limit_is_never_passed_without_leave_of_others(history):
    for step in history.steps:
        events = step.answer.events if isinstance(step.answer, Decision) else ()
        for event in events:
            if not isinstance(event, CreditReserved):
                continue
            over = step.after.exposure_minor - step.before.limit_minor
            assert event.over.minor == max(0, over)
            if over > 0:
                leave = step.before.overrides[event.order_id]
                others = {each.actor for each in leave.review.approvals} - {step.context.actor}
                assert len(others) >= step.before.policy.override_approvals
                assert over <= leave.up_to_minor


@given(credit_histories(steps=20))
def test_a_reviewed_limit_has_other_persons_behind_it(history):
    for step in history.steps:
        events = step.answer.events if isinstance(step.answer, Decision) else ()
        for event in events:
            above = step.after.policy.review_above
            if isinstance(event, LimitSet) and above is not None and event.limit > above:
                people = {each.actor for each in event.review.approvals}
                assert len(people - set(event.review.barred)) >= step.after.policy.approvals


@given(credit_histories())
def test_a_repeat_changes_nothing(history):
    account = history.account
    window = account.policy.remembered_ids
    for step in history.steps[-min(window, len(history.steps)) :]:
        if isinstance(step.answer, Decision) and step.answer.events:
            again = credit.decide(account, step.message, step.context)
            assert again.repeated
            assert not again.events


@given(credit_histories())
def test_a_refusal_changes_nothing_and_says_why(history):
    for step in history.steps:
        if isinstance(step.answer, Refusal):
            assert step.after == step.before
            assert all(reason.code for reason in step.answer.reasons)
            verdict = credit.check(step.before, step.message, step.context)
            assert verdict.codes == step.answer.codes


@given(credit_histories(policy=CreditPolicy()), st.integers(1, 3_000))
def test_with_every_remedy_applied_a_reservation_passes(history, minor):
    account = history.account
    wish = ReserveCredit("c-9", command_id="wish", order_id="o-1", amount=yuan(minor))
    refusal = credit.decide(account, wish, DESK)
    if not refusal.is_refused:
        return
    for reason in refusal.reasons:
        account = credit.replay(
            account, credit.decide(account, reason.remedy, DESK).accepted().events
        )
    assert not credit.decide(account, wish, DESK).is_refused


def played(messages):
    account = None
    opening = OpenAccount("c-9", command_id="a", limit=yuan(10_000))
    wishes = [
        ReserveCredit("c-9", command_id=f"r-{n}", order_id=f"o-{n}", amount=yuan(300))
        for n in (1, 2)
    ]
    for message in (opening, *wishes, *messages):
        answer = credit.decide(account, message, DESK).accepted()
        account = credit.replay(account, answer.events)
    return account


PAYMENTS = st.lists(
    st.tuples(st.sampled_from(("i-1", "i-2", "i-3")), st.integers(1, 250)), max_size=5
)


@given(PAYMENTS, st.randoms(use_true_random=False))
def test_payments_and_their_invoices_commute_and_repeats_count_once(payments, random):
    facts = [
        RecordInvoicePayment("c-9", fact_id=f"f-{n}", invoice_id=invoice, amount=yuan(minor))
        for n, (invoice, minor) in enumerate(payments)
    ]
    invoices = [
        InvoiceReserved("c-9", command_id=f"v-{n}", order_id=f"o-{n}", invoice_id=f"i-{n}")
        for n in (1, 2)
    ]
    straight = played([*invoices, *facts])
    mixed = [*invoices, *facts, *facts]
    random.shuffle(mixed)
    crossed = played(mixed)
    for name in ("open", "invoices", "unapplied", "settled_minor", "reported_minor"):
        assert getattr(crossed, name) == getattr(straight, name)
    assert crossed.exposure == straight.exposure
    # By hand: an invoice takes at most its 300, the rest is unapplied.
    paid = {name: sum(m for i, m in payments if i == name) for name in ("i-1", "i-2", "i-3")}
    assert crossed.unpaid_minor == sum(max(0, 300 - paid[name]) for name in ("i-1", "i-2"))
    assert sum(crossed.unapplied.values()) == (
        sum(max(0, paid[name] - 300) for name in ("i-1", "i-2")) + paid["i-3"]
    )

"""A credit account by hand: every number below was computed on paper first."""

from __future__ import annotations

import attrs
import pytest

from ordercore.kernel import (
    Context,
    IllegalTransition,
    InvalidBatch,
    InvalidValue,
    Money,
    fold,
    shift,
)
from ordercore.orders import (
    CREDIT_INVARIANTS,
    AccountOpened,
    ApproveLimit,
    ApproveOverride,
    CreditInvoice,
    CreditInvoiced,
    CreditPolicy,
    CreditReleased,
    CreditReserved,
    InvoiceReserved,
    InvoiceSettled,
    LimitApproved,
    LimitProposed,
    LimitRejected,
    LimitSet,
    OpenAccount,
    OverrideApproved,
    RecordInvoicePayment,
    RejectLimit,
    ReleaseCredit,
    ReserveCredit,
    ResumeAccount,
    ReturnUnapplied,
    Review,
    ReviewApproval,
    SetLimit,
    SettlementClashed,
    SettlementUnapplied,
    SuspendAccount,
    UnappliedReturned,
    credit,
)
from ordercore.orders.credit.specimen import tea_account
from ordercore.testing import given_in

START = Context(now="2026-11-11T00:00:00Z", actor="u-1", role="desk").now


def yuan(minor):
    return Money(minor, "CNY")


def at(actor="u-1", *, days=0, role="desk"):
    return Context(now=shift(START, days=days), actor=actor, role=role)


class Desk:
    """An account and a counter of command ids; each method sends one command of that name."""

    def __init__(self, limit=1000_00, **policy):
        self.count = 0
        self.account = None
        self.answer = None
        self.events = []
        self.send(
            OpenAccount(
                "c-9", command_id=self.id(), limit=yuan(limit), policy=CreditPolicy(**policy)
            )
        )

    def id(self):
        self.count += 1
        return f"c-{self.count}"

    def send(self, message, context=None):
        self.answer = credit.decide(self.account, message, context or at())
        if not self.answer.is_refused:
            self.events.extend(self.answer.events)
            self.account = credit.replay(self.account, self.answer.events)
            for law in CREDIT_INVARIANTS:
                law.require(self.account)
        return self.answer

    def do(self, kind, context=None, **fields):
        return self.send(kind("c-9", command_id=self.id(), **fields), context)

    def reserve(self, order, minor, context=None):
        return self.do(ReserveCredit, context, order_id=order, amount=yuan(minor))

    def invoice(self, order, invoice, minor=None, context=None, **rest):
        amount = None if minor is None else yuan(minor)
        return self.do(
            InvoiceReserved, context, order_id=order, invoice_id=invoice, amount=amount, **rest
        )

    def settle(self, fact, invoice, minor, **rest):
        return self.send(
            RecordInvoicePayment(
                "c-9", fact_id=fact, invoice_id=invoice, amount=yuan(minor), **rest
            )
        )

    @property
    def sums(self):
        """Open, unpaid, exposure, available, unapplied."""
        account = self.account
        return (
            account.open_minor,
            account.unpaid_minor,
            account.exposure.minor,
            account.available.minor,
            sum(account.unapplied.values()),
        )


def test_the_life_of_an_account():
    desk = Desk(limit=1000_00)
    assert desk.sums == (0, 0, 0, 100000, 0)
    desk.reserve("o-1", 40000)
    assert desk.sums == (40000, 0, 40000, 60000, 0)
    desk.reserve("o-2", 60000)
    assert desk.sums == (100000, 0, 100000, 0, 0)
    assert desk.reserve("o-3", 1).codes == ("credit.limit",)
    desk.do(ReleaseCredit, order_id="o-2", amount=yuan(10000))
    assert desk.sums == (90000, 0, 90000, 10000, 0)
    desk.invoice("o-1", "i-1", 30000)
    assert desk.sums == (60000, 30000, 90000, 10000, 0)
    assert dict(desk.account.open) == {"o-1": 10000, "o-2": 50000}
    desk.settle("f-1", "i-1", 12000)
    assert desk.sums == (60000, 18000, 78000, 22000, 0)
    assert desk.account.invoices["i-1"].unpaid_minor == 18000
    desk.settle("f-2", "i-1", 20000)
    assert desk.sums == (60000, 0, 60000, 40000, 2000)
    assert dict(desk.account.unapplied) == {"i-1": 2000}
    assert dict(desk.account.clashes) == {"settlement.unapplied": 1}
    desk.do(ReturnUnapplied, invoice_id="i-1")
    assert desk.sums == (60000, 0, 60000, 40000, 0)
    assert desk.account.returned_minor == 2000
    desk.do(ReleaseCredit, order_id="o-1")
    assert dict(desk.account.open) == {"o-2": 50000}
    assert desk.account.version == len(desk.events)
    assert fold(credit, desk.events) == desk.account


def test_a_refusal_says_what_is_short_and_its_remedy_lets_it_pass():
    desk = Desk(limit=50000)
    desk.reserve("o-1", 30000)
    refusal = desk.reserve("o-2", 25000)
    facts = refusal.reasons[0].facts
    assert (facts["limit"], facts["exposure"], facts["available"], facts["short"]) == (
        yuan(50000),
        yuan(30000),
        yuan(20000),
        yuan(5000),
    )
    assert refusal.reasons[0].remedy.limit == yuan(55000)
    desk.send(refusal.reasons[0].remedy)
    assert desk.reserve("o-2", 25000)
    assert desk.sums[3] == 0


def test_all_reasons_come_at_once():
    desk = Desk(limit=10000, block_overdue_days=2, terms_days=5)
    desk.reserve("o-1", 8000)
    desk.invoice("o-1", "i-1")
    desk.do(SuspendAccount, why="insolvency filed")
    due = 5 + 2
    late = at(days=due)
    early = Context(now=shift(late.now, microseconds=-1), actor="u-1")
    assert desk.reserve("o-2", 3000, early).codes == ("credit.suspended", "credit.limit")
    refusal = desk.reserve("o-2", 3000, late)
    assert refusal.codes == ("credit.suspended", "credit.overdue", "credit.limit")
    suspended, overdue, _ = refusal.reasons
    assert isinstance(suspended.remedy, ResumeAccount)
    assert overdue.facts["overdue"] == yuan(8000)
    assert overdue.facts["invoices"] == ("i-1",)
    assert overdue.facts["since"] == shift(START, days=5)
    desk.send(suspended.remedy)
    desk.settle("f-1", "i-1", 8000)
    assert desk.reserve("o-2", 3000, late)


def test_overdue_is_derived_from_due_dates():
    desk = Desk()
    desk.reserve("o-1", 30000)
    desk.invoice("o-1", "i-2", 20000, due_at=shift(START, days=9))
    desk.invoice("o-1", "i-1", 10000, due_at=shift(START, days=4))
    account = desk.account
    for day, invoices, minor in ((3, (), 0), (4, ("i-1",), 10000), (9, ("i-1", "i-2"), 30000)):
        now = shift(START, days=day)
        assert tuple(each.invoice_id for each in account.overdue_invoices(now)) == invoices
        assert account.overdue(now) == yuan(minor)
    assert account.overdue(shift(START, days=9), days=5) == yuan(10000)
    # Overdue blocks nothing unless the policy says so.
    assert desk.reserve("o-2", 1, at(days=99))


def test_a_due_date_follows_from_the_terms():
    desk = Desk(terms_days=14)
    desk.reserve("o-1", 100)
    desk.invoice("o-1", "i-1")
    assert desk.account.invoices["i-1"].due_at == shift(START, days=14)


# --- second review, with four eyes ---


def test_a_large_limit_needs_other_persons():
    desk = Desk(limit=0, review_above=yuan(500000), approvals=2, approver_roles=["credit"])
    proposed = desk.do(SetLimit, limit=yuan(800000))
    assert [type(event) for event in proposed.events] == [LimitProposed]
    proposal = desk.account.proposal.proposal_id
    assert desk.account.limit == yuan(0)

    def approve(actor, role="credit"):
        return desk.do(ApproveLimit, at(actor, role=role), proposal_id=proposal)

    assert approve("u-1").codes == ("review.same_person",)
    assert approve("u-2", "shop").codes == ("review.role",)
    assert approve("u-1", "shop").codes == ("review.same_person", "review.role")
    assert [type(event) for event in approve("u-2").events] == [LimitApproved]
    # One person in two roles is one person.
    assert approve("u-2").codes == ("review.same_person",)
    assert desk.account.limit == yuan(0)
    assert [type(event) for event in approve("u-3").events] == [LimitApproved, LimitSet]
    assert desk.account.limit == yuan(800000)
    assert desk.account.proposal is None
    review = desk.account.limit_review
    assert (review.barred, [each.actor for each in review.approvals]) == (("u-1",), ["u-2", "u-3"])
    assert approve("u-4").codes == ("limit.no_proposal",)


def test_an_account_cannot_be_opened_around_the_review():
    desk = Desk(limit=800000, review_above=yuan(500000))
    assert [type(event) for event in desk.events] == [AccountOpened, LimitProposed]
    assert (desk.account.limit, desk.account.proposal.limit_minor) == (yuan(0), 800000)
    assert Desk(limit=500000, review_above=yuan(500000)).account.limit == yuan(500000)


def test_a_lower_limit_needs_no_review_and_keeps_who_agreed():
    desk = Desk(limit=0, review_above=yuan(5000))
    desk.do(SetLimit, limit=yuan(9000))
    desk.do(ApproveLimit, at("u-2"), proposal_id=desk.account.proposal.proposal_id)
    desk.do(SetLimit, at("u-3"), limit=yuan(8000))
    assert desk.account.limit == yuan(8000)
    assert desk.account.limit_review.approvals[0].actor == "u-2"
    desk.do(SetLimit, at("u-3"), limit=yuan(4000))
    assert desk.account.limit_review is None
    desk.do(SetLimit, at("u-3"), limit=yuan(8000))
    assert desk.account.limit == yuan(4000)
    assert desk.account.proposal.review.barred == ("u-3",)


def test_a_newer_limit_takes_the_place_of_one_that_waits():
    desk = Desk(limit=1000, review_above=yuan(5000))
    desk.do(SetLimit, limit=yuan(9000))
    first = desk.account.proposal.proposal_id
    desk.do(SetLimit, limit=yuan(7000))
    assert desk.do(ApproveLimit, at("u-2"), proposal_id=first).codes == ("limit.no_proposal",)
    desk.do(SetLimit, limit=yuan(2000))
    assert desk.account.proposal is None
    assert desk.account.limit == yuan(2000)


def test_a_proposal_can_be_dropped_also_by_its_proposer():
    desk = Desk(limit=1000, review_above=yuan(5000))
    desk.do(SetLimit, limit=yuan(9000))
    proposal = desk.account.proposal.proposal_id
    dropped = desk.do(RejectLimit, proposal_id=proposal, why="typed wrong")
    assert [type(event) for event in dropped.events] == [LimitRejected]
    assert desk.account.proposal is None
    assert desk.do(RejectLimit, proposal_id=proposal).codes == ("limit.no_proposal",)


def test_where_raising_the_limit_is_reviewed_the_remedy_is_not_one_command():
    desk = Desk(limit=1000, review_above=yuan(1000))
    reason = desk.reserve("o-1", 1001).reasons[0]
    assert reason.remedy is None
    assert reason.obtain
    assert not reason.final


# --- passing the limit with leave ---


def test_an_override_lets_one_order_pass_once_and_only_for_somebody_else():
    desk = Desk(limit=1000, override_approvals=1)

    def leave(actor, minor, role="desk"):
        return desk.do(ApproveOverride, at(actor, role=role), order_id="o-1", up_to=yuan(minor))

    leave("u-1", 500)
    own = desk.reserve("o-1", 1500)
    assert own.codes == ("credit.limit",)
    assert own.reasons[0].facts["override"] == yuan(500)
    assert own.reasons[0].facts["override_approved_by"] == ()
    assert desk.reserve("o-1", 1501, at("u-2")).codes == ("credit.limit",)
    assert desk.reserve("o-2", 1500, at("u-2")).codes == ("credit.limit",)
    taken = desk.reserve("o-1", 1500, at("u-2"))
    assert taken.events[0].over == yuan(500)
    assert desk.account.overrides == {}
    assert desk.account.available == yuan(0)
    assert desk.reserve("o-1", 1, at("u-2")).codes == ("credit.limit",)


def test_two_approvals_of_one_override_are_of_two_persons_and_one_amount():
    desk = Desk(limit=0, override_approvals=2, approver_roles=["desk"])

    def leave(actor, minor, role="desk"):
        return desk.do(ApproveOverride, at(actor, role=role), order_id="o-1", up_to=yuan(minor))

    assert leave("u-2", 500, "shop").codes == ("review.role",)
    assert leave("u-2", 500)
    assert leave("u-2", 500).codes == ("review.same_person",)
    assert leave("u-3", 400)
    assert [each.actor for each in desk.account.overrides["o-1"].review.approvals] == ["u-3"]
    assert leave("u-2", 400)
    assert desk.reserve("o-1", 400, at("u-3")).codes == ("credit.limit",)
    assert desk.reserve("o-1", 400, at("u-4"))


def test_a_reservation_within_the_limit_leaves_an_override_untouched():
    desk = Desk(limit=1000)
    desk.do(ApproveOverride, at("u-2"), order_id="o-1", up_to=yuan(500))
    desk.reserve("o-1", 1000)
    assert desk.events[-1].over == yuan(0)
    assert "o-1" in desk.account.overrides


# --- settlements ---


def test_money_may_come_before_its_invoice():
    desk = Desk()
    desk.settle("f-1", "i-1", 500)
    assert desk.sums == (0, 0, 0, 100000, 500)
    desk.reserve("o-1", 800)
    issued = desk.invoice("o-1", "i-1")
    assert [type(event) for event in issued.events] == [CreditInvoiced, InvoiceSettled]
    assert issued.events[1].waited
    assert desk.sums == (0, 300, 300, 99700, 0)
    assert desk.account.reported_minor == 500


def test_more_than_the_invoice_asks_stays_unapplied():
    desk = Desk()
    desk.settle("f-1", "i-1", 900)
    desk.reserve("o-1", 800)
    desk.invoice("o-1", "i-1")
    assert desk.sums == (0, 0, 0, 100000, 100)
    assert "i-1" not in desk.account.invoices


@pytest.mark.parametrize("kind", ["credit_note", "write_off"])
def test_the_sellers_own_documents_are_no_money(kind):
    desk = Desk()
    desk.reserve("o-1", 800)
    desk.invoice("o-1", "i-1")
    taken = desk.settle("f-1", "i-1", 900, kind=kind)
    assert [type(event) for event in taken.events] == [InvoiceSettled, SettlementClashed]
    assert taken.events[1].code == "settlement.exceeds"
    assert desk.sums == (0, 0, 0, 100000, 0)
    assert [type(e) for e in desk.settle("f-2", "i-1", 1, kind=kind).events] == [SettlementClashed]


def test_a_settlement_is_never_refused():
    desk = Desk()
    foreign = RecordInvoicePayment("c-9", fact_id="f-1", invoice_id="i-1", amount=Money(5, "EUR"))
    assert desk.send(foreign).events[0].code == "settlement.currency"
    desk.settle("f-2", "i-1", 700)
    again = desk.settle("f-2", "i-1", 700)
    assert (again.repeated, again.version, again.events) == (True, 3, ())
    other = desk.settle("f-2", "i-1", 800)
    assert other.events[0].code == "fact.id_reused"
    assert desk.settle("f-2", "i-1", 800).repeated
    assert desk.account.unapplied["i-1"] == 700
    assert dict(desk.account.clashes) == {
        "fact.id_reused": 1,
        "settlement.currency": 1,
        "settlement.unapplied": 1,
    }


# --- refusals ---


def opened(desk):
    return OpenAccount("c-9", command_id=desk.id(), limit=yuan(1))


REFUSED = {
    "credit.exists": opened,
    "credit.other": lambda desk: ResumeAccount("c-8", command_id=desk.id()),
    "credit.not_suspended": lambda desk: ResumeAccount("c-9", command_id=desk.id()),
    "credit.nothing_reserved": lambda desk: ReleaseCredit(
        "c-9", command_id=desk.id(), order_id="o-7"
    ),
    "credit.release_exceeds": lambda desk: ReleaseCredit(
        "c-9", command_id=desk.id(), order_id="o-1", amount=yuan(301)
    ),
    "credit.invoice_exceeds": lambda desk: InvoiceReserved(
        "c-9", command_id=desk.id(), order_id="o-1", invoice_id="i-2", amount=yuan(301)
    ),
    "credit.invoice_exists": lambda desk: InvoiceReserved(
        "c-9", command_id=desk.id(), order_id="o-1", invoice_id="i-1"
    ),
    "credit.nothing_unapplied": lambda desk: ReturnUnapplied(
        "c-9", command_id=desk.id(), invoice_id="i-1"
    ),
    "credit.return_exceeds": lambda desk: ReturnUnapplied(
        "c-9", command_id=desk.id(), invoice_id="i-0", amount=yuan(51)
    ),
    "command.id_reused": lambda desk: ReserveCredit(
        "c-9", command_id="c-2", order_id="o-1", amount=yuan(999)
    ),
    "limit.no_proposal": lambda desk: ApproveLimit("c-9", command_id=desk.id(), proposal_id="c-1"),
}


@pytest.fixture
def used():
    """Open 300 for o-1, an invoice i-1 of 200, and 50 that came for i-0."""
    desk = Desk(limit=100000)
    desk.reserve("o-1", 500)
    desk.invoice("o-1", "i-1", 200)
    desk.settle("f-0", "i-0", 50)
    return desk


@pytest.mark.parametrize("code", REFUSED)
def test_a_command_is_refused_by_its_code_and_changes_nothing(used, code):
    before = used.account
    refusal = used.send(REFUSED[code](used))
    assert refusal.codes == (code,)
    assert used.account == before
    remedy = refusal.reasons[0].remedy
    if remedy is not None:
        assert used.send(remedy)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (SetLimit, {"limit": Money(5, "EUR")}),
        (ApproveOverride, {"order_id": "o-1", "up_to": Money(5, "EUR")}),
        (ReserveCredit, {"order_id": "o-1", "amount": Money(5, "EUR")}),
        (ReleaseCredit, {"order_id": "o-1", "amount": Money(5, "EUR")}),
        (InvoiceReserved, {"order_id": "o-1", "invoice_id": "i-2", "amount": Money(5, "EUR")}),
        (ReturnUnapplied, {"invoice_id": "i-0", "amount": Money(5, "EUR")}),
    ],
)
def test_a_foreign_currency_is_refused(used, kind, fields):
    assert used.do(kind, **fields).codes == ("money.currency",)


def test_nothing_is_asked_of_an_account_that_is_not_there():
    wish = ReserveCredit("c-9", command_id="c", order_id="o-1", amount=yuan(1))
    assert credit.decide(None, wish, at()).codes == ("credit.unknown",)
    assert credit.check(None, wish, at()).codes == ("credit.unknown",)


def test_a_suspended_account_reserves_nothing_and_goes_on_otherwise(used):
    used.do(SuspendAccount)
    assert used.do(SuspendAccount).codes == ("credit.suspended_already",)
    assert used.reserve("o-2", 1).codes == ("credit.suspended",)
    assert used.do(ReleaseCredit, order_id="o-1", amount=yuan(1))
    assert used.invoice("o-1", "i-2")
    assert used.settle("f-9", "i-2", 1)
    assert used.do(ResumeAccount)
    assert used.reserve("o-2", 1)


def test_a_repeat_says_when_it_was_first_accepted(used):
    again = used.send(ReserveCredit("c-9", command_id="c-2", order_id="o-1", amount=yuan(500)))
    assert (again.repeated, again.version, again.events) == (True, 2, ())
    assert credit.check(used.account, opened(Desk()), at()).codes == ("command.id_reused",)


def test_a_refused_command_may_be_sent_again():
    desk = Desk(limit=10)
    wish = ReserveCredit("c-9", command_id="r", order_id="o-1", amount=yuan(11))
    assert desk.send(wish).codes == ("credit.limit",)
    desk.do(SetLimit, limit=yuan(11))
    assert desk.send(wish).events


# --- bad input ---

ID = {"command_id": "c"}


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: OpenAccount("c", limit=yuan(-1), **ID), "amount.negative"),
        (lambda: OpenAccount("c", limit=5, **ID), "type.wrong"),
        (lambda: OpenAccount("c", limit=yuan(1), policy=None, **ID), "type.wrong"),
        (
            lambda: OpenAccount(
                "c", limit=yuan(1), policy=CreditPolicy(review_above=Money(1, "EUR")), **ID
            ),
            "money.currency_mismatch",
        ),
        (lambda: SetLimit("c", limit=yuan(-1), **ID), "amount.negative"),
        (lambda: ReserveCredit("c", order_id="o", amount=yuan(0), **ID), "amount.not_positive"),
        (lambda: ReserveCredit("c", order_id="o", amount=None, **ID), "type.wrong"),
        (lambda: ReleaseCredit("c", order_id="o", amount=yuan(0), **ID), "amount.not_positive"),
        (lambda: ReleaseCredit("c", order_id="o", amount=5, **ID), "type.wrong"),
        (
            lambda: InvoiceReserved("c", order_id="o", invoice_id="i", amount=yuan(-5), **ID),
            "amount.not_positive",
        ),
        (lambda: ApproveOverride("c", order_id="o", up_to=yuan(0), **ID), "amount.not_positive"),
        (lambda: ReturnUnapplied("c", invoice_id="i", amount=yuan(0), **ID), "amount.not_positive"),
        (
            lambda: RecordInvoicePayment("c", fact_id="f", invoice_id="i", amount=yuan(0)),
            "amount.not_positive",
        ),
        (
            lambda: RecordInvoicePayment(
                "c", fact_id="f", invoice_id="i", amount=yuan(1), kind="x"
            ),
            "choice.unknown",
        ),
        (lambda: ReserveCredit("", order_id="o", amount=yuan(1), **ID), "identifier.invalid"),
        (lambda: CreditPolicy(name=""), "policy.name"),
        (lambda: CreditPolicy(review_above=yuan(-1)), "amount.negative"),
        (lambda: CreditPolicy(review_above=5), "type.wrong"),
        (lambda: CreditPolicy(approver_roles="credit"), "type.wrong"),
        (lambda: CreditPolicy(approvals=0), "review.needed"),
        (lambda: CreditPolicy(override_approvals=0), "review.needed"),
        (lambda: CreditPolicy(terms_days=-1), "policy.days"),
        (lambda: CreditPolicy(block_overdue_days=-1), "policy.days"),
        (lambda: CreditPolicy(remembered_ids=0), "policy.remembered_ids"),
    ],
)
def test_bad_input_is_refused_with_its_code(make, code):
    with pytest.raises((InvalidValue, InvalidBatch)) as caught:
        make()
    error = caught.value
    fault = error.faults[0] if isinstance(error, InvalidBatch) else error
    assert fault.code == code


# --- events that cannot have happened ---

CAUSE = credit.decide(
    None, OpenAccount("c-9", command_id="a", limit=yuan(1)), at()
).events[0].cause  # fmt: skip
HERE = {"customer": "c-9", "cause": CAUSE}
BY = ReviewApproval(actor="u-1", role="desk", at=START)


@pytest.mark.parametrize(
    "event",
    [
        AccountOpened(limit=yuan(1), policy=CreditPolicy(), **HERE),
        CreditReserved(order_id="o-1", amount=yuan(100001), over=yuan(0), **HERE),
        CreditReserved(order_id="o-1", amount=yuan(100001), over=yuan(1), **HERE),
        CreditReserved(order_id="o-1", amount=yuan(0), over=yuan(0), **HERE),
        CreditReserved(order_id="o-1", amount=Money(1, "EUR"), over=yuan(0), **HERE),
        CreditReleased(order_id="o-1", amount=yuan(301), **HERE),
        CreditInvoiced(order_id="o-1", invoice_id="i-1", amount=yuan(1), due_at=START, **HERE),
        CreditInvoiced(order_id="o-1", invoice_id="i-9", amount=yuan(301), due_at=START, **HERE),
        InvoiceSettled(order_id="o-1", invoice_id="i-9", amount=yuan(1), kind="payment", **HERE),
        InvoiceSettled(order_id="o-1", invoice_id="i-1", amount=yuan(201), kind="payment", **HERE),
        InvoiceSettled(
            order_id="o-1", invoice_id="i-1", amount=yuan(1), kind="payment", waited=True, **HERE
        ),
        UnappliedReturned(invoice_id="i-0", amount=yuan(51), **HERE),
        SettlementUnapplied(invoice_id="i-0", amount=yuan(0), **HERE),
        LimitApproved(proposal_id="x", approval=BY, **HERE),
        LimitRejected(proposal_id="x", **HERE),
        LimitSet(limit=Money(1, "EUR"), **HERE),
        LimitSet(limit=yuan(-1), **HERE),
        OverrideApproved(order_id="o-1", up_to=yuan(0), approval=BY, **HERE),
        CreditReleased(order_id="o-1", amount=yuan(1), customer="c-8", cause=CAUSE),
        object(),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_impossible_event_is_a_fault(used, event):
    with pytest.raises(IllegalTransition):
        credit.evolve(used.account, event)


def test_an_override_takes_no_person_twice(used):
    event = OverrideApproved(order_id="o-1", up_to=yuan(5), approval=BY, **HERE)
    once = credit.evolve(used.account, event)
    with pytest.raises(IllegalTransition):
        credit.evolve(once, event)


def test_an_account_begins_with_its_opening():
    with pytest.raises(IllegalTransition):
        credit.evolve(None, CreditReleased(order_id="o-1", amount=yuan(1), **HERE))


# --- laws that are broken are found ---


INVOICE = CreditInvoice(invoice_id="i-1", order_id="o-1", amount_minor=5, due_at=START)
AGREED = Review(needed=1, barred=["u-1"], approvals=[attrs.evolve(BY, actor="u-2")])


@pytest.mark.parametrize(
    ("law", "changes"),
    [
        ("INV-CREDIT-1", {"reserved_minor": 1}),
        ("INV-CREDIT-1", {"reserved_minor": 0, "open": {"o-1": 0}}),
        ("INV-CREDIT-2", {"invoices": {"i-1": INVOICE}}),
        (
            "INV-CREDIT-2",
            {"invoices": {"i-1": attrs.evolve(INVOICE, paid_minor=5)}},
        ),
        ("INV-CREDIT-3", {"reported_minor": 1}),
        ("INV-CREDIT-3", {"unapplied": {"i-1": 0}}),
        ("INV-CREDIT-3", {"reported_minor": -1, "returned_minor": -1}),
        ("INV-CREDIT-4", {"limit_minor": 10001}),
        ("INV-CREDIT-4", {"limit_minor": 10001, "limit_review": Review(needed=1)}),
        ("INV-CREDIT-4", {"limit_review": AGREED}),
        (
            "INV-CREDIT-5",
            {"proposal": {"proposal_id": "p", "limit_minor": 20000, "review": AGREED}},
        ),
    ],
)
def test_a_broken_law_is_found(law, changes):
    from ordercore.orders import LimitProposal

    account = tea_account(CreditPolicy(review_above=yuan(100000)))
    account = attrs.evolve(account, policy=CreditPolicy(review_above=yuan(10000)), limit_minor=0)
    if "proposal" in changes:
        changes = {"proposal": LimitProposal(**changes["proposal"])}
    found = {each.invariant_id for each in CREDIT_INVARIANTS if not each.holds(account)}
    assert found == set()
    broken = attrs.evolve(account, **changes)
    found = {each.invariant_id for each in CREDIT_INVARIANTS if not each.holds(broken)}
    assert law in found


def test_a_limit_that_was_agreed_to_keeps_the_law():
    account = attrs.evolve(tea_account(CreditPolicy(review_above=yuan(100000))), limit_minor=100001)
    law = next(each for each in CREDIT_INVARIANTS if each.invariant_id == "INV-CREDIT-4")
    assert law.holds(attrs.evolve(account, limit_review=AGREED))


def test_the_kit_reads_like_a_sentence():
    given_in(credit).when(OpenAccount("c-9", command_id="a", limit=yuan(5)), at()).then(
        AccountOpened
    )


def test_the_reference_lists_every_code_of_the_account():
    import re
    from pathlib import Path

    root = Path(__file__).resolve().parents[2]
    page = (root / "docs/reference/credit.md").read_text(encoding="utf-8")
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in (root / "src/ordercore/orders/credit").glob("*.py")
        if path.name not in {"account.py", "messages.py"}
    )
    families = "credit|limit|settlement|fact|command|money"
    codes = set(re.findall(rf'"((?:{families})\.[a-z_]+)"', source))
    assert len(codes) > 15
    assert {code for code in codes if f"`{code}`" not in page} == set()

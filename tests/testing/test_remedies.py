"""What a refusal says would help does help, and what it says is final stays refused.

Every command of orders and of credit accounts is asked in every state of small searches that begin
all over an order's life, under plain rules and under busy ones. Together they meet every code there
is, or the code is listed with the reason why no message of theirs can meet it.
"""

from __future__ import annotations

import os
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import get_args

import attrs
import pytest
from tests.testing.small_orders import AT, BOSS, CONFIRMED, MEI, live

from ordercore import orders
from ordercore.kernel import Context, Duration, InvalidValue, Money, Refusal, shift
from ordercore.orders import (
    FULFILMENT,
    ORDER_FACTS,
    RETURN,
    ApprovalLevel,
    ApprovalRule,
    ApproveLimit,
    ApproveOverride,
    CompleteStage,
    ConfirmOrder,
    CreditPolicy,
    Flow,
    Gate,
    HoldRule,
    InvoiceReserved,
    MigrateFlow,
    OpenAccount,
    OrderCommand,
    OrderDecider,
    OrderPolicy,
    OrderRules,
    RecordInvoicePayment,
    RejectLimit,
    ReleaseCredit,
    ReserveCredit,
    ResumeAccount,
    ReviewRule,
    RoleGrant,
    RoleMatrix,
    SetLimit,
    SuspendAccount,
    credit,
)
from ordercore.rules import parse
from ordercore.statemachine import stage
from ordercore.testing import (
    CREDIT_INSTEAD,
    ORDER_INSTEAD,
    StateKey,
    ask_everywhere,
    credit_provider,
    credit_questions,
    order_achieved,
    order_alphabet,
    order_asked_again,
    order_key,
    order_provider,
    order_questions,
    way_out,
)

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"
SMALL = {
    "lines": 1,
    "units": 1,
    "nodes": 1,
    "payment": ("authorise", "capture", "refund"),
    "returns": ("scrap", "reject"),
    "late": False,
    "duplicates": False,
}

# --- rules that stand in the way ---

BUSY = OrderRules(
    name="busy",
    gates=[
        Gate("confirm", ["credit", "stock", "payment"]),
        Gate("confirm", ["approval:credit"], when="order.due > CNY(5)"),
        Gate("ship", ["no_hold"]),
        Gate("close", ["invoice_data", "approval:board"]),
    ],
    hold_rules=[
        HoldRule(code="limit", when="order.due > CNY(15)", blocks="confirm", released_by="credit"),
        HoldRule(code="rating", when="order.due > CNY(5)", blocks="ship"),
    ],
    approvals=[
        ApprovalRule(
            "credit",
            levels=["credit", ApprovalLevel("finance", quorum=2)],
            within=Duration.of(hours=6),
        )
    ],
)
WAITING = attrs.evolve(BUSY, name="waiting", on_gate="hold")
STRICT = attrs.evolve(
    BUSY,
    name="strict",
    roles=RoleMatrix(
        ["warehouse", "clerk", "credit", "finance"],
        [
            RoleGrant("warehouse", ["ship", "reserve", "allocate", "release"]),
            RoleGrant("clerk", ["place", "confirm", "edit_order", "tick"]),
            RoleGrant("credit", ["give_approval", "reject_approval", "release_hold"]),
            RoleGrant("finance", ["give_approval", "close"]),
        ],
    ),
)
CUSTOMS = FULFILMENT.with_(
    stage("customs", after="packed", counts_as="packed", needs=["declaration"]), version="customs"
)
SEALED = FULFILMENT.with_(
    stage("sealed", after="packed", counts_as="packed", allows=()), version="sealed"
)
CHECKED = RETURN.with_(
    stage("review", after="requested"),
    stage("inspection", after="review", needs=["quality.report"]),
    stage("refurbishing", after="expected"),
    version="checked",
)
REFURBISHED = RETURN.with_(stage("refurbishing", after="expected"), version="refurbished")
FIELDS = attrs.evolve(
    orders.DEFAULT_RULES,
    name="fields",
    roles=RoleMatrix(
        ["clerk", "planner"],
        [
            RoleGrant("clerk", ["edit_order"], fields=["destination"], until="packed"),
            RoleGrant("clerk", ["place", "confirm", "cancel_units", "request_return"]),
            RoleGrant("planner", ["edit_order"], fields=["quote", "items"]),
        ],
    ),
)
REVIEWED_RULES = attrs.evolve(
    orders.DEFAULT_RULES,
    name="reviewed",
    gates=[Gate("confirm", ["review:large"]), Gate("close", ["review:large"])],
    reviews=[
        ReviewRule(
            name="large", rule=parse("order.due > CNY(5)", vocabulary=ORDER_FACTS), approvals=2
        )
    ],
    approvals=[ApprovalRule("large", levels=[ApprovalLevel("credit", quorum=2)])],
)
STAGING = FULFILMENT.with_(stage("staging", after="released"), version="staging")


def flows(*machines, retired=(), subject="fulfilment"):
    return OrderRules(
        flows=[
            *(Flow(machine=machine, subject=subject) for machine in machines),
            *(Flow(machine=machine, subject=subject, retired=True) for machine in retired),
        ]
    )


PRESALE = orders.PaymentSchedule(
    [
        orders.Instalment(name="deposit", amount=Money(500, "CNY"), before="confirm"),
        orders.Instalment(name="balance", before="ship"),
    ]
)


@attrs.frozen(kw_only=True)
class Space:
    """Where a search begins, what leads on, and under which rules."""

    begins: tuple[str, ...]
    rules: OrderRules
    states: int
    ways: int
    context: Context
    options: dict[str, object]


def space(*begins, rules=orders.DEFAULT_RULES, states=24, ways=1, context=AT, **options):
    return Space(
        begins=begins, rules=rules, states=states, ways=ways, context=context, options=options
    )


ON_CONFIRM = OrderPolicy(invoice="on_confirm")
GONE = (*CONFIRMED, "ship", "deliver")
BACK = (*GONE, "bill", "ask back", "come back")
SPACES = {
    "plain": space(allocation=True, states=10, ways=40),
    "two kinds": space(lines=2, kinds=("digital", "service"), also=("fulfilment",)),
    "edited": space(also=("edits", "bills"), allowance=True),
    "split": space(units=2, also=("splits",)),
    "draft": space("draft", units=2, also=("edits", "holds")),
    "held": space(also=("approvals", "evidence", "holds")),
    "planned": space(*CONFIRMED, "plan", lines=2, also=("fulfilment", "edits"), states=40),
    "partly gone": space(
        *CONFIRMED, "ship one", units=2, also=("scans", "bills", "exchange", "splits"), states=56
    ),
    "billed": space(*GONE, "bill", units=2, also=("bills", "edits", "exchange"), allowance=True),
    "back": space(*BACK, units=2, also=("bills", "edits")),
    "closed": space(*BACK, "refund", "close", units=2, also=("holds",)),
    "cancelled": space("place", "cancel", also=("holds", "approvals", "evidence")),
    "money": space(
        *GONE,
        also=("voids", "chargebacks"),
        payment=("authorise", "capture", "prepay", "refund", "fail"),
    ),
    "settled last": space(
        "place",
        "reserve",
        "capture",
        "confirm",
        policy=OrderPolicy(terms="prepaid", settled_first=True, invoice="on_delivery"),
        also=("bills",),
    ),
    "presale": space(
        units=2, policy=OrderPolicy(schedule=PRESALE, invoice="on_confirm"), also=("bills",)
    ),
    "bills of other prices": space(
        *CONFIRMED, "bill", "dearer", "cancel one", units=2, policy=ON_CONFIRM, states=8
    ),
    "bills of a cancelled order": space(
        *CONFIRMED, "bill", "dearer", "cancel", units=2, policy=ON_CONFIRM, states=2
    ),
    "bills of lower prices": space(
        *CONFIRMED, "bill", "cheaper, and one more", policy=ON_CONFIRM, states=8
    ),
    "picked": space(
        *CONFIRMED, "plan", "release", "start", "pick", units=2, also=("fulfilment",), states=12
    ),
    "visit": space(
        "place", "pay", "confirm", "capture", "visit",
        kinds=("service",), also=("fulfilment",), states=12,
    ),
    "merged": space("place", "arrive", also=("edits",), states=8),
    "voted": space(
        "place", "ask for votes", "vote", rules=BUSY, context=BOSS, also=("evidence",), states=4
    ),
    "left to somebody": space(
        "place", "ask for votes", "vote", "leave the vote", rules=BUSY, context=MEI, states=4
    ),
    "votes": space("place", also=("approvals",), context=BOSS, states=12),
    "busy": space(rules=BUSY, also=("evidence", "approvals"), states=8),
    "waiting": space(rules=WAITING, also=("evidence", "approvals"), states=7),
    "strict": space(rules=STRICT, also=("evidence",), states=7),
    "customs": space(*CONFIRMED, rules=flows(CUSTOMS), also=("fulfilment", "scans")),
    "sealed": space(*CONFIRMED, "plan", rules=flows(SEALED), also=("fulfilment",)),
    "staging": space(*CONFIRMED, rules=flows(STAGING), also=("fulfilment",)),
    "told": space("place", "wait for facts", also=("holds",), states=12),
    "fields": space(rules=FIELDS, also=("edits",), states=8),
    "reviewed": space(rules=REVIEWED_RULES, also=("approvals",), states=12),
    "checked": space(
        *GONE, "ask back", rules=flows(CHECKED, subject="return"), also=("stages", "evidence")
    ),
    "refurbished": space(
        *GONE, "ask back", "come back", "refund",
        rules=flows(REFURBISHED, subject="return"), also=("stages",), states=8,
    ),
    "a newer way back": space(
        *GONE, rules=flows(REFURBISHED, RETURN, subject="return"), also=("stages",), states=8
    ),
    "two ways back": space(
        *GONE, "ask back",
        rules=flows(RETURN, retired=[CHECKED], subject="return"), also=("stages",), states=12,
    ),
    "two versions": space(
        *CONFIRMED, "plan", rules=flows(FULFILMENT, retired=[CUSTOMS]), also=("fulfilment",)
    ),
}  # fmt: skip


@cache
def asked_in(name):
    """The report of a space; each is searched once, whichever test asks first."""
    known = SPACES[name]
    alphabet = order_alphabet(**{**SMALL, **known.options})
    decider = OrderDecider(known.rules)
    ask = order_questions(alphabet.place, nodes=alphabet.nodes)
    of_flows = [
        *(
            MigrateFlow("o-1", command_id="ask", to=flow.machine.pin, **named)
            for flow in known.rules.flows
            for named in ({}, {"fulfilments": ["fo-1"]}, {"returns": ["r-1"]})
        ),
        *(
            CompleteStage("o-1", command_id="ask", fulfilment_id="fo-1", stage=name)
            for name in ("customs", "sealed", "staging")
        ),
        *(
            CompleteStage("o-1", command_id="ask", return_id="r-1", stage=name)
            for name in ("review", "inspection", "refurbishing")
        ),
    ]
    return ask_everywhere(
        decider,
        alphabet=alphabet,
        key=order_key(alphabet, ids=True),
        questions=lambda order: [*ask(order), *of_flows],
        context=known.context,
        provide=order_provider("n-1", place=alphabet.place, rules=known.rules),
        instead=ORDER_INSTEAD,
        achieved=order_achieved,
        again=order_asked_again,
        start=live(alphabet.place, *known.begins, decider=decider),
        states=1_000 if LONG else known.states,
        ways_each=60 if LONG else known.ways,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", SPACES)
def test_what_helps_helps_and_what_is_final_stays_so(name):
    report = asked_in(name)
    assert [str(fault) for fault in report.faults] == []
    assert report.followed


# --- nothing is left out ---


def named(kind):
    return kind.__name__


@pytest.mark.slow
def test_every_command_is_asked_refused_and_taken():
    """A new command of an order is put into ``order_questions``."""
    reports = [asked_in(name) for name in SPACES]
    taken = {kind for report in reports for kind, times in report.accepted.items() if times}
    refused = {kind for report in reports for kind in report.refused}
    every = {named(kind) for kind in get_args(OrderCommand)}
    assert taken == every
    # A tick always finds something to look at; what is due is a matter of the clock.
    assert every - refused == set()


ELSEWHERE = {
    # Said by what is available alone, of a command that has no arguments yet.
    "allocate.nothing_left": "available",
    "approval.none_open": "available",
    "exchange.none_open": "available",
    "fulfilment.none_live": "available",
    "release.nothing_left": "available",
    "reserve.nothing_left": "available",
    "return.nothing_expected": "available",
    "return.nothing_left": "available",
    "ship.nothing_left": "available",
    # Said where a policy asks promotions again, or takes fees: none of the small orders' has one.
    "gift.left_behind": "tests/orders/test_after_order.py",
    "place.fee_currency": "tests/orders/test_after_order.py",
    "refund.inputs_missing": "tests/orders/test_after_order.py",
    "transfer.clawed_back": "tests/orders/test_after_order.py",
    # Said by findings beside the decider: of reviews, limits and urgency.
    "credit.no_customer": "limit_findings",
    "limit.credit": "limit_findings",
    "limit.order_total": "limit_findings",
    "review.undecided": "review_findings",
    "stock.short": "limit_findings",
    # Said of credit accounts, below.
    "review.role": "credit",
    "review.same_person": "credit",
    # What helps is other rules, a later hour, or other goods: asked one by one, in tests of theirs.
    "clock.backwards": "test_a_clock_that_runs_backwards_waits_for_its_hour",
    "flow.unknown": "tests/orders/test_fulfilling.py",
    "transfer.uneven": "tests/orders/test_transferring.py",
    # Families: `gate.credit` and `gate.invoice_data` are met.
    "gate.<need>": "gate.credit",
}


@pytest.mark.slow
def test_every_code_is_met_or_it_is_said_where():
    """A new code of an order is met by a space above, or listed with who else says it."""
    table = tomllib.loads((DOCS / "order_codes.toml").read_text(encoding="utf-8"))["reasons"]
    met = {code for name in SPACES for code in asked_in(name).codes}
    assert met & ELSEWHERE.keys() == set()
    assert table.keys() - met == ELSEWHERE.keys()
    assert {"gate.credit", "gate.invoice_data", "gate.declaration"} <= met


def test_a_clock_that_runs_backwards_waits_for_its_hour():
    place = order_alphabet(**SMALL).place
    order = live(place, "place")
    early = attrs.evolve(AT, now=shift(AT.now, hours=-1))
    hold = orders.PlaceHold("o-1", command_id="x", hold_id="h", code="fraud")
    assert orders.check(order, hold, early).codes == ("clock.backwards",)
    way = way_out(orders, order, hold, early, provide=order_provider("n-1"))
    assert (way.passed, way.state.last_at) == (True, AT.now)


# --- credit accounts ---


def yuan(minor):
    return Money(minor, "CNY")


def credit_alphabet(opening):
    """Credit taken and given back, billed and paid, a limit raised, and leave to pass it."""
    boss = attrs.evolve(AT, actor="boss", role="credit")

    def offer(account):
        if account is None:
            yield opening, AT
            return
        who, ask = account.customer, {"command_id": f"c-{account.version}"}
        yield ReserveCredit(who, **ask, order_id="o-1", amount=yuan(100)), AT
        yield ReleaseCredit(who, **ask, order_id="o-1"), AT
        bill = f"i-{len(account.invoices) + 1}"
        due = "2026-01-01T00:00:00Z"
        yield InvoiceReserved(who, **ask, order_id="o-1", invoice_id=bill, due_at=due), AT
        yield ApproveOverride(who, **ask, order_id="o-1", up_to=yuan(100)), boss
        yield SetLimit(who, command_id=f"p-{account.version}", limit=yuan(300)), AT
        if account.proposal is not None:
            about = {"proposal_id": account.proposal.proposal_id}
            yield ApproveLimit(who, **ask, **about), boss
            yield RejectLimit(who, **ask, **about), AT
        yield SuspendAccount(who, **ask), AT
        yield ResumeAccount(who, **ask), AT
        for invoice in account.invoices:
            paid = {"fact_id": f"f-{account.version}", "amount": yuan(150)}
            yield RecordInvoicePayment(who, invoice_id=invoice, **paid), AT

    return offer


REVIEWED = CreditPolicy(
    review_above=yuan(150),
    approvals=2,
    approver_roles=["credit"],
    override_approvals=2,
    block_overdue_days=0,
)


@cache
def asked_of_credit(policy, asks=AT):
    opening = OpenAccount("c-9", command_id="c-0", limit=yuan(100), policy=policy)
    return ask_everywhere(
        credit,
        alphabet=credit_alphabet(opening),
        key=StateKey(left_out={"version", "facts_seen"}),
        questions=credit_questions(opening),
        context=asks,
        provide=credit_provider(opening),
        instead=CREDIT_INSTEAD,
        states=2_000 if LONG else 120,
        ways_each=20 if LONG else 3,
    )


ACCOUNTS = {
    "plain": (CreditPolicy(),),
    "reviewed": (REVIEWED,),
    "reviewed by another": (REVIEWED, attrs.evolve(AT, actor="mei", role="credit")),
}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_what_helps_an_account_helps_and_what_is_final_stays_so(name):
    report = asked_of_credit(*ACCOUNTS[name])
    assert [str(fault) for fault in report.faults] == []
    assert {"credit.limit", "credit.nothing_reserved", "limit.no_proposal"} <= set(report.codes)


def test_every_command_and_code_of_an_account_is_met():
    reports = [asked_of_credit(*known) for known in ACCOUNTS.values()]
    kinds = {named(kind) for kind in get_args(orders.CreditCommand)}
    assert {kind for report in reports for kind in report.accepted} == kinds
    assert {kind for report in reports for kind in report.refused} == kinds
    told = (DOCS / "credit.md").read_text(encoding="utf-8").split("## Reasons")[1]
    table = {
        code
        for row in told.splitlines()
        if row.startswith("| `")
        for code in re.findall(r"`([a-z_.]+\.[a-z_.]+)`", row.split("|")[1])
    }
    assert {code for report in reports for code in report.codes} == table


# --- the law itself finds what is wrong ---


class Wrong:
    """The decider of orders with answers that are bent on their way out."""

    evolve = staticmethod(orders.evolve)
    replay = staticmethod(orders.replay)

    def __init__(self, bend):
        self.bend = bend

    def decide(self, order, command, context):
        return self.bend(orders.decide(order, command, context))


def gives_up(answer):
    if isinstance(answer, Refusal) and answer.codes == ("gate.payment",):
        return Refusal([orders_reason(reason, final=True) for reason in answer.reasons])
    return answer


def says_nothing_of_use(answer):
    if isinstance(answer, Refusal) and answer.codes == ("gate.payment",):
        return Refusal([orders_reason(reason, obtain="luck") for reason in answer.reasons])
    return answer


def leads_astray(answer):
    if isinstance(answer, Refusal) and answer.codes == ("gate.payment",):
        other = ConfirmOrder("o-9", command_id="z")
        return Refusal([orders_reason(reason, remedy=other) for reason in answer.reasons])
    return answer


def orders_reason(reason, **said):
    code = "luck" if "obtain" in said else reason.code
    return type(reason)(code, facts=reason.facts, **said)


@pytest.mark.parametrize(
    ("bend", "code", "stuck_at"),
    [
        (gives_up, "final.passes", ""),
        (says_nothing_of_use, "remedy.stuck", "luck"),
        (leads_astray, "remedy.final", "order.other"),
    ],
)
def test_a_refusal_that_says_what_is_not_so_is_found(bend, code, stuck_at):
    alphabet = order_alphabet(**SMALL)
    report = ask_everywhere(
        Wrong(bend),
        alphabet=alphabet,
        key=order_key(alphabet, ids=True),
        questions=lambda _order: [ConfirmOrder("o-1", command_id="ask")],
        context=AT,
        provide=order_provider("n-1", place=alphabet.place),
        states=60,
    )
    fault = next(fault for fault in report.faults if fault.code == code)
    assert (type(fault.command), fault.stuck_at) == (ConfirmOrder, stuck_at)
    assert (fault.later is not None) is (code == "final.passes")
    assert str(fault).startswith(f"{code}: ConfirmOrder refused for ")


def test_who_asks_is_a_context():
    alphabet = order_alphabet(**SMALL)
    with pytest.raises(InvalidValue) as raised:
        ask_everywhere(
            orders,
            alphabet=alphabet,
            key=order_key(alphabet),
            questions=lambda _order: [],
            context=None,
            provide=order_provider("n-1"),
        )
    assert raised.value.code == "type.wrong"

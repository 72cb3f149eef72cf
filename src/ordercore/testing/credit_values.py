"""Strategies for credit accounts and their lives, reviews, and urgency."""

from __future__ import annotations

from collections.abc import Callable

import attrs
from hypothesis import strategies as st

from ordercore.kernel import Context, Decision, Money, OrderId, Refusal, shift
from ordercore.orders import (
    DEFAULT_URGENCY,
    ORDER_FACTS,
    ApproveLimit,
    ApproveOverride,
    CreditAccount,
    CreditEvent,
    CreditMessage,
    CreditPolicy,
    InvoiceReserved,
    KeywordRule,
    LimitFinding,
    OpenAccount,
    OrderLimits,
    RecordInvoicePayment,
    RejectLimit,
    ReleaseCredit,
    ReserveCredit,
    ResumeAccount,
    ReturnUnapplied,
    Review,
    ReviewApproval,
    ReviewRule,
    SetLimit,
    SettlementKind,
    SuspendAccount,
    UrgencyFactor,
    UrgencyFacts,
    UrgencyPolicy,
    credit,
    limit_findings,
)
from ordercore.rules import parse
from ordercore.testing.kernel_values import codes, instants
from ordercore.testing.order_lives import orders
from ordercore.testing.trade_values import START, stock_snapshots

__all__ = [
    "CreditHistory",
    "CreditStep",
    "credit_accounts",
    "credit_events",
    "credit_histories",
    "credit_messages",
    "credit_policies",
    "keyword_rules",
    "exceeded_limits",
    "review_rules",
    "reviews",
    "urgency_factors",
    "urgency_inputs",
    "urgency_policies",
]

PEOPLE = ("u-1", "u-2", "u-3")
"""Few, so that a person meets what he did himself."""

_ORDERS = ("o-1", "o-2", "o-3")
_INVOICES = ("i-1", "i-2", "i-3")


def _yuan(minor: int) -> Money:
    return Money(minor, "CNY")


def _some_order() -> st.SearchStrategy[str]:
    return st.sampled_from(_ORDERS)


def _amounts(most: int = 400) -> st.SearchStrategy[Money]:
    return st.integers(1, most).map(_yuan)


@st.composite
def credit_policies(draw: st.DrawFn) -> CreditPolicy:
    """Policies with and without a second review, a block of overdue accounts, short memories."""
    return CreditPolicy(
        name=draw(codes()),
        review_above=draw(st.none() | st.integers(0, 1_000).map(_yuan)),
        approvals=draw(st.integers(1, 2)),
        override_approvals=draw(st.integers(1, 2)),
        approver_roles=draw(st.sampled_from(((), ("credit", "desk")))),
        terms_days=draw(st.integers(0, 2)),
        block_overdue_days=draw(st.sampled_from((None, 0, 2))),
        remembered_ids=draw(st.sampled_from((1, 64, 256))),
    )


# --- lives ---


@attrs.frozen
class CreditStep:
    """One message of a life: the account before, the answer, and the account after."""

    before: CreditAccount | None
    message: CreditMessage
    context: Context
    answer: Decision[CreditEvent] | Refusal
    after: CreditAccount | None


@attrs.frozen(repr=False)
class CreditHistory:
    """The life of one account, message by message; refusals stand in it and change nothing."""

    steps: tuple[CreditStep, ...]

    def __repr__(self) -> str:
        # What a failing example shows: the messages tell the life; the states follow from them.
        return f"CreditHistory({', '.join(repr(step.message) for step in self.steps)})"

    @property
    def account(self) -> CreditAccount:
        """The account as the life left it."""
        account = self.steps[-1].after
        assert account is not None
        return account

    @property
    def events(self) -> tuple[CreditEvent, ...]:
        """All that happened, oldest first."""
        return tuple(
            event
            for step in self.steps
            if isinstance(step.answer, Decision)
            for event in step.answer.events
        )


@st.composite
def credit_messages(
    draw: st.DrawFn,
    *,
    number: int = 1,
    customer: str = "c-9",
    account: CreditAccount | None = None,
) -> CreditMessage:
    """Messages to an account: mostly what fits, some that do not."""
    fitting = [] if account is None else _fitting(account, f"c-{number}", f"f-{number}")
    likely: bool = bool(fitting) and draw(st.integers(0, 3).map(bool))
    if likely:
        chosen: int = draw(st.integers(0, len(fitting) - 1))
        return draw(fitting[chosen])
    return draw(_strays(customer, f"c-{number}", f"f-{number}", account))


def _fitting(
    account: CreditAccount, command_id: str, fact_id: str
) -> list[st.SearchStrategy[CreditMessage]]:
    """What an account that stands so is likely to accept; one strategy for each kind."""
    ids, customer = {"command_id": command_id}, account.customer
    kinds: list[st.SearchStrategy[CreditMessage]] = []
    room = account.available.minor
    if account.suspended:
        return [st.just(ResumeAccount(customer, **ids))]
    if room:
        kinds += [
            st.tuples(_some_order(), st.integers(1, min(room, 400))).map(
                lambda drawn: ReserveCredit(
                    customer, order_id=drawn[0], amount=_yuan(drawn[1]), **ids
                )
            )
        ] * 2
    if account.open:
        held = st.sampled_from(list(account.open.items()))
        kinds += [
            st.tuples(held, st.sampled_from(_INVOICES), st.booleans()).map(
                lambda drawn: InvoiceReserved(
                    customer,
                    order_id=drawn[0][0],
                    invoice_id=drawn[1],
                    amount=None if drawn[2] else _yuan(max(1, drawn[0][1] // 2)),
                    **ids,
                )
            ),
            held.map(
                lambda of: ReleaseCredit(
                    customer, order_id=of[0], amount=_yuan(max(1, of[1] // 2)), **ids
                )
            ),
        ]
    if account.invoices:
        owing = st.sampled_from(list(account.invoices.values()))
        kinds += [
            st.tuples(owing, st.integers(-2, 2), st.sampled_from(SettlementKind)).map(
                lambda drawn: RecordInvoicePayment(
                    customer,
                    fact_id=fact_id,
                    invoice_id=drawn[0].invoice_id,
                    amount=_yuan(max(1, drawn[0].unpaid_minor * (2 + drawn[1]) // 2)),
                    kind=drawn[2],
                )
            )
        ] * 2
    if account.proposal is not None:
        waiting = account.proposal.proposal_id
        kinds += [st.just(ApproveLimit(customer, proposal_id=waiting, **ids))] * 2
    lacking = [each for each in account.overrides.values() if not each.review.met]
    leave = [each for each in account.overrides.values() if each.review.met]
    asked = [(each.order_id, each.up_to_minor) for each in lacking] or [(OrderId(_ORDERS[0]), 300)]
    if not leave:
        kinds.append(
            st.sampled_from(asked).map(
                lambda of: ApproveOverride(customer, order_id=of[0], up_to=_yuan(of[1]), **ids)
            )
        )
    else:
        kinds += [
            st.sampled_from(leave).map(
                lambda known: ReserveCredit(
                    customer, order_id=known.order_id, amount=_yuan(room + known.up_to_minor), **ids
                )
            )
        ] * 3
    if account.unapplied:
        back = st.sampled_from(list(account.unapplied))
        kinds.append(
            back.map(lambda of: ReturnUnapplied(customer, invoice_id=of, command_id=command_id))
        )
    return kinds


def _strays(
    customer: str, command_id: str, fact_id: str, account: CreditAccount | None
) -> st.SearchStrategy[CreditMessage]:
    ids = {"command_id": command_id}
    order, invoice = _some_order(), st.sampled_from(_INVOICES)
    waiting = None if account is None else account.proposal
    proposal = st.just("c-0" if waiting is None else str(waiting.proposal_id))
    some = st.none() | _amounts()

    def made(
        kind: Callable[..., CreditMessage], **fields: st.SearchStrategy[object]
    ) -> st.SearchStrategy[CreditMessage]:
        return st.fixed_dictionaries(fields).map(lambda given: kind(customer, **ids, **given))

    return st.one_of(
        made(ReserveCredit, order_id=order, amount=_amounts()),
        made(InvoiceReserved, order_id=order, invoice_id=invoice, amount=some),
        st.builds(
            RecordInvoicePayment,
            st.just(customer),
            fact_id=st.just(fact_id),
            invoice_id=invoice,
            amount=_amounts(),
            kind=st.sampled_from(SettlementKind),
        ),
        made(ReleaseCredit, order_id=order, amount=some),
        made(SetLimit, limit=st.integers(0, 2_000).map(_yuan)),
        made(ApproveLimit, proposal_id=proposal),
        made(RejectLimit, proposal_id=proposal),
        made(ApproveOverride, order_id=order, up_to=st.sampled_from((100, 300)).map(_yuan)),
        made(ReturnUnapplied, invoice_id=invoice, amount=some),
        made(SuspendAccount),
        made(ResumeAccount),
    )


@st.composite
def credit_histories(
    draw: st.DrawFn, *, steps: int = 12, customer: str = "c-9", policy: CreditPolicy | None = None
) -> CreditHistory:
    """Lives of one account: opened, then reserved, invoiced, settled, reviewed, passed over."""
    now = START
    pinned = draw(credit_policies()) if policy is None else policy
    taken: list[CreditStep] = []
    state: CreditAccount | None = None
    message: CreditMessage = OpenAccount(
        customer, command_id="c-0", limit=_yuan(draw(st.integers(0, 1_200))), policy=pinned
    )
    for number in range(1, draw(st.integers(1, steps)) + 1):
        context = Context(
            now=now,
            actor=draw(st.sampled_from(PEOPLE)),
            role=draw(st.sampled_from(("desk", "shop"))),
        )
        answer = credit.decide(state, message, context)
        after = state if isinstance(answer, Refusal) else credit.replay(state, answer.events)
        taken.append(CreditStep(state, message, context, answer, after))
        state = after
        now = shift(now, hours=draw(st.integers(0, 30)))
        message = draw(credit_messages(number=number, customer=customer, account=state))
    return CreditHistory(tuple(taken))


def credit_accounts(*, customer: str = "c-9") -> st.SearchStrategy[CreditAccount]:
    """Accounts as their lives left them."""
    return credit_histories(customer=customer).map(lambda history: history.account)


def credit_events() -> st.SearchStrategy[CreditEvent]:
    """Events out of the lives of accounts."""
    return credit_histories().flatmap(lambda history: st.sampled_from(history.events))


# --- reviews, limits, urgency ---


@st.composite
def reviews(draw: st.DrawFn) -> Review:
    """Reviews with some of their approvals."""
    barred, *others = draw(st.permutations(PEOPLE))
    agreed = others[: draw(st.integers(0, 2))]
    return Review(
        needed=draw(st.integers(1, 3)),
        barred=(barred,),
        roles=draw(st.sampled_from(((), ("desk",)))),
        approvals=tuple(
            ReviewApproval(actor=each, role="desk", at=draw(instants())) for each in agreed
        ),
    )


@st.composite
def review_rules(draw: st.DrawFn) -> ReviewRule:
    """Rules over orders and buyers that ask for one or two approvals."""
    text = draw(
        st.sampled_from(
            (
                "order.total > CNY(50)",
                "order.total > CNY(50) and customer.rating == 'A'",
                "order.units >= 3 or order.channel == 'douyin'",
            )
        )
    )
    return ReviewRule(
        name=draw(codes()),
        rule=parse(text, vocabulary=ORDER_FACTS),
        approvals=draw(st.integers(1, 2)),
        roles=draw(st.sampled_from(((), ("desk",)))),
    )


@st.composite
def exceeded_limits(draw: st.DrawFn) -> LimitFinding:
    """What drawn orders go beyond."""
    limits = OrderLimits(name="strict", order_total=(_yuan(0),))
    context = Context(now=START, actor="u-1")
    found = draw(
        st.builds(
            lambda order, stock: limit_findings(order, limits, None, context, stock=stock),
            orders(),
            stock_snapshots(),
        ).filter(bool)
    )
    return draw(st.sampled_from(found))


@st.composite
def urgency_factors(draw: st.DrawFn) -> UrgencyFactor:
    """The factors of the built-in policy, with drawn weights."""
    factor = draw(st.sampled_from(DEFAULT_URGENCY.factors))
    return attrs.evolve(factor, weight=draw(st.integers(0, 3)))


def keyword_rules() -> st.SearchStrategy[KeywordRule]:
    """The keyword rules of the built-in policy."""
    return st.sampled_from(DEFAULT_URGENCY.keywords)


@st.composite
def urgency_policies(draw: st.DrawFn) -> UrgencyPolicy:
    """The built-in policy with some of its factors, weighted anew."""
    factors = draw(st.lists(urgency_factors(), unique_by=lambda each: each.kind))
    return attrs.evolve(DEFAULT_URGENCY, name=draw(codes()), factors=factors)


@st.composite
def urgency_inputs(draw: st.DrawFn, *, order_id: str = "o-1") -> UrgencyFacts:
    """What urgency reads of an order, around the bounds of the built-in ladders."""
    around = st.integers(-4_000, 4_000).map(lambda minutes: shift(START, minutes=minutes))
    return UrgencyFacts(
        order_id=order_id,
        placed_at=draw(around),
        promised_at=draw(st.none() | around),
        tier=draw(st.sampled_from(("", "bronze", "silver", "gold", "other"))),
        vip=draw(st.booleans()),
        scarcity_percent=draw(st.none() | st.integers(0, 200)),
        distance_m=draw(st.none() | st.integers(0, 2_000_000)),
        keywords=draw(st.sampled_from(((), ("urgent",), ("urgent", "dated"), ("other",)))),
    )

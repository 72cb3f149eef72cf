"""Orders on credit: confirmed together with what they take of it, and invoices paid together."""

from __future__ import annotations

from typing import Self, TypeAlias

import attrs

from ordercore import orders
from ordercore.allocation import LEAST_COST, Strategy
from ordercore.kernel import (
    CommandId,
    Context,
    FrozenMap,
    OrderId,
    Reason,
    Refusal,
    checked,
    derived_id,
    fold,
)
from ordercore.orders import (
    DEFAULT_RULES,
    AccountOpened,
    AccountResumed,
    CauseKind,
    ConfirmOrder,
    CreditAccount,
    CreditEvent,
    CreditMessage,
    CreditReleased,
    GateMode,
    InvoiceSettled,
    LimitFinding,
    LimitSet,
    Order,
    OrderLimits,
    OrderRules,
    OverrideApproved,
    PaymentKind,
    RecordPayment,
    RefusedAttempt,
    SettlementKind,
    TenderKind,
    account_subject,
    attempt,
    credit,
    credit_needed,
    forgotten_ids,
    limit_findings,
)
from ordercore.ports import Change, Commit, OrderChange, OutboxRow
from ordercore.workflows.claiming import (
    Claimed,
    account_change,
    by_the_shop,
    claim_credit,
    claim_stock,
)
from ordercore.workflows.credit_moves import CREDIT_PAYMENT
from ordercore.workflows.letting_go import ReleaseWaiting, let_go_after
from ordercore.workflows.receipt import Outcome, Receipt, recalled, steady, unknown_order
from ordercore.workflows.request import LoadCredit, LoadOrder, Save, Script, perform
from ordercore.workflows.saving import outbox_rows, save
from ordercore.workflows.stock_moves import commit_scope, order_scope

__all__ = [
    "ConfirmOnCredit",
    "CreditOutcome",
    "CreditReceipt",
    "HandleCredit",
    "confirm_on_credit",
    "handle_credit",
]


@attrs.frozen(kw_only=True)
@checked
class ConfirmOnCredit:
    """Reserve the customer's credit for what is not paid, and confirm the order, in one commit."""

    order_id: OrderId = attrs.field(converter=OrderId)
    command_id: CommandId = attrs.field(converter=CommandId)
    context: Context
    limits: OrderLimits | None = None
    rules: OrderRules = DEFAULT_RULES
    strategy: Strategy = LEAST_COST

    def start(self) -> Script[Outcome]:
        """A fresh run."""
        outcome = yield from steady(self.order_id, self._decide, self._noted)
        return (
            yield from let_go_after(
                outcome,
                self.context,
                self.rules,
                limits=self.limits,
                strategy=self.strategy,
            )
        )

    @property
    def _command(self) -> ConfirmOrder:
        return ConfirmOrder(self.order_id, command_id=self.command_id)

    def _noted(self, refusal: Refusal) -> RefusedAttempt:
        return attempt(self._command, self.context, refusal)

    def _decide(self, before: Order | None) -> Script[Outcome]:
        if before is None:
            return Refusal([unknown_order(self.order_id)])
        # A repeat is answered before anything is reserved, however old it is.
        ids = forgotten_ids(before, self._command)
        context = yield from recalled(self.order_id, CauseKind.COMMAND, ids, self.context)
        claimed = Claimed(order=before)
        known = before.commands_seen.find(self.command_id) or context.seen.get(self.command_id)
        if known is not None:
            return (yield from self._confirm(before, claimed, (), context))
        limits = self.limits
        if limits is not None and limits.stock:
            claimed = yield from claim_stock(
                claimed, self.command_id, self.context, self.strategy, self.rules
            )
        claimed = yield from claim_credit(
            claimed, self.command_id, self.context, self.context, self.rules
        )
        refused = self._no_credit(claimed)
        if refused and (limits is None or not limits.credit or before.customer is None):
            return self._refused(claimed.order, refused)
        found: tuple[LimitFinding, ...] = ()
        if limits is not None:
            found = limit_findings(
                claimed.order, limits, claimed.account, self.context, stock=claimed.stock
            )
        return (yield from self._confirm(before, claimed, found, context))

    def _no_credit(self, claimed: Claimed) -> tuple[Reason, ...]:
        """Why the order got no credit that it needs, if so."""
        if claimed.refused is not None:
            return claimed.refused.reasons
        if claimed.order.customer is None and credit_needed(claimed.order):
            return (Reason("credit.no_customer", obtain="the customer's id on the order"),)
        return ()

    def _refused(self, order: Order, reasons: tuple[Reason, ...]) -> Refusal:
        """The account's reasons, and those that the order would have with the credit given."""
        promise = RecordPayment(
            self.order_id,
            fact_id=derived_id("credit-promise", self.command_id),
            payment_id=CREDIT_PAYMENT,
            kind=PaymentKind.AUTHORISED,
            amount=credit_needed(order),
            tender=TenderKind.INVOICE,
        )
        promised = orders.decide(order, promise, self.context, self.rules).accepted()
        order = fold(orders, promised.events, order)
        verdict = orders.check(order, self._command, self.context, self.rules)
        return Refusal([*reasons, *verdict.reasons])

    def _held(
        self, claimed: Claimed, found: tuple[LimitFinding, ...], context: Context
    ) -> Claimed | Refusal:
        """The order held by what it goes beyond, each once."""
        for finding in found:
            order = claimed.order
            rule = finding.release.to_text()
            if any(hold.auto and hold.auto.outside == rule for hold in order.control.holds):
                continue
            id = derived_id(self.command_id, finding.reason.code)
            place = finding.hold(order, command_id=id)
            placed = orders.decide(order, place, by_the_shop(context), self.rules)
            if isinstance(placed, Refusal):
                return placed
            claimed = claimed.then(placed)
        return claimed

    def _confirm(
        self,
        before: Order,
        claimed: Claimed,
        found: tuple[LimitFinding, ...],
        context: Context,
    ) -> Script[Outcome]:
        held = self._held(claimed, found, context)
        if isinstance(held, Refusal):
            return held
        # What is held by a limit waits for its end, whatever else becomes of closed gates.
        rules = attrs.evolve(self.rules, on_gate=GateMode.HOLD) if found else self.rules
        confirmed = orders.decide(held.order, self._command, context, rules)
        if isinstance(confirmed, Refusal):
            return Refusal([*(finding.reason for finding in found), *confirmed.reasons])
        if confirmed.repeated:
            return Receipt(order=before, repeated=True)
        done = held.then(confirmed)
        return (
            yield from save(
                done.order,
                expected_version=before.version,
                decisions=done.decisions,
                changes=done.changes,
                due=done.due,
                command_id=commit_scope(self.order_id, "command", self.command_id),
                context=self.context,
            )
        )


@attrs.frozen(kw_only=True)
@checked
class CreditReceipt:
    """What was saved of a message to an account; ``order`` is the one that it paid for, if any.

    ``released`` are the orders that waited for the account and went on.
    """

    account: CreditAccount
    events: tuple[CreditEvent, ...] = ()
    order: Order | None = None
    released: tuple[Order, ...] = ()
    repeated: bool = False

    def accepted(self) -> Self:
        """The receipt itself; a Refusal raises :class:`~ordercore.kernel.Refused` here."""
        return self


CreditOutcome: TypeAlias = CreditReceipt | Refusal
"""What :func:`handle_credit` answers."""

# A write-off is the seller's loss; to the order the money stays outstanding.
_REPORTS = FrozenMap(
    {
        SettlementKind.PAYMENT: PaymentKind.CAPTURED,
        SettlementKind.CREDIT_NOTE: PaymentKind.VOIDED,
    }
)


# After these an account may take what it refused before.
_ROOM = (
    AccountOpened,
    AccountResumed,
    CreditReleased,
    InvoiceSettled,
    LimitSet,
    OverrideApproved,
)


@attrs.frozen(kw_only=True)
@checked
class HandleCredit:
    """Send one command or fact to a credit account, report what it settles, let go who waits."""

    message: CreditMessage
    context: Context
    rules: OrderRules = DEFAULT_RULES
    strategy: Strategy = LEAST_COST

    def start(self) -> Script[CreditOutcome]:
        """A fresh run."""
        outcome = yield from self._send()
        if isinstance(outcome, Refusal):
            return outcome
        # A repeat lets go as well: the first run may have been stopped before it had.
        room = outcome.repeated or any(isinstance(each, _ROOM) for each in outcome.events)
        customer = self.message.customer
        released = yield from ReleaseWaiting(
            subjects=(account_subject(customer),) if room else (),
            context=self.context,
            rules=self.rules,
            strategy=self.strategy,
        ).start()
        if not released:
            return outcome
        account = yield from perform(LoadCredit(customer))
        assert account is not None
        return attrs.evolve(outcome, account=account, released=released)

    def _send(self) -> Script[CreditOutcome]:
        message, context = self.message, self.context
        before = yield from perform(LoadCredit(message.customer))
        answer = credit.decide(before, message, context)
        if isinstance(answer, Refusal):
            return answer
        if not answer.events:
            assert before is not None
            return CreditReceipt(account=before, repeated=answer.repeated)
        (change,) = account_change(before, answer.events)
        cause = answer.events[0].cause
        told = yield from self._report(answer.events)
        changes: tuple[Change, ...] = (change,) if told is None else (change, told[0])
        scope = order_scope(OrderId(message.customer))
        receipt = yield from perform(
            Save(
                Commit(
                    command_id=derived_id(scope, f"credit.{cause.kind}", cause.id),
                    at=context.now,
                    changes=changes,
                    outbox=() if told is None else told[1],
                )
            )
        )
        if receipt.repeated:
            saved = yield from perform(LoadCredit(message.customer))
            return CreditReceipt(account=change.state if saved is None else saved, repeated=True)
        return CreditReceipt(
            account=change.state,
            events=answer.events,
            order=None if told is None else told[0].state,
        )

    def _report(
        self, events: tuple[CreditEvent, ...]
    ) -> Script[tuple[OrderChange, tuple[OutboxRow, ...]] | None]:
        """What an invoice's payment or credit note means to its order, which promised the money."""
        settled = next((each for each in events if isinstance(each, InvoiceSettled)), None)
        kind = None if settled is None else _REPORTS.get(settled.kind)
        if settled is None or kind is None:
            return None
        before = yield from perform(LoadOrder(settled.order_id))
        if before is None or before.payment(CREDIT_PAYMENT) is None:
            return None
        fact = RecordPayment(
            settled.order_id,
            fact_id=derived_id("credit-settled", settled.cause.kind, settled.cause.id),
            payment_id=CREDIT_PAYMENT,
            kind=kind,
            amount=settled.amount,
            occurred_at=settled.occurred_at,
        )
        told = orders.decide(before, fact, self.context, self.rules).accepted()
        if not told.events:
            return None
        change = OrderChange(
            expected_version=before.version,
            state=fold(orders, told.events, before),
            events=told.events,
        )
        return change, outbox_rows(before.order_id, told.effects)


def confirm_on_credit(
    *,
    order_id: str,
    command_id: str,
    context: Context,
    limits: OrderLimits | None = None,
    rules: OrderRules = DEFAULT_RULES,
    strategy: Strategy = LEAST_COST,
) -> ConfirmOnCredit:
    """Confirm an order on its customer's credit: account and order in one commit, or neither.

    What of the amount due is neither paid nor authorised is reserved on the account and stands on
    the order as the authorised payment ``CREDIT_PAYMENT``; then the order is confirmed. Both are
    saved with the versions they were decided on, so that two orders at the same moment cannot both
    take the last of a limit. An order that is paid is confirmed without credit.

    With ``limits`` an order that goes beyond one is held, with an alarm, instead of being refused:
    by the customer's credit, by the seller's limit for one order, or by stock, which is then held
    for the whole order or not at all. What does fit is taken at once. The confirmation waits, and
    happens by itself when the limit is raised, the credit comes free or the goods arrive, through
    :func:`handle_credit`, :func:`handle_stock`, :func:`handle` or :func:`release_waiting`.

    A later command through :func:`handle` that makes the order smaller, or ends it, gives the
    credit back in the same commit. The request to capture ``CREDIT_PAYMENT`` that a confirmation
    leaves in the outbox is the sign to invoice: :class:`~ordercore.orders.InvoiceReserved`.

    Returns:
        A workflow for :func:`run` and :func:`arun`. Its result is a :class:`Receipt`, or a Refusal
        with the reasons of the account (``credit.limit``, ``credit.suspended``, ``credit.overdue``,
        ``credit.unknown``, ``credit.no_customer``, ``money.currency``) and of the order.

    Example:
        >>> from ordercore.memory import memory_ports
        >>> from ordercore.workflows import run
        >>> desk = Context(now="2026-11-11T00:00:00Z", actor="u-1")
        >>> run(
        ...     confirm_on_credit(order_id="o-1", command_id="c", context=desk), memory_ports()
        ... ).codes
        ('order.unknown',)
    """
    return ConfirmOnCredit(
        order_id=order_id,
        command_id=command_id,
        context=context,
        limits=limits,
        rules=rules,
        strategy=strategy,
    )


def handle_credit(
    message: CreditMessage,
    *,
    context: Context,
    rules: OrderRules = DEFAULT_RULES,
    strategy: Strategy = LEAST_COST,
) -> HandleCredit:
    """Send a command or a fact to the credit account that it names.

    What settles an invoice is reported to its order in the same commit: a payment as captured, a
    credit note as voided. Where the account can take more after it, orders that wait for it go on,
    who waits longest first, each in a commit of its own; see :func:`release_waiting`. The result is
    a :class:`CreditReceipt` with the account after all that, or the refusal of the account.

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.memory import memory_ports
        >>> from ordercore.orders import OpenAccount
        >>> from ordercore.workflows import run
        >>> desk = Context(now="2026-11-11T00:00:00Z", actor="u-1")
        >>> opening = OpenAccount("c-9", command_id="a-1", limit=Money.of(1000, "CNY"))
        >>> str(run(handle_credit(opening, context=desk), memory_ports()).account.limit)
        'CNY 1000.00'
    """
    return HandleCredit(message=message, context=context, rules=rules, strategy=strategy)

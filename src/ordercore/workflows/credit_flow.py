"""Orders on credit: confirmed together with what they take of it, and invoices paid together."""

from __future__ import annotations

from typing import Self, TypeAlias

import attrs

from ordercore import orders
from ordercore.kernel import (
    CommandId,
    Context,
    Decision,
    FrozenMap,
    OrderId,
    Reason,
    Refusal,
    checked,
    derived_id,
    fold,
)
from ordercore.orders import (
    CauseKind,
    ConfirmOrder,
    CreditAccount,
    CreditEvent,
    CreditMessage,
    InvoiceSettled,
    Order,
    OrderEvent,
    PaymentKind,
    RecordPayment,
    RefusedAttempt,
    ReserveCredit,
    SettlementKind,
    TenderKind,
    attempt,
    credit,
    credit_needed,
    forgotten_ids,
)
from ordercore.ports import Change, Commit, CreditChange, OrderChange, OutboxRow
from ordercore.workflows.credit_moves import CREDIT_PAYMENT
from ordercore.workflows.order_flow import (
    _save,
    outbox_rows,
)
from ordercore.workflows.receipt import Outcome, Receipt, recalled, steady, unknown_order
from ordercore.workflows.request import LoadCredit, LoadOrder, Save, Script, perform
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

    def start(self) -> Script[Outcome]:
        """A fresh run."""
        return (yield from steady(self.order_id, self._decide, self._noted))

    def _noted(self, refusal: Refusal) -> RefusedAttempt:
        confirm = ConfirmOrder(self.order_id, command_id=self.command_id)
        return attempt(confirm, self.context, refusal)

    def _decide(self, before: Order | None) -> Script[Outcome]:
        if before is None:
            return Refusal([unknown_order(self.order_id)])
        confirm = ConfirmOrder(self.order_id, command_id=self.command_id)
        needed = credit_needed(before)
        # A repeat is answered before anything is reserved, however old it is.
        ids = forgotten_ids(before, confirm)
        context = yield from recalled(self.order_id, CauseKind.COMMAND, ids, self.context)
        known = before.commands_seen.find(self.command_id) or context.seen.get(self.command_id)
        if known is not None or not needed:
            return (yield from self._confirm(before, before, [], (), confirm, context))
        # The account is the provider of a payment: what it reserves is money authorised.
        promise = RecordPayment(
            self.order_id,
            fact_id=derived_id("credit-promise", self.command_id),
            payment_id=CREDIT_PAYMENT,
            kind=PaymentKind.AUTHORISED,
            amount=needed,
            tender=TenderKind.INVOICE,
        )
        promised = orders.decide(before, promise, self.context).accepted()
        order = fold(orders, promised.events, before)
        if before.customer is None:
            no_customer = Reason("credit.no_customer", obtain="the customer's id on the order")
            return self._refused(order, confirm, (no_customer,))
        account = yield from perform(LoadCredit(before.customer))
        wish = ReserveCredit(
            before.customer,
            command_id=derived_id(order_scope(self.order_id), "credit", self.command_id),
            order_id=self.order_id,
            amount=needed,
        )
        reserved = credit.decide(account, wish, self.context)
        if isinstance(reserved, Refusal):
            return self._refused(order, confirm, reserved.reasons)
        changes = _account_change(account, reserved.events)
        return (yield from self._confirm(before, order, [promised], changes, confirm, context))

    def _refused(self, order: Order, confirm: ConfirmOrder, reasons: tuple[Reason, ...]) -> Refusal:
        """The account's reasons, and those that the order would have with the credit given."""
        verdict = orders.check(order, confirm, self.context)
        return Refusal([*reasons, *verdict.reasons])

    def _confirm(
        self,
        before: Order,
        order: Order,
        decisions: list[Decision[OrderEvent]],
        changes: tuple[CreditChange, ...],
        command: ConfirmOrder,
        context: Context,
    ) -> Script[Outcome]:
        confirmed = orders.decide(order, command, context)
        if isinstance(confirmed, Refusal):
            return confirmed
        if confirmed.repeated:
            return Receipt(order=before, repeated=True)
        return (
            yield from _save(
                fold(orders, confirmed.events, order),
                before.version,
                [*decisions, confirmed],
                (changes, ()),
                (),
                commit_scope(self.order_id, "command", self.command_id),
                self.context,
                None,
            )
        )


def _account_change(
    before: CreditAccount | None, events: tuple[CreditEvent, ...]
) -> tuple[CreditChange, ...]:
    """The account's change, or none where a repeat left it as it was."""
    if not events:
        return ()
    version = 0 if before is None else before.version
    return (
        CreditChange(expected_version=version, state=fold(credit, events, before), events=events),
    )


@attrs.frozen(kw_only=True)
@checked
class CreditReceipt:
    """What was saved of a message to an account; ``order`` is the one that it paid for, if any."""

    account: CreditAccount
    events: tuple[CreditEvent, ...] = ()
    order: Order | None = None
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


@attrs.frozen(kw_only=True)
@checked
class HandleCredit:
    """Send one command or fact to a credit account, and report to the order what it settles."""

    message: CreditMessage
    context: Context

    def start(self) -> Script[CreditOutcome]:
        """A fresh run."""
        message, context = self.message, self.context
        before = yield from perform(LoadCredit(message.customer))
        answer = credit.decide(before, message, context)
        if isinstance(answer, Refusal):
            return answer
        if not answer.events:
            assert before is not None
            return CreditReceipt(account=before, repeated=answer.repeated)
        (change,) = _account_change(before, answer.events)
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
        told = orders.decide(before, fact, self.context).accepted()
        if not told.events:
            return None
        change = OrderChange(
            expected_version=before.version,
            state=fold(orders, told.events, before),
            events=told.events,
        )
        return change, outbox_rows(before.order_id, told.effects)


def confirm_on_credit(*, order_id: str, command_id: str, context: Context) -> ConfirmOnCredit:
    """Confirm an order on its customer's credit: account and order in one commit, or neither.

    What of the amount due is neither paid nor authorised is reserved on the account and stands on
    the order as the authorised payment ``CREDIT_PAYMENT``; then the order is confirmed. Both are
    saved with the versions they were decided on, so that two orders at the same moment cannot both
    take the last of a limit. An order that is paid is confirmed without credit.

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
    return ConfirmOnCredit(order_id=order_id, command_id=command_id, context=context)


def handle_credit(message: CreditMessage, *, context: Context) -> HandleCredit:
    """Send a command or a fact to the credit account that it names.

    What settles an invoice is reported to its order in the same commit: a payment as captured, a
    credit note as voided. The result is a :class:`CreditReceipt`, or the refusal of the account.

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
    return HandleCredit(message=message, context=context)

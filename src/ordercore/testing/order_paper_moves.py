"""What is written about a small order as moves: edits, bills, votes, evidence, and late money news.

Each is bounded, so that histories end: one edit, one split, at most two invoices and credit notes,
two approvals, one void and one chargeback of a payment.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from ordercore.kernel import Context, LineId, Money, Refusal
from ordercore.network import Destination, Region
from ordercore.orders import (
    ApprovalState,
    EditOrder,
    GiveApproval,
    IssueCreditNote,
    IssueInvoice,
    Lifecycle,
    Order,
    OrderMessage,
    PaymentKind,
    RecordEvidence,
    RecordPayment,
    RejectApproval,
    RequestApproval,
    plan_split,
)
from ordercore.pricing import Quote
from ordercore.testing.order_messages import OPEN, ORDER, UNIT_MINOR, Messages, Move
from ordercore.testing.quote_changes import with_lines, with_units

__all__ = [
    "approval_moves",
    "bill_moves",
    "chargeback_moves",
    "edit_moves",
    "evidence_moves",
    "split_moves",
    "void_moves",
]

# --- edits ---


def _edit(version: int, quote: Quote, units: tuple[tuple[LineId, int], ...]) -> EditOrder:
    return EditOrder(ORDER, command_id=f"c-{version}", quote=with_units(quote, dict(units)))


def _raise_price(version: int, quote: Quote, units: tuple[tuple[LineId, int], ...]) -> EditOrder:
    first, *rest = with_units(quote, dict(units)).lines
    dearer = Money(first.list_amount.minor + UNIT_MINOR, quote.currency)
    lines = [attrs.evolve(first, list_amount=dearer), *rest]
    return EditOrder(ORDER, command_id=f"c-{version}", quote=with_lines(quote, lines))


def _move_house(version: int) -> EditOrder:
    return EditOrder(
        ORDER, command_id=f"c-{version}", destination=Destination(Region("CN", "ZJ", "Ningbo"))
    )


def edit_moves(send: Messages) -> tuple[Move, ...]:
    """Once in a life: a unit of a line more or less, a higher price, or another place."""

    def edit(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle not in OPEN or order.amendments.revision:
            return
        standing = {line.line_id: line.ordered - line.cancelled for line in order.lines}
        known = tuple(standing.items())
        if any(standing.values()):
            yield send(_raise_price, order.version, order.quote, known)
        yield send(_move_house, order.version)
        for line in order.lines:
            for change in (1, -1):
                units = {**standing, line.line_id: standing[line.line_id] + change}
                if units[line.line_id] >= 0 and any(units.values()):
                    yield send(_edit, order.version, order.quote, tuple(units.items()))

    return (edit,)


# --- splits ---


def split_moves() -> tuple[Move, ...]:
    """Once in a life, one unit of a line goes on as an order of its own."""

    def split(order: Order) -> Iterator[OrderMessage]:
        if order.lifecycle not in OPEN or order.amendments.links:
            return
        for line in order.lines:
            if line.cancellable:
                plan = plan_split(order, {line.line_id: 1}, to_order="o-2", transfer_id="t-1")
                if not isinstance(plan, Refusal):
                    yield attrs.evolve(plan.out, command_id=f"c-{order.version}")

    return (split,)


# --- bills ---


def _invoice(version: int, name: str, units: tuple[tuple[str, int], ...]) -> IssueInvoice:
    return IssueInvoice(ORDER, command_id=f"c-{version}", invoice_id=name, lines=dict(units))


def _credit_note(version: int, name: str) -> IssueCreditNote:
    return IssueCreditNote(ORDER, command_id=f"c-{version}", credit_note_id=name)


def bill_moves(send: Messages) -> tuple[Move, ...]:
    """All that is to be billed, or a unit of it; and all that is to be credited."""

    def bill(order: Order) -> Iterator[OrderMessage]:
        written = len(order.billing.invoices)
        if written < 2 and order.lifecycle in {Lifecycle.CONFIRMED, Lifecycle.CLOSED}:
            yield send(_invoice, order.version, f"i-{written + 1}", ())
            for line in order.lines:
                if line.shipped - line.accepted - line.billed > 1:
                    name = f"i-{written + 1}"
                    yield send(_invoice, order.version, name, ((line.line_id, 1),))

    def credit(order: Order) -> Iterator[OrderMessage]:
        written = len(order.billing.credit_notes)
        if written < 2 and order.billing.invoices:
            yield send(_credit_note, order.version, f"n-{written + 1}")

    return (bill, credit)


# --- money that goes another way ---


def _report(version: int, payment: str, kind: PaymentKind, minor: int) -> RecordPayment:
    return RecordPayment(
        ORDER,
        fact_id=f"f-{version}",
        payment_id=payment,
        kind=kind,
        amount=Money(minor, "CNY"),
    )


def void_moves(send: Messages) -> tuple[Move, ...]:
    """Once for a payment, a provider gives up what it had promised."""

    def void(order: Order) -> Iterator[OrderMessage]:
        for known in order.payments:
            minor = known.open_authorisation_minor
            if minor and not known.voided_minor:
                yield send(_report, order.version, known.payment_id, PaymentKind.VOIDED, minor)

    return (void,)


def chargeback_moves(send: Messages) -> tuple[Move, ...]:
    """Once for a payment, a bank takes it back; and once, what was taken is won again."""

    def charge_back(order: Order) -> Iterator[OrderMessage]:
        for known in order.payments:
            if known.held_minor > 0 and not known.charged_back_minor:
                kind, minor = PaymentKind.CHARGED_BACK, known.held_minor
                yield send(_report, order.version, known.payment_id, kind, minor)
            if known.disputed_minor and not known.chargeback_reversed_minor:
                kind, minor = PaymentKind.CHARGEBACK_REVERSED, known.disputed_minor
                yield send(_report, order.version, known.payment_id, kind, minor)

    return (charge_back,)


# --- evidence and votes ---


def _show(version: int, withdrawn: bool) -> RecordEvidence:
    return RecordEvidence(
        ORDER, fact_id=f"f-{version}", name="credit", evidence_id="e-1", withdrawn=withdrawn
    )


def evidence_moves(send: Messages) -> tuple[Move, ...]:
    """The evidence ``credit`` is shown, and withdrawn."""

    def show(order: Order) -> Iterator[OrderMessage]:
        known = order.control.evidence
        if not known:
            yield send(_show, order.version, False)
        elif not known[0].withdrawn:
            yield send(_show, order.version, True)

    return (show,)


def _ask(version: int, name: str) -> RequestApproval:
    return RequestApproval(
        ORDER, command_id=f"c-{version}", approval_id=name, name="credit", levels=["credit"]
    )


def _give(version: int, name: str) -> GiveApproval:
    return GiveApproval(ORDER, command_id=f"c-{version}", approval_id=name)


def _reject(version: int, name: str) -> RejectApproval:
    return RejectApproval(ORDER, command_id=f"c-{version}", approval_id=name)


def approval_moves(send: Messages, context: Context) -> tuple[Move, ...]:
    """The approval ``credit`` is asked for, at most twice, and given or rejected by the boss."""
    boss = attrs.evolve(context, actor="boss", role="credit")

    def vote(order: Order) -> Iterator[OrderMessage | tuple[OrderMessage, Context]]:
        known = order.control.approvals
        running = [one for one in known if one.state_at(context.now) is ApprovalState.OPEN]
        if not running and len(known) < 2:
            yield send(_ask, order.version, f"v-{len(known) + 1}")
        for one in running:
            yield send(_give, order.version, one.approval_id), boss
            yield send(_reject, order.version, one.approval_id), boss

    return (vote,)

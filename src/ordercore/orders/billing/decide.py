"""Invoices, credit notes and pay-outs: what is billed follows the units, to the minor unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from ordercore.kernel import Context, LineId, Money, Reason
from ordercore.orders.absent import has_ended, unknown_line
from ordercore.orders.billing.commands import IssueCreditNote, IssueInvoice, RecordSettlement
from ordercore.orders.billing.events import CreditNoteIssued, InvoiceIssued, SettlementRecorded
from ordercore.orders.draft import Draft, OrderDecision, refused, remedy_id, stage_reason
from ordercore.orders.order import Order
from ordercore.orders.policy import InvoiceRule
from ordercore.orders.worth import billed_worth
from ordercore.pricing import kept_line

__all__ = [
    "allowance_open",
    "billable",
    "creditable",
    "issue_credit_note",
    "issue_invoice",
    "settle",
    "standing",
]


def standing(order: Order) -> dict[LineId, int]:
    """Units by line that ought to be billed: they have come far enough, and did not come back.

    Lost units that were written off count as come back. O(lines).
    """
    match order.policy.invoice:
        case InvoiceRule.ON_CONFIRM:
            return {line.line_id: line.kept for line in order.lines}
        case InvoiceRule.ON_SHIPMENT:
            return {line.line_id: line.shipped - line.accepted for line in order.lines}
        case InvoiceRule.ON_DELIVERY:
            return {
                line.line_id: min(line.delivered, line.shipped - line.accepted)
                for line in order.lines
            }
        case _:
            assert_never(order.policy.invoice)


def billable(order: Order) -> dict[LineId, int]:
    """Units by line that ought to be billed and are not. O(lines)."""
    due = standing(order)
    return {
        line.line_id: units
        for line in order.lines
        if (units := due[line.line_id] - line.billed) > 0
    }


def creditable(order: Order) -> dict[LineId, int]:
    """Units by line that are billed and ought not to be. O(lines)."""
    due = standing(order)
    return {
        line.line_id: units
        for line in order.lines
        if (units := line.billed - due[line.line_id]) > 0
    }


def _worth(order: Order, billed: Mapping[LineId, int]) -> int:
    """What a set of billed units comes to: their shares of the quote, and what is due beside."""
    return billed_worth(order, billed)


def _goods(order: Order, billed: Mapping[LineId, int]) -> int:
    return sum(
        kept_line(line, billed.get(line.line_id, 0)).gross.minor for line in order.quote.lines
    )


def _too_many(
    code: str, asked: Mapping[LineId, int], possible: Mapping[LineId, int], obtain: str | None
) -> list[Reason]:
    return [
        Reason(
            code,
            facts={
                "line": str(line_id),
                "asked": units,
                "possible": possible.get(line_id, 0),
            },
            obtain=obtain,
            final=obtain is None,
        )
        for line_id, units in asked.items()
        if units > possible.get(line_id, 0)
    ]


def _unknown(order: Order, asked: Mapping[LineId, int]) -> list[Reason]:
    known = {line.line_id for line in order.lines}
    return [unknown_line(order, line_id) for line_id in asked if line_id not in known]


def issue_invoice(order: Order, command: IssueInvoice, context: Context) -> OrderDecision:
    """Units are billed; invoices of parts add up to the quote's value of all their units.

    What an edit of the prices left to bill of earlier units goes along, and may be billed alone.
    """
    reason = stage_reason(order, command)
    if reason is not None:
        return refused(reason)
    possible = billable(order)
    asked = dict(command.lines) or possible
    reasons = _unknown(order, asked)
    if order.billing.invoice(command.invoice_id) is not None:
        reasons.append(
            Reason("invoice.exists", facts={"invoice": str(command.invoice_id)}, final=True)
        )
    known = {line_id: units for line_id, units in asked.items() if not reasons}
    reasons.extend(
        _too_many("invoice.too_many", known, possible, "units that have come far enough")
    )
    if not asked and order.billing.revised_minor <= 0:
        reasons.append(
            Reason(
                "invoice.nothing_left",
                facts={"rule": order.policy.invoice.value},
                obtain="units that have come far enough to be billed",
            )
        )
    if reasons:
        return refused(*reasons)
    before = {line.line_id: line.billed for line in order.lines}
    after = {line_id: units + asked.get(line_id, 0) for line_id, units in before.items()}
    amount = _worth(order, after) - order.billing.for_units_minor
    if amount < 0 and order.billing.revised_minor < 0:
        return refused(
            Reason(
                "invoice.credit_first",
                facts={"revised": Money(order.billing.revised_minor, order.currency)},
                remedy=IssueCreditNote(
                    order.order_id,
                    command_id=remedy_id(order, command, "credit"),
                    credit_note_id=remedy_id(order, command, "credit"),
                ),
            )
        )
    goods = _goods(order, after) - _goods(order, before)
    draft = Draft(order, command, context)
    draft.events.append(
        InvoiceIssued(
            order_id=order.order_id,
            cause=draft.cause,
            invoice_id=command.invoice_id,
            lines=asked,
            charges=Money(amount - goods, order.currency),
            amount=Money(amount, order.currency),
        )
    )
    draft.notify("invoice.issued")
    return draft.decision()


def issue_credit_note(order: Order, command: IssueCreditNote, context: Context) -> OrderDecision:
    """What came back, or was granted, is taken off what was billed; never more than was billed.

    In every stage: bills of a cancelled order have to be taken back as well.
    """
    possible = creditable(order)
    asked = dict(command.lines) or possible
    allowance = 0 if command.lines else allowance_open(order)
    # Nothing is billed, comes back, or is granted any more once the order has ended.
    ended = has_ended(order)
    reasons = _unknown(order, asked)
    if order.billing.credit_note(command.credit_note_id) is not None:
        reasons.append(
            Reason(
                "credit_note.exists",
                facts={"credit_note": str(command.credit_note_id)},
                final=True,
            )
        )
    known = {line_id: units for line_id, units in asked.items() if not reasons}
    reasons.extend(
        _too_many(
            "credit_note.too_many",
            known,
            possible,
            None if ended else "billed units that came back",
        )
    )
    if not asked and not allowance and order.billing.revised_minor >= 0:
        reasons.append(
            Reason(
                "credit_note.nothing_left",
                obtain=None if ended else "billed units that came back, or an allowance",
                final=ended,
            )
        )
    if reasons:
        return refused(*reasons)
    before = {line.line_id: line.billed for line in order.lines}
    after = {line_id: units - asked.get(line_id, 0) for line_id, units in before.items()}
    worth = _worth(order, after)
    amount = order.billing.for_units_minor - worth
    # An allowance on units that are billed no more is none: with the units it would be credited
    # twice.
    credited = order.billing.allowance_credited_minor
    allowance = min(credited + allowance, max(0, worth)) - credited
    if amount + allowance < 0 < order.billing.revised_minor:
        return refused(
            Reason(
                "credit_note.invoice_first",
                facts={"revised": Money(order.billing.revised_minor, order.currency)},
                remedy=None
                if ended
                else IssueInvoice(
                    order.order_id,
                    command_id=remedy_id(order, command, "invoice"),
                    invoice_id=remedy_id(order, command, "invoice"),
                ),
                # Nothing is billed any more; all that was, together, comes to no less than nothing.
                obtain="everything credited at once" if ended else None,
            )
        )
    goods = _goods(order, before) - _goods(order, after)
    draft = Draft(order, command, context)
    draft.events.append(
        CreditNoteIssued(
            order_id=order.order_id,
            cause=draft.cause,
            credit_note_id=command.credit_note_id,
            lines=asked,
            charges=Money(amount - goods, order.currency),
            allowance=Money(allowance, order.currency),
            amount=Money(amount + allowance, order.currency),
        )
    )
    draft.notify("credit_note.issued")
    return draft.decision()


def allowance_open(order: Order) -> int:
    """Allowances that were granted on what is billed and not credited, in minor units."""
    granted = order.allowance_minor - order.billing.allowance_credited_minor
    return max(0, min(granted, order.billing.billed_minor))


def settle(draft: Draft, order: Order, fact: RecordSettlement) -> None:
    """A pay-out is kept beside its payment; one that exceeds what was collected is a clash."""
    if fact.amount.currency != order.currency:
        draft.clash(
            "settlement.currency",
            {"payment": str(fact.payment_id), "amount": str(fact.amount)},
        )
        return
    known = order.payment(fact.payment_id)
    if known is None:
        draft.clash("settlement.unknown_payment", {"payment": str(fact.payment_id)})
        return
    draft.events.append(
        SettlementRecorded(
            order_id=order.order_id,
            cause=draft.cause,
            payment_id=fact.payment_id,
            amount=fact.amount,
            fee=fact.fee,
        )
    )
    paid_out = known.settled_minor + known.fee_minor + fact.gross.minor
    if paid_out > max(known.captured_minor, known.collected_minor):
        draft.clash(
            "settlement.above_captured",
            {"payment": str(fact.payment_id), "amount": str(fact.gross)},
        )

"""Deciding on edits: the order comes to stand on a new quote, in one decision."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ordercore.kernel import Context, FrozenMap, LineId, Money, Reason, checked
from ordercore.network import Destination
from ordercore.orders.amending.amendments import DeliveryWish
from ordercore.orders.amending.commands import EditOrder, LapseExchange
from ordercore.orders.amending.events import OrderEdited
from ordercore.orders.amending.recall import recall_of
from ordercore.orders.billing.commands import IssueCreditNote
from ordercore.orders.billing.decide import creditable
from ordercore.orders.commands import CancelOrder, CancelUnits, Instruction
from ordercore.orders.decide_cancel import take_off
from ordercore.orders.draft import Draft, OrderDecision, refused, remedy_id, stage_reason
from ordercore.orders.fulfilling.fulfilment_order import position_rank
from ordercore.orders.line import OrderLine
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.units import ItemFacts
from ordercore.orders.worth import (
    billed_worth,
    clawed_back,
    inputs_missing,
    recarried,
    shares_worth,
)
from ordercore.pricing import Quote, stale

__all__ = ["Change", "edit", "exchange_open", "may_come_off", "quote_reasons", "requote"]

_PACKED = position_rank("packed")
_NO_ITEMS: FrozenMap[LineId, ItemFacts] = FrozenMap()
_NO_UNITS: FrozenMap[LineId, int] = FrozenMap()


@attrs.frozen(kw_only=True)
@checked
class Change:
    """What an order is to become: a quote, with what the rest of the change brings along."""

    quote: Quote | None = None
    items: FrozenMap[LineId, ItemFacts] = _NO_ITEMS
    cancelled: FrozenMap[LineId, int] = _NO_UNITS
    destination: Destination | None = None
    delivery: DeliveryWish | None = None
    why: str = ""


# --- what stands against it ---


def exchange_open(order: Order, command: Instruction, code: str) -> list[Reason]:
    """An exchange that waits for its units keeps the quote that it was made for."""
    swap = order.amendments.open_exchange
    if swap is None:
        return []
    return [
        Reason(
            code,
            facts={"return": str(swap.return_id)},
            remedy=LapseExchange(
                order.order_id,
                command_id=remedy_id(order, command, "lapse"),
                return_id=swap.return_id,
            ),
        )
    ]


def _least(line: OrderLine) -> int:
    """Units that a quote must hold of a line: those that left, and those that are billed."""
    return max(line.shipped, line.billed)


def may_come_off(order: Order) -> dict[LineId, int]:
    """Units by line that an edit could take off. O(lines)."""
    return {
        line.line_id: units
        for line in order.lines
        if (units := line.ordered - line.cancelled - _least(line)) > 0
    }


def _below_billed(order: Order, command: Instruction, line: OrderLine, asked: int) -> Reason:
    """Bills are taken back before their units may leave the quote; and units before their bills."""
    needed = line.billed - asked
    possible = creditable(order).get(line.line_id, 0)
    remedy: Instruction
    if possible >= needed:
        remedy = IssueCreditNote(
            order.order_id,
            command_id=remedy_id(order, command, f"credit-{line.line_id}"),
            credit_note_id=remedy_id(order, command, f"credit-{line.line_id}"),
            lines={line.line_id: needed},
        )
    else:
        # They have not shipped, or the quote would be below that: so they can be cancelled.
        remedy = CancelUnits(
            order.order_id,
            command_id=remedy_id(order, command, f"cancel-{line.line_id}"),
            lines={line.line_id: needed - possible},
        )
    return Reason(
        "edit.below_billed",
        facts={
            "line": str(line.line_id),
            "asked": asked,
            "least": line.billed,
            "billed": line.billed,
        },
        remedy=remedy,
    )


def _line_reasons(order: Order, command: Instruction, quote: Quote) -> list[Reason]:
    reasons: list[Reason] = []
    wanted = {line.line_id: line for line in quote.lines}
    for line in order.lines:
        part = wanted.get(line.line_id)
        if part is None:
            if _least(line):
                reasons.append(
                    Reason(
                        "edit.line_moved",
                        facts={
                            "line": str(line.line_id),
                            "shipped": line.shipped,
                            "billed": line.billed,
                        },
                        obtain=f"a quote with at least {_least(line)} units of the line",
                    )
                )
            continue
        if part.sku != line.sku:
            reasons.append(
                Reason(
                    "edit.sku_changed",
                    facts={
                        "line": str(line.line_id),
                        "sku": str(line.sku),
                        "asked": str(part.sku),
                    },
                    obtain="a quote with the other item on a line of its own",
                )
            )
        if part.quantity < line.shipped:
            reasons.append(
                Reason(
                    "edit.below_shipped",
                    facts={
                        "line": str(line.line_id),
                        "asked": part.quantity,
                        "least": _least(line),
                        "shipped": line.shipped,
                    },
                    obtain=f"a quote with at least {_least(line)} units of the line",
                )
            )
        elif part.quantity < line.billed:
            reasons.append(_below_billed(order, command, line, part.quantity))
    return reasons


def quote_reasons(
    order: Order,
    command: Instruction,
    quote: Quote,
    items: Mapping[LineId, ItemFacts],
    context: Context,
) -> list[Reason]:
    """Every reason why the order cannot come to stand on a quote."""
    if quote.currency != order.currency:
        return [
            Reason(
                "money.currency",
                facts={"asked": str(quote.currency), "order": str(order.currency)},
                obtain=f"a quote in {order.currency}",
            )
        ]
    reasons: list[Reason] = []
    if not quote.lines:
        shipped = any(line.shipped for line in order.lines)
        reasons.append(
            Reason(
                "edit.no_lines",
                remedy=None
                if shipped
                else CancelOrder(order.order_id, command_id=remedy_id(order, command, "cancel")),
                obtain="a quote that holds what has shipped" if shipped else None,
            )
        )
    if quote.total.minor < 0:
        reasons.append(
            Reason(
                "edit.total_negative",
                facts={"total": quote.total},
                obtain="a quote whose total is not below zero",
            )
        )
    places = quote.destinations
    if len(set(places.values())) > 1:
        reasons.append(
            Reason(
                "edit.several_destinations",
                facts={"groups": tuple(places)},
                obtain="a quote of what goes to one place",
            )
        )
    reasons.extend(stale(quote, at=context.now))
    reasons.extend(_line_reasons(order, command, quote))
    known = {line.line_id: line.item for line in order.lines}
    reasons.extend(
        Reason(
            "edit.item_changed",
            facts={"line": str(line_id)},
            obtain="the item on a line of its own",
        )
        for line_id, item in items.items()
        if known.get(line_id, item) != item
    )
    return reasons


def _delivery_reasons(order: Order, command: EditOrder, rules: OrderRules) -> list[Reason]:
    """A place or a wish is for units that are still here, and not in a parcel with its label on."""
    if command.destination is None and command.delivery is None:
        return []
    ordered = (
        sum(line.ordered - line.cancelled for line in order.lines)
        if command.quote is None
        else sum(line.quantity for line in command.quote.lines)
    )
    reasons: list[Reason] = []
    if ordered <= sum(line.shipped for line in order.lines):
        reasons.append(
            Reason("edit.all_shipped", facts={"units": ordered}, obtain="units that have not left")
        )
    for known in order.fulfilments:
        if not known.open or position_rank(known.counts_as) < _PACKED:
            continue
        recall = recall_of(
            order, known, rules, remedy_id(order, command, f"unpack-{known.fulfilment_id}")
        )
        reasons.append(
            Reason(
                "edit.packed",
                facts={"fulfilment": str(known.fulfilment_id), "stage": known.stage},
                remedy=recall,
                obtain=None if recall else "the fulfilment order at its end",
            )
        )
    return reasons


# --- the change itself ---


def requote(
    draft: Draft, order: Order, change: Change, rules: OrderRules
) -> tuple[int, list[Reason]]:
    """Events of a change whose quote fits the order; what is due after it, or reasons.

    Units that are too many come off as in a cancel. Asks for no money yet: whoever changes more
    than the quote settles once, at the end.
    """
    value = order.value_minor
    revised = order.billing.revised_minor
    reckoning = order.reckoning
    quote = change.quote
    if quote is not None:
        wanted = {
            line.line_id: line.quantity - change.cancelled.get(line.line_id, 0)
            for line in quote.lines
        }
        going = {
            line.line_id: units
            for line in order.lines
            if (units := line.ordered - line.cancelled - wanted.get(line.line_id, 0)) > 0
        }
        reasons = take_off(draft, order, going, change.why, rules)
        if reasons:
            return value, reasons
        accepted = {line.line_id: line.accepted for line in order.lines}
        kept = {line_id: units - accepted.get(line_id, 0) for line_id, units in wanted.items()}
        reasons = inputs_missing(order, kept, rules, quote)
        if reasons:
            return value, reasons
        more = clawed_back(order, kept, rules, quote)
        value = shares_worth(order, kept, quote) + more
        reckoning = recarried(order, value, more)
        if order.billing.invoices:
            billed = {line.line_id: line.billed for line in order.lines if line.billed}
            revised = billed_worth(order, billed, quote, reckoning) - order.billing.for_units_minor
    draft.events.append(
        OrderEdited(
            order_id=order.order_id,
            cause=draft.cause,
            revision=order.amendments.revision + 1,
            quote=quote,
            items=change.items,
            cancelled=change.cancelled,
            value=Money(value, order.currency),
            revised=Money(revised, order.currency),
            destination=change.destination,
            delivery=change.delivery,
            why=change.why,
            reckoning=None if reckoning == order.reckoning else reckoning,
        )
    )
    return order.due_at(value, reckoning=reckoning), []


def edit(order: Order, command: EditOrder, context: Context, rules: OrderRules) -> OrderDecision:
    """The order as it is wanted now; what is due follows the new quote, and the money that."""
    reason = stage_reason(order, command)
    if reason is not None:
        return refused(reason)
    reasons: list[Reason] = []
    expected = command.expected_version
    if expected is not None and expected != order.version:
        reasons.append(
            Reason(
                "edit.stale",
                facts={"expected": expected, "version": order.version},
                obtain="a preview of the order as it is now",
            )
        )
    if command.quote is not None:
        reasons.extend(exchange_open(order, command, "edit.exchange_open"))
        reasons.extend(quote_reasons(order, command, command.quote, command.items, context))
    reasons.extend(_delivery_reasons(order, command, rules))
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    new = {line_id: item for line_id, item in command.items.items() if not order.has(line_id)}
    due_minor, reasons = requote(
        draft,
        order,
        Change(
            quote=command.quote,
            items=FrozenMap(new),
            destination=command.destination,
            delivery=command.delivery,
            why=command.cause,
        ),
        rules,
    )
    if reasons:
        return refused(*reasons)
    draft.notify("order.edited")
    draft.settle(order, due_minor=due_minor)
    return draft.decision()

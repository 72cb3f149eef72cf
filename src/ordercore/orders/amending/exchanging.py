"""How exchanges end: units came back and were accepted, or not, or it is given up."""

from __future__ import annotations

from ordercore.kernel import Context, FrozenMap, Reason
from ordercore.orders.amending.amendments import Exchange
from ordercore.orders.amending.commands import LapseExchange
from ordercore.orders.amending.editing import Change, requote
from ordercore.orders.amending.events import ExchangeCompleted, ExchangeLapsed
from ordercore.orders.commands import ReceiveReturn
from ordercore.orders.draft import Draft, OrderDecision, blocking, refused, stage_reason
from ordercore.orders.evolve import replay
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.units import ReturnDisposition

__all__ = ["lapse_exchange", "on_receipt"]


def on_receipt(
    draft: Draft, order: Order, command: ReceiveReturn, rules: OrderRules
) -> tuple[int, list[Reason]]:
    """The amount due after a receipt; with the last unit, an exchange of its return ends.

    Until then what is due stays: units that came are not paid out, for others are to follow them.
    The reasons are those why the order cannot come to stand on the quote of the exchange.
    """
    came = replay(order, draft.events) or order
    swap = order.amendments.awaits(command.return_id)
    if swap is None:
        return came.due_minor, []
    if any(units.disposition is ReturnDisposition.REJECT for units in command.units):
        _lapse(draft, order, swap, "rejected")
        return came.due_at(came.value_minor, advance_minor=0), []
    case = came.return_case(command.return_id)
    if case is not None and case.open:
        return came.due_minor, []
    if swap.quote is not None:
        reasons = _stand_on(draft, came, swap, rules)
        if reasons:
            return came.due_minor, reasons
        came = replay(order, draft.events) or order
    draft.events.append(
        ExchangeCompleted(order_id=order.order_id, cause=draft.cause, return_id=swap.return_id)
    )
    draft.notify("exchange.completed")
    return came.due_at(came.value_minor, advance_minor=0), []


def _stand_on(draft: Draft, order: Order, swap: Exchange, rules: OrderRules) -> list[Reason]:
    """The order comes to stand on the quote of the exchange; what was cancelled since stays so."""
    quote = swap.quote or order.quote
    standing = {line.line_id: line.ordered - line.cancelled for line in order.lines}
    gone = {
        line.line_id: units
        for line in quote.lines
        if (units := line.quantity - standing.get(line.line_id, line.quantity))
    }
    _, reasons = requote(
        draft,
        order,
        Change(quote=quote, items=swap.items, cancelled=FrozenMap(gone), why=swap.why),
        rules,
    )
    return reasons


def _lapse(draft: Draft, order: Order, swap: Exchange, why: str) -> None:
    draft.events.append(
        ExchangeLapsed(
            order_id=order.order_id, cause=draft.cause, return_id=swap.return_id, why=why
        )
    )
    draft.notify("exchange.lapsed")


def _not_waiting(order: Order, command: LapseExchange) -> Reason:
    """The exchange has ended, is still to be asked for, or never will be."""
    facts = {"return": str(command.return_id)}
    known = order.amendments.exchange(command.return_id)
    if known is not None:
        return Reason("exchange.ended", facts={**facts, "stage": known.stage.value}, final=True)
    # An id is for one return; where that was none of an exchange, it never will be.
    taken = order.return_case(command.return_id) is not None
    return Reason(
        "exchange.unknown",
        facts=facts,
        obtain=None if taken else "an exchange under this id",
        final=taken,
    )


def lapse_exchange(order: Order, command: LapseExchange, context: Context) -> OrderDecision:
    """The exchange ends; its return goes on, and the order costs what it holds."""
    swap = order.amendments.awaits(command.return_id)
    found = [] if swap is not None else [_not_waiting(order, command)]
    reasons = blocking(stage_reason(order, command), found)
    if swap is None or reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    _lapse(draft, order, swap, command.cause)
    draft.settle(order, due_minor=order.due_at(order.value_minor, advance_minor=0))
    return draft.decision()

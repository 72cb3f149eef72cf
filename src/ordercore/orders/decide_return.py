"""Returns: units that may come back, and what becomes of them when they do."""

from __future__ import annotations

import attrs

from ordercore.kernel import Context, LineId, Reason
from ordercore.orders.absent import unknown_line
from ordercore.orders.amending.commands import RequestExchange
from ordercore.orders.amending.exchanging import on_receipt
from ordercore.orders.commands import Instruction, ReceiveReturn, RequestReturn
from ordercore.orders.draft import (
    Draft,
    OrderDecision,
    blocking,
    refused,
    remedy_id,
    stage_reason,
)
from ordercore.orders.effects import RestockUnits
from ordercore.orders.events import ReturnReceived, ReturnRequested
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.units import ReturnDisposition
from ordercore.orders.worth import worth_of

__all__ = ["receive_return", "request_return", "return_reasons"]


def _too_many(
    order: Order, command: RequestReturn | RequestExchange, line_id: LineId, asked: int
) -> Reason:
    line = order.line(line_id)
    remedy: Instruction | None = None
    if line.returnable:
        remedy = attrs.evolve(
            command,
            command_id=remedy_id(order, command, f"fewer-{line_id}"),
            lines={line_id: line.returnable},
        )
    obtain = None
    if remedy is None:
        obtain = f"{asked} units of the line shipped, after more are ordered if need be"
    return Reason(
        "return.too_many",
        facts={
            "line": str(line_id),
            "asked": asked,
            "possible": line.returnable,
            "shipped": line.shipped,
        },
        remedy=remedy,
        obtain=obtain,
    )


def return_reasons(order: Order, command: RequestReturn | RequestExchange) -> list[Reason]:
    """Every reason why units cannot be asked back under an id."""
    found = []
    if order.return_case(command.return_id) is not None:
        found.append(Reason("return.exists", facts={"return": str(command.return_id)}, final=True))
    returnable = {line.line_id: line.returnable for line in order.lines}
    for line_id, asked in command.lines.items():
        if line_id not in returnable:
            found.append(unknown_line(order, line_id))
        elif asked > returnable[line_id]:
            found.append(_too_many(order, command, line_id, asked))
    return found


def request_return(order: Order, command: RequestReturn, context: Context) -> OrderDecision:
    """Shipped units may come back; each at most once."""
    reasons = blocking(stage_reason(order, command), return_reasons(order, command))
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    draft.events.append(
        ReturnRequested(
            order_id=order.order_id,
            cause=draft.cause,
            return_id=command.return_id,
            lines=command.lines,
            why=command.cause,
        )
    )
    return draft.decision()


def receive_return(
    order: Order, command: ReceiveReturn, context: Context, rules: OrderRules
) -> OrderDecision:
    """Units came back: those accepted are refunded, and restocked where they are to be sold.

    The last units of an exchange bring its replacement, and only the difference is refunded.
    """
    stage = stage_reason(order, command)
    known = order.return_case(command.return_id)
    if known is None:
        return refused(*blocking(stage, [_unknown(order, command)]))
    expected = {line.line_id: line.expected for line in known.lines}
    came: dict[LineId, int] = {}
    accepted: dict[LineId, int] = {}
    for units in command.units:
        came[units.line_id] = came.get(units.line_id, 0) + units.quantity
        if units.disposition is not ReturnDisposition.REJECT:
            accepted[units.line_id] = accepted.get(units.line_id, 0) + units.quantity
    found = [
        Reason(
            "return.unexpected",
            facts={
                "line": str(line_id),
                "asked": quantity,
                "possible": expected.get(line_id, 0),
            },
            obtain=f"at most {expected[line_id]} units" if expected.get(line_id) else None,
            final=not expected.get(line_id),
        )
        for line_id, quantity in came.items()
        if quantity > expected.get(line_id, 0)
    ]
    reasons = blocking(stage, found)
    if reasons:
        return refused(*reasons)
    worth = worth_of(order, accepted)
    draft = Draft(order, command, context)
    draft.events.append(
        ReturnReceived(
            order_id=order.order_id,
            cause=draft.cause,
            return_id=command.return_id,
            units=command.units,
            lines=worth.lines,
            charges=worth.charges,
            amount=worth.amount,
        )
    )
    skus = {line.line_id: line.sku for line in order.lines}
    for units in command.units:
        if units.disposition is ReturnDisposition.RESTOCK and units.node is not None:
            draft.effects.append(
                RestockUnits(
                    effect_id=draft.effect_id(),
                    order_id=order.order_id,
                    return_id=command.return_id,
                    line_id=units.line_id,
                    sku=skus[units.line_id],
                    node=units.node,
                    quantity=units.quantity,
                )
            )
    draft.settle(order, due_minor=on_receipt(draft, order, command, worth.amount, rules))
    return draft.decision()


def _unknown(order: Order, command: ReceiveReturn) -> Reason:
    """The request that was forgotten, where the units are with the buyer, or their way there."""
    wanted: dict[LineId, int] = {}
    for units in command.units:
        wanted[units.line_id] = wanted.get(units.line_id, 0) + units.quantity
    left = {line.line_id: line.returnable for line in order.lines}
    remedy: Instruction | None = None
    if all(units <= left.get(line_id, 0) for line_id, units in wanted.items()):
        remedy = RequestReturn(
            order.order_id,
            command_id=remedy_id(order, command, "request"),
            return_id=command.return_id,
            lines=wanted,
        )
    return Reason(
        "return.unknown",
        facts={"return": str(command.return_id)},
        remedy=remedy,
        obtain="the units shipped, and a return request for them" if remedy is None else None,
    )

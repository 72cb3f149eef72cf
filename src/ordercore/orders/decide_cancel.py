"""Cancelling units and orders: what happens to the stock and to the money is part of the answer."""

from __future__ import annotations

from collections.abc import Mapping

from ordercore.kernel import AllocationId, Context, LineId, Reason
from ordercore.orders.absent import more_units, unknown_line
from ordercore.orders.amending.commands import LapseExchange
from ordercore.orders.claims import Claims
from ordercore.orders.commands import CancelOrder, CancelUnits, Instruction, RequestReturn
from ordercore.orders.control.events import ClaimsReleased, OrderExpired
from ordercore.orders.decide_stock import release_units
from ordercore.orders.draft import (
    Draft,
    OrderDecision,
    blocking,
    refused,
    remedy_id,
    stage_reason,
)
from ordercore.orders.effects import ReleaseClaims
from ordercore.orders.events import OrderCancelled, UnitsCancelled
from ordercore.orders.fulfilling.recalling import carry_out, recalls
from ordercore.orders.gifts import gifts_left
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.whereabouts import Allocation
from ordercore.orders.worth import due_after, freed_claims, inputs_missing, worth_of

__all__ = [
    "cancel_order",
    "cancel_units",
    "expire",
    "give_back",
    "leaves_nothing",
    "take_off",
    "taken_off",
]


def _return_instead(order: Order, command: Instruction, units: Mapping[LineId, int]) -> Instruction:
    return RequestReturn(
        order.order_id,
        command_id=remedy_id(order, command, "return"),
        return_id=remedy_id(order, command, "return"),
        lines=units,
    )


def _too_many(order: Order, command: CancelUnits, line_id: LineId, asked: int) -> Reason:
    """Units that have left cannot be cancelled; the way out is fewer units, or a return."""
    line = order.line(line_id)
    remedy: Instruction | None = None
    if line.cancellable:
        remedy = CancelUnits(
            order.order_id,
            command_id=remedy_id(order, command, f"fewer-{line_id}"),
            lines={line_id: line.cancellable},
            cause=command.cause,
        )
    elif line.returnable:
        remedy = _return_instead(order, command, {line_id: min(asked, line.returnable)})
    return Reason(
        "cancel.too_many",
        facts={
            "line": str(line_id),
            "asked": asked,
            "possible": line.cancellable,
            "shipped": line.shipped,
        },
        remedy=remedy,
        obtain=more_units() if remedy is None else None,
    )


def _in_exchange(order: Order, command: Instruction, going: Mapping[LineId, int]) -> list[Reason]:
    """What stands in for units that are still with the buyer is given up with its exchange only."""
    swap = order.amendments.open_exchange
    if swap is None or not swap.ship_first or swap.replacement.keys().isdisjoint(going):
        return []
    return [
        Reason(
            "cancel.in_exchange",
            facts={"return": str(swap.return_id)},
            remedy=LapseExchange(
                order.order_id,
                command_id=remedy_id(order, command, "lapse"),
                return_id=swap.return_id,
            ),
        )
    ]


def taken_off(
    order: Order, going: Mapping[LineId, int]
) -> tuple[list[tuple[Allocation, int]], dict[AllocationId, int]]:
    """Which allocations give units, and how many of these must come out of fulfilment orders.

    Units leave the backlog first, then the allocations made last, and only then the hands of a
    node that works on them.
    """
    taken: dict[AllocationId, int] = {}
    planned: dict[AllocationId, int] = {}
    left = {line.line_id: max(0, going.get(line.line_id, 0) - line.backlog) for line in order.lines}
    backwards = order.allocations[::-1]
    for known in backwards:
        take = min(left[known.line_id], known.free)
        taken[known.allocation_id] = take
        left[known.line_id] -= take
    for known in backwards:
        take = min(left[known.line_id], known.open - known.free)
        planned[known.allocation_id] = take
        taken[known.allocation_id] += take
        left[known.line_id] -= take
    units = [
        (known, taken[known.allocation_id]) for known in backwards if taken[known.allocation_id]
    ]
    return units, planned


def leaves_nothing(order: Order, lines: Mapping[LineId, int]) -> bool:
    """Whether the order ends with these units: it keeps none, and none of it has left."""
    return all(line.cancellable == lines.get(line.line_id, 0) for line in order.lines) and not any(
        line.shipped for line in order.lines
    )


def expire(draft: Draft, order: Order, why: str, rules: OrderRules) -> None:
    """Every unit of a submitted order goes, and the order with them."""
    everything = {line.line_id: line.cancellable for line in order.lines}
    _cancel(draft, order, everything, why, rules, expires=True)


def take_off(
    draft: Draft, order: Order, going: Mapping[LineId, int], why: str, rules: OrderRules
) -> list[Reason]:
    """Units come back from the nodes that hold them or work on them, or reasons why they cannot.

    They stand in the backlog afterwards.
    """
    off, planned = taken_off(order, going)
    if any(planned.values()):
        found, reasons = recalls(order, planned, rules)
        if reasons:
            return reasons
        for recall in found:
            carry_out(draft, order, recall, why)
    if off:
        release_units(draft, order, off)
    return []


def _cancel(
    draft: Draft,
    order: Order,
    going: Mapping[LineId, int],
    why: str,
    rules: OrderRules,
    *,
    expires: bool = False,
) -> list[Reason]:
    reasons = take_off(draft, order, going, why, rules)
    if reasons:
        return reasons
    kept = {line.line_id: line.kept - going.get(line.line_id, 0) for line in order.lines}
    reasons = inputs_missing(order, kept, rules)
    if reasons:
        return reasons
    worth = worth_of(order, going, rules)
    due_minor, waived, reckoning = due_after(order, worth.amount.minor, worth.claw_back_minor)
    draft.events.append(
        UnitsCancelled(
            order_id=order.order_id,
            cause=draft.cause,
            lines=worth.lines,
            charges=worth.charges,
            amount=worth.amount,
            why=why,
            reckoning=None if reckoning == order.reckoning else reckoning,
        )
    )
    draft.waive(order, waived)
    ends = leaves_nothing(order, going)
    give_back(draft, order, freed_claims(order, kept, rules, ends=ends))
    if expires:
        draft.events.append(OrderExpired(order_id=order.order_id, cause=draft.cause, why=why))
        draft.notify("order.expired")
    elif ends:
        draft.events.append(OrderCancelled(order_id=order.order_id, cause=draft.cause, why=why))
        draft.notify("order.cancelled")
    draft.settle(
        order,
        due_minor=due_minor,
        lifecycle=Lifecycle.CANCELLED if ends else None,
    )
    return []


def give_back(draft: Draft, order: Order, claims: Claims) -> None:
    """Others may have these uses of promotions."""
    if not claims:
        return
    draft.events.append(ClaimsReleased(order_id=order.order_id, cause=draft.cause, claims=claims))
    draft.effects.append(
        ReleaseClaims(effect_id=draft.effect_id(), order_id=order.order_id, claims=claims)
    )


def cancel_units(
    order: Order, command: CancelUnits, context: Context, rules: OrderRules
) -> OrderDecision:
    """Unshipped units leave the order; with the last of them, the order ends."""
    cancellable = {line.line_id: line.cancellable for line in order.lines}
    found = []
    for line_id, asked in command.lines.items():
        if line_id not in cancellable:
            found.append(unknown_line(order, line_id))
        elif asked > cancellable[line_id]:
            found.append(_too_many(order, command, line_id, asked))
    found.extend(_in_exchange(order, command, command.lines))
    if not found:
        found.extend(gifts_left(order, command, command.lines, rules))
    reasons = blocking(stage_reason(order, command), found)
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    held_back = _cancel(draft, order, command.lines, command.cause, rules)
    return refused(*held_back) if held_back else draft.decision()


def _nothing_left(order: Order, command: CancelOrder) -> Reason:
    back = {line.line_id: line.returnable for line in order.lines if line.returnable}
    return Reason(
        "cancel.nothing_left",
        facts={"shipped": sum(line.shipped for line in order.lines)},
        remedy=_return_instead(order, command, back) if back else None,
        obtain=None if back else more_units("units"),
    )


def cancel_order(
    order: Order, command: CancelOrder, context: Context, rules: OrderRules
) -> OrderDecision:
    """Every unit that has not left is cancelled; the order ends unless something was shipped."""
    going = {line.line_id: line.cancellable for line in order.lines if line.cancellable}
    found = _in_exchange(order, command, going) if going else [_nothing_left(order, command)]
    reasons = blocking(stage_reason(order, command), found)
    if reasons:
        return refused(*reasons)
    draft = Draft(order, command, context)
    held_back = _cancel(draft, order, going, command.cause, rules)
    return refused(*held_back) if held_back else draft.decision()

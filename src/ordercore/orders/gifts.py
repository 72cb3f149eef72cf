"""Gifts that have to come along with what earned them."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ordercore.kernel import FrozenMap, LineId, Reason
from ordercore.orders.commands import CancelUnits, Instruction, RequestReturn
from ordercore.orders.draft import remedy_id
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.worth import asked_of, inputs_missing
from ordercore.pricing import GiftsAfter, unearned_gifts

__all__ = ["gifts_left"]


def gifts_left(
    order: Order,
    command: CancelUnits | RequestReturn,
    going: Mapping[LineId, int],
    rules: OrderRules,
) -> list[Reason]:
    """Every gift that a cancel or return would leave behind, where the policy wants it to come.

    Units that are on their way back count as gone.
    """
    if order.policy.after.gifts is not GiftsAfter.RETURNED:
        return []
    before = {
        line.line_id: line.kept - (line.return_requested - line.returned) for line in order.lines
    }
    after = {line_id: units - going.get(line_id, 0) for line_id, units in before.items()}
    missing = inputs_missing(order, after, rules)
    if missing:
        return missing
    unearned = [_unearned(order, kept, rules) for kept in (before, after)]
    left = {
        line_id: units - unearned[0].get(line_id, 0)
        for line_id, units in unearned[1].items()
        if units > unearned[0].get(line_id, 0)
    }
    return [_reason(order, command, line_id, units) for line_id, units in left.items()]


def _unearned(
    order: Order, kept: Mapping[LineId, int], rules: OrderRules
) -> FrozenMap[LineId, int]:
    inputs = rules.inputs_of(order.quote)
    if inputs is None or not any(kept.values()):
        return FrozenMap()
    return unearned_gifts(order.quote, asked_of(order, kept), inputs=inputs)


def _reason(
    order: Order, command: CancelUnits | RequestReturn, line_id: LineId, units: int
) -> Reason:
    line = order.line(line_id)
    asked = command.lines.get(line_id, 0)
    most = line.cancellable if isinstance(command, CancelUnits) else line.returnable
    remedy: Instruction | None = None
    if asked + units <= most:
        remedy = attrs.evolve(
            command,
            command_id=remedy_id(order, command, f"with-{line_id}"),
            lines={**command.lines, line_id: asked + units},
        )
    return Reason(
        "gift.left_behind",
        facts={"line": str(line_id), "units": units, "asked": asked, "possible": most},
        remedy=remedy,
        obtain=None if remedy else f"{units} units of the gift cancelled or asked back first",
    )

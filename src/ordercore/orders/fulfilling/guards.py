from __future__ import annotations

from collections.abc import Iterable

from ordercore.kernel import Context, Reason
from ordercore.orders.message import Instruction
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules


def edge_guards(
    order: Order,
    names: Iterable[str],
    scope_id: str | None,
    rules: OrderRules,
    context: Context,
    command: Instruction,
) -> dict[str, bool | Reason]:
    return {}

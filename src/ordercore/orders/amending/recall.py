"""The command that takes units out of the hands of a node, where its flow still lets it."""

from __future__ import annotations

from ordercore.orders.fulfilling.choosing import known_flow
from ordercore.orders.fulfilling.commands import CancelFulfilment
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentOrder
from ordercore.orders.fulfilling.recalling import cancel_edge
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules

__all__ = ["recall_of"]


def recall_of(
    order: Order, known: FulfilmentOrder, rules: OrderRules, command_id: str
) -> CancelFulfilment | None:
    """The cancel of a fulfilment order, or None where its stage has none."""
    machine = known_flow(known.flow, rules)
    if machine is None or cancel_edge(machine, known.stage) is None:
        return None
    return CancelFulfilment(
        order.order_id, command_id=command_id, fulfilment_id=known.fulfilment_id
    )

"""What the outside brings when an order's reasons say what to obtain, from plans to votes."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ordercore.kernel import Reason, derived_id
from ordercore.orders import (
    DEFAULT_RULES,
    ConfirmOrder,
    HoldEnd,
    Instruction,
    Lifecycle,
    Order,
    OrderMessage,
    OrderRules,
    PlaceOrder,
)
from ordercore.testing.order_hosts import Brings, Host, id_for
from ordercore.testing.remedies import Obtained
from ordercore.testing.remedies_of_changes import EVIDENCE, OF_CHANGES, before_the_order
from ordercore.testing.remedies_of_money import OF_MONEY
from ordercore.testing.remedies_of_units import OF_UNITS

__all__ = ["ORDER_INSTEAD", "order_achieved", "order_asked_again", "order_provider"]

ORDER_INSTEAD = frozenset(
    {
        "cancel.nothing_left",
        "cancel.too_many",
        "edit.no_lines",
        "fulfilment.other_stage",
        "return.other_stage",
        "return.too_many",
    }
)
"""Codes whose remedy stands for the command: fewer units, a return of those that left, a cancel."""


def order_achieved(order: Order, command: OrderMessage) -> bool:
    """Whether an order has done by itself what a command asks for, or what waited under its id.

    Example:
        >>> from ordercore.orders import ConfirmOrder
        >>> from ordercore.orders.specimen import tea_order
        >>> order_achieved(tea_order(), ConfirmOrder("o-1", command_id="c-2"))
        False
    """
    if isinstance(command, ConfirmOrder) and order.lifecycle is Lifecycle.CONFIRMED:
        return True
    if not isinstance(command, Instruction):
        return False
    waited = derived_id(command.command_id, "gate")
    return any(
        past.hold_id == waited and past.how is HoldEnd.RESUMED for past in order.control.ended
    )


def order_asked_again(order: Order, command: OrderMessage) -> OrderMessage | None:
    """The same under another id, where a command waits; an order tells what it waits for.

    Example:
        >>> from ordercore.orders import ConfirmOrder
        >>> from ordercore.orders.specimen import tea_order
        >>> order_asked_again(tea_order(), ConfirmOrder("o-1", command_id="c-2")) is None
        True
    """
    if not isinstance(command, Instruction) or not any(
        hold.resumes == command.command_id for hold in order.control.waiting
    ):
        return None
    return attrs.evolve(command, command_id=id_for(order, f"again-{command.command_id}"))


def order_provider(
    node: str, *, place: PlaceOrder | None = None, rules: OrderRules = DEFAULT_RULES
) -> Callable[[Order | None, OrderMessage, Reason], Obtained[OrderMessage] | None]:
    """A host that does what an order's reasons ask of it, with all its stock at one node.

    It plans the backlog, pays what is missing, ships, scans, takes back, bills, orders more by an
    edit, shows evidence, lets others vote, and changes what a command asks for to what is possible.
    For a code that it does not know, and for what only other rules would bring, it brings nothing.

    Args:
        node: Where its stock is.
        place: What it sends where there is no order yet.
        rules: Those of the decider.

    Example:
        >>> from ordercore.orders import ConfirmOrder
        >>> from ordercore.orders.specimen import tea_order
        >>> order = tea_order()
        >>> reason = Reason("gate.payment", facts={"missing": order.due}, obtain="a payment")
        >>> confirm = ConfirmOrder("o-1", command_id="c-2")
        >>> brought = order_provider("n")(order, confirm, reason)
        >>> [str(fact.amount) for fact in brought.first]
        ['CNY 315.90']
    """
    host = Host(node=node, place=place, rules=rules)
    known: dict[str, Brings] = {**OF_UNITS, **OF_MONEY, **OF_CHANGES}

    def provide(
        order: Order | None, command: OrderMessage, reason: Reason
    ) -> Obtained[OrderMessage] | None:
        if order is None:
            return before_the_order(host, command, reason)
        brings = known.get(reason.code)
        if brings is None and "evidence" in reason.facts:
            brings = EVIDENCE
        return None if brings is None else brings(host, order, command, reason)

    return provide

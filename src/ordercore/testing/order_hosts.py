"""Who brings what an order's reasons ask for: a host with stock at one node, and what it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import attrs

from ordercore.kernel import LineId, Money, Reason
from ordercore.orders import (
    FULFILMENT,
    RETURN,
    Assignment,
    EditOrder,
    FlowSubject,
    FulfilmentMode,
    ItemFacts,
    ItemKind,
    Order,
    OrderMessage,
    OrderRules,
    PlaceOrder,
)
from ordercore.pricing import QuoteLine
from ordercore.statemachine import Machine, MachinePin
from ordercore.testing.quote_changes import with_lines
from ordercore.testing.remedies import Obtained

__all__ = ["KINDS", "Brings", "Brought", "Host", "amount", "id_for", "more_of", "number", "plan_of"]


KINDS: dict[FulfilmentMode, ItemKind] = {
    FulfilmentMode.SHIP: ItemKind.GOODS,
    FulfilmentMode.PICKUP: ItemKind.GOODS,
    FulfilmentMode.DIGITAL: ItemKind.DIGITAL,
    FulfilmentMode.SERVICE: ItemKind.SERVICE,
}
"""Which kind of item goes which way."""


@attrs.frozen(kw_only=True)
class Host:
    """What a host has to help with: a node, the order to place, and its rules."""

    node: str
    place: PlaceOrder | None
    rules: OrderRules

    def flow(self, pin: MachinePin) -> Machine | None:
        """The machine of a pin, of the host's flows and the built-in ones of goods."""
        known = (*(flow.machine for flow in self.rules.flows), FULFILMENT, RETURN)
        return next((machine for machine in known if machine.pin == pin), None)

    def is_of_returns(self, pin: MachinePin) -> bool:
        """Whether returns go by the flow of a pin."""
        mine = (flow.machine.id for flow in self.rules.flows if flow.subject is FlowSubject.RETURN)
        return pin.machine in {RETURN.id, *mine}


Brought: TypeAlias = "Obtained[OrderMessage] | None"
Brings: TypeAlias = Callable[[Host, Order, OrderMessage, Reason], Brought]
"""Brings what one code asks for, for an order and a command."""


def number(reason: Reason, name: str) -> int:
    """A count among the facts of a reason."""
    value = reason.facts[name]
    assert type(value) is int
    return value


def amount(reason: Reason, name: str) -> Money:
    """An amount among the facts of a reason."""
    value = reason.facts[name]
    assert isinstance(value, Money)
    return value


def id_for(order: Order, what: str) -> str:
    """An id that no message before had, as it is of the order's version."""
    return f"{what}@{order.version}"


def plan_of(order: Order, node: str, lines: Iterable[LineId] = ()) -> list[Assignment]:
    """The backlog of goods, or of some lines, at a node."""
    wanted = set(lines)
    return [
        Assignment(line.line_id, line.backlog, node=node)
        for line in order.lines
        if line.backlog
        and line.item.kind is ItemKind.GOODS
        and (not wanted or line.line_id in wanted)
    ]


def more_of(
    order: Order, line_id: str, units: int, *, kind: ItemKind = ItemKind.GOODS
) -> Obtained[OrderMessage]:
    """An edit by which a line has so many more units, whether it is in the order yet or not.

    Units cost what the line's cost before, and at least something.
    """
    standing = {line.line_id: line.ordered - line.cancelled for line in order.lines}
    priced = {line.line_id: line for line in order.quote.lines}
    lines: list[QuoteLine] = []
    for id in dict.fromkeys([*standing, LineId(line_id)]):
        wanted = standing.get(id, 0) + (units if id == line_id else 0)
        if wanted:
            line = priced.get(id)
            if line is not None and line.quantity == wanted:
                lines.append(line)
                continue
            each = 1_000 if line is None else max(1, line.list_amount.minor // line.quantity)
            sku = order.line(id).sku if id in standing else "MORE"
            total = Money(each * wanted, order.currency)
            lines.append(QuoteLine(id, sku=sku, quantity=wanted, list_amount=total))
    new = {} if LineId(line_id) in standing else {line_id: ItemFacts(kind=kind)}
    edit = EditOrder(
        order.order_id,
        command_id=id_for(order, f"more-{line_id}"),
        quote=attrs.evolve(with_lines(order.quote, lines), valid_until=None),
        items=new,
    )
    return Obtained([edit])

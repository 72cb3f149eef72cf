"""One move of stock, and the orders that waited for the units that it brings."""

from __future__ import annotations

from typing import Self, TypeAlias

import attrs

from ordercore import inventory
from ordercore.allocation import LEAST_COST, Strategy
from ordercore.inventory import StockCommand, StockEvent, StockItem
from ordercore.kernel import Context, OrderId, Refusal, Timer, checked, derived_id, fold
from ordercore.orders import DEFAULT_RULES, Order, OrderRules, stock_subject
from ordercore.ports import Commit, StockChange, StockKey
from ordercore.workflows.letting_go import ReleaseWaiting
from ordercore.workflows.request import LoadStock, Save, Script, perform
from ordercore.workflows.stock_moves import order_scope

__all__ = ["HandleStock", "StockOutcome", "StockReceipt", "handle_stock"]


@attrs.frozen(kw_only=True)
@checked
class StockReceipt:
    """What was saved of a move; ``released`` are the orders that went on with the units."""

    item: StockItem
    events: tuple[StockEvent, ...] = ()
    due: tuple[Timer, ...] = ()
    released: tuple[Order, ...] = ()
    repeated: bool = False

    def accepted(self) -> Self:
        """The receipt itself; a Refusal raises :class:`~ordercore.kernel.Refused` here."""
        return self


StockOutcome: TypeAlias = StockReceipt | Refusal
"""What :func:`handle_stock` answers."""


@attrs.frozen(kw_only=True)
@checked
class HandleStock:
    """Send one command to a stock item, and let go who waits for its units."""

    command: StockCommand
    context: Context
    rules: OrderRules = DEFAULT_RULES
    strategy: Strategy = LEAST_COST

    def start(self) -> Script[StockOutcome]:
        """A fresh run."""
        command = self.command
        key = StockKey(command.sku, command.node)
        before = (yield from perform(LoadStock((key,)))).get(key)
        answer = inventory.decide(before, command, self.context)
        if isinstance(answer, Refusal):
            return answer
        item, repeated = before, answer.repeated
        if answer.events:
            item = fold(inventory, answer.events, before)
            saved = yield from perform(
                Save(
                    Commit(
                        command_id=derived_id(
                            *map(_part, (command.sku, command.node)), "stock", command.command_id
                        ),
                        at=self.context.now,
                        changes=[
                            StockChange(
                                expected_version=0 if before is None else before.version,
                                state=item,
                                events=answer.events,
                            )
                        ],
                        timers=answer.due,
                    )
                )
            )
            repeated = saved.repeated
        assert item is not None
        # A repeat lets go as well: the first run may have been stopped before it had.
        more = repeated or item.available > (0 if before is None else before.available)
        released = yield from ReleaseWaiting(
            subjects=(stock_subject(command.sku),) if more else (),
            context=self.context,
            rules=self.rules,
            strategy=self.strategy,
        ).start()
        if released or repeated:
            item = (yield from perform(LoadStock((key,)))).get(key, item)
        return StockReceipt(
            item=item,
            events=() if repeated else answer.events,
            due=() if repeated else answer.due,
            released=released,
            repeated=repeated,
        )


def _part(id: str) -> str:
    return order_scope(OrderId(id))


def handle_stock(
    command: StockCommand,
    *,
    context: Context,
    rules: OrderRules = DEFAULT_RULES,
    strategy: Strategy = LEAST_COST,
) -> HandleStock:
    """Send a command to the stock item that it names: goods arrive, are counted, are released.

    Where more can be promised after it, orders that wait for the SKU go on, who waits longest
    first, each in a commit of its own; see :func:`release_waiting`. The result is a
    :class:`StockReceipt` with the item after all that, or the refusal of the stock.

    Example:
        >>> from ordercore.inventory import Receive
        >>> from ordercore.memory import memory_ports
        >>> from ordercore.workflows import run
        >>> dock = Context(now="2026-11-11T00:00:00Z", actor="dock")
        >>> came = Receive(sku="TEA", node="ningbo", quantity=5, command_id="r-1")
        >>> run(handle_stock(came, context=dock), memory_ports()).item.available
        5
    """
    return HandleStock(command=command, context=context, rules=rules, strategy=strategy)

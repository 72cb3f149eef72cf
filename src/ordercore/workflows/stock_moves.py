"""From what happened to an order to the moves of stock that it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from ordercore import inventory
from ordercore.inventory import (
    Adjust,
    Disposition,
    Release,
    Reserve,
    Return,
    Ship,
    StockCommand,
    StockEvent,
    StockItem,
)
from ordercore.kernel import (
    CommandId,
    Context,
    LineId,
    NodeId,
    OrderId,
    Reason,
    Refusal,
    Sku,
    Timer,
    answering,
    derived_id,
    fold,
)
from ordercore.orders import (
    ItemKind,
    Order,
    OrderEvent,
    ReturnDisposition,
    ReturnReceived,
    UnitsReleased,
    UnitsReserved,
    UnitsShipped,
)
from ordercore.ports import StockChange, StockKey

__all__ = ["apply_stock_moves", "commit_scope", "order_scope", "stock_keys", "stock_moves"]


def order_scope(order_id: OrderId) -> str:
    """The order's id as the first part of ids made from it, without a slash.

    An id that holds a slash could otherwise end where another order's id goes on.

    Example:
        >>> order_scope("2026/17"), order_scope("o-1")
        ('2026~117', 'o-1')
    """
    return order_id.replace("~", "~0").replace("/", "~1")


def commit_scope(order_id: OrderId, kind: str, command_id: str) -> CommandId:
    """The id of a commit: ids of two orders or two use cases may be alike, commits may not.

    Example:
        >>> commit_scope(OrderId("o-1"), "place", "c-1")
        CommandId('o-1/place/c-1')
    """
    return CommandId(derived_id(order_scope(order_id), kind, command_id))


@answering
def stock_moves(
    order: Order,
    events: Iterable[OrderEvent],
    command_id: CommandId,
    *,
    before: Order | None = None,
) -> tuple[StockCommand, ...]:
    """The moves of stock that the events of one decision mean, in their order.

    Reserved units are held under the ids of order and allocation, shipped ones leave from that
    hold, released ones give it back, and returned ones go to the node that took them. Units that
    were not on the shelf are taken off the node's count; what needs no stock moves none. Command
    ids are derived from ``command_id``, so that the same decision always asks for the same moves.
    Lines that leave the order with the events are looked up in the order ``before`` them.
    """
    kinds = {} if before is None else {line.line_id: line.item.kind for line in before.lines}
    kinds.update((line.line_id, line.item.kind) for line in order.lines)
    moves: list[StockCommand] = []
    numbers = count()

    def next_id() -> str:
        return derived_id(command_id, "stock", str(next(numbers)))

    def stocked(line_id: LineId) -> bool:
        return kinds[line_id] is ItemKind.GOODS

    for event in events:
        match event:
            case UnitsReserved():
                moves.extend(
                    Reserve(
                        sku=order.line(held.line_id).sku,
                        node=held.node,
                        quantity=held.quantity,
                        command_id=next_id(),
                        reservation_id=_hold(order, held.allocation_id),
                        order_id=order.order_id,
                    )
                    for held in event.units
                    if stocked(held.line_id)
                )
            case UnitsReleased():
                for freed in event.units:
                    if freed.reserved and stocked(freed.line_id):
                        moves.append(
                            Release(
                                sku=freed.sku,
                                node=freed.node,
                                quantity=freed.reserved,
                                command_id=next_id(),
                                reservation_id=_hold(order, freed.allocation_id),
                            )
                        )
                    if freed.short:
                        moves.append(
                            Adjust(
                                sku=freed.sku,
                                node=freed.node,
                                change=-freed.short,
                                command_id=next_id(),
                            )
                        )
            case UnitsShipped():
                moves.extend(
                    Ship(
                        sku=order.line(sent.line_id).sku,
                        node=event.node,
                        quantity=sent.quantity,
                        command_id=next_id(),
                        reservation_id=_hold(order, sent.allocation_id),
                    )
                    for sent in event.units
                    if stocked(sent.line_id)
                )
            case ReturnReceived():
                for back in event.units:
                    # Rejected units go back to the buyer and never enter the books of a node.
                    if back.node is None or back.disposition is ReturnDisposition.REJECT:
                        continue
                    moves.append(
                        Return(
                            sku=order.line(back.line_id).sku,
                            node=back.node,
                            quantity=back.quantity,
                            command_id=next_id(),
                            disposition=(
                                Disposition.RESTOCK
                                if back.disposition is ReturnDisposition.RESTOCK
                                else Disposition.SCRAP
                            ),
                            order_id=order.order_id,
                        )
                    )
            case _:
                pass
    return tuple(moves)


def _hold(order: Order, allocation_id: str) -> str:
    # Allocation ids are unique in their order only; a stock item serves many.
    return derived_id(order_scope(order.order_id), allocation_id)


@answering
def stock_keys(moves: Iterable[StockCommand]) -> tuple[StockKey, ...]:
    """The stock items that the moves touch, each once, in the order of their keys."""
    places = sorted({(move.sku, move.node) for move in moves})
    return tuple(StockKey(sku, node) for sku, node in places)


@answering
def apply_stock_moves(
    moves: Sequence[StockCommand],
    items: Mapping[StockKey, StockItem],
    context: Context,
) -> tuple[tuple[StockChange, ...], tuple[Timer, ...]] | Refusal:
    """The changed stock items, or every reason why a move cannot be made.

    Moves of one item follow each other; an item that a move refuses is left out of none of the
    reasons, so that a shortage over five lines names all five.
    """
    touched: dict[tuple[Sku, NodeId], _Touched] = {}
    reasons: list[Reason] = []
    due: list[Timer] = []
    for move in moves:
        item = touched.get((move.sku, move.node))
        if item is None:
            item = _Touched(items.get(StockKey(move.sku, move.node)))
            touched[move.sku, move.node] = item
        answer = inventory.decide(item.state, move, context)
        if isinstance(answer, Refusal):
            reasons.extend(answer.reasons)
        elif answer.events:
            item.state = fold(inventory, answer.events, item.state)
            item.log.extend(answer.events)
            due.extend(answer.due)
    if reasons:
        return Refusal(reasons)
    changes = tuple(
        StockChange(expected_version=item.version, state=item.state, events=tuple(item.log))
        for item in touched.values()
        if item.state is not None and item.log
    )
    return changes, tuple(due)


class _Touched:
    """A stock item while moves are applied to it, and what they did."""

    __slots__ = ("log", "state", "version")

    def __init__(self, state: StockItem | None) -> None:
        self.state = state
        self.version = 0 if state is None else state.version
        self.log: list[StockEvent] = []

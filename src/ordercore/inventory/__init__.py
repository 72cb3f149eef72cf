"""Stock per SKU and node: typed moves, reservations, and what can be promised.

A stock item is an aggregate keyed by (SKU, node). Every change is a typed move (receive, reserve,
release, ship, return, adjust); what is on hand and available follows from the moves and can be
recomputed at any time. More than is available is never reserved: the answer is a refusal that says
what is short. The module is a decider: ``fold(inventory, events)``.

Example:
    >>> from ordercore import inventory
    >>> from ordercore.inventory import Receive, Reserve
    >>> from ordercore.kernel import Context, fold
    >>> clerk = Context(now="2026-11-11T00:00:00Z", actor="clerk")
    >>> got = inventory.decide(None, Receive(sku="T", node="n", quantity=3, command_id="1"), clerk)
    >>> item = fold(inventory, got.accepted().events)
    >>> hold = Reserve(
    ...     sku="T", node="n", quantity=2, command_id="2", reservation_id="r", order_id="o"
    ... )
    >>> fold(inventory, inventory.decide(item, hold, clerk).accepted().events, item).available
    1
"""

from ordercore.inventory.held import AcceptedMove, Reservation
from ordercore.inventory.invariants import INVARIANTS
from ordercore.inventory.moves import (
    Adjust,
    Adjusted,
    Disposition,
    MoveCause,
    Receive,
    Received,
    Release,
    ReleaseCause,
    Released,
    Reserve,
    Reserved,
    Return,
    Returned,
    Ship,
    Shipped,
    StockCommand,
    StockEvent,
)
from ordercore.inventory.snapshot import StockSnapshot
from ordercore.inventory.stock_item import (
    REMEMBERED_COMMANDS,
    StockItem,
    decide,
    evolve,
)

__all__ = [
    "INVARIANTS",
    "REMEMBERED_COMMANDS",
    "AcceptedMove",
    "Adjust",
    "Adjusted",
    "Disposition",
    "MoveCause",
    "Receive",
    "Received",
    "Release",
    "ReleaseCause",
    "Released",
    "Reservation",
    "Reserve",
    "Reserved",
    "Return",
    "Returned",
    "Ship",
    "Shipped",
    "StockCommand",
    "StockEvent",
    "StockItem",
    "StockSnapshot",
    "decide",
    "evolve",
]

"""Use cases that need ports, written once and run plain or awaited.

A workflow is a value; its ``start()`` gives a generator that yields requests and is sent replies.
:func:`run` and :func:`arun` answer them from the adapters. When a commit meets a version conflict
the runner reads again and decides again, up to a limit that the caller gives.

Example:
    >>> from ordercore import Cart, CartLine, Context, Money, PriceBook
    >>> from ordercore.memory import memory_ports
    >>> from ordercore.workflows import place_order, run
    >>> web = Context(now="2026-11-11T00:00:00Z", actor="web", role="customer")
    >>> ports = memory_ports(prices=PriceBook.of({"TEA": Money.of("9.90", "EUR")}))
    >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)])
    >>> flow = place_order(cart, order_id="o-1", command_id="c-1", context=web, backorder=True)
    >>> run(flow, ports, attempts=3).order.quote.total == Money.of("19.80", "EUR")
    True
"""

from ordercore.workflows.credit_flow import (
    ConfirmOnCredit,
    CreditOutcome,
    CreditReceipt,
    HandleCredit,
    confirm_on_credit,
    handle_credit,
)
from ordercore.workflows.credit_moves import CREDIT_PAYMENT
from ordercore.workflows.letting_go import ReleaseWaiting, release_waiting
from ordercore.workflows.order_flow import (
    HandleOrder,
    ReserveOrder,
    handle,
    reserve_order,
)
from ordercore.workflows.placing import (
    PlaceCart,
    PlaceQuote,
    place_order,
    place_quote,
)
from ordercore.workflows.receipt import Outcome, Receipt
from ordercore.workflows.request import (
    LoadAccepted,
    LoadCredit,
    LoadNetwork,
    LoadOrder,
    LoadPrices,
    LoadStock,
    LoadUsage,
    LoadWaiting,
    NoteAttempt,
    Request,
    Save,
    Script,
    Workflow,
    perform,
)
from ordercore.workflows.runner import arun, run
from ordercore.workflows.stock_flow import (
    HandleStock,
    StockOutcome,
    StockReceipt,
    handle_stock,
)
from ordercore.workflows.stock_moves import apply_stock_moves, stock_keys, stock_moves
from ordercore.workflows.transfer_flow import TransferOrders, TransferReceipt, transfer_orders

__all__ = [
    "CREDIT_PAYMENT",
    "ConfirmOnCredit",
    "CreditOutcome",
    "CreditReceipt",
    "HandleCredit",
    "HandleOrder",
    "HandleStock",
    "LoadCredit",
    "LoadAccepted",
    "LoadNetwork",
    "LoadOrder",
    "LoadPrices",
    "LoadStock",
    "LoadUsage",
    "LoadWaiting",
    "NoteAttempt",
    "Outcome",
    "PlaceCart",
    "PlaceQuote",
    "Receipt",
    "ReleaseWaiting",
    "Request",
    "ReserveOrder",
    "Save",
    "Script",
    "StockOutcome",
    "StockReceipt",
    "TransferOrders",
    "TransferReceipt",
    "Workflow",
    "apply_stock_moves",
    "arun",
    "confirm_on_credit",
    "handle",
    "handle_credit",
    "handle_stock",
    "perform",
    "place_order",
    "place_quote",
    "release_waiting",
    "reserve_order",
    "run",
    "stock_keys",
    "stock_moves",
    "transfer_orders",
]

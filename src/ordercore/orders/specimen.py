"""A small order that the examples of this package are about: two tins of tea and a cup."""

from __future__ import annotations

from ordercore.kernel import Context, Money, instant
from ordercore.network import Destination, Region
from ordercore.orders.commands import (
    ConfirmOrder,
    PlaceOrder,
    RecordPayment,
    ReserveStock,
)
from ordercore.orders.decide import decide
from ordercore.orders.evolve import evolve, replay
from ordercore.orders.fulfilling.commands import PlanFulfilment
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentOrder
from ordercore.orders.order import Order
from ordercore.orders.units import Assignment
from ordercore.pricing import Quote, QuoteLine

__all__ = ["tea_fulfilment", "tea_order", "tea_quote"]


def tea_quote() -> Quote:
    """Two tins at CNY 128.00 and a cup at CNY 59.90, without promotion.

    Example:
        >>> str(tea_quote().total)
        'CNY 315.90'
    """
    return Quote(
        currency="CNY",
        at=instant("2026-11-11T00:00:00Z"),
        lines=(
            QuoteLine("1", sku="TEA-250G", quantity=2, list_amount=Money(25600, "CNY")),
            QuoteLine("2", sku="CUP", quantity=1, list_amount=Money(5990, "CNY")),
        ),
        channel="douyin",
    )


def tea_order() -> Order:
    """The order ``o-1`` of :func:`tea_quote`, placed at midnight and bound for Hangzhou.

    Example:
        >>> tea_order().line("2").backlog
        1
    """
    placed = decide(
        None,
        PlaceOrder(
            "o-1",
            quote=tea_quote(),
            command_id="c-1",
            destination=Destination(Region("CN", "ZJ", "Hangzhou")),
        ),
        Context(now=instant("2026-11-11T00:00:00Z"), actor="web", role="customer"),
    )
    return evolve(None, placed.accepted().events[0])


def tea_fulfilment() -> FulfilmentOrder:
    """The two tins of :func:`tea_order`, planned at Ningbo as the fulfilment order ``fo-1``.

    Example:
        >>> tea_fulfilment().unpicked
        FrozenMap({LineId('1'): 2})
    """
    order = tea_order()
    clerk = Context(now=instant("2026-11-11T00:00:00Z"), actor="clerk")
    for command in (
        ReserveStock(
            "o-1",
            command_id="c-2",
            allocations=[
                Assignment("1", 2, node="ningbo", service="express"),
                Assignment("2", 1, node="hefei", service="express"),
            ],
        ),
        RecordPayment("o-1", fact_id="f-1", payment_id="p-1", kind="authorised", amount=order.due),
        ConfirmOrder("o-1", command_id="c-3"),
        PlanFulfilment("o-1", command_id="c-4", fulfilment_id="fo-1", node="ningbo"),
    ):
        order = replay(order, decide(order, command, clerk).accepted().events) or order
    return order.fulfilments[0]

"""A small order that the examples of this package are about: two tins of tea and a cup."""

from __future__ import annotations

from ordercore.kernel import Context, Money, instant
from ordercore.network import Destination, Region
from ordercore.orders.commands import PlaceOrder
from ordercore.orders.decide import decide
from ordercore.orders.evolve import evolve
from ordercore.orders.order import Order
from ordercore.pricing import Quote, QuoteLine

__all__ = ["tea_order", "tea_quote"]


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

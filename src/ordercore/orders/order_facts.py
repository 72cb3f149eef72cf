"""The words in which rules speak about orders, and an order's facts in these words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TypeAlias

from ordercore.kernel import Instant, Money, answering
from ordercore.orders.customer import CUSTOMER_FACTS, CustomerValue, customer_facts
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.order import Order
from ordercore.orders.statuses import DEFAULT_STATUSES, StatusPolicy, statuses
from ordercore.rules import (
    INSTANT,
    INTEGER,
    MONEY,
    TEXT,
    Vocabulary,
    enum,
    list_of,
)

__all__ = ["OrderFacts", "order_facts", "vocabulary"]

_BUYER = "customer"

Fact: TypeAlias = "str | int | Money | Instant | list[dict[str, Fact]] | None"
OrderFacts: TypeAlias = Mapping[str, Mapping[str, Fact]]
"""Facts by root, then by name, as :meth:`ordercore.rules.Rule.holds` takes them."""


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of orders; ``ordercore.orders.ORDER_FACTS`` is this one.

    Example:
        >>> from ordercore.rules import parse
        >>> rule = parse("order.total > CNY(500) and order.units >= 3", vocabulary=vocabulary())
        >>> rule.to_text()
        'order.total > CNY(500) and order.units >= 3'
    """
    return Vocabulary(
        "order",
        {
            "order.id": TEXT,
            "order.stage": enum(*(stage.value for stage in Lifecycle)),
            "order.channel": TEXT,
            "order.currency": TEXT,
            "order.placed_at": INSTANT,
            "order.total": MONEY,
            "order.due": MONEY,
            "order.paid": MONEY,
            "order.outstanding": MONEY,
            "order.refunded": MONEY,
            "order.units": INTEGER,
            "order.unreserved": INTEGER,
            "order.backordered": INTEGER,
            "order.revision": INTEGER,
            "order.payment": TEXT,
            "order.fulfilment": TEXT,
            "order.returns": TEXT,
            "order.display": TEXT,
            "order.country": TEXT,
            "order.subdivision": TEXT,
            "order.city": TEXT,
            "order.lines": list_of(
                {
                    "line_id": TEXT,
                    "sku": TEXT,
                    "quantity": INTEGER,
                    "cancelled": INTEGER,
                    "shipped": INTEGER,
                    "delivered": INTEGER,
                    "returned": INTEGER,
                    "weight_g": INTEGER,
                    "handling_class": TEXT,
                }
            ),
            f"{_BUYER}.id": TEXT,
            **{f"{_BUYER}.{name}": kind for name, kind in CUSTOMER_FACTS.items()},
        },
    )


@answering
def order_facts(
    order: Order,
    *,
    customer: Mapping[str, CustomerValue] | None = None,
    policy: StatusPolicy = DEFAULT_STATUSES,
) -> OrderFacts:
    """What rules may read of an order. O(lines + payments).

    Args:
        order: The order.
        customer: What the host knows of the buyer now, such as ``{"rating": "A"}``; comes before
            what the order keeps of it. Its words are those of :data:`CUSTOMER_FACTS`, and ``id``.
        policy: How the statuses are derived.

    What is not known is None; a rule that asks for it has no answer, and whoever asks the rule says
    what then holds. A hold rule then holds nothing, a gate asks for its needs, a hold is not
    released, and a flow is not chosen.

    Raises:
        InvalidBatch: that of :class:`PlaceOrder` for facts of ``customer``.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> from ordercore.rules import parse
        >>> rule = parse("customer.rating == 'A' and order.units == 3", vocabulary=vocabulary())
        >>> rule.holds(order_facts(tea_order(), customer={"rating": "A"}))
        True
    """
    money = order.money
    now = statuses(order, policy=policy)
    region = None if order.destination is None else order.destination.region
    facts: dict[str, Fact] = {
        "id": str(order.order_id),
        "stage": order.lifecycle.value,
        "channel": None if order.channel is None else str(order.channel),
        "currency": str(order.currency),
        "placed_at": order.placed_at,
        "total": order.quote.total,
        "due": money.due,
        "paid": money.paid,
        "outstanding": money.outstanding,
        "refunded": money.refunded,
        "units": sum(line.ordered for line in order.lines),
        "unreserved": sum(line.unreserved for line in order.lines),
        "backordered": sum(order.backordered.values()),
        "revision": order.amendments.revision,
        "payment": str(now.payment),
        "fulfilment": str(now.fulfilment),
        "returns": str(now.return_),
        "display": str(now.display),
        "country": None if region is None else region.country,
        "subdivision": None if region is None else region.subdivision,
        "city": None if region is None else region.city,
        "lines": [
            {
                "line_id": str(line.line_id),
                "sku": str(line.sku),
                "quantity": line.ordered,
                "cancelled": line.cancelled,
                "shipped": line.shipped,
                "delivered": line.delivered,
                "returned": line.returned,
                "weight_g": line.item.weight_g,
                "handling_class": line.item.handling_class,
            }
            for line in order.lines
        ],
    }
    buyer: dict[str, Fact] = dict.fromkeys(CUSTOMER_FACTS)
    buyer["id"] = None if order.customer is None else str(order.customer)
    buyer.update(order.customer_facts)
    if customer:
        buyer.update({"id": given} if (given := customer.get("id")) else {})
        buyer.update(customer_facts({name: customer[name] for name in customer if name != "id"}))
    return {"order": facts, _BUYER: buyer}

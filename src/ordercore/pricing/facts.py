"""What conditions of promotions can ask about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from pendulum import UTC

from ordercore.kernel import Instant, Money, OnFold, OnGap, Zone, answering, instant, shift, total
from ordercore.pricing.cart import Cart
from ordercore.pricing.promotions.order_history import OrderHistory
from ordercore.rules import BOOLEAN, INSTANT, INTEGER, MONEY, TEXT, TEXTS, Vocabulary, list_of

__all__ = ["CART_FACTS", "FACT_UNITS", "cart_facts", "time_facts", "time_holds_until"]

CART_FACTS = Vocabulary(
    "cart",
    {
        "cart.total": MONEY,
        "cart.units": INTEGER,
        "cart.at": INSTANT,
        "cart.channel": TEXT,
        "cart.customer": TEXT,
        "cart.customer_groups": TEXTS,
        "cart.country": TEXT,
        "cart.market": TEXT,
        "cart.payment_method": TEXT,
        "cart.coupons": TEXTS,
        "customer.known": BOOLEAN,
        "customer.orders_before": INTEGER,
        "customer.spent_before": MONEY,
        "customer.first_order": BOOLEAN,
        "customer.days_since_last": INTEGER,
        "time.weekday": INTEGER,
        "time.hour": INTEGER,
        "time.minute_of_day": INTEGER,
        "time.day": INTEGER,
        "time.month": INTEGER,
        "cart.lines": list_of(
            {
                "sku": TEXT,
                "quantity": INTEGER,
                "amount": MONEY,
                "category": TEXTS,
                "delivery_group": TEXT,
            }
        ),
    },
)
"""The facts of a cart: its items' list amounts before any discount, and who wants them where.

``cart.channel``, ``cart.customer``, ``cart.country``, ``cart.market`` and ``cart.payment_method``
are empty text where the cart names none.

``customer.*`` is what the host told of earlier orders
(:class:`~ordercore.pricing.UsageSnapshot`, ``history``). Where it told nothing, ``known`` and
``first_order`` are false and all numbers zero, so that nobody gets a first order's discount by
accident; ``days_since_last`` counts whole days of 24 hours, and is zero where there was no order.

``time.*`` is what the clocks show in a promotion's ``zone``, in UTC where it names none:
``weekday`` from 1 (Monday) to 7, ``hour`` from 0, ``minute_of_day`` from 0 to 1439.
"""

FACT_UNITS: Final[Mapping[str, str]] = {
    "cart.units": "unit",
    "customer.days_since_last": "day",
    "customer.orders_before": "order",
    "line.quantity": "unit",
    "time.day": "day of month",
    "time.hour": "hour",
    "time.minute_of_day": "minute",
    "time.month": "month",
    "time.weekday": "weekday",
}
"""What numbers count, by the fact; amounts carry their unit themselves."""


@answering
def cart_facts(
    cart: Cart,
    amounts: Sequence[Money],
    currency: str,
    at: Instant,
    *,
    history: OrderHistory | None = None,
    zone: Zone | None = None,
) -> Mapping[str, object]:
    """The facts of a cart whose lines have these list amounts, as rules take them.

    Args:
        cart: The cart.
        amounts: The list amount of each line.
        currency: Of the amounts.
        at: The moment.
        history: What its customer ordered before; None where nobody knows.
        zone: Whose clocks ``time`` shows; None: UTC.

    Example:
        >>> from ordercore.kernel import instant
        >>> from ordercore.pricing import CartLine
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)])
        >>> facts = cart_facts(cart, [Money(900, "EUR")], "EUR", instant("2026-01-01T00:00Z"))
        >>> str(facts["cart"]["total"]), facts["cart"]["units"]
        ('EUR 9.00', 2)
    """
    return {
        "customer": _customer(history, currency, at),
        "time": time_facts(at, zone),
        "cart": {
            "total": total(amounts, currency),
            "units": cart.units,
            "at": at,
            "channel": cart.channel or "",
            "customer": cart.customer or "",
            "customer_groups": cart.customer_groups,
            "market": cart.market,
            "payment_method": cart.payment_method,
            "country": "" if cart.ship_to is None else cart.ship_to.region.country,
            "coupons": cart.coupons,
            "lines": tuple(
                {
                    "sku": line.sku,
                    "quantity": line.quantity,
                    "amount": amount,
                    "category": line.category,
                    "delivery_group": line.delivery_group,
                }
                for line, amount in zip(cart.lines, amounts, strict=True)
            ),
        },
    }


def _customer(history: OrderHistory | None, currency: str, at: Instant) -> Mapping[str, object]:
    known = history is not None
    before = OrderHistory() if history is None else history
    last = before.last_at
    return {
        "known": known,
        "orders_before": before.orders,
        "spent_before": before.spent_in(currency),
        "first_order": known and not before.orders,
        "days_since_last": 0 if last is None else max(0, (at - last).days),
    }


def time_facts(at: Instant, zone: Zone | None) -> Mapping[str, object]:
    """What the clocks of a zone show, as rules take it.

    Example:
        >>> from ordercore.kernel import instant
        >>> night = instant("2026-11-10T16:30Z")
        >>> time_facts(night, Zone.load("Asia/Shanghai"))
        {'weekday': 3, 'hour': 0, 'minute_of_day': 30, 'day': 11, 'month': 11}
    """
    wall = at if zone is None else zone.wall(at)
    return {
        "weekday": wall.isoweekday(),
        "hour": wall.hour,
        "minute_of_day": wall.hour * 60 + wall.minute,
        "day": wall.day,
        "month": wall.month,
    }


def time_holds_until(at: Instant, zone: Zone | None, fields: Sequence[str]) -> Instant | None:
    """The next moment at which one of these facts of time can change; None where none is of time.

    Example:
        >>> from ordercore.kernel import instant
        >>> at, shanghai = instant("2026-11-10T16:30:10Z"), Zone.load("Asia/Shanghai")
        >>> [
        ...     time_holds_until(at, shanghai, [fact]).isoformat()[:16]
        ...     for fact in ("time.minute_of_day", "time.hour", "time.weekday")
        ... ]
        ['2026-11-10T16:31', '2026-11-10T17:00', '2026-11-11T16:00']
    """
    asked = {field for field in fields if field.startswith("time.")}
    if not asked:
        return None
    wall = at if zone is None else zone.wall(at)
    seconds = wall.second
    if "time.minute_of_day" in asked:
        return shift(at, seconds=60 - seconds, microseconds=-wall.microsecond)
    hour = shift(at, seconds=3600 - 60 * wall.minute - seconds, microseconds=-wall.microsecond)
    if "time.hour" in asked:
        return hour
    day = date(wall.year, wall.month, wall.day) + timedelta(days=1)
    midnight = datetime.combine(day, time())
    if zone is None:
        return instant(midnight.replace(tzinfo=UTC))
    return zone.instant(midnight, on_gap=OnGap.NEXT_VALID, on_fold=OnFold.EARLIER)

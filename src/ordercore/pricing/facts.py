"""What conditions of promotions can ask about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ordercore.kernel import Instant, Money, total
from ordercore.pricing.cart import Cart
from ordercore.rules import INSTANT, INTEGER, MONEY, TEXT, TEXTS, Vocabulary, list_of

__all__ = ["CART_FACTS", "cart_facts"]

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
"""


def cart_facts(
    cart: Cart, amounts: Sequence[Money], currency: str, at: Instant
) -> Mapping[str, object]:
    """The facts of a cart whose lines have these list amounts, as rules take them.

    Example:
        >>> from ordercore.kernel import instant
        >>> from ordercore.pricing import CartLine
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)])
        >>> facts = cart_facts(cart, [Money(900, "EUR")], "EUR", instant("2026-01-01T00:00Z"))
        >>> str(facts["cart"]["total"]), facts["cart"]["units"]
        ('EUR 9.00', 2)
    """
    return {
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
        }
    }

"""What a quote uses of its promotions: claims that the host reserves before it sells."""

from __future__ import annotations

import attrs

from ordercore.kernel import CouponCode, CustomerId, Money, PromotionId, checked
from ordercore.pricing.prices.price_book import PriceBook
from ordercore.pricing.quote import Quote

__all__ = ["Claim", "claims"]


@attrs.frozen(kw_only=True)
@checked
class Claim:
    """One use of a promotion by an order: what to reserve, and against which limit.

    ``amount`` is what the promotion gives in the quote, for budgets; ``limit`` the uses that it has
    in all. :class:`~ordercore.pricing.ClaimUse` reserves it.

    Example:
        >>> Claim(promotion="11.11", amount=Money(4000, "CNY")).uses
        1
    """

    promotion: PromotionId = attrs.field(converter=PromotionId)
    amount: Money
    uses: int = 1
    coupon: CouponCode | None = attrs.field(
        default=None, converter=attrs.converters.optional(CouponCode)
    )
    customer: CustomerId | None = attrs.field(
        default=None, converter=attrs.converters.optional(CustomerId)
    )
    limit: int | None = None


def claims(quote: Quote, book: PriceBook) -> tuple[Claim, ...]:
    """A claim for each promotion of the book that gave something, in the order of their ids.

    What a channel's promotions gave in a recorded quote is no claim on a book of ours.

    Example:
        >>> from ordercore.pricing import Cart, CartLine, percent_off, quote
        >>> book = PriceBook.of(
        ...     {"TEA": Money(1200, "EUR")},
        ...     promotions=[percent_off("tea", 10, coupon="TEA10", usage_limit=100)],
        ... )
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=1)], coupons=["TEA10"])
        >>> [claim] = claims(quote(cart, book, at="2026-01-01T00:00Z"), book)
        >>> claim.coupon, str(claim.amount), claim.limit
        (CouponCode('TEA10'), 'EUR 1.20', 100)
    """
    known = {promotion.promotion_id: promotion for promotion in book.promotions}
    given: dict[PromotionId, int] = {}
    for part in (*quote.lines, *quote.charges):
        for adjustment in part.adjustments:
            if adjustment.promotion is not None:
                before = given.get(adjustment.promotion, 0)
                given[adjustment.promotion] = before - adjustment.amount.minor
    return tuple(
        [
            Claim(
                promotion=promotion_id,
                amount=Money(minor, quote.currency),
                coupon=known[promotion_id].coupon,
                customer=quote.customer,
                limit=known[promotion_id].usage_limit,
            )
            for promotion_id, minor in sorted(given.items())
            if promotion_id in known
        ]
    )

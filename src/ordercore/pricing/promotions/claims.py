"""What a quote uses of its promotions: claims that the host reserves before it sells."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import (
    CouponCode,
    CustomerId,
    Money,
    PromotionId,
    answering,
    as_tuple,
    checked,
    expect,
)
from ordercore.pricing.promotions.meter import MeterClaim

__all__ = ["Claim", "claimed_meters"]


def _limits(given: Iterable[MeterClaim]) -> tuple[MeterClaim, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class Claim:
    """One use of a promotion by a quote: what to reserve, and within which limits.

    ``amount`` is what the promotion gives in the quote. ``limits`` are what has to be taken of each
    meter before the order counts: all of them, or none.

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
    limits: tuple[MeterClaim, ...] = attrs.field(default=(), converter=_limits)


@answering
def claimed_meters(claims: Iterable[Claim]) -> tuple[MeterClaim, ...]:
    """What all claims together take, each meter once, in the order of the meters' keys.

    One coupon code that opens two promotions is used once.

    Example:
        >>> from ordercore.pricing import UsageMeter
        >>> of_code = MeterClaim(meter=UsageMeter(coupon="TEA10"), count=1, limit=1)
        >>> one, two = (
        ...     Claim(promotion=name, amount=Money(500, "EUR"), limits=[of_code]) for name in "ab"
        ... )
        >>> claimed_meters([one, two]) == (of_code,)
        True
    """
    found: dict[PromotionId, MeterClaim] = {}
    for claim in expect(as_tuple(claims), tuple, "claims"):
        for taken in claim.limits:
            known = found.get(taken.meter.key)
            if known is None or known.limit > taken.limit:
                found[taken.meter.key] = taken
    return tuple([found[key] for key in sorted(found)])

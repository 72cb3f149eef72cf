"""What limits count: uses and amounts, of everybody, of a buyer, of a coupon code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from ordercore.kernel import (
    CouponCode,
    Currency,
    CustomerId,
    FrozenMap,
    InvalidValue,
    PromotionId,
    checked,
    derived_id,
    expect,
    problems,
    sorted_tuple,
)
from ordercore.pricing.promotions.coupon import IssuedCoupon

__all__ = ["NOTHING_USED", "MeterClaim", "UsageMeter", "UsageSnapshot"]


def _escaped(text: str) -> str:
    """Without the slash that separates the parts of a key."""
    return text.replace("%", "%25").replace("/", "%2F")


@attrs.frozen(kw_only=True)
@checked
class UsageMeter:
    """What one limit counts: of a promotion or of a coupon code; of everybody or of one customer.

    It counts orders, or with a ``currency`` the minor units that the promotion gave in it. Its
    ``key`` names the :class:`~ordercore.pricing.PromotionUsage` that does the counting; the key of
    a promotion's own total is the promotion's id. Different meters have different keys.

    Raises:
        InvalidValue: ``meter.subject`` unless it is of a promotion or of a coupon, and not both.

    Example:
        >>> UsageMeter(promotion="11.11").key, UsageMeter(promotion="11.11", customer="c-9").key
        (PromotionId('11.11'), PromotionId('11.11/customer/c-9'))
        >>> UsageMeter(promotion="11.11", currency="CNY").key, UsageMeter(coupon="TEA10").key
        (PromotionId('11.11/amount/CNY'), PromotionId('/coupon/TEA10'))
    """

    promotion: PromotionId | None = attrs.field(
        default=None, converter=attrs.converters.optional(PromotionId)
    )
    coupon: CouponCode | None = attrs.field(
        default=None, converter=attrs.converters.optional(CouponCode)
    )
    customer: CustomerId | None = attrs.field(
        default=None, converter=attrs.converters.optional(CustomerId)
    )
    currency: Currency | None = attrs.field(
        default=None, converter=attrs.converters.optional(Currency)
    )

    def __attrs_post_init__(self) -> None:
        if (self.promotion is None) == (self.coupon is None):
            expected = "either a promotion or a coupon"
            raise InvalidValue("meter.subject", "promotion", self.promotion, expected)

    @property
    def key(self) -> PromotionId:
        """The name of its usage; O(1), never longer than an identifier may be."""
        if self.promotion is not None:
            parts = [_escaped(self.promotion)]
        else:
            assert self.coupon is not None
            parts = ["", "coupon", _escaped(self.coupon)]
        if self.customer is not None:
            parts += ["customer", _escaped(self.customer)]
        if self.currency is not None:
            parts += ["amount", self.currency]
        return PromotionId(derived_id(*parts))


@attrs.frozen(kw_only=True)
@checked
class MeterClaim:
    """So much of what a meter counts, to be taken only within a limit.

    :class:`~ordercore.pricing.ClaimUse` takes it, with ``promotion_id`` the meter's key.

    Raises:
        InvalidBatch: ``quantity.not_positive`` for a count below 1, ``meter.limit`` below it.

    Example:
        >>> MeterClaim(meter=UsageMeter(promotion="11.11"), count=1, limit=100).limit
        100
    """

    meter: UsageMeter
    count: int
    limit: int

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.count) is not int or self.count < 1:
            faults.add("quantity.not_positive", "count", self.count, "an integer ≥ 1")
        elif type(self.limit) is int and self.limit < self.count:
            faults.add("meter.limit", "limit", self.limit, f"at least {self.count}")
        faults.raise_if_any("claim of a meter")


def _used(given: Mapping[UsageMeter, int] | Mapping[str, int]) -> FrozenMap[PromotionId, int]:
    if type(given) is FrozenMap and not given:
        return given
    table: dict[PromotionId, int] = {}
    for meter, count in expect(given, Mapping, "used").items():  # type: ignore[type-abstract]
        table[meter.key if isinstance(meter, UsageMeter) else PromotionId(meter)] = count
    return FrozenMap(table)


def _coupons(given: Iterable[IssuedCoupon]) -> tuple[IssuedCoupon, ...]:
    return sorted_tuple(given, IssuedCoupon, lambda coupon: coupon.code)


@attrs.frozen(kw_only=True)
@checked
class UsageSnapshot:
    """What was used before, as the host knows it when it asks for a quote.

    ``used`` maps meters, or their keys, to what they have counted: the ``used`` of each
    :class:`~ordercore.pricing.PromotionUsage` that :meth:`~ordercore.pricing.PriceBook.meters`
    asks for. A meter that is absent has counted nothing. A quote made with it does without what is
    used up; that nothing is overspent is decided when the claims are reserved.

    ``coupons`` are the records of the cart's codes, where their batches are listed or codes have a
    customer or an end of their own.

    Raises:
        InvalidBatch: ``usage.negative``, ``usage.duplicate_coupon``, with the path of each.

    Example:
        >>> UsageSnapshot(used={UsageMeter(promotion="11.11"): 99}).of(
        ...     UsageMeter(promotion="11.11")
        ... )
        99
    """

    used: FrozenMap[PromotionId, int] = attrs.field(factory=FrozenMap, converter=_used)
    coupons: tuple[IssuedCoupon, ...] = attrs.field(default=(), converter=_coupons)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for key, count in self.used.items():
            if type(count) is int and count < 0:
                faults.add("usage.negative", f"used[{key}]", count, "an integer ≥ 0")
        codes: set[CouponCode] = set()
        for position, coupon in enumerate(self.coupons):
            if isinstance(coupon, IssuedCoupon) and coupon.code in codes:
                path = f"coupons[{position}].code"
                faults.add("usage.duplicate_coupon", path, coupon.code, "each code once")
            elif isinstance(coupon, IssuedCoupon):
                codes.add(coupon.code)
        faults.raise_if_any("usage snapshot")

    def of(self, meter: UsageMeter) -> int:
        """What a meter has counted."""
        return self.used.get(meter.key, 0) if self.used else 0

    def issued(self, code: str) -> IssuedCoupon | None:
        """What is known of a coupon code; None for nothing. O(coupons)."""
        return next((coupon for coupon in self.coupons if coupon.code == code), None)


NOTHING_USED = UsageSnapshot()
"""Nothing was used yet, or nobody counts."""

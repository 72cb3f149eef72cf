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
    Sku,
    checked,
    derived_id,
    digest,
    expect,
    problems,
    sorted_tuple,
)
from ordercore.pricing.promotions.coupon import IssuedCoupon
from ordercore.pricing.promotions.order_history import OrderHistory

__all__ = ["NOTHING_USED", "MeterClaim", "UsageMeter", "UsageSnapshot"]


def _escaped(text: str) -> str:
    """Without the slash that separates the parts of a key."""
    return text.replace("%", "%25").replace("/", "%2F")


@attrs.frozen(kw_only=True)
@checked
class UsageMeter:
    """What one limit counts: of a promotion or of a coupon code; of everybody or of one customer.

    It counts orders; with a ``currency`` the minor units that the promotion gave in it, with a
    ``sku`` the units of a gift, and with ``points`` the points that the customer paid. Its
    ``key`` names the :class:`~ordercore.pricing.PromotionUsage` that does the counting; the key of
    a promotion's own total is the promotion's id. Different meters have different keys.

    Raises:
        InvalidValue: ``meter.subject`` unless it is of a promotion, of a coupon or of points.

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
    sku: Sku | None = attrs.field(default=None, converter=attrs.converters.optional(Sku))
    points: bool = False

    def __attrs_post_init__(self) -> None:
        subjects = (self.promotion is not None) + (self.coupon is not None) + self.points
        if subjects != 1:
            expected = "one of promotion, coupon and points"
            raise InvalidValue("meter.subject", "promotion", self.promotion, expected)

    @property
    def key(self) -> PromotionId:
        """The name of its usage; O(1), never longer than an identifier may be."""
        if self.promotion is not None:
            parts = [_escaped(self.promotion)]
        elif self.coupon is not None:
            parts = ["", "coupon", _escaped(self.coupon)]
        else:
            parts = ["", "points"]
        if self.customer is not None:
            parts += ["customer", _escaped(self.customer)]
        if self.currency is not None:
            parts += ["amount", self.currency]
        if self.sku is not None:
            parts += ["gift", _escaped(self.sku)]
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


def _stock(given: Mapping[Sku, int] | Mapping[str, int] | None) -> FrozenMap[Sku, int] | None:
    if given is None:
        return None
    pairs = expect(given, Mapping, "stock")  # type: ignore[type-abstract]
    return FrozenMap({Sku(sku): units for sku, units in pairs.items()})


@attrs.frozen(kw_only=True)
@checked
class UsageSnapshot:
    """What was used before, as the host knows it when it asks for a quote.

    ``used`` maps meters, or their keys, to what they have counted: the ``used`` of each
    :class:`~ordercore.pricing.PromotionUsage` that :meth:`~ordercore.pricing.PriceBook.meters`
    asks for. A meter that is absent has counted nothing. A quote made with it does without what is
    used up; that nothing is overspent is decided when the claims are reserved.

    ``coupons`` are the records of the cart's codes, where their batches are listed or codes have a
    customer or an end of their own. ``points`` are those that the buyer has to pay with, ``stock``
    the units of items that may be given away (None: there is enough of everything; an item that is
    absent is not there). Both are what is left when the quote is asked for. ``history`` is what the
    buyer ordered before; None where that is not known.

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
    points: int = 0
    stock: FrozenMap[Sku, int] | None = attrs.field(default=None, converter=_stock)
    history: OrderHistory | None = None

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for key, count in self.used.items():
            if type(count) is int and count < 0:
                faults.add("usage.negative", f"used[{key}]", count, "an integer ≥ 0")
        if type(self.points) is int and self.points < 0:
            faults.add("usage.negative", "points", self.points, "an integer ≥ 0")
        codes: set[CouponCode] = set()
        for position, coupon in enumerate(self.coupons):
            if isinstance(coupon, IssuedCoupon) and coupon.code in codes:
                path = f"coupons[{position}].code"
                faults.add("usage.duplicate_coupon", path, coupon.code, "each code once")
            elif isinstance(coupon, IssuedCoupon):
                codes.add(coupon.code)
        faults.raise_if_any("usage snapshot")

    @property
    def digest(self) -> str:
        """Digest of the snapshot; empty where it says nothing. O(size), computed anew."""
        return "" if self is NOTHING_USED or self == NOTHING_USED else digest(self)

    def of(self, meter: UsageMeter) -> int:
        """What a meter has counted."""
        return self.used.get(meter.key, 0) if self.used else 0

    def issued(self, code: str) -> IssuedCoupon | None:
        """What is known of a coupon code; None for nothing. O(coupons)."""
        return next((coupon for coupon in self.coupons if coupon.code == code), None)


NOTHING_USED = UsageSnapshot()
"""Nothing was used yet, or nobody counts."""

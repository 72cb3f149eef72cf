"""What earlier uses leave of a promotion, and what a quote takes of its limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ordercore.kernel import (
    CouponCode,
    Currency,
    CustomerId,
    FactValue,
    Instant,
    Money,
    PromotionId,
    Reason,
)
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.cart import Cart
from ordercore.pricing.promotions.claims import Claim
from ordercore.pricing.promotions.coupon import CouponBatch
from ordercore.pricing.promotions.gifts import GiftItem, Gifts
from ordercore.pricing.promotions.meter import MeterClaim, UsageMeter, UsageSnapshot
from ordercore.pricing.promotions.points import PayPoints
from ordercore.pricing.promotions.promotion import Promotion

__all__ = [
    "Limit",
    "claims_of",
    "coupon_ends",
    "coupon_of",
    "coupon_refused",
    "gift_limits",
    "limits_of",
    "meters_of",
    "sets_left",
    "used_up",
]


class Limit(NamedTuple):
    """One limit of a promotion for a buyer: the code of what it refuses, its meter, its size."""

    code: str
    meter: UsageMeter
    size: int

    @property
    def currency(self) -> Currency | None:
        """The currency of a budget; None for a number of uses."""
        return self.meter.currency


def limits_of(
    promotion: Promotion, customer: CustomerId | None, code: CouponCode | None = None
) -> Iterator[Limit]:
    """The limits that count: in all, of a code of its batch, of the buyer where it is known."""
    promotion_id = promotion.promotion_id
    if promotion.usage_limit is not None:
        meter = UsageMeter(promotion=promotion_id)
        yield Limit("promotion.exhausted", meter, promotion.usage_limit)
    for budget in promotion.budget:
        meter = UsageMeter(promotion=promotion_id, currency=budget.currency)
        yield Limit("promotion.budget_spent", meter, budget.minor)
    batch = promotion.batch
    if batch is not None and code is not None:
        if batch.uses_per_code is not None:
            yield Limit("coupon.used_up", UsageMeter(coupon=code), batch.uses_per_code)
        if batch.uses_per_customer is not None and customer is not None:
            meter = UsageMeter(coupon=code, customer=customer)
            yield Limit("coupon.customer_used_up", meter, batch.uses_per_customer)
    if customer is None:
        return
    if promotion.uses_per_customer is not None:
        meter = UsageMeter(promotion=promotion_id, customer=customer)
        yield Limit("promotion.customer_exhausted", meter, promotion.uses_per_customer)
    for budget in promotion.budget_per_customer:
        meter = UsageMeter(promotion=promotion_id, customer=customer, currency=budget.currency)
        yield Limit("promotion.customer_budget_spent", meter, budget.minor)


def meters_of(promotion: Promotion, cart: Cart) -> Iterator[UsageMeter]:
    """The meters that a promotion may ask for a cart: of its limits, codes, gifts and points."""
    codes: Iterable[CouponCode | None] = (None,)
    if promotion.batch is not None:
        codes = [code for code in cart.coupons if promotion.batch.has_form(code)]
    for code in codes:
        for limit in limits_of(promotion, cart.customer, code):
            yield limit.meter
    for _, meter in gift_limits(promotion):
        yield meter
    if type(promotion.effect) is PayPoints and cart.customer is not None:
        yield UsageMeter(points=True, customer=cart.customer)


def used_up(run: Calculation, promotion: Promotion) -> list[Reason]:
    """Every limit of a promotion that leaves nothing: uses and budgets, in all and of the buyer."""
    reasons: list[Reason] = []
    currency, customer = run.currency, run.cart.customer
    if type(promotion.effect) is PayPoints:
        reasons += _no_points(run, promotion.effect)
    if promotion.batch is not None and coupon_of(run, promotion) is None:
        for code in run.cart.coupons:
            if promotion.batch.has_form(code):
                reasons += _refused(run, promotion.batch, code)
        if not reasons:
            reasons.append(Reason("promotion.coupon", obtain="a coupon code of its batch"))
    if (
        customer is None
        and not reasons
        and (promotion.uses_per_customer or promotion.budget_per_customer)
    ):
        reasons.append(Reason("promotion.customer_unknown", obtain="a customer to count it for"))
    for budgets in (promotion.budget, promotion.budget_per_customer):
        if budgets and all(budget.currency != currency for budget in budgets):
            # A budget names the currencies that it is for; in others there is none.
            facts: dict[str, FactValue] = {"currencies": tuple([b.currency for b in budgets])}
            reasons.append(Reason("promotion.currency", facts=facts))
    for limit in limits_of(promotion, customer):
        used = run.usage.of(limit.meter)
        if limit.currency in {None, currency} and used >= limit.size:
            money = limit.currency is not None
            facts = {
                "limit": Money(limit.size, currency) if money else limit.size,
                "used": Money(used, currency) if money else used,
            }
            reasons.append(Reason(limit.code, facts=facts, obtain="uses given back"))
    return reasons


def coupon_of(run: Calculation, promotion: Promotion) -> CouponCode | None:
    """The code that opens a promotion: of several the first that is good, in their order."""
    if promotion.batch is None:
        return promotion.coupon
    for code in run.cart.coupons:
        if not _refused(run, promotion.batch, code):
            return code
    return None


def coupon_refused(
    batch: CouponBatch,
    code: CouponCode,
    *,
    customer: CustomerId | None,
    at: Instant,
    usage: UsageSnapshot,
) -> list[Reason]:
    """Why a code does not open what the batch opens; nothing where it does.

    ``coupon.unknown``, ``coupon.not_yet``, ``coupon.expired``, ``coupon.customer``,
    ``coupon.customer_unknown``, ``coupon.used_up``, ``coupon.customer_used_up``.
    """
    facts: dict[str, FactValue] = {"code": code}
    issued = usage.issued(code)
    if issued is not None and issued.batch != batch.batch_id:
        issued = None
    if not batch.has_form(code) or (batch.listed and issued is None):
        return [Reason("coupon.unknown", facts=facts)]
    reasons: list[Reason] = []
    for span in (batch.span, issued.span if issued is not None else batch.span):
        if span.start is not None and at < span.start:
            reasons.append(Reason("coupon.not_yet", facts={**facts, "from": span.start}))
            break
        if span.end is not None and at >= span.end:
            reasons.append(Reason("coupon.expired", facts={**facts, "until": span.end}))
            break
    if issued is not None and issued.customer not in {None, customer}:
        reasons.append(Reason("coupon.customer", facts=facts))
    if batch.uses_per_customer is not None and customer is None:
        obtain = "a customer to count it for"
        reasons.append(Reason("coupon.customer_unknown", facts=facts, obtain=obtain))
    for limit, meter, what in (
        (batch.uses_per_code, UsageMeter(coupon=code), "coupon.used_up"),
        (
            None if customer is None else batch.uses_per_customer,
            UsageMeter(coupon=code, customer=customer),
            "coupon.customer_used_up",
        ),
    ):
        if limit is not None and (used := usage.of(meter)) >= limit:
            reasons.append(Reason(what, facts={**facts, "limit": limit, "used": used}))
    return reasons


def _refused(run: Calculation, batch: CouponBatch, code: CouponCode) -> list[Reason]:
    return coupon_refused(batch, code, customer=run.cart.customer, at=run.at, usage=run.usage)


def coupon_ends(run: Calculation, promotion: Promotion) -> Iterator[Instant | None]:
    """When the code that opens a promotion ends, by its batch and by itself."""
    code = coupon_of(run, promotion)
    if promotion.batch is not None and code is not None:
        yield promotion.batch.span.end
        issued = run.usage.issued(code)
        if issued is not None and issued.batch == promotion.batch.batch_id:
            yield issued.span.end


def _no_points(run: Calculation, effect: PayPoints) -> list[Reason]:
    """Why no points can be paid; nothing where some can."""
    if run.cart.customer is None:
        return [Reason("promotion.customer_unknown", obtain="a customer to count it for")]
    wished, held = run.cart.pay_points, run.usage.points
    facts: dict[str, FactValue] = {"wished": wished, "held": held, "least": effect.least}
    if not wished:
        return [Reason("points.none_wished", facts=facts, obtain="how many points to pay")]
    if min(wished, held) // effect.step * effect.step < effect.least:
        return [Reason("points.too_few", facts=facts)]
    return []


def gift_limits(promotion: Promotion) -> Iterator[tuple[GiftItem, UsageMeter]]:
    """The items of a promotion of which there are only so many, each with its meter."""
    if type(promotion.effect) is Gifts:
        for item in promotion.effect.items:
            if item.quota is not None:
                yield item, UsageMeter(promotion=promotion.promotion_id, sku=item.sku)


def _given_claims(run: Calculation, promotion: Promotion) -> Iterator[MeterClaim]:
    """What a promotion takes of quotas of gifts, and of the buyer's points."""
    quotas = {item.sku: (meter, item.quota) for item, meter in gift_limits(promotion)}
    for gift in run.gifts:
        if gift.promotion is promotion and gift.sku in quotas:
            meter, quota = quotas[gift.sku]
            assert quota is not None
            yield MeterClaim(meter=meter, count=gift.units, limit=quota)
    for paid in run.paid_points():
        if paid.promotion == promotion.promotion_id:
            # What the meter may reach is what it has counted and what the buyer still has.
            meter = UsageMeter(points=True, customer=run.cart.customer)
            limit = run.usage.of(meter) + run.usage.points
            yield MeterClaim(meter=meter, count=paid.points, limit=limit)


def _count(run: Calculation, promotion: Promotion, limit: Limit, minor: int) -> int:
    """What a limit counts of what was given: minor units, uses; of a code it is one use."""
    if limit.currency is not None:
        return minor
    return 1 if limit.meter.coupon is not None else run.uses(promotion)


def sets_left(run: Calculation, promotion: Promotion) -> int | None:
    """How many uses are left of a promotion; None for any number."""
    left = [
        limit.size - run.usage.of(limit.meter)
        for limit in limits_of(promotion, run.cart.customer)
        if limit.currency is None
    ]
    return min(left, default=None)


def claims_of(
    run: Calculation, applied: Iterable[Promotion], worths: Mapping[PromotionId, int]
) -> list[Claim]:
    """A claim for each limited promotion that gave something, in the order of their ids.

    ``worths`` is what the gifts of each promotion are worth.
    """
    limited = {promotion.promotion_id: promotion for promotion in applied if promotion.counted}
    if not limited:
        return []
    customer, currency = run.cart.customer, run.currency
    return [
        Claim(
            promotion=promotion_id,
            amount=Money(minor, currency),
            uses=run.uses(limited[promotion_id]),
            coupon=coupon_of(run, limited[promotion_id]),
            customer=customer,
            limits=[
                *_given_claims(run, limited[promotion_id]),
                *[
                    MeterClaim(
                        meter=limit.meter,
                        count=_count(run, limited[promotion_id], limit, minor),
                        limit=limit.size,
                    )
                    for limit in limits_of(
                        limited[promotion_id], customer, coupon_of(run, limited[promotion_id])
                    )
                    if limit.currency in {None, currency}
                ],
            ],
        )
        for promotion_id, minor in sorted(
            {**dict.fromkeys(limited, 0), **worths, **run.given()}.items()
        )
        if promotion_id in limited
    ]

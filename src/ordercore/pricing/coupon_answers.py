"""What became of each coupon code of a cart: what it opened, or why it did not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from ordercore.kernel import CouponCode, PromotionId, Reason, answering, as_tuple, checked, items_as
from ordercore.pricing.explanation import Explanation, explain
from ordercore.pricing.policy import PricingPolicy
from ordercore.pricing.prices.price_book import PriceBook
from ordercore.pricing.promotions.counting import coupon_refused
from ordercore.pricing.promotions.meter import NOTHING_USED, UsageSnapshot
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.quote import Quote

__all__ = ["CouponAnswer", "coupon_answers"]

_OF_COUPON: Final[Mapping[str, str]] = {
    "promotion.not_yet": "coupon.not_yet",
    "promotion.ended": "coupon.expired",
    "promotion.exhausted": "coupon.used_up",
    "promotion.budget_spent": "coupon.used_up",
    "promotion.customer_exhausted": "coupon.customer_used_up",
    "promotion.customer_budget_spent": "coupon.customer_used_up",
    "promotion.customer_unknown": "coupon.customer_unknown",
}
"""What the end of a promotion is called where a code opens it."""


def _promotions(given: Iterable[str]) -> tuple[PromotionId, ...]:
    return items_as(given, PromotionId, "promotions")


def _reasons(given: Iterable[Reason]) -> tuple[Reason, ...]:
    return as_tuple(given)


def _explanations(given: Iterable[Explanation]) -> tuple[Explanation, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class CouponAnswer:
    """One code of a quote: the promotions that it opened and that gave something, or reasons.

    ``explanations`` are those of the promotions that it would open where none gave anything: what
    they lack is there, with figures.

    Example:
        >>> CouponAnswer(code="TEA10", reasons=[Reason("coupon.unknown")]).accepted
        False
    """

    code: CouponCode = attrs.field(converter=CouponCode)
    promotions: tuple[PromotionId, ...] = attrs.field(default=(), converter=_promotions)
    reasons: tuple[Reason, ...] = attrs.field(default=(), converter=_reasons)
    explanations: tuple[Explanation, ...] = attrs.field(default=(), converter=_explanations)

    @property
    def accepted(self) -> bool:
        """Whether it opened something."""
        return not self.reasons


@answering
def coupon_answers(
    quote: Quote,
    book: PriceBook,
    *,
    policy: PricingPolicy | None = None,
    usage: UsageSnapshot = NOTHING_USED,
) -> tuple[CouponAnswer, ...]:
    """An answer for each coupon code of a computed quote, in their order.

    Reasons: ``coupon.unknown`` (no promotion knows it), ``coupon.not_yet``, ``coupon.expired``,
    ``coupon.used_up``, ``coupon.customer`` (it is another customer's),
    ``coupon.customer_used_up``, ``coupon.customer_unknown`` (it is counted for each customer, and
    the cart names none), ``coupon.other_code`` (another code opens the same), and
    ``coupon.nothing_to_apply`` with the promotions that it would open.
    O(codes × promotions), and an explanation for each promotion that a refused code would open.

    Args:
        quote: The quote.
        book: The book that it was made from.
        policy: The policy it was made with, when that was not the default.
        usage: What it was made with of earlier uses and of codes.

    Raises:
        InvalidValue: as :func:`~ordercore.pricing.explain`.

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.pricing import Cart, CartLine, percent_off, quote
        >>> tea10 = percent_off("tea", 10, coupon="TEA10", when="cart.units >= 3")
        >>> book = PriceBook.of({"TEA": Money(1200, "EUR")}, promotions=[tea10])
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)], coupons=["TEA10", "TEA99"])
        >>> q = quote(cart, book, at="2026-01-01T00:00Z")
        >>> for answer in coupon_answers(q, book):
        ...     print(answer.code, answer.reasons[0].code)
        TEA10 coupon.nothing_to_apply
        TEA99 coupon.unknown
    """
    opened: dict[PromotionId, CouponCode] = {
        claim.promotion: claim.coupon for claim in quote.claims if claim.coupon is not None
    }
    gave = set(quote.promotions)
    answers = []
    for code in quote.coupons:
        known = [each for each in book.promotions if _opens(each, code)]
        used = [
            each.promotion_id
            for each in known
            if each.promotion_id in gave and opened.get(each.promotion_id, code) == code
        ]
        if used:
            answers.append(CouponAnswer(code=code, promotions=sorted(used)))
            continue
        told = [explain(quote, p.promotion_id, book, policy=policy, usage=usage) for p in known]
        reasons = _refused(quote, code, known, told, opened, usage)
        answers.append(CouponAnswer(code=code, reasons=reasons, explanations=told))
    return tuple(answers)


def _opens(promotion: Promotion, code: CouponCode) -> bool:
    if promotion.batch is not None:
        return promotion.batch.has_form(code)
    return promotion.coupon == code


def _refused(
    quote: Quote,
    code: CouponCode,
    known: Iterable[Promotion],
    told: Iterable[Explanation],
    opened: Mapping[PromotionId, CouponCode],
    usage: UsageSnapshot,
) -> list[Reason]:
    """Why a code opened nothing; what is known of the code itself comes first."""
    found: dict[str, Reason] = {}
    rest: list[PromotionId] = []
    for promotion, explanation in zip(known, told, strict=True):
        reasons: list[Reason] = []
        if promotion.batch is not None:
            reasons += coupon_refused(
                promotion.batch, code, customer=quote.customer, at=quote.at, usage=usage
            )
            other = opened.get(promotion.promotion_id)
            if not reasons and other is not None:
                facts = {"code": code, "by": other}
                reasons.append(Reason("coupon.other_code", facts=facts))
        reasons += [
            attrs.evolve(reason, code=_OF_COUPON[reason.code])
            for reason in explanation.reasons
            if reason.code in _OF_COUPON
        ]
        if not reasons:
            rest.append(promotion.promotion_id)
        for reason in reasons:
            found.setdefault(reason.code, reason)
    if not rest and not found:
        return [Reason("coupon.unknown", facts={"code": code})]
    if len(found) > 1:
        found.pop("coupon.unknown", None)
    if rest:
        return [Reason("coupon.nothing_to_apply", facts={"code": code, "promotions": tuple(rest)})]
    return list(found.values())

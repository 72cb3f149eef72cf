"""Why a promotion applied or not, and how far off its next step is: derived on demand."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import (
    InvalidValue,
    LineId,
    Money,
    PromotionId,
    Reason,
    answering,
    as_tuple,
    checked,
    items_as,
)
from ordercore.pricing.calculation import Calculation, TaxReading
from ordercore.pricing.cart import Cart
from ordercore.pricing.policy import DEFAULT_PRICING, PricingPolicy
from ordercore.pricing.prices.price_book import PriceBook
from ordercore.pricing.prices.price_override import OVERRIDE
from ordercore.pricing.promotions.application import Walk
from ordercore.pricing.promotions.counting import used_up
from ordercore.pricing.promotions.effects import GIVES
from ordercore.pricing.promotions.meter import NOTHING_USED, UsageSnapshot
from ordercore.pricing.promotions.offers import giving_of, offer_of
from ordercore.pricing.promotions.points import PayPoints
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.promotions.sight import Sight
from ordercore.pricing.promotions.thresholds import next_step
from ordercore.pricing.promotions.ways import Need, cheapest_way
from ordercore.pricing.quote import Quote, QuoteSource
from ordercore.pricing.taxes.tax import NO_TAX, TaxTable
from ordercore.pricing.taxes.taxing import Taxation
from ordercore.rules import Evaluation, Missing

__all__ = ["Explanation", "explain"]


def _needs(given: Iterable[Need]) -> tuple[Need, ...]:
    return as_tuple(given)


def _gifts(given: Iterable[str]) -> tuple[LineId, ...]:
    return items_as(given, LineId, "gifts")


def _reasons(given: Iterable[Reason]) -> tuple[Reason, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class Explanation:
    """What a promotion did in a quote, or everything that kept it from doing something.

    ``missing`` is the distance to the next step of a ladder, also when a lower step applied; else
    that of the first comparison on the cheapest way to its condition. ``condition`` is its
    condition with every part's answer, ``way`` all that has to become true on the cheapest way.
    ``limits`` are those that cut what it gave, each with the amounts wanted and given as facts, and
    what kept gifts from being given. ``gifts`` are the lines that it gave, ``points`` the points
    that were earned with it or paid to it.

    Example:
        >>> Explanation(promotion="sale", amount=Money(0, "EUR")).applied
        False
    """

    promotion: PromotionId = attrs.field(converter=PromotionId)
    amount: Money
    missing: Missing | None = None
    reasons: tuple[Reason, ...] = attrs.field(default=(), converter=_reasons)
    condition: Evaluation | None = None
    way: tuple[Need, ...] = attrs.field(default=(), converter=_needs)
    limits: tuple[Reason, ...] = attrs.field(default=(), converter=_reasons)
    gifts: tuple[LineId, ...] = attrs.field(default=(), converter=_gifts)
    points: int = 0

    @property
    def applied(self) -> bool:
        """Whether it took anything off, or gave gifts or points."""
        return bool(self.amount or self.gifts or self.points)


@answering
def explain(
    quote: Quote,
    promotion_id: str,
    book: PriceBook,
    *,
    policy: PricingPolicy | None = None,
    taxes: TaxTable | None = None,
    usage: UsageSnapshot = NOTHING_USED,
) -> Explanation:
    """Derive the explanation by giving every promotion its turn again up to this one.

    Reasons: ``promotion.recorded`` (the quote was not computed from a book),
    ``promotion.not_yet``, ``promotion.ended``, ``promotion.channel``, ``promotion.coupon``,
    ``promotion.currency``, ``promotion.nothing_selected``, ``promotion.condition``,
    ``promotion.threshold``, ``promotion.nothing_left``, ``promotion.units_used`` (deals before it
    have used the units), ``promotion.customer_unknown``, ``promotion.exhausted``,
    ``promotion.customer_exhausted``, ``promotion.budget_spent``,
    ``promotion.customer_budget_spent``; and what displaced it, with the promotions in its facts as
    ``by``: ``promotion.stopped``, ``promotion.exclusive``, ``promotion.not_first``,
    ``promotion.not_best``, ``promotion.not_in_combination``.

    What limits cut has the codes ``limit.most_off``, ``limit.budget``, ``limit.customer_budget``,
    ``limit.discounts_together``, ``limit.uses`` (of sets); and, with the lines,
    ``limit.floor_price``, ``limit.margin``, ``limit.discounts_of_line``. What keeps gifts and
    points away: ``gift.out_of_stock``, ``gift.quota``, ``gift.not_offered``, ``gift.choice_open``,
    ``points.too_little``, ``points.none_wished``, ``points.too_few``, ``points.paid_to_another``.

    Args:
        quote: The quote.
        promotion_id: What is asked about.
        book: The book that the quote was made from.
        policy: The policy that it was made with, when that was not the default.
        taxes: The table that it was made with, where the policy reads amounts with or without
            tax (:attr:`PricingPolicy.reads_taxes`).
        usage: What it was made with of earlier uses.

    Raises:
        InvalidValue: ``quote.other_book``, ``quote.other_policy``, ``quote.other_taxes`` or
            ``quote.other_usage`` when the
            digests differ.
        NotFound: the book has no such promotion.

    Example:
        >>> from ordercore.pricing import CartLine, percent_off, quote
        >>> book = PriceBook.of(
        ...     {"TEA": Money(1200, "EUR")}, promotions=[percent_off("tea", 10, coupon="TEA10")]
        ... )
        >>> q = quote(
        ...     Cart(lines=[CartLine("1", sku="TEA", quantity=1)]), book, at="2026-01-01T00:00Z"
        ... )
        >>> [reason.code for reason in explain(q, "tea", book).reasons]
        ['promotion.coupon']
    """
    promotion = book.promotion(promotion_id)
    if quote.source is QuoteSource.RECORDED:
        return Explanation(
            promotion=promotion_id,
            amount=_taken(quote, promotion_id),
            reasons=[Reason("promotion.recorded", final=True)],
        )
    rules = DEFAULT_PRICING if policy is None else policy
    if quote.book_digest != book.digest:
        raise InvalidValue("quote.other_book", "book", book.digest, quote.book_digest)
    if quote.policy_digest != rules.digest:
        raise InvalidValue("quote.other_policy", "policy", rules.digest, quote.policy_digest)
    if quote.usage_digest != usage.digest:
        raise InvalidValue("quote.other_usage", "usage", usage.digest, quote.usage_digest)
    cart, lines = quote.cart(), quote.wished
    amounts = [line.list_amount for line in lines]
    reading: TaxReading | None = None
    if rules.reads_taxes:
        table = NO_TAX if taxes is None else taxes
        if quote.tax_digest != table.digest:
            raise InvalidValue("quote.other_taxes", "taxes", table.digest, quote.tax_digest)
        taxation = Taxation(cart, table, quote.at, rules)
        reading = taxation.reading(amounts, included=quote.tax_included)
    run = Calculation(
        cart,
        amounts,
        quote.charges,
        rules,
        quote.currency,
        quote.at,
        usage=usage,
        reading=reading,
    )
    for position, line in enumerate(lines):
        for adjustment in line.adjustments:
            if adjustment.code == OVERRIDE:
                run.adjust(position, adjustment)
    run.bound([line.price for line in lines])
    walk = Walk(run)
    walk.to(book.turns(cart, quote.at), promotion, book.group_of(promotion))
    gifts = [
        line.line_id
        for line in quote.lines
        if line.gift is not None and line.gift.promotion == promotion_id
    ]
    points = sum([each.points for each in quote.points if each.promotion == promotion_id])
    told = _explained(promotion, cart, walk, _taken(quote, promotion_id), bool(gifts or points))
    return attrs.evolve(told, gifts=gifts, points=points) if gifts or points else told


def _taken(quote: Quote, promotion_id: str) -> Money:
    minor = sum(
        adjustment.amount.minor
        for part in (*quote.lines, *quote.charges)
        for adjustment in part.adjustments
        if adjustment.promotion == promotion_id
    )
    return Money(-minor, quote.currency)


def _explained(
    promotion: Promotion, cart: Cart, walk: Walk, amount: Money, added: bool
) -> Explanation:
    run = walk.run
    reasons = _not_concerned(promotion, cart, run)
    selected = run.selected(promotion)
    targets = run.targets(promotion, selected)
    if not selected:
        reasons.append(Reason("promotion.nothing_selected"))
    elif not any(run.left[position] for position in targets):
        reasons.append(Reason("promotion.nothing_left"))
    missing: Missing | None = None
    way: tuple[Need, ...] = ()
    condition = (
        None if promotion.when is None else promotion.when.evaluate(run.facts_for(promotion))
    )
    if condition is not None and not condition.holds:
        assert promotion.when is not None
        way = cheapest_way(promotion.when.expression, condition.trace)
        missing = next((need.missing for need in way if need.missing is not None), None)
        reasons.append(Reason("promotion.condition", facts={"condition": condition.trace.text}))
    spent = used_up(run, promotion) if promotion.counted else []
    reasons += [reason for reason in spent if reason.code not in {r.code for r in reasons}]
    limits: list[Reason] = []
    payer = run.points_payer()
    if type(promotion.effect) is PayPoints and payer is not None and not amount:
        reasons.append(Reason("points.paid_to_another", facts={"by": (payer,)}))
    if promotion.currency in {None, run.currency}:
        if not reasons and (amount or added or walk.displaced is None):
            if type(promotion.effect) in GIVES:
                limits += giving_of(run, promotion, selected).reasons
            else:
                offer_of(run, promotion, selected, targets, limits)
        step = next_step(Sight(run, promotion), promotion.effect, selected, targets)
        if step is not None and missing is None:
            missing = step.missing
        if step is not None and not step.any_reached:
            facts = {"have": step.have, "need": step.need}
            reasons.append(Reason("promotion.threshold", facts=facts))
    if not (amount or added) and walk.displaced is not None:
        reasons.append(walk.displaced)
    if not (amount or added) and walk.displaced is None and promotion.uses_up:
        used = tuple(cart.lines[p].line_id for p in selected if p in run.used)
        if used:
            reasons.append(Reason("promotion.units_used", facts={"lines": used}))
    if not (amount or added) and not reasons:
        reasons, limits = limits, []
    if not (amount or added) and not reasons:
        # Nothing stood in its way: a percentage of so little that it rounds to nothing.
        reasons.append(Reason("promotion.nothing_left"))
    return Explanation(
        promotion=promotion.promotion_id,
        amount=amount,
        missing=missing,
        reasons=reasons,
        condition=condition,
        way=way,
        limits=limits,
    )


def _not_concerned(promotion: Promotion, cart: Cart, run: Calculation) -> list[Reason]:
    """What keeps a promotion from being looked at: time, channel, coupon, currency."""
    reasons: list[Reason] = []
    start, end = promotion.span.start, promotion.span.end
    if start is not None and run.at < start:
        reasons.append(Reason("promotion.not_yet", facts={"from": start}))
    if end is not None and run.at >= end:
        reasons.append(Reason("promotion.ended", facts={"until": end}))
    if promotion.channels and cart.channel not in promotion.channels:
        facts = {"channels": tuple(sorted(promotion.channels))}
        reasons.append(Reason("promotion.channel", facts=facts))
    if promotion.coupon is not None and promotion.coupon not in cart.coupons:
        # The code itself is not told: the buyer is the one who has to know it.
        reasons.append(Reason("promotion.coupon", obtain="the promotion's coupon code"))
    if promotion.currency not in {None, run.currency}:
        reasons.append(Reason("promotion.currency", facts={"currency": str(promotion.currency)}))
    return reasons

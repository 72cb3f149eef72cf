"""The lines of a quote that promotions gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ordercore.kernel import LineId, Money, PromotionId, derived_id
from ordercore.pricing.amount import Adjustment, discounts_of
from ordercore.pricing.calculation import Calculation, GivenGift
from ordercore.pricing.prices.price_book import PriceBook
from ordercore.pricing.promotions.effects import CODES
from ordercore.pricing.promotions.gifts import GiftOf, Gifts
from ordercore.pricing.quote import QuoteLine
from ordercore.pricing.taxes.taxing import Taxation

__all__ = ["priced_gifts", "worths"]


def priced_gifts(
    run: Calculation, book: PriceBook, taxation: Taxation, *, included: bool, keeps_net: bool
) -> list[QuoteLine]:
    """A line for each gift: at its list price, discounted in full, or at zero.

    A price that reads otherwise than the quote's, with or without tax, counts as none. Where
    inclusive prices keep their net, list amounts are those at the destination. O(gifts × lists).
    """
    if not run.gifts:
        return []
    cart, choice = run.cart, run.policy.between_lists
    index = book.list_index
    lists = index.concerning(cart, run.at, choice)
    taken = {line.line_id for line in cart.lines}
    lines: list[QuoteLine] = []
    for gift in run.gifts:
        effect = gift.promotion.effect
        assert isinstance(effect, Gifts)
        found = None
        if effect.valued:
            found = index.price_of(
                lists, gift.sku, gift.units, run.at, currency=run.currency, choice=choice
            )
            if found is not None:
                mode = found[1].tax_included
                if included is not (taxation.taxes.included if mode is None else mode):
                    found = None
        amount = Money.zero(run.currency)
        if found is not None:
            amount = found[0].amount(gift.units, run.policy.rounding)
            if keeps_net:
                amount = taxation.at_destination(amount, "standard", gift.delivery_group)
        line_id = _line_id(gift, taken)
        taken.add(line_id)
        lines.append(
            QuoteLine(
                line_id,
                sku=gift.sku,
                quantity=gift.units,
                list_amount=amount,
                adjustments=_in_full(gift, amount),
                price=None if found is None else found[0],
                delivery_group=gift.delivery_group,
                gift=GiftOf(gift.promotion.promotion_id, gift.triggers),
            )
        )
    return lines


def worths(gifts: Iterable[QuoteLine]) -> Mapping[PromotionId, int]:
    """What the gifts of each promotion are worth, in minor units.

    Example:
        >>> line = QuoteLine(
        ...     "g", sku="MUG", quantity=1, list_amount=Money(900, "EUR"), gift=GiftOf("p", ["1"])
        ... )
        >>> worths([line, line])
        {PromotionId('p'): 1800}
    """
    found: dict[PromotionId, int] = {}
    for line in gifts:
        if line.gift is not None:
            before = found.get(line.gift.promotion, 0)
            found[line.gift.promotion] = before + line.list_amount.minor
    return found


def _line_id(gift: GivenGift, taken: set[LineId]) -> LineId:
    """An id of its own: by promotion and item, and a number where a line has that already."""
    base = ("gift", gift.promotion.promotion_id, gift.sku)
    line_id, number = LineId(derived_id(*base)), 1
    while line_id in taken:
        number += 1
        line_id = LineId(derived_id(*base, str(number)))
    return line_id


def _in_full(gift: GivenGift, amount: Money) -> list[Adjustment]:
    """All of the amount off, shared out among those who fund the promotion."""
    if not amount:
        return []
    promotion = gift.promotion
    names = [share.funder for share in promotion.funders] or [promotion.funder]
    weights = [share.weight for share in promotion.funders] or [1]
    code, kind = CODES[type(promotion.effect)], promotion.kind
    return [
        adjustment
        for name, share in zip(names, (-amount).apportion(weights), strict=True)
        if share
        for adjustment in discounts_of(
            (code, kind, name, promotion.promotion_id, promotion.stage), [share], [amount]
        )
    ]

"""A quote's promotions asked again about the units kept, at the quote's own prices and moment.

Nothing is looked up anew: list amounts are the kept units' shares of the quote's, what people
changed by hand keeps its shares too, and a delivery option is priced again only to see whether it
would have cost more. What differs from the shares is a correction: adjustments and taxes that
stand beside them, so that everything still sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import attrs

from ordercore.kernel import LineId, Money, PromotionId, Sku, cumulative_share
from ordercore.pricing.after.quote_inputs import QuoteInputs
from ordercore.pricing.amount import Adjustment, PricedAmount, TaxShare
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.cart import DEFAULT_DELIVERY, Cart, CartLine
from ordercore.pricing.charges.charge import Charge, Discountable
from ordercore.pricing.charges.charging import delivery_load
from ordercore.pricing.discount_choices import AmountBasis
from ordercore.pricing.prices.price_override import GOODWILL
from ordercore.pricing.promotions.application import Walk
from ordercore.pricing.promotions.stages import Stage
from ordercore.pricing.quote import Quote, QuoteLine
from ordercore.pricing.taxes.taxing import Taxation

__all__ = ["CLAWED_BACK", "Correction", "corrections", "difference", "is_gift"]

CLAWED_BACK = "refund.claw_back"
"""Code of the adjustment that takes back, or gives, a discount on units kept."""

_AFTER_ORDER = frozenset({Stage.SHIPPING, Stage.PAYMENT})
_ORDER = _AFTER_ORDER | {Stage.ORDER}


class Correction(NamedTuple):
    """What a part costs beside its share, and which taxes that is or has."""

    adjustments: tuple[Adjustment, ...] = ()
    taxes: tuple[TaxShare, ...] = ()

    @property
    def minor(self) -> int:
        """What the buyer pays more for it, in minor units."""
        on_top = sum(share.amount.minor for share in self.taxes if not share.included)
        return sum(change.amount.minor for change in self.adjustments) + on_top


def is_gift(line: QuoteLine) -> bool:
    """Whether a line is a gift of a promotion, or one that promotions took down to nothing.

    Example:
        >>> free = Adjustment(code="a.b", amount=Money(-500, "EUR"), promotion="gift")
        >>> is_gift(
        ...     QuoteLine(
        ...         "1", sku="MUG", quantity=1, list_amount=Money(500, "EUR"), adjustments=[free]
        ...     )
        ... )
        True
    """
    return line.gift is not None or (
        line.list_amount.minor > 0
        and not line.amount
        and all(change.promotion is not None for change in line.adjustments)
    )


def difference(part: Correction, share: Correction) -> Correction:
    """What one has beside the other, by who gave it and by tax; nothing that comes to nothing."""
    changes: dict[tuple[PromotionId | None, str, str], Money] = {}
    taxes: dict[TaxShare, tuple[Money, Money]] = {}
    for sign, each in ((1, part), (-1, share)):
        for change in each.adjustments:
            key = (change.promotion, change.funder, change.stage)
            changes[key] = changes.get(key, change.amount * 0) + change.amount * sign
        for tax in each.taxes:
            nothing = tax.amount * 0
            base = nothing if tax.base is None else tax.base
            bare = attrs.evolve(tax, amount=nothing, base=None if tax.base is None else nothing)
            known = taxes.get(bare, (nothing, nothing))
            taxes[bare] = (known[0] + tax.amount * sign, known[1] + base * sign)
    return Correction(
        tuple(
            Adjustment(
                code=CLAWED_BACK,
                amount=amount,
                kind="claw_back",
                funder=funder,
                promotion=promotion,
                stage=stage,
            )
            for (promotion, funder, stage), amount in changes.items()
            if amount
        ),
        tuple(
            attrs.evolve(bare, amount=amount, base=None if bare.base is None else base)
            for bare, (amount, base) in taxes.items()
            if amount or base
        ),
    )


def corrections(
    quote: Quote,
    lines: Sequence[tuple[QuoteLine, int, PricedAmount]],
    charges: Sequence[tuple[Charge, bool, PricedAmount]],
    inputs: QuoteInputs,
) -> tuple[list[Correction], list[Correction]]:
    """What lines and charges cost beside their shares when the promotions are asked again.

    Args:
        quote: The quote.
        lines: Of each line that is kept, its units and their share.
        charges: Of each charge that is kept, whether all of it is, and its share.
        inputs: What the quote was made from.
    """
    bought = [each for each in lines if each[0].gift is None]
    given = [each for each in lines if each[0].gift is not None]
    found: dict[LineId, Correction] = {}
    of_charges = [Correction()] * len(charges)
    earned: dict[tuple[PromotionId, Sku], int] = {}
    if bought:
        run, corrected = _asked_again(quote, bought, charges, inputs, of_charges)
        found |= zip([line.line_id for line, *_ in bought], corrected, strict=True)
        for gift in run.gifts:
            key = (gift.promotion.promotion_id, gift.sku)
            earned[key] = earned.get(key, 0) + gift.units
    if given:
        found |= _of_gifts(quote, given, inputs, earned)
    return [found[line.line_id] for line, *_ in lines], of_charges


def _asked_again(
    quote: Quote,
    lines: Sequence[tuple[QuoteLine, int, PricedAmount]],
    charges: Sequence[tuple[Charge, bool, PricedAmount]],
    inputs: QuoteInputs,
    of_charges: list[Correction],
) -> tuple[Calculation, list[Correction]]:
    """The promotions' turns over the goods kept, and what these cost beside their shares."""
    cart = _kept_cart(quote, lines)
    here = set(cart.delivery_groups)
    # What a group's delivery cost stays as it is once none of its units is kept.
    asked = [number for number, (charge, *_) in enumerate(charges) if charge.delivery_group in here]
    shares = [share for *_, share in lines] + [charges[number][2] for number in asked]
    amounts = [share.list_amount for *_, share in lines]
    taxation = Taxation(cart, inputs.taxes, quote.at, inputs.policy)
    reads = inputs.policy.reads_taxes
    run = Calculation(
        cart,
        amounts,
        [
            attrs.evolve(
                charges[number][0], list_amount=share.list_amount, adjustments=(), taxes=()
            )
            for number, share in zip(asked, shares[len(lines) :], strict=True)
        ],
        inputs.policy,
        quote.currency,
        quote.at,
        usage=inputs.usage,
        reading=taxation.reading(amounts, included=quote.tax_included) if reads else None,
    )
    abroad = taxation if quote.tax_included and taxation.keeps_net else None
    _by_hand(run, shares, goodwill=False)
    run.bound([line.price for line, *_ in lines])
    due = [_ORDER, _AFTER_ORDER]
    # A charge of which a part went back with its units is not priced again.
    whole = {
        charges[number][0].charge_id: position
        for position, number in enumerate(asked, len(lines))
        if charges[number][1]
    }
    walk = Walk(run)
    for turn in inputs.book.turns(cart, quote.at):
        while due and turn.stage in due[0]:
            _deliver(run, whole, inputs, abroad, before_order=due.pop(0) is _ORDER)
        walk.take(turn)
    for stages in due:
        _deliver(run, whole, inputs, abroad, before_order=stages is _ORDER)
    _by_hand(run, shares, goodwill=True)
    taxes = taxation.shares(run, included=quote.tax_included)
    found = [
        difference(Correction(tuple(given), taxed), Correction(share.adjustments, share.taxes))
        for share, given, taxed in zip(shares, run.adjustments(), taxes, strict=True)
    ]
    for number, correction in zip(asked, found[len(lines) :], strict=True):
        of_charges[number] = correction
    return run, found[: len(lines)]


def _of_gifts(
    quote: Quote,
    lines: Sequence[tuple[QuoteLine, int, PricedAmount]],
    inputs: QuoteInputs,
    earned: dict[tuple[PromotionId, Sku], int],
) -> dict[LineId, Correction]:
    """What gifts cost beside their shares: nothing while they are earned, else their price.

    They are priced by themselves, since no promotion sees them.
    """
    cart = attrs.evolve(
        quote.cart(),
        lines=[
            CartLine(
                line.line_id,
                sku=line.sku,
                quantity=units,
                delivery_group=line.delivery_group,
                tax_category=line.tax_category,
            )
            for line, units, _ in lines
        ],
        deliveries=(),
        gift_choices={},
    )
    shares = [share for *_, share in lines]
    run = Calculation(
        cart,
        [share.list_amount for share in shares],
        (),
        inputs.policy,
        quote.currency,
        quote.at,
    )
    for position, (line, units, share) in enumerate(lines):
        assert line.gift is not None
        key = (line.gift.promotion, line.sku)
        free = min(units, earned.get(key, 0))
        earned[key] = earned.get(key, 0) - free
        for change in share.adjustments:
            minor = cumulative_share(change.amount.minor, free, units)
            if minor:
                run.adjust(position, attrs.evolve(change, amount=Money(minor, run.currency)))
    taxation = Taxation(cart, inputs.taxes, quote.at, inputs.policy)
    taxes = taxation.shares(run, included=quote.tax_included)
    return {
        line.line_id: difference(
            Correction(tuple(kept), taxed), Correction(share.adjustments, share.taxes)
        )
        for (line, _, share), kept, taxed in zip(lines, run.adjustments(), taxes, strict=True)
    }


def _kept_cart(quote: Quote, lines: Sequence[tuple[QuoteLine, int, PricedAmount]]) -> Cart:
    cart = quote.cart()
    kept = {line.line_id: units for line, units, _ in lines}
    wanted = [
        attrs.evolve(line, quantity=kept[line.line_id])
        for line in cart.lines
        if line.line_id in kept
    ]
    groups = {line.delivery_group for line in wanted}
    return attrs.evolve(
        cart, lines=wanted, deliveries=[d for d in cart.deliveries if d.group in groups]
    )


def _by_hand(run: Calculation, shares: Sequence[PricedAmount], *, goodwill: bool) -> None:
    """What no promotion gave keeps its share; goodwill comes last, and takes no more than is left.

    A price set by hand comes before all promotions, as it did in the quote.
    """
    for position, share in enumerate(shares):
        for change in share.adjustments:
            if change.promotion is None and (change.code == GOODWILL) is goodwill:
                minor = max(change.amount.minor, -run.left[position])
                run.adjust(position, attrs.evolve(change, amount=Money(minor, run.currency)))


def _deliver(
    run: Calculation,
    whole: Mapping[str, int],
    inputs: QuoteInputs,
    taxation: Taxation | None,
    *,
    before_order: bool,
) -> None:
    """Chosen delivery options whose price would have been higher for what is kept cost that."""
    cart = run.cart
    basis = run.left if run.policy.threshold_basis is AmountBasis.LEFT else run.listed
    for delivery in cart.deliveries:
        option = inputs.tariff.option(delivery.option) if delivery.option else None
        if option is None or (option.discountable is Discountable.ORDER) is not before_order:
            continue
        group = delivery.group
        position = whole.get("shipping" if group == DEFAULT_DELIVERY else f"shipping:{group}")
        price = option.answer(group, delivery_load(cart, group, basis, run.currency)).price
        if position is None or price is None:
            continue
        if taxation is not None:
            price = taxation.at_destination(price, option.tax_category, group)
        more = price.minor - run.listed[position]
        if more > 0:
            run.adjust(
                position,
                Adjustment(
                    code=CLAWED_BACK,
                    amount=Money(more, run.currency),
                    kind="claw_back",
                    stage=Stage.SHIPPING.value,
                ),
            )

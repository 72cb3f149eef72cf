"""Why charges are what they are: each delivery option and fee of a quote, with what is missing."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import FactValue, InvalidValue, Money, Reason, as_tuple, checked, expect
from ordercore.pricing.charges.charge import Discountable
from ordercore.pricing.charges.charge_book import ChargeBook
from ordercore.pricing.charges.charging import delivery_load
from ordercore.pricing.charges.delivery_option import DeliveryAnswer
from ordercore.pricing.charges.fee import Fee
from ordercore.pricing.facts import cart_facts
from ordercore.pricing.policy import DEFAULT_PRICING, AmountBasis, PricingPolicy
from ordercore.pricing.prices.price_override import GOODWILL
from ordercore.pricing.promotions.stages import Stage
from ordercore.pricing.quote import Quote
from ordercore.rules import Missing

__all__ = ["FeeAnswer", "delivery_answers", "fee_answers"]

_AFTERWARDS = frozenset({Stage.SHIPPING.value, Stage.PAYMENT.value, GOODWILL})


class _Seen:
    """A quote as its charges saw it when they were priced."""

    def __init__(self, quote: Quote, policy: PricingPolicy) -> None:
        self.quote = quote
        self.policy = policy
        self.cart = quote.cart()
        listed = [line.list_amount for line in quote.lines]
        self.facts = cart_facts(self.cart, listed, quote.currency, quote.at)

    def basis(self, reach: Discountable) -> list[int]:
        """What each line counts for: its list amount, or what was left of it by then."""
        if self.policy.threshold_basis is AmountBasis.LIST:
            return [line.list_amount.minor for line in self.quote.lines]
        before_order = reach is Discountable.ORDER
        later = {*_AFTERWARDS, Stage.ORDER.value} if before_order else _AFTERWARDS
        return [
            line.list_amount.minor
            + sum(a.amount.minor for a in line.adjustments if a.stage not in later)
            for line in self.quote.lines
        ]


def delivery_answers(
    quote: Quote, charges: ChargeBook, *, policy: PricingPolicy = DEFAULT_PRICING
) -> tuple[DeliveryAnswer, ...]:
    """What each delivery option costs each delivery group of a quote, or why it does not fit.

    Prices are those that the option would have in a quote of the same cart and book that chooses
    it, at its list amount; what is missing to free delivery or to a minimum is told as data.
    O(groups × options + lines).

    Args:
        quote: A computed quote; whether it has chosen options does not matter.
        charges: The charge book.
        policy: The policy that the quote was made with, when that was not the default.

    Raises:
        InvalidValue: ``quote.other_policy`` when the digests differ.
        InvalidBatch: ``cart.empty`` for a quote without lines.

    Example:
        >>> from ordercore.network import Zoning
        >>> from ordercore.pricing import Cart, CartLine, PriceBook
        >>> from ordercore.pricing import quote as price
        >>> from ordercore.pricing import DeliveryOption, DeliveryRate, RateBreak
        >>> post = DeliveryOption(
        ...     "post",
        ...     rates=[DeliveryRate("all", [RateBreak(0, Money(490, "EUR"))])],
        ...     zoning=Zoning.flat(),
        ...     free_from=Money(5000, "EUR"),
        ... )
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=1)])
        >>> q = price(cart, PriceBook.of({"TEA": Money(3760, "EUR")}), at="2026-01-01T00:00Z")
        >>> (answer,) = delivery_answers(q, ChargeBook(options=[post]))
        >>> str(answer.price), str(answer.to_free.short)
        ('EUR 4.90', 'EUR 12.40')
    """
    expect(quote, Quote, "quote")
    expect(charges, ChargeBook, "charges")
    expect(policy, PricingPolicy, "policy")
    if quote.policy_digest != policy.digest:
        raise InvalidValue("quote.other_policy", "policy", policy.digest, quote.policy_digest)
    seen = _Seen(quote, policy)
    return tuple(
        option.answer(
            group,
            delivery_load(seen.cart, group, seen.basis(option.discountable), quote.currency),
            at=quote.at,
            channel=seen.cart.channel,
            facts=seen.facts,
        )
        for group in seen.cart.delivery_groups
        for option in charges.options
    )


def _reasons(given: Iterable[Reason]) -> tuple[Reason, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class FeeAnswer:
    """What a fee came to in a quote, or every reason why it is not charged.

    ``until`` is how much more it takes until a fee on small orders is no longer charged.

    Example:
        >>> FeeAnswer(fee_id="cod", amount=Money(300, "EUR")).charged
        True
    """

    fee_id: str
    amount: Money
    until: Missing | None = None
    reasons: tuple[Reason, ...] = attrs.field(default=(), converter=_reasons)

    @property
    def charged(self) -> bool:
        """Whether it came to anything, before discounts."""
        return bool(self.amount)


def fee_answers(
    quote: Quote, charges: ChargeBook, *, policy: PricingPolicy = DEFAULT_PRICING
) -> tuple[FeeAnswer, ...]:
    """What each fee of the book came to in a quote, or why it is not charged. O(fees × lines).

    Reasons: ``fee.not_charged`` (at this time, or in this channel), ``fee.payment_method`` (with
    the methods that it is for), ``fee.currency``, ``fee.nothing_selected``, ``fee.large_enough``
    (with what the goods are worth and from where on that is enough), ``fee.condition``,
    ``fee.nothing`` (it came to nothing).

    Args:
        quote: A computed quote.
        charges: The charge book that it was made with.
        policy: The policy that it was made with, when that was not the default.

    Raises:
        InvalidValue: ``quote.other_charges`` or ``quote.other_policy`` when the digests differ.
        InvalidBatch: ``cart.empty`` for a quote without lines.

    Example:
        >>> from ordercore.pricing import Cart, CartLine, PriceBook
        >>> from ordercore.pricing import quote as price
        >>> small = Fee("small", Money(300, "EUR"), below=Money(2000, "EUR"))
        >>> book = ChargeBook(fees=[small])
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=1)])
        >>> q = price(
        ...     cart, PriceBook.of({"TEA": Money(1200, "EUR")}), at="2026-01-01T00:00Z", tariff=book
        ... )
        >>> (answer,) = fee_answers(q, book)
        >>> str(answer.amount), str(answer.until.short)
        ('EUR 3.00', 'EUR 8.00')
    """
    expect(quote, Quote, "quote")
    expect(charges, ChargeBook, "charges")
    expect(policy, PricingPolicy, "policy")
    if quote.policy_digest != policy.digest:
        raise InvalidValue("quote.other_policy", "policy", policy.digest, quote.policy_digest)
    if quote.charge_digest != charges.digest:
        raise InvalidValue("quote.other_charges", "charges", charges.digest, quote.charge_digest)
    seen = _Seen(quote, policy)
    return tuple([_fee_answer(fee, seen) for fee in charges.fees])


def _fee_answer(fee: Fee, seen: _Seen) -> FeeAnswer:
    quote, cart = seen.quote, seen.cart
    minor = sum(
        charge.list_amount.minor
        for charge in quote.charges
        if charge.charge_id.partition(":")[0] == fee.fee_id
    )
    amount = Money(minor, quote.currency)
    reasons: list[Reason] = []
    if quote.at not in fee.span or (fee.channels and cart.channel not in fee.channels):
        reasons.append(Reason("fee.not_charged"))
    if fee.payment_methods and cart.payment_method not in fee.payment_methods:
        facts: dict[str, FactValue] = {
            "payment_method": cart.payment_method,
            "payment_methods": fee.payment_methods,
        }
        reasons.append(Reason("fee.payment_method", facts=facts))
    selected = [
        worth
        for line, worth in zip(cart.lines, seen.basis(fee.discountable), strict=True)
        if fee.on.matches(line)
    ]
    until: Missing | None = None
    if fee.currency != quote.currency:
        reasons.append(Reason("fee.currency", facts={"currency": str(fee.currency)}))
    elif not selected:
        reasons.append(Reason("fee.nothing_selected"))
    elif fee.below is not None:
        have = Money(sum(selected), quote.currency)
        if have >= fee.below:
            reasons.append(Reason("fee.large_enough", facts={"have": have, "below": fee.below}))
        elif amount:
            until = Missing(have=have, need=fee.below, short=fee.below - have)
    if fee.when is not None and not (found := fee.when.evaluate(seen.facts)).holds:
        reasons.append(Reason("fee.condition", facts={"condition": found.trace.text}))
    if not amount and not reasons:
        reasons.append(Reason("fee.nothing"))
    return FeeAnswer(fee_id=fee.fee_id, amount=amount, until=until, reasons=reasons)

"""The quote of an order that is edited: recalculated, kept, or with its prices pinned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

import attrs

from ordercore.kernel import Instant, LineId, Reason, Refusal, expect, instant_at
from ordercore.pricing.after.after_policy import DEFAULT_AFTER_ORDER, EditPricing
from ordercore.pricing.after.kept import Kept
from ordercore.pricing.after.quote_inputs import QuoteInputs
from ordercore.pricing.after.shares import shares_of
from ordercore.pricing.cart import Cart
from ordercore.pricing.charges.charge import Charge
from ordercore.pricing.kept_points import kept_points
from ordercore.pricing.prices.list_index import Priced
from ordercore.pricing.prices.price_answer import PriceAnswer
from ordercore.pricing.prices.price_list import PriceList
from ordercore.pricing.prices.price_override import Manual
from ordercore.pricing.quote import Quote, QuoteLine, QuoteSource
from ordercore.pricing.quoting import priced_quote

__all__ = ["edited_quote"]


def edited_quote(
    quote: Quote,
    cart: Cart,
    inputs: QuoteInputs,
    *,
    at: Instant,
    pricing: EditPricing | str = EditPricing.RECALCULATED,
    charges: Iterable[Charge] = (),
    manual: Iterable[Manual] = (),
) -> Quote | Refusal:
    """What an order's cart costs once it is changed, or every reason why there is no answer.

    Lines are the same where their id and item are. What becomes of each under ``pricing``:

    - ``recalculated``: all of the cart is quoted now, as any other.
    - ``kept``: units that stay keep their shares of list amount, adjustments and taxes; units and
      lines that are new are quoted now by themselves, and join them. Charges stay as they are, less
      what goes with units. The answer is a recorded quote: no book gave it.
    - ``pinned``: a line keeps its price, for as many units as it has now; other lines have today's.
      Promotions, charges and taxes are asked again, now. A line of a recorded quote is worth its
      list amount, read as a price of the book.

    Args:
        quote: What the order stands on.
        cart: The whole of what is wanted now, not the difference.
        inputs: What is quoted from today.
        at: The moment.
        pricing: One of the three; an order's ``policy.after.edits`` says which it is meant to be.
        charges: Charges at their list amounts, as for :func:`~ordercore.pricing.quote`; where
            prices are kept, further ones beside those that stay.
        manual: Prices changed by hand, of what is quoted now.

    Returns:
        The quote, or a refusal as of :func:`~ordercore.pricing.try_quote`; ``pricing.currency``
        for a cart in another currency, ``pricing.mixed_tax_modes`` where kept and new prices
        would read differently.

    Raises:
        InvalidBatch: as :func:`~ordercore.pricing.quote`; ``quote.duplicate_charge`` for a further
            charge with the id of one that stays.

    Invariants: a cart that is the quote's own, kept, costs what the quote costs; so it does when
    pinned or recalculated while nothing of the inputs has changed.

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.pricing import CartLine, PriceBook
        >>> from ordercore.pricing import quote as price
        >>> one, two = CartLine("1", sku="TEA", quantity=1), CartLine("1", sku="TEA", quantity=2)
        >>> q = price(
        ...     Cart(lines=[one]), PriceBook.of({"TEA": Money(900, "EUR")}), at="2026-01-01T00:00Z"
        ... )
        >>> today = QuoteInputs(book=PriceBook.of({"TEA": Money(1000, "EUR")}))
        >>> for pricing in EditPricing:
        ...     new = edited_quote(
        ...         q, Cart(lines=[two]), today, at="2026-02-01T00:00Z", pricing=pricing
        ...     )
        ...     print(pricing.value, new.total)
        recalculated EUR 20.00
        kept EUR 19.00
        pinned EUR 18.00
    """
    expect(quote, Quote, "quote")
    expect(cart, Cart, "cart")
    expect(inputs, QuoteInputs, "inputs")
    at = instant_at(at, "at")
    if cart.currency is None:
        cart = attrs.evolve(cart, currency=quote.currency)
    elif cart.currency != quote.currency:
        facts = {"currency": str(quote.currency), "given": str(cart.currency)}
        return Refusal([Reason("pricing.currency", facts=facts)])
    how = EditPricing(pricing)
    same = {
        line.line_id: known
        for line in cart.lines
        for known in quote.lines
        if known.line_id == line.line_id and known.sku == line.sku
    }
    match how:
        case EditPricing.KEPT:
            return _kept(quote, cart, inputs, same, at=at, charges=charges, manual=manual)
        case EditPricing.RECALCULATED | EditPricing.PINNED:
            pinned = {} if how is EditPricing.RECALCULATED else _pinned(quote, same)
            return priced_quote(
                cart,
                inputs.book,
                at=at,
                taxes=inputs.taxes,
                policy=inputs.policy,
                charges=charges,
                tariff=inputs.tariff,
                manual=manual,
                usage=inputs.usage,
                pinned=pinned,
            )
        case never:
            assert_never(never)


def _pinned(quote: Quote, same: Mapping[LineId, QuoteLine]) -> dict[str, Priced]:
    """The answers that lines had, for good: no row's end ends them."""
    prices = PriceList("pinned", currency=quote.currency, rows=(), tax_included=quote.tax_included)
    found: dict[str, Priced] = {}
    for line_id, line in same.items():
        answer = line.price or PriceAnswer(
            price=line.list_amount, per=line.quantity, price_list="pinned", min_quantity=1
        )
        found[line_id] = (attrs.evolve(answer, valid_until=None), prices)
    return found


def _kept(
    quote: Quote,
    cart: Cart,
    inputs: QuoteInputs,
    same: Mapping[LineId, QuoteLine],
    *,
    at: Instant,
    charges: Iterable[Charge],
    manual: Iterable[Manual],
) -> Quote | Refusal:
    stays = {
        line.line_id: min(line.quantity, same[line.line_id].quantity)
        for line in cart.lines
        if line.line_id in same
    }
    more = [
        attrs.evolve(line, quantity=units)
        for line in cart.lines
        if (units := line.quantity - stays.get(line.line_id, 0))
    ]
    new: Quote | None = None
    if more:
        groups = {line.delivery_group for line in more}
        answer = priced_quote(
            attrs.evolve(
                cart, lines=more, deliveries=[d for d in cart.deliveries if d.group in groups]
            ),
            inputs.book,
            at=at,
            taxes=inputs.taxes,
            policy=inputs.policy,
            charges=charges,
            manual=manual,
            usage=inputs.usage,
        )
        if isinstance(answer, Refusal):
            return answer
        if answer.tax_included is not quote.tax_included:
            facts = {"kept": quote.tax_included, "new": answer.tax_included}
            return Refusal([Reason("pricing.mixed_tax_modes", facts=facts)])
        new = answer
    return _joined(quote, cart, inputs, stays, new, at)


def _joined(
    quote: Quote,
    cart: Cart,
    inputs: QuoteInputs,
    stays: Mapping[LineId, int],
    new: Quote | None,
    at: Instant,
) -> Quote:
    known = {line.line_id: line for line in quote.lines}
    fresh = {} if new is None else {line.line_id: line for line in new.lines}
    lines = []
    for line in cart.lines:
        parts = [
            *((_share(known[line.line_id], stays[line.line_id]),) if line.line_id in stays else ()),
            *((fresh[line.line_id],) if line.line_id in fresh else ()),
        ]
        lines.append(
            attrs.evolve(
                parts[0],
                quantity=line.quantity,
                list_amount=sum((p.list_amount for p in parts[1:]), parts[0].list_amount),
                adjustments=[each for part in parts for each in part.adjustments],
                taxes=[each for part in parts for each in part.taxes],
                delivery_group=line.delivery_group,
            )
        )
    # A gift stays while anything stays that brought it about.
    gifts = [
        line for line in quote.gifts if line.gift and any(t in stays for t in line.gift.triggers)
    ]
    units = {str(line_id): stays.get(line_id, 0) for line_id in known}
    units |= {str(line.line_id): line.quantity for line in gifts}
    has = Kept(quote, units, charges=True, policy=DEFAULT_AFTER_ORDER)
    charges = [
        _charge(charge, *has.pieces(charge), set(stays))
        for charge in quote.charges
        if has.pieces(charge)[0]
    ]
    done = Quote(
        currency=quote.currency,
        at=at,
        lines=[*lines, *gifts, *(() if new is None else new.gifts)],
        charges=[*charges, *(() if new is None else new.charges)],
        rounding=quote.rounding,
        tax_included=quote.tax_included,
        source=QuoteSource.RECORDED,
        valid_until=None if new is None else new.valid_until,
        channel=cart.channel,
        customer=cart.customer,
        coupons=cart.coupons,
        ship_to=cart.ship_to,
        payment_method=cart.payment_method,
        deliveries=cart.deliveries,
        tax_status=cart.tax_status,
        market=cart.market,
        customer_groups=cart.customer_groups,
        gift_choices=cart.gift_choices,
        pay_points=cart.pay_points,
        points=[*kept_points(quote, units), *(() if new is None else new.points)],
    )
    if inputs.policy.cash is None:
        return done
    exact = done.total - done.rounding
    return attrs.evolve(done, rounding=inputs.policy.cash.difference(exact))


def _share(line: QuoteLine, units: int) -> QuoteLine:
    if units == line.quantity:
        return line
    listed, adjustments, taxes = shares_of(line, units, 0, line.quantity)
    return attrs.evolve(
        line, quantity=units, list_amount=listed, adjustments=adjustments, taxes=taxes
    )


def _charge(charge: Charge, kept: int, whole: int, lines: set[LineId]) -> Charge:
    ids = [line_id for line_id in charge.line_ids if line_id in lines]
    if kept == whole:
        return attrs.evolve(charge, line_ids=ids)
    listed, adjustments, taxes = shares_of(charge, kept, 0, whole)
    return attrs.evolve(
        charge, list_amount=listed, adjustments=adjustments, taxes=taxes, line_ids=ids
    )

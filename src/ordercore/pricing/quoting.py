"""From cart and price book to quote, or to every reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs

from ordercore.kernel import (
    Currency,
    FactValue,
    Instant,
    Money,
    Reason,
    Refusal,
    expect,
    instant,
    instant_at,
    problems,
)
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.cart import Cart, CartLine
from ordercore.pricing.list_index import Priced
from ordercore.pricing.policy import DEFAULT_PRICING, PricingPolicy
from ordercore.pricing.price_book import PriceBook
from ordercore.pricing.price_list import PriceList
from ordercore.pricing.promotions.application import Walk
from ordercore.pricing.quote import Charge, Combination, Quote, QuoteLine
from ordercore.pricing.tax import NO_TAX, TaxRate, TaxTable, tax_shares

__all__ = ["quote", "try_quote"]


def quote(
    cart: Cart,
    book: PriceBook,
    *,
    at: Instant,
    taxes: TaxTable = NO_TAX,
    policy: PricingPolicy = DEFAULT_PRICING,
    shipping: Money | None = None,
    charges: Iterable[Charge] = (),
) -> Quote:
    """What a cart costs at a moment.

    Steps: prices from the lists, promotions in their order, taxes, coin rounding. The cost grows
    with lines and with the promotions that concern them, not with quantities nor with the book.

    Args:
        cart: What is wished for.
        book: Prices and promotions.
        at: The moment whose prices count.
        taxes: Rates by category and destination.
        policy: Every contested choice.
        shipping: Becomes a charge ``shipping``.
        charges: Further charges, at their list amounts; they are discounted and taxed here.

    Raises:
        Refused: with a :class:`~ordercore.kernel.Reason` for each faulty line:
            ``pricing.unknown_sku``, ``pricing.no_price`` (known, but not for this buyer, time or
            quantity; with ``min_quantity`` where more units would have one),
            ``pricing.currency`` (only in another), ``pricing.no_tax_rate``,
            ``pricing.mixed_tax_modes``; or ``pricing.currency_open`` for the whole cart.
        InvalidBatch: ``quote.charge_is_priced`` for a charge that has adjustments or taxes,
            ``quote.charge_negative``; charges of the same id or in another currency.

    Invariants: :data:`~ordercore.pricing.INVARIANTS`; the order of lines, coupons and promotions
    does not matter.

    Example:
        >>> from ordercore.pricing import CartLine, spend_and_save
        >>> book = PriceBook.of(
        ...     {"TEA-250G": Money.of("128.00", "CNY"), "CUP": Money.of("59.90", "CNY")},
        ...     promotions=[spend_and_save("11.11", {"300.00": "40.00", "500.00": "80.00"}, "CNY")],
        ... )
        >>> cart = Cart(
        ...     lines=[
        ...         CartLine("1", sku="TEA-250G", quantity=2),
        ...         CartLine("2", sku="CUP", quantity=1),
        ...     ]
        ... )
        >>> q = quote(cart, book, at=instant("2026-11-11T08:00+08:00"))
        >>> str(q.total)
        'CNY 275.90'
        >>> missing = q.explain("11.11", book).missing
        >>> str(missing.have), str(missing.need), str(missing.short)
        ('CNY 315.90', 'CNY 500.00', 'CNY 184.10')
    """
    answer = try_quote(
        cart, book, at=at, taxes=taxes, policy=policy, shipping=shipping, charges=charges
    )
    if isinstance(answer, Refusal):
        answer.accepted()
    return answer


def try_quote(
    cart: Cart,
    book: PriceBook,
    *,
    at: Instant,
    taxes: TaxTable = NO_TAX,
    policy: PricingPolicy = DEFAULT_PRICING,
    shipping: Money | None = None,
    charges: Iterable[Charge] = (),
) -> Quote | Refusal:
    """As :func:`quote`, with the refusal as a value.

    Example:
        >>> from ordercore.pricing import CartLine
        >>> cart = Cart(lines=[CartLine("1", sku="NO-SUCH", quantity=1)])
        >>> try_quote(cart, PriceBook.of({"TEA": Money(1, "EUR")}), at="2026-01-01T00:00Z").codes
        ('pricing.unknown_sku',)
    """
    expect(cart, Cart, "cart")
    expect(book, PriceBook, "book")
    expect(taxes, TaxTable, "taxes")
    expect(policy, PricingPolicy, "policy")
    at = instant_at(at, "at")
    moment = instant(at)
    index = book.list_index
    lists = index.concerning(cart, moment, policy.between_lists)
    currency = cart.currency
    if currency is None:
        currencies = sorted({prices.currency for prices in lists})
        if len(currencies) > 1:
            reason = Reason("pricing.currency_open", facts={"currencies": tuple(currencies)})
            return Refusal([reason])
        # Without any list no line has a price; the currency of the refusal does not matter.
        currency = Currency(currencies[0]) if currencies else Currency("XXX")
    prices = [
        index.price_of(
            lists,
            line.sku,
            line.quantity,
            moment,
            currency=currency,
            choice=policy.between_lists,
        )
        for line in cart.lines
    ]
    reasons: list[Reason] = []
    priced: list[Priced] = []
    for line, price in zip(cart.lines, prices, strict=True):
        if price is None:
            reasons.append(_why_no_price(line, book, lists, moment, currency))
        else:
            priced.append(price)
    modes = {
        taxes.included if found.tax_included is None else found.tax_included for _, found in priced
    }
    if len(modes) > 1:
        reasons.extend(
            Reason(
                "pricing.mixed_tax_modes",
                facts={"line": line.line_id, "sku": line.sku, "price_list": price[1].list_id},
            )
            for line, price in zip(cart.lines, prices, strict=True)
            if price is not None
        )
    extra = _charges(shipping, charges)
    region = None if cart.ship_to is None else cart.ship_to.region
    rates: dict[str, tuple[TaxRate, ...]] = {}
    if taxes.rates:
        taxed: tuple[CartLine | Charge, ...] = (*cart.lines, *extra)
        for part in taxed:
            category = part.tax_category
            rates[category] = taxes.rates_for(category, region, moment)
            if not rates[category]:
                reasons.append(_no_rate(part))
    if reasons:
        return Refusal(reasons)
    return _computed(
        cart,
        book,
        priced,
        extra,
        at=moment,
        currency=currency,
        included=modes.pop(),
        taxes=taxes,
        rates=rates,
        policy=policy,
    )


def _charges(shipping: Money | None, charges: Iterable[Charge]) -> tuple[Charge, ...]:
    given = tuple(charges)
    if shipping is not None:
        given = (Charge("shipping", list_amount=shipping), *given)
    faults = problems()
    for position, charge in enumerate(given):
        path = f"charges[{position}]"
        if charge.adjustments or charge.taxes:
            faults.add("quote.charge_is_priced", path, charge, "a list amount only")
        if charge.list_amount.minor < 0:
            faults.add("quote.charge_negative", path, charge.list_amount, "an amount ≥ 0")
    faults.raise_if_any("charges")
    return given


def _why_no_price(
    line: CartLine,
    book: PriceBook,
    lists: Iterable[PriceList],
    at: Instant,
    currency: Currency,
) -> Reason:
    facts: dict[str, FactValue] = {"line": line.line_id, "sku": line.sku}
    if not book.knows(line.sku):
        return Reason("pricing.unknown_sku", facts=facts, obtain="a price list that has the SKU")
    others = {
        prices.currency
        for prices in lists
        if prices.currency != currency
        and book.list_index.answer(prices, line.sku, line.quantity, at) is not None
    }
    if others:
        facts |= {"currency": currency, "priced_in": tuple(sorted(others))}
        return Reason("pricing.currency", facts=facts)
    facts["quantity"] = line.quantity
    least = [
        needed
        for prices in lists
        if prices.currency == currency
        and (needed := prices.least_quantity(line.sku, at)) is not None
    ]
    if least:
        facts["min_quantity"] = min(least)
    return Reason("pricing.no_price", facts=facts)


def _no_rate(part: CartLine | Charge) -> Reason:
    facts = {"tax_category": part.tax_category}
    if isinstance(part, CartLine):
        facts |= {"line": part.line_id, "sku": part.sku}
    else:
        facts |= {"charge": part.charge_id}
    return Reason("pricing.no_tax_rate", facts=facts)


def _computed(
    cart: Cart,
    book: PriceBook,
    prices: list[Priced],
    charges: tuple[Charge, ...],
    *,
    at: Instant,
    currency: Currency,
    included: bool,
    taxes: TaxTable,
    rates: dict[str, tuple[TaxRate, ...]],
    policy: PricingPolicy,
) -> Quote:
    rounding = policy.rounding
    amounts = [
        answer.amount(line.quantity, rounding)
        for line, (answer, _) in zip(cart.lines, prices, strict=True)
    ]
    run = Calculation(cart, amounts, charges, policy, currency, at)
    ends = [answer.valid_until for answer, _ in prices]
    ends += book.list_index.next_beginnings(
        cart, at, currency=currency, choice=policy.between_lists
    )
    walk = Walk(run)
    walk.all(book.turns(cart, at))
    ends += [promotion.span.end for promotion in walk.applied]
    adjustments = run.adjustments()
    ends += [rate.span.end for group in rates.values() for rate in group]
    parts: tuple[CartLine | Charge, ...] = (*cart.lines, *charges)
    # Taxes share out in the order of ids too: see the calculation.
    order = [*run.order, *sorted(range(len(cart.lines), len(parts)), key=_by_id(parts))]
    shares = tax_shares(
        [Money(run.left[position], currency) for position in order],
        [rates.get(parts[position].tax_category, ()) for position in order],
        included=included,
        place=policy.tax_place,
        rounding=policy.tax_rounding,
    )
    tax_of = dict(zip(order, shares, strict=True))
    lines = [
        QuoteLine(
            line.line_id,
            sku=line.sku,
            quantity=line.quantity,
            list_amount=amounts[position],
            adjustments=adjustments[position],
            taxes=tax_of[position],
            price=prices[position][0],
            delivery_group=line.delivery_group,
            tax_category=line.tax_category,
            category=line.category,
            attributes=line.attributes,
        )
        for position, line in enumerate(cart.lines)
    ]
    done = Quote(
        currency=currency,
        at=at,
        lines=lines,
        charges=[
            attrs.evolve(charge, adjustments=adjustments[position], taxes=tax_of[position])
            for position, charge in enumerate(charges, len(lines))
        ],
        tax_included=included,
        valid_until=min((end for end in ends if end is not None), default=None),
        channel=cart.channel,
        customer=cart.customer,
        coupons=cart.coupons,
        ship_to=cart.ship_to,
        book_digest=book.digest,
        tax_digest=taxes.digest,
        policy_digest=policy.digest,
        market=cart.market,
        customer_groups=cart.customer_groups,
        payment_method=cart.payment_method,
        combinations=[
            Combination(
                group=group.group_id,
                promotions=[member.promotion.promotion_id for member in found.chosen],
                value=Money(found.value, currency),
                bound=Money(found.bound, currency),
                nodes=found.nodes,
            )
            for group, found in walk.combinations
        ],
    )
    if policy.cash is None:
        return done
    return attrs.evolve(done, rounding=policy.cash.difference(done.total))


def _by_id(parts: tuple[CartLine | Charge, ...]) -> Callable[[int], str]:
    def key(position: int) -> str:
        part = parts[position]
        return part.line_id if isinstance(part, CartLine) else part.charge_id

    return key

"""From cart and price book to quote, or to every reason why there is none."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import (
    Currency,
    FactValue,
    Instant,
    Money,
    Reason,
    Refusal,
    as_tuple,
    expect,
    instant,
    instant_at,
    problems,
)
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.cart import Cart, CartLine
from ordercore.pricing.charges.charge import Charge, RefundWith
from ordercore.pricing.charges.charge_book import NO_CHARGES, ChargeBook
from ordercore.pricing.charges.charging import Charging, group_lines
from ordercore.pricing.policy import DEFAULT_PRICING, PricingPolicy
from ordercore.pricing.prices.list_index import Priced
from ordercore.pricing.prices.price_book import PriceBook
from ordercore.pricing.prices.price_list import PriceList
from ordercore.pricing.prices.price_override import Goodwill, Manual, ManualChanges, PriceOverride
from ordercore.pricing.promotions.application import Walk
from ordercore.pricing.promotions.stages import Stage
from ordercore.pricing.quote import Combination, Quote, QuoteLine
from ordercore.pricing.taxes.tax import NO_TAX, TaxTable
from ordercore.pricing.taxes.taxing import Taxation

__all__ = ["quote", "try_quote"]

_ORDER = frozenset({Stage.ORDER, Stage.SHIPPING, Stage.PAYMENT})
_AFTER_ORDER = frozenset({Stage.SHIPPING, Stage.PAYMENT})


def quote(
    cart: Cart,
    book: PriceBook,
    *,
    at: Instant,
    taxes: TaxTable = NO_TAX,
    policy: PricingPolicy = DEFAULT_PRICING,
    shipping: Money | None = None,
    charges: Iterable[Charge] = (),
    tariff: ChargeBook = NO_CHARGES,
    manual: Iterable[Manual] = (),
) -> Quote:
    """What a cart costs at a moment.

    Steps: prices from the lists, prices set by hand, promotions in their order with the charges
    priced before those that reach them, goodwill, taxes, coin rounding. The cost grows with lines
    and with the promotions and fees that concern them, not with quantities nor with the books.

    Args:
        cart: What is wished for.
        book: Prices and promotions.
        at: The moment whose prices count.
        taxes: Rates by category and destination.
        policy: Every contested choice.
        shipping: Becomes a charge ``shipping``.
        charges: Further charges, at their list amounts; they are discounted and taxed here.
        tariff: Delivery options, of which each delivery group's chosen one is charged, and fees.
        manual: Prices changed by hand, within the policy's limits.

    Raises:
        Refused: with a :class:`~ordercore.kernel.Reason` for each faulty line:
            ``pricing.unknown_sku``, ``pricing.no_price`` (known, but not for this buyer, time or
            quantity; with ``min_quantity`` where more units would have one),
            ``pricing.currency`` (only in another), ``pricing.no_tax_rate``,
            ``pricing.mixed_tax_modes``; or ``pricing.currency_open`` for the whole cart. For each
            delivery group: ``pricing.unknown_delivery_option``, and the reasons of
            :class:`~ordercore.pricing.DeliveryOption` where the chosen one does not fit. For each
            manual change: ``override.above_limit`` with what is allowed and the roles that may,
            ``override.unknown_line``, ``override.duplicate``, ``override.currency``.
        InvalidBatch: ``type.wrong`` for what is no charge or manual change,
            ``quote.charge_is_priced`` for a charge that has adjustments or taxes,
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
        cart,
        book,
        at=at,
        taxes=taxes,
        policy=policy,
        shipping=shipping,
        charges=charges,
        tariff=tariff,
        manual=manual,
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
    tariff: ChargeBook = NO_CHARGES,
    manual: Iterable[Manual] = (),
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
    expect(tariff, ChargeBook, "tariff")
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
    extra = _charges(cart, shipping, charges)
    taxation = Taxation(cart, taxes, moment, policy)
    reasons.extend(taxation.missing((*cart.lines, *extra)))
    if reasons:
        return Refusal(reasons)
    return _computed(
        cart,
        book,
        priced,
        extra,
        currency=currency,
        included=modes.pop(),
        taxation=taxation,
        tariff=tariff,
        manual=manual,
    )


def _charges(cart: Cart, shipping: Money | None, charges: Iterable[Charge]) -> tuple[Charge, ...]:
    given = expect(as_tuple(charges), tuple, "charges")
    if shipping is not None:
        amount = expect(shipping, Money, "shipping")
        given = (Charge("shipping", list_amount=amount), *given)
    faults = problems()
    for position, charge in enumerate(given):
        path = f"charges[{position}]"
        if not isinstance(charge, Charge):
            faults.add("type.wrong", path, charge, "a Charge")
            continue
        if charge.adjustments or charge.taxes:
            faults.add("quote.charge_is_priced", path, charge, "a list amount only")
        if charge.list_amount.minor < 0:
            faults.add("quote.charge_negative", path, charge.list_amount, "an amount ≥ 0")
    faults.raise_if_any("charges")
    return tuple(
        [
            attrs.evolve(charge, line_ids=group_lines(cart, charge.delivery_group))
            if charge.refund_with is RefundWith.UNITS and not charge.line_ids
            else charge
            for charge in given
        ]
    )


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


def _computed(
    cart: Cart,
    book: PriceBook,
    prices: list[Priced],
    charges: tuple[Charge, ...],
    *,
    currency: Currency,
    included: bool,
    taxation: Taxation,
    tariff: ChargeBook,
    manual: Iterable[Manual],
) -> Quote | Refusal:
    policy, at = taxation.policy, taxation.at
    amounts = [
        answer.amount(line.quantity, policy.rounding)
        for line, (answer, _) in zip(cart.lines, prices, strict=True)
    ]
    keeps_net = included and taxation.keeps_net
    if keeps_net:
        amounts = [
            taxation.at_destination(amount, line.tax_category, line.delivery_group)
            for line, amount in zip(cart.lines, amounts, strict=True)
        ]
        charges = tuple([_at_destination(charge, taxation) for charge in charges])
    run = Calculation(cart, amounts, charges, policy, currency, at)
    changes = ManualChanges(manual, policy.override_limits)
    if not changes.check(run):
        return Refusal(changes.reasons)
    changes.take_turn(run, PriceOverride)
    ends = [answer.valid_until for answer, _ in prices]
    ends += book.list_index.next_beginnings(
        cart, at, currency=currency, choice=policy.between_lists
    )
    charging = Charging(tariff, run, taxation if keeps_net else None)
    # What is due before which stage; a stage that no promotion has is passed all the same.
    due = [_ORDER, _AFTER_ORDER]
    walk = Walk(run)
    for turn in book.turns(cart, at):
        while due and turn.stage in due[0]:
            charging.take_turn(before_order=due.pop(0) is _ORDER)
        walk.take(turn)
    for stages in due:
        charging.take_turn(before_order=stages is _ORDER)
    changes.take_turn(run, Goodwill)
    reasons = [*changes.reasons, *charging.reasons]
    reasons.extend(taxation.missing(run.charges[len(charges) :]))
    if reasons:
        return Refusal(reasons)
    tax_of = taxation.shares(run, included=included)
    adjustments = run.adjustments()
    ends += [promotion.span.end for promotion in walk.applied]
    ends += [span.end for span in charging.spans]
    ends += taxation.valid_until()
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
            weight_g=line.weight_g,
            volume_cm3=line.volume_cm3,
        )
        for position, line in enumerate(cart.lines)
    ]
    done = Quote(
        currency=currency,
        at=at,
        lines=lines,
        charges=[
            attrs.evolve(charge, adjustments=adjustments[position], taxes=tax_of[position])
            for position, charge in enumerate(run.charges, len(lines))
        ],
        tax_included=included,
        valid_until=min((end for end in ends if end is not None), default=None),
        channel=cart.channel,
        customer=cart.customer,
        coupons=cart.coupons,
        ship_to=cart.ship_to,
        book_digest=book.digest,
        tax_digest=taxation.taxes.digest,
        policy_digest=policy.digest,
        charge_digest="" if tariff is NO_CHARGES else tariff.digest,
        payment_method=cart.payment_method,
        deliveries=cart.deliveries,
        tax_status=cart.tax_status,
        market=cart.market,
        customer_groups=cart.customer_groups,
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


def _at_destination(charge: Charge, taxation: Taxation) -> Charge:
    amount = taxation.at_destination(charge.list_amount, charge.tax_category, charge.delivery_group)
    return attrs.evolve(charge, list_amount=amount)

"""Quotes from the amounts that a channel reports, and how ours differ from them.

A marketplace order arrives priced. Its amounts are the truth about what was paid, even where they
do not add up, so they are recorded and never replaced. What the parts do not explain becomes an
adjustment of code ``quote.unexplained``: on its line where the channel says what the line came
to, else shared out over the lines by what they cost (over the charges when no line costs
anything). From then on it is a share like every other: it sums, and it goes back with its units.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from ordercore.kernel import (
    FrozenMap,
    Instant,
    InvalidBatch,
    LineId,
    Money,
    ZeroWeights,
    apportion,
    problems,
)
from ordercore.network import Destination
from ordercore.pricing.amount import UNEXPLAINED, Adjustment, PricedAmount, TaxShare
from ordercore.pricing.quote import Charge, Quote, QuoteLine, QuoteSource

__all__ = ["Difference", "compare", "recorded_line", "recorded_quote"]


def _remainder(minor: int, like: Money, note: str) -> Adjustment:
    return Adjustment(
        code=UNEXPLAINED,
        kind="unexplained",
        amount=Money(minor, like.currency),
        note=note,
    )


def recorded_line(
    line_id: str,
    *,
    sku: str,
    quantity: int,
    unit_price: Money | None = None,
    list_amount: Money | None = None,
    adjustments: Iterable[Adjustment] = (),
    taxes: Iterable[TaxShare] = (),
    paid: Money | None = None,
    delivery_group: str = "default",
    tax_category: str = "standard",
    category: Iterable[str] = (),
) -> QuoteLine:
    """A quote's line from what a channel says about it.

    Args:
        line_id: The channel's id of the line, or one made from its position.
        sku: The item.
        quantity: Units, 1 or more.
        unit_price: List price of one unit, or
        list_amount: the list amount of the whole line; exactly one of the two.
        adjustments: Discounts (negative) and surcharges, each with its funder.
        taxes: The line's taxes.
        paid: What the channel says the buyer pays for the line; a difference from the parts
            becomes an adjustment ``quote.unexplained`` on this line.
        delivery_group: As on a cart line.
        tax_category: As on a cart line.
        category: As on a cart line.

    Raises:
        InvalidBatch: ``recorded.price`` when neither or both of the prices are given, and as
            :class:`~ordercore.pricing.QuoteLine`.

    Example:
        >>> line = recorded_line(
        ...     "1", sku="TEA", quantity=3, unit_price=Money(333, "EUR"), paid=Money(1000, "EUR")
        ... )
        >>> str(line.gross), str(line.unexplained)
        ('EUR 10.00', 'EUR 0.01')
    """
    faults = problems()
    if (unit_price is None) == (list_amount is None):
        faults.add("recorded.price", "unit_price", unit_price, "either this or list_amount")
    elif unit_price is not None and type(quantity) is int:
        list_amount = unit_price * quantity
    faults.raise_if_any("recorded line")
    line = QuoteLine(
        line_id,
        sku=sku,
        quantity=quantity,
        list_amount=unit_price if list_amount is None else list_amount,
        adjustments=adjustments,
        taxes=taxes,
        delivery_group=delivery_group,
        tax_category=tax_category,
        category=category,
    )
    if paid is None or paid == line.gross:
        return line
    rest = paid - line.gross
    return attrs.evolve(
        line, adjustments=(*line.adjustments, _remainder(rest.minor, rest, "of the line"))
    )


def recorded_quote(
    *,
    lines: Iterable[QuoteLine],
    total: Money,
    at: Instant,
    charges: Iterable[Charge] = (),
    rounding: Money | None = None,
    tax_included: bool = False,
    channel: str | None = None,
    customer: str | None = None,
    coupons: Iterable[str] = (),
    ship_to: Destination | None = None,
) -> Quote:
    """A quote whose total is what the channel says was asked for, whatever its parts add up to.

    Args:
        lines: From :func:`recorded_line`, or made directly.
        total: What the buyer pays for everything.
        at: When the channel priced it.
        charges: Shipping and fees.
        rounding: Coin rounding that the channel reports.
        tax_included: How list amounts read.
        channel: Where it comes from.
        customer: Whose it is.
        coupons: Codes that were used.
        ship_to: Where it goes.

    Raises:
        InvalidBatch: as :class:`~ordercore.pricing.Quote`; ``money.currency_mismatch`` also for a
            part in another currency than the total.

    Invariants: ``quote.total == total``; what is unexplained stands in ``quote.unexplained``.

    Example:
        >>> line = recorded_line("1", sku="TEA", quantity=2, unit_price=Money(500, "EUR"))
        >>> quote = recorded_quote(
        ...     lines=[line], total=Money(990, "EUR"), at="2026-01-01T00:00Z", channel="bazaar"
        ... )
        >>> str(quote.total), str(quote.unexplained), quote.source.value
        ('EUR 9.90', 'EUR -0.10', 'recorded')
    """
    quote = Quote(
        currency=total.currency,
        at=at,
        lines=lines,
        charges=charges,
        rounding=Money.zero(total.currency) if rounding is None else rounding,
        tax_included=tax_included,
        source=QuoteSource.RECORDED,
        channel=channel or None,
        customer=customer,
        coupons=coupons,
        ship_to=ship_to,
    )
    rest = total - quote.total
    if not rest:
        return quote
    line_weights = [max(line.gross.minor, 0) for line in quote.lines]
    if any(line_weights) or not quote.charges:
        return attrs.evolve(quote, lines=_spread(quote.lines, rest, line_weights))
    charge_weights = [max(charge.gross.minor, 0) for charge in quote.charges]
    return attrs.evolve(quote, charges=_spread_charges(quote.charges, rest, charge_weights))

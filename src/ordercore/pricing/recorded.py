"""Quotes from the amounts that a channel reports, and how ours differ from them.

A marketplace order arrives priced. Its amounts are the truth about what was paid, even where they
do not add up, so they are recorded and never replaced. What the parts do not explain becomes an
adjustment of code ``quote.unexplained``: on its line where the channel says what the line came
to, else shared out over the lines by what they cost (over the charges when no line costs
anything). No part goes below zero for it while another has room: what is missing beyond the
lines is taken off the charges. From then on it is a share like every other: it sums, and it goes
back with its units.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar, cast

import attrs

from ordercore.kernel import (
    CurrencyMismatch,
    Instant,
    Money,
    answering,
    apportion,
    checked,
    problems,
)
from ordercore.network import Destination
from ordercore.pricing.amount import UNEXPLAINED, Adjustment, PricedAmount, TaxShare
from ordercore.pricing.quote import Charge, Quote, QuoteLine, QuoteSource

__all__ = ["Difference", "compare", "recorded_line", "recorded_quote"]


P = TypeVar("P", QuoteLine, Charge)


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
    faults.raise_if_any("recorded line")
    # An odd quantity is the line's to refuse, beside its other faults.
    times = quantity if type(quantity) is int else 1
    line = QuoteLine(
        line_id,
        sku=sku,
        quantity=quantity,
        list_amount=cast(Money, list_amount if unit_price is None else unit_price * times),
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


@answering
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
    of_lines = _between(rest.minor, quote.lines, quote.charges)
    return attrs.evolve(
        quote,
        lines=_spread(quote.lines, Money(of_lines, rest.currency)),
        charges=_spread(quote.charges, Money(rest.minor - of_lines, rest.currency)),
    )


def _room(parts: Iterable[PricedAmount]) -> int:
    return sum(max(part.gross.minor, 0) for part in parts)


def _between(rest: int, lines: tuple[QuoteLine, ...], charges: tuple[Charge, ...]) -> int:
    """What of the remainder the lines take; the charges take what is left."""
    room = _room(lines)
    if not charges:
        return rest
    if not room:
        return 0
    if rest >= 0:
        return rest
    beyond = max(-rest - room, 0)
    return rest + min(beyond, _room(charges))


def _spread(parts: tuple[P, ...], rest: Money) -> tuple[P, ...]:
    """The parts, each with its share of what is unexplained; evenly where none costs anything."""
    if not rest:
        return parts
    shares = apportion(rest.minor, [max(part.gross.minor, 0) for part in parts])
    changed: list[P] = []
    for part, share in zip(parts, shares, strict=True):
        more = (_remainder(share, rest, "of the total"),) if share else ()
        changed.append(attrs.evolve(part, adjustments=part.adjustments + more))
    return tuple(changed)


@attrs.frozen(kw_only=True)
@checked
class Difference:
    """One place where our quote and the recorded one differ, and what that does to the total.

    ``effect`` is what it adds to the recorded total: the effects of all differences sum to the
    recorded total minus ours. A difference of included taxes has no effect.

    Example:
        >>> Difference(
        ...     code="difference.discount",
        ...     path="lines[1]",
        ...     ours=Money(-100, "EUR"),
        ...     recorded=Money(-90, "EUR"),
        ...     effect=Money(10, "EUR"),
        ... ).code
        'difference.discount'
    """

    code: str
    path: str
    ours: Money
    recorded: Money
    effect: Money


@answering
def compare(ours: Quote, recorded: Quote) -> tuple[Difference, ...]:
    """Where two quotes of one order differ, by reason; nothing when they agree.

    Lines and charges are matched by their ids. Codes: ``difference.line_missing`` (only ours has
    it), ``difference.line_extra``, ``difference.quantity``, ``difference.list_price``,
    ``difference.discount``, ``difference.tax``, ``difference.unexplained``,
    ``difference.charge``, ``difference.rounding``. Lines come in our order, then the extra ones.
    O(size of both).

    Raises:
        CurrencyMismatch: the two are in different currencies.

    Example:
        >>> def priced(minor):
        ...     line = recorded_line("1", sku="TEA", quantity=1, list_amount=Money(minor, "EUR"))
        ...     return recorded_quote(lines=[line], total=line.gross, at="2026-01-01T00:00Z")
        >>> [(d.code, str(d.effect)) for d in compare(priced(500), priced(480))]
        [('difference.list_price', 'EUR -0.20')]
    """
    if ours.currency != recorded.currency:
        raise CurrencyMismatch(ours.currency, recorded.currency)
    found: list[Difference] = []
    zero = Money.zero(ours.currency)

    def note(code: str, path: str, mine: Money, theirs: Money, *, counts: bool = True) -> None:
        if mine != theirs:
            found.append(
                Difference(
                    code=f"difference.{code}",
                    path=path,
                    ours=mine,
                    recorded=theirs,
                    effect=theirs - mine if counts else zero,
                )
            )

    reported = {line.line_id: line for line in recorded.lines}
    for line in ours.lines:
        path = f"lines[{line.line_id}]"
        other = reported.pop(line.line_id, None)
        if other is None:
            note("line_missing", path, line.gross, zero)
            continue
        code = "list_price" if line.quantity == other.quantity else "quantity"
        note(code, path, line.list_amount, other.list_amount)
        note("discount", path, _explained(line), _explained(other))
        note("unexplained", path, line.unexplained, other.unexplained)
        note("tax", path, line.gross - line.amount, other.gross - other.amount)
        inside, outside = line.amount - line.net, other.amount - other.net
        note("tax", path, inside, outside, counts=False)
    for line in reported.values():
        note("line_extra", f"lines[{line.line_id}]", zero, line.gross)
    fees = {charge.charge_id: charge.gross for charge in recorded.charges}
    for charge in ours.charges:
        theirs = fees.pop(charge.charge_id, zero)
        note("charge", f"charges[{charge.charge_id}]", charge.gross, theirs)
    for charge_id, theirs in fees.items():
        note("charge", f"charges[{charge_id}]", zero, theirs)
    note("rounding", "rounding", ours.rounding, recorded.rounding)
    return tuple(found)


def _explained(part: PricedAmount) -> Money:
    return part.amount - part.list_amount - part.unexplained

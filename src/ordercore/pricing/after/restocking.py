"""The fee for taking goods back: a charge of its own, beside the refund."""

from __future__ import annotations

from fractions import Fraction

import attrs

from ordercore.kernel import InvalidValue, Money, Rounding, answering, apportion, divide
from ordercore.pricing.after.after_policy import RestockingFee
from ordercore.pricing.amount import TaxShare
from ordercore.pricing.charges.charge import Charge
from ordercore.pricing.refund import Refund

__all__ = ["RESTOCKING", "restocking_charge"]

RESTOCKING = "restocking"
"""Kind of the charge for taking goods back."""


@answering
def restocking_charge(
    back: Refund, fee: RestockingFee, *, charge_id: str, most: Money | None = None
) -> Charge | None:
    """What the seller keeps of one return; None when that is nothing. O(lines × taxes).

    The fee reads with tax, and never exceeds what the lines of the refund give back. Where it is
    taxed, the taxes of the lines are in it in the proportion of the fee to them.

    Args:
        back: What the return gives back.
        fee: How much is kept of it.
        charge_id: An id of its own, as the return's.
        most: What it may come to at most besides; None for no other limit.

    Raises:
        InvalidValue: ``money.currency_mismatch`` for a fee in another currency.

    Example:
        >>> from ordercore.pricing import Quote, QuoteLine, refund
        >>> line = QuoteLine("1", sku="TEA", quantity=3, list_amount=Money(1000, "EUR"))
        >>> q = Quote(currency="EUR", at="2026-01-01T00:00Z", lines=[line])
        >>> fee = restocking_charge(
        ...     refund(q, {"1": 3}, {"1": 2}), RestockingFee(percent=15), charge_id="restocking/r-1"
        ... )
        >>> str(fee.gross), fee.kind
        ('EUR 0.50', 'restocking')
    """
    if fee.currency not in {None, back.currency}:
        raise InvalidValue("money.currency_mismatch", "fee", fee.currency, back.currency)
    goods = sum(line.gross.minor for line in back.lines)
    above, below = fee.percent.as_integer_ratio()
    minor = divide(max(0, goods) * above, 100 * below, Rounding.HALF_UP)
    if fee.per_unit is not None:
        minor += fee.per_unit.minor * back.units
    if fee.amount is not None:
        minor += fee.amount.minor
    minor = min(minor, goods if most is None else min(goods, most.minor))
    if minor <= 0:
        return None
    return Charge(
        charge_id,
        kind=RESTOCKING,
        list_amount=Money(minor, back.currency),
        taxes=_taxes(back, Fraction(minor, goods)) if fee.taxed else (),
        refundable=False,
    )


def _taxes(back: Refund, part: Fraction) -> list[TaxShare]:
    """The taxes of the refund's lines, in so much of them; whole minor units by largest remainder.

    In all, the tax is what the proportion says, rounded once.
    """
    sums: dict[TaxShare, int] = {}
    for line in back.lines:
        for tax in line.taxes:
            bare = attrs.evolve(tax, amount=tax.amount * 0, base=None, included=True)
            sums[bare] = sums.get(bare, 0) + tax.amount.minor
    whole = sum(sums.values())
    above, below = part.as_integer_ratio()
    if whole <= 0 or min(sums.values()) < 0:
        return []
    shares = apportion(divide(whole * above, below, Rounding.HALF_UP), list(sums.values()))
    one = Money(1, back.currency)
    return [
        attrs.evolve(bare, amount=one * share)
        for bare, share in zip(sums, shares, strict=True)
        if share
    ]

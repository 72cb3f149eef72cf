"""Cumulative shares of an amount and of everything in it: the first k of n equal pieces."""

from __future__ import annotations

import attrs

from ordercore.kernel import Money, cumulative_share
from ordercore.pricing.amount import Adjustment, PricedAmount, TaxShare

__all__ = ["kept_minor", "shares_of"]


def _step(minor: int, before: int, after: int, whole: int) -> int:
    return cumulative_share(minor, before, whole) - cumulative_share(minor, after, whole)


def shares_of(
    part: PricedAmount, before: int, after: int, whole: int
) -> tuple[Money, list[Adjustment], list[TaxShare]]:
    """What of a part lies above ``after`` up to ``before`` of so many pieces.

    On the running sums, so that the money falls piece by piece: see
    :mod:`ordercore.pricing.refund`.

    Example:
        >>> listed, _, _ = shares_of(PricedAmount(list_amount=Money(1000, "EUR")), 3, 2, 3)
        >>> str(listed)
        'EUR 3.34'
    """
    one = Money(1, part.list_amount.currency)
    running = part.list_amount.minor
    listed = previous = _step(running, before, after, whole)
    adjustments: list[Adjustment] = []
    for given in part.adjustments:
        running += given.amount.minor
        now = _step(running, before, after, whole)
        adjustments.append(
            Adjustment(
                code=given.code,
                amount=one * (now - previous),
                kind=given.kind,
                funder=given.funder,
                promotion=given.promotion,
                stage=given.stage,
                note=given.note,
                actor=given.actor,
                approver=given.approver,
            )
        )
        previous = now
    taxes = [
        attrs.evolve(
            tax,
            amount=one * _step(tax.amount.minor, before, after, whole),
            base=None if tax.base is None else one * _step(tax.base.minor, before, after, whole),
        )
        for tax in part.taxes
    ]
    return one * listed, adjustments, taxes


def kept_minor(part: PricedAmount, kept: int, whole: int) -> int:
    """What the buyer pays for the first ``kept`` pieces, in minor units.

    Example:
        >>> kept_minor(PricedAmount(list_amount=Money(1000, "EUR")), 1, 3)
        333
    """
    minor = cumulative_share(part.amount.minor, kept, whole)
    for tax in part.taxes:
        if not tax.included:
            minor += cumulative_share(tax.amount.minor, kept, whole)
    return minor

"""The taxes of a quote as an invoice shows them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import attrs

from ordercore.kernel import Currency, Money, checked
from ordercore.pricing.amount import PricedAmount, TaxTreatment

__all__ = ["TaxTotal", "tax_totals"]


@attrs.frozen(kw_only=True)
@checked
class TaxTotal:
    """One row of an invoice's taxes: everything that is taxed alike.

    ``net`` is what is taxed without any tax that is in it, ``amount`` the tax.

    Example:
        >>> TaxTotal(
        ...     rate=Fraction(19, 100),
        ...     net=Money(1000, "EUR"),
        ...     amount=Money(190, "EUR"),
        ...     included=True,
        ...     jurisdiction="DE",
        ...     component="tax",
        ...     collector="merchant",
        ... ).amount.minor
        190
    """

    rate: Fraction | None
    net: Money
    amount: Money
    included: bool
    jurisdiction: str
    component: str
    collector: str
    treatment: TaxTreatment = attrs.field(default=TaxTreatment.TAXED, converter=TaxTreatment)
    reason: str = ""


def tax_totals(parts: Iterable[PricedAmount], currency: Currency) -> tuple[TaxTotal, ...]:
    """The taxes of parts by rate, jurisdiction, component, collector, treatment and reason.

    Example:
        >>> from ordercore.pricing import TaxShare
        >>> share = TaxShare(amount=Money(160, "EUR"), included=True, base=Money(1000, "EUR"))
        >>> part = PricedAmount(list_amount=Money(1000, "EUR"), taxes=[share])
        >>> [(str(row.net), str(row.amount)) for row in tax_totals([part], Currency("EUR"))]
        [('EUR 8.40', 'EUR 1.60')]
    """
    sums: dict[tuple[object, ...], list[int]] = {}
    rows: dict[tuple[object, ...], TaxTotal] = {}
    nothing = Money.zero(currency)
    for part in parts:
        # Of a part that is taxed as several categories each has its own base.
        inside: dict[str, int] = {}
        for share in part.taxes:
            if share.included:
                inside[share.category] = inside.get(share.category, 0) + share.amount.minor
        for share in part.taxes:
            key = (
                share.jurisdiction,
                share.component,
                share.rate is None,
                share.rate or 0,
                share.treatment,
                share.reason,
                share.collector,
                share.included,
            )
            base = part.amount if share.base is None else share.base
            found = sums.setdefault(key, [0, 0])
            found[0] += base.minor - (inside[share.category] if share.included else 0)
            found[1] += share.amount.minor
            if key not in rows:
                rows[key] = TaxTotal(
                    rate=share.rate,
                    net=nothing,
                    amount=nothing,
                    included=share.included,
                    jurisdiction=share.jurisdiction,
                    component=share.component,
                    collector=share.collector,
                    treatment=share.treatment,
                    reason=share.reason,
                )
    return tuple(
        attrs.evolve(
            rows[key], net=Money(sums[key][0], currency), amount=Money(sums[key][1], currency)
        )
        for key in sorted(rows)
    )

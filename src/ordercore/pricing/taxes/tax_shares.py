"""What rates make of amounts: rounded once per place, shared out exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ordercore.kernel import Money, Rounding, divide, round_ratio
from ordercore.pricing.amount import TaxShare
from ordercore.pricing.policy import TaxPlace
from ordercore.pricing.taxes.tax import TaxRate

__all__ = ["effective_rates", "tax_shares"]


def effective_rates(rates: Sequence[TaxRate]) -> list[Fraction]:
    """Each rate as a part of the amount without any tax: what it is compounded on is in it.

    Example:
        >>> gst = TaxRate("standard", "0.05", component="gst")
        >>> qst = TaxRate("standard", "0.095", component="qst", compound_on=["gst"])
        >>> [str(rate) for rate in effective_rates([gst, qst])]
        ['1/20', '399/4000']
    """
    known: dict[str, Fraction] = {}
    by_component = {rate.component: rate for rate in rates}

    def of(rate: TaxRate) -> Fraction:
        done = known.get(rate.component)
        if done is None:
            below = [by_component[name] for name in rate.compound_on if name in by_component]
            done = rate.rate * (1 + sum([of(each) for each in below], Fraction(0)))
            known[rate.component] = done
        return done

    return [of(rate) for rate in rates]


class _Rated:
    """The rates of an amount as parts of that amount."""

    __slots__ = ("parts", "rates", "whole")

    def __init__(self, rates: tuple[TaxRate, ...], *, included: bool) -> None:
        effective = effective_rates(rates)
        together = 1 + sum(effective, Fraction(0)) if included else Fraction(1)
        self.rates = rates
        self.parts = [each / together for each in effective]
        self.whole = sum(self.parts, Fraction(0))


def tax_shares(
    amounts: Sequence[Money],
    rates: Sequence[tuple[TaxRate, ...]],
    *,
    included: bool,
    place: TaxPlace,
    rounding: Rounding,
    units: Sequence[int] | None = None,
) -> list[tuple[TaxShare, ...]]:
    """The taxes of amounts, each with its rates; rounded once per place, shared out exactly.

    Included taxes are of the amount ``rate ÷ (1 + all its rates)``, others ``rate`` on top. A
    compound tax is computed from the exact taxes below it, not from rounded ones.

    Args:
        amounts: What is taxed.
        rates: The rates of each amount.
        included: Whether the amounts contain the taxes.
        place: Where is rounded.
        rounding: How.
        units: Units of each amount, for ``TaxPlace.UNIT``; one each by default.

    Example:
        >>> rate = TaxRate("standard", "0.19")
        >>> amounts = [Money(297, "EUR"), Money(99, "EUR")]
        >>> for place in TaxPlace:
        ...     shares = tax_shares(
        ...         amounts,
        ...         [(rate,)] * 2,
        ...         included=False,
        ...         place=place,
        ...         rounding=Rounding.HALF_UP,
        ...         units=[3, 1],
        ...     )
        ...     print(place.value, [share.amount.minor for (share,) in shares])
        unit [57, 19]
        line [56, 19]
        rate_group [56, 19]
        document [56, 19]
    """
    if place is TaxPlace.LINE and all(len(each) < 2 for each in rates):
        return [
            tuple(
                [
                    _share(amount, rate, _alone(amount, rate, rounding, included), included)
                    for rate in each
                ]
            )
            for amount, each in zip(amounts, rates, strict=True)
        ]
    # By identity: lines of one category share one tuple, and hashing it costs more than its use.
    rated: dict[int, _Rated] = {}
    for each in rates:
        if id(each) not in rated:
            rated[id(each)] = _Rated(each, included=included)
    taxed = [rated[id(each)] for each in rates]
    if place is TaxPlace.UNIT:
        counts = [1] * len(amounts) if units is None else units
        return [
            _by_unit(amount, each, count, rounding, included)
            for amount, each, count in zip(amounts, taxed, counts, strict=True)
        ]
    groups: dict[object, list[tuple[int, TaxRate, Fraction]]] = {}
    for position, (amount, its) in enumerate(zip(amounts, taxed, strict=True)):
        for rate, part in zip(its.rates, its.parts, strict=True):
            key: object = None
            if place is TaxPlace.RATE_GROUP:
                key = its.rates if included else rate
            elif place is TaxPlace.LINE:
                key = position if included else (position, rate.component)
            groups.setdefault(key, []).append((position, rate, amount.minor * part))
    shares: list[list[TaxShare]] = [[] for _ in amounts]
    for cells in groups.values():
        minors = _nearest([exact for _, _, exact in cells], rounding)
        for (position, rate, _), minor in zip(cells, minors, strict=True):
            shares[position].append(_share(amounts[position], rate, minor, included))
    return [tuple(each) for each in shares]


def _by_unit(
    amount: Money, its: _Rated, units: int, rounding: Rounding, included: bool
) -> tuple[TaxShare, ...]:
    """A run's units cost at most two prices; each is taxed once and counted."""
    low, more = divmod(amount.minor, units)
    minors = [0] * len(its.rates)
    for price, count in ((low, units - more), (low + 1, more)):
        exact = [price * part for part in its.parts]
        taxes = _nearest(exact, rounding) if included else [round_ratio(e, rounding) for e in exact]
        minors = [minor + count * tax for minor, tax in zip(minors, taxes, strict=True)]
    return tuple(
        [
            _share(amount, rate, minor, included)
            for rate, minor in zip(its.rates, minors, strict=True)
        ]
    )


def _nearest(exact: Sequence[Fraction], rounding: Rounding) -> list[int]:
    """Integers that sum to the rounded sum of ``exact``, each less than one off its own.

    Not an apportionment of the sum: with few units and one-sided rounding, that strays further.
    """
    whole = round_ratio(sum(exact, Fraction(0)), rounding)
    minors = [each.numerator // each.denominator for each in exact]
    rests = [each - minor for each, minor in zip(exact, minors, strict=True)]
    # Sorting in reverse keeps equal rests in their order: the earlier position wins.
    by_rest = sorted(range(len(rests)), key=rests.__getitem__, reverse=True)
    for position in by_rest[: whole - sum(minors)]:
        minors[position] += 1
    return minors


def _alone(amount: Money, rate: TaxRate, rounding: Rounding, included: bool) -> int:
    above, below = rate.rate.numerator, rate.rate.denominator
    return divide(amount.minor * above, below + above if included else below, rounding)


def _share(amount: Money, rate: TaxRate, minor: int, included: bool) -> TaxShare:
    return TaxShare(
        amount=Money(minor, amount.currency),
        rate=rate.rate,
        included=included,
        base=amount,
        category=rate.category,
        jurisdiction=rate.jurisdiction,
        component=rate.component,
        collector=rate.collector,
        treatment=rate.treatment,
        reason=rate.reason,
    )

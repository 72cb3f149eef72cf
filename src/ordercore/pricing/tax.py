"""Tax tables: rates by category, region and time, and what they make of amounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

import attrs

from ordercore.kernel import (
    Instant,
    InvalidValue,
    Money,
    Rounding,
    Span,
    as_tuple,
    checked,
    digest,
    divide,
    problems,
    round_ratio,
)
from ordercore.network import Region
from ordercore.pricing.amount import MERCHANT, TaxShare
from ordercore.pricing.policy import TaxPlace

__all__ = ["NO_TAX", "TaxRate", "TaxTable", "exact_fraction", "tax_shares"]

_ALWAYS: Final = Span()
_MAX_TEXT: Final = 40


def exact_fraction(value: Fraction | Decimal | int | str, path: str) -> Fraction:
    """A rate or percentage as an exact number; text is decimal (``"7.5"``).

    Raises:
        InvalidValue: ``<path>.not_exact`` for floats, booleans and anything unreadable.

    Example:
        >>> exact_fraction("0.19", "rate")
        Fraction(19, 100)
    """
    plain = isinstance(value, Fraction) or type(value) is int
    if isinstance(value, Decimal):
        plain = value.is_finite() and abs(value.adjusted()) < _MAX_TEXT
    elif isinstance(value, str):
        digits = value.removeprefix("-").replace(".", "", 1).replace("/", "", 1)
        plain = digits.isascii() and digits.isdigit() and len(value) <= _MAX_TEXT
    if plain:
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError):
            pass
    raise InvalidValue(f"{path}.not_exact", path, value, "an exact number, such as '0.19'")


def _rate(value: Fraction | Decimal | int | str) -> Fraction:
    return exact_fraction(value, "rate")


@attrs.frozen
@checked
class TaxRate:
    """The rate of a category in a region (None: everywhere) for a span of time.

    ``component`` tells apart taxes that add up (state and city). ``collector`` is who takes the
    tax from the buyer. A zero rate is a statement too: the buyer sees a tax of nothing.

    Raises:
        InvalidBatch: ``tax.category``, ``tax.rate_out_of_range`` (0 to 10 is allowed),
            ``tax.region``, ``tax.span``, ``tax.component``, ``tax.collector``.
        InvalidValue: ``rate.not_exact``.

    Example:
        >>> TaxRate("standard", "0.19", region=Region("DE")).rate
        Fraction(19, 100)
    """

    category: str
    rate: Fraction = attrs.field(converter=_rate)
    region: Region | None = attrs.field(default=None, kw_only=True)
    span: Span = attrs.field(default=_ALWAYS, kw_only=True)
    component: str = attrs.field(default="tax", kw_only=True)
    collector: str = attrs.field(default=MERCHANT, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for name in ("category", "component", "collector"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text:
                faults.add(f"tax.{name}", name, text, "a name")
        if not 0 <= self.rate <= 10:
            faults.add("tax.rate_out_of_range", "rate", self.rate, "from 0 to 10; 19 % is 0.19")
        if self.region is not None and type(self.region) is not Region:
            faults.add("tax.region", "region", self.region, "a Region or None")
        if type(self.span) is not Span:
            faults.add("tax.span", "span", self.span, "a Span")
        faults.raise_if_any("tax rate")

    @property
    def jurisdiction(self) -> str:
        """The region as text; empty for everywhere."""
        return "" if self.region is None else str(self.region)


def _rates(given: Iterable[TaxRate]) -> tuple[TaxRate, ...]:
    return as_tuple(given)


_Key = tuple[str, str]


@attrs.frozen
@checked
class TaxTable:
    """Rates, and whether prices include the tax where their list does not say.

    Of each component the rate of the narrowest region that covers the destination applies. A
    table with rates must know every category that is sold: an unknown one refuses the quote
    (``pricing.no_tax_rate``), since a forgotten row must not become a tax of nothing.

    Raises:
        InvalidBatch: ``tax.rate``, and ``tax.overlap`` for two rates of one category, component
            and region that are valid at the same moment, with the path of the later.

    Example:
        >>> from ordercore.kernel import instant
        >>> vat = TaxTable(
        ...     [
        ...         TaxRate("standard", "0.175", span=Span(None, "2011-01-04T00:00Z")),
        ...         TaxRate("standard", "0.20", span=Span("2011-01-04T00:00Z")),
        ...     ],
        ...     included=True,
        ... )
        >>> [r.rate for r in vat.rates_for("standard", None, instant("2011-06-01T00:00Z"))]
        [Fraction(1, 5)]
    """

    rates: tuple[TaxRate, ...] = attrs.field(default=(), converter=_rates)
    included: bool = attrs.field(default=False, kw_only=True)
    _index: dict[_Key, list[TaxRate]] = attrs.field(init=False, eq=False, repr=False)
    _digest: str | None = attrs.field(init=False, eq=False, repr=False, default=None)

    def __attrs_post_init__(self) -> None:
        index: dict[_Key, list[TaxRate]] = {}
        faults = problems()
        for position, rate in enumerate(self.rates):
            if type(rate) is not TaxRate:
                faults.add("tax.rate", f"rates[{position}]", rate, "a TaxRate")
                continue
            country = "" if rate.region is None else rate.region.country
            group = index.setdefault((rate.category, country), [])
            if any(
                other.component == rate.component
                and other.region == rate.region
                and other.span.overlaps(rate.span)
                for other in group
            ):
                faults.add("tax.overlap", f"rates[{position}]", rate, "a span of its own")
            group.append(rate)
        faults.raise_if_any("tax table")
        for group in index.values():
            group.sort(key=_narrowness)
        object.__setattr__(self, "_index", index)

    def rates_for(self, category: str, region: Region | None, at: Instant) -> tuple[TaxRate, ...]:
        """The rates that apply, one per component, in the components' order."""
        found: dict[str, TaxRate] = {}
        # From wide to narrow: the narrower one stays.
        for country in ("",) if region is None else ("", region.country):
            for rate in self._index.get((category, country), ()):
                if at in rate.span and (
                    rate.region is None or (region is not None and rate.region.covers(region))
                ):
                    found[rate.component] = rate
        return tuple(found[component] for component in sorted(found))

    @property
    def digest(self) -> str:
        """Digest of the table. Made once per value."""
        known = self._digest
        if known is None:
            known = digest(self)
            object.__setattr__(self, "_digest", known)
        return known


def _narrowness(rate: TaxRate) -> tuple[bool, bool]:
    return (False, False) if rate.region is None else rate.region.detail


NO_TAX = TaxTable()
"""No taxes at all."""


def tax_shares(
    amounts: Sequence[Money],
    rates: Sequence[tuple[TaxRate, ...]],
    *,
    included: bool,
    place: TaxPlace,
    rounding: Rounding,
) -> list[tuple[TaxShare, ...]]:
    """The taxes of amounts, each with its rates; rounded once per place, shared out exactly.

    Included taxes are of the amount ``rate ÷ (1 + all its rates)``, others ``rate`` on top.

    Example:
        >>> rate = TaxRate("standard", "0.19")
        >>> amounts = [Money(99, "EUR")] * 3
        >>> for place in TaxPlace:
        ...     shares = tax_shares(
        ...         amounts,
        ...         [(rate,)] * 3,
        ...         included=False,
        ...         place=place,
        ...         rounding=Rounding.HALF_UP,
        ...     )
        ...     print(place.value, [share.amount.minor for (share,) in shares])
        line [19, 19, 19]
        rate_group [19, 19, 18]
        document [19, 19, 18]
    """
    if place is TaxPlace.LINE and all(len(each) < 2 for each in rates):
        return [
            tuple(
                _share(amount, rate, _alone(amount, rate, rounding, included), included)
                for rate in each
            )
            for amount, each in zip(amounts, rates, strict=True)
        ]
    groups: dict[object, list[tuple[int, TaxRate, Fraction]]] = {}
    for position, (amount, each) in enumerate(zip(amounts, rates, strict=True)):
        together = 1 + sum(rate.rate for rate in each) if included else Fraction(1)
        for rate in each:
            key: object = None
            if place is TaxPlace.RATE_GROUP:
                key = each if included else rate
            elif place is TaxPlace.LINE:
                key = position if included else (position, rate.component)
            exact = amount.minor * rate.rate / together
            groups.setdefault(key, []).append((position, rate, exact))
    shares: list[list[TaxShare]] = [[] for _ in amounts]
    for cells in groups.values():
        tax = round_ratio(sum((exact for _, _, exact in cells), Fraction(0)), rounding)
        minors = _nearest([exact for _, _, exact in cells], tax)
        for (position, rate, _), minor in zip(cells, minors, strict=True):
            shares[position].append(_share(amounts[position], rate, minor, included))
    return [tuple(each) for each in shares]


def _nearest(exact: Sequence[Fraction], whole: int) -> list[int]:
    """Integers that sum to the rounded sum of ``exact``, each less than one off its own.

    Not an apportionment of ``whole``: with few units and one-sided rounding, that strays further.
    """
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
    )

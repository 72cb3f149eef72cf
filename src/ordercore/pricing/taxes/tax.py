"""Tax tables: rates by category, place, buyer and time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final, TypeAlias

import attrs

from ordercore.kernel import (
    FaultList,
    Finding,
    Instant,
    Severity,
    Span,
    as_tuple,
    checked,
    digest,
    problems,
    sorted_unique,
)
from ordercore.network import PostcodeClassRule, Region
from ordercore.pricing.amount import MERCHANT, TaxTreatment, tax_treatment
from ordercore.pricing.exact import exact_fraction
from ordercore.pricing.taxes.tax_status import NOTHING_STATED, TaxStatus

__all__ = ["NO_TAX", "TaxRate", "TaxTable"]

_ALWAYS: Final = Span()
_WHOLE_CLASS: Final = PostcodeClassRule(country="", keep_first=4)


def _rate(value: Fraction | Decimal | int | str) -> Fraction:
    return exact_fraction(value, "rate")


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return sorted_unique(given)


@attrs.frozen
@checked
class TaxRate:
    """The rate of a category in a region (None: everywhere) for a span of time.

    Args:
        category: What is taxed so; lines and charges name theirs.
        rate: Of the amount without tax, and of the taxes that it is compounded on.
        region: Where.
        span: When.
        component: Tells apart taxes that add up (state, county, city).
        collector: Who takes the tax from the buyer; a ``marketplace`` remits what it takes itself.
        compound_on: The components whose tax this one taxes too, in any order; each of them may
            be compounded on others.
        postcode_classes: Where in the region; empty means all of it. A class is a destination's
            (:func:`~ordercore.network.postcode_class`).
        only_registered: Whether it is only for buyers registered for tax in the region's country
            (in any country where there is no region).
        treatment: Why a rate of zero is zero. A zero rate is a statement too: ``taxed``.
        reason: What the invoice has to say about it.

    Raises:
        InvalidBatch: ``tax.category``, ``tax.rate_out_of_range`` (0 to 10 is allowed),
            ``tax.region``, ``tax.span``, ``tax.component``, ``tax.collector``,
            ``tax.compound_on`` (itself, or no name), ``tax.postcode_class`` (no class, or without
            a region), ``tax.treatment_with_rate`` (what is not taxed has a rate of zero).
        InvalidValue: ``rate.not_exact``.

    Example:
        >>> TaxRate("standard", "0.19", region=Region("DE")).rate
        Fraction(19, 100)
        >>> quebec = Region("CA", "QC")
        >>> qst = TaxRate("standard", "0.095", region=quebec, component="qst", compound_on=["gst"])
        >>> qst.compound_on
        ('gst',)
    """

    category: str
    rate: Fraction = attrs.field(converter=_rate)
    region: Region | None = attrs.field(default=None, kw_only=True)
    span: Span = attrs.field(default=_ALWAYS, kw_only=True)
    component: str = attrs.field(default="tax", kw_only=True)
    collector: str = attrs.field(default=MERCHANT, kw_only=True)
    compound_on: tuple[str, ...] = attrs.field(default=(), converter=_names, kw_only=True)
    postcode_classes: tuple[str, ...] = attrs.field(default=(), converter=_names, kw_only=True)
    only_registered: bool = attrs.field(default=False, kw_only=True)
    treatment: TaxTreatment = attrs.field(
        default=TaxTreatment.TAXED, converter=tax_treatment, kw_only=True
    )
    reason: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for name in ("category", "component", "collector"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text:
                faults.add(f"tax.{name}", name, text, "a name")
        if not 0 <= self.rate <= 10:
            faults.add("tax.rate_out_of_range", "rate", self.rate, "from 0 to 10; 19 % is 0.19")
        elif self.rate and self.treatment is not TaxTreatment.TAXED:
            faults.add("tax.treatment_with_rate", "treatment", self.treatment, "taxed, or rate 0")
        if self.region is not None and type(self.region) is not Region:
            faults.add("tax.region", "region", self.region, "a Region or None")
        if type(self.span) is not Span:
            faults.add("tax.span", "span", self.span, "a Span")
        for position, component in enumerate(self.compound_on):
            if component in {"", self.component}:
                path = f"compound_on[{position}]"
                faults.add("tax.compound_on", path, component, "another component")
        for position, given in enumerate(self.postcode_classes):
            if self.region is None or not given or _WHOLE_CLASS.class_of(given) != given:
                path = f"postcode_classes[{position}]"
                faults.add("tax.postcode_class", path, given, "a postcode class of a region")
        faults.raise_if_any("tax rate")

    @property
    def jurisdiction(self) -> str:
        """The region as text; empty for everywhere."""
        return "" if self.region is None else str(self.region)


def _rates(given: Iterable[TaxRate]) -> tuple[TaxRate, ...]:
    return as_tuple(given)


_Place: TypeAlias = tuple[str, str, str, str]
_Series: TypeAlias = tuple[str, str, Region | None, bool, tuple[str, ...]]


@attrs.frozen
@checked
class TaxTable:
    """Rates, and whether prices include the tax where their list does not say.

    Of each component the narrowest rate that fits applies: a region before a wider one (city,
    subdivision, country, everywhere), within a region the rate of a postcode class before that
    of all of it, then a rate for registered buyers before that for all. A certificate of the
    buyer turns what it frees into a rate of zero.

    A table with rates must know every category that is sold: an unknown one refuses the quote
    (``pricing.no_tax_rate``), since a forgotten row must not become a tax of nothing.

    ``home`` is where inclusive prices are meant for; see
    :class:`~ordercore.pricing.InclusivePrices`.

    Raises:
        InvalidBatch: ``tax.rate``; ``tax.overlap`` for two rates of one category, component,
            place and kind of buyer that are valid at the same moment, with the path of the
            later; ``tax.compound_unknown`` for a component that the category has nowhere;
            ``tax.compound_cycle`` with the path of each rate on the cycle.

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
    home: Region | None = attrs.field(default=None, kw_only=True)
    _index: dict[_Place, list[TaxRate]] = attrs.field(init=False, eq=False, repr=False)
    _digest: str | None = attrs.field(init=False, eq=False, repr=False, default=None)

    def __attrs_post_init__(self) -> None:
        index: dict[_Place, list[TaxRate]] = {}
        faults = problems()
        series: dict[_Series, list[TaxRate]] = {}
        for position, rate in enumerate(self.rates):
            if type(rate) is not TaxRate:
                faults.add("tax.rate", f"rates[{position}]", rate, "a TaxRate")
                continue
            for key in _series(rate):
                group = series.setdefault(key, [])
                if any(other.span.overlaps(rate.span) for other in group):
                    faults.add("tax.overlap", f"rates[{position}]", rate, "a span of its own")
                    break
                group.append(rate)
            index.setdefault(_place(rate), []).append(rate)
        if not faults:
            _check_compounds(self.rates, faults)
        faults.raise_if_any("tax table")
        for found in index.values():
            found.sort(key=_narrowness)
        object.__setattr__(self, "_index", index)

    def rates_for(
        self,
        category: str,
        region: Region | None,
        at: Instant,
        *,
        postcode_class: str = "",
        status: TaxStatus = NOTHING_STATED,
    ) -> tuple[TaxRate, ...]:
        """The rates that apply, one per component, in the components' order.

        What a certificate frees comes back as a rate of zero, valid as long as both are. The cost
        grows with the rates of the category at the destination, not with the table.

        Args:
            category: What is taxed.
            region: Where it goes; None where nobody knows yet.
            at: When.
            postcode_class: Where in the region; empty where nobody knows.
            status: What the buyer states.
        """
        found: dict[str, TaxRate] = {}
        # From wide to narrow: the narrower one stays.
        for place in _places(category, region):
            for rate in self._index.get(place, ()):
                if (
                    at in rate.span
                    and (not rate.postcode_classes or postcode_class in rate.postcode_classes)
                    and (not rate.only_registered or _registered(rate, status))
                ):
                    found[rate.component] = rate
        if not status.exemptions:
            return tuple([found[component] for component in sorted(found)])
        return tuple(
            [_exempted(found[component], region, at, status) for component in sorted(found)]
        )

    def next_start(self, category: str, region: Region | None, at: Instant) -> Instant | None:
        """When the next rate begins that could apply to a category there; None where none does.

        Example:
            >>> from ordercore.kernel import instant
            >>> city = Region("US", "NY", "New York")
            >>> table = TaxTable(
            ...     [
            ...         TaxRate("standard", "0.04"),
            ...         TaxRate("standard", "0.045", region=city, span=Span("2027-01-01T00:00Z")),
            ...     ]
            ... )
            >>> now = instant("2026-01-01T00:00Z")
            >>> table.next_start("standard", city, now) == instant("2027-01-01T00:00Z")
            True
            >>> table.next_start("standard", Region("US"), now) is None
            True
        """
        return min(
            (
                rate.span.start
                for place in _places(category, region)
                for rate in self._index.get(place, ())
                if rate.span.start is not None and rate.span.start > at
            ),
            default=None,
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What may be meant and is worth a look: warnings with the path of their rate.

        ``tax.gap``: a rate follows an earlier one of the same category, component and place, and
        between the two there is none. O(n log n), computed anew.

        Example:
            >>> table = TaxTable(
            ...     [
            ...         TaxRate("standard", "0.19", span=Span(None, "2020-07-01T00:00Z")),
            ...         TaxRate("standard", "0.19", span=Span("2021-01-01T00:00Z")),
            ...     ]
            ... )
            >>> [(finding.code, finding.path) for finding in table.findings]
            [('tax.gap', 'rates[1]')]
        """
        series: dict[_Series, list[tuple[int, TaxRate]]] = {}
        for position, rate in enumerate(self.rates):
            for key in _series(rate):
                series.setdefault(key, []).append((position, rate))
        gaps: dict[int, Finding] = {}
        for group in series.values():
            # Only the first has no start, and only the last no end: they do not overlap.
            group.sort(key=lambda each: (each[1].span.start is not None, each[1].span.start))
            for (_, before), (position, rate) in pairwise(group):
                if before.span.end != rate.span.start:
                    message = f"nothing from {before.span.end} until {rate.span.start}"
                    gaps[position] = Finding(
                        "tax.gap", Severity.WARNING, f"rates[{position}]", message
                    )
        return tuple(gaps[position] for position in sorted(gaps))

    @property
    def digest(self) -> str:
        """Digest of the table. Made once per value."""
        known = self._digest
        if known is None:
            known = digest(self)
            object.__setattr__(self, "_digest", known)
        return known


def _series(rate: TaxRate) -> Iterator[_Series]:
    """What of a rate only one may be valid for at a time: once for each postcode class."""
    for postcode in rate.postcode_classes or ("",):
        yield (rate.category, rate.component, rate.region, rate.only_registered, (postcode,))


def _place(rate: TaxRate) -> _Place:
    region = rate.region
    if region is None:
        return (rate.category, "", "", "")
    return (rate.category, region.country, region.city, region.subdivision)


def _places(category: str, region: Region | None) -> Iterator[_Place]:
    """Where rates that cover a region stand, the widest first."""
    yield (category, "", "", "")
    if region is None:
        return
    yield (category, region.country, "", "")
    if region.subdivision:
        yield (category, region.country, "", region.subdivision)
    if region.city:
        yield (category, region.country, region.city, "")
        if region.subdivision:
            yield (category, region.country, region.city, region.subdivision)


def _narrowness(rate: TaxRate) -> tuple[bool, bool]:
    return (bool(rate.postcode_classes), rate.only_registered)


def _registered(rate: TaxRate, status: TaxStatus) -> bool:
    return status.registered_in(None if rate.region is None else rate.region.country)


def _exempted(rate: TaxRate, region: Region | None, at: Instant, status: TaxStatus) -> TaxRate:
    # Where several free it, the one that holds longest; the earlier number among equals.
    frees = [e for e in status.exemptions if e.frees(rate.category, rate.component, region, at)]
    if not frees or not rate.rate:
        return rate
    exemption = max(frees, key=lambda each: (each.span.end is None, each.span.end or at))
    both = rate.span.intersection(exemption.span)
    assert both is not None, "both hold at the moment"
    return attrs.evolve(
        rate,
        rate=0,
        span=both,
        treatment=TaxTreatment.EXEMPT,
        reason=exemption.reason or exemption.certificate,
    )


def _check_compounds(rates: tuple[TaxRate, ...], faults: FaultList) -> None:
    """Each component that a tax is compounded on is there, and none is compounded on itself."""
    known: dict[str, set[str]] = {}
    for rate in rates:
        known.setdefault(rate.category, set()).add(rate.component)
    # Rates of different countries never meet; those of everywhere meet all of them.
    below: dict[tuple[str, str], dict[str, set[str]]] = {}
    countries = {"" if rate.region is None else rate.region.country for rate in rates}
    for position, rate in enumerate(rates):
        for number, component in enumerate(rate.compound_on):
            if component not in known[rate.category]:
                path = f"rates[{position}].compound_on[{number}]"
                faults.add("tax.compound_unknown", path, component, "a component of the category")
        if rate.compound_on:
            for country in countries if rate.region is None else {rate.region.country}:
                edges = below.setdefault((rate.category, country), {})
                edges.setdefault(rate.component, set()).update(rate.compound_on)
    for position, rate in enumerate(rates):
        if rate.compound_on:
            for country in sorted(countries if rate.region is None else {rate.region.country}):
                if _reaches_itself(rate.component, below[rate.category, country]):
                    path = f"rates[{position}].compound_on"
                    faults.add("tax.compound_cycle", path, rate.compound_on, "no cycle")
                    break


def _reaches_itself(component: str, edges: dict[str, set[str]]) -> bool:
    seen: set[str] = set()
    ahead = sorted(edges.get(component, ()))
    while ahead:
        each = ahead.pop()
        if each == component:
            return True
        if each not in seen:
            seen.add(each)
            ahead.extend(sorted(edges.get(each, ())))
    return False


NO_TAX = TaxTable()
"""No taxes at all."""

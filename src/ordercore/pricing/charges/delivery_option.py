"""Delivery options as data: what they cost by zone and load, and why one does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

import attrs

from ordercore.kernel import (
    ChannelId,
    Choice,
    Currency,
    FactValue,
    FaultList,
    Instant,
    Money,
    Reason,
    Span,
    checked,
    frozen_set,
    items_as,
    problems,
    sorted_tuple,
)
from ordercore.network import Destination, GeoPoint, Zoning
from ordercore.pricing.charges.charge import Discountable, RefundWith
from ordercore.pricing.facts import CART_FACTS
from ordercore.rules import Missing, Rule

__all__ = [
    "DeliveryAnswer",
    "DeliveryLoad",
    "DeliveryMeasure",
    "DeliveryOption",
    "DeliveryRate",
    "RateBreak",
]

_NOWHERE = GeoPoint(0, 0)


class DeliveryMeasure(Choice):
    """What of a load a rate is priced by."""

    UNITS = "units"
    WEIGHT_G = "weight_g"
    VOLUME_CM3 = "volume_cm3"
    VALUE = "value"
    """The goods' value in minor units, as the policy's threshold basis sees it."""


@attrs.frozen(kw_only=True)
@checked
class DeliveryLoad:
    """What one delivery group carries, and where to.

    Example:
        >>> DeliveryLoad(units=2, weight_g=500, value=Money(2400, "EUR")).of(DeliveryMeasure.VALUE)
        2400
    """

    units: int
    weight_g: int = 0
    volume_cm3: int = 0
    value: Money
    ship_to: Destination | None = None

    def of(self, measure: DeliveryMeasure) -> int:
        """The load in one measure."""
        if measure is DeliveryMeasure.VALUE:
            return self.value.minor
        amount: int = getattr(self, measure.value)
        return amount


@attrs.frozen
@checked
class RateBreak:
    """From ``at_least`` of the measure on: a price, and ``each`` for every started ``per`` above.

    Raises:
        InvalidBatch: ``rate_break.at_least`` and ``rate_break.price`` (negative),
            ``rate_break.each`` (negative, or without ``per``), ``rate_break.per`` (below 1, or
            without ``each``), ``money.currency_mismatch``.

    Example:
        >>> heavy = RateBreak(5000, Money(690, "EUR"), each=Money(50, "EUR"), per=1000)
        >>> [str(heavy.price_of(grams)) for grams in (5000, 5001, 7000)]
        ['EUR 6.90', 'EUR 7.40', 'EUR 7.90']
    """

    at_least: int
    price: Money
    each: Money | None = attrs.field(default=None, kw_only=True)
    per: int = attrs.field(default=0, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if self.at_least < 0:
            faults.add("rate_break.at_least", "at_least", self.at_least, "an integer ≥ 0")
        if self.price.minor < 0:
            faults.add("rate_break.price", "price", self.price, "an amount of zero or more")
        if (self.each is None) != (self.per == 0) or self.per < 0:
            faults.add("rate_break.per", "per", self.per, "1 or more with each, 0 without")
        if self.each is not None:
            if self.each.minor < 0:
                faults.add("rate_break.each", "each", self.each, "an amount of zero or more")
            if self.each.currency != self.price.currency:
                expected = f"currency {self.price.currency}"
                faults.add("money.currency_mismatch", "each", self.each, expected)
        faults.raise_if_any("rate break")

    def price_of(self, amount: int) -> Money:
        """The price of so much, ``at_least`` or more."""
        if self.each is None:
            return self.price
        return self.price + self.each * -(-(amount - self.at_least) // self.per)


def _breaks(given: Iterable[RateBreak]) -> tuple[RateBreak, ...]:
    return sorted_tuple(given, RateBreak, lambda each: each.at_least)


@attrs.frozen
@checked
class DeliveryRate:
    """The price of a zone by one measure, with breaks; the highest one reached is the price.

    Raises:
        InvalidBatch: ``delivery_rate.zone``, ``delivery_rate.start`` unless the first break is at
            0, ``delivery_rate.duplicate_break``, ``money.currency_mismatch``.

    Example:
        >>> light, heavy = RateBreak(0, Money(490, "EUR")), RateBreak(5000, Money(690, "EUR"))
        >>> by_weight = DeliveryRate("DE", [light, heavy], measure="weight_g")
        >>> [str(by_weight.price_of(grams)) for grams in (0, 4999, 5000)]
        ['EUR 4.90', 'EUR 4.90', 'EUR 6.90']
    """

    zone: str
    breaks: tuple[RateBreak, ...] = attrs.field(converter=_breaks)
    measure: DeliveryMeasure = attrs.field(
        default=DeliveryMeasure.UNITS, converter=DeliveryMeasure, kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.zone:
            faults.add("delivery_rate.zone", "zone", self.zone, "the name of a zone")
        if not self.breaks or self.breaks[0].at_least != 0:
            faults.add("delivery_rate.start", "breaks", self.breaks, "a first break at 0")
        for position, (one, other) in enumerate(pairwise(self.breaks), 1):
            if one.at_least == other.at_least:
                path = f"breaks[{position}].at_least"
                faults.add("delivery_rate.duplicate_break", path, other.at_least, "one each")
            if other.price.currency != self.breaks[0].price.currency:
                expected = f"currency {self.breaks[0].price.currency}"
                faults.add(
                    "money.currency_mismatch", f"breaks[{position}].price", other.price, expected
                )
        faults.raise_if_any("delivery rate")

    def price_of(self, amount: int) -> Money:
        """The price of so much of the measure. O(breaks)."""
        reached = [each for each in self.breaks if each.at_least <= amount]
        return (reached[-1] if reached else self.breaks[0]).price_of(amount)


def _rates(given: Iterable[DeliveryRate]) -> tuple[DeliveryRate, ...]:
    return sorted_tuple(given, DeliveryRate, lambda rate: (rate.zone, rate.measure))


def _channels(given: Iterable[str]) -> frozenset[ChannelId]:
    return frozen_set(items_as(given, ChannelId, "channels"))


@attrs.frozen
@checked
class DeliveryOption:
    """A way for a delivery group to travel that the buyer can choose.

    Args:
        option_id: Its id; a :class:`~ordercore.pricing.Delivery` names it.
        rates: What it costs by zone; rates of one zone by several measures add up (a freight by
            weight, an insurance by value).
        zoning: Which destination lies in which zone, and which are not served.
        origin: Where distance bands of the zoning are measured from.
        free_from: From which value of the group's goods on it costs nothing.
        min_value: Value of the goods below which it is not offered.
        max_value: Value above which it is not.
        max_units: The most units; None for any number.
        max_weight_g: The heaviest load; None for any.
        max_volume_cm3: The largest load; None for any.
        when: A rule over :data:`~ordercore.pricing.CART_FACTS`; None always holds.
        span: When it is offered.
        channels: Where; empty means everywhere.
        tax_category: Of the charge; :class:`~ordercore.pricing.ShippingTax` may say otherwise.
        discountable: Which promotions reach it.
        refundable: Whether it is ever given back.
        refund_with: What it goes back with.
        title: What people call it.

    Raises:
        InvalidBatch: ``delivery.option_id``, ``delivery.rates`` (none, or two of one zone and
            measure), ``delivery.zone_without_rate``, ``delivery.rate_without_zone``,
            ``delivery.origin`` (distance bands without one), ``delivery.limit`` (negative),
            ``delivery.when``, ``delivery.tax_category``, ``money.currency_mismatch``.

    Example:
        >>> post = DeliveryOption(
        ...     "post",
        ...     rates=[DeliveryRate("all", [RateBreak(0, Money(490, "EUR"))])],
        ...     zoning=Zoning.flat(),
        ...     free_from=Money(5000, "EUR"),
        ... )
        >>> load = DeliveryLoad(units=1, value=Money(3760, "EUR"))
        >>> answer = post.answer("default", load)
        >>> str(answer.price), str(answer.to_free.short)
        ('EUR 4.90', 'EUR 12.40')
    """

    option_id: str
    rates: tuple[DeliveryRate, ...] = attrs.field(converter=_rates, kw_only=True)
    zoning: Zoning = attrs.field(kw_only=True)
    origin: GeoPoint | None = attrs.field(default=None, kw_only=True)
    free_from: Money | None = attrs.field(default=None, kw_only=True)
    min_value: Money | None = attrs.field(default=None, kw_only=True)
    max_value: Money | None = attrs.field(default=None, kw_only=True)
    max_units: int | None = attrs.field(default=None, kw_only=True)
    max_weight_g: int | None = attrs.field(default=None, kw_only=True)
    max_volume_cm3: int | None = attrs.field(default=None, kw_only=True)
    when: Rule | None = attrs.field(default=None, kw_only=True)
    span: Span = attrs.field(factory=Span, kw_only=True)
    channels: frozenset[ChannelId] = attrs.field(
        default=frozenset(), converter=_channels, kw_only=True
    )
    tax_category: str = attrs.field(default="standard", kw_only=True)
    discountable: Discountable = attrs.field(
        default=Discountable.SHIPPING, converter=Discountable, kw_only=True
    )
    refundable: bool = attrs.field(default=True, kw_only=True)
    refund_with: RefundWith = attrs.field(
        default=RefundWith.CHARGES, converter=RefundWith, kw_only=True
    )
    title: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for name in ("option_id", "tax_category"):
            if not getattr(self, name):
                faults.add(f"delivery.{name}", name, getattr(self, name), "a name")
        if not self.rates:
            faults.add("delivery.rates", "rates", self.rates, "at least one rate")
        for position, (one, other) in enumerate(pairwise(self.rates), 1):
            if (one.zone, one.measure) == (other.zone, other.measure):
                path = f"rates[{position}]"
                faults.add("delivery.rates", path, other.zone, "one rate a zone and measure")
        zoned, rated = set(self.zoning.zones), {rate.zone for rate in self.rates}
        for zone in sorted(zoned - rated):
            faults.add("delivery.zone_without_rate", "zoning", zone, "a zone of the rates")
        for zone in sorted(rated - zoned):
            faults.add("delivery.rate_without_zone", "rates", zone, "a zone of the zoning")
        if self.zoning.bands and self.origin is None:
            faults.add("delivery.origin", "origin", None, "a point that bands are measured from")
        if self.when is not None and self.when.vocabulary != CART_FACTS:
            faults.add("delivery.when", "when", self.when, "a rule over CART_FACTS")
        self._check_limits(faults)
        faults.raise_if_any(f"delivery option {self.option_id}")

    def _check_limits(self, faults: FaultList) -> None:
        for name in ("max_units", "max_weight_g", "max_volume_cm3"):
            most: int | None = getattr(self, name)
            if most is not None and most < 0:
                faults.add("delivery.limit", name, most, "zero or more, or None")
        amounts = [(f"rates[{i}]", rate.breaks[0].price) for i, rate in enumerate(self.rates)]
        for name in ("free_from", "min_value", "max_value"):
            amount: Money | None = getattr(self, name)
            if amount is not None:
                amounts.append((name, amount))
                if amount.minor < 0:
                    faults.add("delivery.limit", name, amount, "zero or more, or None")
        for path, amount in amounts[1:]:
            if amount.currency != amounts[0][1].currency:
                expected = f"currency {amounts[0][1].currency}"
                faults.add("money.currency_mismatch", path, amount, expected)

    @property
    def currency(self) -> Currency:
        """The currency of all its amounts."""
        return self.rates[0].breaks[0].price.currency

    def answer(
        self,
        group: str,
        load: DeliveryLoad,
        *,
        at: Instant | None = None,
        channel: str | None = None,
        facts: Mapping[str, object] | None = None,
    ) -> DeliveryAnswer:
        """What it costs a delivery group, or every reason why it does not fit.

        Reasons: ``delivery.not_offered`` (at this time, or in this channel), ``delivery.currency``,
        ``delivery.not_served`` (its destination), ``delivery.no_destination`` (none is known),
        ``delivery.above_limit`` and ``delivery.below_minimum`` with what it has and needs,
        ``delivery.condition``.

        Args:
            group: The delivery group.
            load: What it carries, and where to.
            at: The moment; without one, times are not looked at.
            channel: Where it is sold.
            facts: The cart's facts; without them its condition is not looked at.
        """
        reasons: list[Reason] = []
        zone = self._zone(load, reasons)
        if (at is not None and at not in self.span) or (
            self.channels and channel not in self.channels
        ):
            reasons.append(Reason("delivery.not_offered"))
        if load.value.currency != self.currency:
            reasons.append(Reason("delivery.currency", facts={"currency": str(self.currency)}))
        else:
            self._limits(load, reasons)
        if (
            self.when is not None
            and facts is not None
            and not (found := self.when.evaluate(facts)).holds
        ):
            reasons.append(Reason("delivery.condition", facts={"condition": found.trace.text}))
        to_free: Missing | None = None
        price: Money | None = None
        if not reasons:
            price = Money.zero(self.currency)
            if self.free_from is None or load.value < self.free_from:
                for rate in self.rates:
                    if rate.zone == zone:
                        price += rate.price_of(load.of(rate.measure))
                if self.free_from is not None and price:
                    short = self.free_from - load.value
                    to_free = Missing(have=load.value, need=self.free_from, short=short)
        return DeliveryAnswer(
            option_id=self.option_id,
            group=group,
            zone=zone or "",
            price=price,
            to_free=to_free,
            reasons=reasons,
        )

    def _zone(self, load: DeliveryLoad, reasons: list[Reason]) -> str | None:
        if load.ship_to is None:
            if self.zoning.elsewhere is None:
                reasons.append(Reason("delivery.no_destination", obtain="a destination"))
            return self.zoning.elsewhere
        zone = self.zoning.zone(self.origin or _NOWHERE, load.ship_to)
        if zone is None:
            facts = {"region": str(load.ship_to.region)}
            reasons.append(Reason("delivery.not_served", facts=facts))
        return zone

    def _limits(self, load: DeliveryLoad, reasons: list[Reason]) -> None:
        limits: tuple[tuple[DeliveryMeasure, int | None], ...] = (
            (DeliveryMeasure.UNITS, self.max_units),
            (DeliveryMeasure.WEIGHT_G, self.max_weight_g),
            (DeliveryMeasure.VOLUME_CM3, self.max_volume_cm3),
        )
        for measure, most in limits:
            have = load.of(measure)
            if most is not None and have > most:
                reasons.append(_off("delivery.above_limit", measure, have, most, have - most))
        value = load.value
        if self.max_value is not None and value > self.max_value:
            over = value - self.max_value
            reasons.append(
                _off("delivery.above_limit", DeliveryMeasure.VALUE, value, self.max_value, over)
            )
        if self.min_value is not None and value < self.min_value:
            short = self.min_value - value
            reasons.append(
                _off("delivery.below_minimum", DeliveryMeasure.VALUE, value, self.min_value, short)
            )


def _off(
    code: str, measure: DeliveryMeasure, have: FactValue, need: FactValue, short: FactValue
) -> Reason:
    facts = {"measure": measure.value, "have": have, "need": need, "short": short}
    return Reason(code, facts=facts)


def _reasons(given: Iterable[Reason]) -> tuple[Reason, ...]:
    return sorted_tuple(given, Reason, lambda reason: reason.code)


@attrs.frozen(kw_only=True)
@checked
class DeliveryAnswer:
    """What a delivery option costs a delivery group, or every reason why it does not fit.

    ``to_free`` is how much more it takes until it costs nothing; None where that is so already or
    never.

    Example:
        >>> DeliveryAnswer(option_id="post", group="default", price=Money(490, "EUR")).fits
        True
    """

    option_id: str
    group: str
    zone: str = ""
    price: Money | None = None
    to_free: Missing | None = None
    reasons: tuple[Reason, ...] = attrs.field(default=(), converter=_reasons)

    @property
    def fits(self) -> bool:
        """Whether it can be chosen."""
        return not self.reasons

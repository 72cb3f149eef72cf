"""Strategies for taxes and charges: rates, delivery options, fees, prices changed by hand."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from ordercore.kernel import LineId
from ordercore.network import GeoPoint, Region, RegionZone, Zoning
from ordercore.pricing import (
    CART_FACTS,
    Charge,
    ChargeBook,
    DeliveryOption,
    DeliveryRate,
    Discountable,
    Fee,
    FeePer,
    Goodwill,
    OverrideLimit,
    PriceOverride,
    RateBreak,
    RefundWith,
    Selector,
    TaxExemption,
    TaxRate,
    TaxRegistration,
    TaxStatus,
    TaxTreatment,
)
from ordercore.rules import parse
from ordercore.testing.kernel_values import codes, monies, spans

__all__ = [
    "charge_books",
    "charges",
    "delivery_options",
    "delivery_rates",
    "fees",
    "goodwills",
    "override_limits",
    "price_overrides",
    "rate_breaks",
    "tax_rates",
    "tax_registrations",
    "tax_statuses",
]

_money = monies(currency="CNY", max_minor=2_000)
_some = monies(currency="CNY", min_minor=1, max_minor=2_000)
_conditions = st.none() | st.just(parse("cart.units > 1", vocabulary=CART_FACTS))
_regions = st.sampled_from((Region("CN"), Region("CN", "ZJ"), Region("GB")))


@st.composite
def tax_rates(draw: st.DrawFn) -> TaxRate:
    """Rates of two components, some compound, some for a part of a region, some of nothing."""
    treatment = draw(st.sampled_from(TaxTreatment))
    region = draw(st.none() | _regions)
    taxed = treatment is TaxTreatment.TAXED
    return TaxRate(
        draw(st.sampled_from(("standard", "food"))),
        draw(st.sampled_from((Fraction(1, 5), Fraction(7, 100)))) if taxed else 0,
        region=region,
        span=draw(spans()),
        component="city",
        compound_on=draw(st.sampled_from(((), ("state",)))),
        postcode_classes=() if region is None else draw(st.sampled_from(((), ("310", "311")))),
        only_registered=draw(st.booleans()),
        treatment=treatment,
        reason=draw(st.sampled_from(("", "exempt by law"))),
    )


def tax_registrations() -> st.SearchStrategy[TaxRegistration]:
    """Registrations of a country or two, one with its number kept elsewhere."""
    return st.sampled_from((TaxRegistration("GB", "GB123456789"), TaxRegistration("FR")))


@st.composite
def tax_statuses(draw: st.DrawFn) -> TaxStatus:
    """Buyers who state nothing, a registration, or certificates."""
    exemptions = [
        TaxExemption(
            f"c-{number}",
            region=draw(st.none() | _regions),
            components=draw(st.sampled_from(((), ("city",)))),
            span=draw(spans()),
        )
        for number in range(draw(st.integers(0, 2)))
    ]
    registrations = draw(st.lists(tax_registrations(), max_size=1))
    return TaxStatus(registrations=registrations, exemptions=exemptions)


@st.composite
def rate_breaks(draw: st.DrawFn, *, at_least: int | None = None) -> RateBreak:
    """Breaks with a price, and some with a price for every started measure above."""
    stepped = draw(st.booleans())
    return RateBreak(
        draw(st.integers(0, 9_000)) if at_least is None else at_least,
        draw(_money),
        each=draw(_money) if stepped else None,
        per=draw(st.integers(1, 1_000)) if stepped else 0,
    )


@st.composite
def delivery_rates(draw: st.DrawFn, *, zone: str = "all") -> DeliveryRate:
    """Rates of one zone with a break or two."""
    breaks = [draw(rate_breaks(at_least=0))]
    if draw(st.booleans()):
        breaks.append(draw(rate_breaks(at_least=draw(st.integers(1, 5_000)))))
    return DeliveryRate(
        zone, breaks, measure=draw(st.sampled_from(("units", "weight_g", "volume_cm3", "value")))
    )


@st.composite
def delivery_options(draw: st.DrawFn, *, option_id: str = "post") -> DeliveryOption:
    """Options with one zone or two, limits, and values from which they are free."""
    rates = [draw(delivery_rates(zone="all"))]
    zoning = Zoning.flat()
    if draw(st.booleans()):
        rates.append(draw(delivery_rates(zone="far")))
        zoning = Zoning(regions=[RegionZone(Region("CN", "XZ"), "far")], elsewhere="all")
    return DeliveryOption(
        option_id,
        rates=rates,
        zoning=zoning,
        origin=draw(st.none() | st.just(GeoPoint.of("30", "120"))),
        free_from=draw(st.none() | _money),
        min_value=draw(st.none() | _money),
        max_value=draw(st.none() | _money),
        max_units=draw(st.none() | st.integers(0, 9)),
        max_weight_g=draw(st.none() | st.integers(0, 9_000)),
        when=draw(_conditions),
        span=draw(spans()),
        channels=draw(st.sampled_from(((), ("web",)))),
        discountable=draw(st.sampled_from(Discountable)),
        refundable=draw(st.booleans()),
        refund_with=draw(st.sampled_from(RefundWith)),
        title=draw(st.sampled_from(("", "By post"))),
    )


@st.composite
def fees(draw: st.DrawFn, *, fee_id: str = "wrap") -> Fee:
    """Fees for an order, a delivery, a line or a unit."""
    per = draw(st.sampled_from(FeePer))
    return Fee(
        fee_id,
        draw(_money),
        percent="0" if per is FeePer.UNIT else draw(st.sampled_from(("0", "2.5"))),
        per=per,
        on=draw(
            st.sampled_from((Selector(), Selector(skus=["TEA"]), Selector(categories=["tea"])))
        ),
        payment_methods=draw(st.sampled_from(((), ("cod",)))),
        below=draw(st.none() | _money),
        minimum=draw(st.none() | _money),
        when=draw(_conditions),
        span=draw(spans()),
        channels=draw(st.sampled_from(((), ("web",)))),
        kind=draw(st.sampled_from(("fee", "deposit"))),
        tax_category=draw(st.sampled_from((None, "standard"))),
        discountable=draw(st.sampled_from(Discountable)),
        refundable=draw(st.booleans()),
        refund_with=draw(st.sampled_from(RefundWith)),
    )


@st.composite
def charge_books(draw: st.DrawFn) -> ChargeBook:
    """Books of up to two options and two fees."""
    return ChargeBook(
        options=[
            draw(delivery_options(option_id=f"o-{number}"))
            for number in range(draw(st.integers(0, 2)))
        ],
        fees=[draw(fees(fee_id=f"f-{number}")) for number in range(draw(st.integers(0, 2)))],
    )


@st.composite
def charges(draw: st.DrawFn, *, charge_id: str = "wrap") -> Charge:
    """Charges at their list amounts, refunded in every way; none follows a line."""
    return Charge(
        charge_id,
        kind=draw(st.sampled_from(("fee", "shipping", "tip"))),
        list_amount=draw(_money),
        refundable=draw(st.booleans()),
        refund_with=draw(st.sampled_from(RefundWith)),
        discountable=draw(st.sampled_from(Discountable)),
    )


@st.composite
def override_limits(draw: st.DrawFn, *, role: str = "agent") -> OverrideLimit:
    """Limits by percentage, by amount, by both, and none at all."""
    return OverrideLimit(
        role,
        percent=draw(st.none() | st.fractions(0, 100, max_denominator=4)),
        amount=draw(st.none() | _money),
    )


@st.composite
def price_overrides(draw: st.DrawFn) -> PriceOverride:
    """Prices for each unit of a line, some approved by somebody else."""
    approved = draw(st.booleans())
    return PriceOverride(
        draw(st.sampled_from((LineId("1"), LineId("2")))),
        draw(_money),
        reason=draw(codes()),
        actor="kim",
        role="agent",
        approver="lee" if approved else "",
        approver_role="boss" if approved else "",
    )


@st.composite
def goodwills(draw: st.DrawFn) -> Goodwill:
    """Favours of an amount or a percentage, on a line or on all."""
    amount = draw(st.none() | _some)
    percent = draw(st.fractions(Fraction(1, 2), 100, max_denominator=4))
    return Goodwill(
        amount=amount,
        percent=percent if amount is None else None,
        line_id=draw(st.sampled_from((None, "1"))),
        reason=draw(codes()),
        actor="kim",
        role="agent",
    )

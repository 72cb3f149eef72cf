"""Carts, tables and charge books with everything that taxes and charges can be."""

from __future__ import annotations

import attrs
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, SKUS, books, eur, policies, promotion

from ordercore.kernel import Span
from ordercore.network import Destination, Region, RegionZone, Zoning
from ordercore.pricing import (
    Cart,
    CartLine,
    Charge,
    ChargeBook,
    Delivery,
    DeliveryOption,
    DeliveryRate,
    Fee,
    Goodwill,
    OverrideLimit,
    PriceBook,
    PriceOverride,
    RateBreak,
    Selector,
    TaxExemption,
    TaxRate,
    TaxRegistration,
    TaxStatus,
    TaxTable,
)

PLACES = (
    None,
    Destination(Region("CA", "QC", "Laval"), postcode_class="H7A"),
    Destination(Region("CA", "BC")),
    Destination(Region("DE")),
    Destination(Region("US", "NY", "New York"), postcode_class="100"),
)
STATUSES = (
    TaxStatus(),
    TaxStatus(),
    TaxStatus(registrations=[TaxRegistration("DE", "DE123456789")]),
    TaxStatus(exemptions=[TaxExemption("r-1", region=Region("CA"), components=["b"])]),
    TaxStatus(exemptions=[TaxExemption("r-2"), TaxExemption("r-3", categories=["food"])]),
)
numbers = st.sampled_from(["0.05", "0.07", "0.095", "0.19", "0.0825", "0", "1/3"])


@st.composite
def rich_tables(draw):
    """Three components, some compound, some narrower, some for the registered only."""
    rates = []
    for category in ("standard", "food"):
        rates.append(TaxRate(category, draw(numbers), component="a"))
        if draw(st.booleans()):
            rates.append(
                TaxRate(
                    category, draw(numbers), component="b", region=Region("CA"), compound_on=["a"]
                )
            )
        if draw(st.booleans()):
            rates.append(
                TaxRate(
                    category,
                    draw(numbers),
                    component="b",
                    region=Region("CA", "QC"),
                    collector="marketplace",
                    compound_on=draw(st.sampled_from([[], ["a"], ["a", "c"]])),
                )
            )
            rates.append(
                TaxRate(
                    category,
                    draw(numbers),
                    component="c",
                    region=Region("CA"),
                    postcode_classes=["H7A"],
                )
            )
        if draw(st.booleans()):
            rates.append(
                TaxRate(
                    category,
                    0,
                    component="a",
                    region=Region("DE"),
                    only_registered=True,
                    treatment="reverse_charge",
                    reason="13b",
                )
            )
        if any("c" in rate.compound_on for rate in rates[-3:]) and not any(
            r.category == category and r.component == "c" for r in rates
        ):
            rates.append(TaxRate(category, "0.01", component="c"))
    home = draw(st.sampled_from([None, Region("DE"), Region("CA", "QC")]))
    return TaxTable(rates, included=draw(st.booleans()), home=home)


rich_policies = st.builds(
    lambda policy, place, shipping, prices: attrs.evolve(
        policy,
        tax_place=place,
        shipping_tax=shipping,
        inclusive_prices=prices,
        override_limits=[OverrideLimit("boss"), OverrideLimit("agent", percent=20)],
    ),
    policies,
    st.sampled_from(["unit", "line", "rate_group", "document"]),
    st.sampled_from(["own", "split", "highest"]),
    st.sampled_from(["same_gross", "same_net"]),
)


@st.composite
def rich_carts(draw, max_quantity=9):
    count = draw(st.integers(1, 5))
    lines = [
        CartLine(
            f"l{i}",
            sku=draw(st.sampled_from(SKUS)),
            quantity=draw(st.integers(1, max_quantity)),
            delivery_group=draw(st.sampled_from(["default", "default", "gift"])),
            tax_category=draw(st.sampled_from(["standard", "food"])),
            attributes=draw(st.sampled_from([{}, {"gift_wrap": "yes"}, {"brand": "x"}])),
            weight_g=draw(st.integers(0, 3_000)),
            volume_cm3=draw(st.integers(0, 3_000)),
        )
        for i in range(count)
    ]
    deliveries = [
        Delivery(
            group, ship_to=draw(st.sampled_from(PLACES)), option=draw(st.sampled_from(["", "post"]))
        )
        for group in sorted({line.delivery_group for line in lines})
        if draw(st.booleans())
    ]
    return Cart(
        lines=lines,
        channel=draw(st.sampled_from(["", "web"])),
        ship_to=draw(st.sampled_from(PLACES)),
        payment_method=draw(st.sampled_from(["", "cod", "card"])),
        deliveries=deliveries,
        tax_status=draw(st.sampled_from(STATUSES)),
        coupons=draw(st.sets(st.sampled_from(["C1", "C2"]))),
    )


withs = st.sampled_from(["charges", "units", "everything"])
reaches = st.sampled_from(["never", "shipping", "order"])


@st.composite
def charge_books(draw):
    zoning = Zoning(regions=[RegionZone(Region("CA"), "far")], elsewhere="near")
    post = DeliveryOption(
        "post",
        rates=[
            DeliveryRate(
                "near",
                [
                    RateBreak(0, eur(draw(st.integers(0, 900)))),
                    RateBreak(4_000, eur(700), each=eur(33), per=1_000),
                ],
                measure="weight_g",
            ),
            DeliveryRate("far", [RateBreak(0, eur(1_111))]),
            DeliveryRate("far", [RateBreak(0, eur(0), each=eur(7), per=500)], measure="value"),
        ],
        zoning=zoning,
        free_from=draw(st.sampled_from([None, eur(0), eur(4_000)])),
        tax_category=draw(st.sampled_from(["standard", "food"])),
        discountable=draw(reaches),
        refundable=draw(st.booleans()),
        refund_with=draw(withs),
    )
    some = st.sampled_from(
        [Selector(), Selector(skus=["A", "B"]), Selector(attributes={"gift_wrap": "yes"})]
    )
    fees = [
        Fee(
            f"f{i}",
            eur(draw(st.integers(0, 400))),
            percent=0 if per == "unit" else draw(st.sampled_from([0, "2.5"])),
            per=per,
            on=draw(some),
            payment_methods=draw(st.sampled_from([[], ["cod"]])),
            below=draw(st.sampled_from([None, eur(3_000)])),
            minimum=draw(st.sampled_from([None, eur(50)])),
            maximum=draw(st.sampled_from([None, eur(250)])),
            span=draw(st.sampled_from([Span(), Span(None, "2026-12-01T00:00Z")])),
            kind=draw(st.sampled_from(["fee", "shipping"])),
            tax_category=draw(st.sampled_from([None, "food"])),
            discountable=draw(reaches),
            refundable=draw(st.booleans()),
            refund_with=draw(withs),
        )
        for i, per in enumerate(
            draw(st.lists(st.sampled_from(["order", "delivery", "line", "unit"]), max_size=3))
        )
    ]
    return ChargeBook(options=[post], fees=fees)


@st.composite
def manuals(draw, cart):
    who = {"reason": "dent", "actor": "kim", "role": "boss"}
    made = [
        PriceOverride(line.line_id, eur(draw(st.integers(0, 2_000))), **who)
        for line in cart.lines
        if draw(st.integers(0, 4)) == 0
    ]
    if draw(st.integers(0, 3)) == 0:
        made.append(Goodwill(percent=draw(st.sampled_from([5, "12.5", 100])), **who))
    if draw(st.integers(0, 3)) == 0:
        made.append(Goodwill(amount=eur(333), line_id=cart.lines[0].line_id, **who))
    return made


@st.composite
def rich_quotes(draw, max_quantity=9):
    """A quote with everything at once, and everything that it was made from."""
    from ordercore.pricing import quote

    cart = draw(rich_carts(max_quantity))
    book = draw(books())
    extra = [draw(promotion(f"q{i}")) for i in range(draw(st.integers(0, 2)))]
    book = PriceBook(lists=book.lists, promotions=(*book.promotions, *extra), groups=book.groups)
    given = {
        "taxes": draw(rich_tables()),
        "policy": draw(rich_policies),
        "tariff": draw(charge_books()),
        "charges": draw(st.sampled_from([(), (Charge("tip", kind="tip", list_amount=eur(250)),)])),
        "manual": draw(manuals(cart)),
    }
    return quote(cart, book, at=NOW, **given), cart, book, given

"""Invoices of several countries, computed by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import Money, Span, instant
from ordercore.network import Destination, Region
from ordercore.pricing import (
    MARKETPLACE,
    Cart,
    CartLine,
    Charge,
    ChargeBook,
    Delivery,
    Fee,
    PriceBook,
    PricingPolicy,
    TaxExemption,
    TaxRate,
    TaxRegistration,
    TaxStatus,
    TaxTable,
    TaxTreatment,
    check_sums,
    percent_off,
    quote,
    try_quote,
)

DE, GB = Region("DE"), Region("GB")


def taxes_of(part):
    return [(share.component, share.amount.minor) for share in part.taxes]


def test_germany_two_rates_inclusive_with_the_shipping_split():
    """34.50 of goods; the shipping of 4.90 falls as 23.80 : 10.70, which is 3.38 and 1.52.

    At 19 %: 27.18 × 19 ÷ 119 = 4.3397; at 7 %: 12.22 × 7 ÷ 107 = 0.7994.
    """
    vat = TaxTable(
        [TaxRate("standard", "0.19", region=DE), TaxRate("food", "0.07", region=DE)], included=True
    )
    cart = Cart(
        lines=[
            CartLine("1", sku="CUP", quantity=2),
            CartLine("2", sku="TEA", quantity=1, tax_category="food"),
        ],
        ship_to=Destination(DE),
    )
    book = PriceBook.of({"CUP": eur(1190), "TEA": eur(1070)})
    policy = PricingPolicy(shipping_tax="split", tax_place="rate_group")
    q = quote(cart, book, at=NOW, taxes=vat, policy=policy, shipping=eur(490))
    assert [(s.category, s.base.minor, s.amount.minor) for s in q.charges[0].taxes] == [
        ("food", 152, 10),
        ("standard", 338, 54),
    ]
    assert [taxes_of(line) for line in q.lines] == [[("tax", 380)], [("tax", 70)]]
    rows = [(row.rate, row.net.minor, row.amount.minor) for row in q.tax_totals]
    assert rows == [(Fraction(7, 100), 1142, 80), (Fraction(19, 100), 2284, 434)]
    assert (q.total, q.net, q.tax) == (eur(3940), eur(3426), eur(514))
    assert check_sums(q) == ()

    highest = PricingPolicy(shipping_tax="highest")
    q = quote(cart, book, at=NOW, taxes=vat, policy=highest, shipping=eur(490))
    assert [(s.category, s.amount.minor) for s in q.charges[0].taxes] == [("standard", 78)]
    own = quote(
        cart,
        book,
        at=NOW,
        taxes=vat,
        charges=[Charge("shipping", list_amount=eur(490), tax_category="food")],
    )
    assert taxes_of(own.charges[0]) == [("tax", 32)]


def test_goods_that_became_free_still_split_the_shipping():
    vat = TaxTable([TaxRate("standard", "0.19"), TaxRate("food", "0.07")], included=True)
    cart = Cart(
        lines=[
            CartLine("1", sku="CUP", quantity=1),
            CartLine("2", sku="TEA", quantity=1, tax_category="food"),
            CartLine("3", sku="TEA", quantity=1, delivery_group="other"),
        ]
    )
    book = PriceBook.of({"CUP": eur(3000), "TEA": eur(1000)}, promotions=[percent_off("free", 100)])
    policy = PricingPolicy(shipping_tax="split")
    q = quote(cart, book, at=NOW, taxes=vat, policy=policy, shipping=eur(400))
    assert [(s.category, s.base.minor) for s in q.charges[0].taxes] == [
        ("food", 100),
        ("standard", 300),
    ]
    # A charge of a group without goods has its own category; one of nothing is taxed nothing.
    lonely = [
        Charge("s", list_amount=eur(119), delivery_group="nobody"),
        Charge("t", list_amount=eur(0)),
    ]
    q = quote(cart, book, at=NOW, taxes=vat, policy=policy, charges=lonely)
    assert [[s.amount.minor for s in c.taxes] for c in q.charges] == [[19], [0]]


def test_united_states_state_county_and_city_on_top_collected_by_the_marketplace():
    """3 × 19.99 less 10 % is 53.97; 4 %, 2 % and 4 % of it are 2.1588, 1.0794 and 2.1588."""
    state, city = Region("US", "AL"), Region("US", "AL", "Birmingham")
    taxes = TaxTable(
        [
            TaxRate("standard", "0.04", region=state, component="state", collector=MARKETPLACE),
            TaxRate(
                "standard",
                "0.02",
                region=state,
                component="county",
                postcode_classes=["352"],
                collector=MARKETPLACE,
            ),
            TaxRate("standard", "0.04", region=city, component="city"),
        ]
    )
    cart = Cart(
        lines=[CartLine("1", sku="MUG", quantity=3)],
        ship_to=Destination(city, postcode_class="352"),
    )
    book = PriceBook.of({"MUG": Money.of("19.99", "USD")}, promotions=[percent_off("fall", 10)])
    q = quote(cart, book, at=NOW, taxes=taxes)
    assert taxes_of(q.lines[0]) == [("city", 216), ("county", 108), ("state", 216)]
    assert (q.total.minor, q.tax.minor) == (5397 + 540, 540)
    assert q.tax_collected_by(MARKETPLACE).minor == 324
    # Per unit: 17.99 is taxed 0.72, 0.36 and 0.72, three times.
    by_unit = quote(cart, book, at=NOW, taxes=taxes, policy=PricingPolicy(tax_place="unit"))
    assert taxes_of(by_unit.lines[0]) == [("city", 216), ("county", 108), ("state", 216)]
    elsewhere = Cart(lines=cart.lines, ship_to=Destination(state, postcode_class="356"))
    assert taxes_of(quote(elsewhere, book, at=NOW, taxes=taxes).lines[0]) == [("state", 216)]


def test_taxes_of_units_are_rounded_for_each_of_them():
    """10.00 over 3 units: 3.33 twice and 3.34 once; 19 % is 0.6327 and 0.6346, so 0.63 each."""
    vat = TaxTable([TaxRate("standard", "0.19")])
    cart = Cart(lines=[CartLine("1", sku="TEA", quantity=3)])
    book = PriceBook.of({"TEA": eur(400)}, promotions=[percent_off("off", "100/6", stage="order")])
    q = quote(cart, book, at=NOW, taxes=vat, policy=PricingPolicy(tax_place="unit"))
    assert (q.lines[0].amount, q.tax) == (eur(1000), eur(189))
    assert quote(cart, book, at=NOW, taxes=vat).tax == eur(190)


def test_canada_quebec_compound_until_2012_and_parallel_since():
    """9.5 % of 105.00 is 9.975, and so is 9.975 % of 100.00; the bases differ, the tax does not."""
    quebec, change = Region("CA", "QC"), instant("2013-01-01T05:00Z")
    taxes = TaxTable(
        [
            TaxRate("standard", "0.05", region=Region("CA"), component="gst"),
            TaxRate(
                "standard",
                "0.095",
                region=quebec,
                span=Span("2012-01-01T05:00Z", change),
                component="qst",
                compound_on=["gst"],
            ),
            TaxRate("standard", "0.09975", region=quebec, span=Span(change), component="qst"),
        ]
    )
    assert taxes.findings == ()
    cart = Cart(lines=[CartLine("1", sku="MUG", quantity=1)], ship_to=Destination(quebec))

    def paid(price, at):
        book = PriceBook.of({"MUG": Money.of(price, "CAD")})
        return taxes_of(quote(cart, book, at=at, taxes=taxes).lines[0])

    for at in ("2012-06-01T00:00Z", "2013-06-01T00:00Z"):
        assert paid("100.00", at) == [("gst", 500), ("qst", 998)]
        assert paid("200.00", at) == [("gst", 1000), ("qst", 1995)]
    # Inclusive: 114.975 holds 5.00 and 9.975; of 114.98 together 14.98 (14.9757).
    inside = TaxTable(taxes.rates, included=True)
    q = quote(
        cart, PriceBook.of({"MUG": Money(11498, "CAD")}), at="2012-06-01T00:00Z", taxes=inside
    )
    assert taxes_of(q.lines[0]) == [("gst", 500), ("qst", 998)]


def test_prince_edward_island_taxed_the_tax():
    """Until 2013: 10 % of the price and the federal 5 %."""
    taxes = TaxTable(
        [
            TaxRate("standard", "0.05", component="gst"),
            TaxRate("standard", "0.10", component="pst", compound_on=["gst"]),
        ]
    )
    cart = Cart(lines=[CartLine("1", sku="MUG", quantity=1)])
    q = quote(cart, PriceBook.of({"MUG": eur(10_000)}), at=NOW, taxes=taxes)
    assert taxes_of(q.lines[0]) == [("gst", 500), ("pst", 1050)]


def test_united_kingdom_domestic_reverse_charge():
    why = "Reverse charge: customer to account for VAT to HMRC"
    vat = TaxTable(
        [
            TaxRate("construction", "0.20", region=GB),
            TaxRate(
                "construction",
                0,
                region=GB,
                only_registered=True,
                treatment="reverse_charge",
                reason=why,
            ),
        ]
    )
    work = [CartLine("1", sku="ROOF", quantity=1, tax_category="construction")]
    book = PriceBook.of({"ROOF": Money.of("1000.00", "GBP")})
    home = Destination(GB)
    consumer = quote(Cart(lines=work, ship_to=home), book, at=NOW, taxes=vat)
    assert (consumer.total.minor, consumer.tax.minor) == (120_000, 20_000)
    builder = TaxStatus(registrations=[TaxRegistration("GB", "GB123456789")])
    q = quote(Cart(lines=work, ship_to=home, tax_status=builder), book, at=NOW, taxes=vat)
    (share,) = q.lines[0].taxes
    assert (q.total.minor, share.amount.minor, share.rate) == (100_000, 0, 0)
    assert (share.treatment, share.reason) == (TaxTreatment.REVERSE_CHARGE, why)
    (row,) = q.tax_totals
    assert (row.net.minor, row.reason) == (100_000, why)
    foreign = TaxStatus(registrations=[TaxRegistration("FR")])
    q = quote(Cart(lines=work, ship_to=home, tax_status=foreign), book, at=NOW, taxes=vat)
    assert q.tax.minor == 20_000


def test_european_union_exempt_with_a_certificate():
    """119.00 at 19 % inclusive: the buyer pays it all the same, or 100.00, as the policy says."""
    vat = TaxTable(
        [TaxRate("standard", "0.19", region=DE), TaxRate("standard", "0.20", region=Region("FR"))],
        included=True,
        home=DE,
    )
    until = instant("2027-01-01T00:00Z")
    embassy = TaxStatus(
        exemptions=[
            TaxExemption(
                "15.10-77",
                region=DE,
                span=Span(None, until),
                reason="Article 151 of Directive 2006/112/EC",
            )
        ]
    )
    lines = [CartLine("1", sku="DESK", quantity=1)]
    book = PriceBook.of({"DESK": eur(11_900)})
    cart = Cart(lines=lines, ship_to=Destination(DE), tax_status=embassy)
    q = quote(cart, book, at=NOW, taxes=vat)
    (share,) = q.lines[0].taxes
    assert (q.total, q.tax, share.treatment) == (eur(11_900), eur(0), TaxTreatment.EXEMPT)
    assert share.reason == "Article 151 of Directive 2006/112/EC"
    assert q.valid_until == until
    net = PricingPolicy(inclusive_prices="same_net")
    q = quote(cart, book, at=NOW, taxes=vat, policy=net, shipping=eur(595))
    assert [part.gross.minor for part in (*q.lines, *q.charges)] == [10_000, 500]
    # Of a fee what the book says is converted, and the percentage of the goods is not: 1.00 + 10.00.
    fee = ChargeBook(fees=[Fee("card", eur(119), percent=10, minimum=eur(1), maximum=eur(9999))])
    q = quote(cart, book, at=NOW, taxes=vat, policy=net, tariff=fee)
    assert q.charges[0].gross == eur(1_100)
    # Elsewhere the certificate does not hold, and the French tax comes in: 100.00 × 1.20.
    abroad = Cart(lines=lines, ship_to=Destination(Region("FR")), tax_status=embassy)
    assert quote(abroad, book, at=NOW, taxes=vat, policy=net).total == eur(12_000)
    assert quote(abroad, book, at=NOW, taxes=vat).total == eur(11_900)
    assert quote(abroad, book, at=NOW, taxes=vat).tax == eur(1983)
    # At home nothing changes; and a category that home does not know refuses.
    plain = Cart(lines=lines, ship_to=Destination(DE))
    assert quote(plain, book, at=NOW, taxes=vat, policy=net).total == eur(11_900)
    only_france = TaxTable([TaxRate("standard", "0.20", region=Region("FR"))], home=DE)
    refused = try_quote(abroad, book, at=NOW, taxes=only_france, policy=net)
    assert [(r.code, r.facts["region"]) for r in refused.reasons] == [("pricing.no_tax_rate", "DE")]


def test_zero_exempt_and_out_of_scope_are_told_apart():
    vat = TaxTable(
        [
            TaxRate("standard", "0.20"),
            TaxRate("books", "0"),
            TaxRate("insurance", "0", treatment="exempt", reason="Insurance"),
            TaxRate("voucher", "0", treatment="out_of_scope", reason="Voucher"),
        ]
    )
    categories = ("books", "insurance", "standard", "voucher")
    cart = Cart(
        lines=[CartLine(c, sku="X", quantity=1, tax_category=c) for c in categories],
        tax_status=TaxStatus(exemptions=[TaxExemption("c", categories=["books"])]),
    )
    q = quote(cart, PriceBook.of({"X": eur(1000)}), at=NOW, taxes=vat)
    found = [(s.treatment.value, s.reason, s.amount.minor) for line in q.lines for s in line.taxes]
    assert found == [
        ("taxed", "", 0),
        ("exempt", "Insurance", 0),
        ("taxed", "", 200),
        ("out_of_scope", "Voucher", 0),
    ]
    assert len(q.tax_totals) == 4


def test_each_delivery_group_is_taxed_where_it_goes():
    vat = TaxTable(
        [TaxRate("standard", "0.19", region=DE), TaxRate("standard", "0.20", region=Region("FR"))]
    )
    cart = Cart(
        lines=[
            CartLine("1", sku="CUP", quantity=1),
            CartLine("2", sku="CUP", quantity=1, delivery_group="gift"),
        ],
        ship_to=Destination(DE),
        deliveries=[Delivery("gift", ship_to=Destination(Region("FR")))],
    )
    q = quote(cart, PriceBook.of({"CUP": eur(1000)}), at=NOW, taxes=vat)
    assert [taxes_of(line) for line in q.lines] == [[("tax", 190)], [("tax", 200)]]
    assert q.cart() == Cart(
        lines=cart.lines, ship_to=cart.ship_to, deliveries=cart.deliveries, currency="EUR"
    )
    nowhere = Cart(lines=cart.lines, deliveries=cart.deliveries)
    refused = try_quote(nowhere, PriceBook.of({"CUP": eur(1000)}), at=NOW, taxes=vat)
    assert [r.facts["line"] for r in refused.reasons] == ["1"]


@pytest.mark.parametrize("place", ["unit", "line", "rate_group", "document"])
def test_a_free_item_has_no_tax_wherever_it_is_rounded(place):
    vat = TaxTable([TaxRate("standard", "0.19"), TaxRate("standard", "0.01", component="x")])
    cart = Cart(lines=[CartLine("1", sku="A", quantity=3), CartLine("2", sku="B", quantity=1)])
    book = PriceBook.of({"A": eur(0), "B": eur(999)})
    q = quote(cart, book, at=NOW, taxes=vat, policy=PricingPolicy(tax_place=place))
    assert (q.lines[0].net, q.lines[0].tax, q.lines[0].gross) == (eur(0), eur(0), eur(0))


def test_a_quote_ends_when_any_tax_of_it_changes():
    soon, later, last = (instant(f"2027-0{month}-01T00:00Z") for month in (1, 2, 3))
    table = TaxTable(
        [
            TaxRate("standard", "0.19", region=DE, span=Span(None, last)),
            TaxRate("standard", "0.16", region=Region("DE", "BE"), span=Span(later)),
            TaxRate("standard", "0.20", region=Region("FR"), span=Span(soon)),
        ],
        included=True,
        home=DE,
    )
    book = PriceBook.of({"CUP": eur(1190)})

    def end(cart, **more):
        return quote(cart, book, at=NOW, taxes=table, **more).valid_until

    lines = [CartLine("1", sku="CUP", quantity=1)]
    assert end(Cart(lines=lines, ship_to=Destination(DE))) == last
    berlin = Cart(lines=lines, ship_to=Destination(Region("DE", "BE")))
    assert end(berlin) == later
    coming = TaxStatus(exemptions=[TaxExemption("x", span=Span(soon))])
    assert end(Cart(lines=lines, ship_to=Destination(DE), tax_status=coming)) == soon
    # Prices of home hang on its rates as well.
    net = PricingPolicy(inclusive_prices="same_net")
    swiss = TaxTable(
        [*table.rates, TaxRate("standard", "0", region=Region("CH"))], included=True, home=DE
    )
    abroad = Cart(lines=lines, ship_to=Destination(Region("CH")))
    assert quote(abroad, book, at=NOW, taxes=swiss, policy=net).valid_until == last
    assert quote(abroad, book, at=NOW, taxes=swiss).valid_until is None

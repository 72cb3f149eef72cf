"""Tax tables and the shares they give."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import InvalidBatch, InvalidValue, Rounding, Span, instant
from ordercore.network import Region
from ordercore.pricing import (
    NO_TAX,
    TaxExemption,
    TaxRate,
    TaxRegistration,
    TaxStatus,
    TaxTable,
)
from ordercore.pricing.exact import exact_fraction
from ordercore.pricing.policy import TaxPlace
from ordercore.pricing.taxes.tax_shares import tax_shares


def faults(make):
    with pytest.raises(InvalidBatch) as caught:
        make()
    return [(f.code, f.path) for f in caught.value.faults]


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        ("0.19", Fraction(19, 100)),
        ("1/3", Fraction(1, 3)),
        (Decimal("7.5"), Fraction(15, 2)),
        (2, Fraction(2)),
        (Fraction(1, 7), Fraction(1, 7)),
        ("-1", Fraction(-1)),
    ],
)
def test_rates_are_exact(given, exact):
    assert exact_fraction(given, "rate") == exact


@pytest.mark.parametrize(
    "given",
    [
        0.19,
        True,
        None,
        "",
        "x",
        "1/0",
        "1.5/2",
        "1e9",
        "0." + "1" * 40,
        "٣",
        Decimal("NaN"),
        Decimal("1e99"),
        " 1",
    ],
)
def test_anything_else_is_refused(given):
    with pytest.raises(InvalidValue) as caught:
        exact_fraction(given, "rate")
    assert (caught.value.code, caught.value.path) == ("rate.not_exact", "rate")


def test_the_narrowest_region_wins_per_component():
    us, ny, nyc = Region("US"), Region("US", "NY"), Region("US", "NY", "New York")
    table = TaxTable(
        [
            TaxRate("standard", "0.045", region=nyc, component="city"),
            TaxRate("standard", "0.04", region=ny, component="state"),
            TaxRate("standard", "0.01", region=us, component="state"),
            TaxRate("standard", "0.02", component="state"),
            TaxRate("food", "0", region=us, component="state"),
        ]
    )

    def rates(region, category="standard"):
        return [(r.component, r.jurisdiction) for r in table.rates_for(category, region, NOW)]

    assert rates(nyc) == [("city", "US/NY/New York"), ("state", "US/NY")]
    assert rates(Region("US", "NY")) == [("state", "US/NY")]
    assert rates(Region("US", "CA")) == [("state", "US")]
    assert rates(Region("DE")) == [("state", "")]
    assert rates(None) == [("state", "")]
    assert rates(nyc, "food") == [("state", "US")]
    assert rates(None, "food") == []
    assert NO_TAX.rates_for("standard", nyc, NOW) == ()


def test_rates_change_with_time():
    until, since = Span(None, NOW), Span(NOW)
    table = TaxTable([TaxRate("s", "0.175", span=until), TaxRate("s", "0.2", span=since)])
    assert table.rates_for("s", None, NOW)[0].rate == Fraction(1, 5)
    assert table.rates_for("s", None, instant("2026-11-10T23:59Z"))[0].rate == Fraction(7, 40)


def test_faults_of_rates_and_tables():
    assert faults(
        lambda: TaxRate("", "11", region="DE", span=None, component="", collector="")
    ) == [
        ("tax.category", "category"),
        ("tax.component", "component"),
        ("tax.collector", "collector"),
        ("tax.rate_out_of_range", "rate"),
        ("tax.region", "region"),
        ("tax.span", "span"),
    ]
    assert faults(lambda: TaxRate("s", "-0.1")) == [("tax.rate_out_of_range", "rate")]
    assert TaxRate("s", 10).rate == 10
    rate = TaxRate("s", "0.1")
    assert faults(lambda: TaxTable(["x", rate, TaxRate("s", "0.2"), rate])) == [
        ("tax.rate", "rates[0]"),
        ("tax.overlap", "rates[2]"),
        ("tax.overlap", "rates[3]"),
    ]
    TaxTable([rate, TaxRate("s", "0.1", component="b"), TaxRate("s", "0.1", region=Region("DE"))])


def shares(minors, rates, **more):
    given = {"included": False, "place": TaxPlace.LINE, "rounding": Rounding.HALF_UP} | more
    found = tax_shares([eur(m) for m in minors], rates, **given)
    return [[s.amount.minor for s in each] for each in found]


def test_shares_by_hand():
    nineteen, seven = TaxRate("s", "0.19"), TaxRate("f", "0.07")
    city = TaxRate("s", "0.01", component="city")
    # 3 × 0.99 at 19 %: 0.1881 each, 0.5643 together.
    for place, wanted in [("line", [[19]] * 3), ("rate_group", [[19], [19], [18]])]:
        assert shares([99] * 3, [(nineteen,)] * 3, place=TaxPlace(place)) == wanted
    # Included: 11.90 holds 1.90; 9.99 holds 1.595.
    assert shares([1190, 999], [(nineteen,)] * 2, included=True) == [[190], [160]]
    # Two components, included: 12.00 ÷ 1.20 × 0.20 = 2.00, as 1.90 and 0.10.
    assert shares([1200], [(city, nineteen)], included=True) == [[10, 190]]
    # On top each is rounded by itself: 0.1881 and 0.0099.
    assert shares([99], [(city, nineteen)]) == [[1, 19]]
    # By group on top: the city's 0.0099 + 0.0099, the other's 0.1881 + 0.1881.
    both = [(city, nineteen)] * 2
    assert shares([99, 99], both, place=TaxPlace.RATE_GROUP) == [[1, 19], [1, 19]]
    # A document rounds once: 0.1881 + 0.0693 = 0.2574.
    assert shares([99, 99], [(nineteen,), (seven,)], place=TaxPlace.DOCUMENT) == [[19], [7]]
    assert shares([49, 49], [(nineteen,), (seven,)], place=TaxPlace.DOCUMENT) == [[9], [4]]
    assert shares([49, 49], [(nineteen,), (seven,)]) == [[9], [3]]
    assert shares([5], [()]) == [[]]
    assert shares([], [], place=TaxPlace.DOCUMENT) == []
    assert shares([50], [(seven,)], rounding=Rounding.UP) == [[4]]
    assert shares([50], [(seven,)], rounding=Rounding.UP, included=True) == [[4]]
    assert shares([50], [(seven,)], rounding=Rounding.DOWN, place=TaxPlace.DOCUMENT) == [[3]]


def test_a_share_names_its_grounds():
    rate = TaxRate("s", "0.2", region=Region("GB"), component="vat", collector="marketplace")
    ((share,),) = tax_shares(
        [eur(1200)], [(rate,)], included=True, place=TaxPlace.LINE, rounding=Rounding.HALF_UP
    )
    assert (share.amount, share.base, share.included) == (eur(200), eur(1200), True)
    assert (share.rate, share.category, share.jurisdiction) == (Fraction(1, 5), "s", "GB")
    assert (share.component, share.collector) == ("vat", "marketplace")


def test_tables_have_digests():
    table = TaxTable([TaxRate("s", "0.1")])
    assert table.digest == table.digest == TaxTable([TaxRate("s", "0.10")]).digest
    assert table.digest != TaxTable([TaxRate("s", "0.1")], included=True).digest


def test_faults_of_compounds_postcodes_and_treatments():
    ca = Region("CA")
    assert faults(
        lambda: TaxRate(
            "s",
            "0.1",
            component="b",
            compound_on=["b", ""],
            postcode_classes=["H7A", "no class"],
            treatment="exempt",
        )
    ) == [
        ("tax.treatment_with_rate", "treatment"),
        ("tax.compound_on", "compound_on[0]"),
        ("tax.compound_on", "compound_on[1]"),
        ("tax.postcode_class", "postcode_classes[0]"),
        ("tax.postcode_class", "postcode_classes[1]"),
    ]
    assert faults(lambda: TaxRate("s", 0, region=ca, postcode_classes=["", "h7a"])) == [
        ("tax.postcode_class", "postcode_classes[0]"),
        ("tax.postcode_class", "postcode_classes[1]"),
    ]

    def rate(component, *below, region=ca, **more):
        return TaxRate("s", "0.1", component=component, compound_on=below, region=region, **more)

    assert faults(
        lambda: TaxTable(
            [
                rate("a", "b"),
                rate("b", "c", region=None),
                rate("c", "a", "x"),
                rate("d", "a"),
                TaxRate("other", "0.1", component="c", compound_on=["a"]),
            ]
        )
    ) == [
        ("tax.compound_unknown", "rates[2].compound_on[1]"),
        ("tax.compound_unknown", "rates[4].compound_on[0]"),
        ("tax.compound_cycle", "rates[0].compound_on"),
        ("tax.compound_cycle", "rates[1].compound_on"),
        ("tax.compound_cycle", "rates[2].compound_on"),
    ]
    # Rates of two countries never meet.
    us = Region("US")
    TaxTable([rate("a", "b"), rate("b"), rate("b", "a", region=us), rate("a", region=us)])
    assert faults(
        lambda: TaxTable(
            [
                rate("a", postcode_classes=["H7A", "H7B"]),
                rate("a", postcode_classes=["H7B", "H7C"]),
                rate("a"),
                rate("a", only_registered=True),
            ]
        )
    ) == [("tax.overlap", "rates[1]")]


def test_gaps_are_told_as_warnings():
    def rate(start, end, **more):
        return TaxRate("s", "0.1", span=Span(start, end), **more)

    a, b, c = "2026-01-01T00:00Z", "2026-02-01T00:00Z", "2026-03-01T00:00Z"
    table = TaxTable([rate(c, None), rate(None, a), rate(b, c), rate(c, None, component="x")])
    (finding,) = table.findings
    assert (finding.code, finding.severity, finding.path) == ("tax.gap", "warning", "rates[2]")
    place = {"region": Region("US"), "postcode_classes": ["100", "101"]}
    twice = TaxTable([rate(None, a, **place), rate(b, None, **place)])
    assert [f.path for f in twice.findings] == ["rates[1]"]
    assert TaxTable([rate(None, a), rate(a, None)]).findings == NO_TAX.findings == ()


def test_the_narrowest_rate_and_what_buyers_state():
    ny, nyc = Region("US", "NY"), Region("US", "NY", "New York")
    leeds = Region("US", city="New York")

    def rate(number, region, **more):
        return TaxRate("s", number, region=region, **more)

    table = TaxTable(
        [
            rate("0.01", None),
            rate("0.02", None, only_registered=True),
            rate("0.03", ny),
            rate("0.04", leeds),
            rate("0.05", nyc),
            rate("0.06", nyc, postcode_classes=["100"]),
            rate("0.07", nyc, postcode_classes=["100"], only_registered=True),
        ]
    )
    here = TaxStatus(registrations=[TaxRegistration("US")])
    there = TaxStatus(registrations=[TaxRegistration("FR")])

    def found(region, postcode_class="", status=here):
        (it,) = table.rates_for("s", region, NOW, postcode_class=postcode_class, status=status)
        return it.rate * 100

    assert [found(None), found(None, status=there), found(None, status=TaxStatus())] == [2, 2, 1]
    assert [found(ny), found(leeds), found(nyc), found(Region("FR"))] == [3, 4, 5, 2]
    assert [found(nyc, "100"), found(nyc, "100", there), found(nyc, "104")] == [7, 6, 5]


def test_a_certificate_frees_what_it_names():
    rates = [
        TaxRate("s", "0.05", component="gst", span=Span(None, "2027-06-01T00:00Z")),
        TaxRate("s", "0.07", component="pst"),
        TaxRate("z", 0, component="pst"),
    ]
    table = TaxTable(rates)
    short = TaxExemption("b", components=["pst"], span=Span(None, "2026-12-01T00:00Z"))
    long = TaxExemption("a", components=["pst"], span=Span(None, "2027-01-01T00:00Z"), reason="why")

    def found(*exemptions, category="s", at=NOW, region=None):
        status = TaxStatus(exemptions=exemptions)
        return table.rates_for(category, region, at, status=status)

    gst, pst = found(short, long)
    assert gst == rates[0]
    assert (pst.rate, pst.treatment.value, pst.reason) == (0, "exempt", "why")
    assert pst.span == long.span
    assert found(short)[1].reason == "b"
    assert found(short, at=instant("2026-12-01T00:00Z"))[1] == rates[1]
    assert found(TaxExemption("c", region=Region("CA")))[1] == rates[1]
    assert found(TaxExemption("c", region=Region("CA")), region=Region("CA"))[0].rate == 0
    assert found(TaxExemption("c", categories=["z"]))[0] == rates[0]
    assert found(TaxExemption("c"), category="z") == (rates[2],)


def test_faults_of_what_buyers_state():
    assert faults(lambda: TaxExemption("", components=[""], categories=["", "x"])) == [
        ("tax_exemption.certificate", "certificate"),
        ("tax_exemption.components", "components[0]"),
        ("tax_exemption.categories", "categories[0]"),
    ]
    one = TaxExemption("a")
    assert faults(lambda: TaxStatus(exemptions=[one, TaxExemption("a", reason="x")])) == [
        ("tax_status.duplicate_certificate", "exemptions[1]")
    ]
    assert faults(lambda: TaxRegistration("fr")) == [("region.country", "country")]
    assert TaxStatus().registered_in(None) is TaxStatus().registered_in("FR") is False


def test_shares_of_units_by_hand():
    rate, city = TaxRate("s", "0.19"), TaxRate("s", "0.01", component="city")
    unit = {"place": TaxPlace.UNIT, "units": [3, 1]}
    # 10.00 over 3: 3.33 twice (0.6327) and 3.34 (0.6346); 0.99 once (0.1881).
    assert shares([1000, 99], [(rate,)] * 2, **unit) == [[189], [19]]
    # Included: 3.33 holds 0.5317, and 3.34 holds 0.5333.
    assert shares([1000, 99], [(rate,)] * 2, included=True, **unit) == [[159], [16]]
    # Two components, included: 3.33 holds 0.555 together, as 0.02775 and 0.52725: 0.56 = 3 + 53.
    assert shares([999, 0], [(city, rate)] * 2, included=True, **unit) == [[9, 159], [0, 0]]
    assert shares([5], [()], place=TaxPlace.UNIT) == [[]]

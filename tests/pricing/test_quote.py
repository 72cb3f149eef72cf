"""Quotes by hand: every feature once, in both tax modes, and every refusal."""

from __future__ import annotations

from fractions import Fraction

import attrs
import pytest
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import (
    CashRounding,
    InvalidBatch,
    InvalidValue,
    Money,
    NotFound,
    Refusal,
    Refused,
    Span,
    instant,
    shift,
)
from ordercore.network import Destination, Region
from ordercore.pricing import (
    DEFAULT_PRICING,
    EVERYTHING,
    INVARIANTS,
    Adjustment,
    Cart,
    CartLine,
    Charge,
    PriceBook,
    PriceList,
    PriceRow,
    PricingPolicy,
    Quote,
    QuoteLine,
    Selector,
    TaxRate,
    TaxShare,
    TaxTable,
    check_sums,
    percent_off,
    quote,
    recorded_quote,
    spend_and_save,
    try_quote,
    unit_off,
)

VAT = TaxTable([TaxRate("standard", "0.20"), TaxRate("food", "0.05")])
VAT_INCLUDED = attrs.evolve(VAT, included=True)


def faults(make):
    with pytest.raises(InvalidBatch) as caught:
        make()
    return [(f.code, f.path) for f in caught.value.faults]


def cart(*lines, **more):
    wanted = [
        CartLine(str(i), sku=sku, quantity=quantity) for i, (sku, quantity) in enumerate(lines, 1)
    ]
    return Cart(lines=wanted, **more)


PRICES = {"TEA": eur(1000), "CUP": eur(333), "POT": eur(5000)}


def book(*promotions, **more):
    return PriceBook.of(PRICES, promotions=promotions, **more)


def offs(q):
    return [[(a.promotion, a.amount.minor) for a in line.adjustments] for line in q.lines]


# --- usage -----------------------------------------------------------------------------------------


def test_singles_day():
    prices = {"TEA-250G": Money.of("128.00", "CNY"), "CUP": Money.of("59.90", "CNY")}
    ladder = spend_and_save("11.11", {"300.00": "40.00", "500.00": "80.00"}, "CNY")
    b = PriceBook.of(prices, promotions=[ladder])
    at = instant("2026-11-11T08:00+08:00")
    q = quote(cart(("TEA-250G", 2), ("CUP", 1), channel="douyin"), b, at=at)
    assert q.total == Money.of("275.90", "CNY")
    # 40.00 over 256.00 and 59.90: 32.4153… and 7.5846…
    assert offs(q) == [[("11.11", -3242)], [("11.11", -758)]]
    missing = q.explain("11.11", b).missing
    assert [str(m) for m in (missing.have, missing.need, missing.short)] == [
        "CNY 315.90",
        "CNY 500.00",
        "CNY 184.10",
    ]
    adjustment = q.lines[0].adjustments[0]
    assert (adjustment.code, adjustment.kind) == ("promotion.spend_and_save", "discount")
    assert (adjustment.stage, adjustment.funder) == ("order", "merchant")
    assert adjustment.basis == Money.of("256.00", "CNY")


# --- each effect -----------------------------------------------------------------------------------


def test_percent_off_line_by_line_or_over_the_order():
    by_line = quote(cart(("CUP", 1), ("CUP", 1)), book(percent_off("p", 50)), at=NOW)
    # 1.665 twice, each rounded half up.
    assert offs(by_line) == [[("p", -167)], [("p", -167)]]
    at_once = quote(cart(("CUP", 1), ("CUP", 1)), book(percent_off("p", 50, stage="order")), at=NOW)
    assert offs(at_once) == [[("p", -167)], [("p", -166)]]
    down = PricingPolicy(rounding="down")
    assert quote(cart(("CUP", 1)), book(percent_off("p", 50)), at=NOW, policy=down).total == eur(
        167
    )


def test_percent_of_what_is_left_or_of_the_list():
    both = book(percent_off("a", 50), percent_off("b", 50))
    assert quote(cart(("TEA", 1)), both, at=NOW).total == eur(250)
    listed = PricingPolicy(percent_base="list")
    assert quote(cart(("TEA", 1)), both, at=NOW, policy=listed).total == eur(0)
    three = book(percent_off("a", 50), percent_off("b", 50), percent_off("c", 50))
    # The third finds nothing left: no line goes below zero, nothing of nothing is recorded.
    q = quote(cart(("TEA", 1)), three, at=NOW, policy=listed)
    assert offs(q) == [[("a", -500), ("b", -500)]]
    assert [a.basis for a in q.lines[0].adjustments] == [eur(1000), eur(1000)]
    order = book(percent_off("a", 60, stage="order"), percent_off("b", 60, stage="order"))
    q = quote(cart(("TEA", 1), ("CUP", 3)), order, at=NOW, policy=listed)
    # 60 % of 19.99 is 11.99; what is left is 8.00.
    assert q.total == eur(0)
    assert sum(line.adjustments[1].amount.minor for line in q.lines) == -800


def test_a_ladder_gives_its_highest_step_once():
    ladder = spend_and_save("l", {"10": "1", "20": "5"}, "EUR")
    for units, total in [(1, 900), (2, 1500), (3, 2500)]:
        assert quote(cart(("TEA", units)), book(ladder), at=NOW).total == eur(total)
    assert quote(cart(("CUP", 3)), book(ladder), at=NOW).total == eur(999)  # 0.01 short
    only_tea = spend_and_save("l", {"20": "5"}, "EUR", on=Selector(skus=["TEA"]))
    q = quote(cart(("TEA", 1), ("POT", 1)), book(only_tea), at=NOW)
    assert offs(q) == [[], []]
    q = quote(cart(("TEA", 2), ("POT", 1)), book(only_tea), at=NOW)
    assert offs(q) == [[("l", -500)], []]


def test_a_ladder_looks_at_what_is_left_or_at_the_list():
    promotions = book(percent_off("a", 10), spend_and_save("l", {"10": "2"}, "EUR"))
    assert quote(cart(("TEA", 1)), promotions, at=NOW).total == eur(900)
    listed = PricingPolicy(threshold_basis="list")
    assert quote(cart(("TEA", 1)), promotions, at=NOW, policy=listed).total == eur(700)


def test_more_off_than_there_is_takes_all():
    q = quote(cart(("TEA", 1), ("CUP", 1)), book(spend_and_save("l", {"0": "99"}, "EUR")), at=NOW)
    assert offs(q) == [[("l", -1000)], [("l", -333)]]
    q = quote(cart(("CUP", 2)), book(unit_off("u", "9.99", "EUR")), at=NOW)
    assert (q.total, offs(q)) == (eur(0), [[("u", -666)]])


def test_an_amount_per_unit_follows_the_units():
    loyalty = unit_off(
        "w10",
        "0.30",
        "EUR",
        on=Selector(skus=["TEA"]),
        channels=["store-31"],
        span=Span(NOW, shift(NOW, days=7)),
        kind="loyalty",
    )
    wanted = cart(("TEA", 4), ("CUP", 1), channel="store-31")
    q = quote(wanted, book(loyalty), at=NOW)
    assert offs(q) == [[("w10", -120)], []]
    assert q.lines[0].adjustments[0].kind == "loyalty"
    assert q.lines[0].adjustments[0].code == "promotion.unit_off"
    assert q.valid_until == shift(NOW, days=7)
    assert offs(quote(wanted, book(loyalty), at=shift(NOW, days=7))) == [[], []]
    elsewhere = attrs.evolve(wanted, channel="store-32")
    assert offs(quote(elsewhere, book(loyalty), at=NOW)) == [[], []]


def test_coupons_conditions_and_funders():
    coupon = percent_off(
        "c", 10, coupon="TEA10", funder="manufacturer", kind="coupon", stage="payment"
    )
    tea = percent_off(
        "t", 20, when="any(line.sku == 'POT' for line in cart.lines)", funder="platform"
    )
    b = book(coupon, tea)
    assert quote(cart(("TEA", 1)), b, at=NOW).total == eur(1000)
    assert quote(cart(("TEA", 1), coupons=["TEA10"]), b, at=NOW).total == eur(900)
    q = quote(cart(("TEA", 1), ("POT", 1), coupons=["TEA10", "X"]), b, at=NOW)
    assert q.total == eur(4320)
    assert (q.funded("platform"), q.funded("manufacturer")) == (eur(1200), eur(480))
    assert (q.funded(), q.funded("merchant"), q.revenue) == (eur(1680), eur(0), eur(6000))
    assert (q.subtotal, q.discount) == (eur(6000), eur(1680))
    # 50.00: 10.00 for the platform, 4.00 for the manufacturer.
    assert (q.lines[1].gross, q.lines[1].revenue) == (eur(3600), eur(5000))


def test_conditions_ask_about_the_cart():
    facts = [
        "cart.total == EUR(20)",
        "cart.units == 2",
        "cart.channel == 'web'",
        "cart.customer == 'c-1'",
        "cart.country == 'DE'",
        "'X' in cart.coupons",
        "any(line.amount == EUR(20) and line.quantity == 2 for line in cart.lines)",
        "any('tea' in line.category and line.delivery_group == 'g' for line in cart.lines)",
    ]
    line = CartLine("1", sku="TEA", quantity=2, category=["drinks", "tea"], delivery_group="g")
    told = Cart(
        lines=[line],
        channel="web",
        customer="c-1",
        coupons=["X"],
        ship_to=Destination(Region("DE")),
    )
    silent = Cart(lines=[CartLine("1", sku="TEA", quantity=1)])
    for fact in facts:
        b = book(percent_off("p", 10, when=fact))
        assert quote(told, b, at=NOW).total == eur(1800), fact
        assert quote(silent, b, at=NOW).total == eur(1000), fact


def test_an_empty_selector_of_ones_own_selects_everything():
    assert Selector() == EVERYTHING
    assert quote(cart(("TEA", 1)), book(percent_off("p", 10, on=Selector())), at=NOW).total == eur(
        900
    )


# --- charges ---------------------------------------------------------------------------------------


def test_shipping_has_its_own_discounts_and_taxes():
    free = percent_off("free", 100, stage="shipping", when="cart.total >= EUR(20)")
    wrap = Charge("wrap", list_amount=eur(200), kind="fee", tax_category="food")
    given = {"at": NOW, "shipping": eur(490), "charges": [wrap], "taxes": VAT}
    q = quote(cart(("TEA", 1)), book(free), **given)
    assert [(c.charge_id, c.gross.minor, c.tax.minor) for c in q.charges] == [
        ("shipping", 588, 98),
        ("wrap", 210, 10),
    ]
    assert (q.shipping, q.total) == (eur(588), eur(1998))
    q = quote(cart(("TEA", 2)), book(free), **given)
    assert (q.shipping, q.total) == (eur(0), eur(2610))
    assert q.charges[0].adjustments[0].promotion == "free"
    reduced = spend_and_save("r", {"30": "3.90"}, "EUR", stage="shipping")
    assert quote(cart(("TEA", 3)), book(reduced), at=NOW, shipping=eur(490)).shipping == eur(100)
    assert quote(cart(("TEA", 2)), book(reduced), at=NOW, shipping=eur(490)).shipping == eur(490)
    tea = attrs.evolve(reduced, on=Selector(skus=["TEA"]))
    assert quote(cart(("POT", 1)), book(tea), at=NOW, shipping=eur(490)).shipping == eur(490)
    two = [Charge("b", list_amount=eur(1)), Charge("a", list_amount=eur(1))]
    one_off = spend_and_save("r", {"0": "0.01"}, "EUR", stage="shipping")
    q = quote(cart(("TEA", 1)), book(one_off), at=NOW, charges=two)
    assert [c.gross.minor for c in q.charges] == [1, 0]  # by id, not by place


def test_charges_come_unpriced():
    off = Adjustment(code="x", amount=eur(-1))
    bad = [
        Charge("a", list_amount=eur(1), adjustments=[off]),
        Charge("b", list_amount=eur(1), taxes=[TaxShare(amount=eur(1))]),
        Charge("c", list_amount=eur(-1)),
        Charge("d", list_amount=eur(0)),
    ]
    assert faults(lambda: quote(cart(("TEA", 1)), book(), at=NOW, charges=bad)) == [
        ("quote.charge_is_priced", "charges[0]"),
        ("quote.charge_is_priced", "charges[1]"),
        ("quote.charge_negative", "charges[2]"),
    ]
    assert faults(lambda: quote(cart(("TEA", 1)), book(), at=NOW, shipping=Money(1, "USD"))) == [
        ("money.currency_mismatch", "charges[0]")
    ]


# --- taxes -----------------------------------------------------------------------------------------


def test_taxes_on_top_and_included():
    wanted = cart(("TEA", 1), ("CUP", 1))
    sale = book(percent_off("p", 10))
    q = quote(wanted, sale, at=NOW, taxes=VAT)
    # 9.00 + 1.80 and 3.00 (3.33 less 0.33) + 0.60
    assert [(line.net.minor, line.tax.minor, line.gross.minor) for line in q.lines] == [
        (900, 180, 1080),
        (300, 60, 360),
    ]
    assert (q.total, q.net, q.tax, q.tax_included) == (eur(1440), eur(1200), eur(240), False)
    q = quote(wanted, sale, at=NOW, taxes=VAT_INCLUDED)
    assert [(line.net.minor, line.tax.minor, line.gross.minor) for line in q.lines] == [
        (750, 150, 900),
        (250, 50, 300),
    ]
    assert (q.total, q.net, q.tax, q.tax_included) == (eur(1200), eur(1000), eur(200), True)


def test_a_price_list_may_say_how_its_prices_read():
    for stated, table, included in [
        (None, VAT, False),
        (None, VAT_INCLUDED, True),
        (True, VAT, True),
        (False, VAT_INCLUDED, False),
    ]:
        q = quote(cart(("TEA", 1)), book(tax_included=stated), at=NOW, taxes=table)
        assert q.tax_included is included
        assert q.total == eur(1000 if included else 1200)
    lists = [PriceList("net", currency="EUR", rows=[PriceRow("NET", eur(1))], tax_included=False)]
    answer = try_quote(cart(("TEA", 1), ("NET", 1)), book(lists=lists, tax_included=True), at=NOW)
    assert answer.codes == ("pricing.mixed_tax_modes",) * 2
    assert [r.facts["price_list"] for r in answer.reasons] == ["base", "net"]
    assert [r.facts["line"] for r in answer.reasons] == ["1", "2"]


def test_the_place_of_rounding():
    cups = cart(("CUP", 1), ("CUP", 1), ("CUP", 1))
    # 0.666 each, 1.998 together.
    for place, taxes in [
        ("line", [67, 67, 67]),
        ("rate_group", [67, 67, 66]),
        ("document", [67, 67, 66]),
    ]:
        q = quote(cups, book(), at=NOW, taxes=VAT, policy=PricingPolicy(tax_place=place))
        assert [line.tax.minor for line in q.lines] == taxes
    down = PricingPolicy(tax_rounding="down")
    assert quote(cups, book(), at=NOW, taxes=VAT, policy=down).tax == eur(198)


def test_taxes_by_destination_and_collector():
    table = TaxTable(
        [
            TaxRate("standard", "0.10"),
            TaxRate(
                "standard",
                "0.20",
                region=Region("DE"),
                collector="marketplace",
                span=Span(None, shift(NOW, days=3)),
            ),
        ]
    )
    q = quote(cart(("TEA", 1)), book(), at=NOW, taxes=table)
    assert (q.tax, q.valid_until) == (eur(100), None)
    german = cart(("TEA", 1), ship_to=Destination(Region("DE", "BE")))
    q = quote(german, book(), at=NOW, taxes=table)
    assert (q.tax_collected_by("marketplace"), q.tax_collected_by("merchant")) == (eur(200), eur(0))
    assert (q.valid_until, q.ship_to) == (shift(NOW, days=3), german.ship_to)
    share = q.lines[0].taxes[0]
    assert (share.rate, share.jurisdiction, share.base) == (Fraction(1, 5), "DE", eur(1000))


def test_every_category_needs_its_rate():
    line = CartLine("1", sku="TEA", quantity=1, tax_category="books")
    wrap = Charge("wrap", list_amount=eur(1), tax_category="gifts")
    answer = try_quote(Cart(lines=[line]), book(), at=NOW, taxes=VAT, charges=[wrap])
    assert answer.codes == ("pricing.no_tax_rate",) * 2
    assert dict(answer.reasons[0].facts) == {"line": "1", "sku": "TEA", "tax_category": "books"}
    assert dict(answer.reasons[1].facts) == {"charge": "wrap", "tax_category": "gifts"}
    assert quote(Cart(lines=[line]), book(), at=NOW).tax == eur(0)


def test_coin_rounding():
    swiss = PricingPolicy(cash=CashRounding(5))
    q = quote(cart(("CUP", 1)), book(), at=NOW, policy=swiss)
    assert (q.total, q.rounding, q.net) == (eur(335), eur(2), eur(333))
    assert quote(cart(("TEA", 1)), book(), at=NOW, policy=swiss).rounding == eur(0)


# --- prices ----------------------------------------------------------------------------------------


def test_lists_by_priority_channel_currency_and_time():
    until = shift(NOW, days=1)
    lists = [
        PriceList(
            "b", currency="EUR", rows=[PriceRow("TEA", eur(900))], priority=2, channels=["web"]
        ),
        PriceList(
            "a",
            currency="EUR",
            rows=[PriceRow("TEA", eur(800))],
            priority=2,
            channels=["web"],
            span=Span(None, until),
        ),
        PriceList(
            "c",
            currency="EUR",
            rows=[PriceRow("TEA", eur(700)), PriceRow("CUP", eur(1))],
            priority=1,
        ),
        PriceList("d", currency="USD", rows=[PriceRow("TEA", Money(1, "USD"))], priority=9),
    ]
    b = book(lists=lists)

    def price(at=NOW, policy=DEFAULT_PRICING, **more):
        (line,) = quote(cart(("TEA", 1), currency="EUR", **more), b, at=at, policy=policy).lines
        return line.price.price_list, line.list_amount.minor

    assert price(channel="web") == ("a", 800)
    assert price(channel="web", at=until) == ("b", 900)
    assert price(channel="shop") == price() == ("c", 700)
    assert price(channel="web", policy=PricingPolicy(between_lists="lowest")) == ("c", 700)
    q = quote(cart(("TEA", 1), channel="web", currency="EUR"), b, at=NOW)
    assert q.valid_until == until
    assert quote(cart(("TEA", 1), currency="USD"), b, at=NOW).total == Money(1, "USD")


def test_the_lowest_price_is_found_exactly():
    lists = [
        PriceList("a", currency="EUR", rows=[PriceRow("X", eur(100), per=3)], priority=3),
        PriceList("b", currency="EUR", rows=[PriceRow("X", eur(66), per=2)], priority=2),
        PriceList("c", currency="EUR", rows=[PriceRow("X", eur(33))], priority=1),
    ]
    b = PriceBook(lists=lists)
    policy = PricingPolicy(between_lists="lowest")
    q = quote(cart(("X", 3)), b, at=NOW, policy=policy)
    assert (q.lines[0].price.price_list, q.total) == ("b", eur(99))
    assert quote(cart(("X", 3)), b, at=NOW).total == eur(100)


def test_prices_per_quantity_round_once_per_line():
    rows = [PriceRow.exact("BOLT", "4.375", "EUR", per=100)]
    b = PriceBook(lists=[PriceList("l", currency="EUR", rows=rows)])
    for units, minor in [(1, 4), (100, 438), (800, 3500)]:
        assert quote(cart(("BOLT", units)), b, at=NOW).total == eur(minor)


def test_breaks_price_all_units():
    rows = [PriceRow("X", eur(10)), PriceRow("X", eur(9), min_quantity=10)]
    b = PriceBook(lists=[PriceList("l", currency="EUR", rows=rows)])
    assert [quote(cart(("X", n)), b, at=NOW).total.minor for n in (9, 10)] == [90, 90]
    assert quote(cart(("X", 10)), b, at=NOW).lines[0].price.min_quantity == 10


# --- refusals --------------------------------------------------------------------------------------


def test_every_faulty_line_is_refused_with_its_reason():
    lists = [
        PriceList("usd", currency="USD", rows=[PriceRow("ONLY-USD", Money(1, "USD"))]),
        PriceList("web", currency="EUR", rows=[PriceRow("WEB", eur(1))], channels=["web"]),
        PriceList("lot", currency="EUR", rows=[PriceRow("LOT", eur(1), min_quantity=10)]),
    ]
    b = book(lists=lists)
    wanted = cart(("TEA", 1), ("NONE", 1), ("ONLY-USD", 2), ("WEB", 1), ("LOT", 9), currency="EUR")
    answer = try_quote(wanted, b, at=NOW)
    assert isinstance(answer, Refusal)
    assert [(r.code, dict(r.facts)) for r in answer.reasons] == [
        ("pricing.unknown_sku", {"line": "2", "sku": "NONE"}),
        (
            "pricing.currency",
            {"line": "3", "sku": "ONLY-USD", "currency": "EUR", "priced_in": ("USD",)},
        ),
        ("pricing.no_price", {"line": "4", "sku": "WEB", "quantity": 1}),
        ("pricing.no_price", {"line": "5", "sku": "LOT", "quantity": 9, "min_quantity": 10}),
    ]
    with pytest.raises(Refused) as caught:
        quote(wanted, b, at=NOW)
    assert caught.value.refusal == answer


def test_an_open_currency_must_be_the_only_one():
    lists = [PriceList("usd", currency="USD", rows=[PriceRow("TEA", Money(1, "USD"))])]
    answer = try_quote(cart(("TEA", 1)), book(lists=lists), at=NOW)
    assert (answer.codes, answer.reasons[0].facts["currencies"]) == (
        ("pricing.currency_open",),
        ("EUR", "USD"),
    )
    assert quote(cart(("TEA", 1)), PriceBook(lists=lists), at=NOW).currency == "USD"
    assert try_quote(cart(("TEA", 1)), PriceBook(), at=NOW).codes == ("pricing.unknown_sku",)
    later = PriceList(
        "l", currency="EUR", rows=[PriceRow("TEA", eur(1))], span=Span(shift(NOW, days=1))
    )
    assert try_quote(cart(("TEA", 1)), PriceBook(lists=[later]), at=NOW).codes == (
        "pricing.no_price",
    )


# --- the book --------------------------------------------------------------------------------------


def test_a_book_tells_all_its_faults():
    prices = PriceList("l", currency="EUR")
    sale = percent_off("p", 1)
    assert faults(
        lambda: PriceBook(
            lists=[prices, "x", prices], promotions=[sale, "y", sale, percent_off("p", 2)]
        )
    ) == [
        ("book.list", "lists[1]"),
        ("book.duplicate_list", "lists[2]"),
        ("book.promotion", "promotions[1]"),
        ("book.duplicate_promotion", "promotions[2]"),
        ("book.duplicate_promotion", "promotions[3]"),
    ]
    with pytest.raises(InvalidValue) as caught:
        PriceBook.of({"A": 12})
    assert (caught.value.code, caught.value.path) == ("book.price", "prices[A]")
    assert faults(lambda: PriceBook.of({"A": eur(1), "B": Money(1, "USD")})) == [
        ("money.currency_mismatch", "rows[1].price")
    ]
    with pytest.raises(NotFound):
        book().promotion("p")


def test_plain_prices_stand_behind_all_lists():
    low = PriceList("low", currency="EUR", rows=[PriceRow("TEA", eur(1))], priority=-5)
    b = book(lists=[low])
    assert quote(cart(("TEA", 1)), b, at=NOW).total == eur(1)
    assert b.lists[-1].priority == -6
    assert book().lists[0].priority == 0
    assert PriceBook.of().lists == ()


def test_a_promotion_is_found_by_any_of_its_keys():
    line = CartLine(
        "1", sku="TEA", quantity=1, category=["d", "t"], attributes={"brand": "b", "z": "1"}
    )
    wanted = Cart(lines=[line], channel="web", coupons=["C"])
    found = [
        percent_off("any", 1),
        percent_off("web", 1, channels=["shop", "web"]),
        percent_off("sku", 1, on=Selector(skus=["TEA", "CUP"])),
        percent_off("cat", 1, on=Selector(categories=["x", ("d", "t")])),
        percent_off("top", 1, on=Selector(categories=["d"]), channels=["web"]),
        percent_off("att", 1, on=Selector(attributes={"brand": "b"})),
        percent_off("cou", 1, coupon="C", on=Selector(skus=["TEA"])),
    ]
    others = [
        percent_off("n1", 1, channels=["shop"]),
        percent_off("n2", 1, on=Selector(skus=["CUP"])),
        percent_off("n3", 1, on=Selector(categories=["t"])),
        percent_off("n4", 1, on=Selector(attributes={"brand": "c"})),
        percent_off("n5", 1, coupon="D"),
    ]
    b = PriceBook(promotions=[*others, *found])
    assert [p.promotion_id for p in b.candidates(wanted, NOW)] == sorted(
        p.promotion_id for p in found
    )
    assert PriceBook().candidates(wanted, NOW) == []


def test_promotions_are_found_by_time_among_many():
    weeks = [
        percent_off(f"w{n:02}", 1, span=Span(shift(NOW, days=7 * n), shift(NOW, days=7 * n + 7)))
        for n in range(-20, 20)
    ]
    long = percent_off("long", 1, span=Span(shift(NOW, days=-365), shift(NOW, days=1)))
    since = percent_off("since", 1, span=Span(shift(NOW, days=-300)))
    gone = percent_off("gone", 1, span=Span(shift(NOW, days=-300), NOW))
    wanted = cart(("TEA", 1))
    b = PriceBook(promotions=[*weeks, long, gone])
    assert [p.promotion_id for p in b.candidates(wanted, NOW)] == ["long", "w00"]
    b = PriceBook(promotions=[*weeks, long, since, gone])
    assert [p.promotion_id for p in b.candidates(wanted, NOW)] == ["long", "since", "w00"]
    assert [p.promotion_id for p in b.candidates(wanted, shift(NOW, days=400))] == ["since"]


# --- the quote as a value --------------------------------------------------------------------------


def test_a_quote_is_valid_for_a_time():
    ends = shift(NOW, days=2)
    lists = [PriceList("l", currency="EUR", rows=[PriceRow("X", eur(1), span=Span(None, ends))])]
    q = quote(cart(("X", 1)), PriceBook(lists=lists), at=NOW)
    assert q.valid_until == ends
    assert [q.is_valid_at(shift(NOW, days=n)) for n in (-1, 0, 1, 2)] == [False, True, True, False]
    assert quote(cart(("TEA", 1)), book(), at=NOW).is_valid_at(shift(NOW, days=9999))


def test_a_quote_names_what_it_was_made_from():
    b, policy = book(percent_off("p", 1)), PricingPolicy(rounding="up")
    q = quote(cart(("TEA", 1), channel="web", customer="c"), b, at=NOW, taxes=VAT, policy=policy)
    assert (q.book_digest, q.tax_digest, q.policy_digest) == (b.digest, VAT.digest, policy.digest)
    assert (q.source, q.channel, q.customer) == ("computed", "web", "c")
    assert policy.digest == policy.digest != PricingPolicy().digest
    assert len({book().digest, b.digest, book(percent_off("p", 2)).digest}) == 3
    assert q.digest != quote(cart(("TEA", 1)), b, at=NOW, taxes=VAT, policy=policy).digest
    with pytest.raises(InvalidBatch) as caught:
        PricingPolicy(cash=5, zero_weights="refuse", set_units="cheapest_of_each")
    assert [fault.code for fault in caught.value.faults] == [
        "policy.cash",
        "policy.zero_weights",
        "policy.set_units",
    ]


def test_a_quote_tells_all_its_faults():
    line = QuoteLine("1", sku="A", quantity=1, list_amount=eur(1))
    fee = Charge("f", list_amount=eur(1))
    dollar = QuoteLine("2", sku="A", quantity=1, list_amount=Money(1, "USD"))
    assert faults(
        lambda: Quote(
            currency="EUR",
            at=NOW,
            lines=[line, "x", line, dollar],
            charges=[fee, fee, "y"],
            rounding=Money(1, "USD"),
        )
    ) == [
        ("money.currency_mismatch", "rounding"),
        ("quote.line", "lines[1]"),
        ("quote.duplicate_line", "lines[2]"),
        ("money.currency_mismatch", "lines[3]"),
        ("quote.duplicate_charge", "charges[1]"),
        ("quote.charge", "charges[2]"),
    ]
    assert faults(lambda: Quote(currency="EUR", at=NOW, lines=[])) == [("quote.empty", "lines")]
    bad = {
        "adjustments": ["x", Adjustment(code="c", amount=Money(1, "USD"))],
        "taxes": ["y", TaxShare(amount=Money(1, "USD"))],
    }
    parts = [
        ("quote.adjustment", "adjustments[0]"),
        ("money.currency_mismatch", "adjustments[1]"),
        ("quote.tax", "taxes[0]"),
        ("money.currency_mismatch", "taxes[1]"),
    ]
    assert faults(lambda: QuoteLine("1", sku="A", quantity=0, list_amount=eur(1), **bad)) == [
        ("quantity.not_positive", "quantity"),
        *parts,
    ]
    assert faults(lambda: Charge("", kind="", list_amount=eur(1), **bad)) == [
        ("charge.id", "charge_id"),
        ("charge.kind", "kind"),
        *parts,
    ]
    assert faults(lambda: QuoteLine("1", sku="A", quantity=True, list_amount=5)) == [
        ("quantity.not_positive", "quantity"),
        ("quote.list_amount", "list_amount"),
    ]
    assert faults(lambda: Charge(1, kind=2, list_amount=None)) == [
        ("charge.id", "charge_id"),
        ("charge.kind", "kind"),
        ("quote.list_amount", "list_amount"),
    ]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: Adjustment(code="c", amount=5), "adjustment.amount"),
        (lambda: Adjustment(code="", amount=eur(1)), "adjustment.code"),
        (lambda: Adjustment(code="c", kind="", amount=eur(1)), "adjustment.kind"),
        (lambda: Adjustment(code="c", funder="", amount=eur(1)), "adjustment.funder"),
        (lambda: TaxShare(amount=5), "tax.amount"),
        (lambda: TaxShare(amount=eur(1), base=5), "tax.base"),
        (lambda: TaxShare(amount=eur(1), rate=0.2), "tax.rate"),
    ],
)
def test_parts_refuse_what_they_cannot_hold(make, code):
    with pytest.raises(InvalidValue) as caught:
        make()
    assert caught.value.code == code


def test_lines_by_id():
    q = quote(cart(("TEA", 1), ("CUP", 7)), book(), at=NOW)
    assert q.line("2").sku == "CUP"
    assert q.quantities == {"1": 1, "2": 7}
    assert [(p.quantity, p.price.minor) for p in q.line("2").price_points] == [(7, 333)]
    with pytest.raises(NotFound):
        q.line("3")
    charges_only = Quote(
        currency="EUR", at=NOW, lines=[], charges=[Charge("s", list_amount=eur(1))]
    )
    assert faults(charges_only.cart) == [("cart.empty", "lines")]


# --- laws that a quote can break only when someone tampers with it -----------------------------------


def test_check_sums_finds_what_is_wrong():
    below = QuoteLine(
        "1",
        sku="A",
        quantity=1,
        list_amount=eur(1),
        adjustments=[Adjustment(code="x", amount=eur(-2))],
    )
    taxed = QuoteLine("2", sku="A", quantity=1, list_amount=eur(0), taxes=[TaxShare(amount=eur(1))])
    q = Quote(currency="EUR", at=NOW, lines=[below, taxed])
    assert [v.invariant_id for v in check_sums(q)] == ["INV-PRICE-3", "INV-PRICE-6"]
    assert check_sums(attrs.evolve(q, source="recorded")) == ()


class Lying(Quote):
    """A quote whose figures do not come from its parts."""

    __slots__ = ()

    total = eur(7)
    revenue = eur(8)


class LyingLine(QuoteLine):
    __slots__ = ()

    net = eur(3)
    price_points = ()


def test_the_laws_see_through_lies():
    line = LyingLine("1", sku="A", quantity=1, list_amount=eur(1))
    q = Lying(currency="EUR", at=NOW, lines=[line])
    broken = {v.invariant_id for v in check_sums(q)}
    assert broken == {f"INV-PRICE-{number}" for number in (1, 2, 4, 5, 7, 9)}


def test_a_law_of_paths_can_fail(monkeypatch):
    from ordercore.pricing import invariants, refund

    law = next(each for each in INVARIANTS if each.invariant_id == "INV-PRICE-8")
    q = quote(cart(("CUP", 3)), book(), at=NOW)
    steps = ({"1": 3}, {"1": 2}, {"1": 0})
    assert law.holds(q, *steps)

    def greedy(quote, before, after):
        done = refund(quote, before, after)
        return attrs.evolve(done, rounding=eur(1))

    monkeypatch.setattr(invariants, "refund", greedy)
    assert law.check(q, *steps).invariant_id == "INV-PRICE-8"


# --- explanations ----------------------------------------------------------------------------------


def codes(promotion, wanted=None, at=NOW, policy=None, **more):
    b = book(promotion)
    given = {} if policy is None else {"policy": policy}
    q = quote(wanted or cart(("TEA", 1)), b, at=at, **given, **more)
    found = q.explain(promotion.promotion_id, b, policy=policy)
    return found, [r.code for r in found.reasons]


def test_why_a_promotion_did_not_apply():
    later, before = Span(shift(NOW, days=1)), Span(None, NOW)
    cases = [
        (percent_off("p", 1, span=later), ["promotion.not_yet"]),
        (percent_off("p", 1, span=before), ["promotion.ended"]),
        (percent_off("p", 1, channels=["web", "shop"]), ["promotion.channel"]),
        (percent_off("p", 1, coupon="C"), ["promotion.coupon"]),
        (unit_off("p", 1, "USD"), ["promotion.currency"]),
        (spend_and_save("p", {"1": "1"}, "USD"), ["promotion.currency"]),
        (percent_off("p", 1, on=Selector(skus=["CUP"])), ["promotion.nothing_selected"]),
        (percent_off("p", 1, stage="shipping"), ["promotion.nothing_left"]),
        (percent_off("p", 1, when="cart.units > 5"), ["promotion.condition"]),
        (spend_and_save("p", {"11": "1"}, "EUR"), ["promotion.threshold"]),
        (
            percent_off("p", 1, span=later, coupon="C", when="cart.units > 5"),
            ["promotion.not_yet", "promotion.coupon", "promotion.condition"],
        ),
    ]
    for promotion, reasons in cases:
        found, got = codes(promotion)
        assert got == reasons
        assert (found.applied, found.amount, found.promotion) == (False, eur(0), "p")
    assert dict(codes(cases[0][0])[0].reasons[0].facts) == {"from": shift(NOW, days=1)}
    assert dict(codes(cases[1][0])[0].reasons[0].facts) == {"until": NOW}
    assert dict(codes(cases[2][0])[0].reasons[0].facts) == {"channels": ("shop", "web")}
    assert codes(cases[3][0])[0].reasons[0].obtain is not None
    assert dict(codes(cases[4][0])[0].reasons[0].facts) == {"currency": "USD"}
    assert dict(codes(cases[9][0])[0].reasons[0].facts) == {"have": eur(1000), "need": eur(1100)}


def test_a_percentage_of_nearly_nothing_gives_nothing():
    found, got = codes(percent_off("p", "0.01"))
    assert (found.applied, got) == (False, ["promotion.nothing_left"])


def test_how_far_off_it_is():
    found, _ = codes(spend_and_save("p", {"8": "1", "30": "5"}, "EUR"))
    assert (found.applied, found.reasons) == (True, ())
    assert (found.missing.have, found.missing.need, found.missing.short) == (
        eur(1000),
        eur(3000),
        eur(2000),
    )
    found, _ = codes(spend_and_save("p", {"8": "1", "10": "5"}, "EUR"))
    assert (found.amount, found.missing, found.condition) == (eur(500), None, None)
    found, _ = codes(percent_off("p", 10, when="cart.channel == 'x' or cart.total >= EUR(12.40)"))
    assert str(found.missing.short) == "EUR 2.40"
    assert found.condition.holds is False
    found, _ = codes(percent_off("p", 10, when="cart.channel == 'x' or cart.total >= EUR(10)"))
    assert (found.applied, found.missing, found.condition.holds) == (True, None, True)
    found, got = codes(spend_and_save("p", {"50": "1"}, "EUR", when="cart.units >= 3"))
    assert (found.missing.need, got) == (3, ["promotion.condition", "promotion.threshold"])
    found, _ = codes(percent_off("p", 10, when="cart.channel == 'x'"))
    assert found.missing is None


def test_an_explanation_counts_what_earlier_promotions_left():
    first = percent_off("a", 50)
    ladder = spend_and_save("l", {"10": "1"}, "EUR")
    last = percent_off("z", 50, stage="payment")
    b = book(first, ladder, last)
    q = quote(cart(("TEA", 1)), b, at=NOW)
    assert q.explain("l", b).missing.have == eur(500)
    assert q.explain("z", b).amount == eur(250)
    listed = PricingPolicy(threshold_basis="list")
    q = quote(cart(("TEA", 1)), b, at=NOW, policy=listed)
    assert q.explain("l", b, policy=listed).missing is None
    nothing = book(percent_off("a", 100), percent_off("b", 5))
    q = quote(cart(("TEA", 1)), nothing, at=NOW)
    assert [r.code for r in q.explain("b", nothing).reasons] == ["promotion.nothing_left"]


def test_an_explanation_needs_the_same_book_and_policy():
    b = book(percent_off("p", 10, stage="shipping"))
    q = quote(cart(("TEA", 1)), b, at=NOW, shipping=eur(500))
    assert q.explain("p", b).amount == eur(50)
    with pytest.raises(InvalidValue) as caught:
        q.explain("p", book(percent_off("p", 11)))
    assert (caught.value.code, caught.value.path) == ("quote.other_book", "book")
    with pytest.raises(InvalidValue) as caught:
        q.explain("p", b, policy=PricingPolicy(rounding="up"))
    assert (caught.value.code, caught.value.path) == ("quote.other_policy", "policy")
    with pytest.raises(NotFound):
        q.explain("other", b)
    recorded = recorded_quote(lines=q.lines, charges=q.charges, total=q.total, at=NOW)
    found = recorded.explain("p", b)
    assert ([r.code for r in found.reasons], found.amount) == (["promotion.recorded"], eur(50))


def test_only_what_applied_ends_a_quote():
    soon = Span(None, shift(NOW, days=1))
    idle = [
        unit_off("a", "1", "USD", span=soon),
        percent_off("b", 10, span=soon, on=Selector(skus=["CUP", "TEA"]), stage="shipping"),
        percent_off("c", 10, span=soon, when="cart.units > 5"),
        spend_and_save("d", {"99": "1"}, "EUR", span=soon),
        percent_off("e", "0.01", span=soon),
    ]
    for promotion in idle:
        assert quote(cart(("TEA", 1)), book(promotion), at=NOW).valid_until is None
    active = percent_off("f", 10, span=soon)
    assert quote(cart(("TEA", 1)), book(active), at=NOW).valid_until == soon.end

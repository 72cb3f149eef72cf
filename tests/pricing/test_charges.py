"""Delivery options and fees: prices by hand, reasons with what is missing, faults all at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur
from tests.pricing.drawn_charges import charge_books, rich_quotes

from ordercore.kernel import InvalidBatch, InvalidValue, Money, Span
from ordercore.network import Destination, DistanceBand, GeoPoint, Region, RegionZone, Zoning
from ordercore.pricing import (
    CART_FACTS,
    NO_CHARGES,
    Cart,
    CartLine,
    Charge,
    ChargeBook,
    Delivery,
    DeliveryLoad,
    DeliveryOption,
    DeliveryRate,
    Fee,
    PriceBook,
    PricingPolicy,
    Quote,
    QuoteLine,
    RateBreak,
    Selector,
    TaxRate,
    TaxTable,
    check_sums,
    delivery_answers,
    fee_answers,
    percent_off,
    quote,
    spend_and_save,
    try_quote,
)
from ordercore.rules import INTEGER, Vocabulary, parse

DE, AT = Destination(Region("DE")), Destination(Region("AT"))
STRANGE = parse("x.y > 1", vocabulary=Vocabulary("x", {"x.y": INTEGER}))
BOOK = PriceBook.of({"TEA": eur(1200), "CUP": eur(650)})


def faults(make):
    with pytest.raises((InvalidBatch, InvalidValue)) as caught:
        make()
    error = caught.value
    return [
        (f.code, f.path) for f in (error.faults if isinstance(error, InvalidBatch) else [error])
    ]


def flat(minor):
    return [DeliveryRate("all", [RateBreak(0, eur(minor))])]


def post(**more):
    return DeliveryOption("post", **({"rates": flat(490), "zoning": Zoning.flat()} | more))


def cart(option="post", quantity=1, **more):
    line = CartLine("1", sku="TEA", quantity=quantity, weight_g=600, volume_cm3=900)
    return Cart(**({"lines": [line], "deliveries": [Delivery(option=option)]} | more))


def test_a_rate_table_by_zone_and_weight():
    """Home up to 2 kg 4.90, up to 10 kg 6.90, then 0.50 for each started kilogram; abroad 14.90."""
    home = DeliveryRate(
        "home",
        [
            RateBreak(0, eur(490)),
            RateBreak(2_001, eur(690)),
            RateBreak(10_000, eur(690), each=eur(50), per=1_000),
        ],
        measure="weight_g",
    )
    option = post(
        rates=[home, DeliveryRate("abroad", [RateBreak(0, eur(1490))])],
        zoning=Zoning(
            regions=[RegionZone(Region("DE"), "home"), RegionZone(Region("US"), None)],
            elsewhere="abroad",
        ),
    )

    def price(weight_g, ship_to):
        load = DeliveryLoad(units=1, weight_g=weight_g, value=eur(100), ship_to=ship_to)
        answer = option.answer("default", load, at=NOW)
        return (answer.zone, answer.price.minor)

    assert [price(w, DE)[1] for w in (0, 2_000, 2_001, 10_000, 10_001, 12_000)] == [
        490, 490, 690, 690, 740, 790,
    ]  # fmt: skip
    assert price(50_000, AT) == ("abroad", 1490)
    nowhere = DeliveryLoad(units=1, value=eur(100), ship_to=Destination(Region("US")))
    (reason,) = option.answer("default", nowhere).reasons
    assert (reason.code, reason.facts["region"]) == ("delivery.not_served", "US")


def test_rates_of_several_measures_add_up():
    option = post(
        rates=[
            DeliveryRate("all", [RateBreak(0, eur(300), each=eur(10), per=2)], measure="units"),
            DeliveryRate("all", [RateBreak(0, eur(0)), RateBreak(500, eur(99))], measure="value"),
            DeliveryRate("all", [RateBreak(0, eur(5))], measure="volume_cm3"),
        ]
    )
    load = DeliveryLoad(units=3, value=eur(500))
    assert option.answer("g", load).price == eur(300 + 20 + 99 + 5)


def test_distance_bands_are_measured_from_the_origin():
    shop = GeoPoint.of("52.5", "13.4")
    option = post(
        rates=[DeliveryRate("near", [RateBreak(0, eur(200))])],
        zoning=Zoning(bands=[DistanceBand(20_000, "near")]),
        origin=shop,
    )
    near = Destination(Region("DE"), point=GeoPoint.of("52.6", "13.4"))
    assert option.answer("g", DeliveryLoad(units=1, value=eur(1), ship_to=near)).price == eur(200)
    far = Destination(Region("DE"), point=GeoPoint.of("48.1", "11.5"))
    assert not option.answer("g", DeliveryLoad(units=1, value=eur(1), ship_to=far)).fits
    (reason,) = option.answer("g", DeliveryLoad(units=1, value=eur(1))).reasons
    assert reason.code == "delivery.no_destination"


def test_the_chosen_option_becomes_the_shipping_charge_of_its_group():
    book = ChargeBook(
        options=[post(), DeliveryOption("van", rates=flat(900), zoning=Zoning.flat())]
    )
    lines = [
        CartLine("1", sku="TEA", quantity=1),
        CartLine("2", sku="CUP", quantity=1, delivery_group="gift"),
        CartLine("3", sku="CUP", quantity=1, delivery_group="later"),
    ]
    wished = [Delivery(option="post"), Delivery("gift", option="van")]
    q = quote(Cart(lines=lines, deliveries=wished), BOOK, at=NOW, tariff=book)
    assert [(c.charge_id, c.delivery_group, c.gross.minor) for c in q.charges] == [
        ("shipping", "default", 490),
        ("shipping:gift", "gift", 900),
    ]
    assert (q.shipping, q.total) == (eur(1390), eur(1200 + 650 + 650 + 1390))
    assert q.charge_digest == book.digest != ""
    assert quote(Cart(lines=lines), BOOK, at=NOW).charge_digest == ""


def test_what_is_missing_to_free_delivery_is_told_as_data():
    option = post(free_from=eur(5000), span=Span(None, "2026-12-01T00:00Z"))
    book = ChargeBook(options=[option])
    q = quote(cart(quantity=3), BOOK, at=NOW, tariff=book)
    (answer,) = delivery_answers(q, book)
    assert (q.shipping, q.valid_until) == (eur(490), option.span.end)
    assert (answer.to_free.have, answer.to_free.need) == (eur(3600), eur(5000))
    assert answer.to_free.short == eur(1400)
    enough = quote(cart(quantity=5), BOOK, at=NOW, tariff=book)
    assert enough.shipping == eur(0)
    assert delivery_answers(enough, book)[0].to_free is None
    # What discounts of the order have left is what counts, unless the policy looks at lists.
    sale = PriceBook.of({"TEA": eur(1200)}, promotions=[percent_off("s", 20, stage="order")])
    assert quote(cart(quantity=5), sale, at=NOW, tariff=book).shipping == eur(490)
    by_list = PricingPolicy(threshold_basis="list")
    q = quote(cart(quantity=5), sale, at=NOW, tariff=book, policy=by_list)
    assert q.shipping == eur(0)
    assert delivery_answers(q, book, policy=by_list)[0].price == eur(0)
    with pytest.raises(InvalidValue) as caught:
        delivery_answers(q, book)
    assert caught.value.code == "quote.other_policy"
    free = ChargeBook(options=[post(rates=flat(0), free_from=eur(99_999))])
    assert delivery_answers(q, free, policy=by_list)[0].to_free is None


def test_an_option_that_does_not_fit_says_every_reason():
    option = post(
        max_units=2,
        max_weight_g=1_000,
        max_volume_cm3=2_000,
        min_value=eur(5000),
        channels=["web"],
        when=parse("cart.units > 9", vocabulary=CART_FACTS),
    )
    answer = try_quote(cart(quantity=3), BOOK, at=NOW, tariff=ChargeBook(options=[option]))
    told = [
        (r.code, r.facts.get("measure"), r.facts.get("need"), r.facts.get("short"))
        for r in answer.reasons
    ]
    assert told == [
        ("delivery.above_limit", "units", 2, 1),
        ("delivery.above_limit", "weight_g", 1_000, 800),
        ("delivery.above_limit", "volume_cm3", 2_000, 700),
        ("delivery.below_minimum", "value", eur(5000), eur(1400)),
        ("delivery.condition", None, None, None),
        ("delivery.not_offered", None, None, None),
    ]
    assert {(r.facts["group"], r.facts["option"]) for r in answer.reasons} == {("default", "post")}
    dear = post(max_value=eur(1000), span=Span(None, NOW))
    answer = try_quote(cart(), BOOK, at=NOW, tariff=ChargeBook(options=[dear]))
    assert answer.codes == ("delivery.above_limit", "delivery.not_offered")
    unknown = try_quote(cart("drone"), BOOK, at=NOW)
    assert unknown.codes == ("pricing.unknown_delivery_option",)
    dollars = DeliveryOption(
        "post",
        rates=[DeliveryRate("all", [RateBreak(0, Money(1, "USD"))])],
        zoning=Zoning.flat(),
    )
    answer = try_quote(cart(), BOOK, at=NOW, tariff=ChargeBook(options=[dollars]))
    assert answer.codes == ("delivery.currency",)


def test_fees_of_a_payment_method_and_of_a_small_order():
    book = ChargeBook(
        fees=[
            Fee("cod", eur(100), percent="2.5", payment_methods=["cod"], maximum=eur(180)),
            Fee("small", eur(300), below=eur(2000)),
            Fee("web", eur(77), channels=["web"]),
            Fee("gone", eur(77), span=Span(None, NOW)),
            Fee("big", eur(77), when=parse("cart.units > 9", vocabulary=CART_FACTS)),
            Fee("usd", Money(77, "USD")),
            Fee("none", eur(0)),
        ]
    )

    def charged(quantity, method):
        given = cart("", quantity, payment_method=method)
        q = quote(given, BOOK, at=NOW, tariff=book)
        return [(c.charge_id, c.kind, c.gross.minor) for c in q.charges]

    assert charged(1, "card") == [("small", "fee", 300)]
    # 1.00 and 2.5 % of 12.00; of 36.00 it would be 1.90, which is above the most.
    assert charged(1, "cod") == [("cod", "fee", 130), ("small", "fee", 300)]
    assert charged(3, "cod") == [("cod", "fee", 180)]


def test_a_fee_says_what_it_came_to_or_every_reason_why_not():
    book = ChargeBook(
        fees=[
            Fee("a", eur(300), below=eur(2000)),
            Fee("b", eur(300), below=eur(1000), payment_methods=["cod"], channels=["web"]),
            Fee("c", eur(1), on=Selector(skus=["NONE"]), span=Span(None, NOW)),
            Fee("d", Money(1, "USD"), when=parse("cart.units > 9", vocabulary=CART_FACTS)),
            Fee("e", eur(0)),
            Fee("f", eur(7), per="unit"),
            Fee("g", eur(0), below=eur(2000)),
        ]
    )
    q = quote(cart(""), BOOK, at=NOW, tariff=book)
    answers = {a.fee_id: a for a in fee_answers(q, book)}
    assert {k: [r.code for r in a.reasons] for k, a in answers.items()} == {
        "a": [],
        "b": ["fee.not_charged", "fee.payment_method", "fee.large_enough"],
        "c": ["fee.not_charged", "fee.nothing_selected"],
        "d": ["fee.currency", "fee.condition"],
        "e": ["fee.nothing"],
        "f": [],
        "g": ["fee.nothing"],
    }
    assert (answers["a"].amount, answers["a"].until.short) == (eur(300), eur(800))
    assert (answers["f"].amount, answers["f"].until, answers["g"].until) == (eur(7), None, None)
    for given_book, policy, code in (
        (NO_CHARGES, PricingPolicy(), "quote.other_charges"),
        (book, PricingPolicy(threshold_basis="list"), "quote.other_policy"),
    ):
        with pytest.raises(InvalidValue) as caught:
            fee_answers(q, given_book, policy=policy)
        assert caught.value.code == code


@given(rich_quotes())
def test_a_fee_is_charged_exactly_when_nothing_speaks_against_it(case):
    q, _, _, more = case
    for answer in fee_answers(q, more["tariff"], policy=more["policy"]):
        assert answer.charged == (not answer.reasons)
        assert answer.until is None or answer.charged


def test_fees_per_unit_line_and_delivery_follow_what_they_are_for():
    wrapped = Selector(attributes={"wrap": "yes"})
    book = ChargeBook(
        fees=[
            Fee("deposit", eur(25), per="unit", on=Selector(skus=["CUP"]), kind="deposit"),
            Fee("wrap", eur(250), per="line", on=wrapped, minimum=eur(200)),
            Fee("pack", eur(10), per="delivery", percent=1, tax_category="standard"),
        ]
    )
    lines = [
        CartLine("1", sku="CUP", quantity=4, tax_category="food"),
        CartLine("2", sku="TEA", quantity=2, attributes={"wrap": "yes"}, delivery_group="gift"),
    ]
    vat = TaxTable([TaxRate("standard", "0.20"), TaxRate("food", "0.10")])
    q = quote(Cart(lines=lines), BOOK, at=NOW, tariff=book, taxes=vat)
    found = [
        (c.charge_id, c.line_ids, c.list_amount.minor, c.tax.minor, c.refund_with.value)
        for c in q.charges
    ]
    assert found == [
        ("deposit:1", ("1",), 100, 10, "units"),
        ("pack:default", (), 36, 7, "charges"),
        ("pack:gift", (), 34, 7, "charges"),
        ("wrap:2", ("2",), 250, 50, "units"),
    ]
    assert q.charges[3].delivery_group == "gift"
    assert check_sums(q) == ()


def test_which_promotions_reach_a_charge():
    """10 % of the order over 12.00 and a fee of 3.00; then shipping and that fee half off."""
    book = PriceBook.of(
        {"TEA": eur(1200)},
        promotions=[
            percent_off("order", 10, stage="order"),
            percent_off("some", 10, stage="order", on=Selector(skus=["TEA"]), priority=-1),
            percent_off("ship", 50, stage="shipping"),
        ],
    )
    tariff = ChargeBook(
        options=[post()],
        fees=[
            Fee("a", eur(300), discountable="order"),
            Fee("b", eur(300), discountable="shipping"),
            Fee("c", eur(300)),
        ],
    )
    q = quote(cart(), book, at=NOW, tariff=tariff)
    left = {c.charge_id: c.amount.minor for c in q.charges}
    assert left == {"a": 135, "b": 150, "c": 300, "shipping": 245}
    assert [a.amount.minor for a in q.lines[0].adjustments] == [-120, -108]
    for promotion in ("order", "some", "ship"):
        assert q.explain(promotion, book).applied
    # A ladder counts the goods only, and takes from the charge as well.
    ladder = PriceBook.of({"TEA": eur(1200)}, promotions=[spend_and_save("l", {"13": "5"}, "EUR")])
    assert quote(cart(), ladder, at=NOW, tariff=tariff).discount == eur(0)
    # The option can be reached by order discounts too: then it is priced before them.
    early = ChargeBook(options=[post(discountable="order", free_from=eur(1200))])
    q = quote(cart(), book, at=NOW, tariff=early)
    assert q.charges[0].list_amount == eur(0)
    assert delivery_answers(q, early)[0].price == eur(0)


def test_a_tip_is_a_charge_like_another():
    tip = Charge("tip", kind="tip", list_amount=eur(200), tax_category="tip", refundable=False)
    vat = TaxTable(
        [TaxRate("standard", "0.19"), TaxRate("tip", 0, treatment="out_of_scope", reason="Tip")]
    )
    q = quote(cart(""), BOOK, at=NOW, charges=[tip], taxes=vat)
    (share,) = q.charges[0].taxes
    assert (share.amount.minor, share.reason, tip.discountable.value) == (0, "Tip", "never")


def test_a_category_of_a_fee_without_a_rate_refuses():
    vat = TaxTable([TaxRate("standard", "0.19")])
    tariff = ChargeBook(fees=[Fee("eco", eur(10), tax_category="eco")])
    answer = try_quote(cart(""), BOOK, at=NOW, taxes=vat, tariff=tariff)
    assert [(r.code, r.facts["charge"]) for r in answer.reasons] == [("pricing.no_tax_rate", "eco")]


@given(rich_quotes())
def test_answers_are_the_prices_that_quotes_charge(case):
    q, cart, _, more = case
    if more["taxes"].home is not None and more["policy"].inclusive_prices == "same_net":
        return
    answers = {a.group: a for a in delivery_answers(q, more["tariff"], policy=more["policy"])}
    for delivery in cart.deliveries:
        if delivery.option:
            name = "shipping" if delivery.group == "default" else f"shipping:{delivery.group}"
            charge = next(c for c in q.charges if c.charge_id == name)
            assert answers[delivery.group].price == charge.list_amount
    assert list(answers) == list(cart.delivery_groups)


@given(charge_books(), st.integers(0, 5_000))
def test_a_fee_on_other_items_costs_nothing_and_changes_nothing(book, minor):
    other = Fee("zz", eur(minor), per="unit", on=Selector(skus=["ELSE"]))
    more = ChargeBook(options=book.options, fees=(*book.fees, other))
    given_cart = Cart(lines=[CartLine("1", sku="TEA", quantity=1)])
    assert other not in more.fees_for(given_cart)
    one, two = (quote(given_cart, BOOK, at=NOW, tariff=each) for each in (book, more))
    assert one.charges == two.charges


def test_faults_of_rates_and_options():
    assert faults(lambda: RateBreak(-1, eur(-1), each=Money(-1, "USD"))) == [
        ("rate_break.at_least", "at_least"),
        ("rate_break.price", "price"),
        ("rate_break.per", "per"),
        ("rate_break.each", "each"),
        ("money.currency_mismatch", "each"),
    ]
    assert faults(lambda: RateBreak(0, eur(1), per=3)) == [("rate_break.per", "per")]
    twice = [RateBreak(5, eur(1)), RateBreak(5, Money(1, "USD"))]
    assert faults(lambda: DeliveryRate("", twice)) == [
        ("delivery_rate.zone", "zone"),
        ("delivery_rate.start", "breaks"),
        ("delivery_rate.duplicate_break", "breaks[1].at_least"),
        ("money.currency_mismatch", "breaks[1].price"),
    ]
    assert faults(lambda: DeliveryRate("z", [])) == [("delivery_rate.start", "breaks")]
    wrong = {
        "rates": [*flat(1), *flat(2), DeliveryRate("b", [RateBreak(0, Money(1, "USD"))])],
        "zoning": Zoning(bands=[DistanceBand(1, "a")], elsewhere="all"),
        "free_from": eur(-1),
        "max_units": -1,
        "when": STRANGE,
        "tax_category": "",
    }
    assert faults(lambda: DeliveryOption("", **wrong)) == [
        ("delivery.option_id", "option_id"),
        ("delivery.tax_category", "tax_category"),
        ("delivery.rates", "rates[1]"),
        ("delivery.zone_without_rate", "zoning"),
        ("delivery.rate_without_zone", "rates"),
        ("delivery.origin", "origin"),
        ("delivery.when", "when"),
        ("delivery.limit", "max_units"),
        ("delivery.limit", "free_from"),
        ("money.currency_mismatch", "rates[2]"),
    ]
    assert faults(lambda: post(rates=[]))[0] == ("delivery.rates", "rates")
    assert faults(lambda: ChargeBook(options=[post(), post()])) == [
        ("charge_book.duplicate_option", "options[1]")
    ]


def test_faults_of_fees_and_their_book():
    assert faults(
        lambda: Fee(
            "",
            eur(-1),
            percent=101,
            kind="",
            tax_category="",
            below=eur(-1),
            minimum=Money(2, "USD"),
            maximum=eur(1),
            when=STRANGE,
        )
    ) == [
        ("fee.fee_id", "fee_id"),
        ("fee.kind", "kind"),
        ("fee.tax_category", "tax_category"),
        ("fee.percent", "percent"),
        ("fee.when", "when"),
        ("fee.amount", "amount"),
        ("fee.below", "below"),
        ("money.currency_mismatch", "minimum"),
        ("fee.maximum", "maximum"),
    ]
    assert faults(lambda: Fee("f", eur(1), per="unit", percent=1)) == [("fee.percent", "percent")]
    fee = Fee("f", eur(1))
    assert faults(lambda: ChargeBook(fees=[fee, fee])) == [("charge_book.duplicate_fee", "fees[1]")]
    assert faults(lambda: Fee("a:b", eur(1))) == [("fee.fee_id", "fee_id")]
    named = Fee("shipping", eur(1))
    assert faults(lambda: ChargeBook(options=[post()], fees=[fee, named])) == [
        ("charge_book.reserved_fee", "fees[1]")
    ]
    assert ChargeBook(fees=[named]).fees == (named,)
    assert NO_CHARGES.digest == ChargeBook().digest
    assert (
        ChargeBook(fees=[fee, Fee("a", eur(1))]).digest
        == ChargeBook(fees=[Fee("a", eur(1)), fee]).digest
    )


def test_faults_of_deliveries_and_lines():
    lines = [CartLine("1", sku="T", quantity=1)]
    assert faults(
        lambda: Cart(lines=lines, deliveries=[Delivery(), Delivery(), Delivery("x")])
    ) == [
        ("cart.duplicate_delivery", "deliveries[1].group"),
        ("cart.delivery_without_lines", "deliveries[2].group"),
    ]
    assert faults(lambda: Delivery("", ship_to="home")) == [
        ("delivery.group", "group"),
        ("cart.ship_to", "ship_to"),
    ]
    assert faults(lambda: CartLine("1", sku="T", quantity=1, weight_g=-1, volume_cm3=10**10)) == [
        ("cart.weight_g", "weight_g"),
        ("cart.volume_cm3", "volume_cm3"),
    ]
    assert faults(lambda: Charge("", list_amount=eur(1), kind="", tax_category=5)) == [
        ("charge.id", "charge_id"),
        ("charge.kind", "kind"),
        ("type.wrong", "tax_category"),
    ]
    orphan = Charge("eco", list_amount=eur(1), line_ids=["1", "9"])
    line = QuoteLine("1", sku="T", quantity=1, list_amount=eur(1))
    assert faults(lambda: Quote(currency="EUR", at=NOW, lines=[line], charges=[orphan])) == [
        ("quote.charge_line", "charges[0].line_ids[1]")
    ]

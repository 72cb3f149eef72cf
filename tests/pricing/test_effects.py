"""Every effect by hand, and deals over units against all that could be done."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import InvalidBatch, InvalidValue, Money, encode
from ordercore.pricing import (
    AmountOff,
    BuyGet,
    Cart,
    CartLine,
    Claim,
    FixedPrice,
    FundingShare,
    Ladder,
    MeterClaim,
    Per,
    PercentOff,
    PriceBook,
    PricingPolicy,
    Promotion,
    Rung,
    Selector,
    SetPart,
    SetPrice,
    SpendEvery,
    UnitOff,
    UsageMeter,
    amount_off,
    buy_get,
    check_sums,
    deposit_expansion,
    fixed_price,
    for_price,
    nth_unit,
    percent_off,
    quote,
    spend_every,
)

PRICES = {"A": eur(1000), "B": eur(600), "C": eur(250), "D": eur(99)}


def cart(**quantities):
    lines = [CartLine(sku.lower(), sku=sku, quantity=n) for sku, n in quantities.items()]
    return Cart(lines=lines)


def offs(wanted, *promotions, prices=PRICES, policy=None):
    """What comes off each line."""
    book = PriceBook.of(prices, promotions=promotions)
    more = {} if policy is None else {"policy": policy}
    q = quote(wanted, book, at=NOW, **more)
    assert check_sums(q) == ()
    return [line.discount.minor for line in q.lines]


def of(effect, **terms):
    return Promotion("p", effect=effect, **terms)


def faults(make):
    with pytest.raises(InvalidBatch) as caught:
        make()
    return [f.code for f in caught.value.faults]


# --- percentages, amounts, fixed prices -----------------------------------------------------------


def test_a_percentage_per_unit_line_or_selection():
    wanted = cart(D=3, C=1)
    # 15 % of 0.99 is 0.1485: 15 a unit; of 2.97 it is 0.4455; of 5.47 together 0.8205.
    assert offs(wanted, of(PercentOff(15, "unit"))) == [45, 38]
    assert offs(wanted, of(PercentOff(15, "line"))) == [45, 38]
    assert offs(wanted, of(PercentOff(15, "selection"))) == [45, 37]
    assert offs(cart(D=10), of(PercentOff(15, "unit"))) == [150]
    assert offs(cart(D=10), of(PercentOff(15, "line"))) == [149]
    # 3 units for 2.00 are 0.66, 0.67 and 0.67: 10 % of each is 0.07.
    assert offs(
        cart(X=3),
        amount_off("a", "0.97", "EUR", stage="item", priority=1),
        of(PercentOff(10, "unit")),
        prices={"X": eur(99)},
    ) == [97 + 21]


def test_an_amount_off_a_line_or_off_the_selection():
    assert offs(cart(A=1, D=1), of(AmountOff(eur(150), "line"))) == [150, 99]
    # 150 × 1000/1099 is 136.49, and 13.51.
    assert offs(cart(A=1, D=1), of(AmountOff(eur(150)))) == [136, 14]
    assert offs(cart(D=1), of(AmountOff(eur(150)))) == [99]


def test_a_fixed_price_never_raises():
    assert offs(cart(A=2, C=1), of(FixedPrice(eur(500)))) == [1000, 0]
    assert offs(cart(A=2, C=1), of(FixedPrice(eur(500), "line"))) == [1500, 0]
    assert offs(cart(A=2, C=1), of(FixedPrice(eur(1500), "selection"))) == [667, 83]
    assert offs(cart(C=1), of(FixedPrice(eur(500), "selection"))) == [0]
    assert offs(cart(C=2), fixed_price("flash", "2.00", "EUR")) == [100]


def test_shipping_at_an_amount_or_a_price():
    for effect, paid in ((AmountOff(eur(100)), 390), (FixedPrice(eur(200), "line"), 200)):
        book = PriceBook.of(PRICES, promotions=[of(effect, stage="shipping")])
        assert quote(cart(A=1), book, at=NOW, shipping=eur(490)).shipping == eur(paid)
    for effect in (
        PercentOff(5, "unit"),
        FixedPrice(eur(1)),
        BuyGet(buy=1),
        Ladder([Rung(1, UnitOff(eur(1)))]),
        SetPrice([SetPart(1)], eur(1)),
    ):
        assert faults(lambda e=effect: of(e, stage="shipping")) == ["promotion.stage"]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: AmountOff(eur(0)), "amount_off.amount"),
        (lambda: AmountOff(eur(1), "unit"), "amount_off.per"),
        (lambda: FixedPrice(eur(-1)), "fixed_price.price"),
        (lambda: Selector(from_price=eur(2), to_price=eur(1)), "selector.prices"),
        (lambda: Selector(from_price=eur(2), to_price=Money(3, "USD")), "selector.prices"),
    ],
)
def test_what_no_effect_may_be(make, code):
    with pytest.raises(InvalidValue) as caught:
        make()
    assert caught.value.code == code


# --- ladders --------------------------------------------------------------------------------------


def test_every_so_much_gives_again():
    each = spend_every("each", "300", "40", "CNY")
    prices = {"T": Money(12_800, "CNY")}
    assert offs(cart(T=2), each, prices=prices) == [0]
    assert offs(cart(T=5), each, prices=prices) == [8_000]  # 640 is twice 300
    limited = spend_every("each", "300", "40", "CNY", most=1)
    assert offs(cart(T=5), limited, prices=prices) == [4_000]
    assert offs(cart(A=7), of(SpendEvery(3, eur(500)))) == [1_000]


def test_a_ladder_gives_the_highest_rung_reached():
    percents = of(Ladder([Rung(eur(1000), PercentOff(10)), Rung(eur(2000), PercentOff(20))]))
    assert [offs(cart(A=n), percents) for n in (1, 2)] == [[100], [400]]
    assert offs(cart(B=1), percents) == [0]
    units = of(Ladder([Rung(3, FixedPrice(eur(900))), Rung(5, UnitOff(eur(200)))]))
    assert [offs(cart(A=n), units) for n in (2, 3, 5)] == [[0], [300], [1000]]


def test_ladders_tell_their_faults():
    assert faults(lambda: Ladder([])) == ["ladder.empty"]
    assert faults(
        lambda: Ladder(
            [
                Rung(3, PercentOff(1)),
                Rung(eur(5), PercentOff(1)),
                Rung(-1, PercentOff(1)),
                "x",
                Rung(3, UnitOff(eur(1))),
                Rung(9, FixedPrice(Money(1, "USD"))),
                Rung(8, PercentOff(1)),
            ]
        )
    ) == [
        "ladder.threshold",
        "ladder.threshold",
        "ladder.step",
        "ladder.not_rising",
        "money.currency_mismatch",
    ]
    assert faults(lambda: SpendEvery(0, eur(0), 0)) == [
        "spend_every.every",
        "spend_every.off",
        "spend_every.most",
    ]
    assert faults(lambda: SpendEvery(Money(1, "USD"), eur(1))) == ["money.currency_mismatch"]


def test_a_promotion_in_another_currency_gives_nothing():
    for effect in (
        FixedPrice(Money(1, "USD")),
        BuyGet(buy=1, reward=UnitOff(Money(1, "USD"))),
        SetPrice([SetPart(1)], Money(1, "USD")),
        Ladder([Rung(1, AmountOff(Money(1, "USD")))]),
        SpendEvery(1, Money(1, "USD")),
    ):
        assert offs(cart(A=3), of(effect)) == [0]
    assert of(Ladder([Rung(1, PercentOff(1))])).currency is None


# --- deals over units -----------------------------------------------------------------------------


def test_buy_two_get_one():
    assert offs(cart(A=1, B=1, C=1), buy_get("p", 2)) == [0, 0, 250]
    # Six units are two sets: the two cheapest of all are free.
    assert offs(cart(A=2, B=2, C=2), buy_get("p", 2)) == [0, 0, 500]
    assert offs(cart(A=2, B=2, C=2), buy_get("p", 2, pick="dearest")) == [2000, 0, 0]
    # A A B | B C C: of each three the cheapest.
    assert offs(cart(A=2, B=2, C=2), buy_get("p", 2, pick="cheapest_of_each")) == [0, 600, 250]
    assert offs(cart(A=2, B=2, C=2), buy_get("p", 2, most=1)) == [0, 0, 250]
    assert offs(cart(A=30), buy_get("p", 2, percent=50)) == [5_000]


def test_the_second_at_half_price():
    assert offs(cart(A=1, B=1, C=1), nth_unit("p", 2, 50)) == [0, 300, 0]
    assert offs(cart(A=3), nth_unit("p", 2, 50)) == [500]


def test_buy_some_get_others():
    to_d = buy_get("p", 1, get_on=Selector(skus=["D"]), on=Selector(skus=["A"]))
    assert offs(cart(A=1, D=3), to_d) == [0, 99]
    assert offs(cart(A=4, D=3), to_d) == [0, 297]
    # B may be bought and given: of two, one is each.
    mixed = buy_get("p", 1, get_on=Selector(skus=["B"]), on=Selector(skus=["A", "B"]))
    assert offs(cart(B=2), mixed) == [600]
    assert offs(cart(A=1, B=2), mixed) == [0, 600]
    assert offs(cart(A=1, B=3), mixed) == [0, 1200]
    at = of(
        BuyGet(buy=1, reward=FixedPrice(eur(50)), get_on=Selector(skus=["D"])),
        on=Selector(skus=["A"]),
    )
    assert offs(cart(A=1, D=3), at) == [0, 49]
    # Nothing need be bought.
    given = BuyGet(buy=0, get_on=Selector(skus=["D"]), most=2)
    assert offs(cart(D=3), of(given)) == [198]
    # But a promotion that selects no line gives none, and says so.
    book = PriceBook.of(PRICES, promotions=[of(given, on=Selector(attributes={"brand": "x"}))])
    q = quote(cart(D=3), book, at=NOW)
    told = q.explain("p", book)
    assert (q.discount, told.applied) == (eur(0), False)
    assert [reason.code for reason in told.reasons] == ["promotion.nothing_selected"]


def test_so_many_for_a_price():
    assert offs(cart(B=3), for_price("p", 3, "10.00", "EUR")) == [800]
    assert offs(cart(B=7), for_price("p", 3, "10.00", "EUR")) == [1600]
    # The dearest make the sets; a set that costs less without the deal is not made.
    assert offs(cart(A=2, B=1, D=3), for_price("p", 3, "10.00", "EUR")) == [1231, 369, 0]
    assert offs(cart(D=3), for_price("p", 3, "10.00", "EUR")) == [0]
    cheap = of(SetPrice([SetPart(3)], eur(1000), "cheapest"))
    # Both sets are made: 28.97 for 20.00.
    assert offs(cart(A=2, B=1, D=3), cheap) == [619, 186, 92]


def test_a_menu_has_its_price():
    menu = of(
        SetPrice(
            [SetPart(1, Selector(skus=["A", "B"])), SetPart(2, Selector(skus=["C", "D"]))],
            eur(1000),
        )
    )
    # 10.00 + 2 × 2.50 for 10.00: 5.00 off, two thirds on A.
    assert offs(cart(A=1, C=2), menu) == [333, 167]
    assert offs(cart(A=1, C=1), menu) == [0, 0]
    assert offs(cart(A=2, C=2), menu) == [333, 167]
    # What fits no part stays out.
    assert offs(
        Cart(lines=[*cart(A=1, C=2).lines, CartLine("x", sku="X", quantity=9)]),
        menu,
        prices={**PRICES, "X": eur(5000)},
    ) == [333, 167, 0]


def test_a_unit_is_in_one_deal_only():
    first = buy_get("a", 1, priority=1)
    second = for_price("b", 2, "9.00", "EUR")
    assert offs(cart(A=2), first, second) == [1000]
    # Two of four are used by the first deal when it makes one set.
    once = buy_get("a", 1, most=1, priority=1)
    assert offs(cart(A=4), once, second) == [1000 + 1100]
    # What takes from everything takes from used units too; what uses units up does not.
    assert offs(cart(A=4), once, percent_off("c", 10)) == [1000 + 300]
    assert offs(cart(A=4), once, percent_off("c", 10, consumes=True)) == [1000 + 200]
    assert offs(cart(A=2), first, percent_off("c", 10, consumes=True)) == [1000]
    listed = PricingPolicy(percent_base="list")
    assert offs(cart(A=4), once, percent_off("c", 10, consumes=True), policy=listed) == [1200]
    # 10 % between the deals comes off the open units in proportion: 2700 of three, 1800 of two.
    tenth = percent_off("b", 10, priority=1)
    assert offs(cart(A=4), once, tenth, for_price("c", 2, "9.00", "EUR")) == [1000 + 300 + 900]


def test_deals_tell_their_faults():
    assert faults(lambda: BuyGet(buy=0, get=0, reward=FixedPrice(eur(1), "line"), most=0)) == [
        "buy_get.buy",
        "buy_get.get",
        "buy_get.reward",
        "buy_get.most",
    ]
    assert faults(lambda: BuyGet(buy=1, get_on=Selector(), pick="cheapest_of_each")) == [
        "buy_get.pick"
    ]
    assert faults(lambda: SetPart(0)) == ["set_price.count"]
    assert faults(lambda: SetPrice([], eur(-1), "cheapest_of_each", 0)) == [
        "set_price.parts",
        "set_price.price",
        "set_price.pick",
        "set_price.most",
    ]
    assert faults(lambda: SetPrice(["x"], eur(1))) == ["set_price.parts"]
    assert faults(lambda: of(BuyGet(buy=1), consumes=False)) == ["promotion.consumes"]
    assert faults(lambda: percent_off("p", 1, stage="shipping", consumes=True)) == [
        "promotion.consumes"
    ]


prices = st.integers(0, 12)
small = st.lists(st.tuples(prices, st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=4)
"""Lines of a price, some units, and a mask of what they may be."""


def book_of(lines, effect, on):
    table = {f"S{i}": eur(price) for i, (price, _, _) in enumerate(lines)}
    wanted = Cart(
        lines=[
            CartLine(f"l{i}", sku=f"S{i}", quantity=n, attributes=_fits(mask))
            for i, (_, n, mask) in enumerate(lines)
        ]
    )
    book = PriceBook.of(table, promotions=[of(effect, on=on)])
    return quote(wanted, book, at=NOW).discount.minor


def _fits(mask):
    return {name: "yes" for bit, name in enumerate("xy") if mask >> bit & 1}


def units_of(lines):
    return [(price, mask) for price, n, mask in lines for _ in range(n)]


@given(small, st.integers(1, 2), st.integers(1, 2), st.sampled_from(["cheapest", "dearest"]))
def test_buying_and_getting_equals_every_way_to_do_it(lines, buy, get, pick):
    units = units_of(lines)
    best = {0: [0]}
    for given_ in (g for n in range(len(units) + 1) for g in combinations(range(len(units)), n)):
        if len(given_) % get or any(not units[i][1] & 2 for i in given_):
            continue
        bought = [i for i in range(len(units)) if i not in given_ and units[i][1] & 1]
        if len(bought) >= len(given_) // get * buy:
            worth = sum(units[i][0] for i in given_)
            best.setdefault(len(given_) // get, []).append(worth)
    most = best[max(best)]
    expected = min(most) if pick == "cheapest" else max(most)
    effect = BuyGet(buy=buy, get=get, get_on=Selector(attributes={"y": "yes"}), pick=pick)
    assert book_of(lines, effect, Selector(attributes={"x": "yes"})) == expected


@given(small, st.integers(1, 2), st.integers(1, 2), st.integers(0, 30))
def test_sets_for_a_price_equal_the_best_of_all_sets(lines, first, second, price):
    units = units_of(lines)
    expected = 0
    for places in product(range(3), repeat=min(len(units), 7)):
        taken = [(units[i], place) for i, place in enumerate(places) if place]
        ones = sum(place == 1 for _, place in taken)
        sets, rest = divmod(ones, first)
        if rest or len(taken) - ones != sets * second:
            continue
        if all(mask >> (place - 1) & 1 for (_, mask), place in taken):
            expected = max(expected, sum(unit[0] for unit, _ in taken) - sets * price)
    parts = [
        SetPart(first, Selector(attributes={"x": "yes"})),
        SetPart(second, Selector(attributes={"y": "yes"})),
    ]
    got = book_of(lines, SetPrice(parts, eur(price)), Selector())
    assert got >= expected
    if len(units) <= 7:
        assert got == expected


@given(
    st.lists(st.tuples(prices, st.integers(1, 9)), min_size=1, max_size=4),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_of_each_set_the_cheapest(lines, buy, get):
    units = sorted((p for p, n in lines for _ in range(n)), reverse=True)
    size = buy + get
    expected = sum(sum(units[i + buy : i + size]) for i in range(0, len(units) - size + 1, size))
    effect = BuyGet(buy=buy, get=get, pick="cheapest_of_each")
    assert book_of([(p, n, 1) for p, n in lines], effect, Selector()) == expected


def test_a_billion_units_cost_nothing_more():
    assert offs(cart(A=10**9), nth_unit("p", 3, 100)) == [333_333_333 * 1000]
    assert offs(cart(A=10**9), for_price("p", 2, "15.00", "EUR")) == [500 * 10**9 // 2]


# --- selectors, funders, forms --------------------------------------------------------------------


def test_selectors_leave_out_and_look_at_prices():
    tenth = PercentOff(10)
    assert offs(cart(A=1, B=1), of(tenth, on=Selector(but_skus=["A"]))) == [0, 60]
    assert offs(cart(A=1, B=2), of(tenth, on=Selector(from_price=eur(600)))) == [100, 120]
    assert offs(cart(A=1, B=2), of(tenth, on=Selector(to_price=eur(999)))) == [0, 120]
    assert offs(cart(A=1), of(tenth, on=Selector(to_price=Money(9999, "USD")))) == [0]
    line = CartLine("1", sku="A", quantity=1, category=("x", "y"), attributes={"sale": "yes"})
    assert not Selector(but_categories=[("x", "y")]).matches(line)
    assert not Selector(but_attributes={"sale": "yes"}).matches(line)
    assert Selector(but_categories=[("y",)], but_attributes={"sale": "no"}).matches(line)
    assert not Selector(from_price=eur(1)).matches(line)


def test_conditions_ask_who_buys_where_and_how():
    member = fixed_price("m", "9.00", "EUR", when="'vip' in cart.customer_groups")
    card = amount_off("c", "0.50", "EUR", when="cart.payment_method == 'card'")
    eu = amount_off("e", "0.10", "EUR", when="cart.market == 'eu'")
    lines = cart(A=1).lines
    assert offs(Cart(lines=lines), member, card, eu) == [0]
    every = Cart(lines=lines, customer_groups=["vip"], payment_method="card", market="eu")
    assert offs(every, member, card, eu) == [160]


def test_a_deposit_counts_for_more():
    prices = {"T": Money(50_000, "CNY")}
    grown = deposit_expansion("d", "50", "100", "CNY", coupon="PAID", on=Selector(skus=["T"]))
    assert offs(cart(T=2), grown, prices=prices) == [0]
    paid = Cart(lines=cart(T=2).lines, coupons=["PAID"])
    assert offs(paid, grown, prices=prices) == [10_000]
    assert grown.kind == "deposit_expansion"
    with pytest.raises(InvalidValue) as caught:
        deposit_expansion("d", "50", "50", "CNY")
    assert caught.value.code == "unit_off.amount"


def test_no_list_is_no_list_of_categories():
    with pytest.raises(InvalidValue) as caught:
        Selector(categories=5)
    assert (caught.value.code, caught.value.path) == ("type.wrong", "categories")


def test_several_pay_for_one_promotion():
    shares = [FundingShare("platform", 2), FundingShare("merchant", 1)]
    book = PriceBook.of(PRICES, promotions=[of(PercentOff(10), funders=shares)])
    q = quote(cart(A=1, D=1), book, at=NOW)
    assert [(a.funder, a.amount.minor) for a in q.line("a").adjustments] == [
        ("platform", -67),
        ("merchant", -33),
    ]
    assert q.funded("platform") == eur(74)
    assert q.discount == eur(110)
    assert q.explain("p", book).amount == eur(110)
    assert faults(lambda: of(PercentOff(1), funders=[shares[0], shares[0]])) == [
        "promotion.funders"
    ]
    assert faults(lambda: FundingShare("", 0)) == ["promotion.funder", "promotion.weight"]


def test_a_promotion_takes_no_more_than_its_most():
    half = percent_off("p", 50, most_off=eur(300))
    assert offs(cart(A=1), half) == [300]
    assert offs(cart(A=1, B=1), half) == [188, 112]  # 300 over 500 and 300
    assert offs(cart(C=1), half) == [125]
    deal = of(BuyGet(buy=1), most_off=eur(300))
    assert offs(cart(A=2), deal, for_price("q", 2, "1.00", "EUR", priority=-1)) == [300]
    assert half.currency == "EUR"
    assert offs(cart(A=1), percent_off("p", 50, most_off=Money(1, "USD"))) == [0]
    assert faults(lambda: of(UnitOff(eur(1)), most_off=Money(0, "USD"))) == [
        "promotion.most_off",
        "money.currency_mismatch",
    ]


def test_a_quote_claims_what_it_uses():
    promotions = [
        percent_off("a", 10, coupon="C", usage_limit=5),
        percent_off("b", 10, when="cart.units > 99"),
    ]
    book = PriceBook.of(PRICES, promotions=promotions)
    wanted = Cart(lines=cart(A=1).lines, coupons=["C"], customer="anna")
    of_all = MeterClaim(meter=UsageMeter(promotion="a"), count=1, limit=5)
    assert quote(wanted, book, at=NOW).claims == (
        Claim(promotion="a", amount=eur(100), coupon="C", customer="anna", limits=[of_all]),
    )


def test_how_far_the_next_step_is():
    def missing(effect, **quantities):
        book = PriceBook.of(PRICES, promotions=[of(effect)])
        found = quote(cart(**quantities), book, at=NOW).explain("p", book)
        told = found.missing and (found.missing.have, found.missing.need, found.missing.short)
        return told, [reason.code for reason in found.reasons]

    below = ["promotion.threshold"]
    assert missing(BuyGet(buy=2), A=2) == ((2, 3, 1), below)
    assert missing(BuyGet(buy=2), A=4) == ((4, 6, 2), [])
    assert missing(BuyGet(buy=2, most=1), A=4) == (None, [])
    assert missing(SetPrice([SetPart(3)], eur(1)), A=1) == ((1, 3, 2), below)
    assert missing(SpendEvery(3, eur(1)), A=1) == ((1, 3, 2), below)
    assert missing(SpendEvery(eur(3000), eur(1)), A=4) == ((eur(4000), eur(6000), eur(2000)), [])
    assert missing(Ladder([Rung(5, PercentOff(1))]), A=4) == ((4, 5, 1), below)
    ladder = Ladder([Rung(eur(5000), PercentOff(1))])
    assert missing(ladder, A=4) == ((eur(4000), eur(5000), eur(1000)), below)
    assert missing(ladder, A=5) == (None, [])
    assert missing(FixedPrice(eur(5)), A=4) == (None, [])


def test_effects_have_a_json_form():
    coded = encode(buy_get("p", 2, get_on=Selector(skus=["A"])))["effect"]
    assert (coded["$"], coded["buy"], coded["get"]) == ("pricing.BuyGet", 2, 1)
    assert coded["reward"] == {"$": "pricing.PercentOff", "percent": "100/1", "per": None}
    assert encode(of(Ladder([Rung(3, PercentOff(1))])))["effect"]["rungs"][0]["threshold"] == 3
    assert encode(FixedPrice(eur(1)))["per"] == Per.UNIT

"""Every contested choice by hand: one cart, and what each answer to the question makes of it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import InvalidValue, Rounding, ZeroWeights, encode
from ordercore.network import Destination, Region
from ordercore.pricing import (
    DEFAULT_PRICING,
    AmountOff,
    BuyGet,
    Cart,
    CartLine,
    DiscountSplit,
    FixedPrice,
    Ladder,
    PercentOff,
    PriceBook,
    PriceList,
    PriceOverride,
    PriceRow,
    PricingPolicy,
    Promotion,
    Rung,
    Selector,
    SetPart,
    SetPrice,
    SpendEvery,
    StackingGroup,
    TaxRate,
    TaxTable,
    UnitOff,
    amount_off,
    check_sums,
    percent_off,
    quote,
    spend_and_save,
)
from ordercore.pricing.promotions.splits import split, split_within

PRICES = {"A": eur(1000), "B": eur(600), "C": eur(250), "D": eur(99)}
NET = TaxTable([TaxRate("standard", "0.2"), TaxRate("books", "0.05"), TaxRate("free", "0")])
GROSS = TaxTable(NET.rates, included=True)


def cart(**quantities):
    lines = [CartLine(sku.lower(), sku=sku, quantity=n) for sku, n in quantities.items()]
    return Cart(lines=lines)


def priced(wanted, *promotions, prices=PRICES, groups=(), taxes=None, **policy):
    """The quote, whose promotions all explain themselves."""
    book = PriceBook.of(prices, promotions=promotions, groups=groups)
    return _priced(wanted, book, taxes, policy)


def _priced(wanted, book, taxes, policy, **more):
    chosen = PricingPolicy(**policy)
    table = TaxTable() if taxes is None else taxes
    q = quote(wanted, book, at=NOW, policy=chosen, taxes=table, **more)
    assert check_sums(q) == ()
    for promotion in book.promotions:
        why = q.explain(promotion.promotion_id, book, policy=chosen, taxes=table)
        assert why.applied == (not why.reasons)
    return q


def offs(*args, **more):
    """What comes off each line."""
    return [line.discount.minor for line in priced(*args, **more).lines]


def missing(wanted, promotion, taxes=None, **policy):
    chosen = PricingPolicy(**policy)
    book = PriceBook.of(PRICES, promotions=[promotion])
    q = quote(wanted, book, at=NOW, policy=chosen, taxes=taxes or TaxTable())
    found = q.explain("p", book, policy=chosen, taxes=taxes).missing
    return None if found is None else tuple(m if type(m) is int else m.minor for m in _of(found))


def _of(found):
    return found.have, found.need, found.short


# --- percentages ----------------------------------------------------------------------------------


def test_where_percentages_are_rounded():
    wanted = cart(C=1, D=10)
    fifteen = percent_off("p", 15)
    # 15 % of 0.99 is 0.1485, of ten 1.485; of 2.50 it is 0.375; of 12.40 together 1.86, of which
    # 0.375 and 1.485 belong to each.
    assert offs(wanted, fifteen) == [38, 149]
    assert offs(wanted, fifteen, item_percents="unit") == [38, 150]
    assert offs(wanted, fifteen, item_percents="selection") == [38, 148]
    later = percent_off("p", 15, stage="order")
    assert offs(wanted, later) == [38, 148]
    assert offs(wanted, later, order_percents="line") == [38, 149]
    assert offs(wanted, later, order_percents="unit") == [38, 150]
    # What says so itself is not asked; each stage has its own.
    own = Promotion("p", effect=PercentOff(15, "line"))
    assert offs(wanted, own, item_percents="unit") == [38, 149]
    assert offs(wanted, later, item_percents="unit") == [38, 148]


def test_a_charge_has_no_units_and_is_rounded_whole():
    book = PriceBook.of(PRICES, promotions=[percent_off("p", 15, stage="shipping")])
    q = _priced(cart(A=1), book, None, {"order_percents": "unit"}, shipping=eur(490))
    assert q.shipping == eur(490 - 74)


TENTHS = (
    percent_off("a", 10, stage="order", priority=2),
    percent_off("b", 10, stage="order", priority=1),
)


def test_what_a_percentage_is_taken_of():
    first = percent_off("first", 50)
    # Of 10.00: half leaves 5.00; 10 % of what is left twice, of the list, or of what the stage
    # began with.
    assert offs(cart(A=1), first, *TENTHS) == [500 + 50 + 45]
    assert offs(cart(A=1), first, *TENTHS, percent_base="list") == [500 + 100 + 100]
    assert offs(cart(A=1), first, *TENTHS, percent_base="stage") == [500 + 50 + 50]
    # Two at the items, of the list; two at the order, of what is left.
    second = percent_off("second", 10, priority=-1)
    mixed = {"percent_base": "list", "order_percent_base": "left"}
    assert offs(cart(A=1), first, second, *TENTHS, **mixed) == [500 + 100 + 40 + 36]


def test_a_stage_that_begins_counts_charges_too():
    whole = percent_off("a", 50, stage="order", priority=1)
    tenth = percent_off("b", 10, stage="shipping", priority=1)
    more = percent_off("c", 10, stage="shipping")
    book = PriceBook.of(PRICES, promotions=[whole, tenth, more])
    q = _priced(cart(A=1), book, None, {"percent_base": "stage"}, shipping=eur(500))
    assert q.shipping == eur(400)


def test_units_that_are_open_have_their_part_of_a_stage():
    once = Promotion("a", effect=BuyGet(buy=1, most=1), priority=1)
    rest = percent_off("b", 10, consumes=True)
    # Of four units two are used: 10 % of the other two, whatever the stage began with.
    assert offs(cart(A=4), once, rest, percent_base="stage") == [1000 + 200]


# --- sharing out ----------------------------------------------------------------------------------


def test_how_one_discount_is_shared_out():
    three = {"A": eur(100), "B": eur(100), "C": eur(100)}
    five = amount_off("p", "0.05", "EUR")
    wanted = cart(A=1, B=1, C=1)
    # A third of 5 is 1.67: down 1, up 2; sums so far 1.67, 3.33, 5.
    assert offs(wanted, five, prices=three) == [2, 2, 1]
    assert offs(wanted, five, prices=three, discount_split="first") == [2, 2, 1]
    assert offs(wanted, five, prices=three, discount_split="nearest") == [1, 2, 2]
    assert offs(wanted, five, prices=three, discount_split="last") == [2, 2, 1]
    assert offs(wanted, five, prices=three, discount_split="last", rounding="down") == [1, 1, 3]
    assert offs(wanted, five, prices=three, discount_split="running") == [2, 1, 2]
    # Of 2 over four parts each gets a half: the last never goes below zero.
    four = {**three, "D": eur(100)}
    two = amount_off("p", "0.02", "EUR")
    assert offs(cart(A=1, B=1, C=1, D=1), two, prices=four, discount_split="last") == [1, 1, 0, 0]


def test_the_parts_of_a_discount_for_a_rule_with_unequal_weights():
    # 1.00 over 7, 11 and 23 of 41: 17.07, 26.83 and 56.10.
    weights = [7, 11, 23]
    assert list(split(100, weights, DiscountSplit.LARGEST_REMAINDER, Rounding.HALF_UP)) == [
        17,
        27,
        56,
    ]
    assert list(split(100, weights, DiscountSplit.FIRST, Rounding.HALF_UP)) == [18, 26, 56]
    assert list(split(100, weights, DiscountSplit.NEAREST, Rounding.HALF_UP)) == [17, 27, 56]
    # A half of each of two, or of three: both down, and one put right on the first.
    assert list(split(1, [1, 1], DiscountSplit.NEAREST, Rounding.HALF_UP)) == [1, 0]
    assert list(split(3, [1, 1], DiscountSplit.NEAREST, Rounding.HALF_UP)) == [2, 1]
    assert list(split(100, weights, DiscountSplit.LAST, Rounding.DOWN)) == [17, 26, 57]
    assert list(split(100, weights, DiscountSplit.RUNNING, Rounding.HALF_UP)) == [17, 27, 56]


def test_a_set_and_an_upper_limit_are_shared_out_by_the_same_rule():
    three = {"A": eur(100), "B": eur(100), "C": eur(100)}
    menu = Promotion("p", effect=SetPrice([SetPart(3)], eur(295)))
    wanted = cart(A=1, B=1, C=1)
    assert offs(wanted, menu, prices=three) == [2, 2, 1]
    assert offs(wanted, menu, prices=three, discount_split="running") == [2, 1, 2]
    most = percent_off("p", 50, most_off=eur(5))
    assert offs(wanted, most, prices=three) == [2, 2, 1]
    assert offs(wanted, most, prices=three, discount_split="running") == [2, 1, 2]


def test_in_proportion_to_what():
    half = percent_off("half", 50, on=Selector(skus=["A"]))
    three = amount_off("p", "3.00", "EUR")
    # A is listed at 10.00 and has 5.00 left, B has 6.00.
    assert offs(cart(A=1, B=1), half, three) == [500 + 136, 164]
    # 3.00 × 10/16 is 1.875.
    assert offs(cart(A=1, B=1), half, three, split_weights="list") == [500 + 188, 112]
    assert offs(cart(A=1, B=1), half, three, split_weights="stage") == [500 + 136, 164]


def test_what_a_line_cannot_bear_goes_to_the_others():
    most = percent_off("most", 90, on=Selector(skus=["A"]))
    five = amount_off("p", "5.00", "EUR")
    # Of 5.00 A's list would bear 3.13, but it has 1.00 left.
    assert offs(cart(A=1, B=1), most, five, split_weights="list") == [900 + 100, 400]


def test_where_nothing_has_weight():
    free = {"A": eur(0), "B": eur(0), "C": eur(250)}
    book = PriceBook.of(free, promotions=[amount_off("p", "3.01", "EUR")])
    policy = {"split_weights": "list"}
    weights, rooms = [0, 0], [300, 100]
    rule = {"rule": DiscountSplit.LARGEST_REMAINDER, "rounding": Rounding.HALF_UP}
    equal, nothing = ZeroWeights.EQUAL, ZeroWeights.NOTHING
    assert split_within(301, weights, rooms, zero_weights=equal, **rule) == [201, 100]
    assert split_within(301, weights, rooms, zero_weights=nothing, **rule) == [0, 0]
    # A part without weight has its turn when those with weight are full.
    assert split_within(350, [0, 1], rooms, zero_weights=equal, **rule) == [250, 100]
    assert split_within(350, [0, 1], rooms, zero_weights=nothing, **rule) == [0, 100]
    assert _priced(cart(C=1), book, None, policy).total == eur(0)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 90)), min_size=1, max_size=6),
    st.integers(0, 400),
    st.sampled_from(DiscountSplit),
    st.sampled_from(Rounding),
    st.sampled_from([ZeroWeights.EQUAL, ZeroWeights.NOTHING]),
)
def test_shares_sum_to_the_discount_within_their_room(parts, amount, rule, rounding, zero):
    weights, rooms = [w for w, _ in parts], [r for _, r in parts]
    shares = split_within(amount, weights, rooms, rule=rule, rounding=rounding, zero_weights=zero)
    assert all(0 <= share <= room for share, room in zip(shares, rooms, strict=True))
    can = sum(r for w, r in parts if w or zero is ZeroWeights.EQUAL)
    assert sum(shares) == min(amount, can)


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=6).filter(any),
    st.integers(0, 400),
    st.sampled_from(DiscountSplit),
    st.sampled_from(Rounding),
)
def test_shares_are_near_their_exact_part(weights, amount, rule, rounding):
    shares = split(amount, weights, rule, rounding)
    assert sum(shares) == amount
    assert all(share >= 0 for share in shares)
    last = max(part for part, weight in enumerate(weights) if weight)
    for part, (share, weight) in enumerate(zip(shares, weights, strict=True)):
        exact = Fraction(amount * weight, sum(weights))
        if rule is DiscountSplit.LAST and (part == last or share < exact):
            continue  # the last takes the rest, and what the others took may leave less
        within = {DiscountSplit.RUNNING: 2, DiscountSplit.NEAREST: Fraction(3, 2)}.get(rule, 1)
        assert abs(share - exact) <= within


# --- thresholds -----------------------------------------------------------------------------------

LADDER = spend_and_save("p", {"10.00": "1.00", "15.00": "2.00"}, "EUR")


def test_whether_the_threshold_itself_is_enough():
    assert offs(cart(A=1), LADDER) == [100]
    assert offs(cart(A=1), LADDER, threshold_boundary="above") == [0]
    assert missing(cart(A=1), LADDER, threshold_boundary="above") == (1000, 1001, 1)
    assert missing(cart(A=1), LADDER) == (1000, 1500, 500)
    every = Promotion("p", effect=SpendEvery(eur(500), eur(50)))
    assert offs(cart(A=1), every) == [100]
    assert offs(cart(A=1), every, threshold_boundary="above") == [50]
    assert missing(cart(A=1), every, threshold_boundary="above") == (1000, 1001, 1)
    # Units are reached by their number.
    units = Promotion("p", effect=Ladder([Rung(2, PercentOff(10))]))
    assert offs(cart(A=2), units, threshold_boundary="above") == [200]
    by_two = Promotion("p", effect=SpendEvery(2, eur(50)))
    assert offs(cart(A=2), by_two, threshold_boundary="above") == [50]
    nothing = Promotion("p", effect=SpendEvery(eur(500), eur(50)), on=Selector(skus=["D"]))
    assert missing(cart(A=1), nothing, threshold_boundary="above") == (0, 501, 501)


def test_whether_its_own_effect_counts():
    # 10.00 − 1.00 is below 10.00; 11.00 would do, 17.00 for the second step.
    assert offs(cart(A=1), LADDER, own_effect="counted") == [0]
    assert missing(cart(A=1), LADDER, own_effect="counted") == (1000, 1100, 100)
    assert offs(cart(A=1, D=1), LADDER, own_effect="counted") == [0, 0]
    assert offs(cart(A=1, C=1), LADDER, own_effect="counted") == [80, 20]
    # 16.00 reaches the second step, and would fall below it: it gets the first.
    assert offs(cart(A=1, B=1), LADDER) == [125, 75]
    assert offs(cart(A=1, B=1), LADDER, own_effect="counted") == [63, 37]
    assert missing(cart(A=1, B=1), LADDER, own_effect="counted") == (1600, 1700, 100)
    # 20 % of 12.50 leave 10.00, of 12.49 one less.
    fifth = Promotion("p", effect=Ladder([Rung(eur(1000), PercentOff(20))]))
    at = {"A": eur(1250), "B": eur(1249)}
    assert offs(cart(A=1), fifth, prices=at, own_effect="counted") == [250]
    assert offs(cart(B=1), fifth, prices=at, own_effect="counted") == [0]
    # Of 20.00, each 5.00 with 0.50 off needs 5.50: three times.
    every = Promotion("p", effect=SpendEvery(eur(500), eur(50)))
    assert offs(cart(A=2), every) == [200]
    assert offs(cart(A=2), every, own_effect="counted") == [150]
    assert missing(cart(A=2), every, own_effect="counted") == (2000, 2200, 200)
    limited = Promotion("p", effect=SpendEvery(eur(500), eur(50), most=3))
    assert missing(cart(A=2), limited, own_effect="counted") is None
    # What comes off shipping does not lower what was spent.
    free = Promotion("p", effect=Ladder([Rung(eur(1000), PercentOff(100))]), stage="shipping")
    book = PriceBook.of(PRICES, promotions=[free])
    q = _priced(cart(A=1), book, None, {"own_effect": "counted"}, shipping=eur(490))
    assert q.shipping == eur(0)


def test_thresholds_before_or_after_other_discounts():
    half = percent_off("half", 50, priority=1)
    assert offs(cart(A=2), half, LADDER) == [1000 + 100]
    assert offs(cart(A=2), half, LADDER, threshold_basis="list") == [1000 + 200]
    assert offs(cart(A=2), half, LADDER, threshold_basis="stage") == [1000 + 100]
    early = amount_off("early", "1.00", "EUR", priority=1)
    assert offs(cart(A=1), early, LADDER) == [100]
    assert offs(cart(A=1), early, LADDER, threshold_basis="stage") == [100 + 100]


def test_thresholds_with_and_without_tax():
    # 8.34 net are 10.01 with 20 %; 10.00 gross are 8.33 without.
    at = {"A": eur(834), "B": eur(1000)}
    step = spend_and_save("p", {"10.00": "1.00"}, "EUR")
    assert offs(cart(A=1), step, prices=at, taxes=NET) == [0]
    assert offs(cart(A=1), step, prices=at, taxes=NET, threshold_reading="with_tax") == [100]
    assert offs(cart(B=1), step, prices=at, taxes=GROSS) == [100]
    without = {"taxes": GROSS, "threshold_reading": "without_tax"}
    assert offs(cart(B=1), step, prices=at, **without) == [0]
    assert missing(cart(A=1), step, **without) == (833, 1000, 167)
    # Prices read as the threshold does already.
    assert offs(cart(B=1), step, prices=at, taxes=NET, threshold_reading="without_tax") == [100]
    # The own effect is read so too: 12.00 − 1.20 with tax.
    own = {"threshold_reading": "with_tax", "own_effect": "counted"}
    assert missing(cart(A=1), LADDER, taxes=NET, **own) == (1200, 1740, 540)


# --- fixed amounts --------------------------------------------------------------------------------


def with_taxes(*lines):
    return Cart(
        lines=[
            CartLine(f"l{n}", sku=sku, quantity=quantity, tax_category=category)
            for n, (sku, quantity, category) in enumerate(lines)
        ]
    )


def test_ten_off_net_prices_saves_the_buyer_twelve_or_ten():
    ten = amount_off("p", "1.00", "EUR")
    one = with_taxes(("A", 1, "standard"))
    assert priced(one, ten, taxes=NET).total == eur(1200 - 120)
    assert priced(one, ten, taxes=NET, fixed_amounts="with_tax").total == eur(1200 - 100)
    assert priced(one, ten, taxes=GROSS).total == eur(900)
    # 1.00 without tax is 1.20 of a price with it.
    assert priced(one, ten, taxes=GROSS, fixed_amounts="without_tax").total == eur(880)


def test_each_effect_reads_its_amounts_so():
    wanted = with_taxes(("A", 2, "standard"), ("B", 1, "free"))
    policy = {"taxes": NET, "fixed_amounts": "with_tax"}
    # 1.20 with tax is 1.00 without where the rate is 20 %, and 1.20 where it is zero.
    assert offs(wanted, Promotion("p", effect=UnitOff(eur(120))), **policy) == [200, 120]
    assert offs(wanted, Promotion("p", effect=AmountOff(eur(120), "line")), **policy) == [100, 120]
    # 9.60 with tax is 8.00 without: 2.00 off each; B costs less already.
    assert offs(wanted, Promotion("p", effect=FixedPrice(eur(960))), **policy) == [400, 0]
    # 24.00 and 6.00 with tax: 3.00 off is 2.40 and 0.60, without tax 2.00 and 0.60.
    three = amount_off("p", "3.00", "EUR")
    assert offs(wanted, three, **policy) == [200, 60]
    every = Promotion("p", effect=SpendEvery(eur(2600), eur(300)))
    assert offs(wanted, every, **policy) == [200, 60]
    whole = Promotion("p", effect=FixedPrice(eur(2700), "selection"))
    assert offs(wanted, whole, **policy) == [200, 60]
    menu = Promotion("p", effect=SetPrice([SetPart(3)], eur(2700)))
    assert offs(wanted, menu, **policy) == [200, 60]
    # Of a deal: the free one costs 6.00; of two A one is 1.20 cheaper with tax.
    cheaper = Promotion(
        "p", effect=BuyGet(buy=1, reward=UnitOff(eur(120))), on=Selector(skus=["A"])
    )
    assert offs(wanted, cheaper, **policy) == [100, 0]
    at_price = Promotion(
        "p", effect=BuyGet(buy=1, reward=FixedPrice(eur(600))), on=Selector(skus=["A"])
    )
    assert offs(wanted, at_price, **policy) == [500, 0]
    # An upper limit too: 10 % is 2.00 and 0.60, with tax 3.00.
    assert offs(wanted, percent_off("p", 10, most_off=eur(300)), **policy) == [200, 60]
    assert offs(wanted, percent_off("p", 10, most_off=eur(150)), **policy) == [100, 30]
    # What takes everything takes all of it, whatever rounding makes of the parts.
    third = {"A": eur(333), "B": eur(1)}
    assert offs(wanted, amount_off("p", "99", "EUR"), prices=third, **policy) == [666, 1]


def test_shipping_is_read_by_its_own_tax_or_by_that_of_its_goods():
    wanted = with_taxes(("A", 1, "standard"), ("B", 1, "free"))
    two = Promotion("p", effect=AmountOff(eur(120)), stage="shipping")
    book = PriceBook.of({"A": eur(1000), "B": eur(1000)}, promotions=[two])

    def paid(**policy):
        policy["fixed_amounts"] = "with_tax"
        return _priced(wanted, book, NET, policy, shipping=eur(500)).charges[0].amount

    assert paid() == eur(400)
    assert paid(shipping_tax="highest") == eur(400)
    # Half of it at 20 %, half at nothing: 1.20 with tax is 1.09 without.
    assert paid(shipping_tax="split") == eur(391)


def test_shipping_with_goods_that_cost_nothing():
    wanted = with_taxes(("A", 1, "standard"), ("B", 1, "free"))
    book = PriceBook.of({"A": eur(0), "B": eur(0)})

    def tax(**policy):
        policy = {"shipping_tax": "split", "fixed_amounts": "with_tax"} | policy
        return _priced(wanted, book, NET, policy, shipping=eur(500)).tax

    # In equal parts: half of it at 20 %; or by its own category.
    assert tax() == eur(50)
    assert tax(zero_weights="nothing") == eur(100)


# --- units, floors --------------------------------------------------------------------------------


def test_which_units_a_deal_takes():
    wanted = cart(A=1, B=2, C=1)
    one = Promotion("p", effect=BuyGet(buy=3))
    assert offs(wanted, one) == [0, 0, 250]
    assert offs(wanted, one, given_units="dearest") == [1000, 0, 0]
    assert offs(wanted, one, given_units="line_order") == [1000, 0, 0]
    b_first = Cart(lines=[CartLine("1", sku="B", quantity=2), CartLine("2", sku="A", quantity=2)])
    two = Promotion("p", effect=BuyGet(buy=1, get=1, most=1))
    assert offs(b_first, two, given_units="line_order") == [600, 0]
    pairs = Promotion("p", effect=BuyGet(buy=1, get=1))
    assert offs(b_first, pairs, given_units="cheapest_of_each") == [600, 1000]
    # A deal between two kinds of units has no sets in one order of price.
    other = Promotion("p", effect=BuyGet(buy=1, get_on=Selector(skus=["B", "C"])))
    assert offs(cart(A=1, B=1, C=1), other, given_units="cheapest_of_each") == [0, 0, 250]
    # A deal that says so is not asked.
    own = Promotion("p", effect=BuyGet(buy=3, pick="cheapest"))
    assert offs(wanted, own, given_units="dearest") == [0, 0, 250]
    sets = Promotion("p", effect=SetPrice([SetPart(2)], eur(500), most=1))
    assert offs(wanted, sets) == [688, 412, 0]
    assert offs(wanted, sets, set_units="cheapest") == [0, 247, 103]
    assert offs(b_first, sets, set_units="line_order") == [700, 0]


def floored(**policy):
    rows = [
        PriceRow("A", eur(1000), floor_price=eur(900), unit_cost=eur(850)),
        PriceRow("B", eur(600), unit_cost=eur(500)),
        PriceRow("C", eur(250)),
    ]
    return lambda wanted, *promotions, groups=(): _priced(
        wanted,
        PriceBook(
            lists=[PriceList("l", currency="EUR", rows=rows)],
            promotions=promotions,
            groups=groups,
        ),
        None,
        policy,
    )


def test_no_promotion_takes_a_line_below_its_floor():
    wanted = cart(A=2, B=1, C=1)
    half = percent_off("p", 50)

    def of(q):
        return [line.discount.minor for line in q.lines]

    assert of(floored(line_floor="zero")(wanted, half)) == [1000, 300, 125]
    assert of(floored()(wanted, half)) == [200, 300, 125]
    assert of(floored(line_floor="cost")(wanted, half)) == [200, 100, 125]
    # 10.00 over 20.00, 6.00 and 2.50 is 7.02, 2.10 and 0.88; A bears 2.00, and of the 5.02 that
    # are over, B takes 3.54 (6.00 of 8.50), C 1.48.
    ten = amount_off("p", "10.00", "EUR")
    assert of(floored(line_floor="zero")(wanted, ten)) == [702, 210, 88]
    assert of(floored(line_floor="floor_price")(wanted, ten)) == [200, 564, 236]
    # All of them at their floors: the rest is not given.
    assert of(floored(line_floor="cost")(wanted, ten)) == [200, 100, 250]
    # A line at its floor says so.
    policy = PricingPolicy(line_floor="cost")
    book = PriceBook(
        lists=[PriceList("l", currency="EUR", rows=[PriceRow("B", eur(500), unit_cost=eur(600))])],
        promotions=[half, Promotion("q", effect=BuyGet(buy=1))],
    )
    q = quote(cart(B=2), book, at=NOW, policy=policy)
    assert q.discount == eur(0)
    for promotion_id in ("p", "q"):
        found = q.explain(promotion_id, book, policy=policy)
        assert [reason.code for reason in found.reasons] == ["limit.margin"]
    # Of several offers, the one that really gives most is the best.
    best = StackingGroup("g", rule="best")
    a = percent_off("a", 90, on=Selector(skus=["A"]), group="g")
    b = percent_off("b", 50, on=Selector(skus=["B"]), group="g")
    assert floored(line_floor="floor_price")(wanted, a, b, groups=[best]).promotions == ("b",)


def test_floors_of_prices_that_keep_their_net_amount_elsewhere():
    table = TaxTable(
        [TaxRate("standard", "0.2", region=Region("DE")), TaxRate("standard", "0")],
        included=True,
        home=Region("DE"),
    )
    rows = [PriceRow("A", eur(1200), floor_price=eur(1080))]
    half = percent_off("p", 50)
    book = PriceBook(lists=[PriceList("l", currency="EUR", rows=rows)], promotions=[half])
    swiss = Cart(lines=[CartLine("a", sku="A", quantity=1)], ship_to=Destination(Region("CH")))
    policy = {"inclusive_prices": "same_net", "line_floor": "floor_price"}
    # 12.00 and 10.80 with 20 % are 10.00 and 9.00 without.
    q = _priced(swiss, book, table, policy)
    assert (q.line("a").list_amount, q.total) == (eur(1000), eur(900))


def test_a_policy_tells_what_it_reads_and_has_a_form():
    assert not DEFAULT_PRICING.reads_taxes
    assert PricingPolicy(fixed_amounts="with_tax").reads_taxes
    assert not PricingPolicy(line_floor="cost").reads_taxes
    form = encode(PricingPolicy(after_placement="re_evaluated"))
    assert form["after_placement"] == "re_evaluated"
    assert PricingPolicy(own_effect="counted").digest != DEFAULT_PRICING.digest
    with pytest.raises(InvalidValue):
        PricingPolicy(own_effect="sometimes")


def test_a_change_by_hand_may_go_below_the_floor():
    from ordercore.pricing import OverrideLimit

    rows = [PriceRow("A", eur(1000), floor_price=eur(900))]
    book = PriceBook(
        lists=[PriceList("l", currency="EUR", rows=rows)], promotions=[percent_off("p", 10)]
    )
    policy = PricingPolicy(
        line_floor="floor_price", override_limits=[OverrideLimit("chief", percent=50)]
    )
    low = PriceOverride("a", eur(800), reason="dented", actor="kim", role="chief")
    q = quote(cart(A=1), book, at=NOW, policy=policy, manual=[low])
    assert q.total == eur(800)
    assert check_sums(q) == ()

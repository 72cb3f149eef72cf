"""What is said of a book of promotions before anybody buys, and that it is so."""

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, SHARES, SKUS, books, carts, eur, policies, promotion

from ordercore.catalog import Catalog, Item
from ordercore.kernel import InvalidBatch, InvalidValue, Severity, Span, Zone, shift
from ordercore.pricing import (
    CART_FACTS,
    AmountOff,
    BuyGet,
    Cart,
    CartLine,
    CouponBatch,
    FixedPrice,
    Ladder,
    LadderStep,
    Per,
    PercentOff,
    PriceBook,
    PriceConversion,
    PriceList,
    PriceRow,
    Promotion,
    Rung,
    Selector,
    SetPart,
    SetPrice,
    SpendAndSave,
    SpendEvery,
    StackingGroup,
    UnitOff,
    amount_off,
    buy_get,
    for_price,
    gift,
    inspect_book,
    inspect_promotion,
    percent_off,
    quote,
    spend_and_save,
    spend_every,
    unit_off,
)
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.policy import DEFAULT_PRICING
from ordercore.pricing.promotions.offers import eligible, offer_of
from ordercore.rules import parse

DAY = [shift(NOW, days=n) for n in range(9)]
TEA = Selector(skus=["TEA"])
ALWAYS = Span()


def told(findings):
    return [(finding.code, finding.path) for finding in findings]


def book(*promotions, rows=(), groups=()):
    prices = [PriceRow("TEA", eur(1_000)), *rows]
    lists = [PriceList("web", currency="EUR", rows=prices)]
    return PriceBook(lists=lists, promotions=promotions, groups=groups)


def off(effect, **terms):
    return Promotion("p", effect=effect, **terms)


# --- one promotion ---


def test_a_plain_promotion_has_no_findings():
    plain = percent_off("p", 10, on=TEA, when="cart.total >= EUR(30)", coupon="TEA")
    assert inspect_promotion(plain) == ()
    assert inspect_book(book(plain)) == ()


@pytest.mark.parametrize(
    "never",
    [
        percent_off("p", 10, when="cart.units > 3 and cart.units < 3"),
        percent_off("p", 10, when="cart.units < 1"),
        percent_off("p", 10, when="cart.total < EUR(0)"),
        percent_off("p", 10, when="any(line.quantity < 1 for line in cart.lines)"),
        percent_off("p", 10, when="cart.channel == 'app'", channels=["web", "shop"]),
        percent_off("p", 10, when="not 'TEA' in cart.coupons", coupon="TEA"),
        percent_off(
            "p", 10, when="within(cart.at, '2026-11-12T00:00Z', None)", span=Span(None, NOW)
        ),
    ],
)
def test_a_condition_that_can_never_hold(never):
    assert told(inspect_promotion(never)) == [("promotion.never_holds", "when")]


@pytest.mark.parametrize(
    ("nothing", "path"),
    [
        (off(PercentOff(5), on=Selector(skus=["A", "B"], but_skus=["B", "A", "C"])), "on"),
        (
            off(
                PercentOff(5),
                on=Selector(categories=[("food", "tea")], but_categories=["food"]),
            ),
            "on",
        ),
        (
            off(
                PercentOff(5),
                on=Selector(attributes={"brand": "x"}, but_attributes={"brand": "x"}),
            ),
            "on",
        ),
        (
            off(BuyGet(buy=1, get_on=Selector(skus=["A"], but_skus=["A"])), on=TEA),
            "effect.get_on",
        ),
        (
            off(
                SetPrice([SetPart(1), SetPart(1, Selector(skus=["A"], but_skus=["A"]))], eur(5)),
                on=TEA,
            ),
            "effect.parts[1].on",
        ),
    ],
)
def test_a_selector_that_leaves_out_all_it_asks_for(nothing, path):
    assert ("promotion.selects_nothing", path) in told(inspect_promotion(nothing))


def test_errors_refuse_a_book_all_at_once():
    faulty = [
        percent_off("a", 10, when="cart.units < 1"),
        percent_off("b", 10),
        percent_off("c", 10, on=Selector(skus=["A"], but_skus=["A"]), when="cart.units == 0"),
    ]
    with pytest.raises(InvalidBatch) as refused:
        PriceBook(promotions=faulty)
    assert [(each.code, each.path) for each in refused.value.faults] == [
        ("promotion.never_holds", "promotions[0].when"),
        ("promotion.never_holds", "promotions[2].when"),
        ("promotion.selects_nothing", "promotions[2].on"),
    ]
    for each in faulty:
        for finding in inspect_promotion(each):
            assert (finding.severity is Severity.ERROR) is (
                finding.code in {"promotion.never_holds", "promotion.selects_nothing"}
            )


def test_what_always_applies_and_conditions_that_could_go():
    assert told(inspect_promotion(percent_off("p", 10))) == [("promotion.always_applies", "when")]
    always = percent_off("p", 10, when="cart.units >= 1 and cart.total >= EUR(0)")
    assert told(inspect_promotion(always)) == [("promotion.always_applies", "when")]
    needless = percent_off("p", 10, when="cart.channel != 'app'", channels=["web"])
    assert told(inspect_promotion(needless)) == [("promotion.condition_always_holds", "when")]
    for some in (
        percent_off("p", 10, on=TEA),
        percent_off("p", 10, span=Span(NOW)),
        percent_off("p", 10, coupon="C"),
        percent_off("p", 10, channels=["web"]),
        spend_and_save("p", {"30": "4"}, "EUR"),
        buy_get("p", 2),
    ):
        assert inspect_promotion(some) == ()
    at_once = spend_and_save("p", {"0": "4"}, "EUR")
    assert told(inspect_promotion(at_once)) == [("promotion.always_applies", "when")]


@pytest.mark.parametrize(
    "unbounded",
    [
        PercentOff(100),
        FixedPrice(eur(0)),
        Ladder([Rung(2, PercentOff(10)), Rung(5, PercentOff(100))]),
        SpendEvery(eur(1_000), eur(1_000)),
    ],
)
def test_what_may_take_off_all(unbounded):
    assert told(inspect_promotion(off(unbounded, on=TEA))) == [("promotion.unbounded", "effect")]
    assert inspect_promotion(off(unbounded, on=TEA, budget=eur(500))) == ()
    assert inspect_promotion(off(unbounded, on=TEA, most_off=eur(500))) == ()


@pytest.mark.parametrize(
    "bounded",
    [
        PercentOff("99.9"),
        FixedPrice(eur(1)),
        SpendEvery(eur(1_000), eur(999)),
        SpendEvery(eur(1_000), eur(1_000), 3),
        SpendEvery(3, eur(1_000)),
        AmountOff(eur(9_999)),
    ],
)
def test_what_has_a_bound(bounded):
    assert inspect_promotion(off(bounded, on=TEA)) == ()


@pytest.mark.parametrize(
    ("ladder", "rungs"),
    [
        # 10 % of 199.99 is 20.00; 9 % of 200.00 is 18.00.
        (Ladder([Rung(eur(100), PercentOff(10)), Rung(eur(20_000), PercentOff(9))]), [1]),
        (Ladder([Rung(eur(100), PercentOff(10)), Rung(eur(20_000), PercentOff(10))]), []),
        (Ladder([Rung(0, PercentOff(20)), Rung(1, PercentOff(5))]), []),
        (Ladder([Rung(2, PercentOff(20)), Rung(3, PercentOff(5)), Rung(9, PercentOff(6))]), [1]),
        # At 50.00 10 % are 5.00, from then on it is 4.00.
        (Ladder([Rung(eur(100), PercentOff(10)), Rung(eur(5_000), AmountOff(eur(400)))]), [1]),
        (Ladder([Rung(eur(100), PercentOff(10)), Rung(eur(5_000), AmountOff(eur(600)))]), []),
        # Each of ten units 0.50 off, then 4.00 in all: only a cart of many units shows it.
        (Ladder([Rung(eur(0), UnitOff(eur(50))), Rung(eur(5_000), AmountOff(eur(400)))]), [1]),
    ],
)  # fmt: skip
def test_ladders_that_give_less_for_more(ladder, rungs):
    expected = [("promotion.gives_less", f"effect.rungs[{rung}]") for rung in rungs]
    assert told(inspect_promotion(off(ladder, on=TEA, stage="order"))) == expected


def test_a_ladder_under_its_upper_limit_gives_the_same():
    ladder = Ladder([Rung(eur(100), PercentOff(10)), Rung(eur(20_000), PercentOff(9))])
    assert inspect_promotion(off(ladder, on=TEA, stage="order", most_off=eur(1_800))) == ()


@pytest.mark.parametrize(
    ("effect", "path"),
    [
        (SpendAndSave([LadderStep(eur(2_000), eur(100)), LadderStep(eur(5_000), eur(400))]), "effect.steps[1].threshold"),
        (Ladder([Rung(2, PercentOff(10)), Rung(4, PercentOff(20))]), "effect.rungs[1].threshold"),
        (Ladder([Rung(eur(0), PercentOff(10)), Rung(eur(5_000), PercentOff(20))]), "effect.rungs[1].threshold"),
        (SpendEvery(eur(5_000), eur(100)), "effect.every"),
        (SpendEvery(4, eur(100)), "effect.every"),
        (BuyGet(buy=3), "effect.buy"),
        (SetPrice([SetPart(3), SetPart(1)], eur(100)), "effect.parts"),
    ],
)  # fmt: skip
def test_thresholds_that_no_cart_of_the_condition_reaches(effect, path):
    when = parse("cart.total < EUR(50) and cart.units <= 3", vocabulary=CART_FACTS)
    out = off(effect, when=when, stage="order")
    assert told(inspect_promotion(out)) == [("promotion.out_of_reach", path)]
    assert "promotion.out_of_reach" not in dict(
        told(inspect_promotion(attrs.evolve(out, when=None)))
    )


# --- promotions beside each other ---


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (percent_off("a", 20, priority=1), percent_off("b", 10)),
        (percent_off("a", 20), percent_off("b", 20, on=TEA, when="cart.units > 3")),
        (
            percent_off("a", 20, when="cart.units > 2", channels=["web", "app"]),
            percent_off("b", 20, when="cart.units > 3", channels=["web"]),
        ),
        (
            percent_off("a", 20, span=Span(DAY[0], DAY[4]), coupon="C"),
            percent_off("b", 20, span=Span(DAY[1], DAY[2]), coupon="C"),
        ),
        (
            percent_off("a", 20, on=Selector(categories=["food"], but_skus=["X"])),
            percent_off(
                "b", 9, on=Selector(categories=[("food", "tea")], but_skus=["X", "Y"], to_price=eur(9))
            ),
        ),
        (
            percent_off("a", 20, on=Selector(attributes={"brand": "x"}, but_categories=[("f", "t")])),
            percent_off(
                "b", 9, on=Selector(attributes={"brand": "x", "c": "r"}, but_categories=["f"])
            ),
        ),
        (
            percent_off("a", 20, on=Selector(but_attributes={"sale": "y"})),
            percent_off("b", 9, on=Selector(skus=["A"], but_attributes={"sale": "y"})),
        ),
        (unit_off("a", 2, "EUR"), unit_off("b", 1, "EUR", on=TEA)),
        (amount_off("a", 2, "EUR"), amount_off("b", 1, "EUR", on=TEA)),
        (off(FixedPrice(eur(1)), on=TEA), attrs.evolve(off(FixedPrice(eur(2)), on=TEA), promotion_id="q")),
        (
            spend_and_save("a", {"10": "2", "20": "5"}, "EUR", stage="item"),
            spend_and_save("b", {"15": "2", "30": "3"}, "EUR", stage="item"),
        ),
        (
            spend_every("a", 10, 2, "EUR", stage="item"),
            spend_every("b", 10, 1, "EUR", most=4, stage="item"),
        ),
        (
            spend_every("a", 10, 2, "EUR", most=4, stage="item"),
            spend_every("b", 10, 1, "EUR", most=4, stage="item"),
        ),
        (
            percent_off("a", 10, most_off=eur(9)),
            percent_off("b", 10, on=TEA, most_off=eur(9)),
        ),
        (off(PercentOff(9, "line")), percent_off("q", 8)),
    ],
)  # fmt: skip
def test_what_another_always_takes_the_place_of(one, other):
    groups = [StackingGroup("g", rule="first", stage=one.stage)]
    one, other = attrs.evolve(one, group="g"), attrs.evolve(other, group="g")
    expected = [("promotion.shadowed", "promotions[1]", str(one.promotion_id))]
    for rule in ("first", "best"):
        groups = [StackingGroup("g", rule=rule, stage=one.stage)]
        found = inspect_book(PriceBook(promotions=[one, other], groups=groups))
        assert [
            (each.code, each.path, each.value) for each in found if "shadow" in each.code
        ] == expected
    stopping, alone = attrs.evolve(one, group="", stops="stage"), attrs.evolve(other, group="")
    found = inspect_book(PriceBook(promotions=[stopping, alone]))
    assert ("promotion.shadowed", "promotions[1]") in told(found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (percent_off("a", 10), percent_off("b", 20)),
        (percent_off("a", 20, on=TEA), percent_off("b", 10)),
        (percent_off("a", 20, when="cart.units > 3"), percent_off("b", 10, when="cart.units > 2")),
        (percent_off("a", 20, channels=["web"]), percent_off("b", 10)),
        (percent_off("a", 20, channels=["web"]), percent_off("b", 10, channels=["web", "app"])),
        (percent_off("a", 20, coupon="C"), percent_off("b", 10)),
        (percent_off("a", 20, span=Span(NOW)), percent_off("b", 10)),
        (percent_off("a", 20, most_off=eur(5)), percent_off("b", 10)),
        (percent_off("a", 20, most_off=eur(5)), percent_off("b", 10, most_off=eur(9))),
        (percent_off("a", 20, on=Selector(from_price=eur(1))), percent_off("b", 10, on=TEA)),
        (percent_off("a", 20, on=Selector(categories=["f"])), percent_off("b", 9, on=TEA)),
        (percent_off("a", 20), off(PercentOff(5, "selection"))),
        (percent_off("a", 20), unit_off("b", 1, "EUR")),
        (unit_off("a", 1, "EUR"), percent_off("b", 10)),
        (buy_get("a", 1), buy_get("b", 1, on=TEA)),
        (unit_off("a", 2, "EUR"), unit_off("b", 1, "USD", on=TEA)),
        (off(AmountOff(eur(5), Per.LINE)), amount_off("q", 1, "EUR", stage="item")),
        (
            spend_every("a", 10, 2, "EUR", most=3, stage="item"),
            spend_every("b", 10, 1, "EUR", most=4, stage="item"),
        ),
        (percent_off("a", 20, exclusive="stage"), percent_off("b", 10)),
    ],
)
def test_what_may_still_win(one, other):
    groups = [StackingGroup("g", rule="first", stage=one.stage)]
    both = [attrs.evolve(one, group="g"), attrs.evolve(other, group="g")]
    found = inspect_book(PriceBook(promotions=both, groups=groups))
    assert "promotion.shadowed" not in dict(told(found))


@pytest.mark.parametrize(
    ("rule", "objective", "shadowed"),
    [
        ("all", "buyer", False),
        ("best_combination", "buyer", False),
        ("best", "merchant", False),
        ("best", "priority", True),
        ("first", "merchant", True),
    ],
)
def test_the_rule_of_a_group_decides(rule, objective, shadowed):
    groups = [StackingGroup("g", rule=rule, objective=objective)]
    both = [percent_off("a", 20, group="g"), percent_off("b", 10, group="g")]
    found = told(inspect_book(PriceBook(promotions=both, groups=groups)))
    assert (("promotion.shadowed", "promotions[1]") in found) is shadowed


def test_exclusive_promotions_that_meet():
    def clash(one, other):
        found = inspect_book(PriceBook(promotions=[one, other]))
        return [each.value for each in found if each.code == "promotion.exclusive_overlap"]

    one = percent_off("a", 10, on=TEA, exclusive="quote", when="cart.units > 3")
    assert clash(one, percent_off("b", 10, coupon="C", exclusive="stage")) == ["a"]
    assert clash(one, percent_off("b", 10, coupon="C")) == []
    assert clash(one, percent_off("b", 9, when="cart.units < 3", exclusive="stage")) == []
    assert clash(one, unit_off("b", 1, "USD", exclusive="stage", coupon="C")) == ["a"]
    web = percent_off("a", 10, channels=["web"], exclusive="quote")
    assert clash(web, percent_off("b", 9, channels=["app"], exclusive="quote")) == []
    early = percent_off("a", 10, span=Span(None, NOW), exclusive="quote")
    assert clash(early, percent_off("b", 9, span=Span(NOW), exclusive="quote")) == []
    euros = unit_off("a", 1, "EUR", exclusive="quote", coupon="C")
    assert clash(euros, unit_off("b", 1, "USD", exclusive="quote", coupon="C")) == []
    in_stage = percent_off("a", 10, exclusive="stage", on=TEA)
    assert clash(in_stage, percent_off("b", 9, exclusive="stage", stage="order", on=TEA)) == []


def test_groups_that_nobody_is_in():
    groups = [StackingGroup("g"), StackingGroup("h")]
    found = inspect_book(book(percent_off("a", 10, on=TEA, group="h"), groups=groups))
    assert told(found) == [("group.unused", "groups[0]")]


# --- against the lists and the catalogue ---

CATALOG = Catalog.of(
    [
        Item("TEA", category=("food", "tea"), attributes={"brand": "x"}),
        Item("CUP", category=("home",)),
    ]
)


def test_items_and_categories_that_nobody_knows():
    sale = percent_off("a", 10, on=Selector(skus=["TEA", "CUP", "NIL"]))
    assert [each.value for each in inspect_book(book(sale))] == ["CUP", "NIL"]
    assert [each.value for each in inspect_book(book(sale), catalog=CATALOG)] == ["NIL"]
    kinds = percent_off(
        "a", 10, on=Selector(categories=["food", ("food", "wine"), ("food", "tea")])
    )
    assert inspect_book(book(kinds)) == ()
    assert [(each.code, each.path, each.value) for each in inspect_book(book(kinds), catalog=CATALOG)] == [
        ("promotion.unknown_category", "promotions[0].on.categories", "food / wine")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("selector", "codes"),
    [
        (Selector(categories=["home"]), ["promotion.selects_nothing_priced"]),
        (Selector(categories=["food"], attributes={"brand": "y"}), ["promotion.selects_nothing_priced"]),
        (Selector(attributes={"brand": "x"}), []),
        (Selector(from_price=eur(1_001)), ["promotion.selects_nothing_priced"]),
        (Selector(from_price=eur(1_000)), []),
        (Selector(skus=["CUP"]), ["promotion.selects_nothing_priced"]),
        (Selector(but_skus=["TEA"]), ["promotion.selects_nothing_priced"]),
    ],
)  # fmt: skip
def test_selectors_of_nothing_that_has_a_price(selector, codes):
    found = inspect_book(book(percent_off("a", 10, on=selector)), catalog=CATALOG)
    assert [each.code for each in found] == codes


def test_a_price_range_is_not_judged_where_lists_convert():
    derived = PriceList(
        "derived", currency="EUR", fallback="web", conversion=PriceConversion(factor=2)
    )
    plain = book(percent_off("a", 10, on=Selector(from_price=eur(1_001))))
    assert inspect_book(attrs.evolve(plain, lists=[*plain.lists, derived])) == ()


def test_currencies_and_times_without_prices():
    assert told(inspect_book(book(unit_off("a", 1, "USD", on=TEA)))) == [
        ("promotion.other_currency", "promotions[0].effect")
    ]
    ended = PriceList("old", currency="EUR", rows=[PriceRow("TEA", eur(9))], span=Span(None, NOW))
    late = percent_off("a", 10, on=TEA, span=Span(NOW))
    assert told(inspect_book(PriceBook(lists=[ended], promotions=[late]))) == [
        ("promotion.never_valid", "promotions[0].span")
    ]
    assert inspect_book(PriceBook(promotions=[late])) == ()


# A unit costs 10.00 and the seller 8.00; nobody may ask less than 7.00.
BOUNDED = PriceRow("TEA", eur(1_000), unit_cost=eur(800), floor_price=eur(700))


@pytest.mark.parametrize(
    ("sale", "codes"),
    [
        (percent_off("a", 20, on=TEA), []),
        (percent_off("a", "20.1", on=TEA), ["below_cost"]),
        (percent_off("a", 40, on=TEA, most_off=eur(200)), []),
        (percent_off("a", 31, on=Selector(but_skus=["X"])), ["below_cost", "below_floor"]),
        (unit_off("a", "2.50", "EUR", on=TEA), ["below_cost"]),
        (amount_off("a", "3.10", "EUR", on=TEA), ["below_cost", "below_floor"]),
        (off(FixedPrice(eur(750)), on=TEA), ["below_cost"]),
        # 4 units are 40.00: 9.00 off leave 7.75 each; 8.00 off leave 8.00.
        (spend_and_save("a", {"35": "9"}, "EUR", on=TEA), ["below_cost"]),
        (spend_and_save("a", {"35": "8"}, "EUR", on=TEA), []),
        (spend_every("a", "35", "9", "EUR", on=TEA), ["below_cost"]),
        # Two of three paid leave 6.67 each, three of four 7.50.
        (buy_get("a", 2, on=TEA), ["below_cost", "below_floor"]),
        (buy_get("a", 3, on=TEA), ["below_cost"]),
        (buy_get("a", 1, get_on=TEA, on=Selector(skus=["CUP"])), []),
        (buy_get("a", 1, get_on=Selector(skus=["CUP"]), on=TEA), []),
        (for_price("a", 3, "23.00", "EUR", on=TEA), ["below_cost"]),
        (off(Ladder([Rung(3, PercentOff(10)), Rung(6, PercentOff(25))]), on=TEA), ["below_cost"]),
        (off(Ladder([Rung(eur(0), PercentOff(10)), Rung(eur(99), PercentOff(25))]), on=TEA), ["below_cost"]),
        (percent_off("a", 50, on=Selector(skus=["CUP"])), []),
        (percent_off("a", 50, on=Selector(from_price=eur(1_001))), []),
        (percent_off("a", 50, on=TEA, stage="shipping"), []),
        (unit_off("a", 5, "USD", on=TEA), []),
        (spend_every("a", "20000000000000", "19999999999999", "EUR", on=TEA), []),
    ],
)  # fmt: skip
def test_prices_below_cost_or_floor(sale, codes):
    rows = [PriceRow("CUP", eur(500))]
    lists = [PriceList("web", currency="EUR", rows=[BOUNDED, *rows])]
    found = inspect_book(PriceBook(lists=lists, promotions=[sale]))
    expected = [(f"promotion.{code}", "promotions[0].effect", "TEA") for code in codes]
    assert [
        (each.code, each.path, each.value) for each in found if "below" in each.code
    ] == expected


def test_sale_prices_and_times_count():
    row = attrs.evolve(BOUNDED, sale_price=eur(850), sale_span=Span(DAY[2], DAY[3]))

    def codes(span, list_span=ALWAYS):
        sale = percent_off("a", 10, on=TEA, span=span)
        lists = [PriceList("web", currency="EUR", rows=[row], span=list_span)]
        found = inspect_book(PriceBook(lists=lists, promotions=[sale]))
        return [each.code for each in found]

    assert codes(Span()) == ["promotion.below_cost"]  # 8.50 less 10 % are 7.65
    assert codes(Span(DAY[2], DAY[3])) == ["promotion.below_cost"]
    assert codes(Span(None, DAY[2])) == []
    assert codes(Span(DAY[3])) == []
    assert codes(Span(DAY[3]), Span(None, DAY[3])) == ["promotion.never_valid"]


def test_a_quantity_without_a_price_and_a_break_are_judged_as_priced():
    sale = spend_and_save("a", {"35": "9"}, "EUR", on=TEA)
    rows = [
        BOUNDED,
        PriceRow("TEA", eur(950), min_quantity=4, unit_cost=eur(600), floor_price=eur(1)),
    ]
    lists = [PriceList("web", currency="EUR", rows=rows)]
    found = inspect_book(PriceBook(lists=lists, promotions=[sale]))
    assert [each.code for each in found] == []
    graduated = attrs.evolve(
        lists[0], breaks="graduated", rows=[attrs.evolve(BOUNDED, span=Span(NOW)), rows[1]]
    )
    found = inspect_book(PriceBook(lists=[graduated], promotions=[percent_off("a", 50, on=TEA)]))
    assert [each.code for each in found] == ["promotion.below_cost", "promotion.below_floor"]


def test_what_costs_nothing_is_below_its_cost_by_itself():
    free = PriceRow("TEA", eur(0), unit_cost=eur(5))
    prices = PriceList("web", currency="EUR", rows=[free])
    sale = spend_and_save("a", {"35": "9"}, "EUR", on=TEA)
    found = inspect_book(PriceBook(lists=[prices], promotions=[sale]))
    assert told(found) == [("price.below_cost", "lists[0].rows[0].price")]


def test_findings_of_lists_are_there_too_and_bad_input_is_refused():
    odd = PriceRow("CUP", eur(100), list_price=eur(99))
    assert told(inspect_book(book(rows=[odd]))) == [
        ("price.above_list_price", "lists[0].rows[1].price")
    ]
    for wrong in (
        lambda: inspect_book(None),
        lambda: inspect_book(book(), catalog=()),
        lambda: inspect_book(book(), policy=None),
        lambda: inspect_promotion(None),
    ):
        with pytest.raises(InvalidValue) as refused:
            wrong()
        assert refused.value.code == "type.wrong"


def test_findings_stand_in_the_order_of_the_book():
    odd = [percent_off(f"p{n}", 100, on=TEA) for n in range(12)]
    paths = [each.path for each in inspect_book(book(*odd))]
    assert paths == [f"promotions[{n}].effect" for n in range(12)]


# --- that it is so ---

_CONDITIONS = (
    "cart.units > 3",
    "cart.units <= 3",
    "cart.total >= EUR(20)",
    "cart.total < EUR(20)",
    "cart.channel == 'web'",
    "not cart.channel in ('web', 'shop')",
    "'C1' in cart.coupons",
    "not 'C1' in cart.coupons",
    "any(line.sku == 'A' for line in cart.lines)",
    "all(line.sku != 'A' for line in cart.lines)",
    "within(cart.at, '2026-11-11T00:00Z', '2026-12-01T00:00Z')",
    "'vip' in cart.customer_groups",
)


@st.composite
def conditioned(draw, name="p"):
    """A promotion under one to three conditions, which may well contradict each other."""
    parts = draw(st.lists(st.sampled_from(_CONDITIONS), min_size=1, max_size=3, unique=True))
    text = draw(st.sampled_from([" and ", " or "])).join(parts)
    return attrs.evolve(draw(promotion(name)), when=parse(text, vocabulary=CART_FACTS), group="")


def concerned(run, each):
    cart = run.cart
    return (
        run.at in each.span
        and (not each.channels or cart.channel in each.channels)
        and (each.coupon is None or each.coupon in cart.coupons)
        and eligible(run, each) is not None
    )


def started(cart, policy=DEFAULT_PRICING):
    amounts = [eur(300 * line.quantity) for line in cart.lines]
    return Calculation(cart, amounts, (), policy, amounts[0].currency, NOW)


@settings(max_examples=25)
@given(conditioned(), st.lists(carts(), min_size=4, max_size=8), policies)
def test_what_is_said_of_a_promotion_is_so(each, some, policy):
    codes = {finding.code for finding in inspect_promotion(each)}
    thresholds = {f.path for f in inspect_promotion(each) if f.code == "promotion.out_of_reach"}
    for cart in some:
        run = started(cart, policy)
        if codes & {"promotion.never_holds", "promotion.selects_nothing"}:
            assert not concerned(run, each)
        if codes & {"promotion.condition_always_holds", "promotion.always_applies"}:
            without = attrs.evolve(each, when=None)
            assert concerned(run, each) is concerned(run, without)
        if thresholds & {"effect.every", "effect.buy", "effect.parts", "effect.steps[0].threshold", "effect.rungs[0].threshold"}:  # fmt: skip
            assert not concerned(run, each) or offer_of(run, each, *eligible(run, each)) is None


@settings(max_examples=25)
@given(promotion("p"), st.lists(carts(), min_size=2, max_size=4))
def test_what_always_applies_applies_to_every_cart(each, some):
    plain = attrs.evolve(each, when=None, span=Span(), channels=[], coupon=None)
    if plain.stage.value != "shipping" and told(inspect_promotion(plain))[:1] == [
        ("promotion.always_applies", "when")
    ]:
        assert all(concerned(started(cart), plain) for cart in some)


@st.composite
def rivals(draw):
    """Two promotions of one lane, of which the second is often a narrower copy of the first."""
    one = draw(promotion("a"))
    rule = draw(st.sampled_from(["first", "best", "all"]))
    terms = {"group": f"g-{one.stage.value}", "exclusive": None}
    terms["stops"] = "stage" if rule == "all" else None
    one = attrs.evolve(one, consumes=None, **terms)
    change = draw(
        st.sampled_from(
            [
                {"effect": PercentOff(1)},
                {"on": Selector(skus=["A"])},
                {"channels": ["web"]},
                {"when": parse("cart.units > 5", vocabulary=CART_FACTS)},
                {"coupon": "C1"},
                {"span": Span(DAY[0], DAY[1])},
                {"priority": -5, "funders": SHARES},
            ]
        )
    )
    other = attrs.evolve(one, promotion_id="b", stops=None, **change)
    others = [draw(promotion(f"c{n}")) for n in range(draw(st.integers(0, 2)))]
    groups = [StackingGroup(f"g-{s}", stage=s, rule=rule) for s in ("item", "group", "order", "payment", "shipping")]  # fmt: skip
    return one, other, others, groups


@settings(max_examples=25)
@given(rivals(), st.data())
def test_what_is_shadowed_never_changes_a_quote(drawn, data):
    one, other, others, groups = drawn
    prices = PriceList("base", currency="EUR", rows=[PriceRow(s, eur(333)) for s in SKUS])
    with_it = PriceBook(lists=[prices], promotions=[one, other, *others], groups=groups)
    without = PriceBook(lists=[prices], promotions=[one, *others], groups=groups)
    found = inspect_book(with_it)
    if any(f.code == "promotion.shadowed" and f.path == "promotions[1]" for f in found):
        for _ in range(3):
            cart, policy = data.draw(carts()), data.draw(policies)
            given = {"at": NOW, "policy": policy, "shipping": eur(500)}
            first, second = quote(cart, with_it, **given), quote(cart, without, **given)
            assert [line.adjustments for line in first.lines] == [
                line.adjustments for line in second.lines
            ]
            assert first.total == second.total


@settings(max_examples=25)
@given(conditioned("a"), conditioned("b"), st.lists(carts(), min_size=2, max_size=5))
def test_exclusive_ones_that_are_not_named_never_meet(one, other, some):
    both = [attrs.evolve(each, exclusive="quote", stops=None) for each in (one, other)]
    try:
        found = inspect_book(PriceBook(promotions=both))
    except InvalidBatch:
        return
    if "promotion.exclusive_overlap" not in dict(told(found)):
        for cart in some:
            run = started(cart)
            assert not (concerned(run, both[0]) and concerned(run, both[1]))


@settings(max_examples=20)
@given(st.integers(1, 2_000), st.integers(0, 2_500), promotion("p"))
def test_what_sells_below_cost_does(price, cost, each):
    plain = attrs.evolve(each, when=None, span=Span(), channels=[], coupon=None, group="", on=TEA)
    row = PriceRow("TEA", eur(price), unit_cost=eur(cost))
    prices = PriceBook(lists=[PriceList("web", currency="EUR", rows=[row])], promotions=[plain])
    found = [finding.code for finding in inspect_book(prices)]
    if "promotion.below_cost" in found:
        carts_ = [Cart(lines=[CartLine("1", sku="TEA", quantity=n)]) for n in range(1, 60)]
        quotes = [quote(cart, prices, at=NOW) for cart in carts_]
        assert any(
            q.promotions and q.total.minor < cost * n for n, q in enumerate(quotes, 1)
        ) or _needs_more(each)


def _needs_more(each):
    """Whether its threshold may lie beyond the carts that were tried."""
    return isinstance(each.effect, SpendAndSave | SpendEvery | Ladder)


@settings(max_examples=20)
@given(books())
def test_findings_do_not_depend_on_the_order(drawn):
    def told_of(some):
        names = [promotion.promotion_id for promotion in some.promotions]
        found = []
        for finding in inspect_book(some):
            head, _, field = finding.path.partition("]")
            if head.startswith("promotions["):
                head = names[int(head.removeprefix("promotions["))]
            found.append((finding.code, head, field))
        return sorted(found)

    turned = attrs.evolve(drawn, promotions=drawn.promotions[::-1])
    known = {"promotion.exclusive_overlap"}
    assert [each for each in told_of(drawn) if each[0] not in known] == [
        each for each in told_of(turned) if each[0] not in known
    ]


@pytest.mark.parametrize(
    "limited",
    [
        {"usage_limit": 5},
        {"budget": eur(500)},
        {"min_margin": "0.1"},
        {"batch": CouponBatch("spring", prefix="S-", length=6)},
        {"zone": Zone.load("Asia/Shanghai")},
    ],
)
def test_what_has_limits_does_not_shadow(limited):
    other = percent_off("b", 10, on=TEA, priority=0, group="g")
    groups = [StackingGroup("g", rule="first", stage="item")]
    for more, shadowed in (({}, True), (limited, False)):
        one = percent_off("a", 20, on=TEA, priority=1, group="g", **more)
        book = PriceBook.of({"TEA": eur(1000)}, promotions=[one, other], groups=groups)
        assert ("promotion.shadowed" in dict(told(inspect_book(book)))) is shadowed


def test_gifts_are_checked_as_other_effects_are():
    mug = gift("mug", eur(5000), ["MUG"], when="cart.total < EUR(10)")
    book = PriceBook.of({"TEA": eur(1000)}, promotions=[mug])
    found = told(inspect_book(book))
    assert ("promotion.out_of_reach", "promotions[0].effect.rungs[0].threshold") in found
    assert ("promotion.unknown_sku", "promotions[0].effect.rungs[0].items.skus") in found
    batch = percent_off("all", 10, batch=CouponBatch("spring", prefix="S-", length=6))
    assert inspect_promotion(batch) == ()

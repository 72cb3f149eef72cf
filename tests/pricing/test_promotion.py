"""Promotions as data: what is refused when they are built, what a selector selects."""

from __future__ import annotations

from fractions import Fraction

import attrs
import pytest
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import (
    InvalidBatch,
    InvalidDefinition,
    InvalidValue,
    Money,
    Span,
    Zone,
    encode,
)
from ordercore.pricing import (
    CART_FACTS,
    EVERYTHING,
    CartLine,
    CouponBatch,
    FundingShare,
    LadderStep,
    PercentOff,
    Promotion,
    Selector,
    SpendAndSave,
    Stage,
    UnitOff,
    buy_get,
    percent_off,
    spend_and_save,
    unit_off,
)
from ordercore.rules import MONEY, Vocabulary, parse

SELECTORS = {
    "skus": {"skus": ["B"]},
    "categories": {"categories": ["A"]},
    "attributes": {"attributes": {"A": "A"}},
    "but_skus": {"but_skus": ["A"]},
    "but_categories": {"but_categories": ["A"]},
    "but_attributes": {"but_attributes": {"A": "A"}},
    "from_price": {"from_price": eur(1)},
    "to_price": {"to_price": eur(1)},
}


def faults(make):
    with pytest.raises(InvalidBatch) as caught:
        make()
    return [(f.code, f.path) for f in caught.value.faults]


@pytest.mark.parametrize("percent", [0, "100.1", -5])
def test_a_percentage_is_above_zero_and_at_most_100(percent):
    with pytest.raises(InvalidValue) as caught:
        PercentOff(percent)
    assert caught.value.code == "percent.out_of_range"
    assert PercentOff(100).percent == 100


def test_a_float_is_no_percentage():
    with pytest.raises(InvalidValue) as caught:
        percent_off("p", 12.5)
    assert (caught.value.code, caught.value.path) == ("percent.not_exact", "percent")


@pytest.mark.parametrize("off", [eur(0), eur(-1), 5])
def test_an_amount_per_unit_is_above_zero(off):
    with pytest.raises(InvalidValue) as caught:
        UnitOff(off)
    assert caught.value.code == "unit_off.amount"


def test_a_ladder_rises():
    def step(threshold, off):
        return LadderStep(eur(threshold), eur(off))

    with pytest.raises(InvalidValue, match="type.wrong at off"):
        LadderStep(eur(1), 2)
    assert faults(lambda: SpendAndSave([])) == [("ladder.empty", "steps")]
    assert faults(
        lambda: SpendAndSave(
            [
                "x",
                step(-1, 0),
                step(5, 5),
                step(5, 6),
                step(6, 6),
                LadderStep(eur(9), Money(9, "USD")),
                LadderStep(Money(9, "USD"), Money(9, "USD")),
            ]
        )
    ) == [
        ("ladder.step", "steps[0]"),
        ("ladder.off", "steps[1].off"),
        ("ladder.threshold", "steps[1].threshold"),
        ("ladder.not_rising", "steps[3]"),
        ("ladder.not_rising", "steps[4]"),
        ("money.currency_mismatch", "steps[5]"),
        ("money.currency_mismatch", "steps[6]"),
    ]
    assert SpendAndSave([step(0, 1), step(1, 2)]).currency == "EUR"
    # More off than the threshold is allowed: the floor of zero holds it.
    assert SpendAndSave([step(0, 500)]).steps[0].off == eur(500)


def test_a_ladder_may_be_given_in_any_order():
    ladder = spend_and_save("p", {"500.00": "80.00", "300.00": "40.00"}, "CNY")
    assert [str(s.threshold) for s in ladder.effect.steps] == ["CNY 300.00", "CNY 500.00"]


def test_a_promotion_tells_all_its_faults():
    foreign = parse("x.y > EUR(1)", vocabulary=Vocabulary("other", {"x.y": MONEY}))
    assert faults(
        lambda: Promotion(
            "p", effect="x", on="y", when=foreign, span=None, priority="1", funder="", kind=""
        )
    ) == [
        ("promotion.effect", "effect"),
        ("promotion.on", "on"),
        ("promotion.when", "when"),
        ("promotion.span", "span"),
        ("promotion.priority", "priority"),
        ("promotion.funder", "funder"),
        ("promotion.kind", "kind"),
    ]
    assert faults(lambda: Promotion("p", effect=PercentOff(1), when="cart.units > 1")) == [
        ("promotion.when", "when")
    ]
    assert faults(lambda: unit_off("p", "1", "EUR", stage="shipping")) == [
        ("promotion.stage", "stage")
    ]
    with pytest.raises(InvalidDefinition):
        percent_off("p", 1, when="cart.weather == 'fair'")


def test_short_forms_are_promotions():
    terms = {
        "on": Selector(skus=["A"]),
        "when": "cart.units > 1",
        "span": Span(NOW),
        "stage": "payment",
        "priority": 3,
        "funder": "platform",
        "kind": "coupon",
        "coupon": "C",
        "channels": ["web"],
        "title": "A title",
    }
    whole = Promotion(
        "p",
        effect=PercentOff(10),
        **(terms | {"when": parse("cart.units > 1", vocabulary=CART_FACTS)}),
    )
    assert percent_off("p", 10, **terms) == whole
    assert unit_off("p", "0.30", "EUR", **terms) == attrs.evolve(whole, effect=UnitOff(eur(30)))
    ladder = SpendAndSave([LadderStep(eur(1000), eur(100))])
    assert spend_and_save("p", {"10": "1"}, "EUR", **terms) == attrs.evolve(whole, effect=ladder)
    assert percent_off("p", 10, **(terms | {"when": whole.when})) == whole
    plain = percent_off("p", 10)
    assert (plain.on, plain.when, plain.span, plain.kind) == (EVERYTHING, None, Span(), "discount")
    assert (plain.funder, plain.priority, plain.coupon, plain.title) == ("merchant", 0, None, "")
    assert plain.currency is None
    assert Promotion("p", effect=PercentOff(10)) == plain
    assert (unit_off("p", 1, "EUR").stage, spend_and_save("p", {"0": "1"}, "EUR").stage) == (
        Stage.ITEM,
        Stage.ORDER,
    )


def test_turns_are_stage_then_priority_then_id():
    turns = [
        percent_off("b", 1),
        percent_off("a", 1, stage="group"),
        percent_off("z", 1, priority=2),
        percent_off("c", 1, stage="payment"),
        percent_off("d", 1, stage="shipping"),
        percent_off("e", 1, stage="order"),
        percent_off("a0", 1),
    ]
    assert [p.promotion_id for p in sorted(turns, key=lambda p: p.rank)] == [
        "z",
        "a0",
        "b",
        "a",
        "e",
        "d",
        "c",
    ]


def test_a_selector_asks_for_everything_it_names():
    line = CartLine(
        "1", sku="A", quantity=1, category=("x", "y", "z"), attributes={"brand": "b", "size": "L"}
    )
    yes = [
        Selector(),
        Selector(skus=["A", "B"]),
        Selector(categories=["x"]),
        Selector(categories=["q", ("x", "y")]),
        Selector(categories=[("x", "y", "z")]),
        Selector(attributes={"brand": "b"}),
        Selector(skus=["A"], categories=["x"], attributes={"brand": "b", "size": "L"}),
    ]
    no = [
        Selector(skus=["B"]),
        Selector(categories=["y"]),
        Selector(categories=[("x", "z")]),
        Selector(categories=[("x", "y", "z", "w")]),
        Selector(attributes={"brand": "c"}),
        Selector(attributes={"brand": "b", "size": "M"}),
        Selector(skus=["A"], categories=["q"]),
        Selector(skus=["B"], categories=["x"]),
    ]
    assert all(each.matches(line) for each in yes)
    assert not any(each.matches(line) for each in no)


def test_a_promotion_has_a_json_form():
    coded = encode(percent_off("p", "12.5", on=Selector(categories=[("a", "b")]), coupon="C"))
    assert coded["$"] == "pricing.Promotion"
    assert coded["effect"] == {"$": "pricing.PercentOff", "percent": "25/2", "per": None}
    assert coded["on"]["categories"] == [["a", "b"]]
    assert Fraction(coded["effect"]["percent"]) == Fraction(25, 2)


def test_the_text_of_a_promotion_tells_all_its_fields():
    base = percent_off("p", 10)
    changes = {
        "promotion_id": "q",
        "effect": PercentOff(11),
        "on": Selector(skus=["A"]),
        "when": parse("cart.units > 1", vocabulary=CART_FACTS),
        "span": Span(NOW),
        "stage": "group",
        "priority": 1,
        "funder": "f",
        "kind": "k",
        "coupon": "C",
        "channels": ["web"],
        "title": "t",
        "usage_limit": 5,
        "funders": [FundingShare("platform", 1)],
        "consumes": True,
        "group": "g",
        "exclusive": "stage",
        "stops": "quote",
        "most_off": Money(1, "EUR"),
        "uses_per_customer": 2,
        "budget": Money(5, "EUR"),
        "budget_per_customer": Money(5, "EUR"),
        "min_margin": "0.1",
        "batch": CouponBatch("b", prefix="B"),
        "zone": Zone.load("Asia/Shanghai"),
        "counts": "sets",
    }
    assert set(changes) == {field.name for field in attrs.fields(Promotion) if field.init}
    deal = buy_get("p", 2)
    assert attrs.evolve(deal, counts=changes.pop("counts")).text != deal.text
    others = [attrs.evolve(base, **{name: value}) for name, value in changes.items()]
    others += [
        attrs.evolve(base, span=Span(None, NOW)),
        unit_off("p", 10, "EUR"),
        unit_off("p", 10, "USD"),
        unit_off("p", 11, "EUR"),
        spend_and_save("p", {"1": "1"}, "EUR", stage="item"),
        spend_and_save("p", {"1": "1"}, "USD", stage="item"),
        spend_and_save("p", {"2": "1"}, "EUR", stage="item"),
        spend_and_save("p", {"1": "2"}, "EUR", stage="item"),
        spend_and_save("p", {"1": "1", "2": "2"}, "EUR", stage="item"),
    ]
    others += [attrs.evolve(base, on=Selector(**part)) for part in SELECTORS.values()]
    assert set(SELECTORS) == {field.name for field in attrs.fields(Selector) if field.init}
    assert len({each.text for each in [base, *others]}) == len(others) + 1
    assert attrs.evolve(base).text == base.text

"""Quotes as the discount object of the Universal Commerce Protocol."""

from __future__ import annotations

import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur, quoted
from tests.pricing.drawn_charges import rich_quotes

from ordercore.channels import UCP_DISCOUNT_VERSION, ucp_discounts
from ordercore.kernel import InvalidBatch, Span, shift
from ordercore.pricing import (
    CART_FACTS,
    Adjustment,
    AmountOff,
    Cart,
    CartLine,
    Charge,
    CouponBatch,
    Goodwill,
    OverrideLimit,
    PercentOff,
    PriceBook,
    PricingPolicy,
    Promotion,
    Quote,
    QuoteInputs,
    QuoteLine,
    Selector,
    StackingGroup,
    percent_off,
    quote,
    spend_and_save,
)
from ordercore.rules import parse

PRICES = {"TEA": eur(12800), "CUP": eur(5990)}
LINES = [CartLine("1", sku="TEA", quantity=2), CartLine("2", sku="CUP", quantity=1)]


def told(*promotions, coupons=(), groups=(), codes=None, line_ids=None, **given_):
    book = PriceBook.of(PRICES, promotions=promotions, groups=groups)
    customer = given_.pop("customer", None)
    q = quote(Cart(lines=LINES, coupons=coupons, customer=customer), book, at=NOW, **given_)
    policy = given_.get("policy", PricingPolicy())
    inputs = QuoteInputs(book=book, policy=policy)
    return ucp_discounts(q, inputs, codes=codes, line_ids=line_ids)


def when(text):
    return parse(text, vocabulary=CART_FACTS)


def refused(promotion, **given_):
    """What is said of its code, where it gave nothing."""
    (message,) = told(promotion, coupons=[promotion.coupon], **given_)["messages"]
    return message["code"]


def test_applied_discounts_by_hand():
    answer = told(
        percent_off("ten", 10, coupon="TEN", on=Selector(skus=["TEA"]), title="Ten off"),
        spend_and_save("ladder", {"250.00": "40.00"}, "EUR"),
        attrs.evolve(percent_off("free", 100), stage="shipping", title="Free shipping"),
        coupons=["TEN"],
        shipping=eur(490),
    )
    assert answer["messages"] == []
    assert answer["discounts"] == {
        "codes": ["TEN"],
        "applied": [
            {
                "code": "TEN",
                "title": "Ten off",
                "amount": 2560,
                "automatic": False,
                "method": "each",
                "priority": 1,
                "allocations": [{"path": "$.line_items[0]", "amount": 2560}],
            },
            {
                # Of what was left, 230.40 and 59.90.
                "title": "ladder",
                "amount": 4000,
                "automatic": True,
                "method": "across",
                "priority": 2,
                "allocations": [
                    {"path": "$.line_items[0]", "amount": 3175},
                    {"path": "$.line_items[1]", "amount": 825},
                ],
            },
            {
                "title": "Free shipping",
                "amount": 490,
                "automatic": True,
                "method": "across",
                "priority": 3,
                "allocations": [{"path": '$.totals[?@.type == "fulfillment"]', "amount": 490}],
            },
        ],
    }
    assert UCP_DISCOUNT_VERSION == "2026-08-25"


def test_methods_lines_and_fees():
    off = Promotion("off", effect=AmountOff(eur(300)), stage="order")
    each = Promotion("each", effect=AmountOff(eur(100), per="line"), stage="item")
    unit = Promotion("unit", effect=PercentOff(10, per="selection"), stage="item")
    fee = Charge("wrap", kind="fee", list_amount=eur(1000), discountable="order")
    answer = told(off, each, unit, charges=[fee], line_ids=["0", "2", "1"])
    applied = {each["title"]: each for each in answer["discounts"]["applied"]}
    methods = {title: each["method"] for title, each in applied.items()}
    assert methods == {"off": "across", "each": "each", "unit": "across"}
    assert [a["path"] for a in applied["off"]["allocations"]] == [
        "$.line_items[2]",
        "$.line_items[1]",
        '$.totals[?@.type == "fee"]',
    ]


def test_groups_stand_where_their_group_stands():
    one = attrs.evolve(percent_off("a", 5), group="g")
    two = attrs.evolve(percent_off("b", 5), priority=5)
    group = StackingGroup("g", stage="item", rule="all", priority=9)
    answer = told(one, two, groups=[group])
    assert [each["title"] for each in answer["discounts"]["applied"]] == ["a", "b"]


def test_what_people_gave_is_a_discount_of_its_own():
    policy = PricingPolicy(override_limits=[OverrideLimit("lead", percent=100)])
    late = Goodwill(amount=eur(500), reason="late", actor="kim", role="lead")
    answer = told(percent_off("ten", 10), manual=[late], policy=policy)
    ten, favour = answer["discounts"]["applied"]
    assert (ten["title"], favour["title"]) == ("ten", "late")
    assert (favour["amount"], favour["automatic"], favour["priority"]) == (500, True, 2)
    assert "method" not in favour


def test_a_recorded_quote_tells_what_stands_in_it():
    adjustments = [
        Adjustment(code="c", amount=eur(-100), kind="coupon"),
        Adjustment(code="s", amount=eur(50), kind="surcharge"),
        Adjustment(code="p", amount=eur(-30), promotion="sale"),
        Adjustment(code="c", amount=eur(-7), kind="coupon"),
    ]
    line = QuoteLine("1", sku="A", quantity=1, list_amount=eur(900), adjustments=adjustments)
    q = Quote(currency="EUR", at=NOW, lines=[line], source="recorded", coupons=["X"])
    answer = ucp_discounts(q)
    assert [(each["title"], each["amount"]) for each in answer["discounts"]["applied"]] == [
        ("coupon", 107),
        ("sale", 30),
    ]
    assert (answer["discounts"]["codes"], answer["messages"]) == (["X"], [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"span": Span(None, NOW)}, "discount_code_expired"),
        ({"span": Span(shift(NOW, days=1))}, "discount_code_invalid"),
        ({"channels": ["shop"]}, "discount_code_user_ineligible"),
        ({"on": Selector(skus=["TIN"])}, "discount_code_user_ineligible"),
        ({"when": when("cart.total >= EUR(999)")}, "discount_code_user_ineligible"),
        ({"when": when("'vip' in cart.customer_groups")}, "discount_code_user_not_logged_in"),
    ],
)
def test_why_a_code_gave_nothing(change, code):
    assert refused(attrs.evolve(percent_off("x", 10, coupon="X"), **change)) == code


def test_who_is_logged_in_and_does_not_qualify():
    vip = percent_off("x", 10, coupon="X", when="'vip' in cart.customer_groups")
    assert refused(vip, customer="c-1") == "discount_code_user_ineligible"


def test_what_is_missing_is_said():
    far = percent_off("x", 10, coupon="X", when="cart.total >= EUR(400)")
    (message,) = told(far, coupons=["X"])["messages"]
    assert message == {
        "type": "warning",
        "code": "discount_code_user_ineligible",
        "path": "$.discounts.codes[0]",
        "content": "This order does not qualify for code 'X': EUR 84.10 short",
    }
    few = percent_off("x", 10, coupon="X", when="cart.units < 2")
    (message,) = told(few, coupons=["X"])["messages"]
    assert message["content"] == "This order does not qualify for code 'X'"


def test_codes_that_are_unknown_repeated_or_displaced():
    first = attrs.evolve(percent_off("a", 10, coupon="A"), exclusive="quote")
    other = attrs.evolve(percent_off("b", 5, coupon="B"), priority=-1)
    answer = told(first, other, coupons=["A", "B", "C"], codes=["A", "B", "C", "a", "D"])
    assert [(each["path"], each["code"]) for each in answer["messages"]] == [
        ("$.discounts.codes[1]", "discount_code_combination_disallowed"),
        ("$.discounts.codes[2]", "discount_code_invalid"),
        ("$.discounts.codes[3]", "discount_code_already_applied"),
        ("$.discounts.codes[4]", "discount_code_invalid"),
    ]


def test_faults_are_told():
    q = quote(Cart(lines=LINES), PriceBook.of(PRICES), at=NOW)
    with pytest.raises(InvalidBatch) as caught:
        ucp_discounts(q, line_ids=["1"])
    assert [f.code for f in caught.value.faults] == ["ucp.inputs", "ucp.line"]
    with pytest.raises(InvalidBatch) as caught:
        ucp_discounts(q, QuoteInputs(book=PriceBook.of({"TEA": eur(1)})))
    assert [f.code for f in caught.value.faults] == ["quote.other_book"]


@given(st.one_of(quoted(6), rich_quotes(5)))
def test_every_discount_is_told_to_the_minor_unit(case):
    q, _, book, given_ = case
    inputs = QuoteInputs(
        book=book,
        taxes=given_["taxes"],
        policy=given_["policy"],
        **({"tariff": given_["tariff"]} if "tariff" in given_ else {}),
    )
    answer = ucp_discounts(q, inputs)
    assert json.loads(json.dumps(answer)) == answer
    applied = answer["discounts"]["applied"]
    for number, each in enumerate(applied, 1):
        assert each["priority"] == number
        assert each["amount"] == sum(part["amount"] for part in each["allocations"]) > 0
        assert all(part["amount"] > 0 for part in each["allocations"])
        assert each["automatic"] is ("code" not in each)
        assert set(each) <= {
            "code",
            "title",
            "amount",
            "automatic",
            "method",
            "priority",
            "allocations",
        }
    parts = (*q.lines, *q.charges)
    raised = sum(
        change.amount.minor
        for part in parts
        for change in part.adjustments
        if change.promotion is None and change.amount.minor > 0
    )
    assert sum(each["amount"] for each in applied) == q.discount.minor + raised
    codes = {message["path"] for message in answer["messages"]}
    assert len(codes) == len(answer["messages"]) <= len(q.coupons)


def test_a_code_of_a_batch_is_told_as_the_buyer_gave_it():
    batch = CouponBatch("spring", prefix="S-", length=6)
    ten = percent_off("ten", 10, batch=batch)
    (applied,) = told(ten, coupons=["S-ABCD"])["discounts"]["applied"]
    assert (applied["code"], applied["automatic"]) == ("S-ABCD", False)
    dear = percent_off("ten", 10, batch=batch, when="cart.total >= EUR(9000)")
    (message,) = told(dear, coupons=["S-ABCD"])["messages"]
    assert message["code"] == refused(percent_off("ten", 10, coupon="T", when=dear.when))

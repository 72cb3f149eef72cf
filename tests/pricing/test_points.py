"""Points: earned by what is paid, paid within what there is, and shared out over the units."""

from __future__ import annotations

from fractions import Fraction

import attrs
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import InvalidBatch, InvalidValue, Money, Rounding
from ordercore.pricing import (
    Cart,
    CartLine,
    Charge,
    EarnPoints,
    PayPoints,
    PriceBook,
    Promotion,
    QuotePoints,
    Selector,
    StackingGroup,
    UsageMeter,
    UsageSnapshot,
    check_sums,
    claimed_meters,
    earn_points,
    kept_points,
    pay_points,
    percent_off,
    quote,
    split_off,
)

PRICES = {"A": eur(1000), "B": eur(333)}
EURO = Money.of("1.00", "EUR")
MINE = UsageMeter(points=True, customer="anna")


def priced(
    *promotions, held=0, pay=0, used=0, customer="anna", groups=(), charges=(), **quantities
):
    lines = [CartLine(s.lower(), sku=s, quantity=n) for s, n in quantities.items()]
    cart = Cart(lines=lines, customer=customer, pay_points=pay)
    book = PriceBook.of(PRICES, promotions=promotions, groups=groups)
    usage = UsageSnapshot(points=held, used={MINE: used})
    q = quote(cart, book, at=NOW, usage=usage, charges=charges)
    assert check_sums(q) == ()
    assert q.cart() == attrs.evolve(cart, currency="EUR")
    told = {p.promotion_id: q.explain(p.promotion_id, book, usage=usage) for p in promotions}
    for each in told.values():
        assert each.applied == (not each.reasons)
    return q, told


def stand(q):
    return {(p.promotion, p.kind.value): dict(p.lines) for p in q.points}


def test_points_are_earned_for_what_is_paid():
    club = earn_points("club", 1, per=EURO)
    q, told = priced(percent_off("p", 10), club, A=1, B=1)
    # 9.00 and 3.00 are left: 12 points.
    assert stand(q) == {("club", "earned"): {"a": 9, "b": 3}}
    assert (q.points[0].points, told["club"].points, told["club"].amount) == (12, 12, eur(0))
    assert q.promotions == ("club", "p")
    assert q.total == eur(1200)


@pytest.mark.parametrize(
    ("effect", "points"),
    [
        (EarnPoints(1, per=EURO), 19),
        (EarnPoints(1, per=EURO, rounding="ceiling"), 20),
        (EarnPoints(1, per=EURO, factor=2), 39),
        (EarnPoints(1, per=EURO, factor="1.5", rounding=Rounding.HALF_UP), 30),
        (EarnPoints(5, per=2), 15),
        (EarnPoints(5, per=1, most=7), 7),
        (EarnPoints(50), 50),
        (EarnPoints(1, per=Money.of("100", "EUR")), 0),
    ],
)
def test_ways_to_earn(effect, points):
    # 6 units of 3.33 come to 19.98.
    q, told = priced(Promotion("e", effect=effect, stage="payment"), B=6)
    assert sum(p.points for p in q.points) == points
    if not points:
        assert [r.code for r in told["e"].reasons] == ["points.too_little"]


def test_rules_select_who_earns_what_and_add_up():
    club = earn_points("club", 1, per=EURO)
    double = earn_points("double", 1, per=EURO, on=Selector(skus=["A"]), uses_per_customer=1)
    q, _ = priced(club, double, A=1, B=3)
    assert stand(q) == {
        ("club", "earned"): {"a": 10, "b": 9},
        ("double", "earned"): {"a": 10},
    }
    [claim] = q.claims
    assert (claim.promotion, claim.amount) == ("double", eur(0))


def test_units_that_go_back_take_their_points_along():
    q, _ = priced(earn_points("club", 1, per=EURO), B=7)
    kept = [kept_points(q, {"b": units})[0].points for units in range(8)]
    assert kept == [0, 3, 6, 9, 13, 16, 19, 23]
    with pytest.raises(InvalidBatch) as caught:
        kept_points(q, {"x": 1, "b": 8})
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("refund.unknown_line", "kept[x]"),
        ("refund.quantity", "kept[b]"),
    ]
    part = split_off(q, {"b": 7}, {"b": 5})
    assert stand(part) == {("club", "earned"): {"b": 23 - 16}}
    assert split_off(q, {"b": 1}, {"b": 0}).points[0].points == 3


POINTS = pay_points("points", 100, "1.00", "EUR", least=100, step=50)


def test_points_pay_at_a_rate_and_are_claimed():
    q, told = priced(POINTS, held=800, pay=770, used=30, A=1, B=1)
    # 750 of 770: 7.50 off 13.33, 5.63 and 1.87.
    assert stand(q) == {("points", "paid"): {"a": 563, "b": 187}}
    assert [a.code for a in q.line("a").adjustments] == ["promotion.pay_points"]
    assert (q.discount, told["points"].points) == (eur(750), 750)
    [limit] = claimed_meters(q.claims)
    assert (limit.meter, limit.count, limit.limit) == (MINE, 750, 830)
    assert limit.meter.key == "/points/customer/anna"
    book = PriceBook.of(PRICES, promotions=[POINTS])
    assert book.meters(q.cart(), NOW) == (MINE,)
    assert book.meters(attrs.evolve(q.cart(), customer=None), NOW) == ()


def test_no_more_points_are_taken_than_the_amount_needs():
    # 3.33 is all there is: 333 points in steps of 50 are 350.
    q, _ = priced(POINTS, held=900, pay=900, B=1)
    assert (q.discount, q.points[0].points) == (eur(333), 350)
    half = pay_points("points", 100, "1.00", "EUR", most_percent=50)
    q, _ = priced(half, held=900, pay=900, B=1)
    assert (q.discount, q.points[0].points) == (eur(166), 166)
    capped = pay_points("points", 10, "1.00", "EUR", most_off=eur(205))
    q, told = priced(capped, held=900, pay=900, A=1)
    assert (q.discount, q.points[0].points) == (eur(205), 21)
    assert [r.code for r in told["points"].limits] == ["limit.most_off"]


@pytest.mark.parametrize(
    ("held", "pay", "customer", "code"),
    [
        (900, 0, "anna", "points.none_wished"),
        (99, 900, "anna", "points.too_few"),
        (900, 99, "anna", "points.too_few"),
        (900, 900, None, "promotion.customer_unknown"),
    ],
)
def test_why_points_do_not_pay(held, pay, customer, code):
    q, told = priced(POINTS, held=held, pay=pay, customer=customer, A=1)
    assert q.points == () and q.claims == ()
    assert [r.code for r in told["points"].reasons] == [code]


def test_points_are_paid_once():
    other = pay_points("z", 100, "2.00", "EUR")
    q, told = priced(POINTS, other, held=500, pay=500, A=1)
    assert stand(q) == {("points", "paid"): {"a": 500}}
    [reason] = told["z"].reasons
    assert (reason.code, reason.facts["by"]) == ("points.paid_to_another", ("points",))


def test_what_points_pay_earns_nothing_and_charges_stay():
    fee = Charge("wrap", list_amount=eur(500), kind="fee", discountable="order")
    q, _ = priced(POINTS, earn_points("club", 1, per=EURO), held=500, pay=500, charges=[fee], A=1)
    assert stand(q)["club", "earned"] == {"a": 5}
    assert q.charges[0].discount == eur(0)


def test_points_do_not_stand_in_groups_that_compare():
    for promotion in (
        pay_points("x", 1, "1", "EUR", group="g"),
        earn_points("x", 1, group="g"),
    ):
        with pytest.raises(InvalidBatch) as caught:
            priced(
                promotion,
                groups=[StackingGroup("g", stage="payment", rule="best_combination")],
                A=1,
            )
        assert [f.code for f in caught.value.faults] == ["book.group_effect"]


def test_faulty_points_are_refused_all_at_once():
    def faults(make):
        with pytest.raises(InvalidBatch) as caught:
            make()
        return [f.code for f in caught.value.faults]

    assert faults(lambda: EarnPoints(0, per=0, factor=0, most=0)) == [
        "points.points",
        "points.per",
        "points.factor",
        "points.most",
    ]
    assert faults(lambda: PayPoints(0, eur(0), least=0, step=0, most_percent=Fraction(101))) == [
        "points.points",
        "points.least",
        "points.step",
        "points.off",
        "points.percent",
    ]
    assert faults(lambda: QuotePoints(promotion="p", kind="paid", lines={"a": -1})) == [
        "points.negative"
    ]
    assert faults(lambda: UsageSnapshot(points=-1)) == ["usage.negative"]
    assert faults(lambda: Cart(lines=[CartLine("a", sku="A", quantity=1)], pay_points=-1)) == [
        "cart.pay_points"
    ]
    assert faults(lambda: earn_points("e", 1, min_margin="0.1")) == ["promotion.gives"]
    for make, code in (
        (lambda: EarnPoints(1, factor=0.5), "factor.not_exact"),
        (lambda: PayPoints(1, eur(1), most_percent=0.5), "percent.not_exact"),
        (lambda: UsageMeter(points=True, coupon="c"), "meter.subject"),
    ):
        with pytest.raises(InvalidValue) as caught:
            make()
        assert caught.value.code == code


@drawn(
    st.dictionaries(st.sampled_from("AB"), st.integers(1, 9), min_size=1),
    st.integers(0, 3000),
    st.integers(0, 3000),
    st.integers(1, 90),
    st.data(),
)
def test_points_sum_on_every_way_back(quantities, held, pay, percent, data):
    q, _ = priced(
        percent_off("p", percent),
        pay_points("points", 100, "1.00", "EUR", most_percent=50),
        earn_points("club", 3, per=EURO),
        held=held,
        pay=pay,
        **quantities,
    )
    whole = {p.kind: p.points for p in q.points}
    assert whole.get("paid", 0) <= min(held, pay)
    assert whole.get("earned", 0) == q.total.minor * 3 // 100
    assert [p.points for p in kept_points(q, q.quantities)] == [p.points for p in q.points]
    kept = dict(q.quantities)
    left = {p.promotion: p.points for p in q.points}
    while any(kept.values()):
        line = data.draw(st.sampled_from(sorted(name for name, n in kept.items() if n)))
        kept[line] -= 1
        now = {p.promotion: p.points for p in kept_points(q, kept)}
        assert all(now[name] <= left[name] for name in now)
        left = now
    assert not any(left.values())

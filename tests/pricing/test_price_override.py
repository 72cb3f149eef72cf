"""Prices changed by hand: kept with their actor, refused above the limit."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import InvalidBatch, InvalidValue, Money
from ordercore.pricing import (
    Cart,
    CartLine,
    Goodwill,
    OverrideLimit,
    PriceBook,
    PriceOverride,
    PricingPolicy,
    TaxRate,
    TaxTable,
    check_sums,
    percent_off,
    quote,
    refund,
    try_quote,
)
from ordercore.pricing.prices.price_override import ManualChange

CART = Cart(lines=[CartLine("1", sku="A", quantity=2), CartLine("2", sku="B", quantity=1)])
BOOK = PriceBook.of(
    {"A": eur(1000), "B": eur(500)}, promotions=[percent_off("sale", 10), percent_off("x", 1)]
)
KIM = {"reason": "dent", "actor": "kim", "role": "agent"}
POLICY = PricingPolicy(
    override_limits=[
        OverrideLimit("boss"),
        OverrideLimit("agent", percent=10, amount=eur(300)),
        OverrideLimit("lead", percent=25),
        OverrideLimit("dollar", amount=Money(9999, "USD")),
    ]
)


def faults(make):
    with pytest.raises((InvalidBatch, InvalidValue)) as caught:
        make()
    error = caught.value
    return [
        (f.code, f.path) for f in (error.faults if isinstance(error, InvalidBatch) else [error])
    ]


def answer(*manual, policy=POLICY):
    return try_quote(CART, BOOK, at=NOW, policy=policy, manual=manual)


def test_a_price_set_by_hand_comes_before_the_promotions():
    """20.00 becomes 18.00; then 10 % and 1 % off: 18.00, 16.20, 16.04."""
    vat = TaxTable([TaxRate("standard", "0.19")], included=True)
    q = quote(
        CART,
        BOOK,
        at=NOW,
        policy=POLICY,
        taxes=vat,
        manual=[PriceOverride("1", eur(900), approver="lee", approver_role="boss", **KIM)],
    )
    line = q.line("1")
    assert [(a.code, a.amount.minor) for a in line.adjustments] == [
        ("override.price", -200),
        ("promotion.percent_off", -180),
        ("promotion.percent_off", -16),
    ]
    first = line.adjustments[0]
    assert (first.actor, first.approver, first.note) == ("kim", "lee", "dent")
    assert (first.kind, first.stage, first.basis) == ("manual", "override.price", eur(2000))
    assert line.tax == eur(256)
    for promotion in ("sale", "x"):
        assert q.explain(promotion, BOOK, policy=POLICY).applied
    half = refund(q, {"1": 2, "2": 1}, {"1": 1, "2": 1})
    again = half.lines[0].adjustments[0]
    assert (again.actor, again.approver) == ("kim", "lee")


def test_goodwill_comes_last_and_is_shared_out():
    """After 11 %: 17.82 and 4.45, together 22.27; 10 % of it is 2.23, as 1.78 and 0.45."""
    q = answer(Goodwill(percent=10, **KIM))
    given = [[a.amount.minor for a in line.adjustments if a.code == "goodwill"] for line in q.lines]
    assert given == [[-178], [-45]]
    assert check_sums(q) == ()
    one = answer(Goodwill(amount=eur(40), line_id="2", **KIM))
    assert one.line("2").adjustments[-1].amount == eur(-40)
    assert one.line("1").amount == eur(1782)
    boss = {**KIM, "role": "boss"}
    # Never more than is left.
    assert answer(Goodwill(amount=eur(99_999), **boss)).total == eur(0)
    both = answer(Goodwill(percent=50, line_id="2", **boss), Goodwill(percent=100, **boss))
    assert both.total == eur(0)


def test_above_the_limit_is_refused_with_what_is_allowed_and_who_may():
    refused = answer(PriceOverride("1", eur(850), **KIM))
    (reason,) = refused.reasons
    assert reason.code == "override.above_limit"
    assert (reason.facts["asked"], reason.facts["allowed"]) == (eur(300), eur(200))
    assert reason.facts["roles"] == ("boss", "lead")
    assert not reason.final
    approved = PriceOverride("1", eur(850), approver="lee", approver_role="lead", **KIM)
    assert answer(approved).line("1").adjustments[0].amount == eur(-300)
    nobody = answer(PriceOverride("1", eur(999), **KIM), policy=PricingPolicy())
    (reason,) = nobody.reasons
    assert (reason.facts["roles"], reason.final) == ((), True)
    other = {**KIM, "role": "dollar"}
    assert answer(PriceOverride("1", eur(999), **other)).reasons[0].facts["allowed"] == eur(0)
    # A price that is raised needs the same authority; one that stays needs none.
    assert answer(PriceOverride("1", eur(1101), **KIM)).codes == ("override.above_limit",)
    raised = answer(PriceOverride("1", eur(1100), **KIM)).line("1").adjustments[0]
    assert raised.amount == eur(200)
    assert len(answer(PriceOverride("1", eur(1000), **KIM)).line("1").adjustments) == 2


def test_the_amount_limits_everything_that_one_person_gives():
    small = [PriceOverride("1", eur(900), **KIM), PriceOverride("2", eur(450), **KIM)]
    (reason,) = answer(*small, Goodwill(percent=5, **KIM)).reasons
    assert (reason.facts["line"], reason.facts["allowed"]) == (None, eur(50))
    assert answer(*small).total.minor > 0
    lee = {**KIM, "actor": "lee"}
    assert answer(*small, Goodwill(percent=5, **lee)).total.minor > 0


def test_changes_that_fit_nothing_are_refused_all_at_once():
    refused = answer(
        PriceOverride("9", eur(1), **KIM),
        PriceOverride("1", eur(1), **KIM),
        PriceOverride("1", Money(1, "USD"), **KIM),
        Goodwill(amount=Money(1, "USD"), line_id="8", **KIM),
    )
    assert [(r.code, r.facts["line"]) for r in refused.reasons] == [
        ("override.unknown_line", "9"),
        ("override.duplicate", "1"),
        ("override.currency", "1"),
        ("override.unknown_line", "8"),
        ("override.currency", "8"),
    ]


@given(
    st.fractions(0, 100, max_denominator=8),
    st.integers(0, 3_000),
    st.integers(0, 3_000),
    st.integers(1, 5),
)
def test_what_goes_through_is_within_the_limit(percent, most, price, quantity):
    limit = OverrideLimit("agent", percent=percent, amount=eur(most))
    policy = PricingPolicy(override_limits=[limit])
    cart = Cart(lines=[CartLine("1", sku="A", quantity=quantity)])
    book = PriceBook.of({"A": eur(1000)})
    made = [PriceOverride("1", eur(price), **KIM)]
    found = try_quote(cart, book, at=NOW, policy=policy, manual=made)
    off = abs(1000 - price) * quantity
    within = off <= most and off <= int(percent * 10 * quantity + Fraction(1, 2))
    assert found.total == eur(price * quantity) if within else found.is_refused


def test_faults():
    assert faults(lambda: OverrideLimit("", percent=101, amount=eur(-1))) == [
        ("override.role", "role"),
        ("override.percent", "percent"),
        ("override.amount", "amount"),
    ]
    assert faults(lambda: OverrideLimit("a", percent=0.5)) == [("percent.not_exact", "percent")]
    assert faults(lambda: PriceOverride("1", eur(-1), reason="", actor="", role="")) == [
        ("override.reason", "reason"),
        ("override.actor", "actor"),
        ("override.role", "role"),
        ("override.price", "price"),
    ]
    assert faults(lambda: ManualChange(reason="x", actor="", role="r")) == [
        ("override.actor", "actor")
    ]
    assert faults(lambda: Goodwill(**KIM)) == [("goodwill.amount", "amount")]
    assert faults(lambda: Goodwill(amount=eur(0), percent=0, **KIM)) == [
        ("goodwill.amount", "amount"),
        ("goodwill.amount", "amount"),
        ("goodwill.percent", "percent"),
    ]
    for approver in ({"approver": "kim", "approver_role": "boss"}, {"approver": "lee"}):
        assert faults(lambda: Goodwill(percent=1, **KIM, **approver)) == [  # noqa: B023
            ("override.approver", "approver")
        ]

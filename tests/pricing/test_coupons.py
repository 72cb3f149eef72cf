"""Coupon codes of batches: their form, their records, their limits, and what is said of each."""

from __future__ import annotations

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import InvalidBatch, Money, Span, instant
from ordercore.pricing import (
    Cart,
    CartLine,
    CouponBatch,
    IssuedCoupon,
    PriceBook,
    UsageMeter,
    UsageSnapshot,
    amount_off,
    claimed_meters,
    coupon_answers,
    percent_off,
    quote,
)

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SPRING = CouponBatch("spring", prefix="SP-", length=8)
VIP = CouponBatch("vip", listed=True, uses_per_code=None, uses_per_customer=2)


def priced(*promotions, coupons=(), customer=None, usage=None, at=NOW):
    book = PriceBook.of({"A": eur(1000)}, promotions=promotions)
    lines = [CartLine("a", sku="A", quantity=1)]
    cart = Cart(lines=lines, coupons=coupons, customer=customer)
    usage = UsageSnapshot() if usage is None else usage
    q = quote(cart, book, at=at, usage=usage)
    for promotion in promotions:
        told = q.explain(promotion.promotion_id, book, usage=usage)
        assert told.applied == (not told.reasons)
    return q, coupon_answers(q, book, usage=usage)


def why(answers):
    return {answer.code: tuple(r.code for r in answer.reasons) for answer in answers}


TENTH = percent_off("tenth", 10, batch=SPRING)


def test_a_code_of_the_form_opens_the_promotion_and_is_claimed():
    q, answers = priced(TENTH, coupons=["SP-00001", "SP-1", "XX-00001"])
    assert q.discount == eur(100)
    [claim] = q.claims
    assert claim.coupon == "SP-00001"
    [limit] = claimed_meters(q.claims)
    assert (limit.meter, limit.count, limit.limit) == (UsageMeter(coupon="SP-00001"), 1, 1)
    assert why(answers) == {
        "SP-00001": (),
        "SP-1": ("coupon.unknown",),
        "XX-00001": ("coupon.unknown",),
    }
    assert answers[0].promotions == ("tenth",)
    assert answers[0].accepted and not answers[1].accepted


def test_without_a_code_it_does_not_apply():
    book = PriceBook.of({"A": eur(1000)}, promotions=[TENTH])
    q = quote(Cart(lines=[CartLine("a", sku="A", quantity=1)]), book, at=NOW)
    assert [r.code for r in q.explain("tenth", book).reasons] == ["promotion.coupon"]
    assert q.claims == ()


def test_a_used_code_gives_way_to_the_next_one():
    used = UsageSnapshot(used={UsageMeter(coupon="SP-00001"): 1})
    q, answers = priced(TENTH, coupons=["SP-00001"], usage=used)
    assert q.discount == eur(0)
    assert why(answers) == {"SP-00001": ("coupon.used_up",)}
    assert answers[0].reasons[0].facts["limit"] == 1
    q, answers = priced(TENTH, coupons=["SP-00001", "SP-00002", "SP-00003"], usage=used)
    assert q.claims[0].coupon == "SP-00002"
    assert why(answers) == {
        "SP-00001": ("coupon.used_up",),
        "SP-00002": (),
        "SP-00003": ("coupon.other_code",),
    }
    assert answers[2].reasons[0].facts["by"] == "SP-00002"


def test_listed_codes_need_a_record_and_may_be_somebodys():
    sale = percent_off("vip", 20, batch=VIP)
    mine = IssuedCoupon("HELLO", "vip", customer="anna", span=Span(None, "2026-12-01T00:00Z"))
    known = UsageSnapshot(coupons=[mine])
    q, answers = priced(sale, coupons=["HELLO"], customer="anna", usage=known)
    assert q.discount == eur(200)
    assert q.valid_until == instant("2026-12-01T00:00Z")
    assert [c.meter.key for c in claimed_meters(q.claims)] == ["/coupon/HELLO/customer/anna"]
    assert why(answers) == {"HELLO": ()}
    for usage, customer, at, code in (
        (UsageSnapshot(), "anna", NOW, "coupon.unknown"),
        (
            UsageSnapshot(coupons=[IssuedCoupon("HELLO", "other")]),
            "anna",
            NOW,
            "coupon.unknown",
        ),
        (known, "bob", NOW, "coupon.customer"),
        (known, "anna", instant("2026-12-01T00:00Z"), "coupon.expired"),
        (
            UsageSnapshot(coupons=[mine], used={UsageMeter(coupon="HELLO", customer="anna"): 2}),
            "anna",
            NOW,
            "coupon.customer_used_up",
        ),
    ):
        _, answers = priced(sale, coupons=["HELLO"], customer=customer, usage=usage, at=at)
        assert why(answers) == {"HELLO": (code,)}
    _, answers = priced(sale, coupons=["HELLO"], usage=known)
    assert why(answers) == {"HELLO": ("coupon.customer", "coupon.customer_unknown")}


def test_a_batch_has_a_time_of_its_own():
    batch = CouponBatch("b", prefix="B", span=Span("2026-11-11T12:00Z", "2026-11-12T00:00Z"))
    sale = percent_off("p", 10, batch=batch)
    assert why(priced(sale, coupons=["B1"])[1]) == {"B1": ("coupon.not_yet",)}
    noon = instant("2026-11-11T12:00Z")
    q, answers = priced(sale, coupons=["B1"], at=noon)
    assert (why(answers), q.valid_until) == ({"B1": ()}, instant("2026-11-12T00:00Z"))
    late = instant("2026-11-12T00:00Z")
    assert why(priced(sale, coupons=["B1"], at=late)[1]) == {"B1": ("coupon.expired",)}


def test_one_code_that_opens_two_promotions_is_used_once():
    free = percent_off("free", 100, stage="shipping", batch=SPRING)
    book = PriceBook.of({"A": eur(1000)}, promotions=[TENTH, free])
    lines = [CartLine("a", sku="A", quantity=1)]
    q = quote(Cart(lines=lines, coupons=["SP-00001"]), book, at=NOW, shipping=eur(490))
    assert q.promotions == ("free", "tenth")
    assert [c.count for c in claimed_meters(q.claims)] == [1]
    [answer] = coupon_answers(q, book)
    assert answer.promotions == ("free", "tenth")


def test_plain_codes_have_reasons_too():
    ended = percent_off("ended", 10, coupon="OLD", span=Span(None, NOW))
    soon = percent_off("soon", 10, coupon="SOON", span=Span("2027-01-01T00:00Z"))
    gone = percent_off("gone", 10, coupon="GONE", usage_limit=5)
    twice = percent_off("twice", 10, coupon="ONCE", uses_per_customer=1)
    broke = percent_off("broke", 10, coupon="BROKE", budget=eur(5))
    far = amount_off("far", "5", "EUR", coupon="FAR", when="cart.total >= EUR(50)")
    usage = UsageSnapshot(
        used={
            UsageMeter(promotion="gone"): 5,
            UsageMeter(promotion="twice", customer="anna"): 1,
            UsageMeter(promotion="broke", currency="EUR"): 5,
        }
    )
    codes = ["OLD", "SOON", "GONE", "ONCE", "BROKE", "FAR", "NONE"]
    promotions = (ended, soon, gone, twice, broke, far)
    _, answers = priced(*promotions, coupons=codes, customer="anna", usage=usage)
    assert why(answers) == {
        "OLD": ("coupon.expired",),
        "SOON": ("coupon.not_yet",),
        "GONE": ("coupon.used_up",),
        "ONCE": ("coupon.customer_used_up",),
        "BROKE": ("coupon.used_up",),
        "FAR": ("coupon.nothing_to_apply",),
        "NONE": ("coupon.unknown",),
    }
    [far_off] = [answer for answer in answers if answer.code == "FAR"]
    assert far_off.reasons[0].facts["promotions"] == ("far",)
    assert far_off.explanations[0].missing.short == eur(4000)
    _, answers = priced(twice, coupons=["ONCE"])
    assert why(answers) == {"ONCE": ("coupon.customer_unknown",)}


def test_the_meters_of_a_cart_are_those_of_its_codes():
    book = PriceBook.of({"A": eur(1000)}, promotions=[TENTH, percent_off("v", 1, batch=VIP)])
    lines = [CartLine("a", sku="A", quantity=1)]
    cart = Cart(lines=lines, coupons=["SP-00001", "ZZ"], customer="anna")
    assert [meter.key for meter in book.meters(cart, NOW)] == [
        "/coupon/SP-00001",
        "/coupon/SP-00001/customer/anna",
        "/coupon/ZZ/customer/anna",
    ]
    assert book.meters(Cart(lines=lines), NOW) == ()


def test_faulty_batches_are_refused_all_at_once():
    def faults(make):
        with pytest.raises(InvalidBatch) as caught:
            make()
        return [f.code for f in caught.value.faults]

    assert faults(lambda: CouponBatch("", length=0, uses_per_code=0, uses_per_customer=0)) == [
        "coupon_batch.id",
        "coupon_batch.length",
        "coupon_batch.open",
        "coupon_batch.uses_per_code",
        "coupon_batch.uses_per_customer",
    ]
    assert faults(lambda: CouponBatch("b", prefix="ABC", length=3)) == ["coupon_batch.length"]
    assert faults(lambda: percent_off("p", 1, coupon="C", batch=SPRING)) == ["promotion.batch"]
    one = IssuedCoupon("C", "b")
    assert faults(lambda: UsageSnapshot(coupons=[one, one])) == ["usage.duplicate_coupon"]


def check_character(text):
    """The textbook's way to the character that makes the sum a multiple of 36."""
    whole = 0
    for place, each in enumerate(reversed([c for c in text if c in ALPHABET])):
        doubled = ALPHABET.index(each) * (2 if place % 2 == 0 else 1)
        whole += sum(divmod(doubled, 36))
    return ALPHABET[-whole % 36]


@drawn(st.text(ALPHABET, min_size=1, max_size=20), st.data())
def test_a_check_character_finds_every_wrong_character(text, data):
    batch = CouponBatch("b", listed=True, check="luhn_36")
    code = text + check_character(text)
    assert batch.has_form(code)
    assert batch.has_form(f"{code[:1]}-{code[1:]}")
    place = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.sampled_from(ALPHABET.replace(code[place], "")))
    assert not batch.has_form(code[:place] + other + code[place + 1 :])


def test_nothing_checks_a_code_of_one_character():
    assert not CouponBatch("b", listed=True, check="luhn_36").has_form("0")
    assert Money(1, "EUR")


def test_a_batch_takes_part_in_the_digest():
    texts = {
        percent_off("p", 10, batch=batch).text
        for batch in (
            None,
            SPRING,
            CouponBatch("spring", prefix="SP-", length=9),
            CouponBatch("spring", prefix="SP-", length=8, span=Span(None, NOW)),
        )
    }
    assert len(texts) == 4

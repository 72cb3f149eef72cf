"""Limits: floors, margins, budgets, uses of a buyer, and what all promotions together may take."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from random import Random

import attrs
import pytest
from tests.pricing.drawn import NOW, eur
from tests.pricing.test_stacking import case, given, group_of, places, table_of

from ordercore.kernel import (
    Currency,
    InvalidBatch,
    InvalidValue,
    Money,
    Rounding,
    ZeroWeights,
    apportion,
    digest,
)
from ordercore.network import Destination, Region
from ordercore.pricing import (
    Cart,
    CartLine,
    Charge,
    CouponBatch,
    DiscountLimit,
    Goodwill,
    MeterClaim,
    OverrideLimit,
    PriceBook,
    PriceList,
    PriceOverride,
    PriceRow,
    PricingPolicy,
    Promotion,
    Selector,
    StackingGroup,
    TaxRate,
    TaxTable,
    UsageMeter,
    UsageSnapshot,
    amount_off,
    buy_get,
    check_sums,
    claimed_meters,
    flash_price,
    for_price,
    percent_off,
    quote,
    spend_and_save,
    unit_off,
)
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.discount_choices import AmountReading, DiscountSplit, LineFloor
from ordercore.pricing.promotions.effects import DEALS
from ordercore.pricing.promotions.offers import apply
from ordercore.pricing.promotions.splits import split_within
from ordercore.pricing.taxes.taxing import Taxation

ROWS = [
    PriceRow("A", eur(1000), unit_cost=eur(700)),
    PriceRow("B", eur(500), floor_price=eur(450)),
    PriceRow("C", eur(200)),
]


def book_of(*promotions, groups=()):
    prices = PriceList("base", currency="EUR", rows=ROWS)
    return PriceBook(lists=[prices], promotions=promotions, groups=groups)


def cart(customer=None, **quantities):
    lines = [CartLine(s.lower(), sku=s, quantity=n) for s, n in quantities.items()]
    return Cart(lines=lines, customer=customer)


def off(q):
    """What came off each line."""
    return {line.line_id: line.discount.minor for line in q.lines}


def cuts(q, promotion, book, **more):
    told = q.explain(promotion, book, **more)
    return [(r.code, r.facts["wanted"].minor, r.facts["given"].minor) for r in told.limits]


# --- floors ---------------------------------------------------------------------------------------


def test_no_promotion_takes_a_line_below_its_floor_price():
    book = book_of(percent_off("p", 20))
    q = quote(cart(A=1, B=2, C=1), book, at=NOW)
    # 20 % of 2 × 5.00 is 2.00, of which the floor of 2 × 4.50 leaves 1.00.
    assert off(q) == {"a": 200, "b": 100, "c": 40}
    assert cuts(q, "p", book) == [("limit.floor_price", 440, 340)]
    told = q.explain("p", book)
    assert told.limits[0].facts["lines"] == ("b",)
    assert told.applied and not told.reasons


def test_of_one_amount_the_other_lines_bear_what_a_floor_keeps():
    book = book_of(amount_off("p", "3", "EUR", on=Selector(but_skus=["A"])))
    q = quote(cart(B=2, C=5), book, at=NOW)
    # 3.00 over 10.00 and 10.00 is 1.50 each; B bears no more than 1.00.
    assert off(q) == {"b": 100, "c": 200}
    assert cuts(q, "p", book) == [("limit.floor_price", 300, 300)]


def test_a_margin_of_the_promotion_or_of_the_policy_holds():
    # 7.00 ÷ (1 − 0.2) = 8.75: of 10.00, 1.25 may go. The higher margin counts.
    own = book_of(percent_off("p", 50, min_margin="0.2"))
    q = quote(cart(A=1, C=1), own, at=NOW)
    assert off(q) == {"a": 125, "c": 100}
    assert cuts(q, "p", own) == [("limit.margin", 600, 225)]
    strict = PricingPolicy(min_margin="0.25")
    plain = book_of(percent_off("p", 50), percent_off("q", 50, min_margin="0.1"))
    # 7.00 ÷ 0.75 = 9.33…, rounded up: 0.66 may go.
    q = quote(cart(A=1), plain, at=NOW, policy=strict)
    assert given(q) == {"p": 66}
    (reason,) = q.explain("q", plain, policy=strict).reasons
    assert reason.code == "limit.margin"
    assert reason.facts["given"] == eur(0)
    q = quote(cart(A=1), plain, at=NOW)
    assert given(q) == {"p": 500}  # no margin for "p"; "q" finds less than its floor


def test_a_floor_above_the_price_leaves_nothing_to_take():
    prices = PriceList("base", currency="EUR", rows=[PriceRow("A", eur(600), unit_cost=eur(700))])
    book = PriceBook(lists=[prices], promotions=[percent_off("p", 50, min_margin=0)])
    q = quote(cart(A=1), book, at=NOW)
    assert off(q) == {"a": 0}
    assert [r.code for r in q.explain("p", book).reasons] == ["limit.margin"]


def test_a_floor_follows_the_tax_of_the_destination():
    # At home 12.00 includes 20 %; abroad nothing: there it costs 10.00, and the floor is 9.00.
    rows = [PriceRow("A", eur(1200), floor_price=eur(1080))]
    prices = PriceList("base", currency="EUR", rows=rows, tax_included=True)
    book = PriceBook(lists=[prices], promotions=[percent_off("p", 50)])
    taxes = TaxTable(
        [
            TaxRate("standard", "0", region=Region("CH")),
            TaxRate("standard", "0.2", region=Region("DE")),
        ],
        included=True,
        home=Region("DE"),
    )
    policy = PricingPolicy(inclusive_prices="same_net")
    there = Cart(lines=[CartLine("a", sku="A", quantity=1)], ship_to=Destination(Region("CH")))
    q = quote(there, book, at=NOW, taxes=taxes, policy=policy)
    assert (q.line("a").list_amount, off(q)) == (eur(1000), {"a": 100})
    assert cuts(q, "p", book, policy=policy) == [("limit.floor_price", 500, 100)]


def test_deals_and_prices_by_hand_meet_floors():
    book = book_of(buy_get("d", 1, on=Selector(skus=["B"])))
    assert off(quote(cart(B=2), book, at=NOW)) == {"b": 100}
    book = book_of(for_price("s", 2, "6", "EUR"))
    # 15.00 for 6.00 is 9.00 off, by price 6.00 and 3.00; B can bear 0.50, the rest goes to A.
    q = quote(cart(A=1, B=1), book, at=NOW)
    assert off(q) == {"a": 850, "b": 50}
    hand = PriceOverride("b", eur(400), reason="dent", actor="kim", role="boss")
    favour = Goodwill(amount=eur(100), line_id="b", reason="late", actor="kim", role="boss")
    policy = PricingPolicy(override_limits=[OverrideLimit("boss")])
    q = quote(
        cart(B=1), book_of(percent_off("p", 50)), at=NOW, policy=policy, manual=[hand, favour]
    )
    assert given(q) == {None: 200}


# --- all promotions together ----------------------------------------------------------------------

TWO = (percent_off("p", 40, priority=1), amount_off("q", "4", "EUR"))


@pytest.mark.parametrize(
    ("limit", "taken"),
    [
        # Of 10.00 and 6.00 "p" takes 4.00 and 2.40; half of each line leaves "q" 1.00 and 0.60.
        ({"percent": 50}, {"p": 640, "q": 160}),
        ({"amount": eur(410)}, {"p": 640, "q": 180}),
        ({"amount": eur(100), "per": "unit"}, {"p": 340, "q": 60}),
        ({"percent": 50, "per": "selection"}, {"p": 640, "q": 160}),
        ({"amount": eur(700), "per": "selection"}, {"p": 640, "q": 60}),
        ({"amount": eur(500), "per": "selection"}, {"p": 500}),
        ({"percent": 0}, {}),
        ({"percent": 10, "amount": eur(50), "per": "selection"}, {"p": 50}),
        ({"amount": Money(1, "USD")}, {"p": 640, "q": 400}),
    ],
)
def test_what_all_promotions_take_together(limit, taken):
    book = book_of(*TWO)
    policy = PricingPolicy(discount_limits=[DiscountLimit(**limit)])
    q = quote(cart(A=1, C=3), book, at=NOW, policy=policy)
    assert given(q) == taken
    assert check_sums(q) == ()
    for name in ("p", "q"):
        told = q.explain(name, book, policy=policy)
        assert told.applied == (not told.reasons) == (name in taken)


def test_a_limit_of_all_lines_is_told_and_leaves_charges_alone():
    free = percent_off("free", 100, stage="shipping")
    book = book_of(*TWO, free)
    policy = PricingPolicy(discount_limits=[DiscountLimit(percent=25, per="selection")])
    q = quote(cart(A=1, C=3), book, at=NOW, policy=policy, shipping=eur(490))
    assert given(q) == {"p": 400, "free": 490}
    assert cuts(q, "p", book, policy=policy) == [("limit.discounts_together", 640, 400)]
    (reason,) = q.explain("q", book, policy=policy).reasons
    assert (reason.code, reason.facts["given"]) == ("limit.discounts_together", eur(0))
    # What takes from everything takes from the charges that say so; the limit is of lines.
    reached = Charge("wrap", list_amount=eur(400), kind="fee", discountable="order")
    whole = percent_off("whole", 50, stage="order")
    q = quote(cart(A=1), book_of(whole), at=NOW, policy=policy, charges=[reached])
    assert given(q) == {"whole": 450}
    assert q.charges[0].discount == eur(200)


def test_the_limit_is_of_the_price_set_by_hand():
    hand = PriceOverride("a", eur(800), reason="dent", actor="kim", role="boss")
    policy = PricingPolicy(
        discount_limits=[DiscountLimit(percent=50)], override_limits=[OverrideLimit("boss")]
    )
    book = book_of(percent_off("p", 90))
    q = quote(cart(A=1), book, at=NOW, policy=policy, manual=[hand])
    assert given(q)["p"] == 400
    assert cuts(q, "p", book, policy=policy) == [("limit.discounts_of_line", 720, 400)]


def test_the_search_keeps_all_limits_and_says_so():
    group = StackingGroup("g", stage="order", rule="best_combination")
    book = book_of(
        amount_off("a", "3", "EUR", group="g", on=Selector(skus=["A"])),
        amount_off("b", "2", "EUR", group="g", on=Selector(skus=["C"])),
        amount_off("c", "5", "EUR", group="g", on=Selector(skus=["C"])),
        groups=[group],
    )
    policy = PricingPolicy(discount_limits=[DiscountLimit(amount=eur(700), per="selection")])
    q = quote(cart(A=1, C=4), book, at=NOW, policy=policy)
    assert given(q) == {"a": 300, "b": 200, "c": 200}
    assert (q.combinations[0].value, q.combinations[0].optimal) == (eur(700), True)
    # Where the search may take no step it still finds the best: what each part gives, cut.
    short = attrs.evolve(book, groups=[attrs.evolve(group, most_nodes=1)])
    q = quote(cart(A=1, C=4), short, at=NOW, policy=policy)
    assert q.discount.minor <= 700
    assert q.combinations[0].value == q.discount


# --- budgets and uses -----------------------------------------------------------------------------

LIMITED = percent_off(
    "p",
    50,
    usage_limit=10,
    uses_per_customer=2,
    budget=[eur(10_000), Money(500, "USD")],
    budget_per_customer=eur(900),
)
ALL = UsageMeter(promotion="p")
MINE = UsageMeter(promotion="p", customer="anna")
BUDGET = UsageMeter(promotion="p", currency="EUR")
MY_BUDGET = UsageMeter(promotion="p", customer="anna", currency="EUR")


def test_a_quote_claims_what_it_takes_of_each_limit():
    book = book_of(LIMITED)
    wanted = cart(customer="anna", A=1)
    q = quote(wanted, book, at=NOW)
    [claim] = q.claims
    assert (claim.promotion, claim.amount, claim.uses) == ("p", eur(500), 1)
    assert (claim.customer, claim.coupon) == ("anna", None)
    assert {(c.meter.key, c.count, c.limit) for c in claim.limits} == {
        ("p", 1, 10),
        ("p/customer/anna", 1, 2),
        ("p/amount/EUR", 500, 10_000),
        ("p/customer/anna/amount/EUR", 500, 900),
    }
    assert [c.meter.key for c in claimed_meters(q.claims)] == sorted(
        c.meter.key for c in claim.limits
    )
    dollars = UsageMeter(promotion="p", currency="USD").key
    assert {m.key for m in book.meters(wanted, NOW)} == {
        *(c.meter.key for c in claim.limits),
        dollars,
    }
    assert quote(wanted, book_of(percent_off("free", 10)), at=NOW).claims == ()


def test_what_gave_nothing_claims_nothing():
    far = spend_and_save("far", {"99.00": "5.00"}, "EUR", usage_limit=5)
    assert quote(cart(A=1), book_of(far), at=NOW).claims == ()


@pytest.mark.parametrize(
    ("used", "codes"),
    [
        ({ALL: 9, MINE: 1, BUDGET: 9_999, MY_BUDGET: 899}, []),
        ({ALL: 10}, ["promotion.exhausted"]),
        ({MINE: 2}, ["promotion.customer_exhausted"]),
        ({BUDGET: 10_000}, ["promotion.budget_spent"]),
        ({MY_BUDGET: 900}, ["promotion.customer_budget_spent"]),
        (
            {ALL: 11, MINE: 3, BUDGET: 10_001, MY_BUDGET: 901},
            [
                "promotion.exhausted",
                "promotion.budget_spent",
                "promotion.customer_exhausted",
                "promotion.customer_budget_spent",
            ],
        ),
    ],
)
def test_what_is_used_up_does_not_apply_and_says_why(used, codes):
    book = book_of(LIMITED)
    usage = UsageSnapshot(used=used)
    q = quote(cart(customer="anna", A=1), book, at=NOW, usage=usage)
    told = q.explain("p", book, usage=usage)
    assert [reason.code for reason in told.reasons] == codes
    assert bool(q.claims) == (not codes)
    if not codes:
        # A minor unit is left of both budgets.
        assert given(q) == {"p": 1}
        assert [r.code for r in told.limits] == ["limit.budget", "limit.customer_budget"][:1]


def test_a_budget_cuts_and_is_told():
    usage = UsageSnapshot(used={BUDGET: 9_800})
    book = book_of(LIMITED)
    q = quote(cart(customer="anna", A=1, C=1), book, at=NOW, usage=usage)
    assert off(q) == {"a": 167, "c": 33}
    assert cuts(q, "p", book, usage=usage) == [("limit.budget", 600, 200)]
    q = quote(cart(customer="anna", A=2), book, at=NOW)
    assert cuts(q, "p", book) == [("limit.customer_budget", 1000, 900)]


def test_an_explanation_wants_the_usage_that_the_quote_was_made_with():
    book = book_of(LIMITED)
    usage = UsageSnapshot(used={BUDGET: 5})
    q = quote(cart(customer="anna", A=1), book, at=NOW, usage=usage)
    for other in (UsageSnapshot(), UsageSnapshot(used={BUDGET: 6})):
        with pytest.raises(InvalidValue) as caught:
            q.explain("p", book, usage=other)
        assert caught.value.code == "quote.other_usage"
    assert q.explain("p", book, usage=UsageSnapshot(used={BUDGET: 5})).applied


def test_limits_of_a_buyer_need_a_buyer_and_budgets_a_currency():
    book = book_of(LIMITED)
    q = quote(cart(A=1), book, at=NOW)
    assert [r.code for r in q.explain("p", book).reasons] == ["promotion.customer_unknown"]
    other = book_of(percent_off("p", 50, budget=Money(500, "USD")))
    q = quote(cart(A=1), other, at=NOW)
    (reason,) = q.explain("p", other).reasons
    assert (reason.code, reason.facts["currencies"]) == ("promotion.currency", ("USD",))


def test_faulty_limits_are_refused_all_at_once():
    def faults(make):
        with pytest.raises(InvalidBatch) as caught:
            make()
        return [(f.code, f.path) for f in caught.value.faults]

    assert faults(
        lambda: unit_off(
            "p",
            "1",
            "EUR",
            usage_limit=0,
            uses_per_customer=-1,
            budget=[eur(0), eur(1), Money(1, "USD")],
            budget_per_customer=[Money(1, "USD")],
            min_margin=1,
        )
    ) == [
        ("promotion.usage_limit", "usage_limit"),
        ("promotion.uses_per_customer", "uses_per_customer"),
        ("promotion.budget", "budget[0]"),
        ("promotion.budget", "budget[1]"),
        ("money.currency_mismatch", "budget[2]"),
        ("money.currency_mismatch", "budget_per_customer[0]"),
        ("promotion.min_margin", "min_margin"),
    ]
    assert faults(lambda: percent_off("p", 1, most_off=eur(1), budget=Money(1, "USD"))) == [
        ("money.currency_mismatch", "budget[0]")
    ]
    assert faults(DiscountLimit) == [("discount_limit.none", "percent")]
    assert faults(lambda: DiscountLimit(percent=101, amount=eur(-1))) == [
        ("discount_limit.percent", "percent"),
        ("discount_limit.amount", "amount"),
    ]
    assert faults(lambda: UsageSnapshot(used={"p": -1})) == [("usage.negative", "used[p]")]
    assert faults(lambda: MeterClaim(meter=ALL, count=0, limit=5)) == [
        ("quantity.not_positive", "count")
    ]
    assert faults(lambda: MeterClaim(meter=ALL, count=2, limit=1)) == [("meter.limit", "limit")]
    assert faults(lambda: PricingPolicy(min_margin=1)) == [("margin.out_of_range", "min_margin")]
    for make, code in (
        (lambda: PricingPolicy(min_margin=0.5), "margin.not_exact"),
        (lambda: UsageMeter(), "meter.subject"),
        (lambda: UsageMeter(promotion="p", coupon="c"), "meter.subject"),
    ):
        with pytest.raises(InvalidValue) as caught:
            make()
        assert caught.value.code == code


def test_every_limit_takes_part_in_the_digests():
    plain = percent_off("p", 50)
    kinds = [
        {"uses_per_customer": 2},
        {"budget": eur(5)},
        {"budget_per_customer": eur(5)},
        {"min_margin": "0.1"},
    ]
    texts = {plain.text, *(percent_off("p", 50, **more).text for more in kinds)}
    assert len(texts) == 5
    one, two = DiscountLimit(percent=0), DiscountLimit(percent=5, per="selection")
    swapped = (PricingPolicy(discount_limits=each) for each in ([one, two], [two, one]))
    assert len({policy.digest for policy in swapped}) == 1


def test_meters_never_share_a_key():
    names = ["p", "p/customer/anna", "/coupon/p", "p%2F", "coupon", "p/amount/EUR"]
    meters = [
        UsageMeter(customer=customer, currency=currency, **{kind: name})
        for kind in ("promotion", "coupon")
        for name in names
        for customer in (None, "anna", "anna/amount/EUR")
        for currency in (None, "EUR")
    ]
    assert len({meter.key for meter in meters}) == len(meters)


# --- uses counted in sets -------------------------------------------------------------------------


def test_a_flash_price_has_only_so_many_units():
    flash = flash_price("f", "6", "EUR", quota=100, per_customer=3, on=Selector(skus=["A"]))
    prices = PriceBook.of({"A": eur(1000), "C": eur(200)}, promotions=[flash])
    wanted = cart(customer="anna", A=5, C=1)
    q = quote(wanted, prices, at=NOW)
    assert off(q) == {"a": 1200, "c": 0}
    [claim] = q.claims
    assert claim.uses == 3
    assert [(c.meter.key, c.count, c.limit) for c in claimed_meters(q.claims)] == [
        ("f", 3, 100),
        ("f/customer/anna", 3, 3),
    ]
    [cut] = q.explain("f", prices).limits
    assert (cut.code, dict(cut.facts)) == ("limit.uses", {"wanted": 5, "given": 3})
    usage = UsageSnapshot(used={UsageMeter(promotion="f"): 99})
    q = quote(wanted, prices, at=NOW, usage=usage)
    assert off(q) == {"a": 400, "c": 0}
    usage = UsageSnapshot(used={UsageMeter(promotion="f"): 100})
    q = quote(wanted, prices, at=NOW, usage=usage)
    assert off(q) == {"a": 0, "c": 0}
    [reason] = q.explain("f", prices, usage=usage).reasons
    assert reason.code == "promotion.exhausted"
    assert off(quote(cart(customer="anna", A=2), prices, at=NOW)) == {"a": 800}


def test_sets_of_deals_are_counted_and_a_code_is_used_once():
    batch = CouponBatch("b", prefix="B")
    deal = buy_get("d", 2, most=2, usage_limit=9, counts="sets", batch=batch)
    book = PriceBook.of({"A": eur(1000)}, promotions=[deal])
    lines = [CartLine("a", sku="A", quantity=10)]
    q = quote(Cart(lines=lines, coupons=["B1"]), book, at=NOW)
    assert [(c.meter.key, c.count) for c in claimed_meters(q.claims)] == [
        ("/coupon/B1", 1),
        ("d", 2),
    ]
    menu = for_price("m", 2, "15", "EUR", usage_limit=3, counts="sets")
    book = PriceBook.of({"A": eur(1000)}, promotions=[menu])
    usage = UsageSnapshot(used={UsageMeter(promotion="m"): 1})
    q = quote(cart(A=7), book, at=NOW, usage=usage)
    assert (off(q), q.claims[0].uses) == ({"a": 1000}, 2)
    with pytest.raises(InvalidBatch) as caught:
        percent_off("p", 10, usage_limit=3, counts="sets")
    assert [f.code for f in caught.value.faults] == ["promotion.counts"]
    free = buy_get("d", 2, counts="sets")
    q = quote(cart(A=6), PriceBook.of({"A": eur(1000)}, promotions=[free]), at=NOW)
    assert (off(q), q.claims) == ({"a": 2000}, ())


# --- against all combinations ---------------------------------------------------------------------


def bounded_case(seed, size):
    """A case of the stacking tests, with limits of every kind around it."""
    wanted, amounts, promotions, policy = case(seed, size)
    random = Random(seed)
    limits = [
        DiscountLimit(percent=random.choice([10, 35, 60]), per="line"),
        DiscountLimit(amount=eur(random.randint(20, 400)), per="unit"),
        DiscountLimit(percent=random.choice([15, 30, 50]), per="selection"),
        DiscountLimit(amount=eur(random.randint(50, 1500)), per="selection"),
    ]
    policy = attrs.evolve(
        policy,
        discount_limits=random.sample(limits, random.choice([0, 1, 1, 2])),
        min_margin=random.choice([None, None, Fraction(1, 10)]),
    )
    promotions = [
        attrs.evolve(
            each,
            min_margin=random.choice([None, None, Fraction(1, 4)]),
            budget=random.choice([(), (), (eur(random.randint(50, 900)),)]),
            usage_limit=random.choice([None, None, 3, 4]),
            counts=random.choice(["orders", "sets"]) if type(each.effect) in DEALS else "orders",
        )
        for each in promotions
    ]
    rows = [
        PriceRow(
            sku,
            price,
            unit_cost=random.choice([None, eur(price.minor * 6 // 10)]),
            floor_price=random.choice([None, None, eur(price.minor // 2)]),
        )
        for sku, price in amounts.items()
    ]
    used: dict[UsageMeter, int] = {}
    for each in promotions:
        meter = UsageMeter(promotion=each.promotion_id)
        used[meter] = random.choice([0, 0, 0, 2, 3])
        used[attrs.evolve(meter, currency="EUR")] = random.choice([0, 40])
    prices = PriceList("base", currency="EUR", rows=rows)
    return wanted, prices, promotions, policy, UsageSnapshot(used=used)


def tried(wanted, prices, promotions, policy, usage):
    """What promotions take in turn within all limits, by an arithmetic of its own."""
    book, table = PriceBook(lists=[prices]), table_of(wanted)
    answers = [line.price for line in quote(wanted, book, at=NOW).lines]
    amounts = [a.price * line.quantity for a, line in zip(answers, wanted.lines, strict=True)]
    reading = Taxation(wanted, table, NOW, policy).reading(amounts, included=table.included)
    run = Calculation(
        wanted, amounts, (), policy, Currency("EUR"), NOW, usage=usage, reading=reading
    )
    run.bound(answers)
    applied: list[Promotion] = []
    ours = 0
    for promotion in promotions:
        if any(each.exclusive or each.stops for each in applied):
            continue
        if promotion.exclusive and applied:
            continue
        if apply(run, promotion):
            applied.append(promotion)
    ours = sum(
        -a.amount.minor for found in run.adjustments() for a in found if a.funder == "merchant"
    )
    return sum(run.listed) - sum(run.left), ours, applied


def check_limits(wanted, prices, promotions, policy, usage, q):
    """Every limit holds, looked at from outside."""
    taken = given(q)
    for line in q.lines:
        left, answer = line.amount.minor, line.price
        if not line.discount:
            continue
        if answer.floor_price is not None and policy.line_floor is not LineFloor.ZERO:
            assert left >= answer.floor_price.minor * line.quantity
        if answer.unit_cost is not None and policy.line_floor is LineFloor.COST:
            assert left >= answer.unit_cost.minor * line.quantity
        if answer.unit_cost is not None and policy.min_margin is not None:
            assert left * (1 - policy.min_margin) >= answer.unit_cost.minor * line.quantity
        for limit in policy.discount_limits:
            if limit.per != "selection":
                times = line.quantity if limit.per == "unit" else 1
                most = [limit.amount.minor * times] if limit.amount else []
                most += [line.list_amount.minor * limit.percent / 100] if limit.percent else []
                assert line.discount.minor <= min(most)
    for limit in policy.discount_limits:
        if limit.per == "selection":
            most = [limit.amount.minor] if limit.amount else []
            most += [q.subtotal.minor * limit.percent / 100] if limit.percent else []
            assert q.discount.minor <= min(most)
    for promotion in promotions:
        mine = taken.get(promotion.promotion_id, 0)
        meter = UsageMeter(promotion=promotion.promotion_id)
        if promotion.usage_limit is not None and usage.of(meter) >= promotion.usage_limit:
            assert mine == 0
        for claim in q.claims:
            for each in claim.limits:
                assert usage.of(each.meter) + each.count <= each.limit
        if promotion.most_off is not None and policy.fixed_amounts is AmountReading.AS_PRICED:
            assert mine <= promotion.most_off.minor
        for budget in promotion.budget:
            spent = usage.of(attrs.evolve(meter, currency="EUR"))
            assert mine <= max(0, budget.minor - spent)


@pytest.mark.parametrize("part", range(2))
def test_the_best_combination_within_limits_equals_trying_all(part):
    for seed in range(20_000 + part * 150, 20_150 + part * 150):
        wanted, prices, promotions, policy, usage = bounded_case(seed, 5)
        promotions.sort(key=lambda p: p.rank)
        best, chosen = -1, []
        for size in range(len(promotions) + 1):
            for some in combinations(promotions, size):
                total, _, applied = tried(wanted, prices, some, policy, usage)
                if (-total, places(applied, promotions)) < (-best, places(chosen, promotions)):
                    best, chosen = total, applied
        book = PriceBook(
            lists=[prices],
            promotions=promotions,
            groups=[group_of(promotions, most_nodes=10**6)],
        )
        q = quote(wanted, book, at=NOW, policy=policy, usage=usage, taxes=table_of(wanted))
        assert q.discount.minor == best, seed
        assert q.promotions == tuple(sorted(p.promotion_id for p in chosen)), seed
        assert all(found.optimal for found in q.combinations), seed
        assert check_sums(q) == ()
        check_limits(wanted, prices, promotions, policy, usage, q)
        for promotion in promotions:
            told = q.explain(
                promotion.promotion_id, book, policy=policy, usage=usage, taxes=table_of(wanted)
            )
            assert told.applied == (not told.reasons), seed
    assert digest(q)


def test_the_merchants_best_within_limits_equals_trying_all():
    for seed in range(30_000, 30_080):
        wanted, prices, promotions, policy, usage = bounded_case(seed, 4)
        promotions.sort(key=lambda p: p.rank)
        complete = []
        for size in range(len(promotions) + 1):
            for some in combinations(promotions, size):
                _, ours, applied = tried(wanted, prices, some, policy, usage)
                rest = [p for p in promotions if p not in applied]
                more = ([*applied, p] for p in rest)
                if not any(
                    each[-1] in tried(wanted, prices, each, policy, usage)[2] for each in more
                ):
                    complete.append(ours)
        if complete:
            book = PriceBook(
                lists=[prices],
                promotions=promotions,
                groups=[group_of(promotions, objective="merchant")],
            )
            q = quote(wanted, book, at=NOW, policy=policy, usage=usage, taxes=table_of(wanted))
            assert q.discount.minor - q.funded().minor == min(complete), seed


def test_a_search_within_limits_that_ends_early_tells_its_gap():
    for seed in range(40_000, 40_060):
        wanted, prices, promotions, policy, usage = bounded_case(seed, 8)
        totals = []
        for nodes in (1, 10**6):
            groups = [group_of(promotions, most_nodes=nodes)]
            book = PriceBook(lists=[prices], promotions=promotions, groups=groups)
            q = quote(wanted, book, at=NOW, policy=policy, usage=usage, taxes=table_of(wanted))
            totals.append((q.discount.minor, sum(f.bound.minor for f in q.combinations)))
        (short, bound), (best, proven) = totals
        assert short <= best == proven <= bound, seed


def test_shares_within_rooms():
    for seed in range(500):
        random = Random(seed)
        size = random.randint(1, 6)
        weights = [random.randint(0, 50) for _ in range(size)]
        rooms = [random.randint(0, each) for each in weights]
        total = random.randint(0, sum(weights))
        shares = split_within(
            total,
            weights,
            rooms,
            rule=DiscountSplit.LARGEST_REMAINDER,
            rounding=Rounding.HALF_UP,
            zero_weights=ZeroWeights.EQUAL,
        )
        assert sum(shares) == min(total, sum(rooms))
        assert all(0 <= share <= room for share, room in zip(shares, rooms, strict=True))
        if sum(weights) and all(
            s <= r for s, r in zip(apportion(total, weights), rooms, strict=True)
        ):
            assert shares == [*apportion(total, weights)]

"""Gifts: which are given, from which threshold on, by stock, quota and choice; as lines of the quote."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore import orders
from ordercore.kernel import Context, InvalidBatch, Money, fold
from ordercore.network import Destination, Region
from ordercore.orders import PlaceOrder
from ordercore.pricing import (
    Cart,
    CartLine,
    FundingShare,
    GiftItem,
    GiftOf,
    GiftRung,
    Gifts,
    PriceBook,
    PriceList,
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
    check_sums,
    claimed_meters,
    gift,
    percent_off,
    quote,
    refund,
)

PRICES = {"A": eur(1000), "B": eur(600), "MUG": eur(900), "TIN": eur(300)}


def priced(*promotions, choices=None, usage=None, customer=None, more=(), groups=(), **quantities):
    lines = [CartLine(s.lower(), sku=s, quantity=n) for s, n in quantities.items()]
    cart = Cart(lines=[*lines, *more], gift_choices=choices or {}, customer=customer)
    book = PriceBook.of(PRICES, promotions=promotions, groups=groups)
    usage = UsageSnapshot() if usage is None else usage
    q = quote(cart, book, at=NOW, usage=usage)
    assert check_sums(q) == ()
    assert q.cart() == attrs.evolve(cart, currency="EUR")
    told = {p.promotion_id: q.explain(p.promotion_id, book, usage=usage) for p in promotions}
    for each in told.values():
        assert each.applied == (not each.reasons)
    return q, told


def gave(q):
    return {(line.gift.promotion, line.sku): line.quantity for line in q.gifts}


def codes(told):
    return [reason.code for reason in (*told.reasons, *told.limits)]


MUG = gift("mug", Money.of("20", "EUR"), ["MUG"])


def test_a_gift_is_a_line_that_costs_nothing_and_names_its_reason():
    q, told = priced(MUG, A=2, B=1)
    [line] = q.gifts
    assert (line.line_id, line.sku, line.quantity) == ("gift/mug/MUG", "MUG", 1)
    assert line.gift == GiftOf("mug", ["a", "b"])
    assert (line.list_amount, line.discount, line.gross) == (eur(900), eur(900), eur(0))
    assert [(a.code, a.kind, a.promotion) for a in line.adjustments] == [
        ("promotion.gift", "gift", "mug")
    ]
    assert (q.total, q.subtotal, q.discount) == (eur(2600), eur(3500), eur(900))
    assert q.promotions == ("mug",)
    assert (told["mug"].gifts, told["mug"].amount) == (("gift/mug/MUG",), eur(900))
    assert [w.line_id for w in q.wished] == ["a", "b"]


def test_below_the_threshold_the_distance_is_told():
    q, told = priced(MUG, A=1, B=1)
    assert gave(q) == {}
    assert codes(told["mug"]) == ["promotion.threshold"]
    assert told["mug"].missing.short == eur(400)


def test_earlier_discounts_count_against_the_threshold():
    q, told = priced(amount_off("off", "1", "EUR", priority=1), MUG, A=2)
    assert gave(q) == {}
    assert told["mug"].missing.short == eur(100)


def test_a_ladder_gives_its_highest_rung_once():
    ladder = Gifts([GiftRung(2, ["TIN"]), GiftRung(4, [GiftItem("MUG", 2), GiftItem("TIN")])])
    some = Promotion("g", effect=ladder, on=Selector(skus=["A"]), stage="order")
    assert gave(priced(some, A=1, B=9)[0]) == {}
    assert gave(priced(some, A=3)[0]) == {("g", "TIN"): 1}
    q, told = priced(some, A=5)
    assert gave(q) == {("g", "MUG"): 2, ("g", "TIN"): 1}
    assert q.line("gift/g/MUG").list_amount == eur(1800)
    assert told["g"].missing is None
    assert priced(some, A=3)[1]["g"].missing.short == 1


def test_for_every_so_much_it_gives_again():
    units = gift("g", 3, ["TIN"], every=True)
    q, told = priced(units, A=7)
    assert gave(q) == {("g", "TIN"): 2}
    assert told["g"].missing.short == 2
    money = gift("g", Money.of("15", "EUR"), [GiftItem("TIN", 2)], every=True)
    q, told = priced(money, A=4)
    assert gave(q) == {("g", "TIN"): 4}
    assert told["g"].missing.short == eur(500)


def test_the_buyer_chooses_and_what_stays_open_is_told():
    choice = gift("g", 1, ["MUG", "TIN"], choose=1, auto=False)
    q, told = priced(choice, A=1)
    assert gave(q) == {}
    [reason] = told["g"].reasons
    assert (reason.code, dict(reason.facts)) == (
        "gift.choice_open",
        {"open": 1, "of": ("MUG", "TIN")},
    )
    q, told = priced(choice, A=1, choices={"g": ["TIN"]})
    assert (gave(q), codes(told["g"])) == ({("g", "TIN"): 1}, [])
    q, told = priced(choice, A=1, choices={"g": ["B", "MUG", "TIN"]})
    assert (gave(q), codes(told["g"])) == ({("g", "MUG"): 1}, ["gift.not_offered"])
    auto = gift("g", 1, ["MUG", "TIN"], choose=1)
    assert gave(priced(auto, A=1)[0]) == {("g", "MUG"): 1}
    assert gave(priced(auto, A=1, choices={"g": ["TIN"]})[0]) == {("g", "TIN"): 1}


def test_what_is_not_in_stock_is_not_given():
    stock = UsageSnapshot(stock={"MUG": 1, "A": 9})
    assert gave(priced(MUG, A=2, usage=stock)[0]) == {("mug", "MUG"): 1}
    # The one that there is was wished for itself.
    q, told = priced(MUG, A=2, MUG=1, usage=stock)
    assert gave(q) == {}
    [reason] = told["mug"].reasons
    assert (reason.code, reason.facts["left"]) == ("gift.out_of_stock", 0)
    # The first promotion has the last one; of a choice the next item is given.
    second = gift("n", 1, ["MUG", "TIN"], choose=1, priority=-1)
    both = UsageSnapshot(stock={"MUG": 1, "TIN": 1})
    q, told = priced(MUG, second, A=2, usage=both)
    assert gave(q) == {("mug", "MUG"): 1, ("n", "TIN"): 1}
    assert codes(told["n"]) == ["gift.out_of_stock"]


def test_a_quota_is_claimed_and_kept():
    few = gift("g", 1, [GiftItem("MUG", 2, quota=5)], usage_limit=9)
    q, _ = priced(few, A=1)
    [claim] = q.claims
    assert (claim.promotion, claim.amount) == ("g", eur(1800))
    assert [(c.meter.key, c.count, c.limit) for c in claimed_meters(q.claims)] == [
        ("g", 1, 9),
        ("g/gift/MUG", 2, 5),
    ]
    used = UsageSnapshot(used={UsageMeter(promotion="g", sku="MUG"): 4})
    q, told = priced(few, A=1, usage=used)
    assert (gave(q), codes(told["g"]), q.claims) == ({}, ["gift.quota"], ())
    book = PriceBook.of(PRICES, promotions=[few])
    cart = Cart(lines=[CartLine("a", sku="A", quantity=1)])
    assert [m.key for m in book.meters(cart, NOW)] == ["g", "g/gift/MUG"]


def test_a_gift_may_stand_at_zero_and_needs_no_price():
    for promotion in (gift("g", 1, ["MUG"], valued=False), gift("g", 1, ["SOCK"])):
        q, told = priced(promotion, A=1)
        [line] = q.gifts
        assert (line.list_amount, line.adjustments, line.price) == (eur(0), (), None)
        assert q.promotions == ("g",)
        assert told["g"].applied and told["g"].amount == eur(0)


def test_who_funds_a_gift_owes_its_price():
    shares = [FundingShare("brand", 2), FundingShare("merchant", 1)]
    q, _ = priced(gift("g", 1, ["MUG"], funders=shares), A=1)
    assert q.funded("brand") == eur(600)
    assert q.revenue == q.total + eur(600)


def test_gifts_have_ids_of_their_own_and_go_with_their_trigger():
    line = CartLine("gift/g/MUG", sku="B", quantity=1, delivery_group="home")
    q, _ = priced(gift("g", 1, ["MUG"], on=Selector(skus=["B"])), more=[line], A=1)
    [given] = q.gifts
    assert (given.line_id, given.delivery_group) == ("gift/g/MUG/2", "home")
    assert given.gift.triggers == ("gift/g/MUG",)


def test_taxes_and_refunds_of_gifts_are_nothing_and_sum():
    table = TaxTable([TaxRate("standard", "0.2")], included=True)
    book = PriceBook.of(PRICES, promotions=[MUG])
    cart = Cart(lines=[CartLine("a", sku="A", quantity=2)])
    q = quote(cart, book, at=NOW, taxes=table)
    assert check_sums(q) == ()
    assert q.gifts[0].tax == eur(0)
    back = refund(q, q.quantities, {"a": 2})
    assert (back.total, back.lines[0].quantity, back.lines[0].discount) == (eur(0), 1, eur(900))
    assert refund(q, q.quantities, {}).total == q.total


def test_a_gift_is_valued_as_the_quote_reads_its_prices():
    def at(country, *lists, **more):
        taxes = TaxTable(
            [
                TaxRate("standard", "0", region=Region("CH")),
                TaxRate("standard", "0.2", region=Region("DE")),
            ],
            included=True,
            home=Region("DE"),
        )
        book = PriceBook(lists=lists, promotions=[gift("g", 1, ["MUG"])])
        ship_to = Destination(Region(country))
        cart = Cart(lines=[CartLine("a", sku="A", quantity=1)], ship_to=ship_to)
        q = quote(cart, book, at=NOW, taxes=taxes, **more)
        assert check_sums(q) == ()
        return q.gifts[0].list_amount

    goods = PriceList("a", currency="EUR", rows=[PriceRow("A", eur(1200))])
    mugs = PriceList("m", currency="EUR", rows=[PriceRow("MUG", eur(600))])
    net = PricingPolicy(inclusive_prices="same_net")
    assert at("DE", goods, mugs, policy=net) == eur(600)
    assert at("CH", goods, mugs, policy=net) == eur(500)
    assert at("CH", goods, mugs) == eur(600)
    # A list of prices without tax does not fit a quote of prices with it.
    assert at("DE", goods, attrs.evolve(mugs, tax_included=False)) == eur(0)


def test_an_order_carries_its_gifts_as_lines():
    q, _ = priced(MUG, A=2)
    web = Context(now=NOW, actor="web", role="customer")
    placed = orders.decide(None, PlaceOrder("o", quote=q, command_id="c"), web).accepted()
    order = fold(orders, placed.events)
    assert {line.sku for line in order.lines} == {"A", "MUG"}
    assert order.quote.line("gift/mug/MUG").gift.promotion == "mug"


def test_gifts_stand_in_groups_that_compare_nothing():
    one, two = (gift(name, 1, [sku], group="g") for name, sku in (("a", "MUG"), ("b", "TIN")))
    first = StackingGroup("g", stage="order", rule="first")
    q, told = priced(one, two, A=1, groups=[first])
    assert gave(q) == {("a", "MUG"): 1}
    assert codes(told["b"]) == ["promotion.not_first"]
    with pytest.raises(InvalidBatch) as caught:
        PriceBook.of(
            PRICES,
            promotions=[one, two],
            groups=[StackingGroup("g", stage="order", rule="best")],
        )
    assert [f.code for f in caught.value.faults] == ["book.group_effect", "book.group_effect"]


def test_faulty_gifts_are_refused_all_at_once():
    def faults(make):
        with pytest.raises(InvalidBatch) as caught:
            make()
        return [(f.code, f.path) for f in caught.value.faults]

    assert faults(lambda: GiftItem("A", 0, quota=0)) == [
        ("gift.units", "units"),
        ("gift.quota", "quota"),
    ]
    assert faults(lambda: GiftRung(-1, [], 1)) == [
        ("gift.threshold", "threshold"),
        ("gift.items", "items"),
        ("gift.choose", "choose"),
    ]
    assert faults(lambda: GiftRung(1, ["A", "A"], 3)) == [
        ("gift.items", "items"),
        ("gift.choose", "choose"),
    ]
    euros = GiftRung(eur(5), ["A"])
    assert faults(lambda: Gifts([])) == [("gift.rungs", "rungs")]
    assert faults(
        lambda: Gifts(
            [GiftRung(2, ["A"]), GiftRung(2, ["A"]), euros, GiftRung(Money(9, "USD"), ["A"])],
            every=True,
        )
    ) == [
        ("gift.not_rising", "rungs[1].threshold"),
        ("gift.threshold", "rungs[2].threshold"),
        ("money.currency_mismatch", "rungs[3].threshold"),
        ("gift.every", "every"),
    ]
    assert faults(lambda: Gifts([GiftRung(0, ["A"])], every=True)) == [("gift.every", "every")]
    assert faults(lambda: gift("g", 1, ["A"], most_off=eur(1), budget=eur(1))) == [
        ("promotion.gives", "most_off"),
        ("promotion.gives", "budget"),
    ]
    assert faults(lambda: gift("g", 1, ["A"], consumes=True)) == [
        ("promotion.consumes", "consumes")
    ]
    assert faults(lambda: gift("g", 1, ["A"], stage="shipping")) == [("promotion.stage", "stage")]


@drawn(
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
    st.integers(0, 5),
    st.integers(0, 5),
    st.booleans(),
    st.integers(0, 3),
)
def test_no_more_is_given_than_there_is(quantities, stock, used, every, wished):
    lines = [CartLine(f"l{n}", sku="A", quantity=q) for n, q in enumerate(quantities)]
    if wished:
        lines.append(CartLine("m", sku="MUG", quantity=wished))
    promotions = [
        gift("a", 2, [GiftItem("MUG", quota=5)], every=every),
        gift("b", Money.of("15", "EUR"), ["MUG", "TIN"], choose=1),
        percent_off("c", 10),
    ]
    book = PriceBook.of(PRICES, promotions=promotions)
    usage = UsageSnapshot(
        stock={"MUG": stock, "TIN": 1}, used={UsageMeter(promotion="a", sku="MUG"): used}
    )
    q = quote(Cart(lines=lines), book, at=NOW, usage=usage)
    assert check_sums(q) == ()
    plain = quote(Cart(lines=lines), PriceBook.of(PRICES, promotions=promotions[2:]), at=NOW)
    assert q.total == plain.total
    mugs = sum(line.quantity for line in q.lines if line.sku == "MUG" and line.gift)
    assert mugs == 0 or mugs + wished <= stock
    assert sum(c.count for c in claimed_meters(q.claims)) + used <= 5 or not q.claims
    assert refund(q, q.quantities, {}).total == q.total

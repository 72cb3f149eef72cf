"""Every limit through the workflows: all that a quote claims is reserved, or nothing is."""

from __future__ import annotations

import attrs
import pytest
from tests.workflows.test_order_flow import Until, questions
from tests.workflows.trade import WEB, cart, place, saved, shop, yuan

from ordercore.kernel import Context, Duration, Refusal, fold, shift
from ordercore.orders import CancelOrder, Lifecycle, OrderPolicy, Tick
from ordercore.pricing import (
    CouponBatch,
    GiftItem,
    PriceBook,
    UsageDecider,
    UsageMeter,
    UsageSnapshot,
    gift,
    pay_points,
    percent_off,
    quote,
)
from ordercore.workflows import handle, place_quote, run

TEA = attrs.evolve(cart(("TEA", 1)), customer="c-9", coupons=["SP-1"])
LATER = attrs.evolve(WEB, now=shift(WEB.now, hours=2))
SALES = [
    percent_off("code", 10, batch=CouponBatch("spring", prefix="SP-")),
    percent_off("mine", 10, uses_per_customer=2, budget=yuan(3000), priority=-1),
]
BOOK = PriceBook.of({"TEA": yuan(10000)}, promotions=SALES)
CODE = UsageMeter(coupon="SP-1").key
MINE = UsageMeter(promotion="mine", customer="c-9").key
BUDGET = UsageMeter(promotion="mine", currency="CNY").key


def counted(store):
    return {key: usage.used for key, usage in store.usage.items() if usage.used}


def held(store):
    """What all orders hold together, which is what counts as used."""
    found: dict[str, int] = {}
    for order in store.orders.values():
        for key, uses in order.claims.items():
            found[key] = found.get(key, 0) + uses
    assert found == counted(store)
    return found


def opened(book=BOOK):
    return shop({("TEA", "ningbo"): 40}, book)


def test_an_order_reserves_every_limit_and_its_end_gives_all_back():
    ports, store = opened()
    order = run(place(1, TEA), ports).order
    # 10.00 off 100.00, then 10 % of the 90.00 that are left.
    assert order.claims == {CODE: 1, MINE: 1, BUDGET: 900}
    assert held(store) == dict(order.claims)
    run(handle(CancelOrder("o-1", command_id="x"), context=LATER), ports)
    assert held(store) == {}
    assert run(place(2, TEA), ports).order.claims == {CODE: 1, MINE: 1, BUDGET: 900}


def test_where_one_limit_is_reached_nothing_is_reserved():
    ports, store = opened()
    run(place(1, TEA), ports)
    before = saved(store)
    refused = run(place(2, TEA), ports)
    assert refused.codes == ("promotion.exhausted",)
    assert refused.reasons[0].facts["promotion"] == CODE
    assert saved(store) == before
    # With what was used before told, the same cart is priced without the code.
    usage = UsageSnapshot(used={key: u.used for key, u in store.usage.items()})
    order = run(place(2, TEA, usage=usage), ports).order
    assert order.claims == {MINE: 1, BUDGET: 1000}
    assert held(store) == {CODE: 1, MINE: 2, BUDGET: 1900}


def test_an_order_that_expires_gives_all_back():
    ports, store = opened()
    run(place(1, TEA, order_policy=OrderPolicy(pay_within=Duration.of(hours=1))), ports)
    run(handle(Tick("o-1", command_id="t"), context=LATER), ports)
    assert store.orders["o-1"].lifecycle is Lifecycle.EXPIRED
    assert held(store) == {}


def test_a_quote_that_was_shown_is_placed_with_what_it_claims():
    ports, store = opened()
    shown = quote(TEA, BOOK, at=WEB.now)
    for number in (1, 2):
        flow = place_quote(
            shown,
            order_id=f"o-{number}",
            command_id=f"c-{number}",
            context=Context(now=WEB.now, actor="web"),
            destination=TEA.ship_to,
        )
        done = run(flow, ports)
        if number == 2:
            assert done.codes == ("promotion.exhausted",)
    assert held(store) == {CODE: 1, MINE: 1, BUDGET: 900}


def test_gifts_and_points_are_reserved_and_given_back():
    sales = [
        gift("mug", 1, [GiftItem("MUG", quota=1)]),
        pay_points("points", 100, "1.00", "CNY"),
    ]
    book = PriceBook.of({"TEA": yuan(10000)}, promotions=sales)
    ports, store = shop({("TEA", "ningbo"): 40, ("MUG", "ningbo"): 9}, book)
    wanted = attrs.evolve(cart(("TEA", 1)), customer="c-9", pay_points=500)
    usage = UsageSnapshot(points=700)
    order = run(place(1, wanted, usage=usage), ports).order
    assert order.claims == {
        UsageMeter(promotion="mug", sku="MUG").key: 1,
        UsageMeter(points=True, customer="c-9").key: 500,
    }
    assert sorted(line.sku for line in order.lines) == ["MUG", "TEA"]
    # The last mug is taken, and of 700 points 200 are left; the same snapshot finds neither.
    assert run(place(2, wanted, usage=usage), ports).codes == (
        "promotion.exhausted",
        "promotion.exhausted",
    )
    held(store)
    run(handle(CancelOrder("o-1", command_id="x"), context=LATER), ports)
    assert held(store) == {}


ASKED = questions(place(1, TEA), opened()[0])


@pytest.mark.parametrize("at", range(ASKED))
def test_two_checkouts_that_cross_anywhere_use_a_code_once(at):
    ports, store = opened()
    met = []
    last = run(Until(place(1, TEA), lambda: met.append(run(place(2, TEA), ports)), at), ports)
    refused = [outcome for outcome in (*met, last) if isinstance(outcome, Refusal)]
    assert [outcome.codes for outcome in refused] == [("promotion.exhausted",)]
    assert len(store.orders) == 1
    assert held(store) == {CODE: 1, MINE: 1, BUDGET: 900}
    for key, log in store.usage_events.items():
        assert fold(UsageDecider(), log) == store.usage[key]


@pytest.mark.parametrize("at", range(ASKED))
def test_a_budget_is_not_overspent_wherever_checkouts_cross(at):
    book = PriceBook.of({"TEA": yuan(10000)}, promotions=[percent_off("p", 10, budget=yuan(2500))])
    ports, store = opened(book)
    met = []
    run(place(1, TEA), ports)
    run(Until(place(2, TEA), lambda: met.append(run(place(3, TEA), ports)), at), ports)
    assert counted(store) == {UsageMeter(promotion="p", currency="CNY").key: 2000}
    assert len(store.orders) == 2

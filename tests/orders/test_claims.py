"""Uses of promotions that an order holds: given back once when it ends before it shipped, and moved."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.histories import START, at, histories
from tests.orders.test_transferring import merge, split

from ordercore.kernel import (
    Decision,
    Duration,
    InvalidBatch,
    InvalidValue,
    Money,
    PromotionId,
    shift,
)
from ordercore.orders import (
    INVARIANTS,
    Assignment,
    CancelOrder,
    CancelUnits,
    ClaimsReleased,
    ClaimsRule,
    ConfirmOrder,
    Lifecycle,
    OrderPolicy,
    PlaceOrder,
    RecordPayment,
    ReleaseClaims,
    ReserveStock,
    ShipUnits,
    Tick,
    UnitsTransferredIn,
    UnitsTransferredOut,
    decide,
    evolve,
    replay,
)
from ordercore.orders.claims import as_claims, claims_after
from ordercore.orders.control.invariants import CONTROL_INVARIANTS
from ordercore.orders.specimen import tea_quote

WEB = at(shift(START, hours=1))
ONE = {"coupon": 1}


def placed(order_id="o-1", claims=ONE, **more):
    place = PlaceOrder(order_id, quote=tea_quote(), command_id="c-1", claims=dict(claims), **more)
    return replay(None, decide(None, place, at(START)).accepted().events)


def go(order, message, context=WEB):
    answer = decide(order, message, context).accepted()
    after = replay(order, answer.events)
    one_by_one = order
    for event in answer.events:
        one_by_one = evolve(one_by_one, event)
    assert one_by_one == after
    assert all(law.check(after) is None for law in INVARIANTS)
    return after, answer


def released(answer):
    return [dict(effect.claims) for effect in answer.effects if isinstance(effect, ReleaseClaims)]


def kinds(answer):
    return [type(event).__name__ for event in answer.events]


def on_its_way():
    """One tin has left."""
    pay = RecordPayment(
        "o-1", fact_id="f-1", payment_id="p", kind="captured", amount=Money(31_590, "CNY")
    )
    hold = [Assignment("1", 2, node="n"), Assignment("2", 1, node="n")]
    order = placed()
    for message in (
        pay,
        ReserveStock("o-1", command_id="c-2", allocations=hold),
        ConfirmOrder("o-1", command_id="c-3"),
        ShipUnits("o-1", command_id="c-4", shipment_id="s-1", node="n", lines={"1": 1}),
    ):
        order, _ = go(order, message)
    return order


# --- laws ---


def uses(claims):
    return sum(claims.values())


@given(histories(strays=True, control=True))
def test_every_use_that_was_claimed_is_held_given_back_or_moved(history):
    """Nothing is made or lost, and nothing comes back but at an end that the policy says so of."""
    claimed = uses(history.steps[0].message.claims)
    back = [event for event in history.events if isinstance(event, ClaimsReleased)]
    moved = [
        sign * uses(event.consignment.claims)
        for event in history.events
        for kind, sign in ((UnitsTransferredOut, 1), (UnitsTransferredIn, -1))
        if isinstance(event, kind)
    ]
    given_back = sum(uses(event.claims) for event in back)
    assert uses(history.order.claims) + given_back + sum(moved) == claimed
    asked = [effect for effect in history.effects if isinstance(effect, ReleaseClaims)]
    assert [effect.claims for effect in asked] == [event.claims for event in back]
    ended = history.order.lifecycle in {Lifecycle.CANCELLED, Lifecycle.EXPIRED}
    by_policy = history.order.policy.claims is ClaimsRule.RELEASED
    assert bool(back) == bool(ended and by_policy and claimed and not sum(moved))


@given(histories(control=True), st.booleans())
def test_an_order_that_has_ended_gives_nothing_back_again(history, by_units):
    """Whatever it was told before comes again, and one more cancel."""
    order = history.order
    if order.lifecycle not in {Lifecycle.CANCELLED, Lifecycle.EXPIRED}:
        order, _ = go(placed(), CancelOrder("o-1", command_id="end"))
    more = CancelUnits("o-1", command_id="more", lines={"1": 1})
    cancel = more if by_units else CancelOrder("o-1", command_id="more")
    late = at(shift(order.last_at, days=400))
    for message in (*history.messages, Tick("o-1", command_id="tick"), cancel):
        answer = decide(order, message, late)
        assert not isinstance(answer, Decision) or released(answer) == []


# --- by hand ---


def test_a_whole_cancel_gives_the_use_back_once():
    order, answer = go(placed(), CancelOrder("o-1", command_id="c-2"))
    assert order.lifecycle is Lifecycle.CANCELLED and order.claims == {}
    assert released(answer) == [ONE]
    assert kinds(answer) == ["UnitsCancelled", "ClaimsReleased", "OrderCancelled"]
    assert decide(order, CancelOrder("o-1", command_id="c-2"), WEB).repeated
    assert decide(order, CancelOrder("o-1", command_id="c-3"), WEB).is_refused


def test_the_last_unit_cancelled_gives_it_back_and_a_part_does_not():
    order, answer = go(placed(), CancelUnits("o-1", command_id="c-2", lines={"1": 2}))
    assert released(answer) == [] and order.claims == ONE
    order, answer = go(order, CancelUnits("o-1", command_id="c-3", lines={"2": 1}))
    assert order.lifecycle is Lifecycle.CANCELLED and released(answer) == [ONE]


def test_a_draft_that_is_cancelled_gives_it_back():
    order, answer = go(placed(draft=True), CancelOrder("o-1", command_id="c-2"))
    assert order.lifecycle is Lifecycle.CANCELLED and released(answer) == [ONE]


def test_an_order_that_nobody_pays_gives_it_back_when_it_expires():
    order = placed(policy=OrderPolicy(pay_within=Duration.of(hours=1)))
    order, answer = go(order, Tick("o-1", command_id="t-1"))
    assert order.lifecycle is Lifecycle.EXPIRED and released(answer) == [ONE]
    assert decide(order, Tick("o-1", command_id="t-1"), WEB).accepted().effects == ()


def test_once_something_has_left_the_use_is_spent():
    order, answer = go(on_its_way(), CancelOrder("o-1", command_id="c-5"))
    assert order.lifecycle is Lifecycle.CONFIRMED
    assert released(answer) == [] and order.claims == ONE


def test_a_policy_may_keep_it():
    order, answer = go(
        placed(policy=OrderPolicy(claims="kept")), CancelOrder("o-1", command_id="x")
    )
    assert released(answer) == [] and order.claims == ONE


def test_an_order_without_claims_asks_for_nothing():
    _, answer = go(placed(claims={}), CancelOrder("o-1", command_id="c-2"))
    assert released(answer) == [] and kinds(answer) == ["UnitsCancelled", "OrderCancelled"]


def test_claims_take_no_part_in_what_makes_a_placing_the_same():
    place = PlaceOrder("o-1", quote=tea_quote(), command_id="c-1")
    assert decide(placed(), place, WEB).repeated


# --- split and merged ---


def test_a_part_that_is_split_off_leaves_the_use_where_something_stays():
    rest, part, _ = split(placed(), {"2": 1})
    assert (rest.claims, part.claims) == (ONE, {})
    _, answer = go(part, CancelOrder("o-2", command_id="x"))
    assert released(answer) == []
    _, answer = go(rest, CancelOrder("o-1", command_id="x"))
    assert released(answer) == [ONE]


def test_with_everything_the_use_goes_along():
    rest, whole, effects = split(placed(), {"1": 2, "2": 1})
    assert rest.lifecycle is Lifecycle.CANCELLED
    assert (rest.claims, whole.claims) == ({}, ONE)
    assert not [effect for effect in effects if isinstance(effect, ReleaseClaims)]
    _, answer = go(whole, CancelOrder("o-2", command_id="x"))
    assert released(answer) == [ONE]


def test_a_merged_order_holds_the_uses_of_both():
    source = placed(claims={"coupon": 1, "welcome": 1})
    gone, both, effects = merge(source, placed("o-9", claims={"coupon": 2}))
    assert (gone.claims, both.claims) == ({}, {"coupon": 3, "welcome": 1})
    assert not [effect for effect in effects if isinstance(effect, ReleaseClaims)]
    _, answer = go(both, CancelOrder("o-9", command_id="x"))
    assert released(answer) == [{"coupon": 3, "welcome": 1}]


def test_a_use_stays_with_an_order_of_which_something_has_left():
    rest, part, _ = split(on_its_way(), {"1": 1, "2": 1})
    assert (rest.claims, part.claims) == (ONE, {})


# --- what is no claim ---


@pytest.mark.parametrize("uses", [0, -1, True, "1", None, 1.0])
def test_a_claim_is_at_least_one_use(uses):
    for make in (
        lambda: placed(claims={"coupon": uses, "b": 1}),
        lambda: as_claims({"coupon": uses}),
    ):
        with pytest.raises(InvalidBatch) as caught:
            make()
        assert [(fault.code, fault.path) for fault in caught.value.faults] == [
            ("quantity.not_positive", "claims[coupon]")
        ]


def test_claims_are_a_map():
    with pytest.raises(InvalidValue) as caught:
        PlaceOrder("o-1", quote=tea_quote(), command_id="c-1", claims=["coupon"])
    assert (caught.value.code, caught.value.path) == ("type.wrong", "claims")


def test_what_is_not_held_cannot_go():
    with pytest.raises(KeyError):
        claims_after(as_claims(ONE), as_claims({"coupon": 2}), -1)
    assert claims_after(as_claims(ONE), as_claims({"b": 2}), 1) == {"coupon": 1, "b": 2}
    assert all(type(known) is PromotionId for known in as_claims(ONE))


def test_the_law_finds_a_use_that_an_ended_order_still_holds():
    ended = attrs.evolve(placed(), lifecycle="cancelled")
    (law,) = [law for law in CONTROL_INVARIANTS if law.invariant_id == "INV-ORDER-24"]
    assert law.check(ended) is not None
    assert law.check(attrs.evolve(ended, policy=OrderPolicy(claims="kept"))) is None

"""Holds that wait for what an order does not know: limits, an account, stock."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.histories import at
from tests.orders.scenario_words import laws_broken

from ordercore.codec import Codec
from ordercore.inventory import StockSnapshot
from ordercore.kernel import Context, Decision, InvalidBatch, InvalidValue, Money
from ordercore.orders import (
    LIMIT_FACTS,
    AllocateUnits,
    Assignment,
    AutoRelease,
    AwaitFacts,
    ConfirmOrder,
    Gate,
    HoldEnd,
    ItemFacts,
    LimitStanding,
    Notify,
    OrderDecider,
    OrderLimits,
    OrderRules,
    PlaceHold,
    PlaceOrder,
    RecheckHolds,
    RecordEvidence,
    RecordPayment,
    ReserveStock,
    RoleGrant,
    RoleMatrix,
    account_subject,
    available,
    limit_findings,
    limit_standing,
    limits_subject,
    stock_scarcity,
    stock_subject,
    waits_for,
)
from ordercore.orders.control.conditions import fields_outside, holds_outside
from ordercore.orders.specimen import tea_order, tea_quote
from ordercore.rules import parse

DESK = Context(now="2026-11-11T08:00:00Z", actor="u-1", role="desk")
SHOP = OrderDecider()
ACCEPTS = "account.accepts"
TOTAL = "limits.order_total is None or order.due <= limits.order_total"
STOCK = "all(line.needed <= line.available for line in stock.lines)"
DUE = 31590


def yuan(minor):
    return Money(minor, "CNY")


def order():
    return attrs.evolve(tea_order(), customer="c-9")


def hold(rule, id="h", **more):
    auto = AutoRelease(outside=rule)
    return PlaceHold("o-1", command_id=f"c-{id}", hold_id=id, code="limit", auto=auto, **more)


def told(shop, order, message, context=DESK):
    decision = shop.decide(order, message, context)
    assert isinstance(decision, Decision), decision
    after = shop.replay(order, decision.events)
    assert laws_broken(after) == set()
    return after, decision


def recheck(id="t", **standing):
    return RecheckHolds("o-1", command_id=id, standing=LimitStanding(**standing))


def kinds(decision):
    return [type(event).__name__ for event in decision.events]


# --- what is asked for, and what is told ---


@pytest.mark.parametrize(
    ("rule", "subjects"),
    [
        (ACCEPTS, ("account:c-9",)),
        ("account.available >= order.credit_needed", ("account:c-9",)),
        (TOTAL, ("limits",)),
        (STOCK, ("stock:CUP", "stock:TEA-250G")),
        (f"({TOTAL}) and {ACCEPTS}", ("account:c-9", "limits")),
        ("order.due <= CNY(1)", ()),
    ],
)
def test_a_hold_asks_for_what_its_rule_reads(rule, subjects):
    held, decision = told(SHOP, order(), hold(rule, topic="limit.credit"))
    assert decision.effects == (
        Notify(effect_id="o-1/c-h/0", order_id="o-1", topic="limit.credit"),
        AwaitFacts(effect_id="o-1/c-h/1", order_id="o-1", hold_id="h", subjects=subjects),
    )
    assert waits_for(held) == subjects


def test_subjects_have_their_words():
    assert (account_subject("c"), stock_subject("T"), limits_subject()) == (
        "account:c",
        "stock:T",
        "limits",
    )
    nobody, _ = told(SHOP, tea_order(), hold(ACCEPTS))
    assert waits_for(nobody) == ()
    plain = PlaceHold("o-1", command_id="p", hold_id="p", code="fraud")
    assert waits_for(told(SHOP, order(), plain)[0]) == ()


def test_an_order_is_told_and_the_hold_goes():
    held, _ = told(SHOP, order(), hold(TOTAL))
    for low in ({}, {"limits": True, "order_total": yuan(DUE - 1)}, {"accepts": True}):
        answer = SHOP.decide(held, recheck(**low), DESK)
        (reason,) = answer.reasons
        assert (reason.code, reason.facts["hold"], reason.facts["waits_for"]) == (
            "hold.not_over",
            "h",
            ("limits",),
        )
        assert reason.obtain
    for enough in ({"order_total": yuan(DUE)}, {"order_total": None}):
        after, decision = told(SHOP, held, recheck(limits=True, **enough))
        assert kinds(decision) == ["HoldReleased"]
        assert after.control.ended[0].how is HoldEnd.SATISFIED
        assert [effect.topic for effect in decision.effects] == ["hold.released"]
        assert SHOP.decide(after, recheck(limits=True, **enough), DESK).repeated
    assert SHOP.decide(order(), recheck(limits=True), DESK).codes == ("hold.none",)


def test_the_same_order_is_told_again_under_the_same_id_after_a_refusal():
    held, _ = told(SHOP, order(), hold(ACCEPTS))
    assert not SHOP.check(held, recheck(accepts=False), DESK).allowed
    after, _ = told(SHOP, held, recheck(accepts=True))
    assert SHOP.decide(after, recheck(accepts=False), DESK).codes == ("command.id_reused",)


def test_only_those_go_whose_rule_holds():
    held, _ = told(SHOP, order(), hold(TOTAL))
    held, _ = told(SHOP, held, hold(ACCEPTS, "i"))
    held, _ = told(SHOP, held, hold(STOCK, "j"))
    after, _ = told(SHOP, held, recheck(accepts=True, stock={"TEA-250G": 2, "CUP": 0}))
    assert [known.hold_id for known in after.control.holds] == ["h", "j"]
    after, _ = told(SHOP, after, recheck("u", stock={"TEA-250G": 2, "CUP": 1}))
    assert [known.hold_id for known in after.control.holds] == ["h"]
    codes = SHOP.decide(held, recheck("v"), DESK).codes
    assert codes == ("hold.not_over",) * 3


def test_what_the_order_knows_by_itself_ends_its_hold_at_once():
    """It needs no more credit with the payment, and no more stock with the reservation."""
    held, _ = told(SHOP, order(), hold(ACCEPTS))
    held, _ = told(SHOP, held, hold(STOCK, "i"))
    pay = RecordPayment("o-1", fact_id="f", payment_id="p", kind="authorised", amount=yuan(DUE - 1))
    less, decision = told(SHOP, held, pay)
    assert kinds(decision) == ["PaymentRecorded"]
    rest = attrs.evolve(pay, fact_id="g", amount=yuan(1))
    paid, decision = told(SHOP, less, rest)
    assert kinds(decision) == ["PaymentRecorded", "HoldReleased"]
    plan = [Assignment("1", 2, node="n"), Assignment("2", 1, node="n")]
    planned, decision = told(SHOP, paid, AllocateUnits("o-1", command_id="a", allocations=plan))
    assert kinds(decision) == ["UnitsAllocated"]
    _, decision = told(SHOP, planned, ReserveStock("o-1", command_id="r"))
    assert kinds(decision)[-1] == "HoldReleased"


def test_a_confirmation_waits_for_such_a_hold_and_goes_with_it():
    shop = OrderDecider(OrderRules(gates=[Gate("confirm", ["tax_id"])], on_gate="hold"))
    held, _ = told(shop, order(), hold(TOTAL))
    waiting, asked = told(shop, held, ConfirmOrder("o-1", command_id="k"))
    assert asked.events[0].hold.missing == ("tax_id", "hold:h")
    shown = RecordEvidence("o-1", fact_id="f", name="tax_id")
    for first, last in ((shown, recheck(limits=True)), (recheck(limits=True), shown)):
        one, _ = told(shop, waiting, first)
        assert one.lifecycle == "submitted"
        two, decision = told(shop, one, last)
        assert two.lifecycle == "confirmed"
        assert kinds(decision)[-2:] == ["HoldReleased", "OrderConfirmed"]


# --- silence is no fact ---


@pytest.mark.parametrize(
    "rule",
    [
        "limits.order_total is None",
        "account.limit is None",
        "not account.accepts",
        TOTAL,
        STOCK,
        "limits.order_total is None or account.accepts",
    ],
)
def test_what_nobody_told_releases_nothing(rule):
    assert not holds_outside(rule, order(), LimitStanding())
    held, _ = told(SHOP, order(), hold(rule))
    assert held.control.holds


def test_a_rule_is_asked_when_all_that_it_reads_is_known():
    rule = "limits.order_total is None or account.accepts"
    assert fields_outside(rule) == {"limits.order_total", "account.accepts"}
    assert not holds_outside(rule, order(), LimitStanding(limits=True))
    assert holds_outside(rule, order(), LimitStanding(limits=True, accepts=False))
    # Known to be none, and compared with an amount: no answer, so no release.
    amount = "account.available >= CNY(1)"
    assert not holds_outside(amount, order(), LimitStanding(accepts=True))


@given(st.booleans(), st.none() | st.booleans(), st.none() | st.integers(0, 3))
def test_more_that_is_told_never_takes_a_release_back(limits, accepts, units):
    stock = None if units is None else {"TEA-250G": units, "CUP": units}
    some = LimitStanding(limits=limits, accepts=accepts, stock=stock)
    every = LimitStanding(
        limits=True,
        accepts=False if accepts is None else accepts,
        stock={} if stock is None else stock,
    )
    for rule in (ACCEPTS, TOTAL, STOCK):
        if holds_outside(rule, order(), some):
            assert holds_outside(rule, order(), every)


# --- findings become holds ---


def test_a_finding_is_a_hold_that_ends_when_it_is_gone():
    limits = OrderLimits(name="shop", order_total=[yuan(1)])
    found = limit_findings(order(), limits, None, DESK, stock=StockSnapshot.of({}))
    assert [(f.kind.value, f.topic) for f in found] == [
        ("limit", "limit.order_total"),
        ("limit", "limit.credit"),
        ("stock", "stock.short"),
    ]
    for finding in found:
        place = finding.hold(
            order(),
            command_id="k",
            blocks=["confirm"],
            released_by=["credit"],
            until="2026-11-12T00:00:00Z",
        )
        held, decision = told(SHOP, order(), place)
        (known,) = held.control.holds
        assert (known.blocks, known.released_by) == (("confirm",), ("credit",))
        assert known.until is not None
        assert decision.effects[0].topic == finding.topic
    standing = limit_standing(
        order(),
        None,
        DESK,
        limits=OrderLimits(name="x"),
        stock=StockSnapshot.of({("TEA-250G", "n"): 9}),
    )
    assert (standing.limits, standing.accepts, dict(standing.stock)) == (
        True,
        False,
        {"TEA-250G": 9, "CUP": 0},
    )
    assert limit_standing(order(), None, DESK).stock is None


def test_what_needs_no_stock_is_never_short_of_it():
    place = PlaceOrder(
        "o-1", quote=tea_quote(), command_id="c", items={"2": ItemFacts(kind="digital")}
    )
    placed = SHOP.replay(None, SHOP.decide(None, place, DESK).accepted().events)
    shelf = StockSnapshot.of({("TEA-250G", "n"): 2})
    limits = OrderLimits(name="x", credit=False)
    assert limit_findings(placed, limits, None, DESK, stock=shelf) == ()
    assert stock_scarcity(placed, shelf) == 100
    held, _ = told(SHOP, placed, hold(STOCK))
    assert waits_for(held) == ("stock:TEA-250G",)


# --- roles, options, values ---


def test_telling_is_a_command_of_its_own_for_roles_and_options():
    roles = RoleMatrix(["office"], [RoleGrant("office", ["confirm"])])
    shop = OrderDecider(OrderRules(roles=roles))
    held, _ = told(SHOP, order(), hold(ACCEPTS))
    office = Context(now=DESK.now, actor="li", role="office")
    assert shop.decide(held, recheck(accepts=True), office).codes == ("role.not_allowed",)
    option = shop.available(held, office)["RecheckHolds"]
    assert [reason.code for reason in option.reasons] == ["role.not_allowed"]
    assert available(held, at(DESK.now))["RecheckHolds"].targets == ("h",)
    none = available(order(), at(DESK.now))["RecheckHolds"]
    assert [reason.code for reason in none.reasons] == ["hold.none"]


def test_a_condition_is_a_rule_or_its_text():
    rule = parse("account.accepts", vocabulary=LIMIT_FACTS)
    assert AutoRelease(outside=rule) == AutoRelease(outside="account.accepts")
    codec = Codec()
    message = recheck(accepts=True, available=yuan(5), stock={"TEA": 1})
    assert codec.loads(codec.dumps(message), RecheckHolds) == message


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: AutoRelease(outside="account.agrees"), "condition.invalid"),
        (lambda: AutoRelease(outside=5), "type.wrong"),
        (lambda: AutoRelease(), "hold.auto"),
        (lambda: AutoRelease(outside=ACCEPTS, when="order.units >= 1"), "hold.auto"),
        (lambda: AutoRelease(outside=ACCEPTS, needs=["stock"]), "hold.auto"),
        (lambda: LimitStanding(stock={"TEA": -1}), "standing.units"),
        (lambda: LimitStanding(stock={"TEA": True}), "standing.units"),
        (lambda: LimitStanding(limit=yuan(1)), "standing.account"),
        (lambda: LimitStanding(order_total=yuan(1)), "standing.limits"),
        (lambda: LimitStanding(stock=5), "type.wrong"),
    ],
)
def test_bad_input_is_refused_with_its_code(make, code):
    with pytest.raises((InvalidBatch, InvalidValue)) as caught:
        make()
    faults = getattr(caught.value, "faults", (caught.value,))
    assert code in {fault.code for fault in faults}

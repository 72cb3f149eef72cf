"""What an order goes beyond, and the rule that says when it no longer does."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.codec import Codec
from ordercore.inventory import StockSnapshot
from ordercore.kernel import Context, InvalidBatch, Money, fold
from ordercore.orders import (
    LIMIT_FACTS,
    CreditPolicy,
    LimitFinding,
    LimitKind,
    OpenAccount,
    OrderLimits,
    RecordPayment,
    ReserveCredit,
    SetLimit,
    SuspendAccount,
    credit,
    credit_needed,
    decide,
    evolve,
    limit_facts,
    limit_findings,
)
from ordercore.orders.specimen import tea_order
from ordercore.rules import parse
from ordercore.testing.strategies import credit_accounts, exceeded_limits, orders, stock_snapshots

DESK = Context(now="2026-11-11T01:00:00Z", actor="u-1", role="desk")
TEA = "TEA-250G"
ENOUGH = StockSnapshot.of({(TEA, "a"): 1, (TEA, "b"): 1, ("CUP", "b"): 1})


def yuan(minor):
    return Money(minor, "CNY")


def order():
    """CNY 315.90 for two tins and a cup, of customer c-9."""
    return attrs.evolve(tea_order(), customer="c-9")


def account(limit, *more, **policy):
    opening = OpenAccount("c-9", command_id="a", limit=yuan(limit), policy=CreditPolicy(**policy))
    state = fold(credit, credit.decide(None, opening, DESK).accepted().events)
    for message in more:
        state = fold(credit, credit.decide(state, message, DESK).accepted().events, state)
    return state


def found(limits, owed=None, stock=None, of=None):
    return limit_findings(of or order(), limits, owed, DESK, stock=stock)


def test_a_seller_may_look_at_large_orders():
    limits = OrderLimits(name="x", order_total=[yuan(31589)], credit=False)
    (finding,) = found(limits)
    assert (finding.kind, finding.reason.code, finding.topic) == (
        LimitKind.LIMIT,
        "limit.order_total",
        "limit.order_total",
    )
    facts = finding.reason.facts
    assert (facts["due"], facts["limit"], facts["over"]) == (yuan(31590), yuan(31589), yuan(1))
    assert not finding.release.holds(limit_facts(order(), limits, None, DESK))
    raised = OrderLimits(name="x", order_total=[yuan(31590)], credit=False)
    assert found(raised) == ()
    assert finding.release.holds(limit_facts(order(), raised, None, DESK))
    gone = OrderLimits(name="x", credit=False)
    assert finding.release.holds(limit_facts(order(), gone, None, DESK))


def test_an_order_in_another_currency_has_no_limit():
    limits = OrderLimits(name="x", order_total=[Money(1, "EUR")], credit=False)
    assert found(limits) == ()
    assert limits.most(order()) is None


def test_an_order_over_its_credit_is_found_and_raising_the_limit_releases_it():
    limits = OrderLimits(name="x")
    owed = account(31000)
    (finding,) = found(limits, owed)
    assert (finding.kind, finding.reason.code) == (LimitKind.LIMIT, "limit.credit")
    facts = finding.reason.facts
    assert (facts["needed"], facts["available"]) == (yuan(31590), yuan(31000))
    assert facts["because"] == ("credit.limit",)
    assert finding.details[0].facts["short"] == yuan(590)
    assert isinstance(finding.reason.remedy, SetLimit)
    assert not finding.release.holds(limit_facts(order(), limits, owed, DESK))
    answer = credit.decide(owed, finding.reason.remedy, DESK).accepted()
    raised = fold(credit, answer.events, owed)
    assert finding.release.holds(limit_facts(order(), limits, raised, DESK))
    assert found(limits, raised) == ()


def test_two_reasons_of_an_account_are_two_details():
    owed = account(100, SuspendAccount("c-9", command_id="s"))
    (finding,) = found(OrderLimits(name="x"), owed)
    assert finding.reason.facts["because"] == ("credit.suspended", "credit.limit")
    assert [each.code for each in finding.details] == ["credit.suspended", "credit.limit"]
    assert finding.reason.remedy is None
    assert finding.reason.obtain


@pytest.mark.parametrize(
    ("customer", "because"),
    [("c-9", ("credit.unknown",)), (None, ("credit.no_customer",))],
)
def test_without_an_account_nothing_is_on_credit(customer, because):
    (finding,) = found(OrderLimits(name="x"), of=attrs.evolve(order(), customer=customer))
    assert finding.reason.facts["because"] == because
    assert finding.reason.facts["limit"] is None


def test_what_is_paid_needs_no_credit():
    paid = order()
    fact = RecordPayment("o-1", fact_id="f", payment_id="p", kind="authorised", amount=yuan(31589))
    for event in decide(paid, fact, DESK).events:
        paid = evolve(paid, event)
    assert credit_needed(paid) == yuan(1)
    assert found(OrderLimits(name="x"), account(1), of=paid) == ()
    assert found(OrderLimits(name="x"), account(0), of=paid)
    for event in decide(paid, attrs.evolve(fact, fact_id="g", amount=yuan(9)), DESK).events:
        paid = evolve(paid, event)
    assert credit_needed(paid) == yuan(0)
    assert found(OrderLimits(name="x"), of=paid) == ()


def test_stock_that_is_short_is_found_and_goods_that_arrive_release_it():
    limits = OrderLimits(name="x", credit=False)
    short = StockSnapshot.of({(TEA, "a"): 1})
    (finding,) = found(limits, stock=short)
    assert (finding.kind, finding.reason.code) == (LimitKind.STOCK, "stock.short")
    assert finding.reason.facts["short"] == 2
    assert finding.reason.facts["skus"] == (TEA, "CUP")
    told = [(e.facts["sku"], e.facts["needed"], e.facts["available"]) for e in finding.details]
    assert told == [(TEA, 2, 1), ("CUP", 1, 0)]
    assert not finding.release.holds(limit_facts(order(), limits, None, DESK, stock=short))
    assert finding.release.holds(limit_facts(order(), limits, None, DESK, stock=ENOUGH))
    assert found(limits, stock=ENOUGH) == ()
    assert found(attrs.evolve(limits, stock=False), stock=short) == ()


def test_all_findings_come_at_once():
    limits = OrderLimits(name="x", order_total=[yuan(1)])
    codes = [each.reason.code for each in found(limits, stock=StockSnapshot.of({}))]
    assert codes == ["limit.order_total", "limit.credit", "stock.short"]


def test_a_host_may_write_its_own_release():
    rule = parse("account.available >= order.credit_needed", vocabulary=LIMIT_FACTS)
    limits = OrderLimits(name="x")
    assert rule.holds(limit_facts(order(), limits, account(31590), DESK))
    assert not rule.holds(limit_facts(order(), limits, account(31589), DESK))


def test_an_account_in_another_currency_shows_no_amounts():
    opening = OpenAccount("c-9", command_id="a", limit=Money(99999999, "EUR"))
    foreign = fold(credit, credit.decide(None, opening, DESK).accepted().events)
    facts = limit_facts(order(), OrderLimits(name="x"), foreign, DESK)
    assert facts["account"] == {
        "accepts": False,
        "limit": None,
        "exposure": None,
        "available": None,
    }
    (finding,) = found(OrderLimits(name="x"), foreign)
    assert finding.reason.facts["because"] == ("money.currency",)


@given(orders(), credit_accounts(), stock_snapshots(), st.integers(0, 20_000))
def test_a_finding_stands_exactly_while_its_release_does_not_hold(placed, owed, stock, most):
    placed = attrs.evolve(placed, customer="c-9")
    limits = OrderLimits(name="x", order_total=[Money(most, placed.currency)])
    facts = limit_facts(placed, limits, owed, DESK, stock=stock)
    standing = {
        each.reason.code: each for each in limit_findings(placed, limits, owed, DESK, stock=stock)
    }
    for code in ("limit.order_total", "limit.credit", "stock.short"):
        strict = OrderLimits(name="strict", order_total=[yuan(0)])
        release = {
            each.reason.code: each.release
            for each in limit_findings(order(), strict, None, DESK, stock=StockSnapshot.of({}))
        }[code]
        assert release.holds(facts) is (code not in standing)
    wish = (
        ReserveCredit("c-9", command_id="w", order_id=placed.order_id, amount=credit_needed(placed))
        if credit_needed(placed)
        else None
    )
    if wish is not None:
        assert ("limit.credit" in standing) is credit.decide(owed, wish, DESK).is_refused


@given(exceeded_limits())
def test_a_finding_is_data(finding):
    codec = Codec()
    assert codec.loads(codec.dumps(finding), LimitFinding) == finding


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: OrderLimits(name=""), "limits.name"),
        (lambda: OrderLimits(name="x", order_total=[5]), "type.wrong"),
        (lambda: OrderLimits(name="x", order_total=[yuan(-1)]), "amount.negative"),
        (lambda: OrderLimits(name="x", order_total=[yuan(1), yuan(2)]), "limits.twice"),
    ],
)
def test_bad_input_is_refused_with_its_code(make, code):
    with pytest.raises(InvalidBatch) as caught:
        make()
    assert caught.value.faults[0].code == code

"""Review rules as needs of gates and holds: who needs one, what it lacks, what satisfies it."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.histories import at, histories
from tests.orders.test_control_approvals import who
from tests.orders.test_control_gates import CONFIRM, kinds, tell

from ordercore.kernel import InvalidBatch
from ordercore.orders import (
    ORDER_FACTS,
    ApprovalLevel,
    ApprovalRule,
    AutoRelease,
    Gate,
    GiveApproval,
    OrderDecider,
    OrderRules,
    PlaceHold,
    RecordCustomer,
    RejectApproval,
    RequestApproval,
    ReviewRule,
    order_facts,
    review_findings,
)
from ordercore.orders.specimen import tea_order
from ordercore.rules import parse


def rule(text, name="large", **more):
    return ReviewRule(name=name, rule=parse(text, vocabulary=ORDER_FACTS), **more)


# The specimen is worth CNY 315.90.
DEAR = rule("order.total > CNY(300)", approvals=2, roles=["desk"])
NEED = [Gate("confirm", ["review:large"])]
SHOP = OrderDecider(OrderRules(gates=NEED, reviews=[DEAR]))
CHEAP = OrderDecider(
    OrderRules(gates=NEED, reviews=[attrs.evolve(DEAR, rule=rule("order.total > CNY(400)").rule)])
)
LI = who("li", "sales")


def reason(order, shop=SHOP, context=LI):
    (found,) = shop.check(order, CONFIRM, context).reasons
    return found


def vote(actor, id="c-9/large/0", role="desk"):
    return GiveApproval("o-1", command_id=f"v-{actor}", approval_id=id), who(actor, role)


def test_an_order_below_the_threshold_needs_none():
    assert CHEAP.check(tea_order(), CONFIRM, LI).allowed


def test_one_above_it_is_confirmed_when_two_have_agreed():
    found = reason(tea_order())
    assert found.code == "gate.review"
    facts = found.facts
    assert (facts["rule"], facts["needed"], facts["missing"], facts["roles"]) == (
        "large", 2, 2, ("desk",),
    )  # fmt: skip
    assert (facts["command"], facts["undecided"], facts["approval"]) == ("confirm", None, None)
    assert isinstance(found.remedy, RequestApproval)
    order, _ = tell(SHOP, tea_order(), found.remedy, LI)
    (asked,) = order.control.approvals
    assert asked.levels == (ApprovalLevel("desk", quorum=2),)
    order, _ = tell(SHOP, order, *vote("wu", asked.approval_id))
    found = reason(order)
    assert (found.facts["missing"], found.facts["approved_by"]) == (1, ("wu",))
    assert (found.facts["approval"], found.remedy) == (asked.approval_id, None)
    assert found.obtain
    order, _ = tell(SHOP, order, *vote("mei", asked.approval_id))
    assert SHOP.check(order, CONFIRM, LI).allowed


def test_a_rejected_review_is_asked_for_again_under_another_id():
    order, _ = tell(SHOP, tea_order(), reason(tea_order()).remedy, LI)
    (asked,) = order.control.approvals
    no = RejectApproval("o-1", command_id="no", approval_id=asked.approval_id)
    order, _ = tell(SHOP, order, no, who("wu", "desk"))
    again = reason(order).remedy
    assert again.approval_id != asked.approval_id
    assert SHOP.check(order, again, LI).allowed


def test_a_fact_that_is_missing_asks_for_the_review():
    rated = rule("customer.rating == 'C'", roles=["desk"])
    shop = OrderDecider(OrderRules(gates=NEED, reviews=[rated]))
    assert reason(tea_order(), shop).facts["undecided"] == "customer.rating"
    for rating, allowed in (("A", True), ("C", False)):
        news = RecordCustomer("o-1", fact_id=rating, customer_facts={"rating": rating})
        known, _ = tell(shop, tea_order(), news, LI)
        assert shop.check(known, CONFIRM, LI).allowed == allowed


def test_the_host_s_own_levels_stand_before_those_of_the_review():
    levels = ["desk", ApprovalLevel("boss", quorum=2)]
    any_role = attrs.evolve(DEAR, roles=(), approvals=2)
    shop = OrderDecider(
        OrderRules(gates=NEED, reviews=[any_role], approvals=[ApprovalRule("large", levels=levels)])
    )
    order, _ = tell(shop, tea_order(), reason(tea_order(), shop).remedy, LI)
    (asked,) = order.control.approvals
    for actor, role in (("wu", "desk"), ("mei", "boss")):
        order, _ = tell(shop, order, *vote(actor, asked.approval_id, role))
    # Two have agreed, which is what the review asks for; the levels ask for a third.
    found = reason(order, shop)
    assert (found.facts["rule"], "missing" in found.facts, bool(found.obtain)) == (
        "large", False, True,
    )  # fmt: skip
    order, _ = tell(shop, order, *vote("tang", asked.approval_id, "boss"))
    assert shop.check(order, CONFIRM, LI).allowed


def test_a_hold_lets_go_when_the_review_is_given():
    order, _ = tell(
        SHOP,
        tea_order(),
        PlaceHold(
            "o-1", command_id="h", hold_id="h", code="look", auto=AutoRelease(needs="review:large")
        ),
        LI,
    )
    order, _ = tell(SHOP, order, reason_of_review(order), LI)
    (asked,) = order.control.approvals
    order, decision = tell(SHOP, order, *vote("wu", asked.approval_id))
    assert kinds(decision) == ["ApprovalVoted"]
    order, decision = tell(SHOP, order, *vote("mei", asked.approval_id))
    assert kinds(decision) == ["ApprovalVoted", "HoldReleased"]


def reason_of_review(order):
    reasons = SHOP.check(order, CONFIRM, LI).reasons
    return next(found.remedy for found in reasons if found.code == "gate.review")


def test_a_confirmation_waits_for_its_review():
    shop = OrderDecider(attrs.evolve(SHOP.rules, on_gate="hold"))
    order, decision = tell(shop, tea_order(), CONFIRM, LI)
    assert decision.events[0].hold.missing == ("review:large",)
    ask = RequestApproval("o-1", command_id="ask-a", approval_id="a-1", name="large")
    order, _ = tell(shop, order, ask, LI)
    for actor in ("wu", "mei"):
        order, decision = tell(shop, order, *vote(actor, "a-1"))
    assert kinds(decision) == ["ApprovalVoted", "HoldReleased", "OrderConfirmed"]


def test_a_hold_may_name_a_review_that_the_host_has_no_more():
    order, _ = tell(
        SHOP,
        tea_order(),
        PlaceHold(
            "o-1", command_id="h", hold_id="h", code="look", auto=AutoRelease(needs="review:gone")
        ),
        LI,
    )
    assert [hold.hold_id for hold in order.control.holds] == ["h"]


@given(
    histories(steps=10, control=True),
    st.sampled_from(
        (
            "order.total > CNY(100)",
            "order.units >= 3",
            "customer.rating == 'A'",
            "order.outstanding > CNY(0) or order.unreserved > 0",
        )
    ),
    st.integers(1, 3),
)
def test_a_gate_asks_for_a_review_just_when_the_rule_does(history, text, people):
    """The oracle is ``review_findings`` over the order's facts, with nobody's agreement."""
    order = history.order
    review = rule(text, approvals=people, roles=["desk"])
    shop = OrderDecider(OrderRules(gates=NEED, reviews=[review]))
    plain = OrderDecider(OrderRules(gates=()))
    (found,) = review_findings([review], order_facts(order), creator="")
    context = at(order.last_at)
    asked = [r for r in shop.check(order, CONFIRM, context).reasons if r.code == "gate.review"]
    stage = [r for r in plain.check(order, CONFIRM, context).reasons if r.code == "order.stage"]
    if not any(r.final for r in stage):
        assert bool(asked) == (not found.met)


@pytest.mark.parametrize(
    "more, code",
    [
        ({"gates": [Gate("ship", ["review:other"])]}, "rules.review"),
        ({"reviews": [DEAR, attrs.evolve(DEAR, approvals=1)]}, "rules.twice"),
        ({"reviews": [attrs.evolve(DEAR, roles=())]}, "rules.review_levels"),
        ({"reviews": [attrs.evolve(DEAR, roles=["a", "b"])]}, "rules.review_levels"),
        ({"approvals": [ApprovalRule("large", levels=["desk"])]}, "rules.review_levels"),
        (
            {"approvals": [ApprovalRule("large", levels=["desk", "boss"])]},
            "rules.review_levels",
        ),
    ],
)
def test_a_review_that_nobody_could_give_is_refused(more, code):
    with pytest.raises(InvalidBatch) as told:
        OrderRules(**{"gates": NEED, "reviews": [DEAR], **more})
    assert [fault.code for fault in told.value.faults] == [code]


def test_a_review_is_one_need_among_others():
    gates = [Gate("confirm", ["review:large", "credit"])]
    shop = OrderDecider(attrs.evolve(SHOP.rules, gates=gates))
    assert shop.check(tea_order(), CONFIRM, LI).codes == ("gate.review", "gate.credit")


def test_a_need_has_a_name():
    with pytest.raises(InvalidBatch) as told:
        Gate("confirm", ["review:"])
    assert told.value.faults[0].code == "gate.needs"


def test_an_approval_of_a_review_is_known_by_its_name():
    assert SHOP.rules.approval("large").levels == (ApprovalLevel("desk", quorum=2),)
    assert SHOP.rules.approval("other") is None

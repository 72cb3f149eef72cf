"""Approvals: four eyes, levels, quorum, delegation, deadline; and the gate that needs one."""

from __future__ import annotations

import itertools

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.test_control_gates import CONFIRM, NOW, PAID, SUPPLIES, kinds, tell

from ordercore.kernel import (
    Context,
    Decision,
    Duration,
    IllegalTransition,
    InvalidBatch,
    InvalidValue,
    Money,
    shift,
)
from ordercore.orders import (
    INVARIANTS,
    Approval,
    ApprovalLevel,
    ApprovalRule,
    ApprovalState,
    CancelUnits,
    DelegateApproval,
    Gate,
    GiveApproval,
    Lifecycle,
    OrderDecider,
    OrderRules,
    RejectApproval,
    RequestApproval,
    Tick,
    replay,
)
from ordercore.orders.control.invariants import CONTROL_INVARIANTS
from ordercore.orders.specimen import tea_order

RULE = ApprovalRule(
    "credit", levels=["sales", ApprovalLevel("finance", quorum=2)], within=Duration.of(hours=4)
)
RULES = OrderRules(gates=[Gate("confirm", ["approval:credit"])], approvals=[RULE])
SHOP = OrderDecider(RULES)
ASK = RequestApproval("o-1", command_id="ask-a", approval_id="a-1", name="credit")
DEADLINE = shift(NOW, hours=4)


def who(actor, role, now=NOW):
    return Context(now=now, actor=actor, role=role)


def give(actor, id="a-1"):
    return GiveApproval("o-1", command_id=f"give-{actor}", approval_id=id)


def reject(actor):
    return RejectApproval("o-1", command_id=f"no-{actor}", approval_id="a-1", cause="limit")


def leave(actor, to):
    return DelegateApproval("o-1", command_id=f"leave-{actor}-{to}", approval_id="a-1", to=to)


def state(order, now=NOW):
    return order.control.approval("a-1").state_at(now)


@pytest.fixture
def asked():
    order, decision = tell(SHOP, tea_order(), ASK, who("li", "sales"))
    assert kinds(decision) == ["ApprovalRequested"]
    assert [t.at for t in decision.due] == [DEADLINE]
    return order


def test_levels_pass_one_after_the_other_and_the_quorum_is_of_people(asked):
    assert SHOP.check(asked, CONFIRM, who("li", "sales")).codes == ("gate.approval",)
    assert SHOP.check(
        asked,
        give(
            "mei",
        ),
        who("mei", "finance"),
    ).codes == ("role.not_allowed",)
    order, decision = tell(SHOP, asked, give("wang"), who("wang", "sales"))
    assert [e.topic for e in decision.effects] == ["approval.requested"]
    assert SHOP.check(order, give("bo"), who("bo", "sales")).codes == ("role.not_allowed",)
    order, decision = tell(SHOP, order, give("mei"), who("mei", "finance"))
    assert decision.effects == ()
    reason = SHOP.check(order, CONFIRM, who("li", "sales")).reasons[0]
    assert (reason.facts["lacking"], reason.facts["roles"]) == (1, ("finance",))
    order, decision = tell(SHOP, order, give("tang"), who("tang", "finance"))
    assert [e.topic for e in decision.effects] == ["approval.given"]
    assert state(order) is ApprovalState.APPROVED
    assert SHOP.check(order, CONFIRM, who("li", "sales")).allowed
    assert SHOP.check(order, give("x"), who("x", "finance")).codes == ("approval.closed",)


def test_whoever_asked_never_votes_whatever_the_role(asked):
    for role in ("sales", "finance", "boss"):
        assert SHOP.check(asked, give("li"), who("li", role)).codes == ("approval.own_request",)
        assert SHOP.check(asked, reject("li"), who("li", role)).codes == ("approval.own_request",)
    assert SHOP.check(asked, leave("li", "mei"), who("li", "sales")).codes == (
        "approval.own_request",
    )
    assert SHOP.check(asked, leave("wang", "li"), who("wang", "sales")).codes == (
        "approval.own_request",
    )


def test_one_person_counts_once_over_all_levels_and_roles(asked):
    order, _ = tell(SHOP, asked, give("wang"), who("wang", "sales"))
    second = GiveApproval("o-1", command_id="again", approval_id="a-1")
    for role in ("sales", "finance"):
        assert SHOP.check(order, second, who("wang", role)).codes == ("approval.voted",)
    order, _ = tell(SHOP, order, give("mei"), who("mei", "finance"))
    assert SHOP.check(order, second, who("mei", "finance")).codes == ("approval.voted",)
    assert order.control.approval("a-1").lacking == 1
    assert SHOP.decide(order, give("mei"), who("mei", "finance")).repeated


def test_one_rejection_ends_it(asked):
    order, decision = tell(SHOP, asked, reject("wang"), who("wang", "sales"))
    assert [e.topic for e in decision.effects] == ["approval.rejected"]
    assert decision.events[0].vote.why == "limit"
    assert state(order) is ApprovalState.REJECTED
    for message in (give("bo"), reject("bo"), leave("bo", "x")):
        assert SHOP.check(order, message, who("bo", "sales")).codes == ("approval.closed",)
    # The remedy asks for another one, under ids that are not used yet.
    remedy = SHOP.check(order, CONFIRM, who("li", "sales")).reasons[0].remedy
    order, _ = tell(SHOP, order, remedy, who("li", "sales"))
    assert len(order.control.approvals) == 2


def test_a_vote_is_left_to_another_person_once(asked):
    order, decision = tell(SHOP, asked, leave("wang", "bo"), who("wang", "sales"))
    assert kinds(decision) == ["ApprovalDelegated"]
    assert SHOP.check(order, give("wang"), who("wang", "sales")).codes == ("approval.delegated",)
    assert SHOP.check(order, leave("wang", "x"), who("wang", "sales")).codes == (
        "approval.delegated",
    )
    assert SHOP.check(order, leave("zhu", "bo"), who("zhu", "sales")).codes == (
        "approval.delegated",
    )
    assert SHOP.check(order, leave("zhu", "wang"), who("zhu", "sales")).codes == (
        "approval.delegated",
    )
    assert SHOP.check(order, leave("zhu", "zhu"), who("zhu", "sales")).codes == (
        "approval.to_oneself",
    )
    # The receiver may leave it on, or vote, in any role, and only once.
    assert SHOP.check(order, leave("bo", "zhu"), who("bo", "office")).allowed
    order, _ = tell(SHOP, order, give("bo"), who("bo", "office"))
    assert order.control.approval("a-1").level == 1
    again = GiveApproval("o-1", command_id="again", approval_id="a-1")
    assert SHOP.check(order, again, who("bo", "finance")).codes == ("approval.voted",)
    # The delegation was for that level only.
    assert SHOP.check(order, leave("bo", "x"), who("bo", "office")).codes == ("approval.voted",)
    nobody = SHOP.check(order, leave("x", "bo"), who("x", "office"))
    assert nobody.codes == ("role.not_allowed", "approval.voted")


@pytest.mark.parametrize("us, open_", [(-1, True), (0, False), (1, False)])
def test_a_vote_counts_before_the_deadline_and_not_at_it(asked, us, open_):
    verdict = SHOP.check(
        asked, give("wang"), who("wang", "sales", shift(DEADLINE, microseconds=us))
    )
    assert verdict.codes == (() if open_ else ("approval.closed",))
    if not open_:
        assert verdict.reasons[0].facts["state"] == "expired"


def test_the_tick_ends_it_once(asked):
    early = SHOP.decide(
        asked, Tick("o-1", command_id="t"), who("c", "clock", shift(DEADLINE, microseconds=-1))
    )
    assert early.events == ()
    (timer,) = early.due
    order, decision = tell(SHOP, asked, timer.command, who("c", "clock", shift(DEADLINE, hours=1)))
    assert kinds(decision) == ["ApprovalExpired"]
    assert [e.topic for e in decision.effects] == ["approval.expired"]
    assert state(order) is ApprovalState.EXPIRED
    assert (
        SHOP.decide(
            order, Tick("o-1", command_id="t2"), who("c", "clock", shift(DEADLINE, hours=1))
        ).events
        == ()
    )
    remedy = (
        SHOP.check(order, CONFIRM, who("li", "sales", shift(DEADLINE, hours=1))).reasons[0].remedy
    )
    assert isinstance(remedy, RequestApproval)
    assert SHOP.check(order, remedy, who("li", "sales", shift(DEADLINE, hours=1))).allowed


def test_an_approval_given_in_time_stays_given(asked):
    order = asked
    for actor, role in (("wang", "sales"), ("mei", "finance"), ("tang", "finance")):
        order, decision = tell(SHOP, order, give(actor), who(actor, role))
    assert decision.due == ()
    later = shift(DEADLINE, days=9)
    assert SHOP.decide(order, Tick("o-1", command_id="t"), who("c", "clock", later)).events == ()
    assert SHOP.check(order, CONFIRM, who("li", "sales", later)).allowed


def test_an_approval_covers_the_amount_it_was_asked_for(asked):
    order = asked
    for actor, role in (("wang", "sales"), ("mei", "finance"), ("tang", "finance")):
        order, _ = tell(SHOP, order, give(actor), who(actor, role))
    dearer = attrs.evolve(order, value_minor=order.value_minor + 1)
    assert SHOP.check(dearer, CONFIRM, who("li", "sales")).codes == ("gate.approval",)
    # One that still runs but covers too little is not waited for: another is to be asked for.
    small = attrs.evolve(asked, value_minor=asked.value_minor + 1)
    reason = SHOP.check(small, CONFIRM, who("li", "sales")).reasons[0]
    assert isinstance(reason.remedy, RequestApproval)
    cheaper, _ = tell(
        SHOP, order, CancelUnits("o-1", command_id="x", lines={"2": 1}), who("li", "sales")
    )
    assert SHOP.check(cheaper, CONFIRM, who("li", "sales")).allowed


def test_an_approval_that_was_given_asks_nobody_any_more(asked):
    order = asked
    for actor, role in (("wang", "sales"), ("mei", "finance"), ("tang", "finance")):
        order, _ = tell(SHOP, order, give(actor), who(actor, role))
    (approval,) = order.control.approvals
    assert (approval.level, approval.lacking) == (2, 0)
    assert not approval.entitles("bo", "finance")


def test_a_confirmation_waits_for_the_last_vote():
    rules = OrderRules(
        gates=[
            Gate("confirm", ["stock", "payment"]),
            Gate("confirm", ["approval:credit"], when="order.total > CNY(300)"),
        ],
        on_gate="hold",
        approvals=[ApprovalRule("credit", levels=["credit"])],
    )
    shop = OrderDecider(rules)
    order, _ = tell(shop, tea_order(), PAID)
    order, _ = tell(shop, order, SUPPLIES["stock"])
    order, decision = tell(shop, order, CONFIRM, who("li", "sales"))
    assert decision.events[0].hold.missing == ("approval:credit",)
    order, _ = tell(shop, order, ASK, who("li", "sales"))
    order, decision = tell(shop, order, give("mei"), who("mei", "credit"))
    assert kinds(decision) == ["ApprovalVoted", "HoldReleased", "OrderConfirmed", "MoneyRequested"]
    assert order.lifecycle is Lifecycle.CONFIRMED


def test_what_cannot_be_asked_is_refused_with_every_reason(asked):
    other = RequestApproval("o-1", command_id="x", approval_id="a-1", name="other", deadline=NOW)
    assert SHOP.check(asked, other, who("li", "sales")).codes == (
        "approval.exists",
        "approval.no_levels",
        "approval.deadline_past",
    )
    easy = attrs.evolve(ASK, command_id="x", approval_id="a-2", levels=["sales"])
    assert SHOP.check(asked, easy, who("li", "sales")).codes == ("approval.levels",)
    same = attrs.evolve(easy, levels=RULE.levels, deadline=DEADLINE)
    assert SHOP.check(asked, same, who("li", "sales")).allowed
    slow = attrs.evolve(same, deadline=shift(DEADLINE, microseconds=1))
    assert SHOP.check(asked, slow, who("li", "sales")).codes == ("approval.deadline_late",)
    assert SHOP.check(asked, give("x", "nope"), who("x", "sales")).codes == ("approval.unknown",)
    unruled = OrderDecider(OrderRules(gates=[Gate("confirm", ["approval:legal"])]))
    (reason,) = unruled.check(tea_order(), CONFIRM, who("li", "sales")).reasons
    assert reason.remedy is None
    assert reason.obtain


def test_available_names_the_approvals_that_this_person_may_answer(asked):
    assert SHOP.available(asked, who("wang", "sales"))["GiveApproval"].targets == ("a-1",)
    assert SHOP.available(asked, who("wang", "sales"))["DelegateApproval"].targets == ("a-1",)
    blocked = SHOP.available(asked, who("li", "sales"))["GiveApproval"]
    assert [reason.code for reason in blocked.reasons] == ["approval.own_request"]
    late = SHOP.available(asked, who("wang", "sales", DEADLINE))["RejectApproval"]
    assert [reason.code for reason in late.reasons] == ["approval.none_open"]


PEOPLE = ("li", "wang", "mei", "tang", "bo")


@given(st.data())
def test_however_people_vote_and_delegate_the_laws_hold_and_an_oracle_agrees(data):
    """The oracle counts, from the accepted votes alone, distinct people per level."""
    levels = data.draw(
        st.lists(
            st.builds(ApprovalLevel, st.sampled_from(("a", "b")), st.integers(1, 2)),
            min_size=1,
            max_size=2,
        )
    )
    shop = OrderDecider(OrderRules(gates=[Gate("confirm", ["approval:credit"])]))
    ask = attrs.evolve(ASK, levels=levels, deadline=shift(NOW, minutes=30))
    order, _ = tell(shop, tea_order(), ask, who("li", "a"))
    voted: list[tuple[str, int]] = []
    rejected = False
    clock = NOW
    for number in range(data.draw(st.integers(0, 12))):
        clock = shift(clock, minutes=data.draw(st.integers(0, 4)))
        actor, role = data.draw(st.sampled_from(PEOPLE)), data.draw(st.sampled_from(("a", "b")))
        kind = data.draw(st.integers(0, 6))
        of = {"command_id": f"x-{number}", "approval_id": "a-1"}
        if kind == 0:
            message = DelegateApproval("o-1", **of, to=data.draw(st.sampled_from(PEOPLE)))
        elif kind == 1:
            message = RejectApproval("o-1", **of)
        else:
            message = GiveApproval("o-1", **of)
        level = order.control.approval("a-1").level
        answer = shop.decide(order, message, who(actor, role, clock))
        if isinstance(answer, Decision):
            order = replay(order, answer.events)
            assert clock < shift(NOW, minutes=30)
            assert not rejected
            if kind == 1:
                rejected = True
            elif kind > 1:
                voted.append((actor, level))
        assert all(law.check(order) is None for law in INVARIANTS)
    people = [actor for actor, _ in voted]
    assert len(people) == len(set(people))
    assert "li" not in people
    whole = all(
        sum(at == index for _, at in voted) >= level.quorum for index, level in enumerate(levels)
    )
    approved = order.control.approval("a-1").state_at(clock) is ApprovalState.APPROVED
    assert approved == (whole and not rejected)
    assert shop.check(order, CONFIRM, who("li", "a", clock)).allowed == approved


@pytest.mark.parametrize(
    "order_of",
    list(itertools.permutations((("mei", "finance"), ("tang", "finance"), ("bo", "finance")))),
)
def test_who_votes_first_makes_no_difference_to_the_outcome(asked, order_of):
    order, _ = tell(SHOP, asked, give("wang"), who("wang", "sales"))
    for actor, role in order_of[:2]:
        order, _ = tell(SHOP, order, give(actor), who(actor, role))
    assert state(order) is ApprovalState.APPROVED


# --- laws notice, constructors refuse ---


def test_the_laws_notice_what_they_are_about(asked):
    order, _ = tell(SHOP, asked, give("wang"), who("wang", "sales"))
    (approval,) = order.control.approvals
    (vote,) = approval.votes

    def broken(**more):
        changed = attrs.evolve(approval, **more)
        control = attrs.evolve(order.control, approvals=(changed,))
        found = [law.check(attrs.evolve(order, control=control)) for law in CONTROL_INVARIANTS]
        return {violation.invariant_id for violation in found if violation}

    assert broken() == set()
    over = attrs.evolve(approval, levels=("sales",))
    assert over.level == 1
    assert broken(votes=(vote, vote)) == {"INV-ORDER-21"}
    assert broken(requested_by="wang") == {"INV-ORDER-21"}
    bo = attrs.evolve(vote, actor="bo")
    no = attrs.evolve(vote, actor="no", approves=False)
    assert broken(votes=(vote, bo)) == {"INV-ORDER-21"}
    assert broken(votes=(no, vote)) == {"INV-ORDER-21"}
    assert broken(votes=(no, attrs.evolve(no, actor="bo"))) == {"INV-ORDER-21"}
    assert broken(votes=(attrs.evolve(vote, level=1),)) == {"INV-ORDER-21"}


@pytest.mark.parametrize(
    "make, code",
    [
        (lambda: ApprovalLevel("", quorum=1), "approval.role"),
        (lambda: ApprovalLevel("x", quorum=0), "approval.quorum"),
        (lambda: ApprovalLevel("x", quorum=True), "approval.quorum"),
        (lambda: ApprovalRule("", levels=["x"]), "approval.name"),
        (lambda: ApprovalRule("x", levels=[]), "approval.levels"),
        (lambda: ApprovalRule("x", levels="x", within=Duration(0)), "approval.within"),
        (lambda: OrderRules(approvals=[RULE, RULE]), "rules.twice"),
        (lambda: attrs.evolve(ASK, name=""), "approval.name"),
        (lambda: attrs.evolve(ASK, approval_id=""), "identifier.invalid"),
        (lambda: leave("x", ""), "identifier.invalid"),
        (lambda: give("x", ""), "identifier.invalid"),
        (
            lambda: Approval(
                approval_id="",
                name="",
                levels=[],
                requested_by="a",
                requested_at=NOW,
                deadline=NOW,
                covers=Money(1, "CNY"),
            ),
            "approval.id",
        ),
    ],
)
def test_what_is_no_approval_is_refused(make, code):
    with pytest.raises((InvalidBatch, InvalidValue)) as told:
        make()
    error = told.value
    assert (error.faults[0] if isinstance(error, InvalidBatch) else error).code == code


def test_events_that_cannot_have_happened_are_refused(asked):
    _, decision = tell(SHOP, asked, give("wang"), who("wang", "sales"))
    with pytest.raises(IllegalTransition):
        replay(tea_order(), decision.events)
    _, again = tell(SHOP, tea_order(), ASK, who("li", "sales"))
    with pytest.raises(IllegalTransition):
        replay(asked, again.events)

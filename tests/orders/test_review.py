"""Second reviews: rules as data, their trace, and four eyes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.codec import Codec
from ordercore.kernel import InvalidBatch, InvalidValue, Money
from ordercore.orders import (
    ORDER_FACTS,
    Review,
    ReviewApproval,
    ReviewRule,
    order_facts,
    review_findings,
)
from ordercore.orders.specimen import tea_order
from ordercore.rules import parse
from ordercore.testing.strategies import review_rules

AT = "2026-11-11T00:00:00Z"
# The specimen is worth CNY 315.90.
LARGE = parse("order.total > CNY(300) and customer.rating == 'A'", vocabulary=ORDER_FACTS)
FACTS = order_facts(tea_order(), customer={"rating": "A"})


def by(actor, role="desk"):
    return ReviewApproval(actor=actor, role=role, at=AT)


def finding(*approvals, creator="maker", rule=LARGE, facts=FACTS, **fields):
    rules = [ReviewRule(name="large", rule=rule, **fields)]
    (found,) = review_findings(rules, facts, creator=creator, approvals=approvals)
    return found


def test_an_order_over_the_threshold_of_a_good_customer_needs_a_review():
    found = finding()
    assert not found.met
    assert [reason.code for reason in found.reasons] == ["gate.review"]
    facts = found.reasons[0].facts
    assert (facts["rule"], facts["needed"], facts["missing"]) == ("large", 1, 1)


def test_the_trace_shows_each_condition_with_its_input():
    trace = finding().evaluation.trace
    assert [(part.text, part.result) for part in trace.parts] == [
        ("order.total > CNY(300)", True),
        ("customer.rating == 'A'", True),
    ]
    assert trace.parts[0].operands[0].value == Money.of("315.90", "CNY")


def test_another_order_needs_none_and_the_trace_says_why():
    found = finding(facts=order_facts(tea_order(), customer={"rating": "B"}))
    assert found.met
    assert found.review is None
    assert (found.evaluation.holds, found.evaluation.trace.parts[1].result) == (False, False)


@pytest.mark.parametrize(
    ("approvals", "fields", "missing"),
    [
        ([], {"approvals": 2}, 2),
        ([by("u-1")], {"approvals": 2}, 1),
        ([by("u-1"), by("u-2")], {"approvals": 2}, 0),
        # The same person in two roles does not count twice.
        ([by("u-1"), by("u-1", "credit")], {"approvals": 2}, 1),
        # Whoever made the order does not count at all.
        ([by("maker")], {}, 1),
        ([by("maker", "credit"), by("u-1")], {"approvals": 2}, 1),
        ([by("u-1", "shop")], {"roles": ["credit"]}, 1),
        ([by("u-1", "shop"), by("u-1", "credit")], {"roles": ["credit"]}, 0),
        ([by("u-1"), by("u-2"), by("u-3")], {"approvals": 2}, 0),
    ],
)
def test_who_counts(approvals, fields, missing):
    found = finding(*approvals, **fields)
    assert found.review.missing == missing
    assert found.met is (missing == 0)
    assert bool(found.reasons) is (missing > 0)


def test_a_fact_that_is_missing_lets_nobody_pass():
    facts = order_facts(tea_order())
    found = finding(facts=facts)
    assert found.evaluation is None
    assert [reason.code for reason in found.reasons] == ["review.undecided", "gate.review"]
    assert found.reasons[0].facts["fact"] == "customer.rating"
    assert found.reasons[0].facts["problem"] == "fact.missing"
    # Persons who looked at the order itself may still let it pass.
    assert finding(by("u-1"), facts=facts).met


def test_every_rule_answers_for_itself_in_its_place():
    rules = [
        ReviewRule(name="large", rule=LARGE),
        ReviewRule(
            name="units",
            rule=parse("order.units > 99", vocabulary=ORDER_FACTS),
        ),
    ]
    found = review_findings(rules, FACTS, creator="maker")
    assert [(each.rule, each.met) for each in found] == [("large", False), ("units", True)]


@given(
    review_rules(),
    st.lists(st.tuples(st.sampled_from("abm"), st.sampled_from(("desk", "shop"))), max_size=6),
)
def test_those_who_count_are_other_persons_in_their_roles(rule, given_by):
    approvals = [by(*each) for each in given_by]
    facts = order_facts(tea_order(), customer={"rating": "A"})
    (found,) = review_findings([rule], facts, creator="m", approvals=approvals)
    if found.review is None:
        return
    counted = [each.actor for each in found.review.approvals]
    others = {
        who for who, role in given_by if who != "m" and (not rule.roles or role in rule.roles)
    }
    assert len(counted) == len(set(counted))
    assert set(counted) == others
    assert found.met is (len(others) >= rule.approvals)


@given(review_rules())
def test_a_rule_is_data(rule):
    codec = Codec()
    assert codec.loads(codec.dumps(rule), ReviewRule) == rule


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: by("", ""), "approval.actor"),
        (lambda: by("u", ""), "approval.role"),
        (lambda: by(""), "approval.actor"),
        (lambda: Review(needed=0), "review.needed"),
        (lambda: Review(needed=1, barred=["u"], approvals=[by("u")]), "review.same_person"),
        (lambda: Review(needed=2, approvals=[by("u"), by("u", "b")]), "review.same_person"),
        (lambda: Review(needed=1, roles=["a"], approvals=[by("u")]), "review.role"),
        # One text would bar its letters and not the person.
        (lambda: Review(needed=1, barred="u-1"), "type.wrong"),
        (lambda: Review(needed=1, roles="desk"), "type.wrong"),
        (lambda: Review(needed=1, approvals=["u-1"]), "type.wrong"),
        (lambda: ReviewRule(name="", rule=LARGE), "review.name"),
        (lambda: ReviewRule(name="x", rule="order.total > 5"), "type.wrong"),
        (lambda: ReviewRule(name="x", rule=LARGE, approvals=0), "review.needed"),
    ],
)
def test_bad_input_is_refused_with_its_code(make, code):
    with pytest.raises((InvalidBatch, InvalidValue)) as caught:
        make()
    error = caught.value
    fault = error.faults[0] if isinstance(error, InvalidBatch) else error
    assert fault.code == code


def test_an_objection_says_whether_the_person_agreed_already():
    review = Review(needed=2, barred=["u-1"], approvals=[by("u-2")])
    assert review.objections("u-1", "desk")[0].facts["approved"] is False
    assert review.objections("u-2", "desk")[0].facts["approved"] is True
    assert review.objections("u-3", "desk") == ()

"""What the host knows of a buyer: kept, reported, asked by rules; unknown, late, twice, and moved."""

from __future__ import annotations

from itertools import permutations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.histories import START, at
from tests.orders.test_transferring import merge, split

from ordercore.kernel import (
    Context,
    Decision,
    InvalidBatch,
    InvalidValue,
    Money,
    digest,
    instant,
    shift,
)
from ordercore.orders import (
    CUSTOMER_FACTS,
    DEFAULT_RULES,
    FULFILMENT,
    INVARIANTS,
    ORDER_FACTS,
    Assignment,
    AutoRelease,
    CancelOrder,
    ConfirmOrder,
    CustomerFact,
    CustomerRecorded,
    FactNoted,
    Flow,
    Gate,
    GrantAllowance,
    HoldEnd,
    HoldRule,
    Lifecycle,
    Order,
    OrderDecider,
    OrderRules,
    PlaceHold,
    PlaceOrder,
    PlanFulfilment,
    RecordCustomer,
    RecordEvidence,
    RecordPayment,
    ReserveStock,
    RoleGrant,
    RoleMatrix,
    SubmitOrder,
    due_timers,
    evolve,
    field_class,
    order_facts,
    project,
)
from ordercore.orders.customer import joined_facts
from ordercore.orders.specimen import tea_quote
from ordercore.rules import parse
from ordercore.statemachine import stage
from ordercore.testing.customer_values import customer_notes

NOW = shift(START, hours=1)
WEB = at(NOW)
RISKY = "order.due > CNY(300) and customer.rating == 'C'"
SHOP = OrderDecider(OrderRules(hold_rules=[HoldRule(code="rating", when=RISKY, blocks="confirm")]))
WAITS = OrderDecider(
    OrderRules(gates=[Gate("confirm", ["credit"], when="customer.rating != 'A'")], on_gate="hold")
)
PLAIN = OrderDecider(DEFAULT_RULES)


def placed(shop=PLAIN, facts=(), **more):
    place = PlaceOrder(
        "o-1", quote=tea_quote(), command_id="c-1", customer_facts=dict(facts), **more
    )
    return shop.replay(None, shop.decide(None, place, at(START)).accepted().events)


def told(number, occurred_at=None, **facts):
    return RecordCustomer(
        "o-1", fact_id=f"f-{number}", customer_facts=facts, occurred_at=occurred_at
    )


def go(shop, order, message, context=WEB):
    answer = shop.decide(order, message, context).accepted()
    after = shop.replay(order, answer.events)
    one_by_one = order
    for event in answer.events:
        one_by_one = evolve(one_by_one, event)
    assert one_by_one == after
    assert all(law.check(after) is None for law in INVARIANTS)
    return after, answer


def kinds(answer):
    return [type(event).__name__ for event in answer.events]


def codes(order):
    return [hold.code for hold in order.control.holds]


# --- laws ---


@given(st.lists(customer_notes(), max_size=5), st.data())
def test_reports_join_to_the_same_in_any_order_and_grouping_and_twice_is_once(notes, data):
    shuffled = data.draw(st.permutations(notes))
    cut = data.draw(st.integers(0, len(notes)))
    whole = joined_facts((), notes)
    assert joined_facts((), shuffled) == whole
    assert joined_facts(joined_facts((), notes[:cut]), joined_facts((), notes[cut:])) == whole
    assert joined_facts(whole, notes) == whole
    by_hand = {}
    for note in notes:
        rank = (note.as_of, note.value is not None, note.value)
        if note.name not in by_hand or rank[:2] > by_hand[note.name][:2]:
            by_hand[note.name] = rank
        elif rank[:2] == by_hand[note.name][:2] and note.value is not None:
            by_hand[note.name] = max(rank, by_hand[note.name])
    assert {each.name: (each.as_of, each.value) for each in whole} == {
        name: (as_of, value) for name, (as_of, _, value) in by_hand.items()
    }


RATINGS = st.sampled_from(("A", "B", "C", None))
REPORTS = st.lists(st.tuples(RATINGS, st.integers(-3, 3)), max_size=4)


@given(st.none() | RATINGS, REPORTS, st.integers(0, 2), st.data())
def test_a_hold_rule_holds_exactly_the_orders_for_which_it_is_true_by_hand(
    first, reports, allowances, data
):
    """315.90 is due; each allowance takes 10.00 off, so that two of them go below 300."""
    facts = [
        told(number, shift(START, hours=hours), rating=rating)
        for number, (rating, hours) in enumerate(reports)
    ]
    give = [
        GrantAllowance("o-1", command_id=f"a-{number}", amount=Money(1_000, "CNY"))
        for number in range(allowances)
    ]
    messages = data.draw(st.permutations([*facts, *give, told("twice", START, group="b2b")]))
    given_first = {} if first is None else {"rating": first}
    order = placed(SHOP, given_first)
    reported = [] if first is None else [(START, True, first)]
    due = 31_590
    sent = []
    for message in messages:
        order, _ = go(SHOP, order, message)
        sent.append(message)
        if isinstance(message, GrantAllowance):
            due -= 1_000
        elif "rating" in message.customer_facts:
            rating = message.customer_facts["rating"]
            reported.append((message.occurred_at, rating is not None, rating or ""))
        held = due > 30_000 and bool(reported) and max(reported)[2] == "C"
        assert codes(order) == (["rating"] if held else [])
        rule = parse(RISKY, vocabulary=ORDER_FACTS)
        seen = order_facts(order)
        assert held == (seen["customer"].get("rating") is not None and rule.holds(seen))
    for message in data.draw(st.permutations(sent)):
        repeat = SHOP.decide(order, message, WEB)
        assert isinstance(repeat, Decision)
        assert repeat.repeated and not repeat.events and not repeat.effects


@given(REPORTS, st.data())
def test_reports_that_say_when_commute(reports, data):
    facts = [
        told(number, shift(START, hours=hours), rating=rating)
        for number, (rating, hours) in enumerate(reports)
    ]
    ends = []
    for messages in (facts, data.draw(st.permutations(facts))):
        order = placed(SHOP)
        for message in messages:
            order, _ = go(SHOP, order, message)
        ends.append((order.control.customer_facts, codes(order)))
    assert ends[0] == ends[1]


# --- by hand ---


def test_a_downgrade_holds_a_live_order_and_an_upgrade_lets_it_go():
    order = placed(SHOP, {"rating": "A"})
    assert codes(order) == []
    order, answer = go(SHOP, order, told(1, rating="C"))
    assert kinds(answer) == ["CustomerRecorded", "HoldPlaced"]
    assert [effect.topic for effect in answer.effects] == ["hold.placed"]
    blocked = SHOP.check(order, ConfirmOrder("o-1", command_id="c-2"), WEB)
    assert "order.held" in blocked.codes
    order, answer = go(SHOP, order, told(2, rating="B"), at(shift(NOW, hours=1)))
    assert kinds(answer) == ["CustomerRecorded", "HoldReleased"]
    assert order.control.ended[0].how is HoldEnd.SATISFIED
    assert order.customer_facts == {"rating": "B"}


def test_an_order_may_be_held_from_its_first_moment():
    order = placed(SHOP, {"rating": "C"})
    assert codes(order) == ["rating"] and order.lifecycle is Lifecycle.SUBMITTED


def test_an_upgrade_opens_the_gate_of_a_confirmation_that_waits():
    order, _ = go(
        WAITS,
        placed(WAITS, {"rating": "B"}),
        ConfirmOrder("o-1", command_id="c-2"),
    )
    assert order.lifecycle is Lifecycle.SUBMITTED
    assert order.control.pending.missing == ("credit",)
    order, answer = go(WAITS, order, told(1, rating="A"))
    assert kinds(answer) == ["CustomerRecorded", "HoldReleased", "OrderConfirmed"]
    assert order.lifecycle is Lifecycle.CONFIRMED


def test_an_upgrade_releases_a_hold_that_waits_for_it():
    auto = AutoRelease(when="customer.orders_before >= 3 and customer.group == 'b2b'")
    hold = PlaceHold("o-1", command_id="c-2", hold_id="h-1", code="new", auto=auto)
    order, _ = go(PLAIN, placed(facts={"group": "b2b"}), hold)
    order, _ = go(PLAIN, order, told(1, orders_before=2))
    assert codes(order) == ["new"]
    order, answer = go(PLAIN, order, told(2, orders_before=3))
    assert kinds(answer) == ["CustomerRecorded", "HoldReleased"] and codes(order) == []


def test_a_rule_may_ask_how_long_the_buyer_is_known():
    rule = HoldRule(code="new", when="customer.since > order.placed_at")
    shop = OrderDecider(OrderRules(hold_rules=[rule]))
    assert codes(placed(shop, {"since": START})) == []
    assert codes(placed(shop, {"since": "2027-01-01T00:00:00Z"})) == ["new"]


def test_what_is_unknown_holds_nothing_closes_gates_and_releases_nothing():
    order = placed(SHOP)
    assert codes(order) == []
    order, _ = go(SHOP, order, told(1, rating="C"))
    assert codes(order) == ["rating"]
    order, answer = go(SHOP, order, told(2, rating=None), at(shift(NOW, hours=1)))
    assert kinds(answer) == ["CustomerRecorded", "HoldReleased"]
    assert order.customer_facts == {}
    assert order_facts(order)["customer"]["rating"] is None

    strict = OrderDecider(OrderRules(gates=WAITS.rules.gates))
    gated = strict.check(placed(strict), ConfirmOrder("o-1", command_id="c-2"), WEB)
    assert gated.codes == ("gate.credit",)

    auto = AutoRelease(when="customer.rating != 'C'")
    hold = PlaceHold("o-1", command_id="c-2", hold_id="h-1", code="x", auto=auto)
    order, _ = go(PLAIN, placed(), hold)
    assert codes(order) == ["x"]


def test_a_flow_that_asks_for_an_unknown_fact_is_not_for_the_order():
    gentle = FULFILMENT.with_(stage("greeting", after="packed"), version="gentle")
    when = parse("customer.rating == 'A'", vocabulary=ORDER_FACTS)
    shop = OrderDecider(
        OrderRules(flows=[Flow(machine=gentle, when=when)], gates=[Gate("confirm", ["ok"])])
    )
    plan = PlanFulfilment("o-1", command_id="c-9", fulfilment_id="fo-1", node="n", lines={"1": 1})
    built_in = FULFILMENT.pin.version
    for rating, version in ((None, built_in), ("B", built_in), ("A", "gentle")):
        order = placed(shop, {"rating": rating})
        order, _ = go(shop, order, RecordEvidence("o-1", fact_id="e-1", name="ok"))
        hold = [Assignment("1", 2, node="n")]
        order, _ = go(shop, order, ReserveStock("o-1", command_id="c-3", allocations=hold))
        order, _ = go(shop, order, ConfirmOrder("o-1", command_id="c-2"))
        order, _ = go(shop, order, plan)
        assert order.fulfilments[0].flow.version == version


# --- late, twice, backwards, out of place ---


def test_an_older_report_is_noted_and_changes_nothing():
    order, _ = go(SHOP, placed(SHOP, {"rating": "A"}), told(1, shift(NOW, minutes=-1), rating="C"))
    assert codes(order) == ["rating"]
    order, answer = go(SHOP, order, told(2, shift(NOW, minutes=-2), rating="A"))
    assert kinds(answer) == ["FactNoted"] and codes(order) == ["rating"]
    order, answer = go(SHOP, order, told(3, shift(START, days=-1), rating="A", group="b2b"))
    assert answer.events[0].customer_facts == {"group": "b2b"}
    assert order.customer_facts == {"rating": "C", "group": "b2b"}


def test_the_same_again_is_a_repeat_and_another_payload_is_a_clash():
    order, _ = go(SHOP, placed(SHOP), told(1, rating="A"))
    again = SHOP.decide(order, told(1, rating="A"), WEB)
    assert again.repeated and again.version == 2 and not again.events
    order, answer = go(SHOP, order, told(1, rating="C"))
    assert kinds(answer) == ["FactClashed"] and answer.events[0].code == "fact.id_reused"
    assert order.customer_facts == {"rating": "A"}
    assert SHOP.decide(order, told(1, rating="C"), WEB).repeated


def test_a_report_under_an_earlier_clock_is_taken_and_the_clock_is_a_clash():
    order, _ = go(SHOP, placed(SHOP), told(1, group="b2b"))
    early = at(shift(NOW, minutes=-30))
    order, answer = go(SHOP, order, told(2, rating="C"), early)
    assert kinds(answer) == ["CustomerRecorded", "FactClashed", "HoldPlaced"]
    assert order.clashes == {"clock.backwards": 1}
    assert order.last_at == NOW and order.control.holds[0].placed_at == NOW


def test_an_order_that_has_ended_takes_the_report_and_is_not_held():
    order, _ = go(SHOP, placed(SHOP), CancelOrder("o-1", command_id="c-2"))
    order, answer = go(SHOP, order, told(1, rating="C"))
    assert kinds(answer) == ["CustomerRecorded"] and order.customer_facts == {"rating": "C"}


def test_a_draft_keeps_what_is_known_and_is_held_before_it_is_submitted():
    order = placed(SHOP, {"rating": "A"}, draft=True)
    order, _ = go(SHOP, order, told(1, rating="C"))
    order, _ = go(SHOP, order, SubmitOrder("o-1", command_id="c-2"))
    assert order.lifecycle is Lifecycle.SUBMITTED and codes(order) == ["rating"]


def test_a_report_before_the_order_is_refused_and_may_come_again():
    assert SHOP.decide(None, told(1, rating="A"), WEB).codes == ("order.unknown",)


def test_a_report_in_a_role_that_may_not_is_a_clash_and_counts_for_nothing():
    roles = RoleMatrix(
        ["crm", "web"],
        [RoleGrant("web", ["cancel_order"]), RoleGrant("crm", ["record_customer"])],
    )
    shop = OrderDecider(attrs.evolve(SHOP.rules, roles=roles))
    order = placed(PLAIN, {"rating": "A"})
    order, answer = go(shop, order, told(1, rating="C"), Context(now=NOW, actor="w", role="web"))
    assert answer.events[0].code == "role.not_allowed" and codes(order) == []
    order, _ = go(shop, order, told(2, rating="C"), Context(now=NOW, actor="w", role="crm"))
    assert codes(order) == ["rating"]


def test_timers_of_a_rule_hold_are_told_with_the_report():
    hold = PlaceHold("o-1", command_id="c-2", hold_id="h-1", code="x", until=shift(NOW, hours=5))
    order, _ = go(SHOP, placed(SHOP), hold)
    order, _ = go(SHOP, order, told(1, rating="C"))
    assert [timer.timer_id for timer in due_timers(order, SHOP.rules)] == ["o-1/hold/h-1"]


# --- placing ---


def test_an_order_of_which_nothing_is_told_has_the_digest_of_one_before():
    place = PlaceOrder("o-1", quote=tea_quote(), command_id="c-1")
    said = ("o-1", None, "", None, None, place.items, place.policy, False)
    assert place.payload_digest == digest(said)
    rated = attrs.evolve(place, customer_facts={"rating": "A"})
    assert rated.payload_digest != place.payload_digest


def test_a_placing_that_comes_again_with_other_facts_is_another_one():
    order = placed(facts={"rating": "A"})
    place = PlaceOrder("o-1", quote=tea_quote(), command_id="c-1", customer_facts={"rating": "A"})
    assert PLAIN.decide(order, place, WEB).repeated
    other = attrs.evolve(place, customer_facts={"rating": "B"})
    assert PLAIN.decide(order, other, WEB).codes == ("command.id_reused",)


def test_each_word_is_read_as_its_kind():
    order = placed(
        facts={"rating": "A", "group": "b2b", "orders_before": 0, "since": "2020-02-29T00:00:00Z"}
    )
    assert set(order.customer_facts) == set(CUSTOMER_FACTS)
    assert order.customer_facts["since"] == instant("2020-02-29T00:00:00Z")
    assert {fact.as_of for fact in order.control.customer_facts} == {START}


@pytest.mark.parametrize(
    ("facts", "faults"),
    [
        ({"tier": "gold"}, [("customer.unknown_fact", "customer_facts[tier]")]),
        ({5: "x"}, [("customer.unknown_fact", "customer_facts[5]")]),
        ({"rating": ""}, [("customer.text", "customer_facts[rating]")]),
        ({"group": 7}, [("customer.text", "customer_facts[group]")]),
        ({"orders_before": -1}, [("customer.count", "customer_facts[orders_before]")]),
        ({"orders_before": True}, [("customer.count", "customer_facts[orders_before]")]),
        ({"orders_before": "3"}, [("customer.count", "customer_facts[orders_before]")]),
        ({"since": "yesterday"}, [("time.not_an_instant", "customer_facts[since]")]),
        (
            {"rating": 1.5, "since": 5},
            [
                ("customer.text", "customer_facts[rating]"),
                ("time.not_an_instant", "customer_facts[since]"),
            ],
        ),
    ],
)
def test_what_is_no_fact_of_the_vocabulary_is_refused_with_every_fault(facts, faults):
    for make in (
        lambda: placed(facts=facts),
        lambda: RecordCustomer("o-1", fact_id="f", customer_facts=facts),
        lambda: order_facts(placed(), customer=facts),
    ):
        with pytest.raises(InvalidBatch) as caught:
            make()
        assert [(fault.code, fault.path) for fault in caught.value.faults] == faults


def test_a_report_says_something_and_says_it_by_word():
    for given_, code in (({}, "customer.no_facts"), ("A", "type.wrong"), (None, "type.wrong")):
        with pytest.raises(InvalidValue) as caught:
            RecordCustomer("o-1", fact_id="f", customer_facts=given_)
        assert (caught.value.code, caught.value.path) == (code, "customer_facts")
    with pytest.raises(InvalidBatch) as batch:
        CustomerFact(name="tier", value="gold", as_of=START)
    assert [fault.path for fault in batch.value.faults] == ["value"]


# --- who reads it, and where it goes ---


def test_what_the_host_says_now_comes_before_what_the_order_keeps():
    order = placed(facts={"rating": "A", "group": "b2b"})
    seen = order_facts(order, customer={"rating": "B", "id": "u-7"})["customer"]
    assert (seen["rating"], seen["group"], seen["id"]) == ("B", "b2b", "u-7")
    assert order_facts(order, customer={"rating": None})["customer"]["rating"] is None


def test_it_is_of_a_person_and_hidden_from_a_role_that_does_not_see_these():
    assert field_class("control.customer_facts.value") is field_class("customer")
    sees = [
        RoleGrant("warehouse", ["see"], classes=["progress"]),
        RoleGrant("crm", ["see"], classes=["person"]),
    ]
    rules = OrderRules(roles=RoleMatrix(["crm", "warehouse"], sees))
    order = placed(facts={"rating": "A"})
    assert "customer_facts" not in str(project(order, "warehouse", rules))
    shown = project(order, "crm", rules)["control"]["customer_facts"]
    assert [(fact["name"], fact["value"]) for fact in shown] == [("rating", "A")]


def test_both_parts_of_a_split_order_know_the_buyer():
    order, _ = go(PLAIN, placed(facts={"rating": "A"}), told(1, group="b2b"))
    rest, new, _ = split(order, {"2": 1})
    assert rest.control.customer_facts == new.control.customer_facts
    assert new.customer_facts == {"rating": "A", "group": "b2b"}


def test_a_new_order_of_a_split_is_held_by_what_came_along():
    rule = HoldRule(code="rating", when="customer.rating == 'C'", blocks="ship")
    shop = OrderDecider(OrderRules(hold_rules=[rule]))
    _, new, _ = split(placed(shop, {"rating": "C"}), {"2": 1})
    report = attrs.evolve(told(1, group="b2b"), order_id="o-2")
    again, answer = go(shop, new, report)
    assert kinds(answer) == ["CustomerRecorded", "HoldPlaced"] and codes(again) == ["rating"]


@pytest.mark.parametrize("first", [0, 1])
def test_merged_orders_know_the_later_of_both(first):
    """One was told at one o'clock that the rating is C, the other at two that it is B."""
    source, target = placed(facts={"rating": "A"}), placed(facts={"orders_before": 3})
    target = attrs.evolve(target, order_id="o-2")
    source, _ = go(PLAIN, source, told(1, shift(START, hours=1 + first), rating="C"))
    on_target = attrs.evolve(told(2, shift(START, hours=2 - first), rating="B"), order_id="o-2")
    target, _ = go(PLAIN, target, on_target)
    _, both, _ = merge(source, target)
    assert both.customer_facts == {"rating": "BC"[first], "orders_before": 3}


def test_reports_of_one_instant_leave_the_greater_value_in_any_order():
    reports = [told(n, NOW, rating=rating) for n, rating in enumerate(("B", None, "C", "A"))]
    for messages in permutations(reports):
        order = placed()
        for message in messages:
            order, _ = go(PLAIN, order, message)
        assert order.customer_facts == {"rating": "C"}


def test_the_report_is_an_event_of_its_own_and_nothing_but_the_words_told():
    order, answer = go(PLAIN, placed(), told(1, rating="B"))
    (event,) = answer.events
    assert isinstance(event, CustomerRecorded) and not isinstance(event, FactNoted)
    assert (event.customer_facts, event.as_of) == ({"rating": "B"}, NOW)
    assert isinstance(order, Order) and order.facts_seen.find("f-1") is not None
    pay = RecordPayment(
        "o-1", fact_id="f-2", payment_id="p", kind="captured", amount=Money(31_590, "CNY")
    )
    order, _ = go(PLAIN, order, pay)
    assert order.customer_facts == {"rating": "B"}

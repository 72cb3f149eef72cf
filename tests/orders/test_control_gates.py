"""Gates: what a confirmation lacks, how it waits, and how it goes on by itself."""

from __future__ import annotations

import itertools

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders import scenario_words as words
from tests.orders.histories import at
from tests.orders.scenario_words import call_back, hand_over, hand_to_node, live, plan

from ordercore.kernel import Context, Decision, InvalidBatch, InvalidValue, Money, instant, shift
from ordercore.orders import (
    DEFAULT_RULES,
    INVARIANTS,
    Assignment,
    CancelOrder,
    ConfirmOrder,
    Evidence,
    Gate,
    HoldEnd,
    HoldPlaced,
    HoldReleased,
    Lifecycle,
    Notify,
    OrderConfirmed,
    OrderDecider,
    OrderRules,
    PlaceHold,
    RecordEvidence,
    RecordPayment,
    ReleaseHold,
    ReleaseUnits,
    ReserveStock,
    ShipUnits,
    blocking,
    statuses,
)
from ordercore.orders.control.blocking import edge_guards, question
from ordercore.orders.specimen import tea_order

NOW = instant("2026-11-11T08:00:00Z")
B2B = (Gate("confirm", ["credit.review", "stock", "invoice_data", "payment"]),)
WAITS = OrderDecider(OrderRules(name="b2b", gates=B2B, on_gate="hold"))
REFUSES = OrderDecider(OrderRules(name="b2b", gates=B2B))
CONFIRM = ConfirmOrder("o-1", command_id="ask")

SUPPLIES = {
    "credit.review": RecordEvidence("o-1", fact_id="f-credit", name="credit.review"),
    "stock": ReserveStock(
        "o-1",
        command_id="c-stock",
        allocations=[Assignment("1", 2, node="n"), Assignment("2", 1, node="n")],
    ),
    "invoice_data": RecordEvidence("o-1", fact_id="f-invoice", name="invoice_data"),
}
PAID = RecordPayment(
    "o-1", fact_id="f-pay", payment_id="p", kind="authorised", amount=Money(31590, "CNY")
)


def tell(shop, order, message, context=None):
    decision = shop.decide(order, message, context or at(NOW))
    assert isinstance(decision, Decision), decision
    return shop.replay(order, decision.events), decision


def kinds(decision):
    return [type(event).__name__ for event in decision.events]


def having(shop, *names):
    order, _ = tell(shop, tea_order(), PAID)
    for name in names:
        order, _ = tell(shop, order, SUPPLIES[name])
    return order


SUBSETS = [subset for size in range(4) for subset in itertools.combinations(sorted(SUPPLIES), size)]


@pytest.mark.parametrize("lacking", SUBSETS, ids="+".join)
def test_every_subset_of_what_is_missing_holds_with_just_these_and_releases_itself(lacking):
    """The three needs of a B2B order: the last one supplied, in any order, confirms at once."""
    start = having(WAITS, *(name for name in SUPPLIES if name not in lacking))
    order, asked = tell(WAITS, start, CONFIRM)
    if not lacking:
        assert kinds(asked)[0] == "OrderConfirmed"
        return
    (event,) = asked.events
    assert isinstance(event, HoldPlaced)
    assert sorted(event.hold.missing) == sorted(lacking)
    assert event.hold.code == "gate"
    assert [(type(e), e.topic) for e in asked.effects] == [(Notify, "order.held")]
    assert order.lifecycle is Lifecycle.SUBMITTED
    assert statuses(order) == statuses(start)
    results = []
    for way in itertools.permutations(lacking):
        held = order
        for count, name in enumerate(way, 1):
            held, decision = tell(WAITS, held, SUPPLIES[name])
            last = count == len(way)
            assert (held.lifecycle is Lifecycle.CONFIRMED) == last
            if last:
                released, confirmed = decision.events[-3:-1]
                assert isinstance(released, HoldReleased)
                assert released.how is HoldEnd.RESUMED
                assert isinstance(confirmed, OrderConfirmed)
                assert len({event.cause for event in decision.events}) == 1
                assert [e.effect_id for e in decision.effects[-2:]] == [
                    "o-1/resumed/ask/0",
                    "o-1/resumed/ask/1",
                ]
                assert decision.effects[-2].topic == "order.confirmed"
                effects = decision.effects[-2:]
        assert held.control.holds == ()
        assert held.control.ended[0].how is HoldEnd.RESUMED
        results.append((held.control, held.lines, held.payments, held.version, effects))
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("lacking", SUBSETS, ids="+".join)
def test_a_shop_that_refuses_gives_every_reason_with_what_helps(lacking):
    start = having(REFUSES, *(name for name in SUPPLIES if name not in lacking))
    verdict = REFUSES.check(start, CONFIRM, at(NOW))
    assert verdict.codes == tuple(f"gate.{need}" for need in B2B[0].needs if need in lacking)
    for reason in verdict.reasons:
        assert reason.remedy is not None or reason.obtain


def test_a_repeat_of_the_request_is_a_repeat_and_another_request_is_told_what_is_missing():
    order, _ = tell(WAITS, having(WAITS, "stock"), CONFIRM)
    assert WAITS.decide(order, CONFIRM, at(NOW)).repeated
    again = WAITS.decide(order, ConfirmOrder("o-1", command_id="other"), at(NOW))
    assert again.codes == ("gate.credit.review", "gate.invoice_data")
    order, _ = tell(WAITS, order, SUPPLIES["credit.review"])
    again = WAITS.decide(order, ConfirmOrder("o-1", command_id="other"), at(NOW))
    assert again.codes == ("gate.invoice_data",)
    order, _ = tell(WAITS, order, SUPPLIES["invoice_data"])
    assert WAITS.decide(order, CONFIRM, at(NOW)).repeated


def test_what_was_there_may_go_again_before_the_rest_comes():
    order, _ = tell(WAITS, having(WAITS, "stock", "credit.review"), CONFIRM)
    back = ReleaseUnits("o-1", command_id="c-back", allocations=["c-stock/0"])
    order, _ = tell(WAITS, order, back)
    order, decision = tell(WAITS, order, SUPPLIES["invoice_data"])
    assert kinds(decision) == ["EvidenceRecorded"]
    again = ReserveStock("o-1", command_id="c-2", allocations=[Assignment("1", 2, node="n")])
    order, decision = tell(WAITS, order, again)
    assert kinds(decision)[-3:] == ["HoldReleased", "OrderConfirmed", "MoneyRequested"]


def test_a_request_is_withdrawn_by_releasing_its_hold():
    order, _ = tell(WAITS, having(WAITS, "stock", "credit.review"), CONFIRM)
    order, _ = tell(WAITS, order, ReleaseHold("o-1", command_id="x", hold_id="ask/gate"))
    order, decision = tell(WAITS, order, SUPPLIES["invoice_data"])
    assert kinds(decision) == ["EvidenceRecorded"]
    assert order.lifecycle is Lifecycle.SUBMITTED


def test_a_waiting_request_goes_with_its_order():
    order, _ = tell(WAITS, having(WAITS), CONFIRM)
    order, decision = tell(WAITS, order, CancelOrder("o-1", command_id="x"))
    assert order.lifecycle is Lifecycle.CANCELLED
    assert order.control.holds == ()
    assert decision.events[-1].how is HoldEnd.DROPPED
    assert all(law.check(order) is None for law in INVARIANTS)


def test_a_hold_keeps_a_request_waiting_too_and_its_release_lets_it_go_on():
    order = having(WAITS, *SUPPLIES)
    hold = PlaceHold("o-1", command_id="h", hold_id="fraud-1", code="fraud")
    order, _ = tell(WAITS, order, hold)
    order, decision = tell(WAITS, order, CONFIRM)
    assert decision.events[0].hold.missing == ("hold:fraud-1",)
    order, decision = tell(WAITS, order, ReleaseHold("o-1", command_id="r", hold_id="fraud-1"))
    assert kinds(decision) == ["HoldReleased", "HoldReleased", "OrderConfirmed", "MoneyRequested"]


def test_a_hold_that_ran_out_lets_a_request_go_on_at_the_next_decision():
    until = shift(NOW, minutes=5)
    order = having(WAITS, *SUPPLIES)
    hold = PlaceHold("o-1", command_id="h", hold_id="h-1", code="fraud", until=until)
    order, _ = tell(WAITS, order, hold)
    order, _ = tell(WAITS, order, CONFIRM)
    # No tick has come, and the very same request is asked again: now nothing is in the way.
    order, decision = tell(WAITS, order, ConfirmOrder("o-1", command_id="two"), at(until))
    assert kinds(decision) == ["OrderConfirmed", "MoneyRequested", "HoldReleased"]
    assert decision.events[-1].how is HoldEnd.DROPPED
    assert [hold.hold_id for hold in order.control.holds] == ["h-1"]


def test_a_wrong_stage_is_said_without_gates_that_do_not_matter_any_more():
    order, _ = tell(REFUSES, having(REFUSES), CancelOrder("o-1", command_id="x"))
    answer = REFUSES.decide(order, CONFIRM, at(NOW))
    assert answer.codes == ("order.stage",)
    assert answer.final


def test_the_default_gates_are_stock_and_payment():
    assert DEFAULT_RULES.gates == (Gate("confirm", ("stock", "payment")),)
    bare = OrderDecider(OrderRules(gates=()))
    _, decision = tell(bare, tea_order(), CONFIRM)
    assert kinds(decision) == ["OrderConfirmed"]


@given(st.permutations(range(5)))
def test_evidence_commutes_and_what_is_withdrawn_stays_so(order_of):
    facts = [
        RecordEvidence("o-1", fact_id="1", name="credit", evidence_id="a", occurred_at=NOW),
        RecordEvidence(
            "o-1", fact_id="2", name="credit", evidence_id="a", withdrawn=True, occurred_at=NOW
        ),
        RecordEvidence("o-1", fact_id="3", name="credit", evidence_id="b", occurred_at=NOW),
        RecordEvidence(
            "o-1", fact_id="4", name="credit", evidence_id="b", occurred_at=shift(NOW, minutes=-9)
        ),
        RecordEvidence("o-1", fact_id="5", name="unheard.of", about="s-1", occurred_at=NOW),
    ]
    order = tea_order()
    for index in order_of:
        order, _ = tell(WAITS, order, facts[index])
        again = WAITS.decide(order, facts[index], at(NOW))
        assert again.repeated
    told = [(e.name, e.evidence_id, e.withdrawn, str(e.at)) for e in order.control.evidence]
    assert told == [
        ("credit", "a", True, str(NOW)),
        ("credit", "b", False, str(shift(NOW, minutes=-9))),
        ("unheard.of", "5", False, str(NOW)),
    ]
    assert order.control.shown("credit")
    assert order.control.shown("unheard.of", ("s-1",))
    assert not order.control.shown("unheard.of")
    assert not order.clashes


def test_evidence_that_was_withdrawn_closes_its_gate_and_other_evidence_opens_it():
    shop = OrderDecider(OrderRules(gates=[Gate("confirm", ["credit"])]))
    shown = RecordEvidence("o-1", fact_id="1", name="credit", evidence_id="a")
    back = attrs.evolve(shown, fact_id="2", withdrawn=True)
    order, _ = tell(shop, tea_order(), shown)
    assert shop.check(order, CONFIRM, at(NOW)).allowed
    order, _ = tell(shop, order, back)
    assert shop.check(order, CONFIRM, at(NOW)).codes == ("gate.credit",)
    order, _ = tell(shop, order, attrs.evolve(shown, fact_id="3", evidence_id="b"))
    assert shop.check(order, CONFIRM, at(NOW)).allowed


def test_evidence_under_a_known_id_that_says_something_else_is_kept_as_a_clash():
    first = RecordEvidence("o-1", fact_id="1", name="waybill", evidence_id="w", digest="aa")
    order, _ = tell(WAITS, tea_order(), first)
    other = attrs.evolve(first, fact_id="2", digest="bb")
    order, _ = tell(WAITS, order, other)
    assert dict(order.clashes) == {"evidence.differs": 1}
    assert order.control.evidence[0].digest == "aa"


def test_evidence_is_taken_by_a_clock_that_runs_backwards():
    order, _ = tell(WAITS, having(WAITS, "stock", "invoice_data"), CONFIRM)
    early = at(shift(NOW, days=-1))
    order, _ = tell(WAITS, order, SUPPLIES["credit.review"], early)
    assert order.lifecycle is Lifecycle.CONFIRMED
    assert dict(order.clashes) == {"clock.backwards": 1}
    assert order.last_at == NOW
    refused = WAITS.decide(order, ReleaseHold("o-1", command_id="r", hold_id="x"), early)
    assert refused.codes == ("clock.backwards",)


# --- documents, inside a command ---


DOCUMENTS = attrs.evolve(
    DEFAULT_RULES,
    gates=[
        *DEFAULT_RULES.gates,
        Gate("invoice", ["waybill.signed", "acceptance"]),
        Gate("restock", ["return.original_order", "quality.report"]),
    ],
)


@pytest.mark.parametrize("verb", ["invoice", "restock"])
@pytest.mark.parametrize("have", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_step_needs_each_document_about_its_own_part(verb, have):
    shop = OrderDecider(DOCUMENTS)
    needs = next(gate.needs for gate in DOCUMENTS.gates if gate.verb == verb)
    order = tea_order()
    for number, (need, there) in enumerate(zip(needs, have, strict=True)):
        if there:
            fact = RecordEvidence("o-1", fact_id=f"f-{number}", name=need, about="r-1")
            order, _ = tell(shop, order, fact)
    reasons = blocking(order, verb, "r-1", DOCUMENTS, at(NOW), CONFIRM)
    assert [reason.code for reason in reasons] == [
        f"gate.{need}" for need, there in zip(needs, have, strict=True) if not there
    ]
    other = blocking(order, verb, "r-2", DOCUMENTS, at(NOW), CONFIRM)
    assert len(other) == 2
    assert blocking(order, "nothing", "r-1", DOCUMENTS, at(NOW), CONFIRM) == []


def test_the_guards_of_an_edge_are_needs():
    order, _ = tell(WAITS, tea_order(), RecordEvidence("o-1", fact_id="f", name="tax.review"))
    context = at(NOW)
    found = edge_guards(order, ["tax.review", "customs.no"], "f-1", DOCUMENTS, context, CONFIRM)
    assert found["tax.review"] is True
    assert found["customs.no"].code == "gate.customs.no"
    assert edge_guards(order, ["no_hold"], None, DOCUMENTS, context, CONFIRM) == {"no_hold": True}


def test_a_gate_is_only_for_the_orders_it_names_and_closed_where_that_is_unknown():
    big = OrderDecider(
        OrderRules(gates=[Gate("confirm", ["second.review"], when="order.due > CNY(300)")])
    )
    small = OrderDecider(
        OrderRules(gates=[Gate("confirm", ["second.review"], when="order.due > CNY(400)")])
    )
    unknown = OrderDecider(
        OrderRules(gates=[Gate("confirm", ["x"], when="customer.rating == 'A'")])
    )
    assert big.check(tea_order(), CONFIRM, at(NOW)).codes == ("gate.second.review",)
    assert small.check(tea_order(), CONFIRM, at(NOW)).allowed
    assert unknown.check(tea_order(), CONFIRM, at(NOW)).codes == ("gate.x",)


def test_a_need_that_two_gates_name_is_told_once():
    shop = OrderDecider(
        OrderRules(gates=[Gate("confirm", ["x", "y"]), Gate("confirm", ["y", "z"])])
    )
    assert shop.check(tea_order(), CONFIRM, at(NOW)).codes == ("gate.x", "gate.y", "gate.z")


def test_a_gate_on_a_shipment_takes_evidence_about_it():
    shop = OrderDecider(OrderRules(gates=[Gate("ship", ["customs.no"])]))
    order = having(shop, "stock")
    order, _ = tell(shop, order, CONFIRM)
    ship = ShipUnits("o-1", command_id="s", shipment_id="s-1", node="n", lines={"1": 1})
    assert shop.check(order, ship, at(NOW)).codes == ("gate.customs.no",)
    assert shop.available(order, at(NOW))["ShipUnits"].reasons[0].code == "gate.customs.no"
    shown = RecordEvidence("o-1", fact_id="f", name="customs.no", about="s-1")
    order, _ = tell(shop, order, shown)
    assert shop.check(order, ship, at(NOW)).allowed
    other = attrs.evolve(ship, shipment_id="s-2")
    assert not shop.check(order, other, at(NOW)).allowed


def test_no_hold_is_a_need_with_a_remedy():
    shop = OrderDecider(OrderRules(gates=[Gate("confirm", ["no_hold"])]))
    hold = PlaceHold("o-1", command_id="h", hold_id="h-1", code="note", blocks="ship")
    order, _ = tell(shop, tea_order(), hold)
    answer = shop.decide(order, CONFIRM, at(NOW))
    assert answer.codes == ("gate.no_hold",)
    order, _ = tell(shop, order, answer.reasons[0].remedy)
    assert shop.check(order, CONFIRM, at(NOW)).allowed


# --- bad input ---


@pytest.mark.parametrize(
    "make, code",
    [
        (lambda: Gate("cancel_order", ["x"]), "gate.verb"),
        (lambda: Gate("release_hold", ["x"]), "gate.verb"),
        (lambda: Gate("", ["x"]), "gate.verb"),
        (lambda: Gate("confirm", []), "gate.needs"),
        (lambda: Gate("confirm", [""]), "gate.needs"),
        (lambda: Gate("confirm", ["approval:"]), "gate.needs"),
        (lambda: Gate("confirm", ["x"], when="order.nothing > 3"), "condition.invalid"),
        (lambda: Gate("confirm", ["x"], when=5), "type.wrong"),
        (lambda: OrderRules(gates=["confirm"]), "type.wrong"),
        (lambda: OrderRules(on_gate="wish"), "choice.unknown"),
        (lambda: OrderRules(name=""), "rules.name"),
        (lambda: RecordEvidence("o-1", fact_id="f", name=""), "evidence.name"),
        (lambda: RecordEvidence("o-1", fact_id="f", name="approval:x"), "evidence.name"),
        (
            lambda: RecordEvidence("o-1", fact_id="f", name="x", evidence_id=""),
            "identifier.invalid",
        ),
    ],
)
def test_what_is_no_gate_is_refused(make, code):
    with pytest.raises((InvalidBatch, InvalidValue)) as told:
        make()
    error = told.value
    assert (error.faults[0] if isinstance(error, InvalidBatch) else error).code == code


def test_what_is_no_evidence_is_refused_with_every_fault():
    with pytest.raises(InvalidBatch) as told:
        Evidence(name="a:b", evidence_id="", at=NOW, by="x")
    assert [fault.code for fault in told.value.faults] == ["evidence.name", "evidence.id"]


def test_a_question_is_about_all_of_the_fulfilment_order_it_names():
    """Its lines, its shipment, its stage and its node, whatever the command says itself."""
    planned, gone = live((*words.PAID, plan(l1=2))).order, live(words.GONE).order

    def asked(order, word):
        put = question(order, word(99), at(NOW))
        lines = None if put.lines is None else sorted(put.lines)
        return put.ids, lines, put.flow_stage, put.node

    assert asked(planned, hand_to_node()) == (("fo-1",), ["1"], "planned", "ningbo")
    assert asked(gone, call_back()) == (("fo-1", "s-1"), ["1", "2"], "handed_over", "ningbo")
    assert asked(gone, hand_over("s-1")) == (("fo-1", "s-1"), ["1", "2"], "handed_over", "ningbo")
    assert asked(planned, call_back("fo-9")) == (("fo-9",), None, "", "")
    assert asked(planned, plan("fo-2")) == (("fo-2",), None, "", "ningbo")
    assert asked(planned, plan("fo-2", l2=1)) == (("fo-2",), ["2"], "", "ningbo")


def test_gates_on_returns_are_allowed():
    assert Gate("receive_return", ["quality.report"]).needs == ("quality.report",)
    assert Gate("confirm", "stock").needs == ("stock",)


def test_who_asks_does_not_matter_where_no_role_is_listed():
    context = Context(now=NOW, actor="x", role="anything")
    assert REFUSES.check(tea_order(), CONFIRM, context).codes[0] == "gate.credit.review"

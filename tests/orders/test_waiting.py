"""Every command that a gate can keep back waits: exactly for what is missing, and not a fact longer."""

from __future__ import annotations

import itertools
import typing

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.orders import scenario_words as words
from tests.orders.histories import at
from tests.orders.scenario_words import NOW, laws_broken, live
from tests.orders.test_fulfilling import ABROAD, FULFILMENT
from tests.orders.test_scenarios_of_stages import VISITING

from ordercore.codec import Codec
from ordercore.kernel import Context, Decision, Duration, InvalidBatch, Money, Refusal, shift
from ordercore.orders import (
    RESUMED_VERBS,
    ApprovalRule,
    CancelOrder,
    ConfirmOrder,
    Flow,
    Gate,
    GiveApproval,
    Hold,
    HoldEnd,
    HoldPlaced,
    HoldReleased,
    HoldRule,
    InvoiceIssued,
    IssueInvoice,
    MigrateFlow,
    MoneyRequested,
    Notify,
    OrderCommand,
    OrderDecider,
    OrderRules,
    PlaceHold,
    ReceivedUnits,
    ReceiveReturn,
    RecordEvidence,
    RecordPayment,
    RefundBalance,
    ReleaseHold,
    RequestApproval,
    RoleGrant,
    RoleMatrix,
    ShipUnits,
    Waiting,
    due_timers,
    plan_merge,
    plan_split,
)
from ordercore.orders.control.hold import may_be_held

OPEN = OrderRules(name="open", gates=())
EXPORT = attrs.evolve(OPEN, flows=[Flow(machine=ABROAD), Flow(machine=FULFILMENT, retired=True)])
BACK = (*words.HOME, words.ask_back(l1=1))
RETURNED = (*BACK, words.take_back(("1", 1, "scrap")), words.refunded("112.00"))
SWAPPING = (
    *words.HOME,
    words.exchange(
        words.LINES[0], words.LINES[1], words.line("3", "MUG", 1, "112.00", "0.00"), l1=1
    ),
)
DONE = (*words.HOME, words.close())
SPLIT = plan_split(live(words.PAID).order, {"2": 1}, to_order="o-2", transfer_id="t-1").accepted()
JOIN = plan_merge(
    attrs.evolve(live(words.PAID).order, order_id="o-9"), live(words.PAID).order, transfer_id="t-1"
).accepted()
ALSO = live(words.PAID, OPEN)

# For every command that a gate can guard: a life after which it is accepted, and the command.
CASES = {
    "confirm": ((words.place(),), words.confirm()),
    "submit": ((words.place(draft=True),), words.submit()),
    "allocate": ((words.place(),), words.allocate(("1", 1))),
    "reserve": ((words.place(),), words.reserve()),
    "release": (words.PAID, words.release("c-2/0")),
    "allow": (words.PAID, words.allow("5.00")),
    "refund_balance": (
        (*words.PAID, words.cancel(l2=1), words.pay("refund_failed", "51.90")),
        words.balance(),
    ),
    "ship": (words.PAID, words.ship(l1=1)),
    "plan_fulfilment": (words.PAID, words.plan()),
    "release_fulfilment": (words.PLANNED, words.hand_to_node()),
    "start_picking": (words.RELEASED, words.start()),
    "confirm_pick": (words.PICKING, words.pick(l1=2, l2=1)),
    "pack_fulfilment": (words.PICKED, words.pack()),
    "hand_over": (words.PACKED, words.hand_over()),
    "set_appointment": (VISITING, words.appoint(shift(NOW, days=1), "fo-v")),
    "issue_invoice": (words.SENT, words.issue()),
    "issue_credit_note": ((*words.HOME, words.issue(), words.allow("5.00")), words.take_off()),
    "request_return": (words.HOME, words.ask_back(l1=1)),
    "receive_return": (BACK, words.take_back(("1", 1, "scrap"))),
    "close": (words.HOME, words.close()),
    "reopen": (DONE, words.reopen()),
    "edit_order": (words.PAID, words.edit(words.LINES[0])),
    "request_exchange": (words.HOME, SWAPPING[-1]),
    "lapse_exchange": (SWAPPING, words.lapse()),
    "transfer_out": (words.PAID, lambda n: attrs.evolve(SPLIT.out, command_id=f"c-{n}")),
    "transfer_in": (words.PAID, lambda n: attrs.evolve(JOIN.into, command_id=f"c-{n}")),
    "migrate_flow": (
        words.PACKED,
        lambda n: MigrateFlow("o-1", command_id=f"c-{n}", to=ABROAD.pin),
    ),
    "complete_stage": (words.GONE, words.complete("export")),
}


def shop(*gates, **more):
    return OrderDecider(attrs.evolve(EXPORT, gates=gates, **more))


def show(name, **more):
    return RecordEvidence("o-1", fact_id=f"f-{name}", name=name, **more)


def told(here, order, message, context=None):
    decision = here.decide(order, message, context or at(order.last_at))
    assert isinstance(decision, Decision), decision
    after = here.replay(order, decision.events)
    assert laws_broken(after) == set()
    return after, decision


def kinds(decision):
    return [type(event).__name__ for event in decision.events]


def case(verb):
    """The order, and the command; it is accepted where nothing is gated."""
    life, word = CASES[verb]
    rules = EXPORT if verb == "complete_stage" else OPEN
    order = live(life, rules).order
    command = word(90)
    assert command.verb == verb
    return order, command


def books(order):
    """All of an order but what it remembers of messages, its holds and its audit."""
    plain = attrs.evolve(order.control, holds=(), ended=(), evidence=())
    return attrs.evolve(
        order,
        version=1,
        audit_head="",
        commands_seen=ALSO.order.commands_seen,
        facts_seen=ALSO.order.facts_seen,
        control=plain,
    )


def test_every_command_that_a_gate_can_guard_is_among_the_cases():
    gated = {
        command.verb
        for command in typing.get_args(OrderCommand)
        if may_be_held(command.verb) or command.verb in {"receive_return", "request_return"}
    }
    assert set(CASES) == gated
    assert set(RESUMED_VERBS) < gated


@pytest.mark.parametrize("verb", CASES)
def test_a_command_waits_for_exactly_what_is_missing_and_ends_with_the_last_of_it(verb):
    order, command = case(verb)
    free, refusing = shop(), shop(Gate(verb, ["paper", "stamp"]))
    here = shop(Gate(verb, ["paper", "stamp"], on_closed="hold"))
    plain = free.decide(order, command, at(NOW)).accepted()
    assert refusing.check(order, command, at(NOW)).codes == ("gate.paper", "gate.stamp")

    verdict = here.check(order, command, at(NOW))
    assert (verdict.allowed, [each.code for each in verdict.waits_for]) == (
        True,
        ["gate.paper", "gate.stamp"],
    )
    option = here.available(order, at(NOW))[type(command).__name__]
    if option.allowed:
        assert [each.code for each in option.waits_for] == ["gate.paper", "gate.stamp"]
    assert option.allowed == free.available(order, at(NOW))[option.command].allowed

    held, asked = told(here, order, command)
    (event,) = asked.events
    assert isinstance(event, HoldPlaced)
    assert (event.hold.missing, event.hold.waits.command) == (("paper", "stamp"), command)
    assert [(type(e), e.topic) for e in asked.effects] == [(Notify, "order.held")]
    assert books(held) == books(order)
    # The same again is a repeat; the same under another id is told what is missing.
    assert here.decide(held, command, at(NOW)).repeated
    # A transfer is planned for one version of its order: by then another plan is needed.
    planned = ("transfer.stale",) if verb == "transfer_out" else ()
    other = attrs.evolve(command, command_id="other")
    assert here.check(held, other, at(NOW)).codes == (*planned, "gate.paper", "gate.stamp")

    ends = []
    for way in itertools.permutations(["paper", "stamp"]):
        one, decision = told(here, held, show(way[0]))
        assert kinds(decision) == ["EvidenceRecorded"]
        assert here.decide(one, show(way[0]), at(NOW)).repeated
        assert here.check(one, other, at(NOW)).codes == (*planned, f"gate.{way[1]}")
        two, decision = told(here, one, show(way[1]))
        assert len({each.cause for each in decision.events}) == 1
        ended = decision.events[1]
        assert isinstance(ended, HoldReleased)
        assert two.control.holds == ()
        if verb in RESUMED_VERBS:
            assert ended.how is HoldEnd.RESUMED
            assert kinds(decision)[2:] == kinds(plain)
            assert [attrs.evolve(each, effect_id="x") for each in decision.effects] == [
                attrs.evolve(each, effect_id="x") for each in plain.effects
            ]
            ids = [f"o-1/resumed/c-90/{n}" for n in range(len(plain.effects))]
            assert [each.effect_id for each in decision.effects] == ids
            asked_for = [e.effect_id for e in decision.events if isinstance(e, MoneyRequested)]
            assert set(asked_for) <= set(ids)
        else:
            assert ended.how is HoldEnd.READY
            assert decision.effects == (
                Notify(effect_id="o-1/ready/c-90/0", order_id="o-1", topic="command.ready"),
            )
            again = here.decide(two, other, at(NOW))
            if planned:
                assert again.codes == planned
            else:
                assert kinds(again) == kinds(plain)
        # Nothing is left to happen a second time.
        assert here.decide(two, show(way[1]), at(NOW)).repeated
        _, late = told(here, two, show("more"))
        assert kinds(late) == ["EvidenceRecorded"]
        ends.append((books(two), decision.effects))
    assert ends[0] == ends[1]
    if verb in RESUMED_VERBS:
        done = free.replay(order, plain.events)
        assert ends[0][0].lines == done.lines
        assert ends[0][0].lifecycle is done.lifecycle
        assert [(p.payment_id, p.held_minor) for p in ends[0][0].payments] == [
            (p.payment_id, p.held_minor) for p in done.payments
        ]


@pytest.mark.parametrize("verb", CASES)
def test_whoever_wants_to_be_asked_again_is(verb):
    order, command = case(verb)
    here = shop(Gate(verb, ["paper"], on_closed="ask_again"))
    held, _ = told(here, order, command)
    assert not held.control.waiting[0].waits.resumes
    after, decision = told(here, held, show("paper"))
    assert after.control.ended[-1].how is HoldEnd.READY
    assert books(after) == books(order)
    assert [e.topic for e in decision.effects] == ["command.ready"]


@pytest.mark.parametrize("verb", CASES)
def test_a_wait_may_have_an_end_and_is_then_given_up(verb):
    order, command = case(verb)
    gates = [
        Gate(verb, ["paper"], on_closed="hold", within=Duration.of(hours=2)),
        Gate(verb, ["stamp"], on_closed="hold", within=Duration.of(hours=1)),
    ]
    here = shop(*gates)
    held, asked = told(here, order, command)
    end = shift(order.last_at, hours=1)
    assert [(t.timer_id, t.at) for t in asked.due] == [("o-1/hold/c-90/gate", end)]
    assert [t for t in due_timers(held, here.rules) if t.timer_id == asked.due[0].timer_id]
    # The last of it comes at the very end, before anything rang: too late, and told once.
    held, _ = told(here, held, show("paper"))
    late, decision = told(here, held, show("stamp"), at(end))
    assert kinds(decision) == ["EvidenceRecorded", "HoldReleased"]
    assert late.control.ended[-1].how is HoldEnd.EXPIRED
    assert [e.topic for e in decision.effects] == ["hold.expired"]
    # Or the clock rings, and what comes later finds nobody waiting.
    rung, decision = told(here, held, asked.due[0].command, at(end))
    assert rung.control.ended[-1].how is HoldEnd.EXPIRED
    assert [e.topic for e in decision.effects] == ["hold.expired"]
    _, decision = told(here, rung, show("stamp"), at(end))
    assert kinds(decision) == ["EvidenceRecorded"]
    # A moment earlier it was in time.
    _, decision = told(here, held, show("stamp"), at(shift(end, microseconds=-1)))
    assert decision.events[1].how in {HoldEnd.RESUMED, HoldEnd.READY}


# --- several gates, holds, and what the host's rules say ---


def test_a_gate_says_what_becomes_of_its_commands_and_the_rules_of_all_others():
    order, command = case("ship")
    hold, refuse = Gate("ship", ["paper"], on_closed="hold"), Gate("ship", ["stamp"])
    assert shop(hold, refuse).check(order, command, at(NOW)).codes == ("gate.paper", "gate.stamp")
    assert shop(hold, refuse, on_gate="hold").check(order, command, at(NOW)).allowed
    strict = attrs.evolve(refuse, on_closed="refuse")
    assert not shop(hold, strict, on_gate="hold").check(order, command, at(NOW)).allowed
    # With the one that refuses open, the other one lets it wait.
    stamped, _ = told(shop(hold, refuse), order, show("stamp"))
    assert shop(hold, refuse).check(stamped, command, at(NOW)).allowed
    # One that wants to be asked again is enough for all.
    again = attrs.evolve(hold, needs=["seal"], on_closed="ask_again")
    confirm = [attrs.evolve(gate, verb="confirm") for gate in (hold, again)]
    held, _ = told(shop(*confirm), *case("confirm"))
    assert not held.control.pending.waits.resumes


def test_a_hold_keeps_a_command_waiting_where_the_rules_let_it():
    order, command = case("close")
    here = shop(on_gate="hold")
    order, _ = told(here, order, PlaceHold("o-1", command_id="h", hold_id="h-1", code="fraud"))
    assert shop().check(order, command, at(NOW)).codes == ("order.held",)
    held, asked = told(here, order, command)
    assert asked.events[0].hold.missing == ("hold:h-1",)
    after, decision = told(here, held, ReleaseHold("o-1", command_id="l", hold_id="h-1"))
    assert kinds(decision) == ["HoldReleased", "HoldReleased", "OrderClosed"]
    assert after.lifecycle == "closed"


def test_a_role_that_may_not_is_refused_and_never_waits():
    order, command = case("close")
    roles = RoleMatrix(["office"], [RoleGrant("office", ["confirm"])])
    here = shop(Gate("close", ["paper"], on_closed="hold"), roles=roles)
    answer = here.decide(order, command, Context(now=NOW, actor="li", role="office"))
    assert answer.codes == ("role.not_allowed", "gate.paper")
    option = here.available(order, Context(now=NOW, actor="li", role="office"))["CloseOrder"]
    assert not option.allowed


def test_what_could_not_happen_anyway_does_not_wait():
    here = shop(Gate("close", ["paper"], on_closed="hold"))
    order, _ = case("ship")
    answer = here.decide(order, words.close()(90), at(NOW))
    assert isinstance(answer, Refusal)
    assert answer.codes[-1] == "gate.paper"
    assert not here.available(order, at(NOW))["CloseOrder"].allowed


def test_a_command_is_resumed_in_the_name_of_its_sender():
    """Four eyes: the one who supplies the last approval did not send the command."""
    here = shop(
        Gate("allow", ["approval:money"], on_closed="hold"),
        approvals=[ApprovalRule("money", levels=["finance"])],
    )
    order, command = case("allow")
    order, _ = told(
        here, order, RequestApproval("o-1", command_id="q", approval_id="a", name="money")
    )
    clerk = Context(now=order.last_at, actor="li", role="clerk")
    held, _ = told(here, order, command, clerk)
    assert (held.control.waiting[0].placed_by, held.control.waiting[0].waits.role) == (
        "li",
        "clerk",
    )
    boss = Context(now=order.last_at, actor="mei", role="finance")
    after, decision = told(here, held, GiveApproval("o-1", command_id="v", approval_id="a"), boss)
    assert kinds(decision) == [
        "ApprovalVoted",
        "HoldReleased",
        "AllowanceGranted",
        "MoneyRequested",
    ]
    assert after.allowance_minor == 500
    assert {event.cause.actor for event in decision.events} == {"mei"}


def test_commands_of_one_order_wait_beside_each_other_and_go_in_their_turn():
    """Two invoices and a close: the paper releases the invoices, and with these the close."""
    here = shop(
        Gate("issue_invoice", ["paper"], on_closed="hold"),
        Gate("close", ["paper", "stamp"], on_closed="hold"),
    )
    order = live(words.HOME, OPEN).order
    first = IssueInvoice("o-1", command_id="b", invoice_id="i-1", lines={"1": 2})
    second = IssueInvoice("o-1", command_id="a", invoice_id="i-2", lines={"2": 1})
    close = words.close()(90)
    for message in (first, second, close):
        order, _ = told(here, order, message)
    assert [hold.resumes for hold in order.control.waiting] == ["a", "b", "c-90"]
    # The same invoice number under another id asks for the same.
    twin = attrs.evolve(first, command_id="z")
    assert here.check(order, twin, at(NOW)).codes == ("gate.paper",)
    order, decision = told(here, order, show("paper"))
    issued = [event for event in decision.events if isinstance(event, InvoiceIssued)]
    assert [event.invoice_id for event in issued] == ["i-2", "i-1"]
    assert order.lifecycle == "confirmed"
    order, decision = told(here, order, show("stamp"))
    assert order.lifecycle == "closed"


def test_what_has_moved_on_by_then_is_dropped_and_told():
    here = shop(Gate("refund_balance", ["paper"], on_closed="hold"))
    order, command = case("refund_balance")
    held, _ = told(here, order, command)
    # The provider did pay it back: nothing is left to refund.
    gone = RecordPayment(
        "o-1", fact_id="f-r", payment_id="card", kind="refunded", amount=Money(5190, "CNY")
    )
    held, _ = told(here, held, gone)
    after, decision = told(here, held, show("paper"))
    assert kinds(decision) == ["EvidenceRecorded", "HoldReleased"]
    assert after.control.ended[-1].how is HoldEnd.DROPPED
    assert decision.effects == (
        Notify(effect_id="o-1/dropped/c-90/0", order_id="o-1", topic="command.dropped"),
    )


def test_what_waits_goes_with_its_order():
    here = shop(
        Gate("ship", ["paper"], on_closed="hold"), Gate("allow", ["paper"], on_closed="hold")
    )
    order, ship = case("ship")
    order, _ = told(here, order, ship)
    order, _ = told(here, order, words.allow("5.00")(91))
    after, decision = told(here, order, CancelOrder("o-1", command_id="x"))
    assert after.control.holds == ()
    assert {past.how for past in after.control.ended} == {HoldEnd.DROPPED}
    assert "command.ready" not in [getattr(e, "topic", "") for e in decision.effects]


def test_a_wait_is_withdrawn_by_releasing_its_hold():
    here = shop(Gate("close", ["paper"], on_closed="hold"))
    order, command = case("close")
    held, _ = told(here, order, command)
    gone, _ = told(here, held, ReleaseHold("o-1", command_id="x", hold_id="c-90/gate"))
    after, decision = told(here, gone, show("paper"))
    assert kinds(decision) == ["EvidenceRecorded"]
    assert after.lifecycle == "confirmed"


def test_what_a_resumed_command_brings_about_is_carried_on():
    """A rule that holds every closed order lets go again; a rule that held it goes first."""
    here = shop(
        Gate("confirm", ["paper"], on_closed="hold"),
        hold_rules=[HoldRule(code="look", when="order.stage == 'confirmed'", blocks="ship")],
    )
    order, command = case("confirm")
    held, _ = told(here, order, command)
    after, decision = told(here, held, show("paper"))
    assert kinds(decision) == [
        "EvidenceRecorded",
        "HoldReleased",
        "OrderConfirmed",
        "HoldPlaced",
    ]
    assert [hold.rule for hold in after.control.holds] == ["look"]


# --- steps inside a command ---


def test_a_step_inside_a_command_has_gates_of_its_own():
    """Back to stock only with the original order and the report; to the scrap without."""
    gate = Gate("restock", ["original_order", "quality_report"])
    order = live(BACK, OPEN).order
    here = shop(gate)
    back = [ReceivedUnits("1", 1, disposition="restock", node="ningbo")]
    restock = ReceiveReturn("o-1", command_id="r", return_id="r-1", units=back)
    scrap = words.take_back(("1", 1, "scrap"))(90)
    assert here.check(order, restock, at(NOW)).codes == (
        "gate.original_order",
        "gate.quality_report",
    )
    assert here.check(order, scrap, at(NOW)).allowed
    assert here.available(order, at(NOW))["ReceiveReturn"].allowed
    shown, _ = told(here, order, show("original_order", about="r-1"))
    assert here.check(shown, restock, at(NOW)).codes == ("gate.quality_report",)
    held, _ = told(shop(attrs.evolve(gate, on_closed="hold")), shown, restock)
    ready, _ = told(shop(gate), held, show("quality_report"))
    assert ready.control.ended[-1].how is HoldEnd.READY
    assert here.check(ready, attrs.evolve(restock, command_id="s"), at(NOW)).allowed


def test_an_invoice_and_a_credit_note_are_steps_too():
    here = shop(Gate("invoice", ["waybill.signed", "accepted"]), Gate("credit_note", ["approved"]))
    order, issue = case("issue_invoice")
    assert here.check(order, issue, at(NOW)).codes == ("gate.waybill.signed", "gate.accepted")
    assert here.available(order, at(NOW))["IssueInvoice"].reasons[0].code == "gate.waybill.signed"
    order, note = case("issue_credit_note")
    assert here.check(order, note, at(NOW)).codes == ("gate.approved",)
    held = PlaceHold("o-1", command_id="h", hold_id="h", code="x", blocks=["credit_note"])
    order, _ = told(here, order, held)
    assert here.check(order, note, at(NOW)).codes == ("order.held", "gate.approved")


def test_the_lines_of_an_option_are_those_that_need_not_wait():
    here = shop(on_gate="hold")
    order, _ = case("ship")
    scope = words.HoldScope.lines("1")
    some = PlaceHold("o-1", command_id="h", hold_id="h", code="x", scope=scope, blocks=["ship"])
    order, _ = told(here, order, some)
    option = here.available(order, at(NOW))["ShipUnits"]
    assert option.allowed
    for line, units in option.lines.items():
        ship = ShipUnits("o-1", command_id="s", shipment_id="s", node="ningbo", lines={line: units})
        assert here.check(order, ship, at(NOW)).allowed


# --- properties ---

NEEDS = ("paper", "stamp", "seal")


@settings(max_examples=25)
@given(st.sampled_from(sorted(CASES)), st.lists(st.sampled_from(NEEDS), max_size=8), st.data())
def test_facts_in_any_order_and_number_end_each_wait_once(verb, facts, data):
    """Gone exactly when the last need is there, whatever is repeated, withdrawn or asked twice."""
    order, command = case(verb)
    here = shop(Gate(verb, NEEDS, on_closed=data.draw(st.sampled_from(("hold", "ask_again")))))
    messages = [command, *(show(name) for name in facts)]
    messages += data.draw(st.lists(st.sampled_from(messages), max_size=4))
    messages = [command, *data.draw(st.permutations(messages))]
    shown, ended, effects = set(), 0, []
    for message in messages:
        order, decision = told(here, order, message)
        effects += decision.effects
        if isinstance(message, RecordEvidence):
            shown.add(message.name)
        ended += sum(isinstance(event, HoldReleased) for event in decision.events)
        waiting = [hold for hold in order.control.holds if hold.waits]
        assert bool(waiting) == (shown != set(NEEDS))
        assert ended == (shown == set(NEEDS))
        for hold in waiting:
            again = attrs.evolve(command, command_id="again")
            said = here.check(order, again, at(order.last_at)).codes
            lacking = [code for code in said if code != "transfer.stale"]
            assert lacking == [f"gate.{need}" for need in NEEDS if need not in shown]
            assert set(lacking) <= {f"gate.{need}" for need in hold.missing}
    ids = [effect.effect_id for effect in effects]
    assert len(ids) == len(set(ids))


# --- values ---


def test_a_waiting_command_is_data():
    codec = Codec()
    for verb in CASES:
        _, command = case(verb)
        waits = Waiting(command=command, role="office", missing=["paper"])
        assert codec.loads(codec.dumps(waits), Waiting) == waits
        assert (waits.verb, waits.is_like(attrs.evolve(command, command_id="z"))) == (verb, True)
    confirm, refund = ConfirmOrder("o-1", command_id="c"), RefundBalance("o-1", command_id="c")
    assert not Waiting(command=confirm, missing=["x"]).is_like(refund)


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: Waiting(command=show("x"), missing=["x"]), "waiting.command"),
        (lambda: Waiting(command=5, missing=["x"]), "waiting.command"),
        (lambda: Waiting(command=words.confirm()(1), missing=[]), "waiting.missing"),
        (lambda: Waiting(command=words.confirm()(1), missing=[""]), "waiting.missing"),
        (
            lambda: Waiting(command=words.hand_over()(1), missing=["x"], resumes=True),
            "waiting.resumes",
        ),
        (lambda: Gate("ship", ["x"], within=Duration(0)), "gate.within"),
    ],
)
def test_bad_input_is_refused_with_its_code(make, code):
    with pytest.raises(InvalidBatch) as caught:
        make()
    assert caught.value.faults[0].code == code


def test_a_hold_that_waits_says_for_what():
    asked = Waiting(command=words.confirm()(1), missing=["paper"], resumes=True)
    hold = Hold(hold_id="h", code="gate", blocks=(), waits=asked, placed_at=NOW, placed_by="li")
    assert (hold.resumes, hold.missing) == ("c-1", ("paper",))
    plain = Hold(hold_id="h", code="x", placed_at=NOW, placed_by="li")
    assert (plain.resumes, plain.missing) == ("", ())

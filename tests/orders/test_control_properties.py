"""Laws of lives in which orders are held, gated, approved, ticked and answered by several roles."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.test_control_gates import tell

from ordercore import orders
from ordercore.kernel import Context, Decision, Money, Refusal, digest, shift
from ordercore.orders import (
    DEFAULT_RULES,
    INVARIANTS,
    ApprovalRule,
    Assignment,
    CloseOrder,
    ConfirmOrder,
    Fact,
    Gate,
    GiveApproval,
    HoldRule,
    Lifecycle,
    Notify,
    OrderDecider,
    OrderRules,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordEvidence,
    RecordPayment,
    RecordRefund,
    RequestApproval,
    ReserveStock,
    RoleGrant,
    RoleMatrix,
    ShipUnits,
    SubmitOrder,
    Tick,
    due_timers,
    evolve,
    statuses,
)
from ordercore.orders.specimen import tea_order
from ordercore.testing.strategies import histories

BUSY = OrderRules(
    name="busy",
    gates=[
        Gate("confirm", ["credit", "stock", "payment"]),
        Gate("confirm", ["approval:credit"], when="order.due > CNY(40)"),
        Gate("close", ["invoice_data"]),
    ],
    hold_rules=[
        HoldRule(code="limit", when="order.due > CNY(60)", blocks="confirm", released_by="credit"),
        HoldRule(
            code="rating", when="order.due > CNY(30) and customer.rating == 'C'", blocks="ship"
        ),
        HoldRule(code="stock", when="order.unreserved > 0", blocks=["confirm", "ship"]),
    ],
    approvals=[ApprovalRule("credit", levels=["credit"])],
)
WAITING = attrs.evolve(BUSY, name="waiting", on_gate="hold")
VOTE = ("give_approval", "reject_approval", "delegate_approval")
STRICT = attrs.evolve(
    BUSY,
    name="strict",
    roles=RoleMatrix(
        ["finance", "warehouse"],
        [
            # Whoever an approval asks for must be let near it.
            RoleGrant("warehouse", ["ship", "reserve", "allocate", "release", *VOTE]),
            RoleGrant("finance", ["allow", "close", "refund_balance", *VOTE]),
        ],
    ),
)
SHOPS = st.sampled_from((DEFAULT_RULES, BUSY, WAITING, STRICT))


def lives(**more):
    return SHOPS.flatmap(
        lambda rules: st.tuples(
            st.just(OrderDecider(rules)), histories(control=True, strays=True, rules=rules, **more)
        )
    )


def again(shop, steps):
    """The same messages once more, from the beginning."""
    order = None
    answers = []
    for message, context in steps:
        answer = shop.decide(order, message, context)
        answers.append(answer)
        if isinstance(answer, Decision):
            order = shop.replay(order, answer.events)
    return order, answers


@given(lives())
def test_every_law_holds_in_every_state_and_replay_is_evolving_one_by_one(life):
    _, history = life
    for step in history.steps:
        for law in INVARIANTS:
            assert law.check(step.after) is None, law.invariant_id
    order = None
    for event in history.events:
        order = evolve(order, event)
    assert order == history.order
    assert orders.replay(None, history.events) == history.order


@given(lives(), st.data())
def test_everything_twice_is_everything_once(life, data):
    shop, history = life
    doubled = []
    for step in history.steps:
        doubled.append((step.message, step.context))
        if isinstance(step.answer, Decision) and data.draw(st.booleans()):
            doubled.append((step.message, step.context))
    late = history.order.last_at
    doubled += [
        (step.message, attrs.evolve(step.context, now=late))
        for step in history.steps
        if isinstance(step.answer, Decision) and not isinstance(step.message, Tick)
    ]
    order, answers = again(shop, doubled)
    assert order == history.order
    effects = [e for a in answers if isinstance(a, Decision) for e in a.effects]
    assert effects == list(history.effects)
    ids = [effect.effect_id for effect in effects]
    assert len(ids) == len(set(ids))


@given(lives())
def test_a_life_follows_from_its_messages(life):
    shop, history = life
    order = None
    for event in history.events:
        order = shop.evolve(order, event)
    assert order == history.order
    order, answers = again(shop, [(step.message, step.context) for step in history.steps])
    assert digest(order) == digest(history.order)
    assert answers == [step.answer for step in history.steps]


@given(lives())
def test_facts_are_never_refused_and_check_is_the_answer(life):
    shop, history = life
    for step in history.steps:
        if isinstance(step.message, Fact):
            assert isinstance(step.answer, Decision)
        verdict = shop.check(step.before, step.message, step.context)
        assert verdict.allowed == isinstance(step.answer, Decision)


OF_CONTROL = (
    orders.HoldPlaced,
    orders.HoldReleased,
    orders.EvidenceRecorded,
    orders.ApprovalRequested,
    orders.ApprovalVoted,
    orders.ApprovalDelegated,
    orders.ApprovalExpired,
)


@given(lives())
def test_no_event_of_control_changes_a_status_a_unit_or_an_amount(life):
    _, history = life
    order = None
    for event in history.events:
        before, order = order, evolve(order, event)
        if isinstance(event, OF_CONTROL):
            assert statuses(order) == statuses(before)
            assert order.lines == before.lines
            assert order.payments == before.payments
            assert order.lifecycle is before.lifecycle


@given(lives())
def test_every_reason_has_a_remedy_or_something_to_obtain_or_is_final(life):
    shop, history = life
    reasons = [
        reason
        for step in history.steps
        if isinstance(step.answer, Refusal)
        for reason in step.answer.reasons
    ]
    context = history.steps[-1].context
    options = shop.available(history.order, context).options
    reasons += [reason for option in options for reason in option.reasons]
    for reason in reasons:
        assert reason.final or reason.remedy is not None or reason.obtain


@given(lives())
def test_what_is_available_passes(life):
    shop, history = life
    order = history.order
    context = attrs.evolve(history.steps[-1].context, now=order.last_at)
    now = shop.available(order, context)
    ship = now["ShipUnits"]
    for line, units in ship.lines.items():
        for known in order.allocations:
            if known.line_id == line and known.shippable:
                command = ShipUnits(
                    "o-1",
                    command_id="x",
                    shipment_id="x",
                    node=known.node,
                    lines={line: min(units, known.shippable)},
                )
                assert shop.check(order, command, context).allowed
    for hold_id in now["ReleaseHold"].targets:
        assert shop.check(
            order, orders.ReleaseHold("o-1", command_id="x", hold_id=hold_id), context
        ).allowed
    for approval_id in now["GiveApproval"].targets:
        assert shop.check(
            order, GiveApproval("o-1", command_id="x", approval_id=approval_id), context
        ).allowed
    for name, command in (
        ("ConfirmOrder", ConfirmOrder("o-1", command_id="x")),
        ("CloseOrder", CloseOrder("o-1", command_id="x")),
        ("SubmitOrder", SubmitOrder("o-1", command_id="x")),
    ):
        assert now[name].allowed == shop.check(order, command, context).allowed


@given(lives())
def test_the_timers_of_decisions_are_those_that_are_due(life):
    """A host that sets the timers it is told, and no others, rings at every boundary."""
    shop, history = life
    known = {}
    for step in history.steps:
        if not isinstance(step.answer, Decision):
            continue
        known.update({timer.timer_id: timer for timer in step.answer.due})
        for timer in due_timers(step.after, shop.rules):
            assert known[timer.timer_id] == timer


@given(lives())
def test_after_a_tick_nothing_is_overdue(life):
    shop, history = life
    order = history.order
    moment = shift(order.last_at, days=2)
    clock = Context(now=moment, actor="clock", role="system")
    answer = shop.decide(order, Tick("o-1", command_id="last"), clock)
    assert isinstance(answer, Decision)
    order = shop.replay(order, answer.events)
    assert all(timer.at > moment for timer in due_timers(order, shop.rules))
    assert shop.decide(order, Tick("o-1", command_id="very last"), clock).events == ()


# --- remedies help ---


class Helper:
    """Does what reasons say would help, as whoever may."""

    def __init__(self, shop):
        self.shop = shop
        self.count = 0

    def id(self):
        self.count += 1
        return f"help-{self.count}"

    def send(self, order, message, context, depth=0):
        order, answer = self.help(order, message, context, depth)
        return self.shop.replay(order, answer.events) if isinstance(answer, Decision) else order

    def help(self, order, message, context, depth=0):
        """The order after everything that was asked for, and the last answer to the message."""
        for _ in range(12):
            answer = self.shop.decide(order, message, context)
            if isinstance(answer, Decision) or answer.final or depth > 6:
                return order, answer
            for reason in answer.reasons:
                order, context = self.one(order, reason, message, context, depth)
        raise AssertionError(f"nothing helped {message!r}: {answer!r}")

    def one(self, order, reason, message, context, depth):
        roles = reason.facts.get("roles") or reason.facts.get("released_by") or ()
        if reason.code == "order.stage" and reason.obtain:
            return order, context  # the other reasons are what the confirmation waits for
        if reason.code == "clock.backwards":
            return order, attrs.evolve(context, now=order.last_at)
        if reason.code == "role.not_allowed":
            role = roles[0] if roles else "anyone"
            return order, attrs.evolve(context, role=role, actor=f"new-{self.id()}")
        if reason.code == "gate.stock" or (
            reason.code == "order.held" and reason.facts["why"] == "stock"
        ):
            plan = [
                Assignment(x.line_id, x.backlog, node="ningbo") for x in order.lines if x.backlog
            ]
            if plan:
                order = self.send(
                    order, ReserveStock("o-1", command_id=self.id(), allocations=plan), context
                )
            if reason.code == "gate.stock":
                if any(line.unreserved for line in order.lines):
                    order = self.send(order, ReserveStock("o-1", command_id=self.id()), context)
                return order, context
        if reason.code == "gate.payment":
            pay = RecordPayment(
                "o-1",
                fact_id=self.id(),
                payment_id="help",
                kind="captured",
                amount=reason.facts["missing"],
            )
            return self.send(order, pay, context), context
        if reason.code == "gate.approval" and reason.remedy is None:
            for _ in range(reason.facts["lacking"]):
                give = GiveApproval("o-1", command_id=self.id(), approval_id=reason.facts["id"])
                voter = attrs.evolve(context, actor=self.id(), role=roles[0])
                order = self.send(order, give, voter)
            return order, context
        if reason.remedy is not None:
            if (
                order.control.hold(str(reason.facts.get("hold"))) is None
                and reason.code == "order.held"
            ):
                return order, context  # it released itself on the way
            helper = attrs.evolve(context, role=roles[0]) if roles else context
            return self.send(order, reason.remedy, helper, depth + 1), context
        if reason.code.startswith("gate."):
            fact = RecordEvidence("o-1", fact_id=self.id(), name=reason.facts["evidence"])
            return self.send(order, fact, attrs.evolve(context, role="system")), context
        return self.closing(order, reason, context), context

    def closing(self, order, reason, context):
        if reason.code == "close.units_unshipped":
            plan = [
                Assignment(x.line_id, x.backlog, node="ningbo") for x in order.lines if x.backlog
            ]
            if plan:
                order = self.send(
                    order, ReserveStock("o-1", command_id=self.id(), allocations=plan), context
                )
            if any(line.unreserved for line in order.lines):
                order = self.send(order, ReserveStock("o-1", command_id=self.id()), context)
            for known in order.allocations:
                if known.shippable:
                    ship = ShipUnits(
                        "o-1",
                        command_id=self.id(),
                        shipment_id=self.id(),
                        node=known.node,
                        lines={known.line_id: known.shippable},
                    )
                    order = self.send(order, ship, context)
            return order
        if reason.code == "close.units_under_way":
            for shipment in order.shipments:
                fact = RecordDelivery("o-1", fact_id=self.id(), shipment_id=shipment.shipment_id)
                order = self.send(order, fact, context)
            return order
        if reason.code == "close.return_open":
            for case in order.returns:
                for line in case.lines:
                    if line.expected:
                        units = [ReceivedUnits(line.line_id, line.expected, disposition="scrap")]
                        back = ReceiveReturn(
                            "o-1", command_id=self.id(), return_id=case.return_id, units=units
                        )
                        order = self.send(order, back, context)
            return order
        assert reason.code == "close.money_open", reason
        if order.money.outstanding.minor:
            pay = RecordPayment(
                "o-1",
                fact_id=self.id(),
                payment_id="help",
                kind="captured",
                amount=order.money.outstanding,
            )
            order = self.send(order, pay, context)
        if order.money.balance.minor > 0:
            order = self.send(order, orders.RefundBalance("o-1", command_id=self.id()), context)
        for payment in order.payments:
            if payment.refund_pending_minor > 0:
                back = Money(payment.refund_pending_minor, order.currency)
                fact = RecordRefund(
                    "o-1", fact_id=self.id(), payment_id=payment.payment_id, amount=back
                )
                order = self.send(order, fact, context)
        return order


@given(lives(), st.sampled_from(("confirm", "submit", "ship", "close")))
def test_with_all_remedies_applied_a_command_passes_unless_a_reason_is_final(life, verb):
    """From any state: whatever is not final can be helped, by what its reasons name."""
    shop, history = life
    order = history.order
    context = attrs.evolve(history.steps[-1].context, now=order.last_at)
    unshipped = {x.line_id: x.cancellable for x in order.lines if x.cancellable}
    if verb == "ship" and not unshipped:
        return
    message = {
        "confirm": ConfirmOrder("o-1", command_id="want"),
        "submit": SubmitOrder("o-1", command_id="want"),
        "close": CloseOrder("o-1", command_id="want"),
    }.get(verb)
    if message is None:
        line, units = next(iter(unshipped.items()))
        here = [known for known in order.allocations if known.line_id == line and known.open]
        node = here[0].node if here else "ningbo"
        most = sum(k.open for k in here if k.node == node) if here else units
        message = ShipUnits(
            "o-1", command_id="want", shipment_id="want", node=node, lines={line: most}
        )
    first = shop.decide(order, message, context)
    if isinstance(first, Refusal) and first.final:
        return
    after, answer = Helper(shop).help(order, message, context)
    if isinstance(answer, Refusal):
        # The order went there by itself on the way: what was asked for has happened.
        assert after.lifecycle is Lifecycle.CONFIRMED
        assert verb == "confirm"


# --- facts and commands that commute ---


@given(st.permutations(range(7)), st.data())
def test_what_commutes_leaves_one_state_and_one_set_of_effects(order_of, data):
    """Evidence, payments, a reservation and a vote around a confirmation that waits."""
    shop = OrderDecider(
        OrderRules(
            gates=[
                Gate("confirm", ["credit", "invoice_data", "stock", "payment", "approval:credit"])
            ],
            on_gate="hold",
            approvals=[ApprovalRule("credit", levels=["credit"])],
        )
    )
    now = tea_order().placed_at
    web = Context(now=now, actor="web", role="customer")
    boss = Context(now=now, actor="mei", role="credit")
    order, _ = tell(
        shop,
        tea_order(),
        RequestApproval("o-1", command_id="q", approval_id="a", name="credit"),
        web,
    )
    order, asked = tell(shop, order, ConfirmOrder("o-1", command_id="ask"), web)
    inputs = [
        (RecordEvidence("o-1", fact_id="1", name="credit", occurred_at=now), web),
        (RecordEvidence("o-1", fact_id="2", name="invoice_data", occurred_at=now), web),
        (RecordEvidence("o-1", fact_id="3", name="stray", withdrawn=True, occurred_at=now), web),
        (
            ReserveStock(
                "o-1",
                command_id="4",
                allocations=[Assignment("1", 2, node="n"), Assignment("2", 1, node="n")],
            ),
            web,
        ),
        (
            RecordPayment(
                "o-1", fact_id="5", payment_id="p", kind="authorised", amount=Money(20000, "CNY")
            ),
            web,
        ),
        (
            RecordPayment(
                "o-1", fact_id="6", payment_id="p", kind="authorised", amount=Money(11590, "CNY")
            ),
            web,
        ),
        (GiveApproval("o-1", command_id="7", approval_id="a"), boss),
    ]

    def told(order, sequence):
        effects = {}
        for index in sequence:
            message, context = inputs[index]
            answer = shop.decide(order, message, context)
            assert isinstance(answer, Decision)
            order = shop.replay(order, answer.events)
            effects.update({effect.effect_id: effect for effect in answer.effects})
        plain = attrs.evolve(order, audit_head="", commands_seen=asked_seen, facts_seen=asked_seen)
        return plain, effects

    asked_seen = order.facts_seen
    twice = list(order_of) + data.draw(st.lists(st.sampled_from(order_of), max_size=4))
    one, other = told(order, range(7)), told(order, twice)
    assert one == other
    assert one[0].lifecycle is Lifecycle.CONFIRMED
    assert asked.effects == (Notify(effect_id="o-1/ask/0", order_id="o-1", topic="order.held"),)
    assert {"o-1/resumed/ask/0", "o-1/resumed/ask/1"} <= set(one[1])

"""Laws that hold in every life of every order."""

from __future__ import annotations

import pickle
import typing

import attrs
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.histories import NODES, START, Step, at, histories, quotes, run, taken

from ordercore import orders
from ordercore.kernel import (
    Decision,
    FrozenMap,
    Money,
    Refusal,
    canonical_json,
    digest,
    fold,
    shift,
)
from ordercore.network import Address, PersonRecord, Region
from ordercore.orders import (
    INVARIANTS,
    CancelUnits,
    ConfirmOrder,
    Fact,
    ItemKind,
    Lifecycle,
    Order,
    OrderCommand,
    PlaceOrder,
    ReceivedUnits,
    ReceiveReturn,
    RecordPayment,
    RefundPayment,
    RequestReturn,
    ReserveStock,
    ShipUnits,
    available,
    check,
    decide,
    evolve,
    replay,
    statuses,
)
from ordercore.orders.payment import settlement


def states(history):
    return [step.after for step in history.steps if step.after is not None]


def said_again(value):
    """The value made anew by the constructors of its class and of everything in it."""
    if isinstance(value, tuple):
        return tuple(map(said_again, value))
    if isinstance(value, FrozenMap):
        return FrozenMap({said_again(key): said_again(item) for key, item in value.items()})
    if not attrs.has(type(value)):
        return value
    fields = [field for field in attrs.fields(type(value)) if field.init]
    return type(value)(**{f.alias: said_again(getattr(value, f.name)) for f in fields})


def kinds_of(value):
    """The class of everything in a value, in one order."""
    if isinstance(value, tuple):
        return [tuple, *map(kinds_of, value)]
    if isinstance(value, FrozenMap):
        return [FrozenMap, *((kinds_of(key), kinds_of(item)) for key, item in value.items())]
    if not attrs.has(type(value)):
        return type(value)
    fields = [field for field in attrs.fields(type(value)) if field.init]
    return [type(value), *(kinds_of(getattr(value, field.name)) for field in fields)]


@given(histories())
def test_what_a_fold_makes_without_a_check_would_pass_every_check(history):
    for order in states(history):
        checked_again = said_again(order)
        assert checked_again == order
        assert kinds_of(checked_again) == kinds_of(order)


@given(histories())
def test_every_invariant_holds_in_every_state(history):
    for order in states(history):
        for law in INVARIANTS:
            assert law.check(order) is None, law.invariant_id


@given(histories())
def test_every_prefix_of_the_events_is_a_valid_order(history):
    order = None
    for event in history.events:
        order = evolve(order, event)
        for law in INVARIANTS:
            if law.invariant_id == "INV-ORDER-8":
                continue  # units leave just before the header does
            assert law.check(order) is None, law.invariant_id


@given(histories())
def test_replay_is_evolving_one_by_one(history):
    order = None
    for event in history.events:
        order = evolve(order, event)
    assert order == history.order
    assert replay(None, history.events) == order
    assert fold(orders, history.events) == order
    assert order.version == len(history.events)


@given(histories(), st.integers(0, 40))
def test_replay_continues_from_any_point(history, cut):
    events = history.events
    half = replay(None, events[:cut])
    assert replay(half, events[cut:]) == history.order


@given(histories(), st.data())
def test_everything_twice_is_everything_once(history, data):
    """Each accepted message is sent again, at once or at the end: nothing happens."""
    doubled = []
    late = []
    for step in history.steps:
        doubled.append((step.message, step.context))
        if isinstance(step.answer, Decision):
            again = (step.message, step.context)
            (doubled if data.draw(st.booleans()) else late).append(again)
    twice = run([*doubled, *late])
    assert twice.order == history.order
    assert twice.effects == history.effects
    firsts = {id_of(s): s.answer.version for s in history.steps if isinstance(s.answer, Decision)}
    repeats = [s for s in twice.steps if isinstance(s.answer, Decision) and s.answer.repeated]
    assert len(repeats) == len(firsts)
    for step in repeats:
        assert step.answer.version == firsts[id_of(step)]
        assert step.answer.events == () == step.answer.effects


def id_of(step: Step) -> str:
    message = step.message
    return "f:" + message.fact_id if isinstance(message, Fact) else "c:" + message.command_id


@given(histories())
def test_a_refusal_changes_nothing_and_is_not_remembered(history):
    for step in history.steps:
        if isinstance(step.answer, Refusal):
            assert step.before is step.after
            assert step.before.commands_seen.find(step.message.command_id) is None


@given(histories())
def test_facts_are_never_refused(history):
    for step in history.steps:
        if isinstance(step.message, Fact):
            assert isinstance(step.answer, Decision)
            assert step.answer.events


@given(histories())
def test_check_is_the_answer_without_its_consequence(history):
    for step in history.steps:
        verdict = check(step.before, step.message, step.context)
        assert verdict.allowed == isinstance(step.answer, Decision)
        if isinstance(step.answer, Refusal):
            assert verdict.reasons == step.answer.reasons


@given(histories())
def test_effects_have_ids_of_their_own_and_follow_from_the_input(history):
    ids = [effect.effect_id for effect in history.effects]
    assert len(ids) == len(set(ids))
    again = run([(step.message, step.context) for step in history.steps])
    assert digest(again.effects) == digest(history.effects)
    assert digest(again.order) == digest(history.order)


@given(histories())
def test_refunds_asked_for_never_exceed_what_was_captured(history):
    asked: dict[str, int] = {}
    for step in history.steps:
        if not isinstance(step.answer, Decision):
            continue
        for effect in step.answer.effects:
            if isinstance(effect, RefundPayment):
                assert effect.amount.minor > 0
                payment = effect.payment_id
                asked[payment] = asked.get(payment, 0) + effect.amount.minor
                known = step.after.payment(payment)
                failed = known.refund_failed_minor
                assert asked[payment] - failed <= known.captured_minor


@given(histories(strays=False))
def test_nothing_is_held_beyond_what_is_due(history):
    """Without chargebacks and failures, money above the amount due is always on its way back."""
    for order in states(history):
        assert order.money.balance.minor == 0


@given(histories())
def test_settling_twice_asks_nothing_more(history):
    """MoneyRequested leaves the money where the amount due is, so nothing is asked twice."""
    for step in history.steps:
        if not isinstance(step.answer, Decision) or not step.answer.effects:
            continue
        order = step.after
        money = [e for e in step.answer.effects if hasattr(e, "payment_id")]
        if money:
            bound = order.lifecycle in {Lifecycle.CONFIRMED, Lifecycle.CLOSED}
            left = settlement(
                order.payments, order.due_minor, bound=bound, capture=order.policy.capture
            )
            kinds = {type(e).__name__.removesuffix("Payment").lower() for e in money}
            assert not [r for r in left if r.kind.value in kinds]


@given(histories())
def test_statuses_are_total_and_name_their_figures(history):
    for order in states(history):
        now = statuses(order)
        assert now.policy == "ordercore"
        for axis in (now.payment, now.fulfilment, now.return_, now.display):
            assert axis.status
            assert axis.because
        assert now.fulfilment.because["ordered"] == sum(line.ordered for line in order.lines)
        assert now.payment.because["due"] == order.due


@given(histories())
def test_what_is_available_is_accepted_and_what_is_blocked_is_not(history):
    order = history.order
    context = at(order.last_at)
    now = available(order, context)
    assert {o.command for o in now.allowed}.isdisjoint(o.command for o in now.blocked)
    commands = {kind.__name__ for kind in typing.get_args(OrderCommand)} - {"PlaceOrder"}
    assert {option.command for option in now.options} == commands
    for option in now.blocked:
        assert option.reasons
    lines = now["CancelUnits"].lines
    if now["CancelUnits"].allowed:
        assert check(order, CancelUnits("o-1", command_id="x", lines=lines), context).allowed
        over = {line: units + 1 for line, units in lines.items()}
        refused = check(order, CancelUnits("o-1", command_id="x", lines=over), context)
        assert set(refused.codes) == {"cancel.too_many"}
    lines = now["RequestReturn"].lines
    if now["RequestReturn"].allowed:
        ask = RequestReturn("o-1", command_id="x", return_id="x", lines=lines)
        assert check(order, ask, context).allowed


@given(histories())
def test_remedies_help(history):
    """A refused command passes once its remedies were applied, as far as commands are remedies."""
    for step in history.steps:
        if not isinstance(step.answer, Refusal):
            continue
        order, context = step.before, at(step.before.last_at)
        answer = decide(order, step.message, context)
        if isinstance(answer, Decision) or answer.codes != ("ship.not_reserved",):
            continue
        remedy = answer.reasons[0].remedy
        if remedy is None:
            continue
        helped = taken(order, remedy, context)
        assert isinstance(helped.answer, Decision), (remedy, helped.answer)
        assert isinstance(decide(helped.after, step.message, context), Decision)


@given(histories())
def test_values_pickle_and_encode(history):
    order = history.order
    assert pickle.loads(pickle.dumps(order)) == order
    assert canonical_json(history.events)
    assert canonical_json(history.effects)


@given(quotes(), st.data())
def test_any_split_of_cancels_and_returns_refunds_the_same(quote, data):
    """Half the units are cancelled, half shipped and returned, in random portions and order."""
    place = PlaceOrder("o-1", quote=quote, command_id="c-0")
    pay = RecordPayment(
        "o-1", fact_id="f-0", payment_id="card", kind="captured", amount=quote.total
    )
    whole = {line.line_id: line.quantity for line in quote.lines}
    shipped = {line: data.draw(st.integers(0, units)) for line, units in whole.items()}
    plan = [orders.Assignment(line, units, node=NODES[0]) for line, units in whole.items()]
    start = run(
        [
            (place, at(START)),
            (pay, at(START)),
            (ReserveStock("o-1", command_id="c-1", allocations=plan), at(START)),
            (ConfirmOrder("o-1", command_id="c-2"), at(START)),
        ]
    ).order
    going = {line: units for line, units in shipped.items() if units}
    if going:
        ship = ShipUnits("o-1", command_id="c-3", shipment_id="s", node=NODES[0], lines=going)
        start = taken(start, ship, at(START)).after
    portions = [("cancel", line, 1) for line in whole for _ in range(whole[line] - shipped[line])]
    portions += [("return", line, 1) for line in whole for _ in range(shipped[line])]
    order = start
    refunded = 0
    for number, (kind, line, units) in enumerate(data.draw(st.permutations(portions))):
        messages = (
            [CancelUnits("o-1", command_id=f"x-{number}", lines={line: units})]
            if kind == "cancel"
            else [
                RequestReturn(
                    "o-1", command_id=f"q-{number}", return_id=f"r-{number}", lines={line: units}
                ),
                ReceiveReturn(
                    "o-1",
                    command_id=f"x-{number}",
                    return_id=f"r-{number}",
                    units=[ReceivedUnits(line, units, disposition="scrap")],
                ),
            ]
        )
        for message in messages:
            step = taken(order, message, at(START))
            assert isinstance(step.answer, Decision), step.answer
            refunded += sum(
                e.amount.minor for e in step.answer.effects if isinstance(e, RefundPayment)
            )
            order = step.after
    stays = sum(c.gross.minor for c in quote.charges if not c.refundable)
    assert refunded == quote.total.minor - stays
    assert order.due_minor == stays


@given(histories(cancels=True, returns=True), st.permutations(range(6)), st.data())
def test_reports_of_payments_commute(history, order_of, data):
    """The same reports in another order leave the same sums of every kind."""
    kinds = list(orders.PaymentKind)
    reports = [
        RecordPayment(
            "o-1",
            fact_id=f"x-{number}",
            payment_id=data.draw(st.sampled_from(("card", "wallet"))),
            kind=data.draw(st.sampled_from(kinds)),
            amount=Money(data.draw(st.integers(0, 900)), "CNY"),
        )
        for number in range(6)
    ]
    base, now = history.order, at(shift(history.order.last_at, minutes=1))
    first = run([(report, now) for report in reports], base).order
    second = run([(reports[index], now) for index in order_of], base).order

    def told(order: Order) -> dict[str, dict[str, int]]:
        return {
            payment.payment_id: {
                name: value
                for name, value in attrs.asdict(payment).items()
                if name.endswith("_minor") and "requested" not in name
            }
            for payment in order.payments
        }

    assert told(first) == told(second)
    assert first.lines == second.lines
    assert first.money.paid == second.money.paid


PLANTED = ("Li Xiaolong", "13800138000", "li@example.org", "Nanshan Road 7")


@given(histories())
def test_no_personal_data_stands_in_events_effects_or_orders(history):
    record = PersonRecord(
        "p-1",
        name=PLANTED[0],
        address=Address(Region("CN", "ZJ", "Hangzhou"), lines=[PLANTED[3]], postcode="310002"),
        emails=[PLANTED[2]],
        phones=[PLANTED[1]],
    )
    place = history.steps[0].message
    with_person = attrs.evolve(place, destination=record.destination(b"sixteen bytes at least"))
    life = run(
        [
            (with_person, history.steps[0].context),
            *((step.message, step.context) for step in history.steps[1:]),
        ]
    )
    for value in (life.events, life.effects, life.order):
        text = canonical_json(value).decode()
        for planted in PLANTED:
            assert planted not in text
        assert "310002" not in text
    assert life.events[0].destination.person == "p-1"


@given(histories())
def test_every_reason_says_what_would_help_or_that_nothing_does(history):
    reasons = [
        reason
        for step in history.steps
        if isinstance(step.answer, Refusal)
        for reason in step.answer.reasons
    ]
    options = available(history.order, at(history.order.last_at)).options
    reasons += [reason for option in options for reason in option.reasons]
    for reason in reasons:
        assert reason.final or reason.remedy is not None or reason.obtain


@given(histories(strays=False))
def test_the_payment_gate_and_the_position_agree(history):
    for order in states(history):
        if order.lifecycle is Lifecycle.SUBMITTED:
            answer = check(order, ConfirmOrder("o-1", command_id="gate"), at(order.last_at))
            assert ("gate.payment" in answer.codes) == (not order.money.covered)
            missing = sum(
                line.unreserved for line in order.lines if line.item.kind is ItemKind.GOODS
            )
            assert ("gate.stock" in answer.codes) == (missing > 0)

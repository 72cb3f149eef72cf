"""Holds: a set beside the life cycle, that blocks what it names, ends on time, and moves no status."""

from __future__ import annotations

from typing import get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.histories import at, taken
from tests.orders.test_control_gates import CONFIRM, NOW, PAID, SUPPLIES, kinds, tell
from tests.orders.test_refusals import CONFIRMED, after, paid, reserved, shipped

from ordercore.kernel import (
    Context,
    Decision,
    Duration,
    IllegalTransition,
    InvalidBatch,
    InvalidValue,
    Money,
    Span,
    shift,
)
from ordercore.orders import (
    DEFAULT_ORDER_POLICY,
    DEFAULT_RULES,
    FORWARD_VERBS,
    AutoRelease,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    ConfirmOrder,
    Control,
    GrantAllowance,
    Hold,
    HoldEnd,
    HoldReleased,
    HoldRule,
    HoldScope,
    Lifecycle,
    Notify,
    OrderCommand,
    OrderDecider,
    OrderRules,
    Pause,
    PlaceHold,
    PlaceOrder,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordEvidence,
    RecordPayment,
    ReleaseHold,
    ReleaseStock,
    RequestReturn,
    ShipUnits,
    SubmitOrder,
    Tick,
    Waiting,
    available,
    check,
    decide,
    due_timers,
    replay,
    statuses,
)
from ordercore.orders.control.invariants import CONTROL_INVARIANTS
from ordercore.orders.specimen import tea_order, tea_quote

SHOP = OrderDecider()
ASKED = Waiting(command=ConfirmOrder("o-1", command_id="c"), missing=["credit"], resumes=True)
DELIVERED = after(
    CONFIRMED, shipped(l1=2, l2=1), RecordDelivery("o-1", fact_id="d", shipment_id="s-1")
)
DRAFT = after(None, PlaceOrder("o-1", quote=tea_quote(), command_id="c-1", draft=True))
STATES = {
    "draft": DRAFT,
    "submitted": tea_order(),
    "confirmed": CONFIRMED,
    "shipped": after(CONFIRMED, shipped(l1=2, l2=1)),
    "delivered": DELIVERED,
    "closed": after(DELIVERED, CloseOrder("o-1", command_id="end")),
    "cancelled": after(tea_order(), CancelOrder("o-1", command_id="end")),
}
BORN = shift(NOW, hours=-1)
UNPAID = PlaceOrder(
    "o-1",
    quote=tea_quote(),
    command_id="c-1",
    policy=attrs.evolve(DEFAULT_ORDER_POLICY, pay_within=Duration.of(hours=1)),
)
STATES["expired"] = taken(
    taken(None, UNPAID, at(BORN)).after, Tick("o-1", command_id="late"), at(NOW)
).after
PRIVATE = {"hold_id": "h-1", "code": "fraud"}


def hold(**more):
    return PlaceHold("o-1", command_id="h", **{**PRIVATE, **more})


def release(id="h-1", command="r"):
    return ReleaseHold("o-1", command_id=command, hold_id=id)


def stale(order):
    """The order without what any decision moves."""
    return attrs.evolve(
        order,
        version=0,
        last_at=NOW,
        audit_head="",
        control=Control(),
        commands_seen=order.facts_seen,
    )


FORWARD_COMMANDS = {
    command.__name__ for command in get_args(OrderCommand) if command.verb in FORWARD_VERBS
}


@pytest.mark.parametrize("name", STATES)
def test_an_order_is_held_and_released_in_every_state_and_nothing_else_moves(name):
    order = STATES[name]
    held, decision = tell(SHOP, order, hold())
    assert kinds(decision) == ["HoldPlaced"]
    assert [e.topic for e in decision.effects] == ["hold.placed"]
    assert statuses(held) == statuses(order)
    assert stale(held) == stale(order)
    freed, decision = tell(SHOP, held, release())
    assert kinds(decision) == ["HoldReleased"]
    assert statuses(freed) == statuses(order)
    assert stale(freed) == stale(order)
    assert freed.control.holds == ()
    assert freed.control.ended[0].how is HoldEnd.RELEASED
    before, now = available(order, at(NOW)), available(held, at(NOW))
    for option in before.options:
        if option.command in FORWARD_COMMANDS:
            assert not now[option.command].allowed
        elif option.command != "ReleaseHold":
            assert now[option.command] == option or not option.allowed
    assert available(freed, at(NOW)).allowed == before.allowed


@pytest.mark.parametrize("name", STATES)
def test_a_hold_blocks_no_cancel_no_return_and_no_fact(name):
    order = STATES[name]
    held, _ = tell(SHOP, order, hold())
    free = [
        CancelOrder("o-1", command_id="x"),
        CancelUnits("o-1", command_id="x", lines={"1": 1}),
        RequestReturn("o-1", command_id="x", return_id="r", lines={"1": 1}),
        GrantAllowance("o-1", command_id="x", amount=Money(1, "CNY")),
        RecordDelivery("o-1", fact_id="x", shipment_id="s-1"),
        RecordPayment("o-1", fact_id="x", payment_id="q", kind="captured", amount=Money(1, "CNY")),
        RecordEvidence("o-1", fact_id="x", name="seen"),
    ]
    for message in free:
        assert check(held, message, at(NOW)).codes == check(order, message, at(NOW)).codes
        one, other = decide(order, message, at(NOW)), decide(held, message, at(NOW))
        if isinstance(one, Decision):
            assert kinds(one) == kinds(other)
            assert one.effects == other.effects


def test_a_return_comes_in_while_the_order_is_held():
    held, _ = tell(SHOP, DELIVERED, hold())
    held, _ = tell(SHOP, held, RequestReturn("o-1", command_id="q", return_id="r", lines={"1": 1}))
    units = [ReceivedUnits("1", 1, disposition="scrap")]
    held, decision = tell(
        SHOP, held, ReceiveReturn("o-1", command_id="x", return_id="r", units=units)
    )
    assert "ReturnReceived" in kinds(decision)
    assert "close" in held.control.holds[0].blocks


def test_a_held_command_says_by_what_and_passes_once_it_is_released():
    held, _ = tell(SHOP, CONFIRMED, hold(released_by=["risk"]))
    ship = shipped(l1=1)
    answer = decide(held, ship, at(NOW))
    (reason,) = answer.reasons
    assert reason.code == "order.held"
    assert reason.facts["hold"] == "h-1"
    assert reason.facts["released_by"] == ("risk",)
    assert decide(held, reason.remedy, at(NOW)).codes == ("role.not_allowed",)
    freed, _ = tell(SHOP, held, reason.remedy, Context(now=NOW, actor="mei", role="risk"))
    assert check(freed, ship, at(NOW)).allowed


def test_a_hold_of_a_line_leaves_the_others_free():
    held, _ = tell(SHOP, CONFIRMED, hold(scope=HoldScope.lines("2")))
    assert check(held, shipped(l1=2), at(NOW)).allowed
    assert check(held, shipped(l2=1), at(NOW)).codes == ("order.held",)
    assert check(held, shipped(l1=1, l2=1), at(NOW)).codes == ("order.held",)
    assert available(held, at(NOW))["ShipUnits"].lines == {"1": 2}
    both, _ = tell(
        SHOP,
        held,
        PlaceHold("o-1", command_id="i", hold_id="h-2", code="x", scope=HoldScope.lines("1")),
    )
    assert [r.facts["hold"] for r in available(both, at(NOW))["ShipUnits"].reasons] == [
        "h-1",
        "h-2",
    ]
    # A command about the whole order touches every line.
    assert check(both, CloseOrder("o-1", command_id="c"), at(NOW)).codes[-1] == "order.held"


def test_a_hold_of_a_shipment_blocks_this_shipment_before_it_leaves():
    held, _ = tell(SHOP, CONFIRMED, hold(scope=HoldScope.shipment("s-1")))
    assert check(held, shipped(l1=1), at(NOW)).codes == ("order.held",)
    assert check(held, shipped(id="s-2", l1=1), at(NOW)).allowed
    assert available(held, at(NOW))["ShipUnits"].lines == {"1": 2, "2": 1}


def test_holds_are_a_set():
    order = CONFIRMED
    for number in (3, 1, 2):
        order, _ = tell(
            SHOP, order, PlaceHold("o-1", command_id=f"h{number}", hold_id=f"h-{number}", code="x")
        )
    assert [known.hold_id for known in order.control.holds] == ["h-1", "h-2", "h-3"]
    assert decide(order, shipped(l1=1), at(NOW)).codes == ("order.held",) * 3
    order, _ = tell(SHOP, order, release("h-2"))
    assert [known.hold_id for known in order.control.holds] == ["h-1", "h-3"]


def test_a_hold_is_placed_once_and_released_once():
    held, _ = tell(SHOP, CONFIRMED, hold())
    assert decide(held, hold(), at(NOW)).repeated
    again = attrs.evolve(hold(), command_id="other")
    assert decide(held, again, at(NOW)).codes == ("hold.exists",)
    freed, _ = tell(SHOP, held, release())
    assert decide(freed, release(), at(NOW)).repeated
    assert decide(freed, release(command="r2"), at(NOW)).codes == ("hold.unknown",)
    assert decide(freed, again, at(NOW)).codes == ("hold.exists",)


def test_what_is_no_hold_for_this_order_is_refused_with_every_reason():
    answer = decide(tea_order(), hold(scope=HoldScope.lines("7"), until=NOW), at(NOW))
    assert answer.codes == ("hold.until_past", "order.unknown_line")


# --- time ---


UNTIL = shift(NOW, hours=1)
SECOND = {"seconds": 1}


def ticked(order, moment, id="t"):
    return decide(order, Tick("o-1", command_id=id), at(moment))


@pytest.fixture
def ends():
    order, decision = tell(SHOP, CONFIRMED, hold(until=UNTIL))
    (timer,) = decision.due
    assert timer.at == UNTIL
    assert timer.timer_id == "o-1/hold/h-1"
    return order, timer.command


@pytest.mark.parametrize("us, blocked", [(-1, True), (0, False), (1, False)])
def test_a_hold_ends_exactly_at_its_end_whether_or_not_a_tick_came(ends, us, blocked):
    moment = shift(UNTIL, microseconds=us)
    assert (check(ends[0], shipped(l1=1), at(moment)).codes == ("order.held",)) is blocked


@pytest.mark.parametrize("late_us", [0, 1, 3_600_000_000])
def test_the_tick_ends_it_once_however_late(ends, late_us):
    order, tick = ends
    moment = shift(UNTIL, microseconds=late_us)
    order, decision = tell(SHOP, order, tick, at(moment))
    (event,) = decision.events
    assert (event.how, event.at) == (HoldEnd.EXPIRED, UNTIL)
    assert event.cause.at == moment
    assert [e.topic for e in decision.effects] == ["hold.expired"]
    assert order.control.pauses() == (Span(NOW, UNTIL),)
    assert decide(order, tick, at(moment)).repeated
    other = ticked(order, moment)
    assert (other.events, other.due) == ((), ())


def test_a_tick_that_comes_early_gives_the_timer_again_and_is_not_remembered(ends):
    order, tick = ends
    early = decide(order, tick, at(shift(UNTIL, microseconds=-1)))
    assert early.events == ()
    assert [(t.at, t.command) for t in early.due] == [(UNTIL, tick)]
    assert not early.repeated
    assert decide(order, tick, at(UNTIL)).events


def test_a_timer_that_rang_early_for_another_s_boundary_still_rings_in_its_own_time(ends):
    order, tick = ends
    later = shift(UNTIL, hours=1)
    order, _ = tell(
        SHOP, order, PlaceHold("o-1", command_id="i", hold_id="h-2", code="x", until=later)
    )
    (second,) = (t for t in due_timers(order, DEFAULT_RULES) if t.at == later)
    order, decision = tell(SHOP, order, second.command, at(UNTIL))
    assert [event.hold_id for event in decision.events] == ["h-1"]
    order, decision = tell(SHOP, order, second.command, at(later))
    assert [event.hold_id for event in decision.events] == ["h-2"]
    assert decide(order, second.command, at(later)).repeated
    assert decide(order, tick, at(later)).events == ()


def test_one_late_tick_ends_all_that_is_due(ends):
    order, _ = tell(
        SHOP,
        ends[0],
        PlaceHold("o-1", command_id="i", hold_id="h-2", code="x", until=shift(UNTIL, hours=1)),
    )
    decision = ticked(order, shift(UNTIL, days=1))
    assert [event.at for event in decision.events] == [UNTIL, shift(UNTIL, hours=1)]


def test_a_tick_by_a_clock_that_runs_backwards_is_refused(ends):
    assert ticked(ends[0], shift(NOW, seconds=-1)).codes == ("clock.backwards",)
    order, _ = tell(SHOP, ends[0], Tick("o-1", command_id="t"), at(UNTIL))
    assert decide(order, Tick("o-1", command_id="t"), at(NOW)).repeated


def test_a_hold_that_was_released_rings_for_nothing(ends):
    order, _ = tell(SHOP, ends[0], release())
    decision = decide(order, ends[1], at(UNTIL))
    assert (decision.events, decision.due, decision.repeated) == ((), (), False)


@given(st.permutations(range(4)), st.integers(-2, 2), st.integers(1, 3))
def test_ticks_in_any_order_and_number_end_each_hold_once(order_of, offset, times):
    order = CONFIRMED
    for number in range(4):
        until = shift(NOW, minutes=number + 1)
        order, _ = tell(
            SHOP,
            order,
            PlaceHold("o-1", command_id=f"h{number}", hold_id=f"h-{number}", code="x", until=until),
        )
    clock = NOW
    events = []
    for index in order_of:
        for _ in range(times):
            clock = max(clock, shift(NOW, minutes=index + 1, seconds=offset))
            answer = decide(order, Tick("o-1", command_id=f"t-{index}-{clock}"), at(clock))
            events += answer.events
            order = replay(order, answer.events)
    ended = [event.hold_id for event in events]
    assert len(ended) == len(set(ended))
    due = [number for number in range(4) if shift(NOW, minutes=number + 1) <= clock]
    assert ended == [f"h-{number}" for number in due]


# --- by itself ---


def test_a_hold_releases_itself_when_its_needs_are_there():
    auto = AutoRelease(needs=["credit", "stock"])
    order, _ = tell(SHOP, tea_order(), hold(auto=auto))
    order, decision = tell(SHOP, order, RecordEvidence("o-1", fact_id="f", name="credit"))
    assert kinds(decision) == ["EvidenceRecorded"]
    order, decision = tell(SHOP, order, SUPPLIES["stock"])
    assert kinds(decision) == ["UnitsAllocated", "UnitsReserved", "HoldReleased"]
    assert decision.effects == (
        Notify(effect_id="o-1/hold/h-1/0", order_id="o-1", topic="hold.released"),
    )
    assert len({event.cause for event in decision.events}) == 1


def test_a_hold_releases_itself_when_its_condition_comes_true():
    order, _ = tell(SHOP, tea_order(), hold(auto=AutoRelease(when="order.outstanding == CNY(0)")))
    _, decision = tell(SHOP, order, PAID)
    assert kinds(decision) == ["PaymentRecorded"]
    _, decision = tell(SHOP, order, paid())
    assert kinds(decision) == ["PaymentRecorded", "HoldReleased"]
    # What a rule cannot know releases nothing.
    order, _ = tell(SHOP, tea_order(), hold(auto=AutoRelease(when="customer.rating == 'A'")))
    _, decision = tell(SHOP, order, paid())
    assert kinds(decision) == ["PaymentRecorded"]


def test_a_hold_whose_condition_holds_already_goes_at_once():
    order, decision = tell(SHOP, tea_order(), hold(auto=AutoRelease(when="order.units == 3")))
    assert kinds(decision) == ["HoldPlaced", "HoldReleased"]
    assert order.control.holds == ()
    assert order.control.pauses() == ()


def test_one_release_may_bring_the_next():
    first = hold(auto=AutoRelease(needs=["credit"]))
    last = PlaceHold(
        "o-1", command_id="i", hold_id="a", code="x", auto=AutoRelease(needs=["no_hold"])
    )
    order, _ = tell(SHOP, tea_order(), first)
    order, decision = tell(SHOP, order, last)
    assert kinds(decision) == ["HoldPlaced"]
    _, decision = tell(SHOP, order, RecordEvidence("o-1", fact_id="f", name="credit"))
    assert [event.hold_id for event in decision.events[1:]] == ["h-1", "a"]


# --- rules that hold ---


LIMIT = HoldRule(
    code="limit", when="order.due > CNY(300)", blocks="confirm", released_by=["credit"]
)
STOCK = HoldRule(code="stock", when="order.unreserved > 0", blocks="confirm")
LIMITED = OrderDecider(OrderRules(hold_rules=[STOCK, LIMIT]))


def placed(shop, **more):
    command = PlaceOrder("o-1", quote=tea_quote(), command_id="c-1", **more)
    decision = shop.decide(None, command, at(NOW))
    return shop.replay(None, decision.events), decision


def test_orders_over_a_limit_and_over_stock_hold_themselves_with_an_alarm():
    order, decision = placed(LIMITED)
    assert [hold.hold_id for hold in order.control.holds] == ["limit#1", "stock#1"]
    assert [e.topic for e in decision.effects] == ["hold.placed"] * 2
    assert [e.effect_id for e in decision.effects] == ["o-1/held/limit#1/0", "o-1/held/stock#1/0"]
    order, decision = tell(LIMITED, order, SUPPLIES["stock"])
    assert kinds(decision)[-1] == "HoldReleased"
    assert [hold.code for hold in order.control.holds] == ["limit"]


def test_raising_the_limit_releases_at_the_next_decision_or_tick():
    order, _ = placed(LIMITED)
    higher = OrderDecider(OrderRules(hold_rules=[attrs.evolve(LIMIT, when="order.due > CNY(999)")]))
    order, decision = tell(higher, order, Tick("o-1", command_id="t"))
    assert kinds(decision) == ["HoldReleased"]
    assert decision.events[0].how is HoldEnd.SATISFIED
    assert [hold.code for hold in order.control.holds] == ["stock"]
    # Lowered again, it holds again, as another hold.
    order, _ = tell(LIMITED, order, Tick("o-1", command_id="t2"))
    assert [hold.hold_id for hold in order.control.holds] == ["limit#2", "stock#1"]


def test_what_somebody_released_is_not_held_by_the_rule_again():
    order, _ = placed(LIMITED)
    answer = LIMITED.decide(order, release("limit#1"), at(NOW))
    assert answer.codes == ("role.not_allowed",)
    office = Context(now=NOW, actor="mei", role="credit")
    order, decision = tell(LIMITED, order, release("limit#1"), office)
    assert kinds(decision) == ["HoldReleased"]
    order, decision = tell(LIMITED, order, PAID)
    assert kinds(decision) == ["PaymentRecorded"]


def test_holds_by_rule_go_with_the_order():
    order, _ = placed(LIMITED)
    order, decision = tell(LIMITED, order, CancelOrder("o-1", command_id="x"))
    assert order.control.holds == ()
    assert {past.how for past in order.control.ended} == {HoldEnd.DROPPED}
    order, decision = tell(LIMITED, order, Tick("o-1", command_id="t"))
    assert decision.events == ()
    _, decision = tell(LIMITED, STATES["closed"], Tick("o-1", command_id="t"))
    assert decision.events == ()


# --- pauses ---


def test_pauses_are_the_holds_that_touched_a_part():
    control = Control(
        holds=[
            Hold(hold_id="h", code="x", placed_at=NOW, placed_by="a"),
            Hold(
                hold_id="i",
                code="x",
                scope=HoldScope.fulfilment("f-1"),
                placed_at=NOW,
                until=UNTIL,
                placed_by="a",
            ),
            Hold(hold_id="j", code="gate", blocks=(), waits=ASKED, placed_at=NOW, placed_by="a"),
        ],
        ended=[
            Pause(
                hold_id="k",
                code="x",
                scope=HoldScope.lines("1"),
                since=shift(NOW, hours=-2),
                until=NOW,
                how="released",
            ),
            Pause(hold_id="l", code="x", since=NOW, until=NOW, how="released"),
            Pause(
                hold_id="m",
                code="x",
                scope=HoldScope.returns("r-1"),
                since=NOW,
                until=UNTIL,
                how="expired",
            ),
        ],
    )
    past, open_, short = Span(shift(NOW, hours=-2), NOW), Span(NOW), Span(NOW, UNTIL)
    assert set(control.pauses()) == {past, open_}
    assert set(control.pauses(["f-1"], ["2"])) == {open_, short}
    assert set(control.pauses(["r-1"], ["1"])) == {past, open_, short}


# --- draft and expired ---


def test_a_draft_is_submitted_before_it_is_ordered():
    assert DRAFT.lifecycle is Lifecycle.DRAFT
    assert statuses(DRAFT).display.status == "draft"
    answer = decide(DRAFT, CONFIRM, at(NOW))
    assert answer.codes[0] == "order.stage"
    assert answer.reasons[0].remedy == SubmitOrder("o-1", command_id="ask/submit@1")
    assert decide(DRAFT, reserved(("1", 1)), at(NOW)).reasons[0].remedy.verb == "submit"
    later = shift(NOW, hours=5)
    order, decision = tell(SHOP, DRAFT, answer.reasons[0].remedy, at(later))
    assert kinds(decision) == ["OrderSubmitted"]
    assert order.control.submitted_at == later
    assert decide(order, SubmitOrder("o-1", command_id="x"), at(later)).codes == ("order.stage",)
    gone, _ = tell(SHOP, DRAFT, CancelOrder("o-1", command_id="x"))
    assert gone.lifecycle is Lifecycle.CANCELLED


def test_a_draft_whose_quote_has_run_out_is_not_submitted():
    quote = attrs.evolve(tea_quote(), valid_until=UNTIL)
    draft = after(None, PlaceOrder("o-1", quote=quote, command_id="c-1", draft=True))
    submit = SubmitOrder("o-1", command_id="x")
    assert check(draft, submit, at(shift(UNTIL, seconds=-1))).allowed
    assert check(draft, submit, at(UNTIL)).codes == ("quote.stale",)


WAITING = attrs.evolve(DEFAULT_ORDER_POLICY, pay_within=Duration.of(hours=1))


@pytest.mark.parametrize("us, expires", [(-1, False), (0, True), (7_000_000, True)])
def test_an_unpaid_order_expires_exactly_in_time_and_gives_everything_back(us, expires):
    order, decision = placed(SHOP, policy=WAITING)
    (timer,) = decision.due
    assert timer.at == UNTIL
    order, _ = tell(SHOP, order, SUPPLIES["stock"])
    part = attrs.evolve(PAID, amount=Money(100, "CNY"))
    order, decision = tell(SHOP, order, part)
    assert decision.due == ()
    answer = decide(order, timer.command, at(shift(UNTIL, microseconds=us)))
    if not expires:
        assert (answer.events, [t.at for t in answer.due]) == ((), [UNTIL])
        return
    assert kinds(answer) == ["UnitsReleased", "UnitsCancelled", "OrderExpired", "MoneyRequested"]
    assert sum(isinstance(effect, ReleaseStock) for effect in answer.effects) == 2
    order = replay(order, answer.events)
    assert order.lifecycle is Lifecycle.EXPIRED
    assert statuses(order).display.status == "expired"
    assert all(law.check(order) is None for law in CONTROL_INVARIANTS)
    assert order.due_minor == 0
    late = attrs.evolve(PAID, fact_id="late", kind="captured")
    order, decision = tell(SHOP, order, late, at(shift(UNTIL, hours=1)))
    assert dict(order.clashes) == {"payment.after_cancel": 1}
    assert [type(e).__name__ for e in decision.effects] == ["RefundPayment"]
    assert decide(order, CONFIRM, at(shift(UNTIL, hours=1))).final


def test_an_order_that_is_covered_in_time_does_not_expire():
    order, _ = placed(SHOP, policy=WAITING)
    order, _ = tell(SHOP, order, PAID, at(shift(UNTIL, hours=9)))
    assert ticked(order, shift(UNTIL, days=1)).events == ()
    free = attrs.evolve(
        tea_quote(),
        lines=[attrs.evolve(line, list_amount=Money(0, "CNY")) for line in tea_quote().lines],
    )
    decision = decide(None, PlaceOrder("o-1", quote=free, command_id="c", policy=WAITING), at(NOW))
    assert decision.due == ()


def test_a_draft_has_no_deadline_before_it_is_submitted():
    draft, decision = placed(SHOP, policy=WAITING, draft=True)
    assert decision.due == ()
    later = shift(NOW, hours=8)
    order, decision = tell(SHOP, draft, SubmitOrder("o-1", command_id="s"), at(later))
    assert [t.at for t in decision.due] == [shift(later, hours=1)]
    assert due_timers(order, DEFAULT_RULES) == decision.due


# --- bad input, and events that cannot have happened ---


@pytest.mark.parametrize(
    "make, codes",
    [
        (lambda: hold(hold_id=""), ["identifier.invalid"]),
        (lambda: hold(code=""), ["hold.code"]),
        (lambda: hold(blocks=[]), ["hold.blocks"]),
        (lambda: hold(blocks=["ship", "cancel_order"]), ["hold.verb"]),
        (lambda: hold(blocks=["release_hold"]), ["hold.verb"]),
        (lambda: hold(blocks=["request_return", ""]), ["hold.verb", "hold.verb"]),
        (lambda: release(""), ["identifier.invalid"]),
        (lambda: HoldScope("order", ["1"]), ["hold.scope"]),
        (lambda: HoldScope("lines"), ["hold.scope"]),
        (lambda: HoldScope("nowhere", ["1"]), ["choice.unknown"]),
        (lambda: AutoRelease(), ["hold.auto"]),
        (lambda: AutoRelease(needs=[""]), ["hold.auto"]),
        (lambda: AutoRelease(when="nonsense("), ["condition.invalid"]),
        (
            lambda: Hold(
                hold_id="", code="", blocks=["tick"], placed_at=NOW, until=NOW, placed_by="a"
            ),
            ["identifier.invalid", "hold.code", "hold.verb", "hold.until"],
        ),
        (
            lambda: Hold(hold_id="h", code="x", blocks=[], placed_at=NOW, placed_by="a"),
            ["hold.blocks"],
        ),
        (
            lambda: HoldRule(code="", when="", blocks=["cancel_units"]),
            ["hold.code", "hold.when", "hold.verb"],
        ),
        (lambda: HoldRule(code="x", when="order.units > 1", blocks=[]), ["hold.blocks"]),
        (lambda: OrderRules(hold_rules=[LIMIT, LIMIT]), ["rules.twice"]),
        (lambda: attrs.evolve(WAITING, pay_within=Duration(0)), ["policy.pay_within"]),
    ],
)
def test_what_is_no_hold_is_refused(make, codes):
    with pytest.raises((InvalidBatch, InvalidValue)) as told:
        make()
    error = told.value
    assert [f.code for f in (error.faults if isinstance(error, InvalidBatch) else [error])] == codes


def test_a_hold_blocks_what_goes_forward_unless_it_says_otherwise():
    assert hold().blocks == FORWARD_VERBS
    assert not any(verb.startswith("cancel") for verb in FORWARD_VERBS)


def test_events_that_cannot_have_happened_are_refused():
    held, decision = tell(SHOP, CONFIRMED, hold())
    (event,) = decision.events
    with pytest.raises(IllegalTransition):
        replay(held, [event])
    gone = HoldReleased(order_id="o-1", cause=event.cause, hold_id="h-9", how="released", at=NOW)
    with pytest.raises(IllegalTransition):
        replay(held, [gone])
    freed, _ = tell(SHOP, held, release())
    with pytest.raises(IllegalTransition):
        replay(freed, [event])


def test_a_hold_ends_the_same_whatever_ships_meanwhile():
    held, _ = tell(SHOP, CONFIRMED, hold(blocks="close"))
    sent, _ = tell(
        SHOP, held, ShipUnits("o-1", command_id="s", shipment_id="s", node="n", lines={"1": 2})
    )
    assert sent.control == held.control


def test_the_laws_notice_what_they_are_about():
    held, _ = tell(SHOP, CONFIRMED, hold())
    (known,) = held.control.holds
    freed, _ = tell(SHOP, held, release())
    (past,) = freed.control.ended
    waits = Hold(hold_id="w", code="gate", blocks=(), waits=ASKED, placed_at=NOW, placed_by="a")

    def broken(order, **more):
        changed = attrs.evolve(order, control=attrs.evolve(order.control, **more))
        found = [law.check(changed) for law in CONTROL_INVARIANTS]
        return {violation.invariant_id for violation in found if violation}

    assert broken(held) == set()
    assert broken(held, holds=(known, known)) == {"INV-ORDER-20"}
    assert broken(held, ended=(past,)) == {"INV-ORDER-20"}
    early = attrs.evolve(past, until=shift(NOW, hours=-1))
    assert broken(freed, ended=(early,)) == {"INV-ORDER-20"}
    assert broken(held, holds=(waits,)) == {"INV-ORDER-22"}
    assert broken(tea_order(), holds=(waits,)) == set()
    assert broken(tea_order(), holds=(waits, attrs.evolve(waits, hold_id="v"))) == {"INV-ORDER-22"}
    assert broken(attrs.evolve(tea_order(), lifecycle="expired")) == {"INV-ORDER-23"}
    planned = after(tea_order(), reserved(("1", 1)))
    assert broken(attrs.evolve(planned, lifecycle="draft")) == {"INV-ORDER-23"}


def test_an_order_without_holds_pays_for_none(monkeypatch):
    """Deciding does not evolve the order, look for timers or ask a gate that is not there."""

    def never(*_arguments, **_more):
        raise AssertionError("not without holds")

    placed = tea_order()
    for name in ("replay", "evolve", "moved", "due_timers"):
        monkeypatch.setattr(f"ordercore.orders.control.follow.{name}", never)
    for name in ("question", "against", "missing", "held"):
        monkeypatch.setattr(f"ordercore.orders.control.blocking.{name}", never)
    assert decide(placed, reserved(("1", 2), ("2", 1)), at(NOW)).events
    assert decide(CONFIRMED, shipped(l1=1), at(NOW)).events
    assert decide(
        CONFIRMED, RequestReturn("o-1", command_id="x", return_id="r", lines={"1": 1}), at(NOW)
    ).is_refused

"""Orders beyond a limit: held with an alarm, let go in their turn, never two on one head-room."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.workflows.test_credit_flow import DESK, TEA, account, bought, kept, send
from tests.workflows.test_races import Racer, crossings
from tests.workflows.trade import BOOK, NETWORK, NINGBO, WEB, cart, paid, place, saved, shop, yuan

from ordercore import inventory, orders
from ordercore.inventory import Adjust, Receive, Reserve
from ordercore.kernel import ConcurrencyConflict, Refusal, shift
from ordercore.memory import async_memory_ports, memory_ports
from ordercore.orders import (
    DEFAULT_RULES,
    AllocateUnits,
    ApproveOverride,
    Assignment,
    AutoRelease,
    AwaitFacts,
    CancelOrder,
    CancelUnits,
    Gate,
    HoldEnd,
    InvoiceReserved,
    KeywordRule,
    Lifecycle,
    LimitStanding,
    Notify,
    OpenAccount,
    OrderLimits,
    OrderRules,
    PlaceHold,
    ReceivedUnits,
    ReceiveReturn,
    RecheckHolds,
    RecordInvoicePayment,
    RequestReturn,
    ReserveCredit,
    ResumeAccount,
    RoleGrant,
    RoleMatrix,
    SetLimit,
    ShipUnits,
    SuspendAccount,
    UrgencyFactor,
    UrgencyPolicy,
    account_subject,
    due_timers,
    limits_subject,
    stock_subject,
    waits_for,
)
from ordercore.pricing import PriceBook
from ordercore.workflows import (
    CREDIT_PAYMENT,
    Receipt,
    arun,
    confirm_on_credit,
    handle,
    handle_credit,
    handle_stock,
    release_waiting,
    reserve_order,
    run,
)

SHOP = OrderLimits(name="shop")
FULL = {("TEA", "ningbo"): 99}


def confirm(number, command_id="k", **more):
    return confirm_on_credit(
        order_id=f"o-{number}", command_id=command_id, context=DESK, **{"limits": SHOP, **more}
    )


def trade(limit, *units, stock=FULL):
    """A shop, an account with a limit, and an order of so many tins for each number."""
    ports, store = shop(stock)
    account(ports, limit)
    for number, tins in enumerate(units, start=1):
        assert run(place(number, bought(("TEA", tins)), backorder=True), ports)
    return ports, store


def raised(minor, id="up"):
    return handle_credit(SetLimit("c-9", command_id=id, limit=yuan(minor)), context=DESK)


def received(units, id="in", sku="TEA"):
    return handle_stock(
        Receive(sku=sku, node="ningbo", quantity=units, command_id=id), context=DESK
    )


def stages(store):
    return {str(id): str(order.lifecycle) for id, order in sorted(store.orders.items())}


def topics(store):
    return [row.effect.topic for row in store.outbox if isinstance(row.effect, Notify)]


# --- credit, by hand: a limit of 100,000 and two orders ---


def test_the_second_of_two_orders_waits_for_a_limit_and_goes_when_it_is_raised():
    """Limit 100,000.00; 60,000.00 and 50,000.00: 10,000.00 short, until the limit is 110,000.00."""
    ports, store = shop({("TEA", "ningbo"): 200}, PriceBook.of({"TEA": yuan(1_000_00)}))
    account(ports, 100_000_00)
    for number, tins in {1: 60, 2: 50}.items():
        assert run(place(number, bought(("TEA", tins))), ports)
    assert run(confirm(1), ports).order.lifecycle is Lifecycle.CONFIRMED
    before = len(store.outbox)
    held = run(confirm(2), ports)
    assert held.order.lifecycle is Lifecycle.SUBMITTED
    gate, limit = held.order.control.holds
    assert (limit.code, limit.auto.outside) == ("limit", "account.accepts")
    assert gate.missing == ("payment", "hold:k/limit.credit")
    assert topics(store)[-2:] == ["limit.credit", "order.held"]
    (wanted,) = [r.effect for r in store.outbox[before:] if isinstance(r.effect, AwaitFacts)]
    assert (wanted.hold_id, wanted.subjects) == ("k/limit.credit", ("account:c-9",))
    assert run(raised(109_999_99, "low"), ports).released == ()
    done = run(raised(110_000_00, "high"), ports)
    assert [order.order_id for order in done.released] == ["o-2"]
    assert done.account.available == yuan(0)
    order = store.orders["o-2"]
    assert order.lifecycle is Lifecycle.CONFIRMED
    assert [past.how for past in order.control.ended] == [HoldEnd.RESUMED, HoldEnd.SATISFIED]
    assert order.payment(CREDIT_PAYMENT).authorised_minor == 50_000_00
    assert topics(store)[-2:] == ["hold.released", "order.confirmed"]
    # The same again releases nothing twice.
    after = saved(store)
    again = run(raised(110_000_00, "high"), ports)
    assert (again.repeated, again.released) == (True, ())
    assert run(confirm(2), ports).repeated
    assert saved(store) == after


def test_without_limits_it_is_refused_as_before():
    ports, store = trade(TEA, 2)
    before = saved(store)
    assert run(confirm(1, limits=None), ports).codes == ("credit.limit",)
    assert run(confirm(1, limits=OrderLimits(name="x", credit=False)), ports).codes == (
        "credit.limit",
    )
    assert saved(store) == before


def test_an_order_without_a_customer_waits_for_nobody():
    ports, _ = shop(FULL)
    run(place(1, cart(("TEA", 1))), ports)
    assert run(confirm(1), ports).codes == ("credit.no_customer",)


def test_an_order_whose_buyer_has_no_account_waits_until_it_is_opened():
    ports, store = shop(FULL)
    run(place(1, bought(("TEA", 1))), ports)
    assert run(confirm(1), ports).order.control.pending is not None
    opening = OpenAccount("c-9", command_id="open", limit=yuan(TEA))
    opened = run(handle_credit(opening, context=DESK), ports)
    assert [o.order_id for o in opened.released] == ["o-1"]
    assert store.orders["o-1"].lifecycle is Lifecycle.CONFIRMED


ROOM = {
    "a limit": [SetLimit("c-9", command_id="m", limit=yuan(TEA * 4))],
    "a cancelled unit of another order": [CancelUnits("o-1", command_id="m", lines={"1": 2})],
    "the end of another order": [CancelOrder("o-1", command_id="m")],
    "the payment of an invoice": [
        InvoiceReserved("c-9", command_id="i", order_id="o-1", invoice_id="i-1"),
        RecordInvoicePayment("c-9", fact_id="b", invoice_id="i-1", amount=yuan(TEA * 2)),
    ],
    "leave for this order": [
        ApproveOverride("c-9", command_id="m", order_id="o-2", up_to=yuan(TEA * 2))
    ],
    "a resumed account": [
        SuspendAccount("c-9", command_id="s"),
        SetLimit("c-9", command_id="m", limit=yuan(TEA * 4)),
        ResumeAccount("c-9", command_id="r"),
    ],
    "fewer units of its own": [
        SetLimit("c-9", command_id="m", limit=yuan(TEA * 3)),
        CancelUnits("o-2", command_id="x", lines={"1": 1}),
    ],
    "a payment of its own": [
        attrs.evolve(paid("o-2", TEA * 2, kind="authorised"), fact_id="own"),
    ],
}


@pytest.mark.parametrize("name", ROOM)
def test_whatever_makes_room_lets_the_order_go(name):
    ports, store = trade(TEA * 2, 2, 2)
    assert run(confirm(1), ports)
    assert run(confirm(2), ports).order.control.pending
    boss = attrs.evolve(DESK, actor="boss")
    for message in ROOM[name]:
        assert store.orders["o-2"].lifecycle is Lifecycle.SUBMITTED
        flow = handle if hasattr(message, "order_id") and not hasattr(message, "customer") else None
        asked = (flow or handle_credit)(message, context=boss)
        assert run(asked, ports)
    assert store.orders["o-2"].lifecycle is Lifecycle.CONFIRMED, stages(store)
    assert store.waiting == {}
    kept(store)


def test_leave_that_was_given_by_the_sender_himself_does_not_count():
    ports, store = trade(TEA * 2, 4)
    assert run(confirm(1), ports).order.control.pending.placed_by == "u-1"
    leave = ApproveOverride("c-9", command_id="m", order_id="o-1", up_to=yuan(TEA * 2))
    assert run(handle_credit(leave, context=DESK), ports).released == ()
    boss = attrs.evolve(DESK, actor="boss")
    leave = attrs.evolve(leave, command_id="n")
    assert run(handle_credit(leave, context=boss), ports).released
    kept(store)


# --- stock, by hand: 3 short, a receipt of 5 ---


def test_an_order_that_is_three_short_goes_with_a_receipt_of_five_and_leaves_two():
    ports, store = trade(TEA * 99, 8, stock={("TEA", "ningbo"): 5})
    held = run(confirm(1), ports)
    assert held.order.lines[0].unreserved == 3
    gate, hold = held.order.control.holds
    assert (hold.code, gate.missing) == ("stock", ("stock", "hold:k/stock.short"))
    assert topics(store) == ["stock.short", "order.held"]
    # Credit fits and is taken at once; nobody else gets it while the goods are on their way.
    assert store.credit["c-9"].exposure == yuan(TEA * 8)
    assert run(received(2), ports).released == ()
    assert store.orders["o-1"].lines[0].unreserved == 3
    done = run(received(3, "more"), ports)
    assert [order.order_id for order in done.released] == ["o-1"]
    assert (done.item.available, done.item.reserved) == (2, 8)
    assert store.orders["o-1"].lifecycle is Lifecycle.CONFIRMED
    assert topics(store)[-2:] == ["hold.released", "order.confirmed"]
    after = saved(store)
    again = run(received(3, "more"), ports)
    assert (again.repeated, again.released, again.events) == (True, (), ())
    assert saved(store) == after


def test_units_are_taken_for_the_whole_order_or_not_at_all():
    """Tea for one order and cups for the other would leave both waiting for good."""
    ports, store = shop({})
    account(ports, TEA * 99)
    for number in (1, 2):
        run(place(number, bought(("TEA", 1), ("CUP", 1)), backorder=True), ports)
        assert run(confirm(number), ports).order.control.pending
    assert waits_for(store.orders["o-1"]) == ("stock:CUP", "stock:TEA")
    assert run(received(1), ports).released == ()
    assert [o.order_id for o in run(received(1, "c", "CUP"), ports).released] == ["o-1"]
    assert stages(store) == {"o-1": "confirmed", "o-2": "submitted"}


@pytest.mark.parametrize(
    "name", ["received", "counted", "cancelled", "returned", "order ended", "reserved by hand"]
)
def test_whatever_brings_units_lets_the_order_go(name):
    ports, store = trade(TEA * 99, 5, 5, stock={("TEA", "ningbo"): 5})
    assert run(confirm(1), ports).order.lifecycle is Lifecycle.CONFIRMED
    assert run(confirm(2), ports).order.control.pending
    if name == "received":
        assert run(received(5), ports).released
    elif name == "counted":
        count = Adjust(sku="TEA", node="wuhan", change=5, command_id="n")
        assert run(handle_stock(count, context=DESK), ports).released
    elif name == "cancelled":
        run(received(4), ports)
        receipt = send(CancelUnits("o-1", command_id="x", lines={"1": 1}), ports)
        assert [o.order_id for o in receipt.released] == ["o-2"]
    elif name == "order ended":
        assert send(CancelOrder("o-1", command_id="x"), ports).released
    elif name == "returned":
        run(received(4), ports)
        for message in (
            ShipUnits("o-1", command_id="s", shipment_id="s", node="ningbo", lines={"1": 5}),
            RequestReturn("o-1", command_id="q", return_id="r", lines={"1": 1}),
            ReceiveReturn(
                "o-1",
                command_id="b",
                return_id="r",
                units=[ReceivedUnits("1", 1, disposition="restock", node="ningbo")],
            ),
        ):
            receipt = send(message, ports)
        assert [o.order_id for o in receipt.released] == ["o-2"]
    else:
        ports = attrs.evolve(ports, waiting=None)
        run(received(5), ports)
        assert store.orders["o-2"].control.pending
        run(reserve_order(order_id="o-2", command_id="r", context=DESK), ports)
    assert store.orders["o-2"].lifecycle is Lifecycle.CONFIRMED
    assert store.waiting == {}


def test_units_that_cannot_come_from_where_they_are_release_nobody():
    """Enough in the books; but the order has no place to send them to."""
    ports, store = shop({})
    account(ports, TEA * 9)
    nowhere = attrs.evolve(bought(("TEA", 1)), ship_to=None)
    run(place(1, nowhere, backorder=True), ports)
    assert run(confirm(1), ports).order.control.pending
    assert run(received(5), ports).released == ()
    assert store.orders["o-1"].control.pending


def test_what_is_allocated_and_not_held_is_held_too():
    ports, store = shop({})
    account(ports, TEA * 9)
    run(place(1, bought(("TEA", 3)), backorder=True), ports)
    plan = [Assignment("1", 2, node="ningbo")]
    send(AllocateUnits("o-1", command_id="a", allocations=plan), ports)
    assert run(confirm(1), ports).order.control.pending
    # At wuhan there is enough for all; what was allocated is to come from ningbo.
    far = Receive(sku="TEA", node="wuhan", quantity=5, command_id="f")
    assert run(handle_stock(far, context=DESK), ports).released == ()
    assert run(received(2), ports).released
    held = {known.node: known.reserved for known in store.orders["o-1"].allocations}
    assert held == {"ningbo": 2, "wuhan": 1}


def test_a_shop_that_may_not_reserve_takes_no_units():
    closed = OrderRules(roles=RoleMatrix(["system"], [RoleGrant("system", ["ship", "place_hold"])]))
    for allocated in (False, True):
        ports, store = trade(TEA * 9, 2, stock={})
        if allocated:
            plan = [Assignment("1", 2, node="ningbo")]
            send(AllocateUnits("o-1", command_id="a", allocations=plan), ports)
        assert run(confirm(1, rules=closed), ports).order.control.pending
        came = attrs.evolve(received(2), rules=closed)
        assert run(came, ports).released == ()
        # All that it needs has a node: it is held there, and nothing is planned.
        again = release_waiting([stock_subject("TEA")], context=DESK)
        assert [order.lifecycle for order in run(again, ports)] == [Lifecycle.CONFIRMED]
        assert store.stock[NINGBO].reserved == 2


# --- the seller's own limit ---


def test_a_large_order_waits_for_the_sellers_limit():
    ports, store = trade(TEA * 9, 3)
    small = OrderLimits(name="shop", order_total=[yuan(TEA * 2)])
    held = run(confirm(1, limits=small), ports)
    assert [hold.code for hold in held.order.control.holds] == ["gate", "limit"]
    assert waits_for(held.order) == ("limits",)
    assert topics(store) == ["limit.order_total", "order.held"]
    # The credit is there and taken; only the look at the order is missing.
    assert store.credit["c-9"].exposure == yuan(TEA * 3)
    asked = release_waiting([limits_subject()], context=DESK)
    assert run(asked, ports) == ()
    assert run(attrs.evolve(asked, limits=small), ports) == ()
    large = OrderLimits(name="shop", order_total=[yuan(TEA * 3)])
    (order,) = run(attrs.evolve(asked, limits=large), ports)
    assert order.lifecycle is Lifecycle.CONFIRMED
    assert run(attrs.evolve(asked, limits=large), ports) == ()


def test_all_three_at_once_and_each_ends_its_own():
    ports, store = trade(TEA, 3, stock={})
    small = OrderLimits(name="shop", order_total=[yuan(TEA)])
    held = run(confirm(1, limits=small), ports).order
    assert sorted(hold.hold_id for hold in held.control.holds) == [
        "k/gate",
        "k/limit.credit",
        "k/limit.order_total",
        "k/stock.short",
    ]

    def left():
        return [hold.hold_id for hold in store.orders["o-1"].control.holds]

    run(received(3), ports)
    assert left() == ["k/gate", "k/limit.credit", "k/limit.order_total"]
    run(raised(TEA * 3), ports)
    assert left() == ["k/gate", "k/limit.order_total"]
    run(release_waiting(["limits"], context=DESK, limits=SHOP), ports)
    assert left() == []
    assert store.orders["o-1"].lifecycle is Lifecycle.CONFIRMED


# --- who goes first ---


def waiting_line(ports, store, *tins):
    """So many orders that wait, placed an hour apart, the last one first by its id."""
    for number, units in enumerate(tins):
        later = attrs.evolve(DESK, now=shift(DESK.now, hours=number))
        run(place(9 - number, bought(("TEA", units)), backorder=True), ports)
        asked = confirm_on_credit(
            order_id=f"o-{9 - number}", command_id="k", context=later, limits=SHOP
        )
        assert run(asked, ports).order.control.pending


LATE = attrs.evolve(DESK, now=shift(DESK.now, days=1))


def test_who_waits_longest_goes_first_and_a_smaller_one_may_pass_who_does_not_fit():
    ports, store = trade(0)
    waiting_line(ports, store, 2, 3, 1)
    more = SetLimit("c-9", command_id="l", limit=yuan(TEA * 4))
    done = run(handle_credit(more, context=LATE), ports)
    # Two for the first; three are not left for the second; one is for the third.
    assert [order.order_id for order in done.released] == ["o-9", "o-7"]
    more = SetLimit("c-9", command_id="m", limit=yuan(TEA * 6))
    assert [o.order_id for o in run(handle_credit(more, context=LATE), ports).released] == ["o-8"]


def test_an_urgent_order_goes_before_an_older_one():
    ports, store = trade(0)
    waiting_line(ports, store, 2, 2)
    ports = attrs.evolve(ports, waiting=None)
    run(handle_credit(SetLimit("c-9", command_id="l", limit=yuan(TEA * 2)), context=LATE), ports)
    ports = memory_ports(store=store, prices=BOOK, network=NETWORK)
    newest_first = UrgencyPolicy(
        name="x",
        factors=[UrgencyFactor(kind="waiting", steps=[(1, 1)])],
        keywords=[KeywordRule(name="k", words=["k"], points=1)],
    )
    flow = release_waiting([account_subject("c-9")], context=LATE, urgency=newest_first)
    assert [order.order_id for order in run(flow, ports)] == ["o-9"]


# --- the host alone, by commands ---


def test_a_host_without_a_list_lets_orders_go_by_commands_alone():
    ports, store = trade(TEA, 2)
    ports = attrs.evolve(ports, waiting=None)
    run(confirm(1), ports)
    assert run(raised(TEA * 2), ports).released == ()
    order = store.orders["o-1"]
    assert waits_for(order) == (account_subject("c-9"),)
    # Credit first, as the account allows it; the order then knows by itself that it needs none.
    wish = ReserveCredit("c-9", command_id="w", order_id="o-1", amount=yuan(TEA * 2))
    assert run(handle_credit(wish, context=DESK), ports)
    promise = attrs.evolve(paid("o-1", TEA * 2, kind="authorised"), payment_id=CREDIT_PAYMENT)
    assert send(promise, ports).order.lifecycle is Lifecycle.CONFIRMED


def test_a_host_may_tell_an_order_what_it_waits_for():
    ports, _ = trade(TEA * 9, 1)
    hold = PlaceHold(
        "o-1",
        command_id="h",
        hold_id="h",
        code="limit",
        auto=AutoRelease(outside="account.available >= CNY(500)"),
    )
    run(confirm(1, limits=None), ports)
    ports = attrs.evolve(ports, waiting=None)
    held = send(hold, ports).order
    assert waits_for(held) == ("account:c-9",)
    low = RecheckHolds(
        "o-1", command_id="t", standing=LimitStanding(accepts=True, available=yuan(49_999))
    )
    assert send(low, ports).codes == ("hold.not_over",)
    told = RecheckHolds(
        "o-1", command_id="t", standing=LimitStanding(accepts=True, available=yuan(50_000))
    )
    assert send(told, ports).order.control.holds == ()
    assert send(told, ports).repeated
    assert send(attrs.evolve(told, command_id="u"), ports).codes == ("hold.none",)


def test_a_rule_of_the_hosts_own_is_asked_after_the_account_gave():
    ports, store = trade(TEA * 3, 1)
    hold = PlaceHold(
        "o-1",
        command_id="h",
        hold_id="h",
        code="limit",
        auto=AutoRelease(outside="account.available >= CNY(512)"),
    )
    assert send(hold, ports).order.control.holds
    assert store.credit["c-9"].open_minor == TEA, "what an order waits for it takes"
    assert run(raised(TEA * 5), ports).released
    assert store.orders["o-1"].control.holds == ()
    assert store.credit["c-9"].open_minor == TEA


# --- other gates, roles, time ---


def test_other_gates_are_waited_for_as_well():
    rules = OrderRules(gates=[*DEFAULT_RULES.gates, Gate("confirm", ["tax_id"])])
    ports, store = trade(TEA, 2)
    held = run(confirm(1, rules=rules), ports).order
    assert held.control.pending.missing == ("payment", "tax_id", "hold:k/limit.credit")
    up = SetLimit("c-9", command_id="l", limit=yuan(TEA * 2))
    assert run(handle_credit(up, context=DESK, rules=rules), ports).released
    order = store.orders["o-1"]
    assert [hold.code for hold in order.control.holds] == ["gate"]
    shown = orders.RecordEvidence("o-1", fact_id="t", name="tax_id")
    done = run(handle(shown, context=DESK, rules=rules), ports)
    assert done.order.lifecycle is Lifecycle.CONFIRMED


def test_a_gate_that_refuses_and_a_role_that_may_not_save_nothing():
    strict = OrderRules(gates=[Gate("confirm", ["tax_id"], on_closed="refuse")])
    ports, store = trade(TEA, 2)
    before = saved(store)
    refusal = run(confirm(1, rules=strict), ports)
    assert refusal.codes == ("limit.credit", "order.held", "gate.tax_id")
    nobody = OrderRules(roles=RoleMatrix(["desk"], [RoleGrant("desk", ["ship"])]))
    assert "role.not_allowed" in run(confirm(1, rules=nobody), ports).codes
    closed = OrderRules(roles=RoleMatrix(["system"], [RoleGrant("system", ["ship"])]))
    assert run(confirm(1, rules=closed), ports).codes == ("role.not_allowed",)
    assert saved(store) == before
    run(confirm(1), ports)
    up = SetLimit("c-9", command_id="l", limit=yuan(TEA * 2))
    released = run(handle_credit(up, context=DESK, rules=closed), ports).released
    assert [o.lifecycle for o in released] == [Lifecycle.CONFIRMED], "the order knows by itself"


def test_another_request_while_one_waits_is_told_why_and_holds_nothing_twice():
    ports, store = trade(TEA, 2)
    run(confirm(1), ports)
    before = saved(store)
    refusal = run(confirm(1, "other"), ports)
    assert isinstance(refusal, Refusal)
    assert set(refusal.codes) == {"limit.credit", "order.held", "gate.payment"}
    assert saved(store) == before


def test_a_clock_that_is_behind_the_order_lets_nobody_go_yet():
    ports, _ = trade(TEA, 2)
    run(confirm(1), ports)
    early = attrs.evolve(DESK, now=WEB.now)
    up = SetLimit("c-9", command_id="l", limit=yuan(TEA * 2))
    assert run(handle_credit(up, context=early), ports).released == ()
    assert run(release_waiting([account_subject("c-9")], context=DESK), ports)


def test_an_order_that_ends_while_it_waits_leaves_the_list():
    ports, store = trade(TEA, 2)
    run(confirm(1), ports)
    send(CancelOrder("o-1", command_id="x"), ports)
    assert run(raised(TEA * 9), ports).released == ()
    assert store.orders["o-1"].lifecycle is Lifecycle.CANCELLED
    assert store.credit["c-9"].open_minor == 0


def test_a_limit_hold_may_end_by_time():
    ports, store = trade(TEA, 1)
    until = shift(DESK.now, hours=1)
    hold = PlaceHold(
        "o-1",
        command_id="h",
        hold_id="h",
        code="limit",
        until=until,
        auto=AutoRelease(outside="limits.order_total is None"),
    )
    held = send(hold, ports).order
    (timer,) = due_timers(held, DEFAULT_RULES)
    assert timer.at == until
    late = attrs.evolve(DESK, now=until)
    assert run(handle(timer.command, context=late), ports).order.control.holds == ()
    assert store.waiting == {}


def test_a_refused_move_of_stock_is_the_refusal():
    ports, _ = shop(FULL)
    wish = Reserve(
        sku="TEA", node="ningbo", quantity=100, command_id="r", reservation_id="x", order_id="o"
    )
    assert run(handle_stock(wish, context=DESK), ports).codes == ("stock.short",)
    less = attrs.evolve(wish, quantity=99)
    assert run(handle_stock(less, context=DESK), ports).accepted().item.available == 0


def test_nobody_is_asked_for_when_nothing_was_named():
    ports, _ = shop(FULL)
    assert run(release_waiting([], context=DESK), ports) == ()


def test_awaited_it_is_the_same():
    def finished(coroutine):
        try:
            coroutine.send(None)
        except StopIteration as stop:
            return stop.value
        raise AssertionError("an in-memory adapter waited")

    for listed in (True, False):
        _, store = trade(TEA, 2)
        ports = async_memory_ports(store=store, prices=BOOK, network=NETWORK)
        if not listed:
            ports = attrs.evolve(ports, waiting=None)
        assert finished(arun(confirm(1), ports)).order.control.pending
        assert bool(finished(arun(raised(TEA * 2), ports)).released) is listed


# --- races ---


def waiting_for(limit, *units):
    def make():
        ports, store = trade(limit, *units)
        for number in range(1, len(units) + 1):
            assert isinstance(run(confirm(number), ports), Receipt)
        return ports, store

    return make


def test_a_limit_raised_while_an_order_begins_to_wait_is_never_missed():
    """In whatever way the two cross, the order is confirmed in the end, on credit that is there."""
    for store, asked, up in crossings(lambda: trade(TEA, 2), confirm(1), raised(TEA * 2), each=23):
        assert isinstance(asked.outcome, Receipt)
        assert up.outcome
        assert store.orders["o-1"].lifecycle is Lifecycle.CONFIRMED
        assert store.waiting == {}
        kept(store)


def test_goods_that_arrive_while_an_order_begins_to_wait_are_never_missed():
    for store, asked, came in crossings(
        lambda: trade(TEA * 9, 2, stock={}), confirm(1), received(2), each=97
    ):
        assert isinstance(asked.outcome, Receipt)
        assert came.outcome
        assert store.orders["o-1"].lifecycle is Lifecycle.CONFIRMED


@settings(max_examples=40)
@given(st.lists(st.booleans(), max_size=60), st.integers(0, 3))
def test_two_that_let_go_at_once_never_let_two_pass_on_one_head_room(turns, tins):
    """Both know of three orders that wait; there is credit for so many, and so many go."""
    ports, store = waiting_for(0, 1, 1, 1)()
    racers = [Racer(raised(TEA * tins, id), ports) for id in ("a", "b")]
    for turn in turns:
        if racers[turn].outcome is None:
            racers[turn].step()
    for racer in racers:
        racer.finish()
    done = [id for id, stage in stages(store).items() if stage == "confirmed"]
    assert done == ["o-1", "o-2", "o-3"][:tins]
    assert store.credit["c-9"].open_minor == TEA * tins
    assert store.credit["c-9"].available == yuan(0)
    kept(store)


# --- a life ---


class WaitingLife(RuleBasedStateMachine):
    """Buyers ask for more than there is; credit and goods come and go."""

    def __init__(self):
        super().__init__()
        self.ports, self.store = shop({("TEA", "ningbo"): 3})
        self.count = 0
        account(self.ports, TEA * 3)

    def id(self, prefix):
        self.count += 1
        return f"{prefix}-{self.count}"

    def do(self, flow):
        outcome = run(flow, self.ports)
        held = saved(self.store)
        again = run(flow, self.ports)
        if outcome:
            assert again.repeated or not again.events
            assert saved(self.store) == held, "a repeat changed something"
        return outcome

    @rule(units=st.integers(1, 3))
    def ask(self, units):
        self.count += 1
        number = self.count
        assert run(place(number, bought(("TEA", units)), backorder=True), self.ports)
        assert self.do(confirm(number))

    @rule(tins=st.integers(0, 8))
    def change_the_limit(self, tins):
        self.do(raised(TEA * tins, self.id("l")))

    @rule(units=st.integers(1, 4))
    def receive(self, units):
        self.do(received(units, self.id("in")))

    @precondition(lambda self: self.store.orders)
    @rule(data=st.data(), whole=st.booleans())
    def cancel(self, data, whole):
        order_id = data.draw(st.sampled_from(sorted(self.store.orders)))
        message = (
            CancelOrder(order_id, command_id=self.id("x"))
            if whole
            else CancelUnits(order_id, command_id=self.id("x"), lines={"1": 1})
        )
        self.do(handle(message, context=DESK))

    @invariant()
    def the_laws_hold(self):
        kept(self.store)
        for item in self.store.stock.values():
            for law in inventory.INVARIANTS:
                law.require(item)
        for order in self.store.orders.values():
            for law in orders.INVARIANTS:
                law.require(order)
            assert orders.replay(None, self.store.order_events[order.order_id]) == order

    @invariant()
    def nothing_is_on_credit_twice(self):
        state = self.store.credit["c-9"]
        promised = {}
        for order in self.store.orders.values():
            payment = order.payment(CREDIT_PAYMENT)
            left = 0 if payment is None else payment.authorised_minor - payment.voided_minor
            if left:
                promised[order.order_id] = left
        assert promised == dict(state.open)
        reserved = sum(item.reserved for item in self.store.stock.values())
        assert reserved == sum(
            line.reserved - line.shipped for o in self.store.orders.values() for line in o.lines
        )

    @invariant()
    def who_waits_waits_for_something_that_is_not_there(self):
        """An order waits exactly while it could not be confirmed: there is no third thing."""
        free = sum(item.available for item in self.store.stock.values())
        room = self.store.credit["c-9"].available.minor
        for order in self.store.orders.values():
            needs = waits_for(order)
            assert bool(needs) == (order.order_id in self.store.waiting)
            if order.lifecycle is not Lifecycle.SUBMITTED:
                assert order.control.holds == () or order.lifecycle is Lifecycle.CANCELLED
                continue
            assert order.control.pending is not None
            assert needs
            if account_subject("c-9") in needs:
                assert orders.credit_needed(order).minor > room
            if stock_subject("TEA") in needs:
                assert order.lines[0].unreserved > free


TestWaitingLife = WaitingLife.TestCase
TestWaitingLife.settings = settings(max_examples=20, stateful_step_count=12, deadline=None)


class _Interrupted:
    """A unit of work in whose way somebody is at the commits of these numbers."""

    def __init__(self, inner, *numbers):
        self.inner, self.numbers, self.count = inner, numbers, 0

    def commit(self, commit, /):
        self.count += 1
        if self.count in self.numbers:
            raise ConcurrencyConflict("order:o", 1, 2)
        return self.inner.commit(commit)


@pytest.mark.parametrize("numbers", [(1,), (2,), (3,), (1, 3), (2, 4)])
def test_a_conflict_on_the_way_starts_only_its_own_order_anew(numbers):
    ports, store = waiting_for(0, 1, 1)()
    ports = attrs.evolve(ports, unit_of_work=_Interrupted(ports.unit_of_work, *numbers))
    done = run(raised(TEA * 2), ports)
    assert [order.order_id for order in done.released] == ["o-1", "o-2"]
    assert set(stages(store).values()) == {"confirmed"}
    kept(store)


def test_after_a_crash_between_two_commits_the_repeat_goes_on():
    ports, store = waiting_for(0, 1, 1)()
    stopped = attrs.evolve(ports, unit_of_work=_Interrupted(ports.unit_of_work, 3))
    with pytest.raises(ConcurrencyConflict):
        run(raised(TEA * 2), stopped, attempts=1)
    assert stages(store) == {"o-1": "confirmed", "o-2": "submitted"}
    again = run(raised(TEA * 2), ports)
    assert (again.repeated, [o.order_id for o in again.released]) == (True, ["o-2"])
    assert set(stages(store).values()) == {"confirmed"}

"""A host's own rules through the workflows: gates, waiting confirmations, timers, ends by time."""

from __future__ import annotations

import asyncio

import attrs
import pytest
from tests.workflows.trade import (
    HANGZHOU,
    NETWORK,
    WEB,
    books,
    cart,
    paid,
    place,
    saved,
    shop,
    yuan,
)

from ordercore.inventory import StockSnapshot
from ordercore.kernel import Context, Duration, Refusal, shift
from ordercore.memory import MemoryStore, async_memory_ports
from ordercore.orders import (
    ConfirmOrder,
    Gate,
    HoldRule,
    Lifecycle,
    OrderPolicy,
    OrderRules,
    PlaceHold,
    RecordEvidence,
    ReleaseHold,
    ReleaseUnits,
    RoleGrant,
    RoleMatrix,
    Tick,
)
from ordercore.pricing import Quote, QuoteLine
from ordercore.workflows import arun, handle, place_quote, reserve_order, run

TEN = {("TEA", "ningbo"): 10}
B2B = OrderRules(gates=[Gate("confirm", ["credit", "stock"])], on_gate="hold")


def sent(ports, message, *, now=WEB.now, rules=B2B, role="customer"):
    context = Context(now=now, actor="web", role=role)
    return run(handle(message, context=context, rules=rules), ports)


def test_a_configured_shop_runs_through_the_workflows():
    ports, store = shop(TEN)
    run(place(1, cart(("TEA", 2)), rules=B2B), ports)
    asked = sent(ports, ConfirmOrder("o-1", command_id="ask"))
    assert asked.order.control.pending.missing == ("credit",)
    assert [row.effect.topic for row in store.outbox] == ["order.held"]
    done = sent(ports, RecordEvidence("o-1", fact_id="f", name="credit"))
    assert done.order.lifecycle is Lifecycle.CONFIRMED
    assert [row.effect.topic for row in store.outbox] == ["order.held", "order.confirmed"]
    before = saved(store)
    assert sent(ports, RecordEvidence("o-1", fact_id="f", name="credit")).repeated
    assert sent(ports, ConfirmOrder("o-1", command_id="ask")).repeated
    assert saved(store) == before


def test_a_shop_of_default_rules_asks_for_its_own_gates():
    ports, _ = shop(TEN)
    run(place(1, cart(("TEA", 2))), ports)
    answer = run(handle(ConfirmOrder("o-1", command_id="ask"), context=WEB), ports)
    assert answer.codes == ("gate.payment",)


def test_the_timers_of_a_decision_reach_the_commit_and_ring():
    ports, store = shop(TEN)
    policy = OrderPolicy(pay_within=Duration.of(minutes=30))
    placed = run(place(1, cart(("TEA", 2)), order_policy=policy), ports)
    end = shift(WEB.now, minutes=30)
    (timer,) = store.timers
    assert placed.due == (timer,)
    assert (timer.at, timer.timer_id) == (end, "o-1/payment")
    early = sent(ports, timer.command, now=shift(end, seconds=-1))
    assert (early.events, early.due, early.repeated) == ((), (timer,), False)
    assert len(store.timers) == 1
    rung = sent(ports, timer.command, now=end)
    assert rung.order.lifecycle is Lifecycle.EXPIRED
    assert books(store)["TEA@ningbo"] == (10, 0, 0, 0, 0)
    assert sent(ports, timer.command, now=end).repeated


def test_a_hold_that_ends_by_time_is_saved_with_its_timer():
    ports, store = shop(TEN)
    run(place(1, cart(("TEA", 2))), ports)
    until = shift(WEB.now, hours=1)
    sent(ports, PlaceHold("o-1", command_id="h", hold_id="h-1", code="fraud", until=until))
    (timer,) = store.timers
    rung = sent(ports, timer.command, now=until)
    assert rung.order.control.holds == ()
    assert [row.effect.topic for row in store.outbox] == ["hold.placed", "hold.expired"]


def test_a_timer_that_rang_for_another_is_saved_in_its_own_time_too():
    """Both ticks are saved although they carry one id: the store knows commits by their ids."""
    ports, store = shop(TEN)
    run(place(1, cart(("TEA", 2))), ports)
    for number in (1, 2):
        until = shift(WEB.now, hours=number)
        hold = PlaceHold(
            "o-1", command_id=f"h{number}", hold_id=f"h-{number}", code="x", until=until
        )
        sent(ports, hold)
    second = store.timers[1].command
    first = sent(ports, second, now=shift(WEB.now, hours=1))
    assert [event.hold_id for event in first.events] == ["h-1"]
    last = sent(ports, second, now=shift(WEB.now, hours=2))
    assert [event.hold_id for event in last.events] == ["h-2"]
    assert last.order.control.holds == ()
    assert sent(ports, second, now=shift(WEB.now, hours=2)).repeated


def test_rules_that_hold_and_roles_reach_every_use_case():
    limit = HoldRule(code="limit", when="order.due > CNY(100)", blocks="confirm")
    rules = OrderRules(
        hold_rules=[limit], roles=RoleMatrix(["guest"], [RoleGrant("guest", ["cancel_order"])])
    )
    ports, store = shop(TEN)
    placed = run(place(1, cart(("TEA", 2)), rules=rules), ports)
    assert [hold.hold_id for hold in placed.order.control.holds] == ["limit#1"]
    assert [row.effect.topic for row in store.outbox] == ["hold.placed"]
    quote = Quote(
        currency="CNY",
        at=WEB.now,
        lines=[QuoteLine("1", sku="TEA", quantity=1, list_amount=yuan(12800))],
    )
    guest = attrs.evolve(WEB, role="guest")
    flow = place_quote(
        quote, order_id="o-2", command_id="c", context=guest, destination=HANGZHOU, rules=rules
    )
    assert run(flow, ports).codes == ("role.not_allowed",)
    flow = place_quote(
        quote,
        order_id="o-2",
        command_id="c",
        context=WEB,
        destination=HANGZHOU,
        backorder=True,
        rules=rules,
    )
    assert run(flow, ports).order.control.holds[0].code == "limit"
    back = ReleaseUnits(
        "o-1", command_id="back", allocations=[placed.order.allocations[0].allocation_id]
    )
    sent(ports, back, rules=rules)
    for context, codes in ((guest, ("role.not_allowed",)), (WEB, ())):
        flow = reserve_order(order_id="o-1", command_id="r", context=context, rules=rules)
        answer = run(flow, ports)
        assert (answer.codes if isinstance(answer, Refusal) else ()) == codes


def test_the_same_text_runs_awaited():
    store = MemoryStore(stock=StockSnapshot.of(TEN))
    quote = Quote(
        currency="CNY",
        at=WEB.now,
        lines=[QuoteLine("1", sku="TEA", quantity=1, list_amount=yuan(12800))],
    )
    ports = async_memory_ports(store=store, network=NETWORK)
    flow = place_quote(quote, order_id="o-1", command_id="c", context=WEB, destination=HANGZHOU)
    asyncio.run(arun(flow, ports))
    hold = PlaceHold("o-1", command_id="h", hold_id="h-1", code="x")
    asyncio.run(arun(handle(hold, context=WEB, rules=B2B), ports))
    done = asyncio.run(
        arun(handle(ReleaseHold("o-1", command_id="r", hold_id="h-1"), context=WEB), ports)
    )
    assert done.order.control.holds == ()


@pytest.mark.parametrize("minutes", [0, 29])
def test_what_is_paid_in_time_does_not_expire(minutes):
    ports, store = shop(TEN)
    policy = OrderPolicy(pay_within=Duration.of(minutes=30))
    run(place(1, cart(("TEA", 2)), order_policy=policy), ports)
    sent(ports, paid("o-1", 25600), now=shift(WEB.now, minutes=minutes))
    rung = sent(ports, store.timers[0].command, now=shift(WEB.now, minutes=30))
    assert (rung.events, rung.due) == ((), ())
    assert rung.order.lifecycle is Lifecycle.SUBMITTED
    assert sent(ports, Tick("o-1", command_id="any"), now=shift(WEB.now, days=1)).events == ()

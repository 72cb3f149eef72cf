"""Lines below zero: what is due may rise when one leaves, and the policy says who pays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ordercore import orders
from ordercore.kernel import Context, Money, fold
from ordercore.orders import (
    INVARIANTS,
    NO_RECKONING,
    AllowanceGranted,
    Assignment,
    CancelOrder,
    CancelUnits,
    ConfirmOrder,
    Lifecycle,
    OrderPolicy,
    PlaceOrder,
    RaisedDueRule,
    ReceivedUnits,
    ReceiveReturn,
    RecordPayment,
    RefundPayment,
    RequestReturn,
    ReserveStock,
    ShipUnits,
    available,
)
from ordercore.pricing import Adjustment, Quote, QuoteLine

WEB = Context(now="2026-11-11T00:00:00Z", actor="web")


def usd(minor):
    return Money(minor, "USD")


def line(name, quantity, minor):
    """A line of this amount; below zero it is a price of 1.00 and a coupon above it."""
    if minor >= 0:
        return QuoteLine(name, sku=f"S{name}", quantity=quantity, list_amount=usd(minor))
    return QuoteLine(
        name,
        sku=f"S{name}",
        quantity=quantity,
        list_amount=usd(100),
        adjustments=[Adjustment(code="c", amount=usd(minor - 100), kind="coupon", funder="maker")],
    )


def placed(*amounts, rule="waived"):
    """An order of lines of three units each."""
    quote = Quote(
        currency="USD",
        at=WEB.now,
        lines=[line(str(number), 3, minor) for number, minor in enumerate(amounts)],
    )
    policy = OrderPolicy(raised_due=rule)
    return after(None, PlaceOrder("o", quote=quote, command_id="place", policy=policy))


def after(order, message):
    return fold(orders, orders.decide(order, message, WEB).accepted().events, order)


def paid(order, kind="authorised"):
    return after(
        order,
        RecordPayment("o", fact_id=kind, payment_id="p", kind=kind, amount=order.due),
    )


def cancel(order, **lines):
    """Cancel units, by the numbers of their lines."""
    wanted = {name.removeprefix("line_"): units for name, units in lines.items()}
    command_id = f"cancel-{order.version}"
    return orders.decide(
        order, CancelUnits("o", command_id=command_id, lines=wanted), WEB
    ).accepted()


def reserved(order):
    held = [Assignment(row.line_id, row.backlog, node="n") for row in order.lines if row.backlog]
    return after(order, ReserveStock("o", command_id="reserve", allocations=held))


def test_the_buyer_may_owe_the_rise_and_confirming_says_so():
    order = paid(placed(1000, -150, rule="owed"))
    order = reserved(fold(orders, cancel(order, line_1=3).events, order))
    assert (order.due_minor, order.allowance_minor) == (1000, 0)
    verdict = orders.check(order, ConfirmOrder("o", command_id="confirm"), WEB)
    assert verdict.codes == ("gate.payment",)
    assert verdict.reasons[0].facts["missing"] == usd(150)


def test_by_default_a_rise_is_carried_and_asked_of_nobody():
    assert OrderPolicy().raised_due is RaisedDueRule.CARRIED
    order = paid(placed(1000, 300, -150, rule="carried"), "captured")
    order = fold(orders, cancel(order, line_2=1).events, order)
    assert (order.due_minor, order.money.carried, order.allowance_minor) == (1150, usd(50), 0)
    assert order.money.outstanding == usd(0)
    now = available(order, WEB)
    assert now["CancelUnits"].carried == now["CancelOrder"].carried == usd(50)
    # The next unit is worth 100: half of it goes against what was carried.
    decision = cancel(order, line_1=1)
    assert [e.amount for e in decision.effects if isinstance(e, RefundPayment)] == [usd(50)]
    order = fold(orders, decision.events, order)
    assert (order.due_minor, order.money.carried) == (1100, usd(0))
    assert available(order, WEB)["CancelUnits"].carried is None
    order = fold(orders, cancel(order, line_0=3, line_1=2, line_2=2).events, order)
    assert (order.due_minor, order.reckoning) == (0, NO_RECKONING)


def test_a_waived_rise_is_an_allowance_of_the_same_decision():
    order = paid(placed(1000, -150))
    decision = cancel(order, line_1=3)
    granted = [event for event in decision.events if isinstance(event, AllowanceGranted)]
    assert [(event.amount, event.why) for event in granted] == [(usd(150), "due.raised")]
    assert granted[0].cause.id == f"cancel-{order.version}"
    order = reserved(fold(orders, decision.events, order))
    assert order.due_minor == 850
    assert after(order, ConfirmOrder("o", command_id="confirm")).lifecycle is Lifecycle.CONFIRMED


def test_what_is_above_zero_is_given_back_and_nothing_granted():
    decision = cancel(placed(1000, -150), line_0=1)
    assert not any(isinstance(event, AllowanceGranted) for event in decision.events)


def test_a_returned_line_below_zero_is_waived_too():
    order = reserved(paid(placed(900, -150), "captured"))
    order = after(order, ConfirmOrder("o", command_id="confirm"))
    order = after(
        order, ShipUnits("o", command_id="s", shipment_id="s", node="n", lines={"0": 3, "1": 3})
    )
    order = after(order, RequestReturn("o", command_id="r", return_id="r", lines={"1": 2}))
    back = [ReceivedUnits("1", 2, disposition="scrap")]
    order = after(order, ReceiveReturn("o", command_id="b", return_id="r", units=back))
    assert (order.due_minor, order.allowance_minor, order.money.balance.minor) == (750, 100, 0)


def test_the_end_of_an_order_waives_before_it_ends():
    order = paid(placed(1000, -150))
    order = after(order, CancelOrder("o", command_id="cancel"))
    assert (order.lifecycle, order.due_minor) == (Lifecycle.CANCELLED, 0)


@given(
    st.lists(st.integers(-300, 900), min_size=2, max_size=5).filter(lambda sums: sum(sums) >= 0),
    st.data(),
)
def test_carried_nothing_rises_nothing_is_lost_and_the_order_of_cancels_never_matters(
    amounts, data
):
    going = [name for name in range(len(amounts)) for _ in range(3)]
    ends = []
    for turns in (going, data.draw(st.permutations(going))):
        order = placed(*amounts, rule="carried")
        order = paid(order, "captured") if sum(amounts) else order
        for name in turns:
            due = order.due_minor
            order = fold(orders, cancel(order, **{f"line_{name}": 1}).events, order)
            assert order.due_minor <= due
            assert order.due_minor + order.reckoning.carried_minor == max(0, order.value_minor) or (
                order.value_minor < 0
            )
            assert all(law.check(order) is None for law in INVARIANTS)
        ends.append((order.due_minor, order.reckoning))
    assert ends[0] == ends[1] == (0, NO_RECKONING)


@given(
    st.lists(st.integers(-300, 900), min_size=2, max_size=5).filter(lambda sums: sum(sums) >= 0),
    st.data(),
)
def test_waived_nothing_ever_rises_and_the_order_of_cancels_never_matters(amounts, data):
    going = [name for name in range(len(amounts)) for _ in range(3)]
    going = data.draw(st.permutations(going))[: data.draw(st.integers(0, len(going)))]
    ends = []
    for turns in (going, data.draw(st.permutations(going))):
        order = paid(placed(*amounts)) if sum(amounts) else placed(*amounts)
        for name in turns:
            due = order.due_minor
            order = fold(orders, cancel(order, **{f"line_{name}": 1}).events, order)
            assert order.due_minor <= due
            assert all(law.check(order) is None for law in INVARIANTS)
        ends.append(order.due_minor)
    assert ends[0] == ends[1]

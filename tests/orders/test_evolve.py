"""Events that cannot have happened are told apart from those that have, one by one and replayed."""

from __future__ import annotations

import attrs
import pytest
from tests.orders.test_refusals import CONFIRMED, after, shipped

from ordercore.kernel import IllegalTransition, Money
from ordercore.orders import (
    FULFILMENT,
    RETURN,
    AllowanceGranted,
    AssignedUnits,
    Cause,
    LineValue,
    MoneyRequested,
    OrderCancelled,
    OrderClosed,
    OrderConfirmed,
    OrderReopened,
    PaymentKind,
    PaymentRecorded,
    ReceivedUnits,
    ReleasedUnits,
    RequestKind,
    ReturnReceived,
    ReturnRequested,
    ShippedFrom,
    UnitsAllocated,
    UnitsCancelled,
    UnitsDelivered,
    UnitsReleased,
    UnitsReserved,
    UnitsShipped,
    evolve,
    replay,
)
from ordercore.orders.specimen import tea_order

ORDER = tea_order()
CAUSE = Cause(id="x", kind="command", digest="00", at="2026-11-12T00:00:00Z", actor="web")
ZERO = Money(0, "CNY")
KNOWN = {"order_id": "o-1", "cause": CAUSE}
SENT = after(CONFIRMED, shipped(l1=2))


def assigned(line="1", units=1, id="a"):
    return AssignedUnits(allocation_id=id, line_id=line, node="n", quantity=units)


def released(units=1, reserved=0, id="c-2/0"):
    return ReleasedUnits(
        allocation_id=id, line_id="1", sku="TEA", node="n", quantity=units, reserved=reserved
    )


def cancelled(units, line="1"):
    value = LineValue(line_id=line, quantity=units, amount=ZERO)
    return UnitsCancelled(**KNOWN, lines=(value,), charges=ZERO, amount=ZERO)


def sent(units=1, id="c-2/0", shipment="s-9"):
    parts = (ShippedFrom(allocation_id=id, line_id="1", quantity=units),)
    return UnitsShipped(
        **KNOWN,
        shipment_id=shipment,
        node="n",
        units=parts,
        flow=FULFILMENT.pin,
        stage="handed_over",
        counts_as="shipped",
    )


def asked_back(units):
    return ReturnRequested(
        **KNOWN,
        return_id="r",
        lines={"1": units},
        flow=RETURN.pin,
        stage="expected",
        counts_as="return_requested",
    )


def came(units=1, line="1", return_id="r"):
    parts = (ReceivedUnits(line, units, disposition="scrap"),)
    return ReturnReceived(
        **KNOWN,
        return_id=return_id,
        units=parts,
        lines=(),
        charges=ZERO,
        amount=ZERO,
        stage="received",
        counts_as="returned",
        ended=True,
    )


def reported(currency="CNY"):
    return PaymentRecorded(
        **KNOWN, payment_id="p", kind=PaymentKind.CAPTURED, amount=Money(1, currency)
    )


RETURNING = after(SENT)
IMPOSSIBLE = [
    ("nothing", None, OrderConfirmed(**KNOWN)),
    ("placed twice", ORDER, None),
    ("another order's", ORDER, OrderCancelled(order_id="o-2", cause=CAUSE)),
    ("confirmed twice", CONFIRMED, OrderConfirmed(**KNOWN)),
    ("closed before confirmed", ORDER, OrderClosed(**KNOWN)),
    ("reopened before closed", CONFIRMED, OrderReopened(**KNOWN)),
    ("more allocated than ordered", ORDER, UnitsAllocated(**KNOWN, units=[assigned(units=3)])),
    ("allocated twice", CONFIRMED, UnitsAllocated(**KNOWN, units=[assigned(id="c-2/0")])),
    ("an unknown line", ORDER, UnitsAllocated(**KNOWN, units=[assigned("9")])),
    ("reserved before allocated", ORDER, UnitsReserved(**KNOWN, units=[assigned()])),
    ("reserved twice", CONFIRMED, UnitsReserved(**KNOWN, units=[assigned(id="c-2/0")])),
    ("released unknown", ORDER, UnitsReleased(**KNOWN, units=(released(),))),
    ("released after shipping", SENT, UnitsReleased(**KNOWN, units=(released(2, 2),))),
    ("released without its stock", CONFIRMED, UnitsReleased(**KNOWN, units=(released(1, 0),))),
    ("shipped before confirmed", ORDER, sent()),
    ("shipped more than held", CONFIRMED, sent(3)),
    ("shipped from nowhere", CONFIRMED, sent(id="z")),
    ("shipped under a known id", SENT, sent(shipment="s-1")),
    ("delivered unknown", SENT, UnitsDelivered(**KNOWN, shipment_id="z", lines={"1": 1})),
    ("delivered too much", SENT, UnitsDelivered(**KNOWN, shipment_id="s-1", lines={"1": 3})),
    ("cancelled too much", ORDER, cancelled(3)),
    ("cancelled while allocated", CONFIRMED, cancelled(1)),
    ("cancelled unknown", ORDER, cancelled(1, "9")),
    ("back too much", SENT, asked_back(3)),
    ("back unannounced", SENT, came()),
    ("another currency", ORDER, reported("EUR")),
    (
        "asked of an unknown payment",
        ORDER,
        MoneyRequested(
            **KNOWN,
            payment_id="p",
            kind=RequestKind.REFUND,
            amount=Money(1, "CNY"),
            effect_id="e",
        ),
    ),
    (
        "an allowance after closing",
        attrs.evolve(CONFIRMED, lifecycle="closed"),
        AllowanceGranted(**KNOWN, amount=Money(1, "CNY")),
    ),
]


@pytest.mark.parametrize(
    "order, event", [row[1:] for row in IMPOSSIBLE], ids=[r[0] for r in IMPOSSIBLE]
)
def test_impossible_events_raise(order, event):
    if event is None:
        from tests.orders.histories import START, at
        from tests.orders.test_refusals import PlaceOrder, decide, tea_quote

        place = PlaceOrder("o-1", quote=tea_quote(), command_id="c-1")
        event = decide(None, place, at(START)).events[0]
    with pytest.raises(IllegalTransition) as told:
        evolve(order, event)
    assert told.value.machine == "order"
    assert told.value.event in {type(event).__name__, "confirm", "close", "reopen", "ship", "allow"}
    with pytest.raises(IllegalTransition):
        replay(order, [event])


def test_a_replay_refuses_what_would_only_later_be_right():
    ask = asked_back(2)
    with pytest.raises(IllegalTransition):
        replay(CONFIRMED, [ask, sent(2)])
    with pytest.raises(IllegalTransition):
        replay(CONFIRMED, [cancelled(1), UnitsReleased(**KNOWN, units=(released(1, 1),))])
    late = [
        cancelled(1),
        UnitsAllocated(**KNOWN, units=[assigned(units=2)]),
        UnitsReleased(**KNOWN, units=(released(1, 0, id="a"),)),
    ]
    with pytest.raises(IllegalTransition):
        replay(ORDER, late)
    free = [UnitsReleased(**KNOWN, units=(released(2, 2),)), cancelled(1)]
    assert replay(CONFIRMED, free).line("1").kept == 1
    with pytest.raises(IllegalTransition):
        replay(ORDER, [UnitsAllocated(**KNOWN, units=[assigned(units=3)]), cancelled(1)])


def test_a_return_under_a_known_id_or_beyond_its_request():
    ask = asked_back(1)
    order = evolve(SENT, ask)
    for event in (ask, came(2), came(1, "2")):
        with pytest.raises(IllegalTransition):
            evolve(order, event)
    assert evolve(order, came(1)).line("1").accepted == 1


def test_a_release_of_part_keeps_the_rest():
    order = evolve(CONFIRMED, UnitsReleased(**KNOWN, units=(released(1, 1),)))
    known = order.allocations[0]
    assert (known.quantity, known.reserved) == (1, 1)
    assert order.line("1").backlog == 1
    gone = evolve(CONFIRMED, UnitsReleased(**KNOWN, units=(released(2, 2),)))
    assert [a.allocation_id for a in gone.allocations] == ["c-2/1"]


def test_replay_of_nothing():
    assert replay(None, []) is None
    assert replay(ORDER, []) is ORDER
    with pytest.raises(IllegalTransition):
        replay(None, [OrderConfirmed(**KNOWN)])


def test_evolving_leaves_the_order_it_started_from():
    before = attrs.astuple(CONFIRMED, recurse=False)
    evolve(CONFIRMED, sent())
    assert attrs.astuple(CONFIRMED, recurse=False) == before


def test_the_latest_instant_never_goes_back():
    early = attrs.evolve(CAUSE, at="2026-11-01T00:00:00Z")
    order = evolve(CONFIRMED, attrs.evolve(sent(), cause=early))
    assert order.last_at == CONFIRMED.last_at
    assert evolve(CONFIRMED, sent()).last_at == CAUSE.at
    assert order.placed_at == CONFIRMED.placed_at

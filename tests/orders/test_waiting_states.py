"""Every state of a small order whose commands wait: no wait without a reason, none past its last."""

from __future__ import annotations

import pytest
from tests.orders import scenario_words as words

from ordercore.kernel import Context, Invariant, Violation
from ordercore.orders import (
    INVARIANTS,
    CancelOrder,
    CloseOrder,
    ConfirmOrder,
    Gate,
    HoldEnd,
    OrderDecider,
    OrderRules,
    PlaceHold,
    RecordEvidence,
    ReleaseHold,
    ShipUnits,
)
from ordercore.testing import explore, order_alphabet, order_key

SHOP = OrderDecider(
    OrderRules(
        gates=[
            Gate("confirm", ["paper", "stock"], on_closed="hold"),
            Gate("ship", ["stamp"], on_closed="hold"),
            Gate("close", ["paper", "stamp"], on_closed="hold"),
        ],
        on_gate="hold",
    )
)
NAMES = ("paper", "stamp")


def evidence(order):
    for name in NAMES:
        if not order.control.shown(name):
            yield RecordEvidence(
                order.order_id, fact_id=f"{name}-{order.version}", name=name, evidence_id="e"
            )


def one_hold(order):
    """A hold that comes once, on the whole order, and goes."""
    ids = [hold.hold_id for hold in order.control.holds if not hold.waits]
    past = [past for past in order.control.ended if past.code == "fraud"]
    if not ids and not past:
        yield PlaceHold(
            order.order_id, command_id=f"h-{order.version}", hold_id="fraud", code="fraud"
        )
    for hold_id in ids:
        yield ReleaseHold(order.order_id, command_id=f"r-{order.version}", hold_id=hold_id)


def closing(order):
    yield CloseOrder(order.order_id, command_id=f"close-{order.version}")


def _reasons(order):
    """Each wait has something that is missing now: the same asked again is told what."""
    for hold in order.control.waiting:
        command = hold.waits.instruction
        asked = type(command)(
            **{
                name: getattr(command, name)
                for name in ("order_id", "shipment_id", "node", "lines")
                if hasattr(command, name)
            },
            command_id="again",
        )
        now = Context(now=order.last_at, actor=hold.placed_by, role=hold.waits.role)
        codes = [reason.code for reason in SHOP.check(order, asked, now).reasons]
        if not any(code == "order.held" or code.startswith("gate.") for code in codes):
            return Violation("WAITS", {"hold": hold.hold_id, "codes": str(codes)})
    return None


NO_WAIT_WITHOUT_REASON = Invariant(
    "WAITS", "an order", "Whatever waits lacks something at this moment.", _reasons
)


def going_on(order):
    yield ConfirmOrder(order.order_id, command_id=f"k-{order.version}")
    yield ShipUnits(
        order.order_id,
        command_id=f"s-{order.version}",
        shipment_id="s",
        node="ningbo",
        lines={"1": 2},
    )
    yield CancelOrder(order.order_id, command_id=f"x-{order.version}")


@pytest.mark.parametrize(
    ("life", "moves", "verbs", "states"),
    [
        ((words.place(), words.reserve()), going_on, {"confirm", "ship"}, 40),
        (words.HOME, closing, {"close"}, 15),
    ],
    ids=["begin", "end"],
)
def test_in_every_state_what_waits_lacks_something_and_ends_with_the_last_of_it(
    life, moves, verbs, states
):
    start = words.live(life).order
    waited, ended = set(), set()

    def alphabet(order):
        for move in (moves, evidence, one_hold):
            for message in move(order):
                yield message, Context(now=order.last_at, actor="web", role="customer")

    def visit(order):
        waited.update(hold.waits.verb for hold in order.control.waiting)
        ended.update(past.how for past in order.control.ended)

    found = explore(
        SHOP,
        start=start,
        alphabet=alphabet,
        key=order_key(order_alphabet(), symmetric=False),
        invariants=(*INVARIANTS, NO_WAIT_WITHOUT_REASON),
        paths_every=10,
        visit=visit,
    )
    assert found.fault is None, found.fault
    assert found.cut_by is None, "every state was visited"
    assert waited == verbs
    assert HoldEnd.RESUMED in ended
    assert found.states >= states

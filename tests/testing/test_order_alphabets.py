"""Sets of moves beside the plain life: each is explored, alone and with what it touches."""

from __future__ import annotations

import gc
import os
import sys

import attrs
import pytest
from tests.testing.small_orders import CONFIRMED, live

from ordercore import orders
from ordercore.kernel import Context, InvalidValue, fold
from ordercore.orders import (
    INVARIANTS,
    RETURN,
    Flow,
    GiveApproval,
    Lifecycle,
    OrderDecider,
    OrderRules,
    ShipUnits,
)
from ordercore.statemachine import stage
from ordercore.testing import (
    ORDER_LAW_READS,
    ORDER_MOVE_SETS,
    explore,
    order_alphabet,
    order_key,
    order_moves,
)

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "quick")
STATES = 100_000 if PROFILE == "long" else 1_500
ONE = {"lines": 1, "units": 1, "nodes": 1, "payment": ("authorise", "capture")}
QUIET = {"returns": ("scrap",), "late": False, "duplicates": False}

ALPHABETS = {
    "a node works": {"also": ("fulfilment", "scans"), "ship_directly": False},
    "a node works on two units": {"also": ("fulfilment", "scans"), "units": 2},
    "what needs no stock": {"also": ("fulfilment",), "lines": 2, "kinds": ("digital", "service")},
    "edits and bills": {"also": ("edits", "bills"), "units": 2, "allowance": True},
    "splits": {"also": ("splits", "bills"), "units": 2},
    "voids and chargebacks": {"also": ("voids", "chargebacks")},
    "control": {"also": ("approvals", "evidence", "holds")},
    "everything": {"also": ORDER_MOVE_SETS},
}


@pytest.fixture
def at_full_speed():
    """Without the measuring of coverage, to which a long search adds nothing, and without pauses."""
    tracer = sys.gettrace()
    sys.settrace(None)
    gc.disable()
    yield
    gc.enable()
    sys.settrace(tracer)


@pytest.mark.slow
@pytest.mark.usefixtures("at_full_speed")
@pytest.mark.parametrize("name", ALPHABETS)
def test_every_order_within_reach_of_a_set_keeps_its_laws(name):
    alphabet = order_alphabet(**{**ONE, **QUIET, **ALPHABETS[name]})
    found = explore(
        orders,
        alphabet=alphabet,
        key=order_key(alphabet),
        invariants=INVARIANTS,
        reads=ORDER_LAW_READS,
        states=STATES,
        paths_every=32,
    )
    assert found.fault is None, found.fault.scenario("orders")
    assert found.states > 300


STAGED = OrderDecider(
    OrderRules(
        flows=[
            Flow(
                machine=RETURN.with_(
                    stage("review", after="requested"),
                    stage("refurbishing", after="expected"),
                    version="staged",
                ),
                subject="return",
            )
        ]
    )
)
WORDS = {
    "approvals": lambda order: order.control.approvals,
    "bills": lambda order: order.billing.invoices and order.billing.credit_notes,
    "chargebacks": lambda order: any(p.chargeback_reversed_minor for p in order.payments),
    "edits": lambda order: order.amendments.revision,
    "evidence": lambda order: any(shown.withdrawn for shown in order.control.evidence),
    "exchange": lambda order: order.amendments.exchanges,
    "fulfilment": lambda order: any(f.stage == "handed_over" for f in order.fulfilments),
    "holds": lambda order: order.control.holds,
    "scans": lambda order: any(f.stage in {"lost", "returned"} for f in order.fulfilments),
    "splits": lambda order: order.amendments.links,
    "stages": lambda order: any(case.at.stage == "refurbishing" for case in order.returns),
    "voids": lambda order: any(payment.voided_minor for payment in order.payments),
}


@pytest.mark.parametrize("name", ORDER_MOVE_SETS)
def test_a_set_brings_about_what_it_is_called_by(name):
    options = {**ONE, **QUIET, "also": (name,)}
    alphabet = order_alphabet(**options, ship_directly=name != "fulfilment")
    met = []

    def note(order):
        if WORDS[name](order):
            met.append(order)

    start = live(alphabet.place, *(("place",) if name in {"voids", "splits"} else CONFIRMED))
    decider = STAGED if name == "stages" else orders
    explore(
        decider, alphabet=alphabet, key=order_key(alphabet), start=start, states=600, visit=note
    )
    assert met


def plainly(order):
    """An order as text, with its ids, without what grows along every history."""
    seen = orders.Order.__attrs_attrs__.commands_seen.default
    return repr(attrs.evolve(order, version=0, audit_head="", commands_seen=seen, facts_seen=seen))


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_fulfilment_orders_are_counted_as_all_histories_lead_to_them(depth):
    alphabet = order_alphabet(
        **{**ONE, **QUIET, "units": 2}, also=("fulfilment", "scans", "bills"), cancel=False
    )
    start = live(alphabet.place, *CONFIRMED)
    ends = set()

    def go_on(order, left):
        ends.add(plainly(order))
        if left:
            for message, context in alphabet(order):
                answer = orders.decide(order, message, context)
                if not answer.is_refused and answer.events:
                    go_on(fold(orders, answer.events, order), left - 1)

    go_on(start, depth)
    key = order_key(alphabet, symmetric=False)
    found = explore(orders, alphabet=alphabet, key=key, start=start, depth=depth)
    # The search counts what it comes to; where it begins it comes to no more.
    assert found.states == len(ends) - 1


def test_ids_count_where_something_refers_to_them():
    plain = order_alphabet(**ONE)
    named = order_alphabet(**ONE, also=("fulfilment",))
    assert (plain.ids_matter, named.ids_matter) == (False, True)
    assert "allocation_id" in order_key(plain).left_out
    assert "allocation_id" not in order_key(named).left_out
    assert "allocation_id" not in order_key(plain, ids=True).left_out
    assert "allocation_id" in order_key(named, ids=False).left_out


def test_units_leave_by_a_fulfilment_order_alone_where_that_is_asked():
    alphabet = order_alphabet(**ONE, also=("fulfilment",), ship_directly=False)
    order = live(alphabet.place, *CONFIRMED)
    assert not [message for message, _ in alphabet(order) if isinstance(message, ShipUnits)]


def test_who_approves_is_somebody_else():
    at = Context(now="2026-11-11T00:00:00Z", actor="li", role="clerk")
    alphabet = order_alphabet(**ONE)
    moves = order_moves("approvals", nodes=["n-1"], context=at)
    wider = attrs.evolve(alphabet, moves=moves, context=at)
    order = live(alphabet.place, "place")
    (ask, who), *rest = wider(order)
    assert (who.actor, rest) == ("li", [])
    asked = fold(orders, orders.decide(order, ask, who).accepted().events, order)
    votes = list(wider(asked))
    assert {context.actor for _, context in votes} == {"boss"}
    assert isinstance(votes[0][0], GiveApproval)
    assert not orders.decide(asked, *votes[0]).is_refused


def test_a_draft_is_submitted_and_an_expired_order_stays_so():
    alphabet = order_alphabet(**ONE)
    names = [type(m).__name__ for m, _ in alphabet(live(alphabet.place, "draft"))]
    assert "SubmitOrder" in names
    gone = attrs.evolve(live(alphabet.place, "place", "cancel"), lifecycle=Lifecycle.EXPIRED)
    assert "ReopenOrder" not in [type(m).__name__ for m, _ in alphabet(gone)]


@pytest.mark.parametrize("ask", [order_moves, lambda name: order_alphabet(also=[name])])
def test_a_set_of_another_name_is_refused(ask):
    with pytest.raises(InvalidValue) as raised:
        ask("stunts")
    assert raised.value.code == "alphabet.moves"

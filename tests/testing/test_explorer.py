from __future__ import annotations

import gc
import os
import sys

import attrs
import pytest

from ordercore import inventory, orders
from ordercore.inventory import Receive
from ordercore.kernel import (
    Context,
    Decision,
    InvalidValue,
    Invariant,
    Reason,
    Refusal,
    Violation,
    fold,
)
from ordercore.orders import (
    INVARIANTS,
    CancelOrder,
    CancelUnits,
    ConfirmOrder,
    Lifecycle,
    OrderConfirmed,
    PaymentKind,
    PlaceOrder,
    RecordPayment,
    ReserveStock,
    ShipUnits,
    UnitsReleased,
)
from ordercore.testing import ORDER_LAW_READS, explore, order_alphabet, order_key

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "quick")


def search(alphabet, decider=orders, **options):
    options.setdefault("key", order_key(alphabet))
    options.setdefault("invariants", INVARIANTS)
    return explore(decider, alphabet=alphabet, **options)


# --- counted by a method that shares nothing with the explorer ---


def told(order):
    """An order as plain text, without what histories may differ in: all ids are left out."""
    if order is None:
        return None
    return repr((
        order.lifecycle.value, order.value_minor, order.allowance_minor, dict(order.clashes),
        order.quote, order.policy, order.channel, order.external_ref, order.destination,
        order.customer, order.lines,
        [(a.line_id, a.node, a.service, a.quantity, a.reserved, a.shipped) for a in order.allocations],
        sorted((s.node, s.service or "", sorted(map(repr, s.lines))) for s in order.shipments),
        sorted(sorted(map(repr, r.lines)) for r in order.returns),
        order.payments,
        sorted((h.code, h.scope.kind.value, h.scope.ids, h.blocks) for h in order.control.holds),
        order.control.evidence, order.control.approvals,
        attrs.evolve(order.amendments, exchanges=()),
        [
            (x.lines, x.replacement, x.ship_first, x.stage.value, x.quote, x.items)
            for x in order.amendments.exchanges
        ],
    ))  # fmt: skip


def by_all_histories(alphabet, depth, start=None):
    """All histories of so many messages, one by one; and the distinct orders at their ends."""
    ends = set()

    def go_on(order, left):
        if left < depth:
            ends.add(told(order))
        if left:
            for message, context in alphabet(order):
                answer = orders.decide(order, message, context)
                if not answer.is_refused and answer.events:
                    go_on(fold(orders, answer.events, order), left - 1)

    go_on(start, depth)
    return len(ends)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_as_many_states_are_visited_as_all_histories_lead_to(depth):
    alphabet = order_alphabet(lines=2, units=1, nodes=2, payment=("authorise", "capture", "prepay"))
    found = search(alphabet, key=order_key(alphabet, symmetric=False), depth=depth)
    assert found.states == by_all_histories(alphabet, depth)
    assert (found.depth, found.cut_by) == (depth, "depth")


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_held_and_released_orders_are_counted_alike(depth):
    alphabet = order_alphabet(lines=2, units=1, nodes=1, payment=("authorise",), holds=True)
    found = search(alphabet, key=order_key(alphabet, symmetric=False), depth=depth)
    assert found.states == by_all_histories(alphabet, depth)
    assert depth < 3 or found.refusals["order.held"]


CONFIRMED = (PlaceOrder, ReserveStock, ReserveStock, RecordPayment, ConfirmOrder)


def sent(alphabet, *kinds):
    """The order after a message of each of these kinds, the last one that is offered of it."""
    order = None
    for kind in kinds:
        message = [m for m, _ in alphabet(order) if type(m) is kind][-1]
        answer = orders.decide(order, message, alphabet.context).accepted()
        order = fold(orders, answer.events, order)
    return order


SWAPS = {"lines": 2, "units": 1, "nodes": 1, "holds": True, "exchange": True, "late": False}


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_exchanges_are_counted_alike(depth):
    alphabet = order_alphabet(**SWAPS, duplicates=False)
    start = sent(alphabet, *CONFIRMED, ShipUnits)
    found = search(
        alphabet, key=order_key(alphabet, symmetric=False), depth=depth, start=start, repeats=False
    )
    assert found.states == by_all_histories(alphabet, depth, start)


def future(key, alphabet, order):
    """What each kind of message leads to; a key leaves nothing out that shows here."""
    ways = set()
    for message, context in alphabet(order):
        answer = orders.decide(order, message, context)
        if answer.is_refused:
            ways.add((type(message).__name__, frozenset(answer.codes)))
        elif not answer.repeated:
            effects = tuple(sorted(type(effect).__name__ for effect in answer.effects))
            ways.add((type(message).__name__, effects, key(fold(orders, answer.events, order))))
    return ways


PAIR = {**SWAPS, "lines": 1, "units": 2, "holds": False}
ONE_SENT = (PlaceOrder, ReserveStock, RecordPayment, ConfirmOrder, ShipUnits)


@pytest.mark.parametrize(
    "options, kinds, depth",
    [
        (SWAPS, (), 4),
        (SWAPS, CONFIRMED, 3),
        (SWAPS, (*CONFIRMED, ShipUnits), 3),
        (PAIR, ONE_SENT, 4),
    ],
    ids=["new", "confirmed", "sent", "two of a line sent"],
)
def test_orders_that_are_one_state_have_the_same_future(options, kinds, depth):
    """All histories, not one of each state: what the key leaves out has no consequence."""
    alphabet = order_alphabet(**options, duplicates=False)
    key = order_key(alphabet)
    start = sent(alphabet, *kinds)
    futures, seen = {}, 0

    def go_on(order, left):
        nonlocal seen
        if order is not None:
            seen += 1
            ways = future(key, alphabet, order)
            assert futures.setdefault(key(order), ways) == ways
        if left:
            for message, context in alphabet(order):
                answer = orders.decide(order, message, context)
                if not answer.is_refused and answer.events:
                    go_on(fold(orders, answer.events, order), left - 1)

    go_on(start, depth)
    assert seen > 1.5 * len(futures)


def test_the_whole_life_of_one_unit_is_counted_by_hand():
    """Placed, reserved, cancelled: three orders, and six ways from one to the next."""
    alphabet = order_alphabet(lines=1, units=1, nodes=1, payment=(), returns=(), late=False)
    found = search(alphabet)
    # One placing, one reservation, and two ways of cancelling from either.
    assert (found.states, found.edges, found.depth, found.cut_by) == (3, 6, 2, None)
    assert dict(found.refusals) == {"gate.payment": 2, "gate.stock": 1, "order.stage": 1}


# --- what it reports ---


def test_a_bound_that_cuts_is_named():
    alphabet = order_alphabet()
    assert search(alphabet, depth=3).cut_by == "depth"
    cut = search(alphabet, states=50)
    assert (cut.states, cut.cut_by) == (50, "states")


@pytest.mark.parametrize("bound", ["depth", "states", "paths_every"])
def test_bounds_start_at_one(bound):
    with pytest.raises(InvalidValue) as raised:
        search(order_alphabet(), **{bound: 0})
    assert (raised.value.code, raised.value.path) == ("explore.bound", bound)


def test_the_host_brings_the_clock():
    ticks = iter([10.0, 12.5])
    found = search(order_alphabet(), states=50, clock=lambda: next(ticks))
    assert (found.took_ms, found.states_a_second) == (2_500, 20)
    assert search(order_alphabet(), states=50).states_a_second is None


def test_any_aggregate_can_be_explored():
    def alphabet(item):
        version = 0 if item is None else item.version
        if version < 4:
            for units in (1, 2):
                yield (
                    Receive(sku="T", node="n", quantity=units, command_id=f"{version}-{units}"),
                    Context(now="2026-11-11T00:00:00Z", actor="clerk"),
                )

    found = explore(
        inventory,
        alphabet=alphabet,
        key=lambda item: item.received,
        invariants=inventory.INVARIANTS,
        repeats=False,
    )
    assert (found.states, found.depth, found.fault) == (8, 4, None)
    start = fold(inventory, next(iter(_receipts())).events)
    again = explore(
        inventory, alphabet=alphabet, key=lambda item: item.received, start=start, repeats=False
    )
    assert (again.states, again.depth) == (6, 3)


def _receipts():
    receive = Receive(sku="T", node="n", quantity=1, command_id="r")
    yield inventory.decide(
        None, receive, Context(now="2026-11-11T00:00:00Z", actor="clerk")
    ).accepted()


# --- laws are checked when what they look at is new: equal to checking all ---


class Watched:
    """An order that notes which of its fields were looked at; its properties are the order's."""

    def __init__(self, order, seen):
        self.order, self.seen = order, seen

    def __getattr__(self, name):
        own = getattr(type(self.order), name)
        if isinstance(own, property):
            return own.fget(self)
        if name in FIELDS:
            self.seen.add(name)
        value = getattr(self.order, name)
        return value.__func__.__get__(self) if hasattr(value, "__func__") else value


FIELDS = {field.name for field in attrs.fields(orders.Order)}


def test_laws_look_at_no_more_than_is_said_of_them():
    alphabet = order_alphabet(
        payment=("authorise", "capture", "partial", "refund", "fail"),
        allowance=True,
        holds=True,
        exchange=True,
    )
    looked_at = {law.invariant_id: set() for law in INVARIANTS}

    def look(order):
        for law in INVARIANTS:
            law.check(Watched(order, looked_at[law.invariant_id]))

    search(alphabet, states=3_000, invariants=(), visit=look)
    for invariant_id, reads in ORDER_LAW_READS.items():
        assert looked_at[invariant_id] <= set(reads)
        assert looked_at[invariant_id]


# --- three planted faults, each found by a shortest path ---


class Broken:
    """The orders of the library with a fault: what they answer, or how they evolve, is bent."""

    def __init__(self, decide=orders.decide, evolve=orders.evolve):
        self.decide, self.evolve = decide, evolve


def confirms_unpaid(order, message, context):
    """A missing guard: a confirmation that only lacks money is taken."""
    answer = orders.decide(order, message, context)
    if answer.is_refused and answer.codes == ("gate.payment",):
        cause = orders.Cause(
            id=message.command_id,
            kind="command",
            digest=message.payload_digest,
            at=context.now,
            actor=context.actor,
            role=context.role,
        )
        return Decision((OrderConfirmed(order_id=order.order_id, cause=cause),))
    return answer


def asks_twice(order, message, context):
    """A double effect: what a report of a payment asks for is asked for twice over."""
    answer = orders.decide(order, message, context)
    if isinstance(message, RecordPayment) and not answer.repeated and answer.effects:
        return attrs.evolve(answer, effects=(*answer.effects, answer.effects[0]))
    return answer


def cancels_again(order, message, context):
    """A double effect: a cancel that is sent again cancels again, as its id is not looked up."""
    answer = orders.decide(order, message, context)
    if isinstance(message, CancelUnits) and not answer.is_refused and answer.repeated:
        message = attrs.evolve(message, command_id=f"{message.command_id}-again")
        return orders.decide(order, message, context)
    return answer


def loses_shipped(order, event):
    """A lost unit: with the rest of an allocation, what has left from it is forgotten."""
    after = orders.evolve(order, event)
    if isinstance(event, UnitsReleased):
        released = {units.allocation_id for units in event.units}
        kept = [a for a in after.allocations if a.allocation_id not in released or not a.shipped]
        return attrs.evolve(after, allocations=tuple(kept))
    return after


SHOP_LAW = Invariant(
    "INV-SHOP-1",
    "an order",
    "What a confirmed order is to be paid for is captured or authorised.",
    lambda order: (
        Violation("INV-SHOP-1", {"short": order.money.outstanding.minor})
        if order.lifecycle is Lifecycle.CONFIRMED and not order.money.covered
        else None
    ),
)


def kinds(fault):
    return [type(message) for message in fault.messages]


def pasted(fault, **names):
    """The path as a test, pasted into a module that knows these names."""
    exec(compile(fault.scenario(), "pasted", "exec"), names)
    (test,) = (value for name, value in names.items() if name.startswith("test_"))
    return test


def test_a_missing_guard_is_found_by_a_shortest_path():
    alphabet = order_alphabet(lines=1, units=2)
    laws = (*INVARIANTS, SHOP_LAW)
    assert search(alphabet, invariants=laws, states=400).fault is None
    fault = search(alphabet, Broken(confirms_unpaid), invariants=laws).fault
    assert (fault.code, fault.law) == ("invariant", "INV-SHOP-1")
    assert kinds(fault) == [PlaceOrder, ReserveStock, ConfirmOrder]
    assert [unit.quantity for unit in fault.messages[1].allocations] == [2]
    with pytest.raises(AssertionError):
        pasted(fault, decider=Broken(confirms_unpaid), INVARIANTS=laws)()
    with pytest.raises(AssertionError):
        pasted(fault, decider=orders, INVARIANTS=laws)()  # the last step is refused, as it should


def test_a_double_effect_is_found_by_a_shortest_path():
    alphabet = order_alphabet()
    fault = search(alphabet, Broken(asks_twice)).fault
    assert (fault.code, fault.law) == ("effect.repeated", "o-1/fact/f-3/0")
    assert kinds(fault) == [PlaceOrder, CancelOrder, RecordPayment]
    assert fault.messages[-1].kind is PaymentKind.CAPTURED
    with pytest.raises(AssertionError):
        pasted(fault, decider=Broken(asks_twice))()
    pasted(fault, decider=orders)()


def test_a_repeat_that_acts_again_is_found_by_a_shortest_path():
    fault = search(order_alphabet(), Broken(cancels_again)).fault
    assert (fault.code, fault.law) == ("repeat.taken_anew", "CancelUnits")
    assert kinds(fault) == [PlaceOrder, CancelUnits]
    with pytest.raises(AssertionError):
        pasted(fault, decider=Broken(cancels_again))()
    pasted(fault, decider=orders)()


def test_a_lost_unit_is_found_by_a_shortest_path():
    fault = search(order_alphabet(), Broken(evolve=loses_shipped)).fault
    assert (fault.code, fault.law) == ("invariant", "INV-ORDER-2")
    assert kinds(fault) == [
        PlaceOrder, ReserveStock, ReserveStock, RecordPayment, ConfirmOrder, ShipUnits, CancelUnits,
    ]  # fmt: skip
    with pytest.raises(AssertionError):
        pasted(fault, decider=Broken(evolve=loses_shipped), INVARIANTS=INVARIANTS)()
    pasted(fault, decider=orders, INVARIANTS=INVARIANTS)()


# --- the other ways in which an aggregate can be wrong ---


def forgets(order, message, context):
    answer = orders.decide(order, message, context)
    return Refusal([Reason("why", final=True)]) if answer and answer.repeated else answer


def shrugs(order, message, context):
    answer = orders.decide(order, message, context)
    return Refusal([Reason("no")]) if answer.is_refused else answer


def raises(order, message, context):
    if isinstance(message, ConfirmOrder):
        raise InvalidValue("broken", "here", 1, "no error")
    return orders.decide(order, message, context)


def meddles(order, message, context):
    answer = orders.decide(order, message, context)
    if answer.is_refused:
        object.__setattr__(order, "external_ref", "refused once")
    return answer


class Strays(Broken):
    """Many events at once give another order than one after the other."""

    def replay(self, order, events):
        after = orders.replay(order, events)
        return attrs.evolve(after, external_ref="many") if len(events) > 1 else after


@pytest.mark.parametrize(
    "decider, code, law, length",
    [
        (Broken(forgets), "repeat.refused", "PlaceOrder", 1),
        (Broken(shrugs), "refusal.no_way_out", "no", 2),
        (Broken(raises), "raised", "broken", 2),
        (Broken(meddles), "decide.changed_state", "", 1),
        (Strays(), "replay.differs", "", 2),
    ],
)
def test_what_else_can_be_wrong_is_named(decider, code, law, length):
    fault = search(
        order_alphabet(), decider, paths_every=2 if isinstance(decider, Strays) else 1_000
    ).fault
    assert (fault.code, fault.law, len(fault.path)) == (code, law, length)
    assert code in str(fault)
    test = pasted(fault, decider=decider, INVARIANTS=INVARIANTS)
    if code != "decide.changed_state":  # which no sequence of messages shows
        with pytest.raises((AssertionError, InvalidValue)):
            test()


# --- the life of an order, as far as the profile goes ---


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
def test_every_order_within_reach_keeps_its_laws():
    """2 × 2 units, two nodes, payment, cancel, return, exchange, holds, facts twice or late."""
    states = 1_000_000 if PROFILE == "long" else 100_000 if PROFILE == "ci" else 10_000
    alphabet = order_alphabet(lines=2, units=2, nodes=2, holds=True, exchange=True)
    met = set()

    def note(order):
        met.update(hold.code for hold in order.control.holds)
        met.update((x.ship_first, x.stage.value) for x in order.amendments.exchanges)

    found = search(alphabet, reads=ORDER_LAW_READS, states=states, paths_every=64, visit=note)
    assert found.fault is None, found.fault.scenario("orders")
    assert (found.states, found.cut_by) == (states, "states")
    assert {
        "gate.stock", "gate.payment", "order.stage", "order.held", "close.money_open",
        "cancel.in_exchange",
    } <= set(found.refusals)  # fmt: skip
    assert {"fraud", "address"} <= met
    assert {(first, how) for first in (False, True) for how in ("open", "lapsed", "done")} <= met


@pytest.mark.slow
@pytest.mark.usefixtures("at_full_speed")
def test_a_narrow_life_is_explored_to_its_end():
    """Every report of a payment, also partial and failed, with allowance and planned allocation."""
    alphabet = order_alphabet(
        lines=1,
        units=1,
        nodes=1,
        payment=("authorise", "capture", "prepay", "refund", "fail"),
        returns=("restock", "scrap", "reject"),
        allocation=True,
        allowance=True,
    )
    found = search(alphabet, reads=ORDER_LAW_READS, paths_every=16)
    assert found.fault is None, found.fault.scenario("orders")
    assert (found.cut_by, found.depth) == (None, 20)
    assert found.states > 10_000


@pytest.mark.slow
@pytest.mark.usefixtures("at_full_speed")
def test_a_life_with_holds_and_an_exchange_is_explored_to_its_end():
    alphabet = order_alphabet(
        lines=1,
        units=1,
        nodes=1,
        payment=("authorise", "capture"),
        returns=("restock",),
        cancel=False,
        holds=True,
        exchange=True,
        late=False,
        duplicates=False,
    )
    found = search(alphabet, reads=ORDER_LAW_READS, paths_every=16)
    assert found.fault is None, found.fault.scenario("orders")
    assert (found.states, found.depth, found.cut_by) == (3_120, 20, None)

from __future__ import annotations

import attrs
import pytest

from ordercore import orders
from ordercore.kernel import Context, InvalidValue, Money, Reason, Refusal
from ordercore.orders import INVARIANTS, ConfirmOrder, GrantAllowance, OrderPolicy
from ordercore.orders.specimen import tea_order
from ordercore.testing import (
    ORDER_LAW_READS,
    Exploration,
    Obtained,
    explore,
    order_alphabet,
    order_key,
    order_provider,
    way_out,
)

WEB = Context(now="2026-11-11T00:00:00Z", actor="web")


@pytest.mark.parametrize(
    "options, code",
    [
        ({"lines": 0}, "alphabet.size"),
        ({"units": 0}, "alphabet.size"),
        ({"nodes": 0}, "alphabet.size"),
        ({"payment": ("cash",)}, "alphabet.payment"),
        ({"returns": ("eat",)}, "alphabet.returns"),
    ],
)
def test_an_alphabet_of_other_words_is_refused(options, code):
    with pytest.raises(InvalidValue) as raised:
        order_alphabet(**options)
    assert raised.value.code == code


def test_every_kind_of_message_can_be_asked_for():
    alphabet = order_alphabet(
        payment=("authorise", "capture", "partial", "prepay", "refund", "fail"),
        returns=("restock", "scrap", "reject"),
        allowance=True,
        allocation=True,
        holds=True,
        exchange=True,
        policy=OrderPolicy(name="own", capture="by_host"),
    )
    assert alphabet.place.policy.name == "own"
    told = explore(
        orders,
        alphabet=alphabet,
        key=order_key(alphabet),
        invariants=INVARIANTS,
        reads=ORDER_LAW_READS,
        states=1_500,
    )
    assert told.fault is None
    few = order_alphabet(cancel=False, returns=(), late=False, duplicates=False)
    assert len(few.moves) < len(alphabet.moves)
    assert len(order_alphabet(holds=True).moves) == len(order_alphabet().moves) + 2
    assert len(order_alphabet(exchange=True).moves) == len(order_alphabet().moves) + 2


def test_a_law_with_known_reads_is_checked_where_they_change():
    class Generous:
        evolve = staticmethod(orders.evolve)

        decide = staticmethod(orders.decide)

        def replay(self, order, events):
            after = orders.replay(order, events)
            if any(isinstance(event, orders.UnitsCancelled) for event in events):
                return attrs.evolve(after, value_minor=after.value_minor + 1)
            return after

    alphabet = order_alphabet()
    for reads in (None, ORDER_LAW_READS):
        fault = explore(
            Generous(),
            alphabet=alphabet,
            key=order_key(alphabet),
            invariants=INVARIANTS,
            reads=reads,
            paths_every=1_000,
        ).fault
        assert (fault.law, len(fault.path)) == ("INV-ORDER-5", 2)


def test_a_message_that_an_alphabet_sends_twice_is_a_repeat():
    alphabet = order_alphabet(lines=1, units=1, nodes=1, payment=(), late=False)
    twice = alphabet.and_moves(lambda _order: [alphabet.place])
    found = explore(orders, alphabet=twice, key=order_key(twice))
    plain = explore(orders, alphabet=alphabet, key=order_key(alphabet))
    assert (found.states, found.edges) == (plain.states, plain.edges)
    assert found.repeats == plain.repeats + plain.states


def test_a_report_is_read_at_a_glance():
    alphabet = order_alphabet()
    fault = explore(
        orders,
        alphabet=alphabet.and_moves(lambda order: [ConfirmOrder("o-1", command_id="c-0")]),
        key=order_key(alphabet),
        states=9,
    )
    assert "9 states" in str(fault)
    assert "cut by states" in str(fault)
    assert "command.id_reused" in str(fault)
    assert "complete, 2000 states a second" in str(
        Exploration(states=2, edges=1, depth=1, took_ms=1)
    )


# --- ways out that lead nowhere ---


def provide_nothing(_order, _command, _reason):
    return None


def test_a_reason_for_which_nothing_is_brought_is_named():
    confirm = ConfirmOrder("o-1", command_id="c-2")
    way = way_out(orders, tea_order(), confirm, WEB, provide=provide_nothing)
    assert (way.passed, way.final, way.stuck_at) == (False, False, "reserve.nothing_planned")
    assert order_provider("n")(tea_order(), confirm, Reason("unheard.of", final=True)) is None
    # Where there is no order, the host may have none to place, or not know what is asked of it.
    for code in ("order.unknown", "unheard.of"):
        assert order_provider("n")(None, confirm, Reason(code, obtain="something")) is None


def test_a_final_reason_ends_the_way():
    other = ConfirmOrder("o-2", command_id="c-2")
    way = way_out(orders, tea_order(), other, WEB, provide=order_provider("n"))
    assert (way.passed, way.final, way.stuck_at) == (False, True, "order.other")
    assert way.sent == ()


def test_help_that_does_not_help_is_given_up():
    euros = GrantAllowance("o-1", command_id="c-2", amount=Money(1, "EUR"))
    way = way_out(orders, tea_order(), euros, WEB, provide=lambda *_: Obtained())
    assert (way.passed, way.stuck_at) == (False, "money.currency")


def test_a_remedy_that_goes_round_in_circles_is_given_up():
    class Circle:
        def decide(self, state, command, context):
            return Refusal([Reason("round", remedy=command)])

    way = way_out(Circle(), tea_order(), ConfirmOrder("o-1", command_id="c"), WEB, provide=None)
    assert (way.passed, way.stuck_at) == (False, "round")


def test_a_remedy_that_is_a_repeat_helps_nobody():
    place = order_alphabet().place
    order = orders.replay(None, orders.decide(None, place, WEB).events)

    class Stale:
        def decide(self, state, command, context):
            if command is place:
                return orders.decide(state, command, context)
            return Refusal([Reason("again", remedy=place)])

    way = way_out(Stale(), order, ConfirmOrder("o-1", command_id="x"), WEB, provide=None)
    assert (way.passed, way.stuck_at) == (False, "remedy.repeated")

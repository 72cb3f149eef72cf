from __future__ import annotations

import pytest

from ordercore import inventory
from ordercore.inventory import Receive, Received, Ship
from ordercore.kernel import Context, IllegalTransition
from ordercore.testing import given, given_in

CLERK = Context(now="2026-11-11T00:00:00Z", actor="clerk")
RECEIVE = Receive(sku="T", node="n", quantity=3, command_id="1")
SHIP = Ship(sku="T", node="n", quantity=1, command_id="2", reservation_id="r")


def test_events_may_be_given_by_class_or_by_value():
    answered = given_in(inventory).when(RECEIVE, CLERK)
    answered.then(Received)
    answered.then(*answered.events)
    assert answered.before is None


@pytest.mark.parametrize("expected", [(), (Received, Received), (Ship,)])
def test_other_events_fail(expected):
    with pytest.raises(AssertionError):
        given_in(inventory).when(RECEIVE, CLERK).then(*expected)


def test_a_refusal_is_met_by_its_codes():
    received = given_in(inventory).when(RECEIVE, CLERK).events
    answered = given_in(inventory, *received).when(SHIP, CLERK)
    answered.then_refused("stock.not_reserved")
    answered.then_refused()
    with pytest.raises(AssertionError):
        answered.then_refused("stock.short")
    with pytest.raises(AssertionError):
        answered.then(Received)
    with pytest.raises(AssertionError):
        answered.then_raises(IllegalTransition)


def test_an_error_is_met_by_its_class():
    received = given_in(inventory).when(RECEIVE, CLERK).events
    other = Receive(sku="OTHER", node="n", quantity=3, command_id="9")
    given_in(inventory, *received).when(other, CLERK).then_raises(IllegalTransition)
    with pytest.raises(AssertionError):
        given_in(inventory, *received).when(other, CLERK).then_refused("x")


def test_orders_are_the_usual_case():
    from hypothesis import find

    from ordercore.orders import OrderPlaced
    from ordercore.testing.strategies import histories

    history = find(histories(), bool)
    given().when(history.messages[0], CLERK).then(OrderPlaced)
    assert given(*history.events).when(history.messages[0], CLERK).answer is not None

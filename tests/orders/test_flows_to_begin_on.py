"""On which flows something may begin: those of the host, and the built-in ones behind them."""

from __future__ import annotations

from ordercore.orders import FULFILMENT, ORDER_FACTS, Flow, OrderRules
from ordercore.orders.flow_stage import FlowSubject
from ordercore.orders.fulfilling.choosing import flows_to_begin_on
from ordercore.rules import parse
from ordercore.statemachine import stage

MINE = FULFILMENT.with_(stage("check", after="packed", counts_as="packed"), version="mine")


def begins_on(*flows):
    found = flows_to_begin_on(OrderRules(flows=flows), FlowSubject.FULFILMENT)
    return [flow.machine for flow in found if flow.mode == "ship"]


def test_a_flow_for_some_orders_leaves_the_built_in_one_to_the_others():
    rule = parse("order.country == 'CN'", vocabulary=ORDER_FACTS)
    assert begins_on(Flow(machine=MINE, when=rule)) == [MINE, FULFILMENT]


def test_behind_a_flow_for_every_order_nothing_begins():
    assert begins_on(Flow(machine=MINE), Flow(machine=FULFILMENT)) == [MINE]
    assert begins_on(Flow(machine=MINE, retired=True)) == [FULFILMENT]

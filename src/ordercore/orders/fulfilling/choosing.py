"""Finding the machine of a fulfilment order or a return, pinned or to be chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from ordercore.kernel import FrozenMap, InvalidValue, Reason
from ordercore.orders.flow_stage import FlowSubject
from ordercore.orders.fulfilling.flow import Flow
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentMode
from ordercore.orders.fulfilling.machines import built_in, built_in_flows
from ordercore.orders.lifecycle import returning
from ordercore.orders.order import Order
from ordercore.orders.order_facts import order_facts
from ordercore.orders.rules import OrderRules
from ordercore.orders.units import ItemKind
from ordercore.rules import Rule
from ordercore.statemachine import Machine, MachinePin

__all__ = [
    "KIND_OF_MODE",
    "choose_flow",
    "choose_return_flow",
    "flows_to_begin_on",
    "known_flow",
    "unknown_flow",
]

KIND_OF_MODE: Mapping[FulfilmentMode, ItemKind] = FrozenMap(
    {
        FulfilmentMode.SHIP: ItemKind.GOODS,
        FulfilmentMode.PICKUP: ItemKind.GOODS,
        FulfilmentMode.DIGITAL: ItemKind.DIGITAL,
        FulfilmentMode.SERVICE: ItemKind.SERVICE,
    }
)
"""Which kind of item goes which way."""


def choose_flow(order: Order, mode: FulfilmentMode, rules: OrderRules) -> Machine:
    """The machine for what is planned now: the first of the host's flows that is for this order.

    Where none is, the built-in flow of the mode. A flow whose rule asks for a fact that is not
    known is not for the order. O(flows), and an evaluation for each rule asked.
    """
    flows = (
        flow for flow in rules.flows if flow.subject is FlowSubject.FULFILMENT and flow.mode is mode
    )
    return _first(order, flows) or built_in()[mode]


def choose_return_flow(order: Order, rules: OrderRules) -> Machine:
    """The machine for a return that is asked for now, chosen as :func:`choose_flow` chooses."""
    flows = (flow for flow in rules.flows if flow.subject is FlowSubject.RETURN)
    return _first(order, flows) or returning()


def _first(order: Order, flows: Iterable[Flow]) -> Machine | None:
    """The first machine that is for an order."""
    for flow in flows:
        if flow.retired:
            continue
        if flow.when is not None and not _is_for(flow.when, order):
            continue
        if flow.rollout is not None:
            chosen = flow.rollout.choose(order.order_id, channel=order.channel or "")
            if chosen.pin != flow.machine.pin:
                continue
        return flow.machine
    return None


@cache
def _standard() -> tuple[Flow, ...]:
    """The built-in machines as flows: one for each way to the buyer, and one back."""
    there = (Flow(machine=machine, mode=mode) for mode, machine in built_in().items())
    return (*there, Flow(machine=returning(), subject=FlowSubject.RETURN))


def flows_to_begin_on(rules: OrderRules, subject: FlowSubject) -> tuple[Flow, ...]:
    """Every flow on which something may begin, of some order or another.

    Behind one that is for every order no other of its way is chosen, a built-in one neither.
    O(flows).
    """
    found: list[Flow] = []
    taken: set[FulfilmentMode | None] = set()
    for flow in (*rules.flows, *_standard()):
        if flow.subject is not subject or flow.retired or _way(flow) in taken:
            continue
        found.append(flow)
        if flow.when is None and flow.rollout is None:
            taken.add(_way(flow))
    return tuple(found)


def _way(flow: Flow) -> FulfilmentMode | None:
    """The way to the buyer; there is one way back, whatever the mode."""
    return flow.mode if flow.subject is FlowSubject.FULFILMENT else None


def _is_for(when: Rule, order: Order) -> bool:
    try:
        return when.holds(order_facts(order))
    except InvalidValue:
        return False


def known_flow(pin: MachinePin, rules: OrderRules) -> Machine | None:
    """The machine that a pin names, or None when neither the host nor the library has it."""
    for flow in rules.flows:
        if flow.machine.pin == pin:
            return flow.machine
    for machine in built_in_flows():
        if machine.pin == pin:
            return machine
    return None


def unknown_flow(pin: MachinePin) -> Reason:
    """Something stands on a flow that the host's rules do not hold."""
    return Reason(
        "flow.unknown",
        facts={"flow": pin.machine, "version": pin.version, "digest": pin.digest},
        obtain="the flow, retired or not, among the host's rules",
    )

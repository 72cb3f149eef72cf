"""Finding the machine of a fulfilment order, pinned or to be chosen."""

from __future__ import annotations

from collections.abc import Mapping

from ordercore.kernel import FrozenMap, InvalidValue, Reason
from ordercore.orders.fulfilling.fulfilment_order import FulfilmentMode, FulfilmentOrder
from ordercore.orders.fulfilling.machines import built_in
from ordercore.orders.order import Order
from ordercore.orders.order_facts import order_facts
from ordercore.orders.rules import OrderRules
from ordercore.orders.units import ItemKind
from ordercore.rules import Rule
from ordercore.statemachine import Machine, MachinePin

__all__ = ["KIND_OF_MODE", "choose_flow", "flows_to_begin_on", "known_flow", "unknown_flow"]

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
    for flow in rules.flows:
        if flow.mode is not mode or flow.retired:
            continue
        if flow.when is not None and not _is_for(flow.when, order):
            continue
        if flow.rollout is not None:
            chosen = flow.rollout.choose(order.order_id, channel=order.channel or "")
            if chosen.pin != flow.machine.pin:
                continue
        return flow.machine
    return built_in()[mode]


def flows_to_begin_on(rules: OrderRules) -> tuple[tuple[FulfilmentMode, Machine], ...]:
    """Every machine on which a fulfilment order of a mode may begin, of some order or another.

    A built-in one is among them while no flow of its mode is for every order.
    """
    begun = tuple((flow.mode, flow.machine) for flow in rules.flows if not flow.retired)
    taken = {
        flow.mode
        for flow in rules.flows
        if not flow.retired and flow.when is None and flow.rollout is None
    }
    return (*begun, *(known for known in built_in().items() if known[0] not in taken))


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
    for machine in built_in().values():
        if machine.pin == pin:
            return machine
    return None


def unknown_flow(fulfilment: FulfilmentOrder) -> Reason:
    """A fulfilment order stands on a flow that the host's rules do not hold."""
    pin = fulfilment.flow
    return Reason(
        "flow.unknown",
        facts={"flow": pin.machine, "version": pin.version, "digest": pin.digest},
        obtain="the flow, retired or not, among the host's rules",
    )

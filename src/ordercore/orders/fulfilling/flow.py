"""Which flow serves which order: machines with the orders that they are for."""

from __future__ import annotations

import attrs

from ordercore.kernel import FaultList, checked, problems
from ordercore.orders.flow_stage import FlowSubject
from ordercore.orders.fulfilling.commands import HandOver
from ordercore.orders.fulfilling.fulfilment_order import POSITIONS, FulfilmentMode
from ordercore.rules import Rule
from ordercore.statemachine import COMPLETE_STAGE, Machine, RollOut

__all__ = ["AUTHORISE", "RECEIVE", "Flow"]

_OFF_THE_WAY = frozenset({"cancelled", "returned", "written_off"})

AUTHORISE = "authorise"
"""The step by which a request becomes a return."""
RECEIVE = "receive"
"""The step by which the units of a return are taken in."""

_BACK = ("return_requested", "returned")


@attrs.frozen(kw_only=True)
@checked
class Flow:
    """A machine, what goes by it, and for which orders it is chosen when that begins.

    ``subject`` is what goes by it: fulfilment orders that get to the buyer in a ``mode``, or
    returns. ``when`` is a rule over ``ORDER_FACTS``, and one that asks for an unknown fact is for
    no order; ``rollout`` serves the flow only to the orders for which it chooses this machine. A
    ``retired`` flow is chosen for none: it stays known for what began on it.

    Raises:
        InvalidBatch: ``flow.counts_as`` for every state that declares no position known to orders.
            Of fulfilment: ``flow.no_hand_over`` for a machine without a transition of
            ``hand_over``, by which units leave, in whatever mode. Of returns:
            ``flow.authorise`` unless ``authorise`` leads out of the initial state and no other,
            ``flow.no_receive`` without a transition of ``receive``, ``flow.command`` for every
            command besides these and ``complete_stage``, and ``flow.receives`` for every transition
            that moves units to ``returned`` and is no ``receive``, or is one and does not.

    Example:
        >>> from ordercore.orders import FULFILMENT, RETURN
        >>> Flow(machine=FULFILMENT).mode
        <FulfilmentMode.SHIP: 'ship'>
        >>> Flow(machine=RETURN, subject="return").subject
        <FlowSubject.RETURN: 'return'>
    """

    machine: Machine
    subject: FlowSubject = attrs.field(default=FlowSubject.FULFILMENT, converter=FlowSubject)
    mode: FulfilmentMode = attrs.field(default=FulfilmentMode.SHIP, converter=FulfilmentMode)
    when: Rule | None = None
    rollout: RollOut | None = None
    retired: bool = False

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if self.subject is FlowSubject.RETURN:
            _check_positions(self.machine, _BACK, faults)
            _check_return(self.machine, faults)
        else:
            _check_positions(self.machine, (*POSITIONS, *sorted(_OFF_THE_WAY)), faults)
            if self.machine.nearest(HandOver.step) is None:
                known = _commands(self.machine)
                faults.add("flow.no_hand_over", "machine.transitions", known, HandOver.step)
        faults.raise_if_any(f"flow {self.machine.id}")


def _commands(machine: Machine) -> str:
    return ", ".join(sorted({edge.command for edge in machine.transitions}))


def _check_positions(machine: Machine, known: tuple[str, ...], faults: FaultList) -> None:
    for state in machine.states:
        if state.counts_as not in known:
            path = f"machine.states[{state.id}]"
            faults.add("flow.counts_as", path, state.counts_as, f"one of {', '.join(known)}")


def _check_return(machine: Machine, faults: FaultList) -> None:
    """A return is asked for, waits, is taken in unit by unit, and ends."""
    named = {edge.command for edge in machine.transitions}
    starts = {edge.source for edge in machine.transitions if edge.command == AUTHORISE}
    if starts != {machine.initial}:
        expected = f"{AUTHORISE} out of {machine.initial} alone"
        faults.add("flow.authorise", "machine.transitions", ", ".join(sorted(starts)), expected)
    if RECEIVE not in named:
        faults.add("flow.no_receive", "machine.transitions", _commands(machine), RECEIVE)
    for command in sorted(named - {AUTHORISE, RECEIVE, COMPLETE_STAGE}):
        expected = f"{AUTHORISE}, {RECEIVE} or {COMPLETE_STAGE}"
        faults.add("flow.command", "machine.transitions", command, expected)
    for edge in machine.transitions:
        ends = (machine.state(edge.source).counts_as, machine.state(edge.target).counts_as)
        if (ends == _BACK) != (edge.command == RECEIVE):
            faults.add("flow.receives", "machine.transitions", str(edge), f"{RECEIVE} and it alone")

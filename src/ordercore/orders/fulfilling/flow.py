"""Which flow serves which order: machines with the orders that they are for."""

from __future__ import annotations

import attrs

from ordercore.kernel import checked, problems
from ordercore.orders.fulfilling.commands import HandOver
from ordercore.orders.fulfilling.fulfilment_order import POSITIONS, FulfilmentMode
from ordercore.rules import Rule
from ordercore.statemachine import Machine, RollOut

__all__ = ["Flow"]

_OFF_THE_WAY = frozenset({"cancelled", "returned", "written_off"})


@attrs.frozen(kw_only=True)
@checked
class Flow:
    """A machine for fulfilment orders, and for which orders it is chosen when they are planned.

    ``when`` is a rule over ``ORDER_FACTS``, and one that asks for an unknown fact is for no order;
    ``rollout`` serves the flow only to the orders for which it chooses this machine. A ``retired``
    flow is chosen for none: it stays known for the fulfilment orders that began on it.

    Raises:
        InvalidBatch: ``flow.counts_as`` for every state that declares no position known to orders;
            ``flow.no_hand_over`` for a machine without a transition of ``hand_over``, by which
            units leave, in whatever mode.

    Example:
        >>> from ordercore.orders import FULFILMENT
        >>> Flow(machine=FULFILMENT).mode
        <FulfilmentMode.SHIP: 'ship'>
    """

    machine: Machine
    mode: FulfilmentMode = attrs.field(default=FulfilmentMode.SHIP, converter=FulfilmentMode)
    when: Rule | None = None
    rollout: RollOut | None = None
    retired: bool = False

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for state in self.machine.states:
            if state.counts_as not in POSITIONS and state.counts_as not in _OFF_THE_WAY:
                faults.add(
                    "flow.counts_as",
                    f"machine.states[{state.id}]",
                    state.counts_as,
                    f"one of {', '.join((*POSITIONS, *sorted(_OFF_THE_WAY)))}",
                )
        if self.machine.nearest(HandOver.step) is None:
            known = ", ".join(sorted({edge.command for edge in self.machine.transitions}))
            faults.add("flow.no_hand_over", "machine.transitions", known, HandOver.step)
        faults.raise_if_any(f"flow {self.machine.id}")

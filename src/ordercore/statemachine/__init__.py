"""State machines as data: checked when they are built, explained when they refuse.

A :class:`MachineSpec` declares states, transitions and the words they use; :func:`inspect` lists
everything that is wrong with it; a :class:`Machine` exists only if nothing is. ``step`` gives the
transition or every reason against it. Machines have a JSON form, a digest, diagrams, differences.

Example:
    >>> from ordercore.statemachine import Machine, MachineSpec, State, Transition
    >>> order = Machine(
    ...     MachineSpec(
    ...         "order",
    ...         version="1",
    ...         initial="draft",
    ...         states=[State("draft"), State("confirmed"), State("closed", terminal=True)],
    ...         transitions=[
    ...             Transition("confirm", "draft", "confirmed", guards=["paid"]),
    ...             Transition("close", "confirmed", "closed"),
    ...         ],
    ...         commands=["confirm", "close"],
    ...         guards=["paid"],
    ...     )
    ... )
    >>> order.step("draft", "confirm", guards={"paid": True}).target
    'confirmed'
    >>> order.step("draft", "confirm", guards={"paid": False}).codes
    ('guard.paid',)
"""

from ordercore.statemachine.checker import inspect
from ordercore.statemachine.difference import (
    Change,
    ChangeKind,
    difference,
    difference_text,
)
from ordercore.statemachine.invariants import INVARIANTS
from ordercore.statemachine.json_form import spec_from_json, spec_to_json
from ordercore.statemachine.machine import GuardValue, Machine, Option
from ordercore.statemachine.spec import MachineSpec, State, TimeLimit, Transition

__all__ = [
    "INVARIANTS",
    "Change",
    "ChangeKind",
    "GuardValue",
    "Machine",
    "MachineSpec",
    "Option",
    "State",
    "TimeLimit",
    "Transition",
    "difference",
    "difference_text",
    "inspect",
    "spec_from_json",
    "spec_to_json",
]

"""State machines as data: checked when they are built, explained when they refuse.

A :class:`MachineSpec` declares states, transitions and the words they use; :func:`inspect` lists
everything that is wrong with it; a :class:`Machine` exists only if nothing is. ``step`` gives the
transition or every reason against it. Machines have a JSON form, a digest, diagrams, differences, a
manual. An :class:`Overlay` adds stages and gates, a :class:`MigrationPlan` takes instances along,
and a :class:`RollOut` says which version serves which order.

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
from ordercore.statemachine.limits import Calendars, Due, NamedLimit, TimeLimit
from ordercore.statemachine.machine import Machine
from ordercore.statemachine.migration import Clock, Migrated, MigrationPlan, Rehearsal, Stray
from ordercore.statemachine.names import Titles, Words
from ordercore.statemachine.option import GuardValue, Option
from ordercore.statemachine.overlay import Overlay, Part
from ordercore.statemachine.parts import COMPLETE_STAGE, Gate, Stage, gate, stage
from ordercore.statemachine.phrases import Phrases, phrases
from ordercore.statemachine.pin import MachinePin
from ordercore.statemachine.rollout import (
    Assignment,
    Considered,
    RollOut,
    Wave,
    WaveAnswer,
    wave,
)
from ordercore.statemachine.spec import MachineSpec, State, Transition

__all__ = [
    "COMPLETE_STAGE",
    "INVARIANTS",
    "Assignment",
    "Calendars",
    "Change",
    "ChangeKind",
    "Clock",
    "Considered",
    "Due",
    "Gate",
    "GuardValue",
    "Machine",
    "MachinePin",
    "MachineSpec",
    "Migrated",
    "MigrationPlan",
    "NamedLimit",
    "Option",
    "Overlay",
    "Part",
    "Phrases",
    "Rehearsal",
    "RollOut",
    "Stage",
    "State",
    "Stray",
    "TimeLimit",
    "Titles",
    "Transition",
    "Wave",
    "WaveAnswer",
    "Words",
    "difference",
    "difference_text",
    "gate",
    "inspect",
    "phrases",
    "spec_from_json",
    "spec_to_json",
    "stage",
    "wave",
]

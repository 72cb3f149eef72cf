"""One life of an order, eight guarded transitions: evaluate the guards, step, know why if not."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from harness import Comparison, faster, floor, peer
from ordercore.statemachine import Machine, MachineSpec, State, Transition

STATES = (
    "draft",
    "submitted",
    "confirmed",
    "allocated",
    "picked",
    "packed",
    "shipped",
    "delivered",
    "closed",
    "cancelled",
)
LIFE = ("submit", "confirm", "allocate", "pick", "pack", "ship", "deliver", "close")
ROLES = frozenset({"clerk", "system"})


@attrs.frozen
class Facts:
    """What the guards of an order look at."""

    total: int
    paid: int
    ordered: int
    reserved: int


def is_paid(facts: Facts) -> bool:
    return facts.paid >= facts.total


def is_reserved(facts: Facts) -> bool:
    return facts.reserved >= facts.ordered


FACTS = Facts(total=27590, paid=27590, ordered=3, reserved=3)
EDGES = [
    Transition(
        command, STATES[i], STATES[i + 1], guards=["is_paid", "is_reserved"], roles=sorted(ROLES)
    )
    for i, command in enumerate(LIFE)
] + [Transition("cancel", state, "cancelled", roles=["clerk"]) for state in STATES[:6]]
MACHINE = Machine(
    MachineSpec(
        "order",
        version="1",
        initial="draft",
        states=[State(name, terminal=name in ("closed", "cancelled")) for name in STATES],
        transitions=EDGES,
        commands=[*LIFE, "cancel"],
        guards=["is_paid", "is_reserved"],
        roles=sorted(ROLES),
    )
)


def ours() -> str:
    facts, state, step = FACTS, "draft", MACHINE.step
    for command in LIFE:
        guards = {"is_paid": is_paid(facts), "is_reserved": is_reserved(facts)}
        answer = step(state, command, guards=guards, role="clerk")
        assert isinstance(answer, Transition)
        state = answer.target
    return state


Row = tuple[str, frozenset[str], tuple[tuple[str, Callable[[Facts], bool]], ...]]
GUARDED = (("is_paid", is_paid), ("is_reserved", is_reserved))
TABLE: dict[str, dict[str, Row]] = {name: {} for name in STATES}
for edge in EDGES:
    guarded = GUARDED if edge.guards else ()
    TABLE[edge.source][edge.command] = (edge.target, frozenset(edge.roles), guarded)


def step_by_hand(state: str, command: str, facts: Facts, role: str) -> str | list[str]:
    """The table that a careful programmer writes: the next state, or the names of what blocks."""
    row = TABLE[state].get(command)
    if row is None:
        return [f"{command} is not available in {state}"]
    target, roles, guards = row
    blocking = [name for name, holds in guards if not holds(facts)]
    if role not in roles:
        blocking.append("role")
    return blocking or target


def by_hand() -> str:
    facts, state = FACTS, "draft"
    for command in LIFE:
        answer = step_by_hand(state, command, facts, "clerk")
        assert isinstance(answer, str)
        state = answer
    return state


def with_transitions() -> Callable[[], object] | None:
    library = peer("transitions")
    if library is None:
        return None

    class Model:
        def __init__(self) -> None:
            self.facts = FACTS

        def is_paid(self) -> bool:
            return is_paid(self.facts)

        def is_reserved(self) -> bool:
            return is_reserved(self.facts)

        def is_clerk(self) -> bool:
            return "clerk" in ROLES

    model = Model()
    library.Machine(
        model,
        states=list(STATES),
        initial="draft",
        auto_transitions=False,
        transitions=[
            {
                "trigger": edge.command,
                "source": edge.source,
                "dest": edge.target,
                "conditions": [*edge.guards, "is_clerk"],
            }
            for edge in EDGES
        ],
    )
    steps = [getattr(model, command) for command in LIFE]

    def theirs() -> object:
        model.state = "draft"  # type: ignore[attr-defined]
        for step in steps:
            step()
        return model.state  # type: ignore[attr-defined]

    assert theirs() == "closed"
    return theirs


def with_python_statemachine() -> Callable[[], object] | None:
    library = peer("statemachine")
    if library is None:
        return None
    # A final state stops the peer's machine for good: `closed` is left open, to live again.
    states = {
        name: library.State(name, initial=name == "draft", final=name == "cancelled")
        for name in STATES
    }

    def holds(name: str) -> Callable[[object], bool]:
        return {
            "is_paid": lambda _: is_paid(FACTS),
            "is_reserved": lambda _: is_reserved(FACTS),
            "is_clerk": lambda _: "clerk" in ROLES,
        }[name]

    body: dict[str, object] = dict(states)
    body |= {name: holds(name) for name in ("is_paid", "is_reserved", "is_clerk")}
    for edge in EDGES:
        way = states[edge.source].to(states[edge.target], cond=[*edge.guards, "is_clerk"])
        body[edge.command] = body[edge.command] | way if edge.command in body else way
    body["reopen"] = states["closed"].to(states["cancelled"])
    kind = type("OrderMachine", (library.StateMachine,), body)

    machine = kind()

    def theirs() -> object:
        machine.current_state_value = "draft"
        for command in LIFE:
            machine.send(command)
        return machine.closed.is_active

    assert theirs() is True
    return theirs


def comparisons() -> list[Comparison]:
    assert ours() == by_hand() == "closed"
    row, unit, operations = "machine.transition", "µs", len(LIFE)
    return [
        Comparison(
            row=row,
            unit=unit,
            goal=faster(2.7, "transitions"),
            ours=ours,
            reference=with_transitions(),
            reference_name="transitions",
            operations=operations,
        ),
        Comparison(
            row=row,
            unit=unit,
            goal=faster(10, "python-statemachine"),
            ours=ours,
            reference=with_python_statemachine(),
            reference_name="python-statemachine",
            operations=operations,
        ),
        Comparison(
            row=row,
            unit=unit,
            goal=floor(1.3),
            ours=ours,
            reference=by_hand,
            reference_name="dict table with guards and names of what blocks",
            operations=operations,
        ),
    ]

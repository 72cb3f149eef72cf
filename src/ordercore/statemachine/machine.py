"""The machine: a checked spec, compiled once to tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import attrs

from ordercore.kernel import (
    Finding,
    FrozenMap,
    IllegalTransition,
    InvalidDefinition,
    InvalidValue,
    Json,
    NotFound,
    Reason,
    Refusal,
    Severity,
    digest,
)
from ordercore.statemachine.checker import inspect
from ordercore.statemachine.diagram import to_dot, to_mermaid
from ordercore.statemachine.graph import forward, reach, shortest_path
from ordercore.statemachine.json_form import spec_from_json, spec_to_json
from ordercore.statemachine.spec import MachineSpec, State, Transition

__all__ = ["GuardValue", "Machine", "Option"]

GuardValue: TypeAlias = bool | Reason | None
"""Holds, does not hold, does not hold for this reason; None: not known."""

_NO_GUARDS: FrozenMap[str, GuardValue] = FrozenMap()

# One cell of the table: the only transition (None where guards or roles choose among several), its
# guards, the roles that it admits (None for all), and all transitions of the cell.
_Cell: TypeAlias = tuple[
    Transition | None, tuple[str, ...], frozenset[str] | None, tuple[Transition, ...]
]


@attrs.frozen
class Option:
    """A transition out of a state, and every reason that blocks it now.

    Example:
        >>> Option(Transition("pay", "new", "paid")).allowed
        True
    """

    transition: Transition
    reasons: tuple[Reason, ...] = ()

    @property
    def command(self) -> str:
        """The command that takes this transition."""
        return self.transition.command

    @property
    def allowed(self) -> bool:
        """Whether nothing blocks it."""
        return not self.reasons


@attrs.frozen(repr=False)
class Machine:
    """A sound machine, ready to step; a value that equals another of the same spec.

    Building it runs the checker: errors refuse it, warnings stay in ``findings``. The tables are
    compiled once and take no part in equality; a pickled machine is its spec.

    Raises:
        InvalidDefinition: with every finding, warnings included, when one of them is an error.

    Example:
        >>> machine = Machine(
        ...     MachineSpec(
        ...         "parcel",
        ...         version="1",
        ...         initial="packed",
        ...         states=[State("packed"), State("sent"), State("delivered", terminal=True)],
        ...         transitions=[
        ...             Transition("ship", "packed", "sent", guards=["labelled"], roles=["clerk"]),
        ...             Transition("deliver", "sent", "delivered"),
        ...         ],
        ...         commands=["ship", "deliver"],
        ...         guards=["labelled"],
        ...         roles=["clerk"],
        ...     )
        ... )
        >>> machine.step("packed", "ship", guards={"labelled": True}, role="clerk").target
        'sent'
        >>> machine.step("packed", "ship", guards={"labelled": False}, role="guest").codes
        ('role.not_allowed', 'guard.labelled')
        >>> machine.step("packed", "deliver").reasons[0].obtain
        'state sent'
    """

    spec: MachineSpec
    findings: tuple[Finding, ...] = attrs.field(init=False, eq=False)
    digest: str = attrs.field(init=False, eq=False)
    _table: dict[str, dict[str, _Cell]] = attrs.field(init=False, eq=False)
    _states: dict[str, State] = attrs.field(init=False, eq=False)
    _sources: dict[str, tuple[str, ...]] = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        spec = self.spec
        findings = inspect(spec)
        if any(finding.severity is Severity.ERROR for finding in findings):
            raise InvalidDefinition(f"machine {spec.id}", findings)
        table: dict[str, dict[str, list[Transition]]] = {state.id: {} for state in spec.states}
        sources: dict[str, dict[str, None]] = {}
        for edge in spec.transitions:
            table[edge.source].setdefault(edge.command, []).append(edge)
            sources.setdefault(edge.command, {})[edge.source] = None
        compiled = {
            state: {command: _cell(edges) for command, edges in row.items()}
            for state, row in table.items()
        }
        object.__setattr__(self, "findings", findings)
        object.__setattr__(self, "digest", digest(spec))
        object.__setattr__(self, "_table", compiled)
        object.__setattr__(self, "_states", {state.id: state for state in spec.states})
        object.__setattr__(self, "_sources", {name: tuple(ids) for name, ids in sources.items()})

    @classmethod
    def build(cls, spec: MachineSpec) -> Machine:
        """The machine of a spec; the same as calling the class.

        Raises:
            InvalidDefinition: as the class.
        """
        return cls(spec)

    def __reduce__(self) -> tuple[type[Machine], tuple[MachineSpec]]:
        return Machine, (self.spec,)

    def __repr__(self) -> str:
        return f"Machine({self.id!r}, version={self.version!r}, digest={self.digest[:12]!r})"

    @property
    def id(self) -> str:
        """The machine's id."""
        return self.spec.id

    @property
    def version(self) -> str:
        """The version of its definition."""
        return self.spec.version

    @property
    def initial(self) -> str:
        """The state in which life begins."""
        return self.spec.initial

    @property
    def states(self) -> tuple[State, ...]:
        """All states, by id."""
        return self.spec.states

    @property
    def transitions(self) -> tuple[Transition, ...]:
        """All transitions, by source, command and target."""
        return self.spec.transitions

    def state(self, state: str) -> State:
        """The state of this id.

        Raises:
            NotFound: for an id that is no state.
        """
        found = self._states.get(state)
        if found is None:
            raise NotFound("state", str(state))
        return found

    def step(
        self,
        state: str,
        command: str,
        *,
        guards: Mapping[str, GuardValue] = _NO_GUARDS,
        role: str = "",
    ) -> Transition | Refusal:
        """The transition that a command takes, or every reason why it takes none.

        A guard holds only if it is exactly True. False gives the reason ``guard.<name>``, a Reason
        is passed on as it is, and one that is absent or None does not hold because nobody knows.
        Guards that the transition does not ask for are passed over. A role that is not among the
        transition's gives ``role.not_allowed``; a command that this state does not know gives
        ``command.not_available`` with the states that do, final where none of them can follow.
        Of several blocked transitions, the reasons are those of the nearest: the first with the
        fewest reasons among those that the role admits.

        O(guards) on success, with nothing allocated.

        Raises:
            IllegalTransition: for a state or a command that the machine does not have.
            InvalidValue: ``guard.value`` for a guard of another type, ``guards.not_exclusive``
                when guards that exclude each other are both said to hold.
        """
        try:
            transition, names, roles, _ = self._table[state][command]
        except KeyError:
            return self._choose(state, command, guards, role)
        if transition is not None and (roles is None or role in roles):
            for name in names:
                if guards.get(name) is not True:
                    break
            else:
                return transition
        return self._choose(state, command, guards, role)

    def available(
        self, state: str, *, guards: Mapping[str, GuardValue] = _NO_GUARDS, role: str = ""
    ) -> tuple[Option, ...]:
        """Every transition out of a state, usable or blocked, with all reasons; empty at the end.

        Raises:
            NotFound: for an id that is no state.
            InvalidValue: ``guard.value`` as :meth:`step`.

        Example:
            >>> machine = Machine(
            ...     MachineSpec(
            ...         "door",
            ...         version="1",
            ...         initial="open",
            ...         states=[State("open"), State("shut", terminal=True)],
            ...         transitions=[Transition("close", "open", "shut", guards=["oiled"])],
            ...         commands=["close"],
            ...         guards=["oiled"],
            ...     )
            ... )
            >>> [(option.command, option.allowed) for option in machine.available("open")]
            [('close', False)]
        """
        self.state(state)
        return tuple(
            Option(edge, _blockers(edge, guards, role))
            for cell in self._table[state].values()
            for edge in cell[3]
        )

    def reachable(self, state: str) -> tuple[str, ...]:
        """Every state that can follow, in none or more steps: nearest first, then by id.

        Raises:
            NotFound: for an id that is no state.
        """
        self.state(state)
        return tuple(reach([state], forward(self.transitions)))

    def path_to(self, target: str, source: str | None = None) -> tuple[Transition, ...] | None:
        """A shortest way to a state, from the initial one unless said otherwise; None if no way.

        Guards and roles are not asked. Among ways of equal length the choice is fixed by the ids.

        Raises:
            NotFound: for an id that is no state.
        """
        start = self.initial if source is None else source
        self.state(start)
        self.state(target)
        return shortest_path(start, target, self.transitions)

    def to_json(self) -> dict[str, Json]:
        """The spec as plain JSON data, for people to read and keep."""
        return spec_to_json(self.spec)

    @classmethod
    def from_json(cls, data: object) -> Machine:
        """The machine of JSON data.

        Raises:
            InvalidBatch: every place where the data has another form.
            InvalidDefinition: as the class.
        """
        return cls(spec_from_json(data))

    def to_mermaid(self) -> str:
        """A Mermaid ``stateDiagram-v2`` with every edge."""
        return to_mermaid(self.spec)

    def to_dot(self) -> str:
        """A Graphviz graph with every edge."""
        return to_dot(self.spec)

    def _choose(
        self, state: str, command: str, guards: Mapping[str, GuardValue], role: str
    ) -> Transition | Refusal:
        sources = self._sources.get(command)
        if sources is None or state not in self._states:
            raise IllegalTransition(self.id, str(state), str(command))
        cell = self._table[state].get(command)
        if cell is None:
            return Refusal((self._not_available(state, command, sources),))
        nearest: tuple[Reason, ...] = ()
        nearest_rank: tuple[bool, int] | None = None
        taken: Transition | None = None
        for edge in cell[3]:
            reasons = _blockers(edge, guards, role)
            if not reasons:
                if taken is not None:
                    raise InvalidValue(
                        "guards.not_exclusive",
                        "guards",
                        (taken.guards, edge.guards),
                        "at most one of the guards that exclude each other",
                    )
                taken = edge
            rank = (not _admits(edge, role), len(reasons))
            if nearest_rank is None or rank < nearest_rank:
                nearest, nearest_rank = reasons, rank
        return Refusal(nearest) if taken is None else taken

    def _not_available(self, state: str, command: str, sources: tuple[str, ...]) -> Reason:
        following = set(self.reachable(state))
        helpful = [source for source in sources if source in following]
        return Reason(
            "command.not_available",
            facts={
                "machine": self.id,
                "state": state,
                "command": command,
                "available": tuple(self._table[state]),
                "available_in": sources,
            },
            obtain=f"state {' or '.join(helpful)}" if helpful else None,
            final=not helpful,
        )


def _cell(edges: list[Transition]) -> _Cell:
    if len(edges) > 1:
        return None, (), None, tuple(edges)
    edge = edges[0]
    return edge, edge.guards, frozenset(edge.roles) if edge.roles else None, (edge,)


def _admits(edge: Transition, role: str) -> bool:
    return not edge.roles or role in edge.roles


def _blockers(edge: Transition, guards: Mapping[str, GuardValue], role: str) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    if not _admits(edge, role):
        reasons.append(
            Reason(
                "role.not_allowed",
                facts={"role": role, "roles": edge.roles, "command": edge.command},
                obtain=f"someone in the role {' or '.join(edge.roles)}",
            )
        )
    for name in edge.guards:
        value = guards.get(name)
        if value is True:
            continue
        if isinstance(value, Reason):
            reasons.append(value)
        elif value is None or value is False:
            reasons.append(
                Reason(
                    f"guard.{name}",
                    facts={
                        "command": edge.command,
                        "state": edge.source,
                        "target": edge.target,
                        "known": value is False,
                    },
                    obtain=name,
                )
            )
        else:
            raise InvalidValue("guard.value", f"guards[{name}]", value, "True, False or a Reason")
    return tuple(reasons)

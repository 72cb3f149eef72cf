"""The machine: a checked spec, compiled once to tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

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
    Span,
    checked,
    expect,
)
from ordercore.statemachine.applying import with_parts
from ordercore.statemachine.checker import inspect
from ordercore.statemachine.diagram import to_dot, to_mermaid
from ordercore.statemachine.graph import forward, reach, shortest_path
from ordercore.statemachine.json_form import spec_from_json, spec_to_json
from ordercore.statemachine.limits import Calendars, Due, due_instants
from ordercore.statemachine.manual import manual
from ordercore.statemachine.migration import Clock, MigrationPlan, migration
from ordercore.statemachine.option import (
    NO_GUARDS,
    Cell,
    GuardValue,
    Option,
    admits,
    blockers,
    cell,
)
from ordercore.statemachine.overlay import Overlay, Part
from ordercore.statemachine.phrases import Phrases
from ordercore.statemachine.phrases import phrases as built_in_phrases
from ordercore.statemachine.pin import MachinePin, spec_digest
from ordercore.statemachine.spec import MachineSpec, State, Transition

__all__ = ["Machine"]

_NO_MAPPING: FrozenMap[str, str] = FrozenMap()


@attrs.frozen(repr=False)
@checked
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
    _table: dict[str, dict[str, Cell]] = attrs.field(init=False, eq=False)
    _states: dict[str, State] = attrs.field(init=False, eq=False)
    _sources: dict[str, tuple[str, ...]] = attrs.field(init=False, eq=False)
    _pin: MachinePin = attrs.field(init=False, eq=False)
    # Filled as it is asked.
    _nearest: dict[str, Transition] = attrs.field(init=False, eq=False)

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
            state: {command: cell(edges) for command, edges in row.items()}
            for state, row in table.items()
        }
        object.__setattr__(self, "findings", findings)
        object.__setattr__(self, "digest", spec_digest(spec))
        object.__setattr__(self, "_table", compiled)
        object.__setattr__(self, "_states", {state.id: state for state in spec.states})
        object.__setattr__(self, "_sources", {name: tuple(ids) for name, ids in sources.items()})
        object.__setattr__(self, "_pin", MachinePin(spec.id, spec.version, self.digest))
        object.__setattr__(self, "_nearest", {})

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
    def pin(self) -> MachinePin:
        """What an instance carries that lives by this machine."""
        return self._pin

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
        guards: Mapping[str, GuardValue] = NO_GUARDS,
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
        self, state: str, *, guards: Mapping[str, GuardValue] = NO_GUARDS, role: str = ""
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
            Option(edge, blockers(edge, guards, role))
            for row in self._table[state].values()
            for edge in row[3]
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

    def nearest(self, command: str) -> Transition | None:
        """The transition of a command whose source is the fewest steps from the initial state.

        None where no transition has the command. Among equals it is the first of
        :attr:`transitions`. Found once for each command.

        Example:
            >>> from ordercore.orders import FULFILMENT
            >>> FULFILMENT.nearest("hand_over").source, FULFILMENT.nearest("fly")
            ('packed', None)
        """
        found = self._nearest.get(command)
        if found is None and command in self._sources:
            found = self._nearest[command] = min(
                (edge for edge in self.transitions if edge.command == command),
                key=lambda edge: len(self.path_to(edge.source) or ()),
            )
        return found

    def due(
        self,
        state: str,
        since: datetime,
        *,
        calendars: Calendars = None,
        paused: Iterable[Span] = (),
    ) -> tuple[Due, ...]:
        """When each limit of a state is due for an instance that entered it at ``since``.

        A limit is an amount of running time: elapsed time, or open time of the calendar that the
        state names. While ``paused`` the clock stands still, whatever the limit counts. A limit of
        working days is the open time up to the closing of its last day; so what a pause takes is
        made up afterwards, to the moment. Without a pause the answer is the calendar's own
        ``add``. More pauses never make anything due earlier. A limit that is reached at the very
        moment at which a pause begins is due then.

        Args:
            state: Where the instance stands.
            since: When it came there.
            calendars: The calendar, or the calendars by name; needed for working time only.
            paused: The stretches in which the clock stands still; they may overlap, and one
                without an end stops what is not due before it begins.

        Raises:
            NotFound: for an id that is no state; for a calendar that is needed and not given.
            InvalidValue: ``type.wrong``; what calendars raise.

        Example:
            >>> from ordercore.kernel import BusinessCalendar, WorkingHours, Zone, instant
            >>> desk = BusinessCalendar(Zone("UTC"), week={"mon-fri": "09:00-17:00"})
            >>> spec = MachineSpec(
            ...     "desk",
            ...     version="1",
            ...     initial="open",
            ...     states=[State("open", limit=WorkingHours(8)), State("done", terminal=True)],
            ...     transitions=[Transition("close", "open", "done")],
            ...     commands=["close"],
            ... )
            >>> friday = instant("2026-11-13T15:00Z")
            >>> hold = Span("2026-11-13T16:00Z", "2026-11-16T10:00Z")
            >>> for paused in ((), (hold,)):
            ...     [due] = Machine(spec).due("open", friday, calendars=desk, paused=paused)
            ...     print(due.name, due.at)
            limit 2026-11-16 15:00:00+00:00
            limit 2026-11-16 17:00:00+00:00
        """
        found = self.state(state)
        return due_instants(
            found.time_limits, since, calendar=found.calendar, calendars=calendars, paused=paused
        )

    def with_(self, *parts: Part | Overlay, version: str) -> Machine:
        """The machine with stages and gates in it, checked again as a whole.

        Stages are put in first, gates then; see :class:`~ordercore.statemachine.Stage` for which
        edges a stage takes. Parts that touch different states and commands may stand in any order;
        of two stages behind one state, the later one stands nearer to it. Titles and notes stay.

        Raises:
            InvalidDefinition: with everything that is wrong, of the parts and of the machine that
                they make: ``overlay.version`` (the same as before), ``overlay.unknown_state``,
                ``overlay.state_exists``, ``overlay.unknown_command``, ``overlay.no_edge``,
                ``overlay.ambiguous``, and what the checker says.
            InvalidValue: ``type.wrong`` for what is no part.
            InvalidBatch: ``machine.name`` for a version that is no name.
        """
        spec, findings = with_parts(self.spec, Overlay(parts).parts, version)
        if findings:
            raise InvalidDefinition(f"machine {self.id}", (*findings, *inspect(spec)))
        return Machine(spec)

    def migrate_to(
        self,
        new: Machine,
        mapping: Mapping[str, str] = _NO_MAPPING,
        *,
        clock: Clock | str = Clock.RESTART_MOVED,
    ) -> MigrationPlan:
        """The plan that takes every live instance of this machine to another version.

        Every state that is not terminal has to have its place there: one of the same name, or the
        one that ``mapping`` names. Instances that have ended stay as they are, with their pin.

        Args:
            new: The version to come.
            mapping: For states of this machine, their states there.
            clock: What becomes of the time already spent in a state.

        Raises:
            InvalidDefinition: everything at once: ``migration.unmapped`` for each state that is
                left, ``migration.unknown_target``, ``migration.unknown_source``,
                ``migration.not_live`` for a terminal state that is mapped,
                ``migration.same_version`` where two different machines call themselves the same;
                and where units would count as something else: ``migration.moves_back``,
                ``migration.skips`` (they would pass positions in which they never were),
                ``migration.leaves_way`` (at least one of the two is not on the machine's way).
            InvalidValue: ``type.wrong``; ``choice.unknown`` for a clock that is none.

        Example:
            >>> from ordercore.statemachine import stage
            >>> old = Machine(
            ...     MachineSpec(
            ...         "parcel",
            ...         version="1",
            ...         initial="packed",
            ...         states=[State("packed"), State("sent"), State("there", terminal=True)],
            ...         transitions=[
            ...             Transition("send", "packed", "sent"),
            ...             Transition("arrive", "sent", "there"),
            ...         ],
            ...         commands=["send", "arrive"],
            ...     )
            ... )
            >>> new = old.with_(stage("customs", after="packed"), version="2")
            >>> plan = old.migrate_to(new, {"sent": "customs"})
            >>> plan.apply(old.pin, "sent").state
            'customs'
        """
        return migration(self.spec, expect(new, Machine, "new").spec, mapping, clock)

    def manual(self, language: str = "en", *, phrases: Phrases | None = None) -> str:
        """The operation manual in Markdown, in English, Chinese, or the language of ``phrases``.

        It holds every state, edge, command, role and piece of evidence, under the titles that the
        machine has in that language, or else under its id made readable.

        Raises:
            InvalidValue: ``phrases.language`` for a language that is not built in, or that is
                another one than that of the phrases.
        """
        chosen = built_in_phrases(language) if phrases is None else phrases
        if chosen.language != language:
            raise InvalidValue("phrases.language", "language", language, chosen.language)
        return manual(self.spec, chosen)

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
        found = self._table[state].get(command)
        if found is None:
            return Refusal((self._not_available(state, command, sources),))
        nearest: tuple[Reason, ...] = ()
        nearest_rank: tuple[bool, int] | None = None
        taken: Transition | None = None
        for edge in found[3]:
            reasons = blockers(edge, guards, role)
            if not reasons:
                if taken is not None:
                    raise InvalidValue(
                        "guards.not_exclusive",
                        "guards",
                        (taken.guards, edge.guards),
                        "at most one of the guards that exclude each other",
                    )
                taken = edge
            rank = (not admits(edge, role), len(reasons))
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

"""From one version of a machine to the next: a plan for every live state, rehearsed, then applied.

A plan says for each state in which an instance of the old machine may stand where it stands in the
new one. Units stay where they are: a state is only replaced by one that counts as the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal

import attrs

from ordercore.kernel import (
    Choice,
    Finding,
    FrozenMap,
    Instant,
    InvalidDefinition,
    InvalidValue,
    Reason,
    Refusal,
    Severity,
    as_map,
    checked,
    expect,
    instant,
    sorted_tuple,
)
from ordercore.statemachine.names import exact
from ordercore.statemachine.pin import MachinePin
from ordercore.statemachine.spec import MachineSpec, State

__all__ = ["Clock", "Migrated", "MigrationPlan", "Rehearsal", "Stray", "migration"]


class Clock(Choice):
    """What becomes of the time that an instance has spent in its state."""

    KEEP = "keep"
    """It counts in the new state too."""
    RESTART = "restart"
    """Every limit starts anew."""
    RESTART_MOVED = "restart_moved"
    """It counts where the state keeps its name, and starts anew where it does not."""


@attrs.frozen
@checked
class Migrated:
    """Where an instance stands after it was moved, and whether its limits start anew.

    Example:
        >>> moved = Migrated(MachinePin("m", "2", "0a"), "customs", restart=True)
        >>> str(moved.since("2026-11-10T08:00Z", at="2026-11-11T08:00Z"))
        '2026-11-11 08:00:00+00:00'
    """

    pin: MachinePin
    state: str
    restart: bool = attrs.field(kw_only=True)

    def accepted(self) -> Migrated:
        """The answer itself; a Refusal raises :class:`~ordercore.kernel.Refused` here."""
        return self

    @property
    def is_refused(self) -> Literal[False]:
        """False; a :class:`~ordercore.kernel.Refusal` answers True."""
        return False

    def since(self, since: datetime | str, *, at: datetime | str) -> Instant:
        """From when the limits of the new state run: the old ``since``, or the time of moving."""
        return instant(at if self.restart else since)


@attrs.frozen
@checked
class Stray:
    """An instance that a plan does not move, with the code of the reason.

    Example:
        >>> pin = MachinePin("m", "1", "0a")
        >>> Stray("o-1", pin, "lost", "migration.unknown_state").key
        'o-1'
    """

    key: str
    pin: MachinePin
    state: str
    code: str


def _counts(given: Mapping[str, int]) -> FrozenMap[str, int]:
    return as_map(given)


@attrs.frozen(kw_only=True)
@checked
class Rehearsal:
    """What a plan would do to a set of instances. Nothing was changed.

    Args:
        total: How many there are.
        moved: How many would be moved, by the state in which they stand.
        arriving: How many would then stand in each state of the new machine.
        restarted: Of those moved, how many would have their limits start anew.
        ended: How many have ended and keep their pin, by state.
        already: How many follow the new version already.
        strays: Those of another version, and those in a state that the old machine does not have.
    """

    total: int
    moved: FrozenMap[str, int] = attrs.field(default=FrozenMap(), converter=_counts)
    arriving: FrozenMap[str, int] = attrs.field(default=FrozenMap(), converter=_counts)
    restarted: int = 0
    ended: FrozenMap[str, int] = attrs.field(default=FrozenMap(), converter=_counts)
    already: int = 0
    strays: tuple[Stray, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing would be left behind."""
        return not self.strays

    @property
    def other_versions(self) -> tuple[Stray, ...]:
        """The instances that follow neither of the two versions."""
        return self._of("migration.other_version")

    @property
    def not_covered(self) -> tuple[Stray, ...]:
        """The instances of the old version in a state that it does not have."""
        return self._of("migration.unknown_state")

    def _of(self, code: str) -> tuple[Stray, ...]:
        return tuple(stray for stray in self.strays if stray.code == code)

    def __str__(self) -> str:
        """One line for each count.

        Example:
            >>> print(Rehearsal(total=3, moved={"packed": 2}, arriving={"customs": 2}, already=1))
            3 instances: 2 move, 0 have ended, 1 already there, 0 left behind
              from packed: 2
              to customs: 2
        """
        moves, ends = sum(self.moved.values()), sum(self.ended.values())
        counts = f"{moves} move, {ends} have ended, {self.already} already there"
        lines = [f"{self.total} instances: {counts}, {len(self.strays)} left behind"]
        lines += [f"  from {state}: {count}" for state, count in self.moved.items()]
        lines += [f"  to {state}: {count}" for state, count in self.arriving.items()]
        lines += [f"  ended in {state}: {count}" for state, count in self.ended.items()]
        lines += [f"  {s.key} in {s.state} of {s.pin}: {s.code}" for s in self.strays]
        return "\n".join(lines)


def _states(given: Mapping[str, str]) -> FrozenMap[str, str]:
    return as_map(given)


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return sorted_tuple(given, str, str)


@attrs.frozen(kw_only=True)
@checked
class MigrationPlan:
    """Where every live state of one version goes in another; made by ``Machine.migrate_to``.

    Args:
        old: The version that is left.
        new: The version that is joined.
        states: For each live state of the old version its state in the new one.
        ended: The terminal states of the old version. Who stands there has nothing to migrate.
        clock: What becomes of the time already spent in a state.
        findings: The warnings: ``migration.ends`` where a live state is moved to a terminal one.
    """

    old: MachinePin
    new: MachinePin
    states: FrozenMap[str, str] = attrs.field(converter=_states)
    ended: tuple[str, ...] = attrs.field(default=(), converter=_names)
    clock: Clock = attrs.field(default=Clock.RESTART_MOVED, converter=Clock)
    findings: tuple[Finding, ...] = ()

    def apply(self, pin: MachinePin, state: str) -> Migrated | Refusal:
        """Where an instance stands after the move, or why it is not moved. O(1).

        Refused: ``migration.already`` for the new version, ``migration.other_version`` for a third
        one, ``migration.ended`` for an instance that has ended, ``migration.unknown_state`` for a
        state that the old version does not have.

        Example:
            >>> old, new = MachinePin("m", "1", "0a"), MachinePin("m", "2", "0b")
            >>> plan = MigrationPlan(old=old, new=new, states={"open": "open"}, ended=("done",))
            >>> plan.apply(old, "open").state, plan.apply(old, "done").codes
            ('open', ('migration.ended',))
        """
        expect(pin, MachinePin, "pin")
        if pin == self.new:
            return _refused("migration.already", pin, state)
        if pin != self.old:
            return _refused("migration.other_version", pin, state)
        target = self.states.get(state)
        if target is not None:
            return Migrated(self.new, target, restart=self._restarts(exact(state), target))
        if state in self.ended:
            return _refused("migration.ended", pin, state)
        return _refused("migration.unknown_state", pin, state)

    def rehearse(self, instances: Iterable[tuple[str, MachinePin, str]]) -> Rehearsal:
        """What :meth:`apply` would answer for each (key, pin, state), counted. O(instances).

        Example:
            >>> old, new = MachinePin("m", "1", "0a"), MachinePin("m", "2", "0b")
            >>> plan = MigrationPlan(old=old, new=new, states={"open": "checked"}, ended=("done",))
            >>> report = plan.rehearse([("a", old, "open"), ("b", old, "done"), ("c", new, "open")])
            >>> report.moved, report.ended, report.already, report.complete
            (FrozenMap({'open': 1}), FrozenMap({'done': 1}), 1, True)
        """
        moved: Counter[str] = Counter()
        arriving: Counter[str] = Counter()
        ended: Counter[str] = Counter()
        strays: list[Stray] = []
        total = restarted = already = 0
        for key, pin, state in instances:
            total += 1
            answer = self.apply(pin, state)
            if isinstance(answer, Migrated):
                moved[exact(state)] += 1
                arriving[answer.state] += 1
                restarted += answer.restart
            elif answer.codes == ("migration.ended",):
                ended[exact(state)] += 1
            elif answer.codes == ("migration.already",):
                already += 1
            else:
                strays.append(Stray(key, pin, state, answer.codes[0]))
        return Rehearsal(
            total=total,
            moved=moved,
            arriving=arriving,
            restarted=restarted,
            ended=ended,
            already=already,
            strays=tuple(strays),
        )

    def _restarts(self, state: str, target: str) -> bool:
        if self.clock is Clock.RESTART_MOVED:
            return state != target
        return self.clock is Clock.RESTART


def _refused(code: str, pin: MachinePin, state: str) -> Refusal:
    facts = {"machine": pin.machine, "version": pin.version, "state": state}
    return Refusal((Reason(code, facts=facts, final=True),))


def migration(
    old: MachineSpec, new: MachineSpec, mapping: Mapping[str, str], clock: Clock | str
) -> MigrationPlan:
    """The plan from one definition to another; see ``Machine.migrate_to``."""
    if not isinstance(mapping, Mapping):
        raise InvalidValue("type.wrong", "mapping", mapping, "states by state")
    named = {exact(source): exact(target) for source, target in mapping.items()}
    live = [state for state in old.states if not state.terminal]
    there = {state.id: state for state in new.states}
    # Where a state is in neither, the plan has a finding and is never made.
    states = {state.id: named.get(state.id, state.id) for state in live}
    pins = MachinePin.of(old), MachinePin.of(new)
    found = [
        *_misnamed(old, named),
        *_same_version(*pins),
        *(f for state in live for f in _moved(state, states[state.id], there, old, new)),
    ]
    findings = tuple(sorted(found))
    if any(finding.severity is Severity.ERROR for finding in findings):
        subject = f"migration of {old.id} from {old.version} to {new.version}"
        raise InvalidDefinition(subject, findings)
    return MigrationPlan(
        old=pins[0],
        new=pins[1],
        states=states,
        ended=(state.id for state in old.states if state.terminal),
        clock=clock,
        findings=findings,
    )


def _error(code: str, path: str, message: str, value: str) -> Finding:
    return Finding(code, Severity.ERROR, path, message, value)


def _misnamed(old: MachineSpec, named: Mapping[str, str]) -> Iterator[Finding]:
    states = {state.id: state for state in old.states}
    for source in named:
        path = f"mapping[{source}]"
        if source not in states:
            yield _error("migration.unknown_source", path, "is no state of the old one", source)
        elif states[source].terminal:
            yield _error("migration.not_live", path, "has ended and stays as it is", source)


def _same_version(old: MachinePin, new: MachinePin) -> Iterator[Finding]:
    if (old.machine, old.version) == (new.machine, new.version) and old.digest != new.digest:
        message = "is the version of both, though they differ"
        yield _error("migration.same_version", "version", message, new.version)


def _moved(
    state: State, target: str, there: Mapping[str, State], old: MachineSpec, new: MachineSpec
) -> Iterator[Finding]:
    path = f"mapping[{state.id}]"
    found = there.get(target)
    if found is None:
        code = "migration.unmapped" if target == state.id else "migration.unknown_target"
        yield _error(code, path, "is no state of the new one", target)
        return
    before, after = state.counts_as, found.counts_as
    if before and after and before != after:
        code = _way(before, after, new if {before, after} <= {*new.positions} else old)
        yield _error(code, path, "units would count as something else", f"{before} → {after}")
    if found.terminal:
        message = "would end without a command"
        yield Finding("migration.ends", Severity.WARNING, path, message, target)


def _way(before: str, after: str, spec: MachineSpec) -> str:
    if before not in spec.positions or after not in spec.positions:
        return "migration.leaves_way"
    back = spec.positions.index(after) < spec.positions.index(before)
    return "migration.moves_back" if back else "migration.skips"

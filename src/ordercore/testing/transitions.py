"""Tests made from a machine: every edge taken once, every other command refused once.

They are cases for your own decider as much as for the machine: each says from where to go which
way, what to send, and what has to come of it.

Example:
    >>> from ordercore.orders import FULFILMENT
    >>> cases = transition_cases(FULFILMENT)
    >>> sum(case.taken for case in cases) == len(FULFILMENT.transitions)
    True
    >>> for case in cases:
    ...     case.check(FULFILMENT)
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from ordercore.kernel import FrozenMap, Refusal, expect
from ordercore.statemachine import Machine, Transition

__all__ = ["TransitionCase", "transition_cases"]

_STRANGER = "a stranger"


@attrs.frozen(kw_only=True)
class TransitionCase:
    """One command in one state, how to come there, and what has to come of it.

    Args:
        path: A shortest way from the initial state to ``state``.
        state: Where the command is sent.
        command: What is sent.
        role: By whom.
        guards: What is known of every piece of evidence.
        target: Where it leads; empty where it is refused.
        codes: The reasons of the refusal; empty where it is taken.
    """

    path: tuple[Transition, ...]
    state: str
    command: str
    role: str = ""
    guards: FrozenMap[str, bool] = attrs.field(factory=FrozenMap)
    target: str = ""
    codes: tuple[str, ...] = ()

    @property
    def taken(self) -> bool:
        """Whether the command is taken and not refused."""
        return not self.codes

    def __str__(self) -> str:
        """The case in words, as a test's id."""
        asked = f" ({self.role})" if self.role else ""
        outcome = self.target if self.taken else ", ".join(self.codes)
        return f"{self.state}: {self.command}{asked} → {outcome}"

    def check(self, machine: Machine) -> None:
        """Assert that a machine does it: that the path is one, and that the answer is the one told.

        Raises:
            AssertionError: with the case in words and what came instead.
        """
        state = machine.initial
        for edge in self.path:
            assert edge in machine.transitions, f"{self}: no {edge}"
            assert edge.source == state, f"{self}: {edge} does not leave {state}"
            state = edge.target
        assert state == self.state, f"{self}: the way ends in {state}"
        answer = machine.step(self.state, self.command, guards=self.guards, role=self.role)
        if isinstance(answer, Refusal):
            assert answer.codes == self.codes, f"{self}: refused by {', '.join(answer.codes)}"
        else:
            assert self.taken, f"{self}: led to {answer.target}"
            assert answer.target == self.target, f"{self}: led to {answer.target}"


def transition_cases(machine: Machine) -> tuple[TransitionCase, ...]:
    """Every case of a machine, in the order of states and commands; for ``parametrize``.

    - for each edge, one in which it is taken: a role that it admits, exactly its guards true;
    - for each state and each command that it does not know, one that is refused with
      ``command.not_available``;
    - for each edge that no other shares state and command with: one refused for each guard that
      does not hold, and one refused for a role that is not admitted.

    O(states × commands).

    Example:
        >>> from ordercore.orders import LIFECYCLE
        >>> [str(case) for case in transition_cases(LIFECYCLE)[:2]]
        ['cancelled: allocate → command.not_available', 'cancelled: allow → command.not_available']
    """
    return tuple(_cases(expect(machine, Machine, "machine")))


def _cases(machine: Machine) -> Iterator[TransitionCase]:
    for state in machine.states:
        path = machine.path_to(state.id)
        assert path is not None, f"the checker lets no state without a way pass, as {state.id}"
        leaving = [edge for edge in machine.transitions if edge.source == state.id]
        for command in machine.spec.commands:
            edges = [edge for edge in leaving if edge.command == command]
            if not edges:
                yield TransitionCase(
                    path=path,
                    state=state.id,
                    command=command,
                    guards=_known(machine, machine.spec.guards),
                    codes=("command.not_available",),
                )
            for edge in edges:
                yield from _of(machine, path, edge, alone=len(edges) == 1)


def _of(
    machine: Machine, path: tuple[Transition, ...], edge: Transition, *, alone: bool
) -> Iterator[TransitionCase]:
    taken = TransitionCase(
        path=path,
        state=edge.source,
        command=edge.command,
        role=edge.roles[0] if edge.roles else "",
        guards=_known(machine, edge.guards),
        target=edge.target,
    )
    yield taken
    if not alone:
        return
    for guard in edge.guards:
        others = tuple(name for name in edge.guards if name != guard)
        yield attrs.evolve(
            taken, guards=_known(machine, others), target="", codes=(f"guard.{guard}",)
        )
    if edge.roles:
        role = next((r for r in machine.spec.roles if r not in edge.roles), _STRANGER)
        yield attrs.evolve(taken, role=role, target="", codes=("role.not_allowed",))


def _known(machine: Machine, holding: tuple[str, ...]) -> FrozenMap[str, bool]:
    return FrozenMap((name, name in holding) for name in machine.spec.guards)

"""One transition out of a state, and everything that blocks it now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import attrs

from ordercore.kernel import FrozenMap, InvalidValue, Reason, checked
from ordercore.statemachine.spec import Transition

__all__ = ["NO_GUARDS", "Cell", "GuardValue", "Option", "admits", "blockers", "cell"]

GuardValue: TypeAlias = bool | Reason | None
"""Holds, does not hold, does not hold for this reason; None: not known."""

NO_GUARDS: FrozenMap[str, GuardValue] = FrozenMap()
"""What is known about evidence where nothing is said."""

# One cell of the table: the only transition (None where guards or roles choose among several), its
# guards, the roles that it admits (None for all), and all transitions of the cell.
Cell: TypeAlias = tuple[
    Transition | None, tuple[str, ...], frozenset[str] | None, tuple[Transition, ...]
]


@attrs.frozen
@checked
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


def cell(edges: list[Transition]) -> Cell:
    """What the table holds for the transitions of one state and command."""
    if len(edges) > 1:
        return None, (), None, tuple(edges)
    edge = edges[0]
    return edge, edge.guards, frozenset(edge.roles) if edge.roles else None, (edge,)


def admits(edge: Transition, role: str) -> bool:
    """Whether a role may take a transition."""
    return not edge.roles or role in edge.roles


def blockers(edge: Transition, guards: Mapping[str, GuardValue], role: str) -> tuple[Reason, ...]:
    """Every reason against a transition now: the role first, then the guards by name."""
    reasons: list[Reason] = []
    if not admits(edge, role):
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

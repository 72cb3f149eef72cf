"""What may be done with an order now, as data: options, their limits and what blocks them."""

from __future__ import annotations

import attrs

from ordercore.kernel import FrozenMap, Money, Reason, checked
from ordercore.orders.units import Quantities

__all__ = ["Availability", "CommandOption"]


@attrs.frozen(kw_only=True)
@checked
class CommandOption:
    """A command as it stands now: the limits of its arguments, or the reasons against it.

    ``lines`` is the most that each line allows, ``targets`` what it may be about (fulfilment
    orders, returns, holds, approvals), ``up_to`` the largest amount. ``waits_for`` is what is
    missing of a command that would be taken as a request that waits, for any of its targets.
    ``fields`` are the names that the role may set beside what the command needs, ``nodes`` those
    at which it may send it; None is no limit. ``carried`` is by how much the refund of a cancel or
    return comes less, for what was carried against it; None for nothing.
    """

    command: str
    lines: Quantities = attrs.field(factory=FrozenMap)
    targets: tuple[str, ...] = ()
    up_to: Money | None = None
    fields: tuple[str, ...] | None = None
    nodes: tuple[str, ...] | None = None
    reasons: tuple[Reason, ...] = ()
    waits_for: tuple[Reason, ...] = ()
    carried: Money | None = None

    @property
    def allowed(self) -> bool:
        """Whether the command, within the limits, would be accepted."""
        return not self.reasons


@attrs.frozen
@checked
class Availability:
    """Every command of an order, allowed or blocked.

    Example:
        >>> from ordercore.kernel import Context
        >>> from ordercore.orders import available
        >>> from ordercore.orders.specimen import tea_order
        >>> now = available(tea_order(), Context(now="2026-11-11T01:00:00Z", actor="web"))
        >>> now["CancelUnits"].lines
        FrozenMap({LineId('1'): 2, LineId('2'): 1})
        >>> now["ConfirmOrder"].reasons[0].code
        'gate.stock'
    """

    options: tuple[CommandOption, ...]

    def __getitem__(self, command: str) -> CommandOption:
        for option in self.options:
            if option.command == command:
                return option
        raise KeyError(command)

    @property
    def allowed(self) -> tuple[CommandOption, ...]:
        """What may be done now."""
        return tuple(option for option in self.options if option.allowed)

    @property
    def blocked(self) -> tuple[CommandOption, ...]:
        """What may not, each with its reasons."""
        return tuple(option for option in self.options if not option.allowed)

"""What a host decides once for all its orders, beside what each order pins when it is placed."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import as_tuple, checked, expect, problems
from ordercore.orders.control.approval import ApprovalRule
from ordercore.orders.control.gate import DEFAULT_GATES, Gate, GateMode, HoldRule
from ordercore.orders.control.roles import ANYONE, RoleMatrix
from ordercore.orders.fulfilling.flow import Flow

__all__ = ["DEFAULT_RULES", "OrderRules"]


def _flows(given: Iterable[Flow]) -> tuple[Flow, ...]:
    return as_tuple(given)


def _gates(given: Iterable[Gate]) -> tuple[Gate, ...]:
    return tuple(expect(gate, Gate, f"gates[{index}]") for index, gate in enumerate(given))


def _hold_rules(given: Iterable[HoldRule]) -> tuple[HoldRule, ...]:
    return tuple(sorted(given, key=lambda rule: rule.code))


def _approvals(given: Iterable[ApprovalRule]) -> tuple[ApprovalRule, ...]:
    return tuple(sorted(given, key=lambda rule: rule.name))


@attrs.frozen(kw_only=True)
@checked
class OrderRules:
    """The rules by which commands are answered today, for new and for live orders alike.

    What must not change under a live order stands in its :class:`OrderPolicy` instead. ``gates``
    say what commands need, ``on_gate`` whether a confirmation with closed gates is refused or
    waits, ``hold_rules`` which orders hold themselves, ``approvals`` how approvals are given, and
    ``roles`` who may do and see what.

    ``flows`` are the machines of fulfilment orders; the first that is for an order serves what is
    planned, and all of them serve what began on them.

    Raises:
        InvalidBatch: ``rules.name`` when empty, ``rules.twice`` for two hold rules of one code or
            two approvals of one name.

    Example:
        >>> OrderRules(name="spring").gates[0].needs
        ('stock', 'payment')
    """

    name: str = "default"
    flows: tuple[Flow, ...] = attrs.field(default=(), converter=_flows)
    gates: tuple[Gate, ...] = attrs.field(default=DEFAULT_GATES, converter=_gates)
    on_gate: GateMode = attrs.field(default=GateMode.REFUSE, converter=GateMode)
    hold_rules: tuple[HoldRule, ...] = attrs.field(default=(), converter=_hold_rules)
    approvals: tuple[ApprovalRule, ...] = attrs.field(default=(), converter=_approvals)
    roles: RoleMatrix = ANYONE

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.name:
            faults.add("rules.name", "name", self.name, "a name")
        for path, ids in (
            ("hold_rules", [rule.code for rule in self.hold_rules]),
            ("approvals", [rule.name for rule in self.approvals]),
        ):
            if len(set(ids)) < len(ids):
                faults.add("rules.twice", path, str(ids), "each once")
        faults.raise_if_any("order rules")

    def approval(self, name: str) -> ApprovalRule | None:
        """How approvals of a name are given, or None."""
        return next((rule for rule in self.approvals if rule.name == name), None)


DEFAULT_RULES = OrderRules()

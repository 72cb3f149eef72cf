"""Prices changed by hand: overrides and goodwill, within limits, with who did it and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias, assert_never

import attrs

from ordercore.kernel import (
    FactValue,
    FaultList,
    LineId,
    Money,
    Reason,
    apportion,
    as_tuple,
    checked,
    divide,
    expect,
    problems,
)
from ordercore.pricing.amount import Adjustment
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.exact import exact_fraction
from ordercore.pricing.prices.override_limit import OverrideLimit

__all__ = [
    "GOODWILL",
    "OVERRIDE",
    "Goodwill",
    "Manual",
    "ManualChange",
    "ManualChanges",
    "PriceOverride",
]

OVERRIDE = "override.price"
"""Code and stage of the adjustment that a price set by hand makes."""
GOODWILL = "goodwill"
"""Code and stage of the adjustment that a favour makes."""


@attrs.frozen(kw_only=True)
@checked
class ManualChange:
    """Who changes a price by hand, in which role, why, and who approved it.

    Roles are the host's words; :class:`~ordercore.pricing.OverrideLimit` says how far each goes.

    Raises:
        InvalidBatch: ``override.reason``, ``override.actor``, ``override.role`` (empty),
            ``override.approver`` (the actor, or without a role, or a role without one).

    Example:
        >>> ManualChange(reason="late", actor="kim", role="agent").approver
        ''
    """

    reason: str
    actor: str
    role: str
    approver: str = ""
    approver_role: str = ""

    def __attrs_post_init__(self) -> None:
        faults = problems()
        self._check(faults)
        faults.raise_if_any("manual change")

    def _check(self, faults: FaultList) -> None:
        for name in ("reason", "actor", "role"):
            if not getattr(self, name):
                faults.add(f"override.{name}", name, getattr(self, name), "text")
        if bool(self.approver) != bool(self.approver_role) or self.approver == self.actor != "":
            expected = "another person, with a role"
            faults.add("override.approver", "approver", self.approver, expected)

    def roles(self) -> tuple[str, ...]:
        """The roles whose limits count: the actor's, and the approver's."""
        return (self.role, self.approver_role) if self.approver_role else (self.role,)


@attrs.frozen
@checked
class PriceOverride(ManualChange):
    """A price for each unit of a line, instead of the list's; promotions come after it.

    Raises:
        InvalidBatch: ``override.price`` (negative), and as :class:`ManualChange`.

    Example:
        >>> dent = PriceOverride("1", Money(900, "EUR"), reason="dent", actor="kim", role="agent")
        >>> str(dent.price)
        'EUR 9.00'
    """

    line_id: LineId = attrs.field(converter=LineId)
    price: Money

    def __attrs_post_init__(self) -> None:
        faults = problems()
        self._check(faults)
        if self.price.minor < 0:
            faults.add("override.price", "price", self.price, "an amount of zero or more")
        faults.raise_if_any("price override")


def _percent(value: Fraction | Decimal | int | str | None) -> Fraction | None:
    return None if value is None else exact_fraction(value, "percent")


@attrs.frozen(kw_only=True)
@checked
class Goodwill(ManualChange):
    """A favour on a line, or on all lines where none is named: an amount, or a percentage.

    It is taken off what all promotions have left, never below zero, before taxes. On all lines it
    is shared out over what is left of each.

    Raises:
        InvalidBatch: ``goodwill.amount`` (not above zero; exactly one of the two is given),
            ``goodwill.percent`` (outside 0 to 100), and as :class:`ManualChange`.
        InvalidValue: ``percent.not_exact``.

    Example:
        >>> late = Goodwill(amount=Money(500, "EUR"), reason="late", actor="kim", role="agent")
        >>> late.line_id is None
        True
    """

    amount: Money | None = None
    percent: Fraction | None = attrs.field(default=None, converter=_percent)
    line_id: LineId | None = attrs.field(default=None, converter=attrs.converters.optional(LineId))

    def __attrs_post_init__(self) -> None:
        faults = problems()
        self._check(faults)
        if (self.amount is None) == (self.percent is None):
            faults.add("goodwill.amount", "amount", self.amount, "either this or percent")
        if self.amount is not None and self.amount.minor <= 0:
            faults.add("goodwill.amount", "amount", self.amount, "an amount above zero")
        if self.percent is not None and not 0 < self.percent <= 100:
            faults.add("goodwill.percent", "percent", self.percent, "above 0, at most 100")
        faults.raise_if_any("goodwill")


Manual: TypeAlias = PriceOverride | Goodwill
"""A price changed by hand; a closed union."""


class ManualChanges:
    """The manual changes of one quote, applied in their two turns, with every reason against one.

    Used inside one quote and then dropped.
    """

    def __init__(self, changes: Iterable[Manual], limits: Sequence[OverrideLimit]) -> None:
        faults = problems()
        self.changes = expect(as_tuple(changes), tuple, "manual")
        for position, change in enumerate(self.changes):
            if not isinstance(change, PriceOverride | Goodwill):
                path = f"manual[{position}]"
                faults.add("type.wrong", path, change, "a PriceOverride or a Goodwill")
        faults.raise_if_any("manual changes")
        self.limits = {limit.role: limit for limit in limits}
        self.reasons: list[Reason] = []
        self._given: dict[str, int] = {}

    def check(self, run: Calculation) -> bool:
        """Note changes of lines that are not there, twice of one kind, or in another currency."""
        lines = {line.line_id for line in run.cart.lines}
        seen: set[tuple[type, LineId | None]] = set()
        for change in self.changes:
            facts: dict[str, FactValue] = {"actor": change.actor, "line": change.line_id}
            if change.line_id is not None and change.line_id not in lines:
                self.reasons.append(Reason("override.unknown_line", facts=facts))
            if (type(change), change.line_id) in seen:
                self.reasons.append(Reason("override.duplicate", facts=facts))
            seen.add((type(change), change.line_id))
            amount = change.price if isinstance(change, PriceOverride) else change.amount
            if amount is not None and amount.currency != run.currency:
                facts |= {"currency": str(run.currency), "given": str(amount.currency)}
                self.reasons.append(Reason("override.currency", facts=facts))
        return not self.reasons

    def take_turn(self, run: Calculation, kind: type[Manual]) -> None:
        """Apply the changes of one kind; lines first, in the order of their ids."""
        mine = [change for change in self.changes if isinstance(change, kind)]
        for change in sorted(mine, key=lambda each: (each.line_id is None, each.line_id or "")):
            match change:
                case PriceOverride():
                    self._override(run, change)
                case Goodwill():
                    self._favour(run, change)
                case never:
                    assert_never(never)

    def _override(self, run: Calculation, change: PriceOverride) -> None:
        position = _position(run, change.line_id)
        left = run.left[position]
        now = change.price.minor * run.cart.lines[position].quantity
        if self._allowed(run, change, abs(left - now), left) and now != left:
            _adjust(run, position, now - left, OVERRIDE, change)

    def _favour(self, run: Calculation, change: Goodwill) -> None:
        targets = run.order if change.line_id is None else [_position(run, change.line_id)]
        left = [run.left[position] for position in targets]
        whole = sum(left)
        if change.percent is not None:
            above, below = change.percent.numerator, 100 * change.percent.denominator
            off = divide(whole * above, below, run.policy.rounding)
        else:
            assert change.amount is not None
            off = min(change.amount.minor, whole)
        if self._allowed(run, change, off, whole):
            for position, share in zip(targets, apportion(off, left), strict=True):
                if share:
                    _adjust(run, position, -share, GOODWILL, change)

    def _allowed(self, run: Calculation, change: Manual, off: int, left: int) -> bool:
        """Whether the actor's or the approver's limit reaches so far; what goes through counts."""
        given = self._given.get(change.actor, 0)

        def most(role: str) -> int | None:
            """The most that a role may take off; None for anything."""
            limit = self.limits.get(role)
            if limit is None or (
                limit.amount is not None and limit.amount.currency != run.currency
            ):
                return 0
            tops = []
            if limit.percent is not None:
                above, below = limit.percent.as_integer_ratio()
                tops.append(divide(left * above, 100 * below, run.policy.rounding))
            if limit.amount is not None:
                tops.append(max(0, limit.amount.minor - given))
            return min(tops, default=None)

        reach = [most(role) for role in change.roles()]
        if any(top is None or top >= off for top in reach):
            self._given[change.actor] = given + off
            return True
        may = tuple(
            role for role in sorted(self.limits) if (top := most(role)) is None or top >= off
        )
        facts: dict[str, FactValue] = {
            "line": change.line_id,
            "actor": change.actor,
            "asked": Money(off, run.currency),
            "allowed": Money(max(top for top in reach if top is not None), run.currency),
            "roles": may,
        }
        obtain = "the approval of one of the roles" if may else None
        self.reasons.append(
            Reason("override.above_limit", facts=facts, obtain=obtain, final=not may)
        )
        return False


def _position(run: Calculation, line_id: LineId) -> int:
    return next(p for p in run.order if run.cart.lines[p].line_id == line_id)


def _adjust(run: Calculation, position: int, change: int, code: str, why: ManualChange) -> None:
    run.adjust(
        position,
        Adjustment(
            code=code,
            amount=Money(change, run.currency),
            kind="manual",
            stage=code,
            basis=Money(run.left[position], run.currency),
            note=why.reason,
            actor=why.actor,
            approver=why.approver,
        ),
    )

"""How far a role may change prices by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import attrs

from ordercore.kernel import Money, checked, problems
from ordercore.pricing.exact import exact_fraction

__all__ = ["OverrideLimit"]


def _percent(value: Fraction | Decimal | int | str | None) -> Fraction | None:
    return None if value is None else exact_fraction(value, "percent")


@attrs.frozen
@checked
class OverrideLimit:
    """What a role may take off by hand: a percentage of what is left, an amount in all, or either.

    With both, both hold. With neither the role may do anything. ``percent`` limits each change by
    itself, of what was left of its line (or of all lines) before it, rounded as the policy rounds
    percentages; ``amount`` limits everything that one person takes off in one quote, so that a
    large favour cannot be split into small ones.

    Raises:
        InvalidBatch: ``override.role``, ``override.percent`` (from 0 to 100),
            ``override.amount`` (negative).
        InvalidValue: ``percent.not_exact``.

    Example:
        >>> OverrideLimit("agent", percent=10, amount=Money(2000, "EUR")).percent
        Fraction(10, 1)
    """

    role: str
    percent: Fraction | None = attrs.field(default=None, converter=_percent, kw_only=True)
    amount: Money | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.role:
            faults.add("override.role", "role", self.role, "a role of the host")
        if self.percent is not None and not 0 <= self.percent <= 100:
            faults.add("override.percent", "percent", self.percent, "from 0 to 100")
        if self.amount is not None and self.amount.minor < 0:
            faults.add("override.amount", "amount", self.amount, "an amount of zero or more")
        faults.raise_if_any("override limit")

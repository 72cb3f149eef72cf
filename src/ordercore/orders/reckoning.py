"""What is due of an order beside the shares of its quote: claw-back, fees, a carried balance."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import as_tuple, checked, problems
from ordercore.pricing import Charge

__all__ = ["NO_RECKONING", "Reckoning"]


def _fees(given: Iterable[Charge]) -> tuple[Charge, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class Reckoning:
    """What cancels and returns have left behind beside the units kept; in minor units.

    ``claw_back_minor`` is what the units kept cost more than their shares of the quote (below zero:
    less), under a policy that asks promotions again; it is part of the order's value. ``fees`` are
    charges for taking goods back, each for one return; they are due beside the value.
    ``carried_minor`` is what the buyer would owe of a cancel or return after which more was due
    than before: it is asked of nobody, and later refunds come less by it.

    Raises:
        InvalidBatch: ``reckoning.carried`` below zero, ``reckoning.fee`` for a fee that is not
            above zero or has the id of another.

    Example:
        >>> Reckoning(claw_back_minor=3242).more_minor
        3242
    """

    claw_back_minor: int = 0
    carried_minor: int = 0
    fees: tuple[Charge, ...] = attrs.field(default=(), converter=_fees)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if self.carried_minor < 0:
            faults.add("reckoning.carried", "carried_minor", self.carried_minor, "≥ 0")
        seen: set[str] = set()
        for position, fee in enumerate(self.fees):
            if fee.gross_minor <= 0 or fee.charge_id in seen:
                faults.add("reckoning.fee", f"fees[{position}]", fee, "a fee of its own, above 0")
            seen.add(fee.charge_id)
        faults.raise_if_any("reckoning")

    @property
    def fees_minor(self) -> int:
        """All fees together."""
        return sum(fee.gross_minor for fee in self.fees)

    @property
    def more_minor(self) -> int:
        """Claw-back and fees, which are billed beside the shares of units."""
        return self.claw_back_minor + self.fees_minor


NO_RECKONING = Reckoning()

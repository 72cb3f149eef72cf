"""Laws of the domain as named values, from which tests, kits and documentation are generated."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from ordercore.kernel.checked import checked
from ordercore.kernel.conversion import as_map
from ordercore.kernel.errors import InvariantViolation
from ordercore.kernel.frozenmap import FrozenMap

__all__ = ["Invariant", "Violation"]


def _witness(given: Mapping[str, str | int | bool]) -> FrozenMap[str, str | int | bool]:
    return as_map(given)


@attrs.frozen
@checked
class Violation:
    """A broken law with the values that show it.

    Example:
        >>> str(Violation("INV-STOCK-1", {"on_hand": 3, "moves": 4}))
        'INV-STOCK-1: moves=4, on_hand=3'
    """

    invariant_id: str
    witness: FrozenMap[str, str | int | bool] = attrs.field(converter=_witness)

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value}" for name, value in self.witness.items())
        return f"{self.invariant_id}: {shown}"


@attrs.frozen
@checked
class Invariant:
    """A law: its id, one sentence, and the function that looks for a violation.

    ``check`` takes what the law speaks about (its ``subject`` says what) and returns a violation
    or None.

    Example:
        >>> def positive(number: int) -> Violation | None:
        ...     return None if number > 0 else Violation("INV-X-1", {"number": number})
        >>> law = Invariant("INV-X-1", "a number", "The number is positive.", positive)
        >>> law.holds(1), law.holds(0)
        (True, False)
    """

    invariant_id: str
    subject: str
    sentence: str
    check: Callable[..., Violation | None] = attrs.field(eq=False)

    def holds(self, *subject: object) -> bool:
        """Whether no violation is found."""
        return self.check(*subject) is None

    def require(self, *subject: object) -> None:
        """Raise :class:`~ordercore.kernel.InvariantViolation` when a violation is found."""
        violation = self.check(*subject)
        if violation is not None:
            raise InvariantViolation(self.invariant_id, str(violation))

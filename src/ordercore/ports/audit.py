"""The ports of the audit: the log of refused attempts, and the index of accepted ids.

Both are optional: a host that gives none has no log, and its ids are looked up in the events.
Clauses are numbered ``ATTEMPT-1`` … and ``INDEX-1`` … in :mod:`ordercore.testing.contracts`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ordercore.kernel import Accepted, OrderId
from ordercore.orders import CauseKind, RefusedAttempt

__all__ = ["AsyncAttemptLog", "AsyncCommandIndex", "AttemptLog", "CommandIndex"]


class AttemptLog(Protocol):
    """Keeps what was refused, apart from the orders; it only ever grows."""

    def note(self, attempt: RefusedAttempt, /) -> None:
        """Keep an attempt; one that is noted twice was made twice."""
        ...  # pragma: no cover - a protocol's body never runs

    def attempts(self, order_id: OrderId, /) -> Sequence[RefusedAttempt]:
        """All attempts about an order id, oldest first; empty when there are none."""
        ...  # pragma: no cover - a protocol's body never runs


class CommandIndex(Protocol):
    """Knows every id that an order ever accepted, beyond those that the order itself remembers."""

    def accepted(
        self, order_id: OrderId, kind: CauseKind, ids: Sequence[str], /
    ) -> Mapping[str, Accepted]:
        """Those of the ids that were accepted, with digest and version as the events have them.

        The version is that after the last event of the id. Commands and facts are kept apart.
        """
        ...  # pragma: no cover - a protocol's body never runs


class AsyncAttemptLog(Protocol):
    """As :class:`AttemptLog`, awaited."""

    async def note(self, attempt: RefusedAttempt, /) -> None:
        """Keep an attempt."""
        ...  # pragma: no cover - a protocol's body never runs

    async def attempts(self, order_id: OrderId, /) -> Sequence[RefusedAttempt]:
        """All attempts about an order id, oldest first."""
        ...  # pragma: no cover - a protocol's body never runs


class AsyncCommandIndex(Protocol):
    """As :class:`CommandIndex`, awaited."""

    async def accepted(
        self, order_id: OrderId, kind: CauseKind, ids: Sequence[str], /
    ) -> Mapping[str, Accepted]:
        """Those of the ids that were accepted."""
        ...  # pragma: no cover - a protocol's body never runs

"""The port that knows which orders wait for an account, for stock, or for the seller's limits.

It is optional: a host that gives none keeps the list itself, from the effects ``AwaitFacts``.
Clauses are numbered ``WAIT-1`` … in :mod:`ordercore.testing.contracts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ordercore.kernel import OrderId

__all__ = ["AsyncWaitingOrders", "WaitingOrders"]


class WaitingOrders(Protocol):
    """Finds orders by what they wait for, as last committed."""

    def waiting(self, subjects: Sequence[str], /) -> Sequence[OrderId]:
        """The orders that wait for any of these, each once, in any order.

        An order waits for what :func:`~ordercore.orders.waits_for` says of its state; an adapter
        keeps that beside the order, in the same commit.
        """
        ...  # pragma: no cover - a protocol's body never runs


class AsyncWaitingOrders(Protocol):
    """As :class:`WaitingOrders`, awaited."""

    async def waiting(self, subjects: Sequence[str], /) -> Sequence[OrderId]:
        """The orders that wait for any of these, each once, in any order."""
        ...  # pragma: no cover - a protocol's body never runs

"""What is still to happen, by time: the season's only clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TypeAlias

from ordercore.kernel import Instant

__all__ = ["Agenda", "Errand"]

Errand: TypeAlias = Callable[[Instant], None]
"""Something to do when its time has come."""


class Agenda:
    """Errands by time; those of one moment by whom they are about, then as they were noted.

    The order never depends on the order of input: two orders of one second are told apart by id.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[Instant, str, int, Errand]] = []
        self._noted = 0

    def note(self, at: Instant, about: str, errand: Errand) -> None:
        self._noted += 1
        heapq.heappush(self._heap, (at, about, self._noted, errand))

    def run_until(self, at: Instant | None) -> None:
        """Do everything due before ``at``, and what becomes due meanwhile; None: everything."""
        heap = self._heap
        while heap and (at is None or heap[0][0] < at):
            due, _, _, errand = heapq.heappop(heap)
            errand(due)

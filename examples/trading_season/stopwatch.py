"""Where the processor's time went; the season itself never looks at it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Stopwatch"]


class Stopwatch:
    """Seconds of processor time by task; what an inner task takes is not the outer one's."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._open: list[str] = []
        self._since = time.process_time()

    @contextmanager
    def on(self, task: str) -> Iterator[None]:
        """Charge the block to a task."""
        self._charge()
        self._open.append(task)
        try:
            yield
        finally:
            self._charge()
            self._open.pop()

    def _charge(self) -> None:
        now = time.process_time()
        if self._open:
            task = self._open[-1]
            self.seconds[task] = self.seconds.get(task, 0.0) + now - self._since
        self._since = now

    def merge(self, other: Stopwatch) -> None:
        """Add another process's times."""
        for task, seconds in other.seconds.items():
            self.seconds[task] = self.seconds.get(task, 0.0) + seconds

    def __getstate__(self) -> dict[str, float]:
        return self.seconds

    def __setstate__(self, seconds: dict[str, float]) -> None:
        self.__init__()  # type: ignore[misc]
        self.seconds = seconds

"""Which ids an order has seen, in a bounded window that costs the same however long it lived."""

from __future__ import annotations

import attrs

from ordercore.kernel import FrozenMap, checked, trusted

__all__ = ["Memory", "Remembered", "Seen"]

_GENERATION = 32


@attrs.frozen
@checked
class Seen:
    """An id that was accepted: the digest of what it said, and the order's version after it."""

    id: str
    digest: str
    version: int


@attrs.frozen
@checked
class Remembered:
    """The last ids, newest in ``recent``, older ones in maps that are shared between versions.

    Noting an id copies at most 32 entries; finding one looks through those and at one map per 32
    further. The oldest map is dropped as soon as the window is full without it, so between
    ``window`` and ``window + 32`` ids are kept.

    Example:
        >>> ids = Remembered().noted("c-1", "d", 3, window=64).noted("c-2", "e", 5, window=64)
        >>> ids.find("c-1"), ids.find("c-9"), len(ids)
        (Seen(id='c-1', digest='d', version=3), None, 2)
    """

    recent: tuple[Seen, ...] = ()
    older: tuple[FrozenMap[str, Seen], ...] = ()

    def __len__(self) -> int:
        return len(self.recent) + sum(len(generation) for generation in self.older)

    def may_have_lost(self, window: int) -> bool:
        """Whether an id that is not found may have been known: nothing is lost before it is full.

        Example:
            >>> Remembered().noted("c-1", "d", 1, window=1).may_have_lost(1)
            True
        """
        return len(self) >= window

    def find(self, id: str) -> Seen | None:
        """What is known of an id, or None when it is new or fell out of the window."""
        for seen in self.recent:
            if seen.id == id:
                return seen
        for generation in self.older:
            if id in generation:
                return generation[id]
        return None

    def noted(self, id: str, digest: str, version: int, *, window: int) -> Remembered:
        """The memory after one more event of this id; a new id may push the oldest ones out."""
        memory = Memory(self, window)
        seen = Seen(id, digest, version)
        memory.note(seen.id, seen.digest, seen.version)
        return memory.remembered()


class Memory:
    """A memory in motion, for a fold; the same rule as :meth:`Remembered.noted`.

    Example:
        >>> memory = Memory(Remembered(), window=64)
        >>> memory.note("c-1", "d", 3)
        >>> memory.remembered() == Remembered().noted("c-1", "d", 3, window=64)
        True
    """

    __slots__ = ("older", "recent", "seen", "window")

    def __init__(self, start: Remembered, window: int) -> None:
        self.recent = list(start.recent)
        # A long fold drops most generations again; only those that stay are made into maps.
        self.older: list[FrozenMap[str, Seen] | list[Seen]] = list(start.older)
        self.window = window
        self.seen = trusted(Seen)

    def note(self, id: str, digest: str, version: int) -> None:
        """Note one more event of this id."""
        recent = self.recent
        seen = self.seen(id, digest, version)
        if recent and recent[-1].id == id:
            recent[-1] = seen
        elif len(recent) < _GENERATION:
            recent.append(seen)
        else:
            self.older.append(recent)
            # All generations are of one size, so counting them counts their entries.
            if (len(self.older) - 1) * _GENERATION >= self.window:
                del self.older[0]
            self.recent = [seen]

    def remembered(self) -> Remembered:
        """The memory as a value."""
        older = [
            FrozenMap((entry.id, entry) for entry in generation)
            if isinstance(generation, list)
            else generation
            for generation in self.older
        ]
        return trusted(Remembered)(tuple(self.recent), tuple(older))

"""Seeded chance that depends on names only: never on the order of input, the hash seed or time.

The library holds no randomness; whoever wants some brings it. Here every throw is a digest of the
seed and of what is decided, so the same order has the same fate in every run and every process.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

__all__ = ["Dice"]

T = TypeVar("T")

MILLION = 1_000_000


class Dice:
    """Throws that are repeatable by name."""

    def __init__(self, seed: int) -> None:
        self._key = f"trading-season/{seed}".encode()

    def throw(self, sides: int, *about: str) -> int:
        """A number from 0 to ``sides`` − 1 for what ``about`` names."""
        text = "\x1f".join(about).encode()
        head = blake2b(text, digest_size=8, key=self._key).digest()
        return int.from_bytes(head, "big") % sides

    def happens(self, per_million: int, *about: str) -> bool:
        """True for ``per_million`` of a million names."""
        return self.throw(MILLION, *about) < per_million

    def pick(self, choices: Sequence[T], *about: str) -> T:
        """One of the choices, all equally likely."""
        return choices[self.throw(len(choices), *about)]

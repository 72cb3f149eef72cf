"""Messages of an alphabet: each made once, with ids that are new along every history.

Commands and facts have ids of the order's version, which grows; what they bring about is named by
how much of it there is (``s-1``, ``s-2``), so that one name means one thing in all histories.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import TypeAlias

from ordercore.kernel import Context
from ordercore.orders import Lifecycle, Order, OrderMessage

__all__ = ["OPEN", "ORDER", "UNIT_MINOR", "Messages", "Move", "fresh_id"]

Move: TypeAlias = Callable[[Order], Iterable[OrderMessage | tuple[OrderMessage, Context]]]
"""Offers messages to an order as it stands; none when it has nothing to say.

A message that somebody else has to send comes with the context for it.
"""

ORDER = "o-1"
UNIT_MINOR = 1_000
OPEN = (Lifecycle.SUBMITTED, Lifecycle.CONFIRMED)


class Messages:
    """Each message once, however many histories send it: its digest is then taken once too."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: dict[tuple[Hashable, ...], OrderMessage] = {}

    def __call__(self, make: Callable[..., OrderMessage], *about: Hashable) -> OrderMessage:
        key = (make, *about)
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = make(*about)
        return known


def fresh_id(kind: str, taken: Collection[str]) -> str:
    """The first of ``kind-1``, ``kind-2`` … that is not taken.

    Example:
        >>> fresh_id("a", ["a-1", "a-3"])
        'a-2'
    """
    number = 1
    while f"{kind}-{number}" in taken:
        number += 1
    return f"{kind}-{number}"

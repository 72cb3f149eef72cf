"""A mapping that is a value: sorted, hashable, picklable, equal by content."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Generic, Self, TypeVar

from ordercore.kernel.errors import InvalidValue

__all__ = ["FrozenMap"]

K = TypeVar("K")
V_co = TypeVar("V_co", covariant=True)


class FrozenMap(Mapping[K, V_co], Generic[K, V_co]):
    """An immutable mapping whose iteration order is the order of its keys.

    Two maps built from the same pairs in any order are equal, hash alike and encode to the same
    bytes. Keys must be sortable among themselves. Lookup is O(1), building O(n log n).

    Raises:
        InvalidValue: ``type.wrong`` for what is neither a mapping nor pairs; ``map.unsortable`` for
            keys that cannot be compared with each other.

    Example:
        >>> stock = FrozenMap({"b": 2, "a": 1})
        >>> list(stock.items()), stock == FrozenMap([("a", 1), ("b", 2)])
        ([('a', 1), ('b', 2)], True)
        >>> stock.with_("c", 3).without("a")
        FrozenMap({'b': 2, 'c': 3})
    """

    __slots__ = ("_data", "_hash")

    _data: dict[K, V_co]
    _hash: int | None

    def __init__(self, pairs: Mapping[K, V_co] | Iterable[tuple[K, V_co]] = ()) -> None:
        try:
            data = dict(pairs)
        except (TypeError, ValueError):
            raise InvalidValue("type.wrong", "pairs", pairs, "a mapping or pairs") from None
        if len(data) > 1:
            try:
                data = dict(sorted(data.items(), key=lambda pair: pair[0]))  # type: ignore[arg-type,return-value]
            except TypeError:
                raise InvalidValue("map.unsortable", "pairs", pairs, "keys of one kind") from None
        self._data = data
        self._hash = None

    @classmethod
    def of(cls, pairs: Mapping[K, V_co] | Iterable[tuple[K, V_co]]) -> Self:
        """The same map when it is one already; otherwise a new one. For use as a converter.

        Example:
            >>> FrozenMap.of({"a": 1}) == {"a": 1}
            True
        """
        if isinstance(pairs, cls):
            return pairs
        return cls(pairs)

    def __getitem__(self, key: K) -> V_co:
        return self._data[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __contains__(self, key: object) -> bool:
        return key in self._data

    # The dictionary's own views are read-only too, and walk without a call per entry.

    def keys(self) -> KeysView[K]:
        """The keys, sorted."""
        return self._data.keys()

    def values(self) -> ValuesView[V_co]:
        """The values, in the order of their keys."""
        return self._data.values()

    def items(self) -> ItemsView[K, V_co]:
        """The pairs, in the order of their keys."""
        return self._data.items()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrozenMap):
            return self._data == other._data
        if isinstance(other, Mapping):
            return self._data == dict(other)
        return NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(tuple(self._data.items()))
        return self._hash

    def __repr__(self) -> str:
        return f"FrozenMap({self._data!r})"

    def __reduce__(self) -> tuple[type[Self], tuple[dict[K, V_co]]]:
        return type(self), (dict(self._data),)

    def with_(self, key: K, value: V_co) -> FrozenMap[K, V_co]:  # type: ignore[misc]
        """A copy in which ``key`` stands for ``value``. O(n)."""
        return FrozenMap({**self._data, key: value})

    def without(self, key: K) -> FrozenMap[K, V_co]:
        """A copy without ``key``; the same map when it was not there."""
        if key not in self._data:
            return self
        return FrozenMap({k: v for k, v in self._data.items() if k != key})

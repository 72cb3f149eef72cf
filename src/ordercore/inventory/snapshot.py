"""What is available where, frozen: the input of planning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from ordercore.inventory.stock_item import StockItem
from ordercore.kernel import (
    FrozenMap,
    Instant,
    InvalidValue,
    NodeId,
    Sku,
    as_map,
    as_tuple,
    checked,
    digest,
    expect,
    problems,
)

__all__ = ["StockSnapshot"]

_Levels = FrozenMap[Sku, FrozenMap[NodeId, int]]
_NOWHERE: FrozenMap[NodeId, int] = FrozenMap()


def _levels(given: Mapping[Sku, FrozenMap[NodeId, int]]) -> _Levels:
    return as_map(given)


@attrs.frozen
@checked
class StockSnapshot:
    """Available units per SKU and node at one moment; planning reads it and changes nothing.

    Take it over the SKUs of the demand at hand, not over the whole catalogue: its digest and its
    size follow what it holds.

    Raises:
        InvalidBatch: ``stock.negative`` for every level that is not an integer ≥ 0.

    Example:
        >>> snapshot = StockSnapshot.of({("TEA", "ningbo"): 5, ("TEA", "yiwu"): 2})
        >>> snapshot.available("TEA", "yiwu"), snapshot.available("CUP", "yiwu")
        (2, 0)
        >>> [str(node) for node in snapshot.nodes("TEA")]
        ['ningbo', 'yiwu']
    """

    levels: _Levels = attrs.field(converter=_levels)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for sku, nodes in self.levels.items():
            for node, units in nodes.items():
                if type(units) is not int or units < 0:
                    faults.add("stock.negative", f"[{sku}@{node}]", units, "an integer ≥ 0")
        faults.raise_if_any("stock snapshot")

    @classmethod
    def of(cls, available: Mapping[tuple[str, str], int]) -> StockSnapshot:
        """A snapshot from a mapping of (SKU, node) to available units."""
        levels: dict[Sku, dict[NodeId, int]] = {}
        if not isinstance(available, Mapping):
            raise InvalidValue("type.wrong", "available", available, "a mapping of units")
        for key, units in available.items():
            if not isinstance(key, tuple) or len(key) != 2:
                raise InvalidValue("stock.key", "available", key, "a pair of SKU and node")
            sku, node = key
            levels.setdefault(Sku(sku), {})[NodeId(node)] = units
        return cls(FrozenMap({sku: FrozenMap(nodes) for sku, nodes in levels.items()}))

    @classmethod
    def from_items(cls, items: Iterable[StockItem], at: Instant | None = None) -> StockSnapshot:
        """A snapshot of stock items; with ``at``, holds that have ended by then do not count.

        Example:
            >>> item = StockItem(sku="TEA", node="yiwu", received=4)
            >>> StockSnapshot.from_items([item]).available("TEA", "yiwu")
            4
        """
        return cls.of(
            {
                (item.sku, item.node): item.available if at is None else item.available_at(at)
                for item in expect(as_tuple(items), tuple, "items")
            }
        )

    def available(self, sku: str, node: str) -> int:
        """Units of ``sku`` that ``node`` can promise; 0 for what the snapshot does not hold."""
        return self.levels.get(Sku(sku), _NOWHERE).get(NodeId(node), 0)

    def nodes(self, sku: str) -> tuple[NodeId, ...]:
        """The nodes that hold ``sku``, in the order of their ids."""
        return tuple(node for node, units in self.levels.get(Sku(sku), _NOWHERE).items() if units)

    @property
    def digest(self) -> str:
        """The digest of the levels; a plan keeps it to say what it was made from."""
        return digest(self)

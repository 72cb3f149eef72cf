"""What a plan was made from, as digests: equal inputs, equal digests, whatever their order."""

from __future__ import annotations

import json
from hashlib import blake2b

from ordercore.allocation.demand import Demand
from ordercore.inventory import StockSnapshot
from ordercore.kernel import FrozenMap, Money, NodeId, encode
from ordercore.network import Network

__all__ = ["demand_digest", "network_digest", "stock_digest"]

_DIGEST_BYTES = 32


def _digest(plain: list[object]) -> str:
    # Planning makes these for every order: plain lists spare the walk of the general encoder.
    text = json.dumps(plain, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _plain(amount: Money | None) -> tuple[int, str] | None:
    return None if amount is None else (amount.minor, amount.currency)


def demand_digest(demand: Demand) -> str:
    """The digest of everything in a demand. O(lines)."""
    lines = [
        (
            line.line_id,
            line.sku,
            line.quantity,
            line.weight_g,
            line.volume_cm3,
            line.handling_class,
            line.splittable,
            _plain(line.unfilled_penalty),
            _plain(line.unit_value),
        )
        for line in demand.lines
    ]
    return _digest(
        [
            demand.order_id,
            lines,
            encode(demand.destination),
            None if demand.allowed_nodes is None else sorted(demand.allowed_nodes),
            sorted(demand.forbidden_nodes),
            None if demand.allowed_services is None else sorted(demand.allowed_services),
            demand.max_nodes,
            demand.ship_complete.value,
        ]
    )


def stock_digest(demand: Demand, stock: StockSnapshot) -> str:
    """The digest of the demanded SKUs' levels; what else the snapshot holds does not matter."""
    nowhere: FrozenMap[NodeId, int] = FrozenMap()
    rows: list[object] = []
    for sku in sorted({line.sku for line in demand.lines}):
        levels = stock.levels.get(sku, nowhere).items()
        rows.append((sku, [(node, units) for node, units in levels if units]))
    return _digest(rows)


def network_digest(network: Network) -> str:
    """The digest of a network, made once for each network value."""
    return network.digest

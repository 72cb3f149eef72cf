"""What a plan was made from, as digests: equal inputs, equal digests, whatever their order."""

from __future__ import annotations

import json
from hashlib import blake2b

from ordercore.allocation.conditions import NO_CONDITIONS, Conditions, CostTerm
from ordercore.allocation.demand import Demand
from ordercore.inventory import StockSnapshot
from ordercore.kernel import FrozenMap, Money, NodeId, Sku, encode
from ordercore.network import Network

__all__ = ["conditions_digest", "demand_digest", "network_digest", "stock_digest"]

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
            _plain(line.late_penalty),
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
            None if demand.due is None else demand.due.isoformat(),
            None if demand.latest is None else demand.latest.isoformat(),
            demand.keep_together,
            demand.keep_apart,
            demand.classes_barred,
            _plain(demand.min_split_value),
            _plain(demand.max_import_value),
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


def conditions_digest(demand: Demand, conditions: Conditions) -> str:
    """The digest of what the conditions say of the demanded SKUs; empty where they say nothing."""
    if conditions is NO_CONDITIONS or conditions == NO_CONDITIONS:
        return ""
    skus = sorted({line.sku for line in demand.lines})
    terms = [[name, _term(term, skus)] for name, term in conditions.terms.items()]
    rooms = [[node, room.orders, room.units] for node, room in conditions.capacity.items()]
    return _digest([terms, rooms, conditions.plan_rest])


def _term(term: CostTerm, skus: list[Sku]) -> list[object]:
    def amounts(prices: FrozenMap[NodeId, Money]) -> list[object]:
        return [(node, amount.minor) for node, amount in prices.items() if amount.minor]

    return [
        term.currency,
        [(sku, amounts(term.per_unit[sku])) for sku in skus if sku in term.per_unit],
        amounts(term.per_node_unit),
        amounts(term.per_node),
        term.split_minor,
    ]


def network_digest(network: Network) -> str:
    """The digest of a network, made once for each network value."""
    return network.digest

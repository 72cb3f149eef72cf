"""Opening stock and inbound deliveries, and the small workflow that books them.

Buyers of the shop plan each month's supply from the demand to come, with a margin; some supply is
late and some is short, so that the season has shortages to deal with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs

from ordercore.catalog import Catalog
from ordercore.inventory import Adjust, Receive, StockCommand
from ordercore.kernel import CommandId, Context, Instant, Refusal, Timer, apportion, shift
from ordercore.network import Network, Node
from ordercore.ports import Commit, StockChange
from ordercore.workflows import (
    LoadStock,
    Save,
    Script,
    apply_stock_moves,
    perform,
    stock_keys,
)
from trading_season.dice import Dice
from trading_season.sources import Wanted

__all__ = ["BookStock", "Delivery", "plan_supply"]

MARGIN_PERCENT = 6
IN_HUB_PER_MILLION = 930_000
LATE_PER_MILLION = 25_000
SHORT_PER_MILLION = 10_000


@attrs.frozen(kw_only=True)
class Delivery:
    """What arrives at a node at one moment."""

    at: Instant
    node: str
    reference: str
    units: Mapping[str, int]

    def moves(self) -> tuple[StockCommand, ...]:
        """The receipt of each SKU, with an id that a second delivery note would repeat."""
        return tuple(
            Receive(
                sku=sku,
                node=self.node,
                quantity=units,
                command_id=f"{self.reference}/{sku}",
                reference=self.reference,
            )
            for sku, units in sorted(self.units.items())
        )


@attrs.frozen(kw_only=True)
class BookStock:
    """A flow of one's own: stock moves that belong to no order, in one commit."""

    command_id: str
    moves: Sequence[Receive | Adjust | StockCommand]
    context: Context

    def start(self) -> Script[tuple[StockChange, ...] | Refusal]:
        items = yield from perform(LoadStock(stock_keys(self.moves)))
        moved = apply_stock_moves(self.moves, items, self.context)
        if isinstance(moved, Refusal):
            return moved
        changes, due = moved
        timers: tuple[Timer, ...] = due
        receipt = yield from perform(
            Save(
                Commit(
                    command_id=CommandId(self.command_id),
                    at=self.context.now,
                    changes=changes,
                    timers=timers,
                )
            )
        )
        return () if receipt.repeated else changes


def plan_supply(
    demand: Iterable[Wanted], *, network: Network, catalog: Catalog, dice: Dice, opening: Instant
) -> tuple[Delivery, ...]:
    """The deliveries of a season, by time and node."""
    months: dict[str, dict[Instant, int]] = {}
    for wanted in demand:
        by_month = months.setdefault(wanted.sku, {})
        by_month[wanted.at] = by_month.get(wanted.at, 0) + wanted.units
    first = min((at for by_month in months.values() for at in by_month), default=opening)
    arriving: dict[tuple[Instant, str], dict[str, int]] = {}
    for sku, by_month in sorted(months.items()):
        nodes = _stocking(sku, sum(by_month.values()), network, catalog, dice)
        weights = [1 + dice.throw(4, "weight", sku, node.id) for node in nodes]
        for month, units in sorted(by_month.items()):
            name = f"{sku}/{month:%Y-%m}"
            supply = units + -(-units * MARGIN_PERCENT // 100)
            at = opening if month == first else month
            if dice.happens(LATE_PER_MILLION, "late", name):
                at = shift(month, days=3 + dice.throw(16, "days", name))
            if dice.happens(SHORT_PER_MILLION, "short", name):
                supply = supply * 3 // 5
            for node, share in zip(nodes, apportion(supply, weights), strict=True):
                if share:
                    arriving.setdefault((at, node.id), {})[sku] = share
    return tuple(
        Delivery(at=at, node=node, reference=f"asn-{at:%Y%m%dT%H%M%S}-{node}", units=units)
        for (at, node), units in sorted(arriving.items())
    )


def _stocking(
    sku: str, units: int, network: Network, catalog: Catalog, dice: Dice
) -> tuple[Node, ...]:
    """The nodes that keep an item: slow ones mostly in the hub, quick ones wherever they may be."""
    handling = catalog.item(sku).handling_class
    able = [node for node in network.nodes if node.handles(handling)]
    widest = max(len(node.classes) for node in network.nodes)
    hub = min(node.id for node in network.nodes if len(node.classes) == widest)
    in_hub = dice.happens(IN_HUB_PER_MILLION, "hub", sku)
    able.sort(
        key=lambda node: (
            -1 if in_hub and node.id == hub else dice.throw(1 << 40, "keeps", sku, node.id)
        )
    )
    places = 1 if units < 4 else 2 if units < 16 else 3 if units < 60 else len(able)
    return tuple(sorted(able[:places], key=lambda node: node.id))

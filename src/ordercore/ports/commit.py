"""What is saved at once: changed aggregates, their events, the outbox and the command's id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import attrs

from ordercore.inventory import StockEvent, StockItem
from ordercore.kernel import (
    Choice,
    CommandId,
    CustomerId,
    Effect,
    Instant,
    NodeId,
    OrderId,
    PromotionId,
    Sku,
    Timer,
    as_instant,
    as_tuple,
    checked,
    problems,
)
from ordercore.orders import CreditAccount, CreditEvent, Order, OrderEvent
from ordercore.pricing import PromotionUsage, UsageEvent

__all__ = [
    "AggregateKind",
    "Change",
    "Commit",
    "CommitReceipt",
    "CreditChange",
    "OrderChange",
    "OutboxRow",
    "StockChange",
    "StockKey",
    "UsageChange",
]


class AggregateKind(Choice):
    """The kinds of aggregate that are saved, each with its own key."""

    ORDER = "order"
    STOCK = "stock"
    PROMOTION_USAGE = "promotion_usage"
    CREDIT = "credit_account"


@attrs.frozen(order=True)
@checked
class StockKey:
    """The key of a stock item: one SKU at one node.

    Example:
        >>> str(StockKey("TEA", "ningbo"))
        'TEA@ningbo'
    """

    sku: Sku = attrs.field(converter=Sku)
    node: NodeId = attrs.field(converter=NodeId)

    def __str__(self) -> str:
        return f"{self.sku}@{self.node}"


@attrs.frozen(kw_only=True)
@checked
class OrderChange:
    """An order after a command, the version it was decided on, and the events between."""

    expected_version: int
    state: Order
    events: tuple[OrderEvent, ...]

    @property
    def kind(self) -> AggregateKind:
        """Always an order."""
        return AggregateKind.ORDER

    @property
    def key(self) -> OrderId:
        """The order's id."""
        return self.state.order_id


@attrs.frozen(kw_only=True)
@checked
class StockChange:
    """A stock item after its moves, the version they were decided on, and the moves."""

    expected_version: int
    state: StockItem
    events: tuple[StockEvent, ...]

    @property
    def kind(self) -> AggregateKind:
        """Always a stock item."""
        return AggregateKind.STOCK

    @property
    def key(self) -> StockKey:
        """The item's SKU and node."""
        return StockKey(self.state.sku, self.state.node)


@attrs.frozen(kw_only=True)
@checked
class UsageChange:
    """A promotion's usage after its claims, the version they were decided on, and the claims."""

    expected_version: int
    state: PromotionUsage
    events: tuple[UsageEvent, ...]

    @property
    def kind(self) -> AggregateKind:
        """Always a promotion's usage."""
        return AggregateKind.PROMOTION_USAGE

    @property
    def key(self) -> PromotionId:
        """The promotion."""
        return self.state.promotion_id


@attrs.frozen(kw_only=True)
@checked
class CreditChange:
    """A credit account after its commands, the version they were decided on, and the events."""

    expected_version: int
    state: CreditAccount
    events: tuple[CreditEvent, ...]

    @property
    def kind(self) -> AggregateKind:
        """Always a credit account."""
        return AggregateKind.CREDIT

    @property
    def key(self) -> CustomerId:
        """The customer."""
        return self.state.customer


Change: TypeAlias = OrderChange | StockChange | UsageChange | CreditChange
"""One changed aggregate."""


@attrs.frozen(kw_only=True)
@checked
class OutboxRow:
    """A request to the outside, saved with the change that caused it and sent after it.

    ``effect.effect_id`` is stable: a row that is sent twice is done once by a receiver that
    remembers ids.
    """

    aggregate: str
    effect: Effect


def _place(change: Change) -> tuple[str, ...]:
    # A key's text is for people: an "@" in a SKU would make two stock items look like one.
    key = change.key
    parts = (key.sku, key.node) if isinstance(key, StockKey) else (key,)
    return (change.kind.value, *parts)


def _changes(given: Iterable[Change]) -> tuple[Change, ...]:
    changes = as_tuple(given)
    sortable = type(changes) is tuple and all(isinstance(each, Change) for each in changes)
    return tuple(sorted(changes, key=_place)) if sortable else changes


@attrs.frozen(kw_only=True)
@checked
class Commit:
    """One atomic request to the store: all of it is saved, or nothing is.

    Changes are kept in the order of kind and key, so that stores lock in one order and two
    commits never wait for each other.

    Raises:
        InvalidBatch: ``commit.empty``; ``commit.twice`` for an aggregate that is changed twice;
            ``commit.version`` when a state's version is not after the one it was decided on.

    Example:
        >>> from ordercore import inventory
        >>> from ordercore.kernel import Context, fold
        >>> clerk = Context(now="2026-11-11T00:00:00Z", actor="clerk")
        >>> got = inventory.Receive(sku="T", node="n", quantity=3, command_id="1")
        >>> events = inventory.decide(None, got, clerk).accepted().events
        >>> change = StockChange(expected_version=0, state=fold(inventory, events), events=events)
        >>> commit = Commit(command_id="1", at=clerk.now, changes=[change])
        >>> str(commit.changes[0].key)
        'T@n'
    """

    command_id: CommandId = attrs.field(converter=CommandId)
    at: Instant = attrs.field(converter=as_instant)
    changes: tuple[Change, ...] = attrs.field(converter=_changes)
    outbox: tuple[OutboxRow, ...] = ()
    timers: tuple[Timer, ...] = ()

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.changes:
            faults.add("commit.empty", "changes", (), "at least one change")
        seen: set[tuple[str, ...]] = set()
        for number, change in enumerate(self.changes):
            path = f"changes[{number}]"
            place = _place(change)
            if place in seen:
                faults.add("commit.twice", path, str(change.key), "each aggregate once")
            seen.add(place)
            if not 0 <= change.expected_version < change.state.version:
                faults.add(
                    "commit.version",
                    path,
                    change.expected_version,
                    f"a version from 0 and before {change.state.version}",
                )
        faults.raise_if_any(f"commit {self.command_id}")


@attrs.frozen
@checked
class CommitReceipt:
    """What the store answers: ``repeated`` when the command id was committed before.

    A repeat saves nothing; the caller loads the aggregates to see what the first one left.
    """

    command_id: CommandId = attrs.field(converter=CommandId)
    repeated: bool = False

"""The season's books: every order that came to rest, summed in units and money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import assert_never

import attrs

from ordercore import orders
from ordercore.kernel import Context, Money, Reason, digest, fold
from ordercore.orders import (
    AllowanceGranted,
    CloseOrder,
    ConfirmOrder,
    FactClashed,
    Lifecycle,
    Order,
    OrderCancelled,
    OrderClosed,
    OrderConfirmed,
    OrderEvent,
    OrderPlaced,
    ReturnReceived,
    ReturnRequested,
    SubmitOrder,
    UnitsCancelled,
    UnitsDelivered,
    UnitsReserved,
    UnitsShipped,
    statuses,
)
from ordercore.pricing import Quote, check_sums

__all__ = ["Books", "Story", "Unfinished", "quote_minors"]

MILESTONES: dict[type, str] = {
    OrderPlaced: "placed",
    UnitsReserved: "reserved",
    OrderConfirmed: "confirmed",
    UnitsShipped: "shipped",
    UnitsDelivered: "delivered",
    ReturnRequested: "return requested",
    ReturnReceived: "returned",
    OrderCancelled: "cancelled",
    OrderClosed: "closed",
}


@attrs.frozen
class Story:
    """One order with everything that happened to it, for the report."""

    order: Order
    events: tuple[OrderEvent, ...]

    @property
    def rank(self) -> tuple[int, int, str]:
        """The most eventful story is told: many kinds of events, but few enough to read."""
        kinds = len({type(event) for event in self.events})
        return (-kinds, abs(len(self.events) - 18), self.order.order_id)


@attrs.frozen
class Unfinished:
    """An order that the season left open, and every reason why it is no further.

    Without a reason nothing stands in the way: somebody forgot to send the next command.
    """

    order_id: str
    stage: str
    next: str
    reasons: tuple[Reason, ...]

    @classmethod
    def of(cls, order: Order) -> Unfinished | None:
        """Why an order has not ended; None when it has."""
        step: type[SubmitOrder | ConfirmOrder | CloseOrder]
        match order.lifecycle:
            case Lifecycle.CLOSED | Lifecycle.CANCELLED | Lifecycle.EXPIRED:
                return None
            case Lifecycle.DRAFT:
                step = SubmitOrder
            case Lifecycle.SUBMITTED:
                step = ConfirmOrder
            case Lifecycle.CONFIRMED:
                step = CloseOrder
            case _:
                assert_never(order.lifecycle)
        asked = step(order.order_id, command_id="why-not")
        verdict = orders.check(order, asked, Context(now=order.last_at, actor="books"))
        return cls(str(order.order_id), str(order.lifecycle), step.verb, verdict.reasons)

    def __str__(self) -> str:
        why = "; ".join(
            f"{reason.code} ({', '.join(f'{name} {value}' for name, value in reason.facts.items())})"
            for reason in self.reasons
        )
        return f"{self.order_id} is {self.stage}; {self.next}: {why or 'nothing against it'}"


def quote_minors(quote: Quote) -> Counter[str]:
    """The sums of a quote: list amounts, each kind of discount, taxes, total."""
    sums: Counter[str] = Counter()
    for part in (*quote.lines, *quote.charges):
        sums["list"] += part.list_amount.minor
        for adjustment in part.adjustments:
            sums[f"discount:{adjustment.kind}"] -= adjustment.amount.minor
        sums["tax"] += part.gross.minor - part.amount.minor
    sums["rounding"] += quote.rounding.minor
    sums["total"] += quote.total.minor
    sums["funded"] += quote.funded().minor
    sums["charges"] += sum(charge.gross.minor for charge in quote.charges)
    return sums


class Books:
    """Sums over orders; two areas' books add up to the season's."""

    def __init__(self) -> None:
        self.orders = 0
        self.events = 0
        self.units: Counter[str] = Counter()
        self.money: Counter[str] = Counter()
        self.quotes: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.flow: Counter[tuple[str, str]] = Counter()
        self.clashes: Counter[str] = Counter()
        self.shipments: Counter[int] = Counter()
        self.broken: Counter[str] = Counter()
        self.replayed = 0
        self.digests: list[tuple[str, str]] = []
        self.story: Story | None = None
        self.unfinished: list[Unfinished] = []

    def enter(self, order: Order, events: Sequence[OrderEvent], *, replay: bool) -> None:
        """Sum an order, check every law of it, and keep its digest."""
        self.orders += 1
        self.events += len(events)
        self._units(order)
        self._money(order, events)
        self.quotes.update(quote_minors(order.quote))
        self.shipments[len({shipment.node for shipment in order.shipments})] += 1
        self.clashes.update(event.code for event in events if isinstance(event, FactClashed))
        self._statuses(order)
        self._flow(events)
        self._laws(order, events, replay=replay)
        self.digests.append((str(order.order_id), digest(order)))
        left_open = Unfinished.of(order)
        if left_open is not None:
            self.unfinished.append(left_open)
        story = Story(order, tuple(events))
        if self.story is None or story.rank < self.story.rank:
            self.story = story

    def _units(self, order: Order) -> None:
        units = self.units
        for line in order.lines:
            units["ordered"] += line.ordered
            units["cancelled"] += line.cancelled
            units["backlog"] += line.backlog
            units["allocated_unshipped"] += line.allocated - line.shipped
            units["reserved_unshipped"] += line.reserved - line.shipped
            units["shipped"] += line.shipped
            units["delivered"] += line.delivered
            units["returned"] += line.returned
            units["accepted"] += line.accepted
            units["rejected"] += line.rejected
            units["written_off"] += line.written_off
            units["with_buyers"] += line.shipped - line.accepted

    def _money(self, order: Order, events: Sequence[OrderEvent]) -> None:
        position, money = order.money, self.money
        for name in (
            "due",
            "paid",
            "kept",
            "refunded",
            "refund_pending",
            "charged_back",
            "balance",
            "outstanding",
        ):
            amount: Money = getattr(position, name)
            money[name] += amount.minor
        money["value"] += order.value_minor
        money["total"] += order.quote.total.minor
        for event in events:
            match event:
                case UnitsCancelled():
                    money["value_cancelled"] += event.amount.minor
                case ReturnReceived():
                    money["value_returned"] += event.amount.minor
                case AllowanceGranted():
                    money["allowed"] += event.amount.minor
                case _:
                    pass

    def _statuses(self, order: Order) -> None:
        now = statuses(order)
        self.statuses[f"lifecycle: {order.lifecycle}"] += 1
        for axis in ("payment", "fulfilment", "return_", "display"):
            self.statuses[f"{axis.rstrip('_')}: {getattr(now, axis)}"] += 1

    def _flow(self, events: Sequence[OrderEvent]) -> None:
        """The edges between milestones, each once per order."""
        path: list[str] = []
        for event in events:
            name = MILESTONES.get(type(event))
            if name == "closed" and name in path:
                path.remove(name)
            if name is not None and name not in path:
                if "closed" in path:
                    # Taken up again: the close that counts is the last one.
                    path.remove("closed")
                path.append(name)
        self.flow.update(pairwise(path))
        if path:
            self.flow[path[-1], ""] += 1

    def _laws(self, order: Order, events: Sequence[OrderEvent], *, replay: bool) -> None:
        for invariant in orders.INVARIANTS:
            if invariant.check(order) is not None:
                self.broken[invariant.invariant_id] += 1
        if check_sums(order.quote):
            self.broken["quote sums"] += 1
        if replay:
            self.replayed += 1
            if fold(orders, events) != order:
                self.broken["replay"] += 1

    def merge(self, other: Books) -> None:
        """Add another area's books."""
        self.orders += other.orders
        self.events += other.events
        self.replayed += other.replayed
        self.digests += other.digests
        self.unfinished += other.unfinished
        for name in (
            "units",
            "money",
            "quotes",
            "statuses",
            "flow",
            "clashes",
            "shipments",
            "broken",
        ):
            getattr(self, name).update(getattr(other, name))
        told = [story for story in (self.story, other.story) if story is not None]
        self.story = min(told, key=lambda story: story.rank, default=None)

"""From the confirmed order to the closed one: nodes ship, the carrier scans, the office closes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ordercore.kernel import Instant, Refusal, shift
from ordercore.network import Network
from ordercore.orders import (
    CancelUnits,
    CloseOrder,
    ConfirmOrder,
    Lifecycle,
    Order,
    RecordDelivery,
    ShipUnits,
)
from trading_season.dice import Dice
from trading_season.fate import Cancels, Fate
from trading_season.shop import Shop

__all__ = ["Fulfilment"]

Delivered = Callable[[Order, Fate, Instant], int]
"""Told when all of an order has arrived; answers how many days it stays open for a return."""


class Fulfilment:
    """What warehouses and carriers do with an order."""

    def __init__(self, shop: Shop, network: Network, dice: Dice) -> None:
        self.shop = shop
        self.network = network
        self.dice = dice
        self.fates: dict[str, Fate] = {}
        self.delivered: Delivered = _nothing_comes_back

    def confirm_if_held(self, order_id: str, at: Instant) -> None:
        """Confirm an order that waited for units which were cancelled meanwhile.

        No delivery will ever serve such an order: what it lacked is no longer asked for.
        """
        order = self.shop.order(order_id)
        waits = order.lifecycle is Lifecycle.SUBMITTED and bool(order.payments)
        if waits and not any(line.unreserved for line in order.lines):
            self.confirm(order_id, at)

    def confirm(self, order_id: str, at: Instant) -> None:
        """Bind the seller; each node that holds units ships them within two days."""
        command = ConfirmOrder(order_id, command_id=f"confirm-{at:%m%dT%H%M%S}")
        outcome = self.shop.send(command, at, "web", "system", "paid, and every unit held")
        if isinstance(outcome, Refusal) or outcome.repeated:
            return
        for node, service in _loads(outcome.order):
            hours = 18 + self.dice.throw(20, "ship-at", order_id, node)
            self.shop.later(
                order_id, shift(at, hours=hours), self._shipping(order_id, node, service)
            )

    def _shipping(self, order_id: str, node: str, service: str) -> Callable[[Instant], None]:
        return lambda now: self.ship(order_id, node, service, now)

    def ship(self, order_id: str, node: str, service: str, at: Instant) -> None:
        """Hand to a carrier what the node still holds for the order."""
        order = self.shop.order(order_id)
        lines: Counter[str] = Counter()
        for held in order.allocations:
            if held.node == node and (held.service or "") == service and held.shippable:
                lines[held.line_id] += held.shippable
        if not lines:
            return
        shipment_id = f"{order_id}/{node}/{service}"
        command = ShipUnits(
            order_id,
            command_id=f"ship-{node}-{service}",
            shipment_id=shipment_id,
            node=node,
            service=service,
            lines=lines,
        )
        if isinstance(self.shop.send(command, at, node, "warehouse", "the day's parcels"), Refusal):
            return
        assert order.destination is not None
        rate = self.network.service(service).rate(self.network.node(node), order.destination)
        arrives = shift(at, days=1 if rate is None else rate.days, hours=3)
        self.shop.later(order_id, arrives, lambda now: self.deliver(order_id, shipment_id, now))
        if self.fates[order_id].cancels is Cancels.TOO_LATE:
            asked = CancelUnits(
                order_id, command_id=f"too-late-{node}-{service}", lines=lines, cause="changed_mind"
            )
            self.shop.later(order_id, shift(at, hours=1), lambda now: self._too_late(asked, now))

    def _too_late(self, command: CancelUnits, at: Instant) -> None:
        self.shop.send(command, at, "buyer", "customer", "changed their mind, too late")

    def deliver(self, order_id: str, shipment_id: str, at: Instant) -> None:
        """The carrier's scan, at times twice; the last one begins the end of the order."""
        fate = self.fates[order_id]
        scan = RecordDelivery(
            order_id, fact_id=f"scan-{shipment_id}", shipment_id=shipment_id, occurred_at=at
        )
        for _ in range(2 if fate.scanned_twice else 1):
            self.shop.send(scan, at, "carrier", "carrier", "scanned at the door")
        order = self.shop.order(order_id)
        if not any(line.cancellable or line.shipped > line.delivered for line in order.lines):
            open_days = 14 + self.delivered(order, fate, at)
            self.shop.later(
                order_id, shift(at, days=open_days), lambda now: self.close(order_id, now)
            )

    def close(self, order_id: str, at: Instant, attempt: int = 1) -> None:
        """End the order; with money or goods still under way, look again in a few days."""
        order = self.shop.order(order_id)
        if order.lifecycle is not Lifecycle.CONFIRMED:
            return
        command = CloseOrder(order_id, command_id=f"close-{at:%y%m%dT%H%M%S}")
        outcome = self.shop.send(command, at, "back-office", "clerk", "nothing is open")
        if isinstance(outcome, Refusal) and attempt < 4:
            self.shop.later(
                order_id, shift(at, days=4), lambda now: self.close(order_id, now, attempt + 1)
            )


def _loads(order: Order) -> list[tuple[str, str]]:
    """The nodes and services that have units of the order to ship."""
    loads = {(str(a.node), str(a.service or "")) for a in order.allocations if a.shippable}
    return sorted(loads)


def _nothing_comes_back(_order: Order, _fate: Fate, _at: Instant) -> int:
    return 0

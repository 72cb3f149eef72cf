"""The decider of a host's own rules, for everything that takes a decider."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import Context, Verdict, checked
from ordercore.orders.amending.cancel_preview import CancelPreview, preview_cancel
from ordercore.orders.amending.commands import EditOrder
from ordercore.orders.amending.preview import EditPreview, preview_edit
from ordercore.orders.check import available, check
from ordercore.orders.commands import CancelOrder, CancelUnits, OrderMessage
from ordercore.orders.decide import decide
from ordercore.orders.draft import OrderDecision
from ordercore.orders.events import OrderEvent
from ordercore.orders.evolve import evolve, replay
from ordercore.orders.option import Availability
from ordercore.orders.order import Order
from ordercore.orders.rules import DEFAULT_RULES, OrderRules

__all__ = ["OrderDecider"]


@attrs.frozen
@checked
class OrderDecider:
    """``decide``, ``evolve``, ``check`` and ``available`` under a host's own rules.

    The module :mod:`ordercore.orders` is the decider of the default rules.

    Example:
        >>> from ordercore.kernel import Context, fold
        >>> from ordercore.orders import PlaceOrder
        >>> from ordercore.orders.specimen import tea_quote
        >>> shop = OrderDecider(OrderRules(name="my shop"))
        >>> web = Context(now="2026-11-11T00:00:00Z", actor="web", role="customer")
        >>> placed = shop.decide(None, PlaceOrder("o-1", quote=tea_quote(), command_id="c"), web)
        >>> fold(shop, placed.accepted().events).version
        1
    """

    rules: OrderRules = DEFAULT_RULES

    def decide(
        self, order: Order | None, command: OrderMessage, context: Context, /
    ) -> OrderDecision:
        """As :func:`ordercore.orders.decide`, under these rules."""
        return decide(order, command, context, self.rules)

    def evolve(self, order: Order | None, event: OrderEvent, /) -> Order:
        """As :func:`ordercore.orders.evolve`: what happened does not depend on rules."""
        return evolve(order, event)

    def replay(self, order: Order | None, events: Iterable[OrderEvent], /) -> Order | None:
        """As :func:`ordercore.orders.replay`."""
        return replay(order, events)

    def check(self, order: Order | None, command: OrderMessage, context: Context, /) -> Verdict:
        """As :func:`ordercore.orders.check`, under these rules."""
        return check(order, command, context, self.rules)

    def available(self, order: Order, context: Context, /) -> Availability:
        """As :func:`ordercore.orders.available`, under these rules."""
        return available(order, context, self.rules)

    def preview_edit(self, order: Order, command: EditOrder, context: Context, /) -> EditPreview:
        """As :func:`ordercore.orders.preview_edit`, under these rules."""
        return preview_edit(order, command, context, self.rules)

    def preview_cancel(
        self, order: Order, command: CancelUnits | CancelOrder, context: Context, /
    ) -> CancelPreview:
        """As :func:`ordercore.orders.preview_cancel`, under these rules."""
        return preview_cancel(order, command, context, self.rules)

"""The life of an order as it was lived: each message with its answer, and what it left."""

from __future__ import annotations

import attrs
from hypothesis.vendor.pretty import RepresentationPrinter

from ordercore.kernel import Context, Decision, Effect, OrderId
from ordercore.orders import Order, OrderDecision, OrderEvent, OrderMessage, PlaceOrder

__all__ = ["History", "Step"]


@attrs.frozen
class Step:
    """One message with its context, the answer, and the order before and after it."""

    message: OrderMessage
    context: Context
    answer: OrderDecision
    before: Order | None
    after: Order | None

    @property
    def accepted(self) -> bool:
        """Whether the message was taken; a repeat is."""
        return not self.answer.is_refused


@attrs.frozen(repr=False)
class History:
    """A life of one order, step by step; the first step places it, refused ones are kept."""

    steps: tuple[Step, ...]

    def __repr__(self) -> str:
        # What a failing example shows: the messages tell the life; the states follow from them.
        told = ", ".join(
            f"PlaceOrder({message.order_id!r}, quote={str(message.quote.total)!r})"
            if isinstance(message, PlaceOrder)
            else repr(message)
            for message in self.messages
        )
        return f"History({told})"

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        printer.text(repr(self))

    @property
    def order(self) -> Order:
        """The order as the last step left it."""
        order = self.steps[-1].after
        assert order is not None
        return order

    @property
    def order_id(self) -> OrderId:
        """The order's id."""
        return self.order.order_id

    @property
    def messages(self) -> tuple[OrderMessage, ...]:
        """Every command and fact that was sent, also those that were refused."""
        return tuple(step.message for step in self.steps)

    @property
    def events(self) -> tuple[OrderEvent, ...]:
        """Everything that happened, oldest first."""
        return tuple(
            event
            for step in self.steps
            if isinstance(step.answer, Decision)
            for event in step.answer.events
        )

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Everything that was asked of the host, in its order."""
        return tuple(
            effect
            for step in self.steps
            if isinstance(step.answer, Decision)
            for effect in step.answer.effects
        )

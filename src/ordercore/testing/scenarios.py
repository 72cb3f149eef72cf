"""Scenarios that read like sentences: given events, when a command, then events or a refusal.

Example:
    >>> from ordercore.kernel import Context
    >>> from ordercore.orders import CancelOrder, ConfirmOrder, OrderCancelled, PlaceOrder
    >>> from ordercore.orders import UnitsCancelled
    >>> from hypothesis import find
    >>> from ordercore.testing import given
    >>> from ordercore.testing.strategies import recorded_quotes
    >>> web = Context(now="2026-11-11T00:00:00Z", actor="web", role="customer")
    >>> place = PlaceOrder("o-1", quote=find(recorded_quotes(), bool), command_id="c-1")
    >>> placed = given().when(place, web).events
    >>> given(*placed).when(ConfirmOrder("o-1", command_id="c-2"), web).then_refused("gate.stock")
    >>> cancel = CancelOrder("o-1", command_id="c-3")
    >>> given(*placed).when(cancel, web).then(UnitsCancelled, OrderCancelled)
"""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs

from ordercore import orders
from ordercore.kernel import Command, Context, Decider, Decision, OrdercoreError, Refusal, fold
from ordercore.orders import Order, OrderEvent, OrderMessage

__all__ = ["Answered", "Given", "given", "given_in"]

S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E")


@attrs.frozen
class Answered(Generic[S, E]):
    """What came of the command: a decision, a refusal or an error, and the state it met."""

    answer: Decision[E] | Refusal | OrdercoreError
    before: S | None

    @property
    def events(self) -> tuple[E, ...]:
        """The events of the decision.

        Raises:
            AssertionError: there is no decision.
        """
        if not isinstance(self.answer, Decision):
            raise AssertionError(f"events were expected, the answer is {self.answer!r}")  # noqa: TRY004 - how a test fails
        return self.answer.events

    def then(self, *expected: E | type[E]) -> None:
        """Require just these events, in their order; a class stands for any event of it.

        Raises:
            AssertionError: other events, a refusal or an error.
        """
        events = self.events
        fits = len(events) == len(expected) and all(
            isinstance(event, wanted) if isinstance(wanted, type) else event == wanted
            for event, wanted in zip(events, expected, strict=True)
        )
        if not fits:
            wanted_names = [
                wanted.__name__ if isinstance(wanted, type) else repr(wanted) for wanted in expected
            ]
            raise AssertionError(f"expected {wanted_names}, got {[*map(_shown, events)]}")

    def then_refused(self, *codes: str) -> None:
        """Require a refusal whose reasons have at least these codes.

        Raises:
            AssertionError: a decision, an error, or a refusal without one of the codes.
        """
        if not isinstance(self.answer, Refusal):
            raise AssertionError(f"a refusal was expected, the answer is {self.answer!r}")  # noqa: TRY004 - how a test fails
        missing = [code for code in codes if code not in self.answer.codes]
        if missing:
            raise AssertionError(f"refused with {self.answer.codes}, without {missing}")

    def then_raises(self, error: type[OrdercoreError]) -> None:
        """Require an error of this class.

        Raises:
            AssertionError: a decision, a refusal or another error.
        """
        if not isinstance(self.answer, error):
            raise AssertionError(f"{error.__name__} was expected, the answer is {self.answer!r}")  # noqa: TRY004 - how a test fails


def _shown(event: object) -> str:
    return type(event).__name__


@attrs.frozen
class Given(Generic[S, C, E]):
    """A decider and what happened so far."""

    decider: Decider[S, C, E]
    events: tuple[E, ...]

    def when(self, command: C, context: Context) -> Answered[S, E]:
        """Send a command to the state that the events left."""
        before = fold(self.decider, self.events) if self.events else None
        try:
            return Answered(self.decider.decide(before, command, context), before)
        except OrdercoreError as error:
            return Answered(error, before)


class _Orders:
    """The module of orders as a decider that type checkers can follow."""

    def decide(
        self, state: Order | None, command: OrderMessage, context: Context, /
    ) -> Decision[OrderEvent] | Refusal:
        return orders.decide(state, command, context)

    def evolve(self, state: Order | None, event: OrderEvent, /) -> Order:
        return orders.evolve(state, event)


def given(*events: OrderEvent) -> Given[Order, OrderMessage, OrderEvent]:
    """An order to which these events happened; none at all is before it was placed."""
    return Given(_Orders(), events)


def given_in(decider: Decider[S, C, E], *events: E) -> Given[S, C, E]:
    """Any aggregate to which these events happened.

    Example:
        >>> from ordercore import inventory
        >>> from ordercore.inventory import Receive, Ship
        >>> clerk = Context(now="2026-11-11T00:00:00Z", actor="clerk")
        >>> ship = Ship(sku="T", node="n", quantity=1, command_id="1", reservation_id="r")
        >>> given_in(inventory).when(ship, clerk).then_refused("stock.unknown")
    """
    return Given(decider, events)

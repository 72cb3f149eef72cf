"""Lives of orders as the testing kit draws them, and short ways to send messages by hand."""

from __future__ import annotations

from collections.abc import Iterable

from ordercore.kernel import Context, Instant, Refusal
from ordercore.orders import Order, OrderMessage, decide, replay
from ordercore.testing.order_history import History, Step
from ordercore.testing.order_lives import histories
from ordercore.testing.trade_values import NODES, START, quotes

__all__ = ["NODES", "START", "History", "Step", "at", "histories", "quotes", "run", "taken"]


def taken(order: Order | None, message: OrderMessage, context: Context) -> Step:
    answer = decide(order, message, context)
    after = order if isinstance(answer, Refusal) else replay(order, answer.events)
    return Step(message, context, answer, order, after)


def run(messages: Iterable[tuple[OrderMessage, Context]], order: Order | None = None) -> History:
    steps = []
    for message, context in messages:
        step = taken(order, message, context)
        order = step.after
        steps.append(step)
    return History(tuple(steps))


def at(now: Instant | str, actor: str = "web") -> Context:
    return Context(now=now, actor=actor, role="customer")

"""Conditions, written as rules over the facts of orders or of limits, and kept as text."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from ordercore.kernel import InvalidDefinition, InvalidValue
from ordercore.rules import Rule, parse

if TYPE_CHECKING:
    from ordercore.orders.order import Order
    from ordercore.orders.standing import LimitStanding

__all__ = ["condition", "fields_outside", "holds", "holds_outside", "limit_condition"]


@lru_cache(maxsize=256)
def _compiled(text: str) -> Rule:
    from ordercore.orders.order_facts import vocabulary

    return parse(text, vocabulary=vocabulary())


@lru_cache(maxsize=256)
def _of_limits(text: str) -> Rule:
    from ordercore.orders.standing import vocabulary

    return parse(text, vocabulary=vocabulary())


def condition(given: str | Rule) -> str:
    """The canonical text of a rule over the facts of orders; empty text stays empty.

    Text is what an order and a host's rules keep: it is short, people read it, and it goes on
    meaning the same when orders learn to tell more facts.

    Raises:
        InvalidValue: ``condition.invalid`` for text that is no rule over these facts.

    Example:
        >>> condition("order.units>=3")
        'order.units >= 3'
        >>> condition("order.unis > 3")
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidValue: condition.invalid at condition: expected ...
    """
    return _text(given, _compiled)


def limit_condition(given: str | Rule) -> str:
    """The canonical text of a rule over the facts of limits, as :func:`condition`.

    Example:
        >>> limit_condition("order.due<=limits.order_total")
        'order.due <= limits.order_total'
    """
    return _text(given, _of_limits)


def _text(given: str | Rule, compiled: Callable[[str], Rule]) -> str:
    text = given.to_text() if isinstance(given, Rule) else given
    if not isinstance(text, str):
        raise InvalidValue("type.wrong", "condition", given, "a rule or its text")
    if not text:
        return ""
    try:
        return compiled(text).to_text()
    except InvalidDefinition as error:
        said = "; ".join(finding.message.splitlines()[0] for finding in error.findings)
        raise InvalidValue("condition.invalid", "condition", text, f"a rule ({said})") from error


def holds(text: str, order: Order, *, unknown: bool) -> bool:
    """Whether a condition holds for an order; ``unknown`` where a fact that it asks for is missing.

    A gate takes what it cannot know for true, a release for false: both stay on the safe side. A
    rule that holds orders takes it for false, so that it never holds what it knows nothing of.
    O(lines + payments).

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> holds("order.units == 3", tea_order(), unknown=False)
        True
        >>> holds("customer.rating == 'A'", tea_order(), unknown=True)
        True
    """
    from ordercore.orders.order_facts import order_facts

    try:
        return _compiled(text).holds(order_facts(order))
    except InvalidValue:
        return unknown


def holds_outside(text: str, order: Order, standing: LimitStanding) -> bool:
    """Whether a rule over the facts of limits holds; False where not all that it reads is known.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> from ordercore.orders.standing import LimitStanding
        >>> holds_outside("account.accepts", tea_order(), LimitStanding())
        False
    """
    from ordercore.orders.outside import standing_facts

    facts = standing_facts(order, standing)
    # A fact that was not told is no fact that is None: "no limit" would follow from silence.
    known = {f"{root}.{name}" for root, told in facts.items() for name in told}
    if not fields_outside(text) <= known:
        return False
    try:
        return _of_limits(text).holds(facts)
    except InvalidValue:
        return False


@lru_cache(maxsize=256)
def fields_outside(text: str) -> frozenset[str]:
    """What a rule over the facts of limits reads, by root and name.

    Example:
        >>> sorted(fields_outside("order.due <= limits.order_total"))
        ['limits.order_total', 'order.due']
    """
    paths = (field.partition("[")[0].split(".") for field in _of_limits(text).fields)
    return frozenset(".".join(path[:2]) for path in paths)

"""Strategies for rules, their expressions, and what their evaluation says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TypeVar

import attrs
from hypothesis import strategies as st

from ordercore.kernel import Quantity
from ordercore.rules import (
    BOOLEAN,
    DECIMAL,
    INSTANT,
    INTEGER,
    MONEY,
    TEXT,
    TEXTS,
    Evaluation,
    Expression,
    FactType,
    Rule,
    Vocabulary,
    enum,
    list_of,
    parse,
    quantity_of,
)
from ordercore.testing.kernel_values import codes, instants, monies

__all__ = [
    "evaluations",
    "expressions",
    "fact_types",
    "node_types",
    "nodes",
    "rules",
    "vocabularies",
]

N = TypeVar("N")

_WEIGHT = Quantity.parse("2.750 kg")

_TEXTS = (
    "order.total > CNY(500)",
    "order.total >= CNY(500) and customer.rating == 'A'",
    "order.units * 2 + 1 < 9 or not customer.rating in ['A', 'B']",
    "order.weight > quantity('2.5 kg')",
    "order.rate <= 0.25",
    "'vip' in customer.tags",
    "contains(order.note, 'tea')",
    "starts_with(order.note, 'tea')",
    "order.note is None and order.gift == True",
    "order.placed > instant('2026-11-11T00:00:00Z')",
    "within(order.placed, '2026-11-01T00:00:00Z', None)",
    "any(line.quantity > 3 for line in order.lines)",
    "all(line.quantity > 0 for line in order.lines)",
    "count(order.lines) > 1",
    "sum(line.quantity for line in order.lines if line.sku == 'TEA') >= 2",
)


@cache
def _words() -> Vocabulary:
    return Vocabulary(
        "sale",
        {
            "order.total": MONEY,
            "order.units": INTEGER,
            "order.rate": DECIMAL,
            "order.weight": quantity_of("mass"),
            "order.note": TEXT,
            "order.gift": BOOLEAN,
            "order.placed": INSTANT,
            "order.lines": list_of({"sku": TEXT, "quantity": INTEGER}),
            "customer.rating": enum("A", "B", "C"),
            "customer.tags": TEXTS,
        },
    )


@cache
def _rules() -> tuple[Rule, ...]:
    return tuple(parse(text, vocabulary=_words()) for text in _TEXTS)


def rules() -> st.SearchStrategy[Rule]:
    """Rules over one small vocabulary; together they use every kind of node."""
    return st.sampled_from(_rules())


def vocabularies() -> st.SearchStrategy[Vocabulary]:
    """Vocabularies with some of the types of facts."""
    some = st.dictionaries(codes().map("order.x{}".format), fact_types(), min_size=1, max_size=4)
    return some.map(lambda fields: Vocabulary("order", fields))


def fact_types() -> st.SearchStrategy[FactType]:
    """Types of facts, lists of records among them."""
    return st.sampled_from(tuple(_words().fields.values()))


@cache
def _nodes() -> tuple[object, ...]:
    found: list[object] = []
    for rule in _rules():
        found.extend(_walked(rule.expression))
    return tuple(found)


def _walked(node: object) -> Iterator[object]:
    if isinstance(node, tuple):
        for item in node:
            yield from _walked(item)
    elif attrs.has(type(node)):
        yield node
        for field in attrs.fields(type(node)):  # type: ignore[arg-type]
            yield from _walked(getattr(node, field.name))


def nodes(kind: type[N]) -> st.SearchStrategy[N]:
    """Nodes of one kind out of the expressions of :func:`rules`."""
    return st.sampled_from([node for node in _nodes() if isinstance(node, kind)])


def node_types() -> tuple[type, ...]:
    """The kinds of nodes that expressions are made of, in the order of their names."""
    return tuple(sorted({type(node) for node in _nodes()}, key=lambda kind: kind.__name__))


def expressions() -> st.SearchStrategy[Expression]:
    """Whole conditions."""
    return rules().map(lambda rule: rule.expression)


@st.composite
def evaluations(draw: st.DrawFn) -> Evaluation:
    """What a rule says of drawn facts, with its trace."""
    lines = st.fixed_dictionaries(
        {"sku": st.sampled_from(("TEA", "CUP")), "quantity": st.integers(0, 5)}
    )
    order = {
        "total": draw(monies(currency="CNY")),
        "units": draw(st.integers(0, 9)),
        "rate": draw(st.decimals(0, 1, places=2)),
        "weight": _WEIGHT,
        "note": draw(st.sampled_from(("", "tea", "green tea"))),
        "gift": draw(st.booleans()),
        "placed": draw(instants()),
        "lines": draw(st.lists(lines, max_size=3)),
    }
    customer = {
        "rating": draw(st.sampled_from("ABC")),
        "tags": draw(st.sampled_from(((), ("vip",)))),
    }
    return draw(rules()).evaluate({"order": order, "customer": customer})

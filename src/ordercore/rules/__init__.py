"""Predicates as data: rules that people read, machines keep, and code runs fast.

A :class:`Vocabulary` says which facts exist and of what type; a :class:`Rule` is a condition over
it, checked when it is built, with a text form and a JSON form that both read back exactly. It is
compiled to closures once; ``holds`` answers, ``evaluate`` answers and explains.

Example:
    >>> from ordercore.kernel import Money
    >>> from ordercore.rules import INTEGER, MONEY, Vocabulary, list_of, parse
    >>> words = Vocabulary(
    ...     "order", {"order.total": MONEY, "order.lines": list_of({"units": INTEGER})}
    ... )
    >>> rule = parse(
    ...     "order.total >= CNY(500) or any(x.units > 9 for x in order.lines)", vocabulary=words
    ... )
    >>> facts = {"order": {"total": Money.of("315.90", "CNY"), "lines": [{"units": 12}]}}
    >>> rule.holds(facts), str(rule.evaluate(facts).trace.parts[0].missing.short)
    (True, 'CNY 184.10')
"""

from ordercore.rules.analysis import always_holds, excludes, implies, never_holds
from ordercore.rules.expression import (
    AllOf,
    AnyOf,
    Arithmetic,
    BooleanLiteral,
    Compare,
    Comparison,
    Contains,
    Count,
    DecimalLiteral,
    Every,
    Expression,
    Field,
    Includes,
    InstantLiteral,
    IntegerLiteral,
    IsMissing,
    Literal,
    Membership,
    MoneyLiteral,
    Not,
    Operator,
    QuantityLiteral,
    Some,
    StartsWith,
    Sum,
    TextLiteral,
    Within,
)
from ordercore.rules.facttype import (
    BOOLEAN,
    DECIMAL,
    INSTANT,
    INTEGER,
    MONEY,
    QUANTITY,
    TEXT,
    TEXTS,
    FactKind,
    FactType,
    enum,
    list_of,
    quantity_of,
)
from ordercore.rules.invariants import INVARIANTS
from ordercore.rules.rule import Rule, parse
from ordercore.rules.trace import Condition, Evaluation, Missing, Operand
from ordercore.rules.vocabulary import Vocabulary

__all__ = [
    "BOOLEAN",
    "DECIMAL",
    "INSTANT",
    "INTEGER",
    "INVARIANTS",
    "MONEY",
    "QUANTITY",
    "TEXT",
    "TEXTS",
    "AllOf",
    "AnyOf",
    "Arithmetic",
    "BooleanLiteral",
    "Compare",
    "Comparison",
    "Condition",
    "Contains",
    "Count",
    "DecimalLiteral",
    "Evaluation",
    "Every",
    "Expression",
    "FactKind",
    "FactType",
    "Field",
    "Includes",
    "InstantLiteral",
    "IntegerLiteral",
    "IsMissing",
    "Literal",
    "Membership",
    "Missing",
    "MoneyLiteral",
    "Not",
    "Operand",
    "Operator",
    "QuantityLiteral",
    "Rule",
    "Some",
    "StartsWith",
    "Sum",
    "TextLiteral",
    "Vocabulary",
    "Within",
    "always_holds",
    "enum",
    "excludes",
    "implies",
    "list_of",
    "never_holds",
    "parse",
    "quantity_of",
]

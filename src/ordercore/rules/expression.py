"""The nodes of a rule: a closed union of frozen values.

An expression says what is asked, not over which vocabulary; a node only refuses what no vocabulary
could make right. Types and names are judged by the checker when a
:class:`~ordercore.rules.Rule` is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final, TypeAlias, get_args

import attrs

from ordercore.kernel import (
    Choice,
    Instant,
    InvalidValue,
    Money,
    Quantity,
    as_instant,
    as_optional_instant,
    as_tuple,
    checked,
    checked_but,
    expect,
    problems,
)
from ordercore.rules.facttype import is_name, is_path
from ordercore.rules.limits import MAX_DIGITS, MAX_TEXT_LITERAL

__all__ = [
    "AllOf",
    "AnyOf",
    "Arithmetic",
    "BooleanLiteral",
    "Compare",
    "Comparison",
    "Contains",
    "Count",
    "DecimalLiteral",
    "Every",
    "Expression",
    "Field",
    "Includes",
    "InstantLiteral",
    "IntegerLiteral",
    "IsMissing",
    "Literal",
    "Membership",
    "MoneyLiteral",
    "Not",
    "Operator",
    "QuantityLiteral",
    "Some",
    "StartsWith",
    "Sum",
    "TextLiteral",
    "Within",
    "children",
    "is_expression",
    "plain_decimal",
    "plain_text",
    "walk",
]

_LIMIT: Final = 10**MAX_DIGITS
_SURROGATE = re.compile("[\ud800-\udfff]")


def plain_text(value: object) -> bool:
    """Whether text can stand in a rule: bounded, and encodable as UTF-8."""
    return (
        isinstance(value, str)
        and len(value) <= MAX_TEXT_LITERAL
        and _SURROGATE.search(value) is None
    )


def plain_decimal(value: Decimal) -> str:
    """The one way to write a decimal: no exponent, no trailing zeros, always a point."""
    whole, _, digits = format(value, "f").partition(".")
    return f"{whole}.{digits.rstrip('0') or '0'}"


class Comparison(Choice):
    """How two operands are compared."""

    EQ = "=="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


class Operator(Choice):
    """Exact arithmetic; there is no division, because it is not."""

    ADD = "+"
    SUB = "-"
    MUL = "*"


@attrs.frozen
@checked
class MoneyLiteral:
    """An amount: ``CNY(500000)``, in major units.

    Example:
        >>> MoneyLiteral(Money.of("0.10", "CNY")).value.minor
        10
    """

    value: Money

    def __attrs_post_init__(self) -> None:
        if type(self.value) is not Money or abs(self.value.minor) >= _LIMIT:
            raise InvalidValue("rule.literal", "value", self.value, "a Money of at most 30 digits")


@attrs.frozen
@checked
class QuantityLiteral:
    """A quantity of a unit: ``quantity('1.5 kg')``."""

    value: Quantity

    def __attrs_post_init__(self) -> None:
        if type(self.value) is not Quantity or abs(self.value.amount) >= _LIMIT:
            raise InvalidValue(
                "rule.literal", "value", self.value, "a Quantity of at most 30 digits"
            )


@attrs.frozen
@checked
class IntegerLiteral:
    """A whole number: ``3``."""

    value: int

    def __attrs_post_init__(self) -> None:
        if type(self.value) is not int or abs(self.value) >= _LIMIT:
            raise InvalidValue("rule.literal", "value", self.value, "an int of at most 30 digits")


@attrs.frozen
@checked
class DecimalLiteral:
    """A decimal number: ``0.15``; equal values are equal literals, ``-0`` is ``0``.

    Example:
        >>> DecimalLiteral(Decimal("1.50")) == DecimalLiteral(Decimal("1.5"))
        True
    """

    value: Decimal

    def __attrs_post_init__(self) -> None:
        value = self.value
        # Judged by position first, so that 1E+999999999 is refused without being written out.
        good = type(value) is Decimal and value.is_finite()
        good = good and (not value or -MAX_DIGITS <= value.adjusted() < MAX_DIGITS)
        text = plain_decimal(value) if good and value else "0.0"
        if not good or len(text.replace("-", "")) > MAX_DIGITS + 1:
            raise InvalidValue("rule.literal", "value", value, "a Decimal of at most 30 digits")
        object.__setattr__(self, "value", Decimal(text))


@attrs.frozen
@checked
class TextLiteral:
    """Text: ``'A'``, at most 500 characters."""

    value: str

    def __attrs_post_init__(self) -> None:
        if not plain_text(self.value):
            raise InvalidValue(
                "rule.literal", "value", self.value, "text of at most 500 characters"
            )
        object.__setattr__(self, "value", str.__str__(self.value))


@attrs.frozen
@checked
class BooleanLiteral:
    """``True`` or ``False``."""

    value: bool

    def __attrs_post_init__(self) -> None:
        if type(self.value) is not bool:
            raise InvalidValue("rule.literal", "value", self.value, "a bool")


@attrs.frozen
@checked
class InstantLiteral:
    """A moment: ``instant('2026-11-11T00:00:00Z')``; text is read, any zone becomes UTC.

    Example:
        >>> InstantLiteral("2026-11-11T08:00+08:00") == InstantLiteral("2026-11-11T00:00Z")
        True
    """

    value: Instant = attrs.field(converter=as_instant)


Literal: TypeAlias = (
    MoneyLiteral
    | QuantityLiteral
    | IntegerLiteral
    | DecimalLiteral
    | TextLiteral
    | BooleanLiteral
    | InstantLiteral
)
"""A value written in the rule."""


@attrs.frozen
@checked
class Field:
    """A fact by its path: ``order.total``, or ``line.quantity`` inside a question to a list.

    Example:
        >>> Field("order.total").root
        'order'
        >>> Field("order.__class__")
        Traceback (most recent call last):
        ordercore.kernel.errors.InvalidValue: rule.field_path at path: ...
    """

    path: str

    def __attrs_post_init__(self) -> None:
        if not is_path(self.path):
            raise InvalidValue("rule.field_path", "path", self.path, "a path such as 'order.total'")

    @property
    def root(self) -> str:
        """The first step: a root of the facts or a variable."""
        return self.path.partition(".")[0]


@attrs.frozen
@checked_but("left", "right")
class Arithmetic:
    """``left + right``, ``-`` or ``*``: exact, nothing is rounded."""

    left: Expression
    operator: Operator = attrs.field(converter=Operator)
    right: Expression


@attrs.frozen
@checked_but("left", "right")
class Compare:
    """``left > right`` and its five sisters."""

    left: Expression
    comparison: Comparison = attrs.field(converter=Comparison)
    right: Expression


def _choices(choices: Iterable[Literal]) -> tuple[Literal, ...]:
    return as_tuple(choices)


def _conditions(conditions: Iterable[Expression]) -> tuple[Expression, ...]:
    return expect(as_tuple(conditions), tuple, "conditions")


@attrs.frozen
@checked_but("item")
class Membership:
    """``order.channel in ('douyin', 'tmall')``; the choices keep their order, each once."""

    item: Expression
    choices: tuple[Literal, ...] = attrs.field(converter=_choices)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.choices:
            faults.add("rule.too_few", "choices", (), "at least one choice")
        if any(not isinstance(choice, Literal) for choice in self.choices):
            faults.add("rule.choice", "choices", self.choices, "literals")
        elif len(set(self.choices)) < len(self.choices):
            faults.add("rule.choice_twice", "choices", self.choices, "each choice once")
        faults.raise_if_any("membership")


@attrs.frozen
@checked_but("collection", "item")
class Includes:
    """``'vip' in customer.tags``: whether a set of text holds an item."""

    collection: Field
    item: Expression


@attrs.frozen
@checked_but("text", "part")
class Contains:
    """``contains(item.name, 'tea')``; upper and lower case differ."""

    text: Expression
    part: Expression


@attrs.frozen
@checked_but("text", "prefix")
class StartsWith:
    """``starts_with(item.sku, 'TEA-')``; upper and lower case differ."""

    text: Expression
    prefix: Expression


def _moment(value: Instant | str | None) -> Instant | None:
    return as_optional_instant(value)


@attrs.frozen
@checked_but("at")
class Within:
    """``within(order.placed_at, '2026-11-11T00:00:00Z', None)``: a half-open span of time.

    ``start`` belongs to the span, ``end`` does not; None leaves that side open.
    """

    at: Expression
    start: Instant | None = attrs.field(converter=_moment)
    end: Instant | None = attrs.field(converter=_moment)

    def __attrs_post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise InvalidValue("rule.empty_span", "end", self.end, "an end after the start")


@attrs.frozen
@checked_but("field")
class IsMissing:
    """``customer.rating is None``: the only question that a missing fact answers."""

    field: Field


@attrs.frozen
@checked_but("condition")
class Not:
    """``not condition``."""

    condition: Expression


@attrs.frozen
@checked_but("conditions")
class AllOf:
    """``a and b and c``: asked from the left, until one does not hold."""

    conditions: tuple[Expression, ...] = attrs.field(converter=_conditions)

    def __attrs_post_init__(self) -> None:
        _at_least_two(self.conditions)


@attrs.frozen
@checked_but("conditions")
class AnyOf:
    """``a or b or c``: asked from the left, until one holds."""

    conditions: tuple[Expression, ...] = attrs.field(converter=_conditions)

    def __attrs_post_init__(self) -> None:
        _at_least_two(self.conditions)


def _at_least_two(conditions: tuple[Expression, ...]) -> None:
    if len(conditions) < 2:
        raise InvalidValue("rule.too_few", "conditions", conditions, "at least two conditions")


def _variable(name: str) -> None:
    if not is_name(name):
        raise InvalidValue("rule.variable_name", "variable", name, "a name such as 'line'")


@attrs.frozen(kw_only=True)
@checked_but("condition", "source")
class Some:
    """``any(line.quantity > 3 for line in order.lines)``; no line, no."""

    condition: Expression
    variable: str
    source: Field

    def __attrs_post_init__(self) -> None:
        _variable(self.variable)


@attrs.frozen(kw_only=True)
@checked_but("condition", "source")
class Every:
    """``all(line.quantity > 3 for line in order.lines)``; no line, yes."""

    condition: Expression
    variable: str
    source: Field

    def __attrs_post_init__(self) -> None:
        _variable(self.variable)


@attrs.frozen(kw_only=True)
@checked_but("source", "condition")
class Count:
    """``count(order.lines)``, or ``count(line for line in order.lines if line.gift)``."""

    source: Field
    variable: str = ""
    condition: Expression | None = None

    def __attrs_post_init__(self) -> None:
        if self.condition is not None:
            _variable(self.variable)
        elif self.variable != "":
            raise InvalidValue(
                "rule.variable_name", "variable", self.variable, "none without a condition"
            )


@attrs.frozen(kw_only=True)
@checked_but("value", "source", "condition")
class Sum:
    """``sum(line.quantity for line in order.lines)``, with an optional ``if`` at its end.

    The sum of no money, or of no quantity, is zero in whatever currency or unit it meets.
    """

    value: Expression
    variable: str
    source: Field
    condition: Expression | None = None

    def __attrs_post_init__(self) -> None:
        _variable(self.variable)


Expression: TypeAlias = (
    Literal
    | Field
    | Arithmetic
    | Compare
    | Membership
    | Includes
    | Contains
    | StartsWith
    | Within
    | IsMissing
    | Not
    | AllOf
    | AnyOf
    | Some
    | Every
    | Count
    | Sum
)
"""Everything that can stand in a rule."""


_NODES: Final = frozenset(get_args(Expression))


def is_expression(value: object) -> bool:
    """Whether ``value`` is a node."""
    return type(value) in _NODES


def children(node: Expression) -> tuple[tuple[str, Expression], ...]:
    """The expressions directly inside a node, each with its place in the JSON form."""
    found: list[tuple[str, Expression]] = []
    for field in attrs.fields(type(node)):
        inner = getattr(node, field.name)
        if isinstance(inner, tuple):
            found += [
                (f"{field.name}[{i}]", each) for i, each in enumerate(inner) if is_expression(each)
            ]
        elif is_expression(inner):
            found.append((field.name, inner))
    return tuple(found)


def walk(node: Expression) -> Iterator[tuple[int, Expression]]:
    """Every node with its level from 1, without recursion; the given one first."""
    waiting = [(1, node)]
    while waiting:
        level, each = waiting.pop()
        yield level, each
        waiting += [(level + 1, inner) for _, inner in reversed(children(each))]

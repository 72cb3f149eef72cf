"""Writing a rule down: the text form, with no bracket that is not needed."""

from __future__ import annotations

import re
from typing import Final, assert_never

from ordercore.kernel import Instant, Money, to_text
from ordercore.rules.expression import (
    AllOf,
    AnyOf,
    Arithmetic,
    BooleanLiteral,
    Compare,
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
    plain_decimal,
)

__all__ = ["HIDDEN_CHARACTERS", "quoted", "write"]

# The precedences of Python, which reads the text back.
_OR, _AND, _NOT, _COMPARE, _ADD, _MUL, _SIGN, _ATOM = range(1, 9)

HIDDEN_CHARACTERS: Final = (
    "\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
)
"""A character class of what cannot be seen, or turns the reading direction: always escaped."""

_ESCAPED = re.compile(f"[\\\\'{HIDDEN_CHARACTERS}]")
_SHORT: Final = (("\\", "\\\\"), ("'", "\\'"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r"))


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    for plain, escape in _SHORT:
        if character == plain:
            return escape
    point = ord(character)
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def quoted(text: str) -> str:
    r"""A text literal; the same on every Python version, unlike ``repr``.

    Example:
        >>> print(quoted("it's"))
        'it\'s'
    """
    return "'" + _ESCAPED.sub(_escape, text) + "'"


def write(node: Expression) -> str:
    """The text form of an expression. O(nodes); the depth must have been checked.

    Example:
        >>> from ordercore.rules.expression import Field, Not
        >>> write(Not(Not(Field("order.gift"))))
        'not not order.gift'
    """
    return _write(node)[0]


def _at_least(node: Expression, precedence: int) -> str:
    text, own = _write(node)
    return text if own >= precedence else f"({text})"


def _write(node: Expression) -> tuple[str, int]:
    match node:
        case Field():
            return node.path, _ATOM
        case MoneyLiteral():
            return f"{node.value.currency}({_major(node.value)})", _ATOM
        case QuantityLiteral():
            return f"quantity({quoted(str(node.value))})", _ATOM
        case IntegerLiteral():
            return str(node.value), _SIGN
        case DecimalLiteral():
            return plain_decimal(node.value), _SIGN
        case TextLiteral():
            return quoted(node.value), _ATOM
        case BooleanLiteral():
            return str(node.value), _ATOM
        case InstantLiteral():
            return f"instant({quoted(to_text(node.value))})", _ATOM
        case Arithmetic():
            own = _MUL if node.operator is Operator.MUL else _ADD
            left, right = _at_least(node.left, own), _at_least(node.right, own + 1)
            return f"{left} {node.operator.value} {right}", own
        case Compare():
            left, right = _at_least(node.left, _ADD), _at_least(node.right, _ADD)
            return f"{left} {node.comparison.value} {right}", _COMPARE
        case Membership() | Includes() | IsMissing():
            return _tested(node, ""), _COMPARE
        case Not(Membership() | Includes() | IsMissing() as tested):
            return _tested(tested, "not "), _COMPARE
        case Not():
            return f"not {_at_least(node.condition, _NOT)}", _NOT
        case AllOf():
            return " and ".join(_at_least(each, _NOT) for each in node.conditions), _AND
        case AnyOf():
            return " or ".join(_at_least(each, _AND) for each in node.conditions), _OR
        case Contains():
            return f"contains({write(node.text)}, {write(node.part)})", _ATOM
        case StartsWith():
            return f"starts_with({write(node.text)}, {write(node.prefix)})", _ATOM
        case Within():
            return f"within({write(node.at)}, {_moment(node.start)}, {_moment(node.end)})", _ATOM
        case Some():
            return _question("any", node.condition, node), _ATOM
        case Every():
            return _question("all", node.condition, node), _ATOM
        case Sum():
            return _question("sum", node.value, node), _ATOM
        case Count():
            if node.condition is None:
                return f"count({node.source.path})", _ATOM
            return _question("count", node.variable, node), _ATOM
        case _:
            assert_never(node)


def _tested(node: Membership | Includes | IsMissing, negation: str) -> str:
    match node:
        case IsMissing():
            return f"{node.field.path} is {negation}None"
        case Includes():
            return f"{_at_least(node.item, _ADD)} {negation}in {node.collection.path}"
        case Membership():
            choices = ", ".join(write(choice) for choice in node.choices)
            comma = "," if len(node.choices) == 1 else ""
            return f"{_at_least(node.item, _ADD)} {negation}in ({choices}{comma})"
        case _:
            assert_never(node)


def _question(name: str, asked: Expression | str, node: Some | Every | Sum | Count) -> str:
    text = asked if isinstance(asked, str) else write(asked)
    text = f"{text} for {node.variable} in {node.source.path}"
    if isinstance(node, Sum | Count) and node.condition is not None:
        text += f" if {write(node.condition)}"
    return f"{name}({text})"


def _moment(at: Instant | None) -> str:
    return "None" if at is None else quoted(to_text(at))


def _major(value: Money) -> str:
    """Major units; the decimals only where there are any."""
    text = value.format(code=False)
    whole, _, digits = text.partition(".")
    return text if digits.strip("0") else whole

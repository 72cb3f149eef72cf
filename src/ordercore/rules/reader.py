"""Reading the text form: Python's ``ast`` over a whitelist.

Every construct that a rule may have is named here; whatever is not named is refused with its place.
A refused part leaves a hole, so that the rest is still judged and all findings come at once.
"""

from __future__ import annotations

import ast
from decimal import Decimal
from typing import Final

from ordercore.kernel import (
    Finding,
    InvalidBatch,
    InvalidDefinition,
    InvalidValue,
    Money,
    PrecisionLoss,
    Quantity,
    Severity,
    UnknownCurrency,
)
from ordercore.rules.checker import check
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
from ordercore.rules.limits import MAX_DEPTH
from ordercore.rules.scanner import scan
from ordercore.rules.vocabulary import Vocabulary, nearest

__all__ = ["read_text"]

_COMPARISONS: Final = (
    (ast.Eq, Comparison.EQ),
    (ast.NotEq, Comparison.NE),
    (ast.Lt, Comparison.LT),
    (ast.LtE, Comparison.LE),
    (ast.Gt, Comparison.GT),
    (ast.GtE, Comparison.GE),
)
_OPERATORS: Final = ((ast.Add, Operator.ADD), (ast.Sub, Operator.SUB), (ast.Mult, Operator.MUL))
_QUESTIONS: Final = ("all", "any", "count", "sum")
_FUNCTIONS: Final = (*_QUESTIONS, "contains", "instant", "quantity", "starts_with", "within")
_EXCERPT: Final = 100


def read_text(text: str, vocabulary: Vocabulary) -> Expression:
    """The expression that a text writes down.

    Raises:
        InvalidValue: ``rule.not_text`` when ``text`` is not a ``str``.
        InvalidDefinition: every finding, ``path`` is ``line:column`` from 1, the message ends with
            the line and a caret under the place.
    """
    if not isinstance(text, str):
        raise InvalidValue("rule.not_text", "text", text, "the text of a rule")
    source = _Source(text.replace("\r\n", "\n"))
    for fault in scan(source.text):
        source.add(fault.code, fault.offset, fault.message, fault.value)
    if not source.text.strip():
        source.add("rule.empty", 0, "a rule says something", "")
    source.raise_if_any()
    try:
        # The brackets let a rule run over several lines; the scan has seen that its own balance.
        tree = ast.parse(f"(\n{source.text}\n)", mode="eval")
    except SyntaxError as error:
        offset = source.offset((error.lineno or 2) - 2, max((error.offset or 1) - 1, 0))
        source.add("rule.syntax", offset, "this is not a condition", "")
        raise source.refusal() from None
    reader = _Reader(source, vocabulary)
    expression = reader.read(tree.body, 1)
    for found in check(expression, vocabulary, frozenset(reader.holes)):
        source.add(found.code, reader.places[id(found.node)], found.message, found.value)
    source.raise_if_any()
    return expression


class _Source:
    """A text, where its lines begin, and what was found in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n")
        self.found: list[tuple[int, str, str, str | None]] = []

    def offset(self, line: int, column: int) -> int:
        """The character at a line and column from 0; past the end, the end."""
        line = min(max(line, 0), len(self.lines) - 1)
        before = sum(len(each) + 1 for each in self.lines[:line])
        return before + min(column, len(self.lines[line]))

    def start(self, node: ast.expr) -> int:
        """Where a node begins; ``ast`` counts UTF-8 bytes and sees one line more."""
        line = self.lines[node.lineno - 2]
        column = len(line.encode()[: node.col_offset].decode())
        return self.offset(node.lineno - 2, column)

    def segment(self, node: ast.expr) -> str:
        """The characters of a node on one line, as they were written."""
        line = self.lines[node.lineno - 2].encode()
        return line[node.col_offset : node.end_col_offset].decode()

    def add(self, code: str, offset: int, message: str, value: str | None) -> None:
        self.found.append((offset, code, message, value))

    def raise_if_any(self) -> None:
        if self.found:
            raise self.refusal()

    def refusal(self) -> InvalidDefinition:
        found = sorted(self.found, key=lambda each: each[0])
        return InvalidDefinition("rule", tuple(self.finding(*each) for each in found))

    def finding(self, offset: int, code: str, message: str, value: str | None) -> Finding:
        before = self.text[:offset]
        line, column = before.count("\n"), offset - (before.rfind("\n") + 1)
        first = max(0, column - _EXCERPT // 2)
        excerpt = self.lines[line][first : first + _EXCERPT].replace("\t", " ")
        # Half a surrogate pair could be neither printed nor logged.
        excerpt = excerpt.encode(errors="replace").decode()
        shown = f"{message}\n{excerpt}\n{' ' * (column - first)}^"
        return Finding(code, Severity.ERROR, f"{line + 1}:{column + 1}", shown, value)


class _Hole(Exception):
    """A part that was reported and stands for nothing."""


class _Reader:
    """Turns the tree into nodes and remembers where each one began."""

    def __init__(self, source: _Source, vocabulary: Vocabulary) -> None:
        self.source = source
        self.vocabulary = vocabulary
        self.places: dict[int, int] = {}
        self.holes: set[int] = set()
        self.too_deep = False
        # Holes and places go by identity: a node that was dropped must not lend its id to another.
        self.kept: list[object] = []

    def refuse(self, node: ast.expr, code: str, message: str, value: str | None = None) -> _Hole:
        self.source.add(code, self.source.start(node), message, value)
        return _Hole()

    def unsupported(self, node: ast.expr, message: str) -> _Hole:
        return self.refuse(node, "rule.unsupported", message, type(node).__name__)

    def read(self, node: ast.expr, level: int) -> Expression:
        """The expression of a part; a hole where it is refused."""
        made: Expression
        try:
            if level > MAX_DEPTH and self.too_deep:
                raise _Hole
            if level > MAX_DEPTH:
                self.too_deep = True
                message = f"an expression has at most {MAX_DEPTH} levels"
                raise self.refuse(node, "rule.too_deep", message)
            made = self.build(node, level + 1)
        except (_Hole, InvalidValue, InvalidBatch) as error:
            faults = error.faults if isinstance(error, InvalidBatch) else (error,)
            for fault in faults:
                if isinstance(fault, InvalidValue):
                    self.refuse(node, fault.code, f"{fault.expected} is needed here")
            made = BooleanLiteral(value=False)
            self.holes.add(id(made))
        self.keep(made, node)
        return made

    def keep(self, made: Expression, node: ast.expr) -> None:
        self.places[id(made)] = self.source.start(node)
        self.kept.append(made)

    def build(self, node: ast.expr, level: int) -> Expression:
        match node:
            case ast.BoolOp():
                conditions = tuple(self.read(each, level) for each in node.values)
                return AllOf(conditions) if isinstance(node.op, ast.And) else AnyOf(conditions)
            case ast.UnaryOp(op=ast.Not()):
                return Not(self.read(node.operand, level))
            case ast.Compare():
                return self.compare(node, level)
            case ast.BinOp():
                operator = next(ours for theirs, ours in _OPERATORS if isinstance(node.op, theirs))
                left, right = self.read(node.left, level), self.read(node.right, level)
                return Arithmetic(left, operator, right)
            case ast.Call():
                return self.call(node, level)
            case ast.Name() | ast.Attribute():
                return self.field(node)
            case ast.Constant(value=bool() as flag):
                return BooleanLiteral(flag)
            case ast.Constant(value=str() as text):
                return TextLiteral(text)
            case ast.Constant(value=None):
                raise self.unsupported(node, "ask for a missing fact with `is None`")
            case ast.Constant() | ast.UnaryOp():
                number = self.number(node)
                whole = "." not in number
                return IntegerLiteral(int(number)) if whole else DecimalLiteral(Decimal(number))
            case _:
                raise self.unsupported(node, "this has no place in a rule")

    def number(self, node: ast.expr) -> str:
        """The characters of a number: never its float."""
        match node:
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as digits):
                sign = "-"
            case ast.Constant() as digits:
                sign = ""
            case _:
                raise self.unsupported(node, "a number is needed here, with at most one minus")
        if type(digits.value) not in {int, float}:
            raise self.unsupported(digits, "a number is needed here")
        return sign + self.source.segment(digits).replace("_", "")

    def text(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        raise self.unsupported(node, "quoted text is needed here")

    def field(self, node: ast.expr) -> Field:
        """A dotted path; the only attribute access there is."""
        steps: list[str] = []
        inner = node
        while isinstance(inner, ast.Attribute):
            steps.append(inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            raise self.unsupported(node, "a fact is named by its path, such as order.total")
        field = Field(".".join((inner.id, *reversed(steps))))
        self.keep(field, node)
        return field

    def compare(self, node: ast.Compare, level: int) -> Expression:
        if len(node.ops) > 1:
            message = "write a < b < c as a < b and b < c"
            raise self.refuse(node, "rule.chained_comparison", message)
        operator, right = node.ops[0], node.comparators[0]
        match operator:
            case ast.Is() | ast.IsNot():
                if not (isinstance(right, ast.Constant) and right.value is None):
                    raise self.unsupported(right, "`is` is followed by None")
                missing = self.marked(IsMissing(self.field(node.left)), node)
                return missing if isinstance(operator, ast.Is) else Not(missing)
            case ast.In() | ast.NotIn():
                found = self.marked(self.membership(node, right, level), node)
                return found if isinstance(operator, ast.In) else Not(found)
            case _:
                comparison = next(
                    ours for theirs, ours in _COMPARISONS if isinstance(operator, theirs)
                )
                return Compare(self.read(node.left, level), comparison, self.read(right, level))

    def marked(self, made: Expression, node: ast.expr) -> Expression:
        self.keep(made, node)
        return made

    def membership(self, node: ast.Compare, right: ast.expr, level: int) -> Expression:
        item = self.read(node.left, level)
        if isinstance(right, ast.Name | ast.Attribute):
            return Includes(self.field(right), item)
        if not isinstance(right, ast.Tuple | ast.List):
            message = "`in` is followed by a set of text or by choices such as ('a', 'b') or ('a',)"
            raise self.unsupported(right, message)
        choices: list[Literal] = []
        faulty = False
        for each in right.elts:
            made = self.read(each, level)
            faulty = faulty or id(made) in self.holes
            if isinstance(made, Literal):
                choices.append(made)
            else:
                faulty = True
                self.unsupported(each, "a choice is written out, not computed")
        if faulty:
            raise _Hole
        return Membership(item, tuple(choices))

    def call(self, node: ast.Call, level: int) -> Expression:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        currency = len(name) == 3 and name.isupper()
        if not name or not (currency or name in _FUNCTIONS):
            message = f"no function {name!r}{nearest(name, _FUNCTIONS)}" if name else "no call here"
            raise self.refuse(node, "rule.unknown_function", message, name)
        if any(isinstance(each, ast.Starred) for each in node.args):
            raise self.unsupported(node, "arguments are written out one by one")
        wanted = 3 if name == "within" else 2 if name in {"contains", "starts_with"} else 1
        if len(node.args) != wanted or node.keywords:
            message = f"{name} takes {wanted} argument{'s' * (wanted > 1)}, without names"
            raise self.refuse(node, "rule.arguments", message, str(len(node.args)))
        if name in _QUESTIONS:
            return self.question(node, name, node.args[0], level)
        if currency:
            return self.money(node, name)
        match name:
            case "contains":
                return Contains(self.read(node.args[0], level), self.read(node.args[1], level))
            case "starts_with":
                return StartsWith(self.read(node.args[0], level), self.read(node.args[1], level))
            case "instant":
                return InstantLiteral(self.text(node.args[0]))
            case "quantity":
                return self.quantity(node)
            case _:
                start, end = (self.moment(each) for each in node.args[1:])
                return Within(self.read(node.args[0], level), start, end)

    def moment(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Constant) and node.value is None:
            return None
        return self.text(node)

    def money(self, node: ast.Call, currency: str) -> MoneyLiteral:
        amount = self.number(node.args[0])
        try:
            return MoneyLiteral(Money.of(amount, currency))
        except UnknownCurrency:
            message = f"{currency} is not a currency with a minor unit"
            raise self.refuse(node, "rule.unknown_currency", message, currency) from None
        except PrecisionLoss as error:
            message = f"{currency} has {error.expected}"
            raise self.refuse(node, "rule.precision_loss", message, amount) from None

    def quantity(self, node: ast.Call) -> QuantityLiteral:
        text = self.text(node.args[0])
        try:
            return QuantityLiteral(Quantity.parse(text, self.vocabulary.units))
        except InvalidValue as error:
            if error.code != "quantity.unknown_unit":
                raise
            known = tuple(unit.symbol for unit in self.vocabulary.units)
            word = str(error.value)
            message = f"no unit {word!r}{nearest(word, known)}"
            raise self.refuse(node, "rule.unknown_unit", message, word) from None

    def question(self, call: ast.Call, name: str, node: ast.expr, level: int) -> Expression:
        if name == "count" and isinstance(node, ast.Name | ast.Attribute):
            return Count(source=self.field(node))
        if not isinstance(node, ast.GeneratorExp) or len(node.generators) > 1:
            raise self.unsupported(call, f"write {name}(… for line in order.lines)")
        each = node.generators[0]
        if not isinstance(each.target, ast.Name):
            raise self.unsupported(each.target, "one name stands for each item of the list")
        source, variable = self.field(each.iter), each.target.id
        filtered = name in {"count", "sum"}
        if len(each.ifs) > filtered:
            message = "one condition at most, joined with `and`"
            if not filtered:
                message = "put the condition before `for`, joined with `and` or `or not`"
            raise self.unsupported(each.ifs[-1], message)
        condition = self.read(each.ifs[0], level) if each.ifs else None
        if name == "count":
            if not (isinstance(node.elt, ast.Name) and node.elt.id == variable):
                message = f"write count({variable} for {variable} in … if …)"
                raise self.unsupported(node.elt, message)
            if condition is None:
                message = f"write count({source.path})"
                raise self.unsupported(node.elt, message)
            return Count(source=source, variable=variable, condition=condition)
        asked = self.read(node.elt, level)
        match name:
            case "any":
                return Some(condition=asked, variable=variable, source=source)
            case "all":
                return Every(condition=asked, variable=variable, source=source)
            case _:
                return Sum(value=asked, variable=variable, source=source, condition=condition)

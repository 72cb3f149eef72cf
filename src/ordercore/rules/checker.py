"""Whether an expression makes sense over a vocabulary: names, types, limits.

One checker serves rules from text, from JSON and built by hand; it reports every fault with the
node it is about, so that the caller can say where that node stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, assert_never

import attrs

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
    is_expression,
    walk,
)
from ordercore.rules.facttype import (
    BOOLEAN,
    DECIMAL,
    INSTANT,
    INTEGER,
    MONEY,
    TEXT,
    FactKind,
    FactType,
    quantity_of,
)
from ordercore.rules.limits import MAX_DEPTH, MAX_NODES, MAX_RULE_TEXT
from ordercore.rules.text_form import write
from ordercore.rules.vocabulary import Vocabulary, nearest

__all__ = ["Fault", "Scope", "check", "type_of"]

_NUMBERS: Final = frozenset({FactKind.INTEGER, FactKind.DECIMAL})
_AMOUNTS: Final = frozenset({FactKind.MONEY, FactKind.QUANTITY})
_TEXTUAL: Final = frozenset({FactKind.TEXT, FactKind.ENUM})
_ORDERED: Final = _NUMBERS | _AMOUNTS | {FactKind.INSTANT}


@attrs.frozen
class Fault:
    """What is wrong, about which node, and where that node stands in the expression."""

    code: str
    node: object
    path: str
    message: str
    value: str | None = None


@attrs.frozen
class Scope:
    """What a path can mean at one place: the vocabulary and the variables around it."""

    vocabulary: Vocabulary
    variables: Mapping[str, FactType] = attrs.field(factory=dict)

    def find(self, path: str) -> FactType | None:
        """The type of a path, None when it is unknown."""
        root, _, rest = path.partition(".")
        record = self.variables.get(root)
        return self.vocabulary.fields.get(path) if record is None else record.fields.get(rest)

    def with_(self, variable: str, record: FactType) -> Scope:
        """The scope inside a question to a list."""
        return Scope(self.vocabulary, {**self.variables, variable: record})

    def words(self) -> tuple[str, ...]:
        """Every path that means something here."""
        inner = [
            f"{name}.{field}" for name, record in self.variables.items() for field in record.fields
        ]
        return (*inner, *self.vocabulary.fields)


def check(
    expression: Expression, vocabulary: Vocabulary, holes: frozenset[int] = frozenset()
) -> tuple[Fault, ...]:
    """Every fault of an expression as a rule. O(nodes × words near a misspelt one).

    ``holes`` are the ``id`` of nodes that stand for something already reported: nothing is said
    about them.
    """
    faults = _limits(expression, holes)
    if not faults:
        checker = _Checker(holes, faults)
        found = checker.infer(expression, "", Scope(vocabulary))
        if found is not None and found.kind is not FactKind.BOOLEAN:
            message = f"a rule is a condition, this is {found}"
            checker.add("rule.not_a_condition", expression, "", message)
        if not faults and not holes and len(write(expression)) > MAX_RULE_TEXT:
            message = f"a rule has at most {MAX_RULE_TEXT} characters of text"
            checker.add("rule.too_long", expression, "", message)
    return tuple(faults)


def type_of(node: Expression, scope: Scope) -> FactType:
    """The type of a node that was checked."""
    found = _Checker(frozenset(), []).infer(node, "", scope)
    assert found is not None
    return found


def _limits(expression: Expression, holes: frozenset[int]) -> list[Fault]:
    if not is_expression(expression):
        message = "a rule is made of expressions"
        return [Fault("rule.not_an_expression", expression, "", message, repr(expression)[:80])]
    for count, (level, node) in enumerate(walk(expression), 1):
        if level > MAX_DEPTH and id(node) not in holes:
            message = f"an expression has at most {MAX_DEPTH} levels"
            return [Fault("rule.too_deep", node, "", message)]
        if count > MAX_NODES:
            message = f"a rule has at most {MAX_NODES} parts"
            return [Fault("rule.too_large", node, "", message)]
    return []


class _Checker:
    """Collects faults while it walks; None as a type means: already reported, say no more."""

    def __init__(self, holes: frozenset[int], faults: list[Fault]) -> None:
        self.holes = holes
        self.faults = faults

    def add(
        self, code: str, node: object, path: str, message: str, value: str | None = None
    ) -> None:
        self.faults.append(Fault(code, node, path, message, value))

    def infer(self, node: Expression, path: str, scope: Scope) -> FactType | None:
        if id(node) in self.holes:
            return None
        if not is_expression(node):
            message = "an expression is needed"
            self.add("rule.not_an_expression", node, path, message, repr(node)[:80])
            return None
        match node:
            case MoneyLiteral():
                return MONEY
            case QuantityLiteral():
                return self.quantity(node, path, scope)
            case IntegerLiteral():
                return INTEGER
            case DecimalLiteral():
                return DECIMAL
            case TextLiteral():
                return TEXT
            case BooleanLiteral():
                return BOOLEAN
            case InstantLiteral():
                return INSTANT
            case Field():
                return self.field(node, path, scope)
            case Arithmetic():
                return self.arithmetic(node, path, scope)
            case Count():
                if node.condition is None:
                    self.record(node.source, _under(path, "source"), scope)
                else:
                    self.question(node, node.condition, "condition", path, scope, boolean=True)
                return INTEGER
            case Sum():
                return self.sum(node, path, scope)
            case _:
                self.condition(node, path, scope)
                return BOOLEAN

    def condition(
        self,
        node: Compare
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
        | Every,
        path: str,
        scope: Scope,
    ) -> None:
        match node:
            case Compare():
                self.compare(node, path, scope)
            case Membership():
                self.membership(node, path, scope)
            case Includes():
                self.expect(node.collection, "collection", path, scope, {FactKind.TEXTS})
                self.expect(node.item, "item", path, scope, _TEXTUAL)
            case Contains():
                self.expect(node.text, "text", path, scope, _TEXTUAL)
                self.expect(node.part, "part", path, scope, _TEXTUAL)
            case StartsWith():
                self.expect(node.text, "text", path, scope, _TEXTUAL)
                self.expect(node.prefix, "prefix", path, scope, _TEXTUAL)
            case Within():
                self.expect(node.at, "at", path, scope, {FactKind.INSTANT})
            case IsMissing():
                if type(node.field) is Field:
                    self.infer(node.field, _under(path, "field"), scope)
                else:
                    self.expect(node.field, "field", path, scope, set())
            case Not():
                self.expect(node.condition, "condition", path, scope, {FactKind.BOOLEAN})
            case AllOf() | AnyOf():
                for i, each in enumerate(node.conditions):
                    self.expect(each, f"conditions[{i}]", path, scope, {FactKind.BOOLEAN})
            case Some() | Every():
                self.question(node, node.condition, "condition", path, scope, boolean=True)
            case _:
                assert_never(node)

    def expect(
        self,
        node: Expression,
        name: str,
        path: str,
        scope: Scope,
        kinds: frozenset[FactKind] | set[FactKind],
    ) -> None:
        """``node`` must be of one of these kinds."""
        place = _under(path, name)
        found = self.infer(node, place, scope)
        if found is not None and found.kind not in kinds:
            wanted = " or ".join(sorted(kinds)) or "field"
            message = f"{wanted} is needed here, this is {found}"
            self.add("rule.wrong_type", node, place, message, str(found))

    def field(self, node: Field, path: str, scope: Scope) -> FactType | None:
        found = scope.find(node.path)
        if found is None:
            message = f"no fact {node.path!r}{nearest(node.path, scope.words())}"
            self.add("rule.unknown_field", node, path, message, node.path)
        return found

    def quantity(self, node: QuantityLiteral, path: str, scope: Scope) -> FactType | None:
        unit = node.value.unit
        if unit not in scope.vocabulary.units:
            known = tuple(each.symbol for each in scope.vocabulary.units)
            message = f"no unit {unit.symbol!r}{nearest(unit.symbol, known)}"
            self.add("rule.unknown_unit", node, path, message, unit.symbol)
            return None
        return quantity_of(unit.dimension)

    def arithmetic(self, node: Arithmetic, path: str, scope: Scope) -> FactType | None:
        left = self.infer(node.left, _under(path, "left"), scope)
        right = self.infer(node.right, _under(path, "right"), scope)
        if left is None or right is None:
            return None
        kinds = {left.kind, right.kind}
        if kinds <= _NUMBERS:
            return INTEGER if kinds == {FactKind.INTEGER} else DECIMAL
        if node.operator is Operator.MUL:
            if left.kind in _AMOUNTS and right.kind in _NUMBERS:
                return left
            if right.kind in _AMOUNTS and left.kind in _NUMBERS:
                return right
        elif left.kind in _AMOUNTS and _alike(left, right):
            return left if left.dimension else right
        message = f"{left} {node.operator.value} {right} has no meaning"
        self.add("rule.wrong_type", node, path, message, f"{left}, {right}")
        return None

    def compare(self, node: Compare, path: str, scope: Scope) -> None:
        left = self.infer(node.left, _under(path, "left"), scope)
        right = self.infer(node.right, _under(path, "right"), scope)
        if left is None or right is None:
            return
        if not _comparable(left, right):
            message = f"{left} and {right} cannot be compared"
            self.add("rule.wrong_type", node, path, message, f"{left}, {right}")
            return
        equality = node.comparison in {Comparison.EQ, Comparison.NE}
        if not equality and left.kind not in _ORDERED:
            message = f"{left} has no order: only == and != compare it"
            self.add("rule.not_ordered", node, path, message, node.comparison.value)
        for type_, other, name in ((left, node.right, "right"), (right, node.left, "left")):
            self.choice(type_, other, _under(path, name))

    def choice(self, type_: FactType, node: Expression, path: str) -> None:
        """A text that meets an enum is one of its choices."""
        if (
            type_.kind is FactKind.ENUM
            and isinstance(node, TextLiteral)
            and node.value not in type_.choices
        ):
            message = f"{node.value!r} is never the case{nearest(node.value, type_.choices)}"
            self.add("rule.unknown_choice", node, path, message, node.value)

    def membership(self, node: Membership, path: str, scope: Scope) -> None:
        kinds = _TEXTUAL | {FactKind.INTEGER}
        item = self.infer(node.item, _under(path, "item"), scope)
        if item is not None and item.kind not in kinds:
            message = f"only text, enum and integer can be one of several, this is {item}"
            self.add("rule.wrong_type", node.item, _under(path, "item"), message, str(item))
            return
        for i, each in enumerate(node.choices):
            place = _under(path, f"choices[{i}]")
            found = self.infer(each, place, scope)
            if item is None or found is None:
                continue
            if not _comparable(item, found) or found.kind not in kinds:
                message = f"{item} is never {found}"
                self.add("rule.wrong_type", each, place, message, str(found))
            self.choice(item, each, place)

    def record(self, source: Field, path: str, scope: Scope) -> FactType | None:
        """The type of a list that is asked."""
        found = self.infer(source, path, scope)
        if found is not None and (found.kind is not FactKind.LIST or type(source) is not Field):
            message = f"a list is needed here, this is {found}"
            self.add("rule.wrong_type", source, path, message, str(found))
            return None
        return found

    def question(
        self,
        node: Some | Every | Count | Sum,
        inner: Expression,
        name: str,
        path: str,
        scope: Scope,
        *,
        boolean: bool,
    ) -> FactType | None:
        """The type of what is asked about each item of a list."""
        record = self.record(node.source, _under(path, "source"), scope)
        if node.variable in scope.variables or node.variable in scope.vocabulary.roots:
            message = f"{node.variable!r} already means something else here"
            self.add("rule.variable_taken", node, path, message, node.variable)
            return None
        if record is None:
            return None
        inside = scope.with_(node.variable, record)
        if boolean:
            self.expect(inner, name, path, inside, {FactKind.BOOLEAN})
            return BOOLEAN
        return self.infer(inner, _under(path, name), inside)

    def sum(self, node: Sum, path: str, scope: Scope) -> FactType | None:
        found = self.question(node, node.value, "value", path, scope, boolean=False)
        if found is not None and node.condition is not None:
            self.question(node, node.condition, "condition", path, scope, boolean=True)
        if found is not None and found.kind not in _NUMBERS | _AMOUNTS:
            message = f"{found} cannot be summed"
            place = _under(path, "value")
            self.add("rule.wrong_type", node.value, place, message, str(found))
            return None
        return found


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _alike(left: FactType, right: FactType) -> bool:
    """The same kind of amount, and not two dimensions that are known to differ."""
    return left.kind is right.kind and (
        left.dimension == right.dimension or not left.dimension or not right.dimension
    )


def _comparable(left: FactType, right: FactType) -> bool:
    kinds = {left.kind, right.kind}
    if kinds <= _NUMBERS or kinds in ({FactKind.BOOLEAN}, {FactKind.INSTANT}):
        return True
    if kinds <= _TEXTUAL:
        shared = set(left.choices) & set(right.choices)
        return bool(shared) or kinds != {FactKind.ENUM}
    return left.kind in _AMOUNTS and _alike(left, right)

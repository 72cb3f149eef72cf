"""Shared by the tests of rules: a vocabulary, facts, generated rules, and a naive interpreter."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import attrs
from hypothesis import strategies as st

from ordercore.kernel import STANDARD_UNITS, Money, Quantity, instant
from ordercore.rules import (
    BOOLEAN,
    DECIMAL,
    INSTANT,
    INTEGER,
    MONEY,
    QUANTITY,
    TEXT,
    TEXTS,
    AllOf,
    AnyOf,
    Arithmetic,
    BooleanLiteral,
    Compare,
    Contains,
    Count,
    DecimalLiteral,
    Every,
    Field,
    Includes,
    InstantLiteral,
    IntegerLiteral,
    IsMissing,
    Membership,
    MoneyLiteral,
    Not,
    QuantityLiteral,
    Some,
    StartsWith,
    Sum,
    TextLiteral,
    Vocabulary,
    Within,
    enum,
    list_of,
    quantity_of,
)

PART = {"code": TEXT, "pieces": INTEGER, "cost": MONEY, "spare": BOOLEAN}
LINE = {
    "sku": TEXT,
    "units": INTEGER,
    "price": MONEY,
    "mass": quantity_of("mass"),
    "rate": DECIMAL,
    "grade": enum("A", "B"),
    "gift": BOOLEAN,
    "due": INSTANT,
    "labels": TEXTS,
    "deep.name": TEXT,
    "parts": list_of(PART),
}
WORDS = Vocabulary(
    "order",
    {
        "order.total": MONEY,
        "order.tax.amount": MONEY,
        "order.units": INTEGER,
        "order.rate": DECIMAL,
        "order.mass": quantity_of("mass"),
        "order.size": QUANTITY,
        "order.channel": TEXT,
        "order.gift": BOOLEAN,
        "order.placed": INSTANT,
        "order.lines": list_of(LINE),
        "order.items": list_of({"sku": TEXT, "units": INTEGER}),
        "customer.rating": enum("A", "B", "C"),
        "customer.tags": TEXTS,
        "paid": BOOLEAN,
        "copies": INTEGER,
    },
)

KILOGRAM = next(unit for unit in STANDARD_UNITS if unit.symbol == "kg")
GRAM = next(unit for unit in STANDARD_UNITS if unit.symbol == "g")
LITRE = next(unit for unit in STANDARD_UNITS if unit.symbol == "L")
T0 = instant("2026-11-11T00:00:00Z")


@attrs.frozen
class Record:
    """An object whose attributes are facts."""

    sku: object = None
    units: object = None
    price: object = None
    mass: object = None
    rate: object = None
    grade: object = None
    gift: object = None
    due: object = None
    labels: object = None
    deep: object = None
    parts: object = None


# --- generated values --------------------------------------------------------------------------

monies = st.builds(Money, st.integers(-300, 300), st.sampled_from(["CNY", "CNY", "CNY", "JPY"]))
masses = st.builds(
    Quantity, st.integers(-5, 5).map(lambda n: n * 500), st.sampled_from([GRAM, KILOGRAM])
)
decimals = st.decimals(-5, 5, places=2, allow_nan=False)
texts = st.sampled_from(["A", "B", "C", "tea", "TEA-1", "it's", "", "茶\u202e"])
instants = st.integers(-3, 3).map(
    lambda n: instant(datetime.fromisoformat("2026-11-11T00:00:00+00:00") + timedelta(hours=n))
)

_LITERALS = {
    "money": monies.map(MoneyLiteral),
    "quantity": masses.map(QuantityLiteral),
    "integer": st.integers(-20, 20).map(IntegerLiteral),
    "decimal": decimals.map(DecimalLiteral),
    "text": texts.map(TextLiteral),
    "boolean": st.booleans().map(BooleanLiteral),
    "instant": instants.map(InstantLiteral),
    "enum": st.sampled_from(["A", "B"]).map(TextLiteral),
}
SHAPES = ("leaf", "compare", "compare", "compare", "in", "includes", "contains", "starts", "within")
SHAPES += ("missing", "not", "all", "any", "some", "every")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def _fields(kind, variables):
    found = [p for p, t in WORDS.fields.items() if t.kind == kind and t.dimension in {"", "mass"}]
    found = [p for p in found if p != "order.size"]
    for name, record in variables:
        found += [f"{name}.{p}" for p, t in record.items() if t.kind == kind]
    return found


def _lists(variables):
    found = [("order.lines", LINE), ("order.items", {"sku": TEXT, "units": INTEGER})]
    for name, record in variables:
        if "parts" in record:
            found.append((f"{name}.parts", PART))
    return found


@st.composite
def expressions(draw, kind="boolean", variables=(), depth=4):
    """An expression of a kind, right by construction."""
    fields = _fields(kind, variables)
    leaves = []
    if kind in _LITERALS:
        leaves.append(_LITERALS[kind])
    if fields:
        leaves.append(st.sampled_from(fields).map(Field))
    if depth <= 0 or kind in {"text", "instant", "enum"}:
        return draw(st.one_of(leaves))

    def inner(what, more=()):
        return draw(expressions(what, (*variables, *more), depth - 1))

    if kind in {"money", "quantity", "integer", "decimal"}:
        shape = draw(st.sampled_from(["leaf", "leaf", "add", "mul", "sum", "count"]))
        if shape == "add":
            return Arithmetic(inner(kind), draw(st.sampled_from("+-")), inner(kind))
        if shape == "mul" and kind == "integer":
            return Arithmetic(inner(kind), "*", inner(kind))
        if shape == "mul":
            pair = [inner(kind), inner(draw(st.sampled_from(["integer", "decimal"])))]
            first = draw(st.booleans())
            return Arithmetic(pair[not first], "*", pair[first])
        if shape in {"sum", "count"}:
            name, source, record = _question(draw, variables)
            filtered = draw(st.booleans())
            condition = inner("boolean", [(name, record)]) if filtered else None
            if shape == "count" and kind == "integer":
                return Count(source=source, variable=name if filtered else "", condition=condition)
            if shape == "sum":
                value = inner(kind, [(name, record)])
                return Sum(value=value, variable=name, source=source, condition=condition)
        return draw(st.one_of(leaves))
    shape = draw(st.sampled_from(SHAPES))
    match shape:
        case "compare":
            what = draw(
                st.sampled_from(
                    [
                        "money",
                        "quantity",
                        "integer",
                        "decimal",
                        "number",
                        "text",
                        "enum",
                        "boolean",
                        "instant",
                    ]
                )
            )
            ordered = what not in {"text", "enum", "boolean"}
            comparison = draw(st.sampled_from(_COMPARISONS if ordered else _COMPARISONS[:2]))
            sides = ("integer", "decimal") if what == "number" else (what, what)
            return Compare(inner(sides[0]), comparison, inner(sides[1]))
        case "in":
            what = draw(st.sampled_from(["text", "enum", "integer"]))
            choices = draw(st.lists(_LITERALS[what], min_size=1, max_size=3, unique=True))
            return Membership(inner(what), choices)
        case "includes":
            return Includes(
                Field(draw(st.sampled_from(_fields("texts", variables)))), inner("text")
            )
        case "contains":
            return Contains(inner("text"), inner("text"))
        case "starts":
            return StartsWith(inner("text"), inner("text"))
        case "within":
            start, end = draw(instants), draw(instants)
            start, end = (start, end) if start < end else (end, start)
            start = None if draw(st.booleans()) or start == end else start
            return Within(inner("instant"), start, None if draw(st.booleans()) else end)
        case "missing":
            kinds = ["money", "integer", "text", "boolean", "list", "texts"]
            return IsMissing(
                Field(
                    draw(
                        st.sampled_from(
                            _fields(draw(st.sampled_from(kinds)), variables) or ["paid"]
                        )
                    )
                )
            )
        case "not":
            return Not(inner("boolean"))
        case "all" | "any":
            many = tuple(inner("boolean") for _ in range(draw(st.integers(2, 3))))
            return AllOf(many) if shape == "all" else AnyOf(many)
        case "some" | "every":
            name, source, record = _question(draw, variables)
            condition = inner("boolean", [(name, record)])
            make = Some if shape == "some" else Every
            return make(condition=condition, variable=name, source=source)
    return draw(st.one_of(leaves))


def _question(draw, variables):
    path, record = draw(st.sampled_from(_lists(variables)))
    return f"v{len(variables)}", Field(path), record


# --- generated facts ---------------------------------------------------------------------------


def _fact(type_, faults):
    good = {
        "money": monies,
        "quantity": masses if type_.dimension else st.one_of(masses, st.just(Quantity(1, LITRE))),
        "integer": st.integers(-20, 20),
        "decimal": st.one_of(decimals, st.integers(-5, 5), st.fractions(-5, 5, max_denominator=7)),
        "text": texts,
        "boolean": st.booleans(),
        "instant": instants,
        "enum": st.sampled_from(type_.choices or ("",)),
        "texts": st.one_of(st.frozensets(texts), st.lists(texts), st.lists(texts).map(tuple)),
        "list": st.lists(_record(type_.fields, faults), max_size=3).flatmap(
            lambda found: st.sampled_from([found, tuple(found)])
        ),
    }[type_.kind]
    if not faults:
        return good
    bad = st.sampled_from([None, None, 1.5, "D", Money(1, "EUR"), 7, Quantity(3, LITRE), True])
    return st.integers(0, 9).flatmap(lambda n: bad if n == 0 else good)


def _nested(pairs):
    data = {}
    for path, value in pairs:
        owner = data
        *steps, last = path.split(".")
        for step in steps:
            owner = owner.setdefault(step, {})
        owner[last] = value
    return data


def _record(fields, faults):
    plain = st.tuples(
        *(st.tuples(st.just(p), _fact(t, faults)) for p, t in sorted(fields.items()))
    ).map(_nested)
    if set(fields) != set(LINE):
        return plain
    return st.one_of(plain, plain.map(lambda data: Record(**data)))


def facts(*, faults=False):
    """Facts for WORDS; with ``faults`` some are missing or of a wrong type."""
    return _record(WORDS.fields, faults)


# --- the oracle --------------------------------------------------------------------------------


class Faulty(Exception):
    """What the naive interpreter says about a fact it cannot use."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def read(path, env):
    root, *steps = path.split(".")
    value = env.get(root)
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else getattr(value, step, None)
    return value


def naive(node, env, types):
    """The value of a node, slowly and plainly: money as (Fraction, currency), no shortcut at all."""

    def of(inner):
        return naive(inner, env, types)

    match node:
        case MoneyLiteral():
            return (Fraction(node.value.minor), str(node.value.currency))
        case QuantityLiteral():
            return (node.value.size, node.value.unit.dimension)
        case DecimalLiteral():
            return Fraction(node.value)
        case IntegerLiteral() | TextLiteral() | BooleanLiteral() | InstantLiteral():
            return node.value
        case Field():
            return _checked(read(node.path, env), types[node.path])
        case Arithmetic():
            left, right = of(node.left), of(node.right)
            if node.operator == "*":
                if isinstance(left, tuple):
                    return (left[0] * right, left[1])
                if isinstance(right, tuple):
                    return (left * right[0], right[1])
                return left * right
            sign = 1 if node.operator == "+" else -1
            if isinstance(left, tuple):
                return _plus(left, (sign * right[0], right[1]))
            return left + sign * right
        case Compare():
            left, right = of(node.left), of(node.right)
            if isinstance(left, tuple):
                _same(left, right)
                left, right = left[0], right[0]
            return {
                "==": left == right,
                "!=": left != right,
                "<": node.comparison == "<" and left < right,
                "<=": node.comparison == "<=" and left <= right,
                ">": node.comparison == ">" and left > right,
                ">=": node.comparison == ">=" and left >= right,
            }[node.comparison]
        case Membership():
            item = of(node.item)
            return any(item == choice.value for choice in node.choices)
        case Includes():
            item = of(node.item)
            return item in of(node.collection)
        case Contains():
            part = of(node.part)
            return part in of(node.text)
        case StartsWith():
            text = of(node.text)
            prefix = of(node.prefix)
            return text[: len(prefix)] == prefix
        case Within():
            at = of(node.at)
            return (node.start is None or at >= node.start) and (node.end is None or at < node.end)
        case IsMissing():
            return read(node.field.path, env) is None
        case Not():
            return not of(node.condition)
        case AllOf():
            return all(of(each) for each in node.conditions)
        case AnyOf():
            return any(of(each) for each in node.conditions)
        case Some():
            return any(naive(node.condition, *inside) for inside in _inside(node, env, types))
        case Every():
            return all(naive(node.condition, *inside) for inside in _inside(node, env, types))
        case Count():
            return len([1 for inside in _inside(node, env, types) if _kept(node, inside)])
        case Sum():
            values = [
                naive(node.value, *inside)
                for inside in _inside(node, env, types)
                if _kept(node, inside)
            ]
            if _is_amount(node.value, _inner_types(node, types)):
                total = (Fraction(0), None)
                for value in values:
                    total = _plus(total, value)
                return total
            return sum(values)
    raise AssertionError(node)


def _kept(node, inside):
    return node.condition is None or naive(node.condition, *inside)


def _is_amount(node, types):
    match node:
        case MoneyLiteral() | QuantityLiteral():
            return True
        case Field():
            return types[node.path].kind in {"money", "quantity"}
        case Arithmetic():
            return _is_amount(node.left, types) or _is_amount(node.right, types)
        case Sum():
            return _is_amount(node.value, _inner_types(node, types))
    return False


def _inner_types(node, types):
    fields = types[node.source.path].fields
    return {**types, **{f"{node.variable}.{p}": t for p, t in fields.items()}}


def _inside(node, env, types):
    found = _checked(read(node.source.path, env), types[node.source.path])
    for item in found:
        yield {**env, node.variable: item}, _inner_types(node, types)


def _plus(left, right):
    if right[1] is None:
        return left
    _same(left, right)
    return (left[0] + right[0], right[1])


def _same(left, right):
    if left[1] is not None and right[1] is not None and left[1] != right[1]:
        raise Faulty("fact.currency_mismatch" if left[1].isupper() else "fact.dimension_mismatch")


def _checked(value, type_):
    if value is None:
        raise Faulty("fact.missing")
    good = {
        "money": isinstance(value, Money),
        "quantity": isinstance(value, Quantity),
        "integer": type(value) is int,
        "decimal": type(value) in {int, Decimal, Fraction},
        "text": isinstance(value, str),
        "boolean": type(value) is bool,
        "instant": isinstance(value, datetime),
        "enum": isinstance(value, str),
        "texts": isinstance(value, list | tuple | frozenset),
        "list": isinstance(value, list | tuple),
    }[type_.kind]
    if not good:
        raise Faulty("fact.wrong_type")
    if type_.kind == "enum" and value not in type_.choices:
        raise Faulty("fact.unknown_choice")
    if type_.kind == "money":
        return (Fraction(value.minor), str(value.currency))
    if type_.kind == "quantity":
        if type_.dimension and value.unit.dimension != type_.dimension:
            raise Faulty("fact.dimension_mismatch")
        return (value.size, value.unit.dimension)
    return Fraction(value) if type_.kind == "decimal" else value

"""The JSON form of an expression: one table drives both writing and reading.

Each node is an object ``{"is": tag, …}``; amounts, decimals and instants are text, so that no
reader's floats can touch them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, cast

from ordercore.kernel import (
    Choice,
    Finding,
    InvalidBatch,
    InvalidDefinition,
    InvalidValue,
    Money,
    Quantity,
    Severity,
    instant,
    to_text,
)
from ordercore.rules.checker import check
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
    QuantityLiteral,
    Some,
    StartsWith,
    Sum,
    TextLiteral,
    Within,
    plain_decimal,
)
from ordercore.rules.limits import MAX_DEPTH, MAX_NODES
from ordercore.rules.vocabulary import Vocabulary, nearest

__all__ = ["read_json", "write_json"]


class _Part(Choice):
    """What stands under a key."""

    NODE = "an expression"
    NODES = "a list of expressions"
    PATH = "the path of a fact"
    PLAIN = "text"
    EXACT = "an integer, text or boolean"
    MONEY = "text such as 'CNY 128.00'"
    QUANTITY = "text such as '1.5 kg'"
    DECIMAL = "text such as '0.15'"
    INSTANT = "text such as '2026-11-11T00:00:00Z'"


# Per node: its tag, its keys, and which of them may be left out.
_SHAPES: Final[tuple[tuple[str, type, tuple[tuple[str, _Part], ...], tuple[str, ...]], ...]] = (
    ("money", MoneyLiteral, (("value", _Part.MONEY),), ()),
    ("quantity", QuantityLiteral, (("value", _Part.QUANTITY),), ()),
    ("integer", IntegerLiteral, (("value", _Part.EXACT),), ()),
    ("decimal", DecimalLiteral, (("value", _Part.DECIMAL),), ()),
    ("text", TextLiteral, (("value", _Part.EXACT),), ()),
    ("boolean", BooleanLiteral, (("value", _Part.EXACT),), ()),
    ("instant", InstantLiteral, (("value", _Part.INSTANT),), ()),
    ("field", Field, (("path", _Part.PLAIN),), ()),
    (
        "arithmetic",
        Arithmetic,
        (("left", _Part.NODE), ("operator", _Part.PLAIN), ("right", _Part.NODE)),
        (),
    ),
    (
        "compare",
        Compare,
        (("left", _Part.NODE), ("comparison", _Part.PLAIN), ("right", _Part.NODE)),
        (),
    ),
    ("in", Membership, (("item", _Part.NODE), ("choices", _Part.NODES)), ()),
    ("includes", Includes, (("collection", _Part.PATH), ("item", _Part.NODE)), ()),
    ("contains", Contains, (("text", _Part.NODE), ("part", _Part.NODE)), ()),
    ("starts_with", StartsWith, (("text", _Part.NODE), ("prefix", _Part.NODE)), ()),
    (
        "within",
        Within,
        (("at", _Part.NODE), ("start", _Part.INSTANT), ("end", _Part.INSTANT)),
        ("start", "end"),
    ),
    ("missing", IsMissing, (("field", _Part.PATH),), ()),
    ("not", Not, (("condition", _Part.NODE),), ()),
    ("all", AllOf, (("conditions", _Part.NODES),), ()),
    ("any", AnyOf, (("conditions", _Part.NODES),), ()),
    (
        "some",
        Some,
        (("condition", _Part.NODE), ("variable", _Part.PLAIN), ("source", _Part.PATH)),
        (),
    ),
    (
        "every",
        Every,
        (("condition", _Part.NODE), ("variable", _Part.PLAIN), ("source", _Part.PATH)),
        (),
    ),
    (
        "count",
        Count,
        (("source", _Part.PATH), ("variable", _Part.PLAIN), ("condition", _Part.NODE)),
        ("variable", "condition"),
    ),
    (
        "sum",
        Sum,
        (
            ("value", _Part.NODE),
            ("variable", _Part.PLAIN),
            ("source", _Part.PATH),
            ("condition", _Part.NODE),
        ),
        ("condition",),
    ),
)
_DECIMAL = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")
_BY_TYPE: Final = {cls: (tag, parts) for tag, cls, parts, _ in _SHAPES}
_BY_TAG: Final = {tag: (cls, parts, optional) for tag, cls, parts, optional in _SHAPES}


def write_json(node: Expression) -> dict[str, object]:
    """An expression as JSON-able data; parts that are None or empty are left out.

    Example:
        >>> write_json(Not(Field("order.gift")))
        {'is': 'not', 'condition': {'is': 'field', 'path': 'order.gift'}}
    """
    tag, parts = _BY_TYPE[type(node)]
    data: dict[str, object] = {"is": tag}
    for name, part in parts:
        value = getattr(node, name)
        if value is not None and (value != "" or tag == "text"):
            data[name] = _written(value, part)
    return data


def _written(value: object, part: _Part) -> object:
    match part:
        case _Part.NODE:
            return write_json(cast(Expression, value))
        case _Part.NODES:
            return [write_json(each) for each in cast(tuple[Expression, ...], value)]
        case _Part.PATH:
            return cast(Field, value).path
        case _Part.INSTANT:
            return to_text(instant(cast(str, value)))
        case _Part.DECIMAL:
            return plain_decimal(cast(Decimal, value))
        case _Part.EXACT:
            return value
        case _:
            return str(value)


def read_json(data: object, vocabulary: Vocabulary) -> Expression:
    """The expression that :func:`write_json` wrote, checked against a vocabulary.

    Raises:
        InvalidDefinition: every finding, ``path`` is the place in ``data``.
    """
    reader = _Reader(vocabulary)
    expression = reader.read(data, "", 1)
    holes = frozenset(map(id, reader.holes))
    findings = reader.findings + [
        Finding(each.code, Severity.ERROR, each.path, each.message, each.value)
        for each in check(expression, vocabulary, holes)
    ]
    if findings:
        raise InvalidDefinition("rule", tuple(findings))
    return expression


class _Reader:
    """Reads data into nodes; what cannot be read is reported and becomes a hole."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.findings: list[Finding] = []
        self.holes: list[Expression] = []
        self.read_nodes = 0

    def add(self, code: str, path: str, message: str, value: object) -> None:
        shown = value if isinstance(value, str) else type(value).__name__
        self.findings.append(Finding(code, Severity.ERROR, path, message, shown[:80]))

    def hole(self) -> Expression:
        made = BooleanLiteral(value=False)
        self.holes.append(made)
        return made

    def read(self, data: object, path: str, level: int) -> Expression:
        self.read_nodes += 1
        if level > MAX_DEPTH or self.read_nodes > MAX_NODES:
            code = "rule.too_deep" if level > MAX_DEPTH else "rule.too_large"
            if self.read_nodes <= MAX_NODES + 1:
                self.add(code, path, f"{MAX_DEPTH} levels and {MAX_NODES} parts at most", data)
            return self.hole()
        tag = data.get("is") if isinstance(data, Mapping) else None
        if not isinstance(data, Mapping) or not isinstance(tag, str) or tag not in _BY_TAG:
            near = nearest(tag, tuple(_BY_TAG)) if isinstance(tag, str) else ""
            message = f"an object with a known 'is' is needed{near}"
            self.add("rule.unknown_node", path, message, tag if isinstance(tag, str) else data)
            return self.hole()
        cls, parts, optional = _BY_TAG[tag]
        names = tuple(name for name, _ in parts)
        whole = True
        for key in sorted(str(key) for key in data if key != "is" and key not in names):
            self.add("rule.unknown_key", path, f"{tag} has no {key!r}{nearest(key, names)}", key)
        read: dict[str, object] = {"start": None, "end": None} if cls is Within else {}
        for name, part in parts:
            if name in data:
                place = f"{path}.{name}" if path else name
                read[name] = self.part(data[name], part, place, level)
                whole = whole and read[name] is not None
            elif name not in optional:
                self.add("rule.missing_key", path, f"{tag} needs {name!r}", name)
                whole = False
        return self.made(path, cls, read) if whole else self.hole()

    def made(
        self, path: str, make: Callable[..., Expression], read: dict[str, object]
    ) -> Expression:
        try:
            return make(**read)
        except InvalidBatch as batch:
            for fault in batch.faults:
                self.add(fault.code, path, f"{fault.expected} is needed", fault.value)
        except InvalidValue as fault:
            self.add(fault.code, path, f"{fault.expected} is needed", fault.value)
        return self.hole()

    def part(self, data: object, part: _Part, path: str, level: int) -> object:
        """What stands under a key; None when it was reported and the node cannot be made."""
        if part is _Part.NODE:
            return self.read(data, path, level + 1)
        if part is _Part.EXACT and data is not None:
            return data
        if part is _Part.NODES and isinstance(data, list | tuple):
            holes = len(self.holes)
            made = tuple(self.read(each, f"{path}[{i}]", level + 1) for i, each in enumerate(data))
            # Choices are compared with each other when the node is made: a hole would be one.
            choices = path.endswith("choices")
            return None if choices and len(self.holes) > holes else made
        if part is not _Part.NODES and isinstance(data, str):
            try:
                return self.scalar(data, part)
            except InvalidValue as error:
                self.add(error.code, path, f"{part.value} is needed", data)
                return None
        self.add("rule.wrong_json", path, f"{part.value} is needed", data)
        return None

    def scalar(self, text: str, part: _Part) -> object:
        match part:
            case _Part.PATH:
                return Field(text)
            case _Part.MONEY:
                return Money.parse(text)
            case _Part.QUANTITY:
                return Quantity.parse(text, self.vocabulary.units)
            case _Part.DECIMAL:
                if _DECIMAL.fullmatch(text) is None:
                    raise InvalidValue("rule.bad_number", "", text, part.value)
                return Decimal(text)
            case _Part.INSTANT:
                return instant(text)
            case _:
                return text

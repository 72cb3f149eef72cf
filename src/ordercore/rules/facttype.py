"""The types of facts that a vocabulary can name."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from ordercore.kernel import Choice, FrozenMap, InvalidValue, as_map, as_tuple, checked, problems

__all__ = [
    "BOOLEAN",
    "DECIMAL",
    "INSTANT",
    "INTEGER",
    "MONEY",
    "QUANTITY",
    "TEXT",
    "TEXTS",
    "FactKind",
    "FactType",
    "enum",
    "is_name",
    "is_path",
    "list_of",
    "quantity_of",
]

_PATH = re.compile(r"[a-z][A-Za-z0-9_]{0,59}(\.[A-Za-z][A-Za-z0-9_]{0,59}){0,9}")


def is_path(text: object) -> bool:
    """Whether ``text`` can name a field: ASCII identifiers joined by dots, no leading underscore.

    Example:
        >>> is_path("order.total"), is_path("order.__class__"), is_path("order.if")
        (True, False, False)
    """
    return (
        isinstance(text, str)
        and _PATH.fullmatch(text) is not None
        and not any(keyword.iskeyword(step) for step in text.split("."))
    )


def is_name(text: object) -> bool:
    """Whether ``text`` can name a root or a variable: a path of one step.

    Example:
        >>> is_name("line"), is_name("order.lines"), is_name("Line")
        (True, False, False)
    """
    return is_path(text) and "." not in str(text)


def _texts(choices: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(choices)


def _fields(
    fields: Mapping[str, FactType] | Iterable[tuple[str, FactType]],
) -> FrozenMap[str, FactType]:
    return as_map(fields)


class FactKind(Choice):
    """What a fact is; ``TEXTS`` is a set or sequence of text, ``LIST`` a sequence of records."""

    MONEY = "money"
    QUANTITY = "quantity"
    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    ENUM = "enum"
    TEXTS = "texts"
    LIST = "list"


@attrs.frozen(kw_only=True)
@checked
class FactType:
    """The type of one field: its kind and what the kind needs to know.

    ``dimension`` narrows a quantity (``"mass"``; empty: any), ``choices`` are an enum's texts in
    their given order, ``fields`` the record of a list. Only the kind that needs a part may have it;
    anything else raises :class:`~ordercore.kernel.InvalidBatch`.

    Example:
        >>> str(FactType(kind="enum", choices=("A", "B")))
        "one of 'A', 'B'"
    """

    kind: FactKind = attrs.field(converter=FactKind)
    dimension: str = ""
    choices: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    fields: FrozenMap[str, FactType] = attrs.field(default=(), converter=_fields)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        kind = self.kind
        if not isinstance(self.dimension, str) or (self.dimension and kind != FactKind.QUANTITY):
            faults.add("fact_type.dimension", "dimension", self.dimension, "none but on a quantity")
        if (kind == FactKind.ENUM) != bool(self.choices):
            faults.add("fact_type.choices", "choices", self.choices, "choices on an enum only")
        if not all(isinstance(choice, str) for choice in self.choices):
            faults.add("fact_type.choice", "choices", self.choices, "texts")
        elif len(set(self.choices)) < len(self.choices):
            faults.add("fact_type.choice_twice", "choices", self.choices, "each choice once")
        if (kind == FactKind.LIST) != bool(self.fields):
            faults.add("fact_type.fields", "fields", tuple(self.fields), "fields on a list only")
        for path, type_ in self.fields.items():
            if not is_path(path):
                faults.add("fact_type.field_name", "fields", path, "a path such as 'total.net'")
            if not isinstance(type_, FactType):
                faults.add("fact_type.field_type", f"fields.{path}", type_, "a FactType")
        faults.raise_if_any("fact type")

    def __str__(self) -> str:
        match self.kind:
            case FactKind.ENUM:
                return "one of " + ", ".join(repr(choice) for choice in self.choices)
            case FactKind.QUANTITY:
                return f"quantity of {self.dimension}" if self.dimension else "quantity"
            case FactKind.TEXTS:
                return "set of text"
            case FactKind.LIST:
                return "list of records"
            case _:
                return self.kind.value

    def to_json(self) -> dict[str, object]:
        """The type as JSON-able data; :meth:`from_json` reads it.

        Example:
            >>> list_of({"quantity": INTEGER}).to_json()
            {'type': 'list', 'fields': {'quantity': {'type': 'integer'}}}
        """
        data: dict[str, object] = {"type": self.kind.value}
        if self.dimension:
            data["dimension"] = self.dimension
        if self.choices:
            data["choices"] = list(self.choices)
        if self.fields:
            data["fields"] = {path: type_.to_json() for path, type_ in self.fields.items()}
        return data

    @classmethod
    def from_json(cls, data: object, path: str = "") -> FactType:
        """The type that ``data`` describes; :class:`~ordercore.kernel.InvalidValue` when none.

        ``path`` is where it was found; lists inside lists end at four levels.

        Example:
            >>> FactType.from_json({"type": "money"}) == MONEY
            True
        """
        if not isinstance(data, Mapping):
            raise InvalidValue("fact_type.not_an_object", path, data, "an object with a type")
        unknown = sorted(str(key) for key in data if key not in _KEYS)
        if unknown:
            raise InvalidValue("fact_type.unknown_key", path, unknown[0], "a key of a fact type")
        if data.get("type") not in tuple(FactKind):
            expected = ", ".join(FactKind)
            raise InvalidValue("fact_type.unknown_type", path, data.get("type"), expected)
        choices, fields = data.get("choices", []), data.get("fields", {})
        if not isinstance(choices, list | tuple):
            raise InvalidValue("fact_type.choices", path, choices, "a list of texts")
        if not isinstance(fields, Mapping):
            raise InvalidValue("fact_type.fields", path, fields, "an object of fact types")
        if path.count("[]") > 4:
            raise InvalidValue("fact_type.too_deep", path, "list", "at most four lists deep")
        return cls(
            kind=data["type"],
            dimension=data.get("dimension", ""),
            choices=tuple(choices),
            fields={
                str(name): cls.from_json(inner, f"{path}[].{name}")
                for name, inner in fields.items()
            },
        )


_KEYS: Final = ("type", "dimension", "choices", "fields")

MONEY: Final = FactType(kind=FactKind.MONEY)
"""A :class:`~ordercore.kernel.Money`."""
QUANTITY: Final = FactType(kind=FactKind.QUANTITY)
"""A :class:`~ordercore.kernel.Quantity` of any dimension."""
INTEGER: Final = FactType(kind=FactKind.INTEGER)
"""An ``int``."""
DECIMAL: Final = FactType(kind=FactKind.DECIMAL)
"""A finite ``Decimal``, a ``Fraction`` or an ``int``."""
TEXT: Final = FactType(kind=FactKind.TEXT)
"""A ``str``; every typed identifier is one."""
BOOLEAN: Final = FactType(kind=FactKind.BOOLEAN)
"""A ``bool``; it is a condition by itself."""
INSTANT: Final = FactType(kind=FactKind.INSTANT)
"""An aware moment."""
TEXTS: Final = FactType(kind=FactKind.TEXTS)
"""A set, frozenset, tuple or list of ``str``."""


def enum(*choices: str) -> FactType:
    """Text that is one of ``choices``; a comparison with any other text is refused when built.

    Example:
        >>> enum("A", "B").choices
        ('A', 'B')
    """
    return FactType(kind=FactKind.ENUM, choices=choices)


def quantity_of(dimension: str) -> FactType:
    """A quantity of one dimension, such as ``"mass"``.

    Example:
        >>> str(quantity_of("mass"))
        'quantity of mass'
    """
    return FactType(kind=FactKind.QUANTITY, dimension=dimension)


def list_of(fields: Mapping[str, FactType]) -> FactType:
    """A sequence of records with these fields; asked with ``any``, ``all``, ``sum``, ``count``.

    Example:
        >>> list_of({"sku": TEXT, "quantity": INTEGER}).fields["sku"].kind
        <FactKind.TEXT: 'text'>
    """
    return FactType(kind=FactKind.LIST, fields=FrozenMap(fields))

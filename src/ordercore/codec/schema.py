"""JSON Schema of any value, from the same annotations that the decoder reads."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Union, cast, get_args, get_origin, get_type_hints

import attrs
import pendulum

from ordercore.kernel import Json, answering, open_kinds, scalar_name, type_name

__all__ = ["json_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXTS: Mapping[object, dict[str, Json]] = {
    pendulum.DateTime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    time: {"type": "string", "format": "time"},
    Decimal: {"type": "string"},
    Fraction: {"type": "string", "pattern": "^-?[0-9]+/[0-9]+$"},
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
}


@answering
def json_schema(kind: type) -> dict[str, Json]:
    """The JSON Schema (2020-12) of a type's canonical JSON, with its parts under ``$defs``.

    It describes shapes, not the rules between fields, which constructors check. Objects are open
    to no further fields. A place that may hold any command, effect or host value is an object
    that names its type.

    Example:
        >>> from ordercore.kernel import Money
        >>> schema = json_schema(Money)
        >>> schema["$ref"], sorted(schema["$defs"]["kernel.Money"]["properties"])
        ('#/$defs/kernel.Money', ['$', 'currency', 'minor'])
    """
    defs: dict[str, Json] = {}
    root = _schema(kind, defs)
    return {"$schema": _DIALECT, **root, "$defs": {name: defs[name] for name in sorted(defs)}}


def _schema(kind: object, defs: dict[str, Json]) -> dict[str, Json]:
    if kind in _TEXTS:
        return dict(_TEXTS[kind])
    origin, args = get_origin(kind), get_args(kind)
    if origin is Union or origin is types.UnionType:
        named = [_named(option) for option in open_kinds(kind)]
        return {"anyOf": [*[_schema(option, defs) for option in args], *named]}
    if origin is typing.Literal:
        return {"enum": [cast("Json", option) for option in args]}
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return {"type": "array", "items": _schema(args[0], defs)}
    if origin is tuple:
        return {
            "type": "array",
            "prefixItems": [_schema(item, defs) for item in args],
            "items": False,
        }
    if origin in {frozenset, set}:
        return {"type": "array", "items": _schema(args[0], defs), "uniqueItems": True}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(args[1], defs)}
    if origin is not None:
        return _schema(origin, defs)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [cast("Json", member.value) for member in kind]}
    if isinstance(kind, type) and issubclass(kind, str):
        return {"type": "string", "minLength": 1}
    if isinstance(kind, type) and attrs.has(kind):
        return _record(kind, defs)
    if kind is object:
        return {}
    return {"type": "object", "properties": {"$": {"type": "string"}}, "required": ["$"]}


def _named(kind: type) -> Json:
    """A scalar that says its kind, where bare text would be read as another."""
    return {
        "type": "object",
        "properties": {"$": {"const": scalar_name(kind) or type_name(kind)}, "value": {}},
        "required": ["$", "value"],
        "additionalProperties": False,
    }


def _record(kind: type, defs: dict[str, Json]) -> dict[str, Json]:
    name = type_name(kind)
    reference: dict[str, Json] = {"$ref": f"#/$defs/{name}"}
    if name in defs:
        return reference
    defs[name] = {}  # a type may contain itself
    hints = get_type_hints(kind)
    properties: dict[str, Json] = {"$": {"const": name}}
    required: list[Json] = ["$"]
    for field in attrs.fields(kind):
        if not field.init:
            continue
        alias = field.alias if field.alias is not None else field.name
        properties[alias] = _schema(hints.get(field.name, object), defs)
        if field.default is attrs.NOTHING:
            required.append(alias)
    defs[name] = {
        "type": "object",
        "title": name,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    return reference

"""From values to what msgspec writes: records with sorted fields and a tag, lists and texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from operator import attrgetter
from types import ModuleType
from typing import Any, TypeAlias

import attrs
import pendulum

from ordercore.kernel import FrozenMap, encode, instant, names_kinds, to_text, type_name

__all__ = ["Writers"]

_Value: TypeAlias = Any
"""A value of the type that the writer was made for."""
_Writer: TypeAlias = Callable[[_Value], object]

_BARE: frozenset[type] = frozenset({str, int, bool, type(None)})


class Writers(dict[type, _Writer]):
    """How each type is handed to msgspec; made when first met.

    What is not known here is encoded as :func:`~ordercore.kernel.encode` does, so that nothing is
    written that it would refuse.
    """

    def __init__(self, msgspec: ModuleType) -> None:
        super().__init__()
        self._defstruct = msgspec.defstruct
        self.update(dict.fromkeys(_BARE, _as_it_is))
        self.update(dict.fromkeys((tuple, list), self._listed))
        self.update(dict.fromkeys((FrozenMap, dict), self._mapped))
        self[pendulum.DateTime] = _moment

    def __missing__(self, kind: type) -> _Writer:
        writer = self[kind] = self._made(kind)
        return writer

    def _made(self, kind: type) -> _Writer:
        if attrs.has(kind):
            return encode if names_kinds(kind) else self._record(kind)
        if issubclass(kind, str) and not (
            issubclass(kind, Enum) and any(type(member.value) is not str for member in kind)
        ):
            return str.__str__
        return encode

    def _record(self, kind: type) -> _Writer:
        fields = sorted(
            (field.alias or field.name, field.name) for field in attrs.fields(kind) if field.init
        )
        made = self._defstruct(
            kind.__name__,
            [alias for alias, _ in fields],
            tag=type_name(kind),
            tag_field="$",
            gc=False,
        )
        names = [name for _, name in fields]
        if len(names) < 2:
            return lambda value: made(*[self._one(getattr(value, name)) for name in names])
        taken = attrgetter(*names)

        def write(value: _Value) -> object:
            return made(
                *[
                    held if (kind := type(held)) in _BARE else self[kind](held)
                    for held in taken(value)
                ]
            )

        return write

    def _one(self, value: _Value) -> object:
        return self[type(value)](value)

    def _listed(self, value: _Value) -> object:
        return [item if (kind := type(item)) in _BARE else self[kind](item) for item in value]

    def _mapped(self, value: Mapping[object, object]) -> object:
        written: dict[str, object] = {}
        for key, item in value.items():
            if not isinstance(key, str) or key.startswith("$"):
                return encode(value)
            written[str.__str__(key)] = item if (kind := type(item)) in _BARE else self[kind](item)
        return written


def _as_it_is(value: _Value) -> object:
    return value


def _moment(value: _Value) -> str:
    return to_text(instant(value))

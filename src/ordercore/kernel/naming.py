"""Fields that are classes of text: what they refuse is told by the name of the field.

A class of identifiers or choices that stands as the converter of a field knows its own name only.
A command with a dozen ids would say which kind of id is wrong, and leave its sender to guess where.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from ordercore.kernel.errors import Choice, InvalidValue
from ordercore.kernel.identity import Identifier

__all__ = ["converted_class", "name_converters"]

# What `attrs.field` gives until attrs makes the class.
_FIELD = type(attrs.field())


def name_converters(kind: type) -> None:
    """Let the class converters of a class that attrs is about to make name their field.

    A value that is of its kind already is looked at and the class not called, which is faster
    than the class alone; what is to be converted takes some 40 ns more.

    Example:
        >>> from ordercore.kernel import OrderId, checked
        >>> @attrs.frozen
        ... @checked
        ... class Note:
        ...     about: OrderId = attrs.field(converter=OrderId)
        >>> Note("")
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidValue: identifier.invalid at about: expected ..., got ''
    """
    for name, field in vars(kind).items():
        if isinstance(field, _FIELD):
            converter: object = field.converter
            if isinstance(converter, type) and issubclass(converter, Identifier | Choice):
                field.converter = _named(converter, name.lstrip("_"))


def converted_class(converter: object) -> object:
    """The class that a converter calls where :func:`name_converters` has taken its place.

    Example:
        >>> from ordercore.kernel import OrderId
        >>> converted_class(OrderId) is OrderId
        True
    """
    return getattr(converter, "kind", converter)


def _named(kind: type[Identifier | Choice], name: str) -> Callable[[Any], Identifier | Choice]:
    def convert(given: Any) -> Identifier | Choice:  # noqa: ANN401 - whatever is given
        if type(given) is kind:
            return given
        try:
            return kind(given)
        except InvalidValue as error:
            raise InvalidValue(error.code, name, error.value, error.expected) from None

    convert.kind = kind  # type: ignore[attr-defined]
    return convert

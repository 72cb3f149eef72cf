"""Functions written for one class, as attrs writes constructors: no loop, no look-up, few calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

import attrs

__all__ = ["FACTORY", "Filling", "name_of", "open_to_all", "written"]

C = TypeVar("C")


def written(signature: str, body: Iterable[str], known: Mapping[str, object]) -> Callable[..., Any]:
    """The function of a signature and a body, in which the names of ``known`` stand for its values.

    The text is made of the names of a class's fields, never of anything that anybody sends. Costs
    a tenth of a millisecond, which some hundred calls save.

    Example:
        >>> written("double(value)", ["return value * two"], {"two": 2})(21)
        42
    """
    lines = [
        f"def known({', '.join(known)}):",
        f"    def {signature}:",
        *[f"        {line}" for line in body],
        f"    return {signature.partition('(')[0]}",
    ]
    found: dict[str, Any] = {}
    # Known values become cells of the function, which are read faster than globals are.
    exec("\n".join(lines), found)  # noqa: S102
    return cast("Callable[..., Any]", found["known"](**known))


class Filling:
    """How a function that is written fills the values of an attrs class.

    A frozen value lets nobody set its slots but through ``object.__setattr__``, with a call for
    each. ``filled`` is a subclass of the same layout that is not frozen: plain assignments fill its
    values, six times as fast, which then are given the class that is meant.
    """

    __slots__ = ("fields", "known", "parameters")

    def __init__(self, kind: type) -> None:
        self.fields = tuple(attrs.fields(cast("type[attrs.AttrsInstance]", kind)))
        # No field has two underscores in its name, so that none hides what is known.
        self.known: dict[str, object] = {
            "kind__": kind,
            "filled__": open_to_all(type(kind.__name__, (kind,), {"__slots__": ()})),
        }
        self.parameters: list[str] = []
        # What goes by position stands first.
        for field in sorted(self.fields, key=lambda field: field.kw_only):
            name = name_of(field)
            default = _default(field)
            if default is not attrs.NOTHING:
                self.known[f"default__{name}"] = default
            if field.init:
                if field.kw_only and "*" not in self.parameters:
                    self.parameters.append("*")
                self.parameters.append(
                    name if default is attrs.NOTHING else f"{name}=default__{name}"
                )

    def assignments(self) -> list[str]:
        """Puts every parameter, and every default of a field without one, into its slot."""
        return [
            f"self.{field.name} = {name_of(field) if field.init else f'default__{name_of(field)}'}"
            for field in self.fields
            if field.init or field.default is not attrs.NOTHING
        ]


def open_to_all(kind: type[C]) -> type[C]:
    """The class, with fields that may be assigned although a base is frozen."""
    unfrozen: Any = kind
    unfrozen.__setattr__ = object.__setattr__
    unfrozen.__delattr__ = object.__delattr__
    return kind


def name_of(field: attrs.Attribute[Any]) -> str:
    """The name of a field in the constructor."""
    return field.alias or field.name


def _default(field: attrs.Attribute[Any]) -> object:
    """What stands where nothing is given; it is a value, so that one is enough for all."""
    default = field.default
    if not isinstance(default, FACTORY):
        return default
    return attrs.NOTHING if default.takes_self else default.factory()


# To type checkers it is a function.
FACTORY: type[Any] = cast("type[Any]", attrs.Factory)

"""Values made of what was checked before, without a second check.

Folding makes thousands of values out of values that were checked when they came in. To compare
their fields with the annotations once more costs more than to make them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import ParamSpec, TypeVar, cast

from ordercore.kernel.checked import own_check
from ordercore.kernel.written import Filling, name_of, open_to_all, written

__all__ = ["changed", "in_motion", "refrozen", "thawed", "trusted"]

C = TypeVar("C")
F = TypeVar("F")
M = TypeVar("M")
P = ParamSpec("P")


def _once(function: F) -> F:
    """:func:`functools.cache`, behind which a type checker still sees the signature."""
    return cast("F", cache(cast("Callable[..., object]", function)))


@_once
def trusted(kind: Callable[P, C]) -> Callable[P, C]:
    """A constructor of an attrs class that keeps what it is given as it is.

    Same arguments, same defaults, an equal value; but no converter is called, and no field is
    compared with its annotation. What the class asks for itself (its ``__attrs_post_init__``) is
    asked as ever: its invariants hold of every value. It is for what the library computed from
    checked values, never for what somebody sent. The same function at every call.

    Example:
        >>> import attrs
        >>> from ordercore.kernel import as_tuple, checked
        >>> @attrs.frozen
        ... @checked
        ... class Parcel:
        ...     label: str
        ...     weights_g: tuple[int, ...] = attrs.field(default=(), converter=as_tuple)
        >>> trusted(Parcel)("a", weights_g=(250, 90)) == Parcel("a", [250, 90])
        True
        >>> trusted(Parcel)("a")
        Parcel(label='a', weights_g=())
    """
    attrs_class = cast("type", kind)
    filling = Filling(attrs_class)
    for field in filling.fields:
        default = f"default__{name_of(field)}"
        if field.converter is not None and default in filling.known:
            convert = cast("Callable[[object], object]", field.converter)
            filling.known[default] = convert(filling.known[default])
    body, known = _around(attrs_class, filling.known, filling.assignments())
    return cast("Callable[P, C]", written(f"make({', '.join(filling.parameters)})", body, known))


def changed(value: C, **changes: object) -> C:
    """A copy of an attrs value in which some fields differ, made as :func:`trusted` makes values.

    Fields go by the names of their attributes.

    Example:
        >>> from ordercore.kernel import Money, changed
        >>> changed(Money(5, "CNY"), minor=7)
        Money(minor=7, currency=Currency('CNY'))
    """
    kind: type = type(value)
    return cast("C", _changing(kind)(value, changes))


@cache
def _changing(kind: type) -> Callable[[object, dict[str, object]], object]:
    filling = Filling(kind)
    fill = [f"self.{field.name} = value.{field.name}" for field in filling.fields]
    fill += ["for name__, held__ in changes.items():", "    setattr(self, name__, held__)"]
    body, known = _around(kind, filling.known, fill)
    return written("change(value, changes)", body, known)


def in_motion(kind: type[M]) -> type[M]:
    """Marks a subclass of a frozen attrs class, of the same slots, whose fields may be assigned.

    Its values are made by :func:`thawed` and live inside one call; :func:`refrozen` makes them
    values again.

    Example:
        >>> import attrs
        >>> from ordercore.kernel import refrozen, thawed
        >>> @attrs.frozen
        ... class Step:
        ...     length_mm: int
        >>> @in_motion
        ... class OpenStep(Step):
        ...     __slots__ = ()
        ...     length_mm: int
        >>> step = thawed(OpenStep, Step(5))
        >>> step.length_mm += 2
        >>> refrozen(Step, step)
        Step(length_mm=7)
    """
    return open_to_all(kind)


def thawed(kind: type[M], value: object) -> M:
    """A copy of a frozen value as one of a class that is :func:`in_motion`."""
    motion: type = kind
    return cast("M", _thawing(motion)(value))


def refrozen(kind: type[C], value: C) -> C:
    """The value in motion itself, frozen, once the class has asked what it asks for itself.

    Nothing may move it afterwards: whoever thawed it gives it away.
    """
    still: type = kind
    object.__setattr__(value, "__class__", still)
    own = _own(still)
    if own is not None:
        own(value)
    return value


_own = cache(own_check)


@cache
def _thawing(kind: type) -> Callable[[object], object]:
    fields = Filling(kind).fields
    fill = [f"self.{field.name} = value.{field.name}" for field in fields]
    body = ["self = new__(kind__)", *fill, "return self"]
    return written("thaw(value)", body, {"new__": object.__new__, "kind__": kind})


def _around(
    kind: type, known: dict[str, object], fill: list[str]
) -> tuple[list[str], dict[str, object]]:
    """A body that makes a value, fills it and asks what the class itself asks for."""
    own = own_check(kind)
    asked = [] if own is None else ["own__(self)"]
    body = ["self = new__(filled__)", *fill, "self.__class__ = kind__", *asked, "return self"]
    return body, {**known, "new__": object.__new__, "own__": own}

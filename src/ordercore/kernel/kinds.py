"""What an annotation accepts, made ready to be asked often: the ground of :mod:`.checked`."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import cache
from typing import Literal, TypeAlias, Union, cast, get_args, get_origin

from pendulum import UTC, DateTime

from ordercore.kernel.errors import InvalidValue
from ordercore.kernel.frozenmap import FrozenMap
from ordercore.kernel.instants import instant

__all__ = ["Kind", "kind_of"]

Faults: TypeAlias = Callable[[object, str], Iterator[InvalidValue]]

_NO_OFFSET = timedelta(0)


class Kind:
    """What a field accepts.

    A value whose type is in ``types`` is accepted when ``holds``, if there is one, says so; that
    is the common case and cheap. Of the types that are ``sure``, ``holds`` need not be asked.
    Everything else is asked of ``faults``, which knows subclasses and paths. ``quick`` is what of
    ``holds`` can be asked in place, of ``held``, with one thing that is ``known`` there; where it
    does not hold, ``holds`` may still. ``fits``, if there is one, is the short form of ``faults``.
    """

    __slots__ = ("faults", "fits", "holds", "name", "quick", "sure", "types")

    def __init__(
        self,
        name: str,
        types: Iterable[type],
        faults: Faults,
        holds: Callable[[object], bool] | None = None,
        asked: Iterable[type] | None = None,
        quick: tuple[str, object] | None = None,
        fits: Callable[[object], bool] | None = None,
    ) -> None:
        self.name = name
        self.types = frozenset(types)
        unsure = () if holds is None else self.types if asked is None else asked
        self.sure = self.types.difference(unsure)
        self.faults = faults
        self.holds = holds
        self.quick = quick
        self.fits = fits

    def accepts(self, value: object) -> bool:
        """Whether a value is of this kind."""
        if type(value) in self.types and (self.holds is None or self.holds(value)):
            return True
        if self.fits is not None:
            return self.fits(value)
        return next(self.faults(value, ""), None) is None

    def written(self, held: str, number: int) -> tuple[str, dict[str, object]]:
        """An expression that asks :meth:`accepts` of a variable, and what its names stand for.

        What is common is asked in place; only the rest is a call. ``number`` keeps the names of
        several apart.

        Example:
            >>> kind_of(int).written("pieces", 0)[0]
            '(type(pieces) is kind__0_0 or accepts__0(pieces))'
            >>> kind_of(str | None).written("note", 0)[0]
            '(note is None or type(note) is kind__0_0 or accepts__0(note))'
        """
        names: dict[str, object] = {f"accepts__{number}": self.accepts}
        tests = [f"{held} is None"] if _NONE in self.sure else []
        for place, kind in enumerate(sorted(self.sure - {_NONE}, key=str)):
            names[name := f"kind__{number}_{place}"] = kind
            tests.append(f"type({held}) is {name}")
        if self.quick is not None:
            (kind,) = self.types
            test, known = self.quick
            names |= {f"kind__{number}": kind, f"known__{number}": known}
            test = test.format(held=held, known=f"known__{number}")
            tests.append(f"type({held}) is kind__{number} and ({test})")
        tests.append(f"accepts__{number}({held})")
        return f"({' or '.join(tests)})", names


_NONE = type(None)


def kind_of(hint: object) -> Kind | None:
    """The kind that an annotation means; None where it accepts everything.

    Example:
        >>> kind = kind_of(tuple[int, ...])
        >>> [fault.path for fault in kind.faults((1, "2", True), "counts")]
        ['counts[1]', 'counts[2]']
    """
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return _any_of([kind_of(option) for option in get_args(hint)])
    if origin is Literal:
        return _literal(get_args(hint))
    if origin is tuple:
        return _tuple(get_args(hint))
    if origin is frozenset:
        return _frozenset(kind_of(get_args(hint)[0]))
    if origin is FrozenMap:
        keys, values = get_args(hint)
        return _map(kind_of(keys), kind_of(values))
    return _class(hint if origin is None else origin)


def _class(hint: object) -> Kind | None:
    if hint is None or hint is type(None):
        return _instance(type(None), "None")
    if hint is Callable:
        return _where(callable, "a function")
    if hint is object or not isinstance(hint, type) or getattr(hint, "_is_protocol", False):
        return None
    if hint is DateTime:
        return _instant()
    if hint is int:
        return _where(lambda value: isinstance(value, int) and type(value) is not bool, "int", int)
    if hint is date:
        # To Python a datetime is a date, though never equal to one.
        return _where(
            lambda value: isinstance(value, date) and not isinstance(value, datetime),
            "a date",
            date,
        )
    if hint is float:
        return _where(
            lambda value: isinstance(value, (int, float)) and type(value) is not bool,
            "float",
            float,
            int,
        )
    return _instance(hint, hint.__name__)


def _wrong(value: object, path: str, expected: str) -> InvalidValue:
    return InvalidValue("type.wrong", path, value, expected)


def _instance(kind: type, name: str) -> Kind:
    return _where(lambda value: isinstance(value, kind), name, kind)


def _where(accepts: Callable[[object], bool], name: str, *exact: type) -> Kind:
    def faults(value: object, path: str) -> Iterator[InvalidValue]:
        if not accepts(value):
            yield _wrong(value, path, name)

    return Kind(name, exact, faults, fits=accepts)


def _is_instant(value: object) -> bool:
    return isinstance(value, DateTime) and (value.tzinfo is UTC or value.utcoffset() == _NO_OFFSET)


@cache
def _instant() -> Kind:
    name = "an instant in UTC"

    def faults(value: object, path: str) -> Iterator[InvalidValue]:
        if _is_instant(value):
            return
        try:
            instant(cast("DateTime", value))
        except InvalidValue as error:
            # It says more: that the time is naive, or out of range.
            yield error.at(path)
        else:
            yield _wrong(value, path, name)

    return Kind(name, [DateTime], faults, _is_instant, quick=("{held}.tzinfo is {known}", UTC))


def _literal(options: tuple[object, ...]) -> Kind:
    pairs = [(type(option), option) for option in options]
    return _where(
        lambda value: (type(value), value) in pairs, "one of " + ", ".join(map(repr, options))
    )


def _any_of(options: list[Kind | None]) -> Kind | None:
    kinds = [kind for kind in options if kind is not None]
    if len(kinds) < len(options):
        return None
    name = " or ".join(kind.name for kind in kinds)
    holders = {
        exact: kind.holds for kind in kinds if kind.holds is not None for exact in kind.types
    }

    def faults(value: object, path: str) -> Iterator[InvalidValue]:
        if any(kind.accepts(value) for kind in kinds):
            return
        nearest = next((kind for kind in kinds if type(value) in kind.types), None)
        if nearest is None and _instant() in kinds and isinstance(value, (str, datetime)):
            nearest = _instant()
        if nearest is None:
            yield _wrong(value, path, name)
        else:
            yield from nearest.faults(value, path)

    def holds(value: object) -> bool:
        holder = holders.get(type(value))
        return holder is None or holder(value)

    exact = frozenset[type]().union(*(kind.types for kind in kinds))
    return Kind(name, exact, faults, holds if holders else None, holders)


def _name(kind: Kind | None) -> str:
    return "anything" if kind is None else kind.name


def _known(kind: Kind | None) -> Callable[[Iterable[type]], bool]:
    """Whether items of these types need no further question."""
    return (frozenset[type]() if kind is None else kind.sure).issuperset


def _all_of(kind: Kind | None) -> Callable[[Iterable[object]], bool]:
    """Whether all items are of a kind, asked in one call."""
    if kind is None:
        return lambda _: True
    known = _known(kind)
    return lambda items: known(map(type, items)) or all(map(kind.accepts, items))


def _tuple(items: tuple[object, ...]) -> Kind:
    if len(items) == 2 and items[1] is Ellipsis:
        return _sequence(kind_of(items[0]))
    kinds = [kind_of(item) for item in items]
    name = f"({', '.join(map(_name, kinds))})"

    def faults(value: object, path: str) -> Iterator[InvalidValue]:
        if not isinstance(value, tuple) or len(value) != len(kinds):
            yield _wrong(value, path, name)
            return
        for number, (kind, item) in enumerate(zip(kinds, value, strict=True)):
            if kind is not None:
                yield from kind.faults(item, f"{path}[{number}]")

    return Kind(name, [tuple], faults, lambda value: next(faults(value, ""), None) is None)


def _sequence(kind: Kind | None) -> Kind:
    name = f"a tuple of {_name(kind)}"
    all_of = _all_of(kind)

    def faults(value: object, path: str) -> Iterator[InvalidValue]:
        if not isinstance(value, tuple):
            yield _wrong(value, path, name)
        elif kind is not None:
            for number, item in enumerate(value):
                yield from kind.faults(item, f"{path}[{number}]")

    return Kind(
        name,
        [tuple],
        faults,
        cast("Callable[[object], bool]", all_of),
        quick=(
            "True" if kind is None else "not {held} or {known}(map(type, {held}))",
            _known(kind),
        ),
    )


def _frozenset(kind: Kind | None) -> Kind:
    name = f"a frozen set of {_name(kind)}"

    def faults(value: object, path: str) -> Iterator[InvalidValue]:
        if not isinstance(value, frozenset):
            yield _wrong(value, path, name)
        elif kind is not None:
            for item in sorted(value, key=repr):
                yield from kind.faults(item, path)

    return Kind(name, [frozenset], faults, cast("Callable[[object], bool]", _all_of(kind)))


def _map(keys: Kind | None, values: Kind | None) -> Kind:
    name = f"a frozen map of {_name(keys)} to {_name(values)}"
    keys_hold, values_hold = _all_of(keys), _all_of(values)

    def faults(value: object, path: str) -> Iterator[InvalidValue]:
        if not isinstance(value, FrozenMap):
            yield _wrong(value, path, name)
            return
        for key, item in value.items():
            if keys is not None:
                yield from keys.faults(key, f"{path}[{key}]")
            if values is not None:
                yield from values.faults(item, f"{path}[{key}]")

    def holds(value: object) -> bool:
        pairs = cast("FrozenMap[object, object]", value)
        return not pairs or (keys_hold(pairs.keys()) and values_hold(pairs.values()))

    return Kind(name, [FrozenMap], faults, holds, quick=("not {held}._data", None))

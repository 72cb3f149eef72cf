"""Functions whose arguments are what their annotations say: a coded refusal instead of a crash.

The other half of :mod:`.checked`. A constructor compares before it keeps; a pure function keeps
nothing, so it is simply run, and only when it fails are its arguments looked at: a call with right
arguments pays for nothing but being wrapped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from functools import wraps
from types import CodeType, UnionType
from typing import ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from ordercore.kernel.errors import InvalidBatch, InvalidValue, OrdercoreError
from ordercore.kernel.kinds import kind_of

__all__ = ["answering"]

P = ParamSpec("P")
T = TypeVar("T")

_MANY = frozenset({Iterable, Sequence, Set})
_UNIONS = frozenset({Union, UnionType})
_TAKES_MORE = 0x04  # of a code object: the function has a parameter such as *items
_CRASHES = (TypeError, AttributeError, LookupError, ValueError, AssertionError, ArithmeticError)


def answering(function: Callable[P, T]) -> Callable[P, T]:
    """Makes a pure function refuse arguments of a wrong kind with code, path and value.

    What the function raises with a code of its own passes through, and so does a failure that its
    arguments do not explain, such as one of a port or a callback. Arguments are compared as
    :func:`~ordercore.kernel.checked` compares fields; in place of tuples, any sequence, set,
    mapping or other iterable is compared too, down to its elements where they can be read twice.
    O(1) for a call that succeeds; for one that fails O(n) in the size of its arguments.

    Raises:
        InvalidValue: ``type.wrong`` with the path (``events[2]``), raised by the function.
        InvalidBatch: the same where several are at fault, in the order of the arguments.

    Example:
        >>> @answering
        ... def heaviest(weights_g: Sequence[int]) -> int:
        ...     return max(weights_g)
        >>> heaviest([250, 90])
        250
        >>> heaviest([250, "90"])
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidValue: type.wrong at weights_g[1]: expected int, got '90'
    """
    if not callable(function):
        raise InvalidValue("type.wrong", "function", function, "a function")

    @wraps(function)
    def answers(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except OrdercoreError:
            raise
        except _CRASHES:
            faults = _faults(function, args, kwargs)
            if not faults:
                raise
        if len(faults) == 1:
            raise faults[0]
        raise InvalidBatch(function.__name__, faults)

    return answers


def _faults(
    function: Callable[..., object], args: tuple[object, ...], kwargs: Mapping[str, object]
) -> list[InvalidValue]:
    try:
        hints = get_type_hints(function)
    except NameError:
        # Annotations that are there for a type checker only.
        return []
    return [
        fault
        for name, path, value in _given(getattr(function, "__code__", None), args, kwargs)
        for fault in _wrong(hints.get(name, object), value, path)
    ]


def _given(
    code: CodeType | None, args: tuple[object, ...], kwargs: Mapping[str, object]
) -> Iterator[tuple[str, str, object]]:
    """The arguments in the order of the parameters: name, path, value."""
    if code is None:
        return
    named = code.co_argcount + code.co_kwonlyargcount
    parameters = code.co_varnames[:named]
    placed = dict(zip(parameters[: code.co_argcount], args, strict=False))
    for name in parameters:
        if name in placed or name in kwargs:
            yield name, name, placed.get(name, kwargs.get(name))
    # Of a function that takes no more, Python says that there are too many.
    if code.co_flags & _TAKES_MORE:
        name = code.co_varnames[named]
        for number, value in enumerate(args[code.co_argcount :]):
            yield name, f"{name}[{number}]", value


def _wrong(hint: object, value: object, path: str) -> Iterator[InvalidValue]:
    """What is wrong with an argument, read as what its annotation allows to be given."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in _MANY:
        if not isinstance(value, Iterable) or isinstance(value, (str, bytes)):
            yield InvalidValue("type.wrong", path, value, "a list or another iterable")
        elif origin is Sequence and not isinstance(value, Sequence):
            yield InvalidValue("type.wrong", path, value, "a list or another sequence")
        elif isinstance(value, (Sequence, Set, Mapping)):
            listed = sorted(value, key=repr) if isinstance(value, Set) else list(value)
            for number, item in enumerate(listed):
                yield from _wrong(inner[0], item, f"{path}[{number}]")
    elif origin is Mapping:
        if not isinstance(value, Mapping):
            yield InvalidValue("type.wrong", path, value, "a mapping")
            return
        for key, item in value.items():
            yield from _wrong(inner[0], key, f"{path}[{key}]")
            yield from _wrong(inner[1], item, f"{path}[{key}]")
    elif origin in _UNIONS:
        tried = [list(_wrong(option, value, path)) for option in inner]
        if all(tried):
            # The option that was read furthest knows best what is wrong.
            yield from max(tried, key=lambda faults: len(faults[0].path))
    elif getattr(hint if origin is None else origin, "_is_protocol", False):
        missing = [
            name
            for name in _members(hint if origin is None else origin)
            if not hasattr(value, name)
        ]
        if missing:
            yield InvalidValue("type.wrong", path, value, f"something with {', '.join(missing)}")
    else:
        kind = kind_of(hint)
        if kind is not None:
            yield from kind.faults(value, path)


def _members(protocol: object) -> list[str]:
    """The public names that a protocol asks for, sorted."""
    asked = [
        base for base in getattr(protocol, "__mro__", ()) if getattr(base, "_is_protocol", False)
    ]
    names = {
        name for base in asked for name in (*vars(base), *vars(base).get("__annotations__", ()))
    }
    return sorted(name for name in names if not name.startswith("_"))

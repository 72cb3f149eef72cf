"""The canonical bytes of any public value, and its digest.

The bytes are those of the JSON form that :func:`~ordercore.kernel.encode` gives, with sorted keys
and no blanks. They are written at once, by a writer that is put together once for each class:
every command and every decision is sealed with them, so that their cost is everyone's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import Enum
from functools import lru_cache
from hashlib import blake2b
from json.encoder import encode_basestring
from typing import Any, Final, TypeAlias, cast

import attrs

from ordercore.kernel.encoding import Json, encode, encode_at, encode_open, form_of
from ordercore.kernel.errors import InvalidValue, expect
from ordercore.kernel.frozenmap import FrozenMap
from ordercore.kernel.instants import to_text
from ordercore.kernel.scalars import Shape
from ordercore.kernel.written import written

__all__ = ["canonical_json", "canonical_text", "digest", "json_bytes"]

_DIGEST_BYTES = 32
# What `json.dumps` would make anew for every value.
_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
)
_CONSTANTS: Final = {True: "true", False: "false"}

# A writer takes the one kind of value that it stands for; a table of kinds cannot say so.
_Writer: TypeAlias = Callable[[Any], str]


def _write_null(_value: None) -> str:
    return "null"


def _write_instant(value: datetime) -> str:
    return f'"{to_text(value)}"'


def _write(value: object) -> str:
    kind: type = type(value)
    return _writer(kind)(value)


def _write_items(value: tuple[object, ...]) -> str:
    return f"[{','.join([_writer(type(item))(item) for item in value])}]"  # type: ignore[arg-type]


def _write_map(value: FrozenMap[object, object]) -> str:
    told = []
    for key, item in value.items():
        # Keys that are no plain text are written as pairs; the slow way knows how.
        if not isinstance(key, str) or isinstance(key, Enum) or key.startswith("$"):
            return _write_plainly(value)
        told.append(f"{encode_basestring(key)}:{_write(item)}")
    return f"{{{','.join(told)}}}"


def _write_plainly(value: object) -> str:
    return _CANONICAL.encode(encode_at(value))


def _is_its_text(kind: type) -> bool:
    """Whether the values of a class are text and are written as that text."""
    if not issubclass(kind, str):
        return False
    return not issubclass(kind, Enum) or all(
        type(member.value) is str and member.value == str.__str__(member) for member in kind
    )


@lru_cache(maxsize=2048)
def _writer(kind: type) -> _Writer:
    """How values of exactly this class are written."""
    if kind is type(None):
        return _write_null
    if kind is bool:
        return _CONSTANTS.__getitem__
    if kind is int:
        return int.__repr__
    if _is_its_text(kind):
        return encode_basestring
    if attrs.has(kind):
        return _value_writer(kind, "")
    if kind is tuple or kind is list:
        return _write_items
    if kind is FrozenMap:
        return _write_map
    if issubclass(kind, datetime):
        return _write_instant
    return _write_plainly


@lru_cache(maxsize=2048)
def _value_writer(kind: type, leaving_out: str) -> _Writer:
    """How values of an attrs class are written, without one of their fields."""
    tag, fields = form_of(kind)
    head = f'{{"$":{encode_basestring(tag)}'
    steps = tuple(
        (f",{encode_basestring(alias)}:", name, None if shape is None else _open_writer(shape))
        for alias, name, shape in sorted(field for field in fields if field[1] != leaving_out)
    )
    met = 0
    fast: _Writer | None = None

    def write(value: object) -> str:
        nonlocal met, fast
        if fast is not None:
            return fast(value)
        met += 1
        if met == _WORTH_WRITING:
            fast = _written_for(value, head, steps)
        told = [prefix + (opened or _write)(getattr(value, name)) for prefix, name, opened in steps]
        return f"{head}{''.join(told)}}}"

    return write


_WORTH_WRITING = 16
"""With which value a class is met so often that a writer is written for it alone."""


def _written_for(
    alike: object, head: str, steps: Iterable[tuple[str, str, _Writer | None]]
) -> _Writer:
    """A writer of a class, fastest for values whose fields are of the types of this one's."""
    known: dict[str, object] = {"write": _write}
    parts = [_literal(head)]
    for place, (prefix, name, opened) in enumerate(steps):
        parts.append(_literal(prefix))
        if opened is not None:
            known[f"open_{place}"] = opened
            parts.append(f"{{open_{place}(value.{name})}}")
            continue
        held: type = type(getattr(alike, name))
        known |= {f"kind_{place}": held, f"write_{place}": _writer(held)}
        usual = f"write_{place}(held) if type(held := value.{name}) is kind_{place}"
        parts.append(f"{{({usual} else write(held))}}")
    body = [f"return f'{''.join(parts)}}}}}'"]
    return cast("_Writer", written("tell(value)", body, known))


def _literal(text: str) -> str:
    """Text as it stands between the quotes of a formatted string."""
    plain = text.encode("unicode_escape").decode("ascii")
    return plain.replace("'", "\\'").replace("{", "{{").replace("}", "}}")


def _open_writer(shape: Shape) -> _Writer:
    return lambda value: _CANONICAL.encode(encode_open(value, shape))


def canonical_text(value: object, *, leaving_out: str = "") -> str:
    """The text of :func:`canonical_json`; of an attrs value, without one field where asked.

    Raises:
        InvalidValue: ``encoding.unsupported``, ``encoding.too_deep``, as :func:`canonical_json`;
            ``type.wrong`` for a field to leave out of what has no fields.

    Example:
        >>> from ordercore.kernel import Money
        >>> canonical_text(Money(12800, "CNY"), leaving_out="currency")
        '{"$":"kernel.Money","minor":12800}'
    """
    kind: type = type(value)
    if leaving_out:
        _require_fields(kind, leaving_out)
    try:
        if leaving_out:
            return _value_writer(kind, leaving_out)(value)
        return _writer(kind)(value)
    except (InvalidValue, RecursionError, ValueError):
        # Said again with the place of what was refused.
        return _text_of(encode(value))


def _require_fields(kind: type, leaving_out: str) -> None:
    expect(leaving_out, str, "leaving_out")
    if not attrs.has(kind):
        raise InvalidValue("type.wrong", "value", kind.__name__, "an attrs value")


def _text_of(coded: Json) -> str:
    try:
        return _CANONICAL.encode(coded)
    except (TypeError, ValueError) as error:
        raise InvalidValue("encoding.unsupported", "", "JSON", str(error)) from None


def canonical_json(value: object) -> bytes:
    """The one byte string that stands for a value: sorted keys, no blanks, UTF-8.

    O(size of the value).

    Raises:
        InvalidValue: ``encoding.unsupported``, as :func:`encode`, also for an integer of more
            digits than Python writes.

    Example:
        >>> canonical_json({"b": 1, "a": (True, None)})
        b'{"a":[true,null],"b":1}'
    """
    return canonical_text(value).encode("utf-8", "surrogatepass")


def json_bytes(coded: Json) -> bytes:
    """The canonical bytes of a value that is in its JSON form already, as :func:`encode` gives it.

    Raises:
        InvalidValue: ``encoding.unsupported`` for what is no JSON, and for an integer of more
            digits than Python writes.

    Example:
        >>> json_bytes(encode({"b": 1, "a": (True, None)}))
        b'{"a":[true,null],"b":1}'
    """
    return _text_of(coded).encode("utf-8", "surrogatepass")


def digest(value: object) -> str:
    """BLAKE2b-256 of the canonical JSON, in hex: equal values, equal digests.

    Example:
        >>> digest(()) == digest([]), len(digest(()))
        (True, 64)
    """
    return blake2b(canonical_json(value), digest_size=_DIGEST_BYTES).hexdigest()

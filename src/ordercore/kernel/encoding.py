"""The canonical encoding of any public value, its digest, and the partition function.

The same value gives the same bytes in every process, hash seed, time zone and Python version, so
that digests can be kept, compared and signed. Decoding and schema versions live in
:mod:`ordercore.codec`; encoding is here because identity is the kernel's business.

The form: attrs values are objects tagged with ``"$"`` and their stable type name, instants are UTC
text, enumerations their value, decimals and fractions text, tuples lists, frozen sets sorted lists,
maps objects (or ``{"$map": [[key, value], …]}`` when a key is not text or starts with ``$``).

Where a field may hold several kinds that are all written as text, what bare text would be misread
as another kind is ``{"$": kind, "value": text}``: see :mod:`ordercore.kernel.scalars`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from hashlib import blake2b
from typing import Final, TypeAlias, get_type_hints

import attrs

from ordercore.kernel.errors import InvalidValue, expect
from ordercore.kernel.instants import instant, to_text
from ordercore.kernel.scalars import Shape, kind_to_name, scalar_name, shape_of

__all__ = [
    "Json",
    "encode",
    "encode_at",
    "encode_open",
    "form_of",
    "keyed_digest",
    "names_kinds",
    "partition",
    "type_name",
]

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"
"""What the encoder gives: JSON without floats."""

_MIN_SECRET_BYTES = 16
_DIGEST_BYTES = 32


def type_name(cls: type) -> str:
    """The stable name of a type: its package and class, not the module it happens to lie in.

    Raises:
        InvalidValue: ``type.wrong`` for what is no class.

    Example:
        >>> from ordercore.kernel import Money
        >>> type_name(Money)
        'kernel.Money'
    """
    parts = expect(cls, type, "cls").__module__.split(".")
    if parts[0] == "ordercore" and len(parts) > 1:
        return f"{parts[1]}.{cls.__qualname__}"
    return f"{cls.__module__}.{cls.__qualname__}"


def encode(value: object) -> Json:
    """The JSON form of a value. O(size of the value).

    Raises:
        InvalidValue: ``encoding.unsupported`` with the path, for floats, bytes, naive times and
            anything that is not a value (an object with identity cannot be compared by bytes);
            ``encoding.too_deep`` for one that nests without end.

    Example:
        >>> from ordercore.kernel import Money
        >>> encode(Money(12800, "CNY"))
        {'$': 'kernel.Money', 'minor': 12800, 'currency': 'CNY'}
    """
    try:
        return encode_at(value, None)
    except RecursionError:
        raise InvalidValue(
            "encoding.too_deep", "", type(value).__name__, "a value that does not hold itself"
        ) from None


# Where a value stands, innermost last: a field's name, an index, or a map's key in a tuple. Text
# is made of it only when a value is refused, since most never are.
_Place: TypeAlias = "tuple[_Place, str | int | tuple[object]] | None"


def _told(place: _Place) -> str:
    steps: list[str] = []
    while place is not None:
        place, step = place
        if isinstance(step, str):
            steps.append(f".{step}")
        else:
            steps.append(f"[{step[0] if isinstance(step, tuple) else step}]")
    return "".join(reversed(steps)).lstrip(".")


_BARE: Final = frozenset({str, int, bool, type(None)})


@lru_cache(maxsize=2048)
def form_of(kind: type) -> tuple[str, tuple[tuple[str, str, Shape | None], ...]]:
    """How an attrs class is written: its tag, and of each field the name in the form, the
    attribute, and what may be misread there.
    """
    try:
        hints = get_type_hints(kind)
    except NameError:
        # Annotations that only a type checker sees. Such a class cannot be read back anyway.
        hints = {field.name: None for field in attrs.fields(kind)}
    fields = tuple(
        (field.alias or field.name, field.name, _shape(hints.get(field.name, object)))
        for field in attrs.fields(kind)
        if field.init
    )
    return type_name(kind), fields


def names_kinds(kind: type) -> bool:
    """Whether an attrs class has fields in which a scalar may have to say its kind.

    Raises:
        InvalidValue: ``type.wrong`` for what is no attrs class.

    Example:
        >>> from ordercore.kernel import Money, Reason
        >>> names_kinds(Reason), names_kinds(Money)
        (True, False)
    """
    if not attrs.has(expect(kind, type, "kind")):
        raise InvalidValue("type.wrong", "kind", kind, "an attrs class")
    return any(shape is not None for _, _, shape in form_of(kind)[1])


def _shape(annotation: object) -> Shape | None:
    try:
        return shape_of(annotation)
    except InvalidValue:
        return None  # containers that only the decoder must tell from each other


def encode_at(value: object, place: _Place = None) -> Json:
    """As :func:`encode`, of a value that stands somewhere within another."""
    kind: type = type(value)
    if kind in _BARE:
        return value  # type: ignore[return-value]
    if hasattr(kind, "__attrs_attrs__"):
        tag, fields = form_of(kind)
        coded: dict[str, Json] = {"$": tag}
        for alias, name, shape in fields:
            held = getattr(value, name)
            if shape is not None:
                coded[alias] = encode_open(held, shape, (place, alias))
            elif type(held) in _BARE:
                coded[alias] = held
            else:
                coded[alias] = encode_at(held, (place, alias))
        return coded
    if kind is tuple or kind is list:
        return [encode_at(item, (place, i)) for i, item in enumerate(value)]  # type: ignore[arg-type,var-annotated]
    return _encode_other(value, place)


def encode_open(value: object, shape: Shape | None, place: _Place = None) -> Json:
    """As :func:`encode`, where a scalar may have to say its kind."""
    if shape is None or hasattr(type(value), "__attrs_attrs__"):
        return encode_at(value, place)
    if isinstance(value, Mapping):
        return _paired(
            [
                (
                    encode_open(key, shape.keys, place),
                    encode_open(item, shape.values, (place, (key,))),
                )
                for key, item in value.items()
            ]
        )
    if isinstance(value, tuple | list):
        items = shape.items
        each = items if isinstance(items, tuple) else (items,) * len(value)
        if len(each) != len(value):
            return encode_at(value, place)  # no value of this annotation
        return [
            encode_open(item, inner, (place, i))
            for i, (item, inner) in enumerate(zip(value, each, strict=True))
        ]
    if isinstance(value, frozenset | set):
        inner = shape.items if isinstance(shape.items, Shape) else None
        return sorted((encode_open(item, inner, place) for item in value), key=_sort_key)
    coded = encode_at(value, place)
    kind = None if value is None else kind_to_name(value, coded, shape.kinds)
    return coded if kind is None else {"$": scalar_name(kind) or type_name(kind), "value": coded}


def _encode_other(value: object, place: _Place) -> Json:
    if isinstance(value, Enum):
        return encode_at(value.value, place)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, datetime):
        return to_text(instant(value))
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return _encode_map(value, place)
    if isinstance(value, frozenset | set):
        return sorted((encode_at(item, place) for item in value), key=_sort_key)
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    if isinstance(value, tuple):
        return [encode_at(item, (place, i)) for i, item in enumerate(value)]
    raise InvalidValue(
        "encoding.unsupported", _told(place), value, "a value made of exact, immutable parts"
    )


def _sort_key(coded: Json) -> str:
    return json.dumps(coded, sort_keys=True, ensure_ascii=False)


def _encode_map(value: Mapping[object, object], place: _Place) -> Json:
    return _paired(
        [(encode_at(key, place), encode_at(item, (place, (key,)))) for key, item in value.items()]
    )


def _paired(pairs: list[tuple[Json, Json]]) -> Json:
    if all(isinstance(key, str) and not key.startswith("$") for key, _ in pairs):
        return {str(key): item for key, item in pairs}
    pairs.sort(key=lambda pair: _sort_key(pair[0]))
    return {"$map": [[key, item] for key, item in pairs]}


def keyed_digest(secret: bytes, *parts: str) -> str:
    """A digest that only the holder of ``secret`` can make: pseudonyms for personal data.

    Without the secret, a digest of a phone number is found by trying all phone numbers. The
    parts are length-prefixed, so ``("ab", "c")`` and ``("a", "bc")`` differ.

    Args:
        secret: 16 to 64 bytes that the host keeps.
        parts: The texts, already normalised.

    Raises:
        InvalidValue: ``digest.secret`` for a secret of another length; ``type.wrong`` for one
            that is not bytes and for a part that is no text.

    Example:
        >>> secret = b"0123456789abcdef"
        >>> keyed_digest(secret, "ab", "c") == keyed_digest(secret, "a", "bc")
        False
    """
    if not _MIN_SECRET_BYTES <= len(expect(secret, bytes, "secret")) <= blake2b.MAX_KEY_SIZE:
        raise InvalidValue(
            "digest.secret",
            "secret",
            f"{len(secret)} bytes",
            f"{_MIN_SECRET_BYTES} to {blake2b.MAX_KEY_SIZE} bytes",
        )
    state = blake2b(key=secret, digest_size=_DIGEST_BYTES)
    for place, part in enumerate(parts):
        raw = expect(part, str, f"parts[{place}]").encode("utf-8", "surrogatepass")
        state.update(len(raw).to_bytes(8, "big"))
        state.update(raw)
    return state.hexdigest()


def partition(key: str, partitions: int) -> int:
    """The shard of a key: the same in every process, hash seed and language.

    Specified as BLAKE2b with an 8-byte digest over the key's UTF-8 bytes, read as a big-endian
    unsigned integer, modulo ``partitions``.

    Raises:
        InvalidValue: ``type.wrong`` for a key that is no text; ``partition.count`` when
            ``partitions`` is below 1.

    Example:
        >>> partition("o-1", 16), partition("o-2", 16)
        (5, 4)
    """
    expect(key, str, "key")
    if type(partitions) is not int or partitions < 1:
        raise InvalidValue("partition.count", "partitions", partitions, "an integer ≥ 1")
    raw = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(raw, "big") % partitions

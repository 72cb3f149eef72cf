"""Stored form: a value with the name and version of its schema, and the way up from old ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TypeAlias, TypeVar, cast

import attrs

from ordercore.codec.decoder import Decoder
from ordercore.kernel import (
    CodecError,
    Finding,
    InvalidDefinition,
    Json,
    encode,
    type_name,
)

__all__ = ["MAX_DEPTH", "Codec", "Upcaster"]

T = TypeVar("T")
_Object: TypeAlias = "dict[str, Json]"

MAX_DEPTH = 200
"""How deep stored JSON may nest before it is refused; ordercore's own values stay below 20."""


@attrs.frozen
class Upcaster:
    """Turns the JSON of one type from one schema version into the next.

    ``upcast`` takes the object and returns a new one; it must not change what it was given.

    Raises:
        InvalidDefinition: ``codec.upcaster_version`` for a version below 1 (raised by the codec).

    Example:
        >>> Upcaster("orders.OrderPlaced", 1, lambda old: {**old, "channel": None}).from_version
        1
    """

    type_name: str
    from_version: int
    upcast: Callable[[_Object], _Object] = attrs.field(eq=False)


class Codec:
    """Writes values as versioned JSON bytes and reads them back, old versions included.

    Every type starts at version 1 and is at the version after its last upcaster. Old data is
    lifted one version at a time, so that an upcaster is written once and never touched again.
    Values nested in others are lifted too, by their own type and the version of the envelope's
    ``versions``.

    Args:
        upcasters: In any order; for each type their versions must run 1, 2, 3 … without a gap.
        hosts: Classes of the host that may occur in the data.

    Raises:
        InvalidDefinition: ``codec.upcaster_gap``, ``codec.upcaster_twice``,
            ``codec.upcaster_version``; all at once.

    Example:
        >>> from ordercore.kernel import Money
        >>> codec = Codec()
        >>> stored = codec.dumps(Money(12800, "CNY"))
        >>> str(codec.loads(stored, Money))
        'CNY 128.00'
    """

    def __init__(self, upcasters: Iterable[Upcaster] = (), *, hosts: Iterable[type] = ()) -> None:
        self._decoder = Decoder(hosts)
        self._upcasters: dict[str, dict[int, Upcaster]] = {}
        findings: list[Finding] = []
        for number, upcaster in enumerate(upcasters):
            path = f"upcasters[{number}]"
            known = self._upcasters.setdefault(upcaster.type_name, {})
            if type(upcaster.from_version) is not int or upcaster.from_version < 1:
                findings.append(
                    Finding("codec.upcaster_version", "error", path, "versions start at 1")
                )
            elif upcaster.from_version in known:
                findings.append(
                    Finding("codec.upcaster_twice", "error", path, "one upcaster a version")
                )
            else:
                known[upcaster.from_version] = upcaster
        for name, known in sorted(self._upcasters.items()):
            missing = [v for v in range(1, max(known, default=0)) if v not in known]
            findings.extend(
                Finding("codec.upcaster_gap", "error", name, f"no upcaster from {version}")
                for version in missing
            )
        if findings:
            raise InvalidDefinition("codec", findings)

    def version(self, kind: type | str) -> int:
        """The current schema version of a type.

        Example:
            >>> Codec([Upcaster("orders.Order", 1, dict)]).version("orders.Order")
            2
        """
        name = kind if isinstance(kind, str) else type_name(kind)
        return max(self._upcasters.get(name, {}), default=0) + 1

    def dumps(self, value: object) -> bytes:
        """Canonical JSON with the schema's name and version; equal values, equal bytes."""
        coded = encode(value)
        versions = {name: self.version(name) for name in self._upcasters if self.version(name) > 1}
        envelope: _Object = {"schema": type_name(type(value)), "value": coded}
        if versions:
            envelope["versions"] = cast("_Object", versions)
        text = json.dumps(envelope, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode("utf-8", "surrogatepass")

    def loads(self, data: bytes | str, kind: type[T]) -> T:
        """The value of a stored envelope.

        Raises:
            CodecError: the bytes are no JSON object, hold floats, nest too deep, name another
                schema, or come from a newer version than this codec knows.
            InvalidBatch: every fault of the value at once, each with its JSON path.
        """
        name = type_name(kind)
        envelope = _parsed(data, name)
        if type(envelope) is not dict or "schema" not in envelope or "value" not in envelope:
            raise CodecError(name, self.version(name), "$", "is no envelope")
        if envelope["schema"] != name:
            raise CodecError(name, self.version(name), "$.schema", f"is {envelope['schema']!r}")
        written = envelope.get("versions", {})
        if type(written) is not dict:
            raise CodecError(name, self.version(name), "$.versions", "is no object")
        for other, version in written.items():
            if type(version) is not int or not 1 <= version <= self.version(other):
                raise CodecError(
                    other, self.version(other), f"$.versions[{other}]", f"is {version!r}"
                )
        lifted = self._lift(envelope["value"], cast("dict[str, int]", written))
        return self._decoder.decode(lifted, kind, path="$.value")

    def _lift(self, value: Json, written: dict[str, int]) -> Json:
        if not self._upcasters:
            return value
        if type(value) is list:
            return [self._lift(item, written) for item in value]
        if type(value) is not dict:
            return value
        lifted: _Object = {key: self._lift(item, written) for key, item in value.items()}
        tag = lifted.get("$")
        if type(tag) is str and tag in self._upcasters:
            for version in range(written.get(tag, 1), self.version(tag)):
                lifted = self._upcasters[tag][version].upcast(lifted)
        return lifted


def _no_float(text: str) -> Json:
    raise ValueError(text)


def _parsed(data: bytes | str, name: str) -> Json:
    try:
        text = data if isinstance(data, str) else data.decode("utf-8", "surrogatepass")
        _check_depth(text)
        parsed = json.loads(text, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as error:
        raise CodecError(name, 1, "$", f"is no JSON of exact values: {error}") from error
    return cast("Json", parsed)


def _check_depth(text: str) -> None:
    depth = 0
    in_text = escaped = False
    for letter in text if text.count("[") + text.count("{") > MAX_DEPTH else ():
        if in_text:
            if escaped:
                escaped = False
            elif letter == "\\":
                escaped = True
            elif letter == '"':
                in_text = False
        elif letter == '"':
            in_text = True
        elif letter in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                msg = f"nested deeper than {MAX_DEPTH}"
                raise ValueError(msg)
        elif letter in "]}":
            depth -= 1

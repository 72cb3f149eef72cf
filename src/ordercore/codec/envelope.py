"""Stored form: a value with the name and version of its schema, and the way up from old ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TypeAlias, TypeVar, cast

import attrs

from ordercore.codec.decoder import Decoder
from ordercore.codec.strict_json import parsed, unwritable
from ordercore.kernel import (
    CodecError,
    Finding,
    InvalidDefinition,
    Json,
    answering,
    encode,
    type_name,
)

__all__ = ["Codec", "Upcaster"]

T = TypeVar("T")
_Object: TypeAlias = "dict[str, Json]"

# What `json.dumps` would make anew for every value.
_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
)


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
        InvalidValue: ``type.wrong`` for what is no upcaster or no class; several in one
            InvalidBatch.

    Example:
        >>> from ordercore.kernel import Money
        >>> codec = Codec()
        >>> stored = codec.dumps(Money(12800, "CNY"))
        >>> str(codec.loads(stored, Money))
        'CNY 128.00'
    """

    @answering
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
        versions = {name: self.version(name) for name in self._upcasters}
        self._versions = {name: version for name, version in versions.items() if version > 1}

    def version(self, kind: type | str) -> int:
        """The current schema version of a type.

        Example:
            >>> Codec([Upcaster("orders.Order", 1, dict)]).version("orders.Order")
            2
        """
        name = kind if isinstance(kind, str) else type_name(kind)
        return max(self._upcasters.get(name, {}), default=0) + 1

    def dumps(self, value: object) -> bytes:
        """Canonical JSON with the schema's name and version; equal values, equal bytes.

        Raises:
            InvalidValue: ``encoding.unsupported`` or ``encoding.too_deep``, as
                :func:`~ordercore.kernel.encode`.
            CodecError: text with half a surrogate pair, or an integer of more digits than Python
                reads; with the path.
        """
        coded = encode(value)
        envelope: _Object = {"schema": type_name(type(value)), "value": coded}
        if self._versions:
            envelope["versions"] = cast("_Object", self._versions)
        try:
            return _CANONICAL.encode(envelope).encode()
        except ValueError as error:
            name = type_name(type(value))
            path, problem = unwritable(coded, "$.value") or ("$.value", str(error))
            raise CodecError(name, self.version(name), path, problem) from None

    def loads(self, data: bytes | str, kind: type[T]) -> T:
        """The value of a stored envelope.

        Raises:
            CodecError: the bytes are no JSON object in UTF-8, hold floats, a key twice or half a
                surrogate pair, nest too deep, name another schema, or come from a newer version
                than this codec knows; with the path.
            InvalidBatch: every fault of the value at once, each with its JSON path.
        """
        name = type_name(kind)
        envelope = parsed(data, name, self.version(name))
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

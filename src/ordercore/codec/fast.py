"""The same codec with msgspec underneath: the same bytes, the same refusals, in less time.

It knows one road, the one that good data take: canonical bytes of the current versions. Whatever
leaves that road is done again by the plain codec, which accepts it or says what is wrong. So the
two cannot disagree: what is read fast is written again and compared with what was given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import Any, TypeAlias, TypeVar, cast

from ordercore.codec.envelope import Codec, Upcaster
from ordercore.codec.wire import Reader, Wires
from ordercore.codec.writing import Writers
from ordercore.kernel import InvalidValue, OrdercoreError, answering, type_name

__all__ = ["msgspec_codec"]

T = TypeVar("T")


@answering
def msgspec_codec(upcasters: Iterable[Upcaster] = (), *, hosts: Iterable[type] = ()) -> Codec:
    """A codec that encodes and decodes with msgspec, from the extra ``codec``.

    It takes what :class:`Codec` takes, writes the same bytes, reads the same data and refuses the
    same with the same errors. Make one and keep it: it makes a plan for each type when it first
    meets it. Data that are not canonical, or of older versions, are read at the plain codec's pace.

    Raises:
        InvalidValue: ``codec.extra`` where msgspec is not installed.
        InvalidDefinition: as :class:`Codec`.

    Example:
        >>> from ordercore.kernel import Money
        >>> fast = msgspec_codec()
        >>> fast.dumps(Money(1, "CNY")) == Codec().dumps(Money(1, "CNY"))
        True
        >>> fast.loads(fast.dumps(Money(1, "CNY")), Money)
        Money(minor=1, currency=Currency('CNY'))
    """
    try:
        msgspec = import_module("msgspec")
    except ImportError:
        raise InvalidValue(
            "codec.extra", "msgspec", None, "the extra: pip install 'ordercore[codec]'"
        ) from None
    return _MsgspecCodec(msgspec, upcasters, tuple(hosts))


_Envelope: TypeAlias = Any
"""A struct with schema, value and versions."""
_Loader: TypeAlias = "tuple[Callable[[bytes], _Envelope], str, Reader]"


class _MsgspecCodec(Codec):
    def __init__(
        self, msgspec: ModuleType, upcasters: Iterable[Upcaster], hosts: tuple[type, ...]
    ) -> None:
        super().__init__(upcasters, hosts=hosts)
        self._msgspec = msgspec
        # Dictionaries that the plain encoder made are sorted here; records are made in order.
        self._write = msgspec.json.Encoder(order="deterministic").encode
        self._again = msgspec.json.Encoder().encode
        self._writers = Writers(msgspec)
        self._wires = Wires(msgspec, self._decoder)
        self._heads: dict[type, bytes] = {}
        self._loaders: dict[type, _Loader | None] = {}
        self._tail, self._written = b"}", self._versions or msgspec.UNSET
        if self._versions:
            self._tail = b',"versions":' + self._write(self._versions) + b"}"
        self._off_the_road = (
            OrdercoreError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError,
            RecursionError, NameError, msgspec.MsgspecError,
        )  # fmt: skip

    def dumps(self, value: object) -> bytes:
        kind = type(value)
        try:
            body: bytes = self._write(self._writers[kind](value))
        except self._off_the_road:
            return super().dumps(value)
        head = self._heads.get(kind)
        if head is None:
            head = b'{"schema":' + self._write(type_name(kind)) + b',"value":'
            self._heads[kind] = head
        return head + body + self._tail

    def loads(self, data: bytes | str, kind: type[T]) -> T:
        try:
            loader = self._loaders[kind]
        except KeyError:
            loader = self._loaders[kind] = self._loader(kind)
        if loader is not None:
            parse, name, read = loader
            try:
                raw = data.encode() if isinstance(data, str) else data
                envelope = parse(raw)
                # Equal bytes: no key twice, no number that was rounded, nothing passed over.
                if (
                    envelope.schema == name
                    and envelope.versions == self._written
                    and self._again(envelope) == raw
                ):
                    return cast("T", read(envelope.value))
            except self._off_the_road:
                pass  # the plain codec says what is wrong, if anything is
        return super().loads(data, kind)

    def _loader(self, kind: type) -> _Loader | None:
        try:
            form, read = self._wires.of(kind)
            msgspec = self._msgspec
            envelope = msgspec.defstruct(
                "Envelope",
                [
                    ("schema", str),
                    ("value", form),
                    ("versions", dict[str, int] | msgspec.UnsetType, msgspec.UNSET),
                ],
                forbid_unknown_fields=True,
                gc=False,
            )
            return msgspec.json.Decoder(envelope).decode, type_name(kind), read or _as_it_is
        except self._off_the_road:
            return None


def _as_it_is(value: object) -> object:
    return value

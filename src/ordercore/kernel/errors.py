"""The error tree: what is raised when a program, its data or an adapter is at fault.

A business "no" is never raised here; it is a :class:`~ordercore.kernel.Refusal`. Every error
carries a stable ``code`` and its facts as plain data, so that a host can log, count and translate
it without reading the text. The fields are positional because keyword-only exceptions do not
survive pickling, and an error that cannot cross a process boundary hides the fault it reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NoReturn, Self, TypeVar

import attrs
from typing_extensions import override

__all__ = [
    "Choice",
    "CodecError",
    "ConcurrencyConflict",
    "CurrencyMismatch",
    "FaultList",
    "Finding",
    "IllegalTransition",
    "InvalidBatch",
    "InvalidDefinition",
    "InvalidValue",
    "InvariantViolation",
    "NaiveInstant",
    "NotFound",
    "OrdercoreError",
    "PortFailure",
    "PrecisionLoss",
    "Severity",
    "UnknownCurrency",
    "expect",
    "problems",
]

T = TypeVar("T")

_SHOWN_CHARACTERS = 80


def _shown(value: object) -> str:
    """A bounded ``repr``: a megabyte of bad input must not become a megabyte of message."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a broken __repr__ must not hide the fault being reported
        text = f"<unprintable {type(value).__name__}>"
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


class OrdercoreError(Exception):
    """Root of everything that ordercore raises.

    ``code`` is a stable slug, safe to match on; texts may improve, codes do not change.

    Example:
        >>> error = NotFound("order", "o-9")
        >>> error.code, error.data()
        ('ordercore.not_found', {'kind': 'order', 'key': 'o-9'})
    """

    code: str = "ordercore.error"

    def data(self) -> dict[str, object]:
        """The facts of the error as plain data, without the code."""
        fields: tuple[attrs.Attribute[object], ...] = getattr(self, "__attrs_attrs__", ())
        return {field.name: getattr(self, field.name) for field in fields if field.name != "code"}


@attrs.frozen
class InvalidValue(OrdercoreError, ValueError):
    """A value that cannot be what its place asks for.

    ``path`` says where (``lines[2].quantity``), ``value`` what was given, ``expected`` what would
    have been right.

    Example:
        >>> print(InvalidValue("quantity.not_positive", "lines[0].quantity", 0, "an integer ≥ 1"))
        quantity.not_positive at lines[0].quantity: expected an integer ≥ 1, got 0
    """

    code: str
    path: str
    value: object
    expected: str

    def __str__(self) -> str:
        place = f" at {self.path}" if self.path else ""
        return f"{self.code}{place}: expected {self.expected}, got {_shown(self.value)}"

    def at(self, prefix: str) -> InvalidValue:
        """The same fault seen from one level further out.

        Example:
            >>> InvalidValue("text.empty", "sku", "", "text").at("lines[3]").path
            'lines[3].sku'
        """
        return InvalidValue(self.code, _joined(prefix, self.path), self.value, self.expected)


def expect(value: object, kind: type[T], path: str) -> T:
    """The value, if it is of the kind that its place asks for: the guard of constructors.

    Raises:
        InvalidValue: ``type.wrong`` with the path and the value.

    Example:
        >>> expect(3, int, "lines[0].quantity")
        3
        >>> expect("3", int, "lines[0].quantity")
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidValue: type.wrong at lines[0].quantity: expected int, got '3'
    """
    try:
        if isinstance(value, kind):
            return value
    except TypeError:
        raise InvalidValue("type.wrong", "kind", kind, "a class") from None
    raise InvalidValue("type.wrong", path, value, kind.__name__)


class Choice(StrEnum):
    """A closed list of named values that refuses any other with its code and what there is.

    Raises:
        InvalidValue: ``choice.unknown``, with the list's name as the path; the field's in a
            :func:`~ordercore.kernel.checked` class.

    Example:
        >>> Severity("grave")
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidValue: choice.unknown at Severity: expected one of error, ...
    """

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        listed = ", ".join(member.value for member in cls)
        raise InvalidValue("choice.unknown", cls.__name__, value, f"one of {listed}")


def _joined(prefix: str, path: str) -> str:
    if not prefix or not path:
        return prefix or path
    return f"{prefix}{path}" if path.startswith("[") else f"{prefix}.{path}"


class CurrencyMismatch(InvalidValue):
    """Two amounts of different currencies met where one is needed.

    Example:
        >>> CurrencyMismatch("CNY", "EUR").code
        'money.currency_mismatch'
    """

    def __init__(self, left: str, right: str) -> None:
        super().__init__("money.currency_mismatch", "currency", str(right), f"currency {left}")

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        return type(self), (self.expected.removeprefix("currency "), str(self.value))


class UnknownCurrency(InvalidValue):
    """A code that ISO 4217 does not list, or that has no minor unit to count in.

    Example:
        >>> UnknownCurrency("BTC").data()["value"]
        'BTC'
    """

    def __init__(self, value: object, expected: str = "an ISO 4217 code") -> None:
        super().__init__("money.unknown_currency", "currency", value, expected)

    def __reduce__(self) -> tuple[type[Self], tuple[object, str]]:
        return type(self), (self.value, self.expected)


class PrecisionLoss(InvalidValue):
    """An exact value that its target cannot hold without rounding.

    ``digits`` is the number of decimals that the target keeps.

    Example:
        >>> PrecisionLoss("1.005", 2).code
        'number.precision_loss'
    """

    def __init__(self, value: object, digits: int) -> None:
        super().__init__("number.precision_loss", "", value, f"at most {digits} decimals")

    def __reduce__(self) -> tuple[type[Self], tuple[object, int]]:
        return type(self), (self.value, int(self.expected.split()[2]))


class NaiveInstant(InvalidValue):
    """A local time without zone or offset where a moment of the world is needed.

    Example:
        >>> NaiveInstant("2026-11-11 08:00").code
        'time.naive'
    """

    def __init__(self, value: object, path: str = "") -> None:
        super().__init__("time.naive", path, value, "an instant with a zone or an offset")

    def __reduce__(self) -> tuple[type[Self], tuple[object, str]]:
        return type(self), (self.value, self.path)

    @override
    def at(self, prefix: str) -> NaiveInstant:
        """The same fault seen from one level further out."""
        return NaiveInstant(self.value, _joined(prefix, self.path))


class InvalidBatch(ExceptionGroup[InvalidValue], OrdercoreError):
    """Every fault of one piece of input, not only the first.

    Example:
        >>> fault = InvalidValue("text.empty", "sku", "", "a SKU")
        >>> batch = InvalidBatch("cart", [fault])
        >>> [f.path for f in batch.faults]
        ['sku']
    """

    code: str = "ordercore.invalid"

    def __new__(cls, subject: str, faults: Sequence[InvalidValue]) -> Self:
        """``subject`` is what the input was meant to be; there is at least one fault."""
        return super().__new__(cls, subject, list(faults))

    @property
    def subject(self) -> str:
        """What the input was meant to be."""
        return self.message

    @property
    def faults(self) -> tuple[InvalidValue, ...]:
        """The faults, in the order of the input."""
        return tuple(fault for fault in self.exceptions if isinstance(fault, InvalidValue))

    def derive(self, excs: Sequence[InvalidValue]) -> InvalidBatch:  # type: ignore[override]
        """A group of the same kind over other faults; ``except*`` splits with it."""
        return InvalidBatch(self.message, excs)

    def data(self) -> dict[str, object]:
        """The subject, and each fault's code, path, shown value and expectation."""
        return {
            "subject": self.subject,
            "faults": [
                {"code": f.code, "path": f.path, "value": _shown(f.value), "expected": f.expected}
                for f in self.faults
            ],
        }

    def __str__(self) -> str:
        return f"{self.subject}: " + "; ".join(str(fault) for fault in self.faults)


class FaultList:
    """Collects the faults of one piece of input and raises them together.

    Example:
        >>> faults = problems()
        >>> faults.add("text.empty", "sku", "", "a SKU")
        >>> faults.add("quantity.not_positive", "quantity", 0, "an integer ≥ 1")
        >>> try:
        ...     faults.raise_if_any("cart line")
        ... except InvalidBatch as batch:
        ...     [fault.code for fault in batch.faults]
        ['text.empty', 'quantity.not_positive']
    """

    __slots__ = ("_faults",)

    def __init__(self) -> None:
        self._faults: list[InvalidValue] = []

    def add(self, code: str, path: str, value: object, expected: str) -> None:
        """Note one fault."""
        self._faults.append(InvalidValue(code, path, value, expected))

    def take(self, error: InvalidValue | InvalidBatch, prefix: str = "") -> None:
        """Note what an inner constructor raised, seen from ``prefix``."""
        inner: Iterable[InvalidValue] = (
            error.faults if isinstance(error, InvalidBatch) else (error,)
        )
        self._faults.extend(fault.at(prefix) for fault in inner)

    def __bool__(self) -> bool:
        return bool(self._faults)

    def __len__(self) -> int:
        return len(self._faults)

    @property
    def faults(self) -> tuple[InvalidValue, ...]:
        """What was noted so far."""
        return tuple(self._faults)

    def raise_if_any(self, subject: str) -> None:
        """Raise one :class:`InvalidBatch` when anything was noted."""
        if self._faults:
            raise InvalidBatch(subject, self._faults)


def problems() -> FaultList:
    """A fresh, empty :class:`FaultList`.

    Example:
        >>> bool(problems())
        False
    """
    return FaultList()


class Severity(Choice):
    """How a finding weighs: an ``ERROR`` refuses the definition, a ``WARNING`` stays on it."""

    ERROR = "error"
    WARNING = "warning"


@attrs.frozen(order=True)
class Finding:
    """One thing that a check of a definition or of an import has to say.

    Example:
        >>> Finding("machine.unreachable", "warning", "states[2]", "no way in", "lost").severity
        <Severity.WARNING: 'warning'>
    """

    code: str
    severity: Severity = attrs.field(converter=Severity)
    path: str
    message: str
    value: str | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("code", "path", "message"):
            expect(getattr(self, name), str, name)
        if self.value is not None:
            expect(self.value, str, "value")


def _findings(given: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(given)


@attrs.frozen
class InvalidDefinition(OrdercoreError):
    """A machine, rule, catalog or mapping that its checker refuses; lists every finding.

    Example:
        >>> error = InvalidDefinition("rule", (Finding("rule.unknown_field", "error", "1:1", "x"),))
        >>> error.codes
        ('rule.unknown_field',)
    """

    subject: str
    findings: tuple[Finding, ...] = attrs.field(converter=_findings)
    code: str = attrs.field(default="ordercore.invalid_definition", init=False)

    @property
    def codes(self) -> tuple[str, ...]:
        """The findings' codes, in their order."""
        return tuple(finding.code for finding in self.findings)

    def __str__(self) -> str:
        listed = "\n".join(
            f"  {f.severity.value} {f.code} at {f.path}: {f.message}" for f in self.findings
        )
        return f"{self.subject}: {len(self.findings)} findings\n{listed}"


@attrs.frozen
class IllegalTransition(OrdercoreError):
    """An event or command that the machine cannot know in this state: a bug or a corrupt log.

    Example:
        >>> print(IllegalTransition("order", "closed", "OrderPlaced"))
        order: OrderPlaced cannot happen in state closed
    """

    machine: str
    state: str
    event: str
    code: str = attrs.field(default="ordercore.illegal_transition", init=False)

    def __str__(self) -> str:
        return f"{self.machine}: {self.event} cannot happen in state {self.state}"


@attrs.frozen
class ConcurrencyConflict(OrdercoreError):
    """Someone else saved the aggregate first; load it afresh and decide again.

    Example:
        >>> print(ConcurrencyConflict("order:o-1", 4, 5))
        order:o-1: expected version 4, found 5
    """

    aggregate: str
    expected: int
    actual: int
    code: str = attrs.field(default="ordercore.conflict", init=False)

    def __str__(self) -> str:
        return f"{self.aggregate}: expected version {self.expected}, found {self.actual}"


@attrs.frozen
class NotFound(OrdercoreError):
    """Something that was asked for by its key does not exist.

    Example:
        >>> print(NotFound("item", "TEA"))
        no item 'TEA'
    """

    kind: str
    key: str
    code: str = attrs.field(default="ordercore.not_found", init=False)

    def __str__(self) -> str:
        return f"no {self.kind} {self.key!r}"


@attrs.frozen
class InvariantViolation(OrdercoreError):
    """A law of the domain does not hold: a bug in us, or stored data that someone changed.

    Example:
        >>> print(InvariantViolation("INV-STOCK-1", "on hand 3, moves say 4"))
        INV-STOCK-1 is broken: on hand 3, moves say 4
    """

    invariant: str
    witness: str
    code: str = attrs.field(default="ordercore.invariant", init=False)

    def __str__(self) -> str:
        return f"{self.invariant} is broken: {self.witness}"


@attrs.frozen
class CodecError(OrdercoreError):
    """Stored or sent data that does not decode; ``path`` is the JSON path of the fault.

    Example:
        >>> print(CodecError("orders.Order", 1, "$.lines[0].sku", "is missing"))
        orders.Order v1: $.lines[0].sku is missing
    """

    schema: str
    version: int
    path: str
    problem: str
    code: str = attrs.field(default="ordercore.codec", init=False)

    def __str__(self) -> str:
        return f"{self.schema} v{self.version}: {self.path} {self.problem}"


@attrs.frozen
class PortFailure(OrdercoreError):
    """An adapter could not do what its port promises; ``retryable`` says if trying again may help.

    Example:
        >>> PortFailure("orders", "connection lost", True).retryable
        True
    """

    port: str
    problem: str
    retryable: bool
    code: str = attrs.field(default="ordercore.port", init=False)

    def __str__(self) -> str:
        return f"{self.port}: {self.problem}"

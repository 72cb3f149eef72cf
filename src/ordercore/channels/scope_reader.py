"""Applies a mapping's rules to one object or row: values by target, and a note for each oddity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import cast

from ordercore.channels.mapping import ChannelMapping, FieldRule, ListRule, steps_of
from ordercore.channels.payload import at_steps
from ordercore.channels.target import ORDER, SCOPES, Target, ValueKind
from ordercore.channels.transform import TRANSFORMS, Reader, Reading, Scalar, Terms
from ordercore.kernel import (
    Currency,
    Finding,
    FrozenMap,
    Instant,
    InvalidBatch,
    InvalidValue,
    Money,
    Severity,
    Zone,
)

__all__ = [
    "WITHHELD",
    "FieldReader",
    "Notes",
    "Record",
    "ScopeReader",
    "order_reader",
    "read_order",
    "shown",
]

WITHHELD = "(withheld)"
_MAX_SHOWN = 80
_NOTHING: FrozenMap[str, str] = FrozenMap()
_MUST_BE_RIGHT = frozenset({ValueKind.MONEY, ValueKind.QUANTITY, ValueKind.DECIMAL, ValueKind.RATE})


class Notes:
    """Findings of one import, and which of them reject the document at hand."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._errors: list[str] = []

    def warn(self, code: str, path: str, message: str, value: str | None = None) -> None:
        """Note something odd that was kept."""
        self.findings.append(Finding(code, Severity.WARNING, path, message, value))

    def reject(self, code: str, path: str, message: str, value: str | None = None) -> None:
        """Note a fault; the document at hand is rejected."""
        self._errors.append(code)
        self.findings.append(Finding(code, Severity.ERROR, path, message, value))

    def take(self, error: InvalidValue | InvalidBatch, path: str) -> None:
        """Note what a constructor refused."""
        faults = error.faults if isinstance(error, InvalidBatch) else (error,)
        for fault in faults:
            place = fault.at(path).path
            self.reject(fault.code, place, f"expected {fault.expected}", shown(fault.value))

    @property
    def faults(self) -> int:
        """How many faults the document at hand has so far."""
        return len(self._errors)

    def errors(self) -> tuple[str, ...]:
        """The codes of the faults since the last call."""
        codes, self._errors = tuple(self._errors), []
        return codes


def shown(value: object) -> str:
    """A bounded text of a value, for a finding."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"


class Record:
    """What was read of one object or row: values by target, lists of records by target."""

    __slots__ = ("lists", "path", "values")

    def __init__(self, path: str) -> None:
        self.path = path
        self.values: dict[str, Scalar] = {}
        self.lists: dict[str, list[Record]] = {}

    # The mapping was checked: a target's value is of its kind.
    def text(self, target: str, default: str = "") -> str:
        """A text, or the default when absent."""
        return cast(str, self.values.get(target, default))

    def texts(self, target: str) -> tuple[str, ...]:
        """A list of texts; empty when absent."""
        return cast("tuple[str, ...]", self.values.get(target, ()))

    def money(self, target: str) -> Money | None:
        """An amount, or None."""
        return cast("Money | None", self.values.get(target))

    def amount(self) -> Money:
        """The amount of an item whose scope requires one; without it nothing is built."""
        return cast(Money, self.values["amount"])

    def quantity(self, target: str) -> int | None:
        """A quantity, or None."""
        return cast("int | None", self.values.get(target))

    def decimal(self, target: str) -> Decimal | None:
        """An exact decimal, or None."""
        return cast("Decimal | None", self.values.get(target))

    def rate(self, target: str) -> Fraction | None:
        """A rate, or None."""
        return cast("Fraction | None", self.values.get(target))

    def moment(self, target: str) -> Instant | None:
        """An instant, or None."""
        return cast("Instant | None", self.values.get(target))

    def flag(self, target: str) -> bool:
        """A boolean; false when absent."""
        return self.values.get(target) is True

    def currency(self, target: str) -> Currency | None:
        """A currency, or None."""
        return cast("Currency | None", self.values.get(target))

    def items(self, target: str) -> list[Record]:
        """The records of a list; empty when absent."""
        return self.lists.get(target, [])

    def ending(self, prefix: str) -> FrozenMap[str, str]:
        """The texts of all targets of a prefix, by the rest of their name."""
        found = {
            target.removeprefix(prefix): cast(str, value)
            for target, value in self.values.items()
            if target.startswith(prefix)
        }
        return FrozenMap(found) if found else _NOTHING


def remembering(read: Reader) -> Reader:
    """The reader with a memory for texts: tables repeat most of their cells."""
    known: dict[tuple[str, Currency | None], Reading] = {}

    def recall(raw: object, currency: Currency | None) -> Reading:
        if type(raw) is not str:
            return read(raw, currency)
        key = (raw, currency)
        found = known.get(key)
        if found is None:
            found = known[key] = read(raw, currency)
        return found

    return recall


class FieldReader:
    """One field rule, ready to be applied many times."""

    __slots__ = ("default", "must", "paths", "personal", "read", "required", "target")

    def __init__(self, rule: FieldRule, target: Target, zone: Zone | None, *, table: bool) -> None:
        read = TRANSFORMS[rule.transform].build(Terms(rule.options, rule.table, zone))
        self.target = rule.target
        # In a table a path is the name of a column, whatever it contains.
        self.paths = [(path, (path,) if table else steps_of(path)) for path in rule.paths]
        self.read = remembering(read) if table else read
        self.default = rule.default
        self.required = rule.required or target.required
        self.must = self.required or target.kind in _MUST_BE_RIGHT
        self.personal = target.personal

    def raw(self, source: object) -> tuple[object, str]:
        """The first value that is present, and where it stands."""
        for path, steps in self.paths:
            value = at_steps(source, steps)
            if value is not None and value != "":
                return value, path
        return None, self.paths[0][0] if self.paths else ""

    def apply(
        self, source: object, currency: Currency | None, where: str, notes: Notes
    ) -> Scalar | None:
        """The value, or None when it is absent or faulty; what is odd goes into the notes."""
        raw, path = self.raw(source)
        return self.take(raw, currency, where, path, notes)

    def take(
        self, raw: object, currency: Currency | None, where: str, path: str, notes: Notes
    ) -> Scalar | None:
        """The value of a raw one that stands at ``path`` below ``where``."""
        try:
            value, odd = self.read(raw, currency)
            if value is None and self.default:
                value, odd = self.read(self.default, currency)
        except InvalidValue as fault:
            told = WITHHELD if self.personal else shown(fault.value)
            note = notes.reject if self.must else notes.warn
            note(fault.code, _below(where, path), f"expected {fault.expected}", told)
            return None
        if odd:
            told = WITHHELD if self.personal else shown(raw)
            notes.warn(odd, _below(where, path), "kept in a plainer form", told)
        if value is None and self.required:
            message = f"expected a value for {self.target}"
            notes.reject("import.missing", _below(where, path), message)
        return value


def _below(where: str, path: str) -> str:
    return f"{where}.{path}" if path else where


class ScopeReader:
    """The rules of one scope, ready to be applied to many objects."""

    __slots__ = ("fields", "lists")

    def __init__(
        self,
        scope: str,
        fields: Iterable[FieldRule],
        lists: Iterable[ListRule],
        zone: Zone | None,
        *,
        table: bool = False,
    ) -> None:
        self.fields: list[FieldReader] = []
        for rule in fields:
            target = SCOPES[scope].field(rule.target)
            assert target is not None
            self.fields.append(FieldReader(rule, target, zone, table=table))
        self.lists = [
            (
                rule.target,
                rule.path,
                steps_of(rule.path),
                ScopeReader(rule.target, rule.fields, rule.lists, zone, table=table),
            )
            for rule in lists
        ]

    def read(self, source: object, currency: Currency | None, path: str, notes: Notes) -> Record:
        """Everything that the rules find in one object."""
        record = Record(path)
        for field in self.fields:
            value = field.apply(source, currency, path, notes)
            if value is not None:
                record.values[field.target] = value
        return record

    def read_lists(
        self, record: Record, source: object, currency: Currency | None, notes: Notes
    ) -> None:
        """Adds the lists of an object to its record, with the lists of their items."""
        for target, path, steps, reader in self.lists:
            found = at_steps(source, steps)
            place = f"{record.path}.{path}" if path else record.path
            if found is None:
                continue
            if isinstance(found, dict):
                items: Sequence[object] = [found]
            elif isinstance(found, list):
                items = found
            else:
                notes.reject("json.not_a_list", place, "expected a list", type(found).__name__)
                continue
            for index, item in enumerate(items):
                inner = f"{place}[{index}]" if isinstance(found, list) else place
                if not isinstance(item, dict):
                    notes.reject(
                        "json.not_an_object", inner, "expected an object", type(item).__name__
                    )
                    continue
                entry = reader.read(item, currency, inner, notes)
                reader.read_lists(entry, item, currency, notes)
                record.lists.setdefault(target, []).append(entry)


def order_reader(mapping: ChannelMapping, *, table: bool = False) -> ScopeReader:
    """The reader of a mapping's outermost scope.

    The currency's rule comes first: amounts need it.
    """
    fields = sorted(mapping.fields, key=lambda rule: rule.target != "currency")
    return ScopeReader(ORDER, fields, mapping.lists, mapping.zone, table=table)


def read_order(
    reader: ScopeReader, source: Mapping[str, object], path: str, notes: Notes
) -> Record:
    """One order with its lists, read in its own currency."""
    record = Record(path)
    currency: Currency | None = None
    for field in reader.fields:
        value = field.apply(source, currency, path, notes)
        if value is None:
            continue
        record.values[field.target] = value
        if field.target == "currency":
            currency = record.currency("currency")
    reader.read_lists(record, source, currency, notes)
    return record

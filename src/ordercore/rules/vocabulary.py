"""The words that a rule may use: which facts exist, and of what type they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

import attrs

from ordercore.kernel import (
    STANDARD_UNITS,
    FrozenMap,
    InvalidBatch,
    InvalidValue,
    Unit,
    as_map,
    as_tuple,
    checked,
    problems,
)
from ordercore.rules.facttype import FactType, is_path

__all__ = ["Vocabulary", "nearest"]

_MAX_LIST_DEPTH: Final = 4


def nearest(word: str, known: tuple[str, ...]) -> str:
    """``"; did you mean 'order.total'?"``, or nothing when no known word is near.

    Example:
        >>> nearest("order.totl", ("order.total", "order.lines"))
        "; did you mean 'order.total'?"
        >>> nearest("weather", ("order.total",))
        ''
    """
    found = get_close_matches(word[:120], known, n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def _fields(fields: Mapping[str, FactType]) -> FrozenMap[str, FactType]:
    return as_map(fields)


def _unit_tuple(units: Iterable[Unit]) -> tuple[Unit, ...]:
    return as_tuple(units)


@attrs.frozen
@checked
class Vocabulary:
    """The facts that rules of one kind may ask about, by path, each with its type.

    ``units`` are those that a quantity in a rule can be written in. A path cannot be both a fact
    and the beginning of another, except that nothing hides inside a list: its records have their
    own fields.

    Raises:
        InvalidBatch: every wrong name, type, unit and clash of paths.

    Example:
        >>> from ordercore.rules import MONEY, TEXT
        >>> facts = Vocabulary("order", {"order.total": MONEY, "customer.rating": TEXT})
        >>> print(facts.describe())
        | Fact | Type |
        |---|---|
        | `customer.rating` | text |
        | `order.total` | money |
    """

    name: str
    fields: FrozenMap[str, FactType] = attrs.field(converter=_fields)
    units: tuple[Unit, ...] = attrs.field(default=STANDARD_UNITS, converter=_unit_tuple)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not is_path(self.name):
            faults.add("vocabulary.name", "name", self.name, "a name such as 'order'")
        for path, type_ in self.fields.items():
            if not is_path(path):
                faults.add("vocabulary.field_name", "fields", path, "a path such as 'order.total'")
            if type(type_) is not FactType:
                faults.add("vocabulary.field_type", f"fields.{path}", type_, "a FactType")
            elif _list_depth(type_) > _MAX_LIST_DEPTH:
                faults.add("vocabulary.too_deep", f"fields.{path}", str(type_), "lists 4 deep")
            steps = str(path).split(".")
            if any(".".join(steps[:i]) in self.fields for i in range(1, len(steps))):
                faults.add("vocabulary.path_clash", "fields", path, "no fact that holds another")
        seen: set[str] = set()
        for i, unit in enumerate(self.units):
            if type(unit) is not Unit:
                faults.add("vocabulary.unit", f"units[{i}]", unit, "a Unit")
                continue
            names = {unit.code, unit.symbol}
            if names & seen:
                faults.add("vocabulary.unit_twice", f"units[{i}]", unit.symbol, "each name once")
            seen |= names
        faults.raise_if_any("vocabulary")

    @property
    def roots(self) -> tuple[str, ...]:
        """The first steps of all paths: what the facts of an evaluation are keyed by.

        Example:
            >>> from ordercore.rules import MONEY
            >>> Vocabulary("order", {"order.total": MONEY, "order.tax": MONEY}).roots
            ('order',)
        """
        return tuple(sorted({path.partition(".")[0] for path in self.fields}))

    def describe(self) -> str:
        """A Markdown table of every fact and its type, the fields of lists below their list."""
        rows = ["| Fact | Type |", "|---|---|"]
        waiting = list(self.fields.items())[::-1]
        while waiting:
            path, type_ = waiting.pop()
            rows.append(f"| `{path}` | {str(type_).replace('|', chr(92) + '|')} |")
            inner = [(f"{path}[].{name}", each) for name, each in type_.fields.items()]
            waiting += inner[::-1]
        return "\n".join(rows)

    def to_json(self) -> dict[str, object]:
        """The vocabulary as JSON-able data; units only where they are not the standard ones.

        Example:
            >>> from ordercore.rules import MONEY
            >>> Vocabulary("order", {"order.total": MONEY}).to_json()
            {'name': 'order', 'fields': {'order.total': {'type': 'money'}}}
        """
        data: dict[str, object] = {
            "name": self.name,
            "fields": {path: type_.to_json() for path, type_ in self.fields.items()},
        }
        if self.units != STANDARD_UNITS:
            data["units"] = [
                {
                    "code": unit.code,
                    "scale": unit.scale,
                    "dimension": unit.dimension,
                    "ratio": str(unit.ratio),
                    "symbol": unit.symbol,
                }
                for unit in self.units
            ]
        return data

    @classmethod
    def from_json(cls, data: object) -> Vocabulary:
        """The vocabulary that :meth:`to_json` wrote.

        Raises:
            InvalidValue | InvalidBatch: with the path of what is wrong.

        Example:
            >>> from ordercore.rules import MONEY
            >>> words = Vocabulary("order", {"order.total": MONEY})
            >>> Vocabulary.from_json(words.to_json()) == words
            True
        """
        if not isinstance(data, Mapping) or not {"name", "fields"} <= set(data):
            raise InvalidValue("vocabulary.shape", "", data, "an object with name and fields")
        unknown = sorted(str(key) for key in data if key not in {"name", "fields", "units"})
        if unknown:
            raise InvalidValue("vocabulary.unknown_key", "", unknown[0], "name, fields, units")
        fields, units = data["fields"], data.get("units")
        if not isinstance(fields, Mapping):
            raise InvalidValue("vocabulary.fields", "fields", fields, "an object of fact types")
        faults = problems()
        read: dict[str, FactType] = {}
        for path, each in fields.items():
            try:
                read[str(path)] = FactType.from_json(each)
            except (InvalidValue, InvalidBatch) as error:
                faults.take(error, f"fields.{path}")
        made = STANDARD_UNITS if units is None else _units(units)
        faults.raise_if_any("vocabulary")
        return cls(data["name"], read, made)


_UNIT_KEYS: Final = frozenset({"code", "scale", "dimension", "ratio", "symbol"})


def _units(data: object) -> tuple[Unit, ...]:
    if not isinstance(data, list | tuple):
        raise InvalidValue("vocabulary.units", "units", data, "a list of units")
    faults = problems()
    made: list[Unit] = []
    for i, each in enumerate(data):
        if not isinstance(each, Mapping) or set(each) != _UNIT_KEYS:
            faults.add("vocabulary.unit", f"units[{i}]", each, ", ".join(sorted(_UNIT_KEYS)))
            continue
        try:
            made.append(Unit(**each))
        except (InvalidValue, InvalidBatch) as error:
            faults.take(error, f"units[{i}]")
    faults.raise_if_any("vocabulary")
    return tuple(made)


def _list_depth(type_: FactType) -> int:
    level, layer = 0, [type_]
    while layer:
        layer = [inner for each in layer for inner in each.fields.values()]
        level += 1
    return level - 1

"""Reading JSON data that a person wrote: every place of another form is noted, none raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar, assert_never

from ordercore.kernel import (
    Duration,
    FaultList,
    FrozenMap,
    InvalidBatch,
    InvalidValue,
    Json,
    WorkingDays,
    WorkingHours,
)
from ordercore.statemachine.limits import NamedLimit, TimeLimit
from ordercore.statemachine.names import Titles, Words

__all__ = [
    "JsonObject",
    "limit_to_json",
    "limits_to_json",
    "made",
    "titles_to_json",
    "words_to_json",
]

T = TypeVar("T")

_HOUR_US = 3_600_000_000
_LIMIT_KEYS = ("elapsed_hours", "elapsed_us", "working_days", "working_hours", "working_us")


def limit_to_json(limit: TimeLimit) -> dict[str, Json]:
    """A time limit as one unit and its number: hours where they are whole, else microseconds.

    Example:
        >>> limit_to_json(WorkingHours(24)), limit_to_json(Duration(1))
        ({'working_hours': 24}, {'elapsed_us': 1})
    """
    match limit:
        case Duration():
            return _hours("elapsed", limit)
        case WorkingHours():
            return _hours("working", limit.duration)
        case WorkingDays():
            return {"working_days": limit.days}
        case _:  # pragma: no cover
            assert_never(limit)


def _hours(kind: str, duration: Duration) -> dict[str, Json]:
    hours, rest = divmod(duration.microseconds, _HOUR_US)
    return {f"{kind}_us": duration.microseconds} if rest else {f"{kind}_hours": hours}


def limits_to_json(limits: tuple[NamedLimit, ...]) -> list[Json]:
    """Named limits, in their order."""
    return [{"name": limit.name, "after": limit_to_json(limit.after)} for limit in limits]


def titles_to_json(titles: Titles) -> dict[str, Json]:
    """The texts by their languages."""
    return dict(titles)


def words_to_json(words: Words) -> dict[str, Json]:
    """The titles by their words."""
    return {word: titles_to_json(titles) for word, titles in words.items()}


def made(make: Callable[[], T], path: str, faults: FaultList) -> T | None:
    """What a constructor makes; None where it refuses, with its faults noted at the path."""
    try:
        return make()
    except (InvalidValue, InvalidBatch) as error:
        faults.take(error, path)
        return None


class JsonObject:
    """One object of the data: its keys are checked when it is made, its values when they are read.

    Faults are ``machine.json`` for a wrong type, ``machine.json_missing`` and
    ``machine.json_unknown`` for keys. What is not there, or has another form, reads as empty.

    Example:
        >>> faults = FaultList()
        >>> found = JsonObject({"id": 7, "colour": "red"}, "states[0]", faults, ("id",))
        >>> found.text("id"), found.sound, [fault.path for fault in faults.faults]
        ('', False, ['states[0].colour', 'states[0].id'])
    """

    def __init__(
        self,
        data: object,
        path: str,
        faults: FaultList,
        required: tuple[str, ...],
        optional: tuple[str, ...] = (),
    ) -> None:
        self.path = path
        self.faults = faults
        self._before = len(faults)
        self._found: dict[str, object] = {}
        if not isinstance(data, Mapping):
            self._wrong(path, data, "an object")
            return
        known = (*required, *optional)
        found = {str(key): value for key, value in data.items()}
        for key in required:
            if key not in found:
                faults.add("machine.json_missing", self.at(key), None, "a value")
        for key in sorted(found):
            if key in known:
                self._found[key] = found[key]
            else:
                faults.add("machine.json_unknown", self.at(key), found[key], "no such key")

    def __contains__(self, key: str) -> bool:
        return key in self._found

    @property
    def sound(self) -> bool:
        """Whether nothing was noted since it was made."""
        return len(self.faults) == self._before

    def at(self, key: str) -> str:
        """The place of a key in the whole."""
        return f"{self.path}.{key}" if self.path else key

    def items(self) -> Iterator[tuple[str, object]]:
        """The known keys that are there, with their values."""
        yield from self._found.items()

    def text(self, key: str) -> str:
        """A text."""
        value = self._found.get(key, "")
        if isinstance(value, str):
            return value
        self._wrong(self.at(key), value, "text")
        return ""

    def integer(self, key: str) -> int:
        """An integer; 0 where it is not there."""
        value = self._found.get(key, 0)
        if type(value) is int:
            return value
        self._wrong(self.at(key), value, "an integer")
        return 0

    def inner(
        self, key: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> JsonObject:
        """An object within this one."""
        return JsonObject(self._found.get(key), self.at(key), self.faults, required, optional)

    def boolean(self, key: str) -> bool:
        """True or false; false where it is not there."""
        value = self._found.get(key, False)
        if isinstance(value, bool):
            return value
        self._wrong(self.at(key), value, "true or false")
        return False

    def listed(self, key: str) -> list[tuple[object, str]]:
        """The items of a list, each with its place."""
        value = self._found.get(key, [])
        if isinstance(value, list | tuple):
            return [(item, f"{self.at(key)}[{index}]") for index, item in enumerate(value)]
        self._wrong(self.at(key), value, "a list")
        return []

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        return self.texts_of(self._found.get(key, []), self.at(key))

    def texts_of(self, value: object, place: str) -> list[str]:
        """A value at a place, as a list of texts."""
        if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
            return list(value)
        self._wrong(place, value, "a list of texts")
        return []

    def titles(self, key: str) -> Titles:
        """A text for each language."""
        return self.titles_of(self._found.get(key, {}), self.at(key))

    def titles_of(self, value: object, place: str) -> Titles:
        """A value at a place, as a text for each language."""
        if isinstance(value, Mapping) and all(isinstance(item, str) for item in value.values()):
            return FrozenMap((str(language), item) for language, item in value.items())
        self._wrong(place, value, "an object of texts by language")
        return FrozenMap()

    def words(self, key: str) -> Words:
        """For each word a text for each language."""
        value = self._found.get(key, {})
        if not isinstance(value, Mapping):
            self._wrong(self.at(key), value, "an object of titles by word")
            return FrozenMap()
        return FrozenMap(
            (str(word), self.titles_of(titles, f"{self.at(key)}[{word}]"))
            for word, titles in value.items()
        )

    def limit(self, key: str) -> TimeLimit | None:
        """A time limit; None where it is not there."""
        return self._limit(self._found[key], self.at(key)) if key in self else None

    def limits(self, key: str) -> tuple[NamedLimit, ...]:
        """Named limits, in their order."""
        found = []
        for data, place in self.listed(key):
            item = JsonObject(data, place, self.faults, ("name", "after"))
            name, after = item.text("name"), item.limit("after")
            if after is not None and item.sound:
                length = after
                found.append(made(lambda: NamedLimit(name, length), place, self.faults))  # noqa: B023 - called at once
        return tuple(limit for limit in found if limit is not None)

    def _limit(self, data: object, place: str) -> TimeLimit | None:
        found = JsonObject(data, place, self.faults, (), _LIMIT_KEYS)
        key, number = next(found.items(), ("", None))
        if len(found._found) != 1 or type(number) is not int:
            expected = f"one of {', '.join(_LIMIT_KEYS)} with an integer"
            self._wrong(place, data, expected)
            return None
        return made(lambda: _length(key, number), place, self.faults)

    def _wrong(self, place: str, value: object, expected: str) -> None:
        self.faults.add("machine.json", place, value, expected)


def _length(key: str, number: int) -> TimeLimit:
    if key == "working_days":
        return WorkingDays(number)
    duration = Duration(number * _HOUR_US if key.endswith("_hours") else number)
    return WorkingHours.of(duration) if key.startswith("working") else duration

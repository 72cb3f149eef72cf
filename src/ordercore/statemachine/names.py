"""The words of a machine: names that are checked, sets of them, and titles by language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from ordercore.kernel import FaultList, FrozenMap, as_tuple

__all__ = [
    "Titles",
    "Words",
    "are_texts",
    "check_name",
    "check_names",
    "check_titles",
    "check_words",
    "exact",
    "name_set",
    "names",
    "ordered",
    "printable",
    "by_language",
    "by_word",
]

Titles: TypeAlias = FrozenMap[str, str]
"""One text for each language, by its tag: ``{"en": "Customs", "zh": "海关"}``."""

Words: TypeAlias = FrozenMap[str, Titles]
"""The titles of words, by word."""

_MAX_LENGTH = 200


def exact(value: str) -> str:
    """Plain text instead of an enumeration member, so that tables and bytes hold only text."""
    return str.__str__(value) if isinstance(value, str) else value


def _listed(given: Iterable[str]) -> tuple[str, ...]:
    """One text is one name and never falls into letters."""
    return (given,) if isinstance(given, str) else as_tuple(given)


def are_texts(given: object) -> bool:
    """Whether it is a tuple of texts only."""
    return type(given) is tuple and all(isinstance(name, str) for name in given)


def names(given: Iterable[str]) -> tuple[str, ...]:
    """Sorted names; what is no collection comes back as it is."""
    listed = _listed(given)
    return tuple(sorted(map(exact, listed), key=str)) if type(listed) is tuple else listed


def name_set(given: Iterable[str]) -> tuple[str, ...]:
    """Sorted names, each once; as :func:`names` where one is no text."""
    found = names(given)
    return tuple(dict.fromkeys(found)) if are_texts(found) else found


def ordered(given: Iterable[str]) -> tuple[str, ...]:
    """Names in the order in which they are given; what is no collection comes back as it is."""
    listed = _listed(given)
    return tuple(map(exact, listed)) if type(listed) is tuple else listed


def by_language(given: Mapping[str, str]) -> Titles:
    """A frozen map; what is no mapping of text stays as it is, for the check to refuse."""
    if isinstance(given, Mapping) and all(isinstance(key, str) for key in given):
        return FrozenMap.of(given)
    return given  # type: ignore[return-value]


def by_word(given: Mapping[str, Mapping[str, str]]) -> Words:
    """Titles for each word; what is no mapping stays as it is, for the check to refuse."""
    if isinstance(given, Mapping) and all(isinstance(word, str) for word in given):
        return FrozenMap((exact(word), by_language(by)) for word, by in given.items())
    return given  # type: ignore[return-value]


def printable(value: object) -> bool:
    """Whether it is text of printable characters; the empty one is."""
    return isinstance(value, str) and value.isprintable()


def check_name(value: object, path: str, faults: FaultList) -> None:
    """Notes ``machine.name`` for what is no name."""
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= _MAX_LENGTH
        or not value.isprintable()
        or value != value.strip()
    ):
        expected = f"1 to {_MAX_LENGTH} printable characters, no blank at either end"
        faults.add("machine.name", path, value, expected)


def check_names(values: tuple[str, ...], path: str, faults: FaultList) -> None:
    """Notes ``machine.name`` for each that is no name."""
    for index, value in enumerate(values):
        check_name(value, f"{path}[{index}]", faults)


def check_titles(value: object, path: str, faults: FaultList) -> None:
    """Notes ``machine.title`` for what is no map from language tags to printable text."""
    if not isinstance(value, FrozenMap):
        faults.add("machine.title", path, value, "a text for each language")
        return
    for language, text in value.items():
        if not (language and printable(language) and text and printable(text)):
            expected = "a language tag and a printable text"
            faults.add("machine.title", f"{path}[{language}]", text, expected)


def check_words(value: object, path: str, faults: FaultList) -> None:
    """Notes ``machine.title`` and ``machine.name`` for what are no titles by word."""
    if not isinstance(value, FrozenMap):
        faults.add("machine.title", path, value, "titles for each word")
        return
    for word, texts in value.items():
        check_name(word, f"{path}[{word}]", faults)
        check_titles(texts, f"{path}[{word}]", faults)

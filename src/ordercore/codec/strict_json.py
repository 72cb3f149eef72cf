"""JSON that says one thing only: exact numbers, each key once, whole letters, bounded depth."""

from __future__ import annotations

import json
import re
from typing import cast

from ordercore.kernel import CodecError, Json

__all__ = ["MAX_DEPTH", "nests_too_deep", "parsed", "unwritable"]

MAX_DEPTH = 200
"""How deep stored JSON may nest before it is refused; ordercore's own values stay below 20."""

_TEXTS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NO_BRACKETS = re.compile(r"[^\[\]{}]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


class _KeyTwice(ValueError):
    pass


class _Doubled(dict[str, object]):
    """An object that says a key twice, for the report."""

    key = ""


def _no_float(text: str) -> Json:
    msg = f"{text} is no exact value"
    raise ValueError(msg)


def _keys_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise _KeyTwice
    return read


def _doubled(pairs: list[tuple[str, object]]) -> dict[str, object]:
    read: dict[str, object] = {}
    for key, value in pairs:
        if key in read:
            doubled = _Doubled(read)
            doubled.key = key
            return doubled
        read[key] = value
    return read


_STRICT = json.JSONDecoder(
    parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_keys_once
)
_REPORTING = json.JSONDecoder(
    parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_doubled
)


def parsed(data: bytes | str, name: str, version: int) -> Json:
    """What JSON says. O(length).

    Raises:
        CodecError: with the path, as far as there is one.
    """
    try:
        text = data if isinstance(data, str) else data.decode()
        if nests_too_deep(text):
            msg = f"nested deeper than {MAX_DEPTH}"
            raise ValueError(msg)
        try:
            found = cast("Json", _STRICT.decode(text))
        except _KeyTwice:
            doubled = _doubled_path(_REPORTING.decode(text))
            raise CodecError(name, version, doubled, "is said twice") from None
    except (ValueError, RecursionError) as error:
        raise CodecError(name, version, "$", f"is no JSON of exact values: {error}") from error
    # Strict UTF-8 holds no half of a pair, but an escape or a text may.
    if "\\u" in text or isinstance(data, str):
        half = unwritable(found, "$")
        if half is not None:
            raise CodecError(name, version, *half)
    return found


def nests_too_deep(text: str) -> bool:
    """Whether objects and lists nest deeper than :data:`MAX_DEPTH`; text in quotes does not count.

    Innermost pairs of brackets are taken away, one level a turn.
    """
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    left = _NO_BRACKETS.sub("", _TEXTS.sub("", text))
    for _ in range(MAX_DEPTH):
        left, before = left.replace("[]", "").replace("{}", ""), left
        if left == before:
            break
    # What pairs with nothing is no JSON, unless it is too deep already.
    return left.count("[") + left.count("{") > (0 if _paired(left) else MAX_DEPTH)


def _paired(left: str) -> bool:
    return left.count("[") == left.count("]") and left.count("{") == left.count("}")


def _doubled_path(found: object) -> str:
    """Where the first key stands that is said twice; there is one."""
    waiting = [("$", found)]
    while True:
        path, each = waiting.pop()
        if isinstance(each, _Doubled):
            return f"{path}.{each.key}"
        waiting += _inside(each, path)


def _inside(found: object, path: str) -> list[tuple[str, object]]:
    if isinstance(found, dict):
        return [(f"{path}.{key}", item) for key, item in reversed(found.items())]
    if isinstance(found, list):
        return [(f"{path}[{i}]", item) for i, item in reversed(list(enumerate(found)))]
    return []


def unwritable(found: object, path: str) -> tuple[str, str] | None:
    """The first place of what JSON in UTF-8 cannot say, and why; None where there is none."""
    waiting = [(path, found)]
    while waiting:
        here, each = waiting.pop()
        keys: list[object] = list(each) if isinstance(each, dict) else [each]
        if any(isinstance(key, str) and _SURROGATE.search(key) for key in keys):
            return here, "holds half a surrogate pair"
        if isinstance(each, int):
            try:
                str(each)
            except ValueError:
                return here, "is an integer of too many digits"
        waiting += _inside(each, here)
    return None

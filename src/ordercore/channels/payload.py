"""JSON from outside, read without trust: bounded, without floats, every oddity with its path."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, DecimalException
from typing import TypeAlias, cast

from ordercore.kernel import InvalidValue

__all__ = [
    "MAX_DEPTH",
    "MAX_PAYLOAD_BYTES",
    "Tree",
    "at_steps",
    "doubled_keys",
    "read_json",
    "tree_faults",
]

MAX_DEPTH = 32
"""The deepest nesting that is read."""
MAX_PAYLOAD_BYTES = 32 * 1024 * 1024
"""The longest payload that is read."""

Tree: TypeAlias = "dict[str, Tree] | list[Tree] | str | int | Decimal | bool | None"


class _Doubled(dict[str, "Tree"]):
    """An object that wrote one of its keys twice: which value is meant, nobody knows."""

    doubled: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    data = dict(pairs)
    if len(data) == len(pairs):
        return data
    seen: set[str] = set()
    twice = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
    marked = _Doubled(data)
    marked.doubled = tuple(sorted(set(twice)))
    return marked


def _constant(text: str) -> Tree:
    raise InvalidValue("json.not_a_number", "$", text, "a finite number")


def _integer(text: str) -> Tree:
    # The interpreter refuses to read very long integers; as decimals they are refused with a path.
    return int(text) if len(text) <= 200 else Decimal(text)


def read_json(payload: bytes | str) -> Tree:
    """The payload as data: numbers with a point are Decimals, never floats.

    Raises:
        InvalidValue: ``json.too_long``, ``json.not_utf8``, ``json.not_json``,
            ``json.not_a_number`` (NaN, Infinity), ``json.too_deep``.

    Example:
        >>> read_json(b'{"price": 7.02, "id": 5500000000017}')
        {'price': Decimal('7.02'), 'id': 5500000000017}
    """
    if not isinstance(payload, bytes | str):
        raise InvalidValue("json.not_json", "$", type(payload).__name__, "bytes or text")
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise InvalidValue("json.too_long", "$", len(payload), f"at most {MAX_PAYLOAD_BYTES}")
    try:
        text = payload.decode("utf-8-sig") if isinstance(payload, bytes) else payload
        tree = json.loads(
            text,
            parse_float=Decimal,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise InvalidValue("json.not_utf8", "$", f"byte {error.start}", "UTF-8") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise InvalidValue("json.not_json", "$", place, error.msg) from None
    except RecursionError:
        expected = f"at most {MAX_DEPTH} levels"
        raise InvalidValue("json.too_deep", "$", "(deep nesting)", expected) from None
    except DecimalException:
        raise InvalidValue("json.not_a_number", "$", "(a number)", "a number in range") from None
    return cast(Tree, tree)


def doubled_keys(tree: Tree) -> tuple[str, ...]:
    """The keys that this very object wrote more than once.

    Example:
        >>> doubled_keys(read_json('{"a": 1, "a": 2}')), doubled_keys(read_json('{"a": 1}'))
        (('a',), ())
    """
    return tree.doubled if isinstance(tree, _Doubled) else ()


def tree_faults(tree: Tree, path: str) -> Iterator[InvalidValue]:
    """Keys that an object wrote twice, and nesting that is too deep. O(size), not recursive.

    Example:
        >>> [fault.path for fault in tree_faults(read_json('{"a": {"b": 1, "b": 2}}'), "$")]
        ['$.a.b']
    """
    waiting: list[tuple[Tree, str, int]] = [(tree, path, 1)]
    while waiting:
        node, place, depth = waiting.pop()
        if not isinstance(node, dict | list):
            continue
        if depth > MAX_DEPTH:
            yield InvalidValue(
                "json.too_deep", path, "(deep nesting)", f"at most {MAX_DEPTH} levels"
            )
            return
        for key in doubled_keys(node):
            yield InvalidValue("json.duplicate_key", f"{place}.{key}", key, "each key once")
        if isinstance(node, dict):
            children = [(child, f"{place}.{key}", depth + 1) for key, child in node.items()]
        else:
            children = [(child, f"{place}[{i}]", depth + 1) for i, child in enumerate(node)]
        waiting.extend(reversed(children))


def at_steps(tree: object, steps: tuple[str, ...]) -> object:
    """What stands at a path; None when the path leads nowhere.

    Example:
        >>> at_steps({"a": [{"b": 1}]}, ("a", "0", "b")), at_steps({"a": 1}, ("a", "b"))
        (1, None)
    """
    node: object = tree
    for step in steps:
        if isinstance(node, dict):
            node = node.get(step)
        elif isinstance(node, list) and step.isascii() and step.isdigit() and len(step) < 10:
            index = int(step)
            node = node[index] if index < len(node) else None
        else:
            return None
    return node

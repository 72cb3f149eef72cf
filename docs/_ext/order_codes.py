"""Collects from the source of orders every code that an answer or a clash may carry.

A code is a text with a dot in it. Where such a text stands says what it is: the argument of a
``Reason``, of ``clash``, of ``notify``; or something else that has dots, as the codes of errors and
the words of vocabularies. A text in a place that is not listed here is *unplaced*, so that a new
way of making codes is noticed by the test and not left out of the page.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Codes", "collect"]

_DOTTED = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_LAYERS = (ast.IfExp, ast.BoolOp, ast.keyword)

_REASON_CALLS = {
    "Reason",
    "_held_by",
    "_too_many",
    "by_units",
    "exchange_open",
    "by_ids",
    "money",
    "bills",
}
_REASON_NAMES = {"barred"}
_CLASH_CALLS, _CLASH_FUNCTIONS = {"clash"}, {"_clash"}
_TOPIC_CALLS, _TOPIC_NAMES = {"notify", "_tell"}, {"_TOPICS"}
# Codes of errors, of what was compared, words of vocabularies, reasons that people give.
_OTHER_CALLS = {
    "InvalidValue",
    "NotFound",
    "add",
    "Mismatch",
    "AllowanceGranted",
    "RequestReturn",
    "expire",
}
# Areas whose codes are none of an order's answers: accounts, faults of a trail, names of policies.
_APART = {"credit", "audit", "status_policies"}
_OTHER_PLACES = (ast.Compare, ast.Tuple, ast.Dict)


@dataclass
class Codes:
    """Codes by what they are, each with the names of the facts that go with it, where they show."""

    reasons: dict[str, set[str]] = field(default_factory=dict)
    clashes: dict[str, set[str]] = field(default_factory=dict)
    topics: dict[str, set[str]] = field(default_factory=dict)
    unplaced: set[str] = field(default_factory=set)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _text(node: ast.AST) -> str | None:
    """A code as it is written; ``gate.<need>`` for one that is made of a name."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if _DOTTED.fullmatch(node.value) else None
    if isinstance(node, ast.JoinedStr) and len(node.values) == 2:
        start, rest = node.values
        if (
            isinstance(start, ast.Constant)
            and isinstance(start.value, str)
            and re.fullmatch(r"[a-z_]+\.", start.value)
            and isinstance(rest, ast.FormattedValue)
        ):
            return f"{start.value}<{_name(rest.value)}>"
    return None


def _facts(call: ast.Call) -> Iterator[str]:
    """The names of facts, where they are written in the call."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "facts"]
    for facts in (*given, *call.args[1:2]):
        if isinstance(facts, ast.Dict):
            for key in facts.keys:
                if isinstance(key, ast.Constant):
                    yield str(key.value)


def _functions(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Iterator[str]:
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.FunctionDef):
            yield node.name


def _targets(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Assign):
        return {_name(target) for target in node.targets}
    return {_name(node.target)} if isinstance(node, ast.AnnAssign) else set()


def _place(node: ast.AST, code: str, parents: dict[ast.AST, ast.AST], found: Codes) -> None:
    up = parents[node]
    while isinstance(up, _LAYERS):
        up = parents[up]
    call = _name(up.func) if isinstance(up, ast.Call) else ""
    functions = set(_functions(node, parents))
    facts = set(_facts(up)) if isinstance(up, ast.Call) else set()
    returned = isinstance(up, ast.Return)
    if (
        call in _REASON_CALLS
        or _targets(up) & _REASON_NAMES
        or (returned and functions & _REASON_NAMES)
        or (isinstance(up, ast.arguments) and functions & _REASON_CALLS)
    ):
        found.reasons.setdefault(code, set()).update(facts)
    elif call in _CLASH_CALLS or (returned and functions & _CLASH_FUNCTIONS):
        found.clashes.setdefault(code, set()).update(facts)
    elif call in _TOPIC_CALLS or (
        isinstance(up, ast.Dict) and _targets(parents[up]) & _TOPIC_NAMES
    ):
        found.topics.setdefault(code, set())
    elif call not in _OTHER_CALLS and not isinstance(up, _OTHER_PLACES):
        found.unplaced.add(code)


def collect(source: Path) -> Codes:
    """The codes of every module of orders; credit accounts have a page of their own."""
    found = Codes()
    for path in sorted(source.rglob("*.py")):
        if _APART & set(path.relative_to(source).parts):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(tree):
            code = _text(node)
            if code is not None and not isinstance(parents[node], ast.JoinedStr):
                _place(node, code, parents, found)
    return found

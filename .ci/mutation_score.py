"""Prints the mutation score of the last `mutmut run`, module by module, and who survived.

Two scores: of all mutants, and without the survivors that change only wording, for tests assert
codes, never wording. Wording is a text with a blank in it, what is called `message`, and the fourth
argument of what makes a fault (code, place, value, text), with everything inside of these; and the
type of a ``cast``, which only a type checker reads.

A mutant that takes too long counts as killed: somebody would notice.
"""

from __future__ import annotations

import ast
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mutmut.stats import status_by_exit_code

MUTANTS = Path("mutants")
MAKERS_OF_FAULTS = frozenset({"__init__", "add", "Fault", "Finding", "InvalidValue"})
PLACE_OF_TEXT = 3
LEAST_SCORE = 0.9
KILLED = frozenset({"killed", "timeout"})
Node = ast.AST | list | str | int | float | bytes | bool | None


def has_blank(node: Node) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(has_blank(part) for part in node.values)
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value


def words_of_a_call(call: ast.Call) -> Iterator[ast.AST]:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name in MAKERS_OF_FAULTS:
        yield from call.args[PLACE_OF_TEXT : PLACE_OF_TEXT + 1]
    elif name == "cast":
        yield from call.args[:1]


def wording(function: ast.AST) -> set[ast.AST]:
    """Every node of a function that says something to a person, with all that is inside of it."""
    found: set[ast.AST] = set()
    for node in ast.walk(function):
        if has_blank(node) or (isinstance(node, ast.Name) and node.id == "message"):
            found.update(ast.walk(node))
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "message":
            found.update(ast.walk(node.value))
        elif isinstance(node, ast.keyword) and has_blank(node.value):
            found.add(node)
        elif isinstance(node, ast.Call):
            for text in words_of_a_call(node):
                found.update(ast.walk(text))
    return found


def changes(old: Node, new: Node, inside: ast.AST) -> Iterator[ast.AST]:
    """The innermost nodes of the old function that the new one has otherwise."""
    if isinstance(old, ast.AST) and type(old) is type(new):
        for name in old._fields:
            yield from changes(getattr(old, name, None), getattr(new, name, None), old)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) == len(new):
            for pair in zip(old, new, strict=True):
                yield from changes(*pair, inside)
        else:
            kept = {ast.dump(each) for each in new}
            yield from (each for each in old if ast.dump(each) not in kept)
    elif isinstance(old, ast.expr | ast.stmt | ast.keyword):
        yield old
    elif isinstance(old, ast.AST) or old != new:  # operators are shared between nodes
        yield inside


def functions(module: ast.Module) -> dict[str, ast.FunctionDef]:
    bodies = [module.body, *(node.body for node in module.body if isinstance(node, ast.ClassDef))]
    found = {}
    for node in itertools.chain.from_iterable(bodies):
        if isinstance(node, ast.FunctionDef):
            name, node.name = node.name, ""
            found[name] = node
    return found


class Module:
    """The mutants of one module and what became of them."""

    def __init__(self, meta: Path) -> None:
        exit_codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        status = {name: status_by_exit_code[code] for name, code in exit_codes.items()}
        checked = [name for name in status if status[name] != "not checked"]
        self.left = len(status) - len(checked)
        self.checked = len(checked)
        self.statuses = Counter(status.values())
        self.survivors = [name for name in checked if status[name] not in KILLED]
        made = functions(ast.parse(meta.with_suffix("").read_text(encoding="utf-8")))
        self.wording = [name for name in self.survivors if self.is_wording(name, made)]

    @staticmethod
    def is_wording(name: str, made: dict[str, ast.FunctionDef]) -> bool:
        short = name.rpartition(".")[2]
        old = made[short.rpartition("__mutmut_")[0] + "__mutmut_orig"]
        changed = list(changes(old, made[short], old))
        return bool(changed) and wording(old).issuperset(changed)


def line(title: str, modules: list[Module]) -> str:
    checked = sum(module.checked for module in modules)
    survived = sum(len(module.survivors) for module in modules)
    words = sum(len(module.wording) for module in modules)
    timeouts = sum(module.statuses["timeout"] for module in modules)
    killed, rest = checked - survived, checked - words
    share = f"{killed / max(checked, 1):6.1%} {killed / max(rest, 1):8.1%}"
    return f"{title:32} {checked:7} {killed:7} {timeouts:9} {survived:8} {words:8} {share}"


def main() -> int:
    modules: dict[str, list[Module]] = {}
    for meta in sorted((MUTANTS / "src" / "ordercore").glob("*/*.py.meta")):
        name = ".".join(meta.with_suffix("").with_suffix("").parts[-2:])
        modules[name] = [Module(meta)]
    if not any(module.checked for [module] in modules.values()):
        print("no mutant was checked: run `make mutation`")
        return 1
    for [module] in modules.values():
        for survivor in module.survivors:
            print("wording " if survivor in module.wording else "survived", survivor)
    print(f"{'':32} mutants  killed (by time) survived  wording  score  without")
    for name, [module] in modules.items():
        print(line(name, [module]))
    for package, names in itertools.groupby(modules, lambda name: name.partition(".")[0]):
        print(line(package, [module for name in names for module in modules[name]]))
    everything = [module for [module] in modules.values()]
    print(line("all", everything))
    left = sum(module.left for module in everything)
    if left:
        print(f"{left} mutants were not checked")
    survived = sum(len(module.survivors) - len(module.wording) for module in everything)
    rest = sum(module.checked - len(module.wording) for module in everything)
    return 0 if survived <= rest * (1 - LEAST_SCORE) else 1


if __name__ == "__main__":
    raise SystemExit(main())

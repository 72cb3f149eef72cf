"""Writes the reference of orders from their own values: states, messages, codes, timers."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import attrs
from order_codes import collect

from ordercore import orders
from ordercore.orders import (
    LIFECYCLE,
    Fact,
    Instruction,
    OrderCommand,
    OrderEffect,
    OrderEvent,
    OrderFact,
    PlaceOrder,
)
from ordercore.orders.answers import answer
from ordercore.orders.decide import _take
from ordercore.orders.fulfilling.flow import AUTHORISE, RECEIVE
from ordercore.orders.fulfilling.machines import built_in_flows
from ordercore.orders.timers import sources
from ordercore.statemachine import Machine

if typing.TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["pages", "setup", "table_of_codes"]

SOURCE = Path(orders.__file__).parent
CODES = Path(__file__).resolve().parents[1] / "reference" / "order_codes.toml"


# --- small words ---


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _says(kind: type | Callable[..., object]) -> str:
    """The first paragraph of a docstring, in Markdown's words."""
    text = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text)
    return text.replace("``", "`")


def _kinds(union: object) -> tuple[type, ...]:
    return typing.get_args(union)


def _commands() -> tuple[type[Instruction], ...]:
    return typing.get_args(OrderCommand)


def _type(kind: object) -> str:
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return " or ".join(_type(part) for part in typing.get_args(kind))
    arguments = typing.get_args(kind)
    name = getattr(typing.get_origin(kind) or kind, "__name__", str(kind))
    if kind is types.NoneType:
        return "none"
    if not arguments:
        return {"DateTime": "Instant"}.get(name, name)
    if name == "FrozenMap":
        return f"{_type(arguments[1])} by {_type(arguments[0])}"
    if name == "tuple":
        return f"{_type(arguments[0])}, any number"
    return f"{name} of {', '.join(_type(part) for part in arguments)}"


def _default(of: attrs.Attribute[object]) -> str:
    if of.default is attrs.NOTHING:
        return "needed"
    if isinstance(of.default, attrs.Factory) or of.default in (None, "", ()):  # type: ignore[arg-type]
        return "may be left out"
    if isinstance(of.default, tuple):
        return f"{', '.join(f'`{each}`' for each in of.default)}, unless said"
    shown = getattr(of.default, "value", getattr(of.default, "name", of.default))
    return f"`{shown}` unless said"


def _fields(kind: type, without: Iterable[str]) -> str:
    hints = typing.get_type_hints(kind)
    own = [of for of in attrs.fields(kind) if of.name not in set(without)]
    rows = [(f"`{of.name}`", _type(hints[of.name]), _default(of)) for of in own]
    return _table(("field", "type", ""), rows) if rows else "No fields of its own.\n"


def _answered(function: Callable[..., object]) -> dict[str, str]:
    """Who answers each message: read off the one ``match`` that hands them on."""
    tree = ast.parse(inspect.getsource(function))
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.match_case):
            continue
        calls = [part for part in ast.walk(ast.Module(node.body, [])) if isinstance(part, ast.Call)]
        named = ast.unparse(calls[0].func) if calls else ""
        module, _, name = named.rpartition(".")
        home = inspect.getmodule(function)
        target = getattr(getattr(home, module), name) if module else getattr(home, name, None)
        place = f"{target.__module__}.{name}" if hasattr(target, "__module__") else named
        for part in ast.walk(node.pattern):
            if isinstance(part, ast.MatchClass):
                found[ast.unparse(part.cls)] = place
    return found


_HEADS = {
    "commands": """# Commands

A command is answered with a decision or with every reason against it. Each names its order
(`order_id`) and carries the id that its sender gave it (`command_id`). Anyone may send it
unless the host's `RoleMatrix` says otherwise; its verb is the word for roles, holds and gates.
""",
    "facts": """# Facts

A fact is what the outside says has happened. It is never refused: what does not fit is kept as
a clash, with a [code](codes.md). Each names its order (`order_id`), carries the id that its
source gave it (`fact_id`), and may say when it happened (`occurred_at`). Every stage takes it.
""",
    "events": """# Events

What has happened, in the past tense; an order is its events, folded. Each names its order and
its cause: the message, who sent it in which role, when, and why.
""",
    "codes": """# Codes

Codes are stable; wording is not. Facts are those that the source writes down with the code; an
answer may carry more. Codes of credit accounts have [a page of their own](../credit.md).
""",
    "effects": """# Effects

What an order asks its host to do. Each has a stable `effect_id`, made of the order, the message
that caused it and a number; a host that sees one twice does it once.
""",
    "timers": """# Timers

A boundary in time, derived from the order and never stored beside it. A decision lists those
that are new or moved in `due`, and `due_timers` lists all. The host sends the timer's command,
a `Tick`, at its instant or later; it fires once however often it rings.
""",
}


# --- pages ---


def table_of_codes() -> dict[str, dict[str, typing.Any]]:
    """What each code, topic and timer means, as it is written beside the pages."""
    return tomllib.loads(CODES.read_text(encoding="utf-8"))


def _machine_page(machine: Machine, opening: str) -> str:
    manual = re.sub(r"^#", "##", machine.manual("en"), flags=re.MULTILINE)
    manual = "\n".join(manual.splitlines()[1:]).strip()
    return (
        (
            f"# States: {machine.id}\n\n{opening}\n\nVersion {machine.version}.\n\n{manual}\n\n"
            f"### As a diagram\n\nMermaid text; the machine's `to_dot()` is for Graphviz.\n\n"
            f"```text\n{machine.to_mermaid().rstrip()}\n```\n"
        )
        .replace("\n### ", "\n## ")
        .replace("\n#### ", "\n### ")
    )


def _stages(verb: str) -> str:
    if verb == PlaceOrder.verb:
        return "before there is an order"
    edges = [edge for edge in LIFECYCLE.transitions if edge.command == verb]
    if not edges:
        return "every stage"
    moves = [
        edge.source if edge.source == edge.target else f"{edge.source} → {edge.target}"
        for edge in edges
    ]
    return ", ".join(moves)


def _flow_stages(step: str) -> Iterator[str]:
    for machine in built_in_flows():
        edges = [edge for edge in machine.transitions if edge.command == step]
        if edges:
            moves = ", ".join(f"{edge.source} → {edge.target}" for edge in edges)
            yield f"- in the flow `{machine.id}`: {moves}"


_RETURN_STEPS = {"RequestReturn": AUTHORISE, "ReceiveReturn": RECEIVE}


def _commands_page() -> str:
    parts = [
        _HEADS["commands"],
    ]
    answered = {**_answered(answer), "PlaceOrder": "ordercore.orders.decide_header.place"}
    skipped = {of.name for of in attrs.fields(Instruction)}
    for kind in _commands():
        parts += [
            f"## {kind.__name__}",
            "",
            _says(kind),
            "",
            f"- verb: `{kind.verb}`",
            f"- stages of the header: {_stages(kind.verb)}",
        ]
        step = _RETURN_STEPS.get(kind.__name__, getattr(kind, "step", ""))
        parts += list(_flow_stages(step)) if step else []
        parts += [f"- answered by: `{answered[kind.__name__]}`", "", _fields(kind, skipped)]
    return "\n".join(parts)


def _facts_page() -> str:
    parts = [
        _HEADS["facts"],
    ]
    answered = _answered(_take)
    skipped = {of.name for of in attrs.fields(Fact)}
    for kind in _kinds(OrderFact):
        parts += [f"## {kind.__name__}", "", _says(kind), ""]
        parts += [f"- taken in by: `{answered[kind.__name__]}`", "", _fields(kind, skipped)]
    return "\n".join(parts)


def _events_page() -> str:
    kinds = _kinds(OrderEvent)
    rows = [
        (
            f"`{kind.__name__}`",
            _says(kind),
            ", ".join(
                f"`{of.name}`" for of in attrs.fields(kind) if of.name not in {"order_id", "cause"}
            ),
        )
        for kind in kinds
    ]
    return _HEADS["events"] + "\n" + _table(("event", "says", "fields"), rows)


def _codes_page() -> str:
    found, table = collect(SOURCE), table_of_codes()

    def rows(kind: str, codes: Mapping[str, set[str]]) -> Iterator[tuple[str, ...]]:
        for code in sorted(codes):
            said = table[kind][code]
            facts = ", ".join(f"`{fact}`" for fact in sorted(codes[code]))
            yield (f"`{code}`", said["when"], said["helps"], facts)

    heads = ("code", "when it comes", "what helps", "facts")
    return "\n".join(
        [
            _HEADS["codes"],
            "## Reasons",
            "",
            "Why a command is refused, or an option blocked. Against a *final* reason no other",
            "command helps.",
            "",
            _table(heads, rows("reasons", found.reasons)),
            "## Clashes",
            "",
            "What is odd about a fact. The fact is kept; whether it counts stands beside its code.",
            "",
            _table(heads, rows("clashes", found.clashes)),
        ]
    )


def _effects_page() -> str:
    rows = [
        (
            f"`{kind.__name__}`",
            _says(kind),
            ", ".join(
                f"`{of.name}`"
                for of in attrs.fields(kind)
                if of.name not in {"effect_id", "order_id"}
            ),
        )
        for kind in _kinds(OrderEffect)
    ]
    topics = table_of_codes()["topics"]
    return "\n".join(
        [
            _HEADS["effects"],
            _table(("effect", "asks", "fields"), rows),
            "## Topics of Notify",
            "",
            _table(("topic", "says"), [(f"`{topic}`", topics[topic]) for topic in sorted(topics)]),
        ]
    )


def _timers_page() -> str:
    table = table_of_codes()["timers"]
    rows = [
        (
            f"`{table[source.name]['id']}`",
            table[source.name]["when"],
            table[source.name]["then"],
            ", ".join(f"`{kind.__name__}`" for kind in source.moved_by),
        )
        for source in sources()
    ]
    return "\n".join(
        [
            _HEADS["timers"],
            _table(("timer", "at", "what happens", "set or moved by"), rows),
            "The built-in flows have no limits: a flow of the host's own gives them to its stages,",
            "and `inactivity` makes one that watches for shipments without a scan.",
            "",
        ]
    )


_OPENINGS = {
    "order": "The header says only whether the seller is bound and whether the order has ended.",
    "fulfilment": "Units that a carrier brings. Each state counts as a position of the ledger.",
    "pickup": "Units that the buyer fetches at the node.",
    "digital": "What is issued, and nothing moves.",
    "service": "A visit: somebody comes.",
    "return": "Units on their way back. `CompleteStage` completes the stages that a host puts in.",
}

_INDEX = """# States, commands, codes

What orders know, in full: made from the source by the build, so it is what this version does.

```{{toctree}}
:maxdepth: 1

{names}
```
"""


def pages() -> dict[str, str]:
    """Every page, by its file name. Pure: the same source gives the same text."""
    made = {
        f"states-{machine.id}": _machine_page(machine, _OPENINGS[machine.id])
        for machine in (LIFECYCLE, *built_in_flows())
    }
    made |= {
        "commands": _commands_page(),
        "facts": _facts_page(),
        "events": _events_page(),
        "codes": _codes_page(),
        "effects": _effects_page(),
        "timers": _timers_page(),
    }
    return {"index.md": _INDEX.format(names="\n".join(made))} | {
        f"{name}.md": text for name, text in made.items()
    }


def write_pages(app: Sphinx) -> None:
    """Into ``reference/orders``; only what has changed, so that a second build is quick."""
    folder = Path(app.srcdir) / "reference" / "orders"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for stale in folder.glob("*.md"):
        if stale.name not in wanted:
            stale.unlink()
    for name, text in wanted.items():
        page = folder / name
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""The reference of orders is complete: nothing in the source that it leaves out, nothing else in it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTENSIONS = str(ROOT / "docs" / "_ext")
if EXTENSIONS not in sys.path:
    sys.path.insert(0, EXTENSIONS)

from order_codes import collect  # noqa: E402
from order_pages import pages, table_of_codes  # noqa: E402

from ordercore.orders import OrderCommand, OrderEffect, OrderEvent, OrderFact  # noqa: E402
from ordercore.orders.fulfilling.machines import built_in_flows  # noqa: E402
from ordercore.orders.lifecycle import lifecycle  # noqa: E402
from ordercore.orders.timers import sources  # noqa: E402

SOURCE = ROOT / "src" / "ordercore" / "orders"
TABLE = table_of_codes()


@pytest.mark.parametrize("kind", ["reasons", "clashes", "topics"])
def test_every_code_has_its_sentence_and_every_sentence_its_code(kind):
    """A new code needs an entry in docs/reference/order_codes.toml; one that is gone leaves it."""
    assert set(TABLE[kind]) == set(getattr(collect(SOURCE), kind))


def test_every_text_with_dots_stands_where_it_is_known_what_it_is():
    """A code that is made in a new way is told to docs/_ext/order_codes.py."""
    assert collect(SOURCE).unplaced == set()


def test_an_entry_says_when_and_what_helps():
    for kind in ("reasons", "clashes"):
        for code, said in TABLE[kind].items():
            assert set(said) == {"when", "helps"}, code
            assert all(text.endswith(".") for text in said.values()), code
    assert all(text.endswith(".") for text in TABLE["topics"].values())


def test_every_source_of_timers_has_its_row():
    assert set(TABLE["timers"]) == {source.name for source in sources()}
    assert all(set(row) == {"id", "when", "then"} for row in TABLE["timers"].values())


def written(text, tmp_path):
    (tmp_path / "area.py").write_text(text, encoding="utf-8")
    return collect(tmp_path)


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ('Reason("a.b", facts={"x": 1})', "reasons", "a.b"),
        ('Reason("a.b" if x else "a.c")', "reasons", "a.c"),
        ('Reason(f"gate.{need}")', "reasons", "gate.<need>"),
        ('def barred(self):\n    return "a.b"', "reasons", "a.b"),
        ('def _held_by(code="a.b"): ...', "reasons", "a.b"),
        ('draft.clash("a.b", {"x": 1})', "clashes", "a.b"),
        ('def _clash():\n    return "a.b"', "clashes", "a.b"),
        ('draft.notify("a.b")', "topics", "a.b"),
        ('_TOPICS = {1: "a.b"}', "topics", "a.b"),
        ('code = "a.b"', "unplaced", "a.b"),
        ('def other():\n    return "a.b"', "unplaced", "a.b"),
    ],
)
def test_a_code_is_found_where_it_is_made(text, kind, code, tmp_path):
    found = written(text, tmp_path)
    others = {"reasons", "clashes", "topics", "unplaced"} - {kind}
    assert code in getattr(found, kind)
    assert not any(getattr(found, other) for other in others)


def test_codes_of_errors_and_facts_are_no_reasons(tmp_path):
    found = written('faults.add("a.b", "path")\nInvalidValue("c.d")\nx = {"e.f": 1}', tmp_path)
    assert not (found.reasons or found.clashes or found.topics or found.unplaced)


def test_the_names_of_facts_are_those_that_the_source_writes(tmp_path):
    found = written('Reason("a.b", facts={"x": 1})\nclash("c.d", {"y": 1})', tmp_path)
    assert (found.reasons["a.b"], found.clashes["c.d"]) == ({"x"}, {"y"})


def test_every_message_event_effect_and_machine_is_on_its_page():
    made = pages()
    for union, page, mark in (
        (OrderCommand, "commands.md", "## {}\n"),
        (OrderFact, "facts.md", "## {}\n"),
        (OrderEvent, "events.md", "| `{}` |"),
        (OrderEffect, "effects.md", "| `{}` |"),
    ):
        for kind in get_args(union):
            assert made[page].count(mark.format(kind.__name__)) == 1, kind
    for machine in (lifecycle(), *built_in_flows()):
        page = made[f"states-{machine.id}.md"]
        assert page.count("\n### ") == len(machine.states)
        assert machine.to_mermaid().rstrip() in page
    for name in made:
        assert name == "index.md" or f"\n{name.removesuffix('.md')}\n" in made["index.md"]


def test_every_command_says_who_answers_it():
    made = pages()
    assert made["commands.md"].count("- answered by: `ordercore.orders.") == len(
        get_args(OrderCommand)
    )
    assert made["facts.md"].count("- taken in by: `ordercore.orders.") == len(get_args(OrderFact))


def test_the_pages_are_the_same_each_time():
    assert pages() == pages()

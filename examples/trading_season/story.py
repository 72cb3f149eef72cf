"""One order's life in the report: what happened, who did it and why, and where that has led.

The section is made of parts, one after the other; each is a function from the story to HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape

from matplotlib.figure import Figure

from ordercore import orders
from ordercore.orders import (
    FULFILMENT,
    LIFECYCLE,
    AuditFault,
    FulfilmentMoved,
    Order,
    OrderEvent,
    UnitsShipped,
    audit_trail,
    order_proof,
    order_root,
    verify,
)
from ordercore.statemachine import Machine
from trading_season.books import Story
from trading_season.diagrams import (
    describe,
    fulfilment_places,
    lifecycle_places,
    machine_picture,
)

__all__ = ["story_section"]

Draw = Callable[[str, Figure, str], str]
"""A figure, by the name of its file and what it shows, as HTML."""


def story_section(story: Story, draw: Draw) -> str:
    """The order's timeline, its machines with the stages reached, and the manual of these."""
    parts = (timeline(story), proof(story), machines(story, draw), manual(story))
    return (
        "<section><h2>One order, event by event</h2>"
        f'<p class="lead">Order <code>{escape(str(story.order.order_id))}</code>: what happened, who '
        "did it in which role, and why. Events hold a reference to the buyer and nobody's name.</p>"
        f"{''.join(parts)}</section>"
    )


# --- what happened ---


def timeline(story: Story) -> str:
    """A row for each event, in the order in which they happened."""
    heads = "".join(
        f"<th>{head}</th>" for head in ("when (UTC)", "what", "", "who", "as", "because")
    )
    rows, day = [], ""
    for event in story.events:
        at = f"{event.cause.at:%Y-%m-%d}"
        rows.append(_row(event, at if at != day else ""))
        day = at
    return f'<div class="scroll"><table class="life"><tr>{heads}</tr>{"".join(rows)}</table></div>'


def _row(event: OrderEvent, day: str) -> str:
    name, said, colour = describe(event)
    cause = event.cause
    cells = (
        f"{day} {cause.at:%H:%M}".strip(),
        f'<span class="dot" style="background:{colour}"></span><b>{escape(name)}</b>',
        escape(said),
        escape(cause.actor),
        escape(cause.role),
        escape(cause.reason),
    )
    return (
        f'<tr><td class="n">{cells[0]}</td>{"".join(f"<td>{cell}</td>" for cell in cells[1:])}</tr>'
    )


# --- that nothing else happened ---


def proof(story: Story) -> str:
    """The chain checked as it is and with a decision taken out, and one decision proven alone."""
    events, head = story.events, story.order.audit_head
    trail = audit_trail(events)
    middle = trail[len(trail) // 2]
    without = [event for event in events if event.cause.after != middle.after]
    root, alone = order_root(events), order_proof(events, middle.sequence - 1)
    rows = (
        ("decisions and reports in the chain", str(len(trail))),
        ("head of the chain, kept by the order", f"<code>{head}</code>"),
        ("faults found in the events as they are", _faults(verify(events, head))),
        (
            f"faults found without number {middle.sequence} ({escape(middle.message)})",
            _faults(verify(without, head)),
        ),
        ("Merkle root over all of them", f"<code>{root}</code>"),
        (
            f"proof of number {middle.sequence} alone",
            f"{len(alone.path)} hashes of neighbours; "
            + ("it holds for the root" if alone.holds(root) else "it does not hold"),
        ),
    )
    table = "".join(f"<tr><td>{name}</td><td>{said}</td></tr>" for name, said in rows)
    return (
        "<h3>That nothing else happened</h3>"
        '<p class="lead">Each decision seals everything before it, so a change, a gap or a doubling '
        f"shows where it is.</p><table>{table}</table>"
    )


def _faults(faults: Iterable[AuditFault]) -> str:
    found = [f"<code>{fault.code}</code> at number {fault.sequence}" for fault in faults]
    return ", ".join(found) or "none"


# --- where that has led ---


def stages(events: Iterable[OrderEvent]) -> tuple[str, ...]:
    """The stages of fulfilment in which units of the order stood, each once, as they were reached."""
    found: dict[str, None] = {}
    for event in events:
        if isinstance(event, UnitsShipped):
            found.setdefault(event.stage)
        elif isinstance(event, FulfilmentMoved):
            found.setdefault(event.source)
            found.setdefault(event.target)
    return tuple(found)


def headers(events: Iterable[OrderEvent]) -> tuple[str, ...]:
    """The stages of the header in which the order stood, each once: its events, folded anew."""
    found: dict[str, None] = {}
    order: Order | None = None
    for event in events:
        order = orders.evolve(order, event)
        found.setdefault(order.lifecycle.value)
    return tuple(found)


def machines(story: Story, draw: Draw) -> str:
    """Both machines: filled where the order stands, tinted where its units have been."""
    order = story.order
    reached = sorted({known.stage for known in order.fulfilments})
    header = machine_picture(
        LIFECYCLE,
        lifecycle_places(),
        reached=[order.lifecycle.value],
        passed=headers(story.events),
    )
    flow = machine_picture(
        FULFILMENT, fulfilment_places(), reached=reached, passed=stages(story.events)
    )
    return (
        f"<h3>Where it stands: {escape(str(order.lifecycle))}</h3>"
        + draw("story-header", header, "the order machine, with the stage of this order")
        + f"<h3>Where its units stand: {escape(', '.join(reached) or 'none was shipped')}</h3>"
        + draw("story-fulfilment", flow, "the fulfilment machine, with the stages of this order")
    )


# --- what may be done there ---


def manual(story: Story) -> str:
    """The chapters of the operation manual for the states in which the order stands or stood."""
    chapters = [_chapter(LIFECYCLE, story.order.lifecycle.value)]
    chapters += [_chapter(FULFILMENT, stage) for stage in stages(story.events)]
    return (
        "<h3>From the operation manual</h3>"
        '<p class="lead">Made of the same machines: what may be done in these states, by whom.</p>'
        f"{''.join(chapters)}"
    )


def _chapter(machine: Machine, state: str) -> str:
    title = machine.state(state).titles.get("en", state.replace("_", " ").capitalize())
    text = machine.manual("en")
    found = re.search(rf"(?ms)^### {re.escape(title)}$\n(.*?)(?=^##|\Z)", text)
    assert found is not None, f"the manual tells of {state}"
    return f"<h4>{escape(machine.id)}: {escape(title)}</h4>{_html(found[1].splitlines())}"


def _html(lines: Sequence[str]) -> str:
    """The little Markdown that a manual has: paragraphs, bullets, tables."""
    made = []
    for kind, text in _blocks(lines):
        if kind == "-":
            items = "".join(f"<li>{escape(line[2:])}</li>" for line in text)
            made.append(f"<ul>{items}</ul>")
        elif kind == "|":
            head, _, *rows = (
                [cell.strip() for cell in line.strip("|").split("|")] for line in text
            )
            table = _cells("th", head) + "".join(_cells("td", row) for row in rows)
            made.append(f"<table>{table}</table>")
        else:
            made.append(f"<p>{escape(' '.join(text))}</p>")
    return "".join(made)


def _blocks(lines: Sequence[str]) -> Iterable[tuple[str, list[str]]]:
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line)
        elif block:
            yield block[0][0], block
            block = []


def _cells(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

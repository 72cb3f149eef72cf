"""The season's report: one HTML file that needs nothing else."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from ordercore.orders import FULFILMENT, LIFECYCLE
from trading_season.campaign_report import campaign_section
from trading_season.cash import cash as cash_text
from trading_season.conservation import Check
from trading_season.diagrams import (
    fulfilment_places,
    lifecycle_places,
    machine_picture,
)
from trading_season.pictures import (
    AMBER,
    BLUE,
    RED,
    bars,
    cost_picture,
    flow_picture,
    map_picture,
    volume_picture,
)
from trading_season.result import AreaResult
from trading_season.sources import About
from trading_season.story import story_section
from trading_season.summary import gap_text, percent, pipeline_rate
from trading_season.world import UK, US

__all__ = ["write_report"]

TEMPLATE = Path(__file__).with_name("report.html.template")


class Pictures:
    """Figures on their way into the page, and onto the disk for whoever wants them alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def html(self, name: str, picture: Figure, alt: str) -> str:
        picture.savefig(self._folder / f"{name}.png", dpi=110)
        text = io.StringIO()
        picture.savefig(text, format="svg", metadata={"Date": None})
        plt.close(picture)
        svg = text.getvalue()
        svg = svg[svg.index("<svg") :]
        # Ids of two figures may be alike; in one page they must not be.
        for mark in ('id="', "url(#", 'xlink:href="#'):
            svg = svg.replace(mark, f"{mark}{name}-")
        return f'<figure role="img" aria-label="{escape(alt)}">{svg}</figure>'


def write_report(
    out: Path, about: About, result: AreaResult, checks: Sequence[Check], elapsed: float
) -> Path:
    """Draw everything and write ``report.html``; the path of it."""
    pictures = Pictures(out / "pictures")
    world = UK if about.currency == UK.currency else US
    books = result.books
    story = books.story
    prices = result.prices
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(about.title),
        attribution=escape(about.attribution),
        chance=escape(about.chance),
        notes="".join(f"<li>{escape(note)}</li>" for note in about.notes),
        cards=_cards(about, result, elapsed),
        flow=pictures.html("flow", flow_picture(books.flow), "orders from milestone to milestone"),
        volume=pictures.html("volume", volume_picture(result), "orders and units by week"),
        map=pictures.html("map", map_picture(world, result), "warehouses and cities"),
        cost=pictures.html("cost", cost_picture(result, about.currency), "cost by term")
        + _plan_note(result),
        statuses=_status_table(result),
        prices=pictures.html(
            "prices",
            bars([("equal to the cent", prices.equal), *prices.main.items()], BLUE),
            "price comparison by main reason",
        ),
        price_note=(
            f"{prices.equal:,} of {prices.compared:,} orders ({percent(prices.equal, prices.compared)}) "
            "come to the recorded total to the cent; the others by the difference that weighs most."
        ),
        alone_note=escape(prices.witness_note()),
        campaigns=campaign_section(result.campaigns, about, pictures.html),
        findings=pictures.html(
            "findings", bars(list(result.findings.counts.items()), AMBER), "findings by code"
        ),
        finding_table=_finding_table(result),
        exceptions=pictures.html(
            "exceptions", bars(_exceptions(result), RED), "exceptions by code"
        ),
        story="" if story is None else story_section(story, pictures.html),
        lifecycle=pictures.html(
            "lifecycle", machine_picture(LIFECYCLE, lifecycle_places()), "the order machine"
        ),
        fulfilment=pictures.html(
            "fulfilment", machine_picture(FULFILMENT, fulfilment_places()), "the fulfilment machine"
        ),
        mermaid=escape(LIFECYCLE.to_mermaid()),
        checks="".join(_check_row(check) for check in checks),
        verdict="Everything balances."
        if all(check.holds for check in checks)
        else "SOMETHING DOES NOT BALANCE.",
        seconds=_seconds_table(result),
        digest=result.season_digest,
    )
    path = out / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def _cards(about: About, result: AreaResult, elapsed: float) -> str:
    books, quotes = result.books, result.books.quotes

    def cash(minor: int) -> str:
        return cash_text(minor, about.currency)

    split = sum(count for nodes, count in books.shipments.items() if nodes > 1)
    shipped = sum(count for nodes, count in books.shipments.items() if nodes)
    cards = (
        ("orders", f"{books.orders:,}", f"of {result.drafts:,} drafts"),
        ("units ordered", f"{books.units['ordered']:,}", f"{books.units['shipped']:,} shipped"),
        (
            "revenue",
            cash(quotes["total"] + quotes["funded"]),
            f"{cash(quotes['funded'])} by others",
        ),
        ("refunded", cash(books.money["refunded"]), f"kept {cash(books.money['kept'])}"),
        ("split orders", percent(split, shipped), f"{split:,} of {shipped:,}"),
        ("equal price", percent(result.prices.equal, result.prices.compared), "to the cent"),
        ("events", f"{books.events:,}", f"{result.commits:,} commits"),
        ("orders a second", f"{pipeline_rate(result):,.0f}", f"a core; {elapsed:,.0f} s in all"),
    )
    return "".join(
        f'<div class="card"><b>{escape(value)}</b><span>{escape(name)}</span><i>{escape(more)}</i></div>'
        for name, value, more in cards
    )


def _exceptions(result: AreaResult) -> list[tuple[str, int]]:
    return [
        *result.cases.items(),
        *((f"refused: {code}", count) for code, count in result.refused.items()),
        *((f"clash: {code}", count) for code, count in result.books.clashes.items()),
    ]


def _status_table(result: AreaResult) -> str:
    axes: dict[str, list[tuple[str, int]]] = {}
    for name, count in sorted(result.books.statuses.items()):
        axis, status = name.split(": ")
        axes.setdefault(axis, []).append((status, count))
    columns = "".join(
        f"<td><h4>{escape(axis)}</h4>"
        + "".join(
            f'<div class="pair"><span>{escape(status)}</span><b>{count:,}</b></div>'
            for status, count in rows
        )
        + "</td>"
        for axis, rows in axes.items()
    )
    table = f'<table class="statuses"><tr>{columns}</tr></table>'
    left_open = sorted(result.books.unfinished, key=lambda order: order.order_id)
    if not left_open:
        return f'{table}<p class="lead">Every order has come to its end.</p>'
    rows = "".join(f"<li>{escape(str(order))}</li>" for order in left_open)
    return f"{table}<h4>Orders that have not ended, and why</h4><ul>{rows}</ul>"


def _plan_note(result: AreaResult) -> str:
    """How good the plans are, as far as it is proven."""
    return (
        f'<p class="lead">Each plan has a proven bound: {percent(result.plans_optimal, result.plans)} '
        "of the plans cost no more than it. How far above it the others may lie, at the median and "
        f"for 95 of 100 plans: {gap_text(result)}.</p>"
    )


def _finding_table(result: AreaResult) -> str:
    rows = []
    for code in sorted(set(result.findings.counts) | set(result.survey)):
        examples = result.findings.examples.get(code, [])
        example = f"{examples[0].path}: {examples[0].message}" if examples else ""
        in_source = f"{result.survey[code]:,}" if code in result.survey else "–"
        rows.append(
            f"<tr><td><code>{escape(code)}</code></td>"
            f'<td class="n">{result.findings.counts[code]:,}</td><td class="n">{in_source}</td>'
            f"<td>{escape(example)}</td></tr>"
        )
    return "".join(rows)


def _check_row(check: Check) -> str:
    mark = "=" if check.holds else "≠"
    verdict = "equal" if check.holds else "not equal"
    kind = "ok" if check.holds else "bad"
    return (
        f"<tr><td>{escape(check.law)}</td><td>{escape(check.side(check.left))}</td>"
        f'<td class="mark">{mark}</td><td>{escape(check.side(check.right))}</td>'
        f'<td><span class="{kind}">{verdict}</span></td></tr>'
    )


def _seconds_table(result: AreaResult) -> str:
    return "".join(
        f'<tr><td>{escape(name)}</td><td class="n">{seconds:,.1f} s</td></tr>'
        for name, seconds in sorted(result.clock.seconds.items(), key=lambda pair: -pair[1])
    )

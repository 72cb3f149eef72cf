"""The promotion calendar in the report: its cost, the orders sold by it, one quote explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from matplotlib.figure import Figure

from trading_season.campaigns import PRICED_EVERY, SOLD_EVERY, CampaignResult, Example
from trading_season.cash import cash
from trading_season.pictures import campaign_picture
from trading_season.sources import About

__all__ = ["campaign_section"]

Draw = Callable[[str, Figure, str], str]
"""A figure, by the name of its file and what it shows, as HTML."""


def campaign_section(result: CampaignResult, about: About, draw: Draw) -> str:
    """The whole section; amounts in the currency of the season."""
    parts = (
        _lead(result),
        _costs(result, about.currency, draw),
        _sold(result, about.currency),
        "" if result.example is None else _example(result.example),
    )
    return f"<section><h2>A promotion calendar on these baskets</h2>{''.join(parts)}</section>"


def _lead(result: CampaignResult) -> str:
    checked = (
        "has no findings"
        if not result.findings
        else "says " + ", ".join(f"{each.code} at {each.path}" for each in result.findings)
    )
    return (
        f'<p class="lead">{len(result.titles)} promotions of our own invention, beside the loyalty '
        "prices and coupons that are inferred from the data. The check of the calendar before the "
        f"season {escape(checked)}. One in {PRICED_EVERY} baskets, chosen by lot, is priced at its own "
        "moment by the book of its week with the calendar and without it: a what-if, in which "
        "buyers buy what they bought. The orders themselves keep what the channel recorded, but for "
        "those below.</p>"
    )


def _costs(result: CampaignResult, currency: str, draw: Draw) -> str:
    found, before = result.simulation.result, result.simulation.against
    assert before is not None
    rows = []
    bars = []
    for name, title in result.titles.items():
        given = found.promotion(name)
        if given is None:
            rows.append((name, title, "0", "–", "", ""))
            continue
        share = ", ".join(
            f"{funder} {cash(amount.minor, currency)}" for funder, amount in given.by_funder.items()
        )
        each = cash(given.cost.minor // given.uses, currency)
        rows.append((name, title, f"{given.uses:,}", cash(given.cost.minor, currency), each, share))
        bars.append((name, given.cost.minor))
    change = result.simulation.revenue_change.minor
    without = sum(found.refused.values())
    refused = f" {without:,} have no price of ours." if without else ""
    text = (
        f'<p class="lead">{found.orders:,} orders priced: the buyers pay '
        f"{cash(found.total.minor, currency)} instead of {cash(before.total.minor, currency)}; revenue "
        f"from all sides changes by {cash(change, currency)}, as brand and platform pay their share. "
        f"{result.simulation.cheaper:,} orders get cheaper, {result.simulation.dearer:,} dearer, "
        f"{result.simulation.same:,} stay.{refused}</p>"
    )
    heads = ("promotion", "what it offers", "orders", "cost", "an order", "who pays")
    picture = draw("campaigns", campaign_picture(bars, currency), "cost of each promotion")
    return text + picture + _table(heads, rows, numbers={2, 3, 4})


def _sold(result: CampaignResult, currency: str) -> str:
    if not result.sold:
        return (
            '<p class="lead">No order was sold by the calendar: documents of this source come later '
            "and name the recorded prices.</p>"
        )
    return (
        "<h3>Orders that were sold by it</h3>"
        f'<p class="lead">Of the orders whose price our own book matches to the cent, one in {SOLD_EVERY} '
        f"was not recorded but placed with our own quote: {result.sold:,} orders. They were asked for "
        f"{cash(result.total_minor, currency)} instead of {cash(result.recorded_minor, currency)}, and went "
        f"through the season as all others. {result.returned_from:,} of them were cancelled or sent back "
        f"in part or whole, and gave back {cash(result.given_back_minor, currency)}, step by step; what "
        f"stays is {cash(result.kept_minor, currency)}, and reckoned at once it is "
        f"{cash(result.kept_at_once_minor, currency)}.</p>"
    )


def _example(example: Example) -> str:
    lines = _table(
        ("item", "units", "list", "taken off by", "to pay"), example.lines, numbers={1, 2, 4}
    )
    return (
        "<h3>One quote, explained</h3>"
        f'<p class="lead">Order <code>{escape(example.order_id)}</code>: {escape(example.facts)}. '
        "The quote keeps what applied; why a promotion did or did not, and how far off its next step "
        "is, is derived from it on demand.</p>"
        + _table(("promotion", "what it offers", "gave", "why not, or what is missing"),
                 example.promotions, numbers={2})
        + f"<details><summary>Its {len(example.lines)} lines</summary>"
        f'<div class="scroll">{lines}</div></details>'
    )  # fmt: skip


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: set[int]) -> str:
    def cells(tag: str, texts: Sequence[str]) -> str:
        number = ' class="n"'
        return "".join(
            f"<{tag}{number if n in numbers else ''}>{escape(text)}</{tag}>"
            for n, text in enumerate(texts)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{cells("th", heads)}</tr>{body}</table></div>'

"""The season in one screen of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from trading_season.cash import cash as cash_text
from trading_season.conservation import Check
from trading_season.result import AreaResult
from trading_season.sources import About

__all__ = ["gap_text", "percent", "pipeline_rate", "summary_lines"]


def percent(part: int, whole: int) -> str:
    """One decimal, from integers."""
    if not whole:
        return "–"
    tenths = (part * 2000 + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10} %"


def gap_text(result: AreaResult) -> str:
    """How far a plan may lie above the best: the median, and what 95 of 100 do not exceed."""
    return " / ".join(percent(result.gap_tenths(share), 1000) for share in (50, 95))


def _rows(counts: Counter[str], limit: int = 12) -> Iterable[str]:
    ranked = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    for name, count in ranked[:limit]:
        yield f"    {name:<44}{count:>12,}"
    if len(ranked) > limit:
        yield f"    {'… and ' + str(len(ranked) - limit) + ' more codes':<44}{sum(c for _, c in ranked[limit:]):>12,}"


def _unfinished(result: AreaResult, limit: int = 20) -> Iterable[str]:
    left_open = sorted(result.books.unfinished, key=lambda order: order.order_id)
    if not left_open:
        yield "    none"
    for order in left_open[:limit]:
        yield f"    {order}"
    if len(left_open) > limit:
        yield f"    … and {len(left_open) - limit:,} more"


def _campaign_lines(result: AreaResult, currency: str) -> Iterable[str]:
    """What the promotion calendar would have cost, and the orders that were sold by it."""

    def row(name: str, text: str) -> str:
        return f"    {name:<44}{text:>20}"

    sold = result.campaigns
    found, before = sold.simulation.result, sold.simulation.against
    yield "  Our promotion calendar"
    yield row("orders priced again, with it and without", f"{found.orders:,}")
    for given in found.promotions:
        if str(given.promotion) in sold.titles:
            cost = cash_text(given.cost.minor, currency)
            yield row(f"{given.promotion}: {given.uses:,} uses", cost)
    if before is not None:
        change = sold.simulation.revenue_change.minor
        yield row("revenue of these, without it", cash_text(before.revenue.minor, currency))
        yield row("change of revenue by it", cash_text(change, currency))
        yield row(
            "orders cheaper / dearer", f"{sold.simulation.cheaper:,} / {sold.simulation.dearer:,}"
        )
    yield row("orders sold by it", f"{sold.sold:,}")
    if sold.sold:
        yield row("asked of them, instead of as recorded", cash_text(sold.total_minor, currency))
        yield row("recorded", cash_text(sold.recorded_minor, currency))
        yield row(
            f"given back by {sold.returned_from:,} of them",
            cash_text(sold.given_back_minor, currency),
        )
    yield ""


def summary_lines(
    about: About, result: AreaResult, checks: Sequence[Check], elapsed: float, workers: int
) -> list[str]:
    """What is printed at the end of a run."""
    books, prices = result.books, result.prices
    units, quotes, money = books.units, books.quotes, books.money

    def cash(minor: int) -> str:
        return cash_text(minor, about.currency)

    def row(name: str, text: str) -> str:
        return f"    {name:<44}{text:>20}"

    split = sum(count for nodes, count in books.shipments.items() if nodes > 1)
    shipped = sum(count for nodes, count in books.shipments.items() if nodes)
    freight = result.same_orders_cost["freight"]
    nearest = result.nearest_cost["freight"]
    planned = sum(result.cost.values())
    lines = [
        "",
        f"  {about.title}",
        "",
        "  Orders",
        row("drafts imported", f"{result.drafts:,}"),
        row("orders placed", f"{books.orders:,}"),
        row("units ordered", f"{units['ordered']:,}"),
        row("units shipped", f"{units['shipped']:,}"),
        row(
            "commits / events / stock moves",
            f"{result.commits:,} / {books.events:,} / {result.stock_moves:,}",
        ),
        "",
        "  Money",
        row("list value", cash(quotes["list"])),
        *(
            row(f"less {name.removeprefix('discount:')}", cash(-quotes[name]))
            for name in sorted(quotes)
            if name.startswith("discount:")
        ),
        row("what the buyers were asked for", cash(quotes["total"])),
        row("paid by others (manufacturers)", cash(quotes["funded"])),
        row("revenue: both together", cash(quotes["total"] + quotes["funded"])),
        row("refunded", cash(money["refunded"])),
        row("kept", cash(money["kept"])),
        row("allowances, waived differences", cash(money["allowed"])),
        "",
        "  Our own price beside the recorded one",
        row(
            "equal to the cent",
            f"{prices.equal:,} of {prices.compared:,}, {percent(prices.equal, prices.compared)}",
        ),
        *(f"    {code:<44}{count:>20,}" for code, count in prices.main.most_common(8)),
        row(
            "every price seen in other orders: equal",
            f"{prices.witnessed_equal:,} of {prices.witnessed:,}, "
            f"{percent(prices.witnessed_equal, prices.witnessed)}",
        ),
        "",
        *_campaign_lines(result, about.currency),
        "  Sourcing",
        row("orders shipped from one node", f"{shipped - split:,}"),
        row("orders split over several nodes", f"{split:,} ({percent(split, shipped)})"),
        row("plans proven optimal", percent(result.plans_optimal, result.plans)),
        row(
            "cost of all plans, proven at most",
            f"{percent(planned - result.bound_minor, result.bound_minor)} above the best",
        ),
        row("the same of a plan: median, 95 of 100", gap_text(result)),
        row("plans short of stock", f"{result.plans_short:,}"),
        *(
            row(term.replace("_", " "), cash(minor))
            for term, minor in sorted(result.cost.items())
            if minor
        ),
        row(f"freight of {result.nearest_plans:,} orders, least cost", cash(freight)),
        row("the same orders, nearest node first", f"{cash(nearest)}"),
        row("saved", f"{cash(nearest - freight)} ({percent(nearest - freight, nearest)})"),
        "",
        "  Statuses",
        *(
            f"    {name:<44}{count:>20,}"
            for name, count in sorted(books.statuses.items())
            if name.startswith(("lifecycle", "payment", "return"))
        ),
        "",
        "  Orders that have not ended, and why",
        *_unfinished(result),
        "",
        "  Exceptions by code",
        *_rows(result.cases),
        *_rows(Counter({f"refused: {code}": n for code, n in result.refused.items()})),
        *_rows(Counter({f"clash: {code}": n for code, n in books.clashes.items()})),
        "",
        "  Findings of the import, by code",
        *_rows(result.findings.counts, 20),
        "",
        "  Conservation",
    ]
    for check in checks:
        mark = "=" if check.holds else "≠"
        verdict = "equal" if check.holds else "NOT EQUAL"
        lines += [
            f"    {verdict:<10}{check.law}",
            f"              {check.side(check.left)}",
            f"            {mark} {check.side(check.right)}",
        ]
    lines += ["", "  Time"]
    lines += [
        f"    {name:<44}{seconds:>18.1f} s"
        for name, seconds in sorted(result.clock.seconds.items(), key=lambda pair: -pair[1])
    ]
    lines += [
        row(
            "orders a second, all in, on " + f"{workers} process(es)",
            f"{result.drafts / elapsed:,.0f}",
        ),
        row("orders a second a core, pipeline only", f"{pipeline_rate(result):,.0f}"),
        "",
        f"  season digest  {result.season_digest}",
    ]
    return lines


PIPELINE = (
    "import",
    "our own quote",
    "place, allocate, reserve",
    "pay, confirm, ship, deliver, close",
)


def pipeline_rate(result: AreaResult) -> float:
    """Drafts a second of one core, without books and comparisons."""
    seconds = sum(result.clock.seconds.get(name, 0.0) for name in PIPELINE)
    return result.drafts / seconds if seconds else 0.0

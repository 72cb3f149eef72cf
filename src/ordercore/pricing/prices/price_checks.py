"""What can be said of price lists before anybody buys: findings with codes.

Errors refuse a list or a book when it is built; what is left are warnings, which stay on the value
(``PriceList.findings``, ``PriceBook.price_findings``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from ordercore.kernel import Finding, PriceListId, Severity, Span, as_tuple, expect
from ordercore.pricing.prices.price_list import PriceList
from ordercore.pricing.prices.price_row import PriceRow

__all__ = ["inspect_lists", "inspect_rows"]


def inspect_rows(prices: PriceList) -> tuple[Finding, ...]:
    """Warnings about the rows of a list; paths name the row by its position. O(rows × breaks).

    ``price.above_list_price`` (asked is more than it is compared with), ``price.below_cost``
    (price or sale price), ``price.never_valid`` (the row's span lies outside the list's),
    ``price.break_not_falling`` (at a moment at which both hold, a higher quantity costs no less a
    unit), ``price.break_without_floor`` and ``price.break_without_cost`` (a lower quantity of the
    item has one). The last three look at rows of the same item and overlapping spans.

    Example:
        >>> from ordercore.kernel import Money
        >>> rows = [
        ...     PriceRow("TEA", Money(900, "EUR"), list_price=Money(800, "EUR")),
        ...     PriceRow("TEA", Money(950, "EUR"), min_quantity=10),
        ... ]
        >>> [
        ...     (finding.code, finding.path)
        ...     for finding in inspect_rows(PriceList("web", currency="EUR", rows=rows))
        ... ]
        [('price.above_list_price', 'rows[0].price'), ('price.break_not_falling', 'rows[1].price')]
    """
    expect(prices, PriceList, "prices")
    found: list[Finding] = []
    for position, row in enumerate(prices.rows):
        if not row.is_plain:
            found.extend(_of_row(row, f"rows[{position}]"))
        if not row.span.overlaps(prices.span):
            found.append(
                _warning("price.never_valid", f"rows[{position}].span", "never holds", row.text)
            )
    place = {id(row): position for position, row in enumerate(prices.rows)}
    for sku in dict.fromkeys(row.sku for row in prices.rows):
        # From the lowest quantity to the highest.
        for lower, higher in combinations(prices.rows_of(sku)[::-1], 2):
            found.extend(_between(lower, higher, place))
    # A row compared with several others says the same thing once.
    return tuple(sorted(dict.fromkeys(found), key=_by_row))


def _of_row(row: PriceRow, path: str) -> Iterator[Finding]:
    if row.list_price is not None and row.price > row.list_price:
        yield _warning("price.above_list_price", f"{path}.price", "above its list price", row.text)
    cost = row.unit_cost
    if cost is not None and row.price < cost:
        yield _warning("price.below_cost", f"{path}.price", "below its cost", row.text)
    if cost is not None and row.sale_price is not None and row.sale_price < cost:
        yield _warning("price.below_cost", f"{path}.sale_price", "below its cost", row.text)


def _between(
    lower: Sequence[PriceRow], higher: Sequence[PriceRow], place: dict[int, int]
) -> Iterator[Finding]:
    """Rows of two quantities of an item, side by side in time; neither has overlaps."""
    first = 0
    for row in higher:
        while first < len(lower) and _ended(lower[first], row):
            first += 1
        position = first
        while position < len(lower) and lower[position].span.overlaps(row.span):
            yield from _compared(lower[position], row, f"rows[{place[id(row)]}]")
            position += 1


def _ended(row: PriceRow, other: PriceRow) -> bool:
    end, start = row.span.end, other.span.start
    return end is not None and start is not None and end <= start


def _compared(lower: PriceRow, row: PriceRow, path: str) -> Iterator[Finding]:
    if row.price.minor * lower.per >= lower.price.minor * row.per:
        yield _warning(
            "price.break_not_falling", f"{path}.price", "not below a lower quantity's", row.text
        )
    if row.floor_price is None and lower.floor_price is not None:
        yield _warning(
            "price.break_without_floor", f"{path}.floor_price", "a lower quantity has one", row.text
        )
    if row.unit_cost is None and lower.unit_cost is not None:
        yield _warning(
            "price.break_without_cost", f"{path}.unit_cost", "a lower quantity has one", row.text
        )


def _by_row(finding: Finding) -> tuple[int, str, str]:
    position = int(finding.path.removeprefix("rows[").partition("]")[0])
    return position, finding.code, finding.path


def inspect_lists(lists: Sequence[PriceList]) -> tuple[Finding, ...]:
    """What is wrong with lists that stand behind lists. O(lists + rows of lists only behind).

    Errors: ``book.fallback_unknown``, ``book.fallback_cycle`` (once for each list on a cycle),
    ``book.fallback_currency`` (two currencies and no rate between just these),
    ``book.fallback_tax`` (a list that converts says of tax what the list
    behind it does not; it may leave it open). Warnings:
    ``book.list_unreachable`` for a list that is only behind others and never asked: no list
    names it, or those that do hold at other times, or always have a price of their own for all
    that it prices.

    Example:
        >>> [
        ...     (finding.code, finding.path)
        ...     for finding in inspect_lists(
        ...         [
        ...             PriceList("a", currency="EUR", fallback="b"),
        ...             PriceList("b", currency="EUR", fallback="a"),
        ...         ]
        ...     )
        ... ]
        [('book.fallback_cycle', 'lists[0].fallback'), ('book.fallback_cycle', 'lists[1].fallback')]
    """
    every = tuple(
        expect(prices, PriceList, f"lists[{position}]")
        for position, prices in enumerate(expect(as_tuple(lists), tuple, "lists"))
    )
    by_id = {prices.list_id: prices for prices in every}
    cyclic = _on_cycles(by_id)
    found: list[Finding] = []
    fronts: dict[PriceListId, list[PriceList]] = {}
    for position, prices in enumerate(every):
        if prices.fallback is None:
            continue
        path, shown = f"lists[{position}].fallback", str(prices.fallback)
        behind = by_id.get(prices.fallback)
        if behind is None:
            found.append(_error("book.fallback_unknown", path, "a list of the book", shown))
            continue
        fronts.setdefault(behind.list_id, []).append(prices)
        if prices.list_id in cyclic:
            found.append(_error("book.fallback_cycle", path, "a list not behind itself", shown))
        found.extend(_mismatch(prices, behind, path))
    for position, prices in enumerate(every):
        if prices.only_behind and not any(
            _may_ask(front, prices) for front in fronts.get(prices.list_id, ())
        ):
            path = f"lists[{position}]"
            found.append(
                _warning("book.list_unreachable", path, "is never asked", str(prices.list_id))
            )
    return tuple(found)


def _mismatch(prices: PriceList, behind: PriceList, path: str) -> Iterator[Finding]:
    rate = None if prices.conversion is None else prices.conversion.rate
    have = (behind.currency, prices.currency)
    needed = have if rate is None else (rate.source, rate.target)
    if needed != have or (rate is None and behind.currency != prices.currency):
        yield _error(
            "book.fallback_currency",
            path,
            f"a rate from {behind.currency} to {prices.currency}"
            if behind.currency != prices.currency
            else "no rate",
            f"{behind.list_id} in {behind.currency}",
        )
    if prices.conversion is not None and prices.tax_included not in {None, behind.tax_included}:
        yield _error(
            "book.fallback_tax",
            path,
            "prices that read alike, with or without tax",
            str(behind.list_id),
        )


def _on_cycles(by_id: dict[PriceListId, PriceList]) -> frozenset[PriceListId]:
    """The lists that stand behind themselves. O(lists): every list has at most one behind it."""
    done: set[PriceListId] = set()
    cyclic: set[PriceListId] = set()
    for start in by_id:
        path: dict[PriceListId, int] = {}
        at: PriceListId | None = start
        while at is not None and at in by_id and at not in done and at not in path:
            path[at] = len(path)
            at = by_id[at].fallback
        if at is not None and at in path:
            cyclic.update(list(path)[path[at] :])
        done.update(path)
    return frozenset(cyclic)


def _may_ask(front: PriceList, behind: PriceList) -> bool:
    """Whether there is a moment, an item and a quantity that the front list passes on."""
    if not front.span.overlaps(behind.span):
        return False
    # What has no rows of its own, or a list behind it, is asked for what others price.
    return (
        not behind.rows
        or behind.fallback is not None
        or any(not _always_priced(front, row.sku, behind.span) for row in behind.rows)
    )


def _always_priced(prices: PriceList, sku: str, span: Span) -> bool:
    """Whether a list has a price of its own for any quantity of an item, throughout a span."""
    return any(
        row.min_quantity == 1 and row.span.covers(span)
        for rows in prices.rows_of(sku)
        for row in rows
    )


def _warning(code: str, path: str, message: str, value: str) -> Finding:
    return Finding(code, Severity.WARNING, path, message, value)


def _error(code: str, path: str, message: str, value: str) -> Finding:
    return Finding(code, Severity.ERROR, path, message, value)

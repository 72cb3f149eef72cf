"""What can be said of a whole book before anybody buys: findings with codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import attrs
from pendulum import UTC

from ordercore.catalog import Catalog, Item
from ordercore.kernel import Finding, Instant, Money, Severity, Span, expect, shift
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.cart import MAX_QUANTITY, Cart, CartLine
from ordercore.pricing.policy import DEFAULT_PRICING, PricingPolicy
from ordercore.pricing.prices.price_book import PriceBook
from ordercore.pricing.prices.price_list import PriceList
from ordercore.pricing.prices.price_row import PriceRow
from ordercore.pricing.promotions.deals import BuyGet, SetPrice
from ordercore.pricing.promotions.effects import PromotionEffect
from ordercore.pricing.promotions.ladders import Ladder, SpendAndSave, SpendEvery
from ordercore.pricing.promotions.offers import offer_of
from ordercore.pricing.promotions.pair_checks import clashes, shadows
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.promotions.promotion_checks import inspect_promotion, selectors_of
from ordercore.pricing.promotions.selection import EVERYTHING, Selector
from ordercore.pricing.promotions.stages import Stage

__all__ = ["inspect_book"]

_DAWN: Final = Instant(1, 1, 1, tzinfo=UTC)


def inspect_book(
    book: PriceBook,
    *,
    catalog: Catalog | None = None,
    policy: PricingPolicy = DEFAULT_PRICING,
) -> tuple[Finding, ...]:
    """All warnings about a book: its lists, its promotions, and how they stand together.

    Errors have refused the book when it was built. Paths start at the book
    (``promotions[3].effect``). Beside :attr:`PriceBook.price_findings` and what
    :func:`~ordercore.pricing.inspect_promotion` says of each promotion there are:

    - ``promotion.shadowed``: another of its group or stage, named as value, always takes its place.
    - ``promotion.exclusive_overlap``: it is exclusive, and so is another that the same cart may
      meet; one of them applies.
    - ``promotion.unknown_sku`` and ``promotion.unknown_category``: what a selector asks for and
      neither a list nor the catalogue has; categories only with a catalogue.
    - ``promotion.selects_nothing_priced``: no item that a list prices is selected.
    - ``promotion.other_currency``: no list has its currency.
    - ``promotion.never_valid``: no list holds while it does.
    - ``promotion.below_cost`` and ``promotion.below_floor``: alone, and where its condition holds,
      it brings so many units of an item (named as value) below their unit cost or floor price.
    - ``group.unused``: no promotion is in the group.

    Args:
        book: The book.
        catalog: What the items are; without it, categories and attributes are not judged.
        policy: How amounts are rounded.

    Complexity: O(rows + promotions + pairs of a group), and for each promotion the rows that it
    selects and that have a cost or a floor.

    Example:
        >>> from ordercore.pricing import PriceRow, Selector, percent_off
        >>> tea = PriceRow("TEA", Money(1200, "EUR"), unit_cost=Money(900, "EUR"))
        >>> book = PriceBook(
        ...     lists=[PriceList("web", currency="EUR", rows=[tea])],
        ...     promotions=[percent_off("sale", 30, on=Selector(skus=["TEA", "CUP"]))],
        ... )
        >>> [(finding.code, finding.value) for finding in inspect_book(book)]
        [('promotion.below_cost', 'TEA'), ('promotion.unknown_sku', 'CUP')]
    """
    expect(book, PriceBook, "book")
    expect(policy, PricingPolicy, "policy")
    if catalog is not None:
        expect(catalog, Catalog, "catalog")
    found = list(book.price_findings)
    for position, promotion in enumerate(book.promotions):
        path = f"promotions[{position}]"
        found += [
            attrs.evolve(finding, path=f"{path}.{finding.path}")
            for finding in inspect_promotion(promotion)
        ]
    groups = {group.group_id: group for group in book.groups}
    found += shadows(book.promotions, groups)
    found += clashes(book.promotions)
    used = {promotion.group for promotion in book.promotions}
    for position, group in enumerate(book.groups):
        if group.group_id not in used:
            place = f"groups[{position}]"
            found.append(_warning("group.unused", place, "no promotion is in it", group.group_id))
    if book.lists:
        goods = _Goods(book, catalog, policy)
        for position, promotion in enumerate(book.promotions):
            found += goods.inspect(promotion, f"promotions[{position}]")
    # The order of the paths, positions as numbers.
    return tuple(sorted(dict.fromkeys(found), key=_by_place))


def _by_place(finding: Finding) -> tuple[str, int, str, str, str]:
    head, bracket, rest = finding.path.partition("[")
    number, _, field = rest.partition("]")
    return (head, int(number) if bracket else -1, field, finding.code, finding.value or "")


class _Goods:
    """What the lists price, and what the catalogue says of it."""

    def __init__(self, book: PriceBook, catalog: Catalog | None, policy: PricingPolicy) -> None:
        self.book = book
        self.policy = policy
        self.items: dict[str, Item] = {}
        self.categories: set[tuple[str, ...]] | None = None
        if catalog is not None:
            self.items = {item.sku: item for item in catalog.items}
            self.categories = {
                item.category[:depth]
                for item in catalog.items
                for depth in range(1, len(item.category) + 1)
            }
        self.priced: dict[str, list[tuple[PriceList, PriceRow]]] = {}
        self.bounded: dict[str, list[tuple[PriceList, PriceRow]]] = {}
        for prices in book.lists:
            for row in prices.rows:
                self.priced.setdefault(row.sku, []).append((prices, row))
                if row.unit_cost is not None or row.floor_price is not None:
                    self.bounded.setdefault(row.sku, []).append((prices, row))
        self.converted = any(prices.conversion is not None for prices in book.lists)

    def inspect(self, promotion: Promotion, path: str) -> Iterator[Finding]:
        name = str(promotion.promotion_id)
        for place, selector in selectors_of(promotion):
            yield from self._unknown(selector, f"{path}.{place}")
            if selector != EVERYTHING and not self._selects_priced(selector):
                message = "selects no item that has a price"
                yield _warning("promotion.selects_nothing_priced", f"{path}.{place}", message, name)
        currencies = {prices.currency for prices in self.book.lists}
        if promotion.currency not in {None, *currencies}:
            message = "no list has its currency"
            yield _warning("promotion.other_currency", f"{path}.effect", message, name)
        if not any(prices.span.overlaps(promotion.span) for prices in self.book.lists):
            message = "no list holds while it does"
            yield _warning("promotion.never_valid", f"{path}.span", message, name)
        if promotion.stage is not Stage.SHIPPING:
            yield from self._below(promotion, f"{path}.effect")

    def _unknown(self, selector: Selector, path: str) -> Iterator[Finding]:
        for sku in sorted(selector.skus):
            if sku not in self.priced and sku not in self.items:
                yield _warning("promotion.unknown_sku", f"{path}.skus", "is unknown", str(sku))
        for category in sorted(selector.categories):
            if self.categories is not None and category not in self.categories:
                shown = " / ".join(category)
                yield _warning(
                    "promotion.unknown_category", f"{path}.categories", "is unknown", shown
                )

    def _selects_priced(self, selector: Selector) -> bool:
        return any(
            self._selects(selector, sku, rows) for sku, rows in _of_skus(self.priced, selector)
        )

    def _selects(
        self, selector: Selector, sku: str, rows: Iterable[tuple[PriceList, PriceRow]]
    ) -> bool:
        """Whether an item may be selected; in doubt it is."""
        item = self.items.get(sku)
        known = selector
        if item is None:
            # Nobody knows its category and attributes.
            known = attrs.evolve(
                selector, categories=(), attributes={}, but_categories=(), but_attributes={}
            )
        if self.converted:
            known = attrs.evolve(known, from_price=None, to_price=None)
        return any(
            known.matches(_line(sku, row.per, item), price)
            for _, row in rows
            for price in (row.price, row.sale_price)
            if price is not None
        )

    def _below(self, promotion: Promotion, path: str) -> Iterator[Finding]:
        for sku, rows in _of_skus(self.bounded, promotion.on):
            if not self._selects(promotion.on, sku, rows):
                continue
            for prices, row in rows:
                for code in self._bounds_broken(promotion, prices, row):
                    yield _warning(code, path, "brings an item below it", str(sku))

    def _bounds_broken(
        self, promotion: Promotion, prices: PriceList, row: PriceRow
    ) -> Iterator[str]:
        for at in _moments(promotion.span, prices.span, row):
            for quantity in _telling(promotion.effect, row):
                answer = prices.answer(row.sku, quantity, at)
                if answer is None or promotion.currency not in {None, prices.currency}:
                    continue
                amount = answer.amount(quantity, self.policy.rounding)
                line = _line(row.sku, quantity, self.items.get(row.sku))
                left = _left(promotion, line, amount, self.policy, at)
                if left is None:
                    continue
                for code, bound in (
                    ("promotion.below_cost", answer.unit_cost),
                    ("promotion.below_floor", answer.floor_price),
                ):
                    if bound is not None and left * answer.per < bound.minor * quantity:
                        yield code


def _of_skus(
    rows: Mapping[str, list[tuple[PriceList, PriceRow]]], selector: Selector
) -> Iterator[tuple[str, list[tuple[PriceList, PriceRow]]]]:
    if not selector.skus:
        yield from rows.items()
    for sku in sorted(selector.skus):
        if sku in rows:
            yield sku, rows[sku]


def _line(sku: str, quantity: int, item: Item | None) -> CartLine:
    if item is None:
        return CartLine("1", sku=sku, quantity=quantity)
    return CartLine(
        "1", sku=sku, quantity=quantity, category=item.category, attributes=item.attributes
    )


def _left(
    promotion: Promotion, line: CartLine, amount: Money, policy: PricingPolicy, at: Instant
) -> int | None:
    """What a promotion alone leaves of a line; None where it gives nothing for it."""
    run = Calculation(Cart(lines=[line]), [amount], (), policy, amount.currency, at)
    if isinstance(promotion.effect, BuyGet) and promotion.effect.get_on is not None:
        return None  # what is given is another item's affair
    offer = offer_of(run, promotion, [0], [0])
    if offer is None or not run.take(promotion, offer):
        return None
    return run.left[0]


def _moments(span: Span, around: Span, row: PriceRow) -> Iterator[Instant]:
    """A moment at which all hold: with the row's price, and with its sale price."""
    shared = span.intersection(around)
    shared = None if shared is None else shared.intersection(row.span)
    if shared is None:
        return
    yield _moment_of(shared)
    on_sale = None if row.sale_price is None else shared.intersection(row.sale_span)
    if on_sale is not None:
        yield _moment_of(on_sale)


def _moment_of(span: Span) -> Instant:
    if span.start is not None:
        return span.start
    return _DAWN if span.end is None else shift(span.end, microseconds=-1)


def _telling(effect: PromotionEffect, row: PriceRow) -> Iterator[int]:
    """The quantities of an item at which an effect gives the most for each unit."""
    price = row.price if row.sale_price is None else row.sale_price
    wanted: list[int]
    match effect:
        case SpendAndSave(steps=steps):
            wanted = [_units_for(step.threshold, price, row.per) for step in steps]
        case Ladder(rungs=rungs):
            wanted = [_units_for(rung.threshold, price, row.per) for rung in rungs]
        case SpendEvery(every=every):
            wanted = [_units_for(every, price, row.per)]
        case BuyGet(buy=buy, get=get):
            wanted = [buy + get]
        case SetPrice():
            wanted = [effect.units]
        case _:
            wanted = [1]
    for units in sorted({max(row.min_quantity, each) for each in wanted}):
        if units <= MAX_QUANTITY:
            yield units


def _units_for(threshold: Money | int, price: Money, per: int) -> int:
    if isinstance(threshold, int):
        return max(1, threshold)
    if price.currency != threshold.currency or not price:
        return 1
    return max(1, -(-threshold.minor * per // price.minor))


def _warning(code: str, path: str, message: str, value: str) -> Finding:
    return Finding(code, Severity.WARNING, path, message, value)

"""Price lists: rows of prices with quantity breaks and validity, answered by index."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from typing import Final, Self

import attrs
from pendulum import UTC

from ordercore.kernel import (
    ChannelId,
    Currency,
    FaultList,
    Instant,
    Money,
    PrecisionLoss,
    PriceListId,
    Sku,
    Span,
    as_tuple,
    checked,
    digest,
    frozen_set,
    items_as,
    problems,
    to_text,
)

__all__ = ["PriceAnswer", "PriceList", "PriceRow"]

_ALWAYS: Final = Span()
_DAWN: Final = Instant(1, 1, 1, tzinfo=UTC)


@attrs.frozen
@checked
class PriceRow:
    """The price of an item from a quantity on, for a span of time.

    ``price`` is for ``per`` units, so a price finer than the minor unit stays exact: 4.375 per 100
    is 43.75 per 1,000 (:meth:`exact` does the scaling). The row of the highest ``min_quantity``
    that a line reaches prices all its units.

    Raises:
        InvalidBatch: ``price.amount`` (not Money), ``price.negative``, ``price.min_quantity``,
            ``price.per``, ``price.span``.

    Example:
        >>> row = PriceRow("TEA", Money(1200, "EUR"), min_quantity=10)
        >>> row.sku, row.per
        (Sku('TEA'), 1)
    """

    sku: Sku = attrs.field(converter=Sku)
    price: Money
    min_quantity: int = attrs.field(default=1, kw_only=True)
    span: Span = attrs.field(default=_ALWAYS, kw_only=True)
    per: int = attrs.field(default=1, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if (
            type(self.price) is Money
            and self.price.minor >= 0
            and type(self.min_quantity) is int
            and self.min_quantity >= 1
            and type(self.per) is int
            and self.per >= 1
            and type(self.span) is Span
        ):
            return
        faults = problems()
        if type(self.price) is not Money:
            faults.add("price.amount", "price", self.price, "Money")
        elif self.price.minor < 0:
            faults.add("price.negative", "price", self.price, "an amount ≥ 0")
        for name in ("min_quantity", "per"):
            number = getattr(self, name)
            if type(number) is not int or number < 1:
                faults.add(f"price.{name}", name, number, "an integer ≥ 1")
        if type(self.span) is not Span:
            faults.add("price.span", "span", self.span, "a Span")
        faults.raise_if_any("price row")

    @classmethod
    def exact(
        cls,
        sku: str,
        amount: str | int | Decimal,
        currency: str,
        *,
        per: int = 1,
        min_quantity: int = 1,
        span: Span = _ALWAYS,
    ) -> Self:
        """A row from an amount of any fineness, made exact by pricing more units at once.

        Raises:
            PrecisionLoss: more than 9 decimals beyond the currency's.

        Example:
            >>> row = PriceRow.exact("BOLT", "4.375", "EUR", per=100)
            >>> str(row.price), row.per
            ('EUR 43.75', 1000)
        """
        exact = amount if isinstance(amount, str) else str(amount)
        whole, _, decimals = exact.partition(".")
        for finer in range(10):
            shifted = f"{whole}{decimals[:finer].ljust(finer, '0')}.{decimals[finer:] or '0'}"
            try:
                price = Money.of(shifted, currency)
            except PrecisionLoss:
                continue
            return cls(sku, price, min_quantity=min_quantity, span=span, per=per * 10**finer)
        raise PrecisionLoss(amount, (Currency(currency).exponent or 0) + 9)

    @property
    def text(self) -> str:
        """The row in one line; what a list's digest is made of."""
        span = self.span
        start = to_text(span.start) if span.start is not None else ""
        end = to_text(span.end) if span.end is not None else ""
        return f"{self.sku}\t{self.min_quantity}\t{start}\t{end}\t{self.price.minor}\t{self.per}"


@attrs.frozen(kw_only=True)
@checked
class PriceAnswer:
    """A price, and which list and row it came from.

    Example:
        >>> prices = PriceList("web", currency="EUR", rows=[PriceRow("TEA", Money(1200, "EUR"))])
        >>> from ordercore.kernel import instant
        >>> answer = prices.answer("TEA", 3, instant("2026-01-01T00:00Z"))
        >>> str(answer.price), answer.price_list, answer.min_quantity
        ('EUR 12.00', PriceListId('web'), 1)
    """

    price: Money
    per: int
    price_list: PriceListId
    min_quantity: int
    valid_until: Instant | None = None


# Rows of one item and one quantity break, sorted by start: (break, starts, rows).
_Level = tuple[int, list[Instant], list[PriceRow]]


def _level(min_quantity: int, rows: list[PriceRow]) -> _Level:
    rows.sort(key=_start)
    return min_quantity, [_start(row) for row in rows], rows


def _start(row: PriceRow) -> Instant:
    return row.span.start if row.span.start is not None else _DAWN


_Found = PriceRow | tuple[_Level, ...]


def _rows(given: Iterable[PriceRow]) -> tuple[PriceRow, ...]:
    return as_tuple(given)


def _channels(given: Iterable[str]) -> frozenset[ChannelId]:
    return frozen_set(items_as(given, ChannelId, "channels"))


@attrs.frozen
@checked
class PriceList:
    """Prices of one currency, for some channels (none named: for all) and a span of time.

    Among the lists that may answer, the one of the highest ``priority`` wins, then the one whose
    id sorts first. ``tax_included`` says how the prices read; None leaves it to the tax table.
    A look-up costs the same in a list of ten rows and of a million. Building is O(rows).

    Raises:
        InvalidBatch: ``price.row``, ``money.currency_mismatch``, and ``price.overlap`` for two
            rows of one SKU and quantity break that are valid at the same moment, with the path
            of the later.

    Example:
        >>> from ordercore.kernel import instant
        >>> prices = PriceList(
        ...     "web",
        ...     currency="EUR",
        ...     rows=[
        ...         PriceRow("TEA", Money(1200, "EUR")),
        ...         PriceRow("TEA", Money(1000, "EUR"), min_quantity=10),
        ...     ],
        ... )
        >>> now = instant("2026-01-01T00:00Z")
        >>> [str(prices.answer("TEA", units, now).price) for units in (9, 10)]
        ['EUR 12.00', 'EUR 10.00']
    """

    list_id: PriceListId = attrs.field(converter=PriceListId)
    currency: Currency = attrs.field(converter=Currency, kw_only=True)
    rows: tuple[PriceRow, ...] = attrs.field(default=(), converter=_rows, kw_only=True)
    tax_included: bool | None = attrs.field(default=None, kw_only=True)
    priority: int = attrs.field(default=0, kw_only=True)
    channels: frozenset[ChannelId] = attrs.field(
        default=frozenset(), converter=_channels, kw_only=True
    )
    span: Span = attrs.field(default=_ALWAYS, kw_only=True)
    _index: dict[str, _Found] = attrs.field(init=False, eq=False, repr=False)
    _digest: str | None = attrs.field(init=False, eq=False, repr=False, default=None)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_index", self._indexed({}, self.rows, 0))

    def _indexed(
        self, index: dict[str, _Found], rows: tuple[PriceRow, ...], first: int
    ) -> dict[str, _Found]:
        """``index`` with ``rows`` added, whose positions in the list start at ``first``."""
        faults = problems()
        several: dict[Sku, list[PriceRow]] = {}
        place: dict[int, int] = {}
        currency = self.currency
        for position, row in enumerate(rows, first):
            if type(row) is not PriceRow:
                faults.add("price.row", f"rows[{position}]", row, "a PriceRow")
                continue
            if row.price.currency != currency:
                path = f"rows[{position}].price"
                faults.add("money.currency_mismatch", path, row.price, f"currency {currency}")
            found = index.setdefault(row.sku, row)
            if found is not row:
                if row.sku not in several:
                    several[row.sku] = (
                        [found]
                        if isinstance(found, PriceRow)
                        else [r for _, _, lot in found for r in lot]
                    )
                several[row.sku].append(row)
                place[id(row)] = position
        for sku, group in several.items():
            index[sku] = self._levels(group, faults, place)
        faults.raise_if_any(f"price list {self.list_id}")
        return index

    @staticmethod
    def _levels(
        group: list[PriceRow], faults: FaultList, place: dict[int, int]
    ) -> tuple[_Level, ...]:
        breaks: dict[int, list[PriceRow]] = {}
        for row in group:
            breaks.setdefault(row.min_quantity, []).append(row)
        levels = tuple(_level(count, breaks[count]) for count in sorted(breaks, reverse=True))
        for _, _, rows in levels:
            reach = rows[0]
            for row in rows[1:]:
                if row.span.overlaps(reach.span):
                    at = max(place.get(id(reach), 0), place.get(id(row), 0))
                    faults.add("price.overlap", f"rows[{at}]", row.text, "a span of its own")
                if reach.span.end is not None and (
                    row.span.end is None or row.span.end > reach.span.end
                ):
                    reach = row
        return levels

    def with_rows(self, rows: Iterable[PriceRow]) -> PriceList:
        """This list and more rows; only the new rows are checked and indexed.

        Raises:
            InvalidBatch: as the constructor.

        Example:
            >>> prices = PriceList("web", currency="EUR")
            >>> len(prices.with_rows([PriceRow("TEA", Money(1200, "EUR"))]).rows)
            1
        """
        more = tuple(rows)
        index = self._indexed(dict(self._index), more, len(self.rows))
        copy = attrs.evolve(self, rows=())
        object.__setattr__(copy, "rows", self.rows + more)
        object.__setattr__(copy, "_index", index)
        return copy

    def knows(self, sku: str) -> bool:
        """Whether the list has a row of that item, valid or not."""
        return sku in self._index

    def answer(self, sku: str, quantity: int, at: Instant) -> PriceAnswer | None:
        """The price of that many units at that moment; None where the list has none.

        The channel is the caller's affair. O(quantity breaks of the item × log rows of one break).
        """
        row = self._row(sku, quantity, at) if at in self.span else None
        if row is None:
            return None
        ends = [end for end in (row.span.end, self.span.end) if end is not None]
        return PriceAnswer(
            price=row.price,
            per=row.per,
            price_list=self.list_id,
            min_quantity=row.min_quantity,
            valid_until=min(ends) if ends else None,
        )

    def _row(self, sku: str, quantity: int, at: Instant) -> PriceRow | None:
        found = self._index.get(sku)
        if found is None:
            return None
        if isinstance(found, PriceRow):
            return found if quantity >= found.min_quantity and at in found.span else None
        for min_quantity, starts, rows in found:
            if quantity >= min_quantity:
                position = bisect_right(starts, at) - 1
                if position >= 0 and at in rows[position].span:
                    return rows[position]
        return None

    @property
    def digest(self) -> str:
        """Digest of the list; the order of its rows takes no part. Made once per value."""
        known = self._digest
        if known is None:
            head = attrs.evolve(self, rows=())
            known = digest((head, tuple(sorted(row.text for row in self.rows))))
            object.__setattr__(self, "_digest", known)
        return known

    def __reduce__(self) -> tuple[partial[PriceList], tuple[PriceListId]]:
        # The index is made of the rows; a pickle holds only what it is made from.
        rebuild = partial(
            PriceList,
            currency=self.currency,
            rows=self.rows,
            tax_included=self.tax_included,
            priority=self.priority,
            channels=self.channels,
            span=self.span,
        )
        return rebuild, (self.list_id,)

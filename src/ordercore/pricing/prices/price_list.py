"""Price lists: rows of prices with quantity breaks and validity, answered by index."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Final

import attrs
from pendulum import UTC

from ordercore.kernel import (
    ChannelId,
    Choice,
    Currency,
    CustomerId,
    FaultList,
    Finding,
    Instant,
    PriceListId,
    Sku,
    Span,
    as_tuple,
    checked,
    digest,
    frozen_set,
    items_as,
    problems,
)
from ordercore.pricing.prices.price_answer import PriceAnswer, PriceBracket
from ordercore.pricing.prices.price_conversion import PriceConversion
from ordercore.pricing.prices.price_row import PriceRow

if TYPE_CHECKING:
    from ordercore.pricing.cart import Cart

__all__ = ["PriceList", "QuantityBreaks"]

_ALWAYS: Final = Span()
_DAWN: Final = Instant(1, 1, 1, tzinfo=UTC)


class QuantityBreaks(Choice):
    """What the rows of one item and several quantities mean."""

    ALL_UNITS = "all_units"
    """The row of the highest quantity that a line reaches prices all its units."""
    GRADUATED = "graduated"
    """Each row prices the units from its quantity up to the next row's: each bracket its own."""


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


def _customers(given: Iterable[str]) -> frozenset[CustomerId]:
    return frozen_set(items_as(given, CustomerId, "customers"))


def _texts(given: Iterable[str]) -> frozenset[str]:
    return frozen_set(as_tuple(given))


def _optional_id(given: str | None) -> PriceListId | None:
    return None if given is None else PriceListId(given)


@attrs.frozen
@checked
class PriceList:
    """Prices of one currency, for those whom it concerns, during a span of time.

    It concerns a cart whose customer, one of whose groups, and whose country, market and channel
    it names; what it names none of, it leaves open. Which of several lists answers is a choice of
    the policy (:class:`~ordercore.pricing.BetweenLists`), never their order.

    A look-up costs the same in a list of ten rows and of a million. Building is O(rows).

    Args:
        list_id: Its id.
        currency: Of all its prices.
        rows: The prices, in any order.
        tax_included: How they read; None leaves it to the tax table.
        priority: Weighs between lists; higher first. A position in an ordered list of lists, as
            platforms have it, is a priority.
        channels: For these sales channels; none named: for all.
        span: When it holds, and all its rows with it.
        breaks: What several quantities of one item mean.
        customers: For these customers: contract prices.
        customer_groups: For customers of one of these groups.
        markets: For these markets, by the host's names.
        countries: For these countries of destination (ISO 3166-1 alpha-2).
        fallback: The list behind it, asked where it has no price, whomever that one concerns.
        conversion: What becomes of the prices of the list behind it; a list of another currency
            needs one.
        only_behind: Whether it answers only where a list in front names it.

    Raises:
        InvalidBatch: ``price.row``, ``money.currency_mismatch``, ``price.overlap`` for two rows of
            one SKU and quantity break that are valid at the same moment, with the path of the
            later; ``price.no_first_bracket`` for an item with graduated prices of which none
            begins at 1; ``price.conversion_alone`` without a fallback; ``price.market``,
            ``price.customer_group``, ``price.country``.

    Example:
        >>> from ordercore.kernel import Money, instant
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
    breaks: QuantityBreaks = attrs.field(
        default=QuantityBreaks.ALL_UNITS, converter=QuantityBreaks, kw_only=True
    )
    customers: frozenset[CustomerId] = attrs.field(
        default=frozenset(), converter=_customers, kw_only=True
    )
    customer_groups: frozenset[str] = attrs.field(
        default=frozenset(), converter=_texts, kw_only=True
    )
    markets: frozenset[str] = attrs.field(default=frozenset(), converter=_texts, kw_only=True)
    countries: frozenset[str] = attrs.field(default=frozenset(), converter=_texts, kw_only=True)
    fallback: PriceListId | None = attrs.field(default=None, converter=_optional_id, kw_only=True)
    conversion: PriceConversion | None = attrs.field(default=None, kw_only=True)
    only_behind: bool = attrs.field(default=False, kw_only=True)
    _index: dict[str, _Found] = attrs.field(init=False, eq=False, repr=False)
    _has_beginnings: bool = attrs.field(init=False, eq=False, repr=False, default=False)
    _digest: str | None = attrs.field(init=False, eq=False, repr=False, default=None)
    _findings: tuple[Finding, ...] | None = attrs.field(
        init=False, eq=False, repr=False, default=None
    )

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_index", self._indexed({}, self.rows, 0))
        begins = self.span.start is not None or _any_begins(self.rows)
        object.__setattr__(self, "_has_beginnings", begins)

    def _indexed(
        self, index: dict[str, _Found], rows: tuple[PriceRow, ...], first: int
    ) -> dict[str, _Found]:
        """``index`` with ``rows`` added, whose positions in the list start at ``first``."""
        faults = problems()
        self._check_scope(faults)
        graduated = self.breaks is QuantityBreaks.GRADUATED
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
        if graduated:
            for position, row in enumerate(rows, first):
                if type(row) is PriceRow and _lowest(index[row.sku]) != 1:
                    path = f"rows[{position}].min_quantity"
                    faults.add("price.no_first_bracket", path, row.text, "a row from 1 on, too")
        faults.raise_if_any(f"price list {self.list_id}")
        return index

    def _check_scope(self, faults: FaultList) -> None:
        named = (
            ("customer_groups", "customer_group", "a name"),
            ("markets", "market", "a name"),
            ("countries", "country", "two letters A to Z"),
        )
        for name, code, expected in named:
            texts = getattr(self, name)
            for text in sorted(texts, key=repr) if type(texts) is frozenset else ():
                if (
                    not isinstance(text, str)
                    or not text
                    or (code == "country" and _no_country(text))
                ):
                    faults.add(f"price.{code}", name, text, expected)
        if self.conversion is not None and self.fallback is None:
            faults.add("price.conversion_alone", "conversion", self.conversion, "a fallback")

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
            >>> from ordercore.kernel import Money
            >>> prices = PriceList("web", currency="EUR")
            >>> len(prices.with_rows([PriceRow("TEA", Money(1200, "EUR"))]).rows)
            1
        """
        more = tuple(rows)
        index = self._indexed(dict(self._index), more, len(self.rows))
        copy = attrs.evolve(self, rows=())
        object.__setattr__(copy, "rows", self.rows + more)
        object.__setattr__(copy, "_index", index)
        begins = self._has_beginnings or _any_begins(more)
        object.__setattr__(copy, "_has_beginnings", begins)
        return copy

    def knows(self, sku: str) -> bool:
        """Whether the list has a row of that item, valid or not."""
        return sku in self._index

    def concerns(self, cart: Cart) -> bool:
        """Whether the list is for that cart: its customer, groups, country, market and channel.

        Example:
            >>> from ordercore.pricing import Cart, CartLine
            >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=1)], customer_groups=["gold"])
            >>> PriceList("gold", currency="EUR", customer_groups=["gold"]).concerns(cart)
            True
        """
        return (
            (not self.customers or cart.customer in self.customers)
            and (
                not self.customer_groups
                or not self.customer_groups.isdisjoint(cart.customer_groups)
            )
            and (not self.countries or cart.country in self.countries)
            and (not self.markets or cart.market in self.markets)
            and (not self.channels or cart.channel in self.channels)
        )

    @property
    def specificity(self) -> tuple[bool, bool, bool, bool, bool]:
        """How closely it names whom it is for, to be compared.

        Customers weigh most, then groups, countries, markets and channels.
        """
        return (
            bool(self.customers),
            bool(self.customer_groups),
            bool(self.countries),
            bool(self.markets),
            bool(self.channels),
        )

    def least_quantity(self, sku: str, at: Instant) -> int | None:
        """The fewest units of an item that have a price at a moment; None where no quantity has.

        O(quantity breaks of the item × log rows of one break).

        Example:
            >>> from ordercore.kernel import Money, instant
            >>> rows = [PriceRow("BOLT", Money(437, "EUR"), min_quantity=100)]
            >>> prices = PriceList("web", currency="EUR", rows=rows)
            >>> prices.least_quantity("BOLT", instant("2026-01-01T00:00Z"))
            100
        """
        found = self._index.get(sku)
        if found is None or at not in self.span:
            return None
        if isinstance(found, PriceRow):
            return found.min_quantity if at in found.span else None
        for min_quantity, starts, rows in reversed(found):
            position = bisect_right(starts, at) - 1
            if position >= 0 and at in rows[position].span:
                return min_quantity
            if self.breaks is QuantityBreaks.GRADUATED:
                # Without its first bracket no unit has a price.
                return None
        return None

    def answer(self, sku: str, quantity: int, at: Instant) -> PriceAnswer | None:
        """The price of that many units at that moment; None where the list has none of its own.

        Whom the list concerns, and the list behind it, are the caller's affair. O(quantity breaks
        of the item × log rows of one break).
        """
        if at not in self.span:
            return None
        if self.breaks is QuantityBreaks.ALL_UNITS:
            row = self._row(sku, quantity, at)
            return None if row is None else self._answered(row, at)
        rows = self._reached(sku, quantity, at)
        if not rows:
            return None
        answers = [self._answered(row, at) for row in rows]
        return attrs.evolve(
            answers[-1],
            brackets=[PriceBracket(each.min_quantity, each.price, each.per) for each in answers],
            valid_until=min((a.valid_until for a in answers if a.valid_until), default=None),
        )

    def _answered(self, row: PriceRow, at: Instant) -> PriceAnswer:
        row_span, own = row.span, self.span
        if row.is_plain and row_span.start is row_span.end is None and own.start is own.end is None:
            # Most rows: nothing to compare with, nothing that begins or ends.
            return PriceAnswer(
                price=row.price,
                per=row.per,
                price_list=self.list_id,
                min_quantity=row.min_quantity,
            )
        price, compared = row.price, row.list_price
        starts = [start for start in (row_span.start, own.start) if start is not None]
        ends = [end for end in (row_span.end, own.end) if end is not None]
        if row.sale_price is not None:
            sale = row.sale_span
            if at in sale:
                price, compared = row.sale_price, row.price if compared is None else compared
                starts += [] if sale.start is None else [sale.start]
                ends += [] if sale.end is None else [sale.end]
            elif sale.start is not None and at < sale.start:
                ends.append(sale.start)
            else:
                starts += [end for end in (sale.end,) if end is not None]
        return PriceAnswer(
            price=price,
            per=row.per,
            price_list=self.list_id,
            min_quantity=row.min_quantity,
            valid_until=min(ends) if ends else None,
            valid_from=max(starts) if starts else None,
            list_price=compared,
            unit_cost=row.unit_cost,
            floor_price=row.floor_price,
        )

    def _reached(self, sku: str, quantity: int, at: Instant) -> list[PriceRow]:
        """The rows of the brackets that a quantity reaches, from 1 on; else none."""
        found = self._index.get(sku, ())
        levels = (_level(found.min_quantity, [found]),) if isinstance(found, PriceRow) else found
        rows: list[PriceRow] = []
        for min_quantity, starts, lot in reversed(levels):
            if quantity < min_quantity:
                break
            position = bisect_right(starts, at) - 1
            if position >= 0 and at in lot[position].span:
                rows.append(lot[position])
        return rows if rows and rows[0].min_quantity == 1 else []

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

    def next_beginning(
        self, sku: str, quantity: int, at: Instant, *, above: int = 0
    ) -> Instant | None:
        """The first moment after ``at`` at which a row that a quantity reaches begins to hold.

        ``above`` leaves out rows of that quantity or less. O(quantity breaks × log rows).

        Example:
            >>> from ordercore.kernel import Money, instant
            >>> rows = [PriceRow("TEA", Money(1200, "EUR"), span=Span("2026-12-01T00:00Z"))]
            >>> prices = PriceList("web", currency="EUR", rows=rows)
            >>> str(prices.next_beginning("TEA", 1, instant("2026-11-11T00:00Z")))
            '2026-12-01 00:00:00+00:00'
        """
        start, end = self.span.start, self.span.end
        later = start if start is not None and at < start else None
        moments: list[Instant] = []
        for rows in self.rows_of(sku):
            if not above < rows[0].min_quantity <= quantity:
                continue
            if later is not None and any(later in row.span for row in rows):
                moments.append(later)
                continue
            position = bisect_right(rows, at if later is None else later, key=_start)
            moments += [_start(row) for row in rows[position : position + 1]]
        first = min(moments, default=None)
        return None if first is None or (end is not None and end <= first) else first

    @property
    def has_beginnings(self) -> bool:
        """Whether the list or a row of it has not held since ever. Known when it is built."""
        return self._has_beginnings

    @property
    def digest(self) -> str:
        """Digest of the list; the order of its rows takes no part. Made once per value."""
        known = self._digest
        if known is None:
            head = attrs.evolve(self, rows=())
            known = digest((head, tuple(sorted(row.text for row in self.rows))))
            object.__setattr__(self, "_digest", known)
        return known

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Warnings about the list: :func:`~ordercore.pricing.inspect_rows`. Made once per value."""
        known = self._findings
        if known is None:
            from ordercore.pricing.prices.price_checks import inspect_rows

            known = inspect_rows(self)
            object.__setattr__(self, "_findings", known)
        return known

    def rows_of(self, sku: str) -> tuple[tuple[PriceRow, ...], ...]:
        """The rows of an item: those of the highest quantity break first, each in time order.

        Example:
            >>> from ordercore.kernel import Money
            >>> rows = [PriceRow("TEA", Money(1200, "EUR"))]
            >>> PriceList("web", currency="EUR", rows=rows).rows_of("TEA") == (tuple(rows),)
            True
        """
        found = self._index.get(sku, ())
        if isinstance(found, PriceRow):
            return ((found,),)
        return tuple(tuple(rows) for _, _, rows in found)

    def __reduce__(self) -> tuple[partial[PriceList], tuple[PriceListId]]:
        # The index is made of the rows; a pickle holds only what it is made from.
        given = {
            field.name: getattr(self, field.name)
            for field in attrs.fields(PriceList)
            if field.init and field.name != "list_id"
        }
        return partial(PriceList, **given), (self.list_id,)


def _any_begins(rows: tuple[PriceRow, ...]) -> bool:
    return any(row.span.start is not None for row in rows)


def _lowest(found: _Found) -> int:
    return found.min_quantity if isinstance(found, PriceRow) else found[-1][0]


def _no_country(text: str) -> bool:
    return len(text) != 2 or not (text.isascii() and text.isalpha() and text.isupper())

"""One row of a price list: what an item costs from a quantity on, and what it may not go below."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Self

import attrs

from ordercore.kernel import (
    Currency,
    FaultList,
    Money,
    PrecisionLoss,
    Sku,
    Span,
    checked,
    problems,
    to_text,
)

__all__ = ["PriceRow"]

_ALWAYS: Final = Span()
_FINEST: Final = 9
_FURTHER: Final = ("list_price", "sale_price", "unit_cost", "floor_price")


@attrs.frozen
@checked
class PriceRow:
    """The price of an item from a quantity on, for a span of time.

    All amounts are for ``per`` units, so a price finer than the minor unit stays exact: 4.375 per
    100 is 43.75 per 1,000 (:meth:`exact` does the scaling). They read as the list's prices do, with
    or without tax.

    Args:
        sku: The item.
        price: What is asked, except while a sale price holds.
        min_quantity: The first unit that has this price.
        span: When the row holds.
        per: For how many units the amounts are.
        list_price: What the price is compared with (compare-at, manufacturer's price); shown,
            never asked. None: the price, while a sale price holds.
        sale_price: Asked instead of ``price`` during ``sale_span``.
        sale_span: When the sale price holds; the row's own end and beginning bound it too.
        unit_cost: What the goods cost the seller; bounds discounts by a margin.
        floor_price: What no discount may take the price below.

    Raises:
        InvalidBatch: ``price.amount`` (not Money), ``price.negative``, ``price.min_quantity``,
            ``price.per``, ``price.span``, ``money.currency_mismatch``; ``price.sale_not_below``
            for a sale price that is not below the price, ``price.sale_span`` where the sale
            never holds, ``price.below_floor`` for a price below its own floor.

    Example:
        >>> row = PriceRow("TEA", Money(1200, "EUR"), min_quantity=10, sale_price=Money(990, "EUR"))
        >>> row.sku, row.per, str(row.sale_price)
        (Sku('TEA'), 1, 'EUR 9.90')
    """

    sku: Sku = attrs.field(converter=Sku)
    price: Money
    min_quantity: int = attrs.field(default=1, kw_only=True)
    span: Span = attrs.field(default=_ALWAYS, kw_only=True)
    per: int = attrs.field(default=1, kw_only=True)
    list_price: Money | None = attrs.field(default=None, kw_only=True)
    sale_price: Money | None = attrs.field(default=None, kw_only=True)
    sale_span: Span = attrs.field(default=_ALWAYS, kw_only=True)
    unit_cost: Money | None = attrs.field(default=None, kw_only=True)
    floor_price: Money | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if (
            type(self.price) is Money
            and self.price.minor >= 0
            and type(self.min_quantity) is int
            and self.min_quantity >= 1
            and type(self.per) is int
            and self.per >= 1
            and type(self.span) is Span
            and self.is_plain
            and self.sale_span is _ALWAYS
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
        for name in ("span", "sale_span"):
            if type(getattr(self, name)) is not Span:
                faults.add(f"price.{name}", name, getattr(self, name), "a Span")
        self._check_further(faults)
        faults.raise_if_any("price row")

    def _check_further(self, faults: FaultList) -> None:
        sound = type(self.price) is Money
        for name in _FURTHER:
            amount = getattr(self, name)
            if amount is None:
                continue
            if type(amount) is not Money:
                faults.add("price.amount", name, amount, "Money or None")
                sound = False
            elif type(self.price) is Money and amount.currency != self.price.currency:
                expected = f"currency {self.price.currency}"
                faults.add("money.currency_mismatch", name, amount, expected)
                sound = False
            elif amount.minor < 0:
                faults.add("price.negative", name, amount, "an amount ≥ 0")
        if not sound:
            return
        floor = self.floor_price
        for name, amount in (("price", self.price), ("sale_price", self.sale_price)):
            if amount is not None and floor is not None and amount < floor:
                faults.add("price.below_floor", name, amount, f"at least the floor, {floor}")
        if self.sale_price is None:
            return
        if self.sale_price >= self.price:
            expected = f"less than the price, {self.price}"
            faults.add("price.sale_not_below", "sale_price", self.sale_price, expected)
        both = type(self.span) is Span and type(self.sale_span) is Span
        if both and not self.span.overlaps(self.sale_span):
            faults.add("price.sale_span", "sale_span", self.sale_span, "a span within the row's")

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
        sale_span: Span = _ALWAYS,
        further: Mapping[str, str | int | Decimal] | None = None,
    ) -> Self:
        """A row from amounts of any fineness, made exact by pricing more units at once.

        Args:
            sku: The item.
            amount: The price of ``per`` units, in major units.
            currency: Of all amounts.
            per: For how many units the amounts are given.
            min_quantity: As on the row.
            span: As on the row.
            sale_span: As on the row.
            further: More amounts of the row by their names (``unit_cost`` and so on).

        Raises:
            PrecisionLoss: more than 9 decimals beyond the currency's.
            TypeError: a name in ``further`` that is no amount of a row.

        Example:
            >>> row = PriceRow.exact("BOLT", "4.375", "EUR", per=100, further={"unit_cost": 2})
            >>> str(row.price), row.per, str(row.unit_cost)
            ('EUR 43.75', 1000, 'EUR 20.00')
        """
        named = {"price": amount, **(further or {})}
        for finer in range(_FINEST + 1):
            try:
                amounts = {
                    name: Money.of(_shifted(given, finer), currency)
                    for name, given in named.items()
                }
            except PrecisionLoss:
                continue
            return cls(
                sku,
                **amounts,
                min_quantity=min_quantity,
                span=span,
                per=per * 10**finer,
                sale_span=sale_span,
            )
        raise PrecisionLoss(amount, (Currency(currency).exponent or 0) + _FINEST)

    @property
    def is_plain(self) -> bool:
        """Whether it has a price and nothing to compare it with or to bound it."""
        return (
            self.list_price is None
            and self.sale_price is None
            and self.unit_cost is None
            and self.floor_price is None
        )

    @property
    def text(self) -> str:
        """The row in one line; what a list's digest is made of."""
        head = (
            f"{self.sku}\t{self.min_quantity}\t{_text(self.span)}\t{self.price.minor}\t{self.per}"
        )
        if self.is_plain:
            return head
        further = "\t".join(
            "" if amount is None else str(amount.minor)
            for amount in (self.list_price, self.sale_price, self.unit_cost, self.floor_price)
        )
        return f"{head}\t{further}\t{_text(self.sale_span)}"


def _shifted(amount: str | int | Decimal, finer: int) -> str:
    exact = amount if isinstance(amount, str) else str(amount)
    whole, _, decimals = exact.partition(".")
    return f"{whole}{decimals[:finer].ljust(finer, '0')}.{decimals[finer:] or '0'}"


def _text(span: Span) -> str:
    start = to_text(span.start) if span.start is not None else ""
    end = to_text(span.end) if span.end is not None else ""
    return f"{start}\t{end}"

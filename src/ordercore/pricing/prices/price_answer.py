"""What a price list answers: a price, where it stands, and what bounds it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import attrs

from ordercore.kernel import (
    Instant,
    InvalidValue,
    Money,
    PriceListId,
    Rounding,
    Span,
    answering,
    as_tuple,
    checked,
    divide,
    problems,
    round_ratio,
)
from ordercore.pricing.exact import exact_fraction
from ordercore.pricing.prices.price_conversion import ConvertedPrice, PriceConversion
from ordercore.pricing.prices.price_history import PriceChange, PriorPrice

__all__ = ["PriceAnswer", "PriceBracket", "line_floor"]


@attrs.frozen
@checked
class PriceBracket:
    """The price that the units from ``min_quantity`` on have, up to the next bracket.

    Raises:
        InvalidBatch: ``bracket.min_quantity``, ``bracket.per``.

    Example:
        >>> PriceBracket(10, Money(900, "EUR")).per
        1
    """

    min_quantity: int
    price: Money
    per: int = 1

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for name in ("min_quantity", "per"):
            number = getattr(self, name)
            if type(number) is not int or number < 1:
                faults.add(f"bracket.{name}", name, number, "an integer ≥ 1")
        faults.raise_if_any("price bracket")


def _brackets(given: Iterable[PriceBracket]) -> tuple[PriceBracket, ...]:
    return as_tuple(given)


def _conversions(given: Iterable[ConvertedPrice]) -> tuple[ConvertedPrice, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class PriceAnswer:
    """A price, which list and row it came from, and what it may be compared with.

    The row is named by the list, the item, ``min_quantity`` and ``valid_from``: no two rows of a
    list share these. All amounts are for ``per`` units. A quote line keeps its answer.

    Args:
        price: What is asked; of graduated prices that of the last unit.
        per: For how many units the amounts are.
        price_list: The list whose row it is.
        min_quantity: The first unit that has the price.
        valid_until: When row, sale or list ends, or the row's sale begins.
        valid_from: When row, sale or list began; None: always.
        list_price: What the price is compared with.
        unit_cost: What the goods cost the seller.
        floor_price: What no discount may take the price below.
        brackets: Of graduated prices, the brackets up to the one reached, the first first.
        conversions: What lists in front made of the row's price, the first step first.
        prior_price: The lowest price before the reduction, when it was asked for.

    Raises:
        InvalidBatch: ``bracket.order`` for brackets that do not begin at 1 and rise.

    Example:
        >>> answer = PriceAnswer(
        ...     price=Money(990, "EUR"),
        ...     per=1,
        ...     price_list="web",
        ...     min_quantity=1,
        ...     list_price=Money(1200, "EUR"),
        ... )
        >>> answer.on_sale, str(answer.amount(3, Rounding.HALF_UP))
        (True, 'EUR 29.70')
    """

    price: Money
    per: int
    price_list: PriceListId = attrs.field(converter=PriceListId)
    min_quantity: int
    valid_until: Instant | None = None
    valid_from: Instant | None = None
    list_price: Money | None = None
    unit_cost: Money | None = None
    floor_price: Money | None = None
    brackets: tuple[PriceBracket, ...] = attrs.field(default=(), converter=_brackets)
    conversions: tuple[ConvertedPrice, ...] = attrs.field(default=(), converter=_conversions)
    prior_price: PriorPrice | None = None

    def __attrs_post_init__(self) -> None:
        if self.brackets:
            self._check_brackets()

    def _check_brackets(self) -> None:
        faults = problems()
        reached = 0
        for position, bracket in enumerate(self.brackets):
            start = bracket.min_quantity
            if (start != 1) if position == 0 else (start <= reached):
                path = f"brackets[{position}].min_quantity"
                faults.add("bracket.order", path, start, "1 first, then rising")
            reached = start
        faults.raise_if_any("price answer")

    @property
    def on_sale(self) -> bool:
        """Whether less is asked than it is compared with."""
        return self.list_price is not None and self.price.minor < self.list_price.minor

    def exact(self, quantity: int) -> Fraction:
        """What so many units come to, in minor units, not rounded. O(brackets).

        Of graduated prices each bracket prices its own units; beyond the last bracket of the
        answer its price goes on.

        Example:
            >>> graduated = PriceAnswer(
            ...     price=Money(800, "EUR"),
            ...     per=1,
            ...     price_list="web",
            ...     min_quantity=10,
            ...     brackets=[
            ...         PriceBracket(1, Money(1000, "EUR")),
            ...         PriceBracket(10, Money(800, "EUR")),
            ...     ],
            ... )
            >>> graduated.exact(12)
            Fraction(11400, 1)
        """
        if not self.brackets:
            return Fraction(self.price.minor * quantity, self.per)
        exact = Fraction(0)
        ends = [bracket.min_quantity - 1 for bracket in self.brackets[1:]]
        for bracket, end in zip(self.brackets, [*ends, quantity], strict=True):
            units = min(end, quantity) - bracket.min_quantity + 1
            if units > 0:
                exact += Fraction(bracket.price.minor * units, bracket.per)
        return exact

    def amount(self, quantity: int, rounding: Rounding) -> Money:
        """What so many units come to, rounded once.

        Invariants: with prices ≥ 0 it never falls while the quantity rises within the brackets.
        """
        if self.brackets:
            return Money(round_ratio(self.exact(quantity), rounding), self.price.currency)
        minor = divide(self.price.minor * quantity, self.per, rounding)
        return Money(minor, self.price.currency)

    def change(self, at: Instant) -> PriceChange:
        """The answer as a change of price from a moment on, for a history.

        Announced as a reduction where it is on sale.

        Example:
            >>> answer = PriceAnswer(
            ...     price=Money(1000, "EUR"), per=1, price_list="retail", min_quantity=1
            ... )
            >>> answer.change("2026-11-11T00:00Z").announced
            False
        """
        return PriceChange(at=at, price=self.price, per=self.per, announced=self.on_sale)

    def seen_through(
        self, price_list: str, conversion: PriceConversion | None, span: Span
    ) -> PriceAnswer:
        """The answer as a list in front gives it on: converted, and bounded by that list's span.

        Example:
            >>> answer = PriceAnswer(
            ...     price=Money(1000, "EUR"), per=1, price_list="retail", min_quantity=1
            ... )
            >>> trade = answer.seen_through("trade", PriceConversion(factor="0.9"), Span())
            >>> str(trade.price), trade.price_list, trade.conversions[0].price_list
            ('EUR 9.00', PriceListId('retail'), PriceListId('trade'))
        """
        ends = [end for end in (self.valid_until, span.end) if end is not None]
        until = min(ends, default=None)
        if conversion is None:
            return attrs.evolve(self, valid_until=until)
        by = conversion
        return PriceAnswer(
            price=by.price(self.price),
            per=self.per,
            price_list=self.price_list,
            min_quantity=self.min_quantity,
            valid_until=until,
            valid_from=self.valid_from,
            list_price=None if self.list_price is None else by.price(self.list_price),
            unit_cost=None if self.unit_cost is None else by.bound(self.unit_cost),
            floor_price=None if self.floor_price is None else by.bound(self.floor_price),
            brackets=tuple(
                PriceBracket(each.min_quantity, by.price(each.price), each.per)
                for each in self.brackets
            ),
            conversions=(*self.conversions, by.step(price_list, self.price)),
        )


@answering
def line_floor(
    price: PriceAnswer | None,
    quantity: int,
    *,
    min_margin: Fraction | Decimal | int | str | None = None,
) -> Money | None:
    """The least that discounts may bring a line of so many units to; None where nothing bounds it.

    The floor price of all units and, where a least margin is asked for and the cost is known, the
    amount of which the cost leaves that share: ``cost ÷ (1 − min_margin)``. The higher of the two,
    rounded up once. It may lie above what is asked (a loss leader): then nothing may be taken off.
    Costs and floors read as the list's prices do, with or without tax.

    Args:
        price: The line's answer; None, as on a recorded line, has no bounds.
        quantity: Units of the line.
        min_margin: Share of the amount that must be left above the cost, from 0 to less than 1.

    Raises:
        InvalidValue: ``margin.not_exact``, ``margin.out_of_range``.

    Example:
        >>> answer = PriceAnswer(
        ...     price=Money(1200, "EUR"),
        ...     per=1,
        ...     price_list="web",
        ...     min_quantity=1,
        ...     unit_cost=Money(800, "EUR"),
        ...     floor_price=Money(900, "EUR"),
        ... )
        >>> str(line_floor(answer, 2)), str(line_floor(answer, 2, min_margin="0.2"))
        ('EUR 18.00', 'EUR 20.00')
    """
    margin = None if min_margin is None else exact_fraction(min_margin, "margin")
    if margin is not None and not 0 <= margin < 1:
        raise InvalidValue("margin.out_of_range", "min_margin", min_margin, "from 0 to below 1")
    if price is None:
        return None
    bounds: list[Fraction] = []
    if price.floor_price is not None:
        bounds.append(Fraction(price.floor_price.minor * quantity, price.per))
    if margin is not None and price.unit_cost is not None:
        bounds.append(Fraction(price.unit_cost.minor * quantity, price.per) / (1 - margin))
    if not bounds:
        return None
    return Money(round_ratio(max(bounds), Rounding.CEILING), price.price.currency)

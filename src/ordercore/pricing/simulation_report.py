"""What a book of promotions would have cost and brought: figures that add up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import TypeVar

import attrs

from ordercore.kernel import (
    Currency,
    FrozenMap,
    InvalidValue,
    Money,
    PromotionId,
    as_map,
    as_tuple,
    checked,
    expect,
)

__all__ = ["BookResult", "Gain", "PromotionResult", "Simulation"]


def _funders(given: Mapping[str, Money]) -> FrozenMap[str, Money]:
    return as_map(given)


def _gains(given: Mapping[str, Gain]) -> FrozenMap[str, Gain]:
    return as_map(given)


def _refused(given: Mapping[str, int]) -> FrozenMap[str, int]:
    return as_map(given)


def _promotions(given: Iterable[PromotionResult]) -> tuple[PromotionResult, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class PromotionResult:
    """What a promotion gave: in how many orders, and who paid for it.

    Raises:
        InvalidValue: ``simulation.no_funder`` where nobody paid.

    Example:
        >>> sale = PromotionResult(
        ...     promotion="sale",
        ...     uses=3,
        ...     by_funder={"merchant": Money(90, "EUR"), "brand": Money(210, "EUR")},
        ... )
        >>> str(sale.cost)
        'EUR 3.00'
    """

    promotion: PromotionId = attrs.field(converter=PromotionId)
    uses: int
    by_funder: FrozenMap[str, Money] = attrs.field(converter=_funders)

    def __attrs_post_init__(self) -> None:
        if not self.by_funder:
            raise InvalidValue("simulation.no_funder", "by_funder", self.by_funder, "a funder")

    @property
    def cost(self) -> Money:
        """What it took off in all."""
        amounts = list(self.by_funder.values())
        return Money(sum(amount.minor for amount in amounts), amounts[0].currency)


@attrs.frozen(kw_only=True)
@checked
class Gain:
    """What some buyers gained: by how many orders, and how much less they paid.

    Example:
        >>> str(Gain(orders=2, discount=Money(300, "EUR")).discount)
        'EUR 3.00'
    """

    orders: int
    discount: Money


@attrs.frozen(kw_only=True)
@checked
class BookResult:
    """What one book makes of some orders. Every figure is a sum over them, exact.

    Args:
        currency: Of all amounts.
        orders: How many have a quote in that currency.
        refused: How many have none, by the codes of the reasons; one may have several.
        units: Units of these orders.
        list_amount: Lines and charges at their list amounts.
        discount: What promotions took off.
        tax: All taxes.
        total: What the buyers pay.
        funded: What others than the merchant pay of the discounts.
        costed_units: The units whose cost is known.
        costed_net: What the merchant gets for these, from all sides, without tax.
        cost: What these cost the merchant, in minor units, exact.
        promotions: What each promotion gave, in the order of their ids.
        groups: What each customer group gained; a customer may be in several, or in none.
        customers: What each known customer gained.

    Example:
        >>> nothing = BookResult.nothing("EUR")
        >>> (nothing + nothing) == nothing, str(nothing.revenue), nothing.margin
        (True, 'EUR 0.00', Fraction(0, 1))
    """

    currency: Currency = attrs.field(converter=Currency)
    orders: int
    refused: FrozenMap[str, int] = attrs.field(converter=_refused)
    units: int
    list_amount: Money
    discount: Money
    tax: Money
    total: Money
    funded: Money
    costed_units: int
    costed_net: Money
    cost: Fraction
    promotions: tuple[PromotionResult, ...] = attrs.field(converter=_promotions)
    groups: FrozenMap[str, Gain] = attrs.field(converter=_gains)
    customers: FrozenMap[str, Gain] = attrs.field(converter=_gains)

    @classmethod
    def nothing(cls, currency: str) -> BookResult:
        """The result of no orders, which adds nothing."""
        zero = Money(0, currency)
        return cls(
            currency=zero.currency,
            orders=0,
            refused={},
            units=0,
            list_amount=zero,
            discount=zero,
            tax=zero,
            total=zero,
            funded=zero,
            costed_units=0,
            costed_net=zero,
            cost=Fraction(0),
            promotions=(),
            groups={},
            customers={},
        )

    @property
    def revenue(self) -> Money:
        """What the merchant gets from all sides, tax included: ``total + funded``."""
        return self.total + self.funded

    @property
    def margin(self) -> Fraction:
        """What is left above the cost of the units whose cost is known, in minor units, exact."""
        return self.costed_net.minor - self.cost

    def promotion(self, promotion_id: str) -> PromotionResult | None:
        """What one promotion gave; None where it gave nothing."""
        return next((each for each in self.promotions if each.promotion == promotion_id), None)

    def __add__(self, other: BookResult) -> BookResult:
        """The result of the orders of both: associative and commutative.

        Raises:
            InvalidValue: ``money.currency_mismatch`` for results of two currencies.
        """
        expect(other, BookResult, "other")
        if other.currency != self.currency:
            code, expected = "money.currency_mismatch", f"currency {self.currency}"
            raise InvalidValue(code, "other", other.currency, expected)
        return BookResult(
            currency=self.currency,
            orders=self.orders + other.orders,
            refused=_added(self.refused, other.refused, lambda a, b: a + b),
            units=self.units + other.units,
            list_amount=self.list_amount + other.list_amount,
            discount=self.discount + other.discount,
            tax=self.tax + other.tax,
            total=self.total + other.total,
            funded=self.funded + other.funded,
            costed_units=self.costed_units + other.costed_units,
            costed_net=self.costed_net + other.costed_net,
            cost=self.cost + other.cost,
            promotions=_merged(self.promotions, other.promotions),
            groups=_added(self.groups, other.groups, _both),
            customers=_added(self.customers, other.customers, _both),
        )


V = TypeVar("V")


def _added(one: Mapping[str, V], other: Mapping[str, V], add: Callable[[V, V], V]) -> dict[str, V]:
    found = dict(one)
    for name, value in other.items():
        known = found.get(name)
        found[name] = value if known is None else add(known, value)
    return {name: found[name] for name in sorted(found)}


def _both(one: Gain, other: Gain) -> Gain:
    return Gain(orders=one.orders + other.orders, discount=one.discount + other.discount)


def _merged(
    one: Iterable[PromotionResult], other: Iterable[PromotionResult]
) -> list[PromotionResult]:
    found = {each.promotion: each for each in one}
    for each in other:
        known = found.get(each.promotion)
        if known is not None:
            by_funder = _added(known.by_funder, each.by_funder, lambda a, b: a + b)
            found[each.promotion] = PromotionResult(
                promotion=each.promotion, uses=known.uses + each.uses, by_funder=by_funder
            )
        else:
            found[each.promotion] = each
    return [found[name] for name in sorted(found)]


@attrs.frozen(kw_only=True)
@checked
class Simulation:
    """What a book makes of some orders, and what another makes of the same ones.

    ``cheaper``, ``dearer`` and ``same`` count the orders that both quote, by what the buyer pays
    under the book, compared with the other. Simulations of parts of the orders add up to that of
    all, in any order: they can be made apart, in threads, processes or on other machines.

    Example:
        >>> result = BookResult.nothing("EUR")
        >>> simulation = Simulation(result=result, against=result)
        >>> str(simulation.revenue_change), simulation.margin_change
        ('EUR 0.00', Fraction(0, 1))
    """

    result: BookResult
    against: BookResult | None = None
    cheaper: int = 0
    dearer: int = 0
    same: int = 0

    def _other(self) -> BookResult:
        if self.against is None:
            expected = "a simulation of two books"
            raise InvalidValue("simulation.one_book", "against", None, expected)
        return self.against

    @property
    def revenue_change(self) -> Money:
        """What the merchant gets more under the book than under the other.

        Raises:
            InvalidValue: ``simulation.one_book`` where there is no other.
        """
        return self.result.revenue - self._other().revenue

    @property
    def margin_change(self) -> Fraction:
        """What is left more above the cost, in minor units; raises as ``revenue_change``."""
        return self.result.margin - self._other().margin

    @property
    def total_change(self) -> Money:
        """What the buyers pay more; raises as ``revenue_change``."""
        return self.result.total - self._other().total

    def __add__(self, other: Simulation) -> Simulation:
        """The simulation of the orders of both: associative and commutative.

        Raises:
            InvalidValue: ``simulation.one_book`` where one of them has another book and the other
                has none, ``money.currency_mismatch``.
        """
        expect(other, Simulation, "other")
        against: BookResult | None = None
        if self.against is not None or other.against is not None:
            against = self._other() + other._other()
        return Simulation(
            result=self.result + other.result,
            against=against,
            cheaper=self.cheaper + other.cheaper,
            dearer=self.dearer + other.dearer,
            same=self.same + other.same,
        )

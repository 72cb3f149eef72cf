"""Past carts priced again by a book: what its promotions would have cost, and who would gain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TypeAlias

import attrs

from ordercore.kernel import (
    FrozenMap,
    Instant,
    Money,
    OrderId,
    PromotionId,
    Refusal,
    as_map,
    as_tuple,
    checked,
    expect,
    instant_at,
)
from ordercore.pricing.cart import Cart
from ordercore.pricing.charges.charge import Charge
from ordercore.pricing.charges.charge_book import NO_CHARGES, ChargeBook
from ordercore.pricing.policy import DEFAULT_PRICING, PricingPolicy
from ordercore.pricing.prices.price_book import PriceBook
from ordercore.pricing.quote import Quote
from ordercore.pricing.quoting import try_quote
from ordercore.pricing.simulation_report import BookResult, Gain, PromotionResult, Simulation
from ordercore.pricing.taxes.tax import NO_TAX, TaxTable

__all__ = ["OrderDifference", "PastOrder", "differences", "simulate"]

_Given: TypeAlias = tuple[TaxTable, PricingPolicy, ChargeBook]


def _charges(given: Iterable[Charge]) -> tuple[Charge, ...]:
    return as_tuple(given)


def _at(value: Instant | str) -> Instant:
    return instant_at(value, "at")


@attrs.frozen
@checked
class PastOrder:
    """A cart of the past, when it was priced, and the charges that were given with it.

    Example:
        >>> from ordercore.pricing import CartLine
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)])
        >>> PastOrder("o-1", cart, at="2026-01-01T00:00Z").cart.units
        2
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    cart: Cart
    at: Instant = attrs.field(converter=_at, kw_only=True)
    charges: tuple[Charge, ...] = attrs.field(default=(), converter=_charges, kw_only=True)

    @classmethod
    def of_quote(cls, order_id: str, quote: Quote, *, charges: bool = True) -> PastOrder:
        """The order that a quote was made for, computed or recorded.

        With ``charges``, its charges at their list amounts; without, they are left to the tariff.

        Raises:
            InvalidBatch: ``cart.empty`` for a quote without lines.

        Example:
            >>> from ordercore.pricing import QuoteLine
            >>> line = QuoteLine("1", sku="TEA", quantity=2, list_amount=Money(1000, "EUR"))
            >>> quoted = Quote(currency="EUR", at="2026-01-01T00:00Z", lines=[line])
            >>> PastOrder.of_quote("o-1", quoted).cart.lines[0].sku
            Sku('TEA')
        """
        expect(quote, Quote, "quote")
        given = quote.charges if charges else ()
        bare = [attrs.evolve(charge, adjustments=(), taxes=()) for charge in given]
        return cls(order_id, quote.cart(), at=quote.at, charges=bare)


def _changes(given: Mapping[str, Money]) -> FrozenMap[str, Money]:
    return as_map(given)


@attrs.frozen(kw_only=True)
@checked
class OrderDifference:
    """What one order comes to under two books; None where one refuses it.

    ``promotions`` has what each promotion gives under the book less what it gives under the other,
    where that is not the same; in the order of their ids.

    Example:
        >>> both = OrderDifference(
        ...     order="o-1", total=Money(900, "EUR"), other=Money(1000, "EUR"), promotions={}
        ... )
        >>> str(both.change)
        'EUR -1.00'
    """

    order: OrderId = attrs.field(converter=OrderId)
    total: Money | None
    other: Money | None
    promotions: FrozenMap[str, Money] = attrs.field(converter=_changes)

    @property
    def change(self) -> Money | None:
        """What the buyer pays more; None where one of the books refuses the order."""
        if self.total is None or self.other is None:
            return None
        return self.total - self.other


def simulate(
    book: PriceBook,
    orders: Iterable[PastOrder],
    *,
    currency: str,
    against: PriceBook | None = None,
    taxes: TaxTable = NO_TAX,
    policy: PricingPolicy = DEFAULT_PRICING,
    tariff: ChargeBook = NO_CHARGES,
    customers: bool = True,
) -> Simulation:
    """What a book makes of past orders: cost and uses of each promotion, gains, revenue, margin.

    Every order is priced at its own moment. The orders are read once, one at a time; the result
    grows with the promotions, groups and customers, not with the orders, and simulations of parts
    add up. Buyers are taken to buy the same; limits over several orders are not counted down:
    compare a promotion's ``uses`` with its ``usage_limit``.

    Args:
        book: The book.
        orders: What was bought, in any order, from any iterator.
        currency: Of the result. What has its price in another one counts as refused, with the code
            ``simulation.currency``.
        against: Another book for the same orders: before a change, or without promotions.
        taxes: As :func:`~ordercore.pricing.quote` takes it.
        policy: As :func:`~ordercore.pricing.quote` takes it.
        tariff: As :func:`~ordercore.pricing.quote` takes it.
        customers: Whether to tell what each customer gained, beside each group.

    Raises:
        InvalidValue: ``type.wrong`` for what is no book, or an order that is no :class:`PastOrder`.
        InvalidBatch: as :func:`~ordercore.pricing.quote`, for charges that do not fit a cart.

    Example:
        >>> from ordercore.pricing import CartLine, percent_off
        >>> plain = PriceBook.of({"TEA": Money(1000, "EUR")})
        >>> sale = plain.with_promotion(percent_off("sale", 10, when="cart.units >= 2"))
        >>> orders = [
        ...     PastOrder(
        ...         f"o-{n}",
        ...         Cart(lines=[CartLine("1", sku="TEA", quantity=n)]),
        ...         at="2026-01-01T00:00Z",
        ...     )
        ...     for n in (1, 2, 3)
        ... ]
        >>> found = simulate(sale, orders, currency="EUR", against=plain)
        >>> [given] = found.result.promotions
        >>> given.uses, str(given.cost), str(found.revenue_change), found.cheaper
        (2, 'EUR 5.00', 'EUR -5.00', 2)
    """
    zero = Money(0, currency)
    books = [_checked(book, "book")]
    if against is not None:
        books.append(_checked(against, "against"))
    given = (taxes, policy, tariff)
    tallies = [_Tally(zero, customers=customers) for _ in books]
    cheaper = dearer = same = 0
    for position, order in enumerate(orders):
        expect(order, PastOrder, f"orders[{position}]")
        quotes = [
            tally.take(order, _priced(each, order, given))
            for each, tally in zip(books, tallies, strict=True)
        ]
        if against is not None:
            first, second = quotes
            if first is not None and second is not None:
                change = first.total.minor - second.total.minor
                cheaper += change < 0
                dearer += change > 0
                same += not change
    results = [tally.result() for tally in tallies]
    return Simulation(
        result=results[0],
        against=None if against is None else results[1],
        cheaper=cheaper,
        dearer=dearer,
        same=same,
    )


def differences(
    book: PriceBook,
    against: PriceBook,
    orders: Iterable[PastOrder],
    *,
    taxes: TaxTable = NO_TAX,
    policy: PricingPolicy = DEFAULT_PRICING,
    tariff: ChargeBook = NO_CHARGES,
) -> Iterator[OrderDifference]:
    """Order by order what two books make of it, as they come; those in two currencies are refused.

    Takes what :func:`simulate` takes.

    Example:
        >>> from ordercore.pricing import CartLine, percent_off
        >>> plain = PriceBook.of({"TEA": Money(1000, "EUR")})
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=1)])
        >>> past = [PastOrder("o-1", cart, at="2026-01-01T00:00Z")]
        >>> sale = plain.with_promotion(percent_off("sale", 10))
        >>> [found] = differences(sale, plain, past)
        >>> str(found.change), str(found.promotions["sale"])
        ('EUR -1.00', 'EUR 1.00')
    """
    books = _checked(book, "book"), _checked(against, "against")
    given = (taxes, policy, tariff)
    for position, order in enumerate(orders):
        expect(order, PastOrder, f"orders[{position}]")
        answers = [_priced(each, order, given) for each in books]
        first, second = [None if isinstance(each, Refusal) else each for each in answers]
        changes: Counter[PromotionId] = Counter()
        for sign, quoted in ((1, first), (-1, second)):
            for promotion, _, minor in () if quoted is None else _given(quoted):
                changes[promotion] += sign * minor
        currency = next((each.currency for each in (first, second) if each is not None), None)
        yield OrderDifference(
            order=order.order_id,
            total=None if first is None else first.total,
            other=None if second is None else second.total,
            promotions={
                str(promotion): Money(changes[promotion], currency)
                for promotion in sorted(changes)
                if currency is not None and changes[promotion]
            },
        )


def _checked(book: PriceBook, path: str) -> PriceBook:
    return expect(book, PriceBook, path)


def _priced(book: PriceBook, order: PastOrder, given: _Given) -> Quote | Refusal:
    taxes, policy, tariff = given
    return try_quote(
        order.cart,
        book,
        at=order.at,
        taxes=taxes,
        policy=policy,
        charges=order.charges,
        tariff=tariff,
    )


def _given(quote: Quote) -> Iterator[tuple[PromotionId, str, int]]:
    """What promotions give in a quote: which, who pays, and how much in minor units."""
    for part in (*quote.lines, *quote.charges):
        for adjustment in part.adjustments:
            if adjustment.promotion is not None:
                yield adjustment.promotion, adjustment.funder, -adjustment.amount.minor


class _Tally:
    """The sums of one book while orders pass."""

    def __init__(self, zero: Money, *, customers: bool) -> None:
        self._zero = zero
        self._with_customers = customers
        self._refused: Counter[str] = Counter()
        self._sums: Counter[str] = Counter()
        self._cost = Fraction(0)
        self._uses: Counter[PromotionId] = Counter()
        self._paid: dict[PromotionId, Counter[str]] = {}
        self._gains: dict[str, dict[str, list[int]]] = {"groups": {}, "customers": {}}

    def take(self, order: PastOrder, answer: Quote | Refusal) -> Quote | None:
        """Count an order; its quote, where it has one in the currency."""
        if isinstance(answer, Refusal):
            self._refused.update(set(answer.codes))
            return None
        if answer.currency != self._zero.currency:
            self._refused["simulation.currency"] += 1
            return None
        sums = self._sums
        sums["orders"] += 1
        sums["total"] += answer.total.minor
        sums["funded"] += answer.funded().minor
        sums["tax"] += answer.tax.minor
        sums["list"] += sum(part.list_amount.minor for part in (*answer.lines, *answer.charges))
        self._count_costs(answer)
        used: set[PromotionId] = set()
        gained = 0
        for promotion, funder, minor in _given(answer):
            used.add(promotion)
            gained += minor
            self._paid.setdefault(promotion, Counter())[funder] += minor
        self._uses.update(used)
        sums["discount"] += gained
        if used:
            self._gain(order.cart, gained)
        return answer

    def _count_costs(self, answer: Quote) -> None:
        sums = self._sums
        for line in answer.lines:
            sums["units"] += line.quantity
            price = line.price
            if price is not None and price.unit_cost is not None:
                sums["costed_units"] += line.quantity
                sums["costed_net"] += line.net.minor + line.funded().minor
                self._cost += Fraction(price.unit_cost.minor * line.quantity, price.per)

    def _gain(self, cart: Cart, minor: int) -> None:
        names = [("groups", group) for group in cart.customer_groups]
        if self._with_customers and cart.customer is not None:
            names.append(("customers", cart.customer))
        for kind, name in names:
            known = self._gains[kind].setdefault(name, [0, 0])
            known[0] += 1
            known[1] += minor

    def result(self) -> BookResult:
        """The sums so far."""
        sums, zero = self._sums, self._zero
        promotions = [
            PromotionResult(
                promotion=promotion,
                uses=self._uses[promotion],
                by_funder={name: self._money(paid[name]) for name in sorted(paid)},
            )
            for promotion, paid in sorted(self._paid.items())
        ]
        groups, customers = (
            {
                name: Gain(orders=orders, discount=self._money(minor))
                for name, (orders, minor) in sorted(self._gains[kind].items())
            }
            for kind in ("groups", "customers")
        )
        return BookResult(
            currency=zero.currency,
            orders=sums["orders"],
            refused={code: self._refused[code] for code in sorted(self._refused)},
            units=sums["units"],
            list_amount=self._money(sums["list"]),
            discount=self._money(sums["discount"]),
            tax=self._money(sums["tax"]),
            total=self._money(sums["total"]),
            funded=self._money(sums["funded"]),
            costed_units=sums["costed_units"],
            costed_net=self._money(sums["costed_net"]),
            cost=self._cost,
            promotions=promotions,
            groups=groups,
            customers=customers,
        )

    def _money(self, minor: int) -> Money:
        return Money(minor, self._zero.currency)

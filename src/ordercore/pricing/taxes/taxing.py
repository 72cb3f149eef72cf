"""Which rates each part of a quote has, and the taxes that they make of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from ordercore.kernel import FactValue, Instant, Money, Reason, apportion, divide
from ordercore.network import Region
from ordercore.pricing.amount import TaxShare
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.cart import Cart, CartLine
from ordercore.pricing.charges.charge import Charge
from ordercore.pricing.policy import InclusivePrices, PricingPolicy, ShippingTax
from ordercore.pricing.taxes.tax import TaxRate, TaxTable
from ordercore.pricing.taxes.tax_shares import effective_rates, tax_shares

__all__ = ["Taxation"]

_Rates = tuple[TaxRate, ...]


class Taxation:
    """The rates of one cart at its destinations, each looked up once.

    Used inside one quote and then dropped; nothing keeps it.
    """

    def __init__(self, cart: Cart, taxes: TaxTable, at: Instant, policy: PricingPolicy) -> None:
        self.cart = cart
        self.taxes = taxes
        self.at = at
        self.policy = policy
        self._places: dict[str, tuple[Region | None, str]] = {}
        self._rates: dict[tuple[str, str], _Rates] = {}
        self._home: dict[str, _Rates] = {}

    def rates(self, category: str, group: str) -> _Rates:
        """The rates of a category where a delivery group goes."""
        found = self._rates.get((category, group))
        if found is None:
            place = self._places.get(group)
            if place is None:
                ship_to = self.cart.delivery(group).ship_to
                place = (None, "") if ship_to is None else (ship_to.region, ship_to.postcode_class)
                self._places[group] = place
            found = self.taxes.rates_for(
                category,
                place[0],
                self.at,
                postcode_class=place[1],
                status=self.cart.tax_status,
            )
            self._rates[category, group] = found
        return found

    def valid_until(self) -> Iterator[Instant | None]:
        """When what was looked up ends, or something that could take its place begins."""
        for found in (self._rates, self._home):
            for rates in found.values():
                for rate in rates:
                    yield rate.span.end
        for category, group in self._rates:
            yield self.taxes.next_start(category, self._places[group][0], self.at)
        for exemption in self.cart.tax_status.exemptions:
            start = exemption.span.start
            if start is not None and start > self.at:
                yield start

    def missing(self, parts: Sequence[CartLine | Charge]) -> Iterator[Reason]:
        """Why parts cannot be taxed: their category has no rate where they go, or at home."""
        if not self.taxes.rates:
            return
        for part in parts:
            facts: dict[str, FactValue] = {"tax_category": part.tax_category}
            if isinstance(part, CartLine):
                facts |= {"line": part.line_id, "sku": part.sku}
            else:
                facts |= {"charge": part.charge_id}
            if not self.rates(part.tax_category, part.delivery_group):
                yield Reason("pricing.no_tax_rate", facts=facts)
            elif self.keeps_net and not self._at_home(part.tax_category):
                yield Reason("pricing.no_tax_rate", facts=facts | {"region": str(self.taxes.home)})

    @property
    def keeps_net(self) -> bool:
        """Whether inclusive prices are meant for home, and keep what they are without its tax."""
        return (
            self.policy.inclusive_prices is InclusivePrices.SAME_NET and self.taxes.home is not None
        )

    def _at_home(self, category: str) -> _Rates:
        found = self._home.get(category)
        if found is None:
            found = self.taxes.rates_for(category, self.taxes.home, self.at)
            self._home[category] = found
        return found

    def at_destination(self, amount: Money, category: str, group: str) -> Money:
        """An inclusive amount without the tax at home, with that of its destination; rounded once.

        Example:
            >>> from ordercore.kernel import Money, instant
            >>> from ordercore.network import Destination, Region
            >>> vat = TaxTable(
            ...     [TaxRate("standard", "0.19", region=Region("DE")), TaxRate("standard", "0")],
            ...     home=Region("DE"),
            ... )
            >>> tea = CartLine("1", sku="TEA", quantity=1)
            >>> cart = Cart(lines=[tea], ship_to=Destination(Region("CH")))
            >>> policy = PricingPolicy(inclusive_prices="same_net")
            >>> run = Taxation(cart, vat, instant("2026-01-01T00:00Z"), policy)
            >>> str(run.at_destination(Money(1190, "EUR"), "standard", "default"))
            'EUR 10.00'
        """
        here, home = self.rates(category, group), self._at_home(category)
        factor = (1 + sum(effective_rates(here))) / (1 + sum(effective_rates(home)))
        above, below = factor.as_integer_ratio()
        return Money(divide(amount.minor * above, below, self.policy.rounding), amount.currency)

    def shares(self, run: Calculation, *, included: bool) -> list[tuple[TaxShare, ...]]:
        """The taxes of what is left of each line and charge, in their positions."""
        parts: tuple[CartLine | Charge, ...] = (*run.cart.lines, *run.charges)
        # Taxes share out in the order of ids too: see the calculation.
        lines = len(run.cart.lines)
        by_id = sorted(range(lines, len(parts)), key=lambda at: run.charges[at - lines].charge_id)
        cells = [cell for at in (*run.order, *by_id) for cell in self._cells(at, parts[at], run)]
        one = Money(1, run.currency)
        found = tax_shares(
            [one * minor for _, minor, _, _ in cells],
            [rates for _, _, rates, _ in cells],
            included=included,
            place=self.policy.tax_place,
            rounding=self.policy.tax_rounding,
            units=[units for _, _, _, units in cells],
        )
        taxes: list[tuple[TaxShare, ...]] = [() for _ in parts]
        for (at, _, _, _), shares in zip(cells, found, strict=True):
            taxes[at] += shares
        return taxes

    def _cells(
        self, at: int, part: CartLine | Charge, run: Calculation
    ) -> list[tuple[int, int, _Rates, int]]:
        """What of a part is taxed with which rates: position, amount, rates, units."""
        left = run.left[at]
        if isinstance(part, CartLine):
            rates = self.rates(part.tax_category, part.delivery_group)
            return [(at, left, rates, part.quantity)]
        own = self.rates(part.tax_category, part.delivery_group)
        if part.kind != "shipping" or self.policy.shipping_tax is ShippingTax.OWN:
            return [(at, left, own, 1)]
        goods: dict[str, list[int]] = {}
        for position in run.order:
            line = run.cart.lines[position]
            if line.delivery_group == part.delivery_group:
                sums = goods.setdefault(line.tax_category, [0, 0])
                sums[0] += run.left[position]
                sums[1] += run.listed[position]
        if not goods:
            return [(at, left, own, 1)]
        rated = [
            (self.rates(category, part.delivery_group), goods[category])
            for category in sorted(goods)
        ]
        match self.policy.shipping_tax:
            case ShippingTax.HIGHEST:
                highest = max(rated, key=lambda each: sum(effective_rates(each[0])))[0]
                return [(at, left, highest, 1)]
            case ShippingTax.SPLIT:
                # Goods that became free still say what was carried: by what they were listed at.
                kept = 0 if any(sums[0] for _, sums in rated) else 1
                split = apportion(left, [sums[kept] for _, sums in rated])
                return [
                    (at, minor, rates, 1)
                    for (rates, _), minor in zip(rated, split, strict=True)
                    if minor
                ] or [(at, 0, own, 1)]
            case never:
                assert_never(never)

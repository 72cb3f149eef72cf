"""What a promotion sees of a calculation: amounts, units, thresholds and room, by the policy."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ordercore.kernel import cumulative_share, divide
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.discount_choices import AmountBasis
from ordercore.pricing.exact import nearest
from ordercore.pricing.promotions.percents import Per, PercentOff
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.promotions.splits import split_within
from ordercore.pricing.promotions.stages import BY_LINE

__all__ = ["Sight"]

_LEFT = AmountBasis.LEFT


class Sight:
    """What a promotion sees, by position: what is left, and of how many units.

    A promotion that uses units up sees those that are open; any other sees everything.

    ``bounding`` is the sight of one who asks for the most that an effect could ever give: floors
    and the own effect do not hold it back. ``unbounded`` leaves out floors alone, to tell what they
    cut.
    """

    __slots__ = ("_by_basis", "_promotion", "bounding", "floors", "left", "quantities", "run")

    def __init__(
        self,
        run: Calculation,
        promotion: Promotion,
        *,
        bounding: bool = False,
        unbounded: bool = False,
    ) -> None:
        self.run = run
        self.left: Sequence[int] = run.left
        self.quantities: Sequence[int] = run.quantities
        self.bounding = bounding
        self.floors = None if bounding or unbounded else run.floors_for(promotion)
        """The least that it may leave of each line; None where nothing bounds it."""
        self._promotion = promotion
        self._by_basis: dict[AmountBasis, Sequence[int]] | None = None
        if promotion.uses_up and run.used:
            left, quantities = [*run.left], [*run.quantities]
            for position, (units, open_left) in run.used.items():
                quantities[position] = units
                left[position] = open_left
            self.left, self.quantities = left, quantities

    @property
    def own_effect(self) -> bool:
        """Whether what it takes off counts against its own threshold."""
        return self.run.own_counts and not self.bounding

    @property
    def plain(self) -> bool:
        """Whether one discount is shared out over what is left, by largest remainder."""
        return self.bounding or (self.run.plain_split and self.floors is None)

    def amounts(self, basis: AmountBasis) -> Sequence[int]:
        """The amounts that a basis names; of open units where it sees only these."""
        if basis is _LEFT:
            return self.left
        if self._by_basis is None:
            self._by_basis = {}
        known = self._by_basis.get(basis)
        if known is None:
            run = self.run
            known = run.listed if basis is AmountBasis.LIST else run.begun
            if self.left is not run.left:
                known = [*known]
                for position, (units, _) in run.used.items():
                    known[position] = cumulative_share(
                        known[position], units, run.quantities[position]
                    )
            self._by_basis[basis] = known
        return known

    @property
    def base(self) -> Sequence[int]:
        """What percentages are taken of."""
        policy = self.run.policy
        basis = policy.percent_base
        later = policy.order_percent_base
        if later is not None and self._promotion.stage not in BY_LINE:
            basis = later
        return self.left if basis is _LEFT else self.amounts(basis)

    def per(self, effect: PercentOff) -> Per:
        """Over what a percentage is reckoned: as it says, else by the policy for its stage."""
        if effect.per is not None:
            return effect.per
        policy = self.run.policy
        by_line = self._promotion.stage in BY_LINE
        return policy.item_percents if by_line else policy.order_percents

    # --- thresholds -------------------------------------------------------------------------------

    def spent(self, positions: Sequence[int]) -> int:
        """What counts towards a threshold of money."""
        basis = self.run.policy.threshold_basis
        amounts = self.left if basis is _LEFT else self.amounts(basis)
        factors = self.run.threshold_factors
        if factors is None:
            return sum([amounts[position] for position in positions])
        return sum([self._taxed(amounts[p], factors[p]) for p in positions])

    def _taxed(self, amount: int, factor: Fraction) -> int:
        """An amount read with, or without, its tax, which is rounded as taxes are."""
        tax = (factor - 1) * amount
        return amount + divide(tax.numerator, tax.denominator, self.run.policy.tax_rounding)

    def units(self, positions: Sequence[int]) -> int:
        """What counts towards a threshold of units."""
        return sum([self.quantities[position] for position in positions])

    def own(self, positions: Sequence[int], targets: Sequence[int], offs: Sequence[int]) -> int:
        """By how much amounts off targets lower what counts towards a threshold of money."""
        counted, factors = set(positions), self.run.threshold_factors
        return sum(
            off if factors is None else self._taxed(off, factors[p])
            for p, off in zip(targets, self.capped(targets, offs), strict=True)
            if p in counted
        )

    # --- amounts of money that effects name -------------------------------------------------------

    @property
    def converts(self) -> bool:
        """Whether amounts that effects name are meant in another reading than prices."""
        return self.run.amount_factors is not None

    def factor(self, position: int) -> Fraction:
        """What an amount as priced is multiplied by to be as effects mean it."""
        factors = self.run.amount_factors
        return Fraction(1) if factors is None else factors[position]

    def priced(self, position: int, meant: int) -> int:
        """An amount as effects mean it, as prices are: with their tax, or without."""
        factors = self.run.amount_factors
        if factors is None:
            return meant
        exact = meant / factors[position]
        return divide(exact.numerator, exact.denominator, self.run.policy.rounding)

    def all_priced(self, positions: Sequence[int], meant: list[int]) -> list[int]:
        """Amounts as effects mean them, as prices are."""
        if self.run.amount_factors is None:
            return meant
        return [self.priced(*pair) for pair in zip(positions, meant, strict=True)]

    def meant(self, position: int, priced: int) -> int:
        """The other way round."""
        factors = self.run.amount_factors
        if factors is None:
            return priced
        exact = priced * factors[position]
        return divide(exact.numerator, exact.denominator, self.run.policy.rounding)

    # --- sharing out ------------------------------------------------------------------------------

    def rooms(self, positions: Sequence[int]) -> list[int]:
        """How much may come off each; charges have no floor."""
        left, floors = self.left, self.floors
        if floors is None:
            return [left[p] for p in positions]
        now, count = self.run.left, len(floors)
        return [
            left[p] if p >= count else max(0, min(left[p], now[p] - floors[p])) for p in positions
        ]

    def capped(self, positions: Sequence[int], offs: Sequence[int]) -> list[int]:
        """Amounts off, as far as there is room for them."""
        return [min(off, room) for off, room in zip(offs, self.rooms(positions), strict=True)]

    def shared(
        self, amount: int, positions: Sequence[int], weights: Sequence[int], rooms: Sequence[int]
    ) -> list[int]:
        """One amount, as priced, off several parts by the policy's rule."""
        policy = self.run.policy
        return split_within(
            amount,
            weights,
            [min(*pair) for pair in zip(rooms, self.rooms(positions), strict=True)],
            rule=policy.discount_split,
            rounding=policy.rounding,
            zero_weights=policy.zero_weights,
        )

    def shared_as_meant(
        self, amount: int, positions: Sequence[int], weights: Sequence[int], rooms: Sequence[int]
    ) -> list[int]:
        """One amount, as effects mean it, off several parts, whose shares are then as priced.

        As priced they are rounded together, once. What takes all that there is room for takes
        exactly that.
        """
        factors = self.run.amount_factors
        if factors is None:
            return self.shared(amount, positions, weights, rooms)
        policy = self.run.policy
        free = [min(*pair) for pair in zip(rooms, self.rooms(positions), strict=True)]
        most = [self.meant(p, room) for p, room in zip(positions, free, strict=True)]
        if amount >= sum(most):
            return free
        shares = split_within(
            amount,
            [self.meant(p, weight) for p, weight in zip(positions, weights, strict=True)],
            most,
            rule=policy.discount_split,
            rounding=policy.rounding,
            zero_weights=policy.zero_weights,
        )
        exact = [
            Fraction(room) if share and share == full else share / factors[p]
            for p, share, room, full in zip(positions, shares, free, most, strict=True)
        ]
        return [min(*pair) for pair in zip(nearest(exact, policy.rounding), free, strict=True)]

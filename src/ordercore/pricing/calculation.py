"""The running calculation of one cart's discounts: integers in, adjustments out.

Lines are taken in the order of their ids, whatever their order in the cart, so that a minor unit
that has to fall somewhere always falls on the same line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from typing import NamedTuple

from ordercore.kernel import Currency, Instant, LineId, Money, PromotionId, Sku, apportion
from ordercore.pricing.amount import Adjustment, discounts_of
from ordercore.pricing.cart import Cart, CartLine
from ordercore.pricing.charges.charge import Charge, Discountable
from ordercore.pricing.discount_choices import (
    AmountBasis,
    AmountReading,
    DiscountSplit,
    LineFloor,
    OwnEffect,
    ThresholdBoundary,
)
from ordercore.pricing.facts import cart_facts, time_facts
from ordercore.pricing.policy import PricingPolicy
from ordercore.pricing.prices.price_answer import PriceAnswer
from ordercore.pricing.promotions.deals import BuyGet
from ordercore.pricing.promotions.effects import CODES, has_units
from ordercore.pricing.promotions.floors import LineFloors
from ordercore.pricing.promotions.meter import NOTHING_USED, UsageSnapshot
from ordercore.pricing.promotions.points import PayPoints, PointsKind, QuotePoints
from ordercore.pricing.promotions.promotion import Counts, Promotion
from ordercore.pricing.promotions.selection import EVERYTHING, Selector
from ordercore.pricing.promotions.stages import BY_LINE, Stage

__all__ = ["Calculation", "GivenGift", "Offer", "TaxReading"]

_SHIPPING = Stage.SHIPPING


class Offer(NamedTuple):
    """What an effect would take: an amount off each target, and what each was computed from.

    An offer may ask for more than is left of a target; what is taken never is.
    """

    targets: Sequence[int]
    offs: Sequence[int]
    basis: Sequence[int]
    """By position, as :attr:`Calculation.left`; not by target."""
    used: Mapping[int, tuple[int, int]] | None = None
    """Units that it uses up, and what is left of them before it takes, by position."""
    sets: int = 0
    """How many sets a deal makes."""


def _free(prices: Sequence[PriceAnswer | None]) -> bool:
    """Whether no price has a floor of its own."""
    return all(price is None or price.floor_price is None for price in prices)


class GivenGift(NamedTuple):
    """Units of an item that a promotion gives, the lines that brought it about, where it goes."""

    promotion: Promotion
    sku: Sku
    units: int
    triggers: tuple[LineId, ...]
    delivery_group: str


class TaxReading(NamedTuple):
    """How prices read, and how amounts are read with or without tax."""

    included: bool
    """Whether prices include the tax."""
    factor: Callable[[CartLine | Charge], Fraction]
    """A part's amount with tax, as a multiple of it without."""

    def to(self, reading: AmountReading, part: CartLine | Charge) -> Fraction:
        """What a price of a part is multiplied by to be read so."""
        with_tax = reading is AmountReading.WITH_TAX
        if with_tax is self.included:
            return Fraction(1)
        factor = self.factor(part)
        return factor if with_tax else 1 / factor


class Calculation:
    """What is left of each line and charge while promotions take their turns.

    Positions are those of the cart's lines, then of the charges. Used inside one quote or
    explanation and then dropped; nothing keeps it. Everything is integers until the end:
    :meth:`adjustments` makes the values, once.

    Example:
        >>> from ordercore.kernel import instant
        >>> from ordercore.pricing import CartLine, DEFAULT_PRICING, percent_off
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)])
        >>> now = instant("2026-01-01T00:00Z")
        >>> run = Calculation(cart, [Money(999, "EUR")], (), DEFAULT_PRICING, Currency("EUR"), now)
        >>> run.take(percent_off("sale", 10), Offer([0], [100], run.left)), run.left
        (100, [899])
    """

    def __init__(
        self,
        cart: Cart,
        amounts: Sequence[Money],
        charges: Sequence[Charge],
        policy: PricingPolicy,
        currency: Currency,
        at: Instant,
        *,
        usage: UsageSnapshot = NOTHING_USED,
        reading: TaxReading | None = None,
    ) -> None:
        self.cart = cart
        self.usage = usage
        self.policy = policy
        self.currency = currency
        self.at = at
        self.amounts = amounts
        self.listed = [amount.minor for amount in amounts]
        self.left = list(self.listed)
        lines = cart.lines
        self.quantities = [line.quantity for line in lines]
        self.skus = [line.sku for line in lines]
        self.order = sorted(range(len(lines)), key=lambda position: lines[position].line_id)
        self.used: dict[int, tuple[int, int]] = {}
        """Lines of which units are used up: how many are open, and what is left of those."""
        stage = AmountBasis.STAGE
        self._by_stage = (
            policy.percent_base is stage
            or policy.order_percent_base is stage
            or policy.threshold_basis is stage
            or policy.split_weights is stage
        )
        self.begun = [*self.listed] if self._by_stage else self.listed
        """What was left when the stage began; kept only where the policy asks for it."""
        self.plain_split = (
            policy.discount_split is DiscountSplit.LARGEST_REMAINDER
            and policy.split_weights is AmountBasis.LEFT
        )
        """Whether the policy shares one discount out over what is left, by largest remainder."""
        self.own_counts = policy.own_effect is OwnEffect.COUNTED
        """Whether what a promotion takes off counts against its own threshold."""
        self.beyond = int(policy.threshold_boundary is ThresholdBoundary.ABOVE)
        """Minor units that it takes above a threshold of money to reach it."""
        self._reading = reading
        as_priced = AmountReading.AS_PRICED
        self.threshold_factors = (
            None
            if reading is None or policy.threshold_reading is as_priced
            else self._factors(policy.threshold_reading, lines)
        )
        """What amounts are multiplied by to count towards thresholds; None: they do as they are."""
        self.amount_factors = (
            None
            if reading is None or policy.fixed_amounts is as_priced
            else self._factors(policy.fixed_amounts, lines)
        )
        """What amounts are multiplied by to be as promotions mean theirs; None: they are."""
        self._taken: list[tuple[Promotion, list[int], list[int], list[int]]] = []
        self._sets: dict[PromotionId, int] = {}
        self._noted_before: list[tuple[int, Adjustment]] = []
        self._noted_after: list[tuple[int, Adjustment]] = []
        self.charges: list[Charge] = []
        self.shipping: list[int] = []
        self.reached: list[int] = []
        if charges:
            self.charge(charges)
        self._facts: Mapping[str, object] | None = None
        self._zoned: dict[str, Mapping[str, object]] = {}
        self.floors: Sequence[int] | None = None
        """The least that promotions may leave of each line; None where nothing bounds them."""
        self.least: int | None = None
        """The least that promotions may leave of all lines together."""
        self.bounded = False
        """Whether there are floors, or a least of all lines."""
        self._floors: LineFloors | None = None
        self._prices: Sequence[PriceAnswer | None] = ()
        self.gifts: list[GivenGift] = []
        self.points: list[QuotePoints] = []

    def bound(self, prices: Sequence[PriceAnswer | None]) -> None:
        """Set the floors of promotions from the lines' answers and the policy: before any turn."""
        self._prices = prices
        policy = self.policy
        of_policy = policy.min_margin is not None or policy.line_floor is LineFloor.COST
        if of_policy or policy.discount_limits or not _free(prices):
            floors = self.line_floors()
            self.floors, self.least = floors.of_all(), floors.least()
            self.bounded = self.floors is not None or self.least is not None

    def floors_for(self, promotion: Promotion) -> Sequence[int] | None:
        """The floors of lines under a promotion, which may ask for a margin of its own."""
        margin = promotion.min_margin
        return self.floors if margin is None else self.line_floors().of(margin)

    def line_floors(self) -> LineFloors:
        """The floors of lines, also those under a promotion's own margin."""
        if self._floors is None:
            count = len(self.amounts)
            self._floors = LineFloors(
                self.listed[:count],
                self.left[:count],
                self.quantities[:count],
                self._prices or [None] * count,
                self.policy,
                self.currency,
            )
        return self._floors

    def charge(self, charges: Iterable[Charge]) -> None:
        """Add charges, at their list amounts, to what the promotions still to come can reach."""
        for charge in charges:
            if charge.discountable is not Discountable.NEVER:
                self.shipping.append(len(self.left))
                if charge.discountable is Discountable.ORDER:
                    self.reached.append(len(self.left))
            self.charges.append(charge)
            self.listed.append(charge.list_amount.minor)
            self.left.append(charge.list_amount.minor)
            self.quantities.append(0)  # it has no units
            if self.threshold_factors is not None:
                self.threshold_factors += self._factors(self.policy.threshold_reading, [charge])
            if self.amount_factors is not None:
                self.amount_factors += self._factors(self.policy.fixed_amounts, [charge])
            if self._by_stage:
                self.begun.append(charge.list_amount.minor)
        for positions in (self.shipping, self.reached):
            positions.sort(key=lambda at: self.charges[at - len(self.cart.lines)].charge_id)

    def _factors(
        self, reading: AmountReading, parts: Iterable[CartLine | Charge]
    ) -> list[Fraction]:
        assert self._reading is not None
        return [self._reading.to(reading, part) for part in parts]

    def begin(self) -> None:
        """A stage begins: what is left now is what its promotions may be reckoned by."""
        if self._by_stage:
            self.begun = [*self.left]

    def adjust(self, position: int, adjustment: Adjustment) -> None:
        """Note a change that no promotion made: before all of theirs, or after."""
        noted = self._noted_after if self._taken else self._noted_before
        noted.append((position, adjustment))
        self.left[position] += adjustment.amount.minor

    @property
    def facts(self) -> Mapping[str, object]:
        """The cart's facts for conditions; made when first asked for."""
        if self._facts is None:
            self._facts = cart_facts(
                self.cart, self.amounts, self.currency, self.at, history=self.usage.history
            )
        return self._facts

    def facts_for(self, promotion: Promotion) -> Mapping[str, object]:
        """The facts with the time that the promotion's clocks show."""
        zone = promotion.zone
        if zone is None:
            return self.facts
        if zone.name not in self._zoned:
            self._zoned[zone.name] = {**self.facts, "time": time_facts(self.at, zone)}
        return self._zoned[zone.name]

    def selected(self, promotion: Promotion) -> list[int]:
        """The lines that the promotion selects, in the order of their ids."""
        return self.matching(promotion.on)

    def matching(self, selector: Selector) -> list[int]:
        """The lines that a selector selects, in the order of their ids."""
        if selector is EVERYTHING:
            return self.order
        if selector.only_skus:
            wanted, skus = selector.skus, self.skus
            return [position for position in self.order if skus[position] in wanted]
        lines = self.cart.lines
        amounts = self.amounts
        return [p for p in self.order if selector.matches(lines[p], amounts[p])]

    def targets(self, promotion: Promotion, selected: list[int]) -> list[int]:
        """What the promotion takes from: the selected lines, shipping charges, units given.

        What takes an amount from everything takes from the charges that say so as well.
        """
        if promotion.stage is _SHIPPING:
            return self.shipping if selected else []
        effect = promotion.effect
        if type(effect) is BuyGet and effect.get_on is not None:
            return self.matching(effect.get_on)
        if (
            self.reached
            and promotion.stage not in BY_LINE
            and promotion.on == EVERYTHING
            and not has_units(effect)
        ):
            return [*selected, *self.reached]
        return selected

    def take(self, promotion: Promotion, offer: Offer) -> int:
        """Take an offer, no more than is left of each target; what was taken in all."""
        positions, offs, bases = self.reduce(offer)
        if positions:
            self._taken.append((promotion, positions, offs, bases))
            if offer.sets:
                self._sets[promotion.promotion_id] = offer.sets
        return sum(offs)

    def reduce(self, offer: Offer) -> tuple[list[int], list[int], list[int]]:
        """Lower what is left by an offer, for no promotion: positions, amounts off, bases.

        A search tries so; it keeps :attr:`left` and :attr:`used`, which are the whole state.
        """
        left, basis, used = self.left, offer.basis, self.used
        opened = None
        if offer.used is not None:
            opened = {p: used.get(p, (self.quantities[p], left[p])) for p in offer.used}
        # Three lists of integers, not a list of tuples: those are work for the garbage collector.
        positions: list[int] = []
        offs: list[int] = []
        bases: list[int] = []
        for position, wanted in zip(offer.targets, offer.offs, strict=True):
            rest = left[position]
            off = wanted if wanted < rest else rest  # noqa: FURB136 - min() takes twice as long
            if off > 0:
                positions.append(position)
                offs.append(off)
                bases.append(basis[position])
                left[position] = rest - off
                if opened is None and position in used:
                    # What comes off a line comes off its open units in proportion.
                    units, open_left = used[position]
                    used[position] = (units, open_left - off * open_left // rest)
        if positions and opened is not None and offer.used is not None:
            for position, (units, worth) in offer.used.items():
                open_units, open_left = opened[position]
                used[position] = (open_units - units, open_left - worth)
        return positions, offs, bases

    def points_payer(self) -> PromotionId | None:
        """The promotion that points were paid to; one of a quote at most."""
        for promotion, _, _, _ in self._taken:
            if type(promotion.effect) is PayPoints:
                return promotion.promotion_id
        return None

    def paid_points(self) -> Iterable[QuotePoints]:
        """The points that were paid, shared out over the lines by what they took off each."""
        for promotion, positions, offs, _ in self._taken:
            effect = promotion.effect
            if type(effect) is PayPoints:
                shares = apportion(effect.needed(sum(offs)), offs)
                yield QuotePoints(
                    promotion=promotion.promotion_id,
                    kind=PointsKind.PAID,
                    lines={
                        self.cart.lines[p].line_id: share
                        for p, share in zip(positions, shares, strict=True)
                        if share
                    },
                )

    def uses(self, promotion: Promotion) -> int:
        """How many uses of a promotion that applied the order makes."""
        return self._sets[promotion.promotion_id] if promotion.counts is Counts.SETS else 1

    def given(self) -> dict[PromotionId, int]:
        """What each promotion took off, in minor units."""
        return {promotion.promotion_id: sum(offs) for promotion, _, offs, _ in self._taken}

    def adjustments(self) -> list[list[Adjustment]]:
        """The adjustments of each position, in the order in which they were taken."""
        made: list[list[Adjustment]] = [[] for _ in self.left]
        for position, noted in self._noted_before:
            made[position].append(noted)
        # All amounts at once: a quote is made of hundreds.
        amounts = iter(
            Money.many([-off for _, _, offs, _ in self._taken for off in offs], self.currency)
        )
        basis_of = iter(
            Money.many([basis for _, _, _, bases in self._taken for basis in bases], self.currency)
        )
        for promotion, positions, offs, _ in self._taken:
            code, kind = CODES[type(promotion.effect)], promotion.kind
            promotion_id, stage = promotion.promotion_id, promotion.stage
            names = [share.funder for share in promotion.funders] or [promotion.funder]
            given = [(code, kind, name, promotion_id, stage) for name in names]
            here = [*islice(amounts, len(offs))], [*islice(basis_of, len(offs))]
            if len(given) == 1:
                for position, adjustment in zip(
                    positions, discounts_of(given[0], *here), strict=True
                ):
                    made[position].append(adjustment)
                continue
            weights = [share.weight for share in promotion.funders]
            for position, amount, basis in zip(positions, *here, strict=True):
                for each, share in zip(given, amount.apportion(weights), strict=True):
                    if share:
                        made[position] += discounts_of(each, [share], [basis])
        for position, noted in self._noted_after:
            made[position].append(noted)
        return made

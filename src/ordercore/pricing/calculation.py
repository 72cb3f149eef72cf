"""The running calculation of one cart's discounts: integers in, adjustments out.

Lines are taken in the order of their ids, whatever their order in the cart, so that a minor unit
that has to fall somewhere always falls on the same line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ordercore.kernel import Currency, Instant, Money, apportion
from ordercore.pricing.amount import Adjustment, discount_of
from ordercore.pricing.cart import Cart
from ordercore.pricing.charges.charge import Charge, Discountable
from ordercore.pricing.facts import cart_facts
from ordercore.pricing.policy import PricingPolicy
from ordercore.pricing.promotions.deals import BuyGet
from ordercore.pricing.promotions.effects import CODES, has_units
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.promotions.selection import EVERYTHING, Selector
from ordercore.pricing.promotions.stages import BY_LINE, Stage

__all__ = ["Calculation", "Offer"]

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
    ) -> None:
        self.cart = cart
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
        self._taken: list[tuple[Promotion, list[int], list[int], list[int]]] = []
        self._noted_before: list[tuple[int, Adjustment]] = []
        self._noted_after: list[tuple[int, Adjustment]] = []
        self.charges: list[Charge] = []
        self.shipping: list[int] = []
        self.reached: list[int] = []
        if charges:
            self.charge(charges)
        self._facts: Mapping[str, object] | None = None

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
        for positions in (self.shipping, self.reached):
            positions.sort(key=lambda at: self.charges[at - len(self.cart.lines)].charge_id)

    def adjust(self, position: int, adjustment: Adjustment) -> None:
        """Note a change that no promotion made: before all of theirs, or after."""
        noted = self._noted_after if self._taken else self._noted_before
        noted.append((position, adjustment))
        self.left[position] += adjustment.amount.minor

    @property
    def facts(self) -> Mapping[str, object]:
        """The cart's facts for conditions; made when first asked for."""
        if self._facts is None:
            self._facts = cart_facts(self.cart, self.amounts, self.currency, self.at)
        return self._facts

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

    def adjustments(self) -> list[list[Adjustment]]:
        """The adjustments of each position, in the order in which they were taken."""
        made: list[list[Adjustment]] = [[] for _ in self.left]
        for position, noted in self._noted_before:
            made[position].append(noted)
        currency = Money.zero(self.currency).currency
        for promotion, positions, offs, bases in self._taken:
            code, kind = CODES[type(promotion.effect)], promotion.kind
            promotion_id, stage = promotion.promotion_id, promotion.stage
            names = [share.funder for share in promotion.funders] or [promotion.funder]
            given = [(code, kind, name, promotion_id, stage) for name in names]
            if len(given) == 1:
                for position, off, basis in zip(positions, offs, bases, strict=True):
                    made[position].append(discount_of(given[0], off, basis, currency))
                continue
            weights = [share.weight for share in promotion.funders]
            for position, off, basis in zip(positions, offs, bases, strict=True):
                made[position] += [
                    discount_of(each, share, basis, currency)
                    for each, share in zip(given, apportion(off, weights), strict=True)
                    if share
                ]
        for position, noted in self._noted_after:
            made[position].append(noted)
        return made

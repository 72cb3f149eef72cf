"""The running calculation of one cart's discounts: integers in, adjustments out.

Lines are taken in the order of their ids, whatever their order in the cart, so that a minor unit
that has to fall somewhere always falls on the same line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from ordercore.kernel import Currency, Instant, Money, PromotionId, apportion, divide
from ordercore.pricing.amount import Adjustment
from ordercore.pricing.cart import Cart
from ordercore.pricing.charge import Charge, Discountable
from ordercore.pricing.facts import cart_facts
from ordercore.pricing.policy import AmountBasis, PricingPolicy
from ordercore.pricing.promotion import (
    EVERYTHING,
    PercentOff,
    Promotion,
    PromotionEffect,
    SpendAndSave,
    Stage,
    UnitOff,
)

__all__ = ["Calculation"]

_SHIPPING = Stage.SHIPPING
_BY_LINE = frozenset({Stage.ITEM, Stage.GROUP})
_LEFT = AmountBasis.LEFT
_CODES: Mapping[type[PromotionEffect], str] = {
    PercentOff: "promotion.percent_off",
    SpendAndSave: "promotion.spend_and_save",
    UnitOff: "promotion.unit_off",
}


class Calculation:
    """What is left of each line and charge while promotions take their turns.

    Positions are those of the cart's lines, then of the charges. Used inside one quote or
    explanation and then dropped; nothing keeps it.

    Example:
        >>> from ordercore.kernel import instant
        >>> from ordercore.pricing import CartLine, DEFAULT_PRICING, percent_off
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)])
        >>> now = instant("2026-01-01T00:00Z")
        >>> run = Calculation(cart, [Money(999, "EUR")], (), DEFAULT_PRICING, Currency("EUR"), now)
        >>> run.apply(percent_off("sale", 10)), run.left
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
        self._one = Money(1, currency)
        self.listed = [amount.minor for amount in amounts]
        self.left = list(self.listed)
        self.adjustments: list[list[Adjustment]] = [[] for _ in self.left]
        lines = cart.lines
        self.order = sorted(range(len(lines)), key=lambda position: lines[position].line_id)
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
            self.adjustments.append([])
        for positions in (self.shipping, self.reached):
            positions.sort(key=lambda at: self.charges[at - len(self.cart.lines)].charge_id)

    def adjust(self, position: int, adjustment: Adjustment) -> None:
        """Note a change that no promotion made."""
        self.adjustments[position].append(adjustment)
        self.left[position] += adjustment.amount.minor

    @property
    def facts(self) -> Mapping[str, object]:
        """The cart's facts for conditions; made when first asked for."""
        if self._facts is None:
            self._facts = cart_facts(self.cart, self.amounts, self.currency, self.at)
        return self._facts

    def selected(self, promotion: Promotion) -> list[int]:
        """The lines that the promotion selects."""
        selector = promotion.on
        if selector is EVERYTHING:
            return self.order
        lines = self.cart.lines
        return [position for position in self.order if selector.matches(lines[position])]

    def targets(self, promotion: Promotion, selected: list[int]) -> list[int]:
        """What the promotion takes from: the selected lines, or the shipping charges.

        What takes from everything takes from the charges that say so as well.
        """
        if promotion.stage is _SHIPPING:
            return self.shipping if selected else []
        if self.reached and promotion.stage not in _BY_LINE and promotion.on == EVERYTHING:
            return [*selected, *self.reached]
        return selected

    def spent(self, selected: Iterable[int]) -> int:
        """What counts towards a ladder's threshold."""
        amounts = self.left if self.policy.threshold_basis is _LEFT else self.listed
        return sum(amounts[position] for position in selected)

    def apply(self, promotion: Promotion) -> int:
        """Give the promotion its turn; what it took off, in minor units. 0 when it did not apply.

        Validity, coupon and channel are the caller's affair.
        """
        if promotion.currency not in {None, self.currency}:
            return 0
        selected = self.selected(promotion)
        targets = self.targets(promotion, selected)
        if not any(self.left[position] for position in targets):
            return 0
        if promotion.when is not None and not promotion.when.holds(self.facts):
            return 0
        match promotion.effect:
            case PercentOff(percent=percent):
                above, below = percent.numerator, 100 * percent.denominator
                base = self.left if self.policy.percent_base is _LEFT else self.listed
                rounding = self.policy.rounding
                if promotion.stage in _BY_LINE:
                    offs = [divide(base[p] * above, below, rounding) for p in targets]
                    return self._take(promotion, targets, offs, base)
                off = divide(sum(base[p] for p in targets) * above, below, rounding)
                return self._share_out(promotion, targets, off)
            case SpendAndSave(steps=steps):
                have = self.spent(selected)
                reached = [step.off.minor for step in steps if step.threshold.minor <= have]
                return self._share_out(promotion, targets, reached[-1]) if reached else 0
            case UnitOff(off=each):
                lines = self.cart.lines
                # Charges have no units.
                offs = [each.minor * lines[p].quantity for p in selected]
                return self._take(promotion, selected, offs, self.left)
            case never:
                assert_never(never)

    def _share_out(self, promotion: Promotion, targets: list[int], off: int) -> int:
        """Take one amount off several parts, in proportion to what is left of each.

        No share exceeds what is left, because the amount does not exceed all that is left.
        """
        left = [self.left[position] for position in targets]
        return self._take(promotion, targets, apportion(min(off, sum(left)), left), self.left)

    def _take(
        self, promotion: Promotion, targets: list[int], offs: Sequence[int], base: list[int]
    ) -> int:
        taken = 0
        # Multiplying is the cheapest way to an amount: nothing has to be checked again.
        one = self._one
        left = self.left
        code = _CODES[type(promotion.effect)]
        kind, funder, stage = promotion.kind, promotion.funder, promotion.stage
        promotion_id: PromotionId = promotion.promotion_id
        for position, wanted in zip(targets, offs, strict=True):
            basis = base[position]
            rest = left[position]
            off = min(wanted, rest)
            if off:
                self.adjustments[position].append(
                    Adjustment(
                        code=code,
                        amount=one * -off,
                        kind=kind,
                        funder=funder,
                        promotion=promotion_id,
                        stage=stage,
                        basis=one * basis,
                    )
                )
                left[position] = rest - off
                taken += off
        return taken

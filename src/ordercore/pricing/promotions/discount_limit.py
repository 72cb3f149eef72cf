"""How much all promotions together may take off."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import attrs

from ordercore.kernel import Money, checked, problems
from ordercore.pricing.exact import exact_fraction
from ordercore.pricing.promotions.percents import Per

__all__ = ["DiscountLimit"]


def _percent(value: Fraction | Decimal | int | str | None) -> Fraction | None:
    return None if value is None else exact_fraction(value, "percent")


@attrs.frozen(kw_only=True)
@checked
class DiscountLimit:
    """The most that all promotions of a quote together take off lines.

    A percentage is of what a line costs before promotions; an amount in another currency than the
    quote's does not bind. Both given, the lower one counts. Which promotion gives way is the order
    of application: the later one finds less left to take. Charges have no part in it.

    Args:
        percent: From 0 to 100.
        amount: Zero or more.
        per: Of each unit (times its quantity), of each line, or of all lines together
            (``selection``).

    Raises:
        InvalidBatch: ``discount_limit.none`` (neither is given), ``discount_limit.percent``,
            ``discount_limit.amount``.
        InvalidValue: ``percent.not_exact``.

    Example:
        >>> half = DiscountLimit(percent=50, per="line")
        >>> half.most(999, 1, "EUR"), DiscountLimit(amount=Money(300, "EUR")).most(999, 1, "EUR")
        (499, 300)
    """

    percent: Fraction | None = attrs.field(default=None, converter=_percent)
    amount: Money | None = None
    per: Per = attrs.field(default=Per.LINE, converter=Per)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if self.percent is None and self.amount is None:
            faults.add("discount_limit.none", "percent", None, "a percentage or an amount")
        if self.percent is not None and not 0 <= self.percent <= 100:
            faults.add("discount_limit.percent", "percent", self.percent, "from 0 to 100")
        if type(self.amount) is Money and self.amount.minor < 0:
            faults.add("discount_limit.amount", "amount", self.amount, "an amount ≥ 0")
        faults.raise_if_any("discount limit")

    def most(self, minor: int, quantity: int, currency: str) -> int:
        """What may come off so many minor units of so many units, in minor units; rounded down."""
        most = minor
        if self.percent is not None:
            above, below = self.percent.as_integer_ratio()
            most = minor * above // (100 * below)
        if self.amount is not None and self.amount.currency == currency:
            times = quantity if self.per is Per.UNIT else 1
            most = min(most, self.amount.minor * times)
        return most

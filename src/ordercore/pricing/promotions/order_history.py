"""What a buyer ordered before, as the host knows it."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import Instant, Money, as_instant, checked, problems, sorted_tuple

__all__ = ["OrderHistory"]


def _spent(given: Iterable[Money] | Money) -> tuple[Money, ...]:
    plain = (given,) if type(given) is Money else given
    return sorted_tuple(plain, Money, lambda amount: amount.currency)


@attrs.frozen(kw_only=True)
@checked
class OrderHistory:
    """How many orders a customer placed before, what they came to, and when the last one was.

    Which orders count (cancelled ones, returned ones) is the host's to say.

    Args:
        orders: Orders before this one.
        spent: What they came to, an amount for each currency.
        last_at: When the last one was placed.

    Raises:
        InvalidBatch: ``history.orders``, ``history.spent`` (negative, or a currency twice),
            ``history.last_at`` (of no orders).

    Example:
        >>> OrderHistory(orders=2, spent=Money(4000, "EUR")).spent_in("EUR").minor
        4000
    """

    orders: int = 0
    spent: tuple[Money, ...] = attrs.field(default=(), converter=_spent)
    last_at: Instant | None = attrs.field(
        default=None, converter=attrs.converters.optional(as_instant)
    )

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.orders) is int and self.orders < 0:
            faults.add("history.orders", "orders", self.orders, "an integer ≥ 0")
        seen: set[str] = set()
        for position, amount in enumerate(self.spent):
            if type(amount) is Money and (amount.minor < 0 or amount.currency in seen):
                path = f"spent[{position}]"
                faults.add("history.spent", path, amount, "an amount ≥ 0, one of each currency")
            elif type(amount) is Money:
                seen.add(amount.currency)
        if self.last_at is not None and self.orders == 0:
            faults.add("history.last_at", "last_at", self.last_at, "None, without orders")
        faults.raise_if_any("order history")

    def spent_in(self, currency: str) -> Money:
        """What the orders of one currency came to."""
        found = (amount for amount in self.spent if amount.currency == currency)
        return next(found, Money.zero(currency))

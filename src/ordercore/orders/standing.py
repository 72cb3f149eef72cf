"""What a host tells an order of limits, an account and stock, and the words of rules about them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import attrs

from ordercore.kernel import FrozenMap, Money, Sku, checked, expect, problems
from ordercore.rules import BOOLEAN, INTEGER, MONEY, TEXT, Vocabulary, list_of

__all__ = ["NO_STANDING", "LimitStanding", "vocabulary"]


def _units(given: Mapping[Sku, int] | Mapping[str, int] | None) -> FrozenMap[Sku, int] | None:
    if given is None:
        return None
    told = expect(given, Mapping, "stock")  # type: ignore[type-abstract]
    return FrozenMap({Sku(expect(sku, str, "stock")): units for sku, units in told.items()})


@attrs.frozen(kw_only=True)
@checked
class LimitStanding:
    """What is known of limits, an account and stock at one moment; None is not known.

    Args:
        limits: Whether the seller's limits are told; then ``order_total`` None is no limit.
        order_total: The most that the order may be due.
        accepts: Whether the customer's account takes what the order needs of credit.
        limit: The account's limit; with ``accepts`` known, None is an account that shows none.
        exposure: What of it is used.
        available: What is left of it.
        stock: Units that can be promised, by SKU; a SKU that is not named has none.

    Raises:
        InvalidBatch: ``standing.units`` for units below zero, ``standing.account`` for amounts of
            an account of which it is not told whether it accepts, ``standing.limits`` for a limit
            of an order where limits are not told.

    Example:
        >>> LimitStanding(accepts=True, stock={"TEA": 5}).stock
        FrozenMap({Sku('TEA'): 5})
    """

    limits: bool = False
    order_total: Money | None = None
    accepts: bool | None = None
    limit: Money | None = None
    exposure: Money | None = None
    available: Money | None = None
    stock: FrozenMap[Sku, int] | None = attrs.field(default=None, converter=_units)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for sku, units in () if self.stock is None else self.stock.items():
            if type(units) is not int or units < 0:
                faults.add("standing.units", f"stock[{sku}]", units, "an integer ≥ 0")
        if self.accepts is None:
            for name in ("limit", "exposure", "available"):
                if getattr(self, name) is not None:
                    told = getattr(self, name)
                    faults.add("standing.account", name, str(told), "accepts told as well")
        if self.order_total is not None and not self.limits:
            faults.add("standing.limits", "order_total", str(self.order_total), "limits told")
        faults.raise_if_any("standing")


NO_STANDING = LimitStanding()


@cache
def vocabulary() -> Vocabulary:
    """The words of rules about limits; ``ordercore.orders.LIMIT_FACTS`` is this one.

    Example:
        >>> print(vocabulary().describe().splitlines()[2])
        | `account.accepts` | boolean |
    """
    return Vocabulary(
        "limit",
        {
            "order.due": MONEY,
            "order.credit_needed": MONEY,
            "limits.order_total": MONEY,
            "account.accepts": BOOLEAN,
            "account.limit": MONEY,
            "account.exposure": MONEY,
            "account.available": MONEY,
            "stock.lines": list_of({"sku": TEXT, "needed": INTEGER, "available": INTEGER}),
        },
    )

"""Gifts with a purchase: what is added to it, from which threshold on, by itself or by choice."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import cast

import attrs

from ordercore.kernel import (
    Currency,
    LineId,
    Money,
    PromotionId,
    Sku,
    as_tuple,
    checked,
    items_as,
    problems,
)

__all__ = ["GiftItem", "GiftOf", "GiftRung", "Gifts"]


@attrs.frozen
@checked
class GiftItem:
    """Units of one item that are given.

    Args:
        sku: The item.
        units: How many are given at a time.
        quota: How many units there are to give in all; None for any number. What is given is
            claimed of a meter of its own.

    Raises:
        InvalidBatch: ``gift.units``, ``gift.quota`` (below 1).

    Example:
        >>> GiftItem("MUG", quota=500).units
        1
    """

    sku: Sku = attrs.field(converter=Sku)
    units: int = 1
    quota: int | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.units) is not int or self.units < 1:
            faults.add("gift.units", "units", self.units, "an integer ≥ 1")
        if self.quota is not None and (type(self.quota) is not int or self.quota < 1):
            faults.add("gift.quota", "quota", self.quota, "an integer ≥ 1, or None")
        faults.raise_if_any("gift")


def _items(given: Iterable[GiftItem | str]) -> tuple[GiftItem, ...]:
    items = as_tuple(given)
    if type(items) is not tuple:
        # What is no collection is the class's to refuse.
        return cast("tuple[GiftItem, ...]", items)
    return tuple([GiftItem(item) if isinstance(item, str) else item for item in items])


@attrs.frozen
@checked
class GiftRung:
    """From a threshold on, gifts: all of some items, or so many of them at the buyer's choice.

    Args:
        threshold: Money that the selected lines come to, or their units.
        items: What there is to give; plain SKUs are one unit each.
        choose: How many of the items are given, at choice; None gives all of them.

    Raises:
        InvalidBatch: ``gift.threshold`` (negative), ``gift.items`` (none, or an item twice),
            ``gift.choose`` (below 1, or more than there are).

    Example:
        >>> GiftRung(3, ["MUG", "TIN"], choose=1).size
        3
    """

    threshold: Money | int
    items: tuple[GiftItem, ...] = attrs.field(converter=_items)
    choose: int | None = None

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if self.size < 0:
            faults.add("gift.threshold", "threshold", self.threshold, "≥ 0")
        skus = [item.sku for item in self.items if isinstance(item, GiftItem)]
        if not self.items or len(set(skus)) < len(skus):
            faults.add("gift.items", "items", self.items, "at least one item, each once")
        choose = self.choose
        if choose is not None and not (type(choose) is int and 1 <= choose <= len(self.items)):
            faults.add("gift.choose", "choose", choose, f"from 1 to {len(self.items)}, or None")
        faults.raise_if_any("rung of gifts")

    @property
    def size(self) -> int:
        """The threshold in minor units, or units; -1 for what is none."""
        if type(self.threshold) is Money:
            return self.threshold.minor
        return self.threshold if type(self.threshold) is int else -1


def _rungs(given: Iterable[GiftRung]) -> tuple[GiftRung, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class Gifts:
    """A ladder of gifts: the highest rung that the selected lines reach gives its items (满赠).

    A gift becomes a line of the quote that names its promotion and the lines that brought it about
    (:class:`GiftOf`). It costs nothing. What is not in stock, or beyond its quota, is not given.

    Args:
        rungs: All by money, or all by units, rising.
        every: The one rung gives again for every so much more.
        auto: Places for which the buyer has not chosen, or chose what is not there, go to the first
            items that are there; otherwise they stay open.
        valued: A gift stands at its list price, discounted in full, where a price list has one: its
            worth and who pays for it are then in the quote. Otherwise it stands at zero.

    Raises:
        InvalidBatch: ``gift.rungs`` (none, or not rungs), ``gift.threshold`` (money beside units),
            ``gift.not_rising``, ``gift.every`` (several rungs, or from zero on),
            ``money.currency_mismatch``.

    Example:
        >>> spend = Gifts([GiftRung(Money.of("50", "EUR"), ["MUG"])])
        >>> spend.currency, spend.reached(4_999), spend.reached(5_000)[1]
        (Currency('EUR'), None, 1)
    """

    rungs: tuple[GiftRung, ...] = attrs.field(converter=_rungs)
    every: bool = attrs.field(default=False, kw_only=True)
    auto: bool = attrs.field(default=True, kw_only=True)
    valued: bool = attrs.field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.rungs:
            faults.add("gift.rungs", "rungs", self.rungs, "at least one rung")
        known = [rung for rung in self.rungs if isinstance(rung, GiftRung)]
        if len(known) < len(self.rungs):
            faults.add("gift.rungs", "rungs", self.rungs, "rungs of gifts")
        for position, (before, rung) in enumerate(pairwise(known), 1):
            path = f"rungs[{position}].threshold"
            one, other = before.threshold, rung.threshold
            if type(one) is not type(other):
                faults.add("gift.threshold", path, other, "one kind of threshold")
            elif (
                isinstance(one, Money)
                and isinstance(other, Money)
                and (one.currency != other.currency)
            ):
                faults.add("money.currency_mismatch", path, other, f"currency {one.currency}")
            elif rung.size <= before.size:
                faults.add("gift.not_rising", path, other, "more than the rung before")
        if self.every is True and known and (len(known) > 1 or known[0].size == 0):
            faults.add("gift.every", "every", self.every, "one rung, above zero")
        faults.raise_if_any("gifts")

    @property
    def counts_units(self) -> bool:
        """Whether units count, not money."""
        return type(self.rungs[0].threshold) is int

    @property
    def currency(self) -> Currency | None:
        """The currency of its thresholds; None where units count."""
        first = self.rungs[0].threshold
        return first.currency if type(first) is Money else None

    @property
    def items(self) -> tuple[GiftItem, ...]:
        """Every item of every rung."""
        return tuple([item for rung in self.rungs for item in rung.items])

    def reached(self, have: int) -> tuple[GiftRung, int] | None:
        """The highest rung that so many minor units, or units, reach, and how often it gives."""
        found = [rung for rung in self.rungs if rung.size <= have]
        if not found:
            return None
        return found[-1], have // found[-1].size if self.every else 1


def _line_ids(given: Iterable[str]) -> tuple[LineId, ...]:
    return items_as(given, LineId, "triggers")


@attrs.frozen
@checked
class GiftOf:
    """Why a line of a quote is a gift: its promotion, and the lines that brought it about.

    Example:
        >>> GiftOf("mug", ["1", "2"]).triggers
        (LineId('1'), LineId('2'))
    """

    promotion: PromotionId = attrs.field(converter=PromotionId)
    triggers: tuple[LineId, ...] = attrs.field(converter=_line_ids)

"""What an item cost before: its changes of price, and the lowest price before a reduction.

Source of the rule: Directive 98/6/EC, article 6a, as inserted by Directive (EU) 2019/2161. Any
announcement of a price reduction names the prior price: the lowest that the trader applied during
at least 30 days before the reduction was applied (paragraphs 1, 2). Member states may differ for
goods that are new on the market (4) and for reductions that grow step by step (5).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

import attrs

from ordercore.kernel import (
    Choice,
    Instant,
    InvalidValue,
    Money,
    Sku,
    as_instant,
    as_tuple,
    checked,
    problems,
    shift,
)

__all__ = [
    "DEFAULT_PRIOR_PRICE",
    "MAX_PRICE_CHANGES",
    "GrowingReduction",
    "PriceChange",
    "PriceHistory",
    "PriorPrice",
    "PriorPricePolicy",
    "RecentGoods",
]

MAX_PRICE_CHANGES: Final = 4096
"""The most changes that a history keeps; beyond it the oldest go, and with them what is known."""


class GrowingReduction(Choice):
    """Before which moment the prior price of a reduction that grew is looked for."""

    EACH = "each"
    """Each announced price is a reduction of its own (paragraphs 1 and 2)."""
    FIRST = "first"
    """The first of an unbroken row of ever lower announced prices (paragraph 5)."""


class RecentGoods(Choice):
    """What the prior price is where the history does not reach back far enough."""

    REFUSE = "refuse"
    """There is none: such a reduction must not be announced (paragraph 2 without option)."""
    SHORTER = "shorter"
    """The lowest of the time that is known (paragraph 4)."""


@attrs.frozen(kw_only=True)
@checked
class PriorPricePolicy:
    """How a member state reads the rule of the prior price.

    Args:
        days: Length of the time before the reduction, in days of 24 hours; 30 or more by the
            directive, fewer where a state has other rules for perishable goods (paragraph 3).
        growing: Where a reduction grows step by step.
        recent: Where the goods are new on the market.

    Raises:
        InvalidValue: ``prior_price.days`` unless 1 to 3650.

    Example:
        >>> PriorPricePolicy(growing="first").growing
        <GrowingReduction.FIRST: 'first'>
    """

    days: int = 30
    growing: GrowingReduction = attrs.field(
        default=GrowingReduction.EACH, converter=GrowingReduction
    )
    recent: RecentGoods = attrs.field(default=RecentGoods.REFUSE, converter=RecentGoods)

    def __attrs_post_init__(self) -> None:
        if type(self.days) is not int or not 1 <= self.days <= 3650:
            raise InvalidValue("prior_price.days", "days", self.days, "an integer, 1 to 3650")


DEFAULT_PRIOR_PRICE: Final = PriorPricePolicy()
"""30 days, each announced price a reduction of its own, none for goods newer than that."""


@attrs.frozen(kw_only=True)
@checked
class PriceChange:
    """What is asked for ``per`` units from a moment on; None: no longer offered.

    ``announced`` says that buyers are told of a reduction from this moment on.

    Raises:
        InvalidBatch: ``history.negative``, ``history.per``, ``history.announced`` (nothing is
            offered).

    Example:
        >>> str(PriceChange(at="2026-11-11T00:00Z", price=Money(990, "EUR"), announced=True).price)
        'EUR 9.90'
    """

    at: Instant = attrs.field(converter=as_instant)
    price: Money | None
    per: int = 1
    announced: bool = False

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.price) is Money and self.price.minor < 0:
            faults.add("history.negative", "price", self.price, "an amount ≥ 0")
        if type(self.per) is not int or self.per < 1:
            faults.add("history.per", "per", self.per, "an integer ≥ 1")
        if self.announced is True and self.price is None:
            faults.add("history.announced", "announced", self.announced, "a price to announce")
        faults.raise_if_any("price change")

    def is_below(self, other: PriceChange) -> bool:
        """Whether it asks for less per unit than another change; no when either offers nothing.

        Example:
            >>> new = PriceChange(at="2026-11-11T00:00Z", price=Money(990, "EUR"))
            >>> new.is_below(attrs.evolve(new, per=2))
            False
        """
        if self.price is None or other.price is None:
            return False
        return self.price.minor * other.per < other.price.minor * self.per


@attrs.frozen(kw_only=True)
@checked
class PriorPrice:
    """The lowest price that was asked for ``per`` units in the time before a reduction.

    Example:
        >>> prior = PriorPrice(
        ...     price=Money(1100, "EUR"),
        ...     since="2026-10-12T00:00Z",
        ...     reduced_at="2026-11-11T00:00Z",
        ... )
        >>> prior.per
        1
    """

    price: Money
    per: int = 1
    since: Instant = attrs.field(converter=as_instant)
    """When the time that was looked at begins."""
    reduced_at: Instant = attrs.field(converter=as_instant)
    """When the reduction was applied; the time that was looked at ends there."""


def _changes(given: Iterable[PriceChange]) -> tuple[PriceChange, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class PriceHistory:
    """The changes of one item's price in one market and currency, the oldest first.

    A value: :meth:`changed` gives a longer history. It is bounded: what lies more than
    ``keep_days`` before the newest change goes, but for the price in force then, and so does the
    oldest beyond :data:`MAX_PRICE_CHANGES`. What lies before the first change is not known.

    Raises:
        InvalidBatch: ``history.not_later`` for a change that is not later than the one before,
            ``history.currency`` for one of another currency than the first, ``history.too_long``,
            ``history.keep_days``.

    Example:
        >>> history = PriceHistory(sku="TEA", market="de")
        >>> for day, minor, announced in (("01", 1200, False), ("20", 1100, False)):
        ...     history = history.changed(
        ...         PriceChange(at=f"2026-10-{day}T00:00Z", price=Money(minor, "EUR"))
        ...     )
        >>> history = history.changed(
        ...     PriceChange(at="2026-11-11T00:00Z", price=Money(990, "EUR"), announced=True)
        ... )
        >>> str(history.prior_price("2026-11-12T00:00Z").price)
        'EUR 11.00'
    """

    sku: Sku = attrs.field(converter=Sku)
    market: str = ""
    changes: tuple[PriceChange, ...] = attrs.field(default=(), converter=_changes)
    keep_days: int = 400

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.keep_days) is not int or self.keep_days < 1:
            faults.add("history.keep_days", "keep_days", self.keep_days, "an integer ≥ 1")
        changes = self.changes if type(self.changes) is tuple else ()
        if len(changes) > MAX_PRICE_CHANGES:
            expected = f"at most {MAX_PRICE_CHANGES} changes"
            faults.add("history.too_long", "changes", len(changes), expected)
        before: PriceChange | None = None
        currency = None
        for position, change in enumerate(changes):
            if type(change) is not PriceChange:
                faults.add("type.wrong", f"changes[{position}]", change, "a PriceChange")
                continue
            if before is not None and change.at <= before.at:
                path = f"changes[{position}].at"
                faults.add("history.not_later", path, change.at, f"later than {before.at}")
            if change.price is not None:
                currency = currency or change.price.currency
                if change.price.currency != currency:
                    path = f"changes[{position}].price"
                    faults.add("history.currency", path, change.price, f"currency {currency}")
            before = change
        faults.raise_if_any("price history")

    def changed(self, change: PriceChange) -> PriceHistory:
        """The history with one more change; itself where the change says what holds already.

        O(changes).

        Raises:
            InvalidBatch: as the constructor.

        Example:
            >>> change = PriceChange(at="2026-11-11T00:00Z", price=Money(990, "EUR"))
            >>> history = PriceHistory(sku="TEA").changed(change)
            >>> history.changed(attrs.evolve(change, at="2026-11-12T00:00Z")) is history
            True
        """
        last = self.changes[-1] if self.changes else None
        if last is not None and change.at >= last.at:
            same = (last.price, last.per, last.announced)
            if same == (change.price, change.per, change.announced):
                return self
        grown = attrs.evolve(self, changes=(*self.changes[1 - MAX_PRICE_CHANGES :], change))
        try:
            since = shift(change.at, days=-self.keep_days)
        except InvalidValue:
            # So far back no calendar goes: everything is kept.
            return grown
        needed = max(_position(grown.changes, since), 0)
        return attrs.evolve(grown, changes=grown.changes[needed:]) if needed else grown

    def change_at(self, at: Instant) -> PriceChange | None:
        """The change in force at a moment; None before the first. O(log changes).

        Example:
            >>> PriceHistory(sku="TEA").change_at("2026-11-11T00:00Z") is None
            True
        """
        position = _position(self.changes, as_instant(at))
        return None if position < 0 else self.changes[position]

    def prior_price(
        self, at: Instant, policy: PriorPricePolicy = DEFAULT_PRIOR_PRICE
    ) -> PriorPrice | None:
        """The price that a reduction in force at a moment must be compared with, by law.

        The lowest that was asked at any moment of the ``days`` before the reduction was applied,
        the price in force at their beginning included; the moment of the reduction is not.

        Returns:
            None where no reduction is announced then, or the policy refuses a history that does
            not reach back far enough, or nothing was offered before.

        Example:
            >>> history = PriceHistory(
            ...     sku="TEA",
            ...     changes=[
            ...         PriceChange(at="2026-11-01T00:00Z", price=Money(1200, "EUR")),
            ...         PriceChange(
            ...             at="2026-11-11T00:00Z", price=Money(990, "EUR"), announced=True
            ...         ),
            ...     ],
            ... )
            >>> history.prior_price("2026-11-11T00:00Z") is None
            True
            >>> shorter = PriorPricePolicy(recent="shorter")
            >>> str(history.prior_price("2026-11-11T00:00Z", shorter).price)
            'EUR 12.00'
        """
        position = _position(self.changes, as_instant(at))
        changes = self.changes
        if position < 0 or not changes[position].announced:
            return None
        if policy.growing is GrowingReduction.FIRST:
            while (
                position
                and changes[position - 1].announced
                and changes[position].is_below(changes[position - 1])
            ):
                position -= 1
        reduced_at = changes[position].at
        since = shift(reduced_at, days=-policy.days)
        first = _position(self.changes, since)
        if first < 0:
            if policy.recent is RecentGoods.REFUSE:
                return None
            first = 0
        lowest: PriceChange | None = None
        for change in changes[first:position]:
            if change.price is not None and (lowest is None or change.is_below(lowest)):
                lowest = change
        if lowest is None or lowest.price is None:
            return None
        return PriorPrice(
            price=lowest.price,
            per=lowest.per,
            since=max(since, changes[first].at),
            reduced_at=reduced_at,
        )


def _position(changes: tuple[PriceChange, ...], at: Instant) -> int:
    """The change in force at a moment, by its position; −1 before the first."""
    return bisect_right(changes, at, key=_at) - 1


def _at(change: PriceChange) -> Instant:
    return change.at

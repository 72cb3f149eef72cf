"""The price book: lists and promotions, indexed so that a quote sees only what concerns it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Final, TypeAlias

import attrs
from pendulum import UTC

from ordercore.kernel import (
    ChannelId,
    FaultList,
    Finding,
    Instant,
    InvalidValue,
    Money,
    NotFound,
    PriceListId,
    PromotionId,
    Severity,
    as_tuple,
    checked,
    digest,
    expect,
    problems,
)
from ordercore.pricing.cart import Cart
from ordercore.pricing.prices.list_index import ListIndex
from ordercore.pricing.prices.price_checks import inspect_lists
from ordercore.pricing.prices.price_list import PriceList
from ordercore.pricing.prices.price_row import PriceRow
from ordercore.pricing.promotions.application import Turn, turns_of
from ordercore.pricing.promotions.effects import told
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.promotions.stacking import StackingGroup

__all__ = ["PriceBook"]

_DAWN: Final = Instant(1, 1, 1, tzinfo=UTC)

_Key: TypeAlias = tuple[str, object, ChannelId | None]


class _Timeline:
    """Promotions of one key by time: those valid at a moment, without looking at the others."""

    __slots__ = ("_promotions", "_reach", "_starts")

    def __init__(self, promotions: list[Promotion]) -> None:
        promotions.sort(key=_start)
        self._promotions = promotions
        self._starts = [_start(promotion) for promotion in promotions]
        # The furthest end among the first n: where it lies in the past, looking back can stop.
        self._reach: list[Instant | None] = []
        reach: Instant | None = _DAWN
        for promotion in promotions:
            end = promotion.span.end
            reach = None if reach is None or end is None else max(reach, end)
            self._reach.append(reach)

    def at(self, moment: Instant) -> Iterator[Promotion]:
        position = bisect_right(self._starts, moment)
        while position:
            position -= 1
            reach = self._reach[position]
            if reach is not None and reach <= moment:
                return
            promotion = self._promotions[position]
            end = promotion.span.end
            if end is None or moment < end:
                yield promotion


def _start(promotion: Promotion) -> Instant:
    return _DAWN if promotion.span.start is None else promotion.span.start


def _keys(promotion: Promotion) -> Iterator[_Key]:
    """The places where a cart that the promotion concerns is bound to look for it."""
    selector = promotion.on
    for channel in sorted(promotion.channels) or (None,):
        if promotion.coupon is not None:
            yield ("coupon", promotion.coupon, channel)
        elif selector.skus:
            for sku in sorted(selector.skus):
                yield ("sku", sku, channel)
        elif selector.categories:
            for path in sorted(selector.categories):
                yield ("category", path, channel)
        elif selector.attributes:
            # One attribute is enough to be found; the selector asks for all of them.
            yield ("attribute", next(iter(selector.attributes.items())), channel)
        else:
            yield ("any", None, channel)


def _cart_keys(cart: Cart) -> Iterator[tuple[str, object]]:
    yield ("any", None)
    for code in cart.coupons:
        yield ("coupon", code)
    for line in cart.lines:
        yield ("sku", line.sku)
        for depth in range(1, len(line.category) + 1):
            yield ("category", line.category[:depth])
        for pair in line.attributes.items():
            yield ("attribute", pair)


def _lists(given: Iterable[PriceList]) -> tuple[PriceList, ...]:
    return as_tuple(given)


def _promotions(given: Iterable[Promotion]) -> tuple[Promotion, ...]:
    return as_tuple(given)


def _groups(given: Iterable[StackingGroup]) -> tuple[StackingGroup, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class PriceBook:
    """Everything that prices a cart at a moment, compiled when built.

    Lists and promotions that do not concern a cart cost it nothing: they are found by SKU,
    category, attribute, coupon, channel and time. Building is O(rows + promotions).

    Raises:
        InvalidBatch: ``book.list``, ``book.duplicate_list``, ``book.promotion``,
            ``book.duplicate_promotion``, ``book.group``, ``book.duplicate_group``,
            ``book.unknown_group`` (a promotion names a group that is not there),
            ``book.group_stage`` (it has another stage than its group);
            ``book.fallback_unknown``, ``book.fallback_cycle``,
            ``book.fallback_currency`` and ``book.fallback_tax`` for the lists behind lists.

    Example:
        >>> from ordercore.pricing import spend_and_save
        >>> book = PriceBook.of(
        ...     {"TEA-250G": Money.of("128.00", "CNY")},
        ...     promotions=[spend_and_save("11.11", {"300.00": "40.00"}, "CNY")],
        ... )
        >>> book.promotion("11.11").stage.value
        'order'
    """

    lists: tuple[PriceList, ...] = attrs.field(default=(), converter=_lists)
    promotions: tuple[Promotion, ...] = attrs.field(default=(), converter=_promotions)
    groups: tuple[StackingGroup, ...] = attrs.field(default=(), converter=_groups)
    _list_index: ListIndex = attrs.field(init=False, eq=False, repr=False)
    _list_findings: tuple[Finding, ...] = attrs.field(init=False, eq=False, repr=False)
    _by_id: dict[str, Promotion] = attrs.field(init=False, eq=False, repr=False)
    _timelines: dict[_Key, _Timeline] = attrs.field(init=False, eq=False, repr=False)
    _group_of: dict[str, StackingGroup] = attrs.field(init=False, eq=False, repr=False)
    _digest: str | None = attrs.field(init=False, eq=False, repr=False, default=None)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        ids: set[PriceListId] = set()
        for position, prices in enumerate(self.lists):
            path = f"lists[{position}]"
            if type(prices) is not PriceList:
                faults.add("book.list", path, prices, "a PriceList")
                continue
            if prices.list_id in ids:
                faults.add("book.duplicate_list", path, prices.list_id, "an id of its own")
            ids.add(prices.list_id)
        list_findings = () if faults else inspect_lists(self.lists)
        for finding in list_findings:
            if finding.severity is Severity.ERROR:
                faults.add(finding.code, finding.path, finding.value, finding.message)
        group_of = self._checked_groups(faults)
        by_id: dict[str, Promotion] = {}
        found: dict[_Key, list[Promotion]] = {}
        for position, promotion in enumerate(self.promotions):
            path = f"promotions[{position}]"
            if type(promotion) is not Promotion:
                faults.add("book.promotion", path, promotion, "a Promotion")
                continue
            if promotion.promotion_id in by_id:
                faults.add(
                    "book.duplicate_promotion", path, promotion.promotion_id, "an id of its own"
                )
            by_id[promotion.promotion_id] = promotion
            if promotion.group:
                group = group_of.get(promotion.group)
                if group is None:
                    faults.add("book.unknown_group", path, promotion.group, "a group of the book")
                elif group.stage is not promotion.stage:
                    faults.add("book.group_stage", path, promotion.stage, f"{group.stage.value}")
            for key in _keys(promotion):
                found.setdefault(key, []).append(promotion)
        faults.raise_if_any("price book")
        object.__setattr__(self, "_list_index", ListIndex(self.lists))
        object.__setattr__(self, "_list_findings", list_findings)
        object.__setattr__(self, "_by_id", by_id)
        object.__setattr__(self, "_group_of", group_of)
        object.__setattr__(
            self, "_timelines", {key: _Timeline(group) for key, group in found.items()}
        )

    def _checked_groups(self, faults: FaultList) -> dict[str, StackingGroup]:
        known: dict[str, StackingGroup] = {}
        for position, group in enumerate(self.groups):
            path = f"groups[{position}]"
            if type(group) is not StackingGroup:
                faults.add("book.group", path, group, "a StackingGroup")
                continue
            if group.group_id in known:
                faults.add("book.duplicate_group", path, group.group_id, "an id of its own")
            known[group.group_id] = group
        return known

    @classmethod
    def of(
        cls,
        prices: Mapping[str, Money] | None = None,
        *,
        promotions: Iterable[Promotion] = (),
        lists: Iterable[PriceList] = (),
        tax_included: bool | None = None,
        groups: Iterable[StackingGroup] = (),
    ) -> PriceBook:
        """A book from plain prices, which become a list ``base`` behind all given lists.

        Raises:
            InvalidValue: ``book.price`` for a price that is not Money.
            InvalidBatch: prices of several currencies, and as the constructor.

        Example:
            >>> PriceBook.of({"TEA": Money(1200, "EUR")}).lists[0].list_id
            PriceListId('base')
        """
        every = list(expect(as_tuple(lists), tuple, "lists"))
        if prices is not None:
            expect(prices, Mapping, "prices")  # type: ignore[type-abstract]
        if prices:
            for sku, price in prices.items():
                if type(price) is not Money:
                    raise InvalidValue("book.price", f"prices[{sku}]", price, "Money")
            lowest = min((each.priority for each in every), default=1)
            base = PriceList(
                "base",
                currency=next(iter(prices.values())).currency,
                rows=[PriceRow(sku, price) for sku, price in prices.items()],
                tax_included=tax_included,
                priority=lowest - 1,
            )
            every.append(base)
        return cls(lists=every, promotions=promotions, groups=groups)

    def promotion(self, promotion_id: str) -> Promotion:
        """The promotion of that id.

        Raises:
            NotFound: the book has none.
        """
        found = self._by_id.get(promotion_id)
        if found is None:
            raise NotFound("promotion", str(PromotionId(promotion_id)))
        return found

    @property
    def list_index(self) -> ListIndex:
        """The lists by whom they concern; made when the book is."""
        return self._list_index

    @property
    def price_findings(self) -> tuple[Finding, ...]:
        """Warnings about the lists and how they stand together, with paths from the book.

        :func:`~ordercore.pricing.inspect_lists`, and the findings of each list. O(rows) when first
        asked of a list.
        """
        return self._list_findings + tuple(
            attrs.evolve(finding, path=f"lists[{position}].{finding.path}")
            for position, prices in enumerate(self.lists)
            for finding in prices.findings
        )

    def candidates(self, cart: Cart, at: Instant) -> list[Promotion]:
        """The promotions valid at a moment that may concern a cart, in order of application.

        Those of which no line, coupon or channel is in the cart are not looked at.
        """
        timelines = self._timelines
        found: dict[PromotionId, Promotion] = {}
        channels: tuple[ChannelId | None, ...] = (None,)
        if cart.channel is not None:
            channels = (None, cart.channel)
        if timelines:
            for name, what in _cart_keys(cart):
                for channel in channels:
                    timeline = timelines.get((name, what, channel))
                    if timeline is not None:
                        for promotion in timeline.at(at):
                            found[promotion.promotion_id] = promotion
        return sorted(found.values(), key=_turn)

    def group_of(self, promotion: Promotion) -> StackingGroup | None:
        """The group that a promotion of the book is in."""
        return self._group_of.get(promotion.group)

    def turns(self, cart: Cart, at: Instant) -> list[Turn]:
        """The turns of the candidates: single promotions and groups, in order of application."""
        return turns_of(self.candidates(cart, at), self._group_of)

    def knows(self, sku: str) -> bool:
        """Whether any list of any channel and time has the item. O(lists)."""
        return any(prices.knows(sku) for prices in self.lists)

    @property
    def digest(self) -> str:
        """Digest of the book; the order of lists, rows and promotions takes no part.

        Made once per value, when first asked for.
        """
        known = self._digest
        if known is None:
            known = digest(
                (
                    sorted(prices.digest for prices in self.lists),
                    sorted(promotion.text for promotion in self.promotions),
                    sorted(str(told(group)) for group in self.groups),
                )
            )
            object.__setattr__(self, "_digest", known)
        return known

    def __reduce__(self) -> tuple[partial[PriceBook], tuple[()]]:
        # The indexes are made of the lists and promotions; a pickle holds only these.
        return partial(
            PriceBook, lists=self.lists, promotions=self.promotions, groups=self.groups
        ), ()


def _turn(promotion: Promotion) -> tuple[int, int, str]:
    return promotion.rank

"""The promotions of a book by what a cart must have for them: what a cart need not look at.

An index is never changed: one more promotion makes a new index, which shares what did not change.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from math import isqrt
from typing import Final, TypeAlias

from pendulum import UTC

from ordercore.kernel import ChannelId, Instant, PromotionId
from ordercore.pricing.cart import Cart
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.rules import (
    AllOf,
    AnyOf,
    Compare,
    Comparison,
    Expression,
    Field,
    Includes,
    Membership,
    Some,
    TextLiteral,
)

__all__ = ["PromotionIndex"]

_DAWN: Final = Instant(1, 1, 1, tzinfo=UTC)
_MOST_NAMES: Final = 100
_LEAST_CHANGES: Final = 64

_Name: TypeAlias = tuple[str, object]
"""What a cart has, or must have: a kind and a value."""
_Key: TypeAlias = tuple[str, object, ChannelId | None]
_Place: TypeAlias = tuple[int, Promotion]

# Facts whose value a condition may name, by the kind of the name; texts, and collections of them.
_FACTS: Final = {
    f"cart.{name}": name for name in ("channel", "customer", "country", "market", "payment_method")
}
_COLLECTIONS: Final = {"cart.customer_groups": "customer_group", "cart.coupons": "coupon"}
_LINE_FACTS: Final = {"sku": "sku"}
_LINE_COLLECTIONS: Final = {"category": "category_name"}


class _Timeline:
    """Promotions of one key by time: those valid at a moment, without looking at the others."""

    __slots__ = ("_reach", "_starts", "promotions")

    def __init__(self, promotions: list[Promotion]) -> None:
        promotions.sort(key=_start)
        self.promotions = promotions
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
            promotion = self.promotions[position]
            end = promotion.span.end
            if end is None or moment < end:
                yield promotion


def _start(promotion: Promotion) -> Instant:
    return _DAWN if promotion.span.start is None else promotion.span.start


class PromotionIndex:
    """The promotions of one book, found by the narrowest thing that they ask for.

    A cart looks at those of its coupons, items, categories, attributes and channel; of those that
    select every item, at those whose condition names one of its customer groups, its customer,
    country, market, payment method or an item; and at those for everybody. Building is
    O(promotions); a change costs what the changed promotion has to be found by, and now and then,
    after as many changes as the square root of the book, a pass over the book.

    Example:
        >>> from ordercore.kernel import instant
        >>> from ordercore.pricing import CartLine, percent_off
        >>> index = PromotionIndex([percent_off("vip", 5, when="'vip' in cart.customer_groups")])
        >>> lines, now = [CartLine("1", sku="TEA", quantity=1)], instant("2026-01-01T00:00Z")
        >>> [
        ...     len(index.candidates(Cart(lines=lines, customer_groups=g), now))
        ...     for g in ((), ["vip"])
        ... ]
        [0, 1]
        >>> grown = index.with_promotion(percent_off("all", 5))
        >>> len(grown.candidates(Cart(lines=lines), now)), grown.position("all")
        (1, 1)
    """

    __slots__ = (
        "_by_id",
        "_kinds",
        "_new_by_id",
        "_new_timelines",
        "_next",
        "_removed",
        "_timelines",
    )

    def __init__(self, promotions: Iterable[Promotion]) -> None:
        found: dict[_Key, list[Promotion]] = {}
        self._by_id: dict[str, _Place] = {}
        self._kinds: frozenset[str] = frozenset()
        for position, promotion in enumerate(promotions):
            self._by_id[promotion.promotion_id] = (position, promotion)
            for key in _keys(promotion):
                found.setdefault(key, []).append(promotion)
        self._timelines = {key: _Timeline(some) for key, some in found.items()}
        self._kinds = frozenset(key[0] for key in found)
        self._next = len(self._by_id)
        # What changed since: looked at first. A place counts those that were removed before it.
        self._new_by_id: dict[str, _Place | None] = {}
        self._new_timelines: dict[_Key, _Timeline | None] = {}
        self._removed: list[int] = []

    def _place(self, promotion_id: str) -> _Place | None:
        if promotion_id in self._new_by_id:
            return self._new_by_id[promotion_id]
        return self._by_id.get(promotion_id)

    def get(self, promotion_id: str) -> Promotion | None:
        """The promotion of that id."""
        place = self._place(promotion_id)
        return None if place is None else place[1]

    def position(self, promotion_id: str) -> int | None:
        """Where the promotion of that id stands in the book."""
        place = self._place(promotion_id)
        return None if place is None else place[0] - bisect_left(self._removed, place[0])

    def candidates(self, cart: Cart, at: Instant) -> dict[PromotionId, Promotion]:
        """The promotions valid at a moment that may concern a cart, by id, in no order."""
        found: dict[PromotionId, Promotion] = {}
        if not self._kinds:
            return found
        channels: tuple[ChannelId | None, ...] = (None,)
        if cart.channel is not None:
            channels = (None, cart.channel)
        timelines, changed = self._timelines, self._new_timelines
        for kind, value in _cart_names(cart, self._kinds):
            for channel in channels:
                key = (kind, value, channel)
                timeline = timelines.get(key)
                if changed:
                    timeline = changed.get(key, timeline)
                if timeline is not None:
                    for promotion in timeline.at(at):
                        found[promotion.promotion_id] = promotion
        return found

    def with_promotion(self, promotion: Promotion) -> PromotionIndex:
        """The index with one more promotion at its end, or with another in the place of its id."""
        other = PromotionIndex(())
        other._share(self)
        other._put(promotion)
        other._tidy()
        return other

    def without(self, promotion: Promotion) -> PromotionIndex:
        """The index without a promotion that it has."""
        other = PromotionIndex(())
        other._share(self)
        other._drop(promotion)
        other._tidy()
        return other

    def _put(self, promotion: Promotion) -> None:
        place = self._place(promotion.promotion_id)
        if place is None:
            place = (self._next, promotion)
            self._next += 1
        else:
            self._forget(place[1])
        self._new_by_id[promotion.promotion_id] = (place[0], promotion)
        for key in _keys(promotion):
            known = self._timeline(key)
            some = [] if known is None else known.promotions
            self._new_timelines[key] = _Timeline([*some, promotion])
            if key[0] not in self._kinds:
                self._kinds |= {key[0]}

    def _drop(self, promotion: Promotion) -> None:
        place = self._place(promotion.promotion_id)
        assert place is not None
        self._forget(promotion)
        insort(self._removed, place[0])
        self._new_by_id[promotion.promotion_id] = None

    def _timeline(self, key: _Key) -> _Timeline | None:
        if key in self._new_timelines:
            return self._new_timelines[key]
        return self._timelines.get(key)

    def _forget(self, promotion: Promotion) -> None:
        for key in _keys(promotion):
            known = self._timeline(key)
            assert known is not None
            rest = [
                each for each in known.promotions if each.promotion_id != promotion.promotion_id
            ]
            self._new_timelines[key] = _Timeline(rest) if rest else None

    def _share(self, other: PromotionIndex) -> None:
        """Take over what another has, so that changes here do not reach it."""
        self._by_id, self._timelines = other._by_id, other._timelines
        self._kinds, self._next = other._kinds, other._next
        self._new_by_id = dict(other._new_by_id)
        self._new_timelines = dict(other._new_timelines)
        self._removed = [*other._removed]

    def _tidy(self) -> None:
        """Where there are many changes, make them part of what all later indexes share."""
        changes = len(self._new_by_id) + len(self._new_timelines)
        if changes <= _LEAST_CHANGES + isqrt(len(self._by_id)):
            return
        removed = self._removed
        places = {**self._by_id, **self._new_by_id}
        self._by_id = {
            name: (place[0] - bisect_left(removed, place[0]), place[1])
            for name, place in places.items()
            if place is not None
        }
        timelines = {**self._timelines, **self._new_timelines}
        self._timelines = {key: known for key, known in timelines.items() if known is not None}
        self._kinds = frozenset(key[0] for key in self._timelines)
        self._next = len(self._by_id)
        self._new_by_id, self._new_timelines, self._removed = {}, {}, []


def _keys(promotion: Promotion) -> Iterator[_Key]:
    """The places where a cart that the promotion concerns is bound to look for it."""
    names = _names(promotion)
    for channel in sorted(promotion.channels) or (None,):
        for kind, value in names:
            yield (kind, value, channel)


def _names(promotion: Promotion) -> list[_Name]:
    selector = promotion.on
    if promotion.coupon is not None:
        return [("coupon", promotion.coupon)]
    if promotion.batch is not None:
        return [("prefix", promotion.batch.prefix)]
    if selector.skus:
        return [("sku", sku) for sku in sorted(selector.skus)]
    if selector.categories:
        return [("category", path) for path in sorted(selector.categories)]
    if selector.attributes:
        # One attribute is enough to be found; the selector asks for all of them.
        return [("attribute", next(iter(selector.attributes.items())))]
    if promotion.when is not None:
        wanted = _wanted(promotion.when.expression, "")
        if wanted is not None:
            return sorted(wanted, key=str)
    return [("any", None)]


def _wanted(node: Expression, line: str) -> frozenset[_Name] | None:
    """Names of which a cart has one wherever the condition holds; None where there are none such.

    ``line`` is the variable that stands for a line of the cart.
    """
    match node:
        case AllOf(conditions=conditions):
            parts = [_wanted(each, line) for each in conditions]
            return min([part for part in parts if part is not None], key=len, default=None)
        case AnyOf(conditions=conditions):
            every: frozenset[_Name] = frozenset()
            for each in conditions:
                part = _wanted(each, line)
                if part is None:
                    return None
                every |= part
            return every if len(every) <= _MOST_NAMES else None
        case Some(condition=inner, variable=name, source=Field(path="cart.lines")):
            return _wanted(inner, name)
        case Includes(collection=Field(path=path), item=TextLiteral(value=text)):
            return _named(path, line, [text], _COLLECTIONS, _LINE_COLLECTIONS)
        case Compare(
            left=Field(path=path), comparison=Comparison.EQ, right=TextLiteral(value=text)
        ):
            return _named(path, line, [text], _FACTS, _LINE_FACTS)
        case Membership(item=Field(path=path), choices=choices):
            texts = [each.value for each in choices if isinstance(each, TextLiteral)]
            return _named(path, line, texts, _FACTS, _LINE_FACTS)
        case _:
            return None


def _named(
    path: str, line: str, texts: list[str], of_cart: dict[str, str], of_line: dict[str, str]
) -> frozenset[_Name] | None:
    kind = of_cart.get(path)
    if kind is None and line:
        root, _, field = path.partition(".")
        kind = of_line.get(field) if root == line else None
    if kind is None or len(texts) > _MOST_NAMES:
        return None
    return frozenset((kind, text) for text in texts)


def _cart_names(cart: Cart, kinds: frozenset[str]) -> Iterator[_Name]:
    """What a cart has, of the kinds that promotions are found by."""
    if "any" in kinds:
        yield ("any", None)
    if "coupon" in kinds:
        for code in cart.coupons:
            yield ("coupon", code)
    if "prefix" in kinds:
        for code in cart.coupons:
            for length in range(len(code) + 1):
                yield ("prefix", code[:length])
    if "customer_group" in kinds:
        for group in cart.customer_groups:
            yield ("customer_group", group)
    for kind, text in (
        ("channel", cart.channel),
        ("customer", cart.customer),
        ("country", cart.country),
        ("market", cart.market),
        ("payment_method", cart.payment_method),
    ):
        if kind in kinds:
            yield (kind, text or "")
    sku, category = "sku" in kinds, "category" in kinds
    attribute, category_name = "attribute" in kinds, "category_name" in kinds
    for line in cart.lines:
        if sku:
            yield ("sku", line.sku)
        if category:
            for depth in range(1, len(line.category) + 1):
                yield ("category", line.category[:depth])
        if category_name:
            for name in line.category:
                yield ("category_name", name)
        if attribute:
            for pair in line.attributes.items():
                yield ("attribute", pair)

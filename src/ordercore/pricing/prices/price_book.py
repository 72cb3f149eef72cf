"""The price book: lists and promotions, indexed so that a quote sees only what concerns it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from hashlib import blake2b
from typing import Final

import attrs

from ordercore.kernel import (
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
from ordercore.pricing.prices.promotion_index import PromotionIndex
from ordercore.pricing.promotions.application import Turn, turns_of
from ordercore.pricing.promotions.counting import meters_of
from ordercore.pricing.promotions.effects import NOT_COMPARED, told
from ordercore.pricing.promotions.meter import UsageMeter
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.promotions.promotion_checks import refuse_promotion
from ordercore.pricing.promotions.stacking import COMPARING, StackingGroup

__all__ = ["PriceBook"]

_MODULUS: Final = 1 << 512


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
    category, attribute, coupon, channel and time, and by the customer group, customer, country,
    market, payment method or item that a condition names. Building is O(rows + promotions);
    :meth:`with_promotion` changes one promotion. A book is never changed, so threads may share it.

    Raises:
        InvalidBatch: ``book.list``, ``book.duplicate_list``, ``book.promotion``,
            ``book.duplicate_promotion``, ``book.group``, ``book.duplicate_group``,
            ``book.unknown_group`` (a promotion names a group that is not there),
            ``book.group_stage`` (it has another stage than its group),
            ``book.group_effect`` (gifts and points in a group that compares amounts);
            ``promotion.never_holds`` and ``promotion.selects_nothing`` for what can be proven never
            to apply (:func:`~ordercore.pricing.inspect_promotion`);
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
    _promotion_index: PromotionIndex = attrs.field(init=False, eq=False, repr=False)
    _group_of: dict[str, StackingGroup] = attrs.field(init=False, eq=False, repr=False)
    _promotion_sum: int | None = attrs.field(init=False, eq=False, repr=False, default=None)
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
        known: set[PromotionId] = set()
        for position, promotion in enumerate(self.promotions):
            path = f"promotions[{position}]"
            if not _check_promotion(promotion, path, group_of, faults):
                continue
            if promotion.promotion_id in known:
                faults.add(
                    "book.duplicate_promotion", path, promotion.promotion_id, "an id of its own"
                )
            known.add(promotion.promotion_id)
        faults.raise_if_any("price book")
        object.__setattr__(self, "_list_index", ListIndex(self.lists))
        object.__setattr__(self, "_list_findings", list_findings)
        object.__setattr__(self, "_promotion_index", PromotionIndex(self.promotions))
        object.__setattr__(self, "_group_of", group_of)

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
        found = self._promotion_index.get(promotion_id)
        if found is None:
            raise NotFound("promotion", str(PromotionId(promotion_id)))
        return found

    def with_promotion(self, promotion: Promotion) -> PriceBook:
        """This book with one more promotion, or with another in the place of the same id.

        Equal to the book that is built anew. Only the promotion is checked and indexed, and the
        rest is shared: the cost grows with what the promotion is found by, and with the others that
        are found by the same; of the book only the tuple of promotions is copied.

        Raises:
            InvalidBatch: as the constructor, for the promotion.

        Example:
            >>> from ordercore.pricing import percent_off
            >>> book = PriceBook.of({"TEA": Money(1200, "EUR")})
            >>> grown = book.with_promotion(percent_off("sale", 10))
            >>> len(book.promotions), grown.promotion("sale").effect.percent
            (0, Fraction(10, 1))
        """
        faults = problems()
        _check_promotion(promotion, "promotion", self._group_of, faults)
        faults.raise_if_any("price book")
        index, every = self._promotion_index, self.promotions
        position = index.position(promotion.promotion_id)
        old = () if position is None else every[position : position + 1]
        at = len(every) if position is None else position
        return self._changed(
            (*every[:at], promotion, *every[at + 1 :]),
            index.with_promotion(promotion),
            removed=old,
            added=(promotion,),
        )

    def without_promotion(self, promotion_id: str) -> PriceBook:
        """This book without a promotion; what :meth:`with_promotion` says holds here, too.

        Raises:
            NotFound: the book has none of that id.

        Example:
            >>> from ordercore.pricing import percent_off
            >>> book = PriceBook.of({"TEA": Money(1, "EUR")}, promotions=[percent_off("sale", 10)])
            >>> book.without_promotion("sale").promotions
            ()
        """
        promotion = self.promotion(promotion_id)
        position = self._promotion_index.position(promotion_id)
        assert position is not None
        return self._changed(
            self.promotions[:position] + self.promotions[position + 1 :],
            self._promotion_index.without(promotion),
            removed=(promotion,),
            added=(),
        )

    def _changed(
        self,
        promotions: tuple[Promotion, ...],
        index: PromotionIndex,
        *,
        removed: tuple[Promotion, ...],
        added: tuple[Promotion, ...],
    ) -> PriceBook:
        """A copy with other promotions, without a look at what stays."""
        copy = object.__new__(PriceBook)
        for field in attrs.fields(PriceBook):
            object.__setattr__(copy, field.name, getattr(self, field.name))
        total = self._promotion_sum
        if total is not None:
            total += sum(map(_share, added)) - sum(map(_share, removed))
            total %= _MODULUS
        object.__setattr__(copy, "promotions", promotions)
        object.__setattr__(copy, "_promotion_index", index)
        object.__setattr__(copy, "_promotion_sum", total)
        object.__setattr__(copy, "_digest", None)
        return copy

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
        return sorted(self._promotion_index.candidates(cart, at).values(), key=_turn)

    def group_of(self, promotion: Promotion) -> StackingGroup | None:
        """The group that a promotion of the book is in."""
        return self._group_of.get(promotion.group)

    def turns(self, cart: Cart, at: Instant) -> list[Turn]:
        """The turns of the candidates: single promotions and groups, in order of application."""
        return turns_of(self.candidates(cart, at), self._group_of)

    def meters(self, cart: Cart, at: Instant) -> tuple[UsageMeter, ...]:
        """What counts against the limits of the promotions that may concern a cart.

        What these have counted, as a :class:`~ordercore.pricing.UsageSnapshot`, makes the quote do
        without what is used up. In the order of their keys.

        Example:
            >>> from ordercore.kernel import instant
            >>> from ordercore.pricing import CartLine, percent_off
            >>> book = PriceBook.of(
            ...     {"TEA": Money(900, "EUR")}, promotions=[percent_off("p", 10, usage_limit=5)]
            ... )
            >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=1)])
            >>> [meter.key for meter in book.meters(cart, instant("2026-01-01T00:00Z"))]
            [PromotionId('p')]
        """
        found: dict[PromotionId, UsageMeter] = {}
        for promotion in self.candidates(cart, at):
            if promotion.counted:
                for meter in meters_of(promotion, cart):
                    found[meter.key] = meter
        return tuple([found[key] for key in sorted(found)])

    def knows(self, sku: str) -> bool:
        """Whether any list of any channel and time has the item. O(lists)."""
        return any(prices.knows(sku) for prices in self.lists)

    @property
    def digest(self) -> str:
        """Digest of the book; the order of lists, rows and promotions takes no part.

        Promotions enter as the sum of their digests, modulo 2⁵¹²: after a change only the changed
        one is read again. Made once per value, when first asked for.
        """
        known = self._digest
        if known is None:
            known = digest(
                (
                    sorted(prices.digest for prices in self.lists),
                    f"{self._sum_of_promotions():0128x}",
                    sorted(str(told(group)) for group in self.groups),
                )
            )
            object.__setattr__(self, "_digest", known)
        return known

    def _sum_of_promotions(self) -> int:
        total = self._promotion_sum
        if total is None:
            total = sum(map(_share, self.promotions)) % _MODULUS
            object.__setattr__(self, "_promotion_sum", total)
        return total

    def __reduce__(self) -> tuple[partial[PriceBook], tuple[()]]:
        # The indexes are made of the lists and promotions; a pickle holds only these.
        return partial(
            PriceBook, lists=self.lists, promotions=self.promotions, groups=self.groups
        ), ()


def _share(promotion: Promotion) -> int:
    """What a promotion adds to the sum that stands for all of them."""
    return int.from_bytes(blake2b(promotion.text.encode()).digest())


def _check_promotion(
    promotion: Promotion, path: str, groups: Mapping[str, StackingGroup], faults: FaultList
) -> bool:
    """Note what keeps a promotion out of a book; False for what is none."""
    if type(promotion) is not Promotion:
        faults.add("book.promotion", path, promotion, "a Promotion")
        return False
    if promotion.group:
        group = groups.get(promotion.group)
        if group is None:
            faults.add("book.unknown_group", path, promotion.group, "a group of the book")
        elif group.stage is not promotion.stage:
            faults.add("book.group_stage", path, promotion.stage, f"{group.stage.value}")
        elif type(promotion.effect) in NOT_COMPARED and group.rule in COMPARING:
            expected = "a group of rule all or first: it has no amount to compare"
            faults.add("book.group_effect", path, promotion.group, expected)
    for finding in refuse_promotion(promotion):
        faults.add(finding.code, f"{path}.{finding.path}", finding.value, finding.message)
    return True


def _turn(promotion: Promotion) -> tuple[int, int, str]:
    return promotion.rank

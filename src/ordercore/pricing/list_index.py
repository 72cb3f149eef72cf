"""Price lists by whom they concern, and the lists behind them: what a cart need not look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from ordercore.kernel import Currency, Instant, PriceListId
from ordercore.pricing.cart import Cart
from ordercore.pricing.policy import BetweenLists
from ordercore.pricing.price_answer import PriceAnswer
from ordercore.pricing.price_list import PriceList

__all__ = ["ListIndex", "Priced"]

Priced: TypeAlias = tuple[PriceAnswer, PriceList]
"""An answer, and the list whose row it is."""

_Key: TypeAlias = tuple[str, str]
_EVERYBODY: _Key = ("", "")


class ListIndex:
    """The lists of one book, found by the narrowest thing that they name.

    A cart looks at the lists of its customer, its groups, its country, market and channel, and at
    those for everybody: contract lists of others cost it nothing. Building is O(names + lists).

    Example:
        >>> from ordercore.kernel import Money, instant
        >>> from ordercore.pricing import CartLine, PriceRow
        >>> tea = PriceList("tea", currency="EUR", rows=[PriceRow("TEA", Money(1200, "EUR"))])
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=1)])
        >>> now = instant("2026-01-01T00:00Z")
        >>> index = ListIndex([tea])
        >>> lists = index.concerning(cart, now, BetweenLists.PRIORITY)
        >>> answer, prices = index.price_of(
        ...     lists, "TEA", 1, now, currency=Currency("EUR"), choice=BetweenLists.PRIORITY
        ... )
        >>> str(answer.price), prices.list_id
        ('EUR 12.00', PriceListId('tea'))
    """

    __slots__ = ("_by_id", "_by_key")

    def __init__(self, lists: Iterable[PriceList]) -> None:
        self._by_id: dict[PriceListId, PriceList] = {}
        self._by_key: dict[_Key, list[PriceList]] = {}
        for prices in lists:
            self._by_id[prices.list_id] = prices
            if not prices.only_behind:
                for key in _keys(prices):
                    self._by_key.setdefault(key, []).append(prices)

    def concerning(self, cart: Cart, at: Instant, choice: BetweenLists) -> tuple[PriceList, ...]:
        """The lists that may answer for a cart at a moment, in the order of the policy's choice."""
        found: dict[PriceListId, PriceList] = {}
        for key in _cart_keys(cart):
            for prices in self._by_key.get(key, ()):
                if at in prices.span and prices.concerns(cart):
                    found[prices.list_id] = prices
        if len(found) < 2:
            return tuple(found.values())
        by = _closeness if choice is BetweenLists.SPECIFICITY else _rank
        return tuple(sorted(found.values(), key=by))

    def answer(self, prices: PriceList, sku: str, quantity: int, at: Instant) -> Priced | None:
        """What a list answers: its own price, else what the list behind it makes possible.

        The chain ends at a list that is out of its span. O(lists in the chain).
        """
        passed: list[PriceList] = []
        asked = prices
        while True:
            answer = asked.answer(sku, quantity, at)
            if answer is not None:
                for front in reversed(passed):
                    answer = _through(front, answer)
                return answer, asked
            if asked.fallback is None or at not in asked.span:
                return None
            passed.append(asked)
            asked = self._by_id[asked.fallback]

    def knows_behind(self, prices: PriceList, sku: str) -> bool:
        """Whether a list, or one behind it, has a row of the item, valid or not."""
        asked: PriceList | None = prices
        while asked is not None:
            if asked.knows(sku):
                return True
            asked = None if asked.fallback is None else self._by_id[asked.fallback]
        return False

    def price_of(
        self,
        lists: Iterable[PriceList],
        sku: str,
        quantity: int,
        at: Instant,
        *,
        currency: Currency,
        choice: BetweenLists,
    ) -> Priced | None:
        """The price of an item from lists in their order, by the policy's choice between them."""
        best: Priced | None = None
        for prices in lists:
            if prices.currency != currency:
                continue
            found = self.answer(prices, sku, quantity, at)
            if found is None:
                continue
            if choice is not BetweenLists.LOWEST:
                return found
            if best is None or found[0].exact(quantity) < best[0].exact(quantity):
                best = found
        return best


def _through(front: PriceList, answer: PriceAnswer) -> PriceAnswer:
    return answer.seen_through(front.list_id, front.conversion, front.span)


def _keys(prices: PriceList) -> Iterator[_Key]:
    """The places where a cart that the list concerns is bound to look for it."""
    for name, values in (
        ("customer", prices.customers),
        ("group", prices.customer_groups),
        ("country", prices.countries),
        ("market", prices.markets),
        ("channel", prices.channels),
    ):
        if values:
            for value in sorted(values):
                yield (name, value)
            return
    yield _EVERYBODY


def _cart_keys(cart: Cart) -> Iterator[_Key]:
    if cart.customer is not None:
        yield ("customer", cart.customer)
    for group in cart.customer_groups:
        yield ("group", group)
    if cart.ship_to is not None:
        yield ("country", cart.country)
    if cart.market:
        yield ("market", cart.market)
    if cart.channel is not None:
        yield ("channel", cart.channel)
    yield _EVERYBODY


def _rank(prices: PriceList) -> tuple[int, str]:
    return (-prices.priority, prices.list_id)


def _closeness(prices: PriceList) -> tuple[tuple[bool, ...], int, str]:
    return (tuple(not named for named in prices.specificity), *_rank(prices))

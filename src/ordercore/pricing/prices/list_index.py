"""Price lists by whom they concern, and the lists behind them: what a cart need not look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from ordercore.kernel import Currency, Instant, PriceListId
from ordercore.pricing.cart import Cart, CartLine
from ordercore.pricing.policy import BetweenLists
from ordercore.pricing.prices.price_answer import PriceAnswer
from ordercore.pricing.prices.price_list import PriceList, QuantityBreaks

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

    def concerning(
        self, cart: Cart, at: Instant, choice: BetweenLists, *, later: bool = False
    ) -> tuple[PriceList, ...]:
        """The lists that may answer for a cart at a moment, in the order of the policy's choice.

        With ``later``, also those that begin after it.
        """
        found: dict[PriceListId, PriceList] = {}
        for key in _cart_keys(cart):
            for prices in self._by_key.get(key, ()):
                if (at in prices.span or (later and _begins(prices, at))) and prices.concerns(cart):
                    found[prices.list_id] = prices
        if len(found) < 2:
            return tuple(found.values())
        by = _closeness if choice is BetweenLists.SPECIFICITY else _rank
        return tuple(sorted(found.values(), key=by))

    def next_beginnings(
        self, cart: Cart, at: Instant, *, currency: Currency, choice: BetweenLists
    ) -> list[Instant]:
        """Moments after ``at`` at which another price may take the place of a line's.

        Looked at are the lists that would have their say before the one that answers, the later
        ones included; where the lowest price counts, all of them. Between ``at`` and the first of
        these moments, and while the answers hold, no price of the cart changes. Nothing is looked
        at where everything that concerns the cart has held since ever.
        """
        lists = [
            prices
            for prices in self.concerning(cart, at, choice, later=True)
            if prices.currency == currency
        ]
        begins = any(each.has_beginnings for prices in lists for each in self._chain(prices))
        if not begins and choice is not BetweenLists.LOWEST:
            # A sale that begins ends the price before it; the answer of the row says so itself.
            return []
        found: list[Instant] = []
        for line in cart.lines:
            for prices in lists:
                answer = self.answer(prices, line.sku, line.quantity, at)
                found += self._beginnings(prices, line, at, answer)
                if answer is None:
                    continue
                if choice is not BetweenLists.LOWEST:
                    break
                if answer[0].valid_until is not None:
                    found.append(answer[0].valid_until)
        return found

    def _beginnings(
        self, prices: PriceList, line: CartLine, at: Instant, answer: Priced | None
    ) -> Iterator[Instant]:
        """When a list or those behind it begin to have a say, down to the one that answers."""
        for each in self._chain(prices):
            answers = answer is not None and answer[1] is each
            above = 0
            if answers and answer is not None and each.breaks is QuantityBreaks.ALL_UNITS:
                above = answer[0].min_quantity
            begins = each.next_beginning(line.sku, line.quantity, at, above=above)
            if begins is not None:
                yield begins
            start = each.span.start
            if each.fallback is not None and start is not None and at < start:
                yield start
            if answers:
                return

    def _chain(self, prices: PriceList) -> Iterator[PriceList]:
        asked: PriceList | None = prices
        while asked is not None:
            yield asked
            asked = None if asked.fallback is None else self._by_id[asked.fallback]

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
        return any(each.knows(sku) for each in self._chain(prices))

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


def _begins(prices: PriceList, at: Instant) -> bool:
    return prices.span.start is not None and at < prices.span.start


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

"""Why a line has the price it has: the answer, and every list that was passed over."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import (
    Currency,
    FactValue,
    Instant,
    InvalidValue,
    LineId,
    NotFound,
    PriceListId,
    Reason,
    Sku,
    as_tuple,
    checked,
    expect,
    instant_at,
)
from ordercore.pricing.cart import Cart, CartLine
from ordercore.pricing.policy import DEFAULT_PRICING, BetweenLists, PricingPolicy
from ordercore.pricing.prices.list_index import ListIndex, Priced
from ordercore.pricing.prices.price_answer import PriceAnswer
from ordercore.pricing.prices.price_book import PriceBook
from ordercore.pricing.prices.price_history import (
    DEFAULT_PRIOR_PRICE,
    PriceHistory,
    PriorPricePolicy,
)
from ordercore.pricing.prices.price_list import PriceList

__all__ = ["PassedOver", "PriceExplanation", "explain_price"]


def _reasons(given: Iterable[Reason]) -> tuple[Reason, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class PassedOver:
    """A list that did not give the price, and everything that kept it from doing so.

    Example:
        >>> PassedOver(price_list="b2b", reasons=[Reason("price.other_channel")]).price_list
        PriceListId('b2b')
    """

    price_list: PriceListId = attrs.field(converter=PriceListId)
    reasons: tuple[Reason, ...] = attrs.field(default=(), converter=_reasons)


def _passed(given: Iterable[PassedOver]) -> tuple[PassedOver, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class PriceExplanation:
    """The price of a line, the list that was asked for it, and the lists that were passed over.

    ``asked`` concerns the cart; the answer may come from a list behind it, and then names that.
    ``answer`` and ``asked`` are None where no list has a price. ``passed_over`` has every other
    list of the book, in the order of their ids.

    Example:
        >>> PriceExplanation(line="1", sku="TEA").answer is None
        True
    """

    line: LineId = attrs.field(converter=LineId)
    sku: Sku = attrs.field(converter=Sku)
    answer: PriceAnswer | None = None
    asked: PriceListId | None = attrs.field(
        default=None, converter=attrs.converters.optional(PriceListId)
    )
    passed_over: tuple[PassedOver, ...] = attrs.field(default=(), converter=_passed)


def explain_price(
    cart: Cart,
    line_id: str,
    book: PriceBook,
    *,
    at: Instant,
    policy: PricingPolicy = DEFAULT_PRICING,
    history: PriceHistory | None = None,
    prior_price: PriorPricePolicy = DEFAULT_PRIOR_PRICE,
) -> PriceExplanation:
    """Which list gives a line its price, which row, and why none of the others does. O(lists).

    The answer is the one that a quote of the cart at that moment keeps on the line.

    Reasons: ``price.other_customer``, ``price.other_group``, ``price.other_country``,
    ``price.other_market``, ``price.other_channel``, ``price.other_currency``,
    ``price.only_behind``, ``price.list_not_yet``, ``price.list_ended``, ``price.no_row`` (nor has
    a list behind it), ``price.no_row_now`` (other moments or quantities have one),
    ``price.not_lowest``, ``price.less_specific``, ``price.lower_priority``, ``price.later_id``.

    Args:
        cart: The cart; where its currency is open, the lists that concern it must have one only.
        line_id: The line.
        book: The lists.
        at: The moment.
        policy: Names the choice between lists.
        history: Of the item in the cart's market, when the prior price is asked for: the answer
            then has the lowest price before a reduction that is announced at that moment.
        prior_price: How the law of the market reads.

    Raises:
        NotFound: the cart has no such line.
        InvalidValue: ``price.currency_open``; ``history.other_item``, ``history.other_market``,
            ``history.other_currency`` for a history that is not of this price.

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.pricing import PriceRow
        >>> book = PriceBook(
        ...     lists=[
        ...         PriceList("web", currency="EUR", rows=[PriceRow("TEA", Money(1200, "EUR"))]),
        ...         PriceList(
        ...             "b2b",
        ...             currency="EUR",
        ...             rows=[PriceRow("TEA", Money(900, "EUR"))],
        ...             channels=["trade"],
        ...         ),
        ...     ]
        ... )
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)], channel="shop")
        >>> why = explain_price(cart, "1", book, at="2026-11-11T00:00Z")
        >>> why.asked, why.passed_over[0].reasons[0].code
        (PriceListId('web'), 'price.other_channel')
    """
    expect(cart, Cart, "cart")
    expect(book, PriceBook, "book")
    expect(policy, PricingPolicy, "policy")
    moment = instant_at(at, "at")
    line = next((each for each in cart.lines if each.line_id == line_id), None)
    if line is None:
        raise NotFound("cart line", line_id)
    choice = policy.between_lists
    index = book.list_index
    lists = index.concerning(cart, moment, choice)
    currency = cart.currency or _only_currency(lists)
    best: Priced | None = None
    asked: PriceList | None = None
    if currency is not None:
        best = index.price_of(
            lists, line.sku, line.quantity, moment, currency=currency, choice=choice
        )
        asked = _giver(index, lists, line, moment, best, currency)
    about = _About(index, cart, line, moment, currency, choice, asked)
    answer = None if best is None else best[0]
    if answer is not None and history is not None:
        _check_history(history, cart, line, answer)
        answer = attrs.evolve(answer, prior_price=history.prior_price(moment, prior_price))
    return PriceExplanation(
        line=line.line_id,
        sku=line.sku,
        answer=answer,
        asked=None if asked is None else asked.list_id,
        passed_over=[
            PassedOver(price_list=prices.list_id, reasons=about.reasons(prices))
            for prices in sorted(book.lists, key=lambda each: each.list_id)
            if prices is not asked
        ],
    )


def _only_currency(lists: tuple[PriceList, ...]) -> Currency | None:
    currencies = sorted({prices.currency for prices in lists})
    if len(currencies) > 1:
        raise InvalidValue("price.currency_open", "cart.currency", None, ", ".join(currencies))
    return currencies[0] if currencies else None


def _giver(
    index: ListIndex,
    lists: tuple[PriceList, ...],
    line: CartLine,
    at: Instant,
    best: Priced | None,
    currency: Currency,
) -> PriceList | None:
    """The first of the lists that gives just this answer: the one that was asked."""
    for prices in lists:
        if (
            best is not None
            and prices.currency == currency
            and index.answer(prices, line.sku, line.quantity, at) == best
        ):
            return prices
    return None


def _check_history(history: PriceHistory, cart: Cart, line: CartLine, answer: PriceAnswer) -> None:
    expect(history, PriceHistory, "history")
    if history.sku != line.sku:
        raise InvalidValue("history.other_item", "history.sku", history.sku, line.sku)
    if history.market != cart.market:
        raise InvalidValue("history.other_market", "history.market", history.market, cart.market)
    for change in history.changes:
        if change.price is not None and change.price.currency != answer.price.currency:
            raise InvalidValue(
                "history.other_currency",
                "history.changes",
                change.price,
                f"currency {answer.price.currency}",
            )


@attrs.frozen
class _About:
    """What is asked, and who answered."""

    index: ListIndex
    cart: Cart
    line: CartLine
    at: Instant
    currency: Currency | None
    choice: BetweenLists
    asked: PriceList | None

    def reasons(self, prices: PriceList) -> list[Reason]:
        found = [*self._of_scope(prices), *self._of_time(prices)]
        sku, quantity = self.line.sku, self.line.quantity
        if found:
            return found
        if self.index.answer(prices, sku, quantity, self.at) is None:
            known = self.index.knows_behind(prices, sku)
            return [_reason("price.no_row_now" if known else "price.no_row", prices)]
        return [self._of_choice(prices)]

    def _of_scope(self, prices: PriceList) -> list[Reason]:
        cart = self.cart
        found: list[Reason] = []
        if prices.customers and cart.customer not in prices.customers:
            # Whose contract it is concerns nobody else.
            found.append(_reason("price.other_customer", prices))
        for code, named, have in (
            ("group", prices.customer_groups, cart.customer_groups),
            ("country", prices.countries, (cart.country,)),
            ("market", prices.markets, (cart.market,)),
            ("channel", prices.channels, (cart.channel or "",)),
        ):
            if named and named.isdisjoint(have):
                facts = {"named": tuple(sorted(named)), "have": tuple(have)}
                found.append(_reason(f"price.other_{code}", prices, **facts))
        if prices.only_behind:
            found.append(_reason("price.only_behind", prices))
        if self.currency is not None and prices.currency != self.currency:
            found.append(_reason("price.other_currency", prices, currency=prices.currency))
        return found

    def _of_time(self, prices: PriceList) -> list[Reason]:
        start, end = prices.span.start, prices.span.end
        if start is not None and self.at < start:
            return [_reason("price.list_not_yet", prices, start=start)]
        if end is not None and end <= self.at:
            return [_reason("price.list_ended", prices, end=end)]
        return []

    def _of_choice(self, prices: PriceList) -> Reason:
        asked = self.asked
        # A list that has a price has one, itself or another, that gave it.
        assert asked is not None
        code = "price.lower_priority" if prices.priority < asked.priority else "price.later_id"
        if self.choice is BetweenLists.LOWEST:
            units = self.line.quantity
            mine = self.index.answer(prices, self.line.sku, units, self.at)
            best = self.index.answer(asked, self.line.sku, units, self.at)
            if (
                mine is not None
                and best is not None
                and mine[0].exact(units) > best[0].exact(units)
            ):
                code = "price.not_lowest"
        elif self.choice is BetweenLists.SPECIFICITY and prices.specificity < asked.specificity:
            code = "price.less_specific"
        return _reason(code, prices, answered_by=asked.list_id)


def _reason(code: str, prices: PriceList, **facts: FactValue) -> Reason:
    return Reason(code, facts={"price_list": prices.list_id, **facts})

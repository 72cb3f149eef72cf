"""What a season leaves: sums and counts that two areas add up, and that pickle."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ordercore.allocation import AllocationPlan
from ordercore.channels import OrderDraft
from ordercore.kernel import digest
from ordercore.workflows import Receipt
from trading_season.books import Books
from trading_season.campaigns import CampaignResult
from trading_season.reconciliation import PriceCheck
from trading_season.sources import FindingLog
from trading_season.stopwatch import Stopwatch

if TYPE_CHECKING:
    from trading_season.shop import Shop

__all__ = ["AreaResult"]

_COUNTERS = (
    "cases",
    "refused",
    "notified",
    "cost",
    "nearest_cost",
    "same_orders_cost",
    "week_orders",
    "week_units",
    "node_units",
    "city_orders",
    "stock",
    "gaps",
)
_NUMBERS = (
    "drafts",
    "deliveries",
    "received",
    "adjusted",
    "said_minor",
    "plans",
    "plans_optimal",
    "plans_short",
    "bound_minor",
    "nearest_plans",
    "nearest_splits",
    "same_orders_splits",
    "commits",
    "repeats",
    "stock_moves",
    "captured_minor",
    "refunded_minor",
    "matched_units",
    "cancelled_by_credit",
    "returned_by_credit",
)


class AreaResult:
    """Everything that the summary and the report are made of."""

    def __init__(self, area: str, currency: str = "USD") -> None:
        self.areas = [area]
        self.campaigns = CampaignResult(currency)
        self.books = Books()
        self.prices = PriceCheck()
        self.findings = FindingLog()
        self.survey: dict[str, int] = {}
        self.case_examples: dict[str, str] = {}
        self.stock_digests: list[tuple[str, str]] = []
        self.cases: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.notified: Counter[str] = Counter()
        self.cost: Counter[str] = Counter()
        self.nearest_cost: Counter[str] = Counter()
        self.same_orders_cost: Counter[str] = Counter()
        self.week_orders: Counter[str] = Counter()
        self.week_units: Counter[str] = Counter()
        self.node_units: Counter[str] = Counter()
        self.city_orders: Counter[str] = Counter()
        self.stock: Counter[str] = Counter()
        # Plans by how far above its bound each costs, in tenths of a per cent, rounded up.
        self.gaps: Counter[int] = Counter()
        self.clock = Stopwatch()
        self.drafts = 0
        self.deliveries = 0
        self.received = 0
        self.adjusted = 0
        self.said_minor = 0
        self.plans = 0
        self.plans_optimal = 0
        self.plans_short = 0
        self.bound_minor = 0
        self.nearest_plans = 0
        self.nearest_splits = 0
        self.same_orders_splits = 0
        self.commits = 0
        self.repeats = 0
        self.stock_moves = 0
        self.captured_minor = 0
        self.refunded_minor = 0
        self.matched_units = 0
        self.cancelled_by_credit = 0
        self.returned_by_credit = 0

    def case(self, code: str, about: str) -> None:
        """An exception that somebody would have to look at, with its first example."""
        self.cases[code] += 1
        self.case_examples.setdefault(code, about)

    def planned(self, receipt: Receipt, draft: OrderDraft, nearest: AllocationPlan | None) -> None:
        """Count a plan: its cost by term, where it ships from, and the nearest-first one beside."""
        plan, order = receipt.plan, receipt.order
        week = f"{draft.placed_at:%G-W%V}"
        self.week_orders[week] += 1
        self.week_units[week] += draft.units
        if order.destination is not None:
            self.city_orders[order.destination.region.city] += 1
        if plan is None:
            return
        self.plans += 1
        self.plans_optimal += plan.optimal
        self.plans_short += bool(plan.unfilled)
        self.bound_minor += plan.bound.minor
        self.gaps[-(-plan.gap.minor * 1000 // max(1, plan.bound.minor))] += 1
        for term, amount in plan.cost.terms.items():
            self.cost[term] += amount.minor
        for take in plan.takes:
            self.node_units[take.node] += take.quantity
        if nearest is not None and not plan.unfilled and not nearest.unfilled:
            self.nearest_plans += 1
            self.nearest_splits += len(nearest.nodes) > 1
            self.same_orders_splits += len(plan.nodes) > 1
            for term, amount in nearest.cost.terms.items():
                self.nearest_cost[term] += amount.minor
            for term, amount in plan.cost.terms.items():
                self.same_orders_cost[term] += amount.minor

    def gap_tenths(self, share_percent: int) -> int:
        """The gap that this share of the plans does not exceed, in tenths of a per cent."""
        left = -(-self.gaps.total() * share_percent // 100)
        for gap, plans in sorted(self.gaps.items()):
            left -= plans
            if left <= 0:
                return gap
        return 0

    def close(self, shop: Shop) -> None:
        """Sum the stock as the season leaves it, and take over the host's counts."""
        for item in shop.stock():
            self.stock["items"] += 1
            self.stock["broken"] += item.on_hand < item.reserved or item.reserved < 0
            for name in (
                "received",
                "returned",
                "found",
                "shipped",
                "written_off",
                "on_hand",
                "reserved",
            ):
                self.stock[name] += getattr(item, name)
            self.stock_digests.append((f"{item.sku}@{item.node}", digest(item)))
        self.refused = shop.refused
        self.notified = shop.notified
        self.commits = shop.commits
        self.repeats = shop.repeats
        self.captured_minor = shop.captured_minor
        self.refunded_minor = shop.refunded_minor

    @property
    def season_digest(self) -> str:
        """One digest over every order and every stock item, in the order of their names."""
        return digest((tuple(sorted(self.books.digests)), tuple(sorted(self.stock_digests))))

    def merge(self, other: AreaResult) -> None:
        """Add another area; the survey of the whole source is the same in each."""
        self.areas += other.areas
        self.books.merge(other.books)
        self.prices.merge(other.prices)
        self.campaigns.merge(other.campaigns)
        self.findings.merge(other.findings)
        self.clock.merge(other.clock)
        self.stock_digests += other.stock_digests
        for code, about in other.case_examples.items():
            self.case_examples.setdefault(code, about)
        for name in _COUNTERS:
            getattr(self, name).update(getattr(other, name))
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

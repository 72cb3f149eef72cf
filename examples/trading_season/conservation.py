"""Nothing is lost: every unit and every minor unit of the season, counted from two sides."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ordercore.orders import Lifecycle
from trading_season.cash import cash
from trading_season.result import AreaResult

__all__ = ["Check", "checks_of"]


@attrs.frozen(kw_only=True)
class Check:
    """Two sums that must be the same number; ``money`` is the currency of amounts."""

    law: str
    left: Sequence[tuple[str, int]]
    right: Sequence[tuple[str, int]]
    money: str = ""

    @property
    def left_sum(self) -> int:
        return sum(value for _, value in self.left)

    @property
    def right_sum(self) -> int:
        return sum(value for _, value in self.right)

    @property
    def holds(self) -> bool:
        return self.left_sum == self.right_sum

    def shown(self, value: int) -> str:
        return cash(value, self.money) if self.money else f"{value:,}"

    def side(self, terms: Sequence[tuple[str, int]]) -> str:
        """The terms of one side with their figures."""
        parts = []
        for position, (name, value) in enumerate(terms):
            sign = "− " if value < 0 else "+ " if position else ""
            parts.append(f"{sign}{name} {self.shown(abs(value))}")
        return " ".join(parts)


def checks_of(result: AreaResult, currency: str) -> tuple[Check, ...]:
    """The conservation laws of a season."""
    units, money, quotes = result.books.units, result.books.money, result.books.quotes
    stock, sold = result.stock, result.campaigns
    discounts = sorted(name for name in quotes if name.startswith("discount:"))
    return (
        Check(
            law="every unit of stock is somewhere",
            left=[(name, stock[name]) for name in ("received", "returned", "found")],
            right=[
                ("on hand", stock["on_hand"]),
                ("shipped", stock["shipped"]),
                ("written off", stock["written_off"]),
            ],
        ),
        Check(
            law="what was delivered to the nodes is what they booked",
            left=[("on delivery notes", result.received)],
            right=[("received", stock["received"])],
        ),
        Check(
            law="every unit ordered is accounted for",
            left=[("ordered", units["ordered"])],
            right=[
                ("cancelled", units["cancelled"]),
                ("in the backlog", units["backlog"]),
                ("allocated, not shipped", units["allocated_unshipped"]),
                ("with buyers", units["with_buyers"]),
                ("taken back", units["accepted"]),
            ],
        ),
        Check(
            law="what left the nodes is what orders shipped",
            left=[("shipped from stock", stock["shipped"])],
            right=[("shipped on orders", units["shipped"])],
        ),
        Check(
            law="what came back to the nodes is what orders took back",
            left=[("returned to stock", stock["returned"])],
            right=[("accepted on orders", units["accepted"])],
        ),
        Check(
            law="what stock holds for orders is what orders hold",
            left=[("reserved in stock", stock["reserved"])],
            right=[("reserved on orders", units["reserved_unshipped"])],
        ),
        Check(
            law="every payment is kept, refunded or still here",
            left=[("paid", money["paid"])],
            right=[
                ("kept", money["kept"]),
                ("refunded", money["refunded"]),
                ("refunds under way", money["refund_pending"]),
                ("charged back", money["charged_back"]),
                ("balance", money["balance"]),
            ],
            money=currency,
        ),
        Check(
            law="what is due is kept or outstanding",
            left=[("due", money["due"])],
            right=[("kept", money["kept"]), ("outstanding", money["outstanding"])],
            money=currency,
        ),
        Check(
            law="every order's total is still due, cancelled, returned or allowed",
            left=[("totals", money["total"])],
            right=[
                ("value kept by buyers", money["value"]),
                ("cancelled", money["value_cancelled"]),
                ("returned", money["value_returned"]),
            ],
            money=currency,
        ),
        Check(
            law="list amounts less discounts are the totals",
            left=[
                ("list", quotes["list"]),
                *((name.removeprefix("discount:"), -quotes[name]) for name in discounts),
                ("tax on top", quotes["tax"]),
                ("rounding", quotes["rounding"]),
            ],
            right=[("totals", quotes["total"])],
            money=currency,
        ),
        Check(
            law="the totals are what the rows of the source add up to",
            left=[
                ("totals of orders", money["total"]),
                (
                    "less asked of orders sold by our calendar",
                    sold.recorded_minor - sold.total_minor,
                ),
            ],
            right=[("rows of the file", result.said_minor)],
            money=currency,
        ),
        Check(
            law="orders sold by our calendar gave back to the penny what did not stay",
            left=[
                ("their totals", sold.total_minor),
                ("given back, step by step", -sold.given_back_minor),
            ],
            right=[("what stays, reckoned at once", sold.kept_at_once_minor)],
            money=currency,
        ),
        Check(
            law="the provider took what orders say was paid",
            left=[("captured by the provider", result.captured_minor)],
            right=[("paid on orders", money["paid"])],
            money=currency,
        ),
        Check(
            law="the provider sent back what orders say was refunded",
            left=[("refunded by the provider", result.refunded_minor)],
            right=[("refunded on orders", money["refunded"])],
            money=currency,
        ),
        Check(
            law="every draft became an order or a case",
            left=[("drafts", result.drafts)],
            right=[
                ("orders", result.books.orders),
                ("without goods", result.cases["order.no_goods"]),
                ("total below zero", result.cases["place.total_negative"]),
            ],
        ),
        Check(
            law="every order has come to its end",
            left=[("orders", result.books.orders)],
            right=[
                (stage.value, result.books.statuses[f"lifecycle: {stage}"])
                for stage in (Lifecycle.CLOSED, Lifecycle.CANCELLED)
            ],
        ),
        Check(
            law="no law of any order, quote or stock item is broken",
            left=[("violations", sum(result.books.broken.values()) + result.stock["broken"])],
            right=[("allowed", 0)],
        ),
    )

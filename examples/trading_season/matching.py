"""From a credit document to the orders that it takes back; the document names none.

A line is matched by customer and item, first to orders at the same price and then to any, the
youngest order first, and never to more units than the order still has with the buyer. What is
left over is a case with a code.
"""

from __future__ import annotations

import attrs

from ordercore.channels import CreditDraft, CreditLine
from ordercore.kernel import Money
from ordercore.orders import Order, OrderLine
from trading_season.shop import Shop

__all__ = ["CreditMatcher", "Match", "Part"]

NOT_GOODS = "credit.not_goods"


@attrs.frozen
class Part:
    """Units of a line of an order that a credit takes back."""

    order_id: str
    line_id: str
    units: int


@attrs.frozen(kw_only=True)
class Match:
    """What of a credit document was matched, and the codes of what was not."""

    parts: tuple[Part, ...] = ()
    allowances: tuple[tuple[str, Money], ...] = ()
    cases: tuple[str, ...] = ()


class CreditMatcher:
    """Remembers who bought what, youngest last."""

    def __init__(self) -> None:
        self._bought: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._last: dict[str, str] = {}

    def bought(self, customer: str, order: Order) -> None:
        """Note an order that was placed."""
        order_id = str(order.order_id)
        self._last[customer] = order_id
        for line in order.lines:
            self._bought.setdefault((customer, line.sku), []).append((order_id, str(line.line_id)))

    def match(self, credit: CreditDraft, shop: Shop) -> Match:
        """The parts of orders that a credit takes back."""
        parts: list[Part] = []
        cases: list[str] = []
        taken: dict[tuple[str, str], int] = {}
        customer = str(credit.customer or "")
        for line in credit.lines:
            if not customer:
                cases.append("credit.no_customer")
                continue
            found, left = self._match_line(customer, line, shop, taken)
            parts.extend(found)
            if left == line.quantity:
                bought = (customer, str(line.sku)) in self._bought
                cases.append("credit.more_than_bought" if bought else "credit.never_bought")
            elif left:
                cases.append("credit.partly_matched")
        allowances: list[tuple[str, Money]] = []
        for charge in credit.charges:
            last = self._last.get(customer)
            if charge.kind == "discount" and last is not None and charge.amount.minor > 0:
                allowances.append((last, charge.amount))
            else:
                cases.append(f"{NOT_GOODS}.{charge.kind}")
        merged: dict[str, Money] = {}
        for order_id, amount in allowances:
            merged[order_id] = merged[order_id] + amount if order_id in merged else amount
        return Match(parts=tuple(parts), allowances=tuple(merged.items()), cases=tuple(cases))

    def _match_line(
        self, customer: str, line: CreditLine, shop: Shop, taken: dict[tuple[str, str], int]
    ) -> tuple[list[Part], int]:
        left = line.quantity
        parts: list[Part] = []
        for same_price in (True, False):
            for order_id, line_id in reversed(self._bought.get((customer, str(line.sku)), ())):
                if not left:
                    break
                order = shop.order(order_id)
                if same_price != _same_price(order, line_id, line):
                    continue
                have = _open_units(order.line(line_id)) - taken.get((order_id, line_id), 0)
                units = min(left, have)
                if units > 0:
                    parts.append(Part(order_id, line_id, units))
                    taken[order_id, line_id] = taken.get((order_id, line_id), 0) + units
                    left -= units
        return parts, left


def _open_units(line: OrderLine) -> int:
    """Units that can still be cancelled or asked back."""
    return line.cancellable + line.returnable


def _same_price(order: Order, line_id: str, credit: CreditLine) -> bool:
    line = order.quote.line(line_id)
    return line.list_amount.minor * credit.quantity == credit.amount.minor * line.quantity

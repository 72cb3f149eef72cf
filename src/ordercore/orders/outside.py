"""What rules about limits read of an order, and of what an order waits to be told.

An order knows no accounts and no stock. A hold whose rule reads of them (``AutoRelease.outside``)
is over when what is told makes the rule hold, or what the order knows by itself does: an order that
needs no more credit is accepted by any account, and one that needs no more stock is short of none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from ordercore.kernel import Money, Sku, answering
from ordercore.orders.control.conditions import fields_outside
from ordercore.orders.order import Order
from ordercore.orders.shortage import unheld
from ordercore.orders.standing import LimitStanding

__all__ = [
    "LimitFacts",
    "account_subject",
    "credit_needed",
    "limits_subject",
    "standing_facts",
    "stock_subject",
    "subjects_of",
    "waits_for",
]

LimitFact: TypeAlias = "Money | bool | str | int | list[dict[str, str | int]] | None"
LimitFacts: TypeAlias = Mapping[str, Mapping[str, LimitFact]]
"""Facts by root, then by name, as :meth:`ordercore.rules.Rule.holds` takes them."""


@answering
def credit_needed(order: Order) -> Money:
    """What of the amount due is neither held nor authorised by any payment.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> str(credit_needed(tea_order()))
        'CNY 315.90'
    """
    covered = sum(each.held_minor + each.open_authorisation_minor for each in order.payments)
    return Money(max(0, order.due_minor - covered), order.currency)


def standing_facts(order: Order, standing: LimitStanding) -> LimitFacts:
    """The facts that rules about limits read of an order; what nobody knows is not among them.

    O(lines + payments).

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> list(standing_facts(tea_order(), LimitStanding(stock={"CUP": 1})))
        ['order', 'stock']
    """
    needed = credit_needed(order)
    facts: dict[str, dict[str, LimitFact]] = {
        "order": {"due": order.due, "credit_needed": needed},
    }
    if standing.limits:
        facts["limits"] = {"order_total": standing.order_total}
    if standing.accepts is not None:
        facts["account"] = {
            "accepts": standing.accepts or not needed,
            "limit": standing.limit,
            "exposure": standing.exposure,
            "available": standing.available,
        }
    elif not needed:
        facts["account"] = {"accepts": True}
    wanted = unheld(order)
    if standing.stock is not None or not wanted:
        told: Mapping[Sku, int] = {} if standing.stock is None else standing.stock
        facts["stock"] = {
            "lines": [
                {"sku": str(sku), "needed": units, "available": told.get(sku, 0)}
                for sku, units in wanted.items()
            ]
        }
    return facts


# --- what an order waits for ---


def account_subject(customer: str) -> str:
    """The account of a customer, as what an order may wait for.

    Example:
        >>> account_subject("c-9")
        'account:c-9'
    """
    return f"account:{customer}"


def stock_subject(sku: str) -> str:
    """The stock of a SKU at all nodes, as what an order may wait for.

    Example:
        >>> stock_subject("TEA")
        'stock:TEA'
    """
    return f"stock:{sku}"


def limits_subject() -> str:
    """The seller's own limits, as what an order may wait for.

    Example:
        >>> limits_subject()
        'limits'
    """
    return "limits"


@answering
def waits_for(order: Order) -> tuple[str, ...]:
    """Of what an order's holds wait to be told, sorted: an account, the stock of SKUs, limits.

    It follows from the order as it stands: an edit that adds a SKU makes it wait for that SKU too.
    O(holds + lines).

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> waits_for(tea_order())
        ()
    """
    subjects: set[str] = set()
    for hold in order.control.holds:
        if hold.auto is not None and hold.auto.outside:
            subjects.update(subjects_of(order, hold.auto.outside))
    return tuple(sorted(subjects))


def subjects_of(order: Order, outside: str) -> tuple[str, ...]:
    """Of what a rule over the facts of limits reads, for an order."""
    subjects: set[str] = set()
    for root in sorted({field.partition(".")[0] for field in fields_outside(outside)}):
        if root == "account" and order.customer is not None:
            subjects.add(account_subject(order.customer))
        elif root == "stock":
            subjects.update(stock_subject(sku) for sku in unheld(order))
        elif root == "limits":
            subjects.add(limits_subject())
    return tuple(sorted(subjects))

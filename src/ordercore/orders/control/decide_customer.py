"""Taking in what the host knows of the buyer."""

from __future__ import annotations

from ordercore.orders.control.commands import RecordCustomer
from ordercore.orders.control.events import CustomerRecorded
from ordercore.orders.control.roles import OrderStanding
from ordercore.orders.customer import told_facts
from ordercore.orders.draft import Draft
from ordercore.orders.events import FactNoted
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules

__all__ = ["record_customer"]


def record_customer(draft: Draft, order: Order, fact: RecordCustomer, rules: OrderRules) -> None:
    """Keep of each word what was told as of the latest instant; what is older is noted only."""
    cause = draft.cause
    if not rules.roles.allows(cause.role, "record_customer", OrderStanding.of(order, ())):
        draft.clash("role.not_allowed", {"role": cause.role, "command": "record_customer"})
        return
    as_of = fact.occurred_at or cause.at
    known = {each.name: each for each in order.control.customer_facts}
    news = {
        told.name: told.value
        for told in told_facts(fact.customer_facts, as_of)
        if told.replaces(known.get(told.name))
    }
    draft.events.append(
        CustomerRecorded(order_id=order.order_id, cause=cause, customer_facts=news, as_of=as_of)
        if news
        else FactNoted(order_id=order.order_id, cause=cause)
    )

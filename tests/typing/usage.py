"""A sale as its user writes it: plain strings where typed identifiers stand, no casts; never run."""

from __future__ import annotations

from typing import assert_type

import pendulum
from hypothesis import given

from ordercore import (
    Cart,
    CartLine,
    Context,
    Money,
    PriceBook,
    Quote,
    Refusal,
    allocate,
    fold,
    orders,
    quote,
)
from ordercore.allocation import LEAST_COST, AllocationPlan
from ordercore.inventory import StockSnapshot
from ordercore.kernel import Finding, Reason, WorkingHours
from ordercore.memory import async_memory_ports, memory_ports
from ordercore.network import Destination, Network
from ordercore.orders import (
    FULFILMENT,
    ORDER_FACTS,
    ConfirmOrder,
    Order,
    PlaceOrder,
    RecordPayment,
    ReserveStock,
    order_facts,
)
from ordercore.pricing import spend_and_save
from ordercore.rules import parse
from ordercore.statemachine import Migrated, gate, stage
from ordercore.testing import History, histories
from ordercore.workflows import Receipt, arun, place_order, run


def a_confirmed_order(
    hangzhou: Destination, network: Network, stock: StockSnapshot, clerk: Context
) -> Order:
    now = pendulum.datetime(2026, 11, 11, 8, tz="Asia/Shanghai")
    book = PriceBook.of(
        {"TEA-250G": Money.of("128.00", "CNY"), "CUP": Money.of("59.90", "CNY")},
        promotions=[spend_and_save("11.11", {"300.00": "40.00", "500.00": "80.00"}, "CNY")],
    )
    cart = Cart(
        lines=[CartLine("1", sku="TEA-250G", quantity=2), CartLine("2", sku="CUP", quantity=1)],
        channel="douyin",
        ship_to=hangzhou,
    )
    q = quote(cart, book, at=now)
    assert_type(q, Quote)
    assert_type(q.total, Money)
    q.explain("11.11", book).missing

    web = Context(now=now, actor="web", role="customer")
    placed = orders.decide(None, PlaceOrder("o-1", quote=q, command_id="c-1"), web).accepted()
    order = fold(orders, placed.events)
    assert_type(order, Order)

    plan = allocate(order.demand(), network, stock, strategy=LEAST_COST, at=now)
    assert_type(plan, AllocationPlan)
    assert_type(plan.bound, Money)
    assert_type(plan.optimal, bool)
    assert_type(plan.explain("node:ningbo", order.demand(), network, stock).reason, Reason)
    orders.check(order, ConfirmOrder("o-1", command_id="c-2"), clerk).reasons
    for step in (
        ReserveStock("o-1", command_id="c-3", allocations=plan.takes),
        RecordPayment("o-1", fact_id="f-1", payment_id="p-1", kind="authorised", amount=q.total),
        ConfirmOrder("o-1", command_id="c-4"),
    ):
        order = fold(orders, orders.decide(order, step, web).accepted().events, order)
    return order


async def with_ports(
    cart: Cart, book: PriceBook, stock: StockSnapshot, network: Network, web: Context
) -> None:
    flow = place_order(cart, order_id="o-2", command_id="c-3", context=web)
    receipt = run(flow, memory_ports(prices=book, stock=stock, network=network), attempts=3)
    assert_type(receipt, Receipt | Refusal)
    mine = async_memory_ports(prices=book, stock=stock, network=network)
    assert_type(await arun(flow, mine, attempts=3), Receipt | Refusal)


def a_rule_that_a_business_person_can_read(order: Order) -> bool:
    rule = parse("order.total > CNY(500000) and customer.rating == 'A'", vocabulary=ORDER_FACTS)
    facts = order_facts(order, customer={"rating": "A"})
    cross_border = FULFILMENT.with_(
        stage("customs", after="packed", limit=WorkingHours(24)),
        gate("hand_over", needs=("customs.declaration_no", "tax.review")),
        version="2026-11",
    )
    assert_type(cross_border.findings, tuple[Finding, ...])
    assert_type(cross_border.to_mermaid() + cross_border.manual("zh"), str)
    plan = FULFILMENT.migrate_to(cross_border, {"handed_over": "customs"})
    assert_type(plan.apply(FULFILMENT.pin, "packed"), Migrated | Refusal)
    rule.evaluate(facts).trace.describe()
    return rule.holds(facts)


@given(histories(lines=2, cancels=True, returns=True))
def we_never_refund_more_than_was_paid(history: History) -> None:
    assert history.order.money.refunded <= history.order.money.paid

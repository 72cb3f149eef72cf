"""What people and adapters build by hand refuses the wrong kind with a code, its path and value."""

from __future__ import annotations

import datetime as dt

import pytest

from ordercore import inventory, orders
from ordercore.allocation import Take, allocate
from ordercore.allocation.specimen import tea_demand, tea_network, tea_stock
from ordercore.channels import DraftLine
from ordercore.inventory import Receive, StockSnapshot
from ordercore.kernel import (
    Context,
    InvalidBatch,
    InvalidValue,
    Money,
    OrdercoreError,
    expect,
    fold,
    instant,
    partition,
)
from ordercore.network import GeoPoint, Node, Rate, Region
from ordercore.orders import (
    AllocateUnits,
    CancelUnits,
    GrantAllowance,
    PlaceOrder,
    RecordPayment,
    RecordRefund,
    ReserveStock,
)
from ordercore.orders.specimen import tea_order
from ordercore.pricing import (
    Cart,
    CartLine,
    PriceBook,
    PricingPolicy,
    percent_off,
    quote,
    spend_and_save,
)
from ordercore.rules import MONEY, Vocabulary, parse
from ordercore.workflows import Receipt

EUR = Money(1, "EUR")
ORDER = {"command_id": "c"}
FACT = {"fact_id": "f", "payment_id": "p"}
HERE = (GeoPoint(0, 0), Region("GB"))


@pytest.mark.parametrize(
    ("make", "code", "path", "value"),
    [
        (lambda: PlaceOrder("o", quote=None, **ORDER), "type.wrong", "quote", None),
        (lambda: GrantAllowance("o", amount="5", **ORDER), "type.wrong", "amount", "5"),
        (lambda: RecordPayment("o", kind="captured", amount=5, **FACT), "type.wrong", "amount", 5),
        (
            lambda: RecordPayment("o", kind="x", amount=EUR, **FACT),
            "choice.unknown",
            "kind",
            "x",
        ),
        (lambda: RecordRefund("o", amount=None, **FACT), "type.wrong", "amount", None),
        (lambda: CancelUnits("", lines={"1": 1}, **ORDER), "identifier.invalid", "order_id", ""),
        (
            lambda: CancelUnits("o", lines={"1": 1}, command_id=" x"),
            "identifier.invalid",
            "command_id",
            " x",
        ),
        (
            lambda: CancelUnits(None, lines={"1": 1}, **ORDER),
            "identifier.invalid",
            "order_id",
            None,
        ),
        (lambda: CancelUnits("o", lines=None, **ORDER), "type.wrong", "lines", None),
        (lambda: CancelUnits("o", lines=["1"], **ORDER), "type.wrong", "lines", ["1"]),
        (lambda: ReserveStock("o", allocations=None, **ORDER), "type.wrong", "allocations", None),
        (lambda: ReserveStock("o", allocations=[5], **ORDER), "type.wrong", "allocations[0]", 5),
        (
            lambda: AllocateUnits(
                "o",
                allocations=[Take("1", sku="T", node="n", service="s", quantity=1), "x"],
                **ORDER,
            ),
            "type.wrong",
            "allocations[1]",
            "x",
        ),
        (lambda: Cart(lines=None), "type.wrong", "lines", None),
        (lambda: percent_off("p", 5, stage="x"), "choice.unknown", "stage", "x"),
        (lambda: PricingPolicy(rounding="x"), "choice.unknown", "rounding", "x"),
        (lambda: Rate(5, per_started_kg=EUR, days=1), "type.wrong", "base", 5),
        (lambda: Rate(EUR, per_started_kg=None, days=1), "type.wrong", "per_started_kg", None),
        (lambda: Node("n", *HERE, cost_per_shipment=3), "type.wrong", "cost_per_shipment", 3),
        (
            lambda: Node("n", *HERE, cost_per_shipment=3, cost_per_parcel=EUR),
            "type.wrong",
            "cost_per_shipment",
            3,
        ),
        (
            lambda: Node("n", *HERE, cost_per_shipment=3, cost_per_parcel=EUR, cost_per_unit=EUR),
            "type.wrong",
            "cost_per_shipment",
            3,
        ),
        (
            lambda: Node("n", *HERE, cost_per_shipment=EUR, cost_per_unit="1"),
            "type.wrong",
            "cost_per_unit",
            "1",
        ),
        (lambda: StockSnapshot.of(None), "type.wrong", "available", None),
        (lambda: StockSnapshot.of({"T": 1}), "stock.key", "available", "T"),
        (lambda: StockSnapshot.of({("T",): 1}), "stock.key", "available", ("T",)),
        (lambda: partition(None, 7), "type.wrong", "key", None),
        (lambda: partition("x", True), "partition.count", "partitions", True),
        (
            lambda: DraftLine("1", sku="T", quantity=10**40, list_amount=EUR),
            "quantity.absurd",
            "quantity",
            10**40,
        ),
        (lambda: expect("3", int, "a.b"), "type.wrong", "a.b", "3"),
    ],
)
def test_the_wrong_kind_is_refused_with_code_path_and_value(make, code, path, value):
    with pytest.raises((InvalidValue, InvalidBatch)) as caught:
        make()
    error = caught.value
    fault = error.faults[0] if isinstance(error, InvalidBatch) else error
    assert (fault.code, fault.path, fault.value) == (code, path, value)


AT = instant("2026-11-11T00:00Z")
BOOK = PriceBook.of({"TEA": EUR})
CART = Cart(lines=[CartLine("1", sku="TEA", quantity=1)])
WORDS = Vocabulary("o", {"o.total": MONEY})
CLERK = Context(now=AT, actor="clerk")
GOT = Receive(sku="TEA", node="n", quantity=1, command_id="1")
PLAN = (tea_demand(), tea_network(), tea_stock())
NONE_OF_THESE = [5, 1.5, "x", b"x", [None], object(), True, Money, dt.datetime(2026, 1, 1)]


@pytest.mark.parametrize("hostile", NONE_OF_THESE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("cart", lambda it: quote(it, BOOK, at=AT)),
        ("book", lambda it: quote(CART, it, at=AT)),
        ("at", lambda it: quote(CART, BOOK, at=it)),
        ("taxes", lambda it: quote(CART, BOOK, at=AT, taxes=it)),
        ("policy", lambda it: quote(CART, BOOK, at=AT, policy=it)),
        ("tariff", lambda it: quote(CART, BOOK, at=AT, tariff=it)),
        ("charges", lambda it: quote(CART, BOOK, at=AT, charges=it)),
        ("shipping", lambda it: quote(CART, BOOK, at=AT, shipping=it)),
        ("manual", lambda it: quote(CART, BOOK, at=AT, manual=it)),
        ("prices", lambda it: PriceBook.of(it)),
        ("prices[TEA]", lambda it: PriceBook.of({"TEA": it})),
        ("promotions", lambda it: PriceBook.of({"TEA": EUR}, promotions=it)),
        ("ladder", lambda it: spend_and_save("p", it, "EUR")),
        ("demand", lambda it: allocate(it, *PLAN[1:], at=AT)),
        ("network", lambda it: allocate(PLAN[0], it, PLAN[2], at=AT)),
        ("stock", lambda it: allocate(*PLAN[:2], it, at=AT)),
        ("at", lambda it: allocate(*PLAN, at=it)),
        ("strategy", lambda it: allocate(*PLAN, at=AT, strategy=it)),
        ("events", lambda it: None if isinstance(it, (list, str, bytes)) else fold(orders, it)),
        ("order", lambda it: orders.decide(it, CancelUnits("o-1", lines={"1": 1}, **ORDER), CLERK)),
        ("command", lambda it: orders.decide(tea_order(), it, CLERK)),
        ("command", lambda it: orders.decide(None, it, CLERK)),
        ("context", lambda it: orders.decide(None, CancelUnits("o", lines={"1": 1}, **ORDER), it)),
        ("order", lambda it: orders.statuses(it)),
        ("state", lambda it: inventory.decide(it, GOT, CLERK)),
        ("command", lambda it: inventory.decide(None, it, CLERK)),
        ("context", lambda it: inventory.decide(None, GOT, it)),
        ("vocabulary", lambda it: parse("o.total > EUR(1)", vocabulary=it)),
    ],
)  # fmt: skip
def test_a_front_door_refuses_what_is_none_of_its_arguments(path, call, hostile):
    try:
        call(hostile)
    except (InvalidValue, InvalidBatch) as error:
        faults = error.faults if isinstance(error, InvalidBatch) else (error,)
        assert all(fault.path.startswith(path) for fault in faults)
    else:
        assert path == "events"


@pytest.mark.parametrize("hostile", [*NONE_OF_THESE, ["x"], ""], ids=lambda it: type(it).__name__)
def test_text_that_is_none_ends_in_an_error_of_the_library(hostile):
    for read in (
        lambda: parse(hostile, vocabulary=WORDS),
        lambda: Money.parse(hostile),
        lambda: Money.of(hostile, "XXX"),
        lambda: Money.of("1", hostile),
    ):
        with pytest.raises(OrdercoreError) as caught:
            read()
        assert caught.value.code


def test_a_receipt_is_accepted():
    receipt = Receipt(order=tea_order())
    assert receipt.accepted() is receipt

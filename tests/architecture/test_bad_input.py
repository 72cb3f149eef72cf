"""What people and adapters build by hand refuses the wrong kind with a code, its path and value."""

from __future__ import annotations

import pytest

from ordercore.allocation import Take
from ordercore.channels import DraftLine
from ordercore.inventory import StockSnapshot
from ordercore.kernel import InvalidBatch, InvalidValue, Money, expect, partition
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
from ordercore.pricing import Cart, PricingPolicy, percent_off
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
            "PaymentKind",
            "x",
        ),
        (lambda: RecordRefund("o", amount=None, **FACT), "type.wrong", "amount", None),
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
        (lambda: percent_off("p", 5, stage="x"), "choice.unknown", "Stage", "x"),
        (lambda: PricingPolicy(rounding="x"), "choice.unknown", "Rounding", "x"),
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


def test_a_receipt_is_accepted():
    receipt = Receipt(order=tea_order())
    assert receipt.accepted() is receipt

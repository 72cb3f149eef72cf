"""A small shop for the tests of workflows: two nodes, one carrier, tea and cups."""

from __future__ import annotations

from ordercore.inventory import StockSnapshot
from ordercore.kernel import Context, Money
from ordercore.memory import MemoryStore, memory_ports
from ordercore.network import (
    CarrierService,
    Destination,
    GeoPoint,
    Network,
    Node,
    Rate,
    Region,
    Zoning,
)
from ordercore.orders import ConfirmOrder, RecordPayment
from ordercore.ports import StockKey
from ordercore.pricing import Cart, CartLine, PriceBook
from ordercore.workflows import Receipt, handle, place_order, run

WEB = Context(now="2026-11-11T00:00:00Z", actor="web", role="customer")
HANGZHOU = Destination(Region("CN", "ZJ", "Hangzhou"), point=GeoPoint.of("30.27", "120.15"))
BOOK = PriceBook.of({"TEA": Money(12800, "CNY"), "CUP": Money(5990, "CNY")})


def yuan(minor):
    return Money(minor, "CNY")


NETWORK = Network(
    [
        Node(
            "ningbo",
            GeoPoint.of("29.87", "121.54"),
            Region("CN", "ZJ", "Ningbo"),
            cost_per_shipment=yuan(100),
        ),
        Node(
            "wuhan",
            GeoPoint.of("30.59", "114.31"),
            Region("CN", "HB", "Wuhan"),
            cost_per_shipment=yuan(900),
        ),
    ],
    [
        CarrierService(
            "sf",
            max_weight_g=30_000,
            max_volume_cm3=200_000,
            rates={"all": Rate(yuan(800), per_started_kg=yuan(0), days=2)},
            zoning=Zoning.flat("all"),
        )
    ],
)


def cart(*quantities, ship_to=HANGZHOU):
    lines = [
        CartLine(str(number), sku=sku, quantity=units)
        for number, (sku, units) in enumerate(quantities, start=1)
    ]
    return Cart(lines=lines, ship_to=ship_to)


def shop(stock, book=BOOK):
    store = MemoryStore(stock=StockSnapshot.of(stock))
    return memory_ports(store=store, prices=book, network=NETWORK), store


def place(number, wanted, **options):
    return place_order(
        wanted, order_id=f"o-{number}", command_id=f"c-{number}", context=WEB, **options
    )


def paid(order_id, minor, kind="captured", fact_id="paid"):
    return RecordPayment(order_id, fact_id=fact_id, payment_id="p-1", kind=kind, amount=yuan(minor))


def sold(ports, number, wanted):
    """An order that is placed, paid and confirmed."""
    order = run(place(number, wanted), ports).order
    for message in (
        paid(order.order_id, order.quote.total.minor),
        ConfirmOrder(order.order_id, command_id="confirm"),
    ):
        receipt = run(handle(message, context=WEB), ports)
        assert isinstance(receipt, Receipt), receipt
    return receipt.order


def books(store):
    """On hand, reserved, shipped, returned and written off, by stock item."""
    return {
        str(key): (item.on_hand, item.reserved, item.shipped, item.returned, item.written_off)
        for key, item in store.stock.items()
    }


NINGBO = StockKey("TEA", "ningbo")


def saved(store):
    """All that a store holds, to be compared later."""
    return (
        dict(store.orders),
        dict(store.stock),
        dict(store.usage),
        list(store.outbox),
        list(store.timers),
        set(store.committed),
        {key: list(log) for key, log in store.order_events.items()},
        {key: list(log) for key, log in store.stock_events.items()},
    )

"""From a cart to a confirmed order: the README's own lines, as a script."""

# --- the shop ---
from ordercore.inventory import StockSnapshot
from ordercore.kernel import Money
from ordercore.network import (
    CarrierService,
    Destination,
    DistanceBand,
    GeoPoint,
    Network,
    Node,
    Rate,
    Region,
    Zoning,
)

hangzhou = Destination(Region("CN", "ZJ", "Hangzhou"), point=GeoPoint.of("30.27", "120.15"))
network = Network(
    nodes=[
        Node(
            "ningbo",
            GeoPoint.of("29.87", "121.54"),
            Region("CN", "ZJ", "Ningbo"),
            cost_per_shipment=Money.of("5.00", "CNY"),
        ),
        Node(
            "hefei",
            GeoPoint.of("31.82", "117.23"),
            Region("CN", "AH", "Hefei"),
            cost_per_shipment=Money.of("3.00", "CNY"),
        ),
    ],
    services=[
        CarrierService(
            "express",
            max_weight_g=30_000,
            max_volume_cm3=120_000,
            zoning=Zoning(bands=[DistanceBand(200_000, "near"), DistanceBand(2_000_000, "far")]),
            rates={
                "near": Rate(
                    Money.of("8.00", "CNY"), per_started_kg=Money.of("1.00", "CNY"), days=1
                ),
                "far": Rate(
                    Money.of("14.00", "CNY"), per_started_kg=Money.of("2.50", "CNY"), days=3
                ),
            },
        )
    ],
)
stock = StockSnapshot.of(
    {("TEA-250G", "ningbo"): 1, ("TEA-250G", "hefei"): 40, ("CUP", "hefei"): 12}
)

# --- thirty lines ---
import pendulum

from ordercore import Cart, CartLine, Context, PriceBook, allocate, fold, orders, quote
from ordercore.allocation import LEAST_COST
from ordercore.orders import ConfirmOrder, PlaceOrder, RecordPayment, ReserveStock
from ordercore.pricing import spend_and_save

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
print(q.total)  # CNY 275.90: 2 × 128.00 + 59.90 − 40.00
print(q.explain("11.11", book).missing)  # have 315.90, need 500.00, short 184.10

web = Context(now=now, actor="web", role="customer")
placed = orders.decide(None, PlaceOrder("o-1", quote=q, command_id="c-1"), web).accepted()
order = fold(orders, placed.events)

plan = allocate(order.demand(), network, stock, strategy=LEAST_COST, at=now)
print(plan.cost.total, plan.bound, plan.optimal)  # what it costs, and that nothing is cheaper
print(plan.explain("node:ningbo", order.demand(), network, stock).reason.code)

print(orders.check(order, ConfirmOrder("o-1", command_id="c-2"), web).codes)  # stock and payment
for step in (
    ReserveStock("o-1", command_id="c-3", allocations=plan.takes),
    RecordPayment("o-1", fact_id="f-1", payment_id="p-1", kind="authorised", amount=q.total),
    ConfirmOrder("o-1", command_id="c-4"),
):
    order = fold(orders, orders.decide(order, step, web).accepted().events, order)
print(order.lifecycle)  # confirmed

"""Strategies for what is sold and where from: items, places, networks, stock, carts, quotes."""

from __future__ import annotations

from fractions import Fraction

import attrs
from hypothesis import strategies as st

from ordercore import inventory
from ordercore.catalog import Catalog, Component, Item
from ordercore.inventory import (
    Receive,
    Release,
    Reserve,
    Return,
    Ship,
    StockCommand,
    StockEvent,
    StockItem,
    StockSnapshot,
)
from ordercore.kernel import Context, Currency, Decision, Instant, Money, fold, instant, shift
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
from ordercore.pricing import (
    NO_CHARGES,
    Adjustment,
    Cart,
    CartLine,
    Charge,
    ChargeBook,
    CouponBatch,
    Delivery,
    DeliveryOption,
    DeliveryRate,
    Fee,
    PriceBook,
    PriceConversion,
    PriceList,
    PriceRow,
    Promotion,
    Quote,
    QuoteLine,
    RateBreak,
    Selector,
    TaxRate,
    TaxTable,
    quote,
    recorded_quote,
)
from ordercore.testing import promotion_values
from ordercore.testing.charge_values import tax_statuses
from ordercore.testing.kernel_values import monies

__all__ = [
    "StockHistory",
    "carts",
    "catalogs",
    "computed_quotes",
    "destinations",
    "geo_points",
    "items",
    "networks",
    "price_books",
    "promotions",
    "quotes",
    "recorded_quotes",
    "regions",
    "stock_histories",
    "stock_items",
    "stock_snapshots",
    "tax_tables",
]

START = instant("2026-11-11T00:00:00Z")
"""When generated sales are quoted and placed."""

SKUS = ("TEA", "CUP", "POT")
"""Few, so that carts, books and stock meet."""

NODES = ("ningbo", "wuhan")
"""The nodes of generated networks and stock."""

_PLACES = (
    (Region("CN", "ZJ", "Hangzhou"), GeoPoint.of("30.27", "120.15")),
    (Region("CN", "ZJ", "Ningbo"), GeoPoint.of("29.87", "121.54")),
    (Region("CN", "HB", "Wuhan"), GeoPoint.of("30.59", "114.31")),
    (Region("GB", "ENG", "Leeds"), GeoPoint.of("53.80", "-1.55")),
)


# --- places ---


def geo_points() -> st.SearchStrategy[GeoPoint]:
    """Points anywhere, poles and date line included."""
    return st.builds(
        GeoPoint, st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000)
    )


def regions() -> st.SearchStrategy[Region]:
    """Countries, some with a subdivision, some with a city."""
    return st.sampled_from([Region("CN"), Region("DE", "BE"), *(region for region, _ in _PLACES)])


@st.composite
def destinations(draw: st.DrawFn) -> Destination:
    """Where orders go, without personal data; some without a point."""
    region, point = draw(st.sampled_from(_PLACES))
    return Destination(
        region,
        postcode_class=draw(st.sampled_from(("", "3100", "LS1"))),
        point=draw(st.sampled_from((point, None))),
        person=draw(st.none() | st.just("p-7")),
        digest=draw(st.sampled_from(("", "0123456789abcdef" * 2))),
    )


@st.composite
def networks(draw: st.DrawFn, *, currency: str = "CNY") -> Network:
    """Two nodes and one or two services that reach everywhere, at drawn costs."""
    cost = monies(currency=currency, max_minor=2_000)
    nodes = [
        Node(
            name,
            point,
            region,
            cost_per_shipment=draw(cost),
            cost_per_parcel=draw(cost),
            cost_per_unit=draw(cost),
            lead_days=draw(st.integers(0, 2)),
        )
        for name, (region, point) in zip(NODES, _PLACES[1:3], strict=True)
    ]
    services = [
        CarrierService(
            name,
            max_weight_g=draw(st.sampled_from((2_000, 30_000))),
            max_volume_cm3=100_000,
            max_value=draw(st.none() | monies(currency=currency, min_minor=1, max_minor=9_000)),
            cm3_per_kg=draw(st.sampled_from((None, 5_000))),
            classes_apart=draw(st.sampled_from(((), (("ambient", "hazard"),)))),
            rates={
                zone: Rate(draw(cost), per_started_kg=draw(cost), days=draw(st.integers(1, 5)))
                for zone in ("near", "far")
            },
            zoning=Zoning(bands=[DistanceBand(300_000, "near")], elsewhere="far"),
        )
        for name in ("sf", "post")[: draw(st.integers(1, 2))]
    ]
    return Network(nodes, services)


# --- goods ---


@st.composite
def items(draw: st.DrawFn, *, sku: str | None = None) -> Item:
    """Items without parts."""
    return Item(
        draw(st.sampled_from(SKUS)) if sku is None else sku,
        name=draw(st.sampled_from(("", "Green tea, 250 g", "茶"))),
        weight_g=draw(st.integers(0, 5_000)),
        volume_cm3=draw(st.integers(0, 5_000)),
        category=draw(st.sampled_from(((), ("grocery",), ("grocery", "tea")))),
        attributes=draw(st.sampled_from(({}, {"colour": "green"}))),
    )


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Catalogues of three items, some with a bundle of them."""
    parts = [draw(items(sku=sku)) for sku in SKUS]
    if draw(st.booleans()):
        bundle = tuple((sku, draw(st.integers(1, 3))) for sku in SKUS[:2])
        components = tuple(Component(sku, units) for sku, units in bundle)
        parts.append(Item("SET", bundle=components))
    return Catalog.of(parts)


# --- stock ---


@attrs.frozen
class StockHistory:
    """The moves of one stock item: commands accepted, events, and what they left."""

    commands: tuple[StockCommand, ...]
    events: tuple[StockEvent, ...]
    item: StockItem


@st.composite
def stock_histories(
    draw: st.DrawFn, *, sku: str = "TEA", node: str = "ningbo", steps: int = 6
) -> StockHistory:
    """Lives of one stock item: received first, then reserved, released, shipped, returned."""
    now = START
    commands: list[StockCommand] = []
    events: list[StockEvent] = []
    state: StockItem | None = None
    first = Receive(sku=sku, node=node, command_id="m-0", quantity=draw(st.integers(1, 9)))
    for number in range(draw(st.integers(0, steps)) + 1):
        command = first if state is None else draw(_moves(state, f"m-{number}", now))
        answer = inventory.decide(state, command, Context(now=now, actor="clerk"))
        now = shift(now, minutes=draw(st.integers(0, 90)))
        if isinstance(answer, Decision) and answer.events:
            commands.append(command)
            events.extend(answer.events)
            state = fold(inventory, answer.events, state)
    return StockHistory(tuple(commands), tuple(events), fold(inventory, events))


@st.composite
def _moves(draw: st.DrawFn, item: StockItem, command_id: str, now: Instant) -> StockCommand:
    sku, node = item.sku, item.node
    kinds = ["receive", "return"]
    if item.available:
        kinds.append("reserve")
    if item.reservations:
        kinds += ["release", "ship"]
    kind = draw(st.sampled_from(kinds))
    if kind == "reserve":
        return Reserve(
            sku=sku,
            node=node,
            command_id=command_id,
            quantity=draw(st.integers(1, item.available)),
            reservation_id=f"o-1/{command_id}",
            order_id="o-1",
            expires_at=draw(st.sampled_from((None, shift(now, days=1)))),
        )
    if kind in {"release", "ship"}:
        held = draw(st.sampled_from(list(item.reservations.values())))
        some = draw(st.integers(1, held.quantity))
        move = Release if kind == "release" else Ship
        return move(
            sku=sku,
            node=node,
            command_id=command_id,
            quantity=some,
            reservation_id=held.reservation_id,
        )
    if kind == "return":
        return Return(
            sku=sku,
            node=node,
            command_id=command_id,
            quantity=draw(st.integers(1, 3)),
            disposition=draw(st.sampled_from(inventory.Disposition)),
        )
    return Receive(sku=sku, node=node, command_id=command_id, quantity=draw(st.integers(1, 9)))


def stock_items(*, sku: str = "TEA", node: str = "ningbo") -> st.SearchStrategy[StockItem]:
    """Stock items as their moves left them."""
    return stock_histories(sku=sku, node=node).map(lambda history: history.item)


@st.composite
def stock_snapshots(draw: st.DrawFn, *, max_units: int = 9) -> StockSnapshot:
    """Levels of a few SKUs at the nodes of :func:`networks`."""
    keys = st.tuples(st.sampled_from(SKUS), st.sampled_from(NODES))
    return StockSnapshot.of(
        draw(st.dictionaries(keys, st.integers(0, max_units), max_size=len(SKUS) * len(NODES)))
    )


# --- sales ---


@st.composite
def carts(draw: st.DrawFn, *, lines: int = 3, units: int = 4) -> Cart:
    """Carts of up to ``lines`` lines of up to ``units`` units; two lines may be of one SKU."""
    return Cart(
        lines=[
            CartLine(
                str(number + 1),
                sku=draw(st.sampled_from(SKUS)),
                quantity=draw(st.integers(1, units)),
                category=draw(st.sampled_from(((), ("grocery", "tea")))),
                weight_g=draw(st.sampled_from((0, 250))),
            )
            for number in range(draw(st.integers(1, lines)))
        ],
        channel=draw(st.sampled_from(("", "douyin", "web"))),
        ship_to=draw(st.none() | destinations()),
        customer=draw(st.sampled_from((None, "c-9"))),
        coupons=draw(st.sampled_from(((), ("SPRING",)))),
        payment_method=draw(st.sampled_from(("", "cod"))),
        deliveries=draw(st.sampled_from(((), (Delivery("default"),)))),
        tax_status=draw(tax_statuses()),
        market=draw(st.sampled_from(("", "cn"))),
        customer_groups=draw(st.sampled_from(((), ("gold", "staff")))),
    )


@st.composite
def promotions(draw: st.DrawFn, *, promotion_id: str = "11.11", currency: str = "CNY") -> Promotion:
    """Every effect on every line, some for a coupon or a code of a batch, some limited."""
    coupon = draw(st.sampled_from((None, "SPRING")))
    batch = CouponBatch("spring", prefix="SPR", uses_per_customer=draw(st.none() | st.just(2)))
    if draw(st.integers(0, 4)) == 0:
        return Promotion(
            promotion_id,
            effect=draw(promotion_values.giving_effects(currency)),
            stage=draw(st.sampled_from(("order", "payment"))),
            usage_limit=draw(st.none() | st.integers(1, 9)),
        )
    return Promotion(
        promotion_id,
        effect=draw(promotion_values.effects(currency)),
        priority=draw(st.integers(-1, 1)),
        funder=draw(st.sampled_from(("merchant", "platform", "manufacturer"))),
        coupon=coupon,
        usage_limit=draw(st.none() | st.integers(1, 9)),
        uses_per_customer=draw(st.none() | st.integers(1, 9)),
        budget=draw(st.just(()) | monies(currency=currency, min_minor=1, max_minor=900)),
        min_margin=draw(st.none() | st.just(Fraction(1, 5))),
        batch=None if coupon is not None else draw(st.none() | st.just(batch)),
    )


@st.composite
def price_books(draw: st.DrawFn, *, currency: str = "CNY", most_promotions: int = 2) -> PriceBook:
    """Books with a price for every SKU of :func:`carts`, breaks, a group's list and promotions."""
    money = monies(currency=currency, max_minor=5_000)
    rows = []
    for sku in SKUS:
        rows.append(PriceRow(sku, draw(money), per=draw(st.sampled_from((1, 1, 3)))))
        if draw(st.booleans()):
            rows.append(PriceRow(sku, draw(money), min_quantity=3))
    lists = []
    if draw(st.booleans()):
        tenth = PriceConversion(factor=Fraction(9, 10))
        lists.append(
            PriceList(
                "gold",
                currency=currency,
                priority=1,
                customer_groups=["gold"],
                fallback="retail",
                conversion=tenth,
            )
        )
    count = draw(st.integers(0, most_promotions))
    return PriceBook(
        lists=[PriceList("retail", currency=currency, rows=rows), *lists],
        promotions=[
            draw(promotions(promotion_id=f"p-{number}", currency=currency))
            for number in range(count)
        ],
    )


def tax_tables() -> st.SearchStrategy[TaxTable]:
    """No tax, and a standard rate within or on top of the prices."""
    rates = st.sampled_from((Fraction(1, 5), Fraction(13, 100), Fraction(825, 10_000)))
    taxed = st.builds(
        lambda rate, included: TaxTable([TaxRate("standard", rate)], included=included),
        rates,
        st.booleans(),
    )
    return st.just(TaxTable()) | taxed


_TARIFF = ChargeBook(
    options=[
        DeliveryOption(
            "post",
            rates=[DeliveryRate("all", [RateBreak(0, Money(490, "CNY"))], measure="weight_g")],
            zoning=Zoning.flat(),
            free_from=Money(9_000, "CNY"),
        )
    ],
    fees=[
        Fee("wrap", Money(130, "CNY"), per="unit", on=Selector(skus=["TEA"])),
        Fee("box", Money(500, "CNY"), per="delivery", refund_with="units"),
        Fee("cod", Money(300, "CNY"), payment_methods=["cod"]),
    ],
)


@st.composite
def computed_quotes(draw: st.DrawFn, *, lines: int = 3, units: int = 4) -> Quote:
    """Quotes that our own pricing computed from a drawn cart, book, charge book and taxes."""
    shipping = draw(st.none() | monies(currency="CNY", max_minor=900))
    cart = draw(carts(lines=lines, units=units))
    if shipping is None and draw(st.booleans()):
        cart = attrs.evolve(cart, deliveries=[Delivery("default", option="post")])
    return quote(
        cart,
        draw(price_books()),
        at=START,
        taxes=draw(tax_tables()),
        shipping=shipping,
        tariff=_TARIFF if cart.deliveries else draw(st.sampled_from((NO_CHARGES, _TARIFF))),
    )


@st.composite
def recorded_quotes(draw: st.DrawFn, *, lines: int = 3, units: int = 4) -> Quote:
    """Quotes built from amounts that a channel reported: discounts do not divide, fees stay."""
    currency = Currency("CNY")
    parts = []
    paid = 0
    for number in range(draw(st.integers(1, lines))):
        listed = draw(st.integers(0, 5_000))
        off = draw(st.integers(0, listed))
        paid += listed - off
        cut = Adjustment(code="deal", kind="promotion", amount=Money(-off, currency))
        parts.append(
            QuoteLine(
                str(number + 1),
                sku=draw(st.sampled_from(SKUS)),
                quantity=draw(st.integers(1, units)),
                list_amount=Money(listed, currency),
                adjustments=[cut] if off else [],
            )
        )
    charges = []
    if draw(st.booleans()):
        fee = Money(draw(st.integers(0, 900)), currency)
        charges.append(Charge("shipping", list_amount=fee, refundable=draw(st.booleans())))
        paid += fee.minor
    # Channels round on their own: at times the total is off by a little, and is kept all the same.
    paid = max(0, paid + draw(st.sampled_from((0, 0, 0, 1, -1))))
    return recorded_quote(
        total=Money(paid, currency), at=START, lines=parts, charges=charges, channel="douyin"
    )


def quotes(*, lines: int = 3, units: int = 4) -> st.SearchStrategy[Quote]:
    """Quotes, computed and recorded."""
    return st.one_of(
        computed_quotes(lines=lines, units=units), recorded_quotes(lines=lines, units=units)
    )

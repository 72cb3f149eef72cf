"""Ids that look alike: what is another request, another order, or another stock item stays so."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.inventory import StockSnapshot
from ordercore.kernel import (
    Context,
    Money,
    Refusal,
)
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
from ordercore.orders import CancelOrder, ItemFacts, OrderPolicy, UnitsReserved
from ordercore.ports import StockKey
from ordercore.pricing import Cart, CartLine, PriceBook, quote
from ordercore.workflows import (
    Receipt,
    handle,
    place_order,
    place_quote,
    reserve_order,
    run,
    stock_moves,
)

WEB = Context(now="2026-11-11T00:00:00Z", actor="web", role="customer")
NINGBO = StockKey("TEA", "ningbo")
HANGZHOU = Destination(Region("CN", "ZJ", "Hangzhou"), point=GeoPoint.of("30.27", "120.15"))
BOOK = PriceBook.of({"TEA": Money(12800, "CNY"), "CUP": Money(5990, "CNY")})
NETWORK = Network(
    [
        Node(
            "ningbo",
            GeoPoint.of("29.87", "121.54"),
            Region("CN", "ZJ", "Ningbo"),
            cost_per_shipment=Money(100, "CNY"),
        )
    ],
    [
        CarrierService(
            "sf",
            max_weight_g=30_000,
            max_volume_cm3=200_000,
            rates={"all": Rate(Money(800, "CNY"), per_started_kg=Money(0, "CNY"), days=2)},
            zoning=Zoning.flat("all"),
        )
    ],
)


def shop(units=9):
    store = MemoryStore(stock=StockSnapshot.of({("TEA", "ningbo"): units}))
    return memory_ports(store=store, prices=BOOK, network=NETWORK), store


def cart(sku="TEA", units=1, **terms):
    terms.setdefault("ship_to", HANGZHOU)
    return Cart(lines=[CartLine("1", sku=sku, quantity=units)], **terms)


def place(wanted=None, *, order_id="o-1", command_id="c-1", **options):
    wanted = cart() if wanted is None else wanted
    return place_order(wanted, order_id=order_id, command_id=command_id, context=WEB, **options)


# --- one id, one request ---


@pytest.mark.parametrize(
    "other",
    [
        cart(units=2),
        cart("CUP"),
        cart(ship_to=None),
        cart(coupons=("TEA10",)),
        cart(customer="c-7"),
        cart(channel="shop"),
        cart(currency="USD"),
    ],
)
def test_another_cart_under_a_known_id_is_no_repeat(other):
    ports, store = shop()
    first = run(place(), ports)
    refusal = run(place(other), ports)
    assert isinstance(refusal, Refusal)
    assert refusal.codes == ("command.id_reused",)
    assert refusal.reasons[0].final
    assert refusal.reasons[0].facts["version"] == 1
    assert store.orders["o-1"] == first.order


@pytest.mark.parametrize(
    "other",
    [
        {"items": {"1": ItemFacts(weight_g=5)}},
        {"external_ref": "#7"},
        {"order_policy": OrderPolicy(remembered_ids=64)},
    ],
)
def test_other_terms_under_a_known_id_are_no_repeat(other):
    ports, _ = shop()
    run(place(), ports)
    assert run(place(**other), ports).codes == ("command.id_reused",)


def test_the_cart_may_name_the_currency_that_it_was_priced_in():
    ports, _ = shop()
    first = run(place(), ports)
    assert run(place(cart(currency="CNY")), ports) == Receipt(order=first.order, repeated=True)


def test_a_repeat_is_answered_whatever_the_prices_are_now():
    ports, store = shop()
    first = run(place(), ports)
    poor = memory_ports(store=store, prices=PriceBook.of({}), network=NETWORK)
    assert run(place(), poor) == Receipt(order=first.order, repeated=True)


def test_the_id_of_a_later_command_does_not_place_an_order():
    ports, _ = shop()
    run(place(), ports)
    run(handle(CancelOrder("o-1", command_id="c-2"), context=WEB), ports)
    assert run(place(command_id="c-2"), ports).codes == ("command.id_reused",)


def test_an_order_exists_once():
    ports, store = shop()
    run(place(), ports)
    assert run(place(command_id="c-2"), ports).codes == ("order.exists",)
    assert store.stock[NINGBO].reserved == 1


# --- ids of two orders and of two use cases ---


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("o-1", "c"), ("o-2", "c")),
        (("o", "1/c"), ("o/1", "c")),
        (("o~1p", "c"), ("o/p", "c")),
        (("o~", "1/c"), ("o~/1", "c")),
    ],
)
def test_two_orders_are_two_whatever_their_ids(first, second):
    ports, store = shop()
    for order_id, command_id in (first, second):
        receipt = run(place(order_id=order_id, command_id=command_id), ports)
        assert not receipt.repeated
        cancel = CancelOrder(order_id, command_id=f"x/{command_id}")
        assert not run(handle(cancel, context=WEB), ports).repeated
        again = run(place(order_id=f"{order_id}+", command_id=command_id), ports)
        assert again.order.order_id == f"{order_id}+"
    assert len(store.orders) == 4
    assert len(store.committed) == 6
    assert (store.stock[NINGBO].reserved, store.stock[NINGBO].available) == (2, 7)


@given(st.lists(st.text("o/~1", min_size=1, max_size=4), min_size=2, max_size=2, unique=True))
def test_holds_of_two_orders_never_share_an_id(ids):
    holds = []
    for order_id in ids:
        ports, store = shop()
        run(place(order_id=order_id, command_id="c"), ports)
        holds.extend(store.stock[NINGBO].reservations)
    assert len(set(holds)) == 2


def test_an_id_may_serve_to_place_to_command_and_to_reserve():
    ports, store = shop(0)
    run(place(backorder=True), ports)
    restocked = attrs.evolve(store.stock[NINGBO], received=4, version=2)
    store.stock[NINGBO] = restocked
    receipt = run(reserve_order(order_id="o-1", command_id="c-1", context=WEB), ports)
    assert [type(event) for event in receipt.events][-1] is UnitsReserved
    assert store.stock[NINGBO].reserved == 1
    assert {"o-1/place/c-1", "o-1/reserve/c-1"} == store.committed


def test_moves_have_ids_of_their_own_within_a_commit():
    ports, _ = shop()
    lines = [CartLine("1", sku="TEA", quantity=1), CartLine("2", sku="TEA", quantity=2)]
    receipt = run(place(Cart(lines=lines, ship_to=HANGZHOU)), ports)
    moves = stock_moves(receipt.order, receipt.events, "scope")
    assert [move.command_id for move in moves] == ["scope/stock/0", "scope/stock/1"]
    assert [move.quantity for move in moves] == [1, 2]


def test_a_quote_is_repeated_by_its_own_id_only():
    ports, _ = shop()
    priced = quote(cart(), BOOK, at=WEB.now)
    terms = {"order_id": "o-1", "context": WEB}
    run(place_quote(priced, command_id="c-1", **terms), ports)
    dearer = quote(cart(units=2), BOOK, at=WEB.now)
    assert run(place_quote(priced, command_id="c-1", **terms), ports).repeated
    assert run(place_quote(dearer, command_id="c-1", **terms), ports).codes == (
        "command.id_reused",
    )

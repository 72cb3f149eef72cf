"""The use cases end to end on memory ports: shortages, races at every yield, and the order's way."""

from __future__ import annotations

import attrs
import pytest

from ordercore.inventory import StockItem, StockSnapshot
from ordercore.kernel import ConcurrencyConflict, Context, Money
from ordercore.memory import MemoryStore, async_memory_ports, memory_ports
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
from ordercore.orders import (
    Assignment,
    CancelOrder,
    CapturePayment,
    CloseOrder,
    ConfirmOrder,
    ConfirmPick,
    Lifecycle,
    PaymentKind,
    PlanFulfilment,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordPayment,
    RefundPayment,
    ReleaseFulfilment,
    RequestReturn,
    ReserveStock,
    ShipUnits,
    StartPicking,
)
from ordercore.ports import StockKey
from ordercore.pricing import (
    Cart,
    CartLine,
    ChargeBook,
    Delivery,
    DeliveryOption,
    DeliveryRate,
    PriceBook,
    RateBreak,
    quote,
    spend_and_save,
)
from ordercore.workflows import (
    Receipt,
    Save,
    arun,
    handle,
    place_order,
    place_quote,
    reserve_order,
    run,
)

WEB = Context(now="2026-11-11T00:00:00Z", actor="web", role="customer")
HANGZHOU = Destination(Region("CN", "ZJ", "Hangzhou"), point=GeoPoint.of("30.27", "120.15"))
BOOK = PriceBook.of({"TEA": Money(12800, "CNY"), "CUP": Money(5990, "CNY")})


def finished(awaitable):
    """The memory adapters never wait, so no event loop is needed to come to the end."""
    try:
        awaitable.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("an in-memory adapter waited")


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


def test_a_cart_becomes_an_order_with_its_stock_held():
    ports, store = shop({("TEA", "ningbo"): 3, ("CUP", "wuhan"): 1})
    receipt = run(place(1, cart(("TEA", 2), ("CUP", 1))), ports)
    assert receipt.order.quote.total == yuan(31590)
    assert {str(key): item.reserved for key, item in store.stock.items()} == {
        "TEA@ningbo": 2,
        "CUP@wuhan": 1,
    }
    assert receipt.plan.complete
    assert store.orders["o-1"] == receipt.order
    assert tuple(store.order_events["o-1"]) == receipt.events


def test_awaited_ports_give_the_same_order():
    stock = {("TEA", "ningbo"): 3}
    ports, store = shop(stock)
    other = MemoryStore(stock=StockSnapshot.of(stock))
    awaited = async_memory_ports(store=other, prices=BOOK, network=NETWORK)
    flow = place(1, cart(("TEA", 2)))
    assert run(flow, ports) == finished(arun(flow, awaited))
    assert store.stock == other.stock


def test_the_same_command_again_gives_the_order_that_it_left():
    ports, store = shop({("TEA", "ningbo"): 3})
    first = run(place(1, cart(("TEA", 2))), ports)
    again = run(place(1, cart(("TEA", 2))), ports)
    assert again == Receipt(order=first.order, repeated=True)
    assert store.stock[next(iter(store.stock))].reserved == 2


def test_a_shortage_is_refused_with_every_reason_and_saves_nothing():
    ports, store = shop({("TEA", "ningbo"): 1})
    refusal = run(place(1, cart(("TEA", 2), ("CUP", 1))), ports)
    assert not refusal
    assert len(refusal.reasons) == 2
    assert not store.orders
    assert not store.committed


def test_what_has_no_price_is_refused():
    ports, store = shop({})
    assert not run(place(1, cart(("POT", 1))), ports)
    assert not store.committed


def test_an_order_without_destination_needs_a_backorder():
    ports, _ = shop({("TEA", "ningbo"): 1})
    nowhere = cart(("TEA", 1), ship_to=None)
    assert run(place(1, nowhere), ports).codes == ("order.no_destination",)
    receipt = run(place(1, nowhere, backorder=True), ports)
    assert receipt.order.line("1").backlog == 1
    refused = run(reserve_order(order_id="o-1", command_id="h", context=WEB), ports)
    assert refused.codes == ("order.no_destination",)


def test_a_backorder_is_held_when_units_arrive():
    ports, store = shop({("TEA", "ningbo"): 1})
    receipt = run(place(1, cart(("TEA", 2)), backorder=True), ports)
    assert receipt.order.line("1").backlog == 1
    hold = reserve_order(order_id="o-1", command_id="h-1", context=WEB)
    assert run(hold, ports).events == ()
    store.stock[StockKey("TEA", "wuhan")] = StockItem(
        sku="TEA", node="wuhan", received=5, version=1
    )
    held = run(hold, ports)
    assert held.order.line("1").backlog == 0
    assert run(hold, ports).repeated
    assert store.stock[StockKey("TEA", "wuhan")].reserved == 1


def test_an_order_that_nobody_knows_is_refused():
    ports, _ = shop({})
    flow = handle(ConfirmOrder("o-9", command_id="c"), context=WEB)
    assert run(flow, ports).codes == ("order.unknown",)
    hold = reserve_order(order_id="o-9", command_id="c", context=WEB)
    assert run(hold, ports).codes == ("order.unknown",)


def paid(order_id, minor):
    return RecordPayment(
        order_id, fact_id="f-1", payment_id="p-1", kind=PaymentKind.CAPTURED, amount=yuan(minor)
    )


def test_an_order_goes_its_whole_way():
    ports, store = shop({("TEA", "ningbo"): 3})
    run(
        place_quote(
            quote(cart(("TEA", 2)), BOOK, at=WEB.now),
            order_id="o-1",
            command_id="c-1",
            context=WEB,
            destination=HANGZHOU,
        ),
        ports,
    )

    def send(message):
        receipt = run(handle(message, context=WEB), ports)
        assert isinstance(receipt, Receipt), receipt
        return receipt

    send(paid("o-1", 25600))
    assert send(paid("o-1", 25600)).repeated
    send(ConfirmOrder("o-1", command_id="c-2"))
    send(ShipUnits("o-1", command_id="c-3", shipment_id="s-1", node="ningbo", lines={"1": 2}))
    item = next(iter(store.stock.values()))
    assert (item.on_hand, item.reserved, item.shipped) == (1, 0, 2)
    send(RecordDelivery("o-1", fact_id="f-2", shipment_id="s-1"))
    send(RequestReturn("o-1", command_id="c-4", return_id="r-1", lines={"1": 2}))
    send(ReceiveReturn("o-1", command_id="c-5", return_id="r-1", units=[
        ReceivedUnits("1", 1, disposition="restock", node="ningbo"),
        ReceivedUnits("1", 1, disposition="scrap", node="ningbo"),
    ]))  # fmt: skip
    item = next(iter(store.stock.values()))
    assert (item.on_hand, item.returned, item.written_off) == (2, 2, 1)
    refunds = [row.effect for row in store.outbox if isinstance(row.effect, RefundPayment)]
    assert [refund.amount for refund in refunds] == [yuan(25600)]
    assert not run(handle(CloseOrder("o-1", command_id="c-6"), context=WEB), ports)


def test_a_cancel_gives_the_stock_back_and_asks_for_the_refund():
    ports, store = shop({("TEA", "ningbo"): 2})
    run(place(1, cart(("TEA", 2))), ports)
    run(handle(paid("o-1", 25600), context=WEB), ports)
    receipt = run(handle(CancelOrder("o-1", command_id="c-9"), context=WEB), ports)
    assert receipt.order.lifecycle is Lifecycle.CANCELLED
    assert next(iter(store.stock.values())).available == 2
    kinds = {type(row.effect).__name__ for row in store.outbox}
    assert "RefundPayment" in kinds
    assert not kinds & {"ReleaseStock", "RestockUnits"}


def test_an_authorised_payment_is_captured_by_way_of_the_outbox():
    ports, store = shop({("TEA", "ningbo"): 1})
    run(place(1, cart(("TEA", 1))), ports)
    fact = RecordPayment("o-1", fact_id="f", payment_id="p", kind="authorised", amount=yuan(12800))
    run(handle(fact, context=WEB), ports)
    run(handle(ConfirmOrder("o-1", command_id="c"), context=WEB), ports)
    run(
        handle(
            ShipUnits("o-1", command_id="d", shipment_id="s", node="ningbo", lines={"1": 1}),
            context=WEB,
        ),
        ports,
    )
    assert any(isinstance(row.effect, CapturePayment) for row in store.outbox)
    assert all(row.aggregate == "order:o-1" for row in store.outbox)


# --- races ---


class Until:
    """Runs a rival to its end just before the n-th question of the workflow is asked."""

    def __init__(self, flow, rival, at):
        self.flow, self.rival, self.at, self.asked = flow, rival, at, 0

    def start(self):
        script, reply = self.flow.start(), None
        while True:
            try:
                request = script.send(reply)
            except StopIteration as stop:
                return stop.value
            if self.asked == self.at:
                self.rival()
            self.asked += 1
            reply = yield request


def questions(flow, ports):
    counted = Until(flow, lambda: None, -1)
    run(counted, ports)
    return counted.asked


STEPS = questions(place(1, cart(("TEA", 1))), shop({("TEA", "ningbo"): 1})[0])


@pytest.mark.parametrize("at", range(STEPS))
def test_the_last_unit_is_sold_once_wherever_the_checkouts_cross(at):
    ports, store = shop({("TEA", "ningbo"): 1})
    outcomes = []
    rival = lambda: outcomes.append(run(place(2, cart(("TEA", 1))), ports))  # noqa: E731
    outcomes.append(run(Until(place(1, cart(("TEA", 1))), rival, at), ports))
    assert [bool(outcome) for outcome in outcomes].count(True) == 1
    assert len(store.orders) == 1
    item = next(iter(store.stock.values()))
    assert (item.reserved, item.available) == (1, 0)


LIMITED = PriceBook.of(
    {"TEA": yuan(12800)},
    promotions=[attrs.evolve(spend_and_save("first", {"100.00": "10.00"}, "CNY"), usage_limit=1)],
)
LIMITED_STEPS = questions(place(1, cart(("TEA", 1))), shop({("TEA", "ningbo"): 9}, LIMITED)[0])


@pytest.mark.parametrize("at", range(LIMITED_STEPS))
def test_the_last_use_of_a_promotion_is_taken_once(at):
    ports, store = shop({("TEA", "ningbo"): 9}, LIMITED)
    outcomes = []
    rival = lambda: outcomes.append(run(place(2, cart(("TEA", 1))), ports))  # noqa: E731
    outcomes.append(run(Until(place(1, cart(("TEA", 1))), rival, at), ports))
    refused = [outcome for outcome in outcomes if not outcome]
    assert [refusal.codes for refusal in refused] == [("promotion.exhausted",)]
    assert next(iter(store.usage.values())).used == 1
    assert len(store.orders) == 1


def test_without_another_attempt_the_conflict_is_the_callers():
    ports, _ = shop({("TEA", "ningbo"): 1})
    rival = lambda: run(place(2, cart(("TEA", 1))), ports)  # noqa: E731
    with pytest.raises(ConcurrencyConflict):
        run(Until(place(1, cart(("TEA", 1))), rival, STEPS - 1), ports, attempts=1)


def test_a_commit_that_was_saved_but_not_heard_of_is_found_again():
    ports, store = shop({("TEA", "ningbo"): 2})

    class Deaf:
        def commit(self, commit, /):
            store.commit(commit)
            return store.commit(commit)

    receipt = run(place(1, cart(("TEA", 1))), attrs.evolve(ports, unit_of_work=Deaf()))
    assert receipt.repeated
    assert receipt.order == store.orders["o-1"]


def test_each_flow_saves_once_at_its_end():
    ports, _ = shop({("TEA", "ningbo"): 1})
    asked = []

    class Watched:
        def start(self):
            script, reply = place(1, cart(("TEA", 1))).start(), None
            while True:
                try:
                    request = script.send(reply)
                except StopIteration as stop:
                    return stop.value
                asked.append(type(request))
                reply = yield request

    run(Watched(), ports)
    assert asked.count(Save) == 1
    assert asked[-1] is Save


# --- what the orders and the stock refuse ---


def test_a_placed_quote_is_repeated_or_refused_by_the_order_itself():
    ports, store = shop({("TEA", "ningbo"): 3})
    wanted = {"order_id": "o-1", "context": WEB, "destination": HANGZHOU}
    priced = quote(cart(("TEA", 1)), BOOK, at=WEB.now)
    first = run(place_quote(priced, command_id="c-1", **wanted), ports)
    again = run(place_quote(priced, command_id="c-1", **wanted), ports)
    assert again == Receipt(order=first.order, repeated=True)
    assert not run(place_quote(priced, command_id="c-2", **wanted), ports)
    assert store.orders["o-1"] == first.order


def test_stock_that_is_not_there_refuses_for_every_line():
    ports, store = shop({("TEA", "wuhan"): 1})
    run(place(1, cart(("TEA", 2), ("CUP", 1)), backorder=True), ports)
    before = store.orders["o-1"]
    hold = ReserveStock(
        "o-1",
        command_id="h",
        allocations=[Assignment("1", 1, node="ningbo"), Assignment("2", 1, node="ningbo")],
    )
    refusal = run(handle(hold, context=WEB), ports)
    assert [reason.code for reason in refusal.reasons] == ["stock.unknown", "stock.unknown"]
    assert store.orders["o-1"] == before


def test_rejected_returns_never_enter_the_books():
    ports, store = shop({("TEA", "ningbo"): 1})
    run(place(1, cart(("TEA", 1))), ports)
    for message in (
        paid("o-1", 12800),
        ConfirmOrder("o-1", command_id="2"),
        ShipUnits("o-1", command_id="3", shipment_id="s", node="ningbo", lines={"1": 1}),
        RecordDelivery("o-1", fact_id="f-2", shipment_id="s"),
        RequestReturn("o-1", command_id="4", return_id="r", lines={"1": 1}),
        ReceiveReturn(
            "o-1",
            command_id="5",
            return_id="r",
            units=[ReceivedUnits("1", 1, disposition="reject", node="ningbo")],
        ),
    ):
        assert isinstance(run(handle(message, context=WEB), ports), Receipt)
    item = next(iter(store.stock.values()))
    assert (item.on_hand, item.returned, item.shipped) == (0, 0, 1)


def test_units_that_a_picker_does_not_find_leave_the_books():
    ports, store = shop({("TEA", "ningbo"): 3})
    run(place(1, cart(("TEA", 2))), ports)
    at = {"fulfilment_id": "fo"}
    for message in (
        paid("o-1", 25600),
        ConfirmOrder("o-1", command_id="1"),
        PlanFulfilment("o-1", command_id="2", **at, node="ningbo"),
        ReleaseFulfilment("o-1", command_id="3", **at),
        StartPicking("o-1", command_id="4", **at),
        ConfirmPick("o-1", command_id="5", **at, picked={"1": 1}, short={"1": 1}),
    ):
        assert isinstance(run(handle(message, context=WEB), ports), Receipt)
    item = next(iter(store.stock.values()))
    # Three lay there on paper: one is found and held, one is not there, one is free.
    assert (item.on_hand, item.reserved) == (2, 1)


def test_an_order_with_nothing_left_to_hold_is_answered_as_it_stands():
    ports, store = shop({("TEA", "ningbo"): 1})
    run(place(1, cart(("TEA", 1))), ports)
    receipt = run(reserve_order(order_id="o-1", command_id="h", context=WEB), ports)
    assert receipt == Receipt(order=store.orders["o-1"])


def test_an_order_is_placed_with_the_delivery_option_that_its_cart_chose():
    ports, _ = shop({("TEA", "ningbo"): 5})
    wanted = attrs.evolve(cart(("TEA", 2)), deliveries=[Delivery(option="post")])
    assert run(place(1, wanted), ports).codes == ("pricing.unknown_delivery_option",)
    post = DeliveryOption(
        "post",
        rates=[DeliveryRate("all", [RateBreak(0, yuan(800))])],
        zoning=Zoning.flat(),
    )
    receipt = run(place(1, wanted, tariff=ChargeBook(options=[post])), ports)
    assert receipt.order.value_minor == 2 * 12800 + 800
    again = run(place(1, wanted, tariff=ChargeBook(options=[post])), ports)
    assert again.order.value_minor == receipt.order.value_minor

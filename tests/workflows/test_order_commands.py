"""Every command and fact with the stock that it moves, by hand; and generated lives of two orders."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.workflows.trade import (
    BOOK,
    HANGZHOU,
    NETWORK,
    NINGBO,
    WEB,
    books,
    cart,
    paid,
    place,
    saved,
    shop,
    sold,
    yuan,
)

from ordercore import inventory, orders
from ordercore.inventory import Receive, StockItem
from ordercore.kernel import Refusal, derived_id, fold
from ordercore.memory import MemoryStore, memory_ports
from ordercore.orders import (
    AllocateUnits,
    Assignment,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    ConfirmOrder,
    GrantAllowance,
    OrderPolicy,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordRefund,
    RefundBalance,
    ReleaseStock,
    ReleaseUnits,
    ReopenOrder,
    RequestReturn,
    ReserveStock,
    RestockUnits,
    ShipUnits,
)
from ordercore.ports import Commit, StockKey
from ordercore.pricing import ClaimUse, PriceBook, UsageDecider, quote, spend_and_save
from ordercore.testing.store import usage_commit
from ordercore.workflows import Receipt, apply_stock_moves, handle, place_quote, reserve_order, run


def sent(ports, message):
    receipt = run(handle(message, context=WEB), ports)
    assert isinstance(receipt, Receipt), receipt
    assert not receipt.repeated
    return receipt


def ship(units, number=1, node="ningbo"):
    return ShipUnits(
        "o-1",
        command_id=f"ship-{number}",
        shipment_id=f"s-{number}",
        node=node,
        lines={"1": units},
    )


def came_back(*parts):
    """Request and reception of a return; each part is units, disposition and node."""
    units = [ReceivedUnits("1", n, disposition=what, node=node) for n, what, node in parts]
    return (
        RequestReturn(
            "o-1", command_id="ask", return_id="r", lines={"1": sum(u.quantity for u in units)}
        ),
        ReceiveReturn("o-1", command_id="back", return_id="r", units=units),
    )


# On hand, reserved, shipped, returned, written off; from an order of 4 of the 6 units at ningbo.
START = (6, 4, 0, 0, 0)
LIVES = {
    "nothing": ([], START, []),
    "ship some": ([ship(3)], (3, 1, 3, 0, 0), ["Notify"]),
    "ship in parts": ([ship(3), ship(1, 2)], (2, 0, 4, 0, 0), ["Notify"] * 2),
    "cancel some": (
        [CancelUnits("o-1", command_id="x", lines={"1": 3})],
        (6, 1, 0, 0, 0),
        ["RefundPayment"],
    ),
    "cancel all": (
        [CancelOrder("o-1", command_id="x")],
        (6, 0, 0, 0, 0),
        ["Notify", "RefundPayment"],
    ),
    "cancel the rest": (
        [ship(3), CancelOrder("o-1", command_id="x")],
        (3, 0, 3, 0, 0),
        ["Notify", "RefundPayment"],
    ),
    "release": (
        [ReleaseUnits("o-1", command_id="x", allocations=["c-1/reserve/0"])],
        (6, 0, 0, 0, 0),
        [],
    ),
    "release after a shipment": (
        [ship(1), ReleaseUnits("o-1", command_id="x", allocations=["c-1/reserve/0"])],
        (5, 0, 1, 0, 0),
        ["Notify"],
    ),
    "plan only": (
        [
            ReleaseUnits("o-1", command_id="x", allocations=["c-1/reserve/0"]),
            AllocateUnits("o-1", command_id="y", allocations=[Assignment("1", 4, node="ningbo")]),
        ],
        (6, 0, 0, 0, 0),
        [],
    ),
    "release what was only planned": (
        [
            ReleaseUnits("o-1", command_id="x", allocations=["c-1/reserve/0"]),
            AllocateUnits("o-1", command_id="y", allocations=[Assignment("1", 4, node="ningbo")]),
            ReleaseUnits("o-1", command_id="z", allocations=["y/0"]),
        ],
        (6, 0, 0, 0, 0),
        [],
    ),
    "plan and hold": (
        [
            ReleaseUnits("o-1", command_id="x", allocations=["c-1/reserve/0"]),
            AllocateUnits("o-1", command_id="y", allocations=[Assignment("1", 2, node="ningbo")]),
            ReserveStock("o-1", command_id="z"),
        ],
        (6, 2, 0, 0, 0),
        [],
    ),
    "deliver": (
        [ship(4), RecordDelivery("o-1", fact_id="d", shipment_id="s-1")],
        (2, 0, 4, 0, 0),
        ["Notify"],
    ),
    "restock": (
        [ship(4), *came_back((3, "restock", "ningbo"))],
        (5, 0, 4, 3, 0),
        ["Notify", "RefundPayment"],
    ),
    "scrap": (
        [ship(4), *came_back((3, "scrap", "ningbo"))],
        (2, 0, 4, 3, 3),
        ["Notify", "RefundPayment"],
    ),
    "scrap where nobody keeps books": (
        [ship(4), *came_back((3, "scrap", None))],
        (2, 0, 4, 0, 0),
        ["Notify", "RefundPayment"],
    ),
    "reject": ([ship(4), *came_back((3, "reject", "ningbo"))], (2, 0, 4, 0, 0), ["Notify"]),
    "some of each": (
        [
            ship(4),
            *came_back((2, "restock", "ningbo"), (1, "scrap", "ningbo"), (1, "reject", None)),
        ],
        (4, 0, 4, 3, 1),
        ["Notify", "RefundPayment"],
    ),
    "money": (
        [
            GrantAllowance("o-1", command_id="g", amount=yuan(100)),
            RecordRefund("o-1", fact_id="b", payment_id="p-1", amount=yuan(100)),
        ],
        START,
        ["RefundPayment"],
    ),
    "to the end and back": (
        [
            ship(4),
            RecordDelivery("o-1", fact_id="d", shipment_id="s-1"),
            CloseOrder("o-1", command_id="z"),
            ReopenOrder("o-1", command_id="again"),
        ],
        (2, 0, 4, 0, 0),
        None,
    ),
}


@pytest.mark.parametrize("life", LIVES)
def test_stock_and_outbox_after_each_life(life):
    messages, stock, outbox = LIVES[life]
    ports, store = shop({("TEA", "ningbo"): 6})
    sold(ports, 1, cart(("TEA", 4)))
    start = len(store.outbox)
    for message in messages:
        before = saved(store)
        receipt = sent(ports, message)
        assert store.orders["o-1"] == receipt.order
        assert saved(store) != before
        after = saved(store)
        repeat = run(handle(message, context=WEB), ports)
        assert repeat == Receipt(order=receipt.order, repeated=True)
        assert saved(store) == after
    assert books(store) == {"TEA@ningbo": stock}
    if outbox is not None:
        kinds = [type(row.effect).__name__ for row in store.outbox[start:]]
        assert kinds == outbox


def test_units_may_come_back_to_a_node_that_never_had_them():
    ports, store = shop({("TEA", "ningbo"): 1})
    sold(ports, 1, cart(("TEA", 1)))
    for message in (ship(1), *came_back((1, "restock", "wuhan"))):
        sent(ports, message)
    assert books(store) == {"TEA@ningbo": (0, 0, 1, 0, 0), "TEA@wuhan": (1, 0, 0, 1, 0)}
    assert [event.order_id for event in store.stock_events[StockKey("TEA", "wuhan")]] == ["o-1"]


def test_every_item_that_a_decision_touches_is_in_its_commit():
    ports, store = shop({("TEA", "ningbo"): 2, ("CUP", "ningbo"): 2, ("TEA", "wuhan"): 9})
    sold(ports, 1, cart(("TEA", 5), ("CUP", 2)))
    assert sum(item.reserved for item in store.stock.values()) == 7
    sent(ports, CancelOrder("o-1", command_id="x"))
    assert all(item.reserved == 0 for item in store.stock.values())
    assert "o-1/command/x" in store.committed


def test_a_refused_command_saves_nothing_and_says_why():
    ports, store = shop({("TEA", "ningbo"): 1})
    run(place(1, cart(("TEA", 1))), ports)
    before = saved(store)
    for message, codes in (
        (ConfirmOrder("o-1", command_id="c"), ("gate.payment",)),
        (ship(2), None),
        (RefundBalance("o-1", command_id="b"), None),
        (RecordDelivery("o-9", fact_id="d", shipment_id="s"), ("order.unknown",)),
        (paid("o-9", 1), ("order.unknown",)),
    ):
        answer = run(handle(message, context=WEB), ports)
        assert isinstance(answer, Refusal), answer
        assert codes is None or answer.codes == codes
    assert saved(store) == before


def test_an_order_that_forgot_a_command_is_covered_by_the_store():
    ports, store = shop({("TEA", "ningbo"): 9})
    run(place(1, cart(("TEA", 9))), ports)
    cancel = CancelUnits("o-1", command_id="x", lines={"1": 1})
    sent(ports, cancel)
    order = store.orders["o-1"]
    store.orders["o-1"] = attrs.evolve(order, commands_seen=type(order.commands_seen)())
    before = saved(store)
    answer = run(handle(cancel, context=WEB), ports)
    assert answer == Receipt(order=store.orders["o-1"], repeated=True)
    assert saved(store) == before


def test_a_store_that_lost_the_order_but_knows_the_commit_gives_what_was_decided():
    ports, store = shop({("TEA", "ningbo"): 1})
    first = run(place(1, cart(("TEA", 1)), order_policy=OrderPolicy(remembered_ids=64)), ports)
    other = MemoryStore()
    other.committed |= store.committed
    again = memory_ports(
        store=other,
        prices=BOOK,
        network=NETWORK,
    )
    receipt = run(
        place(1, cart(("TEA", 1)), order_policy=OrderPolicy(remembered_ids=64), backorder=True),
        again,
    )
    assert receipt.repeated
    assert receipt.order.order_id == first.order.order_id
    assert not other.orders


def test_stock_that_knows_a_hold_of_that_name_refuses_it():
    ports, store = shop({("TEA", "ningbo"): 3})
    key = derived_id("o-1", "c-1", "reserve", "0")
    hold = inventory.Reserve(
        sku="TEA",
        node="ningbo",
        quantity=1,
        command_id="somebody",
        reservation_id=key,
        order_id="o-1",
    )
    (change,), _ = apply_stock_moves([hold], store.stock, WEB)
    store.commit(Commit(command_id="somebody", at=WEB.now, changes=[change]))
    before = saved(store)
    assert run(place(1, cart(("TEA", 1))), ports).codes == ("stock.reservation_exists",)
    assert saved(store) == before


def test_a_promotion_is_used_once_by_one_order_even_if_it_was_used_before_by_it():
    limited = attrs.evolve(spend_and_save("first", {"100.00": "10.00"}, "CNY"), usage_limit=1)
    ports, store = shop(
        {("TEA", "ningbo"): 3}, PriceBook.of({"TEA": yuan(12800)}, promotions=[limited])
    )
    claim = ClaimUse(promotion_id="first", order_id="o-1", command_id="o-1/use/first/c-1", limit=1)
    store.usage["first"] = fold(UsageDecider(), UsageDecider().decide(None, claim, WEB).events)
    assert isinstance(run(place(1, cart(("TEA", 1))), ports), Receipt)
    assert (store.usage["first"].used, store.usage_events) == (1, {})
    assert run(place(2, cart(("TEA", 1))), ports).codes == ("promotion.exhausted",)


def test_every_exhausted_promotion_is_a_reason():
    promotions = [
        attrs.evolve(spend_and_save(name, {"100.00": "10.00"}, "CNY"), usage_limit=1, stage=stage)
        for name, stage in (("a", "order"), ("b", "order"))
    ]
    book = PriceBook.of({"TEA": yuan(12800)}, promotions=promotions)
    used = quote(cart(("TEA", 1)), book, at=WEB.now).promotions
    ports, store = shop({("TEA", "ningbo"): 3}, book)
    for name in used:
        store.commit(usage_commit(name, f"u-{name}", None))
    refusal = run(place(1, cart(("TEA", 1))), ports)
    assert refusal.codes == ("promotion.exhausted",) * len(used)
    assert [reason.facts["promotion"] for reason in refusal.reasons] == sorted(used)
    assert not store.orders


def test_a_hold_from_before_the_order_is_refused_by_the_order():
    ports, store = shop({("TEA", "ningbo"): 1})
    run(place(1, cart(("TEA", 2)), backorder=True), ports)
    store.stock[NINGBO] = attrs.evolve(store.stock[NINGBO], received=5)
    early = attrs.evolve(WEB, now="2026-11-10T00:00:00Z")
    before = saved(store)
    hold = reserve_order(order_id="o-1", command_id="h", context=early)
    assert run(hold, ports).codes == ("clock.backwards",)
    assert saved(store) == before


# --- conservation over two orders that share the stock ---

KEYS = (NINGBO, StockKey("TEA", "wuhan"))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "receive",
                "place",
                "hold",
                "pay",
                "confirm",
                "ship",
                "cancel",
                "end",
                "release",
                "deliver",
                "ask",
                "back",
                "repeat",
            ]
        ),
        st.sampled_from(("o-1", "o-2")),
        st.sampled_from(("ningbo", "wuhan")),
        st.integers(1, 4),
        st.sampled_from(("restock", "scrap", "reject")),
    ),
    max_size=30,
)


# Two orders that are ready to ship, so that most of what is drawn is accepted.
OPENING = [
    ("receive", "", "ningbo", 4, ""),
    ("receive", "", "wuhan", 3, ""),
    *(
        (verb, order_id, "ningbo", 3, "restock")
        for order_id in ("o-1", "o-2")
        for verb in ("place", "pay", "confirm")
    ),
]


def message_for(order, number, verb, node, units, what):
    """The message that a step means for an order as it stands; None where it has none."""
    terms = {"command_id": f"c-{number}"}
    match verb:
        case "pay":
            return paid(order.order_id, order.quote.total.minor, fact_id=f"f-{number}")
        case "confirm":
            return ConfirmOrder(order.order_id, **terms)
        case "ship":
            shipment = f"s-{number}"
            return ShipUnits(
                order.order_id, shipment_id=shipment, node=node, lines={"1": units}, **terms
            )
        case "cancel":
            return CancelUnits(order.order_id, lines={"1": units}, **terms)
        case "end":
            return CancelOrder(order.order_id, **terms)
        case "release":
            known = [held.allocation_id for held in order.allocations if held.node == node]
            return ReleaseUnits(order.order_id, allocations=known, **terms) if known else None
        case "deliver":
            ids = [shipment.shipment_id for shipment in order.shipments] or ["none"]
            return RecordDelivery(order.order_id, fact_id=f"f-{number}", shipment_id=ids[-1])
        case "ask":
            return RequestReturn(order.order_id, return_id="r", lines={"1": units}, **terms)
        case _:
            back = [ReceivedUnits("1", units, disposition=what, node=node)]
            return ReceiveReturn(order.order_id, return_id="r", units=back, **terms)


def check_books(store, received):
    held = dict.fromkeys(KEYS, 0)
    shipped = accepted = 0
    for order in store.orders.values():
        for law in orders.INVARIANTS:
            law.require(order)
        assert orders.replay(None, store.order_events[order.order_id]) == order
        for kept in order.allocations:
            held[StockKey("TEA", kept.node)] += kept.shippable
        shipped += order.line("1").shipped
        accepted += order.line("1").accepted
    items = list(store.stock.values())
    for key, item in store.stock.items():
        for law in inventory.INVARIANTS:
            law.require(item)
        assert item.reserved == held.pop(key)
        assert fold(inventory, store.stock_events[key]) == item
    assert not any(held.values())
    assert sum(item.shipped for item in items) == shipped
    assert sum(item.returned for item in items) == accepted
    assert received == sum(i.on_hand + i.shipped - i.returned + i.written_off for i in items)
    effects = [row.effect for row in store.outbox]
    assert not any(isinstance(effect, ReleaseStock | RestockUnits) for effect in effects)
    assert len({effect.effect_id for effect in effects}) == len(effects)


@given(STEPS)
def test_no_unit_is_lost_or_made_whatever_two_orders_do(steps):
    ports, store = shop({})
    received, accepted = 0, []
    for number, (verb, order_id, node, units, what) in enumerate([*OPENING, *steps]):
        before = saved(store)
        order = store.orders.get(order_id)
        if verb == "receive":
            received += units
            move = Receive(sku="TEA", node=node, quantity=units, command_id=f"m-{number}")
            (change,), _ = apply_stock_moves([move], store.stock, WEB)
            store.commit(Commit(command_id=f"m-{number}", at=WEB.now, changes=[change]))
            continue
        if verb == "repeat":
            if accepted:
                message = accepted[units % len(accepted)]
                assert run(handle(message, context=WEB), ports).repeated
                assert saved(store) == before
            continue
        if verb == "place":
            flow = place_quote(
                quote(cart(("TEA", units)), BOOK, at=WEB.now),
                order_id=order_id,
                command_id=f"c-{number}",
                context=WEB,
                destination=HANGZHOU,
                backorder=what == "restock",
            )
        elif order is None:
            continue
        elif verb == "hold":
            flow = reserve_order(order_id=order_id, command_id=f"c-{number}", context=WEB)
        else:
            message = message_for(order, number, verb, node, units, what)
            if message is None:
                continue
            flow = handle(message, context=WEB)
        answer = run(flow, ports)
        if not isinstance(answer, Receipt) or not answer.events:
            assert saved(store) == before
        else:
            assert store.orders[order_id] == answer.order
            if verb not in ("place", "hold"):
                accepted.append(message)
        check_books(store, received)


def test_moves_of_items_that_nobody_has_are_all_refused():
    moves = [
        inventory.Ship(sku=sku, node="n", quantity=1, command_id=sku, reservation_id="r")
        for sku in ("A", "B")
    ]
    refusal = apply_stock_moves(moves, {}, WEB)
    assert [reason.facts["sku"] for reason in refusal.reasons] == ["A", "B"]
    assert apply_stock_moves([], {}, WEB) == ((), ())


def test_a_move_that_was_made_already_changes_nothing():
    item = StockItem(sku="A", node="n", received=1, version=1)
    move = Receive(sku="A", node="n", quantity=1, command_id="m")
    (change,), _ = apply_stock_moves([move, move], {StockKey("A", "n"): item}, WEB)
    assert (change.expected_version, change.state.version, len(change.events)) == (1, 2, 1)
    assert apply_stock_moves([move], {change.key: change.state}, WEB) == ((), ())


def test_the_end_of_a_hold_is_due():
    item = StockItem(sku="A", node="n", received=1, version=1)
    hold = inventory.Reserve(
        sku="A",
        node="n",
        quantity=1,
        command_id="h",
        reservation_id="r",
        order_id="o",
        expires_at="2026-11-12T00:00:00Z",
    )
    _, due = apply_stock_moves([hold], {StockKey("A", "n"): item}, WEB)
    assert [timer.timer_id for timer in due] == ["expire:r"]

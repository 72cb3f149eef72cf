"""Two flows over one store, stepped by hand through every way in which their questions can cross."""

from __future__ import annotations

from itertools import combinations, islice

import attrs
import pytest
from tests.workflows.trade import BOOK, NINGBO, WEB, books, cart, paid, place, shop, sold, yuan

from ordercore import inventory, orders
from ordercore.inventory import StockItem
from ordercore.kernel import ConcurrencyConflict, Refusal
from ordercore.orders import CancelOrder, CancelUnits, ConfirmOrder, ReleaseUnits, ShipUnits
from ordercore.pricing import PriceBook, spend_and_save
from ordercore.workflows import Receipt, handle, reserve_order, run


class Racer:
    """One flow under way: asks one question a step, and starts over when its commit is late."""

    def __init__(self, flow, ports):
        self.flow, self.ports = flow, ports
        self.script, self.reply, self.outcome = flow.start(), None, None
        self.asked = self.restarts = 0

    def step(self):
        try:
            request = self.script.send(self.reply)
        except StopIteration as stop:
            self.outcome = stop.value
            return
        self.asked += 1
        try:
            self.reply = request.ask(self.ports)
        except ConcurrencyConflict:
            self.restarts += 1
            self.script, self.reply = self.flow.start(), None

    def finish(self):
        while self.outcome is None:
            self.step()


def length(flow, ports):
    """How many steps a flow takes when nobody is in its way."""
    alone = Racer(flow, ports)
    alone.finish()
    assert alone.outcome, alone.outcome
    return alone.asked + 1


def crossings(make, left, right, *, each=1):
    """Every interleaving of two flows (or each n-th), each over a shop of its own."""
    total = length(left, make()[0]), length(right, make()[0])
    for turns in islice(combinations(range(sum(total)), total[0]), 0, None, each):
        ports, store = make()
        racers = Racer(left, ports), Racer(right, ports)
        for turn in range(sum(total)):
            racer = racers[turn not in turns]
            if racer.outcome is None:
                racer.step()
        for racer in racers:
            racer.finish()
        for item in store.stock.values():
            for law in inventory.INVARIANTS:
                law.require(item)
        for order in store.orders.values():
            for law in orders.INVARIANTS:
                law.require(order)
            assert orders.replay(None, store.order_events[order.order_id]) == order
        yield store, *racers


def winner_and_loser(racers):
    outcomes = [racer.outcome for racer in racers]
    won = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    lost = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
    assert (len(won), len(lost)) == (1, 1), outcomes
    return won[0], lost[0]


def test_the_last_unit_is_sold_once():
    met = set()
    for store, *racers in crossings(
        lambda: shop({("TEA", "ningbo"): 1}),
        place(1, cart(("TEA", 1))),
        place(2, cart(("TEA", 1))),
    ):
        won, lost = winner_and_loser(racers)
        assert lost.codes == ("allocation.no_stock",)
        assert list(store.orders) == [won.order.order_id]
        assert books(store) == {"TEA@ningbo": (1, 1, 0, 0, 0)}
        assert len(store.committed) == 1
        met.add((won.order.order_id, racers[0].restarts, racers[1].restarts))
    # Each may win, with the other one late at its commit or too late already at its reads.
    assert met == {("o-1", 0, 0), ("o-1", 0, 1), ("o-2", 0, 0), ("o-2", 1, 0)}


def test_two_of_three_units_and_two_more_do_not_both_fit():
    for store, *racers in crossings(
        lambda: shop({("TEA", "ningbo"): 2, ("TEA", "wuhan"): 1}),
        place(1, cart(("TEA", 2))),
        place(2, cart(("TEA", 2))),
    ):
        _, lost = winner_and_loser(racers)
        assert lost.codes == ("allocation.stock_short",)
        assert sum(item.reserved for item in store.stock.values()) == 2


def test_when_there_is_enough_both_are_sold_whoever_is_late():
    for store, *racers in crossings(
        lambda: shop({("TEA", "ningbo"): 2}),
        place(1, cart(("TEA", 1))),
        place(2, cart(("TEA", 1))),
    ):
        assert all(isinstance(racer.outcome, Receipt) for racer in racers)
        assert sum(racer.restarts for racer in racers) <= 1
        assert store.stock[NINGBO].reserved == 2


LIMITED = PriceBook.of(
    {"TEA": yuan(12800)},
    promotions=[attrs.evolve(spend_and_save("first", {"100.00": "10.00"}, "CNY"), usage_limit=1)],
)


def test_the_last_use_of_a_promotion_is_taken_once():
    for store, *racers in crossings(
        lambda: shop({("TEA", "ningbo"): 9}, LIMITED),
        place(1, cart(("TEA", 1))),
        place(2, cart(("TEA", 1))),
        each=11,
    ):
        won, lost = winner_and_loser(racers)
        assert lost.codes == ("promotion.exhausted",)
        assert lost.reasons[0].facts["used"] == 1
        assert store.usage["first"].used == 1
        assert [event.order_id for event in store.usage_events["first"]] == [won.order.order_id]
        assert store.stock[NINGBO].reserved == 1


@pytest.mark.parametrize("units", [1, 5])
def test_one_checkout_sent_twice_places_one_order(units):
    for store, *racers in crossings(
        lambda: shop({("TEA", "ningbo"): units}),
        place(1, cart(("TEA", 1))),
        place(1, cart(("TEA", 1))),
        each=5,
    ):
        assert sorted(racer.outcome.repeated for racer in racers) == [False, True]
        assert racers[0].outcome.order == racers[1].outcome.order == store.orders["o-1"]
        assert books(store) == {"TEA@ningbo": (units, 1, 0, 0, 0)}


def confirmed():
    ports, store = shop({("TEA", "ningbo"): 3})
    sold(ports, 1, cart(("TEA", 3)))
    return ports, store


SHIP = ShipUnits("o-1", command_id="s", shipment_id="s-1", node="ningbo", lines={"1": 3})
CANCEL = CancelOrder("o-1", command_id="x")


def test_an_order_is_shipped_or_cancelled():
    ends = set()
    for store, *racers in crossings(
        confirmed, handle(SHIP, context=WEB), handle(CANCEL, context=WEB)
    ):
        won, lost = winner_and_loser(racers)
        assert store.orders["o-1"] == won.order
        ends.add((lost.codes, books(store)["TEA@ningbo"]))
    assert ends == {
        (("cancel.nothing_left",), (0, 0, 3, 0, 0)),
        (("order.stage",), (3, 0, 0, 0, 0)),
    }


@pytest.mark.parametrize(("cancelled", "left"), [(1, (1, 0, 2, 0, 0)), (2, None)])
def test_units_are_shipped_or_cancelled_and_never_both(cancelled, left):
    ship = ShipUnits("o-1", command_id="s", shipment_id="s-1", node="ningbo", lines={"1": 2})
    cancel = CancelUnits("o-1", command_id="x", lines={"1": cancelled})
    for store, *racers in crossings(
        confirmed, handle(ship, context=WEB), handle(cancel, context=WEB)
    ):
        if left is None:
            winner_and_loser(racers)
        else:
            assert all(racer.outcome for racer in racers)
            assert books(store)["TEA@ningbo"] == left
        line = store.orders["o-1"].line("1")
        item = store.stock[NINGBO]
        assert (line.shipped, line.shippable) == (item.shipped, item.reserved)


def test_two_orders_of_one_shelf_ship_whoever_is_late():
    def two():
        ports, store = shop({("TEA", "ningbo"): 3})
        sold(ports, 1, cart(("TEA", 1)))
        sold(ports, 2, cart(("TEA", 2)))
        return ports, store

    first, second = (
        ShipUnits(f"o-{n}", command_id="s", shipment_id="s", node="ningbo", lines={"1": n})
        for n in (1, 2)
    )
    for store, *racers in crossings(two, handle(first, context=WEB), handle(second, context=WEB)):
        assert all(racer.outcome for racer in racers)
        assert books(store) == {"TEA@ningbo": (0, 0, 3, 0, 0)}


def test_a_backorder_and_a_checkout_want_the_unit_that_came():
    def waiting():
        ports, store = shop({("TEA", "ningbo"): 0})
        Racer(place(1, cart(("TEA", 1)), backorder=True), ports).finish()
        store.stock[NINGBO] = StockItem(sku="TEA", node="ningbo", received=1, version=2)
        return ports, store

    ends = set()
    for store, hold, checkout in crossings(
        waiting,
        reserve_order(order_id="o-1", command_id="h", context=WEB),
        place(2, cart(("TEA", 1))),
    ):
        assert isinstance(hold.outcome, Receipt)
        held = store.orders["o-1"].line("1").reserved
        ends.add((held, bool(checkout.outcome)))
        assert books(store) == {"TEA@ningbo": (1, 1, 0, 0, 0)}
    assert ends == {(1, False), (0, True)}


def test_one_hold_asked_for_twice_is_a_hold_and_a_repeat():
    def waiting():
        ports, store = shop({("TEA", "ningbo"): 0})
        Racer(place(1, cart(("TEA", 1)), backorder=True), ports).finish()
        store.stock[NINGBO] = StockItem(sku="TEA", node="ningbo", received=1, version=2)
        return ports, store

    hold = reserve_order(order_id="o-1", command_id="h", context=WEB)
    for store, *racers in crossings(waiting, hold, hold):
        assert sorted(racer.outcome.repeated for racer in racers) == [False, True]
        assert racers[0].outcome.order == racers[1].outcome.order == store.orders["o-1"]


def test_units_that_are_planned_anew_meanwhile_are_not_refused_for_it():
    class Between:
        """The stock is asked for after the order's units were released and held again."""

        def load_many(self, keys, /):
            if not moved:
                moved.append(1)
                held = store.orders["o-1"].allocations[0].allocation_id
                release = ReleaseUnits("o-1", command_id="r", allocations=[held])
                Racer(handle(release, context=WEB), ports).finish()
                again = reserve_order(order_id="o-1", command_id="again", context=WEB)
                Racer(again, ports).finish()
            return ports.stock.load_many(keys)

    moved = []
    ports, store = confirmed()
    receipt = run(handle(SHIP, context=WEB), attrs.evolve(ports, stock=Between()))
    assert isinstance(receipt, Receipt)
    assert books(store) == {"TEA@ningbo": (0, 0, 3, 0, 0)}


def test_a_payment_that_arrives_during_a_confirmation_is_never_lost():
    def placed():
        ports, store = shop({("TEA", "ningbo"): 1})
        Racer(place(1, cart(("TEA", 1))), ports).finish()
        Racer(handle(paid("o-1", 12800), context=WEB), ports).finish()
        return ports, store

    more = paid("o-1", 100, fact_id="more")
    confirm = ConfirmOrder("o-1", command_id="c")
    for store, *racers in crossings(
        placed, handle(more, context=WEB), handle(confirm, context=WEB)
    ):
        assert all(racer.outcome for racer in racers)
        assert store.orders["o-1"].money.paid == yuan(12900)


def test_a_price_that_nobody_changed_is_not_asked_for_twice():
    ports, _ = shop({("TEA", "ningbo"): 1}, BOOK)
    alone = Racer(place(1, cart(("TEA", 1))), ports)
    alone.finish()
    assert (alone.asked, alone.restarts) == (5, 0)

"""Uses of promotions through the workflows: claimed with the order, given back with its end, once."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.workflows.test_order_flow import Until, questions
from tests.workflows.trade import BOOK, NETWORK, WEB, cart, place, saved, shop, yuan

from ordercore import orders
from ordercore.kernel import Duration, fold, shift
from ordercore.memory import async_memory_ports
from ordercore.orders import (
    CancelOrder,
    CancelUnits,
    Lifecycle,
    OrderPolicy,
    ReleaseClaims,
    Tick,
    plan_merge,
    plan_split,
)
from ordercore.pricing import PriceBook, UsageDecider, UseReleased, spend_and_save
from ordercore.workflows import arun, handle, run, transfer_orders

TEA = cart(("TEA", 2))
LATER = attrs.evolve(WEB, now=shift(WEB.now, hours=2))


def limited(limit):
    """A shop whose promotion may be used so often."""
    sale = attrs.evolve(spend_and_save("first", {"100.00": "10.00"}, "CNY"), usage_limit=limit)
    return shop({("TEA", "ningbo"): 40}, PriceBook.of({"TEA": yuan(12800)}, promotions=[sale]))


def cancel(number, command_id="x"):
    return handle(CancelOrder(f"o-{number}", command_id=command_id), context=LATER)


def held(store):
    """Uses that orders hold, which are those that count as used."""
    used = sum(order.claims.get("first", 0) for order in store.orders.values())
    usage = store.usage.get("first")
    assert used == (0 if usage is None else usage.used)
    return used


def test_a_cancelled_order_gives_its_use_to_the_next():
    ports, store = limited(1)
    assert run(place(1, TEA), ports).order.claims == {"first": 1}
    assert run(place(2, TEA), ports).codes == ("promotion.exhausted",)
    commits = len(store.committed)
    assert run(cancel(1), ports).order.lifecycle is Lifecycle.CANCELLED
    assert len(store.committed) == commits + 1
    assert held(store) == 0
    # The commit has done it, and the host is not asked.
    assert not [row for row in store.outbox if isinstance(row.effect, ReleaseClaims)]
    assert run(place(2, TEA), ports).order.claims == {"first": 1}
    assert held(store) == 1


def test_a_cancel_that_comes_again_gives_nothing_back_again():
    ports, store = limited(2)
    for number in (1, 2):
        run(place(number, TEA), ports)
    run(cancel(1), ports)
    before = saved(store)
    assert run(cancel(1), ports).repeated
    assert run(cancel(1, "y"), ports).is_refused
    assert run(place(1, TEA), ports).repeated
    assert saved(store) == before and held(store) == 1


def test_an_order_that_expires_gives_its_use_back():
    ports, store = limited(1)
    run(place(1, TEA, order_policy=OrderPolicy(pay_within=Duration.of(hours=1))), ports)
    run(handle(Tick("o-1", command_id="t"), context=LATER), ports)
    assert store.orders["o-1"].lifecycle is Lifecycle.EXPIRED and held(store) == 0


def test_a_policy_may_keep_the_use():
    ports, store = limited(1)
    run(place(1, TEA, order_policy=OrderPolicy(claims="kept")), ports)
    run(cancel(1), ports)
    assert held(store) == 1
    assert run(place(2, TEA), ports).codes == ("promotion.exhausted",)


def test_a_part_cancelled_keeps_the_use_and_the_rest_gives_it_back():
    ports, store = limited(1)
    run(place(1, TEA), ports)
    run(handle(CancelUnits("o-1", command_id="x", lines={"1": 1}), context=LATER), ports)
    assert held(store) == 1
    run(handle(CancelUnits("o-1", command_id="y", lines={"1": 1}), context=LATER), ports)
    assert held(store) == 0


def test_a_use_that_the_store_does_not_know_is_left_to_the_host_and_the_cancel_stands():
    ports, store = limited(1)
    run(place(1, TEA), ports)
    store.usage.clear()
    assert run(cancel(1), ports).order.lifecycle is Lifecycle.CANCELLED
    (row,) = [row for row in store.outbox if isinstance(row.effect, ReleaseClaims)]
    assert row.effect.claims == {"first": 1} and store.usage == {}


def test_of_several_promotions_those_that_are_known_come_back():
    sales = [
        attrs.evolve(spend_and_save(name, {"100.00": "10.00"}, "CNY"), usage_limit=5)
        for name in ("a", "b")
    ]
    book = PriceBook.of({"TEA": yuan(12800)}, promotions=sales)
    ports, store = shop({("TEA", "ningbo"): 9}, book)
    order = run(place(1, TEA), ports).order
    assert order.claims == {"a": 1, "b": 1}
    del store.usage["a"]
    run(cancel(1), ports)
    (row,) = [row for row in store.outbox if isinstance(row.effect, ReleaseClaims)]
    assert row.effect.claims == {"a": 1}
    assert store.usage["b"].used == 0


def test_it_is_the_same_awaited():
    ports, store = limited(1)
    run(place(1, TEA), ports)
    awaited = async_memory_ports(store=store, prices=BOOK, network=NETWORK)
    script = arun(cancel(1), awaited)
    with pytest.raises(StopIteration):
        script.send(None)
    assert held(store) == 0


def test_split_and_merged_orders_hold_what_was_claimed():
    ports, store = limited(3)
    for number in (1, 2):
        run(place(number, TEA), ports)
    split = plan_split(store.orders["o-1"], {"1": 1}, to_order="o-3", transfer_id="t-1").accepted()
    run(transfer_orders(split, context=LATER), ports)
    assert [store.orders[f"o-{n}"].claims.get("first", 0) for n in (1, 2, 3)] == [1, 1, 0]
    merge = plan_merge(store.orders["o-1"], store.orders["o-2"], transfer_id="t-2").accepted()
    run(transfer_orders(merge, context=LATER), ports)
    assert [store.orders[f"o-{n}"].claims.get("first", 0) for n in (1, 2, 3)] == [0, 2, 0]
    assert held(store) == 2
    run(cancel(3), ports)
    assert held(store) == 2
    run(cancel(2), ports)
    assert held(store) == 0
    (back,) = [e for e in store.usage_events["first"] if isinstance(e, UseReleased)]
    assert back.uses == 2


def crossed(first, rival, at):
    """What comes of a rival that runs just before a question of a flow, and of the flow."""
    ports, store = limited(1)
    run(place(1, TEA), ports)
    met = []
    last = run(Until(first, lambda: met.append(run(rival, ports)), at), ports)
    return ports, store, (*met, last)


ASKED = questions(place(1, TEA), limited(1)[0])


@pytest.mark.parametrize("at", range(ASKED))
@pytest.mark.parametrize("cancel_first", [True, False])
def test_the_use_that_comes_back_goes_to_one_order_wherever_two_flows_cross(at, cancel_first):
    """A cancel crosses a checkout, and then another one tries: one of the two has the use."""
    flows = (cancel(1), place(2, TEA))
    ports, store, outcomes = crossed(*(flows if cancel_first else flows[::-1]), at)
    if len(outcomes) < 2:
        return  # The flow asked fewer questions than that.
    assert store.orders["o-1"].lifecycle is Lifecycle.CANCELLED
    assert held(store) == ("o-2" in store.orders)
    run(place(3, TEA), ports)
    assert held(store) == 1
    for key, log in store.usage_events.items():
        assert fold(UsageDecider(), log) == store.usage[key]


@given(st.lists(st.tuples(st.sampled_from("pcr"), st.integers(1, 4)), max_size=12))
def test_at_any_time_as_many_uses_count_as_orders_hold(moves):
    ports, store = limited(2)
    for kind, number in moves:
        if kind == "p":
            run(place(number, TEA), ports)
        else:
            run(cancel(number, "x" if kind == "r" else f"c-{len(store.committed)}"), ports)
        assert held(store) <= 2
        for order_id, order in store.orders.items():
            assert orders.replay(None, store.order_events[order_id]) == order

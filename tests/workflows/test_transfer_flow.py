"""Orders split and merged with their stock, in one commit, or one after the other."""

from __future__ import annotations

import attrs
from tests.workflows.trade import NINGBO, WEB, books, cart, saved, shop, sold, yuan

from ordercore.kernel import Refusal, derived_id
from ordercore.orders import (
    CancelOrder,
    EditOrder,
    GrantAllowance,
    Lifecycle,
    plan_merge,
    plan_split,
)
from ordercore.pricing import QuoteLine
from ordercore.workflows import (
    Receipt,
    Save,
    TransferReceipt,
    handle,
    run,
    transfer_orders,
)

TEA = {("TEA", "ningbo"): 5, ("CUP", "ningbo"): 2}


def trade():
    ports, store = shop(TEA)
    return ports, store, sold(ports, 1, cart(("TEA", 2), ("CUP", 1)))


def holds(store):
    units = {}
    for key, item in store.stock.items():
        for held in item.reservations.values():
            where = (str(key), str(held.order_id))
            units[where] = units.get(where, 0) + held.quantity
    return units


def split(order, lines, n="t-1"):
    return plan_split(order, lines, to_order="o-9", transfer_id=n).accepted()


def test_a_split_moves_units_stock_and_money_in_one_commit():
    ports, store, order = trade()
    before = books(store)
    done = run(transfer_orders(split(order, {"1": 1, "2": 1}), context=WEB), ports)
    assert isinstance(done.accepted(), TransferReceipt)
    assert books(store) == before
    assert holds(store) == {
        ("TEA@ningbo", "o-1"): 1,
        ("TEA@ningbo", "o-9"): 1,
        ("CUP@ningbo", "o-9"): 1,
    }
    assert (done.source.due, done.target.due) == (yuan(12800), yuan(18790))
    assert store.orders["o-1"] == done.source
    assert store.orders["o-9"] == done.target
    assert not [row for row in store.outbox if type(row.effect).__name__ == "ReleaseStock"]
    ended = run(handle(CancelOrder("o-9", command_id="x"), context=WEB), ports)
    assert isinstance(ended, Receipt)
    assert holds(store) == {("TEA@ningbo", "o-1"): 1}


def test_a_merge_brings_them_together_again():
    ports, store, order = trade()
    done = run(transfer_orders(split(order, {"1": 1, "2": 1}), context=WEB), ports)
    plan = plan_merge(done.target, done.source, transfer_id="t-2").accepted()
    both = run(transfer_orders(plan, context=WEB), ports)
    assert (both.source.lifecycle, both.target.due) == (Lifecycle.CANCELLED, order.due)
    assert holds(store) == {("TEA@ningbo", "o-1"): 2, ("CUP@ningbo", "o-1"): 1}


def test_sent_again_it_changes_nothing():
    ports, store, order = trade()
    flow = transfer_orders(split(order, {"2": 1}), context=WEB)
    first = run(flow, ports)
    left = saved(store)
    again = run(flow, ports)
    assert again == TransferReceipt(source=first.source, target=first.target, repeated=True)
    assert saved(store) == left


def test_one_by_one_it_comes_to_the_same():
    ports, store, order = trade()
    plan = split(order, {"1": 1})
    run(handle(plan.out, context=WEB), ports)
    assert holds(store) == {("TEA@ningbo", "o-1"): 1, ("CUP@ningbo", "o-1"): 1}
    done = run(transfer_orders(plan, context=WEB), ports)
    assert holds(store)["TEA@ningbo", "o-9"] == 1
    other_ports, other, same = trade()
    at_once = run(transfer_orders(split(same, {"1": 1}), context=WEB), other_ports)
    assert (done.source, done.target) == (at_once.source, at_once.target)
    assert holds(other) == holds(store)


def test_stock_that_somebody_else_took_in_between_is_waited_for():
    ports, store, order = trade()
    plan = split(order, {"1": 2})
    run(handle(plan.out, context=WEB), ports)
    sold(ports, 2, cart(("TEA", 4)))
    assert isinstance(run(transfer_orders(plan, context=WEB), ports), Refusal)
    without = attrs.evolve(plan, into=attrs.evolve(plan.into, hold=False))
    done = run(transfer_orders(without, context=WEB), ports)
    assert done.target.backordered == {"1": 2}
    assert store.stock[NINGBO].reserved == 4


def test_a_refusal_names_the_reasons_of_both_and_saves_nothing():
    ports, store, order = trade()
    plan = split(order, {"2": 1})
    run(handle(GrantAllowance("o-1", command_id="g", amount=yuan(1)), context=WEB), ports)
    run(transfer_orders(split(store.orders["o-1"], {"1": 1}, "t-0"), context=WEB), ports)
    left = saved(store)
    assert run(transfer_orders(plan, context=WEB), ports).codes == (
        "transfer.stale",
        "order.exists",
    )
    assert saved(store) == left


def test_a_conflict_is_decided_again():
    ports, store, order = trade()
    flow = transfer_orders(split(order, {"2": 1}), context=WEB)
    script = flow.start()
    request = next(script)
    while not isinstance(request, Save):
        request = script.send(request.ask(ports))
    run(handle(GrantAllowance("o-1", command_id="g", amount=yuan(1)), context=WEB), ports)
    assert run(flow, ports).codes == ("transfer.stale",)
    assert "o-9" not in store.orders


def test_an_edit_gives_back_the_stock_of_a_line_that_leaves():
    ports, store, order = trade()
    tea = QuoteLine("1", sku="TEA", quantity=3, list_amount=yuan(38400))
    wanted = attrs.evolve(order.quote, lines=[tea])
    done = run(handle(EditOrder("o-1", command_id="e", quote=wanted), context=WEB), ports)
    assert done.order.backordered == {"1": 1}
    assert holds(store) == {("TEA@ningbo", "o-1"): 2}


def test_ids_of_orders_do_not_mix_up_their_commits():
    ports, store, order = trade()
    run(transfer_orders(split(order, {"2": 1}), context=WEB), ports)
    assert derived_id("o-1", "transfer", "t-1") in store.committed


def test_a_refusal_of_orders_that_moved_on_meanwhile_is_asked_again():
    ports, store, old = trade()
    run(handle(GrantAllowance("o-1", command_id="g", amount=yuan(1)), context=WEB), ports)
    script = transfer_orders(split(store.orders["o-1"], {"2": 1}), context=WEB).start()
    next(script)
    script.send(old)
    request = script.send(None)
    try:
        while True:
            request = script.send(request.ask(ports))
    except StopIteration as stop:
        done = stop.value
    assert done.target == store.orders["o-9"]

"""A repeat of any age is a repeat, whatever an order still remembers."""

from __future__ import annotations

import asyncio

import attrs
import pytest
from tests.workflows.trade import HANGZHOU, WEB, cart, paid, place, shop

from ordercore import orders
from ordercore.inventory import StockItem
from ordercore.kernel import Money
from ordercore.memory import async_memory_ports
from ordercore.orders import (
    CauseKind,
    FactClashed,
    GrantAllowance,
    OrderPolicy,
    RecordPayment,
    accepted_ids,
    decide,
    forgotten_ids,
    replay,
)
from ordercore.ports import StockKey
from ordercore.pricing import Quote, QuoteLine
from ordercore.workflows import LoadAccepted, arun, handle, place_quote, reserve_order, run

FORGETFUL = OrderPolicy(remembered_ids=1)
QUOTE = Quote(
    currency="CNY",
    at=WEB.now,
    lines=[QuoteLine("1", sku="TEA", quantity=2, list_amount=Money(25600, "CNY"))],
)
MANY = 80


def allowance(number, minor=1):
    return GrantAllowance("o-1", command_id=f"a-{number}", amount=Money(minor, "CNY"))


def report(number, minor=1):
    return RecordPayment(
        "o-1", fact_id=f"f-{number}", payment_id="p", kind="failed", amount=Money(minor, "CNY")
    )


def long_life(**options):
    ports, store = shop({("TEA", "ningbo"): 5})
    first = place(1, cart(("TEA", 2)), order_policy=FORGETFUL)
    versions = {"c-1": run(first, ports).accepted().order.version}
    for number in range(MANY):
        for message in (allowance(number), report(number)):
            after = run(handle(message, context=WEB), ports).accepted().order
            versions[_id(message)] = after.version
    return attrs.evolve(ports, **options), store, versions, first


def _id(message):
    return message.command_id if isinstance(message, GrantAllowance) else message.fact_id


@pytest.mark.parametrize("options", [{}, {"command_index": None}], ids=["index", "events"])
def test_a_repeat_of_any_age_is_answered_with_the_version_of_its_first_acceptance(options):
    ports, store, versions, first = long_life(**options)
    order = store.orders["o-1"]
    assert order.commands_seen.find("a-0") is None, "the window must have lost the first ids"
    assert order.facts_seen.find("f-0") is None
    for number in range(MANY):
        for message in (allowance(number), report(number)):
            receipt = run(handle(message, context=WEB), ports)
            assert receipt.repeated
            assert receipt.events == ()
            ids = forgotten_ids(order, message)
            kind = CauseKind.COMMAND if isinstance(message, GrantAllowance) else CauseKind.FACT
            seen = run(_Asked(LoadAccepted("o-1", kind, ids)), ports)
            answer = decide(order, message, attrs.evolve(WEB, seen=seen))
            assert answer.repeated
            assert answer.version == versions[_id(message)]
    assert run(first, ports).repeated
    assert store.orders["o-1"] == order


@attrs.frozen
class _Asked:
    request: object

    def start(self):
        return (yield self.request)


def test_without_the_store_an_old_id_is_new_to_the_order():
    _, store, _, _ = long_life()
    order = store.orders["o-1"]
    assert decide(order, allowance(0), WEB).accepted().events


def test_an_old_command_id_with_another_payload_is_refused():
    ports, store, _, _ = long_life()
    refusal = run(handle(allowance(0, minor=2), context=WEB), ports)
    assert refusal.codes == ("command.id_reused",)
    refusal = run(place(1, cart(("TEA", 1)), order_policy=FORGETFUL), ports)
    assert refusal.codes == ("command.id_reused",)
    assert [noted.codes for noted in store.attempts] == [("command.id_reused",)] * 2


def test_an_old_fact_id_with_another_payload_is_kept_as_a_clash_once():
    ports, store, _, _ = long_life()
    other = report(0, minor=2)
    (event,) = run(handle(other, context=WEB), ports).events
    assert isinstance(event, FactClashed)
    assert event.code == "fact.id_reused"
    for number in range(MANY, 2 * MANY):
        run(handle(report(number), context=WEB), ports).accepted()
    order = store.orders["o-1"]
    assert order.facts_seen.find(event.cause.id) is None
    assert run(handle(other, context=WEB), ports).repeated
    assert store.orders["o-1"] == order


def test_a_quote_that_was_placed_long_ago_is_a_repeat():
    ports, store = shop({("TEA", "ningbo"): 5})
    first = place_quote(
        QUOTE,
        order_id="o-1",
        command_id="c-1",
        context=WEB,
        destination=HANGZHOU,
        order_policy=FORGETFUL,
    )
    run(first, ports).accepted()
    for number in range(MANY):
        run(handle(allowance(number), context=WEB), ports).accepted()
    assert store.orders["o-1"].commands_seen.find("c-1") is None
    assert run(first, ports).repeated


def test_a_reservation_of_long_ago_is_a_repeat():
    ports, store = shop({})
    run(place(1, cart(("TEA", 2)), order_policy=FORGETFUL, backorder=True), ports).accepted()
    store.stock[StockKey("TEA", "ningbo")] = StockItem(
        sku="TEA", node="ningbo", received=5, version=1
    )
    hold = reserve_order(order_id="o-1", command_id="h", context=WEB)
    assert run(hold, ports).accepted().events
    for number in range(MANY):
        run(handle(allowance(number), context=WEB), ports).accepted()
    assert store.orders["o-1"].commands_seen.find("h/reserve") is None
    assert run(hold, ports).repeated


def test_awaited_it_is_the_same():
    _, store, _, _ = long_life()
    for options in ({}, {"command_index": None}):
        ports = attrs.evolve(async_memory_ports(store=store), **options)
        for message in (allowance(0), report(0)):
            assert asyncio.run(arun(handle(message, context=WEB), ports)).repeated


def test_a_life_within_the_window_asks_the_index_nothing():
    ports, _ = shop({("TEA", "ningbo"): 5})

    class Unasked:
        def accepted(self, order_id, kind, ids):
            raise AssertionError("asked")

    ports = attrs.evolve(ports, command_index=Unasked())
    run(place(1, cart(("TEA", 2))), ports).accepted()
    for number in range(20):
        run(handle(allowance(number), context=WEB), ports).accepted()
    assert run(handle(allowance(0), context=WEB), ports).repeated
    assert run(handle(paid("o-1", 5), context=WEB), ports).accepted()


def test_the_events_know_what_the_index_knows():
    _, store, versions, _ = long_life()
    events = store.order_events["o-1"]
    for kind, ids in (
        (CauseKind.COMMAND, [id for id in versions if not id.startswith("f-")]),
        (CauseKind.FACT, [id for id in versions if id.startswith("f-")]),
    ):
        found = accepted_ids(events, kind, [*ids, "never"])
        assert {
            id: known.version for id, known in found.items() if id.startswith(("a-", "f-"))
        } == {id: versions[id] for id in ids if id.startswith(("a-", "f-"))}
        assert all(store.accepted["o-1", kind, id] == known for id, known in found.items())
    assert replay(None, events) == store.orders["o-1"]
    assert forgotten_ids(None, allowance(0)) == ()
    assert (
        orders.may_have_forgotten(store.orders["o-1"], CauseKind.COMMAND, f"a-{MANY - 1}") is False
    )

"""A refusal that stands is noted where the host has a log, and nowhere else."""

from __future__ import annotations

import asyncio

import attrs
import pytest
from tests.workflows.trade import HANGZHOU, WEB, cart, paid, place, shop

from ordercore.kernel import Money, digest
from ordercore.memory import MemoryStore, async_memory_ports
from ordercore.orders import ConfirmOrder, verify
from ordercore.pricing import Quote, QuoteLine
from ordercore.workflows import NoteAttempt, arun, handle, place_quote, reserve_order, run


def test_a_refused_command_is_noted_once_with_who_when_and_why():
    ports, store = shop({("TEA", "ningbo"): 5})
    run(place(1, cart(("TEA", 2))), ports).accepted()
    before = store.orders["o-1"]
    confirm = ConfirmOrder("o-1", command_id="x")
    refusal = run(handle(confirm, context=WEB), ports)
    (noted,) = ports.attempts.attempts("o-1")
    assert noted.codes == refusal.codes == ("gate.payment",)
    assert (noted.message, noted.id, noted.actor, noted.role, noted.at) == (
        "ConfirmOrder",
        "x",
        WEB.actor,
        WEB.role,
        WEB.now,
    )
    assert noted.payload_digest == digest(confirm)
    assert store.orders["o-1"] == before
    assert verify(store.order_events["o-1"], before.audit_head) == ()
    # The same command is accepted once its reason is gone, and nothing tells of the attempt.
    run(handle(paid("o-1", 25600), context=WEB), ports).accepted()
    run(handle(confirm, context=WEB), ports).accepted()
    assert len(store.attempts) == 1
    assert verify(store.order_events["o-1"], store.orders["o-1"].audit_head) == ()


def test_what_is_accepted_or_repeated_is_no_attempt():
    ports, store = shop({("TEA", "ningbo"): 5})
    run(place(1, cart(("TEA", 2))), ports).accepted()
    assert run(place(1, cart(("TEA", 2))), ports).repeated
    assert store.attempts == []


@pytest.mark.parametrize(
    "flow, message, codes",
    [
        (place(1, cart(("TEA", 9))), "PlaceOrder", ("allocation.short",)),
        (place(1, cart(("GOLD", 1))), "PlaceOrder", ("price.missing",)),
        (reserve_order(order_id="o-7", command_id="c-1", context=WEB), "ReserveStock", ("order.unknown",)),
        (handle(paid("o-7", 5), context=WEB), "RecordPayment", ("order.unknown",)),
        (
            place_quote(
                Quote(
                    currency="CNY",
                    at=WEB.now,
                    lines=[QuoteLine("1", sku="TEA", quantity=9, list_amount=Money(900, "CNY"))],
                ),
                order_id="o-1",
                command_id="c-1",
                context=WEB,
                destination=HANGZHOU,
            ),
            "PlaceOrder",
            None,
        ),
    ],
)  # fmt: skip
def test_every_use_case_notes_its_refusal(flow, message, codes):
    ports, store = shop({("TEA", "ningbo"): 5})
    refusal = run(flow, ports)
    assert not refusal
    (noted,) = store.attempts
    assert noted.message == message
    assert noted.codes == refusal.codes
    assert len(noted.payload_digest) == 64
    assert store.orders == {}
    if codes is not None:
        assert noted.codes == refusal.codes


def test_without_a_log_a_refusal_is_answered_and_not_kept():
    ports, store = shop({("TEA", "ningbo"): 5})
    ports = attrs.evolve(ports, attempts=None)
    assert not run(handle(ConfirmOrder("o-1", command_id="x"), context=WEB), ports)
    assert store.attempts == []


@pytest.mark.parametrize("has_log", [True, False])
def test_awaited_it_is_the_same(has_log):
    store = MemoryStore()
    ports = async_memory_ports(store=store)
    if not has_log:
        ports = attrs.evolve(ports, attempts=None)

    async def told():
        refusal = await arun(handle(ConfirmOrder("o-1", command_id="x"), context=WEB), ports)
        noted = () if ports.attempts is None else await ports.attempts.attempts("o-1")
        return refusal, noted

    refusal, noted = asyncio.run(told())
    assert [each.codes for each in noted] == ([refusal.codes] if has_log else [])


def test_a_log_that_fails_is_no_answer():
    class Broken:
        def note(self, attempt):
            raise OSError("disk full")

        def attempts(self, order_id):
            return ()

    ports, _ = shop({})
    ports = attrs.evolve(ports, attempts=Broken())
    with pytest.raises(OSError, match="disk full"):
        run(handle(ConfirmOrder("o-1", command_id="x"), context=WEB), ports)


def test_the_request_is_the_last_thing_that_a_refused_workflow_asks():
    script = handle(ConfirmOrder("o-1", command_id="x"), context=WEB).start()
    next(script)
    script.send(None)
    asked = script.send(None)
    assert isinstance(asked, NoteAttempt)
    assert asked.settles
    with pytest.raises(StopIteration) as done:
        script.send(None)
    assert done.value.value.codes == ("order.unknown",)

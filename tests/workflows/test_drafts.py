"""Orders that are placed as drafts, and what is known of their buyers, through the workflows."""

from __future__ import annotations

import attrs
import pytest
from tests.workflows.trade import BOOK, HANGZHOU, NINGBO, WEB, books, cart, place, saved, shop

from ordercore.kernel import InvalidBatch, shift
from ordercore.orders import (
    HoldRule,
    Lifecycle,
    OrderRules,
    RecordCustomer,
    SubmitOrder,
    UnitsReserved,
)
from ordercore.pricing import ExpectedQuote, QuoteInputs, quote, spend_and_save
from ordercore.workflows import handle, place_quote, reserve_order, run

TEA = cart(("TEA", 2))
LATER = attrs.evolve(WEB, now=shift(WEB.now, minutes=5))


def place_it(priced=None, **options):
    priced = quote(TEA, BOOK, at=WEB.now) if priced is None else priced
    return place_quote(
        priced, order_id="o-1", command_id="c-1", context=WEB, destination=HANGZHOU, **options
    )


@pytest.mark.parametrize(
    "flow", [place(1, TEA, draft=True), place_it(draft=True)], ids=["cart", "quote"]
)
def test_a_draft_is_saved_and_holds_no_stock_before_it_is_submitted_and_reserved(flow):
    ports, store = shop({("TEA", "ningbo"): 3})
    receipt = run(flow, ports)
    assert receipt.order.lifecycle is Lifecycle.DRAFT and receipt.plan is None
    assert books(store)[str(NINGBO)] == (3, 0, 0, 0, 0)
    early = run(reserve_order(order_id="o-1", command_id="r-0", context=WEB), ports)
    assert early.codes == ("order.stage",) and early.reasons[0].remedy.verb == "submit"
    before = saved(store)
    assert run(flow, ports).repeated and saved(store) == before
    run(handle(SubmitOrder("o-1", command_id="s-1"), context=LATER), ports)
    receipt = run(reserve_order(order_id="o-1", command_id="r-1", context=LATER), ports)
    assert receipt.order.lifecycle is Lifecycle.SUBMITTED
    assert [type(event) for event in receipt.events][-1] is UnitsReserved
    assert books(store)[str(NINGBO)] == (3, 2, 0, 0, 0)


def test_a_draft_may_be_above_what_lies_there_and_go_nowhere_yet():
    ports, store = shop({("TEA", "ningbo"): 1})
    nowhere = cart(("TEA", 2), ship_to=None)
    assert run(place(1, nowhere), ports).codes == ("order.no_destination",)
    order = run(place(1, nowhere, draft=True), ports).order
    assert order.lifecycle is Lifecycle.DRAFT and order.destination is None
    assert books(store)[str(NINGBO)] == (1, 0, 0, 0, 0)


def test_a_draft_and_an_order_are_two_requests():
    ports, _ = shop({("TEA", "ningbo"): 3})
    run(place_it(draft=True), ports)
    assert run(place_it(), ports).codes == ("command.id_reused",)
    run(place(2, TEA), ports)
    assert run(place(2, TEA, draft=True), ports).codes == ("command.id_reused",)


def test_only_the_quote_that_is_expected_is_placed():
    ports, store = shop({("TEA", "ningbo"): 3})
    priced = quote(TEA, BOOK, at=WEB.now)
    expected = ExpectedQuote(cart=cart(("TEA", 1)), digest=priced.digest)
    before = saved(store)
    assert run(place_it(priced, expected=expected), ports).codes == ("quote.mismatch",)
    assert saved(store) == before
    expected = ExpectedQuote.of(QuoteInputs(book=BOOK), cart=TEA, digest=priced.digest)
    assert run(place_it(priced, expected=expected), ports).order.quote == priced


def test_a_draft_whose_quote_ran_out_is_not_submitted():
    ports, _ = shop({("TEA", "ningbo"): 3})
    priced = attrs.evolve(quote(TEA, BOOK, at=WEB.now), valid_until=shift(WEB.now, minutes=5))
    run(place_it(priced, draft=True), ports)
    late = run(handle(SubmitOrder("o-1", command_id="s-1"), context=LATER), ports)
    assert late.codes == ("quote.stale",)


def test_a_draft_claims_the_use_of_its_promotion_once():
    once = attrs.evolve(spend_and_save("first", {"100.00": "10.00"}, "CNY"), usage_limit=1)
    book = attrs.evolve(BOOK, promotions=[once])
    ports, store = shop({("TEA", "ningbo"): 9}, book)
    run(place(1, TEA, draft=True), ports)
    run(place(1, TEA, draft=True), ports)
    (usage,) = store.usage.values()
    assert usage.used == 1
    run(handle(SubmitOrder("o-1", command_id="s-1"), context=LATER), ports)
    assert run(place(2, TEA), ports).is_refused


RATED = OrderRules(
    hold_rules=[HoldRule(code="rating", when="customer.rating == 'C'", blocks="ship")]
)


@pytest.mark.parametrize("how", ["cart", "quote"])
def test_what_is_known_of_the_buyer_goes_into_the_order(how):
    ports, _ = shop({("TEA", "ningbo"): 3})
    known = {"customer_facts": {"rating": "C"}, "rules": RATED}
    flow = place(1, TEA, **known) if how == "cart" else place_it(**known)
    order = run(flow, ports).order
    assert order.customer_facts == {"rating": "C"}
    assert [hold.code for hold in order.control.holds] == ["rating"]
    assert run(flow, ports).repeated
    better = RecordCustomer("o-1", fact_id="f-1", customer_facts={"rating": "A"})
    order = run(handle(better, context=LATER, rules=RATED), ports).order
    assert order.control.holds == () and order.customer_facts == {"rating": "A"}


def test_what_is_no_fact_of_a_buyer_is_refused_where_it_is_given():
    with pytest.raises(InvalidBatch) as caught:
        place(1, TEA, customer_facts={"age": 7})
    assert [fault.path for fault in caught.value.faults] == ["customer_facts[age]"]

"""Orders on credit: account and order in one commit, whoever is in the way."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.workflows.test_races import Racer, crossings, winner_and_loser
from tests.workflows.trade import BOOK, NETWORK, WEB, cart, paid, place, shop, yuan

from ordercore import orders
from ordercore.kernel import Context, Refusal
from ordercore.memory import async_memory_ports
from ordercore.orders import (
    CREDIT_INVARIANTS,
    ApproveOverride,
    CancelOrder,
    CancelUnits,
    CapturePayment,
    CreditPolicy,
    EditOrder,
    GrantAllowance,
    InvoiceReserved,
    Lifecycle,
    OpenAccount,
    OrderPolicy,
    PlaceOrder,
    RecordInvoicePayment,
    ReleaseCredit,
    SetLimit,
    SuspendAccount,
    TenderKind,
    VoidPayment,
    credit,
    credit_needed,
)
from ordercore.orders.specimen import tea_quote
from ordercore.ports import Commit, OrderChange
from ordercore.workflows import (
    CREDIT_PAYMENT,
    CreditReceipt,
    Receipt,
    arun,
    confirm_on_credit,
    handle,
    handle_credit,
    run,
)

DESK = Context(now="2026-11-11T01:00:00Z", actor="u-1", role="desk")
STOCK = {("TEA", "ningbo"): 9, ("CUP", "ningbo"): 9}
TEA = 12800


def bought(*quantities, customer="c-9"):
    return attrs.evolve(cart(*quantities), customer=customer)


def account(ports, limit, **policy):
    return run(
        handle_credit(
            OpenAccount("c-9", command_id="open", limit=yuan(limit), policy=CreditPolicy(**policy)),
            context=DESK,
        ),
        ports,
    ).account


def trade(limit, *baskets, **policy):
    """A shop, an account with a limit, and an order for each basket."""
    ports, store = shop(STOCK)
    account(ports, limit, **policy)
    for number, basket in enumerate(baskets, start=1):
        assert run(place(number, bought(*basket)), ports)
    return ports, store


def confirm(number, command_id="confirm"):
    return confirm_on_credit(order_id=f"o-{number}", command_id=command_id, context=DESK)


def send(message, ports):
    return run(handle(message, context=DESK), ports)


def owed(store):
    """Open, unpaid and unapplied on the account."""
    state = store.credit["c-9"]
    return state.open_minor, state.unpaid_minor, sum(state.unapplied.values())


def test_an_order_is_confirmed_with_its_credit_in_one_commit():
    ports, store = trade(TEA * 3, [("TEA", 2)])
    commits = len(store.committed)
    receipt = run(confirm(1), ports)
    assert receipt.order.lifecycle is Lifecycle.CONFIRMED
    assert len(store.committed) == commits + 1
    assert dict(store.credit["c-9"].open) == {"o-1": TEA * 2}
    promise = store.orders["o-1"].payment(CREDIT_PAYMENT)
    assert (promise.tender, promise.authorised_minor) == (TenderKind.INVOICE, TEA * 2)
    assert credit.replay(None, store.credit_events["c-9"]) == store.credit["c-9"]
    # The sign to invoice.
    assert [type(row.effect) for row in store.outbox if isinstance(row.effect, CapturePayment)]


def test_over_the_limit_nothing_is_saved_and_every_reason_is_told():
    ports, store = trade(TEA)
    assert run(place(1, bought(("TEA", 12)), backorder=True), ports)
    before = dict(store.orders), dict(store.credit), set(store.committed)
    refusal = run(confirm(1), ports)
    assert refusal.codes == ("credit.limit", "gate.stock")
    assert refusal.reasons[0].facts["short"] == yuan(TEA * 11)
    assert (dict(store.orders), dict(store.credit), set(store.committed)) == before


def test_only_what_is_not_paid_is_taken():
    ports, store = trade(TEA, [("TEA", 2)])
    assert send(paid("o-1", TEA, kind="authorised"), ports)
    assert run(confirm(1), ports)
    assert owed(store) == (TEA, 0, 0)


def test_a_paid_order_needs_no_account():
    ports, store = shop(STOCK)
    run(place(1, cart(("TEA", 1))), ports)
    send(paid("o-1", TEA), ports)
    assert run(confirm(1), ports).order.lifecycle is Lifecycle.CONFIRMED
    assert store.credit == {}


def test_an_order_without_customer_account_or_existence_is_refused():
    ports, _ = shop(STOCK)
    assert run(confirm(1), ports).codes == ("order.unknown",)
    run(place(1, cart(("TEA", 1))), ports)
    assert run(confirm(1), ports).codes == ("credit.no_customer",)
    run(place(2, bought(("TEA", 1))), ports)
    assert run(confirm(2), ports).codes == ("credit.unknown",)


def test_a_repeat_reserves_nothing():
    ports, store = trade(TEA * 3, [("TEA", 1)])
    run(confirm(1), ports)
    again = run(confirm(1), ports)
    assert again.repeated
    assert owed(store) == (TEA, 0, 0)
    # Another command finds the order confirmed and takes nothing either.
    assert run(confirm(1, "other"), ports).codes == ("order.stage",)
    assert owed(store) == (TEA, 0, 0)


def test_an_id_that_meant_something_else_is_refused():
    ports, store = trade(TEA * 3, [("TEA", 1)])
    assert run(confirm(1, "c-1"), ports).codes == ("command.id_reused",)
    assert owed(store) == (0, 0, 0)


FORGETFUL = OrderPolicy(remembered_ids=1)


def grown_old(ports, many=70):
    """So many commands later an order has forgotten its first ids."""
    for number in range(many):
        give = GrantAllowance("o-1", command_id=f"a-{number}", amount=yuan(1))
        after = send(give, ports).order
    return after


@pytest.mark.parametrize("options", [{}, {"command_index": None}], ids=["index", "events"])
def test_a_repeat_that_the_order_has_forgotten_reserves_nothing(options):
    ports, store = shop(STOCK)
    ports = attrs.evolve(ports, **options)
    account(ports, TEA * 9)
    run(place(1, bought(("TEA", 2)), order_policy=FORGETFUL), ports)
    run(confirm(1), ports)
    order = grown_old(ports)
    assert order.commands_seen.find("confirm") is None, "the window must have lost it"
    # What was promised is less than what is due now, so that credit would be needed again.
    dearer = attrs.evolve(
        order.quote, lines=[attrs.evolve(order.quote.lines[0], list_amount=yuan(TEA * 4))]
    )
    order = send(EditOrder("o-1", command_id="edit", quote=dearer), ports).accepted().order
    assert credit_needed(order)
    before = owed(store), len(store.committed), store.orders["o-1"]
    again = run(confirm(1), ports)
    assert again.repeated and not again.events
    assert (owed(store), len(store.committed), store.orders["o-1"]) == before


@pytest.mark.parametrize("options", [{}, {"command_index": None}], ids=["index", "events"])
def test_a_forgotten_id_that_meant_something_else_books_no_exposure(options):
    ports, store = shop(STOCK)
    ports = attrs.evolve(ports, **options)
    account(ports, TEA * 9)
    run(place(1, bought(("TEA", 2)), order_policy=FORGETFUL), ports)
    assert grown_old(ports).commands_seen.find("c-1") is None
    assert run(confirm(1, "c-1"), ports).codes == ("command.id_reused",)
    assert owed(store) == (0, 0, 0)
    assert run(confirm(1), ports).order.lifecycle is Lifecycle.CONFIRMED
    assert owed(store) == (TEA * 2 - 70, 0, 0)


def test_a_cancel_gives_the_credit_back_in_its_own_commit():
    ports, store = trade(TEA * 2, [("TEA", 2)])
    run(confirm(1), ports)
    commits = len(store.committed)
    receipt = send(CancelOrder("o-1", command_id="x"), ports)
    assert receipt.order.lifecycle is Lifecycle.CANCELLED
    assert len(store.committed) == commits + 1
    assert owed(store) == (0, 0, 0)
    promise = store.orders["o-1"].payment(CREDIT_PAYMENT)
    assert (promise.voided_minor, promise.open_authorisation_minor) == (TEA * 2, 0)
    # The account did what a provider would be asked for.
    assert not [row for row in store.outbox if isinstance(row.effect, VoidPayment)]
    assert send(CancelOrder("o-1", command_id="x"), ports).repeated
    assert orders.replay(None, store.order_events["o-1"]) == store.orders["o-1"]


def test_an_order_that_shrinks_gives_back_what_it_does_not_need():
    ports, store = trade(TEA * 3, [("TEA", 3)])
    run(confirm(1), ports)
    send(CancelUnits("o-1", command_id="x", lines={"1": 1}), ports)
    assert owed(store) == (TEA * 2, 0, 0)
    # Money that comes in beside the credit takes its place.
    send(paid("o-1", TEA), ports)
    assert owed(store) == (TEA, 0, 0)


def test_what_is_invoiced_is_not_released_but_asked_of_the_host():
    ports, store = trade(TEA * 3, [("TEA", 3)])
    run(confirm(1), ports)
    bill = InvoiceReserved(
        "c-9", command_id="i", order_id="o-1", invoice_id="i-1", amount=yuan(TEA)
    )
    run(handle_credit(bill, context=DESK), ports)
    send(CancelOrder("o-1", command_id="x"), ports)
    assert owed(store) == (0, TEA, 0)
    (void,) = [row.effect for row in store.outbox if isinstance(row.effect, VoidPayment)]
    assert (void.payment_id, void.amount) == (CREDIT_PAYMENT, yuan(TEA))
    note = RecordInvoicePayment(
        "c-9", fact_id="n", invoice_id="i-1", amount=yuan(TEA), kind="credit_note"
    )
    receipt = run(handle_credit(note, context=DESK), ports)
    assert owed(store) == (0, 0, 0)
    assert receipt.order.payment(CREDIT_PAYMENT).voided_minor == TEA * 3


def test_all_invoiced_leaves_the_account_alone():
    ports, store = trade(TEA, [("TEA", 1)])
    run(confirm(1), ports)
    bill = InvoiceReserved("c-9", command_id="i", order_id="o-1", invoice_id="i-1")
    run(handle_credit(bill, context=DESK), ports)
    before = store.credit["c-9"]
    send(CancelOrder("o-1", command_id="x"), ports)
    assert store.credit["c-9"] == before
    assert [row for row in store.outbox if isinstance(row.effect, VoidPayment)]


def test_a_release_that_was_sent_by_hand_under_the_same_id_is_not_sent_again():
    ports, store = trade(TEA * 2, [("TEA", 2)])
    run(confirm(1), ports)
    by_hand = ReleaseCredit(
        "c-9", command_id="o-1/credit/command/x", order_id="o-1", amount=yuan(TEA)
    )
    run(handle_credit(by_hand, context=DESK), ports)
    send(CancelOrder("o-1", command_id="x"), ports)
    assert owed(store) == (TEA, 0, 0)
    assert [row for row in store.outbox if isinstance(row.effect, VoidPayment)]


def test_a_paid_invoice_pays_its_order():
    ports, store = trade(TEA * 2, [("TEA", 2)])
    run(confirm(1), ports)
    bill = InvoiceReserved("c-9", command_id="i", order_id="o-1", invoice_id="i-1")
    assert run(handle_credit(bill, context=DESK), ports).order is None
    assert owed(store) == (0, TEA * 2, 0)
    payment = RecordInvoicePayment("c-9", fact_id="b", invoice_id="i-1", amount=yuan(TEA * 2 + 5))
    receipt = run(handle_credit(payment, context=DESK), ports)
    assert isinstance(receipt, CreditReceipt)
    assert receipt.accepted().order.money.outstanding == yuan(0)
    assert owed(store) == (0, 0, 5)
    assert store.orders["o-1"].money.paid == yuan(TEA * 2)
    again = run(handle_credit(payment, context=DESK), ports)
    assert (again.repeated, again.order) == (True, None)
    assert store.orders["o-1"].money.paid == yuan(TEA * 2)


def test_money_that_waited_for_its_invoice_pays_the_order_when_it_is_issued():
    ports, store = trade(TEA, [("TEA", 1)])
    run(confirm(1), ports)
    payment = RecordInvoicePayment("c-9", fact_id="b", invoice_id="i-1", amount=yuan(TEA))
    run(handle_credit(payment, context=DESK), ports)
    assert store.orders["o-1"].money.paid == yuan(0)
    bill = InvoiceReserved("c-9", command_id="i", order_id="o-1", invoice_id="i-1")
    run(handle_credit(bill, context=DESK), ports)
    assert owed(store) == (0, 0, 0)
    assert store.orders["o-1"].money.paid == yuan(TEA)


def test_a_write_off_leaves_the_order_outstanding():
    ports, store = trade(TEA, [("TEA", 1)])
    run(confirm(1), ports)
    bill = InvoiceReserved("c-9", command_id="i", order_id="o-1", invoice_id="i-1")
    run(handle_credit(bill, context=DESK), ports)
    loss = RecordInvoicePayment(
        "c-9", fact_id="w", invoice_id="i-1", amount=yuan(TEA), kind="write_off"
    )
    assert run(handle_credit(loss, context=DESK), ports).order is None
    assert owed(store) == (0, 0, 0)
    assert store.orders["o-1"].money.outstanding == yuan(TEA)


@pytest.mark.parametrize("known", [False, True])
def test_an_invoice_of_an_order_that_is_not_on_credit_is_settled_alone(known):
    ports, store = trade(TEA)
    if known:
        run(place(7, bought(("TEA", 1))), ports)
    from ordercore.orders import ReserveCredit

    for message in (
        ReserveCredit("c-9", command_id="r", order_id="o-7", amount=yuan(50)),
        InvoiceReserved("c-9", command_id="i", order_id="o-7", invoice_id="i-1"),
        RecordInvoicePayment("c-9", fact_id="b", invoice_id="i-1", amount=yuan(50)),
    ):
        receipt = run(handle_credit(message, context=DESK), ports)
        assert receipt.order is None
    assert owed(store) == (0, 0, 0)


def test_a_refusal_of_the_account_is_the_answer():
    ports, store = trade(TEA)
    wish = SetLimit("c-8", command_id="l", limit=yuan(5))
    assert run(handle_credit(wish, context=DESK), ports).codes == ("credit.unknown",)
    assert list(store.credit) == ["c-9"]


def test_a_commit_that_was_saved_by_another_run_is_told_as_a_repeat():
    ports, store = trade(TEA)
    wish = SetLimit("c-9", command_id="l", limit=yuan(5))

    class Lost:
        """Saves, then saves again, as after an answer that was lost on the way."""

        def commit(self, commit, /):
            ports.unit_of_work.commit(commit)
            return ports.unit_of_work.commit(commit)

    receipt = run(handle_credit(wish, context=DESK), attrs.evolve(ports, unit_of_work=Lost()))
    assert receipt.repeated
    assert receipt.account == store.credit["c-9"]
    assert receipt.account.limit == yuan(5)


def test_a_settlement_that_the_order_knows_already_changes_only_the_account():
    ports, store = trade(TEA, [("TEA", 1)])
    run(confirm(1), ports)
    bill = InvoiceReserved("c-9", command_id="i", order_id="o-1", invoice_id="i-1")
    run(handle_credit(bill, context=DESK), ports)
    by_hand = attrs.evolve(
        paid("o-1", TEA, fact_id="credit-settled/fact/b"), payment_id=CREDIT_PAYMENT
    )
    send(by_hand, ports)
    before = store.orders["o-1"]
    payment = RecordInvoicePayment("c-9", fact_id="b", invoice_id="i-1", amount=yuan(TEA))
    receipt = run(handle_credit(payment, context=DESK), ports)
    assert receipt.order is None
    assert owed(store) == (0, 0, 0)
    assert store.orders["o-1"] == before


def test_with_leave_of_another_person_an_order_passes_the_limit():
    ports, store = trade(TEA, [("TEA", 2)])
    assert run(confirm(1), ports).codes == ("credit.limit",)
    leave = ApproveOverride("c-9", command_id="v", order_id="o-1", up_to=yuan(TEA))
    boss = Context(now=DESK.now, actor="u-2", role="credit")
    run(handle_credit(leave, context=boss), ports)
    assert run(confirm(1), ports)
    assert store.credit["c-9"].exposure == yuan(TEA * 2)


def test_an_account_with_the_id_of_an_order_is_not_taken_for_it():
    ports, _ = shop(STOCK)
    run(place(1, cart(("TEA", 1))), ports)
    opening = OpenAccount("o-1", command_id="c-1", limit=yuan(5))
    assert not run(handle_credit(opening, context=DESK), ports).repeated


def test_awaited_it_is_the_same():
    def finished(coroutine):
        try:
            coroutine.send(None)
        except StopIteration as stop:
            return stop.value
        raise AssertionError("an in-memory adapter waited")

    _, store = trade(TEA, [("TEA", 1)])
    ports = async_memory_ports(store=store, prices=BOOK, network=NETWORK)
    assert isinstance(finished(arun(confirm(1), ports)), Receipt)
    bill = InvoiceReserved("c-9", command_id="i", order_id="o-1", invoice_id="i-1")
    finished(arun(handle_credit(bill, context=DESK), ports))
    assert owed(store) == (0, TEA, 0)


# --- races ---


def kept(store):
    for each in store.credit.values():
        for law in CREDIT_INVARIANTS:
            law.require(each)
        assert credit.replay(None, store.credit_events[each.customer]) == each


def test_two_orders_crossing_at_every_step_cannot_both_pass_a_limit_that_fits_one():
    met = set()
    for store, *racers in crossings(
        lambda: trade(TEA, [("TEA", 1)], [("TEA", 1)]), confirm(1), confirm(2)
    ):
        won, lost = winner_and_loser(racers)
        assert lost.codes == ("credit.limit",)
        assert lost.reasons[0].facts["exposure"] == yuan(TEA)
        assert dict(store.credit["c-9"].open) == {won.order.order_id: TEA}
        stages = sorted(str(order.lifecycle) for order in store.orders.values())
        assert stages == ["confirmed", "submitted"]
        kept(store)
        met.add((won.order.order_id, racers[0].restarts, racers[1].restarts))
    # Each may win, with the other one late at its commit or too late already at its reads.
    assert met == {("o-1", 0, 0), ("o-1", 0, 1), ("o-2", 0, 0), ("o-2", 1, 0)}


def test_when_the_limit_fits_both_both_are_confirmed_whoever_is_late():
    for store, *racers in crossings(
        lambda: trade(TEA * 2, [("TEA", 1)], [("TEA", 1)]), confirm(1), confirm(2)
    ):
        assert all(isinstance(racer.outcome, Receipt) for racer in racers)
        assert owed(store) == (TEA * 2, 0, 0)
        kept(store)


def test_one_confirmation_sent_twice_takes_credit_once():
    for store, *racers in crossings(lambda: trade(TEA * 9, [("TEA", 1)]), confirm(1), confirm(1)):
        assert sorted(racer.outcome.repeated for racer in racers) == [False, True]
        assert owed(store) == (TEA, 0, 0)
        kept(store)


def test_a_confirmation_and_a_suspension_never_both_come_first():
    stop = handle_credit(SuspendAccount("c-9", command_id="s"), context=DESK)
    ends = set()
    for store, sale, halt in crossings(lambda: trade(TEA, [("TEA", 1)]), confirm(1), stop):
        assert isinstance(halt.outcome, CreditReceipt)
        if isinstance(sale.outcome, Refusal):
            assert sale.outcome.codes == ("credit.suspended",)
        ends.add((bool(sale.outcome), store.credit["c-9"].open_minor))
        kept(store)
    assert ends == {(True, TEA), (False, 0)}


def test_a_cancel_and_an_invoice_never_lose_an_amount():
    def sold():
        ports, store = trade(TEA, [("TEA", 1)])
        Racer(confirm(1), ports).finish()
        return ports, store

    bill = InvoiceReserved("c-9", command_id="i", order_id="o-1", invoice_id="i-1")
    ends = set()
    for store, ended, billed in crossings(
        sold,
        handle(CancelOrder("o-1", command_id="x"), context=DESK),
        handle_credit(bill, context=DESK),
    ):
        assert ended.outcome
        ends.add((bool(billed.outcome), owed(store)))
        kept(store)
    assert ends == {(True, (0, TEA, 0)), (False, (0, 0, 0))}


# --- a life ---


class CreditLife(RuleBasedStateMachine):
    """One customer buys, cancels, is invoiced and pays; account and orders tell the same story."""

    def __init__(self):
        super().__init__()
        self.ports, self.store = shop({("TEA", "ningbo"): 50})
        self.count = 0
        self.limit = TEA * 4
        account(self.ports, self.limit)

    def id(self, prefix):
        self.count += 1
        return f"{prefix}-{self.count}"

    def ask(self, message):
        return run(handle_credit(message, context=DESK), self.ports)

    @rule(units=st.integers(1, 3))
    def buy(self, units):
        self.count += 1
        number = self.count
        if not run(place(number, bought(("TEA", units))), self.ports):
            return
        room = self.store.credit["c-9"].available.minor
        answer = run(confirm(number), self.ports)
        assert bool(answer) is (TEA * units <= room)

    def confirmed(self):
        live = [o for o in self.store.orders.values() if o.lifecycle is Lifecycle.CONFIRMED]
        return st.sampled_from(sorted(live, key=lambda o: o.order_id))

    any_confirmed = precondition(
        lambda self: any(o.lifecycle is Lifecycle.CONFIRMED for o in self.store.orders.values())
    )

    @any_confirmed
    @rule(data=st.data())
    def cancel(self, data):
        order = data.draw(self.confirmed())
        send(CancelUnits(order.order_id, command_id=self.id("x"), lines={"1": 1}), self.ports)

    @any_confirmed
    @rule(data=st.data(), share=st.integers(1, 2))
    def invoice(self, data, share):
        order = data.draw(self.confirmed())
        held = self.store.credit["c-9"].open.get(order.order_id, 0)
        if held:
            self.ask(
                InvoiceReserved(
                    "c-9",
                    command_id=self.id("v"),
                    order_id=order.order_id,
                    invoice_id=self.id("i"),
                    amount=yuan(max(1, held // share)),
                )
            )

    @precondition(lambda self: self.store.credit["c-9"].invoices)
    @rule(data=st.data(), minor=st.integers(1, TEA * 2))
    def pay(self, data, minor):
        invoice = data.draw(st.sampled_from(sorted(self.store.credit["c-9"].invoices)))
        fact = RecordInvoicePayment(
            "c-9", fact_id=self.id("f"), invoice_id=invoice, amount=yuan(minor)
        )
        assert self.ask(fact).events
        assert self.ask(fact).repeated

    @rule(limit=st.integers(0, 6))
    def change_the_limit(self, limit):
        self.limit = TEA * limit
        assert self.ask(SetLimit("c-9", command_id=self.id("l"), limit=yuan(self.limit)))

    @invariant()
    def the_laws_hold(self):
        kept(self.store)
        for order in self.store.orders.values():
            for law in orders.INVARIANTS:
                law.require(order)
            assert orders.replay(None, self.store.order_events[order.order_id]) == order

    @invariant()
    def account_and_orders_agree(self):
        state = self.store.credit["c-9"]
        assert state.limit.minor == self.limit
        promised = 0
        for order in self.store.orders.values():
            payment = order.payment(CREDIT_PAYMENT)
            if payment is not None:
                promised += payment.authorised_minor - payment.voided_minor
                promised -= payment.captured_minor
        # What orders still promise is what the account still holds against the customer.
        assert promised == state.exposure_minor


TestCreditLife = CreditLife.TestCase
TestCreditLife.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


def test_an_order_with_a_promise_but_no_customer_is_left_alone():
    """A host may say itself that something stands for credit; then it is the host's to undo."""
    ports, store = shop(STOCK)
    quote = tea_quote()
    placed = orders.decide(None, PlaceOrder("o-1", quote=quote, command_id="c"), WEB).accepted()
    order = orders.replay(None, placed.events)
    ports.unit_of_work.commit(
        Commit(
            command_id="c",
            at=WEB.now,
            changes=[OrderChange(expected_version=0, state=order, events=placed.events)],
        )
    )
    promise = attrs.evolve(paid("o-1", 500, kind="authorised"), payment_id=CREDIT_PAYMENT)
    send(promise, ports)
    send(CancelOrder("o-1", command_id="x"), ports)
    assert [row for row in store.outbox if isinstance(row.effect, VoidPayment)]
    assert store.credit == {}

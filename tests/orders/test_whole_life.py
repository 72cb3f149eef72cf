"""One order from the cart to the pay-out: every stage passed, every axis worked out by hand first.

Two tins of tea at 112.00, a cup at 51.90 and its installation at 40.00, with shipping 325.90. The
order goes abroad: customs wants a number before the hand-over and releases the goods on their way,
their quality is checked at the door, and a bill needs the signed waybill and the acceptance.
"""

from __future__ import annotations

import re

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.scenario_words import (
    LINES,
    NOW,
    allocate,
    appoint,
    ask_back,
    asked_for,
    axes,
    balance,
    call_back,
    cancel,
    cancel_order,
    close,
    cny,
    complete,
    confirm,
    deliver,
    hand_over,
    hand_to_node,
    heard,
    issue,
    laws_broken,
    line,
    live,
    money,
    pack,
    paid_out,
    pay,
    pick,
    place,
    plan,
    refunded,
    reopen,
    reserve,
    scan,
    ship,
    show,
    stages,
    start,
    take_back,
    take_off,
    told,
    when,
)

from ordercore.kernel import Context, encode, instant, shift, to_text
from ordercore.orders import (
    DEFAULT_GATES,
    FULFILMENT,
    Flow,
    Gate,
    ItemFacts,
    OrderDecider,
    OrderPolicy,
    OrderRules,
    Remembered,
    evolve,
    replay,
)
from ordercore.orders.chain import link
from ordercore.pricing import Charge, Quote
from ordercore.statemachine import gate, stage

ABROAD = FULFILMENT.with_(
    gate("hand_over", needs=["customs.declaration_no"]),
    stage("customs", after="handed_over", before="in_transit", needs=["customs.release"]),
    stage(
        "quality_check", after="out_for_delivery", before="delivered", needs=["quality.accepted"]
    ),
    version="abroad",
)
RULES = OrderRules(
    flows=[Flow(machine=ABROAD)],
    gates=[*DEFAULT_GATES, Gate("issue_invoice", ["waybill.signed", "acceptance"])],
)
SHOP = OrderDecider(RULES)
QUOTE = Quote(
    currency="CNY",
    at=NOW,
    lines=[*LINES, line("3", "INSTALL", 1, "40.00", "0.00")],
    charges=[Charge("shipping", list_amount=cny("10.00"))],
)


@attrs.frozen
class Row:
    """A word, what it makes happen, and where the order then stands.

    ``no`` is a command that is illegal there, with the codes of its refusal.
    """

    id: str
    word: object
    events: str
    axes: str
    money: str
    stages: str
    no: object
    codes: str


DUE = "325.90 0.00 0.00"
PAID = "325.90 325.90 0.00"
LESS = "274.00 325.90 0.00"
HELD = "paid partially_reserved none not_due open preparing"
AWAY = "paid partially_shipped none pending open partially_shipped"
HERE = "paid partially_delivered none pending open partially_shipped"
BACK = "partially_refunded delivered partially_returned invoiced open delivered"
BOTH = "fo-1 delivered fo-i performed"
FITTER = "fo-1 delivered fo-i"

# fmt: off
SCRIPT = (
    Row("placed",
        place(QUOTE, items={"3": ItemFacts(kind="service")}, policy=OrderPolicy(settled_first=True)),
        "OrderPlaced", "unpaid unfulfilled none not_due nothing awaiting_payment", DUE, "",
        confirm(), "gate.stock gate.payment"),
    Row("payment promised", pay("authorised", "325.90"),
        "PaymentRecorded", "authorised unfulfilled none not_due nothing placed", DUE, "",
        confirm(), "gate.stock"),
    Row("allocated", allocate(("1", 2), ("2", 1)),
        "UnitsAllocated", "authorised unfulfilled none not_due nothing placed", DUE, "",
        ship(l1=1), "order.stage"),
    Row("stock locked", reserve([]),
        "UnitsReserved", "authorised partially_reserved none not_due nothing placed", DUE, "",
        reserve([]), "reserve.nothing_planned"),
    Row("confirmed", confirm(),
        "OrderConfirmed MoneyRequested", "authorised partially_reserved none not_due nothing preparing", DUE, "",
        confirm(), "order.stage"),
    Row("payment confirmed", pay("captured", "325.90"),
        "PaymentRecorded", HELD, PAID, "",
        close(), "close.units_unshipped close.unsettled"),
    Row("given to the node", plan(),
        "FulfilmentPlanned", HELD, PAID, "fo-1 planned",
        plan("fo-2"), "plan.nothing_left"),
    Row("released", hand_to_node(),
        "FulfilmentMoved", HELD, PAID, "fo-1 released",
        pack(), "fulfilment.stage"),
    Row("picking", start(),
        "FulfilmentMoved", HELD, PAID, "fo-1 picking",
        pick(l1=3), "pick.too_many"),
    Row("picked", pick(l1=2, l2=1),
        "UnitsPicked", HELD, PAID, "fo-1 picking",
        hand_over(), "fulfilment.stage"),
    Row("packed", pack("fo-1", {"1": 2}, {"2": 1}),
        "FulfilmentMoved", HELD, PAID, "fo-1 packed",
        hand_over(), "gate.customs.declaration_no"),
    Row("declared", show("customs.declaration_no", about="fo-1"),
        "EvidenceRecorded", HELD, PAID, "fo-1 packed",
        complete("customs"), "fulfilment.stage"),
    Row("shipped", hand_over(),
        "FulfilmentMoved UnitsShipped", AWAY, PAID, "fo-1 handed_over",
        call_back(), "fulfilment.stage"),
    Row("at customs", scan("departed"),
        "ShipmentScanned FulfilmentMoved", AWAY, PAID, "fo-1 customs",
        complete("customs"), "gate.customs.release"),
    Row("released by customs", show("customs.release", about="fo-1"),
        "EvidenceRecorded", AWAY, PAID, "fo-1 customs",
        complete("quality_check"), "fulfilment.other_stage"),
    Row("through customs", complete("customs"),
        "FulfilmentMoved", AWAY, PAID, "fo-1 in_transit",
        complete("customs"), "fulfilment.stage"),
    Row("last mile", scan("out_for_delivery"),
        "ShipmentScanned FulfilmentMoved", AWAY, PAID, "fo-1 out_for_delivery",
        cancel(l1=1), "cancel.too_many"),
    Row("arrived", deliver(),
        "UnitsDelivered FulfilmentMoved", HERE, PAID, "fo-1 quality_check",
        issue(), "gate.waybill.signed gate.acceptance"),
    Row("signed", show("waybill.signed"),
        "EvidenceRecorded", HERE, PAID, "fo-1 quality_check",
        complete("quality_check"), "gate.quality.accepted"),
    Row("quality accepted", show("quality.accepted", about="fo-1"),
        "EvidenceRecorded", HERE, PAID, "fo-1 quality_check",
        complete("customs"), "fulfilment.other_stage"),
    Row("quality checked", complete("quality_check"),
        "FulfilmentMoved", HERE, PAID, "fo-1 delivered",
        hand_over(), "fulfilment.stage shipment.exists"),
    Row("installation planned", plan("fo-i", "crew", "service"),
        "UnitsAllocated UnitsReserved FulfilmentPlanned", HERE, PAID, f"{FITTER} planned",
        hand_over("s-i", "fo-i"), "fulfilment.stage"),
    Row("appointment", appoint("2026-11-20T09:00:00+08:00", "fo-i"),
        "FulfilmentMoved", HERE, PAID, f"{FITTER} scheduled",
        plan("fo-j", "crew", "service"), "plan.nothing_left"),
    Row("installed", hand_over("s-i", "fo-i"),
        "FulfilmentMoved UnitsShipped UnitsDelivered", "paid delivered none pending open delivered", PAID, BOTH,
        cancel_order(), "cancel.nothing_left"),
    Row("accepted", show("acceptance"),
        "EvidenceRecorded", "paid delivered none pending open delivered", PAID, BOTH,
        take_off(), "credit_note.nothing_left"),
    Row("billed", issue(),
        "InvoiceIssued", "paid delivered none invoiced open delivered", PAID, BOTH,
        issue("i-2"), "invoice.nothing_left"),
    Row("cup asked back", ask_back(l2=1),
        "ReturnRequested", "paid delivered requested invoiced open return_in_progress", PAID, BOTH,
        ask_back("r-2", l2=1), "return.too_many"),
    Row("cup back", take_back(("2", 1, "restock")),
        "ReturnReceived MoneyRequested", "partially_refunded delivered partially_returned credit_pending open delivered", LESS, BOTH,
        close(), "close.money_open close.unsettled"),
    Row("credited", take_off(),
        "CreditNoteIssued", BACK, LESS, BOTH,
        take_off("n-2"), "credit_note.nothing_left"),
    Row("refunded", refunded("51.90"),
        "PaymentRecorded", BACK, LESS, BOTH,
        balance(), "refund.no_balance"),
    Row("paid out in part", paid_out("100.00", "2.00"),
        "SettlementRecorded", "partially_refunded delivered partially_returned invoiced partially_settled delivered", LESS, BOTH,
        close(), "close.unsettled"),
    Row("paid out", paid_out("168.60", "3.40"),
        "SettlementRecorded", "partially_refunded delivered partially_returned invoiced settled delivered", LESS, BOTH,
        reopen(), "order.stage"),
    Row("closed", close(),
        "OrderClosed", "partially_refunded delivered partially_returned invoiced settled completed", LESS, BOTH,
        ask_back("r-3", l1=1), "order.stage"),
)
# fmt: on

LIFE = live([when(n / 60, row.word) for n, row in enumerate(SCRIPT)], RULES)
MESSAGES = LIFE.messages


@pytest.mark.parametrize("n", range(len(SCRIPT)), ids=[row.id for row in SCRIPT])
def test_every_step_stands_where_it_was_written_to(n):
    row, step = SCRIPT[n], LIFE.steps[n]
    assert " ".join(heard(step.answer)) == row.events
    assert axes(step.after) == row.axes
    assert money(step.after) == row.money
    assert stages(step.after) == row.stages


@pytest.mark.parametrize("n", range(len(SCRIPT)), ids=[row.id for row in SCRIPT])
def test_an_illegal_command_is_refused_with_its_codes_and_a_way_out(n):
    row, step = SCRIPT[n], LIFE.steps[n]
    command = told(row.no).make(f"no-{n}")
    answer = SHOP.decide(step.after, command, step.context)
    assert " ".join(heard(answer)) == row.codes
    assert SHOP.check(step.after, command, step.context).codes == answer.codes
    for reason in answer.reasons:
        assert reason.final or reason.remedy or reason.obtain


def test_what_was_asked_of_the_host_and_what_the_units_came_to():
    assert asked_for(LIFE.effects) == (
        "capture card CNY 325.90",
        "restock ningbo CUP 1",
        "refund card CNY 51.90",
    )
    order = LIFE.order
    assert [
        (x.ordered, x.shipped, x.delivered, x.accepted, x.invoiced, x.credited, x.kept)
        for x in order.lines
    ] == [(2, 2, 2, 0, 2, 0, 2), (1, 1, 1, 1, 1, 1, 0), (1, 1, 1, 0, 1, 0, 1)]
    assert [invoice.amount for invoice in order.billing.invoices] == [cny("325.90")]
    assert [note.amount for note in order.billing.credit_notes] == [cny("51.90")]
    assert order.billing.billed_minor == order.due_minor == 27400
    (card,) = order.payments
    assert (card.settled_minor, card.fee_minor) == (26860, 540)
    assert to_text(order.fulfilment("fo-i").appointment) == "2026-11-20T01:00:00Z"
    assert order.clashes == {}


def test_each_decision_is_a_link_of_one_chain():
    head = ""
    for step in LIFE.steps:
        events = step.answer.events
        causes = {event.cause for event in events}
        assert len(causes) == 1
        (cause,) = causes
        assert cause.before == head
        assert cause.after == link(cause, events)
        head = cause.after
        assert step.after.audit_head == head
    assert len({step.after.audit_head for step in LIFE.steps}) == len(SCRIPT)


def test_the_order_is_what_its_events_make_it():
    events = LIFE.events
    assert replay(None, events) == LIFE.order
    one_by_one = None
    for event in events:
        one_by_one = evolve(one_by_one, event)
    assert one_by_one == LIFE.order
    for step in LIFE.steps:
        assert replay(step.after, events[step.after.version :]) == LIFE.order


# --- said twice, and in another order ---


def taken(order, message, context):
    answer = SHOP.decide(order, message, context).accepted()
    after = replay(order, answer.events)
    assert laws_broken(after) == set()
    return after, answer


@given(st.lists(st.integers(0, len(SCRIPT) - 1), min_size=len(SCRIPT), max_size=len(SCRIPT)))
def test_whatever_is_said_again_changes_nothing(again):
    order = None
    for n, step in enumerate(LIFE.steps):
        order, _ = taken(order, step.message, step.context)
        assert order == step.after
        for earlier in {n, min(n, again[n])}:
            same, answer = taken(order, MESSAGES[earlier], step.context)
            assert same == order
            assert answer.repeated
            assert not answer.effects
            assert answer.version == LIFE.steps[earlier].after.version


def between(*bounds):
    """Which steps of the script a fact must come after and before."""
    names = [row.id for row in SCRIPT]
    return tuple(names.index(name) for name in bounds)


# Where each fact may come: a capture before the confirmation is not asked for, and a pay-out of
# what was not captured is a clash; so these do not commute with what bounds them here.
FLOATING = {
    "payment confirmed": between("confirmed", "cup back"),
    "declared": between("placed", "shipped"),
    "released by customs": between("placed", "through customs"),
    "signed": between("placed", "billed"),
    "quality accepted": between("placed", "quality checked"),
    "accepted": between("placed", "billed"),
    "refunded": between("cup back", "closed"),
    "paid out in part": between("cup back", "closed"),
    "paid out": between("cup back", "closed"),
}


@st.composite
def orders_of_the_script(draw):
    """The numbers of the script's rows, each floating fact at any place that it may come at."""
    numbers = [n for n, row in enumerate(SCRIPT) if row.id not in FLOATING]
    places = [(n, 0, 0) for n in numbers]
    for n, row in enumerate(SCRIPT):
        if row.id in FLOATING:
            low, high = FLOATING[row.id]
            numbers.append(n)
            places.append((draw(st.integers(low, high - 1)), 1, draw(st.integers(0, 99))))
    return [n for _, n in sorted(zip(places, numbers, strict=True))]


_TOLD_AT = re.compile(r"2026-11-11T.*Z")


def timeless(data):
    if isinstance(data, dict):
        return {key: timeless(part) for key, part in data.items()}
    if isinstance(data, list):
        return [timeless(part) for part in data]
    return "" if isinstance(data, str) and _TOLD_AT.fullmatch(data) else data


def bare(order):
    """An order's data without its version, its chain, what it remembers, and when it was told."""
    nothing = Remembered()
    return timeless(
        encode(
            attrs.evolve(order, version=0, audit_head="", commands_seen=nothing, facts_seen=nothing)
        )
    )


@given(orders_of_the_script())
def test_facts_that_commute_leave_the_same_order_and_ask_for_the_same(numbers):
    order, effects = None, {}
    for minutes, n in enumerate(numbers):
        now = Context(now=shift(NOW, minutes=minutes), actor="web", role="customer")
        order, answer = taken(order, MESSAGES[n], now)
        effects.update({effect.effect_id: effect for effect in answer.effects})
    assert bare(order) == bare(LIFE.order)
    assert order.version == LIFE.order.version
    for n in numbers:
        assert taken(order, MESSAGES[n], now)[1].repeated
    assert effects == {effect.effect_id: effect for effect in LIFE.effects}


def test_the_windows_are_no_wider_than_the_facts_commute():
    """A pay-out before the capture is kept as a clash: this is where the order of facts matters."""
    names = [row.id for row in SCRIPT]
    numbers = list(range(names.index("confirmed") + 1))
    order = None
    for n in (*numbers, names.index("paid out"), names.index("payment confirmed")):
        order, _ = taken(order, MESSAGES[n], Context(now=NOW, actor="web"))
    assert order.clashes == {"settlement.above_captured": 1}
    assert instant(NOW) == order.last_at

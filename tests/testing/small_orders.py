"""Small orders somewhere in their life, from which searches begin."""

from __future__ import annotations

from fractions import Fraction

import attrs

from ordercore import orders
from ordercore.kernel import Context, Money, fold
from ordercore.orders import (
    Assignment,
    AutoRelease,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    ConfirmOrder,
    ConfirmPick,
    DelegateApproval,
    EditOrder,
    GiveApproval,
    IssueInvoice,
    PlaceHold,
    PlanFulfilment,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordPayment,
    RecordRefund,
    ReleaseFulfilment,
    RequestApproval,
    RequestReturn,
    ReserveStock,
    ShipUnits,
    StartPicking,
    TransferIn,
)
from ordercore.testing import order_questions
from ordercore.testing.quote_changes import with_lines

__all__ = ["AT", "BOSS", "CONFIRMED", "MEI", "live"]

AT = Context(now="2026-11-11T00:00:00Z", actor="web", role="clerk")
BOSS = attrs.evolve(AT, actor="boss", role="credit")
MEI = attrs.evolve(AT, actor="mei", role="finance")
CONFIRMED = ("place", "reserve", "pay", "confirm", "capture")


def _steps(place):
    total = place.quote.total
    lines = dict(place.quote.quantities)
    held = [
        Assignment(line, units, node="n-1", allocation_id=f"a-{number}")
        for number, (line, units) in enumerate(lines.items(), 1)
    ]
    card = {"payment_id": "card", "amount": total}
    scrap = [ReceivedUnits("1", 1, disposition="scrap")]
    return {
        "place": place,
        "draft": attrs.evolve(place, draft=True),
        "reserve": ReserveStock("o-1", command_id="l-1", allocations=held),
        "pay": RecordPayment("o-1", fact_id="l-2", kind="authorised", **card),
        "confirm": ConfirmOrder("o-1", command_id="l-3"),
        "capture": RecordPayment("o-1", fact_id="l-4", kind="captured", **card),
        "plan": PlanFulfilment("o-1", command_id="l-5", fulfilment_id="fo-1", node="n-1"),
        "ship": ShipUnits("o-1", command_id="l-6", shipment_id="s-1", node="n-1", lines=lines),
        "ship one": ShipUnits(
            "o-1", command_id="l-6", shipment_id="s-1", node="n-1", lines={"1": 1}
        ),
        "deliver": RecordDelivery("o-1", fact_id="l-7", shipment_id="s-1"),
        "bill": IssueInvoice("o-1", command_id="l-8", invoice_id="i-1"),
        "ask back": RequestReturn("o-1", command_id="l-9", return_id="r-1", lines={"1": 1}),
        "come back": ReceiveReturn("o-1", command_id="l-10", return_id="r-1", units=scrap),
        "refund": RecordRefund(
            "o-1", fact_id="l-11", payment_id="card", amount=Money(1_000, "CNY")
        ),
        "close": CloseOrder("o-1", command_id="l-12"),
        "cancel": CancelOrder("o-1", command_id="l-13"),
        "cancel one": CancelUnits("o-1", command_id="l-14", lines={"1": 1}),
        "release": ReleaseFulfilment("o-1", command_id="l-15", fulfilment_id="fo-1"),
        "start": StartPicking("o-1", command_id="l-16", fulfilment_id="fo-1"),
        "pick": ConfirmPick("o-1", command_id="l-17", fulfilment_id="fo-1", picked=lines),
        "visit": PlanFulfilment(
            "o-1", command_id="l-18", fulfilment_id="fo-1", node="n-1", mode="service"
        ),
        "dearer": _edit(place.quote, "l-19", times=3),
        "cheaper, and one more": _edit(place.quote, "l-20", times=Fraction(1, 4), more=1),
        "ask for votes": RequestApproval(
            "o-1", command_id="l-21", approval_id="v-1", name="credit"
        ),
        "vote": (GiveApproval("o-1", command_id="l-22", approval_id="v-1"), BOSS),
        "leave the vote": (
            DelegateApproval("o-1", command_id="l-23", approval_id="v-1", to="li"),
            MEI,
        ),
        "wait for facts": PlaceHold(
            "o-1",
            command_id="l-25",
            hold_id="h-1",
            code="limit",
            auto=AutoRelease(outside="account.accepts"),
        ),
        "arrive": _arrival(place),
    }


def _edit(quote, command_id, *, times, more=0):
    first, *rest = quote.lines
    wanted = attrs.evolve(
        first,
        quantity=first.quantity + more,
        list_amount=Money(int(first.list_amount.minor * times), quote.currency),
    )
    return EditOrder("o-1", command_id=command_id, quote=with_lines(quote, [wanted, *rest]))


def _arrival(place):
    ask = order_questions(place, nodes=["n-1"])
    fits = next(
        command
        for command in ask(None)
        if isinstance(command, TransferIn) and command.consignment.kind.value == "merge"
    )
    return attrs.evolve(fits, command_id="l-24")


def live(place, *names, decider=orders):
    """The order after steps of its life, by name; None without any."""
    steps, order = _steps(place), None
    for name in names:
        step = steps[name]
        message, context = step if isinstance(step, tuple) else (step, AT)
        order = fold(decider, decider.decide(order, message, context).accepted().events, order)
    return order

"""Lives of an order worked out by hand: what is told, what is answered, where it then stands.

The order is two tins of tea at 112.00 (128.00 less 16.00) and a cup at 51.90 (59.90 less 8.00):
275.90 in all; with shipping 285.90.
"""

from __future__ import annotations

import attrs
import pytest
from tests.orders.histories import at, run

from ordercore.kernel import Money, Refusal, instant
from ordercore.orders import (
    AllocateUnits,
    Assignment,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    ConfirmOrder,
    GrantAllowance,
    Notify,
    OrderPolicy,
    PlaceOrder,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordPayment,
    RecordRefund,
    RefundBalance,
    ReleaseStock,
    ReleaseUnits,
    ReopenOrder,
    RequestReturn,
    ReserveStock,
    RestockUnits,
    ShipUnits,
    statuses,
)
from ordercore.pricing import Adjustment, Charge, Quote, QuoteLine

NOW = instant("2026-11-11T08:00:00Z")


def cny(text: str) -> Money:
    return Money.of(text, "CNY")


def line(line_id: str, sku: str, quantity: int, listed: str, off: str) -> QuoteLine:
    return QuoteLine(
        line_id,
        sku=sku,
        quantity=quantity,
        list_amount=cny(listed),
        adjustments=[Adjustment(code="deal", amount=cny(off))],
    )


LINES = (line("1", "TEA", 2, "256.00", "-32.00"), line("2", "CUP", 1, "59.90", "-8.00"))
QUOTE = Quote(currency="CNY", at=NOW, lines=LINES)
SHIPPED_QUOTE = Quote(
    currency="CNY",
    at=NOW,
    lines=LINES,
    charges=[Charge("shipping", list_amount=cny("10.00"))],
)
FREE_QUOTE = Quote(currency="CNY", at=NOW, lines=[line("1", "GIFT", 1, "20.00", "-20.00")])


# --- the words of the table: each makes one message, numbered by its place ---


def place(quote=QUOTE, **more):
    return lambda n: PlaceOrder("o-1", quote=quote, command_id=f"c-{n}", **more)


def reserve(units=(("1", 2), ("2", 1)), node="ningbo", id=None):
    plan = [Assignment(line, count, node=node) for line, count in units]
    return lambda n: ReserveStock("o-1", command_id=id or f"c-{n}", allocations=plan)


def allocate(*units):
    plan = [Assignment(line, count, node="ningbo") for line, count in units]
    return lambda n: AllocateUnits("o-1", command_id=f"c-{n}", allocations=plan)


def release(*ids):
    return lambda n: ReleaseUnits("o-1", command_id=f"c-{n}", allocations=ids)


def confirm(id=None):
    return lambda n: ConfirmOrder("o-1", command_id=id or f"c-{n}")


def ship(shipment="s-1", node="ningbo", **lines):
    return lambda n: ShipUnits(
        "o-1",
        command_id=f"c-{n}",
        shipment_id=shipment,
        node=node,
        lines={key.removeprefix("l"): units for key, units in lines.items()},
    )


def cancel(id=None, **lines):
    return lambda n: CancelUnits(
        "o-1",
        command_id=id or f"c-{n}",
        lines={key.removeprefix("l"): units for key, units in lines.items()},
    )


def cancel_order():
    return lambda n: CancelOrder("o-1", command_id=f"c-{n}", cause="buyer")


def ask_back(return_id="r-1", **lines):
    return lambda n: RequestReturn(
        "o-1",
        command_id=f"c-{n}",
        return_id=return_id,
        lines={key.removeprefix("l"): units for key, units in lines.items()},
    )


def take_back(*units, return_id="r-1"):
    came = [
        ReceivedUnits(line, count, disposition=what, node="ningbo") for line, count, what in units
    ]
    return lambda n: ReceiveReturn("o-1", command_id=f"c-{n}", return_id=return_id, units=came)


def pay(kind, amount, payment="card", id=None, currency="CNY"):
    return lambda n: RecordPayment(
        "o-1",
        fact_id=id or f"f-{n}",
        payment_id=payment,
        kind=kind,
        amount=Money.of(amount, currency),
    )


def refunded(amount, payment="card"):
    return lambda n: RecordRefund("o-1", fact_id=f"f-{n}", payment_id=payment, amount=cny(amount))


def deliver(shipment="s-1", **lines):
    return lambda n: RecordDelivery(
        "o-1",
        fact_id=f"f-{n}",
        shipment_id=shipment,
        lines={key.removeprefix("l"): units for key, units in lines.items()},
    )


def allow(amount, currency="CNY"):
    return lambda n: GrantAllowance("o-1", command_id=f"c-{n}", amount=Money.of(amount, currency))


def balance():
    return lambda n: RefundBalance("o-1", command_id=f"c-{n}")


def close():
    return lambda n: CloseOrder("o-1", command_id=f"c-{n}")


def reopen():
    return lambda n: ReopenOrder("o-1", command_id=f"c-{n}")


@attrs.frozen(kw_only=True)
class Case:
    """``answer`` is that to the last message: event names, ``repeated``, or the codes of a "no".

    ``effects`` are those of all messages but the notes to the buyer; ``axes`` payment,
    fulfilment, return and display status; ``money`` due, paid, balance.
    """

    id: str
    told: tuple
    answer: tuple[str, ...]
    effects: tuple[str, ...] = ()
    axes: str
    money: str


ROW_PAID = (place(), pay("captured", "275.90"), reserve(), confirm())
ROW_SENT = (*ROW_PAID, ship(l1=2, l2=1))
ROW_HOME = (*ROW_SENT, deliver())

CASES = [
    Case(
        id="placed",
        told=(place(),),
        answer=("OrderPlaced",),
        axes="unpaid unfulfilled none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="confirm with nothing there gives both reasons",
        told=(place(), confirm()),
        answer=("gate.stock", "gate.payment"),
        axes="unpaid unfulfilled none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="confirm without payment",
        told=(place(), reserve(), confirm()),
        answer=("gate.payment",),
        axes="unpaid reserved none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="confirm without stock",
        told=(place(), pay("captured", "275.90"), confirm()),
        answer=("gate.stock",),
        axes="paid unfulfilled none placed",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="confirm with part of the stock",
        told=(place(), pay("captured", "275.90"), reserve([("1", 2)]), confirm()),
        answer=("gate.stock",),
        axes="paid partially_reserved none placed",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="a cent short",
        told=(place(), pay("captured", "275.89"), reserve(), confirm()),
        answer=("gate.payment",),
        axes="partially_paid reserved none awaiting_payment",
        money="275.90 275.89 0.00",
    ),
    Case(
        id="confirmed on an authorisation asks for the capture",
        told=(place(), pay("authorised", "275.90"), reserve(), confirm()),
        answer=("OrderConfirmed", "MoneyRequested"),
        effects=("capture card CNY 275.90",),
        axes="authorised reserved none preparing",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="authorised more than due captures what is due",
        told=(
            place(),
            pay("authorised", "300.00"),
            reserve(),
            cancel(l2=1),
            confirm(),
        ),
        answer=("OrderConfirmed", "MoneyRequested"),
        effects=("release ningbo CUP 1", "capture card CNY 224.00"),
        axes="authorised reserved none preparing",
        money="224.00 0.00 0.00",
    ),
    Case(
        id="the host captures where the policy says so",
        told=(
            place(policy=OrderPolicy(capture="by_host")),
            pay("authorised", "275.90"),
            reserve(),
            confirm(),
        ),
        answer=("OrderConfirmed",),
        axes="authorised reserved none preparing",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="two payments together",
        told=(
            place(),
            pay("captured", "200.00"),
            pay("authorised", "75.90", "wallet"),
            reserve(),
            confirm(),
        ),
        answer=("OrderConfirmed", "MoneyRequested"),
        effects=("capture wallet CNY 75.90",),
        axes="partially_paid reserved none preparing",
        money="275.90 200.00 0.00",
    ),
    Case(
        id="partial capture",
        told=(
            place(),
            pay("authorised", "275.90"),
            reserve(),
            confirm(),
            pay("captured", "200.00"),
        ),
        answer=("PaymentRecorded",),
        effects=("capture card CNY 275.90",),
        axes="partially_paid reserved none preparing",
        money="275.90 200.00 0.00",
    ),
    Case(
        id="capture before its authorisation",
        told=(
            place(),
            reserve(),
            pay("captured", "275.90"),
            confirm(),
            pay("authorised", "275.90"),
        ),
        answer=("PaymentRecorded",),
        axes="paid reserved none preparing",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="a failed capture is asked of the next payment",
        told=(
            place(),
            pay("authorised", "275.90"),
            reserve(),
            confirm(),
            pay("capture_failed", "275.90"),
            pay("authorised", "275.90", "wallet"),
        ),
        answer=("PaymentRecorded", "MoneyRequested"),
        effects=("capture card CNY 275.90", "capture wallet CNY 275.90"),
        axes="authorised reserved none preparing",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="an attempt to pay that failed",
        told=(place(), pay("failed", "275.90")),
        answer=("PaymentRecorded",),
        axes="failed unfulfilled none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="paid twice gives the excess back",
        told=(place(), pay("captured", "275.90"), pay("captured", "275.90", "wallet")),
        answer=("PaymentRecorded", "FactClashed", "MoneyRequested"),
        effects=("refund card CNY 275.90",),
        axes="partially_refunded unfulfilled none placed",
        money="275.90 551.80 0.00",
    ),
    Case(
        id="cancel a line before payment",
        told=(place(), cancel(l2=1)),
        answer=("UnitsCancelled",),
        axes="unpaid unfulfilled none awaiting_payment",
        money="224.00 0.00 0.00",
    ),
    Case(
        id="cancel between the request and the report of a capture",
        told=(
            place(),
            pay("authorised", "275.90"),
            reserve(),
            confirm(),
            cancel(l1=1),
            pay("captured", "275.90"),
        ),
        answer=("PaymentRecorded", "FactClashed", "MoneyRequested"),
        effects=(
            "capture card CNY 275.90",
            "release ningbo TEA 1",
            "refund card CNY 112.00",
        ),
        axes="partially_refunded reserved none preparing",
        money="163.90 275.90 0.00",
    ),
    Case(
        id="the last unit cancelled ends the order",
        told=(place(), cancel(l1=2), cancel(l2=1)),
        answer=("UnitsCancelled", "OrderCancelled"),
        axes="not_required cancelled none cancelled",
        money="0.00 0.00 0.00",
    ),
    Case(
        id="cancel an authorised order",
        told=(place(), pay("authorised", "275.90"), cancel_order()),
        answer=("UnitsCancelled", "OrderCancelled", "MoneyRequested"),
        effects=("void card CNY 275.90",),
        axes="not_required cancelled none cancelled",
        money="0.00 0.00 0.00",
    ),
    Case(
        id="cancel a paid order gives stock and money back",
        told=(*ROW_PAID, cancel_order()),
        answer=("UnitsReleased", "UnitsCancelled", "OrderCancelled", "MoneyRequested"),
        effects=(
            "release ningbo CUP 1",
            "release ningbo TEA 2",
            "refund card CNY 275.90",
        ),
        axes="refunded cancelled none cancelled",
        money="0.00 275.90 0.00",
    ),
    Case(
        id="cancel takes shipping along with the last unit",
        told=(place(SHIPPED_QUOTE), pay("captured", "285.90"), cancel(l1=2), cancel(l2=1)),
        answer=("UnitsCancelled", "OrderCancelled", "MoneyRequested"),
        effects=("refund card CNY 224.00", "refund card CNY 61.90"),
        axes="refunded cancelled none cancelled",
        money="0.00 285.90 0.00",
    ),
    Case(
        id="cancel after partial shipment ends nothing",
        told=(*ROW_PAID, ship(l1=1), cancel_order()),
        answer=("UnitsReleased", "UnitsCancelled", "MoneyRequested"),
        effects=(
            "release ningbo CUP 1",
            "release ningbo TEA 1",
            "refund card CNY 163.90",
        ),
        axes="partially_refunded shipped none shipped",
        money="112.00 275.90 0.00",
    ),
    Case(
        id="cancel a unit that has left",
        told=(*ROW_PAID, ship(l1=2), cancel(l1=1)),
        answer=("cancel.too_many",),
        axes="paid partially_shipped none partially_shipped",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="cancel an order that has left",
        told=(*ROW_SENT, cancel_order()),
        answer=("cancel.nothing_left",),
        axes="paid shipped none shipped",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="cancelled is the end",
        told=(place(), cancel_order(), reserve()),
        answer=("order.stage",),
        axes="not_required cancelled none cancelled",
        money="0.00 0.00 0.00",
    ),
    Case(
        id="late payment after cancel goes back",
        told=(place(), cancel_order(), pay("captured", "275.90")),
        answer=("PaymentRecorded", "FactClashed", "MoneyRequested"),
        effects=("refund card CNY 275.90",),
        axes="refunded cancelled none cancelled",
        money="0.00 275.90 0.00",
    ),
    Case(
        id="late authorisation after cancel is given up",
        told=(place(), cancel_order(), pay("authorised", "275.90")),
        answer=("PaymentRecorded", "FactClashed", "MoneyRequested"),
        effects=("void card CNY 275.90",),
        axes="not_required cancelled none cancelled",
        money="0.00 0.00 0.00",
    ),
    Case(
        id="a void that nobody asked for uncovers the order",
        told=(
            place(),
            pay("authorised", "275.90"),
            pay("voided", "275.90"),
            reserve(),
            confirm(),
        ),
        answer=("gate.payment",),
        axes="unpaid reserved none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="the same fact twice counts once",
        told=(place(), pay("captured", "275.90", id="f"), pay("captured", "275.90", id="f")),
        answer=("repeated",),
        axes="paid unfulfilled none placed",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="the same fact id with another amount is a clash",
        told=(place(), pay("captured", "275.90", id="f"), pay("captured", "100.00", id="f")),
        answer=("FactClashed",),
        axes="paid unfulfilled none placed",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="and is so once",
        told=(
            place(),
            pay("captured", "275.90", id="f"),
            pay("captured", "100.00", id="f"),
            pay("captured", "100.00", id="f"),
        ),
        answer=("repeated",),
        axes="paid unfulfilled none placed",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="the same command twice happens once",
        told=(place(), cancel("x", l1=1), cancel("x", l1=1)),
        answer=("repeated",),
        axes="unpaid unfulfilled none awaiting_payment",
        money="163.90 0.00 0.00",
    ),
    Case(
        id="a command id used for something else",
        told=(place(), cancel("x", l1=1), cancel("x", l1=2)),
        answer=("command.id_reused",),
        axes="unpaid unfulfilled none awaiting_payment",
        money="163.90 0.00 0.00",
    ),
    Case(
        id="a refused command may be sent again",
        told=(place(), reserve(), confirm("x"), pay("captured", "275.90"), confirm("x")),
        answer=("OrderConfirmed",),
        axes="paid reserved none preparing",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="partial return",
        told=(*ROW_HOME, ask_back(l1=1), take_back(("1", 1, "restock"))),
        answer=("ReturnReceived", "MoneyRequested"),
        effects=("restock ningbo TEA 1", "refund card CNY 112.00"),
        axes="partially_refunded delivered partially_returned delivered",
        money="163.90 275.90 0.00",
    ),
    Case(
        id="a return that was asked for and has not come",
        told=(*ROW_HOME, ask_back(l1=2)),
        answer=("ReturnRequested",),
        axes="paid delivered requested return_in_progress",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="a full return takes shipping along",
        told=(
            place(SHIPPED_QUOTE),
            pay("captured", "285.90"),
            reserve(),
            confirm(),
            ship(l1=2, l2=1),
            deliver(),
            ask_back(l1=2, l2=1),
            take_back(("1", 2, "scrap")),
            take_back(("2", 1, "restock")),
        ),
        answer=("ReturnReceived", "MoneyRequested"),
        effects=(
            "refund card CNY 224.00",
            "restock ningbo CUP 1",
            "refund card CNY 61.90",
        ),
        axes="refunded delivered returned returned",
        money="0.00 285.90 0.00",
    ),
    Case(
        id="a full return where shipping stays once shipped",
        told=(
            place(SHIPPED_QUOTE, policy=OrderPolicy(charges="unless_shipped")),
            pay("captured", "285.90"),
            reserve(),
            confirm(),
            ship(l1=2, l2=1),
            ask_back(l1=2, l2=1),
            take_back(("1", 2, "scrap"), ("2", 1, "scrap")),
        ),
        answer=("ReturnReceived", "MoneyRequested"),
        effects=("refund card CNY 275.90",),
        axes="partially_refunded shipped returned returned",
        money="10.00 285.90 0.00",
    ),
    Case(
        id="rejected units are not refunded",
        told=(*ROW_HOME, ask_back(l1=1), take_back(("1", 1, "reject"))),
        answer=("ReturnReceived",),
        axes="paid delivered rejected delivered",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="more units back than left",
        told=(*ROW_HOME, ask_back(l1=3)),
        answer=("return.too_many",),
        axes="paid delivered none delivered",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="more units back than announced",
        told=(*ROW_HOME, ask_back(l1=1), take_back(("1", 2, "scrap"), ("2", 1, "scrap"))),
        answer=("return.unexpected", "return.unexpected"),
        axes="paid delivered requested return_in_progress",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="units back that nobody announced",
        told=(*ROW_HOME, take_back(("1", 1, "scrap"))),
        answer=("return.unknown",),
        axes="paid delivered none delivered",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="refund without return",
        told=(*ROW_HOME, allow("20.00")),
        answer=("AllowanceGranted", "MoneyRequested"),
        effects=("refund card CNY 20.00",),
        axes="partially_refunded delivered none delivered",
        money="255.90 275.90 0.00",
    ),
    Case(
        id="an allowance stays below what is due",
        told=(place(), allow("275.91")),
        answer=("allowance.too_much",),
        axes="unpaid unfulfilled none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="an allowance in another currency",
        told=(place(), allow("1.00", "EUR")),
        answer=("money.currency",),
        axes="unpaid unfulfilled none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="a return after an allowance gives back no more than is left",
        told=(
            *ROW_HOME,
            allow("20.00"),
            ask_back(l1=2, l2=1),
            take_back(("1", 2, "scrap"), ("2", 1, "scrap")),
        ),
        answer=("ReturnReceived", "MoneyRequested"),
        effects=("refund card CNY 20.00", "refund card CNY 255.90"),
        axes="refunded delivered returned returned",
        money="0.00 275.90 0.00",
    ),
    Case(
        id="a refund that nobody asked for",
        told=(*ROW_PAID, refunded("10.00")),
        answer=("PaymentRecorded", "FactClashed"),
        axes="partially_refunded reserved none preparing",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="counts in the next one",
        told=(*ROW_PAID, refunded("10.00"), cancel(l1=1)),
        answer=("UnitsReleased", "UnitsCancelled", "MoneyRequested"),
        effects=("release ningbo TEA 1", "refund card CNY 102.00"),
        axes="partially_refunded reserved none preparing",
        money="163.90 275.90 0.00",
    ),
    Case(
        id="more refunded than captured",
        told=(place(), refunded("10.00")),
        answer=("PaymentRecorded", "FactClashed"),
        axes="refunded unfulfilled none awaiting_payment",
        money="275.90 0.00 -10.00",
    ),
    Case(
        id="a refund that failed leaves a balance",
        told=(*ROW_PAID, cancel(l2=1), pay("refund_failed", "51.90")),
        answer=("PaymentRecorded", "FactClashed"),
        effects=("release ningbo CUP 1", "refund card CNY 51.90"),
        axes="overpaid reserved none preparing",
        money="224.00 275.90 51.90",
    ),
    Case(
        id="a refund that was asked for",
        told=(*ROW_PAID, cancel(l1=1), refunded("112.00")),
        answer=("PaymentRecorded",),
        effects=("release ningbo TEA 1", "refund card CNY 112.00"),
        axes="partially_refunded reserved none preparing",
        money="163.90 275.90 0.00",
    ),
    Case(
        id="an allowance of all that is due",
        told=(place(), allow("275.90")),
        answer=("AllowanceGranted",),
        axes="not_required unfulfilled none placed",
        money="0.00 0.00 0.00",
    ),
    Case(
        id="half of two equal refunds is back",
        told=(
            *ROW_PAID,
            cancel(l1=1),
            refunded("112.00"),
            cancel(l1=1),
        ),
        answer=("UnitsReleased", "UnitsCancelled", "MoneyRequested"),
        effects=(
            "release ningbo TEA 1",
            "refund card CNY 112.00",
            "release ningbo TEA 1",
            "refund card CNY 112.00",
        ),
        axes="partially_refunded reserved none preparing",
        money="51.90 275.90 0.00",
    ),
    Case(
        id="that is asked for again",
        told=(*ROW_PAID, cancel(l2=1), pay("refund_failed", "51.90"), balance()),
        answer=("MoneyRequested",),
        effects=("release ningbo CUP 1", "refund card CNY 51.90", "refund card CNY 51.90"),
        axes="partially_refunded reserved none preparing",
        money="224.00 275.90 0.00",
    ),
    Case(
        id="no balance, no refund",
        told=(*ROW_PAID, balance()),
        answer=("refund.no_balance",),
        axes="paid reserved none preparing",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="a chargeback",
        told=(*ROW_HOME, pay("charged_back", "275.90")),
        answer=("PaymentRecorded", "FactClashed"),
        axes="charged_back delivered none delivered",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="another currency goes into no bucket",
        told=(place(), pay("captured", "275.90", currency="EUR")),
        answer=("FactClashed",),
        axes="unpaid unfulfilled none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="a report about nothing",
        told=(place(), pay("captured", "0.00")),
        answer=("FactNoted",),
        axes="unpaid unfulfilled none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="a scan of an unknown shipment",
        told=(*ROW_SENT, deliver("s-9")),
        answer=("FactClashed",),
        axes="paid shipped none shipped",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="partial delivery",
        told=(*ROW_SENT, deliver(l1=1)),
        answer=("UnitsDelivered",),
        axes="paid partially_delivered none shipped",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="more delivered than shipped",
        told=(*ROW_SENT, deliver(l1=3)),
        answer=("UnitsDelivered", "FactClashed"),
        axes="paid partially_delivered none shipped",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="delivered again",
        told=(*ROW_HOME, deliver()),
        answer=("FactClashed",),
        axes="paid delivered none delivered",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="two nodes, two shipments",
        told=(
            place(),
            pay("captured", "275.90"),
            reserve([("1", 2)]),
            reserve([("2", 1)], node="wuhan"),
            confirm(),
            ship(l1=2),
            ship("s-2", "wuhan", l2=1),
        ),
        answer=("UnitsShipped",),
        axes="paid shipped none shipped",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="ship from a node that holds nothing",
        told=(*ROW_PAID, ship(node="wuhan", l1=1)),
        answer=("ship.not_reserved",),
        axes="paid reserved none preparing",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="ship before confirmation",
        told=(place(), reserve(), ship(l1=1)),
        answer=("order.stage",),
        axes="unpaid reserved none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="a shipment id used twice, and an unknown line",
        told=(*ROW_PAID, ship(l1=1), ship(l9=1)),
        answer=("shipment.exists", "order.unknown_line"),
        axes="paid partially_shipped none partially_shipped",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="allocate, then reserve all of it",
        told=(place(), allocate(("1", 2), ("2", 1)), reserve([])),
        answer=("UnitsReserved",),
        axes="unpaid reserved none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="reserve with nothing planned",
        told=(place(), reserve([])),
        answer=("reserve.nothing_planned",),
        axes="unpaid unfulfilled none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="reserve more than was ordered",
        told=(place(), reserve([("1", 3), ("7", 1)])),
        answer=("order.unknown_line", "allocate.too_many"),
        axes="unpaid unfulfilled none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="release and reserve elsewhere",
        told=(place(), reserve(id="x"), release("x/0"), reserve([("1", 2)], node="wuhan")),
        answer=("UnitsAllocated", "UnitsReserved"),
        effects=("release ningbo TEA 2",),
        axes="unpaid reserved none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="release what was only planned",
        told=(place(), allocate(("1", 2)), release("c-1/0")),
        answer=("UnitsReleased",),
        axes="unpaid unfulfilled none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="release what is unknown",
        told=(place(), release("x/0")),
        answer=("allocation.unknown",),
        axes="unpaid unfulfilled none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="release what has left",
        told=(
            place(),
            pay("captured", "275.90"),
            reserve(id="x"),
            confirm(),
            ship(l1=2),
            release("x/0"),
        ),
        answer=("allocation.shipped",),
        axes="paid partially_shipped none partially_shipped",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="close",
        told=(*ROW_HOME, close()),
        answer=("OrderClosed",),
        axes="paid delivered none completed",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="close too early gives every reason",
        told=(
            place(),
            pay("authorised", "275.90"),
            reserve(),
            confirm(),
            ship(l1=2),
            ask_back(l1=1),
            close(),
        ),
        answer=(
            "close.units_unshipped",
            "close.units_under_way",
            "close.return_open",
            "close.money_open",
        ),
        effects=("capture card CNY 275.90",),
        axes="authorised partially_shipped requested return_in_progress",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="a return after closing needs reopening",
        told=(*ROW_HOME, close(), ask_back(l1=1)),
        answer=("order.stage",),
        axes="paid delivered none completed",
        money="275.90 275.90 0.00",
    ),
    Case(
        id="reopened, then returned",
        told=(*ROW_HOME, close(), reopen(), ask_back(l1=1), take_back(("1", 1, "scrap"))),
        answer=("ReturnReceived", "MoneyRequested"),
        effects=("refund card CNY 112.00",),
        axes="partially_refunded delivered partially_returned delivered",
        money="163.90 275.90 0.00",
    ),
    Case(
        id="reopen what is open",
        told=(place(), reopen()),
        answer=("order.stage",),
        axes="unpaid unfulfilled none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="nothing to pay",
        told=(place(FREE_QUOTE), reserve([("1", 1)]), confirm()),
        answer=("OrderConfirmed",),
        axes="not_required reserved none preparing",
        money="0.00 0.00 0.00",
    ),
    Case(
        id="placed again under another command",
        told=(place(), place()),
        answer=("order.exists",),
        axes="unpaid unfulfilled none awaiting_payment",
        money="275.90 0.00 0.00",
    ),
    Case(
        id="confirmed again",
        told=(*ROW_PAID, confirm()),
        answer=("order.stage",),
        axes="paid reserved none preparing",
        money="275.90 275.90 0.00",
    ),
]


def shown(effect) -> str:
    if isinstance(effect, ReleaseStock):
        return f"release {effect.node} {effect.sku} {effect.quantity}"
    if isinstance(effect, RestockUnits):
        return f"restock {effect.node} {effect.sku} {effect.quantity}"
    kind = type(effect).__name__.removesuffix("Payment").lower()
    return f"{kind} {effect.payment_id} {effect.amount}"


def heard(answer) -> tuple[str, ...]:
    if isinstance(answer, Refusal):
        return answer.codes
    return ("repeated",) if answer.repeated else tuple(type(e).__name__ for e in answer.events)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_scenario(case):
    history = run([(make(n), at(NOW)) for n, make in enumerate(case.told)])
    for step in history.steps[:-1]:
        if not isinstance(step.message, ConfirmOrder):
            assert not step.answer.is_refused, step.answer
    order = history.order
    assert heard(history.steps[-1].answer) == case.answer
    assert tuple(shown(e) for e in history.effects if not isinstance(e, Notify)) == case.effects
    now = statuses(order)
    axes = (now.payment, now.fulfilment, now.return_, now.display)
    assert " ".join(map(str, axes)) == case.axes
    money = order.money
    assert (
        " ".join(m.format(code=False) for m in (money.due, money.paid, money.balance)) == case.money
    )


def test_there_are_enough_scenarios_with_names_of_their_own():
    assert len(CASES) >= 60
    assert len({case.id for case in CASES}) == len(CASES)

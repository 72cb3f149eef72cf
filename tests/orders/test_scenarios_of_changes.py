"""Lives of orders that change under way, worked out by hand: edits, exchanges, splits and merges.

The order is two tins of tea at 112.00 and a cup at 51.90: 275.90. A pot is 70.00 unless a row says
otherwise.
"""

from __future__ import annotations

import attrs
import pytest
from tests.orders.scenario_words import (
    HOME,
    NOW,
    PACKED,
    PAID,
    PLANNED,
    SENT,
    Life,
    allow,
    ask_back,
    asked_for,
    axes,
    cancel,
    cny,
    confirm,
    edit,
    exchange,
    issue,
    lapse,
    laws_broken,
    line,
    live,
    money,
    no,
    pay,
    place,
    reserve,
    ship,
    submit,
    take_back,
    take_off,
)

from ordercore.kernel import Context, Refusal
from ordercore.network import Destination, Region
from ordercore.orders import OrderPolicy, decide, plan_merge, plan_split, replay
from ordercore.pricing import Charge

NINGBO = Destination(Region("CN", "ZJ", "Ningbo"))
PART = (*PAID, ship(l1=1))


def tea(units, each=112):
    """So many tins at 128.00, less what makes each cost so much."""
    return line("1", "TEA", units, f"{128 * units}.00", f"-{(128 - each) * units}.00")


CUP = line("2", "CUP", 1, "59.90", "-8.00")
POT = line("3", "POT", 1, "75.00", "-5.00")
EVEN_POT = line("3", "POT", 1, "59.90", "-8.00")
SMALL_POT = line("3", "POT", 1, "45.00", "-5.00")
BIG_POT = line("3", "POT", 1, "300.00", "-0.00")
KEPT = (tea(2), CUP)

EDITS = [
    Life(
        id="one tin less",
        told=(*PAID, edit(tea(1), CUP)),
        answer=("UnitsReleased", "OrderEdited", "MoneyRequested"),
        effects=("release ningbo TEA 1", "refund card CNY 112.00"),
        tells=("order.edited",),
        axes="partially_refunded reserved none not_due open preparing",
        money="163.90 275.90 0.00",
    ),
    Life(
        id="one tin more is owed and waits for stock",
        told=(*PAID, edit(tea(3), CUP)),
        answer=("OrderEdited",),
        tells=("order.edited",),
        axes="partially_paid partially_reserved none not_due open preparing",
        money="387.90 275.90 0.00",
    ),
    Life(
        id="nothing leaves before what was added is paid",
        told=(*PAID, edit(tea(3), CUP), ship(l1=2)),
        answer=("gate.payment",),
        axes="partially_paid partially_reserved none not_due open preparing",
        money="387.90 275.90 0.00",
    ),
    Life(
        id="what was added is paid, reserved and shipped",
        told=(
            *PAID,
            edit(tea(3), CUP),
            pay("captured", "112.00", "wallet"),
            reserve([("1", 1)]),
            ship(l1=3, l2=1),
        ),
        answer=("UnitsShipped",),
        tells=("order.shipped",),
        axes="paid shipped none pending open shipped",
        money="387.90 387.90 0.00",
        stages="s-1 handed_over",
    ),
    Life(
        id="a pot joins",
        told=(*PAID, edit(*KEPT, POT)),
        answer=("OrderEdited",),
        tells=("order.edited",),
        axes="partially_paid partially_reserved none not_due open preparing",
        money="345.90 275.90 0.00",
    ),
    Life(
        id="the cup leaves",
        told=(*PAID, edit(tea(2))),
        answer=("UnitsReleased", "OrderEdited", "MoneyRequested"),
        effects=("release ningbo CUP 1", "refund card CNY 51.90"),
        tells=("order.edited",),
        axes="partially_refunded reserved none not_due open preparing",
        money="224.00 275.90 0.00",
    ),
    Life(
        id="a pot for the cup costs the difference",
        told=(*PAID, edit(tea(2), POT)),
        answer=("UnitsReleased", "OrderEdited"),
        effects=("release ningbo CUP 1",),
        tells=("order.edited",),
        axes="partially_paid partially_reserved none not_due open preparing",
        money="294.00 275.90 0.00",
    ),
    Life(
        id="tea for 100.00 a tin",
        told=(*PAID, edit(tea(2, each=100), CUP)),
        answer=("OrderEdited", "MoneyRequested"),
        effects=("refund card CNY 24.00",),
        tells=("order.edited",),
        axes="partially_refunded reserved none not_due open preparing",
        money="251.90 275.90 0.00",
    ),
    Life(
        id="tea for 122.00 a tin",
        told=(*PAID, edit(tea(2, each=122), CUP)),
        answer=("OrderEdited",),
        tells=("order.edited",),
        axes="partially_paid reserved none not_due open preparing",
        money="295.90 275.90 0.00",
    ),
    Life(
        id="a fee is added",
        told=(*PAID, edit(*KEPT, charges=[Charge("express", list_amount=cny("10.00"))])),
        answer=("OrderEdited",),
        tells=("order.edited",),
        axes="partially_paid reserved none not_due open preparing",
        money="285.90 275.90 0.00",
    ),
    Life(
        id="an authorisation with room captures what was added",
        told=(place(), pay("authorised", "400.00"), reserve(), confirm(), edit(tea(3), CUP)),
        answer=("OrderEdited", "MoneyRequested"),
        effects=("capture card CNY 275.90", "capture card CNY 112.00"),
        tells=("order.edited",),
        axes="authorised partially_reserved none not_due nothing preparing",
        money="387.90 0.00 0.00",
    ),
    Life(
        id="an edit before anything is paid",
        told=(place(), edit(tea(1), CUP)),
        answer=("OrderEdited",),
        tells=("order.edited",),
        axes="unpaid unfulfilled none not_due nothing awaiting_payment",
        money="163.90 0.00 0.00",
    ),
    Life(
        id="a draft is ordered before it is edited",
        told=(place(draft=True), no(edit(*KEPT, POT), "order.stage"), submit(), edit(*KEPT, POT)),
        answer=("OrderEdited",),
        tells=("order.edited",),
        axes="unpaid unfulfilled none not_due nothing awaiting_payment",
        money="345.90 0.00 0.00",
    ),
    Life(
        id="an allowance stays through an edit",
        told=(*PAID, allow("10.00"), edit(tea(1), CUP)),
        answer=("UnitsReleased", "OrderEdited", "MoneyRequested"),
        effects=("refund card CNY 10.00", "release ningbo TEA 1", "refund card CNY 112.00"),
        tells=("order.edited",),
        axes="partially_refunded reserved none not_due open preparing",
        money="153.90 275.90 0.00",
    ),
    Life(
        id="a cup that was cancelled is ordered again",
        told=(*PAID, cancel(l2=1), edit(*KEPT)),
        answer=("OrderEdited",),
        effects=("release ningbo CUP 1", "refund card CNY 51.90"),
        tells=("order.edited",),
        axes="partially_refunded partially_reserved none not_due open preparing",
        money="275.90 275.90 0.00",
    ),
    Life(
        id="another address",
        told=(*PAID, edit(destination=NINGBO)),
        answer=("OrderEdited",),
        tells=("order.edited",),
        axes="paid reserved none not_due open preparing",
    ),
    Life(
        id="another address for a parcel with its label on",
        told=(*PACKED, edit(destination=NINGBO)),
        answer=("edit.packed",),
        axes="paid reserved none not_due open preparing",
        stages="fo-1 packed",
    ),
    Life(
        id="one tin less is taken off what the node was to pick",
        told=(*PLANNED, edit(tea(1), CUP)),
        answer=("UnitsRecalled", "UnitsReleased", "OrderEdited", "MoneyRequested"),
        effects=("release ningbo TEA 1", "refund card CNY 112.00"),
        tells=("order.edited",),
        axes="partially_refunded reserved none not_due open preparing",
        money="163.90 275.90 0.00",
        stages="fo-1 planned",
    ),
    # --- after a part has left ---
    Life(
        id="one tin is out, the other is left off",
        told=(*PART, edit(tea(1), CUP)),
        answer=("UnitsReleased", "OrderEdited", "MoneyRequested"),
        effects=("release ningbo TEA 1", "refund card CNY 112.00"),
        tells=("order.edited",),
        axes="partially_refunded partially_shipped none pending open partially_shipped",
        money="163.90 275.90 0.00",
        stages="s-1 handed_over",
    ),
    Life(
        id="one tin is out, and a third is wanted",
        told=(*PART, edit(tea(3), CUP)),
        answer=("OrderEdited",),
        tells=("order.edited",),
        axes="partially_paid partially_shipped none pending open partially_shipped",
        money="387.90 275.90 0.00",
        stages="s-1 handed_over",
    ),
    Life(
        id="fewer tins than are out",
        told=(*PAID, ship(l1=2), edit(tea(1), CUP)),
        answer=("edit.below_shipped",),
        axes="paid partially_shipped none pending open partially_shipped",
        stages="s-1 handed_over",
    ),
    Life(
        id="a line of which a tin is out does not leave",
        told=(*PART, edit(CUP)),
        answer=("edit.line_moved",),
        axes="paid partially_shipped none pending open partially_shipped",
        stages="s-1 handed_over",
    ),
    Life(
        id="tea becomes cheaper with a tin on its way",
        told=(*PART, edit(tea(2, each=100), CUP)),
        answer=("OrderEdited", "MoneyRequested"),
        effects=("refund card CNY 24.00",),
        tells=("order.edited",),
        axes="partially_refunded partially_shipped none pending open partially_shipped",
        money="251.90 275.90 0.00",
        stages="s-1 handed_over",
    ),
    Life(
        id="a billed tin becomes cheaper, and the bill follows",
        told=(*PART, issue(l1=1), edit(tea(2, each=100), CUP), take_off()),
        answer=("CreditNoteIssued",),
        effects=("refund card CNY 24.00",),
        axes="partially_refunded partially_shipped none invoiced open partially_shipped",
        money="251.90 275.90 0.00",
        billed="100.00",
        stages="s-1 handed_over",
        tells=("credit_note.issued",),
    ),
    Life(
        id="a pot joins a part that is out, and all of it goes",
        told=(
            *PART,
            edit(*KEPT, POT),
            pay("captured", "70.00", "wallet"),
            reserve([("3", 1)]),
            ship("s-2", l1=1, l2=1, l3=1),
        ),
        answer=("UnitsShipped",),
        tells=("order.shipped",),
        axes="paid shipped none pending open shipped",
        money="345.90 345.90 0.00",
        stages="s-1 handed_over s-2 handed_over",
    ),
    Life(
        id="the rest of a part that is out goes elsewhere",
        told=(*PART, edit(destination=NINGBO)),
        answer=("OrderEdited",),
        tells=("order.edited",),
        axes="paid partially_shipped none pending open partially_shipped",
        stages="s-1 handed_over",
    ),
    Life(
        id="all of it is out and goes nowhere else",
        told=(*SENT, edit(destination=NINGBO)),
        answer=("edit.all_shipped",),
        axes="paid shipped none pending open shipped",
        stages="s-1 handed_over",
    ),
    Life(
        id="a price is lowered after a tin came back",
        told=(*HOME, ask_back(l1=1), take_back(("1", 1, "scrap")), edit(tea(2, each=100), CUP)),
        answer=("OrderEdited", "MoneyRequested"),
        effects=("refund card CNY 112.00", "refund card CNY 12.00"),
        tells=("order.edited",),
        axes="partially_refunded delivered partially_returned pending open delivered",
        money="151.90 275.90 0.00",
        stages="s-1 delivered",
    ),
]

SWAP = exchange(*KEPT, POT, l2=1)
FIRST = exchange(*KEPT, POT, l2=1, ship_first=True)
CUP_BACK = take_back(("2", 1, "restock"))

EXCHANGES = [
    Life(
        id="asked for",
        told=(*HOME, SWAP),
        answer=("ReturnRequested", "ExchangeRequested"),
        tells=("exchange.requested",),
        axes="paid delivered requested pending open return_in_progress",
        stages="s-1 delivered",
    ),
    Life(
        id="even",
        told=(*HOME, exchange(*KEPT, EVEN_POT, l2=1), CUP_BACK),
        answer=("ReturnReceived", "OrderEdited", "ExchangeCompleted"),
        effects=("restock ningbo CUP 1",),
        tells=("exchange.completed",),
        axes="paid partially_delivered partially_returned pending open partially_shipped",
        stages="s-1 delivered",
    ),
    Life(
        id="dearer by 18.10",
        told=(*HOME, SWAP, CUP_BACK),
        answer=("ReturnReceived", "OrderEdited", "ExchangeCompleted"),
        effects=("restock ningbo CUP 1",),
        tells=("exchange.completed",),
        axes="partially_paid partially_delivered partially_returned pending open partially_shipped",
        money="294.00 275.90 0.00",
        stages="s-1 delivered",
    ),
    Life(
        id="dearer, and not sent before it is paid",
        told=(*HOME, SWAP, CUP_BACK, reserve([("3", 1)]), ship("s-2", l3=1)),
        answer=("gate.payment",),
        effects=("restock ningbo CUP 1",),
        axes="partially_paid partially_delivered partially_returned pending open partially_shipped",
        money="294.00 275.90 0.00",
        stages="s-1 delivered",
    ),
    Life(
        id="dearer, paid and sent",
        told=(
            *HOME,
            SWAP,
            CUP_BACK,
            reserve([("3", 1)]),
            pay("captured", "18.10", "wallet"),
            ship("s-2", l3=1),
        ),
        answer=("UnitsShipped",),
        effects=("restock ningbo CUP 1",),
        tells=("order.shipped",),
        axes="paid partially_delivered partially_returned pending open shipped",
        money="294.00 294.00 0.00",
        stages="s-1 delivered s-2 handed_over",
    ),
    Life(
        id="cheaper by 11.90",
        told=(*HOME, exchange(*KEPT, SMALL_POT, l2=1), CUP_BACK),
        answer=("ReturnReceived", "OrderEdited", "ExchangeCompleted", "MoneyRequested"),
        effects=("restock ningbo CUP 1", "refund card CNY 11.90"),
        tells=("exchange.completed",),
        axes=(
            "partially_refunded partially_delivered partially_returned pending open"
            " partially_shipped"
        ),
        money="264.00 275.90 0.00",
        stages="s-1 delivered",
    ),
    Life(
        id="not accepted, so that it lapses",
        told=(*HOME, SWAP, take_back(("2", 1, "reject"))),
        answer=("ReturnReceived", "ExchangeLapsed"),
        tells=("exchange.lapsed",),
        axes="paid delivered rejected pending open delivered",
        stages="s-1 delivered",
    ),
    Life(
        id="given up, and the cup comes back for its money",
        told=(*HOME, SWAP, lapse(), CUP_BACK),
        answer=("ReturnReceived", "MoneyRequested"),
        effects=("restock ningbo CUP 1", "refund card CNY 51.90"),
        tells=(),
        axes="partially_refunded delivered partially_returned pending open delivered",
        money="224.00 275.90 0.00",
        stages="s-1 delivered",
    ),
    Life(
        id="the first of two tins for a pot of 300.00 is not paid out",
        told=(*HOME, exchange(*KEPT, BIG_POT, l1=2), take_back(("1", 1, "restock"))),
        answer=("ReturnReceived",),
        effects=("restock ningbo TEA 1",),
        tells=(),
        axes="paid delivered partially_returned pending open return_in_progress",
        stages="s-1 delivered",
    ),
    Life(
        id="both tins for a pot of 300.00",
        told=(
            *HOME,
            exchange(*KEPT, BIG_POT, l1=2),
            take_back(("1", 1, "restock")),
            take_back(("1", 1, "restock")),
        ),
        answer=("ReturnReceived", "OrderEdited", "ExchangeCompleted"),
        effects=("restock ningbo TEA 1", "restock ningbo TEA 1"),
        tells=("exchange.completed",),
        axes="partially_paid partially_delivered partially_returned pending open partially_shipped",
        money="351.90 275.90 0.00",
        stages="s-1 delivered",
    ),
    Life(
        id="the pot first: the cup counts in advance",
        told=(*HOME, FIRST),
        answer=("ReturnRequested", "OrderEdited", "ExchangeRequested"),
        tells=("exchange.requested",),
        axes="partially_paid partially_delivered requested pending open return_in_progress",
        money="294.00 275.90 0.00",
        stages="s-1 delivered",
    ),
    Life(
        id="the pot first, paid and sent, and the cup back",
        told=(
            *HOME,
            FIRST,
            reserve([("3", 1)]),
            no(ship("s-2", l3=1), "gate.payment"),
            pay("captured", "18.10", "wallet"),
            ship("s-2", l3=1),
            CUP_BACK,
        ),
        answer=("ReturnReceived", "ExchangeCompleted"),
        effects=("restock ningbo CUP 1",),
        tells=("exchange.completed",),
        axes="paid partially_delivered partially_returned pending open shipped",
        money="294.00 294.00 0.00",
        stages="s-1 delivered s-2 handed_over",
    ),
    Life(
        id="the pot first, and the cup never comes: both are owed",
        told=(*HOME, FIRST, lapse()),
        answer=("ExchangeLapsed",),
        tells=("exchange.lapsed",),
        axes="partially_paid partially_delivered requested pending open return_in_progress",
        money="345.90 275.90 0.00",
        stages="s-1 delivered",
    ),
    Life(
        id="nothing else is priced while one is open",
        told=(*HOME, SWAP, edit(tea(2, each=100), CUP)),
        answer=("edit.exchange_open",),
        axes="paid delivered requested pending open return_in_progress",
        stages="s-1 delivered",
    ),
    Life(
        id="a cup that has not left is not exchanged",
        told=(*PAID, ship(l1=2), SWAP),
        answer=("return.too_many",),
        axes="paid partially_shipped none pending open partially_shipped",
        stages="s-1 handed_over",
    ),
    Life(
        id="one tin is out and goes back for a pot, the other is still here",
        told=(*PART, exchange(*KEPT, POT, l1=1), take_back(("1", 1, "restock"))),
        answer=("ReturnReceived", "OrderEdited", "ExchangeCompleted", "MoneyRequested"),
        effects=("restock ningbo TEA 1", "refund card CNY 42.00"),
        tells=("exchange.completed",),
        axes="partially_refunded partially_shipped returned not_due open partially_shipped",
        money="233.90 275.90 0.00",
        stages="s-1 handed_over",
    ),
]


@pytest.mark.parametrize("life", EDITS, ids=lambda life: life.id)
def test_edit(life):
    life.check()


@pytest.mark.parametrize("life", EXCHANGES, ids=lambda life: life.id)
def test_exchange(life):
    life.check()


# --- splits and merges: a row says what both orders are afterwards ---


@attrs.frozen(kw_only=True)
class Parting:
    """An order is told, and ``units`` of it go on as the order ``o-2``.

    ``effects`` are those of both. Then, ``back``, the second joins the first again. ``rest`` and
    ``part`` are the axes, ``money`` what is due, paid and held beyond that in both. ``refused``
    are the codes of a plan that is not made.
    """

    id: str
    told: tuple
    units: dict
    back: bool = False
    effects: tuple[str, ...] = ()
    rest: str = ""
    part: str = ""
    money: tuple[str, str] = ("", "")
    refused: tuple[str, ...] = ()


CLERK = Context(now=NOW, actor="clerk")
READY = "paid reserved none not_due open preparing"
GONE = "not_required cancelled none not_due nothing cancelled"


def on_terms(*payments):
    return (place(policy=OrderPolicy(terms="credit")), reserve(), *payments, confirm())


PARTINGS = [
    Parting(
        id="the cup goes on with its stock and its money",
        told=PAID,
        units={"2": 1},
        effects=("release ningbo CUP 1",),
        rest=READY,
        part=READY,
        money=("224.00 224.00 0.00", "51.90 51.90 0.00"),
    ),
    Parting(
        id="one of two tins",
        told=PAID,
        units={"1": 1},
        effects=("release ningbo TEA 1",),
        rest=READY,
        part=READY,
        money=("163.90 163.90 0.00", "112.00 112.00 0.00"),
    ),
    Parting(
        id="everything, so that the first order ends",
        told=PAID,
        units={"1": 2, "2": 1},
        effects=("release ningbo CUP 1", "release ningbo TEA 2"),
        rest=GONE,
        part=READY,
        money=("0.00 0.00 0.00", "275.90 275.90 0.00"),
    ),
    Parting(
        id="before anything is paid or held",
        told=(place(),),
        units={"2": 1},
        rest="unpaid unfulfilled none not_due nothing awaiting_payment",
        part="unpaid unfulfilled none not_due nothing awaiting_payment",
        money=("224.00 0.00 0.00", "51.90 0.00 0.00"),
    ),
    Parting(
        id="what is paid stays where it is needed first",
        told=on_terms(pay("captured", "200.00")),
        units={"2": 1},
        effects=("release ningbo CUP 1",),
        rest="partially_paid reserved none not_due open preparing",
        part="unpaid reserved none not_due nothing preparing",
        money=("224.00 200.00 0.00", "51.90 0.00 0.00"),
    ),
    Parting(
        id="what is paid beyond that goes along",
        told=on_terms(pay("captured", "250.00")),
        units={"2": 1},
        effects=("release ningbo CUP 1",),
        rest=READY,
        part="partially_paid reserved none not_due open preparing",
        money=("224.00 224.00 0.00", "51.90 26.00 0.00"),
    ),
    Parting(
        id="a tin is out, and the cup goes on alone",
        told=PART,
        units={"2": 1},
        effects=("release ningbo CUP 1",),
        rest="paid partially_shipped none pending open partially_shipped",
        part=READY,
        money=("224.00 224.00 0.00", "51.90 51.90 0.00"),
    ),
    Parting(
        id="a tin is out, and all that is here goes on",
        told=PART,
        units={"1": 1, "2": 1},
        effects=("release ningbo CUP 1", "release ningbo TEA 1"),
        rest="paid shipped none pending open shipped",
        part=READY,
        money=("112.00 112.00 0.00", "163.90 163.90 0.00"),
    ),
    Parting(
        id="an allowance of 200.00 goes along as far as what stays has no room",
        told=(*PAID, allow("200.00")),
        units={"1": 2},
        effects=("refund card CNY 200.00", "release ningbo TEA 2"),
        rest="refunded reserved none not_due nothing preparing",
        part=READY,
        money=("0.00 200.00 0.00", "75.90 75.90 0.00"),
    ),
    Parting(
        id="what has left does not go on",
        told=SENT,
        units={"2": 1},
        refused=("transfer.too_many",),
    ),
    Parting(
        id="the cup comes back, and all is as it was",
        told=PAID,
        units={"2": 1},
        back=True,
        effects=("release ningbo CUP 1", "release ningbo CUP 1"),
        rest=READY,
        part=GONE,
        money=("275.90 275.90 0.00", "0.00 0.00 0.00"),
    ),
    Parting(
        id="the cup comes back to an order that is half out",
        told=PART,
        units={"2": 1},
        back=True,
        effects=("release ningbo CUP 1", "release ningbo CUP 1"),
        rest="paid partially_shipped none pending open partially_shipped",
        part=GONE,
        money=("275.90 275.90 0.00", "0.00 0.00 0.00"),
    ),
    Parting(
        id="nothing is left of an order that is to take the rest back",
        told=PAID,
        units={"1": 2, "2": 1},
        back=True,
        refused=("order.stage",),
    ),
]


def moved(plan, source, target):
    """Both orders after a plan, and what is asked of the host; no law is broken."""
    sent = decide(source, plan.out, CLERK).accepted()
    rest = replay(source, sent.events)
    came = decide(target, plan.into, CLERK).accepted()
    whole = replay(target, came.events)
    assert laws_broken(rest) | laws_broken(whole) == set()
    return rest, whole, asked_for((*sent.effects, *came.effects))


@pytest.mark.parametrize("row", PARTINGS, ids=lambda row: row.id)
def test_parting(row):
    order = live(row.told).order
    effects = asked_for(live(row.told).effects)
    plan = plan_split(order, row.units, to_order="o-2", transfer_id="t-1")
    if isinstance(plan, Refusal):
        assert plan.codes == row.refused
        return
    rest, part, asked = moved(plan, order, None)
    effects += asked
    if row.back:
        plan = plan_merge(part, rest, transfer_id="t-2")
        if isinstance(plan, Refusal) or row.refused:
            verdict = plan if isinstance(plan, Refusal) else decide(rest, plan.into, CLERK)
            assert verdict.codes == row.refused
            return
        part, rest, asked = moved(plan, part, rest)
        effects += asked
    assert row.refused == ()
    assert effects == row.effects
    assert (axes(rest), axes(part)) == (row.rest, row.part)
    assert (money(rest), money(part)) == row.money


def test_there_are_enough_lives_with_names_of_their_own():
    rows = [*EDITS, *EXCHANGES, *PARTINGS]
    assert len(rows) >= 50
    assert len({(type(row), row.id) for row in rows}) == len(rows)

"""The words in which lives of an order are told: each makes one message, numbered by its place.

The order is two tins of tea at 112.00 (128.00 less 16.00) and a cup at 51.90 (59.90 less 8.00):
275.90 in all; with shipping 285.90.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs
from tests.orders.histories import History, Step

from ordercore.kernel import Context, Instant, Money, Refusal, instant, shift
from ordercore.orders import (
    DEFAULT_RULES,
    INVARIANTS,
    AdjustStock,
    AllocateUnits,
    Assignment,
    CancelFulfilment,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    CompleteStage,
    ConfirmOrder,
    ConfirmPick,
    DelegateApproval,
    EditOrder,
    GiveApproval,
    GrantAllowance,
    HandOver,
    HoldScope,
    IssueCreditNote,
    IssueInvoice,
    LapseExchange,
    Notify,
    Order,
    OrderDecider,
    OrderRules,
    PackFulfilment,
    Parcel,
    PlaceHold,
    PlaceOrder,
    PlanFulfilment,
    RecallUnits,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordEvidence,
    RecordPayment,
    RecordRefund,
    RecordScan,
    RecordSettlement,
    RefundBalance,
    RefundPayment,
    RejectApproval,
    ReleaseClaims,
    ReleaseFulfilment,
    ReleaseHold,
    ReleaseStock,
    ReleaseUnits,
    ReopenOrder,
    RequestApproval,
    RequestExchange,
    RequestReturn,
    ReserveStock,
    RestockUnits,
    SetAppointment,
    ShipUnits,
    StartPicking,
    SubmitOrder,
    Tick,
    statuses,
)
from ordercore.pricing import Adjustment, Charge, Quote, QuoteLine

NOW = instant("2026-11-11T08:00:00Z")


def _counts(lines):
    """Lines as keywords: ``l1=2`` is two units of line 1."""
    return {key.removeprefix("l"): units for key, units in lines.items()}


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
        lines=_counts(lines),
    )


def cancel(id=None, **lines):
    return lambda n: CancelUnits(
        "o-1",
        command_id=id or f"c-{n}",
        lines=_counts(lines),
    )


def cancel_order():
    return lambda n: CancelOrder("o-1", command_id=f"c-{n}", cause="buyer")


def ask_back(return_id="r-1", **lines):
    return lambda n: RequestReturn(
        "o-1",
        command_id=f"c-{n}",
        return_id=return_id,
        lines=_counts(lines),
    )


def take_back(*units, return_id="r-1"):
    came = [
        ReceivedUnits(line, count, disposition=what, node="ningbo") for line, count, what in units
    ]
    return lambda n: ReceiveReturn("o-1", command_id=f"c-{n}", return_id=return_id, units=came)


def pay(kind, amount, payment="card", id=None, currency="CNY", **more):
    return lambda n: RecordPayment(
        "o-1",
        fact_id=id or f"f-{n}",
        payment_id=payment,
        kind=kind,
        amount=Money.of(amount, currency),
        **more,
    )


def refunded(amount, payment="card"):
    return lambda n: RecordRefund("o-1", fact_id=f"f-{n}", payment_id=payment, amount=cny(amount))


def deliver(shipment="s-1", **lines):
    return lambda n: RecordDelivery(
        "o-1",
        fact_id=f"f-{n}",
        shipment_id=shipment,
        lines=_counts(lines),
    )


def allow(amount, currency="CNY"):
    return lambda n: GrantAllowance("o-1", command_id=f"c-{n}", amount=Money.of(amount, currency))


def balance():
    return lambda n: RefundBalance("o-1", command_id=f"c-{n}")


def close():
    return lambda n: CloseOrder("o-1", command_id=f"c-{n}")


def reopen():
    return lambda n: ReopenOrder("o-1", command_id=f"c-{n}")


# --- words of fulfilment orders ---

_FO = "fo-1"


def plan(fulfilment=_FO, node="ningbo", mode="ship", **lines):
    return lambda n: PlanFulfilment(
        "o-1",
        command_id=f"c-{n}",
        fulfilment_id=fulfilment,
        node=node,
        mode=mode,
        lines=_counts(lines),
    )


def _step(kind, fulfilment, **more):
    return lambda n: kind("o-1", command_id=f"c-{n}", fulfilment_id=fulfilment, **more)


def hand_to_node(fulfilment=_FO):
    return _step(ReleaseFulfilment, fulfilment)


def start(fulfilment=_FO):
    return _step(StartPicking, fulfilment)


def pick(fulfilment=_FO, short=None, **lines):
    return _step(ConfirmPick, fulfilment, picked=_counts(lines), short=short or {})


def pack(fulfilment=_FO, *parcels):
    boxes = [Parcel(parcel_id=f"p-{n}", lines=lines) for n, lines in enumerate(parcels)]
    return _step(PackFulfilment, fulfilment, parcels=boxes)


def hand_over(shipment="s-1", fulfilment=_FO):
    return _step(HandOver, fulfilment, shipment_id=shipment)


def complete(stage, fulfilment=_FO):
    return _step(CompleteStage, fulfilment, stage=stage)


def appoint(when, fulfilment=_FO):
    return _step(SetAppointment, fulfilment, at=when)


def call_back(fulfilment=_FO, cause=""):
    return _step(CancelFulfilment, fulfilment, cause=cause)


def scan(kind, shipment="s-1", occurred_at=None, id=None):
    return lambda n: RecordScan(
        "o-1", fact_id=id or f"f-{n}", shipment_id=shipment, kind=kind, occurred_at=occurred_at
    )


# --- words of bills and pay-outs ---


def issue(invoice="i-1", **lines):
    return lambda n: IssueInvoice(
        "o-1", command_id=f"c-{n}", invoice_id=invoice, lines=_counts(lines)
    )


def take_off(note="n-1", **lines):
    return lambda n: IssueCreditNote(
        "o-1", command_id=f"c-{n}", credit_note_id=note, lines=_counts(lines)
    )


def paid_out(amount, fee="0.00", payment="card", currency="CNY"):
    return lambda n: RecordSettlement(
        "o-1",
        fact_id=f"f-{n}",
        payment_id=payment,
        amount=Money.of(amount, currency),
        fee=Money.of(fee, currency),
    )


# --- words of control ---


def submit():
    return lambda n: SubmitOrder("o-1", command_id=f"c-{n}")


def hold(hold_id="h", scope=None, code="fraud", **more):
    return lambda n: PlaceHold(
        "o-1",
        command_id=f"c-{n}",
        hold_id=hold_id,
        code=code,
        scope=scope or HoldScope(),
        **more,
    )


def unhold(hold_id="h"):
    return lambda n: ReleaseHold("o-1", command_id=f"c-{n}", hold_id=hold_id)


def show(name, evidence_id=None, **more):
    return lambda n: RecordEvidence(
        "o-1", fact_id=f"f-{n}", name=name, evidence_id=evidence_id or f"e-{n}", **more
    )


def withdraw(name, evidence_id, **more):
    return show(name, evidence_id, withdrawn=True, **more)


def ask(name, approval="a", **more):
    return lambda n: RequestApproval(
        "o-1", command_id=f"c-{n}", approval_id=approval, name=name, **more
    )


def approve(approval="a"):
    return lambda n: GiveApproval("o-1", command_id=f"c-{n}", approval_id=approval)


def reject(approval="a"):
    return lambda n: RejectApproval("o-1", command_id=f"c-{n}", approval_id=approval)


def leave_to(other, approval="a"):
    return lambda n: DelegateApproval("o-1", command_id=f"c-{n}", approval_id=approval, to=other)


def tick():
    return lambda n: Tick("o-1", command_id=f"c-{n}")


# --- words of changes ---


def edit(*lines, charges=(), destination=None, delivery=None):
    """To these lines, at their prices; without any, the lines stay."""
    quote = Quote(currency="CNY", at=NOW, lines=lines, charges=charges) if lines else None
    return lambda n: EditOrder(
        "o-1", command_id=f"c-{n}", quote=quote, destination=destination, delivery=delivery
    )


def exchange(*lines, return_id="r-1", ship_first=False, **units):
    """These units for what the lines have beyond the order's."""
    return lambda n: RequestExchange(
        "o-1",
        command_id=f"c-{n}",
        return_id=return_id,
        lines=_counts(units),
        quote=Quote(currency="CNY", at=NOW, lines=lines),
        ship_first=ship_first,
    )


def lapse(return_id="r-1"):
    return lambda n: LapseExchange("o-1", command_id=f"c-{n}", return_id=return_id)


# --- who says it, when, and whether it is refused on the way ---


@attrs.frozen
class Told:
    """A word with its context; ``refused`` are the codes of a "no" in the middle of a life."""

    make: object
    after: Instant = NOW
    actor: str = "web"
    role: str = "customer"
    refused: tuple[str, ...] = ()

    @property
    def context(self) -> Context:
        return Context(now=self.after, actor=self.actor, role=self.role)


def told(word) -> Told:
    return word if isinstance(word, Told) else Told(word)


def when(hours, word, seconds=0):
    """So many hours and seconds after the order was placed."""
    return attrs.evolve(told(word), after=shift(NOW, seconds=round(hours * 3600) + seconds))


def by(actor, role, word):
    return attrs.evolve(told(word), actor=actor, role=role)


def no(word, *codes):
    """The word is refused with these codes, and life goes on."""
    return attrs.evolve(told(word), refused=codes)


def laws_broken(order: Order) -> set[str]:
    return {law.invariant_id for law in INVARIANTS if law.check(order)}


def live(words: Iterable, rules: OrderRules = DEFAULT_RULES) -> History:
    """The life that these words tell; no law is broken after any of them."""
    shop = OrderDecider(rules)
    order = None
    steps = []
    for n, word in enumerate(map(told, words)):
        message = word.make(n)
        answer = shop.decide(order, message, word.context)
        after = order if isinstance(answer, Refusal) else shop.replay(order, answer.events)
        steps.append(Step(message, word.context, answer, order, after))
        assert word.refused in {(), heard(answer)}, (n, message, answer)
        assert laws_broken(after) == set(), (n, message)
        order = after
    return History(tuple(steps))


def axes(order: Order) -> str:
    """Payment, fulfilment, return, invoice, settlement and display status."""
    now = statuses(order)
    return " ".join(
        map(
            str,
            (now.payment, now.fulfilment, now.return_, now.invoice, now.settlement, now.display),
        )
    )


def money(order: Order) -> str:
    """What is due, paid, and held beyond that."""
    now = order.money
    return " ".join(m.format(code=False) for m in (now.due, now.paid, now.balance))


def stages(order: Order) -> str:
    return " ".join(f"{known.fulfilment_id} {known.stage}" for known in order.fulfilments)


def shown(effect) -> str:
    match effect:
        case ReleaseStock():
            return f"release {effect.node} {effect.sku} {effect.quantity}"
        case RestockUnits():
            return f"restock {effect.node} {effect.sku} {effect.quantity}"
        case AdjustStock():
            return f"adjust {effect.node} {effect.sku} {effect.change}"
        case ReleaseClaims():
            return "release " + " ".join(f"{known} {n}" for known, n in effect.claims.items())
        case RecallUnits():
            told = f"recall {effect.node} {effect.sku} {effect.quantity}"
            return f"{told} picked {effect.picked}" if effect.picked else told
    kind = type(effect).__name__.removesuffix("Payment").lower()
    told = f"{kind} {effect.payment_id} {effect.amount}"
    if isinstance(effect, RefundPayment):
        told += f" with {effect.points} points" if effect.points else ""
        told += " as store credit" if effect.route.value == "to_store_credit" else ""
    return told


def asked_for(effects) -> tuple[str, ...]:
    """What is asked of the host, notes to people left aside."""
    return tuple(shown(effect) for effect in effects if not isinstance(effect, Notify))


def heard(answer) -> tuple[str, ...]:
    if isinstance(answer, Refusal):
        return answer.codes
    return ("repeated",) if answer.repeated else tuple(type(e).__name__ for e in answer.events)


# --- where most lives begin ---

PAID = (place(), pay("captured", "275.90"), reserve(), confirm())
SENT = (*PAID, ship(l1=2, l2=1))
HOME = (*SENT, deliver())
PLANNED = (*PAID, plan())
RELEASED = (*PLANNED, hand_to_node())
PICKING = (*RELEASED, start())
PICKED = (*PICKING, pick(l1=2, l2=1))
PACKED = (*PICKED, pack())
GONE = (*PACKED, hand_over())


# --- a row of the tables ---


@attrs.frozen(kw_only=True)
class Life:
    """``answer`` is that to the last word: event names, ``repeated``, or the codes of a "no".

    ``effects`` are those of all words but the notes to people, of which ``tells`` has the last
    word's. ``axes`` are payment, fulfilment, return, invoice, settlement and display status;
    ``money`` due, paid, balance; ``stages`` those of the fulfilment orders; ``billed`` what the
    bills come to; ``holds`` those that run.
    """

    id: str
    told: tuple
    answer: tuple[str, ...]
    effects: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    axes: str
    money: str = "275.90 275.90 0.00"
    stages: str = ""
    billed: str = "0.00"
    holds: str = ""
    rules: OrderRules = DEFAULT_RULES

    def check(self) -> None:
        """Live it, and compare everything that the row says."""
        history = live(self.told, self.rules)
        for step, word in zip(history.steps[:-1], map(told, self.told), strict=False):
            assert step.accepted or word.refused, (step.message, step.answer)
        last, order = history.steps[-1].answer, history.order
        assert heard(last) == self.answer
        assert asked_for(history.effects) == self.effects
        notes = () if isinstance(last, Refusal) else last.effects
        assert tuple(e.topic for e in notes if isinstance(e, Notify)) == self.tells
        assert axes(order) == self.axes
        assert money(order) == self.money
        assert stages(order) == self.stages
        billed = Money(order.billing.billed_minor, order.currency)
        assert billed.format(code=False) == self.billed
        assert " ".join(known.hold_id for known in order.control.holds) == self.holds
        assert OrderDecider(self.rules).replay(None, history.events) == order

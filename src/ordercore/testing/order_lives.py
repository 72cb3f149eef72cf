"""Lives of orders: messages drawn for an order as it stands, each decided on what came before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import attrs
from hypothesis import strategies as st

from ordercore.kernel import (
    Context,
    Duration,
    FrozenMap,
    Instant,
    Money,
    Refusal,
    shift,
)
from ordercore.network import Destination, Region
from ordercore.orders import (
    DEFAULT_RULES,
    AllocateUnits,
    Assignment,
    CancelFulfilment,
    CancelOrder,
    CancelUnits,
    CaptureRule,
    ChargesRule,
    ClaimsRule,
    CloseOrder,
    ConfirmOrder,
    ConfirmPick,
    FulfilmentMode,
    GrantAllowance,
    HandOver,
    Instruction,
    InvoiceRule,
    IssueCreditNote,
    IssueInvoice,
    ItemFacts,
    ItemKind,
    Order,
    OrderEvent,
    OrderMessage,
    OrderPolicy,
    OrderRules,
    PackFulfilment,
    Parcel,
    PaymentKind,
    PlaceOrder,
    PlanFulfilment,
    RaisedDueRule,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordPayment,
    RecordRefund,
    RecordScan,
    RecordSettlement,
    RefundBalance,
    RefundRouting,
    ReleaseFulfilment,
    ReleaseUnits,
    ReopenOrder,
    RequestReturn,
    ReserveStock,
    ReturnDisposition,
    ScanKind,
    SetAppointment,
    ShipUnits,
    StartPicking,
    check,
    decide,
    replay,
)
from ordercore.pricing import AfterOrderPolicy, Quote, RestockingFee
from ordercore.testing.customer_values import claims, customer_facts
from ordercore.testing.order_changes import Draw, edit, exchange, lapse, send_away
from ordercore.testing.order_control_moves import control_moves
from ordercore.testing.order_control_values import PEOPLE, ROLES
from ordercore.testing.order_history import History, Step
from ordercore.testing.trade_values import NODES, START, quotes

__all__ = ["histories", "order_events", "order_messages", "orders"]


def _taken(order: Order | None, message: OrderMessage, context: Context, rules: OrderRules) -> Step:
    answer = decide(order, message, context, rules)
    after = order if isinstance(answer, Refusal) else replay(order, answer.events)
    return Step(message, context, answer, order, after)


_AFTER = (
    AfterOrderPolicy(),
    AfterOrderPolicy(shipping="with_units", restocking=RestockingFee(percent=10)),
    AfterOrderPolicy(shipping="with_everything"),
    AfterOrderPolicy(shipping="never", restocking=RestockingFee(percent=100, taxed=False)),
)
_Move = Callable[[Order], OrderMessage | None]


class Author:
    """Draws the next message for an order as it stands: mostly fitting, at times not."""

    def __init__(self, draw: Draw, *, cancels: bool, returns: bool, strays: bool) -> None:
        self.draw = draw
        self.strays = strays
        self.count = 0
        self.moves: list[_Move] = [
            self.reserve,
            self.reserve,
            self.confirm,
            self.confirm,
            self.ship,
            self.ship,
            self.deliver,
            self.pay,
            self.pay,
            self.close,
            self.allocate,
            self.release,
            self.allow,
            self.balance,
            self.reopen,
            self.plan,
            self.work,
            self.work,
            self.scan,
            self.bill,
            self.credit,
            self.pay_out,
            partial(edit, self),
            partial(lapse, self),
        ]
        self.opening: list[_Move] = [
            self.pay_whole,
            self.reserve_all,
            self.confirm,
            self.draw(st.sampled_from((self.ship, self.plan))),
            self.work,
            self.deliver,
        ]
        if returns:
            self.opening += [self.ask_back, self.take_back]
        if cancels:
            self.moves += [self.cancel, self.cancel_all, partial(send_away, self)]
        if returns:
            self.moves += [self.ask_back, self.take_back, self.take_back, partial(exchange, self)]

    def id(self, kind: str) -> str:
        self.count += 1
        return f"{kind}-{self.count}"

    def units(self, limits: dict[str, int]) -> dict[str, int]:
        """Some units of some lines, within the limits unless this history strays."""
        chosen: dict[str, int] = {}
        for line, limit in limits.items():
            over = 1 if self.strays and self.draw(st.integers(0, 9)) == 0 else 0
            if limit + over > 0 and (not chosen or self.draw(st.booleans())):
                chosen[line] = self.draw(st.integers(1, limit + over))
        return chosen

    def assigned(self, order: Order) -> list[Assignment]:
        return [
            Assignment(line, units, node=self.draw(st.sampled_from(NODES)), service="sf")
            for line, units in self.units({x.line_id: x.backlog for x in order.lines}).items()
        ]

    def pay_whole(self, order: Order) -> OrderMessage | None:
        return RecordPayment(
            order.order_id,
            fact_id=self.id("f"),
            payment_id="card",
            kind=self.draw(st.sampled_from((PaymentKind.AUTHORISED, PaymentKind.CAPTURED))),
            amount=order.due,
            tender="card",
        )

    def reserve_all(self, order: Order) -> OrderMessage | None:
        return ReserveStock(
            order.order_id,
            command_id=self.id("c"),
            allocations=[
                Assignment(line.line_id, line.ordered, node=self.draw(st.sampled_from(NODES)))
                for line in order.lines
            ],
        )

    def allocate(self, order: Order) -> OrderMessage | None:
        plan = self.assigned(order)
        return (
            AllocateUnits(order.order_id, command_id=self.id("c"), allocations=plan)
            if plan
            else None
        )

    def reserve(self, order: Order) -> OrderMessage | None:
        if self.draw(st.booleans()):
            plan = [
                Assignment(x.line_id, x.backlog, node=self.draw(st.sampled_from(NODES)))
                for x in order.lines
                if x.backlog
            ]
        else:
            plan = self.assigned(order)
        if self.draw(st.booleans()):
            plan += [
                Assignment(
                    a.line_id,
                    self.draw(st.integers(1, a.unreserved)),
                    node=a.node,
                    allocation_id=a.allocation_id,
                )
                for a in order.allocations
                if a.unreserved
            ]
        return ReserveStock(order.order_id, command_id=self.id("c"), allocations=plan)

    def release(self, order: Order) -> OrderMessage | None:
        known = [a.allocation_id for a in order.allocations]
        if not known:
            return None
        chosen = self.draw(st.lists(st.sampled_from(known), min_size=1, max_size=2))
        return ReleaseUnits(order.order_id, command_id=self.id("c"), allocations=chosen)

    def confirm(self, order: Order) -> OrderMessage | None:
        return ConfirmOrder(order.order_id, command_id=self.id("c"))

    def ship(self, order: Order) -> OrderMessage | None:
        node = self.draw(st.sampled_from(NODES))
        limits: dict[str, int] = {line.line_id: 0 for line in order.lines}
        for a in order.allocations:
            if a.node == node:
                limits[a.line_id] += a.shippable
        lines = self.units(limits)
        if not lines:
            return None
        return ShipUnits(
            order.order_id,
            command_id=self.id("c"),
            shipment_id=self.id("s"),
            node=node,
            lines=lines,
        )

    def plan(self, order: Order) -> OrderMessage | None:
        node = self.draw(st.sampled_from(NODES))
        mode = self.draw(st.sampled_from(FulfilmentMode))
        lines: dict[str, int] = {}
        if mode is FulfilmentMode.SHIP and self.draw(st.booleans()):
            lines = self.units({x.line_id: x.shippable for x in order.lines})
        return PlanFulfilment(
            order.order_id,
            command_id=self.id("c"),
            fulfilment_id=self.id("fo"),
            node=node,
            mode=mode,
            lines=lines,
        )

    def work(self, order: Order) -> OrderMessage | None:
        """The next thing that its flow asks of a fulfilment order, or its end."""
        known = [f for f in order.fulfilments if f.open and f.units]
        if not known:
            return None
        one = self.draw(st.sampled_from(known))
        order_id, at = order.order_id, one.fulfilment_id
        command_id = self.id("c")
        if self.draw(st.integers(0, 9)) == 0:
            return CancelFulfilment(order_id, command_id=command_id, fulfilment_id=at)
        match one.stage:
            case "planned" if one.mode is FulfilmentMode.SERVICE:
                return SetAppointment(
                    order_id, command_id=command_id, fulfilment_id=at, at=order.last_at
                )
            case "planned" if one.mode is not FulfilmentMode.DIGITAL:
                return ReleaseFulfilment(order_id, command_id=command_id, fulfilment_id=at)
            case "released":
                return StartPicking(order_id, command_id=command_id, fulfilment_id=at)
            case "picking" if one.unpicked:
                most = {str(line): units for line, units in one.unpicked.items()}
                short = self.units(most) if self.draw(st.booleans()) else {}
                left = {x: n - short.get(x, 0) for x, n in one.unpicked.items()}
                picked = self.units({x: n for x, n in left.items() if n > 0})
                if not picked and not short:
                    return None
                return ConfirmPick(
                    order_id, command_id=command_id, fulfilment_id=at, picked=picked, short=short
                )
            case "picking":
                box = [Parcel(parcel_id=self.id("box"), lines=one.lines)]
                parcels = box if self.draw(st.booleans()) else []
                return PackFulfilment(
                    order_id, command_id=command_id, fulfilment_id=at, parcels=parcels
                )
            case _:
                return HandOver(
                    order_id, command_id=command_id, fulfilment_id=at, shipment_id=self.id("s")
                )

    def scan(self, order: Order) -> OrderMessage | None:
        known = [s.shipment_id for s in order.shipments] + (["nowhere"] if self.strays else [])
        if not known:
            return None
        kinds = list(ScanKind) if self.strays else [ScanKind.DEPARTED, ScanKind.SEEN]
        return RecordScan(
            order.order_id,
            fact_id=self.id("f"),
            shipment_id=self.draw(st.sampled_from(known)),
            kind=self.draw(st.sampled_from(kinds)),
            occurred_at=order.last_at if self.draw(st.booleans()) else None,
        )

    # --- bills ---

    def bill(self, order: Order) -> OrderMessage | None:
        lines = self.units({x.line_id: x.kept for x in order.lines}) if self.strays else {}
        return IssueInvoice(
            order.order_id, command_id=self.id("c"), invoice_id=self.id("i"), lines=lines
        )

    def credit(self, order: Order) -> OrderMessage | None:
        lines = self.units({x.line_id: x.billed for x in order.lines}) if self.strays else {}
        return IssueCreditNote(
            order.order_id, command_id=self.id("c"), credit_note_id=self.id("n"), lines=lines
        )

    def pay_out(self, order: Order) -> OrderMessage | None:
        if not order.payments:
            return None
        payment = self.draw(st.sampled_from(order.payments))
        held = max(0, payment.held_minor)
        fee = self.draw(st.integers(0, held // 10))
        return RecordSettlement(
            order.order_id,
            fact_id=self.id("f"),
            payment_id=payment.payment_id,
            amount=Money(held - fee, "CNY"),
            fee=Money(fee, "CNY"),
        )

    def deliver(self, order: Order) -> OrderMessage | None:
        known = [s.shipment_id for s in order.shipments] + (["nowhere"] if self.strays else [])
        if not known:
            return None
        shipment_id = self.draw(st.sampled_from(known))
        shipment = order.shipment(shipment_id)
        lines: dict[str, int] = {}
        if shipment is not None and self.draw(st.booleans()):
            lines = self.units({x.line_id: x.under_way for x in shipment.lines})
        return RecordDelivery(
            order.order_id, fact_id=self.id("f"), shipment_id=shipment_id, lines=lines
        )

    def pay(self, order: Order) -> OrderMessage | None:
        kinds = [PaymentKind.AUTHORISED, PaymentKind.CAPTURED, PaymentKind.CAPTURED]
        if self.strays:
            kinds += list(PaymentKind)
        kind = self.draw(st.sampled_from(kinds))
        whole = max(1, order.money.outstanding.minor)
        minor = whole if self.draw(st.booleans()) else self.draw(st.integers(0, whole))
        payment_id = self.draw(st.sampled_from(("card", "wallet")))
        pending = order.payment(payment_id)
        if pending is not None and pending.refund_pending_minor and self.draw(st.booleans()):
            return RecordRefund(
                order.order_id,
                fact_id=self.id("f"),
                payment_id=payment_id,
                amount=Money(pending.refund_pending_minor, "CNY"),
            )
        currency = "EUR" if self.strays and self.draw(st.integers(0, 19)) == 0 else "CNY"
        return RecordPayment(
            order.order_id,
            fact_id=self.id("f"),
            payment_id=payment_id,
            kind=kind,
            amount=Money(minor, currency),
            occurred_at=order.last_at,
        )

    def cancel(self, order: Order) -> OrderMessage | None:
        lines = self.units({x.line_id: x.cancellable for x in order.lines})
        return CancelUnits(order.order_id, command_id=self.id("c"), lines=lines) if lines else None

    def cancel_all(self, order: Order) -> OrderMessage | None:
        if self.draw(st.integers(0, 3)):
            return None
        return CancelOrder(order.order_id, command_id=self.id("c"), cause="buyer")

    def ask_back(self, order: Order) -> OrderMessage | None:
        lines = self.units({x.line_id: x.returnable for x in order.lines})
        if not lines:
            return None
        return RequestReturn(
            order.order_id, command_id=self.id("c"), return_id=self.id("r"), lines=lines
        )

    def take_back(self, order: Order) -> OrderMessage | None:
        cases = [case for case in order.returns if case.open]
        if not cases:
            return None
        case = self.draw(st.sampled_from(cases))
        came = self.units({x.line_id: x.expected for x in case.lines})
        if not came:
            return None
        return ReceiveReturn(
            order.order_id,
            command_id=self.id("c"),
            return_id=case.return_id,
            units=[
                ReceivedUnits(
                    line,
                    units,
                    disposition=self.draw(st.sampled_from(ReturnDisposition)),
                    node="ningbo",
                )
                for line, units in came.items()
            ],
        )

    def allow(self, order: Order) -> OrderMessage | None:
        if self.draw(st.integers(0, 2)):
            return None
        minor = self.draw(st.integers(1, max(1, order.due_minor)))
        return GrantAllowance(
            order.order_id, command_id=self.id("c"), amount=Money(minor, "CNY"), cause="late"
        )

    def balance(self, order: Order) -> OrderMessage | None:
        return RefundBalance(order.order_id, command_id=self.id("c"))

    def close(self, order: Order) -> OrderMessage | None:
        return CloseOrder(order.order_id, command_id=self.id("c"))

    def reopen(self, order: Order) -> OrderMessage | None:
        return ReopenOrder(order.order_id, command_id=self.id("c"))


@st.composite
def histories(
    draw: st.DrawFn,
    *,
    lines: int = 2,
    units: int = 4,
    steps: int = 14,
    cancels: bool = True,
    returns: bool = True,
    strays: bool = False,
    order_id: str = "o-1",
    control: bool = False,
    quoted: st.SearchStrategy[Quote] | None = None,
    rules: OrderRules = DEFAULT_RULES,
) -> History:
    """Lives of an order, from the placing on.

    Args:
        draw: Given by Hypothesis.
        lines: At most so many lines.
        units: At most so many units of a line.
        steps: At most so many messages beyond the usual way of an order, of which each life goes
            some part.
        cancels: Whether units and orders are cancelled.
        returns: Whether delivered units come back.
        strays: Whether some messages ask too much, and some facts do not fit; then refusals and
            clashes stand among the steps.
        order_id: The order's id.
        control: Whether orders are held and released, evidence is shown, approvals are asked for
            and given by several people, time is told, and some orders begin as drafts.
        quoted: What the order is placed from; quotes of :func:`quotes` by default.
        rules: The host's rules.
    """
    quote = draw(quotes(lines=lines, units=units) if quoted is None else quoted)
    author = Author(draw, cancels=cancels, returns=returns, strays=strays)
    of_control = control_moves(author) if control else []
    now = START

    def at(moment: Instant) -> Context:
        if not control:
            return _at(moment)
        return Context(
            now=moment, actor=draw(st.sampled_from(PEOPLE)), role=draw(st.sampled_from(ROLES))
        )

    place = PlaceOrder(
        order_id,
        quote=quote,
        command_id="c-0",
        channel="douyin",
        destination=Destination(Region("CN", "ZJ", "Hangzhou"), postcode_class="3100"),
        items={
            quote.lines[0].line_id: ItemFacts(weight_g=250),
            quote.lines[-1].line_id: ItemFacts(
                kind=draw(st.sampled_from((ItemKind.GOODS, ItemKind.GOODS, *ItemKind)))
            ),
        },
        policy=OrderPolicy(
            capture=draw(st.sampled_from(CaptureRule)),
            charges=draw(st.sampled_from(ChargesRule)),
            refunds=draw(st.sampled_from(RefundRouting)),
            invoice=draw(st.sampled_from(InvoiceRule)),
            claims=draw(st.sampled_from(ClaimsRule)),
            raised_due=draw(st.sampled_from(RaisedDueRule)),
            after=draw(st.sampled_from(_AFTER)),
            pay_within=Duration.of(hours=6) if control and draw(st.booleans()) else None,
        ),
        draft=control and draw(st.integers(0, 3)) == 0,
        customer_facts=draw(customer_facts()) if control else FrozenMap(),
        claims=draw(claims()),
    )
    taken_steps = [_taken(None, place, _at(now), rules)]
    order = taken_steps[0].after
    assert order is not None
    # Left to chance alone, few lives get beyond confirmation; so they start somewhere on the way.
    opening = author.opening[: draw(st.integers(0, len(author.opening)))]
    for index in range(len(opening) + draw(st.integers(0, steps))):
        apart = control and draw(st.booleans())
        if apart:
            move = draw(st.sampled_from(of_control))
        else:
            move = opening[index] if index < len(opening) else draw(st.sampled_from(author.moves))
        message = move(order)
        if message is None:
            continue
        now = shift(now, minutes=draw(st.integers(0, 90)))
        # Most commands that would only be refused are left out, so that lives come far.
        told = at(now)
        if (
            isinstance(message, Instruction)
            and not check(order, message, told, rules).allowed
            and not (strays and draw(st.integers(0, 4)) == 0)
        ):
            continue
        # A host's clock may stumble; commands must notice, facts are taken all the same.
        if strays and draw(st.integers(0, 19)) == 0:
            told = attrs.evolve(told, now=shift(now, days=-1))
        step = _taken(order, message, told, rules)
        taken_steps.append(step)
        assert step.after is not None
        order = step.after
    return History(tuple(taken_steps))


def _at(now: Instant) -> Context:
    return Context(now=now, actor="web", role="customer")


def orders(
    *, lines: int = 2, units: int = 4, cancels: bool = True, returns: bool = True
) -> st.SearchStrategy[Order]:
    """Orders somewhere in their life; each is one that events can have left."""
    lives = histories(lines=lines, units=units, cancels=cancels, returns=returns) | histories(
        lines=lines, units=units, cancels=cancels, returns=returns, control=True
    )
    return lives.map(lambda history: history.order)


def order_messages() -> st.SearchStrategy[OrderMessage]:
    """Commands and facts as a life of an order brings them, also those that ask too much."""
    lives = histories(strays=True) | histories(strays=True, control=True)
    return lives.flatmap(lambda history: st.sampled_from(history.messages))


def order_events() -> st.SearchStrategy[OrderEvent]:
    """Events as a life of an order leaves them."""
    lives = histories(strays=True) | histories(strays=True, control=True)
    return lives.flatmap(lambda history: st.sampled_from(history.events))

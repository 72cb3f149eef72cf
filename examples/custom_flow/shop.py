"""A host in miniature: it keeps orders in a dictionary, and prints what the library answers."""

from __future__ import annotations

import attrs

from ordercore.kernel import Context, Money, Reason, Timer, Zone, fold, instant
from ordercore.network import Destination, Region
from ordercore.orders import (
    Assignment,
    ConfirmOrder,
    ConfirmPick,
    FulfilmentOrder,
    Instruction,
    Order,
    OrderDecider,
    OrderDecision,
    OrderMessage,
    PackFulfilment,
    PlaceOrder,
    PlanFulfilment,
    RecordPayment,
    ReleaseFulfilment,
    ReserveStock,
    StartPicking,
    due_timers,
)
from ordercore.pricing import Quote, QuoteLine

HERE = Zone.load("Asia/Shanghai")
HAMBURG = Destination(Region("DE", "HH", "Hamburg"))


def export_quote(at: str) -> Quote:
    """Two tins and a cup, sold through the cross-border channel."""
    return Quote(
        currency="CNY",
        at=instant(at),
        lines=[
            QuoteLine("1", sku="TEA-250G", quantity=2, list_amount=Money.of("256.00", "CNY")),
            QuoteLine("2", sku="CUP", quantity=1, list_amount=Money.of("59.90", "CNY")),
        ],
        channel="tmall_global",
        ship_to=HAMBURG,
    )


def help_against(reason: Reason) -> str:
    """What helps against a reason: a command, or something to obtain, or nothing."""
    ways = []
    if isinstance(reason.remedy, Instruction):
        ways.append(f"send {type(reason.remedy).__name__}")
    if reason.obtain:
        ways.append(f"obtain {reason.obtain}")
    return ", ".join(ways) or "nothing: final"


def clock(timer: Timer) -> str:
    """When a timer rings, as the desk reads it."""
    return f"{HERE.wall(timer.at):%a %Y-%m-%d %H:%M}"


@attrs.define
class Shop:
    """Orders by id, and the decider that answers for them now."""

    decider: OrderDecider
    orders: dict[str, Order] = attrs.field(factory=dict)

    def send(self, message: OrderMessage, at: str) -> OrderDecision:
        """The answer; if it is a decision, the order is what it makes of it."""
        known = self.orders.get(message.order_id)
        answer = self.decider.decide(known, message, Context(now=instant(at), actor="desk-1"))
        if not answer.is_refused:
            self.orders[message.order_id] = fold(self.decider, answer.accepted().events, known)
        return answer

    def told(self, message: OrderMessage, at: str) -> None:
        """Sends it, and prints what came of it: events, effects, timers to set; or the refusal."""
        answer = self.send(message, at)
        print(f"  {at[:-6].replace('T', ' ')}  {message.order_id}  {type(message).__name__}")
        if answer.is_refused:
            for reason in answer.reasons:
                print(f"      refused  {reason.code}; what helps: {help_against(reason)}")
            return
        decision = answer.accepted()
        if decision.repeated:
            print(f"      repeated  it was accepted as version {decision.version}")
        elif not decision.events:
            print("      nothing happens")
        for event in decision.events:
            print(f"      event    {type(event).__name__}")
        for effect in decision.effects:
            print(f"      effect   {type(effect).__name__} {getattr(effect, 'topic', '')}".rstrip())
        for timer in decision.due:
            print(f"      timer    {timer.timer_id}: {clock(timer)}")

    def place(self, order_id: str, at: str) -> None:
        """An order that is placed, reserved, paid and confirmed."""
        quote = export_quote(at)
        units = [Assignment("1", 2, node="ningbo"), Assignment("2", 1, node="ningbo")]
        for message in (
            PlaceOrder(order_id, quote=quote, command_id="place", destination=HAMBURG),
            ReserveStock(order_id, command_id="reserve", allocations=units),
            RecordPayment(
                order_id, fact_id="paid", payment_id="p", kind="captured", amount=quote.total
            ),
            ConfirmOrder(order_id, command_id="confirm"),
        ):
            self.send(message, at).accepted()

    def fulfilment(self, order_id: str) -> FulfilmentOrder:
        """The one fulfilment order that each order here has."""
        return self.orders[order_id].fulfilments[0]

    def tell_stage(self, order_id: str) -> None:
        """Where an order stands, and where its units count."""
        known = self.fulfilment(order_id)
        tea = self.orders[order_id].line("1")
        print(
            f"  → {order_id} stands in {known.stage} of version {known.flow.version}; tea: "
            f"{tea.packed} packed, {tea.shipped} shipped, {tea.delivered} delivered"
        )

    def tell_timers(self, order_id: str) -> None:
        """The boundaries that are still to come."""
        timers = due_timers(self.orders[order_id], self.decider.rules)
        print(f"  → timers of {order_id}: {', '.join(map(clock, timers)) or 'none runs'}")


def picked_and_packed(shop: Shop, order_id: str, at: str, *, pack: bool) -> None:
    """The warehouse works on an order, up to packing or only to picking."""
    work: list[OrderMessage] = [
        PlanFulfilment(order_id, command_id="plan", fulfilment_id="fo", node="ningbo"),
        ReleaseFulfilment(order_id, command_id="release", fulfilment_id="fo"),
        StartPicking(order_id, command_id="pick", fulfilment_id="fo"),
    ]
    if pack:
        found = {"1": 2, "2": 1}
        work += [
            ConfirmPick(order_id, command_id="found", fulfilment_id="fo", picked=found),
            PackFulfilment(order_id, command_id="pack", fulfilment_id="fo"),
        ]
    for message in work:
        shop.send(message, at).accepted()

"""A desk in miniature: it keeps orders in a dictionary, and prints what the library answers."""

from __future__ import annotations

import attrs

from ordercore import orders
from ordercore.kernel import Context, Effect, Instant, Money, Reason, fold
from ordercore.network import Destination, Region
from ordercore.orders import (
    Assignment,
    CapturePayment,
    ConfirmOrder,
    Instruction,
    Notify,
    Order,
    OrderMessage,
    OrderPolicy,
    PlaceOrder,
    RecordPayment,
    RefundPayment,
    ReleaseStock,
    ReserveStock,
    VoidPayment,
    statuses,
)
from ordercore.pricing import Quote, QuoteLine

HANGZHOU = Destination(Region("CN", "ZJ", "Hangzhou"))
PRICES = {"TEA-250G": "128.00", "CUP": "59.90", "POT": "150.00"}


def line(line_id: str, sku: str, quantity: int) -> QuoteLine:
    """Units of one article at the price of the day."""
    return QuoteLine(
        line_id, sku=sku, quantity=quantity, list_amount=Money.of(PRICES[sku], "CNY") * quantity
    )


def offer(at: Instant, *lines: QuoteLine) -> Quote:
    """What lines cost; a shop asks `ordercore.pricing.quote` instead."""
    return Quote(currency="CNY", at=at, lines=lines, channel="phone")


def help_against(reason: Reason) -> str:
    """What helps against a reason: a command, or something to obtain, or nothing."""
    ways = []
    if isinstance(reason.remedy, Instruction):
        ways.append(f"send {type(reason.remedy).__name__}")
    if reason.obtain:
        ways.append(f"obtain {reason.obtain}")
    return ", ".join(ways) or "nothing: final"


@attrs.define
class Desk:
    """Orders by id, who works at the desk, and what the clock says."""

    clerk: Context
    orders: dict[str, Order] = attrs.field(factory=dict)

    def tell(self, *messages: OrderMessage) -> None:
        """Sends each, and prints what came of it: effects for the host, or the refusal."""
        for message in messages:
            known = self.orders.get(message.order_id)
            answer = orders.decide(known, message, self.clerk)
            print(f"  {message.order_id}  {type(message).__name__}")
            if answer.is_refused:
                for reason in answer.reasons:
                    print(f"       refused  {reason.code}; what helps: {help_against(reason)}")
                continue
            self.orders[message.order_id] = fold(orders, answer.accepted().events, known)
            for effect in answer.effects:
                if not isinstance(effect, Notify):
                    print(f"       effect   {type(effect).__name__} {said(effect)}".rstrip())

    def show(self, order_id: str) -> None:
        """Where an order stands: its money, its axes, and each line's units."""
        order = self.orders[order_id]
        axes = statuses(order)
        money = order.money
        print(
            f"  → {order_id} version {order.version}: due {order.due}, paid {money.paid}, "
            f"outstanding {money.outstanding}"
        )
        print(
            f"    payment {axes.payment}, fulfilment {axes.fulfilment}, returns {axes.return_}, "
            f"invoice {axes.invoice}"
        )
        for each in order.lines:
            parts = {
                "ordered": each.ordered,
                "cancelled": each.cancelled,
                "backlog": each.backlog,
                "reserved": each.reserved,
                "shipped": each.shipped,
                "exchanged": each.exchanged,
                "moved away": each.transferred,
            }
            shown = ", ".join(f"{name} {units}" for name, units in parts.items() if units)
            print(f"    line {each.line_id} {each.sku}: {shown}")

    def place(
        self,
        order_id: str,
        *lines: QuoteLine,
        policy: OrderPolicy | None = None,
        paid: Money | None = None,
    ) -> None:
        """An order with stock at Ningbo, paid in full unless said otherwise, and confirmed."""
        quote = offer(self.clerk.now, *lines)
        units = [Assignment(each.line_id, each.quantity, node="ningbo") for each in lines]
        self.tell(
            PlaceOrder(
                order_id,
                quote=quote,
                command_id="place",
                destination=HANGZHOU,
                policy=policy or OrderPolicy(),
            ),
            ReserveStock(order_id, command_id="reserve", allocations=units),
            pay(order_id, "paid", quote.total if paid is None else paid),
            ConfirmOrder(order_id, command_id="confirm"),
        )


def said(effect: Effect) -> str:
    """What an effect asks the host for."""
    if isinstance(effect, (CapturePayment, VoidPayment, RefundPayment)):
        return f"{effect.amount} of {effect.payment_id}"
    if isinstance(effect, ReleaseStock):
        return f"{effect.quantity} of {effect.sku} at {effect.node}"
    return ""


def pay(order_id: str, fact_id: str, amount: Money, payment_id: str = "card") -> RecordPayment:
    """A payment that has come in."""
    return RecordPayment(
        order_id, fact_id=fact_id, payment_id=payment_id, kind="captured", amount=amount
    )

"""A day at a service desk: deposits, changes of mind, exchanges, pickups, and bills that must fit."""

from __future__ import annotations

import argparse

import attrs
from desk import HANGZHOU, Desk, line, offer, pay

from ordercore import orders
from ordercore.kernel import Context, Money
from ordercore.orders import (
    Assignment,
    CancelFulfilment,
    CancelUnits,
    EditOrder,
    HandOver,
    Instalment,
    IssueCreditNote,
    IssueInvoice,
    OrderPolicy,
    PaymentSchedule,
    PlanFulfilment,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordSettlement,
    ReleaseFulfilment,
    RequestExchange,
    RequestReturn,
    ReserveStock,
    ShipUnits,
)

PRESALE = PaymentSchedule(
    [
        Instalment(name="deposit", amount=Money.of("50.00", "CNY"), before="confirm"),
        Instalment(name="balance", before="ship"),
    ]
)


def heading(text: str) -> None:
    """A chapter of the output."""
    print(f"\n== {text}\n")


def deposit(desk: Desk) -> None:
    """The deposit confirms; the balance ships."""
    heading("A presale: the deposit confirms, the balance ships")
    policy = OrderPolicy(terms="prepaid", schedule=PRESALE)
    desk.place("o-1", line("1", "TEA-250G", 2), policy=policy, paid=Money.of("50.00", "CNY"))
    ship = ShipUnits("o-1", command_id="ship", shipment_id="s-1", node="ningbo", lines={"1": 2})
    desk.tell(ship, pay("o-1", "balance", Money.of("206.00", "CNY")), ship)
    desk.show("o-1")


def edit(desk: Desk) -> None:
    """One tin more instead of the cup: seen first, then done."""
    heading("An edit: one tin more, no cup; the preview first")
    desk.place("o-2", line("1", "TEA-250G", 2), line("2", "CUP", 1))
    order = desk.orders["o-2"]
    wanted = EditOrder(
        "o-2",
        command_id="edit",
        quote=offer(desk.clerk.now, line("1", "TEA-250G", 3)),
        expected_version=order.version,
    )
    seen = orders.preview_edit(order, wanted, desk.clerk)
    print(
        f"  preview: due {seen.due_before} → {seen.due_after}, to pay {seen.outstanding}; "
        f"given up {dict(seen.released)}, to find {dict(seen.wanted)}"
    )
    more = [Assignment("1", 1, node="ningbo")]
    desk.tell(
        wanted,
        pay("o-2", "more", seen.outstanding, "card-2"),
        ReserveStock("o-2", command_id="one-more", allocations=more),
        ShipUnits("o-2", command_id="ship", shipment_id="s-1", node="ningbo", lines={"1": 3}),
        EditOrder("o-2", command_id="late", destination=HANGZHOU),
    )
    desk.show("o-2")


def exchange(desk: Desk) -> None:
    """A tin comes back, a pot goes out, and only the difference is paid."""
    heading("An exchange: a tin comes back, a pot goes out, the difference is paid")
    desk.place("o-3", line("1", "TEA-250G", 2))
    order = desk.orders["o-3"]
    both = attrs.evolve(order.quote, lines=[*order.quote.lines, line("2", "POT", 1)])
    back = [ReceivedUnits("1", 1, disposition="restock", node="ningbo")]
    pot = [Assignment("2", 1, node="ningbo")]
    desk.tell(
        ShipUnits("o-3", command_id="ship", shipment_id="s-1", node="ningbo", lines={"1": 2}),
        RecordDelivery("o-3", fact_id="arrived", shipment_id="s-1"),
        RequestExchange("o-3", command_id="wish", return_id="r-1", lines={"1": 1}, quote=both),
        ReceiveReturn("o-3", command_id="back", return_id="r-1", units=back),
        ReserveStock("o-3", command_id="pot", allocations=pot),
        ShipUnits("o-3", command_id="pot-out", shipment_id="s-2", node="ningbo", lines={"2": 1}),
        pay("o-3", "difference", Money.of("22.00", "CNY"), "card-2"),
        ShipUnits("o-3", command_id="pot-out", shipment_id="s-2", node="ningbo", lines={"2": 1}),
    )
    desk.show("o-3")


def split_and_merge(desk: Desk) -> None:
    """The cup goes to another order with its money, and comes back."""
    heading("Split and merge: units move with their money and their stock")
    desk.place("o-4", line("1", "TEA-250G", 2), line("2", "CUP", 1))
    plan = orders.plan_split(
        desk.orders["o-4"], {"2": 1}, to_order="o-5", transfer_id="t-1"
    ).accepted()
    desk.tell(plan.out, plan.into)
    desk.show("o-4")
    desk.show("o-5")
    plan = orders.plan_merge(desk.orders["o-5"], desk.orders["o-4"], transfer_id="t-2").accepted()
    desk.tell(plan.out, plan.into)
    desk.show("o-4")


def pickup(desk: Desk) -> None:
    """A pickup that the buyer refuses is never shipped by itself."""
    heading("A pickup that is refused")
    desk.place("o-6", line("1", "CUP", 2))
    desk.tell(
        PlanFulfilment(
            "o-6", command_id="plan", fulfilment_id="fo-1", node="ningbo", mode="pickup"
        ),
        HandOver("o-6", command_id="early", fulfilment_id="fo-1", shipment_id="s-1"),
        ReleaseFulfilment("o-6", command_id="release", fulfilment_id="fo-1"),
        CancelFulfilment("o-6", command_id="no", fulfilment_id="fo-1", cause="pickup.refused"),
    )
    desk.show("o-6")


def half_shipped(desk: Desk) -> None:
    """Part is on its way: what has not left is cancelled, what has left comes back as a return."""
    heading("A cancel when half is on its way")
    desk.place("o-7", line("1", "TEA-250G", 3))
    back = [ReceivedUnits("1", 1, disposition="scrap", node="ningbo")]
    desk.tell(
        ShipUnits("o-7", command_id="ship", shipment_id="s-1", node="ningbo", lines={"1": 1}),
        CancelUnits("o-7", command_id="all", lines={"1": 3}),
        CancelUnits("o-7", command_id="rest", lines={"1": 2}),
        RequestReturn("o-7", command_id="wish", return_id="r-1", lines={"1": 1}),
        ReceiveReturn("o-7", command_id="back", return_id="r-1", units=back),
    )
    desk.show("o-7")
    able = orders.available(desk.orders["o-7"], desk.clerk)
    print("  what may still be done:", ", ".join(option.command for option in able.allowed))


def books(desk: Desk) -> None:
    """Goods, bills and money tell the same, or the difference is named."""
    heading("Do goods, bills and money fit?")
    desk.tell(IssueInvoice("o-3", command_id="bill", invoice_id="i-1"))
    desk.show("o-3")
    for mismatch in orders.reconcile(desk.orders["o-3"]):
        print(f"  mismatch {mismatch.code}")
    for fact, payment in enumerate(desk.orders["o-3"].payments):
        amount = Money(payment.captured_minor, "CNY")
        desk.tell(
            RecordSettlement(
                "o-3",
                fact_id=f"out-{fact}",
                payment_id=payment.payment_id,
                amount=amount,
                fee=Money.zero("CNY"),
            )
        )
    print(f"  mismatches now: {len(orders.reconcile(desk.orders['o-3']))}")
    desk.tell(IssueCreditNote("o-3", command_id="note", credit_note_id="n-1", lines={"2": 1}))


def main() -> None:
    """The day, scene by scene."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="the day is short as it is")
    parser.parse_args()
    desk = Desk(Context(now="2026-11-11T09:00:00+08:00", actor="mei", role="desk"))
    for scene in (deposit, edit, exchange, split_and_merge, pickup, half_shipped, books):
        scene(desk)


if __name__ == "__main__":
    main()

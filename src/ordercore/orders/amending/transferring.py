"""Deciding on transfers: what leaves one order arrives in the other, or both are refused."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from ordercore.kernel import Context, LineId, Money, Reason, Refusal
from ordercore.orders.amending.commands import LapseExchange, TransferIn, TransferOut
from ordercore.orders.amending.consigning import Naming, clawed_back_reason, consign
from ordercore.orders.amending.events import UnitsTransferredIn, UnitsTransferredOut
from ordercore.orders.amending.transfers import Consignment, TransferKind
from ordercore.orders.commands import ConfirmOrder, Instruction
from ordercore.orders.decide_cancel import leaves_nothing, taken_off
from ordercore.orders.decide_stock import release_units
from ordercore.orders.draft import (
    Draft,
    OrderDecision,
    blocking,
    refused,
    remedy_id,
    stage_reason,
)
from ordercore.orders.events import (
    AssignedUnits,
    OrderCancelled,
    OrderConfirmed,
    OrderPlaced,
    UnitsAllocated,
    UnitsReserved,
)
from ordercore.orders.evolve import evolve, replay
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.worth import billed_worth
from ordercore.pricing import Charge, Quote, QuoteSource, RefundWith

__all__ = ["take_in", "transfer_in", "transfer_out"]


# --- out ---


def transfer_out(
    order: Order, command: TransferOut, context: Context, rules: OrderRules
) -> OrderDecision:
    """Units leave for another order, if the order is still what the plan was made of."""
    reason = stage_reason(order, command)
    if reason is not None:
        return refused(reason)
    moved = command.consignment
    mine = consign(
        order,
        moved.lines,
        to_order=moved.target,
        naming=Naming(lines=moved.names, charges=moved.charge_names),
        kind=moved.kind,
        transfer_id=moved.transfer_id,
        rules=rules,
    )
    if isinstance(mine, Refusal):
        return mine
    if mine != moved:
        return refused(
            Reason(
                "transfer.stale",
                facts={"planned": moved.version, "version": order.version},
                obtain="a plan of the order as it is now",
            )
        )
    draft = Draft(order, command, context)
    off, _ = taken_off(order, moved.lines)
    if off:
        release_units(draft, order, off)
    amount = moved.quote.total
    draft.events.append(
        UnitsTransferredOut(
            order_id=order.order_id, cause=draft.cause, consignment=moved, amount=amount
        )
    )
    if leaves_nothing(order, moved.lines):
        why = f"{moved.kind.value} {moved.target}"
        draft.events.append(OrderCancelled(order_id=order.order_id, cause=draft.cause, why=why))
    draft.notify("order.transferred")
    after = replay(order, draft.events) or order
    draft.settle(after, due_minor=after.due_minor)
    return draft.decision()


# --- in ---


def take_in(command: TransferIn, context: Context) -> OrderDecision:
    """An order begins with what left another one, in the stage that it had there."""
    moved = command.consignment
    if moved.kind is TransferKind.MERGE:
        return refused(
            Reason(
                "order.unknown", facts={"order": str(command.order_id)}, obtain="the placed order"
            )
        )
    draft = Draft(None, command, context)
    total = moved.quote.total
    draft.events.append(
        OrderPlaced(
            order_id=command.order_id,
            cause=draft.cause,
            quote=moved.quote,
            total=total,
            policy=moved.policy,
            channel=moved.channel,
            external_ref=moved.external_ref,
            destination=moved.destination,
            customer=moved.customer,
            items=moved.items,
        )
    )
    draft.events.append(
        UnitsTransferredIn(
            order_id=command.order_id,
            cause=draft.cause,
            consignment=moved,
            value=total,
            revised=Money.zero(total.currency),
        )
    )
    _stand(draft, command)
    if moved.confirmed:
        draft.events.append(OrderConfirmed(order_id=command.order_id, cause=draft.cause))
    placed = evolve(None, draft.events[0])
    after = replay(placed, draft.events[1:]) or placed
    draft.settle(after, due_minor=after.due_minor)
    return draft.decision()


def _of_their_own(quote: Quote) -> list[Charge]:
    """What delivery cost stays with the lines that it was charged for, whoever joins them."""
    found: list[Charge] = []
    for charge in quote.charges:
        if charge.kind == "shipping" and charge.refund_with is not RefundWith.UNITS:
            here = [x.line_id for x in quote.lines if x.delivery_group == charge.delivery_group]
            ids = charge.line_ids or here or [line.line_id for line in quote.lines]
            found.append(attrs.evolve(charge, line_ids=ids))
        else:
            found.append(charge)
    return found


def transfer_in(order: Order, command: TransferIn, context: Context) -> OrderDecision:
    """What left another order joins this one, on lines of its own."""
    reasons = blocking(stage_reason(order, command), _reasons(order, command))
    if reasons:
        return refused(*reasons)
    moved = command.consignment
    known = order.quote
    quote = attrs.evolve(
        known,
        lines=[*known.lines, *moved.quote.lines],
        charges=[*_of_their_own(known), *_of_their_own(moved.quote)],
        rounding=known.rounding + moved.quote.rounding,
        # No book gave the two together; their promotions are not asked again.
        source=QuoteSource.RECORDED,
        book_digest="",
        tax_digest="",
        policy_digest="",
        charge_digest="",
        usage_digest="",
    )
    draft = Draft(order, command, context)
    draft.events.append(
        UnitsTransferredIn(
            order_id=order.order_id,
            cause=draft.cause,
            consignment=moved,
            quote=quote,
            value=Money(order.value_minor, order.currency) + moved.quote.total,
            revised=Money(_revised(order, quote), order.currency),
        )
    )
    _stand(draft, command)
    after = replay(order, draft.events) or order
    draft.settle(after, due_minor=after.due_minor)
    return draft.decision()


def _revised(order: Order, quote: Quote) -> int:
    if not order.billing.invoices:
        return 0
    billed: dict[LineId, int] = {line.line_id: line.billed for line in order.lines if line.billed}
    return billed_worth(order, billed, quote) - order.billing.for_units_minor


def _stand(draft: Draft, command: TransferIn) -> None:
    """Units stay at their nodes, with the stock that was held for them."""
    if not command.hold:
        return
    allocations = command.consignment.allocations
    for kind, counted in (
        (UnitsAllocated, [(at, at.quantity) for at in allocations]),
        (UnitsReserved, [(at, at.reserved) for at in allocations if at.reserved]),
    ):
        if counted:
            draft.events.append(
                kind(
                    order_id=command.order_id,
                    cause=draft.cause,
                    units=[
                        AssignedUnits(
                            allocation_id=at.allocation_id,
                            line_id=at.line_id,
                            node=at.node,
                            service=at.service,
                            quantity=units,
                        )
                        for at, units in counted
                    ],
                )
            )


def _reasons(order: Order, command: TransferIn) -> Iterator[Reason]:
    moved = command.consignment
    if moved.kind is TransferKind.SPLIT:
        yield Reason("order.exists", facts={"order": str(order.order_id)}, final=True)
        return
    facts = {"transfer": moved.transfer_id, "from": str(moved.source)}
    if any(
        link.transfer_id == moved.transfer_id and link.order_id == moved.source
        for link in order.amendments.links
    ):
        yield Reason("transfer.arrived", facts=facts, final=True)
        return
    if moved.quote.currency != order.currency:
        yield Reason(
            "money.currency",
            facts={"asked": str(moved.quote.currency), "order": str(order.currency)},
            final=True,
        )
    if moved.customer != order.customer:
        yield Reason("transfer.customer_differs", facts=facts, final=True)
    if moved.destination != order.destination:
        yield Reason("transfer.destination_differs", facts=facts, obtain="one destination for both")
    if moved.confirmed != (order.lifecycle is Lifecycle.CONFIRMED):
        remedy: Instruction | None = None
        if moved.confirmed:
            remedy = ConfirmOrder(order.order_id, command_id=remedy_id(order, command, "confirm"))
        yield Reason(
            "transfer.stage_differs",
            facts={**facts, "stage": order.lifecycle.value},
            remedy=remedy,
            obtain=None if remedy else "the other order confirmed before it is planned",
        )
    swap = order.amendments.open_exchange
    if swap is not None:
        yield Reason(
            "transfer.exchange_open",
            facts={"return": str(swap.return_id)},
            remedy=LapseExchange(
                order.order_id,
                command_id=remedy_id(order, command, "lapse"),
                return_id=swap.return_id,
            ),
        )
    if order.reckoning.claw_back_minor:
        yield clawed_back_reason(order)
    if not any(line.kept for line in order.lines):
        yield Reason(
            "transfer.target_empty", facts=facts, obtain="an order that holds something itself"
        )
    if _taken(order, moved):
        yield Reason("transfer.ids_taken", facts=facts, obtain="a plan for this order as it is")


def _taken(order: Order, moved: Consignment) -> bool:
    charged = {known.charge_id for known in order.quote.charges}
    standing = {at.allocation_id for at in order.allocations}
    return (
        any(order.has(line.line_id) for line in moved.quote.lines)
        or any(known.charge_id in charged for known in moved.quote.charges)
        or any(at.allocation_id in standing for at in moved.allocations)
    )

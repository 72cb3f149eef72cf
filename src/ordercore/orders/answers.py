"""What each command is answered, whoever asks and whatever holds it: one arm for each."""

from __future__ import annotations

from typing import assert_never

from ordercore.kernel import Context, Reason
from ordercore.orders import decide_cancel, decide_header, decide_money, decide_return, decide_stock
from ordercore.orders.amending import editing, exchanging, requesting, transferring
from ordercore.orders.amending.commands import (
    EditOrder,
    LapseExchange,
    RequestExchange,
    TransferIn,
    TransferOut,
)
from ordercore.orders.billing import decide as billing
from ordercore.orders.billing.commands import IssueCreditNote, IssueInvoice
from ordercore.orders.commands import (
    AllocateUnits,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    ConfirmOrder,
    GrantAllowance,
    OrderCommand,
    PlaceOrder,
    ReceiveReturn,
    RefundBalance,
    ReleaseUnits,
    ReopenOrder,
    RequestReturn,
    ReserveStock,
    ShipUnits,
)
from ordercore.orders.control import decide_approvals, decide_holds
from ordercore.orders.control.commands import (
    DelegateApproval,
    GiveApproval,
    PlaceHold,
    RecheckHolds,
    RejectApproval,
    ReleaseHold,
    RequestApproval,
    SubmitOrder,
    Tick,
)
from ordercore.orders.control.follow import recheck, tick
from ordercore.orders.draft import OrderDecision, refused
from ordercore.orders.fulfilling import completing, migrating, planning
from ordercore.orders.fulfilling import decide as fulfilling
from ordercore.orders.fulfilling.commands import (
    CancelFulfilment,
    CompleteStage,
    ConfirmPick,
    HandOver,
    MigrateFlow,
    PackFulfilment,
    PlanFulfilment,
    ReleaseFulfilment,
    SetAppointment,
    StartPicking,
)
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules

__all__ = ["answer"]


def answer(
    order: Order,
    command: OrderCommand,
    context: Context,
    rules: OrderRules,
) -> OrderDecision:
    """The command's own answer, without what roles, holds and gates have against it."""
    match command:
        case PlaceOrder():
            return refused(Reason("order.exists", facts={"order": str(order.order_id)}, final=True))
        case AllocateUnits():
            return decide_stock.allocate(order, command, context)
        case ReserveStock():
            return decide_stock.reserve(order, command, context)
        case ReleaseUnits():
            return decide_stock.release(order, command, context)
        case ConfirmOrder():
            return decide_header.confirm(order, command, context)
        case ShipUnits():
            return decide_stock.ship(order, command, context, rules)
        case CancelUnits():
            return decide_cancel.cancel_units(order, command, context, rules)
        case CancelOrder():
            return decide_cancel.cancel_order(order, command, context, rules)
        case RequestReturn():
            return decide_return.request_return(order, command, context, rules)
        case ReceiveReturn():
            return decide_return.receive_return(order, command, context, rules)
        case GrantAllowance():
            return decide_money.allow(order, command, context)
        case RefundBalance():
            return decide_money.refund_balance(order, command, context)
        case CloseOrder():
            return decide_header.close(order, command, context)
        case ReopenOrder():
            return decide_header.reopen(order, command, context)
        case PlanFulfilment():
            return planning.plan(order, command, context, rules)
        case (
            ReleaseFulfilment()
            | StartPicking()
            | ConfirmPick()
            | PackFulfilment()
            | HandOver()
            | SetAppointment()
            | CancelFulfilment()
        ):
            return fulfilling.on_fulfilment(order, command, context, rules)
        case CompleteStage():
            return completing.complete(order, command, context, rules)
        case MigrateFlow():
            return migrating.migrate(order, command, context, rules)
        case IssueInvoice():
            return billing.issue_invoice(order, command, context)
        case IssueCreditNote():
            return billing.issue_credit_note(order, command, context)
        case SubmitOrder():
            return decide_header.submit(order, command, context)
        case PlaceHold():
            return decide_holds.place_hold(order, command, context)
        case ReleaseHold():
            return decide_holds.release_hold(order, command, context)
        case RequestApproval():
            return decide_approvals.request(order, command, context, rules)
        case GiveApproval() | RejectApproval():
            return decide_approvals.vote(order, command, context)
        case DelegateApproval():
            return decide_approvals.delegate(order, command, context)
        case Tick():
            return tick(order, command, context, rules)
        case RecheckHolds():
            return recheck(order, command, context, rules)
        case EditOrder():
            return editing.edit(order, command, context, rules)
        case RequestExchange():
            return requesting.request_exchange(order, command, context, rules)
        case LapseExchange():
            return exchanging.lapse_exchange(order, command, context)
        case TransferOut():
            return transferring.transfer_out(order, command, context, rules)
        case TransferIn():
            return transferring.transfer_in(order, command, context)
        case _:
            assert_never(command)

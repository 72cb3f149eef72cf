"""What a host brings for changes of an order: quotes that fit, plans anew, and who is asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import attrs

from ordercore.kernel import FrozenMap, LineId, Money, Reason, Refusal, derived_id
from ordercore.orders import (
    AutoRelease,
    CloseOrder,
    ConfirmPick,
    Consignment,
    DelegateApproval,
    EditOrder,
    GiveApproval,
    ItemFacts,
    ItemKind,
    LimitStanding,
    Order,
    OrderMessage,
    PlaceHold,
    PlaceOrder,
    PlanFulfilment,
    RecheckHolds,
    RecordEvidence,
    RequestApproval,
    RequestExchange,
    SubmitOrder,
    TransferIn,
    TransferOut,
    plan_split,
)
from ordercore.pricing import Quote, QuoteLine, by_delivery
from ordercore.testing.order_hosts import KINDS, Brings, Brought, Host, id_for, more_of
from ordercore.testing.quote_changes import with_lines
from ordercore.testing.remedies import Obtained
from ordercore.testing.remedies_of_money import captured

__all__ = ["EVIDENCE", "OF_CHANGES", "before_the_order"]


def before_the_order(host: Host, command: OrderMessage, reason: Reason) -> Brought:
    """What helps where there is no order yet: the order, or another quote for it."""
    if reason.code == "order.unknown":
        if host.place is None:
            return None
        # An order of items that go the way that is asked about.
        kind: ItemKind | None = None
        lines: Iterable[LineId] = ()
        if isinstance(command, PlanFulfilment):
            kind, lines = KINDS[command.mode], command.lines
        elif isinstance(command, ConfirmPick):
            kind, lines = ItemKind.GOODS, (*command.picked, *command.short)
        known = host.place.quote.quantities
        fitting = {line: ItemFacts(kind=kind) for line in lines if kind and line in known}
        place = attrs.evolve(
            host.place,
            order_id=command.order_id,
            command_id="place@0",
            items={**host.place.items, **fitting},
            draft=isinstance(command, SubmitOrder),
        )
        if isinstance(command, TransferIn):
            moved = command.consignment
            place = attrs.evolve(place, customer=moved.customer, destination=moved.destination)
            if moved.quote.currency != place.quote.currency:
                place = attrs.evolve(place, quote=moved.quote, items={})
        return Obtained([place])
    if reason.code in {"role.not_allowed", "role.field_not_allowed"}:
        return _in_the_role(host, command, reason)
    if isinstance(command, PlaceOrder) and reason.code == "quote.stale":
        return Obtained(changed=attrs.evolve(command, quote=_in_time(command.quote)))
    if isinstance(command, PlaceOrder) and reason.code == "place.several_destinations":
        part = next(iter(by_delivery(command.quote).values()))
        return Obtained(changed=attrs.evolve(command, quote=part, items={}))
    return None


def _in_time(quote: Quote) -> Quote:
    return attrs.evolve(quote, valid_until=None)


# --- quotes ---


def _standing(order: Order) -> dict[LineId, int]:
    return {line.line_id: line.ordered - line.cancelled for line in order.lines}


def _fitting(order: Order) -> list[QuoteLine]:
    """The lines of the order's quote as they stand."""
    standing = _standing(order)
    return [
        attrs.evolve(line, quantity=standing[line.line_id])
        for line in order.quote.lines
        if standing.get(line.line_id)
    ]


def _requoted(_host: Host, order: Order, command: OrderMessage, _reason: Reason) -> Brought:
    """A quote of what stands, and for an exchange its replacement besides."""
    if isinstance(command, RequestExchange):
        lines = _fitting(order)
        one = attrs.evolve(
            order.quote.lines[0],
            line_id=f"swap@{order.version}",
            quantity=1,
            list_amount=Money(1_000, order.currency),
        )
        quote = _in_time(with_lines(order.quote, [*lines, one]))
        return Obtained(changed=attrs.evolve(command, quote=quote, items={}))
    assert isinstance(command, EditOrder)
    quote = _in_time(with_lines(order.quote, _fitting(order)))
    return Obtained(changed=attrs.evolve(command, quote=quote, items={}))


def _at_the_old_price(_host: Host, _order: Order, command: OrderMessage, _r: Reason) -> Brought:
    assert isinstance(command, EditOrder | RequestExchange)
    assert command.quote is not None
    return Obtained(changed=attrs.evolve(command, quote=_in_time(command.quote)))


def _for_now(_host: Host, _order: Order, command: OrderMessage, _reason: Reason) -> Brought:
    assert isinstance(command, EditOrder)
    return Obtained(changed=attrs.evolve(command, expected_version=None))


def _still_here(_host: Host, order: Order, command: OrderMessage, _reason: Reason) -> Brought:
    """A unit that has not left, ordered first."""
    assert isinstance(command, EditOrder)
    more = more_of(order, order.lines[0].line_id, 1)
    return Obtained(more.first, changed=attrs.evolve(command, quote=None, items={}))


def _exchanged(_host: Host, order: Order, _command: OrderMessage, reason: Reason) -> Brought:
    """An exchange of a unit under the id that was named."""
    name = str(reason.facts["return"])
    lines = {next((x.line_id for x in order.lines if x.kept), order.lines[0].line_id): 1}
    one = attrs.evolve(
        order.quote.lines[0],
        line_id=f"swap@{order.version}",
        quantity=1,
        list_amount=Money(1_000, order.currency),
    )
    quote = _in_time(with_lines(order.quote, [*_fitting(order), one]))
    ask = RequestExchange(
        order.order_id,
        command_id=id_for(order, f"swap-{name}"),
        return_id=name,
        lines=lines,
        quote=quote,
    )
    return Obtained([ask])


# --- from order to order ---


def _planned_anew(host: Host, order: Order, command: OrderMessage, reason: Reason) -> Brought:
    """The same transfer, of the order as it is; of a unit that can go, where the named cannot."""
    assert isinstance(command, TransferOut)
    moved = command.consignment
    target = str(moved.target)
    lines = [moved.lines, *({line.line_id: 1} for line in order.lines if line.cancellable)]
    for wanted in lines:
        plan = plan_split(
            order, wanted, to_order=target, transfer_id=moved.transfer_id, rules=host.rules
        )
        if not isinstance(plan, Refusal):
            return Obtained(changed=attrs.evolve(plan.out, command_id=command.command_id))
        if plan.codes == ("transfer.capture_pending",):
            return captured(host, order, command, reason)
        if all(known.remedy is not None for known in plan.reasons):
            return Obtained([cast("OrderMessage", known.remedy) for known in plan.reasons])
    return more_of(order, f"go@{order.version}", 1)


def _as_here(_host: Host, order: Order, command: OrderMessage, reason: Reason) -> Brought:
    """Another arrival: what goes to where this order goes, on lines that it does not have."""
    assert isinstance(command, TransferIn)
    moved = command.consignment
    if reason.code == "transfer.destination_differs":
        return _arriving(command, attrs.evolve(moved, destination=order.destination))
    if reason.code == "transfer.stage_differs":
        return _arriving(command, attrs.evolve(moved, confirmed=True))
    if reason.code == "transfer.target_empty":
        return more_of(order, order.lines[0].line_id, 1)
    lines = {line: LineId(derived_id(moved.source, id_for(order, line))) for line in moved.lines}
    quote = with_lines(
        moved.quote,
        [
            attrs.evolve(line, line_id=new)
            for line, new in zip(moved.quote.lines, lines.values(), strict=True)
        ],
    )
    items = dict(zip(lines.values(), moved.items.values(), strict=True)) if moved.items else {}
    named = attrs.evolve(moved, names=FrozenMap(lines), quote=quote, items=items, allocations=[])
    return _arriving(command, named)


def _arriving(command: TransferIn, consignment: Consignment) -> Obtained[OrderMessage]:
    return Obtained(changed=attrs.evolve(command, consignment=consignment))


_OWNER = "owner"

# --- persons, approvals, evidence, time ---


def _stage(_host: Host, order: Order, _command: OrderMessage, reason: Reason) -> Brought:
    """An order that only a closed one may follow is closed; a confirmation that waits is helped.

    Its gates stand among the reasons, and all other ways on are remedies.
    """
    allowed = reason.facts["allowed_in"]
    if not isinstance(allowed, tuple) or "closed" not in allowed or order.control.pending:
        return None
    return Obtained([CloseOrder(order.order_id, command_id=id_for(order, "close"))])


def _shown(_host: Host, order: Order, _command: OrderMessage, reason: Reason) -> Brought:
    name = str(reason.facts["evidence"])
    shown = RecordEvidence(
        order.order_id,
        fact_id=id_for(order, f"show-{name}"),
        name=name,
        evidence_id=id_for(order, name),
    )
    return Obtained([shown], first_role=_OWNER)


def _voted(_host: Host, order: Order, _command: OrderMessage, reason: Reason) -> Brought:
    """A vote of the open approval; where none was asked for, one with the rule's levels."""
    known = reason.facts.get("id")
    if known is None:
        name = str(reason.facts["approval"])
        ask = RequestApproval(
            order.order_id,
            command_id=id_for(order, f"ask-{name}"),
            approval_id=id_for(order, name),
            name=name,
            levels=["approver"],
        )
        return Obtained([ask])
    return _vote(order, str(known))


def _vote(order: Order, approval: str) -> Obtained[OrderMessage]:
    vote = GiveApproval(
        order.order_id, command_id=id_for(order, f"vote-{approval}"), approval_id=approval
    )
    return Obtained([vote])


def _reviewed(_host: Host, order: Order, _command: OrderMessage, reason: Reason) -> Brought:
    """A vote of the open approval; asking for it is a remedy."""
    known = reason.facts.get("approval")
    return None if known is None else _vote(order, str(known))


def _another(order: Order, but: Iterable[str]) -> str:
    """Somebody who had no part in any approval of the order."""
    taken = {*but}
    for approval in order.control.approvals:
        taken |= {approval.requested_by, *(vote.actor for vote in approval.votes)}
        for known in approval.delegations:
            taken |= {known.giver, known.receiver}
    number = 1
    while f"person-{number}" in taken:
        number += 1
    return f"person-{number}"


def _somebody_else(_host: Host, order: Order, command: OrderMessage, reason: Reason) -> Brought:
    """Another person votes, or another one is left the vote."""
    who = str(reason.facts["actor"])
    if isinstance(command, DelegateApproval) and command.to == who:
        return Obtained(changed=attrs.evolve(command, to=_another(order, [who])))
    return Obtained(actor=_another(order, [who]))


def _in_the_role(_host: Host, _command: OrderMessage, reason: Reason) -> Brought:
    roles = reason.facts.get("roles")
    # A role that the matrix does not list has no limits.
    return Obtained(role=str(roles[0]) if isinstance(roles, tuple) and roles else _OWNER)


def _asked_for(_host: Host, order: Order, _command: OrderMessage, reason: Reason) -> Brought:
    name = str(reason.facts["approval"])
    ask = RequestApproval(
        order.order_id,
        command_id=id_for(order, f"ask-{name}"),
        approval_id=name,
        name="wanted",
        levels=["approver"],
    )
    return Obtained([ask])


def _of_the_rule(_host: Host, _order: Order, command: OrderMessage, reason: Reason) -> Brought:
    """The levels and the deadline of the shop's rule, or some where there is none."""
    assert isinstance(command, RequestApproval)
    if reason.code == "approval.levels":
        return Obtained(changed=attrs.evolve(command, levels=[]))
    if reason.code == "approval.no_levels":
        return Obtained(changed=attrs.evolve(command, levels=["approver"]))
    return Obtained(changed=attrs.evolve(command, deadline=None))


def _held_before(_host: Host, order: Order, _command: OrderMessage, reason: Reason) -> Brought:
    name = str(reason.facts["hold"])
    hold = PlaceHold(
        order.order_id, command_id=id_for(order, f"hold-{name}"), hold_id=name, code="wanted"
    )
    return Obtained([hold])


def _held_for_facts(_host: Host, order: Order, _command: OrderMessage, _r: Reason) -> Brought:
    """A hold that waits for what is told."""
    name = id_for(order, "facts")
    auto = AutoRelease(outside="order.due <= limits.order_total")
    return Obtained(
        [PlaceHold(order.order_id, command_id=name, hold_id=name, code="facts", auto=auto)]
    )


def _all_well(_host: Host, order: Order, command: OrderMessage, _reason: Reason) -> Brought:
    """The limit is what is due, the account accepts it, and there is stock of all units."""
    assert isinstance(command, RecheckHolds)
    stock = {line.sku: line.ordered for line in order.lines}
    told = LimitStanding(limits=True, order_total=order.due, accepts=True, stock=stock)
    return Obtained(changed=attrs.evolve(command, standing=told))


def _without_end(_host: Host, _order: Order, command: OrderMessage, _reason: Reason) -> Brought:
    assert isinstance(command, PlaceHold)
    return Obtained(changed=attrs.evolve(command, until=None))


def _later(_host: Host, order: Order, _command: OrderMessage, _reason: Reason) -> Brought:
    return Obtained(now=order.last_at)


OF_CHANGES: dict[str, Brings] = {
    "approval.deadline_late": _of_the_rule,
    "approval.deadline_past": _of_the_rule,
    "approval.delegated": _somebody_else,
    "approval.levels": _of_the_rule,
    "approval.no_levels": _of_the_rule,
    "approval.own_request": _somebody_else,
    "approval.to_oneself": _somebody_else,
    "approval.unknown": _asked_for,
    "approval.voted": _somebody_else,
    "clock.backwards": _later,
    "edit.all_shipped": _still_here,
    "edit.below_shipped": _requoted,
    "edit.item_changed": _requoted,
    "edit.line_moved": _requoted,
    "edit.no_lines": _requoted,
    "edit.several_destinations": _requoted,
    "edit.sku_changed": _requoted,
    "edit.stale": _for_now,
    "edit.total_negative": _requoted,
    "quote.stale": _at_the_old_price,
    "exchange.line_changed": _requoted,
    "exchange.no_replacement": _requoted,
    "exchange.unknown": _exchanged,
    "gate.approval": _voted,
    "gate.review": _reviewed,
    "hold.none": _held_for_facts,
    "hold.not_over": _all_well,
    "hold.unknown": _held_before,
    "hold.until_past": _without_end,
    "order.stage": _stage,
    "role.field_not_allowed": lambda host, _o, command, reason: _in_the_role(host, command, reason),
    "role.not_allowed": lambda host, _order, command, reason: _in_the_role(host, command, reason),
    "transfer.destination_differs": _as_here,
    "transfer.ids_taken": _as_here,
    "transfer.nothing": _planned_anew,
    "transfer.stage_differs": _as_here,
    "transfer.stale": _planned_anew,
    "transfer.target_empty": _as_here,
    "transfer.too_many": _planned_anew,
    "transfer.uneven": _planned_anew,
}
EVIDENCE: Brings = _shown

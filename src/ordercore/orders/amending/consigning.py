"""Making up what moves to another order: units, their part of the quote, nodes, and money."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from ordercore.kernel import FrozenMap, LineId, Money, OrderId, Reason, Refusal, checked, derived_id
from ordercore.orders.absent import unknown_line
from ordercore.orders.amending.commands import LapseExchange
from ordercore.orders.amending.recall import recall_of
from ordercore.orders.amending.transfers import (
    Consignment,
    MovedAllocation,
    MovedPayment,
    TransferKind,
)
from ordercore.orders.commands import Instruction
from ordercore.orders.decide_cancel import leaves_nothing, taken_off
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.order import Order
from ordercore.orders.payment import Payment
from ordercore.orders.rules import OrderRules
from ordercore.orders.worth import charges_stand
from ordercore.pricing import Quote, split_off

__all__ = ["Naming", "clawed_back_reason", "consign", "movable", "naming_for"]


@attrs.frozen(kw_only=True)
@checked
class Naming:
    """What lines and charges are called where they go."""

    lines: FrozenMap[LineId, LineId]
    charges: FrozenMap[str, str]


def movable(order: Order) -> dict[LineId, int]:
    """Units by line that could go to another order now. O(lines + allocations)."""
    if order.amendments.open_exchange is not None:
        return {}
    planned: dict[LineId, int] = {}
    for at in order.allocations:
        planned[at.line_id] = planned.get(at.line_id, 0) + at.open - at.free
    return {
        line.line_id: units
        for line in order.lines
        if (
            units := min(
                line.cancellable - planned.get(line.line_id, 0),
                line.ordered - line.cancelled - line.billed,
            )
        )
        > 0
    }


def _line_reasons(order: Order, lines: Mapping[LineId, int]) -> Iterator[Reason]:
    known = {line.line_id: line for line in order.lines}
    for line_id, asked in lines.items():
        line = known.get(line_id)
        if line is None:
            yield unknown_line(order, line_id)
            continue
        # Bills stay with the order that wrote them, and so do their units.
        possible = min(line.cancellable, line.ordered - line.cancelled - line.billed)
        if not 0 < asked <= possible:
            yield Reason(
                "transfer.too_many",
                facts={
                    "line": str(line_id),
                    "asked": asked,
                    "possible": max(0, possible),
                    "shipped": line.shipped,
                    "billed": line.billed,
                },
                obtain=f"from 1 to {possible} units of the line"
                if possible > 0
                else "units that have neither left nor been billed",
            )


def _fulfilment_reasons(
    order: Order, lines: Mapping[LineId, int], id: str, rules: OrderRules
) -> Iterator[Reason]:
    """Units in the hands of a node stay where they are until the node gives them up."""
    _, planned = taken_off(order, lines)
    wanted = {allocation_id for allocation_id, units in planned.items() if units}
    for known in order.fulfilments:
        if not known.open or all(part.allocation_id not in wanted for part in known.units):
            continue
        recall = recall_of(order, known, rules, derived_id(id, f"recall-{known.fulfilment_id}"))
        yield Reason(
            "transfer.in_fulfilment",
            facts={"fulfilment": str(known.fulfilment_id), "stage": known.stage},
            remedy=recall,
            obtain=None if recall else "a stage of the fulfilment order that can be cancelled",
        )


def _reasons(order: Order, lines: Mapping[LineId, int], id: str, rules: OrderRules) -> list[Reason]:
    if not lines:
        return [Reason("transfer.nothing", obtain="units that have not left")]
    reasons = list(_line_reasons(order, lines))
    if not reasons:
        reasons.extend(_fulfilment_reasons(order, lines, id, rules))
    swap = order.amendments.open_exchange
    if swap is not None:
        remedy: Instruction = LapseExchange(
            order.order_id,
            command_id=derived_id(id, "lapse", swap.return_id),
            return_id=swap.return_id,
        )
        facts = {"return": str(swap.return_id)}
        reasons.append(Reason("transfer.exchange_open", facts=facts, remedy=remedy))
    if order.reckoning.claw_back_minor and leaves_nothing(order, lines):
        reasons.append(clawed_back_reason(order))
    pending = sum(payment.capture_pending_minor for payment in order.payments)
    if pending:
        reasons.append(
            Reason(
                "transfer.capture_pending",
                facts={"amount": Money(pending, order.currency)},
                obtain="the reports of the captures under way",
            )
        )
    return reasons


def clawed_back_reason(order: Order) -> Reason:
    """What was clawed back of units stands with the order that keeps them."""
    return Reason(
        "transfer.clawed_back",
        facts={"amount": Money(order.reckoning.claw_back_minor, order.currency)},
        obtain="an edit that puts the order on a quote of what it keeps",
    )


# --- money ---


def _money(order: Order, due_after: int, moves: int) -> tuple[MovedPayment, ...]:
    """What of each payment goes along: what the source does not need itself, captured money first.

    The first payments stay as far as they can. Together both orders hold, and are promised, what
    the one was.
    """
    held = sum(payment.held_minor for payment in order.payments)
    captured = max(0, min(held - due_after, moves))
    short = max(0, due_after - (held - captured))
    promised = sum(payment.open_authorisation_minor for payment in order.payments)
    authorised = max(0, min(promised - short, moves - captured))
    parts: list[MovedPayment] = []
    for payment in order.payments[::-1]:
        take = max(0, min(captured, payment.held_minor))
        give = min(authorised, payment.open_authorisation_minor)
        captured -= take
        authorised -= give
        if take or give:
            parts.append(_part(payment, take, give))
    return tuple(parts[::-1])


def _part(payment: Payment, take: int, give: int) -> MovedPayment:
    unsettled = payment.held_minor - payment.settled_minor - payment.fee_minor
    return MovedPayment(
        payment_id=payment.payment_id,
        tender=payment.tender,
        held_minor=take,
        authorised_minor=give,
        settled_minor=min(payment.settled_minor, max(0, take - max(0, unsettled))),
        points=payment.points_of(take) if take else 0,
    )


# --- everything together ---


def _renamed(quote: Quote, naming: Naming) -> Quote:
    return attrs.evolve(
        quote,
        lines=[attrs.evolve(line, line_id=naming.lines[line.line_id]) for line in quote.lines],
        charges=[
            attrs.evolve(
                charge,
                charge_id=naming.charges.get(charge.charge_id, charge.charge_id),
                line_ids=[naming.lines[line_id] for line_id in charge.line_ids],
            )
            for charge in quote.charges
        ],
    )


def naming_for(order: Order, lines: Mapping[LineId, int], target: Order | None) -> Naming:
    """Ids stay, unless the target uses them for something else."""
    taken = set() if target is None else {line.line_id for line in target.lines}
    charged = set() if target is None else {known.charge_id for known in target.quote.charges}
    return Naming(
        lines=FrozenMap(
            {
                line_id: LineId(derived_id(order.order_id, line_id))
                if line_id in taken
                else line_id
                for line_id in lines
            }
        ),
        charges=FrozenMap(
            {
                known.charge_id: derived_id(order.order_id, known.charge_id)
                for known in order.quote.charges
                if known.charge_id in charged
            }
        ),
    )


def _uneven(order: Order, worth: int) -> Reason:
    """What moves would leave bills or dues behind that nobody could make right."""
    return Reason(
        "transfer.uneven",
        facts={
            "worth": Money(worth, order.currency),
            "credited": Money(order.billing.allowance_credited_minor, order.currency),
        },
        obtain="other units, which leave room for what was granted and billed",
    )


def consign(
    order: Order,
    lines: Mapping[LineId, int],
    *,
    to_order: OrderId,
    naming: Naming,
    kind: TransferKind,
    transfer_id: str,
    rules: OrderRules,
) -> Consignment | Refusal:
    """What moves with these units, or every reason why they cannot. O(order).

    Units leave as in a cancel: those of the backlog first, then those of the nodes chosen last.
    """
    reasons = _reasons(order, lines, transfer_id, rules)
    if reasons:
        return Refusal(reasons)
    before = {line.line_id: line.kept for line in order.lines}
    after = {line_id: kept - lines.get(line_id, 0) for line_id, kept in before.items()}
    moved = split_off(
        order.quote,
        before,
        after,
        charges_before=charges_stand(order, before),
        charges_after=charges_stand(order, after),
        policy=order.policy.after,
    )
    worth = moved.total.minor
    rest = order.value_minor - worth
    # An allowance that what stays has no room for goes along, so that no due is made or lost.
    uncredited = order.allowance_minor - order.billing.allowance_credited_minor
    reckoning = order.reckoning
    beside = order.allowance_minor + reckoning.carried_minor - reckoning.fees_minor
    allowance = max(0, min(worth, beside - rest))
    if worth < 0 or allowance > uncredited:
        return Refusal([_uneven(order, worth)])
    off, _ = taken_off(order, lines)
    known = {line.line_id: line for line in order.lines}
    return Consignment(
        transfer_id=transfer_id,
        kind=kind,
        source=order.order_id,
        target=to_order,
        version=order.version,
        lines=FrozenMap(lines),
        names=naming.lines,
        charge_names=naming.charges,
        quote=_renamed(moved, naming),
        items={naming.lines[line_id]: known[line_id].item for line_id in lines},
        allocations=[
            MovedAllocation(
                allocation_id=derived_id(order.order_id, at.allocation_id),
                line_id=naming.lines[at.line_id],
                node=at.node,
                service=at.service,
                quantity=units,
                reserved=max(0, units - at.unreserved),
            )
            for at, units in off
        ],
        payments=_money(
            order,
            max(0, rest - (beside - allowance)),
            worth - allowance,
        ),
        allowance=Money(allowance, order.currency),
        confirmed=order.lifecycle is Lifecycle.CONFIRMED,
        policy=order.policy,
        channel=order.channel,
        customer=order.customer,
        destination=order.destination,
        external_ref=order.external_ref,
        customer_facts=order.control.customer_facts,
        claims=order.claims if leaves_nothing(order, lines) else FrozenMap(),
    )

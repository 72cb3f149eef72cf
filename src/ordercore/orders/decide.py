"""The answer to every command and fact, exactly once.

Order of the questions: is it for this order; was it answered before; does the clock run forward;
and only then what it asks. A repeat is answered with the version of its first acceptance. A
refused command is not remembered, so that it may be sent again once its reasons are gone.
"""

from __future__ import annotations

from typing import assert_never

from ordercore.kernel import (
    Accepted,
    Context,
    Decision,
    InvalidValue,
    LineId,
    Reason,
    Refusal,
    expect,
)
from ordercore.orders import decide_header, decide_money
from ordercore.orders.amending import transferring
from ordercore.orders.amending.commands import TransferIn
from ordercore.orders.answers import answer
from ordercore.orders.billing import decide as billing
from ordercore.orders.billing.commands import RecordSettlement
from ordercore.orders.commands import (
    Fact,
    Instruction,
    OrderCommand,
    OrderFact,
    OrderMessage,
    PlaceOrder,
    RecordDelivery,
    RecordPayment,
    RecordRefund,
)
from ordercore.orders.control import decide_customer, decide_holds
from ordercore.orders.control.blocking import guard, placing, waiting_for
from ordercore.orders.control.commands import (
    RecheckHolds,
    RecordCustomer,
    RecordEvidence,
    Tick,
)
from ordercore.orders.control.decide_waiting import kept_back
from ordercore.orders.control.follow import follow, tick
from ordercore.orders.draft import Draft, OrderDecision, refused, reused_fact_id
from ordercore.orders.events import UnitsDelivered
from ordercore.orders.fulfilling import scanning
from ordercore.orders.fulfilling.commands import RecordScan
from ordercore.orders.fulfilling.ways import no_flow_for
from ordercore.orders.order import Order
from ordercore.orders.remembered import Seen
from ordercore.orders.rules import DEFAULT_RULES, OrderRules

__all__ = ["decide"]


def decide(
    order: Order | None,
    command: OrderMessage,
    context: Context,
    rules: OrderRules = DEFAULT_RULES,
) -> OrderDecision:
    """Accept a command with its events and effects, refuse it with every reason, or take a fact.

    The same command id with the same payload gives an empty decision with ``repeated`` and the
    version of its first acceptance; with another payload it is refused with
    ``command.id_reused``, which is final: a value and not an exception, so that a batch survives
    one sender's mistake. A fact is never refused once the order exists: a known fact id changes
    nothing, a fact that does not fit is kept as :class:`FactClashed`.

    Args:
        order: The order, or None before it is placed.
        command: A command or a fact.
        context: When it is decided, who acts, and what the store knows of the message's id where
            the order may have forgotten it (:func:`forgotten_ids`); nothing else is read.
        rules: The host's rules; :class:`OrderDecider` binds them once.

    Invariants: INV-ORDER-1 to INV-ORDER-8. Cost does not depend on the length of the history.

    Example:
        >>> from ordercore.kernel import Context
        >>> from ordercore.orders import ConfirmOrder
        >>> from ordercore.orders.specimen import tea_order
        >>> web = Context(now="2026-11-11T01:00:00Z", actor="web")
        >>> decide(tea_order(), ConfirmOrder("o-1", command_id="c-2"), web).codes
        ('gate.stock', 'gate.payment')
    """
    if not isinstance(command, (Instruction, Fact)):
        raise InvalidValue("type.wrong", "command", command, "a command or a fact of an order")
    expect(context, Context, "context")
    if order is not None:
        expect(order, Order, "order")
    if order is None:
        if isinstance(command, PlaceOrder):
            placed = decide_header.place(command, context)
            barred = placing(command, context, rules)
            if barred:
                return refused(*barred, *(placed.reasons if isinstance(placed, Refusal) else ()))
            return follow(None, placed, context, rules)
        if isinstance(command, TransferIn):
            barred = placing(command, context, rules)
            if barred:
                return refused(*barred)
            return follow(None, transferring.take_in(command, context), context, rules)
        return refused(
            Reason(
                "order.unknown", facts={"order": str(command.order_id)}, obtain="the placed order"
            ),
            *(no_flow_for(None, command, rules) if isinstance(command, Instruction) else ()),
        )
    if command.order_id != order.order_id:
        return refused(
            Reason(
                "order.other",
                facts={"order": str(order.order_id), "asked": str(command.order_id)},
                final=True,
            )
        )
    if isinstance(command, Fact):
        return follow(order, _take(order, command, context, rules), context, rules)
    seen = order.commands_seen.find(command.command_id) or context.seen.get(command.command_id)
    if seen is not None:
        return _again(order, command, seen, context, rules)
    if context.now < order.last_at:
        return refused(
            Reason(
                "clock.backwards",
                facts={"now": context.now, "last": order.last_at},
                obtain="an instant that is not before the order's last",
            )
        )
    decision = _guarded(order, command, context, rules)
    # These have carried on already; they do so without an event of their own.
    if isinstance(command, (Tick, RecheckHolds)):
        return decision
    return follow(order, decision, context, rules)


def _guarded(
    order: Order, command: OrderCommand, context: Context, rules: OrderRules
) -> OrderDecision:
    """The command's own answer, and what roles, holds and gates have against it."""
    against = guard(order, command, context, rules)
    own = answer(order, command, context, rules)
    if isinstance(own, Refusal):
        if order.control.pending is not None and any(
            reason.code == "order.stage" and reason.obtain for reason in own.reasons
        ):
            against += waiting_for(order, command, context, rules)
        # Where the command is too late for good, what it would need besides helps nobody.
        if any(reason.code == "order.stage" and reason.final for reason in own.reasons):
            against = [reason for reason in against if reason.code.startswith("role.")]
        return refused(*own.reasons, *against) if against else own
    return kept_back(order, command, context, rules, against) if against else own


def _again(
    order: Order, command: OrderCommand, seen: Seen | Accepted, context: Context, rules: OrderRules
) -> OrderDecision:
    same = seen.digest == command.payload_digest
    if same and isinstance(command, PlaceOrder):
        same = command.quote == order.placed_quote
    if same and isinstance(command, Tick) and context.now >= order.last_at:
        # A timer that rang too early, when another boundary was due, rings again in its time.
        late = tick(order, command, context, rules)
        if isinstance(late, Decision) and late.events:
            return late
    if same:
        return Decision((), repeated=True, version=seen.version)
    return refused(
        Reason(
            "command.id_reused",
            facts={"command": str(command.command_id), "version": seen.version},
            final=True,
        )
    )


# --- facts ---


def _take(order: Order, fact: OrderFact, context: Context, rules: OrderRules) -> OrderDecision:
    """Take a fact in. Under a known id with another payload it is kept once as a clash."""
    draft = Draft(order, fact, context)
    cause = draft.cause
    seen = order.facts_seen.find(cause.id) or context.seen.get(cause.id)
    if seen is not None:
        if seen.digest == cause.digest:
            return Decision((), repeated=True, version=seen.version)
        draft.rename(reused_fact_id(cause.id, cause.digest))
        again = draft.cause.id
        known = order.facts_seen.find(again) or context.seen.get(again)
        if known is not None:
            return Decision((), repeated=True, version=known.version)
        draft.clash("fact.id_reused", {"fact": str(fact.fact_id), "version": seen.version})
        return draft.decision()
    match fact:
        case RecordPayment() | RecordRefund():
            decide_money.record_payment(draft, order, fact)
        case RecordDelivery():
            _deliver(draft, order, fact, rules)
        case RecordScan():
            scanning.scan(draft, order, fact, rules)
        case RecordSettlement():
            billing.settle(draft, order, fact)
        case RecordEvidence():
            decide_holds.record_evidence(draft, order, fact, rules)
        case RecordCustomer():
            decide_customer.record_customer(draft, order, fact, rules)
        case _:
            assert_never(fact)
    if context.now < order.last_at:
        draft.clash("clock.backwards", {"last": str(order.last_at)})
    return draft.decision()


def _deliver(draft: Draft, order: Order, fact: RecordDelivery, rules: OrderRules) -> None:
    """What was under way has arrived; what was not under way is kept as a clash."""
    shipment = order.shipment(fact.shipment_id)
    if shipment is None:
        draft.clash("shipment.unknown", {"shipment": str(fact.shipment_id)})
        return
    under_way = {line.line_id: line.under_way for line in shipment.lines if line.under_way}
    reported = dict(fact.lines) or under_way
    arrived: dict[LineId, int] = {}
    excess = 0
    for line_id, units in reported.items():
        fitting = min(units, under_way.get(line_id, 0))
        excess += units - fitting
        if fitting:
            arrived[line_id] = fitting
    if arrived:
        draft.events.append(
            UnitsDelivered(
                order_id=order.order_id,
                cause=draft.cause,
                shipment_id=fact.shipment_id,
                lines=arrived,
                occurred_at=fact.occurred_at,
            )
        )
        if arrived == under_way:
            scanning.arrive(draft, order, fact, rules)
    if excess or not arrived:
        draft.clash("delivery.excess", {"shipment": str(fact.shipment_id), "units": excess})

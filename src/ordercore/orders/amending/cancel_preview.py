"""What a cancel would do to stock and money, before anyone does it."""

from __future__ import annotations

import attrs

from ordercore.kernel import (
    Context,
    FrozenMap,
    FulfilmentId,
    LineId,
    Money,
    NodeId,
    PaymentId,
    Reason,
    Refusal,
    answering,
    checked,
)
from ordercore.orders.billing.tender import RefundRoute, TenderKind
from ordercore.orders.claims import Claims
from ordercore.orders.commands import CancelOrder, CancelUnits
from ordercore.orders.control.events import ClaimsReleased
from ordercore.orders.decide import decide
from ordercore.orders.draft import OrderDecision
from ordercore.orders.effects import CapturePayment, RefundPayment, VoidPayment
from ordercore.orders.events import (
    AllowanceGranted,
    LineValue,
    ReleasedUnits,
    UnitsCancelled,
    UnitsReleased,
)
from ordercore.orders.evolve import replay
from ordercore.orders.fulfilling.events import FulfilmentMoved, UnitsRecalled
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.order import Order, units_of
from ordercore.orders.rules import DEFAULT_RULES, OrderRules
from ordercore.orders.units import Quantities, quantities

__all__ = ["CancelPreview", "CancelledWork", "TenderChange", "preview_cancel"]


@attrs.frozen(kw_only=True)
@checked
class TenderChange:
    """What would be asked of the provider of one payment, each zero where nothing is.

    ``points`` are those that go back with the refund, ``route`` says where it goes.
    """

    payment_id: PaymentId
    tender: TenderKind
    refunded: Money
    voided: Money
    captured: Money
    points: int = 0
    route: RefundRoute | None = None


@attrs.frozen(kw_only=True)
@checked
class CancelledWork:
    """Units that a node would no longer work on; with ``ended``, its whole fulfilment order.

    A packed one is given back whole, so it may hold more units than are cancelled.
    """

    fulfilment_id: FulfilmentId
    node: NodeId
    stage: str
    lines: Quantities
    ended: bool


@attrs.frozen(kw_only=True)
@checked
class CancelPreview:
    """Stock and money of a cancel, in figures; with ``reasons``, it would be refused.

    ``lines`` are the units that go with what they were worth, ``charges`` the charges that go with
    them, ``granted`` what is waived so that what is due does not rise. ``released`` are the units
    that leave their allocations, ``reserved`` of them with stock held; ``work`` what nodes stop.
    ``tenders`` is what is asked of each provider, ``claims`` are uses of promotions that come back.
    ``stays`` are units that have left, and are not cancelled; with ``ends`` the order ends.

    Example:
        >>> nothing = Money.zero("CNY")
        >>> CancelPreview(
        ...     version=3,
        ...     due_before=nothing,
        ...     due_after=nothing,
        ...     outstanding=nothing,
        ...     charges=nothing,
        ...     granted=nothing,
        ... ).refunds
        Money(minor=0, currency=Currency('CNY'))
    """

    version: int
    due_before: Money
    due_after: Money
    outstanding: Money
    charges: Money
    granted: Money
    lines: tuple[LineValue, ...] = ()
    released: tuple[ReleasedUnits, ...] = ()
    work: tuple[CancelledWork, ...] = ()
    tenders: tuple[TenderChange, ...] = ()
    claims: Claims = attrs.field(factory=FrozenMap)
    stays: Quantities = attrs.field(factory=FrozenMap)
    ends: bool = False
    reasons: tuple[Reason, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the cancel would be accepted."""
        return not self.reasons

    @property
    def refunds(self) -> Money:
        """What would be asked back of all providers together."""
        total = Money.zero(self.due_before.currency)
        for each in self.tenders:
            total += each.refunded
        return total


@answering
def preview_cancel(
    order: Order,
    command: CancelUnits | CancelOrder,
    context: Context,
    rules: OrderRules = DEFAULT_RULES,
) -> CancelPreview:
    """What the cancel would change now, without changing anything; the cancel itself decides it.

    Sent at the same version, the command does exactly this. A repeat changes nothing. O(the
    cancel).

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> web = Context(now="2026-11-11T01:00:00Z", actor="web")
        >>> cup = CancelUnits("o-1", command_id="c-2", lines={"2": 1})
        >>> seen = preview_cancel(tea_order(), cup, web)
        >>> [(str(line.line_id), line.quantity, str(line.amount)) for line in seen.lines]
        [('2', 1, 'CNY 59.90')]
        >>> str(seen.due_after), seen.ends
        ('CNY 256.00', False)
    """
    answer = decide(order, command, context, rules)
    nothing = Money.zero(order.currency)
    stays = units_of(order, "shipped")
    if isinstance(answer, Refusal):
        return CancelPreview(
            version=order.version,
            due_before=order.due,
            due_after=order.due,
            outstanding=order.money.outstanding,
            charges=nothing,
            granted=nothing,
            stays=stays,
            reasons=answer.reasons,
        )
    after = replay(order, answer.events) or order
    lines: list[LineValue] = []
    charges = granted = nothing
    released: list[ReleasedUnits] = []
    claims: Claims = FrozenMap()
    for event in answer.events:
        match event:
            case UnitsCancelled():
                lines.extend(event.lines)
                charges += event.charges
            case AllowanceGranted():
                granted += event.amount
            case UnitsReleased():
                released.extend(event.units)
            case ClaimsReleased():
                claims = event.claims
            case _:
                pass
    return CancelPreview(
        version=order.version,
        due_before=order.due,
        due_after=after.due,
        outstanding=after.money.outstanding,
        charges=charges,
        granted=granted,
        lines=tuple(lines),
        released=tuple(released),
        work=_work(order, answer),
        tenders=_tenders(order, answer),
        claims=claims,
        stays=stays,
        ends=after.lifecycle is Lifecycle.CANCELLED,
    )


def _work(order: Order, answer: OrderDecision) -> tuple[CancelledWork, ...]:
    """What nodes stop working on, in the order in which it is taken back."""
    found: list[CancelledWork] = []
    for event in answer.accepted().events:
        if isinstance(event, FulfilmentMoved | UnitsRecalled):
            known = order.fulfilment(event.fulfilment_id)
            assert known is not None
            units: dict[LineId, int] = dict(known.lines)
            if isinstance(event, UnitsRecalled):
                units = {}
                for part in event.units:
                    units[part.line_id] = units.get(part.line_id, 0) + part.quantity
            found.append(
                CancelledWork(
                    fulfilment_id=known.fulfilment_id,
                    node=known.node,
                    stage=known.stage,
                    lines=quantities(units),
                    ended=isinstance(event, FulfilmentMoved),
                )
            )
    return tuple(found)


def _tenders(order: Order, answer: OrderDecision) -> tuple[TenderChange, ...]:
    """What is asked of each payment, in the order of the payments."""
    nothing = Money.zero(order.currency)
    found: list[TenderChange] = []
    for payment in order.payments:
        change = TenderChange(
            payment_id=payment.payment_id,
            tender=payment.tender,
            refunded=nothing,
            voided=nothing,
            captured=nothing,
        )
        none = change
        for effect in answer.accepted().effects:
            match effect:
                case RefundPayment(payment_id=payment.payment_id):
                    change = attrs.evolve(
                        change,
                        refunded=change.refunded + effect.amount,
                        points=change.points + effect.points,
                        route=effect.route,
                    )
                case VoidPayment(payment_id=payment.payment_id):
                    change = attrs.evolve(change, voided=change.voided + effect.amount)
                case CapturePayment(payment_id=payment.payment_id):
                    change = attrs.evolve(change, captured=change.captured + effect.amount)
                case _:
                    pass
        if change is not none:
            found.append(change)
    return tuple(found)

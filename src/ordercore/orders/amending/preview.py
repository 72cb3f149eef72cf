"""What an edit would do, before anyone does it."""

from __future__ import annotations

import attrs

from ordercore.kernel import (
    Context,
    FrozenMap,
    FulfilmentId,
    LineId,
    Money,
    PromotionId,
    Reason,
    Refusal,
    answering,
    checked,
)
from ordercore.orders.amending.commands import EditOrder
from ordercore.orders.decide import decide
from ordercore.orders.draft import OrderDecision
from ordercore.orders.effects import CapturePayment, RefundPayment
from ordercore.orders.events import UnitsReleased
from ordercore.orders.evolve import replay
from ordercore.orders.fulfilling.events import FulfilmentMoved
from ordercore.orders.order import Order
from ordercore.orders.reckoning import NO_RECKONING, Reckoning
from ordercore.orders.rules import DEFAULT_RULES, OrderRules
from ordercore.orders.units import Quantities

__all__ = ["EditPreview", "preview_edit"]


@attrs.frozen(kw_only=True)
@checked
class EditPreview:
    """Money and stock of an edit, in figures; with ``reasons``, it would be refused.

    ``difference`` is what becomes due more (below zero: less); ``refunds`` and ``captures`` what
    would be asked of the providers at once, ``outstanding`` what would be due and not held.
    ``released`` are units whose stock or node is given back, ``wanted`` units that no node has been
    chosen for and that had none before the edit either. ``ended`` are fulfilment orders that are
    called off. ``reckoning`` is what is due beside the units after it: claw-back, fees, and what is
    carried against later refunds. ``lost`` are promotions that the new quote does not have,
    ``gained`` the new ones.
    Send the edit with ``version`` as its ``expected_version``, and it does exactly this.

    Example:
        >>> nothing = Money.zero("CNY")
        >>> EditPreview(
        ...     version=3,
        ...     due_before=nothing,
        ...     due_after=nothing,
        ...     refunds=nothing,
        ...     captures=nothing,
        ...     outstanding=nothing,
        ... ).difference
        Money(minor=0, currency=Currency('CNY'))
    """

    version: int
    due_before: Money
    due_after: Money
    refunds: Money
    captures: Money
    outstanding: Money
    released: Quantities = attrs.field(factory=FrozenMap)
    wanted: Quantities = attrs.field(factory=FrozenMap)
    ended: tuple[FulfilmentId, ...] = ()
    lost: tuple[PromotionId, ...] = ()
    gained: tuple[PromotionId, ...] = ()
    reasons: tuple[Reason, ...] = ()
    reckoning: Reckoning = NO_RECKONING

    @property
    def allowed(self) -> bool:
        """Whether the edit would be accepted."""
        return not self.reasons

    @property
    def difference(self) -> Money:
        """What becomes due more; below zero when less is due."""
        return self.due_after - self.due_before


@answering
def preview_edit(
    order: Order, command: EditOrder, context: Context, rules: OrderRules = DEFAULT_RULES
) -> EditPreview:
    """What the edit would change now, without changing anything; the edit itself decides it.

    Confirming a preview is sending the same command. O(the edit).

    Example:
        >>> import attrs
        >>> from ordercore.orders.specimen import tea_order, tea_quote
        >>> two = tea_quote().lines[0]
        >>> less = attrs.evolve(tea_quote(), lines=[two])
        >>> web = Context(now="2026-11-11T01:00:00Z", actor="web")
        >>> seen = preview_edit(tea_order(), EditOrder("o-1", command_id="c-2", quote=less), web)
        >>> str(seen.due_before), str(seen.due_after), str(seen.difference)
        ('CNY 315.90', 'CNY 256.00', 'CNY -59.90')
    """
    answer = decide(order, command, context, rules)
    nothing = Money.zero(order.currency)
    if isinstance(answer, Refusal):
        return EditPreview(
            version=order.version,
            due_before=order.due,
            due_after=order.due,
            refunds=nothing,
            captures=nothing,
            outstanding=order.money.outstanding,
            reasons=answer.reasons,
            reckoning=order.reckoning,
        )
    after = replay(order, answer.events) or order
    backlog = {line.line_id: line.backlog for line in order.lines}
    before, now = set(order.quote.promotions), set(after.quote.promotions)
    return EditPreview(
        version=order.version,
        due_before=order.due,
        due_after=after.due,
        refunds=_asked(answer, RefundPayment, nothing),
        captures=_asked(answer, CapturePayment, nothing),
        outstanding=after.money.outstanding,
        released=_released(answer),
        wanted=FrozenMap(
            {
                line.line_id: more
                for line in after.lines
                if (more := line.backlog - backlog.get(line.line_id, 0)) > 0
            }
        ),
        ended=tuple(
            event.fulfilment_id
            for event in answer.accepted().events
            if isinstance(event, FulfilmentMoved) and event.ended
        ),
        lost=tuple(sorted(before - now)),
        gained=tuple(sorted(now - before)),
        reckoning=after.reckoning,
    )


def _asked(
    answer: OrderDecision, kind: type[RefundPayment | CapturePayment], nothing: Money
) -> Money:
    total = nothing
    for effect in answer.accepted().effects:
        if isinstance(effect, kind):
            total += effect.amount
    return total


def _released(answer: OrderDecision) -> Quantities:
    units: dict[LineId, int] = {}
    for event in answer.accepted().events:
        if isinstance(event, UnitsReleased):
            for part in event.units:
                units[part.line_id] = units.get(part.line_id, 0) + part.quantity
    return FrozenMap(units)

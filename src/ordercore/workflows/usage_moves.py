"""Uses of promotions that an order claims and gives back, in its own commits."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import (
    CommandId,
    Context,
    Decision,
    Effect,
    OrderId,
    PromotionId,
    Refusal,
    derived_id,
    fold,
)
from ordercore.orders import OrderEvent, ReleaseClaims
from ordercore.ports import UsageChange
from ordercore.pricing import ClaimUse, MeterClaim, ReleaseUse, UsageDecider
from ordercore.workflows.request import LoadUsage, Script, perform
from ordercore.workflows.stock_moves import order_scope

__all__ = ["claim_uses", "give_back_uses"]


def claim_uses(
    claims: Iterable[MeterClaim], order_id: OrderId, command_id: CommandId, context: Context
) -> Script[tuple[UsageChange, ...] | Refusal]:
    """What a quote claims of each meter, all or nothing; every exhausted one is a reason."""
    wishes = [
        ClaimUse(
            promotion_id=claim.meter.key,
            order_id=order_id,
            command_id=derived_id(order_scope(order_id), "use", claim.meter.key, command_id),
            uses=claim.count,
            limit=claim.limit,
        )
        for claim in claims
    ]
    if not wishes:
        return ()
    changes, refusals = yield from _decided(wishes, context)
    if refusals:
        return Refusal([reason for refusal in refusals.values() for reason in refusal.reasons])
    return changes


def give_back_uses(
    decision: Decision[OrderEvent], context: Context
) -> Script[tuple[Decision[OrderEvent], tuple[UsageChange, ...]]]:
    """Give back, in the commit of a decision, the uses that it releases.

    Each is named by the effect that asks for it, so that it comes back once. What a usage does not
    know as taken is left to the host: its effect stays, and does not keep the order from ending.
    """
    asked = [effect for effect in decision.effects if isinstance(effect, ReleaseClaims)]
    if not asked:
        return decision, ()
    wishes = [
        ReleaseUse(
            promotion_id=promotion,
            order_id=effect.order_id,
            command_id=derived_id(
                order_scope(effect.order_id), "use-back", promotion, effect.effect_id
            ),
            uses=uses,
        )
        for effect in asked
        for promotion, uses in effect.claims.items()
    ]
    changes, refusals = yield from _decided(wishes, context)
    effects: list[Effect] = []
    for effect in decision.effects:
        if isinstance(effect, ReleaseClaims):
            left = {known: uses for known, uses in effect.claims.items() if known in refusals}
            if left:
                effects.append(attrs.evolve(effect, claims=left))
        else:
            effects.append(effect)
    return attrs.evolve(decision, effects=tuple(effects)), changes


def _decided(
    wishes: Iterable[ClaimUse | ReleaseUse], context: Context
) -> Script[tuple[tuple[UsageChange, ...], dict[PromotionId, Refusal]]]:
    """The changes of usages, each of another promotion, and the refusals."""
    wanted = {wish.promotion_id: wish for wish in wishes}
    held = yield from perform(LoadUsage(tuple(wanted)))
    decider = UsageDecider()
    changes: list[UsageChange] = []
    refusals: dict[PromotionId, Refusal] = {}
    for promotion, wish in wanted.items():
        before = held.get(promotion)
        answer = decider.decide(before, wish, context)
        if isinstance(answer, Refusal):
            refusals[promotion] = answer
        elif answer.events:
            changes.append(
                UsageChange(
                    expected_version=0 if before is None else before.version,
                    state=fold(decider, answer.events, before),
                    events=answer.events,
                )
            )
    return tuple(changes), refusals

"""Uses of promotions that an order claims, with its own commit."""

from __future__ import annotations

from collections.abc import Mapping

from ordercore.kernel import (
    CommandId,
    Context,
    OrderId,
    PromotionId,
    Reason,
    Refusal,
    derived_id,
    fold,
)
from ordercore.ports import UsageChange
from ordercore.pricing import ClaimUse, PromotionUsage, UsageDecider
from ordercore.workflows.request import LoadUsage, Script, perform
from ordercore.workflows.stock_moves import order_scope

__all__ = ["claim_uses"]


def claim_uses(
    claims: Mapping[PromotionId, int], order_id: OrderId, command_id: CommandId, context: Context
) -> Script[tuple[UsageChange, ...] | Refusal]:
    """One use of each promotion that counts its uses; every exhausted one is a reason."""
    if not claims:
        return ()
    wishes = [
        ClaimUse(
            promotion_id=promotion,
            order_id=order_id,
            command_id=derived_id(order_scope(order_id), "use", promotion, command_id),
            limit=limit,
        )
        for promotion, limit in sorted(claims.items())
    ]
    held = yield from perform(LoadUsage(tuple(wish.promotion_id for wish in wishes)))
    decider = UsageDecider()
    changes: list[UsageChange] = []
    reasons: list[Reason] = []
    for wish in wishes:
        before: PromotionUsage | None = held.get(wish.promotion_id)
        answer = decider.decide(before, wish, context)
        if isinstance(answer, Refusal):
            reasons.extend(answer.reasons)
        elif answer.events:
            changes.append(
                UsageChange(
                    expected_version=0 if before is None else before.version,
                    state=fold(decider, answer.events, before),
                    events=answer.events,
                )
            )
    if reasons:
        return Refusal(reasons)
    return tuple(changes)

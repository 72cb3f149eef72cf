"""What earlier uses leave of a promotion, and what a quote takes of its limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ordercore.kernel import Currency, CustomerId, FactValue, Money, Reason
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.promotions.claims import Claim
from ordercore.pricing.promotions.meter import MeterClaim, UsageMeter
from ordercore.pricing.promotions.promotion import Promotion

__all__ = ["Limit", "claims_of", "limits_of", "used_up"]


class Limit(NamedTuple):
    """One limit of a promotion for a buyer: the code of what it refuses, its meter, its size."""

    code: str
    meter: UsageMeter
    size: int

    @property
    def currency(self) -> Currency | None:
        """The currency of a budget; None for a number of uses."""
        return self.meter.currency


def limits_of(promotion: Promotion, customer: CustomerId | None) -> Iterator[Limit]:
    """The limits that count: in all, and of the buyer where it is known."""
    promotion_id = promotion.promotion_id
    if promotion.usage_limit is not None:
        meter = UsageMeter(promotion=promotion_id)
        yield Limit("promotion.exhausted", meter, promotion.usage_limit)
    for budget in promotion.budget:
        meter = UsageMeter(promotion=promotion_id, currency=budget.currency)
        yield Limit("promotion.budget_spent", meter, budget.minor)
    if customer is None:
        return
    if promotion.uses_per_customer is not None:
        meter = UsageMeter(promotion=promotion_id, customer=customer)
        yield Limit("promotion.customer_exhausted", meter, promotion.uses_per_customer)
    for budget in promotion.budget_per_customer:
        meter = UsageMeter(promotion=promotion_id, customer=customer, currency=budget.currency)
        yield Limit("promotion.customer_budget_spent", meter, budget.minor)


def used_up(run: Calculation, promotion: Promotion) -> list[Reason]:
    """Every limit of a promotion that leaves nothing: uses and budgets, in all and of the buyer."""
    reasons: list[Reason] = []
    currency, customer = run.currency, run.cart.customer
    if customer is None and (promotion.uses_per_customer or promotion.budget_per_customer):
        reasons.append(Reason("promotion.customer_unknown", obtain="a customer to count it for"))
    for budgets in (promotion.budget, promotion.budget_per_customer):
        if budgets and all(budget.currency != currency for budget in budgets):
            # A budget names the currencies that it is for; in others there is none.
            facts: dict[str, FactValue] = {"currencies": tuple([b.currency for b in budgets])}
            reasons.append(Reason("promotion.currency", facts=facts))
    for limit in limits_of(promotion, customer):
        used = run.usage.of(limit.meter)
        if limit.currency in {None, currency} and used >= limit.size:
            money = limit.currency is not None
            facts = {
                "limit": Money(limit.size, currency) if money else limit.size,
                "used": Money(used, currency) if money else used,
            }
            reasons.append(Reason(limit.code, facts=facts, obtain="uses given back"))
    return reasons


def claims_of(run: Calculation, applied: Iterable[Promotion]) -> list[Claim]:
    """A claim for each limited promotion that gave something, in the order of their ids."""
    limited = {promotion.promotion_id: promotion for promotion in applied if promotion.counted}
    if not limited:
        return []
    customer, currency = run.cart.customer, run.currency
    return [
        Claim(
            promotion=promotion_id,
            amount=Money(minor, currency),
            coupon=limited[promotion_id].coupon,
            customer=customer,
            limits=[
                MeterClaim(
                    meter=limit.meter,
                    count=1 if limit.currency is None else minor,
                    limit=limit.size,
                )
                for limit in limits_of(limited[promotion_id], customer)
                if limit.currency in {None, currency}
            ],
        )
        for promotion_id, minor in sorted(run.given().items())
        if promotion_id in limited
    ]

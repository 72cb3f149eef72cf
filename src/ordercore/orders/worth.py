"""What units are worth under an order's quote when they leave it, by cancel or by return.

The order's value is what its policy makes of the units kept: their shares of the quote, and where
promotions are asked again, a claw-back beside them. Units that went on to another order count as
kept for that: they were not given back. With nothing kept, nothing is clawed back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

import attrs

from ordercore.kernel import FrozenMap, LineId, Money, Reason
from ordercore.orders.claims import Claims
from ordercore.orders.events import LineValue
from ordercore.orders.order import Order
from ordercore.orders.policy import ChargesRule, ClaimsRule, RaisedDueRule
from ordercore.orders.reckoning import Reckoning
from ordercore.orders.rules import OrderRules
from ordercore.pricing import (
    RESTOCKING,
    Charge,
    Quote,
    QuoteSource,
    Refund,
    RestockingFee,
    claw_back,
    kept_value,
    promotions_kept,
    refund,
    restocking_charge,
)

__all__ = [
    "asked_of",
    "Worth",
    "billed_worth",
    "charges_stand",
    "clawed_back",
    "due_after",
    "freed_claims",
    "inputs_missing",
    "recarried",
    "restocking_fees",
    "shares_worth",
    "worth_of",
]


@attrs.frozen(kw_only=True)
class Worth:
    """What a step takes off the order's value, by line and charges, frozen in the event.

    Lines without units are those that stay and cost something else from here on.
    """

    lines: tuple[LineValue, ...]
    charges: Money
    amount: Money
    claw_back_minor: int
    back: Refund


def charges_stand(order: Order, kept: Mapping[LineId, int]) -> bool:
    """Whether refundable charges are still due with ``kept`` units; a function of the state.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> charges_stand(tea_order(), {"1": 1}), charges_stand(tea_order(), {})
        (True, False)
    """
    if any(kept.values()):
        return True
    return order.policy.charges is ChargesRule.UNLESS_SHIPPED and any(
        line.shipped for line in order.lines
    )


def shares_worth(
    order: Order,
    kept: Mapping[LineId, int],
    quote: Quote | None = None,
    *,
    charges: bool | None = None,
) -> int:
    """What units cost by their shares of a quote, with the charges that stand, in minor units."""
    stand = charges_stand(order, kept) if charges is None else charges
    policy = order.policy.after.by_shares
    return kept_value(quote or order.quote, kept, charges=stand, policy=policy).minor


def billed_worth(
    order: Order,
    billed: Mapping[LineId, int],
    quote: Quote | None = None,
    reckoning: Reckoning | None = None,
) -> int:
    """What bills for these units come to, in minor units: with claw-back and fees, if any."""
    known = order.reckoning if reckoning is None else reckoning
    return shares_worth(order, billed, quote) + known.more_minor


# --- claw-back ---


def asked_of(order: Order, kept: Mapping[LineId, int]) -> dict[LineId, int]:
    """The units whose promotions are asked again: those kept, and those that moved on."""
    moved = {line.line_id: line.transferred for line in order.lines if line.transferred}
    return {line_id: units + moved.get(line_id, 0) for line_id, units in kept.items()}


def inputs_missing(
    order: Order, kept: Mapping[LineId, int], rules: OrderRules, quote: Quote | None = None
) -> list[Reason]:
    """Why promotions cannot be asked about units: nobody gave what the quote was made from.

    Nothing is asked where the quote has the answer itself: by shares, for all units, for none, and
    of a quote that no book gave.
    """
    stood_on = quote or order.quote
    policy = order.policy.after
    if (
        not policy.asks_again
        or stood_on.source is not QuoteSource.COMPUTED
        or not any(kept.values())
        or (asked_of(order, kept) if quote is None else kept) == stood_on.quantities
        or rules.inputs_of(stood_on) is not None
    ):
        return []
    return [
        Reason(
            "refund.inputs_missing",
            facts={
                "policy": policy.name,
                "book": stood_on.book_digest,
                "taxes": stood_on.tax_digest,
                "pricing": stood_on.policy_digest,
                "usage": stood_on.usage_digest,
            },
            obtain="rules whose `quote_inputs` hold what the quote was made from",
        )
    ]


def clawed_back(
    order: Order, kept: Mapping[LineId, int], rules: OrderRules, quote: Quote | None = None
) -> int:
    """What ``kept`` units cost more than their shares, in minor units."""
    stood_on = quote or order.quote
    if not order.policy.after.asks_again or not any(kept.values()):
        return 0
    moved = asked_of(order, kept) if quote is None else kept
    return claw_back(
        stood_on, moved, policy=order.policy.after, inputs=rules.inputs_of(stood_on)
    ).minor


def worth_of(order: Order, going: Mapping[LineId, int], rules: OrderRules) -> Worth:
    """The step from the units kept now to those kept without ``going``.

    Steps add up: any way of splitting a cancel or return gives the same total. Ask
    :func:`inputs_missing` first.

    Example:
        >>> from ordercore.kernel import LineId
        >>> from ordercore.orders import DEFAULT_RULES
        >>> from ordercore.orders.specimen import tea_order
        >>> str(worth_of(tea_order(), {LineId("2"): 1}, DEFAULT_RULES).amount)
        'CNY 59.90'
    """
    before = {line.line_id: line.kept for line in order.lines}
    after = {line_id: kept - going.get(line_id, 0) for line_id, kept in before.items()}
    policy = order.policy.after
    back = refund(
        order.quote,
        before,
        after,
        charges_before=charges_stand(order, before),
        charges_after=charges_stand(order, after),
        policy=policy.by_shares,
    )
    amounts = {line.line_id: line.gross.minor for line in back.lines}
    claw_after = clawed_back(order, after, rules)
    if policy.asks_again:
        for line_id, minor in _claw_back_by_line(order, before, after, rules).items():
            amounts[line_id] = amounts.get(line_id, 0) + minor
    total = back.total.minor + order.reckoning.claw_back_minor - claw_after
    lines = {**going, **{line_id: going.get(line_id, 0) for line_id in amounts}}
    return Worth(
        lines=tuple(
            LineValue(
                line_id=line_id, quantity=units, amount=Money(amounts[line_id], order.currency)
            )
            for line_id, units in lines.items()
            if units or amounts.get(line_id)
        ),
        charges=Money(total - sum(amounts.values()), order.currency),
        amount=Money(total, order.currency),
        claw_back_minor=claw_after,
        back=back,
    )


def _claw_back_by_line(
    order: Order, before: Mapping[LineId, int], after: Mapping[LineId, int], rules: OrderRules
) -> dict[LineId, int]:
    """What each line gives back more than its share in this step; below zero, less."""
    policy = order.policy.after
    inputs = rules.inputs_of(order.quote)
    if inputs is None:
        # With the last unit all of it goes, which needs no asking; and so no telling by line.
        return {}
    sides = (asked_of(order, before), asked_of(order, after) if any(after.values()) else {})
    more: dict[LineId, int] = {}
    for sign, under in ((1, policy), (-1, policy.by_shares)):
        for line in refund(order.quote, *sides, policy=under, inputs=inputs).lines:
            more[line.line_id] = more.get(line.line_id, 0) + sign * line.gross.minor
    return {line_id: minor for line_id, minor in more.items() if minor}


# --- what becomes due ---


def due_after(
    order: Order, step_minor: int, claw_back_minor: int, fees: Iterable[Charge] = ()
) -> tuple[int, int, Reckoning]:
    """What is due after a step, what of a rise has to be granted, and the reckoning then.

    A rise is owed, granted, or carried against later refunds, as the policy says; a fall takes off
    what was carried first.
    """
    known = order.reckoning
    bare = attrs.evolve(
        known, claw_back_minor=claw_back_minor, carried_minor=0, fees=(*known.fees, *fees)
    )
    due = order.due_at(order.value_minor - step_minor, reckoning=bare)
    rise = max(0, due - order.due_minor)
    match order.policy.raised_due:
        case RaisedDueRule.OWED:
            return due, 0, bare
        case RaisedDueRule.WAIVED:
            return due - rise, rise, bare
        case RaisedDueRule.CARRIED:
            return due - rise, 0, attrs.evolve(bare, carried_minor=rise)
        case never:
            assert_never(never)


def recarried(order: Order, value_minor: int, claw_back_minor: int) -> Reckoning:
    """The reckoning of an edited order that is worth so much: nothing more is carried than was.

    What falls due less for the edit takes off what was carried first; what falls due more is owed,
    for the edit was asked for.
    """
    bare = attrs.evolve(order.reckoning, claw_back_minor=claw_back_minor, carried_minor=0)
    rise = order.due_at(value_minor, reckoning=bare) - order.due_minor
    carried = max(0, min(order.reckoning.carried_minor, rise))
    return attrs.evolve(bare, carried_minor=carried)


def restocking_fees(order: Order, worth: Worth, return_id: str) -> tuple[Charge, ...]:
    """The fee for one receipt of a return; never more than by how much less is due for it.

    What is asked once for a return is asked with its first receipt.
    """
    fee: RestockingFee | None = order.policy.after.restocking
    if fee is None:
        return ()
    name = f"{RESTOCKING}/{return_id}"
    earlier = sum(known.charge_id.startswith(f"{name}/") for known in order.reckoning.fees)
    if earlier and fee.amount is not None:
        if not (fee.percent or fee.per_unit):
            return ()
        fee = attrs.evolve(fee, amount=None)
    due, *_ = due_after(order, worth.amount.minor, worth.claw_back_minor)
    most = Money(order.due_minor - due, order.currency)
    charge = restocking_charge(worth.back, fee, charge_id=f"{name}/{earlier}", most=most)
    return () if charge is None else (charge,)


def freed_claims(
    order: Order, kept: Mapping[LineId, int], rules: OrderRules, *, ends: bool = False
) -> Claims:
    """Uses of promotions that the order has no more need of with these units, by its policy."""
    match order.policy.claims:
        case ClaimsRule.KEPT:
            return FrozenMap()
        case ClaimsRule.RELEASED:
            return order.claims if ends else FrozenMap()
        case ClaimsRule.WITH_DISCOUNT:
            if not order.claims:
                return order.claims
            asked = asked_of(order, kept) if any(kept.values()) else {}
            still = promotions_kept(
                order.quote,
                asked,
                policy=order.policy.after,
                inputs=rules.inputs_of(order.quote),
            )
            return FrozenMap({p: uses for p, uses in order.claims.items() if p not in still})
        case never:
            assert_never(never)

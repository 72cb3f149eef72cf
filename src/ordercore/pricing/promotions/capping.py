"""How limits cut an offer: floors of lines, the most of a promotion, the most of all together.

The one place where an offer meets limits. What is cut is told, on demand, as reasons.
"""

from __future__ import annotations

from collections.abc import Sequence

from ordercore.kernel import FactValue, LineId, Money, Reason, apportion
from ordercore.pricing.calculation import Calculation, Offer
from ordercore.pricing.promotions.counting import limits_of
from ordercore.pricing.promotions.promotion import Promotion

__all__ = ["capped", "mosts", "share_within"]


def share_within(total: int, weights: Sequence[int], rooms: Sequence[int]) -> list[int]:
    """An amount in proportion to weights, no share above its room; what is over goes to others.

    O(n²) at worst; as :func:`~ordercore.kernel.apportion` where every room is large enough.

    Example:
        >>> share_within(90, [100, 100, 100], [10, 100, 100]), share_within(90, [1, 1], [10, 20])
        ([10, 40, 40], [10, 20])
    """
    shares = [0] * len(weights)
    waiting = [n for n, room in enumerate(rooms) if room > 0]
    left = min(total, sum([rooms[n] for n in waiting]))
    while left:
        parts = apportion(left, [weights[n] for n in waiting])
        full = [n for n, part in zip(waiting, parts, strict=True) if part > rooms[n]]
        if not full:
            for n, part in zip(waiting, parts, strict=True):
                shares[n] = part
            return shares
        for n in full:
            shares[n] = rooms[n]
            left -= rooms[n]
        waiting = [n for n in waiting if n not in full]
    return shares


def capped(
    run: Calculation,
    promotion: Promotion,
    offer: Offer,
    left: Sequence[int],
    told: list[Reason] | None = None,
) -> Offer:
    """The offer within all limits; ``left`` is what the promotion sees of each line.

    First no line goes below its floor: of one amount over several lines, what a line cannot bear
    goes to the others. Then what the promotion may give in all, then what all promotions together
    may take off the lines, each cut line by line in proportion.
    """
    targets = offer.targets
    offs = [min(off, left[p]) for p, off in zip(targets, offer.offs, strict=True)]
    if run.floors is not None or promotion.min_margin is not None:
        offs = _above_floors(run, promotion, offer, left, offs, told)
    if promotion.cuts:
        for code, most in mosts(run, promotion):
            offs = _at_most(run, offs, most, code, told)
    if run.least is not None:
        # Charges have no part in what all promotions together may take.
        lines = [n for n, p in enumerate(targets) if p < len(run.amounts)]
        parts = [offs[n] for n in lines]
        most = max(0, sum(run.left[: len(run.amounts)]) - run.least)
        code = "limit.discounts_together"
        for n, part in zip(lines, _at_most(run, parts, most, code, told), strict=True):
            offs[n] = part
    return offer._replace(offs=offs)


def _above_floors(
    run: Calculation,
    promotion: Promotion,
    offer: Offer,
    left: Sequence[int],
    offs: list[int],
    told: list[Reason] | None,
) -> list[int]:
    known = run.line_floors()
    margin = promotion.min_margin
    floors = known.of(margin)
    targets = offer.targets
    rooms = [
        min(left[p], max(0, run.left[p] - floors[p])) if p < len(floors) else left[p]
        for p in targets
    ]
    if offer.shared:
        kept = share_within(sum(offs), [left[p] for p in targets], rooms)
    else:
        kept = [min(off, room) for off, room in zip(offs, rooms, strict=True)]
    if told is not None:
        bound: dict[str, list[LineId]] = {}
        for p, off, room in zip(targets, offs, rooms, strict=True):
            if off > room:
                bound.setdefault(known.code(margin, p), []).append(run.cart.lines[p].line_id)
        for code, lines in sorted(bound.items()):
            told.append(_reason(run, code, sum(offs), sum(kept), lines=tuple(lines)))
    return kept


def mosts(run: Calculation, promotion: Promotion) -> list[tuple[str, int]]:
    """The most that the promotion may give here, by the limit that says so."""
    mosts = []
    if promotion.most_off is not None:
        mosts.append(("limit.most_off", promotion.most_off.minor))
    for limit in limits_of(promotion, run.cart.customer):
        if limit.currency == run.currency:
            code = "limit.customer_budget" if limit.meter.customer else "limit.budget"
            mosts.append((code, max(0, limit.size - run.usage.of(limit.meter))))
    return mosts


def _at_most(
    run: Calculation, offs: list[int], most: int, code: str, told: list[Reason] | None
) -> list[int]:
    """Amounts cut to one in all, in proportion."""
    whole = sum(offs)
    if whole <= most:
        return offs
    if told is not None:
        told.append(_reason(run, code, whole, most))
    return [*apportion(most, offs)]


def _reason(run: Calculation, code: str, wanted: int, given: int, **more: FactValue) -> Reason:
    facts: dict[str, FactValue] = {
        "wanted": Money(wanted, run.currency),
        "given": Money(given, run.currency),
        **more,
    }
    return Reason(code, facts=facts)

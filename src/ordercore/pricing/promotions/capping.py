"""How limits cut an offer: floors of lines, the most of a promotion, the most of all together.

The one place where an offer meets limits. What is cut is told, on demand, as reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ordercore.kernel import FactValue, LineId, Money, Reason, apportion
from ordercore.pricing.calculation import Calculation, Offer
from ordercore.pricing.promotions.counting import limits_of
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.promotions.sight import Sight

__all__ = ["Most", "capped", "cut_by_floors", "mosts"]


class Most(NamedTuple):
    """The most that a promotion may give, and the limit that says so."""

    code: str
    minor: int
    as_meant: bool
    """Whether it is an amount as effects mean theirs, with or without tax; else one of prices."""


def capped(
    sight: Sight, promotion: Promotion, offer: Offer, told: list[Reason] | None = None
) -> Offer:
    """The offer within all limits.

    No line goes below its floor, which what is shared out has been reckoned with. Then what the
    promotion may give in all, then what all promotions together may take off the lines: each cuts
    what the lines would give in proportion, as the policy shares discounts out.
    """
    run, targets = sight.run, offer.targets
    offs = sight.capped(targets, offer.offs)
    if promotion.cuts:
        for most in mosts(run, promotion):
            offs = _at_most(sight, targets, offs, most, told)
    if run.least is not None:
        # Charges have no part in what all promotions together may take.
        lines = [n for n, p in enumerate(targets) if p < len(run.amounts)]
        left = max(0, sum(run.left[: len(run.amounts)]) - run.least)
        most = Most("limit.discounts_together", left, as_meant=False)
        parts = [offs[n] for n in lines]
        cut = _at_most(sight, [targets[n] for n in lines], parts, most, told)
        for n, part in zip(lines, cut, strict=True):
            offs[n] = part
    return offer._replace(offs=offs)


def cut_by_floors(sight: Sight, promotion: Promotion, free: Offer, offer: Offer) -> list[Reason]:
    """What floors kept a promotion from taking, with the lines that they hold.

    ``free`` is what it would take without floors, ``offer`` what it takes with them.
    """
    run, targets = sight.run, free.targets
    known = run.line_floors()
    wanted = [min(off, sight.left[p]) for p, off in zip(targets, free.offs, strict=True)]
    bound: dict[str, list[LineId]] = {}
    for p, off, room in zip(targets, wanted, sight.rooms(targets), strict=True):
        if off > room:
            code = known.code(promotion.min_margin, p)
            bound.setdefault(code, []).append(run.cart.lines[p].line_id)
    given = sum(sight.capped(offer.targets, offer.offs))
    return [
        _reason(run, code, sum(wanted), given, lines=tuple(lines))
        for code, lines in sorted(bound.items())
    ]


def mosts(run: Calculation, promotion: Promotion) -> list[Most]:
    """The most that the promotion may give here, by the limit that says so."""
    found: list[Most] = []
    if promotion.most_off is not None:
        found.append(Most("limit.most_off", promotion.most_off.minor, as_meant=True))
    for limit in limits_of(promotion, run.cart.customer):
        if limit.currency == run.currency:
            code = "limit.customer_budget" if limit.meter.customer else "limit.budget"
            left = max(0, limit.size - run.usage.of(limit.meter))
            found.append(Most(code, left, as_meant=False))
    return found


def _at_most(
    sight: Sight,
    targets: Sequence[int],
    offs: list[int],
    most: Most,
    told: list[Reason] | None,
) -> list[int]:
    """Amounts cut to one in all, in proportion."""
    converts = most.as_meant and sight.converts
    whole = sum(offs)
    if converts:
        whole = sum([sight.meant(p, off) for p, off in zip(targets, offs, strict=True)])
    if whole <= most.minor:
        return offs
    if told is not None:
        told.append(_reason(sight.run, most.code, whole, most.minor))
    if converts:
        return sight.shared_as_meant(most.minor, targets, offs, offs)
    if sight.run.plain_split:
        return [*apportion(most.minor, offs)]
    return sight.shared(most.minor, targets, offs, offs)


def _reason(run: Calculation, code: str, wanted: int, given: int, **more: FactValue) -> Reason:
    facts: dict[str, FactValue] = {
        "wanted": Money(wanted, run.currency),
        "given": Money(given, run.currency),
        **more,
    }
    return Reason(code, facts=facts)

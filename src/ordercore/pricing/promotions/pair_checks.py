"""What can be said of promotions that stand beside each other: shadows and clashes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from ordercore.kernel import Finding, Severity
from ordercore.pricing.promotions.amounts import AmountOff, FixedPrice, UnitOff
from ordercore.pricing.promotions.application import within
from ordercore.pricing.promotions.ladders import SpendAndSave, SpendEvery
from ordercore.pricing.promotions.percents import Per, PercentOff
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.promotions.reach import EVERY_CART, reach_of
from ordercore.pricing.promotions.selection import EVERYTHING, Selector
from ordercore.pricing.promotions.stacking import GroupRule, Objective, StackingGroup
from ordercore.pricing.promotions.stages import BY_LINE
from ordercore.rules import implies, never_holds

__all__ = ["clashes", "shadows"]


def shadows(promotions: Sequence[Promotion], groups: dict[str, StackingGroup]) -> Iterator[Finding]:
    """``promotion.shadowed``: another always takes its place, so it never gives anything."""
    place = {promotion.promotion_id: n for n, promotion in enumerate(promotions)}
    for one, other in _rivals(promotions, groups):
        if _covers(one, other):
            path = f"promotions[{place[other.promotion_id]}]"
            yield Finding(
                "promotion.shadowed",
                Severity.WARNING,
                path,
                "another always takes its place",
                str(one.promotion_id),
            )


def _rivals(
    promotions: Sequence[Promotion], groups: dict[str, StackingGroup]
) -> Iterator[tuple[Promotion, Promotion]]:
    """Pairs of which the first, where it gives something, keeps the second from doing so."""
    lanes: dict[tuple[str, str], list[Promotion]] = {}
    for promotion in sorted(promotions, key=lambda each: each.rank):
        lanes.setdefault((promotion.stage.value, promotion.group), []).append(promotion)
    for (_, name), members in lanes.items():
        rule, first_wins = GroupRule.ALL, False
        if name:
            group = groups[name]
            rule = group.rule
            by_turn = rule is GroupRule.BEST and group.objective is Objective.PRIORITY
            for_buyer = rule is GroupRule.BEST and group.objective is Objective.BUYER
            first_wins = rule is GroupRule.FIRST or by_turn or for_buyer
        for position, one in enumerate(members):
            if one.exclusive is not None:
                continue  # what was before it may keep it away, and not the other
            # They share stage and group: what stops any other promotion stops these.
            if first_wins or (rule is GroupRule.ALL and one.stops is not None):
                for other in members[position + 1 :]:
                    yield one, other


def _covers(one: Promotion, other: Promotion) -> bool:
    """Whether the first gives something, and no less, wherever the second would."""
    if one.uses_up or other.uses_up or one.currency not in {None, other.currency}:
        return False
    # What runs out, asks for a code of a batch, keeps a margin or reads another clock gives less.
    if one.counted or one.batch is not None or one.min_margin is not None or one.zone != other.zone:
        return False
    if not (_selects_all_of(one.on, other.on) and _gives_no_less(one, other)):
        return False
    known = reach_of(other)
    return _same_channels(one, other) and all(
        implies(EVERY_CART, condition, given=known) for condition in reach_of(one)
    )


def _same_channels(one: Promotion, other: Promotion) -> bool:
    return not one.channels or bool(other.channels and other.channels <= one.channels)


def _selects_all_of(one: Selector, other: Selector) -> bool:
    """Whether every line that the second selects is selected by the first: certain where true."""
    if one in (EVERYTHING, other):
        return True
    return (
        (not one.skus or bool(other.skus and other.skus <= one.skus))
        and (
            not one.categories
            or bool(
                other.categories and all(_is_below(p, one.categories) for p in other.categories)
            )
        )
        and all(other.attributes.get(name) == value for name, value in one.attributes.items())
        and one.but_skus <= other.but_skus
        and all(_is_below(path, other.but_categories) for path in one.but_categories)
        and all(
            other.but_attributes.get(name) == value for name, value in one.but_attributes.items()
        )
        and one.from_price is None
        and one.to_price is None
    )


def _is_below(path: tuple[str, ...], categories: frozenset[tuple[str, ...]]) -> bool:
    return any(path[:depth] in categories for depth in range(1, len(path) + 1))


def _gives_no_less(one: Promotion, other: Promotion) -> bool:
    if one.most_off is not None and (other.most_off is None or one.most_off < other.most_off):
        return False
    by_line = one.stage in BY_LINE
    match one.effect, other.effect:
        case PercentOff() as a, PercentOff() as b:
            return _per(a, by_line) is _per(b, by_line) and a.percent >= b.percent
        case (UnitOff() as a, UnitOff() as b):
            return a.off >= b.off
        case (AmountOff() as a, AmountOff() as b):
            return a.per is b.per and a.off >= b.off
        case (FixedPrice() as a, FixedPrice() as b):
            return a.per is b.per and a.price <= b.price
        case (SpendAndSave() as a, SpendAndSave() as b):
            return all(
                any(s.threshold <= step.threshold and s.off >= step.off for s in a.steps)
                for step in b.steps
            )
        case (SpendEvery() as a, SpendEvery() as b):
            return a.every == b.every and a.off >= b.off and _no_fewer(a.most, b.most)
        case _:
            return False


def _per(effect: PercentOff, by_line: bool) -> Per:
    return effect.per or (Per.LINE if by_line else Per.SELECTION)


def _no_fewer(most: int | None, other: int | None) -> bool:
    return most is None or (other is not None and most >= other)


def clashes(promotions: Sequence[Promotion]) -> Iterator[Finding]:
    """``promotion.exclusive_overlap``: two exclusive ones that one cart may meet; one applies."""
    alone = [(n, each) for n, each in enumerate(promotions) if each.exclusive is not None]
    for (_, one), (position, other) in combinations(alone, 2):
        if not (within(one.exclusive, one, other) or within(other.exclusive, other, one)):
            continue
        if one.currency is not None and other.currency not in {None, one.currency}:
            continue
        if _channels_apart(one, other):
            continue
        if never_holds(EVERY_CART, given=[*reach_of(one), *reach_of(other)]):
            continue
        yield Finding(
            "promotion.exclusive_overlap",
            Severity.WARNING,
            f"promotions[{position}].exclusive",
            "one cart may meet both, of which one applies",
            str(one.promotion_id),
        )


def _channels_apart(one: Promotion, other: Promotion) -> bool:
    return bool(one.channels and other.channels) and one.channels.isdisjoint(other.channels)

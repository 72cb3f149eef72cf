"""The walk through all turns: stages, in them groups and single promotions, each by its rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, assert_never

from ordercore.kernel import Reason
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.promotions.offers import apply, eligible, offer_of
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.promotions.search import Found, Member, best_combination, borne
from ordercore.pricing.promotions.sight import Sight
from ordercore.pricing.promotions.stacking import GroupRule, Objective, Reach, StackingGroup
from ordercore.pricing.promotions.stages import TURN, Stage

__all__ = ["Turn", "Walk", "turns_of", "within"]


class Turn(NamedTuple):
    """A promotion that stands alone, or the promotions of a group, in their order."""

    rank: tuple[int, int, str]
    members: list[Promotion]
    group: StackingGroup | None

    @property
    def stage(self) -> Stage:
        """The stage in which it stands."""
        return self.members[0].stage if self.group is None else self.group.stage


def turns_of(promotions: Iterable[Promotion], groups: Mapping[str, StackingGroup]) -> list[Turn]:
    """The turns of promotions that are in the order of application already."""
    turns: list[Turn] = []
    found: dict[str, Turn] = {}
    for promotion in promotions:
        if not promotion.group:
            turns.append(Turn(promotion.rank, [promotion], None))
        elif promotion.group in found:
            found[promotion.group].members.append(promotion)
        else:
            group = groups[promotion.group]
            turns.append(Turn(_rank(group), [promotion], group))
            found[promotion.group] = turns[-1]
    if found:
        turns.sort(key=lambda turn: turn.rank)
    return turns


def _rank(group: StackingGroup) -> tuple[int, int, str]:
    return (TURN[group.stage], -group.priority, group.group_id)


class Walk:
    """Gives promotions their turns, and keeps who applied, who was displaced and what was chosen.

    Used inside one quote or explanation, like the calculation that it works on.
    """

    def __init__(self, run: Calculation) -> None:
        self.run = run
        self.applied: list[Promotion] = []
        self.combinations: list[tuple[StackingGroup, Found]] = []
        self.displaced: Reason | None = None
        """Why the promotion that was walked to could not have its turn."""
        self._barring: list[Promotion] = []
        self._stage: Stage | None = None

    def take(self, turn: Turn) -> None:
        """One turn, to its end."""
        self._turn(turn, None)

    def to(self, turns: Iterable[Turn], promotion: Promotion, group: StackingGroup | None) -> None:
        """Every turn before a promotion's own: the state is then what it finds."""
        rank = promotion.rank if group is None else _rank(group)
        for turn in turns:
            if turn.rank < rank:
                self._turn(turn, None)
            elif promotion in turn.members:
                self._turn(turn, promotion)
                return
        self._enter(promotion.stage)

    def _enter(self, stage: Stage) -> None:
        if stage is not self._stage:
            self._stage = stage
            self.run.begin()

    def _turn(self, turn: Turn, until: Promotion | None) -> None:
        group = turn.group
        stage = turn.stage
        if stage is not self._stage:
            self._enter(stage)
        rule = GroupRule.ALL if group is None else group.rule
        if group is not None and group.objective is Objective.PRIORITY:
            rule = {GroupRule.BEST: GroupRule.FIRST, GroupRule.BEST_COMBINATION: GroupRule.ALL}.get(
                rule, rule
            )
        match rule:
            case GroupRule.ALL | GroupRule.FIRST:
                self._in_turn(turn, until, one=rule is GroupRule.FIRST)
            case GroupRule.BEST | GroupRule.BEST_COMBINATION:
                assert group is not None
                self._choice(turn, group, until)
            case never:
                assert_never(never)

    def _in_turn(self, turn: Turn, until: Promotion | None, *, one: bool) -> None:
        first: Promotion | None = None
        for promotion in turn.members:
            reason = self._barred(promotion, self.applied)
            if promotion is until:
                if one and first is not None:
                    reason = _outdone("promotion.not_first", turn, [first])
                self.displaced = reason
                return
            if (one and first is not None) or reason is not None:
                continue
            if apply(self.run, promotion):
                self._note(promotion)
                first = promotion

    def _choice(self, turn: Turn, group: StackingGroup, until: Promotion | None) -> None:
        members: list[Member] = []
        reason: Reason | None = None
        gives = False
        for promotion in turn.members:
            barred = self._barred(promotion, self.applied)
            about = None if barred is not None else eligible(self.run, promotion)
            if about is not None:
                members.append(Member(promotion, *about))
            if promotion is until:
                reason, gives = barred, about is not None and self._offered(members[-1])[0] > 0
        chosen = self._chosen(group, members)
        if until is not None:
            others = [m.promotion for m in chosen if m.promotion is not until]
            if gives and len(others) == len(chosen):
                single = group.rule is GroupRule.BEST
                code = "promotion.not_best" if single else "promotion.not_in_combination"
                reason = _outdone(code, turn, others)
            self.displaced = reason
        for member in chosen:
            if until is not None and member.promotion.rank >= until.rank:
                return
            apply(self.run, member.promotion)
            self._note(member.promotion)

    def _chosen(self, group: StackingGroup, members: list[Member]) -> list[Member]:
        for_merchant = group.objective is Objective.MERCHANT
        if group.rule is GroupRule.BEST:
            offered = [(member, *self._offered(member)) for member in members]
            offered = [each for each in offered if each[1] > 0]
            if not offered:
                return []
            if for_merchant:
                return [min(offered, key=lambda each: each[2])[0]]
            return [max(offered, key=lambda each: each[1])[0]]
        restless = any(m.promotion.exclusive or m.promotion.stops for m in members)
        found = best_combination(
            self.run,
            members,
            barred=self._bars if restless else None,
            for_merchant=for_merchant,
            most_nodes=group.most_nodes,
        )
        if members:
            self.combinations.append((group, found))
        return found.chosen

    def _offered(self, member: Member) -> tuple[int, int]:
        """What a promotion would take now, and what of it the merchant would bear."""
        offer = offer_of(self.run, *member)
        if offer is None:
            return 0, 0
        offs = Sight(self.run, member.promotion).capped(offer.targets, offer.offs)
        return sum(offs), borne(member.promotion, offs)

    def _note(self, promotion: Promotion) -> None:
        self.applied.append(promotion)
        if promotion.exclusive or promotion.stops:
            self._barring.append(promotion)

    def _bars(self, promotion: Promotion, before: Sequence[Promotion]) -> bool:
        barring = [each for each in before if each.exclusive or each.stops]
        return _barred(promotion, before, barring) is not None

    def _barred(self, promotion: Promotion, before: Sequence[Promotion]) -> Reason | None:
        if not self._barring and promotion.exclusive is None:
            return None
        return _barred(promotion, before, self._barring)


def _barred(
    promotion: Promotion, before: Sequence[Promotion], barring: Sequence[Promotion]
) -> Reason | None:
    for each in barring:
        if within(each.exclusive, each, promotion) or within(each.stops, each, promotion):
            return Reason("promotion.stopped", facts={"by": (each.promotion_id,)})
    for each in before:
        if within(promotion.exclusive, promotion, each):
            return Reason("promotion.exclusive", facts={"by": (each.promotion_id,)})
    return None


def within(reach: Reach | None, one: Promotion, other: Promotion) -> bool:
    """Whether the other is among the promotions that a reach of the first one takes in."""
    match reach:
        case None:
            return False
        case Reach.QUOTE:
            return True
        case Reach.STAGE:
            return one.stage is other.stage
        case Reach.GROUP:
            return one.group == other.group
        case never:
            assert_never(never)


def _outdone(code: str, turn: Turn, by: Sequence[Promotion]) -> Reason:
    names = tuple([each.promotion_id for each in by])
    return Reason(code, facts={"by": names, "group": turn.members[0].group})

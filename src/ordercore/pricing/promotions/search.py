"""The best combination of a group's promotions, by exact search with a proven bound.

Promotions apply in their order; the choice is which. Those that share no line do not influence
each other, so each *component* of promotions joined by lines is searched alone. Within one, branch
and bound in the order of application: at each promotion that would give something, first with it,
then without it. A branch is left when what was taken and a bound on what the rest can still take
do not beat the best found. The bound holds because every state only falls: amounts left, units open
and thresholds reached never grow, so no promotion ever gives more than in the first state, when
neither a floor nor its own effect holds it back. Where
promotions use units up, a line can moreover give no more than its open units times the most that
any of the rest gives for one.

Equal totals go to the choice that has the earlier promotions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple, TypeAlias, assert_never

import attrs

from ordercore.kernel import apportion
from ordercore.pricing.amount import MERCHANT
from ordercore.pricing.calculation import Calculation, Offer
from ordercore.pricing.discount_choices import UnitPick
from ordercore.pricing.promotions.amounts import AmountOff, FixedPrice, UnitOff
from ordercore.pricing.promotions.capping import mosts
from ordercore.pricing.promotions.deals import BuyGet, SetPrice, UnitEffect
from ordercore.pricing.promotions.effects import DEALS, PromotionEffect
from ordercore.pricing.promotions.ladders import Ladder, SpendAndSave, SpendEvery
from ordercore.pricing.promotions.offers import offer_from, offer_of, pick_of
from ordercore.pricing.promotions.percents import Per, PercentOff
from ordercore.pricing.promotions.promotion import Promotion
from ordercore.pricing.promotions.sight import Sight
from ordercore.pricing.promotions.units import runs_of, sets_of

__all__ = ["Found", "Member", "best_combination", "borne"]

Barred = Callable[[Promotion, Sequence[Promotion]], bool]
"""Whether a promotion may not follow the promotions of this group that apply before it."""

_Used: TypeAlias = dict[int, tuple[int, int]]
_Branch: TypeAlias = tuple[int, int, tuple[int, ...], list[int], _Used]
"""The next member, what was taken, which members took it, and the state."""

_State: TypeAlias = tuple[int | tuple[int, int], ...]
"""What an offer depends on."""

_SCALE = 20
_CHEAP = frozenset({UnitPick.CHEAPEST, UnitPick.CHEAPEST_OF_EACH})


class Member(NamedTuple):
    """A promotion whose conditions hold, with the lines it looks at and takes from."""

    promotion: Promotion
    selected: list[int]
    targets: list[int]

    @property
    def lines(self) -> set[int]:
        """Every position that it looks at or takes from."""
        return {*self.selected, *self.targets}


class Found(NamedTuple):
    """A choice of promotions in their order, its value, a bound on any choice's, and the effort."""

    chosen: list[Member]
    value: int
    bound: int
    nodes: int


def borne(promotion: Promotion, offs: Iterable[int], by: str = MERCHANT) -> int:
    """What a funder bears of amounts off, in minor units, shared out line by line."""
    if not promotion.funders:
        return sum(offs) if promotion.funder == by else 0
    weights = [share.weight for share in promotion.funders]
    places = [n for n, share in enumerate(promotion.funders) if share.funder == by]
    return sum([apportion(off, weights)[n] for off in offs for n in places])


def best_combination(
    run: Calculation,
    members: Sequence[Member],
    *,
    barred: Barred | None = None,
    for_merchant: bool = False,
    most_nodes: int,
) -> Found:
    """The best choice among promotions in their order; the state stays as it is.

    Args:
        run: The state in which the group has its turn.
        members: Its promotions whose conditions hold, in the order of application.
        barred: What excludes what among them; None: nothing does.
        for_merchant: The merchant bears least among choices that nothing can be added to;
            otherwise the buyer pays least.
        most_nodes: How many steps the search may take over all components.
    """
    left, used, least = run.left, run.used, run.least
    apart = _components(members) if barred is None else [list(members)]
    if least is None or barred is not None or for_merchant:
        # What all lines together may lose joins all components that there are.
        parts = apart if least is None else [list(members)]
        found = _searched(run, parts, barred, for_merchant=for_merchant, most_nodes=most_nodes)
        run.left, run.used = left, used
        return found
    run.least = None
    free = _searched(run, apart, None, for_merchant=False, most_nodes=most_nodes)
    run.left, run.used, run.least = left, used, least
    room = max(0, sum(left[: len(run.amounts)]) - least)
    if free.bound <= room:
        return free
    # The limit binds. A choice that reaches it is the best there is; which one, the order says.
    search = _Search(run, members, None, for_merchant=False)
    bound = min(free.bound, room + sum(left[len(run.amounts) :]))
    cut = search.taken(free.chosen)
    found = search.found(max(1, most_nodes - free.nodes), bound, cut.value)
    if found.bound > found.value:
        found = max(found, cut, key=lambda each: each.value)
        found = found._replace(bound=max(found.value, bound))
    run.left, run.used = left, used
    return found._replace(nodes=free.nodes + found.nodes)


def _searched(
    run: Calculation,
    parts: Iterable[Sequence[Member]],
    barred: Barred | None,
    *,
    for_merchant: bool,
    most_nodes: int,
) -> Found:
    """The best of each part; parts do not influence each other."""
    chosen: list[Member] = []
    value = bound = nodes = 0
    for part in parts:
        search = _Search(run, part, barred, for_merchant=for_merchant)
        found = search.found(max(1, most_nodes - nodes))
        chosen += found.chosen
        value, bound, nodes = value + found.value, bound + found.bound, nodes + found.nodes
    chosen.sort(key=lambda member: member.promotion.rank)
    return Found(chosen, value, bound, nodes)


def _components(members: Sequence[Member]) -> list[list[Member]]:
    """Members joined by the lines that they share, each part in the order of application."""
    parts: list[tuple[set[int], list[int]]] = []
    for number, member in enumerate(members):
        lines, numbers = member.lines, [number]
        apart: list[tuple[set[int], list[int]]] = []
        for known, others in parts:
            if known.isdisjoint(lines):
                apart.append((known, others))
            else:
                lines, numbers = lines | known, others + numbers
        parts = [*apart, (lines, numbers)]
    return [[members[number] for number in sorted(numbers)] for _, numbers in parts]


class _Search:
    """Branch and bound over one component."""

    def __init__(
        self,
        run: Calculation,
        members: Sequence[Member],
        barred: Barred | None,
        *,
        for_merchant: bool,
    ) -> None:
        self.run = run
        self.members = members
        self.barred = barred
        self.for_merchant = for_merchant
        self.left, self.used = [*run.left], dict(run.used)
        self._bounds = _Bounds(run, members)
        self._lines = [sorted(member.lines) for member in members]
        self._known: dict[_State, Offer | None] = {}
        # Where a member shares no line with a later one, taking it can cost nothing.
        self._free = [False] * len(members)
        later: set[int] = set()
        for number in range(len(members) - 1, -1, -1):
            lines = members[number].lines
            self._free[number] = barred is None and run.least is None and lines.isdisjoint(later)
            later |= lines

    def found(self, most_nodes: int, most: int | None = None, known: int | None = None) -> Found:
        """The best choice that so many steps reach, and a bound on every choice.

        ``most`` is a bound that is known already: what reaches it need not be searched further.
        ``known`` is what some choice is known to come to: a branch that cannot is left. Both are
        the buyer's.
        """
        run, members, size = self.run, self.members, len(self.members)
        best_value: int | None = None
        best: tuple[int, ...] = ()
        nodes = 0
        todo: list[_Branch] = [(0, 0, (), self.left, self.used)]
        open_bound: int | None = None
        while todo:
            if most is not None and best_value == most:
                break
            number, value, chosen, left, used = todo.pop()
            if nodes >= most_nodes:
                reach = self._reach(number, value, left, used)
                open_bound = reach if open_bound is None else max(open_bound, reach)
                continue
            while number < size:
                if best_value is not None or known is not None:
                    reach = self._reach(number, value, left, used)
                    if known is not None and reach < known:
                        break
                    if best_value is not None and reach <= best_value:
                        break
                run.left, run.used = left, used
                member = members[number]
                number += 1
                offer = self._offer(number - 1, chosen)
                if offer is None:
                    continue
                nodes += 1
                if not self._free[number - 1] or self.for_merchant:
                    todo.append((number, value, chosen, left, used))
                run.left, run.used = left, used = [*left], dict(used)
                offs = run.reduce(offer)[1]
                value += -borne(member.promotion, offs) if self.for_merchant else sum(offs)
                chosen = (*chosen, number - 1)
            else:
                run.left, run.used = left, used
                if (best_value is None or value > best_value) and self._complete(chosen):
                    best_value, best = value, chosen
        if best_value is None:
            best_value, best = self._in_turn()
        bound = best_value if open_bound is None else max(best_value, open_bound)
        if most is not None:
            bound = min(bound, max(best_value, most))
        return Found([members[n] for n in best], best_value, bound, nodes)

    def _reach(self, number: int, value: int, left: list[int], used: _Used) -> int:
        return value if self.for_merchant else value + self._bounds.at(number, left, used)

    def _offer(self, number: int, chosen: tuple[int, ...]) -> Offer | None:
        run, member = self.run, self.members[number]
        if self.barred is not None and self.barred(
            member.promotion, [self.members[n].promotion for n in chosen]
        ):
            return None
        # An offer depends on nothing but the state of the member's lines.
        left, used = run.left, run.used
        lines = self._lines[number]
        if not member.promotion.uses_up:
            state: _State = (number, *[left[p] for p in lines])
        elif run.floors is None and not member.promotion.cuts:
            state = (number, *[used.get(p) or left[p] for p in lines])
        else:
            # How far a line is above its floor is more than what its open units have left.
            state = (number, *[used.get(p, 0) for p in lines], *[left[p] for p in lines])
        if run.least is not None:
            state = (*state, sum(left[: len(run.amounts)]))
        if state in self._known:
            return self._known[state]
        offer = offer_of(run, member.promotion, member.selected, member.targets)
        if offer is not None and not any(
            off > 0 and left[p] for p, off in zip(offer.targets, offer.offs, strict=True)
        ):
            offer = None
        self._known[state] = offer
        return offer

    def _complete(self, chosen: tuple[int, ...]) -> bool:
        """Whether a merchant's choice leaves out nothing that would still give something."""
        return not self.for_merchant or not any(
            self._offer(number, chosen) is not None
            for number in range(len(self.members))
            if number not in chosen
        )

    def taken(self, some: Sequence[Member]) -> Found:
        """What some of the members come to in turn, within all limits."""
        value, chosen = self._in_turn(some)
        return Found([self.members[n] for n in chosen], value, value, 0)

    def _in_turn(self, some: Sequence[Member] | None = None) -> tuple[int, tuple[int, ...]]:
        """All in turn: where no choice is complete, or no step was left to reach one."""
        run = self.run
        run.left, run.used = [*self.left], dict(self.used)
        chosen: tuple[int, ...] = ()
        value = 0
        for number, member in enumerate(self.members):
            if some is not None and member not in some:
                continue
            offer = self._offer(number, chosen)
            if offer is not None:
                offs = run.reduce(offer)[1]
                value += -borne(member.promotion, offs) if self.for_merchant else sum(offs)
                chosen = (*chosen, number)
        return value, chosen


class _Bounds:
    """How much the members from some number on can still take, at most."""

    def __init__(self, run: Calculation, members: Sequence[Member]) -> None:
        self.quantities = run.quantities
        size = len(members)
        self.total = [0] * (size + 1)
        self.sharing = [0] * (size + 1)
        self.lines: list[list[tuple[int, int, int, int]]] = [[] for _ in range(size + 1)]
        """Position, most for all its open units, most for one unit more (scaled), slack."""
        self.targets: list[list[int]] = [[] for _ in range(size + 1)]
        whole: dict[int, int] = {}
        fixed: dict[int, int] = {}
        each: dict[int, int] = {}
        slack: dict[int, int] = {}
        deals: set[int] = set()
        targets: set[int] = set()
        for number in range(size - 1, -1, -1):
            member = members[number]
            effect = member.promotion.effect
            sight = Sight(run, member.promotion, bounding=True)
            ceiling = _ceiling(sight, effect, member)
            for limit in mosts(run, member.promotion):
                if not (limit.as_meant and sight.converts):
                    ceiling = min(ceiling, limit.minor)
            self.total[number] = self.total[number + 1] + ceiling
            self.sharing[number] = self.sharing[number + 1]
            targets |= set(member.targets)
            self.targets[number] = sorted(targets)
            if not member.promotion.uses_up:
                self.sharing[number] += ceiling
            else:
                for p in member.lines:
                    if not sight.quantities[p]:
                        continue
                    slack[p] = slack.get(p, 0) + 1
                    unit = _most_of_a_unit(sight, effect, member, p)
                    if type(effect) in DEALS:
                        deals.add(p)
                        most = 0
                    else:
                        most = min(ceiling, _most_of_a_line(sight, effect, member, p))
                    if unit is None:
                        fixed[p] = max(fixed.get(p, 0), most)
                    else:
                        each[p] = max(each.get(p, 0), unit)
                    whole[p] = max(whole.get(p, 0), most)
            # A line without deals goes whole, to one promotion; else deals may take a part of it,
            # and one promotion the rest.
            self.lines[number] = [
                (p, fixed.get(p, 0), each.get(p, 0), slack[p]) if p in deals else (p, most, 0, 0)
                for p, most in whole.items()
            ]

    def at(self, number: int, left: list[int], used: _Used) -> int:
        """The most that members from this number on take in a state."""
        quantities = self.quantities
        most = self.sharing[number]
        for p, all_units, a_unit, slack in self.lines[number]:
            units, rest = used[p] if p in used else (quantities[p], left[p])
            if units:
                amount = all_units + (units * a_unit >> _SCALE) + slack
                most += min(amount, rest)
        if self.sharing[number]:
            most = min(most, sum([left[p] for p in self.targets[number]]))
        return min(most, self.total[number])


def _ceiling(sight: Sight, effect: PromotionEffect, member: Member) -> int:
    """The most that an effect gives in this state and in every state that follows."""
    if isinstance(effect, Ladder):
        rungs = effect.reached(_have(sight, effect, member))
        return max([_ceiling(sight, rung.effect, member) for rung in rungs], default=0)
    left = sight.left
    if sight.converts and _is_shared(effect):
        # One amount with tax is worth more without it, or less, on other lines.
        return sum([left[p] for p in member.targets])
    if isinstance(effect, BuyGet) and effect.get_on is not None:
        return _most_given(sight, effect, member)
    slack = 0
    if isinstance(effect, BuyGet | SetPrice):
        # Other picks may give more when units are gone; the dearest never do. Lines round alone.
        effect = attrs.evolve(effect, pick=UnitPick.DEAREST)
        slack = len(member.targets)
    offer = offer_from(sight, effect, member.selected, member.targets)
    if offer is None:
        return 0
    return slack + sum(
        [min(off, left[p]) for p, off in zip(offer.targets, offer.offs, strict=True)]
    )


def _most_given(sight: Sight, effect: BuyGet, member: Member) -> int:
    """The most that a deal gives whose given units come from lines of their own.

    Fewer units make fewer sets, but can leave dearer ones to give: where the cheap ones are gone,
    or where fewer are bought. So the dearest units for the largest number of sets are its bound.
    """
    bought, got = set(member.selected), set(member.targets)
    pool = sorted(bought | got)
    sets, _, _ = sets_of(effect, runs_of(pool, sight.quantities, sight.left), bought, got)
    give, most = sets * effect.get, 0
    for run in runs_of(member.targets, sight.quantities, sight.left):
        units = min(give, run.units)
        most += units * _given(effect.reward, run.price, sight.factor(run.position))
        give -= units
    return (most >> _SCALE) + 1 + len(got)


def _is_shared(effect: PromotionEffect) -> bool:
    """Whether where an effect's amount of money comes off depends on the state."""
    match effect:
        case AmountOff(per=per) | FixedPrice(per=per):
            return per is Per.SELECTION
        case BuyGet(reward=reward):
            return not isinstance(reward, PercentOff)
        case _:
            return isinstance(effect, SpendAndSave | SpendEvery | SetPrice)


def _most_of_a_line(sight: Sight, effect: PromotionEffect, member: Member, position: int) -> int:
    """The most that an effect over amounts gives for all open units of one line."""
    left = sight.left[position]
    match effect:
        case Ladder():
            have = _have(sight, effect, member)
            rungs = effect.reached(have)
            mosts = [_most_of_a_line(sight, rung.effect, member, position) for rung in rungs]
            return max(mosts, default=0)
        case FixedPrice(per=Per.SELECTION):
            return left
        case PercentOff() if sight.per(effect) is Per.SELECTION and (
            sight.base is not sight.left
            or not sight.run.plain_split
            or sight.run.bounded
            or member.promotion.cuts
        ):
            # Shared out by other weights, another rule, or as far as there is room: a line may
            # bear more than its own part.
            return left
        case _:
            offer = offer_from(sight, effect, member.selected, [position])
            # A percentage of a selection is rounded and shared out over it.
            more = isinstance(effect, PercentOff)
            return 0 if offer is None else min(left, offer.offs[0] + more)


def _have(sight: Sight, ladder: Ladder, member: Member) -> int:
    return sight.units(member.selected) if ladder.counts_units else sight.spent(member.selected)


def _most_of_a_unit(
    sight: Sight, effect: PromotionEffect, member: Member, position: int
) -> int | None:
    """The most that an effect gives for a unit of a line, scaled; None where it has no measure.

    Of a deal it is what each unit used brings on average: its whole is no more than their sum.
    """
    units = sight.quantities[position]
    price = -(-sight.left[position] // units)
    factor = sight.factor(position)
    match effect:
        case PercentOff() if (per := sight.per(effect)) is not Per.SELECTION:
            price = -(-sight.base[position] // units)
            # Units that are rounded alone can each gain a minor unit.
            return _given(effect, price, factor) + (per is Per.UNIT) * (1 << _SCALE)
        case UnitOff() | FixedPrice(per=Per.UNIT):
            return _given(effect, price, factor)
        case BuyGet(reward=reward, get_on=None) if pick_of(sight, effect) in _CHEAP and not (
            sight.converts and _is_shared(effect)
        ):
            # What is given is never dearer than what is bought: no more than its part of all.
            return -(-_given(reward, price, factor) * effect.get // (effect.buy + effect.get))
        case BuyGet(reward=reward):
            return _given(reward, price, factor) if position in member.targets else 0
        case SetPrice() if sight.converts:
            return price << _SCALE
        case SetPrice(price=paid):
            off = price * effect.units - paid.minor
            return -(-(max(0, off) << _SCALE) // effect.units)
        case _:
            return None


def _given(effect: UnitEffect, price: int, factor: Fraction) -> int:
    """What a unit of a price brings when it is given, scaled and rounded up.

    ``factor`` is what a price is multiplied by to be as the effect means its amounts.
    """
    match effect:
        case PercentOff(percent=percent):
            return -(-(price * percent.numerator << _SCALE) // (100 * percent.denominator))
        case UnitOff(off=off):
            return min(price << _SCALE, ceil((off.minor << _SCALE) / factor))
        case FixedPrice(price=paid):
            return max(0, (price << _SCALE) - floor((paid.minor << _SCALE) / factor))
        case never:
            assert_never(never)

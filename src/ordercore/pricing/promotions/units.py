"""Which units of which lines a deal takes, and what they are worth: runs, never single units.

The open units of a line cost one of two prices, a minor unit apart, so each line is two runs at
most. A deal walks runs in the order of their price; what it takes of a line is a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, assert_never

from ordercore.pricing.discount_choices import UnitPick
from ordercore.pricing.promotions.deals import BuyGet, SetPrice

__all__ = ["Run", "Taken", "buy_and_get", "largest", "runs_of", "sets_for_price", "sets_of"]


class Run(NamedTuple):
    """So many units of one price on one line."""

    price: int
    units: int
    position: int


class Taken:
    """What a deal takes of one line: units given, their worth, all units used, their worth."""

    __slots__ = ("given", "given_worth", "used", "used_worth")

    def __init__(self) -> None:
        self.given = self.given_worth = self.used = self.used_worth = 0


def runs_of(positions: Sequence[int], units: Sequence[int], left: Sequence[int]) -> list[Run]:
    """The open units of some lines as runs, the dearest first; equal prices in the lines' order."""
    runs: list[Run] = []
    for position in positions:
        count = units[position]
        if count:
            price, more = divmod(left[position], count)
            if more:
                runs.append(Run(price + 1, more, position))
            runs.append(Run(price, count - more, position))
    runs.sort(key=lambda run: -run.price)
    return runs


def _add(taken: dict[int, Taken], run: Run, units: int, *, given: bool) -> None:
    found = taken.setdefault(run.position, Taken())
    found.used += units
    found.used_worth += units * run.price
    if given:
        found.given += units
        found.given_worth += units * run.price


def _in_order(runs: list[Run], pick: UnitPick, lines: Iterable[int]) -> list[Run]:
    """Runs, the dearest first, in the order in which a pick takes them; lines in their order."""
    match pick:
        case UnitPick.DEAREST:
            return runs
        case UnitPick.LINE_ORDER:
            places = {position: place for place, position in enumerate(lines)}
            return sorted(runs, key=lambda run: places[run.position])
        case UnitPick.CHEAPEST | UnitPick.CHEAPEST_OF_EACH:
            return sorted(runs, key=lambda run: run.price)
        case never:
            assert_never(never)


def sets_of(deal: BuyGet, runs: list[Run], bought: set[int], got: set[int]) -> tuple[int, int, int]:
    """How many sets a deal makes; and how many units can only be bought, or be both.

    The number is the largest for which there are units for all places: what only one side can use
    is used first. Fewer units never make more sets.
    """
    only_buy = sum([run.units for run in runs if run.position not in got])
    only_get = sum([run.units for run in runs if run.position not in bought])
    both = sum([run.units for run in runs]) - only_buy - only_get

    def fits(sets: int) -> bool:
        bought_here = max(0, sets * deal.buy - only_buy)
        return bought_here + max(0, sets * deal.get - only_get) <= both

    sets = largest(fits, (only_buy + only_get + both) // (deal.buy + deal.get))
    return sets if deal.most is None else min(sets, deal.most), only_buy, both


def buy_and_get(
    deal: BuyGet,
    runs: list[Run],
    lines: Sequence[int],
    *,
    bought: set[int],
    got: set[int],
    pick: UnitPick,
) -> dict[int, Taken]:
    """What a deal takes, by position; ``runs`` are the dearest first, ``lines`` in their order.

    ``bought`` and ``got`` are the positions where bought and given units may come from.
    """
    sets, only_buy, both = sets_of(deal, runs, bought, got)
    taken: dict[int, Taken] = {}
    if pick is UnitPick.CHEAPEST_OF_EACH:
        _cheapest_of_each(deal, runs, sets, taken)
        return taken
    ordered = _in_order(runs, pick, lines)
    # Given units first, of both sides' units no more than the bought ones can spare.
    spare = both - max(0, sets * deal.buy - only_buy)
    give = sets * deal.get
    rest: list[Run] = []
    for run in ordered:
        units = 0
        if run.position in got:
            units = min(give, run.units)
            if run.position in bought:
                units = min(units, spare)
                spare -= units
            if units:
                _add(taken, run, units, given=True)
                give -= units
        if run.position in bought and run.units > units:
            rest.append(Run(run.price, run.units - units, run.position))
    pay = sets * deal.buy
    # What nothing can be given of is bought first.
    for run in sorted(rest, key=lambda run: run.position in got):
        units = min(pay, run.units)
        if units:
            _add(taken, run, units, given=False)
            pay -= units
    return taken


def largest(fits: Callable[[int], bool], high: int) -> int:
    """The largest number up to ``high`` that fits; 0 does, and none above one that does not."""
    low = 0
    while low < high:
        middle = (low + high + 1) // 2
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low


def _cheapest_of_each(deal: BuyGet, runs: list[Run], sets: int, taken: dict[int, Taken]) -> None:
    size = deal.buy + deal.get
    start, end = 0, sets * size

    def given_before(index: int) -> int:
        whole, part = divmod(index, size)
        return whole * deal.get + max(0, part - deal.buy)

    for run in runs:
        stop = min(start + run.units, end)
        if stop > start:
            given = given_before(stop) - given_before(start)
            if given:
                _add(taken, run, given, given=True)
            if stop - start > given:
                _add(taken, run, stop - start - given, given=False)
            start = stop


def sets_for_price(
    deal: SetPrice,
    runs: list[Run],
    fits: dict[int, int],
    pick: UnitPick,
    meant: Callable[[int, int], int] | None = None,
) -> dict[int, Taken]:
    """What the sets of a deal are made of, by position; every unit is given.

    ``fits`` tells by position, lines in their order, which parts a unit may be, as bits. A choice
    of units makes whole sets exactly when no group of parts gets more units than it has places
    (Hall); so taking each run as far as that allows, the dearest first, gives sets of the greatest
    worth. ``meant`` makes of a line's amount what the price of a set is compared with, where that
    is with tax and prices are not, or the other way round.
    """
    counts = [part.count for part in deal.parts]
    groups = range(1, 1 << len(counts))
    places = {
        group: sum([count for bit, count in enumerate(counts) if group >> bit & 1])
        for group in groups
    }
    units: dict[int, int] = {}
    for run in runs:
        units[fits[run.position]] = units.get(fits[run.position], 0) + run.units
    most = min(
        [
            sum([count for mask, count in units.items() if mask & group]) // places[group]
            for group in groups
        ]
    )
    if deal.most is not None:
        most = min(most, deal.most)
    dearest = pick is UnitPick.DEAREST
    ordered = _in_order(runs, pick, fits)

    def chosen(sets: int) -> list[tuple[Run, int]]:
        room = {group: sets * places[group] for group in groups}
        picked: list[tuple[Run, int]] = []
        for run in ordered:
            mask = fits[run.position]
            wider = [group for group in groups if group & mask == mask]
            count = min(run.units, *[room[group] for group in wider])
            if count > 0:
                picked.append((run, count))
                for group in wider:
                    room[group] -= count
        return picked

    def worth(sets: int) -> int:
        picked = chosen(sets)
        if meant is None:
            whole = sum([run.price * count for run, count in picked])
        else:
            whole = sum([meant(run.position, run.price * count) for run, count in picked])
        return whole - sets * deal.price.minor

    # The worth of the dearest units grows ever more slowly: the last set that pays is the best.
    sets = largest(lambda n: worth(n) > worth(n - 1), most) if dearest else most
    taken: dict[int, Taken] = {}
    for run, count in chosen(sets):
        _add(taken, run, count, given=True)
    return taken

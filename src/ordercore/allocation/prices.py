"""What a unit of each line is worth shipping: prices whose total no plan can undercut.

Suppose every unit of a line were paid a price, and each node shipped only what pays. A node would
then gain what its units are paid above their handling and kilograms, less what opening it and its
loads costs, or ship nothing. Whatever the prices, what all lines pay less what all nodes gain is a
lower bound on the cost of any plan (Lagrangian duality: the prices stand for "each unit ships
once"). Good prices are found by raising those of units that no node wants and lowering those that
several do (Held, Karp: the subgradient method). Everything is a whole number of thousandths of a
minor unit, so the bound is exact whatever the prices are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import attrs

from ordercore.allocation.bound import Bounder
from ordercore.allocation.problem import Problem, Solution

__all__ = ["Priced", "PriceBounder"]

_MILLI = 1000

_DENSE = 1 << 20
"""Profits are compared by size as whole numbers of this part."""

_NEVER = 1 << 200
"""More than any cost."""

_FIRST_SCALE, _WHOLE_SCALE = 1024, 1024
"""The first step goes as far as a linear bound would reach the target; it is halved later."""

_PATIENCE = 3
"""Rounds without a better bound before steps are halved."""

_Unit: TypeAlias = tuple[int, int, int]
"""A line, how many of its units a load may take, and what one costs there by the gram."""

_Sizes: TypeAlias = tuple[int, dict[int, int]]
"""What a parcel holds, and how much of it a unit of each line takes."""

_Load: TypeAlias = tuple[int, int, list[_Unit], _Sizes | None]
"""The load, the base of a parcel, its units, and their sizes where they may need several."""

_Several: TypeAlias = tuple[int, list[_Unit], list[_Unit]]
"""Several loads at once, by the one of the dearest base: its base; units at the cheapest of it and
those of cheaper bases; the same with their share of a parcel, where some need more than one."""

_Place: TypeAlias = tuple[int, list[_Load], list[_Several]]
"""The class, the loads from the cheapest base on, and what several cost, for all but the first."""

_Compelled: TypeAlias = dict[tuple[int, int], dict[int, int]]
"""By node and class the units of lines that no other node can ship."""


@attrs.frozen(eq=False)
class Priced:
    """Prices by line, the bound that they give, and by node what shipping from it adds to that.

    All in thousandths of a minor unit. A node that adds less than nothing gains by shipping.
    ``open_at`` is what a node that the bound leaves out may gain before it takes the place of
    another one: nothing, or the gain of the last that the limit of nodes lets in.
    """

    prices: list[int]
    bound: int
    gains: list[int]
    open_at: int
    next_at: int


def _place(c: int, loads: list[_Load]) -> _Place:
    loads.sort(key=lambda load: (load[1], load[0]))
    least: dict[int, tuple[int, int]] = {}
    share: dict[int, int] = {}
    sized = False
    several: list[_Several] = []
    for _, base, units, sizes in loads:
        sized = sized or sizes is not None
        for line, have, cost in units:
            if line not in least or cost < least[line][1]:
                least[line] = have, cost
            more = 0 if sizes is None else base * sizes[1][line] // sizes[0]
            share[line] = min(cost + more, share.get(line, cost + more))
        cheapest = [(line, have, cost) for line, (have, cost) in sorted(least.items())]
        shares = [(line, have, share[line]) for line, have, _ in cheapest] if sized else []
        several.append((base, cheapest, shares))
    return c, loads, several[1:]


_NOTHING: dict[int, int] = {}


def _value(base: int, units: list[_Unit], prices: list[int], own: dict[int, int]) -> int:
    """What a load costs less what its units are paid, of which it ships what pays and its own."""
    value = base
    for line, have, cost in units:
        if prices[line] > cost:
            value -= have * (prices[line] - cost)
        elif own and line in own:
            value += own[line] * (cost - prices[line])
    return value


def _value_in_parcels(
    base: int, units: list[_Unit], sizes: _Sizes, prices: list[int], own: dict[int, int]
) -> int:
    """As :func:`_value`, with as many parcels as pay: each holds so much, best units first.

    Units are cut to fill a parcel (the fractional knapsack), which never makes the bound too high.
    """
    limit, size = sizes
    value = 0
    items: list[tuple[int, int, int]] = []
    for line, have, cost in units:
        profit = prices[line] - cost
        if profit > 0:
            taken = size[line]
            if not taken:
                value -= have * profit
            else:
                items.append((-profit * _DENSE // taken, have * taken, have * profit))
        elif own and line in own:
            value -= own[line] * profit
    items.sort()
    best = value + base
    room = limit
    value += base
    for _, volume, profit in items:
        while volume > room:
            part = profit * room // volume + 1
            value -= part
            best = min(best, value)
            profit, volume = profit - part, volume - room  # noqa: PLW2901
            room = limit
            value += base
        value -= profit
        room -= volume
        best = min(best, value)
    return best


def _paid(several: _Several, prices: list[int], own: dict[int, int]) -> tuple[int, int]:
    """What several loads gain beside their bases, and with shares of a parcel for their bases."""
    _, cheapest, shares = several
    paid = _value(0, cheapest, prices, own)
    return paid, _value(0, shares, prices, own) if shares else 0


class PriceBounder:
    """Prices of one problem's lines, and the bounds that they give over sets of nodes."""

    __slots__ = ("_fixed", "_needed", "_places", "_problem", "caps")

    def __init__(self, problem: Problem, bounder: Bounder) -> None:
        self._problem = problem
        self._fixed = [cost * _MILLI for cost in problem.fixed]
        # A unit that may stay behind is never worth more than its penalty.
        self.caps = [
            penalty * _MILLI if may else problem.left_behind * _MILLI
            for penalty, may in zip(problem.penalty, problem.optional, strict=True)
        ]
        options: dict[int, list[int]] = {}
        for line, loads in enumerate(problem.options):
            for load in loads:
                options.setdefault(load, []).append(line)
        # Of each node its places; of a place (two cheapest bases, loads, cheapest units); of a
        # load (base, units, units by share of a parcel); of a unit (line, at most, cost).
        self._places: list[list[_Place]] = []
        for node, classes in enumerate(bounder.loads_at):
            here: list[_Place] = []
            for c, loads in enumerate(classes):
                tried = [
                    (x, problem.load_base[x] * _MILLI, *self._units(node, x, options[x], bounder))
                    for x in loads
                    if x in options
                ]
                if tried:
                    here.append(_place(c, tried))
            self._places.append(here)

    def _units(
        self, node: int, load: int, lines: list[int], bounder: Bounder
    ) -> tuple[list[_Unit], _Sizes | None]:
        problem = self._problem
        rate = problem.load_kg[load]
        units = [
            (
                line,
                problem.avail[line][node],
                problem.unit_cost[line][load] * _MILLI + rate * bounder.grams[line],
            )
            for line in lines
        ]
        grams = sum(have * bounder.grams[line] for line, have, _ in units)
        bulk = sum(have * bounder.bulk[line] for line, have, _ in units)
        limits = bounder.grams_limit[load], bounder.bulk_limit[load]
        if grams <= limits[0] and bulk <= limits[1]:
            return units, None
        heavy = grams * limits[1] >= bulk * limits[0]
        measure, limit = (bounder.grams, limits[0]) if heavy else (bounder.bulk, limits[1])
        return units, (limit, {line: measure[line] for line in lines})

    @staticmethod
    def _worth(load: _Load, prices: list[int], own: dict[int, int]) -> int:
        _, base, units, sizes = load
        if sizes is None:
            return _value(base, units, prices, own)
        return _value_in_parcels(base, units, sizes, prices, own)

    def compelled(self, must: Sequence[int], allowed: int) -> _Compelled:
        """What only one of the allowed nodes can ship of what has to."""
        problem = self._problem
        found: _Compelled = {}
        for line, units in enumerate(must):
            if not units or problem.optional[line]:
                continue
            have = problem.avail[line]
            nodes = [node for node, held in enumerate(have) if held and allowed >> node & 1]
            if problem.splittable[line]:
                able = sum(have[node] for node in nodes)
                alone = [(node, units - able + have[node]) for node in nodes]
            else:
                whole = [node for node in nodes if have[node] >= units]
                alone = [(node, units) for node in whole] if len(whole) == 1 else []
            for node, count in alone:
                if count > 0:
                    found.setdefault((node, problem.line_class[line]), {})[line] = count
        return found

    def _gains(
        self,
        prices: list[int],
        nodes: list[int],
        forced: int,
        compelled: _Compelled,
        shipped: list[int],
    ) -> list[int]:
        """What each of the nodes adds; the units that would ship are counted in ``shipped``."""
        found = [0] * len(self._places)
        sold: dict[int, list[tuple[list[_Unit], dict[int, int]]]] = {}
        for node in nodes:
            total, least = self._fixed[node], -1
            taken: list[tuple[list[_Unit], dict[int, int]]] = []
            spare: tuple[list[_Unit], dict[int, int]] | None = None
            for c, loads, combined in self._places[node]:
                own = compelled.get((node, c), _NOTHING)
                best: int | None = None
                chosen: list[_Unit] = []
                for load in loads:
                    value = self._worth(load, prices, own)
                    if best is None or value < best:
                        best, chosen = value, load[2]
                assert best is not None
                for several in combined:
                    paid, shared = _paid(several, prices, own)
                    value, picked = loads[0][1] + several[0] + paid, several[1]
                    if several[2] and shared > value:
                        value, picked = shared, several[2]
                    if value < best:
                        best, chosen = value, picked
                if best < 0 or own:
                    total += best
                    taken.append((chosen, own))
                elif least < 0 or best < least:
                    least, spare = best, (chosen, own)
            if not taken and spare is not None and forced >> node & 1:
                # A node that ships has a load, though none is worth its base.
                total += least
                taken.append(spare)
            found[node] = total
            if total < 0 or forced >> node & 1:
                sold[node] = taken
        ships = self._ships(found, nodes, forced)[0]
        for node in ships:
            for units, own in sold[node]:
                for line, have, cost in units:
                    if prices[line] > cost:
                        shipped[line] += have
                    elif line in own:
                        shipped[line] += own[line]
        return found

    def _ships(self, gains: list[int], nodes: list[int], forced: int) -> tuple[list[int], int, int]:
        """The nodes that ship, of those that gain no more than may; and the next two gains.

        The first of the two is that of the last node let in where the limit is reached, the
        second that of the first left out; zero where the limit lets all in.
        """
        sure = [node for node in nodes if forced >> node & 1]
        free = sorted((gains[x], x) for x in nodes if gains[x] < 0 and not forced >> x & 1)
        most = max(0, self._problem.max_nodes - len(sure))
        chosen = [node for _, node in free[:most]]
        if len(free) < most:
            return sure + chosen, 0, 0
        last = free[most - 1][0] if most else -_NEVER
        return sure + chosen, last, free[most][0] if len(free) > most else 0

    def too_dear(
        self, priced: Priced, must: Sequence[int], allowed: int, room: int
    ) -> frozenset[int]:
        """Loads whose use makes the bound exceed what it is by more than ``room``.

        Alone in its place, or beside the cheapest other one there. All nodes of ``allowed`` ship.
        """
        compelled = self.compelled(must, allowed)
        prices = priced.prices
        found: set[int] = set()
        for node, places in enumerate(self._places):
            if not allowed >> node & 1:
                continue
            worth: list[tuple[int, list[tuple[int, int]]]] = []
            total = self._fixed[node]
            for c, loads, combined in places:
                own = compelled.get((node, c), _NOTHING)
                gains = [_paid(several, prices, own)[0] for several in combined]
                values: list[tuple[int, int]] = []
                for rank, each in enumerate(loads):
                    value = self._worth(each, prices, own)
                    for later, several in enumerate(combined, 1):
                        other = each[1] if later > rank else loads[0][1]
                        if later >= rank:
                            value = min(value, several[0] + other + gains[later - 1])
                    values.append((each[0], value))
                best = min(value for _, value in values)
                share = best if own or best < 0 else 0
                total += share
                worth.append((share, values))
            for share, values in worth:
                for load, value in values:
                    if total - share + value - priced.gains[node] > room:
                        found.add(load)
        return frozenset(found)

    def first_prices(self, solution: Solution) -> list[int]:
        """What a solution pays for a unit of each line, its nodes and loads shared out by units."""
        problem = self._problem
        units: dict[int, int] = {}
        loads = {load for _, load in solution}
        overhead: dict[int, int] = {}
        for (_, load), count in solution.items():
            node = problem.load_node[load]
            units[node] = units.get(node, 0) + count
        for load in sorted(loads):
            node = problem.load_node[load]
            overhead.setdefault(node, self._fixed[node])
            overhead[node] += problem.load_base[load] * _MILLI
        found = [0] * len(problem.quantity)
        for line, load in solution:
            node = problem.load_node[load]
            cost = problem.unit_cost[line][load] * _MILLI
            cost += problem.load_kg[load] * problem.weight[line] + overhead[node] // units[node]
            found[line] = max(found[line], min(cost, self.caps[line]))
        return found

    def improve(
        self,
        prices: Sequence[int],
        must: Sequence[int],
        allowed: int,
        forced: int,
        *,
        target: int,
        rounds: int,
    ) -> Priced:
        """Better prices for a set of nodes, and their bound; the first of equals.

        Args:
            prices: To begin with.
            must: Units of each line that ship in any plan that is looked for.
            allowed: The nodes that may ship.
            forced: Those of them that do.
            target: A cost, in thousandths, above which a bound is of no more use.
            rounds: How often prices are changed at the most.

        O(rounds × lines × loads).
        """
        nodes = [node for node in range(len(self._fixed)) if allowed >> node & 1]
        compelled = self.compelled(must, allowed)
        for node, _ in compelled:
            forced |= 1 << node
        tried = list(prices)
        best: Priced | None = None
        scale, stale = _FIRST_SCALE, 0
        for turn in range(rounds + 1):
            shipped = [0] * len(tried)
            gains = self._gains(tried, nodes, forced, compelled, shipped)
            bound = sum(units * price for units, price in zip(must, tried, strict=True))
            ships, last, after = self._ships(gains, nodes, forced)
            bound += sum(gains[node] for node in ships)
            if best is None or bound > best.bound:
                best, stale = Priced(list(tried), bound, gains, last, after), 0
                if bound >= target:
                    break
            else:
                stale += 1
                if stale == _PATIENCE:
                    scale, stale = scale // 2, 0
                    tried = list(best.prices)
                    if not scale:
                        break
            if turn == rounds:
                break
            lacking = [units - count for units, count in zip(must, shipped, strict=True)]
            square = sum(each * each for each in lacking)
            if not square:
                break
            step = max(1, (target - bound) * scale // (square * _WHOLE_SCALE))
            tried = [
                min(cap, max(0, price + step * each))
                for price, each, cap in zip(tried, lacking, self.caps, strict=True)
            ]
        assert best is not None
        return best

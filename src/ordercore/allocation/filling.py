"""A lawful plan for a set of nodes, quickly: units go where they cost least at the margin."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations

from ordercore.allocation.billing import parcels_of
from ordercore.allocation.problem import Problem, Solution, whole_lines, whole_order
from ordercore.allocation.restrictions import Restrictions, Tally

__all__ = ["Filler"]


def _tallied(rules: Restrictions, solution: Solution) -> Tally:
    tally = Tally(rules)
    for (line, load), units in solution.items():
        tally.put(line, load, units)
    return tally


_PER_UNIT = 1_000_000
"""Marginal costs are compared per unit in millionths of a minor unit, so that no float is used."""

_MOST_ROUNDS = 4
"""Improvements that are followed for each load; more have not been seen to pay."""

_FEW_NODES = 4


class Filler:
    """Fills the lines of one problem from sets of nodes, given as bit masks; no search.

    Lines with few choices and heavy ones go first. The result is lawful but for the limit on the
    number of nodes, which the caller keeps by the mask.
    """

    __slots__ = ("_choosy", "_loads_at", "_order", "_problem", "_whole", "_whole_order")

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._whole = whole_lines(problem)
        self._whole_order = whole_order(problem)
        self._loads_at: dict[tuple[int, int], list[int]] = {}
        for load, node in enumerate(problem.load_node):
            self._loads_at.setdefault((node, problem.load_class[load]), []).append(load)
        self._choosy = any(len(loads) > 1 for loads in self._loads_at.values())
        self._order = sorted(
            range(len(problem.quantity)),
            key=lambda line: (
                len(problem.options[line]),
                -problem.quantity[line] * problem.weight[line],
                line,
            ),
        )

    def fill(self, mask: int, ranked: list[int] | None = None) -> Solution:
        """Units by line and load, from the nodes of ``mask`` only.

        With ``ranked`` (node indices, best first) nodes are exhausted in that order instead of by
        marginal cost; services of one node are still chosen by cost. O(lines × loads).

        Line by line, a pallet never pays: each line alone is cheaper by parcel. So what a place
        ships by several services, or by one that is not its best for all of it together, goes by
        the best one, and lines are filled once more knowing it; the cheaper filling is kept.
        """
        rules = self._problem.restrictions
        if rules is not None:
            return self._fill_lawfully(rules, mask, ranked)
        solution = self._fill(mask, ranked, {})
        if not self._choosy:
            return solution
        whole, left_out = self._regrouped(solution)
        if not left_out:
            return solution
        again, _ = self._regrouped(self._fill(mask, ranked, left_out))
        price = self._problem.price
        return again if price(again) < price(whole) else whole

    def _fill_lawfully(self, rules: Restrictions, mask: int, ranked: list[int] | None) -> Solution:
        """As :meth:`fill` for an order with restrictions; the poorest parts of a split give way."""
        solution = self._fill(mask, ranked, {})
        for _ in range(mask.bit_count()):
            poorest = _tallied(rules, solution).poorest()
            if poorest < 0:
                break
            mask &= ~(1 << poorest)
            solution = self._fill(mask, ranked, {})
        if not self._choosy:
            return solution
        tried = [solution]
        whole, left_out = self._regrouped(solution)
        if left_out:
            again = self._fill(mask, ranked, left_out)
            tried += [whole, again, self._regrouped(again)[0]]
        return min((s for s in tried if rules.permits(s)), key=self._problem.price, default={})

    def refine(self, solution: Solution) -> Solution:
        """A solution from the same nodes that costs no more: with a parcel or a load less.

        Nodes are exhausted one after the other, each as the first and, of a few, each as the
        second, which makes fewer and fuller loads. Then lines are filled again with one load held
        to a parcel less than it has, or to nothing, as long as that makes the whole cheaper.
        O(loads² × lines × loads).
        """
        problem = self._problem
        mask = problem.nodes_of(solution)
        best, price = solution, problem.price(solution)
        nodes = [node for node in range(len(problem.nodes)) if mask >> node & 1]
        for first in permutations(nodes, min(len(nodes), 2 if len(nodes) <= _FEW_NODES else 1)):
            ranked = [*first, *(node for node in nodes if node not in first)]
            again = self.fill(mask, ranked)
            cost = problem.price(again)
            if cost < price:
                best, price = again, cost
        rules = problem.restrictions
        limits: dict[int, int] = {}
        for _ in range(_MOST_ROUNDS * len(problem.load_node)):
            for load, limit in self._tighter(best):
                tried = limits | {load: limit}
                again, _ = self._regrouped(self._fill(mask, None, tried))
                cost = problem.price(again)
                if cost < price and (rules is None or rules.permits(again)):
                    best, price, limits = again, cost, tried
                    break
            else:
                break
        return best

    def _tighter(self, solution: Solution) -> list[tuple[int, int]]:
        """Loads with the grams that a parcel less would hold, then with none."""
        problem = self._problem
        fewer: list[tuple[int, int]] = []
        contents = sorted(problem.contents(solution).items())
        for load, (grams, cm3, value) in contents:
            limits = problem.max_weight[load], problem.max_volume[load]
            worth = problem.max_value[load]
            parcels = parcels_of(grams, cm3, *limits, value, worth)
            if parcels > 1:
                # Where the volume or the value decides, goods are taken to be of one density.
                less = parcels - 1
                room = min(limits[0] * less, grams * limits[1] * less // max(1, cm3))
                if worth is not None:
                    room = min(room, grams * worth * less // max(1, value))
                fewer.append((load, room))
        return fewer + [(load, 0) for load, _ in contents]

    @staticmethod
    def _within(room_g: int, grams: int, units: int) -> int:
        """How many of the units a load's limit lets in."""
        if room_g <= 0:
            return 0
        return min(units, room_g // grams) if grams else units

    def _regrouped(self, solution: Solution) -> tuple[Solution, dict[int, int]]:
        """The solution with each place's units in the one load that is best for all of them.

        The other loads of such places stand beside it with nothing as their limit; none where
        nothing was cheaper.
        """
        problem = self._problem
        places: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for key in solution:
            load = key[1]
            place = problem.load_node[load], problem.load_class[load]
            places.setdefault(place, []).append(key)
        moved: Solution = {}
        left_out: dict[int, int] = {}
        for place, keys in places.items():
            loads = self._loads_at[place]
            best = self._best_load(loads, solution, keys) if len(loads) > 1 else None
            for line, load in keys:
                to = load if best is None else best
                moved[line, to] = moved.get((line, to), 0) + solution[line, load]
            if best is not None:
                left_out.update((load, 0) for load in loads if load != best)
        return moved, left_out

    def _best_load(
        self, loads: list[int], solution: Solution, keys: list[tuple[int, int]]
    ) -> int | None:
        """The load in which all the units of a place cost less than as they are; None: none."""
        problem = self._problem
        contents = problem.contents({key: solution[key] for key in keys})
        least = sum(problem.load_cost(load, *content) for load, content in contents.items())
        together = [sum(parts) for parts in zip(*contents.values(), strict=True)]
        best: int | None = None
        for load in loads:
            cost = problem.load_cost(load, *together)
            if cost < least and all(load in problem.options[line] for line, _ in keys):
                best, least = load, cost
        return best

    def _group_short(self, lines: list[int], node: int, stock: list[list[int]]) -> int:
        """Units of lines kept together that would stay behind if the node shipped them."""
        problem = self._problem
        short = 0
        for line in lines:
            quantity = problem.quantity[line]
            able = stock[problem.group[line]][node] if problem.avail[line][node] else 0
            if able < quantity:
                short += quantity if self._whole else quantity - able
        return short

    def _fill(self, mask: int, ranked: list[int] | None, limits: Mapping[int, int]) -> Solution:
        """One pass over the lines; ``limits`` are the grams that loads may hold at the most."""
        problem = self._problem
        load_node, load_base, load_kg = problem.load_node, problem.load_base, problem.load_kg
        max_weight, max_volume = problem.max_weight, problem.max_volume
        fixed, plain = problem.fixed, problem.plain
        stock = [list(levels) for levels in problem.group_stock]
        weight = [0] * len(load_node)
        volume = [0] * len(load_node)
        value = [0] * len(load_node)
        count = [0] * len(load_node)
        bill = [0] * len(load_node)
        used = 0
        rules = problem.restrictions
        tally = None if rules is None else Tally(rules)
        rank = None if ranked is None else {node: place for place, node in enumerate(ranked)}
        solution: Solution = {}
        for line in self._order:
            left = problem.quantity[line]
            levels = stock[problem.group[line]]
            options = [x for x in problem.options[line] if mask >> load_node[x] & 1]
            taken: list[tuple[int, int]] = []
            in_one = not problem.splittable[line] or self._whole
            unit_cost = problem.unit_cost[line]
            grams, cm3, worth = problem.weight[line], problem.volume[line], problem.value[line]
            while left and options:
                best: tuple[int, int, int, int] | None = None
                for load in options:
                    node = load_node[load]
                    units = min(left, levels[node])
                    if load in limits:
                        units = self._within(limits[load] - weight[load], grams, units)
                    if tally is not None and units:
                        units = tally.room(line, load, units)
                    if not units:
                        continue
                    heavy = weight[load] + units * grams
                    # The bill of the load with the units, less its bill so far (written out:
                    # this is where planning spends its time).
                    if plain:
                        parcels = max(
                            1,
                            -(-heavy // max_weight[load]),
                            -(-(volume[load] + units * cm3) // max_volume[load]),
                        )
                        more = parcels * load_base[load] - (-heavy // 1000) * load_kg[load]
                    else:
                        bulk, dear = volume[load] + units * cm3, value[load] + units * worth
                        more = problem.load_cost(load, heavy, bulk, dear)
                    more += units * unit_cost[load] - bill[load]
                    if not used >> node & 1:
                        more += fixed[node]
                    place = 0 if rank is None else rank[node]
                    # A line that ships from one node, or whole or not at all, wants units first.
                    short = left - units if in_one else 0
                    if rules is not None and rules.home[line] >= 0:
                        short = self._group_short(rules.groups[rules.home[line]], node, stock)
                    mark = (short, place, more * _PER_UNIT // units, load)
                    if best is None or mark < best:
                        best = mark
                if best is None:
                    break
                if problem.optional[line] and best[2] >= problem.penalty[line] * _PER_UNIT:
                    break
                load = best[3]
                node = problem.load_node[load]
                units = min(left, levels[node])
                if load in limits:
                    units = self._within(limits[load] - weight[load], grams, units)
                if tally is not None:
                    units = tally.room(line, load, units)
                    tally.put(line, load, units)
                levels[node] -= units
                left -= units
                weight[load] += units * grams
                volume[load] += units * cm3
                value[load] += units * worth
                count[load] += units
                bill[load] = problem.load_cost(load, weight[load], volume[load], value[load])
                used |= 1 << node
                taken.append((load, units))
                if not problem.splittable[line]:
                    break
                options = [x for x in options if x != load and levels[load_node[x]]]
            if left and self._whole_order:
                return {}
            if left and self._whole:
                for load, units in taken:
                    if tally is not None:
                        tally.put(line, load, -units)
                    levels[problem.load_node[load]] += units
                    weight[load] -= units * grams
                    volume[load] -= units * cm3
                    value[load] -= units * worth
                    count[load] -= units
                    bill[load] = (
                        problem.load_cost(load, weight[load], volume[load], value[load])
                        if count[load]
                        else 0
                    )
                continue
            for load, units in taken:
                solution[line, load] = units
        return solution

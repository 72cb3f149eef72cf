"""A lawful plan for a set of nodes, quickly: units go where they cost least at the margin."""

from __future__ import annotations

from ordercore.allocation.problem import Problem, Solution, whole_lines, whole_order

__all__ = ["Filler"]

_PER_UNIT = 1_000_000
"""Marginal costs are compared per unit in millionths of a minor unit, so that no float is used."""


class Filler:
    """Fills the lines of one problem from sets of nodes, given as bit masks; no search.

    Lines with few choices and heavy ones go first. The result is lawful but for the limit on the
    number of nodes, which the caller keeps by the mask.
    """

    __slots__ = ("_order", "_problem", "_whole", "_whole_order")

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._whole = whole_lines(problem)
        self._whole_order = whole_order(problem)
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
        """
        problem = self._problem
        load_node, load_base, load_kg = problem.load_node, problem.load_base, problem.load_kg
        max_weight, max_volume = problem.max_weight, problem.max_volume
        handling, fixed = problem.handling, problem.fixed
        stock = [list(levels) for levels in problem.group_stock]
        weight = [0] * len(load_node)
        volume = [0] * len(load_node)
        count = [0] * len(load_node)
        bill = [0] * len(load_node)
        used = 0
        rank = None if ranked is None else {node: place for place, node in enumerate(ranked)}
        solution: Solution = {}
        for line in self._order:
            left = problem.quantity[line]
            levels = stock[problem.group[line]]
            options = [x for x in problem.options[line] if mask >> load_node[x] & 1]
            taken: list[tuple[int, int]] = []
            in_one = not problem.splittable[line] or self._whole
            grams, cm3 = problem.weight[line], problem.volume[line]
            while left and options:
                best: tuple[int, int, int, int] | None = None
                for load in options:
                    node = load_node[load]
                    units = min(left, levels[node])
                    if not units:
                        continue
                    heavy = weight[load] + units * grams
                    parcels = max(
                        1,
                        -(-heavy // max_weight[load]),
                        -(-(volume[load] + units * cm3) // max_volume[load]),
                    )
                    # The bill of the load with the units, less its bill so far (written out:
                    # this is where planning spends its time).
                    more = parcels * load_base[load] - (-heavy // 1000) * load_kg[load]
                    more += units * handling[node] - bill[load]
                    if not used >> node & 1:
                        more += fixed[node]
                    place = 0 if rank is None else rank[node]
                    # A line that ships from one node, or whole or not at all, wants units first.
                    short = left - units if in_one else 0
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
                levels[node] -= units
                left -= units
                weight[load] += units * problem.weight[line]
                volume[load] += units * problem.volume[line]
                count[load] += units
                bill[load] = problem.load_cost(load, weight[load], volume[load])
                used |= 1 << node
                taken.append((load, units))
                if not problem.splittable[line]:
                    break
                options = [x for x in options if problem.load_node[x] != node]
            if left and self._whole_order:
                return {}
            if left and self._whole:
                for load, units in taken:
                    levels[problem.load_node[load]] += units
                    weight[load] -= units * problem.weight[line]
                    volume[load] -= units * problem.volume[line]
                    count[load] -= units
                    bill[load] = (
                        problem.load_cost(load, weight[load], volume[load]) if count[load] else 0
                    )
                continue
            for load, units in taken:
                solution[line, load] = units
        return solution

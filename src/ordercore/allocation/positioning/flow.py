"""The best levels of stock and the moves that make them: a minimum-cost flow, exact in integers.

Of each SKU, units flow from where they stand to where they are to stand; what they earn there
falls from unit to unit. At first nothing moves, which is the cheapest way to leave every level as
it is. Then the best path is taken again and again on which one unit leaves a level and another
level gains one, moving as many units as earn the same, until no path gains: that is the optimum
without limits of room. Where a node then holds more than it has room for, its excess leaves on
the paths that lose least, through full nodes too if that is better. Paths of the largest gain
leave no gaining circle behind (successive shortest paths: Ahuja, Magnanti, Orlin, "Network
Flows", 9.7), so that what is found at the end is the optimum, not an approximation.

Of paths that gain the same the shortest is taken: one that touches nothing twice.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush
from typing import NamedTuple

__all__ = ["Market", "fit_into_rooms", "settle"]

ENDLESS = 10**18
"""More units than anybody has."""


class Reach(NamedTuple):
    """The best way to a level so far: its gain, fewer steps first among equals, and the last step.

    ``supply`` is the node whose units change their goal from ``before`` to this level.
    """

    gain: int
    steps: int
    before: int
    supply: int


class Step(NamedTuple):
    """Units that stand at ``supply`` in the beginning go to ``after`` instead of ``before``."""

    supply: int
    before: int
    after: int


class Market:
    """One SKU over all nodes: where its units are from, where they go, and what they earn there.

    Args:
        supplies: Units at each node in the beginning.
        costs: What a unit costs from node to node, where there is a lane; staying is free.
        shelves: For each node runs of units (their number, what each earns), falling.
    """

    __slots__ = ("costs", "ends", "flow", "goals", "levels", "worths")

    def __init__(
        self,
        supplies: list[int],
        costs: list[dict[int, int]],
        shelves: list[list[tuple[int, int]]],
    ) -> None:
        self.costs = [lanes | {node: 0} for node, lanes in enumerate(costs)]
        self.goals = [sorted(lanes) for lanes in self.costs]
        self.flow = [{node: units} if units else {} for node, units in enumerate(supplies)]
        self.levels = list(supplies)
        self.ends: list[list[int]] = []
        self.worths: list[list[int]] = []
        for runs in shelves:
            end = 0
            ends: list[int] = []
            for units, _ in runs:
                end += units
                ends.append(end)
            self.ends.append(ends)
            self.worths.append([worth for _, worth in runs])

    def next_worth(self, node: int) -> int:
        """What one unit more would earn at a node."""
        return self.worths[node][bisect_right(self.ends[node], self.levels[node])]

    def next_units(self, node: int) -> int:
        """How many units more earn that much."""
        level, ends = self.levels[node], self.ends[node]
        return ends[bisect_right(ends, level)] - level

    def last_worth(self, node: int) -> int:
        """What the last unit at a node earns."""
        return self.worths[node][bisect_right(self.ends[node], self.levels[node] - 1)]

    def last_units(self, node: int) -> int:
        """How many units at a node earn that little."""
        level, ends = self.levels[node], self.ends[node]
        run = bisect_right(ends, level - 1)
        return level - (ends[run - 1] if run else 0)

    def value(self, node: int, units: int) -> int:
        """What so many units earn at a node."""
        earned = start = 0
        for end, worth in zip(self.ends[node], self.worths[node], strict=True):
            filled = min(units, end)
            earned += (filled - start) * worth
            start = filled
        return earned

    def reach(self, starts: Iterable[int]) -> dict[int, Reach]:
        """The best way for a unit from any of these levels to each level. O(nodes × lanes)."""
        found = {
            node: Reach(-self.last_worth(node), 0, node, -1) for node in starts if self.levels[node]
        }
        # Which supplies stand at a level, so that a step starts from what flows.
        there: dict[int, list[int]] = {}
        for supply, goals in enumerate(self.flow):
            for node in goals:
                there.setdefault(node, []).append(supply)
        changed = sorted(found)
        while changed:
            again: set[int] = set()
            for before in changed:
                way = found[before]
                for supply in there.get(before, ()):
                    costs = self.costs[supply]
                    left = way.gain + costs[before]
                    for after in self.goals[supply]:
                        gain, known = left - costs[after], found.get(after)
                        if after != before and (
                            known is None or (gain, -way.steps - 1) > (known.gain, -known.steps)
                        ):
                            found[after] = Reach(gain, way.steps + 1, before, supply)
                            again.add(after)
            changed = sorted(again)
        return found

    def path(self, found: Mapping[int, Reach], end: int) -> list[Step]:
        """The steps that lead to a level, first to last."""
        steps: list[Step] = []
        while found[end].supply >= 0:
            way = found[end]
            steps.append(Step(way.supply, way.before, end))
            end = way.before
        return steps[::-1]

    def most(self, steps: list[Step]) -> int:
        """How many units can take these steps and gain the same."""
        return min(
            self.last_units(steps[0].before),
            self.next_units(steps[-1].after),
            *(self.flow[step.supply][step.before] for step in steps),
        )

    def move(self, steps: list[Step], units: int) -> None:
        """Move units along a path."""
        for supply, before, after in steps:
            goals = self.flow[supply]
            goals[before] -= units
            if not goals[before]:
                del goals[before]
            goals[after] = goals.get(after, 0) + units
        self.levels[steps[0].before] -= units
        self.levels[steps[-1].after] += units


def settle(market: Market) -> None:
    """Move the units of one SKU until no move gains."""
    nodes = range(len(market.levels))
    while True:
        found = market.reach(nodes)
        gain, end = max(
            (
                (way.gain + market.next_worth(node), -way.steps, -node)
                for node, way in found.items()
                if way.steps
            ),
            default=(0, 0, 0),
        )[::2]
        if gain <= 0:
            return
        steps = market.path(found, -end)
        market.move(steps, market.most(steps))


class _Rooms:
    """What it gains at most to move a unit of any SKU from node to node, kept up to date."""

    def __init__(self, markets: list[Market]) -> None:
        self.markets = markets
        self.stamps = [0] * len(markets)
        self.rows: dict[int, dict[int, list[tuple[int, int, int, int]]]] = {}

    def row(self, node: int) -> dict[int, tuple[int, int, int]]:
        """To each node: the gain, the steps, the SKU."""
        if node not in self.rows:
            self.rows[node] = {}
            for number in range(len(self.markets)):
                self._ask(node, number)
        best: dict[int, tuple[int, int, int]] = {}
        for after, heap in sorted(self.rows[node].items()):
            while heap and heap[0][3] != self.stamps[heap[0][2]]:
                heappop(heap)
            if heap:
                gain, steps, number, _ = heap[0]
                best[after] = (-gain, steps, number)
        return best

    def _ask(self, node: int, number: int) -> None:
        market = self.markets[number]
        for after, way in market.reach([node]).items():
            if after != node:
                gain = way.gain + market.next_worth(after)
                heap = self.rows[node].setdefault(after, [])
                heappush(heap, (-gain, way.steps, number, self.stamps[number]))

    def changed(self, numbers: Iterable[int]) -> None:
        """Ask again about SKUs whose units moved."""
        for number in sorted(numbers):
            self.stamps[number] += 1
            for node in sorted(self.rows):
                self._ask(node, number)

    def way_out(self, node: int, spare: Mapping[int, int]) -> list[tuple[int, list[Step]]]:
        """The way from a node to one with room that loses least, as (SKU, its steps) in turn."""
        found: dict[int, tuple[int, int, int, int]] = {node: (0, 0, node, -1)}
        changed = [node]
        while changed:
            again: set[int] = set()
            for before in changed:
                gain, steps, _, _ = found[before]
                for after, (more, further, number) in self.row(before).items():
                    known = found.get(after)
                    key = (gain + more, -steps - further)
                    if known is None or key > (known[0], -known[1]):
                        found[after] = (key[0], steps + further, before, number)
                        again.add(after)
            changed = sorted(again)
        end = -max((found[x][0], -found[x][1], -x) for x in found if spare[x] and x != node)[2]
        legs: list[tuple[int, list[Step]]] = []
        while end != node:
            _, _, before, number = found[end]
            market = self.markets[number]
            legs.append((number, market.path(market.reach([before]), end)))
            end = before
        return legs[::-1]


def fit_into_rooms(markets: list[Market], rooms: Mapping[int, int]) -> None:
    """Take out of each node what it has no room for, at the least loss.

    Args:
        markets: Settled each by itself.
        rooms: The most units of all SKUs that a node may hold, where there is a limit; what stands
            there in the beginning always fits.
    """
    loads = [sum(units) for units in zip(*(market.levels for market in markets), strict=True)]
    most = {node: max(rooms.get(node, ENDLESS), load) for node, load in enumerate(loads)}
    over = [node for node in sorted(rooms) if loads[node] > rooms[node]]
    if not over:
        return
    ways = _Rooms(markets)
    for node in over:
        most[node] = rooms[node]
        while loads[node] > most[node]:
            spare = {x: most[x] - load for x, load in enumerate(loads) if most[x] > load}
            legs = ways.way_out(node, {x: spare.get(x, 0) for x in range(len(loads))})
            end = legs[-1][1][-1].after
            units = min(
                loads[node] - most[node],
                spare[end],
                *(markets[number].most(steps) for number, steps in legs),
            )
            for number, steps in legs:
                markets[number].move(steps, units)
            loads[node] -= units
            loads[end] += units
            ways.changed({number for number, _ in legs})

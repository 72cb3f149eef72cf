"""Exact distribution of lines over the loads of a decided set of nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ordercore.allocation.billing import parcels_of, started_kg_of
from ordercore.allocation.problem import Solution, whole_lines, whole_order
from ordercore.allocation.restrictions import Tally

if TYPE_CHECKING:
    from ordercore.allocation.search import Run

__all__ = ["OFFERS_PER_STEP", "Distribution"]

_MOST_LINES_DISTRIBUTED = 200
"""Lines with a choice that are distributed exactly; more would go deeper than Python recurses."""

_ROUNDS_OF_A_LEAF = 30
"""How often prices are changed for a decided set of nodes."""

OFFERS_PER_STEP = 8
"""A bound by price takes as long as a step of distributing lines, for so many lines and loads."""

_MILLI = _GRAMS = 1000


class Distribution:
    """Lines over the loads of a decided set of nodes, exactly."""

    def __init__(self, owner: Run, mask: int, prices: list[int]) -> None:
        self.owner = owner
        self.problem = problem = owner.problem
        self.mask = mask
        self.whole = whole_lines(problem)
        self.whole_order = whole_order(problem)
        self.options = [
            [x for x in options if mask >> problem.load_node[x] & 1] for options in problem.options
        ]
        shared: dict[int, int] = {}
        for group in problem.group:
            shared[group] = shared.get(group, 0) + 1
        self.shared = [shared[group] > 1 for group in problem.group]
        self.order = sorted(
            range(len(problem.quantity)),
            key=lambda line: (
                len(self.options[line]),
                -problem.quantity[line] * problem.weight[line],
                line,
            ),
        )
        loads = len(problem.load_node)
        self.weight = [0] * loads
        self.volume = [0] * loads
        self.value = [0] * loads
        self.measure = [0] * loads
        self.count = [0] * loads
        self.bill = [0] * loads
        self.node_count = [0] * len(problem.nodes)
        self.stock = [list(levels) for levels in problem.group_stock]
        self.solution: Solution = {}
        rules = problem.restrictions
        self.tally = None if rules is None else Tally(rules)
        self.lower = self._prepare_prices(prices)
        self._prepare_rest()

    def _prepare_rest(self) -> None:
        """What the lines from each place on add at least, and their weight and volume by class."""
        problem = self.problem
        classes = range(problem.class_count)
        inside = [x for x, node in enumerate(problem.load_node) if self.mask >> node & 1]
        self.least_base = [0] * problem.class_count
        self.least_kg = [0] * problem.class_count
        self.widest = [(1, 1)] * problem.class_count
        self.divisor: list[int | None] = [None] * problem.class_count
        for c in classes:
            mine = [x for x in inside if problem.load_class[x] == c]
            if mine:
                self.least_base[c] = min(problem.load_base[x] for x in mine)
                self.least_kg[c] = min(problem.load_kg[x] for x in mine)
                self.widest[c] = (
                    max(problem.max_weight[x] for x in mine),
                    max(problem.max_volume[x] for x in mine),
                )
                divisors = [d for x in mine if (d := problem.divisor[x]) is not None]
                if len(divisors) == len(mine):
                    self.divisor[c] = max(divisors)
        handling = 0
        weight = [0] * problem.class_count
        volume = [0] * problem.class_count
        units = [0] * problem.class_count
        self.rest: list[tuple[int, list[int], list[int], list[int]]] = [
            (0, list(weight), list(volume), list(units))
        ]
        for line in reversed(self.order):
            c, quantity = problem.line_class[line], problem.quantity[line]
            row = problem.unit_cost[line]
            cheapest = min((row[x] for x in self.options[line]), default=0)
            if problem.optional[line]:
                handling += quantity * min(problem.penalty[line], cheapest)
            elif self.options[line]:
                # A unit that stays behind costs more than all money: the rest may be taken as
                # shipped whole.
                handling += quantity * cheapest
                weight[c] += quantity * problem.weight[line]
                volume[c] += quantity * problem.volume[line]
                units[c] += quantity
            self.rest.append((handling, list(weight), list(volume), list(units)))
        self.rest.reverse()

    def _prepare_prices(self, prices: list[int]) -> int:
        """Prices for this set, and what they cost in each load; loads that are too dear go.

        Gives the bound of the set.
        """
        owner, problem = self.owner, self.problem
        lower = owner.bounder.bound(self.mask, self.mask)
        by_price, found, room = owner.price_out(self.mask, self.mask, prices, _ROUNDS_OF_A_LEAF)
        self.prices = found.prices
        self.must = owner.bounder.must(self.mask)
        self.behind = owner.bounder.behind
        if room >= 0:
            dear = owner.pricer.too_dear(found, self.must, self.mask, room)
            self.options = [[x for x in options if x not in dear] for options in self.options]
        self.left_so_far = 0
        grams, kg = owner.bounder.grams, problem.load_kg
        # By line, for each load: (load, node, units at most, cost of one by the gram).
        self.offers = [
            [
                (
                    load,
                    problem.avail[line][problem.load_node[load]],
                    problem.unit_cost[line][load] * _MILLI + kg[load] * grams[line],
                )
                for load in loads
            ]
            for line, loads in enumerate(self.options)
        ]
        offers = [len(self.options[line]) for line in self.order]
        self.steps_of_rest = [
            sum(offers[place:]) // OFFERS_PER_STEP for place in range(len(offers))
        ]
        self.loads_inside = [
            (load, node) for load, node in enumerate(problem.load_node) if self.mask >> node & 1
        ]
        self.inside = [node for node in range(len(problem.nodes)) if self.mask >> node & 1]
        return max(lower, by_price)

    def _rest_by_price(self, place: int) -> int:
        """What the lines from a place on add at least, by their prices; minor units.

        A load in use takes more at its rate, less the kilograms that it has started and not
        filled; others pay their base first, and their node if it ships nothing yet. Every node of
        the set ships in the end: what ships from fewer is looked at in another set.
        """
        problem = self.problem
        total = 0
        gains: dict[int, int] = {}
        for line in self.order[place:]:
            price = self.prices[line]
            offers = self.offers[line]
            for load, _, cost in offers:
                if self.count[load] and cost < price:
                    price = cost
            total += self.must[line] * price
            for load, have, cost in offers:
                if cost < price:
                    gains[load] = gains.get(load, 0) + have * (price - cost)
        for load, count in enumerate(self.count):
            if count:
                grams = problem.started(load, self.weight[load], self.volume[load]) * _GRAMS
                total -= problem.load_kg[load] * (grams - self.measure[load])
        values: dict[int, list[int]] = {node: [] for node in self.inside}
        for load, node in self.loads_inside:
            if not self.count[load]:
                value = problem.load_base[load] * _MILLI - gains.get(load, 0)
                values[node].append(value)
        for node, here in values.items():
            total += sum(value for value in here if value < 0)
            if not self.node_count[node]:
                total += problem.fixed[node] * _MILLI + max(0, min(here, default=0))
        behind = max(0, self.behind - self.left_so_far)
        return -(-total // _MILLI) + behind * problem.left_behind

    def run(self) -> bool:
        """Whether the set was searched to its end: nothing in it is below the best known."""
        owner = self.owner
        choices = sum(1 for options in self.options if len(options) > 1)
        if choices > _MOST_LINES_DISTRIBUTED or len(self.order) > 3 * _MOST_LINES_DISTRIBUTED:
            return False
        owner.limited = False
        if owner.best is not None and self.lower >= owner.price:
            return True
        self._line(0, -self.problem.split_price)
        return not owner.limited

    def _least_rest(self, place: int) -> int:
        problem = self.problem
        least, weights, volumes, units = self.rest[place]
        for c in range(problem.class_count):
            grams = cm3 = kg = parcels = 0
            for load, count in enumerate(self.count):
                if count and problem.load_class[load] == c:
                    grams += self.weight[load]
                    cm3 += self.volume[load]
                    kg += started_kg_of(self.weight[load], self.volume[load], problem.divisor[load])
                    parcels += parcels_of(
                        self.weight[load],
                        self.volume[load],
                        problem.max_weight[load],
                        problem.max_volume[load],
                        self.value[load],
                        problem.max_value[load],
                    )
            if not units[c]:
                continue
            limits = self.widest[c]
            in_all = parcels_of(grams + weights[c], cm3 + volumes[c], *limits)
            kg_in_all = started_kg_of(grams + weights[c], cm3 + volumes[c], self.divisor[c])
            least += max(0, in_all - parcels) * self.least_base[c]
            least += max(0, kg_in_all - kg) * self.least_kg[c]
        return least

    def _line(self, place: int, cost: int) -> None:
        owner = self.owner
        more = self.steps_of_rest[place] if place < len(self.order) else 0
        if owner.steps + more >= owner.stop_at:
            owner.limited = True
            return
        owner.steps += 1
        if owner.best is not None and cost + self._least_rest(place) >= owner.price:
            return
        if place == len(self.order):
            owner.offer(self.solution)
            return
        owner.steps += self.steps_of_rest[place]
        if owner.best is not None and cost + self._rest_by_price(place) >= owner.price:
            return
        line = self.order[place]
        self._units(place, line, 0, self.problem.quantity[line], cost, -1)

    def _units(self, place: int, line: int, option: int, left: int, cost: int, home: int) -> None:
        """Choose how many of the ``left`` units of a line go to its options from ``option`` on."""
        problem, owner = self.problem, self.owner
        # Shares of a line count too: a thousand units over six options have more than can be tried.
        if owner.steps >= owner.stop_at:
            owner.limited = True
            return
        owner.steps += 1
        options = self.options[line]
        if option == len(options) or not left:
            self._close_line(place, line, left, cost)
            return
        load = options[option]
        node = problem.load_node[load]
        levels = self.stock[problem.group[line]]
        most = min(left, levels[node])
        if not problem.splittable[line] and home not in {-1, node}:
            most = 0
        if self.tally is not None and most:
            most = self.tally.room(line, load, most)
        for units in range(most, -1, -1):
            if not units:
                self._units(place, line, option + 1, left, cost, home)
                continue
            if owner.steps >= owner.stop_at:
                owner.limited = True
                return
            owner.steps += 1
            added = self._put(line, load, node, units)
            if owner.best is None or cost + added < owner.price:
                self._units(place, line, option + 1, left - units, cost + added, node)
            self._take_back(line, load, node, units)
            if owner.limited:
                return

    def _close_line(self, place: int, line: int, left: int, cost: int) -> None:
        problem = self.problem
        if left:
            if self.whole_order:
                return
            if self.whole and left != problem.quantity[line]:
                return
            splits = problem.splittable[line] and not self.whole and not self.shared[line]
            splits = splits and self.tally is None
            if splits and not problem.optional[line] and self._more_to_be_had(line):
                return
            cost += left * problem.penalty[line]
        more = 0 if problem.optional[line] else left
        self.left_so_far += more
        self._line(place + 1, cost)
        self.left_so_far -= more

    def _more_to_be_had(self, line: int) -> bool:
        """Whether a node of the set still has units of the line: leaving them is never better."""
        levels = self.stock[self.problem.group[line]]
        return any(levels[self.problem.load_node[x]] for x in self.options[line])

    def _put(self, line: int, load: int, node: int, units: int) -> int:
        problem = self.problem
        before = self.bill[load]
        self.weight[load] += units * problem.weight[line]
        self.volume[load] += units * problem.volume[line]
        self.value[load] += units * problem.value[line]
        self.measure[load] += units * self.owner.bounder.grams[line]
        self.count[load] += units
        self.bill[load] = problem.load_cost(
            load, self.weight[load], self.volume[load], self.value[load]
        )
        self.stock[problem.group[line]][node] -= units
        self.solution[line, load] = units
        if self.tally is not None:
            self.tally.put(line, load, units)
        added = self.bill[load] - before + units * problem.unit_cost[line][load]
        if not self.node_count[node]:
            added += problem.fixed[node]
        self.node_count[node] += units
        return added

    def _take_back(self, line: int, load: int, node: int, units: int) -> None:
        problem = self.problem
        del self.solution[line, load]
        if self.tally is not None:
            self.tally.put(line, load, -units)
        self.weight[load] -= units * problem.weight[line]
        self.volume[load] -= units * problem.volume[line]
        self.value[load] -= units * problem.value[line]
        self.measure[load] -= units * self.owner.bounder.grams[line]
        self.count[load] -= units
        self.bill[load] = (
            problem.load_cost(load, self.weight[load], self.volume[load], self.value[load])
            if self.count[load]
            else 0
        )
        self.stock[problem.group[line]][node] += units
        self.node_count[node] -= units

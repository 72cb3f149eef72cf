"""Exact search for the cheapest plan: branch on which nodes ship, then on who ships what.

Every set of nodes is bounded from below (:mod:`ordercore.allocation.bound`, and by prices,
:mod:`ordercore.allocation.prices`); a set whose bound is not below the best plan known cannot hold
a better one and is left. Prices also rule out single nodes and loads. When all nodes of a set are
decided, lines are distributed over its loads one after the other, with a bound on what the rest
adds. Work is counted in steps, never in seconds, so the same limit gives the same plan anywhere.
"""

from __future__ import annotations

import attrs

from ordercore.allocation.billing import parcels_of, started_kg_of
from ordercore.allocation.bound import Bounder
from ordercore.allocation.filling import Filler
from ordercore.allocation.prices import PriceBounder, Priced
from ordercore.allocation.problem import Problem, Solution, whole_lines, whole_order
from ordercore.allocation.restrictions import Tally

__all__ = ["Found", "search"]

_FIRST_SHARE = 8
"""The part of the limit that each leaf gets at first; what is left then goes to the lowest."""

_ROUNDS, _ROUNDS_BELOW = 60, 8
"""How often prices are changed for all nodes together, and for each set of them."""

_STEPS_OF_A_SET = 20
"""A set of nodes takes as long as so many steps of distributing lines."""

_MILLI = _GRAMS = 1000

_MOST_LINES_DISTRIBUTED = 200
"""Lines with a choice that are distributed exactly; more would go deeper than Python recurses."""


@attrs.frozen(kw_only=True)
class Found:
    """The best solution met, its price, a lower bound on any, and whether the limit was hit."""

    solution: Solution
    price: int
    lower: int
    steps: int
    limited: bool


def search(problem: Problem, *, limit: int, must_use: int = 0) -> Found | None:
    """The cheapest solution within ``limit`` steps, and what none can be cheaper than.

    Args:
        problem: The compiled problem.
        limit: Steps that may be taken; none still gives a lawful solution and a true bound.
        must_use: Nodes, as bits, that have to ship something.

    Returns:
        None only when no solution ships from all nodes of ``must_use``.
    """
    run = _Search(problem, limit, must_use)
    everything = (1 << len(problem.nodes)) - 1
    root = run.bounder.bound(everything, must_use)
    run.warm_start(everything, root)
    known = run.price
    run.branch(everything, must_use, run.first_prices())
    if run.price != known:
        run.refine(root)
    run.distribute()
    if run.best is None:
        return None
    lower = run.price if run.floor is None else min(run.floor, run.price)
    return Found(
        solution=run.best,
        price=run.price,
        lower=lower,
        steps=run.steps,
        limited=lower < run.price,
    )


class _Search:
    def __init__(self, problem: Problem, limit: int, must_use: int) -> None:
        self.problem = problem
        self.limit = limit
        self.must_use = must_use
        self.steps = 0
        self.stop_at = limit
        self.limited = False
        # The least bound of what the limit left unsearched; None while nothing was.
        self.floor: int | None = None
        self.leaves: list[tuple[int, int, list[int]]] = []
        self.fillings: dict[int, Solution] = {}
        self.best: Solution | None = None
        self.price = 0
        self.bounder = Bounder(problem)
        self.pricer = PriceBounder(problem, self.bounder)
        self.filler = Filler(problem)
        # What all that a node could ship is worth, for rules about the parts of a split.
        self.worth = [0] * len(problem.nodes)
        if problem.restrictions is not None:
            for line, have in enumerate(problem.avail):
                for node, units in enumerate(have):
                    self.worth[node] += units * problem.value[line]
        if not must_use:
            self.offer({})

    # --- incumbents ---

    def offer(self, solution: Solution) -> bool:
        """Keep a solution if it is lawful here and better than the best; the first of equals."""
        problem = self.problem
        nodes = problem.nodes_of(solution)
        if nodes & self.must_use != self.must_use or nodes.bit_count() > problem.max_nodes:
            return False
        price = problem.price(solution)
        if self.best is not None and price >= self.price:
            return False
        rules = problem.restrictions
        if rules is not None and not rules.permits(solution):
            return False
        self.best, self.price = dict(solution), price
        return True

    def fill(self, mask: int) -> bool:
        """Offer the filling of a set of nodes, made once for each set."""
        if mask in self.fillings:
            return False
        filled = self.fillings[mask] = self.filler.fill(mask)
        return self.offer(filled)

    def refine(self, root: int) -> None:
        """Offer what a closer look at the best solution makes of it, unless none can be better."""
        if self.best and self.price > root:
            self.offer(self.filler.refine(self.best))

    def warm_start(self, everything: int, root: int) -> None:
        """Good solutions before the search: single nodes, then nodes added and dropped.

        Ends as soon as a solution meets the bound of the whole problem: none is better.
        """
        count = len(self.problem.nodes)
        for node in range(count):
            if self.fill(1 << node | self.must_use) and self.price <= root:
                return
        mask = self.must_use if self.best is None else self.problem.nodes_of(self.best)
        improved = True
        while improved:
            improved = False
            start = mask
            for node in range(count):
                other = start ^ 1 << node
                if self.fill(other):
                    if self.price <= root:
                        return
                    mask, improved = other, True
        if self.best is None or self.price >= self.problem.left_behind:
            self.fill(everything)
        self.refine(root)

    # --- which nodes ship ---

    def first_prices(self) -> list[int]:
        """Prices to begin with: those of the best solution, if there is one."""
        return self.pricer.first_prices(self.best or {})

    def price_out(
        self, allowed: int, forced: int, prices: list[int], rounds: int
    ) -> tuple[int, Priced, int]:
        """A bound by prices after :meth:`Bounder.bound` of the same nodes, and its prices.

        Also how much, in thousandths, may be added to it below the best plan known: opening a node
        that adds more, or closing one that gains more, leads to no better plan. Negative where
        the best plan leaves more behind than may be needed, since then nothing follows.
        """
        problem, bounder = self.problem, self.bounder
        shift = bounder.behind * problem.left_behind - problem.split_price
        most = problem.left_behind if self.best is None else self.price - shift
        known = self.best is not None and most <= problem.left_behind
        found = self.pricer.improve(
            prices,
            bounder.must(allowed),
            allowed,
            forced,
            target=min(most, problem.left_behind) * _MILLI,
            rounds=rounds,
        )
        money = min(-(-found.bound // _MILLI), problem.left_behind)
        return shift + money, found, (most - 1) * _MILLI - found.bound if known else -1

    def narrow(self, allowed: int, forced: int, found: Priced, room: int) -> tuple[int, int]:
        """The nodes that may still ship, and that have to, in any plan better than the best."""
        if room < 0:
            return allowed, forced
        for node, _ in self.pricer.compelled(self.bounder.must(allowed), allowed):
            forced |= 1 << node
        for node, gain in enumerate(found.gains):
            bit = 1 << node
            if allowed & bit and not forced & bit:
                if gain - found.open_at > room:
                    allowed &= ~bit
                elif found.next_at - gain > room:
                    forced |= bit
        return allowed, forced

    def branch(self, allowed: int, forced: int, prices: list[int], rounds: int = _ROUNDS) -> None:
        """Split the plans from ``allowed``, with all of ``forced`` shipping, into sets of nodes.

        Sets that may hold a better plan than the best known become leaves; what the limit leaves
        unsplit lowers the floor.
        """
        problem = self.problem
        while True:
            if forced.bit_count() > problem.max_nodes:
                return
            if forced.bit_count() == problem.max_nodes:
                allowed = forced
            rules = problem.restrictions
            if rules is not None and rules.hopeless(forced, self.worth):
                return
            lower = self.bounder.bound(allowed, forced)
            if self.best is not None and lower >= self.price:
                return
            by_price, found, room = self.price_out(allowed, forced, prices, rounds)
            prices, lower = found.prices, max(lower, by_price)
            if self.best is not None and lower >= self.price:
                return
            may, must = self.narrow(allowed, forced, found, room)
            if (may, must) == (allowed, forced):
                break
            allowed, forced, rounds = may, must, _ROUNDS_BELOW
        if self.steps + _STEPS_OF_A_SET > self.limit // 2:
            self.lower_floor(lower)
            return
        self.steps += _STEPS_OF_A_SET
        self.fill(allowed)
        if self.best is not None and lower >= self.price:
            return
        if allowed == forced or not allowed:
            self.leaves.append((lower, allowed, prices))
            return
        chosen = self._next_node(self.fillings[allowed], allowed & ~forced)
        self.branch(allowed, forced | chosen, prices, _ROUNDS_BELOW)
        self.branch(allowed & ~chosen, forced, prices, _ROUNDS_BELOW)

    def lower_floor(self, lower: int) -> None:
        """Something that may cost as little as ``lower`` stays unsearched."""
        self.floor = lower if self.floor is None else min(self.floor, lower)

    def distribute(self) -> None:
        """Search the leaves, those of the lowest bound first: they decide what is proven."""
        pending = sorted(self.leaves)
        for share in (max(1, self.limit // _FIRST_SHARE), self.limit):
            unfinished: list[tuple[int, int, list[int]]] = []
            for lower, mask, prices in pending:
                if self.best is not None and lower >= self.price:
                    break
                self.stop_at = min(self.limit, self.steps + share)
                if not _Distribution(self, mask, prices).run():
                    unfinished.append((lower, mask, prices))
            pending = unfinished
        if pending:
            self.lower_floor(pending[0][0])

    def _next_node(self, filled: Solution, undecided: int) -> int:
        """The undecided node that the filling leans on most; the first of equals."""
        problem = self.problem
        units: dict[int, int] = {}
        for (_, load), count in filled.items():
            node = problem.load_node[load]
            if undecided >> node & 1:
                units[node] = units.get(node, 0) + count
        if units:
            return 1 << max(units, key=lambda node: (units[node], -node))
        return undecided & -undecided


class _Distribution:
    """Lines over the loads of a decided set of nodes, exactly."""

    def __init__(self, owner: _Search, mask: int, prices: list[int]) -> None:
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
        by_price, found, room = owner.price_out(self.mask, self.mask, prices, _ROUNDS)
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
        if owner.steps >= owner.stop_at:
            owner.limited = True
            return
        owner.steps += 1
        if owner.best is not None and cost + self._least_rest(place) >= owner.price:
            return
        if place == len(self.order):
            owner.offer(self.solution)
            return
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

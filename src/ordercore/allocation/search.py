"""Exact search for the cheapest plan: branch on which nodes ship, then on who ships what.

Every set of nodes is bounded from below (:mod:`ordercore.allocation.bound`, and by prices,
:mod:`ordercore.allocation.prices`); a set whose bound is not below the best plan known cannot hold
a better one and is left. Prices also rule out single nodes and loads. When all nodes of a set are
decided, lines are distributed over its loads one after the other, with a bound on what the rest
adds. Work is counted in steps, never in seconds, so the same limit gives the same plan anywhere.
"""

from __future__ import annotations

import attrs

from ordercore.allocation.bound import Bounder
from ordercore.allocation.distribution import OFFERS_PER_STEP, Distribution
from ordercore.allocation.filling import Filler
from ordercore.allocation.prices import PriceBounder, Priced
from ordercore.allocation.problem import Problem, Solution

__all__ = ["Found", "search"]

_FIRST_SHARE = 8
"""The part of the limit that each leaf gets at first; what is left then goes to the lowest."""

_FIRST_ROUNDS, _ROUNDS_PER_NODE, _MOST_ROUNDS = 8, 4, 100
"""How often prices are changed for all nodes together: more have not been seen to pay."""

_ROUNDS_BELOW = 8
"""How often they are for sets of nodes, from those of the set above."""

_WORK_OF_PARCELS, _PARCELS_OF_MANY = 3, 4
"""How much longer a bound by price takes where an order fills many parcels, and what is many."""

_LEAST_STEPS_OF_A_SET = 4

_MILLI = 1000


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
    run = Run(problem, limit, must_use)
    everything = (1 << len(problem.nodes)) - 1
    root = run.bounder.bound(everything, must_use)
    run.warm_start(everything, root)
    known = run.price
    if run.best is None or run.price > root:
        rounds = min(_MOST_ROUNDS, _FIRST_ROUNDS + _ROUNDS_PER_NODE * len(problem.nodes))
        run.branch(everything, must_use, run.first_prices(), rounds)
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


def _fills_parcels(problem: Problem) -> bool:
    """Whether the order fills many parcels of some service."""
    grams = sum(n * w for n, w in zip(problem.quantity, problem.weight, strict=True))
    cm3 = sum(n * v for n, v in zip(problem.quantity, problem.volume, strict=True))
    return any(
        grams > _PARCELS_OF_MANY * weight and cm3 > _PARCELS_OF_MANY * volume
        for weight, volume in zip(problem.max_weight, problem.max_volume, strict=True)
    )


class Run:
    """One search: its incumbent, its sets of nodes, and what they have cost in steps."""

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
        self._pricer: PriceBounder | None = None
        self.filler = Filler(problem)
        offers = sum(len(loads) for loads in problem.options)
        if _fills_parcels(problem):
            offers *= _WORK_OF_PARCELS
        self.steps_of_a_set = max(_LEAST_STEPS_OF_A_SET, offers // OFFERS_PER_STEP)
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

    @property
    def pricer(self) -> PriceBounder:
        """Made when it is needed: many orders are proven by the first bound."""
        if self._pricer is None:
            self._pricer = PriceBounder(self.problem, self.bounder)
        return self._pricer

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

    def branch(self, allowed: int, forced: int, prices: list[int], rounds: int) -> None:
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
        if self.steps + self.steps_of_a_set > self.limit // 2:
            self.lower_floor(lower)
            return
        self.steps += self.steps_of_a_set
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
                if not Distribution(self, mask, prices).run():
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

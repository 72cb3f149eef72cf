"""From outlooks, lanes and stock to the transfers that earn most, before anybody orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import lcm

import attrs

from ordercore.allocation.positioning.flow import (
    ENDLESS,
    Market,
    Reach,
    fit_into_rooms,
    settle,
)
from ordercore.allocation.positioning.lane import TransferLane
from ordercore.allocation.positioning.outlook import DemandOutlook
from ordercore.allocation.positioning.transfer_plan import Placement, Transfer, TransferPlan
from ordercore.inventory import StockSnapshot
from ordercore.kernel import (
    FaultList,
    Money,
    NodeId,
    Reason,
    Rounding,
    Sku,
    answering,
    problems,
    round_ratio,
)

__all__ = ["rebalance"]


@answering
def rebalance(
    outlooks: Iterable[DemandOutlook],
    lanes: Iterable[TransferLane],
    stock: StockSnapshot,
    *,
    room: Mapping[str, int] | None = None,
) -> TransferPlan:
    """Decide what to move where before it is ordered, so that it earns the most on average.

    Filling front warehouses from a central one and moving surplus to shortage are the same
    question. A unit earns at a node what its outlook says of the number of units that stand there
    then; where nobody said anything it earns nothing, so a central warehouse without an outlook
    gives all that is asked of it. Give it an outlook with chance 1 for what it is to keep.

    The plan is the optimum, proven by the method (see :mod:`.flow`), not by a search with a limit:
    no other transfers of the units in ``stock`` over these lanes, within the rooms, earn more on
    average. Nothing is moved that gains nothing. The order of the input does not matter.

    O(SKUs × runs × nodes × lanes), a run being units that earn the same; where rooms are short,
    once more for every run of units that has to leave again.

    Args:
        outlooks: One for each SKU and node that somebody has a forecast for.
        lanes: The ways on which units can be moved, directly; a unit is moved once.
        stock: Units that may be moved: what is promised to an order is not in it.
        room: Of nodes that have a limit, how many units of these SKUs they can take in besides
            what stands there; what leaves makes room.

    Raises:
        InvalidBatch: ``rebalance.outlook_twice``, ``rebalance.lane_twice``,
            ``rebalance.currency`` (gains and costs in several), ``rebalance.room`` (an integer ≥
            0), ``rebalance.empty`` where neither an outlook nor a lane names a currency; all at
            once.

    Example:
        >>> from ordercore.allocation import DemandOutlook, TransferLane
        >>> yuan = lambda text: Money.of(text, "CNY")
        >>> fronts = [
        ...     DemandOutlook(
        ...         sku="TEA", node="front-1", chances={8: "0.9", 20: "0.3"}, gain=yuan("4")
        ...     ),
        ...     DemandOutlook(sku="TEA", node="front-2", chances={10: "0.6"}, gain=yuan("4")),
        ... ]
        >>> ways = [
        ...     TransferLane(source="central", target=front, cost_per_unit=yuan("0.80"))
        ...     for front in ("front-1", "front-2")
        ... ]
        >>> plan = rebalance(fronts, ways, StockSnapshot.of({("TEA", "central"): 20}))
        >>> [(str(each.target), each.quantity) for each in plan.transfers]
        [('front-1', 10), ('front-2', 10)]
        >>> plan.expected_gain_minor
        Fraction(3920, 1)
    """
    asked = sorted(outlooks, key=lambda each: (each.sku, each.node))
    ways = sorted(lanes, key=lambda each: (each.source, each.target))
    currency = _checked(asked, ways, room or {})
    problem = _Problem.of(asked, ways, stock)
    markets = [problem.market(sku) for sku in problem.skus]
    before = [list(market.levels) for market in markets]
    for market in markets:
        settle(market)
    held = [sum(levels[node] for levels in before) for node in range(len(problem.nodes))]
    limits = {
        problem.index[NodeId(node)]: held[problem.index[NodeId(node)]] + units
        for node, units in (room or {}).items()
        if NodeId(node) in problem.index
    }
    if markets:
        fit_into_rooms(markets, limits)
    return TransferPlan(
        transfers=tuple(
            Transfer(
                sku,
                source=problem.nodes[source],
                target=problem.nodes[target],
                quantity=units,
                cost=problem.costs[source][target] * units,
            )
            for sku, market in zip(problem.skus, markets, strict=True)
            for source, goals in enumerate(market.flow)
            for target, units in sorted(goals.items())
            if target != source
        ),
        placements=tuple(
            problem.placement(each, markets[number], before[number], currency)
            for number, sku in enumerate(problem.skus)
            for each in problem.outlooks.get(sku, {}).values()
        ),
        expected_gain_minor=Fraction(
            sum(_gain(market, start) for market, start in zip(markets, before, strict=True)),
            problem.scale,
        ),
        currency=currency,
    )


def _checked(
    outlooks: list[DemandOutlook], lanes: list[TransferLane], room: Mapping[str, int]
) -> str:
    faults: FaultList = problems()
    amounts: list[tuple[str, Money]] = []
    places: set[tuple[Sku, NodeId]] = set()
    for outlook in outlooks:
        path = f"outlooks[{outlook.sku}@{outlook.node}]"
        if (outlook.sku, outlook.node) in places:
            faults.add("rebalance.outlook_twice", path, str(outlook.sku), "one for each place")
        places.add((outlook.sku, outlook.node))
        amounts.append((f"{path}.gain", outlook.gain))
    pairs: set[tuple[NodeId, NodeId]] = set()
    for lane in lanes:
        path = f"lanes[{lane.source}→{lane.target}]"
        if (lane.source, lane.target) in pairs:
            faults.add("rebalance.lane_twice", path, str(lane.source), "one for each pair of nodes")
        pairs.add((lane.source, lane.target))
        amounts.append((f"{path}.cost_per_unit", lane.cost_per_unit))
    for path, amount in amounts:
        if amount.currency != amounts[0][1].currency:
            expected = f"an amount in {amounts[0][1].currency}"
            faults.add("rebalance.currency", path, amount, expected)
    for node, units in room.items():
        if type(units) is not int or units < 0:
            faults.add("rebalance.room", f"room[{node}]", units, "an integer ≥ 0")
    if not amounts:
        faults.add("rebalance.empty", "outlooks", (), "an outlook or a lane")
    faults.raise_if_any("rebalancing")
    return amounts[0][1].currency


@attrs.frozen(eq=False)
class _Problem:
    """Nodes and SKUs by index, in the order of their ids; amounts as integers of one scale."""

    skus: list[Sku]
    nodes: list[NodeId]
    index: dict[NodeId, int]
    outlooks: dict[Sku, dict[NodeId, DemandOutlook]]
    costs: list[dict[int, Money]]
    stock: StockSnapshot
    scale: int

    @classmethod
    def of(
        cls, outlooks: list[DemandOutlook], lanes: list[TransferLane], stock: StockSnapshot
    ) -> _Problem:
        by_sku: dict[Sku, dict[NodeId, DemandOutlook]] = {}
        for outlook in outlooks:
            by_sku.setdefault(outlook.sku, {})[outlook.node] = outlook
        # Nobody asks for the others, so nothing of them moves.
        skus = sorted(by_sku)
        named = {outlook.node for outlook in outlooks}
        named |= {node for lane in lanes for node in (lane.source, lane.target)}
        nodes = sorted(named)
        index = {node: number for number, node in enumerate(nodes)}
        costs: list[dict[int, Money]] = [{} for _ in nodes]
        for lane in lanes:
            costs[index[lane.source]][index[lane.target]] = lane.cost_per_unit
        scale = lcm(*(c.denominator for outlook in outlooks for c in outlook.chances.values()))
        return cls(skus, nodes, index, by_sku, costs, stock, scale)

    def market(self, sku: Sku) -> Market:
        shelves: list[list[tuple[int, int]]] = []
        for node in self.nodes:
            outlook = self.outlooks[sku].get(node)
            runs: list[tuple[int, int]] = []
            start = 0
            if outlook is not None:
                for units, chance in outlook.chances.items():
                    runs.append((units - start, int(outlook.worth_of(chance) * self.scale)))
                    start = units
            rest = Fraction() if outlook is None else outlook.worth_of(Fraction())
            runs.append((ENDLESS, int(rest * self.scale)))
            shelves.append(runs)
        return Market(
            [self.stock.available(sku, node) for node in self.nodes],
            [
                {target: cost.minor * self.scale for target, cost in lanes.items()}
                for lanes in self.costs
            ],
            shelves,
        )

    def placement(
        self, outlook: DemandOutlook, market: Market, before: list[int], currency: str
    ) -> Placement:
        """What a node has in the end, and what keeps the next unit away."""
        node = self.index[outlook.node]
        others = [each for each in range(len(self.nodes)) if each != node]
        way: Reach | None = market.reach(others).get(node)
        earns = market.next_worth(node)
        gain: Fraction | None = None
        if way is None:
            reason = Reason("rebalance.no_source", obtain="units at a node with a lane to this one")
        else:
            gain = Fraction(way.gain + earns, self.scale)
            facts = {
                "earns": self._rounded(earns, currency),
                "costs": self._rounded(-way.gain, currency),
            }
            if gain > 0:
                reason = Reason("rebalance.no_room", facts=facts, obtain="more room at the node")
            else:
                reason = Reason(
                    "rebalance.not_worth", facts=facts, obtain="a better outlook or a cheaper lane"
                )
        return Placement(
            outlook.sku,
            node=outlook.node,
            before=before[node],
            after=market.levels[node],
            next_gain_minor=gain,
            reason=reason,
        )

    def _rounded(self, amount: int, currency: str) -> Money:
        return Money(round_ratio(Fraction(amount, self.scale), Rounding.HALF_EVEN), currency)


def _gain(market: Market, before: list[int]) -> int:
    placed = sum(
        market.value(node, level) - market.value(node, start)
        for node, (level, start) in enumerate(zip(market.levels, before, strict=True))
    )
    moved = sum(
        market.costs[source][target] * units
        for source, goals in enumerate(market.flow)
        for target, units in goals.items()
    )
    return placed - moved

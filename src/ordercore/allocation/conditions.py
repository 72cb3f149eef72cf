"""What holds for every order at the moment of planning: prices besides bills, and capacity left."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import cast

import attrs

from ordercore.kernel import (
    Currency,
    FaultList,
    FrozenMap,
    Money,
    NodeId,
    Sku,
    as_map,
    checked,
    problems,
)

__all__ = ["COST_TERMS", "NO_CONDITIONS", "Conditions", "CostTerm", "NodeCapacity"]

COST_TERMS = (
    "freight",
    "lateness",
    "node_fixed",
    "parcel_handling",
    "unfilled_penalty",
    "unit_handling",
)
"""The terms of every plan's cost, sorted; a merchant's own stand beside them."""

_NOWHERE: FrozenMap[NodeId, Money] = FrozenMap()


def _by_sku(given: Mapping[str, Mapping[str, Money]]) -> FrozenMap[Sku, FrozenMap[NodeId, Money]]:
    found = as_map(given)
    if type(found) is not FrozenMap:
        return cast("FrozenMap[Sku, FrozenMap[NodeId, Money]]", found)
    return FrozenMap({Sku(sku): _by_node(nodes) for sku, nodes in found.items()})


def _by_node(given: Mapping[str, Money]) -> FrozenMap[NodeId, Money]:
    found = as_map(given)
    if type(found) is not FrozenMap:
        return cast("FrozenMap[NodeId, Money]", found)
    return FrozenMap({NodeId(node): amount for node, amount in found.items()})


@attrs.frozen(kw_only=True)
@checked
class CostTerm:
    """Prices that the merchant puts on choices, to weigh them against freight and handling.

    They decide where units come from and are nobody's bill: margin that a node's price list
    forgoes, stock that is wanted elsewhere (a shadow price per SKU and node), a store that would
    rather not pack, a buyer's annoyance with a second parcel. What is not priced costs nothing. A
    reward is stated as what the others cost more, so that no amount is below zero.

    Args:
        per_unit: For each unit of a SKU that a node ships.
        per_node_unit: For each unit of any SKU that a node ships.
        per_node: Once where a node ships.
        per_split: For each shipping node beyond the first.

    Raises:
        InvalidBatch: ``term.amount`` for every amount below zero, ``term.currency`` for another
            currency than the first's, ``term.empty`` without any amount.

    Example:
        >>> scarce = CostTerm(per_unit={"TEA": {"ningbo": Money(250, "CNY")}})
        >>> scarce.unit_minor("TEA", "ningbo"), scarce.unit_minor("TEA", "hefei")
        (250, 0)
    """

    per_unit: FrozenMap[Sku, FrozenMap[NodeId, Money]] = attrs.field(
        default=FrozenMap(), converter=_by_sku
    )
    per_node_unit: FrozenMap[NodeId, Money] = attrs.field(default=_NOWHERE, converter=_by_node)
    per_node: FrozenMap[NodeId, Money] = attrs.field(default=_NOWHERE, converter=_by_node)
    per_split: Money | None = None

    def __attrs_post_init__(self) -> None:
        faults = problems()
        amounts: list[tuple[str, Money]] = [
            *((f"per_unit[{s}][{n}]", m) for s, at in self.per_unit.items() for n, m in at.items()),
            *((f"per_node_unit[{n}]", m) for n, m in self.per_node_unit.items()),
            *((f"per_node[{n}]", m) for n, m in self.per_node.items()),
        ]
        if self.per_split is not None:
            amounts.append(("per_split", self.per_split))
        for place, amount in amounts:
            if amount.minor < 0:
                faults.add("term.amount", place, amount, "an amount of zero or more")
            if amount.currency != amounts[0][1].currency:
                expected = f"an amount in {amounts[0][1].currency}"
                faults.add("term.currency", place, amount, expected)
        if not amounts:
            faults.add("term.empty", "per_split", None, "at least one amount")
        faults.raise_if_any("cost term")

    @property
    def currency(self) -> Currency:
        """The one currency of all amounts."""
        some = chain(
            (amount for nodes in self.per_unit.values() for amount in nodes.values()),
            self.per_node_unit.values(),
            self.per_node.values(),
            () if self.per_split is None else (self.per_split,),
        )
        return next(some).currency

    def unit_minor(self, sku: str, node: str) -> int:
        """What a unit of the SKU costs more at the node, in minor units. O(1)."""
        own = self.per_unit.get(Sku(sku), _NOWHERE).get(NodeId(node))
        of_all = self.per_node_unit.get(NodeId(node))
        return (0 if own is None else own.minor) + (0 if of_all is None else of_all.minor)

    def node_minor(self, node: str) -> int:
        """What it costs more that the node ships at all, in minor units. O(1)."""
        amount = self.per_node.get(NodeId(node))
        return 0 if amount is None else amount.minor

    @property
    def split_minor(self) -> int:
        """What each node beyond the first costs more, in minor units."""
        return 0 if self.per_split is None else self.per_split.minor


@attrs.frozen(kw_only=True)
@checked
class NodeCapacity:
    """What a node can still take on: orders, and units of one order; None is without limit.

    Raises:
        InvalidBatch: ``capacity.orders``, ``capacity.units`` unless integers of zero or more.

    Example:
        >>> NodeCapacity(units=40).units, NodeCapacity(orders=0).closed, NodeCapacity().closed
        (40, True, False)
    """

    orders: int | None = None
    units: int | None = None

    def __attrs_post_init__(self) -> None:
        faults = problems()
        for field, left in (("orders", self.orders), ("units", self.units)):
            if left is not None and (type(left) is not int or left < 0):
                faults.add(f"capacity.{field}", field, left, "an integer ≥ 0 or None")
        faults.raise_if_any("node capacity")

    @property
    def closed(self) -> bool:
        """Whether the node takes on nothing at all."""
        return self.orders == 0 or self.units == 0


def _capacity(given: Mapping[str, NodeCapacity]) -> FrozenMap[NodeId, NodeCapacity]:
    found = as_map(given)
    if type(found) is not FrozenMap:
        return cast("FrozenMap[NodeId, NodeCapacity]", found)
    return FrozenMap({NodeId(node): capacity for node, capacity in found.items()})


def _terms(given: Mapping[str, CostTerm]) -> FrozenMap[str, CostTerm]:
    return as_map(given)


@attrs.frozen(kw_only=True)
@checked
class Conditions:
    """What planning heeds beside order, network and stock, alike for every order of the moment.

    Args:
        terms: Prices that the merchant adds to the cost, by the name under which a plan's
            :class:`CostBreakdown` shows them.
        capacity: What nodes can still take on; a node that is not named takes on any order.
        plan_rest: Whether the rest of an order is planned where :func:`demand_findings` has errors
            about a part of it. False leaves all of it behind, as ``allocation.contradictory``.

    Raises:
        InvalidBatch: ``conditions.term`` for a name that is empty, unprintable or a term of every
            plan; ``conditions.currency`` for terms in several currencies.

    Example:
        >>> nuisance = CostTerm(per_split=Money(300, "CNY"))
        >>> Conditions(terms={"annoyance": nuisance}).split_minor
        300
    """

    terms: FrozenMap[str, CostTerm] = attrs.field(default=FrozenMap(), converter=_terms)
    capacity: FrozenMap[NodeId, NodeCapacity] = attrs.field(
        default=FrozenMap(), converter=_capacity
    )
    plan_rest: bool = True

    def __attrs_post_init__(self) -> None:
        faults = problems()
        self._check_terms(faults)
        faults.raise_if_any("conditions")

    def _check_terms(self, faults: FaultList) -> None:
        for name in self.terms:
            if not name or not name.isprintable() or name in COST_TERMS:
                expected = "a short printable name of its own"
                faults.add("conditions.term", f"terms[{name}]", name, expected)
        currencies = {term.currency for term in self.terms.values()}
        if len(currencies) > 1:
            found = tuple(sorted(currencies))
            faults.add("conditions.currency", "terms", found, "one currency")

    def closed(self, node: str) -> bool:
        """Whether a node takes on nothing at all."""
        if not self.capacity:
            return False
        capacity = self.capacity.get(NodeId(node))
        return capacity is not None and capacity.closed

    def units_left(self, node: str) -> int | None:
        """The units of one order that a node can still take on; None without limit."""
        if not self.capacity:
            return None
        capacity = self.capacity.get(NodeId(node))
        if capacity is None:
            return None
        return 0 if capacity.closed else capacity.units

    @property
    def split_minor(self) -> int:
        """What each node beyond the first costs more by all terms, in minor units."""
        return sum(term.split_minor for term in self.terms.values())


NO_CONDITIONS = Conditions()
"""Nothing besides order, network and stock."""

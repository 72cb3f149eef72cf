"""The answer of planning: what is taken where, what it costs, and how good that is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import attrs

from ordercore.allocation.conditions import COST_TERMS, NO_CONDITIONS, Conditions
from ordercore.allocation.demand import Demand
from ordercore.inventory import StockSnapshot
from ordercore.kernel import (
    FrozenMap,
    Instant,
    InvalidValue,
    LineId,
    Money,
    NodeId,
    OrderId,
    Reason,
    ServiceId,
    Sku,
    as_map,
    checked,
    problems,
    total,
)
from ordercore.network import Network

if TYPE_CHECKING:
    from ordercore.allocation.explanation import Explanation

__all__ = ["AllocationPlan", "CostBreakdown", "Load", "Take", "Unfilled"]


@attrs.frozen(order=True)
@checked
class Take:
    """Units of one line that one node ships with one carrier service.

    Raises:
        InvalidValue: ``take.quantity`` for anything but an integer ≥ 1.

    Example:
        >>> Take("1", sku="TEA", node="ningbo", service="sf", quantity=2).node
        NodeId('ningbo')
    """

    line_id: LineId = attrs.field(converter=LineId)
    sku: Sku = attrs.field(converter=Sku, kw_only=True)
    node: NodeId = attrs.field(converter=NodeId, kw_only=True)
    service: ServiceId = attrs.field(converter=ServiceId, kw_only=True)
    quantity: int = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        if type(self.quantity) is not int or self.quantity < 1:
            raise InvalidValue("take.quantity", "quantity", self.quantity, "an integer ≥ 1")


@attrs.frozen(kw_only=True)
@checked
class Load:
    """What one node hands to one service in one handling class, and how it is billed.

    ``parcels`` is the largest of ⌈weight ÷ limit⌉, ⌈volume ÷ limit⌉ and, where customs limit it,
    ⌈value ÷ limit⌉, at least one. ``started_kg`` are kilograms begun by weight, or by volume where
    the service bills the larger. ``freight`` is parcels × base + started kilograms × the rate.
    ``arrives`` is the day that may be promised; None where nobody told when the order is planned.

    Example:
        >>> Load(
        ...     node="ningbo",
        ...     service="sf",
        ...     handling_class="ambient",
        ...     units=3,
        ...     weight_g=1250,
        ...     volume_cm3=900,
        ...     parcels=1,
        ...     started_kg=2,
        ...     freight=Money(1200, "CNY"),
        ... ).parcels
        1
    """

    node: NodeId = attrs.field(converter=NodeId)
    service: ServiceId = attrs.field(converter=ServiceId)
    handling_class: str
    units: int
    weight_g: int
    volume_cm3: int
    parcels: int
    started_kg: int
    freight: Money
    arrives: date | None = None


@attrs.frozen
@checked
class Unfilled:
    """Units of a line that the plan leaves behind, and why.

    Example:
        >>> Unfilled("1", quantity=2, reason=Reason("allocation.no_stock")).reason.code
        'allocation.no_stock'
    """

    line_id: LineId = attrs.field(converter=LineId)
    quantity: int = attrs.field(kw_only=True)
    reason: Reason = attrs.field(kw_only=True)


def _terms(given: Mapping[str, Money]) -> FrozenMap[str, Money]:
    return as_map(given)


@attrs.frozen
@checked
class CostBreakdown:
    """A plan's cost by term: those of ``COST_TERMS`` and the merchant's own, in one currency.

    Raises:
        InvalidBatch: ``cost.terms`` where one of ``COST_TERMS`` is missing, ``cost.currency`` for
            several currencies.

    Example:
        >>> cost = CostBreakdown({term: Money(len(term), "CNY") for term in COST_TERMS})
        >>> cost.total, cost.merchant
        (Money(minor=69, currency=Currency('CNY')), FrozenMap({}))
        >>> str(cost.node_fixed)
        'CNY 0.10'
    """

    terms: FrozenMap[str, Money] = attrs.field(converter=_terms)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not all(term in self.terms for term in COST_TERMS):
            faults.add("cost.terms", "terms", tuple(self.terms), f"the terms {COST_TERMS}")
        if len({amount.currency for amount in self.terms.values()}) > 1:
            faults.add("cost.currency", "terms", tuple(self.terms.values()), "one currency")
        faults.raise_if_any("cost breakdown")

    @property
    def total(self) -> Money:
        """The sum of the terms."""
        return total(self.terms.values(), self.node_fixed.currency)

    @property
    def node_fixed(self) -> Money:
        """What using each shipping node costs, once per node."""
        return self.terms["node_fixed"]

    @property
    def unit_handling(self) -> Money:
        """Handling of units at their nodes."""
        return self.terms["unit_handling"]

    @property
    def parcel_handling(self) -> Money:
        """Handling of parcels at their nodes."""
        return self.terms["parcel_handling"]

    @property
    def freight(self) -> Money:
        """What the carriers bill."""
        return self.terms["freight"]

    @property
    def lateness(self) -> Money:
        """The penalties that the demand states for units that arrive after the due day."""
        return self.terms["lateness"]

    @property
    def merchant(self) -> FrozenMap[str, Money]:
        """What the merchant's own terms add, by their names; nobody's bill."""
        return FrozenMap({t: amount for t, amount in self.terms.items() if t not in COST_TERMS})

    @property
    def unfilled_penalty(self) -> Money:
        """The penalties that the demand states for units left behind."""
        return self.terms["unfilled_penalty"]


@attrs.frozen(kw_only=True)
@checked
class AllocationPlan:
    """Which node ships which units how, what that costs, and the proof of how good it is.

    ``bound`` is proven: among all lawful plans that leave no more units behind (and, for
    ``fewest-splits``, ship from no more nodes), none costs less. ``optimal`` says that the plan
    is proven the best by its strategy's criteria; for ``nearest``, which does not search, that
    its cost meets the bound. ``limit_hit`` names the limit that stopped the search, or is None.

    Takes are sorted by line, node and service; per line, takes and unfilled sum to the demand.
    The plan keeps digests of what it was made from: the demand, the stock of its SKUs, the
    network, and the conditions (empty where there were none).

    Example:
        >>> from ordercore.allocation import AllocationPlan
        >>> [field for field in ("takes", "bound") if hasattr(AllocationPlan, field)]
        ['takes', 'bound']
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    strategy: str
    at: Instant
    takes: tuple[Take, ...]
    loads: tuple[Load, ...]
    unfilled: tuple[Unfilled, ...]
    cost: CostBreakdown
    bound: Money
    optimal: bool
    limit_hit: str | None
    search_nodes: int
    demand_digest: str
    stock_digest: str
    network_digest: str
    conditions_digest: str = ""

    @property
    def gap(self) -> Money:
        """How far the cost may lie above the best: cost less bound, zero when proven."""
        return self.cost.total - self.bound

    @property
    def nodes(self) -> tuple[NodeId, ...]:
        """The nodes that ship, sorted."""
        return tuple(sorted({take.node for take in self.takes}))

    @property
    def parcels(self) -> int:
        """The parcels of all loads."""
        return sum(load.parcels for load in self.loads)

    @property
    def arrives(self) -> date | None:
        """The day on which the last load may be promised; None when nothing ships."""
        days = [load.arrives for load in self.loads if load.arrives is not None]
        return max(days, default=None)

    @property
    def complete(self) -> bool:
        """Whether every unit ships."""
        return not self.unfilled

    def explain(
        self,
        about: str,
        demand: Demand,
        network: Network,
        stock: StockSnapshot,
        *,
        conditions: Conditions = NO_CONDITIONS,
    ) -> Explanation:
        """Why the plan is so: about ``node:<id>`` or ``line:<id>``, derived anew on demand.

        For a node that does not ship, the plan is solved again with the node forced in, so the
        answer says what that would cost. For a line, each node's part in it is listed.

        Args:
            about: ``node:`` or ``line:`` and an id.
            demand: The demand that was planned.
            network: The network that it was planned on.
            stock: A snapshot with the same units of the demanded SKUs.
            conditions: What it was planned under.

        Raises:
            InvalidBatch: ``plan.other_demand``, ``plan.other_network``, ``plan.other_stock``,
                ``plan.other_conditions``: every input that is not what the plan was made from.
            InvalidValue: ``plan.about`` for a subject that is neither of the two.
            NotFound: for a node or line that does not exist.
        """
        from ordercore.allocation.explanation import explain

        return explain(self, about, demand, network, stock, conditions)

"""Nodes: the places that hold stock and ship it."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import (
    BusinessCalendar,
    InvalidValue,
    Money,
    NodeId,
    as_tuple,
    checked,
    expect,
    problems,
)
from ordercore.network.geo import GeoPoint
from ordercore.network.region import Region, is_name

__all__ = ["DEFAULT_CLASSES", "Node", "handling_classes"]

DEFAULT_CLASSES = frozenset({"ambient"})


def handling_classes(given: Iterable[str]) -> frozenset[str]:
    """Handling classes from any iterable of names; one string is refused, not taken apart.

    Raises:
        InvalidValue: ``network.classes``, also when there is none.

    Example:
        >>> handling_classes(["ambient", "ambient"])
        frozenset({'ambient'})
    """
    names = as_tuple(given)
    if type(names) is not tuple or not names or not all(is_name(name) and name for name in names):
        raise InvalidValue("network.classes", "classes", given, "a set of at least one class name")
    return frozenset(names)


@attrs.frozen
@checked
class Node:
    """A warehouse, store or supplier: where it is, what it handles, what using it costs.

    ``cost_per_shipment`` is paid once when an order uses the node, ``cost_per_parcel`` for each
    parcel and ``cost_per_unit`` for each unit that it ships; the last two are zero unless given.
    ``kind`` is the host's own word. ``calendar`` says when the node works; None is always.

    Raises:
        InvalidBatch: ``node.point``, ``node.region``, ``node.name``, ``node.kind``,
            ``node.cost_negative``, ``node.currency`` (costs in more than one), ``node.calendar``.

    Example:
        >>> node = Node(
        ...     "ningbo",
        ...     GeoPoint.of("29.8683", "121.5440"),
        ...     Region("CN", "ZJ", "Ningbo"),
        ...     cost_per_shipment=Money(500, "CNY"),
        ... )
        >>> node.cost_per_unit, node.handles("ambient")
        (Money(minor=0, currency=Currency('CNY')), True)
    """

    id: NodeId = attrs.field(converter=NodeId)
    point: GeoPoint
    region: Region
    name: str = attrs.field(default="", kw_only=True)
    kind: str = attrs.field(default="warehouse", kw_only=True)
    classes: frozenset[str] = attrs.field(
        default=DEFAULT_CLASSES, converter=handling_classes, kw_only=True
    )
    cost_per_shipment: Money = attrs.field(kw_only=True)
    cost_per_parcel: Money = attrs.field(kw_only=True)
    cost_per_unit: Money = attrs.field(kw_only=True)
    calendar: BusinessCalendar | None = attrs.field(default=None, kw_only=True)

    @cost_per_parcel.default
    def _no_cost_per_parcel(self) -> Money:
        return Money.zero(expect(self.cost_per_shipment, Money, "cost_per_shipment").currency)

    @cost_per_unit.default
    def _no_cost_per_unit(self) -> Money:
        return Money.zero(expect(self.cost_per_shipment, Money, "cost_per_shipment").currency)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not isinstance(self.point, GeoPoint):
            faults.add("node.point", "point", self.point, "a GeoPoint")
        if not isinstance(self.region, Region):
            faults.add("node.region", "region", self.region, "a Region")
        if not is_name(self.name):
            faults.add("node.name", "name", self.name, "short printable text")
        if not is_name(self.kind) or not self.kind:
            faults.add("node.kind", "kind", self.kind, "a word such as 'warehouse'")
        currency = expect(self.cost_per_shipment, Money, "cost_per_shipment").currency
        for field, cost in (
            ("cost_per_shipment", self.cost_per_shipment),
            ("cost_per_parcel", self.cost_per_parcel),
            ("cost_per_unit", self.cost_per_unit),
        ):
            expect(cost, Money, field)
            if cost.minor < 0:
                faults.add("node.cost_negative", field, cost, "an amount of zero or more")
            if cost.currency != currency:
                faults.add("node.currency", field, cost, f"an amount in {currency}")
        if self.calendar is not None and not isinstance(self.calendar, BusinessCalendar):
            faults.add("node.calendar", "calendar", self.calendar, "a BusinessCalendar or None")
        faults.raise_if_any("node")

    def handles(self, handling_class: str) -> bool:
        """Whether the node can hold and pack goods of this class."""
        return handling_class in self.classes

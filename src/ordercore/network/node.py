"""Nodes: the places that hold stock and ship it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import attrs

from ordercore.kernel import (
    BusinessCalendar,
    InvalidValue,
    Money,
    NodeId,
    as_tuple,
    checked,
    expect,
    instant,
    problems,
)
from ordercore.network.geo import GeoPoint
from ordercore.network.region import Region, is_name

__all__ = ["DEFAULT_CLASSES", "Node", "handling_classes"]

_MOST_LEAD_DAYS = 3660

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
    ``kind`` is the host's own word. ``calendar`` says when the node works and until when an order
    counts for the day; None is always, by the days of UTC. ``lead_days`` are the working days that
    goods take from the day on which the order is handled to the carrier's hands.

    Raises:
        InvalidBatch: ``node.point``, ``node.region``, ``node.name``, ``node.kind``,
            ``node.cost_negative``, ``node.currency`` (costs in more than one), ``node.calendar``,
            ``node.lead_days`` (an integer 0 to 3,660).

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
    lead_days: int = attrs.field(default=0, kw_only=True)

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
        if type(self.lead_days) is not int or not 0 <= self.lead_days <= _MOST_LEAD_DAYS:
            expected = f"an integer 0 to {_MOST_LEAD_DAYS}"
            faults.add("node.lead_days", "lead_days", self.lead_days, expected)
        faults.raise_if_any("node")

    def handles(self, handling_class: str) -> bool:
        """Whether the node can hold and pack goods of this class."""
        return handling_class in self.classes

    def ready_day(self, at: datetime) -> date:
        """The day on which goods ordered at ``at`` are ready for a carrier.

        The working day on which the calendar says that the order is handled, or the day in UTC,
        and ``lead_days`` working days more.

        Raises:
            InvalidValue: ``calendar.closed_too_long``, and as :func:`instant`.

        Example:
            >>> node = Node(
            ...     "ningbo",
            ...     GeoPoint.of("29.8683", "121.5440"),
            ...     Region("CN", "ZJ", "Ningbo"),
            ...     cost_per_shipment=Money(500, "CNY"),
            ...     lead_days=2,
            ... )
            >>> node.ready_day(instant("2026-11-11T23:00+08:00")).isoformat()
            '2026-11-13'
        """
        if self.calendar is None:
            moment = instant(at)
            return date(moment.year, moment.month, moment.day) + timedelta(days=self.lead_days)
        handled = self.calendar.ready(at)
        return (
            self.calendar.next_working_day(handled, self.lead_days) if self.lead_days else handled
        )

"""What an order asks of the network: lines, destination, and the conditions of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import cast

import attrs

from ordercore.kernel import (
    Choice,
    Currency,
    FaultList,
    InvalidValue,
    LineId,
    Money,
    NodeId,
    OrderId,
    ServiceId,
    Sku,
    as_tuple,
    checked,
    frozen_set,
    items_as,
    problems,
    sorted_tuple,
)
from ordercore.network import CarrierService, Destination

__all__ = ["Demand", "DemandLine", "ShipComplete"]


class ShipComplete(Choice):
    """Whether less than everything may be shipped.

    ``NO`` ships what there is; ``LINE`` ships each line whole or not at all; ``ORDER`` ships the
    whole order or nothing. What does not ship is unfilled, with its reason.

    Example:
        >>> ShipComplete("line")
        <ShipComplete.LINE: 'line'>
    """

    NO = "no"
    LINE = "line"
    ORDER = "order"


_LINE_AMOUNTS = ("late_penalty", "unfilled_penalty", "unit_value")


@attrs.frozen
@checked
class DemandLine:
    """Units of one SKU that one order line asks for.

    ``weight_g``, ``volume_cm3`` and ``unit_value`` (what customs ask for; None where nobody told)
    are of one unit. A line that is not ``splittable`` ships from
    at most one node, short if need be. ``unfilled_penalty`` is the price of leaving one unit
    behind; None, the default, means that no unit is left behind that could lawfully travel.
    ``late_penalty`` is the price of one unit that arrives one day after the demand's due day.

    Raises:
        InvalidBatch: ``demand.quantity`` (an integer ≥ 1), ``demand.weight_g`` and
            ``demand.volume_cm3`` (integers ≥ 0), ``demand.handling_class``,
            ``demand.splittable``, ``demand.unfilled_penalty``, ``demand.unit_value`` and
            ``demand.late_penalty`` (not negative): all at once.
        InvalidValue: ``identifier.invalid``.

    Example:
        >>> DemandLine("1", sku="TEA-250G", quantity=2, weight_g=250).quantity
        2
        >>> DemandLine("1", sku="TEA-250G", quantity=0)
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidBatch: demand line: demand.quantity at quantity: ...
    """

    line_id: LineId = attrs.field(converter=LineId)
    sku: Sku = attrs.field(converter=Sku, kw_only=True)
    quantity: int = attrs.field(kw_only=True)
    weight_g: int = attrs.field(default=0, kw_only=True)
    volume_cm3: int = attrs.field(default=0, kw_only=True)
    handling_class: str = attrs.field(default="ambient", kw_only=True)
    splittable: bool = attrs.field(default=True, kw_only=True)
    unfilled_penalty: Money | None = attrs.field(default=None, kw_only=True)
    unit_value: Money | None = attrs.field(default=None, kw_only=True)
    late_penalty: Money | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if (
            type(self.quantity) is int
            and self.quantity > 0
            and type(self.weight_g) is int
            and self.weight_g >= 0
            and type(self.volume_cm3) is int
            and self.volume_cm3 >= 0
            and type(self.handling_class) is str
            and self.handling_class
            and type(self.splittable) is bool
            and self.unfilled_penalty is None
            and self.unit_value is None
            and self.late_penalty is None
        ):
            return
        faults = problems()
        if type(self.quantity) is not int or self.quantity < 1:
            faults.add("demand.quantity", "quantity", self.quantity, "an integer ≥ 1")
        if type(self.weight_g) is not int or self.weight_g < 0:
            faults.add("demand.weight_g", "weight_g", self.weight_g, "an integer ≥ 0")
        if type(self.volume_cm3) is not int or self.volume_cm3 < 0:
            faults.add("demand.volume_cm3", "volume_cm3", self.volume_cm3, "an integer ≥ 0")
        if type(self.handling_class) is not str or not self.handling_class:
            faults.add(
                "demand.handling_class", "handling_class", self.handling_class, "a class name"
            )
        if type(self.splittable) is not bool:
            faults.add("demand.splittable", "splittable", self.splittable, "True or False")
        for field in _LINE_AMOUNTS:
            amount = getattr(self, field)
            if amount is not None and (not isinstance(amount, Money) or amount.minor < 0):
                faults.add(f"demand.{field}", field, amount, "an amount of zero or more")
        faults.raise_if_any("demand line")

    def fits(self, service: CarrierService) -> bool:
        """Whether one unit keeps every limit that the service has for a parcel."""
        return service.fits(
            weight_g=self.weight_g, volume_cm3=self.volume_cm3, value=self.unit_value
        )


def _lines(given: Iterable[DemandLine]) -> tuple[DemandLine, ...]:
    return sorted_tuple(given, DemandLine, lambda line: line.line_id)


def _node_ids(given: Iterable[str]) -> frozenset[NodeId]:
    return frozen_set(items_as((given,) if isinstance(given, str) else given, NodeId, "nodes"))


def _some_nodes(given: Iterable[str] | None) -> frozenset[NodeId] | None:
    return None if given is None else _node_ids(given)


def _some_services(given: Iterable[str] | None) -> frozenset[ServiceId] | None:
    if given is None:
        return None
    names = (given,) if isinstance(given, str) else given
    return frozen_set(items_as(names, ServiceId, "allowed_services"))


def _line_groups(given: Iterable[Iterable[str]]) -> tuple[tuple[LineId, ...], ...]:
    groups = as_tuple(given)
    if type(groups) is not tuple or any(isinstance(group, str) for group in groups):
        return cast("tuple[tuple[LineId, ...], ...]", groups)
    inner = [as_tuple(group) for group in groups]
    if not all(type(group) is tuple for group in inner):
        return cast("tuple[tuple[LineId, ...], ...]", groups)
    return tuple(sorted({tuple(sorted({LineId(each) for each in group})) for group in inner}))


def _barred(given: Iterable[tuple[str, str]]) -> tuple[tuple[NodeId, str], ...]:
    pairs = as_tuple(given)
    if type(pairs) is not tuple or not all(
        isinstance(pair, (tuple, list)) and len(pair) == 2 and type(pair[1]) is str
        for pair in pairs
    ):
        return cast("tuple[tuple[NodeId, str], ...]", pairs)
    return tuple(sorted({(NodeId(node), name) for node, name in pairs}))


@attrs.frozen
@checked
class Demand:
    """What to plan: the lines of an order, where they go, and the hard rules of the plan.

    Lines are keyed and sorted by line id, so that their order never matters; two lines may hold
    one SKU and share its stock. ``allowed_nodes`` and ``allowed_services`` of None allow all;
    ``forbidden_nodes`` wins over allowed. ``max_nodes`` limits how many nodes ship. What arrives
    after ``due`` costs each line's late penalty; nothing ships that would arrive after ``latest``.

    Args:
        order_id: The order.
        lines: What it asks for.
        destination: Where it goes.
        allowed_nodes: Nodes that may ship; None allows all.
        forbidden_nodes: Nodes that may not.
        allowed_services: Services that the buyer's delivery option allows; None allows all.
        max_nodes: How many nodes may ship.
        ship_complete: Whether less than everything may ship.
        due: The day from which on lateness costs.
        latest: The last day on which anything may arrive.
        keep_together: Groups of line ids; what ships of a group ships from one node. A line is in
            one group at most.
        keep_apart: Pairs of line ids that one node never hands to one service together.
        classes_barred: Pairs of node and handling class that the node may not ship for this order.
        min_split_value: What each node's part is worth at the least where more than one ships, by
            the ``unit_value`` of its units.
        max_import_value: What the goods from nodes in another country than the destination may be
            worth together: the buyer's customs allowance for the order, or what is left of a
            year's.

    Raises:
        InvalidBatch: all of ``demand.line``, ``demand.no_lines``, ``demand.duplicate_line``,
            ``demand.destination``, ``demand.max_nodes``, ``demand.currency`` (amounts in more than
            one), ``demand.day`` (no date), ``demand.keep_together`` and ``demand.keep_apart``
            (other than two lines or more of the demand, or a line in two groups),
            ``demand.classes_barred``, ``demand.value`` (below zero) that apply.

    Example:
        >>> from ordercore.network import CarrierService, Destination, Region
        >>> leeds = Destination(Region("GB", "ENG", "Leeds"))
        >>> lines = [
        ...     DemandLine("2", sku="CUP", quantity=1),
        ...     DemandLine("1", sku="TEA", quantity=2),
        ... ]
        >>> demand = Demand("o-1", lines, leeds, max_nodes=2)
        >>> [str(line.line_id) for line in demand.lines], demand.units
        (['1', '2'], 3)
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    lines: tuple[DemandLine, ...] = attrs.field(converter=_lines)
    destination: Destination
    allowed_nodes: frozenset[NodeId] | None = attrs.field(
        default=None, converter=_some_nodes, kw_only=True
    )
    forbidden_nodes: frozenset[NodeId] = attrs.field(
        default=frozenset(), converter=_node_ids, kw_only=True
    )
    allowed_services: frozenset[ServiceId] | None = attrs.field(
        default=None, converter=_some_services, kw_only=True
    )
    max_nodes: int | None = attrs.field(default=None, kw_only=True)
    ship_complete: ShipComplete = attrs.field(
        default=ShipComplete.NO, converter=ShipComplete, kw_only=True
    )
    due: date | None = attrs.field(default=None, kw_only=True)
    latest: date | None = attrs.field(default=None, kw_only=True)
    keep_together: tuple[tuple[LineId, ...], ...] = attrs.field(
        default=(), converter=_line_groups, kw_only=True
    )
    keep_apart: tuple[tuple[LineId, ...], ...] = attrs.field(
        default=(), converter=_line_groups, kw_only=True
    )
    classes_barred: tuple[tuple[NodeId, str], ...] = attrs.field(
        default=(), converter=_barred, kw_only=True
    )
    min_split_value: Money | None = attrs.field(default=None, kw_only=True)
    max_import_value: Money | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        self._check_lines(faults)
        if not isinstance(self.destination, Destination):
            faults.add("demand.destination", "destination", self.destination, "a Destination")
        if self.max_nodes is not None and (type(self.max_nodes) is not int or self.max_nodes < 1):
            faults.add("demand.max_nodes", "max_nodes", self.max_nodes, "an integer ≥ 1 or None")
        for field, day in (("due", self.due), ("latest", self.latest)):
            if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
                faults.add("demand.day", field, day, "a date or None")
        self._check_ties(faults)
        faults.raise_if_any("demand")

    def _check_lines(self, faults: FaultList) -> None:
        if not self.lines:
            faults.add("demand.no_lines", "lines", (), "at least one line")
        seen: set[str] = set()
        currencies: set[str] = set()
        for index, line in enumerate(self.lines):
            if not isinstance(line, DemandLine):
                faults.add("demand.line", f"lines[{index}]", line, "a DemandLine")
                continue
            if line.line_id in seen:
                place = f"lines[{line.line_id}]"
                faults.add("demand.duplicate_line", place, str(line.line_id), "an id used once")
            seen.add(line.line_id)
            currencies.update(amount.currency for _, amount in _amounts(line))
        if len(currencies) > 1:
            faults.add("demand.currency", "lines", tuple(sorted(currencies)), "one currency")

    def _check_ties(self, faults: FaultList) -> None:
        for field in ("min_split_value", "max_import_value"):
            amount = getattr(self, field)
            if amount is not None and (not isinstance(amount, Money) or amount.minor < 0):
                faults.add("demand.value", field, amount, "an amount of zero or more")
        known = {line.line_id for line in self.lines if isinstance(line, DemandLine)}
        grouped: set[str] = set()
        for index, group in enumerate(self.keep_together):
            if len(group) < 2 or not known.issuperset(group) or not grouped.isdisjoint(group):
                expected = "two lines of the demand or more, each in no other group"
                faults.add("demand.keep_together", f"keep_together[{index}]", group, expected)
            grouped.update(group)
        for index, pair in enumerate(self.keep_apart):
            if len(pair) != 2 or not known.issuperset(pair):
                expected = "two lines of the demand"
                faults.add("demand.keep_apart", f"keep_apart[{index}]", pair, expected)

    @property
    def units(self) -> int:
        """The units of all lines."""
        return sum(line.quantity for line in self.lines)

    @property
    def dated(self) -> bool:
        """Whether the day of arrival matters."""
        return self.due is not None or self.latest is not None

    def line(self, line_id: str) -> DemandLine | None:
        """The line of this id; None where there is none. O(lines)."""
        return next((line for line in self.lines if line.line_id == line_id), None)

    def bars(self, node_id: str, handling_class: str) -> bool:
        """Whether the rules of the demand keep this node from shipping this class."""
        return (node_id, handling_class) in self.classes_barred

    def allows(self, node_id: str) -> bool:
        """Whether the rules of the demand let this node ship."""
        return node_id not in self.forbidden_nodes and (
            self.allowed_nodes is None or node_id in self.allowed_nodes
        )


def _amounts_of(demand: Demand) -> Iterator[tuple[str, Money]]:
    for line in demand.lines:
        yield from _amounts(line)
    if demand.min_split_value is not None:
        yield "min_split_value", demand.min_split_value
    if demand.max_import_value is not None:
        yield "max_import_value", demand.max_import_value


def _amounts(line: DemandLine) -> Iterator[tuple[str, Money]]:
    for field in _LINE_AMOUNTS:
        amount: Money | None = getattr(line, field)
        if amount is not None:
            yield f"lines[{line.line_id}].{field}", amount


def currency_faults(demand: Demand, currency: str) -> list[InvalidValue]:
    """The faults of amounts in another currency than the network's."""
    return [
        InvalidValue("demand.currency", place, amount, f"an amount in {currency}")
        for place, amount in _amounts_of(demand)
        if amount.currency != currency
    ]


def currency_named(demand: Demand) -> Currency | None:
    """The currency of the demand's amounts; None where it states none."""
    return next((amount.currency for _, amount in _amounts_of(demand)), None)

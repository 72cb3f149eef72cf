"""What an order asks of the network: lines, destination, and the conditions of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

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


@attrs.frozen
@checked
class Demand:
    """What to plan: the lines of an order, where they go, and the hard rules of the plan.

    Lines are keyed and sorted by line id, so that their order never matters; two lines may hold
    one SKU and share its stock. ``allowed_nodes`` and ``allowed_services`` of None allow all;
    ``forbidden_nodes`` wins over allowed. ``max_nodes`` limits how many nodes ship. What arrives
    after ``due`` costs each line's late penalty; nothing ships that would arrive after ``latest``.

    Raises:
        InvalidBatch: all of ``demand.line``, ``demand.no_lines``, ``demand.duplicate_line``,
            ``demand.destination``, ``demand.max_nodes``, ``demand.currency`` (amounts in more than
            one), ``demand.day`` (no date) that apply.

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

    def allows(self, node_id: str) -> bool:
        """Whether the rules of the demand let this node ship."""
        return node_id not in self.forbidden_nodes and (
            self.allowed_nodes is None or node_id in self.allowed_nodes
        )


def _amounts(line: DemandLine) -> Iterator[tuple[str, Money]]:
    for field in _LINE_AMOUNTS:
        amount: Money | None = getattr(line, field)
        if amount is not None:
            yield f"lines[{line.line_id}].{field}", amount


def currency_faults(demand: Demand, currency: str) -> list[InvalidValue]:
    """The faults of amounts in another currency than the network's."""
    return [
        InvalidValue("demand.currency", place, amount, f"an amount in {currency}")
        for line in demand.lines
        for place, amount in _amounts(line)
        if amount.currency != currency
    ]


def currency_named(demand: Demand) -> Currency | None:
    """The currency of the demand's amounts; None where it states none."""
    return next((amount.currency for line in demand.lines for _, amount in _amounts(line)), None)

"""Carrier services: what they carry, how far, at what rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Self, cast

import attrs

from ordercore.kernel import (
    BusinessCalendar,
    Currency,
    FrozenMap,
    Money,
    NodeId,
    ServiceId,
    as_map,
    as_tuple,
    checked,
    expect,
    frozen_set,
    items_as,
    problems,
)
from ordercore.network.destination import Destination
from ordercore.network.node import DEFAULT_CLASSES, Node, handling_classes
from ordercore.network.region import is_name
from ordercore.network.zoning import Zoning

__all__ = ["CarrierService", "Rate", "RateCard"]

_GRAMS_PER_KG = 1000


@attrs.frozen
@checked
class Rate:
    """The price and the speed of one zone: per parcel, per started kilogram, in days.

    Raises:
        InvalidBatch: ``rate.negative``, ``rate.currency``, ``rate.days``.

    Example:
        >>> rate = Rate(Money(800, "CNY"), per_started_kg=Money(200, "CNY"), days=2)
        >>> rate.freight(parcels=2, weight_g=3001)
        Money(minor=2400, currency=Currency('CNY'))
    """

    base: Money
    per_started_kg: Money = attrs.field(kw_only=True)
    days: int = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        expect(self.base, Money, "base")
        expect(self.per_started_kg, Money, "per_started_kg")
        faults = problems()
        if self.base.minor < 0:
            faults.add("rate.negative", "base", self.base, "an amount of zero or more")
        if self.per_started_kg.minor < 0:
            faults.add(
                "rate.negative", "per_started_kg", self.per_started_kg, "an amount of zero or more"
            )
        if self.base.currency != self.per_started_kg.currency:
            expected = f"an amount in {self.base.currency}"
            faults.add("rate.currency", "per_started_kg", self.per_started_kg, expected)
        if type(self.days) is not int or self.days < 0:
            faults.add("rate.days", "days", self.days, "an integer ≥ 0")
        faults.raise_if_any("rate")

    def freight(self, *, parcels: int, weight_g: int) -> Money:
        """``parcels`` × base + ⌈kg⌉ × per kilogram, the weight taken over all parcels.

        Raises:
            InvalidBatch: ``rate.parcels``, ``rate.weight_g`` unless integers of zero or more.
        """
        faults = problems()
        if type(parcels) is not int or parcels < 0:
            faults.add("rate.parcels", "parcels", parcels, "an integer ≥ 0")
        if type(weight_g) is not int or weight_g < 0:
            faults.add("rate.weight_g", "weight_g", weight_g, "an integer ≥ 0")
        faults.raise_if_any("freight")
        started_kg = -(-weight_g // _GRAMS_PER_KG)
        return Money(
            parcels * self.base.minor + started_kg * self.per_started_kg.minor, self.base.currency
        )


def _rows(given: Mapping[str, Rate]) -> FrozenMap[str, Rate]:
    return as_map(given)


@attrs.frozen
@checked
class RateCard:
    """A rate for each zone, in one currency.

    Raises:
        InvalidBatch: ``rate_card.empty``, ``rate_card.zone``, ``rate_card.currency``.

    Example:
        >>> card = RateCard(
        ...     {"near": Rate(Money(800, "CNY"), per_started_kg=Money(0, "CNY"), days=1)}
        ... )
        >>> card.zones, card.rate("far") is None
        (('near',), True)
    """

    rows: FrozenMap[str, Rate] = attrs.field(converter=_rows)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.rows:
            faults.add("rate_card.empty", "rows", (), "at least one zone")
        currencies = sorted({rate.base.currency for rate in self.rows.values()})
        if len(currencies) > 1:
            faults.add("rate_card.currency", "rows", tuple(currencies), "one currency")
        for zone in self.rows:
            if not is_name(zone) or not zone:
                faults.add("rate_card.zone", "rows", zone, "the name of a zone")
        faults.raise_if_any("rate card")

    @classmethod
    def of(cls, rows: Mapping[str, Rate] | RateCard) -> Self | RateCard:
        """The same card when it is one already; otherwise a card of these rows."""
        return rows if isinstance(rows, RateCard) else cls(_rows(rows))

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that have a rate, sorted."""
        return tuple(self.rows)

    @property
    def currency(self) -> Currency:
        """The one currency of all rates."""
        return next(iter(self.rows.values())).base.currency

    def rate(self, zone: str) -> Rate | None:
        """The rate of a zone; None where it has none."""
        return self.rows.get(zone)


def _rates(given: Mapping[str, Rate] | RateCard) -> RateCard:
    return RateCard.of(given)


def _nodes(given: Iterable[str] | None) -> frozenset[NodeId] | None:
    if given is None:
        return None
    return frozen_set(items_as((given,) if isinstance(given, str) else given, NodeId, "nodes"))


def _pairs(given: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    pairs = as_tuple(given)
    if type(pairs) is not tuple or not all(isinstance(pair, (tuple, list)) for pair in pairs):
        return pairs
    try:
        return tuple(sorted({cast("tuple[str, str]", tuple(sorted(pair))) for pair in pairs}))
    except TypeError:
        return pairs


@attrs.frozen
@checked
class CarrierService:
    """A carrier's service: classes carried, limits of one parcel, zones and their rates.

    ``max_weight_g``, ``max_volume_cm3`` and ``max_value`` limit a parcel, never a shipment; the
    last, as customs set it, is None where there is no such limit. ``cm3_per_kg`` makes volume
    count as weight: goods are billed for one kilogram for each so many cubic centimetres begun
    where that is more than they weigh; None bills what they weigh. ``nodes`` are those it collects
    from; None means every node. It collects on the working days of ``calendar``; None is daily.
    ``classes_apart`` are pairs of classes that one node never hands over together for one order.
    The zones of the zoning and of the rate card are the same: a zone without a rate would be a
    silent "not served", a rate without a zone dead data.

    Raises:
        InvalidBatch: ``service.max_weight_g``, ``service.max_volume_cm3``, ``service.max_value``,
            ``service.cm3_per_kg``, ``service.zone_without_rate``, ``service.rate_without_zone``,
            ``service.name``, ``service.calendar``,
            ``service.classes_apart`` (a pair that is not of two classes).

    Example:
        >>> rate = Rate(Money(800, "CNY"), per_started_kg=Money(200, "CNY"), days=2)
        >>> sf = CarrierService(
        ...     "sf",
        ...     max_weight_g=30_000,
        ...     max_volume_cm3=200_000,
        ...     rates={"all": rate},
        ...     zoning=Zoning.flat("all"),
        ... )
        >>> sf.carries("frozen"), sf.fits(weight_g=30_001, volume_cm3=1)
        (False, False)
    """

    id: ServiceId = attrs.field(converter=ServiceId)
    name: str = attrs.field(default="", kw_only=True)
    classes: frozenset[str] = attrs.field(
        default=DEFAULT_CLASSES, converter=handling_classes, kw_only=True
    )
    max_weight_g: int = attrs.field(kw_only=True)
    max_volume_cm3: int = attrs.field(kw_only=True)
    max_value: Money | None = attrs.field(default=None, kw_only=True)
    cm3_per_kg: int | None = attrs.field(default=None, kw_only=True)
    rates: RateCard = attrs.field(converter=_rates, kw_only=True)
    zoning: Zoning = attrs.field(kw_only=True)
    nodes: frozenset[NodeId] | None = attrs.field(default=None, converter=_nodes, kw_only=True)
    calendar: BusinessCalendar | None = attrs.field(default=None, kw_only=True)
    classes_apart: tuple[tuple[str, str], ...] = attrs.field(
        default=(), converter=_pairs, kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not is_name(self.name):
            faults.add("service.name", "name", self.name, "short printable text")
        if type(self.max_weight_g) is not int or self.max_weight_g < 1:
            faults.add("service.max_weight_g", "max_weight_g", self.max_weight_g, "grams ≥ 1")
        if type(self.max_volume_cm3) is not int or self.max_volume_cm3 < 1:
            faults.add("service.max_volume_cm3", "max_volume_cm3", self.max_volume_cm3, "cm³ ≥ 1")
        for index, pair in enumerate(self.classes_apart):
            if len(pair) != 2 or pair[0] == pair[1] or not all(is_name(c) and c for c in pair):
                place = f"classes_apart[{index}]"
                faults.add("service.classes_apart", place, pair, "two different classes")
        if self.calendar is not None and not isinstance(self.calendar, BusinessCalendar):
            faults.add("service.calendar", "calendar", self.calendar, "a BusinessCalendar or None")
        divisor = self.cm3_per_kg
        if divisor is not None and (type(divisor) is not int or divisor < 1):
            faults.add(
                "service.cm3_per_kg", "cm3_per_kg", divisor, "cm³ ≥ 1 for a kilogram, or None"
            )
        limit = self.max_value
        if limit is not None and (
            not isinstance(limit, Money) or limit.minor < 1 or limit.currency != self.rates.currency
        ):
            expected = f"an amount above zero in {self.rates.currency}, or None"
            faults.add("service.max_value", "max_value", limit, expected)
        zoned, rated = set(self.zoning.zones), set(self.rates.zones)
        for zone in sorted(zoned - rated):
            faults.add("service.zone_without_rate", "zoning", zone, "a zone of the rate card")
        for zone in sorted(rated - zoned):
            faults.add("service.rate_without_zone", "rates", zone, "a zone of the zoning")
        faults.raise_if_any("carrier service")

    def carries(self, handling_class: str) -> bool:
        """Whether goods of this class may travel so."""
        return handling_class in self.classes

    def fits(self, *, weight_g: int, volume_cm3: int, value: Money | None = None) -> bool:
        """Whether one parcel of this content keeps the limits; equal is within.

        A value that is not told (None) is held to be none.

        Raises:
            CurrencyMismatch: for a value in another currency than ``max_value``.
        """
        return (
            weight_g <= self.max_weight_g
            and volume_cm3 <= self.max_volume_cm3
            and (self.max_value is None or value is None or value <= self.max_value)
        )

    def billed_kg(self, *, weight_g: int, volume_cm3: int) -> int:
        """The started kilograms that are billed: by weight, or by volume where that is more.

        Example:
            >>> rate = Rate(Money(800, "CNY"), per_started_kg=Money(200, "CNY"), days=2)
            >>> air = CarrierService(
            ...     "air",
            ...     max_weight_g=30_000,
            ...     max_volume_cm3=200_000,
            ...     cm3_per_kg=6_000,
            ...     rates={"all": rate},
            ...     zoning=Zoning.flat("all"),
            ... )
            >>> air.billed_kg(weight_g=900, volume_cm3=12_001)
            3
        """
        started = -(-weight_g // _GRAMS_PER_KG)
        return (
            started if self.cm3_per_kg is None else max(started, -(-volume_cm3 // self.cm3_per_kg))
        )

    def collects_from(self, node: Node) -> bool:
        """Whether the service can be used at this node."""
        return self.nodes is None or node.id in self.nodes

    def zone(self, node: Node, destination: Destination) -> str | None:
        """The zone of the destination seen from the node; None where it is not served."""
        if not self.collects_from(node):
            return None
        return self.zoning.zone(node.point, destination)

    def rate(self, node: Node, destination: Destination) -> Rate | None:
        """The rate from a node to a destination; None where the service does not go."""
        zone = self.zone(node, destination)
        return None if zone is None else self.rates.rate(zone)

    def collection_day(self, ready: date) -> date:
        """The first day from ``ready`` on on which the service collects.

        Raises:
            InvalidValue: ``calendar.closed_too_long``.
        """
        if self.calendar is None or self.calendar.working_day(ready):
            return ready
        return self.calendar.next_working_day(ready)

    def arrival_day(self, node: Node, destination: Destination, at: datetime) -> date | None:
        """The day that may be promised for goods ordered at ``at``; None where there is no rate.

        The node's :meth:`~ordercore.network.Node.ready_day`, the next day on which the service
        collects, and the days of the zone's rate.

        Raises:
            InvalidValue: ``calendar.closed_too_long``, and as :func:`~ordercore.kernel.instant`.

        Example:
            >>> from ordercore.kernel import Zone, instant
            >>> from ordercore.network import GeoPoint, Region
            >>> rate = Rate(Money(800, "CNY"), per_started_kg=Money(200, "CNY"), days=2)
            >>> china = Zone.load("Asia/Shanghai")
            >>> sf = CarrierService(
            ...     "sf",
            ...     max_weight_g=30_000,
            ...     max_volume_cm3=200_000,
            ...     rates={"all": rate},
            ...     zoning=Zoning.flat("all"),
            ...     calendar=BusinessCalendar(china, week={"mon-sat": "08:00-20:00"}),
            ... )
            >>> depot = Node(
            ...     "ningbo",
            ...     GeoPoint.of("29.8683", "121.5440"),
            ...     Region("CN"),
            ...     cost_per_shipment=Money(500, "CNY"),
            ...     calendar=BusinessCalendar(
            ...         china, week={"mon-sun": "08:00-20:00"}, cut_off="16:00"
            ...     ),
            ... )
            >>> saturday = instant("2026-11-14T16:30+08:00")
            >>> sf.arrival_day(depot, Destination(Region("CN")), saturday).isoformat()
            '2026-11-18'
        """
        rate = self.rate(node, destination)
        if rate is None:
            return None
        return self.collection_day(node.ready_day(at)) + timedelta(days=rate.days)

"""The two worlds of the example: cities, warehouses and carriers, at their real coordinates.

Coordinates are those of the cities (WGS 84, from any atlas). Costs and rates are invented, in the
proportions of real tariffs: a price per parcel that grows with distance, and one per kilogram.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import attrs

from ordercore.kernel import Money
from ordercore.network import (
    CarrierService,
    DistanceBand,
    GeoPoint,
    Network,
    Node,
    Rate,
    Region,
    Zoning,
)

__all__ = ["UK", "US", "City", "Warehouse", "World"]

EVERY_CLASS = ("ambient", "chilled", "frozen")


@attrs.frozen
class City:
    """Where buyers live; ``weight`` is the share of them, ``area`` which warehouses serve them."""

    name: str
    country: str
    subdivision: str
    lat: str
    lon: str
    postcode: str
    area: str
    weight: int

    @property
    def point(self) -> GeoPoint:
        return GeoPoint.of(self.lat, self.lon)

    @property
    def region(self) -> Region:
        return Region(self.country, self.subdivision, self.name)


@attrs.frozen
class Warehouse:
    """A node as one row: where it is, what it handles, what using it once costs (minor units)."""

    id: str
    name: str
    country: str
    subdivision: str
    lat: str
    lon: str
    area: str
    classes: tuple[str, ...]
    opening: int
    unit: int


@attrs.frozen
class Tariff:
    """A carrier service as one row; per band: parcel, started kilogram (minor units), days."""

    id: str
    classes: tuple[str, ...]
    max_weight_g: int
    max_volume_cm3: int
    bands: Mapping[int, tuple[int, int, int]]
    beyond: tuple[int, int, int] | None


@attrs.frozen(kw_only=True, slots=False)
class World:
    """Cities, nodes and carriers. An area is served by its own nodes only."""

    currency: str
    cities: tuple[City, ...]
    warehouses: tuple[Warehouse, ...]
    tariffs: tuple[Tariff, ...]
    home: str

    @cached_property
    def areas(self) -> tuple[str, ...]:
        return tuple(sorted({warehouse.area for warehouse in self.warehouses}))

    @cached_property
    def _by_country(self) -> Mapping[str, tuple[tuple[City, ...], int]]:
        found: dict[str, list[City]] = {}
        for city in self.cities:
            found.setdefault(city.country, []).append(city)
        return {
            country: (tuple(cities), sum(city.weight for city in cities))
            for country, cities in found.items()
        }

    def city(self, throw: int, country: str = "") -> City:
        """The city that a throw falls on, by weight, in a country that the world knows."""
        cities, whole = self._by_country.get(country) or self._by_country[self.home]
        throw %= whole
        for city in cities:
            if throw < city.weight:
                return city
            throw -= city.weight
        raise AssertionError("weights sum to the whole")

    def network(self, area: str) -> Network:
        """The nodes of an area and the carriers that collect from them."""
        return Network(
            nodes=[self._node(row) for row in self.warehouses if row.area == area],
            services=[self._service(row) for row in self.tariffs],
        )

    def _node(self, row: Warehouse) -> Node:
        return Node(
            row.id,
            GeoPoint.of(row.lat, row.lon),
            Region(row.country, row.subdivision, row.name),
            name=row.name,
            classes=row.classes,
            cost_per_shipment=Money(row.opening, self.currency),
            cost_per_unit=Money(row.unit, self.currency),
        )

    def _service(self, row: Tariff) -> CarrierService:
        def rate(terms: tuple[int, int, int]) -> Rate:
            base, per_kg, days = terms
            return Rate(
                Money(base, self.currency),
                per_started_kg=Money(per_kg, self.currency),
                days=days,
            )

        zones = {f"to-{up_to_km}-km": rate(terms) for up_to_km, terms in row.bands.items()}
        if row.beyond is not None:
            zones["beyond"] = rate(row.beyond)
        return CarrierService(
            row.id,
            classes=row.classes,
            max_weight_g=row.max_weight_g,
            max_volume_cm3=row.max_volume_cm3,
            rates=zones,
            zoning=Zoning(
                bands=[DistanceBand(km * 1000, f"to-{km}-km") for km in row.bands],
                elsewhere=None if row.beyond is None else "beyond",
            ),
        )


US = World(
    currency="USD",
    home="US",
    cities=(
        City("Cincinnati", "US", "OH", "39.1031", "-84.5120", "45202", "north", 9),
        City("Columbus", "US", "OH", "39.9612", "-82.9988", "43215", "north", 8),
        City("Indianapolis", "US", "IN", "39.7684", "-86.1581", "46204", "north", 7),
        City("Detroit", "US", "MI", "42.3314", "-83.0458", "48226", "north", 7),
        City("Cleveland", "US", "OH", "41.4993", "-81.6944", "44114", "north", 5),
        City("Pittsburgh", "US", "PA", "40.4406", "-79.9959", "15222", "north", 4),
        City("Chicago", "US", "IL", "41.8781", "-87.6298", "60604", "north", 6),
        City("Milwaukee", "US", "WI", "43.0389", "-87.9065", "53202", "north", 3),
        City("Grand Rapids", "US", "MI", "42.9634", "-85.6681", "49503", "north", 2),
        City("Fort Wayne", "US", "IN", "41.0793", "-85.1394", "46802", "north", 2),
        City("Atlanta", "US", "GA", "33.7490", "-84.3880", "30303", "south", 8),
        City("Nashville", "US", "TN", "36.1627", "-86.7816", "37203", "south", 6),
        City("Charlotte", "US", "NC", "35.2271", "-80.8431", "28202", "south", 5),
        City("Memphis", "US", "TN", "35.1495", "-90.0490", "38103", "south", 4),
        City("Louisville", "US", "KY", "38.2527", "-85.7585", "40202", "south", 5),
        City("Birmingham", "US", "AL", "33.5186", "-86.8104", "35203", "south", 3),
        City("Knoxville", "US", "TN", "35.9606", "-83.9207", "37902", "south", 3),
        City("St. Louis", "US", "MO", "38.6270", "-90.1994", "63101", "south", 4),
        City("Little Rock", "US", "AR", "34.7465", "-92.2896", "72201", "south", 2),
        City("Richmond", "US", "VA", "37.5407", "-77.4360", "23219", "south", 3),
    ),
    warehouses=(
        Warehouse("cincinnati", "Cincinnati", "US", "OH", "39.1031", "-84.5120", "north", EVERY_CLASS, 160, 12),
        Warehouse("columbus", "Columbus", "US", "OH", "39.9612", "-82.9988", "north", ("ambient", "chilled"), 130, 10),
        Warehouse("indianapolis", "Indianapolis", "US", "IN", "39.7684", "-86.1581", "north", EVERY_CLASS, 150, 11),
        Warehouse("detroit", "Detroit", "US", "MI", "42.3314", "-83.0458", "north", EVERY_CLASS, 170, 13),
        Warehouse("chicago", "Chicago", "US", "IL", "41.8781", "-87.6298", "north", ("ambient",), 120, 9),
        Warehouse("atlanta", "Atlanta", "US", "GA", "33.7490", "-84.3880", "south", EVERY_CLASS, 150, 11),
        Warehouse("nashville", "Nashville", "US", "TN", "36.1627", "-86.7816", "south", EVERY_CLASS, 150, 11),
        Warehouse("memphis", "Memphis", "US", "TN", "35.1495", "-90.0490", "south", ("ambient",), 110, 8),
        Warehouse("charlotte", "Charlotte", "US", "NC", "35.2271", "-80.8431", "south", ("ambient", "chilled"), 140, 11),
        Warehouse("louisville", "Louisville", "US", "KY", "38.2527", "-85.7585", "south", EVERY_CLASS, 140, 10),
    ),
    tariffs=(
        Tariff("ground", ("ambient",), 30_000, 120_000,
               {80: (520, 18, 1), 320: (640, 30, 2), 800: (810, 46, 3)}, (1120, 70, 5)),
        Tariff("cool", EVERY_CLASS, 20_000, 60_000,
               {80: (790, 34, 1), 320: (990, 58, 1), 800: (1490, 96, 2)}, (2290, 150, 2)),
    ),
)  # fmt: skip

UK = World(
    currency="GBP",
    home="GB",
    cities=(
        City("London", "GB", "ENG", "51.5074", "-0.1278", "EC1A 1BB", "south", 12),
        City("Bristol", "GB", "ENG", "51.4545", "-2.5879", "BS1 4DJ", "south", 4),
        City("Southampton", "GB", "ENG", "50.9097", "-1.4044", "SO14 7FY", "south", 3),
        City("Cardiff", "GB", "WLS", "51.4816", "-3.1791", "CF10 1EP", "south", 2),
        City("Norwich", "GB", "ENG", "52.6309", "1.2974", "NR2 1NH", "south", 2),
        City("Birmingham", "GB", "ENG", "52.4862", "-1.8904", "B1 1BB", "north", 6),
        City("Manchester", "GB", "ENG", "53.4808", "-2.2426", "M2 5DB", "north", 5),
        City("Leeds", "GB", "ENG", "53.8008", "-1.5491", "LS1 1UR", "north", 4),
        City("Newcastle", "GB", "ENG", "54.9783", "-1.6178", "NE1 8QH", "north", 2),
        City("Glasgow", "GB", "SCT", "55.8642", "-4.2518", "G2 1DU", "north", 3),
        City("Paris", "FR", "", "48.8566", "2.3522", "75001", "south", 1),
        City("Berlin", "DE", "", "52.5200", "13.4050", "10115", "north", 1),
        City("Frankfurt", "DE", "", "50.1109", "8.6821", "60311", "south", 1),
        City("Dublin", "IE", "", "53.3498", "-6.2603", "D02", "north", 1),
        City("Madrid", "ES", "", "40.4168", "-3.7038", "28013", "south", 1),
        City("Lisbon", "PT", "", "38.7223", "-9.1393", "1100", "south", 1),
        City("Milan", "IT", "", "45.4642", "9.1900", "20121", "south", 1),
        City("Zurich", "CH", "", "47.3769", "8.5417", "8001", "south", 1),
        City("Vienna", "AT", "", "48.2082", "16.3738", "1010", "south", 1),
        City("Brussels", "BE", "", "50.8503", "4.3517", "1000", "south", 1),
        City("Amsterdam", "NL", "", "52.3676", "4.9041", "1012", "south", 1),
        City("Copenhagen", "DK", "", "55.6761", "12.5683", "1050", "north", 1),
        City("Oslo", "NO", "", "59.9139", "10.7522", "0150", "north", 1),
        City("Stockholm", "SE", "", "59.3293", "18.0686", "111 20", "north", 1),
        City("Helsinki", "FI", "", "60.1699", "24.9384", "00100", "north", 1),
        City("Reykjavik", "IS", "", "64.1466", "-21.9426", "101", "north", 1),
        City("Warsaw", "PL", "", "52.2297", "21.0122", "00-001", "north", 1),
        City("Prague", "CZ", "", "50.0755", "14.4378", "110 00", "south", 1),
        City("Vilnius", "LT", "", "54.6872", "25.2797", "01100", "north", 1),
        City("Athens", "GR", "", "37.9838", "23.7275", "105 57", "south", 1),
        City("Nicosia", "CY", "", "35.1856", "33.3823", "1010", "south", 1),
        City("Valletta", "MT", "", "35.8989", "14.5146", "VLT", "south", 1),
        City("Saint Helier", "JE", "", "49.1868", "-2.1067", "JE2 3NN", "south", 1),
        City("Tel Aviv", "IL", "", "32.0853", "34.7818", "6100000", "south", 1),
        City("Beirut", "LB", "", "33.8938", "35.5018", "1107", "south", 1),
        City("Dubai", "AE", "", "25.2048", "55.2708", "", "south", 1),
        City("Riyadh", "SA", "", "24.7136", "46.6753", "11564", "south", 1),
        City("Manama", "BH", "", "26.2285", "50.5860", "", "south", 1),
        City("Singapore", "SG", "", "1.3521", "103.8198", "048616", "south", 1),
        City("Hong Kong", "HK", "", "22.3193", "114.1694", "", "south", 1),
        City("Tokyo", "JP", "", "35.6762", "139.6503", "100-0001", "south", 1),
        City("Sydney", "AU", "", "-33.8688", "151.2093", "2000", "south", 1),
        City("New York", "US", "NY", "40.7128", "-74.0060", "10007", "south", 1),
        City("Toronto", "CA", "", "43.6532", "-79.3832", "M5H 2N2", "south", 1),
        City("Sao Paulo", "BR", "", "-23.5505", "-46.6333", "01000", "south", 1),
        City("Johannesburg", "ZA", "", "-26.2041", "28.0473", "2000", "south", 1),
    ),
    warehouses=(
        Warehouse("milton-keynes", "Milton Keynes", "GB", "ENG", "52.0406", "-0.7594", "south", ("ambient",), 140, 8),
        Warehouse("bristol", "Bristol", "GB", "ENG", "51.4545", "-2.5879", "south", ("ambient",), 120, 7),
        Warehouse("felixstowe", "Felixstowe", "GB", "ENG", "51.9617", "1.3513", "south", ("ambient",), 110, 6),
        Warehouse("birmingham", "Birmingham", "GB", "ENG", "52.4862", "-1.8904", "north", ("ambient",), 130, 7),
        Warehouse("manchester", "Manchester", "GB", "ENG", "53.4808", "-2.2426", "north", ("ambient",), 120, 7),
        Warehouse("glasgow", "Glasgow", "GB", "SCT", "55.8642", "-4.2518", "north", ("ambient",), 110, 6),
    ),
    tariffs=(
        Tariff("parcel", ("ambient",), 30_000, 230_000,
               {120: (390, 12, 1), 400: (480, 20, 2), 1200: (890, 60, 3)}, (1990, 260, 7)),
        Tariff("pallet", ("ambient",), 600_000, 2_000_000,
               {120: (3200, 4, 2), 400: (4100, 6, 2), 1200: (8800, 14, 5)}, (26000, 40, 21)),
    ),
)  # fmt: skip

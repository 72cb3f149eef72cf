"""Nodes, rates, zones, services and the network that holds them together."""

from __future__ import annotations

import pickle
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import (
    BusinessCalendar,
    InvalidBatch,
    InvalidValue,
    Money,
    NotFound,
    Zone,
    digest,
)
from ordercore.network import (
    INVARIANTS,
    CarrierService,
    Destination,
    DistanceBand,
    GeoPoint,
    Network,
    Node,
    Rate,
    RateCard,
    Region,
    RegionZone,
    Zoning,
    distance_m,
)

ORIGIN = GeoPoint(0, 0)


def codes(caught: pytest.ExceptionInfo[InvalidBatch]) -> list[tuple[str, str]]:
    for fault in caught.value.faults:
        assert isinstance(fault.expected, str)
        assert fault.expected
    return [(fault.code, fault.path) for fault in caught.value.faults]


def values(caught: pytest.ExceptionInfo[InvalidBatch]) -> list[object]:
    return [fault.value for fault in caught.value.faults]


def cny(minor: int) -> Money:
    return Money(minor, "CNY")


def rate(base: int = 800, days: int = 2) -> Rate:
    return Rate(cny(base), per_started_kg=cny(200), days=days)


def node(node_id: str = "n1", **changes: Any) -> Node:
    given_: dict[str, Any] = {"cost_per_shipment": cny(500)} | changes
    return Node(node_id, given_.pop("point", ORIGIN), given_.pop("region", Region("CN")), **given_)


def service(service_id: str = "s1", **changes: Any) -> CarrierService:
    given_: dict[str, Any] = {
        "max_weight_g": 30_000,
        "max_volume_cm3": 200_000,
        "rates": {"all": rate()},
        "zoning": Zoning.flat(),
    } | changes
    return CarrierService(service_id, **given_)


# --- nodes -----------------------------------------------------------------------------------


def test_a_node_has_defaults_in_its_own_currency() -> None:
    plain = node()
    assert (plain.cost_per_parcel, plain.cost_per_unit) == (cny(0), cny(0))
    assert (plain.kind, plain.name, plain.classes) == ("warehouse", "", frozenset({"ambient"}))
    assert plain.handles("ambient")
    assert not plain.handles("frozen")
    assert pickle.loads(pickle.dumps(plain)) == plain


def test_a_node_keeps_its_calendar() -> None:
    week = BusinessCalendar(Zone.load("Asia/Shanghai"), week={"mon": "09:00-18:00"})
    open_node = node(calendar=week)
    assert open_node.calendar is week
    assert open_node != node()
    assert digest(open_node) != digest(node())
    assert pickle.loads(pickle.dumps(open_node)) == open_node


def test_all_faults_of_a_node_are_reported() -> None:
    with pytest.raises(InvalidBatch) as caught:
        node(
            point=(0, 0),
            region="CN",
            name=" x",
            kind="",
            cost_per_shipment=cny(-1),
            cost_per_parcel=cny(-1),
            cost_per_unit=Money(-1, "EUR"),
            calendar="always",
        )
    assert codes(caught) == [
        ("node.point", "point"),
        ("node.region", "region"),
        ("node.name", "name"),
        ("node.kind", "kind"),
        ("node.cost_negative", "cost_per_shipment"),
        ("node.cost_negative", "cost_per_parcel"),
        ("node.cost_negative", "cost_per_unit"),
        ("node.currency", "cost_per_unit"),
        ("node.calendar", "calendar"),
    ]
    euro = Money(-1, "EUR")
    assert values(caught) == [(0, 0), "CN", " x", "", cny(-1), cny(-1), euro, euro, "always"]
    with pytest.raises(InvalidBatch) as caught:
        node(kind="a\nb")
    assert codes(caught) == [("node.kind", "kind")]
    assert node(cost_per_shipment=cny(0)).cost_per_shipment == cny(0)


@pytest.mark.parametrize("classes", ["ambient", [], [""], [" x"], [1]])
def test_classes_are_a_set_of_names(classes: object) -> None:
    for make in (node, service):
        with pytest.raises(InvalidValue) as caught:
            make(classes=classes)
        assert (caught.value.code, caught.value.path) == ("network.classes", "classes")


# --- rates -----------------------------------------------------------------------------------


def test_all_faults_of_a_rate_are_reported() -> None:
    with pytest.raises(InvalidBatch) as caught:
        Rate(cny(-1), per_started_kg=Money(-1, "EUR"), days=-1)
    assert codes(caught) == [
        ("rate.negative", "base"),
        ("rate.negative", "per_started_kg"),
        ("rate.currency", "per_started_kg"),
        ("rate.days", "days"),
    ]
    assert values(caught) == [cny(-1), Money(-1, "EUR"), Money(-1, "EUR"), -1]
    for days in (1.0, True):
        with pytest.raises(InvalidBatch) as caught:
            Rate(cny(0), per_started_kg=cny(0), days=days)  # type: ignore[arg-type]
        assert codes(caught) == [("rate.days", "days")]
    assert Rate(cny(0), per_started_kg=cny(0), days=0).days == 0


@pytest.mark.parametrize(
    ("parcels", "weight_g", "expected"),
    [(0, 0, 0), (1, 0, 800), (1, 1, 1000), (1, 1000, 1000), (1, 1001, 1200), (3, 2500, 3000)],
)
def test_freight_by_hand(parcels: int, weight_g: int, expected: int) -> None:
    assert rate().freight(parcels=parcels, weight_g=weight_g) == cny(expected)


@pytest.mark.parametrize("bad", [-1, 1.0, True, None])
def test_freight_takes_whole_parcels_and_grams(bad: object) -> None:
    with pytest.raises(InvalidBatch) as caught:
        rate().freight(parcels=bad, weight_g=bad)  # type: ignore[arg-type]
    assert codes(caught) == [("rate.parcels", "parcels"), ("rate.weight_g", "weight_g")]
    assert values(caught) == [bad, bad]


def test_a_rate_card_is_checked_and_kept() -> None:
    card = RateCard({"b": rate(), "a": rate(1)})
    assert RateCard.of(card) is card
    assert RateCard.of({"a": rate(1), "b": rate()}) == card
    assert (card.zones, card.currency) == (("a", "b"), "CNY")
    assert card.rate("a") == rate(1)
    assert card.rate("c") is None
    with pytest.raises(InvalidBatch) as caught:
        RateCard({})
    assert codes(caught) == [("rate_card.empty", "rows")]
    euro = Rate(Money(1, "EUR"), per_started_kg=Money(1, "EUR"), days=1)
    with pytest.raises(InvalidBatch) as caught:
        RateCard({"": rate(), " x": euro})
    assert codes(caught) == [
        ("rate_card.currency", "rows"),
        ("rate_card.zone", "rows"),
        ("rate_card.zone", "rows"),
    ]
    assert values(caught) == [("CNY", "EUR"), "", " x"]


# --- zones -----------------------------------------------------------------------------------

BANDS = [DistanceBand(100_000, "near"), DistanceBand(500_000, "mid")]


def test_the_narrowest_region_decides_before_distance() -> None:
    zoning = Zoning(
        bands=BANDS,
        regions=[
            RegionZone(Region("CN"), "home"),
            RegionZone(Region("CN", "XZ"), None),
            RegionZone(Region("CN", "XZ", "Lhasa"), "lhasa"),
            RegionZone(Region("CN", city="Lhasa"), "any lhasa"),
        ],
        elsewhere="world",
    )

    def zone(region: Region, point: GeoPoint | None = None) -> str | None:
        return zoning.zone(ORIGIN, Destination(region, point=point))

    assert zone(Region("CN"), ORIGIN) == "home"
    assert zone(Region("CN", "XZ"), ORIGIN) is None
    assert zone(Region("CN", "XZ", "Lhasa")) == "lhasa"
    assert zone(Region("CN", "ZJ", "Lhasa")) == "any lhasa"
    assert zone(Region("GB"), ORIGIN) == "near"
    assert zone(Region("GB")) == "world"
    assert zoning.zones == ("any lhasa", "home", "lhasa", "mid", "near", "world")


def test_a_band_reaches_up_to_and_including_its_distance() -> None:
    there = GeoPoint(0, 900_000)
    reach = distance_m(ORIGIN, there)
    goal = Destination(Region("GB"), point=there)
    exact, short = DistanceBand(reach, "in"), DistanceBand(reach - 1, "short")
    assert Zoning(bands=[exact]).zone(ORIGIN, goal) == "in"
    assert Zoning(bands=[short]).zone(ORIGIN, goal) is None
    assert Zoning(bands=[exact, short], elsewhere="far").zone(ORIGIN, goal) == "in"
    assert Zoning(bands=[short], elsewhere="far").zone(ORIGIN, goal) == "far"
    assert Zoning(bands=[exact]).zone(ORIGIN, Destination(Region("GB"))) is None


@given(st.permutations(BANDS), st.permutations(["CN", "GB", "FR"]))
def test_the_order_of_rows_makes_no_difference(
    bands: list[DistanceBand], countries: list[str]
) -> None:
    rows = [RegionZone(Region(country), country.lower()) for country in countries]
    zoning = Zoning(bands=bands, regions=rows)
    same = Zoning(bands=BANDS, regions=sorted(rows, key=lambda row: row.region))
    assert zoning == same
    assert digest(zoning) == digest(same)


def test_all_faults_of_a_zoning_are_reported() -> None:
    with pytest.raises(InvalidBatch) as caught:
        Zoning()
    assert codes(caught) == [("zoning.empty", "bands")]
    with pytest.raises(InvalidBatch) as caught:
        Zoning(
            bands=[*BANDS, DistanceBand(500_000, "other")],
            regions=[
                RegionZone(Region("GB"), None),
                RegionZone(Region("CN"), "a"),
                RegionZone(Region("CN"), "b"),
            ],
            elsewhere="",
        )
    assert codes(caught) == [
        ("zoning.duplicate_band", "bands[2]"),
        ("zoning.duplicate_region", next(p for c, p in codes(caught) if "region" in c)),
        ("zoning.elsewhere", "elsewhere"),
    ]
    for rows in permutations([RegionZone(Region("CN"), "a"), RegionZone(Region("CN"), None)]):
        with pytest.raises(InvalidBatch) as caught:
            Zoning(regions=rows, elsewhere=" x")
        assert codes(caught) == [
            ("zoning.duplicate_region", "regions[1]"),
            ("zoning.elsewhere", "elsewhere"),
        ]
        assert values(caught) == ["CN", " x"]


@pytest.mark.parametrize("reach", [-1, 1.0, True])
def test_all_faults_of_rows_are_reported(reach: object) -> None:
    for zone in ("", " x", 7):
        with pytest.raises(InvalidBatch) as caught:
            DistanceBand(reach, zone)  # type: ignore[arg-type]
        assert codes(caught) == [("band.up_to_m", "up_to_m"), ("band.zone", "zone")]
        assert values(caught) == [reach, zone]
        with pytest.raises(InvalidBatch) as caught:
            RegionZone("CN", zone)  # type: ignore[arg-type]
        assert codes(caught) == [("region_zone.region", "region"), ("region_zone.zone", "zone")]
        assert values(caught) == ["CN", zone]
    assert DistanceBand(0, "here").up_to_m == 0


# --- services --------------------------------------------------------------------------------


def test_all_faults_of_a_service_are_reported() -> None:
    for bad in (0, 1.5, True):
        with pytest.raises(InvalidBatch) as caught:
            service(
                name=" x",
                max_weight_g=bad,
                max_volume_cm3=bad,
                rates={"all": rate(), "dead": rate()},
                zoning=Zoning(bands=BANDS, elsewhere="all"),
            )
        assert [(f.code, f.value) for f in caught.value.faults] == [
            ("service.name", " x"),
            ("service.max_weight_g", bad),
            ("service.max_volume_cm3", bad),
            ("service.zone_without_rate", "mid"),
            ("service.zone_without_rate", "near"),
            ("service.rate_without_zone", "dead"),
        ]
    assert service(max_weight_g=1, max_volume_cm3=1).max_weight_g == 1


@pytest.mark.parametrize("bad", [0, -1, "5000", True, 1.5])
def test_the_divisor_of_volume_is_a_whole_number_above_zero(bad: Any) -> None:
    with pytest.raises((InvalidBatch, InvalidValue)) as caught:
        service(cm3_per_kg=bad)
    assert "cm3_per_kg" in str(caught.value)


@pytest.mark.parametrize("bad", [cny(0), cny(-5), Money(5, "EUR"), 5])
def test_the_value_limit_of_a_parcel_is_an_amount_in_the_currency_of_the_rates(bad: Any) -> None:
    with pytest.raises((InvalidBatch, InvalidValue)) as caught:
        service(max_value=bad)
    assert "max_value" in str(caught.value)


def test_the_value_of_a_parcel_counts_where_it_is_told() -> None:
    limited = service(max_value=cny(500))
    assert limited.fits(weight_g=1, volume_cm3=1, value=cny(500))
    assert not limited.fits(weight_g=1, volume_cm3=1, value=cny(501))
    assert limited.fits(weight_g=1, volume_cm3=1)
    assert service().fits(weight_g=1, volume_cm3=1, value=cny(10**9))


@pytest.mark.parametrize(
    ("weight_g", "volume_cm3", "expected"),
    [(0, 0, 0), (1, 0, 1), (1000, 5000, 1), (1000, 5001, 2), (2001, 5001, 3), (0, 1, 1)],
)
def test_the_larger_of_weight_and_volume_is_billed(
    weight_g: int, volume_cm3: int, expected: int
) -> None:
    by_volume = service(cm3_per_kg=5000)
    assert by_volume.billed_kg(weight_g=weight_g, volume_cm3=volume_cm3) == expected
    assert service().billed_kg(weight_g=weight_g, volume_cm3=volume_cm3) == -(-weight_g // 1000)


def test_limits_are_inclusive_and_both_count() -> None:
    small = service(max_weight_g=10, max_volume_cm3=20)
    assert small.fits(weight_g=10, volume_cm3=20)
    assert not small.fits(weight_g=11, volume_cm3=20)
    assert not small.fits(weight_g=10, volume_cm3=21)
    assert small.carries("ambient")
    assert not small.carries("frozen")


def test_a_rate_needs_collection_and_a_zone() -> None:
    banded = service(
        rates={"near": rate(1), "mid": rate(2)}, zoning=Zoning(bands=BANDS), nodes=["n1"]
    )
    near = Destination(Region("CN"), point=GeoPoint(0, 500_000))
    mid = Destination(Region("CN"), point=GeoPoint(0, 2_000_000))
    far = Destination(Region("CN"), point=GeoPoint(0, 90_000_000))
    assert banded.rate(node("n1"), near) == rate(1)
    assert banded.rate(node("n1"), mid) == rate(2)
    assert banded.rate(node("n1"), far) is None
    assert banded.rate(node("n2"), near) is None
    assert banded.zone(node("n2"), near) is None
    assert banded.collects_from(node("n1"))
    assert not banded.collects_from(node("n2"))
    assert service().collects_from(node("n2"))
    assert service(nodes="n1").nodes == frozenset({"n1"})
    assert not service(nodes=[]).collects_from(node("n1"))


# --- the network -----------------------------------------------------------------------------


def test_a_network_is_sorted_and_found_by_id() -> None:
    network = Network([node("b"), node("a")], [service("y", nodes=["a"]), service("x")])
    assert [n.id for n in network.nodes] == ["a", "b"]
    assert [s.id for s in network.services] == ["x", "y"]
    assert network.node("a").id == "a"
    assert network.service("y").id == "y"
    assert [s.id for s in network.services_at("a")] == ["x", "y"]
    assert [s.id for s in network.services_at("b")] == ["x"]
    for ask, kind in (
        (network.node, "node"),
        (network.service, "service"),
        (network.services_at, "node"),
    ):
        with pytest.raises(NotFound) as caught:
            ask("nowhere")
        assert (caught.value.kind, caught.value.key) == (kind, "nowhere")


@given(st.permutations(["a", "b", "c"]), st.permutations(["x", "y", "z"]))
def test_input_order_is_nothing(nodes: list[str], services: list[str]) -> None:
    network = Network(map(node, nodes), map(service, services))
    same = Network(map(node, sorted(nodes)), map(service, sorted(services)))
    assert network == same
    assert hash(network) == hash(same)
    assert digest(network) == digest(same)
    again = pickle.loads(pickle.dumps(network))
    assert again == network
    assert again.node("a") == network.node("a")
    assert again.service("x") == network.service("x")


def test_all_faults_of_a_network_are_reported() -> None:
    euro = Rate(Money(1, "EUR"), per_started_kg=Money(1, "EUR"), days=1)
    with pytest.raises(InvalidBatch) as caught:
        Network(
            [node("a"), node("b"), node("a")],
            [service("x"), service("x", rates={"all": euro}), service("y", nodes=["q", "p", "a"])],
        )
    assert [(f.code, f.path, f.value) for f in caught.value.faults] == [
        ("network.duplicate_node", "nodes", "a"),
        ("network.duplicate_service", "services", "x"),
        ("network.unknown_node", "services[y].nodes", "p"),
        ("network.unknown_node", "services[y].nodes", "q"),
        ("network.currency", "", ("CNY", "EUR")),
    ]


def test_the_currency_of_a_network() -> None:
    assert Network([node()], []).currency == "CNY"
    assert Network([], [service()]).currency == "CNY"
    assert Network().currency is None


@given(st.integers(-90_000_000, 90_000_000), st.booleans())
def test_every_zone_has_a_rate(lat: int, pointed: bool) -> None:
    banded = service(
        "s2", rates={"near": rate(), "mid": rate()}, zoning=Zoning(bands=BANDS), nodes=["a"]
    )
    network = Network([node("a"), node("b")], [service(), banded])
    there = Destination(Region("CN"), point=GeoPoint(lat, 0) if pointed else None)
    INVARIANTS[2].require(network, there)


def breach(index: int, *subject: object) -> bool:
    law = INVARIANTS[index]
    violation = law.check(*subject)
    return violation is not None and violation.invariant_id == law.invariant_id


def test_the_law_of_rates_finds_its_breach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CarrierService, "rate", lambda *_: None)
    assert breach(2, Network([node()], [service()]), Destination(Region("CN")))

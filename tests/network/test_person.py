"""Regions, postcode classes, destinations and the erasable record behind them."""

from __future__ import annotations

import pickle
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import InvalidBatch, InvalidValue, PersonRef, digest
from ordercore.network import (
    DEFAULT_POSTCODE_CLASS,
    INVARIANTS,
    POSTCODE_CLASS_RULES,
    Address,
    Destination,
    GeoPoint,
    PersonRecord,
    PostcodeClassRule,
    Region,
    postcode_class,
)

SECRET = b"a secret that the host keeps"
LONDON = Region("GB", "ENG", "London")


def codes(caught: pytest.ExceptionInfo[InvalidBatch]) -> list[tuple[str, str]]:
    for fault in caught.value.faults:
        assert isinstance(fault.expected, str)
        assert fault.expected
    return [(fault.code, fault.path) for fault in caught.value.faults]


def values(caught: pytest.ExceptionInfo[InvalidBatch]) -> list[object]:
    return [fault.value for fault in caught.value.faults]


def person(ref: str = "p-1", **changes: Any) -> PersonRecord:
    given_: dict[str, Any] = {
        "name": "Zoë O'Hara",
        "address": Address(LONDON, lines=["10 High St.", "Flat 2"], postcode="SW1A 1AA"),
        "emails": ["zoe@example.org"],
        "phones": ["+44 20 7946 0001", "0044 7700 900002"],
    } | changes
    return PersonRecord(ref, **given_)


# --- regions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("country", ["", "C", "CHN", "cn", "Cn", "1A", "ÄÖ", None, 12])
def test_a_country_is_two_capital_letters(country: object) -> None:
    with pytest.raises(InvalidBatch) as caught:
        Region(country)  # type: ignore[arg-type]
    assert codes(caught) == [("region.country", "country")]
    assert values(caught) == [country]


@pytest.mark.parametrize("name", [" x", "x ", "x\ny", "x" * 101, None, 1])
def test_all_faults_of_a_region_are_reported(name: object) -> None:
    with pytest.raises(InvalidBatch) as caught:
        Region("xx", name, name)  # type: ignore[arg-type]
    assert codes(caught) == [
        ("region.country", "country"),
        ("region.subdivision", "subdivision"),
        ("region.city", "city"),
    ]
    assert values(caught) == ["xx", name, name]
    assert Region("CN", "x" * 100).subdivision


regions = st.builds(
    Region,
    st.sampled_from(["CN", "GB"]),
    st.sampled_from(["", "A", "B"]),
    st.sampled_from(["", "a", "b"]),
)


@given(regions, regions, regions)
def test_covering_is_a_partial_order(a: Region, b: Region, c: Region) -> None:
    assert a.covers(a)
    assert not (a.covers(b) and b.covers(a)) or a == b
    assert not (a.covers(b) and b.covers(c)) or a.covers(c)
    if a.covers(b):
        assert a.detail <= b.detail or not b.city


def test_text_of_a_region_drops_what_is_unknown() -> None:
    assert [str(Region("CN")), str(Region("CN", "ZJ")), str(Region("SG", city="X"))] == [
        "CN",
        "CN/ZJ",
        "SG//X",
    ]


# --- postcode classes ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "postcode", "expected"),
    [
        ("GB", "SW1A 1AA", "SW1A"),
        ("GB", "m11ae", "M1"),
        ("GB", "EC1A 1BB", "EC1A"),
        ("GB", "B33 8TH", "B33"),
        ("GB", "SW1A", "SW1A"),
        ("GB", "", ""),
        ("US", "94103", "941"),
        ("US", "94103-1234", "941"),
        ("CA", "k1a 0b1", "K1A"),
        ("CN", "310000", "310"),
        ("JP", "〒１００-０００１", "100"),
        ("NL", "1012 AB", "1012"),
        ("DE", "10115", "10"),
        ("AU", "2000", "20"),
        ("FR", "7", "7"),
        ("ZZ", "--", ""),
    ],
)
def test_classes_of_real_postcodes(country: str, postcode: str, expected: str) -> None:
    assert postcode_class(country, postcode) == expected


@given(st.sampled_from([*(r.country for r in POSTCODE_CLASS_RULES), "DE"]), st.text(max_size=12))
def test_a_class_is_never_more_than_a_destination_takes(country: str, postcode: str) -> None:
    cut = postcode_class(country, postcode)
    assert Destination(Region(country), postcode_class=cut).postcode_class == cut


def test_rules_are_data() -> None:
    rules = (
        PostcodeClassRule(country="DE", keep_first=3),
        PostcodeClassRule(country="DE", keep_first=1),
    )
    assert postcode_class("DE", "10115", rules) == "101"
    assert postcode_class("US", "94103", rules) == "94"
    assert postcode_class("US", "94103", (), PostcodeClassRule(country="", keep_first=1)) == "9"
    assert DEFAULT_POSTCODE_CLASS.country == ""
    assert [r.country for r in POSTCODE_CLASS_RULES] == sorted(
        {r.country for r in POSTCODE_CLASS_RULES}
    )


def test_a_rule_may_drop_everything() -> None:
    assert PostcodeClassRule(country="", keep_first=2, drop_last=9).class_of("12345") == ""


@pytest.mark.parametrize(("keep", "drop"), [(0, -1), (5, -1), (True, True), (1.0, 1.0)])
def test_all_faults_of_a_rule_are_reported(keep: int, drop: int) -> None:
    with pytest.raises(InvalidBatch) as caught:
        PostcodeClassRule(country="gb", keep_first=keep, drop_last=drop)
    assert codes(caught) == [
        ("postcode.country", "country"),
        ("postcode.keep_first", "keep_first"),
        ("postcode.drop_last", "drop_last"),
    ]
    assert values(caught) == ["gb", keep, drop]


# --- destinations ----------------------------------------------------------------------------


def test_all_faults_of_a_destination_are_reported_without_showing_them() -> None:
    with pytest.raises(InvalidBatch) as caught:
        Destination("GB", postcode_class="SW1A 1AA", point=(1, 2), digest="Zoë")  # type: ignore[arg-type]
    assert codes(caught) == [
        ("destination.region", "region"),
        ("destination.postcode_class", "postcode_class"),
        ("destination.point", "point"),
        ("destination.digest", "digest"),
    ]
    assert values(caught) == ["GB", "(withheld)", (1, 2), "(withheld)"]
    assert "1AA" not in str(caught.value)
    assert "Zoë" not in str(caught.value)


@pytest.mark.parametrize("text", ["94103", "sw1", "A-1", "é", 12, None])
def test_a_class_is_short_and_plain(text: object) -> None:
    with pytest.raises(InvalidBatch) as caught:
        Destination(LONDON, postcode_class=text)  # type: ignore[arg-type]
    assert codes(caught) == [("destination.postcode_class", "postcode_class")]


@pytest.mark.parametrize("text", ["0" * 31, "0" * 129, "A" * 32, "g" * 32, 5, None])
def test_a_digest_is_hex(text: object) -> None:
    with pytest.raises(InvalidBatch) as caught:
        Destination(LONDON, digest=text)  # type: ignore[arg-type]
    assert codes(caught) == [("destination.digest", "digest")]
    assert Destination(LONDON, digest="0" * 32).digest
    assert Destination(LONDON, digest="f" * 128).digest


def test_a_destination_is_a_value() -> None:
    there = Destination(LONDON, postcode_class="SW1A", point=GeoPoint(1, 2), person="p-1")
    assert there.person == PersonRef("p-1")
    assert type(there.person) is PersonRef
    assert pickle.loads(pickle.dumps(there)) == there
    assert digest(there) == digest(pickle.loads(pickle.dumps(there)))
    assert Destination(LONDON).person is None


# --- the record of a person ------------------------------------------------------------------


def test_repr_and_errors_print_nothing_personal() -> None:
    record = person()
    assert repr(record) == "PersonRecord(ref=PersonRef('p-1'))"
    assert "High" not in repr(record.address)
    assert "SW1A" not in repr(record.address)
    secret_name = "Zoë" * 200
    with pytest.raises(InvalidBatch) as caught:
        PersonRecord("p-1", name=secret_name, address="10 High St", emails=[1], phones=["1", None])  # type: ignore[arg-type, list-item]
    assert codes(caught) == [
        ("person.name", "name"),
        ("person.address", "address"),
        ("person.emails", "emails[0]"),
        ("person.phones", "phones[1]"),
    ]
    assert values(caught) == ["(withheld)"] * 4
    assert "Zoë" not in str(caught.value)
    assert "High" not in str(caught.value)
    with pytest.raises(InvalidBatch) as caught:
        Address("GB High", lines=["ok", "x" * 501], postcode=None)  # type: ignore[arg-type]
    assert codes(caught) == [
        ("address.region", "region"),
        ("address.lines", "lines[1]"),
        ("address.postcode", "postcode"),
    ]
    assert values(caught) == ["(withheld)"] * 3
    assert "High" not in str(caught.value)
    assert Address(LONDON, lines=["x" * 500]).lines


def test_a_single_string_is_one_line_not_letters() -> None:
    assert Address(LONDON, lines="10 High St").lines == ("10 High St",)
    assert person(phones="0171").phones == ("0171",)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "ZOË  o hara"},
        {"name": "Zoe\u0308 O'Hara"},
        {"phones": ["00447700900002", "+442079460001", "(+44) 20-7946-0001"]},
        {"emails": []},
        {"address": Address(LONDON, lines=["10 HIGH ST, Flat 2"], postcode="sw1a1aa")},
        {
            "address": Address(
                Region("GB", "eng", "LONDON"),
                lines=["10 High St", "Flat", "2"],
                postcode="SW1A-1AA",
            )
        },
    ],
)
def test_the_same_recipient_has_the_same_digest(changes: dict[str, Any]) -> None:
    assert person("p-2", **changes).digest(SECRET) == person().digest(SECRET)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Zoë O'Hare"},
        {"phones": ["+442079460001"]},
        {"phones": []},
        {"address": Address(LONDON, lines=["10 High St"], postcode="SW1A 1AA")},
        {"address": Address(LONDON, lines=["10 High St.", "Flat 2"], postcode="SW1A 1AB")},
        {
            "address": Address(
                Region("GB", "ENG", "Leeds"), lines=["10 High St.", "Flat 2"], postcode="SW1A 1AA"
            )
        },
        {
            "address": Address(
                Region("GB", "WLS", "London"), lines=["10 High St.", "Flat 2"], postcode="SW1A 1AA"
            )
        },
        {
            "address": Address(
                Region("IE", "ENG", "London"), lines=["10 High St.", "Flat 2"], postcode="SW1A 1AA"
            )
        },
    ],
)
def test_another_recipient_has_another_digest(changes: dict[str, Any]) -> None:
    assert person(**changes).digest(SECRET) != person().digest(SECRET)


def test_the_digest_needs_the_secret_and_never_changes() -> None:
    assert person().digest(SECRET) != person().digest(SECRET + b"!")
    assert person().digest(b"0123456789abcdef") == DIGEST_KEPT_IN_STORES
    with pytest.raises(InvalidValue) as caught:
        person().digest(b"short")
    assert caught.value.code == "digest.secret"


# Hosts keep digests for years: a change of the normal form is a change of the data.
DIGEST_KEPT_IN_STORES = "36944bf2257400cd14048e109d3e4d5cce48ce2a69c58ea7c56f22d4e81894bf"

words = st.text(string.ascii_letters, min_size=6, max_size=12)


@given(words, words, st.text(string.digits, min_size=14, max_size=16), words)
def test_a_destination_says_nothing_about_the_person(
    name: str, street: str, phone: str, mail: str
) -> None:
    record = person(
        name=name,
        phones=[phone],
        emails=[mail],
        address=Address(LONDON, lines=[street], postcode="SW1A 1AA"),
    )
    there = record.destination(SECRET, GeoPoint(51_501_009, -141_588))
    INVARIANTS[1].require(record, there)
    assert there == Destination(
        LONDON,
        postcode_class="SW1A",
        point=GeoPoint(51_500_000, -140_000),
        person="p-1",
        digest=record.digest(SECRET),
    )


def breach(index: int, *subject: object) -> bool:
    law = INVARIANTS[index]
    violation = law.check(*subject)
    return violation is not None and violation.invariant_id == law.invariant_id


def test_the_law_of_privacy_finds_its_breach() -> None:
    assert INVARIANTS[1].holds(person(name=""), Destination(LONDON))
    assert breach(1, person(), Destination(Region("GB", city="10 High St.")))
    assert breach(1, person(), Destination(LONDON, person="Zoë O'Hara"))
    assert breach(1, person(name="SW1"), Destination(LONDON, postcode_class="SW1A"))
    assert breach(1, person(phones=["07"]), Destination(LONDON, digest="07" * 16))


def test_options_of_a_destination() -> None:
    there = person().destination(
        SECRET,
        GeoPoint(1_234_567, 1),
        grid_e6=1,
        rules=[PostcodeClassRule(country="GB", keep_first=1)],
    )
    assert (there.point, there.postcode_class) == (GeoPoint(1_234_567, 1), "S")
    assert person().destination(SECRET).point is None

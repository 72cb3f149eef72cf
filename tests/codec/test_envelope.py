"""Stored bytes: versioned, canonical, and lifted step by step."""

from __future__ import annotations

import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.codec import MAX_DEPTH, Codec, Upcaster
from ordercore.inventory import StockItem, StockSnapshot
from ordercore.kernel import CodecError, InvalidBatch, InvalidDefinition, Money, type_name


@attrs.frozen
class Parcel:
    weight_g: int
    label: str = ""


@attrs.frozen
class Load:
    parcels: tuple[Parcel, ...]


PARCEL = type_name(Parcel)
LOAD = type_name(Load)


def _grams(old):
    return {"$": PARCEL, "weight_g": old["weight_kg"] * 1000}


def _labelled(old):
    return {**old, "label": "none"}


CODEC = Codec([Upcaster(PARCEL, 2, _labelled), Upcaster(PARCEL, 1, _grams)], hosts=[Parcel, Load])


@given(st.integers(), st.sampled_from(["CNY", "EUR", "JPY"]))
def test_bytes_are_canonical_and_come_back(minor, currency):
    codec = Codec()
    value = Money(minor, currency)
    stored = codec.dumps(value)
    assert codec.loads(stored, Money) == value
    assert codec.loads(stored.decode(), Money) == value
    assert codec.dumps(codec.loads(stored, Money)) == stored


def test_the_envelope_says_its_schema_and_versions():
    assert json.loads(CODEC.dumps(Load((Parcel(1),)))) == {
        "schema": LOAD,
        "versions": {PARCEL: 3},
        "value": {"$": LOAD, "parcels": [{"$": PARCEL, "weight_g": 1, "label": ""}]},
    }
    assert b"versions" not in Codec().dumps(Money(1, "EUR"))


@pytest.mark.parametrize(
    ("versions", "parcel", "expected"),
    [
        ({}, {"$": PARCEL, "weight_kg": 2}, Parcel(2000, "none")),
        ({PARCEL: 1}, {"$": PARCEL, "weight_kg": 2}, Parcel(2000, "none")),
        ({PARCEL: 2}, {"$": PARCEL, "weight_g": 5}, Parcel(5, "none")),
        ({PARCEL: 3}, {"$": PARCEL, "weight_g": 5}, Parcel(5)),
    ],
)
def test_old_data_is_lifted_one_version_at_a_time_also_inside_others(versions, parcel, expected):
    value = {"$": LOAD, "parcels": [parcel]}
    stored = json.dumps({"schema": LOAD, "versions": versions, "value": value})
    assert CODEC.loads(stored, Load) == Load((expected,))
    one = json.dumps({"schema": PARCEL, "versions": versions, "value": parcel})
    assert CODEC.loads(one, Parcel) == expected


def test_versions_count_from_one():
    assert CODEC.version(Parcel) == 3
    assert CODEC.version(LOAD) == 1


@pytest.mark.parametrize(
    ("upcasters", "codes"),
    [
        ([("a.B", 0)], ["codec.upcaster_version"]),
        ([("a.B", True)], ["codec.upcaster_version"]),
        ([("a.B", 1), ("a.B", 1)], ["codec.upcaster_twice"]),
        ([("a.B", 3)], ["codec.upcaster_gap", "codec.upcaster_gap"]),
        ([("a.B", 2), ("a.C", 0)], ["codec.upcaster_version", "codec.upcaster_gap"]),
    ],
)
def test_upcasters_must_run_without_a_gap(upcasters, codes):
    with pytest.raises(InvalidDefinition) as caught:
        Codec([Upcaster(name, version, dict) for name, version in upcasters])
    assert list(caught.value.codes) == codes


@pytest.mark.parametrize(
    ("stored", "path"),
    [
        (b"", "$"),
        (b"{", "$"),
        (b"\xff", "$"),
        (b"[]", "$"),
        (b'{"schema":"kernel.Money"}', "$"),
        (b'{"value":{}}', "$"),
        (b'{"schema":"kernel.Reason","value":{}}', "$.schema"),
        (b'{"schema":"kernel.Money","value":1.5}', "$"),
        (b'{"schema":"kernel.Money","value":NaN}', "$"),
        (b'{"schema":"kernel.Money","versions":[],"value":{}}', "$.versions"),
        (b'{"schema":"kernel.Money","versions":{"a.B":2},"value":{}}', "$.versions[a.B]"),
        (b'{"schema":"kernel.Money","versions":{"a.B":0},"value":{}}', "$.versions[a.B]"),
        (b'{"schema":"kernel.Money","versions":{"a.B":"1"},"value":{}}', "$.versions[a.B]"),
        (b'{"schema":"kernel.Money","value":' + b"[" * 100_000 + b"}", "$"),
        (b'{"schema":"kernel.Money","value":' + b"[" * 300 + b"]" * 300 + b"}", "$"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_is_no_envelope_of_this_schema_is_refused(stored, path):
    with pytest.raises(CodecError) as caught:
        Codec().loads(stored, Money)
    assert caught.value.path == path
    assert caught.value.schema in {"kernel.Money", "a.B"}


def test_brackets_in_texts_do_not_count_as_depth():
    label = '["{\\' * (MAX_DEPTH + 1)
    parcel = Parcel(1, label)
    assert CODEC.loads(CODEC.dumps(parcel), Parcel) == parcel
    wide = Load(tuple(Parcel(number) for number in range(MAX_DEPTH + 5)))
    assert CODEC.loads(CODEC.dumps(wide), Load) == wide


def test_faults_of_the_value_have_paths_below_the_envelope():
    with pytest.raises(InvalidBatch) as caught:
        Codec().loads(b'{"schema":"kernel.Money","value":{"$":"kernel.Money","minor":1}}', Money)
    assert [f.path for f in caught.value.faults] == ["$.value.currency"]


def test_stock_comes_back_whole():
    codec = Codec()
    item = StockItem(sku="T", node="n", received=3, version=1)
    assert codec.loads(codec.dumps(item), StockItem) == item
    snapshot = StockSnapshot.of({("T", "n"): 3, ("A", "m"): 1})
    assert codec.loads(codec.dumps(snapshot), StockSnapshot) == snapshot

"""FrozenMap: equal by content, whatever the order of its making."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import FrozenMap, InvalidValue

MAPS = st.dictionaries(st.text(max_size=4), st.integers(), max_size=8)


@given(MAPS, st.randoms())
def test_the_order_of_making_leaves_no_trace(data, random):
    pairs = list(data.items())
    random.shuffle(pairs)
    one, other = FrozenMap(data), FrozenMap(pairs)
    assert one == other
    assert hash(one) == hash(other) == hash(one)
    assert list(one.items()) == list(other.items()) == sorted(data.items())
    assert repr(one) == repr(other)
    assert pickle.dumps(one) == pickle.dumps(other)


@given(MAPS)
def test_it_is_the_mapping_it_was_made_from(data):
    frozen = FrozenMap(data)
    assert frozen == data
    assert data == frozen
    assert len(frozen) == len(data)
    assert all(frozen[key] == value for key, value in data.items())
    assert all(key in frozen for key in data)
    assert list(frozen.keys()) == list(frozen) == sorted(data)
    assert list(frozen.values()) == [data[key] for key in sorted(data)]
    assert pickle.loads(pickle.dumps(frozen)) == frozen
    data["new key"] = 1
    assert "new key" not in frozen


@given(MAPS, st.text(max_size=4), st.integers())
def test_with_and_without_agree_with_a_dictionary(data, key, value):
    frozen = FrozenMap(data)
    assert frozen.with_(key, value) == {**data, key: value}
    assert frozen.without(key) == {k: v for k, v in data.items() if k != key}
    assert frozen == data


def test_small_things():
    empty = FrozenMap()
    assert empty.without("x") is empty
    assert FrozenMap.of(empty) is empty
    assert FrozenMap.of({"a": 1}) == FrozenMap({"a": 1})
    assert FrozenMap({"a": 1}) != FrozenMap({"a": 2})
    assert FrozenMap({"a": 1}) != 1
    assert (FrozenMap() == 1) is False
    assert repr(FrozenMap({"b": 1, "a": 2})) == "FrozenMap({'a': 2, 'b': 1})"
    assert FrozenMap({"a": 1}).get("b") is None
    with pytest.raises(KeyError):
        FrozenMap()["x"]
    with pytest.raises(InvalidValue, match="map.unsortable"):
        FrozenMap({1: 1, "a": 1})
    for none in (5, [5], ["abc"], [({}, 1)]):
        with pytest.raises(InvalidValue, match="type.wrong at pairs"):
            FrozenMap(none)
    with pytest.raises(TypeError):
        hash(FrozenMap({"a": []}))

"""Roll-outs: the same order gets the same version everywhere, and never an older one again."""

from __future__ import annotations

import json
from decimal import Decimal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import InvalidBatch, InvalidValue, partition
from ordercore.statemachine import (
    INVARIANTS,
    Assignment,
    Considered,
    MachinePin,
    RollOut,
    Wave,
    WaveAnswer,
    wave,
)
from ordercore.testing.strategies import roll_outs

BASE, TWO, THREE = (MachinePin("fulfilment", v, f"0{v}") for v in "123")
keys = st.from_regex(r"o-[0-9]{1,6}", fullmatch=True)
channels = st.sampled_from(["", "douyin", "tmall", "till"])


def test_choices_by_hand():
    """Known answers that must never change: orders are already under way by them."""
    plan = RollOut(BASE, [wave(THREE, channels="douyin"), wave(TWO, percent=34)])
    assert (plan.bucket("o-1"), plan.bucket("o-2")) == (3410, 3332)
    assert plan.choose("o-1", channel="douyin").pin == THREE
    assert plan.choose("o-2", channel="tmall") == Assignment(
        pin=TWO,
        bucket=3332,
        considered=(
            Considered(plan.waves[0], WaveAnswer.OTHER_CHANNEL),
            Considered(plan.waves[1], WaveAnswer.TAKEN),
        ),
    )
    left = plan.choose("o-1")
    assert left.pin == BASE
    assert not left.by_wave
    assert [each.answer for each in left.considered] == [
        WaveAnswer.OTHER_CHANNEL,
        WaveAnswer.BEYOND_SHARE,
    ]


def test_the_bucket_is_the_kernels_partition_and_the_salt_moves_it():
    assert RollOut(BASE).bucket("o-1") == partition("fulfilment/o-1", 10_000)
    assert RollOut(BASE, salt="s").bucket("o-1") == partition("s/o-1", 10_000)


@given(keys, channels)
def test_none_and_all(key, channel):
    assert RollOut(BASE, [wave(TWO, percent=0)]).choose(key, channel=channel).pin == BASE
    everyone = RollOut(BASE, [wave(TWO)]).choose(key, channel=channel)
    assert everyone.pin == TWO
    assert everyone.by_wave


@given(roll_outs(), keys, channels)
def test_the_answer_is_a_function_of_the_values(plan, key, channel):
    read = RollOut.from_json(json.loads(json.dumps(plan.to_json())))
    assert read == plan
    answer = plan.choose(key, channel=channel)
    assert read.choose(key, channel=channel) == answer
    assert answer.pin in {plan.base, *(each.pin for each in plan.waves)}
    assert [each.wave for each in answer.considered] == list(plan.waves[: len(answer.considered)])


@given(roll_outs(), st.data(), keys, channels)
def test_growing_never_moves_an_order_back(plan, data, key, channel):
    grown = [
        attrs.evolve(
            each,
            basis_points=data.draw(st.integers(each.basis_points, 10_000)),
            channels=(*each.channels, *data.draw(st.lists(channels.filter(bool), max_size=1)))
            if each.channels
            else (),
        )
        for each in plan.waves
    ]
    newest = Wave(
        MachinePin("fulfilment", "9", "09"), basis_points=data.draw(st.integers(0, 10_000))
    )
    larger = attrs.evolve(plan, waves=[newest, *grown])
    INVARIANTS[6].require(plan, larger, key, channel)
    before, after = plan.choose(key, channel=channel), larger.choose(key, channel=channel)
    assert int(after.pin.version) >= int(before.pin.version)
    assert after.bucket == before.bucket


def test_shares_are_about_what_they_say():
    plan = RollOut(BASE, [wave(THREE, percent=10), wave(TWO, percent="30.5")])
    served = [plan.choose(f"o-{number}").pin for number in range(10_000)]
    # Two newer versions reach 30.5 % together; within three standard deviations (46 orders).
    assert abs(served.count(THREE) - 1_000) < 90
    assert abs(served.count(THREE) + served.count(TWO) - 3_050) < 138


@pytest.mark.parametrize(
    ("percent", "basis_points"),
    [(0, 0), (100, 10_000), ("12.5", 1250), (Decimal("0.01"), 1), ("1e1", 1000)],
)
def test_percents_are_exact(percent, basis_points):
    assert wave(TWO, percent=percent).basis_points == basis_points


@pytest.mark.parametrize(
    "percent",
    [-1, 101, "0.001", "12.50000000000000000000000000000001", "x", "NaN", "sNaN", "Infinity", True, 0.5, None],
)  # fmt: skip
def test_what_is_no_percent_is_refused(percent):
    with pytest.raises(InvalidValue) as caught:
        wave(TWO, percent=percent)
    assert (caught.value.code, caught.value.path) == ("rollout.percent", "percent")


def faults(make):
    with pytest.raises(InvalidBatch) as caught:
        make()
    return [(fault.code, fault.path) for fault in caught.value.faults]


def test_what_a_roll_out_refuses():
    assert faults(lambda: Wave("2", basis_points=1.5, channels=[" "])) == [
        ("type.wrong", "pin"),
        ("rollout.share", "basis_points"),
        ("machine.name", "channels[0]"),
    ]
    assert faults(lambda: Wave(TWO, basis_points=10_001)) == [("rollout.share", "basis_points")]
    assert faults(lambda: RollOut("1", [TWO], salt=3)) == [
        ("type.wrong", "base"),
        ("type.wrong", "salt"),
        ("type.wrong", "waves[0]"),
    ]
    other = MachinePin("order", "2", "0b")
    assert faults(lambda: RollOut(BASE, [wave(TWO), wave(THREE), wave(TWO), wave(other)])) == [
        ("rollout.order", "waves[2].pin"),
        ("rollout.machine", "waves[3].pin"),
    ]
    assert faults(lambda: RollOut(BASE, wave(BASE))) == [("rollout.order", "waves[0].pin")]
    assert RollOut(BASE, [wave(TWO, channels="till"), wave(TWO, percent=1)]).waves
    for choose, path in (
        (lambda: RollOut(BASE).choose(7), "key"),
        (lambda: RollOut(BASE).choose("o-1", channel=7), "channel"),
    ):
        with pytest.raises(InvalidValue) as caught:
            choose()
        assert (caught.value.code, caught.value.path) == ("type.wrong", path)


@pytest.mark.parametrize("key", ["o-1", "o-2", "o-3"])
def test_a_share_ends_just_before_its_bucket(key):
    bucket = RollOut(BASE).bucket(key)
    for basis_points, pin in ((bucket, BASE), (bucket + 1, TWO)):
        assert RollOut(BASE, Wave(TWO, basis_points=basis_points)).choose(key).pin == pin


def test_json_by_hand():
    plan = RollOut(BASE, [wave(TWO, percent=25, channels=["tmall", "douyin"])], salt="s")
    assert plan.to_json() == {
        "base": {"machine": "fulfilment", "version": "1", "digest": "01"},
        "waves": [
            {
                "pin": {"machine": "fulfilment", "version": "2", "digest": "02"},
                "basis_points": 2500,
                "channels": ["douyin", "tmall"],
            }
        ],
        "salt": "s",
    }


def test_all_faults_of_the_data_are_reported_with_their_places():
    pin = {"machine": "fulfilment", "version": "2", "digest": "02"}
    assert faults(
        lambda: RollOut.from_json(
            {
                "waves": [
                    3,
                    {"pin": 3, "basis_points": "x"},
                    {"basis_points": 1},
                    {"pin": pin | {"digest": ""}, "basis_points": 1},
                    {"pin": pin, "basis_points": -1},
                ],
                "salt": 3,
            }
        )
    ) == [
        ("machine.json_missing", "base"),
        ("machine.json", "waves[0]"),
        ("machine.json", "waves[1].pin"),
        ("machine.json", "waves[1].basis_points"),
        ("machine.json_missing", "waves[2].pin"),
        ("pin.digest", "waves[3].pin.digest"),
        ("rollout.share", "waves[4].basis_points"),
        ("machine.json", "salt"),
    ]
    assert faults(lambda: RollOut.from_json({"base": pin | {"version": ""}, "waves": []})) == [
        ("machine.name", "base.version")
    ]


def test_the_law_finds_its_breach():
    large, small = RollOut(BASE, [wave(TWO)]), RollOut(BASE, [wave(TWO, percent=0)])
    assert INVARIANTS[6].check(small, large, "o-1", "") is None
    assert INVARIANTS[6].check(large, small, "o-1", "").invariant_id == "INV-MACHINE-7"
    # A version that the second does not know is neither older nor newer.
    assert INVARIANTS[6].check(RollOut(BASE, [wave(THREE)]), large, "o-1", "") is None

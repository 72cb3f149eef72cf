"""Apportionment: conservation first, then fairness, then every corner named in the docstring."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ordercore.kernel import InvalidValue, ZeroWeights, apportion, cumulative_share

totals = st.integers(-(10**24), 10**24)
small_totals = st.integers(-60, 60)
weight_lists = st.lists(st.integers(0, 10**12), min_size=1, max_size=12)
small_weights = st.lists(st.integers(0, 6), min_size=1, max_size=6)
positive = weight_lists.filter(any)


def quotas(total: int, weights: list[int]) -> list[Fraction]:
    """The exact shares."""
    return [Fraction(total * weight, sum(weights)) for weight in weights]


@given(totals | small_totals, weight_lists | small_weights)
def test_shares_sum_to_the_total(total: int, weights: list[int]) -> None:
    shares = apportion(total, weights)
    assert sum(shares) == total
    assert len(shares) == len(weights)
    assert type(shares) is tuple


@given(totals | small_totals, positive | small_weights.filter(any))
def test_every_share_is_off_by_less_than_one(total: int, weights: list[int]) -> None:
    for share, quota in zip(apportion(total, weights), quotas(total, weights), strict=True):
        assert abs(share - quota) < 1


@given(totals | small_totals, weight_lists | small_weights)
def test_a_negative_total_mirrors(total: int, weights: list[int]) -> None:
    assert apportion(-total, weights) == tuple(-share for share in apportion(total, weights))


@given(st.integers(0, 10**6), positive | small_weights.filter(any))
def test_more_weight_never_gets_less(total: int, weights: list[int]) -> None:
    shares = apportion(total, weights)
    for i, j in product(range(len(weights)), repeat=2):
        if weights[i] > weights[j]:
            assert shares[i] >= shares[j]
        if weights[i] == weights[j] and i < j:
            assert shares[j] <= shares[i] <= shares[j] + 1


@given(totals | small_totals, positive | small_weights.filter(any))
def test_a_zero_weight_beside_others_gets_nothing(total: int, weights: list[int]) -> None:
    for share, weight in zip(apportion(total, weights), weights, strict=True):
        assert weight or not share


@given(small_totals, small_weights.filter(any), st.integers(1, 10**9))
def test_only_the_proportion_of_weights_counts(total: int, weights: list[int], factor: int) -> None:
    assert apportion(total, [weight * factor for weight in weights]) == apportion(total, weights)


@given(st.integers(0, 60), small_weights.filter(any))
def test_against_a_plain_reading_of_hamilton_s_method(total: int, weights: list[int]) -> None:
    exact = quotas(total, weights)
    shares = [int(quota) for quota in exact]
    while sum(shares) < total:
        # max() gives the first of equals; a share already raised has a negative remainder.
        shares[max(range(len(shares)), key=lambda i: exact[i] - shares[i])] += 1
    assert apportion(total, weights) == tuple(shares)


@given(st.integers(0, 12), st.lists(st.integers(0, 4), min_size=1, max_size=4).filter(any))
def test_no_other_split_is_closer(total: int, weights: list[int]) -> None:
    exact = quotas(total, weights)

    def distance(split: tuple[int, ...]) -> Fraction:
        return sum(((s - q) ** 2 for s, q in zip(split, exact, strict=True)), Fraction(0))

    ours = distance(apportion(total, weights))
    for split in product(range(total + 1), repeat=len(weights)):
        if sum(split) == total:
            assert ours <= distance(split)


@given(st.data(), st.integers(-1000, 1000), small_weights.filter(any))
def test_order_matters_only_between_equal_remainders(
    data: st.DataObject, total: int, weights: list[int]
) -> None:
    rests = [abs(total) * weight % sum(weights) for weight in weights]
    order = data.draw(st.permutations(range(len(weights))))
    straight = apportion(total, weights)
    permuted = apportion(total, [weights[i] for i in order])
    for place, i in enumerate(order):
        assert abs(permuted[place] - straight[i]) <= 1
        if rests.count(rests[i]) == 1:
            assert permuted[place] == straight[i]


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (100, [1, 1, 1], (34, 33, 33)),
        (-100, [1, 1, 1], (-34, -33, -33)),
        (2, [1, 1, 1, 1], (1, 1, 0, 0)),
        (2, [1, 3], (1, 1)),
        (2, [3, 1], (2, 0)),
        (1, [0, 1, 1], (0, 1, 0)),
        (0, [3, 4], (0, 0)),
        (7, [5], (7,)),
        (10, [6, 6, 2], (4, 4, 2)),
        (1, [1, 2], (0, 1)),
        (10**40 + 1, [1, 1], (5 * 10**39 + 1, 5 * 10**39)),
    ],
)
def test_computed_by_hand(total: int, weights: list[int], shares: tuple[int, ...]) -> None:
    assert apportion(total, weights) == shares


@pytest.mark.parametrize(
    ("policy", "total", "shares"),
    [
        (ZeroWeights.EQUAL, 5, (2, 2, 1)),
        (ZeroWeights.EQUAL, -5, (-2, -2, -1)),
        (ZeroWeights.EQUAL, 0, (0, 0, 0)),
        (ZeroWeights.NOTHING, 5, (0, 0, 0)),
        (ZeroWeights.REFUSE, 0, (0, 0, 0)),
        ("nothing", 5, (0, 0, 0)),
    ],
)
def test_all_weights_zero(policy: ZeroWeights, total: int, shares: tuple[int, ...]) -> None:
    assert apportion(total, [0, 0, 0], policy) == shares


@pytest.mark.parametrize("policy", list(ZeroWeights))
def test_the_policy_takes_no_part_when_there_is_weight(policy: ZeroWeights) -> None:
    assert apportion(5, [0, 1, 1], policy) == (0, 3, 2)
    assert apportion(-5, [0, 1, 1], policy) == (0, -3, -2)


def test_policies_have_stable_texts() -> None:
    assert [policy.value for policy in ZeroWeights] == ["equal", "nothing", "refuse"]


def test_weights_may_be_a_tuple_or_a_range() -> None:
    assert apportion(6, (1, 2)) == apportion(6, range(1, 3)) == (2, 4)


@pytest.mark.parametrize(
    ("args", "code", "path", "value"),
    [
        ((1, []), "apportion.no_weights", "weights", []),
        ((0, []), "apportion.no_weights", "weights", []),
        ((1, [], ZeroWeights.NOTHING), "apportion.no_weights", "weights", []),
        ((1, [0], ZeroWeights.REFUSE), "apportion.zero_weights", "weights", [0]),
        ((-1, [0], ZeroWeights.REFUSE), "apportion.zero_weights", "weights", [0]),
        ((1, [0], "share"), "apportion.policy", "zero_weights", "share"),
        ((1, [1], "share"), "apportion.policy", "zero_weights", "share"),
        ((1, [2, -1, -3]), "apportion.weight", "weights[1]", -1),
        ((1, [2, 1.5]), "apportion.weight", "weights[1]", 1.5),
        ((1, [2, 0, -1]), "apportion.weight", "weights[2]", -1),
        ((1, [True]), "apportion.weight", "weights[0]", True),
        ((1, [1, 1, Fraction(1)]), "apportion.weight", "weights[2]", 1),
        ((1.0, [1]), "apportion.total", "total", 1.0),
        ((True, [1]), "apportion.total", "total", True),
    ],
)
def test_apportion_refuses(
    args: tuple[int, list[int]], code: str, path: str, value: object
) -> None:
    with pytest.raises(InvalidValue) as caught:
        apportion(*args)
    assert (caught.value.code, caught.value.path, caught.value.value) == (code, path, value)


# --- cumulative_share ---


@given(totals | small_totals, st.integers(1, 40))
def test_shares_of_all_pieces_make_the_total_at_two_prices(total: int, whole: int) -> None:
    reached = [cumulative_share(total, part, whole) for part in range(whole + 1)]
    assert reached[0] == 0
    assert reached[-1] == total
    steps = [b - a for a, b in pairwise(reached)]
    assert sum(steps) == total
    assert max(steps) - min(steps) <= 1
    assert set(steps) <= {total // whole, -(-total // whole)}


@given(totals | small_totals, st.data(), st.integers(1, 10**6))
def test_the_path_does_not_matter(total: int, data: st.DataObject, whole: int) -> None:
    a, b, c = sorted(data.draw(st.integers(0, whole)) for _ in range(3))

    def step(start: int, end: int) -> int:
        return cumulative_share(total, end, whole) - cumulative_share(total, start, whole)

    assert step(a, c) == step(a, b) + step(b, c)
    assert step(a, b) * (1 if total >= 0 else -1) >= 0


@given(totals | small_totals, st.data(), st.integers(1, 10**6))
def test_reached_is_the_exact_part_towards_zero(
    total: int, data: st.DataObject, whole: int
) -> None:
    part = data.draw(st.integers(0, whole))
    exact = Fraction(total * part, whole)
    assert cumulative_share(total, part, whole) == int(exact)
    assert cumulative_share(-total, part, whole) == -int(exact)


@given(st.integers(0, 1000), st.integers(1, 30), st.integers(1, 30))
def test_only_the_proportion_of_pieces_counts(total: int, whole: int, factor: int) -> None:
    assume(total)
    for part in range(whole + 1):
        assert cumulative_share(total, part * factor, whole * factor) == cumulative_share(
            total, part, whole
        )


@pytest.mark.parametrize(
    ("args", "code", "path"),
    [
        ((1.0, 0, 1), "apportion.total", "total"),
        ((True, 0, 1), "apportion.total", "total"),
        ((1, 0, 0), "apportion.whole", "whole"),
        ((1, 0, -1), "apportion.whole", "whole"),
        ((1, 0, True), "apportion.whole", "whole"),
        ((1, -1, 3), "apportion.part", "part"),
        ((1, 4, 3), "apportion.part", "part"),
        ((1, 1.5, 3), "apportion.part", "part"),
        ((1, True, 3), "apportion.part", "part"),
    ],
)
def test_cumulative_share_refuses(args: tuple[int, int, int], code: str, path: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        cumulative_share(*args)
    assert (caught.value.code, caught.value.path) == (code, path)

"""One amount shared out over several parts: by a named rule, to the minor unit, within their room.

A rule says where the minor units fall that exact shares leave over. No part gets more than it has
room for; what it cannot take is shared out over the others, by the same rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from ordercore.kernel import Rounding, ZeroWeights, apportion, divide
from ordercore.pricing.discount_choices import DiscountSplit

__all__ = ["split", "split_within"]


def split_within(
    amount: int,
    weights: Sequence[int],
    rooms: Sequence[int],
    *,
    rule: DiscountSplit,
    rounding: Rounding,
    zero_weights: ZeroWeights,
) -> list[int]:
    """Shares of an amount in proportion to weights, none above its room.

    They sum to the amount, or to all rooms where these are smaller; to less only where parts with
    room have no weight and ``zero_weights`` is ``NOTHING``. A part without weight gets nothing
    while one with weight has room. O(parts²) at most: every round but the last fills a part.

    Example:
        >>> rule = {"rounding": Rounding.HALF_UP, "zero_weights": ZeroWeights.EQUAL}
        >>> split_within(10, [1, 1, 1], [1, 9, 9], rule=DiscountSplit.FIRST, **rule)
        [1, 5, 4]
    """
    shares = [0] * len(weights)
    left = min(amount, sum(rooms))
    open_parts = [part for part, room in enumerate(rooms) if room > 0]
    while left > 0 and open_parts:
        its = [weights[part] for part in open_parts]
        if not any(its):
            if zero_weights is ZeroWeights.NOTHING:
                break
            its = [1] * len(open_parts)
        for part, share in zip(open_parts, split(left, its, rule, rounding), strict=True):
            more = min(share, rooms[part] - shares[part])
            shares[part] += more
            left -= more
        open_parts = [part for part in open_parts if shares[part] < rooms[part]]
    return shares


def split(
    amount: int, weights: Sequence[int], rule: DiscountSplit, rounding: Rounding
) -> Sequence[int]:
    """Shares of an amount ≥ 0 in proportion to weights ≥ 0, not all zero; they sum to it.

    Example:
        >>> for rule in DiscountSplit:
        ...     print(rule.value, list(split(5, [1, 1, 1, 1], rule, Rounding.HALF_UP)))
        largest_remainder [2, 1, 1, 1]
        first [2, 1, 1, 1]
        nearest [2, 1, 1, 1]
        last [1, 1, 1, 2]
        running [1, 2, 1, 1]
    """
    match rule:
        case DiscountSplit.LARGEST_REMAINDER:
            return apportion(amount, weights)
        case DiscountSplit.FIRST:
            return _first(amount, weights)
        case DiscountSplit.NEAREST:
            return _nearest(amount, weights)
        case DiscountSplit.LAST:
            return _last(amount, weights, rounding)
        case DiscountSplit.RUNNING:
            return _running(amount, weights, rounding)
        case never:
            assert_never(never)


def _first(amount: int, weights: Sequence[int]) -> list[int]:
    whole = sum(weights)
    shares = [amount * weight // whole for weight in weights]
    # Fewer than there are parts with weight: what was rounded off comes to less than one of each.
    missing = amount - sum(shares)
    for part, weight in enumerate(weights):
        if weight and missing:
            shares[part] += 1
            missing -= 1
    return shares


def _nearest(amount: int, weights: Sequence[int]) -> list[int]:
    whole = sum(weights)
    # Halves down: a half and nothing more stays below the next whole number.
    shares = [(2 * amount * weight + whole - 1) // (2 * whole) for weight in weights]
    wrong = amount - sum(shares)
    step = 1 if wrong > 0 else -1
    for part, weight in enumerate(weights):
        if wrong and weight and (step > 0 or shares[part]):
            shares[part] += step
            wrong -= step
    return shares


def _last(amount: int, weights: Sequence[int], rounding: Rounding) -> list[int]:
    whole = sum(weights)
    last = max(part for part, weight in enumerate(weights) if weight)
    shares = [0] * len(weights)
    left = amount
    for part, weight in enumerate(weights[:last]):
        shares[part] = min(left, divide(amount * weight, whole, rounding))
        left -= shares[part]
    shares[last] = left
    return shares


def _running(amount: int, weights: Sequence[int], rounding: Rounding) -> list[int]:
    whole = sum(weights)
    shares: list[int] = []
    so_far = reached = 0
    for weight in weights:
        so_far += weight
        # The sums rise, and rounding keeps their order: no share is below zero.
        now = divide(amount * so_far, whole, rounding)
        shares.append(now - reached)
        reached = now
    return shares

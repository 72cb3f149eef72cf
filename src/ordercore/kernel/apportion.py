"""Splitting an integer into shares that sum to it exactly.

Two rules, for two questions. :func:`apportion` spreads a total over weights at once (a discount
over lines). :func:`cumulative_share` gives away a total step by step (a refund unit by unit), such
that the steps taken do not matter, only how far they have come.
"""

from __future__ import annotations

from collections.abc import Sequence

from ordercore.kernel.errors import Choice, InvalidValue, expect

__all__ = ["ZeroWeights", "apportion", "cumulative_share"]


class ZeroWeights(Choice):
    """What to do when every weight is zero and the total is not.

    A zero weight beside positive ones always gets nothing. ``EQUAL`` splits as if all weights were
    one. ``NOTHING`` gives every share 0: the total stays with the caller, the only case in which
    shares do not sum to it. ``REFUSE`` raises.

    Example:
        >>> apportion(5, [0, 0]), apportion(5, [0, 0], ZeroWeights.NOTHING)
        ((3, 2), (0, 0))
    """

    EQUAL = "equal"
    NOTHING = "nothing"
    REFUSE = "refuse"


def apportion(
    total: int, weights: Sequence[int], zero_weights: ZeroWeights = ZeroWeights.EQUAL
) -> tuple[int, ...]:
    """Split ``total`` in proportion to ``weights`` by largest remainder (Hamilton's method).

    Each share is its exact quota rounded down or up, so it is off by less than one. What is left
    after rounding down goes, one each, to the largest remainders; among equal remainders to the
    earlier position. A larger weight never gets less than a smaller one. A negative total gives
    the negated shares of the positive one. O(n log n), and independent of the size of the total.

    Args:
        total: Any int; minor units of money, pieces, grams.
        weights: At least one int, none negative. Their order is the tie-break.
        zero_weights: What to do when all weights are zero.

    Raises:
        InvalidValue: ``apportion.no_weights``, ``apportion.weight`` (path ``weights[i]``),
            ``apportion.total``, ``apportion.policy`` or ``apportion.zero_weights``;
            ``type.wrong`` for weights that are no sequence.

    Invariants: the shares sum to ``total`` (except under ``ZeroWeights.NOTHING``).

    Example:
        >>> apportion(100, [1, 1, 1]), apportion(-100, [1, 1, 1]), apportion(2, [5, 0, 5])
        ((34, 33, 33), (-34, -33, -33), (1, 0, 1))
    """
    if type(total) is not int:
        raise InvalidValue("apportion.total", "total", total, "an int")
    if type(weights) is not list and type(weights) is not tuple:
        expect(weights, Sequence, "weights")  # type: ignore[type-abstract]
    for weight in weights:
        if type(weight) is not int or weight < 0:
            raise _faulty_weight(weights)
    if type(zero_weights) is not ZeroWeights:
        zero_weights = _policy(zero_weights)
    whole = sum(weights)
    if whole == 0:
        return _all_zero(total, weights, zero_weights)
    if total < 0:
        return tuple([-share for share in apportion(-total, weights)])
    shares: list[int] = []
    rests: list[int] = []
    left = total
    for weight in weights:
        share, rest = divmod(total * weight, whole)
        shares.append(share)
        rests.append(rest)
        left -= share
    if left:
        # Sorting in reverse keeps equal remainders in their order: the earlier position wins.
        for position in sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[:left]:
            shares[position] += 1
    return tuple(shares)


def _all_zero(total: int, weights: Sequence[int], policy: ZeroWeights) -> tuple[int, ...]:
    if not weights:
        raise InvalidValue("apportion.no_weights", "weights", weights, "at least one weight")
    if total == 0 or policy is ZeroWeights.NOTHING:
        return (0,) * len(weights)
    if policy is ZeroWeights.REFUSE:
        raise InvalidValue("apportion.zero_weights", "weights", weights, "a weight above 0")
    return apportion(total, (1,) * len(weights))


def _policy(value: str) -> ZeroWeights:
    try:
        return ZeroWeights(value)
    except ValueError:
        raise InvalidValue(
            "apportion.policy", "zero_weights", value, "one of " + ", ".join(ZeroWeights)
        ) from None


def _faulty_weight(weights: Sequence[int]) -> InvalidValue:
    position, weight = next(
        (i, weight) for i, weight in enumerate(weights) if type(weight) is not int or weight < 0
    )
    return InvalidValue("apportion.weight", f"weights[{position}]", weight, "an int ≥ 0")


def cumulative_share(total: int, part: int, whole: int) -> int:
    """How much of ``total`` belongs to the first ``part`` of ``whole`` equal pieces.

    Take differences to get the share of a step: from a to b pieces it is ``f(b) - f(a)``, so any
    path from a to c gives the same sum, ``f(0) = 0`` and ``f(whole) = total``. Rounds towards zero,
    so a single piece gets one of two neighbouring amounts and the later pieces never get less
    in all than their part.

    Args:
        total: Any int; a negative one mirrors the positive.
        part: 0 to ``whole``.
        whole: 1 or more.

    Raises:
        InvalidValue: ``apportion.total``, ``apportion.whole`` or ``apportion.part``.

    Example:
        >>> [cumulative_share(100, part, 3) for part in range(4)]
        [0, 33, 66, 100]
    """
    if type(total) is not int:
        raise InvalidValue("apportion.total", "total", total, "an int")
    if type(whole) is not int or whole < 1:
        raise InvalidValue("apportion.whole", "whole", whole, "an int ≥ 1")
    if type(part) is not int or not 0 <= part <= whole:
        raise InvalidValue("apportion.part", "part", part, f"an int from 0 to {whole}")
    return total * part // whole if total >= 0 else -(-total * part // whole)

"""One amount over ten lines, by largest remainder."""

from __future__ import annotations

from harness import Comparison, floor
from ordercore.kernel import apportion

TOTAL = 99_999
WEIGHTS = [12_800, 5_990, 990, 45_000, 1, 7_777, 12_800, 3_333, 60_000, 250]


def by_hand() -> list[int]:
    """The same rule in plain integers, for positive weights only."""
    whole = sum(WEIGHTS)
    shares = []
    remainders = []
    for index, weight in enumerate(WEIGHTS):
        share, remainder = divmod(TOTAL * weight, whole)
        shares.append(share)
        remainders.append((-remainder, index))
    remainders.sort()
    for _, index in remainders[: TOTAL - sum(shares)]:
        shares[index] += 1
    return shares


def comparisons() -> list[Comparison]:
    def ours() -> tuple[int, ...]:
        return apportion(TOTAL, WEIGHTS)

    assert list(ours()) == by_hand()
    return [
        Comparison(
            row="money.apportion",
            unit="µs",
            goal=floor(2),
            ours=ours,
            reference=by_hand,
            reference_name="plain integers",
        )
    ]

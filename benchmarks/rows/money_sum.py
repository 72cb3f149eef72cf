"""The total of 1,000 amounts."""

from __future__ import annotations

from harness import Comparison, faster, floor, peer
from ordercore.kernel import CurrencyMismatch, Money, total

AMOUNTS = [Money((index * 7919) % 100_000, "CNY") for index in range(1_000)]


def by_hand() -> Money:
    """The loop that a careful programmer writes for one place."""
    currency = AMOUNTS[0].currency
    minor = 0
    for money in AMOUNTS:
        if money.currency != currency:
            raise CurrencyMismatch(currency, money.currency)
        minor += money.minor
    return Money(minor, currency)


def comparisons() -> list[Comparison]:
    def ours() -> Money:
        return total(AMOUNTS, "CNY")

    reference = None
    if moneyed := peer("moneyed"):
        theirs = [moneyed.Money(money.major, "CNY") for money in AMOUNTS]

        def reference() -> object:
            return sum(theirs, moneyed.Money(0, "CNY"))

        assert reference().amount == ours().major
    assert by_hand() == ours()
    return [
        Comparison(
            row="money.sum",
            unit="µs",
            goal=faster(15, "py-moneyed"),
            ours=ours,
            reference=reference,
            reference_name="py-moneyed",
        ),
        Comparison(
            row="money.sum",
            unit="µs",
            goal=floor(1.5),
            ours=ours,
            reference=by_hand,
            reference_name="loop over the same amounts",
        ),
    ]

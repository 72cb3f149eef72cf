"""Strategies for what promotions do: every effect, small enough to meet a cart."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

from hypothesis import strategies as st

from ordercore.kernel import Money
from ordercore.pricing import (
    AmountOff,
    BuyGet,
    EarnPoints,
    FixedPrice,
    FlatEffect,
    GiftItem,
    GiftRung,
    Gifts,
    Ladder,
    LadderStep,
    PayPoints,
    Per,
    PercentOff,
    PromotionEffect,
    Rung,
    Selector,
    SetPart,
    SetPrice,
    SpendAndSave,
    SpendEvery,
    UnitOff,
    UnitPick,
)
from ordercore.testing.kernel_values import monies

__all__ = [
    "buy_gets",
    "earned_points",
    "effects",
    "gift_rungs",
    "gifts",
    "giving_effects",
    "ladders",
    "paid_points",
    "rungs",
    "set_prices",
    "shipping_effects",
    "spend_everies",
    "spend_ladders",
]

T = TypeVar("T")

_percents = st.fractions(Fraction(1, 2), 100, max_denominator=4)
_selectors = st.sampled_from(
    [
        Selector(),
        Selector(skus=["TEA", "CUP"]),
        Selector(categories=["drinks"]),
        Selector(but_skus=["TEA"]),
    ]
)


def _money(currency: str) -> st.SearchStrategy[Money]:
    return monies(currency=currency, min_minor=1, max_minor=2_000)


def _most() -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(1, 3)


def _flat(currency: str) -> st.SearchStrategy[FlatEffect]:
    money = _money(currency)
    return st.one_of(
        st.builds(PercentOff, _percents, st.none() | st.sampled_from(Per)),
        st.builds(UnitOff, money),
        st.builds(AmountOff, money, st.sampled_from([Per.LINE, Per.SELECTION])),
        st.builds(FixedPrice, money, st.sampled_from(Per)),
    )


def spend_ladders(currency: str = "CNY") -> st.SearchStrategy[SpendAndSave]:
    """Ladders of thresholds and amounts off."""
    steps = st.lists(
        st.tuples(st.integers(1, 9_000), st.integers(1, 3_000)), min_size=1, max_size=3
    )
    return steps.map(
        lambda drawn: SpendAndSave(
            [
                LadderStep(Money(threshold, currency), Money(off, currency))
                for threshold, off in zip(
                    sorted({threshold for threshold, _ in drawn}),
                    sorted({off for _, off in drawn}),
                    strict=False,
                )
            ]
        )
    )


def rungs(currency: str = "CNY") -> st.SearchStrategy[Rung]:
    """Rungs of money or of units."""
    return st.builds(Rung, st.integers(0, 9) | _money(currency), _flat(currency))


def ladders(currency: str = "CNY") -> st.SearchStrategy[Ladder]:
    """Ladders of effects, by money spent or by units."""

    def of(threshold: Callable[[int], Money | int], most: int) -> st.SearchStrategy[Ladder]:
        sizes = st.lists(st.integers(0, most), min_size=1, max_size=3, unique=True).map(sorted)
        return sizes.flatmap(
            lambda known: st.tuples(
                *[st.builds(Rung, st.just(threshold(size)), _flat(currency)) for size in known]
            ).map(Ladder)
        )

    return of(lambda size: Money(size, currency), 9_000) | of(lambda size: size, 9)


def spend_everies(currency: str = "CNY") -> st.SearchStrategy[SpendEvery]:
    """Amounts off for every so much, or so many units."""
    every = st.integers(1, 4) | _money(currency)
    return st.builds(SpendEvery, every, _money(currency), _most())


def buy_gets(currency: str = "CNY") -> st.SearchStrategy[BuyGet]:
    """Deals of some units for others, on the same lines or on others."""
    reward = st.one_of(
        st.builds(PercentOff, _percents),
        st.builds(UnitOff, _money(currency)),
        st.builds(FixedPrice, _money(currency)),
    )
    same = st.builds(
        BuyGet,
        buy=st.integers(1, 3),
        get=st.integers(1, 2),
        reward=reward,
        pick=st.none() | st.sampled_from(UnitPick),
        most=_most(),
    )
    other = st.builds(
        BuyGet,
        buy=st.integers(0, 2),
        get=st.integers(1, 2),
        reward=reward,
        get_on=_selectors,
        pick=st.sampled_from([None, UnitPick.CHEAPEST, UnitPick.DEAREST, UnitPick.LINE_ORDER]),
        most=_most(),
    )
    return same | other


def set_prices(currency: str = "CNY") -> st.SearchStrategy[SetPrice]:
    """Sets for a price."""
    return st.builds(
        SetPrice,
        st.lists(st.builds(SetPart, st.integers(1, 3), _selectors), min_size=1, max_size=3),
        _money(currency),
        st.sampled_from([None, UnitPick.DEAREST, UnitPick.CHEAPEST, UnitPick.LINE_ORDER]),
        _most(),
    )


def gift_rungs(currency: str = "CNY") -> st.SearchStrategy[GiftRung]:
    """Rungs of gifts, of money or of units."""
    items = st.lists(
        st.builds(GiftItem, st.sampled_from(("MUG", "TIN", "TEA")), st.integers(1, 2)),
        min_size=1,
        max_size=3,
        unique_by=lambda item: item.sku,
    )
    return st.builds(GiftRung, st.integers(1, 9) | _money(currency), items, st.none() | st.just(1))


def gifts(currency: str = "CNY") -> st.SearchStrategy[Gifts]:
    """Gifts from a threshold on, some for every so much."""
    return st.builds(
        Gifts,
        gift_rungs(currency).map(lambda rung: (rung,)),
        every=st.booleans(),
        auto=st.booleans(),
        valued=st.booleans(),
    )


def earned_points(currency: str = "CNY") -> st.SearchStrategy[EarnPoints]:
    """Points for money, units, or once."""
    return st.builds(
        EarnPoints,
        st.integers(1, 5),
        per=st.none() | st.integers(1, 3) | _money(currency),
        factor=st.sampled_from((Fraction(1), Fraction(3, 2))),
        most=st.none() | st.integers(1, 99),
    )


def paid_points(currency: str = "CNY") -> st.SearchStrategy[PayPoints]:
    """Rates at which points pay."""
    return st.builds(
        PayPoints,
        st.integers(1, 100),
        _money(currency),
        least=st.integers(1, 3),
        step=st.integers(1, 3),
        most_percent=st.none() | st.just(Fraction(50)),
    )


def giving_effects(currency: str = "CNY") -> st.SearchStrategy[PromotionEffect]:
    """Effects that add gifts or points, or take points."""
    return st.one_of(gifts(currency), earned_points(currency), paid_points(currency))


def effects(currency: str = "CNY") -> st.SearchStrategy[PromotionEffect]:
    """Every effect that only takes something off."""
    return st.one_of(
        _flat(currency),
        spend_ladders(currency),
        ladders(currency),
        spend_everies(currency),
        buy_gets(currency),
        set_prices(currency),
    )


def shipping_effects(currency: str = "CNY") -> st.SearchStrategy[PromotionEffect]:
    """Effects that need no units."""
    money = _money(currency)
    return st.one_of(
        st.builds(PercentOff, _percents),
        st.builds(AmountOff, money),
        st.builds(FixedPrice, money, st.just(Per.SELECTION)),
        spend_ladders(currency),
    )

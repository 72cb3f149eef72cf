"""Strategies for prices: rows, lists, conversions and histories, whose fields hang together."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from ordercore.kernel import Money, Span, instant, shift
from ordercore.pricing import (
    ExchangeRate,
    PriceAnswer,
    PriceBracket,
    PriceChange,
    PriceConversion,
    PriceEnding,
    PriceHistory,
    PriceList,
    PriceRow,
    PriorPrice,
    QuantityBreaks,
)

__all__ = [
    "exchange_rates",
    "price_answers",
    "price_changes",
    "price_conversions",
    "price_endings",
    "price_histories",
    "price_lists",
    "price_rows",
]

_START = instant("2026-11-11T00:00:00Z")
_CURRENCY = "CNY"
_SPANS = (Span(), Span(_START), Span(None, shift(_START, days=9)))


def _money(low: int, high: int) -> st.SearchStrategy[Money]:
    return st.integers(low, high).map(lambda minor: Money(minor, _CURRENCY))


@st.composite
def price_rows(draw: st.DrawFn, *, sku: str = "TEA", min_quantity: int | None = None) -> PriceRow:
    """Rows, some with a sale, something to compare with, a cost or a floor."""
    price = draw(st.integers(1, 5_000))
    sale = draw(st.none() | st.integers(0, price - 1))
    least = price if sale is None else sale
    return PriceRow(
        sku,
        Money(price, _CURRENCY),
        min_quantity=draw(st.integers(1, 9)) if min_quantity is None else min_quantity,
        span=draw(st.sampled_from(_SPANS)),
        per=draw(st.sampled_from((1, 1, 100))),
        list_price=draw(st.none() | _money(0, 6_000)),
        sale_price=None if sale is None else Money(sale, _CURRENCY),
        sale_span=draw(st.sampled_from((Span(), Span(_START, shift(_START, days=1))))),
        unit_cost=draw(st.none() | _money(0, 5_000)),
        floor_price=draw(st.none() | _money(0, least)),
    )


@st.composite
def price_lists(draw: st.DrawFn) -> PriceList:
    """Lists for all and for some, some of graduated prices, some before another list."""
    fallback = draw(st.sampled_from((None, "base")))
    some = st.sampled_from
    return PriceList(
        draw(some(("web", "trade"))),
        currency=_CURRENCY,
        rows=[draw(price_rows(min_quantity=count)) for count in draw(some(((), (1,), (1, 10))))],
        tax_included=draw(some((None, True, False))),
        priority=draw(st.integers(-2, 2)),
        channels=draw(some(((), ("web",)))),
        span=draw(some(_SPANS)),
        breaks=draw(some(QuantityBreaks)),
        customers=draw(some(((), ("c-9",)))),
        customer_groups=draw(some(((), ("gold", "staff")))),
        markets=draw(some(((), ("cn",)))),
        countries=draw(some(((), ("CN",)))),
        fallback=fallback,
        conversion=None if fallback is None else draw(st.none() | price_conversions()),
        only_behind=draw(st.booleans()),
    )


@st.composite
def price_answers(draw: st.DrawFn) -> PriceAnswer:
    """What lists answer, one conversion included at times."""
    price, per = draw(_money(0, 5_000)), draw(st.sampled_from((1, 100)))
    reached = draw(st.integers(1, 9))
    brackets = [PriceBracket(count, price, per) for count in sorted({1, reached})]
    answer = PriceAnswer(
        price=price,
        per=per,
        price_list="web",
        min_quantity=reached,
        valid_until=draw(st.none() | st.just(shift(_START, days=1))),
        valid_from=draw(st.none() | st.just(_START)),
        list_price=draw(st.none() | _money(0, 6_000)),
        unit_cost=draw(st.none() | _money(0, 5_000)),
        floor_price=draw(st.none() | _money(0, 5_000)),
        brackets=draw(st.sampled_from(((), tuple(brackets)))),
        prior_price=draw(
            st.none() | st.just(PriorPrice(price=price, since=_START, reduced_at=_START))
        ),
    )
    conversion = PriceConversion(factor=draw(st.sampled_from((Fraction(9, 10), Fraction(1)))))
    return draw(st.sampled_from((answer, answer.seen_through("trade", conversion, Span(_START)))))


@st.composite
def exchange_rates(draw: st.DrawFn) -> ExchangeRate:
    """Rates from and to the currency of the other strategies, exact."""
    source, target = draw(st.sampled_from(((_CURRENCY, "JPY"), ("KWD", _CURRENCY))))
    return ExchangeRate(
        source=source,
        target=target,
        rate=draw(st.fractions(Fraction(1, 100), 200, max_denominator=1_000)),
        version=draw(st.sampled_from(("ecb 2026-11-10", "desk 7"))),
        at=_START,
    )


def price_endings() -> st.SearchStrategy[PriceEnding]:
    """Endings such as .99, and steps without one."""
    return st.sampled_from(
        (
            PriceEnding(step_minor=100, ending_minor=99),
            PriceEnding(step_minor=1_000, ending_minor=990, rounding="ceiling"),
            PriceEnding(step_minor=5),
        )
    )


@st.composite
def price_conversions(draw: st.DrawFn) -> PriceConversion:
    """Conversions by a rate, a factor, or both."""
    return PriceConversion(
        rate=draw(st.none() | exchange_rates()),
        factor=draw(st.fractions(Fraction(1, 10), 3, max_denominator=100)),
        rounding=draw(st.sampled_from(("half_up", "half_even", "up"))),
        ending=draw(st.none() | price_endings()),
    )


@st.composite
def price_changes(draw: st.DrawFn, *, hour: int = 0) -> PriceChange:
    """Changes of price, some announced as reductions, some the end of an offer."""
    price = draw(st.none() | _money(0, 5_000))
    return PriceChange(
        at=shift(_START, hours=hour),
        price=price,
        per=draw(st.sampled_from((1, 1, 10))),
        announced=price is not None and draw(st.booleans()),
    )


@st.composite
def price_histories(draw: st.DrawFn) -> PriceHistory:
    """Histories of up to six changes within some months."""
    hours = sorted(draw(st.sets(st.integers(0, 2_400), max_size=6)))
    return PriceHistory(
        sku="TEA",
        market=draw(st.sampled_from(("", "cn"))),
        changes=[draw(price_changes(hour=hour)) for hour in hours],
        keep_days=draw(st.sampled_from((60, 400))),
    )

"""Which list answers, against an evaluator that looks at everything, unit by unit, and knows no index."""

from __future__ import annotations

import pickle
from fractions import Fraction

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import (
    InvalidBatch,
    InvalidValue,
    Money,
    NotFound,
    Refusal,
    Rounding,
    Span,
    round_ratio,
    shift,
)
from ordercore.network import Destination, Region
from ordercore.pricing import (
    BetweenLists,
    Cart,
    CartLine,
    ExchangeRate,
    PriceBook,
    PriceChange,
    PriceConversion,
    PriceEnding,
    PriceHistory,
    PriceList,
    PriceRow,
    PricingPolicy,
    explain_price,
    quote,
    try_quote,
)

DAY = [shift(NOW, days=n) for n in range(-2, 3)]
SPANS = [Span(), Span(), Span(DAY[1]), Span(None, NOW), Span(NOW, DAY[3]), Span(DAY[3])]
IDS = ["a", "b", "c", "d", "e"]
RATE = ExchangeRate(source="EUR", target="JPY", rate="163.27", version="t1", at=NOW)
BACK = ExchangeRate(source="JPY", target="EUR", rate="0.006125", version="t2", at=NOW)


@st.composite
def price_rows(draw, currency, breaks):
    found = []
    for sku in ("A", "B"):
        counts = draw(st.sets(st.sampled_from([1, 3, 6])))
        if breaks == "graduated" and counts:
            counts |= {1}
        for count in sorted(counts):
            price = draw(st.integers(1, 900))
            sale = draw(st.none() | st.integers(0, price - 1))
            span = draw(st.sampled_from(SPANS[:4]))
            sale_span = draw(st.sampled_from([Span(), Span(DAY[1], DAY[3]), Span(DAY[3])]))
            if sale is not None and not span.overlaps(sale_span):
                sale_span = Span()
            found.append(
                PriceRow(
                    sku,
                    Money(price, currency),
                    min_quantity=count,
                    per=draw(st.sampled_from([1, 1, 3])),
                    span=span,
                    sale_price=None if sale is None else Money(sale, currency),
                    sale_span=sale_span,
                )
            )
    return found


@st.composite
def books(draw):
    """Up to five lists; one may stand behind another only if its id sorts later, so without cycles."""
    count = draw(st.integers(1, 5))
    currencies = [draw(st.sampled_from(["EUR", "EUR", "EUR", "JPY"])) for _ in range(count)]
    lists = []
    for number in range(count):
        currency = currencies[number]
        later = list(range(number + 1, count))
        behind = draw(st.none() | st.sampled_from(later)) if later else None
        conversion = None
        if behind is not None and currencies[behind] != currency:
            conversion = PriceConversion(
                rate=RATE if currency == "JPY" else BACK,
                factor=draw(st.sampled_from([1, "1.05", "0.9"])),
                rounding=draw(st.sampled_from(Rounding)),
                ending=draw(st.sampled_from([None, PriceEnding(step_minor=10, ending_minor=9)])),
            )
        elif behind is not None and draw(st.booleans()):
            conversion = PriceConversion(factor="0.85", rounding="up")
        breaks = draw(st.sampled_from(["all_units", "all_units", "graduated"]))
        lists.append(
            PriceList(
                IDS[number],
                currency=currency,
                rows=draw(price_rows(currency, breaks)),
                priority=draw(st.integers(-1, 1)),
                channels=draw(st.sampled_from([[], [], ["web"], ["shop", "web"]])),
                customers=draw(st.sampled_from([[], [], ["c1"], ["c2"]])),
                customer_groups=draw(st.sampled_from([[], [], ["gold"], ["gold", "staff"]])),
                markets=draw(st.sampled_from([[], [], ["eu"]])),
                countries=draw(st.sampled_from([[], [], ["DE"], ["FR"]])),
                span=draw(st.sampled_from(SPANS)),
                breaks=breaks,
                fallback=None if behind is None else IDS[behind],
                conversion=conversion,
                only_behind=draw(st.integers(0, 3)) == 0,
            )
        )
    return lists


@st.composite
def wishes(draw):
    return Cart(
        lines=[
            CartLine("1", sku=draw(st.sampled_from(["A", "B"])), quantity=draw(st.integers(1, 9)))
        ],
        channel=draw(st.sampled_from(["", "web", "shop"])),
        customer=draw(st.sampled_from([None, "c1", "c3"])),
        customer_groups=draw(st.sampled_from([[], ["gold"], ["staff", "vip"]])),
        market=draw(st.sampled_from(["", "eu", "us"])),
        ship_to=draw(st.sampled_from([None, Destination(Region("DE", "BE"))])),
        currency=draw(st.sampled_from(["EUR", "EUR", "JPY"])),
    )


# --- the naive evaluator ---------------------------------------------------------------------------


def holds(span, at):
    return (span.start is None or span.start <= at) and (span.end is None or at < span.end)


def price_of_unit(prices, sku, unit, at):
    """What one unit is priced at by the highest row that it reaches, as asked amount and per."""
    fitting = [
        row
        for row in prices.rows
        if row.sku == sku and row.min_quantity <= unit and holds(row.span, at)
    ]
    if not fitting:
        return None
    row = max(fitting, key=lambda each: each.min_quantity)
    sale = row.sale_price is not None and holds(row.sale_span, at)
    return (row.sale_price if sale else row.price).minor, row.per


def prices_of_units(prices, sku, quantity, at):
    """The price and ``per`` of each unit; None where the list has none."""
    if not holds(prices.span, at):
        return None
    if prices.breaks == "all_units":
        each = price_of_unit(prices, sku, quantity, at)
        return None if each is None else [each] * quantity
    each = [price_of_unit(prices, sku, unit, at) for unit in range(1, quantity + 1)]
    return None if each[0] is None else each


def naive_units(by_id, prices, sku, quantity, at):
    if not holds(prices.span, at):
        return None
    own = prices_of_units(prices, sku, quantity, at)
    if own is not None:
        return own, prices.list_id
    if prices.fallback is None:
        return None
    found = naive_units(by_id, by_id[prices.fallback], sku, quantity, at)
    if found is None or prices.conversion is None:
        return found
    units, row_of = found
    by = prices.conversion
    turned = []
    for minor, per in units:
        exact = Fraction(minor) * by.factor
        if by.rate is not None:
            # 1 EUR has 100 minor units, 1 JPY has one.
            exact *= by.rate.rate / 100 if by.rate.target == "JPY" else by.rate.rate * 100
        if by.ending is None:
            turned.append((round_ratio(exact, by.rounding), per))
        elif exact == 0:
            turned.append((0, per))
        else:
            steps = max(round_ratio((exact - 9) / 10, by.ending.rounding), 0)
            turned.append((steps * 10 + 9, per))
    return turned, row_of


def concerned(prices, cart):
    country = "" if cart.ship_to is None else cart.ship_to.region.country
    return (
        not prices.only_behind
        and (not prices.customers or cart.customer in prices.customers)
        and (
            not prices.customer_groups
            or any(group in prices.customer_groups for group in cart.customer_groups)
        )
        and (not prices.countries or country in prices.countries)
        and (not prices.markets or cart.market in prices.markets)
        and (not prices.channels or cart.channel in prices.channels)
    )


def naive(lists, cart, at, choice):
    by_id = {each.list_id: each for each in lists}
    (line,) = cart.lines
    candidates = []
    for prices in lists:
        if concerned(prices, cart) and holds(prices.span, at) and prices.currency == cart.currency:
            found = naive_units(by_id, prices, line.sku, line.quantity, at)
            if found is not None:
                total = sum((Fraction(minor, per) for minor, per in found[0]), Fraction(0))
                candidates.append((prices, total, found[1]))
    if not candidates:
        return None

    def order(candidate):
        prices, total, _ = candidate
        first = {
            BetweenLists.PRIORITY: 0,
            BetweenLists.LOWEST: total,
            BetweenLists.SPECIFICITY: tuple(
                not named
                for named in (
                    prices.customers,
                    prices.customer_groups,
                    prices.countries,
                    prices.markets,
                    prices.channels,
                )
            ),
        }[choice]
        return (first, -prices.priority, prices.list_id)

    return min(candidates, key=order)


@given(
    books(),
    wishes(),
    st.sampled_from(BetweenLists),
    st.sampled_from(DAY),
    st.randoms(use_true_random=False),
)
def test_the_answer_is_that_of_a_look_at_everything(lists, cart, choice, at, random):
    policy = PricingPolicy(between_lists=choice)
    book = PriceBook(lists=lists)
    answer = try_quote(cart, book, at=at, policy=policy)
    expected = naive(lists, cart, at, choice)
    shuffled = [attrs.evolve(each, rows=random.sample(each.rows, len(each.rows))) for each in lists]
    random.shuffle(shuffled)
    other = PriceBook(lists=shuffled)
    assert other.digest == book.digest
    assert try_quote(cart, other, at=at, policy=policy) == answer
    why = explain_price(cart, "1", book, at=at, policy=policy)
    assert explain_price(cart, "1", other, at=at, policy=policy) == why
    assert len(why.passed_over) == len(lists) - (why.asked is not None)
    assert all(each.reasons for each in why.passed_over)
    if expected is None:
        assert isinstance(answer, Refusal)
        assert (why.answer, why.asked) == (None, None)
        return
    prices, total, row_of = expected
    (line,) = answer.lines
    assert line.list_amount == Money(round_ratio(total, policy.rounding), cart.currency)
    assert line.price.price_list == row_of
    assert why.answer == line.price
    if choice is not BetweenLists.LOWEST:
        assert why.asked == prices.list_id
    assert answer.valid_until is None or answer.valid_until > at
    assert line.price.valid_from is None or line.price.valid_from <= at
    # Until the quote ends, no price changes.
    for later in DAY:
        if at < later and answer.is_valid_at(later):
            assert naive(lists, cart, later, choice)[1:] == (total, row_of)


@given(books(), wishes(), st.sampled_from(BetweenLists), st.sampled_from(DAY))
def test_lists_for_others_change_nothing(lists, cart, choice, at):
    policy = PricingPolicy(between_lists=choice)
    row = PriceRow("A", eur(0))
    others = [
        PriceList("z1", currency="EUR", rows=[row], customers=["somebody"], priority=9),
        PriceList("z2", currency="EUR", rows=[row], customer_groups=["none"], priority=9),
        PriceList("z3", currency="EUR", rows=[row], countries=["NZ"], priority=9),
        PriceList("z4", currency="EUR", rows=[row], markets=["moon"], priority=9),
        PriceList("z5", currency="EUR", rows=[row], channels=["fax"], priority=9),
        PriceList("z6", currency="EUR", rows=[row], span=Span(shift(NOW, days=30)), priority=9),
        PriceList("z7", currency="EUR", rows=[row], only_behind=True, priority=9),
        PriceList("z8", currency="GBP", rows=[PriceRow("A", Money(0, "GBP"))], priority=9),
    ]
    lean = explain_price(cart, "1", PriceBook(lists=lists), at=at, policy=policy)
    full = explain_price(cart, "1", PriceBook(lists=[*lists, *others]), at=at, policy=policy)
    assert (full.answer, full.asked) == (lean.answer, lean.asked)
    assert [p for p in full.passed_over if p.price_list[0] != "z"] == list(lean.passed_over)
    assert [[r.code for r in p.reasons] for p in full.passed_over if p.price_list[0] == "z"] == [
        ["price.other_customer"],
        ["price.other_group"],
        ["price.other_country"],
        ["price.other_market"],
        ["price.other_channel"],
        ["price.list_not_yet"],
        ["price.only_behind"],
        ["price.other_currency"],
    ] or cart.currency != "EUR"


# --- by hand ---------------------------------------------------------------------------------------


def of(list_id, minor, **scope):
    given = {"rows": [PriceRow("TEA", eur(minor))], **scope}
    return PriceList(list_id, currency="EUR", **given)


def tea(**more):
    return Cart(lines=[CartLine("1", sku="TEA", quantity=2)], **more)


CLOSE = [
    of("all", 1200, priority=9),
    of("web", 1150, channels=["web"], priority=3),
    of("eu", 1100, markets=["eu"], priority=2),
    of("de", 1080, countries=["DE"], priority=7),
    of("gold", 1000, customer_groups=["gold"], priority=1),
    of("acme", 1170, customers=["c-acme"]),
]
SPECIFIC = PricingPolicy(between_lists="specificity")
HERE = Destination(Region("DE"))


@pytest.mark.parametrize(
    ("more", "specific", "priority", "lowest"),
    [
        ({}, "all", "all", "all"),
        ({"channel": "web"}, "web", "all", "web"),
        ({"channel": "web", "market": "eu"}, "eu", "all", "eu"),
        ({"channel": "web", "market": "eu", "ship_to": HERE}, "de", "all", "de"),
        ({"market": "eu", "ship_to": HERE, "customer_groups": ["gold"]}, "gold", "all", "gold"),
        ({"customer": "c-acme", "customer_groups": ["gold"]}, "acme", "all", "gold"),
        ({"customer": "c-other"}, "all", "all", "all"),
    ],
)
def test_the_choice_between_lists(more, specific, priority, lowest):
    book = PriceBook(lists=CLOSE)
    for choice, expected in (
        ("specificity", specific),
        ("priority", priority),
        ("lowest", lowest),
    ):
        policy = PricingPolicy(between_lists=choice)
        (line,) = quote(tea(**more), book, at=NOW, policy=policy).lines
        assert line.price.price_list == expected


def test_a_quote_keeps_the_market_and_the_groups():
    cart = tea(market="eu", customer_groups=["staff", "gold", "gold"])
    q = quote(cart, PriceBook(lists=CLOSE), at=NOW, policy=SPECIFIC)
    assert (q.market, q.customer_groups) == ("eu", ("gold", "staff"))
    assert q.cart() == attrs.evolve(cart, currency="EUR")
    with pytest.raises(InvalidBatch) as caught:
        tea(market=3, customer_groups=["", 4])
    assert sorted((f.code, f.path) for f in caught.value.faults) == [
        ("cart.customer_group", "customer_groups[0]"),
        ("cart.customer_group", "customer_groups[1]"),
        ("cart.market", "market"),
    ]
    with pytest.raises(InvalidValue) as caught:
        tea(customer_groups=5)
    assert (caught.value.code, caught.value.path) == ("type.wrong", "customer_groups")


@pytest.mark.parametrize("choice", BetweenLists)
def test_a_quote_ends_when_a_price_that_may_take_its_place_begins(choice):
    def until(*lists, **more):
        policy = PricingPolicy(between_lists=choice)
        return quote(tea(**more), PriceBook(lists=lists), at=NOW, policy=policy).valid_until

    later = {"span": Span(DAY[3]), "priority": 1, "customers": ["c"]}
    assert until(of("a", 900)) is None
    assert until(of("a", 900), of("b", 800, **later), customer="c") == DAY[3]
    assert until(of("a", 900), of("b", 800, **later)) is None
    # One that would not be asked first does not matter, unless the lowest price counts.
    weak = {"span": Span(DAY[3]), "priority": -1}
    lowest = choice is BetweenLists.LOWEST
    assert until(of("a", 900), of("b", 800, **weak)) == (DAY[3] if lowest else None)
    sale = PriceRow("TEA", eur(950), sale_price=eur(800), sale_span=Span(DAY[4]))
    assert until(of("a", 900), of("b", 1, rows=[sale], priority=-1)) == (DAY[4] if lowest else None)
    # A break that begins, and a list behind that begins.
    row, step = (
        PriceRow("TEA", eur(900)),
        PriceRow("TEA", eur(800), min_quantity=2, span=Span(DAY[3])),
    )
    assert until(of("a", 1, rows=[row, step])) == DAY[3]
    assert until(of("a", 1, rows=[row, attrs.evolve(step, min_quantity=3)])) is None
    front = PriceList("f", currency="EUR", fallback="late", priority=1)
    late = of("late", 700, span=Span(DAY[3]), only_behind=True)
    assert until(of("a", 900), front, late) == DAY[3]
    ended = attrs.evolve(front, span=Span(None, DAY[3]))
    assert until(of("a", 900), attrs.evolve(front, span=Span(DAY[3])), late) == DAY[3]
    assert until(of("a", 900), of("b", 1, rows=[step], span=ended.span, priority=1)) is None


@pytest.mark.parametrize("choice", ["priority", "specificity"])
def test_what_would_not_be_asked_does_not_end_a_quote(choice):
    policy = PricingPolicy(between_lists=choice)

    def until(*lists):
        return quote(tea(), PriceBook(lists=lists), at=NOW, policy=policy).valid_until

    holding = PriceRow("TEA", eur(800), min_quantity=2)
    lower = PriceRow("TEA", eur(900), span=Span(DAY[3]))
    # A row of a lower quantity, and a list behind one that answers itself.
    assert until(of("a", 1, rows=[holding, lower])) is None
    late = of("late", 700, span=Span(DAY[3]), only_behind=True)
    assert until(of("a", 900, fallback="late"), late) is None
    # A list without rows that begins opens the way to the one behind it.
    way = PriceList("w", currency="EUR", fallback="deep", priority=1, span=Span(DAY[3]))
    assert until(of("a", 900), way, of("deep", 700, only_behind=True)) == DAY[3]
    assert until(of("a", 900), attrs.evolve(way, fallback=None)) is None
    # Rows that were added later begin as well.
    step = PriceRow("TEA", eur(700), min_quantity=2, span=Span(DAY[3]))
    assert until(of("a", 900).with_rows([step])) == DAY[3]


def test_the_way_back_ends_at_a_list_that_has_ended():
    front = PriceList("f", currency="EUR", fallback="mid", priority=1)
    mid = PriceList("mid", currency="EUR", fallback="deep", only_behind=True, span=Span(None, NOW))
    book = PriceBook(lists=[of("a", 900), front, mid, of("deep", 700, only_behind=True)])
    assert explain_price(tea(), "1", book, at=DAY[1]).answer.price == eur(700)
    assert explain_price(tea(), "1", book, at=NOW).answer.price == eur(900)


def test_a_list_behind_a_list_is_asked_for_what_is_missing():
    lists = [
        PriceList(
            "acme",
            currency="EUR",
            rows=[PriceRow("CUP", eur(500))],
            customers=["c-acme"],
            fallback="trade",
            span=Span(None, DAY[4]),
        ),
        PriceList(
            "trade",
            currency="EUR",
            rows=[PriceRow("TEA", eur(900))],
            only_behind=True,
            span=Span(None, DAY[3]),
        ),
        of("all", 1200),
    ]
    book = PriceBook(lists=lists)
    cart = tea(customer="c-acme")
    why = explain_price(cart, "1", book, at=NOW, policy=SPECIFIC)
    assert (why.asked, why.answer.price_list, why.answer.price) == ("acme", "trade", eur(900))
    assert why.answer.valid_until == DAY[3]
    assert [(p.price_list, [r.code for r in p.reasons]) for p in why.passed_over] == [
        ("all", ["price.less_specific"]),
        ("trade", ["price.only_behind"]),
    ]
    # The chain ends where the list behind has ended; what is next in rank answers.
    after = explain_price(cart, "1", book, at=DAY[3], policy=SPECIFIC)
    assert (after.asked, after.answer.price_list) == ("all", "all")
    assert after.passed_over[0].reasons[0].code == "price.no_row_now"
    other = explain_price(tea(customer="c-2"), "1", book, at=NOW, policy=SPECIFIC)
    assert other.answer.price_list == "all"


@pytest.mark.parametrize(
    ("choice", "ours", "theirs", "code"),
    [
        ("priority", {"priority": 1}, {}, "price.lower_priority"),
        ("priority", {}, {}, "price.later_id"),
        ("lowest", {}, {"priority": 1}, "price.not_lowest"),
        ("lowest", {"priority": 1}, {"rows": [PriceRow("TEA", eur(800))]}, "price.lower_priority"),
        ("specificity", {"channels": ["web"]}, {"priority": 5}, "price.less_specific"),
        ("specificity", {"priority": 1}, {}, "price.lower_priority"),
    ],
)
def test_what_a_list_was_passed_over_for(choice, ours, theirs, code):
    book = PriceBook(lists=[of("a", 800, **ours), of("b", 900, **theirs)])
    policy = PricingPolicy(between_lists=choice)
    why = explain_price(tea(channel="web"), "1", book, at=NOW, policy=policy)
    assert why.asked == "a"
    (passed,) = why.passed_over
    assert [r.code for r in passed.reasons] == [code]
    assert passed.reasons[0].facts["answered_by"] == "a"


def test_why_a_list_has_nothing_to_say():
    late = PriceRow("TEA", eur(1), span=Span(DAY[3]))
    lists = [
        PriceList("bare", currency="EUR", rows=[PriceRow("CUP", eur(1))]),
        PriceList("late", currency="EUR", rows=[late]),
        of("over", 1, span=Span(None, NOW)),
    ]
    why = explain_price(tea(), "1", PriceBook(lists=lists), at=NOW)
    assert (why.answer, why.asked) == (None, None)
    assert [(p.price_list, [r.code for r in p.reasons]) for p in why.passed_over] == [
        ("bare", ["price.no_row"]),
        ("late", ["price.no_row_now"]),
        ("over", ["price.list_ended"]),
    ]
    none = explain_price(tea(), "1", PriceBook(), at=NOW)
    assert none.passed_over == ()
    both = PriceBook(lists=[of("a", 1), PriceList("us", currency="USD")])
    with pytest.raises(InvalidValue) as caught:
        explain_price(tea(), "1", both, at=NOW)
    assert caught.value.code == "price.currency_open"
    with pytest.raises(NotFound):
        explain_price(tea(), "7", both, at=NOW)


def _history_changes(currency="EUR"):
    return [
        PriceChange(at=shift(NOW, days=days), price=Money(minor, currency), announced=minor == 800)
        for days, minor in ((-60, 1000), (-40, 900), (-20, 1100), (0, 800))
    ]


def test_the_prior_price_comes_with_the_answer_when_it_is_asked_for():
    book = PriceBook(lists=[of("a", 800)])
    history = PriceHistory(
        sku="TEA",
        market="eu",
        changes=_history_changes(),
    )
    why = explain_price(tea(market="eu"), "1", book, at=NOW, history=history)
    assert (why.answer.price, why.answer.prior_price.price) == (eur(800), eur(900))
    for other, code in (
        (attrs.evolve(history, sku="CUP"), "history.other_item"),
        (attrs.evolve(history, market=""), "history.other_market"),
        (attrs.evolve(history, changes=_history_changes("USD")), "history.other_currency"),
    ):
        with pytest.raises(InvalidValue) as caught:
            explain_price(tea(market="eu"), "1", book, at=NOW, history=other)
        assert caught.value.code == code
    again = pickle.loads(pickle.dumps(book))
    assert explain_price(tea(market="eu"), "1", again, at=NOW, history=history) == why

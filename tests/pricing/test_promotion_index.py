"""Promotions are found by what a cart must have, and a book changes one promotion at a time."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pricing.drawn import NOW, SKUS, books, carts, eur, promotion

from ordercore.kernel import InvalidBatch, NotFound, Span, shift
from ordercore.network import Destination, Region
from ordercore.pricing import (
    CART_FACTS,
    Cart,
    CartLine,
    PriceBook,
    PriceList,
    PriceRow,
    Selector,
    StackingGroup,
    percent_off,
    quote,
)
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.policy import DEFAULT_PRICING
from ordercore.pricing.prices import promotion_index
from ordercore.pricing.promotions.offers import eligible
from ordercore.pricing.promotions.promotion_checks import refuse_promotion
from ordercore.rules import parse

PRICES = PriceList("base", currency="EUR", rows=[PriceRow(sku, eur(500)) for sku in SKUS])
TEA = CartLine("1", sku="TEA", quantity=2, category=("food", "tea"))


def cart(**terms):
    return Cart(lines=[TEA], **terms)


GERMANY = Destination(Region("DE"))


@pytest.mark.parametrize(
    ("when", "found", "not_found"),
    [
        ("'vip' in cart.customer_groups", {"customer_groups": ["vip"]}, {}),
        ("'C1' in cart.coupons", {"coupons": ["C1"]}, {"coupons": ["C2"]}),
        ("cart.channel == 'web'", {"channel": "web"}, {"channel": "app"}),
        ("cart.channel == ''", {}, {"channel": "app"}),
        ("cart.channel in ('web', 'app')", {"channel": "app"}, {}),
        ("cart.customer == 'c-1'", {"customer": "c-1"}, {"customer": "c-2"}),
        ("cart.country == 'DE'", {"ship_to": GERMANY}, {}),
        ("cart.market == 'eu'", {"market": "eu"}, {}),
        ("cart.payment_method == 'card'", {"payment_method": "card"}, {}),
        ("cart.units > 99 and cart.market == 'eu'", {"market": "eu"}, {}),
        (
            "cart.market in ('eu', 'us') and 'vip' in cart.customer_groups",
            {"customer_groups": ["vip"]},
            {"market": "eu"},
        ),
        ("cart.market == 'eu' or 'C1' in cart.coupons", {"coupons": ["C1"]}, {"market": "us"}),
    ],
)
def test_a_condition_that_names_something_is_looked_at_by_that(when, found, not_found):
    book = PriceBook(promotions=[percent_off("p", 5, when=when)])
    assert [each.promotion_id for each in book.candidates(cart(**found), NOW)] == ["p"]
    assert book.candidates(cart(**not_found), NOW) == []


@pytest.mark.parametrize(
    ("when", "is_found"),
    [
        ("any(line.sku == 'TEA' for line in cart.lines)", True),
        ("any(line.sku in ('CUP', 'POT') for line in cart.lines)", False),
        ("any('tea' in line.category for line in cart.lines)", True),
        ("any('home' in line.category and line.quantity > 1 for line in cart.lines)", False),
        # Of these no one name says whom they concern.
        ("all(line.sku == 'CUP' for line in cart.lines)", True),
        ("not cart.market == 'eu'", True),
        ("cart.market != 'eu'", True),
        ("cart.market == 'eu' or cart.units > 9", True),
        ("any(line.delivery_group == 'x' for line in cart.lines)", True),
        ("any(cart.market == line.sku for line in cart.lines)", True),
        (" or ".join(f"cart.market == 'm{n}'" for n in range(101)), True),
        (f"cart.market in {tuple(f'm{n}' for n in range(101))!r}", True),
    ],
)
def test_items_that_a_condition_names_and_conditions_that_name_nothing(when, is_found):
    book = PriceBook(promotions=[percent_off("p", 5, when=when)])
    assert bool(book.candidates(cart(), NOW)) is is_found


def test_a_selector_goes_before_a_condition():
    narrow = percent_off("p", 5, on=Selector(skus=["CUP"]), when="cart.market == 'eu'")
    book = PriceBook(promotions=[narrow])
    assert book.candidates(cart(market="eu"), NOW) == []


_NAMING = tuple(
    parse(text, vocabulary=CART_FACTS)
    for text in (
        "'vip' in cart.customer_groups and cart.units > 2",
        "'vip' in cart.customer_groups or 'staff' in cart.customer_groups",
        "any(line.sku == 'B' or line.sku == 'D' for line in cart.lines)",
        "any('tea' in line.category and line.quantity > 1 for line in cart.lines)",
        "cart.market == 'eu' or cart.payment_method == 'card'",
        "cart.channel in ('web', 'app') and (cart.market == 'eu' or cart.units > 2)",
        "cart.channel == ''",
    )
)


@st.composite
def changing(draw, name="p"):
    """A promotion whose condition names something, or none that a drawn book does not know."""
    drawn = draw(promotion(name))
    made = attrs.evolve(drawn, when=draw(st.none() | st.sampled_from(_NAMING)), group="")
    return attrs.evolve(made, when=None) if refuse_promotion(made) else made


@settings(max_examples=50)
@given(st.lists(changing(), min_size=1, max_size=6), carts())
def test_nothing_that_would_apply_is_overlooked(some, wanted):
    named = [attrs.evolve(each, promotion_id=f"p{n}") for n, each in enumerate(some)]
    book = PriceBook(lists=[PRICES], promotions=named)
    amounts = [eur(500 * line.quantity) for line in wanted.lines]
    run = Calculation(wanted, amounts, (), DEFAULT_PRICING, amounts[0].currency, NOW)
    applying = {
        each.promotion_id
        for each in named
        if NOW in each.span
        and (not each.channels or wanted.channel in each.channels)
        and (each.coupon is None or each.coupon in wanted.coupons)
        and eligible(run, each) is not None
    }
    assert applying <= {each.promotion_id for each in book.candidates(wanted, NOW)}


@st.composite
def changes(draw):
    """Promotions that come, change and go, by a few ids."""
    ids = st.sampled_from(["p0", "p1", "p2", "q0", "q1", "q2"])
    return draw(
        st.lists(
            st.one_of(ids.flatmap(changing), ids.map(lambda name: name)), min_size=1, max_size=9
        )
    )


@settings(max_examples=60)
@given(books(), changes(), carts(), st.integers(-100, 3), st.booleans())
def test_a_changed_book_is_the_book_that_is_built_anew(book, moves, wanted, least, asked):
    with pytest.MonkeyPatch.context() as patch:
        # With few changes taken over at once, with more later, or never.
        patch.setattr(promotion_index, "_LEAST_CHANGES", least)
        for move in moves:
            before, seen = book.promotions, book.digest if asked else None
            if isinstance(move, str):
                ids = [each.promotion_id for each in before]
                if move not in ids:
                    with pytest.raises(NotFound):
                        book.without_promotion(move)
                    continue
                changed = book.without_promotion(move)
            else:
                changed = book.with_promotion(move)
            anew = PriceBook(lists=book.lists, promotions=changed.promotions, groups=book.groups)
            assert changed == anew
            assert changed.digest == anew.digest
            assert changed.candidates(wanted, NOW) == anew.candidates(wanted, NOW)
            assert quote(wanted, changed, at=NOW) == quote(wanted, anew, at=NOW)
            for position, each in enumerate(changed.promotions):
                assert changed.promotion(each.promotion_id) is each
                assert changed._promotion_index.position(each.promotion_id) == position
            assert book.promotions == before
            assert book.candidates(wanted, NOW) == attrs.evolve(book).candidates(wanted, NOW)
            assert seen in {None, book.digest}
            assert pickle.loads(pickle.dumps(changed)) == changed
            book = changed


def test_places_are_kept():
    one, two, three = [percent_off(name, 5) for name in ("a", "b", "c")]
    book = PriceBook(promotions=[one, two, three])
    better = percent_off("b", 9)
    assert book.with_promotion(better).promotions == (one, better, three)
    assert book.without_promotion("a").promotions == (two, three)
    again = book.without_promotion("a").with_promotion(one)
    assert again.promotions == (two, three, one)
    assert again.with_promotion(better).promotions == (better, three, one)
    assert again.digest == book.digest
    assert book.without_promotion("a").digest != book.digest


def test_a_promotion_that_a_book_does_not_take():
    book = PriceBook(lists=[PRICES], groups=[StackingGroup("g", stage="order")])
    for wrong, faults in (
        (None, [("book.promotion", "promotion")]),
        (percent_off("p", 5, group="h"), [("book.unknown_group", "promotion")]),
        (
            percent_off("p", 5, group="g", when="cart.units < 1"),
            [("book.group_stage", "promotion"), ("promotion.never_holds", "promotion.when")],
        ),
    ):
        with pytest.raises(InvalidBatch) as refused:
            book.with_promotion(wrong)
        assert [(each.code, each.path) for each in refused.value.faults] == faults
    assert book.with_promotion(percent_off("p", 5, group="g", stage="order")).promotions


def test_threads_may_share_a_book():
    sale = [percent_off(f"p{n}", 1 + n, on=Selector(skus=[SKUS[n % 5]])) for n in range(40)]
    book = PriceBook(lists=[PRICES], promotions=sale)
    wanted = Cart(lines=[CartLine(sku, sku=sku, quantity=3) for sku in SKUS])

    def work(number):
        changed = book.with_promotion(percent_off(f"p{number}", 50, on=Selector(skus=["A"])))
        return quote(wanted, book, at=NOW), quote(wanted, changed, at=NOW), changed.digest

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(work, range(40)))
    assert together == [work(number) for number in range(40)]


def test_a_year_of_changes_is_as_if_built_once():
    book = PriceBook(lists=[PRICES])
    weeks = [
        percent_off(
            f"w{n:03}", 1 + n % 50, span=Span(shift(NOW, days=7 * n), shift(NOW, days=7 * n + 7))
        )
        for n in range(300)
    ]
    for each in weeks:
        book = book.with_promotion(each)
    for each in weeks[::2]:
        book = book.without_promotion(each.promotion_id)
    anew = PriceBook(lists=[PRICES], promotions=weeks[1::2])
    assert book == anew
    assert book.digest == anew.digest
    for days in range(0, 2_100, 50):
        at = shift(NOW, days=days)
        assert book.candidates(cart(), at) == anew.candidates(cart(), at)

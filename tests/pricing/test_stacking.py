"""Groups, what excludes what, and the best combination against all that there are."""

from __future__ import annotations

import os
from itertools import combinations
from random import Random

import pytest
from tests.pricing.drawn import NOW, eur

from ordercore.kernel import Currency, InvalidBatch, Money
from ordercore.pricing import (
    DEFAULT_PRICING,
    EVERYTHING,
    AmountBasis,
    AmountOff,
    AmountReading,
    BuyGet,
    Cart,
    CartLine,
    DiscountSplit,
    FixedPrice,
    FundingShare,
    Ladder,
    LineFloor,
    OwnEffect,
    Per,
    PercentOff,
    PriceBook,
    PriceList,
    PriceRow,
    PricingPolicy,
    Promotion,
    Rung,
    Selector,
    SetPart,
    SetPrice,
    SpendEvery,
    StackingGroup,
    TaxRate,
    TaxTable,
    ThresholdBoundary,
    UnitOff,
    UnitPick,
    amount_off,
    buy_get,
    check_sums,
    for_price,
    percent_off,
    quote,
    spend_and_save,
)
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.promotions.application import Walk
from ordercore.pricing.promotions.offers import apply
from ordercore.pricing.taxes.taxing import Taxation

PRICES = {"A": eur(1000), "B": eur(600), "C": eur(250)}


def cart(**quantities):
    return Cart(lines=[CartLine(s.lower(), sku=s, quantity=n) for s, n in quantities.items()])


def priced(wanted, *promotions, groups=(), **more):
    book = PriceBook.of(PRICES, promotions=promotions, groups=groups)
    q = quote(wanted, book, at=NOW, **more)
    assert check_sums(q) == ()
    for promotion in promotions:
        found = q.explain(promotion.promotion_id, book)
        assert found.applied == (not found.reasons)
    return q, book


def given(q):
    """What each promotion gave."""
    found: dict[str, int] = {}
    for part in (*q.lines, *q.charges):
        for a in part.adjustments:
            found[a.promotion] = found.get(a.promotion, 0) - a.amount.minor
    return found


def why(q, book, promotion_id):
    (reason,) = q.explain(promotion_id, book).reasons
    return reason.code, reason.facts.get("by")


def group(rule, **more):
    return StackingGroup("g", stage="order", rule=rule, **more)


THREE = (
    amount_off("a", "1.00", "EUR", group="g", priority=2),
    percent_off("b", 20, stage="order", group="g", priority=1),
    amount_off("c", "1.50", "EUR", group="g", funder="platform"),
)


def test_all_first_best():
    wanted = cart(A=1)
    q, _ = priced(wanted, *THREE, groups=[group("all")])
    assert given(q) == {"a": 100, "b": 180, "c": 150}
    q, book = priced(wanted, *THREE, groups=[group("first")])
    assert given(q) == {"a": 100}
    assert why(q, book, "b") == ("promotion.not_first", ("a",))
    q, book = priced(wanted, *THREE, groups=[group("best")])
    assert given(q) == {"b": 200}
    assert why(q, book, "c") == ("promotion.not_best", ("b",))
    assert q.explain("c", book).reasons[0].facts["group"] == "g"
    q, _ = priced(wanted, *THREE, groups=[group("best_combination")])
    assert given(q) == {"a": 100, "b": 180, "c": 150}


def test_the_objective_is_said():
    wanted = cart(A=1)
    q, _ = priced(wanted, *THREE, groups=[group("best", objective="merchant")])
    assert given(q) == {"c": 150}
    q, _ = priced(wanted, *THREE, groups=[group("best", objective="priority")])
    assert given(q) == {"a": 100}
    q, _ = priced(wanted, *THREE, groups=[group("best_combination", objective="priority")])
    assert given(q) == {"a": 100, "b": 180, "c": 150}
    assert q.combinations == ()
    # Two that use the same units up: the merchant's is the one that the platform pays for.
    ours = percent_off("a", 50, consumes=True, group="g", stage="order")
    theirs = percent_off(
        "b",
        10,
        consumes=True,
        group="g",
        stage="order",
        funders=[FundingShare("platform", 3), FundingShare("merchant", 1)],
    )
    q, _ = priced(wanted, ours, theirs, groups=[group("best_combination", objective="merchant")])
    assert given(q) == {"b": 100}
    assert (q.combinations[0].value, q.combinations[0].optimal) == (eur(-25), True)
    q, _ = priced(wanted, ours, theirs, groups=[group("best_combination")])
    assert given(q) == {"a": 500}


def test_an_empty_group_gives_nothing():
    for rule in ("all", "first", "best", "best_combination"):
        never = amount_off("a", "1", "EUR", group="g", when="cart.units > 99")
        q, book = priced(cart(A=1), never, groups=[group(rule)])
        assert given(q) == {}
        assert why(q, book, "a") == ("promotion.condition", None)
        absent = amount_off("a", "1", "EUR", group="g", coupon="C")
        q, book = priced(cart(A=1), absent, groups=[group(rule)])
        assert why(q, book, "a") == ("promotion.coupon", None)


def test_a_group_has_its_place_by_its_priority():
    first = StackingGroup("g", stage="order", priority=5)
    last = StackingGroup("g", stage="order", priority=-5)
    half = percent_off("h", 50, stage="order")
    tenth = percent_off("t", 10, stage="order", group="g", priority=9)
    assert given(priced(cart(A=1), half, tenth, groups=[first])[0]) == {"t": 100, "h": 450}
    assert given(priced(cart(A=1), half, tenth, groups=[last])[0]) == {"h": 500, "t": 50}


def test_exclusive_and_stopping_promotions():
    alone = percent_off("alone", 10, exclusive="quote", priority=1)
    other = percent_off("other", 20)
    later = amount_off("later", "1", "EUR")
    q, book = priced(cart(A=1), alone, other, later)
    assert given(q) == {"alone": 100}
    assert why(q, book, "later") == ("promotion.stopped", ("alone",))
    alone = percent_off("alone", 10, exclusive="stage", priority=-1)
    q, book = priced(cart(A=1), alone, other, later)
    assert given(q) == {"other": 200, "later": 100}
    assert why(q, book, "alone") == ("promotion.exclusive", ("other",))
    stops = percent_off("a", 10, stops="stage")
    q, book = priced(cart(A=1), stops, other, later)
    assert given(q) == {"a": 100, "later": 100}
    assert why(q, book, "other") == ("promotion.stopped", ("a",))
    inside = amount_off("i", "3", "EUR", group="g", stops="group", priority=1)
    q, book = priced(cart(A=1), inside, later, *THREE, groups=[group("all")])
    assert given(q) == {"a": 100, "b": 180, "i": 300, "later": 100}
    assert why(q, book, "c") == ("promotion.stopped", ("i",))


def test_the_best_combination_may_leave_the_first_out():
    # Of 36.00 the ladder gives 8.00 from 35.00 on; 5 % first would keep it from that.
    ladder = spend_and_save("l", {"35": "8"}, "EUR", group="g")
    few = percent_off("f", 5, stage="order", group="g", priority=1)
    q, book = priced(cart(A=3, B=1), ladder, few, groups=[group("best_combination")])
    assert given(q) == {"l": 800}
    assert why(q, book, "f") == ("promotion.not_in_combination", ("l",))
    found = q.combinations[0]
    assert (found.group, found.promotions, found.value) == ("g", ("l",), eur(800))
    assert found.optimal
    assert found.gap == eur(0)


def test_used_units_are_told():
    q, book = priced(cart(A=2), buy_get("a", 1), for_price("b", 2, "1", "EUR"))
    found = q.explain("b", book)
    assert [r.code for r in found.reasons] == ["promotion.threshold", "promotion.units_used"]
    assert found.reasons[1].facts["lines"] == ("a",)


def test_a_book_tells_what_is_wrong_with_its_groups():
    with pytest.raises(InvalidBatch) as caught:
        PriceBook.of(
            PRICES,
            promotions=[percent_off("a", 1, group="g"), percent_off("b", 1, group="x")],
            groups=[group("all"), group("all"), "y"],
        )
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("book.duplicate_group", "groups[1]"),
        ("book.group", "groups[2]"),
        ("book.group_stage", "promotions[0]"),
        ("book.unknown_group", "promotions[1]"),
    ]
    with pytest.raises(InvalidBatch) as caught:
        StackingGroup("", most_nodes=0)
    assert [f.code for f in caught.value.faults] == ["group.id", "group.most_nodes"]
    with pytest.raises(InvalidBatch) as caught:
        percent_off("a", 1, exclusive="group", stops="group")
    assert [f.code for f in caught.value.faults] == ["promotion.reach", "promotion.reach"]
    one, two = (PriceBook.of(PRICES, groups=[group(rule)]) for rule in ("all", "first"))
    assert one.digest != two.digest


# --- against all combinations ---------------------------------------------------------------------


def effect_of(random):
    amount = eur(random.randint(20, 900))
    some = Selector(skus=random.sample("ABCDE", 2))
    return random.choice(
        [
            lambda: PercentOff(random.randint(2, 60), random.choice([None, *Per])),
            lambda: UnitOff(eur(random.randint(5, 300))),
            lambda: AmountOff(amount, random.choice(["line", "selection"])),
            lambda: FixedPrice(amount, random.choice([*Per])),
            lambda: SpendEvery(eur(random.randint(500, 3000)), amount),
            lambda: Ladder(
                [Rung(2, PercentOff(random.randint(2, 60))), Rung(5, FixedPrice(amount, "line"))]
            ),
            lambda: BuyGet(
                buy=random.randint(1, 2),
                reward=random.choice([PercentOff(random.randint(10, 100)), FixedPrice(amount)]),
                pick=random.choice([None, "cheapest", "dearest", "cheapest_of_each"]),
                most=random.choice([None, 1]),
            ),
            lambda: BuyGet(buy=1, get_on=some, pick=random.choice([None, "cheapest", "dearest"])),
            lambda: SetPrice(
                [SetPart(random.randint(1, 2)), SetPart(1, some)],
                amount,
                random.choice([None, "dearest", "cheapest"]),
            ),
        ]
    )()


def case(seed, size):
    """A small cart and promotions of one group that get in each other's way."""
    random = Random(seed)
    excluding = random.random() < 0.3
    stage = random.choice(["item", "item", "order"])
    promotions = [
        Promotion(
            f"p{n}",
            effect=effect_of(random),
            on=random.choice(
                [EVERYTHING, *(Selector(skus=random.sample("ABCDE", k)) for k in (1, 2, 3))]
            ),
            stage=stage,
            priority=random.randint(0, 2),
            consumes=random.choice([None, True]),
            group="g",
            most_off=random.choice([None, None, None, eur(random.randint(50, 1500))]),
            funders=random.choice([[], [FundingShare("merchant", 1), FundingShare("brand", 2)]]),
            exclusive=random.choice([None, None, "group"]) if excluding else None,
            stops=random.choice([None, None, "stage"]) if excluding else None,
        )
        for n in range(random.randint(2, size))
    ]
    amounts = {sku: eur(random.randint(50, 1500)) for sku in "ABCDE"}
    wanted = Cart(
        lines=[
            CartLine(
                f"l{n}",
                sku=random.choice("ABCDE"),
                quantity=random.randint(1, 5),
                tax_category=random.choice(["standard", "food", "none"]),
            )
            for n in range(random.randint(1, 4))
        ]
    )
    return wanted, amounts, promotions, policy_of(random)


def group_of(promotions, **more):
    return StackingGroup("g", stage=promotions[0].stage, rule="best_combination", **more)


CHOICES = {
    "percent_base": AmountBasis,
    "threshold_basis": AmountBasis,
    "item_percents": Per,
    "order_percents": Per,
    "order_percent_base": [None, *AmountBasis],
    "discount_split": DiscountSplit,
    "split_weights": AmountBasis,
    "zero_weights": ["equal", "nothing"],
    "threshold_reading": AmountReading,
    "own_effect": OwnEffect,
    "threshold_boundary": ThresholdBoundary,
    "given_units": UnitPick,
    "set_units": ["dearest", "cheapest", "line_order"],
    "fixed_amounts": AmountReading,
    "line_floor": LineFloor,
}


def policy_of(random):
    """Every choice of discounts, most of them as by default."""
    rounding = random.choice(["half_up", "down", "up", "half_even"])
    chosen = {
        name: random.choice([*values]) for name, values in CHOICES.items() if random.random() < 0.4
    }
    return PricingPolicy(rounding=rounding, **chosen)


def table_of(wanted):
    """Two rates, included in the prices or not."""
    rates = [TaxRate("standard", "0.19"), TaxRate("food", "0.07"), TaxRate("none", "0")]
    return TaxTable(rates, included=len(wanted.lines) % 2 == 0)


def lists_of(amounts):
    """Prices, some of which have a floor or a cost."""
    rows = [
        PriceRow(
            sku,
            price,
            floor_price=Money(price.minor * 2 // 3, "EUR") if sku in "AC" else None,
            unit_cost=Money(price.minor * 4 // 5, "EUR") if sku in "CD" else None,
        )
        for sku, price in amounts.items()
    ]
    return [PriceList("l", currency="EUR", rows=rows)]


def run_of(wanted, amounts, policy):
    """A calculation as a quote of the cart makes it."""
    prices = [amounts[line.sku] * line.quantity for line in wanted.lines]
    table, book = table_of(wanted), PriceBook(lists=lists_of(amounts))
    answers = [line.price for line in quote(wanted, book, at=NOW).lines]
    reading = Taxation(wanted, table, NOW, policy).reading(prices, included=table.included)

    def fresh():
        run = Calculation(wanted, prices, (), policy, Currency("EUR"), NOW, reading=reading)
        run.bound(answers)
        return run

    return fresh


def tried(run, promotions):
    """What promotions take in turn, each with what the merchant bears; None where one may not."""
    applied: list[Promotion] = []
    for promotion in promotions:
        stopped = any(each.exclusive or each.stops for each in applied)
        if stopped or (promotion.exclusive and applied):
            continue
        if apply(run, promotion):
            applied.append(promotion)
    ours = sum(
        -a.amount.minor for found in run.adjustments() for a in found if a.funder == "merchant"
    )
    return sum(run.listed) - sum(run.left), ours, applied


FOUND = [105_165]
"""Where the search once missed the best: a deal that gives more when fewer units are left."""


BOOKS = 1_000 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 150
"""Books a part: the build asks hundreds, the long profile thousands."""


@pytest.mark.parametrize("part", range(4))
def test_the_best_combination_equals_trying_all(part):
    searched = 0
    for seed in [*range(part * BOOKS, part * BOOKS + BOOKS), *FOUND]:
        wanted, amounts, promotions, policy = case(seed, 6)
        promotions.sort(key=lambda p: p.rank)
        run = run_of(wanted, amounts, policy)
        taxes = table_of(wanted)
        best, chosen = -1, []
        for size in range(len(promotions) + 1):
            for some in combinations(promotions, size):
                total, _, applied = tried(run(), some)
                if (-total, places(applied, promotions)) < (-best, places(chosen, promotions)):
                    best, chosen = total, applied
        book = PriceBook(
            lists=lists_of(amounts),
            promotions=promotions,
            groups=[group_of(promotions, most_nodes=10**6)],
        )
        q = quote(wanted, book, at=NOW, policy=policy, taxes=taxes)
        assert q.discount.minor == best, seed
        assert q.promotions == tuple(sorted(p.promotion_id for p in chosen)), seed
        assert all(found.optimal for found in q.combinations)
        assert sum(found.value.minor for found in q.combinations) == best
        searched += sum(found.nodes for found in q.combinations)
        for promotion in promotions:
            told = q.explain(promotion.promotion_id, book, policy=policy, taxes=taxes)
            assert told.applied == (not told.reasons)
    assert searched > 2 * BOOKS


def places(chosen, promotions):
    """The choice that has the earlier promotions sorts first."""
    return [promotion not in chosen for promotion in promotions]


def test_the_merchants_best_equals_trying_all():
    for seed in range(5_000, 5_000 + BOOKS):
        wanted, amounts, promotions, policy = case(seed, 5)
        promotions.sort(key=lambda p: p.rank)
        run = run_of(wanted, amounts, policy)
        complete = []
        for size in range(len(promotions) + 1):
            for some in combinations(promotions, size):
                _, ours, applied = tried(run(), some)
                rest = [p for p in promotions if p not in applied]
                if not any(p in tried(run(), [*applied, p])[2] for p in rest):
                    complete.append(ours)
        if not complete:
            continue
        book = PriceBook(
            lists=lists_of(amounts),
            promotions=promotions,
            groups=[group_of(promotions, objective="merchant")],
        )
        q = quote(wanted, book, at=NOW, policy=policy, taxes=table_of(wanted))
        assert q.discount.minor - q.funded().minor == min(complete), seed


def test_where_the_search_ends_it_says_how_far_off_it_may_be():
    gaps = 0
    for seed in range(200):
        wanted, amounts, promotions, policy = case(seed, 8)
        totals = []
        for nodes in (1, 10**6):
            groups = [group_of(promotions, most_nodes=nodes)]
            book = PriceBook(lists=lists_of(amounts), promotions=promotions, groups=groups)
            q = quote(wanted, book, at=NOW, policy=policy, taxes=table_of(wanted))
            totals.append((q.discount.minor, sum(f.bound.minor for f in q.combinations)))
            gaps += any(not found.optimal for found in q.combinations)
        (short, bound), (best, proven) = totals
        assert short <= best == proven <= bound
    assert gaps > 20


def test_where_no_choice_is_complete_all_apply_in_turn():
    # The deal "a" has only a unit of no price to give, until "b" uses that up.
    table = {"A": eur(1000), "B": eur(600), "Z": eur(0)}
    a = buy_get("a", 1, on=Selector(skus=["A", "Z"]), stage="order", group="g", priority=1)
    b = buy_get("b", 1, on=Selector(skus=["B", "Z"]), pick="dearest", stage="order", group="g")
    rule = group("best_combination", objective="merchant")
    book = PriceBook.of(table, promotions=[a, b], groups=[rule])
    q = quote(cart(A=2, B=1, Z=1), book, at=NOW)
    assert given(q) == {"b": 600}


def test_a_search_sees_what_was_used_before_it():
    first = buy_get("first", 1, most=1, on=Selector(skus=["A"]))
    one = percent_off("one", 10, stage="order", consumes=True, group="g")
    two = percent_off("two", 20, stage="order", consumes=True, group="g")
    q, _ = priced(cart(A=2, B=1), first, one, two, groups=[group("best_combination")])
    assert given(q) == {"first": 1000, "two": 120}
    assert q.combinations[0].optimal


def test_a_deal_gives_more_where_fewer_units_are_left_to_give():
    # Of five A and four B, one for each A: four sets, which leave one A to give, and three B. With
    # the B gone it is two sets, and both give an A.
    table = {"A": eur(1000), "B": eur(100), "C": eur(500)}
    on_c = {"on": Selector(skus=["C"]), "consumes": True, "group": "g", "stage": "order"}
    promotions = [
        for_price(
            "b", 4, "3.50", "EUR", on=Selector(skus=["B"]), group="g", stage="order", priority=4
        ),
        amount_off("one", "1.00", "EUR", priority=3, **on_c),
        amount_off("two", "2.00", "EUR", priority=2, **on_c),
        Promotion(
            "deal",
            effect=BuyGet(buy=1, get_on=Selector(skus=["A", "B"])),
            on=Selector(skus=["A"]),
            group="g",
            stage="order",
        ),
        # It gives nothing, and looks at all of them: they are searched together.
        spend_and_save("never", {"999": "1"}, "EUR", group="g"),
    ]
    book = PriceBook.of(table, promotions=promotions, groups=[group("best_combination")])
    q = quote(cart(A=5, B=4, C=1), book, at=NOW)
    assert given(q) == {"b": 50, "two": 200, "deal": 2000}
    assert q.combinations[0].optimal


def test_components_are_searched_alone():
    lines = [CartLine(f"l{n:02}", sku=f"S{n}", quantity=1) for n in range(40)]
    promotions = [
        percent_off(f"{kind}{n}", 10, on=Selector(skus=[f"S{n}"]), consumes=True, group="g")
        for n in range(40)
        for kind in "ab"
    ]
    book = PriceBook.of(
        {f"S{n}": eur(1000) for n in range(40)},
        promotions=promotions,
        groups=[StackingGroup("g", rule="best_combination", most_nodes=200)],
    )
    q = quote(Cart(lines=lines), book, at=NOW)
    assert q.discount == eur(4000)
    assert q.combinations[0].optimal
    assert q.combinations[0].nodes <= 80


def test_the_state_is_left_as_it_was():
    wanted, amounts, promotions, policy = case(7, 6)
    book = PriceBook.of(amounts, promotions=promotions, groups=[group_of(promotions)])
    run = run_of(wanted, amounts, policy)()
    walk = Walk(run)
    for turn in book.turns(wanted, NOW):
        walk.take(turn)
    assert [m.promotion for m in walk.combinations[0][1].chosen] == walk.applied
    assert sum(run.listed) - sum(run.left) == walk.combinations[0][1].value
    assert DEFAULT_PRICING.digest

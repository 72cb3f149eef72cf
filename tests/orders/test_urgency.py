"""Urgency: points by hand, rising in every factor, and a queue that does not depend on chance."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ordercore.codec import Codec
from ordercore.inventory import StockSnapshot
from ordercore.kernel import InvalidBatch, InvalidValue, instant, shift
from ordercore.orders import (
    DEFAULT_URGENCY,
    FactorKind,
    KeywordRule,
    UrgencyFactor,
    UrgencyFacts,
    UrgencyLevel,
    UrgencyPolicy,
    UrgencyStep,
    found_keywords,
    queue,
    stock_scarcity,
    urgency,
    urgency_facts,
)
from ordercore.orders.specimen import tea_order
from ordercore.testing.strategies import urgency_inputs, urgency_policies

START = instant("2026-11-11T00:00:00Z")
TEA = "TEA-250G"


def facts(**rest):
    return UrgencyFacts(**{"order_id": "o-1", "placed_at": START, **rest})


def after(**span):
    return shift(START, **span)


POLICY = UrgencyPolicy(
    name="mine",
    factors=[
        UrgencyFactor(kind="customer_tier", steps=[(1, 5), (2, 20)]),
        UrgencyFactor(kind="vip", steps=[(1, 50)]),
        UrgencyFactor(kind="stock_scarcity", steps=[(50, 5), (100, 25)]),
        UrgencyFactor(kind="distance", steps=[(1_000, 3)], weight=2),
        UrgencyFactor(kind="waiting", steps=[(60, 10), (120, 15)], weight=3),
        UrgencyFactor(kind="promise_slack", steps=[(0, 90), (60, 40)]),
        UrgencyFactor(kind="keyword", weight=2),
    ],
    tiers=["silver", "gold"],
    keywords=[
        KeywordRule(name="urgent", words=["urgent", "加急"], points=50),
        KeywordRule(name="gift", words=["gift"], points=5),
    ],
    levels=[UrgencyLevel("urgent", 100), UrgencyLevel("expedited", 50)],
)


@pytest.mark.parametrize(
    ("given_facts", "at", "score", "level"),
    [
        ({}, START, 0, ""),
        ({"tier": "silver"}, START, 5, ""),
        ({"tier": "gold"}, START, 20, ""),
        ({"tier": "bronze"}, START, 0, ""),
        ({"vip": True}, START, 50, "expedited"),
        ({"scarcity_percent": 49}, START, 0, ""),
        ({"scarcity_percent": 50}, START, 5, ""),
        ({"scarcity_percent": 300}, START, 25, ""),
        ({"distance_m": 999}, START, 0, ""),
        ({"distance_m": 1_000}, START, 6, ""),
        ({}, after(minutes=60, microseconds=-1), 0, ""),
        ({}, after(minutes=60), 30, ""),
        ({}, after(minutes=120), 45, ""),
        ({}, after(minutes=-90), 0, ""),
        ({"promised_at": after(minutes=61)}, START, 0, ""),
        ({"promised_at": after(minutes=61, microseconds=-1)}, START, 40, ""),
        ({"promised_at": after(minutes=1, microseconds=-1)}, START, 90, "expedited"),
        ({"promised_at": after(days=-1)}, START, 90, "expedited"),
        ({"keywords": ["urgent"]}, START, 100, "urgent"),
        ({"keywords": ["gift", "other"]}, START, 10, ""),
        ({"keywords": ["gift", "urgent"]}, START, 110, "urgent"),
        ({"tier": "gold", "vip": True, "distance_m": 5_000}, after(hours=1), 106, "urgent"),
    ],
)
def test_points_by_hand(given_facts, at, score, level):
    answer = urgency(facts(**given_facts), POLICY, at)
    assert (answer.score, answer.level) == (score, level)
    assert sum(reason.points for reason in answer.reasons) == score


def test_reasons_say_factor_input_and_points():
    answer = urgency(
        facts(tier="gold", keywords=["gift", "urgent"], promised_at=after(minutes=30)),
        POLICY,
        after(minutes=75),
    )
    told = [(str(each.factor), each.input, each.points, each.names) for each in answer.reasons]
    assert told == [
        ("customer_tier", 2, 20, ()),
        ("waiting", 75, 30, ()),
        ("promise_slack", -45, 90, ()),
        ("keyword", 55, 110, ("urgent", "gift")),
    ]
    assert answer.describe().splitlines()[0] == "250 urgent"
    assert urgency(facts(), POLICY, START).describe() == "0"


def test_what_is_not_known_gives_no_points():
    policy = attrs.evolve(
        POLICY, factors=[UrgencyFactor(kind="distance", steps=[(0, 7)]), *POLICY.factors[2:3]]
    )
    assert urgency(facts(), policy, START).score == 0
    assert urgency(facts(distance_m=0), policy, START).score == 7


# --- monotone in each factor ---


def more_urgent(facts, kind, draw):
    """The same order with one input at least as urgent, or the instant later."""
    match kind:
        case FactorKind.CUSTOMER_TIER:
            known = DEFAULT_URGENCY.tiers
            rank = known.index(facts.tier) + 1 if facts.tier in known else 0
            higher = known[max(0, rank - 1) :]
            return attrs.evolve(facts, tier=draw(st.sampled_from(higher)))
        case FactorKind.VIP:
            return attrs.evolve(facts, vip=True)
        case FactorKind.STOCK_SCARCITY:
            more = (facts.scarcity_percent or 0) + draw(st.integers(0, 100))
            return attrs.evolve(facts, scarcity_percent=more)
        case FactorKind.DISTANCE:
            more = (facts.distance_m or 0) + draw(st.integers(0, 1_000_000))
            return attrs.evolve(facts, distance_m=more)
        case FactorKind.WAITING:
            earlier = shift(facts.placed_at, minutes=-draw(st.integers(0, 3_000)))
            return attrs.evolve(facts, placed_at=earlier)
        case FactorKind.PROMISE_SLACK:
            before = facts.promised_at or after(days=400)
            sooner = shift(before, minutes=-draw(st.integers(0, 3_000)))
            return attrs.evolve(facts, promised_at=sooner)
        case FactorKind.KEYWORD:
            more = draw(st.sampled_from(("urgent", "dated", "other")))
            return attrs.evolve(facts, keywords=(*facts.keywords, more))


@pytest.mark.parametrize("kind", FactorKind)
@given(st.data())
def test_the_score_rises_with_each_factor(kind, data):
    before = data.draw(urgency_inputs())
    policy = data.draw(urgency_policies())
    now = after(minutes=data.draw(st.integers(-4_000, 4_000)))
    more = more_urgent(before, kind, data.draw)
    assert urgency(more, policy, now).score >= urgency(before, policy, now).score


@given(urgency_inputs(), urgency_policies(), st.integers(0, 9_000))
def test_the_score_rises_with_time(given_facts, policy, minutes):
    assert (
        urgency(given_facts, policy, after(minutes=minutes)).score
        >= urgency(given_facts, policy, START).score
    )


@given(st.data())
def test_a_ladder_rises(data):
    rising = data.draw(st.booleans())
    points = sorted(data.draw(st.lists(st.integers(0, 99), min_size=1, max_size=5)))
    bounds = sorted(
        data.draw(st.sets(st.integers(-50, 50), min_size=len(points), max_size=len(points)))
    )
    kind = "distance" if rising else "promise_slack"
    ladder = zip(bounds, points if rising else reversed(points), strict=True)
    factor = UrgencyFactor(kind=kind, steps=data.draw(st.permutations(list(ladder))))
    low, high = sorted(data.draw(st.tuples(st.integers(-60, 60), st.integers(-60, 60))))
    if rising:
        assert factor.points(low) <= factor.points(high)
    else:
        assert factor.points(low) >= factor.points(high)


# --- the queue ---


def order_facts_list():
    return st.lists(urgency_inputs(), max_size=6).map(
        lambda drawn: [attrs.evolve(each, order_id=f"o-{n}") for n, each in enumerate(drawn)]
    )


@given(order_facts_list(), urgency_policies(), st.randoms(use_true_random=False))
def test_the_queue_is_total_and_does_not_depend_on_the_input(orders, policy, random):
    line = queue(orders, policy, START)
    keys = [(-e.urgency.score, e.facts.placed_at, e.facts.order_id) for e in line]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(orders)
    assert {e.facts.order_id for e in line} == {each.order_id for each in orders}
    random.shuffle(orders)
    assert queue(orders, policy, START) == line


@given(order_facts_list(), urgency_policies(), st.data())
def test_who_leaves_the_queue_does_not_reorder_the_others(orders, policy, data):
    assume(orders)
    gone = data.draw(st.sampled_from(orders)).order_id
    line = queue(orders, policy, START)
    rest = queue([each for each in orders if each.order_id != gone], policy, START)
    assert rest == tuple(each for each in line if each.facts.order_id != gone)


def test_ties_go_by_the_time_of_placing_and_then_by_id():
    same = [facts(order_id=each) for each in ("o-3", "o-1", "o-2")]
    earlier = facts(order_id="o-9", placed_at=after(seconds=-1))
    line = queue([*same, earlier], POLICY, START)
    assert [str(each.facts.order_id) for each in line] == ["o-9", "o-1", "o-2", "o-3"]


def test_an_order_stands_in_the_queue_once():
    with pytest.raises(InvalidValue) as caught:
        queue([facts(), facts(vip=True)], POLICY, START)
    assert (caught.value.code, caught.value.path) == ("queue.twice", "orders[1]")


# --- facts of an order ---


def test_scarcity_is_of_the_scarcest_item():
    order = tea_order()  # two tins and a cup, nothing held
    assert stock_scarcity(order, StockSnapshot.of({(TEA, "a"): 4, ("CUP", "a"): 3})) == 50
    assert stock_scarcity(order, StockSnapshot.of({(TEA, "a"): 1, (TEA, "b"): 2})) == 1_000
    many = StockSnapshot.of({(TEA, "a"): 1, (TEA, "b"): 2, ("CUP", "b"): 9})
    assert stock_scarcity(order, many) == 67
    assert stock_scarcity(attrs.evolve(order, lines=()), many) is None


def test_facts_keep_keywords_and_not_the_remark():
    remark = "URGENT: for Li Lei, 138 0013 8000"
    made = urgency_facts(
        tea_order(),
        DEFAULT_URGENCY,
        remark=remark,
        tier="gold",
        promised_at="2026-11-12T00:00:00Z",
        stock=StockSnapshot.of({(TEA, "a"): 2, ("CUP", "a"): 3}),
    )
    assert made.keywords == ("urgent",)
    assert made.scarcity_percent == 100
    assert "Li Lei" not in Codec().dumps(made).decode()
    answer = urgency(made, DEFAULT_URGENCY, START)
    assert answer.level == "urgent"
    # gold 30, scarce 25, a day of slack 30, the keyword 100
    assert answer.score == 185


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        ("please send asap", ("urgent",)),
        ("PLEASE SEND ASAP!", ("urgent",)),
        ("ｕｒｇｅｎｔ", ("urgent",)),
        ("insurgent brushes", ()),
        ("rush2", ()),
        ("rush_2", ("urgent",)),
        ("请加急处理", ("urgent",)),
        ("急!!!", ("urgent",)),
        ("不急", ()),
        ("不着急,慢慢来", ()),
        ("不急,但是请尽快", ("urgent",)),
        ("this is not urgent", ()),
        ("not urgent; the other one is urgent", ("urgent",)),
        ("no rush", ()),
        ("生日礼物,加急", ("urgent", "dated")),
        ("for her BIRTHDAY", ("dated",)),
        ("VIP急件vip", ("urgent",)),
    ],
)
def test_keywords(text, found):
    assert found_keywords(text, DEFAULT_URGENCY.keywords) == found


@given(st.text(max_size=30))
def test_case_and_width_do_not_matter(text):
    assert found_keywords(text.upper().lower(), DEFAULT_URGENCY.keywords) == found_keywords(
        text.upper(), DEFAULT_URGENCY.keywords
    )


@given(st.text("急不 ,aurgent", max_size=12))
def test_the_word_itself_is_found_unless_a_phrase_takes_it_back(text):
    rule = KeywordRule(name="u", words=["急"], unless=["不急"])
    # An independent way: take the phrases out of the text, then look for the word.
    assert rule.found_in(text) is ("急" in text.replace("不急", "|"))


@pytest.mark.parametrize(
    ("text", "found"),
    [("急流", False), ("急 急流", True), ("着急", False), ("着急急流", False), ("着急急", True)],
)
def test_a_phrase_may_begin_or_end_with_the_word_that_it_takes_back(text, found):
    rule = KeywordRule(name="u", words=["急"], unless=["急流", "着急"])
    assert rule.found_in(text) is found


# --- policies are data and are checked ---


@given(urgency_policies())
def test_a_policy_is_data(policy):
    codec = Codec()
    assert codec.loads(codec.dumps(policy), UrgencyPolicy) == policy


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: UrgencyStep("1", 1), "urgency.bound"),
        (lambda: UrgencyStep(1, -1), "urgency.points"),
        (lambda: UrgencyStep(1, True), "urgency.points"),
        (lambda: UrgencyFactor(kind="vip", steps=[(1, 5)], weight=-1), "urgency.weight"),
        (lambda: UrgencyFactor(kind="vip"), "urgency.steps"),
        (lambda: UrgencyFactor(kind="keyword", steps=[(1, 5)]), "urgency.steps"),
        (lambda: UrgencyFactor(kind="waiting", steps=[(1, 5), (1, 6)]), "urgency.bound"),
        (lambda: UrgencyFactor(kind="waiting", steps=[(1, 5), (2, 4)]), "urgency.falls"),
        (lambda: UrgencyFactor(kind="promise_slack", steps=[(1, 5), (2, 6)]), "urgency.falls"),
        (lambda: UrgencyLevel("", 1), "urgency.level"),
        (lambda: UrgencyLevel("x", -1), "urgency.level"),
        (lambda: attrs.evolve(POLICY, factors=POLICY.factors[:1] * 2), "urgency.twice"),
        (lambda: attrs.evolve(POLICY, tiers=["a", "a"]), "urgency.twice"),
        (lambda: attrs.evolve(POLICY, keywords=POLICY.keywords[:1] * 2), "urgency.twice"),
        (
            lambda: attrs.evolve(POLICY, levels=[UrgencyLevel("a", 5), UrgencyLevel("b", 5)]),
            "urgency.twice",
        ),
        (lambda: facts(distance_m=-1), "urgency.negative"),
        (lambda: facts(scarcity_percent=0.5), "urgency.negative"),
        (lambda: KeywordRule(name="", words=["x"]), "keyword.name"),
        (lambda: KeywordRule(name="x", words=[]), "keyword.words"),
        (lambda: KeywordRule(name="x", words=[" "]), "keyword.words"),
        (lambda: KeywordRule(name="x", words=[5]), "type.wrong"),
        (lambda: KeywordRule(name="x", words="urgent"), "type.wrong"),
        (lambda: KeywordRule(name="x", words=None), "type.wrong"),
        (lambda: UrgencyFactor(kind="vip", steps=[5]), "type.wrong"),
        (lambda: UrgencyFactor(kind="vip", steps=[(1, 2, 3)]), "type.wrong"),
        (lambda: attrs.evolve(POLICY, factors=["vip"]), "type.wrong"),
        (lambda: attrs.evolve(POLICY, keywords=["vip"]), "type.wrong"),
        (lambda: attrs.evolve(POLICY, levels=["vip"]), "type.wrong"),
        (lambda: attrs.evolve(POLICY, tiers="gold"), "type.wrong"),
        (lambda: facts(vip="yes"), "type.wrong"),
        (lambda: KeywordRule(name="x", words=["a"], unless=[""]), "keyword.words"),
        (lambda: KeywordRule(name="x", words=["a"], points=-1), "urgency.points"),
    ],
)
def test_bad_input_is_refused_with_its_code(make, code):
    with pytest.raises((InvalidBatch, InvalidValue)) as caught:
        make()
    error = caught.value
    fault = error.faults[0] if isinstance(error, InvalidBatch) else error
    assert fault.code == code


def test_a_step_that_is_equal_may_stand():
    assert UrgencyFactor(kind="waiting", steps=[(1, 5), (2, 5)]).points(2) == 5

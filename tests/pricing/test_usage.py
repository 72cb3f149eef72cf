"""Uses of a promotion: never more than the limit, whoever asks and however often."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.kernel import Context, IllegalTransition, InvalidBatch, Money, fold, instant
from ordercore.pricing import (
    REMEMBERED_USES,
    USAGE_INVARIANTS,
    Cart,
    CartLine,
    ClaimUse,
    PriceBook,
    PromotionUsage,
    RedeemUse,
    ReleaseUse,
    UsageDecider,
    UseClaimed,
    UseRedeemed,
    UseReleased,
    percent_off,
    quote,
    spend_and_save,
)

WEB = Context(now="2026-11-11T00:00:00Z", actor="web")
USAGE = UsageDecider()
(LAW,) = USAGE_INVARIANTS


def claim(number, uses=1, limit=None):
    return ClaimUse(
        promotion_id="P", order_id=f"o-{number}", command_id=f"c-{number}", uses=uses, limit=limit
    )


def release(number, uses=1):
    return ReleaseUse(promotion_id="P", order_id="o", command_id=f"r-{number}", uses=uses)


def apply(usage, command):
    return fold(USAGE, USAGE.decide(usage, command, WEB).accepted().events, usage)


def test_the_last_use_is_had_once():
    usage = apply(apply(None, claim(1, limit=3)), claim(2, uses=2, limit=3))
    assert (usage.used, usage.claimed, usage.version) == (3, 3, 2)
    refusal = USAGE.decide(usage, claim(3, limit=3), WEB)
    (why,) = refusal.reasons
    assert why.code == "promotion.exhausted"
    assert dict(why.facts) == {"promotion": "P", "limit": 3, "used": 3, "uses": 1}
    assert why.obtain
    usage = apply(usage, release(1, uses=2))
    assert (usage.used, usage.released) == (1, 2)
    assert apply(usage, claim(3, uses=2, limit=3)).used == 3


def redeem(number, uses=1):
    return RedeemUse(promotion_id="P", order_id="o", command_id=f"d-{number}", uses=uses)


def test_what_is_redeemed_comes_back_only_when_that_is_asked_for():
    usage = apply(apply(None, claim(1, uses=3)), redeem(1, uses=2))
    assert (usage.used, usage.reserved, usage.redeemed) == (3, 1, 2)
    for early in (redeem(2, uses=2), release(2, uses=2)):
        assert USAGE.decide(usage, early, WEB).codes == ("promotion.not_claimed",)
    usage = apply(usage, release(3))
    favour = ReleaseUse(promotion_id="P", order_id="o", command_id="f", uses=2, redeemed=True)
    assert apply(usage, favour).used == 0
    assert USAGE.decide(None, favour, WEB).is_refused
    with pytest.raises(IllegalTransition):
        USAGE.evolve(usage, UseRedeemed(**BASE, promotion_id="P", uses=1))
    with pytest.raises(IllegalTransition):
        USAGE.evolve(usage, UseReleased(**BASE, promotion_id="P", uses=3, redeemed=True))


def test_without_a_limit_every_use_is_counted():
    assert apply(apply(None, claim(1, uses=5)), claim(2)).used == 6


def test_what_was_not_taken_is_not_given_back():
    (why,) = USAGE.decide(apply(None, claim(1)), release(1, uses=2), WEB).reasons
    assert (why.code, why.final) == ("promotion.not_claimed", True)
    assert dict(why.facts) == {"promotion": "P", "used": 1, "uses": 2, "redeemed": 0}
    assert USAGE.decide(None, release(1), WEB).codes == ("promotion.not_claimed",)


def test_the_same_command_twice_counts_once_and_another_under_its_id_is_refused():
    usage = apply(apply(None, claim(1)), claim(2))
    again = USAGE.decide(usage, claim(1), WEB)
    assert (again.repeated, again.version, again.events) == (True, 1, ())
    (why,) = USAGE.decide(usage, claim(1, uses=2), WEB).reasons
    assert (why.code, why.final, why.facts["command_id"]) == ("command.id_reused", True, "c-1")


def test_the_memory_of_commands_is_bounded():
    usage = None
    for number in range(REMEMBERED_USES + 2):
        usage = apply(usage, claim(number))
    assert len(usage.accepted) == REMEMBERED_USES
    assert usage.accepted[0].command_id == "c-2"
    assert usage.accepted[-1].version == usage.version == REMEMBERED_USES + 2


BASE = {
    "command_id": "c",
    "fingerprint": "",
    "at": instant("2026-11-11T00:00:00Z"),
    "order_id": "o",
}


def test_what_concerns_another_promotion_or_cannot_be_is_not_folded():
    usage = apply(None, claim(1))
    other = ClaimUse(promotion_id="Q", order_id="o", command_id="c")
    with pytest.raises(IllegalTransition):
        USAGE.decide(usage, other, WEB)
    with pytest.raises(IllegalTransition):
        USAGE.evolve(usage, UseClaimed(**BASE, promotion_id="Q", uses=1))
    with pytest.raises(IllegalTransition):
        USAGE.evolve(usage, UseReleased(**BASE, promotion_id="P", uses=2))


@pytest.mark.parametrize("uses", [0, -1, True, 1.0, None])
@pytest.mark.parametrize("kind", [ClaimUse, ReleaseUse])
def test_no_use_of_nothing(kind, uses):
    with pytest.raises(InvalidBatch) as caught:
        kind(promotion_id="P", order_id="o", command_id="c", uses=uses)
    (fault,) = caught.value.faults
    assert (fault.code, fault.path, fault.value) == ("quantity.not_positive", "uses", uses)


def test_a_usage_that_cannot_be_is_refused_with_all_its_faults():
    with pytest.raises(InvalidBatch) as caught:
        PromotionUsage(promotion_id="P", claimed=-2, released=-1)
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("usage.negative", "claimed"),
        ("usage.negative", "released"),
        ("usage.released", "released"),
    ]
    with pytest.raises(InvalidBatch) as caught:
        PromotionUsage(promotion_id="P", released=-1)
    assert [f.path for f in caught.value.faults] == ["released"]
    with pytest.raises(InvalidBatch) as caught:
        PromotionUsage(promotion_id="P", claimed=2, released=1, redeemed=2)
    assert [f.code for f in caught.value.faults] == ["usage.redeemed"]
    with pytest.raises(InvalidBatch) as caught:
        PromotionUsage(promotion_id="P", claimed=1, released=2)
    assert [f.code for f in caught.value.faults] == ["usage.released"]


def test_the_law_sees_what_is_broken():
    class Forged:
        claimed, released, used, redeemed = 1, 2, -1, 0

    assert not LAW.holds(Forged())
    assert LAW.check(Forged()).witness == {"claimed": 1, "released": 2, "redeemed": 0}


@given(
    st.integers(0, 10),
    st.lists(st.tuples(st.sampled_from("crd"), st.integers(1, 4)), max_size=30),
)
def test_no_history_overruns_the_limit(limit, wishes):
    usage, log = None, []
    for number, (kind, uses) in enumerate(wishes):
        make = {"c": lambda n, u: claim(n, u, limit), "r": release, "d": redeem}[kind]
        answer = USAGE.decide(usage, make(number, uses), WEB)
        used, reserved = (0, 0) if usage is None else (usage.used, usage.reserved)
        assert answer.is_refused == (used + uses > limit if kind == "c" else uses > reserved)
        if not answer.is_refused:
            usage = fold(USAGE, answer.events, usage)
            log.extend(answer.events)
            assert usage.used <= limit
            LAW.require(usage)
    if log:
        assert fold(USAGE, log) == usage


def test_a_promotion_states_its_limit_and_a_quote_names_what_it_used():
    sale = percent_off("sale", 10, usage_limit=3)
    assert sale.usage_limit == 3
    assert percent_off("sale", 10).usage_limit is None
    far = spend_and_save("far", {"100.00": "5.00"}, "EUR")
    book = PriceBook.of({"TEA": Money(500, "EUR")}, promotions=[sale, far])
    cart = Cart(lines=[CartLine(n, sku="TEA", quantity=1) for n in "ab"])
    assert quote(cart, book, at=WEB.now).promotions == ("sale",)
    for limit in (0, -1, True, "3"):
        with pytest.raises(InvalidBatch) as caught:
            percent_off("sale", 10, usage_limit=limit)
        assert [f.code for f in caught.value.faults] == ["promotion.usage_limit"]

"""Carts, books, taxes and policies to draw from; small, so that they meet each other."""

from __future__ import annotations

from fractions import Fraction

import attrs
from hypothesis import strategies as st

from ordercore.kernel import CashRounding, Money, Rounding, Span, instant
from ordercore.pricing import (
    CART_FACTS,
    Cart,
    CartLine,
    Charge,
    FundingShare,
    GroupRule,
    LadderStep,
    Objective,
    PercentOff,
    PriceBook,
    PriceList,
    PriceRow,
    PricingPolicy,
    Promotion,
    Selector,
    SpendAndSave,
    StackingGroup,
    Stage,
    TaxRate,
    TaxTable,
    UnitOff,
)
from ordercore.pricing.promotions.effects import has_units
from ordercore.rules import parse
from ordercore.testing import promotion_values
from ordercore.testing.policy_values import pricing_policies

NOW = instant("2026-11-11T00:00:00Z")
CURRENCY = "EUR"
SKUS = ("A", "B", "C", "D", "E")
CATEGORY = {"A": ("food",), "B": ("food", "tea"), "C": ("home",), "D": (), "E": ("home", "tea")}
RULES = tuple(
    parse(text, vocabulary=CART_FACTS)
    for text in (
        "cart.total >= EUR(20)",
        "cart.units > 3",
        "any(line.sku == 'A' for line in cart.lines)",
        "cart.channel == 'web' and 'C1' in cart.coupons",
    )
)


SHARES = [FundingShare("manufacturer", 2), FundingShare("platform", 1)]
every_effect = promotion_values.effects(CURRENCY)


def eur(minor):
    return Money(minor, CURRENCY)


@st.composite
def books(draw, promotions=4, effects=every_effect):
    rows = []
    for sku in SKUS:
        price = draw(st.integers(0, 3_000))
        rows.append(
            PriceRow(
                sku,
                eur(price),
                per=draw(st.sampled_from([1, 1, 3, 10])),
                floor_price=draw(st.sampled_from([None, eur(price // 2)])),
                unit_cost=draw(st.sampled_from([None, eur(price * 3 // 4)])),
            )
        )
        if draw(st.booleans()):
            rows.append(PriceRow(sku, eur(draw(st.integers(0, 900))), min_quantity=4))
    lists = [PriceList("base", currency=CURRENCY, rows=rows)]
    if draw(st.booleans()):
        price = eur(draw(st.integers(0, 3_000)))
        lists.append(
            PriceList(
                "special",
                currency=CURRENCY,
                rows=[PriceRow("A", price)],
                priority=1,
                channels=["web"],
            )
        )
    count = draw(st.integers(0, promotions))
    return PriceBook(
        lists=lists,
        promotions=[draw(promotion(f"p{i}", effects)) for i in range(count)],
        groups=[draw(stacking_groups(stage)) for stage in Stage],
    )


@st.composite
def stacking_groups(draw, stage):
    return StackingGroup(
        f"g-{stage.value}",
        stage=stage,
        rule=draw(st.sampled_from(GroupRule)),
        priority=draw(st.integers(-1, 1)),
        objective=draw(st.sampled_from(Objective)),
    )


plain_effects = st.one_of(
    st.builds(PercentOff, st.fractions(Fraction(1, 2), 100, max_denominator=4)),
    st.builds(UnitOff, st.integers(1, 800).map(eur)),
    st.lists(st.tuples(st.integers(0, 4_000), st.integers(1, 3_000)), min_size=1, max_size=3).map(
        lambda steps: SpendAndSave(
            [
                LadderStep(eur(threshold), eur(off))
                for threshold, off in zip(
                    sorted({t for t, _ in steps}), sorted({o for _, o in steps}), strict=False
                )
            ]
        )
    ),
)


@st.composite
def promotion(draw, promotion_id, effects=every_effect):
    effect = draw(effects)
    stages = ["item", "group", "order", "payment"]
    if not has_units(effect):
        stages.append("shipping")
    selector = draw(
        st.sampled_from(
            [
                Selector(),
                Selector(skus=["A", "C"]),
                Selector(categories=["food"]),
                Selector(categories=[("home", "tea")]),
                Selector(attributes={"brand": "x"}),
                Selector(skus=["A", "B", "D"], attributes={"brand": "x"}),
                Selector(but_skus=["A"], from_price=eur(300)),
            ]
        )
    )
    stage = draw(st.sampled_from(stages))
    more = {}
    if effects is not plain_effects:
        more = {
            "most_off": draw(st.sampled_from([None, None, eur(150)])),
            "funders": draw(st.sampled_from([[], [], SHARES])),
            "group": draw(st.sampled_from(["", f"g-{stage}"])),
            "exclusive": draw(st.sampled_from([None, None, None, "stage", "quote"])),
            "stops": draw(st.sampled_from([None, None, None, "stage", "quote"])),
        }
        if has_units(effect):
            more["consumes"] = draw(st.sampled_from([None, True]))
    return Promotion(
        promotion_id,
        effect=effect,
        on=selector,
        when=draw(st.sampled_from((None, None, *RULES))),
        span=draw(
            st.sampled_from(
                [Span(), Span(), Span("2026-11-01T00:00Z", "2026-12-01T00:00Z"), Span(None, NOW)]
            )
        ),
        stage=stage,
        priority=draw(st.integers(-1, 1)),
        funder=draw(st.sampled_from(["merchant", "platform", "manufacturer"])),
        coupon=draw(st.sampled_from([None, None, "C1", "C2"])),
        channels=draw(st.sampled_from([[], [], ["web"], ["shop", "web"]])),
        **more,
    )


@st.composite
def carts(draw, max_quantity=12):
    count = draw(st.integers(1, 5))
    lines = []
    for i in range(count):
        sku = draw(st.sampled_from(SKUS))
        lines.append(
            CartLine(
                f"l{i}",
                sku=sku,
                quantity=draw(st.integers(1, max_quantity)),
                category=CATEGORY[sku],
                tax_category=draw(st.sampled_from(["standard", "food"])),
                attributes={"brand": "x"} if draw(st.booleans()) else {},
            )
        )
    return Cart(
        lines=lines,
        channel=draw(st.sampled_from(["", "web", "shop"])),
        coupons=draw(st.sets(st.sampled_from(["C1", "C2", "C3"]))),
        market=draw(st.sampled_from(["", "eu"])),
        customer_groups=draw(st.sets(st.sampled_from(["vip", "staff"]))),
        payment_method=draw(st.sampled_from(["", "card"])),
    )


@st.composite
def tax_tables(draw):
    if draw(st.integers(0, 3)) == 0:
        return TaxTable()
    rates = [
        TaxRate("standard", draw(st.sampled_from(["0.19", "0.2", "0", "0.0825"]))),
        TaxRate("food", draw(st.sampled_from(["0.07", "0.055", "0"]))),
    ]
    if draw(st.booleans()):
        rates.append(TaxRate("standard", "0.01", component="city", collector="marketplace"))
    return TaxTable(rates, included=draw(st.booleans()))


plain_policies = st.builds(
    PricingPolicy,
    rounding=st.sampled_from(Rounding),
    tax_rounding=st.sampled_from(Rounding),
    tax_place=st.sampled_from(["line", "rate_group", "document"]),
    percent_base=st.sampled_from(["left", "list"]),
    threshold_basis=st.sampled_from(["left", "list"]),
    between_lists=st.sampled_from(["priority", "lowest"]),
    cash=st.sampled_from([None, CashRounding(5)]),
    line_floor=st.just("zero"),
)
"""Policies that the naive calculation of the tests knows."""

policies = pricing_policies().map(
    lambda policy: attrs.evolve(
        policy,
        tax_place="line" if policy.tax_place == "unit" else policy.tax_place,
        between_lists="priority" if policy.between_lists == "specificity" else policy.between_lists,
        shipping_tax="own",
        inclusive_prices="same_gross",
    )
)
"""Every choice of discounts; taxes as :func:`tax_tables` has them."""

shippings = st.one_of(st.none(), st.integers(0, 1_500).map(eur))
fees = st.sampled_from([(), (Charge("wrap", list_amount=eur(333), kind="fee", refundable=False),)])


@st.composite
def quoted(draw, max_quantity=12, effects=every_effect, policies=policies):
    """A quote, and everything it was made from."""
    from ordercore.pricing import quote

    cart, book = draw(carts(max_quantity)), draw(books(effects=effects))
    given = {
        "taxes": draw(tax_tables()),
        "policy": draw(policies),
        "shipping": draw(shippings),
        "charges": draw(fees),
    }
    return quote(cart, book, at=NOW, **given), cart, book, given

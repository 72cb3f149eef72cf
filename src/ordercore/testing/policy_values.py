"""Strategies for pricing policies: every contested choice."""

from __future__ import annotations

from hypothesis import strategies as st

from ordercore.kernel import CashRounding, Rounding, ZeroWeights
from ordercore.pricing import (
    AfterPlacement,
    AmountBasis,
    AmountReading,
    BetweenLists,
    DiscountSplit,
    InclusivePrices,
    LineFloor,
    OverrideLimit,
    OwnEffect,
    Per,
    PricingPolicy,
    ShippingTax,
    TaxPlace,
    ThresholdBoundary,
    UnitPick,
)

__all__ = ["pricing_policies"]


def pricing_policies() -> st.SearchStrategy[PricingPolicy]:
    """Policies that differ in every choice, and in who may change prices."""
    return st.builds(
        PricingPolicy,
        rounding=st.sampled_from(Rounding),
        tax_rounding=st.sampled_from(Rounding),
        tax_place=st.sampled_from(TaxPlace),
        percent_base=st.sampled_from(AmountBasis),
        threshold_basis=st.sampled_from(AmountBasis),
        between_lists=st.sampled_from(BetweenLists),
        cash=st.sampled_from((None, CashRounding(5))),
        shipping_tax=st.sampled_from(ShippingTax),
        inclusive_prices=st.sampled_from(InclusivePrices),
        override_limits=st.sampled_from(((), (OverrideLimit("agent", percent=10),))),
        item_percents=st.sampled_from(Per),
        order_percents=st.sampled_from(Per),
        order_percent_base=st.none() | st.sampled_from(AmountBasis),
        discount_split=st.sampled_from(DiscountSplit),
        split_weights=st.sampled_from(AmountBasis),
        zero_weights=st.sampled_from((ZeroWeights.EQUAL, ZeroWeights.NOTHING)),
        threshold_reading=st.sampled_from(AmountReading),
        own_effect=st.sampled_from(OwnEffect),
        threshold_boundary=st.sampled_from(ThresholdBoundary),
        given_units=st.sampled_from(UnitPick),
        set_units=st.sampled_from((UnitPick.DEAREST, UnitPick.CHEAPEST, UnitPick.LINE_ORDER)),
        fixed_amounts=st.sampled_from(AmountReading),
        line_floor=st.sampled_from(LineFloor),
        after_placement=st.sampled_from(AfterPlacement),
    )

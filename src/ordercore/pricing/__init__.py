"""What things cost, why, and what of it comes back: exact to the minor unit.

A :class:`Cart` and a :class:`PriceBook` (price lists and promotions, both data) give a
:class:`Quote`: immutable, every figure the exact sum of its parts, kept by the order for good. An
order that arrives priced is recorded as a quote of the same shape (:func:`recorded_quote`). Why a
promotion applied or not is derived from the quote on demand. What a return gives back is a
function of the units kept (:func:`refund`), so that the way of splitting it never matters.

Example:
    >>> from ordercore.kernel import Money
    >>> book = PriceBook.of(
    ...     {"TEA-250G": Money.of("128.00", "CNY"), "CUP": Money.of("59.90", "CNY")},
    ...     promotions=[spend_and_save("11.11", {"300.00": "40.00", "500.00": "80.00"}, "CNY")],
    ... )
    >>> tea = CartLine("1", sku="TEA-250G", quantity=2)
    >>> cart = Cart(lines=[tea, CartLine("2", sku="CUP", quantity=1)])
    >>> q = quote(cart, book, at="2026-11-11T08:00+08:00")
    >>> str(q.total), str(q.explain("11.11", book).missing.short)
    ('CNY 275.90', 'CNY 184.10')
    >>> str(refund(q, q.quantities, {"1": 1, "2": 1}).total)
    'CNY 111.79'
"""

from ordercore.pricing.after.after_policy import (
    CLAW_BACK,
    DEFAULT_AFTER_ORDER,
    AfterOrderPolicy,
    DiscountsAfter,
    EditPricing,
    GiftsAfter,
    RestockingFee,
    ShippingAfter,
)
from ordercore.pricing.after.quote_inputs import (
    QuoteInputs,
)
from ordercore.pricing.after.reevaluation import (
    CLAWED_BACK,
)
from ordercore.pricing.after.requoting import (
    edited_quote,
)
from ordercore.pricing.after.restocking import (
    RESTOCKING,
    restocking_charge,
)
from ordercore.pricing.amount import (
    MARKETPLACE,
    MERCHANT,
    UNEXPLAINED,
    Adjustment,
    PricedAmount,
    TaxShare,
    TaxTreatment,
)
from ordercore.pricing.book_checks import (
    inspect_book,
)
from ordercore.pricing.cart import (
    DEFAULT_DELIVERY,
    MAX_QUANTITY,
    Cart,
    CartLine,
    Delivery,
)
from ordercore.pricing.cart_lines import (
    try_cart_lines,
)
from ordercore.pricing.charges.charge import (
    Charge,
    Discountable,
    RefundWith,
)
from ordercore.pricing.charges.charge_answers import (
    FeeAnswer,
    delivery_answers,
    fee_answers,
)
from ordercore.pricing.charges.charge_book import (
    NO_CHARGES,
    ChargeBook,
)
from ordercore.pricing.charges.delivery_option import (
    DeliveryAnswer,
    DeliveryLoad,
    DeliveryMeasure,
    DeliveryOption,
    DeliveryRate,
    RateBreak,
)
from ordercore.pricing.charges.delivery_split import (
    by_delivery,
)
from ordercore.pricing.charges.fee import (
    Fee,
    FeePer,
)
from ordercore.pricing.coupon_answers import (
    CouponAnswer,
    coupon_answers,
)
from ordercore.pricing.discount_choices import (
    AfterPlacement,
    AmountBasis,
    AmountReading,
    DiscountSplit,
    LineFloor,
    OwnEffect,
    ThresholdBoundary,
    UnitPick,
)
from ordercore.pricing.expected_quote import (
    ExpectedQuote,
    stale,
)
from ordercore.pricing.explanation import (
    Explanation,
    explain,
)
from ordercore.pricing.facts import (
    CART_FACTS,
    cart_facts,
)
from ordercore.pricing.invariants import (
    INVARIANTS,
    check_sums,
)
from ordercore.pricing.kept_points import (
    kept_points,
)
from ordercore.pricing.policy import (
    DEFAULT_PRICING,
    BetweenLists,
    InclusivePrices,
    PricingPolicy,
    ShippingTax,
    TaxPlace,
)
from ordercore.pricing.presets import (
    DJANGO_OSCAR_PRICING,
    MEDUSA_PRICING,
    ODOO_PRICING,
    SALEOR_PRICING,
    SHOPIFY_PRICING,
    SHOPWARE_PRICING,
    SOLIDUS_PRICING,
    SPREE_PRICING,
    SYLIUS_PRICING,
    VENDURE_PRICING,
)
from ordercore.pricing.prices.override_limit import (
    OverrideLimit,
)
from ordercore.pricing.prices.price_answer import (
    PriceAnswer,
    PriceBracket,
    line_floor,
)
from ordercore.pricing.prices.price_book import (
    PriceBook,
)
from ordercore.pricing.prices.price_checks import (
    inspect_lists,
    inspect_rows,
)
from ordercore.pricing.prices.price_conversion import (
    ConvertedPrice,
    ExchangeRate,
    PriceConversion,
    PriceEnding,
)
from ordercore.pricing.prices.price_explanation import (
    PassedOver,
    PriceExplanation,
    explain_price,
)
from ordercore.pricing.prices.price_history import (
    DEFAULT_PRIOR_PRICE,
    MAX_PRICE_CHANGES,
    GrowingReduction,
    PriceChange,
    PriceHistory,
    PriorPrice,
    PriorPricePolicy,
    RecentGoods,
)
from ordercore.pricing.prices.price_list import (
    PriceList,
    QuantityBreaks,
)
from ordercore.pricing.prices.price_override import (
    Goodwill,
    PriceOverride,
)
from ordercore.pricing.prices.price_row import (
    PriceRow,
)
from ordercore.pricing.promotions.amounts import (
    AmountOff,
    FixedPrice,
    UnitOff,
)
from ordercore.pricing.promotions.claims import (
    Claim,
    claimed_meters,
)
from ordercore.pricing.promotions.coupon import (
    CodeCheck,
    CouponBatch,
    IssuedCoupon,
)
from ordercore.pricing.promotions.deals import (
    BuyGet,
    SetPart,
    SetPrice,
    UnitEffect,
)
from ordercore.pricing.promotions.discount_limit import (
    DiscountLimit,
)
from ordercore.pricing.promotions.effects import (
    PromotionEffect,
)
from ordercore.pricing.promotions.gifts import (
    GiftItem,
    GiftOf,
    GiftRung,
    Gifts,
)
from ordercore.pricing.promotions.ladders import (
    FlatEffect,
    Ladder,
    LadderStep,
    Rung,
    SpendAndSave,
    SpendEvery,
)
from ordercore.pricing.promotions.meter import (
    NOTHING_USED,
    MeterClaim,
    UsageMeter,
    UsageSnapshot,
)
from ordercore.pricing.promotions.order_history import (
    OrderHistory,
)
from ordercore.pricing.promotions.percents import (
    Per,
    PercentOff,
)
from ordercore.pricing.promotions.points import (
    EarnPoints,
    PayPoints,
    PointsKind,
    QuotePoints,
)
from ordercore.pricing.promotions.promotion import (
    Counts,
    FundingShare,
    Promotion,
)
from ordercore.pricing.promotions.promotion_checks import (
    inspect_promotion,
)
from ordercore.pricing.promotions.selection import (
    EVERYTHING,
    Selector,
)
from ordercore.pricing.promotions.short_forms import (
    amount_off,
    buy_get,
    deposit_expansion,
    earn_points,
    fixed_price,
    flash_price,
    for_price,
    gift,
    nth_unit,
    pay_points,
    percent_off,
    spend_and_save,
    spend_every,
    unit_off,
)
from ordercore.pricing.promotions.stacking import (
    GroupRule,
    Objective,
    Reach,
    StackingGroup,
)
from ordercore.pricing.promotions.stages import (
    Stage,
)
from ordercore.pricing.promotions.ways import (
    Need,
)
from ordercore.pricing.quote import (
    Combination,
    PricePoint,
    Quote,
    QuoteLine,
    QuoteSource,
)
from ordercore.pricing.quoting import (
    quote,
    try_quote,
)
from ordercore.pricing.recorded import (
    Difference,
    compare,
    recorded_line,
    recorded_quote,
)
from ordercore.pricing.refund import (
    Refund,
    RefundLine,
    claw_back,
    kept_line,
    kept_value,
    promotions_kept,
    refund,
    split_off,
    unearned_gifts,
)
from ordercore.pricing.simulation import (
    OrderDifference,
    PastOrder,
    differences,
    simulate,
)
from ordercore.pricing.simulation_report import (
    BookResult,
    Gain,
    PromotionResult,
    Simulation,
)
from ordercore.pricing.taxes.tax import (
    NO_TAX,
    TaxRate,
    TaxTable,
)
from ordercore.pricing.taxes.tax_assessment import (
    TaxableAmount,
    TaxAssessment,
    TaxRequest,
    tax_request,
    with_taxes,
)
from ordercore.pricing.taxes.tax_status import (
    TaxExemption,
    TaxRegistration,
    TaxStatus,
)
from ordercore.pricing.taxes.tax_summary import (
    TaxTotal,
)
from ordercore.pricing.usage import (
    REMEMBERED_USES,
    USAGE_INVARIANTS,
    AcceptedUse,
    ClaimUse,
    PromotionUsage,
    RedeemUse,
    ReleaseUse,
    UsageCommand,
    UsageDecider,
    UsageEvent,
    UseClaimed,
    UseRedeemed,
    UseReleased,
)
from ordercore.rules import Missing

__all__ = [
    "AcceptedUse",
    "Adjustment",
    "AfterPlacement",
    "AfterOrderPolicy",
    "AmountBasis",
    "AmountOff",
    "AmountReading",
    "BetweenLists",
    "BookResult",
    "BuyGet",
    "CART_FACTS",
    "CLAWED_BACK",
    "CLAW_BACK",
    "Cart",
    "CartLine",
    "Charge",
    "ChargeBook",
    "Claim",
    "ClaimUse",
    "CodeCheck",
    "Combination",
    "ConvertedPrice",
    "Counts",
    "CouponAnswer",
    "CouponBatch",
    "DEFAULT_AFTER_ORDER",
    "DEFAULT_DELIVERY",
    "DEFAULT_PRICING",
    "DEFAULT_PRIOR_PRICE",
    "DJANGO_OSCAR_PRICING",
    "Delivery",
    "DeliveryAnswer",
    "DeliveryLoad",
    "DeliveryMeasure",
    "DeliveryOption",
    "DeliveryRate",
    "Difference",
    "DiscountSplit",
    "DiscountLimit",
    "Discountable",
    "DiscountsAfter",
    "EVERYTHING",
    "EarnPoints",
    "EditPricing",
    "ExchangeRate",
    "ExpectedQuote",
    "Explanation",
    "Fee",
    "FeeAnswer",
    "FeePer",
    "FixedPrice",
    "FlatEffect",
    "FundingShare",
    "Gain",
    "GiftItem",
    "GiftOf",
    "GiftRung",
    "Gifts",
    "GiftsAfter",
    "Goodwill",
    "GroupRule",
    "GrowingReduction",
    "INVARIANTS",
    "InclusivePrices",
    "IssuedCoupon",
    "Ladder",
    "LadderStep",
    "LineFloor",
    "MARKETPLACE",
    "MAX_PRICE_CHANGES",
    "MAX_QUANTITY",
    "MEDUSA_PRICING",
    "MERCHANT",
    "MeterClaim",
    "Missing",
    "NOTHING_USED",
    "NO_CHARGES",
    "NO_TAX",
    "Need",
    "ODOO_PRICING",
    "Objective",
    "OrderDifference",
    "OrderHistory",
    "OverrideLimit",
    "OwnEffect",
    "PassedOver",
    "PastOrder",
    "PayPoints",
    "Per",
    "PercentOff",
    "PointsKind",
    "PriceAnswer",
    "PriceBook",
    "PriceBracket",
    "PriceChange",
    "PriceConversion",
    "PriceEnding",
    "PriceExplanation",
    "PriceHistory",
    "PriceList",
    "PriceOverride",
    "PricePoint",
    "PriceRow",
    "PricedAmount",
    "PricingPolicy",
    "PriorPrice",
    "PriorPricePolicy",
    "Promotion",
    "PromotionEffect",
    "PromotionResult",
    "PromotionUsage",
    "QuantityBreaks",
    "Quote",
    "QuoteInputs",
    "QuoteLine",
    "QuotePoints",
    "QuoteSource",
    "REMEMBERED_USES",
    "RESTOCKING",
    "RateBreak",
    "Reach",
    "RecentGoods",
    "Refund",
    "RefundLine",
    "RedeemUse",
    "RefundWith",
    "ReleaseUse",
    "RestockingFee",
    "Rung",
    "SALEOR_PRICING",
    "SHOPIFY_PRICING",
    "SHOPWARE_PRICING",
    "SOLIDUS_PRICING",
    "SPREE_PRICING",
    "SYLIUS_PRICING",
    "Selector",
    "SetPart",
    "SetPrice",
    "ShippingAfter",
    "ShippingTax",
    "Simulation",
    "SpendAndSave",
    "SpendEvery",
    "StackingGroup",
    "Stage",
    "TaxAssessment",
    "TaxExemption",
    "TaxPlace",
    "TaxRate",
    "TaxRegistration",
    "TaxRequest",
    "TaxShare",
    "TaxStatus",
    "TaxTable",
    "TaxTotal",
    "TaxTreatment",
    "TaxableAmount",
    "ThresholdBoundary",
    "UNEXPLAINED",
    "USAGE_INVARIANTS",
    "UnitEffect",
    "UnitOff",
    "UnitPick",
    "UsageCommand",
    "UsageDecider",
    "UsageEvent",
    "UsageMeter",
    "UsageSnapshot",
    "UseClaimed",
    "UseRedeemed",
    "UseReleased",
    "VENDURE_PRICING",
    "amount_off",
    "buy_get",
    "by_delivery",
    "cart_facts",
    "check_sums",
    "claimed_meters",
    "claw_back",
    "compare",
    "coupon_answers",
    "delivery_answers",
    "deposit_expansion",
    "differences",
    "earn_points",
    "edited_quote",
    "explain",
    "explain_price",
    "fee_answers",
    "fixed_price",
    "flash_price",
    "for_price",
    "inspect_book",
    "gift",
    "inspect_lists",
    "inspect_promotion",
    "inspect_rows",
    "kept_line",
    "kept_points",
    "kept_value",
    "line_floor",
    "nth_unit",
    "pay_points",
    "percent_off",
    "promotions_kept",
    "quote",
    "recorded_line",
    "recorded_quote",
    "refund",
    "simulate",
    "restocking_charge",
    "spend_and_save",
    "spend_every",
    "split_off",
    "stale",
    "tax_request",
    "try_cart_lines",
    "try_quote",
    "unearned_gifts",
    "unit_off",
    "with_taxes",
]

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

from ordercore.pricing.amount import (
    MARKETPLACE,
    MERCHANT,
    UNEXPLAINED,
    Adjustment,
    PricedAmount,
    TaxShare,
    TaxTreatment,
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
from ordercore.pricing.policy import (
    DEFAULT_PRICING,
    AmountBasis,
    BetweenLists,
    InclusivePrices,
    PricingPolicy,
    ShippingTax,
    TaxPlace,
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
    claims,
)
from ordercore.pricing.promotions.deals import (
    BuyGet,
    SetPart,
    SetPrice,
    UnitEffect,
    UnitPick,
)
from ordercore.pricing.promotions.effects import (
    PromotionEffect,
)
from ordercore.pricing.promotions.ladders import (
    FlatEffect,
    Ladder,
    LadderStep,
    Rung,
    SpendAndSave,
    SpendEvery,
)
from ordercore.pricing.promotions.percents import (
    Per,
    PercentOff,
)
from ordercore.pricing.promotions.promotion import (
    FundingShare,
    Promotion,
)
from ordercore.pricing.promotions.selection import (
    EVERYTHING,
    Selector,
)
from ordercore.pricing.promotions.short_forms import (
    amount_off,
    buy_get,
    deposit_expansion,
    fixed_price,
    for_price,
    nth_unit,
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
    kept_line,
    kept_value,
    refund,
    split_off,
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
    ReleaseUse,
    UsageCommand,
    UsageDecider,
    UsageEvent,
    UseClaimed,
    UseReleased,
)
from ordercore.rules import Missing

__all__ = [
    "AcceptedUse",
    "Adjustment",
    "AmountBasis",
    "AmountOff",
    "BetweenLists",
    "BuyGet",
    "CART_FACTS",
    "Cart",
    "CartLine",
    "Charge",
    "ChargeBook",
    "Claim",
    "ClaimUse",
    "Combination",
    "ConvertedPrice",
    "DEFAULT_DELIVERY",
    "DEFAULT_PRICING",
    "DEFAULT_PRIOR_PRICE",
    "Delivery",
    "DeliveryAnswer",
    "DeliveryLoad",
    "DeliveryMeasure",
    "DeliveryOption",
    "DeliveryRate",
    "Difference",
    "Discountable",
    "EVERYTHING",
    "ExchangeRate",
    "Explanation",
    "Fee",
    "FeeAnswer",
    "FeePer",
    "FixedPrice",
    "FlatEffect",
    "FundingShare",
    "Goodwill",
    "GroupRule",
    "GrowingReduction",
    "INVARIANTS",
    "InclusivePrices",
    "Ladder",
    "LadderStep",
    "MARKETPLACE",
    "MAX_PRICE_CHANGES",
    "MAX_QUANTITY",
    "MERCHANT",
    "Missing",
    "NO_CHARGES",
    "NO_TAX",
    "Need",
    "Objective",
    "OverrideLimit",
    "PassedOver",
    "Per",
    "PercentOff",
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
    "PromotionUsage",
    "QuantityBreaks",
    "Quote",
    "QuoteLine",
    "QuoteSource",
    "REMEMBERED_USES",
    "RateBreak",
    "Reach",
    "RecentGoods",
    "Refund",
    "RefundLine",
    "RefundWith",
    "ReleaseUse",
    "Rung",
    "Selector",
    "SetPart",
    "SetPrice",
    "ShippingTax",
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
    "UNEXPLAINED",
    "USAGE_INVARIANTS",
    "UnitEffect",
    "UnitOff",
    "UnitPick",
    "UsageCommand",
    "UsageDecider",
    "UsageEvent",
    "UseClaimed",
    "UseReleased",
    "amount_off",
    "buy_get",
    "by_delivery",
    "cart_facts",
    "check_sums",
    "claims",
    "compare",
    "delivery_answers",
    "deposit_expansion",
    "explain",
    "explain_price",
    "fee_answers",
    "fixed_price",
    "for_price",
    "inspect_lists",
    "inspect_rows",
    "kept_line",
    "kept_value",
    "line_floor",
    "nth_unit",
    "percent_off",
    "quote",
    "recorded_line",
    "recorded_quote",
    "refund",
    "spend_and_save",
    "spend_every",
    "split_off",
    "tax_request",
    "try_cart_lines",
    "try_quote",
    "unit_off",
    "with_taxes",
]

"""Short forms: one call for each common promotion, in major units and plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypedDict, Unpack

from ordercore.kernel import Money, Span, Zone, expect
from ordercore.pricing.amount import MERCHANT
from ordercore.pricing.discount_choices import UnitPick
from ordercore.pricing.facts import CART_FACTS
from ordercore.pricing.promotions.amounts import AmountOff, FixedPrice, UnitOff
from ordercore.pricing.promotions.coupon import CouponBatch
from ordercore.pricing.promotions.deals import BuyGet, SetPart, SetPrice
from ordercore.pricing.promotions.effects import PromotionEffect
from ordercore.pricing.promotions.gifts import GiftItem, GiftRung, Gifts
from ordercore.pricing.promotions.ladders import LadderStep, SpendAndSave, SpendEvery
from ordercore.pricing.promotions.percents import PercentOff
from ordercore.pricing.promotions.points import EarnPoints, PayPoints
from ordercore.pricing.promotions.promotion import Counts, FundingShare, Promotion
from ordercore.pricing.promotions.selection import EVERYTHING, Selector
from ordercore.pricing.promotions.stacking import Reach
from ordercore.pricing.promotions.stages import Stage
from ordercore.rules import Rule, parse

__all__ = [
    "amount_off",
    "buy_get",
    "deposit_expansion",
    "earn_points",
    "fixed_price",
    "flash_price",
    "for_price",
    "gift",
    "nth_unit",
    "pay_points",
    "percent_off",
    "spend_and_save",
    "spend_every",
    "unit_off",
]

_ALWAYS: Final = Span()
_LAST: Final = -1_000


class _Terms(TypedDict, total=False):
    """What the short forms take beside their own arguments; see :class:`Promotion`."""

    on: Selector
    when: Rule | str | None
    span: Span
    stage: Stage
    priority: int
    funder: str
    kind: str
    coupon: str | None
    channels: Iterable[str]
    title: str
    usage_limit: int | None
    funders: Iterable[FundingShare]
    consumes: bool | None
    group: str
    exclusive: Reach | None
    stops: Reach | None
    most_off: Money | None
    uses_per_customer: int | None
    budget: Iterable[Money] | Money
    budget_per_customer: Iterable[Money] | Money
    min_margin: Fraction | Decimal | int | str | None
    batch: CouponBatch | None
    zone: Zone | None
    counts: Counts


def _promotion(
    promotion_id: str, effect: PromotionEffect, stage: Stage, terms: _Terms
) -> Promotion:
    when = terms.get("when")
    return Promotion(
        promotion_id,
        effect=effect,
        on=terms.get("on", EVERYTHING),
        when=parse(when, vocabulary=CART_FACTS) if isinstance(when, str) else when,
        span=terms.get("span", _ALWAYS),
        stage=terms.get("stage", stage),
        priority=terms.get("priority", 0),
        funder=terms.get("funder", MERCHANT),
        kind=terms.get("kind", "discount"),
        coupon=terms.get("coupon"),
        channels=terms.get("channels", ()),
        title=terms.get("title", ""),
        usage_limit=terms.get("usage_limit"),
        funders=terms.get("funders", ()),
        consumes=terms.get("consumes"),
        group=terms.get("group", ""),
        exclusive=terms.get("exclusive"),
        stops=terms.get("stops"),
        most_off=terms.get("most_off"),
        uses_per_customer=terms.get("uses_per_customer"),
        budget=terms.get("budget", ()),
        budget_per_customer=terms.get("budget_per_customer", ()),
        min_margin=terms.get("min_margin"),
        batch=terms.get("batch"),
        zone=terms.get("zone"),
        counts=terms.get("counts", Counts.ORDERS),
    )


def percent_off(
    promotion_id: str, percent: Fraction | Decimal | int | str, **terms: Unpack[_Terms]
) -> Promotion:
    """A percentage off, line by line unless ``stage`` says otherwise.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Raises:
        InvalidValue: as :class:`PercentOff`.
        InvalidBatch: as :class:`Promotion`.
        InvalidDefinition: a condition that cannot be read.

    Example:
        >>> percent_off("sale", "12.5", on=Selector(categories=["drinks"])).stage.value
        'item'
    """
    return _promotion(promotion_id, PercentOff(percent), Stage.ITEM, terms)


def spend_and_save(
    promotion_id: str,
    ladder: Mapping[str, str],
    currency: str,
    **terms: Unpack[_Terms],
) -> Promotion:
    """A spend ladder from thresholds to amounts off, in major units.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Raises:
        InvalidValue: an amount that is none.
        InvalidBatch: as :class:`SpendAndSave` and :class:`Promotion`.
        InvalidDefinition: a condition that cannot be read.

    Example:
        >>> singles_day = spend_and_save("11.11", {"300.00": "40.00", "500.00": "80.00"}, "CNY")
        >>> singles_day.stage.value, singles_day.currency
        ('order', Currency('CNY'))
    """
    steps = [
        LadderStep(Money.of(threshold, currency), Money.of(off, currency))
        for threshold, off in expect(ladder, Mapping, "ladder").items()  # type: ignore[type-abstract]
    ]
    steps.sort(key=lambda step: step.threshold)
    return _promotion(promotion_id, SpendAndSave(steps), Stage.ORDER, terms)


def unit_off(
    promotion_id: str, amount: str | Decimal | int, currency: str, **terms: Unpack[_Terms]
) -> Promotion:
    """An amount off each unit of the selected lines, in major units.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Raises:
        InvalidValue: an amount that is none, or not above zero.
        InvalidBatch: as :class:`Promotion`.
        InvalidDefinition: a condition that cannot be read.

    Example:
        >>> week = Span("2017-03-06T00:00Z", "2017-03-13T00:00Z")
        >>> loyalty = unit_off(
        ...     "loyalty-31-w10",
        ...     "0.30",
        ...     "USD",
        ...     on=Selector(skus=["1082185"]),
        ...     channels=["store-31"],
        ...     span=week,
        ...     kind="loyalty",
        ... )
        >>> str(loyalty.effect.off), loyalty.kind
        ('USD 0.30', 'loyalty')
    """
    return _promotion(promotion_id, UnitOff(Money.of(amount, currency)), Stage.ITEM, terms)


def amount_off(
    promotion_id: str, amount: str | Decimal | int, currency: str, **terms: Unpack[_Terms]
) -> Promotion:
    """An amount off all selected lines together, in major units.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Example:
        >>> amount_off("welcome", "5.00", "EUR", when="cart.total >= EUR(30)").stage.value
        'order'
    """
    return _promotion(promotion_id, AmountOff(Money.of(amount, currency)), Stage.ORDER, terms)


def fixed_price(
    promotion_id: str, price: str | Decimal | int, currency: str, **terms: Unpack[_Terms]
) -> Promotion:
    """A price for each unit of the selected lines, in major units: a flash or a member's price.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Example:
        >>> str(fixed_price("flash", "9.90", "EUR", on=Selector(skus=["TEA"])).effect.price)
        'EUR 9.90'
    """
    return _promotion(promotion_id, FixedPrice(Money.of(price, currency)), Stage.ITEM, terms)


def flash_price(
    promotion_id: str,
    price: str | Decimal | int,
    currency: str,
    *,
    quota: int | None = None,
    per_customer: int | None = None,
    **terms: Unpack[_Terms],
) -> Promotion:
    """A price for so many units in all, and for each customer, in major units.

    Units beyond that cost what they cost; of several lines the dearest units come first. Takes the
    terms of :class:`Promotion` by keyword; ``when`` also as text.

    Example:
        >>> tea = Selector(skus=["TEA"])
        >>> flash = flash_price("flash", "9.90", "EUR", quota=100, per_customer=2, on=tea)
        >>> flash.usage_limit, flash.uses_per_customer, flash.counts.value
        (100, 2, 'sets')
    """
    on = terms.get("on", EVERYTHING)
    effect = BuyGet(
        buy=0, reward=FixedPrice(Money.of(price, currency)), get_on=on, pick=UnitPick.DEAREST
    )
    terms.setdefault("usage_limit", quota)
    terms.setdefault("uses_per_customer", per_customer)
    terms.setdefault("counts", Counts.SETS)
    terms.setdefault("kind", "flash")
    return _promotion(promotion_id, effect, Stage.ITEM, terms)


def spend_every(
    promotion_id: str,
    every: str | Decimal | int,
    off: str | Decimal | int,
    currency: str,
    *,
    most: int | None = None,
    **terms: Unpack[_Terms],
) -> Promotion:
    """An amount off for every so much spent, in major units.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Example:
        >>> spend_every("each", "300.00", "40.00", "CNY").effect.times(95_000)
        3
    """
    effect = SpendEvery(Money.of(every, currency), Money.of(off, currency), most)
    return _promotion(promotion_id, effect, Stage.ORDER, terms)


def buy_get(
    promotion_id: str,
    buy: int,
    get: int = 1,
    *,
    percent: Fraction | Decimal | int | str = 100,
    get_on: Selector | None = None,
    pick: UnitPick | None = None,
    most: int | None = None,
    **terms: Unpack[_Terms],
) -> Promotion:
    """Buy some units and get others free, or at a percentage off.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Example:
        >>> buy_get("three-for-two", 2).effect.get
        1
    """
    effect = BuyGet(
        buy=buy, get=get, reward=PercentOff(percent), get_on=get_on, pick=pick, most=most
    )
    return _promotion(promotion_id, effect, Stage.ITEM, terms)


def nth_unit(
    promotion_id: str,
    nth: int,
    percent: Fraction | Decimal | int | str,
    **terms: Unpack[_Terms],
) -> Promotion:
    """A percentage off every nth unit, the dearest counted first: the second at half price.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Example:
        >>> nth_unit("second-half", 2, 50).effect.buy
        1
    """
    effect = BuyGet(
        buy=expect(nth, int, "nth") - 1,
        reward=PercentOff(percent),
        pick=UnitPick.CHEAPEST_OF_EACH,
    )
    return _promotion(promotion_id, effect, Stage.ITEM, terms)


def for_price(
    promotion_id: str,
    count: int,
    price: str | Decimal | int,
    currency: str,
    *,
    most: int | None = None,
    **terms: Unpack[_Terms],
) -> Promotion:
    """So many units for a price, in major units, again and again.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Example:
        >>> for_price("three-for-ten", 3, "10.00", "EUR").effect.units
        3
    """
    effect = SetPrice([SetPart(count)], Money.of(price, currency), most=most)
    return _promotion(promotion_id, effect, Stage.ITEM, terms)


def gift(
    promotion_id: str,
    threshold: Money | int,
    items: Iterable[GiftItem | str],
    *,
    choose: int | None = None,
    every: bool = False,
    auto: bool = True,
    valued: bool = True,
    **terms: Unpack[_Terms],
) -> Promotion:
    """Gifts from a threshold on, of money or of units: all of some items, or a choice of them.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Example:
        >>> gift("mug", Money.of("50.00", "EUR"), ["MUG"]).stage.value
        'order'
    """
    rung = GiftRung(threshold, items, choose)
    effect = Gifts([rung], every=every, auto=auto, valued=valued)
    terms.setdefault("kind", "gift")
    return _promotion(promotion_id, effect, Stage.ORDER, terms)


def earn_points(
    promotion_id: str,
    points: int,
    *,
    per: Money | int | None = None,
    factor: Fraction | Decimal | int | str = 1,
    most: int | None = None,
    **terms: Unpack[_Terms],
) -> Promotion:
    """Points for every so much that is paid for the selected lines, after all other promotions.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text. Its priority is the
    last of the payment stage unless it says otherwise.

    Example:
        >>> earn_points("club", 1, per=Money.of("1.00", "EUR")).effect.earned(9_99)
        9
    """
    effect = EarnPoints(points, per=per, factor=factor, most=most)
    terms.setdefault("kind", "points")
    terms.setdefault("priority", _LAST)
    return _promotion(promotion_id, effect, Stage.PAYMENT, terms)


def pay_points(
    promotion_id: str,
    points: int,
    off: str | Decimal | int,
    currency: str,
    *,
    least: int = 1,
    step: int = 1,
    most_percent: Fraction | Decimal | int | str | None = None,
    **terms: Unpack[_Terms],
) -> Promotion:
    """An amount off, in major units, for so many points that the buyer pays.

    Takes the terms of :class:`Promotion` by keyword; ``when`` also as text.

    Example:
        >>> pay_points("points", 100, "1.00", "EUR", most_percent=50).stage.value
        'payment'
    """
    effect = PayPoints(
        points, Money.of(off, currency), least=least, step=step, most_percent=most_percent
    )
    terms.setdefault("kind", "points")
    return _promotion(promotion_id, effect, Stage.PAYMENT, terms)


def deposit_expansion(
    promotion_id: str,
    deposit: str | Decimal | int,
    counts_as: str | Decimal | int,
    currency: str,
    **terms: Unpack[_Terms],
) -> Promotion:
    """A deposit for each unit that counts for more than was paid (定金膨胀), in major units.

    The price falls by the difference; the deposit itself is a payment of the order. Whether it was
    paid is a condition (``when``, ``coupon``). Takes the terms of :class:`Promotion` by keyword.

    Raises:
        InvalidValue: ``unit_off.amount`` unless the deposit counts for more than it is.

    Example:
        >>> str(deposit_expansion("11.11", "50.00", "100.00", "CNY", coupon="D1").effect.off)
        'CNY 50.00'
    """
    more = Money.of(counts_as, currency) - Money.of(deposit, currency)
    terms.setdefault("kind", "deposit_expansion")
    return _promotion(promotion_id, UnitOff(more), Stage.ITEM, terms)

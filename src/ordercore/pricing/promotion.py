"""Promotions as data: what they take off, of what, when, for whom, and who pays for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from json import dumps
from typing import Final, TypeAlias, TypedDict, Unpack, assert_never, cast

import attrs

from ordercore.kernel import (
    ChannelId,
    Choice,
    CouponCode,
    Currency,
    FaultList,
    FrozenMap,
    InvalidValue,
    Money,
    PromotionId,
    Sku,
    Span,
    as_map,
    as_tuple,
    checked,
    expect,
    frozen_set,
    items_as,
    problems,
    to_text,
)
from ordercore.pricing.amount import MERCHANT
from ordercore.pricing.cart import CartLine
from ordercore.pricing.facts import CART_FACTS
from ordercore.pricing.tax import exact_fraction
from ordercore.rules import Rule, parse

__all__ = [
    "EVERYTHING",
    "LadderStep",
    "PercentOff",
    "Promotion",
    "PromotionEffect",
    "Selector",
    "SpendAndSave",
    "Stage",
    "UnitOff",
    "percent_off",
    "spend_and_save",
    "unit_off",
]

_ALWAYS: Final = Span()


class Stage(Choice):
    """When a promotion has its turn; the stages follow each other in this order."""

    ITEM = "item"
    """Line by line: each line's discount is its own and rounded there."""
    GROUP = "group"
    """As ``ITEM``, after it."""
    ORDER = "order"
    """Over all selected lines at once: rounded once, shared out over what is left of them."""
    SHIPPING = "shipping"
    """Over the shipping charges."""
    PAYMENT = "payment"
    """As ``ORDER``, last: coupons that someone else pays, paying with points."""


def _skus(given: Iterable[str]) -> frozenset[Sku]:
    return frozen_set(items_as(given, Sku, "skus"))


def _categories(given: Iterable[str | Iterable[str]]) -> frozenset[tuple[str, ...]]:
    paths = as_tuple(given)
    if type(paths) is tuple:
        paths = tuple([(path,) if isinstance(path, str) else as_tuple(path) for path in paths])
    return frozen_set(cast("tuple[tuple[str, ...], ...]", paths))


def _attributes(given: Mapping[str, str]) -> FrozenMap[str, str]:
    return as_map(given)


@attrs.frozen(kw_only=True)
@checked
class Selector:
    """Which lines: by SKU, by category (the named one and all below it), by attributes.

    Of what is given, each part must match: one of the SKUs, one of the categories, and every
    attribute. Nothing given selects everything.

    Example:
        >>> tea = CartLine("1", sku="TEA", quantity=1, category=("drinks", "tea"))
        >>> Selector(categories=["drinks"]).matches(tea), Selector(skus=["CUP"]).matches(tea)
        (True, False)
    """

    skus: frozenset[Sku] = attrs.field(default=frozenset(), converter=_skus)
    categories: frozenset[tuple[str, ...]] = attrs.field(default=frozenset(), converter=_categories)
    attributes: FrozenMap[str, str] = attrs.field(factory=FrozenMap, converter=_attributes)

    def matches(self, line: CartLine) -> bool:
        """Whether the line is selected."""
        if self.skus and line.sku not in self.skus:
            return False
        if self.categories and not any(
            line.category[:depth] in self.categories for depth in range(1, len(line.category) + 1)
        ):
            return False
        return not self.attributes or all(
            line.attributes.get(name) == value for name, value in self.attributes.items()
        )


EVERYTHING = Selector()
"""Selects every line."""


def _percent(value: Fraction | Decimal | int | str) -> Fraction:
    return exact_fraction(value, "percent")


@attrs.frozen
@checked
class PercentOff:
    """So many percent off each selected line, or off all of them together in a later stage.

    Raises:
        InvalidValue: ``percent.not_exact``; ``percent.out_of_range`` outside 0 < percent ≤ 100.

    Example:
        >>> PercentOff("12.5").percent
        Fraction(25, 2)
    """

    percent: Fraction = attrs.field(converter=_percent)

    def __attrs_post_init__(self) -> None:
        if not 0 < self.percent <= 100:
            raise InvalidValue(
                "percent.out_of_range", "percent", self.percent, "above 0, at most 100"
            )


@attrs.frozen
@checked
class LadderStep:
    """From ``threshold`` on, ``off`` is taken off.

    Example:
        >>> str(LadderStep(Money(30000, "CNY"), Money(4000, "CNY")).off)
        'CNY 40.00'
    """

    threshold: Money
    off: Money


def _steps(given: Iterable[LadderStep]) -> tuple[LadderStep, ...]:
    return as_tuple(given)


@attrs.frozen
@checked
class SpendAndSave:
    """A spend ladder: the highest step reached by the selected lines gives its amount, once.

    A single step with a threshold of zero is a plain amount off.

    Raises:
        InvalidBatch: ``ladder.empty``, ``ladder.step``, ``ladder.off`` (not above zero),
            ``ladder.threshold`` (negative), ``ladder.not_rising`` (thresholds and amounts off
            must rise from step to step), ``money.currency_mismatch``.

    Example:
        >>> ladder = SpendAndSave([LadderStep(Money(30000, "CNY"), Money(4000, "CNY"))])
        >>> ladder.currency
        Currency('CNY')
    """

    steps: tuple[LadderStep, ...] = attrs.field(converter=_steps)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.steps:
            faults.add("ladder.empty", "steps", self.steps, "at least one step")
        before: LadderStep | None = None
        for position, step in enumerate(self.steps):
            path = f"steps[{position}]"
            if not isinstance(step, LadderStep):
                faults.add("ladder.step", path, step, "a LadderStep")
                continue
            first = step if before is None else before
            if {step.off.currency, step.threshold.currency} != {first.off.currency}:
                faults.add("money.currency_mismatch", path, step.off, "one currency")
                continue
            if step.off.minor <= 0:
                faults.add("ladder.off", f"{path}.off", step.off, "an amount above zero")
            if step.threshold.minor < 0:
                faults.add("ladder.threshold", f"{path}.threshold", step.threshold, "≥ 0")
            if before is not None and (
                step.threshold.minor <= before.threshold.minor or step.off.minor <= before.off.minor
            ):
                faults.add("ladder.not_rising", path, step.threshold, "more than the step before")
            before = step
        faults.raise_if_any("spend ladder")

    @property
    def currency(self) -> Currency:
        """The currency of its amounts."""
        return self.steps[0].off.currency


@attrs.frozen
@checked
class UnitOff:
    """An amount off each unit of the selected lines: a member's price, a week's offer.

    Raises:
        InvalidValue: ``unit_off.amount`` unless it is Money above zero.

    Example:
        >>> str(UnitOff(Money(30, "USD")).off)
        'USD 0.30'
    """

    off: Money

    def __attrs_post_init__(self) -> None:
        if type(self.off) is not Money or self.off.minor <= 0:
            raise InvalidValue("unit_off.amount", "off", self.off, "an amount above zero")


PromotionEffect: TypeAlias = PercentOff | SpendAndSave | UnitOff
"""What a promotion does; a closed union."""


def _channels(given: Iterable[str]) -> frozenset[ChannelId]:
    return frozen_set(items_as(given, ChannelId, "channels"))


@attrs.frozen
@checked
class Promotion:
    """One promotion: an effect on selected lines, under conditions, in its turn.

    Every promotion whose conditions hold applies, in the order of stage, then priority (higher
    first), then id, each to what the earlier ones have left; no line goes below zero.

    Args:
        promotion_id: Its id.
        effect: What it takes off.
        on: Which lines it takes it off, and which count towards a ladder.
        when: A rule over :data:`~ordercore.pricing.CART_FACTS`; None always holds.
        span: When it is valid.
        stage: When it has its turn.
        priority: Its place within the stage; higher goes first.
        funder: Who pays for it.
        kind: The heading under which its discounts are reported.
        coupon: The code that the buyer has to present.
        channels: Where it is valid; empty means everywhere.
        title: What people call it.
        usage_limit: How many orders may use it in all, None for any number. A quote does not
            count: the use is claimed when the order is placed
            (:class:`~ordercore.pricing.ClaimUse`), and given back when the order ends before
            anything of it left.

    Raises:
        InvalidBatch: ``promotion.effect``, ``promotion.on``, ``promotion.when`` (not a rule over
            the cart's facts), ``promotion.span``, ``promotion.stage`` (an amount per unit cannot
            be taken off shipping), ``promotion.priority``, ``promotion.funder``,
            ``promotion.kind``, ``promotion.usage_limit`` (below 1).

    Example:
        >>> sale = Promotion("sale", effect=PercentOff(10), stage="item")
        >>> sale.funder, sale.stage.value
        ('merchant', 'item')
    """

    promotion_id: PromotionId = attrs.field(converter=PromotionId)
    effect: PromotionEffect = attrs.field(kw_only=True)
    on: Selector = attrs.field(default=EVERYTHING, kw_only=True)
    when: Rule | None = attrs.field(default=None, kw_only=True)
    span: Span = attrs.field(default=_ALWAYS, kw_only=True)
    stage: Stage = attrs.field(default=Stage.ITEM, converter=Stage, kw_only=True)
    priority: int = attrs.field(default=0, kw_only=True)
    funder: str = attrs.field(default=MERCHANT, kw_only=True)
    kind: str = attrs.field(default="discount", kw_only=True)
    coupon: CouponCode | None = attrs.field(
        default=None, converter=attrs.converters.optional(CouponCode), kw_only=True
    )
    channels: frozenset[ChannelId] = attrs.field(
        default=frozenset(), converter=_channels, kw_only=True
    )
    title: str = attrs.field(default="", kw_only=True)
    usage_limit: int | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not isinstance(self.effect, PercentOff | SpendAndSave | UnitOff):
            faults.add("promotion.effect", "effect", self.effect, "a promotion's effect")
        elif isinstance(self.effect, UnitOff) and self.stage is Stage.SHIPPING:
            faults.add("promotion.stage", "stage", self.stage, "a stage that has units")
        if type(self.on) is not Selector:
            faults.add("promotion.on", "on", self.on, "a Selector")
        self._check_condition(faults)
        if type(self.span) is not Span:
            faults.add("promotion.span", "span", self.span, "a Span")
        if type(self.priority) is not int:
            faults.add("promotion.priority", "priority", self.priority, "an integer")
        limit = self.usage_limit
        if limit is not None and (type(limit) is not int or limit < 1):
            faults.add("promotion.usage_limit", "usage_limit", limit, "an integer ≥ 1, or None")
        for name in ("funder", "kind"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text:
                faults.add(f"promotion.{name}", name, text, "a slug")
        faults.raise_if_any(f"promotion {self.promotion_id}")

    def _check_condition(self, faults: FaultList) -> None:
        rule = self.when
        if rule is not None and (type(rule) is not Rule or rule.vocabulary != CART_FACTS):
            faults.add("promotion.when", "when", rule, "a rule over CART_FACTS")

    @property
    def currency(self) -> Currency | None:
        """The currency that it speaks; None for percentages, which fit every one."""
        match self.effect:
            case SpendAndSave() as ladder:
                return ladder.currency
            case UnitOff(off=off):
                return off.currency
            case PercentOff():
                return None
            case never:
                assert_never(never)

    @property
    def rank(self) -> tuple[int, int, str]:
        """Its place in the order of application."""
        return (_TURN[self.stage], -self.priority, self.promotion_id)

    @property
    def text(self) -> str:
        """The promotion in one line of JSON; what a book's digest is made of.

        It holds every field, as :func:`~ordercore.kernel.encode` does, in a fifth of the time: a
        book may hold a promotion for each item, store and week.
        """
        return dumps(
            [
                self.promotion_id,
                _effect_text(self.effect),
                sorted(self.on.skus),
                sorted(self.on.categories),
                list(self.on.attributes.items()),
                None if self.when is None else self.when.to_text(),
                None if self.span.start is None else to_text(self.span.start),
                None if self.span.end is None else to_text(self.span.end),
                self.stage,
                self.priority,
                self.funder,
                self.kind,
                self.coupon,
                sorted(self.channels),
                self.title,
                self.usage_limit,
            ]
        )


def _effect_text(effect: PromotionEffect) -> str:
    match effect:
        case PercentOff(percent=percent):
            return f"percent {percent}"
        case SpendAndSave(steps=steps):
            rungs = (f"{step.threshold.minor}:{step.off.minor}" for step in steps)
            return f"ladder {effect.currency} {' '.join(rungs)}"
        case UnitOff(off=off):
            return f"unit {off.currency} {off.minor}"
        case never:
            assert_never(never)


_TURN: Final = {stage: turn for turn, stage in enumerate(Stage)}


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

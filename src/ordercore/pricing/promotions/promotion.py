"""A promotion: an effect on selected lines, under conditions, in its turn."""

from __future__ import annotations

from collections.abc import Iterable
from json import dumps
from typing import Final

import attrs

from ordercore.kernel import (
    ChannelId,
    CouponCode,
    Currency,
    FaultList,
    PromotionId,
    Span,
    checked,
    frozen_set,
    items_as,
    problems,
    to_text,
)
from ordercore.pricing.amount import MERCHANT
from ordercore.pricing.facts import CART_FACTS
from ordercore.pricing.promotions.amounts import UnitOff
from ordercore.pricing.promotions.effects import EFFECTS, PromotionEffect, currency_of, told
from ordercore.pricing.promotions.selection import EVERYTHING, Selector
from ordercore.pricing.promotions.stages import Stage
from ordercore.rules import Rule

__all__ = ["Promotion"]

_ALWAYS: Final = Span()
_TURN: Final = {stage: turn for turn, stage in enumerate(Stage)}


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
            (:class:`~ordercore.pricing.ClaimUse`).

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
    _rank: tuple[int, int, str] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.effect) not in EFFECTS:
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
        rank = (_TURN[self.stage], -self.priority, self.promotion_id)
        object.__setattr__(self, "_rank", rank)

    def _check_condition(self, faults: FaultList) -> None:
        rule = self.when
        if rule is not None and (type(rule) is not Rule or rule.vocabulary != CART_FACTS):
            faults.add("promotion.when", "when", rule, "a rule over CART_FACTS")

    @property
    def currency(self) -> Currency | None:
        """The currency that it speaks; None for percentages, which fit every one."""
        return currency_of(self.effect)

    @property
    def rank(self) -> tuple[int, int, str]:
        """Its place in the order of application."""
        return self._rank

    @property
    def text(self) -> str:
        """The promotion in one line of JSON; what a book's digest is made of.

        It holds every field, as :func:`~ordercore.kernel.encode` does, in a fifth of the time: a
        book may hold a promotion for each item, store and week.
        """
        return dumps(
            [
                self.promotion_id,
                told(self.effect),
                told(self.on),
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

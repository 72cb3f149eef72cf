"""A promotion: an effect on selected lines, under conditions, in its turn."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from json import dumps
from typing import Final

import attrs

from ordercore.kernel import (
    ChannelId,
    Choice,
    CouponCode,
    Currency,
    FaultList,
    Money,
    PromotionId,
    Span,
    Zone,
    as_tuple,
    checked,
    frozen_set,
    items_as,
    problems,
    sorted_tuple,
    to_text,
)
from ordercore.pricing.amount import MERCHANT
from ordercore.pricing.exact import exact_fraction
from ordercore.pricing.facts import CART_FACTS
from ordercore.pricing.promotions.coupon import CouponBatch
from ordercore.pricing.promotions.effects import (
    DEALS,
    EFFECTS,
    GIVES,
    PromotionEffect,
    currency_of,
    has_units,
    told,
)
from ordercore.pricing.promotions.gifts import Gifts
from ordercore.pricing.promotions.points import PayPoints
from ordercore.pricing.promotions.selection import EVERYTHING, Selector
from ordercore.pricing.promotions.stacking import Reach
from ordercore.pricing.promotions.stages import TURN, Stage
from ordercore.rules import Rule

__all__ = ["Counts", "FundingShare", "Promotion"]

_ALWAYS: Final = Span()


def _channels(given: Iterable[str]) -> frozenset[ChannelId]:
    return frozen_set(items_as(given, ChannelId, "channels"))


class Counts(Choice):
    """What one use of a promotion is, where its uses are limited."""

    ORDERS = "orders"
    """An order that it applies to."""
    SETS = "sets"
    """A set of its deal: units of a flash price, or of three for two each three. A deal makes no
    more sets than there are uses left."""


@attrs.frozen
@checked
class FundingShare:
    """One of several who pay for a promotion, and its weight among them.

    Raises:
        InvalidBatch: ``promotion.funder`` for an empty name, ``promotion.weight`` below 1.

    Example:
        >>> FundingShare("platform", 70).weight
        70
    """

    funder: str
    weight: int

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.funder:
            faults.add("promotion.funder", "funder", self.funder, "a slug")
        if type(self.weight) is not int or self.weight < 1:
            faults.add("promotion.weight", "weight", self.weight, "an integer ≥ 1")
        faults.raise_if_any("funding share")


def _funders(given: Iterable[FundingShare]) -> tuple[FundingShare, ...]:
    return as_tuple(given)


def _amounts(given: Iterable[Money] | Money) -> tuple[Money, ...]:
    """Amounts in the order of their currencies; one may stand for itself."""
    plain = (given,) if type(given) is Money else given
    return sorted_tuple(plain, Money, lambda amount: amount.currency)


def _margin(value: Fraction | Decimal | int | str | None) -> Fraction | None:
    return None if value is None else exact_fraction(value, "margin")


@attrs.frozen
@checked
class Promotion:
    """One promotion: an effect on selected lines, under conditions, in its turn.

    Every promotion whose conditions hold applies, in the order of stage, then priority (higher
    first), then id, each to what the earlier ones have left; no line goes below zero.

    Args:
        promotion_id: Its id.
        effect: What it takes off.
        on: Which lines it takes it off, and which count towards a ladder. Where it selects none,
            the promotion does not apply.
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
        funders: Several who pay for it together; then ``funder`` says nothing. Each line's
            discount is shared out among them by weight, to the minor unit, and each share is an
            adjustment of its own: what a platform bears of it, and what it owes as compensation.
        consumes: Whether the units that it takes from are used up: no other promotion that
            consumes looks at them again. None: as its effect does, which deals over units do and
            other effects do not.
        group: The :class:`StackingGroup` whose rule it stands under; empty for none.
        exclusive: It applies only where no other promotion has applied within this reach, and none
            applies after it.
        stops: Where it applies, no later promotion within this reach does.
        most_off: The most that it takes off an order; what is more is cut, line by line in
            proportion.
        uses_per_customer: How many orders of one customer may use it. It gives nothing to a cart
            that names no customer.
        budget: What it may give away in all, an amount for each currency that it is for.
        budget_per_customer: What it may give one customer in all.
        min_margin: The share of a line's amount that it leaves above the cost, from 0 to below 1;
            what is more is cut. Lines whose cost no price list tells are not bound by it.
        batch: The batch of codes of which the buyer has to present one, instead of ``coupon``.
        zone: Whose clocks the condition's ``time.*`` shows; None: UTC. A quote ends when they show
            something else that the condition of a promotion that applied asks for.
        counts: What ``usage_limit`` and ``uses_per_customer`` count: orders, or sets of a deal.

    Raises:
        InvalidBatch: ``promotion.effect``, ``promotion.on``, ``promotion.when`` (not a rule over
            the cart's facts), ``promotion.span``, ``promotion.stage`` (what needs units cannot be
            taken off shipping), ``promotion.priority``, ``promotion.funder``,
            ``promotion.kind``, ``promotion.usage_limit`` (below 1), ``promotion.funders``
            (one funder twice), ``promotion.consumes`` (a deal over units always does; shipping has
            none, gifts and points take none), ``promotion.reach`` (a group is named as reach, and
            it is in none),
            ``promotion.most_off`` (not above zero), ``promotion.uses_per_customer`` (below 1),
            ``promotion.budget`` (not above zero, or a currency twice),
            ``promotion.min_margin``, ``promotion.batch`` (beside a ``coupon``),
            ``promotion.counts`` (sets of what is no deal),
            ``promotion.gives`` (a limit of amounts, of gifts or points),
            ``money.currency_mismatch`` (``most_off`` or a budget beside the effect).
        InvalidValue: ``margin.not_exact``.

    Example:
        >>> from ordercore.pricing import PercentOff
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
    funders: tuple[FundingShare, ...] = attrs.field(default=(), converter=_funders, kw_only=True)
    consumes: bool | None = attrs.field(default=None, kw_only=True)
    group: str = attrs.field(default="", kw_only=True)
    exclusive: Reach | None = attrs.field(
        default=None, converter=attrs.converters.optional(Reach), kw_only=True
    )
    stops: Reach | None = attrs.field(
        default=None, converter=attrs.converters.optional(Reach), kw_only=True
    )
    most_off: Money | None = attrs.field(default=None, kw_only=True)
    uses_per_customer: int | None = attrs.field(default=None, kw_only=True)
    budget: tuple[Money, ...] = attrs.field(default=(), converter=_amounts, kw_only=True)
    budget_per_customer: tuple[Money, ...] = attrs.field(
        default=(), converter=_amounts, kw_only=True
    )
    min_margin: Fraction | None = attrs.field(default=None, converter=_margin, kw_only=True)
    batch: CouponBatch | None = attrs.field(default=None, kw_only=True)
    zone: Zone | None = attrs.field(default=None, kw_only=True)
    counts: Counts = attrs.field(default=Counts.ORDERS, converter=Counts, kw_only=True)
    _uses_up: bool = attrs.field(init=False, eq=False, repr=False)
    _currency: Currency | None = attrs.field(init=False, eq=False, repr=False)
    _rank: tuple[int, int, str] = attrs.field(init=False, eq=False, repr=False)
    _counted: bool = attrs.field(init=False, eq=False, repr=False)
    _cut: bool = attrs.field(init=False, eq=False, repr=False)
    _clock_facts: tuple[str, ...] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.effect) not in EFFECTS:
            faults.add("promotion.effect", "effect", self.effect, "a promotion's effect")
        elif self.stage is Stage.SHIPPING and has_units(self.effect):
            faults.add("promotion.stage", "stage", self.stage, "a stage that has units")
        if type(self.on) is not Selector:
            faults.add("promotion.on", "on", self.on, "a Selector")
        self._check_condition(faults)
        if type(self.span) is not Span:
            faults.add("promotion.span", "span", self.span, "a Span")
        if type(self.priority) is not int:
            faults.add("promotion.priority", "priority", self.priority, "an integer")
        for name in ("usage_limit", "uses_per_customer"):
            limit = getattr(self, name)
            if limit is not None and (type(limit) is not int or limit < 1):
                faults.add(f"promotion.{name}", name, limit, "an integer ≥ 1, or None")
        for name in ("funder", "kind"):
            text = getattr(self, name)
            if not isinstance(text, str) or not text:
                faults.add(f"promotion.{name}", name, text, "a slug")
        if self.batch is not None and self.coupon is not None:
            faults.add("promotion.batch", "batch", self.batch, "either a batch or a coupon")
        self._check_units(faults)
        self._check_amounts(faults)
        names = [share.funder for share in self.funders if type(share) is FundingShare]
        if len(set(names)) < len(names):
            faults.add("promotion.funders", "funders", self.funders, "each funder once")
        faults.raise_if_any(f"promotion {self.promotion_id}")
        uses_up = type(self.effect) in DEALS if self.consumes is None else self.consumes
        object.__setattr__(self, "_uses_up", uses_up)
        currency = currency_of(self.effect) if self.most_off is None else self.most_off.currency
        object.__setattr__(self, "_currency", currency)
        rank = (TURN[self.stage], -self.priority, self.promotion_id)
        object.__setattr__(self, "_rank", rank)
        budgets = bool(self.budget or self.budget_per_customer)
        uses = self.usage_limit is not None or self.uses_per_customer is not None
        effect = self.effect
        quotas = isinstance(effect, Gifts) and any(item.quota for item in effect.items)
        points = isinstance(effect, PayPoints)
        counted = budgets or uses or quotas or points or self.batch is not None
        object.__setattr__(self, "_counted", counted)
        cut = budgets or self.most_off is not None or self.min_margin is not None
        object.__setattr__(self, "_cut", cut)
        fields = () if self.when is None else self.when.fields
        clocked = tuple([field for field in fields if field.startswith("time.")])
        object.__setattr__(self, "_clock_facts", clocked)

    def _check_condition(self, faults: FaultList) -> None:
        rule = self.when
        if rule is not None and (type(rule) is not Rule or rule.vocabulary != CART_FACTS):
            faults.add("promotion.when", "when", rule, "a rule over CART_FACTS")

    def _check_units(self, faults: FaultList) -> None:
        if self.consumes and self.stage is Stage.SHIPPING:
            faults.add("promotion.consumes", "consumes", True, "a stage that has units")
        elif self.consumes and type(self.effect) in GIVES:
            faults.add("promotion.consumes", "consumes", True, "None: it takes no units")
        elif self.consumes is False and type(self.effect) in DEALS:
            faults.add("promotion.consumes", "consumes", False, "True or None for a deal")
        if self.counts is Counts.SETS and type(self.effect) not in DEALS:
            faults.add("promotion.counts", "counts", self.counts, "orders: it makes no sets")
        for name, reach in (("exclusive", self.exclusive), ("stops", self.stops)):
            if reach is Reach.GROUP and not self.group:
                faults.add(
                    "promotion.reach", name, reach, "a group that it is in, or another reach"
                )

    def _check_amounts(self, faults: FaultList) -> None:
        spoken = currency_of(self.effect) if type(self.effect) in EFFECTS else None
        most = self.most_off
        if type(most) is Money:
            if most.minor <= 0:
                faults.add("promotion.most_off", "most_off", most, "an amount above zero")
            if spoken not in {None, most.currency}:
                faults.add("money.currency_mismatch", "most_off", most, "the effect's currency")
            spoken = most.currency if spoken is None else spoken
        for name, budget in (
            ("budget", self.budget),
            ("budget_per_customer", self.budget_per_customer),
        ):
            seen: set[str] = set()
            for position, amount in enumerate(budget):
                if type(amount) is not Money:
                    continue
                path = f"{name}[{position}]"
                if amount.minor <= 0 or amount.currency in seen:
                    expected = "an amount above zero, one of each currency"
                    faults.add("promotion.budget", path, amount, expected)
                seen.add(amount.currency)
                if spoken not in {None, amount.currency}:
                    faults.add("money.currency_mismatch", path, amount, "the effect's currency")
        if type(self.effect) in GIVES:
            for name in ("most_off", "budget", "budget_per_customer", "min_margin"):
                if getattr(self, name):
                    value = getattr(self, name)
                    faults.add("promotion.gives", name, value, "nothing: it takes nothing off")
        margin = self.min_margin
        if margin is not None and not 0 <= margin < 1:
            faults.add("promotion.min_margin", "min_margin", margin, "from 0 to below 1")

    @property
    def uses_up(self) -> bool:
        """Whether it uses up the units that it takes from, and sees only what is not used up."""
        return self._uses_up

    @property
    def currency(self) -> Currency | None:
        """The currency that it speaks; None for percentages without an upper limit."""
        return self._currency

    @property
    def counted(self) -> bool:
        """Whether what was used of it before bounds it."""
        return self._counted

    @property
    def cuts(self) -> bool:
        """Whether it has limits of its own that may cut what its effect offers."""
        return self._cut

    @property
    def clock_facts(self) -> tuple[str, ...]:
        """What its condition asks of the clocks."""
        return self._clock_facts

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
                told(self.funders),
                self.consumes,
                self.group,
                self.exclusive,
                self.stops,
                told(self.most_off),
                self.uses_per_customer,
                told(self.budget),
                told(self.budget_per_customer),
                told(self.min_margin),
                told(self.batch),
                None if self.zone is None else self.zone.name,
                self.counts,
            ]
        )

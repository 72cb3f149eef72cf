"""The quote: an exact, immutable answer to "what does this cost", kept by the order for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import attrs

from ordercore.kernel import (
    ChannelId,
    Choice,
    CouponCode,
    Currency,
    CustomerId,
    FrozenMap,
    Instant,
    LineId,
    Money,
    NotFound,
    PromotionId,
    Sku,
    as_map,
    as_tuple,
    checked,
    digest,
    instant,
    instant_at,
    items_as,
    problems,
    sorted_unique,
)
from ordercore.network import Destination
from ordercore.pricing.amount import PricedAmount, check_parts
from ordercore.pricing.cart import DEFAULT_DELIVERY, Cart, CartLine, Delivery
from ordercore.pricing.charges.charge import Charge
from ordercore.pricing.prices.price_answer import PriceAnswer
from ordercore.pricing.taxes.tax_status import NOTHING_STATED, TaxStatus
from ordercore.pricing.taxes.tax_summary import TaxTotal, tax_totals

if TYPE_CHECKING:
    from ordercore.pricing.explanation import Explanation
    from ordercore.pricing.policy import PricingPolicy
    from ordercore.pricing.prices.price_book import PriceBook

__all__ = ["Charge", "Combination", "PricePoint", "Quote", "QuoteLine", "QuoteSource"]


@attrs.frozen(kw_only=True)
@checked
class PricePoint:
    """So many units at one price each.

    Example:
        >>> str(PricePoint(quantity=2, price=Money(333, "EUR")).price)
        'EUR 3.33'
    """

    quantity: int
    price: Money


def _at(value: Instant | str) -> Instant:
    return instant_at(value, "at")


def _valid_until(value: Instant | str | None) -> Instant | None:
    return None if value is None else instant_at(value, "valid_until")


def _category(given: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(given)


def _attributes(given: Mapping[str, str]) -> FrozenMap[str, str]:
    return as_map(given)


@attrs.frozen
@checked
class QuoteLine(PricedAmount):
    """A line of a quote: a run of equal units with their list amount, adjustments and taxes.

    ``list_amount`` is of the whole run. ``price`` says which list and row it came from; None where
    a channel reported the amount. The other facts are the cart line's, kept so that nothing has
    to be looked up again.

    Raises:
        InvalidBatch: ``quantity.not_positive``, ``quote.list_amount``, ``quote.adjustment``,
            ``quote.tax``, ``money.currency_mismatch``.

    Example:
        >>> line = QuoteLine("1", sku="TEA", quantity=3, list_amount=Money(1000, "EUR"))
        >>> [(point.quantity, str(point.price)) for point in line.price_points]
        [(2, 'EUR 3.33'), (1, 'EUR 3.34')]
    """

    line_id: LineId = attrs.field(converter=LineId)
    sku: Sku = attrs.field(converter=Sku, kw_only=True)
    quantity: int = attrs.field(kw_only=True)
    price: PriceAnswer | None = attrs.field(default=None, kw_only=True)
    delivery_group: str = attrs.field(default=DEFAULT_DELIVERY, kw_only=True)
    tax_category: str = attrs.field(default="standard", kw_only=True)
    category: tuple[str, ...] = attrs.field(default=(), converter=_category, kw_only=True)
    attributes: FrozenMap[str, str] = attrs.field(
        factory=FrozenMap, converter=_attributes, kw_only=True
    )
    weight_g: int = attrs.field(default=0, kw_only=True)
    volume_cm3: int = attrs.field(default=0, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if type(self.quantity) is not int or self.quantity < 1:
            faults.add("quantity.not_positive", "quantity", self.quantity, "an integer ≥ 1")
        check_parts(self, faults)
        faults.raise_if_any("quote line")

    @property
    def price_points(self) -> tuple[PricePoint, ...]:
        """What the buyer pays per unit: at most two prices, one minor unit apart.

        They sum to ``gross``; nothing is ever computed from a rounded price per unit.
        """
        low, more = divmod(self.gross.minor, self.quantity)
        points = [(self.quantity - more, low), (more, low + 1)]
        return tuple(
            PricePoint(quantity=count, price=self._money(minor)) for count, minor in points if count
        )


class QuoteSource(Choice):
    """Where a quote's amounts come from."""

    COMPUTED = "computed"
    """From a price book, by :func:`~ordercore.pricing.quote`."""
    RECORDED = "recorded"
    """From what a channel reports, by :func:`~ordercore.pricing.recorded_quote`."""


def _lines(given: Iterable[QuoteLine]) -> tuple[QuoteLine, ...]:
    return as_tuple(given)


def _charges(given: Iterable[Charge]) -> tuple[Charge, ...]:
    return as_tuple(given)


def _deliveries(given: Iterable[Delivery]) -> tuple[Delivery, ...]:
    return as_tuple(given)


def _coupons(given: Iterable[str]) -> tuple[CouponCode, ...]:
    return items_as(given, CouponCode, "coupons")


def _groups(given: Iterable[str]) -> tuple[str, ...]:
    return sorted_unique(given)


def _promotion_ids(given: Iterable[str]) -> tuple[PromotionId, ...]:
    return items_as(given, PromotionId, "promotions")


@attrs.frozen(kw_only=True)
@checked
class Combination:
    """What a search for the best combination of a group's promotions chose, and how good it is.

    ``value`` is what the choice takes off (for the buyer), or what the merchant bears, negated;
    no choice has more than ``bound``. A search that ended at the group's ``most_nodes`` may leave a
    gap; one that went through leaves none.

    Example:
        >>> found = Combination(
        ...     group="deals",
        ...     promotions=["a"],
        ...     value=Money(500, "EUR"),
        ...     bound=Money(500, "EUR"),
        ...     nodes=3,
        ... )
        >>> found.optimal, str(found.gap)
        (True, 'EUR 0.00')
    """

    group: str
    promotions: tuple[PromotionId, ...] = attrs.field(converter=_promotion_ids)
    value: Money
    bound: Money
    nodes: int

    @property
    def gap(self) -> Money:
        """How far off the best it may be."""
        return self.bound - self.value

    @property
    def optimal(self) -> bool:
        """Whether it is proven to be the best."""
        return not self.gap


def _combinations(given: Iterable[Combination]) -> tuple[Combination, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class Quote:
    """What a cart costs, of which parts, and on what grounds.

    Every figure is the exact sum of its parts; :func:`~ordercore.pricing.check_sums` proves it.
    The quote keeps what applied. What did not apply, and why, is derived by :meth:`explain`.
    Amounts are never computed again after an order is placed: refunds share out what stands here.

    ``rounding`` is what rounding to payable coins adds to the total. ``tax_included`` says how
    list amounts read. The digests name the inputs of a computed quote; they are empty on a
    recorded one. ``combinations`` says how good each searched choice of promotions is. A quote may
    have charges and no lines, as some channels' documents do. Where and how its delivery groups go,
    how the buyer wants to pay and what the buyer states about taxes are the cart's.

    Raises:
        InvalidBatch: ``quote.empty``, ``quote.line``, ``quote.duplicate_line``, ``quote.charge``,
            ``quote.duplicate_charge``, ``quote.charge_line`` for a charge that follows a line
            which is not there, ``money.currency_mismatch``.

    Example:
        >>> quote = Quote(
        ...     currency="EUR",
        ...     at="2026-01-01T00:00Z",
        ...     lines=[QuoteLine("1", sku="TEA", quantity=2, list_amount=Money(1000, "EUR"))],
        ...     charges=[Charge("shipping", list_amount=Money(490, "EUR"))],
        ... )
        >>> str(quote.total), str(quote.subtotal), str(quote.shipping)
        ('EUR 14.90', 'EUR 10.00', 'EUR 4.90')
    """

    currency: Currency = attrs.field(converter=Currency)
    at: Instant = attrs.field(converter=_at)
    lines: tuple[QuoteLine, ...] = attrs.field(converter=_lines)
    charges: tuple[Charge, ...] = attrs.field(default=(), converter=_charges)
    rounding: Money = attrs.field()
    tax_included: bool = False
    source: QuoteSource = attrs.field(default=QuoteSource.COMPUTED, converter=QuoteSource)
    valid_until: Instant | None = attrs.field(default=None, converter=_valid_until)
    channel: ChannelId | None = attrs.field(
        default=None, converter=attrs.converters.optional(ChannelId)
    )
    customer: CustomerId | None = attrs.field(
        default=None, converter=attrs.converters.optional(CustomerId)
    )
    coupons: tuple[CouponCode, ...] = attrs.field(default=(), converter=_coupons)
    ship_to: Destination | None = None
    book_digest: str = ""
    tax_digest: str = ""
    policy_digest: str = ""
    charge_digest: str = ""
    payment_method: str = ""
    deliveries: tuple[Delivery, ...] = attrs.field(default=(), converter=_deliveries)
    tax_status: TaxStatus = NOTHING_STATED
    market: str = ""
    customer_groups: tuple[str, ...] = attrs.field(default=(), converter=_groups)
    combinations: tuple[Combination, ...] = attrs.field(default=(), converter=_combinations)

    @rounding.default
    def _no_rounding(self) -> Money:
        return Money.zero(self.currency)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.lines and not self.charges:
            faults.add("quote.empty", "lines", self.lines, "at least one line or charge")
        if self.rounding.currency != self.currency:
            expected = f"currency {self.currency}"
            faults.add("money.currency_mismatch", "rounding", self.rounding, expected)
        kinds: tuple[tuple[str, tuple[QuoteLine | Charge, ...], type[QuoteLine | Charge]], ...] = (
            ("line", self.lines, QuoteLine),
            ("charge", self.charges, Charge),
        )
        for name, parts, kind in kinds:
            seen: set[str] = set()
            for position, part in enumerate(parts):
                path = f"{name}s[{position}]"
                if not isinstance(part, kind):
                    faults.add(f"quote.{name}", path, part, f"a {kind.__name__}")
                    continue
                key: str = part.line_id if isinstance(part, QuoteLine) else part.charge_id
                if key in seen:
                    faults.add(f"quote.duplicate_{name}", path, key, "an id of its own")
                seen.add(key)
                if part.list_amount.currency != self.currency:
                    expected = f"currency {self.currency}"
                    faults.add("money.currency_mismatch", path, part.list_amount, expected)
        known = {line.line_id for line in self.lines if isinstance(line, QuoteLine)}
        for position, charge in enumerate(self.charges):
            if isinstance(charge, Charge) and charge.line_ids:
                for number, line_id in enumerate(charge.line_ids):
                    if line_id not in known:
                        path = f"charges[{position}].line_ids[{number}]"
                        faults.add("quote.charge_line", path, line_id, "a line of the quote")
        faults.raise_if_any("quote")

    def _parts(self) -> tuple[PricedAmount, ...]:
        return (*self.lines, *self.charges)

    def _money(self, minor: int) -> Money:
        return Money(minor, self.currency)

    @property
    def total(self) -> Money:
        """What the buyer pays for everything."""
        return self._money(sum(p.gross_minor for p in self._parts()) + self.rounding.minor)

    @property
    def subtotal(self) -> Money:
        """The items at their list amounts, before discounts, charges, and taxes on top."""
        return self._money(sum(line.list_amount.minor for line in self.lines))

    @property
    def discount(self) -> Money:
        """All adjustments of lines and charges, as a positive amount when they lower the total."""
        return self._money(sum(part.discount.minor for part in self._parts()))

    @property
    def tax(self) -> Money:
        """All taxes, included and on top, whoever collects them."""
        return self._money(sum(part.tax.minor for part in self._parts()))

    @property
    def net(self) -> Money:
        """Lines and charges without tax, and without coin rounding."""
        return self._money(sum(part.net.minor for part in self._parts()))

    @property
    def shipping(self) -> Money:
        """What the buyer pays for charges of kind ``shipping``."""
        return self._money(sum(c.gross.minor for c in self.charges if c.kind == "shipping"))

    def funded(self, by: str | None = None) -> Money:
        """What others than the seller pay of it; of one funder when ``by`` names one."""
        return self._money(sum(part.funded(by).minor for part in self._parts()))

    @property
    def revenue(self) -> Money:
        """What the seller gets from all sides, tax included: ``total + funded()``."""
        return self._money(self.total.minor + self.funded().minor)

    @property
    def unexplained(self) -> Money:
        """What a recorded quote's total holds beyond all that the channel said."""
        return self._money(sum(part.unexplained.minor for part in self._parts()))

    def tax_collected_by(self, collector: str) -> Money:
        """The taxes that one collector takes."""
        return self._money(
            sum(
                share.amount.minor
                for part in self._parts()
                for share in part.taxes
                if share.collector == collector
            )
        )

    @property
    def tax_totals(self) -> tuple[TaxTotal, ...]:
        """The taxes as an invoice shows them: by rate, jurisdiction, collector and reason.

        They sum to ``tax``. O(parts × taxes).
        """
        return tax_totals(self._parts(), self.currency)

    @property
    def quantities(self) -> FrozenMap[LineId, int]:
        """Units by line: everything, as :func:`~ordercore.pricing.kept_value` takes it."""
        return FrozenMap({line.line_id: line.quantity for line in self.lines})

    @property
    def promotions(self) -> tuple[PromotionId, ...]:
        """The promotions that gave something, each once, in the order of their ids."""
        return tuple(
            sorted(
                {
                    adjustment.promotion
                    for part in self._parts()
                    for adjustment in part.adjustments
                    if adjustment.promotion is not None
                }
            )
        )

    def line(self, line_id: str) -> QuoteLine:
        """The line of that id. O(lines).

        Raises:
            NotFound: the quote has no such line.
        """
        for line in self.lines:
            if line.line_id == line_id:
                return line
        raise NotFound("quote line", line_id)

    def destination(self, group: str) -> Destination | None:
        """Where a delivery group goes; ``ship_to`` where nothing else is said. O(deliveries)."""
        for delivery in self.deliveries:
            if delivery.group == group and delivery.ship_to is not None:
                return delivery.ship_to
        return self.ship_to

    @property
    def destinations(self) -> FrozenMap[str, Destination | None]:
        """Where each delivery group that has lines goes."""
        groups = {line.delivery_group for line in self.lines}
        return FrozenMap({group: self.destination(group) for group in groups})

    def is_valid_at(self, at: Instant) -> bool:
        """Whether no price, promotion or rate behind it has ended by then.

        Nor has a price begun that may have taken the place of one behind it.
        """
        moment = instant(at)
        return moment >= self.at and (self.valid_until is None or moment < self.valid_until)

    @property
    def digest(self) -> str:
        """Digest of the whole quote; an altered quote has another. O(size), computed anew."""
        return digest(self)

    def cart(self) -> Cart:
        """The cart that this quote answers.

        Raises:
            InvalidBatch: ``cart.empty`` for a quote without lines.
        """
        # A part of a quote keeps what was wished for all of it.
        groups = {line.delivery_group for line in self.lines}
        return Cart(
            lines=[
                CartLine(
                    line.line_id,
                    sku=line.sku,
                    quantity=line.quantity,
                    delivery_group=line.delivery_group,
                    tax_category=line.tax_category,
                    category=line.category,
                    attributes=line.attributes,
                    weight_g=line.weight_g,
                    volume_cm3=line.volume_cm3,
                )
                for line in self.lines
            ],
            channel=self.channel,
            ship_to=self.ship_to,
            currency=self.currency,
            coupons=self.coupons,
            customer=self.customer,
            payment_method=self.payment_method,
            deliveries=[d for d in self.deliveries if d.group in groups],
            tax_status=self.tax_status,
            market=self.market,
            customer_groups=self.customer_groups,
        )

    def explain(
        self, promotion: str, book: PriceBook, *, policy: PricingPolicy | None = None
    ) -> Explanation:
        """Why a promotion of the book applied or not, and how far off its next step is.

        Args:
            promotion: The promotion's id.
            book: The very book that the quote was made from.
            policy: The policy it was made with, when that was not the default.

        Raises:
            InvalidValue: ``quote.other_book`` or ``quote.other_policy`` when the digests differ.
        """
        from ordercore.pricing.explanation import explain

        return explain(self, promotion, book, policy=policy)

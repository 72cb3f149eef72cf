"""The canonical import value: an order as a channel tells it, before anything is decided.

A draft holds what was said, also where it does not add up; :func:`~ordercore.channels.reconcile`
says where. It becomes a cart (what is wanted), a recorded quote (what was paid) and a destination
(where it goes); the person stays apart in a record that can be erased.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import attrs

from ordercore.channels.reported import (
    ReportedCoupon,
    ReportedFulfilment,
    ReportedPayment,
    ReportedRefund,
    ReportedTotals,
)
from ordercore.kernel import (
    ChannelId,
    Currency,
    CustomerId,
    FaultList,
    FrozenMap,
    Instant,
    InvalidValue,
    LineId,
    Money,
    Sku,
    answering,
    apportion,
    as_instant,
    as_map,
    as_tuple,
    checked,
    problems,
    sorted_unique,
)
from ordercore.network import Destination, GeoPoint, PersonRecord, Region
from ordercore.pricing import (
    MAX_QUANTITY,
    Adjustment,
    Cart,
    CartLine,
    Charge,
    PricedAmount,
    Quote,
    QuoteLine,
    TaxShare,
    recorded_line,
)
from ordercore.pricing import recorded_quote as quote_of

__all__ = ["UNLISTED", "DraftCharge", "DraftLine", "OrderDraft", "idempotency_key"]

UNLISTED = "unlisted"
"""Kind of the charge that a line becomes which has a price, but no SKU or no units."""


def _attributes(given: Mapping[str, str]) -> FrozenMap[str, str]:
    return as_map(given)


@answering
def idempotency_key(channel: str, shop: str, external_id: str, version: str) -> str:
    """The key under which one version of one order is imported once.

    The parts are escaped, so different parts never make one key.

    Example:
        >>> idempotency_key("shopify", "eu", "5500000000017", "2024-09-27T16:30:00Z")
        'shopify/eu/5500000000017/2024-09-27T16:30:00Z'
        >>> idempotency_key("a/b", "", "1", "") == idempotency_key("a", "b", "1", "")
        False
    """
    parts = (channel, shop, external_id, version)
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


def _require_parts(part: PricedAmount) -> None:
    if type(part.list_amount) is not Money:
        raise InvalidValue("draft.list_amount", "list_amount", part.list_amount, "Money")
    for position, adjustment in enumerate(part.adjustments):
        if not isinstance(adjustment, Adjustment):
            path = f"adjustments[{position}]"
            raise InvalidValue("draft.adjustment", path, adjustment, "an Adjustment")
    for position, share in enumerate(part.taxes):
        if not isinstance(share, TaxShare):
            raise InvalidValue("draft.tax", f"taxes[{position}]", share, "a TaxShare")


@attrs.frozen
@checked
class DraftLine(PricedAmount):
    """One line as reported: units of an item, and what they cost.

    ``list_amount`` is of the whole line, before adjustments. ``unit_price`` is as the channel
    wrote it, in major units, possibly finer than the currency. ``sku`` is None for what the
    merchant typed in by hand. ``quantity`` may be 0: channels keep removed lines. ``removed``
    counts units that were taken out or given back since. ``attributes`` may be personal (an
    engraving), so they never reach a cart or quote.

    Raises:
        InvalidValue: ``quantity.negative``, ``quantity.absurd`` (above 10⁹), ``draft.removed``,
            ``draft.list_amount``, ``draft.adjustment``, ``draft.tax``, ``identifier.invalid``.

    Example:
        >>> line = DraftLine("1", sku="TEA", quantity=3, list_amount=Money(1500, "EUR"), removed=1)
        >>> str(line.gross), line.removed
        ('EUR 15.00', 1)
    """

    line_id: LineId = attrs.field(converter=LineId)
    sku: Sku | None = attrs.field(converter=attrs.converters.optional(Sku), kw_only=True)
    quantity: int = attrs.field(kw_only=True)
    unit_price: Decimal | None = attrs.field(default=None, kw_only=True)
    title: str = attrs.field(default="", kw_only=True)
    removed: int = attrs.field(default=0, kw_only=True)
    tax_category: str = attrs.field(default="standard", kw_only=True)
    attributes: FrozenMap[str, str] = attrs.field(
        factory=FrozenMap, converter=_attributes, repr=False, kw_only=True
    )

    def __attrs_post_init__(self) -> None:
        if type(self.quantity) is not int or self.quantity < 0:
            raise InvalidValue("quantity.negative", "quantity", self.quantity, "an integer ≥ 0")
        if self.quantity > MAX_QUANTITY:
            most = f"at most {MAX_QUANTITY}"
            raise InvalidValue("quantity.absurd", "quantity", self.quantity, most)
        if type(self.removed) is not int or not 0 <= self.removed <= self.quantity:
            expected = f"an integer from 0 to {self.quantity}"
            raise InvalidValue("draft.removed", "removed", self.removed, expected)
        _require_parts(self)

    @property
    def is_goods(self) -> bool:
        """Whether it is units of an item; otherwise it can only be recorded as a charge."""
        return self.sku is not None and self.quantity > 0


@attrs.frozen
@checked
class DraftCharge(PricedAmount):
    """Shipping, a fee, or a row that is not goods; ``kind`` says which.

    Raises:
        InvalidValue: ``draft.charge_id``, ``draft.kind``, ``draft.list_amount``,
            ``draft.adjustment``, ``draft.tax``.

    Example:
        >>> DraftCharge("4400", kind="shipping", list_amount=Money(590, "EUR")).kind
        'shipping'
    """

    charge_id: str
    kind: str = attrs.field(default="shipping", kw_only=True)
    code: str = attrs.field(default="", kw_only=True)
    title: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        for name in ("charge_id", "kind"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise InvalidValue(f"draft.{name}", name, getattr(self, name), "a name")
        _require_parts(self)


def _lines(given: Iterable[DraftLine]) -> tuple[DraftLine, ...]:
    return as_tuple(given)


def _charges(given: Iterable[DraftCharge]) -> tuple[DraftCharge, ...]:
    return as_tuple(given)


def _adjustments(given: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    return as_tuple(given)


def _coupons(given: Iterable[ReportedCoupon]) -> tuple[ReportedCoupon, ...]:
    return as_tuple(given)


def _payments(given: Iterable[ReportedPayment]) -> tuple[ReportedPayment, ...]:
    return as_tuple(given)


def _refunds(given: Iterable[ReportedRefund]) -> tuple[ReportedRefund, ...]:
    return as_tuple(given)


def _fulfilments(given: Iterable[ReportedFulfilment]) -> tuple[ReportedFulfilment, ...]:
    return as_tuple(given)


def _tags(given: Iterable[str]) -> tuple[str, ...]:
    return sorted_unique(given)


@attrs.frozen(kw_only=True)
@checked
class OrderDraft:
    """An order as a channel reports it.

    ``external_id`` is the channel's id as text, ``version`` what tells two states of the order
    apart (empty where the channel has none). ``adjustments`` are discounts of the whole order
    that the channel does not give to lines. ``statuses`` keep the channel's words by axis
    (``financial``, ``fulfilment`` …). ``person`` is the erasable record, None when unknown;
    neither it nor ``note`` or ``attributes`` ever reach a cart, a quote or a destination.

    Raises:
        InvalidBatch: ``draft.external_id``, ``draft.empty`` (no line and no charge),
            ``draft.line``, ``draft.charge``, ``draft.duplicate_line``,
            ``draft.duplicate_charge``, ``money.currency_mismatch``.

    Example:
        >>> draft = OrderDraft(
        ...     channel="bazaar",
        ...     external_id="7001",
        ...     placed_at="2026-11-11T08:00+08:00",
        ...     currency="EUR",
        ...     lines=[DraftLine("1", sku="TEA", quantity=2, list_amount=Money(1000, "EUR"))],
        ...     totals=ReportedTotals(grand=Money(990, "EUR")),
        ... )
        >>> quote = draft.recorded_quote()
        >>> str(quote.total), str(quote.unexplained), draft.to_cart().units
        ('EUR 9.90', 'EUR -0.10', 2)
        >>> draft.idempotency_key
        'bazaar//7001/'
    """

    channel: ChannelId = attrs.field(converter=ChannelId)
    shop: str = ""
    external_id: str
    display_number: str = ""
    version: str = ""
    placed_at: Instant = attrs.field(converter=as_instant)
    currency: Currency = attrs.field(converter=Currency)
    presentment_currency: Currency | None = attrs.field(
        default=None, converter=attrs.converters.optional(Currency)
    )
    tax_included: bool = False
    lines: tuple[DraftLine, ...] = attrs.field(default=(), converter=_lines)
    charges: tuple[DraftCharge, ...] = attrs.field(default=(), converter=_charges)
    adjustments: tuple[Adjustment, ...] = attrs.field(default=(), converter=_adjustments)
    totals: ReportedTotals = attrs.field(factory=ReportedTotals)
    coupons: tuple[ReportedCoupon, ...] = attrs.field(default=(), converter=_coupons)
    payments: tuple[ReportedPayment, ...] = attrs.field(default=(), converter=_payments)
    refunds: tuple[ReportedRefund, ...] = attrs.field(default=(), converter=_refunds)
    fulfilments: tuple[ReportedFulfilment, ...] = attrs.field(default=(), converter=_fulfilments)
    statuses: FrozenMap[str, str] = attrs.field(factory=FrozenMap, converter=_attributes)
    customer: CustomerId | None = attrs.field(
        default=None, converter=attrs.converters.optional(CustomerId)
    )
    region: Region | None = None
    person: PersonRecord | None = None
    note: str = attrs.field(default="", repr=False)
    tags: tuple[str, ...] = attrs.field(default=(), converter=_tags)
    attributes: FrozenMap[str, str] = attrs.field(
        factory=FrozenMap, converter=_attributes, repr=False
    )

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not isinstance(self.external_id, str) or not self.external_id:
            faults.add("draft.external_id", "external_id", self.external_id, "the channel's id")
        if not self.lines and not self.charges:
            faults.add("draft.empty", "lines", self.lines, "at least one line or charge")
        for name, parts, kind in (
            ("line", self.lines, DraftLine),
            ("charge", self.charges, DraftCharge),
        ):
            for position, part in enumerate(parts):
                if not isinstance(part, kind):
                    faults.add(f"draft.{name}", f"{name}s[{position}]", part, kind.__name__)
        faults.raise_if_any("order draft")
        _require_distinct([line.line_id for line in self.lines], "line", faults)
        _require_distinct([charge.charge_id for charge in self.charges], "charge", faults)
        currency = self.currency
        for path, money in self._monies():
            if money.currency != currency:
                faults.add("money.currency_mismatch", path, money, f"currency {currency}")
        faults.raise_if_any("order draft")

    def _monies(self) -> Iterable[tuple[str, Money]]:
        for name, parts in (("lines", self.lines), ("charges", self.charges)):
            for position, part in enumerate(parts):
                path = f"{name}[{position}]"
                yield f"{path}.list_amount", part.list_amount
                for adjustment in part.adjustments:
                    yield f"{path}.adjustments", adjustment.amount
                for share in part.taxes:
                    yield f"{path}.taxes", share.amount
        for adjustment in self.adjustments:
            yield "adjustments", adjustment.amount
        for field in attrs.fields(ReportedTotals):
            told = getattr(self.totals, field.name)
            if told is not None:
                yield f"totals.{field.name}", told

    @property
    def idempotency_key(self) -> str:
        """Channel, shop, id and version in one: import each key once."""
        return idempotency_key(self.channel, self.shop, self.external_id, self.version)

    @property
    def explained_total(self) -> Money:
        """What the parts add up to: lines, charges and adjustments of the whole order."""
        parts: tuple[PricedAmount, ...] = (*self.lines, *self.charges)
        minor = sum(part.gross.minor for part in parts)
        return Money(minor + sum(a.amount.minor for a in self.adjustments), self.currency)

    @property
    def total(self) -> Money:
        """What the buyer was asked for: as the channel states it, else the sum of the parts."""
        return self.explained_total if self.totals.grand is None else self.totals.grand

    @property
    def units(self) -> int:
        """Units of all lines, removed ones too."""
        return sum(line.quantity for line in self.lines)

    def to_cart(self, *, ship_to: Destination | None = None) -> Cart:
        """What was wanted: the lines that are goods, with nothing personal.

        Raises:
            InvalidBatch: ``cart.empty`` when no line is goods, and as :class:`Cart`.
        """
        return Cart(
            lines=[
                CartLine(
                    line.line_id,
                    sku=line.sku,
                    quantity=line.quantity,
                    tax_category=line.tax_category,
                )
                for line in self.lines
                if line.sku is not None and line.quantity
            ],
            channel=self.channel,
            ship_to=ship_to,
            currency=self.currency,
            coupons=[coupon.code for coupon in self.coupons],
            customer=self.customer,
        )

    def recorded_quote(self, *, ship_to: Destination | None = None) -> Quote:
        """What was paid, as the channel tells it: sums exactly to :attr:`total`.

        Adjustments keep their funder, taxes their rate and collector. Discounts of the whole
        order are shared out over the goods by list amount. A line that has a price but no SKU or
        no units becomes a charge of kind ``unlisted``. What the parts do not explain stands in
        ``quote.unexplained``.
        """
        goods = [line for line in self.lines if line.is_goods]
        silent = [line for line in self.lines if not line.is_goods]
        others = [line for line in silent if _says_something(line)]
        if not goods and not others and not self.charges:
            # An order of nothing but removed lines is still an order, of no amount.
            others = silent
        charged: list[DraftCharge] = [
            *self.charges,
            *(
                DraftCharge(
                    f"line:{line.line_id}",
                    kind=UNLISTED,
                    list_amount=line.list_amount,
                    adjustments=line.adjustments,
                    taxes=line.taxes,
                )
                for line in others
            ),
        ]
        parts: Sequence[PricedAmount] = goods or charged
        shared = self._shares(parts)
        none: tuple[Adjustment, ...] = ()
        lines: list[QuoteLine] = []
        for position, line in enumerate(goods):
            assert line.sku is not None
            lines.append(
                recorded_line(
                    line.line_id,
                    sku=line.sku,
                    quantity=line.quantity,
                    list_amount=line.list_amount,
                    adjustments=(*line.adjustments, *shared[position]),
                    taxes=line.taxes,
                    tax_category=line.tax_category,
                )
            )
        return quote_of(
            lines=lines,
            charges=[
                Charge(
                    charge.charge_id,
                    kind=charge.kind,
                    list_amount=charge.list_amount,
                    adjustments=(*charge.adjustments, *(none if goods else shared[position])),
                    taxes=charge.taxes,
                )
                for position, charge in enumerate(charged)
            ],
            total=self.total,
            at=self.placed_at,
            tax_included=self.tax_included,
            channel=self.channel,
            customer=self.customer,
            coupons=[coupon.code for coupon in self.coupons],
            ship_to=ship_to,
        )

    def _shares(self, parts: Sequence[PricedAmount]) -> list[tuple[Adjustment, ...]]:
        """The order's own adjustments, shared out over parts by list amount."""
        shares: list[list[Adjustment]] = [[] for _ in parts]
        weights = [max(part.list_amount.minor, 0) for part in parts]
        for adjustment in self.adjustments:
            for place, minor in zip(
                shares, apportion(adjustment.amount.minor, weights), strict=True
            ):
                if minor:
                    amount = Money(minor, self.currency)
                    place.append(attrs.evolve(adjustment, amount=amount, basis=None))
        return [tuple(place) for place in shares]

    def destination(
        self, *, secret: bytes | None = None, point: GeoPoint | None = None
    ) -> Destination | None:
        """Where it goes, with a keyed digest instead of the person; None when nobody said.

        Args:
            secret: 16 to 64 bytes that the host keeps; needed when there is a person.
            point: Where the host's geocoder places the address; coarsened.

        Raises:
            InvalidValue: ``digest.secret``.
        """
        if self.person is not None:
            return self.person.destination(secret or b"", point)
        if self.region is None:
            return None
        return Destination(self.region, point=None if point is None else point.coarse())


def _says_something(line: DraftLine) -> bool:
    return bool(line.list_amount or line.adjustments or line.taxes)


def _require_distinct(names: Sequence[str], kind: str, faults: FaultList) -> None:
    seen: set[str] = set()
    for position, name in enumerate(names):
        if name in seen:
            path = f"{kind}s[{position}].{kind}_id"
            faults.add(f"draft.duplicate_{kind}", path, name, "an id of its own")
        seen.add(name)

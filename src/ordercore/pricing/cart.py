"""What a buyer wants: items and quantities, with the facts that prices and taxes ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import attrs

from ordercore.kernel import (
    ChannelId,
    CouponCode,
    Currency,
    CustomerId,
    FrozenMap,
    LineId,
    Sku,
    as_map,
    as_tuple,
    checked,
    items_as,
    problems,
    sorted_tuple,
    sorted_unique,
)
from ordercore.network import Destination
from ordercore.pricing.taxes.tax_status import NOTHING_STATED, TaxStatus

__all__ = ["DEFAULT_DELIVERY", "MAX_QUANTITY", "Cart", "CartLine", "Delivery"]

DEFAULT_DELIVERY = "default"
"""The delivery group of what is not kept apart."""

MAX_QUANTITY = 10**9
"""The largest quantity of a line. More is a unit mix-up, not a wish."""


def _category(given: Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else as_tuple(given)


def _attributes(given: Mapping[str, str]) -> FrozenMap[str, str]:
    return as_map(given)


@attrs.frozen
@checked
class CartLine:
    """One wish: so many units of an item.

    ``category`` is the item's path from the root (``("drinks", "tea")``) and ``attributes`` its
    further facts (brand, season); promotions select by both. ``tax_category`` names a row of the
    tax table. ``delivery_group`` keeps apart what goes to different places or at different times
    (see :class:`Delivery`). ``weight_g`` and ``volume_cm3`` are of one unit; delivery options ask
    for them.

    Raises:
        InvalidBatch: ``quantity.not_positive``, ``quantity.absurd`` (above 10⁹),
            ``cart.delivery_group``, ``cart.tax_category``, ``cart.category``,
            ``cart.attributes``, ``cart.weight_g`` and ``cart.volume_cm3`` (0 to 10⁹).
        InvalidValue: ``identifier.invalid`` for the line id or the SKU.

    Example:
        >>> CartLine("1", sku="TEA-250G", quantity=2).sku
        Sku('TEA-250G')
    """

    line_id: LineId = attrs.field(converter=LineId)
    sku: Sku = attrs.field(converter=Sku, kw_only=True)
    quantity: int = attrs.field(kw_only=True)
    delivery_group: str = attrs.field(default=DEFAULT_DELIVERY, kw_only=True)
    tax_category: str = attrs.field(default="standard", kw_only=True)
    category: tuple[str, ...] = attrs.field(default=(), converter=_category, kw_only=True)
    attributes: FrozenMap[str, str] = attrs.field(
        factory=FrozenMap, converter=_attributes, kw_only=True
    )
    weight_g: int = attrs.field(default=0, kw_only=True)
    volume_cm3: int = attrs.field(default=0, kw_only=True)

    def __attrs_post_init__(self) -> None:
        quantity = self.quantity
        if (
            type(quantity) is int
            and 0 < quantity <= MAX_QUANTITY
            and self.delivery_group
            and self.tax_category
            and not self.category
            and not self.attributes
            and self.weight_g == self.volume_cm3 == 0
        ):
            return
        faults = problems()
        if type(quantity) is not int or quantity < 1:
            faults.add("quantity.not_positive", "quantity", quantity, "an integer ≥ 1")
        elif quantity > MAX_QUANTITY:
            faults.add("quantity.absurd", "quantity", quantity, f"at most {MAX_QUANTITY}")
        for name in ("delivery_group", "tax_category"):
            if not getattr(self, name):
                faults.add(f"cart.{name}", name, getattr(self, name), "a name")
        for position, step in enumerate(self.category):
            if not isinstance(step, str) or not step:
                faults.add("cart.category", f"category[{position}]", step, "a category's name")
        for key, value in self.attributes.items():
            if not isinstance(value, str):
                faults.add("cart.attributes", f"attributes[{key}]", value, "text")
        for name in ("weight_g", "volume_cm3"):
            if not 0 <= getattr(self, name) <= MAX_QUANTITY:
                faults.add(f"cart.{name}", name, getattr(self, name), f"from 0 to {MAX_QUANTITY}")
        faults.raise_if_any("cart line")


@attrs.frozen
@checked
class Delivery:
    """Where, how and when one delivery group is wished to arrive.

    ``ship_to`` None is the cart's. ``option`` is the id of the chosen delivery option; empty where
    none was chosen yet. ``wished_on`` is a day at the destination.

    Raises:
        InvalidBatch: ``delivery.group``, ``cart.ship_to``.

    Example:
        >>> Delivery("gift", option="express").option
        'express'
    """

    group: str = DEFAULT_DELIVERY
    ship_to: Destination | None = attrs.field(default=None, kw_only=True)
    option: str = attrs.field(default="", kw_only=True)
    wished_on: date | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.group:
            faults.add("delivery.group", "group", self.group, "a delivery group of the lines")
        if self.ship_to is not None and not isinstance(self.ship_to, Destination):
            faults.add("cart.ship_to", "ship_to", self.ship_to, "a Destination or None")
        faults.raise_if_any("delivery")


def _deliveries(given: Iterable[Delivery]) -> tuple[Delivery, ...]:
    return sorted_tuple(given, Delivery, lambda delivery: delivery.group)


def _lines(given: Iterable[CartLine]) -> tuple[CartLine, ...]:
    return as_tuple(given)


def _channel(given: str | None) -> ChannelId | None:
    return None if given is None or given == "" else ChannelId(given)


def _coupons(given: Iterable[str]) -> tuple[CouponCode, ...]:
    return sorted_unique(items_as(given, CouponCode, "coupons"))


def _groups(given: Iterable[str]) -> tuple[str, ...]:
    return sorted_unique(given)


@attrs.frozen(kw_only=True)
@checked
class Cart:
    """Lines, and where, by whom and with which coupons they are wished for.

    ``currency`` may stay open when the price book has only one. Coupons are a set: given twice
    they count once, and their order does not matter; so are the customer's groups. An empty
    channel or market means none; markets and groups go by the host's names.

    Every line belongs to a delivery group; ``deliveries`` says where and how a group goes that
    does not simply go to ``ship_to``. ``payment_method`` is the host's word for how the buyer
    wants to pay, ``tax_status`` what the buyer states about taxes.

    Raises:
        InvalidBatch: ``cart.empty``, ``cart.line`` (not a CartLine), ``cart.duplicate_line`` with
            the path of each later line of the same id, ``cart.ship_to``,
            ``cart.duplicate_delivery``, ``cart.delivery_without_lines``, ``cart.market``,
            ``cart.customer_group``.

    Example:
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)], channel="douyin")
        >>> cart.units, cart.channel
        (2, ChannelId('douyin'))
    """

    lines: tuple[CartLine, ...] = attrs.field(converter=_lines)
    channel: ChannelId | None = attrs.field(default=None, converter=_channel)
    ship_to: Destination | None = None
    currency: Currency | None = attrs.field(
        default=None, converter=attrs.converters.optional(Currency)
    )
    coupons: tuple[CouponCode, ...] = attrs.field(default=(), converter=_coupons)
    customer: CustomerId | None = attrs.field(
        default=None, converter=attrs.converters.optional(CustomerId)
    )
    payment_method: str = ""
    deliveries: tuple[Delivery, ...] = attrs.field(default=(), converter=_deliveries)
    tax_status: TaxStatus = NOTHING_STATED
    market: str = ""
    customer_groups: tuple[str, ...] = attrs.field(default=(), converter=_groups)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.lines:
            faults.add("cart.empty", "lines", self.lines, "at least one line")
        seen: set[LineId] = set()
        for position, line in enumerate(self.lines):
            if not isinstance(line, CartLine):
                faults.add("cart.line", f"lines[{position}]", line, "a CartLine")
            elif line.line_id in seen:
                path = f"lines[{position}].line_id"
                faults.add("cart.duplicate_line", path, line.line_id, "an id of its own")
            else:
                seen.add(line.line_id)
        if self.ship_to is not None and not isinstance(self.ship_to, Destination):
            faults.add("cart.ship_to", "ship_to", self.ship_to, "a Destination or None")
        if self.deliveries:
            lines = [line for line in self.lines if isinstance(line, CartLine)]
            groups = {line.delivery_group for line in lines}
            known: set[str] = set()
            for position, delivery in enumerate(self.deliveries):
                path = f"deliveries[{position}].group"
                if delivery.group in known:
                    faults.add("cart.duplicate_delivery", path, delivery.group, "one each")
                elif delivery.group not in groups:
                    expected = "the delivery group of a line"
                    faults.add("cart.delivery_without_lines", path, delivery.group, expected)
                known.add(delivery.group)
        if not isinstance(self.market, str):
            faults.add("cart.market", "market", self.market, "a name, or nothing")
        if type(self.customer_groups) is tuple:
            for position, group in enumerate(self.customer_groups):
                if not isinstance(group, str) or not group:
                    path = f"customer_groups[{position}]"
                    faults.add("cart.customer_group", path, group, "a name")
        faults.raise_if_any("cart")

    @property
    def units(self) -> int:
        """All units of all lines."""
        return sum(line.quantity for line in self.lines)

    @property
    def delivery_groups(self) -> tuple[str, ...]:
        """The delivery groups of the lines, each once, in their order."""
        return tuple(sorted({line.delivery_group for line in self.lines}))

    def delivery(self, group: str) -> Delivery:
        """Where, how and when a delivery group goes; to ``ship_to`` where nothing else is said.

        Example:
            >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=1)])
            >>> cart.delivery("default").ship_to is None
            True
        """
        for delivery in self.deliveries:
            if delivery.group == group:
                if delivery.ship_to is None and self.ship_to is not None:
                    return attrs.evolve(delivery, ship_to=self.ship_to)
                return delivery
        return Delivery(group, ship_to=self.ship_to)

    @property
    def country(self) -> str:
        """The country of destination; empty where none is known."""
        return "" if self.ship_to is None else self.ship_to.region.country

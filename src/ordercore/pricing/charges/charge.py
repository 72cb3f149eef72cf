"""Charges: what is paid for and is not an item."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import Choice, LineId, checked, items_as, problems, sorted_unique
from ordercore.pricing.amount import PricedAmount, check_parts
from ordercore.pricing.cart import DEFAULT_DELIVERY

__all__ = ["Charge", "Discountable", "RefundWith"]


class Discountable(Choice):
    """Which promotions reach a charge."""

    NEVER = "never"
    """None (marketplaces' own fees, deposits)."""
    SHIPPING = "shipping"
    """Those of the shipping stage."""
    ORDER = "order"
    """Those, and those of the order and payment stages that select everything."""


class RefundWith(Choice):
    """What a refundable charge goes back with."""

    CHARGES = "charges"
    """With the order's charges: an order gives them back with its last unit, or under
    ``ChargesRule.UNLESS_SHIPPED`` only if nothing was shipped."""
    UNITS = "units"
    """With the units of its lines, in equal shares; a quote that is computed names all lines of the
    delivery group where none is named. Without lines as ``CHARGES``."""
    EVERYTHING = "everything"
    """Only when nothing is kept, and the order's charges go back."""


def _line_ids(given: Iterable[str]) -> tuple[LineId, ...]:
    return sorted_unique(items_as(given, LineId, "line_ids"))


@attrs.frozen
@checked
class Charge(PricedAmount):
    """Something paid for that is not an item: shipping, a fee, a surcharge, a tip.

    A charge that is not ``refundable`` stays with the seller even when everything comes back; of
    others, ``refund_with`` says what they go back with. ``line_ids`` are the lines that a charge
    belongs to, as an eco fee or a gift wrap does; their units are its units. ``discountable`` says
    which promotions reach it; by default a charge of kind ``shipping`` is reached by the stage of
    that name, others by none.

    Raises:
        InvalidBatch: ``charge.id``, ``charge.kind``, and as
            :class:`~ordercore.pricing.QuoteLine`.

    Example:
        >>> from ordercore.kernel import Money
        >>> Charge("shipping", list_amount=Money(490, "EUR")).kind
        'shipping'
    """

    charge_id: str
    kind: str = attrs.field(default="shipping", kw_only=True)
    tax_category: str = attrs.field(default="standard", kw_only=True)
    delivery_group: str = attrs.field(default=DEFAULT_DELIVERY, kw_only=True)
    refundable: bool = attrs.field(default=True, kw_only=True)
    line_ids: tuple[LineId, ...] = attrs.field(default=(), converter=_line_ids, kw_only=True)
    refund_with: RefundWith = attrs.field(
        default=RefundWith.CHARGES, converter=RefundWith, kw_only=True
    )
    discountable: Discountable = attrs.field(converter=Discountable, kw_only=True)

    @discountable.default
    def _by_kind(self) -> Discountable:
        return Discountable.SHIPPING if self.kind == "shipping" else Discountable.NEVER

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not isinstance(self.charge_id, str) or not self.charge_id:
            faults.add("charge.id", "charge_id", self.charge_id, "a name")
        if not isinstance(self.kind, str) or not self.kind:
            faults.add("charge.kind", "kind", self.kind, "a slug")
        check_parts(self, faults)
        faults.raise_if_any("charge")

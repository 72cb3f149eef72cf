"""The charge book: delivery options and fees, found by what is in the cart."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import Sku, checked, digest, problems, sorted_tuple
from ordercore.pricing.cart import Cart
from ordercore.pricing.charges.delivery_option import DeliveryOption
from ordercore.pricing.charges.fee import Fee

__all__ = ["NO_CHARGES", "ChargeBook"]


def _options(given: Iterable[DeliveryOption]) -> tuple[DeliveryOption, ...]:
    return sorted_tuple(given, DeliveryOption, lambda option: option.option_id)


def _fees(given: Iterable[Fee]) -> tuple[Fee, ...]:
    return sorted_tuple(given, Fee, lambda fee: fee.fee_id)


@attrs.frozen(kw_only=True)
@checked
class ChargeBook:
    """Delivery options that buyers choose from, and fees that apply by themselves.

    Fees on named SKUs cost a cart without these nothing.

    Raises:
        InvalidBatch: ``charge_book.duplicate_option``, ``charge_book.duplicate_fee``,
            ``charge_book.reserved_fee`` (what delivery is charged as is called ``shipping``).

    Example:
        >>> from ordercore.kernel import Money
        >>> ChargeBook(fees=[Fee("cod", Money(300, "EUR"), payment_methods=["cod"])]).fees[0].kind
        'fee'
    """

    options: tuple[DeliveryOption, ...] = attrs.field(default=(), converter=_options)
    fees: tuple[Fee, ...] = attrs.field(default=(), converter=_fees)
    _by_sku: dict[Sku, list[Fee]] = attrs.field(init=False, eq=False, repr=False)
    _others: list[Fee] = attrs.field(init=False, eq=False, repr=False)
    _digest: str | None = attrs.field(init=False, eq=False, repr=False, default=None)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        by_sku: dict[Sku, list[Fee]] = {}
        others: list[Fee] = []
        ids: set[str] = set()
        for position, option in enumerate(self.options):
            if option.option_id in ids:
                path = f"options[{position}]"
                faults.add("charge_book.duplicate_option", path, option.option_id, "one each")
            ids.add(option.option_id)
        ids = set()
        for position, fee in enumerate(self.fees):
            if fee.fee_id in ids:
                path = f"fees[{position}]"
                faults.add("charge_book.duplicate_fee", path, fee.fee_id, "one each")
            ids.add(fee.fee_id)
            if fee.fee_id == "shipping" and self.options:
                path = f"fees[{position}]"
                faults.add("charge_book.reserved_fee", path, fee.fee_id, "another id")
            for sku in sorted(fee.on.skus):
                by_sku.setdefault(sku, []).append(fee)
            if not fee.on.skus:
                others.append(fee)
        faults.raise_if_any("charge book")
        object.__setattr__(self, "_by_sku", by_sku)
        object.__setattr__(self, "_others", others)

    def option(self, option_id: str) -> DeliveryOption | None:
        """The delivery option of that id; None where there is none. O(options)."""
        return next((each for each in self.options if each.option_id == option_id), None)

    def fees_for(self, cart: Cart) -> tuple[Fee, ...]:
        """The fees that may concern a cart, in the order of their ids."""
        found = {fee.fee_id: fee for fee in self._others}
        if self._by_sku:
            for line in cart.lines:
                for fee in self._by_sku.get(line.sku, ()):
                    found[fee.fee_id] = fee
        return tuple(found[fee_id] for fee_id in sorted(found))

    @property
    def digest(self) -> str:
        """Digest of the book; the order of options and fees takes no part. Made once per value."""
        known = self._digest
        if known is None:
            known = digest(self)
            object.__setattr__(self, "_digest", known)
        return known


NO_CHARGES = ChargeBook()
"""No delivery options and no fees."""

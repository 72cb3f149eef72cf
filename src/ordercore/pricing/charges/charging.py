"""Charges of a cart from the charge book: chosen delivery options, and the fees that apply."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, assert_never

import attrs

from ordercore.kernel import FactValue, LineId, Money, Reason, Span, divide
from ordercore.pricing.calculation import Calculation
from ordercore.pricing.cart import DEFAULT_DELIVERY, Cart, CartLine
from ordercore.pricing.charges.charge import Charge, Discountable, RefundWith
from ordercore.pricing.charges.charge_book import ChargeBook
from ordercore.pricing.charges.delivery_option import DeliveryLoad, DeliveryOption
from ordercore.pricing.charges.fee import Fee, FeePer
from ordercore.pricing.policy import AmountBasis
from ordercore.pricing.taxes.taxing import Taxation

__all__ = ["Charging", "delivery_load", "group_lines"]

_UNITS: Final = RefundWith.UNITS


class Charging:
    """The charges of one quote, priced in two turns and added to its calculation.

    What promotions over the order reach is there before them, and priced by what the lines come
    to until then; all other charges come after them. Used inside one quote and then dropped.
    """

    def __init__(self, book: ChargeBook, run: Calculation, taxation: Taxation | None) -> None:
        self.book = book
        self.run = run
        self.taxation = taxation
        self.reasons: list[Reason] = []
        self.spans: list[Span] = []
        self._fees = [fee for fee in book.fees_for(run.cart) if _concerns(fee, run)]
        self._chosen = list(self._choices())

    def take_turn(self, *, before_order: bool) -> None:
        """Price the charges that are due before, or after, the promotions over the order."""
        made: list[Charge] = []
        for group, option in self._chosen:
            if (option.discountable is Discountable.ORDER) is before_order:
                made.extend(self._delivered(group, option))
        for fee in self._fees:
            if (fee.discountable is Discountable.ORDER) is before_order:
                made.extend(self._charged(fee))
        self.run.charge(made)

    def _choices(self) -> Iterable[tuple[str, DeliveryOption]]:
        for delivery in self.run.cart.deliveries:
            if delivery.option:
                option = self.book.option(delivery.option)
                if option is not None:
                    yield delivery.group, option
                else:
                    facts: dict[str, FactValue] = {
                        "group": delivery.group,
                        "option": delivery.option,
                    }
                    self.reasons.append(Reason("pricing.unknown_delivery_option", facts=facts))

    def _here(self, amount: Money, category: str, group: str) -> int:
        """An amount of the book in minor units, with the tax of where it is charged."""
        if self.taxation is None:
            return amount.minor
        # A category without a rate refuses the quote, so that nothing is said of it here.
        return self.taxation.at_destination(amount, category, group).minor

    def _basis(self) -> list[int]:
        run = self.run
        return run.left if run.policy.threshold_basis is AmountBasis.LEFT else run.listed

    def _delivered(self, group: str, option: DeliveryOption) -> Iterable[Charge]:
        run = self.run
        load = delivery_load(run.cart, group, self._basis(), run.currency)
        facts = None if option.when is None else run.facts
        answer = option.answer(group, load, at=run.at, channel=run.cart.channel, facts=facts)
        if answer.price is None:
            self.reasons.extend(
                attrs.evolve(
                    reason,
                    facts={**reason.facts, "group": group, "option": option.option_id},
                )
                for reason in answer.reasons
            )
            return
        self.spans.append(option.span)
        yield Charge(
            "shipping" if group == DEFAULT_DELIVERY else f"shipping:{group}",
            list_amount=Money(self._here(answer.price, option.tax_category, group), run.currency),
            tax_category=option.tax_category,
            delivery_group=group,
            refundable=option.refundable,
            line_ids=group_lines(run.cart, group) if option.refund_with is _UNITS else (),
            refund_with=option.refund_with,
            discountable=option.discountable,
        )

    def _charged(self, fee: Fee) -> Iterable[Charge]:
        run = self.run
        lines = run.cart.lines
        basis = self._basis()
        selected = [position for position in run.order if fee.on.matches(lines[position])]
        worth = sum(basis[position] for position in selected)
        if not selected or (fee.below is not None and worth >= fee.below.minor):
            return
        self.spans.append(fee.span)
        match fee.per:
            case FeePer.ORDER:
                yield from self._charge(fee, fee.fee_id, worth, selected)
            case FeePer.DELIVERY:
                groups: dict[str, list[int]] = {}
                for position in selected:
                    groups.setdefault(lines[position].delivery_group, []).append(position)
                for group in sorted(groups):
                    charge_id = f"{fee.fee_id}:{group}"
                    worth = sum(basis[position] for position in groups[group])
                    yield from self._charge(fee, charge_id, worth, groups[group], group=group)
            case FeePer.LINE | FeePer.UNIT:
                for position in selected:
                    line = lines[position]
                    charge_id = f"{fee.fee_id}:{line.line_id}"
                    yield from self._charge(fee, charge_id, basis[position], [position], line=line)
            case never:
                assert_never(never)

    def _charge(
        self,
        fee: Fee,
        charge_id: str,
        worth: int,
        positions: Sequence[int],
        *,
        group: str = DEFAULT_DELIVERY,
        line: CartLine | None = None,
    ) -> Iterable[Charge]:
        """The charge of a fee, once; none when it comes to nothing."""
        category = fee.tax_category
        if category is None:
            category = "standard" if line is None else line.tax_category
        if line is not None:
            group = line.delivery_group
        units = line.quantity if line is not None and fee.per is FeePer.UNIT else 1
        minor = self._here(fee.amount, category, group)
        if fee.percent:
            above, below = fee.percent.as_integer_ratio()
            minor += divide(worth * above, 100 * below, self.run.policy.rounding)
        if fee.minimum is not None:
            minor = max(minor, self._here(fee.minimum, category, group))
        if fee.maximum is not None:
            minor = min(minor, self._here(fee.maximum, category, group))
        if minor:
            yield Charge(
                charge_id,
                kind=fee.kind,
                list_amount=Money(minor * units, self.run.currency),
                tax_category=category,
                delivery_group=group,
                line_ids=[self.run.cart.lines[position].line_id for position in positions]
                if line is not None or fee.refund_with is _UNITS
                else (),
                refundable=fee.refundable,
                refund_with=fee.refund_with,
                discountable=fee.discountable,
            )


def _concerns(fee: Fee, run: Calculation) -> bool:
    cart = run.cart
    return (
        fee.currency == run.currency
        and (not fee.payment_methods or cart.payment_method in fee.payment_methods)
        and (not fee.channels or cart.channel in fee.channels)
        and run.at in fee.span
        and (fee.when is None or fee.when.holds(run.facts))
    )


def group_lines(cart: Cart, group: str) -> list[LineId]:
    """The lines of a delivery group; all lines where it has none.

    Example:
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)])
        >>> group_lines(cart, "nobody")
        [LineId('1')]
    """
    here = [line.line_id for line in cart.lines if line.delivery_group == group]
    return here or [line.line_id for line in cart.lines]


def delivery_load(cart: Cart, group: str, basis: Sequence[int], currency: str) -> DeliveryLoad:
    """What a delivery group of a cart carries, with its lines' values in minor units.

    Example:
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2, weight_g=250)])
        >>> delivery_load(cart, "default", [900], "EUR").weight_g
        500
    """
    units = weight_g = volume_cm3 = value = 0
    for line, worth in zip(cart.lines, basis, strict=False):
        if line.delivery_group == group:
            units += line.quantity
            weight_g += line.quantity * line.weight_g
            volume_cm3 += line.quantity * line.volume_cm3
            value += worth
    return DeliveryLoad(
        units=units,
        weight_g=weight_g,
        volume_cm3=volume_cm3,
        value=Money(value, currency),
        ship_to=cart.delivery(group).ship_to,
    )

"""What of a quote is kept with a set of units, under one policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Self, assert_never

from ordercore.kernel import FaultList, LineId, Money
from ordercore.pricing.after.after_policy import (
    AfterOrderPolicy,
    DiscountsAfter,
    GiftsAfter,
    ShippingAfter,
)
from ordercore.pricing.after.quote_inputs import QuoteInputs
from ordercore.pricing.after.reevaluation import Correction, corrections, is_gift
from ordercore.pricing.after.shares import kept_minor, shares_of
from ordercore.pricing.amount import PricedAmount
from ordercore.pricing.charges.charge import Charge, RefundWith
from ordercore.pricing.quote import Quote, QuoteLine, QuoteSource

__all__ = ["NO_CORRECTION", "Kept", "check_quantity", "checked_units"]

NO_CORRECTION: Final = Correction()
_AGAIN: Final = DiscountsAfter.REEVALUATED


class Kept:
    """What of a quote is kept with a set of units; a function of the set, for one policy.

    Used inside one question and then dropped.
    """

    def __init__(
        self,
        quote: Quote,
        quantities: Mapping[str, int],
        *,
        charges: bool,
        policy: AfterOrderPolicy,
    ) -> None:
        self.quote = quote
        self.quantities = quantities
        self.charges = charges
        self.policy = policy
        self.units = sum(quantities.values())
        self.whole = sum([line.quantity for line in quote.lines])
        self.of_lines: dict[str, Correction] = {}
        self.of_charges: dict[str, Correction] = {}
        self._rounding: int | None = None

    def asked(self, inputs: QuoteInputs | None, faults: FaultList) -> Self:
        """Itself, with the promotions asked again where the policy does; or faults.

        Where the quote has the answer itself, for all units and for none, nothing is asked.
        """
        if faults or not (
            self.policy.asks_again
            and self.quote.source is QuoteSource.COMPUTED
            and 0 < self.units < self.whole
        ):
            return self
        if inputs is None:
            expected = f"what the quote was made from, with the book {self.quote.book_digest}"
            faults.add("refund.inputs_missing", "inputs", None, expected)
            return self
        inputs.check(self.quote, faults)
        if not faults:
            self._ask(inputs)
        return self

    def _ask(self, inputs: QuoteInputs) -> None:
        lines = [
            (line, units, _part(line, units, line.quantity))
            for line in self.quote.lines
            if (units := self.quantities[line.line_id])
        ]
        charges = [
            (charge, kept == whole, _part(charge, kept, whole))
            for charge in self.quote.charges
            for kept, whole in (self.pieces(charge),)
            if kept
        ]
        of_lines, of_charges = corrections(self.quote, lines, charges, inputs)
        gifts, discounts = self.policy.gifts, self.policy.discounts
        for (line, *_), correction in zip(lines, of_lines, strict=True):
            stays = gifts is GiftsAfter.KEPT if is_gift(line) else discounts is not _AGAIN
            if not stays:
                self.of_lines[line.line_id] = correction
        for (charge, *_), correction in zip(charges, of_charges, strict=True):
            shipping = charge.kind == "shipping"
            if (self.policy.shipping_discounts if shipping else discounts) is _AGAIN:
                self.of_charges[charge.charge_id] = correction
        if inputs.policy.cash is not None:
            parts = Money(self._parts_minor(), self.quote.currency)
            self._rounding = inputs.policy.cash.difference(parts).minor

    def pieces(self, charge: Charge) -> tuple[int, int]:
        """Pieces kept of a charge, and all pieces."""
        goes_back = self.policy.goes_back(charge)
        match goes_back:
            case None:
                return 1, 1
            case RefundWith.CHARGES:
                return int(self.charges), 1
            case RefundWith.EVERYTHING:
                # The policy's own rule asks for nothing but the units.
                by_policy = charge.kind == "shipping" and (
                    self.policy.shipping is ShippingAfter.WITH_EVERYTHING
                )
                stands = self.charges and not (by_policy and self.whole)
                return int(stands or self.units > 0), 1
            case RefundWith.UNITS:
                followed = self._followed(charge)
                whole = sum(line.quantity for line in followed)
                if not whole:
                    return int(self.charges), 1
                return sum(self.quantities[line.line_id] for line in followed), whole
            case never:
                assert_never(never)

    def _followed(self, charge: Charge) -> list[QuoteLine]:
        """The lines with whose units a charge goes back: its own, or those of its group."""
        lines = self.quote.lines
        if charge.line_ids or charge.refund_with is RefundWith.UNITS:
            return [line for line in lines if line.line_id in charge.line_ids]
        here = [line for line in lines if line.delivery_group == charge.delivery_group]
        return here or list(lines)

    @property
    def rounding(self) -> int:
        """The coin rounding, while anything is kept."""
        if self._rounding is not None:
            return self._rounding
        kept = self.units > 0 or any(self.pieces(charge)[0] for charge in self.quote.charges)
        return self.quote.rounding.minor if kept else 0

    def _parts_minor(self) -> int:
        minor = 0
        for line in self.quote.lines:
            minor += kept_minor(line, self.quantities[line.line_id], line.quantity)
        for charge in self.quote.charges:
            minor += kept_minor(charge, *self.pieces(charge))
        for corrected in (self.of_lines, self.of_charges):
            minor += sum(correction.minor for correction in corrected.values())
        return minor

    @property
    def minor(self) -> int:
        """What all that is kept costs, in minor units."""
        return self._parts_minor() + self.rounding


def _part(part: PricedAmount, kept: int, whole: int) -> PricedAmount:
    listed, adjustments, taxes = shares_of(part, kept, 0, whole)
    return PricedAmount(list_amount=listed, adjustments=adjustments, taxes=taxes)


def check_quantity(line: QuoteLine, quantity: object, path: str, faults: FaultList) -> None:
    """Note a quantity that is none of the line's.

    Example:
        >>> from ordercore.kernel import problems
        >>> faults, line = (
        ...     problems(),
        ...     QuoteLine("1", sku="A", quantity=1, list_amount=Money(1, "EUR")),
        ... )
        >>> check_quantity(line, 2, "kept", faults)
        >>> len(faults)
        1
    """
    if type(quantity) is not int or not 0 <= quantity <= line.quantity:
        faults.add("refund.quantity", path, quantity, f"an integer from 0 to {line.quantity}")


def checked_units(
    quote: Quote, kept: Mapping[str, int] | Mapping[LineId, int], name: str, faults: FaultList
) -> dict[str, int]:
    """Every line's quantity, absent ones 0; faults for unknown lines and quantities.

    Example:
        >>> from ordercore.kernel import problems
        >>> line = QuoteLine("1", sku="TEA", quantity=3, list_amount=Money(1000, "EUR"))
        >>> quote = Quote(currency="EUR", at="2026-01-01T00:00Z", lines=[line])
        >>> checked_units(quote, {}, "kept", problems())
        {LineId('1'): 0}
    """
    given: dict[str, int] = {str(line_id): quantity for line_id, quantity in kept.items()}
    quantities: dict[str, int] = {}
    for line in quote.lines:
        quantity = given.pop(line.line_id, 0)
        check_quantity(line, quantity, f"{name}[{line.line_id}]", faults)
        quantities[line.line_id] = quantity
    for line_id in given:
        faults.add("refund.unknown_line", f"{name}[{line_id}]", line_id, "a line of the quote")
    return quantities

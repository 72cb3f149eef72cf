"""What of a quote is kept when units go back, and what a step gives back.

The value kept is a function of the units kept, never of the path to them; a step refunds
``f(before) − f(after)``. So any way of splitting a return into steps refunds the same total, and a
full return refunds everything.

Within a line the shares are cumulative: of a line of n units, k units keep what belongs to the
first k of n. This is done on the running sums (list amount, after the first adjustment, after the
second, …): what the buyer pays falls step by step and never rises, as long as the line's amount
is not negative, and each adjustment's share is the difference of two neighbouring sums. A share
may therefore be one minor unit off its own even spread, never the money. Taxes are shared out
each by itself.

Charges go back with what their ``refund_with`` says: whole, or in equal shares with the units that
they belong to. Coin rounding leaves with the last thing that is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

import attrs

from ordercore.kernel import (
    Currency,
    FaultList,
    LineId,
    Money,
    as_tuple,
    checked,
    cumulative_share,
    problems,
)
from ordercore.pricing.amount import Adjustment, PricedAmount, TaxShare
from ordercore.pricing.charges.charge import Charge, RefundWith
from ordercore.pricing.quote import Quote, QuoteLine, QuoteSource

__all__ = ["Refund", "RefundLine", "kept_line", "kept_value", "refund", "split_off"]


@attrs.frozen
@checked
class RefundLine(PricedAmount):
    """The part of a quote's line that goes: its units, with their shares of everything.

    ``gross`` is what the buyer gets back, ``tax`` what of it is tax, ``funded(by)`` what a funder
    gets back. ``quantity`` may be 0.

    Example:
        >>> RefundLine("1", quantity=0, list_amount=Money(0, "EUR")).gross.minor
        0
    """

    line_id: LineId = attrs.field(converter=LineId)
    quantity: int = attrs.field(kw_only=True)


def _lines(given: Iterable[RefundLine]) -> tuple[RefundLine, ...]:
    return as_tuple(given)


def _charges(given: Iterable[Charge]) -> tuple[Charge, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class Refund:
    """What a step from one set of kept units to a smaller one gives back, part by part.

    ``charges`` are those given back, each with what of it goes. Parts of which nothing goes are
    left out.

    Example:
        >>> Refund(currency="EUR", rounding=Money(1, "EUR")).total.minor
        1
    """

    currency: Currency = attrs.field(converter=Currency)
    lines: tuple[RefundLine, ...] = attrs.field(default=(), converter=_lines)
    charges: tuple[Charge, ...] = attrs.field(default=(), converter=_charges)
    rounding: Money

    def _sum(self, minors: Iterable[int]) -> Money:
        return Money(sum(minors), self.currency)

    def _parts(self) -> tuple[PricedAmount, ...]:
        return (*self.lines, *self.charges)

    @property
    def total(self) -> Money:
        """What the buyer gets back."""
        return self._sum([part.gross_minor for part in self._parts()] + [self.rounding.minor])

    @property
    def tax(self) -> Money:
        """The tax in it."""
        return self._sum(part.tax.minor for part in self._parts())

    def funded(self, by: str | None = None) -> Money:
        """What others than the seller get back; one funder when ``by`` names one."""
        return self._sum(part.funded(by).minor for part in self._parts())

    @property
    def units(self) -> int:
        """All units that go."""
        return sum(line.quantity for line in self.lines)


def _step(minor: int, before: int, after: int, whole: int) -> int:
    return cumulative_share(minor, before, whole) - cumulative_share(minor, after, whole)


def _shares(
    part: PricedAmount, before: int, after: int, whole: int
) -> tuple[Money, list[Adjustment], list[TaxShare]]:
    """What of a part lies above ``after`` up to ``before`` of so many pieces."""
    one = Money(1, part.list_amount.currency)
    running = part.list_amount.minor
    listed = previous = _step(running, before, after, whole)
    adjustments: list[Adjustment] = []
    for given in part.adjustments:
        running += given.amount.minor
        now = _step(running, before, after, whole)
        adjustments.append(
            Adjustment(
                code=given.code,
                amount=one * (now - previous),
                kind=given.kind,
                funder=given.funder,
                promotion=given.promotion,
                stage=given.stage,
                note=given.note,
                actor=given.actor,
                approver=given.approver,
            )
        )
        previous = now
    taxes = [
        attrs.evolve(
            tax,
            amount=one * _step(tax.amount.minor, before, after, whole),
            base=None if tax.base is None else one * _step(tax.base.minor, before, after, whole),
        )
        for tax in part.taxes
    ]
    return one * listed, adjustments, taxes


def _part(line: QuoteLine, before: int, after: int) -> RefundLine:
    """The units of a line above ``after`` up to ``before``."""
    listed, adjustments, taxes = _shares(line, before, after, line.quantity)
    return RefundLine(
        line.line_id,
        quantity=before - after,
        list_amount=listed,
        adjustments=adjustments,
        taxes=taxes,
    )


class _Kept:
    """How many pieces of each charge are kept with a set of units; a function of the set."""

    __slots__ = ("charges", "lines", "quantities", "units")

    def __init__(self, quote: Quote, quantities: Mapping[str, int], *, charges: bool) -> None:
        self.lines = quote.lines
        self.quantities = quantities
        self.charges = charges
        self.units = sum(quantities.values())

    def pieces(self, charge: Charge) -> tuple[int, int]:
        """Pieces kept, and all pieces."""
        if not charge.refundable:
            return 1, 1
        match charge.refund_with:
            case RefundWith.CHARGES:
                return int(self.charges), 1
            case RefundWith.EVERYTHING:
                return int(self.charges or self.units > 0), 1
            case RefundWith.UNITS:
                followed = [line for line in self.lines if line.line_id in charge.line_ids]
                whole = sum(line.quantity for line in followed)
                if not whole:
                    return int(self.charges), 1
                return sum(self.quantities[line.line_id] for line in followed), whole
            case never:
                assert_never(never)

    def rounding(self, quote: Quote) -> int:
        """The coin rounding, while anything is kept."""
        kept = self.units > 0 or any(self.pieces(charge)[0] for charge in quote.charges)
        return quote.rounding.minor if kept else 0


def kept_line(line: QuoteLine, quantity: int) -> RefundLine:
    """The first ``quantity`` units of a line with their shares; with all of them, all of it.

    Raises:
        InvalidBatch: ``refund.quantity`` below 0 or above the line's.

    Example:
        >>> line = QuoteLine("1", sku="TEA", quantity=3, list_amount=Money(1000, "EUR"))
        >>> [str(kept_line(line, units).gross) for units in range(4)]
        ['EUR 0.00', 'EUR 3.33', 'EUR 6.66', 'EUR 10.00']
    """
    faults = problems()
    _check_quantity(line, quantity, "quantity", faults)
    faults.raise_if_any("kept line")
    return _part(line, quantity, 0)


def _check_quantity(line: QuoteLine, quantity: object, path: str, faults: FaultList) -> None:
    if type(quantity) is not int or not 0 <= quantity <= line.quantity:
        faults.add("refund.quantity", path, quantity, f"an integer from 0 to {line.quantity}")


def _checked(
    quote: Quote, kept: Mapping[str, int] | Mapping[LineId, int], name: str, faults: FaultList
) -> dict[str, int]:
    """Every line's quantity, absent ones 0; faults for unknown lines and quantities."""
    given: dict[str, int] = {str(line_id): quantity for line_id, quantity in kept.items()}
    quantities: dict[str, int] = {}
    for line in quote.lines:
        quantity = given.pop(line.line_id, 0)
        _check_quantity(line, quantity, f"{name}[{line.line_id}]", faults)
        quantities[line.line_id] = quantity
    for line_id in given:
        faults.add("refund.unknown_line", f"{name}[{line_id}]", line_id, "a line of the quote")
    return quantities


def kept_value(
    quote: Quote, kept: Mapping[str, int] | Mapping[LineId, int], *, charges: bool = True
) -> Money:
    """What the buyer has paid for what is kept. O(lines × adjustments).

    Args:
        quote: The quote of the order.
        kept: Units kept by line; a line that is absent keeps none.
        charges: Whether charges that go back as such are kept; those that go with their units
            follow these, and what is not refundable always is.

    Raises:
        InvalidBatch: ``refund.unknown_line``, ``refund.quantity``; all of them.

    Example:
        >>> quote = Quote(
        ...     currency="EUR",
        ...     at="2026-01-01T00:00Z",
        ...     lines=[QuoteLine("1", sku="TEA", quantity=3, list_amount=Money(1000, "EUR"))],
        ... )
        >>> str(kept_value(quote, {"1": 2})), str(kept_value(quote, quote.quantities))
        ('EUR 6.66', 'EUR 10.00')
    """
    faults = problems()
    quantities = _checked(quote, kept, "kept", faults)
    faults.raise_if_any("kept value")
    has = _Kept(quote, quantities, charges=charges)
    minor = has.rounding(quote)
    for line in quote.lines:
        minor += _kept_minor(line, quantities[line.line_id], line.quantity)
    for charge in quote.charges:
        minor += _kept_minor(charge, *has.pieces(charge))
    return Money(minor, quote.currency)


def _kept_minor(part: PricedAmount, kept: int, whole: int) -> int:
    minor = cumulative_share(part.amount.minor, kept, whole)
    for tax in part.taxes:
        if not tax.included:
            minor += cumulative_share(tax.amount.minor, kept, whole)
    return minor


def refund(
    quote: Quote,
    before: Mapping[str, int] | Mapping[LineId, int],
    after: Mapping[str, int] | Mapping[LineId, int],
    *,
    charges_before: bool = True,
    charges_after: bool = True,
) -> Refund:
    """What the step from ``before`` to ``after`` gives back: ``f(before) − f(after)``, in parts.

    With both ends given, nothing has to be remembered of earlier steps, and the same step asked
    twice gives the same answer.

    Args:
        quote: The quote of the order.
        before: Units kept before the step, by line; a line that is absent has none.
        after: Units kept after it; on no line more than before.
        charges_before: Whether charges that go back as such are still paid before the step.
        charges_after: Whether they still are after it. Charges that go back with their units
            follow these, whatever the two say.

    Raises:
        InvalidBatch: ``refund.unknown_line``, ``refund.quantity``, ``refund.more_after``,
            ``refund.charges_more_after``; all of them.

    Invariants: the total equals ``kept_value(before) − kept_value(after)``; no step is negative
    as long as no line's amount, no tax and no charge is, and coin rounding does not outweigh
    the last thing that goes.

    Example:
        >>> quote = Quote(
        ...     currency="EUR",
        ...     at="2026-01-01T00:00Z",
        ...     lines=[QuoteLine("1", sku="TEA", quantity=3, list_amount=Money(1000, "EUR"))],
        ...     charges=[Charge("shipping", list_amount=Money(490, "EUR"))],
        ... )
        >>> str(refund(quote, {"1": 3}, {"1": 2}).total)
        'EUR 3.34'
        >>> str(refund(quote, quote.quantities, {}, charges_after=False).total)
        'EUR 14.90'
    """
    faults = problems()
    had = _checked(quote, before, "before", faults)
    has = _checked(quote, after, "after", faults)
    if not faults:
        for line_id, quantity in has.items():
            if quantity > had[line_id]:
                faults.add(
                    "refund.more_after",
                    f"after[{line_id}]",
                    quantity,
                    f"at most {had[line_id]}, what was kept before",
                )
    if charges_after and not charges_before:
        faults.add("refund.charges_more_after", "charges_after", True, "False, as before")
    faults.raise_if_any("refund")
    old, new = (
        _Kept(quote, had, charges=charges_before),
        _Kept(quote, has, charges=charges_after),
    )
    return Refund(
        currency=quote.currency,
        lines=[
            _part(line, had[line.line_id], has[line.line_id])
            for line in quote.lines
            if had[line.line_id] > has[line.line_id]
        ],
        charges=[part for charge in quote.charges for part in _given_back(charge, old, new)],
        rounding=Money(old.rounding(quote) - new.rounding(quote), quote.currency),
    )


def _given_back(charge: Charge, old: _Kept, new: _Kept) -> Iterable[Charge]:
    before, whole = old.pieces(charge)
    after, _ = new.pieces(charge)
    if before == whole and after == 0:
        yield charge
    elif before > after:
        listed, adjustments, taxes = _shares(charge, before, after, whole)
        yield attrs.evolve(charge, list_amount=listed, adjustments=adjustments, taxes=taxes)


def split_off(
    quote: Quote,
    before: Mapping[str, int] | Mapping[LineId, int],
    after: Mapping[str, int] | Mapping[LineId, int],
    *,
    charges_before: bool = True,
    charges_after: bool = True,
) -> Quote:
    """The step from ``before`` to ``after`` as a quote of its own: what goes on elsewhere.

    It is worth exactly what :func:`refund` would give back for the same step, line by line, with
    every adjustment, tax and charge; so nothing is lost or made between the two. It is a recorded
    quote: no book gave it.

    Args:
        quote: The quote that it is split off; it stays as it is, and keeps ``after`` of its units.
        before: Units kept before the step, by line; a line that is absent has none.
        after: Units kept after it; on no line more than before.
        charges_before: Whether the refundable charges are still paid before the step.
        charges_after: Whether they still are after it; otherwise they go along. What follows its
            units always goes with them.

    Raises:
        InvalidBatch: as :func:`refund`; ``quote.empty`` when nothing goes.

    Invariants: ``split_off(...).total == kept_value(before) − kept_value(after)``.

    Example:
        >>> quote = Quote(
        ...     currency="EUR",
        ...     at="2026-01-01T00:00Z",
        ...     lines=[QuoteLine("1", sku="TEA", quantity=3, list_amount=Money(1000, "EUR"))],
        ... )
        >>> part = split_off(quote, {"1": 3}, {"1": 2})
        >>> part.line("1").quantity, str(part.total)
        (1, 'EUR 3.34')
    """
    step = refund(quote, before, after, charges_before=charges_before, charges_after=charges_after)
    known = {line.line_id: line for line in quote.lines}
    return attrs.evolve(
        quote,
        lines=[
            attrs.evolve(
                known[part.line_id],
                quantity=part.quantity,
                list_amount=part.list_amount,
                adjustments=part.adjustments,
                taxes=part.taxes,
            )
            for part in step.lines
        ],
        charges=[_along(charge, step.lines) for charge in step.charges],
        rounding=step.rounding,
        source=QuoteSource.RECORDED,
        book_digest="",
        tax_digest="",
        policy_digest="",
        charge_digest="",
    )


def _along(charge: Charge, lines: Iterable[RefundLine]) -> Charge:
    """The charge with those of its lines that go along."""
    if not charge.line_ids:
        return charge
    return attrs.evolve(
        charge, line_ids=[line.line_id for line in lines if line.line_id in charge.line_ids]
    )

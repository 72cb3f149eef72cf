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

Under a policy that asks promotions again (:class:`~ordercore.pricing.AfterOrderPolicy`), what is
kept costs what the quote's own promotions make of it, at its own prices and moment. That is a
function of the units kept as well, equal to the quote's total for all of them and to nothing for
none. It may rise when units go, where what is lost is more than what they cost: then a step gives
back less than nothing, and whoever pays it out carries that against the steps to come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import attrs

from ordercore.kernel import (
    Currency,
    FrozenMap,
    LineId,
    Money,
    PromotionId,
    answering,
    as_tuple,
    checked,
    cumulative_share,
    problems,
)
from ordercore.pricing.after.after_policy import (
    DEFAULT_AFTER_ORDER,
    AfterOrderPolicy,
    GiftsAfter,
)
from ordercore.pricing.after.kept import NO_CORRECTION, Kept, check_quantity, checked_units
from ordercore.pricing.after.quote_inputs import QuoteInputs
from ordercore.pricing.after.reevaluation import Correction, difference
from ordercore.pricing.after.shares import shares_of
from ordercore.pricing.amount import PricedAmount
from ordercore.pricing.charges.charge import Charge
from ordercore.pricing.kept_points import split_points
from ordercore.pricing.quote import Quote, QuoteLine, QuoteSource

__all__ = [
    "Refund",
    "RefundLine",
    "claw_back",
    "kept_line",
    "kept_value",
    "promotions_kept",
    "refund",
    "split_off",
    "unearned_gifts",
]


@attrs.frozen
@checked
class RefundLine(PricedAmount):
    """The part of a quote's line that goes: its units, with their shares of everything.

    ``gross`` is what the buyer gets back, ``tax`` what of it is tax, ``funded(by)`` what a funder
    gets back. ``quantity`` may be 0: a unit that stays may come to cost more, or less, when others
    go, and then ``gross`` is below, or above, zero.

    Example:
        >>> RefundLine("1", quantity=0, list_amount=Money(0, "EUR")).gross.minor
        0
    """

    line_id: LineId = attrs.field(converter=LineId)
    quantity: int = attrs.field(kw_only=True)


_P = TypeVar("_P", RefundLine, Charge)


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


def _part(line: QuoteLine, before: int, after: int) -> RefundLine:
    """The units of a line above ``after`` up to ``before``."""
    listed, adjustments, taxes = shares_of(line, before, after, line.quantity)
    return RefundLine(
        line.line_id,
        quantity=before - after,
        list_amount=listed,
        adjustments=adjustments,
        taxes=taxes,
    )


@answering
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
    check_quantity(line, quantity, "quantity", faults)
    faults.raise_if_any("kept line")
    return _part(line, quantity, 0)


@answering
def kept_value(
    quote: Quote,
    kept: Mapping[str, int] | Mapping[LineId, int],
    *,
    charges: bool = True,
    policy: AfterOrderPolicy = DEFAULT_AFTER_ORDER,
    inputs: QuoteInputs | None = None,
) -> Money:
    """What the buyer has paid for what is kept. O(lines × adjustments).

    Args:
        quote: The quote of the order.
        kept: Units kept by line; a line that is absent keeps none.
        charges: Whether charges that go back as such are kept; those that go with their units
            follow these, and what is not refundable always is.
        policy: What becomes of discounts, gifts and shipping; by default all by their shares.
        inputs: What the quote was made from. Needed where the policy asks promotions again and
            some, but not all, units of a computed quote are kept; then it costs what a quote costs.

    Raises:
        InvalidBatch: ``refund.unknown_line``, ``refund.quantity``, ``refund.inputs_missing``,
            ``quote.other_book``, ``quote.other_taxes``, ``quote.other_policy``,
            ``quote.other_tariff``; all of them.

    Invariants: the quote's total for all units; for none, what is not refundable.

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
    units = checked_units(quote, kept, "kept", faults)
    has = Kept(quote, units, charges=charges, policy=policy).asked(inputs, faults)
    faults.raise_if_any("kept value")
    return Money(has.minor, quote.currency)


@answering
def claw_back(
    quote: Quote,
    kept: Mapping[str, int] | Mapping[LineId, int],
    *,
    charges: bool = True,
    policy: AfterOrderPolicy,
    inputs: QuoteInputs | None = None,
) -> Money:
    """How much more than its shares what is kept costs under a policy; below zero, how much less.

    It is the :func:`kept_value` under the policy less that by shares. As :func:`kept_value`.

    Example:
        >>> from ordercore.pricing import CLAW_BACK, Cart, CartLine, PriceBook, spend_and_save
        >>> from ordercore.pricing import quote as price
        >>> book = PriceBook.of(
        ...     {"TEA": Money(12800, "CNY"), "CUP": Money(5990, "CNY")},
        ...     promotions=[spend_and_save("11.11", {"300.00": "40.00"}, "CNY")],
        ... )
        >>> lines = [CartLine("1", sku="TEA", quantity=2), CartLine("2", sku="CUP", quantity=1)]
        >>> q = price(Cart(lines=lines), book, at="2026-11-11T00:00Z")
        >>> again = {"policy": CLAW_BACK, "inputs": QuoteInputs(book=book)}
        >>> str(kept_value(q, {"1": 2})), str(kept_value(q, {"1": 2}, **again))
        ('CNY 223.58', 'CNY 256.00')
        >>> str(claw_back(q, {"1": 2}, **again))
        'CNY 32.42'
    """
    under = kept_value(quote, kept, charges=charges, policy=policy, inputs=inputs)
    return under - kept_value(quote, kept, charges=charges, policy=policy.by_shares)


@answering
def promotions_kept(
    quote: Quote,
    kept: Mapping[str, int] | Mapping[LineId, int],
    *,
    policy: AfterOrderPolicy = DEFAULT_AFTER_ORDER,
    inputs: QuoteInputs | None = None,
) -> frozenset[PromotionId]:
    """The promotions of which what is kept still has a discount, of lines or of what is charged.

    Raises:
        InvalidBatch: as :func:`kept_value`.

    Example:
        >>> from ordercore.pricing import Adjustment
        >>> change = Adjustment(code="a.b", amount=Money(-100, "EUR"), promotion="sale")
        >>> line = QuoteLine(
        ...     "1", sku="TEA", quantity=2, list_amount=Money(900, "EUR"), adjustments=[change]
        ... )
        >>> quote = Quote(currency="EUR", at="2026-01-01T00:00Z", lines=[line])
        >>> sorted(promotions_kept(quote, {"1": 1})), sorted(promotions_kept(quote, {}))
        ([PromotionId('sale')], [])
    """
    faults = problems()
    units = checked_units(quote, kept, "kept", faults)
    has = Kept(quote, units, charges=any(units.values()), policy=policy).asked(inputs, faults)
    faults.raise_if_any("promotions")
    given: dict[PromotionId, int] = {}
    for part, pieces, correction in (
        *(
            (line, (units[line.line_id], line.quantity), has.of_lines.get(line.line_id))
            for line in quote.lines
        ),
        *(
            (charge, has.pieces(charge), has.of_charges.get(charge.charge_id))
            for charge in quote.charges
        ),
    ):
        _, shares, _ = shares_of(part, pieces[0], 0, pieces[1])
        for change in (*shares, *(() if correction is None else correction.adjustments)):
            if change.promotion is not None:
                known = given.get(change.promotion, 0)
                given[change.promotion] = known + change.amount.minor
    return frozenset(promotion for promotion, minor in given.items() if minor)


@answering
def unearned_gifts(
    quote: Quote,
    kept: Mapping[str, int] | Mapping[LineId, int],
    *,
    inputs: QuoteInputs,
) -> FrozenMap[LineId, int]:
    """Units by line of gifts that what is kept no longer earns: they should come along.

    Raises:
        InvalidBatch: as :func:`kept_value`.

    Example:
        >>> from ordercore.pricing import Cart, CartLine, PriceBook, Selector, buy_get
        >>> from ordercore.pricing import quote as price
        >>> give = buy_get("gift", buy=2, on=Selector(skus=["TEA"]), get_on=Selector(skus=["CUP"]))
        >>> book = PriceBook.of(
        ...     {"TEA": Money(900, "EUR"), "CUP": Money(500, "EUR")}, promotions=[give]
        ... )
        >>> lines = [CartLine("1", sku="TEA", quantity=2), CartLine("2", sku="CUP", quantity=1)]
        >>> q = price(Cart(lines=lines), book, at="2026-11-11T00:00Z")
        >>> unearned_gifts(q, {"1": 1, "2": 1}, inputs=QuoteInputs(book=book))
        FrozenMap({LineId('2'): 1})
    """
    faults = problems()
    units = checked_units(quote, kept, "kept", faults)
    policy = AfterOrderPolicy(gifts=GiftsAfter.RETURNED)
    has = Kept(quote, units, charges=True, policy=policy).asked(inputs, faults)
    faults.raise_if_any("gifts")
    unearned: dict[LineId, int] = {}
    for line in quote.lines:
        charged = has.of_lines.get(line.line_id, NO_CORRECTION)
        amount = sum(change.amount.minor for change in charged.adjustments)
        if amount > 0:
            kept_here = units[line.line_id]
            listed = cumulative_share(line.list_amount.minor, kept_here, line.quantity)
            unearned[line.line_id] = -(-amount * kept_here // listed)
    return FrozenMap(unearned)


@answering
def refund(
    quote: Quote,
    before: Mapping[str, int] | Mapping[LineId, int],
    after: Mapping[str, int] | Mapping[LineId, int],
    *,
    charges_before: bool = True,
    charges_after: bool = True,
    policy: AfterOrderPolicy = DEFAULT_AFTER_ORDER,
    inputs: QuoteInputs | None = None,
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
        policy: What becomes of discounts, gifts and shipping, as in :func:`kept_value`. What units
            that stay come to cost more stands in lines without units, below zero.
        inputs: What the quote was made from, as in :func:`kept_value`.

    Raises:
        InvalidBatch: ``refund.unknown_line``, ``refund.quantity``, ``refund.more_after``,
            ``refund.charges_more_after``, and as :func:`kept_value`; all of them.

    Invariants: the total equals ``kept_value(before) − kept_value(after)``; by shares, no step is
    negative as long as no line's amount, no tax and no charge is, and coin rounding does not
    outweigh the last thing that goes.

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
    had = checked_units(quote, before, "before", faults)
    has = checked_units(quote, after, "after", faults)
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
    old = Kept(quote, had, charges=charges_before, policy=policy).asked(inputs, faults)
    new = Kept(quote, has, charges=charges_after, policy=policy).asked(inputs, faults)
    faults.raise_if_any("refund")
    return Refund(
        currency=quote.currency,
        lines=[part for line in quote.lines for part in _line_back(line, old, new)],
        charges=[part for charge in quote.charges for part in _given_back(charge, old, new)],
        rounding=Money(old.rounding - new.rounding, quote.currency),
    )


def _line_back(line: QuoteLine, old: Kept, new: Kept) -> Iterable[RefundLine]:
    line_id = line.line_id
    before, after = old.quantities[line_id], new.quantities[line_id]
    more = _more(old.of_lines, new.of_lines, line_id)
    if before > after:
        yield _with(_part(line, before, after), more)
    elif more != NO_CORRECTION:
        nothing = line.list_amount * 0
        yield _with(RefundLine(line_id, quantity=0, list_amount=nothing), more)


def _given_back(charge: Charge, old: Kept, new: Kept) -> Iterable[Charge]:
    before, whole = old.pieces(charge)
    after, _ = new.pieces(charge)
    more = _more(old.of_charges, new.of_charges, charge.charge_id)
    if before == whole and after == 0:
        yield _with(charge, more)
    elif before > after or more != NO_CORRECTION:
        listed, adjustments, taxes = (
            shares_of(charge, before, after, whole)
            if before > after
            else (charge.list_amount * 0, (), ())
        )
        part = attrs.evolve(charge, list_amount=listed, adjustments=adjustments, taxes=taxes)
        yield _with(part, more)


def _more(
    before: Mapping[str, Correction], after: Mapping[str, Correction], part_id: str
) -> Correction:
    if not before and not after:
        return NO_CORRECTION
    return difference(before.get(part_id, NO_CORRECTION), after.get(part_id, NO_CORRECTION))


def _with(part: _P, more: Correction) -> _P:
    """A part with what it costs beside its share."""
    if more == NO_CORRECTION:
        return part
    return attrs.evolve(
        part,
        adjustments=[*part.adjustments, *more.adjustments],
        taxes=[*part.taxes, *more.taxes],
    )


@answering
def split_off(
    quote: Quote,
    before: Mapping[str, int] | Mapping[LineId, int],
    after: Mapping[str, int] | Mapping[LineId, int],
    *,
    charges_before: bool = True,
    charges_after: bool = True,
    policy: AfterOrderPolicy = DEFAULT_AFTER_ORDER,
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
        policy: Says what shipping goes with. Discounts always go by their shares: what moves was
            not sent back, and neither part loses what both earned together.

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
    step = refund(
        quote,
        before,
        after,
        charges_before=charges_before,
        charges_after=charges_after,
        policy=policy.by_shares,
    )
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
        usage_digest="",
        claims=(),
        points=split_points(quote, before, after),
    )


def _along(charge: Charge, lines: Iterable[RefundLine]) -> Charge:
    """The charge with those of its lines that go along."""
    if not charge.line_ids:
        return charge
    return attrs.evolve(
        charge, line_ids=[line.line_id for line in lines if line.line_id in charge.line_ids]
    )

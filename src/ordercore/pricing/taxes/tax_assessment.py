"""Taxes that the host's tax service computed: what it is asked, and what a quote takes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import attrs

from ordercore.kernel import (
    Currency,
    FaultList,
    FrozenMap,
    Instant,
    InvalidValue,
    LineId,
    Money,
    as_map,
    as_optional_instant,
    as_tuple,
    checked,
    digest,
    expect,
    instant_at,
    problems,
)
from ordercore.network import Destination
from ordercore.pricing.amount import PricedAmount, TaxShare
from ordercore.pricing.charges.charge import Charge
from ordercore.pricing.policy import DEFAULT_PRICING, PricingPolicy
from ordercore.pricing.quote import Quote, QuoteLine
from ordercore.pricing.taxes.tax_status import NOTHING_STATED, TaxStatus

__all__ = ["TaxAssessment", "TaxRequest", "TaxableAmount", "tax_request", "with_taxes"]

K = TypeVar("K", bound=str)
P = TypeVar("P", QuoteLine, Charge)


@attrs.frozen(kw_only=True)
@checked
class TaxableAmount:
    """A line or charge as a tax service has to see it: what is left of it, and where it goes.

    ``sku`` is empty for charges; ``kind`` is a charge's, and ``goods`` for lines.

    Example:
        >>> TaxableAmount(part_id="1", sku="TEA", quantity=2, amount=Money(1000, "EUR")).kind
        'goods'
    """

    part_id: str
    kind: str = "goods"
    sku: str = ""
    quantity: int = 1
    amount: Money
    tax_category: str = "standard"
    ship_to: Destination | None = None


def _amounts(given: Iterable[TaxableAmount]) -> tuple[TaxableAmount, ...]:
    return as_tuple(given)


def _at(value: Instant | str) -> Instant:
    return instant_at(value, "at")


@attrs.frozen(kw_only=True)
@checked
class TaxRequest:
    """What a tax service is asked for a quote: its amounts after all discounts, in id order.

    Example:
        >>> request = TaxRequest(currency="EUR", at="2026-01-01T00:00Z")
        >>> request.included
        False
    """

    currency: Currency = attrs.field(converter=Currency)
    at: Instant = attrs.field(converter=_at)
    included: bool = False
    lines: tuple[TaxableAmount, ...] = attrs.field(default=(), converter=_amounts)
    charges: tuple[TaxableAmount, ...] = attrs.field(default=(), converter=_amounts)
    status: TaxStatus = NOTHING_STATED

    @property
    def digest(self) -> str:
        """What the answer has to name. O(size), computed anew."""
        return digest(self)


def _of_lines(
    given: Mapping[str, Iterable[TaxShare]] | Mapping[LineId, Iterable[TaxShare]],
) -> FrozenMap[LineId, tuple[TaxShare, ...]]:
    if not isinstance(given, Mapping):
        return as_map(given)
    return FrozenMap({LineId(key): as_tuple(shares) for key, shares in given.items()})


def _of_charges(given: Mapping[str, Iterable[TaxShare]]) -> FrozenMap[str, tuple[TaxShare, ...]]:
    if not isinstance(given, Mapping):
        return as_map(given)
    return FrozenMap({key: as_tuple(shares) for key, shares in given.items()})


@attrs.frozen(kw_only=True)
@checked
class TaxAssessment:
    """The answer of a tax service as a value: the taxes of each line and charge.

    ``request`` is the digest of what was asked. A line without tax has an empty entry: one that is
    left out was forgotten. ``reference`` is the service's own number.

    Example:
        >>> share = TaxShare(amount=Money(19, "EUR"))
        >>> TaxAssessment(request="ab12", lines={"1": [share]}).lines["1"][0].amount.minor
        19
    """

    request: str
    lines: FrozenMap[LineId, tuple[TaxShare, ...]] = attrs.field(
        factory=FrozenMap, converter=_of_lines
    )
    charges: FrozenMap[str, tuple[TaxShare, ...]] = attrs.field(
        factory=FrozenMap, converter=_of_charges
    )
    valid_until: Instant | None = attrs.field(default=None, converter=as_optional_instant)
    reference: str = ""

    @property
    def digest(self) -> str:
        """Digest of the answer; the quote that takes it names it. O(size), computed anew."""
        return digest(self)


def tax_request(quote: Quote) -> TaxRequest:
    """What a tax service has to be asked for a quote. O(size).

    The order of the quote's lines and charges takes no part.

    Example:
        >>> from ordercore.pricing import Cart, CartLine, PriceBook
        >>> from ordercore.pricing import quote as price
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)])
        >>> q = price(cart, PriceBook.of({"TEA": Money(500, "EUR")}), at="2026-01-01T00:00Z")
        >>> [(a.part_id, a.amount.minor) for a in tax_request(q).lines]
        [('1', 1000)]
    """
    expect(quote, Quote, "quote")
    return TaxRequest(
        currency=quote.currency,
        at=quote.at,
        included=quote.tax_included,
        lines=[
            TaxableAmount(
                part_id=str(line.line_id),
                sku=str(line.sku),
                quantity=line.quantity,
                amount=line.amount,
                tax_category=line.tax_category,
                ship_to=quote.destination(line.delivery_group),
            )
            for line in sorted(quote.lines, key=lambda line: line.line_id)
        ],
        charges=[
            TaxableAmount(
                part_id=charge.charge_id,
                kind=charge.kind,
                amount=charge.amount,
                tax_category=charge.tax_category,
                ship_to=quote.destination(charge.delivery_group),
            )
            for charge in sorted(quote.charges, key=lambda charge: charge.charge_id)
        ],
        status=quote.tax_status,
    )


def with_taxes(
    quote: Quote, assessment: TaxAssessment, *, policy: PricingPolicy = DEFAULT_PRICING
) -> Quote:
    """The quote with the taxes that a tax service computed for it; coin rounding is done again.

    The taxes are taken as they are, and checked to belong to it: nothing is computed.

    Args:
        quote: A computed quote without taxes.
        assessment: The answer to its :func:`tax_request`.
        policy: The policy that the quote was made with, when that was not the default.

    Raises:
        InvalidValue: ``quote.other_policy`` when the digests differ.
        InvalidBatch: all faults at once: ``assessment.already_taxed``,
            ``assessment.other_request`` (an answer to another question),
            ``assessment.missing`` and ``assessment.unknown`` parts, and of shares
            ``money.currency_mismatch``, ``assessment.mode`` (included where the quote is not, or
            the other way), ``assessment.negative``, ``assessment.above_amount`` (more tax included
            than there is amount), ``assessment.taxed_nothing`` (a tax of what is free).

    Example:
        >>> from ordercore.pricing import Cart, CartLine, PriceBook
        >>> from ordercore.pricing import quote as price
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)])
        >>> q = price(cart, PriceBook.of({"TEA": Money(500, "EUR")}), at="2026-01-01T00:00Z")
        >>> answer = TaxAssessment(
        ...     request=tax_request(q).digest, lines={"1": [TaxShare(amount=Money(190, "EUR"))]}
        ... )
        >>> str(with_taxes(q, answer).total)
        'EUR 11.90'
    """
    expect(quote, Quote, "quote")
    expect(assessment, TaxAssessment, "assessment")
    expect(policy, PricingPolicy, "policy")
    if quote.policy_digest != policy.digest:
        raise InvalidValue("quote.other_policy", "policy", policy.digest, quote.policy_digest)
    faults = problems()
    if any(part.taxes for part in (*quote.lines, *quote.charges)):
        faults.add("assessment.already_taxed", "quote", quote.tax, "a quote without taxes")
    asked = tax_request(quote).digest
    if assessment.request != asked:
        faults.add("assessment.other_request", "request", assessment.request, asked)
    lines = {line.line_id: line for line in quote.lines}
    charges = {charge.charge_id: charge for charge in quote.charges}
    _check("lines", lines, assessment.lines, quote, faults)
    _check("charges", charges, assessment.charges, quote, faults)
    faults.raise_if_any("tax assessment")
    ends = [end for end in (quote.valid_until, assessment.valid_until) if end is not None]
    done = attrs.evolve(
        quote,
        lines=[attrs.evolve(line, taxes=assessment.lines[line.line_id]) for line in quote.lines],
        charges=[attrs.evolve(c, taxes=assessment.charges[c.charge_id]) for c in quote.charges],
        valid_until=min(ends, default=None),
        tax_digest=assessment.digest,
        rounding=Money.zero(quote.currency),
    )
    if policy.cash is None:
        return done
    return attrs.evolve(done, rounding=policy.cash.difference(done.total))


def _check(
    name: str,
    parts: Mapping[K, P],
    given: Mapping[K, tuple[TaxShare, ...]],
    quote: Quote,
    faults: FaultList,
) -> None:
    for part_id in parts:
        if part_id not in given:
            path = f"{name}[{part_id}]"
            faults.add("assessment.missing", path, part_id, "taxes, or none, of each")
    for part_id, shares in given.items():
        path = f"{name}[{part_id}]"
        if part_id not in parts:
            faults.add("assessment.unknown", path, part_id, f"one of the quote's {name}")
            continue
        for code, position, expected in _wrong(parts[part_id], shares, quote):
            place = path if position is None else f"{path}[{position}]"
            faults.add(code, place, shares if position is None else shares[position], expected)


def _wrong(
    part: PricedAmount, shares: tuple[TaxShare, ...], quote: Quote
) -> Iterator[tuple[str, int | None, str]]:
    for position, share in enumerate(shares):
        if share.amount.currency != quote.currency:
            yield "money.currency_mismatch", position, f"currency {quote.currency}"
        if share.included is not quote.tax_included:
            yield "assessment.mode", position, f"included is {quote.tax_included}"
        if share.amount.minor < 0 <= part.amount.minor:
            yield "assessment.negative", position, "a tax of zero or more"
        if share.amount.minor and not part.amount.minor:
            yield "assessment.taxed_nothing", position, "no tax of what is free"
    inside = sum(share.amount.minor for share in shares if share.included)
    if inside > max(0, part.amount.minor):
        yield "assessment.above_amount", None, f"at most {part.amount}"

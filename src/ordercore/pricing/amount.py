"""What an amount is made of: a list amount, adjustments to it, and taxes on or in it."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import attrs

from ordercore.kernel import (
    Choice,
    FaultList,
    InvalidValue,
    Money,
    PromotionId,
    as_tuple,
    checked,
    trusted,
)

__all__ = [
    "MARKETPLACE",
    "MERCHANT",
    "UNEXPLAINED",
    "Adjustment",
    "PricedAmount",
    "TaxShare",
    "TaxTreatment",
]

MERCHANT = "merchant"
"""The seller as funder of a discount, or as collector of a tax."""
MARKETPLACE = "marketplace"
"""The marketplace as collector of a tax that it remits itself."""
UNEXPLAINED = "quote.unexplained"
"""Code of the adjustment that holds what a channel's amounts do not explain."""


class TaxTreatment(Choice):
    """Why a tax is what it is; an invoice has to tell a zero rate from no tax."""

    TAXED = "taxed"
    """Taxed at the rate; a rate of zero is a zero rate (EN 16931: S, and Z for zero)."""
    EXEMPT = "exempt"
    """The law or the buyer's certificate exempts it (E)."""
    REVERSE_CHARGE = "reverse_charge"
    """The buyer owes the tax to the buyer's own authority (AE)."""
    OUT_OF_SCOPE = "out_of_scope"
    """Not a matter of this tax at all: a voucher, a deposit, a tip (O)."""


_TAXED = TaxTreatment.TAXED


def tax_treatment(given: TaxTreatment | str) -> TaxTreatment:
    """The treatment that a word names; shares are many, so what is one already passes at once.

    Example:
        >>> tax_treatment("exempt")
        <TaxTreatment.EXEMPT: 'exempt'>
    """
    return given if type(given) is TaxTreatment else TaxTreatment(given)


def _promotion(given: str | None) -> PromotionId | None:
    # One call: a quote makes hundreds of these.
    return given if given is None or type(given) is PromotionId else PromotionId(given)


@attrs.frozen(kw_only=True)
@checked
class Adjustment:
    """A change of an amount: a discount when negative, a surcharge when positive.

    Args:
        code: What changed it, a stable slug (``promotion.percent_off``, ``quote.unexplained``).
        amount: The signed change, in the mode (with or without tax) of the list amount.
        kind: The heading under which it is reported; free for the host to choose.
        funder: Who bears it. ``merchant`` lowers the seller's revenue; anyone else owes it to
            the seller.
        promotion: The promotion that gave it.
        stage: The stage in which it was given; empty when a channel reported it.
        basis: The amount it was computed from.
        note: Anything more, for people; the reason of a manual change.
        actor: Who changed it by hand; empty for what rules and channels changed.
        approver: Who approved that, where the actor's own limit did not reach.

    Raises:
        InvalidValue: ``adjustment.amount``, ``adjustment.code``, ``adjustment.kind``,
            ``adjustment.funder``.

    Example:
        >>> str(Adjustment(code="promotion.percent_off", amount=Money(-500, "EUR")).amount)
        'EUR -5.00'
    """

    code: str
    amount: Money
    kind: str = "discount"
    funder: str = MERCHANT
    promotion: PromotionId | None = attrs.field(default=None, converter=_promotion)
    stage: str = ""
    basis: Money | None = None
    note: str = ""
    actor: str = ""
    approver: str = ""

    def __attrs_post_init__(self) -> None:
        if type(self.amount) is not Money:
            raise InvalidValue("adjustment.amount", "amount", self.amount, "Money")
        if not (self.code and self.kind and self.funder):
            empty = "code" if not self.code else "kind" if not self.kind else "funder"
            raise InvalidValue(f"adjustment.{empty}", empty, "", "a slug")


def discounts_of(
    given: tuple[str, str, str, PromotionId, str], amounts: Iterable[Money], bases: Iterable[Money]
) -> list[Adjustment]:
    """Discounts from a promotion's code, kind, funder, id and stage, which are valid already.

    One for each amount, below zero, with what it was computed from.

    Example:
        >>> [made] = discounts_of(
        ...     ("a.b", "deal", MERCHANT, PromotionId("p"), "item"),
        ...     [Money(-5, "EUR")],
        ...     [Money(50, "EUR")],
        ... )
        >>> made == Adjustment(
        ...     code="a.b",
        ...     amount=Money(-5, "EUR"),
        ...     kind="deal",
        ...     promotion="p",
        ...     stage="item",
        ...     basis=Money(50, "EUR"),
        ... )
        True
    """
    code, kind, funder, promotion, stage = given
    make = trusted(Adjustment)
    return [
        make(
            code=code,
            amount=amount,
            kind=kind,
            funder=funder,
            promotion=promotion,
            stage=stage,
            basis=basis,
        )
        for amount, basis in zip(amounts, bases, strict=True)
    ]


@attrs.frozen(kw_only=True)
@checked
class TaxShare:
    """One tax on one amount.

    ``included`` says that ``amount`` is contained in the price already; otherwise the buyer pays
    it on top. ``base`` is the amount that is taxed: with tax when included, else without; a
    compound tax is of the taxes below it besides. ``rate`` is None where a channel reports an
    amount only. What ``marketplace`` collects passes the seller by. ``treatment`` and ``reason``
    say why nothing is taxed where nothing is; the reason is what the invoice has to show.

    Raises:
        InvalidValue: ``tax.amount``, ``tax.base``, ``tax.rate``.

    Example:
        >>> share = TaxShare(amount=Money(160, "EUR"), rate=Fraction(19, 100), included=True)
        >>> share.included, share.collector
        (True, 'merchant')
    """

    amount: Money
    rate: Fraction | None = None
    included: bool = False
    base: Money | None = None
    category: str = "standard"
    jurisdiction: str = ""
    component: str = "tax"
    collector: str = MERCHANT
    treatment: TaxTreatment = attrs.field(default=_TAXED, converter=tax_treatment)
    reason: str = ""

    def __attrs_post_init__(self) -> None:
        if type(self.amount) is not Money:
            raise InvalidValue("tax.amount", "amount", self.amount, "Money")
        if self.base is not None and type(self.base) is not Money:
            raise InvalidValue("tax.base", "base", self.base, "Money or None")
        if self.rate is not None and type(self.rate) is not Fraction:
            raise InvalidValue("tax.rate", "rate", self.rate, "a Fraction or None")


def _adjustments(given: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    return as_tuple(given)


def _taxes(given: Iterable[TaxShare]) -> tuple[TaxShare, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class PricedAmount:
    """What lines, charges and refunds share: a list amount, its adjustments, its taxes.

    All figures are derived from these, so they cannot disagree: ``net + tax == gross``, and
    ``gross`` is what the buyer pays. Each figure is O(adjustments + taxes).

    Example:
        >>> line = PricedAmount(
        ...     list_amount=Money(1190, "EUR"),
        ...     adjustments=[Adjustment(code="coupon", amount=Money(-190, "EUR"), funder="brand")],
        ...     taxes=[TaxShare(amount=Money(160, "EUR"), included=True)],
        ... )
        >>> [str(m) for m in (line.gross, line.net, line.tax, line.funded(), line.revenue)]
        ['EUR 10.00', 'EUR 8.40', 'EUR 1.60', 'EUR 1.90', 'EUR 11.90']
    """

    list_amount: Money
    adjustments: tuple[Adjustment, ...] = attrs.field(default=(), converter=_adjustments)
    taxes: tuple[TaxShare, ...] = attrs.field(default=(), converter=_taxes)

    def _money(self, minor: int) -> Money:
        return Money(minor, self.list_amount.currency)

    @property
    def amount(self) -> Money:
        """The list amount after all adjustments, before taxes that come on top."""
        return self._money(self.list_amount.minor + sum([a.amount.minor for a in self.adjustments]))

    @property
    def gross_minor(self) -> int:
        """What the buyer pays, in minor units; sums of many parts need no Money for each."""
        added = sum([share.amount.minor for share in self.taxes if not share.included])
        return self.list_amount.minor + sum([a.amount.minor for a in self.adjustments]) + added

    @property
    def tax(self) -> Money:
        """All taxes, included or on top, whoever collects them."""
        return self._money(sum(share.amount.minor for share in self.taxes))

    @property
    def gross(self) -> Money:
        """What the buyer pays."""
        return self._money(self.gross_minor)

    @property
    def net(self) -> Money:
        """What the buyer pays, without tax."""
        inside = sum(share.amount.minor for share in self.taxes if share.included)
        return self._money(self.amount.minor - inside)

    @property
    def discount(self) -> Money:
        """How much lower than the list amount it became; negative after surcharges."""
        return self._money(-sum(a.amount.minor for a in self.adjustments))

    def funded(self, by: str | None = None) -> Money:
        """What others than the seller pay of it; of one funder when ``by`` names one."""
        return self._money(
            -sum(
                a.amount.minor
                for a in self.adjustments
                if (a.funder != MERCHANT if by is None else a.funder == by)
            )
        )

    @property
    def revenue(self) -> Money:
        """What the seller gets from all sides, tax included: ``gross + funded()``."""
        return self._money(self.gross.minor + self.funded().minor)

    @property
    def unexplained(self) -> Money:
        """The part of the amount that nothing the channel said explains."""
        return self._money(sum(a.amount.minor for a in self.adjustments if a.code == UNEXPLAINED))


def check_parts(part: PricedAmount, faults: FaultList) -> None:
    """Note what is no part of a priced amount, or of another currency than the list amount.

    Example:
        >>> from ordercore.kernel import problems
        >>> faults = problems()
        >>> check_parts(PricedAmount(list_amount=Money(1, "EUR")), faults)
        >>> len(faults)
        0
    """
    if type(part.list_amount) is not Money:
        faults.add("quote.list_amount", "list_amount", part.list_amount, "Money")
        return
    currency = part.list_amount.currency
    for position, adjustment in enumerate(part.adjustments):
        path = f"adjustments[{position}]"
        if not isinstance(adjustment, Adjustment):
            faults.add("quote.adjustment", path, adjustment, "an Adjustment")
        elif adjustment.amount.currency != currency:
            faults.add("money.currency_mismatch", path, adjustment.amount, f"currency {currency}")
    for position, share in enumerate(part.taxes):
        path = f"taxes[{position}]"
        if not isinstance(share, TaxShare):
            faults.add("quote.tax", path, share, "a TaxShare")
        elif share.amount.currency != currency:
            faults.add("money.currency_mismatch", path, share.amount, f"currency {currency}")

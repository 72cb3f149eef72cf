"""What a quote was made from: to ask it again, and to tell whether it is still what it was."""

from __future__ import annotations

import attrs

from ordercore.kernel import FaultList, checked
from ordercore.pricing.charges.charge_book import NO_CHARGES, ChargeBook
from ordercore.pricing.policy import DEFAULT_PRICING, PricingPolicy
from ordercore.pricing.prices.price_book import PriceBook
from ordercore.pricing.promotions.meter import NOTHING_USED, UsageSnapshot
from ordercore.pricing.quote import Quote
from ordercore.pricing.taxes.tax import NO_TAX, TaxTable

__all__ = ["QuoteInputs"]


@attrs.frozen(kw_only=True)
@checked
class QuoteInputs:
    """The book, taxes, policy, tariff and usage that quotes are made from, as one value.

    A computed quote names each by its digest. Whether they are the ones is asked by
    :meth:`differences`. A quote that was made with a :class:`~ordercore.pricing.UsageSnapshot` is
    asked again with that very one: who lets promotions be asked again keeps it with the quote.

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.pricing import Cart, CartLine, quote
        >>> book = PriceBook.of({"TEA": Money(500, "EUR")})
        >>> q = quote(
        ...     Cart(lines=[CartLine("1", sku="TEA", quantity=2)]), book, at="2026-01-01T00:00Z"
        ... )
        >>> QuoteInputs(book=book).differences(q)
        ()
        >>> QuoteInputs(book=PriceBook.of({"TEA": Money(600, "EUR")})).differences(q)
        ('book',)
    """

    book: PriceBook
    taxes: TaxTable = NO_TAX
    policy: PricingPolicy = DEFAULT_PRICING
    tariff: ChargeBook = NO_CHARGES
    usage: UsageSnapshot = NOTHING_USED

    def differences(self, quote: Quote) -> tuple[str, ...]:
        """Which of these five, by name, a quote was not made from."""
        return tuple(name for name, mine, its in self._digests(quote) if mine != its)

    def _digests(self, quote: Quote) -> tuple[tuple[str, str, str], ...]:
        # A quote without a tariff names none.
        none = not quote.charge_digest and self.tariff == NO_CHARGES
        return (
            ("book", self.book.digest, quote.book_digest),
            ("taxes", self.taxes.digest, quote.tax_digest),
            ("policy", self.policy.digest, quote.policy_digest),
            ("tariff", "" if none else self.tariff.digest, quote.charge_digest),
            ("usage", self.usage.digest, quote.usage_digest or NOTHING_USED.digest),
        )

    def check(self, quote: Quote, faults: FaultList) -> None:
        """Note each input that the quote was not made from, as ``quote.other_<input>``."""
        for name, mine, its in self._digests(quote):
            if mine != its:
                faults.add(f"quote.other_{name}", f"inputs.{name}", mine, its)

"""Whether a quote is still the one that was given: before an order is made of it."""

from __future__ import annotations

import attrs

from ordercore.kernel import FactValue, Instant, Reason, answering, checked, instant_at
from ordercore.pricing.after.quote_inputs import QuoteInputs
from ordercore.pricing.cart import Cart, CartLine
from ordercore.pricing.charges.charge_book import NO_CHARGES
from ordercore.pricing.quote import Quote

__all__ = ["ExpectedQuote"]


@attrs.frozen(kw_only=True)
@checked
class ExpectedQuote:
    """What the host knows of a quote that comes back to it; what is left out is not asked.

    A quote is kept as it comes, so what was made of it on the way, and what has changed since, is
    asked before it is: by the cart that it is to answer, by the digest that it had when it was
    given, and by the digests of what quotes are made from now.

    Args:
        cart: The cart as it is now; the order of its lines does not matter, and its currency only
            where it names one.
        digest: :attr:`Quote.digest` as the host kept it.
        book_digest: Of the price book that counts now.
        tax_digest: Of the taxes.
        policy_digest: Of the pricing policy.
        charge_digest: Of the tariff.

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.pricing import PriceBook, quote
        >>> book = PriceBook.of({"TEA": Money(900, "EUR")})
        >>> cart = Cart(lines=[CartLine("1", sku="TEA", quantity=2)])
        >>> q = quote(cart, book, at="2026-01-01T00:00Z")
        >>> kept = ExpectedQuote.of(QuoteInputs(book=book), cart=cart, digest=q.digest)
        >>> kept.reasons(q, at="2026-01-02T00:00Z")
        ()
        >>> dearer = QuoteInputs(book=PriceBook.of({"TEA": Money(990, "EUR")}))
        >>> [reason.code for reason in ExpectedQuote.of(dearer).reasons(q, at="2026-01-02T00:00Z")]
        ['quote.stale']
        >>> cheaper = attrs.evolve(q, rounding=Money(-1700, "EUR"))
        >>> [reason.code for reason in kept.reasons(cheaper, at="2026-01-02T00:00Z")]
        ['quote.mismatch']
    """

    cart: Cart | None = None
    digest: str = ""
    book_digest: str = ""
    tax_digest: str = ""
    policy_digest: str = ""
    charge_digest: str = ""

    @classmethod
    def of(
        cls, inputs: QuoteInputs, *, cart: Cart | None = None, digest: str = ""
    ) -> ExpectedQuote:
        """A quote that was made from these inputs."""
        return cls(
            cart=cart,
            digest=digest,
            book_digest=inputs.book.digest,
            tax_digest=inputs.taxes.digest,
            policy_digest=inputs.policy.digest,
            charge_digest="" if inputs.tariff == NO_CHARGES else inputs.tariff.digest,
        )

    def reasons(self, quote: Quote, *, at: Instant) -> tuple[Reason, ...]:
        """Everything about a quote that is not as expected, at a moment.

        Codes: ``quote.stale`` once its time is over, or when something that it was made from is not
        what counts now (``changed``: ``book``, ``taxes``, ``policy``, ``tariff``);
        ``quote.mismatch`` when it answers another cart (``differs``: the fields of the cart), or is
        not what was given (``differs``: ``amounts``).
        """
        reasons = [*stale(quote, at=at, changed=self._changed(quote))]
        differs = self._differs(quote)
        if differs:
            reasons.append(
                Reason(
                    "quote.mismatch",
                    facts={"differs": differs},
                    obtain="the quote of this cart, as it was given",
                )
            )
        return tuple(reasons)

    def _changed(self, quote: Quote) -> tuple[str, ...]:
        pairs = (
            ("book", self.book_digest, quote.book_digest),
            ("taxes", self.tax_digest, quote.tax_digest),
            ("policy", self.policy_digest, quote.policy_digest),
            ("tariff", self.charge_digest, quote.charge_digest),
        )
        return tuple(name for name, mine, its in pairs if mine and mine != its)

    def _differs(self, quote: Quote) -> tuple[str, ...]:
        differs = () if self.cart is None else _unlike(self.cart, quote)
        if self.digest and self.digest != quote.digest:
            differs = (*differs, "amounts")
        return differs


@answering
def stale(quote: Quote, *, at: Instant, changed: tuple[str, ...] = ()) -> tuple[Reason, ...]:
    """The reason why a quote's time is over, or what has changed since it was made; or none.

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.pricing import Charge
        >>> tip = Charge("tip", kind="tip", list_amount=Money(1, "EUR"))
        >>> q = Quote(
        ...     currency="EUR",
        ...     at="2026-01-01T00:00Z",
        ...     lines=[],
        ...     charges=[tip],
        ...     valid_until="2026-01-02T00:00Z",
        ... )
        >>> [len(stale(q, at=at)) for at in ("2026-01-01T23:59Z", "2026-01-02T00:00Z")]
        [0, 1]
    """
    moment = instant_at(at, "at")
    facts: dict[str, FactValue] = {}
    if quote.valid_until is not None and moment >= quote.valid_until:
        facts = {"valid_until": quote.valid_until, "now": moment}
    if changed:
        facts["changed"] = changed
    if not facts:
        return ()
    return (Reason("quote.stale", facts=facts, obtain="a new quote of the same cart"),)


def _unlike(cart: Cart, quote: Quote) -> tuple[str, ...]:
    """The fields in which a quote answers another cart."""
    if not quote.lines:
        return ("lines",)
    answered = quote.cart()
    return tuple(
        field.name
        for field in attrs.fields(Cart)
        if field.init and _said(cart, field.name, answered) != _said(answered, field.name, answered)
    )


def _said(cart: Cart, name: str, answered: Cart) -> object:
    value: object = getattr(cart, name)
    if name == "lines":
        return sorted(cart.lines, key=_line_id)
    if name == "currency" and value is None:
        return answered.currency
    return value


def _line_id(line: CartLine) -> str:
    return line.line_id

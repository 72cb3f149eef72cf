"""A quote as the discount object of the Universal Commerce Protocol (UCP).

Source: the discount extension ``dev.ucp.shopping.discount``, release 2026-08-25, with its refusal
codes and messages; https://ucp.dev/2026-08-25/specification/discount. Amounts are positive and in
minor units; allocations name their targets by JSONPath (RFC 9535).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from ordercore.kernel import (
    CouponCode,
    Json,
    LineId,
    PromotionId,
    answering,
    expect,
    items_as,
    problems,
)
from ordercore.pricing import (
    AmountOff,
    Explanation,
    Ladder,
    Per,
    PercentOff,
    PriceBook,
    Promotion,
    Quote,
    QuoteInputs,
    QuoteSource,
    SpendAndSave,
    SpendEvery,
    Stage,
)

__all__ = ["UCP_DISCOUNT_VERSION", "ucp_discounts"]

UCP_DISCOUNT_VERSION: Final = "2026-08-25"
"""The release of the discount extension that :func:`ucp_discounts` follows."""

_FULFILLMENT: Final = '$.totals[?@.type == "fulfillment"]'
_FEE: Final = '$.totals[?@.type == "fee"]'
_STAGES: Final = {stage: number for number, stage in enumerate(Stage)}

_EXPIRED: Final = "discount_code_expired"
_INVALID: Final = "discount_code_invalid"
_ALREADY: Final = "discount_code_already_applied"
_COMBINED: Final = "discount_code_combination_disallowed"
_LOGGED_OUT: Final = "discount_code_user_not_logged_in"
_INELIGIBLE: Final = "discount_code_user_ineligible"

_WHY: Final[Mapping[str, str]] = {
    "promotion.ended": _EXPIRED,
    "promotion.not_yet": _INVALID,
    "promotion.stopped": _COMBINED,
    "promotion.exclusive": _COMBINED,
    "promotion.not_first": _COMBINED,
    "promotion.not_best": _COMBINED,
    "promotion.not_in_combination": _COMBINED,
    "promotion.units_used": _COMBINED,
    "promotion.nothing_left": _COMBINED,
}
"""Our reasons in the protocol's words; all others are of buyers or carts that do not qualify."""

_SAYS: Final[Mapping[str, str]] = {
    _EXPIRED: "Code '{code}' has expired",
    _INVALID: "Code '{code}' is not valid",
    _ALREADY: "Code '{code}' is applied already",
    _COMBINED: "Code '{code}' cannot be combined with another discount",
    _LOGGED_OUT: "Code '{code}' needs a customer who is logged in",
    _INELIGIBLE: "This order does not qualify for code '{code}'",
}


class _Given(NamedTuple):
    """One discount, whole: who gave it, and how much of it went where."""

    promotion: PromotionId | None
    title: str
    paths: dict[str, int]


@answering
def ucp_discounts(
    quote: Quote,
    inputs: QuoteInputs | None = None,
    *,
    codes: Iterable[str] | None = None,
    line_ids: Iterable[str] | None = None,
) -> dict[str, Json]:
    """What a cart or checkout of UCP says of its discounts: ``discounts`` and ``messages``.

    ``discounts`` holds the submitted codes and what was applied: of each promotion its title,
    amount, code or ``automatic``, method, priority (its place in the order of application) and
    allocations, which sum to the amount. What was taken off by hand, or by a channel without
    saying by what, is a discount of its own. ``messages`` holds a warning for each code that gave
    nothing, with the protocol's refusal code. Nothing is a network call; the answer is plain data.

    Args:
        quote: The quote of the cart.
        inputs: What the quote was made from: titles, codes and refusals come from its book. None
            for a recorded quote, of which only what stands in it can be told.
        codes: The codes that were submitted, in the host's spelling; the quote's coupons by
            default. Each is told by its place among them.
        line_ids: The lines in the order in which the checkout has them; by default the quote's.

    Raises:
        InvalidBatch: ``quote.other_book``, ``quote.other_taxes``, ``quote.other_policy``,
            ``quote.other_tariff``; ``ucp.line`` for a line of the quote that is not among
            ``line_ids``; ``ucp.inputs`` for a computed quote without inputs.

    Example:
        >>> from ordercore.kernel import Money
        >>> from ordercore.pricing import Cart, CartLine, PriceBook, percent_off
        >>> from ordercore.pricing import quote as price
        >>> book = PriceBook.of(
        ...     {"TEE": Money(2000, "USD")},
        ...     promotions=[percent_off("summer", 20, coupon="SUMMER20", title="Summer Sale")],
        ... )
        >>> cart = Cart(lines=[CartLine("1", sku="TEE", quantity=2)], coupons=["SUMMER20", "OLD"])
        >>> q = price(cart, book, at="2026-07-01T00:00Z")
        >>> told = ucp_discounts(q, QuoteInputs(book=book), codes=["SUMMER20", "OLD"])
        >>> told["discounts"]["applied"]
        [{'code': 'SUMMER20', 'title': 'Summer Sale', 'amount': 800, 'automatic': False,
          'method': 'each', 'priority': 1,
          'allocations': [{'path': '$.line_items[0]', 'amount': 800}]}]
        >>> [(message["code"], message["path"]) for message in told["messages"]]
        [('discount_code_invalid', '$.discounts.codes[1]')]
    """
    expect(quote, Quote, "quote")
    submitted = quote.coupons if codes is None else items_as(codes, CouponCode, "codes")
    faults = problems()
    if inputs is not None:
        inputs.check(quote, faults)
    elif quote.source is QuoteSource.COMPUTED:
        faults.add("ucp.inputs", "inputs", None, "what the quote was made from")
    order = [line.line_id for line in quote.lines]
    if line_ids is not None:
        order = list(items_as(line_ids, LineId, "line_ids"))
    places = {line_id: number for number, line_id in enumerate(order)}
    for line in quote.lines:
        if line.line_id not in places:
            faults.add("ucp.line", "line_ids", line.line_id, "every line of the quote")
    faults.raise_if_any("UCP discounts")
    book = None if inputs is None else inputs.book
    given = _given(quote, book, places)
    applied = [_applied(each, number, book, quote.coupons) for number, each in enumerate(given, 1)]
    taken = {each.promotion for each in given}
    return {
        "discounts": {"codes": [str(code) for code in submitted], "applied": applied},
        "messages": [] if inputs is None else _messages(quote, inputs, submitted, taken),
    }


def _given(quote: Quote, book: PriceBook | None, places: Mapping[LineId, int]) -> list[_Given]:
    """The discounts in the order in which they were applied."""
    found: dict[tuple[PromotionId | None, str], _Given] = {}
    parts = [
        *((f"$.line_items[{places[line.line_id]}]", line) for line in quote.lines),
        *((_FULFILLMENT if c.kind == "shipping" else _FEE, c) for c in quote.charges),
    ]
    for path, part in parts:
        for change in part.adjustments:
            promotion = change.promotion
            title = change.note or change.kind
            if promotion is not None:
                title = "" if book is None else book.promotion(promotion).title
                title = title or promotion
            elif change.amount.minor >= 0:
                continue
            key = (promotion, "" if promotion else title)
            known = found.setdefault(key, _Given(promotion, title, {}))
            known.paths[path] = known.paths.get(path, 0) - change.amount.minor
    some = [each for each in found.values() if sum(each.paths.values()) > 0]
    if book is None:
        return some
    return sorted(some, key=lambda each: _turn(each, book))


def _turn(given: _Given, book: PriceBook) -> tuple[int, int, str, tuple[int, int, str]]:
    """A promotion's place in the order of application; what people gave comes last."""
    if given.promotion is None:
        return len(_STAGES), 0, given.title, (0, 0, "")
    promotion = book.promotion(given.promotion)
    group = book.group_of(promotion)
    if group is None:
        stage, priority, id = promotion.rank
    else:
        stage, priority, id = _STAGES[group.stage], -group.priority, group.group_id
    return stage, priority, id, promotion.rank


def _applied(
    given: _Given, priority: int, book: PriceBook | None, coupons: Iterable[CouponCode]
) -> Json:
    code, method = None, None
    if book is not None and given.promotion is not None:
        promotion = book.promotion(given.promotion)
        code, method = promotion.coupon, _method(promotion)
        if promotion.batch is not None:
            code = next(filter(promotion.batch.has_form, coupons), None)
    told: dict[str, Json] = {} if code is None else {"code": str(code)}
    told |= {
        "title": str(given.title),
        "amount": sum(given.paths.values()),
        "automatic": code is None,
    }
    if method is not None:
        told["method"] = method
    return told | {
        "priority": priority,
        "allocations": [
            {"path": path, "amount": amount} for path, amount in given.paths.items() if amount
        ],
    }


def _method(promotion: Promotion) -> str:
    """Whether it was reckoned for each item, or for all together and split by value."""
    effect = promotion.effect
    match effect:
        case PercentOff(per=None):
            across = promotion.stage not in {Stage.ITEM, Stage.GROUP}
        case PercentOff(per=per) | AmountOff(per=per):
            across = per is Per.SELECTION
        case _:
            across = isinstance(effect, SpendAndSave | SpendEvery | Ladder)
    return "across" if across else "each"


# --- codes that gave nothing ---


def _messages(
    quote: Quote,
    inputs: QuoteInputs,
    submitted: Iterable[CouponCode],
    taken: set[PromotionId | None],
) -> list[Json]:
    asked: dict[CouponCode, list[Promotion]] = {}
    for promotion in inputs.book.promotions:
        if promotion.coupon is not None:
            asked.setdefault(promotion.coupon, []).append(promotion)
        elif promotion.batch is not None:
            for code in filter(promotion.batch.has_form, quote.coupons):
                asked.setdefault(code, []).append(promotion)
    messages: list[Json] = []
    seen: set[str] = set()
    for number, code in enumerate(submitted):
        promotions = asked.get(code, []) if code in quote.coupons else []
        again = code.casefold() in seen
        seen.add(code.casefold())
        if again:
            why, more = _ALREADY, ""
        elif any(promotion.promotion_id in taken for promotion in promotions):
            continue
        else:
            why, more = _refusal(quote, inputs, promotions)
        messages.append(
            {
                "type": "warning",
                "code": why,
                "path": f"$.discounts.codes[{number}]",
                "content": _SAYS[why].format(code=code) + more,
            }
        )
    return messages


def _refusal(quote: Quote, inputs: QuoteInputs, promotions: Iterable[Promotion]) -> tuple[str, str]:
    """The protocol's word for why a code gave nothing, and what is missing, for people."""
    for promotion in promotions:
        told = quote.explain(
            promotion.promotion_id,
            inputs.book,
            policy=inputs.policy,
            taxes=inputs.taxes,
            usage=inputs.usage,
        )
        whys = [_WHY.get(reason.code, _INELIGIBLE) for reason in told.reasons]
        for why in (_EXPIRED, _INVALID):
            if why in whys:
                return why, ""
        if _INELIGIBLE in whys:
            return _ineligible(quote, promotion, told)
        return _COMBINED, ""
    return _INVALID, ""


def _ineligible(quote: Quote, promotion: Promotion, told: Explanation) -> tuple[str, str]:
    rule = promotion.when
    if quote.customer is None and rule is not None and "customer" in rule.to_text():
        return _LOGGED_OUT, ""
    missing = told.missing
    return _INELIGIBLE, "" if missing is None or not missing.more else f": {missing.short} short"

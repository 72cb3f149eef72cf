"""Coupon codes that are made elsewhere: batches of them, and what the host knows of one code.

A book holds no codes of a batch. A code belongs to a batch by its form (prefix, length, check
character), or because the host vouches for it with a record; most shops ask for both.
"""

from __future__ import annotations

from typing import Final

import attrs

from ordercore.kernel import Choice, CouponCode, CustomerId, Span, checked, problems

__all__ = ["CodeCheck", "CouponBatch", "IssuedCoupon"]

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MAX_LENGTH: Final = 200


class CodeCheck(Choice):
    """How the last character of a code proves that it was not mistyped."""

    NONE = "none"
    """It proves nothing."""
    LUHN_36 = "luhn_36"
    """The Luhn algorithm modulo 36, over the digits and capital letters of the whole code; other
    characters are left out. It finds every single wrong character and most swapped neighbours. It
    keeps nobody from making codes up: for that, codes have to be ``listed``."""


def _luhn_36(code: str) -> bool:
    """Whether the doubled sum of a code, from its check character backwards, is 0 modulo 36."""
    values = [_ALPHABET.index(each) for each in code if each in _ALPHABET]
    whole = 0
    for place, value in enumerate(reversed(values)):
        added = value * (1 + place % 2)
        whole += added // 36 + added % 36
    return len(values) > 1 and whole % 36 == 0


@attrs.frozen
@checked
class CouponBatch:
    """Codes that were generated together, as a value: their form, their limits, their time.

    Args:
        batch_id: The batch's name; promotions that share it share its codes.
        prefix: How its codes begin; a book finds the batch by it.
        length: Characters of a whole code; None for any number.
        check: What the last character proves.
        listed: Whether a code needs an :class:`IssuedCoupon` of this batch in the
            :class:`~ordercore.pricing.UsageSnapshot`.
        uses_per_code: How many orders may use one code; None for any number.
        uses_per_customer: How many orders of one customer may use one code.
        span: When its codes are valid, beside the promotion's own span.

    Raises:
        InvalidBatch: ``coupon_batch.id``, ``coupon_batch.length``, ``coupon_batch.open`` (neither
            a prefix nor listed: every code would open it), ``coupon_batch.uses_per_code``,
            ``coupon_batch.uses_per_customer`` (below 1), ``coupon_batch.span``.

    Example:
        >>> spring = CouponBatch("spring", prefix="SPRING-", length=12, check="luhn_36")
        >>> spring.has_form("SPRING-4F7K8"), spring.has_form("SPRING-4F7K2")
        (True, False)
    """

    batch_id: str
    prefix: str = attrs.field(default="", kw_only=True)
    length: int | None = attrs.field(default=None, kw_only=True)
    check: CodeCheck = attrs.field(default=CodeCheck.NONE, converter=CodeCheck, kw_only=True)
    listed: bool = attrs.field(default=False, kw_only=True)
    uses_per_code: int | None = attrs.field(default=1, kw_only=True)
    uses_per_customer: int | None = attrs.field(default=None, kw_only=True)
    span: Span = attrs.field(factory=Span, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.batch_id:
            faults.add("coupon_batch.id", "batch_id", self.batch_id, "a name")
        if self.length is not None and not len(self.prefix) < self.length <= _MAX_LENGTH:
            expected = f"longer than the prefix, at most {_MAX_LENGTH}"
            faults.add("coupon_batch.length", "length", self.length, expected)
        if not self.prefix and self.listed is False:
            faults.add("coupon_batch.open", "prefix", self.prefix, "a prefix, or listed codes")
        for name in ("uses_per_code", "uses_per_customer"):
            limit = getattr(self, name)
            if limit is not None and limit < 1:
                faults.add(f"coupon_batch.{name}", name, limit, "an integer ≥ 1, or None")
        faults.raise_if_any("coupon batch")

    def has_form(self, code: str) -> bool:
        """Whether a code has the form of the batch's codes. O(length)."""
        return (
            code.startswith(self.prefix)
            and (self.length is None or len(code) == self.length)
            and (self.check is CodeCheck.NONE or _luhn_36(code))
        )


@attrs.frozen
@checked
class IssuedCoupon:
    """What the host knows of one code: its batch, for whom it is, and until when.

    Raises:
        InvalidValue: ``identifier.invalid``.

    Example:
        >>> IssuedCoupon("SPRING-4F7K8", "spring", customer="c-9").customer
        CustomerId('c-9')
    """

    code: CouponCode = attrs.field(converter=CouponCode)
    batch: str
    customer: CustomerId | None = attrs.field(
        default=None, converter=attrs.converters.optional(CustomerId), kw_only=True
    )
    span: Span = attrs.field(factory=Span, kw_only=True)

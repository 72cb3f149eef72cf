"""What a strict type checker must accept, and what it must refuse; checked by `make test`, never run."""

from __future__ import annotations

from typing import assert_type

from ordercore.kernel import Money, OrderId, Reason, Refusal, apportion, total

tea = Money.of("128.00", "CNY")
assert_type(tea, Money)
assert_type(tea + tea, Money)
assert_type(tea * 2, Money)
assert_type(tea.minor, int)
assert_type(tea.apportion([1, 2]), tuple[Money, ...])
assert_type(total([tea, tea], "CNY"), Money)
assert_type(apportion(100, [1, 2]), tuple[int, ...])

# Plain strings are taken where typed identifiers stand.
refusal = Refusal((Reason("stock.short", facts={"have": 1, "need": 2}),))
assert_type(refusal.codes, tuple[str, ...])
order_id: str = OrderId("o-1")

Money(12.5, "CNY")  # type: ignore[arg-type]
tea + 1  # type: ignore[operator]
tea * 1.5  # type: ignore[operator]
tea.minor = 3  # type: ignore[misc]

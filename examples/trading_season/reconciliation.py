"""Our own quote beside the recorded one: a comparison, never a replacement."""

from __future__ import annotations

from collections import Counter

import attrs

from ordercore.channels import OrderDraft
from ordercore.kernel import Refusal
from ordercore.network import Destination
from ordercore.pricing import Charge, Quote, compare, try_quote
from trading_season.sources import Trade

__all__ = ["PriceCheck", "Verdict", "check_price"]

KINDS = ("loyalty", "coupon_match", "coupon")


@attrs.frozen(kw_only=True)
class Verdict:
    """Whether our price is the one that was paid, and why not."""

    equal: bool
    reasons: tuple[str, ...] = ()
    off_minor: int = 0
    witnessed: bool = False


class PriceCheck:
    """The season's verdicts, counted."""

    def __init__(self) -> None:
        self.compared = 0
        self.equal = 0
        self.reasons: Counter[str] = Counter()
        self.main: Counter[str] = Counter()
        self.off_minor = 0
        self.witnessed = 0
        self.witnessed_equal = 0

    def add(self, verdict: Verdict) -> None:
        self.compared += 1
        self.equal += verdict.equal
        self.off_minor += abs(verdict.off_minor)
        self.witnessed += verdict.witnessed
        self.witnessed_equal += verdict.witnessed and verdict.equal
        if not verdict.equal:
            self.reasons.update(set(verdict.reasons))
            self.main[verdict.reasons[0]] += 1

    def witness_note(self) -> str:
        """How many of the equal ones lean on nothing but their own lines."""
        if not self.witnessed:
            return ""
        return (
            f"{self.witnessed:,} of the orders have every price confirmed by another order's line; "
            f"of these {self.witnessed_equal:,} are equal. In the rest, some line is the only witness "
            "of its own price."
        )

    def merge(self, other: PriceCheck) -> None:
        """Add another area's verdicts."""
        self.compared += other.compared
        self.equal += other.equal
        self.off_minor += other.off_minor
        self.witnessed += other.witnessed
        self.witnessed_equal += other.witnessed_equal
        self.reasons.update(other.reasons)
        self.main.update(other.main)


def check_price(
    trade: Trade, draft: OrderDraft, recorded: Quote, destination: Destination
) -> Verdict:
    """Price the cart of an order with the inferred book and say how the two totals differ.

    What we do not sell ourselves (fuel, carriage) is taken over at its list amount.
    """
    ours = try_quote(
        trade.cart(draft, destination),
        trade.book(draft.placed_at),
        at=draft.placed_at,
        taxes=trade.taxes,
        charges=[
            Charge(charge.charge_id, kind=charge.kind, list_amount=charge.list_amount)
            for charge in recorded.charges
        ],
    )
    if isinstance(ours, Refusal):
        return Verdict(equal=False, reasons=ours.codes)
    off = recorded.total.minor - ours.total.minor
    witnessed = trade.witnessed(draft)
    if not off:
        return Verdict(equal=True, witnessed=witnessed)
    effects: Counter[str] = Counter()
    for difference in compare(ours, recorded):
        if difference.effect:
            code = difference.code
            if code == "difference.discount":
                code = _which_discount(ours, recorded, difference.path)
            effects[code] += abs(difference.effect.minor)
    ranked = sorted(effects, key=lambda code: (-effects[code], code))
    return Verdict(
        equal=False,
        reasons=tuple(ranked) or ("difference.net",),
        off_minor=off,
        witnessed=witnessed,
    )


def _which_discount(ours: Quote, recorded: Quote, path: str) -> str:
    """The kind of discount that differs most on a line; several kinds may."""
    line_id = path.removeprefix("lines[").split("]")[0]
    mine, theirs = _by_kind(ours, line_id), _by_kind(recorded, line_id)
    kinds = sorted(set(mine) | set(theirs))
    worst = max(kinds, key=lambda kind: abs(mine[kind] - theirs[kind]), default="discount")
    return f"difference.{worst}"


def _by_kind(quote: Quote, line_id: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in quote.lines:
        if line.line_id == line_id:
            for adjustment in line.adjustments:
                found[adjustment.kind] += adjustment.amount.minor
    return found

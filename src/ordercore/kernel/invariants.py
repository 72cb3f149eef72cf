"""The laws of exact arithmetic, time and encoding, each about a question and its answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from ordercore.kernel.calendar import BusinessCalendar
from ordercore.kernel.encoding import encode, partition
from ordercore.kernel.hours import WorkingHours
from ordercore.kernel.instants import Instant, instant, to_text
from ordercore.kernel.invariant import Invariant, Violation
from ordercore.kernel.money import Money
from ordercore.kernel.quantity import Quantity
from ordercore.kernel.rounding import Rounding
from ordercore.kernel.span import Span
from ordercore.kernel.zone import LocalTime

__all__ = ["INVARIANTS"]

_NEAREST = frozenset({Rounding.HALF_UP, Rounding.HALF_EVEN})


def _shares_sum(total: int, weights: Sequence[int], shares: Sequence[int]) -> Violation | None:
    whole = sum(weights)
    if sum(shares) != total or len(shares) != len(weights):
        return Violation("INV-KERNEL-1", {"total": total, "shares": sum(shares)})
    for i, (weight, share) in enumerate(zip(weights, shares, strict=True)):
        if whole and abs(share * whole - total * weight) >= whole:
            return Violation("INV-KERNEL-1", {"position": i, "share": share, "weight": weight})
    return None


def _part_of_whole(total: int, part: int, whole: int, share: int) -> Violation | None:
    rest = abs(total) * part - abs(share) * whole
    # Below zero it was rounded away from zero; a whole piece off, it was not rounded down alone.
    if not 0 <= rest < whole or share * total < 0:
        return Violation("INV-KERNEL-2", {"total": total, "part": part, "share": share})
    return None


def _sum_of_money(left: Money, right: Money, total: Money) -> Violation | None:
    if not left.currency == right.currency == total.currency or total - right != left:
        return Violation(
            "INV-KERNEL-3", {"left": str(left), "right": str(right), "sum": str(total)}
        )
    return None


def _bracketed(
    numerator: int, denominator: int, rounding: Rounding, quotient: int
) -> Violation | None:
    size = abs(denominator)
    exact = numerator if denominator > 0 else -numerator
    off = quotient * size - exact
    allowed = {
        Rounding.DOWN: abs(quotient) * size <= abs(exact),
        Rounding.UP: abs(quotient) * size >= abs(exact),
        Rounding.FLOOR: off <= 0,
        Rounding.CEILING: off >= 0,
    }
    near = 2 * abs(off) <= size if rounding in _NEAREST else abs(off) < size
    if not near or not allowed.get(rounding, True):
        return Violation("INV-KERNEL-4", {"mode": rounding.value, "quotient": quotient})
    return None


def _shared_moments(left: Span, right: Span, shared: Span | None, at: datetime) -> Violation | None:
    inside = shared is not None and at in shared
    if inside is not (at in left and at in right) or (left.abuts(right) and shared is not None):
        return Violation("INV-KERNEL-5", {"at": to_text(at)})
    return None


def _one_way_to_write(value: object, canonical: bytes) -> Violation | None:
    text = canonical.decode("utf-8", "surrogatepass")
    read = json.loads(text)
    again = json.dumps(read, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if read != encode(value) or again != text:
        return Violation("INV-KERNEL-6", {"type": type(value).__name__})
    return None


def _one_shard(key: str, partitions: int, shard: int) -> Violation | None:
    if not 0 <= shard < partitions or partition(key, partitions) != shard:
        return Violation("INV-KERNEL-7", {"partitions": partitions, "shard": shard})
    return None


def _reads_back(value: Money | Quantity | Instant, text: str) -> Violation | None:
    match value:
        case Money():
            read: Money | Quantity | Instant = Money.parse(text)
        case Quantity():
            read = Quantity.parse(text, (value.unit,))
        case _:
            read = instant(text)
    return None if read == value else Violation("INV-KERNEL-8", {"text": text})


def _same_moment(at: datetime, shown: LocalTime) -> Violation | None:
    if shown.instant != at or shown.zone.local(shown.instant) != shown:
        return Violation("INV-KERNEL-9", {"at": to_text(at), "shown": str(shown)})
    return None


def _time_limit_kept(
    calendar: BusinessCalendar, at: datetime, time_limit: WorkingHours, deadline: datetime
) -> Violation | None:
    worked = calendar.working_time_between(at, deadline)
    if worked != time_limit.duration:
        return Violation("INV-KERNEL-10", {"deadline": to_text(deadline), "worked": str(worked)})
    return None


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "INV-KERNEL-1",
        "a total, its weights and its shares",
        "The shares sum to the total, and each is less than one unit off its exact part.",
        _shares_sum,
    ),
    Invariant(
        "INV-KERNEL-2",
        "a total, a part, its whole and the share of the part",
        "A cumulative share is its exact part rounded towards zero: all of all, none of none.",
        _part_of_whole,
    ),
    Invariant(
        "INV-KERNEL-3",
        "two amounts and their sum",
        "Amounts of one currency sum to an amount of it, and what was added can be taken off.",
        _sum_of_money,
    ),
    Invariant(
        "INV-KERNEL-4",
        "a numerator, a denominator, a rounding and its quotient",
        "A rounded quotient is less than one off, on the side that its mode names; nearest is at "
        "most half off.",
        _bracketed,
    ),
    Invariant(
        "INV-KERNEL-5",
        "two spans, their intersection and a moment",
        "A moment is in the intersection exactly where it is in both; spans that abut share none.",
        _shared_moments,
    ),
    Invariant(
        "INV-KERNEL-6",
        "a value and its canonical JSON",
        "Canonical JSON says the value in the one way there is to write it, whatever its order.",
        _one_way_to_write,
    ),
    Invariant(
        "INV-KERNEL-7",
        "a key, a number of partitions and the key's shard",
        "A key's shard is one of the partitions, and the same each time.",
        _one_shard,
    ),
    Invariant(
        "INV-KERNEL-8",
        "an amount, a quantity or an instant and its text",
        "The text form of an amount, a quantity or an instant reads back to an equal value.",
        _reads_back,
    ),
    Invariant(
        "INV-KERNEL-9",
        "a moment and what the clocks of a zone show at it",
        "A local time stands for exactly the moment at which the clocks show it.",
        _same_moment,
    ),
    Invariant(
        "INV-KERNEL-10",
        "a calendar, a moment, a time limit and the deadline",
        "Between a moment and its deadline lies exactly the working time that was asked for.",
        _time_limit_kept,
    ),
)
"""The laws of this package."""

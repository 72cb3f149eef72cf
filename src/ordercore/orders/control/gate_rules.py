"""Gates as data: what a command needs before it may happen, and which orders hold themselves."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore.kernel import Choice, Duration, as_tuple, checked, problems
from ordercore.orders.control.conditions import condition
from ordercore.orders.control.hold import FORWARD_VERBS, may_be_held, names

__all__ = ["DEFAULT_GATES", "Gate", "GateMode", "HoldRule"]


class GateMode(Choice):
    """What becomes of a command whose gates are closed."""

    REFUSE = "refuse"
    """It is refused with every reason."""
    HOLD = "hold"
    """It is taken as a request that waits. With the last of what is missing it happens by itself
    where it may (:data:`RESUMED_VERBS`); of any other command its sender is told."""
    ASK_AGAIN = "ask_again"
    """It is taken as a request that waits; its sender is told when it may be sent again."""


def _needs(given: Iterable[str]) -> tuple[str, ...]:
    # Reasons come in the order in which the host names its needs.
    needs = (given,) if isinstance(given, str) else as_tuple(given)
    named = type(needs) is tuple and all(isinstance(need, str) for need in needs)
    return tuple(dict.fromkeys(needs)) if named else needs


@attrs.frozen
@checked
class Gate:
    """What ``verb`` needs, all of it, for the orders for which ``when`` holds (all, when empty).

    A need is ``stock`` (every unit has stock held), ``payment`` (the money due is captured or
    authorised), ``no_hold`` (no hold at all), ``approval:<name>`` (given, for at least the amount
    due), ``review:<name>`` (the host's review rule of that name asks for none, or the approval of
    that name is given), or any other word: evidence of that name. A fact of ``when`` that is
    missing closes the gate. Several gates of one verb all apply. Verbs that are no commands are
    gates of a step inside one: ``invoice`` of an invoice that is issued, ``credit_note`` of a
    credit note, ``restock`` of a return of which units go back to stock.

    ``on_closed`` says what becomes of a command that it keeps back; None is what the host's rules
    say (``OrderRules.on_gate``). A command waits when every gate that is closed lets it. It waits
    for ``within`` at most, the shortest of these gates, and is then given up.

    Raises:
        InvalidBatch: ``gate.verb`` for a verb that nothing may stand in the way of (cancels, and
            what lifts holds and gates), ``gate.needs`` without a need or with an empty one,
            ``gate.within`` for a time that is not above zero.

    Example:
        >>> Gate("confirm", ["approval:credit"], when="order.total>CNY(500000)").when
        'order.total > CNY(500000)'
    """

    verb: str
    needs: tuple[str, ...] = attrs.field(converter=_needs)
    when: str = attrs.field(default="", converter=condition, kw_only=True)
    on_closed: GateMode | None = attrs.field(
        default=None, converter=attrs.converters.optional(GateMode), kw_only=True
    )
    within: Duration | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if self.within is not None and self.within.microseconds <= 0:
            faults.add("gate.within", "within", str(self.within), "a positive time")
        open_anyway = not may_be_held(self.verb) and self.verb not in {
            "receive_return",
            "request_return",
        }
        if not self.verb or open_anyway:
            faults.add("gate.verb", "verb", self.verb, "a command that may be gated")
        if not self.needs or not all(self.needs) or {"approval:", "review:"} & set(self.needs):
            faults.add("gate.needs", "needs", self.needs, "at least one word each")
        faults.raise_if_any("gate")


DEFAULT_GATES: tuple[Gate, ...] = (Gate("confirm", ("stock", "payment")),)


@attrs.frozen(kw_only=True)
@checked
class HoldRule:
    """Orders for which ``when`` holds are held by themselves, and released when it does no longer.

    It is asked after every decision and at every tick of a live order (draft, submitted or
    confirmed). A hold that somebody released by hand is not placed again. A fact that is missing
    holds nothing.

    Raises:
        InvalidBatch: ``hold.code`` when empty, ``hold.when`` without a condition, ``hold.verb`` and
            ``hold.blocks`` as in :class:`Hold`.

    Example:
        >>> HoldRule(code="limit", when="order.due > CNY(5000)", released_by=["credit"]).blocks[0]
        'close'
    """

    code: str
    when: str = attrs.field(converter=condition)
    blocks: tuple[str, ...] = attrs.field(default=FORWARD_VERBS, converter=names)
    released_by: tuple[str, ...] = attrs.field(default=(), converter=names)

    def __attrs_post_init__(self) -> None:
        faults = problems()
        if not self.code:
            faults.add("hold.code", "code", self.code, "a code")
        if not self.when:
            faults.add("hold.when", "when", self.when, "a condition")
        for verb in self.blocks:
            if not verb or not may_be_held(verb):
                faults.add("hold.verb", "blocks", verb, "a command that may be held")
        if not self.blocks:
            faults.add("hold.blocks", "blocks", self.blocks, "at least one command")
        faults.raise_if_any("hold rule")

"""What an order does by itself after a decision: holds come and go, and what waited goes on.

Everything here happens in the decision that made it possible and under its cause, so that nothing
is half done between two decisions. An order without holds, under rules that place none, pays for
one test.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, cast

import attrs

from ordercore.kernel import Context, Decision, Effect, Instant, Reason, Refusal, derived_id
from ordercore.orders.cause import Cause
from ordercore.orders.control.blocking import (
    Question,
    closed_gates,
    held,
    needs_met,
    question,
)
from ordercore.orders.control.commands import RecheckHolds, Tick
from ordercore.orders.control.conditions import holds, holds_outside
from ordercore.orders.control.events import HoldPlaced, HoldReleased
from ordercore.orders.control.gate_rules import HoldRule
from ordercore.orders.control.hold import Hold, HoldEnd
from ordercore.orders.draft import Draft, OrderDecision, refused
from ordercore.orders.events import OrderEvent
from ordercore.orders.evolve import evolve, replay
from ordercore.orders.lifecycle import Lifecycle, moves
from ordercore.orders.message import Instruction
from ordercore.orders.order import Order
from ordercore.orders.outside import subjects_of
from ordercore.orders.rules import OrderRules
from ordercore.orders.standing import NO_STANDING, LimitStanding
from ordercore.orders.timers import due_timers, moved, moving, sources

if TYPE_CHECKING:
    from ordercore.orders.commands import OrderCommand

__all__ = ["follow", "recheck", "tick"]

_ENDED = frozenset({Lifecycle.CANCELLED, Lifecycle.EXPIRED})


def follow(
    before: Order | None, answer: OrderDecision, context: Context, rules: OrderRules
) -> OrderDecision:
    """The decision with what follows from it, and with the timers to set."""
    if isinstance(answer, Refusal) or not answer.events:
        return answer
    events = answer.events
    if not rules.hold_rules and (before is None or not before.control.holds):
        moves_timers = moving(bool(rules.flows))
        # Plain loops: every decision comes by here, and most leave at the next line.
        for event in events:
            if type(event) in moves_timers:
                break
        else:
            return answer
        if all(type(event) is not HoldPlaced for event in events):
            due = moved(before, events, lambda: _after(before, events), rules)
            return attrs.evolve(answer, due=due) if due else answer
    return _carried_on(before, events, answer.effects, events[0].cause, context, rules)


def tick(order: Order, command: Tick, context: Context, rules: OrderRules) -> OrderDecision:
    """Everything that is due happens. Nothing due: no events, and the timers to set again."""
    draft = Draft(order, command, context)
    if order.commands_seen.find(draft.cause.id) is not None:
        # The same timer rang for something else before; what is saved now needs an id of its own.
        draft.rename(derived_id(draft.cause.id, str(order.version)))
    for source in sources():
        source.fire(draft, order, context.now, rules)
    events = draft.decision().events
    decision = _carried_on(order, events, draft.effects, draft.cause, context, rules)
    if decision.events:
        return decision
    return Decision((), due=due_timers(order, rules), version=order.version)


def recheck(
    order: Order, command: RecheckHolds, context: Context, rules: OrderRules
) -> OrderDecision:
    """The holds go whose rules hold by what is told; none: each rule that does not."""
    draft = Draft(order, command, context)
    decision = _carried_on(
        order, (), draft.effects, draft.cause, context, rules, standing=command.standing
    )
    if decision.events:
        return decision
    waiting = [hold for hold in order.control.holds if hold.auto and hold.auto.outside]
    if not waiting:
        none = Reason("hold.none", facts={"possible": 0}, obtain="a hold that waits for facts")
        return refused(none)
    return refused(*(_stays(order, hold) for hold in waiting))


def _stays(order: Order, hold: Hold) -> Reason:
    assert hold.auto is not None
    rule = hold.auto.outside
    return Reason(
        "hold.not_over",
        facts={
            "hold": hold.hold_id,
            "why": hold.code,
            "rule": rule,
            "waits_for": subjects_of(order, rule),
        },
        obtain="facts by which its rule holds",
    )


@cache
def _staged() -> frozenset[str]:
    """The commands that only some stages of the header take."""
    return frozenset(verb for _, verb in moves())


def _after(before: Order | None, events: Iterable[OrderEvent]) -> Order:
    order = replay(before, events)
    assert order is not None
    return order


def _carried_on(
    before: Order | None,
    events: tuple[OrderEvent, ...],
    effects: Iterable[Effect],
    cause: Cause,
    context: Context,
    rules: OrderRules,
    *,
    standing: LimitStanding = NO_STANDING,
) -> Decision[OrderEvent]:
    flow = _Flow(_after(before, events), events, effects, cause, context, rules, standing)
    flow.run()
    decision = flow.draft.decision()
    due = moved(before, decision.events, lambda: flow.order, rules)
    return attrs.evolve(decision, due=due) if due else decision


class _Flow:
    """The order as it goes on, and the decision that grows with it. Lives inside one call."""

    __slots__ = ("draft", "now", "order", "rules", "standing")

    def __init__(
        self,
        order: Order,
        events: tuple[OrderEvent, ...],
        effects: Iterable[Effect],
        cause: Cause,
        context: Context,
        rules: OrderRules,
        standing: LimitStanding,
    ) -> None:
        self.order = order
        self.rules = rules
        self.standing = standing
        self.now: Instant = max(context.now, order.last_at)
        self.draft = Draft.continued(order, events, effects, cause)

    def run(self) -> None:
        """Rules hold and let go, holds let go, and what waited goes on, until nothing moves."""
        self._holds_move()
        # Each round ends one wait, so that there are no more rounds than waits.
        while any(self._settled(hold) for hold in self.order.control.waiting):
            self._holds_move()

    def _holds_move(self) -> None:
        for rule in self.rules.hold_rules:
            self._by_rule(rule)
        going = True
        while going:
            going = False
            for hold in self.order.control.holds:
                if hold.auto is not None and self._satisfied(hold):
                    self._release(hold, HoldEnd.SATISFIED)
                    self._tell("hold", hold.hold_id, topic="hold.released")
                    going = True

    def _add(self, event: OrderEvent) -> None:
        self.draft.events.append(event)
        self.order = evolve(self.order, event)

    def _tell(self, *waited_for: str, topic: str) -> None:
        self.draft.by_itself(*waited_for)
        self.draft.notify(topic)

    def _release(self, hold: Hold, how: HoldEnd, at: Instant | None = None) -> None:
        self._add(
            HoldReleased(
                order_id=self.order.order_id,
                cause=self.draft.cause,
                hold_id=hold.hold_id,
                how=how,
                at=self.now if at is None else at,
            )
        )

    def _by_rule(self, rule: HoldRule) -> None:
        order = self.order
        running = [hold for hold in order.control.holds if hold.rule == rule.code]
        if order.lifecycle is Lifecycle.CLOSED or (not running and order.lifecycle in _ENDED):
            return
        applies = order.lifecycle not in _ENDED and holds(rule.when, order, unknown=False)
        for hold in running:
            if not applies:
                ended = order.lifecycle in _ENDED
                self._release(hold, HoldEnd.DROPPED if ended else HoldEnd.SATISFIED)
                self._tell("let_go", hold.hold_id, topic="hold.released")
        past = [known for known in order.control.ended if known.rule == rule.code]
        overruled = any(known.how is HoldEnd.RELEASED for known in past)
        if applies and not running and not overruled:
            hold_id = f"{rule.code}#{len(past) + 1}"
            self._add(
                HoldPlaced(
                    order_id=order.order_id,
                    cause=self.draft.cause,
                    hold=Hold(
                        hold_id=hold_id,
                        code=rule.code,
                        blocks=rule.blocks,
                        released_by=rule.released_by,
                        rule=rule.code,
                        placed_at=self.now,
                        placed_by="rule",
                    ),
                )
            )
            self._tell("held", hold_id, topic="hold.placed")

    def _satisfied(self, hold: Hold) -> bool:
        auto = hold.auto
        assert auto is not None
        if auto.outside:
            return holds_outside(auto.outside, self.order, self.standing)
        asked = Question(
            verb="release_hold",
            ask=hold.hold_id,
            now=self.now,
            ids=hold.scope.ids,
            apart=hold.hold_id,
        )
        order = self.order
        return needs_met(order, auto.needs, asked, self.rules) and (
            not auto.when or holds(auto.when, order, unknown=False)
        )

    # --- what waited ---

    def _settled(self, hold: Hold) -> bool:
        """Whether a wait has ended now: by time, with its order, or with the last of its needs."""
        assert hold.waits is not None
        command = hold.waits.instruction
        if not hold.runs_at(self.now):
            self._release(hold, HoldEnd.EXPIRED, hold.until)
            self._tell("expired", hold.hold_id, topic="hold.expired")
            return True
        order = self.order
        if command.verb in _staged() and (order.lifecycle, command.verb) not in moves():
            self._release(hold, HoldEnd.DROPPED)
            return True
        sender = Context(now=self.now, actor=hold.placed_by, role=hold.waits.role)
        asked = question(order, command, sender)
        if held(order, asked) or closed_gates(order, asked, self.rules):
            return False
        if hold.waits.resumes:
            self._resume(hold, command, sender)
        else:
            self._release(hold, HoldEnd.READY)
            self._tell("ready", hold.resumes, topic="command.ready")
        return True

    def _resume(self, hold: Hold, command: Instruction, sender: Context) -> None:
        """The command happens as its sender sent it, under the cause of what came last."""
        from ordercore.orders.answers import answer

        decision = answer(self.order, cast("OrderCommand", command), sender, self.rules)
        if isinstance(decision, Refusal):
            self._release(hold, HoldEnd.DROPPED)
            self._tell("dropped", hold.resumes, topic="command.dropped")
            return
        self._release(hold, HoldEnd.RESUMED)
        self.draft.by_itself("resumed", hold.resumes)
        start = len(self.draft.events)
        self.draft.take_over(decision)
        self.order = _after(self.order, self.draft.events[start:])

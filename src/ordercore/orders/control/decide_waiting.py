"""Commands that are kept back: refused with every reason, or taken as requests that wait."""

from __future__ import annotations

import attrs

from ordercore.kernel import Context, Reason, derived_id, shift
from ordercore.orders.control.blocking import Question, barred, closed_gates, held, question
from ordercore.orders.control.events import HoldPlaced
from ordercore.orders.control.gate_rules import Gate, GateMode
from ordercore.orders.control.hold import Hold
from ordercore.orders.control.waiting import RESUMED_VERBS, Waiting
from ordercore.orders.draft import Draft, OrderDecision, refused
from ordercore.orders.message import Instruction
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules

__all__ = ["kept_back", "would_wait"]


@attrs.frozen
class _Against:
    """What keeps a command back, short of its role."""

    gates: tuple[Gate, ...]
    words: tuple[str, ...]
    mode: GateMode


def _against(order: Order, asked: Question, rules: OrderRules) -> _Against:
    closed = closed_gates(order, asked, rules)
    holding = held(order, asked)
    modes = [gate.on_closed or rules.on_gate for gate, _ in closed]
    modes += [rules.on_gate] * bool(holding)
    if GateMode.REFUSE in modes or not modes:
        mode = GateMode.REFUSE
    else:
        mode = GateMode.ASK_AGAIN if GateMode.ASK_AGAIN in modes else GateMode.HOLD
    needs = [need for _, lacks in closed for need, _ in lacks]
    holds = [f"hold:{reason.facts['hold']}" for reason in holding]
    return _Against(tuple(gate for gate, _ in closed), tuple(dict.fromkeys([*needs, *holds])), mode)


def would_wait(order: Order, asked: Question, role: str, rules: OrderRules) -> bool:
    """Whether a command that is kept back would wait, and not be refused."""
    if barred(order, asked, role, rules):
        return False
    return _against(order, asked, rules).mode is not GateMode.REFUSE


def kept_back(
    order: Order,
    command: Instruction,
    context: Context,
    rules: OrderRules,
    against: list[Reason],
) -> OrderDecision:
    """Refuse a command that could happen but for these reasons, or let it wait.

    It waits when no role bars it, the gates that are closed and the host's rules let it, and no
    other command waits that asks for the same.
    """
    asked = question(order, command, context)
    found = _against(order, asked, rules)
    if (
        found.mode is GateMode.REFUSE
        or any(reason.code.startswith("role.") for reason in against)
        or any(known.waits and known.waits.is_like(command) for known in order.control.waiting)
    ):
        return refused(*against)
    times = [gate.within.microseconds for gate in found.gates if gate.within is not None]
    resumes = found.mode is GateMode.HOLD and command.verb in RESUMED_VERBS
    draft = Draft(order, command, context)
    hold = Hold(
        hold_id=derived_id(command.command_id, "gate"),
        code="gate",
        blocks=(),
        until=shift(context.now, microseconds=min(times)) if times else None,
        waits=Waiting(command=command, role=context.role, missing=found.words, resumes=resumes),
        placed_at=context.now,
        placed_by=context.actor,
    )
    draft.events.append(HoldPlaced(order_id=order.order_id, cause=draft.cause, hold=hold))
    draft.notify("order.held")
    return draft.decision()

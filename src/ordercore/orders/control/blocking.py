"""What stands in the way of a command: its role, holds, and the needs of its gates; with remedies.

The one place where these are asked. ``decide`` asks :func:`guard` for every command; areas ask
:func:`blocking` for a step inside a command that has a verb of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import attrs

from ordercore.kernel import (
    Context,
    FactValue,
    FrozenMap,
    Instant,
    Reason,
    answering,
    checked,
    derived_id,
)
from ordercore.orders.control.approval import Approval, ApprovalState
from ordercore.orders.control.commands import ReleaseHold, RequestApproval
from ordercore.orders.control.conditions import holds
from ordercore.orders.control.field_names import set_fields
from ordercore.orders.control.gate_rules import Gate
from ordercore.orders.control.hold import Hold
from ordercore.orders.control.reviewing import review_reason
from ordercore.orders.control.roles import OrderStanding
from ordercore.orders.decide_header import payment_gate, stock_gate
from ordercore.orders.message import Instruction
from ordercore.orders.order import Order
from ordercore.orders.rules import OrderRules
from ordercore.orders.units import ReturnDisposition

__all__ = [
    "Question",
    "against",
    "barred",
    "blocking",
    "closed_gates",
    "edge_guards",
    "guard",
    "held",
    "missing",
    "needs_met",
    "placing",
    "question",
    "unguarded",
    "verbs_of",
    "waiting_for",
]


@attrs.frozen(kw_only=True)
@checked
class Question:
    """What a command is about, as far as holds, gates and roles care.

    ``ask`` starts the ids of remedies; ``apart`` is a hold that asks for itself. ``steps`` are
    the words of steps inside the command, which have gates and holds of their own. ``fields`` are
    those that the command sets; ``anywhere`` asks about a kind of command, wherever it may be sent.
    """

    verb: str
    steps: tuple[str, ...] = ()
    ask: str
    now: Instant
    ids: tuple[str, ...] = ()
    lines: frozenset[str] | None = None
    node: str = ""
    flow_stage: str = ""
    apart: str = ""
    fields: tuple[str, ...] = ()
    anywhere: bool = False

    @property
    def verbs(self) -> tuple[str, ...]:
        """The command's word and those of the steps inside it."""
        return (self.verb, *self.steps)


_Names: TypeAlias = tuple[str, ...]
_SCOPES = ("fulfilment_id", "shipment_id", "return_id", "invoice_id")


_STEPS: Mapping[str, tuple[str, ...]] = FrozenMap(
    {"issue_invoice": ("invoice",), "issue_credit_note": ("credit_note",)}
)


def verbs_of(command: Instruction | type[Instruction]) -> tuple[str, ...]:
    """A command's word, and those of the steps inside it that are gated and held apart from it.

    Of a return that is received the units say whether any go back to stock; a mere kind of command
    has none.

    Example:
        >>> from ordercore.orders import CloseOrder, IssueInvoice
        >>> verbs_of(IssueInvoice("o-1", command_id="c-2", invoice_id="i-1"))
        ('issue_invoice', 'invoice')
        >>> verbs_of(CloseOrder)
        ('close',)
    """
    verb = command.verb
    if verb == "receive_return" and not isinstance(command, type):
        units: Iterable[object] = getattr(command, "units", ())
        if any(getattr(u, "disposition", None) is ReturnDisposition.RESTOCK for u in units):
            return verb, "restock"
    return verb, *_STEPS.get(verb, ())


def _named(command: Instruction, field: str) -> str:
    found = getattr(command, field, None)
    return found if isinstance(found, str) else ""


def question(order: Order, command: Instruction, context: Context) -> Question:
    """The question that a command puts, read off its fields.

    A command about a fulfilment order is about its lines and its shipment too, and a stage of a
    return about its lines. One that names no lines where it might is about all of them.
    """
    lines: object = getattr(command, "lines", None)
    about = lines if isinstance(lines, Mapping) and lines else None
    ids = [id for field in _SCOPES if (id := _named(command, field))]
    known = order.fulfilment(_named(command, "fulfilment_id"))
    node, stage = _named(command, "node"), ""
    if known is not None:
        about = about or known.lines
        node, stage = node or str(known.node), known.stage
        if known.shipment_id is not None and known.shipment_id not in ids:
            ids.append(str(known.shipment_id))
    case = order.return_case(_named(command, "return_id"))
    if case is not None:
        stage = case.at.stage
        if command.verb == "complete_stage":
            about = case.quantities
    return Question(
        verb=command.verb,
        steps=verbs_of(command)[1:],
        ask=str(command.command_id),
        now=max(context.now, order.last_at),
        ids=tuple(ids),
        lines=None if about is None else frozenset(map(str, about)),
        node=node,
        flow_stage=stage,
    )


# --- roles ---


def barred(order: Order | None, asked: Question, role: str, rules: OrderRules) -> list[Reason]:
    """That the role may not do this where the order stands, or not with these fields; who may.

    Before it is placed, an order has no stage. O(grants).
    """
    matrix = rules.roles
    if not matrix.restricts(role):
        return []
    part = (asked.flow_stage, asked.node)
    parts = (part,) if any(part) else ()
    at = (
        OrderStanding(parts=parts)
        if order is None
        else OrderStanding.of(order, parts, anywhere=asked.anywhere)
    )
    grants = tuple(matrix.of(role, asked.verb, at))
    fields = tuple(name for name in asked.fields if not any(grant.names(name) for grant in grants))
    if grants and not fields:
        return []
    able = matrix.who_may(asked.verb, at, asked.fields)
    facts: dict[str, FactValue] = {
        "role": role,
        "command": asked.verb,
        "roles": able,
        "stage": at.stage,
        "flow_stage": asked.flow_stage,
        "node": asked.node,
        "reached": at.reached,
    }
    obtain = f"someone in the role {' or '.join(able)}" if able else "a role without limits"
    if not grants:
        return [Reason("role.not_allowed", facts=facts, obtain=obtain)]
    if not able:
        obtain = f"a role without limits, or the command without {', '.join(fields)}"
    return [Reason("role.field_not_allowed", facts=facts | {"fields": fields}, obtain=obtain)]


def _fields(order: Order | None, command: Instruction, role: str, rules: OrderRules) -> _Names:
    """What a command sets, where somebody asks: it costs a look at all that the command says."""
    for grant in rules.roles.grants:
        if grant.fields and grant.role == role and grant.about(command.verb):
            return set_fields(command, order)
    return ()


# --- holds ---


def held(order: Order, asked: Question) -> list[Reason]:
    """The holds that block it now."""
    return [
        _held_by(order, hold, asked)
        for hold in order.control.holds
        if any(hold.blocks_command(verb, asked.ids, asked.lines, asked.now) for verb in asked.verbs)
    ]


def _held_by(order: Order, hold: Hold, asked: Question, code: str = "order.held") -> Reason:
    roles = " or ".join(hold.released_by)
    return Reason(
        code,
        facts={
            "hold": hold.hold_id,
            "why": hold.code,
            "command": asked.verb,
            "scope": hold.scope.kind.value,
            "ids": hold.scope.ids,
            "released_by": hold.released_by,
            "until": hold.until,
        },
        remedy=ReleaseHold(
            order.order_id,
            command_id=derived_id(asked.ask, "release", hold.hold_id),
            hold_id=hold.hold_id,
        ),
        obtain=f"someone in the role {roles}" if roles else None,
    )


# --- gates ---


_Check = Callable[[Order, str], "Reason | None"]


def _payment(order: Order, _ask: str) -> Reason | None:
    return payment_gate(order)


_CHECKS: tuple[tuple[str, _Check], ...] = (("stock", stock_gate), ("payment", _payment))


def _need(order: Order, need: str, asked: Question, rules: OrderRules) -> Reason | None:
    for name, check in _CHECKS:
        if name == need:
            return check(order, asked.ask)
    if need == "no_hold":
        for hold in order.control.holds:
            if hold.runs_at(asked.now) and hold.waits is None and hold.hold_id != asked.apart:
                return _held_by(order, hold, asked, "gate.no_hold")
        return None
    if need.startswith("approval:"):
        return _approval(order, need.removeprefix("approval:"), asked, rules)
    if need.startswith("review:"):
        name = need.removeprefix("review:")
        return review_reason(order, name, asked.verb, asked.ask, asked.now, rules)
    if order.control.shown(need, asked.ids):
        return None
    return Reason(
        f"gate.{need}",
        facts={"command": asked.verb, "evidence": need, "about": asked.ids},
        obtain=f"the evidence {need}",
    )


def _approval(order: Order, name: str, asked: Question, rules: OrderRules) -> Reason | None:
    """An approval that was given, the votes that an open one lacks, or the request for one."""
    if order.control.approved(name, order.due_minor):
        return None
    running = [
        approval
        for approval in order.control.approvals
        if approval.name == name
        and approval.covers.minor >= order.due_minor
        and approval.state_at(asked.now) is ApprovalState.OPEN
    ]
    if running:
        return _votes(running[0], asked)
    rule = rules.approval(name)
    # One that was rejected or ran out has its id for good; another one is another approval.
    number = str(sum(known.name == name for known in order.control.approvals))
    return Reason(
        "gate.approval",
        facts={"command": asked.verb, "approval": name, "lacking": None, "roles": ()},
        remedy=None
        if rule is None
        else RequestApproval(
            order.order_id,
            command_id=derived_id(asked.ask, "approval", name, number),
            approval_id=derived_id(asked.ask, name, number),
            name=name,
        ),
        obtain=None if rule else f"the approval {name}, asked for with its levels",
    )


def _votes(approval: Approval, asked: Question) -> Reason:
    level = approval.levels[approval.level]
    return Reason(
        "gate.approval",
        facts={
            "command": asked.verb,
            "approval": approval.name,
            "id": approval.approval_id,
            "lacking": approval.lacking,
            "roles": (level.role,),
            "deadline": approval.deadline,
        },
        obtain=f"{approval.lacking} more approvals in the role {level.role}",
    )


def closed_gates(
    order: Order, asked: Question, rules: OrderRules
) -> list[tuple[Gate, list[tuple[str, Reason]]]]:
    """The gates that are closed, in their order, each with its needs that are not there."""
    known: dict[str, Reason | None] = {}
    found = []
    for gate in rules.gates:
        if gate.verb not in asked.verbs:
            continue
        if gate.when and not holds(gate.when, order, unknown=True):
            continue
        lacks: list[tuple[str, Reason]] = []
        for need in gate.needs:
            if need not in known:
                known[need] = _need(order, need, asked, rules)
            reason = known[need]
            if reason is not None:
                lacks.append((need, reason))
        if lacks:
            found.append((gate, lacks))
    return found


def missing(order: Order, asked: Question, rules: OrderRules) -> list[tuple[str, Reason]]:
    """The needs of the command's gates that are not there, each once, in the order of the gates."""
    found: dict[str, Reason] = {}
    for _, lacks in closed_gates(order, asked, rules):
        for need, reason in lacks:
            found.setdefault(need, reason)
    return list(found.items())


def needs_met(order: Order, needs: Iterable[str], asked: Question, rules: OrderRules) -> bool:
    """Whether these needs are there."""
    return all(_need(order, need, asked, rules) is None for need in needs)


# --- what is asked ---


def against(order: Order, asked: Question, role: str, rules: OrderRules) -> list[Reason]:
    """Every reason of role, holds and gates; for no command in particular."""
    found = held(order, asked)
    found += [reason for _, reason in missing(order, asked, rules)]
    return [*barred(order, asked, role, rules), *found]


def unguarded(order: Order, verbs: tuple[str, ...], role: str, rules: OrderRules) -> bool:
    """Whether nothing can stand in the way; what most questions end with."""
    roles = rules.roles
    if order.control.holds or roles.closed or role in roles.roles:  # asked always: no call
        return False
    for gate in rules.gates:  # noqa: SIM110 - a generator costs more than the answer
        if gate.verb in verbs:
            return False
    return True


def placing(command: Instruction, context: Context, rules: OrderRules) -> list[Reason]:
    """That the role may not place orders; there is no stage yet, and nothing to hold or to gate."""
    fields = _fields(None, command, context.role, rules)
    asked = Question(verb=command.verb, ask=str(command.command_id), now=context.now, fields=fields)
    return barred(None, asked, context.role, rules)


def guard(order: Order, command: Instruction, context: Context, rules: OrderRules) -> list[Reason]:
    """What stands in the way of a command. O(1) where there is no hold, gate or listed role."""
    if unguarded(order, verbs_of(command), context.role, rules):
        return []
    asked = question(order, command, context)
    fields = _fields(order, command, context.role, rules)
    if fields:
        asked = attrs.evolve(asked, fields=fields)
    return against(order, asked, context.role, rules)


def waiting_for(
    order: Order, command: Instruction, context: Context, rules: OrderRules
) -> list[Reason]:
    """What the confirmation that waits still lacks; ids of remedies start with the command's."""
    asked = Question(
        verb="confirm", ask=str(command.command_id), now=max(context.now, order.last_at)
    )
    return [*held(order, asked), *(reason for _, reason in missing(order, asked, rules))]


@answering
def blocking(
    order: Order,
    verb: str,
    scope_id: str | None,
    rules: OrderRules,
    context: Context,
    command: Instruction,
    *,
    lines: Iterable[str] | None = None,
) -> list[Reason]:
    """What stands in the way of a step inside a command: holds and gates of the step's own verb.

    Args:
        order: The order.
        verb: The step's word, such as ``invoice`` or ``restock``.
        scope_id: The fulfilment order, shipment, return or invoice that it is about, if any;
            evidence about it, or about the whole order, counts.
        rules: The host's rules.
        context: When and who.
        command: The command that takes the step; ids of remedies start with its own.
        lines: The lines that it is about; None means all.

    Example:
        >>> from ordercore.orders import DEFAULT_RULES, CloseOrder
        >>> from ordercore.orders.control.gate_rules import Gate
        >>> from ordercore.orders.specimen import tea_order
        >>> shop = attrs.evolve(DEFAULT_RULES, gates=[Gate("invoice", ["waybill.signed"])])
        >>> web = Context(now="2026-11-11T01:00:00Z", actor="web")
        >>> asked = CloseOrder("o-1", command_id="c-9")
        >>> [r.code for r in blocking(tea_order(), "invoice", "s-1", shop, web, asked)]
        ['gate.waybill.signed']
    """
    if not order.control.holds and all(gate.verb != verb for gate in rules.gates):
        return []
    asked = Question(
        verb=verb,
        ask=str(command.command_id),
        now=max(context.now, order.last_at),
        ids=() if scope_id is None else (str(scope_id),),
        lines=None if lines is None else frozenset(map(str, lines)),
    )
    return [*held(order, asked), *(reason for _, reason in missing(order, asked, rules))]


def edge_guards(
    order: Order,
    guards: Iterable[str],
    scope_id: str | None,
    rules: OrderRules,
    context: Context,
    command: Instruction,
) -> dict[str, bool | Reason]:
    """The guards of a machine's edge, each as a need: there, or the reason why not.

    Evidence counts that is about the order, about ``scope_id``, or about what the command names.

    Example:
        >>> from ordercore.orders import DEFAULT_RULES, CloseOrder
        >>> from ordercore.orders.specimen import tea_order
        >>> web = Context(now="2026-11-11T01:00:00Z", actor="web")
        >>> asked = CloseOrder("o-1", command_id="c-9")
        >>> edge_guards(tea_order(), ["no_hold"], None, DEFAULT_RULES, web, asked)
        {'no_hold': True}
    """
    asked = question(order, command, context)
    if scope_id is not None and scope_id not in asked.ids:
        asked = attrs.evolve(asked, ids=(str(scope_id), *asked.ids))
    return {name: _need(order, name, asked, rules) or True for name in guards}

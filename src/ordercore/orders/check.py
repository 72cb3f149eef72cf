"""May I, why not, what would help; and what may I do now, up to how much. Nothing changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import get_args

import attrs

from ordercore.kernel import (
    Context,
    FrozenMap,
    LineId,
    Money,
    Reason,
    Refusal,
    Verdict,
    answering,
    derived_id,
)
from ordercore.orders.amending.commands import (
    EditOrder,
    LapseExchange,
    RequestExchange,
    TransferIn,
    TransferOut,
)
from ordercore.orders.amending.consigning import movable
from ordercore.orders.amending.editing import may_come_off
from ordercore.orders.billing.commands import IssueCreditNote, IssueInvoice
from ordercore.orders.billing.decide import allowance_open, billable, creditable
from ordercore.orders.commands import (
    AllocateUnits,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    ConfirmOrder,
    GrantAllowance,
    Instruction,
    OrderCommand,
    OrderMessage,
    ReceiveReturn,
    RefundBalance,
    ReleaseUnits,
    ReopenOrder,
    RequestReturn,
    ReserveStock,
    ShipUnits,
)
from ordercore.orders.control.approval import ApprovalState
from ordercore.orders.control.blocking import Question, against, guard, unguarded, verbs_of
from ordercore.orders.control.commands import (
    DelegateApproval,
    GiveApproval,
    PlaceHold,
    RecheckHolds,
    RejectApproval,
    ReleaseHold,
    RequestApproval,
    SubmitOrder,
    Tick,
)
from ordercore.orders.control.decide_waiting import would_wait
from ordercore.orders.control.events import HoldPlaced
from ordercore.orders.control.roles import OrderStanding, command_kinds
from ordercore.orders.decide import decide
from ordercore.orders.decide_header import payment_gate
from ordercore.orders.fulfilling.availability import (
    FULFILMENT_COMMANDS,
    fulfilment_option,
    locked_units,
    migration_option,
    plannable_lines,
    receivable_units,
)
from ordercore.orders.fulfilling.commands import PlanFulfilment
from ordercore.orders.lifecycle import moves
from ordercore.orders.option import Availability, CommandOption
from ordercore.orders.order import Order, units_of
from ordercore.orders.rules import DEFAULT_RULES, OrderRules

__all__ = ["available", "check"]


def check(
    order: Order | None,
    command: OrderMessage,
    context: Context,
    rules: OrderRules = DEFAULT_RULES,
) -> Verdict:
    """Whether ``decide`` would accept now, or every reason why not. A repeat is allowed.

    A command that would be taken as a request that waits is allowed, and ``waits_for`` says what it
    would wait for.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> web = Context(now="2026-11-11T01:00:00Z", actor="web")
        >>> check(tea_order(), CancelOrder("o-1", command_id="c-2"), web).allowed
        True
    """
    answer = decide(order, command, context, rules)
    if isinstance(answer, Refusal):
        return Verdict(answer.reasons)
    if order is not None and isinstance(command, Instruction):
        for event in answer.events:
            if isinstance(event, HoldPlaced) and event.hold.resumes == command.command_id:
                return Verdict(waits_for=guard(order, command, context, rules))
    return Verdict()


def _stage(order: Order, command: type[Instruction]) -> Reason | None:
    edges = moves()
    if (order.lifecycle, command.verb) in edges:
        return None
    allowed = tuple(source.value for source, verb in edges if verb == command.verb)
    return Reason(
        "order.stage",
        facts={
            "command": command.verb,
            "stage": order.lifecycle.value,
            "allowed_in": allowed,
        },
        obtain=f"the stage {' or '.join(allowed)}",
    )


@cache
def _kinds() -> dict[str, type[Instruction]]:
    return {kind.__name__: kind for kind in get_args(OrderCommand)}


@attrs.frozen
class _Asking:
    """Who asks about an order, when, and under which rules; the same for every command."""

    order: Order
    context: Context
    rules: OrderRules

    @property
    def id(self) -> str:
        # Questions carry an id that no sender uses, so that none of them is taken for a repeat.
        return f"available@{self.order.version}"

    def against(
        self, command: type[Instruction], lines: Iterable[LineId] | None = None
    ) -> tuple[Reason, ...]:
        """What roles, holds and gates have against a command of this kind."""
        order, context = self.order, self.context
        verbs = verbs_of(command)
        if unguarded(order, verbs, context.role, self.rules):
            return ()
        asked = self.question(command, lines)
        if would_wait(order, asked, context.role, self.rules):
            return ()
        return tuple(against(order, asked, context.role, self.rules))

    def question(
        self, command: type[Instruction], lines: Iterable[LineId] | None, *ids: str
    ) -> Question:
        """The question that a command of this kind would put."""
        verbs = verbs_of(command)
        return Question(
            verb=verbs[0],
            steps=verbs[1:],
            ask=derived_id(self.id, verbs[0]),
            now=max(self.context.now, self.order.last_at),
            ids=ids,
            lines=None if lines is None else frozenset(map(str, lines)),
            anywhere="node" in attrs.fields_dict(command),
        )

    def waiting(self, option: CommandOption) -> CommandOption:
        """The option with what the command would wait for, where it may be asked for at all."""
        kind = _kinds()[option.command]
        verbs, order, role = verbs_of(kind), self.order, self.context.role
        if not option.allowed or unguarded(order, verbs, role, self.rules):
            return option
        found: dict[Reason, None] = {}
        for target in option.targets or ("",):
            known = order.fulfilment(target)
            lines = option.lines if known is None else known.lines
            asked = self.question(kind, lines or None, *([target] if target else ()))
            if would_wait(order, asked, role, self.rules):
                found.update(dict.fromkeys(against(order, asked, role, self.rules)))
        return attrs.evolve(option, waits_for=tuple(found)) if found else option

    def by_units(
        self, command: type[Instruction], lines: Mapping[LineId, int], code: str
    ) -> CommandOption:
        """A command that is worth asking only while some line has units for it."""
        stage = _stage(self.order, command)
        if stage is not None:
            return CommandOption(command=command.__name__, reasons=(stage,))
        if not lines:
            reason = Reason(code, facts={"possible": 0}, obtain="units that the command can move")
            return CommandOption(command=command.__name__, reasons=(reason,))
        reasons = self.against(command, lines)
        if reasons:
            # A hold of some lines leaves the others free.
            lines = {
                line: units for line, units in lines.items() if not self.against(command, [line])
            }
            if not lines:
                return CommandOption(command=command.__name__, reasons=reasons)
        return CommandOption(command=command.__name__, lines=FrozenMap(lines))

    def money(
        self, command: type[Instruction], limit: Money, code: str, stage: Reason | None
    ) -> CommandOption:
        """A command that is worth asking only while there is money for it."""
        reasons = (stage,) if stage is not None else self.against(command)
        if not reasons and limit.minor <= 0:
            reasons = (
                Reason(code, facts={"possible": limit}, obtain="money that the command can move"),
            )
        if reasons:
            return CommandOption(command=command.__name__, reasons=reasons)
        return CommandOption(command=command.__name__, up_to=limit)

    def bills(
        self,
        command: type[IssueInvoice | IssueCreditNote],
        lines: Mapping[LineId, int],
        allowance_minor: int,
        code: str,
    ) -> CommandOption:
        """A bill of units, or of an allowance alone; credit notes are written in every stage."""
        stage = _stage(self.order, command) if command is IssueInvoice else None
        reasons = (stage,) if stage is not None else self.against(command, lines)
        revised = self.order.billing.revised_minor
        due = revised > 0 if command is IssueInvoice else revised < 0
        if not reasons and not lines and not allowance_minor and not due:
            reasons = (Reason(code, facts={"possible": 0}, obtain="units whose bill is not right"),)
        if reasons:
            return CommandOption(command=command.__name__, reasons=reasons)
        return CommandOption(
            command=command.__name__,
            lines=FrozenMap(lines),
            up_to=Money(allowance_minor, self.order.currency) if allowance_minor else None,
        )

    def carried(self, option: CommandOption) -> CommandOption:
        """The option, with the balance that its refund comes less by."""
        minor = self.order.reckoning.carried_minor
        if not minor or not option.allowed:
            return option
        return attrs.evolve(option, carried=Money(minor, self.order.currency))

    def paid(self, option: CommandOption) -> CommandOption:
        """The option, unless money has to come first."""
        unpaid = payment_gate(self.order, ShipUnits.verb)
        if unpaid is None or not option.allowed:
            return option
        return CommandOption(command=option.command, reasons=(unpaid,))

    def edits(self, locked: Mapping[LineId, int]) -> CommandOption:
        """An edit may always be asked for; its lines are what may come off at most."""
        order = self.order
        option = self.staged(EditOrder)
        if not option.allowed:
            return option
        off = {
            line_id: left
            for line_id, units in may_come_off(order).items()
            if (left := min(units, order.line(line_id).cancellable - locked.get(line_id, 0))) > 0
        }
        return CommandOption(command=option.command, lines=FrozenMap(off))

    def exchanges(self) -> tuple[CommandOption, CommandOption]:
        """Asking for an exchange, and giving up the one that waits for its units."""
        swap = self.order.amendments.open_exchange
        returnable = units_of(self.order, "returnable")
        ask = self.by_units(RequestExchange, returnable, "return.nothing_left")
        if swap is None:
            stage = _stage(self.order, LapseExchange)
            none = Reason("exchange.none_open", obtain="an exchange that waits for its units")
            lapse = CommandOption(command=LapseExchange.__name__, reasons=(stage or none,))
            return ask, lapse
        if ask.allowed:
            facts = {"return": str(swap.return_id)}
            open_ = Reason("exchange.other_open", facts=facts, obtain="the end of that exchange")
            ask = CommandOption(command=ask.command, reasons=(open_,))
        lapse = self.staged(LapseExchange)
        if lapse.allowed:
            lapse = CommandOption(command=lapse.command, targets=(swap.return_id,))
        return ask, lapse

    def receives(self) -> CommandOption:
        """Taking units in, of returns that stand in a stage where they come."""
        units, reasons = receivable_units(self.order, self.rules, self.reasons, self.id)
        if reasons and not units:
            return CommandOption(command=ReceiveReturn.__name__, reasons=reasons)
        return self.by_units(ReceiveReturn, units, "return.nothing_expected")

    def reasons(self, command: OrderCommand) -> tuple[Reason, ...]:
        """What would be said against a command as it would be sent."""
        return check(self.order, command, self.context, self.rules).reasons

    def asked(self, command: OrderCommand) -> CommandOption:
        """A command without arguments that matter: the answer itself."""
        verdict = check(self.order, command, self.context, self.rules)
        return CommandOption(command=type(command).__name__, reasons=verdict.reasons)

    def anyhow(self, command: type[Instruction]) -> CommandOption:
        """A command that every stage takes, as far as the role goes."""
        return CommandOption(command=command.__name__, reasons=self.against(command))

    def staged(self, command: type[Instruction]) -> CommandOption:
        """A command that its stages take, whatever its arguments; these are asked when it comes."""
        stage = _stage(self.order, command)
        reasons = self.against(command) if stage is None else (stage,)
        return CommandOption(command=command.__name__, reasons=reasons)

    def by_ids(
        self, command: type[Instruction], of: Mapping[str, OrderCommand], code: str
    ) -> CommandOption:
        """A command about something by its id: the ids that would pass, or why none would."""
        name = command.__name__
        refusals = [
            (id, check(self.order, asked, self.context, self.rules).reasons)
            for id, asked in of.items()
        ]
        passing = tuple(id for id, reasons in refusals if not reasons)
        if passing:
            return CommandOption(command=name, targets=passing)
        if not refusals:
            nothing = Reason(code, facts={"possible": 0}, obtain="something that it can be about")
            return CommandOption(command=name, reasons=(nothing, *self.against(command)))
        return CommandOption(
            command=name, reasons=tuple(reason for _, reasons in refusals for reason in reasons)
        )


@answering
def available(order: Order, context: Context, rules: OrderRules = DEFAULT_RULES) -> Availability:
    """All commands, with the limits of their arguments, and the blocked ones with reasons.

    A command within its limits is accepted by :func:`decide`, as far as its ids are new and its
    nodes hold the units. For a role of the matrix these are also the fields that it may set and
    the nodes at which it may. O(lines + payments + allocations + holds + approvals).

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> now = available(tea_order(), Context(now="2026-11-11T01:00:00Z", actor="web"))
        >>> [option.command for option in now.allowed]
        ['AllocateUnits', 'ReserveStock', 'CancelUnits', 'CancelOrder', 'GrantAllowance', ...]
    """
    asking = _Asking(order, context, rules)
    options = _options(asking)
    if rules.roles.restricts(context.role):
        options = tuple(_limited(option, asking) for option in options)
    return Availability(options)


def _limited(option: CommandOption, asking: _Asking) -> CommandOption:
    """The option with what the role may set in each of its targets, and at which nodes."""
    if not option.allowed:
        return option
    verb = next(verb for verb, kind in command_kinds().items() if kind.__name__ == option.command)
    role, matrix, order = asking.context.role, asking.rules.roles, asking.order
    parts = [
        part
        for target in option.targets
        for part in (
            *((known.stage, known.node) for known in (order.fulfilment(target),) if known),
            *((case.at.stage, "") for case in (order.return_case(target),) if case),
        )
    ]
    standings = [OrderStanding.of(order, [part]) for part in parts] or [
        OrderStanding.of(order, (), anywhere=True)
    ]
    fields: tuple[str, ...] | None = None
    for at in standings:
        mine = matrix.fields_of(role, verb, at)
        if mine is not None:
            fields = mine if fields is None else tuple(name for name in fields if name in mine)
    return attrs.evolve(option, fields=fields, nodes=matrix.nodes_of(role, verb, standings[0]))


def _options(asking: _Asking) -> tuple[CommandOption, ...]:
    order, rules = asking.order, asking.rules
    order_id, ask = order.order_id, asking.id
    open_units: dict[LineId, int] = {}
    shippable: dict[LineId, int] = {}
    for known in order.allocations:
        if known.free:
            open_units[known.line_id] = open_units.get(known.line_id, 0) + known.free
        if known.shippable:
            shippable[known.line_id] = shippable.get(known.line_id, 0) + known.shippable
    unreserved = units_of(order, "unreserved")
    locked = locked_units(order, rules)
    swap = order.amendments.open_exchange
    replaced = swap.replacement if swap is not None and swap.ship_first else ()
    cancellable = {
        line.line_id: units
        for line in order.lines
        if line.line_id not in replaced
        and (units := line.cancellable - locked.get(line.line_id, 0)) > 0
    }
    by_units, asked = asking.by_units, asking.asked
    carried = asking.carried
    options: tuple[CommandOption, ...] = (
        by_units(AllocateUnits, units_of(order, "backlog"), "allocate.nothing_left"),
        by_units(ReserveStock, unreserved, "reserve.nothing_left"),
        by_units(ReleaseUnits, open_units, "release.nothing_left"),
        asked(ConfirmOrder(order_id, command_id=ask)),
        asking.paid(by_units(ShipUnits, shippable, "ship.nothing_left")),
        carried(by_units(CancelUnits, cancellable, "cancel.nothing_left")),
        carried(asked(CancelOrder(order_id, command_id=ask))),
        by_units(RequestReturn, units_of(order, "returnable"), "return.nothing_left"),
        carried(asking.receives()),
        asking.money(
            GrantAllowance, order.due, "allowance.too_much", _stage(order, GrantAllowance)
        ),
        asking.money(RefundBalance, order.money.balance, "refund.no_balance", None),
        asked(CloseOrder(order_id, command_id=ask)),
        asked(ReopenOrder(order_id, command_id=ask)),
        asked(SubmitOrder(order_id, command_id=ask)),
        *_control(asking),
        by_units(PlanFulfilment, plannable_lines(order), "plan.nothing_left"),
        *(
            fulfilment_option(order, kind, asking.id, asking.reasons)
            for kind in FULFILMENT_COMMANDS
        ),
        migration_option(order, asking.reasons, asking.id, rules),
        asking.bills(IssueInvoice, billable(order), 0, "invoice.nothing_left"),
        asking.bills(
            IssueCreditNote,
            creditable(order),
            allowance_open(order),
            "credit_note.nothing_left",
        ),
        asking.edits(locked),
        *asking.exchanges(),
        by_units(TransferOut, movable(order), "transfer.nothing"),
        asking.staged(TransferIn),
    )
    return tuple(map(asking.waiting, options))


def _control(asking: _Asking) -> tuple[CommandOption, ...]:
    """The commands about holds, approvals and time."""
    order_id, ask = asking.order.order_id, asking.id
    control = asking.order.control
    open_ = [
        known.approval_id
        for known in control.approvals
        if known.state_at(asking.context.now) is ApprovalState.OPEN
    ]

    def of_open(command: type[GiveApproval | RejectApproval]) -> CommandOption:
        commands = {id: command(order_id, command_id=ask, approval_id=id) for id in open_}
        return asking.by_ids(command, commands, "approval.none_open")

    return (
        asking.anyhow(PlaceHold),
        asking.by_ids(
            ReleaseHold,
            {
                hold.hold_id: ReleaseHold(order_id, command_id=ask, hold_id=hold.hold_id)
                for hold in control.holds
            },
            "hold.none",
        ),
        _recheck(asking),
        asking.anyhow(RequestApproval),
        of_open(GiveApproval),
        of_open(RejectApproval),
        asking.by_ids(
            DelegateApproval,
            {
                id: DelegateApproval(order_id, command_id=ask, approval_id=id, to=ask)
                for id in open_
            },
            "approval.none_open",
        ),
        asking.anyhow(Tick),
    )


def _recheck(asking: _Asking) -> CommandOption:
    """Telling an order of limits, an account and stock, while a hold waits for that."""
    name = RecheckHolds.__name__
    holds = asking.order.control.holds
    waiting = tuple(hold.hold_id for hold in holds if hold.auto and hold.auto.outside)
    reasons = asking.against(RecheckHolds)
    if not waiting:
        none = Reason("hold.none", facts={"possible": 0}, obtain="a hold that waits for facts")
        reasons = (none, *reasons)
    return CommandOption(command=name, targets=() if reasons else waiting, reasons=reasons)

"""May I, why not, what would help; and what may I do now, up to how much. Nothing changes."""

from __future__ import annotations

from collections.abc import Mapping

from ordercore.kernel import Context, FrozenMap, LineId, Money, Reason, Refusal, Verdict
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
from ordercore.orders.decide import decide
from ordercore.orders.fulfilling.availability import fulfilment_options, locked_units
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

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> web = Context(now="2026-11-11T01:00:00Z", actor="web")
        >>> check(tea_order(), CancelOrder("o-1", command_id="c-2"), web).allowed
        True
    """
    answer = decide(order, command, context, rules)
    return Verdict(answer.reasons) if isinstance(answer, Refusal) else Verdict()


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


def _by_units(
    order: Order, command: type[Instruction], lines: Mapping[LineId, int], code: str
) -> CommandOption:
    """A command that is worth asking only while some line has units for it."""
    stage = _stage(order, command)
    limits = FrozenMap(lines)
    if stage is not None:
        return CommandOption(command=command.__name__, reasons=(stage,))
    if not limits:
        reason = Reason(code, facts={"possible": 0}, obtain="units that the command can move")
        return CommandOption(command=command.__name__, reasons=(reason,))
    return CommandOption(command=command.__name__, lines=limits)


def _asked(
    order: Order, command: OrderCommand, context: Context, rules: OrderRules
) -> CommandOption:
    return CommandOption(
        command=type(command).__name__, reasons=check(order, command, context, rules).reasons
    )


def _money(
    command: type[Instruction], limit: Money, code: str, stage: Reason | None
) -> CommandOption:
    if stage is not None:
        return CommandOption(command=command.__name__, reasons=(stage,))
    if limit.minor <= 0:
        reason = Reason(code, facts={"possible": limit}, obtain="money that the command can move")
        return CommandOption(command=command.__name__, reasons=(reason,))
    return CommandOption(command=command.__name__, up_to=limit)


def _bills(
    order: Order,
    command: type[Instruction],
    lines: Mapping[LineId, int],
    allowance_minor: int,
    code: str,
) -> CommandOption:
    stage = _stage(order, command) if command is IssueInvoice else None
    if stage is not None:
        return CommandOption(command=command.__name__, reasons=(stage,))
    if lines or allowance_minor:
        return CommandOption(
            command=command.__name__,
            lines=FrozenMap(lines),
            up_to=Money(allowance_minor, order.currency) if allowance_minor else None,
        )
    reason = Reason(code, facts={"possible": 0}, obtain="units whose bill is not right")
    return CommandOption(command=command.__name__, reasons=(reason,))


def _positive(units: Mapping[LineId, int]) -> dict[LineId, int]:
    return {line_id: count for line_id, count in units.items() if count > 0}


def available(order: Order, context: Context, rules: OrderRules = DEFAULT_RULES) -> Availability:
    """All commands, with the limits of their arguments, and the blocked ones with reasons.

    A command within its limits is accepted by :func:`decide`, as far as its ids are new and its
    nodes hold the units. O(lines + payments + allocations).

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> now = available(tea_order(), Context(now="2026-11-11T01:00:00Z", actor="web"))
        >>> [option.command for option in now.allowed]
        ['AllocateUnits', 'ReserveStock', 'CancelUnits', 'CancelOrder', 'GrantAllowance']
    """
    order_id = order.order_id
    # Questions carry an id that no sender uses, so that none of them is taken for a repeat.
    ask = f"available@{order.version}"
    expected: dict[LineId, int] = {}
    for case in order.returns:
        for line in case.lines:
            if line.expected:
                expected[line.line_id] = expected.get(line.line_id, 0) + line.expected
    open_units: dict[LineId, int] = {}
    for known in order.allocations:
        if known.free:
            open_units[known.line_id] = open_units.get(known.line_id, 0) + known.free
    shippable: dict[LineId, int] = {}
    for known in order.allocations:
        if known.shippable:
            shippable[known.line_id] = shippable.get(known.line_id, 0) + known.shippable
    unreserved = units_of(order, "unreserved")
    cancellable = dict(units_of(order, "cancellable"))
    for line_id, units in locked_units(order, rules).items():
        cancellable[line_id] -= units
    return Availability(
        (
            _by_units(order, AllocateUnits, units_of(order, "backlog"), "allocate.nothing_left"),
            _by_units(order, ReserveStock, unreserved, "reserve.nothing_left"),
            _by_units(order, ReleaseUnits, open_units, "release.nothing_left"),
            _asked(order, ConfirmOrder(order_id, command_id=ask), context, rules),
            _by_units(order, ShipUnits, shippable, "ship.nothing_left"),
            _by_units(order, CancelUnits, _positive(cancellable), "cancel.nothing_left"),
            _asked(order, CancelOrder(order_id, command_id=ask), context, rules),
            _by_units(order, RequestReturn, units_of(order, "returnable"), "return.nothing_left"),
            _by_units(order, ReceiveReturn, expected, "return.nothing_expected"),
            _money(
                GrantAllowance,
                order.due,
                "allowance.too_much",
                _stage(order, GrantAllowance),
            ),
            _money(RefundBalance, order.money.balance, "refund.no_balance", None),
            _asked(order, CloseOrder(order_id, command_id=ask), context, rules),
            _asked(order, ReopenOrder(order_id, command_id=ask), context, rules),
            *fulfilment_options(order, context, rules),
            _bills(order, IssueInvoice, billable(order), 0, "invoice.nothing_left"),
            _bills(
                order,
                IssueCreditNote,
                creditable(order),
                allowance_open(order),
                "credit_note.nothing_left",
            ),
        )
    )

"""Plans of splitting and merging: two commands that belong together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import attrs

from ordercore.kernel import LineId, OrderId, Refusal, answering, checked
from ordercore.orders.amending.commands import TransferIn, TransferOut
from ordercore.orders.amending.consigning import consign, movable, naming_for
from ordercore.orders.amending.transfers import Consignment, TransferKind
from ordercore.orders.order import Order
from ordercore.orders.rules import DEFAULT_RULES, OrderRules
from ordercore.orders.units import quantities

__all__ = ["TransferPlan", "plan_merge", "plan_split"]


@attrs.frozen(kw_only=True)
@checked
class TransferPlan:
    """What leaves one order and joins another: ``out`` first, then ``into``.

    In one commit by :func:`ordercore.workflows.transfer_orders`, or one after the other. ``out`` is
    refused when its order has moved on since; ``into`` can be sent until it is taken.
    """

    out: TransferOut
    into: TransferIn

    @property
    def consignment(self) -> Consignment:
        """What moves."""
        return self.out.consignment

    def accepted(self) -> Self:
        """The plan itself; a Refusal raises :class:`~ordercore.kernel.Refused` here."""
        return self


def _plan(moved: Consignment | Refusal) -> TransferPlan | Refusal:
    if isinstance(moved, Refusal):
        return moved
    id = moved.transfer_id
    return TransferPlan(
        out=TransferOut(moved.source, command_id=id, consignment=moved),
        into=TransferIn(moved.target, command_id=id, consignment=moved),
    )


def plan_split(
    order: Order,
    lines: Mapping[LineId, int] | Mapping[str, int],
    *,
    to_order: str,
    transfer_id: str,
    rules: OrderRules = DEFAULT_RULES,
) -> TransferPlan | Refusal:
    """Let units go on as an order of their own, or every reason why they cannot.

    Charges and coin rounding stay where anything stays. The new order is in the stage of the old
    one, and is paid and promised as much as the old one has no need of. O(order).

    Raises:
        InvalidValue: ``transfer.same_order``.

    Example:
        >>> from ordercore.kernel import Context
        >>> from ordercore.orders import decide, replay
        >>> from ordercore.orders.specimen import tea_order
        >>> order, clerk = tea_order(), Context(now="2026-11-11T01:00:00Z", actor="clerk")
        >>> plan = plan_split(order, {"2": 1}, to_order="o-2", transfer_id="t-1").accepted()
        >>> rest = replay(order, decide(order, plan.out, clerk).accepted().events)
        >>> new = replay(None, decide(None, plan.into, clerk).accepted().events)
        >>> str(order.due), str(rest.due), str(new.due)
        ('CNY 315.90', 'CNY 256.00', 'CNY 59.90')
    """
    wanted = quantities(lines)
    return _plan(
        consign(
            order,
            wanted,
            to_order=OrderId(to_order),
            naming=naming_for(order, wanted, None),
            kind=TransferKind.SPLIT,
            transfer_id=transfer_id,
            rules=rules,
        )
    )


@answering
def plan_merge(
    source: Order, target: Order, *, transfer_id: str, rules: OrderRules = DEFAULT_RULES
) -> TransferPlan | Refusal:
    """Let everything that has not left one order join another, or every reason against it.

    With its last unit, refundable charges go along; an order of which nothing has shipped ends.
    Ids that both orders use are told apart by the source's. O(orders).

    Raises:
        InvalidValue: ``transfer.same_order``.

    Example:
        >>> import attrs
        >>> from ordercore.orders.specimen import tea_order
        >>> other = attrs.evolve(tea_order(), order_id="o-2")
        >>> plan = plan_merge(other, tea_order(), transfer_id="t-1").accepted()
        >>> sorted(plan.consignment.names.values())
        [LineId('o-2/1'), LineId('o-2/2')]
    """
    lines = movable(source)
    return _plan(
        consign(
            source,
            lines,
            to_order=target.order_id,
            naming=naming_for(source, lines, target),
            kind=TransferKind.MERGE,
            transfer_id=transfer_id,
            rules=rules,
        )
    )

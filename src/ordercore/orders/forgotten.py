"""Ids beyond an order's window: which are to be looked up, and what its events know of them."""

from __future__ import annotations

from collections.abc import Iterable

from ordercore.kernel import Accepted, FrozenMap, answering
from ordercore.orders.cause import CauseKind, Happened
from ordercore.orders.draft import reused_fact_id
from ordercore.orders.message import Fact, Instruction
from ordercore.orders.order import Order

__all__ = ["accepted_ids", "forgotten_ids", "may_have_forgotten"]


@answering
def may_have_forgotten(order: Order, kind: CauseKind, id: str) -> bool:
    """Whether an order does not know an id, and could have known it once.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> may_have_forgotten(tea_order(), CauseKind.COMMAND, "c-9")
        False
    """
    seen = order.commands_seen if kind is CauseKind.COMMAND else order.facts_seen
    return seen.may_have_lost(order.policy.remembered_ids) and seen.find(id) is None


@answering
def forgotten_ids(order: Order | None, message: Instruction | Fact) -> tuple[str, ...]:
    """The ids of a message that the order may have forgotten, to be looked up in the store's index.

    What is found goes into ``Context.seen``. Empty as long as an order has seen fewer ids than its
    policy remembers, so that most lives cost no look-up at all.

    Example:
        >>> from ordercore.orders import ConfirmOrder
        >>> from ordercore.orders.specimen import tea_order
        >>> forgotten_ids(tea_order(), ConfirmOrder("o-1", command_id="c-2"))
        ()
    """
    if order is None:
        return ()
    if isinstance(message, Instruction):
        id = str(message.command_id)
        return (id,) if may_have_forgotten(order, CauseKind.COMMAND, id) else ()
    id = str(message.fact_id)
    if not order.facts_seen.may_have_lost(order.policy.remembered_ids):
        return ()
    ids = (id, reused_fact_id(id, message.payload_digest))
    return tuple(each for each in ids if order.facts_seen.find(each) is None)


@answering
def accepted_ids(
    events: Iterable[Happened], kind: CauseKind, ids: Iterable[str]
) -> FrozenMap[str, Accepted]:
    """What an order's whole history knows of some ids: the index of a store that has none.

    O(events).

    Example:
        >>> accepted_ids((), CauseKind.COMMAND, ["c-1"])
        FrozenMap({})
    """
    asked = frozenset(ids)
    found: dict[str, Accepted] = {}
    for version, event in enumerate(events, start=1):
        cause = event.cause
        if cause.kind is kind and cause.id in asked:
            found[cause.id] = Accepted(cause.digest, version)
    return FrozenMap(found)

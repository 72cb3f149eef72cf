"""Orders that wait for an account, for stock or for the seller's limits, and how they go on.

Each takes what it waited for in a commit of its own, with the versions that this was decided on; so
that two orders never pass on one head-room, and none is released twice. Who waits longest goes
first, or who is most urgent.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ordercore import orders
from ordercore.allocation import LEAST_COST, Strategy
from ordercore.kernel import (
    Context,
    OrderId,
    Refusal,
    answering,
    checked,
    derived_id,
    items_as,
    to_text,
)
from ordercore.orders import (
    DEFAULT_RULES,
    AllowanceGranted,
    Hold,
    HoldPlaced,
    LimitStanding,
    Order,
    OrderEdited,
    OrderEvent,
    OrderLimits,
    OrderRules,
    PaymentKind,
    PaymentRecorded,
    RecheckHolds,
    ReturnDisposition,
    ReturnReceived,
    UnitsCancelled,
    UnitsReleased,
    UnitsReserved,
    UrgencyPolicy,
    account_subject,
    limit_standing,
    stock_subject,
    urgency,
    urgency_facts,
    waits_for,
)
from ordercore.workflows.claiming import Claimed, by_the_shop, claim_credit, claim_stock
from ordercore.workflows.credit_moves import CREDIT_PAYMENT
from ordercore.workflows.receipt import Outcome, Receipt
from ordercore.workflows.request import LoadCredit, LoadOrder, LoadWaiting, Script, perform
from ordercore.workflows.saving import save
from ordercore.workflows.stock_moves import commit_scope

__all__ = ["ReleaseWaiting", "given_back", "let_go_after", "release_waiting"]


def _subjects(given: Iterable[str]) -> tuple[str, ...]:
    return items_as(given, str, "subjects")


@attrs.frozen(kw_only=True)
@checked
class ReleaseWaiting:
    """Let the orders go on that wait for these subjects, as far as there is what they wait for."""

    subjects: tuple[str, ...] = attrs.field(converter=_subjects)
    context: Context
    rules: OrderRules = DEFAULT_RULES
    limits: OrderLimits | None = None
    strategy: Strategy = LEAST_COST
    urgency: UrgencyPolicy | None = None

    def start(self) -> Script[tuple[Order, ...]]:
        """A fresh run."""
        wanted = frozenset(self.subjects)
        if not wanted:
            return ()
        found = yield from perform(LoadWaiting(tuple(sorted(wanted))))
        waiting: list[Order] = []
        for order_id in sorted(set(found)):
            order = yield from perform(LoadOrder(order_id))
            if order is not None and not wanted.isdisjoint(waits_for(order)):
                waiting.append(order)
        released: list[Order] = []
        for known in sorted(waiting, key=self._place):
            after = yield from self._advance(known.order_id, wanted)
            if after is not None:
                released.append(after)
        return tuple(released)

    def _place(self, order: Order) -> tuple[int, str, str]:
        """The most urgent first; of equals the one that waits longest, then by id."""
        score = 0
        if self.urgency is not None:
            facts = urgency_facts(order, self.urgency)
            score = urgency(facts, self.urgency, self.context.now).score
        since = min(to_text(hold.placed_at) for hold in _outside(order))
        return -score, since, str(order.order_id)

    def _advance(self, order_id: OrderId, wanted: frozenset[str]) -> Script[Order | None]:
        """The order after it took what it waited for; None where nothing changed."""
        # Read again: what went before it may have taken long, and is saved.
        before = yield from perform(LoadOrder(order_id))
        if before is None or self.context.now < before.last_at:
            return None
        subjects = wanted.intersection(waits_for(before))
        step = f"let-go@{before.version}"
        claimed = Claimed(order=before)
        if any(subject.startswith("stock:") for subject in subjects):
            claimed = yield from claim_stock(claimed, step, self.context, self.strategy, self.rules)
        on_credit = any(subject.startswith("account:") for subject in subjects)
        if on_credit:
            asked_by = before.control.pending or _outside(before)[0]
            sender = attrs.evolve(self.context, actor=asked_by.placed_by)
            claimed = yield from claim_credit(claimed, step, sender, self.context, self.rules)
            if claimed.account is None and before.customer is not None:
                # It needs no credit, and may be held by a rule about the account all the same.
                account = yield from perform(LoadCredit(before.customer))
                claimed = attrs.evolve(claimed, account=account)
        claimed = self._told(claimed, step)
        if not claimed.decisions:
            return None
        receipt = yield from save(
            claimed.order,
            expected_version=before.version,
            decisions=claimed.decisions,
            changes=claimed.changes,
            due=claimed.due,
            command_id=commit_scope(order_id, "let-go", str(before.version)),
            context=self.context,
        )
        return receipt.order

    def _told(self, claimed: Claimed, step: str) -> Claimed:
        """The order told of limits, and of an account that gave what it needs.

        Of stock it is told nothing: it has been held for the order, which knows it then, or some
        unit cannot be had for it from where it is.
        """
        order, account = claimed.order, claimed.account
        gave = account is not None and claimed.refused is None
        if not _outside(order) or not (self.limits or gave):
            return claimed
        standing = limit_standing(order, account, self.context, limits=self.limits)
        if not gave:
            standing = LimitStanding(limits=True, order_total=standing.order_total)
        asked = RecheckHolds(
            order.order_id, command_id=derived_id(step, "recheck"), standing=standing
        )
        answer = orders.decide(order, asked, by_the_shop(self.context), self.rules)
        return claimed if isinstance(answer, Refusal) else claimed.then(answer)


def _outside(order: Order) -> tuple[Hold, ...]:
    """The holds that wait for facts of the outside."""
    return tuple(hold for hold in order.control.holds if hold.auto and hold.auto.outside)


def given_back(order: Order, events: Iterable[OrderEvent]) -> tuple[str, ...]:
    """Of what there is more after these events of an order, sorted: stock of SKUs, an account.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> given_back(tea_order(), ())
        ()
    """
    subjects: set[str] = set()
    for event in events:
        match event:
            case UnitsReleased():
                subjects.update(stock_subject(each.sku) for each in event.units if each.reserved)
            case ReturnReceived():
                subjects.update(
                    stock_subject(order.line(back.line_id).sku)
                    for back in event.units
                    if back.disposition is ReturnDisposition.RESTOCK
                )
            case PaymentRecorded() if (
                event.payment_id == CREDIT_PAYMENT
                and event.kind is PaymentKind.VOIDED
                and order.customer is not None
            ):
                subjects.add(account_subject(order.customer))
            case _:
                pass
    return tuple(sorted(subjects))


# After these an order may need less credit or fewer units; or it waits only now, and what it waits
# for may have come between its reads and its commit, when nobody saw it wait.
_ASKED_ANEW = (
    AllowanceGranted,
    HoldPlaced,
    OrderEdited,
    PaymentRecorded,
    UnitsCancelled,
    UnitsReserved,
)


def let_go_after(
    outcome: Outcome,
    context: Context,
    rules: OrderRules,
    *,
    limits: OrderLimits | None = None,
    strategy: Strategy = LEAST_COST,
) -> Script[Outcome]:
    """The outcome of a use case, after those went on who waited for what the order gave back.

    An order that waits itself, only now or for less than before, is asked once more too.
    """
    if not isinstance(outcome, Receipt):
        return outcome
    order = outcome.order
    subjects = given_back(order, outcome.events)
    if any(isinstance(event, _ASKED_ANEW) for event in outcome.events):
        subjects += waits_for(order)
    released = yield from ReleaseWaiting(
        subjects=subjects, context=context, rules=rules, limits=limits, strategy=strategy
    ).start()
    if not released:
        return outcome
    own = next((after for after in released if after.order_id == order.order_id), order)
    others = tuple(after for after in released if after.order_id != order.order_id)
    return attrs.evolve(outcome, order=own, released=others)


@answering
def release_waiting(
    subjects: Iterable[str],
    *,
    context: Context,
    rules: OrderRules = DEFAULT_RULES,
    limits: OrderLimits | None = None,
    strategy: Strategy = LEAST_COST,
    urgency: UrgencyPolicy | None = None,
) -> ReleaseWaiting:
    """Let orders go on that wait for an account, for stock, or for the seller's limits.

    Each order takes what it needs, all of it or none: credit of its customer's account, and stock
    for every unit that lacks it. What it takes ends its hold, and a confirmation that waits happens
    where nothing else is missing, in the same commit. An order that needs more than there is stays,
    and a later one that needs less goes on.

    ``handle``, ``handle_credit`` and ``handle_stock`` do this by themselves for what they give
    back, under the default strategy and by age. Run it after the seller's limits were raised, to go
    on after a crash, or with a strategy or an order of your own; run twice, it does once.

    Args:
        subjects: What there is more of: :func:`~ordercore.orders.account_subject`,
            :func:`~ordercore.orders.stock_subject`, :func:`~ordercore.orders.limits_subject`.
        context: When, and who.
        rules: The host's rules.
        limits: The seller's limits as they are now, for orders that go beyond these.
        strategy: How nodes are chosen.
        urgency: Who goes first; without it, who waits longest.

    Returns:
        A workflow for :func:`run` and :func:`arun`. Its result are the orders that went on, as
        saved, in their turn.

    Example:
        >>> from ordercore.memory import memory_ports
        >>> from ordercore.workflows import run
        >>> desk = Context(now="2026-11-11T00:00:00Z", actor="u-1")
        >>> run(release_waiting(["account:c-9"], context=desk), memory_ports())
        ()
    """
    return ReleaseWaiting(
        subjects=tuple(subjects),
        context=context,
        rules=rules,
        limits=limits,
        strategy=strategy,
        urgency=urgency,
    )

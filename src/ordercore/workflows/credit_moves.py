"""From what happened to an order to the credit that it no longer needs."""

from __future__ import annotations

import attrs

from ordercore import orders
from ordercore.kernel import (
    Context,
    Decision,
    Effect,
    Money,
    OrderId,
    PaymentId,
    Refusal,
    checked,
    derived_id,
    fold,
)
from ordercore.orders import (
    Order,
    OrderEvent,
    RecordPayment,
    ReleaseCredit,
    VoidPayment,
    credit,
)
from ordercore.ports import CreditChange
from ordercore.workflows.request import LoadCredit, Script, perform
from ordercore.workflows.stock_moves import order_scope

__all__ = ["CREDIT_PAYMENT", "FreedCredit", "credit_surplus", "free_credit"]

CREDIT_PAYMENT = PaymentId("credit-account")
"""The payment of an order that stands for the credit reserved for it, as an authorisation."""


def credit_surplus(order: Order) -> int:
    """Minor units authorised by credit that the order does not need, or gave up already.

    Credit gives way first: what other payments hold or promise is left as it is.

    Example:
        >>> from ordercore.orders.specimen import tea_order
        >>> credit_surplus(tea_order())
        0
    """
    payment = order.payment(CREDIT_PAYMENT)
    if payment is None:
        return 0
    given_up = max(0, payment.void_requested_minor - payment.voided_minor)
    covered = sum(each.held_minor + each.open_authorisation_minor for each in order.payments)
    unneeded = max(0, covered - order.due_minor)
    return given_up + min(unneeded, payment.open_authorisation_minor)


@attrs.frozen(kw_only=True)
@checked
class FreedCredit:
    """An order and its decisions after credit was given back, and the account's change."""

    order: Order
    decisions: tuple[Decision[OrderEvent], ...]
    changes: tuple[CreditChange, ...] = ()


def free_credit(
    order: Order, decision: Decision[OrderEvent], context: Context
) -> Script[FreedCredit]:
    """Give back, in the commit of a decision, the credit that the order after it does not need.

    The account releases it and the order notes it as voided; what the decision asked the provider
    of the credit to void is done by that. Credit that is invoiced already is not given back: that
    takes a credit note, and the request to void goes to the host. Asks for nothing where the order
    has no credit to spare.
    """
    kept = FreedCredit(order=order, decisions=(decision,))
    surplus = credit_surplus(order)
    if not surplus or order.customer is None:
        return kept
    account = yield from perform(LoadCredit(order.customer))
    held = 0 if account is None else account.open.get(order.order_id, 0)
    if account is None or not held:
        return kept
    cause = decision.events[0].cause
    amount = Money(min(surplus, held), order.currency)
    wish = ReleaseCredit(
        account.customer,
        command_id=release_id(order.order_id, cause.kind, cause.id),
        order_id=order.order_id,
        amount=amount,
    )
    answer = credit.decide(account, wish, context)
    if isinstance(answer, Refusal) or not answer.events:
        return kept
    note = RecordPayment(
        order.order_id,
        fact_id=derived_id("credit-freed", cause.kind, cause.id),
        payment_id=CREDIT_PAYMENT,
        kind="voided",
        amount=amount,
    )
    noted = orders.decide(order, note, context).accepted()
    return FreedCredit(
        order=fold(orders, noted.events, order),
        decisions=(
            attrs.evolve(decision, effects=_less_void(decision.effects, amount.minor)),
            noted,
        ),
        changes=(
            CreditChange(
                expected_version=account.version,
                state=fold(credit, answer.events, account),
                events=answer.events,
            ),
        ),
    )


def release_id(order_id: OrderId, kind: str, cause_id: str) -> str:
    """The id of the release that a cause at an order brings about."""
    return derived_id(order_scope(order_id), "credit", kind, cause_id)


def _less_void(effects: tuple[Effect, ...], done_minor: int) -> tuple[Effect, ...]:
    """The effects without what was voided here."""
    left: list[Effect] = []
    for effect in effects:
        if isinstance(effect, VoidPayment) and effect.payment_id == CREDIT_PAYMENT:
            rest = effect.amount.minor - done_minor
            if rest > 0:
                left.append(attrs.evolve(effect, amount=Money(rest, effect.amount.currency)))
        else:
            left.append(effect)
    return tuple(left)

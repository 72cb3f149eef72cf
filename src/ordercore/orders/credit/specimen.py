"""A small account that the examples of this package are about."""

from __future__ import annotations

from ordercore.kernel import Context, Money
from ordercore.orders.credit.account import DEFAULT_CREDIT_POLICY, CreditAccount, CreditPolicy
from ordercore.orders.credit.decide import decide
from ordercore.orders.credit.evolve import evolve
from ordercore.orders.credit.messages import OpenAccount

__all__ = ["tea_account"]


def tea_account(policy: CreditPolicy = DEFAULT_CREDIT_POLICY) -> CreditAccount:
    """The account of ``c-9``, opened with a limit of CNY 1000.00.

    Example:
        >>> tea_account().version
        1
    """
    opened = decide(
        None,
        OpenAccount("c-9", command_id="a-1", limit=Money.of(1000, "CNY"), policy=policy),
        Context(now="2026-11-11T00:00:00Z", actor="u-0", role="credit"),
    )
    return evolve(None, opened.accepted().events[0])

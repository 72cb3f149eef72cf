"""Credit accounts: how much a customer may owe, what of it is taken, and who agreed to that.

The aggregate of a customer's credit, keyed by customer. Exposure is what is reserved for orders
plus what is invoiced and unpaid; a reservation that would pass the limit is refused with what is
short, unless other persons gave leave for that order. The module is a decider, as ``orders`` is:
``decide``, ``evolve``, ``replay``, ``check``. Saved with its expected version, two orders at the
same moment cannot both take the last of a limit.

Example:
    >>> from ordercore.kernel import Context, Money, fold
    >>> from ordercore.orders import OpenAccount, ReserveCredit, credit
    >>> desk = Context(now="2026-11-11T00:00:00Z", actor="u-1", role="credit")
    >>> opened = credit.decide(
    ...     None, OpenAccount("c-9", command_id="a-1", limit=Money.of(1000, "CNY")), desk
    ... )
    >>> account = fold(credit, opened.accepted().events)
    >>> wish = ReserveCredit("c-9", command_id="r-1", order_id="o-1", amount=Money.of(400, "CNY"))
    >>> account = fold(credit, credit.decide(account, wish, desk).accepted().events, account)
    >>> str(account.exposure), str(account.available)
    ('CNY 400.00', 'CNY 600.00')
"""

from ordercore.orders.credit.account import (
    DEFAULT_CREDIT_POLICY,
    CreditAccount,
    CreditInvoice,
    CreditOverride,
    CreditPolicy,
    LimitProposal,
)
from ordercore.orders.credit.decide import check, decide
from ordercore.orders.credit.draft import CreditDecision
from ordercore.orders.credit.events import (
    AccountOpened,
    AccountResumed,
    AccountSuspended,
    CreditEvent,
    CreditInvoiced,
    CreditReleased,
    CreditReserved,
    InvoiceSettled,
    LimitApproved,
    LimitProposed,
    LimitRejected,
    LimitSet,
    OverrideApproved,
    SettlementClashed,
    SettlementUnapplied,
    UnappliedReturned,
)
from ordercore.orders.credit.evolve import evolve, replay
from ordercore.orders.credit.invariants import INVARIANTS
from ordercore.orders.credit.messages import (
    ApproveLimit,
    ApproveOverride,
    CreditCommand,
    CreditFact,
    CreditInstruction,
    CreditMessage,
    InvoiceReserved,
    OpenAccount,
    RecordInvoicePayment,
    RejectLimit,
    ReleaseCredit,
    ReserveCredit,
    ResumeAccount,
    ReturnUnapplied,
    SetLimit,
    SettlementKind,
    SuspendAccount,
)

__all__ = [
    # --- deciding ---
    "decide",
    "evolve",
    "replay",
    "check",
    "CreditDecision",
    "INVARIANTS",
    # --- the account ---
    "CreditAccount",
    "CreditInvoice",
    "CreditOverride",
    "CreditPolicy",
    "DEFAULT_CREDIT_POLICY",
    "LimitProposal",
    # --- commands and facts ---
    "CreditInstruction",
    "CreditFact",
    "CreditCommand",
    "CreditMessage",
    "OpenAccount",
    "SetLimit",
    "ApproveLimit",
    "RejectLimit",
    "ApproveOverride",
    "ReserveCredit",
    "ReleaseCredit",
    "InvoiceReserved",
    "ReturnUnapplied",
    "SuspendAccount",
    "ResumeAccount",
    "RecordInvoicePayment",
    "SettlementKind",
    # --- events ---
    "CreditEvent",
    "AccountOpened",
    "LimitProposed",
    "LimitApproved",
    "LimitRejected",
    "LimitSet",
    "OverrideApproved",
    "CreditReserved",
    "CreditReleased",
    "CreditInvoiced",
    "InvoiceSettled",
    "SettlementUnapplied",
    "SettlementClashed",
    "UnappliedReturned",
    "AccountSuspended",
    "AccountResumed",
]

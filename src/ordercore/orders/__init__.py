"""Orders: the aggregate that decides on commands, takes facts in, and derives every status.

An order keeps its quote whole and counts units and money; nothing else is stored. ``decide``
answers a command with events and effects or with every reason against it, ``evolve`` applies an
event, ``replay`` many. ``check`` and ``available`` say what may be done, and what would help.

Example:
    >>> from ordercore.kernel import Context, fold
    >>> from ordercore import orders
    >>> from ordercore.orders.specimen import tea_quote
    >>> web = Context(now="2026-11-11T00:00:00Z", actor="web", role="customer")
    >>> placed = orders.decide(None, PlaceOrder("o-1", quote=tea_quote(), command_id="c-1"), web)
    >>> order = fold(orders, placed.accepted().events)
    >>> [r.code for r in orders.check(order, ConfirmOrder("o-1", command_id="c-2"), web).reasons]
    ['gate.stock', 'gate.payment']
"""

from typing import TYPE_CHECKING

from ordercore.orders import credit
from ordercore.orders.amending.amendments import (
    Amendments,
    DeliveryWish,
    Exchange,
    ExchangeStage,
)
from ordercore.orders.amending.cancel_preview import (
    CancelledWork,
    CancelPreview,
    TenderChange,
    preview_cancel,
)
from ordercore.orders.amending.commands import (
    EditOrder,
    LapseExchange,
    RequestExchange,
    TransferIn,
    TransferOut,
)
from ordercore.orders.amending.events import (
    ExchangeCompleted,
    ExchangeLapsed,
    ExchangeRequested,
    OrderEdited,
    UnitsTransferredIn,
    UnitsTransferredOut,
)
from ordercore.orders.amending.links import LinkKind, OrderLink
from ordercore.orders.amending.plans import TransferPlan, plan_merge, plan_split
from ordercore.orders.amending.preview import EditPreview, preview_edit
from ordercore.orders.amending.transfers import (
    Consignment,
    MovedAllocation,
    MovedPayment,
    TransferKind,
)
from ordercore.orders.audit.attempt import RefusedAttempt, attempt
from ordercore.orders.audit.evidence import audit_evidence
from ordercore.orders.audit.proof import (
    anchor_proof,
    anchor_root,
    order_proof,
    order_proofs,
    order_root,
)
from ordercore.orders.audit.trail import AuditEntry, AuditFault, audit_trail, verify
from ordercore.orders.billing.bill import Billing, CreditNote, Invoice
from ordercore.orders.billing.commands import (
    IssueCreditNote,
    IssueInvoice,
    RecordSettlement,
)
from ordercore.orders.billing.events import (
    CreditNoteIssued,
    InvoiceIssued,
    SettlementRecorded,
)
from ordercore.orders.billing.reconciliation import Mismatch, reconcile
from ordercore.orders.billing.tender import (
    Instalment,
    PaymentSchedule,
    PaymentTerms,
    RefundRoute,
    RefundRouting,
    TenderKind,
)
from ordercore.orders.check import available, check
from ordercore.orders.claims import Claims
from ordercore.orders.commands import (
    AllocateUnits,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    ConfirmOrder,
    Fact,
    GrantAllowance,
    Instruction,
    OrderCommand,
    OrderFact,
    OrderMessage,
    PlaceOrder,
    ReceiveReturn,
    RecordDelivery,
    RecordPayment,
    RecordRefund,
    RefundBalance,
    ReleaseUnits,
    ReopenOrder,
    RequestReturn,
    ReserveStock,
    ShipUnits,
)
from ordercore.orders.control.approval import (
    Approval,
    ApprovalLevel,
    ApprovalRule,
    ApprovalState,
    Delegation,
    Vote,
)
from ordercore.orders.control.blocking import blocking
from ordercore.orders.control.commands import (
    DelegateApproval,
    GiveApproval,
    PlaceHold,
    RecheckHolds,
    RecordCustomer,
    RecordEvidence,
    RejectApproval,
    ReleaseHold,
    RequestApproval,
    SubmitOrder,
    Tick,
)
from ordercore.orders.control.events import (
    ApprovalDelegated,
    ApprovalExpired,
    ApprovalRequested,
    ApprovalVoted,
    ClaimsReleased,
    CustomerRecorded,
    EvidenceRecorded,
    HoldPlaced,
    HoldReleased,
    OrderExpired,
    OrderSubmitted,
)
from ordercore.orders.control.evidence import Evidence
from ordercore.orders.control.gate_rules import DEFAULT_GATES, Gate, GateMode, HoldRule
from ordercore.orders.control.hold import (
    FORWARD_VERBS,
    AutoRelease,
    Hold,
    HoldEnd,
    HoldScope,
    Pause,
    ScopeKind,
)
from ordercore.orders.control.projection import field_class, project
from ordercore.orders.control.role_table import role_table
from ordercore.orders.control.roles import SEE, FieldClass, OrderStanding, RoleGrant, RoleMatrix
from ordercore.orders.control.state import Control
from ordercore.orders.control.waiting import RESUMED_VERBS, Waiting
from ordercore.orders.credit import (
    DEFAULT_CREDIT_POLICY,
    AccountOpened,
    AccountResumed,
    AccountSuspended,
    ApproveLimit,
    ApproveOverride,
    CreditAccount,
    CreditCommand,
    CreditDecision,
    CreditEvent,
    CreditFact,
    CreditInstruction,
    CreditInvoice,
    CreditInvoiced,
    CreditMessage,
    CreditOverride,
    CreditPolicy,
    CreditReleased,
    CreditReserved,
    InvoiceReserved,
    InvoiceSettled,
    LimitApproved,
    LimitProposal,
    LimitProposed,
    LimitRejected,
    LimitSet,
    OpenAccount,
    OverrideApproved,
    RecordInvoicePayment,
    RejectLimit,
    ReleaseCredit,
    ReserveCredit,
    ResumeAccount,
    ReturnUnapplied,
    SetLimit,
    SettlementClashed,
    SettlementKind,
    SettlementUnapplied,
    SuspendAccount,
    UnappliedReturned,
)
from ordercore.orders.credit import INVARIANTS as CREDIT_INVARIANTS
from ordercore.orders.customer import (
    CUSTOMER_FACTS,
    CustomerFact,
    CustomerFacts,
    CustomerValue,
    customer_facts,
)
from ordercore.orders.decide import decide
from ordercore.orders.decider import OrderDecider
from ordercore.orders.draft import OrderDecision
from ordercore.orders.effects import (
    AdjustStock,
    AwaitFacts,
    CapturePayment,
    Notify,
    OrderEffect,
    RecallUnits,
    RefundPayment,
    ReleaseClaims,
    ReleaseStock,
    RestockUnits,
    VoidPayment,
)
from ordercore.orders.events import (
    AllowanceGranted,
    AssignedUnits,
    Cause,
    CauseKind,
    FactClashed,
    FactNoted,
    LineValue,
    MoneyRequested,
    OrderCancelled,
    OrderClosed,
    OrderConfirmed,
    OrderEvent,
    OrderPlaced,
    OrderReopened,
    PaymentRecorded,
    ReleasedUnits,
    ReturnReceived,
    ReturnRequested,
    ShippedFrom,
    UnitsAllocated,
    UnitsCancelled,
    UnitsDelivered,
    UnitsReleased,
    UnitsReserved,
    UnitsShipped,
)
from ordercore.orders.evolve import evolve, replay
from ordercore.orders.flow_stage import FlowStage, FlowSubject
from ordercore.orders.forgotten import accepted_ids, forgotten_ids, may_have_forgotten
from ordercore.orders.fulfilling.commands import (
    CancelFulfilment,
    CompleteStage,
    ConfirmPick,
    HandOver,
    MigrateFlow,
    PackFulfilment,
    PlanFulfilment,
    RecordScan,
    ReleaseFulfilment,
    ScanKind,
    SetAppointment,
    StartPicking,
)
from ordercore.orders.fulfilling.events import (
    FlowMigrated,
    FulfilmentMoved,
    FulfilmentPlanned,
    LimitPassed,
    RecalledUnits,
    ShipmentScanned,
    StageEntered,
    UnitsPicked,
    UnitsRecalled,
)
from ordercore.orders.fulfilling.flow import Flow
from ordercore.orders.fulfilling.fulfilment_order import (
    FulfilmentMode,
    FulfilmentOrder,
    FulfilmentUnits,
    Parcel,
)
from ordercore.orders.fulfilling.on_flow import flow_instances
from ordercore.orders.fulfilling.time_limits import inactivity
from ordercore.orders.invariants import INVARIANTS
from ordercore.orders.keywords import KeywordRule, found_keywords
from ordercore.orders.lifecycle import Lifecycle
from ordercore.orders.line import OrderLine
from ordercore.orders.option import Availability, CommandOption
from ordercore.orders.order import Order
from ordercore.orders.order_facts import OrderFacts, order_facts
from ordercore.orders.order_limits import (
    LimitFinding,
    LimitKind,
    OrderLimits,
    limit_facts,
    limit_findings,
    limit_standing,
)
from ordercore.orders.outside import (
    LimitFacts,
    account_subject,
    credit_needed,
    limits_subject,
    stock_subject,
    waits_for,
)
from ordercore.orders.payment import (
    MoneyPosition,
    MoneyRequest,
    Payment,
    PaymentKind,
    RequestKind,
    settlement,
)
from ordercore.orders.policy import (
    DEFAULT_ORDER_POLICY,
    CaptureRule,
    ChargesRule,
    ClaimsRule,
    InvoiceRule,
    OrderPolicy,
    RaisedDueRule,
)
from ordercore.orders.reckoning import NO_RECKONING, Reckoning
from ordercore.orders.remembered import Remembered, Seen
from ordercore.orders.review import (
    Review,
    ReviewApproval,
    ReviewFinding,
    ReviewRule,
    review_findings,
)
from ordercore.orders.rules import DEFAULT_RULES, OrderRules
from ordercore.orders.shortage import stock_scarcity
from ordercore.orders.standing import LimitStanding
from ordercore.orders.statuses import (
    DEFAULT_STATUSES,
    AxisRule,
    AxisStatus,
    DisplayStatus,
    FulfilmentStatus,
    InvoiceStatus,
    PaymentStatus,
    ReturnStatus,
    SettlementStatus,
    Statuses,
    StatusPolicy,
    Tally,
    statuses,
)
from ordercore.orders.timers import TimerSource, due_timers
from ordercore.orders.units import (
    Assignment,
    ItemFacts,
    ItemKind,
    Quantities,
    ReceivedUnits,
    ReturnDisposition,
)
from ordercore.orders.urgency import (
    DEFAULT_URGENCY,
    FactorKind,
    QueuedOrder,
    Urgency,
    UrgencyFactor,
    UrgencyFacts,
    UrgencyLevel,
    UrgencyPolicy,
    UrgencyReason,
    UrgencyStep,
    queue,
    urgency,
    urgency_facts,
)
from ordercore.orders.whereabouts import (
    Allocation,
    ReturnCase,
    ReturnedLine,
    Shipment,
    ShippedLine,
)

if TYPE_CHECKING:
    from ordercore.rules import Vocabulary
    from ordercore.statemachine import Machine

    MEDUSA_STATUSES: StatusPolicy
    SALEOR_AUTHORIZE_STATUSES: StatusPolicy
    SALEOR_STATUSES: StatusPolicy
    SOLIDUS_STATUSES: StatusPolicy
    SYLIUS_STATUSES: StatusPolicy
    FULFILMENT: Machine
    RETURN: Machine
    LIFECYCLE: Machine
    LIMIT_FACTS: Vocabulary
    ORDER_FACTS: Vocabulary

__all__ = [
    # --- deciding ---
    "decide",
    "evolve",
    "replay",
    "check",
    "available",
    "Availability",
    "CommandOption",
    "preview_edit",
    "EditPreview",
    "preview_cancel",
    "CancelPreview",
    "CancelledWork",
    "TenderChange",
    "plan_split",
    "plan_merge",
    "TransferPlan",
    "OrderDecision",
    "OrderDecider",
    "OrderRules",
    "DEFAULT_RULES",
    # --- the aggregate ---
    "Order",
    "OrderLine",
    "Lifecycle",
    "Allocation",
    "Shipment",
    "ShippedLine",
    "ReturnCase",
    "ReturnedLine",
    "FulfilmentOrder",
    "FulfilmentUnits",
    "FulfilmentMode",
    "Parcel",
    "Flow",
    "FlowStage",
    "FlowSubject",
    "flow_instances",
    "inactivity",
    "Amendments",
    "DeliveryWish",
    "Exchange",
    "ExchangeStage",
    "OrderLink",
    "LinkKind",
    "Consignment",
    "TransferKind",
    "MovedAllocation",
    "MovedPayment",
    "Billing",
    "Invoice",
    "CreditNote",
    "Payment",
    "PaymentKind",
    "RequestKind",
    "MoneyPosition",
    "MoneyRequest",
    "settlement",
    "Remembered",
    "Seen",
    "forgotten_ids",
    "may_have_forgotten",
    "accepted_ids",
    # --- policies and machines ---
    "OrderPolicy",
    "DEFAULT_ORDER_POLICY",
    "CaptureRule",
    "ChargesRule",
    "ClaimsRule",
    "InvoiceRule",
    "PaymentTerms",
    "PaymentSchedule",
    "Instalment",
    "RefundRouting",
    "RefundRoute",
    "TenderKind",
    "NO_RECKONING",
    "RaisedDueRule",
    "Reckoning",
    "LIFECYCLE",
    "FULFILMENT",
    "RETURN",
    # --- commands and facts ---
    "Instruction",
    "Fact",
    "OrderCommand",
    "OrderFact",
    "OrderMessage",
    "PlaceOrder",
    "AllocateUnits",
    "ReserveStock",
    "ReleaseUnits",
    "ConfirmOrder",
    "ShipUnits",
    "CancelUnits",
    "CancelOrder",
    "RequestReturn",
    "ReceiveReturn",
    "GrantAllowance",
    "RefundBalance",
    "CloseOrder",
    "ReopenOrder",
    "PlanFulfilment",
    "ReleaseFulfilment",
    "StartPicking",
    "ConfirmPick",
    "PackFulfilment",
    "HandOver",
    "CompleteStage",
    "SetAppointment",
    "CancelFulfilment",
    "MigrateFlow",
    "IssueInvoice",
    "IssueCreditNote",
    "EditOrder",
    "RequestExchange",
    "LapseExchange",
    "TransferOut",
    "TransferIn",
    "RecordSettlement",
    "RecordScan",
    "ScanKind",
    "RecordPayment",
    "RecordRefund",
    "RecordDelivery",
    "Assignment",
    "ItemFacts",
    "ItemKind",
    "Quantities",
    "ReceivedUnits",
    "ReturnDisposition",
    # --- events ---
    "OrderEvent",
    "Cause",
    "CauseKind",
    "OrderPlaced",
    "UnitsAllocated",
    "UnitsReserved",
    "UnitsReleased",
    "AssignedUnits",
    "ReleasedUnits",
    "OrderConfirmed",
    "UnitsShipped",
    "ShippedFrom",
    "UnitsDelivered",
    "UnitsCancelled",
    "LineValue",
    "OrderCancelled",
    "ReturnRequested",
    "ReturnReceived",
    "AllowanceGranted",
    "PaymentRecorded",
    "MoneyRequested",
    "FactNoted",
    "FactClashed",
    "OrderClosed",
    "OrderReopened",
    "FulfilmentPlanned",
    "FulfilmentMoved",
    "UnitsPicked",
    "UnitsRecalled",
    "RecalledUnits",
    "ShipmentScanned",
    "FlowMigrated",
    "LimitPassed",
    "StageEntered",
    "InvoiceIssued",
    "CreditNoteIssued",
    "SettlementRecorded",
    # --- control: holds, gates, approvals, roles, timers ---
    "Control",
    "Hold",
    "HoldScope",
    "ScopeKind",
    "AutoRelease",
    "HoldEnd",
    "Pause",
    "FORWARD_VERBS",
    "Waiting",
    "RESUMED_VERBS",
    "HoldRule",
    "Gate",
    "GateMode",
    "DEFAULT_GATES",
    "blocking",
    "Evidence",
    "Approval",
    "ApprovalLevel",
    "ApprovalRule",
    "ApprovalState",
    "Vote",
    "Delegation",
    "SEE",
    "OrderStanding",
    "RoleGrant",
    "RoleMatrix",
    "role_table",
    "FieldClass",
    "field_class",
    "project",
    "TimerSource",
    "due_timers",
    "SubmitOrder",
    "PlaceHold",
    "ReleaseHold",
    "RecheckHolds",
    "RecordEvidence",
    "RecordCustomer",
    "RequestApproval",
    "GiveApproval",
    "RejectApproval",
    "DelegateApproval",
    "Tick",
    "OrderSubmitted",
    "OrderExpired",
    "HoldPlaced",
    "HoldReleased",
    "EvidenceRecorded",
    "CustomerRecorded",
    "ClaimsReleased",
    "ApprovalRequested",
    "ApprovalVoted",
    "ApprovalDelegated",
    "ApprovalExpired",
    "OrderEdited",
    "ExchangeRequested",
    "ExchangeCompleted",
    "ExchangeLapsed",
    "UnitsTransferredOut",
    "UnitsTransferredIn",
    # --- effects ---
    "OrderEffect",
    "CapturePayment",
    "VoidPayment",
    "RefundPayment",
    "ReleaseStock",
    "RestockUnits",
    "AdjustStock",
    "RecallUnits",
    "ReleaseClaims",
    "AwaitFacts",
    "Notify",
    # --- audit ---
    "audit_trail",
    "AuditEntry",
    "verify",
    "AuditFault",
    "audit_evidence",
    "order_root",
    "order_proof",
    "order_proofs",
    "anchor_root",
    "anchor_proof",
    "attempt",
    "RefusedAttempt",
    # --- derived views ---
    "statuses",
    "Statuses",
    "AxisStatus",
    "AxisRule",
    "StatusPolicy",
    "DEFAULT_STATUSES",
    "MEDUSA_STATUSES",
    "SALEOR_STATUSES",
    "SALEOR_AUTHORIZE_STATUSES",
    "SOLIDUS_STATUSES",
    "SYLIUS_STATUSES",
    "PaymentStatus",
    "FulfilmentStatus",
    "ReturnStatus",
    "InvoiceStatus",
    "SettlementStatus",
    "DisplayStatus",
    "reconcile",
    "Mismatch",
    "Tally",
    "ORDER_FACTS",
    "OrderFacts",
    "order_facts",
    "CUSTOMER_FACTS",
    "CustomerFact",
    "CustomerFacts",
    "CustomerValue",
    "customer_facts",
    "Claims",
    "INVARIANTS",
    # --- credit ---
    "credit",
    "CREDIT_INVARIANTS",
    "CreditDecision",
    "CreditAccount",
    "CreditInvoice",
    "CreditOverride",
    "CreditPolicy",
    "DEFAULT_CREDIT_POLICY",
    "LimitProposal",
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
    # --- reviews, limits, urgency ---
    "Review",
    "ReviewRule",
    "ReviewApproval",
    "ReviewFinding",
    "review_findings",
    "OrderLimits",
    "LimitKind",
    "LimitFinding",
    "limit_findings",
    "LIMIT_FACTS",
    "LimitFacts",
    "limit_facts",
    "LimitStanding",
    "limit_standing",
    "waits_for",
    "account_subject",
    "stock_subject",
    "limits_subject",
    "credit_needed",
    "UrgencyPolicy",
    "DEFAULT_URGENCY",
    "UrgencyFactor",
    "FactorKind",
    "UrgencyStep",
    "UrgencyLevel",
    "UrgencyFacts",
    "urgency_facts",
    "stock_scarcity",
    "Urgency",
    "UrgencyReason",
    "urgency",
    "QueuedOrder",
    "queue",
    "KeywordRule",
    "found_keywords",
]


def __getattr__(name: str) -> object:
    """Machines, vocabulary and platforms' policies, made when they are first asked for."""
    if name.endswith("_STATUSES") and name in __all__:
        from importlib import import_module

        platform = name.partition("_")[0].lower()
        found: object = getattr(import_module(f"ordercore.orders.status_policies.{platform}"), name)
        return found
    if name == "LIFECYCLE":
        from ordercore.orders.lifecycle import lifecycle

        return lifecycle()
    if name == "FULFILMENT":
        from ordercore.orders.lifecycle import fulfilment

        return fulfilment()
    if name == "RETURN":
        from ordercore.orders.lifecycle import returning

        return returning()
    if name == "ORDER_FACTS":
        from ordercore.orders.order_facts import vocabulary

        return vocabulary()
    if name == "LIMIT_FACTS":
        from ordercore.orders.standing import vocabulary as limit_vocabulary

        return limit_vocabulary()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

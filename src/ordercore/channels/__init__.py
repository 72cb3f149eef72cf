"""Orders as channels tell them: read by data, reconciled, never repaired.

A :class:`ChannelMapping` says which of a channel's fields mean what. :func:`import_json` and
:func:`import_rows` apply it and give an :class:`ImportBatch`: drafts, other documents, rejections,
and a finding with a stable code for everything odd. An :class:`OrderDraft` becomes a cart, a
recorded quote and a destination; who it is for stays in a record that can be erased.

Example:
    >>> payload = '''{"order": {"id": 5500000000018, "name": "#1018", "currency": "USD",
    ...     "processed_at": "2024-11-29T00:03:59-05:00", "total_price": "21.50",
    ...     "line_items": [{"id": 1, "sku": "MUG-B", "quantity": 2, "price": "10.99"}]}}'''
    >>> batch = import_json(shopify(), payload)
    >>> quote = batch.drafts[0].recorded_quote()
    >>> str(quote.total), str(quote.unexplained)
    ('USD 21.50', 'USD -0.48')
    >>> [(finding.code, finding.value) for finding in batch.findings]
    [('reconcile.total', 'USD 21.98 ≠ USD 21.50')]
"""

from ordercore.channels.batch import ImportBatch, Rejection
from ordercore.channels.document import (
    AccountAdjustment,
    CreditCharge,
    CreditDraft,
    CreditLine,
    StockAdjustment,
    StockReason,
)
from ordercore.channels.draft import (
    UNLISTED,
    DraftCharge,
    DraftLine,
    OrderDraft,
    idempotency_key,
)
from ordercore.channels.invariants import INVARIANTS
from ordercore.channels.json_orders import import_json, import_payloads
from ordercore.channels.mapping import (
    ChannelMapping,
    DocumentKind,
    DocumentRule,
    FieldRule,
    LineKind,
    LineRule,
    ListRule,
    TagRule,
)
from ordercore.channels.presets import COUNTRY_LABELS, invoice_rows, shopify, woocommerce
from ordercore.channels.reconciliation import reconcile
from ordercore.channels.reported import (
    FulfilledUnits,
    RefundedCharge,
    RefundedUnits,
    ReportedCoupon,
    ReportedFulfilment,
    ReportedPayment,
    ReportedRefund,
    ReportedTotals,
)
from ordercore.channels.rows import import_rows
from ordercore.channels.transform import TRANSFORMS
from ordercore.channels.ucp import UCP_DISCOUNT_VERSION, ucp_discounts

__all__ = [
    "COUNTRY_LABELS",
    "INVARIANTS",
    "TRANSFORMS",
    "UCP_DISCOUNT_VERSION",
    "UNLISTED",
    "AccountAdjustment",
    "ChannelMapping",
    "CreditCharge",
    "CreditDraft",
    "CreditLine",
    "DocumentKind",
    "DocumentRule",
    "DraftCharge",
    "DraftLine",
    "FieldRule",
    "FulfilledUnits",
    "ImportBatch",
    "LineKind",
    "LineRule",
    "ListRule",
    "OrderDraft",
    "RefundedCharge",
    "RefundedUnits",
    "Rejection",
    "ReportedCoupon",
    "ReportedFulfilment",
    "ReportedPayment",
    "ReportedRefund",
    "ReportedTotals",
    "StockAdjustment",
    "StockReason",
    "TagRule",
    "idempotency_key",
    "import_json",
    "import_payloads",
    "import_rows",
    "invoice_rows",
    "reconcile",
    "shopify",
    "woocommerce",
    "ucp_discounts",
]

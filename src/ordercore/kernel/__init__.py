"""The ground floor: money, quantities, time, identity, and the shape of every decision.

Nothing here knows what an order is. Everything else stands on it: exact amounts, exact times,
reasons instead of exceptions for a business "no", and one canonical encoding of every value.

Example:
    >>> from ordercore.kernel import Money
    >>> [str(share) for share in Money.of("10.00", "EUR").apportion([1, 1, 1])]
    ['EUR 3.34', 'EUR 3.33', 'EUR 3.33']
"""

from ordercore.kernel.errors import (
    CodecError,
    ConcurrencyConflict,
    CurrencyMismatch,
    FaultList,
    Finding,
    IllegalTransition,
    InvalidBatch,
    InvalidDefinition,
    InvalidValue,
    InvariantViolation,
    NaiveInstant,
    NotFound,
    OrdercoreError,
    PortFailure,
    PrecisionLoss,
    Refused,
    Severity,
    UnknownCurrency,
    problems,
)
from ordercore.kernel.frozenmap import FrozenMap
from ordercore.kernel.identity import (
    AllocationId,
    ChannelId,
    CommandId,
    CouponCode,
    CustomerId,
    EffectId,
    EventId,
    FactId,
    Identifier,
    LineId,
    NodeId,
    OrderId,
    PaymentId,
    PersonRef,
    PriceListId,
    PromotionId,
    ReservationId,
    ReturnId,
    ServiceId,
    ShipmentId,
    Sku,
)
from ordercore.kernel.invariant import Invariant, Violation

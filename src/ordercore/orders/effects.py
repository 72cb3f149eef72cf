"""What an order asks of its host. Each request has a stable id, so that it is done once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import attrs

from ordercore.kernel import (
    AllocationId,
    Effect,
    EffectId,
    FulfilmentId,
    LineId,
    Money,
    NodeId,
    OrderId,
    PaymentId,
    ReturnId,
    Sku,
    as_tuple,
    checked,
)
from ordercore.orders.billing.tender import RefundRoute, TenderKind, as_tender
from ordercore.orders.claims import Claims, as_claims

__all__ = [
    "AdjustStock",
    "AwaitFacts",
    "CapturePayment",
    "Notify",
    "OrderEffect",
    "RecallUnits",
    "RefundPayment",
    "ReleaseClaims",
    "ReleaseStock",
    "RestockUnits",
    "VoidPayment",
]


def _route(value: RefundRoute | str) -> RefundRoute:
    return value if type(value) is RefundRoute else RefundRoute(value)


@attrs.frozen(kw_only=True)
class _OrderEffect(Effect):
    effect_id: EffectId = attrs.field(converter=EffectId)
    order_id: OrderId = attrs.field(converter=OrderId)


@attrs.frozen(kw_only=True)
class _MoneyEffect(_OrderEffect):
    payment_id: PaymentId = attrs.field(converter=PaymentId)
    amount: Money


@attrs.frozen(kw_only=True)
@checked
class CapturePayment(_MoneyEffect):
    """Take authorised money.

    Example:
        >>> CapturePayment(
        ...     effect_id="e", order_id="o-1", payment_id="p-1", amount=Money(1, "CNY")
        ... ).payment_id
        PaymentId('p-1')
    """


@attrs.frozen(kw_only=True)
@checked
class VoidPayment(_MoneyEffect):
    """Give up authorised money.

    Example:
        >>> VoidPayment(
        ...     effect_id="e", order_id="o-1", payment_id="p-1", amount=Money(1, "CNY")
        ... ).effect_id
        EffectId('e')
    """


@attrs.frozen(kw_only=True)
@checked
class RefundPayment(_MoneyEffect):
    """Give captured money back, to the tender or as ``route`` says; of points, how many.

    Example:
        >>> RefundPayment(
        ...     effect_id="e", order_id="o-1", payment_id="p-1", amount=Money(1, "CNY")
        ... ).amount.minor
        1
    """

    tender: TenderKind = attrs.field(default=TenderKind.OTHER, converter=as_tender)
    points: int = 0
    route: RefundRoute = attrs.field(default=RefundRoute.TO_TENDER, converter=_route)


@attrs.frozen(kw_only=True)
@checked
class ReleaseStock(_OrderEffect):
    """Give reserved units back to the stock of their node.

    Example:
        >>> ReleaseStock(
        ...     effect_id="e", order_id="o-1", allocation_id="a", sku="TEA", node="n", quantity=2
        ... ).quantity
        2
    """

    allocation_id: AllocationId = attrs.field(converter=AllocationId)
    sku: Sku = attrs.field(converter=Sku)
    node: NodeId = attrs.field(converter=NodeId)
    quantity: int


@attrs.frozen(kw_only=True)
@checked
class AdjustStock(_OrderEffect):
    """Correct the count of a node: units that the books have were not on the shelf.

    Example:
        >>> AdjustStock(effect_id="e", order_id="o-1", sku="TEA", node="n", change=-1).change
        -1
    """

    sku: Sku = attrs.field(converter=Sku)
    node: NodeId = attrs.field(converter=NodeId)
    change: int


@attrs.frozen(kw_only=True)
@checked
class RecallUnits(_OrderEffect):
    """Tell a node to stop: units that it was given are not to leave; ``picked`` go to their shelf.

    Example:
        >>> RecallUnits(
        ...     effect_id="e",
        ...     order_id="o-1",
        ...     fulfilment_id="fo-1",
        ...     allocation_id="a",
        ...     sku="TEA",
        ...     node="n",
        ...     quantity=2,
        ... ).picked
        0
    """

    fulfilment_id: FulfilmentId = attrs.field(converter=FulfilmentId)
    allocation_id: AllocationId = attrs.field(converter=AllocationId)
    sku: Sku = attrs.field(converter=Sku)
    node: NodeId = attrs.field(converter=NodeId)
    quantity: int
    picked: int = 0


@attrs.frozen(kw_only=True)
@checked
class RestockUnits(_OrderEffect):
    """Take returned units into the stock of a node.

    Example:
        >>> RestockUnits(
        ...     effect_id="e",
        ...     order_id="o-1",
        ...     return_id="r-1",
        ...     line_id="1",
        ...     sku="TEA",
        ...     node="n",
        ...     quantity=1,
        ... ).node
        NodeId('n')
    """

    return_id: ReturnId = attrs.field(converter=ReturnId)
    line_id: LineId = attrs.field(converter=LineId)
    sku: Sku = attrs.field(converter=Sku)
    node: NodeId = attrs.field(converter=NodeId)
    quantity: int


@attrs.frozen(kw_only=True)
@checked
class ReleaseClaims(_OrderEffect):
    """Give back uses of promotions, each by a :class:`~ordercore.pricing.ReleaseUse`.

    Example:
        >>> ReleaseClaims(effect_id="e", order_id="o-1", claims={"11.11": 1}).claims
        FrozenMap({PromotionId('11.11'): 1})
    """

    claims: Claims = attrs.field(converter=as_claims)


@attrs.frozen(kw_only=True)
@checked
class Notify(_OrderEffect):
    """Tell the buyer, or those who run the shop; ``topic`` says of what, the host knows whom.

    Example:
        >>> Notify(effect_id="e", order_id="o-1", topic="order.confirmed").topic
        'order.confirmed'
    """

    topic: str


def _subjects(given: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(given)


@attrs.frozen(kw_only=True)
@checked
class AwaitFacts(_OrderEffect):
    """Tell the order when one of these changes: a hold waits for facts that it does not know.

    ``subjects`` are those of :func:`~ordercore.orders.waits_for`: ``account:<customer>``,
    ``stock:<sku>``, ``limits``. The order is told with a
    :class:`~ordercore.orders.RecheckHolds`; workflows over a store that knows who waits do it.

    Example:
        >>> AwaitFacts(
        ...     effect_id="e", order_id="o-1", hold_id="h-1", subjects=["account:c-9"]
        ... ).subjects
        ('account:c-9',)
    """

    hold_id: str
    subjects: tuple[str, ...] = attrs.field(converter=_subjects)


OrderEffect: TypeAlias = (
    CapturePayment
    | VoidPayment
    | RefundPayment
    | ReleaseStock
    | AdjustStock
    | RecallUnits
    | RestockUnits
    | ReleaseClaims
    | AwaitFacts
    | Notify
)
"""Every effect; the union is closed."""

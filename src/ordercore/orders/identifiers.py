"""Identifiers as fields mostly get them: of their kind already.

A class called for nothing costs three times as much as asking first, and of events, and of the
parts of an order, there are very many.
"""

from __future__ import annotations

from ordercore.kernel import (
    AllocationId,
    ChannelId,
    CustomerId,
    EffectId,
    FulfilmentId,
    LineId,
    NodeId,
    OrderId,
    PaymentId,
    ReturnId,
    ServiceId,
    ShipmentId,
    Sku,
)

__all__ = [
    "as_allocation_id",
    "as_effect_id",
    "as_fulfilment_id",
    "as_line_id",
    "as_node_id",
    "as_optional_channel_id",
    "as_optional_customer_id",
    "as_optional_fulfilment_id",
    "as_optional_return_id",
    "as_optional_service_id",
    "as_optional_shipment_id",
    "as_order_id",
    "as_payment_id",
    "as_return_id",
    "as_shipment_id",
    "as_sku",
]


def as_allocation_id(given: str) -> AllocationId:
    """The identifier of an allocation."""
    return given if type(given) is AllocationId else AllocationId(given)


def as_optional_channel_id(given: str | None) -> ChannelId | None:
    """The identifier of a channel, or None."""
    return given if given is None or type(given) is ChannelId else ChannelId(given)


def as_optional_customer_id(given: str | None) -> CustomerId | None:
    """The identifier of a customer, or None."""
    return given if given is None or type(given) is CustomerId else CustomerId(given)


def as_effect_id(given: str) -> EffectId:
    """The identifier of an effect."""
    return given if type(given) is EffectId else EffectId(given)


def as_fulfilment_id(given: str) -> FulfilmentId:
    """The identifier of a fulfilment order."""
    return given if type(given) is FulfilmentId else FulfilmentId(given)


def as_optional_fulfilment_id(given: str | None) -> FulfilmentId | None:
    """The identifier of a fulfilment order, or None."""
    return given if given is None or type(given) is FulfilmentId else FulfilmentId(given)


def as_line_id(given: str) -> LineId:
    """The identifier of a line."""
    return given if type(given) is LineId else LineId(given)


def as_node_id(given: str) -> NodeId:
    """The identifier of a node."""
    return given if type(given) is NodeId else NodeId(given)


def as_order_id(given: str) -> OrderId:
    """The identifier of an order."""
    return given if type(given) is OrderId else OrderId(given)


def as_payment_id(given: str) -> PaymentId:
    """The identifier of a payment."""
    return given if type(given) is PaymentId else PaymentId(given)


def as_return_id(given: str) -> ReturnId:
    """The identifier of a return."""
    return given if type(given) is ReturnId else ReturnId(given)


def as_optional_return_id(given: str | None) -> ReturnId | None:
    """The identifier of a return, or None."""
    return given if given is None or type(given) is ReturnId else ReturnId(given)


def as_optional_service_id(given: str | None) -> ServiceId | None:
    """The identifier of a carrier service, or None."""
    return given if given is None or type(given) is ServiceId else ServiceId(given)


def as_shipment_id(given: str) -> ShipmentId:
    """The identifier of a shipment."""
    return given if type(given) is ShipmentId else ShipmentId(given)


def as_optional_shipment_id(given: str | None) -> ShipmentId | None:
    """The identifier of a shipment, or None."""
    return given if given is None or type(given) is ShipmentId else ShipmentId(given)


def as_sku(given: str) -> Sku:
    """The identifier of a stock keeping unit."""
    return given if type(given) is Sku else Sku(given)

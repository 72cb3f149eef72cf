"""Typed identifiers: text that names one thing, given by the host and never generated here.

Each is a ``str`` with a type of its own, so that a checker refuses an order id where a SKU is
meant, while a plain string converts in any constructor and JSON needs no special case. Ids may
exceed 2⁵³ and may start with zeros, therefore they are never numbers.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Self

from ordercore.kernel.errors import InvalidValue

__all__ = [
    "AllocationId",
    "ChannelId",
    "CommandId",
    "CouponCode",
    "CreditNoteId",
    "CustomerId",
    "EffectId",
    "EventId",
    "FactId",
    "FulfilmentId",
    "Identifier",
    "InvoiceId",
    "LineId",
    "NodeId",
    "OrderId",
    "ParcelId",
    "PaymentId",
    "PersonRef",
    "PriceListId",
    "PromotionId",
    "ReservationId",
    "ReturnId",
    "ServiceId",
    "ShipmentId",
    "Sku",
    "derived_id",
]

MAX_LENGTH = 200


class Identifier(str):
    """Base of all identifiers: 1 to 200 printable characters, no blank at either end.

    Raises:
        InvalidValue: ``identifier.invalid`` with the offending value, and as the path the name of
            the class; in a :func:`~ordercore.kernel.checked` class that of the field.

    Example:
        >>> OrderId("o-1") == "o-1", type(OrderId("o-1")).__name__
        (True, 'OrderId')
        >>> Sku(" x")
        Traceback (most recent call last):
        ...
        ordercore.kernel.errors.InvalidValue: identifier.invalid at Sku: expected ..., got ' x'
    """

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        """The text as this identifier; itself when it is one already."""
        if type(value) is cls:
            return value
        if (
            not isinstance(value, str)
            or not value
            or len(value) > MAX_LENGTH
            or value[0] == " "
            or value[-1] == " "
            or not value.isprintable()
        ):
            raise InvalidValue(
                "identifier.invalid",
                cls.__name__,
                value,
                f"1 to {MAX_LENGTH} printable characters, no blank at either end",
            )
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"


class OrderId(Identifier):
    """One order; key of the Order aggregate."""

    __slots__ = ()


class LineId(Identifier):
    """One line of an order or cart. Lines are keyed by it, never by SKU."""

    __slots__ = ()


class Sku(Identifier):
    """A stock keeping unit: what the catalogue, the stock and a line mean by an item."""

    __slots__ = ()


class NodeId(Identifier):
    """A place that holds stock: warehouse, store, supplier."""

    __slots__ = ()


class ServiceId(Identifier):
    """A carrier's service."""

    __slots__ = ()


class CommandId(Identifier):
    """One command as its sender knows it; the same id twice is the same command."""

    __slots__ = ()


class FactId(Identifier):
    """One report from outside, as its source numbers it."""

    __slots__ = ()


class EventId(Identifier):
    """One event in a log."""

    __slots__ = ()


class EffectId(Identifier):
    """One request to the host; stable, so that the host can do it once."""

    __slots__ = ()


class CustomerId(Identifier):
    """The buyer's account, without anything personal in it."""

    __slots__ = ()


class PersonRef(Identifier):
    """Points to a person's record, which is kept elsewhere and can be erased."""

    __slots__ = ()


class PromotionId(Identifier):
    """One promotion of a price book."""

    __slots__ = ()


class CouponCode(Identifier):
    """A code that the buyer presents."""

    __slots__ = ()


class PriceListId(Identifier):
    """One price list."""

    __slots__ = ()


class PaymentId(Identifier):
    """One payment as its provider numbers it."""

    __slots__ = ()


class FulfilmentId(Identifier):
    """One fulfilment order: units that a node is to bring on their way together."""

    __slots__ = ()


class ParcelId(Identifier):
    """One packed parcel."""

    __slots__ = ()


class InvoiceId(Identifier):
    """One invoice as the seller numbers it."""

    __slots__ = ()


class CreditNoteId(Identifier):
    """One credit note as the seller numbers it."""

    __slots__ = ()


class ShipmentId(Identifier):
    """One shipment: what leaves a node together."""

    __slots__ = ()


class ReturnId(Identifier):
    """One return merchandise authorisation (RMA)."""

    __slots__ = ()


class ReservationId(Identifier):
    """Units of a stock item held for someone."""

    __slots__ = ()


class AllocationId(Identifier):
    """Units of an order line assigned to a node."""

    __slots__ = ()


class ChannelId(Identifier):
    """A sales channel: a marketplace, a shop, a till."""

    __slots__ = ()


def derived_id(*parts: str) -> str:
    """An id made from others, stable and never longer than an identifier may be.

    Two different lists of parts give two different ids as long as no part holds a slash.

    Raises:
        InvalidValue: ``type.wrong`` at ``parts[i]`` for a part that is no text.

    Example:
        >>> derived_id("o-1", "c-4", "0")
        'o-1/c-4/0'
        >>> len(derived_id("o" * 150, "c" * 150))
        64
    """
    try:
        text = "/".join(parts)
    except TypeError:
        place, part = next((i, part) for i, part in enumerate(parts) if not isinstance(part, str))
        raise InvalidValue("type.wrong", f"parts[{place}]", part, "str") from None
    if len(text) <= MAX_LENGTH:
        return text
    return blake2b(text.encode(), digest_size=32).hexdigest()

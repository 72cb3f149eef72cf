"""What happened when an order was changed."""

from __future__ import annotations

import attrs

from ordercore.kernel import FrozenMap, LineId, Money, ReturnId, checked
from ordercore.network import Destination
from ordercore.orders.amending.amendments import DeliveryWish
from ordercore.orders.amending.transfers import Consignment
from ordercore.orders.cause import Happened
from ordercore.orders.reckoning import Reckoning
from ordercore.orders.units import ItemFacts, Quantities, quantities
from ordercore.pricing import Quote

__all__ = [
    "ExchangeCompleted",
    "ExchangeLapsed",
    "ExchangeRequested",
    "OrderEdited",
    "UnitsTransferredIn",
    "UnitsTransferredOut",
]


@attrs.frozen(kw_only=True)
@checked
class OrderEdited(Happened):
    """The order stands on another ``quote`` (None: on the same), or goes elsewhere.

    ``value`` is what the units that the buyer keeps cost from here on; ``revised`` what the bills
    so far are short of the new prices of the same units, below zero where they are above.
    ``cancelled`` are units of the quote that had left the order before it came to stand on it,
    ``reckoning`` is what is due beside the units from here on (None: as before).
    """

    revision: int
    quote: Quote | None = None
    items: FrozenMap[LineId, ItemFacts] = attrs.field(factory=FrozenMap)
    cancelled: Quantities = attrs.field(factory=FrozenMap, converter=quantities)
    value: Money
    revised: Money
    destination: Destination | None = None
    delivery: DeliveryWish | None = None
    why: str = ""
    reckoning: Reckoning | None = None


@attrs.frozen(kw_only=True)
@checked
class ExchangeRequested(Happened):
    """Units are to come back for others; ``advance`` is what they count for before they do.

    ``quote`` is what the order will stand on then, None where it does already.
    """

    return_id: ReturnId = attrs.field(converter=ReturnId)
    lines: Quantities = attrs.field(converter=quantities)
    replacement: Quantities = attrs.field(converter=quantities)
    ship_first: bool
    quote: Quote | None = None
    items: FrozenMap[LineId, ItemFacts] = attrs.field(factory=FrozenMap)
    advance: Money
    why: str = ""


@attrs.frozen(kw_only=True)
@checked
class ExchangeCompleted(Happened):
    """All units of an exchange came back and were accepted."""

    return_id: ReturnId = attrs.field(converter=ReturnId)


@attrs.frozen(kw_only=True)
@checked
class ExchangeLapsed(Happened):
    """An exchange was given up, or units of it were not accepted."""

    return_id: ReturnId = attrs.field(converter=ReturnId)
    why: str = ""


@attrs.frozen(kw_only=True)
@checked
class UnitsTransferredOut(Happened):
    """Units went to another order; ``amount`` is no longer due here."""

    consignment: Consignment
    amount: Money


@attrs.frozen(kw_only=True)
@checked
class UnitsTransferredIn(Happened):
    """Units came from another order; ``value`` is what everything kept costs from here on.

    ``quote`` is what the order stands on with them, None where it was made for them; ``revised``
    is as in :class:`OrderEdited`.
    """

    consignment: Consignment
    quote: Quote | None = None
    value: Money
    revised: Money

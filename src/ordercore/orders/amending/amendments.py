"""What an order remembers of its changes: revisions, wishes, exchanges, orders it is linked to."""

from __future__ import annotations

import datetime as dt

import attrs

from ordercore.kernel import Choice, FrozenMap, InvalidValue, LineId, ReturnId, ServiceId, checked
from ordercore.orders.amending.links import OrderLink
from ordercore.orders.units import ItemFacts, Quantities, quantities
from ordercore.pricing import Quote

__all__ = ["NO_AMENDMENTS", "Amendments", "DeliveryWish", "Exchange", "ExchangeStage"]


@attrs.frozen(kw_only=True)
@checked
class DeliveryWish:
    """How and when the buyer wants what has not left yet: an option of delivery, a date, or both.

    Raises:
        InvalidValue: ``delivery.nothing`` without either; ``type.wrong`` for a date that is none.

    Example:
        >>> DeliveryWish(service="express", on=dt.date(2026, 11, 20)).service
        ServiceId('express')
    """

    service: ServiceId | None = attrs.field(
        default=None, converter=attrs.converters.optional(ServiceId)
    )
    on: dt.date | None = None

    def __attrs_post_init__(self) -> None:
        if self.service is None and self.on is None:
            raise InvalidValue("delivery.nothing", "service", None, "an option or a date")
        if self.on is not None and (
            not isinstance(self.on, dt.date) or isinstance(self.on, dt.datetime)
        ):
            raise InvalidValue("type.wrong", "on", self.on, "a date")


class ExchangeStage(Choice):
    """How an exchange stands."""

    OPEN = "open"
    """The units that are to come back have not all come."""
    DONE = "done"
    """All of them came back and were accepted."""
    LAPSED = "lapsed"
    """Given up, or units were not accepted; what comes back is an ordinary return."""


@attrs.frozen(kw_only=True)
@checked
class Exchange:
    """Units that go back for others, under the id of their return.

    ``lines`` are the units that go back, ``replacement`` those for them. With ``ship_first`` the
    replacement is in the order already; without, ``quote`` is what the order will stand on when
    the units came back, and None once it does or never will.

    Example:
        >>> swap = Exchange(return_id="r-1", lines={"1": 1}, replacement={"3": 1}, ship_first=True)
        >>> swap.stage
        <ExchangeStage.OPEN: 'open'>
    """

    return_id: ReturnId = attrs.field(converter=ReturnId)
    lines: Quantities = attrs.field(converter=quantities)
    replacement: Quantities = attrs.field(converter=quantities)
    ship_first: bool
    stage: ExchangeStage = attrs.field(default=ExchangeStage.OPEN, converter=ExchangeStage)
    quote: Quote | None = None
    items: FrozenMap[LineId, ItemFacts] = attrs.field(factory=FrozenMap)
    why: str = ""


@attrs.frozen(kw_only=True)
@checked
class Amendments:
    """All changes of an order so far, as far as later decisions need them.

    ``revision`` counts the edits. ``placed`` is the quote that the order was placed from, kept from
    the first edit of the amounts on: a repeat of the placing is told by it. While an exchange is
    open, ``advance_minor`` is what its units count for before their time: what is due is less by
    it where the replacement goes first, and more where units that came back are not paid out yet.
    ``links`` name the orders that units went to and came from.

    Example:
        >>> Amendments().revision, Amendments().repriced
        (0, False)
    """

    revision: int = 0
    placed: Quote | None = None
    delivery: DeliveryWish | None = None
    exchanges: tuple[Exchange, ...] = ()
    advance_minor: int = 0
    links: tuple[OrderLink, ...] = ()

    @property
    def repriced(self) -> bool:
        """Whether the order stands on another quote than the one that it was placed from."""
        return self.placed is not None

    @property
    def open_exchange(self) -> Exchange | None:
        """The exchange whose units have not all come back; there is one at most."""
        # A new one begins only when all before it have ended.
        last = self.exchanges[-1] if self.exchanges else None
        return last if last is not None and last.stage is ExchangeStage.OPEN else None

    def exchange(self, return_id: str) -> Exchange | None:
        """The exchange of a return, or None."""
        return next((known for known in self.exchanges if known.return_id == return_id), None)

    def awaits(self, return_id: str) -> Exchange | None:
        """The open exchange, if it is the one of that return."""
        known = self.open_exchange
        return known if known is not None and known.return_id == return_id else None


NO_AMENDMENTS = Amendments()

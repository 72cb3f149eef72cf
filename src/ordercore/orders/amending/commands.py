"""How a buyer or a clerk asks for changes of an order."""

from __future__ import annotations

from typing import ClassVar

import attrs

from ordercore.kernel import FrozenMap, InvalidValue, LineId, ReturnId, checked, expect, problems
from ordercore.network import Destination
from ordercore.orders.amending.amendments import DeliveryWish
from ordercore.orders.amending.transfers import Consignment
from ordercore.orders.message import Instruction, OfLines
from ordercore.orders.units import ItemFacts, Quantities, item_facts
from ordercore.pricing import Quote

__all__ = ["EditOrder", "LapseExchange", "RequestExchange", "TransferIn", "TransferOut"]


def check_items(items: FrozenMap[LineId, ItemFacts], quote: Quote | None, name: str) -> None:
    """Refuse facts about lines that the quote does not have."""
    if not items:
        return
    known = set() if quote is None else {line.line_id for line in quote.lines}
    faults = problems()
    for line in items:
        if line not in known:
            faults.add("order.unknown_line", f"items[{line}]", line, "a line of the quote")
    faults.raise_if_any(name)


@attrs.frozen
@checked
class EditOrder(Instruction):
    """Let an order stand on a new quote, go to another place, or be brought otherwise.

    The ``quote`` is the whole new truth, made by the host from the cart as it is wanted now: a
    line's units rise or fall to its quantity, lines that it does not have leave, new ones join
    (with their ``items``); units cancelled before are left out of it. Units that came back count
    as ordered, so the quote still holds them. Without a quote, lines and amounts stay.
    ``destination`` and ``delivery`` are for what has not left yet. With ``expected_version`` the
    edit is for exactly the order that a preview was made of.

    Raises:
        InvalidValue: ``edit.nothing`` without any change; ``edit.expected_version`` below 1.
        InvalidBatch: ``order.unknown_line`` for facts about a line that the quote does not have.

    Example:
        >>> from ordercore.orders.specimen import tea_quote
        >>> EditOrder("o-1", command_id="c-9", quote=tea_quote()).verb
        'edit_order'
    """

    verb: ClassVar[str] = "edit_order"

    quote: Quote | None = attrs.field(default=None, kw_only=True)
    destination: Destination | None = attrs.field(default=None, kw_only=True)
    delivery: DeliveryWish | None = attrs.field(default=None, kw_only=True)
    items: FrozenMap[LineId, ItemFacts] = attrs.field(
        factory=FrozenMap, converter=item_facts, kw_only=True
    )
    expected_version: int | None = attrs.field(default=None, kw_only=True)
    cause: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        for path, value, kind in (
            ("quote", self.quote, Quote),
            ("destination", self.destination, Destination),
            ("delivery", self.delivery, DeliveryWish),
        ):
            if value is not None:
                expect(value, kind, path)
        if self.quote is None and self.destination is None and self.delivery is None:
            raise InvalidValue("edit.nothing", "quote", None, "a quote, a place, or a wish")
        expected = self.expected_version
        if expected is not None and (type(expected) is not int or expected < 1):
            raise InvalidValue(
                "edit.expected_version", "expected_version", expected, "an integer ≥ 1"
            )
        check_items(self.items, self.quote, "EditOrder")


@attrs.frozen
@checked
class RequestExchange(OfLines):
    """Let shipped units come back for others: a return and an edit that belong together.

    The ``quote`` holds what the order has now, unchanged in number, and the replacement on lines
    of its own (with their ``items``). By default the order comes to stand on it in the decision
    that takes the last unit back, and only the difference is paid or refunded; when a unit is not
    accepted the exchange lapses. With ``ship_first`` the replacement is part of the order at once,
    and what the units are worth that are to come back counts in advance.

    Raises:
        InvalidBatch: ``quantity.not_positive`` per line, ``quantity.none``;
            ``order.unknown_line`` for facts about a line that the quote does not have.

    Example:
        >>> from ordercore.orders.specimen import tea_quote
        >>> RequestExchange(
        ...     "o-1", command_id="c-9", return_id="r-1", lines={"2": 1}, quote=tea_quote()
        ... ).ship_first
        False
    """

    verb: ClassVar[str] = "request_exchange"

    return_id: ReturnId = attrs.field(converter=ReturnId, kw_only=True)
    quote: Quote = attrs.field(kw_only=True)
    items: FrozenMap[LineId, ItemFacts] = attrs.field(
        factory=FrozenMap, converter=item_facts, kw_only=True
    )
    ship_first: bool = attrs.field(default=False, kw_only=True)
    cause: str = attrs.field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        OfLines.__attrs_post_init__(self)
        expect(self.quote, Quote, "quote")
        check_items(self.items, self.quote, "RequestExchange")


@attrs.frozen
@checked
class LapseExchange(Instruction):
    """Give an exchange up: what comes back later is an ordinary return.

    Replacement units that are in the order stay in it, and cost what they cost.

    Example:
        >>> LapseExchange("o-1", command_id="c-9", return_id="r-1").return_id
        ReturnId('r-1')
    """

    verb: ClassVar[str] = "lapse_exchange"

    return_id: ReturnId = attrs.field(converter=ReturnId, kw_only=True)
    cause: str = attrs.field(default="", kw_only=True)


@attrs.frozen
@checked
class TransferOut(Instruction):
    """Give units to another order, with their part of the quote, their nodes and their money.

    Made by a plan (:func:`plan_split`, :func:`plan_merge`); it is for exactly the order that the
    plan was made of.

    Raises:
        InvalidValue: ``transfer.other_order`` for a consignment of another order.

    Example:
        >>> from ordercore.orders import plan_split
        >>> from ordercore.orders.specimen import tea_order
        >>> plan = plan_split(tea_order(), {"2": 1}, to_order="o-2", transfer_id="t-1").accepted()
        >>> plan.out.lines
        FrozenMap({LineId('2'): 1})
    """

    verb: ClassVar[str] = "transfer_out"

    consignment: Consignment = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        known = expect(self.consignment, Consignment, "consignment")
        if known.source != self.order_id:
            raise InvalidValue("transfer.other_order", "order_id", self.order_id, known.source)

    @property
    def lines(self) -> Quantities:
        """The units that leave, by line."""
        return self.consignment.lines


@attrs.frozen
@checked
class TransferIn(Instruction):
    """Take in what left another order; a split makes the order that it is for.

    With ``hold`` the units stay where they stand, and their stock is held for this order; without,
    they join its backlog, as when somebody else was faster to the stock in between.

    Raises:
        InvalidValue: ``transfer.other_order`` for a consignment to another order.

    Example:
        >>> from ordercore.orders import plan_split
        >>> from ordercore.orders.specimen import tea_order
        >>> plan = plan_split(tea_order(), {"2": 1}, to_order="o-2", transfer_id="t-1").accepted()
        >>> plan.into.order_id, plan.into.hold
        (OrderId('o-2'), True)
    """

    verb: ClassVar[str] = "transfer_in"

    consignment: Consignment = attrs.field(kw_only=True)
    hold: bool = attrs.field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        known = expect(self.consignment, Consignment, "consignment")
        if known.target != self.order_id:
            raise InvalidValue("transfer.other_order", "order_id", self.order_id, known.target)

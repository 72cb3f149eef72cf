"""Changes of orders as a buyer may ask for them: other quotes, other places, exchanges."""

from __future__ import annotations

from typing import Protocol, TypeVar

import attrs
from hypothesis import strategies as st

from ordercore.kernel import Money, Refusal
from ordercore.network import Destination, Region
from ordercore.orders import (
    DeliveryWish,
    EditOrder,
    LapseExchange,
    Order,
    OrderLine,
    OrderMessage,
    RequestExchange,
    plan_split,
)
from ordercore.pricing import Quote, QuoteLine
from ordercore.testing.quote_changes import with_lines
from ordercore.testing.trade_values import SKUS

__all__ = ["Draw", "edit", "exchange", "lapse", "requoted", "send_away"]


Ex = TypeVar("Ex")
_FEW = st.integers(1, 4)


class Draw(Protocol):
    """How an example is drawn: within a composite strategy, or by ``data.draw``."""

    def __call__(self, strategy: st.SearchStrategy[Ex], /) -> Ex:
        """An example of the strategy."""
        ...  # pragma: no cover - a protocol's body never runs


class Writes(Protocol):
    """What is needed of whoever writes the life of an order."""

    draw: Draw
    strays: bool

    def id(self, kind: str) -> str:
        """An id that was not given before."""
        ...  # pragma: no cover - a protocol's body never runs

    def units(self, limits: dict[str, int]) -> dict[str, int]:
        """Some units of some lines."""
        ...  # pragma: no cover - a protocol's body never runs


def _priced(author: Writes, line_id: str, sku: str, units: int) -> QuoteLine:
    listed = Money(author.draw(st.integers(0, 5_000)), "CNY")
    return QuoteLine(line_id, sku=sku, quantity=units, list_amount=listed)


def _new(author: Writes) -> QuoteLine:
    sku = author.draw(st.sampled_from(SKUS))
    return _priced(author, author.id("n"), sku, author.draw(_FEW))


def _line(author: Writes, order: Order, line: OrderLine, units: int) -> QuoteLine:
    known = order.quote.line(line.line_id)
    if units == known.quantity and author.draw(st.booleans()):
        return known
    return _priced(author, line.line_id, line.sku, units)


def requoted(author: Writes, order: Order) -> Quote:
    """The order's quote with other units, prices and lines, as a host would make it."""
    lines: list[QuoteLine] = []
    for line in order.lines:
        least = max(line.shipped, line.billed)
        if author.strays and least and author.draw(st.integers(0, 9)) == 0:
            least -= 1
        if not least and author.draw(st.integers(0, 3)) == 0:
            continue
        units = author.draw(st.integers(max(1, least), max(4, least + 1)))
        lines.append(_line(author, order, line, units))
    if author.draw(st.integers(0, 2)) == 0 or not lines:
        lines.append(_new(author))
    return with_lines(order.quote, lines)


def edit(author: Writes, order: Order) -> OrderMessage | None:
    """An edit of the quote, the place or the wish."""
    here = order.destination or Destination(Region("CN", "ZJ", "Ningbo"))
    place = attrs.evolve(here, postcode_class="3150")
    wish = DeliveryWish(service=author.draw(st.sampled_from(("sf", "post"))))
    quote = requoted(author, order) if author.draw(st.integers(0, 3)) else None
    return EditOrder(
        order.order_id,
        command_id=author.id("c"),
        quote=quote,
        destination=place if author.draw(st.integers(0, 3)) == 0 else None,
        delivery=wish if quote is None or author.draw(st.integers(0, 3)) == 0 else None,
        cause="buyer",
    )


def exchange(author: Writes, order: Order) -> OrderMessage | None:
    """Some units for others, before they come back or after."""
    going = author.units({line.line_id: line.returnable for line in order.lines})
    if not going:
        return None
    stays = [
        _line(author, order, line, units)
        for line in order.lines
        if (units := line.ordered - line.cancelled)
    ]
    return RequestExchange(
        order.order_id,
        command_id=author.id("c"),
        return_id=author.id("r"),
        lines=going,
        quote=with_lines(order.quote, [*stays, _new(author)]),
        ship_first=author.draw(st.booleans()),
        cause="colour",
    )


def lapse(author: Writes, order: Order) -> OrderMessage | None:
    """The exchange that waits for its units is given up."""
    swap = order.amendments.open_exchange
    if swap is None or author.draw(st.integers(0, 2)):
        return None
    return LapseExchange(
        order.order_id, command_id=author.id("c"), return_id=swap.return_id, cause="kept"
    )


def send_away(author: Writes, order: Order) -> OrderMessage | None:
    """Some units go on as an order of their own."""
    lines = author.units({line.line_id: line.cancellable for line in order.lines})
    id = author.id("t")
    plan = plan_split(order, lines, to_order=f"{order.order_id}+{id}", transfer_id=id)
    return None if isinstance(plan, Refusal) else plan.out

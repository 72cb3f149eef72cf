"""What comes after the sale: cancels and returns, seeded ones and those that the data report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from ordercore.catalog import Catalog
from ordercore.channels import CreditDraft, StockAdjustment
from ordercore.inventory import Adjust
from ordercore.kernel import Context, Instant, Refusal, shift
from ordercore.network import Network, distance_m
from ordercore.orders import (
    CancelOrder,
    CancelUnits,
    GrantAllowance,
    Lifecycle,
    Order,
    ReceivedUnits,
    ReceiveReturn,
    ReopenOrder,
    RequestReturn,
)
from trading_season.dice import Dice
from trading_season.fate import Cancels, Fate, Returns
from trading_season.matching import CreditMatcher
from trading_season.result import AreaResult
from trading_season.shop import Shop
from trading_season.sources import Trade
from trading_season.supply import BookStock

__all__ = ["Aftersales"]


class Aftersales:
    """Cancels, returns, allowances and corrections of stock."""

    def __init__(
        self,
        shop: Shop,
        network: Network,
        catalog: Catalog,
        dice: Dice,
        result: AreaResult,
        *,
        confirm: Callable[[str, Instant], None],
        close: Callable[[str, Instant], None],
    ) -> None:
        self.shop = shop
        self.network = network
        self.catalog = catalog
        self.dice = dice
        self.result = result
        self.matcher = CreditMatcher()
        self._confirm = confirm
        self._close = close

    def prepare(self, trade: Trade) -> None:
        """Note the documents of the source for when their time comes."""
        agenda = self.shop.agenda
        for credit in trade.credit_notes():
            agenda.note(
                credit.placed_at,
                f"x-{credit.external_id}",
                lambda now, it=credit: self.credit(it, now),  # type: ignore[misc]
            )
        for change in trade.stock_adjustments():
            agenda.note(
                change.at,
                f"x-{change.document}/{change.line_id}",
                lambda now, it=change: self.correct(it, now),  # type: ignore[misc]
            )
        for booking in trade.account_adjustments():
            self.result.case("account.booking", booking.document)

    # --- seeded ---

    def cancel(self, order_id: str, fate: Fate, at: Instant) -> None:
        """The buyer changes their mind: about everything, or about a unit of the first line."""
        order = self.shop.order(order_id)
        if order.lifecycle is Lifecycle.CANCELLED:
            return
        open_lines = [line for line in order.lines if line.cancellable]
        if fate.cancels is Cancels.ORDER or sum(line.cancellable for line in open_lines) < 2:
            command = CancelOrder(order_id, command_id="buyer-cancels", cause="buyer.changed_mind")
            self.shop.send(command, at, "buyer", "customer", "changed their mind")
            return
        line = self.dice.pick(open_lines, "cancel", order_id)
        units = 1 + self.dice.throw(line.cancellable, "cancel-units", order_id)
        if units == sum(each.cancellable for each in open_lines):
            units -= 1
        self.shop.send(
            CancelUnits(
                order_id,
                command_id="buyer-cancels",
                lines={str(line.line_id): units},
                cause="buyer.changed_mind",
            ),
            at,
            "buyer",
            "customer",
            "changed their mind",
        )
        self._confirm(order_id, at)

    def returns(self, order: Order, fate: Fate, at: Instant) -> int:
        """Ask units back some days after delivery; for how many days that keeps the order open."""
        order_id = str(order.order_id)
        lines = {str(line.line_id): line.returnable for line in order.lines if line.returnable}
        if fate.returns is Returns.NOTHING or not lines:
            return 0
        if fate.returns is Returns.UNITS:
            line = self.dice.pick(sorted(lines), "return", order_id)
            lines = {line: 1 + self.dice.throw(lines[line], "return-units", order_id)}
        days = 2 + self.dice.throw(8, "return-days", order_id)
        self.shop.later(
            order_id,
            shift(at, days=days),
            lambda now: self._seeded_return(order_id, lines, now),
        )
        return days

    def _seeded_return(self, order_id: str, lines: Mapping[str, int], at: Instant) -> None:
        self.take_back(order_id, "r-1", lines, at, seeded=True)

    def take_back(
        self,
        order_id: str,
        return_id: str,
        lines: Mapping[str, int],
        at: Instant,
        *,
        seeded: bool = False,
    ) -> bool:
        """Authorise a return; the goods arrive four days later. False when it was refused."""
        asked = self.shop.send(
            RequestReturn(
                order_id,
                command_id=f"return-{return_id}",
                return_id=return_id,
                lines=lines,
                cause="buyer.sent_back",
            ),
            at,
            "buyer",
            "customer",
            "does not want it",
        )
        if isinstance(asked, Refusal):
            return False
        self.shop.later(
            order_id,
            shift(at, days=4),
            lambda now: self.receive(order_id, return_id, lines, now, seeded=seeded),
        )
        return True

    def receive(
        self, order_id: str, return_id: str, lines: Mapping[str, int], at: Instant, *, seeded: bool
    ) -> None:
        """Look at what came back: most of it is sold again, some is scrapped, some refused."""
        order = self.shop.order(order_id)
        units = []
        for line_id, quantity in sorted(lines.items()):
            handling = self.catalog.item(order.line(line_id).sku).handling_class
            throw = self.dice.throw(100, "disposition", order_id, return_id, line_id)
            if seeded and throw < 6:
                disposition = "reject"
            elif handling == "ambient" and throw < 80:
                disposition = "restock"
            else:
                disposition = "scrap"
            units.append(
                ReceivedUnits(
                    line_id, quantity, disposition=disposition, node=self._takes(order, handling)
                )
            )
        command = ReceiveReturn(
            order_id, command_id=f"received-{return_id}", return_id=return_id, units=units
        )
        self.shop.send(command, at, "returns-desk", "warehouse", "looked at what came back")

    def _takes(self, order: Order, handling: str) -> str:
        """The nearest node that may keep such goods, whichever node they left."""
        assert order.destination is not None
        point = order.destination.point
        able = [node for node in self.network.nodes if node.handles(handling)]
        assert point is not None
        return min(able, key=lambda node: (distance_m(node.point, point), node.id)).id

    # --- from the data ---

    def credit(self, credit: CreditDraft, at: Instant) -> None:
        """Apply a credit document to the orders that it takes back; what fits none is a case."""
        match = self.matcher.match(credit, self.shop)
        for code in match.cases:
            self.result.case(code, credit.external_id)
        self.result.matched_units += sum(part.units for part in match.parts)
        by_order: dict[str, Counter[str]] = {}
        for part in match.parts:
            by_order.setdefault(part.order_id, Counter())[part.line_id] += part.units
        for order_id, lines in sorted(by_order.items()):
            self._undo(order_id, credit.external_id, lines, at)
        for order_id, amount in match.allowances:
            allow = GrantAllowance(
                order_id,
                command_id=f"allow-{credit.external_id}",
                amount=amount,
                cause="source.discount",
            )
            if isinstance(
                self.shop.send(allow, at, "back-office", "clerk", "a credit document"), Refusal
            ):
                self.result.case("credit.allowance_refused", credit.external_id)

    def _undo(self, order_id: str, name: str, lines: Mapping[str, int], at: Instant) -> None:
        """Cancel what has not left; ask back what has."""
        order = self.shop.order(order_id)
        if order.lifecycle is Lifecycle.CLOSED:
            reopen = ReopenOrder(order_id, command_id=f"reopen-{name}")
            self.shop.send(reopen, at, "back-office", "clerk", "a credit document")
        cancels: dict[str, int] = {}
        comes_back: dict[str, int] = {}
        for line_id, units in sorted(lines.items()):
            line = order.line(line_id)
            inside = min(units, line.cancellable)
            if inside:
                cancels[line_id] = inside
            if units > inside:
                comes_back[line_id] = units - inside
        if cancels:
            self.result.cancelled_by_credit += sum(cancels.values())
            whole = sum(cancels.values()) == sum(line.cancellable for line in order.lines)
            shipped = any(line.shipped for line in order.lines)
            if whole and not shipped:
                self.shop.send(
                    CancelOrder(order_id, command_id=f"cancel-{name}", cause="source.credit"),
                    at,
                    "buyer",
                    "customer",
                    "a credit document",
                )
            else:
                units_ = CancelUnits(
                    order_id, command_id=f"cancel-{name}", lines=cancels, cause="source.credit"
                )
                self.shop.send(units_, at, "buyer", "customer", "a credit document")
                self._confirm(order_id, at)
        if comes_back:
            self.result.returned_by_credit += sum(comes_back.values())
            if not self.take_back(order_id, f"r-{name}", comes_back, at):
                self.result.case("credit.return_refused", name)
            self.shop.later(order_id, shift(at, days=12), lambda now: self._close(order_id, now))

    def correct(self, change: StockAdjustment, at: Instant) -> None:
        """Write off or find units at the node that has most of them."""
        rows = [item for item in self.shop.stock_of(str(change.sku)) if item.available > 0]
        node = max(rows, key=lambda item: (item.available, item.node), default=None)
        units = change.change
        if node is None and units < 0:
            self.result.case("stock.nothing_to_write_off", change.document)
            return
        where = self.network.nodes[0].id if node is None else node.node
        if node is not None and -units > node.available:
            # The file writes off more than this season's stock has: as much as there is.
            self.result.case("stock.write_off_above_stock", change.document)
            units = -node.available
        booked = self.shop.book(
            BookStock(
                command_id=f"adjust-{change.document}-{change.line_id}",
                moves=(
                    Adjust(
                        sku=change.sku,
                        node=where,
                        change=units,
                        command_id=f"{change.document}/{change.line_id}",
                        cause="count" if units > 0 else "damage",
                    ),
                ),
                context=Context(now=at, actor="stock-count", role="warehouse"),
            )
        )
        if booked:
            self.result.adjusted += units

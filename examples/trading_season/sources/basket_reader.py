"""From the lines of a basket to the draft of an order, with a finding for everything odd."""

from __future__ import annotations

from ordercore.channels import DraftCharge, DraftLine, OrderDraft, ReportedCoupon, ReportedTotals
from ordercore.kernel import Money, Zone
from ordercore.pricing import MERCHANT, Adjustment
from trading_season.pricing_inference import COUPON_PREFIX
from trading_season.sources.importer import FindingLog
from trading_season.sources.journey_lines import CURRENCY, SCALED_FROM, Lines
from trading_season.sources.journey_products import Products

__all__ = ["BasketReader"]


class BasketReader:
    """Reads baskets as a channel tells orders: nothing is decided here, and nothing repaired.

    The shelf amount of a line is what was paid, the loyalty discount and the coupon match; a
    coupon comes off what the buyer pays, and the manufacturer makes up for it.
    """

    def __init__(self, lines: Lines, products: Products, zone: Zone, findings: FindingLog) -> None:
        self._lines = lines
        self._products = products
        self._zone = zone
        self.findings = findings

    def draft(self, start: int, end: int) -> OrderDraft:
        """The basket of the lines from ``start`` to ``end``; what is odd about them is noted."""
        lines = self._lines
        basket = str(lines.basket[start])
        naive = lines.time[start].item()
        self.findings.note("time.naive", f"{basket}.transaction_timestamp", "read as UTC", naive)
        goods: list[DraftLine] = []
        charges: list[DraftCharge] = []
        whole: list[Adjustment] = []
        coupons: dict[str, int] = {}
        for index in range(start, end):
            product, quantity = int(lines.product[index]), int(lines.quantity[index])
            path = f"{basket}.{product}"
            self._report(index, path)
            parts = self._adjustments(index)
            shelf = self._money(lines.shelf[index])
            if quantity == 0 and not shelf and parts:
                # A coupon that was scanned on its own: it belongs to the whole basket.
                whole.extend(parts)
            elif quantity == 0 or quantity >= SCALED_FROM or not self._products.is_goods(product):
                if shelf or parts:
                    charges.append(
                        DraftCharge(
                            str(product), kind="service", list_amount=shelf, adjustments=parts
                        )
                    )
            else:
                goods.append(
                    DraftLine(
                        str(product),
                        sku=str(product),
                        quantity=quantity,
                        list_amount=shelf,
                        adjustments=parts,
                    )
                )
                if lines.coupon[index]:
                    coupons[f"{COUPON_PREFIX}{product}"] = int(lines.coupon[index])
        if not goods and not charges:
            # Nothing was sold for anything; the channel still says that there was a basket.
            charges.append(DraftCharge("empty", kind="service", list_amount=self._money(0)))
        return OrderDraft(
            channel=f"store-{lines.store[start]}",
            external_id=basket,
            placed_at=self._zone.instant(naive),
            currency=CURRENCY,
            lines=goods,
            charges=charges,
            adjustments=whole,
            coupons=[
                ReportedCoupon(code, amount=self._money(minor)) for code, minor in coupons.items()
            ],
            totals=ReportedTotals(grand=self._money(self._paid(start, end))),
            customer=f"h-{lines.household[start]}",
        )

    def _report(self, index: int, path: str) -> None:
        lines, note = self._lines, self.findings.note
        product, quantity = int(lines.product[index]), int(lines.quantity[index])
        if product not in self._products:
            note("product.unknown", path, "sold, but not in the product table", product)
        if lines.dust[index]:
            note("amount.float_dust", path, "the rest of a sum of floats, read as 0")
        if quantity == 0:
            note("line.no_units", f"{path}.quantity", "recorded without units", quantity)
        elif quantity >= SCALED_FROM:
            note("quantity.scaled", f"{path}.quantity", "thousandths of a measure", quantity)
        elif not self._products.is_goods(product):
            note("line.not_goods", path, "recorded as a charge", self._products.of(product)[1])
        if quantity and lines.shelf[index] % quantity:
            shelf = self._money(lines.shelf[index])
            note("price.not_divisible", f"{path}.sales_value", f"{quantity} units", shelf)
        if lines.coupon[index] > lines.sales[index]:
            coupon = self._money(lines.coupon[index])
            note("coupon.above_sales", f"{path}.coupon_disc", "more off than it cost", coupon)

    def _adjustments(self, index: int) -> tuple[Adjustment, ...]:
        """Discounts with who pays for them: a coupon's money comes from the manufacturer."""
        lines = self._lines
        return tuple(
            Adjustment(
                code=kind, kind=kind, amount=self._money(-int(minor)), funder=funder, stage=stage
            )
            for kind, minor, funder, stage in (
                ("loyalty", lines.loyalty[index], MERCHANT, "item"),
                ("coupon_match", lines.match[index], MERCHANT, "order"),
                ("coupon", lines.coupon[index], "manufacturer", "payment"),
            )
            if minor
        )

    def _money(self, minor: int) -> Money:
        return Money(int(minor), CURRENCY)

    def _paid(self, start: int, end: int) -> int:
        lines = self._lines
        return int((lines.sales[start:end] - lines.coupon[start:end]).sum())

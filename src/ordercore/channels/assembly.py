"""Builds a draft from what was read: amounts joined, ids made where a channel gives none."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

import attrs

from ordercore.channels.draft import DraftCharge, DraftLine, OrderDraft
from ordercore.channels.mapping import ChannelMapping, LineKind
from ordercore.channels.reported import (
    FulfilledUnits,
    RefundedCharge,
    RefundedUnits,
    ReportedCoupon,
    ReportedFulfilment,
    ReportedPayment,
    ReportedRefund,
    ReportedTotals,
)
from ordercore.channels.scope_reader import WITHHELD, Notes, Record
from ordercore.kernel import (
    Currency,
    InvalidBatch,
    InvalidValue,
    Money,
    Rounding,
    Sku,
    round_ratio,
    total,
)
from ordercore.network import Address, PersonRecord, Region
from ordercore.pricing import MERCHANT, Adjustment, TaxShare

__all__ = ["build_draft", "build_region", "line_amount"]

CHANNEL_DISCOUNT = "channel.discount"
T = TypeVar("T")
_PERSONAL = (
    "person.name",
    "person.first_name",
    "person.last_name",
    "person.email",
    "person.phone",
    "person.line1",
    "person.line2",
    "person.line3",
    "person.postcode",
)


def line_amount(price: Decimal, quantity: int, currency: Currency) -> tuple[Money, bool]:
    """Price times quantity in minor units, and whether that is exact; rounded half up if not.

    Example:
        >>> line_amount(Decimal("0.001"), 5, Currency("GBP"))
        (Money(minor=1, currency=Currency('GBP')), False)
    """
    numerator, denominator = price.as_integer_ratio()
    scaled = numerator * quantity * 10 ** (currency.exponent or 0)
    minor, rest = divmod(scaled, denominator)
    if rest:
        minor = round_ratio(Fraction(scaled, denominator), Rounding.HALF_UP)
    return Money(minor, currency), not rest


def build_region(record: Record, notes: Notes) -> Region | None:
    """The region that was told; None where there is no country."""
    country = record.text("region.country").upper()
    if not country:
        return None
    try:
        return Region(
            country,
            subdivision=record.text("region.subdivision"),
            city=record.text("region.city"),
        )
    except InvalidBatch as batch:
        for fault in batch.faults:
            path = fault.at(f"{record.path}.region").path
            notes.warn(fault.code, path, f"expected {fault.expected}", WITHHELD)
        return None


class _Builder:
    """Turns the records of one order into values; what is refused goes into the notes."""

    def __init__(self, mapping: ChannelMapping, record: Record, notes: Notes) -> None:
        self.mapping = mapping
        self.record = record
        self.notes = notes
        currency = record.currency("currency")
        assert currency is not None
        self.currency: Currency = currency
        self.tax_included = record.flag("tax_included")

    def each(self, entries: list[Record], build: Callable[[Record], T | None]) -> list[T]:
        """What can be built; a refusal is noted and rejects the order in the end."""
        built: list[T] = []
        for entry in entries:
            try:
                value = build(entry)
            except (InvalidValue, InvalidBatch) as error:
                self.notes.take(error, entry.path)
            else:
                if value is not None:
                    built.append(value)
        return built

    def adjustment(self, entry: Record) -> Adjustment | None:
        amount = entry.amount()
        if not amount:
            return None
        return Adjustment(
            code=entry.text("code", CHANNEL_DISCOUNT),
            kind=entry.text("kind", "discount"),
            amount=amount,
            funder=entry.text("funder", MERCHANT),
            promotion=entry.text("promotion") or None,
            note=entry.text("note"),
        )

    def share(self, entry: Record) -> TaxShare | None:
        amount = entry.amount()
        if not amount:
            return None
        return TaxShare(
            amount=amount,
            rate=entry.rate("rate"),
            included=self.tax_included,
            component=entry.text("component", "tax"),
            collector=entry.text("collector", MERCHANT),
        )

    def parts(
        self, entry: Record, list_amount: Money, told: Money | None
    ) -> tuple[list[Adjustment], list[TaxShare]]:
        """Adjustments and taxes; ``told`` is what remains of the list amount after discounts."""
        adjustments = self.each(entry.items("adjustments"), self.adjustment)
        taxes = self.each(entry.items("taxes"), self.share)
        tax = entry.money("tax")
        if tax and not taxes:
            taxes = [TaxShare(amount=tax, included=self.tax_included)]
        if told is not None and not adjustments and told != list_amount:
            adjustments = [Adjustment(code=CHANNEL_DISCOUNT, amount=told - list_amount)]
        return adjustments, taxes

    def line(self, position: int, entry: Record) -> DraftLine | DraftCharge:
        quantity = entry.quantity("quantity") or 0
        price = entry.decimal("unit_price")
        list_amount = entry.money("list_amount")
        if list_amount is None:
            if price is None:
                raise InvalidValue("import.no_price", "", None, "a unit price or a list amount")
            list_amount, exact = line_amount(price, quantity, self.currency)
            if not exact:
                message = f"the price is finer than {self.currency}; rounded half up"
                self.notes.warn("money.rounded", entry.path, message, str(price))
        adjustments, taxes = self.parts(entry, list_amount, entry.money("amount"))
        line_id = entry.text("line_id") or str(position)
        code = entry.text("sku") or None
        kind = self.mapping.line_kind(code)
        if kind is not LineKind.GOODS:
            self.notes.warn("line.not_goods", entry.path, f"recorded as {kind.value}", code)
            return DraftCharge(
                f"line:{line_id}",
                kind=kind.value,
                code=code or "",
                title=entry.text("title"),
                list_amount=list_amount,
                adjustments=adjustments,
                taxes=taxes,
            )
        if code is None:
            message = "no item code; it is recorded as a charge, not as goods"
            self.notes.warn("line.no_sku", entry.path, message)
        current = entry.quantity("current_quantity")
        return DraftLine(
            line_id,
            sku=None if code is None else Sku(code),
            quantity=quantity,
            unit_price=price,
            list_amount=list_amount,
            adjustments=adjustments,
            taxes=taxes,
            title=entry.text("title"),
            removed=0 if current is None else quantity - current,
            tax_category=entry.text("tax_category", "standard"),
            attributes=entry.ending("attributes."),
        )

    def charge(self, position: int, entry: Record) -> DraftCharge | None:
        amount = entry.amount()
        if not amount and not entry.text("charge_id") and not entry.text("title"):
            # A field for a charge that was not made, such as a tip of nothing.
            return None
        kind = entry.text("kind", "shipping")
        adjustments, taxes = self.parts(entry, amount, None)
        return DraftCharge(
            entry.text("charge_id") or f"{kind}:{position}",
            kind=kind,
            title=entry.text("title"),
            list_amount=amount,
            adjustments=adjustments,
            taxes=taxes,
        )

    def numbered(self, target: str, build: Callable[[int, Record], T | None]) -> list[T]:
        """The records of a list, built with their position counted from 1."""
        entries = self.record.items(target)
        positions = {id(entry): position for position, entry in enumerate(entries, 1)}
        return self.each(entries, lambda entry: build(positions[id(entry)], entry))

    def coupon(self, entry: Record) -> ReportedCoupon:
        return ReportedCoupon(entry.text("code"), amount=entry.money("amount"))

    def payment(self, entry: Record) -> ReportedPayment:
        return ReportedPayment(
            entry.text("payment_id"),
            amount=entry.amount(),
            kind=entry.text("kind"),
            state=entry.text("state", "settled"),
            at=entry.moment("at"),
            gateway=entry.text("gateway"),
        )

    def refund(self, entry: Record) -> ReportedRefund:
        paid = self.each(entry.items("payments"), self.payment)
        amount = entry.money("amount")
        if amount is None:
            settled = [payment.amount for payment in paid if payment.state == "settled"]
            amount = total(settled, self.currency)
        return ReportedRefund(
            entry.text("refund_id"),
            amount=amount,
            at=entry.moment("at"),
            reason=entry.text("reason"),
            units=self.each(entry.items("units"), self.refunded),
            charges=self.each(entry.items("charges"), self.refunded_charge),
        )

    def refunded(self, entry: Record) -> RefundedUnits:
        return RefundedUnits(
            entry.text("line_id"),
            quantity=entry.quantity("quantity") or 0,
            amount=entry.money("amount"),
            tax=entry.money("tax"),
            restock=entry.text("restock"),
        )

    def refunded_charge(self, entry: Record) -> RefundedCharge:
        kind = entry.text("kind", "shipping")
        return RefundedCharge(kind=kind, amount=entry.amount(), tax=entry.money("tax"))

    def fulfilment(self, entry: Record) -> ReportedFulfilment:
        return ReportedFulfilment(
            entry.text("fulfilment_id"),
            status=entry.text("status"),
            at=entry.moment("at"),
            carrier=entry.text("carrier"),
            tracking=entry.texts("tracking"),
            units=self.each(
                entry.items("units"),
                lambda unit: FulfilledUnits(
                    unit.text("line_id"), quantity=unit.quantity("quantity") or 0
                ),
            ),
        )

    def person(self, region: Region | None) -> PersonRecord | None:
        record = self.record
        if not any(record.text(target) for target in _PERSONAL):
            return None
        if region is None:
            message = "a person without a country; the record is left out"
            self.notes.warn("person.no_country", record.path, message)
            return None
        name = record.text("person.name") or " ".join(
            part
            for part in (record.text("person.first_name"), record.text("person.last_name"))
            if part
        )
        lines = [record.text(f"person.line{number}") for number in (1, 2, 3)]
        own = f"{self.mapping.channel}:{record.text('shop')}:{record.text('external_id')}"
        try:
            return PersonRecord(
                record.text("person.ref") or own,
                name=name,
                emails=[text for text in (record.text("person.email"),) if text],
                phones=[text for text in (record.text("person.phone"),) if text],
                address=Address(
                    region,
                    lines=[line for line in lines if line],
                    postcode=record.text("person.postcode"),
                ),
            )
        except (InvalidValue, InvalidBatch) as error:
            faults = error.faults if isinstance(error, InvalidBatch) else (error,)
            for fault in faults:
                path = fault.at(f"{record.path}.person").path
                self.notes.warn(fault.code, path, f"expected {fault.expected}", WITHHELD)
            return None

    def build(self) -> OrderDraft | None:
        record = self.record
        lines: list[DraftLine | DraftCharge] = self.numbered("lines", self.line)
        charges = self.numbered("charges", self.charge)
        region = build_region(record, self.notes)
        totals = ReportedTotals(
            **{
                field.name: record.money(f"totals.{field.name}")
                for field in attrs.fields(ReportedTotals)
            }
        )
        note = record.text("note")
        remarks = [note, *(line.title for line in lines)]
        placed_at = record.moment("placed_at")
        assert placed_at is not None
        try:
            return OrderDraft(
                channel=self.mapping.channel,
                shop=record.text("shop"),
                external_id=record.text("external_id"),
                display_number=record.text("display_number"),
                version=record.text("version"),
                placed_at=placed_at,
                currency=self.currency,
                presentment_currency=record.currency("presentment_currency"),
                tax_included=self.tax_included,
                lines=[line for line in lines if isinstance(line, DraftLine)],
                charges=[
                    *charges,
                    *(line for line in lines if isinstance(line, DraftCharge)),
                ],
                adjustments=self.each(record.items("adjustments"), self.adjustment),
                totals=totals,
                coupons=self.each(record.items("coupons"), self.coupon),
                payments=self.each(record.items("payments"), self.payment),
                refunds=self.each(record.items("refunds"), self.refund),
                fulfilments=self.each(record.items("fulfilments"), self.fulfilment),
                statuses=record.ending("status."),
                customer=record.text("customer") or None,
                region=region,
                person=self.person(region),
                note=note,
                tags=(*record.texts("tags"), *self.mapping.tags_of(remarks)),
                attributes=record.ending("attributes."),
            )
        except (InvalidValue, InvalidBatch) as error:
            self.notes.take(error, record.path)
            return None


def build_draft(mapping: ChannelMapping, record: Record, notes: Notes) -> OrderDraft | None:
    """The draft of an order that was read without errors; None when it is refused."""
    return _Builder(mapping, record, notes).build()

"""Imports a table of invoice lines: rows become orders, credits, stock corrections, bookings.

The host reads the file; rows come in as mappings of text. Rows of one document number are one
document, wherever they stand. No row is lost and none is repaired: each becomes one part of one
document or stands in a rejection, and what is odd about it is a finding with the row's number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TypeAlias, assert_never, cast

import attrs

from ordercore.channels.assembly import CHANNEL_DISCOUNT, build_region, line_amount
from ordercore.channels.batch import ImportBatch, Rejection
from ordercore.channels.document import (
    AccountAdjustment,
    CreditCharge,
    CreditDraft,
    CreditLine,
    StockAdjustment,
    StockReason,
)
from ordercore.channels.draft import DraftCharge, DraftLine, OrderDraft
from ordercore.channels.mapping import ChannelMapping, DocumentKind, LineKind
from ordercore.channels.scope_reader import (
    FieldReader,
    Notes,
    Record,
    ScopeReader,
    order_reader,
    shown,
)
from ordercore.kernel import (
    Currency,
    Finding,
    Instant,
    InvalidBatch,
    InvalidDefinition,
    InvalidValue,
    Money,
    Severity,
    Sku,
    answering,
)
from ordercore.network import Region
from ordercore.pricing import Adjustment

__all__ = ["import_rows"]

Row: TypeAlias = Mapping[str, object]
_Seen: TypeAlias = dict[str, "Row | set[tuple[str, ...]]"]


@attrs.frozen
class _Line:
    """A row that was read: its number in the input, its place in the document, its values."""

    row: int
    position: int
    record: Record
    sku: str
    quantity: int
    amount: Money
    kind: LineKind

    @property
    def line_id(self) -> str:
        return str(self.position)

    @property
    def title(self) -> str:
        return self.record.text("title")

    @property
    def free(self) -> bool:
        return not self.record.decimal("unit_price")


@attrs.frozen
class _Header:
    """What the rows of a document say about it together."""

    number: str
    placed_at: Instant
    currency: Currency
    customer: str | None
    region: Region | None
    record: Record


class _RowImport:
    def __init__(self, mapping: ChannelMapping) -> None:
        self.mapping = mapping
        reader: ScopeReader = order_reader(mapping, table=True)
        inner = [scope for target, path, _, scope in reader.lists if target == "lines" and not path]
        if not inner or reader.lists[1:]:
            finding = Finding(
                "mapping.not_a_table",
                Severity.ERROR,
                "lists",
                "expected one rule for lines, with an empty path: each row is a line",
            )
            raise InvalidDefinition(f"mapping {mapping.channel}", [finding])
        self.order_fields: list[FieldReader] = reader.fields
        self.line_fields: list[FieldReader] = inner[0].fields
        self.number = next(f for f in self.order_fields if f.target == "external_id")
        self.order_columns = [path for f in self.order_fields for path, _ in f.paths]
        self.columns = sorted(
            {path for f in (*self.order_fields, *self.line_fields) for path, _ in f.paths}
        )
        # Where no column names a buyer, a missing one says nothing.
        self.names_buyers = any(field.target == "customer" for field in self.order_fields)
        self.notes = Notes()
        self.drafts: list[OrderDraft] = []
        self.credits: list[CreditDraft] = []
        self.stock: list[StockAdjustment] = []
        self.accounts: list[AccountAdjustment] = []
        self.rejected: list[Rejection] = []
        self.skus: dict[str, dict[str, list[int]]] = {}
        # Codes and remarks repeat; each is judged once.
        self.kind = cache(mapping.line_kind)
        self.tags = cache(lambda remark: mapping.tags_of([remark]))

    # --- rows to documents ---

    def run(self, rows: Iterable[Row]) -> ImportBatch:
        documents: dict[str, list[tuple[int, Row]]] = {}
        unknown: set[str] = set()
        expected = set(self.columns)
        count = 0
        nameless = 0
        for index, row in enumerate(rows):
            count += 1
            number = self._number(index, row)
            if number is None:
                nameless = 1
                continue
            documents.setdefault(number, []).append((index, row))
            if row.keys() != expected:
                unknown.update(str(column) for column in row if column not in expected)
        for column in sorted(unknown - set(self.mapping.ignored)):
            self.notes.warn("import.unmapped", f"columns[{column}]", "no rule speaks of it")
        for number, members in documents.items():
            self._document(number, members)
        self._letter_cases()
        return ImportBatch(
            drafts=self.drafts,
            credit_documents=self.credits,
            stock_adjustments=self.stock,
            account_adjustments=self.accounts,
            rejected=self.rejected,
            findings=self.notes.findings,
            rows_in=count,
            documents_in=len(documents) + nameless,
        )

    def _number(self, index: int, row: Row) -> str | None:
        path = f"rows[{index}]"
        number: object = None
        if isinstance(row, Mapping):
            raw, column = self._raw(self.number, row)
            number = self.number.take(raw, None, path, column, self.notes)
        else:
            self.notes.reject(
                "row.not_a_mapping", path, "expected columns by name", type(row).__name__
            )
        codes = self.notes.errors()
        if codes or not isinstance(number, str):
            rejection = Rejection(document="", path=path, codes=codes, rows=[index])
            self.rejected.append(rejection)
            return None
        return number

    @staticmethod
    def _raw(field: FieldReader, row: Row) -> tuple[object, str]:
        for path, _ in field.paths:
            value = row.get(path)
            if value is not None and value != "":
                return value, path
        return None, field.paths[0][0] if field.paths else ""

    def _read(
        self, fields: list[FieldReader], row: Row, path: str, currency: Currency | None
    ) -> Record:
        record = Record(path)
        for field in fields:
            raw, column = self._raw(field, row)
            value = field.take(raw, currency, path, column, self.notes)
            if value is not None:
                record.values[field.target] = value
                if field.target == "currency":
                    currency = record.currency("currency")
        return record

    # --- one document ---

    def _document(self, number: str, members: list[tuple[int, Row]]) -> None:
        header = self._header(number, members)
        lines: list[_Line] = []
        if header is not None:
            seen: _Seen = {}
            for position, (index, row) in enumerate(members, 1):
                line = self._line(index, row, position, header.currency)
                if line is not None:
                    lines.append(line)
                    self._repeated(line, row, seen)
        if header is not None and len(lines) == len(members):
            given = (self.drafts, self.credits, self.stock, self.accounts, self.rejected)
            before = [len(values) for values in given]
            try:
                kind = self.mapping.document_kind(number)
                match kind:
                    case DocumentKind.SALE:
                        self._sale(header, lines)
                    case DocumentKind.CREDIT:
                        self._credit(header, lines)
                    case DocumentKind.ACCOUNT:
                        self._account(header, lines)
                    case _:  # pragma: no cover
                        assert_never(kind)
            except (InvalidValue, InvalidBatch) as error:
                self.notes.take(error, f"rows[{members[0][0]}]")
            codes = self.notes.errors()
            if not codes:
                return
            # What it gave before its fault showed is taken back: a document comes whole or not.
            for values, length in zip(given, before, strict=True):
                cast("list[object]", values)[length:] = []
        else:
            codes = self.notes.errors()
        self.rejected.append(
            Rejection(
                document=number,
                path=f"rows[{members[0][0]}]",
                codes=codes,
                rows=[index for index, _ in members],
            )
        )

    def _header(self, number: str, members: list[tuple[int, Row]]) -> _Header | None:
        first, row = members[0]
        record = self._read(self.order_fields, row, f"rows[{first}]", None)
        moments = {record.moment("placed_at")}
        told = [row.get(column) for column in self.order_columns]
        for index, other in members[1:]:
            if [other.get(column) for column in self.order_columns] != told:
                again = self._read(self.order_fields, other, f"rows[{index}]", None)
                moments.add(again.moment("placed_at"))
                for target in sorted({*again.values, *record.values} - {"placed_at"}):
                    value = again.values.get(target)
                    if value != record.values.get(target):
                        path = f"rows[{index}].{target}"
                        message = "expected the same in all rows of a document"
                        self.notes.reject("document.mixed", path, message, shown(value))
        times = sorted(moment for moment in moments if moment is not None)
        currency = record.currency("currency")
        if not times or currency is None or None in moments:
            return None
        if len(times) > 1:
            message = "rows at different times; the earliest counts"
            self.notes.warn("document.two_times", record.path, message, number)
        customer = record.text("customer") or None
        region = build_region(record, self.notes)
        return _Header(number, times[0], currency, customer, region, record)

    def _line(self, index: int, row: Row, position: int, currency: Currency) -> _Line | None:
        path = f"rows[{index}]"
        faults = self.notes.faults
        record = self._read(self.line_fields, row, path, currency)
        quantity = record.quantity("quantity")
        price = record.decimal("unit_price")
        amount = record.money("list_amount")
        sku = record.text("sku")
        if not sku and faults == self.notes.faults:
            self.notes.reject("row.no_sku", path, "expected an item code")
        if amount is None and price is not None and quantity is not None:
            amount, exact = line_amount(price, quantity, currency)
            if not exact:
                message = f"the price is finer than {currency}; rounded half up"
                self.notes.warn("money.rounded", path, message, str(price))
        elif amount is None and quantity is not None and faults == self.notes.faults:
            self.notes.reject("import.no_price", path, "expected a price or an amount")
        if quantity is None or amount is None or not sku:
            return None
        return _Line(index, position, record, sku, quantity, amount, self.kind(sku))

    def _repeated(self, line: _Line, row: Row, seen: _Seen) -> None:
        variants = self.skus.setdefault(line.sku.casefold(), {})
        variants.setdefault(line.sku, []).append(line.row)
        before = seen.get(line.sku)
        if before is None:
            seen[line.sku] = row
            return
        if isinstance(before, Mapping):
            # Most items stand once on a document: cells are compared from the second time on.
            before = seen[line.sku] = {self._cells(before)}
        cells = self._cells(row)
        if cells in before:
            message = "the same row again; kept, for it is real"
            self.notes.warn("row.duplicate", f"rows[{line.row}]", message, line.sku)
        else:
            message = "the item again on one document; kept as a line of its own"
            self.notes.warn("row.sku_repeated", f"rows[{line.row}]", message, line.sku)
        before.add(cells)

    def _cells(self, row: Row) -> tuple[str, ...]:
        return tuple([str(row.get(column)) for column in self.columns])

    def _letter_cases(self) -> None:
        for _, variants in sorted(self.skus.items()):
            for sku in sorted(variants)[1:]:
                message = f"differs only in letter case from {min(variants)}; kept as it is"
                for index in variants[sku]:
                    self.notes.warn("row.sku_case", f"rows[{index}]", message, sku)

    # --- kinds of documents ---

    def _sale(self, header: _Header, lines: list[_Line]) -> None:
        notes = self.notes
        # A document that nobody pays for and nobody gets is a correction of stock.
        nameless = self.names_buyers and header.customer is None
        unsold = nameless and all(line.free and not line.amount for line in lines)
        goods: list[DraftLine] = []
        charges: list[DraftCharge] = []
        adjustments: list[Adjustment] = []
        kept: list[_Line] = []
        for line in lines:
            path = f"rows[{line.row}]"
            is_goods = line.kind is LineKind.GOODS
            if line.amount.minor < 0 <= line.quantity:
                notes.reject("row.negative_price", path, "expected a price ≥ 0", str(line.amount))
            elif is_goods and line.quantity < 0 and not line.amount:
                self._stock(header, line, StockReason.WRITE_OFF)
            elif line.quantity < 0:
                message = "expected no negative quantity on a sale"
                notes.reject("row.negative_quantity", path, message, str(line.quantity))
            elif unsold and not is_goods:
                message = "no goods, no price, no customer: it says nothing"
                notes.warn("row.no_value", path, message, line.sku)
                rejection = Rejection(
                    document=header.number, path=path, codes=["row.no_value"], rows=[line.row]
                )
                self.rejected.append(rejection)
            elif unsold and line.quantity:
                self._stock(header, line, StockReason.FOUND)
            else:
                kept.append(line)
                self._sold(line, goods, charges, adjustments)
        if not kept:
            return
        if nameless:
            path = f"rows[{kept[0].row}]"
            notes.warn("document.no_customer", path, "nobody is named as the buyer", header.number)
        note = header.record.text("note")
        draft = OrderDraft(
            channel=self.mapping.channel,
            shop=header.record.text("shop"),
            external_id=header.number,
            display_number=header.record.text("display_number"),
            version=header.record.text("version"),
            placed_at=header.placed_at,
            currency=header.currency,
            tax_included=header.record.flag("tax_included"),
            lines=goods,
            charges=charges,
            adjustments=adjustments,
            statuses=header.record.ending("status."),
            customer=header.customer,
            region=header.region,
            note=note,
            tags=[
                tag for told in (note, *(line.title for line in kept)) for tag in self.tags(told)
            ],
            attributes=header.record.ending("attributes."),
        )
        self.drafts.append(draft)

    def _sold(
        self,
        line: _Line,
        goods: list[DraftLine],
        charges: list[DraftCharge],
        adjustments: list[Adjustment],
    ) -> None:
        path = f"rows[{line.row}]"
        if not line.quantity:
            message = "no units; kept, and recorded as a charge if it costs anything"
            self.notes.warn("row.no_units", path, message, line.sku)
        if line.kind is LineKind.GOODS:
            if line.quantity and not line.amount:
                self.notes.warn("row.free", path, "goods without a price", line.sku)
            goods.append(
                DraftLine(
                    line.line_id,
                    sku=Sku(line.sku),
                    quantity=line.quantity,
                    unit_price=line.record.decimal("unit_price"),
                    list_amount=line.amount,
                    title=line.title,
                    tax_category=line.record.text("tax_category", "standard"),
                    attributes=line.record.ending("attributes."),
                )
            )
            return
        self.notes.warn("row.not_goods", path, f"recorded as {line.kind.value}", line.sku)
        if line.kind is LineKind.DISCOUNT:
            adjustments.append(
                Adjustment(code=CHANNEL_DISCOUNT, amount=-line.amount, note=line.title)
            )
        else:
            charges.append(
                DraftCharge(
                    line.line_id,
                    kind=line.kind.value,
                    code=line.sku,
                    title=line.title,
                    list_amount=line.amount,
                )
            )

    def _stock(self, header: _Header, line: _Line, reason: StockReason) -> None:
        message = "units written off" if reason is StockReason.WRITE_OFF else "units found"
        self.notes.warn(f"row.{reason.value}", f"rows[{line.row}]", message, line.sku)
        self.stock.append(
            StockAdjustment(
                document=header.number,
                line_id=line.line_id,
                sku=line.sku,
                quantity=abs(line.quantity),
                reason=reason,
                at=header.placed_at,
                note=line.title,
                tags=self.tags(line.title),
            )
        )

    def _credit(self, header: _Header, lines: list[_Line]) -> None:
        taken: list[CreditLine] = []
        charges: list[CreditCharge] = []
        for line in lines:
            path = f"rows[{line.row}]"
            if line.quantity >= 0 or line.amount.minor > 0:
                message = "expected a negative quantity and a price ≥ 0 on a credit"
                self.notes.reject("row.not_a_credit", path, message, str(line.quantity))
            elif line.kind is LineKind.GOODS:
                taken.append(
                    CreditLine(
                        line.line_id,
                        sku=line.sku,
                        quantity=-line.quantity,
                        amount=-line.amount,
                        unit_price=line.record.decimal("unit_price"),
                        title=line.title,
                    )
                )
            else:
                self.notes.warn("row.not_goods", path, f"credited as {line.kind.value}", line.sku)
                charges.append(
                    CreditCharge(
                        line.line_id,
                        kind=line.kind.value,
                        amount=-line.amount,
                        quantity=-line.quantity,
                        code=line.sku,
                        title=line.title,
                    )
                )
        message = "takes back what it does not name; match it to orders"
        self.notes.warn("document.credit", header.record.path, message, header.number)
        credit = CreditDraft(
            channel=self.mapping.channel,
            shop=header.record.text("shop"),
            external_id=header.number,
            placed_at=header.placed_at,
            currency=header.currency,
            lines=taken,
            charges=charges,
            customer=header.customer,
            region=header.region,
            tags=[tag for line in lines for tag in self.tags(line.title)],
        )
        self.credits.append(credit)

    def _account(self, header: _Header, lines: list[_Line]) -> None:
        for line in lines:
            message = "a booking on the account, no sale and no return"
            self.notes.warn("row.account", f"rows[{line.row}]", message, line.sku)
            self.accounts.append(
                AccountAdjustment(
                    document=header.number,
                    line_id=line.line_id,
                    amount=line.amount,
                    at=header.placed_at,
                    code=line.sku,
                    note=line.title,
                    customer=header.customer,
                )
            )


@answering
def import_rows(mapping: ChannelMapping, rows: Iterable[Mapping[str, str]]) -> ImportBatch:
    """The documents of a table of invoice lines; findings name rows counted from 0.

    Rows are grouped by document number (target ``external_id``). The mapping's document rules say
    which numbers are credits (negative quantities that take something back) or account bookings;
    the rest are sales. On a sale, goods of negative quantity and no price are written off; a sale
    without price and customer is stock that was found. Rows that are not goods become charges.
    A faulty row rejects its document as a whole. Documents come in the order of their first rows.

    O(rows); each distinct text of a column is parsed once.

    Raises:
        InvalidDefinition: ``mapping.not_a_table`` when the mapping has lists below its rows.

    Invariants: ``batch.rows_in == batch.rows_out``.

    Example:
        >>> from ordercore.channels.presets import invoice_rows
        >>> from ordercore.kernel import Zone
        >>> mapping = invoice_rows("wholesale", currency="GBP", zone=Zone.load("Europe/London"))
        >>> columns = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate")
        >>> columns = (*columns, "UnitPrice", "CustomerID", "Country")
        >>> lines = [
        ...     (
        ...         "536370",
        ...         "22728",
        ...         "CLOCK",
        ...         "24",
        ...         "2010-12-01 08:45:00",
        ...         "3.75",
        ...         "12583",
        ...         "France",
        ...     ),
        ...     ("536370", "POST", "", "3", "2010-12-01 08:45:00", "18.00", "12583", "France"),
        ... ]
        >>> batch = import_rows(mapping, [dict(zip(columns, line)) for line in lines])
        >>> draft = batch.drafts[0]
        >>> str(draft.total), draft.charges[0].kind, str(draft.region), batch.counts
        ('GBP 144.00', 'shipping', 'FR', FrozenMap({'row.not_goods': 1}))
    """
    return _RowImport(mapping).run(cast("Iterable[Row]", rows))

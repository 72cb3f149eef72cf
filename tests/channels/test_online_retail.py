"""A real wholesaler's nine months: every row is accounted for, every oddity told with a code."""

from __future__ import annotations

import csv
import gzip
import json

import pytest

from ordercore.channels import INVARIANTS, StockReason, import_rows, invoice_rows
from ordercore.kernel import Zone

pytestmark = [pytest.mark.data, pytest.mark.slow]
CUT = "online_retail_2010-12_to_2011-08.csv.gz"


@pytest.fixture(scope="module")
def told(data_folder):
    stats = json.loads((data_folder / "online_retail" / "stats.json").read_text())
    return stats["shared_2010-12_to_2011-08"]


@pytest.fixture(scope="module")
def batch(data_folder):
    mapping = invoice_rows("wholesale", currency="GBP", zone=Zone.load("Europe/London"))
    with gzip.open(data_folder / "online_retail" / CUT, "rt", encoding="utf-8", newline="") as file:
        return import_rows(mapping, csv.DictReader(file))


def test_every_row_and_every_document_is_found_again(batch, told):
    assert batch.rows_in == batch.rows_out == told["rows"]
    assert batch.documents_in == batch.documents_out == told["invoices"]
    INVARIANTS[0].require(batch)
    INVARIANTS[1].require(batch)


def test_credits_and_bookings(batch, told):
    assert len(batch.credit_documents) == told["cancel_invoices"]
    rows = sum(len(c.lines) + len(c.charges) for c in batch.credit_documents)
    assert rows == told["cancel_rows"]
    assert len(batch.account_adjustments) == told["adjust_rows"]
    assert [a.amount.minor for a in batch.account_adjustments] == [1106206, -1106206, -1106206]
    credited = sum(c.amount.minor for c in batch.credit_documents)
    assert credited == -round(told["cancelled_value"] * 100)
    assert {c.kind for credit in batch.credit_documents for c in credit.charges} == {
        "discount",
        "donation",
        "fee",
        "manual",
        "sample",
        "shipping",
    }


def test_sales_come_to_the_gross_value(batch, told):
    assert sum(d.total.minor for d in batch.drafts) == round(told["gross_value"] * 100)


def test_stock_that_was_written_off_or_found(batch, told):
    off = [s for s in batch.stock_adjustments if s.reason is StockReason.WRITE_OFF]
    found = [s for s in batch.stock_adjustments if s.reason is StockReason.FOUND]
    assert len(off) == batch.counts["row.write_off"] == told["neg_qty_not_cancel_rows"]
    assert len(found) == batch.counts["row.found"]
    free = batch.counts["row.free"]
    priceless_charges = sum(
        not charge.list_amount and charge.code != "PADS"
        for draft in batch.drafts
        for charge in draft.charges
    )
    zero = len(off) + len(found) + free + batch.counts["row.no_value"] + priceless_charges
    assert zero == told["zero_price_rows"]
    assert any("damaged" in each.tags for each in off)


def test_customers_and_skus(batch, told):
    customers = {d.customer for d in batch.drafts} | {c.customer for c in batch.credit_documents}
    assert len(customers - {None}) == told["customers"]
    nameless = sum(
        len(d.lines) + len(d.charges) + len(d.adjustments)
        for d in batch.drafts
        if d.customer is None
    )
    nameless += sum(
        len(c.lines) + len(c.charges) for c in batch.credit_documents if c.customer is None
    )
    nameless += sum(a.customer is None for a in batch.account_adjustments)
    nameless += len(batch.stock_adjustments) + sum(len(r.rows) for r in batch.rejected)
    assert nameless == told["rows_no_customer"]


def test_oddities_are_counted(batch, told):
    counts = batch.counts
    assert counts["document.two_times"] == told["invoices_with_two_timestamps"]
    assert counts["row.duplicate"] == told["exact_duplicate_rows"]
    assert counts["money.rounded"] == 2
    assert counts["row.account"] == 3
    assert counts["row.sku_case"] > 100
    assert counts["text.trimmed"] > 50_000
    assert {code for rejection in batch.rejected for code in rejection.codes} == {"row.no_value"}
    assert {finding.severity.value for finding in batch.findings} == {"warning"}
    repeated = {
        (document, sku)
        for document, skus in (
            (d.external_id, [line.sku for line in d.lines] + [c.code for c in d.charges])
            for d in batch.drafts
        )
        for sku in skus
        if skus.count(sku) > 1
    }
    assert len(repeated) == told["same_sku_repeated_in_invoice"]


def test_recorded_quotes_of_a_sample(batch):
    for draft in batch.drafts[::40]:
        INVARIANTS[2].require(draft)

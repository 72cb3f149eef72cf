"""Tables of invoice lines: each oddity by hand, and laws over generated tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.channels import (
    INVARIANTS,
    ChannelMapping,
    FieldRule,
    LineRule,
    ListRule,
    TagRule,
    import_rows,
    invoice_rows,
)
from ordercore.kernel import InvalidDefinition, Money, Zone, canonical_json, instant

LONDON = Zone.load("Europe/London")
MAPPING = invoice_rows("wholesale", currency="GBP", zone=LONDON)
DEFAULT = {
    "InvoiceNo": "536365",
    "StockCode": "85123A",
    "Description": "HEART",
    "Quantity": "6",
    "InvoiceDate": "2010-12-01 08:26:00",
    "UnitPrice": "2.55",
    "CustomerID": "17850",
    "Country": "United Kingdom",
}
SHORT = {"no": "InvoiceNo", "sku": "StockCode", "title": "Description", "units": "Quantity"}
SHORT |= {"at": "InvoiceDate", "price": "UnitPrice", "who": "CustomerID", "where": "Country"}


def row(**changes):
    return DEFAULT | {SHORT[name]: value for name, value in changes.items()}


def run(*rows, mapping=MAPPING):
    batch = import_rows(mapping, rows)
    INVARIANTS[0].require(batch)
    INVARIANTS[1].require(batch)
    for draft in batch.drafts:
        INVARIANTS[2].require(draft)
    return batch


def places(batch):
    return [(finding.code, finding.path) for finding in batch.findings]


class TestSales:
    def test_a_plain_invoice(self):
        batch = run(row(), row(sku="71053", price="3.39", units="1"))
        (draft,) = batch.drafts
        assert batch.findings == ()
        assert (draft.external_id, draft.channel, draft.customer) == (
            "536365",
            "wholesale",
            "17850",
        )
        assert draft.placed_at == instant("2010-12-01T08:26Z")
        assert [line.line_id for line in draft.lines] == ["1", "2"]
        assert draft.total == Money(6 * 255 + 339, "GBP")
        assert str(draft.region) == "GB"
        assert draft.destination() is not None
        assert draft.person is None

    def test_rows_of_one_number_belong_together_wherever_they_stand(self):
        batch = run(row(), row(no="2"), row(sku="X"))
        assert [(d.external_id, len(d.lines)) for d in batch.drafts] == [("536365", 2), ("2", 1)]

    def test_summer_time(self):
        batch = run(row(at="2011-07-01 08:26:00"))
        assert batch.drafts[0].placed_at == instant("2011-07-01T07:26Z")

    def test_an_hour_that_never_was_rejects_the_invoice(self):
        batch = run(row(at="2011-03-27 01:30:00"), row(no="2"))
        assert batch.rejected[0].codes == ("zone.gap",)
        assert len(batch.drafts) == 1

    @pytest.mark.parametrize(
        "code, kind",
        [
            ("POST", "shipping"),
            ("DOT", "shipping"),
            ("C2", "shipping"),
            ("M", "manual"),
            ("m", "manual"),
            ("PADS", "manual"),
            ("S", "sample"),
            ("BANK CHARGES", "fee"),
            ("AMAZONFEE", "fee"),
            ("CRUK", "donation"),
            ("gift_0001_20", "voucher"),
        ],
    )
    def test_what_is_not_goods_becomes_a_charge(self, code, kind):
        batch = run(row(), row(sku=code, units="2", price="5"))
        (draft,) = batch.drafts
        assert places(batch) == [("row.not_goods", "rows[1]")]
        (charge,) = draft.charges
        assert (charge.kind, charge.code, charge.list_amount.minor) == (kind, code, 1000)
        assert draft.recorded_quote().charges[0].kind == kind
        assert draft.to_cart().units == 6

    def test_a_discount_row_is_shared_over_the_goods(self):
        batch = run(row(), row(sku="B2", price="1.00"), row(sku="D", units="1", price="1.00"))
        (draft,) = batch.drafts
        quote = draft.recorded_quote()
        assert (quote.total.minor, quote.discount.minor) == (6 * 355 - 100, 100)
        assert all(line.discount.minor > 0 for line in quote.lines)

    def test_a_discount_without_goods_lowers_the_charges(self):
        batch = run(row(sku="POST", units="1", price="3"), row(sku="D", units="1", price="1.00"))
        (draft,) = batch.drafts
        assert draft.recorded_quote().total.minor == 200
        assert draft.recorded_quote().shipping.minor == 200

    def test_duplicates_and_repeats_are_kept_and_told(self):
        batch = run(row(), row(), row(units="1"))
        assert places(batch) == [("row.duplicate", "rows[1]"), ("row.sku_repeated", "rows[2]")]
        assert batch.drafts[0].units == 13

    def test_letter_case_of_a_code(self):
        batch = run(row(), row(no="2", sku="85123a"))
        assert places(batch) == [("row.sku_case", "rows[1]")]
        assert [d.lines[0].sku for d in batch.drafts] == ["85123A", "85123a"]

    def test_blanks_are_trimmed_and_told(self):
        batch = run(row(sku=" 85123A", title="HEART  "))
        assert places(batch) == [
            ("text.trimmed", "rows[0].StockCode"),
            ("text.trimmed", "rows[0].Description"),
        ]
        assert batch.drafts[0].lines[0].title == "HEART"

    def test_two_times_and_no_customer(self):
        batch = run(row(who=""), row(sku="2", who="", at="2010-12-01 08:25:00"))
        assert places(batch) == [
            ("document.two_times", "rows[0]"),
            ("document.no_customer", "rows[0]"),
        ]
        assert batch.drafts[0].placed_at == instant("2010-12-01T08:25Z")
        assert batch.drafts[0].customer is None

    def test_a_price_finer_than_a_penny(self):
        batch = run(row(price="0.001", units="15"))
        assert places(batch) == [("money.rounded", "rows[0]")]
        assert batch.drafts[0].total == Money(2, "GBP")
        assert str(batch.drafts[0].lines[0].unit_price) == "0.001"

    @pytest.mark.parametrize(
        "label, region, codes",
        [("EIRE", "IE", ()), ("Unspecified", None, ()), ("Atlantis", None, ("table.unknown",))],
    )
    def test_countries(self, label, region, codes):
        batch = run(row(where=label))
        draft = batch.drafts[0]
        assert (None if draft.region is None else str(draft.region)) == region
        assert tuple(batch.counts) == codes
        assert (draft.destination() is None) == (region is None)

    def test_a_row_without_units_is_kept(self):
        batch = run(row(), row(sku="Z", units="0"))
        assert places(batch) == [("row.no_units", "rows[1]")]
        assert [line.quantity for line in batch.drafts[0].lines] == [6, 0]
        assert len(batch.drafts[0].recorded_quote().lines) == 1

    def test_free_goods_on_a_sale(self):
        batch = run(row(price="0.00"))
        assert places(batch) == [("row.free", "rows[0]")]
        assert batch.stock_adjustments == ()


class TestOtherDocuments:
    def test_write_offs_and_finds(self):
        off = row(no="1", units="-10", price="0", who="", title="damaged box")
        found = row(no="2", units="4", price="0", who="", title="")
        batch = run(off, found, row(no="3", sku="Y", units="-1", price="0.0"), row(no="3"))
        assert [(s.document, s.change, s.reason.value) for s in batch.stock_adjustments] == [
            ("1", -10, "write_off"),
            ("2", 4, "found"),
            ("3", -1, "write_off"),
        ]
        assert batch.stock_adjustments[0].tags == ("damaged",)
        assert [d.external_id for d in batch.drafts] == ["3"]
        assert batch.drafts[0].lines[0].line_id == "2"

    def test_a_nameless_sale_with_a_price_is_no_find(self):
        batch = run(row(who="", price="0"), row(sku="2", who=""))
        assert batch.stock_adjustments == ()
        assert batch.counts == {"document.no_customer": 1, "row.free": 1}

    def test_a_row_that_says_nothing_is_rejected_alone(self):
        batch = run(row(sku="POST", price="0", who=""), row(price="0", who=""))
        assert [(r.rows, r.codes) for r in batch.rejected] == [((0,), ("row.no_value",))]
        assert len(batch.stock_adjustments) == 1

    def test_a_row_of_no_units_and_no_price_without_a_customer(self):
        batch = run(row(units="0", price="0", who=""))
        assert batch.counts == {"document.no_customer": 1, "row.no_units": 1}

    def test_credits(self):
        lines = [
            row(no="C1", units="-2"),
            row(no="C1", sku="D", units="-1", price="3"),
            row(no="C1", sku="F", units="-1", price="0"),
        ]
        batch = run(*lines)
        (credit,) = batch.credit_documents
        assert (credit.units, credit.amount.minor) == (3, 510 + 300)
        assert [(c.kind, c.amount.minor) for c in credit.charges] == [("discount", 300)]
        assert [line.quantity for line in credit.lines] == [2, 1]
        assert batch.counts == {"document.credit": 1, "row.not_goods": 1}

    @pytest.mark.parametrize(
        "changes", [{"units": "2"}, {"units": "0"}, {"price": "-1", "units": "-1"}]
    )
    def test_what_is_no_credit_rejects_the_document(self, changes):
        batch = run(row(no="C1", units="-1"), row(**({"no": "C1"} | changes)))
        assert batch.credit_documents == ()
        assert batch.rejected[0].codes == ("row.not_a_credit",)
        assert batch.rejected[0].rows == (0, 1)

    def test_bad_debt(self):
        batch = run(row(no="A563186", sku="B", units="1", price="-11062.06", who=""))
        (booking,) = batch.account_adjustments
        assert booking.amount == Money(-1106206, "GBP")
        assert (booking.document, booking.code, booking.customer) == ("A563186", "B", None)


class TestRejections:
    @pytest.mark.parametrize(
        "changes, code, path",
        [
            ({"units": "-1"}, "row.negative_quantity", "rows[1]"),
            ({"units": "-1", "sku": "POST", "price": "0"}, "row.negative_quantity", "rows[1]"),
            ({"price": "-1"}, "row.negative_price", "rows[1]"),
            ({"price": "1,50"}, "number.not_plain", "rows[1].UnitPrice"),
            ({"price": ""}, "import.no_price", "rows[1]"),
            ({"price": 1.5}, "number.float", "rows[1].UnitPrice"),
            ({"units": "1.5"}, "quantity.fractional", "rows[1].Quantity"),
            ({"units": ""}, "import.missing", "rows[1].Quantity"),
            ({"sku": ""}, "row.no_sku", "rows[1]"),
            ({"sku": "a\tb"}, "identifier.invalid", "rows[0].Sku"),
            ({"at": ""}, "import.missing", "rows[1].InvoiceDate"),
            ({"at": "2010-13-01 08:26:00"}, "time.not_local", "rows[1].InvoiceDate"),
            ({"at": "yesterday"}, "time.not_local", "rows[1].InvoiceDate"),
            ({"who": "9"}, "document.mixed", "rows[1].customer"),
            ({"where": "France"}, "document.mixed", "rows[1].region.country"),
        ],
    )
    def test_a_faulty_row_rejects_its_document_and_the_rest_goes_on(self, changes, code, path):
        batch = run(row(), row(**changes), row(no="2", sku="W", units="-1", price="0"), row(no="2"))
        assert (code, path) in places(batch)
        (rejection,) = batch.rejected
        assert rejection.codes == (code,)
        assert (rejection.document, rejection.rows) == ("536365", (0, 1))
        assert [d.external_id for d in batch.drafts] == ["2"]
        assert len(batch.stock_adjustments) == 1

    def test_what_a_document_gave_before_its_fault_is_taken_back(self):
        batch = run(row(units="-1", price="0"), row(sku="2", units="-1"))
        assert batch.stock_adjustments == ()
        assert batch.rejected[0].rows == (0, 1)

    def test_a_first_row_without_time(self):
        batch = run(row(at=""), row())
        assert batch.rejected[0].codes == ("import.missing",)

    def test_rows_without_a_number_or_that_are_no_rows(self):
        batch = run(row(no=""), ["no", "row"], row())
        assert [(r.document, r.rows, r.codes) for r in batch.rejected] == [
            ("", (0,), ("import.missing",)),
            ("", (1,), ("row.not_a_mapping",)),
        ]
        assert len(batch.drafts) == 1

    def test_a_column_that_is_not_mapped(self):
        batch = run(row() | {"Colour": "red"}, row(no="2") | {"Colour": "blue"})
        assert places(batch) == [("import.unmapped", "columns[Colour]")]

    def test_a_column_that_is_missing(self):
        given_row = row()
        del given_row["CustomerID"]
        assert run(given_row).counts == {"document.no_customer": 1}

    def test_nothing_comes_of_nothing(self):
        assert run().documents_in == 0

    def test_a_mapping_with_lists_is_no_table(self):
        fields = [*MAPPING.fields]
        nested = ChannelMapping(
            channel="x",
            zone=LONDON,
            fields=fields,
            lists=[ListRule("lines", "items", MAPPING.lists[0].fields)],
        )
        with pytest.raises(InvalidDefinition) as error:
            import_rows(nested, [])
        assert error.value.codes == ("mapping.not_a_table",)


class TestOwnTables:
    MAPPING = ChannelMapping(
        channel="till",
        fields=[
            FieldRule("external_id", "receipt"),
            FieldRule("placed_at", "at", "instant"),
            FieldRule("currency", "currency", "currency"),
            FieldRule("note", "note"),
            FieldRule("attributes.lane", "lane"),
            FieldRule("status.paid", default="yes"),
            FieldRule("region.country", "country"),
            FieldRule("region.city", "city"),
        ],
        lists=[
            ListRule(
                "lines",
                "",
                [
                    FieldRule("sku", "item"),
                    FieldRule("quantity", "units", "quantity", options={"digits": "3"}),
                    FieldRule("list_amount", "amount", "money_minor"),
                    FieldRule("attributes.mark", "mark"),
                ],
            )
        ],
        line_rules=[LineRule("fee", codes=["BAG"])],
        tag_rules=[TagRule("gift", words=["present"])],
        ignored=["operator"],
    )

    def test_amounts_of_lines_decimals_of_units_and_remarks(self):
        batch = run(
            {"receipt": "1", "at": "2026-01-01T00:00Z", "currency": "JPY", "note": "A Present"}
            | {"lane": "4", "country": "JP", "item": "RICE", "units": "12.5", "amount": "500"}
            | {"mark": "m", "operator": "x", "city": ""},
            mapping=self.MAPPING,
        )
        (draft,) = batch.drafts
        assert batch.findings == ()
        assert draft.total == Money(500, "JPY")
        assert draft.lines[0].quantity == 12500
        assert draft.tags == ("gift",)
        assert draft.attributes == {"lane": "4"}
        assert draft.lines[0].attributes == {"mark": "m"}
        assert draft.statuses == {"paid": "yes"}

    def test_a_region_that_is_none(self):
        batch = run(
            {"receipt": "1", "at": "2026-01-01T00:00Z", "currency": "JPY", "country": "Japan"}
            | {"item": "RICE", "units": "1", "amount": 500},
            mapping=self.MAPPING,
        )
        assert batch.counts["region.country"] == 1
        assert batch.drafts[0].region is None

    def test_an_unknown_currency(self):
        batch = run(
            {"receipt": "1", "at": "2026-01-01T00:00Z", "currency": "???", "item": "RICE"},
            mapping=self.MAPPING,
        )
        assert batch.rejected[0].codes == ("money.unknown_currency",)


ROWS = st.builds(
    row,
    no=st.sampled_from(["1", "2", "3", "C4", "C5", "A6", ""]),
    sku=st.sampled_from(["85123A", "85123a", "T", "POST", "D", "M", "gift_0001_10", " X ", ""]),
    title=st.sampled_from(["", "cup ", "damaged", "lost"]),
    units=st.integers(-3, 9).map(str) | st.sampled_from(["", "1.5", "x"]),
    at=st.sampled_from(["2010-12-01 08:26:00", "2010-12-01 08:27:00", "2011-03-27 01:30:00"]),
    price=st.sampled_from(["0", "0.00", "2.55", "0.001", "-1", "1e3", ""]),
    who=st.sampled_from(["17850", ""]),
    where=st.sampled_from(["France", "Unspecified", "Atlantis"]),
)


@given(st.lists(ROWS, max_size=25))
def test_no_row_is_lost_whatever_it_says(rows):
    batch = run(*rows)
    assert batch.rows_in == len(rows)
    assert all(f.path.startswith(("rows[", "columns[")) for f in batch.findings)
    rejecting = {code for rejection in batch.rejected for code in rejection.codes}
    errors = {f.code for f in batch.findings if f.severity.value == "error"}
    assert rejecting - {"row.no_value"} == errors


@given(st.lists(ROWS, max_size=16), st.randoms(use_true_random=False))
def test_the_order_of_documents_changes_nothing(rows, random):
    """Rows of one document keep their order; documents are mixed at will."""
    by_document = {}
    for each in rows:
        by_document.setdefault(each["InvoiceNo"], []).append(each)
    queues = [list(members) for members in by_document.values()]
    mixed = []
    while queues:
        queue = random.choice(queues)
        mixed.append(queue.pop(0))
        queues = [each for each in queues if each]
    first, second = run(*rows), run(*mixed)
    assert first.counts == second.counts

    def content(batch):
        values = (*batch.drafts, *batch.credit_documents, *batch.stock_adjustments)
        return sorted(canonical_json(v) for v in (*values, *batch.account_adjustments))

    assert content(first) == content(second)


@given(st.lists(ROWS, max_size=12))
def test_the_same_table_gives_the_same_batch(rows):
    assert run(*rows) == run(*rows)

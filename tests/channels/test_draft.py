"""Drafts and what stands beside them: built by hand, refused by code, reconciled."""

from __future__ import annotations

import pickle
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.channels import (
    INVARIANTS,
    CreditLine,
    DraftCharge,
    DraftLine,
    FulfilledUnits,
    ImportBatch,
    OrderDraft,
    RefundedCharge,
    RefundedUnits,
    Rejection,
    ReportedCoupon,
    ReportedFulfilment,
    ReportedPayment,
    ReportedRefund,
    ReportedTotals,
    StockAdjustment,
    idempotency_key,
    reconcile,
)
from ordercore.kernel import InvalidBatch, InvalidValue, Money
from ordercore.network import Address, Destination, GeoPoint, PersonRecord, Region
from ordercore.pricing import Adjustment, TaxShare, check_sums

SECRET = b"a secret of the host"


def eur(minor):
    return Money(minor, "EUR")


def line(line_id="1", **changes):
    return DraftLine(line_id, **({"sku": "TEA", "quantity": 2, "list_amount": eur(1000)} | changes))


def draft(**changes):
    given_fields = {
        "channel": "bazaar",
        "external_id": "7",
        "placed_at": "2026-11-11T00:00Z",
        "currency": "EUR",
        "lines": [line()],
    }
    return OrderDraft(**(given_fields | changes))


def codes(error):
    value = error.value
    return [f.code for f in value.faults] if isinstance(value, InvalidBatch) else [value.code]


class TestRefusals:
    @pytest.mark.parametrize(
        "build, code",
        [
            (lambda: line(quantity=-1), "quantity.negative"),
            (lambda: line(quantity=True), "quantity.negative"),
            (lambda: line(quantity=1.0), "quantity.negative"),
            (lambda: line(removed=3), "draft.removed"),
            (lambda: line(removed=-1), "draft.removed"),
            (lambda: line(removed=None), "draft.removed"),
            (lambda: line(sku=""), "identifier.invalid"),
            (lambda: line(list_amount=10), "draft.list_amount"),
            (lambda: line(adjustments=[1]), "draft.adjustment"),
            (lambda: line(taxes=[1]), "draft.tax"),
            (lambda: DraftCharge("", list_amount=eur(1)), "draft.charge_id"),
            (lambda: DraftCharge("1", kind="", list_amount=eur(1)), "draft.kind"),
            (lambda: DraftCharge("1", list_amount=1), "draft.list_amount"),
            (lambda: draft(lines=[]), "draft.empty"),
            (lambda: draft(external_id=""), "draft.external_id"),
            (lambda: draft(external_id=7), "draft.external_id"),
            (lambda: draft(lines=[1]), "draft.line"),
            (lambda: draft(charges=[1]), "draft.charge"),
            (lambda: draft(lines=[line(), line()]), "draft.duplicate_line"),
            (
                lambda: draft(charges=[DraftCharge("1", list_amount=eur(1))] * 2),
                "draft.duplicate_charge",
            ),
            (lambda: draft(placed_at="2026-11-11T00:00"), "time.naive"),
            (lambda: draft(currency="EURO"), "money.unknown_currency"),
            (lambda: draft(lines=[line(list_amount=Money(1, "USD"))]), "money.currency_mismatch"),
            (lambda: draft(totals=ReportedTotals(tax=Money(1, "USD"))), "money.currency_mismatch"),
            (
                lambda: draft(adjustments=[Adjustment(code="c", amount=Money(1, "USD"))]),
                "money.currency_mismatch",
            ),
            (
                lambda: draft(
                    lines=[line(adjustments=[Adjustment(code="c", amount=Money(1, "USD"))])]
                ),
                "money.currency_mismatch",
            ),
            (
                lambda: draft(lines=[line(taxes=[TaxShare(amount=Money(1, "USD"))])]),
                "money.currency_mismatch",
            ),
            (lambda: ReportedPayment("1", amount=eur(1), state="odd"), "payment.state"),
            (lambda: RefundedUnits("1", quantity=-1), "quantity.negative"),
            (lambda: FulfilledUnits("1", quantity=1.5), "quantity.negative"),
            (
                lambda: CreditLine("1", sku="A", quantity=0, amount=eur(1)),
                "quantity.not_positive",
            ),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_by_code(self, build, code):
        with pytest.raises((InvalidValue, InvalidBatch)) as error:
            build()
        assert codes(error) == [code]


class TestQuote:
    def test_a_discount_of_the_order_is_shared_to_the_cent(self):
        lines = [line(str(i), list_amount=eur(333)) for i in range(3)]
        cut = Adjustment(code="platform.day", amount=eur(-100), funder="platform")
        sold = draft(lines=lines, adjustments=[cut])
        quote = sold.recorded_quote()
        assert [entry.discount.minor for entry in quote.lines] == [34, 33, 33]
        assert quote.funded("platform") == eur(100)
        assert quote.total == sold.total == eur(899)

    def test_lines_that_are_not_goods_become_charges(self):
        lines = [
            line(),
            line("2", sku=None),
            line("3", quantity=0),
            line("4", quantity=0, list_amount=eur(0)),
        ]
        quote = draft(lines=lines).recorded_quote()
        assert [(c.charge_id, c.kind) for c in quote.charges] == [
            ("line:2", "unlisted"),
            ("line:3", "unlisted"),
        ]
        assert quote.total == eur(3000)

    def test_an_order_of_removed_lines_only(self):
        gone = draft(lines=[line(quantity=0, list_amount=eur(0))])
        assert gone.recorded_quote().total == eur(0)
        with pytest.raises(InvalidBatch) as error:
            gone.to_cart()
        assert codes(error) == ["cart.empty"]

    def test_facts_of_the_order_are_kept(self):
        leeds = Destination(Region("GB", city="Leeds"))
        sold = draft(
            customer="c-1", coupons=[ReportedCoupon("SAVE"), ReportedCoupon("SAVE")], shop="eu"
        )
        for value in (sold.to_cart(ship_to=leeds), sold.recorded_quote(ship_to=leeds)):
            assert (value.channel, value.customer, value.ship_to) == ("bazaar", "c-1", leeds)
            assert set(value.coupons) == {"SAVE"}
        assert sold.idempotency_key == "bazaar/eu/7/"
        assert sold.units == 2

    def test_values_pickle(self):
        sold = draft(refunds=[ReportedRefund("1", amount=eur(5))], tags=["b", "a", "b"])
        assert pickle.loads(pickle.dumps(sold)) == sold
        assert sold.tags == ("a", "b")

    @given(
        st.lists(
            st.tuples(
                st.integers(0, 5),
                st.integers(-500, 5000),
                st.integers(-900, 900),
                st.integers(0, 300),
                st.booleans(),
            ),
            min_size=1,
            max_size=6,
        ),
        st.lists(st.integers(-2000, 500), max_size=3),
        st.none() | st.integers(-10_000, 20_000),
        st.booleans(),
        st.booleans(),
    )
    def test_it_comes_to_what_is_reported(self, parts, cuts, grand, included, shipped):
        lines = [
            line(
                str(position),
                sku="A" if known else None,
                quantity=units,
                list_amount=eur(amount),
                adjustments=[Adjustment(code="c", amount=eur(cut))] if cut else [],
                taxes=[TaxShare(amount=eur(tax), included=included)] if tax else [],
            )
            for position, (units, amount, cut, tax, known) in enumerate(parts)
        ]
        sold = draft(
            lines=lines,
            charges=[DraftCharge("s", list_amount=eur(490))] if shipped else [],
            adjustments=[Adjustment(code="order", amount=eur(cut)) for cut in cuts],
            tax_included=included,
            totals=ReportedTotals(grand=None if grand is None else eur(grand)),
        )
        quote = sold.recorded_quote()
        assert quote.total == (sold.explained_total if grand is None else eur(grand))
        assert check_sums(quote) == ()
        assert bool(quote.unexplained) == (quote.total != sold.explained_total)
        assert INVARIANTS[2].holds(sold)
        assert sold.recorded_quote() == quote


class TestDestination:
    ADA = PersonRecord("p-1", name="Ada Stone", address=Address(Region("GB"), postcode="LS1 4AP"))

    def test_of_a_person(self):
        goes_to = draft(person=self.ADA).destination(
            secret=SECRET, point=GeoPoint(53801277, -1548567)
        )
        assert goes_to == self.ADA.destination(SECRET, GeoPoint(53801277, -1548567))
        assert goes_to.digest

    def test_without_the_secret_there_is_none(self):
        with pytest.raises(InvalidValue) as error:
            draft(person=self.ADA).destination()
        assert codes(error) == ["digest.secret"]

    def test_of_a_region(self):
        assert draft().destination() is None
        somewhere = draft(region=Region("GB")).destination(point=GeoPoint(53801277, -1548567))
        assert somewhere == Destination(Region("GB"), point=GeoPoint(53800000, -1550000))

    def test_a_leak_is_seen(self):
        assert INVARIANTS[3].holds(draft(), SECRET)
        assert INVARIANTS[3].holds(draft(person=self.ADA), SECRET)
        leaky = draft(person=self.ADA, customer="Ada Stone")
        assert INVARIANTS[3].check(leaky, SECRET).witness == {"leaked_texts": 1}
        nothing_to_leak = draft(person=self.ADA, lines=[line(sku=None)])
        assert INVARIANTS[3].holds(nothing_to_leak, SECRET)


class TestKeys:
    PARTS = st.text(alphabet="a/%2F5", max_size=4)

    @given(st.tuples(PARTS, PARTS, PARTS, PARTS), st.tuples(PARTS, PARTS, PARTS, PARTS))
    def test_different_parts_never_make_one_key(self, one, other):
        assert (idempotency_key(*one) == idempotency_key(*other)) == (one == other)


class TestBatch:
    def test_what_is_lost_is_seen(self):
        assert INVARIANTS[0].check(ImportBatch(rows_in=2)).witness == {"in": 2, "out": 0}
        assert INVARIANTS[1].check(ImportBatch(documents_in=1)).witness == {"in": 1, "out": 0}
        assert INVARIANTS[0].holds(ImportBatch())

    def test_a_total_that_is_not_kept_is_seen(self):
        off = SimpleNamespace(recorded_quote=draft().recorded_quote, total=eur(999))
        assert INVARIANTS[2].check(off).witness == {"quote": "EUR 10.00", "reported": "EUR 9.99"}

    def test_counts(self):
        rejection = Rejection(document="1", path="rows[0]", codes=["b", "a", "b"], rows=[0])
        batch = ImportBatch(rejected=[rejection], rows_in=1, documents_in=1)
        assert rejection.codes == ("a", "b")
        assert batch.rows_out == batch.documents_out == 1

    def test_stock_changes(self):
        found = StockAdjustment(
            document="1", line_id="1", sku="A", quantity=3, reason="found", at="2026-01-01T00:00Z"
        )
        assert found.change == 3


def told(value):
    return [(f.code.removeprefix("reconcile."), f.path, f.value) for f in reconcile(value)]


class TestReconcile:
    SUM = ReportedTotals(
        list_amount=eur(1000),
        discount=eur(150),
        subtotal=eur(900),
        shipping=eur(490),
        fees=eur(200),
        tax=eur(30),
        grand=eur(1570),
        refunded=eur(50),
    )
    CHARGES = (
        DraftCharge("s", list_amount=eur(490), adjustments=[Adjustment(code="c", amount=eur(-50))]),
        DraftCharge("f", kind="fee", list_amount=eur(200), taxes=[TaxShare(amount=eur(10))]),
    )

    def whole(self, **changes):
        lines = [
            line(
                adjustments=[Adjustment(code="c", amount=eur(-60))],
                taxes=[TaxShare(amount=eur(20))],
            )
        ]
        base = {
            "lines": lines,
            "charges": self.CHARGES,
            "adjustments": [Adjustment(code="o", amount=eur(-40))],
            "totals": self.SUM,
            "refunds": [ReportedRefund("1", amount=eur(50))],
            "coupons": [ReportedCoupon("A", amount=eur(150))],
        }
        return draft(**(base | changes))

    def test_what_adds_up(self):
        assert told(self.whole()) == []
        assert told(draft()) == []

    @pytest.mark.parametrize(
        "field",
        ["list_amount", "discount", "subtotal", "shipping", "fees", "tax", "grand", "refunded"],
    )
    @pytest.mark.parametrize("off", [-1, 1])
    def test_each_total_by_itself(self, field, off):
        import attrs

        right = getattr(self.SUM, field)
        wrong = right + eur(off)
        (finding,) = told(self.whole(totals=attrs.evolve(self.SUM, **{field: wrong})))
        code = {"grand": "total"}.get(field, field)
        assert finding == (code, f"totals.{field}", f"{right} ≠ {wrong}")

    def test_codes_that_give_more_than_all_discounts(self):
        assert told(self.whole(coupons=[ReportedCoupon("A", amount=eur(151))])) == [
            ("coupons", "coupons", "EUR 1.50 ≠ EUR 1.51")
        ]
        assert (
            told(self.whole(coupons=[ReportedCoupon("A", amount=eur(151)), ReportedCoupon("B")]))
            == []
        )

    def test_refunds(self):
        units = [RefundedUnits("1", quantity=1, amount=eur(400), tax=eur(40))]
        fee = [RefundedCharge(kind="fee", amount=eur(60), tax=eur(6))]
        given_back = ReportedRefund("1", amount=eur(506), units=units, charges=fee)
        assert told(draft(refunds=[given_back])) == []
        assert told(draft(refunds=[given_back], tax_included=True)) == [
            ("refund", "refunds[0]", "EUR 4.60 ≠ EUR 5.06")
        ]
        unsaid = ReportedRefund("1", amount=eur(5), units=[RefundedUnits("1", quantity=1)])
        assert told(draft(refunds=[unsaid])) == []

    def test_more_money_or_units_back_than_there_were(self):
        much = [ReportedRefund("1", amount=eur(600)), ReportedRefund("2", amount=eur(401))]
        assert told(draft(refunds=much)) == [("refunded", "refunds", "EUR 10.01 ≠ EUR 10.00")]
        units = [
            RefundedUnits("1", quantity=2),
            RefundedUnits("1", quantity=1),
            RefundedUnits("9", quantity=1),
        ]
        assert told(draft(refunds=[ReportedRefund("1", amount=eur(1), units=units)])) == [
            ("refunded_units", "lines[1]", "3 ≠ 2"),
            ("unknown_line", "refunds", "9"),
        ]

    def test_a_fulfilment_of_a_line_that_is_not_there(self):
        units = [FulfilledUnits("1", quantity=1), FulfilledUnits("9", quantity=1)]
        sent = ReportedFulfilment("1", units=units, tracking="T1", at="2026-01-01T00:00Z")
        assert sent.tracking == ("T1",)
        assert told(draft(fulfilments=[sent])) == [("unknown_line", "fulfilments[0]", "9")]

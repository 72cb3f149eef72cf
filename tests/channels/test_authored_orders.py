"""Payloads written for the project are read to the last figure; vendors' own are read and told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ordercore.channels import (
    INVARIANTS,
    ChannelMapping,
    import_json,
    reconcile,
    shopify,
    woocommerce,
)
from ordercore.kernel import Money, canonical_json, instant
from ordercore.pricing import check_sums, refund

HERE = Path(__file__).parent / "data"
MAPPINGS = {"shopify": shopify, "woocommerce": woocommerce}
NAMES = sorted(path.name.removesuffix(".json") for path in HERE.glob("*__authored_*.json"))
SECRET = b"a secret of the host"
PERSONAL = ["quill", "lindenstrasse", "20095", "example.com", "stone", "high st", "ls1 4ap", "0113"]


def imported(name):
    batch = import_json(MAPPINGS[name.split("__")[0]](), (HERE / f"{name}.json").read_bytes())
    expected = json.loads((HERE / "expected" / f"{name}.expected.json").read_text())
    (draft,) = batch.drafts
    return batch, draft, expected


def minor(money: Money | None) -> int | None:
    return None if money is None else money.minor


@pytest.mark.parametrize("name", NAMES)
class TestEveryFigure:
    def test_nothing_is_odd(self, name):
        batch, draft, _ = imported(name)
        assert batch.findings == () == batch.rejected
        assert reconcile(draft) == ()

    def test_identity_time_and_currency(self, name):
        _, draft, expected = imported(name)
        assert draft.channel == expected["channel"]
        assert draft.external_id == expected["external_id"]
        assert draft.display_number == expected["display_number"]
        assert draft.placed_at == instant(expected["placed_at_utc"])
        assert draft.currency == expected["currency"]
        if "presentment_currency" in expected:
            assert draft.presentment_currency == expected["presentment_currency"]
        assert draft.tax_included is expected["tax_included"]

    def test_lines(self, name):
        _, draft, expected = imported(name)
        assert len(draft.lines) == len(expected["lines"])
        for line, told in zip(draft.lines, expected["lines"], strict=True):
            assert (line.sku, line.quantity) == (told["sku"], told["qty"])
            assert line.list_amount.minor == told["ext"]
            assert line.amount.minor == told["net"]
            assert line.discount.minor == told["ext"] - told["net"]
            assert line.tax.minor == told["tax"]
            if "unit" in told:
                assert Money.of(line.unit_price, draft.currency).minor == told["unit"]
            if "gift_card" in told:
                assert ("gift_card" in line.attributes) is told["gift_card"]

    def test_totals_of_draft_and_quote(self, name):
        _, draft, expected = imported(name)
        told = expected["minor"]
        quote = draft.recorded_quote()
        assert draft.total.minor == quote.total.minor == told["grand_total"]
        assert quote.subtotal.minor == told["list_total"]
        assert quote.discount.minor == told["discount_total"]
        assert quote.tax.minor == told["tax"]
        assert minor(draft.totals.shipping) == told["shipping"]
        listed = dict.fromkeys(("shipping", "fee"), 0)
        for charge in quote.charges:
            listed[charge.kind] += charge.list_amount.minor
        assert listed["shipping"] == told["shipping"]
        assert listed["fee"] == told.get("fees", 0)
        assert not quote.unexplained
        assert check_sums(quote) == ()

    def test_refunds(self, name):
        _, draft, expected = imported(name)
        sums = [refund.amount.minor for refund in draft.refunds]
        assert sum(sums) == expected.get("refunded_total", expected["minor"].get("refunded", 0))
        for given, told in zip(draft.refunds, expected.get("refunds", ()), strict=False):
            by_line = {line.line_id: line.sku for line in draft.lines}
            assert given.amount.minor == told["amount"]
            assert given.total("shipping").minor == told["shipping"]
            units = [{"sku": by_line[u.line_id], "qty": u.quantity} for u in given.units]
            assert units == told["items"]
            assert {u.restock for u in given.units} == {told["restock"]}

    def test_fulfilments_and_statuses(self, name):
        _, draft, expected = imported(name)
        by_line = {line.line_id: line.sku for line in draft.lines}
        shipped = [
            {
                "tracking": each.tracking[0],
                "items": [{"sku": by_line[u.line_id], "qty": u.quantity} for u in each.units],
            }
            for each in draft.fulfilments
        ]
        assert shipped == expected.get("shipments", [])
        for axis, key in (
            ("financial", "financial_status"),
            ("fulfilment", "fulfillment_status"),
            ("order", "status"),
        ):
            assert draft.statuses.get(axis) == expected.get(key)

    def test_removed_units(self, name):
        _, draft, expected = imported(name)
        if expected["channel"] == "shopify":
            told = [line.get("refunded_qty", 0) for line in expected["lines"]]
            assert [line.removed for line in draft.lines] == told

    def test_nothing_personal_is_handed_on(self, name):
        _, draft, _ = imported(name)
        assert draft.person is not None
        goes_to = draft.destination(secret=SECRET)
        assert goes_to.person == draft.person.ref
        for value in (
            draft.to_cart(ship_to=goes_to),
            draft.recorded_quote(ship_to=goes_to),
            goes_to,
        ):
            text = canonical_json(value).decode().casefold()
            assert [word for word in PERSONAL if word in text] == []
        assert [word for word in PERSONAL if word in repr(draft).casefold()] == []

    def test_the_laws_hold(self, name):
        batch, draft, _ = imported(name)
        subjects = ((batch,), (batch,), (draft,), (draft, SECRET))
        for law, subject in zip(INVARIANTS, subjects, strict=True):
            law.require(*subject)

    def test_a_full_return_gives_everything_back(self, name):
        _, draft, _ = imported(name)
        quote = draft.recorded_quote()
        nothing = dict.fromkeys(quote.quantities, 0)
        back = refund(quote, quote.quantities, nothing, charges_after=False)
        assert back.total == quote.total

    def test_the_json_form_of_the_mapping_reads_the_same(self, name):
        mapping = MAPPINGS[name.split("__")[0]]()
        copy = ChannelMapping.from_json(json.loads(json.dumps(mapping.to_json())))
        assert copy == mapping
        _, draft, _ = imported(name)
        assert import_json(copy, (HERE / f"{name}.json").read_text()).drafts == (draft,)


def test_the_shop_is_part_of_the_key():
    payload = (HERE / f"{NAMES[0]}.json").read_bytes()
    keys = {import_json(shopify(shop), payload).drafts[0].idempotency_key for shop in ("", "eu")}
    assert keys == {
        "shopify//5500000000018/2024-11-29T00:03:59-05:00",
        "shopify/eu/5500000000018/2024-11-29T00:03:59-05:00",
    }
    woo = (HERE / f"{NAMES[-1]}.json").read_bytes()
    draft = import_json(woocommerce("uk"), woo).drafts[0]
    assert (draft.shop, draft.customer) == ("uk", None)


@pytest.mark.data
class TestVendorsOwnSamples:
    def test_shopifys_order_does_not_add_up_and_is_not_repaired(self, data_folder):
        payload = (data_folder / "channels/shopify/sdk_fixture_order.json").read_bytes()
        batch = import_json(shopify(), payload)
        (draft,) = batch.drafts
        assert batch.counts == {
            "reconcile.coupons": 1,
            "reconcile.list_amount": 1,
            "reconcile.subtotal": 1,
            "reconcile.tax": 1,
            "reconcile.total": 1,
        }
        assert [line.list_amount.minor for line in draft.lines] == [19900] * 3
        assert draft.totals.subtotal == Money(39800, "USD")
        quote = draft.recorded_quote()
        assert quote.total == Money(40994, "USD")
        assert quote.unexplained == Money(40994 - 59700, "USD")

    def test_every_sample_is_read_or_rejected(self, data_folder):
        seen = 0
        for path in sorted((data_folder / "channels").glob("*/**/*.json")):
            for mapping in (shopify(), woocommerce()):
                batch = import_json(mapping, path.read_bytes())
                assert batch.documents_in == batch.documents_out
                for draft in batch.drafts:
                    assert INVARIANTS[2].holds(draft)
                    assert INVARIANTS[3].holds(draft, SECRET)
                seen += 1
        assert seen > 40

    def test_woocommerces_documentation(self, data_folder):
        payload = (data_folder / "channels/woocommerce/docs_v3_order_list.json").read_bytes()
        batch = import_json(woocommerce(), payload)
        assert [draft.external_id for draft in batch.drafts] == ["727", "723"]
        assert batch.counts == {"import.unmapped": 1, "line.no_sku": 3}
        assert batch.drafts[0].recorded_quote().charges[-1].kind == "unlisted"

"""JSON from outside: hostile or odd, it gives coded findings with paths, and the rest goes on."""

from __future__ import annotations

import copy
import json
import pickle
from decimal import Decimal
from pathlib import Path

import attrs
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
    import_json,
    import_payloads,
    shopify,
    woocommerce,
)
from ordercore.channels.payload import (
    MAX_DEPTH,
    MAX_PAYLOAD_BYTES,
    at_steps,
    read_json,
    tree_faults,
)
from ordercore.kernel import InvalidValue, Money, encode

SECRET = b"a secret of the host"
ORDER = {
    "id": 9007199254740993,
    "processed_at": "2026-11-11T08:00:00+08:00",
    "currency": "CNY",
    "total_price": "128.00",
    "line_items": [{"id": 1, "sku": "TEA", "quantity": 1, "price": "128.00"}],
}
BASE = json.loads(
    (
        Path(__file__).parent / "data" / "shopify__authored_order_vat_incl_partial_refund.json"
    ).read_text()
)["order"]


def order(**changes):
    return copy.deepcopy(ORDER) | changes


def line(**changes):
    return order(line_items=[ORDER["line_items"][0] | changes])


def run(*orders, mapping=None):
    batch = import_json(mapping or shopify(), json.dumps({"orders": list(orders)}))
    for law in INVARIANTS[:2]:
        law.require(batch)
    for draft in batch.drafts:
        INVARIANTS[2].require(draft)
        INVARIANTS[3].require(draft, SECRET)
    return batch


def places(batch):
    return [(finding.code, finding.path) for finding in batch.findings]


class TestPayloads:
    @pytest.mark.parametrize(
        "payload, code",
        [
            (b"", "json.not_json"),
            (b"{", "json.not_json"),
            (b"\xff\xfe", "json.not_utf8"),
            (b'{"order": NaN}', "json.not_a_number"),
            (b'{"order": -Infinity}', "json.not_a_number"),
            (b'{"order": 1e9999999999999999999999}', "json.not_a_number"),
            (b"[" * 100_000, "json.too_deep"),
            (b'{"order": ' + b"[" * 99_999 + b"]" * 99_999 + b"}", "json.too_deep"),
            (b'{"order": {}, "order": {}}', "json.duplicate_key"),
            (b'{"order": 7}', "json.not_an_object"),
            (b"null", "json.not_an_object"),
            (7, "json.not_json"),
        ],
        ids=str,
    )
    def test_what_is_no_order_is_one_rejection(self, payload, code):
        batch = import_json(shopify(), payload)
        assert [finding.code for finding in batch.findings] == [code]
        assert batch.rejected[0].codes == (code,)
        assert batch.documents_in == 1 == batch.documents_out

    def test_a_payload_has_a_limit(self):
        with pytest.raises(InvalidValue) as error:
            read_json(" " * (MAX_PAYLOAD_BYTES + 1))
        assert error.value.code == "json.too_long"

    def test_a_byte_order_mark_is_no_fault(self):
        batch = import_json(shopify(), b"\xef\xbb\xbf" + json.dumps({"order": ORDER}).encode())
        assert len(batch.drafts) == 1

    def test_numbers_are_exact(self):
        assert read_json("[0.1, 1e2, 9007199254740993, -1.50]") == [
            Decimal("0.1"),
            Decimal("1E+2"),
            9007199254740993,
            Decimal("-1.50"),
        ]
        assert isinstance(read_json("1" + "0" * 5000), Decimal)

    def test_nesting_is_bounded_before_anything_is_read(self):
        deep = "{}"
        for _ in range(MAX_DEPTH + 1):
            deep = f'{{"a": {deep}}}'
        batch = import_json(shopify(), f'{{"orders": [{json.dumps(ORDER)}, {deep}]}}')
        assert places(batch) == [("json.too_deep", "$.orders[1]")]
        assert len(batch.drafts) == 1
        assert not list(tree_faults(read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH), "$"))

    def test_a_key_that_stands_twice(self):
        text = json.dumps({"orders": [ORDER, ORDER]})
        twice = text.replace('"sku": "TEA"', '"sku": "TEA", "sku": "CUP", "sku": "POT"', 1)
        batch = import_json(shopify(), twice)
        assert ("json.duplicate_key", "$.orders[0].line_items[0].sku") in places(batch)
        assert [r.path for r in batch.rejected] == ["$.orders[0]"]
        assert len(batch.drafts) == 1

    def test_many_payloads(self):
        batch = import_payloads(shopify(), [json.dumps({"order": ORDER}), b"{", json.dumps([])])
        assert places(batch) == [("json.not_json", "payloads[1]")]
        assert (len(batch.drafts), batch.documents_in) == (1, 2)

    def test_the_same_version_again_is_told(self):
        batch = run(ORDER, ORDER, order(updated_at="2026-11-12T00:00:00Z"))
        assert batch.found("import.repeated")[0].path == "$.orders[1]"
        assert len(batch.found("import.repeated")) == 1
        assert len(batch.drafts) == 3

    @pytest.mark.parametrize(
        "steps, found",
        [((), 1), (("x",), None)],
    )
    def test_paths_into_scalars(self, steps, found):
        assert at_steps(1, steps) == found

    @pytest.mark.parametrize("step, found", [("0", 5), ("1", None), ("-1", None), ("9" * 30, None)])
    def test_paths_into_lists(self, step, found):
        assert at_steps([5], (step,)) == found


class TestValues:
    def test_ids_beyond_two_to_the_53_are_exact(self):
        assert run(ORDER).drafts[0].external_id == "9007199254740993"

    @pytest.mark.parametrize(
        "source, code, path",
        [
            (order(id=None), "import.missing", "$.orders[0].id"),
            (order(id=True), "text.not_text", "$.orders[0].id"),
            (order(id=1.5), "text.not_text", "$.orders[0].id"),
            (order(id=10**90), "text.too_long", "$.orders[0].id"),
            (order(currency="EURO"), "money.unknown_currency", "$.orders[0].currency"),
            (order(currency="XAU"), "money.unknown_currency", "$.orders[0].total_price"),
            (order(processed_at="2026-11-11T08:00:00"), "time.naive", "$.orders[0].processed_at"),
            (order(processed_at="now"), "time.not_an_instant", "$.orders[0].processed_at"),
            (order(total_price="1.005"), "number.precision_loss", "$.orders[0].total_price"),
            (order(total_price="1e2"), "number.not_plain", "$.orders[0].total_price"),
            (order(total_price="1,000.00"), "number.not_plain", "$.orders[0].total_price"),
            (order(total_price="٣"), "number.not_plain", "$.orders[0].total_price"),
            (order(total_price=True), "number.not_plain", "$.orders[0].total_price"),
            (order(total_price={}), "number.not_plain", "$.orders[0].total_price"),
            (order(total_price="9" * 61), "number.too_long", "$.orders[0].total_price"),
            (order(total_price=10**70), "number.too_long", "$.orders[0].total_price"),
            (order(total_price=10**300), "number.too_long", "$.orders[0].total_price"),
            (order(line_items="many"), "json.not_a_list", "$.orders[0].line_items"),
            (order(line_items=["one"]), "json.not_an_object", "$.orders[0].line_items[0]"),
            (order(line_items=[]), "draft.empty", "$.orders[0].lines"),
            (line(quantity="1.5"), "quantity.fractional", "$.orders[0].line_items[0].quantity"),
            (line(quantity=-1), "quantity.negative", "$.orders[0].line_items[0].quantity"),
            (line(quantity=None), "import.missing", "$.orders[0].line_items[0].quantity"),
            (line(price=None), "import.no_price", "$.orders[0].line_items[0]"),
            (line(sku="a\tb"), "identifier.invalid", "$.orders[0].line_items[0].Sku"),
            (line(current_quantity=2), "draft.removed", "$.orders[0].line_items[0].removed"),
            (
                order(line_items=ORDER["line_items"] * 2),
                "draft.duplicate_line",
                "$.orders[0].lines[1].line_id",
            ),
            (
                order(
                    refunds=[{"id": 1, "transactions": [{"id": 1, "amount": "1", "status": "odd"}]}]
                ),
                "table.unknown",
                "$.orders[0].refunds[0].transactions[0].status",
            ),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_fault_rejects_its_order_and_the_rest_goes_on(self, source, code, path):
        batch = run(source, ORDER)
        assert (code, path) in places(batch)
        assert code in batch.rejected[0].codes
        assert len(batch.drafts) == 1

    @pytest.mark.parametrize(
        "source, code, path",
        [
            (order(taxes_included="maybe"), "boolean.unknown", "$.orders[0].taxes_included"),
            (order(tags={"a": 1}), "text.not_text", "$.orders[0].tags"),
            (
                order(presentment_currency="?"),
                "money.unknown_currency",
                "$.orders[0].presentment_currency",
            ),
            (order(financial_status=[1]), "text.not_text", "$.orders[0].financial_status"),
            (order(name=" #1 "), "text.trimmed", "$.orders[0].name"),
            (line(title="a\x00b"), "text.not_text", "$.orders[0].line_items[0].title"),
            (line(title="\ud800"), "text.not_unicode", "$.orders[0].line_items[0].title"),
            (line(title="x" * 20_001), "text.too_long", "$.orders[0].line_items[0].title"),
            (line(price="127.999"), "money.rounded", "$.orders[0].line_items[0]"),
            (line(sku=None), "line.no_sku", "$.orders[0].line_items[0]"),
            (order(new_field={"a": 1}), "import.unmapped", "$.orders[0].new_field"),
            (line(new=1), "import.unmapped", "$.orders[0].line_items.new"),
            (order(shipping_address={"zip": "1"}), "person.no_country", "$.orders[0]"),
            (
                order(shipping_address={"country_code": "Elbonia"}),
                "region.country",
                "$.orders[0].region.country",
            ),
            (
                order(email="x" * 600, shipping_address={"country_code": "cn"}),
                "person.emails",
                "$.orders[0].person.emails[0]",
            ),
            (order(customer={"id": "x" * 201}), "identifier.invalid", "$.orders[0].CustomerId"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_an_odd_value_that_is_no_amount_is_kept_out_and_told(self, source, code, path):
        batch = run(source)
        assert (code, path) in places(batch)
        if code != "identifier.invalid":
            assert len(batch.drafts) == 1

    def test_personal_values_are_withheld_from_findings(self):
        source = order(
            note=" call 0113 496 0000 ",
            email=["ada@example.com"],
            customer={"id": "\u200b" * 3},
            shipping_address={"name": {"first": "Ada"}, "city": " Leeds\n1", "country_code": "GB"},
        )
        batch = run(source)
        text = repr(batch.findings) + repr(batch.rejected)
        assert not [word for word in ("0113", "ada@", "Ada") if word in text]
        assert "note" in text

    def test_a_person_ref_that_is_none(self):
        source = {"id": 1, "created": "2026-01-01T00:00Z", "who": "\u200b", "name": "Ada"}
        mapping = ChannelMapping(
            channel="x",
            fields=[
                FieldRule("external_id", "id"),
                FieldRule("placed_at", "created", "instant"),
                FieldRule("currency", transform="currency", default="EUR"),
                FieldRule("person.ref", "who"),
                FieldRule("person.name", "name"),
                FieldRule("region.country", default="GB"),
            ],
            lists=[ListRule("charges", "fees", [FieldRule("amount", "a", "money_minor")])],
        )
        batch = run(source | {"fees": {"a": 5}}, mapping=attrs.evolve(mapping, roots=["orders"]))
        assert batch.counts == {"identifier.invalid": 1}
        assert batch.drafts[0].person is None
        assert batch.drafts[0].charges[0].charge_id == "shipping:1"

    def test_a_single_object_in_place_of_a_list(self):
        batch = run(order(line_items=ORDER["line_items"][0]))
        assert [entry.sku for entry in batch.drafts[0].lines] == ["TEA"]

    def test_a_tip_is_a_charge_and_no_tip_is_none(self):
        with_tip = run(order(total_price="130.00", total_tip_received="2.00")).drafts[0]
        assert [(c.kind, c.list_amount.minor) for c in with_tip.charges] == [("tip", 200)]
        assert run(order(total_tip_received="0.00")).drafts[0].charges == ()

    def test_a_discount_of_shipping_and_a_marketplace_tax(self):
        shipping = {
            "id": 5,
            "title": "Post",
            "price": "10.00",
            "discount_allocations": [{"amount": "4.00"}, {"amount": "0.00"}],
            "tax_lines": [
                {"price": "1.00", "rate": 0.1, "channel_liable": True},
                {"price": "0.00", "rate": 0.1},
            ],
        }
        batch = run(order(total_price="135.00", shipping_lines=[shipping], total_tax="1.00"))
        assert batch.findings == ()
        quote = batch.drafts[0].recorded_quote()
        assert (quote.shipping.minor, quote.discount.minor) == (700, 400)
        assert quote.tax_collected_by("marketplace") == Money(100, "CNY")
        assert str(quote.charges[0].taxes[0].rate) == "1/10"

    def test_refunds_count_what_settled(self):
        moves = [
            {"id": 1, "amount": "5.00", "status": "success", "kind": "refund"},
            {"id": 2, "amount": "9.00", "status": "pending"},
            {"id": 3, "amount": "9.00", "status": "failure"},
        ]
        batch = run(order(refunds=[{"id": 1, "transactions": moves}], transactions=moves[:1]))
        (draft,) = batch.drafts
        assert draft.refunds[0].amount == Money(500, "CNY")
        assert [(p.state, p.kind) for p in draft.payments] == [("settled", "refund")]

    def test_an_amount_that_is_missing_in_a_list(self):
        holes = [{"id": 1}]
        for changes in (
            {"transactions": holes},
            {"shipping_lines": holes},
            {"refunds": [{"id": 1, "order_adjustments": [{"kind": "shipping_refund"}]}]},
        ):
            assert "import.missing" in run(order(**changes)).rejected[0].codes

    def test_nested_unknown_fields_are_told_once_each(self):
        batch = run(
            order(line_items=[{**ORDER["line_items"][0], "id": i, "odd": 1} for i in (1, 2)])
        )
        assert [f.path for f in batch.found("import.unmapped")] == ["$.orders[0].line_items.odd"]


class TestOwnMapping:
    MAPPING = ChannelMapping(
        channel="bazaar",
        roots=["data.trades"],
        fields=[
            FieldRule("external_id", "/a.b/0"),
            FieldRule("placed_at", "paid_at", "epoch_seconds"),
            FieldRule("currency", "currency", "currency", default="CNY"),
            FieldRule("totals.grand", "total", "money_minor"),
            FieldRule("tags", "labels", "text_list", options={"separator": ";"}),
            FieldRule("note", "remark"),
            FieldRule("shop", "store.name"),
        ],
        lists=[
            ListRule(
                "lines",
                "items",
                [
                    FieldRule("sku", ["sku", "code"]),
                    FieldRule("quantity", "n", "quantity"),
                    FieldRule("list_amount", "sum", "money_minor"),
                    FieldRule("amount", "after", "money_minor"),
                    FieldRule("tax", "tax", "money_minor"),
                    FieldRule("tax_category", default="books"),
                ],
            ),
            ListRule(
                "adjustments",
                "discounts",
                [
                    FieldRule("amount", "cut", "money_minor", options={"sign": "negate"}),
                    FieldRule("funder", "by"),
                    FieldRule("promotion", "promo"),
                    FieldRule("code", "why"),
                ],
            ),
        ],
        line_rules=[LineRule("voucher", prefixes=["GC-"])],
        tag_rules=[TagRule("gift", words=["gift"])],
        ignored=["", "junk", "junk.deeper"],
    )

    def run(self, **changes):
        trade = {
            "a.b": ["7"],
            "paid_at": 1_700_000_000,
            "total": 900,
            "labels": "vip; ;late",
            "remark": "a GIFT",
            "items": [
                {"sku": "", "code": "TEA", "n": 2, "sum": 1000, "after": 950, "tax": 10},
                {"sku": "GC-5", "n": 1, "sum": 500},
            ],
            "discounts": [
                {"cut": 301, "by": "platform", "promo": "11.11", "why": "promotion.day"},
                {"cut": 0},
            ],
        } | changes
        return import_json(self.MAPPING, json.dumps({"data": {"trades": trade}}))

    def test_everything_is_read(self):
        batch = self.run(junk=1)
        (draft,) = batch.drafts
        assert draft.external_id == "7"
        assert draft.placed_at.year == 2023
        assert draft.tags == ("gift", "late", "vip")
        assert draft.lines[0].tax_category == "books"
        assert draft.lines[0].discount.minor == 50
        assert [(c.kind, c.code) for c in draft.charges] == [("voucher", "GC-5")]
        assert batch.counts == {"line.not_goods": 1, "reconcile.total": 1}
        quote = draft.recorded_quote()
        assert quote.total.minor == 900
        assert quote.funded("platform").minor == 301
        assert quote.lines[0].adjustments[1].promotion == "11.11"
        assert quote.tax.minor == 10

    def test_an_epoch_of_zero_is_absent(self):
        assert self.run(paid_at=0).rejected[0].codes == ("import.missing",)

    def test_an_index_path_is_known(self):
        assert not self.run().found("import.unmapped")

    def test_a_scalar_in_place_of_an_object_is_absent(self):
        batch = self.run(store="Main Street")
        assert (batch.drafts[0].shop, batch.counts.get("import.unmapped")) == ("", None)
        assert (
            self.run(store={"name": "eu", "size": 1})
            .found("import.unmapped")[0]
            .path.endswith("store.size")
        )


def walk(value):
    yield value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(key)
            yield from walk(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from walk(item)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["1.00", "-3", "1e5", "2026-01-01T00:00:00Z", "EUR", "success"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "amount", "price", "quantity", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


def targets(tree, path=()):
    if isinstance(tree, dict):
        for key, item in tree.items():
            yield (*path, key)
            yield from targets(item, (*path, key))
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            yield (*path, index)
            yield from targets(item, (*path, index))


PLACES = [p for p in targets(BASE) if not any(str(step).endswith("_set") for step in p)]


@given(st.lists(st.tuples(st.sampled_from(PLACES), JUNK), min_size=1, max_size=4))
def test_an_order_spoilt_anywhere_is_read_or_rejected_and_the_next_one_is_read(spoils):
    spoilt = copy.deepcopy(BASE)
    for path, junk in spoils:
        node = spoilt
        for step in path[:-1]:
            if isinstance(node, dict):
                node = node.get(step)
            elif isinstance(node, list) and isinstance(step, int) and step < len(node):
                node = node[step]
            else:
                node = None
        if isinstance(node, dict) or (
            isinstance(node, list) and isinstance(path[-1], int) and path[-1] < len(node)
        ):
            node[path[-1]] = junk
    batch = run(spoilt, BASE)
    assert batch.drafts[-1].external_id == str(BASE["id"])
    assert batch.documents_in == 2
    for draft in batch.drafts:
        encode(draft)  # refuses floats
        assert not any(isinstance(value, float) for value in walk(attrs.asdict(draft)))


@given(JUNK)
def test_junk_is_rejected_with_codes(junk):
    for mapping in (shopify(), woocommerce()):
        batch = import_json(mapping, json.dumps(junk))
        assert not batch.drafts
        assert batch.documents_in == len(batch.rejected)
        assert all(rejection.codes for rejection in batch.rejected)


@given(st.binary(max_size=40) | st.text(max_size=40))
def test_noise_never_crashes(noise):
    batch = import_json(shopify(), noise)
    assert batch.documents_in == batch.documents_out


@given(st.lists(st.sampled_from([0, 1, 2]), max_size=5))
def test_orders_do_not_touch_each_other(picks):
    kinds = [ORDER, BASE, order(total_price="x")]
    whole = run(*(kinds[pick] for pick in picks))
    alone = [run(kinds[pick]) for pick in picks]
    assert whole.drafts == tuple(draft for batch in alone for draft in batch.drafts)
    assert [r.codes for r in whole.rejected] == [r.codes for b in alone for r in b.rejected]


def test_a_mapping_that_was_used_is_still_the_same_value():
    used = shopify()
    first = import_json(used, '{"order": {"id": 5}}')
    assert import_json(used, '{"order": {"id": 5}}') == first
    assert used == shopify()
    assert hash(used) == hash(shopify())
    assert encode(used) == encode(shopify())
    assert pickle.loads(pickle.dumps(used)) == used

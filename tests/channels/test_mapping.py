"""Mappings are data: checked as a whole, with a JSON form that reads back the same."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.channels import (
    TRANSFORMS,
    ChannelMapping,
    DocumentRule,
    FieldRule,
    LineKind,
    LineRule,
    ListRule,
    TagRule,
    invoice_rows,
    shopify,
    woocommerce,
)
from ordercore.channels.mapping import steps_of
from ordercore.channels.target import SCOPES
from ordercore.channels.transform import Terms, read_decimal
from ordercore.kernel import Currency, InvalidDefinition, InvalidValue, Money, Zone

LONDON = Zone.load("Europe/London")
FIELDS = [
    FieldRule("external_id", "id"),
    FieldRule("placed_at", "at", "instant"),
    FieldRule("currency", "currency", "currency"),
]
LINES = ListRule(
    "lines",
    "items",
    [FieldRule("quantity", "n", "quantity"), FieldRule("unit_price", "p", "decimal")],
)


def build(**changes):
    return ChannelMapping(**({"channel": "x", "fields": FIELDS, "lists": [LINES]} | changes))


def refused(**changes):
    with pytest.raises(InvalidDefinition) as error:
        build(**changes)
    return [(finding.code, finding.path) for finding in error.value.findings]


class TestChecks:
    def test_a_sound_mapping(self):
        assert build().channel == "x"
        assert build(lists=[ListRule("charges", "c", [FieldRule("amount", "a", "money_minor")])])

    @pytest.mark.parametrize(
        "rule, code",
        [
            (FieldRule("colour", "c"), "mapping.unknown_target"),
            (FieldRule("status.", "c"), "mapping.unknown_target"),
            (FieldRule("note", "c", "magic"), "mapping.unknown_transform"),
            (FieldRule("note", "c", "boolean"), "mapping.wrong_transform"),
            (FieldRule("external_id", "c"), "mapping.duplicate_target"),
            (FieldRule("note", "c", options={"digits": "1"}), "mapping.unknown_option"),
            (FieldRule("note", "c", options={"absent": ""}), "mapping.unknown_option"),
            (
                FieldRule("tags", "c", "text_list", options={"separator": ""}),
                "mapping.unknown_option",
            ),
            (
                FieldRule("totals.tax", "c", "money_minor", options={"sign": "up"}),
                "mapping.unknown_option",
            ),
            (FieldRule("note", "c", "table"), "mapping.no_table"),
            (FieldRule("note"), "mapping.no_source"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_field_rule(self, rule, code):
        assert refused(fields=[*FIELDS, rule]) == [(code, "fields[3]")]

    def test_a_local_time_needs_a_zone(self):
        local = [FIELDS[0], FieldRule("placed_at", "at", "instant_local"), FIELDS[2]]
        assert refused(fields=local) == [("mapping.no_zone", "fields[1]")]
        assert build(fields=local, zone=LONDON).zone == LONDON

    def test_everything_at_once(self):
        found = refused(
            fields=[FieldRule("x", "y")],
            lists=[ListRule("coupons", "c", lists=[ListRule("taxes", "t")]), ListRule("nuts", "n")],
            line_rules=[LineRule("fee"), LineRule("fee", prefixes=[""])],
            document_rules=[DocumentRule("credit", prefix="")],
            tag_rules=[TagRule("t", words=[]), TagRule("", words=["w"]), TagRule("t", words=[""])],
        )
        assert found == [
            ("mapping.unknown_target", "fields[0]"),
            ("mapping.missing_target", "fields"),
            ("mapping.missing_target", "fields"),
            ("mapping.missing_target", "fields"),
            ("mapping.missing_target", "lists[0].fields"),
            ("mapping.unknown_list", "lists[0].lists[0]"),
            ("mapping.unknown_list", "lists[1]"),
            ("mapping.missing_target", "lists"),
            ("mapping.empty_rule", "line_rules[0]"),
            ("mapping.empty_rule", "line_rules[1]"),
            ("mapping.empty_rule", "document_rules[0]"),
            ("mapping.empty_rule", "tag_rules[0]"),
            ("mapping.empty_rule", "tag_rules[1]"),
            ("mapping.empty_rule", "tag_rules[2]"),
        ]

    def test_lines_need_a_price(self):
        bare = ListRule("lines", "i", [FieldRule("quantity", "n", "quantity")])
        assert refused(lists=[bare]) == [("mapping.no_price", "lists[0].fields")]
        scaled = FieldRule("quantity", "n", "quantity", options={"digits": "3"})
        priced = [scaled, FieldRule("unit_price", "p", "decimal")]
        assert refused(lists=[ListRule("lines", "i", priced)]) == [
            ("mapping.no_price", "lists[0].fields")
        ]
        assert build(
            lists=[ListRule("lines", "i", [scaled, FieldRule("list_amount", "p", "money_minor")])]
        )

    def test_every_scope_names_scopes(self):
        for scope in SCOPES.values():
            assert set(scope.lists) <= set(SCOPES)


class TestRules:
    def test_line_kinds(self):
        mapping = build(
            line_rules=[LineRule("fee", codes=["M"]), LineRule("voucher", prefixes=["M"])]
        )
        assert mapping.line_kind("M") is LineKind.FEE
        assert mapping.line_kind("MX") is LineKind.VOUCHER
        assert mapping.line_kind("m") is LineKind.GOODS
        assert mapping.line_kind(None) is LineKind.GOODS

    def test_document_kinds_and_tags(self):
        mapping = build(
            document_rules=[
                DocumentRule("credit", prefix="C"),
                DocumentRule("account", prefix="CA"),
            ],
            tag_rules=[TagRule("b", words=["x", "Straße"]), TagRule("a", words=["y"])],
        )
        assert mapping.document_kind("CA1").value == "credit"
        assert mapping.document_kind("1").value == "sale"
        assert mapping.tags_of(["STRASSE y", ""]) == ("a", "b")
        assert build().tags_of(["x"]) == ()

    @pytest.mark.parametrize(
        "path, steps",
        [("", ()), ("a.b.0", ("a", "b", "0")), ("/a.b/~1~0", ("a.b", "/~")), ("/", ("",))],
    )
    def test_paths(self, path, steps):
        assert steps_of(path) == steps


class TestJsonForm:
    @pytest.mark.parametrize(
        "mapping",
        [
            shopify(),
            shopify("eu"),
            woocommerce(),
            invoice_rows("w", currency="GBP", zone=LONDON),
            build(),
        ],
        ids=["shopify", "shopify-eu", "woocommerce", "rows", "small"],
    )
    def test_it_reads_back_the_same(self, mapping):
        text = json.dumps(mapping.to_json())
        assert ChannelMapping.from_json(json.loads(text)) == mapping

    @pytest.mark.parametrize(
        "changes, path",
        [
            ({"fields": {}}, "$.fields"),
            ({"fields": [5]}, "$.fields[0]"),
            ({"fields": [{"target": 5}]}, "$.fields[0].target"),
            ({"fields": [{"target": "note", "paths": 5}]}, "$.fields[0].paths"),
            ({"fields": [{"target": "note", "paths": [5]}]}, "$.fields[0].paths"),
            ({"fields": [{"target": "note", "table": {"a": 1}}]}, "$.fields[0].table"),
            ({"fields": [{"target": "note", "options": []}]}, "$.fields[0].options"),
            ({"fields": [{"target": "note", "required": "yes"}]}, "$.fields[0].required"),
            ({"fields": [{"goal": "note"}]}, "$.fields[0].goal"),
            ({"lists": [{"target": "lines", "fields": 1}]}, "$.lists[0].fields"),
            ({"line_rules": [{"kind": "odd"}]}, "$.line_rules[0].kind"),
            ({"document_rules": [{"kind": "odd"}]}, "$.document_rules[0].kind"),
            ({"tag_rules": [7]}, "$.tag_rules[0]"),
            ({"zone": "Mars/Olympus"}, "$.zone"),
            ({"zone": 7}, "$.zone"),
            ({"colour": 1}, "$.colour"),
            ({"ignored": 1}, "$.ignored"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_does_not_fit_is_told_with_its_path(self, changes, path):
        with pytest.raises(InvalidDefinition) as error:
            ChannelMapping.from_json(build().to_json() | changes)
        assert ("mapping.json", path) in [(f.code, f.path) for f in error.value.findings]

    def test_a_single_path_may_be_a_text(self):
        data = build().to_json()
        data["fields"][0]["paths"] = "id"
        assert ChannelMapping.from_json(data) == build()

    def test_rules_with_their_kinds(self):
        data = build().to_json() | {
            "line_rules": [{"kind": "fee", "codes": ["A"]}],
            "document_rules": [{"kind": "credit", "prefix": "C"}],
            "tag_rules": [{"tag": "t", "words": ["w"]}],
        }
        mapping = ChannelMapping.from_json(data)
        assert mapping.line_kind("A") is LineKind.FEE
        assert mapping.to_json() == data

    def test_nesting_is_bounded(self):
        deep = {"target": "lines", "path": "x"}
        for _ in range(2000):
            deep = {"target": "lines", "path": "x", "lists": [deep]}
        with pytest.raises(InvalidDefinition) as error:
            ChannelMapping.from_json(build().to_json() | {"lists": [deep]})
        assert error.value.codes == ("mapping.json",)

    def test_what_is_no_object(self):
        with pytest.raises(InvalidDefinition):
            ChannelMapping.from_json([])

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=4),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["fields", "lists", "target", "path", "kind", "zone", "roots"]),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=8,
        )
    )
    def test_junk_is_a_definition_error_and_nothing_else(self, junk):
        with pytest.raises((InvalidDefinition, InvalidValue)):
            ChannelMapping.from_json(junk)


def read(name, raw, *, options=None, table=None, zone=None, currency="EUR"):
    from ordercore.kernel import FrozenMap

    reader = TRANSFORMS[name].build(Terms(FrozenMap(options or {}), FrozenMap(table or {}), zone))
    return reader(raw, None if currency is None else Currency(currency))


class TestTransforms:
    @pytest.mark.parametrize(
        "name, raw, value",
        [
            ("text", "x", "x"),
            ("text", 5, "5"),
            ("text", None, None),
            ("text", "   ", None),
            ("text_list", "a, b,,", ("a", "b")),
            ("text_list", ["a", " b ", "", None], ("a", "b")),
            ("text_list", [], None),
            ("text_list", None, None),
            ("boolean", True, True),
            ("boolean", "Yes", True),
            ("boolean", "0", False),
            ("boolean", 1, True),
            ("boolean", None, None),
            ("money_major", "12.50", Money(1250, "EUR")),
            ("money_major", Decimal("7.02"), Money(702, "EUR")),
            ("money_major", 7, Money(700, "EUR")),
            ("money_major", "", None),
            ("money_minor", 702, Money(702, "EUR")),
            ("money_minor", "-702", Money(-702, "EUR")),
            ("money_minor", Decimal("702.0"), Money(702, "EUR")),
            ("money_minor", None, None),
            ("quantity", "3", 3),
            ("quantity", Decimal("3.0"), 3),
            ("quantity", None, None),
            ("decimal", "0.001", Decimal("0.001")),
            ("rate", Decimal("0.19"), Fraction(19, 100)),
            ("rate", None, None),
            ("percent", "19", Fraction(19, 100)),
            ("currency", "EUR", "EUR"),
            ("currency", None, None),
            ("instant", None, None),
            ("instant_utc", None, None),
            ("instant_local", None, None),
            ("epoch_seconds", 0, None),
            ("epoch_seconds", None, None),
            ("table", None, None),
        ],
    )
    def test_values(self, name, raw, value):
        assert read(name, raw, zone=LONDON) == (value, "")

    @pytest.mark.parametrize(
        "name, raw, text",
        [
            ("instant", "2026-11-11T08:00:00+08:00", "2026-11-11T00:00:00Z"),
            ("instant_utc", "2024-03-31T00:30:00", "2024-03-31T00:30:00Z"),
            ("instant_utc", "2024-03-31 00:30", "2024-03-31T00:30:00Z"),
            ("instant_local", "2024-07-01 00:30:00.25", "2024-06-30T23:30:00.25Z"),
            ("epoch_seconds", "1700000000", "2023-11-14T22:13:20Z"),
            ("epoch_milliseconds", 1700000000001, "2023-11-14T22:13:20.001Z"),
        ],
    )
    def test_moments(self, name, raw, text):
        from ordercore.kernel import instant

        assert read(name, raw, zone=LONDON) == (instant(text), "")

    @pytest.mark.parametrize(
        "name, raw, options, value, odd",
        [
            ("money_major", "-5", {"sign": "absolute"}, Money(500, "EUR"), ""),
            ("money_major", "5", {"sign": "negate"}, Money(-500, "EUR"), ""),
            ("money_minor", "5", {"sign": "negate"}, Money(-5, "EUR"), ""),
            ("money_major", "1.005", {"rounding": "half_up"}, Money(101, "EUR"), "money.rounded"),
            (
                "money_major",
                "-1.005",
                {"rounding": "half_up", "sign": "absolute"},
                Money(101, "EUR"),
                "money.rounded",
            ),
            ("quantity", "12.5", {"digits": "3"}, 12500, ""),
            ("text_list", "a;b", {"separator": ";"}, ("a", "b"), ""),
            ("text", "0", {"absent": "0"}, None, ""),
            ("text", " x", {}, "x", "text.trimmed"),
        ],
    )
    def test_options(self, name, raw, options, value, odd):
        assert read(name, raw, options=options) == (value, odd)

    def test_tables(self):
        words = {"true": "marketplace", "no": ""}
        assert read("table", True, table=words) == ("marketplace", "")
        assert read("table", " no", table=words) == (None, "text.trimmed")

    @pytest.mark.parametrize(
        "name, raw, code",
        [
            ("text", 1.5, "text.not_text"),
            ("text", False, "text.not_text"),
            ("table", "x", "table.unknown"),
            ("boolean", "perhaps", "boolean.unknown"),
            ("boolean", 2, "boolean.unknown"),
            ("money_major", 1.5, "number.float"),
            ("money_major", "1.005", "number.precision_loss"),
            ("money_major", Decimal("NaN"), "number.not_plain"),
            ("money_major", Decimal("1E+100"), "number.too_long"),
            ("money_major", "+1", "number.not_plain"),
            ("money_minor", "1.5", "number.not_whole"),
            ("quantity", "1.5", "quantity.fractional"),
            ("instant", "2026-11-11T08:00:00", "time.naive"),
            ("instant_utc", "2026-11-11T08:00:00Z", "time.not_local"),
            ("instant_utc", "2026-02-30 08:00", "time.not_local"),
            ("instant_local", "2026-02-28 08:00", "time.naive"),
            ("epoch_seconds", 10**40, "time.out_of_range"),
            ("currency", "BTC", "money.unknown_currency"),
        ],
    )
    def test_refusals(self, name, raw, code):
        with pytest.raises(InvalidValue) as error:
            read(name, raw)
        assert error.value.code == code

    @pytest.mark.parametrize("name", ["money_major", "money_minor"])
    def test_amounts_need_a_currency(self, name):
        with pytest.raises(InvalidValue) as error:
            read(name, "5", currency=None)
        assert error.value.code == "money.no_currency"

    @pytest.mark.parametrize(
        "options, text",
        [
            ({"on_fold": "earlier"}, "2026-10-25T00:30:00Z"),
            ({"on_fold": "later"}, "2026-10-25T01:30:00Z"),
        ],
    )
    def test_an_hour_that_comes_twice(self, options, text):
        from ordercore.kernel import instant

        raw = "2026-10-25 01:30:00"
        assert read("instant_local", raw, options=options, zone=LONDON) == (instant(text), "")
        with pytest.raises(InvalidValue) as error:
            read("instant_local", raw, zone=LONDON)
        assert error.value.code == "zone.fold"

    @given(
        st.decimals(
            allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9
        )
    )
    def test_text_and_decimal_say_the_same(self, number):
        assert read("money_major", str(number)) == read("money_major", number)
        assert read_decimal(str(number)) == number

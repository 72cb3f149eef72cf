"""Every refusal of the kernel with its code, its path and the value it is about."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from fractions import Fraction

import pytest
from tests.kernel.told import told

from ordercore import orders
from ordercore.kernel import (
    BusinessCalendar,
    CashRounding,
    Context,
    Currency,
    DayHours,
    Decision,
    Duration,
    LocalTime,
    Money,
    OnFold,
    OnGap,
    Opening,
    OrderId,
    Quantity,
    Reason,
    Refusal,
    Rounding,
    Severity,
    Sku,
    Span,
    Unit,
    WeekHours,
    WorkingDays,
    WorkingHours,
    Zone,
    apportion,
    canonical_text,
    checked,
    checked_but,
    cumulative_share,
    derived_id,
    divide,
    encode,
    expect,
    fold,
    fold_many,
    inclusion_proof,
    instant,
    items_as,
    json_bytes,
    keyed_digest,
    merged_containers,
    merkle_root,
    names_kinds,
    partition,
    read_exactly,
    read_scalar,
    round_ratio,
    shift,
    sorted_tuple,
    total,
    type_name,
)
from ordercore.kernel.exact import MAX_DIGITS
from ordercore.kernel.units import KILOGRAM, LITRE, TONNE

UTC = Zone.load("UTC")
LONDON = Zone.load("Europe/London")
WEEK = {"mon-fri": "09:00-17:00"}
DESK = BusinessCalendar(UTC, week=WEEK)
DAY = dt.date(2026, 1, 4)
NOON = dt.datetime(2026, 1, 4, 12)
LAST = instant("9999-12-31T23:59:59Z")
GAP = dt.datetime(2026, 3, 29, 1, 30)
TWICE = dt.datetime(2026, 10, 25, 1, 30)
LONG = "1" * (MAX_DIGITS + 1)
AWARE = dt.time(1, tzinfo=dt.UTC)


def calendar(**parts):
    return BusinessCalendar(UTC, **{"week": WEEK} | parts)


def counter():
    return type("Counter", (), {"evolve": lambda _, state, event: event})()


@pytest.mark.parametrize(
    "make, expected",
    [
        # apportion
        (lambda: apportion("5", [1]), ("apportion.total", "total", "5")),
        (lambda: apportion(None, [1]), ("apportion.total", "total", None)),
        (lambda: apportion(5, None), ("type.wrong", "weights", None)),
        (lambda: apportion(5, {1: 2}), ("type.wrong", "weights", {1: 2})),
        (lambda: apportion(5, [1, -2, -3]), ("apportion.weight", "weights[1]", -2)),
        (lambda: apportion(5, [1, 2, True]), ("apportion.weight", "weights[2]", True)),
        (lambda: apportion(5, []), ("apportion.no_weights", "weights", [])),
        (lambda: apportion(5, [0, 0], "refuse"), ("apportion.zero_weights", "weights", [0, 0])),
        (lambda: apportion(5, [1], "half"), ("apportion.policy", "zero_weights", "half")),
        (lambda: cumulative_share("5", 1, 1), ("apportion.total", "total", "5")),
        (lambda: cumulative_share(5, 1, 0), ("apportion.whole", "whole", 0)),
        (lambda: cumulative_share(5, 0, "1"), ("apportion.whole", "whole", "1")),
        (lambda: cumulative_share(5, 2, 1), ("apportion.part", "part", 2)),
        (lambda: cumulative_share(5, -1, 1), ("apportion.part", "part", -1)),
        (lambda: cumulative_share(5, "1", 1), ("apportion.part", "part", "1")),
        # calendar and hours
        (lambda: calendar(holidays=[DAY, NOON]), ("calendar.not_a_date", "holidays[1]", NOON)),
        (lambda: calendar(holidays=["x"]), ("calendar.not_a_date", "holidays[0]", "x")),
        (lambda: calendar(working_days=[DAY, "x"]), ("calendar.not_a_date", "working_days[1]", "x")),
        (lambda: calendar(working_days={DAY: "9-10"}), ("calendar.not_a_time", "working_days[0].start", "9")),
        (lambda: calendar(cut_off="9"), ("calendar.not_a_time", "cut_off", "9")),
        (
            lambda: calendar(holidays=[DAY], working_days={DAY: DayHours(), dt.date(2026, 1, 3): ""}),
            (
                "business calendar",
                [
                    ("calendar.closed_working_day", "working_days[2026-01-03]", ""),
                    ("calendar.holiday_and_working_day", "working_days[2026-01-04]", "2026-01-04"),
                    ("calendar.closed_working_day", "working_days[2026-01-04]", ""),
                ],
            ),
        ),
        (lambda: DESK.hours_of(NOON), ("calendar.not_a_date", "day", NOON)),
        (lambda: DESK.next_working_day(DAY, 0), ("calendar.not_working_time", "count", 0)),
        (lambda: DESK.next_working_day(DAY, 36_526), ("calendar.not_working_time", "count", 36_526)),
        (lambda: DESK.next_working_day(dt.date.max), ("time.out_of_range", "", dt.date.max)),
        (
            lambda: calendar(holidays=[DAY + dt.timedelta(days=n) for n in range(1_100)]).next_working_day(DAY),
            ("calendar.closed_too_long", "holidays", "2028-10-02"),
        ),
        (lambda: Opening("9:00", "10:00"), ("calendar.not_a_time", "start", "9:00")),
        (lambda: Opening("24:00", "10:00"), ("calendar.not_a_time", "start", "24:00")),
        (lambda: Opening("09:00", "24:01"), ("calendar.not_a_time", "end", "24:01")),
        (lambda: Opening(AWARE, "10:00"), ("calendar.not_a_time", "start", AWARE)),
        (lambda: Opening("09:00", "09:00"), ("calendar.empty_opening", "end", "09:00:00")),
        (lambda: DayHours.of("09:00-12:00 11:00-13:00"), ("calendar.overlapping_openings", "openings", "09:00-12:00 11:00-13:00")),
        (lambda: DayHours.of("09:00-10:00 11:00"), ("calendar.not_hours", "", "11:00")),
        (lambda: WeekHours([DayHours()] * 6), ("calendar.not_a_week", "days", 6)),
        (lambda: WeekHours.of({}), ("calendar.never_open", "days", "")),
        (
            lambda: WeekHours.of({"mon": "9", "xyz": "09:00-10:00", "tue-wed": "09:00-10:00", "wed-fri": "11:00-12:00"}),
            (
                "week hours",
                [
                    ("calendar.not_hours", "mon", "9"),
                    ("calendar.unknown_weekday", "xyz", "xyz"),
                    ("calendar.weekday_twice", "wed-fri", "wed"),
                ],
            ),
        ),
        (lambda: WeekHours.of({"mon-xyz": "09:00-10:00"}), ("week hours", [("calendar.unknown_weekday", "mon-xyz", "mon-xyz")])),
        (lambda: WorkingHours(-1), ("calendar.not_working_time", "hours", -1)),
        (lambda: WorkingHours(24 * 36_525 + 1), ("calendar.not_working_time", "hours", 876_601)),
        (lambda: WorkingHours(minutes=60), ("calendar.not_working_time", "minutes", 60)),
        (lambda: WorkingHours(microseconds=60_000_000), ("calendar.not_working_time", "microseconds", 60_000_000)),
        (lambda: WorkingDays(36_526), ("calendar.not_working_time", "days", 36_526)),
        (lambda: WorkingDays(True), ("calendar.not_working_time", "days", True)),
        # currency and money
        (lambda: Currency("eur"), ("money.unknown_currency", "currency", "eur")),
        (lambda: Currency(5), ("money.unknown_currency", "currency", 5)),
        (lambda: Money("5", "EUR"), ("money.minor", "minor", "5")),
        (lambda: Money(5, "XAU"), ("money.unknown_currency", "currency", Currency("XAU"))),
        (lambda: Money.of(0.5, "EUR"), ("money.float", "amount", 0.5)),
        (lambda: Money.of("1e3", "EUR"), ("money.not_a_number", "amount", "1e3")),
        (lambda: Money.of(LONG, "EUR"), ("money.too_long", "amount", LONG)),
        (lambda: Money.of("0.005", "EUR"), ("number.precision_loss", "", "0.005")),
        (lambda: Money.of(Fraction(1, 3), "EUR"), ("number.precision_loss", "", Fraction(1, 3))),
        (lambda: Money.of(True, "EUR"), ("money.not_a_number", "amount", True)),
        (lambda: Money.parse("EUR5"), ("money.text", "", "EUR5")),
        (lambda: Money.parse(5), ("money.text", "", 5)),
        (lambda: Money(1, "EUR") + Money(1, "CNY"), ("money.currency_mismatch", "currency", "CNY")),
        (lambda: Money(1, "EUR") - Money(1, "CNY"), ("money.currency_mismatch", "currency", "CNY")),
        (lambda: Money(1, "EUR") < Money(1, "CNY"), ("money.currency_mismatch", "currency", "CNY")),
        (lambda: Money(1, "EUR") <= Money(1, "CNY"), ("money.currency_mismatch", "currency", "CNY")),
        (lambda: Money(1, "EUR") > Money(1, "CNY"), ("money.currency_mismatch", "currency", "CNY")),
        (lambda: Money(1, "EUR") >= Money(1, "CNY"), ("money.currency_mismatch", "currency", "CNY")),
        (lambda: total(None, "EUR"), ("type.wrong", "monies", None)),
        (lambda: total([Money(1, "EUR"), None, 5], "EUR"), ("type.wrong", "monies[1]", None)),
        (lambda: total(iter([Money(1, "EUR"), 5]), "EUR"), ("type.wrong", "monies", 5)),
        (lambda: total([Money(1, "EUR")], "CNY"), ("money.currency_mismatch", "currency", "EUR")),
        (lambda: Money(1, "EUR") * Decimal(2), ("money.factor", "factor", Decimal(2))),
        (lambda: Money(1, "EUR").times(0.5, Rounding.UP), ("rate.float", "rate", 0.5)),
        (lambda: Money(1, "EUR").times("1", Rounding.UP), ("rate.not_a_number", "rate", "1")),
        (lambda: Money(1, "EUR").times(Decimal(f"1e{MAX_DIGITS + 1}"), Rounding.UP), ("rate.too_long", "rate", Decimal(f"1e{MAX_DIGITS + 1}"))),
        # rounding
        (lambda: divide("1", 2, Rounding.UP), ("rounding.not_an_integer", "numerator", "1")),
        (lambda: divide(1, "2", Rounding.UP), ("rounding.not_an_integer", "denominator", "2")),
        (lambda: divide(1, 0, Rounding.UP), ("rounding.zero_denominator", "denominator", 0)),
        (lambda: divide(1, 2, "sideways"), ("rounding.unknown_mode", "rounding", "sideways")),
        (lambda: round_ratio(0.5, Rounding.UP), ("number.float", "value", 0.5)),
        (lambda: round_ratio(Decimal("Infinity"), Rounding.UP), ("number.not_a_number", "value", Decimal("Infinity"))),
        (lambda: CashRounding(0), ("rounding.step", "step_minor", 0)),
        (lambda: CashRounding("5"), ("rounding.step", "step_minor", "5")),
        (lambda: CashRounding(5, "sideways"), ("rounding.unknown_mode", "rounding", "sideways")),
        (lambda: CashRounding(5, currency="CHF").apply(Money(1, "EUR")), ("money.currency_mismatch", "currency", "EUR")),
        # quantity and units
        (lambda: Quantity("1", LITRE), ("quantity.amount", "amount", "1")),
        (lambda: Quantity(1, "L"), ("quantity.unit", "unit", "L")),
        (lambda: Quantity.of(0.5, LITRE), ("quantity.float", "amount", 0.5)),
        (lambda: Quantity.of("0.0001", LITRE), ("number.precision_loss", "", "0.0001")),
        (lambda: Quantity.parse("5L"), ("quantity.text", "", "5L")),
        (lambda: Quantity.parse("5 firkin"), ("quantity.unknown_unit", "unit", "firkin")),
        (lambda: Quantity(1, KILOGRAM) + Quantity(1, LITRE), ("quantity.mixed_dimensions", "dimension", "volume")),
        (lambda: Quantity(1, KILOGRAM).to(LITRE), ("quantity.mixed_dimensions", "dimension", "volume")),
        (lambda: Quantity(1, KILOGRAM).to(TONNE), ("number.precision_loss", "", "0.001 kg")),
        (lambda: Quantity(1, KILOGRAM) * Decimal(2), ("quantity.factor", "factor", Decimal(2))),
        (
            lambda: Unit("", scale=19, dimension="a b", ratio=0, symbol=5),
            (
                "unit",
                [
                    ("unit.code", "code", ""),
                    ("unit.dimension", "dimension", "a b"),
                    ("unit.symbol", "symbol", 5),
                    ("unit.scale", "scale", 19),
                    ("unit.ratio", "ratio", Fraction(0)),
                ],
            ),
        ),
        (lambda: Unit("A", scale=-1, dimension="d"), ("unit", [("unit.scale", "scale", -1)])),
        (lambda: Unit("A", scale="1", dimension="d"), ("unit", [("unit.scale", "scale", "1")])),
        (lambda: Unit("A", scale=0, dimension="d", ratio="x"), ("unit.ratio", "ratio", "x")),
        (lambda: Unit("A", scale=0, dimension="d", ratio="1/0"), ("unit.ratio", "ratio", "1/0")),
        (lambda: Unit("A", scale=0, dimension="d", ratio=0.5), ("unit.float", "ratio", 0.5)),
        # instants, spans and zones
        (lambda: instant("2026-01-01"), ("time.not_an_instant", "", "2026-01-01")),
        (lambda: instant("2026-02-30T00:00Z"), ("time.not_an_instant", "", "2026-02-30T00:00Z")),
        (lambda: instant("2026-01-01T00:00+24:00"), ("time.not_an_instant", "", "2026-01-01T00:00+24:00")),
        (lambda: instant("2026-01-01T00:00+00:60"), ("time.not_an_instant", "", "2026-01-01T00:00+00:60")),
        (lambda: instant("2026-01-01T00:00"), ("time.naive", "", "2026-01-01T00:00")),
        (lambda: instant(NOON), ("time.naive", "", NOON)),
        (lambda: instant(5), ("time.not_an_instant", "", 5)),
        (lambda: instant("0001-01-01T00:00+01:00"), ("time.out_of_range", "", dt.datetime(1, 1, 1))),
        (lambda: shift(LAST, seconds=1), ("time.out_of_range", "", 1_000_000)),
        (lambda: shift(LAST, days="1"), ("time.not_a_count", "days", "1")),
        (lambda: shift(LAST, hours=1.0), ("time.not_a_count", "hours", 1.0)),
        (lambda: shift(LAST, minutes=True), ("time.not_a_count", "minutes", True)),
        (lambda: shift(LAST, seconds=None), ("time.not_a_count", "seconds", None)),
        (lambda: shift(LAST, microseconds="1"), ("time.not_a_count", "microseconds", "1")),
        (lambda: Duration(1.5), ("time.not_a_count", "microseconds", 1.5)),
        (lambda: Span(LAST, LAST), ("span.empty", "end", LAST)),
        (lambda: Zone.load(5), ("zone.unknown", "name", 5)),
        (lambda: Zone.load("localtime"), ("zone.unknown", "name", "localtime")),
        (lambda: Zone.load("Mars/Olympus"), ("zone.unknown", "name", "Mars/Olympus")),
        (lambda: LONDON.instant(LAST), ("zone.not_local", "local", LAST)),
        (lambda: LONDON.instant("x"), ("zone.not_local", "local", "x")),
        (lambda: LONDON.instant(GAP), ("zone.gap", "local", GAP)),
        (lambda: LONDON.instant(TWICE), ("zone.fold", "local", TWICE)),
        (lambda: Zone.load("Asia/Tokyo").wall(LAST), ("time.out_of_range", "", LAST)),
        (lambda: LocalTime(NOON, dt.time(1), zone=LONDON), ("zone.not_local", "date", NOON)),
        (lambda: LocalTime(DAY, AWARE, zone=LONDON), ("zone.not_local", "time", AWARE)),
        (lambda: LocalTime(DAY, dt.time(1, fold=1), zone=LONDON), ("zone.not_local", "time", dt.time(1, fold=1))),
        (lambda: LocalTime(DAY, dt.time(1), zone=LONDON, fold=2), ("zone.not_local", "fold", 2)),
        (lambda: LocalTime(DAY, dt.time(1), zone=LONDON, fold=True), ("zone.not_local", "fold", True)),
        (lambda: LocalTime(GAP.date(), GAP.time(), zone=LONDON), ("zone.gap", "time", GAP)),
        (lambda: LocalTime(DAY, dt.time(1), zone=LONDON, fold=1), ("zone.not_repeated", "fold", 1)),
        # identifiers, encoding, digests
        (lambda: OrderId(""), ("identifier.invalid", "OrderId", "")),
        (lambda: derived_id("a", None, 5), ("type.wrong", "parts[1]", None)),
        (lambda: Sku("x" * 201), ("identifier.invalid", "Sku", "x" * 201)),
        (lambda: encode({"a": [0, {"b": 0.5}]}), ("encoding.unsupported", "[a][1][b]", 0.5)),
        (lambda: encode({"a": frozenset({0.5})}), ("encoding.unsupported", "[a]", 0.5)),
        (lambda: encode({"a": {0.5: 1}}), ("encoding.unsupported", "[a]", 0.5)),
        (lambda: encode({"a": Enum("Half", {"IT": 0.5}).IT}), ("encoding.unsupported", "[a]", 0.5)),
        (lambda: encode(Decision((0.5,))), ("encoding.unsupported", "events[0]", 0.5)),
        (lambda: encode((Decision((0.5,)),)), ("encoding.unsupported", "[0].events[0]", 0.5)),
        (lambda: keyed_digest(b"short", "a"), ("digest.secret", "secret", "5 bytes")),
        (lambda: keyed_digest("s" * 16, "a"), ("type.wrong", "secret", "s" * 16)),
        (lambda: keyed_digest(b"s" * 16, "a", None), ("type.wrong", "parts[1]", None)),
        (lambda: json_bytes([NOON]), ("encoding.unsupported", "", "JSON")),
        (lambda: canonical_text(Money(1, "EUR"), leaving_out=5), ("type.wrong", "leaving_out", 5)),
        (lambda: canonical_text(5, leaving_out="minor"), ("type.wrong", "value", "int")),
        (lambda: names_kinds(int), ("type.wrong", "kind", int)),
        (lambda: type_name("int"), ("type.wrong", "cls", "int")),
        (lambda: read_scalar(5, Decimal), ("type.wrong", "text", 5)),
        (lambda: read_scalar("5", int), ("type.wrong", "kind", int)),
        (lambda: read_exactly("5", None), ("type.wrong", "kind", None)),
        (lambda: merged_containers(None), ("type.wrong", "options", None)),
        (lambda: merkle_root(None), ("type.wrong", "entries", None)),
        (lambda: inclusion_proof(5, 0), ("type.wrong", "entries", 5)),
        (lambda: checked(5), ("type.wrong", "kind", 5)),
        (lambda: checked_but("a", 5), ("type.wrong", "fields", 5)),
        (lambda: items_as(["a"], None, "skus"), ("type.wrong", "kind", None)),
        (lambda: sorted_tuple(["a"], 5, len), ("type.wrong", "kind", 5)),
        (lambda: sorted_tuple(["a"], str, 5), ("type.wrong", "key", 5)),
        (lambda: keyed_digest(b"s" * 65, "a"), ("digest.secret", "secret", "65 bytes")),
        (lambda: partition(5, 1), ("type.wrong", "key", 5)),
        (lambda: partition("a", 0), ("partition.count", "partitions", 0)),
        (lambda: partition("a", True), ("partition.count", "partitions", True)),
        # errors, reasons, deciders
        (lambda: expect("3", None, "here"), ("type.wrong", "kind", None)),
        (lambda: expect("3", int, "here"), ("type.wrong", "here", "3")),
        (lambda: Severity("grave"), ("choice.unknown", "Severity", "grave")),
        (lambda: Reason(""), ("reason.code", "code", "")),
        (lambda: Reason("a", final=True, obtain="b"), ("reason.final_with_remedy", "final", "a")),
        (lambda: Refusal([]), ("refusal.without_reason", "reasons", ())),
        (lambda: Decision((1,), repeated=True), ("decision.repeated", "repeated", True)),
        (lambda: Context(now=LAST, actor=""), ("context.actor", "actor", "")),
        (lambda: Context(now=LAST, actor="a", role=""), ("context.role", "role", "")),
        (lambda: fold(counter(), []), ("fold.nothing", "events", ())),
        (lambda: fold(counter(), 5), ("type.wrong", "events", 5)),
        (lambda: DayHours.of(5), ("type.wrong", "text", 5)),
        (lambda: WeekHours.of(5), ("type.wrong", "hours", 5)),
        (lambda: WorkingHours.of(5), ("type.wrong", "duration", 5)),
        (lambda: Span(GAP, None), ("time.naive", "start", GAP)),
        (lambda: Span(None, "soon"), ("time.not_an_instant", "end", "soon")),
        (lambda: fold(counter(), None), ("type.wrong", "events", None)),
        (lambda: fold(None, []), ("type.wrong", "decider", None)),
        (lambda: fold_many(None, {}, []), ("type.wrong", "decider", None)),
        (lambda: fold_many(orders, None, []), ("type.wrong", "states", None)),
        (lambda: fold_many(orders, {}, 5), ("type.wrong", "records", 5)),
        (lambda: fold_many(orders, {}, [("o-1", None)]), ("fold.record", "records[0]", ("o-1", None))),
        (lambda: fold_many(orders, {}, [({}, 1, 2)]), ("fold.record", "records[0]", ({}, 1, 2))),
    ],
)  # fmt: skip
def test_a_refusal_says_what_is_wrong_and_where(make, expected):
    found = told(make)
    assert found == expected
    assert repr(found) == repr(expected) or isinstance(expected[1], list)


def test_what_a_collection_itself_raises_is_not_taken_for_a_wrong_amount():
    def broken():
        yield Money(1, "EUR")
        raise TypeError("the source")

    with pytest.raises(TypeError, match="the source"):
        total(broken(), "EUR")


def test_what_lies_at_the_limits_is_accepted():
    assert keyed_digest(b"s" * 16, "a") != keyed_digest(b"s" * 64, "a")
    assert WorkingDays(36_525).days == 36_525
    assert WorkingHours(24 * 36_525, minutes=59, microseconds=59_999_999).hours == 876_600
    assert DESK.next_working_day(DAY, 36_525) > DAY
    assert Unit("A", scale=18, dimension="d").scale == 18
    assert Money.of("0." + "0" * (MAX_DIGITS - 2), "EUR") == Money(0, "EUR")
    assert round_ratio(Decimal(f"1e{MAX_DIGITS}"), Rounding.UP) == 10**MAX_DIGITS
    assert len(OrderId("x" * 200)) == 200
    assert partition("a", 1) == 0
    assert CashRounding(1).apply(Money(7, "EUR")) == Money(7, "EUR")
    assert LONDON.instant(GAP, on_gap=OnGap.NEXT_VALID) == instant("2026-03-29T01:00Z")
    assert LONDON.instant(TWICE, on_fold=OnFold.LATER) == instant("2026-10-25T01:30Z")

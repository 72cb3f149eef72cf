"""The values of orders: what their constructors take and refuse, and what they know."""

from __future__ import annotations

import typing

import attrs
import pytest
from tests.orders.histories import at
from tests.orders.test_refusals import CONFIRMED, NOW, after, shipped

import ordercore.orders as package
from ordercore.allocation import AllocationPlan, Take
from ordercore.kernel import (
    Currency,
    InvalidBatch,
    InvalidValue,
    Money,
    NaiveInstant,
    digest,
    encode,
)
from ordercore.orders import (
    INVARIANTS,
    LIFECYCLE,
    RETURN,
    AllocateUnits,
    Allocation,
    Assignment,
    CancelOrder,
    CancelUnits,
    CaptureRule,
    FlowStage,
    GrantAllowance,
    ItemFacts,
    Lifecycle,
    MoneyPosition,
    OrderCommand,
    OrderEvent,
    OrderFact,
    OrderLine,
    OrderPolicy,
    Payment,
    PaymentKind,
    PlaceOrder,
    ReceivedUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordPayment,
    RecordRefund,
    ReleaseUnits,
    Remembered,
    RequestKind,
    RequestReturn,
    ReserveStock,
    ReturnCase,
    ReturnedLine,
    Shipment,
    ShippedLine,
    ShipUnits,
    decide,
    order_facts,
    settlement,
    statuses,
)
from ordercore.orders.evolve import _table
from ordercore.orders.lifecycle import moves
from ordercore.orders.specimen import tea_order, tea_quote
from ordercore.rules import parse

KNOWN = {"order_id": "o-1", "command_id": "c"}
FACT = {"order_id": "o-1", "fact_id": "f"}
CNY1 = Money(1, "CNY")


def codes(build) -> list[tuple[str, str]]:
    with pytest.raises((InvalidBatch, InvalidValue)) as told:
        build()
    error = told.value
    faults = error.faults if isinstance(error, InvalidBatch) else (error,)
    return [(fault.code, fault.path) for fault in faults]


@pytest.mark.parametrize(
    "build, expected",
    [
        (
            lambda: CancelUnits(**KNOWN, lines={"1": 0, "2": -1, "3": 1}),
            [("quantity.not_positive", "lines[1]"), ("quantity.not_positive", "lines[2]")],
        ),
        (lambda: CancelUnits(**KNOWN, lines={}), [("quantity.none", "lines")]),
        (lambda: CancelUnits(**KNOWN, lines={"1": True}), [("quantity.not_positive", "lines[1]")]),
        (
            lambda: ShipUnits(**KNOWN, shipment_id="s", node="n", lines={"1": 1.0}),
            [("quantity.not_positive", "lines[1]")],
        ),
        (
            lambda: RequestReturn(**KNOWN, return_id="r", lines={"1": 0}),
            [("quantity.not_positive", "lines[1]")],
        ),
        (lambda: CancelUnits(**KNOWN, lines={"": 1}), [("identifier.invalid", "LineId")]),
        (lambda: AllocateUnits(**KNOWN), [("quantity.none", "allocations")]),
        (lambda: ReleaseUnits(**KNOWN, allocations=[]), [("quantity.none", "allocations")]),
        (
            lambda: ReceiveReturn(**KNOWN, return_id="r", units=[]),
            [("quantity.none", "units")],
        ),
        (lambda: Assignment("1", 0, node="n"), [("quantity.not_positive", "quantity")]),
        (lambda: Assignment("1", 1.5, node="n"), [("quantity.not_positive", "quantity")]),
        (
            lambda: ReceivedUnits("1", 0, disposition="restock"),
            [("quantity.not_positive", "quantity"), ("return.node_missing", "node")],
        ),
        (
            lambda: GrantAllowance(**KNOWN, amount=Money(0, "CNY")),
            [("amount.not_positive", "amount")],
        ),
        (
            lambda: RecordPayment(**FACT, payment_id="p", kind="captured", amount=Money(-1, "CNY")),
            [("amount.negative", "amount")],
        ),
        (
            lambda: RecordRefund(**FACT, payment_id="p", amount=Money(-1, "CNY")),
            [("amount.negative", "amount")],
        ),
        (
            lambda: RecordDelivery(**FACT, shipment_id="s", lines={"1": 0}),
            [("quantity.not_positive", "lines[1]")],
        ),
        (
            lambda: PlaceOrder(**KNOWN, quote=tea_quote(), items={"7": ItemFacts()}),
            [("order.unknown_line", "items[7]")],
        ),
        (
            lambda: ItemFacts(weight_g=-1, volume_cm3=1.5, handling_class=""),
            [
                ("item.weight_g", "weight_g"),
                ("item.volume_cm3", "volume_cm3"),
                ("item.handling_class", "handling_class"),
            ],
        ),
        (lambda: ItemFacts(volume_cm3=-1), [("item.volume_cm3", "volume_cm3")]),
        (lambda: ItemFacts(weight_g=True), [("item.weight_g", "weight_g")]),
        (
            lambda: OrderPolicy(name="", remembered_ids=0),
            [("policy.name", "name"), ("policy.remembered_ids", "remembered_ids")],
        ),
        (
            lambda: Payment(payment_id="p", currency="CNY", captured_minor=-1, voided_minor=-2),
            [("payment.negative", "captured_minor"), ("payment.negative", "voided_minor")],
        ),
        (
            lambda: Allocation(allocation_id="a", line_id="1", node="n", quantity=1, reserved=2),
            [("order.allocation", "a")],
        ),
        (
            lambda: ShippedLine(line_id="1", quantity=1, delivered=2),
            [("order.shipment", "1")],
        ),
        (
            lambda: ReturnedLine(line_id="1", requested=1, accepted=1, rejected=1),
            [("order.return", "1")],
        ),
    ],
)
def test_constructors_refuse_with_the_place(build, expected):
    assert codes(build) == expected


@pytest.mark.parametrize(
    "build",
    [
        lambda: RecordPayment(**FACT, payment_id="p", kind="stolen", amount=CNY1),
        lambda: ReceivedUnits("1", 1, disposition="eaten"),
    ],
)
def test_unknown_words_are_refused(build):
    with pytest.raises(ValueError):
        build()


def test_naive_times_are_refused():
    with pytest.raises(NaiveInstant):
        RecordDelivery(**FACT, shipment_id="s", occurred_at="2026-11-11 08:00")


COUNTERS = [
    ({"cancelled": -1}, "cancelled ≥ 0"),
    ({"allocated": 3}, "allocated ≤ ordered − cancelled"),
    ({"reserved": 1}, "reserved ≤ allocated"),
    ({"allocated": 1, "picked": 1}, "picked ≤ reserved"),
    ({"allocated": 1, "reserved": 1, "packed": 1}, "packed ≤ picked"),
    ({"allocated": 1, "reserved": 1, "picked": 1, "shipped": 1}, "shipped ≤ packed"),
    ({"delivered": 1}, "0 ≤ delivered ≤ shipped"),
    ({"delivered": -1}, "0 ≤ delivered ≤ shipped"),
    ({"return_requested": 1}, "return requested ≤ shipped"),
    (
        {
            "allocated": 1,
            "reserved": 1,
            "picked": 1,
            "packed": 1,
            "shipped": 1,
            "returned": 1,
            "accepted": 1,
        },
        "0 ≤ returned ≤ return requested",
    ),
    ({"accepted": 1}, "accepted + rejected = returned"),
    ({"accepted": 1, "rejected": -1}, "rejected ≥ 0"),
    ({"written_off": 1}, "0 ≤ written off ≤ accepted"),
]


@pytest.mark.parametrize("counters, expected", COUNTERS)
def test_a_line_s_counters_obey_their_inequalities(counters, expected):
    with pytest.raises(InvalidBatch) as told:
        OrderLine(line_id="1", sku="TEA", ordered=2, **counters)
    assert [(f.code, f.expected) for f in told.value.faults] == [("order.units", expected)]


def test_a_line_stands_at_every_limit_of_its_inequalities():
    full = OrderLine(
        line_id="1",
        sku="TEA",
        ordered=5,
        cancelled=3,
        allocated=2,
        reserved=2,
        picked=2,
        packed=2,
        shipped=2,
        delivered=2,
        return_requested=2,
        returned=2,
        accepted=1,
        rejected=1,
        written_off=1,
    )
    assert (full.kept, full.backlog, full.cancellable) == (1, 0, 0)
    with pytest.raises(InvalidBatch) as told:
        attrs.evolve(full, delivered=3, returned=3)
    assert [f.expected for f in told.value.faults] == [
        "0 ≤ delivered ≤ shipped",
        "0 ≤ returned ≤ return requested",
        "accepted + rejected = returned",
    ]
    with pytest.raises(InvalidBatch) as told:
        attrs.evolve(full, cancelled=4)
    assert [f.expected for f in told.value.faults] == ["allocated ≤ ordered − cancelled"]


def test_what_a_line_knows():
    line = OrderLine(
        line_id="1",
        sku="TEA",
        ordered=9,
        cancelled=1,
        allocated=6,
        reserved=5,
        picked=5,
        packed=4,
        shipped=4,
        delivered=3,
        return_requested=3,
        returned=2,
        accepted=1,
        rejected=1,
        written_off=1,
    )
    assert line.kept == 7
    assert line.backlog == 2
    assert line.unreserved == 3
    assert line.cancellable == 4
    assert line.shippable == 1
    assert line.returnable == 1


def test_what_shipments_and_returns_know():
    line = ShippedLine(line_id="1", quantity=2, delivered=1)
    shipment = Shipment(shipment_id="s", node="n", lines=(line,), shipped_at=None)
    assert (line.under_way, shipment.delivered) == (1, False)
    at = FlowStage.of(RETURN.pin, "expected", "return_requested", at="2026-11-11T00:00Z")
    case = ReturnCase(
        return_id="r",
        lines=(ReturnedLine(line_id="1", requested=2, accepted=1, rejected=1),),
        at=at,
    )
    assert not case.open
    assert case.quantities == {"1": 2}
    same = FlowStage(
        flow=RETURN.pin,
        stage="expected",
        counts_as="return_requested",
        since="2026-11-11T00:00Z",
        active_at="2026-11-11T00:00Z",
    )
    assert same == at


# --- payments ---


def test_every_kind_has_its_bucket():
    payment = Payment(payment_id="p", currency="CNY")
    for number, kind in enumerate(PaymentKind, 1):
        payment = payment.reported(kind, number)
    told = [
        payment.authorised_minor,
        payment.captured_minor,
        payment.voided_minor,
        payment.failed_minor,
        payment.capture_failed_minor,
        payment.refunded_minor,
        payment.refund_failed_minor,
        payment.charged_back_minor,
        payment.chargeback_reversed_minor,
        payment.adjusted_minor,
    ]
    assert told == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert payment.held_minor == 2 + 10 - 6 - max(0, 8 - 9)


def test_requests_count_from_what_happened_already():
    payment = Payment(
        payment_id="p",
        currency="CNY",
        authorised_minor=100,
        captured_minor=60,
        refunded_minor=10,
        voided_minor=5,
    )
    asked = payment.requested(RequestKind.CAPTURE, 20)
    assert (asked.capture_requested_minor, asked.capture_pending_minor) == (80, 20)
    assert asked.reported("capture_failed", 20).capture_pending_minor == 0
    failed = payment.reported("capture_failed", 20).requested(RequestKind.CAPTURE, 7)
    assert (failed.capture_requested_minor, failed.capture_pending_minor) == (87, 7)
    asked = payment.requested(RequestKind.REFUND, 20)
    assert (asked.refund_committed_minor, asked.refund_pending_minor) == (30, 20)
    assert asked.reported("refunded", 20).refund_pending_minor == 0
    failed = asked.reported("refund_failed", 20)
    assert (failed.refund_committed_minor, failed.held_minor) == (10, 50)
    assert failed.requested(RequestKind.REFUND, 20).refund_pending_minor == 20
    assert payment.open_authorisation_minor == 35
    asked = payment.requested(RequestKind.VOID, 35)
    assert (asked.void_requested_minor, asked.open_authorisation_minor) == (40, 0)
    assert asked.reported("voided", 35).open_authorisation_minor == 0


def card(**buckets):
    return Payment(
        payment_id="card", currency="CNY", **{f"{k}_minor": v for k, v in buckets.items()}
    )


def wallet(**buckets):
    return attrs.evolve(card(**buckets), payment_id="wallet")


@pytest.mark.parametrize(
    "payments, due, expected",
    [
        ([], 100, []),
        ([card(captured=100)], 100, []),
        ([card(captured=100)], 70, [("refund", "card", 30)]),
        (
            [card(captured=100), wallet(captured=50)],
            20,
            [("refund", "card", 100), ("refund", "wallet", 30)],
        ),
        (
            # What went back unasked from one payment is not asked of the other.
            [card(captured=100, refunded=120), wallet(captured=50)],
            20,
            [("refund", "wallet", 10)],
        ),
        ([card(captured=101)], 100, [("refund", "card", 1)]),
        ([card(authorised=1)], 0, [("void", "card", 1)]),
        ([card(authorised=1)], 5, [("capture", "card", 1)]),
        ([card(authorised=100)], 0, [("void", "card", 100)]),
        ([card(authorised=100, captured=40)], 0, [("refund", "card", 40), ("void", "card", 60)]),
        ([card(authorised=100)], 70, [("capture", "card", 70)]),
        (
            [card(authorised=60), wallet(authorised=60)],
            100,
            [("capture", "card", 60), ("capture", "wallet", 40)],
        ),
        ([card(authorised=100, capture_requested=70)], 100, [("capture", "card", 30)]),
        ([card(authorised=100, capture_requested=100)], 100, []),
        ([card(authorised=100, capture_requested=100, capture_failed=100)], 100, []),
    ],
)
def test_settlement(payments, due, expected):
    asked = settlement(payments, due, bound=True, capture=CaptureRule.ON_CONFIRM)
    assert [(r.kind, r.payment_id, r.minor) for r in asked] == expected


def test_settlement_captures_only_for_a_bound_order_that_wants_it():
    payments = [card(authorised=100)]
    assert settlement(payments, 100, bound=False, capture=CaptureRule.ON_CONFIRM) == ()
    assert settlement(payments, 100, bound=True, capture=CaptureRule.BY_HOST) == ()


def test_a_position_counts_every_unit_of_money_once():
    payments = [
        card(authorised=120, captured=100, refunded=10, refund_requested=30, charged_back=5),
        wallet(authorised=20),
    ]
    position = MoneyPosition.of(payments, 40, Currency("CNY"))
    told = {f.name: getattr(position, f.name).minor for f in attrs.fields(MoneyPosition)}
    assert told == {
        "due": 40,
        "paid": 100,
        "authorised": 40,
        "refunded": 10,
        "refund_pending": 20,
        "charged_back": 5,
        "kept": 40,
        "balance": 25,
        "outstanding": 0,
        "carried": 0,
    }
    assert position.covered
    short = MoneyPosition.of(payments, 106, Currency("CNY"))
    assert (short.outstanding.minor, short.covered) == (41, False)


@pytest.mark.parametrize(
    "payment, due, expected",
    [
        (card(captured=2, refunded=1), 100, "partially_refunded"),
        (card(captured=1, refunded=1), 100, "refunded"),
        (card(captured=2, refund_requested=2), 0, "refunded"),
        (card(captured=1), 0, "overpaid"),
        (card(captured=1), 1, "paid"),
        (card(captured=1, authorised=2), 2, "partially_paid"),
        (card(authorised=1), 2, "authorised"),
        (card(failed=1), 2, "failed"),
        (card(), 2, "unpaid"),
        (card(), 0, "not_required"),
        (card(captured=1, charged_back=1), 1, "charged_back"),
    ],
)
def test_payment_status_at_its_limits(payment, due, expected):
    order = attrs.evolve(tea_order(), payments=(payment,), value_minor=due)
    assert statuses(order).payment.status == expected


# --- memory of ids ---


def test_ids_are_remembered_within_the_window_and_found():
    memory = Remembered()
    for number in range(200):
        memory = memory.noted(f"c-{number}", "d", number, window=64)
        kept = [n for n in range(number + 1) if memory.find(f"c-{n}")]
        assert kept == list(range(number + 1 - len(memory), number + 1))
        assert min(number + 1, 64) <= len(memory) <= 64 + 32
    assert memory.find("c-199").version == 199
    assert memory.find("c-100") is None
    assert memory.find("c-150").version == 150


def test_the_same_id_again_only_moves_its_version():
    memory = Remembered().noted("a", "d", 1, window=1).noted("a", "d", 2, window=1)
    assert len(memory) == 1
    assert memory.find("a").version == 2


def paying(order_id, fact_id):
    return RecordPayment(
        order_id, fact_id=fact_id, payment_id="p", kind="captured", amount=Money(40000, "CNY")
    )


def test_effects_of_a_command_and_of_a_fact_of_one_id_are_two():
    (refund,) = decide(tea_order(), paying("o-1", "x"), at(NOW)).effects
    assert refund.effect_id == "o-1/fact/x/0"
    (notice,) = decide(tea_order(), CancelOrder("o-1", command_id="x"), at(NOW)).effects
    assert notice.effect_id == "o-1/x/0"
    (odd,) = decide(tea_order(), CancelOrder("o-1", command_id="fact/x"), at(NOW)).effects
    assert odd.effect_id == "o-1/fact%2Fx/0"
    (odder,) = decide(tea_order(), CancelOrder("o-1", command_id="fact%2Fx"), at(NOW)).effects
    assert odder.effect_id == "o-1/fact%252Fx/0"


# --- machines and tables ---


def test_the_table_of_moves_is_the_machine():
    assert len(moves()) == len(LIFECYCLE.transitions) == 43
    for edge in LIFECYCLE.transitions:
        assert moves()[Lifecycle(edge.source), edge.command] == edge.target
    assert LIFECYCLE.findings == ()
    assert package.FULFILMENT.findings == ()
    assert package.LIFECYCLE is LIFECYCLE
    with pytest.raises(AttributeError):
        package.NOTHING


def test_every_command_but_those_for_every_stage_is_in_the_machine():
    verbs = {command.verb for command in typing.get_args(OrderCommand)}
    of_control = {"place_hold", "release_hold", "recheck_holds", "tick"} | {
        f"{deed}_approval" for deed in ("request", "give", "reject", "delegate")
    }
    assert verbs - set(LIFECYCLE.spec.commands) == {
        "place",
        "refund_balance",
        "issue_credit_note",
        *of_control,
    }
    # An order expires by itself: time is asked, nobody.
    assert set(LIFECYCLE.spec.commands) - verbs == {"expire"}


def test_every_event_has_its_function():
    assert {*_table(), package.OrderPlaced} == set(typing.get_args(OrderEvent))


def test_every_value_resolves_its_types_and_encodes_under_a_stable_name():
    values = [getattr(package, name) for name in package.__all__]
    classes = [c for c in values if isinstance(c, type) and attrs.has(c)]
    assert len(classes) > 60
    for cls in classes:
        typing.get_type_hints(cls)
        attrs.resolve_types(cls)
    messages = typing.get_args(OrderCommand) + typing.get_args(OrderFact)
    assert {encode_name(c) for c in messages} == {f"orders.{c.__name__}" for c in messages}


def encode_name(cls):
    from ordercore.kernel import type_name

    return type_name(cls)


def test_assignments_come_from_plans_takes_or_as_they_are():
    take = Take("1", sku="TEA", node="n", service="sf", quantity=2)
    given = Assignment("2", 1, node="m", allocation_id="mine")
    command = ReserveStock(**KNOWN, allocations=[take, given])
    assert command.allocations == (Assignment("1", 2, node="n", service="sf"), given)
    assert [a.allocation_id for a in command.numbered()] == ["c/0", "mine"]


def test_a_plan_is_taken_whole():
    # Only its takes matter here; how a plan is found is allocation's business.
    plan = object.__new__(AllocationPlan)
    takes = (Take("1", sku="TEA", node="n", service="sf", quantity=2),)
    object.__setattr__(plan, "takes", takes)
    order = after(tea_order(), ReserveStock(**KNOWN, allocations=plan))
    assert [(a.node, a.service, a.quantity) for a in order.allocations] == [("n", "sf", 2)]


# --- laws ---


def laws(order) -> set[str]:
    return {law.invariant_id for law in INVARIANTS if not law.holds(order)}


def test_the_laws_notice_what_they_are_about():
    good = after(CONFIRMED, shipped(l1=2))
    assert laws(good) == set()
    ids = [law.invariant_id for law in INVARIANTS]
    assert ids[:8] == [f"INV-ORDER-{n}" for n in range(1, 9)]
    assert len(set(ids)) == len(ids)
    tea, cup = good.lines
    lost = attrs.evolve(tea)
    object.__setattr__(lost, "cancelled", 1)
    assert laws(attrs.evolve(good, lines=(lost, cup))) >= {"INV-ORDER-1"}
    assert laws(attrs.evolve(good, allocations=())) == {"INV-ORDER-2", "INV-ORDER-31"}
    assert laws(attrs.evolve(good, shipments=())) == {"INV-ORDER-3", "INV-ORDER-32"}
    at = FlowStage.of(RETURN.pin, "expected", "return_requested", at="2026-11-11T00:00Z")
    case = ReturnCase(return_id="r", lines=(ReturnedLine(line_id="1", requested=1),), at=at)
    assert laws(attrs.evolve(good, returns=(case,))) == {"INV-ORDER-4"}
    came = FlowStage.of(RETURN.pin, "received", "returned", at="2026-11-11T00:00Z", ended=True)
    wrong = attrs.evolve(case, at=came)
    assert laws(attrs.evolve(good, returns=(wrong,))) == {"INV-ORDER-4", "INV-ORDER-33"}
    assert laws(attrs.evolve(good, value_minor=1)) == {"INV-ORDER-5"}
    greedy = attrs.evolve(good.payments[0], refund_requested_minor=31591)
    assert laws(attrs.evolve(good, payments=(greedy,))) == {"INV-ORDER-6"}
    assert laws(attrs.evolve(good, lifecycle="cancelled")) == {"INV-ORDER-8"}
    assert laws(attrs.evolve(good, lifecycle="submitted")) == {"INV-ORDER-8"}
    assert laws(after(tea_order(), CancelOrder("o-1", command_id="x"))) == set()


def test_the_law_of_money_notices_a_position_that_does_not_add_up(monkeypatch):
    order = CONFIRMED
    wrong = attrs.evolve(order.money, kept=Money(1, "CNY"))
    monkeypatch.setattr(MoneyPosition, "of", classmethod(lambda cls, *_: wrong))
    assert laws(order) == {"INV-ORDER-7"}


# --- rules ---


def test_order_facts_answer_every_word_of_the_vocabulary():
    words = package.ORDER_FACTS
    assert words is package.ORDER_FACTS
    facts = order_facts(CONFIRMED, customer={"rating": "A"})
    for path in words.fields:
        root, name = path.split(".")
        assert name in facts[root]
    rule = parse(
        "order.total > CNY(300) and customer.rating == 'A' and "
        "any(line.quantity > 1 for line in order.lines) and order.stage == 'confirmed'",
        vocabulary=words,
    )
    assert rule.holds(facts)
    bare = after(
        None, PlaceOrder("o-1", quote=attrs.evolve(tea_quote(), channel=None), command_id="c")
    )
    facts = order_facts(bare)
    assert facts["order"]["channel"] is None
    assert facts["order"]["country"] is None
    assert set(facts["customer"].values()) == {None}


def test_the_payload_digest_is_of_the_payload():
    first = CancelUnits(**KNOWN, lines={"1": 1})
    assert digest(first) == digest(CancelUnits(**KNOWN, lines={"1": 1}))
    assert digest(first) != digest(CancelUnits(**KNOWN, lines={"1": 2}))
    assert encode(first)["$"] == "orders.CancelUnits"

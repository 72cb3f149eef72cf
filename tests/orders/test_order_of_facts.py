"""What duplication and another order of inputs do to an order: nothing where facts commute.

Where they do not, the difference is the one that docs/explanation/facts-in-any-order.md writes down.
"""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.histories import START, History, at, histories, run

from ordercore.kernel import Decision, Money, shift
from ordercore.orders import (
    Assignment,
    CancelOrder,
    ConfirmOrder,
    FactClashed,
    Order,
    PaymentKind,
    RecordDelivery,
    RecordPayment,
    RecordScan,
    RecordSettlement,
    RefundPayment,
    ReserveStock,
    ShipUnits,
    verify,
)
from ordercore.orders.specimen import tea_order

NOW = at(shift(START, days=30))


def told(order: Order) -> dict[str, object]:
    """What an order is, beside when and in which order it learnt it."""
    aside = {"version", "last_at", "audit_head", "commands_seen", "facts_seen"}
    fields = {f.name: getattr(order, f.name) for f in attrs.fields(Order) if f.name not in aside}
    fields["payments"] = sorted(order.payments, key=lambda payment: payment.payment_id)
    # When a fulfilment order moved is when its report was read; where it stands is what counts.
    fields["fulfilments"] = [
        attrs.evolve(known, since=START, active_at=START) for known in order.fulfilments
    ]
    return fields


def effects_of(history: History) -> set[object]:
    return set(history.effects)


# --- duplication ---


@given(histories(strays=True), st.data())
def test_what_is_sent_again_at_any_later_time_changes_nothing(history: History, data):
    sent: list[tuple[object, object]] = []
    due: list[tuple[object, object]] = []
    for step in history.steps:
        sent.append((step.message, step.context))
        if isinstance(step.answer, Decision):
            due.append((step.message, step.context))
        while due and data.draw(st.booleans()):
            message, _ = data.draw(st.sampled_from(due))
            sent.append((message, step.context))
    again = run(sent)
    assert again.order == history.order
    assert again.events == history.events
    assert again.effects == history.effects
    assert verify(again.events, again.order.audit_head) == ()


# --- facts that commute ---


def under_way() -> Order:
    """Three units, each in a shipment of its own, nothing paid."""
    order = tea_order()
    allocations = [
        Assignment("1", 1, node="ningbo"),
        Assignment("1", 1, node="wuhan"),
        Assignment("2", 1, node="hefei"),
    ]
    authorised = RecordPayment(
        "o-1", fact_id="base", payment_id="base", kind="authorised", amount=order.due
    )
    return run(
        [
            (ReserveStock("o-1", command_id="r", allocations=allocations), at(START)),
            (authorised, at(START)),
            (ConfirmOrder("o-1", command_id="c"), at(START)),
            *(
                (
                    ShipUnits(
                        "o-1",
                        command_id=f"s/{node}",
                        shipment_id=node,
                        node=node,
                        lines={line: 1},
                    ),
                    at(START),
                )
                for node, line in (("ningbo", "1"), ("wuhan", "1"), ("hefei", "2"))
            ),
        ],
        order,
    ).order


deliveries = [
    RecordDelivery("o-1", fact_id=f"d/{node}", shipment_id=node, lines=lines)
    for node, lines in (("ningbo", {}), ("wuhan", {"1": 1}), ("hefei", {}))
]
reports = st.lists(
    st.builds(
        lambda number, payment, kind, minor: RecordPayment(
            "o-1",
            fact_id=f"p/{number}",
            payment_id=payment,
            kind=kind,
            amount=Money(minor, "CNY"),
        ),
        st.integers(0, 99),
        st.sampled_from(("base", "card", "wallet")),
        st.sampled_from(PaymentKind),
        st.integers(0, 40_000),
    ),
    max_size=6,
    unique_by=lambda report: report.fact_id,
)


@given(st.permutations(deliveries), st.data())
def test_deliveries_of_shipments_commute(order_of, data):
    doubled = [*order_of, *data.draw(st.lists(st.sampled_from(deliveries), max_size=4))]
    first = run([(fact, NOW) for fact in deliveries], under_way())
    second = run([(fact, NOW) for fact in data.draw(st.permutations(doubled))], under_way())
    assert told(first.order) == told(second.order)
    assert effects_of(first) == effects_of(second)
    assert first.order.version == second.order.version


@given(reports, st.data())
def test_what_carriers_and_what_providers_report_commute(paid, data):
    """Any interleaving that keeps each source's own order leaves the same order and effects."""
    in_turn = run([(fact, NOW) for fact in (*paid, *deliveries)], under_way())
    left = {"paid": list(paid), "sent": list(deliveries)}
    mixed = []
    while any(left.values()):
        source = data.draw(st.sampled_from([name for name, facts in left.items() if facts]))
        mixed.append(left[source].pop(0))
    woven = run([(fact, NOW) for fact in mixed], under_way())
    assert told(in_turn.order) == told(woven.order)
    assert effects_of(in_turn) == effects_of(woven)


@given(reports.filter(bool), st.data())
def test_reports_of_providers_commute_in_what_they_report(paid, data):
    """Buckets are sums. What was asked of the providers on the way is not: see below."""
    other = data.draw(st.permutations(paid))
    first = run([(fact, NOW) for fact in paid], under_way()).order
    second = run([(fact, NOW) for fact in other], under_way()).order

    def reported(order: Order) -> dict[str, dict[str, int]]:
        return {
            payment.payment_id: {
                name: value
                for name, value in attrs.asdict(payment).items()
                if name.endswith("_minor") and "requested" not in name
            }
            for payment in order.payments
        }

    assert reported(first) == reported(second)
    assert first.lines == second.lines
    assert first.due_minor == second.due_minor


# --- facts that do not ---


def clashes(history: History) -> list[str]:
    return [event.code for event in history.events if isinstance(event, FactClashed)]


def test_a_delivery_before_its_shipment_is_kept_as_a_clash_and_counts_nothing():
    order = tea_order()
    early = run([(RecordDelivery("o-1", fact_id="d", shipment_id="ningbo"), NOW)], order)
    assert clashes(early) == ["shipment.unknown"]
    assert all(line.delivered == 0 for line in early.order.lines)
    # Its carrier reports it again under another id, once the shipment is known.
    late = run([(RecordDelivery("o-1", fact_id="d2", shipment_id="ningbo"), NOW)], under_way())
    assert sum(line.delivered for line in late.order.lines) == 1


def test_the_payment_that_is_reported_last_is_the_one_that_is_too_much():
    due = tea_order().due
    card, wallet = (
        RecordPayment("o-1", fact_id=name, payment_id=name, kind="captured", amount=due)
        for name in ("card", "wallet")
    )
    first = run([(card, NOW), (wallet, NOW)], under_way())
    second = run([(wallet, NOW), (card, NOW)], under_way())

    def refunds(history: History) -> dict[str, int]:
        return {
            e.payment_id: e.amount.minor for e in history.effects if isinstance(e, RefundPayment)
        }

    # As much goes back either way; over which payment is the routing's to say, in the order known.
    assert sum(refunds(first).values()) == sum(refunds(second).values()) == due.minor
    assert refunds(first) != refunds(second)
    assert first.order.money.paid == second.order.money.paid
    assert first.order.money.kept == second.order.money.kept


def test_money_that_comes_after_a_cancel_is_named_and_goes_back_like_money_that_came_before():
    due = tea_order().due
    paid = RecordPayment("o-1", fact_id="f", payment_id="card", kind="captured", amount=due)
    cancel = CancelOrder("o-1", command_id="x")
    before = run([(paid, NOW), (cancel, NOW)], tea_order())
    after = run([(cancel, NOW), (paid, NOW)], tea_order())
    assert clashes(before) == []
    assert clashes(after) == ["payment.after_cancel"]
    assert before.order.money == after.order.money
    for history in (before, after):
        assert [e.amount for e in history.effects if isinstance(e, RefundPayment)] == [due]


def test_a_pay_out_before_its_payment_is_a_clash_and_counts_nothing():
    order = tea_order()
    settled = RecordSettlement(
        "o-1", fact_id="s", payment_id="card", amount=order.due, fee=Money(0, "CNY")
    )
    paid = RecordPayment("o-1", fact_id="f", payment_id="card", kind="captured", amount=order.due)
    early = run([(settled, NOW), (paid, NOW)], order)
    late = run([(paid, NOW), (settled, NOW)], order)
    assert clashes(early) == ["settlement.unknown_payment"]
    assert early.order.payment("card").settled_minor == 0
    assert late.order.payment("card").settled_minor == order.due.minor


def test_scans_follow_the_flow_and_one_that_comes_too_late_is_kept():
    lost = RecordScan("o-1", fact_id="l", shipment_id="ningbo", kind="lost")
    out = RecordScan("o-1", fact_id="o", shipment_id="ningbo", kind="out_for_delivery")
    first = run([(out, NOW), (lost, NOW)], under_way())
    second = run([(lost, NOW), (out, NOW)], under_way())
    assert clashes(first) == []
    assert clashes(second) == ["scan.unexpected"]
    stage = {history.order.fulfilment_of("ningbo").stage for history in (first, second)}
    assert stage == {"lost"}


def test_a_fact_id_that_is_used_for_two_things_belongs_to_the_first():
    due = tea_order().due
    one = RecordPayment("o-1", fact_id="f", payment_id="card", kind="captured", amount=due)
    two = RecordPayment("o-1", fact_id="f", payment_id="wallet", kind="captured", amount=due)
    first = run([(one, NOW), (two, NOW), (two, NOW)], tea_order())
    second = run([(two, NOW), (one, NOW), (one, NOW)], tea_order())
    assert clashes(first) == clashes(second) == ["fact.id_reused"]
    assert [p.payment_id for p in first.order.payments] == ["card"]
    assert [p.payment_id for p in second.order.payments] == ["wallet"]

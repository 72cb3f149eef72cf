"""Exchanges: units go back for others, before those go out or after; worked out by hand."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.orders.histories import NODES, START, at, histories, quotes, run
from tests.orders.test_amending import (
    CLERK,
    HERE,
    after,
    cmd,
    cny,
    confirmed,
    edit,
    line,
    one,
    paid,
    part_shipped,
    quote,
    shipped,
)

from ordercore.kernel import Decision, IllegalTransition, InvalidBatch, InvalidValue
from ordercore.orders import (
    INVARIANTS,
    Assignment,
    CancelOrder,
    CancelUnits,
    CloseOrder,
    ConfirmOrder,
    EditOrder,
    ExchangeCompleted,
    ExchangeLapsed,
    ExchangeRequested,
    IssueCreditNote,
    IssueInvoice,
    ItemFacts,
    LapseExchange,
    OrderDecider,
    OrderRules,
    PlaceOrder,
    ReceivedUnits,
    ReceiveReturn,
    RecordPayment,
    RefundPayment,
    RequestExchange,
    RequestReturn,
    ReserveStock,
    RoleGrant,
    RoleMatrix,
    ShipUnits,
    available,
    check,
    decide,
    evolve,
    replay,
)
from ordercore.pricing import QuoteLine

TEA, CUP = line("1", 2, 25600), line("2", 1, 5990)


def swap(n, lines, *quoted, **more):
    """These units for whatever the quoted lines have beyond the order's."""
    return cmd(RequestExchange, n, return_id=f"r-{n}", lines=lines, quote=quote(*quoted), **more)


def cup_for(minor, **more):
    return swap("e", {"2": 1}, TEA, CUP, line("3", 1, minor), **more)


def back(n, units, return_id="r-e", disposition="scrap"):
    return cmd(
        ReceiveReturn,
        n,
        return_id=return_id,
        units=[ReceivedUnits(id, count, disposition=disposition) for id, count in units.items()],
    )


def refunds(order, message):
    effects = decide(order, message, CLERK).accepted().effects
    return sum(e.amount.minor for e in effects if isinstance(e, RefundPayment))


def figures(order):
    return (order.due.minor, order.money.outstanding.minor, order.amendments.advance_minor)


# --- back first ---


def test_a_dearer_one_costs_the_difference_when_the_old_one_is_back():
    """A cup of 59.90 for a pot of 75.00: 15.10 more."""
    order = after(shipped(), cup_for(7500, items={"3": ItemFacts(weight_g=700)}))
    assert figures(order) == (31590, 0, 0)
    assert [str(x.line_id) for x in order.lines] == ["1", "2"]
    receipt = back(1, {"2": 1})
    assert refunds(order, receipt) == 0
    order = after(order, receipt)
    assert figures(order) == (33100, 1510, 0)
    assert (order.line("2").exchanged, order.line("2").kept) == (1, 0)
    assert (order.line("3").backlog, order.line("3").item.weight_g) == (1, 700)
    assert order.amendments.exchange("r-e").stage.value == "done"
    assert order.amendments.exchange("r-e").quote is None


def test_a_cheaper_one_gives_the_difference_back():
    order = after(shipped(), cup_for(4000))
    assert refunds(order, back(1, {"2": 1})) == 1990
    assert figures(after(order, back(1, {"2": 1}))) == (29600, 0, 0)


def test_units_that_come_one_by_one_are_not_paid_out_in_between():
    """Both tins (256.00) for a pot of 300.00."""
    order = after(shipped(), swap("e", {"1": 2}, TEA, CUP, line("3", 1, 30000)))
    assert refunds(order, back(1, {"1": 1})) == 0
    order = after(order, back(1, {"1": 1}))
    assert figures(order) == (31590, 0, -12800)
    assert order.amendments.open_exchange is not None
    order = after(order, back(2, {"1": 1}))
    assert figures(order) == (35990, 4400, 0)


def test_one_that_is_not_accepted_lets_it_lapse():
    order = after(shipped(), swap("e", {"1": 2}, TEA, CUP, line("3", 1, 30000)))
    order = after(order, back(1, {"1": 1}))
    assert refunds(order, back(2, {"1": 1}, disposition="reject")) == 12800
    order = after(order, back(2, {"1": 1}, disposition="reject"))
    assert figures(order) == (18790, 0, 0)
    assert [str(x.line_id) for x in order.lines] == ["1", "2"]
    assert (order.line("1").exchanged, order.amendments.exchanges[0].stage.value) == (0, "lapsed")


def test_given_up_it_is_an_ordinary_return():
    order = after(shipped(), swap("e", {"1": 2}, TEA, CUP, line("3", 1, 30000)))
    order = after(order, back(1, {"1": 1}), cmd(LapseExchange, 2, return_id="r-e"))
    assert figures(order) == (18790, 0, 0)
    order = after(order, back(3, {"1": 1}))
    assert (figures(order), len(order.lines)) == ((5990, 0, 0), 2)


def test_who_may_not_give_it_up_is_told_so():
    order = after(shipped(), cup_for(7990))
    assert available(order, CLERK)["LapseExchange"].targets == ("r-e",)
    desk = OrderDecider(
        OrderRules(roles=RoleMatrix([CLERK.role], [RoleGrant(CLERK.role, ["request_return"])]))
    )
    option = desk.available(order, CLERK)["LapseExchange"]
    assert ([reason.code for reason in option.reasons], option.targets) == (
        ["role.not_allowed"],
        (),
    )


def test_what_was_cancelled_meanwhile_is_not_brought_back():
    order = after(
        confirmed(),
        cmd(ShipUnits, "s", shipment_id="s-1", node="n", lines={"2": 1}),
        cup_for(7500),
        cmd(CancelUnits, 1, lines={"1": 1}),
        back(2, {"2": 1}),
    )
    assert (order.line("1").ordered, order.line("1").cancelled) == (2, 1)
    assert order.due == cny(12800 + 7500)


# --- out first ---


def test_out_first_the_old_one_counts_in_advance():
    order = after(shipped(), cup_for(7500, ship_first=True))
    assert figures(order) == (33100, 1510, 5990)
    plan = [Assignment("3", 1, node="n")]
    order = after(order, cmd(ReserveStock, 1, allocations=plan))
    ship = cmd(ShipUnits, 2, shipment_id="s-2", node="n", lines={"3": 1})
    assert one(order, ship).facts["missing"] == cny(1510)
    order = after(order, paid(3, 1510), ship)
    assert "close.return_open" in check(order, cmd(CloseOrder, 4), CLERK).codes
    order = after(order, back(5, {"2": 1}))
    assert figures(order) == (33100, 0, 0)
    assert order.line("2").exchanged == 1


def test_out_first_what_never_comes_back_is_owed():
    order = after(shipped(), cup_for(7500, ship_first=True))
    lapsed = after(order, cmd(LapseExchange, 1, return_id="r-e"))
    assert figures(lapsed) == (39090, 7500, 0)
    rejected = after(order, back(1, {"2": 1}, disposition="reject"))
    assert figures(rejected) == (39090, 7500, 0)
    some = after(shipped(), swap("e", {"1": 2}, TEA, CUP, line("3", 1, 30000), ship_first=True))
    some = after(some, back(1, {"1": 1}))
    assert figures(some) == (35990, 4400, 12800)
    assert figures(after(some, back(2, {"1": 1}))) == (35990, 4400, 0)


def test_the_replacement_is_not_cancelled_under_the_exchange():
    order = after(shipped(), cup_for(7500, ship_first=True))
    for message in (cmd(CancelUnits, 1, lines={"3": 1}), cmd(CancelOrder, 1)):
        reason = one(order, message)
        assert reason.code == "cancel.in_exchange"
        assert figures(after(order, reason.remedy, message)) == (31590, 0, 0)
    assert not available(order, CLERK)["CancelUnits"].allowed
    mixed = after(part_shipped(), swap("e", {"1": 1}, TEA, CUP, line("3", 1, 1), ship_first=True))
    assert available(mixed, CLERK)["CancelUnits"].lines == {"1": 1, "2": 1}
    assert check(mixed, cmd(CancelUnits, 1, lines={"2": 1}), CLERK).allowed


# --- one at a time ---


def test_nothing_else_is_priced_while_one_is_open():
    order = after(shipped(), cup_for(7500))
    for message in (
        edit(1, ("1", 2, 25600), ("2", 1, 5990), ("4", 1, 100)),
        swap("f", {"1": 1}, TEA, CUP, line("4", 1, 100)),
    ):
        reason = check(order, message, CLERK).reasons[0]
        assert reason.code in {"edit.exchange_open", "exchange.other_open"}
        assert check(after(order, reason.remedy), message, CLERK).allowed
    elsewhere = cmd(EditOrder, 1, destination=HERE)
    assert check(after(part_shipped(), swap("e", {"1": 1}, TEA, CUP, line("3", 1, 1))), elsewhere, CLERK).allowed  # fmt: skip
    assert available(order, CLERK)["LapseExchange"].targets == ("r-e",)
    assert available(order, CLERK)["RequestExchange"].reasons[0].code == "exchange.other_open"
    assert available(shipped(), CLERK)["RequestExchange"].lines == {"1": 2, "2": 1}
    assert available(shipped(), CLERK)["LapseExchange"].reasons[0].code == "exchange.none_open"


@pytest.mark.parametrize(
    ("order", "message", "expected"),
    [
        (confirmed(), cup_for(1), {"return.too_many"}),
        (shipped(), swap("e", {"2": 1}, TEA, CUP), {"exchange.no_replacement"}),
        (
            shipped(),
            swap("e", {"2": 1}, line("1", 3, 1), CUP, line("3", 1, 1)),
            {"exchange.line_changed"},
        ),
        (
            shipped(),
            swap("e", {"2": 1}, TEA, line("3", 1, 1)),
            {"exchange.line_changed", "edit.line_moved"},
        ),
        (
            after(confirmed(), cmd(CancelUnits, 1, lines={"1": 2}),
                  cmd(ShipUnits, "s", shipment_id="s-1", node="n", lines={"2": 1})),
            cup_for(1),
            {"exchange.line_changed"},
        ),
        (
            after(shipped(), cmd(RequestReturn, 1, return_id="r-e", lines={"1": 1})),
            cup_for(1),
            {"return.exists"},
        ),
        (shipped(), swap("e", {"9": 1}, TEA, CUP, line("3", 1, 1)), {"order.unknown_line"}),
        (shipped(), cmd(LapseExchange, 1, return_id="r"), {"exchange.unknown"}),
        (
            after(shipped(), cup_for(1), cmd(LapseExchange, 0, return_id="r-e")),
            cmd(LapseExchange, 1, return_id="r-e"),
            {"exchange.ended"},
        ),
        (after(confirmed(), cmd(CancelOrder, 1)), cup_for(1), {"order.stage"}),
        (
            after(confirmed(), cmd(CancelOrder, 0)),
            cmd(LapseExchange, 1, return_id="r"),
            {"order.stage"},
        ),
    ],
)  # fmt: skip
def test_a_refusal_says_why(order, message, expected):
    reasons = check(order, message, CLERK).reasons
    assert {reason.code for reason in reasons} == expected
    for reason in reasons:
        assert reason.final or reason.remedy or reason.obtain


def test_fewer_may_be_exchanged_where_too_many_were_asked():
    order = after(shipped(), cmd(RequestReturn, 1, return_id="r-0", lines={"1": 1}))
    reason = one(order, swap("e", {"1": 2}, TEA, CUP, line("3", 1, 1)))
    assert isinstance(reason.remedy, RequestExchange)
    assert check(order, reason.remedy, CLERK).allowed


# --- both ways, over drawn orders ---


@given(quotes(), st.data())
def test_out_first_and_back_first_come_to_the_same(drawn, data):
    whole = {part.line_id: part.quantity for part in drawn.lines}
    plan = [Assignment(id, units, node=NODES[0]) for id, units in whole.items()]
    order = run(
        [
            (PlaceOrder("o-1", quote=drawn, command_id="c-0"), at(START)),
            (RecordPayment("o-1", fact_id="f", payment_id="p", kind="captured", amount=drawn.total), at(START)),
            (ReserveStock("o-1", command_id="c-1", allocations=plan), at(START)),
            (ConfirmOrder("o-1", command_id="c-2"), at(START)),
            (ShipUnits("o-1", command_id="c-3", shipment_id="s", node=NODES[0], lines=whole), at(START)),
        ]
    ).order  # fmt: skip
    going = {id: data.draw(st.integers(0, units)) for id, units in whole.items()}
    going = {id: units for id, units in going.items() if units} or {drawn.lines[0].line_id: 1}
    listed = cny(data.draw(st.integers(0, 9000)))
    other = QuoteLine("new", sku="POT", quantity=1, list_amount=listed)
    wanted = attrs.evolve(drawn, lines=[*drawn.lines, other])
    ends = []
    for ship_first in (True, False):
        ask = RequestExchange(
            "o-1", command_id="x", return_id="r", lines=going, quote=wanted, ship_first=ship_first
        )
        state = replay(order, decide(order, ask, at(START)).accepted().events)
        for number, (id, units) in enumerate(going.items()):
            due = state.due_minor
            receipt = ReceiveReturn(
                "o-1",
                command_id=f"b-{number}",
                return_id="r",
                units=[ReceivedUnits(id, units, disposition="scrap")],
            )
            answer = decide(state, receipt, at(START)).accepted()
            state = replay(state, answer.events)
            if state.amendments.open_exchange is not None:
                assert state.due_minor == due
                assert not [e for e in answer.effects if isinstance(e, RefundPayment)]
        ends.append((state.value_minor, state.due_minor, state.lines, state.quote))
        assert {line.line_id: line.exchanged for line in state.lines if line.exchanged} == going
    assert ends[0] == ends[1]


@given(histories())
def test_bills_of_exchanges_follow(history):
    order = history.order
    for number, kind in enumerate((IssueCreditNote, IssueInvoice, IssueCreditNote)):
        name = "invoice_id" if kind is IssueInvoice else "credit_note_id"
        message = kind("o-1", command_id=f"z-{number}", **{name: f"z-{number}"})
        answer = decide(order, message, at(order.last_at))
        if isinstance(answer, Decision):
            order = replay(order, answer.events)
            assert {law.invariant_id for law in INVARIANTS if law.check(order)} == set()


# --- logs, laws, bad input ---


def requested():
    return after(shipped(), cup_for(7500))


def happened(order, message, kind):
    answer = decide(order, message, CLERK).accepted()
    return next(event for event in answer.events if isinstance(event, kind))


REQUESTED = happened(shipped(), cup_for(7500), ExchangeRequested)
LAPSED = happened(requested(), cmd(LapseExchange, 1, return_id="r-e"), ExchangeLapsed)
DONE = happened(requested(), back(1, {"2": 1}), ExchangeCompleted)


@pytest.mark.parametrize(
    ("order", "event"),
    [
        (shipped(), REQUESTED),
        (requested(), REQUESTED),
        (after(requested(), cmd(LapseExchange, 1, return_id="r-e")), REQUESTED),
        (shipped(), LAPSED),
        (requested(), DONE),
        (requested(), attrs.evolve(LAPSED, return_id="r-f")),
    ],
)
def test_a_log_that_cannot_be_is_refused(order, event):
    for read in (evolve, lambda o, e: replay(o, [e])):
        with pytest.raises(IllegalTransition):
            read(order, event)


def test_the_law_of_exchanges_notices():
    def broken(order):
        return {law.invariant_id for law in INVARIANTS if law.check(order)}

    order = after(requested(), back(1, {"2": 1}))
    tea, cup, pot = order.lines
    odd = attrs.evolve(order, lines=(tea, attrs.evolve(cup, exchanged=0), pot))
    assert "INV-ORDER-51" in broken(odd)
    ahead = attrs.evolve(order.amendments, advance_minor=5)
    assert "INV-ORDER-51" in broken(attrs.evolve(order, amendments=ahead))
    with pytest.raises(InvalidBatch):
        attrs.evolve(cup, exchanged=2)


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (lambda: swap("e", {}, TEA), "quantity.none"),
        (lambda: swap("e", {"1": 0}, TEA), "quantity.not_positive"),
        (lambda: swap("e", {"1": 1}, TEA, items={"9": ItemFacts()}), "order.unknown_line"),
        (
            lambda: cmd(RequestExchange, 1, return_id="r", lines={"1": 1}, quote="q"),
            "type.wrong",
        ),
    ],
)
def test_bad_input_is_refused_with_its_code(build, code):
    with pytest.raises((InvalidValue, InvalidBatch)) as told:
        build()
    fault = told.value.faults[0] if isinstance(told.value, InvalidBatch) else told.value
    assert fault.code == code

"""Cancels, returns, exchanges and edits under policies that ask promotions again, and fees."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore import orders
from ordercore.kernel import Context, InvalidBatch, Money, Refusal, fold
from ordercore.orders import (
    INVARIANTS,
    NO_RECKONING,
    Assignment,
    CancelOrder,
    CancelUnits,
    ClaimsReleased,
    ConfirmOrder,
    EditOrder,
    IssueCreditNote,
    IssueInvoice,
    LapseExchange,
    MoneyPosition,
    OrderPolicy,
    OrderRules,
    PlaceOrder,
    ReceivedUnits,
    ReceiveReturn,
    Reckoning,
    RecordPayment,
    RefundPayment,
    ReleaseClaims,
    RequestExchange,
    RequestReturn,
    ReserveStock,
    ShipUnits,
    available,
    plan_merge,
    plan_split,
    preview_edit,
)
from ordercore.pricing import (
    CLAW_BACK,
    AfterOrderPolicy,
    Cart,
    CartLine,
    Charge,
    ExpectedQuote,
    PriceBook,
    QuoteInputs,
    RestockingFee,
    Selector,
    TaxRate,
    TaxTable,
    buy_get,
    edited_quote,
    kept_value,
    quote,
    spend_and_save,
)

WEB = Context(now="2026-11-11T00:00:00Z", actor="web")
LADDER = spend_and_save("11.11", {"300.00": "40.00"}, "EUR")
PRICES = {"BIG": 29000, "LOW": 2000, "TEA": 12800, "CUP": 5990}


def eur(minor):
    return Money(minor, "EUR")


BOOK = PriceBook.of({sku: eur(minor) for sku, minor in PRICES.items()}, promotions=[LADDER])
INPUTS = QuoteInputs(book=BOOK)
RULES = OrderRules(quote_inputs=[INPUTS])


def quoted(*wanted, inputs=INPUTS, **given_):
    lines = [
        CartLine(str(number), sku=sku, quantity=units)
        for number, (sku, units) in enumerate(wanted, 1)
    ]
    return quote(
        Cart(lines=lines, currency="EUR"), inputs.book, at=WEB.now, taxes=inputs.taxes, **given_
    )


class Life:
    """An order told one thing after another, each law held to after each."""

    def __init__(
        self, q, *, after=CLAW_BACK, rules=RULES, claims=(), claims_rule="released", **policy
    ):
        self.rules = rules
        self.order = None
        self.count = 0
        self.effects = []
        self.say(
            PlaceOrder(
                "o",
                quote=q,
                command_id="place",
                policy=OrderPolicy(after=after, claims=claims_rule, **policy),
                claims=dict.fromkeys(claims, 1),
            )
        )
        if q.total.minor:
            self.say(
                RecordPayment(
                    "o", fact_id="pay", payment_id="p", kind="captured", amount=self.order.due
                )
            )

    def ask(self, message):
        return orders.decide(self.order, message, WEB, self.rules)

    def say(self, message):
        decision = self.ask(message).accepted()
        self.effects += decision.effects
        self.order = fold(orders, decision.events, self.order)
        for law in INVARIANTS:
            assert law.check(self.order) is None, law.invariant_id
        return decision

    def id(self):
        self.count += 1
        return f"c-{self.count}"

    def confirm(self):
        held = [
            Assignment(row.line_id, row.backlog, node="n")
            for row in self.order.lines
            if row.backlog
        ]
        self.say(ReserveStock("o", command_id=self.id(), allocations=held))
        self.say(ConfirmOrder("o", command_id=self.id()))

    def ship(self, lines=None):
        wanted = lines or {row.line_id: row.cancellable for row in self.order.lines}
        self.say(
            ShipUnits(
                "o",
                command_id=self.id(),
                shipment_id=self.id(),
                node="n",
                lines={line: units for line, units in wanted.items() if units},
            )
        )

    def cancel(self, **lines):
        return self.say(CancelUnits("o", command_id=self.id(), lines=_lines(lines)))

    def send_back(self, disposition="scrap", **lines):
        name = self.id()
        self.say(RequestReturn("o", command_id=name, return_id=name, lines=_lines(lines)))
        return self.receive(name, disposition, **lines)

    def receive(self, name, disposition="scrap", **lines):
        units = [
            ReceivedUnits(line, units, disposition=disposition)
            for line, units in _lines(lines).items()
        ]
        return self.say(ReceiveReturn("o", command_id=self.id(), return_id=name, units=units))

    def pay(self):
        """Pay what is due and not held; so much of it."""
        missing = self.order.money.outstanding
        if missing:
            id = self.id()
            report = RecordPayment("o", fact_id=id, payment_id=id, kind="captured", amount=missing)
            self.say(report)
        return missing.minor

    @property
    def refunded(self):
        return sum(e.amount.minor for e in self.effects if isinstance(e, RefundPayment))


def _lines(given_):
    return {name.removeprefix("l"): units for name, units in given_.items()}


def shipped(*wanted, **policy):
    life = Life(quoted(*wanted), **policy)
    life.confirm()
    life.ship()
    return life


# --- claw-back, and the balance that is carried ---


def test_a_cancel_takes_back_the_discount_that_it_breaks():
    life = Life(quoted(("TEA", 2), ("CUP", 1)))
    decision = life.cancel(l2=1)
    event = next(e for e in decision.events if hasattr(e, "charges"))
    # 275.90 was paid, 256.00 the two cost alone; the cup's share was 52.32.
    assert event.amount == eur(1990)
    assert {v.line_id: (v.quantity, v.amount.minor) for v in event.lines} == {
        "2": (1, 5232),
        "1": (0, -3242),
    }
    assert life.order.reckoning == Reckoning(claw_back_minor=3242)
    assert (life.order.due, life.refunded) == (eur(25600), 1990)
    life.say(CancelOrder("o", command_id="all"))
    assert (life.refunded, life.order.reckoning) == (27590, NO_RECKONING)


def test_a_step_below_nothing_is_carried_and_never_asked_for():
    life = shipped(("BIG", 1), ("LOW", 1))
    assert life.order.due == eur(27000)
    life.send_back(l2=1)
    # What stays costs 290.00 alone: 20.00 more than was paid for both.
    money = life.order.money
    assert (money.due, money.carried, money.outstanding) == (eur(27000), eur(2000), eur(0))
    assert life.order.value_minor == 29000
    assert life.refunded == 0
    name = life.id()
    life.say(RequestReturn("o", command_id=name, return_id=name, lines={"1": 1}))
    assert available(life.order, WEB, RULES)["ReceiveReturn"].carried == eur(2000)
    life.receive(name, l1=1)
    assert (life.refunded, life.order.due, life.order.reckoning) == (27000, eur(0), NO_RECKONING)


def test_a_rise_may_be_owed_or_waived_instead():
    owed = shipped(("BIG", 1), ("LOW", 1), raised_due="owed")
    owed.send_back(l2=1)
    assert (owed.order.due, owed.order.money.outstanding) == (eur(29000), eur(2000))
    waived = shipped(("BIG", 1), ("LOW", 1), raised_due="waived")
    waived.send_back(l2=1)
    assert (waived.order.due, waived.order.allowance_minor) == (eur(27000), 2000)
    for life in (owed, waived):
        life.send_back(l1=1)
        assert (life.refunded, life.order.due) == (27000, eur(0))


def test_without_what_the_quote_was_made_from_the_way_out_is_told():
    life = Life(quoted(("TEA", 2), ("CUP", 1)))
    life.rules = OrderRules(quote_inputs=[QuoteInputs(book=PriceBook.of({"TEA": eur(1)}))])
    some = CancelUnits("o", command_id="some", lines={"2": 1})
    (reason,) = life.ask(some).reasons
    assert (reason.code, reason.final) == ("refund.inputs_missing", False)
    assert reason.facts["book"] == BOOK.digest
    # Nothing has to be asked to give everything back.
    assert life.ask(CancelOrder("o", command_id="all")).accepted()
    life.rules = RULES
    life.cancel(l2=1)
    life.rules = OrderRules()
    life.say(CancelOrder("o", command_id="all"))
    assert (life.refunded, life.order.reckoning) == (27590, NO_RECKONING)


def test_a_receipt_and_an_edit_ask_for_the_inputs_too():
    life = shipped(("TEA", 2), ("CUP", 1))
    life.say(RequestReturn("o", command_id="r", return_id="r", lines={"1": 1}))
    life.rules = OrderRules()
    back = [ReceivedUnits("1", 1, disposition="scrap")]
    receive = ReceiveReturn("o", command_id="b", return_id="r", units=back)
    assert life.ask(receive).codes == ("refund.inputs_missing",)
    # Units that were not accepted stay with the buyer: nothing has to be asked.
    rejected = [ReceivedUnits("1", 1, disposition="reject")]
    assert life.ask(attrs.evolve(receive, units=rejected)).accepted()
    life.rules = RULES
    life.receive("r", l1=1)
    life.rules = OrderRules()
    same = EditOrder("o", command_id="e", quote=life.order.quote)
    assert life.ask(same).codes == ("refund.inputs_missing",)


# --- gifts ---


GIFT = buy_get("gift", buy=2, on=Selector(skus=["TEA"]), get_on=Selector(skus=["CUP"]))
WITH_GIFT = QuoteInputs(book=attrs.evolve(BOOK, promotions=[GIFT]))
GIFT_RULES = OrderRules(quote_inputs=[WITH_GIFT])


def gifted(gifts, *, ship=True):
    life = Life(
        quoted(("TEA", 2), ("CUP", 1), inputs=WITH_GIFT),
        after=AfterOrderPolicy(gifts=gifts),
        rules=GIFT_RULES,
    )
    assert life.order.due == eur(25600)
    life.confirm()
    if ship:
        life.ship()
    return life


def test_a_gift_is_kept_or_charged():
    kept, charged = gifted("kept"), gifted("charged")
    kept.send_back(l1=1)
    charged.send_back(l1=1)
    assert (kept.refunded, charged.refunded) == (12800, 12800 - 5990)
    charged.send_back(l2=1)
    assert charged.refunded == 12800


def test_a_gift_has_to_come_along():
    life = gifted("returned")
    ask = RequestReturn("o", command_id="r", return_id="r", lines={"1": 1})
    (reason,) = life.ask(ask).reasons
    assert reason.code == "gift.left_behind"
    assert dict(reason.facts) == {"line": "2", "units": 1, "asked": 0, "possible": 1}
    assert reason.remedy.lines == {"1": 1, "2": 1}
    life.say(reason.remedy)
    # What comes is refunded, what does not is charged until it does.
    life.receive("r", l1=1)
    assert life.refunded == 12800 - 5990
    # The gift is no longer earned; another return is not refused for it once more.
    life.say(RequestReturn("o", command_id="s", return_id="s", lines={"1": 1}))
    life.receive("r", l2=1)
    assert life.refunded == 12800
    life.rules = OrderRules()
    life.receive("s", l1=1)
    assert life.refunded == 25600


def test_a_gift_that_has_not_shipped_has_to_be_cancelled_first():
    life = gifted("returned", ship=False)
    cancel = CancelUnits("o", command_id="c", lines={"1": 1})
    (reason,) = life.ask(cancel).reasons
    assert reason.remedy.lines == {"1": 1, "2": 1}
    life.ship({"1": 2})
    ask = RequestReturn("o", command_id="r", return_id="r", lines={"1": 1})
    (reason,) = life.ask(ask).reasons
    assert (reason.code, reason.remedy, reason.facts["possible"]) == ("gift.left_behind", None, 0)
    life.rules = OrderRules()
    assert life.ask(ask).codes == ("refund.inputs_missing",)
    life.rules = GIFT_RULES
    life.say(CancelUnits("o", command_id="c2", lines={"2": 1}))
    life.say(attrs.evolve(ask, command_id="r2"))
    assert life.order.due == eur(25600)


# --- shipping and fees ---


@pytest.mark.parametrize(
    ("shipping", "first", "all_"),
    [("as_charged", 0, 900), ("never", 0, 0), ("with_units", 300, 900)],
)
def test_shipping_by_policy(shipping, first, all_):
    q = quoted(("TEA", 2), ("CUP", 1), shipping=eur(900))
    life = Life(q, after=AfterOrderPolicy(shipping=shipping), charges="with_last_unit")
    life.cancel(l1=1)
    by_share = 12800 - 1621
    assert life.refunded == by_share + first
    life.say(CancelOrder("o", command_id="all"))
    assert life.refunded == 27590 + all_
    assert life.order.due == eur(900 - all_)


def test_shipping_goes_back_with_everything_though_it_was_rendered():
    after = AfterOrderPolicy(shipping="with_everything")
    life = Life(quoted(("TEA", 1), shipping=eur(900)), after=after, charges="unless_shipped")
    life.confirm()
    life.ship()
    life.send_back(l1=1)
    assert (life.refunded, life.order.due) == (13700, eur(0))


def test_a_fee_for_each_return():
    fee = RestockingFee(percent=10, amount=eur(100))
    life = shipped(("TEA", 3), after=AfterOrderPolicy(restocking=fee))
    name = life.id()
    life.say(RequestReturn("o", command_id=name, return_id=name, lines={"1": 2}))
    life.receive(name, l1=1)
    assert [(f.charge_id, f.gross.minor) for f in life.order.reckoning.fees] == [
        (f"restocking/{name}/0", 1147 + 100)
    ]
    assert life.refunded == 11467 - 1247
    # The fixed part is asked for once.
    life.receive(name, l1=1)
    assert [f.gross.minor for f in life.order.reckoning.fees][1] == 1147
    life.send_back(l1=1)
    fees = life.order.reckoning.fees_minor
    assert fees == 1247 + 1147 + 1247
    assert (life.order.due, life.refunded) == (eur(fees), 38400 - 4000 - fees)
    assert life.order.money.kept == eur(fees)


def test_a_fixed_fee_is_asked_once_and_never_above_what_comes_back():
    once = shipped(("TEA", 2), after=AfterOrderPolicy(restocking=RestockingFee(amount=eur(500))))
    name = once.id()
    once.say(RequestReturn("o", command_id=name, return_id=name, lines={"1": 2}))
    once.receive(name, l1=1)
    once.receive(name, l1=1)
    assert once.order.reckoning.fees_minor == 500
    after = attrs.evolve(CLAW_BACK, restocking=RestockingFee(amount=eur(99999)))
    high = shipped(("TEA", 2), ("CUP", 1), after=after)
    high.send_back(l2=1)
    # The cup's share is 52.32, of which only 19.90 come back.
    assert (high.order.reckoning.fees_minor, high.refunded) == (1990, 0)
    none = shipped(("BIG", 1), ("LOW", 1), after=after)
    none.send_back(l2=1)
    assert (none.order.reckoning.fees, none.order.reckoning.carried_minor) == ((), 2000)


def test_a_fee_in_another_currency_is_no_order():
    fee = RestockingFee(amount=Money(100, "USD"))
    place = PlaceOrder(
        "o",
        quote=quoted(("TEA", 1)),
        command_id="c",
        policy=OrderPolicy(after=AfterOrderPolicy(restocking=fee)),
    )
    (reason,) = orders.decide(None, place, WEB).reasons
    assert (reason.code, reason.final) == ("place.fee_currency", True)


def test_a_reckoning_is_checked():
    fee = Charge("a", kind="restocking", list_amount=eur(1))
    with pytest.raises(InvalidBatch) as caught:
        Reckoning(carried_minor=-1, fees=[fee, fee, attrs.evolve(fee, list_amount=eur(0))])
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("reckoning.carried", "carried_minor"),
        ("reckoning.fee", "fees[1]"),
        ("reckoning.fee", "fees[2]"),
    ]


def test_the_law_of_the_value_sees_what_is_clawed_back_of_nothing():
    life = Life(quoted(("TEA", 2)))
    life.say(CancelOrder("o", command_id="all"))
    law = next(law for law in INVARIANTS if law.invariant_id == "INV-ORDER-5")
    wrong = attrs.evolve(life.order, value_minor=5, reckoning=Reckoning(claw_back_minor=5))
    assert law.check(wrong).witness == {"claw_back": 5, "kept": 0}


def test_a_position_carries_nothing_by_default():
    told = {name: eur(0) for name in attrs.fields_dict(MoneyPosition) if name != "carried"}
    assert MoneyPosition(**told).carried == eur(0)


# --- uses of promotions ---


def released(decision):
    events = [e.claims for e in decision.events if isinstance(e, ClaimsReleased)]
    assert events == [e.claims for e in decision.effects if isinstance(e, ReleaseClaims)]
    return events


def used(rule, after=CLAW_BACK):
    q = quoted(("TEA", 2), ("CUP", 2))
    life = Life(q, claims=["11.11"], after=after, claims_rule=rule)
    life.confirm()
    life.ship()
    return life


def test_a_use_comes_back_when_its_discount_does():
    again = used("with_discount")
    assert released(again.send_back(l2=1)) == []  # 315.90 is still enough
    assert released(again.send_back(l2=1)) == [{"11.11": 1}]
    assert again.order.claims == {}
    assert released(again.send_back(l1=2)) == []
    shares = used("with_discount", AfterOrderPolicy())
    assert released(shares.send_back(l1=2, l2=1)) == []
    assert released(shares.send_back(l2=1)) == [{"11.11": 1}]
    for rule in ("kept", "released"):
        life = used(rule)
        assert released(life.send_back(l1=2, l2=2)) == []
    ended = Life(quoted(("TEA", 2), ("CUP", 2)), claims=["11.11"], claims_rule="with_discount")
    assert released(ended.say(CancelOrder("o", command_id="all"))) == [{"11.11": 1}]


# --- exchanges, edits, transfers, bills ---


def exchange(life, *, ship_first, new="BIG", **back):
    known = life.order.quote
    lines = [CartLine(line.line_id, sku=line.sku, quantity=line.quantity) for line in known.lines]
    wanted = quote(Cart(lines=[*lines, CartLine("9", sku=new, quantity=1)]), BOOK, at=WEB.now)
    return RequestExchange(
        "o",
        command_id=life.id(),
        return_id="x",
        lines=_lines(back),
        quote=wanted,
        ship_first=ship_first,
    )


@pytest.mark.parametrize("ship_first", [True, False])
def test_an_exchange_costs_what_is_kept_after_it(ship_first):
    life = shipped(("TEA", 2), ("CUP", 1))
    life.say(exchange(life, ship_first=ship_first, l2=1))
    due = life.order.due
    life.receive("x", l2=1)
    # Two teas and the big one, with the ladder; the cup is gone.
    assert life.order.due == eur(25600 + 29000 - 4000)
    assert kept_value(life.order.quote, {"1": 2, "9": 1}, policy=CLAW_BACK, inputs=INPUTS) == eur(
        life.order.value_minor
    )
    if ship_first:
        assert due == life.order.due


def test_an_exchange_for_less_loses_the_discount():
    life = shipped(("TEA", 2), ("CUP", 1))
    life.say(exchange(life, ship_first=False, new="LOW", l2=1))
    life.receive("x", l2=1)
    # 256.00 and 20.00, without the ladder, of which 275.90 are paid.
    assert (life.order.due, life.order.money.outstanding) == (eur(27600), eur(10))
    lapsed = shipped(("TEA", 2), ("CUP", 1))
    lapsed.say(exchange(lapsed, ship_first=True, new="LOW", l2=1))
    lapsed.say(LapseExchange("o", command_id="lapse", return_id="x"))
    assert lapsed.order.due == eur(25600 + 5990 + 2000 - 4000)


@pytest.mark.parametrize("ship_first", [True, False])
def test_an_exchange_asks_for_the_inputs(ship_first):
    life = shipped(("TEA", 2), ("CUP", 1))
    ask = exchange(life, ship_first=ship_first, l2=1)
    life.rules = OrderRules()
    if ship_first:
        assert life.ask(ask).codes == ("refund.inputs_missing",)
        return
    life.say(ask)
    back = [ReceivedUnits("2", 1, disposition="scrap")]
    receive = ReceiveReturn("o", command_id="b", return_id="x", units=back)
    assert life.ask(receive).codes == ("refund.inputs_missing",)
    # The old quote can be asked, and the one that it is to stand on cannot.
    other = attrs.evolve(INPUTS, book=PriceBook.of({"TEA": eur(12800), "CUP": eur(5990)}))
    elsewhere = Life(
        quoted(("TEA", 2), ("CUP", 1), inputs=other), rules=OrderRules(quote_inputs=[other])
    )
    elsewhere.confirm()
    elsewhere.ship()
    elsewhere.say(exchange(elsewhere, ship_first=False, l2=1))
    assert elsewhere.ask(receive).codes == ("refund.inputs_missing",)


def test_an_exchange_pays_no_fee():
    after = AfterOrderPolicy(restocking=RestockingFee(percent=10))
    life = shipped(("TEA", 2), ("CUP", 1), after=after)
    life.say(exchange(life, ship_first=False, l2=1))
    life.receive("x", l2=1)
    assert life.order.reckoning.fees == ()


def edit_to(life, *wanted, pricing="recalculated"):
    lines = [
        CartLine(str(number), sku=sku, quantity=units)
        for number, (sku, units) in enumerate(wanted, 1)
    ]
    new = edited_quote(life.order.quote, Cart(lines=lines), INPUTS, at=WEB.now, pricing=pricing)
    return EditOrder("o", command_id=life.id(), quote=new)


def test_an_edit_puts_an_end_to_what_was_clawed_back():
    life = shipped(("BIG", 1), ("LOW", 1))
    life.send_back(l2=1)
    assert life.order.reckoning.carried_minor == 2000
    more = edit_to(life, ("BIG", 1), ("LOW", 1), ("TEA", 1))
    seen = preview_edit(life.order, more, WEB, RULES)
    life.say(more)
    # 290.00 and 128.00 with the ladder again; what was carried is carried on.
    assert life.order.value_minor == 29000 + 12800 - 4000
    assert life.order.due == eur(37800 - 2000) == seen.due_after
    assert (seen.reckoning, seen.reckoning.carried_minor) == (life.order.reckoning, 2000)
    refused = preview_edit(life.order, attrs.evolve(more, expected_version=1), WEB, RULES)
    assert (refused.reckoning, refused.allowed) == (life.order.reckoning, False)
    # What falls due less goes against it first.
    life.say(edit_to(life, ("BIG", 1), ("LOW", 1)))
    assert (life.order.due, life.order.money.carried) == (eur(29000), eur(0))


def test_prices_that_were_kept_stay_with_their_units():
    life = Life(quoted(("TEA", 2), ("CUP", 1)))
    life.say(edit_to(life, ("TEA", 2), pricing="kept"))
    assert (life.order.due, life.order.reckoning) == (eur(22358), NO_RECKONING)
    life.cancel(l1=1)
    assert life.order.due == eur(11179)


def test_bills_follow_what_is_clawed_back_and_the_fees():
    after = attrs.evolve(CLAW_BACK, restocking=RestockingFee(amount=eur(300)))
    life = shipped(("TEA", 2), ("CUP", 2), after=after)
    life.say(IssueInvoice("o", command_id="i", invoice_id="i"))
    assert life.order.billing.billed_minor == 25600 + 11980 - 4000
    life.send_back(l2=2)
    life.say(IssueCreditNote("o", command_id="n", credit_note_id="n"))
    assert life.order.billing.billed_minor == life.order.due_minor == 25600 + 300
    life.send_back(l1=2)
    life.say(IssueCreditNote("o", command_id="n2", credit_note_id="n2"))
    assert life.order.billing.billed_minor == life.order.due_minor == 600


def test_what_moved_on_counts_as_kept():
    life = Life(quoted(("TEA", 2), ("CUP", 1)))
    plan = plan_split(life.order, {"2": 1}, to_order="o-2", transfer_id="t", rules=RULES)
    life.say(plan.accepted().out)
    assert (life.order.reckoning, life.order.due) == (NO_RECKONING, eur(27590 - 5232))
    new = fold(orders, orders.decide(None, plan.into, WEB, RULES).accepted().events)
    assert new.due == eur(5232)
    # With one tea and the cup elsewhere the ladder is broken, and what is kept pays for it.
    life.cancel(l1=1)
    assert life.order.reckoning.claw_back_minor > 0
    merge = plan_merge(life.order, new, transfer_id="m", rules=RULES)
    assert merge.codes == ("transfer.clawed_back",)
    back = plan_merge(new, life.order, transfer_id="m", rules=RULES).accepted()
    assert life.ask(back.into).codes == ("transfer.clawed_back",)
    life.say(CancelOrder("o", command_id="all"))
    assert (life.order.due, life.order.reckoning) == (eur(0), NO_RECKONING)


def test_a_merged_order_is_asked_nothing_again():
    life = Life(quoted(("TEA", 2), ("CUP", 1)))
    other = quoted(("BIG", 1))
    place = PlaceOrder("o-2", quote=other, command_id="c", policy=OrderPolicy(after=CLAW_BACK))
    second = fold(orders, orders.decide(None, place, WEB, RULES).accepted().events)
    plan = plan_merge(second, life.order, transfer_id="m", rules=RULES).accepted()
    life.say(plan.into)
    life.cancel(l2=1)
    assert life.order.reckoning == NO_RECKONING
    assert life.order.quote.source.value == "recorded"


def test_what_is_carried_and_moves_on_makes_no_due():
    life = Life(quoted(("BIG", 1), ("LOW", 2)))
    life.cancel(l2=1)
    before = life.order.due
    plan = plan_split(life.order, {"1": 1}, to_order="o-2", transfer_id="t", rules=RULES)
    moved = plan.accepted()
    life.say(moved.out)
    new = fold(orders, orders.decide(None, moved.into, WEB, RULES).accepted().events)
    assert new.due + life.order.due == before


# --- placing what is expected ---


def test_an_order_is_made_only_of_the_quote_that_is_expected():
    q = quoted(("TEA", 2), ("CUP", 1))
    place = PlaceOrder(
        "o",
        quote=q,
        command_id="c",
        expected=ExpectedQuote.of(INPUTS, cart=q.cart(), digest=q.digest),
    )
    assert orders.decide(None, place, WEB).accepted()
    # What it has to be is no part of what is ordered.
    assert place.payload_digest == attrs.evolve(place, expected=None).payload_digest
    cheaper = attrs.evolve(place, quote=attrs.evolve(q, rounding=eur(-20000)))
    assert orders.decide(None, cheaper, WEB).codes == ("quote.mismatch",)
    moved = attrs.evolve(
        place, expected=ExpectedQuote.of(WITH_GIFT, cart=Cart(lines=q.cart().lines[:1]))
    )
    assert orders.decide(None, moved, WEB).codes == ("quote.stale", "quote.mismatch")


# --- every life ---


POLICIES = st.builds(
    AfterOrderPolicy,
    discounts=st.sampled_from(["pro_rata", "reevaluated"]),
    shipping_discounts=st.sampled_from(["pro_rata", "reevaluated"]),
    gifts=st.sampled_from(["kept", "charged", "returned"]),
    shipping=st.sampled_from(["as_charged", "never", "with_everything", "with_units"]),
    restocking=st.sampled_from(
        [None, RestockingFee(percent=10), RestockingFee(amount=eur(700), per_unit=eur(50))]
    ),
)
MANY = QuoteInputs(
    book=PriceBook.of(
        {sku: eur(minor) for sku, minor in PRICES.items()},
        promotions=[
            LADDER,
            buy_get("gift", buy=1, on=Selector(skus=["LOW"]), get_on=Selector(skus=["CUP"])),
        ],
    ),
    taxes=TaxTable([TaxRate("standard", "0.19")]),
)


@st.composite
def lives(draw):
    """Orders that are told what a draw says, and what they were told of units."""
    wanted = draw(
        st.lists(
            st.tuples(st.sampled_from(sorted(PRICES)), st.integers(1, 3)), min_size=1, max_size=4
        )
    )
    q = quoted(*wanted, inputs=MANY, shipping=eur(690))
    rules = OrderRules(quote_inputs=[MANY])
    return Life(
        q,
        after=draw(POLICIES),
        rules=rules,
        raised_due=draw(st.sampled_from(["owed", "carried", "waived"])),
        claims_rule=draw(st.sampled_from(["kept", "released", "with_discount"])),
        claims=sorted(q.promotions),
    )


def units(draw, possible):
    some = {line: draw(st.integers(0, most)) for line, most in possible.items() if most}
    return {line: count for line, count in some.items() if count}


def changed_quote(life, draw):
    """A quote of what the order could be changed to: other quantities, perhaps another line."""
    lines = []
    for row in life.order.lines:
        least = max(row.shipped, row.billed)
        count = draw(st.integers(least, least + 3))
        if count:
            lines.append(CartLine(row.line_id, sku=row.sku, quantity=count))
    if not lines or draw(st.booleans()):
        lines.append(CartLine(life.id(), sku=draw(st.sampled_from(sorted(PRICES))), quantity=1))
    pricing = draw(st.sampled_from(["recalculated", "kept", "pinned"]))
    charged = pricing != "kept" and draw(st.booleans())
    return edited_quote(
        life.order.quote,
        Cart(lines=lines),
        MANY,
        at=WEB.now,
        pricing=pricing,
        charges=[Charge("shipping", list_amount=eur(690))] if charged else (),
    )


def swap(life, draw):
    """An exchange of some units for one of another item."""
    back = units(draw, {row.line_id: row.returnable for row in life.order.lines})
    if not back:
        return None
    standing = [
        CartLine(row.line_id, sku=row.sku, quantity=row.ordered - row.cancelled)
        for row in life.order.lines
        if row.ordered > row.cancelled
    ]
    wanted = quote(
        Cart(lines=[*standing, CartLine(life.id(), sku="TEA", quantity=1)]),
        MANY.book,
        at=WEB.now,
        taxes=MANY.taxes,
    )
    name = life.id()
    return RequestExchange(
        "o",
        command_id=name,
        return_id=name,
        lines=back,
        quote=wanted,
        ship_first=draw(st.booleans()),
    )


def receipt(life, draw, message):
    """All units of a return came, each accepted or not."""
    back = [
        ReceivedUnits(line, count, disposition=draw(st.sampled_from(["scrap", "scrap", "reject"])))
        for line, count in message.lines.items()
    ]
    return ReceiveReturn("o", command_id=life.id(), return_id=message.return_id, units=back)


def next_message(life, draw, kind):
    """What is said next; None where there is nothing to say."""
    rows, name = life.order.lines, life.id()
    if kind == "invoice":
        return IssueInvoice("o", command_id=name, invoice_id=name)
    if kind == "credit":
        return IssueCreditNote("o", command_id=name, credit_note_id=name)
    if kind == "edit":
        return EditOrder("o", command_id=name, quote=changed_quote(life, draw))
    if kind == "exchange":
        return swap(life, draw)
    if kind == "return":
        going = units(draw, {row.line_id: row.returnable for row in rows})
        return going and RequestReturn("o", command_id=name, return_id=name, lines=going)
    if kind == "ship":
        going = units(draw, {row.line_id: row.allocated - row.shipped for row in rows})
        if going:
            life.ship(going)
        return None
    going = units(draw, {row.line_id: row.cancellable for row in rows})
    return going and CancelUnits("o", command_id=name, lines=going)


KINDS = ("cancel", "ship", "ship", "return", "return", "invoice", "credit", "edit", "exchange")


@settings(max_examples=40)
@given(lives(), st.data())
def test_every_life_gives_back_what_was_paid_less_the_fees(life, data):
    draw = data.draw
    paid = life.order.due_minor
    policy = life.order.policy
    life.confirm()
    for _ in range(draw(st.integers(1, 8))):
        if life.order.lifecycle.value != "confirmed":
            break
        kind = draw(st.sampled_from(KINDS))
        due, fees = life.order.due_minor, life.order.reckoning.fees_minor
        message = next_message(life, draw, kind)
        if not message or isinstance(life.ask(message), Refusal):
            continue
        life.say(message)
        if kind in {"return", "exchange"}:
            life.say(receipt(life, draw, message))
        order = life.order
        paid += life.pay()
        if kind in {"cancel", "return"} and policy.raised_due.value != "owed":
            assert order.due_minor <= due
        assert order.reckoning.fees_minor - fees <= (due if kind == "return" else 0)
        assert life.refunded <= paid
        if any(row.kept for row in order.lines):
            kept = {row.line_id: row.kept for row in order.lines}
            worth = kept_value(order.quote, kept, policy=policy.after, inputs=MANY)
            assert order.value_minor == worth.minor
    # In the end everything goes back, whatever came before, and nothing has to be asked for it.
    if life.order.lifecycle.value == "confirmed" and any(r.cancellable for r in life.order.lines):
        life.say(CancelOrder("o", command_id="end"))
    if not any(row.rejected for row in life.order.lines):
        life.rules = OrderRules()
    back = {row.line_id: row.returnable for row in life.order.lines if row.returnable}
    if back:
        life.say(RequestReturn("o", command_id="last", return_id="last", lines=back))
        life.receive("last", **{f"l{line}": count for line, count in back.items()})
    paid += life.pay()
    order = life.order
    if any(row.kept for row in order.lines):
        return  # rejected units stay with the buyer
    assert order.reckoning.claw_back_minor == order.reckoning.carried_minor == 0
    stays = sum(c.gross_minor for c in order.quote.charges if policy.after.goes_back(c) is None)
    assert order.due_minor == max(0, stays + order.reckoning.fees_minor - order.allowance_minor)
    assert life.refunded == paid - order.due_minor

"""Orders from quotes with taxes and charges of every kind: each unit takes its own charges along."""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn_charges import rich_quotes

from ordercore import orders
from ordercore.kernel import Context, Money, fold
from ordercore.network import Destination, Region
from ordercore.orders import INVARIANTS, CancelUnits, EditOrder, PlaceOrder
from ordercore.pricing import (
    Cart,
    CartLine,
    Charge,
    ChargeBook,
    Delivery,
    Fee,
    PriceBook,
    Quote,
    QuoteLine,
    TaxRate,
    TaxTable,
    by_delivery,
    check_sums,
    quote,
)

LAWS = [law for law in INVARIANTS if law.subject == "an order"]
NOW = "2026-11-11T00:00:00Z"


def eur(minor):
    return Money(minor, "EUR")


WEB = Context(now=NOW, actor="web", role="customer")


def placed(q):
    places = {q.destination(line.delivery_group) for line in q.lines}
    if len(places) > 1:
        q = attrs.evolve(q, deliveries=())
    return fold(
        orders, orders.decide(None, PlaceOrder("o", quote=q, command_id="c"), WEB).accepted().events
    )


def cancel(order, lines, command_id):
    command = CancelUnits("o", lines=lines, command_id=command_id)
    decision = orders.decide(order, command, WEB).accepted()
    return fold(orders, decision.events, order)


@given(rich_quotes(), st.data())
def test_cancelling_unit_by_unit_in_any_order_gives_back_everything(case, data):
    q, *_ = case
    order = placed(q)
    assert order.value_minor == q.total.minor
    units = [line_id for line_id, n in q.quantities.items() for _ in range(min(n, 3))]
    for number, line_id in enumerate(data.draw(st.permutations(units))):
        order = cancel(order, {line_id: 1}, f"k{number}")
        assert [law.check(order) for law in LAWS] == [None] * len(LAWS)
    rest = {line.line_id: line.kept for line in order.lines if line.kept}
    if rest:
        order = cancel(order, rest, "rest")
    stays = [c.gross.minor for c in q.charges if not c.refundable]
    assert order.value_minor == sum(stays) + (q.rounding.minor if stays else 0)
    at_once = cancel(placed(q), dict(q.quantities), "all")
    assert at_once.value_minor == order.value_minor


def test_a_deposit_goes_with_its_bottle():
    """Three bottles at 1.00 with a deposit of 0.25 each, 19 %: 1.49 apiece, 4.46 in all."""
    book = PriceBook.of({"BOTTLE": eur(100)})
    tariff = ChargeBook(fees=[Fee("deposit", eur(25), per="unit")])
    cart = Cart(lines=[CartLine("1", sku="BOTTLE", quantity=3)])
    vat = TaxTable([TaxRate("standard", "0.19")])
    q = quote(cart, book, at=NOW, taxes=vat, tariff=tariff)
    assert (q.lines[0].gross, q.charges[0].gross) == (eur(357), eur(89))
    order = placed(q)
    values = [order.value_minor]
    for number in range(3):
        order = cancel(order, {"1": 1}, f"k{number}")
        values.append(order.value_minor)
    assert values == [446, 238 + 59, 119 + 29, 0]


@given(rich_quotes())
def test_a_quote_of_several_places_is_one_order_for_each(case):
    q, *_ = case
    parts = by_delivery(q)
    assert list(parts) == sorted({line.delivery_group for line in q.lines})
    assert sum(part.total.minor for part in parts.values()) == q.total.minor
    assert sum(part.tax.minor for part in parts.values()) == q.tax.minor
    assert (
        sum(part.funded("platform").minor for part in parts.values()) == q.funded("platform").minor
    )
    assert sorted(c.charge_id for part in parts.values() for c in part.charges) == sorted(
        c.charge_id for c in q.charges
    )
    for group, part in parts.items():
        assert check_sums(part) == ()
        assert {line.delivery_group for line in part.lines} == {group}
        answer = orders.decide(None, PlaceOrder("o", quote=part, command_id="c"), WEB)
        if part.total.minor >= 0:
            order = fold(orders, answer.accepted().events)
            assert order.destination == q.destination(group)
    several = len({q.destination(group) for group in parts}) > 1
    answer = orders.decide(None, PlaceOrder("o", quote=q, command_id="c"), WEB)
    assert several is (bool(answer.is_refused) and "place.several_destinations" in answer.codes)


def test_an_edit_to_several_places_is_refused():
    lines = [CartLine("1", sku="TEA", quantity=2)]
    book = PriceBook.of({"TEA": eur(100)})
    order = placed(quote(Cart(lines=lines), book, at=NOW))
    gift = CartLine("2", sku="TEA", quantity=1, delivery_group="gift")
    for place, codes in ((None, ()), (Destination(Region("FR")), ("edit.several_destinations",))):
        wanted = Cart(lines=[*lines, gift], deliveries=[Delivery("gift", ship_to=place)])
        edit = EditOrder("o", quote=quote(wanted, book, at=NOW), command_id="e", cause="buyer")
        answer = orders.decide(order, edit, WEB)
        assert (answer.codes if answer.is_refused else ()) == codes


def test_charges_of_no_group_and_coins_go_with_the_first_part():
    lines = [
        QuoteLine(name, sku="T", quantity=1, list_amount=eur(100), delivery_group=name)
        for name in ("b", "a")
    ]
    fee = Charge("fee", kind="fee", list_amount=eur(7))
    q = Quote(currency="EUR", at=NOW, lines=lines, charges=[fee], rounding=eur(-2))
    assert {group: part.total.minor for group, part in by_delivery(q).items()} == {
        "a": 105,
        "b": 100,
    }

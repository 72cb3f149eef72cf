"""Orders from quotes with taxes and charges of every kind: each unit takes its own charges along."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.pricing.drawn_charges import rich_quotes

from ordercore import orders
from ordercore.kernel import Context, Money, fold
from ordercore.orders import INVARIANTS, CancelUnits, PlaceOrder
from ordercore.pricing import (
    Cart,
    CartLine,
    ChargeBook,
    Fee,
    PriceBook,
    TaxRate,
    TaxTable,
    quote,
)

LAWS = [law for law in INVARIANTS if law.subject == "an order"]
NOW = "2026-11-11T00:00:00Z"


def eur(minor):
    return Money(minor, "EUR")


WEB = Context(now=NOW, actor="web", role="customer")


def placed(q):
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

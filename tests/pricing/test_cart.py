"""Carts refuse what nobody can mean, all of it at once."""

from __future__ import annotations

import pytest

from ordercore.kernel import InvalidBatch, InvalidValue
from ordercore.network import Destination, Region
from ordercore.pricing import MAX_QUANTITY, Cart, CartLine, try_cart_lines


def faults(make):
    with pytest.raises(InvalidBatch) as caught:
        make()
    return [(f.code, f.path) for f in caught.value.faults]


@pytest.mark.parametrize("quantity", [0, -1, True, 1.0, "1", None])
def test_a_quantity_is_a_whole_number_from_one(quantity):
    assert faults(lambda: CartLine("1", sku="A", quantity=quantity)) == [
        ("quantity.not_positive", "quantity")
    ]


def test_an_absurd_quantity_is_refused():
    assert CartLine("1", sku="A", quantity=MAX_QUANTITY).quantity == 10**9
    assert faults(lambda: CartLine("1", sku="A", quantity=MAX_QUANTITY + 1)) == [
        ("quantity.absurd", "quantity")
    ]


def test_a_line_tells_all_its_faults():
    assert faults(
        lambda: CartLine(
            "1",
            sku="A",
            quantity=0,
            delivery_group="",
            tax_category="",
            category=("a", "", 3),
            attributes={"brand": 1, "size": "L"},
        )
    ) == [
        ("quantity.not_positive", "quantity"),
        ("cart.delivery_group", "delivery_group"),
        ("cart.tax_category", "tax_category"),
        ("cart.category", "category[1]"),
        ("cart.category", "category[2]"),
        ("cart.attributes", "attributes[brand]"),
    ]
    with pytest.raises(InvalidValue):
        CartLine("", sku="A", quantity=1)


def test_a_category_may_be_one_word():
    assert CartLine("1", sku="A", quantity=1, category="tea").category == ("tea",)
    whole = CartLine("1", sku="A", quantity=1, category=["a", "b"], attributes={"x": "y"})
    assert (whole.category, whole.attributes) == (("a", "b"), {"x": "y"})


def test_a_cart_tells_all_its_faults():
    line = CartLine("1", sku="A", quantity=1)
    assert faults(lambda: Cart(lines=[line, "x", line, line], ship_to="home")) == [
        ("cart.line", "lines[1]"),
        ("cart.duplicate_line", "lines[2].line_id"),
        ("cart.duplicate_line", "lines[3].line_id"),
        ("cart.ship_to", "ship_to"),
    ]
    assert faults(lambda: Cart(lines=[])) == [("cart.empty", "lines")]


def test_a_cart_converts_and_orders_what_is_given():
    cart = Cart(
        lines=[CartLine("1", sku="A", quantity=2), CartLine("2", sku="A", quantity=3)],
        channel="",
        ship_to=Destination(Region("DE")),
        currency="EUR",
        coupons=["B", "A", "B"],
        customer="c-1",
    )
    assert (cart.channel, cart.coupons, cart.units) == (None, ("A", "B"), 5)
    assert (cart.currency.exponent, type(cart.customer).__name__) == (2, "CustomerId")


def test_the_largest_quantity_may_have_a_category():
    line = CartLine("1", sku="A", quantity=MAX_QUANTITY, category="tea")
    assert line.quantity == MAX_QUANTITY
    assert CartLine("1", sku="A", quantity=1, category="tea").quantity == 1


def test_every_fault_of_every_plain_line_is_told():
    answer = try_cart_lines(
        [
            {"sku": "A", "quantity": 1},
            {"line_id": "", "sku": " ", "quantity": 0, "colour": "red"},
            {"line_id": "1", "sku": "B", "quantity": 10**9 + 1, "category": ["x", ""]},
            {},
            {"sku": 5, "quantity": "2", "attributes": 5},
            {"line_id": "1", "sku": "A", "quantity": 1},
            {"line_id": [], "sku": "A", "quantity": 1},
            {"line_id": "8", "sku": "A", "quantity": 1, "category": 5},
        ]
    )
    assert [(r.code, r.facts["path"], r.facts["line"]) for r in answer.reasons] == [
        ("cart.unknown_field", "lines[1].colour", ""),
        ("identifier.invalid", "lines[1].line_id", ""),
        ("identifier.invalid", "lines[1].sku", ""),
        ("quantity.not_positive", "lines[1].quantity", ""),
        ("quantity.absurd", "lines[2].quantity", "1"),
        ("cart.category", "lines[2].category[1]", "1"),
        ("cart.missing_field", "lines[3].quantity", "4"),
        ("cart.missing_field", "lines[3].sku", "4"),
        ("identifier.invalid", "lines[4].sku", "5"),
        ("type.wrong", "lines[4].quantity", "5"),
        ("type.wrong", "lines[4].attributes", "5"),
        ("cart.duplicate_line", "lines[5].line_id", "1"),
        ("identifier.invalid", "lines[6].line_id", "[]"),
        ("type.wrong", "lines[7].category", "8"),
    ]
    assert answer.reasons[4].facts["value"] == "1000000001"


def test_plain_lines_that_are_sound_are_lines():
    lines = try_cart_lines(
        [
            {"sku": "A", "quantity": 1, "category": ["food"], "attributes": {"brand": "x"}},
            {"line_id": "x", "sku": "B", "quantity": 2, "tax_category": "food"},
        ]
    )
    assert lines == (
        CartLine("1", sku="A", quantity=1, category=["food"], attributes={"brand": "x"}),
        CartLine("x", sku="B", quantity=2, tax_category="food"),
    )
    for bad, path in (("x", "lines"), ([5], "lines[0]")):
        with pytest.raises(InvalidValue) as caught:
            try_cart_lines(bad)
        assert (caught.value.code, caught.value.path) == ("type.wrong", path)

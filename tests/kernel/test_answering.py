"""A function that was given a wrong kind says so, whatever it ran into; a right call pays nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Protocol

import pytest

from ordercore.kernel import InvalidBatch, InvalidValue, Money, OrdercoreError, answering

if TYPE_CHECKING:
    from fractions import Fraction

EUR = Money(1, "EUR")


class Shelf(Protocol):
    width_mm: int

    def take(self, sku: str) -> int: ...


class Wall:
    width_mm = 5

    def take(self, sku):
        return len(sku)


@answering
def sequence(items: Sequence[int]) -> int:
    return sum(items)


@answering
def iterable(items: Iterable[Money]) -> int:
    return sum(item.minor for item in items)


@answering
def several(*items: int, scale: int = 1) -> int:
    return sum(item * scale for item in items)


@answering
def subset(items: Set[str]) -> int:
    return sum(map(len, items))


@answering
def mapping(given: Mapping[str, Sequence[int]]) -> int:
    return sum(len(key) + sum(value) for key, value in given.items())


@answering
def union(given: Money | Sequence[Money] | None = None) -> int:
    if given is None:
        return 0
    return given.minor if isinstance(given, Money) else sum(item.minor for item in given)


@answering
def protocol(shelf: Shelf, sku: str = "TEA") -> int:
    return shelf.take(sku) + shelf.width_mm


@answering
def unchecked(rate: Fraction, divisor) -> int:
    return rate.numerator // divisor


@answering
def unnamed(items, divisor: int) -> int:
    return len(items) // divisor


@answering
def paired(given: Money | None, divisor: int) -> int:
    return (0 if given is None else given.minor) // divisor


@answering
def coded(amount: Money) -> Money:
    if amount == 0:
        raise InvalidValue("amount.zero", "amount", amount, "money")
    return amount + EUR


def test_a_right_call_is_answered():
    assert sequence((1, 2)) == 3
    assert iterable(EUR for _ in range(2)) == 2
    assert several(1, 2, scale=3) == 9
    assert subset(frozenset({"a"})) == 1
    assert mapping({"a": [1]}) == 2
    assert (union(), union(EUR), union([EUR, EUR])) == (0, 1, 2)
    assert protocol(Wall()) == 8
    assert coded(EUR) == Money(2, "EUR")


@pytest.mark.parametrize(
    ("call", "path", "value"),
    [
        (lambda: sequence(None), "items", None),
        (lambda: sequence("ab"), "items", "ab"),
        (lambda: sequence({1: 2, "a": 3}), "items", {1: 2, "a": 3}),
        (lambda: sequence(iter("ab")), "items", ...),
        (lambda: sequence([1, "2"]), "items[1]", "2"),
        (lambda: iterable(b"ab"), "items", b"ab"),
        (lambda: iterable({EUR: 1, "a": 2}), "items[1]", "a"),
        (lambda: iterable({"a"}), "items[0]", "a"),
        (lambda: several(1, None), "items[1]", None),
        (lambda: several(1, scale=[]), "scale", []),
        (lambda: subset({1}), "items[0]", 1),
        (lambda: mapping([("a", 1)]), "given", [("a", 1)]),
        (lambda: mapping({1: [1]}), "given[1]", 1),
        (lambda: mapping({"a": [1, None]}), "given[a][1]", None),
        (lambda: union(5), "given", 5),
        (lambda: union([EUR, 5]), "given[1]", 5),
        (lambda: protocol(5), "shelf", 5),
        (lambda: protocol(Wall(), 5), "sku", 5),
    ],
)
def test_a_wrong_one_is_refused_with_code_path_and_value(call, path, value):
    with pytest.raises(InvalidValue) as caught:
        call()
    assert (caught.value.code, caught.value.path) == ("type.wrong", path)
    assert value is ... or caught.value.value == value


def test_several_wrong_ones_are_refused_together_in_the_order_of_the_arguments():
    with pytest.raises(InvalidBatch) as caught:
        protocol(sku=5, shelf="x")
    assert [fault.path for fault in caught.value.faults] == ["shelf", "sku"]
    assert caught.value.subject == "protocol"


def test_a_code_of_its_own_passes_through():
    with pytest.raises(InvalidValue) as caught:
        coded(0)
    assert caught.value.code == "amount.zero"


def test_what_the_arguments_do_not_explain_passes_through():
    with pytest.raises(ZeroDivisionError):
        unnamed([], 0)
    with pytest.raises(ZeroDivisionError):
        paired(EUR, 0)
    with pytest.raises(TypeError):
        sequence()
    with pytest.raises(TypeError):
        paired(EUR, 1, 2)
    with pytest.raises(TypeError):
        answering(len)(5)
    # An iterator cannot be read twice.
    with pytest.raises(AttributeError):
        iterable(iter("ab"))
    # Its annotation is there for a type checker only.
    with pytest.raises(AttributeError):
        unchecked(5.5, 1)

    @answering
    def fails(shelf: Shelf) -> int:
        return shelf.take(5)

    with pytest.raises(TypeError):
        fails(Wall())


def test_it_stays_the_function_that_it_was():
    assert (protocol.__name__, protocol.__module__) == ("protocol", __name__)
    with pytest.raises(OrdercoreError):
        answering(5)

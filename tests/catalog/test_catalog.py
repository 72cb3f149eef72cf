"""Items, bundles taken apart, and every fault of a catalogue at once."""

from __future__ import annotations

import pickle
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.catalog import INVARIANTS, Catalog, Component, Item
from ordercore.catalog.cycles import cycles
from ordercore.kernel import (
    InvalidBatch,
    InvalidDefinition,
    InvalidValue,
    NotFound,
    Severity,
    digest,
)


def test_all_faults_of_an_item_are_reported() -> None:
    with pytest.raises(InvalidBatch) as caught:
        Item(
            "X",
            name=1,  # type: ignore[arg-type]
            unit="",
            weight_g=-1,
            volume_cm3=-1,
            handling_class=" x",
            tax_category="x\n",
            category=("ok", "", 3),  # type: ignore[arg-type]
            attributes={"": "x", "colour": "red", "size": 4},  # type: ignore[dict-item]
        )
    assert [(f.code, f.path) for f in caught.value.faults] == [
        ("item.weight_g", "weight_g"),
        ("item.volume_cm3", "volume_cm3"),
        ("item.name", "name"),
        ("item.unit", "unit"),
        ("item.handling_class", "handling_class"),
        ("item.tax_category", "tax_category"),
        ("item.category", "category[1]"),
        ("item.category", "category[2]"),
        ("item.attributes", "attributes['']"),
        ("item.attributes", "attributes['size']"),
    ]
    values = [fault.value for fault in caught.value.faults]
    assert values == [-1, -1, 1, "", " x", "x\n", "", 3, "x", 4]
    assert all(fault.expected for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weight_g", -1),
        ("weight_g", 1.0),
        ("weight_g", True),
        ("volume_cm3", -1),
        ("volume_cm3", 1.0),
        ("volume_cm3", True),
        ("name", None),
        ("unit", ""),
        ("handling_class", None),
        ("tax_category", "a "),
        ("category", ["a", ""]),
        ("attributes", {"a": 1}),
        ("attributes", {" a": "1"}),
    ],
)
def test_each_field_is_checked_alone(field: str, value: object) -> None:
    with pytest.raises(InvalidBatch) as caught:
        Item("X", **{field: value})  # type: ignore[arg-type]
    assert [f.code for f in caught.value.faults] == [f"item.{field}"]


def test_an_item_has_lawful_defaults() -> None:
    item = Item("X")
    assert (item.weight_g, item.volume_cm3, item.unit) == (0, 0, "each")
    assert (item.handling_class, item.tax_category) == ("ambient", "standard")
    assert not item.is_bundle
    assert Item("X", category="grocery").category == ("grocery",)
    assert Item("X", attributes={"b": "2", "a": "1"}) == Item("X", attributes={"a": "1", "b": "2"})


def test_ancestry_is_by_prefix() -> None:
    item = Item("X", category=("a", "b", "c"))
    assert [item.is_in(c) for c in [(), ("a",), ("a", "b"), ("a", "b", "c")]] == [True] * 4
    assert [item.is_in(c) for c in [("b",), ("a", "c"), ("a", "b", "c", "d")]] == [False] * 3


@pytest.mark.parametrize("quantity", [1.0, "1", True, None])
def test_a_component_counts_in_integers(quantity: object) -> None:
    with pytest.raises(InvalidValue) as caught:
        Component("X", quantity)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.path) == ("component.quantity", "quantity")
    assert caught.value.value is quantity
    assert caught.value.expected


def test_all_faults_of_a_catalogue_are_reported() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        Catalog.of(
            [
                Item("D"),
                Item("D"),
                Item("A", bundle=[Component("B", 1), Component("NO", 1)]),
                Item("B", bundle=[Component("A", 0)]),
                Item("S", bundle=[Component("S", -1), Component("A", 1)]),
            ]
        )
    assert caught.value.subject == "catalog"
    assert [(f.code, f.path, f.value) for f in caught.value.findings] == [
        ("catalog.duplicate_sku", "items[D]", "D"),
        ("catalog.unknown_component", "items[A].bundle[NO]", "NO"),
        ("catalog.component_quantity", "items[B].bundle[A]", "0"),
        ("catalog.component_quantity", "items[S].bundle[S]", "-1"),
        ("catalog.bundle_cycle", "items[A]", "A, B"),
        ("catalog.bundle_cycle", "items[S]", "S"),
    ]
    assert {f.severity for f in caught.value.findings} == {Severity.ERROR}
    assert all(f.message for f in caught.value.findings)


def test_nested_bundles_by_hand() -> None:
    catalog = Catalog.of(
        [
            Item("BOX", bundle=[Component("SET", 2), Component("CUP", 1), Component("CUP", 1)]),
            Item("CUP"),
            Item("POT"),
            Item("SET", bundle=[Component("POT", 1), Component("CUP", 6)]),
        ]
    )
    assert catalog.explode("BOX") == (Component("CUP", 14), Component("POT", 2))
    assert catalog.explode("BOX", 10) == (Component("CUP", 140), Component("POT", 20))
    assert catalog.explode("POT", 3) == (Component("POT", 3),)
    assert catalog.item("SET").is_bundle
    assert len(catalog) == 4
    assert "CUP" in catalog
    assert "NO" not in catalog


@pytest.mark.parametrize("quantity", [0, -1, 1.0, True])
def test_asking_for_what_is_not_there(quantity: object) -> None:
    catalog = Catalog.of([Item("A")])
    with pytest.raises(InvalidValue) as bad:
        catalog.explode("A", quantity)  # type: ignore[arg-type]
    assert (bad.value.code, bad.value.path) == ("catalog.quantity", "quantity")
    assert bad.value.value is quantity
    assert bad.value.expected
    for ask in (catalog.item, catalog.explode):
        with pytest.raises(NotFound) as caught:
            ask("B")
        assert (caught.value.kind, caught.value.key) == ("item", "B")


def test_bundles_nest_to_any_depth() -> None:
    deep = 5_000
    chain = [Item(f"I{i}", bundle=[Component(f"I{i + 1}", 1)]) for i in range(deep)]
    catalog = Catalog.of([*chain, Item(f"I{deep}")])
    assert catalog.explode("I0") == (Component(f"I{deep}", 1),)


def test_doubling_bundles_stay_cheap() -> None:
    chain = [Item(f"I{i:03}", bundle=[Component(f"I{i + 1:03}", 2)] * 2) for i in range(100)]
    catalog = Catalog.of([*chain, Item("I100")])
    assert catalog.explode("I000") == (Component("I100", 4**100),)


@st.composite
def catalogs(draw: st.DrawFn) -> list[Item]:
    """Bundles hold only later items, so that they never contain each other."""
    size = draw(st.integers(1, 8))
    items = []
    for i in range(size):
        later = st.tuples(st.integers(i + 1, max(i + 1, size - 1)), st.integers(1, 4))
        parts = draw(st.lists(later, max_size=3 if i + 1 < size else 0))
        items.append(Item(f"I{i}", bundle=[Component(f"I{j}", n) for j, n in parts]))
    return items


def shipped(items: list[Item], sku: str) -> Counter[str]:
    """The oracle: the recursion that the catalogue does without."""
    item = next(item for item in items if item.sku == sku)
    if not item.bundle:
        return Counter({sku: 1})
    parts: Counter[str] = Counter()
    for part in item.bundle:
        for inner, each in shipped(items, part.sku).items():
            parts[inner] += each * part.quantity
    return parts


@given(catalogs(), st.data())
def test_explode_agrees_with_the_recursion_in_any_order(
    items: list[Item], data: st.DataObject
) -> None:
    catalog = Catalog.of(data.draw(st.permutations(items)))
    assert catalog == Catalog.of(items)
    assert digest(catalog) == digest(Catalog.of(items))
    again = pickle.loads(pickle.dumps(catalog))
    for item in items:
        parts = catalog.explode(item.sku, 3)
        assert {part.sku: part.quantity for part in parts} == {
            sku: each * 3 for sku, each in shipped(items, item.sku).items()
        }
        assert list(parts) == sorted(parts, key=lambda part: part.sku)
        assert again.explode(item.sku, 3) == parts
        for law in INVARIANTS:
            law.require(catalog, item.sku, 3)


def breach(index: int, *subject: object) -> bool:
    law = INVARIANTS[index]
    violation = law.check(*subject)
    return violation is not None and violation.invariant_id == law.invariant_id


def test_the_laws_find_their_breaches(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog.of([Item("A"), Item("B", bundle=[Component("A", 1)])])
    monkeypatch.setattr(Catalog, "explode", lambda *_: (Component("B", 1),))
    assert breach(0, catalog, "B", 2)
    assert breach(1, catalog, "B", 2)
    monkeypatch.setattr(Catalog, "explode", lambda *_: (Component("A", 1),))
    assert INVARIANTS[0].holds(catalog, "B", 2)
    monkeypatch.setattr(Catalog, "explode", lambda *_: (Component("A", 0),))
    assert breach(0, catalog, "B", 2)


graphs = st.dictionaries(
    st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdefxy"), max_size=4), max_size=6
)


@given(graphs)
def test_cycles_agree_with_reachability(graph: dict[str, list[str]]) -> None:
    def beyond(start: str) -> set[str]:
        found: set[str] = set()
        pending = list(graph[start])
        while pending:
            node = pending.pop()
            if node in graph and node not in found:
                found.add(node)
                pending.extend(graph[node])
        return found

    reach = {node: beyond(node) for node in graph}
    expected = {
        tuple(sorted(other for other in reach[node] if node in reach[other]))
        for node in graph
        if node in reach[node]
    }
    assert cycles(graph) == sorted(expected)
